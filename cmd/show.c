/* wfctl show: one instance, whole. */
#include "cli_drive.h"

#include "view/instance.h"

static int run_show(struct wf_ctx *ctx)
{
	struct wf_instance *in = NULL;
	struct wf_plan *plan = NULL;
	int status = wf_load_instance(ctx, wf_arg(ctx, 0), &in, &plan);
	if (status)
		return status;
	if (wf_machine(ctx)) {
		wf_out_json(ctx, wf_view_instance_json(plan, in));
	} else {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_view_timeline(plan, in, ctx->now, &ctx->out, &text);
		if (ctx->format == WF_FORMAT_OUT_WIDE || ctx->verbose) {
			wf_buf_addstr(&text, "input\n");
			wf_view_yaml(in->input, 2, &text);
			for (uint32_t i = 0; i < in->step_count; i++) {
				if (!in->steps[i].output)
					continue;
				wf_buf_printf(&text, "output of %s\n", wf_plan_step_id(plan, i));
				wf_view_yaml(in->steps[i].output, 2, &text);
			}
		}
		wf_out_page(ctx, &text);
	}
	wf_instance_free(in);
	wf_plan_free(plan);
	return WF_EXIT_DONE;
}

const struct wf_verb wf_verb_show = {
	.arguments = "INSTANCE",
	.description = "Shows an instance as a timeline: each step with its status, attempts, how long it "
		       "took and where in time, then what the instance waits for and what to do, or what "
		       "it failed of, and its output. With -o wide also its input and the steps' outputs; "
		       "with -o json everything.\n\n"
		       "An instance is named by its number, its UUID, or a unique prefix of that.",
	.examples = "wfctl show 1234\n"
		    "wfctl show 0193-5e1a -o json",
	.formats = WF_FORMATS_COMMON,
	.min_args = 1,
	.max_args = 1,
	.words = "instance",
	.run = run_show,
};

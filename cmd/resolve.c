/* wfctl resolve: an operator says what became of a step that a crash left in doubt. */
#include "cli_drive.h"
#include "cli_instance.h"
#include "cli_steps.h"

#include "base/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct verdict {
	const char *as;
	json_t *output;
};

static int read_verdict(struct wf_ctx *ctx, struct verdict *ret)
{
	static const char *const words[] = { "completed", "failed", "retry" };
	unsigned given = 0;
	*ret = (struct verdict){ 0 };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (wf_opt(ctx, words[i])) {
			ret->as = words[i];
			given++;
		}
	if (given != 1)
		return wf_fail_usage(ctx, "it needs one of --completed, --failed and --retry");
	const char *text = wf_opt(ctx, "result");
	struct wf_cause cause = { 0 };
	if (text && strcmp(ret->as, "completed") != 0)
		return wf_fail_usage(ctx, "--result goes with --completed");
	if (text && wf_json_parse(text, strlen(text), &ret->output, &cause) < 0)
		return wf_fail_usage(ctx, "--result is %s", cause.text);
	return 0;
}

static bool in_doubt(const struct wf_instance *in, uint32_t step)
{
	return in->steps[step].status == WF_STEP_IN_DOUBT;
}

static const struct wf_wanted_step doubtful = { in_doubt, "is in doubt", "are in doubt",
	"wfctl show lists them" };

/* The step in doubt: the one named, or the only one. */
static int find_doubt(struct wf_ctx *ctx, uint64_t *ret_number, uint32_t *ret_step)
{
	struct wf_instance *in = NULL;
	struct wf_plan *plan = NULL;
	int status = wf_load_instance(ctx, wf_arg(ctx, 0), &in, &plan);
	if (status)
		return status;
	*ret_number = in->number;
	status = wf_find_step(ctx, plan, in, &doubtful, ret_step);
	wf_instance_free(in);
	wf_plan_free(plan);
	return status;
}

static void say_dry(struct wf_ctx *ctx, uint64_t number, const struct verdict *v)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (wf_machine(ctx)) {
		wf_out_dry(ctx, number);
		return;
	}
	wf_buf_printf(&text, "would resolve the doubt of instance #%" PRIu64 " as %s; nothing was done\n",
		number, v->as);
	wf_out(ctx, &text);
}

static int post(struct wf_ctx *ctx, uint64_t number, uint32_t step, const struct verdict *v)
{
	struct wf_driver_options options = { .dry = wf_opt(ctx, "dry-run") != NULL };
	struct wf_driver *d = NULL;
	struct wf_cause cause = { 0 };
	int status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	json_t *data = json_object();
	json_object_set_new(data, "as", json_string(v->as));
	json_object_set_new(data, "by", json_string(wf_actor(ctx)));
	if (v->output)
		json_object_set(data, "output", v->output);
	struct wf_event event = { .type = WF_EVENT_RESOLVE, .at = wf_now_ms(),
		.random = wf_random_u32(), .step = step, .data = data };
	int r = wf_runtime_post(wf_driver_runtime(d), number, &event, &cause);
	json_decref(data);
	status = wf_driver_given(d, number, r, &cause);
	if (!status && options.dry)
		say_dry(ctx, number, v);
	wf_driver_end(d);
	return status;
}

static int run_resolve(struct wf_ctx *ctx)
{
	struct verdict v;
	uint64_t number = 0;
	uint32_t step = WF_NONE;
	int status = read_verdict(ctx, &v);
	if (!status)
		status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (!status)
		status = find_doubt(ctx, &number, &step);
	if (!status)
		status = post(ctx, number, step, &v);
	json_decref(v.output);
	return status;
}

static const struct wf_option options[] = {
	{ "completed", 0, NULL, "the effect happened: the step is done", NULL, NULL },
	{ "result", 0, "JSON", "with --completed: the step's output", NULL, NULL },
	{ "failed", 0, NULL, "the effect did not happen: the step fails", NULL, NULL },
	{ "retry", 0, NULL, "try the step again", NULL, NULL },
	{ "step", 0, "STEP", "which step, when several are in doubt; STEP[ITEM] within a foreach", NULL, NULL },
	{ "stay", 0, "SPAN", "wait here for timers due within this (10s unless given)", NULL, NULL },
	{ "dry-run", 'n', NULL, "check it, and resolve nothing", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_resolve = {
	.arguments = "INSTANCE",
	.description = "When the machine went down while a step's effect was under way, nobody knows "
		       "whether it happened. A step whose on_crash is ask then waits, and its instance is "
		       "suspended, until somebody has looked and says so here; the instance then goes "
		       "on.\n\n"
		       "The status is 0 when that was recorded, whatever then becomes of the instance.",
	.examples = "wfctl resolve 1234 --completed --result '{\"exit_code\": 0}'\n"
		    "wfctl resolve 1234 --retry",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.min_args = 1,
	.max_args = 1,
	.words = "instance",
	.changes = true,
	.run = run_resolve,
};

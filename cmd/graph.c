/* wfctl graph: a definition, or an instance with its steps coloured by status. */
#include "cli_instance.h"
#include "cli_actions.h"

#include "view/graph.h"

#include <string.h>

static void draw(struct wf_ctx *ctx, const struct wf_plan *plan, const struct wf_instance *in)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (ctx->format == WF_FORMAT_OUT_MERMAID)
		wf_view_mermaid(plan, in, &text);
	else
		wf_view_dot(plan, in, &text);
	wf_out(ctx, &text);
}

static int run_graph(struct wf_ctx *ctx)
{
	const char *file = wf_arg(ctx, 0), *name = wf_opt(ctx, "instance");
	struct wf_plan *plan = NULL;
	int status;
	if (!file == !name)
		return wf_fail_usage(ctx, "it needs a file or --instance, one of the two");
	if (name) {
		struct wf_instance *in = NULL;
		status = wf_load_instance(ctx, name, &in, &plan);
		if (!status)
			draw(ctx, plan, in);
		wf_instance_free(in);
	} else {
		WF_AUTOBUF struct wf_buf bytes = { 0 };
		status = wf_load_plan(ctx, file, &bytes, &plan);
		if (!status)
			draw(ctx, plan, NULL);
	}
	wf_plan_free(plan);
	return status;
}

static const struct wf_option options[] = {
	WF_OPTION_ACTIONS,
	WF_OPTION_DIALECT,
	{ "format", 0, "FORM", "the same as --output", "format", NULL },
	{ "instance", 0, "N", "draw this instance, steps coloured by status", "instance", NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_graph = {
	.arguments = "FILE|-|--instance N",
	.description = "Writes the steps and what leads from one to the next as a graph: Graphviz dot, or "
		       "Mermaid for documents that draw it.",
	.examples = "wfctl graph workflows/onboarding.yaml | dot -Tsvg > onboarding.svg\n"
		    "wfctl graph -o mermaid --instance 1234",
	.options = options,
	.standard = WF_FORMAT_OUT_DOT,
	.formats = WF_FORMAT_BIT(DOT) | WF_FORMAT_BIT(MERMAID),
	.max_args = 1,
	.words = "file",
	.run = run_graph,
};

/* wfctl reject: a vote on an open approval. */
#include "cli_decide.h"

static int run_reject(struct wf_ctx *ctx)
{
	static const struct wf_decide what = { .decision = "reject", .words = "reject" };
	return wf_opt(ctx, "all-of") ? wf_run_decide_all(ctx, &what) : wf_run_decide(ctx, &what);
}

static const struct wf_option options[] = {
	WF_DECIDE_OPTIONS,
	WF_DECIDE_ALL_OPTIONS,
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_reject = {
	.arguments = "INSTANCE|--approval A|--all-of WORKFLOW",
	.description = "Rejects what an instance asks for, in the name of whoever acts (--as, else the user "
		       "of the system). Only those asked may decide, each once, until it is decided.\n\n"
		       "The instance goes on at once with what the definition says of a rejection. "
		       "The status is 0 when the decision was recorded, whatever then becomes of the "
		       "instance.\n\n"
		       "An instance is named by its number, its UUID or a unique prefix of that; an "
		       "approval by its own number (--approval 12, or a12). With --all-of everything of a "
		       "workflow that asks whoever acts is rejected, many in one commit; at a terminal it "
		       "asks back first. The status is then that of the first refusal, if there is one.",
	.examples = "wfctl reject 1234 --as alice --reason \"checked the budget\"\n"
		    "wfctl reject a12",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.max_args = 1,
	.words = "approval",
	.changes = true,
	.run = run_reject,
};

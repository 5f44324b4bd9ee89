/* wfctl withdraw: takes back a decision, or the whole request. */
#include "cli_decide.h"

static int run_withdraw(struct wf_ctx *ctx)
{
	static const struct wf_decide own = { .decision = "withdraw",
		.words = "take back the decision on" };
	static const struct wf_decide request = { .decision = "withdraw_request",
		.words = "withdraw the request of" };
	return wf_run_decide(ctx, wf_opt(ctx, "request") ? &request : &own);
}

static const struct wf_option options[] = {
	{ "request", 0, NULL, "the whole request: nobody is asked any more, and the step fails", NULL,
		NULL },
	WF_DECIDE_OPTIONS,
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_withdraw = {
	.arguments = "INSTANCE|--approval A",
	.description = "Takes back what whoever acts has decided, as long as the approval is open: they are "
		       "asked again. With --request the approval itself is withdrawn by who started the "
		       "instance: nobody is asked any more.",
	.examples = "wfctl withdraw 1234 --as alice\n"
		    "wfctl withdraw 1234 --request --as ann",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.max_args = 1,
	.words = "approval",
	.changes = true,
	.run = run_withdraw,
};

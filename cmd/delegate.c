/* wfctl delegate: somebody who is asked lets another decide instead. */
#include "cli_decide.h"

#include <string.h>

static int run_delegate(struct wf_ctx *ctx)
{
	struct wf_decide what = { .decision = "delegate", .words = "hand over the part in" };
	int status = wf_opt_person(ctx, "to", &what.to);
	if (status)
		return status;
	if (!strcmp(what.to, wf_actor(ctx)))
		return wf_fail_usage(ctx, "%s cannot hand it over to %s", what.to, what.to);
	return wf_run_decide(ctx, &what);
}

static const struct wf_option options[] = {
	{ "to", 0, "NAME", "who decides instead", NULL, NULL },
	WF_DECIDE_OPTIONS,
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_delegate = {
	.arguments = "INSTANCE|--approval A --to NAME",
	.description = "Hands one's part of an approval over: NAME is asked in the place of whoever acts, who "
		       "must be asked and must not have decided. Kept in the history, with the reason.",
	.examples = "wfctl delegate 1234 --to carol --as alice --reason \"on holiday\"",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.max_args = 1,
	.words = "approval",
	.changes = true,
	.run = run_delegate,
};

/* wfctl reassign: an operator puts one person in another's place. */
#include "cli_decide.h"

#include <string.h>

static int run_reassign(struct wf_ctx *ctx)
{
	struct wf_decide what = { .decision = "reassign", .words = "ask another in" };
	int status = wf_opt_person(ctx, "from", &what.from);
	if (!status)
		status = wf_opt_person(ctx, "to", &what.to);
	if (status)
		return status;
	if (!strcmp(what.to, what.from))
		return wf_fail_usage(ctx, "--from and --to are both %s", what.to);
	return wf_run_decide(ctx, &what);
}

static const struct wf_option options[] = {
	{ "from", 0, "NAME", "who is asked and has not decided", NULL, NULL },
	{ "to", 0, "NAME", "who is asked instead", NULL, NULL },
	WF_DECIDE_OPTIONS,
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_reassign = {
	.arguments = "INSTANCE|--approval A --from NAME --to NAME",
	.description = "Asks one person in another's place, who must be asked and must not have decided: for "
		       "whoever looks after the approvals of others. Kept in the history, with the name of "
		       "whoever acts and the reason. The approval's times stay as they are.",
	.examples = "wfctl reassign 1234 --from bob --to carol --reason \"bob has left\"",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.max_args = 1,
	.words = "approval",
	.changes = true,
	.run = run_reassign,
};

/* How a part of an action's input is written, for who has written what comes to mind first. */
#include "check/internal.h"

#include <string.h>

void wf_check_hint_input(enum wf_action action, const char *name, struct wf_diag *d)
{
	static const struct {
		enum wf_action action;
		const char *name, *hint;
	} hints[] = {
		{WF_ACT_EXEC_RUN, "command",
			"write a list of words, `[echo, hi]`, or `shell` for a line of the shell"},
		{WF_ACT_APPROVAL_REQUEST, "approvers", "write `approvers: { list: [ … ] }`"},
		{WF_ACT_APPROVAL_REQUEST, "escalations", "write a list: `escalations: [ … ]`"},
		{WF_ACT_HTTP_REQUEST, "headers", "write `headers: { name: value }`"},
	};

	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (hints[i].action == action && strcmp(hints[i].name, name) == 0)
			wf_diag_hint(d, "%s", hints[i].hint);
}

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
		{WF_ACT_EXEC_RUN, "env", "write `env: { NAME: value }`"},
		{WF_ACT_APPROVAL_REQUEST, "approvers", "write `approvers: { list: [ … ] }`"},
		{WF_ACT_APPROVAL_REQUEST, "escalations", "write a list: `escalations: [ … ]`"},
		{WF_ACT_HTTP_REQUEST, "headers", "write `headers: { name: value }`"},
	};

	for (size_t i = 0; d && d->rule == WF_RULE_ACTION_INPUT && i < sizeof hints / sizeof *hints; i++)
		if (hints[i].action == action && strcmp(hints[i].name, name) == 0)
			wf_diag_hint(d, "%s", hints[i].hint);
}

void wf_check_hint_members(const json_t *properties, struct wf_diag *d)
{
	const size_t few = 6;
	size_t count = json_object_size(properties), i = 0;
	WF_AUTOBUF struct wf_buf list = {0};
	const char *name;
	const json_t *value;

	if (!count || count > few)
		return;
	json_object_foreach((json_t *)(uintptr_t)properties, name, value)
	{
		wf_buf_printf(&list, "%s`%s`", i == 0 ? "" : i + 1 == count ? " and " : ", ", name);
		i++;
	}
	wf_diag_hint(d, count == 1 ? "it has %s alone" : "it has %s", list.data);
}

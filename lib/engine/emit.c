/*
 * Steps that emit an event. The attempt is a command, as an effect's is; whoever makes it durable keeps the
 * event beside it and says so with SUCCESS, so that it is emitted once, whenever a process dies.
 */
#include "engine/core.h"

#include "base/json.h"

#include <string.h>

bool wf_action_in_journal(enum wf_action action)
{
	return action == WF_ACT_EVENT_EMIT || wf_action_starts_child(action);
}

static bool is_name(const char *name)
{
	size_t n = name ? strlen(name) : 0;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == '*' || name[i] == 127)
			return false;
	return n > 0 && n <= WF_MAX_ID;
}

/* What is wrong with the input, or NULL. */
static const char *fault(const json_t *input)
{
	const json_t *id = json_object_get(input, "id"), *data = json_object_get(input, "data");
	if (!is_name(wf_core_text(input, "name")))
		return "`name` is not the name of an event";
	if (id && !json_is_null(id) && !(json_is_string(id) && json_string_length(id) > 0 &&
					      json_string_length(id) <= WF_MAX_ID))
		return "`id` is not a string of 1 to 255 bytes";
	if (data && wf_json_size(data) > WF_MAX_EVENT_BYTES)
		return "`data` is over 1 MiB of JSON";
	return NULL;
}

void wf_core_emit(struct wf_core *c, uint32_t step, json_t *input)
{
	const char *wrong = fault(input);
	if (!wrong) {
		wf_core_perform_effect(c, step, input);
		return;
	}
	json_decref(input);
	wf_core_fail_step(c, step, wf_core_error(WF_ERROR_VALIDATION, "event_input", wrong));
}

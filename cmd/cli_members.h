/* What an action takes and gives, from its schemas: for explain and the manual. */
#ifndef WF_CMD_MEMBERS_H
#define WF_CMD_MEMBERS_H

#include "base/json.h"

#include <stdbool.h>

/* The members of an action's `with`, or of its output, of a built-in one or one that is shipped:
 * objects {name, type, required, meaning} and perhaps `default`; those of a member that is a mapping
 * follow it with their path as name. New; empty when the schema names none. */
json_t *wf_action_members(const char *action, bool output);

/* The sentence that describes the whole of it; from wf_alloc, NULL when the action has no schema. */
char *wf_action_about(const char *action, bool output);

#endif

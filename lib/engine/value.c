/* Whether a value may leave the machine. */
#include "engine/vm.h"

/* Levels that rows, records and outputs put around a value. */
#define MARGIN 8

_Static_assert(WF_MAX_VALUE_BYTES == 16u << 20, "the sentence below says 16 MiB");

/* Bytes of the JSON text, roughly; stops when the budget is used up, so that values which share
 * their parts many times over cost no more than the limit. */
static const char *spend(const json_t *value, size_t *budget, unsigned depth)
{
	static const char too_large[] = "a value is over 16 MiB of JSON";
	size_t cost = 2;
	if (depth >= WF_MAX_DEPTH - MARGIN && (json_is_array(value) || json_is_object(value)))
		return "a value is nested too deep";
	if (json_is_string(value))
		cost += json_string_length(value);
	if (cost > *budget)
		return too_large;
	*budget -= cost;
	const char *why = NULL;
	if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value) && !why; i++)
			why = spend(json_array_get(value, i), budget, depth + 1);
	} else if (json_is_object(value)) {
		void *at = json_object_iter((json_t *)(uintptr_t)value);
		while (at && !why) {
			size_t name = json_object_iter_key_len(at) + 3;
			if (name > *budget)
				return too_large;
			*budget -= name;
			why = spend(json_object_iter_value(at), budget, depth + 1);
			at = json_object_iter_next((json_t *)(uintptr_t)value, at);
		}
	}
	return why;
}

bool wf_value_fits(const json_t *value, const char **ret_why)
{
	size_t budget = WF_MAX_VALUE_BYTES;
	const char *why = spend(value, &budget, 0);
	if (why && ret_why)
		*ret_why = why;
	return !why;
}

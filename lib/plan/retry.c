/*
 * Which failures a step's policy retries. wfctl's own error types are bits of the policy; those that a
 * definition makes up stand by name in extra.retry_types, a map by the step's id of {on, except}.
 */
#include "plan/plan.h"

#include <string.h>

static bool names(const json_t *list, const char *type)
{
	size_t i;
	json_t *name;

	json_array_foreach(list, i, name)
		if (json_is_string(name) && strcmp(json_string_value(name), type) == 0)
			return true;
	return false;
}

static const json_t *own_types(const struct wf_plan *plan, uint32_t step)
{
	if (plan->extra == WF_NONE)
		return NULL;
	return json_object_get(json_object_get(plan->consts[plan->extra], "retry_types"),
		wf_plan_author_id(plan, step));
}

bool wf_plan_retries(const struct wf_plan *plan, uint32_t step, const char *type)
{
	const struct wf_retry *retry = &plan->steps[step].retry;
	enum wf_error_type known = wf_error_type_find(type);
	const json_t *own = own_types(plan, step), *on = json_object_get(own, "on");

	if (names(json_object_get(own, "except"), type))
		return false;
	if (known == WF_ERROR_COUNT_)
		return names(on, type);
	uint32_t bit = UINT32_C(1) << known;
	if (retry->except_types & bit)
		return false;
	/* a list of names of the definition's own alone is a list, too */
	if (retry->on_types || json_array_size(on))
		return (retry->on_types & bit) != 0;
	return wf_error_types[known].retryable;
}

bool wf_plan_same_retries(const struct wf_plan *a, uint32_t i, const struct wf_plan *b, uint32_t j)
{
	const json_t *x = own_types(a, i), *y = own_types(b, j);

	return x == y || (x && y && json_equal(x, y));
}

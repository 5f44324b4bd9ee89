/*
 * Children: steps that start another workflow, and those among them that wait for its end.
 *
 * The attempt is a command, as an effect's is; whoever makes it durable takes the child in beside it, and
 * says so with CHILD (it is waited for), SUCCESS (it is let go) or FAILURE (it was refused). The child's
 * end is the attempt's SUCCESS or FAILURE.
 */
#include "engine/core.h"

#include "base/mem.h"

#include <string.h>

bool wf_action_starts_child(enum wf_action action)
{
	return action == WF_ACT_WORKFLOW_RUN || action == WF_ACT_WORKFLOW_START;
}

/* What is wrong with the input, or NULL. */
static const char *fault(const json_t *input)
{
	const json_t *version = json_object_get(input, "version");
	const json_t *given = json_object_get(input, "input");
	const json_t *policy = json_object_get(input, "on_parent_cancel");
	const char *workflow = wf_core_text(input, "workflow"), *what = json_string_value(policy);
	if (!workflow || !*workflow)
		return "`workflow` is not the id of a workflow";
	if (version && !json_is_null(version) && !json_is_string(version))
		return "`version` is not a string";
	if (given && !json_is_null(given) && !json_is_object(given))
		return "`input` is not an object";
	if (policy && (!what || (strcmp(what, "cancel") != 0 && strcmp(what, "leave") != 0)))
		return "`on_parent_cancel` is neither cancel nor leave";
	return NULL;
}

void wf_core_start_child(struct wf_core *c, uint32_t step, json_t *input)
{
	const char *wrong = fault(input);
	if (!wrong) {
		wf_core_perform_effect(c, step, input);
		return;
	}
	json_decref(input);
	wf_core_fail_step(c, step, wf_core_error(WF_ERROR_VALIDATION, "child_input", wrong));
}

int wf_core_child(struct wf_core *c, struct wf_cause *cause)
{
	const struct wf_event *e = c->event;
	const json_t *number = json_object_get(e->data, "number");
	struct wf_step_state *s = e->step < c->in->step_count ? &c->in->steps[e->step] : NULL;
	if (!wf_core_take_step(c, e->step) || s->status != WF_STEP_RUNNING ||
		s->attempts != e->attempt ||
		c->plan->steps[e->step].action != WF_ACT_WORKFLOW_RUN)
		return wf_fail(cause, WF_ECONFLICT, "the attempt is not in hand");
	if (!json_is_integer(number) || json_integer_value(number) <= 0)
		return wf_fail(cause, WF_EINVAL, "a child has a number");
	s->child = (uint64_t)json_integer_value(number);
	wf_core_wait(c, e->step, WF_WAIT_CHILD, wf_core_attempt_end(c, e->step));
	return 0;
}

void wf_core_orphan(struct wf_core *c, uint32_t step)
{
	const struct wf_step_state *s = &c->in->steps[step];
	struct wf_turn *t = c->turn;
	if (s->status != WF_STEP_WAITING || s->wait != WF_WAIT_CHILD || !s->child)
		return;
	WF_GROW(t->orphans, t->orphan_count, t->orphan_room);
	t->orphans[t->orphan_count++] = s->child;
}

void wf_core_child_late(struct wf_core *c, uint32_t step)
{
	wf_core_orphan(c, step);
	wf_core_fail_attempt(c, step, wf_core_error(WF_ERROR_TIMEOUT, "child_timeout",
		"the child did not end in time"));
}

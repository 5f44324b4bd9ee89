/* The verifier's part about the tables (verify.c): indexes, ranges, types of constants, orders. */
#include "plan/internal.h"

#include "base/limits.h"
#include "base/mem.h"

#include <string.h>

static bool is_string(const struct wf_plan *p, uint32_t index)
{
	return index < p->string_count;
}

static bool is_string_or_none(const struct wf_plan *p, uint32_t index)
{
	return index == WF_NONE || is_string(p, index);
}

/* Whether the constant is none, or one of the two types. */
static bool is_const_of(const struct wf_plan *p, uint32_t index, bool boolean_too)
{
	if (index == WF_NONE)
		return true;
	if (index >= p->const_count)
		return false;
	return json_is_object(p->consts[index]) ||
		(boolean_too && json_is_boolean(p->consts[index]));
}

static int check_workflow(const struct wf_plan *p, struct wf_cause *cause)
{
	const struct {
		const char *name;
		bool good;
	} rules[] = {
		{"id", is_string(p, p->workflow) && p->strings[p->workflow][0] &&
				strlen(p->strings[p->workflow]) <= WF_MAX_ID},
		{"version", is_string_or_none(p, p->version)},
		{"name", is_string_or_none(p, p->name)},
		{"description", is_string_or_none(p, p->description)},
		{"source name", is_string_or_none(p, p->source_name)},
		{"input schema", is_const_of(p, p->input_schema, true)},
		{"output schema", is_const_of(p, p->output_schema, true)},
		{"vars", is_const_of(p, p->vars, false)},
		{"extra", is_const_of(p, p->extra, false)},
		{"entry", p->entry_pc < p->code_count},
		{"timeout", p->timeout_ms <= WF_PLAN_MAX_SPAN},
		{"failure instruction", p->failure_pc == WF_NONE || p->failure_pc < p->code_count},
		{"number of steps", p->step_count <= WF_MAX_STEPS},
		{"number of instructions", p->code_count <= WF_MAX_CODE},
	};
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!rules[i].good)
			return wf_fail(cause, WF_ECORRUPT, "plan: workflow: its %s is not valid",
				rules[i].name);
	return 0;
}

static bool retry_good(const struct wf_retry *r)
{
	uint32_t known = (UINT32_C(1) << WF_ERROR_COUNT_) - 1;
	return r->max_attempts >= 1 && r->max_attempts <= WF_MAX_ATTEMPTS &&
		r->initial_ms <= WF_PLAN_MAX_SPAN && r->max_ms <= WF_PLAN_MAX_SPAN &&
		r->coefficient_milli <= WF_PLAN_MAX_COEFFICIENT &&
		(r->backoff != WF_BACKOFF_EXPONENTIAL || r->coefficient_milli >= 1000) &&
		r->jitter_milli <= 1000 && !(r->on_types & ~known) && !(r->except_types & ~known);
}

static bool enter_good(const struct wf_plan *p, uint32_t step)
{
	uint32_t pc = p->steps[step].enter_pc;
	return pc < p->code_count && p->code[pc].op == WF_OP_ENTER && p->code[pc].c == step;
}

static bool step_id_good(const struct wf_plan *p, uint32_t id)
{
	return is_string(p, id) && p->strings[id][0] && strlen(p->strings[id]) <= WF_MAX_ID;
}

static bool is_step_or_none(const struct wf_plan *p, uint32_t step)
{
	return step == WF_NONE || step < p->step_count;
}

static int check_step(const struct wf_plan *p, uint32_t index, struct wf_cause *cause)
{
	const struct wf_plan_step *s = &p->steps[index];
	const struct {
		const char *name;
		bool good;
	} rules[] = {
		{"id", step_id_good(p, s->id)},
		{"name", is_string_or_none(p, s->name)},
		{"action", s->action < WF_ACT_COUNT_},
		{"on_crash", s->on_crash <= WF_ON_CRASH_ASK},
		{"backoff", s->retry.backoff <= WF_BACKOFF_EXPONENTIAL},
		{"retry", retry_good(&s->retry)},
		{"timeout", s->timeout_ms <= WF_PLAN_MAX_SPAN},
		{"deadline", s->deadline_ms <= WF_PLAN_MAX_SPAN},
		{"max_visits", s->max_visits >= 1 && s->max_visits <= WF_MAX_VISITS},
		{"enter instruction", enter_good(p, index)},
		{"failure instruction", s->fail_pc == WF_NONE || s->fail_pc < p->code_count},
		{"origin", s->origin < p->step_count && p->steps[s->origin].origin == s->origin},
		{"member", wf_plan_has_member(p, s->group, s->member)},
		{"compensation", is_step_or_none(p, s->compensation) && s->compensation != index},
		{"action's name", is_string_or_none(p, s->action_name)},
	};
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!rules[i].good)
			return wf_fail(cause, WF_ECORRUPT, "plan: step %u: its %s is not valid",
				index, rules[i].name);
	return 0;
}

static int check_steps(const struct wf_plan *p, struct wf_cause *cause)
{
	WF_AUTOFREE uint8_t *taken = wf_calloc(p->string_count, 1);
	for (uint32_t i = 0; i < p->step_count; i++) {
		int err = check_step(p, i, cause);
		if (err)
			return err;
		if (taken[p->steps[i].id]++)
			return wf_fail(cause, WF_ECORRUPT, "plan: step %u: its id %s is taken", i,
				p->strings[p->steps[i].id]);
	}
	return 0;
}

static bool body_owner_good(const struct wf_plan *p, const struct wf_plan_body *body)
{
	const json_t *extra = p->extra == WF_NONE ? NULL : p->consts[p->extra];
	const uint32_t counts[] = {
		[WF_BODY_OF_PLAN] = 1,
		[WF_BODY_OF_STEP] = p->step_count,
		[WF_BODY_OF_TRIGGER] = (uint32_t)json_array_size(json_object_get(extra, "triggers")),
	};
	return body->of < counts[wf_body_of[body->kind]];
}

static int check_bodies(const struct wf_plan *p, struct wf_cause *cause)
{
	for (uint32_t i = 0; i < p->body_count; i++) {
		const struct wf_plan_body *body = &p->bodies[i];
		if (body->kind >= WF_BODY_KIND_COUNT_ || body->pc >= p->code_count ||
			!body_owner_good(p, body))
			return wf_fail(cause, WF_ECORRUPT,
				"plan: body %u is of what is not there, or begins nowhere", i);
		if ((wf_body_is_side(body->kind) && p->code[body->pc].op != WF_OP_ENTER) ||
			(!wf_body_numbered(body->kind) && body->index != 0))
			return wf_fail(cause, WF_ECORRUPT,
				"plan: body %u is not numbered or does not begin as its kind must",
				i);
		if (i && wf_plan_compare_bodies(&p->bodies[i - 1], body) >= 0)
			return wf_fail(cause, WF_ECORRUPT, "plan: body %u is out of order", i);
	}
	return 0;
}

static int check_drawing(const struct wf_plan *p, struct wf_cause *cause)
{
	for (uint32_t i = 0; i < p->edge_count; i++) {
		const struct wf_plan_edge *e = &p->edges[i];
		if ((e->from != WF_NONE && e->from >= p->step_count) ||
			(e->to != WF_NONE && e->to >= p->step_count) ||
			!is_string_or_none(p, e->label) ||
			(e->pc != WF_NONE && e->pc >= p->code_count))
			return wf_fail(cause, WF_ECORRUPT,
				"plan: edge %u names a step, string or instruction that is not there",
				i);
	}
	for (uint32_t i = 0; i < p->loc_count; i++)
		if (p->locs[i].pc >= p->code_count || (i && p->locs[i].pc <= p->locs[i - 1].pc))
			return wf_fail(cause, WF_ECORRUPT,
				"plan: place %u is of instruction %u, out of order or range", i,
				p->locs[i].pc);
	return 0;
}

int wf_plan_check_tables(const struct wf_plan *p, struct wf_cause *cause)
{
	int err = check_workflow(p, cause);
	if (!err)
		err = wf_plan_check_groups(p, cause);
	if (!err)
		err = check_steps(p, cause);
	if (!err)
		err = check_drawing(p, cause);
	return err ? err : check_bodies(p, cause);
}

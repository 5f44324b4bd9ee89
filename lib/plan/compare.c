/*
 * Plans beside each other. A step's code is cut into its parts, which compile.c lays one behind the other,
 * and each part is written as text in which everything has its name; equal texts are equal parts.
 */
#include "plan/compare.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

const char *const wf_plan_step_part_names[WF_CHANGED_COUNT_] = {
#define X(name, text) text,
	WF_STEP_PARTS(X)
#undef X
};

/* -- where a step's code ends -- */

static bool begins_something(const struct wf_plan *p, uint32_t pc)
{
	if (p->code[pc].op == WF_OP_ENTER || pc == p->failure_pc)
		return true;
	for (uint32_t i = 0; i < p->body_count; i++)
		if (p->bodies[i].pc == pc)
			return true;
	return false;
}

static bool is_pure(const struct wf_insn *i)
{
	return wf_ops[i->op].kind != WF_KIND_CONTROL;
}

/* The code of what the workflow gives at its end: pure, up to FINISH, and the way to it leads forward. */
static uint32_t result_of(const struct wf_plan *p)
{
	uint32_t finish = 0;
	while (finish < p->code_count &&
		!(p->code[finish].op == WF_OP_FINISH && p->code[finish].a == 0 &&
			(finish + 1 == p->code_count || finish + 1 == p->failure_pc ||
				begins_something(p, finish + 1))))
		finish++;
	uint32_t pc = finish;
	while (pc > 0 && pc <= finish && is_pure(&p->code[pc - 1])) {
		const struct wf_insn *i = &p->code[pc - 1];
		bool leads_in = wf_ops[i->op].format != WF_FORMAT_TARGET || (i->c > pc && i->c <= finish);
		if (!leads_in || i->op == WF_OP_RETURN)
			break;
		pc--;
	}
	return pc;
}

static uint32_t end_of(const struct wf_plan *p, uint32_t step, uint32_t result)
{
	uint32_t pc = p->steps[step].enter_pc + 1;
	while (pc < p->code_count && pc != result && !begins_something(p, pc) &&
		p->code[pc].op != WF_OP_MEMBEREND && p->code[pc].op != WF_OP_HALT &&
		p->code[pc].op != WF_OP_RETHROW)
		pc++;
	return pc;
}

/* -- code as text -- */

struct writer {
	const struct wf_plan *p;
	struct wf_buf *out;
	uint32_t step;           /* whose code it is; WF_NONE */
	uint32_t first, end;     /* what is written */
	uint32_t result;
	unsigned depth;
};

static void put_id(struct writer *w, uint32_t step)
{
	const char *id = step < w->p->step_count ? wf_plan_step_id(w->p, step) : "?";
	wf_buf_printf(w->out, " step:%s", id);
}

static void put_place(struct writer *w, uint32_t pc)
{
	const struct wf_plan *p = w->p;
	if (pc < p->code_count && p->code[pc].op == WF_OP_ENTER)
		put_id(w, p->code[pc].c);
	else if (pc >= w->first && pc < w->end)
		wf_buf_printf(w->out, " +%u", pc - w->first);
	else if (pc == w->result || (pc < p->code_count && p->code[pc].op == WF_OP_MEMBEREND))
		wf_buf_addstr(w->out, " end");
	else if (w->step != WF_NONE && pc < p->code_count && p->code[pc].op == WF_OP_SKIP)
		wf_buf_addstr(w->out, " skip");
	else
		wf_buf_addstr(w->out, " on");
}

static void put_code(struct writer *w, uint32_t first, uint32_t end);

/* A body of `each`, up to its end. */
static void put_body(struct writer *w, uint32_t pc)
{
	struct writer inner = *w;
	uint32_t end = pc;
	while (end < w->p->code_count && w->p->code[end].op != WF_OP_RETURN)
		end++;
	if (w->depth > 32)
		return;
	inner.depth++;
	wf_buf_addstr(w->out, " (");
	put_code(&inner, pc, end);
	wf_buf_addch(w->out, ')');
}

static void put_operands(struct writer *w, const struct wf_insn *i)
{
	const struct wf_plan *p = w->p;
	char *text;
	switch (wf_ops[i->op].format) {
	case WF_FORMAT_CONST:
		text = json_dumps(p->consts[i->c], JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT);
		wf_buf_printf(w->out, " %s", text ? text : "?");
		free(text);
		break;
	case WF_FORMAT_NAME:
		wf_buf_printf(w->out, " '%s'", wf_plan_string(p, i->c));
		break;
	case WF_FORMAT_STEP:
		put_id(w, i->c);
		break;
	case WF_FORMAT_STEPPART:
		wf_buf_printf(w->out, " %u", i->a);
		put_id(w, i->c);
		break;
	case WF_FORMAT_TARGET:
		put_place(w, i->c);
		break;
	case WF_FORMAT_EACH:
		wf_buf_printf(w->out, " %u", i->a);
		put_body(w, i->c);
		break;
	case WF_FORMAT_RESULT:
	case WF_FORMAT_QUERY:
		wf_buf_printf(w->out, " %u '%s'", i->a, wf_plan_string(p, i->c));
		break;
	case WF_FORMAT_GROUP:
		put_id(w, p->groups[i->c].step);
		break;
	case WF_FORMAT_NONE:
	case WF_FORMAT_COUNT:
	case WF_FORMAT_ROOT:
	case WF_FORMAT_CALL:
		wf_buf_printf(w->out, " %u %u", i->a, i->c);
		break;
	}
}

static void put_code(struct writer *w, uint32_t first, uint32_t end)
{
	w->first = first;
	w->end = end;
	for (uint32_t pc = first; pc < end; pc++) {
		const struct wf_insn *i = &w->p->code[pc];
		wf_buf_printf(w->out, "%s", wf_ops[i->op].mnemonic);
		put_operands(w, i);
		wf_buf_addch(w->out, '\n');
	}
}

/* -- a step's parts -- */

enum region { AT_CONDITION, AT_KEY, AT_WITH, AT_OUTPUT, AT_NEXT, AT_FAILURE, REGIONS };

struct cut {
	uint32_t at[REGIONS + 1]; /* a region is from its own to the next one's */
	uint32_t result;
};

static bool performs(const struct wf_plan *p, const struct wf_insn *i, uint32_t step)
{
	if (i->op == WF_OP_PERFORM)
		return i->c == step;
	return i->op == WF_OP_FORK && p->groups[i->c].step == step;
}

static struct cut cut_step(const struct wf_plan *p, uint32_t step)
{
	struct cut c = {.result = result_of(p)};
	uint32_t first = p->steps[step].enter_pc + 1, end = end_of(p, step, c.result), perform = end;
	uint32_t fail = p->steps[step].fail_pc, leave = end, key = first, condition = first;
	if (fail < first || fail > end)
		fail = end;
	for (uint32_t pc = first; pc < fail; pc++) {
		const struct wf_insn *i = &p->code[pc];
		if (performs(p, i, step) && perform == end)
			perform = pc + 1;
		else if (i->op == WF_OP_LEAVE && i->c == step)
			leave = pc + 1;
		else if (i->op == WF_OP_KEY && i->c == step)
			key = pc + 1;
		else if (i->op == WF_OP_UNLESS && perform == end && i->c < p->code_count &&
			p->code[i->c].op == WF_OP_SKIP)
			condition = pc + 1;
	}
	const uint32_t at[REGIONS + 1] = {first, condition, key > condition ? key : condition, perform,
		leave < fail ? leave : fail, fail, end};
	memcpy(c.at, at, sizeof(at));
	if (c.at[AT_NEXT] < c.at[AT_OUTPUT])
		c.at[AT_NEXT] = c.at[AT_OUTPUT];
	return c;
}

static void put_region(const struct wf_plan *p, uint32_t step, enum region which, struct wf_buf *out)
{
	struct cut c = cut_step(p, step);
	struct writer w = {.p = p, .out = out, .step = step, .result = c.result};
	put_code(&w, c.at[which], c.at[which + 1]);
	/* what follows when nothing else is said */
	if (which == AT_NEXT && c.at[AT_NEXT] == c.at[AT_FAILURE])
		put_place(&w, c.at[REGIONS]);
}

static bool same_region(const struct wf_plan *a, uint32_t i, const struct wf_plan *b, uint32_t j,
	enum region which)
{
	WF_AUTOBUF struct wf_buf x = {0}, y = {0};
	put_region(a, i, which, &x);
	put_region(b, j, which, &y);
	return x.len == y.len && (!x.len || memcmp(x.data, y.data, x.len) == 0);
}

/* Bodies of the step of those kinds, up to where each ends. */
static void put_bodies(const struct wf_plan *p, uint32_t step, enum wf_body_kind kind,
	struct wf_buf *out)
{
	for (uint32_t i = 0; i < p->body_count; i++) {
		const struct wf_plan_body *body = &p->bodies[i];
		if (body->kind != kind || body->of != step)
			continue;
		uint32_t end = body->pc;
		while (end < p->code_count && p->code[end].op != WF_OP_RETURN &&
			p->code[end].op != WF_OP_HALT)
			end++;
		struct writer w = {.p = p, .out = out, .step = WF_NONE, .result = WF_NONE};
		wf_buf_printf(out, "%u:\n", body->index);
		put_code(&w, body->pc, end);
	}
}

static bool same_bodies(const struct wf_plan *a, uint32_t i, const struct wf_plan *b, uint32_t j,
	enum wf_body_kind kind)
{
	WF_AUTOBUF struct wf_buf x = {0}, y = {0};
	put_bodies(a, i, kind, &x);
	put_bodies(b, j, kind, &y);
	return x.len == y.len && (!x.len || memcmp(x.data, y.data, x.len) == 0);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_action(const struct wf_plan *a, const struct wf_plan_step *x, const struct wf_plan *b,
	const struct wf_plan_step *y)
{
	return x->action == y->action &&
		same_text(wf_plan_string(a, x->action_name), wf_plan_string(b, y->action_name));
}

/* What it lies in: the forking step's id and its member's name. */
static void put_nest(const struct wf_plan *p, uint32_t step, struct wf_buf *out)
{
	const struct wf_plan_step *s = &p->steps[step];
	if (s->group == WF_NONE)
		return;
	const struct wf_plan_group *g = &p->groups[s->group];
	const char *name = s->member < g->member_count
		? wf_plan_string(p, p->members[g->first_member + s->member].name) : NULL;
	wf_buf_printf(out, "%u %s %s %u", g->kind,
		g->step < p->step_count ? wf_plan_step_id(p, g->step) : "-", name ? name : "-",
		g->kind == WF_GROUP_FOREACH ? s->member : 0);
}

/* A step that forks: how, and into what. */
static void put_fork(const struct wf_plan *p, uint32_t step, struct wf_buf *out)
{
	for (uint32_t i = 0; i < p->group_count; i++) {
		const struct wf_plan_group *g = &p->groups[i];
		if (g->step != step)
			continue;
		wf_buf_printf(out, "%u %u %u %d %u", g->kind, g->needed, g->limit, g->go_on,
			g->member_count);
		for (uint32_t m = 0; m < g->member_count; m++) {
			const char *name = wf_plan_string(p, p->members[g->first_member + m].name);
			wf_buf_printf(out, " %s", name ? name : "-");
		}
	}
}

static bool same_put(const struct wf_plan *a, uint32_t i, const struct wf_plan *b, uint32_t j,
	void (*put)(const struct wf_plan *, uint32_t, struct wf_buf *))
{
	WF_AUTOBUF struct wf_buf x = {0}, y = {0};
	put(a, i, &x);
	put(b, j, &y);
	return x.len == y.len && (!x.len || memcmp(x.data, y.data, x.len) == 0);
}

static bool same_retry(const struct wf_retry *a, const struct wf_retry *b)
{
	return a->max_attempts == b->max_attempts && a->backoff == b->backoff &&
		a->initial_ms == b->initial_ms && a->max_ms == b->max_ms &&
		a->coefficient_milli == b->coefficient_milli && a->jitter_milli == b->jitter_milli &&
		a->on_types == b->on_types && a->except_types == b->except_types;
}

uint32_t wf_plan_compare_steps(const struct wf_plan *a, uint32_t i, const struct wf_plan *b, uint32_t j)
{
	const struct wf_plan_step *x = &a->steps[i], *y = &b->steps[j];
	const bool same[WF_CHANGED_COUNT_] = {
		[WF_CHANGED_ACTION] = same_action(a, x, b, y),
		[WF_CHANGED_NAME] = same_text(wf_plan_string(a, x->name), wf_plan_string(b, y->name)),
		[WF_CHANGED_PLACE] = same_put(a, i, b, j, put_nest),
		[WF_CHANGED_CONDITION] = same_region(a, i, b, j, AT_CONDITION),
		[WF_CHANGED_KEY] = same_region(a, i, b, j, AT_KEY),
		[WF_CHANGED_WITH] = same_region(a, i, b, j, AT_WITH) && same_put(a, i, b, j, put_fork),
		[WF_CHANGED_MATCH] = same_bodies(a, i, b, j, WF_BODY_MATCH),
		[WF_CHANGED_NOTIFY] = same_bodies(a, i, b, j, WF_BODY_NOTIFY),
		[WF_CHANGED_OUTPUT] = same_region(a, i, b, j, AT_OUTPUT),
		[WF_CHANGED_NEXT] = same_region(a, i, b, j, AT_NEXT),
		[WF_CHANGED_ON_FAILURE] = same_region(a, i, b, j, AT_FAILURE),
		[WF_CHANGED_COMPENSATE] = same_bodies(a, i, b, j, WF_BODY_COMPENSATE) &&
			same_bodies(a, i, b, j, WF_BODY_UNDO_INPUT),
		[WF_CHANGED_RETRY] = same_retry(&x->retry, &y->retry) && wf_plan_same_retries(a, i, b, j),
		[WF_CHANGED_TIMEOUT] = x->timeout_ms == y->timeout_ms,
		[WF_CHANGED_DEADLINE] = x->deadline_ms == y->deadline_ms,
		[WF_CHANGED_ON_CRASH] = x->on_crash == y->on_crash,
		[WF_CHANGED_MAX_VISITS] = x->max_visits == y->max_visits,
	};
	uint32_t bits = 0;
	for (unsigned part = 0; part < WF_CHANGED_COUNT_; part++)
		bits |= same[part] ? 0u : UINT32_C(1) << part;
	return bits;
}

uint32_t wf_plan_behind_perform(const struct wf_plan *plan, uint32_t step)
{
	uint32_t end = end_of(plan, step, WF_NONE);
	for (uint32_t pc = plan->steps[step].enter_pc + 1; pc < end; pc++)
		if (performs(plan, &plan->code[pc], step))
			return pc + 1;
	return WF_NONE;
}

/* -- the rest -- */

static const json_t *constant(const struct wf_plan *p, uint32_t index)
{
	return index == WF_NONE ? NULL : p->consts[index];
}

static void put_result(const struct wf_plan *p, uint32_t unused, struct wf_buf *out)
{
	(void)unused;
	uint32_t pc = result_of(p), end = pc;
	while (end < p->code_count && p->code[end].op != WF_OP_FINISH)
		end++;
	struct writer w = {.p = p, .out = out, .step = WF_NONE, .result = WF_NONE};
	put_code(&w, pc, end < p->code_count ? end + 1 : end);
}

/* The handler of the workflow's own failure: how it begins. Its steps are compared as all others. */
static void put_handler(const struct wf_plan *p, uint32_t unused, struct wf_buf *out)
{
	(void)unused;
	struct writer w = {.p = p, .out = out, .step = WF_NONE, .result = WF_NONE};
	wf_buf_printf(out, "%d", p->compensate);
	if (p->failure_pc != WF_NONE)
		put_place(&w, p->failure_pc);
}

static void put_correlation(const struct wf_plan *p, uint32_t unused, struct wf_buf *out)
{
	(void)unused;
	put_bodies(p, 0, WF_BODY_CORRELATION, out);
}

static void put_triggers(const struct wf_plan *p, uint32_t unused, struct wf_buf *out)
{
	(void)unused;
	for (uint32_t i = 0; i < p->body_count; i++)
		if (p->bodies[i].kind == WF_BODY_TRIGGER_WHEN || p->bodies[i].kind == WF_BODY_TRIGGER_INPUT) {
			wf_buf_printf(out, "%u of %u\n", p->bodies[i].kind, p->bodies[i].of);
			put_bodies(p, p->bodies[i].of, p->bodies[i].kind, out);
		}
}

static void add_name(json_t *names, const char *name)
{
	size_t i;
	json_t *one;
	json_array_foreach (names, i, one)
		if (strcmp(json_string_value(one), name) == 0)
			return;
	for (i = 0; i < json_array_size(names); i++)
		if (strcmp(json_string_value(json_array_get(names, i)), name) > 0)
			break;
	(void)json_array_insert_new(names, i, json_string(name));
}

/* Members of `extra` that are not alike. */
static void compare_extra(const json_t *a, const json_t *b, json_t *names)
{
	const char *name;
	const json_t *value;
	json_object_foreach ((json_t *)(uintptr_t)a, name, value)
		if (strcmp(name, "retry_types") != 0 && /* said of its steps */
			!wf_json_equal(value, json_object_get(b, name)))
			add_name(names, strcmp(name, "failure_result") == 0 ? "completion" : name);
}

json_t *wf_plan_compare_rest(const struct wf_plan *a, const struct wf_plan *b)
{
	json_t *names = json_array();
	const struct {
		const char *name;
		bool same;
	} parts[] = {
		{"version", same_text(wf_plan_string(a, a->version), wf_plan_string(b, b->version))},
		{"name", same_text(wf_plan_string(a, a->name), wf_plan_string(b, b->name))},
		{"description", same_text(wf_plan_string(a, a->description),
			wf_plan_string(b, b->description))},
		{"input", wf_json_equal(constant(a, a->input_schema), constant(b, b->input_schema))},
		{"output", wf_json_equal(constant(a, a->output_schema), constant(b, b->output_schema))},
		{"vars", wf_json_equal(constant(a, a->vars), constant(b, b->vars))},
		{"timeout", a->timeout_ms == b->timeout_ms},
		{"completion", same_put(a, 0, b, 0, put_result)},
		{"on_failure", same_put(a, 0, b, 0, put_handler)},
		{"correlation_id", same_put(a, 0, b, 0, put_correlation)},
		{"triggers", same_put(a, 0, b, 0, put_triggers)},
	};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!parts[i].same)
			add_name(names, parts[i].name);
	compare_extra(constant(a, a->extra), constant(b, b->extra), names);
	compare_extra(constant(b, b->extra), constant(a, a->extra), names);
	return names;
}

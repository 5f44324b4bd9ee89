/*
 * Whether an instance can go on under another plan of its workflow: what it has done is there in the same
 * form, the step that it rests in is the same, and nothing that is to come reads what was never made.
 */
#include "engine/fit.h"

#include "base/mem.h"
#include "engine/core.h"
#include "plan/compare.h"

#include <inttypes.h>
#include <string.h>

#define BIT(part) (UINT32_C(1) << WF_CHANGED_##part)

/* What must be the same of the step in which it rests: what it does and what with, and what it waits for. */
#define RESTING (BIT(ACTION) | BIT(WITH) | BIT(KEY) | BIT(MATCH) | BIT(PLACE) | BIT(NOTIFY))

struct fit {
	const struct wf_plan *from, *to;
	uint32_t *map;           /* each step of `from` in `to`; WF_NONE */
	const bool *done;        /* steps of `from` that have run, or may have */
	uint32_t rests;          /* step of `from`; WF_NONE: before the first */
	uint32_t *ret_step;
	struct wf_cause *cause;
};

static int refuse(const struct fit *f, uint32_t step, const char *why)
{
	*f->ret_step = step;
	return wf_fail(f->cause, WF_ECONFLICT, "`%s` %s",
		step == WF_NONE ? "the workflow" : wf_plan_author_id(f->from, step), why);
}

static int check_done(const struct fit *f, const bool *side)
{
	for (uint32_t i = 0; i < f->from->step_count; i++) {
		uint32_t to = f->map[i];
		if (!f->done[i] || side[i])
			continue;
		if (to == WF_NONE)
			return refuse(f, i, "has run, and the other version has no such step");
		if (wf_plan_compare_steps(f->from, i, f->to, to) & BIT(ACTION))
			return refuse(f, i, "has run, and is another action in the other version");
		if (wf_plan_compare_steps(f->from, i, f->to, to) & BIT(PLACE))
			return refuse(f, i, "has run, and stands in another list of steps in the other version");
		if (f->from->steps[i].compensation != WF_NONE && f->to->steps[to].compensation == WF_NONE)
			return refuse(f, i, "has run, and nothing undoes it in the other version");
	}
	return 0;
}

static int check_resting(const struct fit *f)
{
	if (f->rests == WF_NONE)
		return 0;
	uint32_t to = f->map[f->rests];
	if (to == WF_NONE)
		return refuse(f, f->rests, "is where it rests, and the other version has no such step");
	uint32_t changed = wf_plan_compare_steps(f->from, f->rests, f->to, to) & RESTING;
	for (unsigned part = 0; part < WF_CHANGED_COUNT_; part++)
		if (changed & UINT32_C(1) << part) {
			WF_AUTOFREE char *why = wf_asprintf("is where it rests, and its `%s` is another in "
				"the other version", wf_plan_step_part_names[part]);
			return refuse(f, f->rests, why);
		}
	return wf_plan_behind_perform(f->to, to) == WF_NONE
		? refuse(f, f->rests, "is where it rests, and does nothing in the other version") : 0;
}

/* -- what is still read -- */

struct way {
	const struct wf_plan *plan;
	bool *seen;
	uint32_t *todo;
	uint32_t count, room;
	uint32_t past;           /* no further than this step's beginning; WF_NONE */
};

static void go(struct way *w, uint32_t pc)
{
	if (pc >= w->plan->code_count || w->seen[pc])
		return;
	w->seen[pc] = true;
	WF_GROW(w->todo, w->count, w->room);
	w->todo[w->count++] = pc;
}

static void go_into(struct way *w, const struct wf_plan_group *g)
{
	for (uint32_t m = 0; m < g->member_count; m++)
		go(w, w->plan->members[g->first_member + m].pc);
}

static void go_to_bodies(struct way *w, uint32_t step)
{
	for (uint32_t i = 0; i < w->plan->body_count; i++) {
		const struct wf_plan_body *b = &w->plan->bodies[i];
		bool of_step = b->kind == WF_BODY_MATCH || b->kind == WF_BODY_NOTIFY ||
			b->kind == WF_BODY_UNDO_INPUT || b->kind == WF_BODY_COMPENSATE;
		if (of_step && b->of == step)
			go(w, b->pc);
	}
}

static bool stops(enum wf_opcode op)
{
	return op == WF_OP_JUMP || op == WF_OP_RETURN || op == WF_OP_RERAISE || op == WF_OP_RAISE ||
		op == WF_OP_FINISH || op == WF_OP_HALT || op == WF_OP_RETHROW || op == WF_OP_MEMBEREND;
}

static void visit(struct way *w, uint32_t pc)
{
	const struct wf_insn *i = &w->plan->code[pc];
	if (i->op == WF_OP_ENTER) {
		if (i->c == w->past)
			return;
		go(w, w->plan->steps[i->c].fail_pc);
		go_to_bodies(w, i->c);
	}
	if (wf_ops[i->op].format == WF_FORMAT_TARGET || wf_ops[i->op].format == WF_FORMAT_EACH)
		go(w, i->c);
	if (i->op == WF_OP_FORK)
		go_into(w, &w->plan->groups[i->c]);
	if (!stops((enum wf_opcode)i->op))
		go(w, pc + 1);
}

/* A step whose code reads that step's output on a way from where it rests that does not pass `past`; its
 * place is that of the instruction. WF_NONE: none. */
static uint32_t reader_of(const struct fit *f, uint32_t step, uint32_t past)
{
	const struct wf_plan *p = f->to;
	struct way w = {.plan = p, .seen = wf_calloc(p->code_count ? p->code_count : 1, 1), .past = past};
	uint32_t at = f->rests == WF_NONE ? WF_NONE : f->map[f->rests], reader = WF_NONE;
	if (at == WF_NONE) {
		go(&w, p->entry_pc);
	} else {
		go(&w, wf_plan_behind_perform(p, at));
		go(&w, p->steps[at].fail_pc);
	}
	while (w.count && reader == WF_NONE) {
		uint32_t pc = w.todo[--w.count];
		const struct wf_insn *i = &p->code[pc];
		if (i->op == WF_OP_STEPPART && i->c == step && i->a == WF_PART_OUTPUT)
			reader = pc;
		visit(&w, pc);
	}
	wf_free(w.seen);
	wf_free(w.todo);
	return reader;
}

static int refuse_reader(const struct fit *f, uint32_t step, uint32_t pc, const char *why)
{
	const struct wf_plan_loc *loc = wf_plan_locate(f->to, pc);
	*f->ret_step = WF_NONE;
	for (uint32_t i = 0; i < f->from->step_count; i++)
		if (f->map[i] == step)
			*f->ret_step = i;
	return wf_fail(f->cause, WF_ECONFLICT,
		"line %u of the other version reads the output of `%s`, which %s", loc ? loc->line : 0,
		wf_plan_author_id(f->to, step), why);
}

static int check_reads(const struct fit *f)
{
	WF_AUTOFREE uint32_t *back = wf_alloc(sizeof(*back) * (f->to->step_count + (size_t)1));
	for (uint32_t i = 0; i < f->to->step_count; i++)
		back[i] = WF_NONE;
	for (uint32_t i = 0; i < f->from->step_count; i++)
		if (f->map[i] != WF_NONE && (f->done[i] || i == f->rests))
			back[f->map[i]] = i;
	for (uint32_t i = 0; i < f->to->step_count; i++) {
		bool done = back[i] != WF_NONE && f->done[back[i]];
		if (back[i] != WF_NONE && !done)
			continue; /* it will be made as this version makes it */
		if (done && !(wf_plan_compare_steps(f->from, back[i], f->to, i) & BIT(OUTPUT)))
			continue;
		uint32_t reader = reader_of(f, i, i);
		if (reader != WF_NONE)
			return refuse_reader(f, i, reader, done
				? "has run, and makes another output there" : "has not run");
	}
	return 0;
}

static int check(const struct fit *f)
{
	WF_AUTOFREE bool *side = wf_calloc(f->from->step_count + (size_t)1, sizeof(*side));
	wf_core_side_steps(f->from, side);
	int rc = check_resting(f);
	if (!rc)
		rc = check_done(f, side);
	return rc ? rc : check_reads(f);
}

static uint32_t *map_of(const struct wf_plan *from, const struct wf_plan *to)
{
	uint32_t *map = wf_alloc(sizeof(*map) * (from->step_count + (size_t)1));
	for (uint32_t i = 0; i < from->step_count; i++)
		map[i] = wf_plan_find_step(to, wf_plan_step_id(from, i));
	return map;
}

/* -- an instance -- */

static int refuse_state(const struct wf_instance *in, struct wf_cause *cause)
{
	if (wf_instance_status_final(in->status) || in->status == WF_INST_COMPENSATING) {
		(void)wf_fail(cause, WF_ECONFLICT, "instance #%" PRIu64 " is %s", in->number,
			wf_instance_status_name(in->status));
		if (in->status == WF_INST_FAILED || in->status == WF_INST_CANCELLED)
			wf_fail_hint(cause, "wfctl retry %" PRIu64 " --plan takes the other version",
				in->number);
		return WF_ECONFLICT;
	}
	if (in->threads->done)
		return wf_fail(cause, WF_ECONFLICT, "the main flow of #%" PRIu64 " has ended",
			in->number);
	return 0;
}

static int check_threads(const struct wf_plan *from, const struct wf_instance *in, uint32_t *ret_step,
	struct wf_cause *cause)
{
	for (uint32_t i = 0; i < in->thread_count; i++) {
		const struct wf_thread *t = &in->threads[i];
		if (t->done)
			continue;
		*ret_step = t->step;
		const char *id = t->step == WF_NONE ? "the flow" : wf_plan_author_id(from, t->step);
		if (t->group != WF_NONE || t->waits != WF_NONE)
			return wf_fail(cause, WF_ECONFLICT,
				"`%s` has branches or items in hand, which keep to their version", id);
		if (i)
			return wf_fail(cause, WF_ECONFLICT, "`%s`, beside the flow, is not over", id);
		if (t->step != WF_NONE && in->steps[t->step].status == WF_STEP_RUNNING)
			return wf_fail(cause, WF_ECONFLICT, "an attempt of `%s` is in hand", id);
		if (t->ready)
			return wf_fail(cause, WF_ECONFLICT, "#%" PRIu64 " goes on at this moment",
				in->number);
	}
	return 0;
}

static int check_visits(const struct fit *f, const struct wf_instance *in)
{
	for (uint32_t i = 0; i < f->from->step_count; i++) {
		const struct wf_step_state *s = &in->steps[i];
		if (f->map[i] == WF_NONE || s->visits - s->spent <= f->to->steps[f->map[i]].max_visits)
			continue;
		return refuse(f, i, "was visited more often than its max_visits in the other version");
	}
	return 0;
}

int wf_engine_fits(const struct wf_plan *from, const struct wf_plan *to, const struct wf_instance *in,
	uint32_t *ret_step, struct wf_cause *cause)
{
	*ret_step = WF_NONE;
	const char *was = wf_plan_string(from, from->workflow), *is = wf_plan_string(to, to->workflow);
	if (strcmp(was, is) != 0)
		return wf_fail(cause, WF_ECONFLICT, "`%s` is another workflow than `%s`", is, was);
	int rc = refuse_state(in, cause);
	if (!rc)
		rc = check_threads(from, in, ret_step, cause);
	if (rc)
		return rc;
	WF_AUTOFREE bool *done = wf_calloc(from->step_count + (size_t)1, sizeof(*done));
	WF_AUTOFREE uint32_t *map = map_of(from, to);
	for (uint32_t i = 0; i < from->step_count; i++)
		done[i] = wf_step_status_final(in->steps[i].status);
	struct fit f = {.from = from, .to = to, .map = map, .done = done, .rests = in->threads->step,
		.ret_step = ret_step, .cause = cause};
	*ret_step = WF_NONE;
	rc = check_visits(&f, in);
	return rc ? rc : check(&f);
}

/* -- any instance that rests in a step -- */

int wf_engine_fits_at(const struct wf_plan *from, const struct wf_plan *to, uint32_t step,
	uint32_t *ret_step, struct wf_cause *cause)
{
	WF_AUTOFREE bool *done = wf_calloc(from->step_count + (size_t)1, sizeof(*done));
	WF_AUTOFREE bool *reached = wf_calloc(from->step_count + (size_t)1, sizeof(*reached));
	WF_AUTOFREE uint32_t *map = map_of(from, to);
	*ret_step = WF_NONE;
	if (from->steps[step].group != WF_NONE || (from->steps[step].action != WF_ACT_COUNT_ &&
			from->code[wf_plan_behind_perform(from, step) - 1].op == WF_OP_FORK)) {
		*ret_step = step;
		return wf_fail(cause, WF_ECONFLICT,
			"`%s` has branches or items in hand, which keep to their version",
			wf_plan_author_id(from, step));
	}
	for (uint32_t i = 0; i < from->step_count; i++) {
		if (i == step)
			continue;
		wf_engine_reach(from, i, reached);
		done[i] = reached[step] && from->steps[i].group == WF_NONE;
	}
	struct fit f = {.from = from, .to = to, .map = map, .done = done, .rests = step,
		.ret_step = ret_step, .cause = cause};
	return check(&f);
}

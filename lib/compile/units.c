/*
 * Lists of steps, and what runs beside them: groups with their members. compile.c shows what comes
 * of it. A unit is code that is emitted in one piece and whose jumps stay in it: a list, or a step for
 * itself in a group of steps that wait for each other.
 */
#include "compile/compiler.h"

#include "base/limits.h"

#include <string.h>

static void emit_members(struct compiler *c, uint32_t step);
static void emit_dag(struct compiler *c, uint32_t block);

uint32_t wf_compile_new_step(struct compiler *c)
{
	WF_GROW(c->steps, c->step_count, c->step_room);
	return c->step_count++;
}

static bool is_dag(const struct compiler *c, uint32_t block)
{
	const struct wf_model_block *b = &c->model->blocks[block];

	return b->depends && b->count > 1 && c->model->side_by_side > 1;
}

/* -- units -- */

static void emit_end(struct compiler *c)
{
	const struct wf_model *m = c->model;
	uint32_t end = wf_plan_here(&c->b);

	if (c->unit.group != WF_NONE) {
		emit(c, WF_OP_MEMBEREND, c->unit.group);
	} else if (c->unit.block == 0) {
		mark(c, m->id_node);
		wf_compile_result(c);
		(void)wf_plan_emit(&c->b, WF_OP_FINISH, 0, string(c, m->success_result));
	} else {
		if (m->failure_output.tree)
			tree(c, &m->failure_output);
		else
			emit(c, WF_OP_UNDEF, 0);
		emit(c, WF_OP_RETHROW, 0);
	}
	for (uint32_t i = 0; i < c->fixup_count; i++) {
		const struct fixup *f = &c->fixups[i];
		wf_plan_patch(&c->b, f->pc, f->step == WF_NONE ? end : c->steps[f->step].enter_pc);
	}
	c->fixup_count = 0;
}

/* The steps, the end, what stands beside them, and the members of what they fork. */
static void emit_unit(struct compiler *c, const uint32_t *steps, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		wf_compile_step(c, steps[i]);
	emit_end(c);
	wf_compile_beside(c, steps, count);
	if (c->unit.block == 0 && c->unit.group == WF_NONE)
		wf_compile_bodies(c);
	wf_emit_flush(c->emitter);
	for (uint32_t i = 0; i < count; i++)
		if (c->model->steps[steps[i]].fork)
			emit_members(c, steps[i]);
}

/* A list whose steps are a group: it begins them and ends. */
static void emit_dag_list(struct compiler *c, uint32_t block)
{
	struct wf_plan_group group = {.kind = WF_GROUP_DAG, .step = WF_NONE,
		.needed = c->model->blocks[block].count, .limit = c->model->side_by_side,
		.parent = c->unit.group, .parent_member = c->unit.member};

	c->block_group[block] = wf_plan_add_group(&c->b, &group);
	mark(c, c->model->blocks[block].node);
	emit(c, WF_OP_UNDEF, 0);
	emit(c, WF_OP_FORK, c->block_group[block]);
	emit_unit(c, NULL, 0);
	emit_dag(c, block);
}

static void emit_list(struct compiler *c, uint32_t block)
{
	const struct wf_model *m = c->model;
	WF_AUTOFREE uint32_t *steps =
		wf_calloc((size_t)m->blocks[block].count + 1, sizeof *steps);
	uint32_t count = 0;

	if (is_dag(c, block)) {
		emit_dag_list(c, block);
		return;
	}
	for (uint32_t i = m->blocks[block].first; i != WF_NONE; i = m->steps[i].follow)
		steps[count++] = i;
	emit_unit(c, steps, count);
}

void wf_compile_list(struct compiler *c, uint32_t block)
{
	c->unit = (struct unit){.block = block, .group = WF_NONE, .member = WF_NONE};
	emit_list(c, block);
}

/* -- groups -- */

void wf_compile_fork(struct compiler *c, uint32_t step)
{
	const struct wf_model_step *s = &c->model->steps[step];
	bool each = s->kind == WF_STEP_FOREACH;
	struct wf_plan_group group = {.kind = each ? WF_GROUP_FOREACH : WF_GROUP_PARALLEL,
		.step = here(c, step), .needed = s->fork->needed, .limit = s->fork->limit,
		.go_on = s->fork->go_on, .parent = c->unit.group, .parent_member = c->unit.member};

	mark(c, s->fork->node);
	if (each)
		tree(c, &s->fork->items);
	else
		emit(c, WF_OP_UNDEF, 0);
	c->group[step] = wf_plan_add_group(&c->b, &group);
	emit(c, WF_OP_FORK, c->group[step]);
}

/* So many members of the group, whose code comes later; the first of them. */
static uint32_t add_members(struct compiler *c, uint32_t group, uint32_t count)
{
	const struct wf_plan_member none = {.name = WF_NONE};
	uint32_t first = c->b.plan.member_count;

	for (uint32_t i = 0; i < count; i++)
		(void)wf_plan_add_member(&c->b, &none);
	c->b.plan.groups[group].first_member = first;
	c->b.plan.groups[group].member_count = count;
	return first;
}

static void emit_branches(struct compiler *c, uint32_t step)
{
	const struct wf_model *m = c->model;
	const struct wf_model_fork *f = m->steps[step].fork;
	uint32_t group = c->group[step], first = add_members(c, group, f->block_count);
	struct unit around = c->unit;

	for (uint32_t i = 0; i < f->block_count; i++) {
		const struct wf_model_block *block = &m->blocks[f->first_block + i];

		c->unit = (struct unit){.block = f->first_block + i, .group = group, .member = i,
			.copy = around.copy};
		c->b.plan.members[first + i].pc = wf_plan_here(&c->b);
		c->b.plan.members[first + i].name = string(c, block->id);
		draw(c, wf_plan_here(&c->b), here(c, step), here(c, block->first), WF_EDGE_NEXT,
			block->id);
		emit_list(c, f->first_block + i);
	}
	c->unit = around;
}

/* -- lanes -- */

/* Gives the steps from `first` up to `end` others of the plan. */
static void new_copies(struct compiler *c, uint32_t first, uint32_t end)
{
	for (uint32_t i = first; i < end; i++) {
		c->plan_step[i] = wf_compile_new_step(c);
		c->copy[i] = ++c->copies[i];
	}
}

static void emit_lane(struct compiler *c, uint32_t step, uint32_t member, uint32_t lane)
{
	const struct wf_model_fork *f = c->model->steps[step].fork;
	uint32_t first = step + 1, end = c->model->steps[step].beyond;
	size_t size = (end - first) * sizeof(uint32_t);
	WF_AUTOFREE uint32_t *steps = wf_calloc(size + 1, 1), *copies = wf_calloc(size + 1, 1);

	memcpy(steps, c->plan_step + first, size);
	memcpy(copies, c->copy + first, size);
	if (lane)
		new_copies(c, first, end);
	c->unit.copy = c->unit.copy || lane;
	c->b.plan.members[member].pc = wf_plan_here(&c->b);
	emit_list(c, f->first_block);
	memcpy(c->plan_step + first, steps, size);
	memcpy(c->copy + first, copies, size);
}

static void emit_lanes(struct compiler *c, uint32_t step)
{
	const struct wf_model *m = c->model;
	const struct wf_model_fork *f = m->steps[step].fork;
	uint32_t group = c->group[step], first = add_members(c, group, f->limit);
	struct unit around = c->unit;

	draw(c, wf_plan_here(&c->b), here(c, step), here(c, m->blocks[f->first_block].first),
		WF_EDGE_NEXT, "each item");
	/* beyond the limit the plan is refused: no need to write all of it */
	for (uint32_t i = 0; i < f->limit && c->b.plan.code_count <= WF_MAX_CODE &&
			     c->step_count <= WF_MAX_STEPS; i++) {
		c->unit = (struct unit){.block = f->first_block, .group = group, .member = i,
			.copy = around.copy};
		emit_lane(c, step, first + i, i);
	}
	c->unit = around;
}

static void emit_members(struct compiler *c, uint32_t step)
{
	if (c->model->steps[step].kind == WF_STEP_FOREACH)
		emit_lanes(c, step);
	else
		emit_branches(c, step);
}

/* -- steps that wait for each other -- */

static void add_deps(struct compiler *c, uint32_t member, uint32_t step, const uint32_t *place)
{
	const struct wf_model_step *s = &c->model->steps[step];
	struct wf_plan_member *m = &c->b.plan.members[member];

	m->first_dep = c->b.plan.dep_count;
	for (uint32_t i = 0; i < s->depends_on_count; i++) {
		bool again = false;

		for (uint32_t k = 0; k < i; k++)
			again = again || s->depends[k] == s->depends[i];
		if (again)
			continue;
		(void)wf_plan_add_dep(&c->b, place[s->depends[i]]);
		m->dep_count++;
		draw(c, WF_NONE, here(c, s->depends[i]), here(c, step), WF_EDGE_NEXT, NULL);
	}
}

static void emit_dag(struct compiler *c, uint32_t block)
{
	const struct wf_model *m = c->model;
	uint32_t group = c->block_group[block], n = 0;
	uint32_t first = add_members(c, group, m->blocks[block].count);
	WF_AUTOFREE uint32_t *place = wf_calloc((size_t)m->step_count + 1, sizeof *place);
	struct unit around = c->unit;

	for (uint32_t i = m->blocks[block].first; i != WF_NONE; i = m->steps[i].follow)
		place[i] = n++;
	n = 0;
	for (uint32_t i = m->blocks[block].first; i != WF_NONE; i = m->steps[i].follow, n++) {
		c->unit = (struct unit){.block = block, .group = group, .member = n, .alone = true,
			.copy = around.copy};
		add_deps(c, first + n, i, place);
		c->b.plan.members[first + n].pc = wf_plan_here(&c->b);
		emit_unit(c, &i, 1);
	}
	c->unit = around;
}

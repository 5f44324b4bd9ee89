/* Building a plan. Strings and constants are interned: the same content gets the same index. */
#include "plan/internal.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct wf_texts *new_texts(void)
{
	struct wf_texts *t = wf_alloc(sizeof(*t));
	wf_texts_init(t);
	return t;
}

static void free_texts(struct wf_texts *t)
{
	if (t)
		wf_texts_done(t);
	wf_free(t);
}

void wf_plan_builder_init(struct wf_plan_builder *b)
{
	*b = (struct wf_plan_builder){
		.plan =
			{
				.workflow = WF_NONE,
				.version = WF_NONE,
				.name = WF_NONE,
				.description = WF_NONE,
				.source_name = WF_NONE,
				.input_schema = WF_NONE,
				.output_schema = WF_NONE,
				.vars = WF_NONE,
				.extra = WF_NONE,
				.failure_pc = WF_NONE,
				.format = WF_PLAN_FORMAT,
				.texts = wf_arena_new(),
			},
		.string_index = new_texts(),
		.const_index = new_texts(),
	};
}

void wf_plan_builder_done(struct wf_plan_builder *b)
{
	if (!b)
		return;
	free_texts(b->string_index);
	free_texts(b->const_index);
	wf_plan_drop(&b->plan);
	*b = (struct wf_plan_builder){0};
}

uint32_t wf_plan_add_string(struct wf_plan_builder *b, const char *s)
{
	bool is_new;
	struct wf_texts *t = b->string_index;
	uint32_t index = wf_texts_add(t, s, strlen(s), b->plan.texts, &is_new);
	if (is_new) {
		WF_GROW(b->plan.strings, b->plan.string_count, b->string_room);
		b->plan.strings[b->plan.string_count++] = t->items[index].bytes;
	}
	return index;
}

uint32_t wf_plan_add_const(struct wf_plan_builder *b, json_t *value)
{
	WF_AUTOBUF struct wf_buf text = {0};
	wf_json_write(value, &text);
	bool is_new;
	uint32_t index = wf_texts_add(b->const_index, text.data, text.len, b->plan.texts, &is_new);
	if (is_new) {
		WF_GROW(b->plan.consts, b->plan.const_count, b->const_room);
		b->plan.consts[b->plan.const_count++] = json_incref(value);
	}
	return index;
}

uint32_t wf_plan_add_step(struct wf_plan_builder *b, const struct wf_plan_step *step)
{
	WF_GROW(b->plan.steps, b->plan.step_count, b->step_room);
	b->plan.steps[b->plan.step_count] = *step;
	return b->plan.step_count++;
}

uint32_t wf_plan_add_edge(struct wf_plan_builder *b, const struct wf_plan_edge *edge)
{
	WF_GROW(b->plan.edges, b->plan.edge_count, b->edge_room);
	b->plan.edges[b->plan.edge_count] = *edge;
	return b->plan.edge_count++;
}

uint32_t wf_plan_add_body(struct wf_plan_builder *b, const struct wf_plan_body *body)
{
	WF_GROW(b->plan.bodies, b->plan.body_count, b->body_room);
	b->plan.bodies[b->plan.body_count] = *body;
	return b->plan.body_count++;
}

uint32_t wf_plan_add_group(struct wf_plan_builder *b, const struct wf_plan_group *group)
{
	WF_GROW(b->plan.groups, b->plan.group_count, b->group_room);
	b->plan.groups[b->plan.group_count] = *group;
	return b->plan.group_count++;
}

uint32_t wf_plan_add_member(struct wf_plan_builder *b, const struct wf_plan_member *member)
{
	WF_GROW(b->plan.members, b->plan.member_count, b->member_room);
	b->plan.members[b->plan.member_count] = *member;
	return b->plan.member_count++;
}

uint32_t wf_plan_add_dep(struct wf_plan_builder *b, uint32_t member)
{
	WF_GROW(b->plan.deps, b->plan.dep_count, b->dep_room);
	b->plan.deps[b->plan.dep_count] = member;
	return b->plan.dep_count++;
}

uint32_t wf_plan_emit(struct wf_plan_builder *b, enum wf_opcode op, uint8_t a, uint32_t c)
{
	WF_GROW(b->plan.code, b->plan.code_count, b->code_room);
	b->plan.code[b->plan.code_count] = (struct wf_insn){.op = (uint8_t)op, .a = a, .c = c};
	return b->plan.code_count++;
}

void wf_plan_patch(struct wf_plan_builder *b, uint32_t pc, uint32_t c)
{
	if (pc >= b->plan.code_count)
		WF_BUG("a patch of an instruction that is not there");
	b->plan.code[pc].c = c;
}

uint32_t wf_plan_here(const struct wf_plan_builder *b)
{
	return b->plan.code_count;
}

void wf_plan_mark(struct wf_plan_builder *b, uint32_t line, uint32_t column)
{
	struct wf_plan_loc loc = {.pc = wf_plan_here(b), .line = line, .column = column};
	struct wf_plan *plan = &b->plan;
	if (plan->loc_count && plan->locs[plan->loc_count - 1].pc == loc.pc)
		plan->loc_count--; /* no instruction came from the place marked before */
	if (plan->loc_count && plan->locs[plan->loc_count - 1].line == line &&
		plan->locs[plan->loc_count - 1].column == column)
		return;
	WF_GROW(plan->locs, plan->loc_count, b->loc_room);
	plan->locs[plan->loc_count++] = loc;
}

void wf_plan_encode(const struct wf_plan_builder *b, struct wf_buf *out)
{
	struct wf_plan plan = b->plan;
	while (plan.loc_count && plan.locs[plan.loc_count - 1].pc >= plan.code_count)
		plan.loc_count--;
	if (plan.body_count)
		qsort(plan.bodies, plan.body_count, sizeof(*plan.bodies), wf_plan_compare_bodies);
	wf_plan_write(&plan, out);
}

/*
 * The statements of a plan's text (asm.c) that stand behind the steps: what steps are to one
 * another, groups and their members, edges, bodies, the code's places and the tables.
 */
#include "plan/asm.h"

#include "base/mem.h"

/* -- what steps are to one another, groups -- */

static int read_pair(struct wf_assembler *a, uint32_t *ret_step, uint32_t *ret_other)
{
	int err = wf_asm_step(a, ret_step);
	return err ? err : wf_asm_step(a, ret_other);
}

int wf_asm_read_copy(struct wf_assembler *a)
{
	uint32_t step = 0, of = 0;
	int err = read_pair(a, &step, &of);
	if (!err)
		a->b.plan.steps[step].origin = of;
	return err;
}

int wf_asm_read_undo(struct wf_assembler *a)
{
	uint32_t step = 0, by = 0;
	int err = read_pair(a, &step, &by);
	if (!err)
		a->b.plan.steps[step].compensation = by;
	return err;
}

static int read_group_field(struct wf_assembler *a, struct wf_plan_group *g, const char *key,
	size_t key_n, const char *value, size_t n)
{
	uint32_t go_on = 0;
	const struct {
		const char *name;
		uint32_t *field;
	} fields[] = {
		{"needed", &g->needed},
		{"limit", &g->limit},
		{"first", &g->first_member},
		{"count", &g->member_count},
		{"parent", &g->parent},
		{"member", &g->parent_member},
		{"go_on", &go_on},
	};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint64_t number = 0;
		if (!word_is(key, key_n, fields[i].name))
			continue;
		int err = wf_asm_number(a, value, n, &number);
		if (!err)
			err = wf_asm_to_u32(a, number, fields[i].field);
		g->go_on |= go_on != 0;
		return err;
	}
	return SYNTAX(a, "`%.*s` is not part of a group", (int)key_n, key);
}

int wf_asm_read_group(struct wf_assembler *a)
{
	struct wf_plan_group g = {.step = WF_NONE, .parent = WF_NONE, .parent_member = WF_NONE};
	size_t choice = 0, n;
	const char *word;
	int err = wf_asm_choice(a, wf_group_kind_names, WF_GROUP_KIND_COUNT_, &choice);
	g.kind = (enum wf_group_kind)choice;
	if (!err && !wf_asm_take(a, "none"))
		err = wf_asm_step(a, &g.step);
	while (!err && (n = wf_asm_word(a, &word))) {
		const char *equals = memchr(word, '=', n);
		if (!equals)
			return SYNTAX(a, "`%.*s` is not NAME=VALUE", (int)n, word);
		size_t key_n = (size_t)(equals - word);
		err = read_group_field(a, &g, word, key_n, equals + 1, n - key_n - 1);
	}
	if (!err)
		wf_plan_add_group(&a->b, &g);
	return err;
}

int wf_asm_read_member(struct wf_assembler *a)
{
	struct wf_plan_member m = {.pc = WF_NONE, .name = WF_NONE};
	int err = wf_asm_label(a, FIX_MEMBER, a->b.plan.member_count);
	wf_asm_skip(a);
	if (!err && a->at < a->end && *a->at == '"')
		err = wf_asm_string_index(a, &m.name);
	wf_asm_skip(a);
	if (!err && a->at < a->end)
		err = wf_asm_u32(a, &m.first_dep);
	if (!err && a->at < a->end)
		err = wf_asm_u32(a, &m.dep_count);
	if (!err)
		wf_plan_add_member(&a->b, &m);
	return err;
}

int wf_asm_read_after(struct wf_assembler *a)
{
	uint32_t member = 0;
	int err = wf_asm_u32(a, &member);
	if (!err)
		wf_plan_add_dep(&a->b, member);
	return err;
}

/* -- edges, bodies, the code's places, tables -- */

static int get_edge_end(struct wf_assembler *a, const char *none, uint32_t *ret)
{
	const char *word, *before = a->at;
	size_t n = wf_asm_word(a, &word);
	if (word_is(word, n, none)) {
		*ret = WF_NONE;
		return 0;
	}
	a->at = before;
	return wf_asm_step(a, ret);
}

int wf_asm_read_edge(struct wf_assembler *a)
{
	static const char *const arrow[] = {"->"};
	struct wf_plan_edge edge = {.label = WF_NONE, .pc = WF_NONE};
	size_t choice = 0;
	int err = get_edge_end(a, "start", &edge.from);
	if (!err)
		err = wf_asm_choice(a, arrow, 1, &choice);
	if (!err)
		err = get_edge_end(a, "end", &edge.to);
	if (!err)
		err = wf_asm_choice(a, wf_edge_kind_names, WF_EDGE_KIND_COUNT_, &choice);
	edge.kind = (enum wf_edge_kind)choice;
	wf_asm_skip(a);
	if (!err && a->at < a->end && *a->at == '"')
		err = wf_asm_string_index(a, &edge.label);
	if (!err && wf_asm_take(a, "at"))
		err = wf_asm_u32(a, &edge.pc);
	if (!err)
		wf_plan_add_edge(&a->b, &edge);
	return err;
}

/* What it is of, and its number, as its kind has them. */
int wf_asm_read_body(struct wf_assembler *a)
{
	struct wf_plan_body body = {0};
	size_t choice = 0;
	int err = wf_asm_choice(a, wf_body_names, WF_BODY_KIND_COUNT_, &choice);
	body.kind = (enum wf_body_kind)choice;
	if (!err && wf_body_of[choice] == WF_BODY_OF_STEP)
		err = wf_asm_step(a, &body.of);
	else if (!err && wf_body_of[choice] == WF_BODY_OF_TRIGGER)
		err = wf_asm_u32(a, &body.of);
	if (!err && wf_body_numbered(body.kind))
		err = wf_asm_u32(a, &body.index);
	return err ? err : wf_asm_label(a, FIX_BODY, wf_plan_add_body(&a->b, &body));
}

/* Not by wf_plan_mark, which leaves out what says nothing new. */
int wf_asm_read_code_place(struct wf_assembler *a)
{
	struct wf_plan *p = &a->b.plan;
	struct wf_plan_loc loc = {.pc = p->code_count};
	int err = wf_asm_place(a, &loc.line, &loc.column);
	if (err)
		return err;
	if (p->loc_count && p->locs[p->loc_count - 1].pc == loc.pc)
		p->loc_count--;
	WF_GROW(p->locs, p->loc_count, a->b.loc_room);
	p->locs[p->loc_count++] = loc;
	return 0;
}

int wf_asm_read_table_string(struct wf_assembler *a)
{
	uint32_t index = 0;
	return wf_asm_string_index(a, &index);
}

int wf_asm_read_table_constant(struct wf_assembler *a)
{
	uint32_t index = 0;
	return wf_asm_const_index(a, &index);
}

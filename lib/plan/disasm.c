/*
 * A plan as text (wfctl-bytecode(5)). The tables of strings and constants stand at the end, in
 * their order, so that assembling the text gives the same bytes; before them every instruction shows what
 * it refers to, not an index. asm.c reads it.
 */
#include "plan/internal.h"

#include "base/json.h"
#include "base/mem.h"
#include "query/query.h"

#include <inttypes.h>

const char *const wf_backoff_names[2] = {
	[WF_BACKOFF_FIXED] = "fixed", [WF_BACKOFF_EXPONENTIAL] = "exponential"};
const char *const wf_on_crash_names[3] = {
	[WF_ON_CRASH_RETRY] = "retry", [WF_ON_CRASH_FAIL] = "fail", [WF_ON_CRASH_ASK] = "ask"};
const char *const wf_edge_kind_names[WF_EDGE_KIND_COUNT_] = {
	[WF_EDGE_NEXT] = "next", [WF_EDGE_CONDITION] = "condition",
	[WF_EDGE_FAILURE] = "failure", [WF_EDGE_DECISION] = "decision",
	[WF_EDGE_NOTIFY] = "notify"};
const char *const wf_body_names[WF_BODY_KIND_COUNT_] = {
	[WF_BODY_CORRELATION] = "correlation",
	[WF_BODY_MATCH] = "match",
	[WF_BODY_NOTIFY] = "notify",
	[WF_BODY_TRIGGER_WHEN] = "trigger.when",
	[WF_BODY_TRIGGER_INPUT] = "trigger.input",
	[WF_BODY_SLOT_KEY] = "slot.key",
	[WF_BODY_COMPENSATE] = "compensate",
	[WF_BODY_UNDO_INPUT] = "undo.input",
	[WF_BODY_UI] = "ui",
};
const enum wf_body_owner wf_body_of[WF_BODY_KIND_COUNT_] = {
	[WF_BODY_MATCH] = WF_BODY_OF_STEP,
	[WF_BODY_NOTIFY] = WF_BODY_OF_STEP,
	[WF_BODY_TRIGGER_WHEN] = WF_BODY_OF_TRIGGER,
	[WF_BODY_TRIGGER_INPUT] = WF_BODY_OF_TRIGGER,
	[WF_BODY_COMPENSATE] = WF_BODY_OF_STEP,
	[WF_BODY_UNDO_INPUT] = WF_BODY_OF_STEP,
};
const char *const wf_finish_names[2] = {"success", "failed"};
const char *const wf_group_kind_names[WF_GROUP_KIND_COUNT_] = {
	[WF_GROUP_PARALLEL] = "parallel", [WF_GROUP_FOREACH] = "foreach", [WF_GROUP_DAG] = "dag"};

static void quote(const char *s, struct wf_buf *out)
{
	json_t *string = json_string(s);
	wf_json_write(string, out);
	json_decref(string);
}

static void string_operand(const struct wf_plan *p, uint32_t index, struct wf_buf *out)
{
	wf_buf_addch(out, ' ');
	quote(p->strings[index], out);
}

static void string_line(const struct wf_plan *p, const char *word, uint32_t index,
	struct wf_buf *out)
{
	if (index == WF_NONE)
		return;
	wf_buf_addstr(out, word);
	string_operand(p, index, out);
	wf_buf_addch(out, '\n');
}

static void const_line(const struct wf_plan *p, const char *word, uint32_t index,
	struct wf_buf *out)
{
	if (index == WF_NONE)
		return;
	wf_buf_printf(out, "%s ", word);
	wf_json_write(p->consts[index], out);
	wf_buf_addch(out, '\n');
}

static void number_line(const char *word, uint64_t value, struct wf_buf *out)
{
	if (value)
		wf_buf_printf(out, "%s %" PRIu64 "\n", word, value);
}

static void write_workflow(const struct wf_plan *p, struct wf_buf *out)
{
	wf_buf_printf(out, "plan %u\n\n", WF_PLAN_FORMAT);
	string_line(p, "workflow", p->workflow, out);
	string_line(p, "version", p->version, out);
	string_line(p, "name", p->name, out);
	string_line(p, "description", p->description, out);
	string_line(p, "source", p->source_name, out);
	const_line(p, "input_schema", p->input_schema, out);
	const_line(p, "output_schema", p->output_schema, out);
	const_line(p, "vars", p->vars, out);
	const_line(p, "extra", p->extra, out);
	number_line("timeout", p->timeout_ms, out);
	wf_buf_printf(out, "entry L%u\n", p->entry_pc);
	if (p->failure_pc != WF_NONE)
		wf_buf_printf(out, "failure L%u\n", p->failure_pc);
	if (p->compensate)
		wf_buf_addstr(out, "compensate\n");
}

static void write_types(const char *word, uint32_t types, struct wf_buf *out)
{
	if (!types)
		return;
	wf_buf_printf(out, " %s=", word);
	const char *separator = "";
	for (unsigned i = 0; i < WF_ERROR_COUNT_; i++) {
		if (!(types >> i & 1))
			continue;
		wf_buf_printf(out, "%s%s", separator, wf_error_types[i].name);
		separator = ",";
	}
}

static void write_retry(const struct wf_retry *r, struct wf_buf *out)
{
	const struct {
		const char *word;
		uint64_t value;
	} numbers[] = {
		{"initial", r->initial_ms},
		{"max", r->max_ms},
		{"coefficient", r->coefficient_milli},
		{"jitter", r->jitter_milli},
	};
	wf_buf_printf(out, "\tretry attempts=%u backoff=%s", r->max_attempts,
		wf_backoff_names[r->backoff]);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].value)
			wf_buf_printf(out, " %s=%" PRIu64, numbers[i].word, numbers[i].value);
	write_types("on", r->on_types, out);
	write_types("except", r->except_types, out);
	wf_buf_addch(out, '\n');
}

static void write_number_or_none(const char *word, uint32_t number, struct wf_buf *out)
{
	if (number == WF_NONE)
		wf_buf_printf(out, "%s none", word);
	else
		wf_buf_printf(out, "%s %u", word, number);
}

static void write_step(const struct wf_plan *p, const struct wf_plan_step *s, struct wf_buf *out)
{
	wf_buf_addch(out, '\n');
	string_line(p, "step", s->id, out);
	string_line(p, "\tname", s->name, out);
	wf_buf_printf(out, "\taction %s\n", wf_actions[s->action].name);
	wf_buf_printf(out, "\ton_crash %s\n", wf_on_crash_names[s->on_crash]);
	write_retry(&s->retry, out);
	number_line("\ttimeout", s->timeout_ms, out);
	number_line("\tdeadline", s->deadline_ms, out);
	if (s->max_visits != 1)
		number_line("\tvisits", s->max_visits, out);
	wf_buf_printf(out, "\tenter L%u\n", s->enter_pc);
	if (s->fail_pc != WF_NONE)
		wf_buf_printf(out, "\tfail L%u\n", s->fail_pc);
	if (s->line || s->column)
		wf_buf_printf(out, "\tat %u:%u\n", s->line, s->column);
	if (s->group != WF_NONE || s->member != WF_NONE) {
		write_number_or_none("\tin", s->group, out);
		write_number_or_none("", s->member, out);
		wf_buf_addch(out, '\n');
	}
	string_line(p, "\tdefined", s->action_name, out);
}

/* What may name a step further down: copies and what undoes. */
static void write_relations(const struct wf_plan *p, struct wf_buf *out)
{
	const char *before = "\n";
	for (uint32_t i = 0; i < p->step_count; i++) {
		const struct wf_plan_step *s = &p->steps[i];
		const struct {
			const char *word;
			uint32_t of;
			bool there;
		} relations[] = {
			{"copy", s->origin, s->origin != i},
			{"undo", s->compensation, s->compensation != WF_NONE},
		};
		for (size_t k = 0; k < sizeof(relations) / sizeof(relations[0]); k++) {
			if (!relations[k].there)
				continue;
			wf_buf_printf(out, "%s%s", before, relations[k].word);
			string_operand(p, s->id, out);
			string_operand(p, p->steps[relations[k].of].id, out);
			wf_buf_addch(out, '\n');
			before = "";
		}
	}
}

static void write_members(const struct wf_plan *p, struct wf_buf *out)
{
	for (uint32_t i = 0; i < p->member_count; i++) {
		const struct wf_plan_member *m = &p->members[i];
		wf_buf_printf(out, "member L%u", m->pc);
		if (m->name != WF_NONE)
			string_operand(p, m->name, out);
		if (m->dep_count || m->first_dep)
			wf_buf_printf(out, " %u %u", m->first_dep, m->dep_count);
		wf_buf_addch(out, '\n');
	}
	for (uint32_t i = 0; i < p->dep_count; i++)
		wf_buf_printf(out, "after %u\n", p->deps[i]);
}

static void write_groups(const struct wf_plan *p, struct wf_buf *out)
{
	if (p->group_count || p->member_count || p->dep_count)
		wf_buf_addch(out, '\n');
	for (uint32_t i = 0; i < p->group_count; i++) {
		const struct wf_plan_group *g = &p->groups[i];
		wf_buf_printf(out, "group %s", wf_group_kind_names[g->kind]);
		if (g->step == WF_NONE)
			wf_buf_addstr(out, " none");
		else
			string_operand(p, p->steps[g->step].id, out);
		wf_buf_printf(out, " needed=%u limit=%u first=%u count=%u", g->needed, g->limit,
			g->first_member, g->member_count);
		if (g->go_on)
			wf_buf_addstr(out, " go_on=1");
		if (g->parent != WF_NONE)
			wf_buf_printf(out, " parent=%u", g->parent);
		if (g->parent_member != WF_NONE)
			wf_buf_printf(out, " member=%u", g->parent_member);
		wf_buf_addch(out, '\n');
	}
	write_members(p, out);
}

static void write_edge_end(const struct wf_plan *p, uint32_t step, const char *none,
	struct wf_buf *out)
{
	if (step == WF_NONE)
		wf_buf_printf(out, " %s", none);
	else
		string_operand(p, p->steps[step].id, out);
}

static void write_edges(const struct wf_plan *p, struct wf_buf *out)
{
	if (p->edge_count)
		wf_buf_addch(out, '\n');
	for (uint32_t i = 0; i < p->edge_count; i++) {
		const struct wf_plan_edge *e = &p->edges[i];
		wf_buf_addstr(out, "edge");
		write_edge_end(p, e->from, "start", out);
		wf_buf_addstr(out, " ->");
		write_edge_end(p, e->to, "end", out);
		wf_buf_printf(out, " %s", wf_edge_kind_names[e->kind]);
		if (e->label != WF_NONE)
			string_operand(p, e->label, out);
		if (e->pc != WF_NONE)
			wf_buf_printf(out, " at %u", e->pc);
		wf_buf_addch(out, '\n');
	}
}

static void write_bodies(const struct wf_plan *p, struct wf_buf *out)
{
	if (p->body_count)
		wf_buf_addch(out, '\n');
	for (uint32_t i = 0; i < p->body_count; i++) {
		const struct wf_plan_body *body = &p->bodies[i];
		wf_buf_printf(out, "body %s", wf_body_names[body->kind]);
		if (wf_body_of[body->kind] == WF_BODY_OF_STEP)
			string_operand(p, p->steps[body->of].id, out);
		else if (wf_body_of[body->kind] == WF_BODY_OF_TRIGGER)
			wf_buf_printf(out, " %u", body->of);
		if (wf_body_numbered(body->kind))
			wf_buf_printf(out, " %u", body->index);
		wf_buf_printf(out, " L%u\n", body->pc);
	}
}

/* -- operands -- */

static void none(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	(void)p;
	(void)i;
	(void)out;
}

static void constant(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	wf_buf_addch(out, ' ');
	wf_json_write(p->consts[i->c], out);
}

static void name(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	string_operand(p, i->c, out);
}

static void step(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	string_operand(p, p->steps[i->c].id, out);
}

static void target(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	(void)p;
	wf_buf_printf(out, " L%u", i->c);
}

static void count(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	(void)p;
	wf_buf_printf(out, " %u", i->c);
}

static void root(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	(void)p;
	wf_buf_printf(out, " %s", wf_root_name((enum wf_root)i->a));
}

static void call(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	(void)p;
	wf_buf_printf(out, " %s %u", wf_functions[i->c].name, i->a);
}

static void step_part(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	step(p, i, out);
	wf_buf_printf(out, " %s", wf_step_part_name((enum wf_step_part)i->a));
}

static void each(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	(void)p;
	wf_buf_printf(out, " %s L%u", wf_each_name((enum wf_each)i->a), i->c);
}

static void result(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	wf_buf_printf(out, " %s", wf_finish_names[i->a]);
	string_operand(p, i->c, out);
}

static void group(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	(void)p;
	wf_buf_printf(out, " %u", i->c);
}

static void query(const struct wf_plan *p, const struct wf_insn *i, struct wf_buf *out)
{
	wf_buf_printf(out, " %s", wf_query_language_name((enum wf_query_language)i->a));
	string_operand(p, i->c, out);
}

static void (*const write_operands[])(const struct wf_plan *, const struct wf_insn *,
	struct wf_buf *) = {
	[WF_FORMAT_NONE] = none,
	[WF_FORMAT_CONST] = constant,
	[WF_FORMAT_NAME] = name,
	[WF_FORMAT_STEP] = step,
	[WF_FORMAT_TARGET] = target,
	[WF_FORMAT_COUNT] = count,
	[WF_FORMAT_ROOT] = root,
	[WF_FORMAT_CALL] = call,
	[WF_FORMAT_STEPPART] = step_part,
	[WF_FORMAT_EACH] = each,
	[WF_FORMAT_RESULT] = result,
	[WF_FORMAT_GROUP] = group,
	[WF_FORMAT_QUERY] = query,
};

/* A byte an instruction: whether something names it as a target. */
static uint8_t *find_labels(const struct wf_plan *p)
{
	uint8_t *labels = wf_calloc(p->code_count, 1);
	labels[p->entry_pc] = 1;
	if (p->failure_pc != WF_NONE)
		labels[p->failure_pc] = 1;
	for (uint32_t i = 0; i < p->member_count; i++)
		labels[p->members[i].pc] = 1;
	for (uint32_t i = 0; i < p->body_count; i++)
		labels[p->bodies[i].pc] = 1;
	for (uint32_t i = 0; i < p->step_count; i++) {
		labels[p->steps[i].enter_pc] = 1;
		if (p->steps[i].fail_pc != WF_NONE)
			labels[p->steps[i].fail_pc] = 1;
	}
	for (uint32_t pc = 0; pc < p->code_count; pc++)
		if (wf_insn_has_target(&p->code[pc]))
			labels[p->code[pc].c] = 1;
	return labels;
}

static void write_code(const struct wf_plan *p, struct wf_buf *out)
{
	WF_AUTOFREE uint8_t *labels = find_labels(p);
	uint32_t loc = 0;
	wf_buf_addstr(out, "\ncode\n");
	for (uint32_t pc = 0; pc < p->code_count; pc++) {
		const struct wf_insn *i = &p->code[pc];
		if (labels[pc])
			wf_buf_printf(out, "L%u:\n", pc);
		if (loc < p->loc_count && p->locs[loc].pc == pc) {
			wf_buf_printf(out, "\tat %u:%u\n", p->locs[loc].line, p->locs[loc].column);
			loc++;
		}
		wf_buf_printf(out, "\t%s", wf_ops[i->op].mnemonic);
		write_operands[wf_ops[i->op].format](p, i, out);
		wf_buf_addch(out, '\n');
	}
}

void wf_plan_disassemble(const struct wf_plan *plan, struct wf_buf *out)
{
	write_workflow(plan, out);
	for (uint32_t i = 0; i < plan->step_count; i++)
		write_step(plan, &plan->steps[i], out);
	write_relations(plan, out);
	write_groups(plan, out);
	write_edges(plan, out);
	write_bodies(plan, out);
	write_code(plan, out);
	wf_buf_addstr(out, "\ntables\n");
	for (uint32_t i = 0; i < plan->string_count; i++)
		string_line(plan, "string", i, out);
	for (uint32_t i = 0; i < plan->const_count; i++)
		const_line(plan, "constant", i, out);
}

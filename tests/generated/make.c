/*
 * The campaign of generated workflows: definitions are drawn (generated.h). Every one is valid, ends, and
 * ends the same way however its parts are interleaved: what runs beside something else does not fail, and
 * sets no variable; every effect has a word of its own, of the step's id and the items that it is in.
 */
#include "shapes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const shape_names[] = {
#define SHAPE(name) #name,
	SHAPES(SHAPE)
#undef SHAPE
};

/* -- small parts -- */

json_t *text(const char *format, ...)
{
	char line[2000];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return json_string(line);
}

struct name new_id(struct maker *m, const char *kind)
{
	struct name name;
	snprintf(name.text, sizeof(name.text), "%s%u", kind, ++m->ids);
	return name;
}

json_t *step_of_action(const char *id, const char *action, json_t *with)
{
	return json_pack("{s:s, s:s, s:o}", "id", id, "action", action, "with", with);
}

void add(struct maker *m, json_t *list, json_t *step)
{
	m->def->steps++;
	json_array_append_new(list, step);
}

/* Something like `a3.v + 4`: whole numbers that are known at this place. */
struct name number(struct maker *m, const struct place *p)
{
	struct name name;
	size_t known = json_array_size(p->known);
	unsigned constant = below(m->d, 90);
	if (!known || chance(m->d, 15))
		snprintf(name.text, sizeof(name.text), "%u", constant);
	else
		snprintf(name.text, sizeof(name.text), "(%s + %u) %% 97",
			json_string_value(json_array_get(p->known, below(m->d, (unsigned)known))),
			constant);
	return name;
}

struct name condition(struct maker *m, const struct place *p)
{
	struct name name;
	struct name of = number(m, p);
	unsigned n = 2 + below(m->d, 2), rest = below(m->d, n);
	snprintf(name.text, sizeof(name.text), "${(%.250s) %% %u == %u}", of.text, n, rest);
	return name;
}

/* What a later step may read; `sure`: it has run there. */
void know(const struct place *p, const char *id, bool sure)
{
	json_array_append_new(p->known, text(sure ? "%s.v" : "(%s.v ?? 5)", id));
}

/* -- places -- */

struct place inside(const struct place *p)
{
	struct place in = *p;
	in.depth++;
	in.known = json_copy(p->known);
	return in;
}

void leave(struct place *in)
{
	json_decref(in->known);
}

/* -- lists of steps -- */

static const struct {
	shape_maker *make;
	unsigned weight;
	bool nests;
} shapes[SHAPE_COUNT] = {
	[S_SET] = { make_set, 6, false },
	[S_TRANSFORM] = { make_transform, 5, false },
	[S_COMMAND] = { make_command, 16, false },
	[S_RETRIED] = { make_retried, 5, false },
	[S_FAILING] = { make_failing, 4, false },
	[S_TIMER] = { make_timer, 4, false },
	[S_SIGNAL] = { make_signal, 5, false },
	[S_EVENT] = { make_event, 4, false },
	[S_APPROVAL] = { make_approval, 6, false },
	[S_CHILD] = { make_child, 7, false },
	[S_LET_GO] = { make_let_go, 2, false },
	[S_MEETING] = { make_meeting, 2, true },
	[S_CHOICE] = { make_choice, 6, true },
	[S_SKIPPED] = { make_skipped, 4, false },
	[S_LOOP] = { make_loop, 5, true },
	[S_HANDLED] = { make_handled, 6, true },
	[S_FOREACH] = { make_foreach, 8, true },
	[S_PARALLEL] = { make_parallel, 8, true },
	[S_RACE] = { make_race, 4, true },
	[S_LATE] = { make_late, 3, true },
};

static enum shape drawn_shape(struct maker *m, const struct place *p)
{
	bool flat = p->depth >= 5 || m->budget < 4;
	for (;;) {
		enum shape s = below(m->d, SHAPE_COUNT);
		if (below(m->d, 16) < shapes[s].weight && !(flat && shapes[s].nests))
			return s;
	}
}

void add_shape(struct maker *m, const struct place *p, json_t *list)
{
	enum shape s = drawn_shape(m, p);
	if (m->budget)
		m->budget--;
	if (shapes[s].make(m, p, list))
		m->def->times[s]++;
}

/* Steps that wait for some of those before them; each is one step without transitions. */
static void add_dependencies(struct maker *m, const struct place *p, json_t *list)
{
	unsigned count = 3 + below(m->d, 4);
	struct place in = inside(p);
	in.plain = true;
	in.may_fail = false;
	in.beside = p->beside || m->side_by_side;
	for (unsigned i = 0; i < count; i++) {
		json_t *own = json_array(), *step, *before = json_array();
		static shape_maker *const makers[] = {
			make_command, make_set, make_timer, make_signal, make_retried, make_command,
			make_approval, make_child, make_failing };
		struct place alone = inside(p);
		alone.plain = true;
		alone.may_fail = false;
		alone.beside = in.beside;
		makers[below(m->d, COUNT(makers))](m, &alone, own);
		leave(&alone);
		step = json_array_get(own, 0);
		for (size_t k = 0; k < json_array_size(list); k++)
			if (chance(m->d, 40))
				json_array_append(before,
					json_object_get(json_array_get(list, k), "id"));
		if (json_array_size(before) || i == 1)
			json_object_set(step, "depends_on", before);
		if (chance(m->d, 20))
			json_object_set_new(step, "order", json_integer(below(m->d, 9)));
		json_array_append(list, step);
		json_decref(before);
		json_decref(own);
	}
	leave(&in);
	m->def->times[S_DAG]++;
	m->def->orderly = m->def->orderly && !m->side_by_side;
}

json_t *make_list(struct maker *m, const struct place *p, unsigned most)
{
	json_t *list = json_array();
	unsigned count = 1 + below(m->d, most);
	struct place in = inside(p);
	if (m->budget > 6 && p->depth && chance(m->d, 12)) {
		m->budget -= 3;
		add_dependencies(m, p, list);
		count = 0;
	}
	for (unsigned i = 0; i < count; i++)
		add_shape(m, &in, list);
	leave(&in);
	return list;
}

/* -- whole workflows -- */

static json_t *own_input(void)
{
	return json_pack("{s:s, s:[s,s], s:{s:{s:s}, s:{s:s}}}", "type", "object", "required", "n", "tag",
		"properties", "n", "type", "integer", "tag", "type", "string");
}

static void make_ends(struct maker *m, json_t *workflow, const struct place *p, bool child)
{
	json_t *success = json_pack("{s:s, s:{s:o}}", "result", "success", "output", "v",
		text("${%s}", number(m, p).text));
	json_t *ends = json_pack("{s:o}", "on_success", success);
	if (chance(m->d, 60))
		json_object_set_new(ends, "on_failure",
			json_pack("{s:s, s:{s:s}}", "result", "undone", "output", "why", "${error.type}"));
	json_object_set_new(workflow, "completion", ends);
	if (child || !chance(m->d, 60))
		return;
	struct place last = { .known = json_array(), .tag = "${tag}", .workflow = p->workflow, .last = true };
	json_t *steps = json_array();
	make_command(m, &last, steps);
	json_object_set_new(workflow, "on_failure",
		json_pack("{s:b, s:o}", "compensate", chance(m->d, 85), "steps", steps));
	json_decref(last.known);
}

/* The last step of a saga fails, mostly. */
static void make_fall(struct maker *m, const struct place *p, json_t *steps)
{
	json_t *step = step_of_action(new_id(m, "fall").text, "fail",
		json_pack("{s:s, s:s, s:s}", "error_type", "PolicyError", "code", "enough", "message",
			"because of ${string(n)}"));
	if (chance(m->d, 50))
		json_object_set_new(step, "condition", json_pack("{s:s}", "when", condition(m, p).text));
	add(m, steps, step);
	m->def->times[S_UNDONE]++;
}

static void make_workflow(struct maker *m, unsigned number_of, bool child)
{
	char id[40];
	json_t *known = json_pack("[s]", "n");
	struct place p = { .known = known, .tag = "${tag}", .may_fail = chance(m->d, 50),
		.workflow = number_of };
	snprintf(id, sizeof(id), child ? "kid%u" : "root", number_of);
	m->vars = json_object();
	m->fails = false;
	m->side_by_side = chance(m->d, 50);
	m->budget = child ? 3 + below(m->d, 4) : 6 + below(m->d, 22);
	json_t *workflow = json_pack("{s:s, s:s, s:o}", "id", id, "version", "1.0.0", "input", own_input());
	json_t *steps = json_array();
	unsigned count = child ? 1 + below(m->d, 3) : 2 + below(m->d, 5);
	for (unsigned i = 0; i < count; i++)
		add_shape(m, &p, steps);
	if (p.may_fail && chance(m->d, child ? 30 : 60)) {
		make_fall(m, &p, steps);
		m->fails = true;
	}
	if (m->side_by_side)
		json_object_set_new(workflow, "concurrency", json_pack("{s:i}", "steps", 2 + below(m->d, 2)));
	if (!child && chance(m->d, 30))
		json_object_set_new(workflow, "timeout", json_string("P300D"));
	json_object_set_new(workflow, "vars", json_incref(m->vars));
	json_object_set_new(workflow, "steps", steps);
	make_ends(m, workflow, &p, child);
	json_decref(m->vars);
	json_decref(known);
	m->kids_fail[number_of] = m->fails || p.may_fail;
	json_array_append_new(m->def->workflows, json_pack("{s:o}", "workflow", workflow));
}

static void note_items(struct definition *def, const json_t *value, bool item)
{
	json_t *member;
	size_t i;
	const char *key;
	json_array_foreach (value, i, member)
		note_items(def, member, item);
	if (item && json_is_string(json_object_get(value, "id")))
		json_object_set_new(def->of_items, text_of(value, "id"), json_true());
	json_object_foreach ((json_t *)(uintptr_t)value, key, member)
		note_items(def, member, item || strcmp(key, "foreach") == 0);
}

void make_definition(struct definition *def, uint64_t seed)
{
	struct draw d = { .state = seed * 0x2545f4914f6cdd1du + 1 };
	struct maker m = { .d = &d, .def = def };
	memset(def, 0, sizeof(*def));
	def->workflows = json_array();
	def->of_items = json_object();
	def->orderly = true;
	def->n = below(&d, 50);
	m.kids = below(&d, MOST_KIDS + 1);
	for (unsigned i = 0; i < m.kids; i++)
		make_workflow(&m, i, true);
	make_workflow(&m, m.kids, false);
	note_items(def, def->workflows, false);
	if (chance(&d, 15)) {
		def->cancel_at = 1 + (int64_t)below(&d, 100) * 3600000;
		def->undoes = chance(&d, 60);
	}
}

void definition_done(struct definition *def)
{
	json_decref(def->workflows);
	json_decref(def->of_items);
	memset(def, 0, sizeof(*def));
}

/* The campaign of generated workflows: what holds other steps (shapes.h). */
#include "shapes.h"

#include <stdio.h>

/* A step that a condition skips, or not. */
bool make_skipped(struct maker *m, const struct place *p, json_t *list)
{
	struct name id = new_id(m, "maybe_again");
	json_t *step = command_of(m, p, id.text, 0);
	json_object_set_new(step, "condition", json_pack("{s:s}", "when", condition(m, p).text));
	add(m, list, step);
	know(p, id.text, false);
	return true;
}

static json_t *to(const char *id)
{
	return json_pack("[{s:s}]", "to", id);
}

/* A step, two or three ways on from it, and where they meet. */
bool make_choice(struct maker *m, const struct place *p, json_t *list)
{
	if (p->plain)
		return !make_set(m, p, list);
	unsigned ways = 2 + below(m->d, 2);
	struct name asks = new_id(m, "ask"), meet = new_id(m, "meet");
	json_t *next = json_array();
	add(m, list, json_pack("{s:s, s:s, s:{s:o}, s:o}", "id", asks.text, "action", "data.set", "with", "v",
			text("${%s}", number(m, p).text), "next", next));
	know(p, asks.text, true);
	for (unsigned i = 0; i < ways; i++) {
		struct place in = inside(p);
		struct name first = new_id(m, "way");
		json_t *way = json_pack("{s:s}", "to", first.text);
		if (i + 1 < ways)
			json_object_set_new(way, "when", text("${%s.v %% %u == %u}", asks.text, ways, i));
		json_array_append_new(next, way);
		add(m, list, step_of_action(first.text, "data.set", json_pack("{s:i}", "v", (int)i)));
		for (unsigned n = below(m->d, 3); n; n--)
			add_shape(m, &in, list);
		json_t *last = command_of(m, &in, new_id(m, "then_again").text, 0);
		json_object_set_new(last, "next", to(meet.text));
		add(m, list, last);
		leave(&in);
	}
	add(m, list, step_of_action(meet.text, "data.set", json_pack("{s:i}", "v", 1)));
	know(p, meet.text, true);
	return true;
}

/* Back to its first step, two or three times. */
bool make_loop(struct maker *m, const struct place *p, json_t *list)
{
	if (p->plain || p->beside || p->last)
		return !make_command(m, p, list);
	unsigned turns = 2 + below(m->d, 2);
	struct name var = new_id(m, "turns"), first = new_id(m, "begin"), after = new_id(m, "after");
	json_object_set_new(m->vars, var.text, json_integer(0));
	json_t *step = step_of_action(first.text, "data.set", json_pack("{s:i}", "v", 1));
	json_object_set_new(step, "max_visits", json_integer(40));
	json_object_set_new(step, "set", json_pack("{s:o}", var.text, text("${vars.%s + 1}", var.text)));
	add(m, list, step);
	struct place in = inside(p);
	for (unsigned n = 1 + below(m->d, 2); n; n--)
		add_shape(m, &in, list);
	json_t *last = command_of(m, &in, new_id(m, "round_again").text, 0);
	json_object_set_new(last, "next",
		json_pack("[{s:s, s:o}, {s:s}]", "to", first.text, "when",
			text("${vars.%s < %u}", var.text, turns), "to", after.text));
	add(m, list, last);
	leave(&in);
	add(m, list, step_of_action(after.text, "data.set", json_pack("{s:i}", "v", 1)));
	json_array_append_new(p->known, text("vars.%s", var.text));
	return true;
}

/* A step that fails, and what is done about it; then both ways meet. */
bool make_handled(struct maker *m, const struct place *p, json_t *list)
{
	if (p->plain)
		return !make_failing(m, p, list);
	struct name tries = new_id(m, "try_again"), mend = new_id(m, "mend"), meet = new_id(m, "meet");
	json_t *step = command_of(m, p, tries.text, chance(m->d, 75) ? 99 : 0), *how;
	if (chance(m->d, 30))
		how = json_pack("{s:s, s:s}", "action", "continue", "to", mend.text);
	else
		how = json_pack("{s:s, s:[{s:s, s:s}, {s:s, s:s}]}", "action", "stop", "handlers",
			"error_type", "TimeoutError", "to", meet.text, "error_type", "ExecError", "to",
			mend.text);
	json_object_set_new(step, "on_failure", how);
	add(m, list, step);
	struct place in = inside(p);
	for (unsigned n = below(m->d, 2); n; n--)
		add_shape(m, &in, list);
	json_t *good = command_of(m, &in, new_id(m, "good_again").text, 0);
	json_object_set_new(good, "next", to(meet.text));
	add(m, list, good);
	leave(&in);
	in = inside(p);
	add(m, list, step_of_action(mend.text, "data.set", json_pack("{s:i}", "v", 3)));
	for (unsigned n = 1 + below(m->d, 2); n; n--)
		add_shape(m, &in, list);
	leave(&in);
	add(m, list, step_of_action(meet.text, "data.set", json_pack("{s:i}", "v", 1)));
	know(p, tries.text, false);
	return true;
}

bool make_foreach(struct maker *m, const struct place *p, json_t *list)
{
	struct name id = new_id(m, "each"), item = new_id(m, "item");
	char tag[700];
	unsigned limit = 1 + below(m->d, 3), count = 1 + below(m->d, 4);
	bool tolerant = chance(m->d, 40);
	struct place in = inside(p);
	snprintf(tag, sizeof(tag), "%s.${string(%s)}", p->tag, item.text);
	in.tag = tag;
	in.plain = false;
	in.may_fail = tolerant || (limit == 1 && p->may_fail);
	in.beside = true;
	json_array_append_new(in.known, text("%s", item.text));
	bool failed = m->fails;
	json_t *steps = make_list(m, &in, 3);
	m->fails = tolerant ? failed : m->fails;
	leave(&in);
	json_t *each = json_pack("{s:o, s:s, s:i, s:s, s:o}", "items", text("${range(%u)}", count), "as",
		item.text, "limit", limit, "on_item_failure", tolerant ? "continue" : "stop", "steps", steps);
	add(m, list, json_pack("{s:s, s:o, s:{s:o, s:s}}", "id", id.text, "foreach", each, "output", "v",
			text("${size(output.results)}"), "results", "${output.results}"));
	know(p, id.text, true);
	m->def->orderly = m->def->orderly && limit == 1;
	return true;
}

static json_t *branch(struct maker *m, json_t *steps)
{
	return json_pack("{s:s, s:o}", "id", new_id(m, "b").text, "steps", steps);
}

bool make_parallel(struct maker *m, const struct place *p, json_t *list)
{
	struct name id = new_id(m, "fan");
	unsigned count = 2 + below(m->d, 2);
	bool in_turn = chance(m->d, 40);
	json_t *branches = json_array();
	for (unsigned i = 0; i < count; i++) {
		struct place in = inside(p);
		in.plain = false;
		in.beside = true;
		in.may_fail = in_turn && p->may_fail;
		json_array_append_new(branches, branch(m, make_list(m, &in, 3)));
		leave(&in);
	}
	json_t *parallel = json_pack("{s:o}", "branches", branches);
	if (in_turn)
		json_object_set_new(parallel, "limit", json_integer(1));
	else if (chance(m->d, 20))
		json_object_set_new(parallel, "limit", json_integer(2));
	add(m, list, json_pack("{s:s, s:o}", "id", id.text, "parallel", parallel));
	m->def->orderly = m->def->orderly && in_turn;
	return true;
}

/* One who waits for a day that does not come. */
static json_t *patience(struct maker *m, const struct place *p)
{
	json_t *steps = json_array();
	unsigned how = below(m->d, 3);
	if (how == 0)
		add(m, steps, step_of_action(new_id(m, "ever").text, "wait.timer",
					json_pack("{s:s}", "duration", "P200D")));
	else if (how == 1)
		add(m, steps, step_of_action(new_id(m, "ever").text, "wait.signal",
					json_pack("{s:s}", "name", "mute.s")));
	else
		add(m, steps, step_of_action(new_id(m, "ever").text, "approval.request",
					json_pack("{s:s, s:{s:[s]}}", "policy", "level1", "approvers", "list",
						"dan")));
	add(m, steps, command_of(m, p, new_id(m, "never_again").text, 0));
	return branch(m, steps);
}

/* The first branch that ends is the only one that can; the others are cancelled where they wait. */
bool make_race(struct maker *m, const struct place *p, json_t *list)
{
	json_t *branches = json_array();
	unsigned count = 2 + below(m->d, 2), wins = below(m->d, count);
	for (unsigned i = 0; i < count; i++) {
		struct place in = inside(p);
		in.plain = false;
		in.beside = true;
		in.may_fail = false;
		if (i == wins)
			json_array_append_new(branches, branch(m, make_list(m, &in, 2)));
		else
			json_array_append_new(branches, patience(m, &in));
		leave(&in);
	}
	add(m, list, json_pack("{s:s, s:{s:s, s:o}}", "id", new_id(m, "race").text, "parallel", "join", "any",
			"branches", branches));
	m->def->orderly = false;
	return true;
}

/* Branches that are not done in time. */
bool make_late(struct maker *m, const struct place *p, json_t *list)
{
	struct place in = inside(p);
	in.plain = false;
	in.beside = true;
	in.may_fail = false;
	json_t *done = json_array();
	make_command(m, &in, done);
	json_t *waits = patience(m, p), *does = branch(m, done);
	json_t *step = json_pack("{s:s, s:{s:[o,o]}, s:s}", "id", new_id(m, "late").text, "parallel", "branches",
		waits, does, "timeout", "P2D");
	goes_on(step);
	add(m, list, step);
	leave(&in);
	m->def->orderly = false;
	return true;
}

/* One branch emits what another one waits for. */
bool make_meeting(struct maker *m, const struct place *p, json_t *list)
{
	if (p->depth)
		return !make_set(m, p, list); /* in items all would wait for the same */
	struct name name = new_id(m, "own.event");
	unsigned n = m->ids;
	json_t *waits = json_array(), *tells = json_array();
	struct place in = inside(p);
	in.beside = true;
	in.may_fail = false;
	add(m, waits, step_of_action(new_id(m, "meets").text, "wait.event",
				json_pack("{s:s, s:o}", "name", name.text, "match",
					text("${event.data.n == %u}", n))));
	make_command(m, &in, waits);
	leave(&in);
	in = inside(p);
	in.beside = true;
	make_command(m, &in, tells);
	json_t *data = json_pack("{s:o}", "n", json_integer(n));
	add(m, tells, step_of_action(new_id(m, "tell").text, "event.emit",
				json_pack("{s:s, s:o}", "name", name.text, "data", data)));
	json_object_set_new(json_array_get(tells, json_array_size(tells) - 1), "output",
		json_pack("{s:i}", "v", 1));
	leave(&in);
	json_t *first = branch(m, waits), *second = branch(m, tells);
	add(m, list, json_pack("{s:s, s:{s:[o,o]}}", "id", new_id(m, "meeting").text, "parallel", "branches",
			first, second));
	m->def->orderly = false;
	return true;
}

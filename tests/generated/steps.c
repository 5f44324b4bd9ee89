/* The campaign of generated workflows: single steps (shapes.h). */
#include "shapes.h"

#include <stdio.h>
#include <string.h>

void goes_on(json_t *step)
{
	json_object_set_new(step, "on_failure", json_pack("{s:s}", "action", "continue"));
}

bool make_set(struct maker *m, const struct place *p, json_t *list)
{
	struct name id = new_id(m, "set");
	json_t *step = step_of_action(id.text, "data.set",
		json_pack("{s:o}", "v", text("${%s}", number(m, p).text)));
	if (!p->beside && !p->plain && !p->last && chance(m->d, 30)) {
		struct name var = new_id(m, "var");
		json_object_set_new(m->vars, var.text, json_integer(below(m->d, 9)));
		json_object_set_new(step, "set",
			json_pack("{s:o}", var.text, text("${vars.%s + 1}", var.text)));
		json_array_append_new(p->known, text("vars.%s", var.text));
	}
	add(m, list, step);
	know(p, id.text, true);
	return true;
}

bool make_transform(struct maker *m, const struct place *p, json_t *list)
{
	static const struct {
		const char *language, *expression;
	} queries[] = {
		{ "jmespath", "a[0]" },
		{ "jmespath", "sum(a)" },
		{ "jsonata", "$sum(a)" },
		{ "jsonata", "$count(a) + a[1]" },
		{ "native", "input.a[0] + input.a[1]" },
	};
	size_t i = below(m->d, COUNT(queries));
	struct name id = new_id(m, "query"), first = number(m, p), second = number(m, p);
	json_t *step = step_of_action(id.text, "data.transform",
		json_pack("{s:s, s:s, s:{s:[o,o]}}", "language", queries[i].language, "expression",
			queries[i].expression, "input", "a", text("${%s}", first.text),
			text("${%s}", second.text)));
	json_object_set_new(step, "output", json_pack("{s:s}", "v", "${int(output)}"));
	add(m, list, step);
	know(p, id.text, true);
	return true;
}

/* -- commands: do.sh WORD FAILS STATUS VALUE -- */

static json_t *words(const struct place *p, const char *id, unsigned fails, const char *value)
{
	return json_pack("{s:[s,s,o,o,s,o]}", "command", "sh", "do.sh", text("%s/%s", id, p->tag),
		text("%u", fails), "3", text("%s", value));
}

static json_t *undoing(struct maker *m, const struct place *p, const char *id)
{
	char undo[80];
	snprintf(undo, sizeof(undo), "%s.undo", id);
	unsigned fails = chance(m->d, 15);
	json_t *how = json_pack(
		"{s:s, s:o}", "action", "exec.run", "with", words(p, undo, fails, "${string(output.v)}"));
	if (fails)
		json_object_set_new(how, "retry",
			json_pack("{s:i, s:s, s:s, s:[s]}", "max_attempts", 3, "backoff", "fixed",
				"initial_delay", "PT2H", "on", "ExecError"));
	if (chance(m->d, 50))
		json_object_set_new(how, "on_crash", json_string(chance(m->d, 50) ? "ask" : "retry"));
	return how;
}

json_t *command_of(struct maker *m, const struct place *p, const char *id, unsigned fails)
{
	struct name value;
	snprintf(value.text, sizeof(value.text), "${string(%.250s)}", number(m, p).text);
	json_t *step = step_of_action(id, "exec.run", words(p, id, fails, value.text));
	json_object_set_new(step, "output", json_pack("{s:s}", "v", "${int(trim(output.stdout))}"));
	if (strstr(id, DOUBT_FAIL))
		json_object_set_new(step, "on_crash", json_string("fail"));
	else if (!strstr(id, DOUBT_ASK) && chance(m->d, 50))
		json_object_set_new(step, "on_crash", json_string("retry"));
	else if (!strstr(id, DOUBT_ASK))
		json_object_set_new(json_object_get(step, "with"), "idempotent", json_true());
	if (!p->last && chance(m->d, 50))
		json_object_set_new(step, "compensate", undoing(m, p, id));
	else if (!p->last)
		json_object_set_new(step, "compensate", json_false());
	return step;
}

/* What a crash of the machine does to it stands in its name. */
static struct name command_id(struct maker *m, const char *kind)
{
	char with[60];
	snprintf(with, sizeof(with), "%s%s", kind,
		chance(m->d, 30) ? DOUBT_ASK : chance(m->d, 12) ? DOUBT_FAIL : "_again");
	return new_id(m, with);
}

bool make_command(struct maker *m, const struct place *p, json_t *list)
{
	struct name id = command_id(m, "run");
	add(m, list, command_of(m, p, id.text, 0));
	know(p, id.text, true);
	return true;
}

bool make_retried(struct maker *m, const struct place *p, json_t *list)
{
	struct name id = command_id(m, "tries");
	unsigned fails = 1 + below(m->d, 2);
	bool fixed = chance(m->d, 50), soon = chance(m->d, 50);
	json_t *step = command_of(m, p, id.text, fails);
	json_object_set_new(step, "retry",
		json_pack("{s:i, s:s, s:s, s:[s]}", "max_attempts", 4, "backoff", fixed ? "fixed" : "exponential",
			"initial_delay", soon ? "PT1H" : "PT3H", "on", "ExecError"));
	add(m, list, step);
	know(p, id.text, true);
	return true;
}

/* It fails for good; the flow goes on, or not. */
bool make_failing(struct maker *m, const struct place *p, json_t *list)
{
	struct name id = command_id(m, "fails");
	json_t *step = command_of(m, p, id.text, 99);
	if (chance(m->d, 40))
		json_object_set_new(step, "retry",
			json_pack("{s:i, s:s, s:s, s:[s]}", "max_attempts", 2, "backoff", "fixed",
				"initial_delay", "PT1H", "on", "ExecError"));
	if (p->may_fail && chance(m->d, 15)) {
		json_object_set_new(
			step, "condition", json_pack("{s:s}", "when", condition(m, p).text));
		m->fails = true;
	} else {
		goes_on(step);
	}
	add(m, list, step);
	know(p, id.text, false);
	return true;
}

/* -- waits -- */

bool make_timer(struct maker *m, const struct place *p, json_t *list)
{
	(void)p;
	json_t *step = step_of_action(new_id(m, "pause").text, "wait.timer",
		json_pack("{s:o}", "duration", text("PT%uH", 1 + below(m->d, 48))));
	add(m, list, step);
	return true;
}

/* Sent by the campaign, or not in time. */
static bool wait_for(struct maker *m, const struct place *p, json_t *list, const char *action, const char *mark)
{
	bool comes = chance(m->d, 75), may_fail = p->may_fail && chance(m->d, 20);
	struct name id = new_id(m, comes ? "hears" : "deaf"), name = id;
	snprintf(name.text, sizeof(name.text), "%s.%.40s%s", comes ? SENT : "mute", id.text, mark);
	json_t *step = step_of_action(id.text, action, json_pack("{s:s}", "name", name.text));
	if (!comes || chance(m->d, 40))
		json_object_set_new(json_object_get(step, "with"), "timeout",
			text("PT%uH", 1 + below(m->d, 60)));
	if (!comes && !may_fail)
		goes_on(step);
	if (!comes && may_fail)
		m->fails = true;
	json_object_set_new(step, "output", json_pack("{s:s}", "v", "${int(output.n)}"));
	add(m, list, step);
	if (comes)
		know(p, id.text, true);
	else if (!may_fail)
		know(p, id.text, false);
	return true;
}

bool make_signal(struct maker *m, const struct place *p, json_t *list)
{
	return wait_for(m, p, list, "wait.signal", ".s");
}

bool make_event(struct maker *m, const struct place *p, json_t *list)
{
	return wait_for(m, p, list, "wait.event", ".e");
}

/* Approved, rejected, or nobody decides. */
bool make_approval(struct maker *m, const struct place *p, json_t *list)
{
	static const char *const kinds[] = { YES, YES, NO, "late" };
	const char *kind = kinds[below(m->d, COUNT(kinds))];
	struct name id = new_id(m, kind);
	bool late = *kind == 'l';
	json_t *with = json_pack("{s:s, s:{s:[s,s]}}", "policy", chance(m->d, 50) ? "level1" : "level2",
		"approvers", "list", "ann", "bob");
	if (late || chance(m->d, 30)) {
		json_object_set_new(with, "sla", text("PT%uH", 30 + below(m->d, 60)));
		if (chance(m->d, 50))
			json_object_set_new(with, "on_breach", json_string("reject"));
		if (chance(m->d, 40))
			json_object_set_new(with, "escalations",
				json_pack("[{s:s, s:{s:[s]}}]", "after", "PT4H", "add_approvers", "list",
					"carol"));
	}
	json_t *step = step_of_action(id.text, "approval.request", with);
	if (*kind != *YES && p->may_fail && chance(m->d, 15))
		m->fails = true;
	else if (*kind != *YES)
		goes_on(step);
	add(m, list, step);
	return true;
}

/* -- children -- */

static json_t *call(struct maker *m, const struct place *p, const char *id, const char *action, unsigned kid)
{
	json_t *step = step_of_action(id, action,
		json_pack("{s:o, s:{s:o, s:o}}", "workflow", text("kid%u", kid), "input", "n",
			text("${%s}", number(m, p).text), "tag", text("%s.%s", p->tag, id)));
	json_object_set_new(step, "compensate", json_false());
	return step;
}

bool make_child(struct maker *m, const struct place *p, json_t *list)
{
	if (!p->workflow)
		return !make_command(m, p, list);
	unsigned kid = below(m->d, p->workflow);
	struct name id = new_id(m, "call");
	json_t *step = call(m, p, id.text, "workflow.run", kid);
	bool sure = !m->kids_fail[kid];
	if (!sure && p->may_fail && chance(m->d, 40)) {
		m->fails = true;
		sure = true;
	} else if (!sure) {
		goes_on(step);
	}
	add(m, list, step);
	know(p, id.text, sure);
	return true;
}

bool make_let_go(struct maker *m, const struct place *p, json_t *list)
{
	if (!p->workflow || p->plain)
		return !make_set(m, p, list);
	json_t *step = call(m, p, new_id(m, "lets").text, "workflow.start", below(m->d, p->workflow));
	json_object_set_new(step, "output", json_pack("{s:i}", "gone", 1));
	add(m, list, step);
	m->def->orderly = false;
	return true;
}

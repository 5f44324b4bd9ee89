/*
 * What a crash may leave of a scenario, and what its end must be: equal to the uninterrupted run's, no
 * completed step run again, what was in doubt ended as its on_crash says, what was told to a person is
 * true, the journal is sound and replays, and nothing is left lying about.
 */
#include "campaign.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The uninterrupted end of the scenario in hand. */
static json_t *wanted, *wanted_records, *wanted_look;

/* -- what to compare -- */

static bool is_of_this_run(const char *key)
{
	static const char *const names[] = {"uuid", "plan", "took_ms", "headers", "idempotency_key",
		"created_at", "started_at", "ended_at", "due_at", "timeout_at", "decided_at",
		"opened_at", "fired_at", "completed_at", "at"};
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(key, names[i]) == 0)
			return true;
	return false;
}

/* The id of an event that a step emitted without one begins with its instance's uuid. */
static bool is_made_of_uuid(const char *key, const json_t *member)
{
	const char *id = strcmp(key, "id") == 0 ? json_string_value(member) : NULL;
	return id && strlen(id) > 36 && id[8] == '-' && id[13] == '-' && id[23] == '-' &&
		id[36] == '-';
}

/* A copy without what differs from run to run. */
static json_t *comparable(json_t *value, bool attempts)
{
	const char *key;
	json_t *member;
	size_t i;
	if (json_is_array(value)) {
		json_t *list = json_array();
		json_array_foreach (value, i, member)
			json_array_append_new(list, comparable(member, attempts));
		return list;
	}
	if (!json_is_object(value))
		return json_deep_copy(value);
	json_t *object = json_object();
	json_object_foreach (value, key, member) {
		/* a child's key is made of its parent's uuid */
		bool made = !strcmp(key, "start_key") && json_is_object(json_object_get(value, "parent"));
		bool left_out =
			is_of_this_run(key) || made || is_made_of_uuid(key, member) ||
			(!attempts && (!strcmp(key, "attempts") || !strcmp(key, "attempt")));
		if (!left_out)
			json_object_set_new(object, key, comparable(member, attempts));
	}
	return object;
}

/* As text, with the trial's own names and measured times made the same. */
static json_t *impersonal(json_t *all, bool attempts)
{
	json_t *plain = comparable(all, attempts);
	char *text = json_dumps(plain, JSON_COMPACT | JSON_SORT_KEYS);
	const char *tag = strrchr(world.dir, '/') + 1;
	size_t n = strlen(tag);
	char *to = text;
	for (const char *from = text; *from;) {
		if (strncmp(from, tag, n) == 0 && !isalnum((unsigned char)from[n])) {
			*to++ = '@';
			from += n;
		} else if (strncmp(from, "within ", 7) == 0 && isdigit((unsigned char)from[7]) &&
			   from[7] != '0') {
			memcpy(to, "within #", 8);
			to += 8;
			from += 7 + strspn(from + 7, "0123456789");
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	json_t *state = json_loads(text, 0, NULL);
	free(text);
	json_decref(plain);
	json_decref(all);
	return state;
}

static json_t *end_state(bool attempts)
{
	return impersonal(instances(), attempts);
}

/* What else the scenario looks at; NULL. */
static json_t *look(const struct scenario *s)
{
	if (!s->look)
		return NULL;
	struct said said = wfctl("%s", s->look);
	json_t *seen = json_loads(said.out, 0, NULL);
	if (!seen)
		complain("`%s` gives no JSON: %s%s", s->look, said.out, said.err);
	said_done(&said);
	return impersonal(seen ? seen : json_null(), true);
}

/* -- after a crash, before the recovery -- */

static void freeze(struct trial *t, json_t *counts, const char *step, json_int_t visit)
{
	char name[400];
	const char *key;
	json_t *n;
	json_object_foreach (counts, key, n) {
		/* "step step" or "request step", and ":visit" from the second on */
		const char *of = strchr(key, ' ') + 1;
		if (visit > 1)
			snprintf(name, sizeof(name), "%s:%lld", step, (long long)visit);
		else
			snprintf(name, sizeof(name), "%s", step);
		if (strcmp(of, name) == 0)
			json_object_set(t->frozen, key, n);
	}
}

static bool may_doubt(const struct scenario *s, const char *step)
{
	return s->doubtful && strstr(s->doubtful, step);
}

static void look_at_step(struct trial *t, json_t *counts, const json_t *step)
{
	const char *id = text_of(step, "id"), *status = text_of(step, "status");
	json_int_t visits = json_integer_value(json_object_get(step, "visits"));
	bool over = !strcmp(status, "completed") || !strcmp(status, "failed") ||
		    !strncmp(status, "compensat", 9);
	for (json_int_t v = 1; v < visits + over; v++)
		freeze(t, counts, id, v);
	char name[80];
	snprintf(name, sizeof(name), "%s ", id);
	bool begun = !strcmp(status, "running") || !strcmp(status, "in_doubt");
	bool doubtful = begun && may_doubt(t->s, name);
	if (doubtful && !strstr(t->doubtful, name))
		strncat(t->doubtful, name, sizeof(t->doubtful) - strlen(t->doubtful) - 1);
}

/* In this visit or an earlier one. */
static bool has_completed(const json_t *step)
{
	return strcmp(text_of(step, "status"), "completed") == 0 ||
	       strncmp(text_of(step, "status"), "compensat", 9) == 0 ||
	       json_integer_value(json_object_get(step, "visits")) > 1;
}

/* What a person was told is true: "#1 name", "  ok    step", and each result line of a batch. */
static void look_at_acknowledged(const struct trial *t, const json_t *all, char *said)
{
	char *rest = said, *line, step[100];
	int number;
	const json_t *one = json_array_get(all, 0);
	bool several = t->s->input || t->s->many;
	while ((line = strsep(&rest, "\n"))) {
		json_t *result = rest && t->s->input ? json_loads(line, 0, NULL) : NULL;
		if (result) {
			size_t of = (size_t)json_integer_value(json_object_get(result, "number"));
			const json_t *in = json_array_get(all, of - 1);
			if (strcmp(text_of(in, "status"), text_of(result, "status")) != 0)
				complain("the batch said %s, the journal has %s", line,
					text_of(in, "status"));
			json_decref(result);
		} else if (!t->s->input && sscanf(line, "#%d", &number) == 1 &&
			   !json_array_get(all, (size_t)number - 1)) {
			complain("it said `%s`, and there is no instance", line);
		} else if (!several && rest && sscanf(line, "  ok %99s", step) == 1 &&
			   !has_completed(step_of(one, step))) {
			complain("it said `%s`, and the journal has %s", line,
				text_of(step_of(one, step), "status"));
		}
	}
}

void judge_crash(struct trial *t, struct said *killed)
{
	t->crashes++;
	if (t->s->power) {
		wait_for_quiet_spool();
		empty_spool();
	}
	expect_sound();
	json_t *all = instances(), *counts = recorded(), *in, *step;
	size_t i, k;
	look_at_acknowledged(t, all, killed->out);
	t->there = (unsigned)json_array_size(all);
	json_array_foreach (all, i, in) {
		json_array_foreach (json_object_get(in, "steps"), k, step) {
			if (!t->s->input && (!t->s->many || t->s->doubtful))
				look_at_step(t, counts, step);
		}
	}
	json_decref(counts);
	json_decref(all);
}

/* -- the recovery -- */

/* The first one may have to end a command that was left running, and cannot wait for it. */
void tidy_up(const char *prefix)
{
	for (int i = 0; i < 2 && (files_in("home/spool") || files_in("home/runners")); i++) {
		expect("0138", "%sresume", prefix);
		wait_for_quiet_spool();
	}
}

/* An operator ends doubts: only steps that a crash could have left so may be in doubt, and only
 * where that is what on_crash says. */
void judge_doubts(const struct trial *t, const char *prefix)
{
	for (int i = 0; i < 4; i++) {
		json_t *all = instances();
		const json_t *in = json_array_get(all, 0);
		bool suspended = strcmp(text_of(in, "status"), "suspended") == 0;
		json_t *step = NULL;
		size_t k;
		char name[80] = "";
		json_array_foreach (json_object_get(in, "steps"), k, step) {
			if (strcmp(text_of(step, "status"), "in_doubt") == 0)
				snprintf(name, sizeof(name), "%s ", text_of(step, "id"));
		}
		json_decref(all);
		if (!suspended)
			return;
		if (t->s->doubt != ASK || !*name || !strstr(t->doubtful, name))
			complain("`%s` is in doubt, and should not be", name);
		expect("0", "%sresolve 1 %s", prefix,
			t->s->resolve ? t->s->resolve : "--retry");
	}
	complain("doubts do not end");
}

/* A step that was in doubt did what its on_crash says. */
static void check_doubts(const struct trial *t)
{
	char ids[200], *rest = ids, *id;
	if (!*t->doubtful || t->s->doubt != FAIL)
		return;
	snprintf(ids, sizeof(ids), "%s", t->doubtful);
	json_t *all = instances();
	while ((id = strsep(&rest, " ")) && *id) {
		const json_t *step = step_of(json_array_get(all, 0), id);
		if (strcmp(text_of(json_object_get(step, "error"), "type"), "InDoubtError") != 0)
			complain("`%s` was in doubt and is %s", id, text_of(step, "status"));
	}
	if (strcmp(text_of(json_array_get(all, 0), "status"), "completed") != 0)
		complain("the handler of the doubt did not run");
	json_decref(all);
}

/* Every effect as often as in the uninterrupted run. One that a crash left in doubt may be
 * repeated, with its first key, once a crash; where it is not, it may not have happened. */
static void check_record(const struct trial *t, const char *key, json_int_t n, json_int_t base)
{
	bool repeats = t->s->doubt == RETRY || (t->s->doubt == ASK && !t->s->resolve);
	json_int_t least = base, most = base;
	char name[80];
	const char *of = strchr(key, ' ') + 1;
	snprintf(name, sizeof(name), "%.*s ", (int)strcspn(of, ":"), of);
	if (strstr(t->doubtful, name) && repeats)
		most += t->crashes;
	else if (strstr(t->doubtful, name))
		least--;
	if (n < least || n > most)
		complain("`%s` happened %d times, %d to %d are right", key, (int)n, (int)least,
			(int)most);
}

static void check_records(const struct trial *t)
{
	json_t *counts = recorded(), *n;
	const char *key;
	json_object_foreach (t->frozen, key, n) {
		if (!json_equal(n, json_object_get(counts, key)))
			complain("the completed step `%s` ran again", key);
	}
	json_object_foreach (wanted_records, key, n) {
		json_int_t times = json_integer_value(json_object_get(counts, key));
		check_record(t, key, times, json_integer_value(n));
	}
	json_object_foreach (counts, key, n) {
		if (!json_object_get(wanted_records, key))
			complain("`%s` should not have happened", key);
	}
	json_decref(counts);
}

/* Which instance has which number is a matter of time. */
static json_t *of_input(const json_t *state, const json_t *input)
{
	json_t *in;
	size_t i;
	json_array_foreach (state, i, in) if (json_equal(json_object_get(in, "input"), input)) {
		json_object_del(in, "number");
		return in;
	}
	return NULL;
}

/* A batch that was killed has taken in some of its inputs; what it took in ends. */
static void check_batch(const struct trial *t)
{
	json_t *state = end_state(true), *in;
	size_t i;
	json_array_foreach (state, i, in) {
		const json_t *input = json_object_get(in, "input");
		expect_equal(of_input(state, input), of_input(wanted, input),
			"an instance of the batch");
	}
	json_t *counts = recorded(), *n;
	const char *key;
	json_object_foreach (counts, key, n) {
		unsigned most = 1 + (t->s->doubt == RETRY ? t->crashes : 0);
		if (json_integer_value(n) < 1 || json_integer_value(n) > most)
			complain("`%s` happened %d times", key, (int)json_integer_value(n));
	}
	json_decref(counts);
	json_decref(state);
}

void judge_end(const struct trial *t)
{
	expect_sound();
	if (files_in("home/spool") || files_in("home/runners"))
		complain("%u files are left in the spool, %u in runners", files_in("home/spool"),
			files_in("home/runners"));
	if (t->s->input) {
		check_batch(t);
		return;
	}
	check_doubts(t);
	check_records(t);
	if (t->s->doubt == FAIL && *t->doubtful)
		return;
	/* A server that counts may have counted the request whose answer was lost. */
	bool attempts = !*t->doubtful;
	json_t *state = end_state(attempts), *want = comparable(wanted, attempts);
	expect_equal(state, want, "the end");
	json_decref(want);
	json_decref(state);
	json_t *seen = look(t->s);
	if (seen)
		expect_equal(seen, wanted_look, t->s->look);
	json_decref(seen);
}

/* "completed failed 3" */
static void check_learnt(const struct scenario *s)
{
	char ends[200] = "";
	json_t *in, *n;
	const char *key;
	size_t i;
	json_int_t effects = 0;
	json_object_foreach (wanted_records, key, n)
		effects += json_integer_value(n);
	json_array_foreach (wanted, i, in)
		snprintf(ends + strlen(ends), sizeof(ends) - strlen(ends), "%s ",
			text_of(in, "status"));
	snprintf(ends + strlen(ends), sizeof(ends) - strlen(ends), "%d", (int)effects);
	if (s->ends && strcmp(ends, s->ends) != 0)
		complain("it ends as `%s`, not as `%s`", ends, s->ends);
}

void judge_learn(const struct scenario *s)
{
	expect_sound();
	json_decref(wanted);
	json_decref(wanted_records);
	json_decref(wanted_look);
	wanted = end_state(true);
	wanted_records = recorded();
	wanted_look = look(s);
	if (json_array_size(wanted) == 0)
		complain("no instance came of it");
	check_learnt(s);
}

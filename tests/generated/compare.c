/* The campaign of generated workflows: what came of a run, and whether another one came to the same. */
#include "generated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *key, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(key, names[i]) == 0)
			return true;
	return false;
}

/* Names and numbers that are each run's own. */
static bool is_a_name(const char *key)
{
	static const char *const names[] = { "uuid", "plan", "version", "number", "start_key", "idempotency_key",
		"folder", "child" };
	return is_one_of(key, names, COUNT(names));
}

/* What is otherwise where an attempt was lost, too: when, and how often. */
static bool is_a_measure(const char *key)
{
	static const char *const names[] = { "created_at", "started_at", "ended_at", "due_at", "timeout_at",
		"decided_at", "completed_at", "opened_at", "fired_at", "at", "took_ms", "attempts", "attempt", "visits", "clock",
		"escalated", "reminded" };
	return is_one_of(key, names, COUNT(names));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In an order that does not depend on what was first; the list is consumed. */
static json_t *sorted(json_t *list)
{
	size_t n = json_array_size(list), i;
	char **texts = calloc(n + 1, sizeof(*texts));
	json_t *member, *again = json_array();
	json_array_foreach (list, i, member)
		texts[i] = json_dumps(member, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	qsort(texts, n, sizeof(*texts), by_text);
	for (i = 0; i < n; i++) {
		json_array_append_new(again, json_loads(texts[i], JSON_DECODE_ANY, NULL));
		free(texts[i]);
	}
	free(texts);
	json_decref(list);
	return again;
}

/* "#12" of another instance. */
static json_t *without_numbers(const char *text)
{
	char *copy = strdup(text), *to = copy;
	for (const char *from = text; *from;) {
		*to++ = *from;
		from += *from == '#' ? 1 + strspn(from + 1, "0123456789") : 1;
	}
	*to = '\0';
	json_t *plain = json_string(copy);
	free(copy);
	return plain;
}

static json_t *plain(json_t *value, bool measures)
{
	const char *key;
	json_t *member, *copy;
	size_t i;
	if (json_is_string(value))
		return without_numbers(json_string_value(value));
	if (json_is_array(value)) {
		copy = json_array();
		json_array_foreach (value, i, member)
			json_array_append_new(copy, plain(member, measures));
		return copy;
	}
	if (!json_is_object(value))
		return json_deep_copy(value);
	copy = json_object();
	json_object_foreach (value, key, member) {
		if (is_a_name(key) || (!measures && is_a_measure(key)))
			continue;
		json_t *of = plain(member, measures);
		bool set = json_is_array(of) && (!strcmp(key, "steps") || !strcmp(key, "undo"));
		json_object_set_new(copy, key, set ? sorted(of) : of);
	}
	return copy;
}

/* "WORD KEY" a line. */
static void read_effects(struct outcome *o)
{
	char *ran = read_text("ran"), *rest = ran, *line;
	json_t *seen = json_object();
	o->effects = json_object();
	o->keys = json_object();
	o->order = json_array();
	while ((line = strsep(&rest, "\n"))) {
		char *key = strchr(line, ' ');
		if (!key)
			continue;
		*key++ = '\0';
		if (!strchr(key, ':'))
			complain("the effect `%s` has no key", line);
		if (!json_object_get(seen, key)) {
			json_int_t keys = json_integer_value(json_object_get(o->keys, line));
			json_object_set_new(o->keys, line, json_integer(keys + 1));
			json_object_set_new(seen, key, json_true());
		}
		json_int_t before = json_integer_value(json_object_get(o->effects, line));
		json_object_set_new(o->effects, line, json_integer(before + 1));
		json_array_append_new(o->order, json_string(line));
	}
	json_decref(seen);
	free(ran);
}

/* A doubt that made a step fail; only where its on_crash says so. */
static bool look_for_doubts(const json_t *all)
{
	json_t *instance, *step;
	size_t i, k;
	bool found = false;
	json_array_foreach (all, i, instance)
		json_array_foreach (json_object_get(instance, "steps"), k, step) {
			if (strcmp(text_of(json_object_get(step, "error"), "type"), "InDoubtError") != 0 ||
				strcmp(text_of(step, "action"), "exec.run") != 0)
				continue;
			found = true;
			if (!strstr(text_of(step, "id"), DOUBT_FAIL))
				complain("`%s` failed for a doubt", text_of(step, "id"));
		}
	return found;
}

static void drop_items(const struct definition *def, json_t *all)
{
	json_t *instance;
	size_t i;
	json_array_foreach (all, i, instance) {
		json_t *steps = json_object_get(instance, "steps");
		for (size_t k = json_array_size(steps); k--;) {
			char id[100];
			const char *whole = text_of(json_array_get(steps, k), "id");
			const char *undo = strstr(whole, ".undo");
			snprintf(id, sizeof(id), "%.*s", undo ? (int)(undo - whole) : 90, whole);
			if (json_object_get(def->of_items, id))
				json_array_remove(steps, k);
		}
	}
}

void take_outcome(const struct definition *def, struct outcome *o)
{
	json_t *all = instances();
	memset(o, 0, sizeof(*o));
	o->moved = json_array_size(all) && strcmp(text_of(json_array_get(all, 0), "version"), "1.0.0") != 0;
	o->doubted = look_for_doubts(all);
	o->whole = sorted(plain(all, true));
	drop_items(def, all);
	o->instances = sorted(plain(all, true));
	o->untimed = sorted(plain(all, false));
	read_effects(o);
	json_decref(all);
	expect_sound();
}

void outcome_done(struct outcome *o)
{
	json_decref(o->instances);
	json_decref(o->untimed);
	json_decref(o->whole);
	json_decref(o->effects);
	json_decref(o->keys);
	json_decref(o->order);
	memset(o, 0, sizeof(*o));
}

/* A crash of the machine may repeat what it left in doubt, once each time. */
static void compare_repeated(const struct course *c, const struct outcome *got, const struct outcome *want)
{
	const char *word;
	json_t *n;
	json_object_foreach (want->effects, word, n)
		if (!json_object_get(got->effects, word))
			complain("`%s` did not happen", word);
	json_object_foreach (got->effects, word, n) {
		json_int_t times = json_integer_value(json_object_get(want->effects, word));
		if (json_integer_value(n) > times + (times ? c->died : 0))
			complain("`%s` happened %d times, %d and %u deaths are right", word,
				(int)json_integer_value(n), (int)times, c->died);
	}
}

void compare_outcomes(const struct course *c, const struct outcome *got, const struct outcome *want)
{
	if (got->doubted)
		return;
	expect_equal(got->keys, want->keys, "how many keys each effect had");
	if (c->power) {
		compare_repeated(c, got, want);
		expect_equal(got->untimed, want->untimed, "the end");
		return;
	}
	expect_equal(got->effects, want->effects, "what happened");
	expect_equal(got->instances, want->instances, "the end");
	if (c->def->orderly && !got->moved)
		expect_equal(got->whole, want->whole, "the end of items");
	if (c->def->orderly)
		expect_equal(got->order, want->order, "the order");
}

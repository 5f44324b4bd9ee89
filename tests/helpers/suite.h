/*
 * Reading a third-party suite, one JSON object a line, and counting what came of it.
 *
 * The suites lie in $WFCTL_SUITES (../shared/suites unless set), outside of this repository; without
 * them a test is skipped. With WFCTL_SUITES_VERBOSE set each failure is told.
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct suite {
	const char *name;
	FILE *file;
	char *line;
	size_t room;
	json_t *row;
	size_t passed, failed, skipped;
};

/* Skips the running test when the suite is not there. */
static inline void suite_open(struct suite *s, const char *name)
{
	const char *folder = getenv("WFCTL_SUITES");
	char path[4096];

	memset(s, 0, sizeof(*s));
	s->name = name;
	(void)snprintf(path, sizeof(path), "%s/%s.jsonl", folder ? folder : "../shared/suites", name);
	s->file = fopen(path, "r");
	if (!s->file) {
		printf("suite %s: skipped, %s is not there\n", name, path);
		skip();
	}
}

/* The next case, borrowed until the one after it; NULL at the end. */
static inline json_t *suite_next(struct suite *s)
{
	json_decref(s->row);
	s->row = NULL;
	if (getline(&s->line, &s->room, s->file) < 0)
		return NULL;
	json_error_t error;
	s->row = json_loads(s->line, JSON_DECODE_ANY, &error);
	if (!s->row)
		fail_msg("suite %s: a line that is not JSON: %s", s->name, error.text);
	return s->row;
}

static inline const char *suite_id(const struct suite *s)
{
	return json_string_value(json_object_get(s->row, "id"));
}

/* A member of the case's "input" or "expect". */
static inline json_t *suite_get(const struct suite *s, const char *part, const char *key)
{
	return json_object_get(json_object_get(s->row, part), key);
}

static inline bool suite_has_tag(const struct suite *s, const char *tag)
{
	size_t i;
	json_t *item;
	json_array_foreach(json_object_get(s->row, "tags"), i, item)
		if (strcmp(json_string_value(item), tag) == 0)
			return true;
	return false;
}

static inline void suite_count(struct suite *s, bool passed, const char *why)
{
	if (passed) {
		s->passed++;
		return;
	}
	s->failed++;
	if (getenv("WFCTL_SUITES_VERBOSE"))
		printf("suite %s: %s fails: %s\n", s->name, suite_id(s), why);
}

/* A case that does not apply, for a reason. */
static inline void suite_skip(struct suite *s, const char *why)
{
	s->skipped++;
	if (getenv("WFCTL_SUITES_VERBOSE"))
		printf("suite %s: %s does not apply: %s\n", s->name, suite_id(s), why);
}

/* Tells the counts; fails when fewer cases passed than did before. */
static inline void suite_close(struct suite *s, size_t least)
{
	printf("suite %s: %zu passed, %zu failed, %zu not applicable\n", s->name, s->passed, s->failed,
		s->skipped);
	json_decref(s->row);
	free(s->line);
	(void)fclose(s->file);
	if (s->passed < least)
		fail_msg("suite %s: %zu passed, and once %zu did", s->name, s->passed, least);
}

#endif

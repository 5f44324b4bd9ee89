/*
 * A third-party suite as a whole: a file of cases, one a line, and a file of what the cases refer to by
 * name. tests/helpers/suite.h reads suites a case at a time and counts; this is for those that keep counts
 * of their own, or need text as it stands.
 */
#ifndef TESTS_SUITE_LINES_H
#define TESTS_SUITE_LINES_H

#include "base/buf.h"
#include "base/mem.h"
#include "base/sys.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SUITE_MAX (64u << 20)

struct suite {
	struct wf_buf text; /* the cases; empty where the suite is not there */
	json_t *beside;     /* what they refer to, by name */
};

static inline bool suite_read_file(const char *name, struct wf_buf *ret)
{
	const char *folder = getenv("WFCTL_SUITES");
	struct wf_cause cause = {0};
	char *path = wf_asprintf("%s/%s", folder ? folder : "../shared/suites", name);
	int err = wf_read_file(path, SUITE_MAX, ret, &cause);

	wf_free(path);
	return err == 0;
}

static inline json_t *suite_parse(const char *text, size_t n, size_t flags)
{
	return json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL | flags, NULL);
}

static inline const char *suite_line(const char **at, const char *end, size_t *ret_n)
{
	const char *line = *at, *stop;

	if (line >= end)
		return NULL;
	stop = memchr(line, '\n', (size_t)(end - line));
	if (!stop)
		stop = end;
	*ret_n = (size_t)(stop - line);
	*at = stop + 1;
	return line;
}

/* `key` and `value` are the members of a line of the other file that name it and hold it. */
static inline struct suite *suite_load(
	const char *cases, const char *others, const char *key, const char *value)
{
	struct suite *s = wf_calloc(1, sizeof(*s));
	struct wf_buf lines = {0};
	const char *at, *line;
	size_t n;

	s->beside = json_object();
	if (!suite_read_file(cases, &s->text) || !suite_read_file(others, &lines)) {
		wf_buf_done(&s->text);
		wf_buf_done(&lines);
		return s;
	}
	at = lines.data;
	while ((line = suite_line(&at, lines.data + lines.len, &n))) {
		json_t *one = suite_parse(line, n, 0);

		json_object_set(s->beside, json_string_value(json_object_get(one, key)),
			json_object_get(one, value));
		json_decref(one);
	}
	wf_buf_done(&lines);
	return s;
}

static inline void suite_free(struct suite *s)
{
	wf_buf_done(&s->text);
	json_decref(s->beside);
	wf_free(s);
}

#endif

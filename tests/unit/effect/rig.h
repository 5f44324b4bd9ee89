/* What the tests of effects share: a folder of their own, effects, and one request at a time. */
#ifndef TESTS_UNIT_EFFECT_RIG_H
#define TESTS_UNIT_EFFECT_RIG_H

#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"
#include "effect/effect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEADLINE_MS 120000

struct rig {
	char dir[64], spool[80], work[80];
	struct wf_effects *e;
	struct wf_effect_result last;
	unsigned next_token;
	int results;
};

static char *rig_environ[] = {
	(char[]){"PATH=/usr/local/bin:/usr/bin:/bin"}, (char[]){"HOME=/nowhere"},
	(char[]){"LC_ALL=C"}, (char[]){"LANGUAGE=en"}, (char[]){"SECRET=hush"}, NULL
};

static inline const char *rig_build(void)
{
	const char *build = getenv("WFCTL_BUILD");
	return build ? build : "build/release";
}

static inline struct wf_effects *rig_effects(const struct rig *r)
{
	struct wf_effects_options options = {.spool = r->spool, .libexec = rig_build(),
		.workdir = r->work, .environ_in = rig_environ};
	struct wf_effects *e = NULL;
	struct wf_cause cause;
	if (wf_effects_new(&options, &e, &cause) < 0)
		fail_msg("%s", cause.text);
	return e;
}

static inline int rig_setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	/* Whatever waits for ever is killed, and the run with it, rather than hanging. */
	alarm(DEADLINE_MS / 1000 * 2);
	snprintf(r->dir, sizeof(r->dir), "/tmp/wfctl-effect-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->spool, sizeof(r->spool), "%s/spool", r->dir);
	snprintf(r->work, sizeof(r->work), "%s/work", r->dir);
	assert_int_equal(mkdir(r->work, 0700), 0);
	r->e = rig_effects(r);
	*state = r;
	return 0;
}

static inline int rig_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline int rig_teardown(void **state)
{
	struct rig *r = *state;
	wf_effects_free(r->e);
	wf_effect_result_done(&r->last);
	nftw(r->dir, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(r);
	return 0;
}

static inline void rig_take(void *arg, struct wf_effect_result *result)
{
	struct rig *r = arg;
	wf_effect_result_done(&r->last);
	r->last = *result;
	r->results++;
}

/* Waits for one more result. */
static inline void rig_wait(struct rig *r)
{
	int want = r->results + 1;
	while (r->results < want) {
		int n = wf_effects_wait(r->e, DEADLINE_MS, rig_take, r);
		if (n == 0)
			fail_msg("no result came in time");
	}
}

static inline void rig_begin_with(struct rig *r, const struct wf_effect_request *q)
{
	struct wf_cause cause = {0};
	if (wf_effects_begin(r->e, q, &cause) < 0)
		fail_msg("%s", cause.text);
}

/* Runs one request to its result in r->last. The input is consumed. */
static inline void rig_run(struct rig *r, enum wf_action action, json_t *input, const char *key,
	uint64_t timeout_ms)
{
	char token[32];
	assert_non_null(input);
	snprintf(token, sizeof(token), "t-%u", r->next_token++);
	struct wf_effect_request q = {.action = action, .input = input, .token = token, .key = key,
		.timeout_ms = timeout_ms, .cookie = r};
	rig_begin_with(r, &q);
	rig_wait(r);
	assert_ptr_equal(r->last.cookie, r);
	json_decref(input);
}

static inline void rig_expect_ok(const struct rig *r)
{
	if (!r->last.ok)
		fail_msg("%s %s: %s", wf_error_types[r->last.type].name, r->last.code,
			r->last.message);
	assert_non_null(r->last.output);
}

static inline void rig_expect_failure(const struct rig *r, enum wf_error_type type, const char *code)
{
	if (r->last.ok)
		fail_msg("succeeded where %s was to come", code);
	assert_string_equal(r->last.code, code);
	assert_string_equal(wf_error_types[r->last.type].name, wf_error_types[type].name);
	assert_non_null(r->last.message);
	assert_null(r->last.output);
}

static inline const char *rig_output(const struct rig *r, const char *path)
{
	json_t *v = wf_json_at(r->last.output, path);
	return json_is_string(v) ? json_string_value(v) : "(no string)";
}

static inline bool rig_exists(const struct rig *r, const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	return access(path, F_OK) == 0;
}

/* Waits for a condition with a deadline. */
#define RIG_UNTIL(condition)                                                                       \
	do {                                                                                       \
		int64_t end_ = wf_monotonic_ms() + DEADLINE_MS;                                    \
		while (!(condition)) {                                                             \
			if (wf_monotonic_ms() > end_)                                              \
				fail_msg("never came true: %s", #condition);                       \
			usleep(1000);                                                              \
		}                                                                                  \
	} while (0)

#endif

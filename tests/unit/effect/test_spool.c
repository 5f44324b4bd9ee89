/* The records between wfctl and the supervisor: read back as written, refused when damaged. */
#include "effect/spool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static char *argv_in[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){""}, NULL};
static char *envp_in[] = {(char[]){"A=1"}, NULL};
static const struct wf_spool_request sample = {
	.timeout_ms = 1500, .grace_ms = UINT64_MAX, .max_output = 7, .path = (char[]){"/bin/sh"},
	.cwd = (char[]){"/tmp"}, .argv = argv_in, .argc = 3, .envp = envp_in, .envc = 1,
	.has_stdin = true, .stdin_data = "in\0put", .stdin_len = 6
};

static void request_round_trip(void **state)
{
	(void)state;
	size_t n = wf_spool_request_size(&sample);
	char *bytes = malloc(n), *slots[6];
	wf_spool_request_put(&sample, bytes);
	assert_int_equal(wf_spool_request_slots(bytes, n), 6);
	struct wf_spool_request got;
	assert_true(wf_spool_request_get(bytes, n, slots, &got));
	assert_int_equal(got.timeout_ms, 1500);
	assert_true(got.grace_ms == UINT64_MAX);
	assert_int_equal(got.max_output, 7);
	assert_string_equal(got.path, "/bin/sh");
	assert_string_equal(got.cwd, "/tmp");
	assert_string_equal(got.argv[1], "-c");
	assert_string_equal(got.argv[2], "");
	assert_null(got.argv[3]);
	assert_string_equal(got.envp[0], "A=1");
	assert_null(got.envp[1]);
	assert_true(got.has_stdin);
	assert_int_equal(got.stdin_len, 6);
	assert_memory_equal(got.stdin_data, "in\0put", 6);
	free(bytes);
}

/* Every length, and every byte changed: never a read outside (the sanitizers see that). */
static void damaged_requests(void **state)
{
	(void)state;
	size_t n = wf_spool_request_size(&sample);
	char *whole = malloc(n);
	wf_spool_request_put(&sample, whole);
	struct wf_spool_request got;
	for (size_t len = 0; len < n; len++) {
		char *bytes = malloc(len + 1);
		memcpy(bytes, whole, len);
		size_t slots = wf_spool_request_slots(bytes, len);
		char **vector = calloc(slots + 1, sizeof(*vector));
		assert_false(slots && wf_spool_request_get(bytes, len, vector, &got));
		free(vector);
		free(bytes);
	}
	for (size_t i = 0; i < n * 8; i++) {
		char *bytes = malloc(n);
		memcpy(bytes, whole, n);
		bytes[i / 8] = (char)(bytes[i / 8] ^ (1 << (i % 8)));
		size_t slots = wf_spool_request_slots(bytes, n);
		char **vector = calloc(slots + 1, sizeof(*vector));
		bool read = slots && wf_spool_request_get(bytes, n, vector, &got);
		assert_true(i / 8 >= 8 || !read); /* the magic protects itself */
		free(vector);
		free(bytes);
	}
	free(whole);
}

static void done_round_trip(void **state)
{
	(void)state;
	unsigned char bytes[WF_SPOOL_DONE_HEAD + 5];
	struct wf_spool_done in = {.end = WF_SPOOL_SIGNALLED, .value = 9, .out_len = 3, .err_len = 2},
		out;
	wf_spool_done_put(&in, bytes);
	memcpy(bytes + WF_SPOOL_DONE_HEAD, "outer", 5);
	assert_true(wf_spool_done_get(bytes, sizeof(bytes), &out));
	assert_int_equal(out.end, WF_SPOOL_SIGNALLED);
	assert_int_equal(out.value, 9);
	assert_memory_equal(out.out, "out", 3);
	assert_memory_equal(out.err, "er", 2);
	for (size_t n = 0; n < sizeof(bytes); n++)
		assert_false(wf_spool_done_get(bytes, n, &out));
	for (size_t i = 16; i < WF_SPOOL_DONE_HEAD; i++) {
		bytes[i] ^= 0x80;
		assert_false(wf_spool_done_get(bytes, sizeof(bytes), &out));
		bytes[i] ^= 0x80;
	}
	bytes[8] = 0;
	assert_false(wf_spool_done_get(bytes, sizeof(bytes), &out));
	bytes[8] = WF_SPOOL_END_COUNT_;
	assert_false(wf_spool_done_get(bytes, sizeof(bytes), &out));
}

static void tokens(void **state)
{
	(void)state;
	char name[WF_SPOOL_NAME_MAX], long_one[WF_SPOOL_TOKEN_MAX + 2];
	memset(long_one, 'a', sizeof(long_one));
	long_one[WF_SPOOL_TOKEN_MAX + 1] = '\0';
	assert_true(wf_spool_token_ok("0190-a-7"));
	assert_false(wf_spool_token_ok(""));
	assert_false(wf_spool_token_ok("../x"));
	assert_false(wf_spool_token_ok("A"));
	assert_false(wf_spool_token_ok(long_one));
	long_one[WF_SPOOL_TOKEN_MAX] = '\0';
	assert_true(wf_spool_token_ok(long_one));
	wf_spool_name(long_one, ".done", name);
	assert_int_equal(strlen(name), WF_SPOOL_TOKEN_MAX + 5);
	wf_spool_name("a-1", ".run", name);
	assert_string_equal(name, "a-1.run");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_round_trip),
		cmocka_unit_test(damaged_requests),
		cmocka_unit_test(done_round_trip),
		cmocka_unit_test(tokens),
	};
	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}

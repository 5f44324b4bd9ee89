/* Statuses, Retry-After, and bytes that are no text. */
#include "effect/classify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

static void statuses(void **state)
{
	(void)state;
	static const struct {
		unsigned status;
		enum wf_error_type type;
	} cases[] = {
		{400, WF_ERROR_VALIDATION}, {401, WF_ERROR_PERMISSION}, {403, WF_ERROR_PERMISSION},
		{404, WF_ERROR_NOT_FOUND}, {408, WF_ERROR_TIMEOUT}, {409, WF_ERROR_CONFLICT},
		{410, WF_ERROR_NOT_FOUND}, {412, WF_ERROR_CONFLICT}, {418, WF_ERROR_VALIDATION},
		{422, WF_ERROR_VALIDATION}, {429, WF_ERROR_RATE_LIMIT}, {500, WF_ERROR_SERVER},
		{503, WF_ERROR_SERVER}, {599, WF_ERROR_SERVER}, {302, WF_ERROR_VALIDATION},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(wf_status_type(cases[i].status), cases[i].type);
}

static void retry_after(void **state)
{
	(void)state;
	const int64_t now = INT64_C(784111777) * 1000; /* Sun, 06 Nov 1994 08:49:37 GMT */
	static const struct {
		const char *value;
		uint64_t ms;
	} cases[] = {
		{"0", 0}, {"120", 120000}, {"", 0}, {"soon", 0}, {"-5", 0}, {"1.5", 0},
		{"99999999999999999999999", UINT64_C(366) * 86400000},
		{"Sun, 06 Nov 1994 08:49:39 GMT", 2000}, {"Sun, 06 Nov 1994 08:49:36 GMT", 0},
		{"Mon, 07 Nov 1994 08:49:37 GMT", 86400000}, {"Sun, 06 Xxx 1994 08:49:37 GMT", 0},
		{"Sun, 31 Feb 2094 08:49:37 GMT", 0}, {"Sun, 06 Nov 1994 08:49:39 CET", 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(wf_retry_after(cases[i].value, now), cases[i].ms);
}

static void expect_text(json_t *got, const char *text, size_t n)
{
	assert_int_equal(json_string_length(got), n);
	assert_memory_equal(json_string_value(got), text, n);
	json_decref(got);
}

static void text(void **state)
{
	(void)state;
	expect_text(wf_text_json(NULL, 0), "", 0);
	expect_text(wf_text_json("plain", 5), "plain", 5);
	expect_text(wf_text_json("\0", 1), "\xef\xbf\xbd", 3);
	expect_text(wf_text_json("a\xc0", 2), "a\xef\xbf\xbd", 4);
	expect_text(wf_text_json("\xff\0b", 3), "\xef\xbf\xbd\xef\xbf\xbd" "b", 7);
	/* Cuts fall between characters. */
	expect_text(wf_tail_json("\xc3\xa9\xc3\xa9", 4, 3), "\xc3\xa9", 2);
	expect_text(wf_head_json("\xc3\xa9\xc3\xa9", 4, 3), "\xc3\xa9", 2);
	expect_text(wf_head_json("abc", 3, 3), "abc", 3);
	expect_text(wf_tail_json("abc", 3, 2), "bc", 2);
}

static void messages(void **state)
{
	(void)state;
	struct wf_effect_result r = {.ok = true};
	char big[2000];
	memset(big, 'x', sizeof(big));
	for (size_t i = 0; i + 2 < sizeof(big); i += 2)
		memcpy(big + i, "\xc3\xa9", 2);
	big[sizeof(big) - 1] = '\0';
	wf_result_fail(&r, WF_ERROR_EXEC, "a_code_that_is_longer_than_the_room_for_codes", "%s", big);
	assert_false(r.ok);
	assert_int_equal(strlen(r.code), sizeof(r.code) - 1);
	assert_int_equal(strlen(r.message) % 2, 0);
	wf_effect_result_done(&r);
	assert_null(r.message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(retry_after),
		cmocka_unit_test(text),
		cmocka_unit_test(messages),
	};
	return cmocka_run_group_tests_name("classify", tests, NULL, NULL);
}

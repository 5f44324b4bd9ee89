/* The table of rules, and the list of findings. */
#include "source/diag.h"

#include "base/limits.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void rules_are_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < WF_RULE_COUNT_; i++) {
		const struct wf_rule_info *info = wf_rule_info((enum wf_rule)i);
		assert_non_null(info->id);
		assert_true(info->summary[0] && info->explanation[0] && info->bad && info->good);
		assert_int_equal(info->explanation[strlen(info->explanation) - 1], '.');
		assert_int_not_equal(info->summary[strlen(info->summary) - 1], '.');
		for (const char *c = info->id; *c; c++)
			assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-');
		/* Ids are unique, and lead back to their rule. */
		assert_int_equal(wf_rule_find(info->id), i);
	}
	assert_int_equal(wf_rule_find("duplicate-key"), WF_RULE_DUPLICATE_KEY);
	assert_int_equal(wf_rule_find("no-such-rule"), WF_RULE_COUNT_);
	assert_int_equal(wf_rule_find(""), WF_RULE_COUNT_);
}

static struct wf_span at(uint32_t line, uint32_t column)
{
	return (struct wf_span){ .line = line, .column = column };
}

static void findings_are_counted(void **state)
{
	struct wf_source source = { "a.yaml", "", 0 };
	struct wf_diags diags = { 0 };
	(void)state;

	struct wf_diag *d =
		wf_diag_add(&diags, WF_RULE_DUPLICATE_KEY, &source, at(1, 2), "key %d", 7);
	assert_string_equal(d->message, "key 7");
	assert_null(d->hint);
	wf_diag_hint(d, "did you mean `%s`?", "x");
	wf_diag_hint(d, "did you mean `%s`?", "y");
	wf_diag_fix(d, "%s", "y");
	wf_diag_fix(d, "%s", "z");
	assert_string_equal(d->hint, "did you mean `y`?");
	assert_string_equal(d->fix, "z");
	assert_int_equal(d->severity, WF_SEV_ERROR);
	(void)wf_diag_add(&diags, WF_RULE_OPTIONAL_NO_DEFAULT, &source, at(1, 2), "warned");
	assert_int_equal(diags.count, 2);
	assert_int_equal(diags.errors, 1);
	assert_int_equal(diags.warnings, 1);
	assert_int_equal(diags.notes, 0);
	wf_diags_done(&diags);
	assert_int_equal(diags.count, 0);
	wf_diags_done(&diags);
	wf_diags_done(NULL);
}

static void findings_are_sorted(void **state)
{
	struct wf_source a = { "a", "", 0 }, b = { "b", "", 0 };
	struct wf_diags diags = { 0 };
	(void)state;

	wf_diag_add(&diags, WF_RULE_LIMIT, &b, at(1, 1), "7");
	wf_diag_add(&diags, WF_RULE_LIMIT, &a, at(2, 1), "5");
	wf_diag_add(&diags, WF_RULE_LIMIT, &a, at(1, 9), "4");
	wf_diag_add(&diags, WF_RULE_LIMIT, &a, at(1, 2), "2");
	wf_diag_add(&diags, WF_RULE_LIMIT, &a, at(1, 2), "3");
	wf_diag_add(&diags, WF_RULE_LIMIT, &a, at(1, 2), "2");
	wf_diag_add(&diags, WF_RULE_ENCODING, &a, at(1, 2), "1");
	wf_diag_add(&diags, WF_RULE_LIMIT, &a, at(0, 0), "0");
	wf_diag_add(&diags, WF_RULE_LIMIT, &b, at(1, 1), "7");
	wf_diag_add(&diags, WF_RULE_LIMIT, &a, at(2, 2), "6");
	wf_diags_sort(&diags);
	assert_int_equal(diags.count, 8);
	assert_int_equal(diags.errors, 8);
	for (size_t i = 0; i < diags.count; i++)
		assert_int_equal(diags.items[i].message[0], '0' + (int)i);
	wf_diags_done(&diags);
	wf_diags_sort(&diags);
	assert_int_equal(diags.count, 0);
}

static void findings_are_moved(void **state)
{
	struct wf_source source = { "a", "", 0 };
	struct wf_diags from = { 0 }, to = { 0 };
	(void)state;

	wf_diag_add(&to, WF_RULE_LIMIT, &source, at(1, 1), "one");
	wf_diag_hint(wf_diag_add(&from, WF_RULE_LIMIT, &source, at(2, 1), "two"), "hint");
	wf_diags_move(&to, &from);
	assert_int_equal(from.count, 0);
	assert_int_equal(to.count, 2);
	assert_int_equal(to.errors, 2);
	assert_string_equal(to.items[1].message, "two");
	assert_string_equal(to.items[1].hint, "hint");
	wf_diags_done(&from);
	wf_diags_done(&to);
}

static void a_full_list_says_so(void **state)
{
	struct wf_source source = { "a", "", 0 };
	struct wf_diags diags = { 0 };
	(void)state;

	for (uint32_t i = 0; i < WF_MAX_DIAGS; i++)
		wf_diag_add(&diags, WF_RULE_DUPLICATE_KEY, &source, at(i / 2 + 1, 1), "finding");
	assert_false(diags.full);
	for (int i = 0; i < 3; i++) {
		struct wf_diag *d =
			wf_diag_add(&diags, WF_RULE_DUPLICATE_KEY, &source, at(1, 1), "dropped %d", i);
		wf_diag_hint(d, "for nothing");
		assert_true(diags.full);
		assert_int_equal(diags.count, WF_MAX_DIAGS + 1);
		assert_int_equal(diags.errors, WF_MAX_DIAGS + 1);
	}
	wf_diags_sort(&diags); /* every second one was a repeat */
	assert_int_equal(diags.count, WF_MAX_DIAGS / 2 + 1);
	assert_int_equal(diags.errors, WF_MAX_DIAGS / 2 + 1);
	assert_int_equal(diags.items[diags.count - 1].rule, WF_RULE_LIMIT);
	wf_diag_add(&diags, WF_RULE_DUPLICATE_KEY, &source, at(1, 1), "dropped");
	assert_int_equal(diags.count, WF_MAX_DIAGS / 2 + 1);
	wf_diags_done(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_complete),
		cmocka_unit_test(findings_are_counted),
		cmocka_unit_test(findings_are_sorted),
		cmocka_unit_test(findings_are_moved),
		cmocka_unit_test(a_full_list_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

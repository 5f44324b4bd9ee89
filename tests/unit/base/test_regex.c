/* Regular expressions: the two dialects, what ECMA-262 writes otherwise, and the limits. */
#include "base/mem.h"
#include "base/regex.h"
#include "base/regex_ecma.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int search(enum wf_regex_dialect dialect, const char *pattern, const char *subject)
{
	struct wf_cause cause = {0};
	struct wf_regex *re;
	int rc = wf_regex_new(pattern, strlen(pattern), dialect, &re, &cause);

	if (rc < 0)
		return rc;
	rc = wf_regex_search(re, subject, strlen(subject));
	wf_regex_free(re);
	return rc;
}

struct example {
	const char *pattern, *subject;
	int found;
};

static void test_ecma(void **state)
{
	static const struct example examples[] = {
		{"", "", 1},
		{"a", "cat", 1},
		{"^a$", "a\n", 0},
		{"a$", "b\na", 1},
		{"^abc$", "x\nabc", 0},
		{"^\\d+$", "42", 1},
		{"^\\d+$", "\xe0\xa7\xaa", 0},
		{"^\\w$", "\xc3\xa9", 0},
		{"^\\W$", "\xc3\xa9", 1},
		{"^\\s$", "\xc2\xa0", 1},
		{"^\\s$", "\xef\xbb\xbf", 1},
		{"^[\\s]$", "\xe2\x80\xa8", 1},
		{"^\\S$", "\xc2\xa0", 0},
		{"^[^\\S]$", "\t", 1},
		{"^\\cA$", "\x01", 1},
		{"^\\x41\\u0042\\u{43}$", "ABC", 1},
		{"^\\ud83d\\udc32$", "\xf0\x9f\x90\xb2", 1},
		{"^.$", "\xf0\x9f\x90\xb2", 1},
		{"^.$", "\r", 0},
		{"^.$", "\xe2\x80\xa9", 0},
		{"^\\p{Lu}$", "\xc3\x89", 1},
		{"^\\p{Letter}+$", "\xc3\xa9t\xc3\xa9", 1},
		{"^\\P{Letter}+$", "\xc3\xa9", 0},
		{"^\\p{Script=Greek}$", "\xce\xb1", 1},
		{"^\\p{sc=Latin}$", "\xce\xb1", 0},
		{"^[\\p{Nd}_]+$", "1_2", 1},
		{"^[]$", "a", 0},
		{"^[^]$", "\n", 1},
		{"^[\\b]$", "\b", 1},
		{"\\bcat\\b", "a cat!", 1},
		{"\\Bat", "cat", 1},
		{"^[a-c-]+$", "a-c", 1},
		{"^[.*+]+$", ".*+", 1},
		{"^[[:alpha:]]$", "a]", 1},
		{"^(?<first>a)\\k<first>$", "aa", 1},
		{"^(?<a$b>x)\\1$", "xx", 1},
		{"^\\k<n>(?<n>a)$", "a", 1},
		{"^(?:(a)|b)\\1$", "b", 1},
		{"(?<=a)b", "ab", 1},
		{"(?<!a)b", "ab", 0},
		{"a(?!b)", "ac", 1},
		{"^a{2,3}$", "aaaa", 0},
		{"^a{2,}?$", "aaaa", 1},
		{"^a{0,99999}$", "aa", 1},
		{"^\\0$", "", 0},
		{"^\\ud800$", "x", 0},
		{"^[\\ud800x]$", "x", 1},
		{"^[\\udc00-\\uffff]$", "\xef\xbf\xbd", 1},
		{"^[a-\\ud800]$", "x", 1},
		{"^[\\u0000-\\uffff]$", "x", 1},
		{"^\\$\\{\\}$", "${}", 1},
		{"\\/", "/", 1},
		{"#x y", "#x y", 1},
		/* Not of the standard, but plain */
		{"^\\-\\_\\@$", "-_@", 1},
		{"^{a}$", "{a}", 1},
		{"^a]$", "a]", 1},
		{"^[\\w-.]+$", "a-.b", 1},
		{"^x{,3}$", "x{,3}", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		const struct example *e = &examples[i];
		int found = search(WF_REGEX_ECMA, e->pattern, e->subject);

		if (found != e->found)
			fail_msg("%s on \"%s\": %d, expected %d", e->pattern, e->subject, found,
				e->found);
	}
}

static void test_ecma_refuses(void **state)
{
	static const char *const patterns[] = {"(", ")", "a)", "(a", "[", "[a", "[b-a]", "*", "a**",
		"a++", "+", "(?i)a", "(?P<n>a)", "(?#x)", "(?<n", "(?<>a)", "(?<1>a)",
		"(?<n>a)(?<n>b)", "\\", "\\a", "\\Z", "\\A", "\\G", "\\Q", "\\E", "\\K", "\\R",
		"\\1", "(a)\\2", "\\k<n>", "\\k", "\\x4", "\\u12", "\\u{110000}", "\\u{}", "\\c1",
		"\\p", "\\pL", "\\p{", "\\p{}", "\\p{No_Such_Thing}", "\\p{gc=Nope}", "\\p{What=L}",
		"\\01", "a{3,2}", "(*UTF)a", "(?:", "(?", "[\\", "\\xzz", "(?<=a*)b\\"};

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (search(WF_REGEX_ECMA, patterns[i], "") != WF_ESYNTAX)
			fail_msg("%s was taken", patterns[i]);
}

static int strictly(const char *pattern)
{
	struct wf_buf out = {0};
	int rc = wf_regex_ecma_translate(pattern, strlen(pattern), true, &out, NULL);

	wf_buf_done(&out);
	return rc;
}

static void test_strict(void **state)
{
	(void)state;
	assert_int_equal(strictly("^[\\w.-]+@\\p{L}{2,}$"), 0);
	assert_int_equal(strictly("(?<=a+)b"), 0);
	assert_int_equal(strictly("\\-"), WF_ESYNTAX);
	assert_int_equal(strictly("a{"), WF_ESYNTAX);
	assert_int_equal(strictly("a]"), WF_ESYNTAX);
	assert_int_equal(strictly("[\\w-a]"), WF_ESYNTAX);
	assert_int_equal(strictly("(?=a)*"), WF_ESYNTAX);
	assert_int_equal(strictly("\\p{Greek}"), WF_ESYNTAX);
	assert_int_equal(strictly("\xff"), WF_EINVAL);
}

static void test_perl(void **state)
{
	(void)state;
	assert_int_equal(search(WF_REGEX_PERL, "(?i)^ABC$", "abc\n"), 1);
	assert_int_equal(search(WF_REGEX_PERL, "\\Aabc\\z", "abc\n"), 0);
	assert_int_equal(search(WF_REGEX_PERL, "(", ""), WF_ESYNTAX);
	assert_int_equal(search(WF_REGEX_PERL, "\\C", ""), WF_ESYNTAX);
}

static void test_reasons(void **state)
{
	struct wf_cause cause = {0};
	struct wf_regex *re = NULL;

	(void)state;
	assert_int_equal(wf_regex_new("ab)", 3, WF_REGEX_ECMA, &re, &cause), WF_ESYNTAX);
	assert_string_equal(cause.text, "a parenthesis closes nothing at offset 2");
	assert_int_equal(wf_regex_new("ab[", 3, WF_REGEX_PERL, &re, &cause), WF_ESYNTAX);
	assert_non_null(strstr(cause.text, "at offset 3"));
	assert_null(re);
}

static void test_not_utf8(void **state)
{
	struct wf_regex *re = NULL;

	(void)state;
	assert_int_equal(search(WF_REGEX_ECMA, "a", "\xff"), WF_EINVAL);
	assert_int_equal(search(WF_REGEX_PERL, "a", "a\xc3"), WF_EINVAL);
	assert_int_equal(wf_regex_new("\xc3", 1, WF_REGEX_ECMA, &re, NULL), WF_EINVAL);
	assert_int_equal(wf_regex_new("\xc3", 1, WF_REGEX_PERL, &re, NULL), WF_ESYNTAX);
}

/* Patterns that backtrack without end, and long subjects that do not. */
static void test_limits(void **state)
{
	size_t n = 1u << 20;
	char *text = wf_alloc(n + 1);
	char *pattern = wf_alloc(70000);
	struct wf_regex *re = NULL;

	(void)state;
	memset(text, 'a', n);
	text[n] = 0;
	assert_int_equal(
		search(WF_REGEX_ECMA, "^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
		WF_ELIMIT);
	assert_int_equal(search(WF_REGEX_ECMA, "(a|a)*(a|a)*[bc][bc]", text), WF_ELIMIT);
	/* No backtracking, but every position runs to the end. */
	assert_int_equal(search(WF_REGEX_ECMA, "a[^bc]*[bc]", text), WF_ELIMIT);
	assert_int_equal(search(WF_REGEX_ECMA, "^[a-z]+$", text), 1);
	assert_int_equal(search(WF_REGEX_ECMA, "b$", text), 0);
	text[n - 1] = 'b';
	assert_int_equal(search(WF_REGEX_ECMA, "ab$", text), 1);
	memset(pattern, '(', 300);
	assert_int_equal(wf_regex_new(pattern, 300, WF_REGEX_ECMA, &re, NULL), WF_ESYNTAX);
	memset(pattern, 'a', 70000);
	assert_int_equal(wf_regex_new(pattern, 70000, WF_REGEX_ECMA, &re, NULL), WF_ELIMIT);
	wf_free(text);
	wf_free(pattern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ecma),
		cmocka_unit_test(test_ecma_refuses),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_perl),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Reports of tests: text, TAP, JUnit. */
#include "view/tests.h"

#include "base/mem.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static json_int_t number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static bool passed(const json_t *test)
{
	return json_is_true(json_object_get(test, "passed"));
}

struct tally {
	size_t tests, failed;
};

static struct tally tally(const json_t *files)
{
	struct tally t = { 0 };
	size_t i, k;
	json_t *file, *test;
	json_array_foreach(files, i, file)
		json_array_foreach(json_object_get(file, "tests"), k, test)
		{
			t.tests++;
			t.failed += !passed(test);
		}
	return t;
}

/* -- text -- */

/* Failures, or warnings, with their places. */
static void put_said(const json_t *file, const json_t *list, enum wf_role role, const char *word,
	const struct wf_style *style, struct wf_buf *out)
{
	size_t i;
	json_t *said;
	json_array_foreach(list, i, said)
	{
		WF_AUTOFREE char *place = wf_asprintf("%s:%" JSON_INTEGER_FORMAT ":%" JSON_INTEGER_FORMAT,
			text(file, "file"), number(said, "line"), number(said, "column"));
		wf_buf_addstr(out, "    ");
		wf_view_role(out, style, WF_ROLE_DIM, place);
		wf_buf_addstr(out, ": ");
		if (*word)
			wf_view_role(out, style, role, word);
		wf_view_safe(out, text(said, "message"));
		wf_buf_addch(out, '\n');
	}
}

static void put_missed_branch(const json_t *missed, struct wf_buf *out)
{
	const char *from = json_string_value(json_object_get(missed, "from"));
	const char *to = json_string_value(json_object_get(missed, "to"));
	const char *label = json_string_value(json_object_get(missed, "label"));
	wf_view_safe(out, from ? from : "start");
	wf_buf_addstr(out, " -> ");
	wf_view_safe(out, to ? to : "end");
	if (label) {
		wf_buf_addstr(out, " (");
		wf_view_safe(out, label);
		wf_buf_addch(out, ')');
	}
}

/* Of what there is; rounded down, so that 100 is all. */
static double percent(json_int_t covered, json_int_t total)
{
	return total ? (double)(covered * 1000 / total) / 10.0 : 100.0;
}

static bool same_missed(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "from", "to", "label" };
	if (json_is_string(a))
		return json_equal(a, b);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const json_t *x = json_object_get(a, keys[i]), *y = json_object_get(b, keys[i]);
		if (x != y && !json_equal(x, y))
			return false;
	}
	return true;
}

/* Takes out of the list what the other one has not. */
static void keep_common(json_t *list, const json_t *other)
{
	json_auto_t *left = json_copy((json_t *)(uintptr_t)other);
	for (size_t i = json_array_size(list); i-- > 0;) {
		size_t k = 0;
		while (k < json_array_size(left) &&
			!same_missed(json_array_get(list, i), json_array_get(left, k)))
			k++;
		/* two branches may look the same: each stands for one */
		if (k < json_array_size(left))
			(void)json_array_remove(left, k);
		else
			(void)json_array_remove(list, i);
	}
}

/* What of a plan's steps or branches the tests of no file reached, from the i-th file on; 0 where an earlier
 * file is of the same plan, which has counted it. */
static json_int_t count_plan(const json_t *files, size_t i, const char *part, json_int_t *covered)
{
	const json_t *file = json_array_get(files, i);
	const json_t *share = json_object_get(json_object_get(file, "coverage"), part);
	json_auto_t *missed = json_copy(json_object_get(share, "missed"));
	for (size_t k = 0; k < json_array_size(files); k++) {
		const json_t *other = json_array_get(files, k);
		if (k == i || strcmp(text(other, "plan"), text(file, "plan")) != 0)
			continue;
		if (k < i)
			return 0;
		keep_common(missed, json_object_get(
			json_object_get(json_object_get(other, "coverage"), part), "missed"));
	}
	*covered += number(share, "total") - (json_int_t)json_array_size(missed);
	return number(share, "total");
}

json_t *wf_view_tests_coverage(const json_t *files)
{
	static const char *const parts[] = { "steps", "branches" };
	json_t *o = json_object();
	for (size_t k = 0; k < sizeof(parts) / sizeof(*parts); k++) {
		json_int_t covered = 0, total = 0;
		for (size_t i = 0; i < json_array_size(files); i++)
			total += count_plan(files, i, parts[k], &covered);
		(void)json_object_set_new(o, parts[k], json_pack("{s:I, s:I, s:f}", "covered", covered,
			"total", total, "percent", percent(covered, total)));
	}
	return o;
}

static void put_share(const json_t *coverage, const char *what, const struct wf_style *style,
	struct wf_buf *out)
{
	const json_t *share = json_object_get(coverage, what);
	size_t i;
	json_t *missed;
	wf_buf_printf(out, "  %s: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " (%.1f%%)\n", what,
		number(share, "covered"), number(share, "total"),
		percent(number(share, "covered"), number(share, "total")));
	json_array_foreach(json_object_get(share, "missed"), i, missed)
	{
		wf_buf_addstr(out, "    ");
		wf_view_role(out, style, WF_ROLE_WARN, "missed");
		wf_buf_addch(out, ' ');
		if (json_is_string(missed))
			wf_view_safe(out, json_string_value(missed));
		else
			put_missed_branch(missed, out);
		wf_buf_addch(out, '\n');
	}
}

void wf_view_tests(const json_t *file, bool coverage, const struct wf_style *style,
	struct wf_buf *out)
{
	size_t i;
	json_t *test;
	wf_view_role(out, style, WF_ROLE_STRONG, text(file, "file"));
	wf_buf_addch(out, '\n');
	json_array_foreach(json_object_get(file, "tests"), i, test)
	{
		wf_buf_addstr(out, "  ");
		wf_view_role(out, style, passed(test) ? WF_ROLE_GOOD : WF_ROLE_BAD,
			passed(test) ? "ok" : "not ok");
		wf_buf_addch(out, ' ');
		wf_view_safe(out, text(test, "name"));
		wf_buf_addch(out, '\n');
		put_said(file, json_object_get(test, "failures"), WF_ROLE_BAD, "", style, out);
		put_said(file, json_object_get(test, "warnings"), WF_ROLE_WARN, "warning: ", style, out);
	}
	put_said(file, json_object_get(file, "warnings"), WF_ROLE_WARN, "warning: ", style, out);
	if (coverage) {
		put_share(json_object_get(file, "coverage"), "steps", style, out);
		put_share(json_object_get(file, "coverage"), "branches", style, out);
	}
}

void wf_view_tests_summary(const json_t *files, const struct wf_style *style, struct wf_buf *out)
{
	struct tally t = tally(files);
	WF_AUTOBUF struct wf_buf failed = { 0 };
	wf_view_plural(out, t.tests, "test", "tests");
	wf_buf_addstr(out, ", ");
	wf_buf_printf(&failed, "%zu failed", t.failed);
	wf_view_role(out, style, t.failed ? WF_ROLE_BAD : WF_ROLE_GOOD, failed.data);
}

/* -- TAP -- */

/* '#' and '\' mean something in a description. */
static void put_tap_text(struct wf_buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '#' || *s == '\\')
			wf_buf_addch(out, '\\');
		wf_buf_addch(out, *s == '\n' || *s == '\r' ? ' ' : *s);
	}
}

static void put_tap_said(const json_t *file, const json_t *list, const char *word, struct wf_buf *out)
{
	size_t i;
	json_t *said;
	json_array_foreach(list, i, said)
	{
		wf_buf_printf(out, "# %s%s:%" JSON_INTEGER_FORMAT ": ", word, text(file, "file"),
			number(said, "line"));
		wf_view_safe(out, text(said, "message"));
		wf_buf_addch(out, '\n');
	}
}

static void put_tap(const json_t *file, const json_t *test, size_t n, struct wf_buf *out)
{
	wf_buf_printf(out, "%sok %zu - ", passed(test) ? "" : "not ", n);
	put_tap_text(out, text(file, "workflow"));
	wf_buf_addstr(out, ": ");
	put_tap_text(out, text(test, "name"));
	wf_buf_addch(out, '\n');
	put_tap_said(file, json_object_get(test, "failures"), "", out);
	put_tap_said(file, json_object_get(test, "warnings"), "warning: ", out);
}

/* "steps 3 of 4 (75.0%), branches 2 of 5 (40.0%)" */
static void put_shares(const json_t *coverage, struct wf_buf *out)
{
	static const char *const parts[] = { "steps", "branches" };
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		json_int_t covered = number(json_object_get(coverage, parts[i]), "covered");
		json_int_t total = number(json_object_get(coverage, parts[i]), "total");
		wf_buf_printf(out, "%s%s %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " (%.1f%%)",
			i ? ", " : "", parts[i], covered, total, percent(covered, total));
	}
}

/* What was not reached, a line each behind `before`. */
static void put_missed(const json_t *coverage, const char *before, struct wf_buf *out)
{
	static const char *const parts[] = { "steps", "branches" };
	size_t i;
	json_t *missed;
	for (size_t k = 0; k < sizeof(parts) / sizeof(*parts); k++)
		json_array_foreach(json_object_get(json_object_get(coverage, parts[k]), "missed"), i,
			missed)
		{
			wf_buf_addstr(out, before);
			if (json_is_string(missed))
				wf_view_safe(out, json_string_value(missed));
			else
				put_missed_branch(missed, out);
			wf_buf_addch(out, '\n');
		}
}

static void put_tap_coverage(const json_t *file, bool missed, struct wf_buf *out)
{
	const json_t *coverage = json_object_get(file, "coverage");
	put_tap_said(file, json_object_get(file, "warnings"), "warning: ", out);
	wf_buf_printf(out, "# coverage of %s: ", text(file, "file"));
	put_shares(coverage, out);
	wf_buf_addch(out, '\n');
	if (missed)
		put_missed(coverage, "#   missed ", out);
}

void wf_view_tests_tap(const json_t *files, bool missed, struct wf_buf *out)
{
	size_t i, k, n = 0;
	json_t *file, *test, *all;
	wf_buf_printf(out, "TAP version 14\n1..%zu\n", tally(files).tests);
	json_array_foreach(files, i, file)
	{
		json_array_foreach(json_object_get(file, "tests"), k, test)
			put_tap(file, test, ++n, out);
		put_tap_coverage(file, missed, out);
	}
	all = wf_view_tests_coverage(files);
	wf_buf_addstr(out, "# coverage: ");
	put_shares(all, out);
	wf_buf_addch(out, '\n');
	json_decref(all);
}

/* -- JUnit -- */

/* XML 1.0 takes no control characters but tab and line end, however they are written. */
static void put_xml(struct wf_buf *out, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '&')
			wf_buf_addstr(out, "&amp;");
		else if (c == '<')
			wf_buf_addstr(out, "&lt;");
		else if (c == '>')
			wf_buf_addstr(out, "&gt;");
		else if (c == '"')
			wf_buf_addstr(out, "&quot;");
		else if (c == '\n' || c == '\t')
			wf_buf_printf(out, "&#%u;", c);
		else if (c >= 0x20 && c != 0x7f)
			wf_buf_addch(out, (char)c);
	}
}

static void put_junit_warnings(const json_t *file, const json_t *list, const char *before,
	struct wf_buf *out)
{
	size_t i;
	json_t *warning;
	if (!json_array_size(list))
		return;
	wf_buf_printf(out, "%s<system-err>", before);
	json_array_foreach(list, i, warning)
	{
		put_xml(out, text(file, "file"));
		wf_buf_printf(out, ":%" JSON_INTEGER_FORMAT ": warning: ", number(warning, "line"));
		put_xml(out, text(warning, "message"));
		wf_buf_addch(out, '\n');
	}
	wf_buf_addstr(out, "</system-err>\n");
}

static void put_junit_case(const json_t *file, const json_t *test, struct wf_buf *out)
{
	size_t i;
	json_t *failure;
	wf_buf_addstr(out, "    <testcase classname=\"");
	put_xml(out, text(file, "workflow"));
	wf_buf_addstr(out, "\" name=\"");
	put_xml(out, text(test, "name"));
	wf_buf_addstr(out, "\" file=\"");
	put_xml(out, text(file, "file"));
	if (passed(test) && !json_array_size(json_object_get(test, "warnings"))) {
		wf_buf_addstr(out, "\"/>\n");
		return;
	}
	wf_buf_addstr(out, "\">\n");
	json_array_foreach(json_object_get(test, "failures"), i, failure)
	{
		wf_buf_addstr(out, "      <failure message=\"");
		put_xml(out, text(failure, "message"));
		wf_buf_addstr(out, "\">");
		put_xml(out, text(file, "file"));
		wf_buf_printf(out, ":%" JSON_INTEGER_FORMAT "</failure>\n", number(failure, "line"));
	}
	put_junit_warnings(file, json_object_get(test, "warnings"), "      ", out);
	wf_buf_addstr(out, "    </testcase>\n");
}

static void put_junit_coverage(const json_t *file, struct wf_buf *out)
{
	static const char *const parts[] = { "steps", "branches" };
	wf_buf_addstr(out, "    <properties>\n");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const json_t *share = json_object_get(json_object_get(file, "coverage"), parts[i]);
		json_int_t covered = number(share, "covered"), total = number(share, "total");
		wf_buf_printf(out,
			"      <property name=\"coverage.%s.covered\" value=\"%" JSON_INTEGER_FORMAT "\"/>\n"
			"      <property name=\"coverage.%s.total\" value=\"%" JSON_INTEGER_FORMAT "\"/>\n"
			"      <property name=\"coverage.%s.percent\" value=\"%.1f\"/>\n",
			parts[i], covered, parts[i], total, parts[i], percent(covered, total));
	}
	wf_buf_addstr(out, "    </properties>\n");
}

/* What the suite has to say beside its tests. */
static void put_junit_out(const json_t *file, bool missed, struct wf_buf *out)
{
	WF_AUTOBUF struct wf_buf list = { 0 };
	if (missed)
		put_missed(json_object_get(file, "coverage"), "missed ", &list);
	if (list.len) {
		wf_buf_addstr(out, "    <system-out>");
		put_xml(out, list.data);
		wf_buf_addstr(out, "</system-out>\n");
	}
	put_junit_warnings(file, json_object_get(file, "warnings"), "    ", out);
}

void wf_view_tests_junit(const json_t *files, bool missed, struct wf_buf *out)
{
	struct tally all = tally(files);
	size_t i, k;
	json_t *file, *test;
	wf_buf_printf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%zu\" failures=\"%zu\">\n",
		all.tests, all.failed);
	json_array_foreach(files, i, file)
	{
		json_t *one = json_pack("[O]", file);
		struct tally t = tally(one);
		json_decref(one);
		wf_buf_addstr(out, "  <testsuite name=\"");
		put_xml(out, text(file, "file"));
		wf_buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\">\n", t.tests, t.failed);
		put_junit_coverage(file, out);
		json_array_foreach(json_object_get(file, "tests"), k, test)
			put_junit_case(file, test, out);
		put_junit_out(file, missed, out);
		wf_buf_addstr(out, "  </testsuite>\n");
	}
	wf_buf_addstr(out, "</testsuites>\n");
}

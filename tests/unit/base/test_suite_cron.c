/*
 * Cron expressions against the cases of other libraries: first what all of them agree on, then what
 * they do at the changes of the clock, under the policy that each of them has, then the rest.
 *
 * Not ours: an expression with both days restricted that fires where both agree (here either is
 * enough), seven fields, and names of one library alone. Two cases fail for good: asked for what
 * fires at or after the very end of a gap, that library leaves out what it has moved there; we do
 * not.
 */
#include "base/cron.h"
#include "base/duration.h"
#include "base/mem.h"

#include "helpers/suite.h"

/* -- a case -- */

static const char *text_of(const struct suite *s, const char *part, const char *key)
{
	const char *text = json_string_value(suite_get(s, part, key));
	return text ? text : "";
}

/* Without the zone that one library takes in front; it is the one of the case. */
static const char *expression(const struct suite *s)
{
	const char *expr = text_of(s, "input", "expr");
	return suite_has_tag(s, "tz-prefix") ? strchr(expr, ' ') : expr;
}

static int parse(const char *expr, struct wf_cron *ret, struct wf_cause *cause)
{
	return wf_cron_parse(expr, strlen(expr), ret, NULL, cause);
}

static const char *reason_to_skip(const struct suite *s)
{
	const char *expr = text_of(s, "input", "expr");

	if (suite_has_tag(s, "dom-and-dow") && !suite_has_tag(s, "dst") &&
		!suite_has_tag(s, "equivalence"))
		return "either day is enough here";
	if (suite_has_tag(s, "fields7"))
		return "a field for years";
	if (strcmp(expr, "@always") == 0 || strcmp(expr, "@5minutes") == 0)
		return "a name of one library";
	if (suite_has_tag(s, "libraries-disagree") && suite_has_tag(s, "gronx"))
		return "its neighbours read it as we do";
	return NULL;
}

/* The name of the field in our messages. */
static const char *our_field(const char *theirs)
{
	static const char *const names[][2] = {
		{ "Seconds", "second:" },
		{ "Minutes", "minute:" },
		{ "Hours", "hour:" },
		{ "Days of month", "day of month:" },
		{ "Months", "month:" },
		{ "Days of week", "day of week:" },
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(theirs, names[i][0]) == 0)
			return names[i][1];
	return theirs;
}

/* Milliseconds; what lies between two of them is after the first. */
static int64_t time_of(const char *text, bool round_up)
{
	int64_t ms = 0;
	const char *dot = strchr(text, '.');

	assert_int_equal(wf_time_parse(text, strlen(text), &ms), 0);
	if (dot && round_up) {
		size_t digits = strspn(dot + 1, "0123456789");
		for (size_t i = 3; i < digits; i++)
			if (dot[1 + i] != '0')
				return ms + 1;
	}
	return ms;
}

/* -- what is expected -- */

static bool check_equal(const struct suite *s, const struct wf_cron *c)
{
	struct wf_cron other;
	bool equal = suite_get(s, "expect", "equivalent") != NULL;
	const char *text = text_of(s, "expect", equal ? "equivalent" : "not_equivalent");

	return parse(text, &other, NULL) == 0 && wf_cron_equal(c, &other) == equal;
}

static bool check_times(const struct suite *s, const struct wf_cron *c, const struct wf_zone *zone,
	struct wf_dst_policy policy)
{
	bool inclusive = json_is_true(suite_get(s, "input", "inclusive"));
	int64_t from = time_of(text_of(s, "input", "from"), inclusive);
	json_t *next = suite_get(s, "expect", "next"), *due = suite_get(s, "expect", "due");
	struct wf_firing f;

	if (next &&
		(wf_cron_next(c, zone, policy, from, inclusive, &f) != 0 ||
			f.ms != time_of(json_string_value(next), false)))
		return false;
	if (!due)
		return true;
	bool is_due = wf_cron_next(c, zone, policy, from, true, &f) == 0 && f.ms == from;
	return is_due == json_is_true(due);
}

static bool check(const struct suite *s, struct wf_dst_policy policy)
{
	struct wf_cause cause = { 0 };
	struct wf_cron c;
	struct wf_zone *zone = NULL;
	int err = parse(expression(s), &c, &cause);

	if (json_is_true(suite_get(s, "expect", "error")))
		return err == WF_ESYNTAX &&
			strstr(cause.text, our_field(text_of(s, "expect", "field")));
	if (json_is_true(suite_get(s, "expect", "never")))
		return err == WF_EINVAL;
	if (err < 0)
		return false;
	if (suite_get(s, "expect", "valid"))
		return true;
	if (suite_get(s, "expect", "equivalent") || suite_get(s, "expect", "not_equivalent"))
		return check_equal(s, &c);
	assert_int_equal(wf_zone_open(NULL, text_of(s, "input", "tz"), &zone, &cause), 0);
	bool good = check_times(s, &c, zone, policy);
	wf_zone_free(zone);
	return good;
}

/* The policy that a library has built in. */
static struct wf_dst_policy policy_of(const struct suite *s)
{
	if (suite_has_tag(s, "robfig"))
		return (struct wf_dst_policy){ WF_GAP_SKIP, WF_OVERLAP_BOTH };
	return (struct wf_dst_policy){ WF_GAP_SHIFT, WF_OVERLAP_AUTO };
}

static void run_case(struct suite *s, struct wf_dst_policy policy)
{
	const char *why = reason_to_skip(s);

	if (why)
		suite_skip(s, why);
	else
		suite_count(s, check(s, policy), text_of(s, "input", "expr"));
}

/* -- the groups -- */

static void portable_core(void **state)
{
	struct suite s;
	(void)state;

	suite_open(&s, "cron");
	s.name = "cron portable-core";
	while (suite_next(&s))
		if (suite_has_tag(&s, "portable-core"))
			run_case(&s, (struct wf_dst_policy){ 0 });
	suite_close(&s, 308);
}

static void clock_changes(void **state)
{
	struct suite s;
	(void)state;

	suite_open(&s, "cron");
	s.name = "cron dst";
	while (suite_next(&s))
		if (suite_has_tag(&s, "dst"))
			run_case(&s, policy_of(&s));
	suite_close(&s, 162);
}

/* Our default: once, at the first. The library whose cases these are agrees for what names a time
 * of day, and fires twice what counts on through the hours. */
static void clock_changes_by_default(void **state)
{
	struct suite s;
	struct wf_cron c;
	(void)state;

	suite_open(&s, "cron");
	s.name = "cron dst-default";
	while (suite_next(&s)) {
		if (!suite_has_tag(&s, "dst") || !suite_has_tag(&s, "cronos"))
			continue;
		if (parse(expression(&s), &c, NULL) == 0 && c.periodic)
			suite_skip(&s, "it assumes that both of an overlap fire");
		else
			run_case(&s, (struct wf_dst_policy){ 0 });
	}
	suite_close(&s, 47);
}

static void other_dialects(void **state)
{
	struct suite s;
	(void)state;

	suite_open(&s, "cron");
	s.name = "cron dialects";
	while (suite_next(&s))
		if (!suite_has_tag(&s, "portable-core") && !suite_has_tag(&s, "dst"))
			run_case(&s, policy_of(&s));
	suite_close(&s, 750);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(portable_core),
		cmocka_unit_test(clock_changes),
		cmocka_unit_test(clock_changes_by_default),
		cmocka_unit_test(other_dialects),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

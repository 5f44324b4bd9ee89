/*
 * Durations against the cases of other libraries. Where these disagree ISO 8601-1 decides: capital
 * designators, no sign on a part, fractions of the smallest part only; and our bounds: 32 bits for
 * years to days, nine digits of a fraction, which only hours, minutes and seconds may have.
 */
#include "base/duration.h"

#include "helpers/suite.h"

#include <inttypes.h>

/* Years and days without months, or hours and seconds without minutes. */
static bool has_gap(const char *text)
{
	const char *time = strchr(text, 'T');
	bool months = strchr(text, 'M') && (!time || strchr(text, 'M') < time);

	return (strchr(text, 'Y') && strchr(text, 'D') && !months) ||
		(time && strchr(time, 'H') && strchr(time, 'S') && !strchr(time, 'M'));
}

static size_t longest_number(const char *text)
{
	size_t longest = 0;
	for (; *text; text++) {
		size_t n = strspn(text, "0123456789");
		longest = n > longest ? n : longest;
	}
	return longest;
}

/* A text that other libraries take and we do not, or the other way round, for the reason told. */
static const char *reason_to_skip(const struct suite *s, const char *text)
{
	bool valid = json_is_true(suite_get(s, "expect", "valid"));
	const char *week = strchr(text, 'W');

	if (suite_has_tag(s, "rfc3339-grammar") && !valid) {
		if (strpbrk(text, ".,"))
			return "the ABNF of RFC 3339 has no fractions";
		if (text[0] == '-')
			return "the ABNF of RFC 3339 has no sign";
		if (week && (week[1] || strchr(text, 'Y')))
			return "the ABNF of RFC 3339 has weeks alone only";
		if (has_gap(text))
			return "the ABNF of RFC 3339 wants no gap between the parts";
	}
	if (suite_has_tag(s, "per-unit-sign"))
		return "a sign on a part is not ISO 8601";
	if (suite_has_tag(s, "frac-non-second") && !strchr(text, 'T'))
		return "a fraction of a year or week has no fixed length";
	if (valid && strpbrk(text, "ymdhs"))
		return "designators are capital letters in ISO 8601-1";
	if (longest_number(text) > 20)
		return "beyond 64 bits";
	if (suite_has_tag(s, "alt-format"))
		return "the alternative format";
	if (suite_has_tag(s, "huge"))
		return "beyond 32 bits or nine digits";
	return NULL;
}

static double field(const struct suite *s, const char *name)
{
	const char *text = json_string_value(
		json_object_get(suite_get(s, "expect", "fields"), name));
	return text ? strtod(text, NULL) : 0;
}

static bool near(double a, double b)
{
	return a - b < 1e-6 && b - a < 1e-6;
}

static bool same_fields(const struct suite *s, const struct wf_duration *d)
{
	double sign = d->negative ? -1 : 1;
	double days = field(s, "days"), weeks = field(s, "weeks");

	/* Some libraries keep weeks as days; a fraction of an hour may be kept as minutes. */
	if (suite_has_tag(s, "weeks-folded-into-days"))
		days -= weeks = sign * d->weeks * 7;
	else
		weeks *= 7;
	double time = field(s, "hours") * 3600 + field(s, "minutes") * 60 + field(s, "seconds");
	return near(field(s, "years"), sign * d->years) && near(field(s, "months"), sign * d->months) &&
		near(weeks, sign * d->weeks * 7) && near(days, sign * d->days) &&
		near(time,
			sign * ((double)d->hours * 3600 + (double)d->minutes * 60 + (double)d->seconds +
				d->nanos / 1e9));
}

static bool same_length(const struct suite *s, const struct wf_duration *d)
{
	uint64_t seconds = d->days * UINT64_C(86400) + d->hours * 3600 + d->minutes * 60 + d->seconds;
	char text[32];
	(void)snprintf(text, sizeof(text), "%s%" PRIu64, d->negative ? "-" : "", seconds);
	return strcmp(text, json_string_value(suite_get(s, "expect", "seconds"))) == 0 &&
		json_integer_value(suite_get(s, "expect", "nanos")) == d->nanos;
}

static bool same_text(const struct suite *s, const struct wf_duration *d)
{
	char text[160];
	wf_duration_text(d, text, sizeof(text));
	return strcmp(text, json_string_value(suite_get(s, "expect", "canonical"))) == 0;
}

static void check(struct suite *s)
{
	json_t *text = suite_get(s, "input", "text");
	bool valid = json_is_true(suite_get(s, "expect", "valid"));
	struct wf_duration d;
	int err = wf_duration_parse(json_string_value(text), json_string_length(text), true, &d);

	if ((err == 0) != valid) {
		suite_count(s, false, valid ? "refused" : "taken");
		return;
	}
	if (!valid)
		suite_count(s, true, "");
	else if (suite_get(s, "expect", "canonical") && !same_text(s, &d))
		suite_count(s, false, "its text differs");
	else if (suite_get(s, "expect", "seconds"))
		suite_count(s, same_length(s, &d), "its length differs");
	else
		suite_count(s, !suite_get(s, "expect", "fields") || same_fields(s, &d), "its parts differ");
}

static void durations(void **state)
{
	struct suite s;
	(void)state;

	suite_open(&s, "iso8601_duration");
	while (suite_next(&s)) {
		const char *why = reason_to_skip(&s, json_string_value(suite_get(&s, "input", "text")));
		if (why)
			suite_skip(&s, why);
		else
			check(&s);
	}
	suite_close(&s, 187);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

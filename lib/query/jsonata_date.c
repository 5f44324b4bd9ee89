/* JSONata's library: dates and times as text, by the pictures of XPath F&O 9.8. */
#include "query/jsonata_date.h"

#include <stdlib.h>

#define DAY_MS ((int64_t)WF_DAY_SECONDS * 1000)
#define FURTHEST 8.64e15 /* ms from the epoch that a time may be away */

const char *const wf_jn_months[12] = {"January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December"};
const char *const wf_jn_days[8] = {
	"", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

/* -- components -- */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The Monday of the week that has the first Thursday of the year or month: a day since the epoch.
 */
static int64_t first_week(int64_t year, int month)
{
	int64_t first = wf_civil_days(year, month, 1);
	int weekday = wf_civil_weekday(first);
	weekday = weekday == 0 ? 7 : weekday;
	return weekday > 4 ? first + 8 - weekday : first - (weekday - 1);
}

struct month {
	int64_t year;
	int month;
};

static struct month moved(struct month m, int months)
{
	int64_t all = m.year * 12 + m.month - 1 + months;
	int64_t year = floor_div(all, 12);
	return (struct month){year, (int)(all - year * 12) + 1};
}

/* Which week of the year (of 12 months) or of the month a day is in; which year or month that is.
 */
static int64_t week_of(int64_t day, struct month at, int months, struct month *ret_of)
{
	struct month next = moved(at, months), before = moved(at, -months);
	int64_t start = first_week(at.year, at.month), end = first_week(next.year, next.month);
	*ret_of = day < start ? before : day >= end ? next : at;
	start = first_week(ret_of->year, ret_of->month);
	return floor_div(day - start, 7) + 1;
}

struct wf_jn_moment wf_jn_moment_of(int64_t ms)
{
	int64_t seconds = floor_div(ms, 1000);
	return (struct wf_jn_moment){.day = floor_div(ms, DAY_MS),
		.ms = (int)(ms - seconds * 1000),
		.civil = wf_civil_of(seconds)};
}

double wf_jn_date_fragment(const struct wf_jn_moment *at, char component)
{
	struct wf_civil c = at->civil;
	int64_t day = at->day;
	struct month of;
	switch (component) {
	case 'Y':
		return (double)c.year;
	case 'M':
		return c.month;
	case 'D':
		return c.day;
	case 'd':
		return (double)(day - wf_civil_days(c.year, 1, 1) + 1);
	case 'F':
		return c.weekday == 0 ? 7 : c.weekday;
	case 'W':
		return (double)week_of(day, (struct month){c.year, 1}, 12, &of);
	case 'w':
		return (double)week_of(day, (struct month){c.year, c.month}, 1, &of);
	case 'X':
		(void)week_of(day, (struct month){c.year, 1}, 12, &of);
		return (double)of.year;
	case 'x':
		(void)week_of(day, (struct month){c.year, c.month}, 1, &of);
		return of.month;
	case 'H':
		return c.hour;
	case 'h':
		return c.hour % 12 == 0 ? 12 : c.hour % 12;
	case 'P':
		return c.hour >= 12;
	case 'm':
		return c.minute;
	case 's':
		return c.second;
	case 'f':
		return at->ms;
	default:
		return 0;
	}
}

/* -- reading a picture -- */

static const char *default_presentation(char component)
{
	static const struct {
		char component;
		const char *presentation;
	} list[] = {{'Y', "1"}, {'M', "1"}, {'D', "1"}, {'d', "1"}, {'F', "n"}, {'W', "1"},
		{'w', "1"}, {'X', "1"}, {'x', "1"}, {'H', "1"}, {'h', "1"}, {'P', "n"}, {'m', "01"},
		{'s', "01"}, {'f', "1"}, {'Z', "01:01"}, {'z', "01:01"}, {'C', "n"}, {'E', "n"}};
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (list[i].component == component)
			return list[i].presentation;
	return NULL;
}

/* Unsigned, up to what is no digit; -1: none. */
static int64_t width_number(const char *s, size_t n)
{
	int64_t v = -1;
	for (size_t i = 0; i < n && s[i] >= '0' && s[i] <= '9' && v < 10000; i++)
		v = (v < 0 ? 0 : v) * 10 + (s[i] - '0');
	return v;
}

static void parse_width(const char *s, size_t n, struct wf_jn_date_part *part, int64_t *ret_min)
{
	const char *dash = memchr(s, '-', n);
	size_t first = dash ? (size_t)(dash - s) : n;
	int64_t max = dash ? width_number(dash + 1, n - first - 1) : -1;
	*ret_min = width_number(s, first);
	part->has_width = true;
	part->width_max = max < 0 ? 0 : max;
}

static void parse_integer(struct wf_jn_run *r, struct wf_jn_date_part *part, const char *s,
	size_t n, char modifier, int64_t least)
{
	struct wf_jn_text t = {.r = r};
	wf_jn_text_add(&t, s, n);
	if (modifier) {
		wf_jn_text_add(&t, ";", 1);
		wf_jn_text_add(&t, &modifier, 1);
	}
	wf_jn_picture_parse(r, wf_jn_text_value(&t), &part->integer);
	part->has_integer = true;
	if (least > part->integer.mandatory)
		part->integer.mandatory = least;
	if (part->component != 'Y')
		return;
	int64_t digits = part->integer.mandatory + part->integer.optional;
	part->year_digits = digits >= 2 && part->integer.primary == WF_JN_P_DECIMAL ? digits : -1;
	if (part->width_max)
		part->integer.mandatory = part->year_digits = part->width_max;
}

static bool is_in(const char *set, char c)
{
	return c && strchr(set, c);
}

/* What stands between the brackets, its space taken out. */
static void parse_marker(struct wf_jn_run *r, const char *s, size_t n, struct wf_jn_date_part *part)
{
	int64_t least = -1;
	char modifier = 0;
	part->component = n ? s[0] : '?';
	const char *comma = memrchr(s, ',', n);
	size_t end = comma ? (size_t)(comma - s) : n;
	if (comma)
		parse_width(comma + 1, n - end - 1, part, &least);
	const char *presentation = n ? s + 1 : s;
	size_t len = end > 1 ? end - 1 : 0;
	if (len > 1 && is_in("atco", presentation[len - 1]))
		modifier = presentation[--len];
	const char *standard = default_presentation(part->component);
	if (len == 0) {
		if (!standard)
			wf_jn_throw(r, "D3132");
		presentation = standard;
		len = strlen(standard);
	}
	part->zulu = modifier == 't';
	if (presentation[0] == 'n')
		part->names = WF_JN_NAMES_LOWER;
	else if (presentation[0] == 'N')
		part->names =
			len > 1 && presentation[1] == 'n' ? WF_JN_NAMES_TITLE : WF_JN_NAMES_UPPER;
	else if (is_in("YMDdFWwXxHhmsf", part->component))
		parse_integer(r, part, presentation, len, modifier, least);
	if (part->component == 'Z' || part->component == 'z')
		parse_integer(r, part, presentation, len, 0, -1);
}

static struct wf_jn_date_part *add_part(struct wf_jn_run *r, struct wf_jn_date_picture *p)
{
	if (p->count == p->room) {
		struct wf_jn_date_part *parts =
			wf_jn_alloc_array(r, p->room * 2 + 4, sizeof(*parts));
		if (p->count)
			memcpy(parts, p->parts, p->count * sizeof(*parts));
		p->parts = parts;
		p->room = p->room * 2 + 4;
	}
	struct wf_jn_date_part *part = &p->parts[p->count++];
	*part = (struct wf_jn_date_part){.year_digits = -1};
	return part;
}

/* A literal; where it has two closing brackets, one is meant. */
static void add_literal(struct wf_jn_run *r, struct wf_jn_date_picture *p, const char *s, size_t n)
{
	struct wf_jn_text t = {.r = r};
	if (!n)
		return;
	for (size_t i = 0; i < n; i++) {
		wf_jn_text_add(&t, s + i, 1);
		if (s[i] == ']' && i + 1 < n && s[i + 1] == ']')
			i++;
	}
	add_part(r, p)->literal = wf_jn_text_value(&t);
}

static size_t add_marker(
	struct wf_jn_run *r, struct wf_jn_date_picture *p, struct wf_jn_value text, size_t open)
{
	const char *close = memchr(text.s + open, ']', text.n - open);
	if (!close)
		wf_jn_throw(r, "D3135");
	size_t end = (size_t)(close - text.s), n = 0;
	char *marker = wf_jn_alloc(r, end - open + 1);
	for (size_t i = open + 1; i < end; i++)
		if (!is_in(" \t\n\r\v\f", text.s[i]))
			marker[n++] = text.s[i];
	struct wf_jn_date_part *part = add_part(r, p);
	parse_marker(r, marker, n, part);
	struct wf_jn_date_part *before = p->count > 1 ? part - 1 : NULL;
	if (before && before->has_integer && part->has_integer && !is_in("Zz", part->component))
		before->integer.parse_width = before->integer.mandatory;
	return end;
}

void wf_jn_date_picture_parse(
	struct wf_jn_run *r, struct wf_jn_value text, struct wf_jn_date_picture *p)
{
	*p = (struct wf_jn_date_picture){.count = 0};
	size_t from = 0, i = 0;
	for (; i < text.n; i++) {
		if (text.s[i] != '[')
			continue;
		add_literal(r, p, text.s + from, i - from);
		if (i + 1 < text.n && text.s[i + 1] == '[') {
			add_part(r, p)->literal = wf_jn_str("[", 1);
			i++;
		} else {
			i = add_marker(r, p, text, i);
		}
		from = i + 1;
	}
	add_literal(r, p, text.s + from, text.n > from ? text.n - from : 0);
}

/* -- writing -- */

struct zone {
	int hours, minutes;
};

static void write_name(struct wf_jn_text *t, const struct wf_jn_date_part *part, double v)
{
	const char *name = NULL;
	if (part->component == 'M' || part->component == 'x')
		name = wf_jn_months[(int)v - 1];
	else if (part->component == 'F')
		name = wf_jn_days[(int)v];
	else
		wf_jn_throw(t->r, "D3133");
	size_t n = strlen(name);
	if (part->width_max && (size_t)part->width_max < n)
		n = (size_t)part->width_max;
	struct wf_jn_value s = wf_jn_str(name, n);
	if (part->names != WF_JN_NAMES_TITLE)
		s = wf_jn_recase(t->r, s, part->names == WF_JN_NAMES_UPPER);
	wf_jn_text_add(t, s.s, s.n);
}

static void write_zone(struct wf_jn_text *t, const struct wf_jn_date_part *part, struct zone zone)
{
	int offset = zone.hours * 100 + zone.minutes;
	if (offset == 0 && part->zulu) {
		wf_jn_text_str(t, "Z");
		return;
	}
	if (part->component == 'z')
		wf_jn_text_str(t, "GMT");
	if (offset >= 0)
		wf_jn_text_str(t, "+");
	int64_t digits = part->integer.mandatory;
	if (part->integer.regular || digits == 3 || digits == 4) {
		wf_jn_picture_format(t, offset, &part->integer);
	} else if (digits == 1 || digits == 2) {
		if (zone.hours == 0 && zone.minutes < 0)
			wf_jn_text_str(t, "-");
		wf_jn_picture_format(t, zone.hours, &part->integer);
		if (zone.minutes) {
			int minutes = abs(zone.minutes);
			char text[] = {':', (char)('0' + minutes / 10), (char)('0' + minutes % 10)};
			wf_jn_text_add(t, text, sizeof(text));
		}
	} else {
		wf_jn_throw(t->r, "D3134");
	}
}

static void write_part(struct wf_jn_text *t, const struct wf_jn_date_part *part,
	const struct wf_jn_moment *at, struct zone zone)
{
	char c = part->component;
	double v = wf_jn_date_fragment(at, c);
	if (!c) {
		wf_jn_text_add(t, part->literal.s, part->literal.n);
	} else if (c == 'Z' || c == 'z') {
		write_zone(t, part, zone);
	} else if (c == 'P') {
		const char *upper = v > 0 ? "PM" : "AM", *lower = v > 0 ? "pm" : "am";
		wf_jn_text_str(t, part->names == WF_JN_NAMES_UPPER ? upper : lower);
	} else if (c == 'C' || c == 'E') {
		wf_jn_text_str(t, "ISO");
	} else if (part->names) {
		write_name(t, part, v);
	} else if (part->has_integer) {
		if (c == 'Y' && part->year_digits >= 0 && part->year_digits < 16)
			v = fmod(v, pow(10, (double)part->year_digits));
		wf_jn_picture_format(t, v, &part->integer);
	} else {
		wf_jn_throw(t->r, "D3132");
	}
}

static const struct wf_jn_date_picture *iso_picture(struct wf_jn_run *r)
{
	static const char iso[] = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";
	if (!r->iso) {
		struct wf_jn_date_picture *p = wf_jn_alloc(r, sizeof(*p));
		wf_jn_date_picture_parse(r, wf_jn_str(iso, sizeof(iso) - 1), p);
		r->iso = p;
	}
	return r->iso;
}

static struct wf_jn_value format(
	struct wf_jn_run *r, double ms, struct wf_jn_value picture, struct wf_jn_value timezone)
{
	struct zone zone = {0, 0};
	if (timezone.tag == WF_JN_STRING) {
		char text[16] = "";
		memcpy(text, timezone.s, timezone.n < 15 ? timezone.n : 15);
		long offset = strtol(text, NULL, 10);
		if (offset > 9999 || offset < -9999)
			wf_jn_throw(r, "D3134");
		zone = (struct zone){(int)(offset / 100), (int)(offset % 100)};
	}
	if (!(fabs(ms) <= FURTHEST))
		wf_jn_throw(r, "D1001");
	struct wf_jn_date_picture own;
	const struct wf_jn_date_picture *p = &own;
	if (wf_jn_is_undef(picture))
		p = iso_picture(r);
	else
		wf_jn_date_picture_parse(r, picture, &own);
	int64_t local = (int64_t)floor(ms) + (zone.hours * 60 + zone.minutes) * (int64_t)60000;
	struct wf_jn_text t = {.r = r};
	struct wf_jn_moment at = wf_jn_moment_of(local);
	for (size_t i = 0; i < p->count; i++)
		write_part(&t, &p->parts[i], &at, zone);
	return wf_jn_text_value(&t);
}

struct wf_jn_value wf_jn_fn_fromMillis(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	return format(r, wf_jn_double(a->items[0]), a->items[1], a->items[2]);
}

struct wf_jn_value wf_jn_fn_now(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return format(r, (double)r->now_ms, a->items[0], a->items[1]);
}

struct wf_jn_value wf_jn_fn_millis(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	(void)a;
	return wf_jn_num((double)r->now_ms);
}

/* Cron expressions: parse, normalise, validate. cron_next.c says when, cron_text.c prints. */
#include "base/cron.h"

#include "base/civil.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* -- the fields -- */

enum { SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

static const char *const month_names[] = { "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE",
	"JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER", NULL };
static const char *const weekday_names[] = { "SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY",
	"FRIDAY", "SATURDAY", NULL };

struct field {
	const char *name;
	int first, last; /* `last` bounds a step too */
	int size;	 /* how many different values: 7 is Sunday again */
	const char *const *names;
	const char *expected;
};

static const struct field fields[FIELDS] = {
	[SECOND] = { "second", 0, 59, 60, NULL, "0 to 59 or *" },
	[MINUTE] = { "minute", 0, 59, 60, NULL, "0 to 59 or *" },
	[HOUR] = { "hour", 0, 23, 24, NULL, "0 to 23 or *" },
	[DAY] = { "day of month", 1, 31, 31, NULL, "1 to 31, L, nW or *" },
	[MONTH] = { "month", 1, 12, 12, month_names, "1 to 12, JAN to DEC or *" },
	[WEEKDAY] = { "day of week", 0, 7, 7, weekday_names, "0 to 7, SUN to SAT, nL, n#k or *" },
};

static const struct {
	const char *name, *text;
} macros[] = {
	{ "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
	{ "@monthly", "0 0 1 * *" },
	{ "@weekly", "0 0 * * 0" },
	{ "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" },
	{ "@hourly", "0 * * * *" },
	{ "@every_minute", "* * * * *" },
	{ "@every_second", "* * * * * *" },
};

/* -- parsing -- */

struct parser {
	const char *text, *at, *end; /* the field, and where in it we are */
	const struct field *field;
	struct wf_cron *cron;
	bool any; /* a * was in the field */
	uint64_t values;
	size_t items;
	size_t bad; /* the offset in the text where it went wrong */
	struct wf_cause *cause;
};

/* Fails at the place where the parser is; `expected` as in "expected 0 to 59". */
static int refuse(struct parser *p, const char *expected)
{
	size_t n = (size_t)(p->end - p->at);

	p->bad = (size_t)(p->at - p->text);
	if (n == 0)
		return wf_fail(p->cause, WF_ESYNTAX, "%s: expected %s at its end", p->field->name,
			expected);
	return wf_fail(p->cause, WF_ESYNTAX, "%s: expected %s, found \"%.*s\"", p->field->name,
		expected, (int)(n > 40 ? 40 : n), p->at);
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool at_char(const struct parser *p, char wanted)
{
	return p->at < p->end && upper(*p->at) == wanted;
}

static bool take(struct parser *p, char wanted)
{
	if (!at_char(p, wanted))
		return false;
	p->at++;
	return true;
}

static bool at_item_end(const struct parser *p)
{
	return p->at == p->end || *p->at == ',';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A number from least to most; the parser stays where it is otherwise. */
static bool take_number(struct parser *p, int least, int most, int *ret)
{
	const char *at = p->at;
	int value = 0;

	for (; at < p->end && is_digit(*at) && at - p->at < 9; at++)
		value = value * 10 + (*at - '0');
	if (at == p->at || (at < p->end && is_digit(*at)) || value < least || value > most)
		return false;
	p->at = at;
	*ret = value;
	return true;
}

/* How much of the letters is the name: all of it or three letters, and perhaps an L behind it. */
static size_t name_length(const char *letters, size_t n, const char *name, bool allow_l)
{
	size_t lengths[] = { strlen(name), 3 };

	for (size_t i = 0; i < 2; i++) {
		size_t len = lengths[i];
		if (n >= len && strncasecmp(letters, name, len) == 0 &&
			(n == len || (allow_l && n == len + 1 && upper(letters[len]) == 'L')))
			return len;
	}
	return 0;
}

static bool take_name(struct parser *p, int *ret)
{
	const char *end = p->at;

	while (end < p->end && upper(*end) >= 'A' && upper(*end) <= 'Z')
		end++;
	for (int i = 0; p->field->names && p->field->names[i]; i++) {
		size_t n = name_length(p->at, (size_t)(end - p->at), p->field->names[i],
			p->field == &fields[WEEKDAY]);
		if (n) {
			p->at += n;
			*ret = i + p->field->first;
			return true;
		}
	}
	return false;
}

static bool take_value(struct parser *p, int *ret)
{
	return take_number(p, p->field->first, p->field->last, ret) || take_name(p, ret);
}

static void add(struct parser *p, int value)
{
	/* The only value beyond a field's size is the second Sunday. */
	p->values |= UINT64_C(1) << (value - p->field->first < p->field->size ? value : 0);
}

static void add_range(struct parser *p, int from, int to, int step)
{
	int first = p->field->first, size = p->field->size;

	if (from == 7 && p->field == &fields[WEEKDAY] && to < 7)
		from = 0;
	int length = from <= to ? to - from : to - from + size;
	for (int i = 0; i <= length; i += step)
		add(p, from <= to ? from + i : first + (from - first + i) % size);
}

/* "/5" if there is one; 1 otherwise. */
static int take_step(struct parser *p, int *ret)
{
	*ret = 1;
	if (!take(p, '/'))
		return 0;
	p->cron->periodic |= p->field <= &fields[HOUR];
	if (take_number(p, 1, p->field->last, ret))
		return 0;
	char expected[40];
	(void)snprintf(expected, sizeof(expected), "a step between 1 and %d", p->field->last);
	return refuse(p, expected);
}

static int take_star(struct parser *p)
{
	int step, err;

	p->cron->periodic |= p->field <= &fields[HOUR];
	err = take_step(p, &step);
	if (err < 0)
		return err;
	p->any |= step == 1;
	add_range(p, p->field->first, p->field->first + p->field->size - 1, step);
	return 0;
}

/* A value alone, a range, or a value with a step, which means a range to the last. */
static int take_range(struct parser *p, int from)
{
	int to = from, step, err;

	if (take(p, '-')) {
		p->cron->periodic |= p->field <= &fields[HOUR];
		if (!take_value(p, &to))
			return refuse(p, p->field->expected);
	} else if (at_char(p, '/')) {
		to = p->field->first + p->field->size - 1;
	}
	err = take_step(p, &step);
	if (err < 0)
		return err;
	add_range(p, from, to, step);
	return 0;
}

static bool alone(const struct parser *p)
{
	return p->items == 0 && p->at == p->end;
}

/* L, L-3, LW, L-3W */
static int take_last(struct parser *p)
{
	int before = 0;

	if (take(p, '-') && !take_number(p, 0, 30, &before))
		return refuse(p, "0 to 30 days before the last");
	if (take(p, 'W')) {
		p->cron->nearest_last = (uint8_t)(before + 1);
		return alone(p) ? 0 : (p->at--, refuse(p, "W to stand alone, not in a list"));
	}
	p->cron->last_days |= UINT32_C(1) << before;
	return 0;
}

static int take_nearest(struct parser *p, int day)
{
	p->cron->nearest = (uint8_t)day;
	return alone(p) ? 0 : (p->at--, refuse(p, "W to stand alone, not in a list"));
}

static int take_nth(struct parser *p, int weekday)
{
	int nth;

	if (!take_number(p, 1, 5, &nth))
		return refuse(p, "1 to 5 after #");
	p->cron->nth[nth - 1] |= (uint8_t)(1u << weekday % 7);
	return 0;
}

static int take_item(struct parser *p)
{
	bool day = p->field == &fields[DAY], weekday = p->field == &fields[WEEKDAY];
	int value, err;

	if (take(p, '*')) {
		err = take_star(p);
	} else if (take(p, '?')) {
		p->cron->periodic |= p->field <= &fields[HOUR];
		p->any = true;
		add_range(p, p->field->first, p->field->first + p->field->size - 1, 1);
		err = 0;
	} else if (day && take(p, 'L')) {
		err = take_last(p);
	} else if (!take_value(p, &value)) {
		return refuse(p, p->field->expected);
	} else if (day && take(p, 'W')) {
		err = take_nearest(p, value);
	} else if (weekday && take(p, 'L')) {
		p->cron->last_weekdays |= (uint8_t)(1u << value % 7);
		err = 0;
	} else if (weekday && take(p, '#')) {
		err = take_nth(p, value);
	} else {
		err = take_range(p, value);
	}
	if (err < 0)
		return err;
	p->items++;
	return at_item_end(p) ? 0 : refuse(p, "a comma or the field's end");
}

static void store(struct parser *p, size_t index)
{
	struct wf_cron *c = p->cron;

	if (index == SECOND)
		c->seconds = p->values;
	else if (index == MINUTE)
		c->minutes = p->values;
	else if (index == HOUR)
		c->hours = (uint32_t)p->values;
	else if (index == DAY)
		c->days = (uint32_t)p->values, c->any_day = p->any;
	else if (index == MONTH)
		c->months = (uint16_t)p->values;
	else
		c->weekdays = (uint8_t)p->values, c->any_weekday = p->any;
}

static int parse_field(struct parser *p, size_t index)
{
	p->field = &fields[index];
	p->values = 0;
	p->items = 0;
	p->any = false;
	do {
		int err = take_item(p);
		if (err < 0)
			return err;
	} while (take(p, ','));
	store(p, index);
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct words {
	const char *from[FIELDS + 1], *to[FIELDS + 1];
	size_t count; /* one too many is enough to know */
};

static void split(const char *text, const char *end, struct words *ret)
{
	ret->count = 0;
	while (ret->count <= FIELDS) {
		while (text < end && is_blank(*text))
			text++;
		if (text == end)
			return;
		ret->from[ret->count] = text;
		while (text < end && !is_blank(*text))
			text++;
		ret->to[ret->count++] = text;
	}
}

/* -- normalising and validating -- */

#define ALL_DAYS UINT32_C(0xfffffffe)
#define ALL_WEEKDAYS 0x7f

/* A field that holds all values restricts nothing; and where one of two restrictions is enough and
 * holds always, so does the whole. */
static void normalise(struct wf_cron *c)
{
	bool full_day = c->days == ALL_DAYS, full_weekday = c->weekdays == ALL_WEEKDAYS;

	if (!c->any_day && !c->any_weekday && (full_day || full_weekday))
		c->any_day = c->any_weekday = true;
	c->any_day |= full_day;
	c->any_weekday |= full_weekday;
	if (c->any_day) {
		c->days = ALL_DAYS;
		c->last_days = 0;
		c->nearest = c->nearest_last = 0;
	}
	if (c->any_weekday) {
		c->weekdays = ALL_WEEKDAYS;
		c->last_weekdays = 0;
		memset(c->nth, 0, sizeof(c->nth));
	}
	/* A weekday that is listed needs no rule of its own. */
	c->last_weekdays &= (uint8_t)~c->weekdays;
	for (size_t i = 0; i < 5; i++)
		c->nth[i] &= (uint8_t)~c->weekdays;
}

/* Among 28 years without a century that is no leap year are all kinds of years. */
static bool ever_fires(const struct wf_cron *c)
{
	for (int year = 2000; year < 2028; year++)
		for (int month = 1; month <= 12; month++)
			if (wf_cron_days(c, year, month))
				return true;
	return false;
}

static int parse_words(struct parser *p, const struct words *w)
{
	size_t skipped = w->count == 5 ? MINUTE : SECOND;
	int err = 0;

	p->cron->seconds = 1;
	p->cron->six_fields = w->count == 6;
	for (size_t i = 0; !err && i < w->count; i++) {
		p->at = w->from[i];
		p->end = w->to[i];
		err = parse_field(p, skipped + i);
	}
	if (err < 0)
		return err;
	normalise(p->cron);
	if (ever_fires(p->cron))
		return 0;
	p->bad = (size_t)(w->from[DAY - skipped] - p->text);
	(void)wf_fail(p->cause, WF_EINVAL,
		"day of month: none of its months has such a day, so that it "
		"never fires");
	return WF_EINVAL;
}

static int parse_macro(struct parser *p, const struct words *w)
{
	size_t n = (size_t)(w->to[0] - w->from[0]);

	p->bad = (size_t)(w->from[0] - p->text);
	for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++) {
		if (strlen(macros[i].name) != n || strncasecmp(macros[i].name, w->from[0], n) != 0)
			continue;
		if (w->count > 1) {
			p->bad = (size_t)(w->from[1] - p->text);
			return wf_fail(p->cause, WF_ESYNTAX, "nothing may follow %s", macros[i].name);
		}
		struct words fixed;
		split(macros[i].text, macros[i].text + strlen(macros[i].text), &fixed);
		return parse_words(p, &fixed);
	}
	return wf_fail(p->cause, WF_ESYNTAX,
		"expected @yearly, @monthly, @weekly, @daily or @hourly (every so often is an interval: "
		"R/PT5M), found \"%.*s\"",
		(int)(n > 40 ? 40 : n), w->from[0]);
}

int wf_cron_parse(
	const char *text, size_t n, struct wf_cron *ret, size_t *ret_offset, struct wf_cause *cause)
{
	struct wf_cron cron = { 0 };
	struct parser p = { .text = text, .cron = &cron, .cause = cause };
	struct words w;
	int err;

	split(text, text + (n <= WF_MAX_CRON_BYTES ? n : 0), &w);
	if (n > WF_MAX_CRON_BYTES)
		err = wf_fail(cause, WF_ELIMIT, "longer than %d bytes", WF_MAX_CRON_BYTES);
	else if (w.count && *w.from[0] == '@')
		err = parse_macro(&p, &w);
	else if (w.count == 5 || w.count == 6)
		err = parse_words(&p, &w);
	else {
		p.bad = w.count > FIELDS ? (size_t)(w.from[FIELDS] - text) : n;
		err = wf_fail(cause, WF_ESYNTAX,
			w.count > FIELDS ? "expected 5 or 6 fields, found more" :
					   "expected 5 or 6 fields, found %zu",
			w.count);
	}
	if (err < 0) {
		if (ret_offset)
			*ret_offset = p.bad;
		return err;
	}
	*ret = cron;
	return 0;
}

bool wf_cron_equal(const struct wf_cron *a, const struct wf_cron *b)
{
	return a->seconds == b->seconds && a->minutes == b->minutes && a->hours == b->hours &&
		a->days == b->days && a->months == b->months && a->weekdays == b->weekdays &&
		a->any_day == b->any_day && a->any_weekday == b->any_weekday &&
		a->last_days == b->last_days && a->nearest == b->nearest &&
		a->nearest_last == b->nearest_last && a->last_weekdays == b->last_weekdays &&
		memcmp(a->nth, b->nth, sizeof(a->nth)) == 0;
}

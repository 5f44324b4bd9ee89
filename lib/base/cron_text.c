/* Cron expressions as text: the usual form, and a sentence. */
#include "base/cron.h"

#include <string.h>

/* -- sets -- */

/* A set of values of a field whose values are first to last. */
struct set {
	uint64_t bits;
	int first, last;
};

static bool has(struct set s, int value)
{
	return value <= s.last && (s.bits >> value & 1);
}

static int count(struct set s)
{
	return __builtin_popcountll(s.bits);
}

static int lowest(struct set s)
{
	return __builtin_ctzll(s.bits);
}

static int highest(struct set s)
{
	return 63 - __builtin_clzll(s.bits);
}

static bool is_full(struct set s)
{
	return count(s) == s.last - s.first + 1;
}

static bool is_run(struct set s)
{
	return highest(s) - lowest(s) + 1 == count(s);
}

/* The distance of three or more values that are evenly spread, but not neighbours; 0 otherwise. */
static int step_of(struct set s)
{
	int n = count(s), step;

	if (n < 3 || (highest(s) - lowest(s)) % (n - 1) != 0)
		return 0;
	step = (highest(s) - lowest(s)) / (n - 1);
	for (int i = 0; i < n; i++)
		if (!has(s, lowest(s) + i * step))
			return 0;
	return step > 1 ? step : 0;
}

/* The step of a set that begins at 0 and goes on evenly over the end: "every 15 minutes". */
static int even_step(struct set s)
{
	int step = step_of(s);

	if (count(s) == 2 && lowest(s) == 0)
		step = highest(s);
	return step && lowest(s) == 0 && s.first == 0 && (s.last + 1) % step == 0 &&
			(s.last + 1) / step == count(s) ?
		step :
		0;
}

/* -- the usual form -- */

static void put_separator(struct wf_buf *out, size_t start)
{
	if (out->len > start)
		wf_buf_addch(out, ',');
}

static void put_set(struct wf_buf *out, struct set s)
{
	size_t start = out->len;
	int step;

	if (is_full(s)) {
		wf_buf_addch(out, '*');
		return;
	}
	step = step_of(s);
	if (step && lowest(s) == s.first && highest(s) + step > s.last) {
		wf_buf_printf(out, "*/%d", step);
		return;
	}
	if (step) {
		wf_buf_printf(out, "%d-%d/%d", lowest(s), highest(s), step);
		return;
	}
	for (int i = s.first; i <= s.last; i++) {
		int end = i;
		if (!has(s, i))
			continue;
		while (has(s, end + 1))
			end++;
		put_separator(out, start);
		if (end > i + 1)
			wf_buf_printf(out, "%d-%d", i, end);
		else
			wf_buf_printf(out, "%d", end = i);
		i = end;
	}
}

static void put_days(struct wf_buf *out, const struct wf_cron *c)
{
	size_t start = out->len;

	if (c->any_day) {
		wf_buf_addch(out, '*');
		return;
	}
	if (c->days)
		put_set(out, (struct set){ c->days, 1, 31 });
	for (int n = 0; n < 31; n++) {
		if (!(c->last_days >> n & 1))
			continue;
		put_separator(out, start);
		wf_buf_addch(out, 'L');
		if (n)
			wf_buf_printf(out, "-%d", n);
	}
	if (c->nearest)
		wf_buf_printf(out, "%dW", c->nearest);
	if (c->nearest_last > 1)
		wf_buf_printf(out, "L-%dW", c->nearest_last - 1);
	else if (c->nearest_last)
		wf_buf_addstr(out, "LW");
}

static void put_weekdays(struct wf_buf *out, const struct wf_cron *c)
{
	size_t start = out->len;

	if (c->any_weekday) {
		wf_buf_addch(out, '*');
		return;
	}
	if (c->weekdays)
		put_set(out, (struct set){ c->weekdays, 0, 6 });
	for (int day = 0; day < 7; day++)
		for (int nth = 1; nth <= 5; nth++)
			if (c->nth[nth - 1] >> day & 1) {
				put_separator(out, start);
				wf_buf_printf(out, "%d#%d", day, nth);
			}
	for (int day = 0; day < 7; day++)
		if (c->last_weekdays >> day & 1) {
			put_separator(out, start);
			wf_buf_printf(out, "%dL", day);
		}
}

void wf_cron_text(const struct wf_cron *c, struct wf_buf *out)
{
	if (c->seconds != 1) {
		put_set(out, (struct set){ c->seconds, 0, 59 });
		wf_buf_addch(out, ' ');
	}
	put_set(out, (struct set){ c->minutes, 0, 59 });
	wf_buf_addch(out, ' ');
	put_set(out, (struct set){ c->hours, 0, 23 });
	wf_buf_addch(out, ' ');
	put_days(out, c);
	wf_buf_addch(out, ' ');
	put_set(out, (struct set){ c->months, 1, 12 });
	wf_buf_addch(out, ' ');
	put_weekdays(out, c);
}

/* -- words -- */

static const char *const months[] = { "", "January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December" };
static const char *const weekdays[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
	"Friday", "Saturday" };
static const char *const ordinals[] = { "", "first", "second", "third", "fourth", "fifth" };

/* A list of phrases with commas and an "and" before the last; that one is known in advance. */
struct list {
	struct wf_buf *out;
	const char *last_joint; /* " and " or " or " */
	int total, put;
};

static void next_item(struct list *l)
{
	if (l->put > 0)
		wf_buf_addstr(l->out, l->put + 1 == l->total ? l->last_joint : ", ");
	l->put++;
}

static void say_value(struct wf_buf *out, int value, const char *const *names)
{
	if (names)
		wf_buf_addstr(out, names[value]);
	else
		wf_buf_printf(out, "%d", value);
}

/* Where the run that holds `from` ends; two neighbours are no run. */
static int run_end(struct set s, int from)
{
	int end = from;

	while (has(s, end + 1))
		end++;
	return end > from + 1 ? end : from;
}

/* "1, 5 to 9 and 12" */
static void say_set(struct wf_buf *out, struct set s, const char *const *names)
{
	struct list list = { out, " and ", 0, 0 };

	for (int i = s.first; i <= s.last; i++)
		if (has(s, i)) {
			list.total++;
			i = run_end(s, i);
		}
	for (int i = s.first; i <= s.last; i++) {
		if (!has(s, i))
			continue;
		int end = run_end(s, i);
		next_item(&list);
		say_value(out, i, names);
		if (end > i) {
			wf_buf_addstr(out, " to ");
			say_value(out, end, names);
		}
		i = end;
	}
}

/* The week as people count it: the set turned so that Monday comes first, unless a run needs Sunday
 * to be the first ("Sunday to Thursday"). */
static void say_weekdays(struct wf_buf *out, uint8_t set)
{
	static const char *const from_monday[] = { "Monday", "Tuesday", "Wednesday", "Thursday",
		"Friday", "Saturday", "Sunday" };
	struct set sunday_first = { set, 0, 6 };
	struct set monday_first = { (uint64_t)(set >> 1 | (set & 1) << 6), 0, 6 };

	if (is_run(sunday_first) && !is_run(monday_first))
		say_set(out, sunday_first, weekdays);
	else
		say_set(out, monday_first, from_monday);
}

/* -- the time of day -- */

#define MAX_CLOCK_TIMES 6

static void say_clock(struct wf_buf *out, int hour, int minute, int second)
{
	wf_buf_printf(out, "%02d:%02d", hour, minute);
	if (second)
		wf_buf_printf(out, ":%02d", second);
}

static void say_clock_times(struct wf_buf *out, struct set h, struct set m, int second)
{
	struct list list = { out, " and ", count(h) * count(m), 0 };

	wf_buf_addstr(out, "at ");
	for (int hour = 0; hour < 24; hour++)
		for (int minute = 0; has(h, hour) && minute < 60; minute++)
			if (has(m, minute)) {
				next_item(&list);
				say_clock(out, hour, minute, second);
			}
}

static const char *suffix(int n)
{
	if (n % 100 / 10 == 1 || n % 10 > 3 || n % 10 == 0)
		return "th";
	return n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : "rd";
}

/* "every 15 minutes", or "at minutes 5 and 20". */
static void say_unit(struct wf_buf *out, struct set s, const char *unit)
{
	int step = even_step(s);

	if (is_full(s)) {
		wf_buf_printf(out, "every %s", unit);
	} else if (step) {
		wf_buf_printf(out, "every %d %ss", step, unit);
	} else {
		wf_buf_printf(out, "at %s%s ", unit, count(s) > 1 ? "s" : "");
		say_set(out, s, NULL);
	}
}

/* The same behind an "of": "every 15th minute", or "minutes 5 and 20". */
static void say_of_unit(struct wf_buf *out, struct set s, const char *unit)
{
	int step = even_step(s);

	if (is_full(s)) {
		wf_buf_printf(out, " of every %s", unit);
	} else if (step) {
		wf_buf_printf(out, " of every %d%s %s", step, suffix(step), unit);
	} else {
		wf_buf_printf(out, " of %s%s ", unit, count(s) > 1 ? "s" : "");
		say_set(out, s, NULL);
	}
}

/* The hours of what fires at one time in each. */
static void say_hourly(struct wf_buf *out, struct set h, int minute, int second)
{
	int step = even_step(h);

	if (is_run(h) && !is_full(h)) {
		wf_buf_addstr(out, "every hour from ");
		say_clock(out, lowest(h), minute, second);
		wf_buf_addstr(out, " to ");
		say_clock(out, highest(h), minute, second);
		return;
	}
	if (is_full(h))
		wf_buf_addstr(out, "every hour");
	else if (step)
		wf_buf_printf(out, "every %d hours", step);
	else {
		wf_buf_printf(out, "at minute %d of hours ", minute);
		say_set(out, h, NULL);
		return;
	}
	if (minute)
		wf_buf_printf(out, " at minute %d", minute);
}

static void say_time(struct wf_buf *out, const struct wf_cron *c)
{
	struct set s = { c->seconds, 0, 59 }, m = { c->minutes, 0, 59 }, h = { c->hours, 0, 23 };
	bool on_the_minute = c->seconds == 1;

	if (count(s) == 1 && count(h) * count(m) <= MAX_CLOCK_TIMES) {
		say_clock_times(out, h, m, lowest(s));
		return;
	}
	if (on_the_minute && count(m) == 1) {
		say_hourly(out, h, lowest(m), 0);
		return;
	}
	if (on_the_minute) {
		say_unit(out, m, "minute");
	} else {
		say_unit(out, s, "second");
		if (!is_full(m) || (!is_full(s) && !even_step(s)))
			say_of_unit(out, m, "minute");
	}
	if (is_full(h)) {
		/* "minutes 5 and 20" leave open which hour's. */
		if (!is_full(m) && !even_step(m))
			wf_buf_addstr(out, " of every hour");
	} else if (is_run(h)) {
		wf_buf_printf(out, " from %02d:00 to %02d:59", lowest(h), highest(h));
	} else {
		say_of_unit(out, h, "hour");
	}
}

/* -- the day -- */

static void say_last_day(struct wf_buf *out, int before)
{
	if (before)
		wf_buf_printf(
			out, "the day %d day%s before the last", before, before > 1 ? "s" : "");
	else
		wf_buf_addstr(out, "the last day");
}

static void say_days(struct wf_buf *out, const struct wf_cron *c)
{
	struct list list = { out, " and ", 0, 0 };

	list.total =
		(c->days != 0) + __builtin_popcount(c->last_days) + (c->nearest || c->nearest_last);
	if (c->days) {
		struct set s = { c->days, 1, 31 };
		next_item(&list);
		wf_buf_printf(out, "day%s ", count(s) > 1 ? "s" : "");
		say_set(out, s, NULL);
	}
	for (int n = 30; n >= 0; n--)
		if (c->last_days >> n & 1) {
			next_item(&list);
			say_last_day(out, n);
		}
	if (c->nearest || c->nearest_last)
		next_item(&list);
	if (c->nearest)
		wf_buf_printf(out, "the weekday nearest to day %d", c->nearest);
	else if (c->nearest_last == 1)
		wf_buf_addstr(out, "the last weekday");
	else if (c->nearest_last) {
		wf_buf_addstr(out, "the weekday nearest to ");
		say_last_day(out, c->nearest_last - 1);
	}
}

/* Which weekdays of a month: "Monday to Friday", "the third Friday of the month". */
static void say_weekday_rules(struct wf_buf *out, const struct wf_cron *c)
{
	struct list list = { out, " and ", (c->weekdays != 0), 0 };

	list.total += __builtin_popcount(c->last_weekdays);
	for (size_t i = 0; i < 5; i++)
		list.total += __builtin_popcount(c->nth[i]);
	if (c->weekdays) {
		next_item(&list);
		say_weekdays(out, c->weekdays);
	}
	for (size_t nth = 1; nth <= 6; nth++)
		for (int day = 0; day < 7; day++) {
			if (!((nth < 6 ? c->nth[nth - 1] : c->last_weekdays) >> day & 1))
				continue;
			next_item(&list);
			wf_buf_printf(out, "the %s %s of the month",
				nth < 6 ? ordinals[nth] : "last", weekdays[day]);
		}
}

void wf_cron_explain(const struct wf_cron *c, struct wf_buf *out)
{
	struct set in = { c->months, 1, 12 };
	bool of_months = false;

	say_time(out, c);
	if (!c->any_day) {
		wf_buf_addstr(out, " on ");
		say_days(out, c);
		of_months = c->any_weekday && !is_full(in);
		wf_buf_addstr(out, of_months ? " of " : " of the month");
	}
	if (!c->any_weekday) {
		wf_buf_addstr(out, c->any_day ? " on " : " or on ");
		say_weekday_rules(out, c);
	}
	if (is_full(in))
		return;
	if (!of_months)
		wf_buf_addstr(out,
			!c->any_day && !c->any_weekday ? ", in " :
				!c->any_weekday	       ? " in " :
							 " every day in ");
	say_set(out, in, months);
}

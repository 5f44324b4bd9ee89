/* ISO 8601-1 repeating intervals. */
#include "base/interval.h"

#include <inttypes.h>
#include <string.h>

#define YEAR_10000_MS INT64_C(253402300800000)
#define NO_TIME INT64_MAX

__extension__ typedef __int128 wide;

/* -- reckoning -- */

static int64_t saturate(wide ms)
{
	return ms > NO_TIME ? NO_TIME : ms < INT64_MIN ? INT64_MIN : (int64_t)ms;
}

/* The calendar part of the duration k times after a time; NO_TIME beyond what dates can be. */
static int64_t calendar_after(int64_t ms, const struct wf_duration *d, uint64_t k)
{
	wide months = ((wide)d->years * 12 + d->months) * k;
	wide days = ((wide)d->weeks * 7 + d->days) * k;
	struct wf_duration sum = { 0 };

	if (months > UINT32_MAX || days > UINT32_MAX)
		return NO_TIME;
	sum.months = (uint32_t)months;
	sum.days = (uint32_t)days;
	return wf_duration_add(ms, &sum);
}

/* At most what is beyond all dates, so that a multiple of it is in range. */
static wide exact_ms(const struct wf_duration *d)
{
	wide ms = (wide)d->hours * 3600000 + (wide)d->minutes * 60000 + (wide)d->seconds * 1000 +
		d->nanos / 1000000;
	return ms < YEAR_10000_MS * 2 ? ms : YEAR_10000_MS * 2;
}

/* The instants of the kth firing, in order. There are none in a gap that is skipped. */
struct instants {
	int count;
	int64_t ms[2];
	int64_t local; /* in seconds, before the exact part is added */
	enum wf_dst_mark mark[2];
};

static void in_zone(const struct wf_zone *zone, struct wf_dst_policy policy, int64_t local_ms,
	struct instants *at)
{
	int64_t seconds = local_ms / 1000 - (local_ms % 1000 < 0), rest = local_ms - seconds * 1000;
	struct wf_zone_instants found;

	wf_zone_instants(zone, seconds, &found);
	at->local = seconds;
	at->count = found.count;
	for (int i = 0; i < found.count; i++) {
		at->ms[i] = found.at[i] * 1000 + rest;
		at->mark[i] = found.count < 2 ? WF_DST_NONE : i ? WF_DST_SECOND : WF_DST_FIRST;
	}
	if (found.count == 2 && policy.overlap != WF_OVERLAP_BOTH) {
		int keep = policy.overlap == WF_OVERLAP_LAST;
		at->ms[0] = at->ms[keep];
		at->mark[0] = at->mark[keep];
		at->count = 1;
	}
	if (found.count == 0 && policy.gap == WF_GAP_SHIFT) {
		at->ms[0] = found.gap_end * 1000;
		at->mark[0] = WF_DST_SHIFTED;
		at->count = 1;
	}
}

static void firing(const struct wf_interval *iv, const struct wf_zone *zone,
	struct wf_dst_policy policy, uint64_t k, struct instants *ret)
{
	struct instants at = { .count = 1 };
	int64_t ms = calendar_after(iv->start_ms, &iv->every, k);
	wide exact = exact_ms(&iv->every) * k;

	if (ms >= YEAR_10000_MS || exact >= YEAR_10000_MS * 2) {
		at.ms[0] = NO_TIME;
	} else if (iv->local) {
		in_zone(zone, policy, ms, &at);
	} else {
		at.ms[0] = ms;
		at.local = ms / 1000 - (ms % 1000 < 0);
	}
	for (int i = 0; i < at.count; i++)
		if (at.ms[i] != NO_TIME)
			at.ms[i] = saturate((wide)at.ms[i] + exact);
	*ret = at;
}

/* Whether the kth firing, taking the later where there are two, is not before `from`. Gaps are not
 * skipped here, so that it holds for all k from some k on. */
static bool reached(
	const struct wf_interval *iv, const struct wf_zone *zone, uint64_t k, int64_t from)
{
	struct instants at;

	firing(iv, zone, (struct wf_dst_policy){ WF_GAP_SHIFT, WF_OVERLAP_LAST }, k, &at);
	return at.ms[at.count - 1] >= from;
}

#define MAX_SKIPPED 1000 /* firings in a row that fall into gaps */

int wf_interval_next(const struct wf_interval *iv, const struct wf_zone *zone,
	struct wf_dst_policy policy, int64_t after_ms, bool inclusive, struct wf_firing *ret)
{
	int64_t from = inclusive || after_ms == INT64_MAX ? after_ms : after_ms + 1;
	uint64_t low = 0, high = UINT64_C(1) << 53;

	if (!iv->has_start || !reached(iv, zone, high, from))
		return WF_ENOENT;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (reached(iv, zone, middle, from))
			high = middle;
		else
			low = middle + 1;
	}
	for (uint64_t k = low; k < low + MAX_SKIPPED && (!iv->bounded || k < iv->count); k++) {
		struct instants at;
		firing(iv, zone, policy, k, &at);
		for (int i = 0; i < at.count; i++) {
			if (at.ms[i] < from)
				continue;
			if (at.ms[i] >= YEAR_10000_MS)
				return WF_ENOENT;
			*ret = (struct wf_firing){ at.ms[i], at.local, at.mark[i] };
			return 0;
		}
	}
	return WF_ENOENT;
}

/* -- parsing -- */

/* One of the parts between the slashes. */
struct part {
	const char *at;
	size_t n;
};

struct parser {
	const char *text;
	size_t bad;
	struct wf_cause *cause;
};

static int refuse(struct parser *p, struct part part, const char *expected)
{
	p->bad = (size_t)(part.at - p->text);
	if (!part.n)
		return wf_fail(p->cause, WF_ESYNTAX, "expected %s", expected);
	return wf_fail(p->cause, WF_ESYNTAX, "expected %s, found \"%.*s\"", expected,
		(int)(part.n > 60 ? 60 : part.n), part.at);
}

static int invalid(struct parser *p, struct part part, const char *what)
{
	p->bad = (size_t)(part.at - p->text);
	return wf_fail(p->cause, WF_EINVAL, "%s", what);
}

#define MAX_PARTS 3

static size_t split(const char *text, size_t n, struct part ret[MAX_PARTS + 1])
{
	size_t count = 0;
	const char *end = text + n;

	for (;;) {
		const char *slash = memchr(text, '/', (size_t)(end - text));
		ret[count++] = (struct part){ text, (size_t)((slash ? slash : end) - text) };
		if (!slash || count > MAX_PARTS)
			return count;
		text = slash + 1;
	}
}

static int parse_count(struct parser *p, struct part part, struct wf_interval *iv)
{
	if (!part.n || part.at[0] != 'R')
		return refuse(p, part, "R and a number of times, such as R5/, or R/");
	iv->bounded = part.n > 1;
	for (size_t i = 1; i < part.n; i++) {
		char digit = part.at[i];
		if (digit < '0' || digit > '9' ||
			__builtin_mul_overflow(iv->count, 10, &iv->count) ||
			__builtin_add_overflow(iv->count, (uint64_t)(digit - '0'), &iv->count))
			return refuse(p, part, "R and a number of times");
	}
	if (iv->bounded && !iv->count)
		return invalid(p, part, "zero times is never");
	return 0;
}

static int parse_duration(struct parser *p, struct part part, struct wf_duration *ret)
{
	if (wf_duration_parse(part.at, part.n, false, ret) < 0)
		return refuse(p, part, "an ISO 8601 duration, such as PT1H");
	if (wf_duration_ms(ret) <= 0)
		return invalid(p, part, "an interval must be a millisecond long at least");
	return 0;
}

/* A time with an offset, or without one, which is local. */
static int parse_time(struct parser *p, struct part part, bool *ret_local, int64_t *ret_ms)
{
	char text[WF_MAX_INTERVAL_BYTES + 2];

	if (wf_time_parse(part.at, part.n, ret_ms) == 0) {
		*ret_local = false;
		return 0;
	}
	memcpy(text, part.at, part.n);
	text[part.n] = 'Z';
	if (wf_time_parse(text, part.n + 1, ret_ms) < 0)
		return refuse(p, part, "a time, such as 2026-01-01T00:00:00Z, that exists");
	*ret_local = true;
	return 0;
}

static bool is_duration(struct part part)
{
	return part.n && part.at[0] == 'P';
}

/* The two times of start/end. The distance of local ones is that of the wall clock's readings. */
static int parse_times(struct parser *p, struct part start, struct part end, struct wf_interval *iv)
{
	bool local_end;
	int64_t end_ms;
	int err = parse_time(p, start, &iv->local, &iv->start_ms);

	if (!err)
		err = parse_time(p, end, &local_end, &end_ms);
	if (err < 0)
		return err;
	if (iv->local != local_end)
		return invalid(p, end, "both times must have an offset, or none of them");
	if (end_ms <= iv->start_ms)
		return invalid(p, end, "the interval ends before it begins");
	int64_t length = end_ms - iv->start_ms, day = 86400000;
	/* Whole days stay days, so that local ones keep their time of day. */
	if (length / day <= UINT32_MAX)
		iv->every.days = (uint32_t)(length / day);
	length -= iv->every.days * day;
	iv->every.seconds = (uint64_t)(length / 1000);
	iv->every.nanos = (uint32_t)(length % 1000) * 1000000;
	return 0;
}

/* duration/end: the start is as many durations before the end, which must then be where the last
 * interval ends; so it takes a number of times. */
static int parse_from_end(struct parser *p, const struct part *parts, struct wf_interval *iv)
{
	int64_t end_ms;
	int err = parse_duration(p, parts[1], &iv->every);

	if (!err)
		err = parse_time(p, parts[2], &iv->local, &end_ms);
	if (err < 0)
		return err;
	if (!iv->bounded)
		return invalid(p, parts[0], "with an end and no start it takes a number of times");
	if (iv->every.years || iv->every.months)
		return invalid(
			p, parts[1], "months and years are not counted backwards from an end");
	wide length = (wide)wf_duration_ms(&iv->every) * iv->count;
	if (length > YEAR_10000_MS * 2)
		return invalid(p, parts[0], "the interval would begin before the calendar does");
	iv->start_ms = end_ms - (int64_t)length;
	return 0;
}

static int parse_parts(
	struct parser *p, const struct part *parts, size_t count, struct wf_interval *iv)
{
	int err = parse_count(p, parts[0], iv);

	if (err < 0)
		return err;
	if (count < 2 || count > MAX_PARTS)
		return refuse(p, parts[count > MAX_PARTS ? MAX_PARTS : 0],
			"R/ and a start and a duration, with a slash between");
	if (count == 2)
		return parse_duration(p, parts[1], &iv->every);
	iv->has_start = true;
	if (is_duration(parts[1]))
		return parse_from_end(p, parts, iv);
	if (!is_duration(parts[2]))
		return parse_times(p, parts[1], parts[2], iv);
	err = parse_time(p, parts[1], &iv->local, &iv->start_ms);
	return err < 0 ? err : parse_duration(p, parts[2], &iv->every);
}

int wf_interval_parse(const char *text, size_t n, struct wf_interval *ret, size_t *ret_offset,
	struct wf_cause *cause)
{
	struct parser p = { .text = text, .cause = cause };
	struct part parts[MAX_PARTS + 1];
	struct wf_interval iv = { 0 };
	int err;

	if (n > WF_MAX_INTERVAL_BYTES)
		err = wf_fail(cause, WF_ELIMIT, "longer than %d bytes", WF_MAX_INTERVAL_BYTES);
	else
		err = parse_parts(&p, parts, split(text, n, parts), &iv);
	if (err < 0) {
		if (ret_offset)
			*ret_offset = p.bad;
		return err;
	}
	*ret = iv;
	return 0;
}

void wf_interval_anchor(struct wf_interval *iv, int64_t start_ms)
{
	if (iv->has_start)
		return;
	iv->has_start = true;
	iv->local = false;
	iv->start_ms = start_ms;
}

/* "15 minutes", "1 day and 12 hours"; of one unit that comes once, as behind "every", the unit alone. */
static void say_every(const struct wf_duration *d, struct wf_buf *out)
{
	uint64_t seconds = d->seconds, minutes = d->minutes, hours = d->hours;
	/* Sixty of one are the next; days may be shorter. Nothing sensible is large enough to overflow. */
	if (seconds < UINT32_MAX && minutes < UINT32_MAX && hours < UINT32_MAX) {
		minutes += seconds / 60;
		seconds %= 60;
		hours += minutes / 60;
		minutes %= 60;
	}
	const struct {
		uint64_t n;
		const char *one;
	} parts[] = { { d->years, "year" }, { d->months, "month" }, { d->weeks, "week" }, { d->days, "day" },
		{ hours, "hour" }, { minutes, "minute" }, { seconds, "second" } };
	size_t count = 0, said = 0, last = sizeof(parts) / sizeof(parts[0]) - 1;
	for (size_t i = 0; i <= last; i++)
		count += parts[i].n || (i == last && d->nanos);
	for (size_t i = 0; i <= last; i++) {
		uint32_t nanos = i == last ? d->nanos : 0;
		if (!parts[i].n && !nanos)
			continue;
		if (said++)
			wf_buf_addstr(out, said == count ? " and " : ", ");
		if (count > 1 || parts[i].n != 1 || nanos)
			wf_buf_printf(out, "%" PRIu64, parts[i].n);
		if (nanos) {
			wf_buf_printf(out, ".%09" PRIu32, nanos);
			while (out->data[out->len - 1] == '0')
				out->data[--out->len] = 0;
		}
		bool unit_alone = count == 1 && parts[i].n == 1 && !nanos;
		wf_buf_printf(out, "%s%s%s", unit_alone ? "" : " ", parts[i].one,
			parts[i].n == 1 && !nanos ? "" : "s");
	}
}

void wf_interval_explain(const struct wf_interval *iv, struct wf_buf *out)
{
	char start[WF_ZONE_TEXT];

	if (iv->bounded && iv->count == 1) {
		wf_buf_addstr(out, "once");
	} else {
		if (iv->bounded)
			wf_buf_printf(out, "%" PRIu64 " times, ", iv->count);
		wf_buf_addstr(out, "every ");
		say_every(&iv->every, out);
	}
	if (!iv->has_start)
		return;
	wf_zone_text(NULL, iv->start_ms, start);
	if (iv->local)
		start[strlen(start) - 1] = 0;
	wf_buf_printf(out, iv->bounded && iv->count == 1 ? ", at %s" : " from %s on", start);
	if (iv->local)
		wf_buf_addstr(out, ", local time");
}

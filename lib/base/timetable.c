/* Timetables: when they fire, and saying so. Reading them is in timetable_read.c. */
#include "base/timetable.h"

#include "base/hash.h"

#include <inttypes.h>

void wf_timetable_done(struct wf_timetable *t)
{
	wf_zone_free(t->zone);
	t->zone = NULL;
}

/* -- when -- */

int wf_timetable_next(const struct wf_timetable *t, int64_t after_ms, bool inclusive,
	struct wf_firing *ret)
{
	struct wf_firing f;
	int err;

	if (t->start && after_ms < t->start) {
		after_ms = t->start;
		inclusive = true;
	}
	if (t->kind == WF_TIMETABLE_CRON)
		err = wf_cron_next(&t->cron, t->zone, t->dst, after_ms, inclusive, &f);
	else
		err = wf_interval_next(&t->interval, t->zone, t->dst, after_ms, inclusive, &f);
	if (err < 0)
		return err;
	if (t->end && f.ms > t->end)
		return WF_ENOENT;
	*ret = f;
	return 0;
}

int64_t wf_timetable_due(const struct wf_timetable *t, uint64_t schedule, int64_t nominal)
{
	uint8_t name[16], hash[WF_HASH_SIZE];
	uint64_t drawn = 0;

	if (t->jitter_ms <= 0)
		return nominal;
	for (unsigned i = 0; i < 8; i++) {
		name[i] = (uint8_t)(schedule >> (56 - 8 * i));
		name[8 + i] = (uint8_t)((uint64_t)nominal >> (56 - 8 * i));
	}
	wf_hash(name, sizeof(name), hash);
	for (unsigned i = 0; i < 8; i++)
		drawn = drawn << 8 | hash[i];
	return nominal + (int64_t)(drawn % ((uint64_t)t->jitter_ms + 1));
}

/* -- words -- */

static void say_span(struct wf_buf *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *one;
	} units[] = { { 86400000, "day" }, { 3600000, "hour" }, { 60000, "minute" }, { 1000, "second" },
		{ 1, "millisecond" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ms % units[i].ms)
			continue;
		int64_t n = ms / units[i].ms;
		wf_buf_printf(out, "%" PRId64 " %s%s", n, units[i].one, n == 1 ? "" : "s");
		return;
	}
}

static void say_dst(const struct wf_timetable *t, struct wf_buf *out)
{
	static const char *const overlaps[] = { NULL, "at the second", "at both" };

	if (t->dst.gap == WF_GAP_SKIP)
		wf_buf_addstr(out, "; a time that the clock leaps over is left out");
	if (t->dst.overlap == WF_OVERLAP_LAST || t->dst.overlap == WF_OVERLAP_BOTH)
		wf_buf_printf(out, "; a time that comes twice fires %s", overlaps[t->dst.overlap]);
}

void wf_timetable_explain(const struct wf_timetable *t, struct wf_buf *out)
{
	char when[WF_ZONE_TEXT];

	if (t->kind == WF_TIMETABLE_CRON)
		wf_cron_explain(&t->cron, out);
	else
		wf_interval_explain(&t->interval, out);
	if (t->kind == WF_TIMETABLE_CRON || t->interval.local)
		wf_buf_printf(out, ", %s", t->zone ? wf_zone_name(t->zone) : "UTC");
	if (t->start) {
		wf_zone_text(t->zone, t->start, when);
		wf_buf_printf(out, ", from %s", when);
	}
	if (t->end) {
		wf_zone_text(t->zone, t->end, when);
		wf_buf_printf(out, ", until %s", when);
	}
	if (t->jitter_ms) {
		wf_buf_addstr(out, ", up to ");
		say_span(out, t->jitter_ms);
		wf_buf_addstr(out, " later");
	}
	say_dst(t, out);
}

/* Reading timetables: a member at a time, with the member's name before what is wrong. */
#include "base/timetable.h"

#include "base/duration.h"

#include <string.h>

#define MAX_TIME_BYTES 64
#define MAX_NAME_BYTES 100

static const char *const missed_names[] = {
#define X(name, text) text,
	WF_MISSED(X)
#undef X
};
static const char *const overlapping_names[] = {
#define X(name, text) text,
	WF_OVERLAPPING(X)
#undef X
};

const char *wf_missed_name(enum wf_missed m)
{
	return m < WF_MISSED_COUNT_ ? missed_names[m] : "?";
}

const char *wf_overlapping_name(enum wf_overlapping o)
{
	return o < WF_OVERLAPPING_COUNT_ ? overlapping_names[o] : "?";
}

struct reader {
	struct wf_timetable *t;
	const char *member; /* in hand */
	struct wf_cause *cause;
};

static int refuse(const struct reader *r, int err, const char *what)
{
	return wf_fail(r->cause, err, "%s: %s", r->member, what);
}

/* Puts the member's name before what the parser of its text said. */
static int refuse_inner(const struct reader *r, int err, const struct wf_cause *inner)
{
	(void)wf_fail(r->cause, err, "%s: %s", r->member, inner->text);
	if (*inner->hint)
		wf_fail_hint(r->cause, "%s", inner->hint);
	return err;
}

static int text_of(const struct reader *r, const json_t *value, const char **ret, size_t *ret_n)
{
	if (!json_is_string(value))
		return refuse(r, WF_ESYNTAX, "it is a text");
	*ret = json_string_value(value);
	*ret_n = json_string_length(value);
	return 0;
}

static int read_cron(struct reader *r, const json_t *value)
{
	const char *text = NULL;
	size_t n = 0, at = 0;
	struct wf_cause inner = { 0 };
	int err = text_of(r, value, &text, &n);

	if (err < 0)
		return err;
	r->t->kind = WF_TIMETABLE_CRON;
	err = wf_cron_parse(text, n, &r->t->cron, &at, &inner);
	return err < 0 ? refuse_inner(r, err, &inner) : 0;
}

static int read_interval(struct reader *r, const json_t *value)
{
	const char *text = NULL;
	size_t n = 0;
	struct wf_cause inner = { 0 };
	int err = text_of(r, value, &text, &n);

	if (err < 0)
		return err;
	r->t->kind = WF_TIMETABLE_INTERVAL;
	err = wf_interval_parse(text, n, &r->t->interval, NULL, &inner);
	return err < 0 ? refuse_inner(r, err, &inner) : 0;
}

int wf_timetable_time(const char *text, size_t n, bool *ret_local, int64_t *ret_ms)
{
	/* "2026-12-24" is its midnight, and "2026-12-24T18:00" has no seconds */
	const char *rest = n == 10 ? "T00:00:00Z" : n == 16 ? ":00Z" : "Z";
	char local[MAX_TIME_BYTES + 1];
	int64_t ms;
	bool is_local = wf_time_parse(text, n, &ms) < 0;

	if (is_local && n + strlen(rest) > MAX_TIME_BYTES)
		return WF_ESYNTAX;
	if (is_local) {
		memcpy(local, text, n);
		memcpy(local + n, rest, strlen(rest) + 1);
		if (wf_time_parse(local, n + strlen(rest), &ms) < 0)
			return WF_ESYNTAX;
	}
	*ret_local = is_local;
	*ret_ms = ms;
	return 0;
}

static int read_time(const struct reader *r, const json_t *value, bool *ret_local, int64_t *ret_ms)
{
	const char *text = NULL;
	size_t n = 0;
	int err = text_of(r, value, &text, &n);

	if (err < 0)
		return err;
	return wf_timetable_time(text, n, ret_local, ret_ms) == 0 ? 0 : refuse(r, WF_ESYNTAX,
		"expected a time that exists, such as 2026-12-24 or 2026-12-24T18:00:00, with or without "
		"an offset");
}

static int read_at(struct reader *r, const json_t *value)
{
	struct wf_interval *iv = &r->t->interval;
	int err = read_time(r, value, &iv->local, &iv->start_ms);

	if (err < 0)
		return err;
	r->t->kind = WF_TIMETABLE_AT;
	iv->bounded = iv->has_start = true;
	iv->count = iv->every.seconds = 1;
	return 0;
}

/* The instant of a bound; of a local time that comes twice the first, of one in a gap its end. */
static int read_bound(const struct reader *r, const json_t *value, int64_t *ret)
{
	struct wf_zone_instants at;
	bool local;
	int64_t ms;
	int err = read_time(r, value, &local, &ms);

	if (err < 0)
		return err;
	if (local) {
		int64_t seconds = ms / 1000 - (ms % 1000 < 0), rest = ms - seconds * 1000;
		wf_zone_instants(r->t->zone, seconds, &at);
		ms = at.count ? at.at[0] * 1000 + rest : at.gap_end * 1000;
	}
	*ret = ms ? ms : 1;
	return 0;
}

static int read_start(struct reader *r, const json_t *value)
{
	return read_bound(r, value, &r->t->start);
}

static int read_end(struct reader *r, const json_t *value)
{
	int err = read_bound(r, value, &r->t->end);

	if (err < 0)
		return err;
	return r->t->start && r->t->end < r->t->start ? refuse(r, WF_EINVAL, "it is before the start") : 0;
}

static int read_anchor(struct reader *r, const json_t *value)
{
	int64_t ms = 0;
	int err = read_bound(r, value, &ms);

	if (err == 0 && r->t->kind == WF_TIMETABLE_INTERVAL)
		wf_interval_anchor(&r->t->interval, ms);
	return err;
}

static int read_zone(struct reader *r, const json_t *value)
{
	const char *text = NULL;
	size_t n = 0;
	struct wf_cause inner = { 0 };
	int err = text_of(r, value, &text, &n);

	if (err < 0)
		return err;
	if (n > MAX_NAME_BYTES || strlen(text) != n)
		return refuse(r, WF_EINVAL, "that cannot be the name of a time zone");
	err = wf_zone_open(NULL, text, &r->t->zone, &inner);
	return err < 0 ? refuse_inner(r, err == WF_ENOENT ? WF_EINVAL : err, &inner) : 0;
}

/* Which of the words a text is; the cause lists them. */
static int read_word(const struct reader *r, const json_t *value, const char *const *words,
	unsigned count, unsigned *ret)
{
	const char *text = json_string_value(value);
	char known[128] = "";
	size_t n = 0;

	for (unsigned i = 0; i < count; i++) {
		if (text && !strcmp(text, words[i])) {
			*ret = i;
			return 0;
		}
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s",
			!i ? "" : i + 1 < count ? ", " : " or ", words[i]);
	}
	return wf_fail(r->cause, WF_ESYNTAX, "%s: expected %s", r->member, known);
}

static int read_dst(struct reader *r, const json_t *value)
{
	static const char *const gaps[] = { "shift", "skip" };
	static const char *const overlaps[] = { "first", "last", "both" };
	const json_t *gap = json_object_get(value, "gap"), *overlap = json_object_get(value, "overlap");
	unsigned chosen = 0;
	int err = 0;

	if (!json_is_object(value))
		return refuse(r, WF_ESYNTAX, "it is an object of gap and overlap");
	r->member = "dst.gap";
	if (gap && (err = read_word(r, gap, gaps, 2, &chosen)) == 0)
		r->t->dst.gap = chosen ? WF_GAP_SKIP : WF_GAP_SHIFT;
	if (err < 0)
		return err;
	r->member = "dst.overlap";
	if (overlap && (err = read_word(r, overlap, overlaps, 3, &chosen)) == 0)
		r->t->dst.overlap = (enum wf_overlap)chosen;
	return err;
}

static int read_span(const struct reader *r, const json_t *value, int64_t *ret)
{
	struct wf_duration d;
	const char *text = NULL;
	size_t n = 0;
	int err = text_of(r, value, &text, &n);

	if (err < 0)
		return err;
	if (wf_duration_parse(text, n, false, &d) < 0)
		return refuse(r, WF_ESYNTAX, "expected an ISO 8601 duration, such as PT5M");
	*ret = wf_duration_ms(&d);
	return 0;
}

#define MAX_JITTER_MS INT64_C(86400000)

static int read_jitter(struct reader *r, const json_t *value)
{
	int err = read_span(r, value, &r->t->jitter_ms);

	return err < 0				? err
		: r->t->jitter_ms > MAX_JITTER_MS ? refuse(r, WF_EINVAL, "it is a day at most")
						  : 0;
}

static int read_grace(struct reader *r, const json_t *value)
{
	return read_span(r, value, &r->t->grace_ms);
}

static int read_missed(struct reader *r, const json_t *value)
{
	unsigned chosen = 0;
	int err = read_word(r, value, missed_names, WF_MISSED_COUNT_, &chosen);

	if (err == 0)
		r->t->missed = (enum wf_missed)chosen;
	return err;
}

static int read_overlap(struct reader *r, const json_t *value)
{
	unsigned chosen = 0;
	int err = read_word(r, value, overlapping_names, WF_OVERLAPPING_COUNT_, &chosen);

	if (err == 0)
		r->t->overlap = (enum wf_overlapping)chosen;
	return err;
}

static int read_limit(struct reader *r, const json_t *value)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 1 || n > WF_TIMETABLE_MAX_BACKFILL)
		return wf_fail(r->cause, WF_EINVAL, "%s: it is a whole number from 1 to %d", r->member,
			WF_TIMETABLE_MAX_BACKFILL);
	r->t->backfill_limit = (uint32_t)n;
	return 0;
}

/* In the order in which they are read: what others look at comes first. */
static const struct {
	const char *name;
	int (*read)(struct reader *r, const json_t *value);
} members[] = {
	{ "timezone", read_zone },
	{ "cron", read_cron },
	{ "interval", read_interval },
	{ "at", read_at },
	{ "dst", read_dst },
	{ "jitter", read_jitter },
	{ "start", read_start },
	{ "end", read_end },
	{ "missed", read_missed },
	{ "grace", read_grace },
	{ "backfill_limit", read_limit },
	{ "overlap", read_overlap },
	{ "anchor", read_anchor },
};

/* Whether anything at all can fire, where bounds or gaps may leave nothing. */
static int check_fires(const struct reader *r)
{
	const struct wf_timetable *t = r->t;
	struct wf_firing firing;

	bool bounded = t->kind == WF_TIMETABLE_INTERVAL && t->interval.bounded && t->start;
	if (t->kind != WF_TIMETABLE_AT && !t->end && !bounded)
		return 0;
	if (t->kind == WF_TIMETABLE_INTERVAL && !t->interval.has_start)
		return 0;
	if (wf_timetable_next(t, t->start ? t->start : t->kind == WF_TIMETABLE_CRON ? 0 : INT64_MIN,
		    true, &firing) == 0)
		return 0;
	return wf_fail(r->cause, WF_EINVAL, t->start || t->end
			? "it never fires: nothing falls between its start and its end"
			: "it never fires: its time falls into a gap that is skipped");
}

static int read_members(struct reader *r, const json_t *spec)
{
	unsigned kinds = 0;
	static const char *const kind_names[] = { "cron", "interval", "at" };

	r->member = "cron";
	for (size_t i = 0; i < 3; i++)
		if (json_object_get(spec, kind_names[i]) && kinds++)
			r->member = kind_names[i];
	if (kinds != 1)
		return wf_fail(r->cause, WF_EINVAL, "a schedule has one of cron, interval and at%s",
			kinds ? ", not several" : "");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const json_t *value = json_object_get(spec, members[i].name);
		r->member = members[i].name;
		int err = value && !json_is_null(value) ? members[i].read(r, value) : 0;
		if (err < 0)
			return err;
	}
	r->member = "end";
	return check_fires(r);
}

int wf_timetable_parse(const json_t *spec, struct wf_timetable *ret, const char **ret_member,
	struct wf_cause *cause)
{
	struct wf_timetable t = { .grace_ms = WF_TIMETABLE_GRACE_MS,
		.backfill_limit = WF_TIMETABLE_BACKFILL };
	struct reader r = { .t = &t, .cause = cause };
	int err = read_members(&r, spec);

	if (err < 0) {
		if (ret_member)
			*ret_member = r.member;
		wf_timetable_done(&t);
		return err;
	}
	*ret = t;
	return 0;
}

void wf_timetable_anchor(json_t *spec, int64_t now)
{
	const char *text = json_string_value(json_object_get(spec, "interval"));
	struct wf_interval iv;
	struct wf_firing first;
	char anchor[WF_TIME_TEXT];

	if (!text || json_object_get(spec, "anchor") ||
		wf_interval_parse(text, strlen(text), &iv, NULL, NULL) < 0 || iv.has_start)
		return;
	if (json_object_get(spec, "start")) {
		json_object_set(spec, "anchor", json_object_get(spec, "start"));
		return;
	}
	iv.bounded = false;
	wf_interval_anchor(&iv, now);
	if (wf_interval_next(&iv, NULL, (struct wf_dst_policy){ 0 }, now, false, &first) < 0)
		return;
	wf_time_text(first.ms, anchor);
	json_object_set_new(spec, "anchor", json_string(anchor));
}

json_t *wf_timetable_spec(const char *text)
{
	const char *member = "cron";
	json_t *spec = json_object();
	struct wf_duration alone;

	/* A duration alone lacks its R, which the interval's error says. */
	if ((text[0] == 'R' && strchr(text, '/')) ||
		(text[0] == 'P' && wf_duration_parse(text, strlen(text), false, &alone) == 0))
		member = "interval";
	else if (strlen(text) >= 10 && text[4] == '-' && text[7] == '-' && !strchr(text, ' ') &&
		strspn(text, "0123456789") == 4)
		member = "at";
	json_object_set_new(spec, member, json_string(text));
	return spec;
}

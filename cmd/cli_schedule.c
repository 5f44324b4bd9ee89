/* Schedules on the command line: their options, and how they and their firings look. */
#include "cli_schedule.h"

#include "base/civil.h"
#include "base/duration.h"
#include "sweep/firing.h"
#include "sweep/schedule.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* -- options -- */

/* A length of time as a spec has it: ISO 8601, also for one that was given as 5m. */
static int span_member(struct wf_ctx *ctx, const char *option, const char *text, json_t **ret)
{
	struct wf_duration d = { 0 };
	char iso[160];
	uint64_t ms;
	if (!wf_read_span(text, &ms))
		return wf_fail_usage(ctx, "--%s takes a length of time (PT5M, 5m), not \"%s\"", option, text);
	if (wf_duration_parse(text, strlen(text), false, &d) < 0) {
		d = (struct wf_duration){ .seconds = ms / 1000, .nanos = (uint32_t)(ms % 1000) * 1000000 };
		wf_duration_text(&d, iso, sizeof(iso));
		text = iso;
	}
	*ret = json_string(text);
	return 0;
}

static int text_member(struct wf_ctx *ctx, const char *option, const char *text, json_t **ret)
{
	(void)ctx;
	(void)option;
	*ret = *text ? json_string(text) : NULL;
	return 0;
}

static int number_member(struct wf_ctx *ctx, const char *option, const char *text, json_t **ret)
{
	uint64_t n = 0;
	(void)text;
	int status = wf_opt_number(ctx, option, 1, WF_TIMETABLE_MAX_BACKFILL, &n);
	if (!status)
		*ret = json_integer((json_int_t)n);
	return status;
}

static const struct {
	const char *option, *member;
	int (*read)(struct wf_ctx *ctx, const char *option, const char *text, json_t **ret);
} members[] = {
	{ "timezone", "timezone", text_member },
	{ "dst-gap", "dst.gap", text_member },
	{ "dst-overlap", "dst.overlap", text_member },
	{ "jitter", "jitter", span_member },
	{ "start", "start", text_member },
	{ "end", "end", text_member },
	{ "missed", "missed", text_member },
	{ "grace", "grace", span_member },
	{ "backfill-limit", "backfill_limit", number_member },
	{ "overlap", "overlap", text_member },
};

int wf_schedule_options(struct wf_ctx *ctx, json_t *spec, size_t *ret_changed)
{
	size_t changed = 0;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *text = wf_opt(ctx, members[i].option);
		json_t *value = NULL;
		if (!text)
			continue;
		/* Only update takes something back. */
		if (!ret_changed && !*text && !strcmp(members[i].option, "timezone"))
			return wf_fail_usage(ctx, "--timezone is empty; without it the zone is UTC");
		int status = members[i].read(ctx, members[i].option, text, &value);
		if (status)
			return status;
		if (value)
			(void)wf_json_set_at(spec, members[i].member, value);
		else
			(void)json_object_del(spec, members[i].member);
		json_decref(value);
		changed++;
	}
	if (ret_changed)
		*ret_changed += changed;
	return 0;
}

int wf_schedule_read(struct wf_ctx *ctx, const json_t *spec, struct wf_timetable *ret)
{
	struct wf_cause cause = { 0 };
	const char *member = NULL;
	if (wf_timetable_parse(spec, ret, &member, &cause) == 0)
		return 0;
	json_t *details = json_object();
	json_object_set_new(details, "member", json_string(member));
	return wf_fail_at(ctx, WF_EXIT_USAGE, "INVALID_SCHEDULE", details, cause.hint, "%s", cause.text);
}

/* -- firings to come -- */

static const char *mark_of(enum wf_dst_mark mark)
{
	static const char *const names[] = { NULL, "shifted", "first", "second" };
	return names[mark];
}

struct wf_upcoming *wf_schedule_upcoming(const struct wf_timetable *t, int64_t from, int64_t until,
	size_t most, size_t *ret_count)
{
	struct wf_timetable shifting = *t;
	struct wf_upcoming *items = NULL;
	struct wf_firing f = { 0 }, real = { 0 };
	size_t count = 0, room = 0, fired = 0;
	int64_t after = from;
	bool inclusive = true;
	shifting.dst.gap = WF_GAP_SHIFT;
	while (fired < most && count < most * 2 && wf_timetable_next(&shifting, after, inclusive, &f) == 0 &&
		(!until || f.ms < until)) {
		bool fires = wf_timetable_next(t, f.ms, true, &real) == 0 && real.ms == f.ms;
		WF_GROW(items, count, room);
		items[count++] = (struct wf_upcoming){ f.ms, fires ? real.local : f.local,
			fires ? mark_of(real.mark) : "skipped" };
		fired += fires;
		after = f.ms;
		inclusive = false;
	}
	*ret_count = count;
	return items;
}

static void clock_text(int64_t local, char ret[WF_WHEN_TEXT])
{
	struct wf_civil c = wf_civil_of(local);
	(void)snprintf(ret, WF_WHEN_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d", (int)c.year, c.month, c.day,
		c.hour, c.minute, c.second);
}

json_t *wf_schedule_upcoming_json(const struct wf_timetable *t, const struct wf_upcoming *items,
	size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		char local[WF_ZONE_TEXT], nominal[WF_WHEN_TEXT];
		json_t *o = json_object();
		wf_zone_text(t->zone, items[i].ms, local);
		clock_text(items[i].local, nominal);
		json_object_set_new(o, "at", wf_view_time_json(items[i].ms));
		json_object_set_new(o, "local", json_string(local));
		json_object_set_new(o, "stands_for", json_string(nominal));
		json_object_set_new(o, "dst", items[i].mark ? json_string(items[i].mark) : json_null());
		json_array_append_new(list, o);
	}
	return list;
}

/* What a change of the clock does to a firing, in words. */
static void say_mark(const struct wf_upcoming *item, struct wf_buf *out)
{
	static const struct {
		const char *mark, *words;
	} says[] = {
		{ "shifted", "shifted: %s does not exist" },
		{ "skipped", "skipped: %s does not exist" },
		{ "first", "%s comes twice: the first" },
		{ "second", "repeated: %s comes twice, the second" },
	};
	struct wf_civil c = wf_civil_of(item->local);
	char clock[16];
	(void)snprintf(clock, sizeof(clock), c.second ? "%02d:%02d:%02d" : "%02d:%02d", c.hour, c.minute,
		c.second);
	for (size_t i = 0; item->mark && i < sizeof(says) / sizeof(says[0]); i++) {
		const char *words = says[i].words, *place = strstr(words, "%s");
		if (strcmp(item->mark, says[i].mark) != 0)
			continue;
		wf_buf_add(out, words, (size_t)(place - words));
		wf_buf_addstr(out, clock);
		wf_buf_addstr(out, place + 2);
	}
}

void wf_schedule_upcoming_text(struct wf_ctx *ctx, const struct wf_timetable *t,
	const struct wf_upcoming *items, size_t count, struct wf_buf *out)
{
	static const char weekdays[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	struct wf_table *table = wf_table_new();
	wf_table_column(table, "FIRES", WF_ALIGN_LEFT, false);
	wf_table_column(table, "DAY", WF_ALIGN_LEFT, false);
	wf_table_column(table, "IN", WF_ALIGN_LEFT, false);
	wf_table_column(table, "CLOCK CHANGE", WF_ALIGN_LEFT, true);
	for (size_t i = 0; i < count; i++) {
		WF_AUTOBUF struct wf_buf note = { 0 };
		char local[WF_ZONE_TEXT], in[WF_WHEN_TEXT] = "-";
		struct wf_zone_span span;
		bool fires = !items[i].mark || strcmp(items[i].mark, "skipped") != 0;
		wf_zone_at(t->zone, items[i].ms / 1000, &span);
		wf_zone_text(t->zone, items[i].ms, local);
		if (items[i].ms >= ctx->now)
			wf_view_duration(items[i].ms - ctx->now, in);
		say_mark(&items[i], &note);
		wf_table_cell(table, fires ? WF_ROLE_STRONG : WF_ROLE_DIM, fires ? local : "-");
		wf_table_cell(table, WF_ROLE_PLAIN,
			weekdays[wf_civil_of(items[i].ms / 1000 + span.offset).weekday]);
		wf_table_cell(table, WF_ROLE_DIM, fires ? in : "-");
		wf_table_cell(table, items[i].mark ? WF_ROLE_WARN : WF_ROLE_PLAIN,
			note.data ? note.data : "");
	}
	wf_table_write(table, &ctx->out, 0, ctx->quiet, out);
	wf_table_free(table);
}

/* -- a schedule -- */

const char *wf_schedule_expression(const json_t *spec)
{
	static const char *const kinds[] = { "cron", "interval", "at" };
	for (size_t i = 0; i < 3; i++) {
		const char *text = json_string_value(json_object_get(spec, kinds[i]));
		if (text)
			return text;
	}
	return "?";
}

/* A past so long that it is taken in more pieces than these is told as far as they reach. */
#define MOST_PIECES 64

/* What the first sweep after the release does with the row, on a copy of it. */
static void look_past_hold(const struct wf_schedule *s, int64_t now, struct wf_schedule_outlook *o)
{
	struct wf_timetable t = { 0 };
	json_auto_t *unheard = json_array();
	struct wf_schedule copy = *s;
	copy.recent = unheard;
	if (!s->next_nominal || wf_timetable_parse(s->spec, &t, NULL, NULL) < 0)
		return;
	int64_t due = wf_timetable_due(&t, s->id, s->next_nominal);
	copy.next_at = due < copy.next_at ? due : copy.next_at;
	for (unsigned i = 0; i < MOST_PIECES && copy.next_at && copy.next_at <= now; i++) {
		struct wf_firings f = { 0 };
		wf_firings_take(&copy, &t, now, &f);
		o->starts += f.count;
		o->left_out += f.missed;
		wf_firings_done(&f);
	}
	o->next_at = copy.next_at;
	wf_timetable_done(&t);
}

int wf_schedule_look(struct wf_txn *txn, const struct wf_schedule *s, int64_t now,
	struct wf_schedule_outlook *ret)
{
	struct wf_schedule_outlook o = { 0 };
	int err = wf_schedule_startable(txn, s, &o.startable);
	if (err == 0)
		err = wf_txn_is_held(txn, s->workflow, &o.held);
	if (err < 0)
		return err;
	if (o.held)
		look_past_hold(s, now, &o);
	*ret = o;
	return 0;
}

const char *wf_schedule_state(const struct wf_schedule *s, const struct wf_schedule_outlook *o)
{
	return s->paused ? "paused" : !s->next_at ? "over" : !o->startable ? "disabled"
		: o->held ? "held" : "active";
}

static bool is_held(const struct wf_schedule *s, const struct wf_schedule_outlook *o)
{
	return !strcmp(wf_schedule_state(s, o), "held");
}

int64_t wf_schedule_next(const struct wf_schedule *s, const struct wf_schedule_outlook *o)
{
	return s->paused || !o->startable || o->held ? 0 : s->next_at;
}

void wf_schedule_on_release(const struct wf_schedule_outlook *o, int64_t now, struct wf_buf *out)
{
	char when[WF_WHEN_TEXT] = "never";
	if (o->starts)
		wf_view_plural(out, o->starts, "start", "starts");
	if (o->left_out)
		wf_buf_printf(out, "%s%" PRIu64 " left out", o->starts ? ", " : "", o->left_out);
	if (o->next_at)
		wf_view_clock(o->next_at, now, when);
	wf_buf_printf(out, "%s%s", o->starts || o->left_out ? ", then " : "", when);
}

static json_t *maybe_time(int64_t ms)
{
	return ms ? wf_view_time_json(ms) : json_null();
}

static json_t *recent_json(const json_t *recent)
{
	static const char *const times[] = { "nominal", "at", "from" };
	json_t *list = json_array();
	for (size_t i = 0; i < json_array_size(recent); i++) {
		json_t *o = json_deep_copy(json_array_get(recent, i));
		for (size_t n = 0; n < 3; n++)
			if (json_object_get(o, times[n]))
				json_object_set_new(o, times[n], wf_view_time_json(
					json_integer_value(json_object_get(o, times[n]))));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *on_release_json(const struct wf_schedule_outlook *o)
{
	json_t *of = json_object();
	json_object_set_new(of, "starts", json_integer((json_int_t)o->starts));
	json_object_set_new(of, "left_out", json_integer((json_int_t)o->left_out));
	json_object_set_new(of, "next_at", maybe_time(o->next_at));
	return of;
}

json_t *wf_schedule_json(const struct wf_schedule *s, const struct wf_schedule_outlook *look)
{
	struct wf_timetable t = { 0 };
	WF_AUTOBUF struct wf_buf words = { 0 };
	json_t *o = json_object();
	if (wf_timetable_parse(s->spec, &t, NULL, NULL) == 0)
		wf_timetable_explain(&t, &words);
	wf_timetable_done(&t);
	json_object_set_new(o, "id", json_integer((json_int_t)s->id));
	json_object_set_new(o, "name", json_string(s->name));
	json_object_set_new(o, "workflow", json_string(s->workflow));
	json_object_set_new(o, "version", s->version ? json_string(s->version) : json_null());
	json_object_set_new(o, "state", json_string(wf_schedule_state(s, look)));
	json_object_set_new(o, "expression", json_string(wf_schedule_expression(s->spec)));
	json_object_set_new(o, "explanation", json_string(words.data ? words.data : ""));
	json_object_set(o, "spec", s->spec);
	json_object_set_new(o, "source", json_string(s->source ? s->source : "user"));
	json_object_set_new(o, "by", s->by ? json_string(s->by) : json_null());
	json_object_set_new(o, "created_at", wf_view_time_json(s->created_at));
	json_object_set_new(o, "updated_at", wf_view_time_json(s->updated_at));
	json_object_set_new(o, "next_at", maybe_time(wf_schedule_next(s, look)));
	json_object_set_new(o, "on_release", is_held(s, look) ? on_release_json(look) : json_null());
	json_object_set_new(o, "last", maybe_time(s->last_nominal));
	json_object_set_new(o, "fired", json_integer((json_int_t)s->fired));
	json_object_set_new(o, "missed", json_integer((json_int_t)s->missed));
	json_object_set_new(o, "recent", recent_json(s->recent));
	return o;
}

static void put_line(struct wf_buf *out, const char *name, const char *text)
{
	wf_buf_printf(out, "  %-12s", name);
	wf_view_safe(out, text);
	wf_buf_addch(out, '\n');
}

static void put_recent(struct wf_ctx *ctx, const json_t *recent, struct wf_buf *out)
{
	struct wf_table *t = wf_table_new();
	wf_table_column(t, "FIRING", WF_ALIGN_LEFT, false);
	wf_table_column(t, "SEEN", WF_ALIGN_LEFT, false);
	wf_table_column(t, "OUTCOME", WF_ALIGN_LEFT, false);
	wf_table_column(t, "INSTANCE", WF_ALIGN_RIGHT, false);
	wf_table_column(t, "WHY", WF_ALIGN_LEFT, true);
	for (size_t i = json_array_size(recent); i-- > 0;) {
		const json_t *o = json_array_get(recent, i);
		const char *outcome = json_string_value(json_object_get(o, "outcome"));
		const char *why = json_string_value(json_object_get(o, "why"));
		json_int_t instance = json_integer_value(json_object_get(o, "instance"));
		json_int_t missed = json_integer_value(json_object_get(o, "count"));
		char when[WF_WHEN_TEXT];
		bool bad = outcome && (!strcmp(outcome, "refused") || !strcmp(outcome, "missed"));
		wf_view_clock(json_integer_value(json_object_get(o, "nominal")), ctx->now, when);
		wf_table_cell(t, WF_ROLE_PLAIN, when);
		wf_view_clock(json_integer_value(json_object_get(o, "at")), ctx->now, when);
		wf_table_cell(t, WF_ROLE_DIM, when);
		wf_table_cell(t, bad ? WF_ROLE_WARN : WF_ROLE_GOOD, outcome ? outcome : "?");
		if (instance)
			wf_table_cellf(t, WF_ROLE_STRONG, "%" JSON_INTEGER_FORMAT, instance);
		else
			wf_table_cell(t, WF_ROLE_PLAIN, "-");
		if (missed > 1)
			wf_table_cellf(t, WF_ROLE_PLAIN, "%" JSON_INTEGER_FORMAT " of them", missed);
		else
			wf_table_cell(t, WF_ROLE_PLAIN, why ? why : "");
	}
	if (wf_table_rows(t)) {
		wf_buf_addstr(out, "\nfirings\n");
		wf_table_write(t, &ctx->out, 0, false, out);
	}
	wf_table_free(t);
}

void wf_schedule_text(struct wf_ctx *ctx, const struct wf_schedule *s,
	const struct wf_schedule_outlook *o, struct wf_buf *out)
{
	struct wf_timetable t = { 0 };
	WF_AUTOBUF struct wf_buf words = { 0 }, counts = { 0 }, release = { 0 };
	char when[WF_WHEN_TEXT];
	const char *until = s->paused ? "when it is resumed"
		: !s->next_at         ? "never"
		: is_held(s, o)       ? "when the hold is released"
				      : "when its workflow is enabled, or registered again";
	bool read = wf_timetable_parse(s->spec, &t, NULL, NULL) == 0;
	if (read)
		wf_timetable_explain(&t, &words);
	wf_view_role(out, &ctx->out, WF_ROLE_STRONG, s->name);
	wf_buf_printf(out, "   %s, starts %s%s%s\n", wf_schedule_state(s, o), s->workflow,
		s->version ? "@" : "", s->version ? s->version : "");
	put_line(out, "when", wf_schedule_expression(s->spec));
	put_line(out, "in words", words.data ? words.data : "?");
	int64_t next = wf_schedule_next(s, o);
	if (next)
		wf_view_clock(next, ctx->now, when);
	put_line(out, "next", next ? when : until);
	if (is_held(s, o)) {
		wf_schedule_on_release(o, ctx->now, &release);
		put_line(out, "on release", release.data);
	}
	if (read) {
		put_line(out, "missed", wf_missed_name(t.missed));
		put_line(out, "overlap", wf_overlapping_name(t.overlap));
	}
	put_line(out, "from", s->source && !strcmp(s->source, "definition") ? "the workflow's definition"
									    : s->by ? s->by : "-");
	wf_buf_printf(&counts, "%" PRIu64 " fired, %" PRIu64 " missed", s->fired, s->missed);
	put_line(out, "so far", counts.data);
	if (json_object_get(s->spec, "input") || json_object_get(s->spec, "overrides")) {
		wf_buf_addstr(out, "\ninput\n");
		if (json_object_get(s->spec, "input"))
			wf_view_yaml(json_object_get(s->spec, "input"), 2, out);
		if (json_object_get(s->spec, "overrides")) {
			wf_buf_addstr(out, "\noverrides\n");
			wf_view_yaml(json_object_get(s->spec, "overrides"), 2, out);
		}
	}
	put_recent(ctx, s->recent, out);
	wf_timetable_done(&t);
}

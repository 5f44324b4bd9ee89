/* Schedules on the command line: their options, and how they and their firings look. */
#ifndef WF_CMD_SCHEDULE_H
#define WF_CMD_SCHEDULE_H

#include "cli.h"
#include "journal/waiting.h"
#include "base/timetable.h"

/* Puts the options that were given (--timezone, --missed, …) into the spec; *ret_changed (may be NULL)
 * counts them. 0 or the exit status. */
int wf_schedule_options(struct wf_ctx *ctx, json_t *spec, size_t *ret_changed);
/* Reads a spec; 0 or the exit status, with what is wrong said. */
int wf_schedule_read(struct wf_ctx *ctx, const json_t *spec, struct wf_timetable *ret);

/* The next firings, with those that a change of the clock moves, doubles or leaves out. */
struct wf_upcoming {
	int64_t ms;              /* of one that is left out: the end of the gap */
	int64_t local;           /* the local time that it stands for, in seconds */
	const char *mark;        /* NULL, shifted, skipped, first, second */
};
/* At most `most` firings at or after a time, and before `until` (0: no bound); those skipped are listed
 * between and not counted. From wf_alloc. */
struct wf_upcoming *wf_schedule_upcoming(const struct wf_timetable *t, int64_t from, int64_t until,
	size_t most, size_t *ret_count);
json_t *wf_schedule_upcoming_json(const struct wf_timetable *t, const struct wf_upcoming *items,
	size_t count);
void wf_schedule_upcoming_text(struct wf_ctx *ctx, const struct wf_timetable *t,
	const struct wf_upcoming *items, size_t count, struct wf_buf *out);

/* The expression of a spec: what stands behind cron, interval or at. */
const char *wf_schedule_expression(const json_t *spec);
/* What keeps a schedule from firing, and what a sweep would do with it if a hold ended now. */
struct wf_schedule_outlook {
	bool startable, held;
	uint64_t starts, left_out;  /* of what fell due while it is held */
	int64_t next_at;            /* after these; 0: never */
};
int wf_schedule_look(struct wf_txn *txn, const struct wf_schedule *s, int64_t now,
	struct wf_schedule_outlook *ret);
/* "active", "held", "disabled" (nothing is there that it could start), "paused", "over" */
const char *wf_schedule_state(const struct wf_schedule *s, const struct wf_schedule_outlook *o);
/* When it fires next; 0: not as it is. */
int64_t wf_schedule_next(const struct wf_schedule *s, const struct wf_schedule_outlook *o);
/* "2 starts, 3 left out, then 11:00:00": what the release brings to one that is held. */
void wf_schedule_on_release(const struct wf_schedule_outlook *o, int64_t now, struct wf_buf *out);
json_t *wf_schedule_json(const struct wf_schedule *s, const struct wf_schedule_outlook *o);
void wf_schedule_text(struct wf_ctx *ctx, const struct wf_schedule *s,
	const struct wf_schedule_outlook *o, struct wf_buf *out);

/* The sub-verbs that change something. */
int wf_run_schedule_add(struct wf_ctx *ctx);
int wf_run_schedule_update(struct wf_ctx *ctx);
int wf_run_schedule_pause(struct wf_ctx *ctx);
int wf_run_schedule_resume(struct wf_ctx *ctx);
int wf_run_schedule_delete(struct wf_ctx *ctx);
int wf_run_schedule_run_now(struct wf_ctx *ctx);

#endif

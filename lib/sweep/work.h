/* What the files of the sweep share. Nothing outside this folder includes it. */
#ifndef WF_SWEEP_WORK_H
#define WF_SWEEP_WORK_H

#include "base/numbers.h"
#include "sweep/sweep.h"

/* Numbers, each once; none is 0. */
struct wf_sweep_set {
	uint64_t *items; /* from wf_alloc */
	size_t count, room;
};
/* Whether the number was not there; it is now. */
bool wf_sweep_set_add(struct wf_sweep_set *s, uint64_t number);
void wf_sweep_set_drop(struct wf_sweep_set *s, uint64_t number);
void wf_sweep_set_clear(struct wf_sweep_set *s);
void wf_sweep_set_done(struct wf_sweep_set *s);

/* What a sweep at a time would do. */
struct wf_agenda {
	struct wf_numbers orphans, timers, schedules, events, held_back, queued;
	uint64_t expired;    /* histories; of a look that does not count them, whether there is one */
	bool events_expired; /* kept events are older than their retention */
	int64_t next_due;    /* the earliest timer or schedule of all, due or not; 0: none */
	int64_t expires;     /* the earliest end of a retention, due or not; 0: none */
};
/* When the end of a retention counts as due for who arms a timer; 0 of 0. */
int64_t wf_sweep_expiry_due(int64_t expires);
/* The earlier of the two; 0 is never. */
int64_t wf_sweep_earlier(int64_t a, int64_t b);
void wf_agenda_done(struct wf_agenda *a);
bool wf_agenda_empty(const struct wf_agenda *a);

/* Whether there is anything at all, in one snapshot, without reading more than is needed to tell:
 * *ret_work for orphans, events and the like, next_due beside it. */
struct wf_glance {
	bool work;           /* something waits for a sweep, whatever the time is */
	int64_t next_due;    /* 0: none */
	int64_t expires;     /* 0: none */
};
int wf_sweep_glance(struct wf_journal *j, struct wf_home *home, int64_t expired_before,
	struct wf_glance *ret, struct wf_cause *cause);

/* All of it. Events that came before `expired_before` have expired; 0: none does. */
enum wf_sweep_looked {
	WF_SWEEP_ALL,
	WF_SWEEP_LEAVES_INSTANCES, /* neither orphans nor timers */
	WF_SWEEP_COUNTS,           /* all, and how many histories have expired */
};
int wf_sweep_look(struct wf_journal *j, struct wf_home *home, int64_t now, int64_t expired_before,
	enum wf_sweep_looked what, struct wf_agenda *ret, struct wf_cause *cause);

/* The timers that are due (NULL: not asked for), and the time of the next thing; for the passes within a
 * window. */
int wf_sweep_due(struct wf_journal *j, int64_t now, struct wf_numbers *timers, int64_t *ret_next,
	struct wf_cause *cause);

/* The lock of sweeps of a journal: *ret_fd is -1 when another has it. Waits for it up to wait_ms, and
 * no longer when *stop is set. */
int wf_sweep_lock(struct wf_home *home, const char *tenant, const char *environment, int64_t wait_ms,
	const volatile sig_atomic_t *stop, int *ret_fd, struct wf_cause *cause);

#endif

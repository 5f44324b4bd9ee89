/*
 * One sweep over one journal (serve-once): does what is due, in an order in which nothing waits for
 * what comes later, and leaves. What it costs follows what is due, not what is waiting.
 *
 *	orphans -> due timers -> schedules -> freed slots -> events -> signals -> retention
 *
 * With a window it stays and does what falls due within it at its millisecond.
 */
#ifndef WF_SWEEP_SWEEP_H
#define WF_SWEEP_SWEEP_H

#include "runtime/runtime.h"

#include <signal.h>

#define WF_EVENT_RETENTION_MS (INT64_C(7) * 86400000)

struct wf_sweep_report {
	bool locked_out;        /* another sweep is at work there: nothing was done */
	bool stopped;           /* by the flag, or at `max` */
	uint64_t orphans, timers, fired, missed, granted, events, delivered, released, dropped;
	uint64_t refused;       /* starts that schedules and events could not make */
	uint64_t started;       /* instances begun by schedules and events */
	uint64_t completed, failed, cancelled, parked, lost; /* of the instances it drove */
	int64_t next_due;       /* the earliest thing left; 0: none */
	char why[512];          /* of the last refused or lost; "" */
};

struct wf_sweep_options {
	struct wf_home *home;
	const char *tenant, *environment;
	const char *libexec, *workdir, *os_user;
	char *const *environ_in;
	uint64_t window_ms;        /* stay this long */
	uint32_t jobs;             /* instances driven at once; 0: the runtime's own bound */
	uint64_t max;              /* instances taken up at most; 0: no bound */
	bool dry_run;              /* only look: the report says what would be done */
	bool parallel;             /* though another sweep holds the lock */
	int64_t event_retention_ms; /* 0: for ever */
	const volatile sig_atomic_t *stop; /* NULL, or set by a signal handler */
	void (*runtime)(void *arg, struct wf_runtime *rt); /* the runtime at work, NULL when it is over; for wf_runtime_stop */
	void (*progress)(void *arg, const struct wf_sweep_report *now); /* after each commit; may be NULL */
	void *arg;
};

/* Sweeps. 0 also when another sweep is at work or there was nothing to do. A failure of one instance
 * is no failure of the sweep. */
int wf_sweep(const struct wf_sweep_options *options, struct wf_sweep_report *ret,
	struct wf_cause *cause);

/* What is due next in a journal; at 0: nothing. */
struct wf_next_due {
	int64_t at;
	uint64_t instance; /* whose timer, or 0 */
	uint64_t schedule; /* which schedule, or 0 */
	bool now;          /* something waits for a sweep already: orphans, events, freed slots */
};
int wf_sweep_next(struct wf_home *home, const char *tenant, const char *environment,
	struct wf_next_due *ret, struct wf_cause *cause);

#endif

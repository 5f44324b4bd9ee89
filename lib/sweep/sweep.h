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
	bool looked;            /* something was due; otherwise only looked at */
	uint64_t orphans;       /* instances that nobody drove, taken up */
	uint64_t timers;        /* that fired; of a dry run: instances with a timer due */
	uint64_t fired, missed; /* firings of schedules: made good, and left out by their policy */
	uint64_t granted;       /* queued instances whose slots were free, begun */
	uint64_t events;        /* dispatched */
	uint64_t replaced;      /* instances cancelled for starts that took their places */
	uint64_t released;      /* effects that a hold had kept back, begun */
	uint64_t dropped;       /* events whose retention was over */
	uint64_t pruned;        /* instances whose history's retention was over */
	uint64_t refused;       /* starts that schedules and events could not make */
	uint64_t started, queued; /* instances begun by schedules and events; of those, in a queue */
	uint64_t completed, failed, cancelled, parked, lost; /* what came of the instances it drove */
	uint64_t in_hand;       /* driven at the moment */
	int64_t next_due;       /* the earliest thing left, as wf_sweep_next counts it; 0: none */
	char why[512];          /* of the last refused or lost; "" */
};

struct wf_sweep_options {
	struct wf_home *home;
	const char *tenant, *environment;
	const char *libexec, *workdir, *os_user;
	char *const *environ_in;
	const json_t *(*people)(void *arg, struct wf_cause *cause); /* as a runtime's */
	void *people_arg;
	uint64_t window_ms;        /* stay this long */
	uint32_t jobs;             /* instances driven at once; 0: the runtime's own bound */
	uint64_t max;              /* instances taken up at most; 0: no bound */
	bool dry_run;              /* only look: the report says what would be done */
	bool parallel;             /* though another sweep holds the lock */
	int64_t event_retention_ms; /* 0: for ever */
	const volatile sig_atomic_t *stop; /* NULL, or set by a signal handler */
	/* The runtime at work, for wf_runtime_stop in a signal handler; NULL when it is over. May be NULL. */
	void (*running)(void *arg, struct wf_runtime *rt);
	void (*progress)(void *arg, const struct wf_sweep_report *now); /* after commits; may be NULL */
	void *arg;
};

/* Sweeps. 0 also when another sweep is at work (with a window it is waited for that long, so that
 * sweeps that follow each other leave no gap) and when there was nothing to do. What becomes of an
 * instance is no failure of the sweep. WF_EINTR: stopped; what is reported was done. */
int wf_sweep(const struct wf_sweep_options *options, struct wf_sweep_report *ret,
	struct wf_cause *cause);

/*
 * What is due next in a journal, opened for reading alone. The end of a retention counts at the full hour
 * after it: histories that expire one after the other make no sweep each for whoever arms a timer by this.
 * A sweep that comes before that prunes them all the same.
 */
struct wf_next_due {
	int64_t at;           /* 0: nothing */
	uint64_t instance;    /* whose timer it is; 0 */
	uint64_t schedule;    /* which schedule it is; 0 */
	bool retention;       /* it is the end of a retention: neither of these */
	int64_t expires;      /* the first one to the millisecond; 0: none */
	char name[160];       /* the schedule's name, or the instance's workflow */
	bool work;            /* something waits for a sweep whatever the time is: orphans, events */
};
/* event_retention_ms: as a sweep's; 0 for who does not ask about it. */
int wf_sweep_next(struct wf_home *home, const char *tenant, const char *environment,
	int64_t event_retention_ms, struct wf_next_due *ret, struct wf_cause *cause);

#endif

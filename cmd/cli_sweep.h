/* Sweeping several journals: which ones, who does each, and what came of all. */
#ifndef WF_CMD_SWEEP_H
#define WF_CMD_SWEEP_H

#include "cli.h"
#include "sweep/sweep.h"

/* A journal of the home. */
struct wf_target {
	char *tenant, *environment;
	int status;               /* exit status that its sweep gives; 0 */
	json_t *error;            /* {code, message} where it is not 0; NULL: nobody knows */
	struct wf_sweep_report report;
	bool swept;               /* the report says something */
	/* of the many */
	struct wf_next_due next;
	int64_t changed;          /* of its data file, when it was last looked at; nanoseconds */
	int64_t look_at;          /* when its next thing comes near; 0: it has none */
};
struct wf_targets {
	struct wf_target *items;
	size_t count, room;
	struct wf_cause why;      /* while they are looked for: what keeps a folder from being read */
};

/* The journals that the command line names (--tenant, --environment, given often), or all of the home, by
 * name. A pair of names that is given and not there is missing: 0 or the exit status. */
int wf_targets_find(struct wf_ctx *ctx, struct wf_targets *ret);
void wf_targets_done(struct wf_targets *t);

/* How the sweeps are to be; the rest of the options comes from the settings. */
struct wf_sweeping {
	struct wf_ctx *ctx;
	uint64_t window_ms, max, jobs;
	bool dry_run, parallel;
	const volatile sig_atomic_t *stop;
	void (*running)(void *arg, struct wf_runtime *rt);
	void (*progress)(void *arg, const struct wf_sweep_report *now);
	void *arg;
};
/* One that cannot be used: said, and kept with its name before it. */
void wf_target_failed(struct wf_ctx *ctx, struct wf_target *t, struct wf_cause *cause);
/* Sweeps one journal in this process; the exit status, with what is wrong said. */
int wf_sweep_here(const struct wf_sweeping *how, struct wf_target *t);
/* Sweeps those of many that have something due, each in a process of its own, and within the window
 * those in which something falls due. */
void wf_sweep_many(const struct wf_sweeping *how, struct wf_targets *targets);

/* What a sweep did as members of an object; and back. */
void wf_report_json(const struct wf_sweep_report *r, json_t *into);
void wf_report_read(const json_t *from, struct wf_sweep_report *ret);
/* The counts of one more added up. */
void wf_report_add(struct wf_sweep_report *sum, const struct wf_sweep_report *r);

/* event_retention of the settings. 0 or the exit status. */
int wf_event_retention(struct wf_ctx *ctx, int64_t *ret_ms);

#endif

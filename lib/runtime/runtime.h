/*
 * The imperative shell: claims instances, feeds the engine, commits, performs, feeds back.
 *
 * One thread, one loop. A turn: collect what happened, feed each instance's events to the engine,
 * commit the changes of all instances in one transaction (group commit), then begin the effects
 * whose intents that commit made durable.
 */
#ifndef WF_RUNTIME_RUNTIME_H
#define WF_RUNTIME_RUNTIME_H

#include "effect/effect.h"
#include "engine/engine.h"
#include "journal/journal.h"

struct wf_runtime;

enum wf_parted {
	WF_PARTED_ENDED,     /* completed, failed or cancelled */
	WF_PARTED_PARKED,    /* waits for something that is not due while this process stays */
	WF_PARTED_LOST       /* could not go on: the cause says why (the journal failed, a bug) */
};

/* What the caller hears of; every function may be NULL. Called after the commit that made it true,
 * never inside a transaction. The instance is borrowed. */
struct wf_observer {
	void *arg;
	void (*started)(void *arg, const struct wf_plan *plan, const struct wf_instance *in);
	void (*moved)(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
		const struct wf_event *event, const struct wf_transition *transitions,
		uint32_t count);
	void (*parted)(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
		enum wf_parted how, const struct wf_cause *cause, uint64_t ticket);
	/* All of a commit has been told. */
	void (*told)(void *arg);
};

struct wf_runtime_options {
	struct wf_home *home;
	struct wf_journal *journal;       /* opened for writing */
	const char *tenant, *environment;
	const char *libexec, *workdir;
	char *const *environ_in;          /* for exec.run's allow-list */
	uint64_t stay_ms;                 /* a timer due within this is waited for here */
	uint32_t max_in_flight;           /* instances driven at once; 0: 256 */
	const char *os_user;
	struct wf_observer observer;
};
int wf_runtime_new(const struct wf_runtime_options *options, struct wf_runtime **ret,
	struct wf_cause *cause);
void wf_runtime_free(struct wf_runtime *rt); /* NULL is allowed */

/* Takes a plan's bytes (verified here); kept in the journal with the first instance that uses it.
 * The plan is the runtime's. */
int wf_runtime_add_plan(struct wf_runtime *rt, const void *bytes, size_t n,
	const struct wf_plan **ret, struct wf_cause *cause);
/* The same with a plan that is loaded already and outlives the runtime. bytes NULL: the journal has
 * it. */
void wf_runtime_lend_plan(struct wf_runtime *rt, const struct wf_plan *plan, const void *bytes,
	size_t n);
/* The plan of an id, from memory or the journal. */
int wf_runtime_get_plan(struct wf_runtime *rt, const uint8_t id[WF_HASH_SIZE],
	const struct wf_plan **ret, struct wf_cause *cause);

struct wf_start {
	const struct wf_plan *plan;
	const char *version;      /* as registered; NULL: the plan's own */
	json_t *input;            /* borrowed; already validated, defaults applied */
	const char *started_by;
	const char *correlation_id; /* NULL: the plan's, if it has one */
	uint64_t ticket;          /* the caller's; comes back in parted */
};
/* Queues a start; it becomes durable in the next turn of wf_runtime_run. */
int wf_runtime_start(struct wf_runtime *rt, const struct wf_start *start, struct wf_cause *cause);

/* More starts on demand, for batches: called when there is room, gives false when there are no
 * more (or none now: *ret_later true). May be NULL. */
typedef bool wf_runtime_feed_fn(void *arg, struct wf_runtime *rt);
void wf_runtime_set_feed(struct wf_runtime *rt, wf_runtime_feed_fn *fn, void *arg);

/* Claims an instance to drive it on: picks up effects in doubt, fires what is due. WF_EBUSY: a
 * living process drives it. WF_ENOENT. WF_ECONFLICT: it has ended. An instance that only waits is
 * claimed, fired if due, and parts again as parked. */
int wf_runtime_claim(struct wf_runtime *rt, uint64_t number, struct wf_cause *cause);

/* The same for many, as room for them comes: claimed in groups by wf_runtime_run, a commit a group;
 * those that cannot be claimed by then (another process was quicker) are passed over. */
void wf_runtime_claim_later(struct wf_runtime *rt, const uint64_t *numbers, size_t count);

/* Gives a decision to an open approval, in one durable transaction; due timers of the instance fire
 * first. When the instance can go on it stays claimed and wf_runtime_run drives it. step WF_NONE:
 * the instance's only open approval (WF_EAMBIGUOUS when there are several). ret_instance (borrowed,
 * valid until wf_runtime_run) may be NULL. WF_EPERM, WF_ECONFLICT, WF_ENOENT, WF_EBUSY. */
struct wf_decision {
	uint64_t number;
	uint32_t step;
	bool approve;
	const char *by, *reason; /* reason may be NULL */
};
int wf_runtime_decide(struct wf_runtime *rt, const struct wf_decision *decision,
	const struct wf_plan **ret_plan, const struct wf_instance **ret_instance,
	struct wf_cause *cause);

/* Any other event an operator gives an instance (RESOLVE, CANCEL), in the same way. */
int wf_runtime_post(struct wf_runtime *rt, uint64_t number, const struct wf_event *event,
	struct wf_cause *cause);

/* The instance as the journal has it now; the caller's. */
int wf_runtime_reload(struct wf_runtime *rt, uint64_t number, struct wf_instance **ret,
	struct wf_cause *cause);

/* Runs until every claimed and queued instance has parted. 0, or WF_EINTR after wf_runtime_stop, or
 * the error that ended it. */
int wf_runtime_run(struct wf_runtime *rt, struct wf_cause *cause);

/* Asks the loop to end after the commit in hand; safe in a signal handler. */
void wf_runtime_stop(struct wf_runtime *rt);

/* Numbers of the instances that nobody drives and that could go on: running without a living owner,
 * and those with a timer due by `until`. For `resume`. *ret from wf_alloc. */
int wf_runtime_orphans(struct wf_journal *j, struct wf_home *home, int64_t until, uint64_t **ret,
	size_t *ret_count, struct wf_cause *cause);

/* Removes what dead processes left in the spool: results of this journal's instances that are durable,
 * or that nobody waits for any more. Results of other journals are left to theirs. */
int wf_runtime_tidy(struct wf_runtime *rt, struct wf_cause *cause);

/* Replays an instance's history through the engine and compares (G6). WF_ECORRUPT: they differ, the
 * cause says where. */
int wf_runtime_replay(struct wf_journal *j, uint64_t number, struct wf_cause *cause);

#endif

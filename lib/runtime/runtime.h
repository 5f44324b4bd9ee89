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
	WF_PARTED_LOST,      /* could not go on: the cause says why (the journal failed, a bug) */
	WF_PARTED_ELSEWHERE  /* another living process drives it on: this one only gave it an event */
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
	/* What is the matter with this instance alone (its plan cannot be read, a value is too long) kept it
	 * from being claimed, or from what it was to be given; the others go on. NULL: that ends the loop. */
	void (*passed_over)(void *arg, uint64_t number, const struct wf_cause *cause);
	/* A start whose slots replace took the place of another instance, which is cancelled. */
	void (*replaced)(void *arg, uint64_t number, uint64_t by);
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
	bool dry;                         /* what is given is checked, and none of it is kept: decide, post,
	                                     signal and retry answer as they would */
	struct wf_observer observer;
	/* What approvals' roles and resolvers are looked up in, asked for when a step needs it (borrowed;
	 * NULL, with a cause, when it cannot be had): {directory: {roles: {NAME: [names]}, functions:
	 * {NAME: {ARGUMENT: [names]}}}, resolvers: {NAME: {command: […]} | {http: {…}} | {directory:
	 * true}}}. NULL: there is none. */
	const json_t *(*people)(void *arg, struct wf_cause *cause);
	void *people_arg;
	/* Settings that action definitions read as `connection`: {NAME: {…}}; an instance keeps those
	 * that its plan reads. Borrowed; NULL: none. */
	const json_t *connections;
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

/* Of whom an instance is a child. */
struct wf_parent {
	const struct wf_instance *in;
	const char *step;         /* id */
	bool awaited, outlives;
};

struct wf_start {
	const struct wf_plan *plan;
	const char *version;      /* as registered; NULL: the plan's own */
	json_t *input;            /* borrowed; already validated, defaults applied */
	const char *started_by;
	const char *correlation_id; /* NULL: the plan's, if it has one */
	uint64_t ticket;          /* the caller's; comes back in parted */
	const char *key;          /* idempotency key of the start; NULL */
	bool key_is_new;          /* the caller looked in this transaction: no instance of the workflow has it */
	json_t *event;            /* what started it: the root `event`; borrowed; NULL */
	uint64_t schedule;        /* the schedule that started it; 0 */
	const json_t *extra_slots;/* besides those of the plan's concurrency: list of {name, limit,
	                             on_conflict?: "queue" | "reject" | "replace"}; borrowed; NULL */
	const struct wf_parent *parent; /* NULL */
	json_t *bundle;           /* workflows that come with it, whose plans are the runtime's: {ID: {"plan":
	                             hex, "version"?: text}}; borrowed; NULL */
};

enum wf_admission {
	WF_ADMITTED,
	WF_ADMITTED_BEFORE,       /* the key was used: the number is that of the instance of then */
	WF_ADMITTED_QUEUED        /* a slot is taken: it waits for its turn */
};
struct wf_started {
	enum wf_admission how;
	uint64_t number;          /* 0: it gets one with its first commit */
};

/* Takes a new instance in, inside the caller's transaction, as PENDING or QUEUED and without an owner.
 * Whoever claims it drives it. The plan is the runtime's. A slot that is taken and is to be replaced:
 * who holds it is cancelled in the same transaction. WF_ECONFLICT: the concurrency of the workflow (or
 * of extra_slots) rejects it; WF_EBUSY: on hold. */
int wf_runtime_admit(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_start *start,
	enum wf_admission *ret, uint64_t *ret_number, struct wf_cause *cause);

/* The same for an instance that this process drives on, between turns of the loop (in its source): with
 * WF_ADMITTED *ret_in is the instance, which is this process's with the commit; wf_runtime_begin then
 * takes it and starts it. A transaction that does not commit, or runs again, frees it. */
int wf_runtime_admit_own(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_start *start,
	enum wf_admission *ret, uint64_t *ret_number, struct wf_instance **ret_in,
	struct wf_cause *cause);
int wf_runtime_begin(struct wf_runtime *rt, struct wf_instance *in, struct wf_cause *cause);
/* Around a transaction that admits: first in it, also when it runs again, and after its commit, when whoever
 * was replaced is stopped and those that drive them are woken. */
void wf_runtime_admitting(struct wf_runtime *rt);
void wf_runtime_admitted(struct wf_runtime *rt);

/* Queues a start; it becomes durable in the next turn of wf_runtime_run. With a key, with slots, or
 * while anything is on hold it is admitted at once, in a transaction of its own, and then driven on
 * (but for ADMITTED_BEFORE and ADMITTED_QUEUED, of which nothing is heard but *ret). ret may be NULL. */
int wf_runtime_start(struct wf_runtime *rt, const struct wf_start *start, struct wf_started *ret,
	struct wf_cause *cause);

/* More starts on demand, for batches: called when there is room; it starts one, or gives false when
 * there are no more. May be NULL. */
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
 * first. When the instance can go on it stays claimed and wf_runtime_run drives it; when a living
 * process drives it already that one is woken, and goes on. step WF_NONE: the instance's only open
 * approval (WF_EAMBIGUOUS when there are several). ret_instance (borrowed, valid until wf_runtime_run)
 * may be NULL. WF_EPERM, WF_ECONFLICT, WF_ENOENT, WF_EINVAL. */
struct wf_decision {
	uint64_t number;
	uint32_t step;
	const char *decision;    /* approve, reject, delegate (to), reassign (from, to), withdraw,
	                            withdraw_request */
	const char *by, *reason; /* reason may be NULL */
	const char *to, *from;   /* NULL but where the decision needs them */
};
int wf_runtime_decide(struct wf_runtime *rt, const struct wf_decision *decision,
	const struct wf_plan **ret_plan, const struct wf_instance **ret_instance,
	struct wf_cause *cause);

/* Any event that is given from outside (DECISION, RESOLVE, CANCEL, DELIVERY, RELEASE, RETRY, MOVE), in
 * the same way. An effect of a step that is not in hand any more is stopped by whoever began it. */
int wf_runtime_post(struct wf_runtime *rt, uint64_t number, const struct wf_event *event,
	struct wf_cause *cause);

/* The same for many, fed by wf_runtime_run in groups, a transaction a group: each is answered once,
 * after its commit, with 0 or why it was refused. Instances that can go on are driven as room comes.
 * The array is the caller's until wf_runtime_run returns. */
struct wf_post {
	uint64_t number;
	struct wf_event event;   /* data borrowed until it is answered */
};
typedef void wf_runtime_answer_fn(void *arg, size_t index, int result,
	const struct wf_cause *cause);
void wf_runtime_post_later(struct wf_runtime *rt, const struct wf_post *posts, size_t count,
	wf_runtime_answer_fn *answered, void *arg);

/* Keeps a signal ({name, data?, id?, by?}) for an instance, durably, and hands it over when the
 * instance waits for it (*ret_delivered; may be NULL). The same id again: kept once, WF_EEXIST.
 * WF_ECONFLICT: the instance has ended. WF_ENOENT. */
int wf_runtime_signal(struct wf_runtime *rt, uint64_t number, const json_t *signal,
	bool *ret_delivered, struct wf_cause *cause);

/* Hands a kept event to a step that waits for events of its name, when it matches what the step waits
 * for and the instance has not taken it before. *ret_taken (may be NULL) says whether it did. */
int wf_runtime_deliver_event(struct wf_runtime *rt, uint64_t event, uint64_t number, uint32_t step,
	bool *ret_taken, struct wf_cause *cause);
/* The same for many instances, each with the first of its steps that it matches, as room for them
 * comes in wf_runtime_run: a commit a group. */
void wf_runtime_deliver_later(struct wf_runtime *rt, uint64_t event, const uint64_t *numbers,
	size_t count);

/* Begins an instance that FAILED, was CANCELLED or is SUSPENDED again: at the step with the id `from`
 * (NULL: the one that failed), with paths set ({path: value}; NULL) and under another plan (of the
 * runtime; NULL: its own), to which its steps are mapped by their ids. Results of completed steps are
 * kept. WF_ECONFLICT, WF_ENOENT (no such step), WF_EINVAL. */
int wf_runtime_retry(struct wf_runtime *rt, uint64_t number, const char *from, json_t *set,
	const struct wf_plan *plan, const char *by, struct wf_cause *cause);

/* An instance in flight goes on under another version of its workflow (a plan of the runtime; what it is
 * registered as, NULL: nothing), if what it has done fits (engine/fit.h): WF_ECONFLICT says why not.
 * WF_EEXIST: it has that one. WF_ENOENT. */
int wf_runtime_migrate(struct wf_runtime *rt, uint64_t number, const struct wf_plan *plan,
	const char *version, const char *by, struct wf_cause *cause);

/* The instance as the journal has it now; the caller's. */
int wf_runtime_reload(struct wf_runtime *rt, uint64_t number, struct wf_instance **ret,
	struct wf_cause *cause);

/* Where more to do comes from while the loop runs: called in its first turn, at the time (ms since
 * 1970) that it returned, and after each wake; it may claim, start and deliver. Returns when it wants
 * to be called next; 0: nothing will come any more. */
typedef int64_t wf_runtime_source_fn(void *arg, struct wf_runtime *rt, int64_t now);
void wf_runtime_set_source(struct wf_runtime *rt, wf_runtime_source_fn *fn, void *arg);
/* For a source that cannot go on: ends the loop with that error after the commit in hand. */
void wf_runtime_fail(struct wf_runtime *rt, const struct wf_cause *cause);
/* Instances in this process's hands, and claims and deliveries that still wait for room. */
size_t wf_runtime_in_hand(const struct wf_runtime *rt);
/* Of those the claims. */
size_t wf_runtime_claims_waiting(const struct wf_runtime *rt);

/* Runs until every claimed and queued instance has parted and the source has nothing more. 0, or
 * WF_EINTR after wf_runtime_stop, or the error that ended it. */
int wf_runtime_run(struct wf_runtime *rt, struct wf_cause *cause);

/* Asks the loop to end after the commit in hand; safe in a signal handler. */
void wf_runtime_stop(struct wf_runtime *rt);

/* Numbers of the instances that nobody drives and that could go on: running without a living owner,
 * and those with a timer due by `until`. For `resume`. *ret from wf_alloc. */
int wf_runtime_orphans(struct wf_journal *j, struct wf_home *home, int64_t until, uint64_t **ret,
	size_t *ret_count, struct wf_cause *cause);

/* Gives a queued instance its slots, inside the caller's transaction, when all of them have room: it is
 * PENDING then, for whoever claims it. Who frees a slot does this for the first in its queue; it is for
 * a sweep that finds one which nobody gave it. */
int wf_runtime_grant(struct wf_txn *txn, uint64_t number, bool *ret_granted);
/* Calls fn with the queued instances that could begin, as far as the heads of all queues show: each once for
 * each of its slots. For such a sweep. */
int wf_runtime_each_grantable(struct wf_txn *txn, void (*fn)(void *arg, uint64_t number), void *arg);
/* Whether all slots of a list have room. */
int wf_slots_room(struct wf_txn *txn, const json_t *slots, bool *ret);

/* Removes what dead processes left in the spool: results of this journal's instances that are durable,
 * or that nobody waits for any more. Results of other journals are left to theirs. */
int wf_runtime_tidy(struct wf_runtime *rt, struct wf_cause *cause);

/* Replays an instance's history through the engine and compares (G6). WF_ECORRUPT: they differ, the
 * cause says where. 1: its history was pruned, and there is no replay. */
int wf_runtime_replay(struct wf_journal *j, uint64_t number, struct wf_cause *cause);

/* Whether anything will ever wake the instance: its owner, a timer, a person, a signal or event that
 * may still come, a slot that others hold, the sweep. 0, or WF_ECORRUPT with what it rests in: a dead
 * end, which is a bug. */
int wf_runtime_dead_end(struct wf_journal *j, struct wf_home *home, uint64_t number,
	struct wf_cause *cause);

#endif

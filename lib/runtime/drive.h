/*
 * What the files of the runtime share. Nothing outside this folder includes it.
 *
 * Times are milliseconds since the epoch, 0 is none; numbers of instances begin at 1. What returns an int
 * gives 0 or a negative wf_err, with a cause where there is one to say. What takes a transaction may run
 * again with it: it changes nothing outside that another run would not set again, and what it leaves to
 * be done is done after the commit (wf_inside_keep, wf_runtime_after). A drive is the runtime's once it is
 * linked, and before of whoever loaded it.
 */
#ifndef WF_RUNTIME_DRIVE_H
#define WF_RUNTIME_DRIVE_H

#include "base/numbers.h"
#include "journal/waiting.h"
#include "runtime/runtime.h"

#include <signal.h>

/* A plan in memory. */
struct wf_held_plan {
	const struct wf_plan *plan;
	struct wf_plan *own;  /* NULL: it is lent */
	struct wf_buf bytes; /* of one that may not be in the journal yet */
	bool stored;
	bool numbered;       /* its code looks at the instance, whose number must be known from the start */
	bool slotted;        /* it has a concurrency of its own */
};

/* A history record that waits for its commit, and what the observer will hear of it. */
struct wf_moved {
	size_t offset, len;  /* of the record in the drive's buffer */
	struct wf_event event; /* data owned */
	struct wf_transition *transitions;
	uint32_t count;
	bool inside;         /* it was given in a transaction, by what that was about */
};

/* An effect that was begun and has no result yet. */
struct wf_inflight {
	struct wf_drive *drive;
	uint32_t step, attempt, visit;
	char token[112];
	struct wf_inflight *next;
};

/* What the commit takes out of the journal for the instance: a kept signal or event. */
struct wf_take {
	enum wf_wait kind;   /* WF_WAIT_SIGNAL, WF_WAIT_EVENT */
	uint64_t number;
};

/* An instance in this process's hands. */
struct wf_drive {
	const struct wf_held_plan *held;
	struct wf_instance *in;  /* owned */
	uint64_t ticket;
	uint64_t history;        /* its records in the journal, as far as this process knows */

	/* among the others */
	bool linked;             /* it is one of the runtime's drives */
	struct wf_drive *next, *prev;
	struct wf_drive *next_touched, *prev_touched;
	int64_t due;             /* as the heap has it; 0: it is not in the heap */
	uint32_t due_at;         /* its place there */
	struct wf_drive *parent; /* of a child whose parent is in this process's hands too */
	uint32_t children;       /* such children of it */
	bool left_alone;         /* the last of them left after its stay was decided */

	/* how it came, and whether it stays */
	bool fresh;              /* nobody was told that it started */
	bool recovering;         /* claimed from a dead owner: its effects are to be looked for */
	bool taken_over;         /* from a dead owner, with what that one had begun */
	bool elsewhere;          /* a living process owns it: this one only gives it events */
	uint64_t owner_before;   /* who had it when it was loaded */
	bool on_hold;            /* its workflow is, as of the last look */
	bool stale;              /* the journal has it otherwise: to be loaded again, nothing to be written */
	bool leaving;            /* ends or parks with this turn's commit */

	/* what waits for the commit; wf_drive_forget forgets it */
	bool touched;            /* there is something; in the runtime's list when linked */
	struct wf_buf records;
	struct wf_moved *moved;
	uint32_t moved_count, moved_room;
	struct wf_take *takes;
	uint32_t take_count, take_room;
	struct wf_command *commands;
	uint32_t command_count, command_room;
	uint64_t *orphans;       /* children to be stopped */
	uint32_t orphan_count, orphan_room;
	char **settled;          /* tokens whose results this turn makes durable */
	uint32_t settled_count, settled_room;

	/* of the transaction in hand */
	uint32_t written;        /* records of `moved` */
	uint32_t orphans_stopped;/* of the orphans */
	uint32_t born;           /* children taken in */
	bool written_now;        /* that transaction has it */
	bool later;              /* it was fed in it, and is written once others have fed it, too */
	bool inside;             /* what it is fed comes from within a transaction */
	bool fed_inside;         /* something was: another run of the transaction may have it otherwise */

	struct wf_inflight *inflight; /* effects under way */
};

struct wf_replaced {
	uint64_t number, by;
};

/* What is given to an instance from outside. */
enum wf_gift_kind { WF_GIFT_EVENT, WF_GIFT_SIGNAL, WF_GIFT_KEPT_EVENT };
struct wf_gift {
	enum wf_gift_kind kind;
	uint64_t number;             /* to whom */
	const struct wf_event *event;/* EVENT; step WF_NONE: see wf_runtime_decide, wf_runtime_post */
	const json_t *signal;        /* SIGNAL */
	uint64_t kept;               /* KEPT_EVENT: its number */
	uint32_t step;               /* KEPT_EVENT: the step; WF_NONE: the first that it matches */
	const struct wf_plan *plan;  /* RETRY, MIGRATE: the new one; NULL: its own */
	const char *from;            /* RETRY: the step's id; NULL: the failed one */
	/* what came of it */
	int result;
	bool delivered;
	struct wf_cause why;
};

/* Gifts that wait for room, in the order in which they came. */
struct wf_waiting_gift {
	struct wf_gift gift;
	wf_runtime_answer_fn *answered; /* NULL: nobody asks */
	void *arg;
	size_t index;
};

struct wf_runtime {
	struct wf_runtime_options options;
	uint64_t runner;
	struct wf_effects *effects;
	struct wf_held_plan **plans;
	size_t plan_count, plan_room;
	struct wf_turn turn;           /* scratch of one event */
	struct wf_instance *decided;   /* what wf_runtime_decide handed out */

	/* drives */
	struct wf_drive *drives, *last_drive; /* in the order in which they were taken in */
	uint32_t drive_count;
	uint32_t child_count;                 /* of them, whose parents wait for them */
	struct wf_drive *touched, *last_touched; /* those with something to commit, in that order */
	struct wf_drive **due;         /* a heap: the earliest first */
	uint32_t due_count, due_room;

	/* where more to do comes from */
	uint64_t *claims;              /* numbers still to claim */
	size_t claim_count, claim_next, claim_room;
	struct wf_waiting_gift *gifts;
	size_t gift_count, gift_next, gift_room;
	wf_runtime_feed_fn *feed;
	void *feed_arg;
	bool feed_done;
	wf_runtime_source_fn *source;
	void *source_arg;
	int64_t source_at;             /* when it wants to be called; 0: never again */
	uint64_t next_number;          /* of those that were reserved in the journal */
	uint32_t numbers_left, numbers_taken;

	/* the journal and the clock as of the last look */
	uint64_t intrusions, seen;     /* as of the last look; of the transaction in hand */
	bool intrusions_known;
	bool watched;                  /* a wake of this runner ends a wait */
	bool any_hold;                 /* something is on hold, as of this turn */
	bool holds_known;
	int64_t last_now;              /* of the wall clock, in the last turn */

	/* the transaction in hand */
	bool committing;               /* it writes the linked drives */
	struct wf_drive **about;       /* loaded for it, and written by who loaded them */
	size_t about_count, about_room;
	struct wf_drive **inside;      /* given something in it, beside what it is about */
	size_t inside_count, inside_room;
	bool gathers;                  /* what is fed in it waits for wf_inside_settle */
	struct wf_drive **later;       /* those that wait */
	size_t later_count, later_room;
	struct wf_instance **begun;    /* children taken in by it, to be begun here */
	size_t begun_count, begun_room;
	struct wf_replaced *replaced;  /* by the starts in it */
	size_t replaced_count, replaced_room;
	struct wf_numbers granted;     /* instances that got their slots in it */
	struct wf_numbers ended;       /* those whose commands may outlive them: they had no living owner */
	struct wf_numbers wakes;       /* runners whose instances were changed */
	bool own_fault;                /* what failed it is one instance's, not the journal's */

	/* what it left to be done, once it committed */
	struct wf_drive **given;       /* `inside` of what committed */
	size_t given_count, given_room;
	struct wf_instance **born;     /* `begun` of what committed */
	size_t born_count, born_room;

	/* the end */
	volatile sig_atomic_t stopping;
	int failed;                    /* the error that ended the loop */
	struct wf_cause cause;
};

/* -- runtime.c -- */

/* Whether a transaction failed by what one instance is, so that others can do without it. */
bool wf_runtime_spoilt(const struct wf_runtime *rt, int rc);
/* Tells of an instance that others do without; false: nobody hears of such, and it ends the loop. */
bool wf_runtime_pass_over(struct wf_runtime *rt, uint64_t number, int rc, struct wf_cause *cause);

/* -- drive.c: one instance -- */

/* Takes the instance; linked to nothing. */
struct wf_drive *wf_drive_new(const struct wf_held_plan *held, struct wf_instance *in);
/* In a transaction: loads an instance, or says that there is none; then a drive of it, with its plan and
 * whether its workflow is on hold. The drive takes the instance, which goes when there is no drive. */
int wf_drive_find_instance(struct wf_txn *txn, uint64_t number, struct wf_instance **ret,
	struct wf_cause *cause);
int wf_drive_of_instance(struct wf_runtime *rt, struct wf_txn *txn, struct wf_instance *in,
	struct wf_drive **ret, struct wf_cause *cause);
/* The same of one that is given something: whether it goes on elsewhere is known. */
int wf_drive_load(struct wf_runtime *rt, struct wf_txn *txn, uint64_t number, struct wf_drive **ret,
	struct wf_cause *cause);
/* Of one that is not linked; NULL is allowed. */
void wf_drive_free(struct wf_drive *d);
/* Into the runtime's drives, at their end, and out of them. */
void wf_drive_link(struct wf_runtime *rt, struct wf_drive *d);
void wf_drive_unlink(struct wf_runtime *rt, struct wf_drive *d);
/* The drive of that instance, or NULL. */
struct wf_drive *wf_drive_find(const struct wf_runtime *rt, uint64_t number);
/* It has something to commit, or, committed, nothing any more. */
void wf_drive_touch(struct wf_runtime *rt, struct wf_drive *d);
void wf_drive_untouch(struct wf_runtime *rt, struct wf_drive *d);
/* Feeds an event; what follows waits in the drive for the commit. */
int wf_drive_feed(struct wf_runtime *rt, struct wf_drive *d, const struct wf_event *event,
	struct wf_cause *cause);
/* An event of now, with a random number; data borrowed. */
struct wf_event wf_drive_event(enum wf_event_type type, uint32_t step, uint32_t attempt,
	json_t *data);
/* Feeds a CONTINUE when the instance is ours and goes on by itself: a turn did as much as one may. */
void wf_drive_go_on(struct wf_runtime *rt, struct wf_drive *d);
/* Feeds TIMER for the timer that is due first; true when one was. */
bool wf_drive_fire_due(struct wf_runtime *rt, struct wf_drive *d, int64_t now);
/* Decides whether the instance stays in this process; sets owner and `leaving`. */
void wf_drive_decide_stay(struct wf_runtime *rt, struct wf_drive *d, int64_t now);
/* Once its changes are durable: its last child here may have left with the same commit. */
void wf_drive_look_alone(struct wf_runtime *rt, struct wf_drive *d);
/* The steps whose effects are under way, as far as the state says: the next from *at on (0 at first), or
 * WF_NONE. */
uint32_t wf_drive_next_in_hand(const struct wf_instance *in, uint32_t *at);
/* The name of an attempt for all time, whatever plans the instance runs under:
 * UUID-HASH-VISIT-ATTEMPT, the hash of the step's id in 16 hexadecimal digits. */
void wf_drive_token(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	char *ret, size_t room);
/* The step's attempt in hand is under way, with its token; the drive owns what is returned. */
struct wf_inflight *wf_drive_add_inflight(struct wf_drive *d, uint32_t step);
void wf_drive_drop_inflight(struct wf_inflight *f);
bool wf_drive_has_inflight(const struct wf_drive *d, uint32_t step);
/* The spool's files of the attempt go once what is known of it is durable. */
void wf_drive_settle_later(struct wf_drive *d, uint32_t step);
/* Forgets what waits for the commit. */
void wf_drive_forget(struct wf_drive *d);

/* -- due.c: linked drives by their earliest timer -- */

/* After an event, or when it is linked. */
void wf_due_update(struct wf_runtime *rt, struct wf_drive *d);
void wf_due_remove(struct wf_runtime *rt, struct wf_drive *d);
/* The drive that is due first; NULL when none has a timer. */
struct wf_drive *wf_due_first(const struct wf_runtime *rt);

/* -- commit.c: making it durable, and what follows -- */

/* Writes one drive inside a transaction: its records, its rows, what it takes from its inbox. A drive that
 * turns out stale is not written. */
int wf_drive_write(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d);
/* What it was fed since it was written in this transaction. */
int wf_drive_write_more(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d);
/* Whether the workflow of the drive is on hold, as this transaction sees it. */
int wf_drive_look_at_holds(struct wf_txn *txn, struct wf_drive *d);
/* After the commit: marks, observer, effects to begin, parting. */
void wf_drive_committed(struct wf_runtime *rt, struct wf_drive *d);
/* Stops the effects of steps that are not in hand any more. */
void wf_drive_stop_lost(struct wf_runtime *rt, struct wf_drive *d);
/* … of all steps. */
void wf_drive_stop_all(struct wf_runtime *rt, struct wf_drive *d);
/* What it settled is durable: the spool's files go. */
void wf_drive_settle(struct wf_runtime *rt, struct wf_drive *d);
/* Takes it out of this process's hands, tells so, and frees it. */
void wf_drive_part(struct wf_runtime *rt, struct wf_drive *d, enum wf_parted how,
	const struct wf_cause *cause);
/* Tells the observer what happened, once it is durable. */
void wf_drive_tell(struct wf_runtime *rt, struct wf_drive *d);
/* Tells the observer that a commit has been told whole. */
void wf_runtime_told(struct wf_runtime *rt);
/* Whether an instance has ended, or ends: what its flow had in hand is cut short. */
bool wf_drive_cut_short(const struct wf_instance *in);
/* Commits every touched drive in one transaction. */
int wf_runtime_commit(struct wf_runtime *rt, struct wf_cause *cause);
/* What a transaction leaves to be done once it is durable: runners to wake, freed slots to use, children
 * to stop. */
void wf_runtime_after(struct wf_runtime *rt);

/* -- intrude.c: changes that others made -- */

/* Compares what this process has with the journal, and loads again what was changed. */
int wf_runtime_look(struct wf_runtime *rt, struct wf_cause *cause);
/* In the transaction that makes an instance ours: what is changed after it is noticed. */
void wf_runtime_know_intrusions(struct wf_runtime *rt, struct wf_txn *txn);
/* In a transaction: marks the drives that others changed. */
int wf_runtime_mark_stale(struct wf_runtime *rt, struct wf_txn *txn);
/* Loads a stale drive again and feeds it what it had not committed. It may be gone afterwards. */
void wf_drive_reload(struct wf_runtime *rt, struct wf_drive *d);

/* -- inside.c: what a transaction gives to instances that it is not about -- */

/* First in every run of a transaction that writes instances: nothing was granted, given, begun. */
void wf_inside_begin(struct wf_runtime *rt);
/* The transaction is about this one too: whoever loaded it writes it. */
void wf_inside_about(struct wf_runtime *rt, struct wf_drive *d);
/* Cancels an instance in a transaction of the caller's; who owns it hears of it with
 * wf_runtime_after. One that has ended is left as it is; ret_given says so, and may be NULL. */
int wf_give_cancel(struct wf_runtime *rt, struct wf_txn *txn, uint64_t number, json_t *data,
	bool *ret_given, struct wf_cause *cause);
/* A start of the transaction in hand cancelled it; by: the start's number. */
void wf_inside_replaced(struct wf_runtime *rt, uint64_t number, uint64_t by);
/* What follows from the end of an instance, if it has ended: slots for who waits for them, word to its
 * parent. After everything that the transaction is about is written. */
int wf_drive_follow(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_instance *in);
/* From here on an instance that is told something waits with its rows until all have told it: they are written
 * once, however many told it. settle, which ends that, writes them, and what follows from it; rc is that of
 * the transaction so far. */
void wf_inside_gather(struct wf_runtime *rt);
int wf_inside_settle(struct wf_runtime *rt, struct wf_txn *txn, int rc);
/* Right after the commit: what the transaction gave and began is true. */
void wf_inside_keep(struct wf_runtime *rt);
/* They go on, the children begin. */
void wf_inside_after(struct wf_runtime *rt);
void wf_inside_done(struct wf_runtime *rt);

/* -- child.c: instances that steps start -- */

/* In the transaction that writes the drive, once it has a number: takes the children of its commands in
 * and says so to it; *ret_fed: it did. */
int wf_children_begin(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d, bool *ret_fed);
/* … cancels those that nobody waits for any more, as far as they do not outlive their parent. */
int wf_children_stop(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d);
/* The step that waits for that child; WF_NONE. */
uint32_t wf_child_step(const struct wf_instance *parent, uint64_t child);
/* Tells the parent of the child's end; false: it does not wait for it. */
bool wf_child_feed_end(struct wf_runtime *rt, struct wf_drive *parent,
	const struct wf_instance *child);

/* -- emit.c: events that steps emit -- */

/* In the same place: keeps the event of a command of event.emit, and says so to the drive. */
int wf_emit_event(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d,
	const struct wf_command *c);

/* -- inbox.c: kept signals and events -- */

/* In the transaction that writes the drive: it takes what came before it waited; *ret_fed: it did. */
int wf_inbox_look(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d, bool *ret_fed);
/* What an earlier run of the transaction took: the drive is stale when somebody else has it; it is taken
 * again. */
int wf_inbox_still_there(struct wf_txn *txn, struct wf_drive *d);
int wf_inbox_take_again(struct wf_txn *txn, struct wf_drive *d);
/* What a delivery says of a signal (the number is its sequence), of an event. New references. */
json_t *wf_delivery_of_signal(const json_t *signal, uint32_t seq);
json_t *wf_delivery_of_event(const struct wf_kept_event *e);
/* Takes the event out for the instance, in a transaction. */
int wf_inbox_take_event(struct wf_txn *txn, uint64_t number, struct wf_kept_event *e);

/* -- post.c: events given from outside -- */

/* Gives them, in one transaction. A single gift that is refused gives its refusal; otherwise each has its
 * own result. ret_plan (of the first; may be NULL). */
int wf_runtime_give(struct wf_runtime *rt, struct wf_gift *gifts, size_t count,
	const struct wf_plan **ret_plan, struct wf_cause *cause);
/* An instance that was given something goes on, here or where it is driven: after the commit. */
void wf_drive_given(struct wf_runtime *rt, struct wf_drive *d);
/* Those that wait, as far as there is room. */
int wf_runtime_give_waiting(struct wf_runtime *rt, struct wf_cause *cause);
void wf_runtime_give_later(struct wf_runtime *rt, const struct wf_waiting_gift *gift);

/* -- start.c -- */

/* A new instance of the start, whose owner is nobody. */
struct wf_instance *wf_start_instance(const struct wf_runtime *rt, const struct wf_start *start);
/* The instance's correlation id: the given one, or (NULL) what the plan makes of the input. */
int wf_start_correlate(const struct wf_plan *plan, struct wf_instance *in, const char *given,
	struct wf_cause *cause);

/* -- admit.c -- */

/* wf_runtime_admit with an owner: 0, or this process's runner. *ret_in (NULL: it is not wanted, and goes) is
 * the new instance, NULL when the key was used. */
int wf_start_admit(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_start *start,
	uint64_t owner, enum wf_admission *ret, uint64_t *ret_number, struct wf_instance **ret_in,
	struct wf_cause *cause);

/* -- grant.c: slots -- */

/* The instances that wait for the slots that this one has freed, if it has ended: first come first served,
 * those for which all have room become pending, in this transaction. After everything else is written: one
 * that waits may have been given something in the same transaction. */
int wf_slots_grant(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_instance *in);
/* A queued instance becomes pending; it was loaded in this transaction. */
int wf_slots_take(struct wf_txn *txn, struct wf_instance *in);

/* -- recover.c: what dead owners left -- */

/* Claims the numbers in one transaction; those that cannot be claimed are left out. With `strict`
 * (one number) that is an error. */
int wf_runtime_claim_now(struct wf_runtime *rt, const uint64_t *numbers, size_t count, bool strict,
	struct wf_cause *cause);
/* In the transaction that takes it from a dead owner: what that one had begun before the machine was
 * restarted is in doubt. */
void wf_drive_take_over(struct wf_runtime *rt, struct wf_drive *d);
/* Looks what became of a claimed instance's effects. */
void wf_drive_recover(struct wf_runtime *rt, struct wf_drive *d);
/* Stops the commands that an instance left behind when it ended without a living owner. */
void wf_runtime_stop_children(struct wf_runtime *rt, const struct wf_instance *in);

/* -- replay.c -- */

/* The instance as it was before its first event. */
struct wf_instance *wf_instance_newborn(const struct wf_instance *of, uint32_t step_count);

/* -- retry.c -- */

/* Gives a RETRY: finds its step, changes the plan. As the functions of post.c: the refusal is the gift's. */
int wf_retry_give(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d,
	struct wf_gift *gift);

/* The instance runs under another plan from here on, which the event's data then say. */
int wf_drive_change_plan(struct wf_txn *txn, struct wf_runtime *rt, struct wf_drive *d,
	const struct wf_plan *to, json_t *data);

/* -- migrate.c -- */

/* Gives a MIGRATE, as wf_retry_give does; gift->from is the version's name. */
int wf_migrate_give(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d,
	struct wf_gift *gift);

/* Which step of the new plan each of the old one's is, by their ids. From wf_alloc. */
uint32_t *wf_plan_map(const struct wf_plan *from, const struct wf_plan *to);

/* -- plans.c -- */

/* Of those in memory; NULL. */
struct wf_held_plan *wf_runtime_find_plan(struct wf_runtime *rt, const uint8_t id[WF_HASH_SIZE]);
void wf_runtime_free_plans(struct wf_runtime *rt);
/* Read and verified, if it is not in memory; the runtime's. */
int wf_runtime_hold_plan(struct wf_runtime *rt, const uint8_t id[WF_HASH_SIZE],
	const struct wf_held_plan **ret, struct wf_cause *cause);
/* The same inside a transaction. */
int wf_runtime_hold_plan_txn(struct wf_runtime *rt, struct wf_txn *txn,
	const uint8_t id[WF_HASH_SIZE], const struct wf_held_plan **ret, struct wf_cause *cause);

#endif

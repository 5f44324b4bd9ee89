/* What the files of the runtime share. Nothing outside this folder includes it. */
#ifndef WF_RUNTIME_DRIVE_H
#define WF_RUNTIME_DRIVE_H

#include "runtime/runtime.h"

#include <signal.h>

/* A plan in memory. */
struct wf_held_plan {
	const struct wf_plan *plan;
	struct wf_plan *own;  /* NULL: it is lent */
	struct wf_buf bytes; /* of one that may not be in the journal yet */
	bool stored;
	bool numbered;       /* its code looks at the instance, whose number must be known from the start */
};

/* A history record that waits for its commit, and what the observer will hear of it. */
struct wf_moved {
	size_t offset, len;  /* of the record in the drive's buffer */
	struct wf_event event; /* data owned */
	struct wf_transition *transitions;
	uint32_t count;
};

/* An effect that was begun and has no result yet. */
struct wf_inflight {
	struct wf_drive *drive;
	uint32_t step, attempt;
	char token[112];
	struct wf_inflight *next;
};

/* An instance in this process's hands. */
struct wf_drive {
	const struct wf_held_plan *held;
	struct wf_instance *in;
	uint64_t ticket;
	bool fresh;              /* its first commit has not been */
	bool touched;            /* has something to commit; in the runtime's list when linked */
	bool recovering;         /* claimed from a dead owner: its effects are to be looked for */
	bool leaving;            /* ends or parks with this turn's commit */
	uint64_t owner_before;   /* who had it when it was claimed */
	struct wf_buf records;
	struct wf_moved *moved;
	uint32_t moved_count, moved_room;
	struct wf_command *commands;
	uint32_t command_count, command_room;
	struct wf_inflight *inflight;
	char **settled;          /* tokens whose results this turn makes durable */
	uint32_t settled_count, settled_room;
	bool linked;             /* among the runtime's drives */
	struct wf_drive *next, *prev;
	struct wf_drive *next_touched, *prev_touched;
	int64_t due;             /* as the heap has it; 0: it is not in the heap */
	uint32_t due_at;         /* its place there */
};

struct wf_runtime {
	struct wf_runtime_options options;
	uint64_t runner;
	struct wf_effects *effects;
	struct wf_held_plan **plans;
	size_t plan_count, plan_room;
	struct wf_drive *drives, *last_drive; /* in the order in which they were taken in */
	uint32_t drive_count;
	struct wf_drive *touched, *last_touched; /* those with something to commit, in that order */
	struct wf_drive **due;         /* a heap: the earliest first */
	uint32_t due_count, due_room;
	uint64_t next_number;          /* of those that were reserved in the journal */
	uint32_t numbers_left, numbers_taken;
	uint64_t *claims;              /* numbers still to claim */
	size_t claim_count, claim_next, claim_room;
	struct wf_turn turn;           /* scratch of one event */
	struct wf_instance *decided;   /* what wf_runtime_decide handed out */
	wf_runtime_feed_fn *feed;
	void *feed_arg;
	bool feed_done;
	wf_runtime_source_fn *source;
	void *source_arg;
	volatile sig_atomic_t stopping;
	int failed;                    /* the error that ended the loop */
	struct wf_cause cause;
};

/* -- drive.c: one instance -- */

struct wf_drive *wf_drive_new(const struct wf_held_plan *held, struct wf_instance *in);
void wf_drive_free(struct wf_drive *d);
void wf_drive_link(struct wf_runtime *rt, struct wf_drive *d);
void wf_drive_unlink(struct wf_runtime *rt, struct wf_drive *d);
/* It has something to commit, or, committed, nothing any more. */
void wf_drive_touch(struct wf_runtime *rt, struct wf_drive *d);
void wf_drive_untouch(struct wf_runtime *rt, struct wf_drive *d);
/* Feeds an event; what follows waits in the drive for the commit. */
int wf_drive_feed(struct wf_runtime *rt, struct wf_drive *d, const struct wf_event *event,
	struct wf_cause *cause);
/* An event of now, with a random number; data borrowed. */
struct wf_event wf_drive_event(enum wf_event_type type, uint32_t step, uint32_t attempt,
	json_t *data);
/* Feeds TIMER for each timer that is due; true when one was. */
bool wf_drive_fire_due(struct wf_runtime *rt, struct wf_drive *d, int64_t now);
/* Decides whether the instance stays in this process; sets owner and `leaving`. */
void wf_drive_decide_stay(struct wf_runtime *rt, struct wf_drive *d, int64_t now);
/* The name of an attempt for all time. */
void wf_drive_token(const struct wf_drive *d, uint32_t step, char *ret, size_t room);
struct wf_inflight *wf_drive_add_inflight(struct wf_drive *d, uint32_t step);
void wf_drive_drop_inflight(struct wf_inflight *f);

/* -- due.c: linked drives by their earliest timer -- */

/* After an event, or when it is linked. */
void wf_due_update(struct wf_runtime *rt, struct wf_drive *d);
void wf_due_remove(struct wf_runtime *rt, struct wf_drive *d);
/* The drive that is due first; NULL when none has a timer. */
struct wf_drive *wf_due_first(const struct wf_runtime *rt);

/* -- commit.c: making it durable, and what follows -- */

/* Writes one drive inside a transaction. */
int wf_drive_write(struct wf_txn *txn, struct wf_drive *d);
/* After the commit: marks, observer, effects to begin, parting. */
void wf_drive_committed(struct wf_runtime *rt, struct wf_drive *d);
/* Tells the observer that a commit has been told whole. */
void wf_runtime_told(struct wf_runtime *rt);
/* Commits every touched drive in one transaction. */
int wf_runtime_commit(struct wf_runtime *rt, struct wf_cause *cause);

/* -- recover.c -- */

/* Claims the numbers in one transaction; those that cannot be claimed are left out. With `strict`
 * (one number) that is an error. */
int wf_runtime_claim_now(struct wf_runtime *rt, const uint64_t *numbers, size_t count, bool strict,
	struct wf_cause *cause);
/* The step whose effect is under way as far as the journal knows; WF_NONE. */
uint32_t wf_drive_step_in_hand(const struct wf_drive *d);
/* Takes over the command that a dead owner began in an instance that has ended by now, so that it is
 * stopped when the instance parts. */
void wf_drive_adopt(struct wf_runtime *rt, struct wf_drive *d, uint32_t step);
/* Looks what became of a claimed instance's effects. */
void wf_drive_recover(struct wf_runtime *rt, struct wf_drive *d);

/* -- runtime.c -- */

int wf_runtime_hold_plan(struct wf_runtime *rt, const uint8_t id[WF_HASH_SIZE],
	const struct wf_held_plan **ret, struct wf_cause *cause);
/* The same inside a transaction. */
int wf_runtime_hold_plan_txn(struct wf_runtime *rt, struct wf_txn *txn,
	const uint8_t id[WF_HASH_SIZE], const struct wf_held_plan **ret, struct wf_cause *cause);

#endif

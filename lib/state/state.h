/*
 * What an instance is, between two turns of the engine: the rows that the journal keeps.
 *
 * The engine changes these structures in memory and marks what it changed; the journal writes the
 * marked rows and derives every index (status, workflow, time, timers, approvals) from them, in one
 * transaction. Times are milliseconds since 1970, UTC; 0 is "not".
 */
#ifndef WF_STATE_STATE_H
#define WF_STATE_STATE_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/id.h"
#include "plan/ops.h"
#include "state/undo.h"

#include <jansson.h>

/* WF_STATUS(NAME, "name", final) */
#define WF_INSTANCE_STATUSES(X)                                                                    \
	X(PENDING, "pending", false)                                                               \
	X(RUNNING, "running", false)                                                               \
	X(WAITING, "waiting", false)                                                               \
	X(QUEUED, "queued", false)                                                                 \
	X(SUSPENDED, "suspended", false)                                                           \
	X(COMPENSATING, "compensating", false)                                                     \
	X(COMPLETED, "completed", true)                                                            \
	X(FAILED, "failed", true)                                                                  \
	X(CANCELLED, "cancelled", true)

#define WF_STEP_STATUSES(X)                                                                        \
	X(PENDING, "pending", false)                                                               \
	X(RUNNING, "running", false)                                                               \
	X(WAITING, "waiting", false)                                                               \
	X(COMPLETED, "completed", true)                                                            \
	X(FAILED, "failed", true)                                                                  \
	X(SKIPPED, "skipped", true)                                                                \
	X(CANCELLED, "cancelled", true)                                                            \
	X(IN_DOUBT, "in_doubt", false)                                                             \
	X(COMPENSATED, "compensated", true)                                                        \
	X(COMPENSATION_FAILED, "compensation_failed", true)

#define WF_WAITS(X)                                                                                \
	X(NONE, "nothing", false)                                                                  \
	X(APPROVAL, "approvals", false)                                                            \
	X(TIMER, "a timer", false)                                                                 \
	X(RETRY, "a retry", false)                                                                 \
	X(SIGNAL, "a signal", false)                                                               \
	X(EVENT, "an event", false)                                                                \
	X(CHILD, "a child", false)                                                                 \
	X(SLOT, "a free slot", false)                                                              \
	X(OPERATOR, "an operator", false)                                                          \
	X(HOLD, "a release", false)                                                                \
	X(BRANCHES, "its branches", false)

enum wf_instance_status {
#define X(name, text, final) WF_INST_##name,
	WF_INSTANCE_STATUSES(X)
#undef X
	WF_INST_COUNT_
};
enum wf_step_status {
#define X(name, text, final) WF_STEP_##name,
	WF_STEP_STATUSES(X)
#undef X
	WF_STEP_COUNT_
};
enum wf_wait {
#define X(name, text, final) WF_WAIT_##name,
	WF_WAITS(X)
#undef X
	WF_WAIT_COUNT_
};
const char *wf_instance_status_name(enum wf_instance_status s);
const char *wf_step_status_name(enum wf_step_status s);
const char *wf_wait_name(enum wf_wait w);
bool wf_instance_status_final(enum wf_instance_status s);
bool wf_step_status_final(enum wf_step_status s);
enum wf_instance_status wf_instance_status_find(const char *name); /* WF_INST_COUNT_: none */

/* An approval in hand or decided; part of its step's row. A person's vote is the last
 * of what they decided: an approve or a reject, which a withdraw takes back. */
struct wf_approval {
	uint64_t number;        /* its own number in the journal; 0 until the journal gives one */
	json_t *groups;         /* list of {"name"?: text, "needed": n, "asked": [names]} */
	bool parallel;          /* all groups are asked at once; else one after the other */
	uint32_t group;         /* in sequence: the group that is asked now */
	json_t *decisions;      /* list of {by, decision, reason, at, os_user, group, to, from} in
	                           order; group: only where groups come one after the other */
	bool deny_initiator;    /* who started the instance may not decide */
	bool reject_counts;     /* a reject is one vote; else the first one ends it */
	bool auto_approve;      /* the policy lets time approve */
	uint32_t escalated;     /* escalations fired so far, in the order of the step's input */
	uint32_t reminded;      /* reminders sent so far */
	int64_t remind_at;      /* 0: none */
	char *message;          /* what is asked; NULL */
	json_t *details;        /* shown with it; NULL */
	int64_t opened_at, due_at; /* due_at: the end of its SLA; 0: none */
	int64_t decided_at;     /* 0 while open */
	bool stored;            /* private to the journal: the number is durable */
	uint64_t given_by;      /* private to the journal: the transaction that gave the number */
};

/* Private to the journal: what its indexes hold of a step. `stored` is as of the last commit,
 * `pending` as of the transaction in hand, which may be abandoned and run again. */
struct wf_step_indexed {
	int64_t due;
	uint64_t approval;      /* number of the approval that is indexed; 0: none */
	bool open;              /* … among the open ones too */
	int64_t deadline;       /* … by the end of its time; 0: it is not */
	bool held;              /* it waits for a release */
	uint64_t waiter;        /* the signal or event it waits for, as its hash; 0: none */
};

void wf_approval_free(struct wf_approval *a); /* NULL is allowed */
/* Names that are asked now and have not decided, each once; a new list. */
json_t *wf_approval_asked(const struct wf_approval *a);
bool wf_approval_asks(const struct wf_approval *a, const char *name);
/* Everybody who was or will be asked, each once; a new list. */
json_t *wf_approval_names(const struct wf_approval *a);
/* Approvals that all its groups need, and those that stand now. */
uint32_t wf_approval_needed(const struct wf_approval *a);
uint32_t wf_approval_given(const struct wf_approval *a);
/* A group's part: its index is below wf_approval_group_count. */
uint32_t wf_approval_group_count(const struct wf_approval *a);
uint32_t wf_approval_group_needed(const struct wf_approval *a, uint32_t group);
json_t *wf_approval_group_names(const struct wf_approval *a, uint32_t group); /* borrowed */
uint32_t wf_approval_votes(const struct wf_approval *a, uint32_t group, const char *decision);
/* Whether the group is asked now: it is its turn, and its approvals are not all there. */
bool wf_approval_group_open(const struct wf_approval *a, uint32_t group);
uint32_t wf_approval_approved(const struct wf_approval *a, uint32_t group);
/* The vote of that name that stands in the group: "approve", "reject", or NULL. */
const char *wf_approval_vote(const struct wf_approval *a, uint32_t group, const char *name);

struct wf_step_state {
	enum wf_step_status status;
	enum wf_wait wait;      /* why it waits */
	uint32_t attempts;      /* begun so far, of this visit */
	uint32_t visits;
	uint32_t spent;         /* visits before a retry by an operator: they count for no limit */
	int64_t started_at;     /* of this visit */
	int64_t attempt_at;     /* start of the attempt in hand or last */
	int64_t ended_at;
	int64_t due_at;         /* its timer (retry, wait, approval's end); 0: none */
	json_t *input;          /* resolved input of an effect or wait; NULL for pure steps */
	char *key;              /* idempotency key of its attempts; NULL until the first effect */
	json_t *output, *error; /* error: {type, code, message, attempt} */
	struct wf_approval *approval;
	uint32_t undos;         /* undo entries of it that are not done; follows from them */
	uint64_t child;         /* number of the child of its attempt; 0: none */
	bool dirty;             /* to be written */
	struct wf_step_indexed stored, pending;
};

/* A point of control. A thread that rests in a step has step != WF_NONE and goes on at pc. */
struct wf_thread {
	uint32_t pc;
	uint32_t step;
	bool done;
	bool ready;             /* goes on with the next CONTINUE: a turn did as much as one may */
	bool dirty;             /* to be written; the first one lies in the header row */
	uint8_t outcome;        /* enum wf_outcome, of a member */
	uint32_t group, member; /* of what group it runs which member; WF_NONE */
	uint32_t parent;        /* the thread that forked it; WF_NONE: the main one, or a side thread */
	uint32_t waits;         /* the group whose members it waits for; WF_NONE */
	uint32_t item;          /* of a lane: the item in hand; of a compensation: its place among the
	                           undos; WF_NONE */
	uint32_t error_step;    /* of a member: the step that failed last; WF_NONE */
	uint32_t last_step;     /* of a member: the step completed last; WF_NONE */
};
/* A thread that begins at pc, of no group. */
struct wf_thread wf_thread_at(uint32_t pc);

enum wf_outcome {
	WF_OUTCOME_NONE,        /* not begun */
	WF_OUTCOME_RUNNING,
	WF_OUTCOME_SUCCEEDED,
	WF_OUTCOME_FAILED,
	WF_OUTCOME_CANCELLED,
	WF_OUTCOME_COUNT_
};

/* What became of a group of the plan. Its members' threads are contiguous, and kept for when it begins
 * again; a foreach's are its lanes. */
struct wf_group_state {
	uint32_t first_thread;  /* 0: it never began */
	uint32_t waiter;        /* the thread that waits for it; WF_NONE: it is over */
	uint32_t total;         /* members, or items */
	uint32_t begun;         /* foreach: the items before this one were looked at */
	uint32_t running, succeeded, failed; /* members, or items */
	uint32_t first_item, item_room; /* a foreach's part of the instance's item rows */
	uint32_t undo_floor;    /* undo entries there were when it began last */
	uint32_t round;         /* how often it began: rows of items of an earlier one mean nothing */
	uint32_t failed_first;  /* the member or item that failed first; WF_NONE */
	json_t *results;        /* foreach: a list with one for each item, {"output"} or {"error"}, null
	                           for those not over */
	bool dirty;
	uint32_t *dirty_items;  /* to be written */
	uint32_t dirty_count, dirty_room;
	/* private to the engine, made when needed: */
	uint32_t *unmet;        /* of a DAG: what each member still waits for */
	uint32_t *ready;        /* a heap of the members that may begin */
	uint32_t ready_count;
};

struct wf_var {
	char *name;
	json_t *value;
	bool dirty;
};

/* Private to the journal, as struct wf_step_indexed is. */
struct wf_instance_indexed {
	enum wf_instance_status status;
	int64_t due;            /* the instance's entry among the timers; 0: none */
	int64_t timeout;        /* timeout_at when that entry was computed */
	int64_t expires;        /* its entry among the histories that are to go; 0: none */
	uint64_t history;       /* records written */
	uint32_t held;          /* steps that wait for a release */
};

struct wf_instance {
	/* identity: written once */
	uint64_t number;        /* in its journal, from 1; 0 until the journal gives one */
	struct wf_uuid uuid;
	uint8_t plan_id[WF_HASH_SIZE];
	char *workflow, *version; /* ids, for listings without the plan; version may be NULL */
	char *tenant, *environment;
	char *correlation_id;   /* NULL */
	char *started_by;       /* who, as believed */
	char *os_user;
	char *folder;           /* where relative paths of its commands begin; NULL: wherever it is driven */
	int64_t created_at;
	json_t *input;          /* its own row, never rewritten */
	json_t *event;          /* what started it; NULL; part of the input's row */
	json_t *connections;    /* settings of the connections that its actions use; NULL; part of the
	                           input's row */
	char *start_key;        /* idempotency key of the start; NULL */
	json_t *slots;          /* list of {"name": text, "limit": n}: what it needs room in; NULL */
	uint64_t schedule;      /* the schedule that started it; 0 */
	uint64_t first_event;   /* number of the first event that came after it was in the journal, given by
	                           that; 0: nobody knows */
	uint64_t parent;        /* number of the instance of which it is a child; 0: of none */
	char *parent_step;      /* … and the id of the step that started it; NULL */
	uint32_t depth;         /* parents above it */
	bool awaited;           /* its parent waits for its end */
	bool outlives;          /* it goes on when its parent is cancelled */
	json_t *bundle;         /* workflows that came with it: {ID: {"plan": hex, "version"?: text}}; its
	                           children are looked for there first; NULL */

	/* the header row */
	enum wf_instance_status status;
	enum wf_wait wait;      /* why it waits, when it does */
	char *result;           /* completion's result ("success"); NULL before the end */
	int64_t started_at, ended_at, updated_at;
	int64_t timeout_at;     /* of the whole instance; 0: none */
	int64_t expires_at;     /* of one that ended: when its history has been kept long enough; 0: it is
	                           kept for ever, or was removed */
	uint32_t failed_step;   /* WF_NONE */
	uint8_t unwind;         /* enum wf_unwind */
	uint8_t unwind_as;      /* how it ends then: WF_INST_FAILED or WF_INST_CANCELLED; 0 before */
	json_t *output, *error; /* of the instance; NULL */
	uint64_t owner;         /* runner that drives it; 0: nobody */
	uint64_t history;       /* number of history records so far */
	struct wf_thread *threads; /* the first, which is always there, is the main one; others
	                           carry notifications. One that is done is used again. */
	uint32_t thread_count, thread_room;
	bool dirty, fresh;      /* header to be written; identity and input too */

	struct wf_step_state *steps;
	uint32_t step_count;
	struct wf_var *vars;
	uint32_t var_count, var_room;
	struct wf_group_state *groups; /* by the plan's; none before the first fork */
	uint32_t group_count;
	struct wf_undo *undo;   /* in the order in which the steps were left */
	uint32_t undo_count, undo_room;
	uint32_t undo_top;      /* private to the engine: every entry from there on is done */
	uint32_t *dirty_undo;   /* as dirty_steps */
	uint32_t dirty_undo_count, dirty_undo_room;

	/* steps marked dirty since the last commit, so that a commit costs what changed */
	uint32_t *dirty_steps;
	uint32_t dirty_count, dirty_room;

	/* private to the journal */
	struct wf_instance_indexed stored, pending;
	uint64_t touched_by;    /* the transaction that `pending` belongs to */
	uint64_t taken_by;      /* the transaction that took it in */
	bool reserved;          /* its number was given ahead of its first transaction */
	uint32_t history_first, history_last; /* its records not yet written, in that transaction */
	bool partial;           /* only identity and header were loaded: not to be written */
};

/* Everything zero, every step pending; dirty and fresh. */
struct wf_instance *wf_instance_new(uint32_t step_count);
void wf_instance_free(struct wf_instance *in); /* NULL is allowed */

/* Appends a thread that is done; its index. */
uint32_t wf_instance_add_thread(struct wf_instance *in);
/* Makes the groups, unless they are there. */
void wf_instance_need_groups(struct wf_instance *in, uint32_t count);
/* Marks the row of a foreach's item to be written, and the group's. */
void wf_instance_touch_item(struct wf_instance *in, uint32_t group, uint32_t item);
void wf_group_state_done(struct wf_group_state *g);
/* Marks a step's row to be written. */
void wf_instance_touch(struct wf_instance *in, uint32_t step);
/* The instance goes on under another plan: map says which step there each of its steps is (anything of
 * step_count or more: none). Steps that are nowhere go, new ones are pending, all are to be written. A side
 * thread whose step went is done. */
void wf_instance_remap(struct wf_instance *in, const uint8_t plan_id[WF_HASH_SIZE],
	uint32_t step_count, const uint32_t *map);
/* Sets (or adds) a variable; takes a borrowed value. */
void wf_instance_set_var(struct wf_instance *in, const char *name, json_t *value);
json_t *wf_instance_var(const struct wf_instance *in, const char *name); /* borrowed or NULL */

/* The earliest timer of the instance (its steps' and its own timeout); 0 when it has none, or has
 * ended. */
int64_t wf_instance_due(const struct wf_instance *in);
/* The step whose timer that is; WF_NONE when it is the instance's own timeout, which comes first of
 * those at one time, or when there is none. */
uint32_t wf_instance_due_step(const struct wf_instance *in);

/* Row codecs (journal-format.md): bytes of a row, and back; put appends. Decoding gives WF_ECORRUPT
 * on anything that encode could not have written (but for the spelling of JSON text) and then leaves
 * the target alone; otherwise it replaces that row's fields. get_identity also makes the steps, all
 * pending, when their number differs. Not in a row: the number, the approval's private fields. */
void wf_row_put_identity(const struct wf_instance *in, struct wf_buf *out);
int wf_row_get_identity(const void *bytes, size_t n, struct wf_instance *in);
/* The same row as far as it names the instance (ids, workflow, correlation, start key, when it was made): without
 * slots, bundle, parent, steps. For a row that authenticates: the rest is not looked at. */
int wf_row_get_names(const void *bytes, size_t n, struct wf_instance *in);
void wf_row_put_input(const struct wf_instance *in, struct wf_buf *out);
int wf_row_get_input(const void *bytes, size_t n, struct wf_instance *in);
void wf_row_put_header(const struct wf_instance *in, struct wf_buf *out);
int wf_row_get_header(const void *bytes, size_t n, struct wf_instance *in);
/* Threads but the first, which is in the header. */
void wf_row_put_thread(const struct wf_thread *t, struct wf_buf *out);
int wf_row_get_thread(const void *bytes, size_t n, struct wf_thread *t);
void wf_row_put_step(const struct wf_step_state *s, struct wf_buf *out);
int wf_row_get_step(const void *bytes, size_t n, struct wf_step_state *s);
void wf_row_put_var(const struct wf_var *v, struct wf_buf *out);
int wf_row_get_var(const void *bytes, size_t n, struct wf_var *v);

void wf_row_put_group(const struct wf_group_state *g, struct wf_buf *out);
/* The results are empty: the items' rows fill them. */
int wf_row_get_group(const void *bytes, size_t n, struct wf_group_state *g);
/* A foreach's item. get finds its group by itself; a row of an earlier round is no error and changes
 * nothing. `place` is its number among the instance's item rows. */
void wf_row_put_item(const struct wf_instance *in, uint32_t group, uint32_t item, struct wf_buf *out);
int wf_row_get_item(const void *bytes, size_t n, uint32_t place, struct wf_instance *in);
/* What an item's row says, by itself: its group, the round, and what became of it (NULL: nothing).  */
int wf_row_read_item(const void *bytes, size_t n, uint32_t *ret_group, uint32_t *ret_round,
	json_t **ret);

/* Equality of everything but the private fields, dirty marks, owner and what the journal counts
 * itself (history; numbers and children, where one of the two is 0); when not equal *ret_where (may be NULL; from
 * wf_alloc) says what differs. */
bool wf_instance_equal(const struct wf_instance *a, const struct wf_instance *b, char **ret_where);

#endif

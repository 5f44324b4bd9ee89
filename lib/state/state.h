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
	X(OPERATOR, "an operator", false)

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

/* An approval in hand or decided; part of its step's row. */
struct wf_approval {
	uint64_t number;        /* its own number in the journal; 0 until the journal gives one */
	uint32_t needed;        /* approvals that make a quorum */
	json_t *approvers;      /* list of names: who is asked */
	json_t *decisions;      /* list of {by, decision, reason, at, os_user} in order */
	char *message;          /* what is asked; NULL */
	json_t *details;        /* shown with it; NULL */
	int64_t opened_at, due_at; /* due_at 0: no SLA */
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
};

void wf_approval_free(struct wf_approval *a); /* NULL is allowed */

struct wf_step_state {
	enum wf_step_status status;
	enum wf_wait wait;      /* why it waits */
	uint32_t attempts;      /* begun so far, of this visit */
	uint32_t visits;
	int64_t started_at;     /* of this visit */
	int64_t attempt_at;     /* start of the attempt in hand or last */
	int64_t ended_at;
	int64_t due_at;         /* its timer (retry, wait, approval's end); 0: none */
	json_t *input;          /* resolved input of an effect or wait; NULL for pure steps */
	char *key;              /* idempotency key of its attempts; NULL until the first effect */
	json_t *output, *error; /* error: {type, code, message, attempt} */
	struct wf_approval *approval;
	bool dirty;             /* to be written */
	struct wf_step_indexed stored, pending;
};

/* A point of control. A thread that rests in a step has step != WF_NONE and goes on at pc. */
struct wf_thread {
	uint32_t pc;
	uint32_t step;
	bool done;
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
	uint64_t history;       /* records written */
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

	/* the header row */
	enum wf_instance_status status;
	enum wf_wait wait;      /* why it waits, when it does */
	char *result;           /* completion's result ("success"); NULL before the end */
	int64_t started_at, ended_at, updated_at;
	int64_t timeout_at;     /* of the whole instance; 0: none */
	uint32_t failed_step;   /* WF_NONE */
	json_t *output, *error; /* of the instance; NULL */
	uint64_t owner;         /* runner that drives it; 0: nobody */
	uint64_t history;       /* number of history records so far */
	struct wf_thread thread; /* the one thread of control */
	bool dirty, fresh;      /* header to be written; identity and input too */

	struct wf_step_state *steps;
	uint32_t step_count;
	struct wf_var *vars;
	uint32_t var_count, var_room;

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

/* Marks a step's row to be written. */
void wf_instance_touch(struct wf_instance *in, uint32_t step);
/* Sets (or adds) a variable; takes a borrowed value. */
void wf_instance_set_var(struct wf_instance *in, const char *name, json_t *value);
json_t *wf_instance_var(const struct wf_instance *in, const char *name); /* borrowed or NULL */

/* The earliest timer of the instance (its steps' and its own timeout); 0 when it has none, or has
 * ended. */
int64_t wf_instance_due(const struct wf_instance *in);

/* Row codecs (journal-format.md): bytes of a row, and back; put appends. Decoding gives WF_ECORRUPT
 * on anything that encode could not have written (but for the spelling of JSON text) and then leaves
 * the target alone; otherwise it replaces that row's fields. get_identity also makes the steps, all
 * pending, when their number differs. Not in a row: the number, the approval's private fields. */
void wf_row_put_identity(const struct wf_instance *in, struct wf_buf *out);
int wf_row_get_identity(const void *bytes, size_t n, struct wf_instance *in);
void wf_row_put_input(const struct wf_instance *in, struct wf_buf *out);
int wf_row_get_input(const void *bytes, size_t n, struct wf_instance *in);
void wf_row_put_header(const struct wf_instance *in, struct wf_buf *out);
int wf_row_get_header(const void *bytes, size_t n, struct wf_instance *in);
void wf_row_put_step(const struct wf_step_state *s, struct wf_buf *out);
int wf_row_get_step(const void *bytes, size_t n, struct wf_step_state *s);
void wf_row_put_var(const struct wf_var *v, struct wf_buf *out);
int wf_row_get_var(const void *bytes, size_t n, struct wf_var *v);

/* Equality of everything but the private fields, dirty marks, owner and what the journal counts
 * itself (history; numbers, where one of the two is 0); when not equal *ret_where (may be NULL; from
 * wf_alloc) says what differs. */
bool wf_instance_equal(const struct wf_instance *a, const struct wf_instance *b, char **ret_where);

#endif

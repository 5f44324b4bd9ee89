/*
 * What happens to an instance (events, the engine's only input) and what it did (transitions): the
 * history. One history record is one event with the transitions that it caused; replaying the
 * events of an instance through the engine gives the same transitions and the same state
 * (semantics.md G6).
 */
#ifndef WF_STATE_EVENT_H
#define WF_STATE_EVENT_H

#include "state/state.h"

#define WF_EVENTS(X)                                                                               \
	X(START, "start", false)             /* data: nothing; input is in the instance */         \
	X(SUCCESS, "success", false)         /* an effect succeeded; data: output */                \
	X(FAILURE, "failure", false)         /* an effect failed; data: {type, code, message};      \
	                                        retry_after_ms */                                   \
	X(DOUBT, "doubt", false)             /* a crash left an effect's outcome unknown */         \
	X(TIMER, "timer", false)             /* a step's due_at, or with step WF_NONE the           \
	                                        instance's timeout, was reached */                  \
	X(DECISION, "decision", false)       /* data: {by, decision, reason, os_user}; decision:    \
	                                        approve, reject, delegate (to), reassign (from,     \
	                                        to), withdraw, withdraw_request */                  \
	X(RESOLVE, "resolve", false)         /* an operator ends a doubt; data: {as: "completed",   \
	                                        output} | {as: "failed"} | {as: "retry"} */         \
	X(CANCEL, "cancel", false)           /* data: {by, reason} */                               \
	X(RESUME, "resume", false)           /* an attempt that was decided but never begun begins  \
	                                        again */                                            \
	X(DELIVERY, "delivery", false)       /* step: who waits for it; data: {kind: "signal" |     \
	                                        "event", name, data, id?, number} */                \
	X(RELEASE, "release", false)         /* an attempt that a hold kept back begins; data: {by} */ \
	X(RETRY, "retry", false)             /* step: where a failed, cancelled or doubtful         \
	                                        instance begins again; data: {by, set?: {path:      \
	                                        value}, plan?: hex id of its new plan} */           \
	X(MOVE, "move", false)               /* the timer of a step, or with WF_NONE the instance's \
	                                        timeout, is due at another time; data: {due: ms, by} */ \
	X(CONTINUE, "continue", false)       /* the instance goes on where a turn did as much as one \
	                                        may */                                              \
	X(CHILD, "child", false)             /* the attempt's child was taken in, and is waited for; \
	                                        data: {number, uuid, workflow, version?} */         \
	X(MIGRATE, "migrate", false)         /* the instance goes on under another version of its   \
	                                        workflow; data: {by, was, plan: hex ids, version?} */
enum wf_event_type {
#define X(name, text, unused) WF_EVENT_##name,
	WF_EVENTS(X)
#undef X
	WF_EVENT_COUNT_
};
const char *wf_event_name(enum wf_event_type type);

struct wf_event {
	enum wf_event_type type;
	int64_t at;              /* when it happened */
	uint32_t random;         /* drawn outside the engine: jitter and derived ids come from it */
	uint32_t step;           /* WF_NONE where it is about the instance */
	uint32_t attempt;        /* of the effect; 0 where there is none */
	uint64_t retry_after_ms; /* FAILURE: what the other side asked for; 0: nothing */
	bool held;               /* the workflow or tenant is on hold: no new attempt begins */
	json_t *data;            /* borrowed */
};

/* A change that people see in `wfctl history`. */
#define WF_TRANSITIONS(X)                                                                          \
	X(INSTANCE_STATUS, "instance")       /* value: the new enum wf_instance_status */           \
	X(STEP_STATUS, "step")               /* value: the new enum wf_step_status */               \
	X(ATTEMPT, "attempt")                /* value: the attempt's number that begins */          \
	X(RETRY_AT, "retry")                 /* value: delay in ms */                               \
	X(DECISION_KEPT, "decision")         /* value: approvals so far */                          \
	X(ESCALATED, "escalation")           /* value: which, from 0 */                             \
	X(REMINDED, "reminder")              /* value: which, from 0 */                             \
	X(ITEM, "item")                      /* of a foreach's step; value: the item << 1 | 1 when  \
	                                        it failed */                                        \
	X(BRANCH, "branch")                  /* of the step that forked it, or none; value: the     \
	                                        plan's member << 3 | enum wf_outcome */             \
	X(UNDONE, "undone")                  /* of the step undone; value: 0, or 1 when it failed */
enum wf_transition_type {
#define X(name, text) WF_TRANS_##name,
	WF_TRANSITIONS(X)
#undef X
	WF_TRANS_COUNT_
};
struct wf_transition {
	enum wf_transition_type type;
	uint32_t step;           /* WF_NONE for the instance */
	uint64_t value;
};

struct wf_record {
	struct wf_event event;   /* data owned by the record */
	struct wf_transition *transitions;
	uint32_t count;
};
/* `data` of a SUCCESS whose output the step's row holds is written all the same: the history alone
 * is enough to replay. */
void wf_record_put(const struct wf_event *event, const struct wf_transition *transitions,
	uint32_t count, struct wf_buf *out);
int wf_record_get(const void *bytes, size_t n, struct wf_record *ret); /* WF_ECORRUPT */
void wf_record_done(struct wf_record *r);

#endif

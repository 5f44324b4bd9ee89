/*
 * The pure core: (plan, instance, event) -> changed instance, transitions, commands.
 *
 * No I/O, no clock, no randomness: the time and a random number come with the event. The same plan,
 * instance and event always give the same result.
 */
#ifndef WF_ENGINE_ENGINE_H
#define WF_ENGINE_ENGINE_H

#include "plan/plan.h"
#include "state/event.h"

/* An effect to begin once the turn is durable. Its input, key and attempt are in the step's row. */
struct wf_command {
	uint32_t step;
	uint32_t attempt;
	int64_t deadline_at;     /* when the attempt must be over; 0: never */
};

/* What ran, for who tests definitions. */
struct wf_trace {
	uint8_t *executed;       /* a byte an instruction of the plan: set to 1 where it was executed;
	                            the caller's */
	uint32_t *begun;         /* steps whose action began, in order; from wf_alloc, the caller's */
	uint32_t begun_count, begun_room;
};

struct wf_turn {
	struct wf_transition *transitions;
	uint32_t transition_count, transition_room;
	struct wf_command *commands;
	uint32_t command_count, command_room;
	uint64_t *orphans;       /* children that nobody waits for any more */
	uint32_t orphan_count, orphan_room;
	struct wf_trace *trace;  /* NULL: nobody looks; kept by wf_turn_reset */
};
void wf_turn_reset(struct wf_turn *t);
void wf_turn_done(struct wf_turn *t);

/* Whether a step of the action starts another workflow: its commands are no effects. */
bool wf_action_starts_child(enum wf_action action);
/* … or does what is a matter of the journal alone: it happens where its intent becomes durable. */
bool wf_action_in_journal(enum wf_action action);

/*
 * Feeds one event. 0: the instance and *turn hold what followed (the turn is appended to).
 * WF_ECONFLICT: the event does not apply now (a decision on a closed approval, a second one of the
 * same person, a timer that is not due, a result of an attempt that is over): nothing changed, the
 * cause says why. WF_EPERM: a decision by somebody who is not asked. WF_ENOENT: no such approval.
 * WF_EINVAL: the event's data are wrong.
 *
 * What is due comes first: a decision or a delivery at or after a timer of its step is refused until
 * that timer was fed. A TIMER fires one thing, the earliest that is due; an approval's says its
 * number in data {number}, for notifications (the journal gives numbers, so replay could not know).
 */
int wf_engine_feed(const struct wf_plan *plan, struct wf_instance *in, const struct wf_event *event,
	struct wf_turn *turn, struct wf_cause *cause);

/* Whether a thread goes on with the next CONTINUE: it did as much as one turn may. */
bool wf_engine_ready(const struct wf_instance *in);

/* Runs a body of pure code that ends in RETURN (the correlation id; `wfctl eval`). *ret is a new
 * reference or NULL for undefined. On an error: WF_EINVAL, *ret_error {type, code, message} new. */
int wf_engine_eval(const struct wf_plan *plan, const struct wf_instance *in, uint32_t pc,
	json_t **ret, json_t **ret_error);

/* The same with another root `event` (borrowed). */
int wf_engine_eval_event(const struct wf_plan *plan, const struct wf_instance *in, json_t *event,
	uint32_t pc, json_t **ret, json_t **ret_error);

/* The same for who looks at an instance: the root `security` (borrowed) is {name, user, roles} of the
 * viewer, `error` the instance's. */
int wf_engine_eval_viewed(const struct wf_plan *plan, const struct wf_instance *in, json_t *security,
	uint32_t pc, json_t **ret, json_t **ret_error);

/*
 * Whether that step of the instance waits for that delivery (the data of a DELIVERY event): the kind,
 * the name, and of an event the step's `match`, in which the root `event` is {name, data, id, at} of
 * the delivery. WF_EINVAL: the match cannot be told, the cause says why; then *ret is false.
 */
int wf_engine_matches(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	const json_t *delivery, bool *ret, struct wf_cause *cause);

/* Marks the steps of the main flow that may run when it begins at that step, itself among them;
 * ret_steps has room for each step of the plan. */
void wf_engine_reach(const struct wf_plan *plan, uint32_t from, bool *ret_steps);

/* The same for a RETRY at that step of the instance, under the plan that it has: of a group that was cut
 * short what completed stays. */
void wf_engine_retry_reach(const struct wf_plan *plan, const struct wf_instance *in, uint32_t from,
	bool *ret_steps);

/* Where a RETRY without a step begins: the step that failed, is in doubt or was cut short by a cancel;
 * WF_NONE: at the workflow's beginning. */
uint32_t wf_engine_retry_from(const struct wf_plan *plan, const struct wf_instance *in);

#endif

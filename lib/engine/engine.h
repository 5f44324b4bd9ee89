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

struct wf_turn {
	struct wf_transition *transitions;
	uint32_t transition_count, transition_room;
	struct wf_command *commands;
	uint32_t command_count, command_room;
};
void wf_turn_reset(struct wf_turn *t);
void wf_turn_done(struct wf_turn *t);

/*
 * Feeds one event. 0: the instance and *turn hold what followed (the turn is appended to).
 * WF_ECONFLICT: the event does not apply now (a decision on a closed approval, a second one of the
 * same person, a timer that is not due, a result of an attempt that is over): nothing changed, the
 * cause says why. WF_EPERM: a decision by somebody who is not asked. WF_ENOENT: no such approval.
 */
int wf_engine_feed(const struct wf_plan *plan, struct wf_instance *in, const struct wf_event *event,
	struct wf_turn *turn, struct wf_cause *cause);

/* Runs a body of pure code that ends in RETURN (the correlation id; `wfctl eval`). *ret is a new
 * reference or NULL for undefined. On an error: WF_EINVAL, *ret_error {type, code, message} new. */
int wf_engine_eval(const struct wf_plan *plan, const struct wf_instance *in, uint32_t pc,
	json_t **ret, json_t **ret_error);

#endif

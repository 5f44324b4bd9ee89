/* What the files of the engine share. Nothing outside this folder includes it. */
#ifndef WF_ENGINE_CORE_H
#define WF_ENGINE_CORE_H

#include "engine/engine.h"
#include "engine/vm.h"

/* One event being fed. */
struct wf_core {
	const struct wf_plan *plan;
	struct wf_instance *in;
	const struct wf_event *event;
	struct wf_turn *turn;
	struct wf_vm vm;
	uint32_t last_step; /* the step that the thread left last; WF_NONE */
};

/* -- steps.c: what can become of a step -- */

void wf_core_note(struct wf_core *c, enum wf_transition_type type, uint32_t step, uint64_t value);
void wf_core_set_status(struct wf_core *c, uint32_t step, enum wf_step_status status);
/* The next attempt of an effect: the intent, and the command to perform it. */
void wf_core_begin_attempt(struct wf_core *c, uint32_t step);
/* The command of the attempt in hand, once more. */
void wf_core_repeat_attempt(struct wf_core *c, uint32_t step);
/* An error value: {type, code, message, attempt}. New reference. */
json_t *wf_core_error(enum wf_error_type type, const char *code, const char *message);
/* Ends the step as failed for good; the error is taken over. The thread goes on at the step's
 * handler, or the instance fails. */
void wf_core_fail_step(struct wf_core *c, uint32_t step, json_t *error);
/* An attempt failed: waits for a retry when the policy allows one, fails for good otherwise. */
void wf_core_fail_attempt(struct wf_core *c, uint32_t step, json_t *error);
/* Whether a value is larger than a step may keep; *ret_error is then the LimitError. */
bool wf_core_too_large(const json_t *value, const char *what, json_t **ret_error);
/* The step succeeded; the output is taken over; the thread goes on behind its PERFORM. An output that
 * is too large fails the step instead. */
void wf_core_succeed(struct wf_core *c, uint32_t step, json_t *output);
/* Ends the instance. Error and output are taken over (NULL: none). */
void wf_core_end(struct wf_core *c, enum wf_instance_status status, const char *result,
	json_t *output, json_t *error);
const char *wf_core_failure_result(const struct wf_plan *plan);

/* Delay before the attempt after `attempts`, in ms; deterministic in `random`. */
uint64_t wf_retry_delay(const struct wf_retry *retry, uint32_t attempts, uint32_t random);
bool wf_retry_allows(const struct wf_retry *retry, enum wf_error_type type);

/* -- thread.c: control instructions -- */

/* Runs the thread until it rests or the instance has ended. */
void wf_core_run(struct wf_core *c);

/* -- approval.c -- */

/* Opens an approval from the action's input; a PolicyError fails the step. */
void wf_core_open_approval(struct wf_core *c, uint32_t step, json_t *input);
int wf_core_decide(struct wf_core *c, struct wf_cause *cause);

/* The text member of an object, or NULL. */
const char *wf_core_text(const json_t *object, const char *name);

#endif

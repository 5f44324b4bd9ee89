/*
 * What the files of the engine share. Nothing outside this folder includes it.
 *
 * Steps, groups and threads are numbers of the plan's and the instance's; times are milliseconds since
 * the epoch, and 0 is none. What is "taken over" is the callee's to give back, NULL where there is none.
 * A function with a cause handles one type of event and returns as wf_engine_feed does; what else goes
 * wrong is the workflow's own error, which a step or a thread ends with.
 */
#ifndef WF_ENGINE_CORE_H
#define WF_ENGINE_CORE_H

#include "base/duration.h"
#include "engine/engine.h"
#include "engine/vm.h"

/* One event being fed. */
struct wf_core {
	const struct wf_plan *plan;
	struct wf_instance *in;
	const struct wf_event *event;
	struct wf_turn *turn;
	struct wf_vm vm;
	uint32_t thread;    /* the one in hand */
	uint32_t last_step; /* the step that the thread in hand left last; WF_NONE */
	uint64_t spare_steps; /* of expressions, for what handles that they were used up */
	bool forking;       /* a new thread has not entered its step yet */
	uint32_t *queue;    /* threads of members that may run, from queue_at on */
	uint32_t queue_at, queue_count, queue_room;
	size_t made_bytes;  /* of results, in this turn */
	bool yields;        /* the thread in hand began anew: it waits for its turn in the queue */
};

/* -- threads.c: which thread is in hand -- */

static inline struct wf_thread *wf_core_thread(const struct wf_core *c)
{
	return &c->in->threads[c->thread];
}

static inline bool wf_core_on_main(const struct wf_core *c)
{
	return c->thread == 0;
}

/* A thread that belongs to the flow: the main one, or a member of a group; others carry notifications or
 * compensations. */
static inline bool wf_core_on_flow(const struct wf_core *c)
{
	return c->thread == 0 || wf_core_thread(c)->group != WF_NONE;
}

/* Takes the thread that rests in the step in hand; false when none does. */
bool wf_core_take_step(struct wf_core *c, uint32_t step);
/* The thread is the one in hand, its roots bound. */
void wf_core_take(struct wf_core *c, uint32_t thread);
/* A new side thread runs from pc until it rests; the thread in hand stays in hand. `about` (taken
 * over) becomes the root `approval`. */
void wf_core_fork(struct wf_core *c, uint32_t pc, json_t *about);
/* The thread in hand ends; a step it still rests in will have no outcome. */
void wf_core_halt(struct wf_core *c);
/* The main thread ends, and the instance with it as soon as no side thread goes on. Error (which
 * makes it a failure) and output are taken over (NULL: none). */
void wf_core_end(struct wf_core *c, const char *result, json_t *output, json_t *error);
/* The thread in hand has failed, and nothing handles it: the instance fails, or the member; a side thread
 * just ends. The error is taken over. */
void wf_core_fail_thread(struct wf_core *c, json_t *error);
/* The step that failed last on the thread in hand, the instance's or the member's. */
void wf_core_set_failed_step(struct wf_core *c, uint32_t step);
/* Every side thread ends; the main one is then in hand. */
void wf_core_end_side(struct wf_core *c);
/* Every thread ends at once. What the main thread ended with before is kept, otherwise it is this. */
void wf_core_end_all(struct wf_core *c, enum wf_instance_status status, const char *result,
	json_t *error);
/* The instance's own status follows from where its threads rest. */
void wf_core_settle(struct wf_core *c);
/* The result of an instance that failed: what the plan says, or "failed". */
const char *wf_core_failure_result(const struct wf_plan *plan);

/* -- undo.c: what was done is undone -- */

/* A side thread as wf_core_fork's, that undoes that entry. */
void wf_core_fork_undo(struct wf_core *c, uint32_t pc, uint32_t number);
/* Whether the thread in hand undoes something. */
bool wf_core_undoes(const struct wf_core *c);
/* The step was left: what would undo it is kept. */
void wf_core_keep_undo(struct wf_core *c, uint32_t step);
/* The input of its compensation, from what the instance knows now. */
void wf_core_tell_undo_again(struct wf_core *c, uint32_t number);
/* The thread in hand has undone its entry, or cannot: then it ends. The error is taken over. */
void wf_core_undo_done(struct wf_core *c);
void wf_core_undo_failed(struct wf_core *c, json_t *error);
/* Whether something is left to undo. */
bool wf_core_undo_left(struct wf_instance *in);
/* Whether it would go on undoing with the next turn, nothing of it being in hand. */
bool wf_core_undo_ready(const struct wf_instance *in);
/* Begins what may be undone now. */
enum wf_undo_progress { WF_UNDO_IN_HAND, WF_UNDO_CANNOT, WF_UNDO_ALL_DONE };
enum wf_undo_progress wf_core_undo_more(struct wf_core *c);

/* -- unwind.c: the end of what does not end well -- */

/* The main flow failed, for good and unhandled: the instance undoes what it did, its workflow's handler
 * runs, it ends. Takes output (NULL: none) and error over. */
void wf_core_fail_with(struct wf_core *c, const char *result, json_t *output, json_t *error);
void wf_core_fail_instance(struct wf_core *c, json_t *error);
/* The end of the workflow's handler; the output (NULL: what there was) is taken over. */
void wf_core_rethrow(struct wf_core *c, json_t *output);
/* Every thread ends: the instance took too long. The error is taken over. */
void wf_core_time_out(struct wf_core *c, json_t *error);
/* Goes on undoing, when the turn's threads rest. */
void wf_core_unwind(struct wf_core *c);
/* The status of an instance that undoes what it did; false where it does not. */
bool wf_core_settle_undoing(struct wf_instance *in);
int wf_core_cancel(struct wf_core *c, struct wf_cause *cause);
/* A compensation that was stopped, or is in doubt, goes on. */
void wf_core_retry_undo(struct wf_core *c);

/* -- steps.c: what can become of a step -- */

void wf_core_note(struct wf_core *c, enum wf_transition_type type, uint32_t step, uint64_t value);
void wf_core_set_status(struct wf_core *c, uint32_t step, enum wf_step_status status);
/* The step waits; due 0: for ever. */
void wf_core_wait(struct wf_core *c, uint32_t step, enum wf_wait wait, int64_t due);
/* The next attempt of an effect: the intent, and the command to perform it; on hold it waits. */
void wf_core_begin_attempt(struct wf_core *c, uint32_t step);
/* The command of the attempt in hand, once more. */
void wf_core_repeat_attempt(struct wf_core *c, uint32_t step);
/* When the attempt in hand must be over; 0: never. */
int64_t wf_core_attempt_end(const struct wf_core *c, uint32_t step);
/* An error value: {type, code, message, attempt}. New reference. */
json_t *wf_core_error(enum wf_error_type type, const char *code, const char *message);
/* Ends the step as failed for good; the error is taken over. The thread goes on at the step's
 * handler, or the instance fails. */
void wf_core_fail_step(struct wf_core *c, uint32_t step, json_t *error);
/* The same without asking a handler. */
void wf_core_fail_unhandled(struct wf_core *c, uint32_t step, json_t *error);
/* An attempt failed: waits for a retry when the policy allows one, fails for good otherwise. */
void wf_core_fail_attempt(struct wf_core *c, uint32_t step, json_t *error);
/* Whether a value is larger than a step may keep; *ret_error is then the LimitError. */
bool wf_core_too_large(const json_t *value, const char *what, json_t **ret_error);
/* The step succeeded; the output is taken over; the thread goes on behind its PERFORM. An output that
 * is too large fails the step instead. */
void wf_core_succeed(struct wf_core *c, uint32_t step, json_t *output);
/* What still runs or waits will never have an outcome. */
void wf_core_abandon(struct wf_core *c, uint32_t step);

/* The text member of an object, or NULL. */
const char *wf_core_text(const json_t *object, const char *name);
/* A member that is an ISO 8601 duration: 1 there, 0 not there, WF_EINVAL not one. */
int wf_core_duration(const json_t *object, const char *name, struct wf_duration *ret);

/* Delay before the attempt after `attempts`, in ms; deterministic in `random`. */
uint64_t wf_retry_delay(const struct wf_retry *retry, uint32_t attempts, uint32_t random);

/* -- perform.c: what a step does -- */

/* The input is taken over. */
void wf_core_perform(struct wf_core *c, uint32_t step, json_t *input);
/* An attempt of the step's action, of a kind that is performed outside. */
void wf_core_perform_effect(struct wf_core *c, uint32_t step, json_t *input);

/* -- migrate.c -- */

int wf_core_migrate(struct wf_core *c, struct wf_cause *cause);

/* -- output.c -- */

/* Whether the workflow may end well with that output (NULL: none); *ret_error is then the
 * ValidationError. */
bool wf_core_output_fits(const struct wf_core *c, const json_t *output, json_t **ret_error);

/* -- child.c -- */

/* The input is taken over. */
void wf_core_start_child(struct wf_core *c, uint32_t step, json_t *input);
int wf_core_child(struct wf_core *c, struct wf_cause *cause);
/* A child that the step waits for has nobody to answer to any more. */
void wf_core_orphan(struct wf_core *c, uint32_t step);
/* The time of a step that waits for a child is over. */
void wf_core_child_late(struct wf_core *c, uint32_t step);

/* -- emit.c -- */

/* The input is taken over. */
void wf_core_emit(struct wf_core *c, uint32_t step, json_t *input);

/* -- control.c: control instructions -- */

/* Runs the thread in hand until it rests or is done. */
void wf_core_run(struct wf_core *c);

/* -- run_queue.c: which threads run in this turn -- */

/* The thread may run: later in this turn, or with the next CONTINUE. */
void wf_core_wake(struct wf_core *c, uint32_t thread);
/* Runs the threads that were woken, as many as a turn may. */
void wf_core_run_queue(struct wf_core *c);
int wf_core_continue(struct wf_core *c, struct wf_cause *cause);

/* -- groups.c, group_step.c, group_retry.c: members that run side by side -- */

void wf_core_fork_group(struct wf_core *c, const struct wf_insn *insn);
void wf_core_member_end(struct wf_core *c, const struct wf_insn *insn);
/* The member in hand has failed; the error is taken over. */
void wf_core_fail_member(struct wf_core *c, json_t *error);
/* The group that the step forks, or WF_NONE: it is no step that does. */
uint32_t wf_core_group_of(const struct wf_plan *plan, uint32_t step);
/* The next attempt of a step that forks: its group begins again. */
void wf_core_group_again(struct wf_core *c, uint32_t step);
void wf_core_group_timeout(struct wf_core *c, uint32_t step);
/* A RETRY at a step that lies in a group or forks one that was cut short: what completed stays. False: the
 * flow begins there as anywhere else. */
bool wf_core_retry_in_group(struct wf_core *c, uint32_t from);
/* All members of all groups are cancelled; nobody waits for them any more. */
void wf_core_stop_groups(struct wf_core *c);

/* -- wake.c, retry.c: events that come from outside -- */

int wf_core_timer(struct wf_core *c, struct wf_cause *cause);
int wf_core_deliver(struct wf_core *c, struct wf_cause *cause);
int wf_core_release(struct wf_core *c, struct wf_cause *cause);
int wf_core_move(struct wf_core *c, struct wf_cause *cause);
int wf_core_retry(struct wf_core *c, struct wf_cause *cause);
/* Forgets what became of a step that will run again, and the visits so far; one that had no result keeps
 * its key. */
void wf_core_reset_step(struct wf_core *c, uint32_t step);

/* -- reach.c: which steps may run; ret_steps has room for each step of the plan -- */

/* Marks the steps that may run from that instruction on, those in groups too. */
void wf_core_reach_pc(const struct wf_plan *plan, uint32_t pc, bool *ret_steps);
/* Marks the steps that notifications and compensations enter. */
void wf_core_side_steps(const struct wf_plan *plan, bool *ret_steps);
/* Marks the steps of the workflow's handler of its failure. */
void wf_core_handler_steps(const struct wf_plan *plan, bool *ret_steps);

/* -- approval_open.c -- */

/* The approval is asked for: opened at once, or after an attempt that finds out who is meant. The
 * input is taken over. */
void wf_core_request_approval(struct wf_core *c, uint32_t step, json_t *input);
/* Opens it from an input whose approvers are lists; a PolicyError fails the step. Taken over. */
void wf_core_open_approval(struct wf_core *c, uint32_t step, json_t *input);
/* The names of an approver set or, where it has none, of its fallback, each once; NULL where
 * something is no name. */
json_t *wf_core_approvers(const json_t *spec);

/* -- approval_decide.c -- */

int wf_core_decide(struct wf_core *c, struct wf_cause *cause);
/* Ends it by policy: `decision` is approve or reject. */
void wf_core_decide_by_policy(struct wf_core *c, uint32_t step, const char *decision,
	const char *reason);
/* Looks whether the votes that stand decide it; by and reason are of the vote that came last. */
void wf_core_count_votes(struct wf_core *c, uint32_t step, const char *by, const char *reason);

/* -- approval_time.c -- */

/* When the next escalation fires; 0: none is left. */
int64_t wf_core_escalation_due(const struct wf_step_state *s);
/* The step's timer: the earliest of reminder, escalation and the SLA's end. */
void wf_core_arm_approval(struct wf_core *c, uint32_t step);
/* The root `approval` of a notification. New. */
json_t *wf_core_about_approval(const struct wf_core *c, uint32_t step);
/* Fires the one thing that is due first. */
void wf_core_approval_timer(struct wf_core *c, uint32_t step);

/* -- engine.c, eval.c -- */

/* Where the main thread begins for the first time. */
void wf_core_start(struct wf_core *c);
/* wf_engine_eval_event with the thread in hand that rests in the step. */
int wf_core_eval_at(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	json_t *event, uint32_t pc, json_t **ret, json_t **ret_error);

#endif

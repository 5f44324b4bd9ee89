/*
 * Tests of workflows: an instance that the pure engine drives under a virtual clock, with every effect
 * answered by what the test says of it, and what came of it compared with what the test expects.
 *
 * No journal, no process, no waiting: a case costs what its steps cost. The same case always runs the
 * same way, random numbers and ids included.
 *
 * A case is an object (schemas/test.schema.json has it in full):
 *
 *	name         text
 *	input        the instance's input; defaults of the workflow's schema are applied
 *	at           RFC 3339: the virtual time of the start; 2026-01-01T00:00:00Z unless said
 *	until        duration: what would happen later than this after the start does not
 *	started_by   text
 *	connections  {NAME: {…}}: what action definitions read as `connection`
 *	random       integer: seed of jitter and derived ids; 1 unless said
 *	mocks        {STEP or ACTION: outcome or [outcome …]}: what comes of a step's attempts, in their order;
 *	             the last one stands for all that follow. A step's own goes before its action's.
 *	             An outcome: {output} | {error: {type, code, message, retry_after}} | {doubt: true} |
 *	             {never: true} | {approvers: [names]}, and {after: duration}. A step of a defined action is
 *	             answered as what performs it: its result is made from that, as it is in earnest.
 *	script       list, in order: {approve|reject: STEP, by, reason} | {delegate: STEP, by, to} |
 *	             {reassign: STEP, by, from, to} | {withdraw: STEP, by} | {signal: NAME, data} |
 *	             {event: NAME, data, id} | {cancel: reason, by, compensate} |
 *	             {resolve: STEP, as, output}, each with {at: duration since the start}. Without `at`
 *	             it happens as soon as the workflow can take it. {refused: true}: the engine must refuse
 *	             it; {taken: false}: nobody may take the signal or event, which is a failure otherwise.
 *	expect       what must have come of it; see expect.c
 */
#ifndef WF_TRIAL_TRIAL_H
#define WF_TRIAL_TRIAL_H

#include "base/err.h"
#include "plan/plan.h"

#include <jansson.h>

struct wf_trial;

/* For any number of cases of one plan, which is borrowed. WF_EINVAL: its input schema cannot be used. */
int wf_trial_new(const struct wf_plan *plan, struct wf_trial **ret, struct wf_cause *cause);
void wf_trial_free(struct wf_trial *t); /* NULL is allowed */

/*
 * Runs a case. New:
 *
 *	name      text
 *	passed    boolean
 *	failures  list of {path, message}; path is a JSON Pointer into the case ("/expect/status")
 *	status    of the instance at the end
 *	took_ms   virtual milliseconds from the start to the last thing that happened
 *	order     ids of steps in the order in which their visits began; skipped ones are not in it
 *	unused    list of {path, message, used}: mocks of which nothing asked for some of the outcomes, and
 *	          how many came
 *
 * Whatever the case says, it comes back: an instance that goes on for ever is cut off and fails.
 */
json_t *wf_trial_run(struct wf_trial *t, const json_t *test);

/*
 * Adds to a mocked output what it leaves out and its action always gives: an exit status of 0 and no
 * text; status 200, no header and no body; the number and id of a child or an event.
 */
void wf_trial_complete(enum wf_action action, json_t *output);

/* What the cases so far have reached: {steps: {covered, total, missed: [ids]}, branches: {covered, total,
 * missed: [{from, to, label?, line?}]}}; from and to are step ids, null for the start or end. New. */
json_t *wf_trial_coverage(const struct wf_trial *t);

#endif

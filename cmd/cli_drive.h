/* Driving instances with their steps on the screen. */
#ifndef WF_CMD_DRIVE_H
#define WF_CMD_DRIVE_H

#include "cli.h"
#include "runtime/runtime.h"

/*
 * One drive: a runtime with its observer. Steps go to standard output as they happen (table), or
 * nowhere (json and its kin, quiet); what came of each instance is counted.
 */
struct wf_driver;
struct wf_driver_options {
	bool numbered;            /* several instances at once */
	bool silent;              /* no steps, no closing lines */
	bool decision;            /* a decision that changes nothing else needs no closing line */
	bool dry;                 /* what is given is checked, and nothing is kept or driven */
	uint32_t max_in_flight;   /* 0: the runtime's own bound */
	/* More to do when an instance parts; may be NULL. */
	void (*parted)(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
		enum wf_parted how, const struct wf_cause *cause, uint64_t ticket);
	void *arg;
};
int wf_driver_begin(struct wf_ctx *ctx, const struct wf_driver_options *options,
	struct wf_driver **ret);
struct wf_runtime *wf_driver_runtime(struct wf_driver *d);
/* Runs until all have parted. 0, or the exit status when the loop itself failed or a signal ended
 * it. */
int wf_driver_run(struct wf_driver *d);
/* The exit status that what came of the instances gives: failed, cancelled, parked, completed, in
 * this order. */
int wf_driver_status(const struct wf_driver *d);
struct wf_tally {
	uint64_t completed, failed, cancelled, parked, lost;
	uint64_t elsewhere;       /* go on in another process */
};
const struct wf_tally *wf_driver_tally(const struct wf_driver *d);
/* Writes text between the steps' lines. */
void wf_driver_say(struct wf_driver *d, const struct wf_buf *text);
/* Number of the instance that parted last; 0 before. */
uint64_t wf_driver_last(const struct wf_driver *d);
/* Runs, and answers a program with the instance's document. The exit status is the drive's: 0 however the
 * instance fared. */
int wf_driver_finish(struct wf_driver *d, uint64_t number);
/* Answers a program with what came of the instance, when it has parted. */
void wf_driver_answer(struct wf_driver *d, uint64_t number);
/* For verbs whose own work is one event for an instance: `r` is what became of giving it. When it was refused
 * that is said; a dry one is over; any other is finished. Gives the exit status. */
int wf_driver_given(struct wf_driver *d, uint64_t number, int r, struct wf_cause *cause);
/* What came of the instances, one a document, when the answer is json or its kin: with all their
 * steps, in the order in which they parted; borrowed list. */
json_t *wf_driver_documents(struct wf_driver *d);
/* One line's worth of what came of an instance: number, uuid, status, output or error; new. */
json_t *wf_result_json(const struct wf_plan *plan, const struct wf_instance *in,
	enum wf_parted how, const struct wf_cause *cause);
/* Adds `replaced`, the numbers of those whose places starts took, if there are any. */
void wf_driver_add_replaced(const struct wf_driver *d, json_t *into);
void wf_driver_end(struct wf_driver *d); /* NULL is allowed */

#endif

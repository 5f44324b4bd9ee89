/*
 * Schedules: rows of the journal that start a workflow by a timetable. From the triggers of a
 * definition, or made by hand.
 *
 * A firing is the pair (schedule, nominal time). It is taken off the row in the transaction that
 * admits its instance, with the start's key "schedule:ID:NOMINAL", so that it starts one instance
 * however many sweeps see it. `since` is the earliest time that counts: every change of a schedule
 * sets it to now, so that no change fires at once or fires the past again.
 */
#ifndef WF_SWEEP_SCHEDULE_H
#define WF_SWEEP_SCHEDULE_H

#include "journal/journal.h"
#include "sweep/timetable.h"

struct wf_schedule;

/* Makes a row's next_at and next_nominal from its spec and `since`; 0 and 0 when it never fires again. */
int wf_schedule_plan_next(struct wf_schedule *s, struct wf_cause *cause);

/* Brings the schedules of a workflow (source "definition") in line with the triggers of its newest
 * enabled version; call it in the transaction that registers, enables, disables or drops a version.
 * They are named WORKFLOW/ID, and WORKFLOW when the trigger has no id and is the only one (WORKFLOW/2
 * the second). One whose trigger is unchanged keeps its times, counts and being paused; one whose
 * trigger is gone is dropped. */
int wf_schedule_sync(struct wf_txn *txn, const char *workflow, const char *by, int64_t now,
	struct wf_cause *cause);

/* Adds a schedule made by hand: checks the spec and that the workflow (and version) is registered and
 * enabled; anchors it. Takes name, workflow, version, spec, by of *s; fills the rest. WF_ENOENT: no
 * such workflow; WF_ECONFLICT: it is disabled; WF_EEXIST: the name is taken; WF_EINVAL, WF_ESYNTAX. */
int wf_schedule_add(struct wf_txn *txn, struct wf_schedule *s, int64_t now, struct wf_cause *cause);

/* Puts back a row whose spec, version or pause was changed: checked as by add, counting from now. */
int wf_schedule_change(struct wf_txn *txn, struct wf_schedule *s, int64_t now,
	struct wf_cause *cause);

/* Appends to a row's `recent`, bounded. instance 0 and why NULL: left out. */
void wf_schedule_note(struct wf_schedule *s, int64_t nominal, int64_t at, const char *outcome,
	uint64_t instance, const char *why);

#endif

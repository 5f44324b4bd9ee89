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

#include "journal/waiting.h"
#include "base/timetable.h"

/* Whether a schedule made by hand may be called that: 1 to 128 letters, digits and _ - . @, the first
 * neither - nor a dot, and not digits alone. */
bool wf_schedule_name_ok(const char *name);

/* Brings the schedules of a workflow (source "definition") in line with the triggers of its newest
 * enabled version; call it in the transaction that registers, enables, disables or drops a version.
 * They are named WORKFLOW/ID, or WORKFLOW/1, WORKFLOW/2, … for triggers without an id. One whose
 * trigger is unchanged keeps all it has, one whose trigger changed its counts and whether it is paused;
 * one whose trigger is gone, or whose workflow is, is dropped. While every version is disabled they
 * stay, and their firings are refused. */
int wf_schedule_sync(struct wf_txn *txn, const char *workflow, const char *by, int64_t now,
	struct wf_cause *cause);

/* Adds a schedule made by hand: checks the spec, the input against the workflow, and that the workflow
 * (and version) is registered and enabled; anchors it. Takes name, workflow, version, spec, source, by
 * and paused of *s; fills the rest. WF_ENOENT: no such workflow; WF_ECONFLICT: it is disabled;
 * WF_EEXIST: the name is taken; WF_EINVAL, WF_ESYNTAX: it is wrong or would never fire. */
int wf_schedule_add(struct wf_txn *txn, struct wf_schedule *s, int64_t now, struct wf_cause *cause);

/* Puts back a row whose spec or version was changed: checked as by add, counting from now. */
int wf_schedule_change(struct wf_txn *txn, struct wf_schedule *s, int64_t now,
	struct wf_cause *cause);

/* Pauses, or resumes, counting from now: what fell into the pause is not made good. */
int wf_schedule_pause(struct wf_txn *txn, struct wf_schedule *s, bool paused, int64_t now,
	struct wf_cause *cause);

/* Makes what was put off while the workflow (NULL: any) was on hold, or disabled, due again, when nothing
 * else keeps it: what fell into that time is then missed by each schedule's policy. Call it in the
 * transaction that drops the hold; wf_schedule_sync does it by itself. */
int wf_schedule_release(struct wf_txn *txn, const char *workflow);

/* The definition that a start by it would use. The cause says whether there is none (WF_ENOENT) or it is
 * disabled (WF_ECONFLICT). */
int wf_schedule_definition(struct wf_txn *txn, const char *workflow, const char *version,
	struct wf_definition *ret, struct wf_cause *cause);

/* Whether there is such a definition. */
int wf_schedule_startable(struct wf_txn *txn, const struct wf_schedule *s, bool *ret);

/* The input of a firing: the spec's `input`, the row's `overrides` put over it, and `more` (NULL:
 * none) over both, member by member. New. */
json_t *wf_schedule_input(const struct wf_schedule *s, const json_t *more);

/* The slot that keeps its instances apart, as `extra_slots` of a start; NULL: they may overlap. New. */
json_t *wf_schedule_slots(const struct wf_schedule *s, enum wf_overlapping overlap);

/* Appends to a row's `recent`, bounded. instance 0 and why NULL: left out. */
void wf_schedule_note(struct wf_schedule *s, int64_t nominal, int64_t at, const char *outcome,
	uint64_t instance, const char *why);

#endif

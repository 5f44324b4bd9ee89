/* An instance for people and programs: JSON, step lines, the timeline, what it waits for. */
#ifndef WF_VIEW_INSTANCE_H
#define WF_VIEW_INSTANCE_H

#include "plan/plan.h"
#include "state/event.h"
#include "state/state.h"
#include "view/style.h"

/* An RFC 3339 string, or null for 0; new. */
json_t *wf_view_time_json(int64_t ms);

/* What schemas/output/instance.schema.json describes; new. `plan` names the steps; NULL: a header
 * alone, without steps, input and output. */
json_t *wf_view_instance_json(const struct wf_plan *plan, const struct wf_instance *in);
struct wf_view_items;
/* A history record, the nth that was added to `items` (which may be NULL), as in
 * schemas/output/history.schema.json; new. */
json_t *wf_view_record_json(const struct wf_plan *plan, const struct wf_view_items *items, uint64_t n,
	uint64_t seq, const struct wf_record *r);

/* "TimeoutError after 3 attempts", "ConflictError 409"; with `message` also ": the message". "" for
 * NULL. */
void wf_view_error(const json_t *error, bool message, struct wf_buf *out);
/* Whether it is that the settings have no such connection. */
bool wf_view_lacks_connection(const json_t *error);

/* How a step ended or what it waits for, in a few words: "POST 201", "exit 3", "0 of 2: alice, bob". */
void wf_view_step_detail(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out);
/* The step's status; of an instance that has ended, what never ran was skipped (the journal keeps no
 * row for that). */
enum wf_step_status wf_view_step_now(const struct wf_instance *in, uint32_t step);
/* The status as people read it: an approval is "approved" or "rejected". */
const char *wf_view_step_status(const struct wf_plan *plan, const struct wf_instance *in,
	uint32_t step);
enum wf_role wf_view_step_role(enum wf_step_status status);
enum wf_role wf_view_instance_role(enum wf_instance_status status);

/* The id that the author gave the step: a copy for another lane of a foreach has the first one's. */
const char *wf_view_step_id(const struct wf_plan *plan, uint32_t step);
/* The same with the item that its lane has in hand or had last: "pack item 3", within another foreach
 * "pack item 3.0". Appends it, safe for a terminal. */
void wf_view_step_name(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out);

/* The names of the slots that the instance needs: "q/a, q (in flight)". Appends them, safe for a terminal. */
void wf_view_slot_names(const struct wf_instance *in, struct wf_buf *out);

/* Whether people mean the step by that name: its id, or with the item in hand "pack[3]", "pack[3.0]" (or
 * "pack item 3"). */
bool wf_view_step_called(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	const char *name);
/* Appends that name as a shell takes it: pack, 'pack[3]'. */
void wf_view_step_option(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out);
/* Appends the step's id with the item that is in hand, pack[3]: not of a foreach that is complete, where
 * another visit would begin with others. Whether there is one. */
bool wf_view_step_in_hand(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out);

/* The item of the innermost foreach around the step, in hand or had last; WF_NONE: there is none. */
uint32_t wf_view_step_item(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step);
/* For sentences: "pack of item 3", "ask of branch legal", "ask of item 3, branch legal". */
void wf_view_step_place(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	struct wf_buf *out);
/* For lines about what moved: "pack (item 3)", the item that was in hand before the transitions that
 * came next, `in` being as it is after them. */
void wf_view_step_moved(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	const struct wf_transition *next, uint32_t count, struct wf_buf *out);
/* The error with which that item ended, if it did: what the step says of itself may be of a later item that
 * came to the same place within the turn. Borrowed; NULL: there is none, or nothing is known of it. */
const json_t *wf_view_item_error(const struct wf_plan *plan, const struct wf_instance *in, uint32_t step,
	const struct wf_transition *next, uint32_t count);

/* The approval step whose notification this step is (a step of the side), or WF_NONE. */
uint32_t wf_view_side_of(const struct wf_plan *plan, uint32_t step);

/* The step that this one undoes, or WF_NONE. */
uint32_t wf_view_undone_by(const struct wf_plan *plan, uint32_t step);
/* The instance's undo entries, the first completion first; new. */
json_t *wf_view_undo_json(const struct wf_plan *plan, const struct wf_instance *in);
/* Names of what was undone, or of what was not, the last completion first: "charge, reserve (item 3)".
 * How many there are. */
uint32_t wf_view_undo_names(const struct wf_plan *plan, const struct wf_instance *in, bool undone,
	struct wf_buf *out);
/* Whether it undoes what it did, or has done so. */
bool wf_view_has_undone(const struct wf_instance *in);

/* The parent's step, as its author wrote it: that of a foreach is kept with its lane. From wf_alloc, the
 * caller's; "" where there is none. */
char *wf_view_parent_step(const struct wf_instance *in);
/* "#1234 wf_user_onboarding 1.4.0" */
void wf_view_heading(const struct wf_instance *in, const struct wf_style *style, struct wf_buf *out);

/* The heading, a row a step with its place in time, then what it waits for, failed of, gave. */
void wf_view_timeline(const struct wf_plan *plan, const struct wf_instance *in, int64_t now,
	const struct wf_style *style, struct wf_buf *out);

/* The closing line: how the instance parted and what to do next. */
void wf_view_outcome(const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_style *style, struct wf_buf *out);

#endif

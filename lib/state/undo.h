/*
 * What an instance would do to undo what it has done: one entry for each completion of a step that has
 * a compensation, in the order of completion. Entries are never taken away: those that are done are
 * what was undone.
 */
#ifndef WF_STATE_UNDO_H
#define WF_STATE_UNDO_H

#include "base/buf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct wf_instance;

enum wf_undo_status {
	WF_UNDO_WAITING,        /* the step's effect stands */
	WF_UNDO_RUNNING,        /* a thread undoes it */
	WF_UNDO_DONE,           /* it is undone */
	WF_UNDO_FAILED,         /* its compensation failed for good */
	WF_UNDO_STATUS_COUNT_
};
const char *wf_undo_status_name(enum wf_undo_status s);

struct wf_undo {
	uint32_t step;          /* what completed; WF_NONE: a change of plan has taken it */
	uint32_t item;          /* of the innermost foreach around it, its place in the list; WF_NONE */
	enum wf_undo_status status;
	int64_t began, at;      /* of the step's visit: its begin, its completion */
	json_t *input;          /* of the compensation, evaluated at the completion; NULL once done */
	json_t *error;          /* why the input could not be told, or why the compensation failed */
	bool dirty;             /* to be written */
};

/* What becomes of an instance whose end is not its steps' own. */
enum wf_unwind {
	WF_UNWIND_NONE,
	WF_UNWIND_UNDOING,      /* it undoes what it did; its status is `compensating` */
	WF_UNWIND_STOPPED,      /* … and could not, or was told not to: a retry goes on with it */
	WF_UNWIND_HANDLING,     /* the workflow's own handler of its failure runs */
	WF_UNWIND_COUNT_
};
const char *wf_unwind_name(enum wf_unwind u);

/* Appends an entry of the step as it is now; input and error are taken over. Its number. */
uint32_t wf_instance_add_undo(struct wf_instance *in, uint32_t step, uint32_t item, json_t *input,
	json_t *error);
void wf_instance_touch_undo(struct wf_instance *in, uint32_t number);
/* As many entries with rows to come, those that are there first go. */
void wf_instance_make_undo(struct wf_instance *in, uint32_t count);
/* Counts, in the steps' states, the entries that are not done. For who loads or maps an instance. */
void wf_instance_count_undo(struct wf_instance *in);
void wf_instance_drop_undo(struct wf_instance *in);
/* How many have that status. */
uint32_t wf_instance_undo_in(const struct wf_instance *in, enum wf_undo_status status);

/* The row of an entry (journal-format.md); get replaces the entry, and leaves it alone on WF_ECORRUPT. */
void wf_row_put_undo(const struct wf_undo *u, struct wf_buf *out);
int wf_row_get_undo(const void *bytes, size_t n, struct wf_undo *u);

/* What differs, or NULL. */
const char *wf_undo_difference(const struct wf_instance *a, const struct wf_instance *b);

#endif

/* An approval for people and programs: who is asked, how far it has come, what its clock brings. */
#ifndef WF_VIEW_APPROVAL_H
#define WF_VIEW_APPROVAL_H

#include "state/state.h"
#include "view/style.h"

/* What schemas/output/approval.schema.json describes, of a step that has an approval; new. */
json_t *wf_view_approval_json(const struct wf_step_state *s);

/* "bob", "alice, bob": those asked now who have not decided. */
void wf_view_still_asked(const struct wf_approval *a, struct wf_buf *out);
/* "1 of 2: bob"; with several groups also which: "leads 1 of 1, finance 0 of 2: carol, dave". */
void wf_view_progress(const struct wf_approval *a, struct wf_buf *out);
/* A decision in words, without when: "alice approved", "bob handed it over to carol". */
void wf_view_decision(const json_t *decision, struct wf_buf *out);
bool wf_view_decision_at(const json_t *decision, int64_t *ret);

/* What time does to an open approval if nobody decides. */
enum wf_view_clock_kind { WF_CLOCK_REMINDER, WF_CLOCK_ESCALATION, WF_CLOCK_END };
struct wf_view_clock_event {
	enum wf_view_clock_kind kind;
	int64_t at;
	uint32_t index;  /* of the escalation, in the order of the step's input */
};
/* All that is still to come, the earliest first; of the reminders the next one alone. List from
 * wf_alloc. */
size_t wf_view_approval_clock(const struct wf_step_state *s, struct wf_view_clock_event **ret);
/* "it asks carol instead", "it expires, and the step fails": after a time. */
void wf_view_clock_text(const struct wf_step_state *s, const struct wf_view_clock_event *e,
	struct wf_buf *out);

#endif

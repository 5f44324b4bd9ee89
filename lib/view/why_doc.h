/* What the files that say why share. Nothing outside this folder includes it. */
#ifndef WF_VIEW_WHY_DOC_H
#define WF_VIEW_WHY_DOC_H

#include "view/when.h"
#include "view/why.h"

struct wf_why {
	const struct wf_plan *plan;
	const struct wf_instance *in;
	const struct wf_why_facts *f;
	json_t *doc;
	struct wf_buf name;  /* what wf_why_step said last */
	bool several;        /* steps keep it from going on: what wakes them names them */
	json_t *waking;      /* {what: [names of the steps]}, in the order in which it came; NULL */
};

/* Makes the document, with its lists empty. */
void wf_why_begin(struct wf_why *w);
/* A line of one of the lists, unless it is there. */
void wf_why_put(struct wf_why *w, const char *member, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void wf_why_sentence(struct wf_why *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What comes at a time. */
void wf_why_then(struct wf_why *w, int64_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Which step it is about (WF_NONE: none), since when, and when its time is over (0: never). */
void wf_why_about(struct wf_why *w, uint32_t step, int64_t from, int64_t due);
/* " since 09:12:05 (28 m)"; nothing when the time is not known. */
const char *wf_why_since(const struct wf_why *w, int64_t at, char ret[3 * WF_WHEN_TEXT]);
/* "pack of item 3"; valid until the next call about another step. */
const char *wf_why_step(struct wf_why *w, uint32_t step);
/* " at pack of item 3" of a step in a branch or an item; "" of others, valid as long. */
const char *wf_why_at(struct wf_why *w, uint32_t step);
/* A text of the step's input; NULL when it has none of that name. */
const char *wf_why_input(const struct wf_step_state *s, const char *member);
/* What wakes this step; the lines are there with wf_why_tell_waking, one for all steps that wake alike. */
void wf_why_wakes(struct wf_why *w, uint32_t step, const char *what);
void wf_why_tell_waking(struct wf_why *w);
/* What looks after the step's timer when no process does. */
void wf_why_wakes_timer(struct wf_why *w, uint32_t step, int64_t due);

/* Whether a hold is on; each gets a line, and what ends it. */
bool wf_why_holds(struct wf_why *w);
/* A step whose effect is in doubt, and who ends that. */
void wf_why_doubt(struct wf_why *w, uint32_t step);
void wf_why_doubt_todo(struct wf_why *w, uint32_t step);
/* A waiting step that is not the one the sentence is about, in a few words, what wakes it, and what somebody
 * can do. */
void wf_why_also_waits(struct wf_why *w, uint32_t step);
/* A step that waits; false when it is of no kind that has words. */
bool wf_why_wait(struct wf_why *w, uint32_t step);

#endif

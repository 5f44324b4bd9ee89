/* What the files of a trial share. Nothing outside this folder includes it. */
#ifndef WF_TRIAL_INTERNAL_H
#define WF_TRIAL_INTERNAL_H

#include "base/buf.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "trial/trial.h"

struct wf_schema;

struct wf_trial {
	const struct wf_plan *plan;
	struct wf_schema *input_schema; /* NULL: anything is taken */
	uint8_t *executed;              /* a byte an instruction, over all cases */
	bool *ran;                      /* steps whose action began, over all cases */
};

/* An outcome that is still to come. */
struct trial_outcome {
	int64_t at;
	uint64_t order;          /* of those at one time the earlier given first */
	uint32_t step, visit, attempt;
	enum wf_event_type type; /* SUCCESS, FAILURE or DOUBT */
	json_t *data;            /* owned */
	uint64_t retry_after_ms;
};

/* One case while it runs. */
struct trial_case {
	struct wf_trial *trial;
	const struct wf_plan *plan;
	const json_t *spec;
	struct wf_instance *in;
	struct wf_turn turn;
	struct wf_trace trace;
	int64_t start, now;
	int64_t until;                     /* nothing happens after it */
	uint64_t random;                   /* state of the generator */
	uint32_t events;                   /* fed so far */
	uint64_t outcomes;                 /* given so far */
	struct trial_outcome *pending;
	size_t pending_count, pending_room;
	uint32_t *answered;                /* by step: the visit in which an attempt was answered */
	json_t *performed;                 /* {key of mocks: attempts so far} */
	json_t *order, *undone, *calls;    /* calls: {step: [inputs]} */
	size_t script_at;                  /* the next of the script */
	json_t *inbox;                     /* signals and events that nobody has taken yet */
	json_t *inbox_items;               /* the script's items that they are */
	json_t *failures;
};

/* The author's id of a step: copies of a foreach's body share it. From wf_alloc. */
char *trial_step_name(const struct wf_plan *plan, uint32_t step);

/* A failure of the case. */
void trial_fail(struct trial_case *c, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* -- play.c -- */

/* Feeds an event at the time it is now. False, with *cause: the engine refused it. */
bool trial_feed(struct trial_case *c, enum wf_event_type type, uint32_t step, uint32_t attempt,
	uint64_t retry_after_ms, json_t *data, struct wf_cause *cause);
/* From the start until nothing more can happen. */
void trial_play(struct trial_case *c);

/* -- possible.c -- */

/* Whether the step, as it was asked, could give that output; a failure of the case when not. `said` is
 * what the mock itself says of it. */
void trial_judge_output(struct trial_case *c, uint32_t step, const char *path, const json_t *said);

/* -- mock.c -- */

/* Outcomes for the attempts that began in the turn. */
void trial_answer_attempts(struct trial_case *c);
/* Mocks that nothing asked for: a list of {path, message}, new. */
json_t *trial_unused_mocks(const struct trial_case *c);
/* The earliest outcome, or NULL. */
struct trial_outcome *trial_next_outcome(const struct trial_case *c);
/* Its time has come: feeds it and forgets it. */
void trial_give_outcome(struct trial_case *c, struct trial_outcome *o);

/* -- script.c -- */

/* When the next of the script happens: a time, 0 when the workflow cannot take it yet, -1: none is left. */
int64_t trial_script_due(const struct trial_case *c);
void trial_script_play(struct trial_case *c);
/* The instance has ended: passes over what it was to refuse. */
void trial_script_refuse(struct trial_case *c);
/* Signals and events that came before somebody waited for them; true when one was taken. */
bool trial_deliver_kept(struct trial_case *c);
/* At the end: what nobody took, and what was taken and should not have been. */
void trial_script_judge(struct trial_case *c);

/* -- expect.c -- */

void trial_expect(struct trial_case *c);

#endif

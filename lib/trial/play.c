/*
 * The clock of a case. What is due first happens first: outcomes of effects, the instance's own timers,
 * the script. Of those at one time a timer comes first, as it would in a sweep: who decides in the same
 * instant is too late. Then comes the outcome of an effect, then the script.
 */
#include "trial/internal.h"

#include <string.h>

#define MOST_EVENTS 100000u /* of a case: it goes on for ever, or nearly */

/* A splitmix64 generator: good enough for jitter, and the same everywhere. */
static uint32_t draw(struct trial_case *c)
{
	uint64_t z = c->random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(z >> 32);
}

char *trial_step_name(const struct wf_plan *plan, uint32_t step)
{
	const char *id = wf_plan_step_id(plan, step);
	return wf_strndup(id, strcspn(id, "#"));
}

static void add_name(const struct trial_case *c, json_t *list, uint32_t step)
{
	WF_AUTOFREE char *name = trial_step_name(c->plan, step);
	(void)json_array_append_new(list, json_string(name));
}

static void read_turn(struct trial_case *c)
{
	for (uint32_t i = 0; i < c->trace.begun_count; i++) {
		c->trial->ran[c->trace.begun[i]] = true;
		add_name(c, c->order, c->trace.begun[i]);
	}
	c->trace.begun_count = 0;
	for (uint32_t i = 0; i < c->turn.transition_count; i++) {
		const struct wf_transition *t = &c->turn.transitions[i];
		/* one of several completions of a step is undone without its status changing */
		if ((t->type == WF_TRANS_STEP_STATUS && t->value == WF_STEP_COMPENSATED) ||
			(t->type == WF_TRANS_UNDONE && t->value == 0))
			add_name(c, c->undone, t->step);
	}
}

bool trial_feed(struct trial_case *c, enum wf_event_type type, uint32_t step, uint32_t attempt,
	uint64_t retry_after_ms, json_t *data, struct wf_cause *cause)
{
	struct wf_event event = { .type = type,
		.at = c->now,
		.random = draw(c),
		.step = step,
		.attempt = attempt,
		.retry_after_ms = retry_after_ms,
		.data = data };
	c->events++;
	if (wf_engine_feed(c->plan, c->in, &event, &c->turn, cause))
		return false;
	read_turn(c);
	trial_answer_attempts(c);
	wf_turn_reset(&c->turn);
	return true;
}

static void fire_timer(struct trial_case *c, int64_t due)
{
	struct wf_cause cause = { 0 };
	uint32_t step = wf_instance_due_step(c->in);
	const struct wf_approval *a = step == WF_NONE ? NULL : c->in->steps[step].approval;
	json_t *data = a && !a->decided_at ? json_pack("{s:i}", "number", 1) : NULL;
	if (due > c->now)
		c->now = due;
	if (!trial_feed(c, WF_EVENT_TIMER, step, 0, 0, data, &cause))
		trial_fail(c, "", "a timer could not fire: %s", cause.text);
	json_decref(data);
}

/* Whether that time comes, and before another; -1 and 0 are no times. */
static bool sooner(const struct trial_case *c, int64_t a, int64_t b)
{
	return a > 0 && a <= c->until && (b <= 0 || a < b);
}

/* The next thing happens; false when nothing more can. */
static bool go_on(struct trial_case *c)
{
	int64_t timer = wf_instance_due(c->in), script = trial_script_due(c);
	struct trial_outcome *outcome = trial_next_outcome(c);
	int64_t answered = outcome ? outcome->at : 0;
	if (wf_engine_ready(c->in)) {
		(void)trial_feed(c, WF_EVENT_CONTINUE, WF_NONE, 0, 0, NULL, NULL);
	} else if (trial_deliver_kept(c)) {
		return true; /* what came early is taken at once */
	} else if (sooner(c, timer, 0) && !sooner(c, answered, timer) && !sooner(c, script, timer)) {
		fire_timer(c, timer);
	} else if (sooner(c, answered, 0) && !sooner(c, script, answered)) {
		trial_give_outcome(c, outcome);
	} else if (sooner(c, script, 0)) {
		c->now = script > c->now ? script : c->now;
		trial_script_play(c);
	} else {
		return false;
	}
	return true;
}

void trial_play(struct trial_case *c)
{
	struct wf_cause cause = { 0 };
	if (!trial_feed(c, WF_EVENT_START, WF_NONE, 0, 0, NULL, &cause)) {
		trial_fail(c, "", "it could not start: %s", cause.text);
		return;
	}
	while (c->events < MOST_EVENTS && !wf_instance_status_final(c->in->status) && go_on(c))
		;
	if (wf_instance_status_final(c->in->status))
		trial_script_refuse(c);
	trial_script_judge(c);
	if (c->events >= MOST_EVENTS)
		trial_fail(c, "", "it was cut off after %u events", MOST_EVENTS);
	else if (trial_script_due(c) >= 0)
		trial_fail(c, "/script", "item %zu of the script was never reached: the instance %s",
			c->script_at, wf_instance_status_final(c->in->status) ? "has ended"
									     : "does not wait for it");
}

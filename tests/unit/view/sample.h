/* A plan of three steps and an instance of it, for the tests of drawings and step lines. */
#ifndef WF_TEST_SAMPLE_H
#define WF_TEST_SAMPLE_H

#include "view_test.h"

#include "plan/plan.h"
#include "state/event.h"
#include "state/state.h"

#define T0 INT64_C(1795165924000) /* 2026-11-20T09:12:04Z */

struct sample {
	struct wf_plan_builder b;
	struct wf_plan *plan;
	struct wf_instance *in;
};

static inline void sample_step(struct sample *s, const char *id, enum wf_action action,
	uint32_t attempts)
{
	struct wf_plan_step step = { .id = wf_plan_add_string(&s->b, id), .name = WF_NONE,
		.action = action, .retry = { .max_attempts = attempts }, .max_visits = 1,
		.fail_pc = WF_NONE, .origin = s->b.plan.step_count, WF_PLAN_STEP_ALONE };
	(void)wf_plan_add_step(&s->b, &step);
}

static inline void sample_edge(struct sample *s, uint32_t from, uint32_t to, enum wf_edge_kind kind,
	const char *label)
{
	struct wf_plan_edge e = { from, to, kind,
		label ? wf_plan_add_string(&s->b, label) : WF_NONE, WF_NONE };
	(void)wf_plan_add_edge(&s->b, &e);
}

static inline void sample_init(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	wf_plan_builder_init(&s->b);
	s->b.plan.workflow = wf_plan_add_string(&s->b, "on\"boarding");
	sample_step(s, "create_account", WF_ACT_HTTP_REQUEST, 3);
	sample_step(s, "approval", WF_ACT_APPROVAL_REQUEST, 1);
	sample_step(s, "notify", WF_ACT_EXEC_RUN, 1);
	sample_edge(s, WF_NONE, 0, WF_EDGE_NEXT, NULL);
	sample_edge(s, 0, 1, WF_EDGE_CONDITION, "a < \"b\"");
	sample_edge(s, 0, 2, WF_EDGE_FAILURE, NULL);
	sample_edge(s, 1, 2, WF_EDGE_DECISION, "approve");
	sample_edge(s, 1, 2, WF_EDGE_NOTIFY, "after PT4H");
	sample_edge(s, 2, WF_NONE, WF_EDGE_NEXT, NULL);
	s->plan = &s->b.plan; /* drawings read it only: it needs no verifying */
	struct wf_instance *in = wf_instance_new(3);
	in->number = 1234;
	in->workflow = wf_strdup("onboarding");
	in->version = wf_strdup("1.4.0");
	in->started_by = wf_strdup("ann");
	in->status = WF_INST_WAITING;
	in->wait = WF_WAIT_APPROVAL;
	in->created_at = in->started_at = T0;
	in->failed_step = WF_NONE;
	struct wf_step_state *a = &in->steps[0], *p = &in->steps[1];
	a->status = WF_STEP_COMPLETED;
	a->attempts = 2;
	a->started_at = T0;
	a->ended_at = T0 + 596;
	a->input = parse("{\"method\":\"POST\"}");
	a->output = parse("{\"status\":201}");
	p->status = WF_STEP_WAITING;
	p->wait = WF_WAIT_APPROVAL;
	p->started_at = T0 + 1000;
	p->due_at = T0 + 172800000;
	p->approval = wf_calloc(1, sizeof(*p->approval));
	p->approval->number = 7;
	p->approval->groups = parse("[{\"needed\":2,\"asked\":[\"alice\",\"bob\"]}]");
	p->approval->decisions = parse("[{\"by\":\"alice\",\"decision\":\"approve\",\"reason\":\"fine\","
				       "\"at\":\"2026-11-20T09:40:00Z\"}]");
	p->approval->opened_at = T0 + 1000;
	p->approval->due_at = p->due_at;
	s->in = in;
}

/* The first step becomes a foreach of two lanes, the others the copies of its one step, threads 1 and 2
 * their lanes. */
static inline void sample_foreach(struct sample *s)
{
	struct wf_plan_group g = { .kind = WF_GROUP_FOREACH, .step = 0, .limit = 2, .member_count = 2,
		.parent = WF_NONE, .parent_member = WF_NONE };
	struct wf_plan_member lane = { .pc = 0, .name = WF_NONE };
	(void)wf_plan_add_group(&s->b, &g);
	for (uint32_t i = 0; i < 2; i++) {
		(void)wf_plan_add_member(&s->b, &lane);
		s->b.plan.steps[1 + i].group = 0;
		s->b.plan.steps[1 + i].member = i;
		s->b.plan.steps[1 + i].origin = 1;
	}
	wf_instance_need_groups(s->in, 1);
	s->in->groups[0].first_thread = wf_instance_add_thread(s->in);
	(void)wf_instance_add_thread(s->in);
	s->in->steps[0].status = WF_STEP_WAITING;
	s->in->steps[0].wait = WF_WAIT_BRANCHES;
	for (uint32_t i = 1; i < 3; i++) {
		s->in->threads[i].group = 0;
		s->in->threads[i].member = i - 1;
		s->in->threads[i].step = i;
		s->in->threads[i].done = false;
	}
}

static inline void sample_done(struct sample *s)
{
	wf_instance_free(s->in);
	wf_plan_builder_done(&s->b);
}

#endif

/* Dead ends: instances that nothing will ever wake. */
#include "base/mem.h"
#include "runtime/drive.h"

#include <inttypes.h>

struct end {
	struct wf_home *home;
	uint64_t number;
	const char *why;         /* what it rests in; NULL: something will wake it */
	const char *step;        /* which of its steps; NULL: none in particular */
	struct wf_instance *in;
	struct wf_plan *plan;
	bool mail;               /* a signal that a step waits for lies there */
	bool alone;              /* the child that a step waits for is over, or not there */
};

static bool anybody_asked(const struct wf_approval *a)
{
	json_t *names = a ? wf_approval_asked(a) : NULL;
	bool any = json_array_size(names) > 0;
	json_decref(names);
	return any;
}

/* A kept signal that a waiting step could have had. */
static int look_for_mail(struct wf_txn *txn, struct end *e, const struct wf_step_state *s)
{
	const char *name = json_string_value(json_object_get(s->input, "name"));
	uint32_t seq;
	json_t *signal = NULL;
	int rc = name ? wf_txn_first_signal(txn, e->number, name, &seq, &signal) : WF_ENOENT;
	json_decref(signal);
	e->mail = rc == 0;
	return rc == WF_ENOENT ? 0 : rc;
}

/* Whoever ends a child tells its parent in the same transaction. */
static int look_for_child(struct wf_txn *txn, struct end *e, const struct wf_step_state *s)
{
	struct wf_instance *child = NULL;
	int rc = wf_txn_get_instance(txn, s->child, WF_LOAD_HEADER, &child);
	e->alone = rc == WF_ENOENT || (!rc && wf_instance_status_final(child->status));
	wf_instance_free(child);
	return rc == WF_ENOENT ? 0 : rc;
}

static const char *step_rests(const struct end *e, const struct wf_step_state *s)
{
	if (s->status == WF_STEP_RUNNING || s->status == WF_STEP_IN_DOUBT)
		return NULL; /* whoever claims it goes on; an operator decides */
	if (s->status != WF_STEP_WAITING)
		return "it stands in a step that neither runs nor waits";
	switch (s->wait) {
	case WF_WAIT_APPROVAL:
		if (s->due_at || (s->approval && !s->approval->decided_at && anybody_asked(s->approval)))
			return NULL;
		return "nobody is asked, and no time ends it";
	case WF_WAIT_TIMER:
	case WF_WAIT_RETRY:
		return s->due_at ? NULL : "it waits for a timer that is not set";
	case WF_WAIT_SIGNAL:
		return e->mail ? "the signal that it waits for lies there" : NULL;
	case WF_WAIT_CHILD:
		return e->alone ? "its child is over, and it was not told" : NULL;
	case WF_WAIT_EVENT:
	case WF_WAIT_SLOT:
	case WF_WAIT_OPERATOR:
	case WF_WAIT_HOLD: /* whoever releases it, or the sweep */
	case WF_WAIT_BRANCHES: /* its members are looked at themselves */
		return NULL;
	case WF_WAIT_NONE:
	case WF_WAIT_COUNT_:
		break;
	}
	return "it waits for nothing";
}

static int look_at_threads(struct wf_txn *txn, struct end *e)
{
	const struct wf_instance *in = e->in;
	bool any = false;
	for (uint32_t i = 0; i < in->thread_count && !e->why; i++) {
		const struct wf_thread *t = &in->threads[i];
		if (t->done)
			continue;
		any = true;
		if (t->ready) /* whoever claims it goes on */
			continue;
		if (t->waits != WF_NONE) {
			if (t->waits >= in->group_count || !in->groups[t->waits].running)
				e->why = "it waits for branches of which none goes on";
			continue;
		}
		if (t->step == WF_NONE) {
			e->why = "a thread of it rests between two steps";
			continue;
		}
		const struct wf_step_state *s = &in->steps[t->step];
		int rc = s->wait == WF_WAIT_SIGNAL ? look_for_mail(txn, e, s)
			: s->wait == WF_WAIT_CHILD ? look_for_child(txn, e, s) : 0;
		if (rc)
			return rc;
		e->why = step_rests(e, s);
		e->step = e->why ? wf_plan_author_id(e->plan, t->step) : NULL;
	}
	if (!any && !e->why)
		e->why = "none of its threads goes on";
	return 0;
}

/* What the header alone tells: true when no more is to be asked. */
static bool is_plain(struct end *e)
{
	const struct wf_instance *in = e->in;
	if (in->status == WF_INST_QUEUED && !json_array_size(in->slots))
		e->why = "it is queued for no slot";
	/* whoever claims a pending one starts it */
	return in->status == WF_INST_QUEUED || in->status == WF_INST_PENDING ||
		wf_instance_status_final(in->status) || in->timeout_at ||
		wf_runner_alive(e->home, in->owner);
}

static int load(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct end *e = arg;
	WF_AUTOBUF struct wf_buf plan = {0};
	int rc = wf_txn_get_instance(txn, e->number, WF_LOAD_HEADER, &e->in);
	if (rc || is_plain(e))
		return rc;
	wf_instance_free(e->in);
	e->in = NULL;
	rc = wf_txn_get_instance(txn, e->number, WF_LOAD_ALL, &e->in);
	if (!rc)
		rc = wf_txn_get_plan(txn, e->in->plan_id, &plan);
	if (!rc)
		rc = wf_plan_load_known(plan.data, plan.len, e->in->plan_id, &e->plan, cause);
	return rc ? rc : look_at_threads(txn, e);
}

int wf_runtime_dead_end(struct wf_journal *j, struct wf_home *home, uint64_t number,
	struct wf_cause *cause)
{
	struct end e = {.home = home, .number = number};
	int rc = wf_journal_view(j, load, &e, cause);
	if (!rc && e.why)
		rc = wf_fail(cause, WF_ECORRUPT, "nothing will wake #%" PRIu64 "%s%s%s: %s", number,
			e.step ? ", in step `" : "", e.step ? e.step : "", e.step ? "`" : "",
			e.why);
	wf_instance_free(e.in);
	wf_plan_free(e.plan);
	return rc;
}

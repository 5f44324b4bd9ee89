/* Starts: new instances, and how they come to be driven. */
#include "base/crash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"
#include "runtime/drive.h"

#include <string.h>

static char *copy_or_null(const char *s)
{
	return s ? wf_strdup(s) : NULL;
}

static bool runs_commands(const struct wf_plan *plan)
{
	for (uint32_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].action == WF_ACT_EXEC_RUN)
			return true;
	return false;
}

/* What the plan reads of the connections' settings; NULL: nothing. */
static json_t *connections_of(const struct wf_plan *plan, const json_t *all)
{
	json_t *some = NULL;
	for (uint32_t pc = 0; json_is_object(all) && pc + 1 < plan->code_count; pc++) {
		const struct wf_insn *i = &plan->code[pc], *then = i + 1;
		if (i->op != WF_OP_ROOT || i->a != WF_ROOT_CONNECTION)
			continue;
		if (!some)
			some = json_object();
		if (then->op != WF_OP_GET && then->op != WF_OP_GETOPT) {
			json_decref(some);
			return json_deep_copy(all);
		}
		const char *name = wf_plan_string(plan, then->c);
		json_t *one = json_object_get(all, name);
		if (one)
			json_object_set(some, name, one);
	}
	return some;
}

static void be_child(struct wf_instance *in, const struct wf_parent *parent)
{
	const struct wf_instance *of = parent->in;
	in->parent = of->number;
	in->parent_step = wf_strdup(parent->step);
	in->depth = of->depth + 1;
	in->awaited = parent->awaited;
	in->outlives = parent->outlives;
	if (!in->bundle)
		in->bundle = json_incref(of->bundle);
	if (in->folder && of->folder) {
		wf_free(in->folder);
		in->folder = wf_strdup(of->folder);
	}
}

struct wf_instance *wf_start_instance(const struct wf_runtime *rt, const struct wf_start *start)
{
	const struct wf_plan *plan = start->plan;
	struct wf_instance *in = wf_instance_new(plan->step_count);
	const char *version = start->version ? start->version : wf_plan_string(plan, plan->version);
	in->created_at = wf_now_ms();
	in->uuid = wf_uuid_new(in->created_at);
	memcpy(in->plan_id, plan->id, WF_HASH_SIZE);
	in->workflow = wf_strdup(wf_plan_string(plan, plan->workflow));
	in->version = copy_or_null(version);
	in->tenant = wf_strdup(rt->options.tenant);
	in->environment = wf_strdup(rt->options.environment);
	in->started_by = copy_or_null(start->started_by);
	in->os_user = copy_or_null(rt->options.os_user);
	const char *folder = rt->options.workdir;
	if (folder && runs_commands(plan) && wf_utf8_valid(folder, strlen(folder), NULL))
		in->folder = wf_strdup(folder);
	in->input = start->input ? json_incref(start->input) : json_object();
	in->event = start->event ? json_incref(start->event) : NULL;
	in->connections = connections_of(plan, rt->options.connections);
	in->start_key = copy_or_null(start->key);
	in->schedule = start->schedule;
	in->bundle = json_incref(start->bundle);
	if (start->parent)
		be_child(in, start->parent);
	in->fresh = true;
	in->dirty = true;
	return in;
}

/* The plan's own correlation id, when it has one and the start brings none. */
int wf_start_correlate(const struct wf_plan *plan, struct wf_instance *in, const char *given,
	struct wf_cause *cause)
{
	if (given) {
		in->correlation_id = wf_strdup(given);
		return 0;
	}
	uint32_t body = wf_plan_find_body(plan, WF_BODY_CORRELATION, 0, 0);
	if (body == WF_NONE)
		return 0;
	json_t *value = NULL, *error = NULL;
	int rc = wf_engine_eval(plan, in, body, &value, &error);
	if (rc) {
		const char *text = json_string_value(json_object_get(error, "message"));
		(void)wf_fail(cause, WF_EINVAL, "the correlation_id has no value: %s",
			text ? text : "");
		json_decref(error);
		return WF_EINVAL;
	}
	if (json_is_string(value))
		in->correlation_id = wf_strdup(json_string_value(value));
	else if (value && !json_is_null(value))
		in->correlation_id = wf_json_text(value);
	json_decref(value);
	return 0;
}

#define MOST_NUMBERS 256u

static int reserve_numbers(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct wf_runtime *rt = arg;
	/* one for the first, as many as there were already for the next: a single start leaves no gap,
	 * and a batch does not commit for every instance */
	uint32_t count = rt->numbers_taken ? rt->numbers_taken : 1;
	rt->numbers_left = count < MOST_NUMBERS ? count : MOST_NUMBERS;
	return wf_txn_reserve_numbers(txn, rt->numbers_left, &rt->next_number);
}

static int give_number(struct wf_runtime *rt, struct wf_instance *in, struct wf_cause *cause)
{
	if (!rt->numbers_left) {
		int rc = wf_journal_update(rt->options.journal, reserve_numbers, rt, cause);
		if (rc) {
			rt->numbers_left = 0;
			return rc;
		}
	}
	in->number = rt->next_number++;
	in->reserved = true;
	rt->numbers_left--;
	rt->numbers_taken++;
	return 0;
}

struct any_hold {
	bool is;
};

static bool see_hold(void *arg, const struct wf_hold *h)
{
	(void)h;
	struct any_hold *any = arg;
	any->is = true;
	return false;
}

/* Whether anything is on hold: looked at once a turn, for the commit looks again. */
static int look_at_holds(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct wf_runtime *rt = arg;
	struct any_hold any = {0};
	int rc = wf_txn_each_hold(txn, see_hold, &any);
	rt->any_hold = any.is;
	return rc;
}

static int know_holds(struct wf_runtime *rt, struct wf_cause *cause)
{
	if (rt->holds_known)
		return 0;
	int rc = wf_journal_view(rt->options.journal, look_at_holds, rt, cause);
	rt->holds_known = !rc;
	return rc;
}

static int start_at_once(struct wf_runtime *rt, const struct wf_held_plan *held,
	struct wf_instance *in, const struct wf_start *start, struct wf_cause *cause)
{
	/* the first turn runs before the commit that takes the instance in, and replay must see what it saw */
	int rc = held->numbered && in->fresh ? give_number(rt, in, cause) : 0;
	if (!rc && in->fresh)
		rc = wf_start_correlate(start->plan, in, start->correlation_id, cause);
	if (rc) {
		wf_instance_free(in);
		return rc;
	}
	struct wf_drive *d = wf_drive_new(held, in);
	in->owner = rt->runner;
	d->ticket = start->ticket;
	d->fresh = true;
	struct wf_event event = wf_drive_event(WF_EVENT_START, WF_NONE, 0, NULL);
	rc = wf_drive_feed(rt, d, &event, cause);
	if (rc) {
		wf_drive_free(d);
		return rc;
	}
	wf_drive_link(rt, d);
	return 0;
}

struct admission {
	struct wf_runtime *rt;
	const struct wf_start *start;
	enum wf_admission how;
	uint64_t number;
	struct wf_instance *in;   /* taken in, and this process's */
};

static int admit(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct admission *a = arg;
	wf_instance_free(a->in);
	a->in = NULL;
	wf_inside_begin(a->rt);
	return wf_start_admit(a->rt, txn, a->start, a->rt->runner, &a->how, &a->number, &a->in,
		cause);
}

static int admit_and_start(struct wf_runtime *rt, const struct wf_held_plan *held,
	const struct wf_start *start, struct wf_started *ret, struct wf_cause *cause)
{
	struct admission a = {.rt = rt, .start = start};
	int rc = wf_journal_update(rt->options.journal, admit, &a, cause);
	if (rc) {
		wf_inside_begin(rt);
		wf_instance_free(a.in);
		return rc;
	}
	wf_inside_keep(rt);
	wf_crash_here(WF_CRASH_ADMITTED);
	if (ret)
		*ret = (struct wf_started){.how = a.how, .number = a.number};
	if (a.how != WF_ADMITTED_BEFORE) {
		struct wf_held_plan *stored = (struct wf_held_plan *)(uintptr_t)held;
		stored->stored = true;
		wf_instance_written(a.in);
	}
	if (a.how == WF_ADMITTED)
		rc = start_at_once(rt, held, a.in, start, cause);
	else
		wf_instance_free(a.in);
	wf_runtime_after(rt);
	return rc;
}

int wf_runtime_start(struct wf_runtime *rt, const struct wf_start *start, struct wf_started *ret,
	struct wf_cause *cause)
{
	const struct wf_held_plan *held = wf_runtime_find_plan(rt, start->plan->id);
	if (!held)
		WF_BUG("a start with a plan that is not the runtime's");
	int rc = know_holds(rt, cause);
	if (rc)
		return rc;
	if (start->key || start->extra_slots || start->bundle || held->slotted || rt->any_hold)
		return admit_and_start(rt, held, start, ret, cause);
	struct wf_instance *in = wf_start_instance(rt, start);
	rc = start_at_once(rt, held, in, start, cause);
	if (!rc && ret)
		*ret = (struct wf_started){.how = WF_ADMITTED, .number = in->number};
	return rc;
}

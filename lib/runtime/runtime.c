/* The runtime's life, its plans, starts and decisions. */
#include "runtime/runtime.h"

#include "base/crash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"
#include "runtime/drive.h"

#include <inttypes.h>
#include <string.h>

int wf_runtime_new(const struct wf_runtime_options *options, struct wf_runtime **ret,
	struct wf_cause *cause)
{
	struct wf_runtime *rt = wf_calloc(1, sizeof(*rt));
	rt->options = *options;
	if (!rt->options.max_in_flight)
		rt->options.max_in_flight = 256;
	int rc = wf_runner_begin(options->home, &rt->runner, cause);
	if (!rc) {
		struct wf_effects_options effects = {
			.spool = wf_home_spool(options->home),
			.libexec = options->libexec,
			.workdir = options->workdir,
			.environ_in = options->environ_in,
		};
		rc = wf_effects_new(&effects, &rt->effects, cause);
	}
	if (rc) {
		wf_runtime_free(rt);
		return rc;
	}
	*ret = rt;
	return 0;
}

static void free_held(struct wf_held_plan *held)
{
	if (!held)
		return;
	wf_plan_free(held->own);
	wf_buf_done(&held->bytes);
	wf_free(held);
}

void wf_runtime_free(struct wf_runtime *rt)
{
	if (!rt)
		return;
	wf_effects_free(rt->effects);
	for (struct wf_drive *d = rt->drives, *next; d; d = next) {
		next = d->next;
		wf_drive_free(d);
	}
	wf_instance_free(rt->decided);
	for (size_t i = 0; i < rt->plan_count; i++)
		free_held(rt->plans[i]);
	wf_free(rt->plans);
	wf_free(rt->claims);
	wf_free(rt->due);
	wf_turn_done(&rt->turn);
	if (rt->runner)
		wf_runner_end(rt->options.home);
	wf_free(rt);
}

void wf_runtime_stop(struct wf_runtime *rt)
{
	rt->stopping = 1;
	wf_effects_wake(rt->effects);
}

void wf_runtime_set_feed(struct wf_runtime *rt, wf_runtime_feed_fn *fn, void *arg)
{
	rt->feed = fn;
	rt->feed_arg = arg;
	rt->feed_done = fn == NULL;
}

/* -- plans -- */

static struct wf_held_plan *find_held(struct wf_runtime *rt, const uint8_t id[WF_HASH_SIZE])
{
	for (size_t i = 0; i < rt->plan_count; i++)
		if (memcmp(rt->plans[i]->plan->id, id, WF_HASH_SIZE) == 0)
			return rt->plans[i];
	return NULL;
}

static bool looks_at_instance(const struct wf_plan *plan)
{
	for (uint32_t pc = 0; pc < plan->code_count; pc++)
		if (plan->code[pc].op == WF_OP_ROOT && plan->code[pc].a == WF_ROOT_INSTANCE)
			return true;
	return false;
}

/* bytes NULL: the journal has it. */
static struct wf_held_plan *hold(struct wf_runtime *rt, const struct wf_plan *plan, const void *bytes,
	size_t n)
{
	struct wf_held_plan *held = wf_calloc(1, sizeof(*held));
	held->plan = plan;
	held->stored = bytes == NULL;
	held->numbered = looks_at_instance(plan);
	if (bytes)
		wf_buf_add(&held->bytes, bytes, n);
	WF_GROW(rt->plans, rt->plan_count, rt->plan_room);
	rt->plans[rt->plan_count++] = held;
	return held;
}

/* id: as the journal has it; NULL: the journal may not have it. */
static int hold_bytes(struct wf_runtime *rt, struct wf_buf *bytes, const uint8_t *id,
	struct wf_held_plan **ret, struct wf_cause *cause)
{
	struct wf_plan *plan;
	int rc = id ? wf_plan_load_known(bytes->data, bytes->len, id, &plan, cause) :
		wf_plan_load(bytes->data, bytes->len, &plan, cause);
	if (rc)
		return rc;
	struct wf_held_plan *held = find_held(rt, plan->id);
	if (held) {
		wf_plan_free(plan);
		*ret = held;
		return 0;
	}
	held = hold(rt, plan, id ? NULL : bytes->data, bytes->len);
	held->own = plan;
	*ret = held;
	return 0;
}

void wf_runtime_lend_plan(struct wf_runtime *rt, const struct wf_plan *plan, const void *bytes,
	size_t n)
{
	if (!find_held(rt, plan->id))
		(void)hold(rt, plan, bytes, n);
}

int wf_runtime_add_plan(struct wf_runtime *rt, const void *bytes, size_t n,
	const struct wf_plan **ret, struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf copy = {0};
	wf_buf_add(&copy, bytes, n);
	struct wf_held_plan *held;
	int rc = hold_bytes(rt, &copy, NULL, &held, cause);
	if (!rc)
		*ret = held->plan;
	return rc;
}

int wf_runtime_hold_plan_txn(struct wf_runtime *rt, struct wf_txn *txn,
	const uint8_t id[WF_HASH_SIZE], const struct wf_held_plan **ret, struct wf_cause *cause)
{
	struct wf_held_plan *held = find_held(rt, id);
	if (held) {
		*ret = held;
		return 0;
	}
	WF_AUTOBUF struct wf_buf bytes = {0};
	int rc = wf_txn_get_plan(txn, id, &bytes);
	if (rc == WF_ENOENT)
		return wf_fail(cause, WF_ECORRUPT, "an instance's plan is not in the journal");
	if (!rc)
		rc = hold_bytes(rt, &bytes, id, &held, cause);
	if (!rc)
		*ret = held;
	return rc;
}

struct plan_query {
	struct wf_runtime *rt;
	const uint8_t *id;
	const struct wf_held_plan *held;
};

static int query_plan(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct plan_query *q = arg;
	return wf_runtime_hold_plan_txn(q->rt, txn, q->id, &q->held, cause);
}

int wf_runtime_hold_plan(struct wf_runtime *rt, const uint8_t id[WF_HASH_SIZE],
	const struct wf_held_plan **ret, struct wf_cause *cause)
{
	struct plan_query q = {.rt = rt, .id = id, .held = find_held(rt, id)};
	int rc = q.held ? 0 : wf_journal_view(rt->options.journal, query_plan, &q, cause);
	if (!rc)
		*ret = q.held;
	return rc;
}

int wf_runtime_get_plan(struct wf_runtime *rt, const uint8_t id[WF_HASH_SIZE],
	const struct wf_plan **ret, struct wf_cause *cause)
{
	const struct wf_held_plan *held;
	int rc = wf_runtime_hold_plan(rt, id, &held, cause);
	if (!rc)
		*ret = held->plan;
	return rc;
}

/* -- starts -- */

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

static struct wf_instance *new_instance(const struct wf_runtime *rt, const struct wf_start *start)
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
	in->owner = rt->runner;
	in->fresh = true;
	in->dirty = true;
	return in;
}

/* The plan's own correlation id, when it has one and the start brings none. */
static int correlate(const struct wf_plan *plan, struct wf_instance *in, const char *given,
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

int wf_runtime_start(struct wf_runtime *rt, const struct wf_start *start, struct wf_started *ret,
	struct wf_cause *cause)
{
	const struct wf_held_plan *held = find_held(rt, start->plan->id);
	if (!held)
		WF_BUG("a start with a plan that is not the runtime's");
	struct wf_instance *in = new_instance(rt, start);
	/* the first turn runs before the commit that takes the instance in, and replay must see what it saw */
	int rc = held->numbered ? give_number(rt, in, cause) : 0;
	if (!rc)
		rc = correlate(start->plan, in, start->correlation_id, cause);
	if (rc) {
		wf_instance_free(in);
		return rc;
	}
	struct wf_drive *d = wf_drive_new(held, in);
	d->ticket = start->ticket;
	d->fresh = true;
	struct wf_event event = wf_drive_event(WF_EVENT_START, WF_NONE, 0, NULL);
	rc = wf_drive_feed(rt, d, &event, cause);
	if (rc) {
		wf_drive_free(d);
		return rc;
	}
	wf_drive_link(rt, d);
	if (ret)
		*ret = (struct wf_started){.how = WF_ADMITTED, .number = in->number};
	return 0;
}

int wf_runtime_claim(struct wf_runtime *rt, uint64_t number, struct wf_cause *cause)
{
	return wf_runtime_claim_now(rt, &number, 1, true, cause);
}

void wf_runtime_claim_later(struct wf_runtime *rt, const uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		WF_GROW(rt->claims, rt->claim_count, rt->claim_room);
		rt->claims[rt->claim_count++] = numbers[i];
	}
}

/* -- decisions, and other events that an operator gives -- */

struct post {
	struct wf_runtime *rt;
	uint64_t number;
	uint32_t step;               /* WF_NONE: the only open approval, for a decision */
	const struct wf_event *event;/* step still to be set for a decision */
	struct wf_drive *drive;
	int refused;                 /* the event was refused, after timers fired */
	uint32_t in_hand;            /* the step whose effect a dead owner began; WF_NONE */
	struct wf_cause why;
};

static int open_approval(const struct wf_instance *in, uint32_t *ret_step, struct wf_cause *cause)
{
	uint32_t found = WF_NONE, last = WF_NONE;
	for (uint32_t i = 0; i < in->step_count; i++) {
		const struct wf_approval *a = in->steps[i].approval;
		if (!a)
			continue;
		last = i;
		if (a->decided_at)
			continue;
		if (found != WF_NONE)
			return wf_fail(cause, WF_EAMBIGUOUS,
				"instance #%" PRIu64 " has more than one open approval", in->number);
		found = i;
	}
	if (found == WF_NONE && last == WF_NONE)
		return wf_fail(cause, WF_ENOENT, "instance #%" PRIu64 " asks for no approval",
			in->number);
	*ret_step = found == WF_NONE ? last : found; /* an old one is refused with its reason */
	return 0;
}

static int load_for_post(struct wf_txn *txn, struct post *p, struct wf_cause *cause)
{
	struct wf_runtime *rt = p->rt;
	struct wf_instance *in;
	int rc = wf_txn_get_instance(txn, p->number, WF_LOAD_ALL, &in);
	if (rc == WF_ENOENT)
		return wf_fail(cause, rc, "there is no instance #%" PRIu64, p->number);
	if (rc)
		return rc;
	const struct wf_held_plan *held = NULL;
	if (in->owner && in->owner != rt->runner && wf_runner_alive(rt->options.home, in->owner))
		rc = wf_fail(cause, WF_EBUSY,
			"instance #%" PRIu64 " is being driven by another process", p->number);
	else
		rc = wf_runtime_hold_plan_txn(rt, txn, in->plan_id, &held, cause);
	if (rc) {
		wf_instance_free(in);
		return rc;
	}
	p->drive = wf_drive_new(held, in);
	p->drive->owner_before = in->owner;
	p->in_hand = wf_drive_step_in_hand(p->drive);
	return 0;
}

/* What is due comes first: a decision after the end of its approval is too late, whether or not
 * anybody noticed the end. The firing is kept even when the event is then refused. */
static int post_event(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct post *p = arg;
	wf_drive_free(p->drive);
	p->drive = NULL;
	p->refused = 0;
	int rc = load_for_post(txn, p, cause);
	if (rc)
		return rc;
	struct wf_drive *d = p->drive;
	struct wf_event event = *p->event;
	event.step = p->step;
	if (event.type == WF_EVENT_DECISION && p->step == WF_NONE) {
		rc = open_approval(d->in, &event.step, cause);
		if (rc)
			return rc;
	}
	while (wf_drive_fire_due(p->rt, d, event.at))
		wf_crash_here(WF_CRASH_TIMER_BEFORE);
	bool over = event.type == WF_EVENT_DECISION && event.step < d->in->step_count &&
		d->in->steps[event.step].approval && d->in->steps[event.step].approval->decided_at;
	if (over)
		rc = wf_fail(&p->why, WF_ECONFLICT, "the approval `%s` of #%" PRIu64 " is over",
			wf_plan_step_id(d->held->plan, event.step), p->number);
	else
		rc = wf_drive_feed(p->rt, d, &event, &p->why);
	if (rc && !d->touched) {
		if (cause)
			*cause = p->why;
		return rc;
	}
	p->refused = rc;
	wf_drive_decide_stay(p->rt, d, event.at);
	return wf_drive_write(txn, d);
}

static int run_post(struct wf_runtime *rt, struct post *p, struct wf_cause *cause)
{
	wf_crash_here(WF_CRASH_DECISION_BEFORE);
	int rc = wf_journal_update(rt->options.journal, post_event, p, cause);
	if (rc) {
		wf_drive_free(p->drive);
		return rc;
	}
	wf_crash_here(WF_CRASH_COMMIT_AFTER);
	wf_drive_link(rt, p->drive);
	if (p->in_hand != WF_NONE && wf_instance_status_final(p->drive->in->status))
		wf_drive_adopt(rt, p->drive, p->in_hand);
	return 0;
}

int wf_runtime_decide(struct wf_runtime *rt, const struct wf_decision *decision,
	const struct wf_plan **ret_plan, const struct wf_instance **ret_instance,
	struct wf_cause *cause)
{
	json_t *data = json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*}", "by", decision->by, "decision",
		decision->decision, "reason", decision->reason, "to", decision->to, "from",
		decision->from, "os_user", rt->options.os_user);
	struct wf_event event = wf_drive_event(WF_EVENT_DECISION, decision->step, 0, data);
	struct post p = {
		.rt = rt, .number = decision->number, .step = decision->step, .event = &event};
	int rc = run_post(rt, &p, cause);
	json_decref(data);
	if (rc)
		return rc;
	const struct wf_plan *plan = p.drive->held->plan;
	wf_drive_committed(rt, p.drive);
	wf_runtime_told(rt);
	struct wf_instance *now = NULL;
	rc = wf_runtime_reload(rt, decision->number, &now, cause);
	if (rc)
		return rc;
	wf_instance_free(rt->decided);
	rt->decided = now;
	if (ret_plan)
		*ret_plan = plan;
	if (ret_instance)
		*ret_instance = now;
	if (p.refused && cause)
		*cause = p.why;
	return p.refused;
}

int wf_runtime_post(struct wf_runtime *rt, uint64_t number, const struct wf_event *event,
	struct wf_cause *cause)
{
	struct post p = {.rt = rt, .number = number, .step = event->step, .event = event};
	int rc = run_post(rt, &p, cause);
	if (rc)
		return rc;
	wf_drive_committed(rt, p.drive);
	wf_runtime_told(rt);
	if (p.refused && cause)
		*cause = p.why;
	return p.refused;
}

struct reload {
	uint64_t number;
	struct wf_instance *in;
};

static int load_again(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct reload *r = arg;
	return wf_txn_get_instance(txn, r->number, WF_LOAD_ALL, &r->in);
}

int wf_runtime_reload(struct wf_runtime *rt, uint64_t number, struct wf_instance **ret,
	struct wf_cause *cause)
{
	struct reload r = {.number = number};
	int rc = wf_journal_view(rt->options.journal, load_again, &r, cause);
	if (!rc)
		*ret = r.in;
	return rc;
}

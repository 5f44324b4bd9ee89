/*
 * Children: taken in beside the intent of their parent's step, and telling their parent of their end.
 *
 * Both happen in the transaction that makes the other half durable, so that a death leaves either both or
 * neither: a parent that waits has a child, and one whose child has ended has been told. The child is
 * admitted under the token of the attempt, so that the same attempt never starts a second one.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "runtime/drive.h"
#include "runtime/input.h"

#include <inttypes.h>
#include <string.h>

/* How many a transaction takes in for one instance; the others come with the next. */
#define MOST_AT_ONCE 256u

/* -- which definition -- */

struct wanted {
	const char *workflow, *version;
	struct wf_definition found;      /* its plan and version */
	const struct wf_held_plan *held;
};

static json_t *failed(enum wf_error_type type, const char *code, const char *text)
{
	return json_pack("{s:s, s:s, s:s}", "type", wf_error_types[type].name, "code", code,
		"message", text);
}

static bool in_bundle(const struct wf_instance *in, struct wanted *w)
{
	const json_t *of = json_object_get(in->bundle, w->workflow);
	const char *plan = json_string_value(json_object_get(of, "plan"));
	const char *version = json_string_value(json_object_get(of, "version"));
	if (!plan || strlen(plan) != (size_t)2 * WF_HASH_SIZE ||
		!wf_unhex(plan, w->found.plan_id, WF_HASH_SIZE))
		return false;
	if (w->version && (!version || strcmp(version, w->version) != 0))
		return false;
	w->found.version = version ? wf_strdup(version) : NULL;
	return true;
}

struct known {
	const char *workflow;
	bool is;
};

static bool see_definition(void *arg, const struct wf_definition *d)
{
	struct known *k = arg;
	k->is = strcmp(d->workflow, k->workflow) == 0;
	return !k->is;
}

/* None that may be started: a workflow that is known is disabled, or has no such version. */
static int not_found(struct wf_txn *txn, const struct wanted *w, json_t **ret_error)
{
	struct known k = {.workflow = w->workflow};
	int rc = w->version ? 0 : wf_txn_each_definition(txn, see_definition, &k);
	if (rc)
		return rc;
	WF_AUTOFREE char *text = k.is
		? wf_asprintf("every version of workflow `%s` is disabled", w->workflow)
		: wf_asprintf("there is no workflow `%s`%s%s", w->workflow,
			w->version ? " of version " : "", w->version ? w->version : "");
	*ret_error = k.is ? failed(WF_ERROR_CONFLICT, "workflow_disabled", text)
			  : failed(WF_ERROR_NOT_FOUND, "workflow_not_found", text);
	return 0;
}

static int find_definition(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_instance *in,
	struct wanted *w, json_t **ret_error, struct wf_cause *cause)
{
	int rc = 0;
	if (!in_bundle(in, w)) {
		rc = wf_txn_get_definition(txn, w->workflow, w->version, &w->found);
		if (rc == WF_ENOENT)
			return not_found(txn, w, ret_error);
		if (!rc && !w->found.enabled) {
			WF_AUTOFREE char *text = wf_asprintf("version %s of workflow `%s` is disabled",
				w->version, w->workflow);
			*ret_error = failed(WF_ERROR_CONFLICT, "workflow_disabled", text);
			return 0;
		}
	}
	return rc ? rc : wf_runtime_hold_plan_txn(rt, txn, w->found.plan_id, &w->held, cause);
}

/* -- taking it in -- */

struct birth {
	struct wf_runtime *rt;
	struct wf_txn *txn;
	struct wf_drive *d;      /* the parent */
	uint32_t step;
	uint64_t number;         /* of the child */
	struct wf_uuid uuid;
	char *version;
	bool awaited;
	bool before;             /* it had been taken in already */
	json_t *error;           /* why it was refused; owned */
};

/* What keeps a start out is told in the cause; it is the attempt's failure. */
static bool is_refusal(int rc)
{
	return rc == WF_ECONFLICT || rc == WF_EBUSY || rc == WF_EINVAL;
}

static json_t *refusal(int rc, const struct wf_cause *why)
{
	if (rc == WF_EINVAL)
		return failed(WF_ERROR_VALIDATION, "child_input", why->text);
	return failed(WF_ERROR_CONFLICT, rc == WF_EBUSY ? "workflow_held" : "child_rejected", why->text);
}

static bool has_room(const struct wf_runtime *rt)
{
	return rt->drive_count + rt->begun_count < 2 * (size_t)rt->options.max_in_flight;
}

/* That of the parent, for a child that has none of its own. */
static const char *inherited_correlation(const struct wf_instance *parent, const struct wf_plan *plan)
{
	return wf_plan_find_body(plan, WF_BODY_CORRELATION, 0, 0) == WF_NONE ? parent->correlation_id
									     : NULL;
}

/* Whether its plan is of the workflow by whose name the attempt's token was looked for. */
static bool is_of(const struct wanted *w)
{
	return strcmp(w->workflow, wf_plan_string(w->held->plan, w->held->plan->workflow)) == 0;
}

static int admit(struct birth *b, const struct wanted *w, const char *token, json_t *input,
	struct wf_cause *cause)
{
	struct wf_runtime *rt = b->rt;
	const struct wf_instance *in = b->d->in;
	const char *policy = json_string_value(
		json_object_get(in->steps[b->step].input, "on_parent_cancel"));
	struct wf_parent parent = {.in = in,
		.step = wf_plan_step_id(b->d->held->plan, b->step), .awaited = b->awaited,
		.outlives = !b->awaited || (policy && strcmp(policy, "leave") == 0)};
	struct wf_start start = {.plan = w->held->plan, .version = w->found.version, .input = input,
		.started_by = in->started_by, .correlation_id = inherited_correlation(in, w->held->plan),
		.key = token, .key_is_new = is_of(w),
		.parent = &parent};
	struct wf_instance *child = NULL;
	enum wf_admission how;
	uint64_t owner = has_room(rt) ? rt->runner : 0;
	int rc = wf_start_admit(rt, b->txn, &start, owner, &how, &b->number, &child, cause);
	if (rc)
		return rc;
	b->uuid = child->uuid;
	if (how == WF_ADMITTED && owner) {
		WF_GROW(rt->begun, rt->begun_count, rt->begun_room);
		rt->begun[rt->begun_count++] = child;
		return 0;
	}
	if (how == WF_ADMITTED)
		wf_numbers_add_once(&rt->granted, b->number);
	wf_instance_free(child);
	return 0;
}

static int take_new(struct birth *b, struct wanted *w, const char *token, struct wf_cause *cause)
{
	const struct wf_instance *in = b->d->in;
	if (in->depth + 1 > WF_MAX_CHILD_DEPTH) {
		WF_AUTOFREE char *text = wf_asprintf("it would be a child below %u parents, more than %u",
			in->depth + 1, WF_MAX_CHILD_DEPTH);
		b->error = failed(WF_ERROR_LIMIT, "child_depth", text);
		return 0;
	}
	int rc = find_definition(b->rt, b->txn, in, w, &b->error, cause);
	if (rc || b->error)
		return rc;
	struct wf_cause why = {0};
	json_t *input = NULL;
	rc = wf_start_input(w->held->plan, json_object_get(in->steps[b->step].input, "input"), &input,
		&why);
	if (!rc)
		rc = admit(b, w, token, input, &why);
	json_decref(input);
	if (is_refusal(rc)) {
		b->error = refusal(rc, &why);
		return 0;
	}
	if (rc && cause)
		*cause = why;
	if (!rc)
		b->version = w->found.version ? wf_strdup(w->found.version) : NULL;
	return rc;
}

/* That the attempt began it before is known by its token. */
static int take_known(struct birth *b)
{
	struct wf_instance *child = NULL;
	int rc = wf_txn_get_instance(b->txn, b->number, WF_LOAD_HEADER, &child);
	if (rc)
		return rc;
	b->before = true;
	b->uuid = child->uuid;
	b->version = child->version ? wf_strdup(child->version) : NULL;
	wf_instance_free(child);
	return 0;
}

static int take_in(struct birth *b, struct wf_cause *cause)
{
	const json_t *input = b->d->in->steps[b->step].input;
	struct wanted w = {
		.workflow = json_string_value(json_object_get(input, "workflow")),
		.version = json_string_value(json_object_get(input, "version"))};
	char token[sizeof(((struct wf_inflight *)NULL)->token)];
	wf_drive_token(b->d->held->plan, b->d->in, b->step, token, sizeof(token));
	if (!w.workflow)
		WF_BUG("a child step without a workflow");
	int rc = wf_txn_find_start(b->txn, w.workflow, token, &b->number);
	if (rc == WF_ENOENT)
		rc = take_new(b, &w, token, cause);
	else if (!rc)
		rc = take_known(b);
	wf_definition_done(&w.found);
	return rc;
}

/* -- telling the parent -- */

static void feed_birth(struct birth *b)
{
	const struct wf_step_state *s = &b->d->in->steps[b->step];
	const char *workflow = json_string_value(json_object_get(s->input, "workflow"));
	char uuid[WF_UUID_TEXT];
	enum wf_event_type type = WF_EVENT_FAILURE;
	json_t *data = json_incref(b->error);
	if (!data) {
		type = b->awaited ? WF_EVENT_CHILD : WF_EVENT_SUCCESS;
		wf_uuid_text(&b->uuid, uuid);
		data = json_pack("{s:s, s:I, s:s, s:s*}", b->awaited ? "uuid" : "instance", uuid,
			"number", (json_int_t)b->number, "workflow", workflow, "version", b->version);
	}
	struct wf_event event = wf_drive_event(type, b->step, s->attempts, data);
	b->d->inside = true;
	(void)wf_drive_feed(b->rt, b->d, &event, NULL);
	b->d->inside = false;
	json_decref(data);
}

/* The event that the child's end is for its parent. Data is new. */
static struct wf_event end_of(const struct wf_instance *child, uint32_t step, uint32_t attempt)
{
	if (child->status == WF_INST_COMPLETED)
		return wf_drive_event(WF_EVENT_SUCCESS, step, attempt,
			child->output ? json_incref(child->output) : json_null());
	static const char *const members[] = {"type", "code", "message"};
	json_t *error = json_object();
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		json_t *value = json_object_get(child->error, members[i]);
		(void)(value ? json_object_set(error, members[i], value)
			     : json_object_set_new(error, members[i],
				       json_string(i ? "child_failed" : "InternalError")));
	}
	(void)json_object_set_new(error, "child", json_integer((json_int_t)child->number));
	return wf_drive_event(WF_EVENT_FAILURE, step, attempt, error);
}

uint32_t wf_child_step(const struct wf_instance *parent, uint64_t child)
{
	for (uint32_t i = 0; i < parent->thread_count; i++) {
		const struct wf_thread *t = &parent->threads[i];
		if (t->done || t->step == WF_NONE)
			continue;
		const struct wf_step_state *s = &parent->steps[t->step];
		if (s->status == WF_STEP_WAITING && s->wait == WF_WAIT_CHILD && s->child == child)
			return t->step;
	}
	return WF_NONE;
}

bool wf_child_feed_end(struct wf_runtime *rt, struct wf_drive *parent, const struct wf_instance *child)
{
	uint32_t step = wf_child_step(parent->in, child->number);
	if (step == WF_NONE)
		return false;
	struct wf_event event = end_of(child, step, parent->in->steps[step].attempts);
	parent->inside = true;
	bool fed = wf_drive_feed(rt, parent, &event, NULL) == 0;
	parent->inside = false;
	json_decref(event.data);
	return fed;
}

/* One that the attempt had begun before may have ended before it was waited for. */
static int feed_known_end(struct birth *b)
{
	struct wf_instance *child = NULL;
	int rc = wf_txn_get_instance(b->txn, b->number, WF_LOAD_ALL, &child);
	if (!rc && wf_instance_status_final(child->status))
		(void)wf_child_feed_end(b->rt, b->d, child);
	wf_instance_free(child);
	return rc;
}

/* -- the commands of a parent -- */

static bool is_wanted(const struct wf_drive *d, const struct wf_command *c)
{
	const struct wf_instance *in = d->in;
	const struct wf_step_state *s = c->step < in->step_count ? &in->steps[c->step] : NULL;
	return s && !wf_instance_status_final(in->status) && s->status == WF_STEP_RUNNING &&
		s->attempts == c->attempt;
}

static int begin_one(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d,
	const struct wf_command *c)
{
	struct wf_cause cause = {0};
	struct birth b = {.rt = rt, .txn = txn, .d = d, .step = c->step,
		.awaited = d->held->plan->steps[c->step].action == WF_ACT_WORKFLOW_RUN};
	int rc = take_in(&b, &cause);
	if (!rc)
		feed_birth(&b);
	if (!rc && b.before && b.awaited)
		rc = feed_known_end(&b);
	wf_free(b.version);
	json_decref(b.error);
	return rc;
}

int wf_children_begin(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d, bool *ret_fed)
{
	uint32_t kept = 0;
	int rc = 0;
	*ret_fed = false;
	/* what is fed appends to the list */
	for (uint32_t i = 0; i < d->command_count && !rc; i++) {
		struct wf_command c = d->commands[i];
		enum wf_action action = d->held->plan->steps[c.step].action;
		if (!wf_action_in_journal(action)) {
			d->commands[kept++] = c;
		} else if (is_wanted(d, &c)) {
			if (d->born >= MOST_AT_ONCE) {
				d->commands[kept++] = c;
				continue;
			}
			d->born++;
			rc = action == WF_ACT_EVENT_EMIT ? wf_emit_event(rt, txn, d, &c)
							 : begin_one(rt, txn, d, &c);
			*ret_fed = true;
		}
	}
	if (!rc)
		d->command_count = kept;
	return rc;
}

/* -- those that nobody waits for any more -- */

/* A parent that undoes what it did does not leave what its child did. */
static bool undoes(const struct wf_drive *d)
{
	for (uint32_t i = 0; i < d->moved_count; i++)
		if (d->moved[i].event.type == WF_EVENT_CANCEL &&
			json_is_true(json_object_get(d->moved[i].event.data, "compensate")))
			return true;
	return d->in->unwind == WF_UNWIND_UNDOING;
}

static int stop_one(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_drive *d,
	uint64_t number)
{
	struct wf_instance *child = NULL;
	int rc = wf_txn_get_instance(txn, number, WF_LOAD_HEADER, &child);
	if (rc)
		return rc == WF_ENOENT ? 0 : rc;
	bool stops = !child->outlives && !wf_instance_status_final(child->status);
	wf_instance_free(child);
	if (!stops)
		return 0;
	WF_AUTOFREE char *reason = wf_asprintf("#%" PRIu64 ", its parent, waits for it no more",
		d->in->number);
	json_t *data = json_pack("{s:s*, s:s}", "by", d->in->started_by, "reason", reason);
	if (undoes(d))
		(void)json_object_set_new(data, "compensate", json_true());
	rc = wf_give_cancel(rt, txn, number, data, NULL, NULL);
	json_decref(data);
	return rc;
}

int wf_children_stop(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d)
{
	int rc = 0;
	for (; d->orphans_stopped < d->orphan_count && !rc; d->orphans_stopped++)
		rc = stop_one(rt, txn, d, d->orphans[d->orphans_stopped]);
	return rc;
}

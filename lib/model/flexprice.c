/* The flexprice dialect: names, times in seconds, retries unless said otherwise. */
#include "model/dialect.h"

#include "base/json.h"
#include "model/read.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* A hundred years. */
#define MAX_SECONDS INT64_C(3155760000)

static void put(struct wf_translation *t, const struct wf_pair *theirs, const char *ours,
	struct wf_node *out, const struct wf_node *value)
{
	wf_tr_put(t, out, ours, theirs->key_span, value);
}

/* The map's member that is a map, made when it is not there. */
static struct wf_node *member(struct wf_translation *t, struct wf_node *map, const char *key,
	const struct wf_pair *theirs)
{
	if (!wf_node_get(map, key))
		wf_tr_put(t, map, key, theirs->key_span, wf_tr_map(t, theirs->value));
	struct wf_node *node = wf_node_get(map, key);
	return node->kind == WF_NODE_MAP ? node : NULL;
}

/* -- conditions -- */

static void put_step_condition(struct wf_translation *t, enum wf_shape shape,
	const struct wf_pair *theirs, const char *ours, struct wf_node *out)
{
	const struct wf_node *value = theirs->value;
	struct wf_node *map;

	(void)shape;
	if (value->kind == WF_NODE_MAP && wf_node_get(value, "when")) {
		put(t, theirs, ours, out, value);
		return;
	}
	if (value->kind == WF_NODE_MAP && !(value = wf_tr_condition(t, value)))
		return;
	map = wf_tr_map(t, theirs->value);
	put(t, theirs, "when", map, value);
	put(t, theirs, ours, out, map);
}

static void put_trigger_conditions(struct wf_translation *t, enum wf_shape shape,
	const struct wf_pair *theirs, const char *ours, struct wf_node *out)
{
	const struct wf_node *all = wf_tr_conditions(t, theirs->value);

	(void)shape;
	if (all)
		put(t, theirs, ours, out, all);
}

/* -- triggers -- */

static void put_trigger(struct wf_translation *t, enum wf_shape shape, const struct wf_pair *theirs,
	const char *ours, struct wf_node *out)
{
	struct wf_node *list = wf_tr_list(t, theirs->value, 1);
	const struct wf_node *value =
		wf_tr_value(t, WF_SHAPE_TRIGGER, WF_FORM_MAP, theirs->value);

	(void)shape;
	list->list.items[0] = WF_ARENA_NEW(t->r->arena, struct wf_node);
	*list->list.items[0] = *value;
	put(t, theirs, ours, out, list);
}

static void put_trigger_type(struct wf_translation *t, enum wf_shape shape,
	const struct wf_pair *theirs, const char *ours, struct wf_node *out)
{
	static const char *const words[] = {"event", "scheduled", "manual", "api"};
	static const char *const kinds[] = {"event", "schedule", "manual", "http"};
	struct wf_pair alone = *theirs;
	struct wf_node map = {.kind = WF_NODE_MAP, .span = theirs->value->span,
		.map = {.pairs = &alone, .count = 1}};
	size_t kind = wf_read_word(t->r, &map, "type", words, COUNT(words), COUNT(words));

	(void)shape;
	if (kind < COUNT(kinds))
		put(t, theirs, ours, out, wf_tr_string(t, theirs->value, kinds[kind]));
}

/* Of an unknown type nobody can say which keys it has: only the type is told. */
static void finish_trigger(struct wf_translation *t, const struct wf_node *theirs, struct wf_node *out)
{
	const struct wf_pair *type = wf_node_pair(theirs, "type");

	if (!type || type->value->kind == WF_NODE_NULL || wf_node_get(out, "type"))
		return;
	out->map.count = 0;
	wf_tr_put(t, out, "type", type->key_span, wf_tr_string(t, type->value, "manual"));
}

/* A cron expression, or what a schedule has. */
static void put_schedule(struct wf_translation *t, enum wf_shape shape, const struct wf_pair *theirs,
	const char *ours, struct wf_node *out)
{
	if (theirs->value->kind == WF_NODE_MAP)
		wf_tr_keys(t, shape, theirs->value, out);
	else
		put(t, theirs, ours, out, theirs->value);
}

/* -- times and retries -- */

/* Seconds; 0 is what an absent one is written as. */
static void put_seconds(struct wf_translation *t, enum wf_shape shape, const struct wf_pair *theirs,
	const char *ours, struct wf_node *out)
{
	const struct wf_node *v = theirs->value;
	char text[32];

	(void)shape;
	if (v->kind != WF_NODE_INT) {
		WF_FIND(t->r, WRONG_TYPE, v->span, "`%s` must be an integer, here is %s", theirs->key,
			wf_read_kind_phrase(v));
	} else if (v->integer < 0 || v->integer > MAX_SECONDS) {
		WF_FIND(t->r, WRONG_VALUE, v->span, "`%s` is %lld, must be from 0 to %lld",
			theirs->key, (long long)v->integer, (long long)MAX_SECONDS);
	} else if (v->integer > 0) {
		(void)snprintf(text, sizeof text, "PT%lldS", (long long)v->integer);
		put(t, theirs, ours, out, wf_tr_string(t, v, text));
	}
}

static void put_unless_zero(struct wf_translation *t, enum wf_shape shape,
	const struct wf_pair *theirs, const char *ours, struct wf_node *out)
{
	const struct wf_node *v = theirs->value;

	(void)shape;
	if ((v->kind != WF_NODE_INT || v->integer) && (v->kind != WF_NODE_REAL || v->real != 0))
		put(t, theirs, ours, out, v);
}

static void put_workflow_retry(struct wf_translation *t, enum wf_shape shape,
	const struct wf_pair *theirs, const char *ours, struct wf_node *out)
{
	struct wf_node *defaults = member(t, out, "defaults", theirs);

	(void)shape;
	if (defaults)
		put(t, theirs, ours, defaults,
			wf_tr_value(t, WF_SHAPE_RETRY, WF_FORM_MAP, theirs->value));
}

/* What the text says of a policy that leaves it out. */
static void fill_retry(struct wf_translation *t, const struct wf_node *at, struct wf_node *retry)
{
	const struct wf_node *backoff = wf_node_get(retry, "backoff");
	bool grows = !backoff || (backoff->kind == WF_NODE_STRING &&
					 strcmp(backoff->string.text, "exponential") == 0);

	if (!wf_node_get(retry, "max_attempts"))
		wf_tr_put(t, retry, "max_attempts", at->span, wf_tr_number(t, at, 3));
	if (!backoff)
		wf_tr_put(t, retry, "backoff", at->span, wf_tr_string(t, at, "exponential"));
	if (!wf_node_get(retry, "initial_delay") && !wf_node_get(retry, "initial_delay_ms"))
		wf_tr_put(t, retry, "initial_delay", at->span, wf_tr_string(t, at, "PT1S"));
	if (grows && !wf_node_get(retry, "coefficient"))
		wf_tr_put(t, retry, "coefficient", at->span, wf_tr_number(t, at, 2));
	if (!wf_node_get(retry, "max_delay") && !wf_node_get(retry, "max_delay_ms"))
		wf_tr_put(t, retry, "max_delay", at->span, wf_tr_string(t, at, "PT60S"));
	wf_tr_retry_on(t, at, retry);
}

/* -- the workflow -- */

static void put_metadata(struct wf_translation *t, enum wf_shape shape, const struct wf_pair *theirs,
	const char *ours, struct wf_node *out)
{
	struct wf_node *metadata = member(t, out, "metadata", theirs);

	(void)shape;
	(void)ours;
	if (metadata)
		wf_tr_put(t, metadata, theirs->key, theirs->key_span, theirs->value);
}

/* "Customer Onboarding - Standard" is customer_onboarding_standard. */
static void put_id_of_name(struct wf_translation *t, const struct wf_node *name, struct wf_node *out)
{
	WF_AUTOBUF struct wf_buf id = {0};

	for (const char *c = name->string.text; *c; c++) {
		if (isalnum((unsigned char)*c)) {
			if (!id.len && isdigit((unsigned char)*c))
				wf_buf_addch(&id, '_');
			wf_buf_addch(&id, (char)tolower((unsigned char)*c));
		} else if (id.len && id.data[id.len - 1] != '_') {
			wf_buf_addch(&id, '_');
		}
	}
	while (id.len && id.data[id.len - 1] == '_')
		id.data[--id.len] = '\0';
	if (id.len)
		wf_tr_put(t, out, "id", name->span, wf_tr_string(t, name, id.data));
}

struct ordered {
	struct wf_node *step;
	int64_t order;
	size_t place;
};

static int by_order(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* A list runs by `order`; steps without one come last. */
static void sort_steps(const struct wf_node *list)
{
	if (!list || list->kind != WF_NODE_LIST || !list->list.count)
		return;
	WF_AUTOFREE struct ordered *items = wf_calloc(list->list.count, sizeof *items);
	for (size_t i = 0; i < list->list.count; i++) {
		const struct wf_node *order = wf_node_get(list->list.items[i], "order");

		items[i] = (struct ordered){list->list.items[i],
			order && order->kind == WF_NODE_INT ? order->integer : INT64_MAX, i};
	}
	qsort(items, list->list.count, sizeof *items, by_order);
	for (size_t i = 0; i < list->list.count; i++)
		list->list.items[i] = items[i].step;
}

static void finish_workflow(
	struct wf_translation *t, const struct wf_node *theirs, struct wf_node *out)
{
	const struct wf_node *name = wf_node_get(theirs, "name");
	const struct wf_pair at = {"retry_policy", theirs->span, (struct wf_node *)(uintptr_t)theirs};
	struct wf_node *defaults = member(t, out, "defaults", &at);

	if (!wf_node_get(out, "id") && name && name->kind == WF_NODE_STRING)
		put_id_of_name(t, name, out);
	if (defaults && !wf_node_get(defaults, "retry")) {
		struct wf_node *retry = wf_tr_map(t, theirs);

		fill_retry(t, theirs, retry);
		wf_tr_put(t, defaults, "retry", theirs->span, retry);
	}
}

static void finish(struct wf_translation *t, enum wf_shape shape, const struct wf_node *theirs,
	struct wf_node *out)
{
	if (shape == WF_SHAPE_RETRY)
		fill_retry(t, theirs, out);
	if (shape == WF_SHAPE_TRIGGER)
		finish_trigger(t, theirs, out);
	if (shape == WF_SHAPE_WORKFLOW)
		finish_workflow(t, theirs, out);
	sort_steps(wf_node_get(out, "steps"));
}

static const struct wf_rename renames[] = {
	{WF_SHAPE_WORKFLOW, "trigger", "triggers", put_trigger, true},
	{WF_SHAPE_WORKFLOW, "retry_policy", "retry", put_workflow_retry, false},
	{WF_SHAPE_WORKFLOW, "timeout_seconds", "timeout", put_seconds, true},
	{WF_SHAPE_WORKFLOW, "tenant_id", NULL, put_metadata, false},
	{WF_SHAPE_WORKFLOW, "environment_id", NULL, put_metadata, false},
	{WF_SHAPE_WORKFLOW, "status", NULL, put_metadata, false},
	{WF_SHAPE_WORKFLOW, "created_at", NULL, put_metadata, false},
	{WF_SHAPE_WORKFLOW, "updated_at", NULL, put_metadata, false},
	{WF_SHAPE_WORKFLOW, "created_by", NULL, put_metadata, false},
	{WF_SHAPE_WORKFLOW, "updated_by", NULL, put_metadata, false},
	{WF_SHAPE_DEFAULTS, "retry_policy", "retry", NULL, false},
	{WF_SHAPE_DEFAULTS, "timeout_seconds", "timeout", put_seconds, true},
	{WF_SHAPE_TRIGGER, "type", "type", put_trigger_type, false},
	{WF_SHAPE_TRIGGER, "event_name", "name", NULL, false},
	{WF_SHAPE_TRIGGER, "conditions", "when", put_trigger_conditions, true},
	{WF_SHAPE_TRIGGER, "schedule", "cron", put_schedule, true},
	{WF_SHAPE_TRIGGER, "cron_expression", "cron", NULL, true},
	{WF_SHAPE_STEP, "type", "action", NULL, false},
	{WF_SHAPE_STEP, "config", "with", NULL, false},
	{WF_SHAPE_STEP, "condition", "condition", put_step_condition, false},
	{WF_SHAPE_STEP, "retry_policy", "retry", NULL, false},
	{WF_SHAPE_STEP, "timeout_seconds", "timeout", put_seconds, true},
	{WF_SHAPE_COMPENSATE, "type", "action", NULL, false},
	{WF_SHAPE_COMPENSATE, "config", "with", NULL, false},
	{WF_SHAPE_COMPENSATE, "retry_policy", "retry", NULL, false},
	{WF_SHAPE_RETRY, "max_attempts", "max_attempts", put_unless_zero, false},
	{WF_SHAPE_RETRY, "initial_interval_seconds", "initial_delay", put_seconds, true},
	{WF_SHAPE_RETRY, "max_interval_seconds", "max_delay", put_seconds, true},
	{WF_SHAPE_RETRY, "backoff_coefficient", "coefficient", put_unless_zero, true},
};

const struct wf_dialect wf_flexprice = {
	.name = "flexprice",
	.null_is_absent = true,
	.mark = "trigger",
	.renames = renames,
	.rename_count = COUNT(renames),
	.finish = finish,
};

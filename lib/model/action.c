/*
 * An action definition. It is read as the workflow of one step that it stands for: its means is the
 * step, its `result` the step's output, its input and output schemas those of the workflow. All of
 * it keeps its places in the author's own text.
 */
#include "model/catalog.h"

#include "model/read.h"

#include "base/text.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define MOST_LEVELS 32 /* definitions that perform each other */

/* A map in the making, whose values are nodes of the author's text. */
struct making {
	struct wf_arena *arena;
	struct wf_pair pairs[12];
	size_t count;
};

static struct wf_node *node_of(struct wf_arena *arena, enum wf_node_kind kind, struct wf_span span)
{
	struct wf_node *n = WF_ARENA_NEW(arena, struct wf_node);

	n->kind = kind;
	n->span = span;
	return n;
}

static void put(struct making *m, const char *key, struct wf_span span, struct wf_node *value)
{
	m->pairs[m->count++] = (struct wf_pair){key, span, value};
}

/* The author's own value under another key, if it is there. */
static void pass(struct making *m, const struct wf_node *map, const char *from, const char *to)
{
	const struct wf_pair *pair = wf_node_pair(map, from);

	if (pair)
		put(m, to, pair->key_span, pair->value);
}

static struct wf_node *map_of(struct making *m, struct wf_span span)
{
	struct wf_node *n = node_of(m->arena, WF_NODE_MAP, span);

	n->map.count = m->count;
	n->map.pairs = WF_ARENA_ARRAY(m->arena, struct wf_pair, m->count + 1);
	memcpy(n->map.pairs, m->pairs, m->count * sizeof *m->pairs);
	return n;
}

static struct wf_node *step_of(struct wf_arena *arena, const struct wf_node *root,
	const struct wf_node *perform)
{
	static const char *const of_defaults[] = {"retry", "timeout", "timeout_ms"};
	const struct wf_node *defaults = wf_node_get(root, "defaults");
	struct making m = {.arena = arena};
	struct wf_node *id = node_of(arena, WF_NODE_STRING, perform->span);

	id->string.text = "perform";
	id->string.len = strlen(id->string.text);
	put(&m, "id", perform->span, id);
	pass(&m, perform, "action", "action");
	pass(&m, perform, "with", "with");
	for (size_t i = 0; i < COUNT(of_defaults); i++)
		pass(&m, defaults, of_defaults[i], of_defaults[i]);
	pass(&m, root, "on_crash", "on_crash");
	pass(&m, root, "idempotency_key", "idempotency_key");
	pass(&m, root, "result", "output");
	return map_of(&m, perform->span);
}

static struct wf_node *workflow_of(struct wf_arena *arena, const struct wf_node *root,
	const struct wf_node *perform)
{
	static const char *const same[] = {"id", "version", "name", "description", "input"};
	struct making m = {.arena = arena};
	struct wf_node *steps = node_of(arena, WF_NODE_LIST, perform->span);

	for (size_t i = 0; i < COUNT(same); i++)
		pass(&m, root, same[i], same[i]);
	steps->list.items = WF_ARENA_ARRAY(arena, struct wf_node *, 1);
	steps->list.items[0] = step_of(arena, root, perform);
	steps->list.count = 1;
	put(&m, "steps", perform->span, steps);
	return map_of(&m, root->span);
}

static const struct wf_node *need_map(struct wf_read *r, const struct wf_node *root, const char *key)
{
	if (wf_read_lacks(r, root, key))
		WF_FIND(r, MISSING_KEY, root->map.pairs[0].key_span, "the action has no `%s`", key);
	return wf_read_kind(r, root, key, WF_NODE_MAP);
}

/* Whether it is enough of a definition to be read as a workflow. */
static bool shape_is_good(struct wf_read *r, const struct wf_node *root)
{
	static const char *const keys[] = {"kind", "id", "version", "name", "description", "input",
		"output", "defaults", "perform", "result", "on_crash", "idempotency_key"};
	static const char *const default_keys[] = {"retry", "timeout", "timeout_ms"};
	static const char *const perform_keys[] = {"action", "with"};
	const struct wf_node *defaults = wf_node_get(root, "defaults"), *perform;
	const char *id = wf_read_string(r, root, "id");
	bool good = true;

	WF_READ_KEYS(r, root, "an action definition", keys);
	if (wf_read_lacks(r, root, "id"))
		WF_FIND(r, MISSING_KEY, root->map.pairs[0].key_span, "the action has no `id`");
	if (id && wf_action_is_native(wf_action_find(id)))
		WF_FIND(r, ID_DUPLICATE, wf_node_get(root, "id")->span,
			"`%s` is a built-in action", id);
	if (defaults)
		good = WF_READ_KEYS(r, defaults, "`defaults`", default_keys);
	perform = need_map(r, root, "perform");
	if (!perform)
		return false;
	WF_READ_KEYS(r, perform, "`perform`", perform_keys);
	if (!wf_node_get(perform, "action")) {
		WF_FIND(r, MISSING_KEY, wf_node_pair(root, "perform")->key_span,
			"`perform` has no `action`");
		good = false;
	}
	return good && id;
}

void wf_read_action_definition(struct wf_catalog *c, struct wf_action_def *def)
{
	struct wf_model *m = wf_model_new(def->source, def->root);
	struct wf_read r = {.source = def->source, .diags = &def->diags, .model = m,
		.arena = m->arena, .actions = c, .definition = def};

	def->model = m;
	m->is_action = true;
	if (!shape_is_good(&r, def->root))
		return;
	wf_read_orch(&r, workflow_of(m->arena, def->root, wf_node_get(def->root, "perform")));
	m->output_schema = wf_read_schema(&r, wf_node_get(def->root, "output"), "output");
	if (m->step_count != 1)
		return;
	const struct wf_model_step *s = &m->steps[0];
	def->step = &m->steps[0];
	def->retries = s->retry_node || (s->defined && s->defined->retries);
	def->times = s->timeout_node || (s->defined && s->defined->times);
}

/* -- a step that uses one -- */

/* "a -> b -> a": the definition is being read for itself. */
static void say_circle(struct wf_read *r, const struct wf_model_step *s, const struct wf_action_def *def)
{
	WF_AUTOBUF struct wf_buf text = {0};
	const struct wf_action_def *chain[MOST_LEVELS + 1];
	size_t count = 0;

	for (const struct wf_action_def *d = r->definition; count < COUNT(chain); d = d->wanted_by) {
		chain[count++] = d;
		if (d == def)
			break;
	}
	while (count)
		wf_buf_printf(&text, "%s -> ", chain[--count]->id);
	WF_FIND(r, ACTION_CIRCLE, s->action_node->span, "the actions perform each other in a circle: %s%s",
		text.data, def->id);
}

static size_t levels_above(const struct wf_action_def *def)
{
	size_t n = 0;

	for (; def; def = def->wanted_by)
		n++;
	return n;
}

bool wf_read_defined(struct wf_read *r, struct wf_model_step *s)
{
	if (levels_above(r->definition) >= MOST_LEVELS) {
		WF_FIND(r, LIMIT, s->action_node->span,
			"more than %d actions perform one another", MOST_LEVELS);
		return true;
	}
	struct wf_action_def *def = wf_catalog_find(r->actions, s->action_name, r->definition);

	if (!def)
		return false;
	if (def->reading) {
		say_circle(r, s, def);
		return true;
	}
	wf_diags_move(r->diags, &def->diags);
	s->defined = def;
	if (def->step)
		s->action = def->step->action;
	return true;
}

void wf_read_means(struct wf_read *r, const struct wf_model_step *s)
{
	if (!r->definition || s->defined || s->action == WF_ACT_COUNT_ ||
		wf_actions[s->action].kind == WF_ACTION_EFFECT)
		return;
	wf_diag_hint(WF_FIND(r, ACTION_MEANS, s->action_node->span,
			     "`%s` cannot perform an action", s->action_name),
		"an action is performed by http.request, exec.run or another definition");
}

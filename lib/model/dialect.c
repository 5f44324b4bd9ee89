/* Which dialect a definition is in, and its translation into the canonical one. */
#include "model/dialect.h"

#include "model/read.h"

#include <ctype.h>
#include <string.h>

static const struct wf_dialect orch = {.name = "orch", .mark = "workflow"};
static const struct wf_dialect *const dialects[] = {&orch, &wf_flexprice, &wf_taskflow};
#define COUNT (sizeof(dialects) / sizeof *dialects)

const char *wf_dialect_name(size_t i)
{
	return i < COUNT ? dialects[i]->name : NULL;
}

bool wf_dialect_word(const char *dialect, size_t i, const char **ret_where, const char **ret_theirs,
	const char **ret_ours)
{
	for (size_t d = 0; d < COUNT; d++)
		if (strcmp(dialects[d]->name, dialect) == 0 && i < dialects[d]->rename_count) {
			*ret_where = wf_shape_noun(dialects[d]->renames[i].shape);
			*ret_theirs = dialects[d]->renames[i].theirs;
			*ret_ours = dialects[d]->renames[i].ours;
			return true;
		}
	return false;
}

/* -- names -- */

static const struct wf_rename *find_theirs(
	const struct wf_dialect *d, enum wf_shape shape, const char *key)
{
	for (size_t i = 0; i < d->rename_count; i++)
		if (d->renames[i].shape == shape && strcmp(d->renames[i].theirs, key) == 0)
			return &d->renames[i];
	return NULL;
}

static const struct wf_rename *find_ours(
	const struct wf_dialect *d, enum wf_shape shape, const char *key)
{
	for (size_t i = 0; i < d->rename_count; i++)
		if (d->renames[i].shape == shape && d->renames[i].ours &&
			strcmp(d->renames[i].ours, key) == 0)
			return &d->renames[i];
	return NULL;
}

const char *wf_dialect_key(const struct wf_dialect *d, enum wf_shape shape, const char *ours,
	char *room, size_t size)
{
	const struct wf_rename *rename = find_ours(d, shape, ours);
	size_t n = 0;

	if (rename)
		return rename->theirs;
	if (!d->camel)
		return ours;
	for (const char *c = ours; *c && n + 1 < size; c++)
		if (*c == '_' && c[1] && c != ours)
			room[n++] = (char)toupper((unsigned char)*++c);
		else
			room[n++] = *c;
	room[n] = '\0';
	return room;
}

static const char *snake(struct wf_translation *t, const char *key)
{
	char *room = wf_arena_alloc(t->r->arena, 2 * strlen(key) + 1);
	size_t n = 0;

	for (const char *c = key; *c; c++) {
		if (isupper((unsigned char)*c) && c != key)
			room[n++] = '_';
		room[n++] = c == key ? *c : (char)tolower((unsigned char)*c);
	}
	return room;
}

/* -- findings about names -- */

static void say_foreign(struct wf_read *r, const struct wf_pair *pair, const char *whose,
	const char *here, const char *instead)
{
	struct wf_diag *d = WF_FIND(r, DIALECT_MIXED, pair->key_span,
		"`%s` is a key of the dialect %s, and this definition is in %s", pair->key, whose, here);

	wf_diag_hint(d, "write `%s`", instead);
	wf_diag_fix(d, "%s", instead);
}

bool wf_dialect_foreign(struct wf_read *r, const struct wf_pair *pair, const char *const *keys,
	size_t count)
{
	if (!r->model || strcmp(r->model->dialect, "orch") != 0)
		return false;
	for (size_t d = 1; d < COUNT; d++)
		for (size_t i = 0; i < dialects[d]->rename_count; i++) {
			const struct wf_rename *rename = &dialects[d]->renames[i];

			if (!rename->ours || strcmp(rename->theirs, pair->key) != 0)
				continue;
			for (size_t k = 0; k < count; k++)
				if (strcmp(keys[k], rename->ours) == 0) {
					say_foreign(r, pair, dialects[d]->name, "orch", keys[k]);
					return true;
				}
		}
	return false;
}

/* The canonical key of one that the dialect has no name of its own for. */
static const char *ours_of(struct wf_translation *t, enum wf_shape shape, const struct wf_pair *pair)
{
	const struct wf_dialect *d = t->dialect;
	const char *ours = d->camel ? snake(t, pair->key) : pair->key;
	const struct wf_rename *own = find_ours(d, shape, ours);
	char room[64];

	for (size_t i = 1; i < COUNT; i++) {
		const struct wf_rename *other = find_theirs(dialects[i], shape, pair->key);

		if (dialects[i] == d || !other || !other->ours || wf_shape_has_key(ours))
			continue;
		say_foreign(t->r, pair, dialects[i]->name, d->name,
			wf_dialect_key(d, shape, other->ours, room, sizeof room));
		return other->ours;
	}
	if (own && !own->beside)
		say_foreign(t->r, pair, "orch", d->name, own->theirs);
	else if (d->camel && strchr(pair->key, '_') && wf_shape_has_key(ours))
		say_foreign(t->r, pair, "orch", d->name,
			wf_dialect_key(d, shape, ours, room, sizeof room));
	return ours;
}

/* -- nodes -- */

static struct wf_node *node_at(
	struct wf_translation *t, const struct wf_node *at, enum wf_node_kind kind)
{
	struct wf_node *node = WF_ARENA_NEW(t->r->arena, struct wf_node);

	node->kind = kind;
	node->span = at->span;
	return node;
}

struct wf_node *wf_tr_map(struct wf_translation *t, const struct wf_node *at)
{
	return node_at(t, at, WF_NODE_MAP);
}

struct wf_node *wf_tr_list(struct wf_translation *t, const struct wf_node *at, size_t count)
{
	struct wf_node *node = node_at(t, at, WF_NODE_LIST);

	node->list.items = WF_ARENA_ARRAY(t->r->arena, struct wf_node *, count + 1);
	node->list.count = count;
	return node;
}

struct wf_node *wf_tr_string(struct wf_translation *t, const struct wf_node *at, const char *text)
{
	struct wf_node *node = node_at(t, at, WF_NODE_STRING);

	node->string.len = strlen(text);
	node->string.text = wf_arena_strdup(t->r->arena, text);
	return node;
}

struct wf_node *wf_tr_number(struct wf_translation *t, const struct wf_node *at, int64_t value)
{
	struct wf_node *node = node_at(t, at, WF_NODE_INT);

	node->integer = value;
	return node;
}

void wf_tr_put(struct wf_translation *t, struct wf_node *map, const char *key, struct wf_span span,
	const struct wf_node *value)
{
	size_t n = map->map.count;
	const struct wf_pair *there = wf_shape_has_key(key) ? wf_node_pair(map, key) : NULL;

	if (there) {
		WF_FIND(t->r, KEY_CONFLICT, span, "this says the same as line %u once more",
			there->key_span.line);
		return;
	}
	if ((n & (n - 1)) == 0) { /* room for 1, 2, 4, 8 … */
		struct wf_pair *pairs = WF_ARENA_ARRAY(t->r->arena, struct wf_pair, n ? 2 * n : 1);

		if (n)
			memcpy(pairs, map->map.pairs, n * sizeof *pairs);
		map->map.pairs = pairs;
	}
	/* the tree is only read from here on; a node in two trees stays the author's */
	struct wf_node *own = WF_ARENA_NEW(t->r->arena, struct wf_node);
	*own = *value;
	map->map.pairs[map->map.count++] = (struct wf_pair){key, span, own};
}

void wf_tr_retry_on(struct wf_translation *t, const struct wf_node *at, struct wf_node *retry)
{
	struct wf_node *list = wf_tr_list(t, at, WF_ERROR_COUNT_);
	size_t n = 0;

	if (wf_node_get(retry, "on"))
		return;
	for (size_t i = 0; i < WF_ERROR_COUNT_; i++)
		if (wf_error_types[i].retryable || i == WF_ERROR_EXEC)
			list->list.items[n++] = wf_tr_string(t, at, wf_error_types[i].name);
	list->list.count = n;
	wf_tr_put(t, retry, "on", at->span, list);
}

/* -- translating -- */

static void put_pair(struct wf_translation *t, enum wf_shape shape, const struct wf_pair *pair,
	struct wf_node *out)
{
	const struct wf_rename *rename = find_theirs(t->dialect, shape, pair->key);
	enum wf_form form;

	if (t->dialect->null_is_absent && pair->value->kind == WF_NODE_NULL)
		return;
	if (rename && rename->put) {
		rename->put(t, shape, pair, rename->ours, out);
		return;
	}
	const char *ours = rename ? rename->ours : ours_of(t, shape, pair);
	enum wf_shape below = wf_shape_below(shape, ours, &form);
	wf_tr_put(t, out, ours, pair->key_span, wf_tr_value(t, below, form, pair->value));
}

void wf_tr_keys(struct wf_translation *t, enum wf_shape shape, const struct wf_node *map,
	struct wf_node *out)
{
	for (size_t i = 0; i < map->map.count; i++)
		put_pair(t, shape, &map->map.pairs[i], out);
}

static const struct wf_node *map_of(
	struct wf_translation *t, enum wf_shape shape, const struct wf_node *map)
{
	struct wf_node *out = wf_tr_map(t, map);

	wf_tr_keys(t, shape, map, out);
	if (t->dialect->finish)
		t->dialect->finish(t, shape, map, out);
	return out;
}

/* What has not the form that it should is left to the reader's findings. */
const struct wf_node *wf_tr_value(struct wf_translation *t, enum wf_shape shape, enum wf_form form,
	const struct wf_node *value)
{
	struct wf_node *out;

	if (shape == WF_SHAPE_ANY)
		return value;
	if (form == WF_FORM_MAP)
		return value->kind == WF_NODE_MAP ? map_of(t, shape, value) : value;
	if (form == WF_FORM_LIST && value->kind == WF_NODE_LIST) {
		out = wf_tr_list(t, value, value->list.count);
		for (size_t i = 0; i < value->list.count; i++) {
			out->list.items[i] = WF_ARENA_NEW(t->r->arena, struct wf_node);
			*out->list.items[i] =
				*wf_tr_value(t, shape, WF_FORM_MAP, value->list.items[i]);
		}
		return out;
	}
	if (form == WF_FORM_NAMES && value->kind == WF_NODE_MAP) {
		out = wf_tr_map(t, value);
		out->map.pairs = WF_ARENA_ARRAY(t->r->arena, struct wf_pair, value->map.count + 1);
		for (; out->map.count < value->map.count; out->map.count++) {
			struct wf_pair *pair = &out->map.pairs[out->map.count];
			struct wf_node *own = WF_ARENA_NEW(t->r->arena, struct wf_node);

			*pair = value->map.pairs[out->map.count];
			*own = *wf_tr_value(t, shape, WF_FORM_MAP, pair->value);
			pair->value = own;
		}
		return out;
	}
	return value;
}

/* A workflow's keys as they are usually written: its id first, however the dialect came by it. */
static void order_keys(const struct wf_node *map)
{
	const size_t few = 200; /* what has more is full of mistakes */

	for (size_t i = 1; i < map->map.count && map->map.count < few; i++) {
		struct wf_pair pair = map->map.pairs[i];
		size_t k = i, place = wf_shape_place(pair.key);

		for (; k > 0 && wf_shape_place(map->map.pairs[k - 1].key) > place; k--)
			map->map.pairs[k] = map->map.pairs[k - 1];
		map->map.pairs[k] = pair;
	}
}

const struct wf_node *wf_dialect_translate(struct wf_read *r, const struct wf_dialect *d,
	const struct wf_node *root)
{
	struct wf_translation t = {d, r};
	struct wf_node *top = wf_tr_map(&t, root);
	struct wf_span span = root->map.count ? root->map.pairs[0].key_span : root->span;

	const struct wf_node *workflow = map_of(&t, WF_SHAPE_WORKFLOW, root);
	order_keys(workflow);
	wf_tr_put(&t, top, "workflow", span, workflow);
	return top;
}

/* -- which dialect -- */

static bool a_step_has(const struct wf_node *root, const char *key)
{
	const struct wf_node *steps = wf_node_get(root, "steps");

	if (steps && steps->kind == WF_NODE_LIST)
		for (size_t i = 0; i < steps->list.count; i++)
			if (wf_node_get(steps->list.items[i], key))
				return true;
	return false;
}

const struct wf_dialect *wf_dialect_of(struct wf_read *r, const struct wf_node *root, const char *name)
{
	const struct wf_dialect *found = NULL;

	for (size_t i = 0; name && i < COUNT; i++)
		if (strcmp(dialects[i]->name, name) == 0)
			return dialects[i];
	if (name) {
		WF_FIND(r, NOT_A_WORKFLOW, root->span, "there is no dialect `%s`", name);
		return NULL;
	}
	for (size_t i = 0; i < COUNT; i++) {
		const struct wf_pair *mark = wf_node_pair(root, dialects[i]->mark);

		if (mark && found) {
			WF_FIND(r, DIALECT_MIXED, mark->key_span,
				"`%s` begins a definition in the dialect %s, and `%s` one in %s: a "
				"definition is in one dialect",
				mark->key, dialects[i]->name, found->mark, found->name);
			return NULL;
		}
		if (mark)
			found = dialects[i];
	}
	if (found)
		return found;
	if (a_step_has(root, "stepId"))
		return &wf_taskflow;
	return a_step_has(root, "type") ? &wf_flexprice : &orch;
}

/* Which keys a map may have, and which it lacks: a key that is misspelt is one finding, not two. */
#include "model/read.h"

#include "base/text.h"
#include "model/dialect.h"

#include <ctype.h>
#include <string.h>

/* What the key of the definition's dialect is called where all dialects have the canonical keys. */
static const char *own_name(
	const struct wf_read *r, const char *key, const char *const *keys, size_t count)
{
	const char *where, *theirs, *ours;

	for (size_t i = 0; r->model && wf_dialect_word(r->model->dialect, i, &where, &theirs, &ours); i++)
		for (size_t k = 0; k < count && ours && strcmp(theirs, key) == 0; k++)
			if (strcmp(keys[k], ours) == 0)
				return ours;
	return NULL;
}

/* What may have been meant by a value that is no map. */
static void hint_of_map(const struct wf_node *node, const char *what, struct wf_diag *d)
{
	static const struct {
		const char *what;
		enum wf_node_kind kind;
		const char *hint;
	} hints[] = {
		{"`retry`", WF_NODE_INT, "write `retry: { max_attempts: 3 }`"},
		{"`on_failure`", WF_NODE_STRING, "write `on_failure: { action: continue }`"},
		{"`on_failure`", WF_NODE_LIST, "write `on_failure: { steps: [ … ] }`"},
		{"`context`", WF_NODE_LIST, "write `context: { required: [ … ] }`"},
		{"`condition`", WF_NODE_BOOL, "write `condition: { when: … }`"},
		{"`foreach`", WF_NODE_STRING, "write `foreach: { items: …, steps: [ … ] }`"},
		{"`foreach`", WF_NODE_LIST, "write `foreach: { items: …, steps: [ … ] }`"},
		{"`parallel`", WF_NODE_LIST, "write `parallel: { branches: [ … ] }`"},
		{"a decision's branch", WF_NODE_STRING, "write `{ transition: … }`"},
		{"a transition", WF_NODE_STRING, "write `{ to: … }`"},
		{"a step", WF_NODE_STRING, "a step begins with `id: …`"},
	};

	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (hints[i].kind == node->kind && strcmp(hints[i].what, what) == 0)
			wf_diag_hint(d, "%s", hints[i].hint);
}

/* What is written into an action's input most often. */
static const char *const inputs[] = {"command", "shell", "url", "method", "headers", "body", "query", "duration",
	"until", "approvers", "quorum", "sla", "workflow", "expression"};

bool wf_read_beside_input(const struct wf_node *step)
{
	for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
		if (wf_node_get(step, inputs[i]))
			return true;
	return false;
}

static void hint_of_step(struct wf_diag *d, const char *key)
{
	for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
		if (strcmp(inputs[i], key) == 0)
			wf_diag_hint(d, "what the action takes stands in `with`: indent it below that");
	if (strcmp(key, "next_step_id") == 0 || strcmp(key, "goto") == 0 || strcmp(key, "to") == 0)
		wf_diag_hint(d, "where it leads is written `next: [{ to: … }]`");
	if (strcmp(key, "steps") == 0)
		wf_diag_hint(d, "steps of a step stand in `foreach`, or in a branch of `parallel`");
}

/* Of a map with few keys all are said. */
static void list_keys(struct wf_diag *d, const char *const *keys, size_t count)
{
	const size_t few = 6;
	WF_AUTOBUF struct wf_buf list = {0};

	if (count > few)
		return;
	for (size_t i = 0; i < count; i++)
		wf_buf_printf(&list, "%s`%s`", i == 0 ? "" : i + 1 == count ? " and " : ", ", keys[i]);
	wf_diag_hint(d, count == 1 ? "it has %s alone" : "it has %s", list.data);
}

bool wf_read_keys(struct wf_read *r, const struct wf_node *map, const char *what,
	const char *const *keys, size_t count)
{
	if (map->kind != WF_NODE_MAP) {
		if (!map->lost)
			hint_of_map(map, what, WF_FIND(r, WRONG_TYPE, map->span, "%s must be a map, here is %s",
						       what, wf_read_kind_phrase(map)));
		return false;
	}
	for (size_t i = 0; i < map->map.count; i++) {
		const struct wf_pair *pair = &map->map.pairs[i];
		size_t k = 0;

		while (k < count && strcmp(keys[k], pair->key) != 0)
			k++;
		if (k < count)
			continue;
		if (wf_dialect_foreign(r, pair, keys, count))
			continue;
		struct wf_diag *d = WF_FIND(
			r, UNKNOWN_KEY, pair->key_span, "%s has no key `%s`", what, pair->key);
		const char *nearest = wf_nearest(pair->key, keys, count);
		if (!nearest)
			nearest = own_name(r, pair->key, keys, count);
		if (nearest) {
			wf_diag_hint(d, "did you mean `%s`?", nearest);
			wf_diag_fix(d, "%s", nearest);
		} else if (strcmp(what, "a step") == 0) {
			hint_of_step(d, pair->key);
		} else {
			list_keys(d, keys, count);
		}
	}
	return true;
}

/* Whether the last findings have one that says that the pair's key is none. */
static bool is_unknown(const struct wf_read *r, const struct wf_pair *pair, size_t among)
{
	size_t count = r->diags->count;

	for (size_t i = 0; i < count && i < among; i++) {
		const struct wf_diag *d = &r->diags->items[count - 1 - i];

		if (d->rule == WF_RULE_UNKNOWN_KEY && d->span.offset == pair->key_span.offset)
			return true;
	}
	return false;
}

/* Names without the marks in which snake_case and camelCase differ. */
static bool are_near(const char *a, const char *b)
{
	char plain[2][64];
	const char *const of[] = {a, b}, *second = plain[1];

	for (size_t k = 0; k < 2; k++) {
		size_t n = 0;

		for (const char *c = of[k]; *c && n + 1 < sizeof plain[k]; c++)
			if (*c != '_')
				plain[k][n++] = (char)tolower((unsigned char)*c);
		plain[k][n] = '\0';
	}
	return strcmp(plain[0], plain[1]) == 0 || wf_nearest(plain[0], &second, 1);
}

/* Whether it is nearly the key, in the canonical dialect or in the definition's own. */
static bool is_nearly(const struct wf_read *r, const char *word, const char *key)
{
	const char *where, *theirs, *ours;
	bool near = are_near(word, key);

	for (size_t i = 0; r->model && !near && wf_dialect_word(r->model->dialect, i, &where, &theirs, &ours);
		i++)
		near = ours && strcmp(ours, key) == 0 && are_near(word, theirs);
	return near;
}

bool wf_read_lacks(struct wf_read *r, const struct wf_node *map, const char *key)
{
	if (wf_node_get(map, key))
		return false;
	for (size_t i = 0; map->kind == WF_NODE_MAP && i < map->map.count; i++) {
		const struct wf_pair *pair = &map->map.pairs[i];

		if (is_nearly(r, pair->key, key) && is_unknown(r, pair, 2 * map->map.count + 8))
			return false;
	}
	return true;
}

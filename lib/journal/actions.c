/* Action definitions that are registered: name and version -> the definition. What was compiled with one
 * holds it itself, so that nothing in flight depends on these rows. */
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/private.h"
#include "state/rows.h"

#include <stdlib.h>
#include <string.h>

enum { AC_BY = 1, AC_ALL = 1 };

void wf_action_row_done(struct wf_action_row *a)
{
	wf_free(a->id);
	wf_free(a->version);
	wf_free(a->registered_by);
	json_decref(a->definition);
	*a = (struct wf_action_row){0};
}

/* The content's address: the hash of its canonical text. */
static void address(const json_t *definition, uint8_t ret[WF_HASH_SIZE])
{
	WF_AUTOFREE char *text = wf_json_text(definition);
	wf_hash(text, strlen(text), ret);
}

void wf_action_row_put(const struct wf_action_row *a, struct wf_buf *out)
{
	wf_put_u8(out, a->registered_by ? AC_BY : 0);
	wf_buf_add(out, a->hash, sizeof(a->hash));
	wf_put_u64(out, (uint64_t)a->registered_at);
	wf_put_string(out, a->id);
	wf_put_string(out, a->version);
	if (a->registered_by)
		wf_put_string(out, a->registered_by);
	wf_put_json(out, a->definition);
}

int wf_action_row_get(const void *bytes, size_t n, struct wf_action_row *ret)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_action_row a = {0};
	uint8_t hash[WF_HASH_SIZE] = {0};
	unsigned mask = wf_get_u8(&r);
	const uint8_t *said = wf_get_raw(&r, sizeof(a.hash));
	a.registered_at = (int64_t)wf_get_u64(&r);
	a.id = wf_get_string(&r);
	a.version = wf_get_string(&r);
	a.registered_by = mask & AC_BY ? wf_get_string(&r) : NULL;
	a.definition = wf_get_json(&r);
	bool good = !r.bad && r.off == r.len && mask <= AC_ALL && said && json_is_object(a.definition);
	if (good)
		address(a.definition, hash);
	if (!good || memcmp(said, hash, sizeof(hash)) != 0) {
		wf_action_row_done(&a);
		return WF_ECORRUPT;
	}
	memcpy(a.hash, hash, sizeof(hash));
	*ret = a;
	return 0;
}

void wf_action_row_key(const struct wf_seal *s, const char *id, uint64_t seq,
	uint8_t ret[WF_DEFINITION_KEY])
{
	ret[0] = WF_META_ACTION;
	wf_seal_hash(s, WF_META_ACTION, id, ret + 1, 16);
	wf_be64_put(ret + 17, seq);
}

/* -- reading them -- */

struct entry {
	struct wf_action_row a;
	uint64_t seq;
};
struct list {
	struct wf_txn *txn;
	const char *id; /* NULL: all */
	struct entry *items;
	size_t count, room;
};

static void list_done(struct list *l)
{
	for (size_t i = 0; i < l->count; i++)
		wf_action_row_done(&l->items[i].a);
	wf_free(l->items);
}

static bool keep_row(void *arg, const struct wf_cursor *at, const struct wf_buf *plain)
{
	struct list *l = arg;
	struct entry e = {0};
	if (at->key_n != WF_DEFINITION_KEY || wf_action_row_get(plain->data, plain->len, &e.a)) {
		(void)wf_txn_corrupt(l->txn, at->table, at->key, at->key_n, "the action cannot be read");
		return false;
	}
	e.seq = wf_be64_at(at->key + 17);
	if (l->id && strcmp(l->id, e.a.id) != 0) {
		wf_action_row_done(&e.a);
		return true;
	}
	WF_GROW(l->items, l->count, l->room);
	l->items[l->count++] = e;
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int d = strcmp(x->a.id, y->a.id);
	return d ? d : x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int read_list(struct wf_txn *t, const char *id, struct list *l)
{
	struct wf_index_key from = {.bytes = {WF_META_ACTION}, .n = 1};
	size_t shared = 1;
	*l = (struct list){.txn = t, .id = id};
	if (t->err)
		return t->err;
	if (id) {
		uint8_t key[WF_DEFINITION_KEY];
		wf_action_row_key(&t->journal->seal, id, 0, key);
		shared = from.n = 17;
		memcpy(from.bytes, key, from.n);
	}
	int rc = wf_txn_each_row(t, WF_TABLE_META, &from, shared, keep_row, l);
	if (!rc && l->count > 1)
		qsort(l->items, l->count, sizeof(*l->items), by_id);
	return rc;
}

int wf_txn_each_action(struct wf_txn *t, bool (*fn)(void *, const struct wf_action_row *), void *arg)
{
	struct list l;
	int rc = read_list(t, NULL, &l);
	for (size_t i = 0; !rc && i < l.count; i++)
		if (!fn(arg, &l.items[i].a))
			break;
	list_done(&l);
	return rc;
}

/* -- writing them -- */

static char *next_version(const struct list *l)
{
	uint64_t highest = 0;
	for (size_t i = 0; i < l->count; i++) {
		const char *v = l->items[i].a.version;
		size_t n = strlen(v);
		uint64_t number = n <= 18 && strspn(v, "0123456789") == n ? strtoull(v, NULL, 10) : 0;
		highest = number > highest ? number : highest;
	}
	return wf_asprintf("%llu", (unsigned long long)highest + 1);
}

static const struct entry *of_version(const struct list *l, const char *version)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->items[i].a.version, version) == 0)
			return &l->items[i];
	return NULL;
}

static int write_row(struct wf_txn *t, const struct wf_action_row *a, uint64_t seq)
{
	uint8_t key[WF_DEFINITION_KEY];
	WF_AUTOBUF struct wf_buf row = {0};
	wf_action_row_key(&t->journal->seal, a->id, seq, key);
	wf_action_row_put(a, &row);
	return wf_txn_put(t, WF_TABLE_META, key, sizeof(key), row.data, row.len);
}

static int put_in(struct wf_txn *t, const struct list *l, const struct wf_action_row *a,
	char **ret_version, bool *ret_new)
{
	const struct entry *last = l->count ? &l->items[l->count - 1] : NULL;
	const struct entry *there = a->version ? of_version(l, a->version) : last;
	struct wf_action_row full = *a;
	address(a->definition, full.hash);
	if (there && memcmp(there->a.hash, full.hash, sizeof(full.hash)) == 0) {
		*ret_version = wf_strdup(there->a.version);
		*ret_new = false;
		return 0;
	}
	if (there && a->version) {
		(void)wf_fail(t->cause, WF_EEXIST, "action %.100s has another definition under version "
			"%.60s already", a->id, a->version);
		wf_fail_hint(t->cause, "a registered version never changes: give this one another "
			"version");
		return WF_EEXIST;
	}
	full.version = a->version ? wf_strdup(a->version) : next_version(l);
	t->took_in = true;
	int rc = write_row(t, &full, last ? last->seq + 1 : 0);
	if (rc) {
		wf_free(full.version);
		return rc;
	}
	*ret_version = full.version;
	*ret_new = true;
	return 0;
}

int wf_txn_put_action(struct wf_txn *t, const struct wf_action_row *a, char **ret_version,
	bool *ret_new)
{
	struct list l;
	int rc = read_list(t, a->id, &l);
	if (!rc)
		rc = put_in(t, &l, a, ret_version, ret_new);
	list_done(&l);
	return rc;
}

int wf_txn_drop_action(struct wf_txn *t, const char *id, const char *version)
{
	struct list l;
	size_t dropped = 0;
	int rc = read_list(t, id, &l);
	for (size_t i = 0; !rc && i < l.count; i++) {
		uint8_t key[WF_DEFINITION_KEY];
		if (version && strcmp(version, l.items[i].a.version) != 0)
			continue;
		wf_action_row_key(&t->journal->seal, id, l.items[i].seq, key);
		rc = wf_txn_del(t, WF_TABLE_META, key, sizeof(key));
		dropped++;
	}
	list_done(&l);
	if (!rc && !dropped)
		rc = wf_fail(t->cause, WF_ENOENT, version ? "action %.100s has no version %.60s"
							   : "no action %.100s is registered",
			id, version);
	return rc;
}

/* Plans under their ids, and the definitions that are registered: workflow and version -> plan. */
#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "journal/private.h"
#include "state/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- plans -- */

static void plan_key(const uint8_t id[WF_HASH_SIZE], uint8_t ret[1 + WF_HASH_SIZE])
{
	ret[0] = WF_META_PLAN;
	memcpy(ret + 1, id, WF_HASH_SIZE);
}

int wf_txn_put_plan(struct wf_txn *t, const uint8_t id[WF_HASH_SIZE], const void *bytes, size_t n)
{
	if (t->err)
		return t->err;
	if (n > WF_MAX_PLAN_BYTES)
		return wf_txn_fail(t, wf_fail(t->cause, WF_ELIMIT,
			"the plan has more than %u bytes", WF_MAX_PLAN_BYTES));
	uint8_t key[1 + WF_HASH_SIZE];
	plan_key(id, key);
	const uint8_t *there;
	size_t there_n;
	int rc = wf_store_get(t->store, WF_TABLE_META, key, sizeof(key), &there, &there_n, t->cause);
	if (rc != WF_ENOENT)
		return wf_txn_moved(t, rc);
	t->took_in = true;
	return wf_txn_put(t, WF_TABLE_META, key, sizeof(key), bytes, n);
}

int wf_txn_get_plan(struct wf_txn *t, const uint8_t id[WF_HASH_SIZE], struct wf_buf *out)
{
	uint8_t key[1 + WF_HASH_SIZE];
	plan_key(id, key);
	int rc = wf_txn_get(t, WF_TABLE_META, key, sizeof(key), out);
	if (rc == WF_ENOENT) {
		char hex[2 * WF_HASH_SIZE + 1];
		wf_hex(id, WF_HASH_SIZE, hex);
		(void)wf_fail(t->cause, rc, "the journal has no plan %s", hex);
	}
	return rc;
}

/* -- the rows of definitions -- */

enum { DF_ENABLED = 1, DF_BY = 2, DF_TRIGGERS = 4, DF_ALL = 7 };

void wf_definition_done(struct wf_definition *d)
{
	wf_free(d->workflow);
	wf_free(d->version);
	wf_free(d->registered_by);
	json_decref(d->triggers);
	*d = (struct wf_definition){0};
}

void wf_definition_put(const struct wf_definition *d, struct wf_buf *out)
{
	unsigned mask = (d->enabled ? DF_ENABLED : 0u) | (d->registered_by ? DF_BY : 0u) |
		(d->triggers ? DF_TRIGGERS : 0u);
	wf_put_u8(out, (uint8_t)mask);
	wf_buf_add(out, d->plan_id, sizeof(d->plan_id));
	wf_put_u64(out, (uint64_t)d->registered_at);
	wf_put_string(out, d->workflow);
	wf_put_string(out, d->version);
	if (d->registered_by)
		wf_put_string(out, d->registered_by);
	if (d->triggers)
		wf_put_json(out, d->triggers);
}

int wf_definition_get(const void *bytes, size_t n, struct wf_definition *ret)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_definition d = {0};
	unsigned mask = wf_get_u8(&r);
	const uint8_t *plan = wf_get_raw(&r, sizeof(d.plan_id));
	d.registered_at = (int64_t)wf_get_u64(&r);
	d.workflow = wf_get_string(&r);
	d.version = wf_get_string(&r);
	d.registered_by = mask & DF_BY ? wf_get_string(&r) : NULL;
	d.triggers = mask & DF_TRIGGERS ? wf_get_json(&r) : NULL;
	d.enabled = mask & DF_ENABLED;
	if (r.bad || r.off != r.len || mask > DF_ALL || !plan) {
		wf_definition_done(&d);
		return WF_ECORRUPT;
	}
	memcpy(d.plan_id, plan, sizeof(d.plan_id));
	*ret = d;
	return 0;
}

static struct wf_definition copy(const struct wf_definition *d)
{
	struct wf_definition c = *d;
	c.workflow = wf_strdup(d->workflow);
	c.version = wf_strdup(d->version);
	c.registered_by = d->registered_by ? wf_strdup(d->registered_by) : NULL;
	c.triggers = json_incref(d->triggers);
	return c;
}

/* -- reading them -- */

struct entry {
	struct wf_definition d;
	uint64_t seq;
};
struct list {
	struct entry *items;
	size_t count, room;
};

static void list_done(struct list *l)
{
	for (size_t i = 0; i < l->count; i++)
		wf_definition_done(&l->items[i].d);
	wf_free(l->items);
}

void wf_definition_key(const struct wf_seal *s, const char *workflow, uint64_t seq,
	uint8_t ret[WF_DEFINITION_KEY])
{
	ret[0] = WF_META_DEFINITION;
	wf_seal_hash(s, WF_META_DEFINITION, workflow, ret + 1, 16);
	wf_be64_put(ret + 17, seq);
}

static int by_workflow(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int d = strcmp(x->d.workflow, y->d.workflow);
	return d ? d : x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* All definitions, or those of one workflow, by workflow and then by registration. */
static int read_list(struct wf_txn *t, const char *workflow, struct list *ret)
{
	if (t->err)
		return t->err;
	uint8_t key[WF_DEFINITION_KEY] = {WF_META_DEFINITION};
	size_t prefix = workflow ? 17 : 1;
	if (workflow)
		wf_definition_key(&t->journal->seal, workflow, 0, key);
	struct wf_cursor c;
	int rc = wf_cursor_open(t->store, WF_TABLE_META, &c, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	WF_AUTOBUF struct wf_buf plain = {0};
	rc = wf_txn_moved(t, wf_cursor_seek(&c, key, prefix, t->cause));
	while (!rc && c.key_n >= prefix && memcmp(c.key, key, prefix) == 0) {
		struct entry e = {0};
		wf_buf_reset(&plain);
		rc = wf_txn_open_at(t, &c, &plain);
		if (!rc && (c.key_n != WF_DEFINITION_KEY ||
			wf_definition_get(plain.data, plain.len, &e.d)))
			rc = wf_txn_corrupt(t, c.table, c.key, c.key_n,
				"the definition cannot be read");
		if (rc)
			break;
		e.seq = wf_be64_at(c.key + 17);
		if (workflow && strcmp(e.d.workflow, workflow) != 0) {
			wf_definition_done(&e.d);
		} else {
			WF_GROW(ret->items, ret->count, ret->room);
			ret->items[ret->count++] = e;
		}
		rc = wf_txn_moved(t, wf_cursor_next(&c, t->cause));
	}
	wf_cursor_close(&c);
	if (rc && rc != WF_ENOENT)
		return rc;
	if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_workflow);
	return 0;
}

/* Of those that are there of one workflow, from `first` on; the list is sorted by workflow. */
static size_t end_of_workflow(const struct list *l, size_t first)
{
	size_t i = first;
	while (i < l->count && strcmp(l->items[i].d.workflow, l->items[first].d.workflow) == 0)
		i++;
	return i;
}

static struct entry *newest(const struct list *l, bool enabled_only)
{
	for (size_t i = l->count; i-- > 0;)
		if (l->items[i].d.enabled || !enabled_only)
			return &l->items[i];
	return NULL;
}

static struct entry *of_version(const struct list *l, const char *version)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->items[i].d.version, version) == 0)
			return &l->items[i];
	return NULL;
}

int wf_txn_get_definition(struct wf_txn *t, const char *workflow, const char *version,
	struct wf_definition *ret)
{
	struct list l = {0};
	int rc = read_list(t, workflow, &l);
	const struct entry *e = NULL;
	if (!rc)
		e = version ? of_version(&l, version) : newest(&l, true);
	if (e)
		*ret = copy(&e->d);
	else if (!rc)
		rc = wf_fail(t->cause, WF_ENOENT, version ?
			"workflow %.100s has no version %.60s" : l.count ?
			"every version of workflow %.100s is disabled" :
			"no workflow %.100s is registered", workflow, version);
	list_done(&l);
	return rc;
}

int wf_txn_each_definition(struct wf_txn *t, bool (*fn)(void *, const struct wf_definition *),
	void *arg)
{
	struct list l = {0};
	int rc = read_list(t, NULL, &l);
	for (size_t i = 0; !rc && i < l.count; i++)
		if (!fn(arg, &l.items[i].d))
			break;
	list_done(&l);
	return rc;
}

int wf_txn_each_newest(struct wf_txn *t, bool (*fn)(void *, const struct wf_definition *), void *arg)
{
	struct list l = {0};
	int rc = read_list(t, NULL, &l);
	for (size_t i = 0, end; !rc && i < l.count; i = end) {
		end = end_of_workflow(&l, i);
		const struct list one = {.items = l.items + i, .count = end - i};
		const struct entry *e = newest(&one, true);
		if (e && !fn(arg, &e->d))
			break;
	}
	list_done(&l);
	return rc;
}

/* -- writing them -- */

static int put(struct wf_txn *t, const struct wf_definition *d, uint64_t seq)
{
	uint8_t key[WF_DEFINITION_KEY];
	wf_definition_key(&t->journal->seal, d->workflow, seq, key);
	WF_AUTOBUF struct wf_buf row = {0};
	wf_definition_put(d, &row);
	return wf_txn_put(t, WF_TABLE_META, key, sizeof(key), row.data, row.len);
}

/* One more than the highest version that is a plain number. */
static char *next_version(const struct list *l)
{
	uint64_t highest = 0;
	for (size_t i = 0; i < l->count; i++) {
		const char *v = l->items[i].d.version;
		size_t n = strlen(v);
		if (n > 18 || strspn(v, "0123456789") != n)
			continue;
		uint64_t number = strtoull(v, NULL, 10);
		highest = number > highest ? number : highest;
	}
	return wf_asprintf("%llu", (unsigned long long)highest + 1);
}

static bool same_plan(const struct entry *e, const struct wf_definition *d)
{
	return memcmp(e->d.plan_id, d->plan_id, sizeof(d->plan_id)) == 0;
}

/* The same plan has the same triggers, but one that version 1 of the format registered has not kept them. */
static int keep_triggers(struct wf_txn *t, struct entry *e, const struct wf_definition *d)
{
	if (e->d.triggers || !d->triggers)
		return 0;
	e->d.triggers = json_incref(d->triggers);
	return put(t, &e->d, e->seq);
}

static int register_in(struct wf_txn *t, const struct list *l, const struct wf_definition *d,
	char **ret_version, bool *ret_new)
{
	const struct entry *last = newest(l, false);
	struct entry *there = d->version ? of_version(l, d->version) : newest(l, false);
	if (there && same_plan(there, d)) {
		int rc = keep_triggers(t, there, d);
		if (rc)
			return rc;
		*ret_version = wf_strdup(there->d.version);
		*ret_new = false;
		return 0;
	}
	if (there && d->version) {
		(void)wf_fail(t->cause, WF_EEXIST, "workflow %.100s has another definition under "
			"version %.60s already", d->workflow, d->version);
		wf_fail_hint(t->cause, "a registered version never changes: give this one another "
			"version");
		return WF_EEXIST;
	}
	struct wf_definition full = *d;
	full.version = d->version ? wf_strdup(d->version) : next_version(l);
	t->took_in = true;
	int rc = put(t, &full, last ? last->seq + 1 : 0);
	if (rc) {
		wf_free(full.version);
		return rc;
	}
	*ret_version = full.version;
	*ret_new = true;
	return 0;
}

int wf_txn_register(struct wf_txn *t, const struct wf_definition *d, char **ret_version,
	bool *ret_new)
{
	struct list l = {0};
	int rc = read_list(t, d->workflow, &l);
	if (!rc)
		rc = register_in(t, &l, d, ret_version, ret_new);
	list_done(&l);
	return rc;
}

int wf_txn_enable_definition(struct wf_txn *t, const char *workflow, const char *version,
	bool enabled)
{
	struct list l = {0};
	int rc = read_list(t, workflow, &l);
	struct entry *e = rc ? NULL : of_version(&l, version);
	if (!rc && !e)
		rc = wf_fail(t->cause, WF_ENOENT, "workflow %.100s has no version %.60s", workflow,
			version);
	if (e && e->d.enabled != enabled) {
		e->d.enabled = enabled;
		rc = put(t, &e->d, e->seq);
	}
	list_done(&l);
	return rc;
}

int wf_txn_drop_definition(struct wf_txn *t, const char *workflow, const char *version)
{
	struct list l = {0};
	uint8_t key[WF_DEFINITION_KEY];
	int rc = read_list(t, workflow, &l);
	if (!rc && (version ? !of_version(&l, version) : !l.count))
		rc = wf_fail(t->cause, WF_ENOENT, version ? "workflow %.100s has no version %.60s" :
			"no workflow %.100s is registered", workflow, version);
	for (size_t i = 0; !rc && i < l.count; i++) {
		if (version && strcmp(l.items[i].d.version, version) != 0)
			continue;
		wf_definition_key(&t->journal->seal, workflow, l.items[i].seq, key);
		rc = wf_txn_del(t, WF_TABLE_META, key, sizeof(key));
	}
	list_done(&l);
	return rc;
}

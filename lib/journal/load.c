/* Reading instances: one by number, by name, and its history. */
#include "base/mem.h"
#include "journal/private.h"
#include "plan/plan.h"

#include <inttypes.h>
#include <string.h>

/* -- one instance -- */

static int decode_var(struct wf_instance *in, uint32_t sub, const struct wf_buf *row)
{
	if (sub != in->var_count)
		return WF_ECORRUPT;
	WF_GROW(in->vars, in->var_count, in->var_room);
	in->vars[sub] = (struct wf_var){0};
	int rc = wf_row_get_var(row->data, row->len, &in->vars[sub]);
	if (!rc)
		in->var_count++;
	return rc;
}

int wf_row_decode(struct wf_instance *in, const struct wf_row_name *name, const struct wf_buf *row)
{
	switch (name->kind) {
	case WF_ROW_IDENTITY:
		return wf_row_get_identity(row->data, row->len, in);
	case WF_ROW_INPUT:
		return wf_row_get_input(row->data, row->len, in);
	case WF_ROW_HEADER:
		return wf_row_get_header(row->data, row->len, in);
	case WF_ROW_STEP:
		if (name->sub >= in->step_count)
			return WF_ECORRUPT;
		return wf_row_get_step(row->data, row->len, &in->steps[name->sub]);
	case WF_ROW_VAR:
		return decode_var(in, name->sub, row);
	case WF_ROW_THREAD:
		if (!name->sub || name->sub >= in->thread_count)
			return WF_ECORRUPT;
		return wf_row_get_thread(row->data, row->len, &in->threads[name->sub]);
	case WF_ROW_GROUP:
		if (name->sub >= in->group_count)
			return WF_ECORRUPT;
		return wf_row_get_group(row->data, row->len, &in->groups[name->sub]);
	case WF_ROW_ITEM:
		return wf_row_get_item(row->data, row->len, name->sub, in);
	case WF_ROW_UNDO:
		if (name->sub >= in->undo_count)
			return WF_ECORRUPT;
		return wf_row_get_undo(row->data, row->len, &in->undo[name->sub]);
	case WF_ROW_HISTORY:
	case WF_ROW_SIGNAL:
	case WF_ROW_SIGNAL_TAKEN:
	case WF_ROW_TAKEN:
	case WF_ROW_PRUNED:
	case WF_ROW_KIND_COUNT_:
		break;
	}
	return WF_ECORRUPT;
}

/* What the indexes hold of an instance that was just loaded. */
static void remember(const struct wf_seal *seal, struct wf_instance *in, bool whole)
{
	in->dirty = in->fresh = false;
	in->partial = !whole;
	in->stored = (struct wf_instance_indexed){.status = in->status, .due = wf_instance_due(in),
		.timeout = in->timeout_at, .expires = in->expires_at, .history = in->history};
	for (uint32_t i = 0; whole && i < in->step_count; i++) {
		struct wf_step_state *s = &in->steps[i];
		s->stored.due = s->due_at;
		if (s->approval) {
			s->approval->stored = true;
			s->stored.approval = s->approval->number;
			s->stored.open = wf_approval_is_open(in, s);
			s->stored.deadline = wf_approval_deadline(in, s);
		}
		s->stored.waiter = wf_step_waiter(seal, in, s);
		s->stored.held = wf_step_held_back(in, s);
		in->stored.held += s->stored.held;
		s->pending = s->stored;
	}
	in->pending = in->stored;
}

/* The rows of the threads behind the first, as many as the header says. */
static int read_threads(struct wf_txn *t, struct wf_cursor *c, struct wf_instance *in)
{
	struct wf_buf *plain = &t->journal->plain;
	uint8_t key[WF_ROW_KEY];
	for (uint32_t i = 1; i < in->thread_count; i++) {
		const struct wf_row_name name = {in->number, WF_ROW_THREAD, i};
		wf_row_key(in->number, WF_ROW_THREAD, i, key);
		int rc = i == 1 ? wf_cursor_seek(c, key, sizeof(key), t->cause) :
			wf_cursor_next(c, t->cause);
		if (rc && rc != WF_ENOENT)
			return wf_txn_fail(t, rc);
		if (rc || c->key_n != sizeof(key) || memcmp(c->key, key, sizeof(key)) != 0)
			return wf_txn_corrupt(t, WF_TABLE_INSTANCES, key, sizeof(key),
				"the thread is missing");
		wf_buf_reset(plain);
		rc = wf_txn_open_at(t, c, plain);
		if (!rc && wf_row_decode(in, &name, plain))
			rc = wf_txn_corrupt(t, c->table, c->key, c->key_n, "the row cannot be read");
		if (rc)
			return rc;
	}
	return 0;
}

/* From the identity, where the cursor stands, to the last row that is wanted. */
static int read_rows(struct wf_txn *t, struct wf_cursor *c, enum wf_load what,
	struct wf_instance *in)
{
	unsigned seen = 0;
	struct wf_buf *plain = &t->journal->plain;
	enum wf_row_kind last = what == WF_LOAD_ALL ? WF_ROW_VAR : WF_ROW_HEADER;
	int rc = 0;
	while (!rc) {
		struct wf_row_name name;
		if (!wf_row_key_parse(c->key, c->key_n, &name))
			return wf_txn_corrupt(t, c->table, c->key, c->key_n, "no row has this key");
		if (name.number != in->number || name.kind > last)
			break;
		if (what == WF_LOAD_ALL || name.kind != WF_ROW_INPUT) {
			wf_buf_reset(plain);
			rc = wf_txn_open_at(t, c, plain);
			if (!rc && wf_row_decode(in, &name, plain))
				rc = wf_txn_corrupt(t, c->table, c->key, c->key_n,
					"the row cannot be read");
		}
		seen |= 1u << name.kind;
		if (!rc && what == WF_LOAD_HEADER && name.kind == WF_ROW_HEADER)
			break;
		if (!rc)
			rc = wf_txn_moved(t, wf_cursor_next(c, t->cause));
	}
	/* Were the key that the rows end at a damaged one of theirs, the keys behind it would not rise. */
	if (!rc && what == WF_LOAD_ALL)
		rc = wf_txn_moved(t, wf_cursor_next(c, t->cause));
	if (rc && rc != WF_ENOENT)
		return rc;
	unsigned needed = 1u << WF_ROW_IDENTITY | 1u << WF_ROW_INPUT | 1u << WF_ROW_HEADER;
	if ((seen & needed) != needed)
		return wf_txn_corrupt(t, c->table, c->key, c->key_n, "a row before it is missing");
	return 0;
}

int wf_txn_load_at(struct wf_txn *t, struct wf_cursor *c, uint64_t number, enum wf_load what,
	struct wf_instance **ret)
{
	uint8_t key[WF_ROW_KEY];
	wf_row_key(number, WF_ROW_IDENTITY, 0, key);
	int rc = wf_txn_moved(t, wf_cursor_seek(c, key, sizeof(key), t->cause));
	if (rc)
		return rc;
	if (c->key_n != sizeof(key) || memcmp(c->key, key, sizeof(key)) != 0)
		return WF_ENOENT;
	struct wf_instance *in = wf_instance_new(0);
	in->number = number;
	rc = read_rows(t, c, what, in);
	if (!rc && what == WF_LOAD_ALL && in->thread_count > 1)
		rc = read_threads(t, c, in);
	if (!rc && what == WF_LOAD_ALL)
		rc = wf_txn_load_parts(t, c, in);
	if (rc) {
		wf_instance_free(in);
		return rc;
	}
	remember(&t->journal->seal, in, what == WF_LOAD_ALL);
	*ret = in;
	return 0;
}

int wf_txn_get_instance(struct wf_txn *t, uint64_t number, enum wf_load what,
	struct wf_instance **ret)
{
	if (t->err)
		return t->err;
	struct wf_cursor c;
	int rc = wf_cursor_open(t->store, WF_TABLE_INSTANCES, &c, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	rc = wf_txn_load_at(t, &c, number, what, ret);
	wf_cursor_close(&c);
	if (rc == WF_ENOENT) {
		/* What is beside its place may be its own rows with other keys. */
		uint8_t key[WF_ROW_KEY];
		wf_row_key(number, WF_ROW_IDENTITY, 0, key);
		rc = wf_txn_prove_missing(t, WF_TABLE_INSTANCES, key, sizeof(key));
	}
	if (rc == WF_ENOENT)
		(void)wf_fail(t->cause, rc, "there is no instance #%llu",
			(unsigned long long)number);
	return rc;
}

int wf_txn_history_count(struct wf_txn *t, uint64_t number, uint64_t *ret)
{
	WF_AUTOBUF struct wf_buf row = {0};
	uint8_t key[WF_ROW_KEY];
	wf_row_key(number, WF_ROW_HEADER, 0, key);
	int rc = wf_txn_get(t, WF_TABLE_INSTANCES, key, sizeof(key), &row);
	if (rc == WF_ENOENT)
		rc = wf_txn_instance_exists(t, number);
	if (rc)
		return rc;
	struct wf_instance *in = wf_instance_new(0);
	if (wf_row_get_header(row.data, row.len, in))
		rc = wf_txn_corrupt(t, WF_TABLE_INSTANCES, key, sizeof(key), "the row cannot be read");
	else
		*ret = in->history;
	wf_instance_free(in);
	return rc;
}

/* By its header row, which is small where the identity need not be. */
int wf_txn_instance_exists(struct wf_txn *t, uint64_t number)
{
	if (t->err)
		return t->err;
	uint8_t key[WF_ROW_KEY];
	const uint8_t *value;
	size_t n;
	wf_row_key(number, WF_ROW_HEADER, 0, key);
	int rc = wf_txn_moved(t, wf_store_get(t->store, WF_TABLE_INSTANCES, key, sizeof(key), &value,
		&n, t->cause));
	if (rc != WF_ENOENT)
		return rc;
	/* Says so, unless what stands beside its place is damaged. */
	struct wf_instance *in;
	rc = wf_txn_get_instance(t, number, WF_LOAD_HEADER, &in);
	if (rc)
		return rc;
	wf_instance_free(in);
	return wf_txn_corrupt(t, WF_TABLE_INSTANCES, key, sizeof(key), "the row is missing");
}

/* -- by name -- */

static bool parse_number(const char *s, uint64_t *ret)
{
	uint64_t v = 0;
	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10u, &v) ||
			__builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return false;
	}
	*ret = v;
	return true;
}

/* The digits of a UUID or of its beginning, hyphens left out; how many, or -1. */
static int parse_prefix(const char *s, uint8_t nibbles[32])
{
	int n = 0;
	for (; *s; s++) {
		if (*s == '-')
			continue;
		static const char digits[] = "0123456789abcdef";
		char lower = (char)(*s >= 'A' && *s <= 'F' ? *s - 'A' + 'a' : *s);
		const char *d = strchr(digits, lower);
		if (!d || n == 32)
			return -1;
		nibbles[n++] = (uint8_t)(d - digits);
	}
	return n;
}

static bool starts_with(const uint8_t uuid[16], const uint8_t *nibbles, int n)
{
	for (int i = 0; i < n; i++)
		if ((i % 2 ? uuid[i / 2] & 15 : uuid[i / 2] >> 4) != nibbles[i])
			return false;
	return true;
}

/* An index is not sealed: the instance itself must say that it is the one. */
static int is_of_uuid(struct wf_txn *t, uint64_t number, const uint8_t nibbles[32], int n)
{
	struct wf_instance *in;
	int rc = wf_txn_get_instance(t, number, WF_LOAD_HEADER, &in);
	if (rc && rc != WF_ENOENT)
		return rc;
	bool same = !rc && starts_with(in->uuid.bytes, nibbles, n);
	if (!rc)
		wf_instance_free(in);
	struct wf_index_key k = wf_index_uuid(&(struct wf_uuid){{0}}, number);
	return same ? 0 : wf_txn_corrupt(t, WF_TABLE_INDEX, k.bytes, k.n,
		"an id leads to an instance that has another");
}

/* WF_EAMBIGUOUS: ret has the first two. */
static int find_uuid(struct wf_txn *t, const uint8_t nibbles[32], int n, uint64_t ret[2])
{
	struct wf_uuid low = {{0}};
	for (int i = 0; i < n; i++)
		low.bytes[i / 2] |= (uint8_t)(nibbles[i] << (i % 2 ? 0 : 4));
	struct wf_index_key k = wf_index_uuid(&low, 0);
	struct wf_cursor c;
	int rc = wf_cursor_open(t->store, WF_TABLE_INDEX, &c, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	unsigned matches = 0;
	rc = wf_cursor_seek_before(&c, k.bytes, k.n, t->cause);
	if (!rc)
		rc = wf_txn_prove_entry(t, &c);
	if (!rc || rc == WF_ENOENT)
		rc = wf_cursor_seek(&c, k.bytes, k.n, t->cause);
	while (!rc && c.key[0] == WF_INDEX_UUID && c.key_n == k.n &&
		starts_with(c.key + 1, nibbles, n) && matches < 2) {
		ret[matches++] = wf_be64_at(c.key + 17);
		rc = wf_cursor_next(&c, t->cause);
	}
	if (!rc)
		rc = wf_txn_prove_entry(t, &c);
	wf_cursor_close(&c);
	if (rc && rc != WF_ENOENT)
		return wf_txn_fail(t, rc);
	if (matches == 0)
		return WF_ENOENT;
	if (matches > 1)
		return WF_EAMBIGUOUS;
	return is_of_uuid(t, ret[0], nibbles, n);
}

int wf_txn_find_instance(struct wf_txn *t, const char *name, uint64_t *ret)
{
	if (t->err)
		return t->err;
	uint64_t number, found[2] = { 0 };
	uint8_t nibbles[32];
	bool hash = name[0] == '#';
	int rc = WF_ENOENT;
	if (parse_number(name + hash, &number) && number) {
		struct wf_instance *in;
		rc = wf_txn_get_instance(t, number, WF_LOAD_HEADER, &in);
		if (!rc) {
			wf_instance_free(in);
			*ret = number;
		}
	}
	int digits = hash ? -1 : parse_prefix(name, nibbles);
	if (rc == WF_ENOENT && digits >= 4)
		rc = find_uuid(t, nibbles, digits, found);
	if (!rc && found[0])
		*ret = found[0];
	if (rc == WF_EAMBIGUOUS) {
		(void)wf_fail(t->cause, rc, "%.40s begins the ids of several instances: #%" PRIu64 ", #%"
			PRIu64, name, found[0], found[1]);
		wf_fail_hint(t->cause, "give more digits, or the number");
	} else if (rc == WF_ENOENT) {
		(void)wf_fail(t->cause, rc, "there is no instance %.60s", name);
		wf_fail_hint(t->cause, "wfctl ps lists them");
	}
	return rc;
}

/* -- history -- */

/* That the header knows of no record from there on. What a transaction has appended it may not have
 * written yet. */
static int no_more_history(struct wf_txn *t, uint64_t number, uint64_t from)
{
	struct wf_instance *in;
	if (t->write)
		return 0;
	int rc = wf_txn_get_instance(t, number, WF_LOAD_HEADER, &in);
	if (rc)
		return rc == WF_ENOENT ? 0 : rc;
	bool missing = in->history > from;
	wf_instance_free(in);
	uint8_t key[WF_ROW_KEY];
	wf_row_key(number, WF_ROW_HISTORY, (uint32_t)from, key);
	return missing ? wf_txn_corrupt(t, WF_TABLE_INSTANCES, key, sizeof(key),
		"the record is missing") : 0;
}

int wf_txn_each_history(struct wf_txn *t, uint64_t number, uint64_t first,
	bool (*fn)(void *, uint64_t seq, const void *bytes, size_t n), void *arg)
{
	if (t->err)
		return t->err;
	uint64_t pruned = 0;
	if (first > WF_MAX_HISTORY || wf_txn_pruned(t, number, &pruned, NULL))
		return t->err;
	first = first < pruned ? pruned : first;
	uint8_t key[WF_ROW_KEY];
	wf_row_key(number, WF_ROW_HISTORY, (uint32_t)first, key);
	struct wf_cursor c;
	int rc = wf_cursor_open(t->store, WF_TABLE_INSTANCES, &c, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	WF_AUTOBUF struct wf_buf plain = {0};
	bool stopped = false;
	rc = wf_txn_moved(t, wf_cursor_seek(&c, key, sizeof(key), t->cause));
	while (!rc && !stopped) {
		struct wf_row_name name;
		if (!wf_row_key_parse(c.key, c.key_n, &name) || name.number != number ||
			name.kind != WF_ROW_HISTORY)
			break;
		if (name.sub != first++)
			rc = wf_txn_corrupt(t, c.table, c.key, c.key_n, "a record before it is missing");
		wf_buf_reset(&plain);
		rc = rc ? rc : wf_txn_open_at(t, &c, &plain);
		stopped = !rc && !fn(arg, name.sub, plain.data, plain.len);
		if (!rc && !stopped)
			rc = wf_txn_moved(t, wf_cursor_next(&c, t->cause));
	}
	wf_cursor_close(&c);
	if (rc && rc != WF_ENOENT)
		return rc;
	return stopped ? 0 : no_more_history(t, number, first);
}

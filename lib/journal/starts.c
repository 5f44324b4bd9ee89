/* Idempotent starts, and slots: who holds one, who stands in its queue. */
#include "base/mem.h"
#include "journal/private.h"

#include <string.h>

/* Keys of entries that end with the number of what they name, behind a hash of 16 bytes. */
#define HASHED (1 + 16)

/* -- starts -- */

static bool take_number(void *arg, const uint8_t *key)
{
	*(uint64_t *)arg = wf_be64_at(key + HASHED);
	return false;
}

int wf_txn_find_start(struct wf_txn *t, const char *workflow, const char *key, uint64_t *ret_number)
{
	uint64_t number = 0;
	struct wf_index_key from = wf_index_start(&t->journal->seal, workflow, key, 0);
	int rc = wf_txn_each_key(t, &from, HASHED, true, take_number, &number);
	if (!rc && !number)
		return WF_ENOENT;
	if (!rc)
		*ret_number = number;
	return rc;
}

/* -- how many there are, a row a slot -- */

void wf_slot_put(const struct wf_slot *s, struct wf_buf *out)
{
	wf_put_varint(out, s->held);
	wf_put_varint(out, s->queued);
	wf_put_string(out, s->name);
	if (s->queued && s->most != WF_SLOT_UNKNOWN)
		wf_put_varint(out, s->most);
}

int wf_slot_get(const void *bytes, size_t n, struct wf_slot *ret)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_slot s = {0};
	s.held = wf_get_varint(&r);
	s.queued = wf_get_varint(&r);
	s.name = wf_get_string(&r);
	bool known = r.off < r.len;
	s.most = known ? wf_get_varint(&r) : s.queued ? WF_SLOT_UNKNOWN : 0;
	if (r.bad || r.off != r.len || (!s.held && !s.queued) ||
		(known && (!s.queued || !s.most || s.most == WF_SLOT_UNKNOWN))) {
		wf_free(s.name);
		return WF_ECORRUPT;
	}
	*ret = s;
	return 0;
}

/* Zeros and no name when nobody has a place in it. */
static int load_slot(struct wf_txn *t, const struct wf_index_key *key, struct wf_slot *ret)
{
	WF_AUTOBUF struct wf_buf row = {0};
	*ret = (struct wf_slot){0};
	int rc = wf_txn_get_proved(t, WF_TABLE_INSTANCES, key->bytes, key->n, &row);
	if (rc == WF_ENOENT)
		return 0;
	if (!rc && wf_slot_get(row.data, row.len, ret))
		rc = wf_txn_corrupt(t, WF_TABLE_INSTANCES, key->bytes, key->n,
			"the slot cannot be read");
	return rc;
}

static void store_slot(struct wf_txn *t, const struct wf_index_key *key, const struct wf_slot *s)
{
	if (!s->held && !s->queued) {
		(void)wf_txn_del(t, WF_TABLE_INSTANCES, key->bytes, key->n);
		return;
	}
	WF_AUTOBUF struct wf_buf row = {0};
	wf_slot_put(s, &row);
	(void)wf_txn_put_own(t, key, &row);
}

/* -- places -- */

/* The index that an instance of that status is in; 0: none. */
static unsigned place_of(int status)
{
	if (status < 0 || wf_instance_status_final((enum wf_instance_status)status))
		return 0;
	return status == WF_INST_QUEUED ? WF_INDEX_SLOT_QUEUED : WF_INDEX_SLOT_HELD;
}

static int count_place(struct wf_slot *s, unsigned place, bool in)
{
	uint64_t *count = place == WF_INDEX_SLOT_HELD ? &s->held : &s->queued;
	if (!place)
		return 0;
	if (!in && !*count)
		return WF_ECORRUPT;
	*count += in ? 1 : UINT64_MAX;
	return 0;
}

/* The greatest limit of a queue, once one with that limit has come or another has gone. */
static void note_limit(struct wf_slot *s, unsigned to, uint64_t limit)
{
	if (to == WF_INDEX_SLOT_QUEUED && s->most < limit)
		s->most = limit;
	if (!s->queued)
		s->most = 0;
}

static void move_in_slot(struct wf_txn *t, uint64_t number, const char *name, uint64_t limit,
	unsigned from, unsigned to)
{
	const struct wf_seal *seal = &t->journal->seal;
	struct wf_index_key key = wf_slot_key(seal, name), k;
	struct wf_slot s;
	if (load_slot(t, &key, &s))
		return;
	if (count_place(&s, from, false) || count_place(&s, to, true)) {
		(void)wf_txn_corrupt(t, WF_TABLE_INSTANCES, key.bytes, key.n,
			"the slot counts fewer places than are taken");
	} else {
		if (from) {
			k = wf_index_named(seal, (enum wf_index_kind)from, name, number);
			(void)wf_txn_del_key(t, k.bytes, k.n);
		}
		if (to) {
			k = wf_index_named(seal, (enum wf_index_kind)to, name, number);
			(void)wf_txn_add_key(t, k.bytes, k.n);
		}
		if (!s.name)
			s.name = wf_strdup(name);
		note_limit(&s, to, limit);
		store_slot(t, &key, &s);
	}
	wf_free(s.name);
}

void wf_slots_move(struct wf_txn *t, const struct wf_instance *in, int from, int to)
{
	unsigned before = place_of(from), after = place_of(to);
	if (before == after)
		return;
	for (size_t i = 0; i < json_array_size(in->slots) && !t->err; i++) {
		const char *name = wf_slot_name(in->slots, i);
		if (name)
			move_in_slot(t, in->number, name, wf_slot_limit(in->slots, name), before,
				after);
	}
}

/* -- asking -- */

/* The row of the slot, without its name. */
static int look_at_slot(struct wf_txn *t, const char *slot, struct wf_slot *ret)
{
	struct wf_index_key key = wf_slot_key(&t->journal->seal, slot);
	struct wf_slot s;
	int rc = load_slot(t, &key, &s);
	if (rc)
		return rc;
	wf_free(s.name);
	s.name = NULL;
	*ret = s;
	return 0;
}

int wf_txn_count_held(struct wf_txn *t, const char *slot, uint64_t stop_at, uint64_t *ret)
{
	struct wf_slot s;
	int rc = look_at_slot(t, slot, &s);
	if (!rc)
		*ret = stop_at && s.held > stop_at ? stop_at : s.held;
	return rc;
}

int wf_txn_count_queued(struct wf_txn *t, const char *slot, uint64_t *ret)
{
	struct wf_slot s;
	int rc = look_at_slot(t, slot, &s);
	if (!rc)
		*ret = s.queued;
	return rc;
}

int wf_txn_slot_most(struct wf_txn *t, const char *slot, uint64_t *ret)
{
	struct wf_slot s;
	int rc = look_at_slot(t, slot, &s);
	if (!rc)
		*ret = s.most;
	return rc;
}

int wf_txn_slot_open(struct wf_txn *t, const char *slot, bool *ret)
{
	struct wf_slot s;
	int rc = look_at_slot(t, slot, &s);
	if (!rc)
		*ret = s.queued && s.held < s.most;
	return rc;
}

int wf_txn_set_slot_most(struct wf_txn *t, const char *slot, uint64_t most)
{
	struct wf_index_key key = wf_slot_key(&t->journal->seal, slot);
	struct wf_slot s;
	int rc = load_slot(t, &key, &s);
	if (rc)
		return rc;
	if (s.queued && s.most != most) {
		s.most = most;
		store_slot(t, &key, &s);
	}
	wf_free(s.name);
	return t->err;
}

struct numbers {
	bool (*fn)(void *, uint64_t);
	void *arg;
	uint64_t given;
	bool stopped;
};

static bool give_number(void *arg, const uint8_t *key)
{
	struct numbers *n = arg;
	n->given++;
	n->stopped = !n->fn(n->arg, wf_be64_at(key + wf_index_number_at(key[0])));
	return !n->stopped;
}

static int each_place(struct wf_txn *t, const char *slot, enum wf_index_kind place,
	bool (*fn)(void *, uint64_t), void *arg)
{
	struct numbers n = {.fn = fn, .arg = arg};
	struct wf_slot s;
	struct wf_index_key from = wf_index_named(&t->journal->seal, place, slot, 0);
	int rc = wf_txn_each_key(t, &from, HASHED, true, give_number, &n);
	/* fn may have moved some of them. */
	if (rc || n.stopped || t->write)
		return rc;
	rc = look_at_slot(t, slot, &s);
	if (!rc && n.given != (place == WF_INDEX_SLOT_HELD ? s.held : s.queued))
		rc = wf_txn_corrupt(t, WF_TABLE_INDEX, from.bytes, from.n,
			"from there on are not as many entries as were counted");
	return rc;
}

int wf_txn_each_held(struct wf_txn *t, const char *slot, bool (*fn)(void *, uint64_t), void *arg)
{
	return each_place(t, slot, WF_INDEX_SLOT_HELD, fn, arg);
}

int wf_txn_each_queued(struct wf_txn *t, const char *slot, bool (*fn)(void *, uint64_t), void *arg)
{
	return each_place(t, slot, WF_INDEX_SLOT_QUEUED, fn, arg);
}

struct first_key {
	uint8_t hash[16];
	uint64_t number;
};

static bool keep_first(void *arg, const uint8_t *key)
{
	struct first_key *f = arg;
	memcpy(f->hash, key + 1, sizeof(f->hash));
	f->number = wf_be64_at(key + HASHED);
	return false;
}

/* The next hash in order; false: it was the last of all. */
static bool next_hash(uint8_t hash[16])
{
	for (size_t i = 16; i-- > 0;)
		if (++hash[i])
			return true;
	return false;
}

/* The name of the slot in whose queue that is the first; the instance knows it. */
static int name_of_queue(struct wf_txn *t, const struct first_key *f, char **ret)
{
	struct wf_instance *in = NULL;
	int rc = wf_txn_get_instance(t, f->number, WF_LOAD_HEADER, &in);
	if (rc)
		return rc;
	for (size_t i = 0; !*ret && i < json_array_size(in->slots); i++) {
		const char *name = wf_slot_name(in->slots, i);
		struct wf_index_key k = wf_index_named(&t->journal->seal, WF_INDEX_SLOT_QUEUED,
			name ? name : "", 0);
		if (name && !memcmp(k.bytes + 1, f->hash, sizeof(f->hash)))
			*ret = wf_strdup(name);
	}
	wf_instance_free(in);
	return 0;
}

int wf_txn_each_queue(struct wf_txn *t, bool (*fn)(void *, const char *slot), void *arg)
{
	struct wf_index_key from = wf_index_named(&t->journal->seal, WF_INDEX_SLOT_QUEUED, "", 0);
	memset(from.bytes + 1, 0, 16);
	for (bool more = true; more;) {
		struct first_key f = {0};
		char *name = NULL;
		int rc = wf_txn_each_key(t, &from, 1, true, keep_first, &f);
		if (!rc && f.number)
			rc = name_of_queue(t, &f, &name);
		if (rc || !f.number)
			return rc;
		more = (!name || fn(arg, name)) && next_hash(f.hash);
		memcpy(from.bytes + 1, f.hash, sizeof(f.hash));
		wf_free(name);
	}
	return 0;
}

int wf_txn_each_queued_any(struct wf_txn *t, bool (*fn)(void *, uint64_t), void *arg)
{
	struct numbers n = {.fn = fn, .arg = arg};
	struct wf_index_key from = wf_index_status(WF_INST_QUEUED, 0);
	return wf_txn_each_key(t, &from, 2, true, give_number, &n);
}

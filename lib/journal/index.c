/*
 * Keys of rows and of index entries. Numbers are big-endian, so that the order of the bytes is the
 * order of the numbers; times have their sign bit turned.
 *
 *   1 status        u8 status | be64 number
 *   2 workflow      hash of its id, 8 bytes | be64 number
 *   3 correlation   hash of the id, 16 bytes | be64 number
 *   4 created       time | be64 number
 *   5 uuid          16 bytes | be64 number
 *   6 timer         time | be64 number                 one an instance: its earliest
 *   7 open approval be64 approval | be64 number | be32 step
 *   8 approval      be64 approval | be64 number | be32 step
 *   9 start key     hash of workflow and key, 16 bytes | be64 number
 *  10 slot, held    hash of its name, 16 bytes | be64 number
 *  11 slot, queue   hash of its name, 16 bytes | be64 number
 *  12 signal's id   hash, 16 bytes | be64 number | be32 sequence
 *  13 waiter        u8 letter | hash of the name, 7 bytes | be64 number | be32 step
 *  14 held back     be64 number
 *  15 event, to be dispatched    be64 event
 *  16 event's name  hash, 16 bytes | be64 event
 *  17 event's id    hash, 16 bytes | be64 event
 *  18 schedule due  time | be64 schedule
 *  19 schedule      hash of its name, 16 bytes | be64 schedule
 *  20 expiry        time | be64 number                 of who ended: when its history is to go
 *  21 deadline      time | be64 approval | be64 number | be32 step   of open approvals
 */
#include "base/hash.h"
#include "journal/private.h"

#include <string.h>

static const struct {
	uint8_t length, number_at;
	const char *name;
} kinds[WF_INDEX_END_] = {
	[WF_INDEX_STATUS] = {10, 2, "status"},
	[WF_INDEX_WORKFLOW] = {17, 9, "workflow"},
	[WF_INDEX_CORRELATION] = {25, 17, "correlation"},
	[WF_INDEX_CREATED] = {17, 9, "creation time"},
	[WF_INDEX_UUID] = {25, 17, "uuid"},
	[WF_INDEX_TIMER] = {17, 9, "timer"},
	[WF_INDEX_OPEN_APPROVAL] = {21, 9, "open approval"},
	[WF_INDEX_APPROVAL] = {21, 9, "approval"},
	[WF_INDEX_START_KEY] = {25, 17, "start key"},
	[WF_INDEX_SLOT_HELD] = {25, 17, "slot that is held"},
	[WF_INDEX_SLOT_QUEUED] = {25, 17, "slot that is queued for"},
	[WF_INDEX_SIGNAL_ID] = {29, 17, "signal's id"},
	[WF_INDEX_WAITER] = {21, 9, "what is waited for"},
	[WF_INDEX_HELD_BACK] = {9, 1, "hold"},
	[WF_INDEX_EVENT_TODO] = {9, 1, "dispatch"},
	[WF_INDEX_EVENT_NAME] = {25, 17, "event's name"},
	[WF_INDEX_EVENT_ID] = {25, 17, "event's id"},
	[WF_INDEX_SCHEDULE_DUE] = {17, 9, "firing"},
	[WF_INDEX_SCHEDULE_NAME] = {25, 17, "schedule's name"},
	[WF_INDEX_EXPIRY] = {17, 9, "retention"},
	[WF_INDEX_DEADLINE] = {29, 17, "deadline"},
};

size_t wf_index_key_length(unsigned kind)
{
	return kind < WF_INDEX_END_ ? kinds[kind].length : 0;
}

const char *wf_index_name(unsigned kind)
{
	return kinds[kind].name;
}

size_t wf_index_number_at(unsigned kind)
{
	return kinds[kind].number_at;
}

const char *wf_index_about(unsigned kind)
{
	if (kind == WF_INDEX_SCHEDULE_DUE || kind == WF_INDEX_SCHEDULE_NAME)
		return "schedule ";
	return kind == WF_INDEX_EVENT_TODO || kind == WF_INDEX_EVENT_NAME || kind == WF_INDEX_EVENT_ID ?
		"event " : "#";
}

void wf_be64_put(uint8_t *p, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
}

static void be32_put(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

uint64_t wf_be64_at(const uint8_t *p)
{
	uint64_t v = 0;
	for (unsigned i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

uint32_t wf_be32_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

#define SIGN (UINT64_C(1) << 63)

int64_t wf_be64_time(const uint8_t *p)
{
	return (int64_t)(wf_be64_at(p) ^ SIGN);
}

void wf_row_key(uint64_t number, enum wf_row_kind kind, uint32_t sub, uint8_t ret[WF_ROW_KEY])
{
	wf_be64_put(ret, number);
	ret[8] = (uint8_t)kind;
	be32_put(ret + 9, sub);
}

bool wf_row_key_parse(const uint8_t *key, size_t n, struct wf_row_name *ret)
{
	if (n != WF_ROW_KEY || key[8] >= WF_ROW_KIND_COUNT_)
		return false;
	*ret = (struct wf_row_name){wf_be64_at(key), (enum wf_row_kind)key[8], wf_be32_at(key + 9)};
	return ret->number > 0;
}

static void add64(struct wf_index_key *k, uint64_t v);

struct wf_index_key wf_own_key(enum wf_own_kind kind, uint64_t id)
{
	struct wf_index_key k = {.n = WF_OWN_KEY};
	k.bytes[8] = (uint8_t)kind;
	add64(&k, id);
	return k;
}

struct wf_index_key wf_slot_key(const struct wf_seal *s, const char *name)
{
	struct wf_index_key k = {.n = WF_OWN_KEY + 16};
	k.bytes[8] = WF_OWN_SLOT;
	wf_seal_hash(s, 'L', name, k.bytes + WF_OWN_KEY, 16);
	return k;
}

unsigned wf_own_key_kind(const uint8_t *key, size_t n)
{
	static const uint8_t id_length[WF_OWN_END_] = {
		[WF_OWN_EVENT] = 8, [WF_OWN_SCHEDULE] = 8, [WF_OWN_SLOT] = 16};
	if (n <= WF_OWN_KEY || wf_be64_at(key) || key[8] >= WF_OWN_END_ || !id_length[key[8]] ||
		n != (size_t)WF_OWN_KEY + id_length[key[8]])
		return 0;
	return key[8];
}

static struct wf_index_key begin(enum wf_index_kind kind)
{
	return (struct wf_index_key){.bytes = {(uint8_t)kind}, .n = 1};
}

static void add64(struct wf_index_key *k, uint64_t v)
{
	wf_be64_put(k->bytes + k->n, v);
	k->n += 8;
}

struct wf_index_key wf_index_status(enum wf_instance_status s, uint64_t number)
{
	struct wf_index_key k = begin(WF_INDEX_STATUS);
	k.bytes[k.n++] = (uint8_t)s;
	add64(&k, number);
	return k;
}

static struct wf_index_key hashed(const struct wf_seal *s, enum wf_index_kind kind, const char *id,
	size_t n, uint64_t number)
{
	struct wf_index_key k = begin(kind);
	wf_seal_hash(s, (uint8_t)kind, id, k.bytes + 1, n);
	k.n += n;
	add64(&k, number);
	return k;
}

struct wf_index_key wf_index_workflow(const struct wf_seal *s, const char *id, uint64_t number)
{
	return hashed(s, WF_INDEX_WORKFLOW, id, 8, number);
}

struct wf_index_key wf_index_correlation(const struct wf_seal *s, const char *id, uint64_t number)
{
	return hashed(s, WF_INDEX_CORRELATION, id, 16, number);
}

static struct wf_index_key timed(enum wf_index_kind kind, int64_t at, uint64_t number)
{
	struct wf_index_key k = begin(kind);
	add64(&k, (uint64_t)at ^ SIGN);
	add64(&k, number);
	return k;
}

struct wf_index_key wf_index_created(int64_t at, uint64_t number)
{
	return timed(WF_INDEX_CREATED, at, number);
}

struct wf_index_key wf_index_uuid(const struct wf_uuid *id, uint64_t number)
{
	struct wf_index_key k = begin(WF_INDEX_UUID);
	memcpy(k.bytes + 1, id->bytes, sizeof(id->bytes));
	k.n += sizeof(id->bytes);
	add64(&k, number);
	return k;
}

struct wf_index_key wf_index_timer(enum wf_index_kind kind, int64_t due, uint64_t number)
{
	return timed(kind, due, number);
}

struct wf_index_key wf_index_approval(enum wf_index_kind kind, uint64_t approval, uint64_t number,
	uint32_t step)
{
	struct wf_index_key k = begin(kind);
	add64(&k, approval);
	add64(&k, number);
	be32_put(k.bytes + k.n, step);
	k.n += 4;
	return k;
}

struct wf_index_key wf_index_deadline(int64_t due, uint64_t approval, uint64_t number, uint32_t step)
{
	struct wf_index_key k = timed(WF_INDEX_DEADLINE, due, approval);
	add64(&k, number);
	be32_put(k.bytes + k.n, step);
	k.n += 4;
	return k;
}

struct wf_index_key wf_index_start(const struct wf_seal *s, const char *workflow, const char *key,
	uint64_t number)
{
	/* A NUL between the two: neither holds one. */
	struct wf_index_key k = begin(WF_INDEX_START_KEY);
	WF_AUTOBUF struct wf_buf b = {0};
	wf_put_u8(&b, WF_INDEX_START_KEY);
	wf_buf_addstr(&b, workflow ? workflow : "");
	wf_put_u8(&b, 0);
	wf_buf_addstr(&b, key);
	wf_hash_keyed(s->index_key, b.data, b.len, k.bytes + 1, 16);
	k.n += 16;
	add64(&k, number);
	return k;
}

struct wf_index_key wf_index_named(const struct wf_seal *s, enum wf_index_kind kind, const char *name,
	uint64_t number)
{
	return hashed(s, kind, name, 16, number);
}

struct wf_index_key wf_index_signal(const struct wf_seal *s, const char *id, uint64_t number,
	uint32_t seq)
{
	struct wf_index_key k = hashed(s, WF_INDEX_SIGNAL_ID, id, 16, number);
	be32_put(k.bytes + k.n, seq);
	k.n += 4;
	return k;
}

uint64_t wf_waiter_hash(const struct wf_seal *s, enum wf_wait kind, const char *name)
{
	uint8_t bytes[8] = {kind == WF_WAIT_SIGNAL ? 's' : 'e'};
	wf_seal_hash(s, WF_INDEX_WAITER, name, bytes + 1, 7);
	return wf_be64_at(bytes);
}

struct wf_index_key wf_index_waiter(uint64_t hash, uint64_t number, uint32_t step)
{
	return wf_index_approval(WF_INDEX_WAITER, hash, number, step);
}

struct wf_index_key wf_index_plain(enum wf_index_kind kind, uint64_t number)
{
	struct wf_index_key k = begin(kind);
	add64(&k, number);
	return k;
}

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
 */
#include "journal/private.h"

#include <string.h>

static const uint8_t lengths[WF_INDEX_END_] = {
	[WF_INDEX_STATUS] = 10,
	[WF_INDEX_WORKFLOW] = 17,
	[WF_INDEX_CORRELATION] = 25,
	[WF_INDEX_CREATED] = 17,
	[WF_INDEX_UUID] = 25,
	[WF_INDEX_TIMER] = 17,
	[WF_INDEX_OPEN_APPROVAL] = 21,
	[WF_INDEX_APPROVAL] = 21,
};

size_t wf_index_key_length(unsigned kind)
{
	return kind < WF_INDEX_END_ ? lengths[kind] : 0;
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

struct wf_index_key wf_index_timer(int64_t due, uint64_t number)
{
	return timed(WF_INDEX_TIMER, due, number);
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

/*
 * The header record, the only one that is not sealed: magic | u32 format | uuid | u64 created |
 * fingerprint of the master key | wrapped data key (bound to all that is before it).
 */
#include "base/mem.h"
#include "journal/private.h"

#include <string.h>

enum { MAGIC_SIZE = 8, HEADER_BOUND = MAGIC_SIZE + 4 + 16 + 8 + 16 };
static const char magic[MAGIC_SIZE] = {'W', 'F', 'J', 'O', 'U', 'R', 'N', '\n'};
static const char header_key = WF_META_HEADER;

void wf_header_put(const struct wf_journal *j, const uint8_t data_key[WF_SEAL_KEY], struct wf_buf *out)
{
	uint8_t mark[16], wrapped[WF_SEAL_KEY + WF_SEAL_EXTRA];
	wf_buf_add(out, magic, sizeof(magic));
	wf_put_u32(out, WF_JOURNAL_FORMAT);
	wf_buf_add(out, j->id.bytes, sizeof(j->id.bytes));
	wf_put_u64(out, (uint64_t)j->created_at);
	wf_seal_fingerprint(j->home->master, mark);
	wf_buf_add(out, mark, sizeof(mark));
	wf_seal_wrap(j->home->master, out->data, out->len, data_key, wrapped);
	wf_buf_add(out, wrapped, sizeof(wrapped));
}

/* Whether all is right but the fingerprint: the key is the right one, and the file is damaged. */
static bool only_mark_differs(const struct wf_journal *j, const uint8_t *bytes, const uint8_t own[16])
{
	uint8_t bound[HEADER_BOUND], data_key[WF_SEAL_KEY];
	memcpy(bound, bytes, sizeof(bound));
	memcpy(bound + sizeof(bound) - 16, own, 16);
	bool opens = wf_seal_unwrap(j->home->master, bound, sizeof(bound), bytes + HEADER_BOUND, data_key);
	wf_seal_wipe(data_key, sizeof(data_key));
	return opens;
}

/* What the record says, and the data key, which the caller wipes. */
static int read_header(struct wf_journal *j, const uint8_t *bytes, size_t n,
	uint8_t ret_data_key[WF_SEAL_KEY], struct wf_cause *cause)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	const uint8_t *m = wf_get_raw(&r, sizeof(magic));
	uint32_t version = wf_get_u32(&r);
	if (!m || r.bad || memcmp(m, magic, sizeof(magic)) != 0)
		return wf_fail(cause, WF_ECORRUPT, "%s is damaged, or not a journal", j->path);
	if (version < WF_JOURNAL_FORMAT_OLDEST || version > WF_JOURNAL_FORMAT) {
		(void)wf_fail(cause, WF_EVERSION, "%s has journal format %u; this wfctl knows %u to %u",
			j->path, version, WF_JOURNAL_FORMAT_OLDEST, WF_JOURNAL_FORMAT);
		wf_fail_hint(cause, "use the wfctl that wrote it, or a newer one");
		return WF_EVERSION;
	}
	const uint8_t *id = wf_get_raw(&r, sizeof(j->id.bytes));
	uint64_t created = wf_get_u64(&r);
	const uint8_t *mark = wf_get_raw(&r, 16);
	const uint8_t *wrapped = wf_get_raw(&r, WF_SEAL_KEY + WF_SEAL_EXTRA);
	if (!id || !mark || !wrapped || r.off != r.len)
		return wf_fail(cause, WF_ECORRUPT, "%s is damaged: its header", j->path);
	uint8_t own[16];
	wf_seal_fingerprint(j->home->master, own);
	bool same = memcmp(own, mark, sizeof(own)) == 0;
	if (!wf_seal_unwrap(j->home->master, bytes, HEADER_BOUND, wrapped, ret_data_key)) {
		if (same || only_mark_differs(j, bytes, own))
			return wf_fail(cause, WF_ECORRUPT, "%s is damaged: its header", j->path);
		(void)wf_fail(cause, WF_EKEY, "the master key does not open %s", j->path);
		wf_fail_hint(cause, "give the key that it was made with (key_file, WFCTL_KEY_FILE)");
		return WF_EKEY;
	}
	memcpy(j->id.bytes, id, sizeof(j->id.bytes));
	j->created_at = (int64_t)created;
	j->format = version;
	return 0;
}

int wf_header_load(struct wf_journal *j, struct wf_cause *cause)
{
	struct wf_store_txn *t;
	int rc = wf_store_begin(j->store, false, &t, cause);
	if (rc)
		return rc;
	const uint8_t *bytes;
	size_t n;
	uint8_t data_key[WF_SEAL_KEY];
	rc = wf_store_get(t, WF_TABLE_META, &header_key, 1, &bytes, &n, cause);
	if (rc == WF_ENOENT)
		rc = wf_fail(cause, WF_ECORRUPT, "%s is not a journal: it has no header", j->path);
	else if (!rc)
		rc = read_header(j, bytes, n, data_key, cause);
	if (!rc)
		wf_seal_init(&j->seal, data_key);
	wf_seal_wipe(data_key, sizeof(data_key));
	wf_store_abort(t);
	return rc;
}

/* -- raising an older format -- */

/* The data key's seal covers the version: it is sealed anew. */
static int raise_header(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)arg;
	struct wf_journal *j = t->journal;
	const uint8_t *bytes;
	size_t n;
	uint8_t data_key[WF_SEAL_KEY];
	int rc = wf_store_get(t->store, WF_TABLE_META, &header_key, 1, &bytes, &n, cause);
	if (!rc)
		rc = read_header(j, bytes, n, data_key, cause);
	if (!rc) {
		WF_AUTOBUF struct wf_buf header = {0};
		void *room;
		wf_header_put(j, data_key, &header);
		rc = wf_store_put(t->store, WF_TABLE_META, &header_key, 1, header.len, &room, cause);
		if (!rc)
			memcpy(room, header.data, header.len);
	}
	wf_seal_wipe(data_key, sizeof(data_key));
	return rc ? wf_txn_fail(t, rc) : wf_txn_raise_rows(t);
}

int wf_header_raise(struct wf_journal *j, struct wf_cause *cause)
{
	int rc = wf_journal_update(j, raise_header, NULL, cause);
	if (!rc)
		j->format = WF_JOURNAL_FORMAT;
	return rc;
}

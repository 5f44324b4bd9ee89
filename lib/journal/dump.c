/*
 * Every record of a journal as JSON, opened: what `journal dump` shows, and what remains readable of
 * a damaged one (a record that cannot be opened says so in place of its value).
 */
#include "journal/dump.h"

struct dumper {
	struct wf_txn *txn;
	bool (*fn)(void *, json_t *);
	void *arg;
	bool stopped;
	struct wf_cause cause;
};

static void give(struct dumper *d, const char *kind, json_t *key, json_t *value, const char *wrong)
{
	json_t *record = json_object();
	set_text(record, "kind", kind);
	set(record, "key", key);
	if (value)
		set(record, "value", value);
	else if (wrong)
		set_text(record, "error", wrong);
	d->stopped = !d->fn(d->arg, record);
	json_decref(record);
}

static json_t *hex_key(const struct wf_cursor *at)
{
	char hex[2 * WF_MAX_KEY + 1];
	wf_hex(at->key, at->key_n, hex);
	return json_string(hex);
}

/* Of number 0: what belongs to no instance. */
static void dump_own(struct dumper *d, const struct wf_cursor *at, const struct wf_buf *plain)
{
	enum wf_own_kind kind = (enum wf_own_kind)wf_own_key_kind(at->key, at->key_n);
	const char *name = wf_dump_own_name(kind);
	uint64_t id = wf_be64_at(at->key + WF_OWN_KEY); /* of a slot: a part of its hash */
	json_t *key = kind == WF_OWN_SLOT ? hex_key(at) : json_pack("{s:I}", name, (json_int_t)id);
	json_t *value = plain ? wf_dump_own(kind, id, plain) : NULL;
	give(d, name, key, value, plain ? "the row cannot be read" : d->cause.text);
}

static void dump_row(struct dumper *d, const struct wf_cursor *at, const struct wf_buf *plain)
{
	struct wf_row_name name;
	if (wf_own_key_kind(at->key, at->key_n)) {
		dump_own(d, at, plain);
		return;
	}
	if (!wf_row_key_parse(at->key, at->key_n, &name)) {
		give(d, "unknown", hex_key(at), NULL, "no row has this key");
		return;
	}
	json_t *key = json_pack("{s:I}", "instance", (json_int_t)name.number);
	if (name.kind >= WF_ROW_STEP)
		set(key, "sub", json_integer(name.sub));
	json_t *value = plain ? wf_dump_row(name.kind, plain) : NULL;
	give(d, wf_dump_row_name(name.kind), key, value,
		plain ? "the row cannot be read" : d->cause.text);
}

static void dump_meta(struct dumper *d, const struct wf_cursor *at, const struct wf_buf *plain)
{
	const char *name = wf_dump_meta_name(at->key[0]);
	json_t *value = name && plain ? wf_dump_meta(at->key[0], plain) : NULL;
	give(d, name ? name : "unknown", hex_key(at), value,
		plain ? "the record cannot be read" : d->cause.text);
}

static void dump_header(struct dumper *d, const struct wf_cursor *at)
{
	const struct wf_journal *j = d->txn->journal;
	json_t *value = json_object();
	char id[WF_UUID_TEXT];
	wf_uuid_text(&j->id, id);
	set(value, "format", json_integer(j->format));
	set_text(value, "environment_id", id);
	set_time(value, "created_at", j->created_at);
	give(d, "journal", hex_key(at), value, NULL);
}

static void dump_record(struct dumper *d, const struct wf_cursor *at, struct wf_buf *plain)
{
	if (at->table == WF_TABLE_INDEX) {
		give(d, "index", hex_key(at), NULL, NULL);
		return;
	}
	if (at->table == WF_TABLE_META && at->key_n == 1 && at->key[0] == WF_META_HEADER) {
		dump_header(d, at);
		return;
	}
	wf_buf_reset(plain);
	bool opened = wf_txn_open_at(d->txn, at, plain) == 0;
	d->txn->err = 0; /* what cannot be opened is said in its place */
	if (at->table == WF_TABLE_META)
		dump_meta(d, at, opened ? plain : NULL);
	else
		dump_row(d, at, opened ? plain : NULL);
}

static int dump_all(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct dumper *d = arg;
	d->txn = t;
	t->cause = &d->cause;
	WF_AUTOBUF struct wf_buf plain = {0};
	for (unsigned table = 0; table < WF_TABLE_COUNT_ && !d->stopped; table++) {
		struct wf_cursor at;
		int rc = wf_cursor_open(t->store, (enum wf_table)table, &at, cause);
		if (rc)
			return rc;
		rc = wf_cursor_seek(&at, NULL, 0, cause);
		while (!rc && !d->stopped) {
			dump_record(d, &at, &plain);
			rc = wf_cursor_next(&at, cause);
		}
		wf_cursor_close(&at);
		if (rc && rc != WF_ENOENT)
			return rc;
	}
	return 0;
}

int wf_journal_dump(struct wf_journal *j, bool (*fn)(void *arg, json_t *record), void *arg,
	struct wf_cause *cause)
{
	struct dumper d = {.fn = fn, .arg = arg};
	return wf_journal_view(j, dump_all, &d, cause);
}

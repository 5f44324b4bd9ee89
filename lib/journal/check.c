/*
 * Whether a journal is sound: every page well-formed, every value authentic, every row readable,
 * every index entry what the rows say and the other way round, every counter right.
 */
#include "journal/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_DEFECTS 1000u

void wf_check_defect(struct wf_checker *c, const char *fmt, ...)
{
	if (c->defects++ >= MAX_DEFECTS)
		return;
	char text[600];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->report(c->arg, text);
}

void wf_check_failed(struct wf_checker *c)
{
	wf_check_defect(c, "%s", c->cause.text);
	c->txn->err = 0;
}

void wf_check_defect_at(struct wf_checker *c, const struct wf_cursor *at, const char *what)
{
	char hex[2 * WF_MAX_KEY + 1];
	wf_hex(at->key, at->key_n, hex);
	wf_check_defect(c, "table %s, key %s: %s", wf_table_name(at->table), hex, what);
}

bool wf_check_is_there(struct wf_checker *c, enum wf_table table, const uint8_t *key, size_t n)
{
	const uint8_t *value;
	size_t value_n;
	return wf_store_get(c->txn->store, table, key, n, &value, &value_n, &c->cause) == 0;
}

bool wf_check_plan_is_there(struct wf_checker *c, const uint8_t id[WF_HASH_SIZE])
{
	if (c->plan_known && memcmp(c->known_plan, id, WF_HASH_SIZE) == 0)
		return true;
	uint8_t key[1 + WF_HASH_SIZE] = {WF_META_PLAN};
	memcpy(key + 1, id, WF_HASH_SIZE);
	if (!wf_check_is_there(c, WF_TABLE_META, key, sizeof(key)))
		return false;
	memcpy(c->known_plan, id, WF_HASH_SIZE);
	c->plan_known = true;
	return true;
}

void wf_check_expect(void *arg, const struct wf_index_key *k)
{
	struct wf_checker *c = arg;
	c->entries[k->bytes[0]]++;
	if (!wf_check_is_there(c, WF_TABLE_INDEX, k->bytes, k->n))
		wf_check_defect(c, "%s: its entry in the index by %s is missing", c->subject,
			wf_index_name(k->bytes[0]));
}

/* Calls fn with every key of a table. */
static void each_key(struct wf_checker *c, enum wf_table table,
	void (*fn)(struct wf_checker *, const struct wf_cursor *, struct wf_buf *))
{
	struct wf_cursor at;
	WF_AUTOBUF struct wf_buf plain = {0};
	int rc = wf_cursor_open(c->txn->store, table, &at, &c->cause);
	if (rc) {
		wf_check_failed(c);
		return;
	}
	rc = wf_cursor_seek(&at, NULL, 0, &c->cause);
	while (!rc && c->defects < MAX_DEFECTS) {
		fn(c, &at, &plain);
		rc = wf_cursor_next(&at, &c->cause);
	}
	if (rc && rc != WF_ENOENT)
		wf_check_failed(c);
	wf_cursor_close(&at);
}

/* -- index -- */

static void count_entry(struct wf_checker *c, const struct wf_cursor *at, struct wf_buf *plain)
{
	(void)plain;
	unsigned kind = at->key_n ? at->key[0] : 0;
	size_t length = wf_index_key_length(kind);
	if (!length || at->key_n != length || at->value_n != 0)
		wf_check_defect_at(c, at, "no index has this entry");
	else
		c->entries[kind]--; /* none is left when each stands for one that was asked for */
}

struct wanted {
	const struct wf_cursor *at;
	bool found;
};

static void match_entry(void *arg, const struct wf_index_key *k)
{
	struct wanted *w = arg;
	if (k->n == w->at->key_n && memcmp(k->bytes, w->at->key, k->n) == 0)
		w->found = true;
}

static bool of_instance(unsigned kind)
{
	return kind != WF_INDEX_SIGNAL_ID && *wf_index_about(kind) == '#';
}

static bool is_asked_for(struct wf_checker *c, const struct wf_cursor *at)
{
	unsigned kind = at->key[0];
	struct wanted w = {at, false};
	struct wf_instance *in;
	if (!of_instance(kind)) {
		w.found = wf_txn_prove_entry(c->txn, at) == 0;
	} else if (!wf_txn_get_instance(c->txn, wf_be64_at(at->key + wf_index_number_at(kind)),
		WF_LOAD_ALL, &in)) {
		wf_each_entry(&c->txn->journal->seal, in, 1u << kind, match_entry, &w);
		wf_instance_free(in);
	}
	c->txn->err = 0;
	return w.found;
}

/* Only run when the numbers do not agree: names the entries that no row asks for. */
static void check_entry(struct wf_checker *c, const struct wf_cursor *at, struct wf_buf *plain)
{
	(void)plain;
	unsigned kind = at->key_n ? at->key[0] : 0;
	if (!kind || at->key_n != wf_index_key_length(kind) || !c->entries[kind] ||
		is_asked_for(c, at))
		return;
	char text[100];
	(void)snprintf(text, sizeof(text), "the index by %s holds what %s%llu does not say",
		wf_index_name(kind), wf_index_about(kind),
		(unsigned long long)wf_be64_at(at->key + wf_index_number_at(kind)));
	wf_check_defect_at(c, at, text);
}

static void check_index(struct wf_checker *c)
{
	c->found.timers = c->entries[WF_INDEX_TIMER];
	c->found.approvals = c->entries[WF_INDEX_APPROVAL];
	c->found.open_approvals = c->entries[WF_INDEX_OPEN_APPROVAL];
	if (c->slots_held != c->entries[WF_INDEX_SLOT_HELD] ||
		c->slots_queued != c->entries[WF_INDEX_SLOT_QUEUED])
		wf_check_defect(c, "the slots count other places than the instances take");
	each_key(c, WF_TABLE_INDEX, count_entry);
	bool strays = false;
	for (unsigned k = 0; k < WF_INDEX_END_; k++)
		strays = strays || c->entries[k];
	if (strays)
		each_key(c, WF_TABLE_INDEX, check_entry);
}

/* -- all -- */

static int check_records(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct wf_checker *c = arg;
	c->txn = t;
	t->cause = &c->cause;
	each_key(c, WF_TABLE_META, wf_check_meta);
	each_key(c, WF_TABLE_INSTANCES, wf_check_row);
	wf_check_end_instance(c);
	check_index(c);
	wf_check_counts(c);
	t->err = 0;
	return 0;
}

static void say_nothing(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

bool wf_journal_pages_sound(struct wf_journal *j)
{
	return wf_store_check_pages(j->store, say_nothing, NULL, NULL) == 0;
}

int wf_journal_check(struct wf_journal *j, wf_check_report *report, void *arg,
	struct wf_cause *cause)
{
	/* The pages first: only what is well-formed is given to LMDB to follow. */
	int rc = wf_store_check_pages(j->store, report, arg, cause);
	if (rc)
		return rc;
	struct wf_checker c = {.report = report, .arg = arg};
	rc = wf_journal_view(j, check_records, &c, cause);
	wf_instance_free(c.in);
	if (rc)
		return rc;
	if (!c.defects)
		return 0;
	(void)wf_fail(cause, WF_ECORRUPT, "%s is damaged: %u defects", j->path, c.defects);
	wf_fail_hint(cause, "restore a backup; what can still be read: wfctl journal dump");
	return WF_ECORRUPT;
}

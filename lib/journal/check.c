/*
 * Whether a journal is sound: every page well-formed, every value authentic, every row readable,
 * every index entry what the rows say and the other way round, every counter right.
 */
#include "base/mem.h"
#include "journal/private.h"
#include "plan/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_DEFECTS 1000u

struct checker {
	struct wf_txn *txn;
	wf_check_report *report;
	void *arg;
	unsigned defects;
	struct wf_cause cause;          /* of the operation in hand */
	struct wf_counts found;
	uint64_t entries[WF_INDEX_END_]; /* that the rows ask for */
	uint64_t highest, highest_approval;
	struct wf_instance *in;         /* whose rows are being read */
	unsigned seen;                  /* a bit a kind of row */
	uint64_t records, next_record;
	uint8_t known_plan[WF_HASH_SIZE]; /* the last that was found to be there */
	bool plan_known;
};

static void defect(struct checker *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void defect(struct checker *c, const char *fmt, ...)
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

/* An operation's failure as a finding, so that the check goes on behind it. */
static void failed(struct checker *c)
{
	defect(c, "%s", c->cause.text);
	c->txn->err = 0;
}

static void defect_at(struct checker *c, const struct wf_cursor *at, const char *what)
{
	char hex[2 * WF_MAX_KEY + 1];
	wf_hex(at->key, at->key_n, hex);
	defect(c, "table %s, key %s: %s", wf_table_name(at->table), hex, what);
}

static bool is_there(struct checker *c, enum wf_table table, const uint8_t *key, size_t n)
{
	const uint8_t *value;
	size_t value_n;
	return wf_store_get(c->txn->store, table, key, n, &value, &value_n, &c->cause) == 0;
}

static bool plan_is_there(struct checker *c, const uint8_t id[WF_HASH_SIZE])
{
	if (c->plan_known && memcmp(c->known_plan, id, WF_HASH_SIZE) == 0)
		return true;
	uint8_t key[1 + WF_HASH_SIZE] = {WF_META_PLAN};
	memcpy(key + 1, id, WF_HASH_SIZE);
	if (!is_there(c, WF_TABLE_META, key, sizeof(key)))
		return false;
	memcpy(c->known_plan, id, WF_HASH_SIZE);
	c->plan_known = true;
	return true;
}

/* -- what an instance's rows ask of the indexes -- */

typedef void entry_fn(struct checker *c, const struct wf_index_key *k, void *arg);

static void each_entry(struct checker *c, const struct wf_instance *in, entry_fn *fn, void *arg)
{
	const struct wf_seal *seal = &c->txn->journal->seal;
	struct wf_index_key k = wf_index_status(in->status, in->number);
	fn(c, &k, arg);
	if (in->workflow) {
		k = wf_index_workflow(seal, in->workflow, in->number);
		fn(c, &k, arg);
	}
	if (in->correlation_id) {
		k = wf_index_correlation(seal, in->correlation_id, in->number);
		fn(c, &k, arg);
	}
	k = wf_index_created(in->created_at, in->number);
	fn(c, &k, arg);
	k = wf_index_uuid(&in->uuid, in->number);
	fn(c, &k, arg);
	int64_t due = wf_instance_due(in);
	if (due) {
		k = wf_index_timer(due, in->number);
		fn(c, &k, arg);
	}
	for (uint32_t i = 0; i < in->step_count; i++) {
		const struct wf_step_state *s = &in->steps[i];
		if (!s->approval)
			continue;
		k = wf_index_approval(WF_INDEX_APPROVAL, s->approval->number, in->number, i);
		fn(c, &k, arg);
		if (wf_approval_is_open(in, s)) {
			k = wf_index_approval(WF_INDEX_OPEN_APPROVAL, s->approval->number,
				in->number, i);
			fn(c, &k, arg);
		}
	}
}

static const char *const index_names[WF_INDEX_END_] = {
	[WF_INDEX_STATUS] = "status",
	[WF_INDEX_WORKFLOW] = "workflow",
	[WF_INDEX_CORRELATION] = "correlation",
	[WF_INDEX_CREATED] = "creation time",
	[WF_INDEX_UUID] = "uuid",
	[WF_INDEX_TIMER] = "timer",
	[WF_INDEX_OPEN_APPROVAL] = "open approval",
	[WF_INDEX_APPROVAL] = "approval",
};

static void expect_entry(struct checker *c, const struct wf_index_key *k, void *arg)
{
	(void)arg;
	c->entries[k->bytes[0]]++;
	if (!is_there(c, WF_TABLE_INDEX, k->bytes, k->n))
		defect(c, "#%llu: its entry in the index by %s is missing",
			(unsigned long long)c->in->number, index_names[k->bytes[0]]);
}

/* -- instances -- */

static void end_instance(struct checker *c)
{
	struct wf_instance *in = c->in;
	if (!in)
		return;
	c->in = NULL;
	unsigned needed = 1u << WF_ROW_IDENTITY | 1u << WF_ROW_INPUT | 1u << WF_ROW_HEADER;
	unsigned long long number = in->number;
	if ((c->seen & needed) != needed) {
		defect(c, "#%llu: a row is missing or damaged", number);
	} else {
		c->in = in;
		c->found.by_status[in->status]++;
		each_entry(c, in, expect_entry, NULL);
		c->in = NULL;
		if (c->records != in->history)
			defect(c, "#%llu: it has %llu history records, its header says %llu", number,
				(unsigned long long)c->records, (unsigned long long)in->history);
		if (!plan_is_there(c, in->plan_id))
			defect(c, "#%llu: its plan is not in the journal", number);
		for (uint32_t i = 0; i < in->step_count; i++)
			if (in->steps[i].approval &&
				in->steps[i].approval->number > c->highest_approval)
				c->highest_approval = in->steps[i].approval->number;
	}
	c->highest = in->number;
	wf_instance_free(in);
}

static void check_record(struct checker *c, const struct wf_cursor *at,
	const struct wf_row_name *name, const struct wf_buf *row)
{
	struct wf_record r;
	if (wf_record_get(row->data, row->len, &r))
		defect_at(c, at, "the history record cannot be read");
	else
		wf_record_done(&r);
	if (name->sub != c->next_record)
		defect_at(c, at, "history records before it are missing");
	c->next_record = (uint64_t)name->sub + 1;
	c->records++;
	c->found.history++;
}

static void check_row(struct checker *c, const struct wf_cursor *at, struct wf_buf *plain)
{
	struct wf_row_name name;
	if (!wf_row_key_parse(at->key, at->key_n, &name)) {
		defect_at(c, at, "no row has this key");
		return;
	}
	if (!c->in || c->in->number != name.number) {
		end_instance(c);
		c->in = wf_instance_new(0);
		c->in->number = name.number;
		c->seen = 0;
		c->records = c->next_record = 0;
	}
	wf_buf_reset(plain);
	if (wf_txn_open_at(c->txn, at, plain)) {
		failed(c);
		return;
	}
	if (name.kind == WF_ROW_HISTORY)
		check_record(c, at, &name, plain);
	else if (wf_row_decode(c->in, &name, plain))
		defect_at(c, at, "the row cannot be read");
	else
		c->seen |= 1u << name.kind;
}

/* Calls fn with every key of a table. */
static void each_key(struct checker *c, enum wf_table table,
	void (*fn)(struct checker *, const struct wf_cursor *, struct wf_buf *))
{
	struct wf_cursor at;
	WF_AUTOBUF struct wf_buf plain = {0};
	int rc = wf_cursor_open(c->txn->store, table, &at, &c->cause);
	if (rc) {
		failed(c);
		return;
	}
	rc = wf_cursor_seek(&at, NULL, 0, &c->cause);
	while (!rc && c->defects < MAX_DEFECTS) {
		fn(c, &at, &plain);
		rc = wf_cursor_next(&at, &c->cause);
	}
	if (rc && rc != WF_ENOENT)
		failed(c);
	wf_cursor_close(&at);
}

/* -- index -- */

static void count_entry(struct checker *c, const struct wf_cursor *at, struct wf_buf *plain)
{
	(void)plain;
	unsigned kind = at->key_n ? at->key[0] : 0;
	size_t length = wf_index_key_length(kind);
	if (!length || at->key_n != length || at->value_n != 0)
		defect_at(c, at, "no index has this entry");
	else
		c->entries[kind]--; /* none is left when each stands for one that was asked for */
}

struct wanted {
	const uint8_t *key;
	size_t n;
	bool found;
};

static void match_entry(struct checker *c, const struct wf_index_key *k, void *arg)
{
	(void)c;
	struct wanted *w = arg;
	if (k->n == w->n && memcmp(k->bytes, w->key, w->n) == 0)
		w->found = true;
}

/* Only run when the numbers do not agree: names the entries that no instance asks for. */
static void check_entry(struct checker *c, const struct wf_cursor *at, struct wf_buf *plain)
{
	(void)plain;
	unsigned kind = at->key_n ? at->key[0] : 0;
	if (at->key_n != wf_index_key_length(kind) || !kind || !c->entries[kind])
		return;
	bool approval = kind == WF_INDEX_APPROVAL || kind == WF_INDEX_OPEN_APPROVAL;
	uint64_t number = wf_be64_at(at->key + (approval ? 9 : at->key_n - 8));
	struct wanted w = {at->key, at->key_n, false};
	struct wf_instance *in;
	int rc = wf_txn_get_instance(c->txn, number, WF_LOAD_ALL, &in);
	c->txn->err = 0;
	if (!rc) {
		each_entry(c, in, match_entry, &w);
		wf_instance_free(in);
	}
	if (!w.found) {
		char text[100];
		(void)snprintf(text, sizeof(text), "the index by %s holds what #%llu does not say",
			index_names[kind], (unsigned long long)number);
		defect_at(c, at, text);
	}
}

/* -- meta -- */

static void check_plan(struct checker *c, const struct wf_cursor *at, const struct wf_buf *plain)
{
	uint8_t id[WF_HASH_SIZE];
	wf_hash(plain->data, plain->len, id);
	if (at->key_n != 1 + sizeof(id) || memcmp(at->key + 1, id, sizeof(id)) != 0)
		defect_at(c, at, "the plan is not the one of its id");
}

static void check_definition(struct checker *c, const struct wf_cursor *at,
	const struct wf_buf *plain)
{
	struct wf_definition d;
	if (at->key_n != WF_DEFINITION_KEY || wf_definition_get(plain->data, plain->len, &d)) {
		defect_at(c, at, "the definition cannot be read");
		return;
	}
	uint8_t key[WF_DEFINITION_KEY];
	wf_definition_key(&c->txn->journal->seal, d.workflow, wf_be64_at(at->key + 17), key);
	if (memcmp(key, at->key, sizeof(key)) != 0)
		defect_at(c, at, "the definition is under another workflow's key");
	if (!plan_is_there(c, d.plan_id))
		defect_at(c, at, "the definition's plan is not in the journal");
	wf_definition_done(&d);
}

static void check_meta(struct checker *c, const struct wf_cursor *at, struct wf_buf *plain)
{
	if (at->key_n == 1 && at->key[0] == WF_META_HEADER)
		return; /* plain, and proved when the journal was opened */
	wf_buf_reset(plain);
	if (wf_txn_open_at(c->txn, at, plain)) {
		failed(c);
		return;
	}
	if (at->key[0] == WF_META_PLAN)
		check_plan(c, at, plain);
	else if (at->key[0] == WF_META_DEFINITION)
		check_definition(c, at, plain);
	else if (at->key_n != 1 || at->key[0] != WF_META_COUNTS)
		defect_at(c, at, "no record has this key");
}

static void check_count(struct checker *c, const char *what, uint64_t counted, uint64_t kept)
{
	if (counted != kept)
		defect(c, "the counter of %s is %llu, there are %llu", what,
			(unsigned long long)kept, (unsigned long long)counted);
}

static void check_counts(struct checker *c)
{
	if (wf_txn_load_counts(c->txn)) {
		failed(c);
		return;
	}
	const struct wf_counts *kept = &c->txn->counts;
	check_count(c, "history records", c->found.history, kept->history);
	check_count(c, "timers", c->found.timers, kept->timers);
	check_count(c, "approvals", c->found.approvals, kept->approvals);
	check_count(c, "open approvals", c->found.open_approvals, kept->open_approvals);
	for (unsigned i = 0; i < WF_INST_COUNT_; i++)
		check_count(c, wf_instance_status_name((enum wf_instance_status)i),
			c->found.by_status[i], kept->by_status[i]);
	if (kept->next_instance <= c->highest || kept->next_approval <= c->highest_approval)
		defect(c, "the next number to be given is taken already");
}

static int check_records(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct checker *c = arg;
	c->txn = t;
	t->cause = &c->cause;
	each_key(c, WF_TABLE_META, check_meta);
	each_key(c, WF_TABLE_INSTANCES, check_row);
	end_instance(c);
	c->found.timers = c->entries[WF_INDEX_TIMER];
	c->found.approvals = c->entries[WF_INDEX_APPROVAL];
	c->found.open_approvals = c->entries[WF_INDEX_OPEN_APPROVAL];
	each_key(c, WF_TABLE_INDEX, count_entry);
	bool strays = false;
	for (unsigned k = 0; k < WF_INDEX_END_; k++)
		strays = strays || c->entries[k];
	if (strays)
		each_key(c, WF_TABLE_INDEX, check_entry);
	check_counts(c);
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
	struct checker c = {.report = report, .arg = arg};
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

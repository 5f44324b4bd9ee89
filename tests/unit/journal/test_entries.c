/*
 * The indexes of what waits against their rows, both ways: an entry that is not there, one that no row asks
 * for, a count that is wrong. The check names each; who reads by the entry is not led astray.
 */
#include "common.h"

#include "journal/private.h"

/* -- a journal with one of each -- */

static int fill_own(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)arg;
	(void)cause;
	uint32_t seq;
	bool new;
	json_t *signal = json_pack("{s:s,s:s}", "name", "go", "id", "x");
	(void)wf_txn_put_signal(t, 1, signal, &seq);
	json_decref(signal);
	char name[] = "paid", id[] = "one", workflow[] = "a", source[] = "user";
	struct wf_kept_event e = {.name = name, .id = id, .at = T0};
	(void)wf_txn_put_event(t, &e, &new);
	struct wf_schedule s = {.name = name, .workflow = workflow, .source = source,
		.spec = json_object(), .created_at = T0, .since = T0, .next_at = T0 + 9};
	(void)wf_txn_put_schedule(t, &s);
	json_decref(s.spec);
	const struct wf_hold h = {.workflow = workflow, .at = T0};
	(void)wf_txn_put_hold(t, &h);
	return 0;
}

static void fill(struct place *p)
{
	struct wf_instance *in[2];
	for (size_t i = 0; i < 2; i++) {
		in[i] = new_instance("a", T0);
		in[i]->start_key = wf_strdup("k");
		in[i]->slots = json_pack("[{s:s,s:i}]", "name", "x", "limit", 1);
		in[i]->status = i ? WF_INST_QUEUED : WF_INST_WAITING;
	}
	in[0]->steps[0].status = in[0]->steps[1].status = WF_STEP_WAITING;
	in[0]->steps[0].wait = WF_WAIT_EVENT;
	in[0]->steps[0].input = json_pack("{s:s}", "name", "paid");
	in[0]->steps[1].wait = WF_WAIT_HOLD;
	wf_instance_touch(in[0], 0);
	wf_instance_touch(in[0], 1);
	assert_int_equal(put(p, in, 2, true), 0);
	assert_int_equal(wf_journal_update(p->journal, fill_own, NULL, &p->cause), 0);
	wf_instance_free(in[0]);
	wf_instance_free(in[1]);
	assert_sound(p);
}

/* -- reading by each -- */

static bool any_number(void *arg, uint64_t number)
{
	(void)arg;
	(void)number;
	return true;
}
static bool any_step(void *arg, uint64_t number, uint32_t step)
{
	(void)step;
	return any_number(arg, number);
}
static bool any_event(void *arg, const struct wf_kept_event *e)
{
	return any_number(arg, e->number);
}
static bool any_due(void *arg, uint64_t id, int64_t due)
{
	(void)due;
	return any_number(arg, id);
}

static int read_start(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	int rc = wf_txn_find_start(t, "a", "k", arg);
	return rc == WF_ENOENT ? 0 : rc;
}
static int read_held(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_held(t, "x", any_number, arg);
}
static int read_queued(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_queued(t, "x", any_number, arg);
}
static int read_waiters(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_waiter(t, WF_WAIT_EVENT, "paid", 0, any_step, arg);
}
static int read_held_back(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_held_back(t, any_number, arg);
}
static int read_undispatched(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_undispatched(t, any_event, arg);
}
static int read_named(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_event(t, "paid", 0, any_event, arg);
}
static int read_due(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_schedule_due(t, INT64_MAX, any_due, arg);
}
static int read_schedule(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)arg;
	(void)cause;
	struct wf_schedule s;
	int rc = wf_txn_find_schedule(t, "paid", &s);
	if (!rc)
		wf_schedule_done(&s);
	return rc == WF_ENOENT ? 0 : rc;
}

/* -- changing entries -- */

static const struct {
	enum wf_index_kind kind;
	wf_txn_fn *read;        /* NULL: nothing reads by it but what puts */
	bool counted;           /* whether reading knows how many there are */
} kinds[] = {
	{WF_INDEX_START_KEY, read_start, false},
	{WF_INDEX_SLOT_HELD, read_held, true},
	{WF_INDEX_SLOT_QUEUED, read_queued, true},
	{WF_INDEX_SIGNAL_ID, NULL, false},
	{WF_INDEX_WAITER, read_waiters, false},
	{WF_INDEX_HELD_BACK, read_held_back, false},
	{WF_INDEX_EVENT_TODO, read_undispatched, true},
	{WF_INDEX_EVENT_NAME, read_named, false},
	{WF_INDEX_EVENT_ID, NULL, false},
	{WF_INDEX_SCHEDULE_DUE, read_due, false},
	{WF_INDEX_SCHEDULE_NAME, read_schedule, false},
};

struct change {
	enum wf_index_kind kind;
	struct wf_index_key key;
	bool add;
};

static bool keep_key(void *arg, const uint8_t *key)
{
	struct change *c = arg;
	c->key.n = wf_index_key_length(key[0]);
	memcpy(c->key.bytes, key, c->key.n);
	return false;
}

static int find_first(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct change *c = arg;
	struct wf_index_key from = {.bytes = {(uint8_t)c->kind}, .n = 1};
	return wf_txn_each_key(t, &from, 1, false, keep_key, c);
}

static int do_change(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	const struct change *c = arg;
	return (c->add ? wf_txn_add_key : wf_txn_del_key)(t, c->key.bytes, c->key.n);
}

static void change(struct place *p, struct change *c, bool add)
{
	c->add = add;
	assert_int_equal(wf_journal_update(p->journal, do_change, c, &p->cause), 0);
}

struct said {
	const char *what;
	unsigned times;
};

static void listen(void *arg, const char *text)
{
	struct said *s = arg;
	if (strstr(text, s->what))
		s->times++;
}

static void assert_said(struct place *p, const char *what)
{
	struct said s = {what, 0};
	assert_int_equal(wf_journal_check(p->journal, listen, &s, &p->cause), WF_ECORRUPT);
	if (!s.times)
		print_message("nothing says %s\n", what);
	assert_true(s.times > 0);
}

static int reading(struct place *p, wf_txn_fn *read)
{
	uint64_t sink = 0;
	return read ? wf_journal_view(p->journal, read, &sink, &p->cause) : 0;
}

static void missing(void **state)
{
	struct place *p = *state;
	fill(p);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct change c = {.kind = kinds[i].kind};
		assert_int_equal(wf_journal_view(p->journal, find_first, &c, &p->cause), 0);
		assert_true(c.key.n > 0);
		change(p, &c, false);
		WF_AUTOFREE char *what = wf_asprintf("index by %s is missing",
			wf_index_name(kinds[i].kind));
		assert_said(p, what);
		assert_int_equal(reading(p, kinds[i].read), kinds[i].counted ? WF_ECORRUPT : 0);
		change(p, &c, true);
		assert_sound(p);
	}
}

/* The number that an entry is about is another's: of one that is not there. */
static void stray(void **state)
{
	struct place *p = *state;
	fill(p);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct change c = {.kind = kinds[i].kind};
		assert_int_equal(wf_journal_view(p->journal, find_first, &c, &p->cause), 0);
		c.key.bytes[wf_index_number_at(c.kind) + 7] ^= 1;
		change(p, &c, true);
		WF_AUTOFREE char *what = wf_asprintf("index by %s holds what",
			wf_index_name(kinds[i].kind));
		assert_said(p, what);
		if (kinds[i].read)
			assert_int_equal(reading(p, kinds[i].read), WF_ECORRUPT);
		change(p, &c, false);
		assert_sound(p);
	}
}

/* -- rows and counts -- */

static int spoil_slot(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)arg;
	(void)cause;
	char name[] = "x";
	const struct wf_slot s = {.name = name, .held = 2, .queued = 1, .most = 1};
	struct wf_index_key key = wf_slot_key(&t->journal->seal, name);
	WF_AUTOBUF struct wf_buf row = {0};
	wf_slot_put(&s, &row);
	return wf_txn_put_own(t, &key, &row);
}

static int drop_slot(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)arg;
	(void)cause;
	struct wf_index_key key = wf_slot_key(&t->journal->seal, "x");
	return wf_txn_del(t, WF_TABLE_INSTANCES, key.bytes, key.n);
}

static void slots_that_count_wrong(void **state)
{
	struct place *p = *state;
	fill(p);
	assert_int_equal(wf_journal_update(p->journal, spoil_slot, NULL, &p->cause), 0);
	assert_said(p, "counts other than the index holds");
	assert_int_equal(reading(p, read_held), WF_ECORRUPT);
	assert_int_equal(wf_journal_update(p->journal, drop_slot, NULL, &p->cause), 0);
	assert_said(p, "count other places than the instances take");
	/* Who leaves a slot that knows of nobody is told. */
	struct wf_instance *in = get(p, 1);
	set_status(in, WF_INST_COMPLETED);
	assert_int_equal(put(p, &in, 1, false), WF_ECORRUPT);
	wf_instance_free(in);
}

static int spoil_counts(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	(void)wf_txn_load_counts(t);
	t->counts_dirty = true;
	*(uint64_t *)(void *)((char *)&t->counts + *(const size_t *)arg) += 1;
	return 0;
}

static void counters(void **state)
{
	static const struct {
		size_t at;
		const char *name;
	} counts[] = {
		{offsetof(struct wf_counts, holds), "counter of holds"},
		{offsetof(struct wf_counts, events), "counter of events is"},
		{offsetof(struct wf_counts, undispatched), "counter of events to be dispatched"},
		{offsetof(struct wf_counts, signals), "counter of signals"},
		{offsetof(struct wf_counts, schedules), "counter of schedules"},
	};
	struct place *p = *state;
	fill(p);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		size_t at = counts[i].at;
		assert_int_equal(wf_journal_update(p->journal, spoil_counts, &at, &p->cause), 0);
		assert_said(p, counts[i].name);
	}
}

static int spoil_row(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	WF_AUTOBUF struct wf_buf row = {0};
	wf_buf_addstr(&row, "\377no row of any kind");
	const struct wf_index_key *k = arg;
	return wf_txn_put(t, WF_TABLE_INSTANCES, k->bytes, k->n, row.data, row.len);
}

static bool count_record(void *arg, json_t *record)
{
	(void)record;
	++*(unsigned *)arg;
	return true;
}

/* Rows of each kind that say nothing are found, and stand in nobody's way. */
static void unreadable_rows(void **state)
{
	struct place *p = *state;
	fill(p);
	static const enum wf_row_kind rows[] = {WF_ROW_THREAD, WF_ROW_SIGNAL, WF_ROW_SIGNAL_TAKEN,
		WF_ROW_TAKEN};
	struct wf_index_key k;
	for (size_t i = 0; i < 4; i++) {
		k.n = WF_ROW_KEY;
		wf_row_key(2, rows[i], 1, k.bytes);
		assert_int_equal(wf_journal_update(p->journal, spoil_row, &k, &p->cause), 0);
	}
	k = wf_own_key(WF_OWN_EVENT, 8);
	assert_int_equal(wf_journal_update(p->journal, spoil_row, &k, &p->cause), 0);
	assert_said(p, "the event cannot be read");
	k = wf_own_key(WF_OWN_SCHEDULE, 8);
	assert_int_equal(wf_journal_update(p->journal, spoil_row, &k, &p->cause), 0);
	assert_said(p, "the schedule cannot be read");
	assert_said(p, "the signal cannot be read");
	assert_said(p, "the row cannot be read");
	unsigned records = 0;
	assert_int_equal(wf_journal_dump(p->journal, count_record, &records, &p->cause), 0);
	assert_true(records > 30);
}

struct dumped {
	char kinds[600];
	unsigned wrong;
};

static bool keep_kind(void *arg, json_t *record)
{
	struct dumped *d = arg;
	const char *kind = json_string_value(json_object_get(record, "kind"));
	bool index = strcmp(kind, "index") == 0;
	if (json_object_get(record, "error") || (!index && !json_object_get(record, "value")))
		d->wrong++;
	WF_AUTOFREE char *word = wf_asprintf(" %s ", kind);
	size_t n = strlen(d->kinds);
	if (!strstr(d->kinds, word))
		(void)snprintf(d->kinds + n, sizeof(d->kinds) - n, "%s", word);
	return true;
}

static int take_all(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	uint32_t seq;
	(void)arg;
	(void)cause;
	json_t *signal = json_pack("{s:s,s:s}", "name", "go", "id", "y");
	(void)wf_txn_put_signal(t, 2, signal, &seq);
	json_decref(signal);
	(void)wf_txn_drop_signal(t, 2, seq);
	return wf_txn_take_event(t, 2, 1);
}

static void dumped_whole(void **state)
{
	static const char *const names[] = {"journal", "counts", "plan", "hold", "event", "schedule",
		"slot", "identity", "input", "header", "step", "history", "thread", "signal",
		"signal_taken", "event_taken", "index"};
	struct place *p = *state;
	struct dumped d = {0};
	fill(p);
	struct wf_instance *in = get(p, 2);
	in->threads[wf_instance_add_thread(in)].dirty = in->dirty = true;
	assert_int_equal(put(p, &in, 1, true), 0);
	wf_instance_free(in);
	assert_int_equal(wf_journal_update(p->journal, take_all, NULL, &p->cause), 0);
	assert_int_equal(wf_journal_dump(p->journal, keep_kind, &d, &p->cause), 0);
	assert_int_equal(d.wrong, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		WF_AUTOFREE char *word = wf_asprintf(" %s ", names[i]);
		if (!strstr(d.kinds, word))
			print_message("no %s in%s\n", names[i], d.kinds);
		assert_non_null(strstr(d.kinds, word));
	}
	assert_sound(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(missing), TEST(stray), TEST(slots_that_count_wrong),
		TEST(counters), TEST(unreadable_rows), TEST(dumped_whole)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

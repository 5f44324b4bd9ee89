/*
 * A journal of format 1: its header, its counters and its rows are written by hand as that version did. It
 * is read as it stands, and raised by the first open for writing that is alone with it. One of format 3
 * knows nothing of when histories expire: raising it says so.
 */
#include "common.h"

#include "journal/private.h"

#include <fcntl.h>

#define BOUND (8 + 4 + 16 + 8 + 16) /* what the data key's seal covers */

/* A step that waits for an approval with the name and the quorum of version 1, and its number. */
static void put_old_step(struct wf_txn *t, uint64_t number, uint32_t step)
{
	WF_AUTOBUF struct wf_buf row = {0};
	wf_put_varint(&row, 1u << 0 | 1u << 3 | 1u << 11); /* wait, started, approval */
	wf_put_u8(&row, WF_STEP_WAITING);
	wf_put_u8(&row, WF_WAIT_APPROVAL);
	wf_put_varint(&row, (uint64_t)T0 << 1);
	wf_put_u8(&row, 1u << 0 | 1u << 1); /* number, approvers */
	wf_put_varint(&row, 2);             /* needed */
	wf_put_varint(&row, (uint64_t)T0 << 1);
	wf_put_varint(&row, 1);
	wf_put_string(&row, "[\"bo\",\"cy\"]");
	(void)wf_txn_put_row(t, number, WF_ROW_STEP, step, &row);
}

static int put_version(struct wf_txn *t, uint8_t version, struct wf_cause *cause)
{
	static const char header = WF_META_HEADER;
	uint8_t master[WF_SEAL_KEY], data_key[WF_SEAL_KEY], record[BOUND + 72];
	const uint8_t *now;
	size_t n;
	void *room;
	memcpy(master, t->journal->home->master, sizeof(master));
	assert_int_equal(wf_store_get(t->store, WF_TABLE_META, &header, 1, &now, &n, cause), 0);
	assert_int_equal(n, sizeof(record));
	memcpy(record, now, n);
	assert_true(wf_seal_unwrap(master, record, BOUND, record + BOUND, data_key));
	record[8] = version;
	wf_seal_wrap(master, record, BOUND, data_key, record + BOUND);
	assert_int_equal(wf_store_put(t->store, WF_TABLE_META, &header, 1, n, &room, cause), 0);
	memcpy(room, record, n);
	return 0;
}

static int make_old(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)arg;
	static const char counts = WF_META_COUNTS;
	assert_int_equal(put_version(t, 1, cause), 0);
	WF_AUTOBUF struct wf_buf row = {0};
	const uint64_t old[] = {3, 2, 1, 0, 1, 1, 9, 0, 1, 1, 0, 0, 0, 0, 0, 0};
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		wf_put_varint(&row, old[i]);
	(void)wf_txn_put(t, WF_TABLE_META, &counts, 1, row.data, row.len);
	put_old_step(t, 2, 1);
	return t->err;
}

/* Two instances, the second of which waits for an approval. */
static void make_old_journal(struct place *p)
{
	struct wf_instance *in[2] = {new_instance("a", T0), new_instance("b", T0)};
	in[1]->status = WF_INST_WAITING;
	open_approval(in[1], 1);
	assert_int_equal(put(p, in, 1, true), 0);
	assert_int_equal(put(p, in + 1, 1, false), 0);
	assert_int_equal(wf_journal_update(p->journal, make_old, NULL, &p->cause), 0);
	wf_instance_free(in[0]);
	wf_instance_free(in[1]);
	close_place(p);
}

static uint32_t format_of(struct place *p)
{
	struct wf_journal_stat s;
	assert_int_equal(wf_journal_stat(p->journal, &s, &p->cause), 0);
	assert_int_equal(s.instances, 2);
	assert_int_equal(s.approvals, 1);
	return s.format_version;
}

static void look_at_old_rows(struct place *p)
{
	struct wf_instance *in = get(p, 2);
	struct wf_approval *a = in->steps[1].approval;
	assert_non_null(a);
	assert_int_equal(a->number, 1);
	json_t *asked = wf_approval_asked(a);
	assert_int_equal(json_array_size(asked), 2);
	json_decref(asked);
	assert_int_equal(wf_approval_needed(a), 2);
	assert_int_equal(in->thread_count, 1);
	assert_null(in->start_key);
	wf_instance_free(in);
}

static bool see_deadline(void *arg, const struct wf_open_approval *o)
{
	assert_int_equal(o->approval, 1);
	assert_int_equal(o->instance, 2);
	assert_int_equal(o->step, 1);
	assert_int_equal(wf_approval_needed(o->state->approval), 2);
	++*(unsigned *)arg;
	return true;
}

static int each_deadline(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	*(unsigned *)arg = 0;
	return wf_txn_each_deadline(t, see_deadline, arg);
}

/* Found by the end of its time, whether or not there is an index of that yet. */
static void look_at_deadlines(struct place *p)
{
	unsigned seen = 0;
	assert_int_equal(wf_journal_view(p->journal, each_deadline, &seen, &p->cause), 0);
	assert_int_equal(seen, 1);
}

/* The version in the file's bytes. */
static unsigned version_in_file(struct place *p)
{
	WF_AUTOFREE char *path = data_file(p);
	struct wf_journal *copy = NULL;
	assert_int_equal(wf_journal_open_file(p->home, path, &copy, &p->cause), 0);
	unsigned v = copy->format;
	wf_journal_close(copy);
	return v;
}

static void read_as_it_stands(void **state)
{
	struct place *p = *state;
	make_old_journal(p);
	assert_int_equal(open_place(p, WF_JOURNAL_READ, 0), 0);
	assert_int_equal(format_of(p), 1);
	look_at_old_rows(p);
	look_at_deadlines(p);
	assert_sound(p);
	close_place(p);
	assert_int_equal(open_place(p, WF_JOURNAL_READ, 0), 0);
	assert_int_equal(format_of(p), 1);
}

static void raised_by_a_writer(void **state)
{
	struct place *p = *state;
	make_old_journal(p);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	assert_int_equal(format_of(p), 4);
	look_at_old_rows(p);
	look_at_deadlines(p);
	assert_sound(p);
	struct wf_instance *in = new_instance("c", T0);
	in->start_key = wf_strdup("k");
	assert_int_equal(put(p, &in, 1, true), 0);
	assert_int_equal(in->number, 3);
	struct wf_instance *old = get(p, 2);
	set_status(old, WF_INST_COMPLETED);
	wf_instance_touch(old, 1);
	assert_int_equal(put(p, &old, 1, true), 0);
	assert_sound(p);
	wf_instance_free(in);
	wf_instance_free(old);
	close_place(p);
	/* Once and for all; the lock that raising needed is shared again. */
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	int fd;
	WF_AUTOFREE char *folder = wf_asprintf("%s/journals/default/default", p->path);
	assert_int_equal(wf_journal_lock(folder, false, 0, &fd, &p->cause), 0);
	assert_int_equal(close(fd), 0);
	assert_sound(p);
}

static void a_backup_is_raised_when_it_is_back(void **state)
{
	struct place *p = *state;
	make_old_journal(p);
	assert_int_equal(open_place(p, WF_JOURNAL_READ, 0), 0);
	WF_AUTOFREE char *to = wf_asprintf("%s/backup", p->path);
	assert_int_equal(wf_journal_backup(p->journal, to, &p->cause), 0);
	assert_int_equal(wf_journal_restore(p->home, "default", "again", to, false, &p->cause), 0);
	struct wf_journal *j;
	assert_int_equal(wf_journal_open(p->home, "default", "again", WF_JOURNAL_WRITE, &j,
		&p->cause), 0);
	assert_int_equal(j->format, 4);
	wf_journal_close(j);
	close_place(p);
	assert_int_equal(wf_home_open(p->path, NULL, &p->home, &p->cause), 0);
	assert_int_equal(version_in_file(p), 1);
}

/* Not while another has it open, who may know format 1 alone. */
static void not_under_another(void **state)
{
	struct place *p = *state;
	make_old_journal(p);
	WF_AUTOFREE char *folder = wf_asprintf("%s/journals/default/default", p->path);
	int fd;
	assert_int_equal(wf_journal_lock(folder, false, 0, &fd, &p->cause), 0);
	assert_int_equal(wf_home_open(p->path, NULL, &p->home, &p->cause), 0);
	p->home->lock_wait_ms = 0;
	assert_int_equal(wf_journal_open(p->home, "default", "default", WF_JOURNAL_WRITE, &p->journal,
		&p->cause), WF_EBUSY);
	assert_non_null(strstr(p->cause.hint, "raised"));
	close_place(p);
	assert_int_equal(open_place(p, WF_JOURNAL_READ, 0), 0);
	assert_int_equal(format_of(p), 1);
	close_place(p);
	assert_int_equal(close(fd), 0);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	assert_int_equal(format_of(p), 4);
}

/* A seal that is of another version than the bytes say is damage, not an older format. */
static void another_version_is_not_believed(void **state)
{
	struct place *p = *state;
	make_old_journal(p);
	WF_AUTOFREE char *path = data_file(p);
	WF_AUTOBUF struct wf_buf b = {0};
	assert_int_equal(wf_read_file(path, 1u << 24, &b, NULL), 0);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (size_t i = 0; i + 12 < b.len; i++)
		if (memcmp(b.data + i, "WFJOURN\n\1", 9) == 0)
			assert_int_equal(pwrite(fd, "\2", 1, (off_t)i + 8), 1);
	assert_int_equal(close(fd), 0);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), WF_ECORRUPT);
}

/* -- format 3 -- */

/* A plan that has nothing but how long it keeps logs. */
static void encode_keeping(const char *retention, struct wf_buf *bytes, uint8_t id[WF_HASH_SIZE])
{
	struct wf_plan_builder b;
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};
	wf_plan_builder_init(&b);
	b.plan.workflow = wf_plan_add_string(&b, "keeps");
	json_t *extra = json_pack("{s:{s:s}}", "execution_log", "retention", retention);
	b.plan.extra = wf_plan_add_const(&b, extra);
	json_decref(extra);
	wf_plan_emit(&b, WF_OP_UNDEF, 0, 0);
	wf_plan_emit(&b, WF_OP_FINISH, 0, wf_plan_add_string(&b, "success"));
	wf_plan_encode(&b, bytes);
	wf_plan_builder_done(&b);
	if (wf_plan_load(bytes->data, bytes->len, &plan, &cause))
		fail_msg("the plan cannot be loaded: %s", cause.text);
	memcpy(id, plan->id, WF_HASH_SIZE);
	wf_plan_free(plan);
}

static int put_keeping(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf bytes = {0};
	uint8_t id[WF_HASH_SIZE];
	(void)cause;
	encode_keeping(arg, &bytes, id);
	return wf_txn_put_plan(t, id, bytes.data, bytes.len);
}

static uint64_t put_ended(struct place *p, const char *retention, int64_t ended_at)
{
	WF_AUTOBUF struct wf_buf bytes = {0};
	struct wf_instance *in = new_instance("keeps", T0);
	if (retention) {
		encode_keeping(retention, &bytes, in->plan_id);
		assert_int_equal(wf_journal_update(p->journal, put_keeping,
			(void *)(uintptr_t)retention, &p->cause), 0);
	}
	assert_int_equal(put(p, &in, 1, true), 0);
	set_status(in, ended_at ? WF_INST_COMPLETED : WF_INST_WAITING);
	in->ended_at = ended_at;
	assert_int_equal(put(p, &in, 1, true), 0);
	uint64_t number = in->number;
	wf_instance_free(in);
	return number;
}

static int prune_third(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	uint64_t removed;
	(void)arg;
	(void)cause;
	return wf_txn_prune_history(t, 3, T0, 100, &removed);
}

static int make_third(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)arg;
	return put_version(t, 3, cause);
}

static int64_t expiry_of(struct place *p, uint64_t number)
{
	struct wf_instance *in = get(p, number);
	int64_t at = in->expires_at;
	wf_instance_free(in);
	return at;
}

#define DAY INT64_C(86400000)

/* As that version left them: who has ended, by plans that keep and that do not, who was pruned, who waits,
 * and who ran by a plan that cannot be read. */
static void expiry_is_given(void **state)
{
	struct place *p = *state;
	assert_int_equal(put_ended(p, "P30D", T0 + 5), 1);
	assert_int_equal(put_ended(p, "PT0S", T0 + 5), 2);
	assert_int_equal(put_ended(p, "P30D", T0 + 6), 3);
	assert_int_equal(put_ended(p, "P30D", 0), 4);
	assert_int_equal(put_ended(p, NULL, T0 + 7), 5);
	assert_int_equal(put_ended(p, "P1D", T0 + 8), 6);
	assert_int_equal(put_ended(p, "P9000Y", T0 + 9), 7);
	assert_int_equal(wf_journal_update(p->journal, prune_third, NULL, &p->cause), 0);
	assert_int_equal(wf_journal_update(p->journal, make_third, NULL, &p->cause), 0);
	close_place(p);
	assert_int_equal(open_place(p, WF_JOURNAL_READ, 0), 0);
	assert_int_equal(wf_journal_format(p->journal), 3);
	assert_int_equal(expiry_of(p, 1), 0);
	assert_sound(p);
	close_place(p);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	assert_int_equal(wf_journal_format(p->journal), 4);
	assert_sound(p);
	assert_int_equal(expiry_of(p, 1), T0 + 5 + 30 * DAY);
	assert_int_equal(expiry_of(p, 6), T0 + 8 + DAY);
	for (uint64_t number = 2; number <= 7; number += number == 5 ? 2 : 1)
		assert_int_equal(expiry_of(p, number), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(read_as_it_stands), TEST(raised_by_a_writer),
		TEST(a_backup_is_raised_when_it_is_back), TEST(not_under_another),
		TEST(another_version_is_not_believed),
		TEST(expiry_is_given)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

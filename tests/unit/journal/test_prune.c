/* Pruned histories: what goes, what stays, what may come after it, and what the check finds missing. */
#include "unit/journal/common.h"

#include "journal/private.h"

struct pruning {
	uint64_t number, removed, upto, most;
	int64_t at;
	uint64_t seqs[8], count; /* of the records that are left */
};

static bool note(void *arg, uint64_t seq, const void *bytes, size_t n)
{
	struct pruning *x = arg;
	struct wf_record r;
	assert_int_equal(wf_record_get(bytes, n, &r), 0);
	wf_record_done(&r);
	assert_true(x->count < 8);
	x->seqs[x->count++] = seq;
	return true;
}

static int prune(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct pruning *x = arg;
	(void)cause;
	return wf_txn_prune_history(t, x->number, 5000, x->most ? x->most : 100, &x->removed);
}

/* What has expired by a time, the earliest first; what a commit of those removed. */
struct expiry {
	int64_t until, next;
	uint64_t numbers[8];
	int64_t since[8];
	size_t count, most;
	struct wf_pruned done;
};

static bool note_expired(void *arg, uint64_t number, int64_t since)
{
	struct expiry *e = arg;
	assert_true(e->count < 8);
	e->since[e->count] = since;
	e->numbers[e->count++] = number;
	return true;
}

static int look_at_expired(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct expiry *e = arg;
	(void)cause;
	e->count = 0;
	int rc = wf_txn_next_expiry(t, &e->next);
	return rc ? rc : wf_txn_each_expired(t, e->until, note_expired, e);
}

static int prune_expired(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct expiry *e = arg;
	(void)cause;
	return wf_txn_prune_expired(t, e->until, e->most, &e->done);
}

static int look(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct pruning *x = arg;
	(void)cause;
	x->count = 0;
	int rc = wf_txn_pruned(t, x->number, &x->upto, &x->at);
	return rc ? rc : wf_txn_each_history(t, x->number, 0, note, x);
}

static struct wf_instance *ended(struct place *p, const char *workflow)
{
	struct wf_instance *in = new_instance(workflow, 1000);
	assert_int_equal(put(p, &in, 1, true), 0);
	assert_int_equal(put(p, &in, 1, true), 0);
	set_status(in, WF_INST_FAILED);
	in->ended_at = 2000;
	assert_int_equal(put(p, &in, 1, true), 0);
	return in;
}

static void test_goes_and_comes(void **state)
{
	struct place *p = *state;
	struct wf_instance *other = ended(p, "other"), *in = ended(p, "one");
	struct pruning x = {.number = in->number};
	struct wf_journal_stat before, after;
	assert_int_equal(wf_journal_stat(p->journal, &before, &p->cause), 0);
	assert_int_equal(wf_journal_update(p->journal, prune, &x, &p->cause), 0);
	assert_int_equal(x.removed, 3);
	assert_sound(p);
	assert_int_equal(wf_journal_stat(p->journal, &after, &p->cause), 0);
	assert_int_equal(after.history_records, before.history_records - 3);
	assert_int_equal(wf_journal_view(p->journal, look, &x, &p->cause), 0);
	assert_int_equal(x.upto, 3);
	assert_int_equal(x.at, 5000);
	assert_int_equal(x.count, 0);
	/* once more is nothing */
	assert_int_equal(wf_journal_update(p->journal, prune, &x, &p->cause), 0);
	assert_int_equal(x.removed, 0);
	/* what a retry adds is numbered behind */
	set_status(in, WF_INST_RUNNING);
	assert_int_equal(put(p, &in, 1, true), 0);
	assert_sound(p);
	assert_int_equal(wf_journal_view(p->journal, look, &x, &p->cause), 0);
	assert_int_equal(x.count, 1);
	assert_int_equal(x.seqs[0], 3);
	/* it goes again, and the row knows of all */
	set_status(in, WF_INST_COMPLETED);
	assert_int_equal(put(p, &in, 1, false), 0);
	assert_int_equal(wf_journal_update(p->journal, prune, &x, &p->cause), 0);
	assert_int_equal(x.removed, 1);
	assert_int_equal(wf_journal_view(p->journal, look, &x, &p->cause), 0);
	assert_int_equal(x.upto, 4);
	assert_sound(p);
	x.number = other->number;
	assert_int_equal(wf_journal_view(p->journal, look, &x, &p->cause), 0);
	assert_int_equal(x.upto, 0);
	assert_int_equal(x.count, 3);
	wf_instance_free(in);
	wf_instance_free(other);
}

static void test_refused(void **state)
{
	struct place *p = *state;
	struct wf_instance *in = new_instance("one", 1000);
	assert_int_equal(put(p, &in, 1, true), 0);
	struct pruning x = {.number = in->number};
	assert_int_equal(wf_journal_update(p->journal, prune, &x, &p->cause), WF_ECONFLICT);
	x.number = 99;
	assert_int_equal(wf_journal_update(p->journal, prune, &x, &p->cause), WF_ENOENT);
	assert_sound(p);
	wf_instance_free(in);
}

static int drop_pruned_row(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	uint8_t key[WF_ROW_KEY];
	(void)cause;
	wf_row_key(*(uint64_t *)arg, WF_ROW_PRUNED, 0, key);
	return wf_txn_del(t, WF_TABLE_INSTANCES, key, sizeof(key));
}

static int drop_a_record(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	uint8_t key[WF_ROW_KEY];
	(void)cause;
	wf_row_key(*(uint64_t *)arg, WF_ROW_HISTORY, 0, key);
	return wf_txn_del(t, WF_TABLE_INSTANCES, key, sizeof(key));
}

/* Only what was pruned may be missing. */
static void test_missing(void **state)
{
	struct place *p = *state;
	struct wf_instance *in = ended(p, "one"), *other = ended(p, "other");
	struct pruning x = {.number = in->number};
	unsigned defects = 0;
	assert_int_equal(wf_journal_update(p->journal, prune, &x, &p->cause), 0);
	assert_int_equal(wf_journal_update(p->journal, drop_pruned_row, &in->number, &p->cause), 0);
	assert_int_equal(wf_journal_check(p->journal, quiet_defect, &defects, &p->cause),
		WF_ECORRUPT);
	assert_int_equal(defects, 1);
	defects = 0;
	assert_int_equal(wf_journal_update(p->journal, drop_a_record, &other->number, &p->cause), 0);
	assert_int_equal(wf_journal_check(p->journal, quiet_defect, &defects, &p->cause),
		WF_ECORRUPT);
	assert_true(defects > 1);
	wf_instance_free(in);
	wf_instance_free(other);
}

static struct wf_instance *expiring(struct place *p, const char *workflow, int64_t at)
{
	struct wf_instance *in = ended(p, workflow);
	in->expires_at = at;
	in->dirty = true;
	assert_int_equal(put(p, &in, 1, false), 0);
	return in;
}

/* Who ended has an entry by when its history expires, until that is gone or it is begun again. */
static void test_index(void **state)
{
	struct place *p = *state;
	struct wf_instance *ever = ended(p, "ever"), *late = expiring(p, "late", 9000);
	struct wf_instance *soon = expiring(p, "soon", 4000), *again = expiring(p, "again", 4001);
	struct expiry e = {.until = 8999, .most = 100};
	assert_sound(p);
	assert_int_equal(wf_journal_view(p->journal, look_at_expired, &e, &p->cause), 0);
	assert_int_equal(e.next, 4000);
	assert_int_equal(e.count, 2);
	assert_int_equal(e.numbers[0], soon->number);
	assert_int_equal(e.since[0], 4000);
	assert_int_equal(e.numbers[1], again->number);
	again->expires_at = again->ended_at = 0;
	set_status(again, WF_INST_RUNNING);
	assert_int_equal(put(p, &again, 1, true), 0);
	assert_sound(p);
	assert_int_equal(wf_journal_update(p->journal, prune_expired, &e, &p->cause), 0);
	assert_int_equal(e.done.instances, 1);
	assert_int_equal(e.done.records, 3);
	assert_false(e.done.more);
	assert_sound(p);
	assert_int_equal(wf_journal_view(p->journal, look_at_expired, &e, &p->cause), 0);
	assert_int_equal(e.next, 9000);
	assert_int_equal(e.count, 0);
	struct wf_instance *left = get(p, soon->number);
	assert_int_equal(left->expires_at, 0);
	assert_int_equal(left->ended_at, 2000);
	assert_int_equal(left->history, 3);
	struct wf_instance *kept = get(p, late->number);
	assert_int_equal(kept->expires_at, 9000);
	wf_instance_free(left);
	wf_instance_free(kept);
	wf_instance_free(ever);
	wf_instance_free(late);
	wf_instance_free(soon);
	wf_instance_free(again);
}

/* A history goes in parts; what was begun is gone on with, and its entry goes with the last part. */
static void test_in_parts(void **state)
{
	struct place *p = *state;
	struct wf_instance *in = expiring(p, "one", 4000), *other = expiring(p, "other", 4000);
	struct pruning x = {.number = in->number, .most = 2};
	struct expiry e = {.until = 4000, .most = 1};
	assert_int_equal(wf_journal_update(p->journal, prune, &x, &p->cause), 0);
	assert_int_equal(x.removed, 2);
	assert_int_equal(wf_journal_view(p->journal, look, &x, &p->cause), 0);
	assert_int_equal(x.upto, 2);
	assert_int_equal(x.count, 1);
	assert_int_equal(x.seqs[0], 2);
	assert_sound(p);
	assert_int_equal(wf_journal_view(p->journal, look_at_expired, &e, &p->cause), 0);
	assert_int_equal(e.count, 2);
	assert_int_equal(wf_journal_update(p->journal, prune_expired, &e, &p->cause), 0);
	assert_int_equal(e.done.instances, 1);
	assert_int_equal(e.done.records, 1);
	assert_true(e.done.more);
	assert_int_equal(wf_journal_view(p->journal, look, &x, &p->cause), 0);
	assert_int_equal(x.upto, 3);
	assert_sound(p);
	assert_int_equal(wf_journal_update(p->journal, prune_expired, &e, &p->cause), 0);
	assert_int_equal(e.done.records, 3);
	assert_int_equal(wf_journal_update(p->journal, prune_expired, &e, &p->cause), 0);
	assert_int_equal(e.done.instances, 0);
	assert_false(e.done.more);
	assert_sound(p);
	wf_instance_free(in);
	wf_instance_free(other);
}

static int change_entry(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	const struct wf_instance *in = arg;
	struct wf_index_key right = wf_index_timer(WF_INDEX_EXPIRY, in->expires_at, in->number);
	struct wf_index_key wrong = wf_index_timer(WF_INDEX_EXPIRY, in->expires_at - 1, in->number);
	(void)cause;
	(void)wf_txn_del_key(t, right.bytes, right.n);
	return in->dirty ? wf_txn_add_key(t, wrong.bytes, wrong.n) : 0;
}

/* The check proves the index both ways, and who goes by it believes no entry that its instance denies. */
static void test_index_damaged(void **state)
{
	struct place *p = *state;
	struct wf_instance *in = expiring(p, "one", 4000);
	struct expiry e = {.until = 8000, .most = 100};
	unsigned defects = 0;
	in->dirty = false;
	assert_int_equal(wf_journal_update(p->journal, change_entry, in, &p->cause), 0);
	assert_int_equal(wf_journal_check(p->journal, quiet_defect, &defects, &p->cause),
		WF_ECORRUPT);
	assert_int_equal(defects, 1);
	in->dirty = true;
	assert_int_equal(wf_journal_update(p->journal, change_entry, in, &p->cause), 0);
	defects = 0;
	assert_int_equal(wf_journal_check(p->journal, quiet_defect, &defects, &p->cause),
		WF_ECORRUPT);
	assert_int_equal(defects, 1);
	assert_int_equal(wf_journal_update(p->journal, prune_expired, &e, &p->cause), WF_ECORRUPT);
	struct wf_instance *left = get(p, in->number);
	assert_int_equal(left->expires_at, 4000);
	wf_instance_free(left);
	wf_instance_free(in);
}

/* With the instance goes its entry. */
static int drop(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_drop_instance(t, *(uint64_t *)arg);
}

static void test_index_of_dropped(void **state)
{
	struct place *p = *state;
	struct wf_instance *in = expiring(p, "one", 4000);
	struct expiry e = {.until = 8000};
	assert_int_equal(wf_journal_update(p->journal, drop, &in->number, &p->cause), 0);
	assert_sound(p);
	assert_int_equal(wf_journal_view(p->journal, look_at_expired, &e, &p->cause), 0);
	assert_int_equal(e.next, 0);
	wf_instance_free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_goes_and_comes, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_refused, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_missing, place_setup, place_teardown),
		TEST(test_index),
		TEST(test_in_parts),
		TEST(test_index_damaged),
		TEST(test_index_of_dropped),
	};

	return cmocka_run_group_tests_name("prune", tests, NULL, NULL);
}

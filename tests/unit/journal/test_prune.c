/* Pruned histories: what goes, what stays, what may come after it, and what the check finds missing. */
#include "unit/journal/common.h"

#include "journal/private.h"

struct pruning {
	uint64_t number, removed, upto;
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
	return wf_txn_prune_history(t, x->number, 5000, &x->removed);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_goes_and_comes, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_refused, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_missing, place_setup, place_teardown),
	};

	return cmocka_run_group_tests_name("prune", tests, NULL, NULL);
}

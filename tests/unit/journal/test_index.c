/* Entries of indexes are not sealed: one that lies, or that is not there, is found by who reads them. */
#include "common.h"

#include "journal/private.h"

enum { INSTANCES = 2 };

/* The entry goes; another comes in its place, unless its kind is none. */
struct lie {
	struct wf_index_key out, in;
};

static int tell(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	const struct lie *l = arg;
	(void)cause;
	wf_txn_drop_entry(t, &l->out);
	if (l->in.n)
		wf_txn_add_entry(t, &l->in);
	return t->err;
}

struct seen {
	unsigned count;
};

static bool see_due(void *arg, uint64_t number, int64_t due)
{
	(void)number;
	(void)due;
	((struct seen *)arg)->count++;
	return true;
}

static bool see_open(void *arg, const struct wf_open_approval *o)
{
	return see_due(arg, o->instance, 0);
}

static int each_due(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_due(t, T0 + 1000, see_due, arg);
}

static int each_approval(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_approval(t, see_open, arg);
}

static int each_deadline(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_deadline(t, see_open, arg);
}

static void say_nothing(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static void expect_found(struct place *p, wf_txn_fn *reading, const struct lie *lie)
{
	struct seen seen = {0};
	assert_int_equal(wf_journal_view(p->journal, reading, &seen, &p->cause), 0);
	assert_int_equal(seen.count, INSTANCES);
	assert_int_equal(
		wf_journal_update(p->journal, tell, (void *)(uintptr_t)lie, &p->cause), 0);
	assert_int_equal(wf_journal_view(p->journal, reading, &seen, &p->cause), WF_ECORRUPT);
	assert_int_not_equal(wf_journal_check(p->journal, say_nothing, NULL, &p->cause), 0);
}

static void fill(struct place *p)
{
	struct wf_instance *in[INSTANCES];
	for (int i = 0; i < INSTANCES; i++) {
		in[i] = new_instance("asks", T0 + i);
		open_approval(in[i], 0);
		set_due(in[i], 1, T0 + 100 * (i + 1));
		set_status(in[i], WF_INST_WAITING);
	}
	assert_int_equal(put(p, in, INSTANCES, true), 0);
	assert_int_equal(wf_journal_check(p->journal, say_nothing, NULL, &p->cause), 0);
	for (int i = 0; i < INSTANCES; i++)
		wf_instance_free(in[i]);
}

static void a_timer_at_another_time(void **state)
{
	fill(*state);
	expect_found(*state, each_due, &(struct lie){
		.out = wf_index_timer(WF_INDEX_TIMER, T0 + 200, 2),
		.in = wf_index_timer(WF_INDEX_TIMER, T0 + 50, 2)});
}

static void a_timer_of_nobody(void **state)
{
	fill(*state);
	expect_found(*state, each_due, &(struct lie){
		.out = wf_index_timer(WF_INDEX_TIMER, T0 + 200, 2),
		.in = wf_index_timer(WF_INDEX_TIMER, T0 + 200, 77)});
}

static void an_approval_that_is_not_listed(void **state)
{
	fill(*state);
	expect_found(*state, each_approval, &(struct lie){
		.out = wf_index_approval(WF_INDEX_OPEN_APPROVAL, 2, 2, 0)});
}

static void an_approval_of_another_step(void **state)
{
	fill(*state);
	expect_found(*state, each_approval, &(struct lie){
		.out = wf_index_approval(WF_INDEX_OPEN_APPROVAL, 2, 2, 0),
		.in = wf_index_approval(WF_INDEX_OPEN_APPROVAL, 2, 2, 1)});
}

static void an_approval_whose_end_is_not_listed(void **state)
{
	fill(*state);
	expect_found(*state, each_deadline,
		&(struct lie){.out = wf_index_deadline(INT64_MAX, 2, 2, 0)});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_timer_at_another_time),
		TEST(a_timer_of_nobody),
		TEST(an_approval_that_is_not_listed),
		TEST(an_approval_of_another_step),
		TEST(an_approval_whose_end_is_not_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

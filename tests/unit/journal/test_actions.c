/* Action definitions in the journal: versions, the content's address, damage. */
#include "common.h"

#include "journal/check.h"
#include "journal/private.h"

struct put {
	const char *id, *version;
	int said;
	char *ret_version;
	bool fresh;
};

static int put_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct put *p = arg;
	(void)cause;
	struct wf_action_row a = {.id = wf_strdup(p->id),
		.version = p->version ? wf_strdup(p->version) : NULL, .registered_at = T0,
		.registered_by = wf_strdup("ann"), .definition = json_pack("{s:i}", "said", p->said)};
	wf_free(p->ret_version);
	p->ret_version = NULL;
	int rc = wf_txn_put_action(txn, &a, &p->ret_version, &p->fresh);
	wf_action_row_done(&a);
	return rc;
}

/* Puts, and compares what came of it: "1.0.0 new", "1.0.0 known", or the error. */
static void puts_as(struct place *p, const char *id, const char *version, int said, const char *expected)
{
	struct put put = {.id = id, .version = version, .said = said};
	WF_AUTOFREE char *got = NULL;
	int rc = wf_journal_update(p->journal, put_txn, &put, &p->cause);
	if (rc)
		got = wf_strdup(rc == WF_EEXIST ? "exists" : wf_strerror(rc));
	else
		got = wf_asprintf("%s %s", put.ret_version, put.fresh ? "new" : "known");
	wf_free(put.ret_version);
	assert_string_equal(got, expected);
}

static bool name_row(void *arg, const struct wf_action_row *a)
{
	wf_buf_printf(arg, "%s@%s=%d ", a->id, a->version,
		(int)json_integer_value(json_object_get(a->definition, "said")));
	return true;
}

static int names_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	wf_buf_reset(arg);
	return wf_txn_each_action(txn, name_row, arg);
}

static void holds(struct place *p, const char *expected)
{
	WF_AUTOBUF struct wf_buf text = {0};
	assert_int_equal(wf_journal_view(p->journal, names_txn, &text, &p->cause), 0);
	assert_string_equal(text.data ? text.data : "", expected);
}

struct drop {
	const char *id, *version;
};

static int drop_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	const struct drop *d = arg;
	(void)cause;
	return wf_txn_drop_action(txn, d->id, d->version);
}

static void test_versions(void **state)
{
	struct place p;
	(void)state;
	make_place(&p, 0);
	holds(&p, "");
	puts_as(&p, "b", "1.0.0", 1, "1.0.0 new");
	puts_as(&p, "b", "1.0.0", 1, "1.0.0 known");
	puts_as(&p, "b", "1.0.0", 2, "exists");
	puts_as(&p, "b", "0.9.0", 2, "0.9.0 new");
	puts_as(&p, "a", NULL, 1, "1 new");
	puts_as(&p, "a", NULL, 1, "1 known");
	puts_as(&p, "a", NULL, 2, "2 new");
	puts_as(&p, "a", NULL, 1, "3 new");
	/* by name, then as they were registered */
	holds(&p, "a@1=1 a@2=2 a@3=1 b@1.0.0=1 b@0.9.0=2 ");
	close_place(&p);
	assert_int_equal(open_place(&p, WF_JOURNAL_WRITE, 0), 0);
	holds(&p, "a@1=1 a@2=2 a@3=1 b@1.0.0=1 b@0.9.0=2 ");
	assert_int_equal(
		wf_journal_update(p.journal, drop_txn, &(struct drop){"a", "2"}, &p.cause), 0);
	assert_int_equal(
		wf_journal_update(p.journal, drop_txn, &(struct drop){"b", NULL}, &p.cause), 0);
	holds(&p, "a@1=1 a@3=1 ");
	assert_int_equal(
		wf_journal_update(p.journal, drop_txn, &(struct drop){"b", NULL}, &p.cause), WF_ENOENT);
	assert_int_equal(
		wf_journal_update(p.journal, drop_txn, &(struct drop){"a", "2"}, &p.cause), WF_ENOENT);
	drop_place(&p);
}

/* A row whose definition is not the one of its address is damage. */
static void test_address(void **state)
{
	WF_AUTOBUF struct wf_buf row = {0};
	struct wf_action_row a = {.id = wf_strdup("a"), .version = wf_strdup("1"),
		.definition = json_pack("{s:i}", "said", 1)}, back;
	(void)state;
	wf_action_row_put(&a, &row);
	assert_int_equal(wf_action_row_get(row.data, row.len, &back), WF_ECORRUPT);
	WF_AUTOFREE char *text = wf_json_text(a.definition);
	wf_hash(text, strlen(text), a.hash);
	wf_buf_reset(&row);
	wf_action_row_put(&a, &row);
	assert_int_equal(wf_action_row_get(row.data, row.len, &back), 0);
	assert_string_equal(back.id, "a");
	assert_null(back.registered_by);
	wf_action_row_done(&back);
	for (size_t n = 0; n < row.len; n++)
		assert_int_equal(wf_action_row_get(row.data, n, &back), WF_ECORRUPT);
	wf_action_row_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_address),
	};
	return cmocka_run_group_tests_name("actions in the journal", tests, NULL, NULL);
}

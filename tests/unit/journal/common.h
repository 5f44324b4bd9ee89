/* What the journal's tests share: a home in a temporary folder, instances to put in. */
#ifndef TESTS_UNIT_JOURNAL_COMMON_H
#define TESTS_UNIT_JOURNAL_COMMON_H

#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"
#include "journal/journal.h"
#include "plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char *path;
	struct wf_home *home;
	struct wf_journal *journal;
	struct wf_cause cause;
};

#define T0 INT64_C(1763633525123)

static inline void remove_tree(const char *path)
{
	WF_AUTOFREE char *command = wf_asprintf("chmod -R u+rwX '%s'; rm -rf '%s'", path, path);
	assert_int_equal(system(command), 0);
}

static inline int open_place(struct place *p, enum wf_journal_mode mode, uint64_t quota)
{
	struct wf_home_options options = {.max_bytes = quota};
	int rc = wf_home_open(p->path, &options, &p->home, &p->cause);
	if (!rc)
		rc = wf_journal_open(p->home, "default", "default", mode, &p->journal, &p->cause);
	return rc;
}

static inline void close_place(struct place *p)
{
	wf_journal_close(p->journal);
	wf_home_close(p->home);
	p->journal = NULL;
	p->home = NULL;
}

static inline void make_place(struct place *p, uint64_t quota)
{
	const char *base = getenv("TMPDIR");
	*p = (struct place){.path = wf_asprintf("%s/wfctl-test-XXXXXX", base ? base : "/tmp")};
	assert_non_null(mkdtemp(p->path));
	assert_int_equal(wf_home_init(p->path, "default", "default", &p->cause), 0);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, quota), 0);
}

static inline void drop_place(struct place *p)
{
	close_place(p);
	remove_tree(p->path);
	wf_free(p->path);
}

/* A test with a place of its own, which is its state. */
#define TEST(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)

static inline int place_setup(void **state)
{
	struct place *p = wf_calloc(1, sizeof(*p));
	make_place(p, 0);
	*state = p;
	return 0;
}

static inline int place_teardown(void **state)
{
	drop_place(*state);
	wf_free(*state);
	return 0;
}

static inline char *data_file(const struct place *p)
{
	return wf_asprintf("%s/journals/default/default/data.mdb", p->path);
}

/* -- instances -- */

static const char plan_bytes[] = "not a plan, but bytes with an id";

static inline struct wf_instance *new_instance(const char *workflow, int64_t at)
{
	struct wf_instance *in = wf_instance_new(3);
	in->uuid = wf_uuid_new(at);
	wf_hash(plan_bytes, sizeof(plan_bytes), in->plan_id);
	in->workflow = wf_strdup(workflow);
	in->version = wf_strdup("1");
	in->tenant = wf_strdup("default");
	in->environment = wf_strdup("default");
	in->started_by = wf_strdup("ana");
	in->os_user = wf_strdup("ana");
	in->created_at = in->started_at = in->updated_at = at;
	in->status = WF_INST_RUNNING;
	in->input = json_pack("{s:s, s:i}", "name", "value", "n", 41);
	return in;
}

static inline void set_status(struct wf_instance *in, enum wf_instance_status s)
{
	in->status = s;
	in->dirty = true;
}

static inline void set_due(struct wf_instance *in, uint32_t step, int64_t due)
{
	in->steps[step].due_at = due;
	in->steps[step].status = due ? WF_STEP_WAITING : WF_STEP_COMPLETED;
	wf_instance_touch(in, step);
}

static inline void open_approval(struct wf_instance *in, uint32_t step)
{
	struct wf_approval *a = wf_calloc(1, sizeof(*a));
	*a = (struct wf_approval){
		.groups = json_pack("[{s:i, s:[s]}]", "needed", 1, "asked", "bo"),
		.opened_at = in->created_at};
	in->steps[step].approval = a;
	in->steps[step].status = WF_STEP_WAITING;
	wf_instance_touch(in, step);
}

static inline void complete_step(struct wf_instance *in, uint32_t step)
{
	struct wf_step_state *s = &in->steps[step];
	s->status = WF_STEP_COMPLETED;
	s->visits = 1;
	s->started_at = s->ended_at = in->created_at;
	json_decref(s->output);
	s->output = json_pack("{s:i}", "n", 42);
	wf_instance_touch(in, step);
}

/* One history record: a start, or a success of a step. */
static inline void append_record(struct wf_txn *t, struct wf_instance *in,
	enum wf_event_type type)
{
	struct wf_transition tr[] = {{WF_TRANS_INSTANCE_STATUS, WF_NONE, WF_INST_RUNNING},
		{WF_TRANS_STEP_STATUS, 0, WF_STEP_COMPLETED},
		{WF_TRANS_STEP_STATUS, 1, WF_STEP_COMPLETED},
		{WF_TRANS_STEP_STATUS, 2, WF_STEP_COMPLETED}};
	struct wf_event e = {.type = type, .at = in->updated_at, .random = 0x12345678,
		.step = WF_NONE};
	WF_AUTOBUF struct wf_buf b = {0};
	wf_record_put(&e, tr, 4, &b);
	(void)wf_txn_append_history(t, in, b.data, b.len);
}

struct batch {
	struct wf_instance **items;
	size_t count;
	bool history;
	unsigned runs; /* how often the transaction was run */
};

static inline int put_batch(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct batch *b = arg;
	b->runs++;
	uint8_t id[WF_HASH_SIZE];
	wf_hash(plan_bytes, sizeof(plan_bytes), id);
	(void)wf_txn_put_plan(t, id, plan_bytes, sizeof(plan_bytes));
	for (size_t i = 0; i < b->count; i++) {
		if (b->history)
			append_record(t, b->items[i], WF_EVENT_START);
		(void)wf_txn_put_instance(t, b->items[i]);
	}
	return 0;
}

static inline int put(struct place *p, struct wf_instance **items, size_t count, bool history)
{
	struct batch b = {items, count, history, 0};
	int rc = wf_journal_update(p->journal, put_batch, &b, &p->cause);
	for (size_t i = 0; !rc && i < count; i++)
		wf_instance_written(items[i]);
	return rc;
}

struct wanted {
	uint64_t number;
	enum wf_load what;
	struct wf_instance *in;
};

static inline int read_instance(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct wanted *w = arg;
	return wf_txn_get_instance(t, w->number, w->what, &w->in);
}

static inline struct wf_instance *get(struct place *p, uint64_t number)
{
	struct wanted w = {number, WF_LOAD_ALL, NULL};
	int rc = wf_journal_view(p->journal, read_instance, &w, &p->cause);
	if (rc)
		print_message("get: %s\n", p->cause.text);
	assert_int_equal(rc, 0);
	return w.in;
}

/* -- checking -- */

static inline void show_defect(void *arg, const char *text)
{
	if (++*(unsigned *)arg <= 5)
		print_message("defect: %s\n", text);
}

static inline void quiet_defect(void *arg, const char *text)
{
	(void)text;
	++*(unsigned *)arg;
}

static inline void assert_sound(struct place *p)
{
	unsigned defects = 0;
	int rc = wf_journal_check(p->journal, show_defect, &defects, &p->cause);
	if (rc)
		print_message("check: %s\n", p->cause.text);
	assert_int_equal(rc, 0);
	assert_int_equal(defects, 0);
}

#endif

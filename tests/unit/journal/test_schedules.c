/* Schedules, what is due next, holds, and the triggers of definitions. */
#include "common.h"

#include "journal/waiting.h"

/* -- schedules -- */

struct work {
	struct wf_schedule s;
	const char *text;
	uint64_t id;
	int64_t until, next_due;
	char ids[100];
	size_t stop_at, count;
	int fail;
};

static struct wf_schedule a_schedule(const char *name, int64_t next)
{
	return (struct wf_schedule){.name = wf_strdup(name), .workflow = wf_strdup("deploy"),
		.spec = json_pack("{s:s}", "cron", "0 0 * * *"), .source = wf_strdup("user"),
		.created_at = T0, .updated_at = T0, .since = T0, .next_at = next,
		.next_nominal = next};
}

static int do_put(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct work *w = arg;
	uint64_t id = w->s.id;
	int rc = wf_txn_put_schedule(t, &w->s);
	if (w->fail)
		w->s.id = id;
	return rc ? rc : w->fail;
}

static int do_find(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct work *w = arg;
	return w->text ? wf_txn_find_schedule(t, w->text, &w->s) :
		wf_txn_get_schedule(t, w->id, &w->s);
}

static int do_drop(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	const struct work *w = arg;
	return wf_txn_drop_schedule(t, w->id);
}

static bool add_id(struct work *w, uint64_t id)
{
	size_t n = strlen(w->ids);
	(void)snprintf(w->ids + n, sizeof(w->ids) - n, "%llu ", (unsigned long long)id);
	return ++w->count != w->stop_at;
}

static bool add_schedule(void *arg, const struct wf_schedule *s)
{
	return add_id(arg, s->id);
}

static bool add_due(void *arg, uint64_t id, int64_t due)
{
	struct work *w = arg;
	assert_true(due <= w->until);
	return add_id(w, id);
}

static int do_list(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct work *w = arg;
	int rc = wf_txn_next_due(t, &w->next_due);
	if (!rc)
		rc = w->until ? wf_txn_each_schedule_due(t, w->until, add_due, w) :
			wf_txn_each_schedule(t, add_schedule, w);
	return rc;
}

static struct work list(struct place *p, int64_t until)
{
	struct work w = {.until = until};
	assert_int_equal(wf_journal_view(p->journal, do_list, &w, &p->cause), 0);
	return w;
}

static int put_schedule(struct place *p, struct work *w)
{
	return wf_journal_update(p->journal, do_put, w, &p->cause);
}

static int make(struct place *p, const char *name, int64_t next)
{
	struct work w = {.s = a_schedule(name, next)};
	int rc = put_schedule(p, &w);
	wf_schedule_done(&w.s);
	return rc;
}

static void every_field(void **state)
{
	struct place *p = *state;
	struct work w = {.s = a_schedule("nightly", T0 + 500)};
	w.s.version = wf_strdup("3");
	w.s.by = wf_strdup("ana");
	w.s.updated_at = T0 + 1;
	w.s.since = T0 - 7;
	w.s.next_nominal = T0 + 400;
	w.s.last_nominal = T0 - 3;
	w.s.fired = 12;
	w.s.missed = 5;
	w.s.paused = true;
	w.s.recent = json_pack("[{s:i}]", "nominal", 1);
	assert_int_equal(put_schedule(p, &w), 0);
	assert_int_equal(w.s.id, 1);
	struct work r = {.text = "nightly"};
	assert_int_equal(wf_journal_view(p->journal, do_find, &r, &p->cause), 0);
	assert_int_equal(r.s.id, 1);
	assert_string_equal(r.s.name, "nightly");
	assert_string_equal(r.s.workflow, "deploy");
	assert_string_equal(r.s.version, "3");
	assert_string_equal(r.s.source, "user");
	assert_string_equal(r.s.by, "ana");
	assert_true(r.s.paused);
	assert_int_equal(r.s.created_at, T0);
	assert_int_equal(r.s.updated_at, T0 + 1);
	assert_int_equal(r.s.since, T0 - 7);
	assert_int_equal(r.s.next_at, T0 + 500);
	assert_int_equal(r.s.next_nominal, T0 + 400);
	assert_int_equal(r.s.last_nominal, T0 - 3);
	assert_int_equal(r.s.fired, 12);
	assert_int_equal(r.s.missed, 5);
	assert_true(wf_json_equal(r.s.spec, w.s.spec));
	assert_true(wf_json_equal(r.s.recent, w.s.recent));
	wf_schedule_done(&r.s);
	wf_schedule_done(&w.s);
	assert_sound(p);
}

static void names_of_schedules(void **state)
{
	struct place *p = *state;
	struct work w = {.s = a_schedule("a", 0), .fail = WF_EINTR};
	assert_int_equal(put_schedule(p, &w), WF_EINTR);
	assert_string_equal(list(p, 0).ids, "");
	w.fail = 0;
	assert_int_equal(put_schedule(p, &w), 0);
	wf_schedule_done(&w.s);
	assert_int_equal(make(p, "a", 0), WF_EEXIST);
	assert_int_equal(make(p, "1", 0), 0);
	assert_int_equal(make(p, "c", 0), 0);
	assert_string_equal(list(p, 0).ids, "1 2 3 ");
	static const struct {
		const char *text;
		uint64_t id;
	} asked[] = {{"a", 1}, {"1", 2}, {"#1", 1}, {"3", 3}, {"#3", 3}, {"4", 0}, {"A", 0}, {"", 0},
		{"#", 0}, {"99999999999999999999999", 0}};
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct work r = {.text = asked[i].text};
		assert_int_equal(wf_journal_view(p->journal, do_find, &r, &p->cause),
			asked[i].id ? 0 : WF_ENOENT);
		assert_int_equal(r.s.id, asked[i].id);
		wf_schedule_done(&r.s);
	}
	/* Another name; its old one is free, one that is taken is refused. */
	w = (struct work){.s = a_schedule("b", 0)};
	w.s.id = 1;
	assert_int_equal(put_schedule(p, &w), 0);
	wf_free(w.s.name);
	w.s.name = wf_strdup("c");
	assert_int_equal(put_schedule(p, &w), WF_EEXIST);
	w.s.id = 77;
	wf_free(w.s.name);
	w.s.name = wf_strdup("z");
	assert_int_equal(put_schedule(p, &w), WF_ENOENT);
	wf_schedule_done(&w.s);
	assert_int_equal(make(p, "a", 0), 0);
	assert_sound(p);
	w = (struct work){.id = 2};
	assert_int_equal(wf_journal_update(p->journal, do_drop, &w, &p->cause), 0);
	assert_int_equal(wf_journal_update(p->journal, do_drop, &w, &p->cause), WF_ENOENT);
	assert_string_equal(list(p, 0).ids, "1 3 4 ");
	assert_sound(p);
}

static void due_in_order(void **state)
{
	struct place *p = *state;
	assert_int_equal(list(p, 0).next_due, 0);
	assert_int_equal(make(p, "late", T0 + 300), 0);
	assert_int_equal(make(p, "soon", T0 + 100), 0);
	assert_int_equal(make(p, "never", 0), 0);
	assert_int_equal(make(p, "mid", T0 + 200), 0);
	assert_string_equal(list(p, T0 + 99).ids, "");
	assert_string_equal(list(p, T0 + 200).ids, "2 4 ");
	assert_string_equal(list(p, INT64_MAX).ids, "2 4 1 ");
	assert_int_equal(list(p, 0).next_due, T0 + 100);
	struct work w = {.until = INT64_MAX, .stop_at = 2};
	assert_int_equal(wf_journal_view(p->journal, do_list, &w, &p->cause), 0);
	assert_string_equal(w.ids, "2 4 ");

	w = (struct work){.text = "soon"};
	assert_int_equal(wf_journal_view(p->journal, do_find, &w, &p->cause), 0);
	w.s.paused = true;
	assert_int_equal(put_schedule(p, &w), 0);
	assert_string_equal(list(p, INT64_MAX).ids, "4 1 ");
	w.s.paused = false;
	w.s.next_at = T0 + 250;
	assert_int_equal(put_schedule(p, &w), 0);
	assert_string_equal(list(p, INT64_MAX).ids, "4 2 1 ");
	wf_schedule_done(&w.s);
	assert_sound(p);

	/* Whichever is earlier, an instance or a schedule. */
	struct wf_instance *in = new_instance("a", T0);
	set_due(in, 0, T0 + 220);
	assert_int_equal(put(p, &in, 1, false), 0);
	assert_int_equal(list(p, 0).next_due, T0 + 200);
	set_due(in, 0, T0 + 150);
	assert_int_equal(put(p, &in, 1, false), 0);
	assert_int_equal(list(p, 0).next_due, T0 + 150);
	wf_instance_free(in);
}

/* Firing: each gets its next time while they are gone through. */
struct firing {
	struct wf_txn *txn;
	unsigned fired;
};

static bool fire(void *arg, uint64_t id, int64_t due)
{
	struct firing *f = arg;
	struct wf_schedule s;
	assert_int_equal(wf_txn_get_schedule(f->txn, id, &s), 0);
	s.fired++;
	s.next_at = due + 1000;
	assert_int_equal(wf_txn_put_schedule(f->txn, &s), 0);
	wf_schedule_done(&s);
	return ++f->fired < 20;
}

static int fire_due(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct firing *f = arg;
	*f = (struct firing){.txn = t};
	return wf_txn_each_schedule_due(t, T0 + 50, fire, f);
}

static void fired_while_listed(void **state)
{
	struct place *p = *state;
	for (int i = 0; i < 8; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "s%d", i);
		assert_int_equal(make(p, name, T0 + 10 * i), 0);
	}
	struct firing f = {0};
	assert_int_equal(wf_journal_update(p->journal, fire_due, &f, &p->cause), 0);
	assert_int_equal(f.fired, 6);
	assert_string_equal(list(p, INT64_MAX).ids, "7 8 1 2 3 4 5 6 ");
	assert_sound(p);
}

/* -- holds -- */

struct holding {
	struct wf_hold h;
	const char *asked;
	bool held;
	char list[200];
	int fail;
};

static int put_hold(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	const struct holding *x = arg;
	int rc = wf_txn_put_hold(t, &x->h);
	return rc ? rc : x->fail;
}

static int drop_hold(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	const struct holding *x = arg;
	return wf_txn_drop_hold(t, x->asked);
}

static bool add_hold(void *arg, const struct wf_hold *h)
{
	struct holding *x = arg;
	size_t n = strlen(x->list);
	(void)snprintf(x->list + n, sizeof(x->list) - n, "%s:%s:%s ", h->workflow ? h->workflow : "*",
		h->by ? h->by : "-", h->reason ? h->reason : "-");
	return true;
}

static int ask_hold(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct holding *x = arg;
	int rc = wf_txn_is_held(t, x->asked, &x->held);
	return rc ? rc : wf_txn_each_hold(t, add_hold, x);
}

static bool held(struct place *p, const char *workflow)
{
	struct holding x = {.asked = workflow};
	assert_int_equal(wf_journal_view(p->journal, ask_hold, &x, &p->cause), 0);
	return x.held;
}

static void holds(void **state)
{
	struct place *p = *state;
	char a[] = "a", ana[] = "ana", why[] = "audit", later[] = "later";
	struct holding x = {.h = {.workflow = a, .by = ana, .at = T0}, .fail = WF_EINTR};
	assert_false(held(p, "a"));
	assert_int_equal(wf_journal_update(p->journal, put_hold, &x, &p->cause), WF_EINTR);
	assert_false(held(p, "a"));
	x.fail = 0;
	assert_int_equal(wf_journal_update(p->journal, put_hold, &x, &p->cause), 0);
	x.h.reason = later;
	assert_int_equal(wf_journal_update(p->journal, put_hold, &x, &p->cause), 0);
	assert_true(held(p, "a"));
	assert_false(held(p, "b"));
	assert_false(held(p, NULL));
	x.h = (struct wf_hold){.reason = why, .at = T0};
	assert_int_equal(wf_journal_update(p->journal, put_hold, &x, &p->cause), 0);
	assert_true(held(p, "b"));
	assert_true(held(p, NULL));
	x = (struct holding){.asked = "b"};
	assert_int_equal(wf_journal_view(p->journal, ask_hold, &x, &p->cause), 0);
	assert_string_equal(x.list, "*:-:audit a:ana:later ");
	struct wf_journal_stat s;
	assert_int_equal(wf_journal_stat(p->journal, &s, &p->cause), 0);
	assert_int_equal(s.holds, 2);
	assert_sound(p);
	assert_int_equal(wf_journal_update(p->journal, drop_hold, &x, &p->cause), WF_ENOENT);
	x.asked = NULL;
	assert_int_equal(wf_journal_update(p->journal, drop_hold, &x, &p->cause), 0);
	assert_false(held(p, "b"));
	assert_true(held(p, "a"));
	x.asked = "a";
	assert_int_equal(wf_journal_update(p->journal, drop_hold, &x, &p->cause), 0);
	assert_false(held(p, "a"));
	assert_sound(p);
}

/* -- definitions -- */

struct definitions {
	struct wf_definition d;
	const char *workflow, *version;
	char list[300];
	bool new;
};

static int do_register(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct definitions *x = arg;
	char *version = NULL;
	int rc = wf_txn_put_plan(t, x->d.plan_id, plan_bytes, sizeof(plan_bytes));
	if (!rc)
		rc = wf_txn_register(t, &x->d, &version, &x->new);
	wf_free(version);
	return rc;
}

static int do_disable(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	const struct definitions *x = arg;
	return wf_txn_enable_definition(t, x->workflow, x->version, false);
}

static int do_forget(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	const struct definitions *x = arg;
	return wf_txn_drop_definition(t, x->workflow, x->version);
}

static bool add_definition(void *arg, const struct wf_definition *d)
{
	struct definitions *x = arg;
	WF_AUTOFREE char *triggers = d->triggers ? wf_json_text(d->triggers) : wf_strdup("-");
	size_t n = strlen(x->list);
	(void)snprintf(x->list + n, sizeof(x->list) - n, "%s/%s%s ", d->workflow, d->version,
		triggers);
	return true;
}

static int do_newest(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct definitions *x = arg;
	x->list[0] = '\0';
	return wf_txn_each_newest(t, add_definition, x);
}

/* Bytes with an id are a plan to the journal. */
static void define(struct place *p, const char *workflow, const char *version, const char *triggers)
{
	struct definitions x = {.d = {.workflow = wf_strdup(workflow), .version = wf_strdup(version),
		.registered_at = T0, .enabled = true}};
	wf_hash(plan_bytes, sizeof(plan_bytes), x.d.plan_id);
	x.d.triggers = triggers ? json_loads(triggers, JSON_DECODE_ANY, NULL) : NULL;
	assert_int_equal(wf_journal_update(p->journal, do_register, &x, &p->cause), 0);
	wf_definition_done(&x.d);
}

static void triggers(void **state)
{
	struct place *p = *state;
	struct definitions x = {0};
	define(p, "b", "1", NULL);
	define(p, "a", "1", "[1]");
	define(p, "a", "2", "[2]");
	define(p, "c", "1", "[3]");
	assert_int_equal(wf_journal_view(p->journal, do_newest, &x, &p->cause), 0);
	assert_string_equal(x.list, "a/2[2] b/1- c/1[3] ");
	x.workflow = "a";
	x.version = "2";
	assert_int_equal(wf_journal_update(p->journal, do_disable, &x, &p->cause), 0);
	x.workflow = "c";
	x.version = "1";
	assert_int_equal(wf_journal_update(p->journal, do_disable, &x, &p->cause), 0);
	/* Registered again, as one does that version 1 of the format did not keep the triggers of. */
	define(p, "b", "1", "[4]");
	define(p, "a", "1", "[9]");
	assert_int_equal(wf_journal_view(p->journal, do_newest, &x, &p->cause), 0);
	assert_string_equal(x.list, "a/1[1] b/1[4] ");
	assert_sound(p);

	x.workflow = "a";
	x.version = "7";
	assert_int_equal(wf_journal_update(p->journal, do_forget, &x, &p->cause), WF_ENOENT);
	x.version = "1";
	assert_int_equal(wf_journal_update(p->journal, do_forget, &x, &p->cause), 0);
	assert_int_equal(wf_journal_view(p->journal, do_newest, &x, &p->cause), 0);
	assert_string_equal(x.list, "b/1[4] ");
	x.version = NULL;
	assert_int_equal(wf_journal_update(p->journal, do_forget, &x, &p->cause), 0);
	assert_int_equal(wf_journal_update(p->journal, do_forget, &x, &p->cause), WF_ENOENT);
	define(p, "a", "1", NULL);
	assert_sound(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(every_field), TEST(names_of_schedules),
		TEST(due_in_order), TEST(fired_while_listed), TEST(holds), TEST(triggers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

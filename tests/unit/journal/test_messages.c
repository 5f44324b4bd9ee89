/* Signals kept for an instance, events kept for whoever waits, and what is dropped with whom. */
#include "common.h"

#include "journal/waiting.h"

/* -- signals -- */

struct signal {
	uint64_t number;
	json_t *given;          /* to be put, or NULL */
	const char *name;       /* to be looked for, or NULL */
	bool drop;
	uint32_t seq;           /* to be dropped; found or given */
	json_t *found;
	char names[200];        /* of all that wait, in order */
	int fail;
};

static bool add_name(void *arg, uint32_t seq, const json_t *signal)
{
	struct signal *s = arg;
	size_t n = strlen(s->names);
	(void)snprintf(s->names + n, sizeof(s->names) - n, "%u:%s ", seq,
		json_string_value(json_object_get(signal, "name")));
	return true;
}

static int do_signal(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct signal *s = arg;
	int rc = 0;
	s->names[0] = '\0';
	if (s->given)
		rc = wf_txn_put_signal(t, s->number, s->given, &s->seq);
	if (s->name)
		rc = wf_txn_first_signal(t, s->number, s->name, &s->seq, &s->found);
	if (!rc && s->drop)
		rc = wf_txn_drop_signal(t, s->number, s->seq);
	if (!rc)
		rc = wf_txn_each_signal(t, s->number, add_name, s);
	return rc ? rc : s->fail;
}

static int run(struct place *p, struct signal *s)
{
	int rc = wf_journal_update(p->journal, do_signal, s, &p->cause);
	json_decref(s->given);
	s->given = NULL;
	return rc;
}

static json_t *a_signal(const char *name, const char *id, int n)
{
	json_t *o = json_pack("{s:s, s:{s:i}, s:s}", "name", name, "data", "n", n, "by", "ana");
	if (id)
		(void)json_object_set_new(o, "id", json_string(id));
	return o;
}

static struct wf_journal_stat stat_of(struct place *p)
{
	struct wf_journal_stat s;
	assert_int_equal(wf_journal_stat(p->journal, &s, &p->cause), 0);
	return s;
}

static void signals(void **state)
{
	struct place *p = *state;
	struct wf_instance *in[2] = {new_instance("a", T0), new_instance("b", T0)};
	assert_int_equal(put(p, in, 2, true), 0);
	struct signal s = {.number = 1, .given = a_signal("go", "x", 1), .fail = WF_EINTR};
	assert_int_equal(run(p, &s), WF_EINTR);
	assert_int_equal(stat_of(p).signals, 0);

	s = (struct signal){.number = 1, .given = a_signal("go", "x", 1)};
	assert_int_equal(run(p, &s), 0);
	s = (struct signal){.number = 1, .given = a_signal("stop", NULL, 2)};
	assert_int_equal(run(p, &s), 0);
	s = (struct signal){.number = 1, .given = a_signal("go", "y", 3)};
	assert_int_equal(run(p, &s), 0);
	assert_string_equal(s.names, "0:go 1:stop 2:go ");
	s = (struct signal){.number = 1, .given = a_signal("other", "x", 4)};
	assert_int_equal(run(p, &s), WF_EEXIST);
	assert_int_equal(s.seq, 0);
	/* The same id means nothing to another instance. */
	s = (struct signal){.number = 2, .given = a_signal("go", "x", 5)};
	assert_int_equal(run(p, &s), 0);
	s = (struct signal){.number = 9, .given = a_signal("go", "x", 5)};
	assert_int_equal(run(p, &s), WF_ENOENT);
	assert_int_equal(stat_of(p).signals, 4);
	assert_sound(p);

	/* Taken in the order they came; its id stays known, before and after. */
	s = (struct signal){.number = 1, .name = "go", .drop = true, .fail = WF_EINTR};
	assert_int_equal(run(p, &s), WF_EINTR);
	json_decref(s.found);
	s = (struct signal){.number = 1, .name = "go", .drop = true};
	assert_int_equal(run(p, &s), 0);
	assert_int_equal(json_integer_value(wf_json_at(s.found, "data.n")), 1);
	json_decref(s.found);
	assert_string_equal(s.names, "1:stop 2:go ");
	s = (struct signal){.number = 1, .given = a_signal("go", "x", 1)};
	assert_int_equal(run(p, &s), WF_EEXIST);
	s = (struct signal){.number = 1, .name = "go", .drop = true};
	assert_int_equal(run(p, &s), 0);
	assert_int_equal(s.seq, 2);
	json_decref(s.found);
	s = (struct signal){.number = 1, .name = "go"};
	assert_int_equal(run(p, &s), WF_ENOENT);
	s = (struct signal){.number = 1, .drop = true, .seq = 2};
	assert_int_equal(run(p, &s), WF_ENOENT);
	/* Behind those that were taken, not in their place. */
	s = (struct signal){.number = 1, .given = a_signal("late", NULL, 6)};
	assert_int_equal(run(p, &s), 0);
	assert_string_equal(s.names, "1:stop 3:late ");
	assert_int_equal(stat_of(p).signals, 3);
	assert_sound(p);
	wf_instance_free(in[0]);
	wf_instance_free(in[1]);
}

/* -- events -- */

struct event {
	struct wf_kept_event e;
	bool new;
	const char *name;       /* asked for */
	uint64_t from;
	char numbers[200], todo[200];
	int64_t before;
	uint64_t most, dropped;
	int fail;
};

static bool add_event(void *arg, const struct wf_kept_event *e)
{
	char *text = arg;
	size_t n = strlen(text);
	(void)snprintf(text + n, 200 - n, "%llu ", (unsigned long long)e->number);
	return true;
}

static int put_event(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct event *v = arg;
	int rc = wf_txn_put_event(t, &v->e, &v->new);
	return rc ? rc : v->fail;
}

static int update_event(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct event *v = arg;
	int rc = wf_txn_update_event(t, &v->e);
	return rc ? rc : v->fail;
}

static int list_events(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct event *v = arg;
	int rc = wf_txn_each_event(t, v->name, v->from, add_event, v->numbers);
	return rc ? rc : wf_txn_each_undispatched(t, add_event, v->todo);
}

static int drop_events(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct event *v = arg;
	return wf_txn_drop_events(t, v->before, v->most, &v->dropped);
}

static int get_event(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct event *v = arg;
	return wf_txn_get_event(t, v->from, &v->e);
}

static int emit(struct place *p, struct event *v, const char *name, const char *id, int64_t at)
{
	v->e = (struct wf_kept_event){.name = wf_strdup(name), .id = id ? wf_strdup(id) : NULL,
		.by = wf_strdup("ana"), .data = json_pack("{s:s}", "from", name), .at = at};
	int rc = wf_journal_update(p->journal, put_event, v, &p->cause);
	wf_kept_event_done(&v->e);
	return rc;
}

static struct event listed(struct place *p, const char *name, uint64_t from)
{
	struct event v = {.name = name, .from = from};
	assert_int_equal(wf_journal_view(p->journal, list_events, &v, &p->cause), 0);
	return v;
}

static void events(void **state)
{
	struct place *p = *state;
	struct event v = {.fail = WF_EINTR};
	assert_int_equal(emit(p, &v, "order.paid", "one", T0), WF_EINTR);
	v.fail = 0;
	assert_int_equal(emit(p, &v, "order.paid", "one", T0), 0);
	assert_true(v.new);
	assert_int_equal(emit(p, &v, "order.sent", NULL, T0 + 1), 0);
	assert_int_equal(emit(p, &v, "order.paid", "two", T0 + 2), 0);
	assert_int_equal(emit(p, &v, "order.sent", "one", T0 + 3), 0);
	assert_false(v.new);
	assert_string_equal(listed(p, NULL, 0).numbers, "1 2 3 ");
	assert_string_equal(listed(p, NULL, 3).numbers, "3 ");
	assert_string_equal(listed(p, "order.paid", 0).numbers, "1 3 ");
	assert_string_equal(listed(p, "order.paid", 2).numbers, "3 ");
	assert_string_equal(listed(p, "order", 0).numbers, "");
	assert_string_equal(listed(p, NULL, 0).todo, "1 2 3 ");
	assert_int_equal(stat_of(p).undispatched, 3);
	assert_sound(p);

	struct event u = {.from = 1};
	assert_int_equal(wf_journal_view(p->journal, get_event, &u, &p->cause), 0);
	assert_string_equal(u.e.name, "order.paid");
	assert_string_equal(u.e.id, "one");
	assert_string_equal(u.e.by, "ana");
	assert_string_equal(json_string_value(json_object_get(u.e.data, "from")), "order.paid");
	assert_int_equal(u.e.at, T0);
	u.e.dispatched = true;
	u.e.taken = 7;
	u.fail = WF_EINTR;
	assert_int_equal(wf_journal_update(p->journal, update_event, &u, &p->cause), WF_EINTR);
	assert_string_equal(listed(p, NULL, 0).todo, "1 2 3 ");
	u.fail = 0;
	assert_int_equal(wf_journal_update(p->journal, update_event, &u, &p->cause), 0);
	wf_kept_event_done(&u.e);
	assert_int_equal(wf_journal_view(p->journal, get_event, &u, &p->cause), 0);
	assert_int_equal(u.e.taken, 7);
	assert_true(u.e.dispatched);
	assert_string_equal(listed(p, NULL, 0).todo, "2 3 ");
	assert_sound(p);
	u.e.number = 55;
	assert_int_equal(wf_journal_update(p->journal, update_event, &u, &p->cause), WF_ENOENT);
	wf_kept_event_done(&u.e);
	u.from = 55;
	assert_int_equal(wf_journal_view(p->journal, get_event, &u, &p->cause), WF_ENOENT);
}

/* Marks those of the bits as dispatched. */
static void dispatch(struct place *p, uint64_t number)
{
	struct event u = {.from = number};
	assert_int_equal(wf_journal_view(p->journal, get_event, &u, &p->cause), 0);
	u.e.dispatched = true;
	assert_int_equal(wf_journal_update(p->journal, update_event, &u, &p->cause), 0);
	wf_kept_event_done(&u.e);
}

static void retention(void **state)
{
	struct place *p = *state;
	struct event v = {0};
	for (int i = 0; i < 6; i++) {
		char id[16];
		(void)snprintf(id, sizeof(id), "id%d", i);
		assert_int_equal(emit(p, &v, "tick", id, T0 + 10 * i), 0);
		if (i != 1)
			dispatch(p, (uint64_t)i + 1);
	}
	v = (struct event){.before = T0};
	assert_int_equal(wf_journal_update(p->journal, drop_events, &v, &p->cause), 0);
	assert_int_equal(v.dropped, 0);
	v = (struct event){.before = T0 + 40, .most = 2};
	assert_int_equal(wf_journal_update(p->journal, drop_events, &v, &p->cause), 0);
	assert_int_equal(v.dropped, 2);
	assert_string_equal(listed(p, NULL, 0).numbers, "2 4 5 6 ");
	v.most = 0;
	assert_int_equal(wf_journal_update(p->journal, drop_events, &v, &p->cause), 0);
	assert_int_equal(v.dropped, 1);
	assert_string_equal(listed(p, "tick", 0).numbers, "2 5 6 ");
	/* What was dropped is not known any more; numbers are not given again. */
	v = (struct event){0};
	assert_int_equal(emit(p, &v, "tick", "id0", T0 + 99), 0);
	assert_true(v.new);
	assert_string_equal(listed(p, NULL, 0).numbers, "2 5 6 7 ");
	assert_sound(p);
}

/* -- who took what, and the end of all that -- */

struct taking {
	uint64_t number, event;
	bool has;
};

static int take_event(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	const struct taking *x = arg;
	return wf_txn_take_event(t, x->number, x->event);
}

static int has_taken(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct taking *x = arg;
	return wf_txn_has_taken(t, x->number, x->event, &x->has);
}

static bool has(struct place *p, uint64_t number, uint64_t event)
{
	struct taking x = {number, event, false};
	assert_int_equal(wf_journal_view(p->journal, has_taken, &x, &p->cause), 0);
	return x.has;
}

static void taken_once(void **state)
{
	struct place *p = *state;
	struct wf_instance *in[2] = {new_instance("a", T0), new_instance("b", T0)};
	assert_int_equal(put(p, in, 2, true), 0);
	struct taking x = {1, 5, false};
	assert_int_equal(wf_journal_update(p->journal, take_event, &x, &p->cause), 0);
	assert_int_equal(wf_journal_update(p->journal, take_event, &x, &p->cause), 0);
	assert_true(has(p, 1, 5));
	assert_false(has(p, 1, 4));
	assert_false(has(p, 2, 5));
	x.number = 8;
	assert_int_equal(wf_journal_update(p->journal, take_event, &x, &p->cause), WF_ENOENT);
	/* It is read and written as before. */
	struct wf_instance *copy = get(p, 1);
	assert_true(wf_instance_equal(in[0], copy, NULL));
	assert_sound(p);
	wf_instance_free(copy);
	wf_instance_free(in[0]);
	wf_instance_free(in[1]);
}

static int drop_instance(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_drop_instance(t, *(const uint64_t *)arg);
}

static int drop_and_fail(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	int rc = drop_instance(t, arg, cause);
	return rc ? rc : WF_EINTR;
}

static void dropped_whole(void **state)
{
	struct place *p = *state;
	struct wf_instance *in[3];
	uint64_t two = 2, nine = 9;
	for (size_t i = 0; i < 3; i++) {
		in[i] = new_instance("a", T0);
		in[i]->correlation_id = wf_strdup("c");
		in[i]->start_key = wf_asprintf("k%zu", i);
		in[i]->slots = json_pack("[{s:s,s:i}]", "name", "x", "limit", 9);
		open_approval(in[i], 0);
		set_due(in[i], 1, T0 + 50);
		in[i]->threads[wf_instance_add_thread(in[i])].dirty = true;
		json_t *value = json_integer(1);
		wf_instance_set_var(in[i], "v", value);
		json_decref(value);
	}
	assert_int_equal(put(p, in, 3, true), 0);
	struct signal s;
	for (uint64_t i = 1; i <= 3; i++) {
		s = (struct signal){.number = i, .given = a_signal("go", "x", 1)};
		assert_int_equal(run(p, &s), 0);
		s = (struct signal){.number = i, .given = a_signal("go", "y", 2), .drop = true};
		assert_int_equal(run(p, &s), 0);
		struct taking x = {i, 5, false};
		assert_int_equal(wf_journal_update(p->journal, take_event, &x, &p->cause), 0);
	}
	assert_int_equal(wf_journal_update(p->journal, drop_instance, &two, &p->cause),
		WF_ECONFLICT);
	assert_int_equal(wf_journal_update(p->journal, drop_instance, &nine, &p->cause), WF_ENOENT);
	set_status(in[1], WF_INST_CANCELLED);
	assert_int_equal(put(p, in + 1, 1, true), 0);
	struct wf_journal_stat before = stat_of(p);
	assert_int_equal(wf_journal_update(p->journal, drop_and_fail, &two, &p->cause), WF_EINTR);
	assert_sound(p);
	assert_int_equal(wf_journal_update(p->journal, drop_instance, &two, &p->cause), 0);
	assert_sound(p);
	struct wf_journal_stat after = stat_of(p);
	assert_int_equal(after.instances, 2);
	assert_int_equal(after.signals, before.signals - 1);
	assert_int_equal(after.history_records, before.history_records - 2);
	struct wanted w = {2, WF_LOAD_ALL, NULL};
	assert_int_equal(wf_journal_view(p->journal, read_instance, &w, &p->cause), WF_ENOENT);
	assert_false(has(p, 2, 5));
	for (uint64_t i = 1; i <= 3; i += 2)
		wf_instance_free(get(p, i));
	for (size_t i = 0; i < 3; i++)
		wf_instance_free(in[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(signals), TEST(events), TEST(retention),
		TEST(taken_once), TEST(dropped_whole)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What commands read of a damaged data file that nobody has checked: a byte at a time is changed, and
 * each kind of reading gives what it gave of the whole file, or an error that names the damage; never
 * another answer, never a signal. The file is larger than what is looked at whole when it is opened.
 *
 * WFCTL_FLIPS says how many bytes; some hundred unless set.
 */
#include "common.h"

#include "journal/waiting.h"

#include <fcntl.h>

#define COUNT 300u
#define FLIPS 400u

/* As the commands ask; each gives text. */
struct asked {
	struct wf_buf text;
	uint64_t number;
	struct wf_filter filter;
};

static bool add_header(void *arg, const struct wf_instance *in)
{
	struct asked *a = arg;
	wf_buf_printf(&a->text, "%llu %s %d %lld\n", (unsigned long long)in->number, in->workflow,
		(int)in->status, (long long)in->updated_at);
	return true;
}

static int list(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct asked *a = arg;
	(void)cause;
	return wf_txn_each_instance(t, &a->filter, add_header, a);
}

static bool add_event(void *arg, uint64_t seq, const void *bytes, size_t n)
{
	struct asked *a = arg;
	struct wf_record r;
	if (wf_record_get(bytes, n, &r))
		return false;
	wf_buf_printf(&a->text, "%llu %s %lld\n", (unsigned long long)seq,
		wf_event_name(r.event.type), (long long)r.event.at);
	wf_record_done(&r);
	return true;
}

static int history(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct asked *a = arg;
	(void)cause;
	return wf_txn_each_history(t, a->number, 0, add_event, a);
}

static int show(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct asked *a = arg;
	struct wf_instance *in;
	(void)cause;
	int rc = wf_txn_get_instance(t, a->number, WF_LOAD_ALL, &in);
	if (rc)
		return rc;
	(void)add_header(a, in);
	wf_row_put_identity(in, &a->text);
	wf_row_put_input(in, &a->text);
	wf_row_put_header(in, &a->text);
	for (uint32_t i = 0; i < in->step_count; i++)
		wf_row_put_step(&in->steps[i], &a->text);
	for (uint32_t i = 0; i < in->var_count; i++)
		wf_row_put_var(&in->vars[i], &a->text);
	rc = wf_txn_get_plan(t, in->plan_id, &a->text);
	wf_instance_free(in);
	return rc;
}

static int find(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct asked *a = arg;
	struct wf_instance *in;
	char text[WF_UUID_TEXT];
	uint64_t number = 0;
	(void)cause;
	int rc = wf_txn_get_instance(t, a->number, WF_LOAD_HEADER, &in);
	if (rc)
		return rc;
	wf_uuid_text(&in->uuid, text);
	wf_instance_free(in);
	rc = wf_txn_find_instance(t, text, &number);
	wf_buf_printf(&a->text, "%llu\n", (unsigned long long)number);
	return rc;
}

static bool add_numbers(void *arg, uint64_t first, uint64_t second, uint32_t third)
{
	wf_buf_printf(&((struct asked *)arg)->text, "%llu %llu %u\n", (unsigned long long)first,
		(unsigned long long)second, third);
	return true;
}

static bool add_approval(void *arg, const struct wf_open_approval *o)
{
	return add_numbers(arg, o->approval, o->instance, o->step);
}

static int approvals(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_approval(t, add_approval, arg);
}

static bool add_due(void *arg, uint64_t number, int64_t due)
{
	return add_numbers(arg, (uint64_t)due, number, 0);
}

static int due(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_due(t, INT64_MAX, add_due, arg);
}

static int expired(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_expired(t, T0 + 5060, add_due, arg);
}

static int deadlines(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_deadline(t, add_approval, arg);
}

static int counts(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	uint64_t by[WF_INST_COUNT_];
	(void)cause;
	int rc = wf_txn_count(t, by);
	for (unsigned i = 0; !rc && i < WF_INST_COUNT_; i++)
		wf_buf_printf(&((struct asked *)arg)->text, "%llu ", (unsigned long long)by[i]);
	return rc;
}

/* -- what waits -- */

static bool add_number(void *arg, uint64_t number)
{
	return add_numbers(arg, number, 0, 0);
}

static bool add_step(void *arg, uint64_t number, uint32_t step)
{
	return add_numbers(arg, number, 0, step);
}

static bool add_signal(void *arg, uint32_t seq, const json_t *signal)
{
	wf_json_write(signal, &((struct asked *)arg)->text);
	return add_number(arg, seq);
}

static bool add_kept(void *arg, const struct wf_kept_event *e)
{
	wf_buf_printf(&((struct asked *)arg)->text, "%s %s ", e->name, e->id ? e->id : "-");
	return add_number(arg, e->number);
}

static bool add_schedule(void *arg, const struct wf_schedule *x)
{
	wf_buf_printf(&((struct asked *)arg)->text, "%s %lld ", x->name, (long long)x->next_at);
	return add_number(arg, x->id);
}

static bool add_hold(void *arg, const struct wf_hold *h)
{
	wf_buf_printf(&((struct asked *)arg)->text, "%s ", h->workflow ? h->workflow : "*");
	return true;
}

static int start_key(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	uint64_t number = 0;
	(void)cause;
	for (unsigned i = 0; i < 50; i += 7) {
		char key[16];
		(void)snprintf(key, sizeof(key), "k%u", i);
		int rc = wf_txn_find_start(t, "deploy", key, &number);
		if (rc && rc != WF_ENOENT)
			return rc;
		(void)add_number(arg, rc ? 0 : number);
	}
	return 0;
}

static int slots(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	uint64_t n = 0;
	(void)cause;
	int rc = wf_txn_count_held(t, "lane", 0, &n);
	(void)add_number(arg, n);
	if (!rc)
		rc = wf_txn_each_held(t, "lane", add_number, arg);
	if (!rc)
		rc = wf_txn_each_queued(t, "lane", add_number, arg);
	return rc ? rc : wf_txn_each_queued_any(t, add_number, arg);
}

static int waiting(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	int rc = wf_txn_each_waiter(t, WF_WAIT_EVENT, "paid", 0, add_step, arg);
	return rc ? rc : wf_txn_each_held_back(t, add_number, arg);
}

static int signals(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_signal(t, 20, add_signal, arg);
}

static int events(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	bool has = false;
	(void)cause;
	int rc = wf_txn_each_event(t, NULL, 0, add_kept, arg);
	if (!rc)
		rc = wf_txn_each_event(t, "paid", 3, add_kept, arg);
	if (!rc)
		rc = wf_txn_each_undispatched(t, add_kept, arg);
	for (uint64_t e = 1; !rc && e < 5; e++) {
		rc = wf_txn_has_taken(t, 20, e, &has);
		(void)add_number(arg, has);
	}
	return rc;
}

static int schedules(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct wf_schedule found;
	(void)cause;
	int rc = wf_txn_each_schedule(t, add_schedule, arg);
	if (!rc)
		rc = wf_txn_each_schedule_due(t, T0 + 30, add_due, arg);
	if (!rc)
		rc = wf_txn_find_schedule(t, "s3", &found);
	if (!rc)
		wf_schedule_done(&found);
	return rc;
}

static int holds(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	bool yes = false;
	(void)cause;
	int rc = wf_txn_is_held(t, "deploy", &yes);
	(void)add_number(arg, yes);
	return rc ? rc : wf_txn_each_hold(t, add_hold, arg);
}

static const struct reading {
	const char *name;
	wf_txn_fn *fn;
	uint64_t number;
	struct wf_filter filter;
} readings[] = {
	{"ps", list, 0, {.status = -1}},
	{"ps --status", list, 0, {.status = WF_INST_WAITING}},
	{"ps --workflow", list, 0, {.status = -1, .workflow = "deploy"}},
	{"ps --correlation", list, 0, {.status = -1, .correlation_id = "c"}},
	{"ps --since", list, 0, {.status = -1, .since = T0 + 5}},
	{"ps --limit", list, 0, {.status = -1, .limit = 3}},
	{"show first", show, 1, {0}},
	{"show middle", show, COUNT / 2, {0}},
	{"show last", show, COUNT, {0}},
	{"history", history, 2, {0}},
	{"find", find, COUNT / 2, {0}},
	{"approvals", approvals, 0, {0}},
	{"due", due, 0, {0}},
	{"expired", expired, 0, {0}},
	{"deadlines", deadlines, 0, {0}},
	{"counts", counts, 0, {0}},
	{"start keys", start_key, 0, {0}},
	{"slots", slots, 0, {0}},
	{"waiters", waiting, 0, {0}},
	{"signals", signals, 0, {0}},
	{"events", events, 0, {0}},
	{"schedules", schedules, 0, {0}},
	{"holds", holds, 0, {0}},
};
#define READINGS (sizeof(readings) / sizeof(readings[0]))

static int read_one(struct place *p, const struct reading *r, struct wf_buf *ret)
{
	struct asked a = {.number = r->number, .filter = r->filter};
	int rc = wf_journal_view(p->journal, r->fn, &a, &p->cause);
	if (!rc)
		wf_buf_add(ret, a.text.data, a.text.len);
	wf_buf_done(&a.text);
	return rc;
}

enum { SAME, FOUND, MISSED, WRONG, ODD, DIED, VERDICTS };
static struct wf_buf wanted[READINGS];

static char verdict(struct place *p, const struct reading *r, const struct wf_buf *want)
{
	WF_AUTOBUF struct wf_buf is = {0};
	p->cause = (struct wf_cause){0};
	int rc = read_one(p, r, &is);
	if (rc == WF_ENOENT && r->fn == find)
		return MISSED; /* by its id no more: an error too, though not of the file */
	if (rc)
		return rc == WF_ECORRUPT && p->cause.text[0] ? FOUND : ODD;
	return is.len == want->len && !memcmp(is.data, want->data, is.len) ? SAME : WRONG;
}

/* In a child process: a byte for each reading. */
static void judge(struct place *p, int to)
{
	(void)alarm(300);
	int rc = open_place(p, WF_JOURNAL_READ, 0);
	bool told = rc == WF_ECORRUPT || rc == WF_EVERSION || rc == WF_EKEY;
	for (size_t i = 0; i < READINGS; i++) {
		char v = !rc ? verdict(p, &readings[i], &wanted[i]) : told ? FOUND : ODD;
		if (write(to, &v, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static void try_one(struct place *p, unsigned results[READINGS][VERDICTS], off_t at)
{
	int ends[2];
	char said[READINGS];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0)
		judge(p, ends[1]);
	(void)close(ends[1]);
	size_t n = 0;
	ssize_t got;
	while (n < READINGS && (got = read(ends[0], said + n, READINGS - n)) > 0)
		n += (size_t)got;
	(void)close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	for (size_t i = 0; i < READINGS && i <= n; i++) {
		unsigned v = i < n ? (unsigned)said[i] : DIED;
		results[i][v]++;
		if (v >= WRONG)
			print_message("%s: page %ld, byte %ld: %s\n", readings[i].name, (long)at / 4096,
				(long)at % 4096, v == WRONG ? "another answer" :
				v == ODD ? "an odd error" : "died");
	}
}

static int fill_own(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)arg;
	(void)cause;
	uint32_t seq;
	bool new;
	for (int i = 0; i < 12; i++) {
		char id[16], name[16], workflow[] = "deploy", source[] = "user";
		(void)snprintf(id, sizeof(id), "id%d", i);
		(void)snprintf(name, sizeof(name), i % 2 ? "paid" : "sent");
		json_t *signal = json_pack("{s:s,s:s,s:i}", "name", name, "id", id, "data", i);
		(void)wf_txn_put_signal(t, i % 3 ? 20 : 21, signal, &seq);
		json_decref(signal);
		struct wf_kept_event e = {.name = name, .id = id, .at = T0 + i,
			.dispatched = i % 3 == 0};
		(void)wf_txn_put_event(t, &e, &new);
		(void)snprintf(name, sizeof(name), "s%d", i);
		struct wf_schedule x = {.name = name, .workflow = workflow, .source = source,
			.spec = json_object(), .created_at = T0, .since = T0,
			.next_at = T0 + 5 * i};
		(void)wf_txn_put_schedule(t, &x);
		json_decref(x.spec);
		const struct wf_hold h = {.workflow = i < 4 ? name : workflow, .at = T0};
		(void)wf_txn_put_hold(t, &h);
	}
	(void)wf_txn_take_event(t, 20, 2);
	return wf_txn_drop_signal(t, 20, 3);
}

/* Some of them start by a key, need a slot, and wait for an event or a release. */
static void let_wait(struct wf_instance *in, unsigned i)
{
	in->start_key = wf_asprintf("k%u", i);
	in->slots = json_pack("[{s:s,s:i}]", "name", i % 2 ? "lane" : "other", "limit", 5);
	in->steps[0].status = WF_STEP_WAITING;
	in->steps[0].wait = i % 3 ? WF_WAIT_EVENT : WF_WAIT_HOLD;
	in->steps[0].input = json_pack("{s:s}", "name", i % 2 ? "paid" : "sent");
	wf_instance_touch(in, 0);
}

static void fill(struct place *p)
{
	static struct wf_instance *items[COUNT];
	for (unsigned i = 0; i < COUNT; i++) {
		struct wf_instance *in = items[i] = new_instance(i % 3 ? "deploy" : "other", T0 + i);
		complete_step(in, 0);
		if (i % 3 == 0)
			open_approval(in, 1);
		set_due(in, 2, T0 + 1000 * i + 1);
		if (i % 4 == 0)
			in->correlation_id = wf_strdup("c");
		json_t *v = json_integer(i);
		wf_instance_set_var(in, "v", v);
		json_decref(v);
		if (i < 50)
			let_wait(in, i);
	}
	assert_int_equal(put(p, items, COUNT, true), 0);
	for (unsigned i = 0; i < COUNT; i++) {
		bool ends = i % 2 && i >= 50;
		set_status(items[i], i < 50 && i % 5 == 0 ? WF_INST_QUEUED :
			ends ? WF_INST_COMPLETED : WF_INST_WAITING);
		items[i]->ended_at = ends ? T0 + i : 0;
		items[i]->expires_at = ends ? T0 + 5000 + i : 0;
	}
	assert_int_equal(put(p, items, COUNT, true), 0);
	assert_int_equal(wf_journal_update(p->journal, fill_own, NULL, &p->cause), 0);
	for (unsigned i = 0; i < COUNT; i++)
		wf_instance_free(items[i]);
}

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

static void flipped(void **state)
{
	struct place place, *p = &place;
	(void)state;
	make_place(p, 0);
	fill(p);
	for (size_t i = 0; i < READINGS; i++)
		assert_int_equal(read_one(p, &readings[i], &wanted[i]), 0);
	close_place(p);
	WF_AUTOFREE char *path = data_file(p);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	const char *asked = getenv("WFCTL_FLIPS");
	unsigned long flips = asked ? strtoul(asked, NULL, 10) : FLIPS;
	unsigned results[READINGS][VERDICTS] = {{0}}, sum[VERDICTS] = {0};
	uint64_t seed = 1;
	for (unsigned long k = 0; k < flips; k++) {
		/* Where pages say what is where as often as anywhere; of the metas each byte. */
		uint32_t r = next_random(&seed);
		off_t at = (off_t)(next_random(&seed) % (uint64_t)st.st_size);
		at = k < 320 ? (off_t)(k % 160 + k / 160 * 4096) :
			r & 1 ? at : at / 4096 * 4096 + r / 2 % 160;
		uint8_t kept, changed;
		assert_int_equal(pread(fd, &kept, 1, at), 1);
		uint8_t mask = (uint8_t)(r & 2 ? 0xffu : 1u << r / 4 % 8);
		changed = (uint8_t)(kept ^ mask);
		assert_int_equal(pwrite(fd, &changed, 1, at), 1);
		try_one(p, results, at);
		assert_int_equal(pwrite(fd, &kept, 1, at), 1);
	}
	for (size_t i = 0; i < READINGS; i++) {
		print_message("%-16s %u found, %u without effect\n", readings[i].name,
			results[i][FOUND], results[i][SAME]);
		for (unsigned v = 0; v < VERDICTS; v++)
			sum[v] += results[i][v];
	}
	print_message("%lu bytes flipped, %zu readings each: %u found, %u without effect, %u missed, "
		"%u wrong, %u odd, %u died\n", flips, READINGS, sum[FOUND], sum[SAME], sum[MISSED],
		sum[WRONG], sum[ODD], sum[DIED]);
	assert_int_equal(sum[WRONG] + sum[ODD] + sum[DIED], 0);
	assert_true(sum[FOUND] > flips / 8);
	(void)close(fd);
	drop_place(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

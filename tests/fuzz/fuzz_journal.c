/*
 * A damaged data file. Whatever was done to it, opening, checking and reading it end with a result;
 * and a file that the check calls sound reads as the whole one did.
 *
 * Input: edits of seven bytes each, over a small journal that is made at the start: what to do (put
 * a byte, flip bits, copy a page over another, cut the file), where (u32), with what (u16). The
 * journal's bytes are the same in every run: time stands still, and the kernel's random numbers are
 * replaced by a sequence.
 */
#include "fuzz.h"

#include "base/mem.h"
#include "base/sys.h"
#include "journal/private.h"
#include "plan/plan.h"

#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096u
#define EDITS 64
#define COUNT 200u /* so many that the file is not looked at whole when it is opened */
#define READINGS 16u

static struct wf_home *home;
static struct wf_buf sound;
static char file[64];
static int fd;
static uint8_t wanted[WF_HASH_SIZE];

/* In place of the C library's. */
ssize_t getrandom(void *bytes, size_t n, unsigned flags)
{
	static uint32_t seed = 1;
	(void)flags;
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525u + 1013904223u;
		((uint8_t *)bytes)[i] = (uint8_t)(seed >> 24);
	}
	return (ssize_t)n;
}

/* -- a journal with something of everything -- */

static void fill_step(struct wf_instance *in, unsigned i)
{
	struct wf_step_state *s = &in->steps[i % 3];
	s->status = i % 2 ? WF_STEP_COMPLETED : WF_STEP_WAITING;
	s->visits = 1;
	s->output = json_pack("{s:i}", "n", i);
	if (i % 2 == 0)
		s->due_at = in->created_at + 1000;
	if (i % 3 == 0) {
		s->approval = wf_calloc(1, sizeof(*s->approval));
		*s->approval = (struct wf_approval){
			.groups = json_pack("[{s:i, s:[s]}]", "needed", 1, "asked", "bo"),
			.opened_at = in->created_at};
	}
	wf_instance_touch(in, i % 3);
}

static struct wf_instance *instance(unsigned i)
{
	struct wf_instance *in = wf_instance_new(3);
	in->created_at = in->started_at = in->updated_at = wf_now_ms() + i;
	in->uuid = wf_uuid_new(in->created_at);
	wf_hash("plan", 4, in->plan_id);
	in->workflow = wf_strdup(i % 4 ? "deploy" : "other");
	in->tenant = wf_strdup("default");
	in->environment = wf_strdup("default");
	in->status = (enum wf_instance_status)(i % WF_INST_COUNT_);
	in->input = json_pack("{s:i}", "n", i);
	if (i % 5 == 0)
		in->correlation_id = wf_strdup("c");
	if (i == 3) {
		char text[6000];
		memset(text, 'l', sizeof(text));
		json_t *v = json_stringn(text, sizeof(text));
		wf_instance_set_var(in, "long", v);
		json_decref(v);
	}
	fill_step(in, i);
	return in;
}

static int put(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	uint8_t id[WF_HASH_SIZE];
	struct wf_transition tr = {WF_TRANS_INSTANCE_STATUS, WF_NONE, WF_INST_RUNNING};
	struct wf_event e = {.type = WF_EVENT_START, .at = wf_now_ms(), .step = WF_NONE};
	struct wf_definition d = {.workflow = (char[]){"deploy"}, .enabled = true};
	struct wf_instance **items = arg;
	WF_AUTOBUF struct wf_buf b = {0};
	(void)cause;
	wf_hash("plan", 4, id);
	(void)wf_txn_put_plan(t, id, "plan", 4);
	memcpy(d.plan_id, id, sizeof(id));
	bool new;
	char *version = NULL;
	(void)wf_txn_register(t, &d, &version, &new);
	wf_free(version);
	wf_record_put(&e, &tr, 1, &b);
	for (size_t i = 0; items[i]; i++) {
		(void)wf_txn_append_history(t, items[i], b.data, b.len);
		(void)wf_txn_put_instance(t, items[i]);
	}
	return 0;
}

static void fill(struct wf_journal *j)
{
	struct wf_instance *items[COUNT + 1] = {0};
	for (unsigned i = 0; i < COUNT; i++)
		items[i] = instance(i);
	/* Later rounds leave pages free, and use free ones again: all of the file is written. */
	for (unsigned round = 0; round < 4; round++) {
		FUZZ_CHECK(wf_journal_update(j, put, items, NULL) == 0);
		for (unsigned i = 0; i < COUNT; i++) {
			wf_instance_written(items[i]);
			items[i]->dirty = true;
		}
	}
	for (unsigned i = 0; i < COUNT; i++)
		wf_instance_free(items[i]);
}

/* -- reading all of it -- */

static bool add_record(void *arg, json_t *record)
{
	uint8_t h[WF_HASH_SIZE];
	WF_AUTOFREE char *text = json_dumps(record, JSON_COMPACT);
	wf_hash(text, strlen(text), h);
	for (size_t i = 0; i < sizeof(h); i++)
		((uint8_t *)arg)[i] ^= h[i];
	return true;
}

static void ignore(void *arg, const char *text)
{
	FUZZ_CHECK(text[0]);
	++*(unsigned *)arg;
}

static bool next_header(void *arg, const struct wf_instance *in)
{
	*(uint64_t *)arg += in->number;
	return true;
}

static bool next_record(void *arg, uint64_t seq, const void *bytes, size_t n)
{
	struct wf_record r;
	if (!wf_record_get(bytes, n, &r))
		wf_record_done(&r);
	*(uint64_t *)arg += seq;
	return true;
}

static bool next_due(void *arg, uint64_t number, int64_t due)
{
	*(uint64_t *)arg += number ^ (uint64_t)due;
	return true;
}

static bool next_approval(void *arg, const struct wf_open_approval *o)
{
	*(uint64_t *)arg += o->approval ^ o->instance ^ o->step;
	return true;
}

/* As `ps`, `show`, `history` and `approvals` do, which check nothing first. */
static int read_some(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	static const struct wf_filter filters[] = {{.status = -1},
		{.status = WF_INST_COMPLETED, .oldest_first = true},
		{.status = -1, .workflow = "deploy"}, {.status = -1, .since = 1}};
	unsigned which = *(unsigned *)arg;
	struct wf_instance *in = NULL;
	uint64_t sum = 0, number = 1 + which * 10 % COUNT;
	(void)cause;
	if (which < sizeof(filters) / sizeof(filters[0]))
		return wf_txn_each_instance(t, &filters[which], next_header, &sum);
	if (which == READINGS - 2)
		return wf_txn_each_due(t, INT64_MAX, next_due, &sum);
	if (which == READINGS - 1)
		return wf_txn_each_approval(t, next_approval, &sum);
	int rc = wf_txn_get_instance(t, number, WF_LOAD_ALL, &in);
	if (!rc)
		wf_instance_free(in);
	return rc ? rc : wf_txn_each_history(t, number, 0, next_record, &sum);
}

/* As `wfctl journal check` and `journal dump` do. */
static void judge(void)
{
	struct wf_journal *j = NULL;
	struct wf_cause cause = {0};
	unsigned defects = 0;
	uint8_t is[WF_HASH_SIZE] = {0};
	int rc = wf_journal_open_file(home, file, &j, &cause);
	if (rc) {
		FUZZ_CHECK(cause.text[0] && rc != WF_EIO);
		return;
	}
	for (unsigned i = 0; i < READINGS; i++) {
		cause = (struct wf_cause){0};
		rc = wf_journal_view(j, read_some, &i, &cause);
		FUZZ_CHECK(rc == 0 || (cause.text[0] && rc != WF_EIO));
	}
	rc = wf_journal_check(j, ignore, &defects, &cause);
	FUZZ_CHECK(rc == 0 || (rc == WF_ECORRUPT && cause.text[0]));
	FUZZ_CHECK(!rc == !defects);
	if (!rc) {
		FUZZ_CHECK(wf_journal_dump(j, add_record, is, &cause) == 0);
		FUZZ_CHECK(!memcmp(is, wanted, sizeof(is)));
	}
	wf_journal_close(j);
}

/* Puts n bytes at an offset that the file has, as far as it goes. */
static void put_at(size_t at, const void *bytes, size_t n)
{
	n = n < sound.len - at ? n : sound.len - at;
	FUZZ_CHECK(pwrite(fd, bytes, n, (off_t)at) == (ssize_t)n);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	WF_AUTOFREE char *path = wf_asprintf("%s/wfctl-fuzz-XXXXXX",
		access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	struct wf_journal *j = NULL;
	(void)argc;
	(void)argv;
	wf_mem_adopt_jansson();
	wf_sys_set_now(INT64_C(1763633525123));
	FUZZ_CHECK(mkdtemp(path));
	FUZZ_CHECK(wf_home_init(path, "default", "default", NULL) == 0);
	FUZZ_CHECK(wf_home_open(path, NULL, &home, NULL) == 0);
	FUZZ_CHECK(wf_journal_open(home, "default", "default", WF_JOURNAL_WRITE, &j, NULL) == 0);
	fill(j);
	FUZZ_CHECK(wf_journal_dump(j, add_record, wanted, NULL) == 0);
	wf_journal_close(j);
	WF_AUTOFREE char *data = wf_asprintf("%s/journals/default/default/data.mdb", path);
	WF_AUTOFREE char *away = wf_asprintf("rm -rf '%s'", path);
	FUZZ_CHECK(wf_read_file(data, 16u << 20, &sound, NULL) == 0);
	FUZZ_CHECK(system(away) == 0);
	fd = memfd_create("damaged", MFD_CLOEXEC);
	put_at(0, sound.data, sound.len);
	(void)snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	return 0;
}

/* Gives the offset from which on up to a page of the file is another now. */
static size_t edit(struct fuzz_bytes *in)
{
	uint8_t what = fuzz_take(in), with[2];
	uint32_t where = 0;
	for (unsigned k = 0; k < 4; k++)
		where |= (uint32_t)fuzz_take(in) << 8 * k;
	with[0] = fuzz_take(in);
	with[1] = fuzz_take(in);
	size_t pages = sound.len / PAGE, at = where % sound.len;
	switch (what % 8) {
	case 0:
		FUZZ_CHECK(ftruncate(fd, (off_t)at) == 0);
		return at;
	case 1:
		at = where % pages * PAGE;
		put_at(at, sound.data + (size_t)(with[0] | with[1] << 8) % pages * PAGE, PAGE);
		return at;
	case 2:
		put_at(at, with, 2);
		return at;
	default:
		with[0] ^= (uint8_t)sound.data[at];
		put_at(at, with, 1);
		return at;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz_bytes in = {data, n};
	size_t changed[EDITS], count = 0;
	struct stat st;
	while (count < EDITS && in.n)
		changed[count++] = edit(&in);
	judge();
	FUZZ_CHECK(fstat(fd, &st) == 0);
	while (count--)
		put_at(changed[count], sound.data + changed[count], PAGE);
	if ((size_t)st.st_size < sound.len)
		put_at((size_t)st.st_size, sound.data + st.st_size, sound.len);
	return 0;
}

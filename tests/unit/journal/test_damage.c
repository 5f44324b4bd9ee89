/*
 * Damage, keys and limits: whatever a file holds, opening and checking it end with a result and not
 * with a signal; what is wrong is said.
 */
#include "common.h"
#include "journal/seal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

/* A journal with every kind of record and a value that needs pages of its own. */
static void fill(struct place *p, unsigned count)
{
	struct wf_instance **items = wf_calloc(count, sizeof(*items));
	for (unsigned i = 0; i < count; i++) {
		struct wf_instance *in = items[i] = new_instance("deploy", T0 + i);
		complete_step(in, 0);
		if (i % 3 == 0)
			open_approval(in, 1);
		set_due(in, 2, T0 + 1000 * i + 1);
		if (i % 4 == 0)
			in->correlation_id = wf_strdup("c");
		if (i == 1) {
			char long_text[9000];
			memset(long_text, 'l', sizeof(long_text));
			json_t *v = json_stringn(long_text, sizeof(long_text));
			wf_instance_set_var(in, "long", v);
			json_decref(v);
		}
	}
	assert_int_equal(put(p, items, count, true), 0);
	for (unsigned i = 0; i < count; i++)
		set_status(items[i], i % 2 ? WF_INST_COMPLETED : WF_INST_WAITING);
	assert_int_equal(put(p, items, count, true), 0);
	for (unsigned i = 0; i < count; i++)
		wf_instance_free(items[i]);
	wf_free(items);
}

static int opening(struct place *p)
{
	close_place(p);
	return open_place(p, WF_JOURNAL_WRITE, 0);
}

/* -- home and keys -- */

static void init_twice(void **state)
{
	struct place *p = *state;
	assert_int_equal(wf_home_init(p->path, "default", "default", &p->cause), WF_EEXIST);
	struct wf_home *home;
	assert_int_equal(wf_home_open("/nonexistent/wfctl", NULL, &home, &p->cause), WF_ENOENT);
	assert_non_null(strstr(p->cause.hint, "wfctl init"));
	struct wf_journal *j;
	assert_int_equal(wf_journal_open(p->home, "other", "default", WF_JOURNAL_READ, &j,
		&p->cause), WF_ENOENT);
	assert_int_equal(wf_journal_open(p->home, "../x", "default", WF_JOURNAL_READ, &j,
		&p->cause), WF_EINVAL);
	assert_int_equal(wf_journal_open(p->home, "default", "default", WF_JOURNAL_READ, &j,
		&p->cause), WF_EBUSY); /* open in this process already */
	assert_int_equal(wf_journal_create(p->home, "other", "test", &p->cause), 0);
	assert_int_equal(wf_journal_create(p->home, "other", "test", &p->cause), WF_EEXIST);
	assert_int_equal(wf_journal_open(p->home, "other", "test", WF_JOURNAL_READ, &j, &p->cause),
		0);
	wf_journal_close(j);
}

static void keys(void **state)
{
	struct place *p = *state;
	WF_AUTOFREE char *path = wf_asprintf("%s/keys/master", p->path);
	WF_AUTOBUF struct wf_buf key = {0};
	assert_int_equal(wf_read_file(path, 100, &key, NULL), 0);
	assert_int_equal(key.len, 32);

	char hex[66] = "";
	wf_hex((const uint8_t *)key.data, 32, hex);
	hex[64] = '\n';
	assert_int_equal(wf_write_file(path, hex, 65, 0600, false, NULL), 0);
	assert_int_equal(opening(p), 0);

	hex[0] = hex[0] == '0' ? '1' : '0';
	assert_int_equal(wf_write_file(path, hex, 65, 0600, false, NULL), 0);
	assert_int_equal(opening(p), WF_EKEY);
	assert_non_null(strstr(p->cause.hint, "key"));

	assert_int_equal(wf_write_file(path, hex, 31, 0600, false, NULL), 0);
	assert_int_equal(opening(p), WF_EKEY);
	assert_int_equal(wf_write_file(path, key.data, 32, 0600, false, NULL), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(opening(p), WF_EKEY);
	assert_non_null(strstr(p->cause.hint, "600"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(opening(p), WF_EKEY);
	assert_int_equal(wf_write_file(path, key.data, 32, 0600, false, NULL), 0);
	assert_int_equal(opening(p), 0);
	assert_sound(p);
}

/* -- the file -- */

static off_t size_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* Where the bytes are in the file; -1: nowhere. */
static off_t find_bytes(const struct wf_buf *b, const char *what, size_t n)
{
	const char *at = memmem(b->data, b->len, what, n);
	return at ? at - b->data : -1;
}

static void patch(const char *path, off_t at, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n, at), (ssize_t)n);
	assert_int_equal(close(fd), 0);
}

static void newer_version(void **state)
{
	struct place *p = *state;
	WF_AUTOFREE char *path = data_file(p);
	fill(p, 2);
	close_place(p);
	WF_AUTOBUF struct wf_buf b = {0};
	assert_int_equal(wf_read_file(path, 1u << 24, &b, NULL), 0);
	size_t from = 0;
	for (;;) { /* in every copy of the page that holds the header */
		struct wf_buf rest = {.data = b.data + from, .len = b.len - from};
		off_t at = find_bytes(&rest, "WFJOURN\n", 8);
		if (at < 0)
			break;
		patch(path, (off_t)from + at + 8, "\5", 1);
		from += (size_t)at + 8;
	}
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), WF_EVERSION);
	assert_non_null(strstr(p->cause.text, "format 5"));
	close_place(p);
	/* And LMDB's own version. */
	patch(path, 16 + 4, "\7", 1);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), WF_EVERSION);
}

/* Each byte of the header: the file is damaged, and nobody is sent to look for another key. */
static void header_damaged(void **state)
{
	struct place *p = *state;
	WF_AUTOFREE char *path = data_file(p);
	close_place(p);
	WF_AUTOBUF struct wf_buf b = {0};
	assert_int_equal(wf_read_file(path, 1u << 24, &b, NULL), 0);
	off_t from = find_bytes(&b, "WFJOURN\n", 8);
	assert_true(from > 0);
	enum { AFTER_VERSION = 12, ALL = 8 + 4 + 16 + 8 + 16 + WF_SEAL_KEY + WF_SEAL_EXTRA };
	for (size_t i = AFTER_VERSION; i < ALL; i++) {
		WF_AUTOFREE char *changed = wf_alloc(b.len);
		memcpy(changed, b.data, b.len);
		for (size_t at = 0; at + ALL <= b.len; at++) /* in every copy of the page */
			if (!memcmp(b.data + at, "WFJOURN\n", 8))
				changed[at + i] ^= 0x10;
		assert_int_equal(wf_write_file(path, changed, b.len, 0600, false, NULL), 0);
		assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), WF_ECORRUPT);
		assert_non_null(strstr(p->cause.text, "damaged: its header"));
		close_place(p);
	}
	assert_int_equal(wf_write_file(path, b.data, b.len, 0600, false, NULL), 0);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	assert_sound(p);
}

static void truncated(void **state)
{
	struct place *p = *state;
	WF_AUTOFREE char *path = data_file(p);
	fill(p, 30);
	close_place(p);
	WF_AUTOBUF struct wf_buf b = {0};
	assert_int_equal(wf_read_file(path, 1u << 24, &b, NULL), 0);
	static const unsigned parts[] = {0, 1, 15, 100, 300, 500, 700, 900, 980};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		assert_int_equal(truncate(path, (off_t)(b.len * parts[i] / 1000)), 0);
		assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), WF_ECORRUPT);
		close_place(p);
		assert_int_equal(wf_write_file(path, b.data, b.len, 0600, false, NULL), 0);
	}
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	assert_sound(p);
	close_place(p);
	memset(b.data, 'x', b.len);
	assert_int_equal(wf_write_file(path, b.data, b.len, 0600, false, NULL), 0);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), WF_ECORRUPT);
	close_place(p);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), WF_ENOENT);
}

/* Everything that the journal says, as one hash. */
static bool add_record(void *arg, json_t *record)
{
	uint8_t h[WF_HASH_SIZE];
	WF_AUTOBUF struct wf_buf b = {0};
	wf_json_write(record, &b);
	wf_hash(b.data, b.len, h);
	for (size_t i = 0; i < sizeof(h); i++)
		((uint8_t *)arg)[i] ^= h[i];
	return true;
}

/* A fork costs much more under the sanitizers. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 7u
#else
#define STRIDE 1u
#endif

enum { SOUND, FOUND, SILENT, ODD };

/* In a child process: what opening and checking says. */
static int judge(struct place *p, const uint8_t wanted[WF_HASH_SIZE])
{
	unsigned defects = 0;
	uint8_t is[WF_HASH_SIZE] = {0};
	int rc = open_place(p, WF_JOURNAL_READ, 0);
	if (rc)
		return rc == WF_ECORRUPT || rc == WF_EVERSION ? FOUND : ODD;
	rc = wf_journal_check(p->journal, quiet_defect, &defects, &p->cause);
	if (rc)
		return rc == WF_ECORRUPT && p->cause.text[0] ? FOUND : ODD;
	if (defects || wf_journal_dump(p->journal, add_record, is, &p->cause))
		return ODD;
	return memcmp(is, wanted, sizeof(is)) == 0 ? SOUND : SILENT;
}

/* Every sampled byte changed in every sampled way: found, or without any effect on what is read. */
static void flipped(void **state)
{
	struct place *p = *state;
	WF_AUTOFREE char *path = data_file(p);
	uint8_t wanted[WF_HASH_SIZE] = {0};
	fill(p, 12);
	assert_int_equal(wf_journal_dump(p->journal, add_record, wanted, &p->cause), 0);
	close_place(p);
	size_t size = (size_t)size_of(path);
	unsigned results[4] = {0}, tried = 0;
	for (size_t at = 0; at < size; at += STRIDE * (at % 4096 < 160 ? 3 : 97)) {
		static const uint8_t masks[] = {0x01, 0x80, 0xff, 0x10};
		uint8_t kept, changed;
		int fd = open(path, O_RDWR | O_CLOEXEC);
		assert_int_equal(pread(fd, &kept, 1, (off_t)at), 1);
		changed = kept ^ masks[tried++ % 4];
		assert_int_equal(pwrite(fd, &changed, 1, (off_t)at), 1);
		pid_t child = fork();
		if (child == 0)
			_exit(judge(p, wanted));
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!WIFEXITED(status) || WEXITSTATUS(status) > FOUND)
			print_message("byte %zu: %s %d\n", at, WIFEXITED(status) ? "result" :
				"signal", WIFEXITED(status) ? WEXITSTATUS(status) :
				WTERMSIG(status));
		assert_true(WIFEXITED(status));
		results[WEXITSTATUS(status) & 3]++;
		assert_int_equal(pwrite(fd, &kept, 1, (off_t)at), 1);
		assert_int_equal(close(fd), 0);
	}
	print_message("%u bytes flipped: %u found, %u without effect\n", tried, results[FOUND],
		results[SOUND]);
	assert_int_equal(results[SILENT], 0);
	assert_int_equal(results[ODD], 0);
	assert_true(results[FOUND] > tried / 8);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	assert_sound(p);
}

static bool see_record(void *arg, json_t *record)
{
	(void)record;
	++*(unsigned *)arg;
	return true;
}

/* In a child process: reading everything without a check before it. */
static int read_all(struct place *p)
{
	unsigned records = 0;
	if (open_place(p, WF_JOURNAL_READ, 0))
		return FOUND;
	int rc = wf_journal_dump(p->journal, see_record, &records, &p->cause);
	return rc == WF_ECORRUPT && p->cause.text[0] ? FOUND : rc ? ODD : SOUND;
}

static uint16_t u16_in(const char *page, size_t at)
{
	uint16_t v;
	memcpy(&v, page + at, sizeof(v));
	return v;
}

/* A length that is damaged leads past the end of the file: each value's in turn. */
static void longer_than_the_file(void **state)
{
	struct place *p = *state;
	WF_AUTOFREE char *path = data_file(p);
	fill(p, 4);
	close_place(p);
	WF_AUTOBUF struct wf_buf b = {0};
	assert_int_equal(wf_read_file(path, 1u << 24, &b, NULL), 0);
	unsigned tried = 0, found = 0;
	for (size_t at = 2 * 4096; at < b.len; at += 4096) {
		const char *page = b.data + at;
		bool leaf = u16_in(page, 10) == 2;
		for (size_t i = 16; leaf && i < u16_in(page, 12); i += 2) {
			off_t high = (off_t)(at + u16_in(page, i) + 2);
			char kept = b.data[high], changed = (char)(kept ^ 0x40);
			patch(path, high, &changed, 1);
			pid_t child = fork();
			if (child == 0)
				_exit(read_all(p));
			int status;
			assert_int_equal(waitpid(child, &status, 0), child);
			assert_true(WIFEXITED(status));
			assert_in_range(WEXITSTATUS(status), SOUND, FOUND);
			found += WEXITSTATUS(status) == FOUND;
			tried++;
			patch(path, high, &kept, 1);
		}
	}
	print_message("%u lengths damaged, %u found\n", tried, found);
	assert_true(found > 20);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	assert_sound(p);
}

/* -- limits -- */

static int put_plan_and_state(struct place *p, struct wf_instance *in)
{
	struct batch b = {&in, 1, true, 0};
	int rc = wf_journal_update(p->journal, put_batch, &b, &p->cause);
	if (!rc)
		wf_instance_written(in);
	return rc;
}

/* A full journal takes nothing new in, but what is in it can end; and it opens again. */
static void quota(void **state)
{
	struct place *p = *state;
	close_place(p);
	const uint64_t limit = 400000;
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, limit), 0);
	struct wf_instance *running[50];
	for (unsigned i = 0; i < 50; i++)
		running[i] = new_instance("deploy", T0);
	assert_int_equal(put(p, running, 50, true), 0);
	int rc = 0;
	unsigned taken = 0;
	while (!rc && taken < 10000) {
		struct wf_instance *in = new_instance("deploy", T0);
		rc = put_plan_and_state(p, in);
		wf_instance_free(in);
		taken += !rc;
	}
	assert_int_equal(rc, WF_ENOSPC);
	assert_true(taken > 50);
	assert_non_null(strstr(p->cause.text, "full"));
	assert_true(p->cause.hint[0] != '\0');
	for (unsigned i = 0; i < 50; i++) {
		set_status(running[i], WF_INST_CANCELLED);
		assert_int_equal(put(p, &running[i], 1, true), 0);
		wf_instance_free(running[i]);
	}
	assert_sound(p);
	struct wf_journal_stat s;
	assert_int_equal(wf_journal_stat(p->journal, &s, &p->cause), 0);
	assert_int_equal(s.instances, 50 + taken);
	assert_int_equal(s.by_status[WF_INST_CANCELLED], 50);
	struct wf_instance *in = new_instance("deploy", T0);
	assert_int_equal(put_plan_and_state(p, in), WF_ENOSPC);
	close_place(p);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, limit * 4), 0);
	assert_int_equal(put_plan_and_state(p, in), 0);
	assert_int_equal(in->number, 51 + taken);
	assert_sound(p);
	wf_instance_free(in);
}

/* A file-size limit, as a disk that fills: nothing of the transaction is there, and what was is. */
static void file_limit(void **state)
{
	struct place *p = *state;
	WF_AUTOFREE char *path = data_file(p);
	fill(p, 4);
	struct rlimit before, low;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	low = before;
	low.rlim_cur = (rlim_t)size_of(path) + 3 * 4096;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	int rc = 0;
	unsigned taken = 4;
	while (!rc && taken < 10000) {
		struct wf_instance *in = new_instance("deploy", T0);
		rc = put_plan_and_state(p, in);
		wf_instance_free(in);
		taken += !rc;
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(rc, WF_ENOSPC);
	assert_non_null(strstr(p->cause.hint, "ulimit -f"));
	struct wf_journal_stat s;
	assert_int_equal(wf_journal_stat(p->journal, &s, &p->cause), 0);
	assert_int_equal(s.instances, taken);
	assert_sound(p);
	struct wf_instance *in = new_instance("deploy", T0);
	assert_int_equal(put_plan_and_state(p, in), 0);
	wf_instance_free(in);
	close_place(p);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	assert_sound(p);
}

static void too_large_a_value(void **state)
{
	struct place *p = *state;
	struct wf_instance *in = new_instance("deploy", T0);
	size_t n = (17u << 20);
	char *text = wf_alloc(n);
	memset(text, 'x', n);
	json_t *v = json_stringn(text, n);
	wf_instance_set_var(in, "x", v);
	json_decref(v);
	wf_free(text);
	assert_int_equal(put_plan_and_state(p, in), WF_ELIMIT);
	wf_instance_free(in);
	assert_sound(p);
}

/* What opening says to a user who may read everything and write nothing. */
static int open_as_reader(struct place *p)
{
	if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
		return 1;
	if (open_place(p, WF_JOURNAL_WRITE, 0) != WF_EPERM || !strstr(p->cause.hint, "writable"))
		return 2;
	return 0;
}

static void read_only(void **state)
{
	struct place *p = *state;
	fill(p, 2);
	close_place(p);
	WF_AUTOFREE char *command = wf_asprintf("chmod -R a-w '%s' && %s '%s'", p->path,
		geteuid() ? "true" : "chown -R 65534", p->path);
	assert_int_equal(system(command), 0);
	pid_t child = fork();
	if (child == 0)
		_exit(open_as_reader(p));
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(init_twice), TEST(keys), TEST(newer_version),
		TEST(header_damaged),
		TEST(truncated), TEST(flipped),
		TEST(longer_than_the_file), TEST(quota), TEST(file_limit), TEST(too_large_a_value),
		TEST(read_only)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

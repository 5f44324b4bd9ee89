/* Several processes, death in the middle, copies: backup, restore, compaction; runners. */
#include "common.h"

#include "journal/waiting.h"

#include <fcntl.h>
#include <signal.h>
#include <poll.h>
#include <spawn.h>

extern char **environ;

/* -- child processes: this program again, with a role -- */

struct child {
	pid_t pid;
	int from, to; /* its standard output and input */
};

static struct child start(const char *role, const char *home)
{
	int out[2], in[2];
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	posix_spawn_file_actions_t actions;
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, in[0], 0), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out[1], 1), 0);
	char *argv[] = {wf_strdup("test"), wf_strdup(role), wf_strdup(home), NULL};
	struct child c = {.from = out[0], .to = in[1]};
	assert_int_equal(posix_spawn(&c.pid, "/proc/self/exe", &actions, NULL, argv, environ), 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	for (unsigned i = 0; i < 3; i++)
		wf_free(argv[i]);
	(void)close(out[1]);
	(void)close(in[0]);
	return c;
}

/* Waits until the child says something; the line it said. */
static void hear(struct child *c, char line[64])
{
	size_t n = 0;
	while (n < 63 && read(c->from, line + n, 1) == 1 && line[n] != '\n')
		n++;
	line[n] = '\0';
}

static int ended(struct child *c)
{
	int status;
	(void)close(c->from);
	(void)close(c->to);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	return status;
}

static void say(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		_exit(9);
}

static void wait_for_word(void)
{
	char c;
	(void)!read(0, &c, 1);
}

static struct wf_instance *completed(unsigned i)
{
	struct wf_instance *in = new_instance("deploy", T0 + i);
	for (uint32_t s = 0; s < 3; s++)
		complete_step(in, s);
	in->status = WF_INST_COMPLETED;
	return in;
}

static int put_one(struct place *p, unsigned i)
{
	struct wf_instance *in = completed(i);
	int rc = put(p, &in, 1, true);
	wf_instance_free(in);
	return rc;
}

static int role_write(struct place *p)
{
	for (unsigned i = 0; i < 50; i++)
		if (put_one(p, i))
			return 1;
	return 0;
}

/* Dies in the middle of a transaction when it is killed there. */
static int stand_still(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct wf_instance *in = arg;
	struct batch b = {&in, 1, true, 0};
	int rc = put_batch(t, &b, cause);
	say("inside\n");
	wait_for_word();
	return rc;
}

static int role_stand(struct place *p)
{
	struct wf_instance *in = completed(0);
	int rc = wf_journal_update(p->journal, stand_still, in, &p->cause);
	wf_instance_free(in);
	return rc ? 1 : 0;
}

static int role_queue(struct place *p)
{
	say("here\n");
	return put_one(p, 1);
}

static int read_slowly(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)t;
	(void)arg;
	(void)cause;
	say("reading\n");
	wait_for_word();
	return 0;
}

static int role_read(struct place *p)
{
	return wf_journal_view(p->journal, read_slowly, NULL, &p->cause) ? 1 : 0;
}

static int role_hold(struct place *p)
{
	uint64_t id;
	if (wf_runner_begin(p->home, &id, &p->cause))
		return 1;
	char line[32];
	(void)snprintf(line, sizeof(line), "%llx\n", (unsigned long long)id);
	say(line);
	wait_for_word();
	return 0;
}

/* Takes starts in by their key, as a runtime does: looks for it, and takes it when nobody has. */
struct keyed {
	unsigned key;
	bool taken;
	struct wf_instance *in;
};

static int start_once(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct keyed *k = arg;
	char key[16];
	uint64_t number, held;
	(void)snprintf(key, sizeof(key), "key%u", k->key);
	k->taken = false;
	int rc = wf_txn_find_start(t, "deploy", key, &number);
	if (rc != WF_ENOENT)
		return rc;
	rc = wf_txn_count_held(t, "lane", 2, &held);
	if (rc)
		return rc;
	if (!k->in->start_key)
		k->in->start_key = wf_strdup(key);
	k->in->status = held < 2 ? WF_INST_RUNNING : WF_INST_QUEUED;
	k->taken = true;
	struct batch b = {&k->in, 1, true, 0};
	return put_batch(t, &b, cause);
}

static int role_keys(struct place *p)
{
	for (unsigned i = 0; i < 40; i++) {
		struct keyed k = {.key = i, .in = new_instance("deploy", T0)};
		k.in->slots = json_pack("[{s:s,s:i}]", "name", "lane", "limit", 2);
		int rc = wf_journal_update(p->journal, start_once, &k, &p->cause);
		wf_instance_free(k.in);
		if (rc)
			return 1;
	}
	return 0;
}

static int play(const char *role, char *path)
{
	static const struct {
		const char *name;
		int (*fn)(struct place *);
	} roles[] = {{"write", role_write}, {"stand", role_stand}, {"read", role_read},
		{"hold", role_hold}, {"keys", role_keys}, {"queue", role_queue}};
	struct place p = {.path = path};
	if (open_place(&p, WF_JOURNAL_WRITE, 0))
		return 8;
	int rc = 7;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(roles[i].name, role) == 0)
			rc = roles[i].fn(&p);
	close_place(&p);
	return rc;
}

/* -- tests -- */

static uint64_t instances_of(struct place *p)
{
	struct wf_journal_stat s;
	assert_int_equal(wf_journal_stat(p->journal, &s, &p->cause), 0);
	return s.instances;
}

static void two_writers(void **state)
{
	struct place *p = *state;
	struct child c = start("write", p->path);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(put_one(p, i), 0);
	assert_int_equal(ended(&c), 0);
	assert_int_equal(instances_of(p), 100);
	assert_sound(p);
}

static int count_lane(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	uint64_t *counts = arg;
	int rc = wf_txn_count_held(t, "lane", 0, counts);
	return rc ? rc : wf_txn_count_queued(t, "lane", counts + 1);
}

/* The same keys in two processes at once: each is started once, and no more than two have the slot. */
static void keys_and_slots(void **state)
{
	struct place *p = *state;
	uint64_t counts[2] = {0};
	struct child c = start("keys", p->path), d = start("keys", p->path);
	assert_int_equal(role_keys(p), 0);
	assert_int_equal(ended(&c), 0);
	assert_int_equal(ended(&d), 0);
	assert_int_equal(instances_of(p), 40);
	assert_int_equal(wf_journal_view(p->journal, count_lane, counts, &p->cause), 0);
	assert_int_equal(counts[0], 2);
	assert_int_equal(counts[1], 38);
	assert_sound(p);
}

#define SMALL_MAP 65536

/* The other process has a larger map and goes beyond ours. */
static void map_of_another(void **state)
{
	struct place *p = *state;
	close_place(p);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, SMALL_MAP), 0);
	struct child c = start("write", p->path);
	assert_int_equal(ended(&c), 0);
	WF_AUTOFREE char *data = data_file(p);
	struct stat st;
	assert_int_equal(stat(data, &st), 0);
	assert_true(st.st_size > SMALL_MAP);
	assert_int_equal(instances_of(p), 50);
	struct wf_instance *in = get(p, 50);
	set_status(in, WF_INST_FAILED);
	assert_int_equal(put(p, &in, 1, true), 0);
	wf_instance_free(in);
	assert_sound(p);
}

static void killed_writer(void **state)
{
	struct place *p = *state;
	char line[64];
	for (unsigned i = 0; i < 3; i++) {
		struct child c = start("stand", p->path);
		hear(&c, line);
		assert_string_equal(line, "inside");
		assert_int_equal(kill(c.pid, SIGKILL), 0);
		assert_true(WIFSIGNALED(ended(&c)));
		assert_int_equal(put_one(p, i), 0);
		assert_int_equal(instances_of(p), i + 1);
		assert_sound(p);
	}
	close_place(p);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	assert_sound(p);
}

static void killed_reader(void **state)
{
	struct place *p = *state;
	char line[64];
	struct child c = start("read", p->path);
	hear(&c, line);
	struct wf_journal_stat s;
	assert_int_equal(wf_journal_stat(p->journal, &s, &p->cause), 0);
	assert_int_equal(s.readers, 1);
	assert_int_equal(kill(c.pid, SIGKILL), 0);
	(void)ended(&c);
	assert_int_equal(wf_journal_stat(p->journal, &s, &p->cause), 0);
	assert_int_equal(s.stale_readers_cleared, 1);
	assert_int_equal(put_one(p, 1), 0);
}

static void backup_and_restore(void **state)
{
	struct place *p = *state;
	WF_AUTOFREE char *to = wf_asprintf("%s/backup.wfj", p->path);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(put_one(p, i), 0);
	assert_int_equal(wf_journal_backup(p->journal, to, &p->cause), 0);
	assert_int_equal(wf_journal_backup(p->journal, to, &p->cause), WF_EEXIST);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(put_one(p, i), 0);
	wf_journal_close(p->journal);
	p->journal = NULL;

	assert_int_equal(wf_journal_restore(p->home, "default", "default", to, false, &p->cause),
		WF_EEXIST);
	assert_int_equal(wf_journal_restore(p->home, "default", "copy", to, false, &p->cause), 0);
	assert_int_equal(wf_journal_restore(p->home, "default", "default", to, true, &p->cause), 0);
	static const char *const environments[] = {"copy", "default"};
	for (size_t i = 0; i < 2; i++) {
		wf_journal_close(p->journal);
		p->journal = NULL;
		assert_int_equal(wf_journal_open(p->home, "default", environments[i],
			WF_JOURNAL_WRITE, &p->journal, &p->cause), 0);
		assert_int_equal(instances_of(p), 20);
		assert_int_equal(put_one(p, 20), 0);
		assert_sound(p);
	}
	/* While anybody has it open it is not replaced. */
	assert_int_equal(wf_journal_restore(p->home, "default", "default", to, true, &p->cause),
		WF_EBUSY);
	assert_int_equal(instances_of(p), 21);

	/* A damaged backup is not put in place. */
	WF_AUTOBUF struct wf_buf b = {0};
	assert_int_equal(wf_read_file(to, 1u << 24, &b, NULL), 0);
	b.data[b.len - 3000] ^= 1;
	for (size_t at = 8192; at + 100 < b.len; at += 100)
		b.data[at] ^= 1;
	assert_int_equal(wf_write_file(to, b.data, b.len, 0600, false, NULL), 0);
	assert_int_equal(wf_journal_restore(p->home, "default", "third", to, false, &p->cause),
		WF_ECORRUPT);
	struct wf_journal *j;
	assert_int_equal(wf_journal_open(p->home, "default", "third", WF_JOURNAL_READ, &j,
		&p->cause), WF_ENOENT);
}

static void compaction(void **state)
{
	struct place *p = *state;
	char line[64];
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(put_one(p, i), 0);
	struct child c = start("read", p->path);
	hear(&c, line);
	uint64_t before = 0, after = 0;
	assert_int_equal(wf_journal_compact(p->journal, &before, &after, &p->cause), WF_EBUSY);
	p->journal = NULL;
	assert_int_equal(write(c.to, "x", 1), 1);
	assert_int_equal(ended(&c), 0);
	close_place(p);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	assert_int_equal(wf_journal_compact(p->journal, &before, &after, &p->cause), 0);
	p->journal = NULL;
	assert_true(after < before);
	close_place(p);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	assert_int_equal(instances_of(p), 50);
	assert_int_equal(put_one(p, 50), 0);
	assert_sound(p);
}

static void runners(void **state)
{
	struct place *p = *state;
	uint64_t own, same;
	assert_false(wf_runner_alive(p->home, 0));
	assert_false(wf_runner_alive(p->home, 12345));
	assert_int_equal(wf_runner_begin(p->home, &own, &p->cause), 0);
	assert_int_equal(wf_runner_begin(p->home, &same, &p->cause), 0);
	assert_int_equal(own, same);
	assert_true(own != 0);
	assert_true(wf_runner_alive(p->home, own));

	char line[64];
	struct child c = start("hold", p->path);
	hear(&c, line);
	uint64_t other = strtoull(line, NULL, 16);
	assert_true(other != 0 && other != own);
	assert_true(wf_runner_alive(p->home, other));
	assert_true(wf_runner_alive(p->home, other));
	assert_int_equal(kill(c.pid, SIGKILL), 0);
	(void)ended(&c);
	assert_false(wf_runner_alive(p->home, other));
	WF_AUTOFREE char *file = wf_asprintf("%s/runners/%016llx.lock", p->path,
		(unsigned long long)other);
	assert_int_equal(access(file, F_OK), -1); /* swept */
	assert_false(wf_runner_alive(p->home, other));

	c = start("hold", p->path);
	hear(&c, line);
	other = strtoull(line, NULL, 16);
	assert_int_equal(write(c.to, "x", 1), 1);
	assert_int_equal(ended(&c), 0);
	assert_false(wf_runner_alive(p->home, other));
	wf_runner_end(p->home);
	assert_false(wf_runner_alive(p->home, own));
}

/* Whoever looks at a dead runner is not taken for it by another who looks at the same time. */
static bool readable(int fd, int wait_ms)
{
	struct pollfd f = {.fd = fd, .events = POLLIN};
	return poll(&f, 1, wait_ms) == 1;
}

/* A wake comes from another process as from one's own; looking whether a runner lives is none. */
static void wakes(void **state)
{
	struct place *p = *state;
	uint64_t own, none = 77;
	assert_int_equal(wf_runner_watch_fd(p->home), -1);
	wf_runner_woken(p->home);
	assert_int_equal(wf_runner_begin(p->home, &own, &p->cause), 0);
	int fd = wf_runner_watch_fd(p->home);
	assert_true(fd >= 0);
	assert_int_equal(wf_runner_watch_fd(p->home), fd);
	assert_false(readable(fd, 0));
	struct wf_home *other;
	assert_int_equal(wf_home_open(p->path, NULL, &other, &p->cause), 0);
	assert_true(wf_runner_alive(other, own));
	wf_runner_tidy(other);
	wf_runner_wake(other, none);
	wf_runner_wake(other, 0);
	assert_false(readable(fd, 0));
	wf_runner_wake(other, own);
	wf_runner_wake(other, own);
	assert_true(readable(fd, 5000));
	wf_runner_woken(p->home);
	assert_false(readable(fd, 0));
	wf_runner_wake(p->home, own);
	assert_true(readable(fd, 5000));
	wf_runner_end(p->home);
	assert_int_equal(wf_runner_watch_fd(p->home), -1);
	wf_runner_wake(other, own);
	assert_int_equal(wf_runner_begin(p->home, &own, &p->cause), 0);
	fd = wf_runner_watch_fd(p->home);
	assert_false(readable(fd, 0));
	wf_home_close(other);
}

static void lookers_do_not_mistake_each_other(void **state)
{
	struct place *p = *state;
	WF_AUTOFREE char *file = wf_asprintf("%s/runners/%016llx.lock", p->path, 77ull);
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct flock looks = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &looks), 0);
	assert_false(wf_runner_alive(p->home, 77));
	(void)close(fd);

	WF_AUTOFREE char *other = wf_asprintf("%s/runners/%016llx.lock", p->path, 78ull);
	fd = open(other, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct flock alone = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &alone), 0);
	assert_true(wf_runner_alive(p->home, 78));
	wf_runner_tidy(p->home);
	assert_int_equal(access(other, F_OK), 0);
	(void)close(fd);
	wf_runner_tidy(p->home);
	assert_int_equal(access(other, F_OK), -1);
	assert_false(wf_runner_alive(p->home, 78));
}

static bool count_kind(void *arg, json_t *record)
{
	json_t *counts = arg;
	const char *kind = json_string_value(json_object_get(record, "kind"));
	assert_non_null(kind);
	assert_null(json_object_get(record, "error"));
	json_int_t n = json_integer_value(json_object_get(counts, kind));
	assert_int_equal(json_object_set_new(counts, kind, json_integer(n + 1)), 0);
	return true;
}

static bool sleeps(const struct child *c)
{
	char path[64], text[256] = "";
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)c->pid);
	FILE *f = fopen(path, "r");
	if (!f || !fgets(text, sizeof(text), f))
		text[0] = '\0';
	if (f)
		(void)fclose(f);
	const char *after = strrchr(text, ')');
	return after && strncmp(after, ") S", 3) == 0;
}

/* One that waits for its turn to write: it has nothing else to sleep for. */
static struct child waiting_writer(const char *path)
{
	char line[64];
	struct child c = start("queue", path);
	hear(&c, line);
	assert_string_equal(line, "here");
	for (unsigned seen = 0; seen < 5; seen = sleeps(&c) ? seen + 1 : 0)
		(void)poll(NULL, 0, 2);
	return c;
}

#define PATIENCE_MS 120000 /* used up by a failure only */

/* Who has its turn next must not keep the others waiting when it does not come. */
static void a_stopped_waiter_holds_up_nobody(void **state)
{
	struct place *p = *state;
	char line[64];
	struct child writes = start("stand", p->path);
	hear(&writes, line);
	assert_string_equal(line, "inside");
	struct child stopped = waiting_writer(p->path), waits = waiting_writer(p->path);
	assert_int_equal(kill(stopped.pid, SIGSTOP), 0);
	/* until it stands still it could still be given its turn */
	int status;
	assert_int_equal(waitpid(stopped.pid, &status, WUNTRACED), stopped.pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(write(writes.to, "x", 1), 1);
	assert_int_equal(ended(&writes), 0);
	/* its output ends with it */
	struct pollfd fd = {.fd = waits.from, .events = POLLIN};
	int came = poll(&fd, 1, PATIENCE_MS);
	assert_int_equal(kill(stopped.pid, SIGCONT), 0);
	assert_int_equal(ended(&waits), 0);
	assert_int_equal(ended(&stopped), 0);
	assert_int_equal(came, 1);
	assert_int_equal(instances_of(p), 3);
}

static void dump(void **state)
{
	struct place *p = *state;
	struct wf_instance *in = new_instance("deploy", T0);
	complete_step(in, 0);
	open_approval(in, 1);
	json_t *v = json_true();
	wf_instance_set_var(in, "x", v);
	assert_int_equal(put(p, &in, 1, true), 0);
	wf_instance_free(in);
	json_t *counts = json_object();
	assert_int_equal(wf_journal_dump(p->journal, count_kind, counts, &p->cause), 0);
	WF_AUTOFREE char *text = json_dumps(counts, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(counts);
	assert_string_equal(text, "{\"counts\":1,\"header\":1,\"history\":1,\"identity\":1,"
		"\"index\":7,\"input\":1,\"journal\":1,\"plan\":1,\"step\":2,\"variable\":1}");
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return play(argv[1], argv[2]);
	const struct CMUnitTest tests[] = {TEST(two_writers), TEST(keys_and_slots),
		TEST(wakes), TEST(map_of_another),
		TEST(killed_writer), TEST(killed_reader), TEST(backup_and_restore),
		TEST(compaction), TEST(runners), TEST(lookers_do_not_mistake_each_other),
		TEST(a_stopped_waiter_holds_up_nobody), TEST(dump)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

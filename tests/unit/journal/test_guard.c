/*
 * The guard of faults: a reading that meets one ends with a result and leaves nothing locked; what is
 * not guarded, or is no fault of a page, goes where it went before.
 */
#include "common.h"

#include "journal/guard.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

enum { BROKEN = 77 };

static volatile char *nothing; /* a page where nothing is */

static int read_at(volatile const char *at)
{
	return *at;
}

static void none(int sig)
{
	_exit(sig == SIGSEGV ? 42 : 43);
}

static void broke(void)
{
	_exit(7);
}

/* The status of a child that does it; 128 and more: by which signal it ended. */
static int child(void (*fn)(void))
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		(void)alarm(300);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* -- the guard alone -- */

static void as_without_handlers(void)
{
	(void)signal(SIGSEGV, SIG_DFL); /* the sanitizers' own speaks */
	(void)signal(SIGBUS, SIG_DFL);
	wf_guard_ready();
}

static void a_reading_is_left(void)
{
	as_without_handlers();
	for (int i = 0; i < 3; i++) { /* the signal does not stay blocked */
		int rc = 0;
		WF_GUARD_READ(&rc, read_at(nothing), BROKEN);
		if (rc != BROKEN || wf_guard_state != WF_GUARD_OFF)
			_exit(1);
	}
	char there = 5;
	int rc = 0;
	WF_GUARD_READ(&rc, read_at(&there), BROKEN);
	_exit(rc == 5 ? 0 : 2);
}

static void a_change_ends_the_process(void)
{
	int rc;
	as_without_handlers();
	wf_guard_on_broken(broke);
	WF_GUARD_WRITE(&rc, read_at(nothing));
	_exit(1);
}

static void a_change_without_a_last_word(void)
{
	int rc;
	as_without_handlers();
	WF_GUARD_WRITE(&rc, read_at(nothing));
	_exit(1);
}

static void an_unguarded_fault(void)
{
	as_without_handlers();
	_exit(read_at(nothing));
}

static void an_unguarded_fault_with_a_handler(void)
{
	(void)signal(SIGSEGV, none);
	wf_guard_ready();
	int rc = 0;
	WF_GUARD_READ(&rc, read_at(nothing), BROKEN);
	if (rc == BROKEN)
		_exit(read_at(nothing));
}

static int send_signal(void)
{
	return kill(getpid(), SIGSEGV);
}

static void a_signal_that_was_sent(void)
{
	int rc;
	as_without_handlers();
	WF_GUARD_READ(&rc, send_signal(), BROKEN);
	_exit(rc == BROKEN ? 1 : 2);
}

static void *fault_here(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)read_at(nothing);
}

static int wait_for_another(void)
{
	pthread_t t;
	return pthread_create(&t, NULL, fault_here, NULL) || pthread_join(t, NULL);
}

static void a_fault_of_another_thread(void)
{
	int rc;
	as_without_handlers();
	WF_GUARD_READ(&rc, wait_for_another(), BROKEN);
	_exit(rc == BROKEN ? 1 : 2);
}

static void faults(void **state)
{
	(void)state;
	nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(nothing, MAP_FAILED);
	assert_int_equal(child(a_reading_is_left), 0);
	assert_int_equal(child(a_change_ends_the_process), 7);
	assert_int_equal(child(a_change_without_a_last_word), 128 + SIGSEGV);
	assert_int_equal(child(an_unguarded_fault), 128 + SIGSEGV);
	assert_int_equal(child(an_unguarded_fault_with_a_handler), 42);
	assert_int_equal(child(a_signal_that_was_sent), 128 + SIGSEGV);
	assert_int_equal(child(a_fault_of_another_thread), 128 + SIGSEGV);
}

/* -- under the journal: its file is cut off while it is mapped -- */

static int load_one(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	struct wanted w = {1, WF_LOAD_ALL, NULL};
	(void)arg;
	int rc = read_instance(t, &w, cause);
	if (!rc)
		wf_instance_free(w.in);
	return rc;
}

static int put_one(struct place *p)
{
	struct wf_instance *in = new_instance("deploy", T0);
	int rc = put(p, &in, 1, true);
	wf_instance_free(in);
	return rc;
}

/* Another process, begun before this one has the journal open: for each byte it gets it writes. */
struct other {
	pid_t pid;
	int to, from;
};

static void write_when_asked(const char *path, int from, int to)
{
	struct place p = {.path = (char *)(uintptr_t)path};
	char c;
	while (read(from, &c, 1) == 1) {
		(void)alarm(300);
		c = open_place(&p, WF_JOURNAL_WRITE, 0) || put_one(&p) ? 'n' : 'y';
		close_place(&p);
		if (write(to, &c, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static struct other begin_other(struct place *p)
{
	int there[2], back[2];
	close_place(p);
	assert_int_equal(pipe(there) | pipe(back), 0);
	struct other o = {fork(), there[1], back[0]};
	if (o.pid == 0) {
		(void)close(there[1]);
		write_when_asked(p->path, there[0], back[1]);
	}
	(void)close(there[0]);
	(void)close(back[1]);
	assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
	return o;
}

static void end_other(struct other *o)
{
	int status;
	(void)close(o->to);
	(void)close(o->from);
	assert_int_equal(waitpid(o->pid, &status, 0), o->pid);
	assert_int_equal(status, 0);
}

static void assert_writable(struct place *p, struct other *o)
{
	char c = '?';
	assert_int_equal(write(o->to, &c, 1), 1);
	assert_int_equal(read(o->from, &c, 1), 1);
	assert_int_equal(c, 'y');
	assert_int_equal(put_one(p), 0);
	assert_sound(p);
}

static void cut_off(void **state)
{
	struct place here, *p = &here;
	WF_AUTOBUF struct wf_buf whole = {0};
	(void)state;
	make_place(p, 0);
	struct other other = begin_other(p);
	assert_int_equal(put_one(p), 0);
	WF_AUTOFREE char *path = data_file(p);
	for (int round = 0; round < 3; round++) {
		wf_buf_reset(&whole);
		assert_int_equal(wf_read_file(path, 1u << 24, &whole, NULL), 0);
		int fd = open(path, O_RDWR | O_CLOEXEC);
		assert_int_equal(ftruncate(fd, 2 * 4096), 0);
		p->cause = (struct wf_cause){0};
		assert_int_equal(wf_journal_view(p->journal, load_one, NULL, &p->cause), WF_ECORRUPT);
		assert_non_null(strstr(p->cause.text, "is damaged"));
		/* in a transaction that writes, which holds the writers' lock */
		assert_int_equal(wf_journal_update(p->journal, load_one, NULL, &p->cause),
			WF_ECORRUPT);
		assert_int_equal(pwrite(fd, whole.data, whole.len, 0), (ssize_t)whole.len);
		assert_int_equal(close(fd), 0);
		assert_int_equal(wf_journal_view(p->journal, load_one, NULL, &p->cause), 0);
		assert_writable(p, &other);
		close_place(p);
		assert_int_equal(open_place(p, WF_JOURNAL_WRITE, 0), 0);
		assert_writable(p, &other);
		struct wf_journal_stat st;
		assert_int_equal(wf_journal_stat(p->journal, &st, &p->cause), 0);
		assert_int_equal(st.readers, 0); /* no slot was left behind */
	}
	end_other(&other);
	drop_place(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults),
		cmocka_unit_test(cut_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

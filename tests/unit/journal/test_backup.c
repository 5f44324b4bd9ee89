/*
 * What a copy that is killed leaves: nothing where files can be without a name; elsewhere one file,
 * which the next copy takes. That other filesystem is a filter on the system call.
 */
#include "common.h"

#include "base/crash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static char *folder;

static char *target(const char *name)
{
	return wf_asprintf("%s/%s", folder, name);
}

static unsigned files(void)
{
	unsigned n = 0;
	DIR *d = opendir(folder);
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

/* From here on this process cannot make files without a name. */
static bool forbid_nameless(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
		!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* In a child: its exit status, 255 when it was killed; 254 where there are no filters. */
static int back_up(struct place *p, bool nameless, const char *die_at)
{
	WF_AUTOFREE char *to = target("copy");
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		if (!nameless && !forbid_nameless())
			_exit(254);
		if (die_at)
			(void)wf_crash_arm(die_at);
		int rc = open_place(p, WF_JOURNAL_READ, 0);
		if (!rc)
			rc = wf_journal_backup(p->journal, to, &p->cause);
		_exit(-rc);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 255 : WEXITSTATUS(status);
}

static int setup(void **state)
{
	int rc = place_setup(state);
	struct place *p = *state;
	close_place(p);
	folder = wf_asprintf("%s/copies", p->path);
	assert_int_equal(mkdir(folder, 0700), 0);
	return rc;
}

static int teardown(void **state)
{
	wf_free(folder);
	return place_teardown(state);
}

static void killed_without_a_name(void **state)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		skip();
	(void)close(fd);
	assert_int_equal(back_up(*state, true, "COPY_MADE:1"), 255);
	assert_int_equal(files(), 0);
	assert_int_equal(back_up(*state, true, NULL), 0);
	assert_int_equal(files(), 1);
	assert_int_equal(back_up(*state, true, NULL), -WF_EEXIST);
}

static void killed_by_name(void **state)
{
	int status = back_up(*state, false, "COPY_MADE:1");
	if (status == 254)
		skip();
	assert_int_equal(status, 255);
	assert_int_equal(files(), 1);
	assert_int_equal(back_up(*state, false, "COPY_PLACED:1"), 255);
	assert_int_equal(files(), 2);
	WF_AUTOFREE char *to = target("copy");
	assert_int_equal(unlink(to), 0);
	assert_int_equal(back_up(*state, false, NULL), 0);
	assert_int_equal(files(), 1);
	assert_int_equal(access(to, F_OK), 0);
	assert_int_equal(back_up(*state, false, NULL), -WF_EEXIST);
	assert_int_equal(files(), 1);
}

/* Somebody else's copy under way is left alone, and so is what is no copy. */
static void not_ours(void **state)
{
	WF_AUTOFREE char *temp = target("copy.wfctl.tmp");
	int fd = open(temp, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	int status = back_up(*state, false, NULL);
	if (status == 254)
		skip();
	assert_int_equal(status, -WF_EBUSY);
	assert_int_equal(files(), 1);
	(void)close(fd);
	assert_int_equal(unlink(temp), 0);
	assert_int_equal(symlink("elsewhere", temp), 0);
	assert_int_not_equal(back_up(*state, false, NULL), 0);
	assert_int_equal(files(), 1);
}

int main(void)
{
#define COPY_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		COPY_TEST(killed_without_a_name), COPY_TEST(killed_by_name), COPY_TEST(not_ours)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

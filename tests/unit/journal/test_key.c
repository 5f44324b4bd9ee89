/* Another init makes the master key while ours is about to: the first one stays. */
#include "common.h"

#include <fcntl.h>
#include <sys/syscall.h>

static const uint8_t others[32] = "the key of the one that is first";
static bool meanwhile;

/* In the place of the C library's: behind a look that found no key, the other's is there. */
int access(const char *path, int mode)
{
	long rc = syscall(SYS_faccessat, AT_FDCWD, path, mode);
	const char *name = strrchr(path, '/');
	if (rc == 0 || !meanwhile || !name || strcmp(name, "/master") != 0)
		return (int)rc;
	meanwhile = false;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, others, sizeof(others)), sizeof(others));
	(void)close(fd);
	return (int)rc;
}

static void a_key_that_came_meanwhile_stays(void **state)
{
	struct place *p = *state;
	WF_AUTOFREE char *path = wf_asprintf("%s/fresh", p->path);
	WF_AUTOFREE char *key = wf_asprintf("%s/keys/master", path);
	WF_AUTOBUF struct wf_buf bytes = {0};
	struct wf_home *home;
	struct wf_journal *journal;
	meanwhile = true;
	assert_int_equal(wf_home_init(path, "default", "default", &p->cause), 0);
	assert_false(meanwhile);
	assert_int_equal(wf_read_file(key, 100, &bytes, &p->cause), 0);
	assert_int_equal(bytes.len, sizeof(others));
	assert_memory_equal(bytes.data, others, sizeof(others));
	assert_int_equal(wf_home_open(path, NULL, &home, &p->cause), 0);
	assert_int_equal(
		wf_journal_open(home, "default", "default", WF_JOURNAL_READ, &journal, &p->cause), 0);
	wf_journal_close(journal);
	wf_home_close(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(a_key_that_came_meanwhile_stays)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

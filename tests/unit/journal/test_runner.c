/* A runner's lock file is looked at by another between being made and being locked. */
#include "common.h"

#include <fcntl.h>
#include <sys/syscall.h>

/* What happens before the next lock that is to be had alone. */
static void (*meanwhile)(void);

/* In the place of the C library's: everybody's locks come by here. */
int fcntl(int fd, int command, ...)
{
	va_list args;
	va_start(args, command);
	void *argument = va_arg(args, void *);
	va_end(args);
	if (command == F_OFD_SETLK && meanwhile && ((struct flock *)argument)->l_type == F_WRLCK) {
		void (*first)(void) = meanwhile;
		meanwhile = NULL;
		first();
	}
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

static struct wf_home *other;
static char *runners;
static int looking = -1;

/* Another process sees nobody's lock, and removes what it takes for a dead one's. */
static void tidy(void)
{
	wf_runner_tidy(other);
}

/* Another process holds the lock that those who look share. */
static void look(void)
{
	WF_AUTOFREE char *command = wf_asprintf("ls %s", runners);
	char name[64];
	FILE *names = popen(command, "re");
	assert_non_null(names);
	assert_int_equal(fscanf(names, "%63s", name), 1);
	assert_int_equal(pclose(names), 0);
	WF_AUTOFREE char *path = wf_asprintf("%s/%s", runners, name);
	struct flock shared = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	looking = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(looking >= 0);
	assert_int_equal(fcntl(looking, F_OFD_SETLK, &shared), 0);
}

static void begin_while(struct place *p, void (*what)(void))
{
	uint64_t id = 0;
	assert_int_equal(wf_home_open(p->path, NULL, &other, &p->cause), 0);
	runners = wf_asprintf("%s/runners", p->path);
	meanwhile = what;
	assert_int_equal(wf_runner_begin(p->home, &id, &p->cause), 0);
	assert_null(meanwhile);
	if (looking >= 0)
		(void)close(looking);
	looking = -1;
	WF_AUTOFREE char *path = wf_asprintf("%s/%016llx.lock", runners, (unsigned long long)id);
	assert_int_equal(access(path, F_OK), 0);
	assert_true(wf_runner_alive(other, id));
	wf_runner_tidy(other);
	assert_int_equal(access(path, F_OK), 0);
	wf_runner_end(p->home);
	assert_false(wf_runner_alive(other, id));
	wf_home_close(other);
	wf_free(runners);
}

static void one_whose_file_is_removed_takes_another(void **state)
{
	begin_while(*state, tidy);
}

static void one_whose_file_is_looked_at_takes_another(void **state)
{
	begin_while(*state, look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_whose_file_is_removed_takes_another),
		TEST(one_whose_file_is_looked_at_takes_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

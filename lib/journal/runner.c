/*
 * Runners: a process that drives instances holds a lock on a file named after its id. The kernel
 * drops the lock when the process dies, however it dies, so that a held lock is a living owner.
 * The locks are of the open file, not of the process (F_OFD_SETLK): closing another descriptor of
 * the file, as looking at it does, cannot drop them.
 *
 * The file is a pipe with a name, so that it can be woken by writing to it. (To watch a plain file
 * would cost each process the 15 ms that the kernel takes to close an inotify descriptor.)
 */
#include "base/crash.h"
#include "base/mem.h"
#include "base/sys.h"
#include "journal/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 100

static char *lock_path(const struct wf_home *home, uint64_t id)
{
	return wf_asprintf("%s/%016llx.lock", home->runners, (unsigned long long)id);
}

/* A runner takes its lock alone. Those who look whether it is free share it, so that two who look
 * at the same time do not take each other for the runner. */
static int take(int fd, bool alone)
{
	struct flock lock = {.l_type = alone ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
	return fcntl(fd, F_OFD_SETLK, &lock);
}

/* 0 when the path still names the open file; ENOENT when not: a process that looked may have taken it
 * for a dead runner's, between making and locking, and removed it; or what keeps that from being known. */
static int still_named(int fd, const char *path)
{
	struct stat a, b;
	if (fstat(fd, &a) || stat(path, &b))
		return errno;
	return a.st_ino == b.st_ino && a.st_dev == b.st_dev ? 0 : ENOENT;
}

static uint64_t new_id(uint32_t boot)
{
	uint32_t low = 0;
	while (!low)
		low = wf_random_u32();
	return (uint64_t)boot << 32 | low;
}

bool wf_runner_same_boot(uint64_t a, uint64_t b)
{
	return a >> 32 && a >> 32 == b >> 32;
}

/* Makes the lock file, a plain one where the filesystem knows no pipes; the descriptor, or -1 with errno.
 * Open for both, a pipe neither blocks nor ends, and writing into it raises no signal. */
static int make_file(const char *path, bool *ret_pipe)
{
	*ret_pipe = mkfifo(path, 0600) == 0;
	if (*ret_pipe) {
		int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC), sys = errno;
		if (fd < 0)
			(void)unlink(path);
		errno = sys;
		return fd;
	}
	if (errno != EPERM && errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS)
		return -1;
	return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

int wf_runner_begin(struct wf_home *home, uint64_t *ret_id, struct wf_cause *cause)
{
	if (home->runner_fd >= 0) {
		*ret_id = home->runner_id;
		return 0;
	}
	uint32_t boot;
	int rc = wf_boot(&boot, cause);
	if (rc)
		return rc;
	for (int i = 0; i < TRIES; i++) {
		uint64_t id = new_id(boot);
		WF_AUTOFREE char *path = lock_path(home, id);
		bool is_pipe;
		int fd = make_file(path, &is_pipe);
		if (fd < 0 && errno == EEXIST)
			continue;
		/* a backup of a home need not bring the folder of those who lived then; or somebody looked
		 * at the file before it was locked, and removed it */
		if (fd < 0 && errno == ENOENT) {
			rc = wf_make_dirs(home->runners, cause);
			if (rc)
				return rc;
			continue;
		}
		if (fd < 0)
			return wf_fail(cause, wf_err_of_errno(errno), "cannot make %s: %s", path,
				strerror(errno));
		if (take(fd, true)) {
			int sys = errno;
			(void)close(fd);
			if (sys == EAGAIN || sys == EACCES)
				continue;
			(void)unlink(path);
			return wf_fail(cause, WF_EUNSUPPORTED, "cannot lock %s: %s", path,
				strerror(sys));
		}
		int sys = still_named(fd, path);
		if (sys) {
			(void)close(fd);
			if (sys == ENOENT)
				continue;
			(void)unlink(path);
			return wf_fail(cause, wf_err_of_errno(sys), "cannot look at %s: %s", path,
				strerror(sys));
		}
		home->runner_fd = fd;
		home->watch_fd = is_pipe ? fd : -1;
		home->runner_id = *ret_id = id;
		wf_crash_here(WF_CRASH_RUNNER_BEGUN);
		return 0;
	}
	return wf_fail(cause, WF_EBUSY, "%s: no runner's lock could be taken", home->runners);
}

void wf_runner_end(struct wf_home *home)
{
	if (home->runner_fd < 0)
		return;
	WF_AUTOFREE char *path = lock_path(home, home->runner_id);
	wf_crash_here(WF_CRASH_RUNNER_ENDING);
	(void)unlink(path);
	(void)close(home->runner_fd);
	home->runner_fd = home->watch_fd = -1;
	home->runner_id = 0;
}

/* -- waking -- */

/* What is written waits in the pipe, so that a wake that comes while nobody looks is not lost; one that
 * finds it full is one of many. */
void wf_runner_wake(struct wf_home *home, uint64_t id)
{
	WF_AUTOFREE char *path = lock_path(home, id);
	int fd = id ? open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	(void)!write(fd, "", 1);
	(void)close(fd);
}

int wf_runner_watch_fd(struct wf_home *home)
{
	return home->watch_fd;
}

void wf_runner_woken(struct wf_home *home)
{
	char wakes[4096];
	if (home->watch_fd < 0)
		return;
	while (read(home->watch_fd, wakes, sizeof(wakes)) > 0)
		continue;
}

static bool known_dead(const struct wf_home *home, uint64_t id)
{
	for (size_t i = 0; i < sizeof(home->dead) / sizeof(home->dead[0]); i++)
		if (home->dead[i] == id)
			return true;
	return false;
}

static void note_dead(struct wf_home *home, uint64_t id)
{
	home->dead[home->dead_next++ % (sizeof(home->dead) / sizeof(home->dead[0]))] = id;
}

/* Whether the lock file is there and held; a free one is removed. */
static bool is_held(const struct wf_home *home, uint64_t id)
{
	WF_AUTOFREE char *path = lock_path(home, id);
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		/* There, but not ours to lock: whoever it belongs to may well be alive. */
		return errno != ENOENT;
	bool dead = take(fd, false) == 0;
	/* The lock is shared with us now: no runner can take this name while it goes. */
	if (dead && still_named(fd, path) == 0)
		(void)unlink(path);
	(void)close(fd);
	return !dead;
}

bool wf_runner_alive(struct wf_home *home, uint64_t id)
{
	if (!id)
		return false;
	if (home->runner_fd >= 0 && id == home->runner_id)
		return true;
	if (known_dead(home, id))
		return false;
	bool alive = is_held(home, id);
	if (!alive)
		note_dead(home, id);
	return alive;
}

void wf_runner_tidy(struct wf_home *home)
{
	DIR *folder = opendir(home->runners);
	if (!folder)
		return;
	for (const struct dirent *e; (e = readdir(folder));) {
		char *end;
		unsigned long long id = strtoull(e->d_name, &end, 16);
		if (end == e->d_name + 16 && strcmp(end, ".lock") == 0)
			(void)wf_runner_alive(home, id); /* which removes it when it is not */
	}
	(void)closedir(folder);
}

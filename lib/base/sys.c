/* The door to the operating system. */
#include "base/sys.h"

#include "base/hash.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int64_t frozen_now = -1;

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;
	if (clock_gettime(id, &t))
		WF_BUG("no clock");
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t wf_now_ms(void)
{
	return frozen_now >= 0 ? frozen_now : clock_ms(CLOCK_REALTIME);
}

int64_t wf_monotonic_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

void wf_sys_set_now(int64_t ms)
{
	frozen_now = ms;
}

bool wf_sys_now_is_set(void)
{
	return frozen_now >= 0;
}

static uint32_t set_boot;

void wf_sys_set_boot(uint32_t boot)
{
	set_boot = boot;
}

int wf_boot(uint32_t *ret, struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf id = {0};
	uint8_t hash[WF_HASH_SIZE];
	*ret = set_boot;
	if (set_boot)
		return 0;
	int rc = wf_read_file("/proc/sys/kernel/random/boot_id", 4096, &id, cause);
	if (rc)
		return rc == WF_ENOENT || rc == WF_EPERM ? 0 : rc;
	wf_hash(id.data, id.len, hash);
	struct wf_reader r = wf_reader_of(hash, sizeof(hash));
	*ret = wf_get_u32(&r);
	return 0;
}

static void fill_random(unsigned char *out, size_t n)
{
	while (n) {
		ssize_t got = getrandom(out, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			WF_BUG("no random bytes from the kernel");
		out += got;
		n -= (size_t)got;
	}
}

void wf_random(void *bytes, size_t n)
{
	static unsigned char pool[1024];
	static size_t left;
	if (n > sizeof(pool)) {
		fill_random(bytes, n);
		return;
	}
	if (left < n) {
		fill_random(pool, sizeof(pool));
		left = sizeof(pool);
	}
	left -= n;
	memcpy(bytes, pool + left, n);
	memset(pool + left, 0, n);
}

uint32_t wf_random_u32(void)
{
	uint32_t v;
	wf_random(&v, sizeof(v));
	return v;
}

static int read_all(int fd, const char *name, size_t max, struct wf_buf *out, struct wf_cause *cause)
{
	char chunk[65536];
	size_t total = 0;
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return wf_fail(cause, errno == EISDIR ? WF_EINVAL : wf_err_of_errno(errno),
				"cannot read %s: %s", name, strerror(errno));
		if (n == 0)
			return 0;
		total += (size_t)n;
		if (total > max)
			return wf_fail(cause, WF_ELIMIT, "%s is larger than %zu bytes", name, max);
		wf_buf_add(out, chunk, (size_t)n);
	}
}

int wf_read_fd(int fd, const char *name, size_t max, struct wf_buf *out, struct wf_cause *cause)
{
	return read_all(fd, name, max, out, cause);
}

int wf_read_file(const char *path, size_t max, struct wf_buf *out, struct wf_cause *cause)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return wf_fail(cause, wf_err_of_errno(errno), "cannot open %s: %s", path,
			strerror(errno));
	struct stat st;
	int rc;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		rc = wf_fail(cause, WF_EINVAL, "%s is a folder", path);
	else
		rc = read_all(fd, path, max, out, cause);
	(void)close(fd);
	return rc;
}

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t done = write(fd, bytes, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		bytes += done;
		n -= (size_t)done;
	}
	return 0;
}

static int sync_folder_of(const char *path)
{
	WF_AUTOFREE char *folder = wf_strdup(path);
	char *slash = strrchr(folder, '/');
	if (!slash) {
		folder[0] = '.';
		folder[1] = '\0';
	} else {
		slash[slash == folder] = '\0';
	}
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int rc = fsync(fd);
	(void)close(fd);
	return rc;
}

static int write_failed(const char *path, int sys, struct wf_cause *cause)
{
	return wf_fail(cause, wf_err_of_errno(sys), "cannot write %s: %s", path, strerror(sys));
}

/* Closes fd, too. 0, or the errno of what failed first. */
static int fill(int fd, const void *bytes, size_t n, bool durable)
{
	int sys = write_all(fd, bytes, n) || (durable && fsync(fd)) ? errno : 0;
	if (close(fd) && !sys)
		sys = errno;
	return sys;
}

/* A device, a pipe, or a link to somewhere is written to; a rename would put a file in its place. */
static int write_in_place(const char *path, const void *bytes, size_t n, bool durable,
	struct wf_cause *cause)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return write_failed(path, errno, cause);
	int sys = fill(fd, bytes, n, durable);
	return sys ? write_failed(path, sys, cause) : 0;
}

int wf_write_file(const char *path, const void *bytes, size_t n, mode_t mode, bool durable,
	struct wf_cause *cause)
{
	struct stat st;
	bool there = lstat(path, &st) == 0;
	if (there && S_ISDIR(st.st_mode))
		return wf_fail(cause, WF_EINVAL, "cannot write %s: it is a folder", path);
	if (there && !S_ISREG(st.st_mode))
		return write_in_place(path, bytes, n, durable, cause);
	WF_AUTOFREE char *temp = wf_asprintf("%s.%ld.tmp", path, (long)getpid());
	int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return write_failed(path, errno, cause);
	int sys = fill(fd, bytes, n, durable);
	if (!sys && (rename(temp, path) || (durable && sync_folder_of(path))))
		sys = errno;
	if (!sys)
		return 0;
	(void)unlink(temp);
	return write_failed(path, sys, cause);
}

int wf_make_dirs(const char *path, struct wf_cause *cause)
{
	WF_AUTOFREE char *copy = wf_strdup(path);
	for (char *p = copy + 1;; p++) {
		if (*p && *p != '/')
			continue;
		char kept = *p;
		*p = '\0';
		bool made = mkdir(copy, 0700) == 0;
		if ((!made && errno != EEXIST) || (made && sync_folder_of(copy)))
			return wf_fail(cause, wf_err_of_errno(errno), "cannot make the folder %s: %s",
				copy, strerror(errno));
		*p = kept;
		if (!kept)
			break;
	}
	struct stat st;
	if (stat(path, &st))
		return wf_fail(cause, wf_err_of_errno(errno), "cannot make the folder %s: %s", path,
			strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return wf_fail(cause, WF_EEXIST, "%s is not a folder", path);
	return 0;
}

static int plan_fds(posix_spawn_file_actions_t *actions, const int fds[3])
{
	for (int i = 0; i < 3; i++) {
		int rc;
		if (fds[i] < 0)
			rc = posix_spawn_file_actions_addopen(actions, i, "/dev/null",
				i == 0 ? O_RDONLY : O_WRONLY, 0);
		else
			rc = posix_spawn_file_actions_adddup2(actions, fds[i], i);
		if (rc)
			return rc;
	}
	return 0;
}

int wf_spawn(const char *path, char *const argv[], char *const envp[], const char *cwd,
	const int fds[3], bool session, pid_t *ret_pid, struct wf_cause *cause)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	if (posix_spawn_file_actions_init(&actions))
		return wf_fail(cause, WF_ENOMEM, "cannot start %s: out of memory", path);
	if (posix_spawnattr_init(&attr)) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return wf_fail(cause, WF_ENOMEM, "cannot start %s: out of memory", path);
	}
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	if (session)
		flags |= POSIX_SPAWN_SETSID;
	pid_t pid = -1;
	int rc = posix_spawnattr_setflags(&attr, flags);
	if (!rc)
		rc = posix_spawnattr_setsigmask(&attr, &none);
	if (!rc)
		rc = posix_spawnattr_setsigdefault(&attr, &all);
	if (!rc)
		rc = plan_fds(&actions, fds);
	/* Before the program begins rather than by O_CLOEXEC, which acts when this process already goes
	 * on: a lock must not outlive it in a child that is still beginning. */
	if (!rc)
		rc = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	if (!rc && cwd)
		rc = posix_spawn_file_actions_addchdir_np(&actions, cwd);
	if (!rc)
		rc = posix_spawn(&pid, path, &actions, &attr, argv, envp);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (rc)
		return wf_fail(cause, wf_err_of_errno(rc), "cannot start %s: %s", path, strerror(rc));
	*ret_pid = pid;
	return 0;
}

/*
 * The recorder of check-power, preloaded into wfctl: appends to $POWER_RECORD what happens to the
 * files under $POWER_ROOT (data written, sizes, syncs, names), what wfctl says on standard output,
 * and the requests it sends. Lock files, runners and the spool are left out: no power cut is expected
 * to spare them.
 *
 * A write is recorded before it happens, a sync after it: what the record calls synced is.
 */
/* Both kinds of names are defined here, open and open64. */
#undef _FILE_OFFSET_BITS

#include "power/event.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_FD 1024
#define EXPORT __attribute__((visibility("default")))
/* The next definition of a function, looked up once. */
#define NEXT(name)                                                                                 \
	__extension__({                                                                            \
		static __typeof__(&name) next_;                                                    \
		if (!next_)                                                                        \
			*(void **)&next_ = dlsym(RTLD_NEXT, #name);                                \
		next_;                                                                             \
	})

static int record_fd = -1;
static char root[4096];
static struct {
	uint64_t file;    /* 0: not recorded */
	bool dsync;
} files[MAX_FD];

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("POWER_RECORD"), *under = getenv("POWER_ROOT");
	if (!path || !under || strcmp(program_invocation_short_name, "wfctl") != 0)
		return;
	(void)snprintf(root, sizeof(root), "%s", under);
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
	record_fd = fcntl(fd, F_DUPFD_CLOEXEC, 900);
	(void)syscall(SYS_close, fd);
	(void)unsetenv("LD_PRELOAD");
}

static void append(struct power_event e, const struct iovec *parts, int count)
{
	struct iovec all[66] = {{.iov_base = &e, .iov_len = sizeof(e)}};
	int saved = errno;
	if (record_fd < 0 || count > 65)
		return;
	for (int i = 0; i < count; i++) {
		all[i + 1] = parts[i];
		e.len += parts[i].iov_len;
	}
	if (syscall(SYS_writev, record_fd, all, count + 1) != (long)(sizeof(e) + e.len))
		abort();
	errno = saved;
}

static void append_bytes(struct power_event e, const void *bytes, size_t n)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = n};
	append(e, &part, n ? 1 : 0);
}

static bool is_kept(const char *path)
{
	static const char *const passing[] = {"/lock.mdb", "/open.lock", "/runners/", "/spool/"};
	size_t n = strlen(root);
	if (record_fd < 0 || strncmp(path, root, n) != 0 || (path[n] && path[n] != '/'))
		return false;
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (strstr(path, passing[i]))
			return false;
	return true;
}

/* -- names -- */

static void name(const char *path, bool fresh)
{
	struct stat st, up;
	char folder[4096];
	int saved = errno;
	(void)snprintf(folder, sizeof(folder), "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	if (slash && stat(path, &st) == 0 && stat(folder, &up) == 0)
		append_bytes((struct power_event){.kind = POWER_NAME, .flag = fresh,
			.file = st.st_ino, .folder = up.st_ino}, path, strlen(path));
	errno = saved;
}

static int opened(int fd, const char *path, int flags, bool fresh)
{
	struct stat st;
	if (fd < 0 || fd >= MAX_FD)
		return fd;
	files[fd].file = 0;
	if (!is_kept(path) || fstat(fd, &st) < 0)
		return fd;
	files[fd].file = st.st_ino;
	files[fd].dsync = (flags & O_DSYNC) != 0;
	if (fresh)
		name(path, true);
	if (flags & O_TRUNC || (flags & O_TMPFILE) == O_TMPFILE)
		append_bytes((struct power_event){.kind = POWER_SIZE, .file = st.st_ino}, NULL, 0);
	return fd;
}

static int do_open(int folder, const char *path, int flags, mode_t mode)
{
	bool fresh = flags & O_CREAT && is_kept(path) && access(path, F_OK) < 0;
	return opened((int)syscall(SYS_openat, folder, path, flags, mode), path, flags, fresh);
}

static mode_t mode_of(int flags, va_list ap)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

#define OPEN(function)                                                                             \
	EXPORT int function(const char *path, int flags, ...)                                      \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		mode_t mode = mode_of(flags, ap);                                                  \
		va_end(ap);                                                                        \
		return do_open(AT_FDCWD, path, flags, mode);                                       \
	}
/* What the fortified headers of other people's libraries call. */
int __open_2(const char *path, int flags, ...);
int __open64_2(const char *path, int flags, ...);
OPEN(open)
OPEN(open64)
OPEN(__open_2)
OPEN(__open64_2)

EXPORT int close(int fd)
{
	if (fd >= 0 && fd < MAX_FD)
		files[fd].file = 0;
	return (int)syscall(SYS_close, fd);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
	int rc = (int)syscall(SYS_mkdir, path, mode);
	if (rc == 0 && is_kept(path))
		name(path, true);
	return rc;
}

EXPORT int rename(const char *from, const char *to)
{
	int rc = (int)syscall(SYS_rename, from, to);
	if (rc == 0 && is_kept(to))
		name(to, false);
	return rc;
}

EXPORT int link(const char *from, const char *to)
{
	int rc = (int)syscall(SYS_link, from, to);
	if (rc == 0 && is_kept(to))
		name(to, false);
	return rc;
}

/* As a file without a name gets one: from what /proc says of its descriptor. */
EXPORT int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
	int rc = (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
	if (rc == 0 && is_kept(to))
		name(to, false);
	return rc;
}

/* -- data -- */

static uint64_t file_of(int fd)
{
	return fd >= 0 && fd < MAX_FD ? files[fd].file : 0;
}

static void wrote(int fd, const struct iovec *parts, int count, off_t at)
{
	struct power_event e = {.kind = POWER_WRITE, .file = file_of(fd)};
	if (!e.file)
		return;
	e.flag = files[fd].dsync;
	e.at = at >= 0 ? at : lseek(fd, 0, SEEK_CUR);
	append(e, parts, count);
}

static ssize_t do_pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = n};
	wrote(fd, &part, 1, at);
	return at < 0 ? syscall(SYS_write, fd, bytes, n) : syscall(SYS_pwrite64, fd, bytes, n, at);
}

EXPORT ssize_t write(int fd, const void *bytes, size_t n)
{
	return do_pwrite(fd, bytes, n, -1);
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	return do_pwrite(fd, bytes, n, at);
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
	return do_pwrite(fd, bytes, n, at);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	wrote(fd, parts, count, -1);
	return syscall(SYS_writev, fd, parts, count);
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	wrote(fd, parts, count, at);
	return syscall(SYS_pwritev, fd, parts, count, at, 0);
}

static int do_truncate(int fd, off_t size)
{
	if (file_of(fd))
		append_bytes((struct power_event){.kind = POWER_SIZE, .file = file_of(fd), .at = size},
			NULL, 0);
	return (int)syscall(SYS_ftruncate, fd, size);
}

EXPORT int ftruncate(int fd, off_t size)
{
	return do_truncate(fd, size);
}

EXPORT int ftruncate64(int fd, off_t size)
{
	return do_truncate(fd, size);
}

static int synced(int rc, int fd)
{
	if (rc == 0 && file_of(fd))
		append_bytes((struct power_event){.kind = POWER_SYNC, .file = file_of(fd)}, NULL, 0);
	return rc;
}

EXPORT int fsync(int fd)
{
	return synced((int)syscall(SYS_fsync, fd), fd);
}

EXPORT int fdatasync(int fd)
{
	return synced((int)syscall(SYS_fdatasync, fd), fd);
}

/* A writable map would be changed without a call: then this recorder is not enough. */
EXPORT int msync(void *at, size_t n, int flags)
{
	(void)at;
	(void)n;
	(void)flags;
	abort();
}

/* -- marks -- */

EXPORT size_t fwrite(const void *bytes, size_t size, size_t n, FILE *file)
{
	if (file == stdout && size && n)
		append_bytes((struct power_event){.kind = POWER_SAID}, bytes, size * n);
	return NEXT(fwrite)(bytes, size, n, file);
}

/* "POST /path": the first words of a request. */
EXPORT ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
	const char *text = bytes, *space = memchr(text, ' ', n);
	const char *end = space ? memchr(space + 1, ' ', n - (size_t)(space + 1 - text)) : NULL;
	if (end && end - text < 200)
		append_bytes((struct power_event){.kind = POWER_EFFECT}, text, (size_t)(end - text));
	return NEXT(send)(fd, bytes, n, flags);
}

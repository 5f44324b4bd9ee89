/*
 * The fault of check-fault, preloaded into wfctl: the $FAULT_NTH call of $FAULT_CALL fails with the
 * error number $FAULT_ERROR (0: it does half of what it was asked to), and all later ones too when
 * $FAULT_STICKY is set. What failed, if anything did, is appended to $FAULT_TOLD. Processes that wfctl
 * starts are left alone.
 */
#undef _FILE_OFFSET_BITS

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
/* The next definition of a function, looked up once. */
#define NEXT(name)                                                                                 \
	__extension__({                                                                            \
		static __typeof__(&name) next_;                                                    \
		if (!next_)                                                                        \
			*(void **)&next_ = dlsym(RTLD_NEXT, #name);                                \
		next_;                                                                             \
	})

static struct {
	char call[32], told[4096];
	unsigned long nth, seen;
	int error;
	bool sticky, armed, paused;
} fault;

__attribute__((constructor)) static void begin(void)
{
	const char *call = getenv("FAULT_CALL"), *told = getenv("FAULT_TOLD");
	const char *nth = getenv("FAULT_NTH"), *error = getenv("FAULT_ERROR");
	(void)unsetenv("LD_PRELOAD");
	if (!call || !told || !nth || !error || strcmp(program_invocation_short_name, "wfctl") != 0)
		return;
	(void)snprintf(fault.call, sizeof(fault.call), "%s", call);
	(void)snprintf(fault.told, sizeof(fault.told), "%s", told);
	fault.nth = strtoul(nth, NULL, 10);
	fault.error = atoi(error);
	fault.sticky = getenv("FAULT_STICKY") != NULL;
	fault.armed = true;
}

static void tell(const char *call)
{
	char line[128];
	int fd = (int)syscall(SYS_openat, AT_FDCWD, fault.told, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int n = snprintf(line, sizeof(line), "%s %lu\n", call, fault.seen);
	(void)syscall(SYS_write, fd, line, n);
	(void)syscall(SYS_close, fd);
}

/* Whether this call is the one, or one after it. */
static bool hits(const char *call)
{
	if (!fault.armed || fault.paused || strcmp(call, fault.call) != 0)
		return false;
	unsigned long n = __atomic_add_fetch(&fault.seen, 1, __ATOMIC_RELAXED);
	if (n != fault.nth && !(fault.sticky && n > fault.nth))
		return false;
	if (n == fault.nth)
		tell(call);
	errno = fault.error;
	return true;
}

/* -- files -- */

static int do_open(int folder, const char *path, int flags, mode_t mode)
{
	/* What can only fail when a file is made fails only then. */
	bool room = fault.error == ENOSPC || fault.error == EDQUOT;
	if ((!room || flags & O_CREAT) && hits("open"))
		return -1;
	return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define OPEN(function)                                                                             \
	EXPORT int function(const char *path, int flags, ...)                                      \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;              \
		va_end(ap);                                                                        \
		return do_open(AT_FDCWD, path, flags, mode);                                       \
	}
#define OPENAT(function)                                                                           \
	EXPORT int function(int folder, const char *path, int flags, ...)                          \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;              \
		va_end(ap);                                                                        \
		return do_open(folder, path, flags, mode);                                         \
	}
/* What the fortified headers of other people's libraries call. */
int __open_2(const char *path, int flags, ...);
int __open64_2(const char *path, int flags, ...);
OPEN(open)
OPEN(open64)
OPEN(__open_2)
OPEN(__open64_2)
OPENAT(openat)
OPENAT(openat64)

/* A call that fails or is passed on. */
#define PLAIN(result, name, parameters, arguments)                                                 \
	EXPORT result name parameters                                                              \
	{                                                                                          \
		return hits(#name) ? -1 : NEXT(name) arguments;                                    \
	}
PLAIN(int, fsync, (int fd), (fd))
PLAIN(int, fdatasync, (int fd), (fd))
PLAIN(int, ftruncate, (int fd, off_t n), (fd, n))
PLAIN(int, rename, (const char *from, const char *to), (from, to))
PLAIN(int, link, (const char *from, const char *to), (from, to))
PLAIN(int, linkat, (int from_folder, const char *from, int to_folder, const char *to, int flags),
	(from_folder, from, to_folder, to, flags))
PLAIN(int, unlink, (const char *path), (path))
PLAIN(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
PLAIN(int, mkdir, (const char *path, mode_t mode), (path, mode))
PLAIN(int, mkfifo, (const char *path, mode_t mode), (path, mode))
PLAIN(int, flock, (int fd, int how), (fd, how))
PLAIN(int, memfd_create, (const char *name, unsigned flags), (name, flags))

EXPORT int ftruncate64(int fd, off64_t n)
{
	return hits("ftruncate") ? -1 : NEXT(ftruncate64)(fd, n);
}

EXPORT int fallocate64(int fd, int mode, off64_t at, off64_t n)
{
	return hits("fallocate") ? -1 : NEXT(fallocate64)(fd, mode, at, n);
}

EXPORT int stat64(const char *path, struct stat64 *st)
{
	return hits("stat") ? -1 : NEXT(stat64)(path, st);
}

EXPORT int fstat64(int fd, struct stat64 *st)
{
	return hits("stat") ? -1 : NEXT(fstat64)(fd, st);
}

EXPORT int lstat64(const char *path, struct stat64 *st)
{
	return hits("stat") ? -1 : NEXT(lstat64)(path, st);
}

EXPORT int fstatat64(int folder, const char *path, struct stat64 *st, int flags)
{
	return hits("stat") ? -1 : NEXT(fstatat64)(folder, path, st, flags);
}

EXPORT int statfs64(const char *path, struct statfs64 *st)
{
	return hits("statfs") ? -1 : NEXT(statfs64)(path, st);
}

EXPORT DIR *opendir(const char *path)
{
	return hits("opendir") ? NULL : NEXT(opendir)(path);
}

EXPORT char *getcwd(char *room, size_t n)
{
	return hits("getcwd") ? NULL : NEXT(getcwd)(room, n);
}

/* The descriptor is gone whatever close says. */
EXPORT int close(int fd)
{
	int rc = (int)syscall(SYS_close, fd);
	return hits("close") ? -1 : rc;
}

/* How much of n bytes a short call does. */
static size_t half(size_t n)
{
	return n > 1 ? n / 2 : n;
}

EXPORT ssize_t read(int fd, void *bytes, size_t n)
{
	bool hit = hits("read");
	return hit && fault.error ? -1 : syscall(SYS_read, fd, bytes, hit ? half(n) : n);
}

static ssize_t do_pread(int fd, void *bytes, size_t n, off64_t at)
{
	bool hit = hits("pread");
	return hit && fault.error ? -1 : syscall(SYS_pread64, fd, bytes, hit ? half(n) : n, at);
}

EXPORT ssize_t pread(int fd, void *bytes, size_t n, off_t at)
{
	return do_pread(fd, bytes, n, at);
}

EXPORT ssize_t pread64(int fd, void *bytes, size_t n, off64_t at)
{
	return do_pread(fd, bytes, n, at);
}

EXPORT ssize_t write(int fd, const void *bytes, size_t n)
{
	bool hit = hits("write");
	return hit && fault.error ? -1 : syscall(SYS_write, fd, bytes, hit ? half(n) : n);
}

static ssize_t do_pwrite(int fd, const void *bytes, size_t n, off64_t at)
{
	bool hit = hits("pwrite");
	return hit && fault.error ? -1 : syscall(SYS_pwrite64, fd, bytes, hit ? half(n) : n, at);
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	return do_pwrite(fd, bytes, n, at);
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
	return do_pwrite(fd, bytes, n, at);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	bool hit = hits("pwrite");
	if (hit && fault.error)
		return -1;
	return syscall(SYS_writev, fd, parts, hit && count > 1 ? count / 2 : count);
}

static void *do_mmap(void *at, size_t n, int prot, int flags, int fd, off64_t off)
{
	if (fd >= 0 && hits("mmap"))
		return MAP_FAILED;
	return NEXT(mmap64)(at, n, prot, flags, fd, off);
}

EXPORT void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	return do_mmap(at, n, prot, flags, fd, off);
}

EXPORT void *mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t off)
{
	return do_mmap(at, n, prot, flags, fd, off);
}

/* Only locks: the rest of fcntl cannot fail in a way that anybody waits for. */
static int do_fcntl(int fd, int command, uintptr_t argument)
{
	bool lock = command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||
		command == F_OFD_SETLKW;
	if (lock && hits("fcntl"))
		return -1;
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

EXPORT int fcntl(int fd, int command, ...)
{
	va_list ap;
	va_start(ap, command);
	uintptr_t argument = va_arg(ap, uintptr_t);
	va_end(ap);
	return do_fcntl(fd, command, argument);
}

EXPORT int fcntl64(int fd, int command, ...)
{
	va_list ap;
	va_start(ap, command);
	uintptr_t argument = va_arg(ap, uintptr_t);
	va_end(ap);
	return do_fcntl(fd, command, argument);
}

/* -- processes, waiting, the network -- */

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	return hits("posix_spawn") ? fault.error :
		NEXT(posix_spawn)(pid, path, actions, attr, argv, envp);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	return hits("pthread_create") ? fault.error : NEXT(pthread_create)(thread, attr, fn, arg);
}

PLAIN(int, pipe2, (int fds[2], int flags), (fds, flags))
PLAIN(int, epoll_create1, (int flags), (flags))
PLAIN(int, eventfd, (unsigned n, int flags), (n, flags))
PLAIN(int, timerfd_create, (int clock, int flags), (clock, flags))
PLAIN(int, epoll_ctl, (int fd, int op, int other, struct epoll_event *e), (fd, op, other, e))
PLAIN(int, epoll_wait, (int fd, struct epoll_event *e, int n, int ms), (fd, e, n, ms))
PLAIN(int, poll, (struct pollfd *fds, nfds_t n, int ms), (fds, n, ms))
/* What it is where the compiler knows how many there is room for. */
int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t room);
EXPORT int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t room)
{
	return hits("poll") ? -1 : NEXT(__poll_chk)(fds, n, ms, room);
}

PLAIN(int, pidfd_open, (pid_t pid, unsigned flags), (pid, flags))
PLAIN(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int how), (type, id, info, how))
PLAIN(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
PLAIN(int, connect, (int fd, __CONST_SOCKADDR_ARG to, socklen_t n), (fd, to, n))
PLAIN(ssize_t, send, (int fd, const void *bytes, size_t n, int flags),
	(fd, bytes, hits("send-half") ? half(n) : n, flags))
PLAIN(ssize_t, recv, (int fd, void *bytes, size_t n, int flags),
	(fd, bytes, hits("recv-half") ? half(n) : n, flags))

/* -- memory: malloc of everybody in the process, and not only what base/mem.h sees -- */

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t count, size_t n);
extern void *__libc_realloc(void *old, size_t n);

#ifndef WITHOUT_MALLOC
EXPORT void *malloc(size_t n)
{
	return hits("malloc") ? NULL : __libc_malloc(n);
}

EXPORT void *calloc(size_t count, size_t n)
{
	return hits("malloc") ? NULL : __libc_calloc(count, n);
}

EXPORT void *realloc(void *old, size_t n)
{
	return hits("malloc") ? NULL : __libc_realloc(old, n);
}

/* The C library's name service follows a null pointer when there is no memory. */
EXPORT struct passwd *getpwuid(uid_t uid)
{
	fault.paused = true;
	struct passwd *found = NEXT(getpwuid)(uid);
	fault.paused = false;
	return found;
}
#endif

/*
 * The only door to the operating system for what can fail in production: files that must be
 * durable, the clock, randomness, processes. Faults are injected here and nowhere else.
 */
#ifndef WF_BASE_SYS_H
#define WF_BASE_SYS_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

/* Milliseconds since 1970, UTC. Set by wf_sys_set_now for virtual time. */
int64_t wf_now_ms(void);
/* Milliseconds of a clock that only rises. */
int64_t wf_monotonic_ms(void);
/* Freezes wf_now_ms() at a time; -1 thaws it. For tests and virtual clocks. */
void wf_sys_set_now(int64_t ms);
/* Whether it is frozen: the kernel's timers know nothing of that. */
bool wf_sys_now_is_set(void);

/* A number that names this boot of the machine; 0 where the kernel does not say. Fails when that cannot
 * be found out at present. */
int wf_boot(uint32_t *ret, struct wf_cause *cause);
/* Makes wf_boot give another number, as after a restart. For tests. */
void wf_sys_set_boot(uint32_t boot);

/* Random bytes from the kernel, buffered. */
void wf_random(void *bytes, size_t n);
uint32_t wf_random_u32(void);

/* Reads a whole file of at most `max` bytes; appends to `out`. "-" is not special here. WF_ELIMIT
 * over max, with the bound in the cause. Directories are WF_EINVAL. */
int wf_read_file(const char *path, size_t max, struct wf_buf *out, struct wf_cause *cause);
int wf_read_fd(int fd, const char *name, size_t max, struct wf_buf *out, struct wf_cause *cause);

/* Writes a file whole by a temporary name and rename. With `durable`, fsync of file and folder. What is
 * no file (a device, a pipe, a link) is written to as it is; a folder is WF_EINVAL. */
int wf_write_file(const char *path, const void *bytes, size_t n, mode_t mode, bool durable,
	struct wf_cause *cause);

/* Makes a folder and its parents, mode 0700 (existing ones are left). The names of those it made are
 * durable. */
int wf_make_dirs(const char *path, struct wf_cause *cause);

/* Starts a program without fork()ing this process's memory (posix_spawn). argv[0] is the path.
 * fds maps child descriptors 0..2 (-1: /dev/null). New session when `session`. *ret_pid is the
 * child's. */
int wf_spawn(const char *path, char *const argv[], char *const envp[], const char *cwd,
	const int fds[3], bool session, pid_t *ret_pid, struct wf_cause *cause);

#endif

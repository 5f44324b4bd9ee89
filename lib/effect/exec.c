/*
 * exec.run: starts commands under their supervisors, and adopts those of a dead wfctl (semantics.md
 * G4; spool.h has the formats).
 *
 * A supervisor that ended without a result leaves doubt: its command may have run or not.
 */
#include "effect/exec.h"

#include "base/crash.h"
#include "base/sys.h"
#include "effect/classify.h"
#include "effect/hub.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct exec {
	struct wf_running base;
	char token[WF_SPOOL_TOKEN_MAX + 1];
	struct wf_arena *arena;   /* of what is in `expect` */
	struct wf_exec_expect expect;
	int pidfd;                /* of the supervisor; -1: adopted, not known yet */
	bool ours;                /* our own child, to be reaped */
};

static void free_exec(struct wf_effects *e, struct exec *x)
{
	if (x->pidfd >= 0) {
		wf_hub_unwatch(e, x->pidfd);
		(void)close(x->pidfd);
	}
	wf_arena_free(x->arena);
	wf_free(x);
}

/* -- files of the spool -- */

static bool open_spool(struct wf_effects *e, struct wf_cause *cause)
{
	if (e->spool_dir >= 0)
		return true;
	if (wf_make_dirs(e->spool, cause) < 0)
		return false;
	e->spool_dir = open(e->spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (e->spool_dir < 0)
		(void)wf_fail(cause, wf_err_of_errno(errno), "cannot open %s: %s", e->spool,
			strerror(errno));
	return e->spool_dir >= 0;
}

static int open_in_spool(struct wf_effects *e, const char *token, const char *suffix, int flags)
{
	char name[WF_SPOOL_NAME_MAX];
	wf_spool_name(token, suffix, name);
	return openat(e->spool_dir, name, flags | O_CLOEXEC, 0600);
}

static void unlink_in_spool(struct wf_effects *e, const char *token, const char *suffix)
{
	char name[WF_SPOOL_NAME_MAX];
	wf_spool_name(token, suffix, name);
	(void)unlinkat(e->spool_dir, name, 0);
}

void wf_effects_settled(struct wf_effects *e, const char *token)
{
	if (!wf_spool_token_ok(token) || !open_spool(e, NULL))
		return;
	unlink_in_spool(e, token, ".run"); /* of a supervisor that was lost */
	unlink_in_spool(e, token, ".done");
}

static void each_file(const struct wf_effects *e, const char *suffix,
	void (*fn)(void *arg, const char *token), void *arg)
{
	DIR *folder = opendir(e->spool);
	const struct dirent *entry;
	while (folder && (entry = readdir(folder))) {
		const char *dot = strrchr(entry->d_name, '.');
		if (!dot || strcmp(dot, suffix) != 0)
			continue;
		WF_AUTOFREE char *token = wf_strndup(entry->d_name, (size_t)(dot - entry->d_name));
		if (wf_spool_token_ok(token))
			fn(arg, token);
	}
	if (folder)
		(void)closedir(folder);
}

void wf_effects_each_left(struct wf_effects *e, void (*fn)(void *arg, const char *token), void *arg)
{
	each_file(e, ".done", fn, arg);
}

void wf_effects_each_begun(struct wf_effects *e, void (*fn)(void *arg, const char *token), void *arg)
{
	each_file(e, ".run", fn, arg);
}

bool wf_spool_used(const char *folder)
{
	DIR *d = opendir(folder);
	bool used = false;
	for (const struct dirent *e; !used && d && (e = readdir(d));)
		used = e->d_name[0] != '.';
	if (d)
		(void)closedir(d);
	return used;
}

/* Reads a file to its end; 0 or errno. *ret from wf_alloc. */
static int read_whole(int fd, char **ret, size_t *ret_n)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return errno;
	size_t n = st.st_size > 0 ? (size_t)st.st_size : 0, got = 0;
	char *bytes = wf_alloc(n);
	while (got < n) {
		ssize_t k = read(fd, bytes + got, n - got);
		if (k < 0 && errno != EINTR) {
			int why = errno;
			wf_free(bytes);
			return why;
		}
		if (k == 0)
			break;
		got += k > 0 ? (size_t)k : 0;
	}
	*ret = bytes;
	*ret_n = got;
	return 0;
}

/* The bytes that hold a result, from wf_alloc. 0; ENOENT: there is none, or not a whole one; else what
 * keeps it from being read. */
static int read_done(struct wf_effects *e, const char *token, void **ret_bytes,
	struct wf_spool_done *ret)
{
	char *bytes = NULL;
	size_t n = 0;
	int fd = open_in_spool(e, token, ".done", O_RDONLY);
	if (fd < 0)
		return errno;
	int why = read_whole(fd, &bytes, &n);
	(void)close(fd);
	if (!why && (n <= WF_SPOOL_PID_BYTES || !wf_spool_done_get(bytes + WF_SPOOL_PID_BYTES,
			n - WF_SPOOL_PID_BYTES, ret)))
		why = ENOENT;
	if (why)
		wf_free(bytes);
	else
		*ret_bytes = bytes;
	return why;
}

/* -- the end -- */

/* What became of it cannot be found out at present: that is no doubt, for it can be later. */
static void deliver_unread(struct wf_effects *e, struct exec *x, int why)
{
	struct wf_effect_result result = {.cookie = x->base.cookie};
	wf_exec_unread(&x->expect, why, &result);
	wf_hub_deliver(e, &result);
}

static void deliver_done(struct wf_effects *e, struct exec *x, int why)
{
	struct wf_spool_done done;
	struct wf_effect_result result = {.cookie = x->base.cookie};
	void *bytes WF_AUTOFREE = NULL;
	int unread = read_done(e, x->token, &bytes, &done);
	if (unread && unread != ENOENT && !why) {
		deliver_unread(e, x, unread);
		return;
	}
	if (bytes)
		wf_exec_result(&x->expect, &done, &result);
	else
		wf_exec_lost(&x->expect, why, &result);
	wf_hub_deliver(e, &result);
}

/* What it said when it ended: 0, or the errno that kept it from leaving a result. */
static int reap(const struct exec *x)
{
	siginfo_t info = {0};
	int rc;
	do
		rc = waitid(P_PIDFD, (id_t)x->pidfd, &info, WEXITED);
	while (rc < 0 && errno == EINTR);
	return rc == 0 && info.si_code == CLD_EXITED ? info.si_status : 0;
}

/* The supervisor has ended: the effect is over. */
static void finish(struct wf_effects *e, struct exec *x)
{
	int why = x->ours ? reap(x) : 0;
	wf_hub_remove(e, &x->base);
	if (x->base.stopped)
		wf_effects_settled(e, x->token);
	else
		deliver_done(e, x, why);
	free_exec(e, x);
}

/* -- the performer -- */

static void exec_ready(struct wf_effects *e, struct wf_running *r)
{
	finish(e, (struct exec *)r);
}

static void exec_stop(struct wf_effects *e, struct wf_running *r)
{
	(void)e;
	struct exec *x = (struct exec *)r;
	if (x->pidfd >= 0)
		(void)pidfd_send_signal(x->pidfd, SIGTERM, NULL, 0);
}

static void exec_leave(struct wf_effects *e, struct wf_running *r)
{
	struct exec *x = (struct exec *)r;
	wf_hub_remove(e, r);
	free_exec(e, x);
}

static const struct wf_performer performer = {exec_ready, exec_stop, exec_leave};

static struct exec *new_exec(const struct wf_effect_request *request)
{
	struct exec *x = wf_calloc(1, sizeof(*x));
	x->base.performer = &performer;
	x->base.cookie = request->cookie;
	x->arena = wf_arena_new();
	x->pidfd = -1;
	(void)snprintf(x->token, sizeof(x->token), "%s", request->token);
	return x;
}

/* -- beginning -- */

static int lock_now(int fd, int how)
{
	int rc;
	do
		rc = flock(fd, how | LOCK_NB);
	while (rc < 0 && errno == EINTR);
	return rc;
}

/* The .run file, locked. -1 with EWOULDBLOCK when a supervisor of this token lives. */
static int open_locked(struct wf_effects *e, const char *token)
{
	int fd = open_in_spool(e, token, ".run", O_RDWR | O_CREAT | O_EXCL);
	bool fresh = fd >= 0;
	if (!fresh && errno == EEXIST)
		fd = open_in_spool(e, token, ".run", O_RDWR);
	if (fd < 0)
		return -1;
	if (lock_now(fd, LOCK_EX) < 0 || (!fresh && ftruncate(fd, 0) < 0)) {
		int saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	/* One of the past would be taken for this one's, if its supervisor is lost. */
	unlink_in_spool(e, token, ".done");
	return fd;
}

static int write_request(const struct wf_spool_request *q)
{
	size_t n = wf_spool_request_size(q);
	int fd = n ? memfd_create("wfctl-request", MFD_CLOEXEC) : -1;
	if (fd < 0) {
		errno = n ? errno : E2BIG;
		return -1;
	}
	char *bytes WF_AUTOFREE = wf_alloc(n);
	wf_spool_request_put(q, bytes);
	for (size_t done = 0; done < n;) {
		ssize_t k = write(fd, bytes + done, n - done);
		if (k < 0 && errno != EINTR) {
			int saved = errno;
			(void)close(fd);
			errno = saved;
			return -1;
		}
		done += k > 0 ? (size_t)k : 0;
	}
	return fd;
}

/* A supervisor's environment is empty but for the variable by which tests kill it. */
static char *hook_of(char *const *environ_in)
{
	static const char name[] = "WFCTL_SUPERVISE_CRASH_AT=";
	for (; environ_in && *environ_in; environ_in++)
		if (strncmp(*environ_in, name, sizeof(name) - 1) == 0)
			return *environ_in;
	return NULL;
}

static int spawn_supervisor(struct wf_effects *e, struct exec *x, int request_fd, int run_fd,
	struct wf_cause *cause)
{
	char *path WF_AUTOFREE = wf_asprintf("%s/wfctl-supervise", e->libexec);
	char *argv[] = {path, x->token, NULL}, *envp[] = {hook_of(e->environ_in), NULL};
	int fds[3] = {request_fd, run_fd, -1};
	pid_t pid;
	wf_crash_here(WF_CRASH_SPOOL_LOCKED);
	int err = wf_spawn(path, argv, envp, e->spool, fds, true, &pid, cause);
	if (err)
		return err;
	wf_crash_here(WF_CRASH_SUPERVISOR_STARTED);
	x->ours = true;
	x->pidfd = pidfd_open(pid, 0);
	if (x->pidfd >= 0 && wf_hub_watch(e, x->pidfd, &x->base)) {
		wf_hub_add(e, &x->base);
		return 0;
	}
	/* It runs, and cannot be waited for here: whoever resumes adopts it. */
	return wf_fail(cause, wf_err_of_errno(errno), "a command was begun and cannot be watched: %s",
		strerror(errno));
}

/* The spool is the machine's matter and not the step's: whatever is wrong with it, no command can begin,
 * and none has failed. */
static int of_spool(int err)
{
	return err == WF_ENOSPC || err == WF_ENOMEM ? err : WF_EIO;
}

static int start(struct wf_effects *e, struct exec *x, const struct wf_spool_request *q,
	struct wf_cause *cause)
{
	if (!open_spool(e, cause)) {
		cause->err = of_spool(cause->err);
		return cause->err;
	}
	int run_fd = open_locked(e, x->token);
	if (run_fd < 0 && errno == EWOULDBLOCK)
		return wf_fail(cause, WF_EBUSY, "the attempt %s runs already", x->token);
	int request_fd = run_fd >= 0 ? write_request(q) : -1;
	int err;
	if (request_fd < 0)
		err = wf_fail(cause, of_spool(wf_err_of_errno(errno)),
			"cannot begin a command: %s: %s", e->spool, strerror(errno));
	else
		err = spawn_supervisor(e, x, request_fd, run_fd, cause);
	/* The supervisor holds the lock now, or nobody does. */
	if (run_fd >= 0)
		(void)close(run_fd);
	if (request_fd >= 0)
		(void)close(request_fd);
	if (err && run_fd >= 0 && !x->ours)
		unlink_in_spool(e, x->token, ".run");
	return err;
}

/* Failures to start that are not of resources are results; *err is 0 then. */
static void explain_start(int *err, const struct wf_cause *cause, struct wf_effect_result *fail)
{
	if (*err == WF_EBUSY)
		wf_result_fail(fail, WF_ERROR_IN_DOUBT, "already_running", "%s", cause->text);
	else if (*err == WF_ENOENT || *err == WF_EPERM)
		wf_result_fail(fail, WF_ERROR_INTERNAL, "no_supervisor", "%s", cause->text);
	else
		return;
	*err = 0;
}

int wf_exec_begin(struct wf_effects *e, const struct wf_effect_request *request,
	struct wf_cause *cause)
{
	if (!wf_spool_token_ok(request->token))
		return wf_fail(cause, WF_EINVAL, "not a token of an attempt");
	struct wf_effect_result fail = {.cookie = request->cookie};
	struct wf_spool_request q;
	struct wf_cause why = {0};
	struct exec *x = new_exec(request);
	int err = 0;
	if (wf_exec_read_expect(request, x->arena, &x->expect, &fail) &&
			wf_exec_read(request, e->environ_in,
				request->folder ? request->folder : e->workdir, x->arena, &q, &fail)) {
		q.max_output = x->expect.max_output;
		err = start(e, x, &q, &why);
		if (!err)
			return 0;
		explain_start(&err, &why, &fail);
	} else if (fail.ran_out) {
		err = wf_fail(&why, fail.ran_out, "%s", fail.message);
		wf_effect_result_done(&fail);
	}
	free_exec(e, x);
	if (err) {
		if (cause)
			*cause = why;
		return err;
	}
	wf_hub_deliver(e, &fail);
	return 0;
}

/* -- recovery -- */

/* Whether a supervisor holds the lock: EWOULDBLOCK when one does, 0 when none does, or what keeps that
 * from being known. *ret_pid is 0 as long as it has not written its own. */
static int look_at_lock(struct wf_effects *e, const char *token, pid_t *ret_pid)
{
	char text[WF_SPOOL_PID_BYTES + 1] = "";
	*ret_pid = 0;
	int fd = open_in_spool(e, token, ".run", O_RDONLY);
	if (fd < 0)
		return errno == ENOENT ? 0 : errno;
	int state = lock_now(fd, LOCK_SH) < 0 ? errno : 0;
	if (state == EWOULDBLOCK && pread(fd, text, WF_SPOOL_PID_BYTES, 0) == WF_SPOOL_PID_BYTES)
		*ret_pid = (pid_t)strtol(text, NULL, 10);
	(void)close(fd);
	return state;
}

static bool is_held(struct wf_effects *e, const char *token, pid_t *ret_pid)
{
	return look_at_lock(e, token, ret_pid) == EWOULDBLOCK;
}

/* Whether a supervisor wrote its process id, which it does before the command begins; or a result, of
 * which nothing can be read. */
static bool has_begun(struct wf_effects *e, const char *token)
{
	static const char *const suffixes[] = {".run", ".done"};
	char name[WF_SPOOL_NAME_MAX];
	for (size_t i = 0; i < 2; i++) {
		struct stat st;
		wf_spool_name(token, suffixes[i], name);
		int rc = fstatat(e->spool_dir, name, &st, AT_SYMLINK_NOFOLLOW);
		if (rc < 0 ? errno != ENOENT : i || st.st_size > 0)
			return true;
	}
	return false;
}

/* Finds the supervisor of a lock that is held. The process of that id is the supervisor when the lock
 * is still held after its descriptor was opened: it lived all that time, so its id was its own. */
static bool adopt(struct wf_effects *e, struct exec *x)
{
	pid_t pid, again;
	if (!is_held(e, x->token, &pid) || pid <= 0)
		return false;
	int fd = pidfd_open(pid, 0);
	if (fd < 0)
		return false;
	if (!is_held(e, x->token, &again) || again != pid || !wf_hub_watch(e, fd, &x->base)) {
		(void)close(fd);
		return false;
	}
	x->pidfd = fd;
	if (x->base.stopped)
		exec_stop(e, &x->base);
	return true;
}

void wf_exec_adopt_late(struct wf_effects *e)
{
	pid_t pid;
	for (struct wf_running *r = e->first, *next; r; r = next) {
		next = r->next;
		struct exec *x = (struct exec *)r;
		if (r->performer != &performer || x->pidfd >= 0)
			continue;
		if (adopt(e, x)) {
			e->adopting--;
		} else if (look_at_lock(e, x->token, &pid) == 0) {
			e->adopting--;
			finish(e, x);
		}
	}
}

/* What the result needs; the input was read once before, so it is what it was. */
static void expect_again(struct exec *x, const struct wf_effect_request *request)
{
	struct wf_effect_result fail = {0};
	if (!wf_exec_read_expect(request, x->arena, &x->expect, &fail))
		x->expect.name = "exec.run";
	wf_effect_result_done(&fail);
}

enum wf_effect_trace wf_effects_recover(struct wf_effects *e, const struct wf_effect_request *request)
{
	pid_t pid;
	struct wf_spool_done done;
	if (request->action != WF_ACT_EXEC_RUN || !wf_spool_token_ok(request->token))
		return WF_TRACE_NONE;
	struct exec *x = new_exec(request);
	expect_again(x, request);
	errno = EIO;
	int why = open_spool(e, NULL) ? look_at_lock(e, x->token, &pid) : errno;
	/* The lock first: it is let go after the result is there, so that whoever finds it free and no
	 * result knows that none will come. */
	if (why == EWOULDBLOCK) {
		wf_hub_add(e, &x->base);
		if (!adopt(e, x))
			e->adopting++;
		return WF_TRACE_RUNNING;
	}
	void *bytes WF_AUTOFREE = NULL;
	if (!why)
		why = read_done(e, x->token, &bytes, &done);
	if (bytes) {
		struct wf_effect_result result = {.cookie = request->cookie};
		wf_exec_result(&x->expect, &done, &result);
		wf_hub_deliver(e, &result);
	} else if (why != ENOENT) {
		deliver_unread(e, x, why);
	}
	free_exec(e, x);
	return why != ENOENT ? WF_TRACE_DONE :
		has_begun(e, request->token) ? WF_TRACE_LOST : WF_TRACE_NONE;
}

/*
 * wfctl-supervise: stands between wfctl and one command, so that the command outlives wfctl and its
 * result is not lost (see spool.h for what goes in and out).
 *
 *	wfctl-supervise TOKEN <request >TOKEN.run
 *
 * Started in a session of its own, with the spool as working directory. It runs the command as the
 * leader of a process group, keeps what it prints up to a cap, ends the group when time is up, the
 * cap is passed or SIGTERM says so (TERM, grace, KILL), and leaves TOKEN.done. It needs nothing of
 * wfctl after its start. Its exit status is 0, or the errno that kept it from writing the result.
 *
 * libc only, so that it starts fast; hence the plain malloc.
 */
#include "effect/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_FD 0
#define RUN_FD 1

/* How long output is waited for when the command has ended but another process still holds its pipe:
 * enough for a `tee` behind it to finish, and no daemon it left behind delays the result longer. */
#define LINGER_MS 500

struct stream {
	int fd;                   /* our end of the pipe; -1: at its end */
	unsigned char *data;
	size_t len, room;
};

struct watch {
	struct wf_spool_request req;
	struct stream streams[2];
	int signals;
	pid_t pid;
	bool ended;               /* the command itself has ended, status tells how */
	siginfo_t status;
	enum wf_spool_end forced; /* why the group was told to end; 0: it was not */
	uint32_t forced_value;
	bool killed;
	int64_t timeout_at, kill_at, linger_until;
};

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t after_ms(uint64_t ms)
{
	int64_t now = now_ms();
	return ms > (uint64_t)(INT64_MAX - now) ? INT64_MAX : now + (int64_t)ms;
}

/* -- numbered deaths, for tests: the first passing of a boundary that is named kills it -- */

static const char *crash_at;

static void crash_here(const char *boundary)
{
	if (crash_at && strcmp(crash_at, boundary) == 0)
		raise(SIGKILL);
}

/* -- the request -- */

static bool read_request(struct wf_spool_request *ret)
{
	struct stat st;
	if (fstat(REQUEST_FD, &st) < 0 || st.st_size <= 0)
		return false;
	size_t n = (size_t)st.st_size;
	void *bytes = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE, REQUEST_FD, 0);
	if (bytes == MAP_FAILED)
		return false;
	size_t slots = wf_spool_request_slots(bytes, n);
	char **vector = slots ? calloc(slots, sizeof(*vector)) : NULL;
	return vector && wf_spool_request_get(bytes, n, vector, ret);
}

static bool write_all(int fd, const void *bytes, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t k = write(fd, (const char *)bytes + done, n - done);
		if (k < 0 && errno != EINTR)
			return false;
		done += k > 0 ? (size_t)k : 0;
	}
	return true;
}

/* Digits, then spaces up to the line's end. */
static bool write_pid(void)
{
	char text[WF_SPOOL_PID_BYTES], digits[24];
	size_t n = 0, used = 0;
	for (pid_t pid = getpid(); pid > 0; pid /= 10)
		digits[n++] = (char)('0' + pid % 10);
	while (n > 0 && used < sizeof(text) - 1)
		text[used++] = digits[--n];
	memset(text + used, ' ', sizeof(text) - 1 - used);
	text[sizeof(text) - 1] = '\n';
	return write_all(RUN_FD, text, sizeof(text));
}

/* -- starting the command -- */

/* A memory file rather than a pipe: a command that reads none of its input blocks nobody, and nothing
 * needs to be pumped. */
static int open_stdin(const struct wf_spool_request *r)
{
	if (!r->has_stdin)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("stdin", MFD_CLOEXEC);
	if (fd < 0 || !write_all(fd, r->stdin_data, r->stdin_len) || lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	return fd;
}

/* In the child, which shares our memory until it is another program. Signals are as they were for us,
 * none ignored but the one that we ignore ourselves. */
static _Noreturn void become(const struct watch *w, const int child[3], volatile int *ret_failure)
{
	sigset_t none;
	sigemptyset(&none);
	bool good = setpgid(0, 0) == 0 && chdir(w->req.cwd) == 0;
	for (int i = 0; good && i < 3; i++)
		good = dup2(child[i], i) >= 0;
	if (good && sigprocmask(SIG_SETMASK, &none, NULL) == 0 && signal(SIGXFSZ, SIG_DFL) != SIG_ERR)
		(void)execve(w->req.path, w->req.argv, w->req.envp);
	*ret_failure = errno;
	_exit(127);
}

static int spawn(struct watch *w, const int child[3])
{
	volatile int failure = 0;
	pid_t pid = vfork();
	if (pid < 0)
		return errno;
	if (pid == 0)
		become(w, child, &failure);
	w->pid = pid;
	if (failure) {
		siginfo_t info;
		(void)waitid(P_PID, (id_t)pid, &info, WEXITED);
	}
	return failure;
}

static int start(struct watch *w)
{
	int out[2], err[2];
	int in = open_stdin(&w->req);
	if (in < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		return errno;
	w->streams[0].fd = out[0];
	w->streams[1].fd = err[0];
	/* Above 2, since 0 to 2 are taken: no dup2 there overwrites one that it still needs. */
	int failure = spawn(w, (const int[]){in, out[1], err[1]});
	close(in);
	close(out[1]);
	close(err[1]);
	return failure;
}

/* -- ending it -- */

static bool group_is_empty(const struct watch *w)
{
	siginfo_t info;
	return waitid(P_PGID, (id_t)w->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

static void kill_group(struct watch *w)
{
	if (!group_is_empty(w))
		kill(-w->pid, SIGKILL);
	w->killed = true;
}

static void force(struct watch *w, enum wf_spool_end why, uint32_t value)
{
	if (w->forced || (w->ended && why != WF_SPOOL_OVERFLOWED))
		return;
	w->forced = why;
	w->forced_value = value;
	w->kill_at = after_ms(w->req.grace_ms);
	if (group_is_empty(w))
		return;
	kill(-w->pid, SIGTERM);
	/* A stopped process would not see its TERM before the KILL. */
	kill(-w->pid, SIGCONT);
}

/* -- the loop -- */

static bool grow(struct watch *w, struct stream *s)
{
	size_t room = s->room ? s->room * 4 : 4096;
	if (room > w->req.max_output)
		room = (size_t)w->req.max_output;
	unsigned char *data = room > s->len ? realloc(s->data, room) : NULL;
	if (!data)
		return false;
	s->data = data;
	s->room = room;
	return true;
}

/* One read of what is there; what is over the cap is read too, and dropped, so that the command is
 * not blocked while it tidies up. */
static void take(struct watch *w, struct stream *s)
{
	unsigned char excess[4096];
	bool full = s->len == s->room && !grow(w, s);
	ssize_t n = full ? read(s->fd, excess, sizeof(excess)) :
		read(s->fd, s->data + s->len, s->room - s->len);
	if (n > 0 && full)
		force(w, WF_SPOOL_OVERFLOWED, s == &w->streams[0] ? 1 : 2);
	else if (n > 0)
		s->len += (size_t)n;
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
		close(s->fd);
		s->fd = -1;
	}
}

/* Orphans of the group come to us too (we are their reaper), so that an empty group is seen. */
static void reap(struct watch *w)
{
	siginfo_t info;
	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0 || !info.si_pid)
			return;
		if (info.si_pid != w->pid)
			continue;
		w->ended = true;
		w->status = info;
		w->linger_until = after_ms(LINGER_MS);
	}
}

static void take_signals(struct watch *w)
{
	struct signalfd_siginfo got[8];
	ssize_t n = read(w->signals, got, sizeof(got));
	for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(got[0]); i++)
		if (got[i].ssi_signo != SIGCHLD)
			force(w, WF_SPOOL_STOPPED, 0);
	reap(w);
}

static bool finished(const struct watch *w)
{
	if (!w->ended)
		return false;
	if (w->forced)
		return w->killed || group_is_empty(w);
	return (w->streams[0].fd < 0 && w->streams[1].fd < 0) || now_ms() >= w->linger_until;
}

static int next_timeout(const struct watch *w)
{
	int64_t at = INT64_MAX;
	if (w->forced)
		at = w->killed ? INT64_MAX : w->kill_at;
	else if (w->ended)
		at = w->linger_until;
	else if (w->req.timeout_ms)
		at = w->timeout_at;
	if (at == INT64_MAX)
		return -1;
	int64_t left = at - now_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static void turn(struct watch *w, int timeout)
{
	struct pollfd fds[3] = {
		{.fd = w->signals, .events = POLLIN},
		{.fd = w->streams[0].fd, .events = POLLIN},
		{.fd = w->streams[1].fd, .events = POLLIN}
	};
	if (poll(fds, 3, timeout) < 0)
		return;
	for (int i = 0; i < 2; i++)
		if (fds[i + 1].revents)
			take(w, &w->streams[i]);
	if (fds[0].revents)
		take_signals(w);
	if (w->req.timeout_ms && now_ms() >= w->timeout_at)
		force(w, WF_SPOOL_TIMED_OUT, w->req.timeout_ms < UINT32_MAX ?
			(uint32_t)w->req.timeout_ms : UINT32_MAX);
	if (w->forced && !w->killed && now_ms() >= w->kill_at)
		kill_group(w);
}

/* What the pipes still hold after the end, without waiting for more. */
static void drain(struct watch *w)
{
	for (int i = 0; i < 2; i++) {
		struct stream *s = &w->streams[i];
		struct pollfd fd = {.fd = s->fd, .events = POLLIN};
		bool over = false;
		while (!over && s->fd >= 0 && poll(&fd, 1, 0) > 0) {
			over = s->len == w->req.max_output;
			take(w, s);
		}
	}
}

/* -- the result -- */

static struct wf_spool_done result_of(const struct watch *w, int start_error)
{
	struct wf_spool_done d = {
		.out = w->streams[0].data, .out_len = w->streams[0].len,
		.err = w->streams[1].data, .err_len = w->streams[1].len
	};
	if (start_error) {
		d.end = WF_SPOOL_UNSTARTED;
		d.value = (uint32_t)start_error;
	} else if (w->forced) {
		d.end = w->forced;
		d.value = w->forced_value;
	} else {
		d.end = w->status.si_code == CLD_EXITED ? WF_SPOOL_EXITED : WF_SPOOL_SIGNALLED;
		d.value = (uint32_t)w->status.si_status;
	}
	return d;
}

static bool write_done(const char *token, const struct wf_spool_done *d)
{
	char run[WF_SPOOL_NAME_MAX], done[WF_SPOOL_NAME_MAX];
	unsigned char head[WF_SPOOL_DONE_HEAD];
	wf_spool_name(token, ".run", run);
	wf_spool_name(token, ".done", done);
	wf_spool_done_put(d, head);
	crash_here("ENDED"); /* the command has ended, nothing of it is written */
	if (!write_all(RUN_FD, head, sizeof(head)))
		return false;
	crash_here("HALF_WRITTEN");
	if (!write_all(RUN_FD, d->out, d->out_len) || !write_all(RUN_FD, d->err, d->err_len))
		return false;
	crash_here("WRITTEN"); /* not in its place */
	if (rename(run, done) < 0)
		return false;
	crash_here("RENAMED"); /* in its place, the lock still held */
	return true;
}

static bool watch_signals(struct watch *w)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		return false;
	/* A result beyond the file-size limit is an errno to hand on, not a death. */
	signal(SIGXFSZ, SIG_IGN);
	w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return w->signals >= 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

int main(int argc, char **argv)
{
	struct watch w = {.signals = -1, .streams = {{.fd = -1}, {.fd = -1}}};
	if (argc != 2 || !wf_spool_token_ok(argv[1]) || !read_request(&w.req)) {
		static const char said[] = "wfctl-supervise: started by wfctl, not by hand\n";
		(void)!write(STDERR_FILENO, said, sizeof(said) - 1);
		return EINVAL;
	}
	/* What wfctl's own caller left open (a lock, a pipe that somebody reads to its end) must not
	 * stay open as long as this lives. */
	(void)close_range(3, ~0U, 0);
	crash_at = getenv("WFCTL_SUPERVISE_CRASH_AT");
	crash_here("BEGUN"); /* it holds the lock, and has not said who it is */
	if (!watch_signals(&w) || !write_pid())
		return errno;
	crash_here("NAMED"); /* it has, and the command is not started */
	w.timeout_at = after_ms(w.req.timeout_ms);
	int start_error = start(&w);
	crash_here("COMMAND_STARTED");
	if (!start_error) {
		while (!finished(&w))
			turn(&w, next_timeout(&w));
		drain(&w);
	}
	struct wf_spool_done done = result_of(&w, start_error);
	_exit(write_done(argv[1], &done) ? 0 : errno);
}

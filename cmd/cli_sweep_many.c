/*
 * Sweeping many journals. Each journal with something due is swept by a process of its own, so that no
 * tenant's slow work holds up another's clock; this process only looks, which costs an idle journal
 * a read-only open, and in a window a stat() a second.
 */
#include "cli_sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define MOST_CHILDREN 32
#define LEAD_MS 150       /* a process is begun that long before what falls due */
#define CHILD_WINDOW_MS 2000 /* how long one stays in a window, at the least what falls due soon */
#define LOOK_EVERY_MS 1000
#define MAX_ANSWER (1u << 20)

struct child {
	pid_t pid;               /* 0: free */
	int fd;                  /* its standard output */
	struct wf_target *target;
	struct wf_buf answer;
};

struct many {
	const struct wf_sweeping *how;
	struct wf_targets *targets;
	struct child children[MOST_CHILDREN];
	size_t running;
	int64_t until;           /* of the monotonic clock */
	int64_t retention_ms;
	bool told_stop;
	char *self;
};

static bool stopping(const struct many *m)
{
	return m->how->stop && *m->how->stop;
}

static int64_t left_ms(const struct many *m)
{
	int64_t left = m->until - wf_monotonic_ms();
	return left > 0 ? left : 0;
}

/* -- looking -- */

static int64_t changed_at(const struct many *m, const struct wf_target *t)
{
	struct stat st;
	WF_AUTOFREE char *path = wf_asprintf("%s/journals/%s/%s/data.mdb", wf_home_path(m->how->ctx->home),
		t->tenant, t->environment);
	return stat(path, &st) ? 0
			       : (int64_t)st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
}

/* One that cannot be looked at fails alone. */
static void look_at(struct many *m, struct wf_target *t)
{
	struct wf_cause cause = { 0 };
	struct wf_ctx *ctx = m->how->ctx;
	t->changed = m->how->window_ms ? changed_at(m, t) : 0;
	t->look_at = 0;
	int r = wf_sweep_next(ctx->home, t->tenant, t->environment, m->retention_ms, &t->next, &cause);
	if (r == 0) {
		bool waits = t->next.work || (t->next.expires && t->next.expires <= wf_now_ms());
		t->look_at = waits ? 1 : t->next.at;
		t->report.next_due = t->next.at;
		return;
	}
	if (!*cause.text)
		(void)wf_fail(&cause, r, "the journal cannot be read: %s", wf_strerror(r));
	cause.err = r;
	wf_target_failed(ctx, t, &cause);
}

/* -- a process for one -- */

/* The command line of such a process. */
struct command {
	const char *argv[20];
	size_t count;
	char window[32], jobs[32], max[32];
};

static void add_word(struct command *c, const char *word)
{
	c->argv[c->count++] = word;
}

static void add_option(struct command *c, const char *name, const char *value)
{
	add_word(c, name);
	add_word(c, value);
}

static void write_command(const struct many *m, const struct wf_target *t, struct command *c)
{
	const struct wf_sweeping *how = m->how;
	int64_t stay = left_ms(m);
	if (!stay || stay > CHILD_WINDOW_MS)
		stay = CHILD_WINDOW_MS;
	(void)snprintf(c->window, sizeof(c->window), "%" PRId64 "ms", stay);
	(void)snprintf(c->jobs, sizeof(c->jobs), "%" PRIu64, how->jobs);
	(void)snprintf(c->max, sizeof(c->max), "%" PRIu64, how->max);
	c->count = 0;
	add_word(c, m->self);
	add_word(c, "serve-once");
	add_option(c, "--home", wf_home_path(how->ctx->home));
	add_option(c, "--tenant", t->tenant);
	add_option(c, "--environment", t->environment);
	add_option(c, "--output", "json");
	add_word(c, "--quiet");
	if (how->window_ms)
		add_option(c, "--window", c->window);
	if (how->jobs)
		add_option(c, "--jobs", c->jobs);
	if (how->max)
		add_option(c, "--max", c->max);
	if (how->parallel)
		add_word(c, "--parallel");
	add_word(c, NULL);
}

/* A journal for which none can be begun fails alone. */
static void begin(struct many *m, struct child *c, struct wf_target *t)
{
	struct wf_ctx *ctx = m->how->ctx;
	struct wf_cause cause = { 0 };
	struct command command;
	int fds[2];
	write_command(m, t, &command);
	if (pipe2(fds, O_CLOEXEC)) {
		(void)wf_fail(&cause, wf_err_of_errno(errno), "cannot make a pipe: %s", strerror(errno));
		wf_target_failed(ctx, t, &cause);
		return;
	}
	const int to[3] = { -1, fds[1], STDERR_FILENO };
	int r = wf_spawn(m->self, (char *const *)(const void *)command.argv, environ, NULL, to, false,
		&c->pid, &cause);
	(void)close(fds[1]);
	if (r < 0) {
		(void)close(fds[0]);
		c->pid = 0;
		cause.err = r;
		wf_target_failed(ctx, t, &cause);
		return;
	}
	c->fd = fds[0];
	c->target = t;
	m->running++;
}

/* Adds what a process did; one that died says so with its status. */
static void take_answer(struct many *m, struct child *c, int wstatus)
{
	struct wf_target *t = c->target;
	struct wf_sweep_report r = { 0 };
	json_t *document = NULL;
	int status = WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : WF_EXIT_FAILED;
	if (c->answer.len && wf_json_parse(c->answer.data, c->answer.len, &document, NULL) == 0) {
		wf_report_read(document, &r);
		int64_t next = r.next_due;
		wf_report_add(&t->report, &r);
		t->report.locked_out |= r.locked_out;
		t->report.next_due = next;
		t->swept = true;
		json_t *swept = json_object_get(document, "swept");
		json_t *error = json_object_get(json_array_get(swept, 0), "error");
		if (error && !t->error)
			t->error = json_incref(error);
	}
	json_decref(document);
	if (status && !(stopping(m) && (status > 128 || WIFSIGNALED(wstatus))))
		t->status = status;
	if (WIFSIGNALED(wstatus) && !stopping(m))
		wf_note(m->how->ctx, "the sweep of %s/%s was killed by signal %d", t->tenant, t->environment,
			WTERMSIG(wstatus));
	wf_buf_done(&c->answer);
	(void)close(c->fd);
	c->pid = 0;
	m->running--;
	if (m->how->window_ms && !t->status)
		look_at(m, t);
}

static void end(struct many *m, struct child *c)
{
	int wstatus = 0;
	while (waitpid(c->pid, &wstatus, 0) < 0)
		if (errno != EINTR)
			break;
	take_answer(m, c, wstatus);
}

static void read_some(struct many *m, struct child *c)
{
	char bytes[4096];
	ssize_t n = read(c->fd, bytes, sizeof(bytes));
	if (n < 0 && errno == EINTR)
		return;
	if (n > 0 && c->answer.len < MAX_ANSWER)
		wf_buf_add(&c->answer, bytes, (size_t)n);
	if (n <= 0)
		end(m, c);
}

/* Waits for answers, not beyond the time. */
static void wait_for(struct many *m, int64_t ms)
{
	struct pollfd fds[MOST_CHILDREN];
	struct child *of[MOST_CHILDREN];
	nfds_t n = 0;
	for (size_t i = 0; i < MOST_CHILDREN; i++)
		if (m->children[i].pid) {
			of[n] = &m->children[i];
			fds[n++] = (struct pollfd){ .fd = m->children[i].fd, .events = POLLIN };
		}
	int ready = poll(fds, n, ms > INT32_MAX ? INT32_MAX : (int)ms);
	if (ready < 0 && errno != EINTR && n)
		read_some(m, of[0]); /* no memory to wait for all of them: a read waits for one */
	if (ready <= 0)
		return;
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].revents)
			read_some(m, of[i]);
}

static void pass_on_stop(struct many *m)
{
	if (!stopping(m) || m->told_stop)
		return;
	m->told_stop = true;
	for (size_t i = 0; i < MOST_CHILDREN; i++)
		if (m->children[i].pid)
			(void)kill(m->children[i].pid, SIGTERM);
}

/* -- all -- */

static bool in_hand(const struct many *m, const struct wf_target *t)
{
	for (size_t i = 0; i < MOST_CHILDREN; i++)
		if (m->children[i].pid && m->children[i].target == t)
			return true;
	return false;
}

static struct child *free_child(struct many *m)
{
	for (size_t i = 0; i < MOST_CHILDREN; i++)
		if (!m->children[i].pid)
			return &m->children[i];
	return NULL;
}

/* Begins what is due or comes near; gives when the next one does (0: none). */
static int64_t begin_due(struct many *m, int64_t now)
{
	int64_t next = 0, near = now + (left_ms(m) ? LEAD_MS : 0);
	for (size_t i = 0; i < m->targets->count && !stopping(m); i++) {
		struct wf_target *t = &m->targets->items[i];
		struct child *c;
		if (!t->look_at || t->status || in_hand(m, t))
			continue;
		if (t->look_at > near) {
			if (!next || t->look_at - LEAD_MS < next)
				next = t->look_at - LEAD_MS;
			continue;
		}
		c = free_child(m);
		if (!c)
			continue;
		t->look_at = 0;
		begin(m, c, t);
	}
	return next;
}

static void look_at_changed(struct many *m)
{
	for (size_t i = 0; i < m->targets->count; i++) {
		struct wf_target *t = &m->targets->items[i];
		if (!t->status && !in_hand(m, t) && changed_at(m, t) != t->changed)
			look_at(m, t);
	}
}

static bool any_due(const struct many *m, int64_t now)
{
	for (size_t i = 0; i < m->targets->count; i++) {
		const struct wf_target *t = &m->targets->items[i];
		if (!t->status && t->look_at && t->look_at <= now)
			return true;
	}
	return false;
}

static void tell(const struct many *m)
{
	struct wf_sweep_report sum = { 0 };
	if (!m->how->progress)
		return;
	for (size_t i = 0; i < m->targets->count; i++)
		wf_report_add(&sum, &m->targets->items[i].report);
	sum.in_hand = m->running;
	m->how->progress(m->how->arg, &sum);
}

static void run(struct many *m)
{
	int64_t looked = wf_monotonic_ms();
	for (;;) {
		int64_t now = wf_now_ms();
		bool due = !stopping(m) && any_due(m, now);
		if (!m->running && (stopping(m) || (!due && !left_ms(m))))
			return;
		int64_t next = stopping(m) ? 0 : begin_due(m, now);
		pass_on_stop(m);
		tell(m);
		int64_t wait = m->running && !left_ms(m) ? LOOK_EVERY_MS : left_ms(m);
		wait = wait < LOOK_EVERY_MS ? wait : LOOK_EVERY_MS;
		if (next && next - now < wait)
			wait = next > now ? next - now : 0;
		wait_for(m, wait);
		/* beyond the window too, while one of them drives something: no other sweep may come */
		bool looks = left_ms(m) || (m->how->window_ms && m->running && !stopping(m));
		if (looks && wf_monotonic_ms() - looked >= LOOK_EVERY_MS) {
			looked = wf_monotonic_ms();
			look_at_changed(m);
		}
	}
}

static void dry_run(const struct wf_sweeping *how, struct wf_targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		(void)wf_sweep_here(how, &targets->items[i]);
}

void wf_sweep_many(const struct wf_sweeping *how, struct wf_targets *targets)
{
	struct many m = { .how = how, .targets = targets,
		.until = wf_monotonic_ms() + (int64_t)how->window_ms };
	char self[4096];
	if (how->dry_run) {
		dry_run(how, targets);
		return;
	}
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = 0;
	m.self = n > 0 ? self : NULL;
	if (wf_event_retention(how->ctx, &m.retention_ms))
		m.retention_ms = 0;
	for (size_t i = 0; i < targets->count && !stopping(&m); i++)
		look_at(&m, &targets->items[i]);
	if (m.self) {
		run(&m);
		return;
	}
	/* Without /proc: one after the other, here. */
	for (size_t i = 0; i < targets->count && !stopping(&m); i++)
		if (!targets->items[i].status && targets->items[i].look_at)
			(void)wf_sweep_here(how, &targets->items[i]);
}

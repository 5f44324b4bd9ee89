/* The thread that drives the HTTP module: two queues, and a descriptor at the end of each. */
#include "effect/http_thread.h"

#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	struct wf_http_job *first, *last;
};

/* One end puts jobs in, the other waits for its descriptor and takes all there are. */
struct channel {
	pthread_mutex_t lock;
	struct queue jobs;
	int fd;
};

struct wf_http_thread {
	const struct wf_http_module *module;
	void *state;
	pthread_t thread;
	bool started;
	struct channel asked, ended;
	_Atomic bool leave, any_dropped;
	struct queue begun;       /* the thread's alone */
	struct queue back;        /* of this turn, not yet in `ended` */
};

/* -- queues -- */

static void append(struct queue *q, struct wf_http_job *job)
{
	job->next = NULL;
	job->prev = q->last;
	if (q->last)
		q->last->next = job;
	else
		q->first = job;
	q->last = job;
}

static void unlink_job(struct queue *q, struct wf_http_job *job)
{
	if (job->prev)
		job->prev->next = job->next;
	else
		q->first = job->next;
	if (job->next)
		job->next->prev = job->prev;
	else
		q->last = job->prev;
}

/* All of `from` behind what is in `to`. */
static void join(struct queue *to, struct queue *from)
{
	if (!from->first)
		return;
	from->first->prev = to->last;
	if (to->last)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	*from = (struct queue){0};
}

static void wake(const struct channel *c)
{
	(void)eventfd_write(c->fd, 1);
}

static void send_all(struct channel *c, struct queue *jobs)
{
	if (!jobs->first)
		return;
	(void)pthread_mutex_lock(&c->lock);
	bool waits = !c->jobs.first;
	join(&c->jobs, jobs);
	(void)pthread_mutex_unlock(&c->lock);
	if (waits)
		wake(c);
}

static struct queue receive_all(struct channel *c)
{
	eventfd_t count;
	struct queue jobs = {0};
	(void)eventfd_read(c->fd, &count); /* before looking: what comes later wakes again */
	(void)pthread_mutex_lock(&c->lock);
	join(&jobs, &c->jobs);
	(void)pthread_mutex_unlock(&c->lock);
	return jobs;
}

static bool open_channel(struct channel *c)
{
	(void)pthread_mutex_init(&c->lock, NULL);
	c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return c->fd >= 0;
}

static void close_channel(struct channel *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	(void)pthread_mutex_destroy(&c->lock);
}

/* -- on the thread -- */

static void on_answer(void *arg, const struct wf_http_answer *answer)
{
	struct wf_http_thread *t = arg;
	struct wf_http_job *job = answer->cookie;
	job->answer = *answer;
	job->answer.message = wf_strdup(answer->message);
	unlink_job(&t->begun, job);
	append(&t->back, job);
}

static void begin_all(struct wf_http_thread *t, struct queue jobs)
{
	for (struct wf_http_job *job = jobs.first, *next; job; job = next) {
		next = job->next;
		append(&t->begun, job);
		if (!job->dropped && !t->module->begin(t->state, &job->call))
			wf_mem_exhausted(sizeof(*job));
	}
}

static void drop_all(struct wf_http_thread *t)
{
	for (struct wf_http_job *job = t->begun.first, *next; job; job = next) {
		next = job->next;
		if (!job->dropped)
			continue;
		t->module->cancel(t->state, job);
		unlink_job(&t->begun, job);
		append(&t->back, job);
	}
}

/* Whether something was asked, as far as one knows. */
static bool wait_for_work(struct wf_http_thread *t)
{
	struct pollfd fds[] = {{.fd = t->asked.fd, .events = POLLIN},
		{.fd = t->module->descriptor(t->state), .events = POLLIN}};
	int64_t left = t->module->timeout(t->state);
	int n = poll(fds, 2, left > INT_MAX ? INT_MAX : (int)left);
	return n < 0 || fds[0].revents;
}

static void *drive(void *arg)
{
	struct wf_http_thread *t = arg;
	while (!t->leave) {
		if (wait_for_work(t))
			begin_all(t, receive_all(&t->asked));
		if (atomic_exchange(&t->any_dropped, false))
			drop_all(t);
		t->module->turn(t->state, on_answer, t);
		send_all(&t->ended, &t->back);
	}
	return NULL;
}

/* -- on the caller's side -- */

/* Signals stay with the thread that waits for them. */
static int start(struct wf_http_thread *t)
{
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int sys = pthread_create(&t->thread, NULL, drive, t);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	t->started = !sys;
	return sys;
}

int wf_http_thread_new(const struct wf_http_module *module, struct wf_http_thread **ret,
	struct wf_cause *cause)
{
	static const struct wf_http_host host = {wf_realloc, wf_free};
	struct wf_http_thread *t = wf_calloc(1, sizeof(*t));
	t->module = module;
	errno = 0;
	bool good = open_channel(&t->asked);
	good = open_channel(&t->ended) && good && (t->state = module->open(&host));
	int sys = good ? start(t) : errno;
	if (t->started) {
		*ret = t;
		return 0;
	}
	(void)wf_http_thread_free(t);
	return wf_fail(cause, WF_EIO, "cannot start HTTP: %s",
		sys ? strerror(sys) : "libcurl does not begin");
}

struct wf_http_job *wf_http_thread_free(struct wf_http_thread *t)
{
	t->leave = true;
	if (t->started) {
		wake(&t->asked);
		(void)pthread_join(t->thread, NULL);
	}
	if (t->state)
		t->module->close(t->state);
	struct queue left = {0};
	join(&left, &t->ended.jobs);
	join(&left, &t->begun);
	join(&left, &t->asked.jobs);
	close_channel(&t->asked);
	close_channel(&t->ended);
	wf_free(t);
	return left.first;
}

int wf_http_thread_descriptor(const struct wf_http_thread *t)
{
	return t->ended.fd;
}

void wf_http_thread_begin(struct wf_http_thread *t, struct wf_http_job *job)
{
	struct queue one = {0};
	append(&one, job);
	send_all(&t->asked, &one);
}

void wf_http_thread_drop(struct wf_http_thread *t, struct wf_http_job *job)
{
	job->dropped = true;
	t->any_dropped = true;
	wake(&t->asked);
}

struct wf_http_job *wf_http_thread_take(struct wf_http_thread *t)
{
	return receive_all(&t->ended).first;
}

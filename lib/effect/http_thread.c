/* The thread that loads and drives the HTTP module: two queues, and a descriptor at the end of each. */
#include "effect/http_thread.h"

#include "base/mem.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BEGUN_A_TURN 32 /* so that the first of many are under way, and answered, while the others are set up */

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
	const char *libexec;
	const struct wf_http_work *work;
	const struct wf_http_module *module;
	void *state;
	pthread_t thread;
	bool started;
	sem_t loaded;             /* posted once: the module is there, or the cause says why not */
	bool is_loaded;           /* the caller's: it waited for that */
	struct wf_cause why;
	struct channel asked, ended;
	_Atomic bool leave, any_dropped;
	/* the thread's alone */
	struct queue taken;       /* asked, not yet begun */
	struct queue begun;
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

/* NULL, with the reason in the cause. It is never closed: a library such as libcurl's may leave handlers
 * behind that run at exit. */
static const struct wf_http_module *load(const char *libexec, struct wf_cause *cause)
{
	char *path WF_AUTOFREE = wf_asprintf("%s/wfctl-http.so", libexec);
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct wf_http_module *m = library ? dlsym(library, WF_HTTP_SYMBOL) : NULL;
	/* One that is there and cannot be loaded is this machine's trouble, and not the step's. */
	if (!m)
		(void)wf_fail(cause, access(path, R_OK) ? WF_ENOENT : WF_EIO,
			"cannot load the HTTP module: %s", dlerror());
	else if (m->abi != WF_HTTP_ABI)
		(void)wf_fail(cause, WF_ENOENT, "%s is of another version of wfctl", path);
	return m && m->abi == WF_HTTP_ABI ? m : NULL;
}

static bool open_module(struct wf_http_thread *t)
{
	static const struct wf_http_host host = {wf_realloc, wf_free};
	t->module = load(t->libexec, &t->why);
	errno = 0;
	t->state = t->module ? t->module->open(&host) : NULL;
	if (t->module && !t->state)
		(void)wf_fail(&t->why, WF_EIO, "cannot start HTTP: %s",
			errno ? strerror(errno) : "libcurl does not begin");
	return t->state != NULL;
}

static void give_back(struct wf_http_thread *t, struct wf_http_job *job)
{
	unlink_job(&t->begun, job);
	append(&t->back, job);
}

static void on_answer(void *arg, const struct wf_http_answer *answer)
{
	struct wf_http_thread *t = arg;
	struct wf_http_job *job = answer->cookie;
	t->work->answered(job, answer);
	wf_free(answer->headers);
	wf_free(answer->body);
	give_back(t, job);
}

static void begin_some(struct wf_http_thread *t)
{
	for (int i = 0; i < BEGUN_A_TURN && t->taken.first; i++) {
		struct wf_http_job *job = t->taken.first;
		unlink_job(&t->taken, job);
		append(&t->begun, job);
		if (job->dropped)
			continue;
		const struct wf_http_call *call = t->work->ask(job);
		if (!call)
			give_back(t, job);
		else if (!t->module->begin(t->state, call))
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
		give_back(t, job);
	}
}

/* Until there is something to do, and takes what was asked. */
static void wait_for_work(struct wf_http_thread *t)
{
	struct pollfd fds[] = {{.fd = t->asked.fd, .events = POLLIN},
		{.fd = t->module->descriptor(t->state), .events = POLLIN}};
	int64_t left = t->taken.first ? 0 : t->module->timeout(t->state);
	int n = poll(fds, 2, left > INT_MAX ? INT_MAX : (int)left);
	if (n >= 0 && !fds[0].revents)
		return;
	struct queue asked = receive_all(&t->asked);
	join(&t->taken, &asked);
}

static void *drive(void *arg)
{
	struct wf_http_thread *t = arg;
	bool good = open_module(t);
	(void)sem_post(&t->loaded);
	while (good && !t->leave) {
		wait_for_work(t);
		begin_some(t);
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

int wf_http_thread_new(const char *libexec, const struct wf_http_work *work,
	struct wf_http_thread **ret, struct wf_cause *cause)
{
	struct wf_http_thread *t = wf_calloc(1, sizeof(*t));
	t->libexec = libexec;
	t->work = work;
	(void)sem_init(&t->loaded, 0, 0);
	bool good = open_channel(&t->asked);
	good = open_channel(&t->ended) && good;
	int sys = good ? start(t) : errno;
	if (t->started) {
		*ret = t;
		return 0;
	}
	(void)wf_http_thread_free(t);
	return wf_fail(cause, WF_EIO, "cannot start HTTP: %s", strerror(sys));
}

int wf_http_thread_loaded(struct wf_http_thread *t, struct wf_cause *cause)
{
	while (!t->is_loaded)
		t->is_loaded = !sem_wait(&t->loaded); /* a signal ends it early */
	if (!t->why.err)
		return 0;
	*cause = t->why;
	return t->why.err;
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
	join(&left, &t->taken);
	join(&left, &t->asked.jobs);
	close_channel(&t->asked);
	close_channel(&t->ended);
	(void)sem_destroy(&t->loaded);
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

/* The hub: one epoll for supervised children, HTTP transfers and being woken; results given out. */
#include "effect/hub.h"

#include "base/mem.h"
#include "base/sys.h"
#include "effect/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_A_TURN 64
#define SMALL_GROUP 32u /* results that are given out at once, however many are in hand */
/* How often an adopted child without a known process id is looked at: it is known as soon as its
 * supervisor has run its first instructions. */
#define ADOPT_EVERY_MS 5

int wf_effects_new(const struct wf_effects_options *options, struct wf_effects **ret,
	struct wf_cause *cause)
{
	struct wf_effects *e = wf_calloc(1, sizeof(*e));
	e->spool = wf_strdup(options->spool);
	e->libexec = wf_strdup(options->libexec);
	e->workdir = wf_strdup(options->workdir ? options->workdir : "/");
	e->environ_in = options->environ_in;
	e->people = options->people;
	e->people_arg = options->people_arg;
	e->spool_dir = -1;
	e->epoll = epoll_create1(EPOLL_CLOEXEC);
	e->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	e->clock = -1;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &e->wake};
	if (e->epoll < 0 || e->wake < 0 || epoll_ctl(e->epoll, EPOLL_CTL_ADD, e->wake, &event) < 0) {
		int err = wf_fail(cause, WF_EIO, "cannot wait for effects: %s", strerror(errno));
		wf_effects_free(e);
		return err;
	}
	*ret = e;
	return 0;
}

void wf_effects_free(struct wf_effects *e)
{
	if (!e)
		return;
	for (struct wf_running *r = e->first, *next; r; r = next) {
		next = r->next;
		r->performer->leave(e, r);
	}
	wf_http_close(e);
	for (size_t i = 0; i < e->ready_count; i++)
		wf_effect_result_done(&e->ready[e->ready_head + i]);
	wf_free(e->ready);
	if (e->epoll >= 0)
		(void)close(e->epoll);
	if (e->wake >= 0)
		(void)close(e->wake);
	if (e->clock >= 0)
		(void)close(e->clock);
	if (e->spool_dir >= 0)
		(void)close(e->spool_dir);
	wf_free(e->spool);
	wf_free(e->libexec);
	wf_free(e->workdir);
	wf_free(e);
}

void wf_effect_result_done(struct wf_effect_result *r)
{
	if (!r)
		return;
	json_decref(r->output);
	json_decref(r->details);
	wf_free(r->message);
	*r = (struct wf_effect_result){0};
}

/* -- for the performers -- */

void wf_hub_add(struct wf_effects *e, struct wf_running *r)
{
	r->next = e->first;
	if (e->first)
		e->first->prev = r;
	e->first = r;
	e->running++;
}

void wf_hub_remove(struct wf_effects *e, struct wf_running *r)
{
	if (r->prev)
		r->prev->next = r->next;
	else
		e->first = r->next;
	if (r->next)
		r->next->prev = r->prev;
	r->prev = r->next = NULL;
	if (!r->stopped)
		e->running--;
}

bool wf_hub_watch(struct wf_effects *e, int fd, struct wf_running *r)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = r};
	return epoll_ctl(e->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

void wf_hub_unwatch(struct wf_effects *e, int fd)
{
	(void)epoll_ctl(e->epoll, EPOLL_CTL_DEL, fd, NULL);
}

void wf_hub_deliver(struct wf_effects *e, struct wf_effect_result *result)
{
	if (e->resolving && wf_resolve_take(e, result))
		return;
	WF_GROW(e->ready, e->ready_head + e->ready_count, e->ready_room);
	e->ready[e->ready_head + e->ready_count++] = *result;
	*result = (struct wf_effect_result){0};
}

/* -- beginning and ending -- */

void wf_effects_expect(struct wf_effects *e, enum wf_action action)
{
	if (action == WF_ACT_HTTP_REQUEST)
		wf_http_expect(e);
}

int wf_effects_begin(struct wf_effects *e, const struct wf_effect_request *request,
	struct wf_cause *cause)
{
	if (request->action == WF_ACT_EXEC_RUN)
		return wf_exec_begin(e, request, cause);
	if (request->action == WF_ACT_HTTP_REQUEST)
		return wf_http_begin(e, request, cause);
	if (request->action == WF_ACT_APPROVAL_REQUEST)
		return wf_resolve_begin(e, request, cause);
	return wf_fail(cause, WF_EUNSUPPORTED, "the action %s is not performed here",
		wf_actions[request->action].name);
}

uint32_t wf_effects_running(const struct wf_effects *e)
{
	return e->running + (uint32_t)e->ready_count;
}

void wf_effects_wake(struct wf_effects *e)
{
	int saved = errno;
	uint64_t one = 1;
	(void)!write(e->wake, &one, sizeof(one));
	errno = saved;
}

void wf_effects_stop(struct wf_effects *e, void *cookie)
{
	struct wf_effect_result *ready = e->ready_count ? e->ready + e->ready_head : NULL;
	for (size_t i = 0; i < e->ready_count; i++) {
		if (ready[i].cookie != cookie)
			continue;
		wf_effect_result_done(&ready[i]);
		e->ready_count--;
		memmove(&ready[i], &ready[i + 1], (e->ready_count - i) * sizeof(ready[0]));
		return;
	}
	for (struct wf_running *r = e->first; r; r = r->next) {
		if (r->cookie != cookie || r->stopped)
			continue;
		r->stopped = true;
		e->running--;
		r->performer->stop(e, r);
		return;
	}
}

/* -- waiting -- */

static int64_t sooner(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static int next_timeout(const struct wf_effects *e, int64_t left)
{
	if (e->ready_count)
		return 0;
	int64_t t = e->adopting ? sooner(left, ADOPT_EVERY_MS) : left;
	return t > INT_MAX ? INT_MAX : (int)t;
}

/* Fired, or cancelled by a step of the clock: either way it is to be set anew. One that cannot be read would
 * end every wait before results are given out; disarmed, it forgets that it fired. */
static void drain_clock(struct wf_effects *e)
{
	static const struct itimerspec none;
	uint64_t count;
	if (read(e->clock, &count, sizeof(count)) < 0)
		(void)timerfd_settime(e->clock, 0, &none, NULL);
	e->clock_at = 0;
}

/* One look at what happened; WF_EINTR after a signal or a wake. */
static int turn(struct wf_effects *e, int timeout)
{
	struct epoll_event events[EVENTS_A_TURN];
	int n = epoll_wait(e->epoll, events, EVENTS_A_TURN, timeout), err = 0;
	if (n < 0)
		return WF_EINTR;
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == &e->wake) {
			uint64_t count;
			(void)!read(e->wake, &count, sizeof(count));
			err = WF_EINTR;
		} else if (events[i].data.ptr == &e->clock) {
			drain_clock(e);
			err = WF_EINTR;
		} else if (events[i].data.ptr == &e->epoll) {
			err = WF_EINTR;
		} else if (events[i].data.ptr) {
			struct wf_running *r = events[i].data.ptr;
			r->performer->ready(e, r);
		} else {
			wf_http_turn(e);
		}
	}
	if (e->adopting)
		wf_exec_adopt_late(e);
	return err;
}

/* No more than two thirds of what is in hand are given out together: what follows from those is begun while
 * the turn of the others comes. All at once, those who perform and those who commit would wait for each
 * other in turns; and in small groups each would pay for a commit of its own. */
static size_t share(const struct wf_effects *e)
{
	size_t part = (e->ready_count + e->running) * 2 / 3;
	size_t most = part > SMALL_GROUP ? part : SMALL_GROUP;
	return most < e->ready_count ? most : e->ready_count;
}

/* fn may begin effects that fail at once, and they wait; it may stop others that are there, and they
 * are not handed out. */
static int hand_out(struct wf_effects *e, void (*fn)(void *arg, struct wf_effect_result *result),
	void *arg)
{
	int given = 0;
	for (size_t n = share(e); n && e->ready_count; n--, given++) {
		struct wf_effect_result result = e->ready[e->ready_head++];
		e->ready_count--;
		fn(arg, &result);
	}
	if (e->ready_count)
		memmove(e->ready, e->ready + e->ready_head, e->ready_count * sizeof(e->ready[0]));
	e->ready_head = 0;
	return given;
}

int wf_effects_wait(struct wf_effects *e, int64_t timeout_ms,
	void (*fn)(void *arg, struct wf_effect_result *result), void *arg)
{
	int64_t end = timeout_ms > 0 ? wf_monotonic_ms() : 0, left = timeout_ms;
	if (timeout_ms > 0 && __builtin_add_overflow(end, timeout_ms, &end))
		end = INT64_MAX;
	for (;;) {
		int err = turn(e, next_timeout(e, left));
		if (err)
			return err;
		if (e->ready_count)
			return hand_out(e, fn, arg);
		if (timeout_ms > 0)
			left = end - wf_monotonic_ms();
		if (timeout_ms >= 0 && left <= 0)
			return 0;
	}
}

/* -- the wall clock -- */

int wf_effects_watch(struct wf_effects *e, int fd, struct wf_cause *cause)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &e->epoll};
	if (epoll_ctl(e->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	return wf_fail(cause, WF_EIO, "cannot wait for a descriptor: %s", strerror(errno));
}

static bool open_clock(struct wf_effects *e)
{
	if (e->clock >= 0)
		return true;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &e->clock};
	e->clock = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (e->clock >= 0 && epoll_ctl(e->epoll, EPOLL_CTL_ADD, e->clock, &event) == 0)
		return true;
	if (e->clock >= 0)
		(void)close(e->clock);
	e->clock = -1;
	return false;
}

/* A timer of the wall clock that the kernel cancels when the clock is set: it neither fires early nor
 * sleeps through a step. Where there is none the caller's bound remains. */
static void set_clock(struct wf_effects *e, int64_t at)
{
	if (at == e->clock_at || wf_sys_now_is_set() || !open_clock(e))
		return;
	struct itimerspec spec = {.it_value = {.tv_sec = (time_t)(at / 1000),
		.tv_nsec = (long)(at % 1000) * 1000000}};
	if (timerfd_settime(e->clock, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL) == 0)
		e->clock_at = at;
}

int wf_effects_wait_until(struct wf_effects *e, int64_t at, int64_t most_ms,
	void (*fn)(void *arg, struct wf_effect_result *result), void *arg)
{
	int64_t left = at ? at - wf_now_ms() : -1;
	if (at && left < 0)
		left = 0;
	if (left > 0)
		set_clock(e, at);
	/* one more: the wall clock's timer is the exact one, this is the bound */
	int64_t bound = left > 0 ? left + 1 : left;
	return wf_effects_wait(e, sooner(bound, most_ms), fn, arg);
}

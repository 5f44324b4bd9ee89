/*
 * http.request: requests go to the thread of HTTP, and come back with their results. What an input means is in
 * http_input.c, what an answer means in http_answer.c, what goes over the wire in http_module.c.
 */
#include "base/mem.h"
#include "effect/classify.h"
#include "effect/http_answer.h"
#include "effect/http_input.h"
#include "effect/http_thread.h"
#include "effect/hub.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* The input is immutable, so that others may read it while the thread does. */
struct http {
	struct wf_running base;
	struct wf_http_job job;
	struct wf_effect_request request; /* input: a reference of its own, which the spec points into */
	char *key;
	struct wf_arena *arena;           /* of the spec */
	struct wf_http_spec spec;
	struct wf_effect_result result;
};

static struct http *http_of(struct wf_http_job *job)
{
	return (struct http *)((char *)job - offsetof(struct http, job));
}

static void forget_request(struct http *h)
{
	wf_arena_free(h->arena);
	json_decref((json_t *)(uintptr_t)h->request.input);
	wf_free(h->key);
	h->arena = NULL;
	h->request.input = NULL;
	h->key = NULL;
}

static void free_http(struct http *h)
{
	forget_request(h);
	wf_effect_result_done(&h->result);
	wf_free(h);
}

/* -- on the thread -- */

static const struct wf_http_call *ask(struct wf_http_job *job)
{
	struct http *h = http_of(job);
	h->arena = wf_arena_new();
	if (!wf_http_read(&h->request, h->arena, &h->spec, &h->result))
		return NULL;
	h->spec.call.cookie = job;
	return &h->spec.call;
}

static void answered(struct wf_http_job *job, const struct wf_http_answer *answer)
{
	struct http *h = http_of(job);
	wf_http_result(&h->spec, answer, &h->result);
	forget_request(h);
}

static const struct wf_http_work work = {ask, answered};

/* -- the thread -- */

static int start_thread(struct wf_effects *e, struct wf_cause *cause)
{
	if (e->http)
		return 0;
	int err = wf_http_thread_new(e->libexec, &work, &e->http, cause);
	if (err || wf_hub_watch(e, wf_http_thread_descriptor(e->http), NULL))
		return err;
	err = wf_fail(cause, WF_EIO, "cannot start HTTP: %s", strerror(errno));
	wf_http_close(e);
	return err;
}

static int need_thread(struct wf_effects *e, struct wf_cause *cause)
{
	int err = start_thread(e, cause);
	if (err)
		return err;
	err = wf_http_thread_loaded(e->http, cause);
	if (err)
		wf_http_close(e);
	return err;
}

void wf_http_expect(struct wf_effects *e)
{
	struct wf_cause cause;
	(void)start_thread(e, &cause); /* a request tries again, and says why it cannot be */
}

void wf_http_close(struct wf_effects *e)
{
	if (!e->http)
		return;
	wf_hub_unwatch(e, wf_http_thread_descriptor(e->http));
	struct wf_http_job *job = wf_http_thread_free(e->http), *next;
	for (; job; job = next) {
		next = job->next;
		free_http(http_of(job));
	}
	e->http = NULL;
}

void wf_http_turn(struct wf_effects *e)
{
	struct wf_http_job *job = wf_http_thread_take(e->http), *next;
	for (; job; job = next) {
		struct http *h = http_of(job);
		next = job->next;
		if (!job->dropped) {
			h->result.cookie = h->base.cookie;
			wf_hub_remove(e, &h->base);
			wf_hub_deliver(e, &h->result);
		}
		free_http(h);
	}
}

/* -- the performer -- */

static void http_drop(struct wf_effects *e, struct wf_running *r)
{
	struct http *h = (struct http *)r;
	wf_hub_remove(e, r);
	wf_http_thread_drop(e->http, &h->job);
}

static const struct wf_performer performer = {NULL, http_drop, http_drop};

int wf_http_begin(struct wf_effects *e, const struct wf_effect_request *request,
	struct wf_cause *cause)
{
	struct wf_cause why = {0};
	int err = need_thread(e, &why);
	if (err == WF_ENOENT) {
		struct wf_effect_result fail = {.cookie = request->cookie};
		wf_result_fail(&fail, WF_ERROR_INTERNAL, "no_http_module", "%s", why.text);
		wf_hub_deliver(e, &fail);
		return 0;
	}
	if (err)
		return wf_fail(cause, WF_EIO, "%s", why.text);
	struct http *h = wf_calloc(1, sizeof(*h));
	h->base.performer = &performer;
	h->base.cookie = request->cookie;
	h->key = request->key ? wf_strdup(request->key) : NULL;
	h->request = (struct wf_effect_request){.input = json_incref((json_t *)(uintptr_t)request->input),
		.key = h->key, .timeout_ms = request->timeout_ms};
	wf_hub_add(e, &h->base);
	wf_http_thread_begin(e->http, &h->job);
	return 0;
}

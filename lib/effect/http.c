/*
 * http.request: loads the module that speaks HTTP at the first request, and makes typed results of
 * its answers. What an input means is in http_input.c, what goes over the wire in http_module.c.
 */
#include "effect/http_input.h"

#include "base/json.h"
#include "base/sys.h"
#include "effect/classify.h"
#include "effect/http_thread.h"
#include "effect/hub.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct http {
	struct wf_running base;
	struct wf_http_job job;
	struct wf_arena *arena;   /* of the spec */
	struct wf_http_spec spec;
	json_t *input;            /* what the spec points into */
};

static void free_http(struct http *h)
{
	wf_free((char *)(uintptr_t)h->job.answer.message);
	wf_free(h->job.answer.headers);
	wf_free(h->job.answer.body);
	wf_arena_free(h->arena);
	json_decref(h->input);
	wf_free(h);
}

static struct http *http_of(struct wf_http_job *job)
{
	return (struct http *)((char *)job - offsetof(struct http, job));
}

/* -- the module -- */

/* NULL, with the reason in the cause. It is never closed: a library such as libcurl's may leave
 * handlers behind that run at exit. */
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
		(void)wf_fail(cause, WF_EVERSION, "%s is of another version of wfctl", path);
	return m && m->abi == WF_HTTP_ABI ? m : NULL;
}

static int open_module(struct wf_effects *e, struct wf_cause *cause)
{
	if (e->http)
		return 0;
	const struct wf_http_module *m = load(e->libexec, cause);
	if (!m)
		return cause->err == WF_EIO ? WF_EIO : WF_ENOENT;
	int err = wf_http_thread_new(m, &e->http, cause);
	if (err)
		return err;
	if (wf_hub_watch(e, wf_http_thread_descriptor(e->http), NULL))
		return 0;
	err = wf_fail(cause, WF_EIO, "cannot start HTTP: %s", strerror(errno));
	wf_http_close(e);
	return err;
}

void wf_http_close(struct wf_effects *e)
{
	if (!e->http)
		return;
	struct wf_http_job *job = wf_http_thread_free(e->http), *next;
	for (; job; job = next) {
		next = job->next;
		free_http(http_of(job));
	}
	e->http = NULL;
}

/* -- answers -- */

static const struct {
	enum wf_error_type type;
	const char *code;
} failures[WF_HTTP_OUTCOME_COUNT_] = {
	[WF_HTTP_RESOLVE] = {WF_ERROR_NETWORK, "resolve"},
	[WF_HTTP_CONNECT] = {WF_ERROR_NETWORK, "connect"},
	[WF_HTTP_TLS] = {WF_ERROR_NETWORK, "tls"},
	[WF_HTTP_BROKEN] = {WF_ERROR_NETWORK, "broken"},
	[WF_HTTP_TIMEOUT] = {WF_ERROR_TIMEOUT, "timeout"},
	[WF_HTTP_REDIRECTS] = {WF_ERROR_LIMIT, "too_many_redirects"},
	[WF_HTTP_TOO_BIG] = {WF_ERROR_LIMIT, "response_limit"},
	[WF_HTTP_BAD_URL] = {WF_ERROR_VALIDATION, "invalid_url"},
	[WF_HTTP_OTHER] = {WF_ERROR_NETWORK, "failed"},
};

/* Names in lower case; a repeated header's values joined as RFC 9110, 5.3 allows. */
static json_t *headers_json(const struct wf_http_answer *a)
{
	json_t *headers = json_object();
	const char *p = a->headers, *end = p ? p + a->headers_len : p;
	while (p < end) {
		const char *name = p, *value = name + strlen(name) + 1;
		p = value + strlen(value) + 1;
		json_t *key = wf_text_json(name, strlen(name));
		const json_t *before = json_object_get(headers, json_string_value(key));
		char *joined WF_AUTOFREE = before ?
			wf_asprintf("%s, %s", json_string_value(before), value) : NULL;
		const char *now = joined ? joined : value;
		json_object_set_new(headers, json_string_value(key), wf_text_json(now, strlen(now)));
		json_decref(key);
	}
	return headers;
}

static const char *header_of(const json_t *headers, const char *name)
{
	return json_string_value(json_object_get(headers, name));
}

/* application/json, and whatever ends in +json (RFC 6839). */
static bool is_json_type(const char *type)
{
	size_t n = type ? strcspn(type, "; \t") : 0;
	return (n == 16 && !strncasecmp(type, "application/json", 16)) ||
		(n > 5 && !strncasecmp(type + n - 5, "+json", 5));
}

static bool may_be_empty(const struct http *h, const struct wf_http_answer *a)
{
	return h->spec.output == WF_HTTP_BY_TYPE || a->status == 204 || a->status == 304 ||
		!strcmp(h->spec.call.method, "HEAD");
}

/* The body, or NULL and the cause when it was to be JSON and is not. */
static json_t *body_json(const struct http *h, const struct wf_http_answer *a, const json_t *headers,
	struct wf_cause *cause)
{
	json_t *body = NULL;
	bool json = h->spec.output == WF_HTTP_JSON || (h->spec.output == WF_HTTP_BY_TYPE &&
		is_json_type(header_of(headers, "content-type")));
	if (!json)
		return wf_text_json(a->body, a->body_len);
	if (!a->body_len && may_be_empty(h, a))
		return json_null();
	(void)wf_json_parse(a->body ? a->body : "", a->body_len, &body, cause);
	return body;
}

/* What a person wants to see of an answer that was not expected: JSON as such when it is short. */
static json_t *details_of(const struct wf_http_answer *a, json_t *headers)
{
	json_t *body = NULL;
	if (a->body_len && a->body_len <= WF_DETAIL_BYTES &&
			is_json_type(header_of(headers, "content-type")))
		(void)wf_json_parse(a->body, a->body_len, &body, NULL);
	if (!body)
		body = wf_head_json(a->body, a->body_len, WF_DETAIL_BYTES);
	json_t *details = json_object();
	json_object_set_new(details, "status", json_integer(a->status));
	json_object_set(details, "headers", headers);
	json_object_set_new(details, "body", body);
	return details;
}

static bool is_expected(const struct wf_http_spec *s, unsigned status)
{
	for (size_t i = 0; i < s->expect_count; i++)
		if (status >= s->expect[i].first && status <= s->expect[i].last)
			return true;
	return false;
}

static void make_failure(const struct http *h, const struct wf_http_answer *a,
	struct wf_effect_result *r)
{
	const struct wf_http_call *c = &h->spec.call;
	const char *code = failures[a->outcome].code;
	enum wf_error_type type = failures[a->outcome].type;
	if (a->outcome == WF_HTTP_TOO_BIG)
		wf_result_fail(r, type, code,
			"%s %s: the response is over its limit of %" PRIu64 " bytes (max_response)",
			c->method, c->url, c->max_response);
	else if (a->outcome == WF_HTTP_REDIRECTS)
		wf_result_fail(r, type, code, "%s %s: more than %" PRIu32 " redirects (follow)",
			c->method, c->url, c->follow);
	else
		wf_result_fail(r, type, code, "%s %s: %s", c->method, c->url, a->message);
}

static void make_answer(const struct http *h, const struct wf_http_answer *a,
	struct wf_effect_result *r)
{
	const struct wf_http_call *c = &h->spec.call;
	json_t *headers = headers_json(a);
	struct wf_cause cause = {0};
	const char *later = header_of(headers, "retry-after");
	char code[32];
	(void)snprintf(code, sizeof(code), "%u", a->status);
	json_t *body = NULL;
	if (!is_expected(&h->spec, a->status)) {
		wf_result_fail(r, wf_status_type(a->status), code, "%s %s answered %u", c->method,
			c->url, a->status);
		if (later && (a->status == 429 || a->status == 503))
			r->retry_after_ms = wf_retry_after(later, wf_now_ms());
	} else if (!(body = body_json(h, a, headers, &cause))) {
		wf_result_fail(r, WF_ERROR_VALIDATION, "invalid_json",
			"%s %s answered %u with what is %s", c->method, c->url, a->status, cause.text);
	} else {
		r->ok = true;
		r->output = json_object();
		json_object_set_new(r->output, "status", json_integer(a->status));
		json_object_set(r->output, "headers", headers);
		json_object_set_new(r->output, "body", body);
	}
	if (!r->ok)
		r->details = details_of(a, headers);
	json_decref(headers);
}

static void deliver(struct wf_effects *e, struct http *h)
{
	const struct wf_http_answer *a = &h->job.answer;
	struct wf_effect_result result = {.cookie = h->base.cookie};
	if (a->outcome == WF_HTTP_ANSWERED)
		make_answer(h, a, &result);
	else
		make_failure(h, a, &result);
	wf_hub_remove(e, &h->base);
	wf_hub_deliver(e, &result);
}

void wf_http_turn(struct wf_effects *e)
{
	struct wf_http_job *job = wf_http_thread_take(e->http), *next;
	for (; job; job = next) {
		struct http *h = http_of(job);
		next = job->next;
		if (!job->dropped)
			deliver(e, h);
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
	struct wf_effect_result fail = {.cookie = request->cookie};
	struct wf_cause why = {0};
	struct http *h = wf_calloc(1, sizeof(*h));
	h->arena = wf_arena_new();
	h->base.performer = &performer;
	h->base.cookie = request->cookie;
	h->input = json_incref((json_t *)(uintptr_t)request->input);
	bool good = wf_http_read(request, h->arena, &h->spec, &fail);
	int err = good ? open_module(e, &why) : 0;
	if (good && !err) {
		h->job.call = h->spec.call;
		h->job.call.cookie = &h->job;
		wf_hub_add(e, &h->base);
		wf_http_thread_begin(e->http, &h->job);
		return 0;
	}
	free_http(h);
	if (good && err != WF_ENOENT)
		return wf_fail(cause, WF_EIO, "%s", why.text);
	if (good)
		wf_result_fail(&fail, WF_ERROR_INTERNAL, "no_http_module", "%s", why.text);
	wf_hub_deliver(e, &fail);
	return 0;
}

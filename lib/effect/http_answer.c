/* What came back of an HTTP request, as a typed result. */
#include "effect/http_answer.h"

#include "base/json.h"
#include "base/sys.h"
#include "effect/classify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

static bool may_be_empty(const struct wf_http_spec *s, const struct wf_http_answer *a)
{
	return s->output == WF_HTTP_BY_TYPE || a->status == 204 || a->status == 304 ||
		!strcmp(s->call.method, "HEAD");
}

/* The body, or NULL and the cause when it was to be JSON and is not. */
static json_t *body_json(const struct wf_http_spec *s, const struct wf_http_answer *a, const json_t *headers,
	struct wf_cause *cause)
{
	json_t *body = NULL;
	bool json = s->output == WF_HTTP_JSON || (s->output == WF_HTTP_BY_TYPE &&
		is_json_type(header_of(headers, "content-type")));
	if (!json)
		return wf_text_json(a->body, a->body_len);
	if (!a->body_len && may_be_empty(s, a))
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

static void make_failure(const struct wf_http_spec *s, const struct wf_http_answer *a,
	struct wf_effect_result *r)
{
	const struct wf_http_call *c = &s->call;
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

static void make_answer(const struct wf_http_spec *s, const struct wf_http_answer *a,
	struct wf_effect_result *r)
{
	const struct wf_http_call *c = &s->call;
	json_t *headers = headers_json(a);
	struct wf_cause cause = {0};
	const char *later = header_of(headers, "retry-after");
	char code[32];
	(void)snprintf(code, sizeof(code), "%u", a->status);
	json_t *body = NULL;
	if (!is_expected(s, a->status)) {
		wf_result_fail(r, wf_status_type(a->status), code, "%s %s answered %u", c->method,
			c->url, a->status);
		if (later && (a->status == 429 || a->status == 503))
			r->retry_after_ms = wf_retry_after(later, wf_now_ms());
	} else if (!(body = body_json(s, a, headers, &cause))) {
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

void wf_http_result(const struct wf_http_spec *s, const struct wf_http_answer *a,
	struct wf_effect_result *ret)
{
	if (a->outcome == WF_HTTP_ANSWERED)
		make_answer(s, a, ret);
	else
		make_failure(s, a, ret);
}

/* http.request's input: the URL and its query, headers, one body, who we are, what is expected. */
#include "effect/http_input.h"

#include "base/json.h"
#include "base/limits.h"
#include "effect/classify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_FOLLOW 5

struct reader {
	const struct wf_effect_request *request;
	const json_t *input;
	struct wf_arena *arena;
	struct wf_effect_result *fail;
	char **headers;           /* with room for those of our own */
	size_t header_count;
};

static bool invalid(struct reader *r, const char *what)
{
	wf_result_fail(r->fail, WF_ERROR_VALIDATION, "invalid_input", "http.request: %s", what);
	return false;
}

static bool is_absent(const json_t *v)
{
	return !v || json_is_null(v);
}

static bool is_clean(const json_t *v)
{
	if (!json_is_string(v))
		return false;
	const char *s = json_string_value(v);
	return strlen(s) == json_string_length(v) && !strpbrk(s, "\r\n");
}

/* A text member without line ends; *ret stays when it is absent or null. */
static bool read_text(struct reader *r, const json_t *object, const char *key, const char **ret)
{
	const json_t *v = json_object_get(object, key);
	if (is_absent(v))
		return true;
	if (!is_clean(v))
		return invalid(r, wf_arena_printf(r->arena,
			"`%s` must be a string of one line", key));
	*ret = json_string_value(v);
	return true;
}

/* A number, boolean or string as text in the arena; NULL for others. *ret_n since it may hold NUL. */
static const char *scalar_text(struct reader *r, const json_t *v, size_t *ret_n)
{
	if (json_is_string(v)) {
		*ret_n = json_string_length(v);
		return json_string_value(v);
	}
	if (!json_is_number(v) && !json_is_boolean(v))
		return NULL;
	char *text = wf_json_text(v);
	*ret_n = strlen(text);
	const char *copy = wf_arena_strndup(r->arena, text, *ret_n);
	wf_free(text);
	return copy;
}

static bool read_number(struct reader *r, const char *key, uint64_t max, uint64_t *ret)
{
	const json_t *v = json_object_get(r->input, key);
	if (is_absent(v))
		return true;
	json_int_t n = json_integer_value(v);
	if (!json_is_integer(v) || n < 0 || (uint64_t)n > max)
		return invalid(r, wf_arena_printf(r->arena, "`%s` must be a number from 0 to %llu",
			key, (unsigned long long)max));
	*ret = (uint64_t)n;
	return true;
}

/* -- the URL -- */

/* RFC 3986: all but the unreserved is percent-encoded. */
static void add_encoded(struct wf_buf *out, const char *s, size_t n)
{
	static const char safe[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	for (size_t i = 0; i < n; i++) {
		if (s[i] && strchr(safe, s[i]))
			wf_buf_addch(out, s[i]);
		else
			wf_buf_printf(out, "%%%02X", (unsigned)(unsigned char)s[i]);
	}
}

static bool add_pair(struct reader *r, struct wf_buf *out, const char *name, const json_t *value)
{
	size_t n;
	const char *text = scalar_text(r, value, &n);
	if (!text)
		return false;
	if (out->len)
		wf_buf_addch(out, '&');
	add_encoded(out, name, strlen(name));
	wf_buf_addch(out, '=');
	add_encoded(out, text, n);
	return true;
}

/* name=value&..., a list giving a pair for each of its values, null none. */
static bool encode_pairs(struct reader *r, const char *key, json_t *pairs, struct wf_buf *out)
{
	const char *name;
	json_t *value;
	bool good = json_is_object(pairs);
	json_object_foreach (pairs, name, value) {
		if (json_is_null(value))
			continue;
		if (!json_is_array(value))
			good = good && add_pair(r, out, name, value);
		for (size_t i = 0; i < json_array_size(value); i++)
			good = good && add_pair(r, out, name, json_array_get(value, i));
	}
	return good || invalid(r, wf_arena_printf(r->arena,
		"`%s` must be a mapping of names to strings, numbers, booleans or lists of them", key));
}

static bool read_url(struct reader *r, struct wf_http_call *c)
{
	const char *url = NULL;
	json_t *query = json_object_get(r->input, "query");
	if (!read_text(r, r->input, "url", &url))
		return false;
	if (!url || !*url)
		return invalid(r, "`url` is missing");
	if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0) {
		wf_result_fail(r->fail, WF_ERROR_VALIDATION, "invalid_url",
			"http.request: `%s` is no http or https URL", url);
		return false;
	}
	c->url = url;
	if (is_absent(query))
		return true;
	struct wf_buf pairs WF_AUTOBUF = {0};
	if (!encode_pairs(r, "query", query, &pairs))
		return false;
	if (!pairs.len)
		return true;
	int before = (int)strcspn(url, "#");
	const char *mark = memchr(url, '?', (size_t)before);
	const char *join = !mark ? "?" : mark[1] && mark + 1 < url + before ? "&" : "";
	c->url = wf_arena_printf(r->arena, "%.*s%s%s%s", before, url, join, pairs.data, url + before);
	return true;
}

static bool is_token(const char *s)
{
	static const char chars[] = "!#$%&'*+-.^_`|~0123456789"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	return *s && !s[strspn(s, chars)];
}

static bool read_method(struct reader *r, struct wf_http_call *c)
{
	const char *method = "GET";
	if (!read_text(r, r->input, "method", &method))
		return false;
	if (!is_token(method) || strlen(method) > 32)
		return invalid(r, "`method` is no HTTP method");
	char *upper = wf_arena_strdup(r->arena, method);
	for (char *p = upper; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - ('a' - 'A'));
	c->method = upper;
	return true;
}

/* -- headers -- */

#define OWN_HEADERS 5

static bool has_header(const struct reader *r, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < r->header_count; i++)
		if (!strncasecmp(r->headers[i], name, n) && r->headers[i][n] == ':')
			return true;
	return false;
}

static void put_header(struct reader *r, const char *name, const char *value)
{
	size_t n = strlen(name), value_n = strlen(value);
	char *line = wf_arena_alloc(r->arena, n + 2 + value_n + 1);
	memcpy(line, name, n);
	memcpy(line + n, ": ", 2);
	memcpy(line + n + 2, value, value_n + 1);
	r->headers[r->header_count++] = line;
}

static void add_header(struct reader *r, const char *name, const char *value)
{
	if (!has_header(r, name))
		put_header(r, name, value);
}

static bool read_headers(struct reader *r)
{
	json_t *given = json_object_get(r->input, "headers"), *value;
	const char *name;
	if (!is_absent(given) && !json_is_object(given))
		return invalid(r, "`headers` must be a mapping of names to strings");
	r->headers = WF_ARENA_ARRAY(r->arena, char *, json_object_size(given) + OWN_HEADERS + 1);
	json_object_foreach (given, name, value) {
		size_t n;
		if (json_is_null(value))
			continue;
		const char *text = scalar_text(r, value, &n);
		if (!text || (json_is_string(value) && !is_clean(value)))
			return invalid(r, wf_arena_printf(r->arena,
				"the header `%s` must be a string of one line", name));
		if (!is_token(name) || strlen(name) > 200)
			return invalid(r, "`headers` has a name that no header can have");
		put_header(r, name, text);
	}
	return true;
}

static bool read_auth(struct reader *r, struct wf_http_call *c)
{
	const json_t *auth = json_object_get(r->input, "auth");
	const json_t *basic = json_object_get(auth, "basic");
	const char *bearer = NULL, *user = NULL, *password = "";
	if (is_absent(auth))
		return true;
	if (!read_text(r, auth, "bearer", &bearer) || !read_text(r, basic, "user", &user) ||
			!read_text(r, basic, "password", &password))
		return false;
	if (!bearer == !user)
		return invalid(r, "`auth` must have either `bearer` or `basic` with `user`");
	if (user && strchr(user, ':'))
		return invalid(r, "a user of basic authentication cannot hold `:`");
	if (has_header(r, "Authorization"))
		return invalid(r, "give either `auth` or an Authorization header");
	if (bearer)
		add_header(r, "Authorization", wf_arena_printf(r->arena, "Bearer %s", bearer));
	c->user = user;
	c->password = user ? password : NULL;
	return true;
}

/* Whether RFC 9110, 9.2.2 lets the request be sent again by itself. */
static bool is_idempotent(const char *method)
{
	static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (!strcmp(method, methods[i]))
			return true;
	return false;
}

/* -- the body -- */

static bool take_body(struct reader *r, struct wf_http_call *c, const char *type, const char *bytes,
	size_t n)
{
	c->body = wf_arena_strndup(r->arena, bytes ? bytes : "", n);
	c->body_len = n;
	add_header(r, "Content-Type", type);
	return true;
}

static bool read_body(struct reader *r, struct wf_http_call *c)
{
	json_t *body = json_object_get(r->input, "body"), *form = json_object_get(r->input, "form");
	const json_t *text = json_object_get(r->input, "text");
	struct wf_buf out WF_AUTOBUF = {0};
	if ((body != NULL) + !is_absent(form) + !is_absent(text) > 1)
		return invalid(r, "give one of `body`, `form` and `text`");
	if (body) {
		wf_json_write(body, &out);
		return take_body(r, c, "application/json", out.data, out.len);
	}
	if (!is_absent(form))
		return encode_pairs(r, "form", form, &out) && take_body(r, c,
			"application/x-www-form-urlencoded", out.data, out.len);
	if (is_absent(text))
		return true;
	if (!json_is_string(text))
		return invalid(r, "`text` must be a string");
	return take_body(r, c, "text/plain; charset=utf-8", json_string_value(text),
		json_string_length(text));
}

/* -- what is expected -- */

/* "204", "200-299", "2xx" */
static bool parse_range(const char *s, struct wf_http_range *ret)
{
	unsigned n[2] = {0, 0};
	if (strlen(s) == 3 && s[0] >= '1' && s[0] <= '9' && !strcasecmp(s + 1, "xx")) {
		ret->first = (unsigned)(s[0] - '0') * 100;
		ret->last = ret->first + 99;
		return true;
	}
	for (int i = 0; i < 2; i++) {
		if (strspn(s, "0123456789") != 3)
			return false;
		n[i] = (unsigned)strtoul(s, NULL, 10);
		s += 3;
		if (!*s && i == 0)
			n[++i] = n[0];
		else if (*s++ != (i == 0 ? '-' : '\0'))
			return false;
	}
	*ret = (struct wf_http_range){n[0], n[1]};
	return n[0] <= n[1];
}

static bool read_range(const json_t *v, struct wf_http_range *ret)
{
	json_int_t n = json_integer_value(v);
	if (json_is_integer(v)) {
		*ret = (struct wf_http_range){(unsigned)n, (unsigned)n};
		return n >= 100 && n <= 999;
	}
	return json_is_string(v) && parse_range(json_string_value(v), ret);
}

static bool read_expect(struct reader *r, struct wf_http_spec *s)
{
	const json_t *expect = json_object_get(r->input, "expect");
	size_t n = json_is_array(expect) ? json_array_size(expect) : 1;
	s->expect = WF_ARENA_ARRAY(r->arena, struct wf_http_range, n + 1);
	s->expect_count = n;
	if (is_absent(expect)) {
		s->expect[0] = (struct wf_http_range){200, 299};
		return true;
	}
	bool good = n > 0;
	for (size_t i = 0; i < n; i++)
		good = good && read_range(json_is_array(expect) ? json_array_get(expect, i) : expect,
			&s->expect[i]);
	return good || invalid(r,
		"`expect` must be a status (204), a range (\"200-299\", \"2xx\") or a list of them");
}

static bool read_output(struct reader *r, struct wf_http_spec *s)
{
	const char *output = NULL;
	if (!read_text(r, r->input, "output", &output))
		return false;
	if (output && strcmp(output, "json") != 0 && strcmp(output, "text") != 0)
		return invalid(r, "`output` must be `json` or `text`");
	s->output = !output ? WF_HTTP_BY_TYPE : *output == 'j' ? WF_HTTP_JSON : WF_HTTP_TEXT;
	return true;
}

static bool read_bounds(struct reader *r, struct wf_http_call *c)
{
	uint64_t follow = DEFAULT_FOLLOW;
	const json_t *v = json_object_get(r->input, "follow");
	c->max_response = WF_DEFAULT_MAX_RESPONSE;
	c->timeout_ms = r->request->timeout_ms;
	/* a server that accepts and then says nothing would else hold the instance for ever */
	if (!c->timeout_ms)
		c->timeout_ms = WF_DEFAULT_HTTP_TIMEOUT_MS;
	if (json_is_boolean(v))
		follow = json_is_true(v) ? DEFAULT_FOLLOW : 0;
	else if (!read_number(r, "follow", WF_MAX_REDIRECTS, &follow))
		return false;
	c->follow = (uint32_t)follow;
	return read_number(r, "max_response", WF_MAX_VALUE_BYTES, &c->max_response);
}

bool wf_http_read(const struct wf_effect_request *request, struct wf_arena *arena,
	struct wf_http_spec *ret, struct wf_effect_result *ret_fail)
{
	struct reader r = {.request = request, .input = request->input, .arena = arena,
		.fail = ret_fail};
	struct wf_http_spec s = {0};
	struct wf_http_call *c = &s.call;
	if (!json_is_object(request->input))
		return invalid(&r, "the input must be an object");
	if (!is_absent(json_object_get(request->input, "sign")))
		return invalid(&r, "`sign` is not supported yet");
	if (!read_method(&r, c) || !read_url(&r, c) || !read_headers(&r) || !read_auth(&r, c) ||
			!read_body(&r, c) || !read_expect(&r, &s) || !read_output(&r, &s) ||
			!read_bounds(&r, c) || !read_text(&r, request->input, "proxy", &c->proxy))
		return false;
	add_header(&r, "User-Agent", "wfctl/" WFCTL_VERSION);
	if (request->key)
		add_header(&r, "Idempotency-Key", request->key);
	c->headers = (const char *const *)r.headers;
	c->repeatable = is_idempotent(c->method) || has_header(&r, "Idempotency-Key");
	*ret = s;
	return true;
}

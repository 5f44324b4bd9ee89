/* http.request against a server that fails on request. */
#include "rig.h"

#include "base/limits.h"
#include "effect/http_input.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct server {
	pid_t pid;
	unsigned port;
	char log[128];
};

struct web {
	struct rig rig; /* first, so that a web is a rig */
	struct server server;
};

static void start_server(const struct rig *r, const char *name, char *const tls[2],
	struct server *ret)
{
	char path[256], port_file[128];
	struct wf_buf text = {0};
	snprintf(path, sizeof(path), "%s/tests/helpers/httpd", rig_build());
	snprintf(port_file, sizeof(port_file), "%s/%s.port", r->dir, name);
	snprintf(ret->log, sizeof(ret->log), "%s/%s.log", r->dir, name);
	static char port_option[] = "--port-file", log_option[] = "--log", tls_option[] = "--tls",
		parent_option[] = "--end-with-parent";
	char *argv[] = {path, parent_option, port_option, port_file, log_option, ret->log,
		tls ? tls_option : NULL, tls ? tls[0] : NULL, tls ? tls[1] : NULL, NULL};
	char *envp[] = {NULL};
	struct wf_cause cause = {0};
	if (wf_spawn(path, argv, envp, NULL, (const int[]){-1, 1, 2}, false, &ret->pid, &cause) < 0)
		fail_msg("%s", cause.text);
	RIG_UNTIL(wf_read_file(port_file, 100, &text, NULL) == 0);
	ret->port = (unsigned)strtoul(text.data, NULL, 10);
	wf_buf_done(&text);
}

static void stop_server(struct server *s)
{
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
}

static int setup(void **state)
{
	struct rig *plain = NULL;
	rig_setup((void **)&plain);
	struct web *w = calloc(1, sizeof(*w));
	w->rig = *plain;
	free(plain);
	start_server(&w->rig, "server", NULL, &w->server);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct web *w = *state;
	stop_server(&w->server);
	return rig_teardown(state);
}

/* Number of requests in the log for a path. */
static int logged(const struct server *s, const char *path)
{
	struct wf_buf text = {0};
	char wanted[128];
	int n = 0;
	snprintf(wanted, sizeof(wanted), "\"path\":\"%s\"", path);
	assert_int_equal(wf_read_file(s->log, 1u << 24, &text, NULL), 0);
	for (const char *p = text.data; p && (p = strstr(p, wanted)); p++)
		n++;
	wf_buf_done(&text);
	return n;
}

static char *url(const struct web *w, const char *path)
{
	static char text[4][512];
	static unsigned next;
	char *to = text[next++ % 4];
	snprintf(to, sizeof(text[0]), "http://127.0.0.1:%u%s", w->server.port, path);
	return to;
}

static void request(struct web *w, json_t *input, uint64_t timeout_ms)
{
	rig_run(&w->rig, WF_ACT_HTTP_REQUEST, input, NULL, timeout_ms);
}

static void get(struct web *w, const char *path)
{
	request(w, json_pack("{s:s}", "url", url(w, path)), 0);
}

static const char *echoed(const struct web *w, const char *path)
{
	char full[128];
	snprintf(full, sizeof(full), "body.%s", path);
	return rig_output(&w->rig, full);
}

/* A header has characters that paths have not. */
static const char *echoed_header(const struct web *w, const char *name)
{
	return json_string_value(json_object_get(wf_json_at(w->rig.last.output, "body.headers"), name));
}

static void an_answer(void **state)
{
	struct web *w = *state;
	get(w, "/ok");
	rig_expect_ok(&w->rig);
	const json_t *out = w->rig.last.output;
	assert_int_equal(json_integer_value(json_object_get(out, "status")), 200);
	assert_true(json_is_true(wf_json_at(out, "body.ok")));
	const json_t *headers = json_object_get(out, "headers");
	assert_string_equal(json_string_value(json_object_get(headers, "content-type")),
		"application/json");
	assert_string_equal(json_string_value(json_object_get(headers, "x-twice")), "one, two");
	assert_int_equal(logged(&w->server, "/ok"), 1);
}

static void what_is_sent(void **state)
{
	struct web *w = *state;
	json_t *input = json_pack("{s:s, s:s, s:{s:s, s:[i,i], s:b, s:n}, s:{s:s, s:i}, s:{s:[i,i]}}",
		"method", "post", "url", url(w, "/echo?first=1#part"),
		"query", "q", "a b&\xc3\xa9", "n", 1, 2, "yes", 1, "none",
		"headers", "X-Mine", "v", "X-Number", 5, "body", "list", 1, 2);
	rig_run(&w->rig, WF_ACT_HTTP_REQUEST, input, "key-7", 0);
	rig_expect_ok(&w->rig);
	assert_string_equal(echoed(w, "method"), "POST");
	assert_string_equal(echoed(w, "path"), "/echo");
	assert_string_equal(echoed(w, "query.first"), "1");
	assert_string_equal(echoed(w, "query.q"), "a b&\xc3\xa9");
	assert_string_equal(echoed(w, "query.n"), "2");
	assert_string_equal(echoed(w, "query.yes"), "true");
	assert_int_equal(json_object_size(wf_json_at(w->rig.last.output, "body.query")), 4);
	assert_string_equal(echoed(w, "body"), "{\"list\":[1,2]}");
	assert_string_equal(echoed_header(w, "Content-Type"), "application/json");
	assert_string_equal(echoed_header(w, "Idempotency-Key"), "key-7");
	assert_string_equal(echoed_header(w, "User-Agent"), "wfctl/" WFCTL_VERSION);
	assert_string_equal(echoed_header(w, "X-Mine"), "v");
	assert_string_equal(echoed_header(w, "X-Number"), "5");
	assert_null(echoed_header(w, "Expect"));
}

static void own_headers_win(void **state)
{
	struct web *w = *state;
	json_t *input = json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s}, s:s}", "method", "PUT",
		"url", url(w, "/echo"), "headers", "idempotency-key", "mine", "user-agent", "me",
		"content-type", "application/xml", "X-Empty", "", "text", "<a/>");
	rig_run(&w->rig, WF_ACT_HTTP_REQUEST, input, "key-7", 0);
	rig_expect_ok(&w->rig);
	assert_string_equal(echoed_header(w, "idempotency-key"), "mine");
	assert_null(echoed_header(w, "Idempotency-Key"));
	assert_string_equal(echoed_header(w, "user-agent"), "me");
	assert_string_equal(echoed_header(w, "content-type"), "application/xml");
	assert_string_equal(echoed_header(w, "X-Empty"), "");
	assert_string_equal(echoed(w, "method"), "PUT");
	assert_string_equal(echoed(w, "body"), "<a/>");
}

static void bodies_and_methods(void **state)
{
	struct web *w = *state;
	request(w, json_pack("{s:s, s:s, s:{s:s, s:[i,s]}}", "method", "POST", "url", url(w, "/echo"),
		"form", "a b", "c&d", "n", 1, "x"), 0);
	assert_string_equal(echoed(w, "body"), "a%20b=c%26d&n=1&n=x");
	assert_string_equal(echoed_header(w, "Content-Type"), "application/x-www-form-urlencoded");
	request(w, json_pack("{s:s, s:s, s:s}", "method", "PATCH", "url", url(w, "/echo"), "text", "h"),
		0);
	assert_string_equal(echoed(w, "method"), "PATCH");
	assert_string_equal(echoed_header(w, "Content-Type"), "text/plain; charset=utf-8");
	request(w, json_pack("{s:s, s:s}", "method", "DELETE", "url", url(w, "/echo")), 0);
	assert_string_equal(echoed(w, "method"), "DELETE");
	assert_string_equal(echoed(w, "body"), "");
	request(w, json_pack("{s:s, s:s}", "method", "POST", "url", url(w, "/echo")), 0);
	assert_string_equal(echoed_header(w, "Content-Length"), "0");
	assert_null(echoed_header(w, "Content-Type"));
	request(w, json_pack("{s:s, s:s, s:n}", "method", "POST", "url", url(w, "/echo"), "body"), 0);
	assert_string_equal(echoed(w, "body"), "null");
	request(w, json_pack("{s:s, s:s}", "method", "HEAD", "url", url(w, "/ok")), 0);
	rig_expect_ok(&w->rig);
	assert_true(json_is_null(json_object_get(w->rig.last.output, "body")));
	/* A handle that is used again has nothing of before. */
	get(w, "/echo");
	assert_string_equal(echoed(w, "method"), "GET");
	assert_string_equal(echoed(w, "body"), "");
}

static void who_we_are(void **state)
{
	struct web *w = *state;
	request(w, json_pack("{s:s, s:{s:{s:s, s:s}}}", "url", url(w, "/echo"), "auth", "basic", "user",
		"Aladdin", "password", "open sesame"), 0);
	assert_string_equal(echoed_header(w, "Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
	request(w, json_pack("{s:s, s:{s:s}}", "url", url(w, "/echo"), "auth", "bearer", "tok"), 0);
	assert_string_equal(echoed_header(w, "Authorization"), "Bearer tok");
	get(w, "/echo");
	assert_null(echoed_header(w, "Authorization"));
}

static void statuses(void **state)
{
	struct web *w = *state;
	static const struct {
		const char *path, *code;
		enum wf_error_type type;
	} cases[] = {
		{"/status/400", "400", WF_ERROR_VALIDATION},
		{"/status/401", "401", WF_ERROR_PERMISSION},
		{"/status/404", "404", WF_ERROR_NOT_FOUND},
		{"/status/409", "409", WF_ERROR_CONFLICT},
		{"/status/418", "418", WF_ERROR_VALIDATION},
		{"/status/422", "422", WF_ERROR_VALIDATION},
		{"/status/429", "429", WF_ERROR_RATE_LIMIT},
		{"/status/500", "500", WF_ERROR_SERVER},
		{"/status/503", "503", WF_ERROR_SERVER},
		{"/status/304", "304", WF_ERROR_VALIDATION},
		{"/no-such-path", "404", WF_ERROR_NOT_FOUND},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		get(w, cases[i].path);
		rig_expect_failure(&w->rig, cases[i].type, cases[i].code);
	}
	get(w, "/status/418");
	json_t *details = w->rig.last.details;
	assert_int_equal(json_integer_value(json_object_get(details, "status")), 418);
	assert_int_equal(json_integer_value(wf_json_at(details, "body.status")), 418);
	assert_true(json_is_object(json_object_get(details, "headers")));
	assert_int_equal(w->rig.last.retry_after_ms, 0);
}

static void expected_statuses(void **state)
{
	struct web *w = *state;
	static const struct {
		const char *expect;
		unsigned status;
		bool ok;
	} cases[] = {
		{"404", 404, true}, {"404", 200, false}, {"[200, 404]", 404, true},
		{"\"4xx\"", 404, true}, {"[\"200-299\", \"400-404\"]", 404, true},
		{"\"200-299\"", 404, false}, {"\"404\"", 404, true}, {"[\"400-403\"]", 404, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[32];
		snprintf(path, sizeof(path), "/status/%u", cases[i].status);
		request(w, json_pack("{s:s, s:o}", "url", url(w, path), "expect",
			json_loads(cases[i].expect, JSON_DECODE_ANY, NULL)), 0);
		if (w->rig.last.ok != cases[i].ok)
			fail_msg("%s for %u", cases[i].expect, cases[i].status);
	}
}

static void later(void **state)
{
	struct web *w = *state;
	get(w, "/retry-after/7/k");
	rig_expect_failure(&w->rig, WF_ERROR_RATE_LIMIT, "429");
	assert_int_equal(w->rig.last.retry_after_ms, 7000);
	get(w, "/retry-after/7/k");
	rig_expect_ok(&w->rig);
	for (int i = 0; i < 3; i++) {
		get(w, "/fail/3/k");
		rig_expect_failure(&w->rig, WF_ERROR_SERVER, "500");
	}
	get(w, "/fail/3/k");
	rig_expect_ok(&w->rig);
}

static void no_answer(void **state)
{
	struct web *w = *state;
	int64_t start = wf_monotonic_ms();
	request(w, json_pack("{s:s}", "url", url(w, "/stall")), 100);
	rig_expect_failure(&w->rig, WF_ERROR_TIMEOUT, "timeout");
	assert_in_range(wf_monotonic_ms() - start, 90, DEADLINE_MS);
	get(w, "/half");
	rig_expect_failure(&w->rig, WF_ERROR_NETWORK, "broken");
	get(w, "/close");
	rig_expect_failure(&w->rig, WF_ERROR_NETWORK, "broken");
}

/* A port that nobody listens at: bound, so that nobody else will. */
static void nobody_there(void **state)
{
	struct web *w = *state;
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
	char text[64];
	snprintf(text, sizeof(text), "http://127.0.0.1:%u/", ntohs(address.sin_port));
	request(w, json_pack("{s:s}", "url", text), 0);
	rig_expect_failure(&w->rig, WF_ERROR_NETWORK, "connect");
	close(fd);
	request(w, json_pack("{s:s}", "url", "http://no-such-host.invalid/"), 0);
	rig_expect_failure(&w->rig, WF_ERROR_NETWORK, "resolve");
}

static void tls_is_verified(void **state)
{
	struct web *w = *state;
	char text[128], key[128], certificate[128];
	snprintf(text, sizeof(text), "https://127.0.0.1:%u/ok", w->server.port);
	request(w, json_pack("{s:s}", "url", text), 0);
	rig_expect_failure(&w->rig, WF_ERROR_NETWORK, "tls");
	snprintf(key, sizeof(key), "%s/key.pem", w->rig.dir);
	snprintf(certificate, sizeof(certificate), "%s/cert.pem", w->rig.dir);
	rig_run(&w->rig, WF_ACT_EXEC_RUN, json_pack("{s:[s,s,s,s,s,s,s,s,s,s,s,s,s,s]}", "command",
		"openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=127.0.0.1",
		"-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate), NULL,
		0);
	if (!w->rig.last.ok && !strcmp(w->rig.last.code, "command_not_found"))
		skip();
	rig_expect_ok(&w->rig);
	struct server secure;
	start_server(&w->rig, "secure", (char *[]){certificate, key}, &secure);
	snprintf(text, sizeof(text), "https://127.0.0.1:%u/ok", secure.port);
	request(w, json_pack("{s:s}", "url", text), 0);
	rig_expect_failure(&w->rig, WF_ERROR_NETWORK, "tls");
	assert_int_equal(logged(&secure, "/ok"), 0);
	stop_server(&secure);
}

static void redirects(void **state)
{
	struct web *w = *state;
	get(w, "/redirect/3");
	rig_expect_ok(&w->rig);
	assert_true(json_is_true(wf_json_at(w->rig.last.output, "body.ok")));
	get(w, "/redirect/6");
	rig_expect_failure(&w->rig, WF_ERROR_LIMIT, "too_many_redirects");
	request(w, json_pack("{s:s, s:i}", "url", url(w, "/redirect-loop"), "follow", 20), 0);
	rig_expect_failure(&w->rig, WF_ERROR_LIMIT, "too_many_redirects");
	assert_int_equal(logged(&w->server, "/redirect-loop"), 21);
	request(w, json_pack("{s:s, s:i}", "url", url(w, "/redirect/1"), "follow", 0), 0);
	rig_expect_failure(&w->rig, WF_ERROR_VALIDATION, "302");
	request(w, json_pack("{s:s, s:b, s:i}", "url", url(w, "/redirect/1"), "follow", 0, "expect",
		302), 0);
	rig_expect_ok(&w->rig);
	get(w, "/redirect-to/302?url=file:///etc/passwd");
	assert_false(w->rig.last.ok);
	assert_int_equal(w->rig.last.type, WF_ERROR_NETWORK);
}

static void post_through(struct web *w, const char *path)
{
	request(w, json_pack("{s:s, s:s, s:s}", "method", "POST", "url", url(w, path), "text", "data"),
		0);
	rig_expect_ok(&w->rig);
}

static void methods_of_redirects(void **state)
{
	struct web *w = *state;
	post_through(w, "/redirect-to/307?url=/echo");
	assert_string_equal(echoed(w, "method"), "POST");
	assert_string_equal(echoed(w, "body"), "data");
	post_through(w, "/redirect-to/303?url=/echo");
	assert_string_equal(echoed(w, "method"), "GET");
	assert_string_equal(echoed(w, "body"), "");
	assert_null(echoed_header(w, "Content-Type"));
	post_through(w, "/redirect-to/302?url=/echo");
	assert_string_equal(echoed(w, "method"), "GET");
	request(w, json_pack("{s:s, s:s, s:s}", "method", "PUT", "url",
		url(w, "/redirect-to/302?url=/echo"), "text", "data"), 0);
	assert_string_equal(echoed(w, "method"), "PUT");
	assert_string_equal(echoed(w, "body"), "data");
}

static void credentials_stay_at_home(void **state)
{
	struct web *w = *state;
	struct server other;
	char path[128];
	start_server(&w->rig, "other", NULL, &other);
	snprintf(path, sizeof(path), "/redirect-to/307?url=http://127.0.0.1:%u/echo", other.port);
	request(w, json_pack("{s:s, s:{s:s}, s:{s:s, s:s, s:s}}", "url", url(w, path), "auth",
		"bearer", "secret", "headers", "X-Api-Key", "secret", "Cookie", "secret", "Accept",
		"text/plain"), 0);
	rig_expect_ok(&w->rig);
	assert_null(echoed_header(w, "Authorization"));
	assert_null(echoed_header(w, "X-Api-Key"));
	assert_null(echoed_header(w, "Cookie"));
	assert_string_equal(echoed_header(w, "Accept"), "text/plain");
	request(w, json_pack("{s:s, s:{s:{s:s, s:s}}}", "url", url(w, path), "auth", "basic", "user",
		"u", "password", "secret"), 0);
	assert_null(echoed_header(w, "Authorization"));
	/* At home they go along. */
	request(w, json_pack("{s:s, s:{s:{s:s, s:s}}, s:{s:s}}", "url",
		url(w, "/redirect-to/307?url=/echo"), "auth", "basic", "user", "u", "password", "p",
		"headers", "X-Api-Key", "k"), 0);
	assert_string_equal(echoed_header(w, "Authorization"), "Basic dTpw");
	assert_string_equal(echoed_header(w, "X-Api-Key"), "k");
	stop_server(&other);
}

static void body_has_a_cap(void **state)
{
	struct web *w = *state;
	request(w, json_pack("{s:s, s:i}", "url", url(w, "/big/1000"), "max_response", 999), 0);
	rig_expect_failure(&w->rig, WF_ERROR_LIMIT, "response_limit");
	request(w, json_pack("{s:s, s:i}", "url", url(w, "/big/1000"), "max_response", 1000), 0);
	rig_expect_ok(&w->rig);
	assert_int_equal(strlen(rig_output(&w->rig, "body")), 1000);
	get(w, "/big/9000000");
	rig_expect_failure(&w->rig, WF_ERROR_LIMIT, "response_limit");
	request(w, json_pack("{s:s, s:i}", "url", url(w, "/big/10000"), "expect", 500), 0);
	rig_expect_failure(&w->rig, WF_ERROR_VALIDATION, "200");
	assert_int_equal(strlen(json_string_value(json_object_get(w->rig.last.details, "body"))), 4096);
}

static void kinds_of_bodies(void **state)
{
	struct web *w = *state;
	get(w, "/bad-json");
	rig_expect_failure(&w->rig, WF_ERROR_VALIDATION, "invalid_json");
	request(w, json_pack("{s:s, s:s}", "url", url(w, "/bad-json"), "output", "text"), 0);
	rig_expect_ok(&w->rig);
	assert_string_equal(rig_output(&w->rig, "body"), "{\"half\": ");
	get(w, "/text");
	assert_string_equal(rig_output(&w->rig, "body"), "caf\xc3\xa9 \xef\xbf\xbd end");
	request(w, json_pack("{s:s, s:s}", "url", url(w, "/text"), "output", "json"), 0);
	rig_expect_failure(&w->rig, WF_ERROR_VALIDATION, "invalid_json");
	request(w, json_pack("{s:s, s:s}", "url", url(w, "/ok"), "output", "text"), 0);
	assert_string_equal(rig_output(&w->rig, "body"), "{\"ok\":true}");
	request(w, json_pack("{s:s, s:s}", "url", url(w, "/status/204"), "output", "json"), 0);
	rig_expect_ok(&w->rig);
	assert_true(json_is_null(json_object_get(w->rig.last.output, "body")));
}

/* Sent once: on a connection that was used before, libcurl would send a POST again by itself. */
static void a_post_is_sent_once(void **state)
{
	struct web *w = *state;
	get(w, "/ok");
	rig_expect_ok(&w->rig);
	request(w, json_pack("{s:s, s:s, s:s}", "method", "POST", "url", url(w, "/close"), "text", "x"),
		0);
	rig_expect_failure(&w->rig, WF_ERROR_NETWORK, "broken");
	assert_int_equal(logged(&w->server, "/close"), 1);
}

/* None is answered before all of them have come. */
static void many_at_once(void **state)
{
	struct web *w = *state;
	enum { MANY = 256 };
	json_t *input = json_pack("{s:s}", "url", url(w, "/gather/256"));
	for (int round = 1; round <= 2; round++) {
		for (int i = 0; i < MANY; i++) {
			struct wf_effect_request q = {.action = WF_ACT_HTTP_REQUEST, .input = input,
				.token = "t", .cookie = w};
			rig_begin_with(&w->rig, &q);
		}
		assert_int_equal(wf_effects_running(w->rig.e), MANY);
		while (w->rig.results < MANY * round) {
			rig_wait(&w->rig);
			rig_expect_ok(&w->rig);
		}
	}
	assert_int_equal(logged(&w->server, "/gather/256"), MANY * 2);
	json_decref(input);
}

/* Results in the order of their coming; two may come out of one wait. */
struct both {
	struct rig *rig;
	const void *cookies[2];
	unsigned count;
};

static void take_both(void *arg, struct wf_effect_result *result)
{
	struct both *b = arg;
	assert_true(b->count < 2);
	b->cookies[b->count++] = result->cookie;
	rig_take(b->rig, result);
	rig_expect_ok(b->rig);
}

static void both_kinds_at_once(void **state)
{
	struct web *w = *state;
	char path[128];
	snprintf(path, sizeof(path), "/until/%s/work/ran", w->rig.dir);
	json_t *slow = json_pack("{s:s}", "url", url(w, path));
	json_t *quick = json_pack("{s:s}", "shell", ": > ran");
	struct wf_effect_request http = {.action = WF_ACT_HTTP_REQUEST, .input = slow, .token = "h",
		.cookie = slow};
	struct wf_effect_request exec = {.action = WF_ACT_EXEC_RUN, .input = quick, .token = "e",
		.cookie = quick};
	struct both b = {.rig = &w->rig};
	rig_begin_with(&w->rig, &http);
	rig_begin_with(&w->rig, &exec);
	/* the request ends only when the command has begun; which result comes first is open */
	while (b.count < 2)
		assert_true(wf_effects_wait(w->rig.e, DEADLINE_MS, take_both, &b) != 0);
	assert_true(b.cookies[0] == quick || b.cookies[0] == slow);
	assert_ptr_equal(b.cookies[1], b.cookies[0] == quick ? slow : quick);
	json_decref(slow);
	json_decref(quick);
}

static void stop_drops_a_request(void **state)
{
	struct web *w = *state;
	json_t *input = json_pack("{s:s}", "url", url(w, "/stall"));
	struct wf_effect_request q = {.action = WF_ACT_HTTP_REQUEST, .input = input, .token = "t",
		.cookie = w};
	rig_begin_with(&w->rig, &q);
	RIG_UNTIL(wf_effects_wait(w->rig.e, 1, rig_take, &w->rig) == 0 &&
		logged(&w->server, "/stall") == 1);
	wf_effects_stop(w->rig.e, w);
	assert_int_equal(wf_effects_running(w->rig.e), 0);
	assert_int_equal(wf_effects_wait(w->rig.e, 0, rig_take, &w->rig), 0);
	/* And one that is left running when the effects go away. */
	rig_begin_with(&w->rig, &q);
	(void)wf_effects_wait(w->rig.e, 1, rig_take, &w->rig);
	wf_effects_free(w->rig.e);
	w->rig.e = NULL;
	json_decref(input);
}

static void bad_input(void **state)
{
	struct web *w = *state;
	static const char *const inputs[] = {
		"[]", "{}", "{\"url\": 5}", "{\"url\": \"http://h/\", \"method\": \"GET /x\"}",
		"{\"url\": \"http://h/\", \"method\": \"\"}", "{\"url\": \"http://h/\\r\\nx: y\"}",
		"{\"url\": \"http://h/\", \"headers\": {\"A\": \"b\\r\\nC: d\"}}",
		"{\"url\": \"http://h/\", \"headers\": {\"A B\": \"c\"}}",
		"{\"url\": \"http://h/\", \"headers\": {\"A\": []}}",
		"{\"url\": \"http://h/\", \"headers\": []}",
		"{\"url\": \"http://h/\", \"query\": \"a=b\"}",
		"{\"url\": \"http://h/\", \"query\": {\"a\": {}}}",
		"{\"url\": \"http://h/\", \"query\": {\"a\": [[]]}}",
		"{\"url\": \"http://h/\", \"body\": {}, \"text\": \"x\"}",
		"{\"url\": \"http://h/\", \"form\": [], \"method\": \"POST\"}",
		"{\"url\": \"http://h/\", \"text\": 5}",
		"{\"url\": \"http://h/\", \"expect\": []}", "{\"url\": \"http://h/\", \"expect\": 20}",
		"{\"url\": \"http://h/\", \"expect\": \"200-\"}",
		"{\"url\": \"http://h/\", \"expect\": \"299-200\"}",
		"{\"url\": \"http://h/\", \"expect\": [\"2xx\", \"ok\"]}",
		"{\"url\": \"http://h/\", \"follow\": 21}", "{\"url\": \"http://h/\", \"follow\": -1}",
		"{\"url\": \"http://h/\", \"max_response\": \"1M\"}",
		"{\"url\": \"http://h/\", \"output\": \"xml\"}",
		"{\"url\": \"http://h/\", \"auth\": {}}", "{\"url\": \"http://h/\", \"auth\": \"x\"}",
		"{\"url\": \"http://h/\", \"auth\": {\"basic\": {\"user\": \"a:b\"}}}",
		"{\"url\": \"http://h/\", \"auth\": {\"bearer\": \"x\"}, \"headers\": {\"authorization\": \"\"}}",
		"{\"url\": \"http://h/\", \"sign\": {}}",
	};
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		request(w, json_loads(inputs[i], JSON_DECODE_ANY, NULL), 0);
		if (w->rig.last.ok || strcmp(w->rig.last.code, "invalid_input") != 0)
			fail_msg("accepted: %s", inputs[i]);
		rig_expect_failure(&w->rig, WF_ERROR_VALIDATION, "invalid_input");
	}
	static const char *const urls[] = {"ftp://h/", "file:///etc/passwd", "h/x", "http://",
		"http://a b/", "http://[::1", "http://h:99999/"};
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		request(w, json_pack("{s:s}", "url", urls[i]), 0);
		rig_expect_failure(&w->rig, WF_ERROR_VALIDATION, "invalid_url");
	}
}

static void the_environment_sends_nobody_elsewhere(void **state)
{
	struct web *w = *state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	get(w, "/ok");
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	rig_expect_ok(&w->rig);
	/* A proxy that the definition names is used; the server is none, and says what it was asked. */
	request(w, json_pack("{s:s, s:s}", "url", "http://elsewhere.invalid/ok", "proxy", url(w, "")),
		0);
	rig_expect_failure(&w->rig, WF_ERROR_NOT_FOUND, "404");
	assert_int_equal(logged(&w->server, "http://elsewhere.invalid/ok"), 1);
}

static void a_broken_installation_is_said(void **state)
{
	struct web *w = *state;
	struct wf_effects_options options = {.spool = w->rig.spool, .libexec = "/no/such/folder",
		.workdir = w->rig.work, .environ_in = rig_environ};
	wf_effects_free(w->rig.e);
	assert_int_equal(wf_effects_new(&options, &w->rig.e, NULL), 0);
	get(w, "/ok");
	rig_expect_failure(&w->rig, WF_ERROR_INTERNAL, "no_http_module");
	assert_non_null(strstr(w->rig.last.message, "/no/such/folder/wfctl-http.so"));
}

/* What is expected loads meanwhile; that it cannot be had is said by each request, and by nothing before. */
static void what_is_expected_may_be_missing(void **state)
{
	struct web *w = *state;
	wf_effects_expect(w->rig.e, WF_ACT_HTTP_REQUEST);
	wf_effects_expect(w->rig.e, WF_ACT_HTTP_REQUEST);
	get(w, "/ok");
	rig_expect_ok(&w->rig);
	struct wf_effects_options options = {.spool = w->rig.spool, .libexec = "/no/such/folder",
		.workdir = w->rig.work, .environ_in = rig_environ};
	wf_effects_free(w->rig.e);
	assert_int_equal(wf_effects_new(&options, &w->rig.e, NULL), 0);
	for (int i = 0; i < 2; i++) {
		wf_effects_expect(w->rig.e, WF_ACT_HTTP_REQUEST);
		assert_int_equal(wf_effects_running(w->rig.e), 0);
		get(w, "/ok");
		rig_expect_failure(&w->rig, WF_ERROR_INTERNAL, "no_http_module");
	}
	wf_effects_expect(w->rig.e, WF_ACT_HTTP_REQUEST); /* and is let go of while it loads */
}

/* Nothing waits for ever for a server that accepts and says nothing. */
static void a_time_limit_of_its_own(void **state)
{
	(void)state;
	json_t *input = json_pack("{s:s}", "url", "http://127.0.0.1/");
	struct wf_arena *arena = wf_arena_new();
	struct wf_effect_request q = {.action = WF_ACT_HTTP_REQUEST, .input = input, .token = "t"};
	struct wf_effect_result failure = {0};
	struct wf_http_spec spec;
	assert_true(wf_http_read(&q, arena, &spec, &failure));
	assert_int_equal(spec.call.timeout_ms, WF_DEFAULT_HTTP_TIMEOUT_MS);
	q.timeout_ms = 10;
	assert_true(wf_http_read(&q, arena, &spec, &failure));
	assert_int_equal(spec.call.timeout_ms, 10);
	wf_arena_free(arena);
	json_decref(input);
}

static void the_services_of_the_quickstart(void **state)
{
	struct web *w = *state;
	char id[64];
	for (int i = 0; i < 2; i++) {
		rig_run(&w->rig, WF_ACT_HTTP_REQUEST, json_pack("{s:s, s:s, s:{s:s}}", "method", "POST",
			"url", url(w, "/api/accounts"), "body", "user_id", "u-1"), "key", 0);
		rig_expect_ok(&w->rig);
		assert_int_equal(json_integer_value(json_object_get(w->rig.last.output, "status")), 201);
		if (i)
			assert_string_equal(rig_output(&w->rig, "body.id"), id);
		snprintf(id, sizeof(id), "%s", rig_output(&w->rig, "body.id"));
	}
	assert_memory_equal(id, "acc-", 4);
	request(w, json_pack("{s:s, s:s, s:{s:s}}", "method", "POST", "url", url(w, "/idp/roles"),
		"body", "role", "admin"), 0);
	assert_true(json_is_true(wf_json_at(w->rig.last.output, "body.assigned")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer),
		TEST(what_is_sent),
		TEST(own_headers_win),
		TEST(bodies_and_methods),
		TEST(who_we_are),
		TEST(statuses),
		TEST(expected_statuses),
		TEST(later),
		TEST(no_answer),
		TEST(nobody_there),
		TEST(tls_is_verified),
		TEST(redirects),
		TEST(methods_of_redirects),
		TEST(credentials_stay_at_home),
		TEST(body_has_a_cap),
		TEST(kinds_of_bodies),
		TEST(a_post_is_sent_once),
		TEST(many_at_once),
		TEST(both_kinds_at_once),
		TEST(stop_drops_a_request),
		TEST(bad_input),
		cmocka_unit_test(a_time_limit_of_its_own),
		TEST(the_environment_sends_nobody_elsewhere),
		TEST(a_broken_installation_is_said),
		TEST(what_is_expected_may_be_missing),
		TEST(the_services_of_the_quickstart),
	};
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}

/*
 * wfctl-http.so: HTTP by libcurl's multi interface, driven by its socket callbacks into an epoll of
 * the module's own, so that the host waits for one descriptor and for signals as it likes.
 *
 * Redirects are followed here rather than by libcurl: what goes to another host is chosen (no
 * credentials, only harmless headers), and a method is changed only where RFC 9110 says so.
 */
#include "effect/http_module.h"

#include <curl/curl.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define MAX_HEADER_BYTES (256u << 10)
#define MAX_CONNECTIONS 256L
#define MAX_SPARE 256
#define EVENTS_A_TURN 256

struct bytes {
	char *data;
	size_t len, room;
};

struct transfer {
	struct transfer *prev, *next;
	struct state *state;
	struct wf_http_call call;     /* method, body: as the current redirect has them */
	CURL *easy;
	struct curl_slist *headers;
	char *url;                    /* of the current redirect; NULL: the call's own */
	uint32_t redirects;
	int64_t deadline;             /* monotonic; -1: none */
	bool foreign;                 /* redirected to another origin: no credentials any more */
	bool body_dropped;            /* redirected to a GET */
	bool too_big;
	int unwatched;                /* errno that keeps its socket from being waited for */
	struct bytes head, body;
	char error[CURL_ERROR_SIZE];
};

struct state {
	struct wf_http_host host;
	CURLM *multi;
	int epoll;
	int64_t due;                  /* monotonic; -1: none */
	struct transfer *first;
	CURL *spare[MAX_SPARE];
	size_t spare_count;
};

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void add(struct state *s, struct bytes *b, const char *data, size_t n)
{
	if (n > b->room - b->len) {
		size_t room = b->room ? b->room * 2 : 256;
		while (room < b->len + n)
			room *= 2;
		b->data = s->host.realloc(b->data, room);
		b->room = room;
	}
	if (n)
		memcpy(b->data + b->len, data, n);
	b->len += n;
}

/* -- what libcurl calls -- */

static struct transfer *transfer_of(CURL *easy)
{
	char *owner = NULL;
	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
	return (struct transfer *)(void *)owner;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct state *s = arg;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	struct epoll_event event = {.data.fd = fd};
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	/* A descriptor may have been closed, and its number given out anew, without a word. */
	if (!known || epoll_ctl(s->epoll, EPOLL_CTL_MOD, fd, &event) < 0) {
		/* The first errno tells: the second is of what was tried in its place. */
		int why = epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? errno : 0;
		struct transfer *t = why ? transfer_of(easy) : NULL;
		if (why && epoll_ctl(s->epoll, EPOLL_CTL_MOD, fd, &event) < 0 && t)
			t->unwatched = why;
		curl_multi_assign(s->multi, fd, s);
	}
	return 0;
}

static int on_timer(CURLM *multi, long timeout, void *arg)
{
	(void)multi;
	struct state *s = arg;
	s->due = timeout < 0 ? -1 : now_ms() + timeout;
	return 0;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	n *= size;
	if (n > t->call.max_response - t->body.len) {
		t->too_big = true;
		return 0;
	}
	add(t->state, &t->body, data, n);
	return n;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One line of the answer's head: kept as "name\0value\0". */
static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	n *= size;
	/* The head of an interim answer, or of a redirect, is of no interest once the next begins. */
	if (n >= 5 && !memcmp(line, "HTTP/", 5)) {
		t->head.len = 0;
		return n;
	}
	const char *colon = memchr(line, ':', n);
	if (!colon || t->head.len + n > MAX_HEADER_BYTES) {
		t->too_big = colon != NULL;
		return colon ? 0 : n;
	}
	for (char *p = line; p < colon; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	const char *value = colon + 1, *end = line + n;
	while (value < end && is_blank(*value))
		value++;
	while (end > value && is_blank(end[-1]))
		end--;
	add(t->state, &t->head, line, (size_t)(colon - line));
	add(t->state, &t->head, "", 1);
	add(t->state, &t->head, value, (size_t)(end - value));
	add(t->state, &t->head, "", 1);
	return n;
}

/* -- one request -- */

/* What may go to an origin that the definition did not name. */
static bool is_harmless(const char *header)
{
	static const char *const names[] = {
		"Accept:", "Accept-Language:", "Content-Type:", "User-Agent:", "Idempotency-Key:"
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncasecmp(header, names[i], strlen(names[i])))
			return true;
	return false;
}

static bool has_type(const struct transfer *t)
{
	for (size_t i = 0; t->call.headers[i]; i++)
		if (!t->body_dropped && !strncasecmp(t->call.headers[i], "Content-Type:", 13))
			return true;
	return false;
}

static bool set_headers(struct transfer *t)
{
	curl_slist_free_all(t->headers);
	/* No pause for a "100 Continue" that many servers never send; and no type that nobody gave: an
	 * own one in the list replaces libcurl's, which this line takes away. */
	t->headers = curl_slist_append(NULL, "Expect:");
	if (t->headers && !has_type(t)) {
		struct curl_slist *more = curl_slist_append(t->headers, "Content-Type:");
		if (!more)
			return false;
	}
	for (size_t i = 0; t->headers && t->call.headers[i]; i++) {
		const char *line = t->call.headers[i], *colon = strchr(line, ':');
		if (t->foreign && !is_harmless(line))
			continue;
		if (t->body_dropped && !strncasecmp(line, "Content-Type:", 13))
			continue;
		/* libcurl's notation of a header without a value. */
		char empty[256];
		if (colon && !colon[1 + strspn(colon + 1, " ")]) {
			(void)snprintf(empty, sizeof(empty), "%.*s;", (int)(colon - line), line);
			line = empty;
		}
		struct curl_slist *more = curl_slist_append(t->headers, line);
		if (!more)
			return false;
		t->headers = more;
	}
	return t->headers && !curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

static bool is_one_of(const char *method, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(method, *list))
			return true;
	return false;
}

static void set_method(struct transfer *t)
{
	static const char *const with_body[] = {"POST", "PUT", "PATCH", NULL};
	const struct wf_http_call *c = &t->call;
	curl_easy_setopt(t->easy, CURLOPT_NOBODY, 0L);
	if (c->body || is_one_of(c->method, with_body)) {
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, c->body ? c->body : "");
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body_len);
	} else {
		curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
	}
	curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, c->method);
	if (!strcmp(c->method, "HEAD"))
		curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
	/* libcurl sends a request again, unasked, when a connection it used before turns out to be
	 * closed. A new connection for what must not be sent twice. */
	curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, c->repeatable ? 0L : 1L);
}

/* What no transfer changes. */
static void set_fixed(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_NONE);
	/* Not the usual 64 KiB, at whose end the heap would be tidied each time. */
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	/* An empty string turns off what the environment says; NULL would not. */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

static void set_own(struct transfer *t)
{
	CURL *easy = t->easy;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	if (t->call.proxy)
		curl_easy_setopt(easy, CURLOPT_PROXY, t->call.proxy);
}

static void set_user(struct transfer *t)
{
	const struct wf_http_call *c = &t->call;
	bool basic = c->user && !t->foreign;
	curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, basic ? CURLAUTH_BASIC : CURLAUTH_NONE);
	curl_easy_setopt(t->easy, CURLOPT_USERNAME, basic ? c->user : NULL);
	curl_easy_setopt(t->easy, CURLOPT_PASSWORD, basic ? c->password : NULL);
}

/* A handle is kept with its fixed options, which take longer to set than a request to send; not with
 * a user or a proxy. */
static void put_back(struct state *s, CURL *easy, const struct wf_http_call *call)
{
	if (s->spare_count == MAX_SPARE) {
		curl_easy_cleanup(easy);
		return;
	}
	if (call->user || call->proxy) {
		curl_easy_reset(easy);
		set_fixed(easy);
	}
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
	s->spare[s->spare_count++] = easy;
}

static CURL *take_handle(struct state *s)
{
	if (s->spare_count)
		return s->spare[--s->spare_count];
	CURL *easy = curl_easy_init();
	if (easy)
		set_fixed(easy);
	return easy;
}

/* Sets up what differs from one redirect to the next, and starts. */
static bool send_request(struct transfer *t)
{
	const struct wf_http_call *c = &t->call;
	t->error[0] = '\0';
	t->head.len = t->body.len = 0;
	set_method(t);
	if (c->user)
		set_user(t);
	int64_t left = t->deadline < 0 ? 0 : t->deadline - now_ms();
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS,
		t->deadline < 0 ? 0L : left > 0 ? (long)left : 1L);
	return set_headers(t) && !curl_easy_setopt(t->easy, CURLOPT_URL, t->url ? t->url : c->url) &&
		!curl_multi_add_handle(t->state->multi, t->easy);
}

static void forget(struct transfer *t)
{
	struct state *s = t->state;
	if (t->prev)
		t->prev->next = t->next;
	else
		s->first = t->next;
	if (t->next)
		t->next->prev = t->prev;
	(void)curl_multi_remove_handle(s->multi, t->easy);
	put_back(s, t->easy, &t->call);
	curl_slist_free_all(t->headers);
	s->host.free(t->url);
	s->host.free(t->head.data);
	s->host.free(t->body.data);
	s->host.free(t);
}

static bool begin(void *state, const struct wf_http_call *call)
{
	struct state *s = state;
	CURL *easy = take_handle(s);
	if (!easy)
		return false;
	struct transfer *t = s->host.realloc(NULL, sizeof(*t));
	*t = (struct transfer){.state = s, .call = *call, .easy = easy, .next = s->first};
	t->deadline = call->timeout_ms ? now_ms() + (int64_t)call->timeout_ms : -1;
	if (s->first)
		s->first->prev = t;
	s->first = t;
	set_own(t);
	if (send_request(t))
		return true;
	forget(t);
	return false;
}

/* -- redirects -- */

static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	char *x = NULL, *y = NULL;
	bool same = !curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) &&
		!curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) && !strcasecmp(x, y);
	curl_free(x);
	curl_free(y);
	return same;
}

static bool same_origin(const char *a, const char *b)
{
	CURLU *x = curl_url(), *y = curl_url();
	bool same = x && y && !curl_url_set(x, CURLUPART_URL, a, 0) &&
		!curl_url_set(y, CURLUPART_URL, b, 0) && same_part(x, y, CURLUPART_SCHEME) &&
		same_part(x, y, CURLUPART_HOST) && same_part(x, y, CURLUPART_PORT);
	curl_url_cleanup(x);
	curl_url_cleanup(y);
	return same;
}

/* RFC 9110, 15.4: 303 asks for a GET of something else, and so do 301 and 302 after a POST. */
static void redirect_method(struct transfer *t, long status)
{
	bool post = !strcmp(t->call.method, "POST"), head = !strcmp(t->call.method, "HEAD");
	if (!(status == 303 && !head) && !((status == 301 || status == 302) && post))
		return;
	t->call.method = "GET";
	t->body_dropped = true;
	t->call.body = NULL;
	t->call.body_len = 0;
	t->call.repeatable = true;
}

/* Where the answer sends us, when it does and we go; NULL otherwise. */
static const char *redirect_target(const struct transfer *t)
{
	long status = 0;
	char *target = NULL;
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	bool moves = (status >= 301 && status <= 303) || status == 307 || status == 308;
	if (!moves || !t->call.follow)
		return NULL;
	(void)curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &target);
	return target;
}

static bool follow(struct transfer *t, const char *target)
{
	struct state *s = t->state;
	long status = 0;
	size_t n = strlen(target) + 1;
	char *url = memcpy(s->host.realloc(NULL, n), target, n);
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->foreign = t->foreign || !same_origin(t->url ? t->url : t->call.url, url);
	redirect_method(t, status);
	s->host.free(t->url);
	t->url = url;
	t->redirects++;
	(void)curl_multi_remove_handle(s->multi, t->easy);
	return send_request(t);
}

/* -- answers -- */

static const struct {
	CURLcode code;
	enum wf_http_outcome outcome;
} outcomes[] = {
	{CURLE_OK, WF_HTTP_ANSWERED},
	{CURLE_COULDNT_RESOLVE_HOST, WF_HTTP_RESOLVE},
	{CURLE_COULDNT_RESOLVE_PROXY, WF_HTTP_RESOLVE},
	{CURLE_COULDNT_CONNECT, WF_HTTP_CONNECT},
	{CURLE_INTERFACE_FAILED, WF_HTTP_CONNECT},
	{CURLE_SSL_CONNECT_ERROR, WF_HTTP_TLS},
	{CURLE_PEER_FAILED_VERIFICATION, WF_HTTP_TLS},
	{CURLE_SSL_CERTPROBLEM, WF_HTTP_TLS},
	{CURLE_SSL_CIPHER, WF_HTTP_TLS},
	{CURLE_SSL_CACERT_BADFILE, WF_HTTP_TLS},
	{CURLE_SSL_ISSUER_ERROR, WF_HTTP_TLS},
	{CURLE_SSL_PINNEDPUBKEYNOTMATCH, WF_HTTP_TLS},
	{CURLE_SSL_INVALIDCERTSTATUS, WF_HTTP_TLS},
	{CURLE_USE_SSL_FAILED, WF_HTTP_TLS},
	{CURLE_OPERATION_TIMEDOUT, WF_HTTP_TIMEOUT},
	{CURLE_GOT_NOTHING, WF_HTTP_BROKEN},
	{CURLE_PARTIAL_FILE, WF_HTTP_BROKEN},
	{CURLE_SEND_ERROR, WF_HTTP_BROKEN},
	{CURLE_RECV_ERROR, WF_HTTP_BROKEN},
	{CURLE_WEIRD_SERVER_REPLY, WF_HTTP_BROKEN},
	{CURLE_UNSUPPORTED_PROTOCOL, WF_HTTP_BROKEN},
	{CURLE_BAD_CONTENT_ENCODING, WF_HTTP_BROKEN},
	{CURLE_HTTP2, WF_HTTP_BROKEN},
	{CURLE_HTTP2_STREAM, WF_HTTP_BROKEN},
	{CURLE_URL_MALFORMAT, WF_HTTP_BAD_URL},
};

static enum wf_http_outcome outcome_of(const struct transfer *t, CURLcode code)
{
	if (t->too_big)
		return WF_HTTP_TOO_BIG;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (outcomes[i].code == code)
			return outcomes[i].outcome;
	return WF_HTTP_OTHER;
}

static void answer(struct transfer *t, CURLcode code, enum wf_http_outcome outcome,
	void (*fn)(void *arg, const struct wf_http_answer *answer), void *arg)
{
	long status = 0;
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	/* The host may free the call from here on. */
	(void)curl_multi_remove_handle(t->state->multi, t->easy);
	struct wf_http_answer a = {
		.cookie = t->call.cookie, .outcome = outcome,
		.message = t->error[0] ? t->error : curl_easy_strerror(code),
		.status = (unsigned)status,
		.headers = t->head.data, .headers_len = t->head.len,
		.body = t->body.data, .body_len = t->body.len
	};
	fn(arg, &a);
	t->head.data = t->body.data = NULL;
	forget(t);
}

static void ended(struct transfer *t, CURLcode code,
	void (*fn)(void *arg, const struct wf_http_answer *answer), void *arg)
{
	const char *target = code == CURLE_OK ? redirect_target(t) : NULL;
	if (!target)
		answer(t, code, outcome_of(t, code), fn, arg);
	else if (t->redirects >= t->call.follow)
		answer(t, code, WF_HTTP_REDIRECTS, fn, arg);
	else if (!follow(t, target))
		answer(t, CURLE_OUT_OF_MEMORY, WF_HTTP_OTHER, fn, arg);
}

static void collect(struct state *s,
	void (*fn)(void *arg, const struct wf_http_answer *answer), void *arg)
{
	int left;
	CURLMsg *m;
	while ((m = curl_multi_info_read(s->multi, &left))) {
		if (m->msg != CURLMSG_DONE)
			continue;
		ended(transfer_of(m->easy_handle), m->data.result, fn, arg);
	}
	for (struct transfer *t = s->first, *next; t; t = next) {
		next = t->next;
		if (!t->unwatched)
			continue;
		(void)snprintf(t->error, sizeof(t->error), "cannot wait for the answer: %s",
			strerror(t->unwatched));
		answer(t, CURLE_COULDNT_CONNECT, WF_HTTP_OTHER, fn, arg);
	}
}

static void turn(void *state, void (*fn)(void *arg, const struct wf_http_answer *answer), void *arg)
{
	struct state *s = state;
	struct epoll_event events[EVENTS_A_TURN];
	int still, n = epoll_wait(s->epoll, events, EVENTS_A_TURN, 0);
	for (int i = 0; i < n; i++) {
		int what = 0;
		if (events[i].events & EPOLLIN)
			what |= CURL_CSELECT_IN;
		if (events[i].events & EPOLLOUT)
			what |= CURL_CSELECT_OUT;
		if (events[i].events & (EPOLLERR | EPOLLHUP))
			what |= CURL_CSELECT_ERR;
		(void)curl_multi_socket_action(s->multi, events[i].data.fd, what, &still);
	}
	if (s->due >= 0 && now_ms() >= s->due) {
		s->due = -1;
		(void)curl_multi_socket_action(s->multi, CURL_SOCKET_TIMEOUT, 0, &still);
	}
	collect(s, fn, arg);
}

/* -- life -- */

static void cancel(void *state, void *cookie)
{
	struct state *s = state;
	for (struct transfer *t = s->first; t; t = t->next) {
		if (t->call.cookie == cookie) {
			forget(t);
			return;
		}
	}
}

static void close_state(void *state)
{
	struct state *s = state;
	while (s->first)
		forget(s->first);
	for (size_t i = 0; i < s->spare_count; i++)
		curl_easy_cleanup(s->spare[i]);
	if (s->multi)
		curl_multi_cleanup(s->multi);
	if (s->epoll >= 0)
		(void)close(s->epoll);
	s->host.free(s);
	curl_global_cleanup();
}

static void *open_state(const struct wf_http_host *host)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return NULL;
	struct state *s = host->realloc(NULL, sizeof(*s));
	*s = (struct state){.host = *host, .due = -1, .multi = curl_multi_init(),
		.epoll = epoll_create1(EPOLL_CLOEXEC)};
	if (!s->multi || s->epoll < 0) {
		close_state(s);
		return NULL;
	}
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, MAX_CONNECTIONS);
	return s;
}

static int descriptor(const void *state)
{
	return ((const struct state *)state)->epoll;
}

static int64_t timeout(const void *state)
{
	int64_t due = ((const struct state *)state)->due, now = now_ms();
	return due < 0 ? -1 : due > now ? due - now : 0;
}

extern const struct wf_http_module wf_http_module;
const struct wf_http_module wf_http_module = {
	.abi = WF_HTTP_ABI,
	.open = open_state,
	.close = close_state,
	.descriptor = descriptor,
	.timeout = timeout,
	.begin = begin,
	.turn = turn,
	.cancel = cancel,
};

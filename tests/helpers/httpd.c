/*
 * The HTTP server of the tests and of `make quickstart`: one that fails on request.
 *
 *	httpd --port-file FILE --log FILE [--bind ADDRESS] [--tls CERTIFICATE KEY]
 *		[--end-with-parent]
 *
 * Listens on a free port, whose number appears in the port file (by rename, when it listens). Every
 * request becomes a line of JSON in the log before it is answered. SIGTERM ends it; with
 * --end-with-parent so does the end of the process that started it.
 *
 *	/ok                     200 {"ok": true}
 *	/echo                   200 {method, path, query, headers, body}
 *	/status/N               N, with a small JSON body
 *	/fail/N/KEY             500 for the first N requests of that KEY, then 200 {"attempts": N+1}
 *	/retry-after/SECS/KEY   429 with Retry-After for the first of that KEY, then 200
 *	/stall                  never answers
 *	/gather/N               200 once N requests of it have come, and so on for each N
 *	/until/PATH             200 once that file is there
 *	/half                   less of the body than was promised, then the end of the connection
 *	/close                  the end of the connection instead of an answer
 *	/redirect/N             N redirects, then /ok
 *	/redirect-loop          redirects to itself
 *	/redirect-to/STATUS?URL redirects there
 *	/big/BYTES              200 with a body of that length
 *	/bad-json               200 application/json with a body that is none
 *	/text                   200 text/plain
 *	/json?body=TEXT         200 application/json with that body
 *	POST /api/accounts      201 {"id": "acc-...", user_id, status}: the same user_id or
 *	                        Idempotency-Key gives the same account
 *	POST /idp/roles         200 {"assigned": true, ...}
 *	/v1/THINGS              201 what was sent, with an id of its key; /v1/THINGS/ID with that id
 *	/unready/N/PATH         503 for the first N requests of that path, then as PATH
 */
#include <jansson.h>
#include <microhttpd.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define MAX_BODY (32u << 20)

struct request {
	char *body;
	size_t len;
};

struct answer {
	unsigned status;
	json_t *json;             /* the body, unless `text` is */
	char *text;
	size_t text_len;
	const char *type;
	char header[32], value[512];
};

static int log_fd = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Guarded by the lock: how often a key was asked for, and the account that was made under one. */
static json_t *counters, *accounts;

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "httpd: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* How often the key was seen before. */
static unsigned count(const char *key)
{
	pthread_mutex_lock(&lock);
	json_int_t before = json_integer_value(json_object_get(counters, key));
	json_object_set_new_nocheck(counters, key, json_integer(before + 1));
	pthread_mutex_unlock(&lock);
	return (unsigned)before;
}

/* -- what came in -- */

static enum MHD_Result add_pair(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	(void)kind;
	json_object_set_new(arg, key, json_string(value ? value : ""));
	return MHD_YES;
}

static json_t *pairs_of(struct MHD_Connection *c, enum MHD_ValueKind kind)
{
	json_t *pairs = json_object();
	MHD_get_connection_values(c, kind, add_pair, pairs);
	return pairs;
}

static json_t *describe(struct MHD_Connection *c, const char *method, const char *path,
	const struct request *r)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	json_t *body = json_stringn(r->body ? r->body : "", r->len);
	json_t *line = json_object();
	json_object_set_new(line, "time", json_integer(now.tv_sec * 1000 + now.tv_nsec / 1000000));
	json_object_set_new(line, "method", json_string(method));
	json_object_set_new(line, "path", json_string(path));
	json_object_set_new(line, "query", pairs_of(c, MHD_GET_ARGUMENT_KIND));
	json_object_set_new(line, "headers", pairs_of(c, MHD_HEADER_KIND));
	json_object_set_new(line, "body", body ? body : json_string("(not UTF-8)"));
	return line;
}

static void write_log(const json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	size_t n = strlen(text);
	text[n] = '\n'; /* in the place of the NUL: one write, so that lines never mix */
	if (write(log_fd, text, n + 1) < 0)
		die("log");
	free(text);
}

/* -- the behaviours -- */

static void do_ok(struct answer *a, const char *rest)
{
	(void)rest;
	a->json = json_pack("{s:b}", "ok", 1);
}

static void do_status(struct answer *a, const char *rest)
{
	a->status = (unsigned)strtoul(rest, NULL, 10);
	a->json = json_pack("{s:i}", "status", (int)a->status);
	if (a->status / 100 == 3)
		snprintf(a->header, sizeof(a->header), "X-Nowhere");
}

static void do_fail(struct answer *a, const char *rest)
{
	char *key;
	unsigned n = (unsigned)strtoul(rest, &key, 10), before = count(rest);
	if (before < n)
		a->status = 500;
	a->json = json_pack("{s:i}", "attempts", (int)before + 1);
}

static void do_retry_after(struct answer *a, const char *rest)
{
	if (count(rest) == 0) {
		a->status = 429;
		snprintf(a->header, sizeof(a->header), "Retry-After");
		snprintf(a->value, sizeof(a->value), "%.*s", (int)strcspn(rest, "/"), rest);
	}
	a->json = json_pack("{s:i}", "status", (int)a->status);
}

static void do_stall(struct answer *a, const char *rest)
{
	(void)a;
	(void)rest;
	for (;;)
		pause();
}

static void do_gather(struct answer *a, const char *rest)
{
	static pthread_cond_t came = PTHREAD_COND_INITIALIZER;
	static unsigned long gathered;
	unsigned long n = strtoul(rest, NULL, 10);
	pthread_mutex_lock(&lock);
	unsigned long group = gathered++ / (n ? n : 1);
	pthread_cond_broadcast(&came);
	while (gathered / (n ? n : 1) <= group)
		pthread_cond_wait(&came, &lock);
	pthread_mutex_unlock(&lock);
	do_ok(a, rest);
}

static void do_until(struct answer *a, const char *rest)
{
	const struct timespec t = {.tv_nsec = 2000000};
	while (access(rest, F_OK) < 0)
		(void)nanosleep(&t, NULL);
	do_ok(a, rest);
}

static void do_redirect(struct answer *a, const char *rest)
{
	long n = strtol(rest, NULL, 10);
	a->status = 302;
	snprintf(a->header, sizeof(a->header), "Location");
	if (n > 1)
		snprintf(a->value, sizeof(a->value), "/redirect/%ld", n - 1);
	else
		snprintf(a->value, sizeof(a->value), "/ok");
}

static void do_redirect_loop(struct answer *a, const char *rest)
{
	(void)rest;
	a->status = 302;
	snprintf(a->header, sizeof(a->header), "Location");
	snprintf(a->value, sizeof(a->value), "/redirect-loop");
}

static void do_big(struct answer *a, const char *rest)
{
	a->text_len = strtoul(rest, NULL, 10);
	a->text = malloc(a->text_len + 1);
	memset(a->text, 'x', a->text_len);
	a->type = "text/plain";
}

static void do_bad_json(struct answer *a, const char *rest)
{
	(void)rest;
	a->text = strdup("{\"half\": ");
	a->text_len = strlen(a->text);
	a->type = "application/json";
}

static void do_text(struct answer *a, const char *rest)
{
	(void)rest;
	a->text = strdup("caf\xc3\xa9 \xff end");
	a->text_len = strlen(a->text);
	a->type = "text/plain";
}

static const struct {
	const char *path;         /* ending in '/': what follows is handed over */
	void (*fn)(struct answer *a, const char *rest);
} behaviours[] = {
	{"/ok", do_ok},
	{"/status/", do_status},
	{"/fail/", do_fail},
	{"/retry-after/", do_retry_after},
	{"/stall", do_stall},
	{"/gather/", do_gather},
	{"/until/", do_until},
	{"/redirect/", do_redirect},
	{"/redirect-loop", do_redirect_loop},
	{"/big/", do_big},
	{"/bad-json", do_bad_json},
	{"/text", do_text},
};

/* -- the ERP and the identity provider of the quickstart -- */

static json_t *new_account(json_t *body)
{
	const char *user = json_string_value(json_object_get(body, "user_id"));
	unsigned hash = 2166136261u;
	for (const char *p = user ? user : ""; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	char id[32];
	snprintf(id, sizeof(id), "acc-%08x", hash);
	return json_pack("{s:s, s:s, s:s}", "id", id, "user_id", user ? user : "", "status", "created");
}

static void create_account(struct answer *a, json_t *body, const char *key)
{
	a->status = 201;
	if (!key) {
		a->json = new_account(body);
		return;
	}
	pthread_mutex_lock(&lock);
	if (!json_object_get(accounts, key))
		json_object_set_new_nocheck(accounts, key, new_account(body));
	a->json = json_deep_copy(json_object_get(accounts, key));
	pthread_mutex_unlock(&lock);
}

/* /v1/THINGS, /v1/THINGS/ID: a thing with what was sent; made once for each key. */
static void serve_thing(struct answer *a, json_t *body, const char *path, const char *key)
{
	const char *slash = strrchr(path, '/');
	json_t *thing = json_deep_copy(body);
	json_object_set_new(thing, "id", strcmp(slash, "/grants") != 0 && slash > path + 3
			? json_string(slash + 1)
			: json_sprintf("%.6s-%s", slash + 1, key ? key : "none"));
	if (json_object_get(body, "initial_credits"))
		json_object_set(thing, "balance", json_object_get(body, "initial_credits"));
	a->status = 201;
	a->json = thing;
}

static void serve_api(struct answer *a, struct MHD_Connection *c, const char *path,
	const struct request *r)
{
	json_t *body = json_loadb(r->body ? r->body : "", r->len, 0, NULL);
	if (!json_is_object(body)) {
		a->status = 400;
		a->json = json_pack("{s:s}", "error", "a JSON object is wanted");
	} else if (strcmp(path, "/api/accounts") == 0) {
		create_account(a, body, MHD_lookup_connection_value(c, MHD_HEADER_KIND,
			"Idempotency-Key"));
	} else if (strncmp(path, "/v1/", 4) == 0) {
		serve_thing(a, body, path,
			MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Idempotency-Key"));
	} else {
		a->json = json_pack("{s:b}", "assigned", 1);
		json_object_update_missing(a->json, body);
	}
	json_decref(body);
}

/* -- answering -- */

static enum MHD_Result respond(struct MHD_Connection *c, struct answer *a)
{
	if (a->json) {
		a->text = json_dumps(a->json, JSON_COMPACT | JSON_ENCODE_ANY);
		a->text_len = strlen(a->text);
		a->type = "application/json";
		json_decref(a->json);
	}
	struct MHD_Response *response = MHD_create_response_from_buffer(a->text_len,
		a->text ? a->text : strdup(""), MHD_RESPMEM_MUST_FREE);
	if (a->type)
		MHD_add_response_header(response, "Content-Type", a->type);
	MHD_add_response_header(response, "X-Twice", "one");
	MHD_add_response_header(response, "X-Twice", "two");
	if (a->header[0])
		MHD_add_response_header(response, a->header, a->value);
	enum MHD_Result result = MHD_queue_response(c, a->status, response);
	MHD_destroy_response(response);
	return result;
}

static ssize_t half_reader(void *arg, uint64_t at, char *out, size_t max)
{
	(void)arg;
	if (at > 0 || max < 4)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memcpy(out, "half", 4);
	return 4;
}

static enum MHD_Result respond_half(struct MHD_Connection *c)
{
	struct MHD_Response *response =
		MHD_create_response_from_callback(1000, 512, half_reader, NULL, NULL);
	enum MHD_Result result = MHD_queue_response(c, 200, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result respond_redirect_to(struct MHD_Connection *c, const char *rest)
{
	const char *url = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "url");
	struct answer a = {.status = (unsigned)strtoul(rest, NULL, 10), .header = "Location"};
	snprintf(a.value, sizeof(a.value), "%s", url ? url : "/ok");
	return respond(c, &a);
}

static enum MHD_Result respond_json(struct MHD_Connection *c)
{
	const char *body = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "body");
	struct answer a = {.status = 200, .text = strdup(body ? body : "null")};
	a.text_len = strlen(a.text);
	a.type = "application/json";
	return respond(c, &a);
}

static enum MHD_Result serve(struct MHD_Connection *c, const char *method, const char *path,
	const struct request *r)
{
	struct answer a = {.status = 200};
	json_t *line = describe(c, method, path, r);
	write_log(line);
	if (strcmp(path, "/echo") == 0)
		a.json = json_incref(line);
	json_decref(line);
	if (strcmp(path, "/close") == 0)
		return MHD_NO;
	if (strcmp(path, "/half") == 0)
		return respond_half(c);
	if (strcmp(path, "/json") == 0)
		return respond_json(c);
	if (strncmp(path, "/redirect-to/", 13) == 0)
		return respond_redirect_to(c, path + 13);
	if (strncmp(path, "/unready/", 9) == 0) {
		unsigned before = count(path);
		char *rest;
		if (before < strtoul(path + 9, &rest, 10)) {
			a.status = 503;
			a.json = json_pack("{s:s}", "error", "not ready");
			return respond(c, &a);
		}
		path = rest;
	}
	if (strncmp(path, "/v1/", 4) == 0 && r->len)
		serve_api(&a, c, path, r);
	if (strcmp(method, "POST") == 0 &&
			(strcmp(path, "/api/accounts") == 0 || strcmp(path, "/idp/roles") == 0))
		serve_api(&a, c, path, r);
	for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]) && !a.json; i++) {
		size_t n = strlen(behaviours[i].path);
		bool prefix = behaviours[i].path[n - 1] == '/';
		if (strncmp(path, behaviours[i].path, n) == 0 && (prefix || !path[n])) {
			behaviours[i].fn(&a, path + n);
			return respond(c, &a);
		}
	}
	if (!a.json) {
		a.status = 404;
		a.json = json_pack("{s:s}", "error", "no such path");
	}
	return respond(c, &a);
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *c, const char *path,
	const char *method, const char *version, const char *data, size_t *n, void **context)
{
	(void)arg;
	(void)version;
	struct request *r = *context;
	if (!r) {
		*context = calloc(1, sizeof(*r));
		return *context ? MHD_YES : MHD_NO;
	}
	if (!*n)
		return serve(c, method, path, r);
	if (r->len + *n > MAX_BODY)
		return MHD_NO;
	r->body = realloc(r->body, r->len + *n);
	memcpy(r->body + r->len, data, *n);
	r->len += *n;
	*n = 0;
	return MHD_YES;
}

static void forget(void *arg, struct MHD_Connection *c, void **context,
	enum MHD_RequestTerminationCode code)
{
	(void)arg;
	(void)c;
	(void)code;
	struct request *r = *context;
	if (r)
		free(r->body);
	free(r);
	*context = NULL;
}

/* -- life -- */

struct options {
	const char *port_file, *log, *bind, *certificate, *key;
};

static char *slurp(const char *path)
{
	static char pages[2][65536];
	static int used;
	FILE *f = path && used < 2 ? fopen(path, "r") : NULL;
	if (!f)
		die(path ? path : "--tls");
	char *page = pages[used++];
	page[fread(page, 1, sizeof(pages[0]) - 1, f)] = '\0';
	fclose(f);
	return page;
}

static struct MHD_Daemon *start(const struct options *o)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	if (inet_pton(AF_INET, o->bind, &address.sin_addr) != 1)
		die("--bind");
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
		MHD_USE_POLL;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, NULL},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, NULL},
		{MHD_OPTION_END, 0, NULL}
	};
	if (o->certificate) {
		flags |= MHD_USE_TLS;
		tls[0].ptr_value = slurp(o->certificate);
		tls[1].ptr_value = slurp(o->key);
	} else {
		tls[0].option = MHD_OPTION_END;
	}
	return MHD_start_daemon(flags, 0, NULL, NULL, handle, NULL,
		MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
		MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u,
		MHD_OPTION_NOTIFY_COMPLETED, forget, NULL,
		MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static void write_port(const char *path, unsigned port)
{
	char tmp[4096];
	snprintf(tmp, sizeof(tmp), "%s.tmp", path);
	FILE *f = fopen(tmp, "w");
	if (!f || fprintf(f, "%u\n", port) < 0 || fclose(f) != 0 || rename(tmp, path) < 0)
		die(path);
}

static const char usage[] = "usage: httpd --port-file FILE --log FILE [--bind ADDRESS] "
	"[--tls CERTIFICATE KEY] [--end-with-parent]\n";

static struct options read_options(int argc, char **argv)
{
	struct options o = {.bind = "127.0.0.1"};
	for (int i = 1; i < argc; i++) {
		bool has_value = i + 1 < argc, has_two = i + 2 < argc;
		if (strcmp(argv[i], "--port-file") == 0 && has_value) {
			o.port_file = argv[++i];
		} else if (strcmp(argv[i], "--log") == 0 && has_value) {
			o.log = argv[++i];
		} else if (strcmp(argv[i], "--bind") == 0 && has_value) {
			o.bind = argv[++i];
		} else if (strcmp(argv[i], "--tls") == 0 && has_two) {
			o.certificate = argv[++i];
			o.key = argv[++i];
		} else if (strcmp(argv[i], "--end-with-parent") == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
		} else {
			o.port_file = NULL;
			break;
		}
	}
	if (!o.port_file || !o.log) {
		fputs(usage, stderr);
		exit(2);
	}
	return o;
}

int main(int argc, char **argv)
{
	struct options o = read_options(argc, argv);
	sigset_t ends;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	/* Before the threads, so that none of them takes it. */
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	counters = json_object();
	accounts = json_object();
	log_fd = open(o.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log_fd < 0)
		die(o.log);
	struct MHD_Daemon *daemon = start(&o);
	if (!daemon)
		die("cannot listen");
	write_port(o.port_file, MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	int got;
	sigwait(&ends, &got);
	/* Not MHD_stop_daemon: that would wait for those that stall. */
	_exit(0);
}

/*
 * Between wfctl and wfctl-http.so, the module that is loaded at the first HTTP request: a table of
 * functions, with a version. The module knows libcurl and libc; all else is on this side of it.
 *
 * The module waits for nothing: it has one descriptor, readable when there is something to do, and
 * says when it must be called at the latest. All calls but `open` and `close` come from one thread.
 */
#ifndef WF_EFFECT_HTTP_MODULE_H
#define WF_EFFECT_HTTP_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WF_HTTP_ABI 2
#define WF_HTTP_SYMBOL "wf_http_module"

/* What the module uses of its host; none of them returns NULL. */
struct wf_http_host {
	void *(*realloc)(void *p, size_t size);
	void (*free)(void *p);
};

/* Borrowed until the answer or the cancel. */
struct wf_http_call {
	void *cookie;
	const char *method, *url;
	const char *const *headers;   /* "Name: value", NULL-terminated */
	const void *body;             /* NULL: none */
	size_t body_len;
	const char *user, *password;  /* NULL: no basic authentication */
	const char *proxy;            /* NULL: none, whatever the environment says */
	uint32_t follow;              /* redirects */
	uint64_t max_response;        /* bytes of the body */
	uint64_t timeout_ms;          /* of all of it; 0: none */
	bool repeatable;              /* sending it twice does no harm */
};

enum wf_http_outcome {
	WF_HTTP_ANSWERED,
	WF_HTTP_RESOLVE,              /* the host's name does not resolve */
	WF_HTTP_CONNECT,              /* nobody listens, no route */
	WF_HTTP_TLS,                  /* no TLS, or a certificate that does not verify */
	WF_HTTP_BROKEN,               /* the connection ended before the answer did */
	WF_HTTP_TIMEOUT,
	WF_HTTP_REDIRECTS,            /* more of them than `follow` */
	WF_HTTP_TOO_BIG,              /* body, or headers, over the cap */
	WF_HTTP_BAD_URL,              /* no URL, or not http or https */
	WF_HTTP_OTHER,
	WF_HTTP_OUTCOME_COUNT_
};

struct wf_http_answer {
	void *cookie;
	enum wf_http_outcome outcome;
	const char *message;          /* of a failure; never NULL; the callback's for its length */
	unsigned status;              /* 0: none came */
	char *headers;                /* "name\0value\0" each, names in lower case; the host's now */
	size_t headers_len;
	char *body;                   /* the host's now */
	size_t body_len;
};

struct wf_http_module {
	uint32_t abi;
	/* NULL when libcurl cannot start. */
	void *(*open)(const struct wf_http_host *host);
	void (*close)(void *state);
	int (*descriptor)(const void *state);
	/* Milliseconds until `turn` is due even when the descriptor is not readable; -1: never. */
	int64_t (*timeout)(const void *state);
	/* False when it could not begin for want of resources. */
	bool (*begin)(void *state, const struct wf_http_call *call);
	/* Does what is to be done; calls back for each call that has ended. */
	void (*turn)(void *state, void (*fn)(void *arg, const struct wf_http_answer *answer),
		void *arg);
	void (*cancel)(void *state, void *cookie);
};

#endif

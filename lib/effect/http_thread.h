/*
 * Inside lib/effect: the thread that drives the HTTP module. What libcurl and the kernel do for a
 * request costs as much as the journal does; so one goes on while the other's commit is under way.
 *
 * Calls go to the thread and come back ended; in between they, and all they point to, are the
 * thread's. Nothing else is shared: no JSON, no journal, no result is made there.
 */
#ifndef WF_EFFECT_HTTP_THREAD_H
#define WF_EFFECT_HTTP_THREAD_H

#include "base/err.h"
#include "effect/http_module.h"

struct wf_http_thread;

/* Part of what the caller keeps of a call. */
struct wf_http_job {
	struct wf_http_job *prev, *next; /* private */
	struct wf_http_call call;        /* its cookie is the job */
	/* Once it came back: its message, headers and body are the caller's, from wf_alloc. */
	struct wf_http_answer answer;
	_Atomic bool dropped;            /* no answer is wanted: there may be none */
};

/* Starts the thread. WF_EIO. */
int wf_http_thread_new(const struct wf_http_module *module, struct wf_http_thread **ret,
	struct wf_cause *cause);
/* Stops the thread, dropping what is under way; gives back the jobs that did not come back, linked by
 * `next`. */
struct wf_http_job *wf_http_thread_free(struct wf_http_thread *t);

/* Readable when jobs have come back. */
int wf_http_thread_descriptor(const struct wf_http_thread *t);
void wf_http_thread_begin(struct wf_http_thread *t, struct wf_http_job *job);
/* The job comes back soon; it must not have come back. */
void wf_http_thread_drop(struct wf_http_thread *t, struct wf_http_job *job);
/* The jobs that came back, in their order, linked by `next`; NULL when there are none. */
struct wf_http_job *wf_http_thread_take(struct wf_http_thread *t);

#endif

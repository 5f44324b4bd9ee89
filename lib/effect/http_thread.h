/*
 * Inside lib/effect: the thread of HTTP. It loads the module that speaks it and drives it; what libcurl and
 * the kernel do for a request costs as much as the journal does, so one goes on while the other's commit is
 * under way. So do reading what is asked and making a result of the answer, which the caller's work does there.
 *
 * Jobs go to the thread and come back done; in between they, and all they point to, are the thread's.
 */
#ifndef WF_EFFECT_HTTP_THREAD_H
#define WF_EFFECT_HTTP_THREAD_H

#include "base/err.h"
#include "effect/http_module.h"

#include <stdbool.h>

struct wf_http_thread;

/* Part of what the caller keeps of a request. */
struct wf_http_job {
	struct wf_http_job *prev, *next; /* private */
	_Atomic bool dropped;            /* no answer is wanted: there may be none */
};

/* What the caller does on the thread. */
struct wf_http_work {
	/* The call to make, whose cookie is the job; borrowed until it has ended. NULL: there is none to make,
	 * and the job comes back. */
	const struct wf_http_call *(*ask)(struct wf_http_job *job);
	/* The answer to it: borrowed. The job comes back. */
	void (*answered)(struct wf_http_job *job, const struct wf_http_answer *answer);
};

/* Starts the thread, which begins by loading the module out of `libexec` (borrowed while it lives). WF_EIO. */
int wf_http_thread_new(const char *libexec, const struct wf_http_work *work,
	struct wf_http_thread **ret, struct wf_cause *cause);
/* Waits until the module is there: before the first job. WF_ENOENT: there is none that fits; WF_EIO: this
 * machine cannot load it. */
int wf_http_thread_loaded(struct wf_http_thread *t, struct wf_cause *cause);
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

/*
 * Performers: each takes a resolved request and gives a typed result. They know neither the journal
 * nor the engine. The hub is also where the process waits: for children, sockets and the next timer.
 */
#ifndef WF_EFFECT_EFFECT_H
#define WF_EFFECT_EFFECT_H

#include "base/err.h"
#include "plan/ops.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct wf_effects;

struct wf_effects_options {
	const char *spool;        /* folder for results of supervised children */
	const char *libexec;      /* folder of wfctl-supervise and the http module */
	const char *workdir;      /* where relative `cwd`s of exec.run begin */
	char *const *environ_in;  /* the environment from which exec's allow-list picks */
	/* Where approval.request's roles and resolvers are looked up (runtime.h has its shape): borrowed;
	 * NULL, with the cause, when it cannot be had. NULL: there is none. */
	const json_t *(*people)(void *arg, struct wf_cause *cause);
	void *people_arg;
};
int wf_effects_new(const struct wf_effects_options *options, struct wf_effects **ret,
	struct wf_cause *cause);
/* Leaves running children to their supervisors, drops HTTP requests. NULL is allowed. */
void wf_effects_free(struct wf_effects *e);

struct wf_effect_request {
	enum wf_action action;    /* EXEC_RUN, HTTP_REQUEST, or APPROVAL_REQUEST: who is asked is looked up */
	const json_t *input;      /* borrowed until the result */
	const char *token;        /* names the attempt for all time: [0-9a-z-]{1,100}; the spool file's
	                             name. HTTP_REQUEST: not looked at */
	const char *key;          /* idempotency key; NULL */
	const char *folder;       /* instead of the options' workdir; NULL */
	uint64_t timeout_ms;      /* from now; 0: none */
	void *cookie;             /* the caller's; comes back with the result */
};

struct wf_effect_result {
	void *cookie;
	bool ok;
	json_t *output;           /* ok: the action's output; new reference, the caller's */
	enum wf_error_type type;  /* not ok */
	char code[32];            /* "404", "exit_3", "signal_9", "timeout", "connect" … */
	char *message;            /* from wf_alloc, the caller's */
	uint64_t retry_after_ms;
	json_t *details;          /* not ok: what is known (exit_code, stderr's end, status, body); or NULL */
	int ran_out;              /* IN_DOUBT because this machine could not keep the result, or cannot read
	                             it: WF_ENOSPC, WF_EIO, …; else 0. The next effect's would fare no better. */
};
void wf_effect_result_done(struct wf_effect_result *r);

/* An effect of that action will be begun as soon as its intent is durable: what it needs and takes long to load
 * loads meanwhile. Whether it can be had, beginning it says. */
void wf_effects_expect(struct wf_effects *e, enum wf_action action);

/* Begins an effect. A request that cannot even begin gives its failure as a result, through
 * wf_effects_wait, like any other. Only resources that ran out (WF_ENOMEM, WF_EIO) are returned. */
int wf_effects_begin(struct wf_effects *e, const struct wf_effect_request *request,
	struct wf_cause *cause);

/* Waits until a result is there, a signal came, or timeout_ms passed (-1: no limit); hands results to
 * fn, of many no more than half of what is under way: the next wait has the others at once. Returns
 * the number of results, or WF_EINTR after a signal. */
int wf_effects_wait(struct wf_effects *e, int64_t timeout_ms,
	void (*fn)(void *arg, struct wf_effect_result *result), void *arg);
uint32_t wf_effects_running(const struct wf_effects *e);

/* The same until a time of the wall clock (ms since 1970; 0: no time), to the millisecond, and not
 * longer than most_ms (-1: no bound), which is counted by a clock that only rises. A step of the wall
 * clock ends it too, with WF_EINTR. */
int wf_effects_wait_until(struct wf_effects *e, int64_t at, int64_t most_ms,
	void (*fn)(void *arg, struct wf_effect_result *result), void *arg);
/* While the descriptor is readable a wait returns WF_EINTR; whoever asked drains it. WF_EIO. */
int wf_effects_watch(struct wf_effects *e, int fd, struct wf_cause *cause);

/* Makes the current wait, or else the next one, return WF_EINTR: for signal handlers, which may run
 * just before the wait begins, where no system call is there to be interrupted. Async-signal-safe. */
void wf_effects_wake(struct wf_effects *e);

/* Stops a running effect: TERM, grace, KILL for a process group; drops a request. No result follows.
 * A stopped child's spool files go by themselves when it has ended while this process lives. */
void wf_effects_stop(struct wf_effects *e, void *cookie);

/* -- recovery of exec effects (semantics.md G4) -- */

enum wf_effect_trace {
	WF_TRACE_NONE,      /* nothing of that token is known here: on this boot, its command never began */
	WF_TRACE_LOST,      /* its supervisor began and is gone without a result: doubt */
	WF_TRACE_RUNNING,   /* its supervisor lives: adopted; the result comes through wf_effects_wait */
	WF_TRACE_DONE       /* its result was in the spool, or what is there cannot be read: comes through
	                       wf_effects_wait at once */
};
/* Looks for what became of an attempt begun by a process that is dead, and adopts it. */
enum wf_effect_trace wf_effects_recover(struct wf_effects *e, const struct wf_effect_request *request);

/* Calls fn with the token of every result that lies in the spool, whoever began it. For tidying up
 * after processes that died between making a result durable and settling it. */
void wf_effects_each_left(struct wf_effects *e, void (*fn)(void *arg, const char *token), void *arg);

/* The same with the token of every command that was begun and may still run. */
void wf_effects_each_begun(struct wf_effects *e, void (*fn)(void *arg, const char *token), void *arg);

/* Whether a spool holds anything: something to look after, or of a process that lives. */
bool wf_spool_used(const char *folder);

/* The result is durable elsewhere: its spool file may go. */
void wf_effects_settled(struct wf_effects *e, const char *token);

#endif

/*
 * Inside lib/effect: the hub and what the performers share with it.
 *
 * The hub waits with one epoll. Performers register what they wait for and hand finished results to
 * wf_hub_deliver; the hub gives them out, so that a caller never gets one from inside another call.
 */
#ifndef WF_EFFECT_HUB_H
#define WF_EFFECT_HUB_H

#include "effect/effect.h"

#include <stdint.h>

struct wf_running;
struct wf_http_thread;
struct resolve;

/* How a performer treats its running effects. */
struct wf_performer {
	void (*ready)(struct wf_effects *e, struct wf_running *r);  /* its descriptor is readable; NULL: it has none */
	void (*stop)(struct wf_effects *e, struct wf_running *r);   /* no result is wanted any more */
	void (*leave)(struct wf_effects *e, struct wf_running *r);  /* the hub goes away */
};

/* Embedded as the first member in what a performer keeps of a running effect. */
struct wf_running {
	struct wf_running *prev, *next;
	const struct wf_performer *performer;
	void *cookie;
	bool stopped; /* no result is wanted: not counted, and nothing is delivered */
};

struct wf_effects {
	char *spool, *libexec, *workdir;
	char *const *environ_in;
	const json_t *(*people)(void *arg, struct wf_cause *cause);
	void *people_arg;
	struct resolve *resolving;  /* lookups of approvers under way */
	int epoll, wake;
	int clock;                  /* a timer of the wall clock; -1: there is none */
	int64_t clock_at;           /* what it is set to */
	int spool_dir;              /* opened when first needed; -1 before */
	struct wf_running *first;
	uint32_t running;
	uint32_t adopting;          /* adopted children whose process id is not known yet */
	struct wf_effect_result *ready;
	size_t ready_head, ready_count, ready_room; /* the first ready_head were given out */
	struct wf_http_thread *http; /* NULL before the first HTTP effect is expected */
};

void wf_hub_add(struct wf_effects *e, struct wf_running *r);
void wf_hub_remove(struct wf_effects *e, struct wf_running *r);
/* Watches a descriptor for input: a running effect's, or, with NULL, the HTTP thread's. False, with
 * errno, when the kernel says no. */
bool wf_hub_watch(struct wf_effects *e, int fd, struct wf_running *r);
/* Before it is closed: closing alone does not end the watching while a child that is only just being
 * executed still has a copy. */
void wf_hub_unwatch(struct wf_effects *e, int fd);
/* Takes the result over. */
void wf_hub_deliver(struct wf_effects *e, struct wf_effect_result *result);

/* exec.c */
int wf_exec_begin(struct wf_effects *e, const struct wf_effect_request *request,
	struct wf_cause *cause);
/* Looks again at adopted children whose process id was not known. */
void wf_exec_adopt_late(struct wf_effects *e);

/* http.c */
void wf_http_expect(struct wf_effects *e);
int wf_http_begin(struct wf_effects *e, const struct wf_effect_request *request,
	struct wf_cause *cause);
void wf_http_turn(struct wf_effects *e);
void wf_http_close(struct wf_effects *e);

#endif

/*
 * What the journal keeps for instances that wait for the outside world, and for those that are still to
 * come: keys of starts, slots, signals, events and who waits for them, holds, schedules.
 *
 * Every each_… function calls fn until it returns false; fn may write in the same transaction.
 */
#ifndef WF_JOURNAL_WAITING_H
#define WF_JOURNAL_WAITING_H

#include "journal/journal.h"

/* -- idempotent starts -- */

/* The instance of the workflow that was started with that key (in->start_key): the first, were there
 * several. WF_ENOENT without a cause. workflow may be NULL, as in the instance. */
int wf_txn_find_start(struct wf_txn *txn, const char *workflow, const char *key, uint64_t *ret_number);

/* -- slots -- */

/* An instance with slots that is QUEUED stands in the queue of each; one that is not QUEUED and has not
 * ended holds each. put_instance keeps both. */

/* How many instances hold the slot; stop_at instead of more (0: no bound). */
int wf_txn_count_held(struct wf_txn *txn, const char *slot, uint64_t stop_at, uint64_t *ret);
/* How many stand in its queue. */
int wf_txn_count_queued(struct wf_txn *txn, const char *slot, uint64_t *ret);
/* In the order of their numbers, which is that of their arrival. */
int wf_txn_each_held(struct wf_txn *txn, const char *slot, bool (*fn)(void *, uint64_t number),
	void *arg);
int wf_txn_each_queued(struct wf_txn *txn, const char *slot, bool (*fn)(void *, uint64_t number),
	void *arg);
/* Those in the queue who could go, as far as the other queues tell. When fn says that one cannot, for another slot
 * that has no room for anybody in its queue, it may name that (until it is called again): who stands in that queue
 * too is not given out from there on. */
typedef bool wf_candidate_fn(void *arg, uint64_t number, const char **ret_closed);
int wf_txn_each_candidate(struct wf_txn *txn, const char *slot, wf_candidate_fn *fn, void *arg);
/* The greatest limit that the list has for the slot, at least 1: who has the list holds it beside fewer. */
uint64_t wf_slot_limit(const json_t *slots, const char *name);
/* Whether anybody in the queue of the slot could hold it now, going by their limits: when none could, the
 * queue need not be looked at. */
int wf_txn_slot_open(struct wf_txn *txn, const char *slot, bool *ret);
/* That is told by the greatest limit of those in the queue, which who has seen all of them makes exact. */
int wf_txn_set_slot_most(struct wf_txn *txn, const char *slot, uint64_t most);
/* Calls fn with the name of each slot that is queued for. */
int wf_txn_each_queue(struct wf_txn *txn, bool (*fn)(void *arg, const char *slot), void *arg);
/* Every queued instance, whatever it waits for. */
int wf_txn_each_queued_any(struct wf_txn *txn, bool (*fn)(void *, uint64_t number), void *arg);

/* -- signals, kept for an instance until it takes them -- */

/* signal: {name, data, id, by, at}, id and data only where there are any. WF_EEXIST (no cause): one with
 * the same id came for this instance before, taken or not; *ret_seq is then its number. WF_ENOENT: there
 * is no such instance. Refused with WF_ENOSPC when the journal is full. */
int wf_txn_put_signal(struct wf_txn *txn, uint64_t number, const json_t *signal, uint32_t *ret_seq);
/* Whether one with that id came for the instance before, taken or not. */
int wf_txn_signal_came(struct wf_txn *txn, uint64_t number, const char *id, bool *ret);
/* The oldest of that name that was not taken; a new reference. WF_ENOENT without a cause. */
int wf_txn_first_signal(struct wf_txn *txn, uint64_t number, const char *name, uint32_t *ret_seq,
	json_t **ret);
/* It was taken. Its id stays known as long as the instance. WF_ENOENT without a cause. */
int wf_txn_drop_signal(struct wf_txn *txn, uint64_t number, uint32_t seq);
/* Those not taken, oldest first. */
int wf_txn_each_signal(struct wf_txn *txn, uint64_t number,
	bool (*fn)(void *, uint32_t seq, const json_t *signal), void *arg);

/* -- events -- */

struct wf_kept_event {
	uint64_t number;        /* given once, rising from 1 */
	char *name, *id, *by;   /* id: of whoever sent it, to know it again; id and by may be NULL */
	json_t *data;           /* NULL: none */
	int64_t at;
	uint64_t taken;         /* instances that it started or woke */
	bool dispatched;        /* everybody who waited for it then was told */
};
void wf_kept_event_done(struct wf_kept_event *e);

/* Keeps it, undispatched or as it says, and gives it its number. One with the same id as a kept one is not
 * new: *ret_new is false and the number is that one's. WF_ENOSPC when the journal is full. */
int wf_txn_put_event(struct wf_txn *txn, struct wf_kept_event *e, bool *ret_new);
/* WF_ENOENT without a cause. */
int wf_txn_get_event(struct wf_txn *txn, uint64_t number, struct wf_kept_event *ret);
/* Writes taken and dispatched anew; what else it says stays as it was put. WF_ENOENT without a cause. */
int wf_txn_update_event(struct wf_txn *txn, const struct wf_kept_event *e);
/* Those of a name, or (NULL) all, with a number of `from` or more, in the order of their numbers. */
int wf_txn_each_event(struct wf_txn *txn, const char *name, uint64_t from,
	bool (*fn)(void *, const struct wf_kept_event *), void *arg);
int wf_txn_each_undispatched(struct wf_txn *txn, bool (*fn)(void *, const struct wf_kept_event *),
	void *arg);
/* Drops dispatched ones that came before that time, oldest first, `most` at the most (0: no bound). The
 * first that is younger ends it. */
int wf_txn_drop_events(struct wf_txn *txn, int64_t before, uint64_t most, uint64_t *ret_dropped);

/* That an instance took an event: so that none takes one twice. */
int wf_txn_take_event(struct wf_txn *txn, uint64_t number, uint64_t event);
int wf_txn_has_taken(struct wf_txn *txn, uint64_t number, uint64_t event, bool *ret);

/* -- who waits -- */

/* Steps that wait for a signal (WF_WAIT_SIGNAL) or an event (WF_WAIT_EVENT) of that name, which is `name`
 * in their input: by instance, from the one behind after_number on. put_instance keeps them. */
int wf_txn_each_waiter(struct wf_txn *txn, enum wf_wait kind, const char *name, uint64_t after_number,
	bool (*fn)(void *, uint64_t number, uint32_t step), void *arg);
/* Instances of which a step waits for a release (WF_WAIT_HOLD), by number. */
int wf_txn_each_held_back(struct wf_txn *txn, bool (*fn)(void *, uint64_t number), void *arg);

/* -- holds -- */

struct wf_hold {
	char *workflow;         /* NULL: everything */
	char *by, *reason;      /* may be NULL */
	int64_t at;
};
void wf_hold_done(struct wf_hold *h);

/* In place of the one of the same workflow, if there is one. */
int wf_txn_put_hold(struct wf_txn *txn, const struct wf_hold *h);
int wf_txn_drop_hold(struct wf_txn *txn, const char *workflow); /* WF_ENOENT without a cause */
int wf_txn_each_hold(struct wf_txn *txn, bool (*fn)(void *, const struct wf_hold *), void *arg);
/* Whether the workflow or everything is on hold; workflow NULL: whether everything is. Costs nothing while
 * there are no holds. */
int wf_txn_is_held(struct wf_txn *txn, const char *workflow, bool *ret);

/* -- schedules -- */

struct wf_schedule {
	uint64_t id;            /* given once, rising from 1; 0: not yet */
	char *name;             /* unique */
	char *workflow, *version; /* version NULL: the newest */
	json_t *spec;           /* {cron|interval|at, timezone, dst, jitter, start, end, missed,
	                           backfill_limit, overlap, input, …} */
	char *source;           /* "user" or "definition" */
	char *by;               /* NULL */
	bool paused;
	int64_t created_at, updated_at;
	int64_t since;          /* firings count from there on */
	int64_t next_at, next_nominal; /* 0: none */
	int64_t last_nominal;
	uint64_t fired, missed;
	json_t *recent;         /* the last ones: [{nominal, at, outcome, instance?, why?}]; NULL: none */
};
void wf_schedule_done(struct wf_schedule *s);

/* Writes it; id 0: it is new and gets one. WF_EEXIST: another has the name. WF_ENOENT (no cause): none has
 * the id. */
int wf_txn_put_schedule(struct wf_txn *txn, struct wf_schedule *s);
int wf_txn_get_schedule(struct wf_txn *txn, uint64_t id, struct wf_schedule *ret); /* WF_ENOENT, no cause */
/* By its name, or by its id ("12", "#12") where none has such a name. WF_ENOENT with a cause. */
int wf_txn_find_schedule(struct wf_txn *txn, const char *text, struct wf_schedule *ret);
int wf_txn_drop_schedule(struct wf_txn *txn, uint64_t id); /* WF_ENOENT without a cause */
int wf_txn_each_schedule(struct wf_txn *txn, bool (*fn)(void *, const struct wf_schedule *), void *arg);
/* Those that are not paused and whose next_at is not after `until`, in that order. */
int wf_txn_each_schedule_due(struct wf_txn *txn, int64_t until,
	bool (*fn)(void *, uint64_t id, int64_t due), void *arg);

#endif

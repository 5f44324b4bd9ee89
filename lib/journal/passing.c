/*
 * Looking through the queue of a slot for those who could go. An instance may stand in more than one queue, and
 * where another slot has no room for anybody of its own, those who stand in both are passed over by their keys
 * alone: both queues are in the order of their numbers, and are read side by side. Not to be proved is enough for
 * that, as nobody is let go by it.
 */
#include "base/mem.h"
#include "journal/private.h"

#include <string.h>

#define HASHED (1 + 16)

/* More than that are not remembered: who waits for one of the others is given out. */
#define MOST_CLOSED 64u

/* A few entries on is nearer than a search from the root. */
#define FEW 8u

/* The queue of a slot that is closed. */
struct closed {
	struct wf_index_key key;
	struct wf_cursor c;
	uint64_t at;            /* who comes there next; UINT64_MAX: nobody */
	bool moved;             /* something was written since */
};

struct walk {
	struct wf_txn *txn;
	wf_candidate_fn *fn;
	void *arg;
	struct closed *closed;
	size_t count, room;
	uint64_t seen;
	bool stopped;
};

static void arrive(struct walk *w, struct closed *s, int rc)
{
	bool within = !rc && s->c.key_n == s->key.n && !memcmp(s->c.key, s->key.bytes, HASHED);
	s->at = within ? wf_be64_at(s->c.key + HASHED) : UINT64_MAX;
	s->moved = false;
	if (rc && rc != WF_ENOENT)
		(void)wf_txn_fail(w->txn, rc);
}

static bool stands_in(struct walk *w, struct closed *s, uint64_t number)
{
	for (unsigned i = 0; i < FEW && !s->moved && s->at < number; i++)
		arrive(w, s, wf_cursor_next(&s->c, w->txn->cause));
	if (s->moved || s->at < number) {
		wf_be64_put(s->key.bytes + HASHED, number);
		arrive(w, s, wf_cursor_seek(&s->c, s->key.bytes, s->key.n, w->txn->cause));
	}
	return s->at == number;
}

static bool pass(void *arg, const uint8_t *key)
{
	struct walk *w = arg;
	uint64_t number = wf_be64_at(key + HASHED);
	w->seen++;
	for (size_t i = 0; i < w->count; i++)
		if (stands_in(w, &w->closed[i], number))
			return true;
	return false;
}

static void remember(struct walk *w, const char *slot)
{
	struct closed s = {.key = wf_index_named(&w->txn->journal->seal, WF_INDEX_SLOT_QUEUED, slot, 0),
		.moved = true};
	if (w->count == MOST_CLOSED)
		return;
	int rc = wf_cursor_open(w->txn->store, WF_TABLE_INDEX, &s.c, w->txn->cause);
	if (rc) {
		(void)wf_txn_fail(w->txn, rc);
		return;
	}
	WF_GROW(w->closed, w->count, w->room);
	w->closed[w->count++] = s;
}

static bool give(void *arg, const uint8_t *key)
{
	struct walk *w = arg;
	const char *closed = NULL;
	w->stopped = !w->fn(w->arg, wf_be64_at(key + HASHED), &closed);
	for (size_t i = 0; i < w->count && w->txn->write; i++)
		w->closed[i].moved = true;
	if (closed && !w->stopped)
		remember(w, closed);
	return !w->stopped;
}

int wf_txn_each_candidate(struct wf_txn *t, const char *slot, wf_candidate_fn *fn, void *arg)
{
	struct walk w = {.txn = t, .fn = fn, .arg = arg};
	struct wf_index_key from = wf_index_named(&t->journal->seal, WF_INDEX_SLOT_QUEUED, slot, 0);
	uint64_t counted = 0;
	int rc = wf_txn_each_key_but(t, &from, HASHED, true, pass, give, &w);
	for (size_t i = 0; i < w.count; i++)
		wf_cursor_close(&w.closed[i].c);
	wf_free(w.closed);
	if (rc || w.stopped || t->write)
		return rc;
	rc = wf_txn_count_queued(t, slot, &counted);
	if (!rc && w.seen != counted)
		rc = wf_txn_corrupt(t, WF_TABLE_INDEX, from.bytes, from.n,
			"from there on are not as many entries as were counted");
	return rc;
}

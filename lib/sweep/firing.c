/* Due firings: a walk from the row's next one to now that keeps no more than it will make good. */
#include "sweep/firing.h"

#include "base/mem.h"
#include "sweep/schedule.h"

#include <string.h>

/* What is seen within this is on time, also when the next one is due already: a window sees firings
 * that follow each other closely a little late. */
#define ON_TIME_MS 1000
#define ON_TIME_MOST 16
/* Firings that one transaction looks at. */
#define PIECE 100000

void wf_firings_done(struct wf_firings *f)
{
	wf_free(f->fire);
	*f = (struct wf_firings){ 0 };
}

void wf_firings_next(struct wf_schedule *s, const struct wf_timetable *t, int64_t after)
{
	struct wf_firing f;

	s->next_nominal = s->next_at = 0;
	if (wf_timetable_next(t, after, false, &f) < 0)
		return;
	s->next_nominal = f.ms;
	s->next_at = wf_timetable_due(t, s->id, f.ms);
}

/* The last firings of the walk, in a ring. */
struct walk {
	int64_t *ring;
	size_t room;
	uint64_t count;  /* seen in all */
	int64_t first;
};

static int64_t seen(const struct walk *w, uint64_t i)
{
	return w->ring[i % w->room];
}

static uint64_t oldest(const struct walk *w)
{
	return w->count > w->room ? w->count - w->room : 0;
}

/* Whether number i of those seen is made good; the latest of all is `latest`. */
static bool makes_good(const struct wf_schedule *s, const struct wf_timetable *t, int64_t now,
	const struct walk *w, uint64_t i)
{
	int64_t late = now - wf_timetable_due(t, s->id, seen(w, i));
	bool latest = i + 1 == w->count;

	if (late <= ON_TIME_MS)
		return true;
	switch (t->missed) {
	case WF_MISSED_BACKFILL:
		return w->count - i <= t->backfill_limit;
	case WF_MISSED_CATCH_UP:
		return latest;
	case WF_MISSED_SKIP:
	case WF_MISSED_COUNT_:
		break;
	}
	return latest && late <= t->grace_ms;
}

static void note_missed(struct wf_schedule *s, int64_t now, const struct wf_firings *f)
{
	if (!f->missed)
		return;
	s->missed += f->missed;
	wf_schedule_note(s, f->missed_to, now, "missed", 0, NULL);
	json_t *last = json_array_get(s->recent, json_array_size(s->recent) - 1);
	json_object_set_new(last, "count", json_integer((json_int_t)f->missed));
	json_object_set_new(last, "from", json_integer(f->missed_from));
}

/* Walks on while firings are due; the row's next one is afterwards the first that was not seen. */
static bool walk_on(struct wf_schedule *s, const struct wf_timetable *t, int64_t now, struct walk *w)
{
	w->first = s->next_nominal;
	while (s->next_nominal && s->next_at <= now) {
		if (w->count == PIECE)
			return false;
		w->ring[w->count++ % w->room] = s->next_nominal;
		wf_firings_next(s, t, s->next_nominal);
	}
	return true;
}

void wf_firings_take(struct wf_schedule *s, const struct wf_timetable *t, int64_t now,
	struct wf_firings *ret)
{
	struct wf_firings f = { 0 };
	struct walk w = { .room = ON_TIME_MOST };

	if (t->missed == WF_MISSED_BACKFILL && w.room < t->backfill_limit)
		w.room = t->backfill_limit;
	w.ring = wf_calloc(w.room, sizeof(*w.ring));
	bool whole = walk_on(s, t, now, &w);
	uint64_t kept = oldest(&w);
	f.missed = kept;
	if (!whole) {
		/* Those in the ring are looked at again, with what follows them. */
		s->next_nominal = seen(&w, kept);
		s->next_at = wf_timetable_due(t, s->id, s->next_nominal);
		w.count = kept;
	} else if (w.count) {
		s->last_nominal = seen(&w, w.count - 1);
	}
	f.fire = wf_calloc(w.room, sizeof(*f.fire));
	for (uint64_t i = kept; i < w.count; i++) {
		if (makes_good(s, t, now, &w, i)) {
			f.fire[f.count++] = seen(&w, i);
			continue;
		}
		f.missed++;
		f.missed_to = seen(&w, i);
	}
	if (f.missed) {
		f.missed_from = w.first;
		if (!f.missed_to)
			f.missed_to = whole ? seen(&w, kept) : s->next_nominal;
	}
	note_missed(s, now, &f);
	wf_free(w.ring);
	*ret = f;
}

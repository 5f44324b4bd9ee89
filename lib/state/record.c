/* History records as bytes: one event, and the transitions that it caused. */
#include "base/mem.h"
#include "plan/plan.h"
#include "state/event.h"
#include "state/rows.h"

enum {
	EV_STEP = 1,
	EV_ATTEMPT = 2,
	EV_RETRY_AFTER = 4,
	EV_DATA = 8,
	EV_RANDOM = 16,
	EV_HELD = 32,
	EV_ALL = 63
};

/* A transition's first byte: the low bits of its type, TR_STEP when it is of a step, the other bits. */
#define TR_LOW 7u
#define TR_STEP 8u

static uint8_t transition_head(const struct wf_transition *t)
{
	unsigned type = (unsigned)t->type;
	return (uint8_t)((type & TR_LOW) | (t->step != WF_NONE ? TR_STEP : 0u) |
		(type & ~TR_LOW) << 1);
}

static unsigned transition_type(unsigned head)
{
	return (head & TR_LOW) | (head & ~(TR_LOW | TR_STEP)) >> 1;
}

void wf_record_put(const struct wf_event *event, const struct wf_transition *transitions,
	uint32_t count, struct wf_buf *out)
{
	unsigned mask = (event->step != WF_NONE ? EV_STEP : 0u) |
		(event->attempt ? EV_ATTEMPT : 0u) |
		(event->retry_after_ms ? EV_RETRY_AFTER : 0u) | (event->data ? EV_DATA : 0u) |
		(event->random ? EV_RANDOM : 0u) | (event->held ? EV_HELD : 0u);
	wf_put_u8(out, (uint8_t)event->type);
	wf_put_u8(out, (uint8_t)mask);
	wf_put_time(out, event->at, 0);
	if (mask & EV_STEP)
		wf_put_varint(out, event->step);
	if (mask & EV_ATTEMPT)
		wf_put_varint(out, event->attempt);
	if (mask & EV_RETRY_AFTER)
		wf_put_varint(out, event->retry_after_ms);
	if (mask & EV_RANDOM)
		wf_put_u32(out, event->random);
	if (mask & EV_DATA)
		wf_put_json(out, event->data);
	wf_put_varint(out, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct wf_transition *t = &transitions[i];
		bool of_step = t->step != WF_NONE;
		wf_put_u8(out, transition_head(t));
		if (of_step)
			wf_put_varint(out, t->step);
		wf_put_varint(out, t->value);
	}
}

static uint32_t get_step(struct wf_reader *r)
{
	uint32_t step = wf_get_u32_varint(r);
	if (step == WF_NONE)
		r->bad = true;
	return step;
}

static void get_transitions(struct wf_reader *r, struct wf_record *t)
{
	uint64_t count = wf_get_varint(r);
	if (r->bad || count > (r->len - r->off) / 2) { /* each takes two bytes or more */
		r->bad = true;
		return;
	}
	t->count = (uint32_t)count;
	t->transitions = wf_calloc(t->count, sizeof(*t->transitions));
	for (uint32_t i = 0; i < t->count && !r->bad; i++) {
		struct wf_transition *x = &t->transitions[i];
		unsigned head = wf_get_u8(r);
		if (transition_type(head) >= WF_TRANS_COUNT_) {
			r->bad = true;
			return;
		}
		x->type = (enum wf_transition_type)transition_type(head);
		x->step = head & TR_STEP ? get_step(r) : WF_NONE;
		x->value = wf_get_varint(r);
	}
}

int wf_record_get(const void *bytes, size_t n, struct wf_record *ret)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_record t = {0};
	unsigned type = wf_get_u8(&r);
	unsigned mask = wf_get_u8(&r);
	struct wf_event *e = &t.event;
	e->at = wf_get_time(&r, 0);
	e->step = mask & EV_STEP ? get_step(&r) : WF_NONE;
	e->attempt = mask & EV_ATTEMPT ? wf_get_u32_varint(&r) : 0;
	e->retry_after_ms = mask & EV_RETRY_AFTER ? wf_get_varint(&r) : 0;
	e->random = mask & EV_RANDOM ? wf_get_u32(&r) : 0;
	e->data = mask & EV_DATA ? wf_get_json(&r) : NULL;
	e->held = mask & EV_HELD;
	get_transitions(&r, &t);
	if (r.bad || r.off != r.len || type >= WF_EVENT_COUNT_ || mask > EV_ALL ||
		!!e->attempt != !!(mask & EV_ATTEMPT) ||
		!!e->retry_after_ms != !!(mask & EV_RETRY_AFTER) ||
		!!e->random != !!(mask & EV_RANDOM)) {
		wf_record_done(&t);
		return WF_ECORRUPT;
	}
	e->type = (enum wf_event_type)type;
	*ret = t;
	return 0;
}

void wf_record_done(struct wf_record *r)
{
	json_decref(r->event.data);
	wf_free(r->transitions);
	*r = (struct wf_record){0};
}

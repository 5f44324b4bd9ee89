/*
 * The threads of an instance that may run stand in a queue. A turn takes a bounded number of them out;
 * the others are marked ready, and a CONTINUE takes them up again.
 */
#include "engine/core.h"

#include "base/limits.h"
#include "base/mem.h"

#define TURN_THREADS 1000u          /* threads that a turn takes up, at most */
#define TURN_BYTES (8u << 20)       /* of results that it makes, about */

void wf_core_wake(struct wf_core *c, uint32_t thread)
{
	WF_GROW(c->queue, c->queue_count, c->queue_room);
	c->queue[c->queue_count++] = thread;
}

static bool did_enough(const struct wf_core *c)
{
	return c->queue_at >= TURN_THREADS || c->made_bytes > TURN_BYTES ||
		c->vm.steps_left < WF_MAX_EVAL_STEPS / 2;
}

void wf_core_run_queue(struct wf_core *c)
{
	while (c->queue_at < c->queue_count) {
		struct wf_thread *t = &c->in->threads[c->queue[c->queue_at]];
		if (did_enough(c)) {
			t->dirty |= !t->done;
			t->ready = !t->done;
			c->queue_at++;
			continue;
		}
		uint32_t thread = c->queue[c->queue_at++];
		if (t->done)
			continue;
		wf_core_take(c, thread);
		wf_core_run(c);
	}
}

int wf_core_continue(struct wf_core *c, struct wf_cause *cause)
{
	struct wf_instance *in = c->in;
	for (uint32_t i = 0; i < in->thread_count; i++) {
		if (!in->threads[i].ready)
			continue;
		in->threads[i].ready = false;
		in->threads[i].dirty = true;
		wf_core_wake(c, i);
	}
	return c->queue_count || wf_core_undo_ready(in) ? 0
		: wf_fail(cause, WF_ECONFLICT, "no thread of it is ready");
}

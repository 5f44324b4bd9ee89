/*
 * The rows of an instance as bytes, writer beside reader. The layouts are drawn in
 * journal-format.md. A row begins with a mask of the fields that are there; a field at its default
 * is left out, so that each state has one spelling.
 */
#include "state/rows.h"

#include "base/limits.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "state/event.h"

#include <string.h>

/* -- header -- */

enum {
	HD_RESULT = 1,
	HD_STARTED = 2,
	HD_ENDED = 4,
	HD_TIMEOUT = 8,
	HD_FAILED_STEP = 16,
	HD_OUTPUT = 32,
	HD_ERROR = 64,
	HD_OWNER = 128,
	HD_THREAD_DONE = 256,
	HD_WAIT = 512,
	HD_THREAD_STEP = 1024,
	HD_SIDE_THREADS = 2048,
	HD_MAIN = 4096,         /* more of the first thread: a thread's row */
	HD_GROUPS = 8192,
	HD_UNDOS = 16384,
	HD_UNWIND = 32768,
	HD_EXPIRES = 65536,
	HD_ALL = 131071
};
#define MAX_THREADS (1u << 20)

/* As many threads, the ones behind the first with rows of their own to come. */
static void set_thread_count(struct wf_instance *in, uint32_t count)
{
	while (in->thread_count < count)
		(void)wf_instance_add_thread(in);
	in->thread_count = count;
	for (uint32_t i = 1; i < count; i++)
		in->threads[i].dirty = false;
}

#define MAX_UNDOS (1u << 24)

void wf_row_put_header(const struct wf_instance *in, struct wf_buf *out)
{
	unsigned mask = (in->result ? HD_RESULT : 0u) | (in->started_at ? HD_STARTED : 0u) |
		(in->ended_at ? HD_ENDED : 0u) | (in->timeout_at ? HD_TIMEOUT : 0u) |
		(in->failed_step != WF_NONE ? HD_FAILED_STEP : 0u) |
		(in->output ? HD_OUTPUT : 0u) | (in->error ? HD_ERROR : 0u) |
		(in->owner ? HD_OWNER : 0u) | (in->threads->done ? HD_THREAD_DONE : 0u) |
		(in->wait ? HD_WAIT : 0u) | (in->threads->step != WF_NONE ? HD_THREAD_STEP : 0u) |
		(in->thread_count > 1 ? HD_SIDE_THREADS : 0u) |
		(wf_thread_plain(in->threads) ? 0u : HD_MAIN) | (in->group_count ? HD_GROUPS : 0u) |
		(in->undo_count ? HD_UNDOS : 0u) | (in->unwind_as ? HD_UNWIND : 0u) |
		(in->expires_at ? HD_EXPIRES : 0u);
	wf_put_varint(out, mask);
	wf_put_u8(out, (uint8_t)in->status);
	wf_put_time(out, in->updated_at, 0);
	wf_put_varint(out, in->history);
	wf_put_varint(out, in->threads->pc);
	if (mask & HD_THREAD_STEP)
		wf_put_varint(out, in->threads->step);
	if (mask & HD_SIDE_THREADS)
		wf_put_varint(out, in->thread_count - 1);
	if (mask & HD_WAIT)
		wf_put_u8(out, (uint8_t)in->wait);
	if (mask & HD_STARTED)
		wf_put_time(out, in->started_at, in->updated_at);
	if (mask & HD_ENDED)
		wf_put_time(out, in->ended_at, in->updated_at);
	if (mask & HD_TIMEOUT)
		wf_put_time(out, in->timeout_at, in->updated_at);
	if (mask & HD_FAILED_STEP)
		wf_put_varint(out, in->failed_step);
	if (mask & HD_OWNER)
		wf_put_u64(out, in->owner);
	if (mask & HD_RESULT)
		wf_put_string(out, in->result);
	if (mask & HD_OUTPUT)
		wf_put_json(out, in->output);
	if (mask & HD_ERROR)
		wf_put_json(out, in->error);
	if (mask & HD_MAIN)
		wf_put_thread_more(in->threads, out);
	if (mask & HD_GROUPS)
		wf_put_varint(out, in->group_count);
	if (mask & HD_UNDOS)
		wf_put_varint(out, in->undo_count);
	if (mask & HD_UNWIND)
		wf_put_u8(out, (uint8_t)(in->unwind << 4 | in->unwind_as));
	if (mask & HD_EXPIRES)
		wf_put_time(out, in->expires_at, in->updated_at);
}

int wf_row_get_header(const void *bytes, size_t n, struct wf_instance *in)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	unsigned mask = wf_get_u32_varint(&r);
	unsigned status = get_enum(&r, WF_INST_COUNT_);
	int64_t updated = wf_get_time(&r, 0);
	uint64_t history = wf_get_varint(&r);
	uint32_t pc = wf_get_u32_varint(&r);
	uint32_t step = mask & HD_THREAD_STEP ? wf_get_u32_but(&r, WF_NONE) : WF_NONE;
	uint32_t side = mask & HD_SIDE_THREADS ? wf_get_u32_but(&r, 0) : 0;
	unsigned wait = mask & HD_WAIT ? get_enum(&r, WF_WAIT_COUNT_) : 0;
	int64_t started = mask & HD_STARTED ? wf_get_time_nonzero(&r, updated) : 0;
	int64_t ended = mask & HD_ENDED ? wf_get_time_nonzero(&r, updated) : 0;
	int64_t timeout = mask & HD_TIMEOUT ? wf_get_time_nonzero(&r, updated) : 0;
	uint32_t failed = mask & HD_FAILED_STEP ? wf_get_u32_but(&r, WF_NONE) : WF_NONE;
	uint64_t owner = mask & HD_OWNER ? wf_get_u64(&r) : 0;
	char *result = get_if(&r, mask, HD_RESULT);
	json_t *output = mask & HD_OUTPUT ? wf_get_json(&r) : NULL;
	json_t *error = mask & HD_ERROR ? wf_get_json(&r) : NULL;
	struct wf_thread main = wf_thread_at(pc);
	if (mask & HD_MAIN)
		wf_get_thread_more(&r, &main);
	main.step = step;
	main.done = mask & HD_THREAD_DONE;
	uint32_t groups = mask & HD_GROUPS ? wf_get_u32_but(&r, 0) : 0;
	uint32_t undos = mask & HD_UNDOS ? wf_get_u32_but(&r, 0) : 0;
	unsigned unwinding = mask & HD_UNWIND ? wf_get_u8(&r) : 0;
	unsigned as = unwinding & 15;
	int64_t expires = mask & HD_EXPIRES ? wf_get_time_nonzero(&r, updated) : 0;
	bool good = ended_well(&r) && mask <= HD_ALL && !!as == !!(mask & HD_UNWIND) &&
		unwinding >> 4 < WF_UNWIND_COUNT_ && as < WF_INST_COUNT_ &&
		groups <= WF_MAX_STEPS && undos <= MAX_UNDOS &&
		wf_thread_plain(&main) == !(mask & HD_MAIN) && !!owner == !!(mask & HD_OWNER) &&
		!!wait == !!(mask & HD_WAIT) && side < MAX_THREADS && (ended || !expires);
	if (good) {
		set_thread_count(in, 1 + side);
		in->status = (enum wf_instance_status)status;
		in->wait = (enum wf_wait)wait;
		in->updated_at = updated;
		in->started_at = started;
		in->ended_at = ended;
		in->timeout_at = timeout;
		in->expires_at = expires;
		in->history = history;
		in->threads[0] = main;
		in->threads[0].dirty = false;
		wf_instance_drop_parts(in);
		wf_instance_need_groups(in, groups);
		wf_instance_make_undo(in, undos);
		in->unwind = (uint8_t)(unwinding >> 4);
		in->unwind_as = (uint8_t)as;
		in->failed_step = failed;
		in->owner = owner;
		swap_text(&in->result, &result);
		swap_json(&in->output, &output);
		swap_json(&in->error, &error);
	}
	wf_free(result);
	json_decref(output);
	json_decref(error);
	return good ? 0 : WF_ECORRUPT;
}

/* -- step -- */

enum {
	ST_WAIT = 1,
	ST_ATTEMPTS = 2,
	ST_VISITS = 4,          /* absent: 1 */
	ST_STARTED = 8,
	ST_ATTEMPT_AT = 16,
	ST_ENDED = 32,
	ST_DUE = 64,
	ST_OUTPUT = 128,
	ST_INPUT = 256,
	ST_KEY = 512,
	ST_ERROR = 1024,
	ST_APPROVAL = 2048,
	ST_SPENT = 4096,
	ST_CHILD = 8192,
	ST_ALL = 16383
};

void wf_row_put_step(const struct wf_step_state *s, struct wf_buf *out)
{
	unsigned mask = (s->wait ? ST_WAIT : 0u) | (s->attempts ? ST_ATTEMPTS : 0u) |
		(s->visits != 1 ? ST_VISITS : 0u) | (s->started_at ? ST_STARTED : 0u) |
		(s->attempt_at ? ST_ATTEMPT_AT : 0u) | (s->ended_at ? ST_ENDED : 0u) |
		(s->due_at ? ST_DUE : 0u) | (s->output ? ST_OUTPUT : 0u) |
		(s->input ? ST_INPUT : 0u) | (s->key ? ST_KEY : 0u) |
		(s->error ? ST_ERROR : 0u) | (s->approval ? ST_APPROVAL : 0u) |
		(s->spent ? ST_SPENT : 0u) | (s->child ? ST_CHILD : 0u);
	wf_put_varint(out, mask);
	wf_put_u8(out, (uint8_t)s->status);
	if (mask & ST_WAIT)
		wf_put_u8(out, (uint8_t)s->wait);
	if (mask & ST_ATTEMPTS)
		wf_put_varint(out, s->attempts);
	if (mask & ST_VISITS)
		wf_put_varint(out, s->visits);
	if (mask & ST_SPENT)
		wf_put_varint(out, s->spent);
	if (mask & ST_STARTED)
		wf_put_time(out, s->started_at, 0);
	if (mask & ST_ATTEMPT_AT)
		wf_put_time(out, s->attempt_at, s->started_at);
	if (mask & ST_ENDED)
		wf_put_time(out, s->ended_at, s->started_at);
	if (mask & ST_DUE)
		wf_put_time(out, s->due_at, s->started_at);
	if (mask & ST_INPUT)
		wf_put_json(out, s->input);
	if (mask & ST_KEY)
		wf_put_string(out, s->key);
	if (mask & ST_OUTPUT)
		wf_put_json(out, s->output);
	if (mask & ST_ERROR)
		wf_put_json(out, s->error);
	if (mask & ST_APPROVAL)
		wf_put_approval(out, s->approval);
	if (mask & ST_CHILD)
		wf_put_varint(out, s->child);
}

static void step_done(struct wf_step_state *s)
{
	json_decref(s->input);
	json_decref(s->output);
	json_decref(s->error);
	wf_free(s->key);
	wf_approval_free(s->approval);
}

int wf_row_get_step(const void *bytes, size_t n, struct wf_step_state *s)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_step_state t = {0};
	unsigned mask = wf_get_u32_varint(&r);
	t.status = (enum wf_step_status)get_enum(&r, WF_STEP_COUNT_);
	t.wait = (enum wf_wait)(mask & ST_WAIT ? get_enum(&r, WF_WAIT_COUNT_) : 0);
	t.attempts = mask & ST_ATTEMPTS ? wf_get_u32_but(&r, 0) : 0;
	t.visits = mask & ST_VISITS ? wf_get_u32_but(&r, 1) : 1;
	t.spent = mask & ST_SPENT ? wf_get_u32_but(&r, 0) : 0;
	t.started_at = mask & ST_STARTED ? wf_get_time_nonzero(&r, 0) : 0;
	t.attempt_at = mask & ST_ATTEMPT_AT ? wf_get_time_nonzero(&r, t.started_at) : 0;
	t.ended_at = mask & ST_ENDED ? wf_get_time_nonzero(&r, t.started_at) : 0;
	t.due_at = mask & ST_DUE ? wf_get_time_nonzero(&r, t.started_at) : 0;
	t.input = mask & ST_INPUT ? wf_get_json(&r) : NULL;
	t.key = get_if(&r, mask, ST_KEY);
	t.output = mask & ST_OUTPUT ? wf_get_json(&r) : NULL;
	t.error = mask & ST_ERROR ? wf_get_json(&r) : NULL;
	t.approval = mask & ST_APPROVAL ? wf_get_approval(&r) : NULL;
	t.child = mask & ST_CHILD ? wf_get_varint(&r) : 0;
	bool good = ended_well(&r) && mask <= ST_ALL && !!t.wait == !!(mask & ST_WAIT) &&
		!!t.child == !!(mask & ST_CHILD);
	if (!good) {
		step_done(&t);
		return WF_ECORRUPT;
	}
	t.dirty = s->dirty;
	t.stored = s->stored;
	t.pending = s->pending;
	step_done(s);
	*s = t;
	return 0;
}

/* -- variable -- */

void wf_row_put_var(const struct wf_var *v, struct wf_buf *out)
{
	wf_put_u8(out, v->value != NULL);
	wf_put_string(out, v->name);
	if (v->value)
		wf_put_json(out, v->value);
}

int wf_row_get_var(const void *bytes, size_t n, struct wf_var *v)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	unsigned mask = wf_get_u8(&r);
	char *name = wf_get_string(&r);
	json_t *value = mask ? wf_get_json(&r) : NULL;
	bool good = ended_well(&r) && mask <= 1;
	if (good) {
		swap_text(&v->name, &name);
		swap_json(&v->value, &value);
	}
	wf_free(name);
	json_decref(value);
	return good ? 0 : WF_ECORRUPT;
}

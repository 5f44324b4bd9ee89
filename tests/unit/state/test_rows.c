/* Rows and history records: round trips, strictness, equality. */
#include "base/json.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "state/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct wf_instance *sample(void)
{
	struct wf_instance *in = wf_instance_new(3);
	in->number = 7;
	in->uuid = wf_uuid_new(1763633525123);
	memset(in->plan_id, 0xa5, sizeof(in->plan_id));
	in->workflow = wf_strdup("deploy");
	in->version = wf_strdup("2.0.1");
	in->tenant = wf_strdup("acme");
	in->environment = wf_strdup("default");
	in->correlation_id = wf_strdup("order-9");
	in->started_by = wf_strdup("ana");
	in->os_user = wf_strdup("ana");
	in->folder = wf_strdup("/srv/deploy");
	in->created_at = 1763633525123;
	in->input = json_pack("{s:i, s:[s,n,b]}", "n", 3, "list", "x", 1);
	in->event = json_string("by hand");
	in->status = WF_INST_WAITING;
	in->wait = WF_WAIT_APPROVAL;
	in->result = wf_strdup("success");
	in->started_at = in->created_at + 1;
	in->ended_at = in->created_at - 5;
	in->updated_at = in->created_at + 70000;
	in->timeout_at = INT64_MAX;
	in->failed_step = 2;
	in->output = json_real(1.5);
	in->error = json_pack("{s:s}", "type", "ExecError");
	in->owner = 0xfedcba9876543210;
	in->history = 300;
	in->threads[0] = (struct wf_thread){12, 1, true, false};

	struct wf_step_state *s = &in->steps[1];
	s->status = WF_STEP_WAITING;
	s->wait = WF_WAIT_APPROVAL;
	s->attempts = 2;
	s->visits = 4;
	s->started_at = in->created_at + 10;
	s->attempt_at = in->created_at + 20;
	s->ended_at = INT64_MIN;
	s->due_at = in->created_at + 86400000;
	s->input = json_array();
	s->key = wf_strdup("k-1");
	s->output = json_null();
	s->error = json_false();
	s->approval = wf_calloc(1, sizeof(*s->approval));
	*s->approval = (struct wf_approval){.number = 9,
		.groups = json_pack("[{s:i, s:[s,s]}]", "needed", 2, "asked", "bo", "cy"), .decisions = json_array(),
		.message = wf_strdup("Ship it?"), .details = json_object(),
		.opened_at = in->created_at + 11, .due_at = in->created_at + 99, .decided_at = 5};
	wf_instance_touch(in, 1);
	wf_instance_set_var(in, "count", NULL);
	json_t *v = json_integer(41);
	wf_instance_set_var(in, "total", v);
	json_decref(v);
	return in;
}

/* Encodes every row of `in` and decodes it into a new instance. */
static struct wf_instance *copy(const struct wf_instance *in)
{
	struct wf_instance *out = wf_instance_new(0);
	WF_AUTOBUF struct wf_buf b = {0};
	wf_row_put_identity(in, &b);
	assert_int_equal(wf_row_get_identity(b.data, b.len, out), 0);
	out->number = in->number;
	wf_buf_reset(&b);
	wf_row_put_input(in, &b);
	assert_int_equal(wf_row_get_input(b.data, b.len, out), 0);
	wf_buf_reset(&b);
	wf_row_put_header(in, &b);
	assert_int_equal(wf_row_get_header(b.data, b.len, out), 0);
	for (uint32_t i = 0; i < in->step_count; i++) {
		wf_buf_reset(&b);
		wf_row_put_step(&in->steps[i], &b);
		assert_int_equal(wf_row_get_step(b.data, b.len, &out->steps[i]), 0);
	}
	for (uint32_t i = 0; i < in->var_count; i++) {
		wf_buf_reset(&b);
		wf_row_put_var(&in->vars[i], &b);
		WF_GROW(out->vars, out->var_count, out->var_room);
		out->vars[i] = (struct wf_var){0};
		assert_int_equal(wf_row_get_var(b.data, b.len, &out->vars[i]), 0);
		out->var_count++;
	}
	return out;
}

static void round_trip(void **state)
{
	(void)state;
	struct wf_instance *a = sample(), *b = copy(a), *c = wf_instance_new(0);
	assert_true(wf_instance_equal(a, b, NULL));
	assert_int_equal(b->owner, a->owner);
	assert_int_equal(b->history, a->history);
	struct wf_instance *d = copy(c);
	assert_true(wf_instance_equal(c, d, NULL));
	assert_false(wf_instance_equal(a, d, NULL));
	wf_instance_free(a);
	wf_instance_free(b);
	wf_instance_free(c);
	wf_instance_free(d);
}

static void differences_are_named(void **state)
{
	(void)state;
	struct wf_instance *a = sample(), *b = copy(a);
	char *where = NULL;
	b->steps[1].attempts++;
	assert_false(wf_instance_equal(a, b, &where));
	assert_string_equal(where, "step 1: attempts");
	wf_free(where);
	b->steps[1].attempts--;
	b->owner = 0;
	b->history = 0;
	b->steps[1].approval->number = 0;
	assert_true(wf_instance_equal(a, b, NULL));
	json_t *v = json_integer(42);
	wf_instance_set_var(b, "total", v);
	json_decref(v);
	assert_false(wf_instance_equal(a, b, &where));
	assert_string_equal(where, "variable total");
	wf_free(where);
	wf_instance_free(a);
	wf_instance_free(b);
}

/* Every prefix, and the row with a byte more, is refused; the target stays as it was. */
static void strict(void **state)
{
	(void)state;
	struct wf_instance *in = sample(), *other = copy(in);
	WF_AUTOBUF struct wf_buf b = {0};
#define REFUSES(put, get)                                                                          \
	do {                                                                                       \
		wf_buf_reset(&b);                                                                  \
		put;                                                                               \
		size_t len = b.len;                                                                \
		for (size_t n = 0; n < len; n++) {                                                 \
			char *exact = wf_alloc(n);                                                 \
			memcpy(exact, b.data, n);                                                  \
			const char *bytes = exact;                                                 \
			assert_int_equal(get, WF_ECORRUPT);                                        \
			wf_free(exact);                                                            \
		}                                                                                  \
		wf_put_u8(&b, 0);                                                                  \
		size_t n = b.len;                                                                  \
		const char *bytes = b.data;                                                        \
		assert_int_equal(get, WF_ECORRUPT);                                                \
	} while (0)
	REFUSES(wf_row_put_identity(in, &b), wf_row_get_identity(bytes, n, other));
	REFUSES(wf_row_put_input(in, &b), wf_row_get_input(bytes, n, other));
	REFUSES(wf_row_put_header(in, &b), wf_row_get_header(bytes, n, other));
	REFUSES(wf_row_put_step(&in->steps[1], &b), wf_row_get_step(bytes, n, &other->steps[1]));
	REFUSES(wf_row_put_var(&in->vars[1], &b), wf_row_get_var(bytes, n, &other->vars[1]));
	assert_true(wf_instance_equal(in, other, NULL));
	wf_instance_free(in);
	wf_instance_free(other);
}

/* Any single byte changed: refused, or read as something that is written back the same. */
static void one_spelling(void **state)
{
	(void)state;
	struct wf_instance *in = sample();
	in->input = (json_decref(in->input), NULL);
	WF_AUTOBUF struct wf_buf b = {0};
	WF_AUTOBUF struct wf_buf again = {0};
	wf_row_put_header(in, &b);
	for (size_t i = 0; i < b.len; i++) {
		for (unsigned v = 0; v < 256; v++) {
			char kept = b.data[i];
			b.data[i] = (char)v;
			struct wf_instance *t = wf_instance_new(0);
			if (wf_row_get_header(b.data, b.len, t) == 0 && !t->output && !t->error) {
				wf_buf_reset(&again);
				wf_row_put_header(t, &again);
				assert_int_equal(again.len, b.len);
				assert_memory_equal(again.data, b.data, b.len);
			}
			wf_instance_free(t);
			b.data[i] = kept;
		}
	}
	wf_instance_free(in);
}

static void long_json(void **state)
{
	(void)state;
	for (size_t n = 120; n < 20000; n = n < 140 ? n + 1 : n * 3) {
		char *text = wf_alloc(n);
		memset(text, 'x', n);
		struct wf_var v = {.name = wf_strdup("v"), .value = json_stringn(text, n)}, w = {0};
		WF_AUTOBUF struct wf_buf b = {0};
		wf_row_put_var(&v, &b);
		assert_int_equal(wf_row_get_var(b.data, b.len, &w), 0);
		assert_true(json_equal(v.value, w.value));
		json_decref(v.value);
		json_decref(w.value);
		wf_free(v.name);
		wf_free(w.name);
		wf_free(text);
	}
}

static void records(void **state)
{
	(void)state;
	struct wf_transition t[] = {{WF_TRANS_INSTANCE_STATUS, WF_NONE, WF_INST_RUNNING},
		{WF_TRANS_STEP_STATUS, 0, WF_STEP_COMPLETED}, {WF_TRANS_RETRY_AT, 70000, 1u << 20}};
	struct wf_event e = {.type = WF_EVENT_FAILURE, .at = 1763633525123, .random = 77,
		.step = 3, .attempt = 2, .retry_after_ms = 1500,
		.data = json_pack("{s:s}", "code", "429")};
	WF_AUTOBUF struct wf_buf b = {0};
	wf_record_put(&e, t, 3, &b);
	struct wf_record r;
	assert_int_equal(wf_record_get(b.data, b.len, &r), 0);
	assert_int_equal(r.event.type, e.type);
	assert_int_equal(r.event.at, e.at);
	assert_int_equal(r.event.random, 77);
	assert_int_equal(r.event.step, 3);
	assert_int_equal(r.event.attempt, 2);
	assert_int_equal(r.event.retry_after_ms, 1500);
	assert_true(json_equal(r.event.data, e.data));
	assert_int_equal(r.count, 3);
	assert_memory_equal(r.transitions, t, sizeof(t));
	wf_record_done(&r);
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(wf_record_get(b.data, n, &r), WF_ECORRUPT);
	for (size_t i = 0; i < b.len; i++) {
		b.data[i] ^= 0x55;
		if (wf_record_get(b.data, b.len, &r) == 0)
			wf_record_done(&r);
		b.data[i] ^= 0x55;
	}
	json_decref(e.data);
}

static void marks_and_timers(void **state)
{
	(void)state;
	struct wf_instance *in = wf_instance_new(3);
	assert_int_equal(wf_instance_due(in), 0);
	in->timeout_at = 500;
	in->steps[2].due_at = 300;
	in->steps[0].due_at = 400;
	assert_int_equal(wf_instance_due(in), 300);
	wf_instance_touch(in, 2);
	wf_instance_touch(in, 2);
	assert_int_equal(in->dirty_count, 1);
	in->status = WF_INST_FAILED;
	assert_int_equal(wf_instance_due(in), 0);
	wf_instance_free(in);
	wf_instance_free(NULL);
	assert_string_equal(wf_step_status_name(WF_STEP_IN_DOUBT), "in_doubt");
	assert_int_equal(wf_instance_status_find("cancelled"), WF_INST_CANCELLED);
	assert_int_equal(wf_instance_status_find("success"), WF_INST_COUNT_);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(differences_are_named),
		cmocka_unit_test(strict),
		cmocka_unit_test(one_spelling),
		cmocka_unit_test(long_json),
		cmocka_unit_test(records),
		cmocka_unit_test(marks_and_timers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
	in->start_key = wf_strdup("order-9/1");
	in->slots = json_pack("[{s:s, s:i}]", "name", "deploy/eu", "limit", 2);
	in->schedule = 12;
	in->first_event = 300;
	in->created_at = 1763633525123;
	in->input = json_pack("{s:i, s:[s,n,b]}", "n", 3, "list", "x", 1);
	in->event = json_string("by hand");
	in->connections = json_pack("{s:{s:s}}", "erp", "base_url", "http://erp");
	in->status = WF_INST_WAITING;
	in->wait = WF_WAIT_APPROVAL;
	in->result = wf_strdup("success");
	in->started_at = in->created_at + 1;
	in->ended_at = in->created_at - 5;
	in->updated_at = in->created_at + 70000;
	in->timeout_at = INT64_MAX;
	in->expires_at = in->created_at + 2592000000;
	in->failed_step = 2;
	in->output = json_real(1.5);
	in->error = json_pack("{s:s}", "type", "ExecError");
	in->owner = 0xfedcba9876543210;
	in->history = 300;
	in->threads[0] = wf_thread_at(12);
	in->threads[0].step = 1;
	in->threads[0].done = true;

	(void)wf_instance_add_thread(in);
	in->threads[wf_instance_add_thread(in)] = wf_thread_at(70000);
	in->threads[2].step = 2;

	struct wf_step_state *s = &in->steps[1];
	s->status = WF_STEP_WAITING;
	s->spent = 3;
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
		.groups = json_pack("[{s:i, s:[s,s]}, {s:s, s:i, s:[s]}]", "needed", 2, "asked", "bo",
			"cy", "name", "board", "needed", 1, "asked", "di"),
		.parallel = true, .group = 1, .decisions = json_array(), .deny_initiator = true,
		.reject_counts = true, .auto_approve = true, .escalated = 3, .reminded = 200,
		.remind_at = in->created_at + 50, .message = wf_strdup("Ship it?"),
		.details = json_object(), .opened_at = in->created_at + 11,
		.due_at = in->created_at + 99, .decided_at = 5};
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
	assert_int_equal(out->thread_count, in->thread_count);
	for (uint32_t i = 1; i < in->thread_count; i++) {
		wf_buf_reset(&b);
		wf_row_put_thread(&in->threads[i], &b);
		assert_int_equal(wf_row_get_thread(b.data, b.len, &out->threads[i]), 0);
	}
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

/* Each field that is compared, changed alone, is told. */
static void every_field_is_compared(void **state)
{
	(void)state;
	struct wf_instance *a = sample(), *b = copy(a);
#define TELLS(change, back)                                                                        \
	do {                                                                                       \
		change;                                                                            \
		assert_false(wf_instance_equal(a, b, NULL));                                       \
		back;                                                                              \
		assert_true(wf_instance_equal(a, b, NULL));                                        \
	} while (0)
	struct wf_approval *p = b->steps[1].approval;
	json_t *group = json_array_get(p->groups, 0);
	TELLS(b->start_key[0]++, b->start_key[0]--);
	TELLS(b->schedule++, b->schedule--);
	TELLS(json_array_append(b->slots, b->input), json_array_remove(b->slots, 1));
	TELLS(b->threads[0].pc++, b->threads[0].pc--);
	TELLS(b->threads[2].pc++, b->threads[2].pc--);
	TELLS(b->threads[2].step++, b->threads[2].step--);
	TELLS(b->threads[2].done = true, b->threads[2].done = false);
	TELLS(b->thread_count--, b->thread_count++);
	TELLS(b->steps[1].spent++, b->steps[1].spent--);
	TELLS(p->parallel = false, p->parallel = true);
	TELLS(p->group++, p->group--);
	TELLS(p->deny_initiator = false, p->deny_initiator = true);
	TELLS(p->reject_counts = false, p->reject_counts = true);
	TELLS(p->auto_approve = false, p->auto_approve = true);
	TELLS(p->escalated++, p->escalated--);
	TELLS(p->reminded++, p->reminded--);
	TELLS(p->remind_at++, p->remind_at--);
	TELLS(json_integer_set(json_object_get(group, "needed"), 1),
		json_integer_set(json_object_get(group, "needed"), 2));
#undef TELLS
	wf_instance_free(a);
	wf_instance_free(b);
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
	REFUSES(wf_row_put_thread(&in->threads[2], &b),
		wf_row_get_thread(bytes, n, &other->threads[2]));
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

/* The same of a thread's row, byte by byte, and of an approval's flags. */
static void one_spelling_of_threads_and_approvals(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		for (unsigned n = 2; n < 4; n++) {
			uint8_t bytes[3] = {(uint8_t)first, 5, 6};
			struct wf_thread t = {0};
			WF_AUTOBUF struct wf_buf b = {0};
			if (wf_row_get_thread(bytes, n, &t))
				continue;
			wf_row_put_thread(&t, &b);
			assert_int_equal(b.len, n);
			assert_memory_equal(b.data, bytes, n);
		}
	}
	struct wf_instance *in = sample();
	struct wf_step_state *s = &in->steps[1], other = {0};
	json_decref(s->approval->groups);
	static const char *const wrong[] = {"{}", "[1]", "[{}]", "[{\"needed\":1}]",
		"[{\"needed\":-1,\"asked\":[]}]", "[{\"needed\":5000000000,\"asked\":[]}]"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		WF_AUTOBUF struct wf_buf b = {0};
		s->approval->groups = json_loads(wrong[i], 0, NULL);
		wf_row_put_step(s, &b);
		assert_int_equal(wf_row_get_step(b.data, b.len, &other), WF_ECORRUPT);
		json_decref(s->approval->groups);
	}
	s->approval->groups = NULL;
	wf_instance_free(in);
}

/* A step's row as the first format wrote it: one group, its number before everything else. */
static void the_first_format_is_read(void **state)
{
	(void)state;
	WF_AUTOBUF struct wf_buf b = {0};
	wf_put_varint(&b, 2048);      /* an approval */
	wf_put_u8(&b, WF_STEP_WAITING);
	wf_put_u8(&b, 1 | 2 | 4 | 8 | 32); /* number, approvers, decisions, message, due */
	wf_put_varint(&b, 2);         /* needed */
	wf_put_varint(&b, 2000);      /* opened: 1000 */
	wf_put_varint(&b, 9);         /* number */
	wf_put_varint(&b, 14);        /* due: 1007 */
	wf_put_string(&b, "[\"bo\",\"cy\"]");
	wf_put_string(&b, "[{\"by\":\"bo\",\"decision\":\"approve\"}]");
	wf_put_string(&b, "Ship it?");
	struct wf_instance *in = wf_instance_new(1);
	assert_int_equal(wf_row_get_step(b.data, b.len, in->steps), 0);
	const struct wf_approval *a = in->steps->approval;
	assert_int_equal(a->number, 9);
	assert_int_equal(a->opened_at, 1000);
	assert_int_equal(a->due_at, 1007);
	assert_string_equal(a->message, "Ship it?");
	assert_int_equal(wf_approval_group_count(a), 1);
	assert_int_equal(wf_approval_needed(a), 2);
	assert_int_equal(wf_approval_given(a), 1);
	assert_false(wf_approval_asks(a, "bo"));
	assert_true(wf_approval_asks(a, "cy"));
	wf_instance_free(in);
}

static struct wf_approval approval_of(const char *groups, const char *decisions)
{
	struct wf_approval a = {.groups = json_loads(groups, 0, NULL),
		.decisions = json_loads(decisions, 0, NULL)};
	assert_non_null(a.groups);
	assert_non_null(a.decisions);
	return a;
}

static void who_is_asked(void **state)
{
	(void)state;
	struct wf_approval a = approval_of(
		"[{\"needed\":1,\"asked\":[\"a\",\"b\"]},{\"needed\":2,\"asked\":[\"b\",\"c\"]}]",
		"[{\"by\":\"a\",\"decision\":\"approve\",\"group\":0},"
		"{\"by\":\"a\",\"decision\":\"withdraw\",\"group\":0},"
		"{\"by\":\"b\",\"decision\":\"approve\",\"group\":1},"
		"{\"by\":\"c\",\"decision\":\"delegate\",\"to\":\"d\",\"group\":1}]");
	assert_true(wf_approval_asks(&a, "a"));
	assert_true(wf_approval_asks(&a, "b"));
	assert_false(wf_approval_asks(&a, "c"));
	assert_null(wf_approval_vote(&a, 0, "a"));
	assert_string_equal(wf_approval_vote(&a, 1, "b"), "approve");
	a.group = 1;
	assert_false(wf_approval_asks(&a, "a"));
	assert_false(wf_approval_asks(&a, "b"));
	assert_true(wf_approval_asks(&a, "c"));
	assert_int_equal(wf_approval_approved(&a, 1), 1);
	a.parallel = true;
	assert_true(wf_approval_asks(&a, "a"));
	json_t *names = wf_approval_names(&a), *asked = wf_approval_asked(&a);
	assert_int_equal(json_array_size(names), 3);
	assert_int_equal(json_array_size(asked), 3);
	json_decref(asked);
	a.decided_at = 5;
	asked = wf_approval_asked(&a);
	assert_int_equal(json_array_size(asked), 0);
	json_decref(asked);
	json_decref(names);
	json_decref(a.groups);
	json_decref(a.decisions);
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
		.step = 3, .attempt = 2, .retry_after_ms = 1500, .held = true,
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
	assert_true(r.event.held);
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
	assert_int_equal(wf_instance_due_step(in), WF_NONE);
	in->timeout_at = 500;
	in->steps[2].due_at = 300;
	in->steps[0].due_at = 400;
	assert_int_equal(wf_instance_due(in), 300);
	assert_int_equal(wf_instance_due_step(in), 2);
	in->timeout_at = 300;
	assert_int_equal(wf_instance_due_step(in), WF_NONE);
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
		cmocka_unit_test(every_field_is_compared),
		cmocka_unit_test(one_spelling_of_threads_and_approvals),
		cmocka_unit_test(the_first_format_is_read),
		cmocka_unit_test(who_is_asked),
		cmocka_unit_test(strict),
		cmocka_unit_test(one_spelling),
		cmocka_unit_test(long_json),
		cmocka_unit_test(records),
		cmocka_unit_test(marks_and_timers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The heap of drives by their earliest timer. */
#include "base/mem.h"
#include "runtime/drive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MANY = 200 };

static struct wf_drive *drive_due(struct wf_runtime *rt, int64_t at)
{
	struct wf_instance *in = wf_instance_new(1);
	in->status = WF_INST_RUNNING;
	in->timeout_at = at;
	struct wf_drive *d = wf_drive_new(NULL, in);
	wf_drive_link(rt, d);
	return d;
}

static void the_earliest_comes_first_whatever_changes(void **state)
{
	(void)state;
	struct wf_runtime rt = {0};
	struct wf_drive *all[MANY];
	uint32_t seed = 1;
	for (uint32_t i = 0; i < MANY; i++) {
		seed = seed * 1664525u + 1013904223u;
		all[i] = drive_due(&rt, i % 7 ? 1 + seed % 1000 : 0);
	}
	for (uint32_t i = 0; i < MANY; i += 3) {
		seed = seed * 1664525u + 1013904223u;
		all[i]->in->timeout_at = i % 2 ? 0 : 1 + seed % 1000;
		wf_due_update(&rt, all[i]);
	}
	uint32_t waiting = 0;
	for (uint32_t i = 0; i < MANY; i++)
		waiting += all[i]->in->timeout_at != 0;
	assert_int_equal(rt.due_count, waiting);
	int64_t last = 0;
	for (struct wf_drive *d; (d = wf_due_first(&rt)); waiting--) {
		assert_true(d->due >= last);
		assert_int_equal(d->due, d->in->timeout_at);
		last = d->due;
		wf_drive_unlink(&rt, d);
		wf_drive_free(d);
	}
	assert_int_equal(waiting, 0);
	while (rt.drives) {
		struct wf_drive *d = rt.drives;
		wf_drive_unlink(&rt, d);
		wf_drive_free(d);
	}
	assert_int_equal(rt.drive_count, 0);
	wf_free(rt.due);
}

static void what_is_touched_is_listed_once_and_in_order(void **state)
{
	(void)state;
	struct wf_runtime rt = {0};
	struct wf_drive *a = drive_due(&rt, 0), *b = drive_due(&rt, 0), *c = drive_due(&rt, 0);
	wf_drive_touch(&rt, c);
	wf_drive_touch(&rt, a);
	wf_drive_touch(&rt, b);
	wf_drive_touch(&rt, c);
	assert_ptr_equal(rt.touched, c);
	assert_ptr_equal(c->next_touched, a);
	wf_drive_untouch(&rt, a);
	assert_ptr_equal(c->next_touched, b);
	assert_ptr_equal(rt.last_touched, b);
	struct wf_drive *all[] = {a, b, c};
	for (size_t i = 0; i < 3; i++) {
		wf_drive_unlink(&rt, all[i]);
		wf_drive_free(all[i]);
	}
	assert_null(rt.touched);
	assert_null(rt.last_touched);
	wf_free(rt.due);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_earliest_comes_first_whatever_changes),
		cmocka_unit_test(what_is_touched_is_listed_once_and_in_order),
	};
	return cmocka_run_group_tests_name("due", tests, NULL, NULL);
}

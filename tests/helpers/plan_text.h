/* For unit tests: a plan from its text, or the test fails. Include after cmocka.h. */
#ifndef TESTS_PLAN_TEXT_H
#define TESTS_PLAN_TEXT_H

#include "plan/plan.h"

#include <string.h>

static inline struct wf_plan *plan_of_text(const char *text)
{
	struct wf_buf bytes = {0};
	struct wf_cause cause = {0};
	struct wf_plan *plan = NULL;
	if (wf_plan_assemble(text, strlen(text), &bytes, &cause) ||
		wf_plan_load(bytes.data, bytes.len, &plan, &cause))
		fail_msg("%s\nin:\n%s", cause.text, text);
	wf_buf_done(&bytes);
	return plan;
}

#endif

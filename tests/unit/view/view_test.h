/* What the tests of lib/view share. */
#ifndef WF_TEST_VIEW_H
#define WF_TEST_VIEW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "view/style.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The buffer's text, which is emptied for the next use; NULL-safe. */
static inline void assert_text(struct wf_buf *b, const char *wanted)
{
	assert_string_equal(b->data ? b->data : "", wanted);
	wf_buf_reset(b);
}

static inline json_t *parse(const char *text)
{
	json_t *value = NULL;
	struct wf_cause cause = { 0 };
	if (wf_json_parse(text, strlen(text), &value, &cause) < 0)
		fail_msg("%s: %s", text, cause.text);
	return value;
}

static inline int utc(void **state)
{
	(void)state;
	(void)setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

#endif

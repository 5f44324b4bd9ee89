/* Inside lib/effect: from statuses and bytes to typed errors and JSON text. */
#ifndef WF_EFFECT_CLASSIFY_H
#define WF_EFFECT_CLASSIFY_H

#include "effect/effect.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of an output or a body that go into an error's details. */
#define WF_DETAIL_BYTES 4096

/* Makes the result a failure; ok, output and what was in details before are left alone. */
void wf_result_fail(struct wf_effect_result *r, enum wf_error_type type, const char *code,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The type of an HTTP status that was not expected (semantics.md, Errors). */
enum wf_error_type wf_status_type(unsigned status);

/* Retry-After: seconds, or an HTTP date (RFC 9110, IMF-fixdate) seen from now_ms. 0 when it is neither
 * or in the past. */
uint64_t wf_retry_after(const char *value, int64_t now_ms);

/* A JSON string of any bytes: what is not UTF-8, and NUL, becomes U+FFFD. */
json_t *wf_text_json(const void *bytes, size_t n);
/* The same of the last (first) `max` bytes, cut between characters. */
json_t *wf_tail_json(const void *bytes, size_t n, size_t max);
json_t *wf_head_json(const void *bytes, size_t n, size_t max);

#endif

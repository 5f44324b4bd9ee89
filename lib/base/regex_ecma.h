/* ECMA-262 patterns (unicode mode), checked and written again for PCRE2. Private to base and the
 * schema formats. */
#ifndef WF_BASE_REGEX_ECMA_H
#define WF_BASE_REGEX_ECMA_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Appends the pattern for PCRE2 (UTF, dollar-endonly, unset back references match nothing) to
 * `out`.
 *
 * `strict` keeps to the standard's unicode mode to the letter, which is what the format "regex"
 * asserts. Otherwise what people commonly write is taken too, as far as its meaning is plain: an
 * escaped punctuation mark, and { } ] standing for themselves.
 *
 * WF_ESYNTAX with what is wrong and at which byte; WF_EINVAL when it is not UTF-8. `out` may have
 * grown on failure.
 */
int wf_regex_ecma_translate(
	const char *pattern, size_t n, bool strict, struct wf_buf *out, struct wf_cause *cause);

#endif

/*
 * Regular expressions: PCRE2 in UTF mode, with match and depth limits so that no pattern or subject
 * can run for ever.
 */
#ifndef WF_BASE_REGEX_H
#define WF_BASE_REGEX_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct wf_regex;

/* The dialect: WF_REGEX_ECMA translates what ECMA-262 (unicode mode) writes otherwise (\d, \w, \s
 * by its rules, \cX, \uXXXX, \u{...}, $ only at the end, \p{...} names); WF_REGEX_PERL is PCRE2's
 * own. */
enum wf_regex_dialect { WF_REGEX_PERL, WF_REGEX_ECMA };

/* WF_ESYNTAX with PCRE2's message and offset in the cause. */
int wf_regex_new(const char *pattern, size_t n, enum wf_regex_dialect dialect,
	struct wf_regex **ret, struct wf_cause *cause);
void wf_regex_free(struct wf_regex *re); /* NULL is allowed */

/* Searches anywhere in the subject. 1 found, 0 not found, WF_ELIMIT when a limit was hit, WF_EINVAL
 * when the subject is not UTF-8. */
int wf_regex_search(const struct wf_regex *re, const char *subject, size_t n);

#endif

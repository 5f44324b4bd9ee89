/*
 * Regular expressions: PCRE2 in UTF mode, with match and depth limits so that no pattern or subject
 * can run for ever.
 */
#ifndef WF_BASE_REGEX_H
#define WF_BASE_REGEX_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wf_regex;

/* The dialect: WF_REGEX_ECMA translates what ECMA-262 (unicode mode) writes otherwise (\d, \w, \s
 * by its rules, \cX, \uXXXX, \u{...}, $ only at the end, \p{...} names); WF_REGEX_PERL is PCRE2's
 * own. */
enum wf_regex_dialect { WF_REGEX_PERL, WF_REGEX_ECMA };

/* WF_ESYNTAX with PCRE2's message and offset in the cause. */
int wf_regex_new(const char *pattern, size_t n, enum wf_regex_dialect dialect,
	struct wf_regex **ret, struct wf_cause *cause);
void wf_regex_free(struct wf_regex *re); /* NULL is allowed */

/* As wf_regex_new, with flags. */
#define WF_REGEX_CASELESS 1u
#define WF_REGEX_MULTILINE 2u /* ^ and $ at every line */
int wf_regex_new_with(const char *pattern, size_t n, enum wf_regex_dialect dialect, unsigned flags,
	struct wf_regex **ret, struct wf_cause *cause);

/* Searches anywhere in the subject. 1 found, 0 not found, WF_ELIMIT when a limit was hit, WF_EINVAL
 * when the subject is not UTF-8. */
int wf_regex_search(const struct wf_regex *re, const char *subject, size_t n);

/* Groups of the pattern that capture, the whole match not counted. */
uint32_t wf_regex_groups(const struct wf_regex *re);

/* Searches from the byte `from` on. The subject is valid UTF-8 (it is not looked at again, so that
 * many searches of one long text stay cheap) and `from` the first byte of a character, or n. 1:
 * spans[2 * i] and spans[2 * i + 1] are where group i (0: the whole) begins and ends, for the first
 * `room` groups; SIZE_MAX for one that took no part. 0 not found, WF_ELIMIT when a limit was hit.
 * *ret_work is what a search cost that was not over quickly (tens of millions at most, before the
 * limit), 0 otherwise. */
int wf_regex_find(const struct wf_regex *re, const char *subject, size_t n, size_t from,
	size_t *spans, size_t room, size_t *ret_work);

/* Appends the text (valid UTF-8) with every letter in upper or lower case, by Unicode's simple
 * mappings. */
struct wf_buf;
void wf_regex_recase(const char *text, size_t n, bool upper, struct wf_buf *out);

#endif

/* Text: UTF-8, "did you mean". */
#ifndef WF_BASE_TEXT_H
#define WF_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
 * *ret_bad (may be NULL) is the offset of the first byte that is not. */
bool wf_utf8_valid(const char *s, size_t n, size_t *ret_bad);

/* The code point at s (n > 0 bytes of valid UTF-8) and its length in bytes. */
uint32_t wf_utf8_next(const char *s, size_t n, size_t *ret_len);

/* Number of code points of valid UTF-8. */
size_t wf_utf8_count(const char *s, size_t n);

/* The candidate nearest to `word` by edit distance (insert, delete, replace, swap of neighbours
 * each cost 1, case counts half), or NULL when none is near enough to be meant: at most a third of
 * the word's length, and at least 1; a word that differs in case alone is always near, one that
 * shares nothing never. Ties go to the first. `candidates` may hold NULLs. */
const char *wf_nearest(const char *word, const char *const *candidates, size_t count);

#endif

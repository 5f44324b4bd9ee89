/* What the files of the ECMA-262 reader share (regex_ecma*.c). Nothing else includes it. */
#ifndef WF_BASE_REGEX_ECMA_READER_H
#define WF_BASE_REGEX_ECMA_READER_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ECMA_NEST_MAX 200         /* groups in one another */
#define ECMA_NO_POINT 0xffffffffu /* no character */
#define ECMA_NOTHING "(?!)"       /* for PCRE2: what never matches */

/* A named group. */
struct ecma_name {
	const char *text; /* of the pattern */
	size_t n;
	unsigned group;
};

struct ecma_reader {
	const char *s; /* the pattern, n bytes, valid UTF-8 */
	size_t n, i;   /* i: of the next byte to read */
	bool strict;
	struct wf_buf *out;
	struct wf_cause *cause;
	struct ecma_name *names;
	size_t name_count, name_room;
	unsigned groups; /* that capture, in the whole pattern */
	/* Whether a closing parenthesis leaves something that may be repeated. */
	bool repeatable[ECMA_NEST_MAX];
	unsigned depth;
};

/* The byte so many further on; -1 behind the end. */
static inline int ecma_peek(const struct ecma_reader *r, size_t ahead)
{
	return r->i + ahead < r->n ? (unsigned char)r->s[r->i + ahead] : -1;
}

/* Goes over the text when it stands here. */
static inline bool ecma_eat(struct ecma_reader *r, const char *text)
{
	size_t n = strlen(text);

	if (r->n - r->i < n || memcmp(r->s + r->i, text, n) != 0)
		return false;
	r->i += n;
	return true;
}

static inline bool ecma_digit(int c)
{
	return c >= '0' && c <= '9';
}

static inline bool ecma_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ecma_surrogate(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

/* Fails with WF_ESYNTAX: what is wrong, and at which byte. */
int wf_ecma_wrong(struct ecma_reader *r, size_t at, const char *what);
/* Writes a character that stands for itself. */
void wf_ecma_put_point(struct ecma_reader *r, uint32_t c);

/* -- regex_ecma_class.c -- */

/* An escape that stands for one character, after the backslash. ECMA_NO_POINT, and r->i anywhere,
 * when it is none. */
uint32_t wf_ecma_character_escape(struct ecma_reader *r, bool in_class);
/* An escape that stands for a set (\d \s \w \p and their opposites), after the backslash: 1 when it
 * was one and is written, 0 when not, negative on failure. */
int wf_ecma_set_escape(struct ecma_reader *r, bool in_class);
/* A class, after its opening bracket. */
int wf_ecma_class(struct ecma_reader *r);

/* -- regex_ecma_property.c -- */

/* {NAME} or {PROPERTY=VALUE}, after \p or (negated) \P. */
int wf_ecma_property(struct ecma_reader *r, bool negated);

#endif

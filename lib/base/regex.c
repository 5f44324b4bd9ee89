/*
 * PCRE2 with bounds.
 *
 * PCRE2 counts its match limit anew at every starting position, so the limit alone does not bound a
 * search through a long subject. A search therefore runs twice at most: once with a limit that is
 * divided by the subject's length, and, only when that one was hit, position by position, where a few
 * positions may use the full limit. Both passes depend on the pattern and the subject alone, never on
 * a clock: a replay decides the same.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "base/regex.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/regex_ecma.h"

#include <pcre2.h>
#include <stdatomic.h>
#include <stdint.h>

#define PATTERN_MAX (1u << 16)       /* bytes of a pattern as written */
#define COMPILED_FROM_MAX (1u << 20) /* bytes of a pattern as PCRE2 gets it */
#define FULL_LIMIT 2000000u          /* match steps at one position */
#define TOTAL_LIMIT 20000000u        /* match steps of the first pass, all positions together */
#define LEAST_LIMIT 2000u
#define FULL_TRIES 8u                /* positions of the second pass that may use FULL_LIMIT */
#define HEAP_KIB (64u << 10)
#define NEST_MAX 200u

/* What a search needs beside the pattern. Kept with the pattern between searches. */
struct scratch {
	pcre2_match_data *data;
	pcre2_match_context *context;
};

struct slot {
	_Atomic(struct scratch *) scratch;
};

struct wf_regex {
	pcre2_code *code;
	struct slot *slot;
};

static void *give(size_t size, void *data)
{
	(void)data;
	return wf_alloc(size);
}

static void take_back(void *p, void *data)
{
	(void)data;
	wf_free(p);
}

static pcre2_code *compile(const char *pattern, size_t n, uint32_t options, int *ret_error,
	size_t *ret_offset)
{
	pcre2_general_context *memory = pcre2_general_context_create(give, take_back, NULL);
	pcre2_compile_context *context = pcre2_compile_context_create(memory);
	pcre2_code *code;

	(void)pcre2_set_max_pattern_length(context, COMPILED_FROM_MAX);
	(void)pcre2_set_parens_nest_limit(context, NEST_MAX);
	code = pcre2_compile((PCRE2_SPTR)pattern, n, options, ret_error, ret_offset, context);
	pcre2_compile_context_free(context);
	pcre2_general_context_free(memory);
	return code;
}

int wf_regex_new(const char *pattern, size_t n, enum wf_regex_dialect dialect,
	struct wf_regex **ret, struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf translated = {0};
	uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
	struct wf_regex *re;
	pcre2_code *code;
	int error = 0;
	size_t offset = 0;

	if (n > PATTERN_MAX)
		return wf_fail(cause, WF_ELIMIT, "a pattern of %zu bytes, at most %u are allowed", n,
			PATTERN_MAX);
	if (dialect == WF_REGEX_ECMA) {
		int err = wf_regex_ecma_translate(pattern, n, false, &translated, cause);

		if (err < 0)
			return err;
		wf_buf_addstr(&translated, "");
		options |= PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF;
		code = compile(translated.data, translated.len, options, &error, &offset);
	} else {
		code = compile(pattern, n, options, &error, &offset);
	}
	if (!code) {
		PCRE2_UCHAR text[200];

		if (pcre2_get_error_message(error, text, sizeof(text)) < 0)
			text[0] = 0;
		if (dialect == WF_REGEX_ECMA) /* the offset is one of the translation */
			return wf_fail(cause, WF_ESYNTAX, "%s", (const char *)text);
		return wf_fail(cause, WF_ESYNTAX, "%s at offset %zu", (const char *)text, offset);
	}
	re = wf_calloc(1, sizeof(*re));
	re->code = code;
	re->slot = wf_calloc(1, sizeof(*re->slot));
	*ret = re;
	return 0;
}

static void scratch_free(struct scratch *s)
{
	if (!s)
		return;
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
	wf_free(s);
}

void wf_regex_free(struct wf_regex *re)
{
	if (!re)
		return;
	scratch_free(atomic_load(&re->slot->scratch));
	wf_free(re->slot);
	pcre2_code_free(re->code);
	wf_free(re);
}

static struct scratch *scratch_take(const struct wf_regex *re)
{
	struct scratch *s = atomic_exchange(&re->slot->scratch, NULL);
	pcre2_general_context *memory;

	if (s)
		return s;
	memory = pcre2_general_context_create(give, take_back, NULL);
	s = wf_alloc(sizeof(*s));
	s->data = pcre2_match_data_create(1, memory);
	s->context = pcre2_match_context_create(memory);
	(void)pcre2_set_heap_limit(s->context, HEAP_KIB);
	pcre2_general_context_free(memory);
	return s;
}

static void scratch_put(const struct wf_regex *re, struct scratch *s)
{
	scratch_free(atomic_exchange(&re->slot->scratch, s));
}

static int match(const struct wf_regex *re, struct scratch *s, const char *subject, size_t n,
	size_t from, uint32_t options, uint32_t limit)
{
	int rc;

	(void)pcre2_set_match_limit(s->context, limit);
	(void)pcre2_set_depth_limit(s->context, limit);
	rc = pcre2_match(re->code, (PCRE2_SPTR)subject, n, from, options, s->data, s->context);
	if (rc >= 0)
		return 1;
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21)
		return WF_EINVAL;
	return WF_ELIMIT;
}

static int match_slowly(const struct wf_regex *re, struct scratch *s, const char *subject, size_t n,
	uint32_t limit)
{
	const uint32_t options = PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK;
	unsigned full = 0;

	for (size_t at = 0; at <= n; at++) {
		int rc;

		if (at < n && ((unsigned char)subject[at] & 0xc0) == 0x80)
			continue; /* inside a character */
		rc = match(re, s, subject, n, at, options, limit);
		if (rc == WF_ELIMIT && full++ < FULL_TRIES)
			rc = match(re, s, subject, n, at, options, FULL_LIMIT);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int wf_regex_search(const struct wf_regex *re, const char *subject, size_t n)
{
	struct scratch *s = scratch_take(re);
	uint32_t limit = FULL_LIMIT;
	int rc;

	if (n >= TOTAL_LIMIT / LEAST_LIMIT)
		limit = LEAST_LIMIT;
	else if (n >= TOTAL_LIMIT / FULL_LIMIT)
		limit = (uint32_t)(TOTAL_LIMIT / n);
	rc = match(re, s, subject, n, 0, 0, limit);
	if (rc == WF_ELIMIT)
		rc = match_slowly(re, s, subject, n, limit);
	scratch_put(re, s);
	return rc;
}

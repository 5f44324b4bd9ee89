/*
 * PCRE2 with bounds.
 *
 * PCRE2's match limit counts backtracking, anew at every starting position, and not at all the
 * characters that a repeat runs over; so alone it does not bound a search. Short subjects are
 * searched with a limit divided by their length. Long ones, and those that hit that limit, are
 * searched with the pattern compiled a second time with a callout before each of its items, which
 * adds up the whole work. All of it depends on the pattern and the subject alone, never on a clock:
 * a replay decides the same.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "base/regex.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/regex_ecma.h"

#include <pcre2.h>
#include <stdatomic.h>
#include <stdint.h>

#define PATTERN_MAX (1u << 16)	     /* bytes of a pattern as written */
#define COMPILED_FROM_MAX (1u << 20) /* bytes of a pattern as PCRE2 gets it */
#define SHORT 8192u		     /* bytes of a subject that is searched without counting */
#define SHORT_LIMIT 8000000u	     /* match steps, all starting positions together */
#define QUICK_LIMIT 100000u	     /* the same, where what costs more is to be counted */
#define QUICK_LIMIT_EACH 200u	     /* at least, from one starting position */
#define WORK_MAX 30000000u	     /* items tried and characters run over, when counted */
#define HEAP_KIB (64u << 10)
#define NEST_MAX 200u

/* What a search needs beside the pattern. Kept with the pattern between searches. */
struct scratch {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_code *counting; /* with callouts; NULL until needed */
	size_t work, last;
};

struct slot {
	_Atomic(struct scratch *) scratch;
};

struct wf_regex {
	pcre2_code *code;
	char *pattern; /* as PCRE2 got it */
	size_t pattern_len;
	uint32_t options;
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

static pcre2_code *compile(
	const char *pattern, size_t n, uint32_t options, int *ret_error, size_t *ret_offset)
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
	return wf_regex_new_with(pattern, n, dialect, 0, ret, cause);
}

int wf_regex_new_with(const char *pattern, size_t n, enum wf_regex_dialect dialect, unsigned flags,
	struct wf_regex **ret, struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf translated = {0};
	uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C |
			   (flags & WF_REGEX_CASELESS ? PCRE2_CASELESS : 0u) |
			   (flags & WF_REGEX_MULTILINE ? PCRE2_MULTILINE : 0u);
	struct wf_regex *re;
	pcre2_code *code;
	int error = 0;
	size_t offset = 0;

	if (n > PATTERN_MAX)
		return wf_fail(cause, WF_ELIMIT, "a pattern of %zu bytes, at most %u are allowed",
			n, PATTERN_MAX);
	if (dialect == WF_REGEX_ECMA) {
		int err = wf_regex_ecma_translate(pattern, n, false, &translated, cause);

		if (err < 0)
			return err;
		options |= PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF;
	} else {
		wf_buf_add(&translated, pattern, n);
	}
	wf_buf_addstr(&translated, ""); /* not NULL */
	code = compile(translated.data, translated.len, options, &error, &offset);
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
	re->options = options;
	re->pattern_len = translated.len;
	re->pattern = wf_buf_take(&translated);
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
	pcre2_code_free(s->counting);
	wf_free(s);
}

void wf_regex_free(struct wf_regex *re)
{
	if (!re)
		return;
	scratch_free(atomic_load(&re->slot->scratch));
	wf_free(re->slot);
	wf_free(re->pattern);
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
	s = wf_calloc(1, sizeof(*s));
	s->data = pcre2_match_data_create_from_pattern(re->code, memory);
	s->context = pcre2_match_context_create(memory);
	(void)pcre2_set_heap_limit(s->context, HEAP_KIB);
	pcre2_general_context_free(memory);
	return s;
}

static void scratch_put(const struct wf_regex *re, struct scratch *s)
{
	scratch_free(atomic_exchange(&re->slot->scratch, s));
}

static int match(struct scratch *s, const pcre2_code *code, const char *subject, size_t n,
	size_t from, uint32_t options, uint32_t limit)
{
	int rc;

	(void)pcre2_set_match_limit(s->context, limit);
	(void)pcre2_set_depth_limit(s->context, limit);
	rc = pcre2_match(code, (PCRE2_SPTR)subject, n, from, options, s->data, s->context);
	if (rc >= 0)
		return 1;
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21)
		return WF_EINVAL;
	return WF_ELIMIT;
}

static int count(pcre2_callout_block *at, void *data)
{
	struct scratch *s = data;

	s->work++;
	if (at->current_position > s->last)
		s->work += at->current_position - s->last;
	s->last = at->current_position;
	return s->work > WORK_MAX ? PCRE2_ERROR_CALLOUT : 0;
}

static int match_counting(const struct wf_regex *re, struct scratch *s, const char *subject,
	size_t n, size_t from, uint32_t options)
{
	int error, rc;
	size_t offset;

	if (!s->counting)
		s->counting = compile(re->pattern, re->pattern_len,
			re->options | PCRE2_AUTO_CALLOUT, &error, &offset);
	if (!s->counting) /* the callouts make it too large */
		return WF_ELIMIT;
	s->work = 0;
	s->last = from;
	(void)pcre2_set_callout(s->context, count, s);
	rc = match(s, s->counting, subject, n, from, options, WORK_MAX);
	(void)pcre2_set_callout(s->context, NULL, NULL);
	return rc;
}

/* The limit is of all starting positions together; `least` is what each has in any case. */
static int search(const struct wf_regex *re, struct scratch *s, const char *subject, size_t n,
	size_t from, uint32_t options, uint32_t limit, uint32_t least)
{
	int rc = WF_ELIMIT;
	uint32_t each = limit / (uint32_t)(n - from <= SHORT ? n - from + 1 : 1);

	s->work = 0;
	if (n - from <= SHORT)
		rc = match(s, re->code, subject, n, from, options, each > least ? each : least);
	if (rc == WF_ELIMIT)
		rc = match_counting(re, s, subject, n, from, options);
	return rc;
}

int wf_regex_search(const struct wf_regex *re, const char *subject, size_t n)
{
	struct scratch *s = scratch_take(re);
	int rc = search(re, s, subject, n, 0, 0, SHORT_LIMIT, 0);

	scratch_put(re, s);
	return rc;
}

uint32_t wf_regex_groups(const struct wf_regex *re)
{
	uint32_t count = 0;

	(void)pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &count);
	return count;
}

int wf_regex_find(const struct wf_regex *re, const char *subject, size_t n, size_t from,
	size_t *spans, size_t room, size_t *ret_work)
{
	struct scratch *s = scratch_take(re);
	int rc = search(re, s, subject, n, from, PCRE2_NO_UTF_CHECK, QUICK_LIMIT, QUICK_LIMIT_EACH);

	if (rc > 0) {
		const PCRE2_SIZE *found = pcre2_get_ovector_pointer(s->data);
		size_t count = pcre2_get_ovector_count(s->data);

		for (size_t i = 0; i < 2 * room; i++)
			spans[i] = i < 2 * count ? found[i] : SIZE_MAX;
	}
	*ret_work = s->work;
	scratch_put(re, s);
	return rc;
}

void wf_regex_recase(const char *text, size_t n, bool upper, struct wf_buf *out)
{
	int error;
	size_t offset, len = 3 * n + 1; /* no simple mapping makes a character longer than that */
	pcre2_code *code = compile("(?s).+", 6, PCRE2_UTF, &error, &offset);
	char *at = wf_buf_extend(out, len);
	const char *how = upper ? "\\U$0" : "\\L$0";

	if (!code || pcre2_substitute(code, (PCRE2_SPTR)text, n, 0,
			     PCRE2_SUBSTITUTE_EXTENDED | PCRE2_NO_UTF_CHECK, NULL, NULL,
			     (PCRE2_SPTR)how, 4, (PCRE2_UCHAR *)at, &len) < 0) {
		memcpy(at, text, n);
		len = n;
	}
	pcre2_code_free(code);
	out->len = (size_t)(at - out->data) + len;
	out->data[out->len] = '\0';
}

/* The parts of a line of assembly: words, numbers, strings, labels. */
#include "plan/asm.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

int wf_asm_syntax(struct wf_assembler *a, uint32_t line,
	const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return wf_fail(a->cause, WF_ESYNTAX, "line %u: %s", line, text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void wf_asm_skip(struct wf_assembler *a)
{
	while (a->at < a->end && is_blank(*a->at))
		a->at++;
}

/* The next word; empty at the line's end. */
size_t wf_asm_word(struct wf_assembler *a, const char **ret)
{
	wf_asm_skip(a);
	*ret = a->at;
	while (a->at < a->end && !is_blank(*a->at))
		a->at++;
	return (size_t)(a->at - *ret);
}

/* The next word's place in a table of names. */
int wf_asm_choice(struct wf_assembler *a, const char *const *names, size_t count, size_t *ret)
{
	const char *word;
	size_t n = wf_asm_word(a, &word);
	for (size_t i = 0; i < count; i++) {
		if (word_is(word, n, names[i])) {
			*ret = i;
			return 0;
		}
	}
	return SYNTAX(a, "`%.*s` is not what may stand here", (int)n, word);
}

bool wf_asm_take(struct wf_assembler *a, const char *word)
{
	const char *before = a->at, *next;
	size_t n = wf_asm_word(a, &next);
	bool same = word_is(next, n, word);
	if (!same)
		a->at = before;
	return same;
}

/* A word as a string, for the find functions of ops.h. */
int wf_asm_name(struct wf_assembler *a, char *ret, size_t room)
{
	const char *word;
	size_t n = wf_asm_word(a, &word);
	if (n == 0 || n >= room)
		return SYNTAX(a, "a name is missing");
	memcpy(ret, word, n);
	ret[n] = '\0';
	return 0;
}

int wf_asm_number(struct wf_assembler *a, const char *digits, size_t n, uint64_t *ret)
{
	uint64_t value = 0;
	bool bad = n == 0;
	for (size_t i = 0; i < n && !bad; i++)
		bad = digits[i] < '0' || digits[i] > '9' ||
			__builtin_mul_overflow(value, UINT64_C(10), &value) ||
			__builtin_add_overflow(value, (uint64_t)(digits[i] - '0'), &value);
	if (bad)
		return SYNTAX(a, "`%.*s` is not a number", (int)n, digits);
	*ret = value;
	return 0;
}

int wf_asm_u64(struct wf_assembler *a, uint64_t *ret)
{
	const char *word;
	size_t n = wf_asm_word(a, &word);
	return wf_asm_number(a, word, n, ret);
}

int wf_asm_to_u32(struct wf_assembler *a, uint64_t value, uint32_t *ret)
{
	if (value > UINT32_MAX)
		return SYNTAX(a, "a number is too large");
	*ret = (uint32_t)value;
	return 0;
}

int wf_asm_u32(struct wf_assembler *a, uint32_t *ret)
{
	uint64_t value = 0;
	int err = wf_asm_u64(a, &value);
	return err ? err : wf_asm_to_u32(a, value, ret);
}

static int parse_json(struct wf_assembler *a, const char *text, size_t n, json_t **ret)
{
	struct wf_cause why = {0};
	if (wf_json_parse(text, n, ret, &why))
		return SYNTAX(a, "%s", why.text);
	return 0;
}

/* The rest of the line. */
static int get_json(struct wf_assembler *a, json_t **ret)
{
	wf_asm_skip(a);
	const char *from = a->at;
	a->at = a->end;
	return parse_json(a, from, (size_t)(a->end - from), ret);
}

/* A JSON string; the caller owns it. */
int wf_asm_string(struct wf_assembler *a, char **ret)
{
	wf_asm_skip(a);
	const char *from = a->at;
	if (from == a->end || *from != '"')
		return SYNTAX(a, "a string in quotes is missing");
	for (a->at++; a->at < a->end && *a->at != '"'; a->at++)
		if (*a->at == '\\')
			a->at++;
	if (a->at >= a->end) {
		a->at = a->end;
		return SYNTAX(a, "a string has no end");
	}
	a->at++;
	json_t *value = NULL;
	int err = parse_json(a, from, (size_t)(a->at - from), &value);
	if (!err)
		*ret = wf_strdup(json_string_value(value));
	json_decref(value);
	return err;
}

int wf_asm_string_index(struct wf_assembler *a, uint32_t *ret)
{
	WF_AUTOFREE char *s = NULL;
	int err = wf_asm_string(a, &s);
	if (!err)
		*ret = wf_plan_add_string(&a->b, s);
	return err;
}

int wf_asm_const_index(struct wf_assembler *a, uint32_t *ret)
{
	json_t *value = NULL;
	int err = get_json(a, &value);
	if (!err)
		*ret = wf_plan_add_const(&a->b, value);
	json_decref(value);
	return err;
}

int wf_asm_step(struct wf_assembler *a, uint32_t *ret)
{
	WF_AUTOFREE char *id = NULL;
	int err = wf_asm_string(a, &id);
	if (err)
		return err;
	const json_t *index = json_object_get(a->steps, id);
	if (!index)
		return SYNTAX(a, "no step \"%s\" was declared above", id);
	*ret = (uint32_t)json_integer_value(index);
	return 0;
}

/* A label, put in when all are known. */
int wf_asm_label(struct wf_assembler *a, enum wf_asm_fixup_kind kind, uint32_t at)
{
	const char *word;
	size_t n = wf_asm_word(a, &word);
	if (n == 0)
		return SYNTAX(a, "a label is missing");
	WF_GROW(a->fixups, a->fixup_count, a->fixup_room);
	a->fixups[a->fixup_count++] = (struct wf_asm_fixup){kind, at, word, n, a->line};
	return 0;
}

int wf_asm_place(struct wf_assembler *a, uint32_t *ret_line, uint32_t *ret_column)
{
	const char *word;
	size_t n = wf_asm_word(a, &word);
	const char *colon = n ? memchr(word, ':', n) : NULL;
	uint64_t line = 0, column = 0;
	if (!colon)
		return SYNTAX(a, "a place is LINE:COLUMN");
	size_t first = (size_t)(colon - word);
	int err = wf_asm_number(a, word, first, &line);
	if (!err)
		err = wf_asm_number(a, colon + 1, n - first - 1, &column);
	if (!err)
		err = wf_asm_to_u32(a, line, ret_line);
	return err ? err : wf_asm_to_u32(a, column, ret_column);
}

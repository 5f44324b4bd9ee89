/*
 * A reader of ECMA-262 patterns (unicode mode) that writes the same pattern for PCRE2.
 *
 * It goes through the pattern once from left to right; what nests is a small stack of open groups.
 * Named groups become numbered ones, because the two dialects differ in what a name may be; a first
 * pass collects them, since a back reference may stand before its group. Lone surrogates, which a
 * pattern may name and UTF-8 text never holds, are written as what cannot match.
 */
#include "base/regex_ecma.h"

#include "base/mem.h"
#include "base/regex_ecma_reader.h"
#include "base/text.h"

#include <string.h>

#define REPEAT_MAX 65535u
#define LINE_ENDS "\\x{a}\\x{d}\\x{2028}\\x{2029}"

int wf_ecma_wrong(struct ecma_reader *r, size_t at, const char *what)
{
	return wf_fail(r->cause, WF_ESYNTAX, "%s at offset %zu", what, at);
}

void wf_ecma_put_point(struct ecma_reader *r, uint32_t c)
{
	if (c < 128 && (ecma_letter((int)c) || ecma_digit((int)c)))
		wf_buf_addch(r->out, (char)c);
	else
		wf_buf_printf(r->out, "\\x{%x}", (unsigned)c);
}

/* -- group names -- */

static bool name_valid(const char *s, size_t n)
{
	if (!n || ecma_digit((unsigned char)s[0]))
		return false;
	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)s[i];

		if (c < 128 && !ecma_letter(c) && !ecma_digit(c) && c != '_' && c != '$')
			return false;
	}
	return true;
}

static const struct ecma_name *name_find(const struct ecma_reader *r, const char *s, size_t n)
{
	for (size_t i = 0; i < r->name_count; i++)
		if (r->names[i].n == n && memcmp(r->names[i].text, s, n) == 0)
			return &r->names[i];
	return NULL;
}

static int collect_name(struct ecma_reader *r, size_t at)
{
	const char *end = memchr(r->s + at, '>', r->n - at);
	size_t n = end ? (size_t)(end - (r->s + at)) : 0;

	if (!name_valid(r->s + at, n))
		return wf_ecma_wrong(r, at, "a group's name is not valid");
	if (name_find(r, r->s + at, n))
		return wf_ecma_wrong(r, at, "two groups have the same name");
	WF_GROW(r->names, r->name_count, r->name_room);
	r->names[r->name_count++] = (struct ecma_name){r->s + at, n, r->groups};
	return 0;
}

static int collect_groups(struct ecma_reader *r)
{
	bool in_class = false;

	for (size_t i = 0; i < r->n; i++) {
		const char *s = r->s + i;
		size_t left = r->n - i;

		if (*s == '\\') {
			i++;
		} else if (in_class || *s == '[') {
			in_class = *s != ']';
		} else if (*s == '(' && (left < 2 || s[1] != '?')) {
			r->groups++;
		} else if (*s == '(' && left > 2 && s[2] == '<' &&
			   !(left > 3 && (s[3] == '=' || s[3] == '!'))) {
			int err;

			r->groups++;
			err = collect_name(r, i + 3);
			if (err < 0)
				return err;
		}
	}
	return 0;
}

/* -- groups -- */

static int open_group(struct ecma_reader *r)
{
	static const struct {
		const char *text;
		bool repeatable;
	} kinds[] = {{"?:", true}, {"?=", false}, {"?!", false}, {"?<=", false}, {"?<!", false}};
	size_t at = r->i - 1;

	if (r->depth == ECMA_NEST_MAX)
		return wf_ecma_wrong(r, at, "groups are nested too deeply");
	wf_buf_addch(r->out, '(');
	r->repeatable[r->depth] = true;
	if (ecma_peek(r, 0) == '?') {
		size_t k = 0, count = sizeof(kinds) / sizeof(*kinds);

		while (k < count && !ecma_eat(r, kinds[k].text))
			k++;
		if (k < count) {
			wf_buf_addstr(r->out, kinds[k].text);
			r->repeatable[r->depth] = kinds[k].repeatable;
		} else if (ecma_eat(r, "?<")) {
			/* The name was checked when the groups were collected. */
			r->i = (size_t)((const char *)memchr(r->s + r->i, '>', r->n - r->i) -
					r->s) +
			       1;
		} else {
			return wf_ecma_wrong(r, at, "no such kind of group");
		}
	}
	r->depth++;
	return 0;
}

/* -- repeats -- */

static bool number(struct ecma_reader *r, unsigned *ret)
{
	size_t from = r->i;
	unsigned v = 0;

	for (; ecma_digit(ecma_peek(r, 0)); r->i++)
		v = v > REPEAT_MAX ? v : v * 10 + (unsigned)(r->s[r->i] - '0');
	*ret = v;
	return r->i > from;
}

/* {n} {n,} {n,m}: 1 when one was written, 0 when there is none here, negative on failure. */
static int braces(struct ecma_reader *r)
{
	size_t at = r->i;
	unsigned least, most = 0;
	bool comma, bounded;

	r->i++;
	if (!number(r, &least))
		goto none;
	comma = ecma_eat(r, ",");
	bounded = comma && number(r, &most);
	if (!ecma_eat(r, "}"))
		goto none;
	if (bounded && most < least)
		return wf_ecma_wrong(r, at, "a repeat's bounds are out of order");
	if (least > REPEAT_MAX)
		return wf_ecma_wrong(r, at, "a repeat's bound is over 65535");
	if (!comma)
		wf_buf_printf(r->out, "{%u}", least);
	else if (!bounded || most > REPEAT_MAX)
		wf_buf_printf(r->out, "{%u,}", least);
	else
		wf_buf_printf(r->out, "{%u,%u}", least, most);
	return 1;
none:
	r->i = at;
	return 0;
}

/* A repeat after an atom, if there is one. */
static int repeat(struct ecma_reader *r, bool allowed)
{
	size_t at = r->i;
	int c = ecma_peek(r, 0), found = 0;

	if (c == '*' || c == '+' || c == '?') {
		wf_buf_addch(r->out, (char)c);
		r->i++;
		found = 1;
	} else if (c == '{') {
		found = braces(r);
	}
	if (found <= 0)
		return found;
	if (!allowed)
		return wf_ecma_wrong(r, at, "nothing to repeat");
	if (ecma_eat(r, "?"))
		wf_buf_addch(r->out, '?');
	return 0;
}

/* -- the whole -- */

/* \1 or \k<name>, after the backslash. */
static int back_reference(struct ecma_reader *r)
{
	size_t at = r->i - 1;
	unsigned group = 0;

	if (!ecma_eat(r, "k")) {
		(void)number(r, &group);
	} else if (ecma_peek(r, 0) == '<') {
		const char *name = r->s + r->i + 1;
		const char *end = memchr(name, '>', r->n - r->i - 1);
		const struct ecma_name *found =
			end ? name_find(r, name, (size_t)(end - name)) : NULL;

		if (found) {
			group = found->group;
			r->i = (size_t)(end - r->s) + 1;
		}
	}
	if (!group || group > r->groups)
		return wf_ecma_wrong(r, at, "a back reference to a group that is not there");
	wf_buf_printf(r->out, "\\g{%u}", group);
	return 0;
}

static int escape(struct ecma_reader *r, bool *ret_repeatable)
{
	size_t at = r->i - 1;
	int c = ecma_peek(r, 0), set;
	uint32_t point;

	*ret_repeatable = true;
	if (c == 'b' || c == 'B') {
		wf_buf_printf(r->out, "\\%c", c);
		r->i++;
		*ret_repeatable = false;
		return 0;
	}
	if ((c >= '1' && c <= '9') || c == 'k')
		return back_reference(r);
	set = wf_ecma_set_escape(r, false);
	if (set)
		return set < 0 ? set : 0;
	point = wf_ecma_character_escape(r, false);
	if (point == ECMA_NO_POINT)
		return wf_ecma_wrong(r, at, "no such escape");
	if (ecma_surrogate(point))
		wf_buf_addstr(r->out, ECMA_NOTHING);
	else
		wf_ecma_put_point(r, point);
	return 0;
}

/* One term: what can stand between two repeats. */
static int term(struct ecma_reader *r, bool *ret_repeatable)
{
	size_t at = r->i, len;
	uint32_t c = wf_utf8_next(r->s + r->i, r->n - r->i, &len);

	r->i += len;
	*ret_repeatable = false;
	if (c == '(')
		return open_group(r);
	if (c == ')') {
		if (!r->depth)
			return wf_ecma_wrong(r, at, "a parenthesis closes nothing");
		r->depth--;
		*ret_repeatable = r->repeatable[r->depth] || !r->strict;
		wf_buf_addch(r->out, ')');
		return 0;
	}
	if (c == '|' || c == '^' || c == '$') {
		wf_buf_addch(r->out, (char)c);
		return 0;
	}
	*ret_repeatable = true;
	if (c == '.')
		wf_buf_addstr(r->out, "[^" LINE_ENDS "]");
	else if (c == '[')
		return wf_ecma_class(r);
	else if (c == '\\')
		return escape(r, ret_repeatable);
	else if (c == '*' || c == '+' || c == '?')
		return wf_ecma_wrong(r, at, "nothing to repeat");
	else if (r->strict && (c == '{' || c == '}' || c == ']'))
		return wf_ecma_wrong(r, at, "a brace or bracket stands alone");
	else
		wf_ecma_put_point(r, c);
	return 0;
}

static int translate(struct ecma_reader *r)
{
	bool repeatable = false;
	int err = collect_groups(r);

	while (err >= 0 && r->i < r->n) {
		err = term(r, &repeatable);
		if (err >= 0)
			err = repeat(r, repeatable);
	}
	if (err >= 0 && r->depth)
		return wf_ecma_wrong(r, r->n, "a parenthesis is not closed");
	return err;
}

int wf_regex_ecma_translate(
	const char *pattern, size_t n, bool strict, struct wf_buf *out, struct wf_cause *cause)
{
	struct ecma_reader r = {.s = pattern, .n = n, .strict = strict, .out = out, .cause = cause};
	size_t bad = 0;
	int err;

	if (!wf_utf8_valid(pattern, n, &bad))
		return wf_fail(cause, WF_EINVAL, "a pattern is not UTF-8 at offset %zu", bad);
	err = translate(&r);
	wf_free(r.names);
	return err;
}

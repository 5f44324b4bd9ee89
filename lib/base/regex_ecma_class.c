/*
 * What stands for a character or a set of them in an ECMA-262 pattern: escapes for one character,
 * escapes for a set (\d \s \w \p), and classes in brackets.
 */
#include "base/regex_ecma_reader.h"

#include "base/text.h"

#include <string.h>

#define SPACES                                                                                     \
	"\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}"       \
	"\\x{205f}\\x{3000}\\x{feff}"
#define NOT_SPACES                                                                                 \
	"\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"           \
	"\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"             \
	"\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"
#define ANYTHING "[\\x{0}-\\x{10ffff}]"

/* -- escapes -- */

static int hex(int c)
{
	if (ecma_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static uint32_t hex_digits(struct ecma_reader *r, size_t count)
{
	uint32_t c = 0;

	for (size_t k = 0; k < count; k++) {
		int h = hex(ecma_peek(r, k));

		if (h < 0)
			return ECMA_NO_POINT;
		c = c << 4 | (uint32_t)h;
	}
	r->i += count;
	return c;
}

/* After \u. */
static uint32_t unicode_escape(struct ecma_reader *r)
{
	uint32_t c = 0, low;
	size_t digits = 0, back;

	if (!ecma_eat(r, "{")) {
		c = hex_digits(r, 4);
		if (c < 0xd800 || c > 0xdbff)
			return c;
		back = r->i;
		if (ecma_eat(r, "\\u")) {
			low = hex_digits(r, 4);
			if (low >= 0xdc00 && low <= 0xdfff)
				return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		}
		r->i = back;
		return c;
	}
	for (int h; (h = hex(ecma_peek(r, 0))) >= 0; r->i++, digits++) {
		c = c << 4 | (uint32_t)h;
		if (c > 0x10ffff)
			return ECMA_NO_POINT;
	}
	return digits && ecma_eat(r, "}") ? c : ECMA_NO_POINT;
}

uint32_t wf_ecma_character_escape(struct ecma_reader *r, bool in_class)
{
	static const char controls[] = "f\fn\nr\rt\tv\v";
	int c = ecma_peek(r, 0);

	for (const char *p = controls; *p; p += 2)
		if (c == *p) {
			r->i++;
			return (unsigned char)p[1];
		}
	if (c == 'b' && in_class) {
		r->i++;
		return 8;
	}
	if (c == '0' && !ecma_digit(ecma_peek(r, 1))) {
		r->i++;
		return 0;
	}
	if (c == 'c' && ecma_letter(ecma_peek(r, 1))) {
		r->i += 2;
		return (uint32_t)r->s[r->i - 1] & 31;
	}
	if (c == 'x') {
		r->i++;
		return hex_digits(r, 2);
	}
	if (c == 'u') {
		r->i++;
		return unicode_escape(r);
	}
	if (c > 0 && (strchr("^$\\.*+?()[]{}|/", c) || (c == '-' && in_class) ||
			     (!r->strict && c > 32 && c < 127 && !ecma_letter(c) &&
				     !ecma_digit(c)))) {
		r->i++;
		return (uint32_t)c;
	}
	return ECMA_NO_POINT;
}

int wf_ecma_set_escape(struct ecma_reader *r, bool in_class)
{
	int c = ecma_peek(r, 0), err;

	if (c <= 0 || !strchr("dDwWsSpP", c))
		return 0;
	r->i++;
	if (c == 'p' || c == 'P') {
		err = wf_ecma_property(r, c == 'P');
		return err < 0 ? err : 1;
	}
	if (c == 's' || c == 'S')
		wf_buf_printf(r->out, in_class ? "%s" : "[%s]", c == 's' ? SPACES : NOT_SPACES);
	else
		wf_buf_printf(r->out, "\\%c", c);
	return 1;
}

/* -- classes -- */

/* One member of a class: a point, or a set that is written at once (then ECMA_NO_POINT). */
static int class_atom(struct ecma_reader *r, uint32_t *ret)
{
	size_t at = r->i, len;
	int set;

	if (!ecma_eat(r, "\\")) {
		*ret = wf_utf8_next(r->s + r->i, r->n - r->i, &len);
		r->i += len;
		return 0;
	}
	set = wf_ecma_set_escape(r, true);
	if (set < 0)
		return set;
	*ret = ECMA_NO_POINT;
	if (set)
		return 0;
	*ret = wf_ecma_character_escape(r, true);
	return *ret == ECMA_NO_POINT ? wf_ecma_wrong(r, at, "no such escape") : 0;
}

static void class_range(struct ecma_reader *r, uint32_t low, uint32_t high)
{
	if (ecma_surrogate(low))
		low = 0xe000;
	if (ecma_surrogate(high))
		high = 0xd7ff;
	if (low > high)
		return;
	wf_ecma_put_point(r, low);
	if (low != high) {
		wf_buf_addch(r->out, '-');
		wf_ecma_put_point(r, high);
	}
}

static int class_member(struct ecma_reader *r)
{
	size_t at = r->i;
	uint32_t low, high;
	int err = class_atom(r, &low);

	if (err < 0)
		return err;
	if (ecma_peek(r, 0) != '-' || ecma_peek(r, 1) == ']' || ecma_peek(r, 1) < 0) {
		if (low != ECMA_NO_POINT)
			class_range(r, low, low);
		return 0;
	}
	r->i++;
	err = class_atom(r, &high);
	if (err < 0)
		return err;
	if (low != ECMA_NO_POINT && high != ECMA_NO_POINT) {
		if (low > high)
			return wf_ecma_wrong(r, at, "a range is out of order");
		class_range(r, low, high);
		return 0;
	}
	if (r->strict)
		return wf_ecma_wrong(r, at, "a range needs a character at each end");
	if (low != ECMA_NO_POINT)
		class_range(r, low, low);
	wf_ecma_put_point(r, '-');
	if (high != ECMA_NO_POINT)
		class_range(r, high, high);
	return 0;
}

int wf_ecma_class(struct ecma_reader *r)
{
	size_t at = r->i - 1, from = r->out->len, inside;
	bool negated = ecma_eat(r, "^");

	wf_buf_addstr(r->out, negated ? "[^" : "[");
	inside = r->out->len;
	while (!ecma_eat(r, "]")) {
		int err;

		if (r->i >= r->n)
			return wf_ecma_wrong(r, at, "a character class is not closed");
		err = class_member(r);
		if (err < 0)
			return err;
	}
	if (r->out->len > inside) {
		wf_buf_addch(r->out, ']');
	} else {
		r->out->len = from;
		wf_buf_addstr(r->out, negated ? ANYTHING : ECMA_NOTHING);
	}
	return 0;
}

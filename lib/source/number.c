/* Numbers: exact as 64-bit integers, else the nearest double. */
#include "source/build.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return (unsigned)((c | 0x20) - 'a') + 10;
}

bool wf_number_integer(const char *digits, size_t n, unsigned base, bool negative, int64_t *ret)
{
	int64_t value = 0;

	/* Counted downwards: the least integer has no positive counterpart. */
	for (size_t i = 0; i < n; i++)
		if (__builtin_mul_overflow(value, (int64_t)base, &value) ||
			__builtin_sub_overflow(value, (int64_t)digit_value(digits[i]), &value))
			return false;
	if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
		return false;
	*ret = value;
	return true;
}

bool wf_number_real(const char *text, size_t n, double *ret)
{
	WF_AUTOFREE char *copy = wf_strndup(text, n);
	locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	double value = c_locale ? strtod_l(copy, NULL, c_locale) : strtod(copy, NULL);

	if (c_locale)
		freelocale(c_locale);
	if (!isfinite(value))
		return false;
	*ret = value;
	return true;
}

/* Digits of any base as a real, for an integer that is too long; 0 when it is too long for that. */
static double approximate(const char *digits, size_t n, unsigned base, bool negative)
{
	double value = 0;
	if (base == 10 && !wf_number_real(digits, n, &value))
		return 0;
	for (size_t i = 0; base != 10 && i < n; i++)
		value = value * base + digit_value(digits[i]);
	if (!isfinite(value))
		return 0;
	return negative ? -value : value;
}

void wf_build_integer(struct wf_build *b, struct wf_node *node, const char *digits, size_t n,
	unsigned base, bool negative)
{
	int64_t value;

	if (wf_number_integer(digits, n, base, negative, &value)) {
		node->kind = WF_NODE_INT;
		node->integer = value;
		return;
	}
	const struct wf_span *span = &node->span;
	struct wf_shown shown =
		wf_shown(b->source->text + span->offset, span->end_offset - span->offset);
	struct wf_diag *d = wf_build_find(b, WF_RULE_NUMBER_RANGE, span->offset, span->end_offset,
		"the integer %s does not fit in 64 bits", shown.text);
	wf_diag_hint(d, "an identifier goes in quotes; where a rounded number will do, write `.0`");
	node->kind = WF_NODE_REAL;
	node->real = approximate(digits, n, base, negative);
}

void wf_build_real(struct wf_build *b, struct wf_node *node, const char *text, size_t n)
{
	node->kind = WF_NODE_REAL;
	if (wf_number_real(text, n, &node->real))
		return;
	struct wf_shown shown = wf_shown(text, n);
	struct wf_diag *d = wf_build_find(b, WF_RULE_NUMBER_RANGE, node->span.offset,
		node->span.end_offset, "the number %s is too large", shown.text);
	wf_diag_hint(d, "the largest number is about 1.8e308");
	node->real = 0;
}

/*
 * Exact comparisons and divisibility of JSON numbers.
 *
 * A real stands for the shortest decimal that reads back as it, which is what the author wrote: so
 * 0.0075 is a multiple of 0.0001, as on paper, although no binary fraction is.
 */
#include "schema/node.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TWO_63 9223372036854775808.0

static int compare_integer_real(json_int_t i, double d)
{
	json_int_t whole;

	if (d >= TWO_63)
		return -1;
	if (d < -TWO_63)
		return 1;
	whole = (json_int_t)trunc(d);
	if (i != whole)
		return i < whole ? -1 : 1;
	return d > trunc(d) ? -1 : d < trunc(d);
}

int wf_schema_compare(const json_t *a, const json_t *b)
{
	double x, y;

	if (json_is_integer(a) && json_is_integer(b)) {
		json_int_t i = json_integer_value(a), k = json_integer_value(b);

		return i < k ? -1 : i > k;
	}
	if (json_is_integer(a))
		return compare_integer_real(json_integer_value(a), json_real_value(b));
	if (json_is_integer(b))
		return -compare_integer_real(json_integer_value(b), json_real_value(a));
	x = json_real_value(a);
	y = json_real_value(b);
	return x < y ? -1 : x > y;
}

bool wf_schema_integral(const json_t *number)
{
	double d;

	if (json_is_integer(number))
		return true;
	d = json_real_value(number);
	return json_is_real(number) && !(d < trunc(d)) && !(d > trunc(d));
}

/* digits * 10^exponent; the sign does not matter to divisibility. */
struct decimal {
	uint64_t digits;
	int exponent;
};

static struct decimal decimal_of(const json_t *number)
{
	struct decimal d = {0, 0};
	char text[40];
	bool fraction = false;
	const char *p;

	if (json_is_integer(number)) {
		json_int_t i = json_integer_value(number);

		d.digits = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
		return d;
	}
	for (int digits = 15; digits <= 17; digits++) {
		double back;

		(void)snprintf(text, sizeof(text), "%.*e", digits - 1, json_real_value(number));
		back = strtod(text, NULL);
		if (!(back < json_real_value(number)) && !(back > json_real_value(number)))
			break;
	}
	for (p = text; *p && *p != 'e'; p++) {
		if (*p >= '0' && *p <= '9') {
			d.digits = d.digits * 10 + (uint64_t)(*p - '0');
			d.exponent -= fraction;
		} else if (*p != '-' && *p != '+') {
			fraction = true;
		}
	}
	if (*p)
		d.exponent += (int)strtol(p + 1, NULL, 10);
	while (d.digits && d.digits % 10 == 0) {
		d.digits /= 10;
		d.exponent++;
	}
	return d;
}

bool wf_schema_multiple(const json_t *number, const json_t *of)
{
	struct decimal a = decimal_of(number), b = decimal_of(of);
	__extension__ unsigned __int128 rest;

	if (!a.digits || !b.digits)
		return !a.digits;
	for (; a.exponent < b.exponent; a.exponent++) {
		if (a.digits % 10 != 0)
			return false;
		a.digits /= 10;
	}
	rest = a.digits % b.digits;
	for (int e = b.exponent; e < a.exponent && rest; e++)
		rest = rest * 10 % b.digits;
	return rest == 0;
}

/* JSONata's library: numbers and what is counted of them. */
#include "query/jsonata.h"

#include <stdio.h>
#include <stdlib.h>

/* -- aggregation -- */

static size_t counted(struct wf_jn_run *r, struct wf_jn_value array)
{
	size_t n = wf_jn_len(array);
	wf_jn_step(r, n / 8);
	return n;
}

static double total(struct wf_jn_run *r, struct wf_jn_value array)
{
	double sum = 0;
	for (size_t i = 0, n = counted(r, array); i < n; i++)
		sum += wf_jn_double(wf_jn_at(array, i));
	return sum;
}

struct wf_jn_value wf_jn_fn_sum(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return wf_jn_is_undef(a->items[0]) ? WF_JN_UNDEF : wf_jn_num(total(r, a->items[0]));
}

struct wf_jn_value wf_jn_fn_count(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	(void)r;
	return wf_jn_num(wf_jn_is_undef(a->items[0]) ? 0 : (double)wf_jn_len(a->items[0]));
}

static struct wf_jn_value extreme(struct wf_jn_run *r, struct wf_jn_value array, int sign)
{
	if (wf_jn_is_undef(array) || wf_jn_len(array) == 0)
		return WF_JN_UNDEF;
	double best = wf_jn_double(wf_jn_at(array, 0));
	for (size_t i = 1, n = counted(r, array); i < n; i++) {
		double x = wf_jn_double(wf_jn_at(array, i));
		if (sign > 0 ? x > best : x < best)
			best = x;
	}
	return wf_jn_num(best);
}

struct wf_jn_value wf_jn_fn_max(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return extreme(r, a->items[0], 1);
}

struct wf_jn_value wf_jn_fn_min(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return extreme(r, a->items[0], -1);
}

struct wf_jn_value wf_jn_fn_average(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_value array = a->items[0];
	if (wf_jn_is_undef(array) || wf_jn_len(array) == 0)
		return WF_JN_UNDEF;
	return wf_jn_num(total(r, array) / (double)wf_jn_len(array));
}

/* -- one number -- */

static size_t digits(const char *s, const char *set)
{
	return strspn(s, set);
}

/* -?D+(.D+)?(e[+-]?D+)? */
static bool is_decimal(const char *s)
{
	static const char ten[] = "0123456789";
	s += *s == '-';
	size_t n = digits(s, ten);
	if (!n)
		return false;
	s += n;
	if (*s == '.') {
		n = digits(s + 1, ten);
		if (!n)
			return false;
		s += n + 1;
	}
	if (*s == 'e' || *s == 'E') {
		s += s[1] == '+' || s[1] == '-' ? 2 : 1;
		n = digits(s, ten);
		if (!n)
			return false;
		s += n;
	}
	return *s == '\0';
}

static bool parse_radix(const char *s, double *ret)
{
	static const struct {
		char letter;
		double base;
		const char *set;
	} radixes[] = {{'x', 16, "0123456789abcdefABCDEF"}, {'o', 8, "01234567"}, {'b', 2, "01"}};
	if (s[0] != '0')
		return false;
	for (size_t i = 0; i < sizeof(radixes) / sizeof(*radixes); i++) {
		if ((s[1] | 32) != radixes[i].letter)
			continue;
		s += 2;
		if (!*s || s[digits(s, radixes[i].set)])
			return false;
		double x = 0;
		for (; *s; s++)
			x = x * radixes[i].base + (*s <= '9' ? *s - '0' : (*s | 32) - 'a' + 10);
		*ret = x;
		return true;
	}
	return false;
}

struct wf_jn_value wf_jn_fn_number(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_value v = a->items[0];
	if (wf_jn_is_undef(v) || wf_jn_is_number(v))
		return v;
	if (v.tag == WF_JN_BOOL)
		return wf_jn_num(v.b);
	if (v.tag != WF_JN_STRING || memchr(v.s, '\0', v.n))
		wf_jn_throw(r, "D3030");
	char *text = memcpy(wf_jn_alloc(r, (size_t)v.n + 1), v.s, v.n);
	text[v.n] = '\0';
	double x = 0;
	if (is_decimal(text))
		x = strtod(text, NULL);
	else if (!parse_radix(text, &x))
		wf_jn_throw(r, "D3030");
	if (!isfinite(x))
		wf_jn_throw(r, "D3030");
	return wf_jn_num(x);
}

#define EACH_NUMBER(name, expression)                                                              \
	struct wf_jn_value wf_jn_fn_##name(struct wf_jn_run *r, const struct wf_jn_args *a)        \
	{                                                                                          \
		(void)r;                                                                           \
		if (wf_jn_is_undef(a->items[0]))                                                   \
			return WF_JN_UNDEF;                                                        \
		double x = wf_jn_double(a->items[0]);                                              \
		return wf_jn_num(expression);                                                      \
	}

EACH_NUMBER(abs, fabs(x))
EACH_NUMBER(floor, floor(x))
EACH_NUMBER(ceil, ceil(x))

/* x times ten to the shift, by way of its text: multiplying would not be exact. */
static double shifted(double x, int shift)
{
	char text[64];
	size_t n = wf_jn_number_text(x, text);
	text[n] = '\0';
	char *e = strchr(text, 'e');
	int exponent = e ? (int)strtol(e + 1, NULL, 10) : 0;
	size_t at = e ? (size_t)(e - text) : n;
	(void)snprintf(text + at, sizeof(text) - at, "e%d", exponent + shift);
	return strtod(text, NULL);
}

/* To the nearest, halves to the even one. */
double wf_jn_round(double x, int precision)
{
	if (!isfinite(x))
		return x;
	if (precision)
		x = shifted(x, precision);
	double low = floor(x), rest = x - low, result = rest < 0.5 ? low : low + 1;
	if (rest == 0.5 && fmod(result, 2) != 0)
		result -= 1;
	if (precision)
		result = shifted(result, -precision);
	return result + 0.0;
}

static int bounded(double x, int bound)
{
	return x > bound ? bound : x < -bound ? -bound : (int)x;
}

struct wf_jn_value wf_jn_fn_round(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	(void)r;
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	int precision = wf_jn_is_undef(a->items[1]) ? 0 : bounded(wf_jn_double(a->items[1]), 400);
	return wf_jn_num(wf_jn_round(wf_jn_double(a->items[0]), precision));
}

struct wf_jn_value wf_jn_fn_sqrt(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	double x = wf_jn_double(a->items[0]);
	if (x < 0)
		wf_jn_throw(r, "D3060");
	return wf_jn_num(sqrt(x));
}

struct wf_jn_value wf_jn_fn_power(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	double x = wf_jn_is_undef(a->items[1])
			   ? (double)NAN
			   : pow(wf_jn_double(a->items[0]), wf_jn_double(a->items[1]));
	if (!isfinite(x))
		wf_jn_throw(r, "D3061");
	return wf_jn_num(x);
}

static uint32_t next_random(struct wf_jn_run *r)
{
	uint32_t x = r->random += 0x9e3779b9u;
	x = (x ^ x >> 16) * 0x85ebca6bu;
	x = (x ^ x >> 13) * 0xc2b2ae35u;
	return x ^ x >> 16;
}

struct wf_jn_value wf_jn_fn_random(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	(void)a;
	return wf_jn_num(next_random(r) / 4294967296.0);
}

struct wf_jn_value wf_jn_fn_shuffle(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_value from = a->items[0];
	if (wf_jn_is_undef(from) || wf_jn_len(from) <= 1)
		return from;
	size_t n = counted(r, from);
	struct wf_jn_array *out = wf_jn_array_new(r, n);
	for (size_t i = 0; i < n; i++) {
		size_t j = (size_t)(next_random(r) / 4294967296.0 * (double)(i + 1));
		wf_jn_push(r, out, wf_jn_at(from, i));
		if (i != j) {
			out->items[i] = out->items[j];
			out->items[j] = wf_jn_at(from, i);
		}
	}
	return wf_jn_of_array(out);
}

struct wf_jn_value wf_jn_fn_formatBase(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	double x = wf_jn_round(wf_jn_double(a->items[0]), 0);
	double radix = wf_jn_is_undef(a->items[1]) ? 10 : wf_jn_round(wf_jn_double(a->items[1]), 0);
	if (!(radix >= 2 && radix <= 36))
		wf_jn_throw(r, "D3100");
	if (!isfinite(x))
		wf_jn_throw(r, "D1001");
	char text[1100];
	size_t at = sizeof(text);
	double left = fabs(x);
	do {
		double digit = fmod(left, radix);
		text[--at] = letters[(int)digit];
		left = (left - digit) / radix;
	} while (left >= 1 && at > 1);
	if (x < 0)
		text[--at] = '-';
	struct wf_jn_text t = {.r = r};
	wf_jn_text_add(&t, text + at, sizeof(text) - at);
	return wf_jn_text_value(&t);
}

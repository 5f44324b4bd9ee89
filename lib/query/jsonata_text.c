/* Text of JSONata's values: numbers and JSON as the reference writes them; counting characters. */
#include "query/jsonata.h"

#include <stdio.h>
#include <stdlib.h>

/* -- text under construction -- */

static char *extend(struct wf_jn_text *t, size_t n)
{
	if (t->room - t->n < n) {
		size_t room = t->room ? t->room * 2 : 64;
		if (n > WF_MAX_STRING_BYTES || t->n + n > WF_MAX_STRING_BYTES)
			wf_jn_throw_limit(t->r, "bytes");
		while (room - t->n < n)
			room *= 2;
		char *s = wf_jn_alloc(t->r, room);
		if (t->n)
			memcpy(s, t->s, t->n);
		t->s = s;
		t->room = room;
	}
	t->n += n;
	return t->s + t->n - n;
}

void wf_jn_text_add(struct wf_jn_text *t, const char *s, size_t n)
{
	if (n)
		memcpy(extend(t, n), s, n);
}

void wf_jn_text_str(struct wf_jn_text *t, const char *s)
{
	wf_jn_text_add(t, s, strlen(s));
}

void wf_jn_text_char(struct wf_jn_text *t, uint32_t c)
{
	unsigned char b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = n; i-- > 1; c >>= 6)
		b[i] = (unsigned char)(0x80 | (c & 63));
	b[0] = (unsigned char)(lead[n] | c);
	wf_jn_text_add(t, (const char *)b, n);
}

struct wf_jn_value wf_jn_text_value(const struct wf_jn_text *t)
{
	return wf_jn_str(t->s ? t->s : "", t->n);
}

/* -- numbers -- */

/* Digits d1 d2 … dn mean 0.d1d2…dn times ten to the point. */
static size_t layout(const char *digits, int n, int point, bool negative, char *out)
{
	char *p = out;
	if (negative)
		*p++ = '-';
	if (point > 21 || point < -5) {
		*p++ = digits[0];
		if (n > 1) {
			*p++ = '.';
			memcpy(p, digits + 1, (size_t)n - 1);
			p += n - 1;
		}
		return (size_t)(p - out) + (size_t)snprintf(p, 8, "e%+d", point - 1);
	}
	if (point <= 0) {
		*p++ = '0';
		*p++ = '.';
		for (int i = point; i < 0; i++)
			*p++ = '0';
		point = -1;
	}
	for (int i = 0; i < n || i < point; i++) {
		if (i == point)
			*p++ = '.';
		*p++ = i < n ? digits[i] : '0';
	}
	return (size_t)(p - out);
}

/* Significant digits without the zeros at their end. */
static int significant(double x, int precision, char *digits, int *ret_point)
{
	char text[40];
	(void)snprintf(text, sizeof(text), "%.*e", precision - 1, x);
	int n = 0;
	char *p = text;
	for (; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	*ret_point = (int)strtol(p + 1, NULL, 10) + 1;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	return n;
}

static size_t integer_text(double x, char *out)
{
	char reversed[24];
	size_t n = 0, at = 0;
	uint64_t v = (uint64_t)fabs(x);
	do
		reversed[n++] = (char)('0' + v % 10);
	while (v /= 10);
	if (x < 0)
		out[at++] = '-';
	while (n)
		out[at++] = reversed[--n];
	return at;
}

static bool is_small_integer(double x)
{
	return x == floor(x) && fabs(x) < 1e15;
}

/* Whether x is the double of a short decimal fraction: its digits as an integer, and how many of
 * them stand behind the point. Dividing rounds correctly, so what gives x again is what x was
 * written as. */
static bool is_short(double x, double *ret_digits, int *ret_behind)
{
	static const double tens[] = {1, 10, 100, 1000, 10000};
	for (int k = 1; k < 5 && fabs(x) < 1e9 && fabs(x) >= 1e-3; k++) {
		double digits = nearbyint(x * tens[k]);
		if (digits / tens[k] != x)
			continue;
		*ret_digits = digits;
		*ret_behind = k;
		return true;
	}
	return false;
}

size_t wf_jn_number_text(double x, char *out)
{
	char digits[32];
	double short_digits;
	int point = 0, behind;
	if (is_small_integer(x))
		return integer_text(x, out);
	if (is_short(x, &short_digits, &behind)) {
		int n = (int)integer_text(fabs(short_digits), digits);
		return layout(digits, n, n - behind, x < 0, out);
	}
	if (!isfinite(x)) {
		const char *name = isnan(x) ? "NaN" : x < 0 ? "-Infinity" : "Infinity";
		memcpy(out, name, strlen(name));
		return strlen(name);
	}
	for (int precision = 15;; precision++) {
		int n = significant(fabs(x), precision, digits, &point);
		char text[48];
		(void)snprintf(text, sizeof(text), "0.%.*se%d", n, digits, point);
		if (precision >= 17 || strtod(text, NULL) == fabs(x))
			return layout(digits, n, point, x < 0, out);
	}
}

double wf_jn_precision15(double x)
{
	char text[40];
	double digits;
	int behind;
	if (!isfinite(x) || x == floor(x) || is_short(x, &digits, &behind))
		return x;
	(void)snprintf(text, sizeof(text), "%.14e", x);
	return strtod(text, NULL);
}

/* -- JSON -- */

struct json_writer {
	struct wf_jn_text out;
	bool pretty;
	uint32_t depth;
};

static void write(struct json_writer *w, struct wf_jn_value v);

static void write_quoted(struct wf_jn_text *t, const char *s, size_t n)
{
	static const char plain[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
	wf_jn_text_add(t, "\"", 1);
	for (size_t i = 0, from = 0; i <= n; i++) {
		unsigned char c = i < n ? (unsigned char)s[i] : 0;
		bool lone = i + 2 < n && c == 0xed && (unsigned char)s[i + 1] >= 0xa0;
		if (i < n && c >= 0x20 && c != '"' && c != '\\' && !lone)
			continue;
		wf_jn_text_add(t, s + from, i - from);
		from = i + 1;
		if (i == n)
			break;
		const char *at = c ? memchr(plain, c, sizeof(plain) - 1) : NULL;
		char escape[8];
		if (at) {
			escape[0] = '\\';
			escape[1] = letters[at - plain];
			wf_jn_text_add(t, escape, 2);
		} else {
			unsigned code = lone ? 0xd000u | ((unsigned char)s[i + 1] & 63u) << 6 |
							((unsigned char)s[i + 2] & 63u)
					     : c;
			(void)snprintf(escape, sizeof(escape), "\\u%04x", code & 0xffff);
			wf_jn_text_add(t, escape, 6);
			if (lone) {
				i += 2;
				from = i + 1;
			}
		}
	}
	wf_jn_text_add(t, "\"", 1);
}

static void new_line(struct json_writer *w)
{
	if (!w->pretty)
		return;
	wf_jn_text_add(&w->out, "\n", 1);
	for (uint32_t i = 0; i < w->depth; i++)
		wf_jn_text_add(&w->out, "  ", 2);
}

static void write_array(struct json_writer *w, struct wf_jn_value v)
{
	size_t n = wf_jn_len(v);
	wf_jn_text_add(&w->out, "[", 1);
	for (size_t i = 0; i < n; i++) {
		if (i)
			wf_jn_text_add(&w->out, ",", 1);
		new_line(w);
		struct wf_jn_value item = wf_jn_at(v, i);
		write(w, wf_jn_is_undef(item) ? WF_JN_NOTHING : item);
	}
	w->depth--;
	if (n)
		new_line(w);
	wf_jn_text_add(&w->out, "]", 1);
}

static void write_object(struct json_writer *w, struct wf_jn_value v)
{
	bool any = false;
	struct wf_jn_iter it = wf_jn_iter(v);
	wf_jn_text_add(&w->out, "{", 1);
	while (wf_jn_iter_next(&it)) {
		if (wf_jn_is_undef(it.value))
			continue;
		if (any)
			wf_jn_text_add(&w->out, ",", 1);
		any = true;
		new_line(w);
		write_quoted(&w->out, it.key, it.key_n);
		wf_jn_text_str(&w->out, w->pretty ? ": " : ":");
		write(w, it.value);
	}
	w->depth--;
	if (any)
		new_line(w);
	wf_jn_text_add(&w->out, "}", 1);
}

static void write_number(struct json_writer *w, double x)
{
	char text[48];
	if (!wf_jn_numeric(w->out.r, wf_jn_num(x)))
		wf_jn_text_str(&w->out, "null");
	else
		wf_jn_text_add(&w->out, text, wf_jn_number_text(wf_jn_precision15(x), text));
}

static void write(struct json_writer *w, struct wf_jn_value v)
{
	char text[32];
	wf_jn_step(w->out.r, 1);
	switch ((enum wf_jn_tag)v.tag) {
	case WF_JN_NULL:
		wf_jn_text_str(&w->out, "null");
		break;
	case WF_JN_BOOL:
		wf_jn_text_str(&w->out, v.b ? "true" : "false");
		break;
	case WF_JN_NUMBER:
		write_number(w, v.num);
		break;
	case WF_JN_BIG:
		(void)snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(v.json));
		wf_jn_text_str(&w->out, text);
		break;
	case WF_JN_STRING:
		write_quoted(&w->out, v.s, v.n);
		break;
	case WF_JN_TUPLE:
		write(w, v.tuple->at);
		break;
	case WF_JN_ARRAY:
	case WF_JN_JARRAY:
	case WF_JN_OBJECT:
	case WF_JN_JOBJECT:
		if (++w->depth > WF_JN_VALUE_DEPTH)
			wf_jn_throw_limit(w->out.r, "depth");
		if (wf_jn_is_array(v))
			write_array(w, v);
		else
			write_object(w, v);
		break;
	case WF_JN_UNDEFINED:
	case WF_JN_FUNCTION:
	case WF_JN_THUNK:
		wf_jn_text_str(&w->out, "\"\"");
		break;
	}
}

struct wf_jn_value wf_jn_string(struct wf_jn_run *r, struct wf_jn_value v, bool pretty)
{
	if (v.tag == WF_JN_STRING)
		return v;
	if (v.tag == WF_JN_UNDEFINED || v.tag == WF_JN_FUNCTION)
		return wf_jn_str("", 0);
	if (v.tag == WF_JN_NUMBER && !isfinite(v.num))
		wf_jn_throw(r, "D3001");
	if (v.tag == WF_JN_ARRAY && v.array->wrapper && v.array->count)
		v = v.array->items[0];
	if (v.tag == WF_JN_STRING)
		return v;
	struct json_writer w = {.out = {.r = r}, .pretty = pretty};
	write(&w, v);
	return wf_jn_text_value(&w.out);
}

/* -- characters -- */

uint32_t wf_jn_next_point(const char *s, size_t n, size_t *ret_len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len = u[0] < 0xc0 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	static const unsigned char keep[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	if (len > n)
		len = n;
	uint32_t c = u[0] & keep[len];
	for (size_t i = 1; i < len; i++)
		c = c << 6 | (u[i] & 63u);
	*ret_len = len;
	return c;
}

size_t wf_jn_count_points(const char *s, size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	return count;
}

size_t wf_jn_units(const char *s, size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) == 0x80 ? 0u
			 : (unsigned char)s[i] >= 0xf0	      ? 2u
							      : 1u;
	return count;
}

size_t wf_jn_unit_offset(const char *s, size_t n, double units)
{
	size_t i = 0, len;
	for (double at = 0; i < n && at < units; i += len) {
		(void)wf_jn_next_point(s + i, n - i, &len);
		at += len == 4 ? 2 : 1;
	}
	return i;
}

uint32_t *wf_jn_points(struct wf_jn_run *r, struct wf_jn_value s, size_t *ret_n)
{
	uint32_t *points = wf_jn_alloc_array(r, (size_t)s.n + 1, sizeof(*points));
	size_t n = 0, len;
	for (size_t i = 0; i < s.n; i += len)
		points[n++] = wf_jn_next_point(s.s + i, s.n - i, &len);
	points[n] = 0;
	*ret_n = n;
	return points;
}

const char *wf_jn_find_text(const char *s, size_t n, const char *what, size_t what_n)
{
	return what_n == 0 ? s : memmem(s, n, what, what_n);
}

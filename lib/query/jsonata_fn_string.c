/* JSONata's library: strings. */
#include "query/jsonata.h"

#include "base/buf.h"
#include "base/text.h"

#define UNDEF_IS_UNDEF(a)                                                                          \
	do {                                                                                       \
		if (wf_jn_is_undef((a)->items[0]))                                                 \
			return WF_JN_UNDEF;                                                        \
	} while (0)

struct wf_jn_value wf_jn_fn_string(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	UNDEF_IS_UNDEF(a);
	return wf_jn_string(r, a->items[0], wf_jn_script_truth(a->items[1]));
}

/* Bytes before the nth character. */
static size_t offset_of(struct wf_jn_value s, double points)
{
	size_t i = 0;
	for (double n = 0; i < s.n && n < points; n++)
		do
			i++;
		while (i < s.n && ((unsigned char)s.s[i] & 0xc0) == 0x80);
	return i;
}

struct wf_jn_value wf_jn_fn_substring(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	UNDEF_IS_UNDEF(a);
	struct wf_jn_value s = a->items[0];
	wf_jn_step(r, s.n / 64);
	bool whole = wf_jn_is_undef(a->items[2]);
	double start = wf_jn_is_undef(a->items[1]) ? 0 : wf_jn_double(a->items[1]);
	double count = whole ? 0 : wf_jn_double(a->items[2]);
	double n = start < 0 ? (double)wf_jn_count_points(s.s, s.n) : 0;
	if (start < 0)
		start = n + start < 0 ? 0 : n + start;
	if (!whole && (count <= 0 || wf_jn_is_undef(a->items[1])))
		return wf_jn_str("", 0);
	double end = trunc(start + count);
	size_t from = offset_of(s, trunc(start)), to = s.n;
	if (!whole)
		to = from + offset_of(wf_jn_str(s.s + from, s.n - from), end - trunc(start));
	return wf_jn_str(s.s + from, to > from ? to - from : 0);
}

static struct wf_jn_value beside(const struct wf_jn_args *a, bool before)
{
	UNDEF_IS_UNDEF(a);
	struct wf_jn_value s = a->items[0], what = a->items[1];
	const char *at = wf_jn_is_undef(what) ? NULL : wf_jn_find_text(s.s, s.n, what.s, what.n);
	if (!at)
		return s;
	if (before)
		return wf_jn_str(s.s, (size_t)(at - s.s));
	return wf_jn_str(at + what.n, s.n - (size_t)(at - s.s) - what.n);
}

struct wf_jn_value wf_jn_fn_substringBefore(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	(void)r;
	return beside(a, true);
}

struct wf_jn_value wf_jn_fn_substringAfter(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	(void)r;
	return beside(a, false);
}

/* The sharp s becomes two letters, which no simple mapping has. */
static struct wf_jn_value without_sharp(struct wf_jn_run *r, struct wf_jn_value s)
{
	char *out = wf_jn_alloc(r, (size_t)s.n + 1);
	memcpy(out, s.s, s.n);
	for (size_t i = 0; i + 1 < s.n; i++)
		if (memcmp(out + i, "\xc3\x9f", 2) == 0)
			memcpy(out + i, "SS", 2);
	return wf_jn_str(out, s.n);
}

struct wf_jn_value wf_jn_recase(struct wf_jn_run *r, struct wf_jn_value s, bool upper)
{
	char *out = wf_jn_alloc(r, (size_t)s.n + 1);
	bool ascii = true;
	wf_jn_step(r, s.n / 64);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.s[i];
		ascii = ascii && (unsigned char)c < 0x80;
		bool change = upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
		out[i] = (char)(change ? c ^ 32 : c);
	}
	if (ascii || !wf_utf8_valid(s.s, s.n, NULL))
		return wf_jn_str(out, s.n);
	if (upper)
		s = without_sharp(r, s);
	char *copy = wf_jn_alloc(r, 3 * (size_t)s.n + 1); /* before what an error would lose */
	struct wf_buf recased = {0};
	wf_regex_recase(s.s, s.n, upper, &recased);
	size_t n = recased.len;
	memcpy(copy, recased.data, n);
	wf_buf_done(&recased);
	return wf_jn_str(copy, n);
}

struct wf_jn_value wf_jn_fn_lowercase(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	UNDEF_IS_UNDEF(a);
	return wf_jn_recase(r, a->items[0], false);
}

struct wf_jn_value wf_jn_fn_uppercase(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	UNDEF_IS_UNDEF(a);
	return wf_jn_recase(r, a->items[0], true);
}

struct wf_jn_value wf_jn_fn_length(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	UNDEF_IS_UNDEF(a);
	wf_jn_step(r, a->items[0].n / 64);
	return wf_jn_num((double)wf_jn_count_points(a->items[0].s, a->items[0].n));
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct wf_jn_value wf_jn_fn_trim(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	UNDEF_IS_UNDEF(a);
	struct wf_jn_value s = a->items[0];
	char *out = wf_jn_alloc(r, (size_t)s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_space(s.s[i]))
			out[n++] = s.s[i];
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	return wf_jn_str(out, n && out[n - 1] == ' ' ? n - 1 : n);
}

struct wf_jn_value wf_jn_fn_pad(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	UNDEF_IS_UNDEF(a);
	struct wf_jn_value s = a->items[0], with = a->items[2];
	double width = wf_jn_is_undef(a->items[1]) ? 0 : trunc(wf_jn_double(a->items[1]));
	if (wf_jn_is_undef(with) || with.n == 0)
		with = wf_jn_str(" ", 1);
	double missing = fabs(width) - (double)wf_jn_count_points(s.s, s.n);
	if (!(missing > 0))
		return s;
	if (missing > WF_MAX_STRING_BYTES)
		wf_jn_throw_limit(r, "bytes");
	struct wf_jn_text t = {.r = r};
	if (width > 0)
		wf_jn_text_add(&t, s.s, s.n);
	double each = (double)wf_jn_count_points(with.s, with.n);
	wf_jn_step(r, (uint64_t)missing / 8);
	for (; missing >= each; missing -= each)
		wf_jn_text_add(&t, with.s, with.n);
	wf_jn_text_add(&t, with.s, offset_of(with, missing));
	if (width < 0)
		wf_jn_text_add(&t, s.s, s.n);
	return wf_jn_text_value(&t);
}

struct wf_jn_value wf_jn_fn_join(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	UNDEF_IS_UNDEF(a);
	struct wf_jn_value array = a->items[0], separator = a->items[1];
	struct wf_jn_text t = {.r = r};
	size_t n = wf_jn_len(array);
	wf_jn_step(r, n / 8);
	for (size_t i = 0; i < n; i++) {
		if (i && !wf_jn_is_undef(separator))
			wf_jn_text_add(&t, separator.s, separator.n);
		struct wf_jn_value s = wf_jn_at(array, i);
		wf_jn_text_add(&t, s.s, s.n);
	}
	return wf_jn_text_value(&t);
}

/* -- base64: of characters up to U+00FF, each a byte -- */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct wf_jn_value wf_jn_fn_base64encode(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	UNDEF_IS_UNDEF(a);
	struct wf_jn_value s = a->items[0];
	struct wf_jn_text t = {.r = r};
	uint32_t group = 0, have = 0;
	size_t len;
	for (size_t i = 0; i < s.n; i += len) {
		uint32_t c = wf_jn_next_point(s.s + i, s.n - i, &len);
		uint32_t units[2] = {c, 0};
		if (c >= 0x10000) {
			units[0] = 0xd800 + ((c - 0x10000) >> 10);
			units[1] = 0xdc00 + (c & 0x3ff);
		}
		for (int k = 0; k < (c >= 0x10000 ? 2 : 1); k++) {
			group = group << 8 | (units[k] & 255);
			if (++have < 3)
				continue;
			for (int shift = 18; shift >= 0; shift -= 6)
				wf_jn_text_add(&t, &base64[group >> shift & 63], 1);
			group = have = 0;
		}
	}
	if (have) {
		group <<= 8 * (3 - have);
		for (uint32_t k = 0; k < 4; k++)
			wf_jn_text_add(
				&t, k <= have ? &base64[group >> (18 - 6 * k) & 63] : "=", 1);
	}
	return wf_jn_text_value(&t);
}

struct wf_jn_value wf_jn_fn_base64decode(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	UNDEF_IS_UNDEF(a);
	struct wf_jn_value s = a->items[0];
	struct wf_jn_text t = {.r = r};
	uint32_t group = 0, have = 0;
	for (size_t i = 0; i < s.n && s.s[i] != '='; i++) {
		char c = s.s[i] == '-' ? '+' : s.s[i] == '_' ? '/' : s.s[i];
		const char *at = c ? strchr(base64, c) : NULL;
		if (!at)
			continue;
		group = group << 6 | (uint32_t)(at - base64);
		have += 6;
		if (have >= 8) {
			have -= 8;
			wf_jn_text_char(&t, group >> have & 255);
		}
	}
	return wf_jn_text_value(&t);
}

/* -- URLs -- */

static const char unreserved[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
static const char reserved[] = ";/?:@&=+$,#";

/* The words are the suite's. */
static _Noreturn void malformed(struct wf_jn_run *r, const char *function, struct wf_jn_value s)
{
	struct wf_jn_array *one = wf_jn_array_new(r, 1);
	struct wf_jn_text t = {.r = r};
	wf_jn_push(r, one, s);
	struct wf_jn_value quoted = wf_jn_string(r, wf_jn_of_array(one), false);
	wf_jn_text_str(&t, "Malformed URL passed to $");
	wf_jn_text_str(&t, function);
	wf_jn_text_str(&t, "(): ");
	wf_jn_text_add(&t, quoted.s + 1, quoted.n - 2); /* without the list's brackets */
	wf_jn_throw_message(r, "D3140", t.s, t.n);
}

static struct wf_jn_value encode(
	struct wf_jn_run *r, const struct wf_jn_args *a, const char *function, const char *also)
{
	static const char hex[] = "0123456789ABCDEF";
	UNDEF_IS_UNDEF(a);
	struct wf_jn_value s = a->items[0];
	if (!wf_utf8_valid(s.s, s.n, NULL)) /* a lone surrogate */
		malformed(r, function, s);
	struct wf_jn_text t = {.r = r};
	for (size_t i = 0; i < s.n; i++) {
		char c = s.s[i];
		if (c && (strchr(unreserved, c) || strchr(also, c))) {
			wf_jn_text_add(&t, &c, 1);
		} else {
			char escape[] = {
				'%', hex[(unsigned char)c >> 4], hex[(unsigned char)c & 15]};
			wf_jn_text_add(&t, escape, 3);
		}
	}
	return wf_jn_text_value(&t);
}

struct wf_jn_value wf_jn_fn_encodeUrlComponent(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return encode(r, a, "encodeUrlComponent", "");
}

struct wf_jn_value wf_jn_fn_encodeUrl(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return encode(r, a, "encodeUrl", reserved);
}

static int hex_byte(struct wf_jn_value s, size_t i)
{
	int v = 0;
	for (size_t k = i + 1; k < i + 3; k++) {
		char c = k < s.n ? s.s[k] : ' ';
		if (c >= '0' && c <= '9')
			v = v * 16 + c - '0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v * 16 + (c | 32) - 'a' + 10;
		else
			return -1;
	}
	return v;
}

static struct wf_jn_value decode(
	struct wf_jn_run *r, const struct wf_jn_args *a, const char *function, const char *keep)
{
	UNDEF_IS_UNDEF(a);
	struct wf_jn_value s = a->items[0];
	char *out = wf_jn_alloc(r, (size_t)s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		int c = (unsigned char)s.s[i];
		if (c == '%') {
			c = hex_byte(s, i);
			if (c < 0)
				malformed(r, function, s);
			if (c && strchr(keep, c)) {
				memcpy(out + n, s.s + i, 3);
				n += 3;
				i += 2;
				continue;
			}
			i += 2;
		}
		out[n++] = (char)c;
	}
	if (!wf_utf8_valid(out, n, NULL))
		malformed(r, function, s);
	return wf_jn_str(out, n);
}

struct wf_jn_value wf_jn_fn_decodeUrlComponent(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return decode(r, a, "decodeUrlComponent", "");
}

struct wf_jn_value wf_jn_fn_decodeUrl(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	return decode(r, a, "decodeUrl", reserved);
}

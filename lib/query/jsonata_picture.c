/*
 * Pictures of integers (XPath F&O 4.6): decimal digits with grouping, letters, Roman numerals,
 * words, and back. JSONata has them in $formatInteger, $parseInteger and in the components of
 * dates.
 */
#include "query/jsonata.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const few[] = {"Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven",
	"Eight", "Nine", "Ten", "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen",
	"Seventeen", "Eighteen", "Nineteen"};
static const char *const ordinals[] = {"Zeroth", "First", "Second", "Third", "Fourth", "Fifth",
	"Sixth", "Seventh", "Eighth", "Ninth", "Tenth", "Eleventh", "Twelfth", "Thirteenth",
	"Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
static const char *const decades[] = {
	"Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"};
static const char *const magnitudes[] = {"Thousand", "Million", "Billion", "Trillion"};

/* The zeros of Unicode's decimal digits, in the first plane. */
static const uint16_t zeros[] = {0x30, 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6,
	0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090,
	0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
	0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10};

/* -- reading a picture -- */

static uint32_t zero_of(uint32_t c)
{
	for (size_t i = 0; i < sizeof(zeros) / sizeof(*zeros); i++)
		if (c >= zeros[i] && c <= zeros[i] + 9u)
			return zeros[i];
	return 0;
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* One separator at every so many digits: how many, or 0. */
static uint32_t regular_distance(const struct wf_jn_picture *p)
{
	uint32_t distance = 0;
	for (uint32_t i = 0; i < p->separator_count; i++) {
		if (p->separators[i].point != p->separators[0].point)
			return 0;
		distance = gcd(p->separators[i].position, distance);
	}
	for (uint32_t i = 1; i <= p->separator_count; i++) {
		bool there = false;
		for (uint32_t k = 0; k < p->separator_count; k++)
			there = there || p->separators[k].position == i * distance;
		if (!there)
			return 0;
	}
	return distance;
}

static void parse_digits(struct wf_jn_run *r, struct wf_jn_value text, struct wf_jn_picture *p)
{
	size_t n;
	const uint32_t *points = wf_jn_points(r, text, &n);
	uint32_t position = 0;
	for (size_t i = n; i-- > 0;) {
		uint32_t zero = zero_of(points[i]);
		if (zero) {
			if (p->zero && p->zero != zero)
				wf_jn_throw(r, "D3131");
			p->zero = zero;
			p->mandatory++;
			position++;
		} else if (points[i] == '#') {
			p->optional++;
			position++;
		} else {
			if (!p->separators)
				p->separators = wf_jn_alloc_array(r, i + 1, sizeof(*p->separators));
			p->separators[p->separator_count++] =
				(struct wf_jn_separator){.position = position, .point = points[i]};
		}
	}
	if (!p->mandatory) {
		p->primary = WF_JN_P_SEQUENCE;
		return;
	}
	uint32_t distance = regular_distance(p);
	if (distance) {
		p->regular = true;
		p->separator_count = 1;
		p->separators[0].position = distance;
	}
}

void wf_jn_picture_parse(struct wf_jn_run *r, struct wf_jn_value text, struct wf_jn_picture *p)
{
	static const struct {
		const char *text;
		enum wf_jn_primary primary;
		enum wf_jn_case letters;
	} words[] = {
		{"A", WF_JN_P_LETTERS, WF_JN_UPPER},
		{"a", WF_JN_P_LETTERS, WF_JN_LOWER},
		{"I", WF_JN_P_ROMAN, WF_JN_UPPER},
		{"i", WF_JN_P_ROMAN, WF_JN_LOWER},
		{"W", WF_JN_P_WORDS, WF_JN_UPPER},
		{"Ww", WF_JN_P_WORDS, WF_JN_TITLE},
		{"w", WF_JN_P_WORDS, WF_JN_LOWER},
	};
	*p = (struct wf_jn_picture){.primary = WF_JN_P_DECIMAL, .letters = WF_JN_LOWER};
	const char *semicolon = text.n ? memrchr(text.s, ';', text.n) : NULL;
	if (semicolon) {
		p->ordinal = semicolon + 1 < text.s + text.n && semicolon[1] == 'o';
		text.n = (uint32_t)(semicolon - text.s);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i].text) == text.n && memcmp(words[i].text, text.s, text.n) == 0) {
			p->primary = words[i].primary;
			p->letters = words[i].letters;
			return;
		}
	parse_digits(r, text, p);
}

/* -- writing -- */

static void spell(struct wf_jn_text *t, double x, bool before, bool ordinal)
{
	if (x <= 19) {
		wf_jn_text_str(t, before ? " and " : "");
		wf_jn_text_str(t, (ordinal ? ordinals : few)[(int)x]);
	} else if (x < 100) {
		const char *tens = decades[(int)(x / 10) - 2];
		double rest = fmod(x, 10);
		wf_jn_text_str(t, before ? " and " : "");
		wf_jn_text_add(t, tens, strlen(tens) - (rest == 0 && ordinal));
		if (rest > 0) {
			wf_jn_text_str(t, "-");
			spell(t, rest, false, ordinal);
		} else if (ordinal) {
			wf_jn_text_str(t, "ieth");
		}
	} else if (x < 1000) {
		double rest = fmod(x, 100);
		wf_jn_text_str(t, before ? ", " : "");
		wf_jn_text_str(t, few[(int)(x / 100)]);
		wf_jn_text_str(t, " Hundred");
		if (rest > 0)
			spell(t, rest, true, ordinal);
		else if (ordinal)
			wf_jn_text_str(t, "th");
	} else {
		int magnitude = (int)floor(log10(x) / 3);
		magnitude = magnitude > 4 ? 4 : magnitude;
		double factor = pow(10, magnitude * 3), count = floor(x / factor);
		double rest = x - count * factor;
		wf_jn_text_str(t, before ? ", " : "");
		spell(t, count, false, false);
		wf_jn_text_str(t, " ");
		wf_jn_text_str(t, magnitudes[magnitude - 1]);
		if (rest > 0)
			spell(t, rest, true, ordinal);
		else if (ordinal)
			wf_jn_text_str(t, "th");
	}
}

static const struct {
	int value;
	const char *letters;
} romans[] = {{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"},
	{40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}};

static void write_roman(struct wf_jn_text *t, double x)
{
	if (x > 1e6) /* a letter for each thousand */
		wf_jn_throw_limit(t->r, "bytes");
	for (size_t i = 0; i < sizeof(romans) / sizeof(*romans); i++)
		for (; x >= romans[i].value; x -= romans[i].value)
			wf_jn_text_str(t, romans[i].letters);
}

static void write_letters(struct wf_jn_text *t, double x, char first)
{
	char text[256];
	size_t at = sizeof(text);
	for (; x > 0 && at > 0; x = floor((x - 1) / 26))
		text[--at] = (char)(first + (int)fmod(x - 1, 26));
	wf_jn_text_add(t, text + at, sizeof(text) - at);
}

/* The separators that stand where so many digits follow; the picture's are from the right. */
static void write_separators(struct wf_jn_text *t, const struct wf_jn_picture *p, size_t right)
{
	for (uint32_t i = p->separator_count; i-- > 0;) {
		uint32_t at = p->separators[i].position;
		if (p->regular ? right % at == 0 : right == at)
			wf_jn_text_char(t, p->separators[i].point);
	}
}

static void write_digits(struct wf_jn_text *t, double x, const struct wf_jn_picture *p)
{
	char digits[48];
	size_t n = wf_jn_number_text(x, digits);
	int64_t pad = p->mandatory - (int64_t)n;
	if (pad > 4096)
		wf_jn_throw_limit(t->r, "bytes");
	size_t total = n + (pad > 0 ? (size_t)pad : 0);
	for (size_t i = 0; i < total; i++) {
		char c = i + n < total ? '0' : digits[i + n - total];
		if (i)
			write_separators(t, p, total - i);
		wf_jn_text_char(t, (uint32_t)(unsigned char)c + p->zero - '0');
	}
	if (!p->ordinal)
		return;
	char last = digits[n - 1], before = n > 1 ? digits[n - 2] : pad > 0 ? '0' : ' ';
	const char *suffix = before == '1' ? "th"
			     : last == '1' ? "st"
			     : last == '2' ? "nd"
			     : last == '3' ? "rd"
					   : "th";
	wf_jn_text_str(t, suffix);
}

static void write_words(struct wf_jn_text *out, double x, const struct wf_jn_picture *p)
{
	struct wf_jn_text t = {.r = out->r};
	spell(&t, x, false, p->ordinal);
	struct wf_jn_value words = wf_jn_text_value(&t);
	if (p->letters != WF_JN_TITLE)
		words = wf_jn_recase(out->r, words, p->letters == WF_JN_UPPER);
	wf_jn_text_add(out, words.s, words.n);
}

void wf_jn_picture_format(struct wf_jn_text *out, double x, const struct wf_jn_picture *p)
{
	if (p->primary == WF_JN_P_SEQUENCE)
		wf_jn_throw(out->r, "D3130");
	if (!isfinite(x))
		wf_jn_throw(out->r, "D1001");
	if (x < 0)
		wf_jn_text_str(out, "-");
	x = fabs(x);
	struct wf_jn_text roman = {.r = out->r};
	switch (p->primary) {
	case WF_JN_P_LETTERS:
		write_letters(out, x, p->letters == WF_JN_UPPER ? 'A' : 'a');
		break;
	case WF_JN_P_ROMAN:
		write_roman(&roman, x);
		struct wf_jn_value letters = wf_jn_text_value(&roman);
		if (p->letters == WF_JN_UPPER)
			letters = wf_jn_recase(out->r, letters, true);
		wf_jn_text_add(out, letters.s, letters.n);
		break;
	case WF_JN_P_WORDS:
		write_words(out, x, p);
		break;
	case WF_JN_P_DECIMAL:
	case WF_JN_P_SEQUENCE:
		write_digits(out, x, p);
		break;
	}
}

/* -- back -- */

static bool same_word(const char *word, const char *suffix, size_t cut, const char *s, size_t n)
{
	size_t len = strlen(word) - cut, more = strlen(suffix);
	if (n != len + more || strncasecmp(word, s, len) != 0)
		return false;
	return strncasecmp(suffix, s + len, more) == 0;
}

/* What a word counts; -1: no such word. */
static double word_value(const char *s, size_t n)
{
	for (int i = 0; i < 20; i++)
		if (same_word(few[i], "", 0, s, n) || same_word(ordinals[i], "", 0, s, n))
			return i;
	for (int i = 0; i < 8; i++)
		if (same_word(decades[i], "", 0, s, n) || same_word(decades[i], "ieth", 1, s, n))
			return 10 * (i + 2);
	if (same_word("Hundred", "", 0, s, n) || same_word("Hundred", "th", 0, s, n))
		return 100;
	for (int i = 0; i < 4; i++)
		if (same_word(magnitudes[i], "", 0, s, n) ||
			same_word(magnitudes[i], "th", 0, s, n))
			return pow(10, 3 * (i + 1));
	return -1;
}

static bool is_gap(char c)
{
	return c == ' ' || c == ',' || c == '-' || c == '\\' || c == '\t' || c == '\n';
}

size_t wf_jn_words_span(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n) {
		size_t len = 0;
		while (i + len < n && !is_gap(s[i + len]))
			len++;
		if (len && word_value(s + i, len) < 0 && !same_word("and", "", 0, s + i, len))
			break;
		i += len ? len : 1;
	}
	return i;
}

#define WORDS_NESTED 64

static bool words_number(const char *s, size_t n, double *ret)
{
	double parts[WORDS_NESTED] = {0}, sum = 0;
	size_t top = 0;
	for (size_t i = 0; i < n;) {
		size_t len = 0;
		while (i + len < n && !is_gap(s[i + len]))
			len++;
		if (len && !same_word("and", "", 0, s + i, len)) {
			double v = word_value(s + i, len);
			if (v < 0)
				return false;
			if (v >= 100) {
				parts[top] *= v;
			} else if (parts[top] >= 1000) {
				if (++top == WORDS_NESTED)
					return false;
				parts[top] = v;
			} else {
				parts[top] += v;
			}
		}
		i += len + 1;
	}
	for (size_t i = 0; i <= top; i++)
		sum += parts[i];
	*ret = sum;
	return n > 0;
}

static bool roman_number(const char *s, size_t n, double *ret)
{
	static const char letters[] = "mdclxvi";
	static const int values[] = {1000, 500, 100, 50, 10, 5, 1};
	double sum = 0;
	int most = 1;
	for (size_t i = n; i-- > 0;) {
		const char *at = memchr(letters, s[i] | 32, sizeof(letters) - 1);
		if (!at)
			return false;
		int v = values[at - letters];
		if (v < most) {
			sum -= v;
		} else {
			most = v;
			sum += v;
		}
	}
	*ret = sum;
	return true;
}

static bool letters_number(const char *s, size_t n, double *ret)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		if ((s[i] | 32) < 'a' || (s[i] | 32) > 'z')
			return false;
		sum = sum * 26 + ((s[i] | 32) - 'a' + 1);
	}
	*ret = sum;
	return true;
}

/* Reads what the digits are up to the first other character, as a host's parseInt does. */
static bool digits_number(
	struct wf_jn_run *r, struct wf_jn_value text, const struct wf_jn_picture *p, double *ret)
{
	size_t n, used = 0;
	const uint32_t *points = wf_jn_points(r, text, &n);
	char *digits = wf_jn_alloc(r, n + 2);
	bool negative = false;
	if (p->ordinal)
		n = n > 2 ? n - 2 : 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t c = points[i];
		bool separator = false;
		for (uint32_t k = 0; k < p->separator_count; k++)
			separator = separator || c == p->separators[k].point;
		if (separator || (c == ' ' && !used))
			continue;
		if ((c == '-' || c == '+') && !used && !negative) {
			negative = c == '-';
			continue;
		}
		if (c < p->zero || c > p->zero + 9)
			break;
		digits[used++] = (char)('0' + (c - p->zero));
	}
	digits[used] = '\0';
	if (!used)
		return false;
	*ret = negative ? -strtod(digits, NULL) : strtod(digits, NULL);
	return true;
}

bool wf_jn_picture_number(
	struct wf_jn_run *r, struct wf_jn_value text, const struct wf_jn_picture *p, double *ret)
{
	switch (p->primary) {
	case WF_JN_P_LETTERS:
		return letters_number(text.s, text.n, ret);
	case WF_JN_P_ROMAN:
		return roman_number(text.s, text.n, ret);
	case WF_JN_P_WORDS:
		return words_number(text.s, text.n, ret);
	case WF_JN_P_DECIMAL:
		return digits_number(r, text, p, ret);
	case WF_JN_P_SEQUENCE:
		break;
	}
	wf_jn_throw(r, "D3130");
}

struct wf_jn_value wf_jn_fn_formatInteger(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_picture p;
	if (wf_jn_is_undef(a->items[0]) || wf_jn_is_undef(a->items[1]))
		return WF_JN_UNDEF;
	wf_jn_picture_parse(r, a->items[1], &p);
	struct wf_jn_text t = {.r = r};
	wf_jn_picture_format(&t, floor(wf_jn_double(a->items[0])), &p);
	return wf_jn_text_value(&t);
}

struct wf_jn_value wf_jn_fn_parseInteger(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_picture p;
	double x;
	if (wf_jn_is_undef(a->items[0]) || wf_jn_is_undef(a->items[1]))
		return WF_JN_UNDEF;
	wf_jn_picture_parse(r, a->items[1], &p);
	return wf_jn_picture_number(r, a->items[0], &p, &x) ? wf_jn_num(x) : WF_JN_UNDEF;
}

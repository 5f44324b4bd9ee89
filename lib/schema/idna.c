/*
 * IDNA 2008 by the properties of characters that PCRE2 knows.
 *
 * Left out, because they need tables that nothing here has: normalisation, and the exact derived
 * property of compatibility characters.
 */
#include "schema/idna.h"

#include "base/regex.h"

#include <string.h>

/* -- Punycode, RFC 3492 -- */

static int punycode_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0' + 26;
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= 'A' && c <= 'Z' ? c - 'A' : -1;
}

static uint32_t adapt(uint32_t delta, uint32_t count, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / 700 : delta / 2;
	delta += delta / count;
	for (; delta > 455; k += 36)
		delta /= 35;
	return k + 36 * delta / (delta + 38);
}

/* One generalised variable-length integer added to *i. */
static bool punycode_delta(const char **s, const char *end, uint32_t bias, uint32_t *i)
{
	uint64_t sum = *i, weight = 1;

	for (uint32_t k = 36;; k += 36) {
		int digit = *s < end ? punycode_digit(*(*s)++) : -1;
		uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;

		if (digit < 0)
			return false;
		sum += (uint64_t)digit * weight;
		if (sum > UINT32_MAX)
			return false;
		if ((uint32_t)digit < t)
			break;
		weight *= 36 - t;
	}
	*i = (uint32_t)sum;
	return true;
}

size_t wf_punycode_decode(const char *s, size_t n, uint32_t points[WF_LABEL_MAX])
{
	const char *end = s + n, *dash = NULL;
	uint32_t next = 128, i = 0, bias = 72;
	size_t count = 0;

	for (const char *p = s; p < end; p++)
		if (*p == '-')
			dash = p;
	for (; dash && s < dash; s++)
		points[count++] = (unsigned char)*s;
	s += dash && dash == s ? 1 : 0;
	if (s == end)
		return 0;
	while (s < end) {
		uint32_t before = i;

		if (count == WF_LABEL_MAX || !punycode_delta(&s, end, bias, &i))
			return 0;
		bias = adapt(i - before, (uint32_t)count + 1, before == 0);
		next += i / (uint32_t)(count + 1);
		i %= (uint32_t)(count + 1);
		if (next > 0x10ffff || (next >= 0xd800 && next <= 0xdfff))
			return 0;
		memmove(points + i + 1, points + i, (count - i) * sizeof(*points));
		points[i++] = next;
		count++;
	}
	return count;
}

/* The least code point from `from` on; UINT32_MAX when there is none. */
static uint32_t least_from(const uint32_t *points, size_t count, uint32_t from)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < count; i++)
		if (points[i] >= from && points[i] < least)
			least = points[i];
	return least;
}

static bool put_delta(char *to, size_t *len, uint32_t delta, uint32_t bias)
{
	for (uint32_t k = 36;; k += 36) {
		uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
		uint32_t digit = delta < t ? delta : t + (delta - t) % (36 - t);

		if (*len == WF_LABEL_MAX - 4)
			return false;
		to[(*len)++] = (char)(digit < 26 ? digit + 'a' : digit - 26 + '0');
		if (delta < t)
			return true;
		delta = (delta - t) / (36 - t);
	}
}

size_t wf_punycode_encode(const uint32_t *points, size_t count, char ret[WF_LABEL_MAX])
{
	size_t len = 0, basic;
	uint32_t done, delta = 0, bias = 72, next = 128;

	for (size_t i = 0; i < count; i++) {
		if (points[i] >= 128)
			continue;
		if (len == WF_LABEL_MAX - 5)
			return 0;
		ret[len++] = (char)points[i];
	}
	basic = len;
	if (basic)
		ret[len++] = '-';
	for (done = (uint32_t)basic; done < count; delta++, next++) {
		uint32_t least = least_from(points, count, next);

		delta += (least - next) * (done + 1);
		next = least;
		for (size_t i = 0; i < count; i++) {
			if (points[i] < next)
				delta++;
			if (points[i] != next)
				continue;
			if (!put_delta(ret, &len, delta, bias))
				return 0;
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
	return len;
}

/* -- U-labels -- */

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 63));
		to[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 63));
	to[2] = (char)(0x80 | (c >> 6 & 63));
	to[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* Whether the whole label matches; the patterns are this file's own. */
static bool fits(const char *pattern, const uint32_t *points, size_t count)
{
	char text[WF_LABEL_MAX * 4];
	struct wf_regex *re;
	size_t n = 0;
	bool found;

	for (size_t i = 0; i < count; i++)
		n += put_utf8(text + n, points[i]);
	if (wf_regex_new(pattern, strlen(pattern), WF_REGEX_PERL, &re, NULL) < 0)
		return false;
	found = wf_regex_search(re, text, n) == 1;
	wf_regex_free(re);
	return found;
}

/* RFC 5892: the letters, digits and marks; its exceptions; old Hangul and what is ignorable is out.
 */
#define CHARACTERS                                                                                 \
	"^(?:(?![\\x{640}\\x{7fa}\\x{302e}\\x{302f}\\x{3031}-\\x{3035}\\x{303b}"                   \
	"\\x{1100}-\\x{11ff}\\x{a960}-\\x{a97f}\\x{d7b0}-\\x{d7ff}\\x{fb00}-\\x{fb06}"             \
	"\\x{ff00}-\\x{ffef}\\x{20d0}-\\x{20ff}\\x{115f}\\x{1160}\\x{34f}\\x{180b}-\\x{180f}])"    \
	"[\\p{Ll}\\p{Lo}\\p{Lm}\\p{Mn}\\p{Mc}\\p{Nd}-]"                                            \
	"|[\\x{df}\\x{3c2}\\x{6fd}\\x{6fe}\\x{f0b}\\x{3007}\\x{b7}\\x{375}\\x{5f3}\\x{5f4}"        \
	"\\x{30fb}\\x{200c}\\x{200d}])+\\z"

/* The contextual rules, RFC 5892 appendix A: what the label may not hold. */
static const char *const contexts[] = {
	"(?<!l)\\x{b7}|\\x{b7}(?!l)",
	"\\x{375}(?!\\p{sc:Greek})",
	"(?<!\\p{sc:Hebrew})[\\x{5f3}\\x{5f4}]",
	"^(?=.*\\x{30fb})(?:\\x{30fb}|[^\\p{Hiragana}\\p{Katakana}\\p{Han}])*+\\z",
	"[\\x{660}-\\x{669}].*[\\x{6f0}-\\x{6f9}]|[\\x{6f0}-\\x{6f9}].*[\\x{660}-\\x{669}]",
};

#define VIRAMA                                                                                     \
	"[\\x{94d}\\x{9cd}\\x{a4d}\\x{acd}\\x{b4d}\\x{bcd}\\x{c4d}\\x{ccd}\\x{d3b}\\x{d3c}"        \
	"\\x{d4d}\\x{dca}\\x{e3a}\\x{eba}\\x{f84}\\x{1039}\\x{103a}\\x{1714}\\x{1734}\\x{17d2}"    \
	"\\x{1a60}\\x{1b44}\\x{1baa}\\x{1bab}\\x{1bf2}\\x{1bf3}\\x{2d7f}\\x{a806}\\x{a82c}"        \
	"\\x{a8c4}\\x{a953}\\x{a9c0}\\x{aaf6}\\x{abed}]"
#define JOINING "[\\p{Arabic}\\p{Syriac}\\p{Mongolian}\\p{Nko}]"
#define BAD_JOINERS                                                                                \
	"(?<!" VIRAMA ")\\x{200d}|(?<!" VIRAMA ")(?<!" JOINING ")\\x{200c}"                        \
	"|(?<!" VIRAMA ")\\x{200c}(?!" JOINING ")"

bool wf_idna_label_valid(const uint32_t *points, size_t count)
{
	if (!count || points[0] == '-' || points[count - 1] == '-' ||
		(count > 3 && points[2] == '-' && points[3] == '-'))
		return false;
	if (!fits(CHARACTERS, points, count) || fits("^\\p{M}", points, count) ||
		fits(BAD_JOINERS, points, count))
		return false;
	for (size_t i = 0; i < sizeof(contexts) / sizeof(*contexts); i++)
		if (fits(contexts[i], points, count))
			return false;
	return true;
}

/* -- direction -- */

#define NEUTRAL "\\p{bc:EN}\\p{bc:ES}\\p{bc:CS}\\p{bc:ET}\\p{bc:ON}\\p{bc:BN}\\p{bc:NSM}"
#define RIGHT "\\p{bc:R}\\p{bc:AL}"

bool wf_idna_label_rtl(const uint32_t *points, size_t count)
{
	return fits("[" RIGHT "\\p{bc:AN}]", points, count);
}

bool wf_idna_label_bidi(const uint32_t *points, size_t count)
{
	if (fits("^\\p{bc:L}", points, count))
		return fits("^[\\p{bc:L}" NEUTRAL "]*[\\p{bc:L}\\p{bc:EN}]\\p{bc:NSM}*\\z", points,
			count);
	return fits("^[" RIGHT "]", points, count) &&
	       fits("^[" RIGHT "\\p{bc:AN}" NEUTRAL "]*[" RIGHT
		    "\\p{bc:AN}\\p{bc:EN}]\\p{bc:NSM}*\\z",
		       points, count) &&
	       !fits("\\p{bc:EN}.*\\p{bc:AN}|\\p{bc:AN}.*\\p{bc:EN}", points, count);
}

/* UTF-8, and the nearest of some words. */
#include "base/text.h"

#include "base/mem.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* The length of the well-formed sequence at s, 0 when there is none (Unicode 15, table 3-7). */
static size_t sequence_length(const unsigned char *s, size_t n)
{
	unsigned char first = s[0], low = 0x80, high = 0xBF;
	size_t len;

	if (first < 0x80)
		return 1;
	if (first < 0xC2 || first > 0xF4)
		return 0;
	if (first < 0xE0) {
		len = 2;
	} else if (first < 0xF0) {
		len = 3;
		if (first == 0xE0)
			low = 0xA0; /* shorter forms exist */
		else if (first == 0xED)
			high = 0x9F; /* surrogates */
	} else {
		len = 4;
		if (first == 0xF0)
			low = 0x90;
		else if (first == 0xF4)
			high = 0x8F; /* beyond U+10FFFF */
	}
	if (n < len || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

bool wf_utf8_valid(const char *s, size_t n, size_t *ret_bad)
{
	const unsigned char *bytes = (const unsigned char *)s;
	size_t i = 0;

	while (i < n) {
		uint64_t eight;

		/* most text is ASCII */
		while (n - i >= sizeof(eight)) {
			memcpy(&eight, bytes + i, sizeof(eight));
			if (eight & UINT64_C(0x8080808080808080))
				break;
			i += sizeof(eight);
		}
		if (i == n)
			break;
		size_t len = sequence_length(bytes + i, n - i);
		if (!len) {
			if (ret_bad)
				*ret_bad = i;
			return false;
		}
		i += len;
	}
	return true;
}

uint32_t wf_utf8_next(const char *s, size_t n, size_t *ret_len)
{
	static const unsigned char lead_bits[5] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	const unsigned char *bytes = (const unsigned char *)s;
	size_t len = bytes[0] < 0x80 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
	uint32_t point = bytes[0] & lead_bits[len];

	for (size_t i = 1; i < len && i < n; i++)
		point = point << 6 | (bytes[i] & 0x3F);
	*ret_len = len < n ? len : n;
	return point;
}

size_t wf_utf8_count(const char *s, size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xC0) != 0x80;
	return count;
}

/* Distances are counted in halves: an edit is 2, a change of case 1. */
#define EDIT 2u
#define CASE 1u
#define LONGEST_WORD 255

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned replace_cost(char a, char b)
{
	if (a == b)
		return 0;
	return tolower((unsigned char)a) == tolower((unsigned char)b) ? CASE : EDIT;
}

/* Three rows of the table of edit distances with swaps: the one before the last is for the swap. */
static unsigned distance(const char *a, size_t alen, const char *b, size_t blen)
{
	unsigned rows[3][LONGEST_WORD + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= blen; j++)
		last[j] = (unsigned)j * EDIT;
	memcpy(before, last, sizeof(rows[0]));
	for (size_t i = 1; i <= alen; i++) {
		now[0] = (unsigned)i * EDIT;
		for (size_t j = 1; j <= blen; j++) {
			unsigned d = last[j - 1] + replace_cost(a[i - 1], b[j - 1]);
			d = least(d, least(last[j], now[j - 1]) + EDIT);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = least(d, before[j - 2] + EDIT);
			now[j] = d;
		}
		unsigned *oldest = before;
		before = last;
		last = now;
		now = oldest;
	}
	return last[blen];
}

const char *wf_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t len = strlen(word);
	if (!len || len > LONGEST_WORD)
		return NULL;

	unsigned limit = (unsigned)(len * EDIT / 3);
	if (limit < EDIT)
		limit = EDIT;
	unsigned best = limit + 1;
	const char *nearest = NULL;
	for (size_t i = 0; i < count && best; i++) {
		size_t other = candidates[i] ? strlen(candidates[i]) : 0;
		size_t gap = other > len ? other - len : len - other;
		if (!other || other > LONGEST_WORD || gap * EDIT >= best)
			continue;
		unsigned d = distance(word, len, candidates[i], other);
		/* The same letters in other case are meant, however many they are. */
		if (d >= best && best > CASE && strcasecmp(word, candidates[i]) == 0)
			d = CASE;
		/* With every letter replaced there is nothing left to recognise. */
		if (d < best && d < EDIT * (other > len ? other : len)) {
			best = d;
			nearest = candidates[i];
		}
	}
	return nearest;
}

/* Colours, display width, harmless text. */
#include "view/style.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const escapes[WF_ROLE_COUNT_] = {
	[WF_ROLE_PLAIN] = "",
	[WF_ROLE_STRONG] = "\033[1m",
	[WF_ROLE_DIM] = "\033[2m",
	[WF_ROLE_GOOD] = "\033[32m",
	[WF_ROLE_BAD] = "\033[1;31m",
	[WF_ROLE_WARN] = "\033[33m",
	[WF_ROLE_INFO] = "\033[36m",
};

const char *wf_style_on(const struct wf_style *style, enum wf_role role)
{
	return style && style->color ? escapes[role] : "";
}

const char *wf_style_off(const struct wf_style *style, enum wf_role role)
{
	return style && style->color && role != WF_ROLE_PLAIN ? "\033[0m" : "";
}

void wf_view_role(struct wf_buf *out, const struct wf_style *style, enum wf_role role,
	const char *text)
{
	wf_buf_addstr(out, wf_style_on(style, role));
	wf_view_safe(out, text);
	wf_buf_addstr(out, wf_style_off(style, role));
}

struct range {
	uint32_t from, to;
};

/* Combining marks, joiners and selectors of the scripts people write names in. */
static const struct range zero_wide[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x05bf, 0x05bf },
	{ 0x05c1, 0x05c2 }, { 0x05c4, 0x05c5 }, { 0x0610, 0x061a }, { 0x064b, 0x065f },
	{ 0x0670, 0x0670 }, { 0x06d6, 0x06dc }, { 0x06df, 0x06e4 }, { 0x0900, 0x0902 },
	{ 0x093c, 0x093c }, { 0x0941, 0x0948 }, { 0x094d, 0x094d }, { 0x0e31, 0x0e31 },
	{ 0x0e34, 0x0e3a }, { 0x0e47, 0x0e4e }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
	{ 0x200b, 0x200f }, { 0x202a, 0x202e }, { 0x2060, 0x2064 }, { 0x20d0, 0x20f0 },
	{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff }, { 0xe0100, 0xe01ef },
};

/* East Asian wide and fullwidth blocks, and emoji. */
static const struct range two_wide[] = {
	{ 0x1100, 0x115f }, { 0x231a, 0x231b }, { 0x2329, 0x232a }, { 0x23e9, 0x23ec },
	{ 0x2614, 0x2615 }, { 0x2648, 0x2653 }, { 0x26a1, 0x26a1 }, { 0x26bd, 0x26be },
	{ 0x26d4, 0x26d4 }, { 0x2705, 0x2705 }, { 0x270a, 0x270b }, { 0x2728, 0x2728 },
	{ 0x274c, 0x274c }, { 0x2753, 0x2755 }, { 0x2757, 0x2757 }, { 0x2e80, 0x303e },
	{ 0x3041, 0x33ff }, { 0x3400, 0x4dbf }, { 0x4e00, 0x9fff }, { 0xa000, 0xa4cf },
	{ 0xa960, 0xa97f }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
	{ 0xff01, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
	{ 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

static bool within(const struct range *ranges, size_t count, uint32_t rune)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (rune > ranges[middle].to)
			low = middle + 1;
		else if (rune < ranges[middle].from)
			high = middle;
		else
			return true;
	}
	return false;
}

uint32_t wf_view_rune_width(uint32_t rune)
{
	if (rune < 0x20 || (rune >= 0x7f && rune < 0xa0))
		return 0;
	if (rune < 0x300)
		return 1;
	if (within(zero_wide, sizeof(zero_wide) / sizeof(zero_wide[0]), rune))
		return 0;
	if (within(two_wide, sizeof(two_wide) / sizeof(two_wide[0]), rune))
		return 2;
	return 1;
}

/* Marks that turn the direction of what follows would let data rewrite the line it stands in. */
static bool turns_direction(uint32_t rune)
{
	return (rune >= 0x202a && rune <= 0x202e) || (rune >= 0x2066 && rune <= 0x2069);
}

#define REPLACEMENT "\xef\xbf\xbd"

/* The next harmless piece of a text: its bytes, its columns; moves *s on. */
static const char *piece(const char **s, size_t *n, size_t *ret_bytes, uint32_t *ret_width)
{
	const char *at = *s;
	unsigned char c = (unsigned char)*at;
	if (c >= 0x20 && c < 0x7f) {
		*s += 1, *n -= 1;
		*ret_bytes = 1, *ret_width = 1;
		return at;
	}
	if (c == '\n' || c == '\t' || c == '\r') {
		*s += 1, *n -= 1;
		*ret_bytes = 1, *ret_width = 1;
		return " ";
	}
	size_t want = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (c < 0x20 || c == 0x7f || want == 1 || want > *n || !wf_utf8_valid(at, want, NULL)) {
		*s += 1, *n -= 1;
		*ret_bytes = 3, *ret_width = 1;
		return REPLACEMENT;
	}
	size_t len;
	uint32_t rune = wf_utf8_next(at, *n, &len);
	*s += len, *n -= len;
	if ((rune >= 0x80 && rune < 0xa0) || turns_direction(rune)) {
		*ret_bytes = 3, *ret_width = 1;
		return REPLACEMENT;
	}
	*ret_bytes = len, *ret_width = wf_view_rune_width(rune);
	return at;
}

size_t wf_view_width(const char *text)
{
	size_t n = strlen(text), columns = 0;
	while (n) {
		size_t bytes;
		uint32_t width;
		(void)piece(&text, &n, &bytes, &width);
		columns += width;
	}
	return columns;
}

void wf_view_safe(struct wf_buf *out, const char *text)
{
	size_t n = strlen(text);
	while (n) {
		size_t bytes;
		uint32_t width;
		const char *p = piece(&text, &n, &bytes, &width);
		wf_buf_add(out, p, bytes);
	}
}

size_t wf_view_clip(struct wf_buf *out, const char *text, size_t columns)
{
	size_t width = wf_view_width(text);
	if (width <= columns) {
		wf_view_safe(out, text);
		return width;
	}
	if (columns == 0)
		return 0;
	size_t n = strlen(text), used = 0;
	while (n) {
		size_t bytes;
		uint32_t w;
		const char *p = piece(&text, &n, &bytes, &w);
		if (used + w > columns - 1)
			break;
		wf_buf_add(out, p, bytes);
		used += w;
	}
	wf_buf_addstr(out, "…");
	return used + 1;
}

void wf_view_pad(struct wf_buf *out, size_t n)
{
	while (n--)
		wf_buf_addch(out, ' ');
}

void wf_view_wrap(struct wf_buf *out, const char *text, size_t indent, size_t columns)
{
	size_t room = columns > indent + 20 ? columns - indent : 20;
	while (*text) {
		size_t line = strcspn(text, "\n"), used = 0;
		wf_view_pad(out, indent);
		const char *end = text + line;
		/* white space at the head of a line is kept: examples are set off by it */
		while (text < end && *text == ' ') {
			wf_buf_addch(out, ' ');
			text++, used++;
		}
		while (text < end) {
			size_t n = strcspn(text, " \n");
			char word[256];
			size_t take = n < sizeof(word) ? n : sizeof(word) - 1;
			memcpy(word, text, take);
			word[take] = 0;
			size_t width = wf_view_width(word);
			if (used && used + 1 + width > room) {
				wf_buf_addch(out, '\n');
				wf_view_pad(out, indent);
				used = 0;
			} else if (used && out->data[out->len - 1] != ' ') {
				wf_buf_addch(out, ' ');
				used++;
			}
			wf_view_safe(out, word);
			used += width;
			text += take;
			while (text < end && *text == ' ')
				text++;
		}
		wf_buf_addch(out, '\n');
		if (*text == '\n')
			text++;
	}
}

void wf_view_count(uint64_t n, char ret[WF_COUNT_TEXT])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	size_t at = 0;
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			ret[at++] = ',';
		ret[at++] = digits[i];
	}
	ret[at] = 0;
}

void wf_view_plural(struct wf_buf *out, uint64_t n, const char *singular, const char *plural)
{
	char text[WF_COUNT_TEXT];
	wf_view_count(n, text);
	wf_buf_printf(out, "%s %s", n ? text : "no", n == 1 ? singular : plural);
}

void wf_view_bytes(uint64_t n, char ret[WF_COUNT_TEXT])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t unit = 0;
	double value = (double)n;
	while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	(void)snprintf(ret, WF_COUNT_TEXT, unit && value < 100 ? "%.1f %s" : "%.0f %s", value,
		units[unit]);
}

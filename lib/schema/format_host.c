/*
 * Host names: RFC 1123, with internationalised labels (idna.c). An A-label must decode, encode to
 * itself again, and be allowed; where a label runs right to left all of them keep the Bidi rule.
 */
#include "schema/formats.h"

#include "base/text.h"
#include "schema/idna.h"

#include <string.h>

#define NAME_MAX_BYTES 253

struct label {
	uint32_t points[WF_LABEL_MAX];
	size_t count;
	size_t ascii_len; /* in its ASCII form */
};

static bool ldh(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

static bool same_but_case(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((a[i] | 32) != (b[i] | 32))
			return false;
	return true;
}

static bool is_ascii(const struct label *label)
{
	for (size_t i = 0; i < label->count; i++)
		if (label->points[i] >= 128)
			return false;
	return true;
}

static bool a_label(const char *s, size_t n, struct label *ret)
{
	char again[WF_LABEL_MAX];

	ret->count = wf_punycode_decode(s + 4, n - 4, ret->points);
	ret->ascii_len = n;
	for (size_t i = 0; i < ret->count; i++)
		if (ret->points[i] >= 'A' && ret->points[i] <= 'Z')
			ret->points[i] |= 32;
	return ret->count && !is_ascii(ret) && wf_idna_label_valid(ret->points, ret->count) &&
	       wf_punycode_encode(ret->points, ret->count, again) == n - 4 &&
	       same_but_case(again, s + 4, n - 4);
}

static bool ascii_label(const char *s, size_t n, bool strict, struct label *ret)
{
	if (!n || n > WF_LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!ldh(s[i]))
			return false;
		ret->points[i] = (unsigned char)s[i];
	}
	ret->count = ret->ascii_len = n;
	if (n > 3 && (s[0] | 32) == 'x' && (s[1] | 32) == 'n' && s[2] == '-' && s[3] == '-')
		return a_label(s, n, ret);
	return !strict || n < 4 || s[2] != '-' || s[3] != '-';
}

static bool u_label(const char *s, size_t n, struct label *ret)
{
	char ascii[WF_LABEL_MAX];
	size_t len;

	ret->count = 0;
	for (size_t i = 0; i < n; i += len) {
		if (ret->count == WF_LABEL_MAX)
			return false;
		ret->points[ret->count++] = wf_utf8_next(s + i, n - i, &len);
	}
	len = wf_punycode_encode(ret->points, ret->count, ascii);
	ret->ascii_len = len + 4;
	return len && wf_idna_label_valid(ret->points, ret->count);
}

static bool read_label(const char *s, size_t n, bool international, struct label *ret)
{
	if (international)
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)s[i] >= 128)
				return u_label(s, n, ret);
	return ascii_label(s, n, international, ret);
}

/* The length of the label at s, and of the dot behind it: one of the dots of RFC 3490 too when the
 * name is international. */
static size_t label_length(const char *s, size_t n, bool international, size_t *ret_dot)
{
	for (size_t i = 0, len; i < n; i += len) {
		uint32_t c = wf_utf8_next(s + i, n - i, &len);

		*ret_dot = len;
		if (c == '.' || (international && (c == 0x3002 || c == 0xff0e || c == 0xff61)))
			return i;
	}
	*ret_dot = 0;
	return n;
}

/* One pass over the labels: each is valid, or with `bidi` each keeps the Bidi rule. */
static bool each_label(const char *s, size_t n, bool international, bool bidi, bool *ret_rtl)
{
	struct label label;
	size_t total = 0, dot;

	for (;;) {
		size_t len = label_length(s, n, international, &dot);

		if (!read_label(s, len, international, &label))
			return false;
		if (bidi && !wf_idna_label_bidi(label.points, label.count))
			return false;
		if (!bidi && !is_ascii(&label))
			*ret_rtl |= wf_idna_label_rtl(label.points, label.count);
		total += label.ascii_len + 1;
		if (total > NAME_MAX_BYTES + 1)
			return false;
		if (!dot)
			return true;
		s += len + dot;
		n -= len + dot;
	}
}

static bool host_name(const char *s, size_t n, bool international)
{
	bool rtl = false;

	return each_label(s, n, international, false, &rtl) &&
	       (!rtl || each_label(s, n, international, true, &rtl));
}

bool wf_format_hostname(const char *s, size_t n)
{
	return host_name(s, n, false);
}

bool wf_format_idn_hostname(const char *s, size_t n)
{
	return host_name(s, n, true);
}

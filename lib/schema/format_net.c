/* Addresses of the net: URIs and IRIs, mail boxes, IP. */
#include "schema/formats.h"

#include "base/text.h"

#include <string.h>

#define MAIL_LOCAL_MAX 64

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool hex_digit(char c)
{
	return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool in(char c, const char *set)
{
	return c && strchr(set, c);
}

/* -- IP -- */

bool wf_format_ipv4(const char *s, size_t n)
{
	size_t i = 0;

	for (int part = 0; part < 4; part++) {
		size_t from = i;
		unsigned v = 0;

		if (part && (i >= n || s[i++] != '.'))
			return false;
		from = i;
		while (i < n && digit(s[i]) && i - from < 4)
			v = v * 10 + (unsigned)(s[i++] - '0');
		if (i == from || i - from > 3 || v > 255 || (i - from > 1 && s[from] == '0'))
			return false;
	}
	return i == n;
}

/* RFC 4291: eight groups, or fewer around one "::"; the last two may be an IPv4 address. */
bool wf_format_ipv6(const char *s, size_t n)
{
	size_t i = 0;
	int groups = 0;
	bool gap = false;

	if (n >= 2 && s[0] == ':' && s[1] == ':') {
		gap = true;
		i = 2;
	}
	while (i < n) {
		size_t from = i;

		while (i < n && hex_digit(s[i]))
			i++;
		if (i < n && s[i] == '.') {
			groups += 2;
			return wf_format_ipv4(s + from, n - from) &&
			       (gap ? groups < 8 : groups == 8);
		}
		if (i == from || i - from > 4)
			return false;
		groups++;
		if (i == n)
			break;
		if (s[i++] != ':' || i == n)
			return false;
		if (s[i] == ':') {
			if (gap)
				return false;
			gap = true;
			i++;
		}
	}
	return gap ? groups < 8 : groups == 8;
}

/* -- URI -- */

static bool iri_char(uint32_t c, bool query)
{
	bool private_use = (c >= 0xe000 && c <= 0xf8ff) || (c >= 0xf0000 && (c & 0xffff) <= 0xfffd);

	if (private_use)
		return query;
	return (c >= 0xa0 && c <= 0xd7ff) || (c >= 0xf900 && c <= 0xfdcf) ||
	       (c >= 0xfdf0 && c <= 0xffef) ||
	       (c >= 0x10000 && c < 0xf0000 && (c & 0xffff) <= 0xfffd &&
		       !(c >= 0xe0000 && c <= 0xe0fff));
}

/* Whether all of it is unreserved, sub-delimiters, percent-encoded, or one of `more`. */
static bool uri_chars(const char *s, size_t n, const char *more, bool international, bool query)
{
	for (size_t i = 0; i < n;) {
		size_t len = 1;

		if (s[i] == '%') {
			if (n - i < 3 || !hex_digit(s[i + 1]) || !hex_digit(s[i + 2]))
				return false;
			len = 3;
		} else if ((unsigned char)s[i] >= 128) {
			if (!international || !iri_char(wf_utf8_next(s + i, n - i, &len), query))
				return false;
		} else if (!letter(s[i]) && !digit(s[i]) && !in(s[i], "-._~!$&'()*+,;=") &&
			   !in(s[i], more)) {
			return false;
		}
		i += len;
	}
	return true;
}

static bool ip_literal(const char *s, size_t n)
{
	size_t i = 1;

	if (!n || (s[0] != 'v' && s[0] != 'V'))
		return wf_format_ipv6(s, n);
	while (i < n && hex_digit(s[i]))
		i++;
	return i > 1 && i + 1 < n && s[i] == '.' && !memchr(s + i, '%', n - i) &&
	       uri_chars(s + i + 1, n - i - 1, ":", false, false);
}

static bool authority(const char *s, size_t n, bool international)
{
	const char *at = memchr(s, '@', n), *host, *end = s + n;
	size_t host_n;

	if (at && !uri_chars(s, (size_t)(at - s), ":", international, false))
		return false;
	host = at ? at + 1 : s;
	if (host < end && *host == '[') {
		const char *close = memchr(host, ']', (size_t)(end - host));

		if (!close || !ip_literal(host + 1, (size_t)(close - host - 1)))
			return false;
		host = close + 1;
		if (host < end && *host != ':')
			return false;
	}
	for (host_n = 0; host + host_n < end && host[host_n] != ':';)
		host_n++;
	if (!uri_chars(host, host_n, "", international, false))
		return false;
	for (host += host_n + (host + host_n < end); host < end; host++)
		if (!digit(*host))
			return false;
	return true;
}

static size_t until(const char *s, size_t n, const char *set)
{
	size_t i = 0;

	while (i < n && !in(s[i], set))
		i++;
	return i;
}

static bool reference(const char *s, size_t n, bool absolute, bool international)
{
	size_t i = until(s, n, ":/?#"), len;
	bool scheme = i && i < n && s[i] == ':' && letter(s[0]);

	for (size_t k = 0; scheme && k < i; k++)
		scheme = letter(s[k]) || digit(s[k]) || in(s[k], "+-.");
	if (scheme) {
		s += i + 1;
		n -= i + 1;
	} else if (absolute || (i < n && s[i] == ':')) {
		return false;
	}
	if (n >= 2 && s[0] == '/' && s[1] == '/') {
		len = until(s + 2, n - 2, "/?#");
		if (!authority(s + 2, len, international))
			return false;
		s += len + 2;
		n -= len + 2;
	}
	len = until(s, n, "?#");
	if (!uri_chars(s, len, ":@/", international, false))
		return false;
	s += len;
	n -= len;
	if (n && s[0] == '?') {
		len = until(s, n, "#");
		if (!uri_chars(s + 1, len - 1, ":@/?", international, true))
			return false;
		s += len;
		n -= len;
	}
	return !n || uri_chars(s + 1, n - 1, ":@/?", international, false);
}

bool wf_format_uri(const char *s, size_t n)
{
	return reference(s, n, true, false);
}

bool wf_format_uri_reference(const char *s, size_t n)
{
	return reference(s, n, false, false);
}

bool wf_format_iri(const char *s, size_t n)
{
	return reference(s, n, true, true);
}

bool wf_format_iri_reference(const char *s, size_t n)
{
	return reference(s, n, false, true);
}

/* -- mail boxes, RFC 5321 section 4.1.2 and 6531 -- */

static bool mail_atom(char c, bool international)
{
	return letter(c) || digit(c) || in(c, "!#$%&'*+-/=?^_`{|}~") ||
	       (international && (unsigned char)c >= 128);
}

/* The length of a quoted local part, 0 when it is none. */
static size_t mail_quoted(const char *s, size_t n, bool international)
{
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"')
			return i + 1;
		if (c == '\\') {
			i++;
			if (i >= n || s[i] < 32 || s[i] > 126)
				return 0;
		} else if (c < 32 || c == 127 || (c >= 128 && !international)) {
			return 0;
		}
	}
	return 0;
}

static size_t mail_local(const char *s, size_t n, bool international)
{
	size_t i = 0;

	if (n && s[0] == '"')
		return mail_quoted(s, n, international);
	while (i < n && (mail_atom(s[i], international) || (s[i] == '.' && i && s[i - 1] != '.')))
		i++;
	return i && s[i - 1] != '.' ? i : 0;
}

static bool mail_literal(const char *s, size_t n)
{
	if (n > 5 && (s[0] | 32) == 'i' && (s[1] | 32) == 'p' && (s[2] | 32) == 'v' &&
		s[3] == '6' && s[4] == ':')
		return wf_format_ipv6(s + 5, n - 5);
	return wf_format_ipv4(s, n);
}

static bool mail_domain(const char *s, size_t n, bool international)
{
	size_t label = 0;

	if (n > 2 && s[0] == '[' && s[n - 1] == ']')
		return mail_literal(s + 1, n - 2);
	if (!n || n > 255)
		return false;
	for (size_t i = 0; i <= n; i++) {
		if (i == n || s[i] == '.') {
			if (!label || label > 63 || s[i - label] == '-' || s[i - 1] == '-')
				return false;
			label = 0;
		} else if (letter(s[i]) || digit(s[i]) || s[i] == '-' ||
			   (international && (unsigned char)s[i] >= 128)) {
			label++;
		} else {
			return false;
		}
	}
	return true;
}

static bool mail_box(const char *s, size_t n, bool international)
{
	size_t local = mail_local(s, n, international);

	return local && local <= MAIL_LOCAL_MAX && local < n && s[local] == '@' &&
	       mail_domain(s + local + 1, n - local - 1, international);
}

bool wf_format_email(const char *s, size_t n)
{
	return mail_box(s, n, false);
}

bool wf_format_idn_email(const char *s, size_t n)
{
	return mail_box(s, n, true);
}

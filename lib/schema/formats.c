/* The table of formats, and those that are too short for a file of their own. */
#include "schema/formats.h"

#include "base/duration.h"
#include "base/regex_ecma.h"

#include <string.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool hex_digit(char c)
{
	return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* RFC 9562: eight, four, four, four, twelve hexadecimal digits. */
static bool uuid(const char *s, size_t n)
{
	if (n != 36)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !hex_digit(s[i]))
			return false;
	}
	return true;
}

static bool regex(const char *s, size_t n)
{
	struct wf_buf out = {0};
	bool ok = wf_regex_ecma_translate(s, n, true, &out, NULL) == 0;

	wf_buf_done(&out);
	return ok;
}

/* RFC 6901 */
static bool json_pointer(const char *s, size_t n)
{
	if (n && s[0] != '/')
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] == '~' && (i + 1 == n || (s[i + 1] != '0' && s[i + 1] != '1')))
			return false;
	return true;
}

static bool relative_json_pointer(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && digit(s[i]))
		i++;
	if (!i || (i > 1 && s[0] == '0'))
		return false;
	if (i + 1 == n && s[i] == '#')
		return true;
	return json_pointer(s + i, n - i);
}

/* What the definition language takes for a duration: all of ISO 8601-1, with fractions and gaps. */
static bool iso_duration(const char *s, size_t n)
{
	struct wf_duration d;

	return wf_duration_parse(s, n, false, &d) == 0;
}

static bool name_char(char c)
{
	return hex_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* One variable of an RFC 6570 expression: its length, 0 when it is none. */
static size_t template_variable(const char *s, size_t n)
{
	size_t i = 0, digits = 0;

	for (;;) {
		if (i + 2 < n && s[i] == '%' && hex_digit(s[i + 1]) && hex_digit(s[i + 2]))
			i += 3;
		else if (i < n && name_char(s[i]))
			i++;
		else
			return 0;
		if (i < n && s[i] == '.')
			i++;
		else if (i >= n || (!name_char(s[i]) && s[i] != '%'))
			break;
	}
	if (i < n && s[i] == '*')
		return i + 1;
	if (i >= n || s[i] != ':')
		return i;
	for (i++; i < n && digit(s[i]); i++)
		digits++;
	return digits && digits <= 4 && s[i - digits] != '0' ? i : 0;
}

static size_t template_expression(const char *s, size_t n)
{
	size_t i = 1;

	if (i < n && s[i] && strchr("+#./;?&=,!@|", s[i]))
		i++;
	for (;;) {
		size_t len = template_variable(s + i, n - i);

		i += len;
		if (!len || i >= n)
			return 0;
		if (s[i] == '}')
			return i + 1;
		if (s[i++] != ',')
			return 0;
	}
}

static bool uri_template(const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)s[i];
		size_t len = 1;

		if (c == '{')
			len = template_expression(s + i, n - i);
		else if (c == '%')
			len = i + 2 < n && hex_digit(s[i + 1]) && hex_digit(s[i + 2]) ? 3 : 0;
		else if (c <= ' ' || c == 0x7f || strchr("\"'<>\\^`|}", c))
			len = 0;
		if (!len)
			return false;
		i += len;
	}
	return true;
}

static const struct format formats[] = {
	{"date-time", wf_format_date_time, "a date and time such as 2026-11-20T09:12:05Z"},
	{"date", wf_format_date, "a date such as 2026-11-20"},
	{"time", wf_format_time, "a time with its offset such as 09:12:05Z"},
	{"duration", wf_format_duration, "an ISO 8601 duration such as PT30S or P2D"},
	{"iso-duration", iso_duration, "an ISO 8601 duration such as PT30S or P2D"},
	{"uri", wf_format_uri, "a URI such as https://example.org/path"},
	{"uri-reference", wf_format_uri_reference, "a URI or a relative reference"},
	{"email", wf_format_email, "an e-mail address"},
	{"uuid", uuid, "a UUID such as 123e4567-e89b-12d3-a456-426614174000"},
	{"regex", regex, "a regular expression (ECMA-262)"},
	{"json-pointer", json_pointer, "a JSON Pointer such as /items/0"},
	{"ipv4", wf_format_ipv4, "an IPv4 address"},
	{"ipv6", wf_format_ipv6, "an IPv6 address"},
	{"hostname", wf_format_hostname, "a host name"},
	{"idn-hostname", wf_format_idn_hostname, "a host name"},
	{"idn-email", wf_format_idn_email, "an e-mail address"},
	{"iri", wf_format_iri, "an IRI such as https://example.org/path"},
	{"iri-reference", wf_format_iri_reference, "an IRI or a relative reference"},
	{"relative-json-pointer", relative_json_pointer, "a relative JSON Pointer such as 1/name"},
	{"uri-template", uri_template, "a URI template such as /users/{id}"},
};

const struct format *wf_schema_format_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

/* What a plain scalar is: the core schema of YAML 1.2, section 10.3.2. */
#include "source/build.h"

#include <string.h>

static const struct {
	const char *text;
	enum wf_scalar scalar;
} words[] = {
	{ "", WF_SCALAR_NULL },
	{ "~", WF_SCALAR_NULL },
	{ "null", WF_SCALAR_NULL },
	{ "Null", WF_SCALAR_NULL },
	{ "NULL", WF_SCALAR_NULL },
	{ "true", WF_SCALAR_TRUE },
	{ "True", WF_SCALAR_TRUE },
	{ "TRUE", WF_SCALAR_TRUE },
	{ "false", WF_SCALAR_FALSE },
	{ "False", WF_SCALAR_FALSE },
	{ "FALSE", WF_SCALAR_FALSE },
	{ ".nan", WF_SCALAR_NOT_FINITE },
	{ ".NaN", WF_SCALAR_NOT_FINITE },
	{ ".NAN", WF_SCALAR_NOT_FINITE },
};

static const char *const infinities[] = { ".inf", ".Inf", ".INF" };

static bool is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

static size_t digits(const char *text, size_t len)
{
	size_t n = 0;
	while (n < len && text[n] >= '0' && text[n] <= '9')
		n++;
	return n;
}

static bool all_of(const char *text, size_t len, const char *set)
{
	for (size_t i = 0; i < len; i++)
		if (!text[i] || !strchr(set, text[i]))
			return false;
	return len > 0;
}

/* The text has no sign any more. */
static enum wf_scalar decimal(const char *text, size_t len)
{
	size_t whole = digits(text, len), at = whole, fraction = 0;

	if (whole && whole == len)
		return WF_SCALAR_INT;
	if (at < len && text[at] == '.') {
		fraction = digits(text + at + 1, len - at - 1);
		at += 1 + fraction;
	}
	if (!whole && !fraction)
		return WF_SCALAR_STRING;
	if (at < len && (text[at] | 0x20) == 'e') {
		at++;
		if (at < len && (text[at] == '+' || text[at] == '-'))
			at++;
		size_t exponent = digits(text + at, len - at);
		if (!exponent)
			return WF_SCALAR_STRING;
		at += exponent;
	}
	return at == len ? WF_SCALAR_FLOAT : WF_SCALAR_STRING;
}

enum wf_scalar wf_yaml_scalar(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is(text, len, words[i].text))
			return words[i].scalar;
	if (len > 2 && text[0] == '0' && text[1] == 'o' && all_of(text + 2, len - 2, "01234567"))
		return WF_SCALAR_OCTAL;
	if (len > 2 && text[0] == '0' && text[1] == 'x' &&
		all_of(text + 2, len - 2, "0123456789abcdefABCDEF"))
		return WF_SCALAR_HEX;
	bool sign = text[0] == '+' || text[0] == '-';
	for (size_t i = 0; i < sizeof(infinities) / sizeof(*infinities); i++)
		if (is(text + sign, len - sign, infinities[i]))
			return WF_SCALAR_NOT_FINITE;
	return decimal(text + sign, len - sign);
}

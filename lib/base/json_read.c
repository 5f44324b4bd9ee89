/*
 * JSON text to values. What programs write most (no escapes, no numbers but integers) is read here,
 * in a third of jansson's time; jansson reads all else, and finds what is wrong with what is not JSON.
 */
#include "base/json.h"

#include "base/limits.h"

#include <string.h>

/* -- the plain kind -- */

struct plain {
	const char *at, *end;
};

static json_t *read_value(struct plain *p, unsigned levels);

static void skip_space(struct plain *p)
{
	while (p->at < p->end &&
		(*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t'))
		p->at++;
}

/* Behind white space, whether the character comes; it is taken. */
static bool comes(struct plain *p, char c)
{
	skip_space(p);
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

/* The bytes of a string, whose quote was taken; NULL when they do not stand for themselves. */
static const char *read_bytes(struct plain *p, size_t *ret_n)
{
	const char *from = p->at, *to = from;
	while (to < p->end && (unsigned char)*to >= 0x20 && *to != '"' && *to != '\\')
		to++;
	if (to == p->end || *to != '"')
		return NULL;
	p->at = to + 1;
	*ret_n = (size_t)(to - from);
	return from;
}

static json_t *read_string(struct plain *p)
{
	size_t n;
	const char *bytes = read_bytes(p, &n);
	return bytes ? json_stringn(bytes, n) : NULL; /* it looks whether they are UTF-8 */
}

static bool read_member(struct plain *p, json_t *object, unsigned levels)
{
	size_t n, before = json_object_size(object);
	const char *key = comes(p, '"') ? read_bytes(p, &n) : NULL;
	if (!key || !comes(p, ':'))
		return false;
	/* one that stands twice replaces the first */
	return json_object_setn_new(object, key, n, read_value(p, levels)) == 0 &&
		json_object_size(object) > before;
}

static bool read_element(struct plain *p, json_t *list, unsigned levels)
{
	return json_array_append_new(list, read_value(p, levels)) == 0;
}

static json_t *read_all(struct plain *p, json_t *container, char close,
	bool (*read)(struct plain *p, json_t *container, unsigned levels), unsigned levels)
{
	if (comes(p, close))
		return container;
	do {
		if (!read(p, container, levels)) {
			json_decref(container);
			return NULL;
		}
	} while (comes(p, ','));
	if (comes(p, close))
		return container;
	json_decref(container);
	return NULL;
}

/* 18 digits, which fit whatever they are. */
static json_t *read_integer(struct plain *p)
{
	bool minus = *p->at == '-';
	const char *from = p->at + minus, *to = from;
	json_int_t value = 0;
	while (to < p->end && *to >= '0' && *to <= '9' && to - from < 18)
		value = value * 10 + (*to++ - '0');
	bool ends = to == p->end || memchr(",]} \n\r\t", *to, 7);
	if (to == from || !ends || (*from == '0' && (minus || to - from > 1)))
		return NULL;
	p->at = to;
	return json_integer(minus ? -value : value);
}

static json_t *read_word(struct plain *p, const char *word, size_t n, json_t *value)
{
	if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0)
		return NULL;
	p->at += n;
	return value;
}

/* The next value; NULL where it is not of the plain kind, or nested in more than so many levels. */
static json_t *read_value(struct plain *p, unsigned levels)
{
	if (comes(p, '"'))
		return read_string(p);
	if (comes(p, '{'))
		return levels ? read_all(p, json_object(), '}', read_member, levels - 1) : NULL;
	if (comes(p, '['))
		return levels ? read_all(p, json_array(), ']', read_element, levels - 1) : NULL;
	if (p->at == p->end)
		return NULL;
	if (*p->at == 't')
		return read_word(p, "true", 4, json_true());
	if (*p->at == 'f')
		return read_word(p, "false", 5, json_false());
	if (*p->at == 'n')
		return read_word(p, "null", 4, json_null());
	return read_integer(p);
}

json_t *wf_json_read_plain(const char *text, size_t len)
{
	struct plain p = {text, text + len};
	json_t *value = read_value(&p, WF_MAX_DEPTH);
	skip_space(&p);
	if (p.at == p.end)
		return value;
	json_decref(value);
	return NULL;
}

/* -- all of it -- */

/* Nesting as a quick scan sees it, so that no parser recurses deeper than the limit. */
static bool too_deep(const char *text, size_t len)
{
	size_t depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > WF_MAX_DEPTH)
				return true;
		} else if ((c == ']' || c == '}') && depth) {
			depth--;
		}
	}
	return false;
}

/* jansson's sentences that speak of its own interface, or not to people. */
static int not_json(const json_error_t *error, size_t len, struct wf_cause *cause)
{
	static const struct {
		const char *begins, *means;
	} sentences[] = {
		{"\\u0000 is not allowed", "a string holds \\u0000, which is not allowed"},
		{"unable to decode byte ", "this byte is not UTF-8: "},
		{"real number overflow", "the number is too large"},
		{"too big integer", "the integer is beyond 64 bits"},
		{"too big negative integer", "the integer is beyond 64 bits"},
		{"duplicate object key", "a key that stands twice"},
		{"end of file expected", "more behind the end of the value"},
		{"premature end of input", "the text ends too early"},
		{"unexpected token near end of file", "the text ends too early"},
	};
	const char *text = error->text;
	int column = error->column > 0 ? error->column : 1;
	if (!len)
		return wf_fail(cause, WF_ESYNTAX, "not JSON at line 1, column 1: the text is empty");
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		size_t n = strlen(sentences[i].begins);
		if (strncmp(text, sentences[i].begins, n) != 0)
			continue;
		const char *byte = text[n - 1] == ' ' ? text + n : "";
		return wf_fail(cause, WF_ESYNTAX, "not JSON at line %d, column %d: %s%.4s",
			error->line, column, sentences[i].means, byte);
	}
	return wf_fail(cause, WF_ESYNTAX, "not JSON at line %d, column %d: %s", error->line, column,
		text);
}

int wf_json_parse(const char *text, size_t len, json_t **ret, struct wf_cause *cause)
{
	json_t *plain = wf_json_read_plain(text, len);
	if (plain) {
		*ret = plain;
		return 0;
	}
	if (too_deep(text, len))
		return wf_fail(cause, WF_ELIMIT, "JSON nested deeper than %d", WF_MAX_DEPTH);
	/* jansson would lose one that stands behind a number. */
	const char *nul = len ? memchr(text, '\0', len) : NULL;
	if (nul)
		return wf_fail(cause, WF_ESYNTAX, "not JSON: byte %td is a NUL", nul - text);
	json_error_t error;
	json_t *value =
		json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
	if (!value)
		return not_json(&error, len, cause);
	*ret = value;
	return 0;
}

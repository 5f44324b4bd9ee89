/*
 * The reader of JSON: RFC 8259 to the letter, with a place for everything. The first fault in the
 * syntax ends it; what is well-formed but cannot be kept (a key twice, a number out of range, a NUL)
 * is reported and read past.
 */
#include "source/build.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/text.h"

#include <string.h>

struct reader {
	struct wf_build *b;
	const char *text;
	size_t at, end;
	struct wf_buf scratch; /* the string in hand, decoded */
};

static struct wf_node *read_value(struct reader *r, unsigned depth);

/* The end of the character at `at`: what a finding about one character underlines. */
static size_t past_character(const struct reader *r, size_t at)
{
	size_t step = 0;
	if (at < r->end)
		(void)wf_utf8_next(r->text + at, r->end - at, &step);
	return at + step;
}

/* A finding about the character at `at`; its hint may be NULL. Always gives NULL. */
static void *syntax(struct reader *r, size_t at, const char *message, const char *hint)
{
	struct wf_diag *d =
		wf_build_find(r->b, WF_RULE_JSON_SYNTAX, at, past_character(r, at), "%s", message);
	if (hint)
		wf_diag_hint(d, "%s", hint);
	return NULL;
}

static void skip_space(struct reader *r)
{
	while (r->at < r->end && memchr(" \t\n\r", r->text[r->at], 4))
		r->at++;
}

static bool sees(const struct reader *r, char c)
{
	return r->at < r->end && r->text[r->at] == c;
}

static bool sees_word(const struct reader *r, const char *word)
{
	size_t n = strlen(word);
	return r->end - r->at >= n && memcmp(r->text + r->at, word, n) == 0;
}

/* -- what people write that is not JSON -- */

static const struct {
	const char *start, *message, *hint;
} mistakes[] = {
	{ "//", "JSON has no comments", "remove it, or write the definition as YAML" },
	{ "/*", "JSON has no comments", "remove it, or write the definition as YAML" },
	{ "#", "JSON has no comments", "remove it, or write the definition as YAML" },
	{ "'", "strings are in double quotes", "write \" instead of '" },
	{ "`", "strings are in double quotes", "write \" instead of `" },
	{ "NaN", "NaN is not a JSON number", "leave the key out, or use null" },
	{ "Infinity", "Infinity is not a JSON number", "leave the key out, or use null" },
	{ "-Infinity", "Infinity is not a JSON number", "leave the key out, or use null" },
	{ "True", "expected a value", "JSON's true is written in small letters" },
	{ "False", "expected a value", "JSON's false is written in small letters" },
	{ "None", "expected a value", "JSON writes `null`" },
	{ "undefined", "expected a value", "JSON writes `null`" },
	{ "+", "a number does not begin with `+`", "remove the `+`" },
	{ ".", "a number begins with a digit", "write `0.5`, not `.5`" },
	{ "\xEF\xBB\xBF", "a byte order mark in the middle of the text", "remove it" },
};

static void *unexpected(struct reader *r, const char *wanted)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++)
		if (sees_word(r, mistakes[i].start))
			return syntax(r, r->at, mistakes[i].message, mistakes[i].hint);
	if (r->at >= r->end) {
		(void)wf_build_find(r->b, WF_RULE_JSON_SYNTAX, r->end, r->end,
			"the text ends where %s was expected", wanted);
		return NULL;
	}
	size_t to = past_character(r, r->at);
	struct wf_shown found = wf_shown(r->text + r->at, to - r->at);
	(void)wf_build_find(r->b, WF_RULE_JSON_SYNTAX, r->at, to, "expected %s, found `%s`", wanted,
		found.text);
	return NULL;
}

/* -- strings -- */

static bool read_hex(struct reader *r, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++, r->at++) {
		char c = r->at < r->end ? r->text[r->at] : '\0';
		uint32_t digit;
		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint32_t)((c | 0x20) - 'a') + 10;
		else
			return false;
		value = value << 4 | digit;
	}
	*ret = value;
	return true;
}

static void add_point(struct wf_buf *buf, uint32_t point)
{
	char bytes[4];
	size_t n = 0;

	if (point < 0x80) {
		bytes[n++] = (char)point;
	} else if (point < 0x800) {
		bytes[n++] = (char)(0xC0 | point >> 6);
		bytes[n++] = (char)(0x80 | (point & 0x3F));
	} else if (point < 0x10000) {
		bytes[n++] = (char)(0xE0 | point >> 12);
		bytes[n++] = (char)(0x80 | (point >> 6 & 0x3F));
		bytes[n++] = (char)(0x80 | (point & 0x3F));
	} else {
		bytes[n++] = (char)(0xF0 | point >> 18);
		bytes[n++] = (char)(0x80 | (point >> 12 & 0x3F));
		bytes[n++] = (char)(0x80 | (point >> 6 & 0x3F));
		bytes[n++] = (char)(0x80 | (point & 0x3F));
	}
	wf_buf_add(buf, bytes, n);
}

/* What cannot be in a string of ours is reported and stands there as U+FFFD. */
static void add_unkept(struct reader *r, size_t from, const char *what)
{
	struct wf_diag *d = wf_build_find(r->b, WF_RULE_ENCODING, from, r->at, "%s", what);
	wf_diag_hint(d, "remove it");
	add_point(&r->scratch, 0xFFFD);
}

/* The reader stands behind the `u`. */
static bool read_unicode_escape(struct reader *r, size_t from)
{
	uint32_t point, low;

	if (!read_hex(r, &point)) {
		(void)syntax(r, r->at, "four hexadecimal digits belong behind `\\u`", NULL);
		return false;
	}
	if (point == 0) {
		add_unkept(r, from, "strings hold no NUL characters");
		return true;
	}
	if (point < 0xD800 || point > 0xDFFF) {
		add_point(&r->scratch, point);
		return true;
	}
	size_t before = r->at;
	if (point < 0xDC00 && sees_word(r, "\\u")) {
		r->at += 2;
		if (read_hex(r, &low) && low >= 0xDC00 && low <= 0xDFFF) {
			add_point(&r->scratch, 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00));
			return true;
		}
		r->at = before;
	}
	add_unkept(r, from, "half of a surrogate pair is no character");
	return true;
}

static bool read_escape(struct reader *r)
{
	static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	size_t from = r->at++;
	char c = r->at < r->end ? r->text[r->at] : '\0';
	const char *letter = c ? strchr(letters, c) : NULL;

	if (letter) {
		wf_buf_addch(&r->scratch, values[letter - letters]);
		r->at++;
		return true;
	}
	if (c == 'u') {
		r->at++;
		return read_unicode_escape(r, from);
	}
	(void)syntax(r, from, "an escape that JSON does not have",
		"a backslash itself is written `\\\\`");
	return false;
}

/* The string at `at`, decoded in the scratch buffer. */
static bool read_string(struct reader *r, bool *ret_simple)
{
	size_t from = r->at++;
	bool simple = true;

	wf_buf_reset(&r->scratch);
	while (r->at < r->end && r->text[r->at] != '"') {
		size_t run = r->at;
		while (r->at < r->end && r->text[r->at] != '"' && r->text[r->at] != '\\' &&
			(unsigned char)r->text[r->at] >= 0x20)
			r->at++;
		wf_buf_add(&r->scratch, r->text + run, r->at - run);
		if (r->at == r->end || r->text[r->at] == '"')
			break;
		simple = false;
		if (r->text[r->at] == '\\') {
			if (!read_escape(r))
				return false;
			continue;
		}
		if (r->text[r->at] == '\n' || r->text[r->at] == '\r')
			(void)syntax(r, from, "a string that does not end on its line",
				"a line break inside a string is written `\\n`");
		else
			(void)syntax(r, r->at, "a control character inside a string",
				"a tab is written `\\t`, others `\\u00XX`");
		return false;
	}
	if (r->at == r->end) {
		(void)syntax(r, from, "a string that does not end", "its closing \" is missing");
		return false;
	}
	r->at++;
	*ret_simple = simple;
	return true;
}

static const char *decoded(const struct reader *r)
{
	return r->scratch.data ? r->scratch.data : "";
}

static struct wf_node *read_string_value(struct reader *r)
{
	size_t from = r->at;
	bool simple;

	if (!read_string(r, &simple))
		return NULL;
	struct wf_node *node = wf_build_string(r->b, decoded(r), r->scratch.len, from, r->at);
	node->quoted_simple = simple;
	return node;
}

/* -- numbers and words -- */

static size_t skip_digits(struct reader *r)
{
	size_t from = r->at;
	while (r->at < r->end && r->text[r->at] >= '0' && r->text[r->at] <= '9')
		r->at++;
	return r->at - from;
}

static struct wf_node *read_number(struct reader *r)
{
	size_t from = r->at;
	bool negative = sees(r, '-'), real = false;

	r->at += negative;
	size_t first = r->at, whole = skip_digits(r);
	if (!whole) {
		r->at = sees_word(r, "Infinity") ? from : r->at;
		return unexpected(r, "a digit");
	}
	if (whole > 1 && r->text[first] == '0')
		return syntax(r, first, "a number does not begin with 0",
			"an octal file mode is written as a string, \"0644\"");
	if (sees(r, '.')) {
		r->at++;
		real = true;
		if (!skip_digits(r))
			return unexpected(r, "a digit behind the point");
	}
	if (sees(r, 'e') || sees(r, 'E')) {
		r->at++;
		real = true;
		if (sees(r, '+') || sees(r, '-'))
			r->at++;
		if (!skip_digits(r))
			return unexpected(r, "a digit of the exponent");
	}
	struct wf_node *node = wf_build_node(r->b, WF_NODE_INT, from, r->at);
	node->plain = true;
	if (real)
		wf_build_real(r->b, node, r->text + from, r->at - from);
	else
		wf_build_integer(r->b, node, r->text + first, whole, 10, negative);
	return node;
}

static bool continues_word(const struct reader *r, size_t at)
{
	char c = at < r->end ? r->text[at] : '\0';
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static struct wf_node *read_word(struct reader *r)
{
	static const struct {
		const char *word;
		enum wf_node_kind kind;
		bool value;
	} words[] = {
		{ "true", WF_NODE_BOOL, true },
		{ "false", WF_NODE_BOOL, false },
		{ "null", WF_NODE_NULL, false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i].word);
		if (!sees_word(r, words[i].word) || continues_word(r, r->at + n))
			continue;
		struct wf_node *node = wf_build_node(r->b, words[i].kind, r->at, r->at + n);
		node->plain = true;
		node->boolean = words[i].value;
		r->at += n;
		return node;
	}
	return unexpected(r, "a value");
}

/* -- lists and maps -- */

/* Behind a value: the comma to the next (true), the end (false), or a fault. */
static bool read_separator(struct reader *r, char close, const char *wanted, bool *ret_more)
{
	skip_space(r);
	if (sees(r, close)) {
		r->at++;
		*ret_more = false;
		return true;
	}
	if (!sees(r, ',')) {
		(void)unexpected(r, wanted);
		return false;
	}
	size_t comma = r->at++;
	skip_space(r);
	if (sees(r, close)) {
		(void)syntax(r, comma, "a comma behind the last one", "remove the comma");
		return false;
	}
	*ret_more = true;
	return true;
}

static struct wf_node *read_list(struct reader *r, unsigned depth)
{
	size_t from = r->at++, base = r->b->item_count;
	bool more;

	skip_space(r);
	more = !sees(r, ']');
	r->at += !more;
	while (more) {
		struct wf_node *item = read_value(r, depth);
		if (!item)
			return NULL;
		wf_build_push_item(r->b, item);
		if (!read_separator(r, ']', "`,` or `]`", &more))
			return NULL;
	}
	struct wf_node *list = wf_build_node(r->b, WF_NODE_LIST, from, r->at);
	wf_build_take_items(r->b, base, list);
	return list;
}

static bool read_pair(struct reader *r, unsigned depth)
{
	struct wf_entry entry = { .merge = false };
	size_t from = r->at;
	bool simple;

	if (!sees(r, '"')) {
		if (continues_word(r, r->at))
			(void)syntax(r, r->at, "a key without quotes", "put it in double quotes");
		else
			(void)unexpected(r, "a key in double quotes");
		return false;
	}
	if (!read_string(r, &simple))
		return false;
	entry.pair.key = wf_arena_strndup(r->b->arena, decoded(r), r->scratch.len);
	entry.pair.key_span = wf_places_span(&r->b->places, from, r->at);
	skip_space(r);
	if (!sees(r, ':')) {
		(void)unexpected(r, "`:` behind the key");
		return false;
	}
	r->at++;
	skip_space(r);
	entry.pair.value = read_value(r, depth);
	if (!entry.pair.value)
		return false;
	wf_build_push_entry(r->b, entry);
	return true;
}

static struct wf_node *read_map(struct reader *r, unsigned depth)
{
	size_t from = r->at++, base = r->b->entry_count;
	bool more;

	skip_space(r);
	more = !sees(r, '}');
	r->at += !more;
	while (more)
		if (!read_pair(r, depth) || !read_separator(r, '}', "`,` or `}`", &more))
			return NULL;
	struct wf_node *map = wf_build_node(r->b, WF_NODE_MAP, from, r->at);
	wf_build_take_entries(r->b, base, map);
	return map;
}

/* The value at `at`, within `depth` lists and maps. NULL after a finding. */
static struct wf_node *read_value(struct reader *r, unsigned depth)
{
	char c = r->at < r->end ? r->text[r->at] : '\0';

	if (c == '{' || c == '[') {
		if (depth >= WF_MAX_DEPTH) {
			wf_build_too_deep(r->b, r->at, r->at + 1);
			return NULL;
		}
		return c == '{' ? read_map(r, depth + 1) : read_list(r, depth + 1);
	}
	if (c == '"')
		return read_string_value(r);
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(r);
	return read_word(r);
}

void wf_json_read(struct wf_build *b)
{
	struct reader r = {
		.b = b,
		.text = b->source->text,
		.at = b->places.start,
		.end = b->source->len,
	};

	wf_build_begin(b);
	skip_space(&r);
	struct wf_node *root = read_value(&r, 0);
	if (root) {
		skip_space(&r);
		if (r.at < r.end) {
			(void)syntax(&r, r.at, "text behind the end of the value",
				"a JSON file holds one value");
			root = NULL;
		}
	}
	if (root)
		wf_build_finish(b, root);
	else
		wf_build_drop(b);
	wf_buf_done(&r.scratch);
}

/* JSON and YAML text of a value. */
#include "view/emit.h"

#include "base/json.h"
#include "view/style.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool nested(const json_t *value)
{
	return (json_is_array(value) && json_array_size(value)) ||
		(json_is_object(value) && json_object_size(value));
}

/* What JSON allows raw inside a string, but a terminal obeys or YAML takes for a line's end: DEL, C1
 * controls, line separators, the byte order mark. Its code point; 0 when it may stay as it is. */
static unsigned must_escape(const unsigned char *s, size_t n, size_t *ret_len)
{
	*ret_len = 1;
	if (s[0] == 0x7f)
		return 0x7f;
	*ret_len = 2;
	if (n >= 2 && s[0] == 0xc2 && s[1] < 0xa0)
		return s[1];
	*ret_len = 3;
	if (n >= 3 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9))
		return s[2] == 0xa8 ? 0x2028 : 0x2029;
	if (n >= 3 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf)
		return 0xfeff;
	return 0;
}

/* A scalar or key as JSON in printable characters. */
static void put_scalar(const json_t *value, struct wf_buf *out)
{
	WF_AUTOBUF struct wf_buf raw = { 0 };
	wf_json_write(value, &raw);
	for (size_t i = 0; i < raw.len;) {
		size_t len;
		unsigned rune = must_escape((const unsigned char *)raw.data + i, raw.len - i, &len);
		if (rune) {
			wf_buf_printf(out, "\\u%04x", rune);
			i += len;
		} else {
			wf_buf_addch(out, raw.data[i++]);
		}
	}
}

static void put_name(const char *name, struct wf_buf *out)
{
	json_t *key = json_string(name);
	put_scalar(key, out);
	json_decref(key);
}

/* A list of a few scalars reads better on one line. */
static bool short_list(const json_t *list)
{
	if (json_array_size(list) > 8)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		if (nested(item) || (json_is_string(item) && json_string_length(item) > 24))
			return false;
	}
	return true;
}

void wf_view_json_at(const json_t *value, size_t indent, struct wf_buf *out)
{
	if (!value || !nested(value) || (json_is_array(value) && short_list(value))) {
		if (json_is_array(value) && json_array_size(value)) {
			wf_buf_addch(out, '[');
			for (size_t i = 0; i < json_array_size(value); i++) {
				wf_buf_addstr(out, i ? ", " : "");
				put_scalar(json_array_get(value, i), out);
			}
			wf_buf_addch(out, ']');
		} else if (value) {
			put_scalar(value, out);
		} else {
			wf_buf_addstr(out, "null");
		}
		return;
	}
	bool list = json_is_array(value);
	wf_buf_addstr(out, list ? "[\n" : "{\n");
	if (list) {
		for (size_t i = 0; i < json_array_size(value); i++) {
			wf_buf_addstr(out, i ? ",\n" : "");
			wf_view_pad(out, indent + 2);
			wf_view_json_at(json_array_get(value, i), indent + 2, out);
		}
	} else {
		const char *name;
		json_t *member;
		bool first = true;
		json_object_foreach((json_t *)(uintptr_t)value, name, member) {
			wf_buf_addstr(out, first ? "" : ",\n");
			first = false;
			wf_view_pad(out, indent + 2);
			put_name(name, out);
			wf_buf_addstr(out, ": ");
			wf_view_json_at(member, indent + 2, out);
		}
	}
	wf_buf_addch(out, '\n');
	wf_view_pad(out, indent);
	wf_buf_addch(out, list ? ']' : '}');
}

void wf_view_json(const json_t *value, struct wf_buf *out)
{
	wf_view_json_at(value, 0, out);
	wf_buf_addch(out, '\n');
}

/* -- YAML -- */

/* Whether a plain scalar of this text is a string to every reader, of YAML 1.1 too. */
static bool plain_safe(const char *s)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no", "on", "off", "y",
		"n", "~", ".nan", ".inf", "-.inf", "+.inf", "<<", "=" };
	if (!*s || !(isalpha((unsigned char)*s) || *s == '_' || *s == '/' ||
			    (unsigned char)*s >= 0x80))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(s, words[i]))
			return false;
	size_t n = strlen(s);
	if (s[n - 1] == ' ' || s[n - 1] == ':')
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c < 0x20 || c == 0x7f)
			return false;
		/* U+0080 to U+009F, U+2028, U+2029 and U+FEFF are not printable in YAML */
		if (c == 0xc2 && (unsigned char)s[i + 1] < 0xa0)
			return false;
		if (c == 0xe2 && (unsigned char)s[i + 1] == 0x80)
			return false;
		if (c == 0xef && (unsigned char)s[i + 1] == 0xbb)
			return false;
		if (c == '#' && i && s[i - 1] == ' ')
			return false;
		if (c == ':' && s[i + 1] == ' ')
			return false;
	}
	return true;
}

static void yaml_string(const char *s, struct wf_buf *out)
{
	if (plain_safe(s))
		wf_buf_addstr(out, s);
	else
		put_name(s, out); /* a JSON string is a double-quoted YAML scalar */
}

static void yaml_at(const json_t *value, size_t indent, bool inline_first, struct wf_buf *out);

/* The value behind "key:" or "-". */
static void yaml_value(const json_t *value, size_t indent, bool after_dash, struct wf_buf *out)
{
	if (!value || !nested(value)) {
		wf_buf_addch(out, ' ');
		if (json_is_string(value) && strlen(json_string_value(value)) ==
				json_string_length(value))
			yaml_string(json_string_value(value), out);
		else if (value)
			put_scalar(value, out);
		else
			wf_buf_addstr(out, "null");
		wf_buf_addch(out, '\n');
	} else if (after_dash) {
		wf_buf_addch(out, ' ');
		yaml_at(value, indent + 2, true, out);
	} else {
		wf_buf_addch(out, '\n');
		yaml_at(value, json_is_array(value) ? indent : indent + 2, false, out);
	}
}

static void yaml_at(const json_t *value, size_t indent, bool inline_first, struct wf_buf *out)
{
	if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value); i++) {
			wf_view_pad(out, inline_first && i == 0 ? 0 : indent);
			wf_buf_addch(out, '-');
			yaml_value(json_array_get(value, i), indent, true, out);
		}
		return;
	}
	const char *name;
	json_t *member;
	bool first = true;
	json_object_foreach((json_t *)(uintptr_t)value, name, member) {
		wf_view_pad(out, inline_first && first ? 0 : indent);
		first = false;
		yaml_string(name, out);
		wf_buf_addch(out, ':');
		yaml_value(member, indent, false, out);
	}
}

void wf_view_yaml(const json_t *value, size_t indent, struct wf_buf *out)
{
	if (value && nested(value)) {
		yaml_at(value, indent, false, out);
		return;
	}
	WF_AUTOBUF struct wf_buf line = { 0 };
	yaml_value(value, indent, false, &line);
	wf_view_pad(out, indent);
	wf_buf_addstr(out, line.data + 1);
}

/*
 * The writer of YAML. Maps and lists stand in block style, a short list of plain values on one line;
 * strings are plain where they read back as themselves, literal blocks where they have several lines, and
 * in double quotes otherwise.
 */
#include "source/write.h"

#include "base/json.h"
#include "base/text.h"
#include "source/build.h"

#include <string.h>
#include <strings.h>

#define SHORT 72 /* a list on one line is no longer */
#define SIMPLE_KEY 150 /* bytes; YAML allows 1024 characters, and an escape takes six */

static void put_node(const struct wf_node *node, size_t indent, struct wf_buf *out);

static void put_indent(struct wf_buf *out, size_t indent)
{
	for (size_t i = 0; i < indent; i++)
		wf_buf_addstr(out, "  ");
}

/* -- strings -- */

/* Letters and digits, and what has no meaning within a plain scalar. */
static bool is_plain_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (unsigned char)c >= 0x80 || (c && strchr("_-./$()+*<>=;^~%@ |&!?", c) != NULL);
}

static bool begins_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '/' || c == '$' || c == '(' || c == '.';
}

/* What cannot be seen, or is a line's end to some: these are written as escapes. */
static bool needs_escape(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
	       c == 0xfffe || c == 0xffff;
}

static bool all_printable(const char *text, size_t len, bool lines)
{
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t c = wf_utf8_next(text + i, len - i, &n);
		if (needs_escape(c) && !(lines && c == '\n'))
			return false;
	}
	return true;
}

static bool is_plain(const char *text, size_t len)
{
	/* words of YAML 1.1 that other readers take for booleans */
	static const char *const words[] = {"y", "n", "yes", "no", "on", "off"};

	if (!len || !begins_plain(text[0]) || text[len - 1] == ' ' ||
		wf_yaml_scalar(text, len) != WF_SCALAR_STRING || !all_printable(text, len, false))
		return false;
	if (len >= 3 && (memcmp(text, "...", 3) == 0))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_plain_char(text[i]))
			return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len && strncasecmp(words[i], text, len) == 0)
			return false;
	return true;
}

static void put_quoted(const char *text, size_t len, struct wf_buf *out)
{
	wf_buf_addch(out, '"');
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t c = wf_utf8_next(text + i, len - i, &n);
		if (c == '"' || c == '\\')
			wf_buf_printf(out, "\\%c", (char)c);
		else if (c == '\n')
			wf_buf_addstr(out, "\\n");
		else if (c == '\t')
			wf_buf_addstr(out, "\\t");
		else if (needs_escape(c))
			wf_buf_printf(out, "\\u%04x", (unsigned)c);
		else
			wf_buf_add(out, text + i, n);
	}
	wf_buf_addch(out, '"');
}

/* Several lines, of which none begins or ends in a blank, none is empty, and at most one line's end closes
 * them. */
static bool is_literal(const char *text, size_t len)
{
	const char *line = memchr(text, '\n', len);
	size_t from = 0;

	if (!line || !all_printable(text, len, true))
		return false;
	while (from < len) {
		const char *end = memchr(text + from, '\n', len - from);
		size_t n = end ? (size_t)(end - text) - from : len - from;
		if (!n || text[from] == ' ' || text[from + n - 1] == ' ')
			return false;
		from += n + 1;
	}
	return true;
}

static void put_literal(const char *text, size_t len, size_t indent, struct wf_buf *out)
{
	bool ended = text[len - 1] == '\n';

	wf_buf_addstr(out, ended ? "|" : "|-");
	for (size_t from = 0; from < len;) {
		const char *end = memchr(text + from, '\n', len - from);
		size_t n = end ? (size_t)(end - text) - from : len - from;
		wf_buf_addch(out, '\n');
		put_indent(out, indent);
		wf_buf_add(out, text + from, n);
		from += n + 1;
	}
}

static void put_string(const char *text, size_t len, struct wf_buf *out)
{
	if (is_plain(text, len))
		wf_buf_add(out, text, len);
	else
		put_quoted(text, len, out);
}

/* -- values -- */

static bool is_scalar(const struct wf_node *node)
{
	return node->kind != WF_NODE_LIST && node->kind != WF_NODE_MAP;
}

static void put_scalar(const struct wf_node *node, struct wf_buf *out)
{
	if (node->kind == WF_NODE_STRING) {
		put_string(node->string.text, node->string.len, out);
		return;
	}
	json_t *value = wf_node_json(node);
	wf_json_write(value, out);
	json_decref(value);
}

/* The list on one line; false, and nothing is written, when it does not fit there. */
static bool put_flow(const struct wf_node *list, struct wf_buf *out)
{
	size_t before = out->len;

	wf_buf_addch(out, '[');
	for (size_t i = 0; i < list->list.count && out->len - before <= SHORT; i++) {
		const struct wf_node *item = list->list.items[i];
		if (!is_scalar(item)) {
			before = SIZE_MAX;
			break;
		}
		wf_buf_addstr(out, i ? ", " : "");
		put_scalar(item, out);
	}
	if (before != SIZE_MAX && out->len - before <= SHORT) {
		wf_buf_addch(out, ']');
		return true;
	}
	return false;
}

static void put_map(const struct wf_node *map, size_t indent, struct wf_buf *out)
{
	for (size_t i = 0; i < map->map.count; i++) {
		const struct wf_pair *pair = &map->map.pairs[i];
		if (i) {
			wf_buf_addch(out, '\n');
			put_indent(out, indent);
		}
		bool simple = strlen(pair->key) <= SIMPLE_KEY;
		wf_buf_addstr(out, simple ? "" : "? ");
		put_string(pair->key, strlen(pair->key), out);
		if (!simple) {
			wf_buf_addch(out, '\n');
			put_indent(out, indent);
		}
		wf_buf_addch(out, ':');
		put_node(pair->value, indent, out);
	}
}

static void put_items(const struct wf_node *list, size_t indent, struct wf_buf *out)
{
	for (size_t i = 0; i < list->list.count; i++) {
		const struct wf_node *item = list->list.items[i];
		wf_buf_addch(out, '\n');
		put_indent(out, indent);
		wf_buf_addstr(out, "-");
		if (item->kind == WF_NODE_MAP && item->map.count) {
			wf_buf_addch(out, ' ');
			put_map(item, indent + 1, out);
		} else {
			put_node(item, indent, out);
		}
	}
}

/* Behind `key:` or `-`, whose own indentation is given. */
static void put_node(const struct wf_node *node, size_t indent, struct wf_buf *out)
{
	size_t before = out->len;

	if (node->kind == WF_NODE_STRING && is_literal(node->string.text, node->string.len)) {
		wf_buf_addch(out, ' ');
		put_literal(node->string.text, node->string.len, indent + 1, out);
	} else if (is_scalar(node)) {
		wf_buf_addch(out, ' ');
		put_scalar(node, out);
	} else if (node->kind == WF_NODE_MAP && node->map.count) {
		wf_buf_addch(out, '\n');
		put_indent(out, indent + 1);
		put_map(node, indent + 1, out);
	} else if (node->kind == WF_NODE_MAP) {
		wf_buf_addstr(out, " {}");
	} else {
		wf_buf_addch(out, ' ');
		if (!put_flow(node, out)) {
			out->len = before;
			put_items(node, indent + 1, out);
		}
	}
}

void wf_source_write(const struct wf_node *root, struct wf_buf *out)
{
	if (root->kind == WF_NODE_MAP && root->map.count) {
		put_map(root, 0, out);
	} else if (root->kind == WF_NODE_LIST && root->list.count) {
		size_t before = out->len;
		put_items(root, 0, out);
		memmove(out->data + before, out->data + before + 1, out->len - before);
		out->len--;
	} else if (root->kind == WF_NODE_STRING) {
		put_quoted(root->string.text, root->string.len, out);
	} else {
		put_scalar(root, out);
		if (root->kind == WF_NODE_MAP || root->kind == WF_NODE_LIST)
			out->data[out->len] = '\0';
	}
	wf_buf_addch(out, '\n');
}

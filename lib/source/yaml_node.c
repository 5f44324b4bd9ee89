/* Scalars and tags of YAML: what a scalar's text and tag make of it. */
#include "source/yaml.h"

#include <string.h>

#define CORE "tag:yaml.org,2002:"

static const struct {
	const char *name;
	enum wf_node_kind kind;
} core_tags[] = {
	{ "str", WF_NODE_STRING },
	{ "int", WF_NODE_INT },
	{ "float", WF_NODE_REAL },
	{ "bool", WF_NODE_BOOL },
	{ "null", WF_NODE_NULL },
	{ "seq", WF_NODE_LIST },
	{ "map", WF_NODE_MAP },
};

static const enum wf_node_kind scalar_kinds[] = {
	[WF_SCALAR_STRING] = WF_NODE_STRING,
	[WF_SCALAR_NULL] = WF_NODE_NULL,
	[WF_SCALAR_TRUE] = WF_NODE_BOOL,
	[WF_SCALAR_FALSE] = WF_NODE_BOOL,
	[WF_SCALAR_INT] = WF_NODE_INT,
	[WF_SCALAR_OCTAL] = WF_NODE_INT,
	[WF_SCALAR_HEX] = WF_NODE_INT,
	[WF_SCALAR_FLOAT] = WF_NODE_REAL,
	[WF_SCALAR_NOT_FINITE] = WF_NODE_REAL,
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

size_t wf_yaml_skip_properties(const struct wf_yaml *y, size_t from, size_t to)
{
	const char *text = y->b->source->text;
	size_t at = from;

	while (at < to) {
		if (text[at] == '&' || text[at] == '!') {
			while (at < to && !is_blank(text[at]))
				at++;
		} else if (is_blank(text[at])) {
			at++;
		} else if (text[at] == '#') {
			while (at < to && text[at] != '\n')
				at++;
		} else {
			break;
		}
	}
	return at;
}

static void report_unknown_tag(struct wf_yaml *y, const char *tag, size_t from, size_t to)
{
	const char *text = y->b->source->text;
	size_t end = from;
	bool core = strncmp(tag, CORE, strlen(CORE)) == 0;

	/* The tag may stand behind an anchor. */
	while (from < to && text[from] != '!')
		from++;
	for (end = from; end < to && !is_blank(text[end]); end++)
		;
	struct wf_shown shown = core ? wf_shown(tag + strlen(CORE), strlen(tag) - strlen(CORE)) :
				       wf_shown(tag, strlen(tag));
	struct wf_diag *d = wf_build_find(y->b, WF_RULE_TAG_UNKNOWN, from, end,
		"the tag `%s%s` means nothing here", core ? "!!" : "", shown.text);
	wf_diag_hint(d, "remove the tag; a text that begins with `!` goes in quotes");
}

/* The kind a tag asks for, of a node that without it has kind `own`. A lone `!` says that the node is
 * not to be looked into (YAML 1.2, 6.9.1). Reports one that is not a core tag, and gives false. */
static bool kind_of_tag(struct wf_yaml *y, const char *tag, enum wf_node_kind own, size_t from,
	size_t to, enum wf_node_kind *ret)
{
	if (strcmp(tag, "!") == 0) {
		*ret = own;
		return true;
	}
	if (strncmp(tag, CORE, strlen(CORE)) == 0)
		for (size_t i = 0; i < sizeof(core_tags) / sizeof(*core_tags); i++)
			if (strcmp(tag + strlen(CORE), core_tags[i].name) == 0) {
				*ret = core_tags[i].kind;
				return true;
			}
	report_unknown_tag(y, tag, from, to);
	return false;
}

static void report_tag_value(struct wf_yaml *y, enum wf_node_kind wanted, size_t from, size_t to)
{
	(void)wf_build_find(y->b, WF_RULE_TAG_VALUE, from, to,
		"this value is no %s, as its tag says", wf_node_kind_name(wanted));
}

void wf_yaml_check_tag(
	struct wf_yaml *y, const char *tag, enum wf_node_kind kind, size_t from, size_t to)
{
	enum wf_node_kind wanted;
	if (tag && kind_of_tag(y, tag, kind, from, to, &wanted) && wanted != kind)
		report_tag_value(y, wanted, from, to);
}

static void report_not_finite(struct wf_yaml *y, const struct wf_node *node)
{
	struct wf_diag *d = wf_build_find(y->b, WF_RULE_NUMBER_RANGE, node->span.offset,
		node->span.end_offset, "infinity and NaN are no numbers here");
	wf_diag_hint(d, "leave the key out, or put the value in quotes if it is text");
}

/* Gives a node the value that its text has as that kind of scalar. */
static void set_value(
	struct wf_yaml *y, struct wf_node *node, enum wf_scalar scalar, const char *text, size_t len)
{
	bool sign = len && (text[0] == '+' || text[0] == '-');

	node->kind = scalar_kinds[scalar];
	switch (scalar) {
	case WF_SCALAR_STRING:
		node->string.text = wf_arena_strndup(y->b->arena, text, len);
		node->string.len = len;
		break;
	case WF_SCALAR_NULL:
		break;
	case WF_SCALAR_TRUE:
	case WF_SCALAR_FALSE:
		node->boolean = scalar == WF_SCALAR_TRUE;
		break;
	case WF_SCALAR_INT:
		wf_build_integer(y->b, node, text + sign, len - sign, 10, text[0] == '-');
		break;
	case WF_SCALAR_OCTAL:
		wf_build_integer(y->b, node, text + 2, len - 2, 8, false);
		break;
	case WF_SCALAR_HEX:
		wf_build_integer(y->b, node, text + 2, len - 2, 16, false);
		break;
	case WF_SCALAR_FLOAT:
		wf_build_real(y->b, node, text, len);
		break;
	case WF_SCALAR_NOT_FINITE:
		report_not_finite(y, node);
		node->real = 0;
		break;
	}
}

/* What the tag makes of the text; a finding and a string when it cannot. */
static enum wf_scalar tagged_scalar(
	struct wf_yaml *y, const char *tag, const char *text, size_t len, size_t from, size_t to)
{
	enum wf_node_kind wanted;

	if (!kind_of_tag(y, tag, WF_NODE_STRING, from, to, &wanted) || wanted == WF_NODE_STRING)
		return WF_SCALAR_STRING;
	enum wf_scalar scalar = wf_yaml_scalar(text, len);
	if (wanted == WF_NODE_REAL && scalar == WF_SCALAR_INT)
		return WF_SCALAR_FLOAT;
	if (scalar_kinds[scalar] == wanted)
		return scalar;
	report_tag_value(y, wanted, from, to);
	return WF_SCALAR_STRING;
}

/* How exactly the text in the source is the value. */
static void note_quoting(const struct wf_yaml *y, struct wf_node *node, yaml_scalar_style_t style,
	const char *text, size_t len)
{
	const char *written = y->b->source->text + node->span.offset;
	size_t room = node->span.end_offset - node->span.offset;

	if (style == YAML_PLAIN_SCALAR_STYLE)
		node->plain = room == len && memcmp(written, text, len) == 0;
	else if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
		style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
		node->quoted_simple = room == len + 2 && memcmp(written + 1, text, len) == 0;
}

struct wf_node *wf_yaml_scalar_node(struct wf_yaml *y, size_t from, size_t to)
{
	const char *text = (const char *)y->event.data.scalar.value;
	size_t len = y->event.data.scalar.length;
	const char *tag = (const char *)y->event.data.scalar.tag;
	yaml_scalar_style_t style = y->event.data.scalar.style;
	const char *source = y->b->source->text;
	bool block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;

	size_t value = wf_yaml_skip_properties(y, from, to);
	while (block && to > value && is_blank(source[to - 1]))
		to--;
	struct wf_node *node = wf_build_node(y->b, WF_NODE_STRING, value < to ? value : from, to);
	if (memchr(text, '\0', len)) {
		struct wf_diag *d = wf_build_find(y->b, WF_RULE_ENCODING, node->span.offset,
			node->span.end_offset, "strings hold no NUL characters");
		wf_diag_hint(d, "remove the `\\0` or `\\x00`");
		len = strlen(text);
	}
	enum wf_scalar scalar = WF_SCALAR_STRING;
	if (tag)
		scalar = tagged_scalar(y, tag, text, len, from, to);
	else if (style == YAML_PLAIN_SCALAR_STYLE)
		scalar = wf_yaml_scalar(text, len);
	set_value(y, node, scalar, text, len);
	note_quoting(y, node, style, text, len);
	return node;
}

/*
 * The reader of YAML, over libyaml's events: documents, maps, lists, anchors and aliases.
 *
 * An alias gives the very node that its anchor names, so that findings about it point at the text
 * that is wrong; how much the aliases of a document stand for in all is bounded, since whoever walks
 * the tree walks it written out.
 */
#include "source/yaml.h"

#include "base/err.h"
#include "base/limits.h"
#include "base/text.h"

#include <string.h>

/* A node at one place of the text. */
struct value {
	struct wf_node *node;
	size_t end;       /* of its text here: an alias's node was written elsewhere */
	size_t size;      /* nodes, written out */
	unsigned height;  /* lists and maps within each other, written out */
};

/* What becomes of a document. */
enum outcome {
	READ,
	GIVEN_UP,  /* a limit: the rest of the document is skipped */
	BROKEN     /* libyaml cannot go on */
};

static enum outcome read_node(struct wf_yaml *y, unsigned depth, struct value *ret);

static enum outcome next(struct wf_yaml *y)
{
	yaml_event_delete(&y->event);
	return yaml_parser_parse(&y->parser, &y->event) ? READ : BROKEN;
}

static size_t event_start(const struct wf_yaml *y)
{
	return wf_yaml_offset(y, &y->event.start_mark);
}

static size_t event_end(const struct wf_yaml *y)
{
	return wf_yaml_offset(y, &y->event.end_mark);
}

/* -- anchors -- */

/* A later anchor of the same name takes the place of the earlier. NULL when there is no anchor. */
static struct wf_anchor *open_anchor(struct wf_yaml *y, const yaml_char_t *name)
{
	if (!name)
		return NULL;
	const char *kept = wf_arena_strdup(y->b->arena, (const char *)name);
	void **slot = wf_names_slot(&y->anchors, kept);
	if (!*slot) {
		WF_GROW(y->anchor_names, y->anchor_count, y->anchor_room);
		y->anchor_names[y->anchor_count++] = kept;
	}
	struct wf_anchor *anchor = WF_ARENA_NEW(y->b->arena, struct wf_anchor);
	anchor->open = true;
	*slot = anchor;
	return anchor;
}

static void close_anchor(struct wf_anchor *anchor, const struct value *value)
{
	if (!anchor)
		return;
	anchor->node = value->node;
	anchor->size = value->size;
	anchor->height = value->height;
	anchor->open = false;
}

static void forget_anchors(struct wf_yaml *y)
{
	y->anchors = (struct wf_names){ .arena = y->b->arena };
	y->anchor_count = 0;
	y->expanded = 0;
}

/* Null stands for an alias that stands for nothing. */
static struct wf_node *missing(struct wf_yaml *y, size_t from, size_t to)
{
	struct wf_node *node = wf_build_node(y->b, WF_NODE_NULL, from, to);
	node->lost = true;
	y->missing++;
	return node;
}

static void report_unknown_alias(struct wf_yaml *y, const char *name, size_t from, size_t to)
{
	/* Suggestions are for people, not for texts with anchors by the thousand. */
	size_t known = y->anchor_count < 1000 && !y->b->diags->full ? y->anchor_count : 0;
	const char *near = wf_nearest(name, y->anchor_names, known);
	struct wf_shown shown = wf_shown(name, strlen(name));
	struct wf_diag *d = wf_build_find(y->b, WF_RULE_ALIAS_UNKNOWN, from, to,
		"there is no anchor `&%s` above in this document", shown.text);
	if (near) {
		wf_diag_hint(d, "did you mean `*%s`?", near);
		wf_diag_fix(d, "*%s", near);
	} else {
		wf_diag_hint(d, "a text that begins with `*` goes in quotes");
	}
}

static enum outcome read_alias(struct wf_yaml *y, unsigned depth, struct value *ret)
{
	size_t from = event_start(y), to = event_end(y);
	const char *name = (const char *)y->event.data.alias.anchor;
	const struct wf_anchor *anchor = wf_names_get(&y->anchors, name);
	struct value value = { .end = to, .size = 1 };

	if (anchor && !anchor->open) {
		y->expanded += anchor->size;
		if (y->expanded > WF_MAX_ALIAS_NODES) {
			struct wf_diag *d = wf_build_find(y->b, WF_RULE_LIMIT, from, to,
				"the aliases of this document stand for more than %d values",
				WF_MAX_ALIAS_NODES);
			wf_diag_hint(d, "write less with aliases of aliases");
			return GIVEN_UP;
		}
		if (depth + anchor->height > WF_MAX_DEPTH) {
			wf_build_too_deep(y->b, from, to);
			return GIVEN_UP;
		}
		value.node = anchor->node;
		value.size = anchor->size;
		value.height = anchor->height;
		*ret = value;
		return READ;
	}
	if (anchor) {
		struct wf_shown shown = wf_shown(name, strlen(name));
		struct wf_diag *d = wf_build_find(y->b, WF_RULE_ALIAS_CIRCLE, from, to,
			"the value of `&%s` contains itself", shown.text);
		wf_diag_hint(d, "move the alias out of the value, or remove it");
	} else {
		report_unknown_alias(y, name, from, to);
	}
	value.node = missing(y, from, to);
	*ret = value;
	return READ;
}

/* -- keys -- */

/* The text of a scalar as a key: the string, or what was written for another kind. */
static const char *key_text(struct wf_yaml *y, const struct wf_node *node)
{
	if (node->kind == WF_NODE_STRING)
		return node->string.text;
	size_t quotes = node->quoted_simple;
	return wf_arena_strndup(y->b->arena, y->b->source->text + node->span.offset + quotes,
		node->span.end_offset - node->span.offset - 2 * quotes);
}

static bool is_merge_key(const struct wf_yaml *y)
{
	const yaml_event_t *e = &y->event;
	if (e->type != YAML_SCALAR_EVENT || strcmp((const char *)e->data.scalar.value, "<<") != 0)
		return false;
	const char *tag = (const char *)e->data.scalar.tag;
	return tag ? strcmp(tag, "tag:yaml.org,2002:merge") == 0 :
		     e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static void report_key(struct wf_yaml *y, const struct wf_node *node, size_t from, size_t to)
{
	const char *text = y->b->source->text;
	bool braces = node->kind == WF_NODE_MAP && to > from && text[from] == '{';
	struct wf_diag *d = wf_build_find(y->b, WF_RULE_KEY_NOT_TEXT, from, to,
		"a %s cannot be a key", wf_node_kind_name(node->kind));
	wf_diag_hint(d, "%s",
		braces ? "a template such as {{ name }} goes in quotes" :
			 "a text that begins with `[` or `{` goes in quotes");
}

/* The key of the current event. Its text is NULL, after a finding, when it cannot be one. */
static enum outcome read_key(
	struct wf_yaml *y, unsigned depth, struct wf_entry *ret_entry, size_t *ret_end)
{
	struct wf_entry entry = { .merge = is_merge_key(y) };
	size_t from = event_start(y), to = event_end(y);
	struct value value = { .end = to };

	if (entry.merge) {
		entry.pair.key = "<<";
		entry.pair.key_span = wf_places_span(&y->b->places, from, to);
	} else {
		enum outcome outcome = read_node(y, depth, &value);
		if (outcome != READ)
			return outcome;
		entry.pair.key_span = value.node->span.end_offset == value.end ?
			value.node->span :
			wf_places_span(&y->b->places, from, value.end);
		if (value.node->kind == WF_NODE_LIST || value.node->kind == WF_NODE_MAP)
			report_key(y, value.node, from, value.end);
		else
			entry.pair.key = key_text(y, value.node);
	}
	*ret_entry = entry;
	*ret_end = value.end;
	return READ;
}

static bool can_merge(const struct wf_node *value)
{
	if (value->kind == WF_NODE_MAP)
		return true;
	if (value->kind != WF_NODE_LIST)
		return false;
	for (size_t i = 0; i < value->list.count; i++)
		if (value->list.items[i]->kind != WF_NODE_MAP)
			return false;
	return true;
}

static void report_merge(struct wf_yaml *y, const struct wf_span *key)
{
	struct wf_diag *d = wf_build_find(y->b, WF_RULE_MERGE_VALUE, key->offset, key->end_offset,
		"`<<` merges maps, and this is something else");
	wf_diag_hint(d, "write `<<: *name` with the anchor of a map; put a key `<<` in quotes");
}

/* -- lists and maps -- */

static void add_child(struct value *parent, const struct value *child)
{
	parent->size += child->size;
	if (parent->height < child->height + 1)
		parent->height = child->height + 1;
	parent->end = child->end;
}

static enum outcome read_items(struct wf_yaml *y, unsigned depth, struct value *list)
{
	while (y->event.type != YAML_SEQUENCE_END_EVENT) {
		struct value item;
		enum outcome outcome = read_node(y, depth, &item);
		if (outcome == READ)
			outcome = next(y);
		if (outcome != READ)
			return outcome;
		wf_build_push_item(y->b, item.node);
		add_child(list, &item);
	}
	return READ;
}

static enum outcome read_entry(struct wf_yaml *y, unsigned depth, struct value *map)
{
	struct wf_entry entry;
	struct value value;
	size_t key_end, missing_before = y->missing;

	enum outcome outcome = read_key(y, depth, &entry, &key_end);
	if (outcome == READ)
		outcome = next(y);
	if (outcome == READ)
		outcome = read_node(y, depth, &value);
	if (outcome != READ)
		return outcome;
	if (value.end < key_end)
		value.end = key_end;
	add_child(map, &value);
	entry.pair.value = value.node;
	if (entry.merge && !can_merge(value.node)) {
		/* After an alias that is not there one finding is enough. */
		if (missing_before == y->missing)
			report_merge(y, &entry.pair.key_span);
		entry.pair.key = NULL;
	}
	if (entry.pair.key)
		wf_build_push_entry(y->b, entry);
	return READ;
}

static enum outcome read_entries(struct wf_yaml *y, unsigned depth, struct value *map)
{
	while (y->event.type != YAML_MAPPING_END_EVENT) {
		enum outcome outcome = read_entry(y, depth, map);
		if (outcome == READ)
			outcome = next(y);
		if (outcome != READ)
			return outcome;
	}
	return READ;
}

/* Where a list or map ends: its closing bracket; in block style, the end of its last child. */
static size_t end_of_collection(struct wf_yaml *y, size_t last_child)
{
	size_t from = event_start(y), to = event_end(y);
	return to > from ? to : last_child;
}

static enum outcome read_collection(
	struct wf_yaml *y, unsigned depth, enum wf_node_kind kind, struct value *ret)
{
	const yaml_event_t *e = &y->event;
	bool map = kind == WF_NODE_MAP;
	size_t from = event_start(y), to = event_end(y);
	size_t item_base = y->b->item_count, entry_base = y->b->entry_count;
	struct value value = { .size = 1, .height = 1 };

	if (depth >= WF_MAX_DEPTH) {
		wf_build_too_deep(y->b, from, to);
		return BROKEN;
	}
	const yaml_char_t *tag = map ? e->data.mapping_start.tag : e->data.sequence_start.tag;
	wf_yaml_check_tag(y, (const char *)tag, kind, from, to);
	struct wf_anchor *anchor =
		open_anchor(y, map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor);
	value.end = to;
	if (to > from)
		from = wf_yaml_skip_properties(y, from, y->b->source->len);
	enum outcome outcome = next(y);
	if (outcome == READ)
		outcome = map ? read_entries(y, depth + 1, &value) :
				read_items(y, depth + 1, &value);
	if (outcome != READ)
		return outcome;
	value.end = end_of_collection(y, value.end);
	value.node = wf_build_node(y->b, kind, from, value.end);
	if (map)
		wf_build_take_entries(y->b, entry_base, value.node);
	else
		wf_build_take_items(y->b, item_base, value.node);
	close_anchor(anchor, &value);
	*ret = value;
	return READ;
}

static enum outcome read_scalar(struct wf_yaml *y, struct value *ret)
{
	struct wf_anchor *anchor = open_anchor(y, y->event.data.scalar.anchor);
	struct value value = { .size = 1 };

	value.node = wf_yaml_scalar_node(y, event_start(y), event_end(y));
	value.end = value.node->span.end_offset;
	close_anchor(anchor, &value);
	*ret = value;
	return READ;
}

/* The node of the current event, within `depth` lists and maps; its last event is the current one
 * afterwards. */
static enum outcome read_node(struct wf_yaml *y, unsigned depth, struct value *ret)
{
	yaml_event_type_t type = y->event.type;

	if (type == YAML_ALIAS_EVENT)
		return read_alias(y, depth, ret);
	if (type == YAML_SEQUENCE_START_EVENT)
		return read_collection(y, depth, WF_NODE_LIST, ret);
	if (type == YAML_MAPPING_START_EVENT)
		return read_collection(y, depth, WF_NODE_MAP, ret);
	return read_scalar(y, ret);
}

/* -- documents -- */

/* From the document's start event to its end event. */
static enum outcome read_document(struct wf_yaml *y)
{
	struct value root;

	y->document = event_start(y);
	if (y->b->index >= WF_MAX_DOCUMENTS) {
		(void)wf_build_find(y->b, WF_RULE_LIMIT, y->document, event_end(y),
			"more than %d documents in one file", WF_MAX_DOCUMENTS);
		return BROKEN;
	}
	wf_build_begin(y->b);
	forget_anchors(y);
	enum outcome outcome = next(y);
	if (outcome == READ)
		outcome = read_node(y, 0, &root);
	if (outcome == READ)
		outcome = next(y);
	if (outcome == READ) {
		wf_build_finish(y->b, root.node);
		return READ;
	}
	wf_build_drop(y->b);
	while (outcome == GIVEN_UP && y->event.type != YAML_DOCUMENT_END_EVENT)
		if (next(y) == BROKEN)
			outcome = BROKEN;
	return outcome;
}

/* The next line that begins a document, behind `from`; 0 when there is none. */
static size_t next_document(const struct wf_source *source, size_t from)
{
	for (size_t at = from; at + 4 <= source->len; at++) {
		const char *newline = memchr(source->text + at, '\n', source->len - at);
		if (!newline)
			return 0;
		at = (size_t)(newline - source->text);
		size_t rest = source->len - at - 1;
		if (rest >= 3 && memcmp(newline + 1, "---", 3) == 0 &&
			(rest == 3 || strchr(" \t\r\n", newline[4])))
			return at + 1;
	}
	return 0;
}

/* Where to read on after a fault: at the next document. */
static size_t document_after(struct wf_yaml *y, size_t broken)
{
	const struct wf_source *source = y->b->source;
	size_t line = broken;

	while (line > y->start && source->text[line - 1] != '\n')
		line--;
	/* A fault on the very line of a `---` belongs to the document before it, one in a directive to
	 * the document that its `---` begins. */
	size_t again = next_document(source, line > y->start ? line - 1 : line);
	if (again && again <= y->document)
		again = next_document(source, again);
	if (again && line < source->len && source->text[line] == '%') {
		y->b->index++;
		again = next_document(source, again);
	}
	return again;
}

/* Reads documents from y->start on. Gives where to begin again after a fault, 0 for nowhere. */
static size_t read_stream(struct wf_yaml *y)
{
	const struct wf_source *source = y->b->source;
	enum outcome outcome;
	size_t again = 0;

	if (!yaml_parser_initialize(&y->parser))
		wf_mem_exhausted(0);
	yaml_parser_set_encoding(&y->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&y->parser,
		(const unsigned char *)source->text + y->start, source->len - y->start);
	do {
		outcome = next(y);
		if (outcome == READ && y->event.type == YAML_DOCUMENT_START_EVENT)
			outcome = read_document(y);
	} while (outcome != BROKEN && y->event.type != YAML_STREAM_END_EVENT);
	if (y->parser.error == YAML_MEMORY_ERROR)
		wf_mem_exhausted(0);
	if (y->parser.error != YAML_NO_ERROR) {
		size_t broken = wf_yaml_report(y);
		again = document_after(y, broken);
	}
	yaml_event_delete(&y->event);
	yaml_parser_delete(&y->parser);
	return again;
}

/* libyaml compares each %TAG with all before it, so that a text of nothing else would take it hours.
 * No document has more of them than a stream may have documents. */
static bool check_directives(struct wf_build *b)
{
	static const char directive[] = "\n%TAG";
	const char *text = b->source->text, *end = text + b->source->len, *at = text;
	size_t count = 0;

	while ((at = memmem(at, (size_t)(end - at), directive, sizeof(directive) - 1))) {
		at++;
		if (++count <= WF_MAX_DOCUMENTS)
			continue;
		(void)wf_build_find(b, WF_RULE_LIMIT, (size_t)(at - text), (size_t)(at - text) + 4,
			"more than %d tag directives in one file", WF_MAX_DOCUMENTS);
		return false;
	}
	return true;
}

void wf_yaml_read(struct wf_build *b)
{
	struct wf_yaml y = { .b = b, .start = b->places.start };

	if (!check_directives(b))
		return;
	do {
		size_t from = y.start;
		y.start_points = wf_places_points(&b->places, from);
		size_t again = read_stream(&y);
		y.start = again > from ? again : 0;
	} while (y.start && !b->diags->full);
	wf_free(y.anchor_names);
}

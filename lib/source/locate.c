/*
 * Where a part of a string stands in the source. The string and its source are walked side by side,
 * unit by unit: a byte, an escape, a fold. Wherever the two do not agree the walk gives up, and the
 * answer is the whole node: it may be less exact, never wrong.
 */
#include "source/tree.h"

#include "base/text.h"

#include <string.h>

enum style { PLAIN, SINGLE, DOUBLE, LITERAL, FOLDED };

struct walk {
	enum style style;
	const char *at, *end;       /* source */
	const char *value, *value_end;
	size_t indent;              /* of a block's lines */
	bool line_start;
};

/* What one step passed over. */
struct unit {
	const char *from, *to;
	size_t bytes; /* of the value */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static size_t leading_spaces(const char *at, const char *end)
{
	size_t n = 0;
	while (at + n < end && at[n] == ' ')
		n++;
	return n;
}

static const char *skip_blank_lines(const char *at, const char *end)
{
	const char *line = at;
	for (; at < end && (is_blank(*at) || *at == '\n'); at++)
		if (*at == '\n')
			line = at + 1;
	return line;
}

/* A block's indentation is what its first line of text has more in the source than in the value. */
static bool find_indent(struct walk *w)
{
	const char *line = skip_blank_lines(w->at, w->end);
	const char *text = skip_blank_lines(w->value, w->value_end);
	size_t in_source = leading_spaces(line, w->end);
	size_t in_value = leading_spaces(text, w->value_end);

	if (in_source < in_value || text == w->value_end)
		return false;
	w->indent = in_source - in_value;
	return true;
}

static bool begin_block(struct walk *w)
{
	const char *newline = memchr(w->at, '\n', (size_t)(w->end - w->at));
	if (!newline)
		return false;
	w->at = newline + 1;
	w->line_start = true;
	return find_indent(w);
}

static bool begin(struct walk *w, const struct wf_source *source, const struct wf_node *node)
{
	if (node->span.end_offset > source->len || node->span.offset >= node->span.end_offset)
		return false;
	w->at = source->text + node->span.offset;
	w->end = source->text + node->span.end_offset;
	w->value = node->string.text;
	w->value_end = w->value + node->string.len;
	char first = *w->at;
	w->style = first == '"' ? DOUBLE :
		first == '\''   ? SINGLE :
		first == '|'    ? LITERAL :
		first == '>'    ? FOLDED :
				  PLAIN;
	if (w->style == LITERAL || w->style == FOLDED)
		return begin_block(w);
	if (w->style != PLAIN) {
		w->at++;
		w->end--;
	}
	return w->at <= w->end;
}

/* -- escapes of double quotes -- */

static uint32_t hex_value(const char *digits, size_t n)
{
	uint32_t value = 0;
	for (size_t i = 0; i < n; i++) {
		char c = digits[i];
		uint32_t digit = c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a') + 10;
		value = value << 4 | (digit & 0xF);
	}
	return value;
}

static size_t utf8_length(uint32_t point)
{
	return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

static bool numeric_escape(const struct walk *w, size_t digits, struct unit *unit)
{
	if ((size_t)(w->end - w->at) < 2 + digits)
		return false;
	uint32_t point = hex_value(w->at + 2, digits);
	unit->to = w->at + 2 + digits;
	unit->bytes = utf8_length(point);
	if (point == 0) {
		unit->bytes = 3; /* kept as U+FFFD */
	} else if (point >= 0xD800 && point < 0xDC00 && w->end - unit->to >= 6 &&
		memcmp(unit->to, "\\u", 2) == 0) {
		uint32_t low = hex_value(unit->to + 2, 4);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			unit->to += 6;
			unit->bytes = 4;
		}
	}
	return true;
}

static bool escape(const struct walk *w, struct unit *unit)
{
	if (w->end - w->at < 2)
		return false;
	unit->to = w->at + 2;
	unit->bytes = 1;
	switch (w->at[1]) {
	case 'x':
		return numeric_escape(w, 2, unit);
	case 'u':
		return numeric_escape(w, 4, unit);
	case 'U':
		return numeric_escape(w, 8, unit);
	case 'N':
	case '_':
		unit->bytes = 2;
		return true;
	case 'L':
	case 'P':
		unit->bytes = 3;
		return true;
	case '\r':
	case '\n':
		/* The line goes on below, without a space. */
		while (unit->to < w->end && (is_blank(*unit->to) || *unit->to == '\n'))
			unit->to++;
		unit->bytes = 0;
		return true;
	default:
		return true;
	}
}

/* -- line breaks -- */

/* One line break is a space, more are all but the first kept. */
static bool fold_in_flow(const struct walk *w, struct unit *unit)
{
	size_t breaks = 0;

	unit->to = w->at;
	for (; unit->to < w->end && (is_blank(*unit->to) || *unit->to == '\n'); unit->to++)
		breaks += *unit->to == '\n';
	unit->bytes = breaks > 1 ? breaks - 1 : 1;
	char wanted = breaks > 1 ? '\n' : ' ';
	if ((size_t)(w->value_end - w->value) < unit->bytes)
		return false;
	for (size_t i = 0; i < unit->bytes; i++)
		if (w->value[i] != wanted)
			return false;
	return true;
}

static bool breaks_ahead(const struct walk *w)
{
	const char *at = w->at;
	while (at < w->end && is_blank(*at))
		at++;
	return at < w->end && *at == '\n';
}

/* The same in a folded block, where the breaks around lines that are indented more are all kept. */
static bool fold_in_block(const struct walk *w, struct unit *unit)
{
	const char *next = skip_blank_lines(w->at, w->end);
	size_t breaks = 0, kept = 0;

	for (const char *at = w->at; at < next; at++)
		breaks += *at == '\n';
	while (w->value + kept < w->value_end && w->value[kept] == '\n')
		kept++;
	unit->to = next;
	unit->bytes = kept ? kept : 1;
	if (!kept)
		return breaks == 1 && w->value < w->value_end && *w->value == ' ';
	return kept == breaks || kept + 1 == breaks;
}

/* -- the walk -- */

static bool step(struct walk *w, struct unit *ret)
{
	bool block = w->style == LITERAL || w->style == FOLDED;
	struct unit unit = { .bytes = 1 };

	if (block && w->line_start) {
		size_t spaces = leading_spaces(w->at, w->end);
		w->at += spaces < w->indent ? spaces : w->indent;
		w->line_start = false;
	}
	if (w->at >= w->end) {
		/* A block's span ends with its text; breaks behind it are in the value only. */
		w->value++;
		*ret = (struct unit){ w->end, w->end, 1 };
		return block && w->value <= w->value_end && w->value[-1] == '\n';
	}
	if (block && *w->at == '\r' && w->end - w->at > 1 && w->at[1] == '\n')
		w->at++;
	unit.from = w->at;
	unit.to = w->at + 1;
	if (w->style == DOUBLE && *w->at == '\\') {
		if (!escape(w, &unit))
			return false;
	} else if (w->style == FOLDED && *w->at == '\n') {
		if (!fold_in_block(w, &unit))
			return false;
		w->line_start = true;
	} else if (!block && breaks_ahead(w)) {
		if (!fold_in_flow(w, &unit))
			return false;
	} else {
		if (w->value >= w->value_end || *w->value != *w->at)
			return false;
		w->line_start = *w->at == '\n';
		if (w->style == SINGLE && *w->at == '\'')
			unit.to++;
	}
	if (unit.to > w->end || (size_t)(w->value_end - w->value) < unit.bytes)
		return false;
	w->at = unit.to;
	w->value += unit.bytes;
	*ret = unit;
	return true;
}

/* The line and column of an offset at or behind a place that is known. */
static void place_from(const struct wf_source *source, const struct wf_span *known, uint32_t offset,
	uint32_t *ret_line, uint32_t *ret_column)
{
	uint32_t line = known->line, column = known->column;

	for (uint32_t i = known->offset; i < offset; i++) {
		unsigned char c = (unsigned char)source->text[i];
		if (c == '\n') {
			line++;
			column = 1;
		} else if ((c & 0xC0) != 0x80) {
			column++;
		}
	}
	/* Inside of a character: its own column, not the next one's. */
	if (offset < source->len && ((unsigned char)source->text[offset] & 0xC0) == 0x80)
		column--;
	*ret_line = line;
	*ret_column = column;
}

static struct wf_span span_of(const struct wf_source *source, const struct wf_node *node,
	size_t from, size_t to)
{
	struct wf_span span = { .offset = (uint32_t)from, .end_offset = (uint32_t)to };
	place_from(source, &node->span, span.offset, &span.line, &span.column);
	place_from(source, &node->span, span.end_offset, &span.end_line, &span.end_column);
	return span;
}

/* What lies in one piece has the place of what that is of; what does not is of the whole. */
static struct wf_span span_in_pieces(const struct wf_source *source, const struct wf_node *node,
	size_t from, size_t to)
{
	for (size_t i = 0; i < node->string.pieces->count; i++) {
		const struct wf_piece *p = &node->string.pieces->items[i];

		if (from < p->from || to > p->to)
			continue;
		return p->same ? wf_node_span_within(
					 source, p->of, p->at + from - p->from, p->at + to - p->from)
			       : p->of->span;
	}
	return node->span;
}

struct wf_span wf_node_span_within(
	const struct wf_source *source, const struct wf_node *node, size_t from, size_t to)
{
	struct walk walk = { 0 };
	const char *first = NULL, *last = NULL;
	size_t passed = 0;

	if (node->kind != WF_NODE_STRING || from > to || to > node->string.len)
		return node->span;
	if (node->string.pieces)
		return span_in_pieces(source, node, from, to);
	if (node->plain || node->quoted_simple) {
		size_t base = node->span.offset + (size_t)node->quoted_simple;
		return span_of(source, node, base + from, base + to);
	}
	if (!begin(&walk, source, node))
		return node->span;
	const char *end = walk.end;
	while (passed < to || (passed <= from && !first && passed < node->string.len)) {
		struct unit unit;
		if (!step(&walk, &unit))
			return node->span;
		if (!first && from < passed + unit.bytes)
			first = unit.from;
		passed += unit.bytes;
		last = unit.to;
	}
	if (!first)
		first = end; /* behind the last byte */
	if (!last || from == to)
		last = first;
	return span_of(source, node, (size_t)(first - source->text), (size_t)(last - source->text));
}

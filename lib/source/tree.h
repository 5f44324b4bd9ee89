/*
 * One located tree for YAML and JSON: what a definition's text says, and where it says it.
 *
 * All nodes live in the arena of their document; strings are NUL-terminated UTF-8 without NULs
 * inside. Maps keep the order of the text and have unique keys.
 */
#ifndef WF_SOURCE_TREE_H
#define WF_SOURCE_TREE_H

#include "base/mem.h"
#include "source/diag.h"

#include <jansson.h>

enum wf_node_kind {
	WF_NODE_NULL,
	WF_NODE_BOOL,
	WF_NODE_INT,
	WF_NODE_REAL,
	WF_NODE_STRING,
	WF_NODE_LIST,
	WF_NODE_MAP
};

struct wf_pair;

struct wf_node {
	enum wf_node_kind kind;
	bool plain;           /* a scalar without quotes: its source text is its value, so a place
	                         inside the string is span.offset + the byte's index */
	bool lost;            /* null in the place of what could not be read: there is a finding */
	bool quoted_simple;   /* in quotes on one line without escapes: the same, after one quote */
	struct wf_span span;
	union {
		bool boolean;
		int64_t integer;
		double real;
		struct {
			const char *text;
			size_t len;
			const struct wf_pieces *pieces; /* NULL: it stands in the text as it is */
		} string;
		struct {
			struct wf_node **items;
			size_t count;
		} list;
		struct {
			struct wf_pair *pairs;
			size_t count;
		} map;
	};
};

struct wf_pair {
	const char *key;
	struct wf_span key_span;
	struct wf_node *value;
};

/* Of a string that was made of parts of others: where those of its bytes come from that do. */
struct wf_piece {
	size_t from, to;           /* of its bytes */
	const struct wf_node *of;
	size_t at;                 /* the first one's place in that string */
	bool same;                 /* the bytes are the same; else they are of the node as a whole */
};
struct wf_pieces {
	const struct wf_piece *items;
	size_t count;
};

struct wf_document {
	struct wf_arena *arena;
	struct wf_node *root;
	size_t index; /* its place in a multi-document stream, from 0 */
};

struct wf_documents {
	struct wf_document *items;
	size_t count;
};

enum wf_syntax { WF_SYNTAX_GUESS, WF_SYNTAX_YAML, WF_SYNTAX_JSON };

/*
 * Reads a text: JSON when told, or when guessing and the name ends in ".json" or the first
 * character that is not white space is '{' or '[' and the whole text is JSON; else YAML 1.2 core.
 * Findings go to diags; documents that could be read are in *ret all the same (a document with an
 * error in its syntax is not). An empty stream is a finding. Always returns; *ret is always valid
 * and freed with wf_documents_done.
 */
void wf_source_read(const struct wf_source *source, enum wf_syntax syntax,
	struct wf_documents *ret, struct wf_diags *diags);
void wf_documents_done(struct wf_documents *docs);

/* The value of a map's key, or NULL (also when the node is NULL or no map). */
struct wf_node *wf_node_get(const struct wf_node *map, const char *key);
const struct wf_pair *wf_node_pair(const struct wf_node *map, const char *key);

/* "null", "boolean", "integer", "number", "string", "list", "map". */
const char *wf_node_kind_name(enum wf_node_kind kind);

/* The plain value: new reference. */
json_t *wf_node_json(const struct wf_node *node);

/* The node at a JSON Pointer (RFC 6901) below root, or the nearest one above it that exists; so that
 * a schema's finding can be shown in the user's text. *ret_key_span (may be NULL) is the span of the
 * key that leads to it, all zero for a list's item or the root. */
const struct wf_node *wf_node_at_pointer(const struct wf_node *root, const char *pointer,
	struct wf_span *ret_key_span);

/* The span of bytes [from, to) inside a string node's value, as exact as the quoting allows; else
 * the whole node's span. */
struct wf_span wf_node_span_within(const struct wf_source *source, const struct wf_node *node,
	size_t from, size_t to);

#endif

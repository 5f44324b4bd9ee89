/*
 * The compiled form of a schema, private to lib/schema.
 *
 * Every schema object or boolean that can be reached becomes a node; references are pointers, so
 * the nodes form a graph. What applies to one type of value only is kept in a part, which is NULL
 * when the schema says nothing about that type. All memory is the schema's arena, except the
 * regular expressions and the JSON documents that it holds.
 */
#ifndef WF_SCHEMA_NODE_H
#define WF_SCHEMA_NODE_H

#include "base/buf.h"
#include "base/mem.h"
#include "base/regex.h"
#include "schema/formats.h"
#include "schema/map.h"
#include "schema/schema.h"

#include <stdint.h>

enum type_bit {
	TYPE_NULL = 1,
	TYPE_BOOLEAN = 2,
	TYPE_INTEGER = 4,
	TYPE_NUMBER = 8,
	TYPE_STRING = 16,
	TYPE_LIST = 32,
	TYPE_OBJECT = 64,
};

/* What a pattern is named by when it is over its limit, and when it is matched. */
struct pattern {
	struct wf_regex *re;
	const char *text;
};

struct numbers {
	const json_t *minimum, *maximum, *above, *below, *multiple_of;
};

struct strings {
	size_t least, most; /* code points */
	struct pattern pattern;
	const struct format *format; /* only when it is asserted */
};

struct lists {
	size_t least, most;
	bool unique;
	struct node **prefix;
	size_t prefix_count;
	struct node *rest; /* items */
	struct node *contains;
	size_t contains_least, contains_most;
	struct node *unevaluated;
};

struct property {
	const char *key;
	struct node *node;
};

struct pattern_property {
	struct pattern pattern;
	struct node *node;
};

struct dependency {
	const char *key;
	const char **required;
	size_t required_count;
	struct node *node; /* dependentSchemas; NULL for dependentRequired */
	const char *keyword;
};

struct objects {
	size_t least, most;
	struct property *properties;
	size_t property_count;
	struct map index; /* key to struct property */
	const char **required;
	size_t required_count;
	struct pattern_property *patterns;
	size_t pattern_count;
	struct node *additional, *names, *unevaluated;
	struct dependency *dependencies;
	size_t dependency_count, dependency_room;
};

struct nodes {
	struct node **items;
	size_t count;
};

struct logic {
	struct nodes all, any, one;
	struct node *never;
	struct node *condition, *then, *otherwise;
};

struct node {
	/* Where it stands: below `parent`, at /keyword, /keyword/key or /keyword/index. */
	const struct node *parent;
	const char *keyword, *key;
	size_t index;
	const char *document; /* of the root of a document beside the schema's own: its URI */
	const struct resource *resource;
	const json_t *json;

	unsigned types; /* bits; 0 when any type will do */
	bool refuses;	/* the schema false */
	const json_t *constant, *choices;
	struct numbers *numbers;
	struct strings *strings;
	struct lists *lists;
	struct objects *objects;
	struct logic *logic;
	struct node *ref;
	struct node *dynamic_ref;
	const char *dynamic_name; /* interned; NULL when the dynamic reference is a plain one */
};

struct dynamic_anchor {
	const char *name; /* interned */
	struct node *node;
	struct dynamic_anchor *next;
};

/* What has a URI of its own: the root of a document, or a schema with $id. */
struct resource {
	const char *uri;
	struct node *root;
	struct map anchors; /* plain and dynamic: name to struct node */
	struct dynamic_anchor *dynamics;
	unsigned vocabularies;
	bool assert_formats;
};

struct wf_schema {
	struct wf_arena *arena;
	struct node *root;
	json_t *held; /* list of the documents that the nodes point into */
	struct wf_regex **regexes;
	size_t regex_count, regex_room;
};

/* Appends the JSON Pointer of a node, or of one of its keywords. */
void wf_schema_pointer(const struct node *n, const char *keyword, struct wf_buf *out);

/* "a string", "an integer", "null" */
const char *wf_schema_type_text(const json_t *value);

/* The text of a 2020-12 metaschema document; NULL when the URI is not one of them. */
const char *wf_schema_metaschema(const char *uri);

/* -- numbers.c: exact arithmetic on JSON numbers -- */
int wf_schema_compare(const json_t *a, const json_t *b); /* -1, 0, 1 */
bool wf_schema_integral(const json_t *number);
bool wf_schema_multiple(const json_t *number, const json_t *of); /* of > 0 */

/* -- unique.c: the indexes of two equal members; false when all differ -- */
bool wf_schema_repeated(const json_t *list, size_t *ret_first, size_t *ret_second);

#endif

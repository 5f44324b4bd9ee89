/* The compiler's own state, private to compile.c, keywords*.c and refs.c. */
#ifndef WF_SCHEMA_COMPILE_H
#define WF_SCHEMA_COMPILE_H

#include "schema/node.h"

enum vocabulary {
	VOCAB_CORE = 1,
	VOCAB_APPLICATOR = 2,
	VOCAB_UNEVALUATED = 4,
	VOCAB_VALIDATION = 8,
	VOCAB_FORMAT = 16,
	VOCAB_ALL = 31, /* meta-data and content assert nothing */
};

/* A $ref or $dynamicRef that is looked up when all schemas of its document are known. */
struct pending {
	struct node *node;
	const char *reference;
	bool dynamic;
};

struct builder {
	struct wf_schema *schema;
	struct wf_arena *arena;
	const struct wf_schema_options *options;
	struct map resources; /* URI to struct resource */
	struct map by_json;   /* json_t to its struct node */
	struct map names;     /* interned dynamic anchors */
	struct pending *pending;
	size_t pending_count, pending_room;
	bool loaded_all;
	unsigned depth;
	/* Sticky: after the first failure nothing matters. */
	int err;
	struct wf_cause *cause;
};

/* The first failure, with the place in the schema; keyword may be NULL. */
void wf_schema_refuse(struct builder *b, const struct node *n, const char *keyword, int err,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Builds the node of a schema that stands at parent/keyword/key or parent/keyword/index (key NULL).
 * Never NULL; look at b->err. */
struct node *wf_schema_build(struct builder *b, const json_t *json, const struct node *parent,
	const char *keyword, const char *key, size_t index, const struct resource *resource);
/* The same for a document's root, with the URI that it was found by. */
struct node *wf_schema_build_root(
	struct builder *b, const json_t *json, const char *uri, bool main_document);

/* keywords.c: what each keyword of an object schema says, into the node. */
void wf_schema_keywords(struct builder *b, struct node *n);

/* refs.c */
void wf_schema_later(struct builder *b, struct node *n, const char *reference, bool dynamic);
void wf_schema_link(struct builder *b);
const json_t *wf_schema_document(struct builder *b, const char *uri);
const char *wf_schema_intern(struct builder *b, const char *name);

#define WF_SCHEMA_META "https://json-schema.org/draft/2020-12/"

#endif

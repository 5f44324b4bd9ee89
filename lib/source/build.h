/*
 * What the readers of YAML and JSON share: nodes, findings at byte offsets, lists and maps of any
 * size on two stacks, numbers. Inside lib/source only.
 */
#ifndef WF_SOURCE_BUILD_H
#define WF_SOURCE_BUILD_H

#include "source/places.h"
#include "source/tree.h"

/* A map's entry as it is read; a merge's value is a map, or a list of maps, to be merged in. */
struct wf_entry {
	struct wf_pair pair;
	bool merge;
};

struct wf_build {
	const struct wf_source *source;
	struct wf_diags *diags;
	struct wf_places places;
	struct wf_arena *arena; /* of the document in hand; NULL between documents */
	size_t index;           /* the document in hand, or the next */
	struct wf_document *docs;
	size_t doc_count, doc_room;
	/* Children of the lists and maps that are not closed yet. */
	struct wf_node **items;
	size_t item_count, item_room;
	struct wf_entry *entries;
	size_t entry_count, entry_room;
};

void wf_build_init(struct wf_build *b, const struct wf_source *source, struct wf_diags *diags);
/* Frees all but the finished documents, which *ret gets. */
void wf_build_done(struct wf_build *b, struct wf_documents *ret);

/* A document begins; ends with a root; is given up. Each end moves on to the next index. */
void wf_build_begin(struct wf_build *b);
void wf_build_finish(struct wf_build *b, struct wf_node *root);
void wf_build_drop(struct wf_build *b);

struct wf_diag *wf_build_find(struct wf_build *b, enum wf_rule rule, size_t from, size_t to,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The finding for nesting beyond WF_MAX_DEPTH. */
void wf_build_too_deep(struct wf_build *b, size_t from, size_t to);

struct wf_node *wf_build_node(struct wf_build *b, enum wf_node_kind kind, size_t from, size_t to);
struct wf_node *wf_build_string(
	struct wf_build *b, const char *text, size_t len, size_t from, size_t to);

/* Children are pushed, then taken off again, down to the count there was before them. */
void wf_build_push_item(struct wf_build *b, struct wf_node *item);
void wf_build_take_items(struct wf_build *b, size_t base, struct wf_node *list);
void wf_build_push_entry(struct wf_build *b, struct wf_entry entry);
/* Reports duplicate keys (the first one stays) and merges what is to be merged: keys of the map's
 * own go before merged ones, earlier merged ones before later. */
void wf_build_take_entries(struct wf_build *b, size_t base, struct wf_node *map);

/* A key or value as it is shown in a message: short, without control characters. */
struct wf_shown {
	char text[64];
};
struct wf_shown wf_shown(const char *text, size_t len);

/* Digits of base 8, 10 or 16 as a 64-bit integer; false when it does not fit. */
bool wf_number_integer(
	const char *digits, size_t n, unsigned base, bool negative, int64_t *ret);
/* A decimal number as strtod reads it in the C locale; false when it is not finite. */
bool wf_number_real(const char *text, size_t n, double *ret);

/* Makes the node a number; one out of range is reported and becomes the nearest real, or 0. */
void wf_build_integer(struct wf_build *b, struct wf_node *node, const char *digits, size_t n,
	unsigned base, bool negative);
void wf_build_real(struct wf_build *b, struct wf_node *node, const char *text, size_t n);

/* What a plain YAML scalar is by the core schema of YAML 1.2 (10.3.2). */
enum wf_scalar {
	WF_SCALAR_STRING,
	WF_SCALAR_NULL,
	WF_SCALAR_TRUE,
	WF_SCALAR_FALSE,
	WF_SCALAR_INT,
	WF_SCALAR_OCTAL,
	WF_SCALAR_HEX,
	WF_SCALAR_FLOAT,
	WF_SCALAR_NOT_FINITE /* .inf, .nan */
};
enum wf_scalar wf_yaml_scalar(const char *text, size_t len);

/* The readers. Text that is valid UTF-8, without NULs, of bounded size. */
void wf_yaml_read(struct wf_build *b);
void wf_json_read(struct wf_build *b);

#endif

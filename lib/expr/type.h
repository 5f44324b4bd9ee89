/*
 * Types of expressions: what is known of a value before it exists.
 *
 * A type is a set of JSON kinds, with what is known of members and elements. Built from a JSON Schema
 * (the input's, an action's output's), or inferred. Types live in an arena.
 */
#ifndef WF_EXPR_TYPE_H
#define WF_EXPR_TYPE_H

#include "base/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum wf_kind_bit {
	WF_T_NULL = 1, WF_T_BOOL = 2, WF_T_INT = 4, WF_T_REAL = 8, WF_T_STRING = 16, WF_T_LIST = 32,
	WF_T_MAP = 64, WF_T_UNDEF = 128
};
#define WF_T_NUMBER (WF_T_INT | WF_T_REAL)
#define WF_T_ANY (WF_T_NULL | WF_T_BOOL | WF_T_NUMBER | WF_T_STRING | WF_T_LIST | WF_T_MAP)

struct wf_type_member;
struct wf_type {
	uint32_t kinds;                  /* WF_T_ bits; UNDEF: may be absent */
	const struct wf_type *element;   /* of a list; NULL: any */
	struct wf_type_member *members;  /* of a map */
	uint32_t member_count;
	bool closed;                     /* a map has no other members than these */
};
struct wf_type_member {
	const char *name;
	const struct wf_type *type;      /* with WF_T_UNDEF when not required */
};

extern const struct wf_type wf_type_any; /* WF_T_ANY, nothing else known */

/* What a schema says, as far as properties, required, items, type, enum, const, $ref within the
 * document, allOf, anyOf and oneOf (their union) say it; what it cannot follow is any. A map is
 * closed when additionalProperties is false, or `assume_closed` (then unless it is true or a
 * schema). */
const struct wf_type *wf_type_of_schema(struct wf_arena *arena, const json_t *schema,
	bool assume_closed);
/* The kinds of that type alone, for less. */
uint32_t wf_kinds_of_schema(struct wf_arena *arena, const json_t *schema);
const struct wf_type *wf_type_of_value(struct wf_arena *arena, const json_t *value);
const struct wf_type *wf_type_union(struct wf_arena *arena, const struct wf_type *a,
	const struct wf_type *b);
/* The member's type; NULL when a closed map has none of that name; any when nothing is known. */
const struct wf_type *wf_type_member(const struct wf_type *map, const char *name);
/* "string", "string or null", "number", "any" … into ret. */
void wf_type_name(const struct wf_type *type, char *ret, size_t room);

#endif

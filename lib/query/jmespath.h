/*
 * JMESPath inside: the tree of an expression and what its evaluation carries.
 *
 * An expression is a chain of links: each takes a value, the first the current one, and hands its own to
 * the next. `foo.bar[0] | baz` is the chain foo, bar, [0], baz. What a projection does to each element
 * (`foo[*].bar.baz`: bar, baz) is a chain of its own, so that the tree is as deep as the text is nested
 * and no deeper, and an evaluation as well: the language cannot recurse.
 */
#ifndef WF_QUERY_JMESPATH_H
#define WF_QUERY_JMESPATH_H

#include "base/mem.h"
#include "query/internal.h"

#include <stdbool.h>

#define WF_JP_VARIABLES 64 /* let names in scope at once */

enum wf_jp_kind {
	WF_JP_FIELD,    /* name */
	WF_JP_INDEX,    /* from */
	WF_JP_SLICE,    /* from, to, step; each of a list's goes to `body` */
	WF_JP_PROJECT,  /* each of a list goes to `body` */
	WF_JP_VALUES,   /* each of an object's values goes to `body` */
	WF_JP_FILTER,   /* those of a list for which `test` is true go to `body` */
	WF_JP_FLATTEN,  /* each of a list, or of the lists in it, goes to `body` */
	WF_JP_CURRENT,
	WF_JP_ROOT,
	WF_JP_VARIABLE, /* slot, or UINT32_MAX: of the bindings */
	WF_JP_LITERAL,
	WF_JP_LIST,     /* items */
	WF_JP_HASH,     /* items, names */
	WF_JP_OR,       /* items */
	WF_JP_AND,
	WF_JP_NOT,      /* body */
	WF_JP_COMPARE,  /* op; items: two */
	WF_JP_ARITH,    /* op; items: two, of a sign one */
	WF_JP_CHOOSE,   /* test ? body : other */
	WF_JP_LET,      /* items are bound to the slots from `slot` on, for `body` */
	WF_JP_CALL,     /* function, items */
	WF_JP_KIND_COUNT_
};

enum wf_jp_op {
	WF_JP_EQ, WF_JP_NE, WF_JP_LT, WF_JP_LE, WF_JP_GT, WF_JP_GE,
	WF_JP_ADD, WF_JP_SUBTRACT, WF_JP_MULTIPLY, WF_JP_DIVIDE, WF_JP_FLOOR_DIVIDE, WF_JP_MODULO,
};

struct wf_jp_function;

struct wf_jp_node {
	uint8_t kind, op;
	bool of_null;            /* LIST, HASH: made of null too */
	bool has_from, has_to;   /* SLICE */
	uint16_t height;         /* of the tree from here down */
	uint32_t offset;         /* in the text */
	uint32_t name_n;         /* FIELD: bytes of the name */
	struct wf_jp_node *next; /* link of the chain */
	union {
		const char *name;
		json_t *literal; /* owned by the query */
		const struct wf_jp_function *function;
		struct wf_jp_node *test;
	};
	struct wf_jp_node *body;
	union {
		struct wf_jp_node *other;  /* CHOOSE */
		struct wf_jp_node *before; /* LITERAL: that came before in the text */
		struct {
			int32_t from, to, step;
		};
		struct {
			struct wf_jp_node **items;
			const char **names;
			uint32_t item_count;
			union {
				uint32_t slot;
				uint32_t expref; /* CALL: bit n: argument n is an expression, &... */
			};
		};
	};
};

struct wf_jmespath {
	struct wf_arena *arena; /* which holds this too */
	struct wf_jp_node *root; /* NULL: the input itself */
	struct wf_jp_node *literals; /* the last */
	unsigned height;
	bool measure; /* a value of it may hold the input many times over: its size is looked at */
};

/* A value, and whether whoever has it has to drop a reference. NULL: the run failed. */
struct wf_jp_value {
	json_t *json;
	bool own;
};

struct wf_jp_run {
	json_t *root;
	const json_t *bindings;
	uint64_t steps_left;
	size_t bytes_left;
	int err;
	struct wf_query_fault *fault;
	json_t *variables[WF_JP_VARIABLES];
};

#define WF_JP_FAILED ((struct wf_jp_value){NULL, false})

static inline struct wf_jp_value wf_jp_new(json_t *json)
{
	return (struct wf_jp_value){json, true};
}

static inline struct wf_jp_value wf_jp_borrowed(json_t *json)
{
	return (struct wf_jp_value){json, false};
}

static inline void wf_jp_drop(struct wf_jp_value v)
{
	if (v.own)
		json_decref(v.json);
}

/* The value as a new reference. */
static inline json_t *wf_jp_keep(struct wf_jp_value v)
{
	return v.own ? v.json : json_incref(v.json);
}

/* Whether so many steps are left; they are taken. Otherwise the run has failed. */
bool wf_jp_steps(struct wf_jp_run *r, uint64_t n);
/* The same for bytes of a value that is made. */
bool wf_jp_bytes(struct wf_jp_run *r, size_t n);

struct wf_jp_value wf_jp_fail(struct wf_jp_run *r, const char *code, const struct wf_jp_node *at,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The chain's value of the current one, which outlives it. A borrowed value lies in the current one, in
 * the root, in a variable or in the query. */
struct wf_jp_value wf_jp_eval(struct wf_jp_run *r, const struct wf_jp_node *chain, json_t *current);

bool wf_jp_true(const json_t *v);
/* 1, 0, or -1: the run has failed. */
int wf_jp_equal(struct wf_jp_run *r, const json_t *a, const json_t *b);
/* As strcmp, of two numbers. */
int wf_jp_order(const json_t *a, const json_t *b);
/* Takes the value's compact size off the bytes and its parts off the steps; false: the run failed. */
bool wf_jp_measure(struct wf_jp_run *r, const json_t *v, unsigned depth);
/* A number, an integer where it is one; of what is not finite the run fails. */
struct wf_jp_value wf_jp_number(struct wf_jp_run *r, double d, const struct wf_jp_node *at);
/* A new string of n bytes, charged. */
struct wf_jp_value wf_jp_string(struct wf_jp_run *r, const char *s, size_t n);
/* Appends, taking v over; false: the run failed. */
bool wf_jp_append(struct wf_jp_run *r, json_t *list, struct wf_jp_value v);
bool wf_jp_set(struct wf_jp_run *r, json_t *object, const char *name, struct wf_jp_value v);
struct wf_jp_value wf_jp_arith(struct wf_jp_run *r, const struct wf_jp_node *n, const json_t *a,
	const json_t *b);

/* -- functions -- */

enum {
	WF_JP_NUMBER_T = 1,
	WF_JP_STRING_T = 2,
	WF_JP_BOOLEAN_T = 4,
	WF_JP_NULL_T = 8,
	WF_JP_LIST_T = 16,
	WF_JP_OBJECT_T = 32,
	WF_JP_NUMBERS_T = 64,  /* list of numbers */
	WF_JP_STRINGS_T = 128, /* list of strings */
	WF_JP_LISTS_T = 256,   /* list of lists */
	WF_JP_EXPR_T = 512,    /* &expression */
	WF_JP_ANY_T = 63,
};

/* Arguments that are expressions have no value; their chains are the call's items. */
typedef struct wf_jp_value wf_jp_fn(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args);

struct wf_jp_function {
	const char *name;
	wf_jp_fn *fn;
	uint8_t least, most; /* arguments; most 255: any number more of the last type */
	uint16_t types[4];
};

struct wf_jp_value wf_jp_call(struct wf_jp_run *r, const struct wf_jp_node *n, json_t *current);
/* Sets the call's function by its name, and looks at its arguments as far as that can be done without
 * running it. WF_ESYNTAX. */
int wf_jp_resolve_call(struct wf_jp_node *n, const char *name, size_t len,
	struct wf_query_fault *fault);

wf_jp_fn wf_jp_avg, wf_jp_contains, wf_jp_from_items, wf_jp_group_by, wf_jp_items, wf_jp_keys,
	wf_jp_map, wf_jp_max, wf_jp_max_by, wf_jp_merge, wf_jp_min, wf_jp_min_by, wf_jp_reverse,
	wf_jp_sort, wf_jp_sort_by, wf_jp_sum, wf_jp_values, wf_jp_zip;
wf_jp_fn wf_jp_ends_with, wf_jp_find_first, wf_jp_find_last, wf_jp_join, wf_jp_lower, wf_jp_pad_left,
	wf_jp_pad_right, wf_jp_replace, wf_jp_split, wf_jp_starts_with, wf_jp_trim, wf_jp_trim_left,
	wf_jp_trim_right, wf_jp_upper;

/* -- the parser -- */

/* Fills q->root and the literals; WF_ESYNTAX or WF_ELIMIT. */
int wf_jp_parse(struct wf_jmespath *q, const char *text, size_t n, struct wf_query_fault *fault);

#endif

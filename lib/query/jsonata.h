/*
 * JSONata's own parts, private to lib/query/jsonata*.c.
 *
 * text -> tokens (jsonata_lex) -> tree by binding powers (jsonata_parse) -> tree of paths with
 * steps, stages, groups, and parents resolved (jsonata_tree) -> value by walking that tree
 * (jsonata_eval, _path, _apply) with the library (jsonata_fn_*).
 *
 * A run's memory is one arena that is freed whole, so an error leaves the run by longjmp to the one
 * place that has begun it (or to $eval) and nothing is lost on the way. What is not of the arena
 * (compiled regular expressions, trees of $eval) hangs on lists of the run or of the query.
 */
#ifndef WF_QUERY_JSONATA_H
#define WF_QUERY_JSONATA_H

#include "base/limits.h"
#include "base/mem.h"
#include "base/regex.h"
#include "query/internal.h"

#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#define WF_JN_NEST 500u		/* nesting of an expression's text */
#define WF_JN_HEIGHT 2000u	/* of its tree: longer chains of one operator are refused */
#define WF_JN_DEPTH_MAX 2000u	/* of evaluation at most: the stack has to hold it */
#define WF_JN_VALUE_DEPTH 1000u /* nesting of a value that is walked */

/* -- values -- */

enum wf_jn_tag {
	WF_JN_UNDEFINED,
	WF_JN_NULL,
	WF_JN_BOOL,
	WF_JN_NUMBER,
	WF_JN_BIG,     /* an integer of the input that a double does not hold: json */
	WF_JN_STRING,  /* s, n bytes; a lone surrogate is its three bytes */
	WF_JN_ARRAY,   /* array */
	WF_JN_JARRAY,  /* json: borrowed from the input or the bindings */
	WF_JN_OBJECT,  /* object */
	WF_JN_JOBJECT, /* json, borrowed */
	WF_JN_FUNCTION,
	WF_JN_TUPLE, /* an item of a tuple stream; no expression sees it */
	WF_JN_THUNK  /* a call in tail position that is still to be made: run->thunk */
};

struct wf_jn_value {
	uint32_t tag;
	uint32_t n;
	union {
		bool b;
		double num;
		const char *s;
		struct wf_jn_array *array;
		struct wf_jn_object *object;
		struct wf_jn_function *function;
		struct wf_jn_tuple *tuple;
		json_t *json;
	};
};

/* A range of numbers keeps its items NULL until somebody changes it. */
struct wf_jn_array {
	struct wf_jn_value *items;
	size_t count, room;
	double first; /* of a range */
	bool sequence, keep_singleton, constructed, wrapper, tuples, range;
};

struct wf_jn_member {
	const char *key;
	uint32_t key_n, hash;
	struct wf_jn_value value;
};

struct wf_jn_object {
	struct wf_jn_member *members;
	uint32_t *index; /* open addressing, member + 1; NULL while there are few */
	uint32_t count, room, mask;
};

struct wf_jn_bind {
	uint32_t symbol;
	struct wf_jn_value value;
};

struct wf_jn_frame {
	struct wf_jn_frame *parent;
	struct wf_jn_bind *binds;
	uint32_t count, room; /* room 0: the binds are somebody else's */
};

struct wf_jn_tuple {
	struct wf_jn_value at;
	struct wf_jn_bind *binds;
	uint32_t count, room;
};

#define WF_JN_UNDEF ((struct wf_jn_value){.tag = WF_JN_UNDEFINED})
#define WF_JN_NOTHING ((struct wf_jn_value){.tag = WF_JN_NULL})

static inline struct wf_jn_value wf_jn_num(double x)
{
	return (struct wf_jn_value){.tag = WF_JN_NUMBER, .num = x};
}

static inline struct wf_jn_value wf_jn_bool(bool b)
{
	return (struct wf_jn_value){.tag = WF_JN_BOOL, .b = b};
}

static inline struct wf_jn_value wf_jn_str(const char *s, size_t n)
{
	return (struct wf_jn_value){.tag = WF_JN_STRING, .n = (uint32_t)n, .s = s};
}

static inline bool wf_jn_is_undef(struct wf_jn_value v)
{
	return v.tag == WF_JN_UNDEFINED;
}

static inline bool wf_jn_is_array(struct wf_jn_value v)
{
	return v.tag == WF_JN_ARRAY || v.tag == WF_JN_JARRAY;
}

static inline bool wf_jn_is_object(struct wf_jn_value v)
{
	return v.tag == WF_JN_OBJECT || v.tag == WF_JN_JOBJECT;
}

static inline bool wf_jn_is_number(struct wf_jn_value v)
{
	return v.tag == WF_JN_NUMBER || v.tag == WF_JN_BIG;
}

static inline bool wf_jn_is_sequence(struct wf_jn_value v)
{
	return v.tag == WF_JN_ARRAY && v.array->sequence;
}

static inline bool wf_jn_is_tuples(struct wf_jn_value v)
{
	return v.tag == WF_JN_ARRAY && v.array->tuples;
}

static inline double wf_jn_double(struct wf_jn_value v)
{
	return v.tag == WF_JN_NUMBER ? v.num : (double)json_integer_value(v.json);
}

struct wf_jn_value wf_jn_from_json_slow(json_t *json);

static inline size_t wf_jn_len(struct wf_jn_value array)
{
	return array.tag == WF_JN_ARRAY ? array.array->count : json_array_size(array.json);
}

static inline struct wf_jn_value wf_jn_at(struct wf_jn_value array, size_t i)
{
	if (array.tag == WF_JN_JARRAY)
		return wf_jn_from_json_slow(json_array_get(array.json, i));
	if (array.array->range)
		return wf_jn_num(array.array->first + (double)i);
	return array.array->items[i];
}

/* -- the tree -- */

enum wf_jn_kind {
	WF_JN_NAME,
	WF_JN_LITERAL, /* value; text: a string, which is a name as a step */
	WF_JN_VARIABLE,
	WF_JN_REGEX,
	WF_JN_WILDCARD,
	WF_JN_DESCENDANT,
	WF_JN_PARENT,
	WF_JN_PATH,
	WF_JN_BINARY,
	WF_JN_NEGATE,
	WF_JN_LIST,
	WF_JN_MAKE, /* object constructor: items are key, value, key, value */
	WF_JN_CONDITION,
	WF_JN_DEFAULT, /* ?: */
	WF_JN_COALESCE,
	WF_JN_BLOCK,
	WF_JN_BIND,
	WF_JN_CALL,
	WF_JN_PARTIAL,
	WF_JN_HOLE, /* the ? of a partial application */
	WF_JN_LAMBDA,
	WF_JN_TAIL, /* a call in tail position: lhs */
	WF_JN_APPLY,
	WF_JN_TRANSFORM,
	WF_JN_SORT, /* a step; items are terms */
	WF_JN_TERM,
	WF_JN_END,
	/* of the parser alone: the operators that jsonata_tree turns into the above */
	WF_JN_DOT,
	WF_JN_FILTER,
	WF_JN_GROUP,
	WF_JN_ORDER,
	WF_JN_FOCUS,
	WF_JN_INDEX,
	WF_JN_KIND_COUNT_
};

enum wf_jn_op {
	WF_JN_ADD,
	WF_JN_SUB,
	WF_JN_MUL,
	WF_JN_DIV,
	WF_JN_MOD,
	WF_JN_EQ,
	WF_JN_NE,
	WF_JN_LT,
	WF_JN_LE,
	WF_JN_GT,
	WF_JN_GE,
	WF_JN_CONCAT,
	WF_JN_IN,
	WF_JN_AND,
	WF_JN_OR,
	WF_JN_RANGE,
	WF_JN_OP_COUNT_
};

extern const char *const wf_jn_op_names[WF_JN_OP_COUNT_];

/* How many steps up a % means, and the name by which the tuples carry what it means. */
struct wf_jn_slot {
	uint32_t label;
	int level;
};

struct wf_jn_slots {
	struct wf_jn_slot **items;
	uint32_t count, room;
};

struct wf_jn_stage {
	struct wf_jn_node *filter; /* NULL: an index binding */
	uint32_t index;
};

struct wf_jn_stages {
	struct wf_jn_stage *items;
	uint32_t count, room;
};

struct wf_jn_node {
	uint8_t kind, op;
	bool keep_array, keep_singleton, constructed, tuple, descending;
	bool frame;    /* block: binds names */
	bool quoted;   /* name: in backquotes; literal: a string */
	bool plain;    /* path: nothing but names */
	bool constant; /* make: every key is a string */
	uint32_t pos, height;
	uint32_t symbol;       /* variable */
	uint32_t focus, index; /* @ and #; 0: none */
	const char *s;	       /* name, or the token as written */
	uint32_t n;
	struct wf_jn_value value;
	struct wf_jn_node *lhs, *rhs,
		*other; /* condition: other ? lhs : rhs; transform: lhs, rhs, other */
	struct wf_jn_node **items;
	uint32_t count;
	struct wf_jn_stages predicates, stages;
	struct wf_jn_node *group; /* a MAKE */
	struct wf_jn_slot *slot, *ancestor;
	struct wf_jn_slots seeking;
	struct wf_jn_signature *signature;
	struct wf_jn_function *function; /* regex */
};

/* -- names of variables, as numbers -- */

struct wf_jn_symbol {
	const char *name;
	uint32_t n, next;
	struct wf_jn_function *function; /* of the library; NULL: none */
};

#define WF_JN_BUCKETS 64u

struct wf_jn_symbols {
	const struct wf_jn_symbols *base; /* numbers from base->end on are here; NULL: all are */
	struct wf_jn_symbol *items;
	uint32_t first, count, room;
	uint32_t buckets[WF_JN_BUCKETS]; /* number; 0: none */
};

enum { WF_JN_ROOT = 1, WF_JN_CLONE, WF_JN_EXISTS, WF_JN_FIXED_ };

struct wf_jn_program;
uint32_t wf_jn_intern(struct wf_jn_program *p, const char *name, size_t n);
const struct wf_jn_symbol *wf_jn_symbol(const struct wf_jn_symbols *symbols, uint32_t number);

/* -- signatures of functions -- */

struct wf_jn_param {
	uint16_t mask;	       /* of symbols, as WF_JN_S_ */
	uint16_t context_mask; /* 0: the context does not stand in */
	char type, quantifier; /* 'a' for an array; '1', '?' or '+' */
	char subtype;	       /* of an array's items; 0: any */
};

struct wf_jn_signature {
	struct wf_jn_param *params;
	uint32_t count;
};

/* Parses "<s-n?:b>". NULL, or the code of what is wrong with it and where. */
const char *wf_jn_signature_parse(struct wf_arena *arena, const char *text, size_t n,
	struct wf_jn_signature **ret, size_t *ret_offset);

/* -- functions -- */

struct wf_jn_run;

struct wf_jn_args {
	struct wf_jn_value *items;
	uint32_t count;
	struct wf_jn_value context;
	struct wf_jn_frame *frame;
};

typedef struct wf_jn_value wf_jn_call(struct wf_jn_run *r, const struct wf_jn_args *args);

struct wf_jn_builtin {
	const char *name, *signature;
	uint32_t arity;
	wf_jn_call *call;
};

enum wf_jn_function_kind {
	WF_JN_F_BUILTIN,
	WF_JN_F_LAMBDA,
	WF_JN_F_PARTIAL, /* of a lambda: params left over; of a builtin: args with holes */
	WF_JN_F_OVER,	 /* partial of any other */
	WF_JN_F_CHAIN,
	WF_JN_F_TRANSFORM,
	WF_JN_F_REGEX,
	WF_JN_F_NEXT /* of a match */
};

struct wf_jn_function {
	uint8_t kind;
	uint32_t arity;
	const struct wf_jn_signature *signature;
	const struct wf_jn_builtin *builtin;
	struct wf_jn_node *node; /* lambda, transform */
	struct wf_jn_node **params;
	struct wf_jn_frame *frame;
	struct wf_jn_value input;
	struct wf_jn_value
		*held; /* partial: the args; chain: the two functions; next: the subject */
	bool *holes;
	uint32_t held_count; /* over: the args behind the function */
	struct wf_regex *regex;
	size_t from; /* next: where to go on, in bytes */
};

/* -- a parsed text -- */

struct wf_jn_compiled {
	struct wf_regex *regex;
	struct wf_jn_compiled *next;
};

/* What a text is parsed into: of the query, or of a run for $eval. */
struct wf_jn_program {
	struct wf_arena *arena;
	struct wf_jn_symbols symbols;
	struct wf_jn_compiled *regexes;
	uint32_t labels; /* of parents, so far */
};

struct wf_jn_error {
	const char *code;
	size_t offset;
	char token[64];
	uint32_t token_n; /* UINT32_MAX: none yet */
	int err;
	char *message; /* from wf_alloc; NULL: of the code */
};

void wf_jn_program_init(struct wf_jn_program *p, const struct wf_jn_symbols *base);
void wf_jn_program_done(struct wf_jn_program *p);

/* 0, WF_ESYNTAX or WF_ELIMIT. The tree is of the program's arena. */
int wf_jn_parse(struct wf_jn_program *p, const char *text, size_t n, struct wf_jn_node **ret,
	struct wf_jn_error *error);

/* One sentence for a code; never NULL. */
const char *wf_jn_message(const char *code);
void wf_jn_error_set(struct wf_jn_error *error, int err, const char *code, size_t offset,
	const char *token, size_t token_n);

/* -- lexer -- */

enum wf_jn_token_kind {
	WF_JN_T_END,
	WF_JN_T_NAME,
	WF_JN_T_VARIABLE,
	WF_JN_T_OPERATOR,
	WF_JN_T_STRING,
	WF_JN_T_NUMBER,
	WF_JN_T_VALUE,
	WF_JN_T_REGEX
};

struct wf_jn_token {
	enum wf_jn_token_kind kind;
	size_t pos;
	const char *s; /* name, operator, string, pattern; value and number: as written */
	size_t n;
	double num;
	unsigned flags; /* regex */
	bool quoted;
};

struct wf_jn_lexer {
	const char *text;
	size_t n, at;
	struct wf_arena *arena;
	struct wf_jn_error *error;
	jmp_buf *fail;
};

struct wf_jn_token wf_jn_next_token(struct wf_jn_lexer *l, bool infix);
_Noreturn void wf_jn_lex_fail(struct wf_jn_lexer *l, int err, const char *code, size_t offset,
	const char *token, size_t token_n);

/* The tree of paths. Errors leave through the lexer's fail. */
struct wf_jn_node *wf_jn_tree(
	struct wf_jn_program *p, struct wf_jn_lexer *l, struct wf_jn_node *node);

/* -- a run -- */

struct wf_jn_chunk {
	struct wf_jn_chunk *next;
};

struct wf_jn_pending {
	struct wf_jn_node *node;
	struct wf_jn_value input;
	struct wf_jn_frame *frame;
};

struct wf_jn_run {
	char *at, *end; /* free room of the newest chunk */
	struct wf_jn_chunk *chunks;
	size_t bytes_left, chunk_size;
	uint64_t steps_left;
	uint32_t depth, calls, max_depth, random;
	const struct wf_jn_symbols *symbols;
	struct wf_jn_program *program; /* of $eval; NULL until it is needed */
	jmp_buf *fail;
	struct wf_jn_error error;
	const char *calling; /* name of the function in hand, for errors */
	uint32_t calling_n;
	size_t calling_pos;
	struct wf_jn_pending thunk;
	int64_t now_ms;
	struct wf_jn_frame *root;
	struct wf_jn_date_picture *iso; /* of dates without a picture; NULL until it is needed */
};

void *wf_jn_more(struct wf_jn_run *r, size_t size); /* a new chunk */

/* Not zeroed. */
static inline void *wf_jn_alloc(struct wf_jn_run *r, size_t size)
{
	size = (size + 15) & ~(size_t)15;
	if (__builtin_expect(size > (size_t)(r->end - r->at), 0))
		return wf_jn_more(r, size);
	void *p = r->at;
	r->at += size;
	return p;
}

#define WF_JN_NEW(r, type) ((type *)memset(wf_jn_alloc((r), sizeof(type)), 0, sizeof(type)))

/* An array of n things of a type, not zeroed; n is the data's, so the product is checked. */
void *wf_jn_alloc_array(struct wf_jn_run *r, size_t n, size_t size);

_Noreturn void wf_jn_throw(struct wf_jn_run *r, const char *code);
_Noreturn void wf_jn_throw_at(
	struct wf_jn_run *r, const char *code, size_t offset, const char *token, size_t token_n);
_Noreturn void wf_jn_throw_message(
	struct wf_jn_run *r, const char *code, const char *text, size_t n);
_Noreturn void wf_jn_throw_limit(struct wf_jn_run *r, const char *which);

static inline void wf_jn_step(struct wf_jn_run *r, uint64_t n)
{
	if (__builtin_expect(r->steps_left < n, 0)) {
		r->steps_left = 0;
		wf_jn_throw_limit(r, "steps");
	}
	r->steps_left -= n;
}

/* Arrays and objects. */
struct wf_jn_array *wf_jn_array_new(struct wf_jn_run *r, size_t room);
struct wf_jn_array *wf_jn_sequence_new(struct wf_jn_run *r);
void wf_jn_grow(struct wf_jn_run *r, struct wf_jn_array *a, size_t room);
void wf_jn_push_all(struct wf_jn_run *r, struct wf_jn_array *a, struct wf_jn_value array);
struct wf_jn_value wf_jn_append(struct wf_jn_run *r, struct wf_jn_value a, struct wf_jn_value b);

static inline void wf_jn_push(struct wf_jn_run *r, struct wf_jn_array *a, struct wf_jn_value v)
{
	if (__builtin_expect(a->count >= a->room, 0))
		wf_jn_grow(r, a, a->count + 1);
	a->items[a->count++] = v;
}

static inline struct wf_jn_value wf_jn_of_array(struct wf_jn_array *a)
{
	return (struct wf_jn_value){.tag = WF_JN_ARRAY, .array = a};
}

static inline struct wf_jn_value wf_jn_of_object(struct wf_jn_object *o)
{
	return (struct wf_jn_value){.tag = WF_JN_OBJECT, .object = o};
}

struct wf_jn_object *wf_jn_object_new(struct wf_jn_run *r, uint32_t room);
void wf_jn_set(struct wf_jn_run *r, struct wf_jn_object *o, const char *key, size_t n,
	struct wf_jn_value v);
void wf_jn_remove(struct wf_jn_object *o, const char *key, size_t n);
struct wf_jn_value *wf_jn_find(const struct wf_jn_object *o, const char *key, size_t n);
struct wf_jn_value wf_jn_get(struct wf_jn_value object, const char *key, size_t n);
bool wf_jn_has(struct wf_jn_value object, const char *key, size_t n);

/* Members in their order. */
struct wf_jn_iter {
	struct wf_jn_value object;
	void *at;
	uint32_t i;
	const char *key;
	uint32_t key_n;
	struct wf_jn_value value;
};
struct wf_jn_iter wf_jn_iter(struct wf_jn_value object);
bool wf_jn_iter_next(struct wf_jn_iter *it);
size_t wf_jn_size(struct wf_jn_value object);

struct wf_jn_value wf_jn_from_json(json_t *json);
json_t *wf_jn_to_json(struct wf_jn_run *r, struct wf_jn_value v); /* NULL for undefined */
bool wf_jn_equal(struct wf_jn_run *r, struct wf_jn_value a, struct wf_jn_value b);
uint64_t wf_jn_hash(struct wf_jn_run *r, struct wf_jn_value v);
int wf_jn_compare_strings(struct wf_jn_value a, struct wf_jn_value b);
struct wf_jn_value wf_jn_clone(struct wf_jn_run *r, struct wf_jn_value v);

/* Whether v is a number that counts; D1001 where it is infinite. */
bool wf_jn_numeric(struct wf_jn_run *r, struct wf_jn_value v);
bool wf_jn_truth(struct wf_jn_run *r, struct wf_jn_value v); /* $boolean; undefined is false */
bool wf_jn_script_truth(struct wf_jn_value v); /* as the reference's host language has it */
bool wf_jn_all_numbers(struct wf_jn_run *r, struct wf_jn_value array);
bool wf_jn_all_strings(struct wf_jn_value array);

/* Text under construction, in the run's arena. */
struct wf_jn_text {
	struct wf_jn_run *r;
	char *s;
	size_t n, room;
};
void wf_jn_text_add(struct wf_jn_text *t, const char *s, size_t n);
void wf_jn_text_char(struct wf_jn_text *t, uint32_t c);
void wf_jn_text_str(struct wf_jn_text *t, const char *s);
struct wf_jn_value wf_jn_text_value(const struct wf_jn_text *t);
/* The number as the reference writes it; at most 32 bytes. */
size_t wf_jn_number_text(double x, char *out);
double wf_jn_precision15(double x);
struct wf_jn_value wf_jn_string(struct wf_jn_run *r, struct wf_jn_value v, bool pretty);
/* Code points of a string, from the arena. */
uint32_t *wf_jn_points(struct wf_jn_run *r, struct wf_jn_value s, size_t *ret_n);
uint32_t wf_jn_next_point(const char *s, size_t n, size_t *ret_len);
size_t wf_jn_count_points(const char *s, size_t n);
size_t wf_jn_units(const char *s, size_t n);			 /* UTF-16 code units */
size_t wf_jn_unit_offset(const char *s, size_t n, double units); /* bytes before that unit */
const char *wf_jn_find_text(const char *s, size_t n, const char *what, size_t what_n);

/* Evaluation. */
struct wf_jn_value wf_jn_eval(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame);
struct wf_jn_value wf_jn_eval_path(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame);
struct wf_jn_value wf_jn_eval_make(struct wf_jn_run *r, const struct wf_jn_node *make,
	struct wf_jn_value input, struct wf_jn_frame *frame);
struct wf_jn_value wf_jn_eval_filter(struct wf_jn_run *r, const struct wf_jn_node *filter,
	struct wf_jn_value input, struct wf_jn_frame *frame);
struct wf_jn_value wf_jn_eval_sort(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame);
struct wf_jn_value wf_jn_eval_call(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame);
struct wf_jn_value wf_jn_eval_partial(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame);
struct wf_jn_value wf_jn_eval_apply(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame);
struct wf_jn_value wf_jn_eval_lambda(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame);
struct wf_jn_value wf_jn_eval_transform(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame);
struct wf_jn_value wf_jn_normal(const struct wf_jn_node *node, struct wf_jn_value v);
struct wf_jn_value wf_jn_lookup_member(
	struct wf_jn_run *r, struct wf_jn_value input, const char *key, size_t n);
struct wf_jn_value wf_jn_apply(struct wf_jn_run *r, struct wf_jn_value f, struct wf_jn_value *args,
	uint32_t count, struct wf_jn_value context, struct wf_jn_frame *frame);
/* Calls f as the functions of higher order do: with as many arguments as it takes. */
struct wf_jn_value wf_jn_call_with(struct wf_jn_run *r, const struct wf_jn_args *a,
	struct wf_jn_value f, struct wf_jn_value one, struct wf_jn_value two,
	struct wf_jn_value three);
struct wf_jn_value wf_jn_transform(
	struct wf_jn_run *r, const struct wf_jn_function *f, struct wf_jn_value object);

struct wf_jn_frame *wf_jn_frame_new(struct wf_jn_run *r, struct wf_jn_frame *parent, uint32_t room);
struct wf_jn_frame *wf_jn_frame_of(
	struct wf_jn_run *r, struct wf_jn_frame *parent, const struct wf_jn_tuple *tuple);
void wf_jn_bind(
	struct wf_jn_run *r, struct wf_jn_frame *frame, uint32_t symbol, struct wf_jn_value v);
struct wf_jn_value wf_jn_variable(
	const struct wf_jn_run *r, const struct wf_jn_frame *frame, uint32_t symbol);

/* Checks args against a signature and puts them as the function is to get them into ret, which has
 * room for count + params of them. Returns how many. */
uint32_t wf_jn_signature_check(struct wf_jn_run *r, const struct wf_jn_signature *s,
	const struct wf_jn_value *args, uint32_t count, struct wf_jn_value context,
	struct wf_jn_value *ret);

/* A stable merge; after(data, a, b): whether a comes after b. */
void wf_jn_merge_sort(struct wf_jn_run *r, struct wf_jn_value *items, size_t n,
	bool (*after)(
		struct wf_jn_run *r, void *data, struct wf_jn_value *a, struct wf_jn_value *b),
	void *data);

/* The matcher protocol: what a regular expression (or a function in its place) finds. */
struct wf_jn_match {
	struct wf_jn_value subject, text, groups; /* groups: an array */
	double start, end;			  /* in UTF-16 units */
	size_t from, to;			  /* in bytes */
	struct wf_jn_value next;		  /* function of the next match */
};
bool wf_jn_first_match(struct wf_jn_run *r, const struct wf_jn_args *a, struct wf_jn_value matcher,
	struct wf_jn_value subject, struct wf_jn_match *ret);
bool wf_jn_next_match(struct wf_jn_run *r, const struct wf_jn_args *a, struct wf_jn_match *m);
struct wf_jn_value wf_jn_match_object(struct wf_jn_run *r, const struct wf_jn_match *m);
struct wf_jn_value wf_jn_regex_call(struct wf_jn_run *r, const struct wf_jn_function *f,
	struct wf_jn_value subject, struct wf_jn_value from);

/* The library. */
const struct wf_jn_builtin *wf_jn_builtin_named(const char *name, size_t n);

#define WF_JN_BUILTIN(name, arity, signature) wf_jn_call wf_jn_fn_##name;
#include "query/jsonata_builtins.def"
#undef WF_JN_BUILTIN

/* Pictures of integers, which dates have too. */
enum wf_jn_primary {
	WF_JN_P_DECIMAL,
	WF_JN_P_LETTERS,
	WF_JN_P_ROMAN,
	WF_JN_P_WORDS,
	WF_JN_P_SEQUENCE
};
enum wf_jn_case { WF_JN_LOWER, WF_JN_UPPER, WF_JN_TITLE };

struct wf_jn_separator {
	uint32_t position, point;
};

struct wf_jn_picture {
	enum wf_jn_primary primary;
	enum wf_jn_case letters;
	bool ordinal, regular;
	uint32_t zero;
	int64_t mandatory, optional, parse_width; /* parse_width 0: any */
	uint32_t separator_count;		  /* regular: one, at every so many digits */
	struct wf_jn_separator *separators;
};

void wf_jn_picture_parse(struct wf_jn_run *r, struct wf_jn_value text, struct wf_jn_picture *ret);
void wf_jn_picture_format(struct wf_jn_text *out, double value, const struct wf_jn_picture *p);
/* The number that a text of that picture has; false: none. */
bool wf_jn_picture_number(
	struct wf_jn_run *r, struct wf_jn_value text, const struct wf_jn_picture *p, double *ret);
/* Bytes at s that words of a number take, whole words and what stands between them. */
size_t wf_jn_words_span(const char *s, size_t n);

double wf_jn_round(double x, int precision);

/* The letters of a string in one case. */
struct wf_jn_value wf_jn_recase(struct wf_jn_run *r, struct wf_jn_value s, bool upper);

#endif

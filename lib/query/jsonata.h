/*
 * JSONata's evaluation and library, private to lib/query/jsonata*.c.
 *
 * text -> tokens (jsonata_lex) -> tree by binding powers (jsonata_parse) -> tree of paths with
 * steps, stages, groups, and parents resolved (jsonata_tree, _parent) -> value by walking that tree
 * (jsonata_eval, _operators, _path, _sort, _group, _apply) with the library (jsonata_fn_*).
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
#include "query/jsonata_syntax.h"
#include "query/jsonata_value.h"

#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#define WF_JN_DEPTH_MAX 2000u	/* of evaluation at most: the stack has to hold it */
#define WF_JN_VALUE_DEPTH 1000u /* nesting of a value that is walked */

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

/* -- arrays and objects -- */

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

/* -- texts -- */

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

/* -- evaluation -- */

/* The node's value where `input` is the context and `frame` has the names. Fails through
 * wf_jn_throw. */
typedef struct wf_jn_value wf_jn_eval_fn(struct wf_jn_run *r, const struct wf_jn_node *node,
	struct wf_jn_value input, struct wf_jn_frame *frame);

/* Any node, with its predicates and its group. */
wf_jn_eval_fn wf_jn_eval;
/* Nodes of one kind; filter and sort: `input` are the items that are filtered or sorted. */
wf_jn_eval_fn wf_jn_eval_binary, wf_jn_eval_negate;                  /* jsonata_operators.c */
wf_jn_eval_fn wf_jn_eval_path, wf_jn_eval_filter;                    /* jsonata_path.c */
wf_jn_eval_fn wf_jn_eval_sort;                                       /* jsonata_sort.c */
wf_jn_eval_fn wf_jn_eval_make;                                       /* jsonata_group.c */
wf_jn_eval_fn wf_jn_eval_call, wf_jn_eval_partial, wf_jn_eval_apply; /* jsonata_apply.c */
wf_jn_eval_fn wf_jn_eval_lambda, wf_jn_eval_transform;
/* A sequence of one is that one, of none is undefined. */
struct wf_jn_value wf_jn_normal(const struct wf_jn_node *node, struct wf_jn_value v);
/* The member of that name, of each item where the input is an array. */
struct wf_jn_value wf_jn_lookup_member(
	struct wf_jn_run *r, struct wf_jn_value input, const char *key, size_t n);
/* Calls f, and what it calls last, with the args. */
struct wf_jn_value wf_jn_apply(struct wf_jn_run *r, struct wf_jn_value f, struct wf_jn_value *args,
	uint32_t count, struct wf_jn_value context, struct wf_jn_frame *frame);
/* Calls f as the functions of higher order do: with as many arguments as it takes. */
struct wf_jn_value wf_jn_call_with(struct wf_jn_run *r, const struct wf_jn_args *a,
	struct wf_jn_value f, struct wf_jn_value one, struct wf_jn_value two,
	struct wf_jn_value three);
struct wf_jn_value wf_jn_transform(
	struct wf_jn_run *r, const struct wf_jn_function *f, struct wf_jn_value object);

/* A tuple at that value with the names of `from` (NULL: none), in a list of its own. */
struct wf_jn_tuple *wf_jn_tuple_new(
	struct wf_jn_run *r, struct wf_jn_value at, const struct wf_jn_tuple *from);
/* Names: room for so many without growing. */
struct wf_jn_frame *wf_jn_frame_new(struct wf_jn_run *r, struct wf_jn_frame *parent, uint32_t room);
/* The names that a tuple carries; what is bound there later stays out of the tuple. */
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

/* -- matches -- */

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

/* -- the library -- */

const struct wf_jn_builtin *wf_jn_builtin_named(const char *name, size_t n);

#define WF_JN_BUILTIN(name, arity, signature) wf_jn_call wf_jn_fn_##name;
#include "query/jsonata_builtins.def"
#undef WF_JN_BUILTIN

/* -- pictures -- */

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

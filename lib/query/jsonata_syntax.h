/*
 * A JSONata text from its tokens to the tree that is evaluated, private to lib/query/jsonata*.c.
 *
 * Everything that a text is parsed into is of its program's arena and lives as long as the program.
 * Errors leave through the lexer's `fail`, a jump buffer of wf_jn_parse.
 */
#ifndef WF_QUERY_JSONATA_SYNTAX_H
#define WF_QUERY_JSONATA_SYNTAX_H

#include "base/mem.h"
#include "base/regex.h"
#include "query/jsonata_value.h"

#include <setjmp.h>

#define WF_JN_NEST 500u	   /* nesting of an expression's text */
#define WF_JN_HEIGHT 2000u /* of its tree: longer chains of one operator are refused */

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

#endif

/* What the files of lib/expr share: nodes, the arena, the lexer, the resolver. */
#ifndef WF_EXPR_INTERNAL_H
#define WF_EXPR_INTERNAL_H

#include "base/limits.h"
#include "expr/expr.h"
#include "plan/plan.h"

/* -- nodes (node.c) -- */

struct wf_expr_arena {
	struct wf_arena *base;
	json_t **values;               /* owned references */
	size_t count, room;
	/* the ids of the scope resolved last, indexed when they are many */
	json_t *step_index;
	const char *const *indexed_ids;
	uint32_t indexed_count;
};

struct wf_expr *wf_expr_node(struct wf_expr_arena *a, enum wf_expr_kind kind, uint32_t from,
	uint32_t to);
/* Takes the reference; it is released with the arena. */
json_t *wf_expr_keep(struct wf_expr_arena *a, json_t *value);
struct wf_expr *wf_expr_literal(struct wf_expr_arena *a, json_t *stolen, uint32_t from,
	uint32_t to);
/* Sets the arguments (copied into the arena) and the height. */
void wf_expr_set_args(struct wf_expr_arena *a, struct wf_expr *e, struct wf_expr *const *args,
	uint32_t count);
/* The step with that id, or WF_NONE. */
uint32_t wf_expr_find_step(struct wf_expr_arena *a, const struct wf_scope *scope, const char *id);
/* The most operands that the expression's code has on the stack at once. */
uint32_t wf_expr_operands(const struct wf_expr *e);
/* A LIMIT finding when that is more than the machine allows. */
bool wf_expr_fits(const struct wf_expr *e, const struct wf_expr_site *site,
	struct wf_diags *diags);
/* The literal text of a string value that is one, or NULL. */
const char *wf_expr_string(const struct wf_expr *e);

/* -- lexer (lexer.c) -- */

enum wf_token_kind {
	WF_TOK_END, WF_TOK_BAD, WF_TOK_NAME, WF_TOK_INT, WF_TOK_REAL, WF_TOK_STRING,
	WF_TOK_OPEN,                   /* ${ */
	WF_TOK_LPAREN, WF_TOK_RPAREN, WF_TOK_LBRACKET, WF_TOK_RBRACKET, WF_TOK_LBRACE,
	WF_TOK_RBRACE, WF_TOK_DOT, WF_TOK_COMMA, WF_TOK_COLON, WF_TOK_QUESTION, WF_TOK_COALESCE,
	WF_TOK_OR, WF_TOK_AND, WF_TOK_NOT, WF_TOK_EQ, WF_TOK_NE, WF_TOK_LT, WF_TOK_LE, WF_TOK_GT,
	WF_TOK_GE, WF_TOK_PLUS, WF_TOK_MINUS, WF_TOK_STAR, WF_TOK_SLASH, WF_TOK_PERCENT
};

struct wf_token {
	enum wf_token_kind kind;
	uint32_t from, to;
	const char *message, *hint;    /* of a BAD one; static strings */
};

struct wf_lexer {
	const char *text;
	uint32_t len, at;
};

struct wf_token wf_lex(struct wf_lexer *lexer);
/* The value of a STRING token: in the arena, unescaped. */
const char *wf_lex_string(struct wf_arena *arena, const char *text, const struct wf_token *token);

/* -- parser (parser.c) -- */

/* Parses the expression behind a `${` that stands at `open` of the n bytes; *ret_end is the place
 * behind its `}`, or, after a finding, a place from which more can be read. */
struct wf_expr *wf_expr_parse_part(struct wf_expr_arena *a, const char *text, uint32_t n,
	uint32_t open, const struct wf_expr_site *site, struct wf_diags *diags, uint32_t *ret_end);

/* -- resolver (resolve.c; names.c finds names, typing.c does operators and functions) -- */

struct wf_guard {
	const struct wf_expr *path;    /* that has() has proven to be there */
	uint32_t step;                 /* that has surely run; WF_NONE */
	struct wf_guard *next;
};

struct wf_resolver {
	struct wf_expr_arena *a;
	const struct wf_scope *scope;
	const struct wf_expr_site *site;
	struct wf_diags *diags;
	struct wf_guard *guards;
	bool failed;
};

/* Resolves one node and all below it; its type is set afterwards, whatever was found. */
void wf_resolve_node(struct wf_resolver *r, struct wf_expr *e);
void wf_resolve_path(struct wf_resolver *r, struct wf_expr *e);
void wf_resolve_member(struct wf_resolver *r, struct wf_expr *e);
void wf_resolve_index(struct wf_resolver *r, struct wf_expr *e);
/* Whether has() has proven that the path, or something below it, is there. */
bool wf_is_guarded(const struct wf_resolver *r, const struct wf_expr *e);
bool wf_is_step_guarded(const struct wf_resolver *r, uint32_t step);
/* Operators and functions: the operands are resolved already. */
void wf_type_unary(struct wf_resolver *r, struct wf_expr *e);
void wf_type_binary(struct wf_resolver *r, struct wf_expr *e);
void wf_type_logic(struct wf_resolver *r, struct wf_expr *e);
void wf_type_call(struct wf_resolver *r, struct wf_expr *e);
/* A finding when `e` cannot be of any of the kinds: "`what` needs NEED, and this is TYPE". */
bool wf_type_need(struct wf_resolver *r, const struct wf_expr *e, uint32_t kinds,
	const char *what, const char *need);
/* A literal list or map of resolved parts. */
void wf_type_container(struct wf_expr_arena *a, struct wf_expr *e);

struct wf_diag *wf_resolve_found(struct wf_resolver *r, enum wf_rule rule, uint32_t from,
	uint32_t to, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* A type of just these kinds. */
const struct wf_type *wf_type_kinds(struct wf_arena *arena, uint32_t kinds);
const struct wf_type *wf_type_list_of(struct wf_arena *arena, const struct wf_type *element);
/* The same type without, or with, UNDEF. */
const struct wf_type *wf_type_defined(struct wf_arena *arena, const struct wf_type *type);
const struct wf_type *wf_type_maybe(struct wf_arena *arena, const struct wf_type *type);

#endif

/*
 * Inside of the expressions' parser: what its files share. parser.c has the operators and the
 * entries, primary.c what stands between them, parser_found.c what is said of a text that is wrong.
 */
#ifndef WF_EXPR_PARSER_H
#define WF_EXPR_PARSER_H

#include "expr/internal.h"

#include <string.h>

struct wf_parser {
	struct wf_expr_arena *a;
	const char *text;
	const struct wf_expr_site *site;
	struct wf_diags *diags;
	struct wf_lexer lexer;
	struct wf_token tok;
	uint32_t last_to;   /* end of the token before */
	unsigned depth;
	bool cut;           /* the text goes on behind what may be one expression */
	bool failed;
};

static inline bool wf_parser_is_word(const struct wf_parser *p, const struct wf_token *t,
	const char *word)
{
	size_t n = strlen(word);
	return t->kind == WF_TOK_NAME && t->to - t->from == n &&
		memcmp(p->text + t->from, word, n) == 0;
}

static inline void wf_parser_advance(struct wf_parser *p)
{
	p->last_to = p->tok.to;
	p->tok = wf_lex(&p->lexer);
}

static inline struct wf_token wf_parser_peek(const struct wf_parser *p)
{
	struct wf_lexer ahead = p->lexer;
	return wf_lex(&ahead);
}

static inline bool wf_parser_accept(struct wf_parser *p, enum wf_token_kind kind)
{
	if (p->tok.kind != kind)
		return false;
	wf_parser_advance(p);
	return true;
}

/* The first finding ends the parse. NULL. */
struct wf_expr *wf_parser_fail(struct wf_parser *p, uint32_t from, uint32_t to, const char *message,
	const char *hint);
/* The token at hand cannot stand here. */
struct wf_expr *wf_parser_unexpected(struct wf_parser *p, const char *expected);
struct wf_diag *wf_parser_found(struct wf_parser *p, enum wf_rule rule, uint32_t from, uint32_t to,
	const char *message);
/* The limit of nesting is exceeded: true. */
bool wf_parser_too_deep(struct wf_parser *p, uint32_t from, uint32_t to);
/* The bracket that was opened at `open` must be closed now. */
bool wf_parser_close(struct wf_parser *p, enum wf_token_kind kind, const struct wf_token *open,
	const char *expected);

/* Nodes from `from` to the end of the token before; NULL when they nest too deeply. */
struct wf_expr *wf_parser_checked(struct wf_parser *p, struct wf_expr *e);
struct wf_expr *wf_parser_node(struct wf_parser *p, enum wf_expr_kind kind, uint32_t from,
	struct wf_expr *const *args, uint32_t count);
struct wf_expr *wf_parser_node_of_two(struct wf_parser *p, enum wf_expr_kind kind,
	enum wf_opcode op, struct wf_expr *a, struct wf_expr *b);

/* NULL after a finding. */
struct wf_expr *wf_parse_expression(struct wf_parser *p);
struct wf_expr *wf_parse_primary(struct wf_parser *p);
/* What stands behind a primary, which may be NULL. */
struct wf_expr *wf_parse_postfix(struct wf_parser *p, struct wf_expr *e);
/* The number at hand, behind a minus when it is negative. */
struct wf_expr *wf_parse_number(struct wf_parser *p, bool negative);
/* `(…)` or `${…}`. */
struct wf_expr *wf_parse_group(struct wf_parser *p);

#endif

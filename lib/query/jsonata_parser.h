/*
 * JSONata's parser, private to jsonata_parse*.c: the state, the rules of the grammar, and what a
 * rule is written with. Nodes are of the program's arena; every failure leaves through the lexer's
 * `fail`.
 */
#ifndef WF_QUERY_JSONATA_PARSER_H
#define WF_QUERY_JSONATA_PARSER_H

#include "query/jsonata_syntax.h"

struct wf_jn_parser {
	struct wf_jn_lexer lexer;
	struct wf_jn_program *program;
	struct wf_jn_token token; /* in hand */
	uint32_t depth;           /* of expressions in one another */
	uint32_t binds; /* of names, so far: a block without any needs no frame */
};

/* What an operator makes where nothing stands left of it. The parser is behind its token t. */
typedef struct wf_jn_node *wf_jn_prefix_fn(struct wf_jn_parser *p, const struct wf_jn_token *t);
/* … and where `left` does. */
typedef struct wf_jn_node *wf_jn_infix_fn(
	struct wf_jn_parser *p, const struct wf_jn_token *t, struct wf_jn_node *left);

struct wf_jn_rule {
	const char *word;
	int power;               /* how tightly it binds what stands left of it */
	wf_jn_prefix_fn *prefix; /* NULL: nothing begins with it */
	wf_jn_infix_fn *infix;   /* NULL: it stands between nothing */
	enum wf_jn_op op;        /* of wf_jn_infix_binary */
};

/* jsonata_parse_prefix.c; _word: what is no operator. */
wf_jn_prefix_fn wf_jn_prefix_name, wf_jn_prefix_minus, wf_jn_prefix_wildcard,
	wf_jn_prefix_descendant, wf_jn_prefix_parent, wf_jn_prefix_block, wf_jn_prefix_list,
	wf_jn_prefix_transform, wf_jn_prefix_pairs, wf_jn_parse_word;
/* jsonata_parse_infix.c */
wf_jn_infix_fn wf_jn_infix_binary, wf_jn_infix_dot, wf_jn_infix_apply, wf_jn_infix_coalesce,
	wf_jn_infix_default, wf_jn_infix_filter, wf_jn_infix_group, wf_jn_infix_order,
	wf_jn_infix_bind, wf_jn_infix_focus, wf_jn_infix_index, wf_jn_infix_condition,
	wf_jn_infix_call;

/* The rule of an operator's token; NULL where it is none. */
const struct wf_jn_rule *wf_jn_parse_rule(const struct wf_jn_token *t);

/* The expression that stands here, as far as its operators bind tighter than `power`. */
struct wf_jn_node *wf_jn_parse_expression(struct wf_jn_parser *p, int power);

/* Whether the token in hand is that operator. */
bool wf_jn_parse_is(const struct wf_jn_parser *p, const char *word);
/* Takes the next token; infix: an operator may stand there, so a / begins no regular expression. */
void wf_jn_parse_advance(struct wf_jn_parser *p, bool infix);
/* Goes over that operator, which must stand here; behind it stands no operator, or one as `infix`
 * says. */
void wf_jn_parse_expect(struct wf_jn_parser *p, const char *word);
void wf_jn_parse_expect_as(struct wf_jn_parser *p, const char *word, bool infix);

/* A new node that begins with the token. */
struct wf_jn_node *wf_jn_parse_node(
	struct wf_jn_parser *p, enum wf_jn_kind kind, const struct wf_jn_token *t);
/* The node n, higher than the child that it has got. */
struct wf_jn_node *wf_jn_parse_above(
	struct wf_jn_parser *p, struct wf_jn_node *n, const struct wf_jn_node *child);
/* Adds an item to n's. */
void wf_jn_parse_add(struct wf_jn_parser *p, struct wf_jn_node *n, struct wf_jn_node *item);

/* Fails with that code at the token. */
_Noreturn void wf_jn_parse_fail(
	struct wf_jn_parser *p, const char *code, const struct wf_jn_token *t);

#endif

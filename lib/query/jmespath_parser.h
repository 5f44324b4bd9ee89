/* Inside of JMESPath's parser, which is three files: precedence, what has parts, and paths. */
#ifndef WF_QUERY_JMESPATH_PARSER_H
#define WF_QUERY_JMESPATH_PARSER_H

#include "query/jmespath.h"
#include "query/jmespath_lexer.h"

#include <string.h>

/* How tightly a token binds what is on its left. */
enum {
	BIND_PIPE = 1,
	BIND_CHOOSE,
	BIND_OR,
	BIND_AND,
	BIND_COMPARE,
	BIND_ADD,
	BIND_MULTIPLY,
	BIND_FLATTEN = 9,
	BIND_PROJECTION, /* what binds less ends a projection */
	BIND_STAR = 20,
	BIND_FILTER,
	BIND_DOT = 40,
	BIND_BRACKET = 55,
	BIND_SIGN = 30, /* of !, + and -: more than any operator, less than a path */
};

struct wf_jp_chain {
	struct wf_jp_node *first, *last;
	unsigned height;
};

struct wf_jp_parser {
	struct wf_jmespath *q;
	const char *text;
	size_t n, at;
	struct wf_jp_token token; /* the next one */
	unsigned depth;
	struct wf_query_fault *fault;
	unsigned variable_count;
	const char *variables[WF_JP_VARIABLES];
};

/* What a token does where an expression begins, or behind one; the token was taken. */
typedef int wf_jp_led(struct wf_jp_parser *p, struct wf_jp_token token, struct wf_jp_chain *left);

static inline int wf_jp_advance(struct wf_jp_parser *p)
{
	return wf_jp_next_token(p->text, p->n, &p->at, &p->token, p->fault);
}

static inline struct wf_jp_node *wf_jp_node_new(struct wf_jp_parser *p, enum wf_jp_kind kind, size_t at)
{
	struct wf_jp_node *n = WF_ARENA_NEW(p->q->arena, struct wf_jp_node);
	n->kind = (uint8_t)kind;
	n->offset = (uint32_t)at;
	n->height = 1;
	return n;
}

/* The node is higher than what hangs below it. */
static inline void wf_jp_raise(struct wf_jp_node *n, unsigned height)
{
	if (height + 1 > n->height)
		n->height = (uint16_t)(height + 1);
}

static inline bool wf_jp_token_is(const struct wf_jp_parser *p, struct wf_jp_token t, const char *word)
{
	size_t n = strlen(word);
	return t.kind == WF_JP_NAME && t.n == n && memcmp(p->text + t.at, word, n) == 0;
}

/* -- precedence -- */

int wf_jp_expression(struct wf_jp_parser *p, int bind, struct wf_jp_chain *ret);
int wf_jp_binding(enum wf_jp_token_kind kind);
/* Says that something else than what comes next is expected; WF_ESYNTAX. */
int wf_jp_unexpected(struct wf_jp_parser *p, const char *wanted);
int wf_jp_take(struct wf_jp_parser *p, enum wf_jp_token_kind kind, const char *wanted);
int wf_jp_link(struct wf_jp_parser *p, struct wf_jp_chain *c, struct wf_jp_node *n);
/* The whole of what was read so far becomes one link: an operator's. */
int wf_jp_replace_chain(struct wf_jp_parser *p, struct wf_jp_chain *c, struct wf_jp_node *n);
/* An expression that stands for itself, as another node's part. */
int wf_jp_part(struct wf_jp_parser *p, int bind, struct wf_jp_node *of, struct wf_jp_node **ret);
/* The name a name token or a quoted one stands for. */
int wf_jp_name_of(struct wf_jp_parser *p, struct wf_jp_token t, const char **ret,
	size_t *ret_n);

/* -- what has parts; `at` is where it begins -- */

int wf_jp_read_list(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c);
int wf_jp_read_hash(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c);
int wf_jp_read_call(struct wf_jp_parser *p, struct wf_jp_token name, struct wf_jp_chain *c);
wf_jp_led wf_jp_read_let, wf_jp_then_logic;

/* -- paths -- */

/* What comes right behind a dot. */
int wf_jp_after_dot(struct wf_jp_parser *p, int bind, struct wf_jp_chain *c);
int wf_jp_star(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c);
int wf_jp_filter(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c);
int wf_jp_flatten(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c);
/* Behind the * of [*]. */
int wf_jp_each(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c);
/* Behind the [ of an index or a slice. */
int wf_jp_index_or_slice(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c);
wf_jp_led wf_jp_begin_bracket;

#endif

/* The expressions' parser: what is said of a text that is wrong or nests too deeply, and nodes. */
#include "expr/parser.h"

#include "base/limits.h"

#include <stdio.h>

struct wf_diag *wf_parser_found(struct wf_parser *p, enum wf_rule rule, uint32_t from, uint32_t to,
	const char *message)
{
	p->failed = true;
	if (p->diags->full)
		from = to = 0; /* nobody sees where; finding it out is what costs */
	return wf_diag_add(p->diags, rule, p->site->source, wf_expr_span(p->site, from, to), "%s",
		message);
}

struct wf_expr *wf_parser_fail(struct wf_parser *p, uint32_t from, uint32_t to, const char *message,
	const char *hint)
{
	if (p->failed)
		return NULL;
	if (p->cut && p->lexer.at == p->lexer.len) {
		(void)wf_parser_found(p, WF_RULE_LIMIT, from, from,
			"an expression over 65536 bytes");
		return NULL;
	}
	struct wf_diag *d = wf_parser_found(p, WF_RULE_EXPR_SYNTAX, from, to, message);
	if (hint)
		wf_diag_hint(d, "%s", hint);
	return NULL;
}

/* What was likely meant by a word of another language; NULL when nothing comes to mind. */
static const char *word_hint(const struct wf_parser *p)
{
	static const struct {
		const char *word, *hint;
	} words[] = {
		{ "AND", "the operator is written `and` or `&&`" },
		{ "OR", "the operator is written `or` or `||`" },
		{ "NOT", "the operator is written `not` or `!`" },
		{ "IN", "the operator is written `in`" },
		{ "is", "the operator is written `==`" },
		{ "eq", "the operator is written `==`" },
		{ "ne", "the operator is written `!=`" },
		{ "if", "a choice is written `condition ? this : that`" },
		{ "contains", "write contains(whole, part), or `part in whole`" },
		{ "matches", "write matches(text, pattern)" },
		{ "like", "write matches(text, pattern)" },
		{ "div", "the operator is written `/`" },
		{ "mod", "the operator is written `%`" },
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (wf_parser_is_word(p, &p->tok, words[i].word))
			return words[i].hint;
	return NULL;
}

/* The token at hand cannot stand here. */
struct wf_expr *wf_parser_unexpected(struct wf_parser *p, const char *expected)
{
	const struct wf_token *t = &p->tok;
	if (t->kind == WF_TOK_BAD)
		return wf_parser_fail(p, t->from, t->to, t->message, t->hint);
	char message[256];
	if (t->kind == WF_TOK_END) {
		(void)snprintf(message, sizeof(message), "expected %s, found the end", expected);
		return wf_parser_fail(p, t->from, t->to, message, NULL);
	}
	uint32_t n = t->to - t->from, shown = n > 40 ? 40 : n;
	while (shown < n && shown > 0 && ((unsigned char)p->text[t->from + shown] & 0xc0) == 0x80)
		shown--;
	(void)snprintf(message, sizeof(message), "expected %s, found `%.*s%s`", expected, (int)shown,
		p->text + t->from, shown < n ? "\xe2\x80\xa6" : "");
	return wf_parser_fail(p, t->from, t->to, message, word_hint(p));
}

bool wf_parser_too_deep(struct wf_parser *p, uint32_t from, uint32_t to)
{
	if (p->failed)
		return true;
	char message[128];
	(void)snprintf(message, sizeof(message), "this expression is nested deeper than %d levels",
		WF_MAX_EXPR_DEPTH);
	wf_diag_hint(wf_parser_found(p, WF_RULE_LIMIT, from, to, message),
		"compute a part of it in a data.set step before");
	return true;
}

/* The bracket that was opened at `open` must be closed now. */
bool wf_parser_close(struct wf_parser *p, enum wf_token_kind kind, const struct wf_token *open,
	const char *expected)
{
	if (wf_parser_accept(p, kind))
		return true;
	if (p->tok.kind != WF_TOK_END) {
		(void)wf_parser_unexpected(p, expected);
		return false;
	}
	char message[64];
	(void)snprintf(message, sizeof(message), "`%.*s` is not closed",
		(int)(open->to - open->from), p->text + open->from);
	(void)wf_parser_fail(p, open->from, open->to, message, kind == WF_TOK_RBRACE
		? "close it with `}`" : kind == WF_TOK_RPAREN ? "close it with `)`"
		: "close it with `]`");
	return false;
}

/* -- nodes -- */

struct wf_expr *wf_parser_checked(struct wf_parser *p, struct wf_expr *e)
{
	if (e->height > WF_MAX_EXPR_DEPTH && wf_parser_too_deep(p, e->from, e->to))
		return NULL;
	return e;
}

struct wf_expr *wf_parser_node(struct wf_parser *p, enum wf_expr_kind kind, uint32_t from,
	struct wf_expr *const *args, uint32_t count)
{
	struct wf_expr *e = wf_expr_node(p->a, kind, from, p->last_to);
	wf_expr_set_args(p->a, e, args, count);
	return wf_parser_checked(p, e);
}

struct wf_expr *wf_parser_node_of_two(struct wf_parser *p, enum wf_expr_kind kind,
	enum wf_opcode op, struct wf_expr *a, struct wf_expr *b)
{
	struct wf_expr *e = wf_parser_node(p, kind, a->from, (struct wf_expr *[]){ a, b }, 2);
	if (e)
		e->op = op;
	return e;
}

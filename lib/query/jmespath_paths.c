/* JMESPath's parser: paths, which are chains, and projections, which have one of their own. */
#include "query/jmespath_parser.h"

#include "base/err.h"

/* What comes right behind a dot. */
int wf_jp_after_dot(struct wf_jp_parser *p, int bind, struct wf_jp_chain *c)
{
	struct wf_jp_token t = p->token;
	struct wf_jp_chain rest;
	int err;
	switch ((int)t.kind) {
	case WF_JP_OPEN:
		return (err = wf_jp_advance(p)) < 0 ? err : wf_jp_read_list(p, t.at, c);
	case WF_JP_BRACE:
		return (err = wf_jp_advance(p)) < 0 ? err : wf_jp_read_hash(p, t.at, c);
	case WF_JP_NAME:
	case WF_JP_QUOTED:
	case WF_JP_STAR:
		break;
	default:
		return wf_jp_unexpected(p, "a name, *, [ or {");
	}
	if ((err = wf_jp_expression(p, bind, &rest)) < 0)
		return err;
	if (rest.first->kind == WF_JP_LET)
		return wf_query_fail(p->fault, WF_ESYNTAX, "syntax", t.at, p->text + t.at, t.n,
			"let begins an expression, it is no part of a path");
	for (struct wf_jp_node *n = rest.first, *next; n; n = next) {
		next = n->next;
		n->next = NULL;
		if ((err = wf_jp_link(p, c, n)) < 0)
			return err;
	}
	return 0;
}

/* What a projection does to each element: the rest of the path, up to what binds less. */
static int project(struct wf_jp_parser *p, int bind, struct wf_jp_node *n)
{
	struct wf_jp_chain rest = {.height = 0};
	int err = 0;
	if (p->token.kind == WF_JP_OPEN || p->token.kind == WF_JP_OPEN_TEST) {
		err = wf_jp_expression(p, bind, &rest);
	} else if (p->token.kind == WF_JP_DOT) {
		err = wf_jp_advance(p);
		err = err < 0 ? err : wf_jp_after_dot(p, bind, &rest);
	} else if (wf_jp_binding(p->token.kind) >= BIND_PROJECTION) {
		err = wf_jp_unexpected(p, "the rest of the path");
	}
	wf_jp_raise(n, rest.height);
	n->body = rest.first;
	return err;
}

int wf_jp_star(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_VALUES, at);
	int err = project(p, BIND_STAR, n);
	return err < 0 ? err : wf_jp_link(p, c, n);
}

int wf_jp_filter(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_FILTER, at);
	int err;
	if ((err = wf_jp_part(p, 0, n, &n->test)) < 0 || (err = wf_jp_take(p, WF_JP_CLOSE, "]")) < 0 ||
		(err = project(p, BIND_FILTER, n)) < 0)
		return err;
	return wf_jp_link(p, c, n);
}

int wf_jp_flatten(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_FLATTEN, at);
	int err = project(p, BIND_FLATTEN, n);
	return err < 0 ? err : wf_jp_link(p, c, n);
}

/* Digits as a number, which stays within what any list could have. */
static int32_t number(const char *s, size_t n)
{
	int64_t v = 0;
	for (size_t i = 0; i < n; i++)
		if (v < INT32_MAX)
			v = v * 10 + (s[i] - '0');
	return v < INT32_MAX ? (int32_t)v : INT32_MAX;
}

/* A number with its sign, if there is one. */
static int signed_number(struct wf_jp_parser *p, bool *ret_is, int32_t *ret)
{
	bool minus = p->token.kind == WF_JP_MINUS;
	int err = minus ? wf_jp_advance(p) : 0;
	if (err < 0)
		return err;
	*ret_is = p->token.kind == WF_JP_DIGITS;
	if (!*ret_is)
		return minus ? wf_jp_unexpected(p, "a number") : 0;
	*ret = number(p->text + p->token.at, p->token.n);
	if (minus)
		*ret = -*ret;
	return wf_jp_advance(p);
}

static int slice(struct wf_jp_parser *p, struct wf_jp_node *n, struct wf_jp_chain *c)
{
	bool has_step = false;
	int err;
	n->kind = WF_JP_SLICE;
	n->step = 1;
	if ((err = wf_jp_advance(p)) < 0 || (err = signed_number(p, &n->has_to, &n->to)) < 0)
		return err;
	if (p->token.kind == WF_JP_COLON && ((err = wf_jp_advance(p)) < 0 ||
		(err = signed_number(p, &has_step, &n->step)) < 0))
		return err;
	if ((err = wf_jp_take(p, WF_JP_CLOSE, "]")) < 0 || (err = project(p, BIND_STAR, n)) < 0)
		return err;
	return wf_jp_link(p, c, n);
}

/* Behind the [ of an index or a slice. */
int wf_jp_index_or_slice(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_INDEX, at);
	int err = signed_number(p, &n->has_from, &n->from);
	if (err < 0)
		return err;
	if (p->token.kind == WF_JP_COLON)
		return slice(p, n, c);
	if (!n->has_from)
		return wf_jp_unexpected(p, "a number or *");
	err = wf_jp_take(p, WF_JP_CLOSE, "]");
	return err < 0 ? err : wf_jp_link(p, c, n);
}

/* The first byte behind the token in hand that is no blank; 0 at the end. */
static char peek(const struct wf_jp_parser *p)
{
	size_t at = p->at;
	while (at < p->n && memchr(" \t\r\n", p->text[at], 4))
		at++;
	return at < p->n ? p->text[at] : '\0';
}

/* Behind the * of [*]. */
int wf_jp_each(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_PROJECT, at);
	int err;
	if ((err = wf_jp_advance(p)) < 0 || (err = wf_jp_take(p, WF_JP_CLOSE, "]")) < 0 ||
		(err = project(p, BIND_STAR, n)) < 0)
		return err;
	return wf_jp_link(p, c, n);
}

static bool is_index(const struct wf_jp_parser *p)
{
	char next = peek(p);
	return p->token.kind == WF_JP_DIGITS || p->token.kind == WF_JP_COLON ||
		(p->token.kind == WF_JP_MINUS && next >= '0' && next <= '9');
}

int wf_jp_begin_bracket(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	if (is_index(p))
		return wf_jp_index_or_slice(p, t.at, c);
	if (p->token.kind == WF_JP_STAR && peek(p) == ']')
		return wf_jp_each(p, t.at, c);
	return wf_jp_read_list(p, t.at, c);
}

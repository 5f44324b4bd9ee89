/* JMESPath's parser: what has parts with a sign between them: lists, objects, calls, let, logic. */
#include "query/jmespath_parser.h"

#include "base/err.h"

/* Most have few; only what has more asks for memory before it is known how many there are. */
#define FEW 8

struct parts {
	struct wf_jp_node **items;
	const char **names;
	size_t count, room;
	struct wf_jp_node *few[FEW];
	const char *few_names[FEW];
};

static void parts_init(struct parts *l)
{
	l->items = l->few;
	l->names = l->few_names;
	l->count = 0;
	l->room = FEW;
}

/* Parts live in the arena once they are all there. */
static void settle(struct wf_jp_parser *p, struct wf_jp_node *n, struct parts *l)
{
	n->items = WF_ARENA_ARRAY(p->q->arena, struct wf_jp_node *, l->count);
	if (l->count)
		memcpy(n->items, l->items, l->count * sizeof(*l->items));
	if (l->count && l->names[0]) {
		n->names = WF_ARENA_ARRAY(p->q->arena, const char *, l->count);
		for (size_t i = 0; i < l->count; i++)
			n->names[i] = l->names[i];
	}
	n->item_count = (uint32_t)l->count;
}

static void parts_done(struct parts *l)
{
	if (l->items == l->few)
		return;
	wf_free(l->items);
	wf_free(l->names);
}

static void parts_grow(struct parts *l)
{
	if (l->count == l->room) {
		bool few = l->items == l->few;
		l->room *= 2;
		l->items = wf_reallocarray(few ? NULL : l->items, l->room, sizeof(*l->items));
		l->names = wf_reallocarray(few ? NULL : l->names, l->room, sizeof(*l->names));
		if (few) {
			memcpy(l->items, l->few, sizeof(l->few));
			memcpy(l->names, l->few_names, sizeof(l->few_names));
		}
	}
	l->items[l->count] = NULL;
	l->names[l->count] = NULL;
}

/* Expressions with commas between them up to the closing token, which is taken. */
static int read_elements(struct wf_jp_parser *p, enum wf_jp_token_kind close, const char *wanted,
	struct wf_jp_node *n, struct parts *l)
{
	int err;
	for (;;) {
		parts_grow(l);
		if ((err = wf_jp_part(p, 0, n, &l->items[l->count])) < 0)
			return err;
		l->count++;
		if (p->token.kind != WF_JP_COMMA)
			return wf_jp_take(p, close, wanted);
		if ((err = wf_jp_advance(p)) < 0)
			return err;
	}
}

int wf_jp_read_list(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_LIST, at);
	struct parts l;
	parts_init(&l);
	int err = read_elements(p, WF_JP_CLOSE, "a comma or ]", n, &l);
	settle(p, n, &l);
	parts_done(&l);
	return err < 0 ? err : wf_jp_link(p, c, n);
}

static int read_members(struct wf_jp_parser *p, struct wf_jp_node *n, struct parts *l)
{
	size_t len;
	int err;
	for (;;) {
		struct wf_jp_token key = p->token;
		parts_grow(l);
		if (key.kind != WF_JP_NAME && key.kind != WF_JP_QUOTED)
			return wf_jp_unexpected(p, "a key");
		if ((err = wf_jp_name_of(p, key, &l->names[l->count], &len)) < 0 ||
			(err = wf_jp_advance(p)) < 0 ||
			(err = wf_jp_take(p, WF_JP_COLON, ":")) < 0 ||
			(err = wf_jp_part(p, 0, n, &l->items[l->count])) < 0)
			return err;
		l->count++;
		if (p->token.kind != WF_JP_COMMA)
			return wf_jp_take(p, WF_JP_BRACE_END, "a comma or }");
		if ((err = wf_jp_advance(p)) < 0)
			return err;
	}
}

int wf_jp_read_hash(struct wf_jp_parser *p, size_t at, struct wf_jp_chain *c)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_HASH, at);
	struct parts l;
	parts_init(&l);
	int err = read_members(p, n, &l);
	settle(p, n, &l);
	parts_done(&l);
	return err < 0 ? err : wf_jp_link(p, c, n);
}

/* -- names and calls -- */

static int read_bindings(struct wf_jp_parser *p, struct wf_jp_node *n, struct parts *l)
{
	int err;
	for (;;) {
		struct wf_jp_token name = p->token;
		parts_grow(l);
		if (name.kind == WF_JP_DOLLAR_NAME)
			l->names[l->count] =
				wf_arena_strndup(p->q->arena, p->text + name.at + 1, name.n - 1);
		if ((err = wf_jp_take(p, WF_JP_DOLLAR_NAME, "a name with a $")) < 0 ||
			(err = wf_jp_take(p, WF_JP_ASSIGN, "=")) < 0 ||
			(err = wf_jp_part(p, 0, n, &l->items[l->count])) < 0)
			return err;
		l->count++;
		if (p->token.kind != WF_JP_COMMA)
			return wf_jp_token_is(p, p->token, "in")
				? wf_jp_advance(p)
				: wf_jp_unexpected(p, "a comma or in");
		if ((err = wf_jp_advance(p)) < 0)
			return err;
	}
}

/* let $a = ..., $b = ... in ...: what is bound sees the names of outside. */
int wf_jp_read_let(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *c)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_LET, t.at);
	unsigned outer = p->variable_count;
	struct parts l;
	parts_init(&l);
	int err = read_bindings(p, n, &l);
	settle(p, n, &l);
	parts_done(&l);
	if (err < 0)
		return err;
	if (outer + n->item_count > WF_JP_VARIABLES)
		return wf_query_fail(p->fault, WF_ELIMIT, "depth", t.at, NULL, 0,
			"more than %d names are in scope at once", WF_JP_VARIABLES);
	n->slot = outer;
	for (uint32_t i = 0; i < n->item_count; i++)
		p->variables[p->variable_count++] = n->names[i];
	err = wf_jp_part(p, 0, n, &n->body);
	p->variable_count = outer;
	return err < 0 ? err : wf_jp_replace_chain(p, c, n);
}

static int read_argument(struct wf_jp_parser *p, struct wf_jp_node *n, struct parts *l)
{
	parts_grow(l);
	if (p->token.kind == WF_JP_AMPERSAND) {
		int err = wf_jp_advance(p);
		if (err < 0)
			return err;
		if (l->count < 32)
			n->expref |= 1u << l->count;
	}
	return wf_jp_part(p, 0, n, &l->items[l->count++]);
}

static int read_arguments(struct wf_jp_parser *p, struct wf_jp_node *n, struct parts *l)
{
	int err;
	if (p->token.kind == WF_JP_PAREN_END)
		return wf_jp_advance(p);
	for (;;) {
		if ((err = read_argument(p, n, l)) < 0)
			return err;
		if (p->token.kind != WF_JP_COMMA)
			return wf_jp_take(p, WF_JP_PAREN_END, "a comma or )");
		if ((err = wf_jp_advance(p)) < 0)
			return err;
	}
}

int wf_jp_read_call(struct wf_jp_parser *p, struct wf_jp_token name, struct wf_jp_chain *c)
{
	struct wf_jp_node *n = wf_jp_node_new(p, WF_JP_CALL, name.at);
	const char *word = p->text + name.at;
	struct parts l;
	parts_init(&l);
	int err = wf_jp_advance(p);
	err = err < 0 ? err : read_arguments(p, n, &l);
	settle(p, n, &l);
	parts_done(&l);
	if (err < 0)
		return err;
	err = wf_jp_resolve_call(n, word, name.n, p->fault);
	return err < 0 ? err : wf_jp_link(p, c, n);
}

/* -- logic -- */

/* a || b || c is one link of three parts. */
int wf_jp_then_logic(struct wf_jp_parser *p, struct wf_jp_token t, struct wf_jp_chain *left)
{
	bool is_or = t.kind == WF_JP_OR_SIGN;
	struct wf_jp_node *n = wf_jp_node_new(p, is_or ? WF_JP_OR : WF_JP_AND, t.at);
	struct parts l;
	int err = 0;
	parts_init(&l);
	parts_grow(&l);
	wf_jp_raise(n, left->height);
	l.items[l.count++] = left->first;
	while (!err) {
		parts_grow(&l);
		err = wf_jp_part(p, is_or ? BIND_OR : BIND_AND, n, &l.items[l.count]);
		if (err < 0)
			break;
		l.count++;
		if (p->token.kind != t.kind)
			break;
		err = wf_jp_advance(p);
	}
	settle(p, n, &l);
	parts_done(&l);
	return err < 0 ? err : wf_jp_replace_chain(p, left, n);
}

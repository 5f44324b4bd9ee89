/*
 * Who is asked: `approvers` and its like, made into what the engine reads,
 *
 *	{ list?: [names], roles?: [names], resolver?: name, args?: [values], fallback?: the same }
 *
 * and counted where all the names are written out.
 *
 * A resolver's call is taken apart here, not when it runs: `team.leads(${user.id})` becomes its name
 * and a list of arguments, each a template of its own. Only what is written in the definition can
 * be a bracket or a comma, so that no value can add an argument or another resolver.
 */
#include "base/limits.h"
#include "check/internal.h"

#include <ctype.h>
#include <string.h>

#define MAX_ARGUMENTS 16

struct wf_expr *wf_check_part(struct wf_expr *e, const char *name)
{
	if (!e || e->kind != WF_EXPR_MAP)
		return NULL;
	for (uint32_t i = 0; i + 1 < e->arg_count; i += 2) {
		const struct wf_expr *key = e->args[i];

		if (key->kind == WF_EXPR_LITERAL && json_is_string(key->value) &&
			strcmp(json_string_value(key->value), name) == 0)
			return e->args[i + 1];
	}
	return NULL;
}

void wf_check_add(struct wf_checker *c, struct wf_check_map *m, const char *name, struct wf_expr *e)
{
	if (!e)
		return;
	WF_GROW(m->items, m->count, m->room);
	m->items[m->count++] = wf_expr_make_value(c->model->exprs, json_string(name));
	WF_GROW(m->items, m->count, m->room);
	m->items[m->count++] = e;
}

struct wf_expr *wf_check_map_of(struct wf_checker *c, struct wf_check_map *m)
{
	struct wf_expr *e =
		wf_expr_make(c->model->exprs, WF_EXPR_MAP, m->items, (uint32_t)m->count);

	wf_free(m->items);
	*m = (struct wf_check_map){0};
	return e;
}

/* -- a resolver's call -- */

struct call {
	struct wf_checker *c;
	const struct wf_node *node;
	char name[WF_MAX_ID + 1];
	size_t name_len;
	struct wf_expr *args[MAX_ARGUMENTS];
	uint32_t arg_count;
	/* the argument in hand */
	struct wf_expr **parts;
	size_t part_count, part_room;
	struct wf_buf text;
	size_t blanks;       /* at the text's end, dropped unless something follows */
	char quote;          /* of the text in hand; 0: none */
	bool quoted, inside, closed, commas;
	const char *wrong;   /* what is wrong, and where: bytes of the node's text */
	size_t from, to;
};

static void call_done(struct call *k)
{
	wf_free(k->parts);
	wf_buf_done(&k->text);
}

static void wrong(struct call *k, size_t from, size_t to, const char *what)
{
	if (k->wrong)
		return;
	k->wrong = what;
	k->from = from;
	k->to = to;
}

static void end_text(struct call *k)
{
	if (k->text.len == 0)
		return;
	WF_GROW(k->parts, k->part_count, k->part_room);
	k->parts[k->part_count++] = wf_expr_make_value(
		k->c->model->exprs, json_stringn(k->text.data, k->text.len));
	wf_buf_reset(&k->text);
	k->blanks = 0;
}

static void end_argument(struct call *k, size_t at, bool last)
{
	struct wf_expr_arena *a = k->c->model->exprs;
	struct wf_expr *e;

	if (!k->quoted && k->blanks) {
		k->text.len -= k->blanks;
		k->text.data[k->text.len] = '\0';
	}
	k->blanks = 0;
	end_text(k);
	if (k->part_count == 0 && !k->quoted) {
		if (!last || k->commas)
			wrong(k, at, at + 1, "an argument is missing here");
		return;
	}
	if (k->arg_count == MAX_ARGUMENTS) {
		wrong(k, at, at + 1, "a resolver takes at most 16 arguments");
		return;
	}
	if (k->part_count == 0)
		e = wf_expr_make_value(a, json_string(""));
	else if (k->part_count == 1 && (!k->quoted || k->parts[0]->kind == WF_EXPR_LITERAL))
		e = k->parts[0];
	else
		e = wf_expr_make(a, WF_EXPR_TEXT, k->parts, (uint32_t)k->part_count);
	k->args[k->arg_count++] = e;
	k->part_count = 0;
	k->quoted = false;
}

static void add_text(struct call *k, char ch, size_t at)
{
	bool blank = ch == ' ' || ch == '\t' || ch == '\n';

	if (k->quoted && !k->quote && !blank) {
		wrong(k, at, at + 1, "after a text in quotes comes `,` or `)`");
		return;
	}
	if (blank && (k->quoted || (!k->text.len && !k->part_count)))
		return;
	wf_buf_addch(&k->text, ch);
	k->blanks = blank ? k->blanks + 1 : 0;
}

static void in_argument(struct call *k, char ch, size_t at)
{
	if (k->quote && ch == k->quote) {
		k->quote = 0;
	} else if (k->quote) {
		wf_buf_addch(&k->text, ch);
	} else if ((ch == '\'' || ch == '"') && !k->quoted && !k->text.len && !k->part_count) {
		k->quote = ch;
		k->quoted = true;
	} else if (ch == ',') {
		k->commas = true;
		end_argument(k, at, false);
	} else if (ch == ')') {
		end_argument(k, at, true);
		k->inside = false;
		k->closed = true;
	} else if (ch == '(') {
		wrong(k, at, at + 1, "a call cannot stand in a call; put text with brackets in quotes");
	} else {
		add_text(k, ch, at);
	}
}

static bool name_takes(const struct call *k, char ch)
{
	bool letter = isalpha((unsigned char)ch) || ch == '_';

	if (k->name_len == 0 || k->name[k->name_len - 1] == '.')
		return letter;
	return letter || isdigit((unsigned char)ch) || ch == '-' || ch == '.';
}

static void take(struct call *k, char ch, size_t at)
{
	bool blank = ch == ' ' || ch == '\t' || ch == '\n';

	if (k->inside)
		in_argument(k, ch, at);
	else if (k->closed && !blank)
		wrong(k, at, at + 1, "nothing may stand behind the call");
	else if (!k->closed && ch == '(' && k->name_len && k->name[k->name_len - 1] != '.')
		k->inside = true;
	else if (!k->closed && name_takes(k, ch) && k->name_len < WF_MAX_ID)
		k->name[k->name_len++] = ch;
	else if (!k->closed && !(blank && !k->name_len))
		wrong(k, at, at + 1, "a resolver's name and its brackets must be here");
}

static void take_expression(struct call *k, struct wf_expr *e)
{
	if (!k->inside || (k->quoted && !k->quote)) {
		wrong(k, e->from, e->to, k->inside ? "after a text in quotes comes `,` or `)`"
				: "a value may only be an argument of the call");
		return;
	}
	if (!k->quoted)
		k->blanks = 0;
	end_text(k);
	WF_GROW(k->parts, k->part_count, k->part_room);
	k->parts[k->part_count++] = e;
}

/* A piece of the text that holds no expression. */
static void take_literal(struct call *k, const struct wf_expr *e)
{
	const char *s = json_string_value(e->value);
	size_t n = json_string_length(e->value);

	for (size_t i = 0; i < n && !k->wrong; i++)
		take(k, s[i], e->from + i);
}

static bool is_text(const struct wf_expr *e)
{
	return e->kind == WF_EXPR_LITERAL && json_is_string(e->value);
}

/* Adds resolver and args; a finding where the text is no call. */
static void add_call(struct wf_checker *c, struct wf_check_map *m, const struct wf_node *node,
	struct wf_expr *e)
{
	__attribute__((cleanup(call_done))) struct call k = {.c = c, .node = node};

	if (!node || node->kind != WF_NODE_STRING)
		return; /* the schema has said what it must be */
	if (is_text(e))
		take_literal(&k, e);
	else if (e->kind != WF_EXPR_TEXT)
		take_expression(&k, e);
	for (uint32_t i = 0; e->kind == WF_EXPR_TEXT && i < e->arg_count && !k.wrong; i++) {
		if (is_text(e->args[i]) && e->args[i]->group == 0)
			take_literal(&k, e->args[i]);
		else
			take_expression(&k, e->args[i]);
	}
	size_t end = node->string.len;
	if (!k.closed)
		wrong(&k, end ? end - 1 : 0, end,
			k.quote	   ? "the quotes are not closed"
			: k.inside ? "`)` is missing"
				   : "the call's brackets are missing");
	if (k.wrong) {
		wf_diag_hint(WF_FIND(c, RESOLVER_CALL,
				     wf_node_span_within(c->model->source, node, k.from, k.to),
				     "`dynamic` is no call of a resolver: %s", k.wrong),
			"write it like team.leads(${user.id})");
		return;
	}
	wf_check_add(c, m, "resolver",
		wf_expr_make_value(c->model->exprs, json_stringn(k.name, k.name_len)));
	wf_check_add(c, m, "args", wf_expr_make(c->model->exprs, WF_EXPR_LIST, k.args, k.arg_count));
}

/* -- people -- */

/* Different names of a list; known only when all of them are written out. */
static void count_list(struct wf_checker *c, const struct wf_node *node, const struct wf_expr *e,
	struct wf_people *ret)
{
	json_t *seen;

	ret->known = false;
	if (e->kind != WF_EXPR_LIST)
		return;
	ret->known = true;
	seen = json_object();
	for (uint32_t i = 0; i < e->arg_count; i++) {
		const char *name = is_text(e->args[i]) ? json_string_value(e->args[i]->value) : NULL;

		if (!name)
			ret->known = false;
		else if (json_object_get(seen, name))
			WF_FIND(c, APPROVER_DUPLICATE,
				(node->kind == WF_NODE_LIST ? node->list.items[i] : node)->span,
				"`%s` is asked already, and decides once", name);
		else
			json_object_set_new(seen, name, json_true());
	}
	ret->count = (uint32_t)json_object_size(seen);
	json_decref(seen);
}

/* A list of names, or a map like `approvers`. */
static struct wf_expr *fallback(struct wf_checker *c, const struct wf_node *node, struct wf_expr *e,
	struct wf_people *ret)
{
	struct wf_check_map m = {0};

	if (node->kind == WF_NODE_MAP)
		return wf_check_people(c, node, e, ret);
	count_list(c, node, e, ret);
	if (ret->known && ret->count == 0)
		WF_FIND(c, APPROVERS_EMPTY, node->span, "the fallback names nobody");
	wf_check_add(c, &m, "list", e);
	return wf_check_map_of(c, &m);
}

/* `approvers: "${…}"`: what is computed can name people and roles, nothing else. */
static struct wf_expr *computed(struct wf_checker *c, struct wf_expr *e)
{
	struct wf_check_map m = {0};

	wf_check_add(c, &m, "list", wf_expr_make_member(c->model->exprs, e, "list"));
	wf_check_add(c, &m, "roles", wf_expr_make_member(c->model->exprs, e, "roles"));
	return wf_check_map_of(c, &m);
}

struct wf_expr *wf_check_people(struct wf_checker *c, const struct wf_node *node, struct wf_expr *e,
	struct wf_people *ret)
{
	struct wf_expr *list = wf_check_part(e, "list"), *roles = wf_check_part(e, "roles");
	struct wf_expr *call = wf_check_part(e, "dynamic"), *other = wf_check_part(e, "fallback");
	struct wf_people instead = {.known = true};
	struct wf_check_map m = {0};

	*ret = (struct wf_people){.others = true};
	if (node->kind != WF_NODE_MAP || e->kind != WF_EXPR_MAP)
		return computed(c, e);
	ret->known = true;
	ret->others = call || (roles && (roles->kind != WF_EXPR_LIST || roles->arg_count));
	if (list)
		count_list(c, wf_node_get(node, "list"), list, ret);
	ret->known = ret->known && !ret->others;
	wf_check_add(c, &m, "list", list);
	wf_check_add(c, &m, "roles", roles);
	if (call)
		add_call(c, &m, wf_node_get(node, "dynamic"), call);
	if (other)
		wf_check_add(c, &m, "fallback",
			fallback(c, wf_node_get(node, "fallback"), other, &instead));
	ret->others = ret->others || instead.others;
	if (ret->known && ret->count == 0) {
		ret->known = instead.known;
		ret->count = instead.count;
		if (!other)
			wf_diag_hint(WF_FIND(c, APPROVERS_EMPTY, node->span,
					     "nobody is named here, and there is no fallback"),
				"name people with `list`, `roles` or `dynamic`");
	}
	return wf_check_map_of(c, &m);
}

/*
 * The flexprice dialect's conditions: { field, operator, value } as an expression, in which each part keeps
 * the place where the author wrote it.
 */
#include "model/dialect.h"

#include "base/json.h"
#include "model/read.h"

#include <string.h>

#define MAIN_OPERATORS 14
#define COUNT(list) (sizeof(list) / sizeof *(list))

enum { BINARY, NEGATED, CALL, THERE };
static const struct {
	const char *name;
	int form;
	const char *text; /* operator or function */
	bool holds_without; /* it holds of a field that is not there */
} operators[] = {
	{"eq", BINARY, "==", false},
	{"ne", BINARY, "!=", true},
	{"gt", BINARY, ">", false},
	{"gte", BINARY, ">=", false},
	{"lt", BINARY, "<", false},
	{"lte", BINARY, "<=", false},
	{"in", BINARY, "in", false},
	{"not_in", NEGATED, "in", true},
	{"contains", CALL, "contains", false},
	{"starts_with", CALL, "starts_with", false},
	{"ends_with", CALL, "ends_with", false},
	{"matches", CALL, "matches", false},
	{"exists", THERE, "", false},
	{"not_exists", THERE, "!", true},
	/* other names of these */
	{"==", BINARY, "==", false},
	{"=", BINARY, "==", false},
	{"equals", BINARY, "==", false},
	{"!=", BINARY, "!=", true},
	{"neq", BINARY, "!=", true},
	{"not_equals", BINARY, "!=", true},
	{">", BINARY, ">", false},
	{"greater_than", BINARY, ">", false},
	{">=", BINARY, ">=", false},
	{"greater_than_or_equal", BINARY, ">=", false},
	{"<", BINARY, "<", false},
	{"less_than", BINARY, "<", false},
	{"<=", BINARY, "<=", false},
	{"less_than_or_equal", BINARY, "<=", false},
};

/* -- an expression in the making -- */

struct made {
	struct wf_translation *t;
	struct wf_buf text;
	struct wf_piece *pieces;
	size_t count, room;
};

static void made_done(struct made *m)
{
	wf_buf_done(&m->text);
	wf_free(m->pieces);
}
#define AUTO_MADE __attribute__((cleanup(made_done))) struct made

static void add(struct made *m, const char *text)
{
	wf_buf_addstr(&m->text, text);
}

/* What was added from there on is of that node. */
static void is_of(struct made *m, size_t from, const struct wf_node *of, size_t at, bool same)
{
	WF_GROW(m->pieces, m->count, m->room);
	m->pieces[m->count++] = (struct wf_piece){from, m->text.len, of, at, same};
}

static void add_part(struct made *m, const struct wf_node *of, size_t at, size_t n)
{
	size_t from = m->text.len;

	wf_buf_add(&m->text, of->string.text + at, n);
	is_of(m, from, of, at, true);
}

static const struct wf_node *finish_made(struct made *m, const struct wf_node *at)
{
	struct wf_arena *arena = m->t->r->arena;
	struct wf_node *node = wf_tr_string(m->t, at, m->text.data);
	struct wf_pieces *pieces = WF_ARENA_NEW(arena, struct wf_pieces);
	struct wf_piece *items = WF_ARENA_ARRAY(arena, struct wf_piece, m->count + 1);

	if (m->count)
		memcpy(items, m->pieces, m->count * sizeof *items);
	*pieces = (struct wf_pieces){items, m->count};
	node->string.pieces = pieces;
	return node;
}

/* -- values -- */

static bool put_value(struct made *m, const struct wf_node *value);

/* As a literal; its `${` was written `$${`, and is meant. */
static void put_quoted(struct made *m, const char *s)
{
	wf_buf_addch(&m->text, '"');
	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || (*s == '$' && s[1] == '{'))
			wf_buf_printf(&m->text, "\\u%04x", (unsigned)*s);
		else if (*s == '"' || *s == '\\')
			wf_buf_printf(&m->text, "\\%c", *s);
		else
			wf_buf_addch(&m->text, *s);
	}
	wf_buf_addch(&m->text, '"');
}

static bool is_literal(const struct wf_expr *e)
{
	return e->kind == WF_EXPR_LITERAL && e->group != '$';
}

/* A part of an interpolation: text, or what becomes text. */
static void put_part(struct made *m, const struct wf_node *value, const struct wf_expr *e)
{
	size_t from = m->text.len;

	if (is_literal(e)) {
		put_quoted(m, json_string_value(e->value));
		is_of(m, from, value, 0, false);
		return;
	}
	add(m, "string(");
	add_part(m, value, e->from, e->to - e->from);
	add(m, ")");
}

/* A string is a template, as everywhere. */
static bool put_string(struct made *m, const struct wf_node *value)
{
	struct wf_read *r = m->t->r;
	struct wf_expr_site site = {r->source, value, 0};
	size_t from = m->text.len;
	const struct wf_expr *e = wf_expr_parse_template(r->model->exprs, value->string.text,
		value->string.len, &site, r->diags);

	if (!e)
		return false;
	if (is_literal(e)) {
		put_quoted(m, json_string_value(e->value));
		is_of(m, from, value, 0, false);
	} else if (e->kind != WF_EXPR_TEXT || e->group == '$') {
		add_part(m, value, 0, value->string.len);
	} else {
		add(m, "(");
		for (uint32_t i = 0; i < e->arg_count; i++) {
			add(m, i ? " + " : "");
			put_part(m, value, e->args[i]);
		}
		add(m, ")");
		is_of(m, from, value, 0, false);
	}
	return true;
}

static bool put_list(struct made *m, const struct wf_node *value)
{
	bool sound = true;

	add(m, "[");
	for (size_t i = 0; i < value->list.count; i++) {
		add(m, i ? ", " : "");
		sound = put_value(m, value->list.items[i]) && sound;
	}
	add(m, "]");
	return sound;
}

static bool put_map(struct made *m, const struct wf_node *value)
{
	bool sound = true;

	add(m, "{");
	for (size_t i = 0; i < value->map.count; i++) {
		add(m, i ? ", " : "");
		put_quoted(m, value->map.pairs[i].key);
		add(m, ": ");
		sound = put_value(m, value->map.pairs[i].value) && sound;
	}
	add(m, "}");
	return sound;
}

/* A value as an expression; false after a finding. */
static bool put_value(struct made *m, const struct wf_node *value)
{
	size_t from = m->text.len;

	if (value->kind == WF_NODE_STRING)
		return put_string(m, value);
	bool sound = true;
	if (value->kind == WF_NODE_LIST) {
		sound = put_list(m, value);
	} else if (value->kind == WF_NODE_MAP) {
		sound = put_map(m, value);
	} else {
		json_t *plain = wf_node_json(value);
		wf_json_write(plain, &m->text);
		json_decref(plain);
	}
	is_of(m, from, value, 0, false);
	return sound;
}

/* -- conditions -- */

static size_t operator_of(struct wf_translation *t, const struct wf_node *map)
{
	const char *names[COUNT(operators)];

	for (size_t i = 0; i < COUNT(operators); i++)
		names[i] = operators[i].name;
	const struct wf_node *node = wf_read_kind(t->r, map, "operator", WF_NODE_STRING);
	for (size_t i = 0; node && i < COUNT(operators); i++)
		if (strcmp(names[i], node->string.text) == 0)
			return i;
	if (node)
		return wf_read_word(t->r, map, "operator", names, MAIN_OPERATORS, COUNT(operators));
	if (wf_read_lacks(t->r, map, "operator"))
		WF_FIND(t->r, MISSING_KEY, map->span, "the condition has no `operator`");
	return COUNT(operators);
}

/* The field's path; `inside` is what stands before it. */
static void put_field(struct made *m, const struct wf_node *field, const char *inside)
{
	size_t from = m->text.len;

	add(m, inside);
	add_part(m, field, 0, field->string.len);
	if (*inside)
		is_of(m, from, field, 0, false);
}

static bool put_test(struct made *m, size_t op, const struct wf_node *field, const char *inside,
	const struct wf_node *value)
{
	int form = operators[op].form;

	if (form == CALL || form == THERE) {
		add(m, operators[op].text);
		add(m, form == CALL ? "(" : "has(");
		put_field(m, field, inside);
	} else {
		add(m, form == NEGATED ? "!(" : "");
		put_field(m, field, inside);
	}
	if (form == THERE) {
		add(m, ")");
		return true;
	}
	if (form == CALL)
		add(m, ", ");
	else
		wf_buf_printf(&m->text, " %s ", operators[op].text);
	bool sound = put_value(m, value);
	add(m, form == BINARY ? "" : ")");
	return sound;
}

/* `exists` of `value: false` would say the opposite of what it looks like. */
static void refuse_value(struct wf_read *r, const struct wf_node *map, size_t op)
{
	const struct wf_pair *pair = wf_node_pair(map, "value");
	bool said = operators[op].form == THERE && pair && pair->value->kind != WF_NODE_NULL &&
		    !(pair->value->kind == WF_NODE_BOOL && pair->value->boolean);

	if (!said)
		return;
	struct wf_diag *d = WF_FIND(r, KEY_MISPLACED, pair->key_span,
		"`%s` looks at no `value`", operators[op].name);
	if (pair->value->kind == WF_NODE_BOOL)
		wf_diag_hint(d, "write `operator: %s` without `value`",
			operators[op].holds_without ? "exists" : "not_exists");
}

/* In a trigger the field is one of the event's data, and one that is not there is no error. */
static bool put_condition(struct made *m, const struct wf_node *map, bool in_trigger)
{
	static const char *const keys[] = {"field", "operator", "value"};
	struct wf_read *r = m->t->r;
	const struct wf_node *value = wf_node_get(map, "value"), *field;
	size_t errors = r->diags->errors, op, from;

	if (!WF_READ_KEYS(r, map, "a condition", keys))
		return false;
	field = wf_read_kind(r, map, "field", WF_NODE_STRING);
	if (wf_read_lacks(r, map, "field"))
		WF_FIND(r, MISSING_KEY, map->span, "the condition has no `field`");
	op = operator_of(m->t, map);
	if (op < COUNT(operators) && operators[op].form != THERE && wf_read_lacks(r, map, "value"))
		WF_FIND(r, MISSING_KEY, map->span, "the condition has no `value`");
	if (op < COUNT(operators))
		refuse_value(r, map, op);
	if (r->diags->errors != errors || !field || op == COUNT(operators))
		return false;
	bool inside = in_trigger && strncmp(field->string.text, "event.", 6) != 0 &&
		      strncmp(field->string.text, "${", 2) != 0;
	const char *before = inside ? "event.data." : "";
	bool guarded = in_trigger && operators[op].form != THERE, without = operators[op].holds_without;
	from = m->text.len;
	if (guarded) {
		add(m, without ? "(!has(" : "(has(");
		put_field(m, field, before);
		add(m, without ? ") || " : ") && ");
	}
	bool sound = put_test(m, op, field, before, value);
	add(m, guarded ? ")" : "");
	is_of(m, from, map, 0, false);
	return sound;
}

const struct wf_node *wf_tr_condition(struct wf_translation *t, const struct wf_node *map)
{
	AUTO_MADE m = {.t = t};

	return put_condition(&m, map, false) ? finish_made(&m, map) : NULL;
}

const struct wf_node *wf_tr_conditions(struct wf_translation *t, const struct wf_node *list)
{
	AUTO_MADE m = {.t = t};
	bool sound = true;

	if (list->kind != WF_NODE_LIST) {
		WF_FIND(t->r, WRONG_TYPE, list->span, "`conditions` must be a list, here is %s",
			wf_read_kind_phrase(list));
		return NULL;
	}
	if (list->list.count == 1 && list->list.items[0]->kind == WF_NODE_STRING)
		return list->list.items[0];
	for (size_t i = 0; i < list->list.count; i++) {
		const struct wf_node *item = list->list.items[i];

		add(&m, i ? " && " : "");
		if (item->kind == WF_NODE_STRING) {
			add(&m, "(");
			add_part(&m, item, 0, item->string.len);
			add(&m, ")");
		} else if (!put_condition(&m, item, true)) {
			sound = false; /* the others may have mistakes of their own */
		}
	}
	return list->list.count && sound ? finish_made(&m, list) : NULL;
}

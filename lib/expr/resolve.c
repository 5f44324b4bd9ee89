/*
 * What names mean: paths to roots, steps and input properties, and what is known of their types.
 * Operators and functions are in typing.c.
 *
 * Two things make the absence of a value harmless: standing left of `??` or inside has() (told
 * downwards, before the path itself is resolved), and a has() of the same path that must have held
 * for this place to be reached (kept as a chain of guards).
 */
#include "base/text.h"
#include "expr/internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct wf_diag *wf_resolve_found(struct wf_resolver *r, enum wf_rule rule, uint32_t from,
	uint32_t to, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	size_t room = n > 0 ? (size_t)n + 1 : 1;
	WF_AUTOFREE char *message = wf_calloc(room, 1);
	va_start(ap, fmt);
	(void)vsnprintf(message, room, fmt, ap);
	va_end(ap);
	struct wf_diag *d = wf_diag_add(r->diags, rule, r->site->source,
		wf_expr_span(r->site, from, to), "%s", message);
	if (d->severity == WF_SEV_ERROR)
		r->failed = true;
	return d;
}

/* -- text of paths, for messages -- */

static char *text_of(struct wf_resolver *r, const struct wf_expr *e)
{
	WF_AUTOBUF struct wf_buf b = { 0 };
	wf_expr_print(e, &b);
	return wf_arena_strndup(r->a->base, b.data, b.len);
}

/* The first n segments of a path. */
static char *text_of_start(struct wf_resolver *r, const struct wf_expr *path, uint32_t n)
{
	struct wf_expr start = *path;
	start.segment_count = n;
	return text_of(r, &start);
}

/* -- nearest names -- */

struct names {
	const char **items;
	size_t count, room;
};

static void names_done(struct names *n)
{
	wf_free(n->items);
}
#define AUTONAMES __attribute__((cleanup(names_done)))

static void add_name(struct names *n, const char *name)
{
	WF_GROW(n->items, n->count, n->room);
	n->items[n->count++] = name;
}

static void add_members(struct names *n, const struct wf_type *map)
{
	for (uint32_t i = 0; i < map->member_count; i++)
		add_name(n, map->members[i].name);
}

/* A definition of a hundred thousand steps with everything misspelt must not take hours. */
static void add_steps(struct names *n, const struct wf_resolver *r)
{
	if (r->scope->step_count > 1000 && r->diags->errors > 100)
		return;
	for (uint32_t i = 0; i < r->scope->step_count; i++)
		add_name(n, r->scope->step_ids[i]);
}

static void suggest(struct wf_diag *d, const struct names *n, const char *word)
{
	const char *near = wf_nearest(word, n->items, n->count);
	if (!near)
		return;
	wf_diag_hint(d, "did you mean `%s`?", near);
	wf_diag_fix(d, "%s", near);
}

/* -- guards: what has() has proven -- */

static bool same_path(const struct wf_expr *a, const struct wf_expr *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == WF_EXPR_LITERAL)
		return json_equal(a->value, b->value);
	if (a->kind == WF_EXPR_MEMBER)
		return strcmp(a->name, b->name) == 0 && same_path(a->args[0], b->args[0]);
	if (a->kind == WF_EXPR_INDEX)
		return same_path(a->args[0], b->args[0]) && same_path(a->args[1], b->args[1]);
	if (a->kind != WF_EXPR_PATH || a->segment_count != b->segment_count)
		return false;
	for (uint32_t i = 0; i < a->segment_count; i++)
		if (strcmp(a->segments[i].name, b->segments[i].name) != 0)
			return false;
	return true;
}

/* Whether has() of e itself, or of something below it, holds here. */
static bool is_guarded(const struct wf_resolver *r, const struct wf_expr *e)
{
	for (const struct wf_guard *g = r->guards; g; g = g->next) {
		struct wf_expr proven = *g->path;
		if (proven.kind == WF_EXPR_PATH && e->kind == WF_EXPR_PATH &&
			proven.segment_count > e->segment_count)
			proven.segment_count = e->segment_count;
		if (same_path(&proven, e))
			return true;
	}
	return false;
}

static bool is_step_guarded(const struct wf_resolver *r, uint32_t step)
{
	for (const struct wf_guard *g = r->guards; g; g = g->next)
		if (g->step == step)
			return true;
	return false;
}

static const struct wf_expr *start_of(const struct wf_expr *path)
{
	while (path->kind == WF_EXPR_MEMBER || path->kind == WF_EXPR_INDEX)
		path = path->args[0];
	return path;
}

static void add_guard(struct wf_resolver *r, const struct wf_expr *path, enum wf_step_part part)
{
	const struct wf_expr *start = start_of(path);
	struct wf_guard *g = WF_ARENA_NEW(r->a->base, struct wf_guard);
	*g = (struct wf_guard){ path, WF_NONE, r->guards };
	if (start->kind == WF_EXPR_PATH && start->base == WF_BASE_STEP && start->part == part)
		g->step = start->step;
	r->guards = g;
}

/* Adds what is proven when `test`, resolved already, is (or is not) true. */
static void add_guards(struct wf_resolver *r, const struct wf_expr *test, bool holds)
{
	if (test->kind == WF_EXPR_UNARY && test->op == WF_OP_NOT) {
		add_guards(r, test->args[0], !holds);
	} else if (test->kind == (holds ? WF_EXPR_AND : WF_EXPR_OR)) {
		add_guards(r, test->args[0], holds);
		add_guards(r, test->args[1], holds);
	} else if (test->kind == WF_EXPR_HAS && holds) {
		add_guard(r, test->args[0], WF_PART_OUTPUT);
	} else if (test->kind == WF_EXPR_BINARY && test->op == WF_OP_EQ && holds) {
		for (int i = 0; i < 2; i++) {
			const char *status = wf_expr_string(test->args[i]);
			if (status && strcmp(status, "completed") == 0)
				add_guard(r, test->args[1 - i], WF_PART_STATUS);
		}
	}
}

/* The guards that hold in a body, where `item` and `index` are others. */
static struct wf_guard *guards_of_body(struct wf_resolver *r)
{
	struct wf_guard *kept = NULL;
	for (const struct wf_guard *g = r->guards; g; g = g->next) {
		const struct wf_expr *start = start_of(g->path);
		if (start->base == WF_BASE_ROOT &&
			(start->root == WF_ROOT_ITEM || start->root == WF_ROOT_INDEX))
			continue;
		struct wf_guard *copy = WF_ARENA_NEW(r->a->base, struct wf_guard);
		*copy = (struct wf_guard){ g->path, g->step, kept };
		kept = copy;
	}
	return kept;
}

static void resolve_guarded(struct wf_resolver *r, struct wf_expr *e, const struct wf_expr *test,
	bool holds)
{
	struct wf_guard *before = r->guards;
	add_guards(r, test, holds);
	wf_resolve_node(r, e);
	r->guards = before;
}

/* -- the first name of a path -- */

static bool root_here(const struct wf_scope *scope, enum wf_root root)
{
	return root != WF_ROOT_COUNT_ && (scope->roots & (UINT32_C(1) << root));
}

static void be_root(struct wf_expr *e, enum wf_root root, uint32_t consumed)
{
	e->base = WF_BASE_ROOT;
	e->root = root;
	e->consumed = consumed;
}

static bool find_bound(struct wf_resolver *r, struct wf_expr *e)
{
	static const enum wf_root bound[] = { WF_ROOT_ITEM, WF_ROOT_INDEX, WF_ROOT_ERROR,
		WF_ROOT_OUTPUT };
	enum wf_root root = wf_root_find(e->segments[0].name);
	for (size_t i = 0; i < sizeof(bound) / sizeof(bound[0]); i++) {
		if (bound[i] == root && root_here(r->scope, root)) {
			be_root(e, root, 1);
			return true;
		}
	}
	return false;
}

/* The step whose id is the segments from `first` on, joined with dots, as many as possible: ids may
 * have dots in them. *ret_used is the number of segments. */
static uint32_t find_step(struct wf_resolver *r, const struct wf_expr *e, uint32_t first,
	uint32_t *ret_used)
{
	char id[WF_MAX_ID + 1];
	size_t len = 0;
	uint32_t found = WF_NONE;
	for (uint32_t i = first; i < e->segment_count; i++) {
		size_t n = strlen(e->segments[i].name), dot = i > first;
		if (len + dot + n >= sizeof(id))
			break;
		if (dot)
			id[len++] = '.';
		memcpy(id + len, e->segments[i].name, n + 1);
		len += n;
		uint32_t step = wf_expr_find_step(r->a, r->scope, id);
		if (step == WF_NONE)
			continue;
		found = step;
		*ret_used = i + 1 - first;
	}
	return found;
}

static bool find_short_step(struct wf_resolver *r, struct wf_expr *e)
{
	uint32_t used = 0, step = find_step(r, e, 0, &used);
	if (step == WF_NONE)
		return false;
	e->base = WF_BASE_STEP;
	e->step = step;
	e->part = WF_PART_OUTPUT;
	e->consumed = used;
	return true;
}

static bool fail_part(struct wf_resolver *r, struct wf_expr *e, uint32_t used)
{
	AUTONAMES struct names names = { 0 };
	char *step = text_of_start(r, e, used);
	if (used == e->segment_count) {
		wf_diag_hint(wf_resolve_found(r, WF_RULE_BINDING_FIELD, e->segments[0].from, e->to,
			"`%s` alone has no value", step),
			"say which part: %s.output, .status, .error or .attempts", step);
		return true;
	}
	const struct wf_expr_segment *s = &e->segments[used];
	struct wf_diag *d = wf_resolve_found(r, WF_RULE_BINDING_FIELD, s->from, s->to,
		"a step has no part `%s`", s->name);
	for (unsigned i = 0; i < WF_PART_COUNT_; i++)
		add_name(&names, wf_step_part_name((enum wf_step_part)i));
	suggest(d, &names, s->name);
	if (!d->hint)
		wf_diag_hint(d, "its fields are in its output: %s.output.%s", step, s->name);
	return true;
}

/* steps.ID.part. True when the path is of that form, even if a finding says that it is wrong. */
static bool find_long_step(struct wf_resolver *r, struct wf_expr *e)
{
	if (strcmp(e->segments[0].name, "steps") != 0)
		return false;
	const struct wf_type *own = wf_type_member(r->scope->input, "steps");
	bool shadowed = own && own != &wf_type_any;
	uint32_t used = 0;
	uint32_t step = e->segment_count > 1 ? find_step(r, e, 1, &used) : WF_NONE;
	if (step == WF_NONE && shadowed)
		return false;
	e->consumed = e->segment_count;
	if (e->segment_count == 1) {
		wf_diag_hint(wf_resolve_found(r, WF_RULE_BINDING_UNKNOWN, e->from, e->to,
			"`steps` alone has no value"), "name a step: steps.ID.output");
		return true;
	}
	const struct wf_expr_segment *s = &e->segments[1];
	if (step == WF_NONE) {
		AUTONAMES struct names names = { 0 };
		add_steps(&names, r);
		suggest(wf_resolve_found(r, WF_RULE_BINDING_UNKNOWN, s->from, s->to,
			"there is no step `%s`", s->name), &names, s->name);
		return true;
	}
	unsigned part = 0;
	used++;
	while (used < e->segment_count && part < WF_PART_COUNT_ &&
		strcmp(e->segments[used].name, wf_step_part_name((enum wf_step_part)part)) != 0)
		part++;
	if (used == e->segment_count || part == WF_PART_COUNT_)
		return fail_part(r, e, used);
	e->base = WF_BASE_STEP;
	e->step = step;
	e->part = (enum wf_step_part)part;
	e->consumed = used + 1;
	return true;
}

static bool find_root(struct wf_resolver *r, struct wf_expr *e)
{
	enum wf_root root = wf_root_find(e->segments[0].name);
	if (!root_here(r->scope, root))
		return false;
	be_root(e, root, 1);
	return true;
}

static bool find_input(struct wf_resolver *r, struct wf_expr *e)
{
	const struct wf_type *input = r->scope->input;
	if (!(input->kinds & WF_T_MAP) || !wf_type_member(input, e->segments[0].name))
		return false;
	be_root(e, WF_ROOT_INPUT, 0);
	return true;
}

static bool find_secret(struct wf_resolver *r, struct wf_expr *e)
{
	if (strcmp(e->segments[0].name, "secrets") != 0)
		return false;
	e->consumed = e->segment_count;
	wf_diag_hint(wf_resolve_found(r, WF_RULE_SECRET_UNSUPPORTED, e->from, e->to,
		"secrets are not supported yet"),
		"let the command that needs one read it from its own environment or file");
	return true;
}

/* Why a root has no value in this place; NULL when it is no root. */
static const char *root_hint(enum wf_root root)
{
	static const char *const hints[WF_ROOT_COUNT_] = {
		[WF_ROOT_ITEM] = "it has a value in the body of map, filter, all, any and first",
		[WF_ROOT_INDEX] = "it has a value in the body of map, filter, all, any and first",
		[WF_ROOT_ERROR] = "it has a value only where a failure is handled",
		[WF_ROOT_OUTPUT] = "it has a value only in a step's own `output` and `set`",
	};
	if (root == WF_ROOT_COUNT_)
		return NULL;
	return hints[root] ? hints[root] : "it has no value in this place";
}

static void fail_unknown(struct wf_resolver *r, struct wf_expr *e)
{
	AUTONAMES struct names names = { 0 };
	const struct wf_expr_segment *s = &e->segments[0];
	struct wf_diag *d = wf_resolve_found(r, WF_RULE_BINDING_UNKNOWN, s->from, s->to,
		"nothing named `%s` here", s->name);
	e->consumed = e->segment_count;
	const char *hint = root_hint(wf_root_find(s->name));
	if (hint) {
		wf_diag_hint(d, "%s", hint);
		return;
	}
	if (wf_function_find(s->name) != WF_FN_COUNT_) {
		wf_diag_hint(d, "a function is called: %s(\xe2\x80\xa6)", s->name);
		return;
	}
	add_steps(&names, r);
	add_members(&names, r->scope->input);
	for (unsigned i = 0; i < WF_ROOT_COUNT_; i++)
		if (root_here(r->scope, (enum wf_root)i))
			add_name(&names, wf_root_name((enum wf_root)i));
	add_name(&names, "steps");
	add_name(&names, "true");
	add_name(&names, "false");
	add_name(&names, "null");
	suggest(d, &names, s->name);
	if (!d->hint && strcmp(s->name, "None") == 0)
		wf_diag_hint(d, "write `null`");
}

/* -- types along a path -- */

static bool matches_text(const struct wf_expr *e, uint32_t first, const char *dotted)
{
	for (uint32_t i = first; i < e->segment_count; i++) {
		size_t n = strlen(e->segments[i].name);
		if (strncmp(e->segments[i].name, dotted, n) != 0)
			return false;
		if (dotted[n] == '\0')
			return true; /* the path is it, or lies below it */
		if (dotted[n] != '.')
			return false;
		dotted += n + 1;
	}
	return false;
}

static bool declared_optional(const struct wf_resolver *r, const struct wf_expr *e)
{
	if (e->base != WF_BASE_ROOT || e->root != WF_ROOT_INPUT)
		return false;
	for (uint32_t i = 0; i < r->scope->optional_count; i++)
		if (matches_text(e, e->consumed, r->scope->optional_paths[i]))
			return true;
	return false;
}

static const struct wf_type *type_of_base(struct wf_resolver *r, const struct wf_expr *e)
{
	const struct wf_scope *scope = r->scope;
	const struct wf_type *t = NULL;
	if (e->base == WF_BASE_STEP) {
		if (e->part == WF_PART_STATUS)
			t = wf_type_kinds(r->a->base, WF_T_STRING);
		else if (e->part == WF_PART_ATTEMPTS)
			t = wf_type_kinds(r->a->base, WF_T_INT);
		else if (e->part == WF_PART_ERROR)
			t = wf_type_kinds(r->a->base, WF_T_MAP | WF_T_UNDEF);
		else
			t = scope->step_outputs ? scope->step_outputs[e->step] : NULL;
	} else if (e->root == WF_ROOT_INPUT) {
		t = scope->input;
	} else if (e->root == WF_ROOT_VARS && scope->vars) {
		t = scope->vars;
	} else {
		t = scope->root_types[e->root];
	}
	return t ? t : &wf_type_any;
}

/* A finding that `what`, of that type, has no field of that name. */
static const struct wf_type *fail_field(struct wf_resolver *r, const struct wf_type *type,
	const char *what, const char *name, uint32_t from, uint32_t to)
{
	char type_text[96];
	wf_type_name(type, type_text, sizeof(type_text));
	if (type->kinds & WF_T_MAP) {
		AUTONAMES struct names names = { 0 };
		struct wf_diag *d = wf_resolve_found(r, WF_RULE_BINDING_FIELD, from, to,
			"`%s` has no field `%s`", what, name);
		add_members(&names, type);
		suggest(d, &names, name);
		return &wf_type_any;
	}
	struct wf_diag *d = wf_resolve_found(r, WF_RULE_BINDING_FIELD, from, to,
		"`%s` is %s, which has no fields; `%s` cannot be taken from it", what, type_text, name);
	if (strcmp(name, "length") == 0 || strcmp(name, "size") == 0)
		wf_diag_hint(d, "write size(%s)", what);
	else if (type->kinds & WF_T_LIST)
		wf_diag_hint(d, "an element is taken with %s[0], and of all with map(%s, item.%s)",
			what, what, name);
	return &wf_type_any;
}

/* One step further; *maybe is set when the member need not be there. */
static const struct wf_type *type_of_member(struct wf_resolver *r, const struct wf_type *type,
	const char *name, bool *maybe)
{
	const struct wf_type *t = wf_type_member(type, name);
	if (!t)
		return NULL;
	if (t->kinds & WF_T_UNDEF)
		*maybe = true;
	return wf_type_defined(r->a->base, t);
}

static void check_step_ran(struct wf_resolver *r, struct wf_expr *e, bool guarded)
{
	int ran = r->scope->step_ran ? r->scope->step_ran(r->scope->arg, e->step) : 1;
	const char *id = r->scope->step_ids[e->step];
	if (ran < 0) {
		(void)wf_resolve_found(r, WF_RULE_BINDING_NEVER, e->from, e->to,
			"step `%s` cannot have run before this place", id);
		return;
	}
	if (ran > 0 || e->part != WF_PART_OUTPUT || e->absence_ok || guarded ||
		is_step_guarded(r, e->step))
		return;
	char *path = text_of(r, e);
	wf_diag_hint(wf_resolve_found(r, WF_RULE_BINDING_MAYBE, e->from, e->to,
		"step `%s` may not have run before this place", id),
		"say what then: `%s ?? default`, or test has(%s)", path, path);
}

static void resolve_members(struct wf_resolver *r, struct wf_expr *e, bool guarded)
{
	const struct wf_type *t = type_of_base(r, e);
	bool maybe = t->kinds & WF_T_UNDEF;
	t = wf_type_defined(r->a->base, t);
	for (uint32_t i = e->consumed; i < e->segment_count; i++) {
		const struct wf_expr_segment *s = &e->segments[i];
		const struct wf_type *member = type_of_member(r, t, s->name, &maybe);
		if (!member) {
			char *what = i ? text_of_start(r, e, i) : wf_arena_strdup(r->a->base, "input");
			t = fail_field(r, t, what, s->name, s->from, s->to);
			break;
		}
		t = member;
	}
	maybe = maybe || declared_optional(r, e) || e->absence_ok;
	e->optional = maybe && !guarded;
	e->type = e->optional ? wf_type_maybe(r->a->base, t) : t;
}

void wf_resolve_path(struct wf_resolver *r, struct wf_expr *e)
{
	bool guarded = !e->absence_ok && is_guarded(r, e);
	e->type = &wf_type_any;
	bool known = find_bound(r, e) || find_secret(r, e) || find_long_step(r, e) ||
		find_short_step(r, e) || find_root(r, e) || find_input(r, e);
	if (!known) {
		fail_unknown(r, e);
		return;
	}
	if (e->base == WF_BASE_UNRESOLVED)
		return; /* a finding has said why */
	if (e->base == WF_BASE_STEP)
		check_step_ran(r, e, guarded);
	resolve_members(r, e, guarded);
}

void wf_resolve_member(struct wf_resolver *r, struct wf_expr *e)
{
	bool guarded = !e->absence_ok && is_guarded(r, e);
	const struct wf_type *of = e->args[0]->type;
	bool maybe = of->kinds & WF_T_UNDEF;
	const struct wf_type *t = type_of_member(r, wf_type_defined(r->a->base, of), e->name, &maybe);
	if (!t)
		t = fail_field(r, of, text_of(r, e->args[0]), e->name, e->name_from, e->name_to);
	e->optional = (e->absence_ok || maybe) && !guarded;
	e->type = e->optional ? wf_type_maybe(r->a->base, t) : t;
}

void wf_resolve_index(struct wf_resolver *r, struct wf_expr *e)
{
	bool guarded = !e->absence_ok && is_guarded(r, e);
	const struct wf_type *of = e->args[0]->type, *index = e->args[1]->type;
	e->optional = (e->absence_ok || (of->kinds & WF_T_UNDEF)) && !guarded;
	e->type = &wf_type_any;
	if (!wf_type_need(r, e->args[0], WF_T_LIST | WF_T_MAP, "`[\xe2\x80\xa6]`", "a list or an object"))
		return;
	bool list = of->kinds & WF_T_LIST, map = of->kinds & WF_T_MAP;
	if (!map && !wf_type_need(r, e->args[1], WF_T_INT, "the index of a list", "an integer"))
		return;
	if (!list && !wf_type_need(r, e->args[1], WF_T_STRING, "the key of an object", "a string"))
		return;
	if (list && of->element && (!map || !(index->kinds & WF_T_STRING)))
		e->type = of->element;
	if (e->optional)
		e->type = wf_type_maybe(r->a->base, e->type);
}

/* -- the walk -- */

/* Left of `??` and inside has() nothing on the way need be there. */
static void allow_absence(struct wf_expr *e)
{
	if (e->kind == WF_EXPR_PATH || e->kind == WF_EXPR_MEMBER || e->kind == WF_EXPR_INDEX)
		e->absence_ok = true;
	if (e->kind == WF_EXPR_MEMBER || e->kind == WF_EXPR_INDEX)
		allow_absence(e->args[0]);
	for (uint32_t i = 1; e->kind == WF_EXPR_COND && i < 3; i++)
		allow_absence(e->args[i]);
	for (uint32_t i = 0; e->kind == WF_EXPR_COALESCE && i < 2; i++)
		allow_absence(e->args[i]);
}

static void resolve_args(struct wf_resolver *r, struct wf_expr *e)
{
	for (uint32_t i = 0; i < e->arg_count; i++)
		wf_resolve_node(r, e->args[i]);
}

static void resolve_coalesce(struct wf_resolver *r, struct wf_expr *e)
{
	allow_absence(e->args[0]);
	resolve_args(r, e);
	e->type = wf_type_union(r->a->base, wf_type_defined(r->a->base, e->args[0]->type),
		e->args[1]->type);
}

static void resolve_logic(struct wf_resolver *r, struct wf_expr *e)
{
	wf_resolve_node(r, e->args[0]);
	resolve_guarded(r, e->args[1], e->args[0], e->kind == WF_EXPR_AND);
	wf_type_logic(r, e);
}

static void resolve_cond(struct wf_resolver *r, struct wf_expr *e)
{
	wf_resolve_node(r, e->args[0]);
	(void)wf_type_need(r, e->args[0], WF_T_BOOL, "the test before `?`", "a boolean");
	resolve_guarded(r, e->args[1], e->args[0], true);
	resolve_guarded(r, e->args[2], e->args[0], false);
	e->type = wf_type_union(r->a->base, e->args[1]->type, e->args[2]->type);
}

static void resolve_has(struct wf_resolver *r, struct wf_expr *e)
{
	allow_absence(e->args[0]);
	resolve_args(r, e);
	e->type = wf_type_kinds(r->a->base, WF_T_BOOL);
}

static const struct wf_type *type_of_each(struct wf_resolver *r, const struct wf_expr *e,
	const struct wf_type *element)
{
	switch (e->each) {
	case WF_EACH_MAP:
		return wf_type_list_of(r->a->base, wf_type_defined(r->a->base, e->args[1]->type));
	case WF_EACH_FILTER:
		return wf_type_list_of(r->a->base, element);
	case WF_EACH_FIRST:
		return wf_type_maybe(r->a->base, element);
	case WF_EACH_ALL:
	case WF_EACH_ANY:
	case WF_EACH_COUNT_:
		break;
	}
	return wf_type_kinds(r->a->base, WF_T_BOOL);
}

static void resolve_each(struct wf_resolver *r, struct wf_expr *e)
{
	wf_resolve_node(r, e->args[0]);
	char what[64];
	(void)snprintf(what, sizeof(what), "the first argument of %s()", e->name);
	(void)wf_type_need(r, e->args[0], WF_T_LIST, what, "a list");
	const struct wf_type *of = e->args[0]->type;
	const struct wf_type *element = of->kinds & WF_T_LIST && of->element ? of->element
		: &wf_type_any;
	struct wf_scope inner = *r->scope;
	const struct wf_scope *outer = r->scope;
	struct wf_guard *guards = r->guards;
	inner.roots |= UINT32_C(1) << WF_ROOT_ITEM | UINT32_C(1) << WF_ROOT_INDEX;
	inner.root_types[WF_ROOT_ITEM] = element;
	inner.root_types[WF_ROOT_INDEX] = wf_type_kinds(r->a->base, WF_T_INT);
	r->scope = &inner;
	r->guards = guards_of_body(r);
	wf_resolve_node(r, e->args[1]);
	r->scope = outer;
	r->guards = guards;
	(void)snprintf(what, sizeof(what), "the body of %s()", e->name);
	if (e->each != WF_EACH_MAP)
		(void)wf_type_need(r, e->args[1], WF_T_BOOL, what, "a boolean");
	e->type = type_of_each(r, e, element);
}

static void resolve_call(struct wf_resolver *r, struct wf_expr *e)
{
	for (uint32_t i = 0; e->function == WF_FN_COALESCE && i < e->arg_count; i++)
		allow_absence(e->args[i]);
	resolve_args(r, e);
	wf_type_call(r, e);
}

static void resolve_literal(struct wf_resolver *r, struct wf_expr *e)
{
	e->type = wf_type_of_value(r->a->base, e->value);
}

static void resolve_container(struct wf_resolver *r, struct wf_expr *e)
{
	resolve_args(r, e);
	wf_type_container(r->a, e);
}

static void resolve_text(struct wf_resolver *r, struct wf_expr *e)
{
	resolve_args(r, e);
	e->type = wf_type_kinds(r->a->base, WF_T_STRING);
}

static void resolve_member(struct wf_resolver *r, struct wf_expr *e)
{
	resolve_args(r, e);
	wf_resolve_member(r, e);
}

static void resolve_index(struct wf_resolver *r, struct wf_expr *e)
{
	resolve_args(r, e);
	wf_resolve_index(r, e);
}

static void resolve_unary(struct wf_resolver *r, struct wf_expr *e)
{
	resolve_args(r, e);
	wf_type_unary(r, e);
}

/* `create-account.id` reads as a subtraction; when the whole is a step's id, that was meant. */
static bool fail_dashed_step(struct wf_resolver *r, struct wf_expr *e)
{
	const struct wf_expr *a = e->args[0], *b = e->args[1];
	if (e->op != WF_OP_SUB || a->kind != WF_EXPR_PATH || b->kind != WF_EXPR_PATH ||
		a->to + 1 != b->from)
		return false;
	char id[WF_MAX_ID + 1];
	int n = snprintf(id, sizeof(id), "%s-%s", a->segments[a->segment_count - 1].name,
		b->segments[0].name);
	if (n < 0 || (size_t)n >= sizeof(id) || wf_expr_find_step(r->a, r->scope, id) == WF_NONE)
		return false;
	wf_diag_hint(wf_resolve_found(r, WF_RULE_BINDING_UNKNOWN, e->from, e->to,
		"`-` subtracts; the step `%s` is named otherwise", id),
		"write steps['%s'].output", id);
	e->type = &wf_type_any;
	for (int i = 0; i < 2; i++)
		e->args[i]->type = &wf_type_any;
	return true;
}

static void resolve_binary(struct wf_resolver *r, struct wf_expr *e)
{
	if (fail_dashed_step(r, e))
		return;
	resolve_args(r, e);
	wf_type_binary(r, e);
}

void wf_resolve_node(struct wf_resolver *r, struct wf_expr *e)
{
	static void (*const resolvers[])(struct wf_resolver *, struct wf_expr *) = {
		[WF_EXPR_LITERAL] = resolve_literal, [WF_EXPR_PATH] = wf_resolve_path,
		[WF_EXPR_MEMBER] = resolve_member, [WF_EXPR_INDEX] = resolve_index,
		[WF_EXPR_UNARY] = resolve_unary, [WF_EXPR_BINARY] = resolve_binary,
		[WF_EXPR_AND] = resolve_logic, [WF_EXPR_OR] = resolve_logic,
		[WF_EXPR_COALESCE] = resolve_coalesce, [WF_EXPR_COND] = resolve_cond,
		[WF_EXPR_CALL] = resolve_call, [WF_EXPR_EACH] = resolve_each,
		[WF_EXPR_HAS] = resolve_has, [WF_EXPR_LIST] = resolve_container,
		[WF_EXPR_MAP] = resolve_container, [WF_EXPR_TEXT] = resolve_text,
	};
	resolvers[e->kind](r, e);
}

bool wf_expr_resolve(struct wf_expr_arena *a, struct wf_expr *e, const struct wf_scope *scope,
	const struct wf_expr_site *site, uint32_t want_kinds, struct wf_diags *diags)
{
	struct wf_resolver r = { .a = a, .scope = scope, .site = site, .diags = diags };
	wf_resolve_node(&r, e);
	uint32_t kinds = e->type->kinds & WF_T_ANY;
	if (!want_kinds || r.failed || (kinds & want_kinds))
		return !r.failed;
	char want[96], have[96];
	struct wf_type wanted = { .kinds = want_kinds };
	wf_type_name(&wanted, want, sizeof(want));
	wf_type_name(e->type, have, sizeof(have));
	struct wf_diag *d = wf_resolve_found(&r, WF_RULE_CONDITION_TYPE, e->from, e->to,
		"this has to be %s, and is %s", want, have);
	if (want_kinds == WF_T_BOOL)
		wf_diag_hint(d, "compare it with something, as in `%s != %s`",
			kinds & WF_T_NUMBER ? "count" : "name", kinds & WF_T_NUMBER ? "0" : "''");
	return false;
}

/*
 * What names mean: paths to roots, steps and input properties, and what is known of their types.
 */
#include "base/text.h"
#include "expr/internal.h"

#include <string.h>

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
		WF_ROOT_OUTPUT, WF_ROOT_APPROVAL };
	enum wf_root root = wf_root_find(e->segments[0].name);
	for (size_t i = 0; i < sizeof(bound) / sizeof(bound[0]); i++) {
		if (bound[i] == root && root_here(r->scope, root)) {
			be_root(e, root, 1);
			return true;
		}
	}
	return false;
}

static void be_item(struct wf_expr *e, const struct wf_scope_loop *loop, bool index)
{
	e->base = index ? WF_BASE_ITEM_INDEX : WF_BASE_ITEM;
	e->step = loop->step;
	e->consumed = 1;
}

/* The item in hand of a foreach, or its place. */
static bool find_item(struct wf_resolver *r, struct wf_expr *e)
{
	const struct wf_scope *scope = r->scope;
	const char *name = e->segments[0].name;
	enum wf_root root = wf_root_find(name);

	if (scope->loop_count && (root == WF_ROOT_ITEM || root == WF_ROOT_INDEX)) {
		be_item(e, &scope->loops[scope->loop_count - 1], root == WF_ROOT_INDEX);
		return true;
	}
	for (uint32_t i = scope->loop_count; i-- > 0;) {
		const struct wf_scope_loop *loop = &scope->loops[i];
		bool item = loop->as && strcmp(loop->as, name) == 0;
		bool index = loop->index && strcmp(loop->index, name) == 0;

		if (item || index) {
			be_item(e, loop, index);
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
		[WF_ROOT_ITEM] =
			"it has a value in a foreach, and in the body of map, filter, all, any and first",
		[WF_ROOT_INDEX] =
			"it has a value in a foreach, and in the body of map, filter, all, any and first",
		[WF_ROOT_ERROR] = "it has a value only where a failure is handled",
		[WF_ROOT_OUTPUT] = "it has a value only in a step's own `output` and `set`",
		[WF_ROOT_APPROVAL] =
			"it has a value only in what an escalation or a reminder notifies with",
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
	for (uint32_t i = 0; i < r->scope->loop_count; i++) {
		if (r->scope->loops[i].as)
			add_name(&names, r->scope->loops[i].as);
		if (r->scope->loops[i].index)
			add_name(&names, r->scope->loops[i].index);
	}
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
	} else if (e->base == WF_BASE_ITEM_INDEX) {
		t = wf_type_kinds(r->a->base, WF_T_INT);
	} else if (e->base == WF_BASE_ITEM) {
		for (uint32_t i = 0; i < scope->loop_count; i++)
			if (scope->loops[i].step == e->step)
				t = scope->loops[i].item;
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

static void fail_never(struct wf_resolver *r, const struct wf_expr *e, enum wf_step_ran ran,
	const char *id)
{
	if (ran == WF_RAN_BESIDE)
		wf_diag_hint(wf_resolve_found(r, WF_RULE_BINDING_NEVER, e->from, e->to,
			"step `%s` is in another branch, which runs beside this one", id),
			"behind the branches its output can be read");
	else if (ran == WF_RAN_PER_ITEM)
		wf_diag_hint(wf_resolve_found(r, WF_RULE_BINDING_NEVER, e->from, e->to,
			"step `%s` runs once for each item, and has no one output out here", id),
			"the last outputs of all items are the foreach's own `output.results`");
	else
		(void)wf_resolve_found(r, WF_RULE_BINDING_NEVER, e->from, e->to,
			"step `%s` cannot have run before this place", id);
}

static void check_step_ran(struct wf_resolver *r, struct wf_expr *e, bool guarded)
{
	enum wf_step_ran ran = r->scope->step_ran ? r->scope->step_ran(r->scope->arg, e->step)
						  : WF_RAN_SURELY;
	const char *id = r->scope->step_ids[e->step];
	if (ran != WF_RAN_SURELY && ran != WF_RAN_MAYBE) {
		fail_never(r, e, ran, id);
		return;
	}
	if (ran == WF_RAN_SURELY || e->part != WF_PART_OUTPUT || e->absence_ok || guarded ||
		wf_is_step_guarded(r, e->step))
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
	bool guarded = !e->absence_ok && wf_is_guarded(r, e);
	e->type = &wf_type_any;
	bool known = find_bound(r, e) || find_item(r, e) || find_secret(r, e) || find_long_step(r, e) ||
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
	bool guarded = !e->absence_ok && wf_is_guarded(r, e);
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
	bool guarded = !e->absence_ok && wf_is_guarded(r, e);
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

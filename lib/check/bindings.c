/*
 * Resolves and types every expression where it stands: which steps have run there, what their
 * outputs are, which roots exist.
 *
 * Expressions are visited along the flow, so that a step's output has its type before what comes
 * after reads it; what is read over a loop's way back is of any type.
 */
#include "check/internal.h"

#include "model/catalog.h"

#include <string.h>

struct binder {
	struct wf_checker *c;
	const char **ids;
	const struct wf_type **outputs;
	struct wf_scope scope; /* what is the same everywhere */
	struct wf_check_failures failures;
	struct wf_check_vars vars;
	uint32_t place;	   /* the node where the expression at hand stands */
	struct wf_check_ran ran;
};

static enum wf_step_ran step_ran(void *arg, uint32_t step)
{
	struct binder *b = arg;

	return wf_check_ran(&b->ran, step, b->place);
}

/* -- types of roots -- */

static const struct wf_type *map_type(struct wf_arena *a, const char *const *names,
	const uint32_t *kinds, uint32_t count, bool closed)
{
	struct wf_type *type = WF_ARENA_NEW(a, struct wf_type);

	type->kinds = WF_T_MAP;
	type->closed = closed;
	type->member_count = count;
	type->members = WF_ARENA_ARRAY(a, struct wf_type_member, count);
	for (uint32_t i = 0; i < count; i++) {
		struct wf_type *member = WF_ARENA_NEW(a, struct wf_type);
		member->kinds = kinds[i];
		type->members[i] = (struct wf_type_member){names[i], member};
	}
	return type;
}

static const struct wf_type *kinds_type(struct wf_arena *a, uint32_t kinds)
{
	struct wf_type *type = WF_ARENA_NEW(a, struct wf_type);

	type->kinds = kinds;
	return type;
}

static void root_types(struct binder *b)
{
	static const char *const workflow[] = {"id", "version", "name"};
	static const uint32_t workflow_kinds[] = {
		WF_T_STRING, WF_T_STRING | WF_T_NULL, WF_T_STRING | WF_T_NULL};
	static const char *const instance[] = {"id", "number", "started_at", "correlation_id"};
	static const uint32_t instance_kinds[] = {
		WF_T_STRING, WF_T_INT, WF_T_STRING | WF_T_INT, WF_T_STRING | WF_T_NULL};
	static const char *const security[] = {"name", "user"};
	static const uint32_t security_kinds[] = {WF_T_STRING | WF_T_NULL, WF_T_STRING | WF_T_NULL};
	struct wf_arena *a = b->c->arena;
	const struct wf_type **types = b->scope.root_types;

	types[WF_ROOT_WORKFLOW] = map_type(a, workflow, workflow_kinds, 3, true);
	types[WF_ROOT_INSTANCE] = map_type(a, instance, instance_kinds, 4, true);
	types[WF_ROOT_SECURITY] = map_type(a, security, security_kinds, 2, true);
	types[WF_ROOT_TENANT] = types[WF_ROOT_ENVIRONMENT] = types[WF_ROOT_STATUS] =
		kinds_type(a, WF_T_STRING);
}

/* A failure has a step, unless it is the workflow's own. */
static const struct wf_type *error_type(struct wf_arena *a, bool surely, bool of_step)
{
	static const char *const names[] = {"type", "code", "message", "step", "attempt"};
	const uint32_t less = of_step ? 0 : WF_T_UNDEF;
	const uint32_t kinds[] = {
		WF_T_STRING, WF_T_STRING, WF_T_STRING, WF_T_STRING | less, WF_T_INT | less};
	struct wf_type *type = WF_ARENA_NEW(a, struct wf_type);

	*type = *map_type(a, names, kinds, 5, false);
	if (!surely)
		type->kinds |= WF_T_UNDEF;
	return type;
}

/* -- places -- */

/* The foreachs around the place. */
static void add_loops(struct binder *b, struct wf_scope *scope)
{
	const struct wf_model *m = b->c->model;
	uint32_t depth = 0, block = 0;

	if (wf_flow_of_step(m, b->place))
		block = m->steps[wf_flow_step(b->place)].block;
	for (uint32_t i = block; m->blocks[i].owner != WF_NONE; i = m->steps[m->blocks[i].owner].block)
		depth += m->blocks[i].kind == WF_BLOCK_ITEM;
	if (!depth)
		return;
	struct wf_scope_loop *loops = WF_ARENA_ARRAY(b->c->arena, struct wf_scope_loop, depth);
	scope->loops = loops;
	scope->loop_count = depth;
	for (uint32_t i = block; m->blocks[i].owner != WF_NONE; i = m->steps[m->blocks[i].owner].block) {
		const struct wf_model_fork *f = m->steps[m->blocks[i].owner].fork;

		if (m->blocks[i].kind == WF_BLOCK_ITEM)
			loops[--depth] = (struct wf_scope_loop){
				m->blocks[i].owner, f->as, f->index, f->item_type};
	}
}

/* Whether what is handled there may be the failure of no step: the workflow took too long, or what it
 * gives cannot be computed or breaks its schema. */
static bool may_be_whole(const struct wf_model *m, uint32_t node)
{
	uint32_t block = 0;

	if (!m->timeout_ms && !m->success_output.tree && !m->output_schema)
		return false;
	if (!wf_flow_of_step(m, node))
		return node == wf_flow_failed(m) ||
		       (m->handler != WF_NONE && node == wf_flow_block_end(m, m->handler));
	block = m->steps[wf_flow_step(node)].block;
	while (m->blocks[block].owner != WF_NONE)
		block = m->steps[m->blocks[block].owner].block;
	return block == m->handler;
}

/* The scope of expressions at a node of the flow. */
static struct wf_scope scope_at(struct binder *b, uint32_t node)
{
	struct wf_scope scope = b->scope;

	b->place = node;
	if (b->vars.vary)
		scope.vars = wf_check_vars_type(&b->vars, node);
	add_loops(b, &scope);
	if (b->failures.after[node]) {
		scope.roots |= UINT32_C(1) << WF_ROOT_ERROR;
		scope.root_types[WF_ROOT_ERROR] = error_type(
			b->c->arena, !b->failures.unfailed[node], !may_be_whole(b->c->model, node));
	}
	return scope;
}

static void predicate(struct binder *b, const struct wf_scope *scope, const struct wf_model_expr *e,
	uint32_t want)
{
	struct wf_expr_site site = {b->c->model->source, e->node, 0};

	if (e->expr)
		(void)wf_expr_resolve(b->c->model->exprs, e->expr, scope, &site, want, b->c->diags);
}

static void tree(struct binder *b, const struct wf_scope *scope, const struct wf_model_tree *t)
{
	if (t->tree)
		(void)wf_expr_resolve_tree(b->c->model->exprs, t->tree, scope, b->c->diags);
}

static void need_text(struct binder *b, const struct wf_model_tree *t)
{
	char name[80];

	if (!t->tree)
		return;
	const struct wf_type *type = wf_expr_tree_type(t->tree);
	if (type->kinds & WF_T_STRING)
		return;
	wf_type_name(type, name, sizeof name);
	wf_diag_hint(WF_FIND(b->c, CONDITION_TYPE, t->node->span,
			     "an idempotency key is a string, this is %s", name),
		"write text around it: \"order-${…}\"");
}

/* The same map type with one member a string. */
static const struct wf_type *with_text(
	struct wf_arena *a, const struct wf_type *map, const char *name)
{
	struct wf_type *type = WF_ARENA_NEW(a, struct wf_type);

	*type = *map;
	type->members = WF_ARENA_ARRAY(a, struct wf_type_member, map->member_count);
	for (uint32_t i = 0; i < map->member_count; i++) {
		type->members[i] = map->members[i];
		if (strcmp(type->members[i].name, name) == 0)
			type->members[i].type = kinds_type(a, WF_T_STRING);
	}
	return type;
}

/* Where `output` of the action's input says that text is text, the type says it too. */
static const struct wf_type *with_mode(
	struct binder *b, const struct wf_model_step *s, const struct wf_type *type)
{
	const struct wf_node *mode = wf_node_get(s->with_node, "output");
	bool text = mode && mode->kind == WF_NODE_STRING && strcmp(mode->string.text, "text") == 0;

	if (s->action == WF_ACT_EXEC_RUN && (text || !mode))
		return with_text(b->c->arena, type, "stdout");
	if (s->action == WF_ACT_HTTP_REQUEST && text)
		return with_text(b->c->arena, type, "body");
	return type;
}

/* What the action gives before `output` shapes it. */
static const struct wf_type *raw_output(struct binder *b, const struct wf_model_step *s)
{
	if (s->defined)
		return s->defined->output_type ? s->defined->output_type : &wf_type_any;
	if (s->fork)
		return wf_check_fork_type(b->c, s);
	if (s->action == WF_ACT_DATA_SET && s->with.tree)
		return wf_expr_tree_type(s->with.tree);
	if (s->action == WF_ACT_DATA_TRANSFORM && s->transform.expr && s->transform.expr->type)
		return s->transform.expr->type;
	const struct wf_type *type = wf_check_child_type(b->c, s);
	if (type)
		return type;
	type = wf_check_output_type(b->c->schemas, s->action);
	return type ? with_mode(b, s, type) : &wf_type_any;
}

/* What a trigger and `match` know of an event. */
static const struct wf_type *event_type(struct wf_arena *a)
{
	static const char *const names[] = {"name", "data", "id", "at"};
	static const uint32_t kinds[] = {WF_T_STRING, WF_T_ANY, WF_T_STRING, WF_T_STRING};

	return map_type(a, names, kinds, 4, true);
}

static const struct wf_type *approval_type(struct wf_arena *a)
{
	static const char *const names[] = {"number", "step", "asked", "waiting_since", "due_at",
		"escalation", "reminder", "message"};
	static const uint32_t kinds[] = {WF_T_INT, WF_T_STRING, WF_T_LIST, WF_T_STRING,
		WF_T_STRING | WF_T_UNDEF, WF_T_INT, WF_T_INT, WF_T_STRING | WF_T_UNDEF};

	return map_type(a, names, kinds, 8, true);
}

static void bind_match(struct binder *b, const struct wf_model_step *s, struct wf_scope scope)
{
	scope.roots |= UINT32_C(1) << WF_ROOT_EVENT;
	scope.root_types[WF_ROOT_EVENT] = event_type(b->c->arena);
	predicate(b, &scope, &s->match, WF_T_BOOL);
}

/* While they are sent the approval's step is in hand: what it could read they can. */
static void bind_notifications(
	struct binder *b, const struct wf_model_step *s, struct wf_scope scope)
{
	scope.roots |= UINT32_C(1) << WF_ROOT_APPROVAL;
	scope.root_types[WF_ROOT_APPROVAL] = approval_type(b->c->arena);
	for (uint32_t i = 0; i < s->notify_count; i++)
		tree(b, &scope, &b->c->model->notifies[s->notify_first + i].step.with);
}

/* What comes of the step, in a scope where it has just succeeded. */
static void bind_output(struct binder *b, uint32_t step, struct wf_scope scope)
{
	struct wf_model_step *s = &b->c->model->steps[step];
	const struct wf_type *raw = raw_output(b, s);

	scope.roots |= UINT32_C(1) << WF_ROOT_OUTPUT;
	scope.root_types[WF_ROOT_OUTPUT] = raw;
	tree(b, &scope, &s->output);
	tree(b, &scope, &s->set);
	s->output_type = s->output.tree ? wf_expr_tree_type(s->output.tree) : raw;
	b->outputs[step] = s->output_type;
}

static void bind_items(struct binder *b, const struct wf_scope *scope, struct wf_model_step *s)
{
	struct wf_model_fork *f = s->fork;
	char name[80];

	tree(b, scope, &f->items);
	f->item_type = &wf_type_any;
	if (!f->items.tree)
		return;
	const struct wf_type *type = wf_expr_tree_type(f->items.tree);
	if (type->element && type->kinds & WF_T_LIST)
		f->item_type = type->element;
	if (!(type->kinds & WF_T_ANY) || type->kinds & WF_T_LIST)
		return;
	wf_type_name(type, name, sizeof name);
	wf_diag_hint(WF_FIND(b->c, FOREACH_ITEMS, f->items.node->span,
			     "the items of `%s` are a list, this is %s", s->id, name),
		type->kinds & WF_T_MAP ? "values(…) gives the values of an object"
				       : "a list of one is written [ … ]");
}

static void bind_step(struct binder *b, uint32_t step)
{
	struct wf_model_step *s = &b->c->model->steps[step];
	struct wf_scope scope = scope_at(b, wf_flow_enter(step));
	struct wf_scope inner = scope;

	predicate(b, &scope, &s->condition, WF_T_BOOL);
	if (s->fork) {
		bind_items(b, &scope, s);
		return;
	}
	tree(b, &scope, &s->idempotency_key);
	need_text(b, &s->idempotency_key);
	tree(b, &scope, &s->with);
	tree(b, &scope, &s->policy_groups);
	bind_match(b, s, scope);
	bind_notifications(b, s, scope);
	if (s->with.tree && s->action == WF_ACT_DATA_TRANSFORM)
		inner.input = wf_expr_tree_type(s->with.tree);
	predicate(b, &inner, &s->transform, 0);
	bind_output(b, step, scope);
}

/* Once the step is done: what its branches have given, what would undo it, where it leads. */
static void bind_done(struct binder *b, uint32_t step)
{
	const struct wf_model_step *s = &b->c->model->steps[step];

	if (!s->next_count && !s->fork && !s->compensate)
		return;
	struct wf_scope scope = scope_at(b, wf_flow_done(step)), undo;
	if (s->fork)
		bind_output(b, step, scope);
	for (uint32_t i = 0; i < s->next_count; i++)
		predicate(b, &scope, &s->next[i].when, WF_T_BOOL);
	if (!s->compensate)
		return;
	undo = scope;
	undo.roots |= UINT32_C(1) << WF_ROOT_OUTPUT;
	undo.root_types[WF_ROOT_OUTPUT] = s->output_type;
	tree(b, &undo, &s->compensate->with);
}

/* The workflow has failed, and its handler is through. */
static void bind_failed(struct binder *b)
{
	const struct wf_model *m = b->c->model;
	struct wf_scope scope = scope_at(b, m->handler == WF_NONE ? wf_flow_failed(m)
						: wf_flow_block_end(m, m->handler));

	tree(b, &scope, &m->failure_output);
}

static void bind_node(struct binder *b, uint32_t node)
{
	const struct wf_model *m = b->c->model;

	if (node == wf_flow_end(m)) {
		struct wf_scope scope = scope_at(b, node);
		tree(b, &scope, &m->success_output);
	} else if (wf_flow_is_enter(m, node)) {
		bind_step(b, wf_flow_step(node));
	} else if (wf_flow_of_step(m, node) && node == wf_flow_done(wf_flow_step(node))) {
		bind_done(b, wf_flow_step(node));
	}
}

static void bind_correlation(struct binder *b)
{
	struct wf_scope scope = b->scope;

	scope.step_count = 0;
	predicate(b, &scope, &b->c->model->correlation, WF_T_STRING);
	predicate(b, &scope, &b->c->model->slot_key, WF_T_STRING);
}

/* Before there is an instance there is nothing but the event. */
static void bind_triggers(struct binder *b)
{
	const struct wf_model *m = b->c->model;
	struct wf_scope scope = {.input = map_type(b->c->arena, NULL, NULL, 0, true)};

	scope.roots = UINT32_C(1) << WF_ROOT_EVENT;
	scope.root_types[WF_ROOT_EVENT] = event_type(b->c->arena);
	for (uint32_t i = 0; i < m->trigger_count; i++) {
		predicate(b, &scope, &m->triggers[i].when, WF_T_BOOL);
		tree(b, &scope, &m->triggers[i].input);
		predicate(b, &scope, &m->triggers[i].made, 0);
	}
}

/* Whoever looks at an instance may do it at any time: what is not there yet makes a component not apply. */
static void bind_components(struct binder *b)
{
	static const char *const security[] = {"name", "user", "roles"};
	static const uint32_t security_kinds[] = {
		WF_T_STRING | WF_T_NULL, WF_T_STRING | WF_T_NULL, WF_T_LIST};
	const struct wf_model *m = b->c->model;
	struct wf_scope scope = b->scope;

	scope.step_ran = NULL;
	scope.roots |= UINT32_C(1) << WF_ROOT_ERROR;
	scope.root_types[WF_ROOT_ERROR] = error_type(b->c->arena, false, false);
	scope.root_types[WF_ROOT_SECURITY] =
		map_type(b->c->arena, security, security_kinds, 3, true);
	for (uint32_t i = 0; i < m->component_count; i++)
		predicate(b, &scope, &m->components[i].when, WF_T_BOOL);
}

static void begin(struct binder *b)
{
	struct wf_checker *c = b->c;
	struct wf_model *m = c->model;
	const uint32_t bound = UINT32_C(1) << WF_ROOT_ITEM | UINT32_C(1) << WF_ROOT_INDEX |
			       UINT32_C(1) << WF_ROOT_ERROR | UINT32_C(1) << WF_ROOT_OUTPUT |
			       UINT32_C(1) << WF_ROOT_APPROVAL;

	b->ids = WF_ARENA_ARRAY(c->arena, const char *, m->step_count + 1);
	b->outputs = WF_ARENA_ARRAY(c->arena, const struct wf_type *, m->step_count + 1);
	for (uint32_t i = 0; i < m->step_count; i++) {
		b->ids[i] = m->steps[i].id;
		b->outputs[i] = &wf_type_any;
	}
	m->input_type = kinds_type(c->arena, WF_T_MAP);
	if (m->input_schema) {
		json_t *schema = wf_check_with_defaults(m->input_schema);
		m->input_type = wf_type_of_schema(c->arena, schema, true);
		json_array_append_new(m->kept, schema);
	}
	wf_check_vars_begin(&b->vars);
	wf_check_failures_begin(c, &b->failures);
	b->scope = (struct wf_scope){
		.input = m->input_type,
		.step_count = m->step_count,
		.step_ids = b->ids,
		.step_outputs = b->outputs,
		.step_ran = step_ran,
		.arg = b,
		.roots = ((UINT32_C(1) << WF_ROOT_COUNT_) - 1) & ~bound,
		.optional_paths = m->optional_paths,
		.optional_count = m->optional_count,
	};
	if (m->is_action) {
		b->scope.roots &= wf_check_action_roots;
		b->scope.step_count = 0;
	}
	root_types(b);
	b->place = WF_FLOW_START;
	b->scope.vars = m->vars_type = wf_check_vars_type(&b->vars, b->place);
}

void wf_check_bindings(struct wf_checker *c)
{
	struct binder b = {.c = c, .ran = {.c = c}};

	b.vars = (struct wf_check_vars){.c = c, .ran = &b.ran};

	begin(&b);
	bind_correlation(&b);
	bind_triggers(&b);
	for (uint32_t i = 0; i < c->flow.reached; i++)
		bind_node(&b, c->flow.order[i]);
	for (uint32_t node = 1; node < c->flow.count; node++)
		if (!wf_graph_reached(&c->flow, node))
			bind_node(&b, node);
	bind_failed(&b);
	bind_components(&b);
	wf_check_ran_done(&b.ran);
	wf_check_vars_done(&b.vars);
	wf_check_failures_done(&b.failures);
}

/*
 * An action's input against its schema, before it exists: what is written out is checked exactly,
 * what a template computes by the kinds of value that it can have.
 *
 * The answer has three values: an input breaks the schema surely, fits it surely, or that cannot be
 * known before it runs.
 */
#include "check/internal.h"

#include "base/json.h"
#include "base/text.h"
#include "model/catalog.h"
#include "schema/schema.h"

#include <string.h>

enum fit { FIT_NO, FIT_MAYBE, FIT_YES };

struct fitter {
	struct wf_checker *c;
	json_t *root; /* the action's whole schema */
	enum wf_action id;
	const char *action;
	const char *whole; /* what the value as a whole is called */
	enum wf_rule rule;
	bool silent;
	size_t findings; /* also counted when silent */
};

#define COMPLAIN(f, rule, span, ...)                                                               \
	((f)->findings++, (f)->silent ? NULL                                                      \
				      : wf_diag_add((f)->c->diags, (rule), (f)->c->model->source, \
						(span), __VA_ARGS__))

/* "headers.X", or `with` for the whole. */
static const char *called(const struct fitter *f, const char *name)
{
	return name[0] ? name : f->whole;
}

static enum fit both(enum fit a, enum fit b)
{
	return a < b ? a : b;
}

static enum fit fits(struct fitter *f, json_t *schema, const struct wf_node *node,
	const struct wf_expr *e, const char *name);

/* Follows "$ref": "#/…" within the action's schema. */
static json_t *deref(const struct fitter *f, json_t *schema)
{
	for (int hops = 0; hops < 16 && json_object_get(schema, "$ref"); hops++) {
		const char *ref = json_string_value(json_object_get(schema, "$ref"));
		json_t *at = f->root;

		if (!ref || strncmp(ref, "#/", 2) != 0)
			return NULL;
		for (const char *p = ref + 2; at && *p;) {
			size_t n = strcspn(p, "/");
			WF_AUTOFREE char *key = wf_strndup(p, n);
			at = json_object_get(at, key);
			p += n + (p[n] == '/');
		}
		if (!at || json_object_size(schema) > 1)
			return at;
		schema = at;
	}
	return schema;
}

/* Reports what lib/schema found in a value that is written out. */
static void report(struct fitter *f, const struct wf_schema_issues *issues,
	const struct wf_node *node, const char *name)
{
	for (size_t i = 0; i < issues->count; i++) {
		const struct wf_schema_issue *issue = &issues->items[i];
		struct wf_span key;
		const struct wf_node *at = wf_node_at_pointer(node, issue->instance, &key);
		const char *slash = strrchr(issue->instance, '/');

		struct wf_diag *d = COMPLAIN(f, f->rule, at->span, "`%s` of `%s` %s",
			slash ? slash + 1 : called(f, name), f->action, issue->message);
		if (!slash)
			wf_check_hint_input(f->id, name, d);
	}
}

static enum fit fits_value(struct fitter *f, json_t *schema, json_t *value,
	const struct wf_node *node, const char *name, bool quiet)
{
	const struct wf_schema *s = wf_check_compiled(f->c->schemas, f->id, schema);
	struct wf_schema_issues issues = {0};

	if (!s)
		return FIT_MAYBE;
	if (wf_schema_valid(s, value, &issues)) {
		wf_schema_issues_done(&issues);
		return FIT_YES;
	}
	if (!quiet)
		report(f, &issues, node, name);
	wf_schema_issues_done(&issues);
	return FIT_NO;
}

/* A computed value: can any of the kinds it may have be right? */
static enum fit fits_kinds(struct fitter *f, json_t *schema, const struct wf_node *node,
	const struct wf_expr *e, const char *name)
{
	char is[96], wanted[96];
	uint32_t kinds, given;

	if (!e->type || json_is_true(schema) || json_object_size(schema) == 0)
		return json_is_true(schema) || json_object_size(schema) == 0 ? FIT_YES : FIT_MAYBE;
	kinds = wf_check_kinds(f->c->schemas, f->id, schema);
	/* A computed real may turn out to be whole. */
	if (kinds & WF_T_INT)
		kinds |= WF_T_REAL;
	given = e->type->kinds & ~(uint32_t)WF_T_UNDEF;
	if (!given || (given & kinds))
		return FIT_MAYBE;
	wf_type_name(e->type, is, sizeof is);
	wf_type_name(wf_check_type(f->c->schemas, f->id, schema), wanted, sizeof wanted);
	COMPLAIN(f, f->rule, node->span, "`%s` of `%s` is %s here, must be %s", called(f, name),
		f->action, is, wanted);
	return FIT_NO;
}

static const char *nearest_member(struct fitter *f, json_t *properties, const char *to)
{
	const char **names =
		WF_ARENA_ARRAY(f->c->arena, const char *, json_object_size(properties) + 1);
	size_t count = 0;
	const char *key;
	json_t *value;

	json_object_foreach(properties, key, value) names[count++] = key;
	return wf_nearest(to, names, count);
}

/* Whether the map has another key that the author seems to mean by it, and has a finding. */
static bool meant(struct fitter *f, json_t *schema, const struct wf_node *map, const char *key)
{
	json_t *properties = json_object_get(schema, "properties");

	if (!json_is_false(json_object_get(schema, "additionalProperties")))
		return false;
	for (size_t i = 0; i < map->map.count; i++) {
		const char *other = map->map.pairs[i].key;
		const char *nearest = json_object_get(properties, other)
			? NULL : nearest_member(f, properties, other);

		if (nearest && strcmp(nearest, key) == 0)
			return true;
	}
	return false;
}

/* The nearest of the properties' names. */
static void unknown_member(
	struct fitter *f, json_t *properties, const struct wf_pair *pair, const char *name)
{
	bool input = f->rule == WF_RULE_ACTION_INPUT;
	struct wf_diag *d = COMPLAIN(f, input ? WF_RULE_UNKNOWN_KEY : f->rule, pair->key_span,
		"%s%s` has no key `%s`",
		name[0]		? "`"
			: input || f->rule == WF_RULE_CHILD_INPUT ? "the input of `"
				: "the output of `",
		name[0] ? name : f->action, pair->key);
	if (!d)
		return;
	const char *nearest = nearest_member(f, properties, pair->key);
	if (nearest) {
		wf_diag_hint(d, "did you mean `%s`?", nearest);
		wf_diag_fix(d, "%s", nearest);
	} else {
		wf_check_hint_members(properties, d);
	}
}

static enum fit fits_members(struct fitter *f, json_t *schema, const struct wf_node *node,
	const struct wf_expr *e, const char *name)
{
	json_t *properties = json_object_get(schema, "properties");
	json_t *more = json_object_get(schema, "additionalProperties");
	enum fit result = FIT_YES;

	for (size_t i = 0; i < node->map.count; i++) {
		const struct wf_pair *pair = &node->map.pairs[i];
		json_t *sub = json_object_get(properties, pair->key);
		WF_AUTOFREE char *path = wf_asprintf("%s%s%s", name, name[0] ? "." : "", pair->key);

		if (!sub)
			sub = json_object_get(schema, "patternProperties") ? NULL : more;
		if (json_is_false(sub)) {
			unknown_member(f, properties, pair, name);
			result = FIT_NO;
		} else if (sub) {
			const struct wf_expr *m = wf_check_member(e, pair->key);
			struct wf_expr literal = {.kind = WF_EXPR_LITERAL};
			if (!m && e->kind == WF_EXPR_LITERAL) {
				literal.value = json_object_get(e->value, pair->key);
				m = &literal;
			}
			if (m)
				result = both(result, fits(f, sub, pair->value, m, path));
		}
	}
	return result;
}

static enum fit fits_required(
	struct fitter *f, json_t *schema, const struct wf_node *node, const char *name)
{
	enum fit result = FIT_YES;
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(schema, "required"), i, item)
	{
		const char *key = json_string_value(item);

		if (wf_node_get(node, key))
			continue;
		result = FIT_NO;
		if (meant(f, schema, node, key))
			continue;
		bool output = !name[0] && (f->rule == WF_RULE_WORKFLOW_OUTPUT ||
						  f->rule == WF_RULE_ACTION_OUTPUT);
		COMPLAIN(f, f->rule, node->span, output ? "the output of `%s` needs `%s`" : "`%s` needs `%s`",
			name[0] ? name : f->action, key);
	}
	return result;
}

/* One of several schemas: without a sound, how each fits. */
static enum fit quietly(struct fitter *f, json_t *schema, const struct wf_node *node,
	const struct wf_expr *e, const char *name, size_t *ret_findings)
{
	bool silent = f->silent;
	size_t before = f->findings;

	f->silent = true;
	enum fit fit = fits(f, schema, node, e, name);
	*ret_findings = f->findings - before;
	f->findings = before;
	f->silent = silent;
	return fit;
}

/* "url" or "a, b": what a branch requires, to say how branches differ. */
static void branch_name(json_t *branch, struct wf_buf *out)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(branch, "required"), i, item)
		wf_buf_printf(out, "%s`%s`", i ? " and " : "", json_string_value(item));
}

/* Whether one of the keys that the branches require is there, misspelt. */
static bool meant_one(struct fitter *f, json_t *schema, json_t *branches, const struct wf_node *map)
{
	size_t i, k;
	json_t *branch, *key;

	json_array_foreach(branches, i, branch)
		json_array_foreach(json_object_get(branch, "required"), k, key)
			if (meant(f, schema, map, json_string_value(key)))
				return true;
	return false;
}

/* anyOf, and oneOf when `only_one`. */
static enum fit fits_choice(struct fitter *f, json_t *schema, json_t *branches, bool only_one,
	const struct wf_node *node, const struct wf_expr *e, const char *name)
{
	size_t i, best = 0, least = SIZE_MAX, findings, surely = 0, perhaps = 0;
	bool by_required = true;
	WF_AUTOBUF struct wf_buf choices = {0};
	json_t *branch;

	json_array_foreach(branches, i, branch)
	{
		enum fit fit = quietly(f, branch, node, e, name, &findings);

		surely += fit == FIT_YES;
		perhaps += fit == FIT_MAYBE;
		if (findings < least) {
			least = findings;
			best = i;
		}
		by_required = by_required && json_object_get(branch, "required");
		wf_buf_addstr(&choices, i ? " or " : "");
		branch_name(branch, &choices);
	}
	if (surely == 0 && perhaps == 0) {
		if (by_required && meant_one(f, schema, branches, node))
			return FIT_NO;
		if (by_required)
			COMPLAIN(f, f->rule, node->span, "`%s` needs %s",
				name[0] ? name : f->action, choices.data);
		else
			(void)fits(f, json_array_get(branches, best), node, e, name);
		return FIT_NO;
	}
	if (only_one && surely > 1) {
		COMPLAIN(f, f->rule, node->span, "`%s` takes only one of %s",
			name[0] ? name : f->action, by_required ? choices.data : "its forms");
		return FIT_NO;
	}
	return only_one ? (surely == 1 && !perhaps ? FIT_YES : FIT_MAYBE)
			: (surely ? FIT_YES : FIT_MAYBE);
}

static enum fit fits_logic(struct fitter *f, json_t *schema, const struct wf_node *node,
	const struct wf_expr *e, const char *name)
{
	enum fit result = FIT_YES;
	size_t i, findings;
	json_t *sub;

	json_array_foreach(json_object_get(schema, "allOf"), i, sub) result =
		both(result, fits(f, sub, node, e, name));
	if ((sub = json_object_get(schema, "anyOf")))
		result = both(result, fits_choice(f, schema, sub, false, node, e, name));
	if ((sub = json_object_get(schema, "oneOf")))
		result = both(result, fits_choice(f, schema, sub, true, node, e, name));
	if ((sub = json_object_get(schema, "not"))) {
		enum fit fit = quietly(f, sub, node, e, name, &findings);
		if (fit == FIT_YES)
			COMPLAIN(f, f->rule, node->span, "`%s` may not be like this",
				name[0] ? name : f->action);
		result = both(result, fit == FIT_YES  ? FIT_NO
				      : fit == FIT_NO ? FIT_YES
						      : FIT_MAYBE);
	}
	if ((sub = json_object_get(schema, "if"))) {
		enum fit fit = quietly(f, sub, node, e, name, &findings);
		json_t *then = json_object_get(schema, fit == FIT_YES ? "then" : "else");
		if (fit == FIT_MAYBE)
			result = both(result, FIT_MAYBE);
		else if (then)
			result = both(result, fits(f, then, node, e, name));
	}
	return result;
}

static enum fit fits_items(struct fitter *f, json_t *schema, const struct wf_node *node,
	const struct wf_expr *e, const char *name)
{
	json_t *items = json_object_get(schema, "items");
	enum fit result = FIT_YES;

	for (size_t i = 0; items && i < node->list.count; i++) {
		WF_AUTOFREE char *path = wf_asprintf("%s[%zu]", name, i);
		struct wf_expr literal = {.kind = WF_EXPR_LITERAL};
		const struct wf_expr *item = e->kind == WF_EXPR_LIST ? e->args[i] : &literal;

		if (item == &literal)
			literal.value = json_array_get(e->value, i);
		result = both(result, fits(f, items, node->list.items[i], item, path));
	}
	if (node->list.count < (size_t)json_integer_value(json_object_get(schema, "minItems"))) {
		COMPLAIN(f, f->rule, node->span, "`%s` of `%s` has too few elements",
			called(f, name), f->action);
		return FIT_NO;
	}
	return both(result, FIT_MAYBE);
}

/* Whether the schema takes that kind at all. */
static bool takes(const struct fitter *f, json_t *schema, uint32_t kind)
{
	return wf_check_kinds(f->c->schemas, f->id, schema) & kind;
}

/* A map or list with computed parts, or a map that is written out and wrong. */
static enum fit fits_parts(struct fitter *f, json_t *schema, const struct wf_node *node,
	const struct wf_expr *e, const char *name)
{
	bool map = node->kind == WF_NODE_MAP;
	enum fit result;

	if (!takes(f, schema, map ? WF_T_MAP : WF_T_LIST)) {
		wf_check_hint_input(f->id, name,
			COMPLAIN(f, f->rule, node->span, "`%s` of `%s` may not be a %s", called(f, name),
				f->action, map ? "map" : "list"));
		return FIT_NO;
	}
	if (map) {
		result = fits_members(f, schema, node, e, name);
		result = both(result, fits_required(f, schema, node, name));
	} else {
		result = fits_items(f, schema, node, e, name);
	}
	return both(result, fits_logic(f, schema, node, e, name));
}

static enum fit fits(struct fitter *f, json_t *schema, const struct wf_node *node,
	const struct wf_expr *e, const char *name)
{
	schema = deref(f, schema);
	if (!schema || json_is_true(schema))
		return schema ? FIT_YES : FIT_MAYBE;
	if (json_is_false(schema)) {
		COMPLAIN(f, f->rule, node->span, "`%s` of `%s` may not be there", called(f, name),
			f->action);
		return FIT_NO;
	}
	json_t *value = wf_check_literal(e);
	if (value) {
		bool parts = node->kind == WF_NODE_MAP || node->kind == WF_NODE_LIST;
		size_t before = f->findings;
		enum fit fit = fits_value(f, schema, value, node, name, parts);

		/* Of a map or list the parts are named one by one; what that does not see,
		 * lib/schema does. */
		if (fit == FIT_NO && parts) {
			(void)fits_parts(f, schema, node, e, name);
			if (f->findings == before)
				(void)fits_value(f, schema, value, node, name, false);
		}
		json_decref(value);
		return fit;
	}
	if (e->kind == WF_EXPR_MAP && node->kind == WF_NODE_MAP)
		return fits_parts(f, schema, node, e, name);
	if (e->kind == WF_EXPR_LIST && node->kind == WF_NODE_LIST)
		return fits_parts(f, schema, node, e, name);
	return fits_kinds(f, schema, node, e, name);
}

static void check_input(struct fitter *f, const struct wf_model_step *s)
{
	const struct wf_node *node = s->with_node;

	f->action = s->action_name;
	if (s->with_misspelt)
		return;
	if (!wf_node_get(s->node, "with")) {
		const struct wf_node nothing = {.kind = WF_NODE_MAP, .span = s->action_node->span};
		struct wf_expr empty = {.kind = WF_EXPR_LITERAL, .value = json_object()};
		(void)fits(f, f->root, &nothing, &empty, "");
		json_decref(empty.value);
	}
	if (s->with.tree && node == s->with.node)
		(void)fits(f, f->root, node, wf_expr_tree_root(s->with.tree), "");
}

static void check_step(struct wf_checker *c, const struct wf_model_step *s)
{
	struct fitter f = {
		.c = c, .id = s->action, .whole = "with", .rule = WF_RULE_ACTION_INPUT};

	if (s->defined) {
		f.root = s->defined->given_schema;
		f.id = WF_ACT_COUNT_;
		wf_check_use_schema(c->schemas, f.root);
	} else {
		f.root = wf_check_schema(c->schemas, s->action, false);
	}
	if (f.root && f.id != WF_ACT_DATA_TRANSFORM)
		check_input(&f, s);
}

void wf_check_result(struct wf_checker *c, json_t *schema, const char *action,
	const struct wf_node *node, const struct wf_expr *e)
{
	struct fitter f = {.c = c, .root = schema, .id = WF_ACT_COUNT_, .action = action,
		.whole = "result", .rule = WF_RULE_ACTION_OUTPUT};

	wf_check_use_schema(c->schemas, schema);
	(void)fits(&f, schema, node, e, "");
}

void wf_check_fits(struct wf_checker *c, json_t *schema, enum wf_rule rule, const char *of,
	const char *whole, const struct wf_node *node, const struct wf_expr *e)
{
	struct fitter f = {.c = c, .root = schema, .id = WF_ACT_COUNT_, .action = of, .whole = whole,
		.rule = rule};

	wf_check_use_schema(c->schemas, schema);
	(void)fits(&f, schema, node, e, "");
}

void wf_check_inputs(struct wf_checker *c)
{
	for (uint32_t i = 0; i < c->model->step_count; i++)
		check_step(c, &c->model->steps[i]);
	for (uint32_t i = 0; i < c->model->step_count; i++)
		if (c->model->steps[i].compensate)
			check_step(c, c->model->steps[i].compensate);
	for (uint32_t i = 0; i < c->model->notify_count; i++)
		check_step(c, &c->model->notifies[i].step);
}

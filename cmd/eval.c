/* wfctl eval: an expression, tried on an input without a workflow around it. */
#include "cli_input.h"

#include "base/limits.h"
#include "compile/compile.h"
#include "engine/engine.h"
#include "expr/expr.h"
#include "view/findings.h"
#include "view/instance.h"

#include <stdio.h>
#include <string.h>

/* The input's type, all of it open: what it lacks may be asked for with has() and ??. */
static const struct wf_type *open_type(struct wf_arena *arena, const struct wf_type *exact)
{
	struct wf_type *type = WF_ARENA_NEW(arena, struct wf_type);
	*type = *exact;
	type->closed = false;
	type->members = WF_ARENA_ARRAY(arena, struct wf_type_member, exact->member_count);
	for (uint32_t i = 0; i < exact->member_count; i++)
		type->members[i] = (struct wf_type_member){ exact->members[i].name,
			open_type(arena, exact->members[i].type) };
	if (exact->element)
		type->element = open_type(arena, exact->element);
	return type;
}

static int evaluate(struct wf_ctx *ctx, struct wf_expr *e, json_t *input)
{
	WF_AUTOBUF struct wf_buf bytes = { 0 };
	struct wf_cause cause = { 0 };
	struct wf_plan *plan = NULL;
	uint32_t pc = 0;
	int r = wf_compile_expr(e, &bytes, &pc);
	if (r == 0)
		r = wf_plan_load(bytes.data, bytes.len, &plan, &cause);
	if (r < 0)
		return wf_fail_at(ctx, WF_EXIT_BUG, "INTERNAL", NULL, "please report the expression",
			"the expression does not compile to a sound plan: %s", cause.text);
	struct wf_instance *in = wf_instance_new(plan->step_count);
	in->number = 1;
	in->created_at = in->started_at = in->updated_at = ctx->now;
	in->status = WF_INST_RUNNING;
	in->input = json_incref(input);
	in->workflow = wf_strdup("eval");
	in->tenant = wf_strdup(wf_set(ctx, WF_SET_TENANT));
	in->environment = wf_strdup(wf_set(ctx, WF_SET_ENVIRONMENT));
	in->started_by = wf_strdup(wf_actor(ctx));
	in->os_user = wf_strdup(wf_os_user(ctx));
	json_t *value = NULL, *error = NULL;
	int status = WF_EXIT_DONE;
	if (wf_engine_eval(plan, in, pc, &value, &error) < 0) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_view_error(error, true, &text);
		status = wf_fail_at(ctx, WF_EXIT_FAILED, "EVALUATION_FAILED", json_incref(error), NULL,
			"%s", text.data ? text.data : "the evaluation failed");
	} else if (!value) {
		status = wf_fail_at(ctx, WF_EXIT_FAILED, "UNDEFINED", NULL,
			"`?? VALUE` gives a value for what is not there",
			"the result is undefined: a path is not there");
	} else {
		wf_out_json(ctx, json_incref(value));
	}
	json_decref(value);
	json_decref(error);
	wf_instance_free(in);
	wf_plan_free(plan);
	return status;
}

/* Findings of a text that cannot be evaluated. */
static int refuse(struct wf_ctx *ctx, const struct wf_diags *diags)
{
	WF_AUTOBUF struct wf_buf out = { 0 };
	json_t *details = json_object(), *list = json_array();
	for (size_t i = 0; i < diags->count; i++) {
		wf_view_finding(&diags->items[i], &ctx->err, &out);
		json_array_append_new(list, wf_view_finding_json(&diags->items[i]));
	}
	(void)fwrite(out.data ? out.data : "", 1, out.len, stderr);
	json_object_set_new(details, "findings", list);
	return wf_fail_at(ctx, WF_EXIT_FAILED, "INVALID_EXPRESSION", details, NULL,
		"the expression cannot be evaluated");
}

/* -- the query languages -- */

static int run_query(struct wf_ctx *ctx, const struct wf_query *q, json_t *input)
{
	struct wf_query_fault fault = { .message = NULL };
	struct wf_query_env env = { .input = input, .now_ms = ctx->now,
		.steps_left = WF_MAX_EVAL_STEPS };
	json_t *value = NULL;
	int err = wf_query_run(q, &env, &value, &fault);
	if (err < 0) {
		json_t *details = json_pack("{s:s, s:s, s:s}", "code", fault.code, "error_type",
			err == WF_ELIMIT ? "LimitError" : "ValidationError", "message", fault.message);
		if (fault.offset != SIZE_MAX)
			json_object_set_new(details, "offset", json_integer((json_int_t)fault.offset));
		err = wf_fail_at(ctx, WF_EXIT_FAILED, "EVALUATION_FAILED", details, NULL, "%s (%s)",
			fault.message, fault.code);
		wf_query_fault_done(&fault);
		return err;
	}
	if (!value)
		return wf_fail_at(ctx, WF_EXIT_FAILED, "UNDEFINED", NULL, NULL,
			"the expression has no value of this input");
	wf_out_json(ctx, value);
	return WF_EXIT_DONE;
}

/* The expression where findings are told of it: a source of its own, of one line. */
struct given {
	struct wf_source source;
	struct wf_node node;
	struct wf_expr_site site;
};

static void give(struct given *g, const char *text, size_t n)
{
	g->source = (struct wf_source){ "expression", text, n };
	g->node = (struct wf_node){ .kind = WF_NODE_STRING, .plain = true,
		.span = { 1, 1, 1, (uint32_t)n + 1, 0, (uint32_t)n }, .string = { .text = text, .len = n } };
	g->site = (struct wf_expr_site){ &g->source, &g->node, 0 };
}

static int evaluate_query(struct wf_ctx *ctx, enum wf_query_language language, const char *text,
	json_t *input)
{
	size_t n = strlen(text);
	struct given g;
	struct wf_diags diags = { 0 };
	struct wf_query *q = NULL;
	int status;
	if (wf_opt(ctx, "template"))
		return wf_fail_usage(ctx, "templates are of the native language");
	give(&g, text, n);
	if (wf_expr_is_query(language, text, n, &g.site, &diags) &&
		wf_query_parse(language, text, n, &q, NULL) == 0)
		status = run_query(ctx, q, input);
	else
		status = refuse(ctx, &diags);
	wf_query_free(q);
	wf_diags_done(&diags);
	return status;
}

static int parse_and_evaluate(struct wf_ctx *ctx, const char *text, json_t *input)
{
	size_t n = strlen(text);
	struct given g;
	struct wf_diags diags = { 0 };
	struct wf_expr_arena *arena = wf_expr_arena_new();
	struct wf_scope scope = { .input = open_type(wf_expr_arena_base(arena),
			wf_type_of_value(wf_expr_arena_base(arena), input)),
		.vars = wf_type_of_value(wf_expr_arena_base(arena), NULL),
		.roots = (1u << WF_ROOT_INPUT) | (1u << WF_ROOT_INSTANCE) | (1u << WF_ROOT_TENANT) |
			(1u << WF_ROOT_ENVIRONMENT) | (1u << WF_ROOT_SECURITY) | (1u << WF_ROOT_DATA) };
	int status = WF_EXIT_FAILED;
	give(&g, text, n);
	struct wf_expr *e = wf_opt(ctx, "template")
		? wf_expr_parse_template(arena, text, n, &g.site, &diags)
		: wf_expr_parse(arena, text, n, &g.site, &diags);
	bool sound = e && wf_expr_resolve(arena, e, &scope, &g.site, 0, &diags);
	status = sound ? evaluate(ctx, e, input) : refuse(ctx, &diags);
	wf_expr_arena_free(arena);
	wf_diags_done(&diags);
	return status;
}

static int run_eval(struct wf_ctx *ctx)
{
	json_t *input = NULL;
	const char *text = wf_arg(ctx, 0);
	if (strlen(text) > WF_MAX_EXPR_BYTES)
		return wf_fail_usage(ctx, "the expression is over %u bytes", WF_MAX_EXPR_BYTES);
	const char *name = wf_opt(ctx, "language");
	enum wf_query_language language = wf_query_language_of(name ? name : "native");
	if (name && language == WF_QUERY_LANGUAGE_COUNT_ && strcmp(name, "native"))
		return wf_fail_usage(ctx, "the language is native, jmespath or jsonata, not %s", name);
	int status = wf_input_read(ctx, &input);
	if (!status && language != WF_QUERY_LANGUAGE_COUNT_)
		status = evaluate_query(ctx, language, text, input);
	else if (!status)
		status = parse_and_evaluate(ctx, text, input);
	json_decref(input);
	return status;
}

static const struct wf_option options[] = {
	WF_INPUT_OPTIONS,
	{ "language", 'l', "LANGUAGE", "native (that of definitions, unless said), jmespath or jsonata",
		"native|jmespath|jsonata", NULL },
	{ "template", 0, NULL, "read EXPR as a string of a definition, with ${...} in it", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_eval = {
	.arguments = "EXPR",
	.description = "Evaluates an expression of the definition language with the given input, and "
		       "prints the result as JSON. The members of the input can be named directly, or "
		       "below `input`. With --language it is a query of JMESPath or JSONata, and what it "
		       "queries is the input.",
	.examples = "wfctl eval 'user.risk_score < 0.7' --set user.risk_score=0.4\n"
		    "wfctl eval --template 'Hello ${name}' --set name=Ann\n"
		    "wfctl eval 'sum(map(items, item.price))' --input @order.json\n"
		    "wfctl eval --language jmespath 'items[?price > `10`].name' --input @order.json\n"
		    "wfctl eval --language jsonata '$sum(items.(price * count))' --input @order.json",
	.options = options,
	.standard = WF_FORMAT_OUT_JSON,
	.formats = WF_FORMAT_BIT(JSON) | WF_FORMAT_BIT(JSONL) | WF_FORMAT_BIT(YAML),
	.min_args = 1,
	.max_args = 1,
	.run = run_eval,
};

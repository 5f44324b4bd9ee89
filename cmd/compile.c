/* wfctl compile: the plan of a definition, as bytes, assembly, or a summary. */
#include "cli_actions.h"
#include "cli_children.h"

#include <string.h>

static json_t *plan_json(const struct wf_plan *plan, size_t bytes)
{
	char id[2 * WF_HASH_SIZE + 1];
	wf_hex(plan->id, WF_HASH_SIZE, id);
	const char *version = wf_plan_string(plan, plan->version);
	json_t *o = json_object(), *steps = json_array();
	json_object_set_new(o, "plan", json_string(id));
	json_object_set_new(o, "workflow", json_string(wf_plan_string(plan, plan->workflow)));
	json_object_set_new(o, "version", version ? json_string(version) : json_null());
	json_object_set_new(o, "bytes", json_integer((json_int_t)bytes));
	json_object_set_new(o, "instructions", json_integer(plan->code_count));
	json_object_set_new(o, "strings", json_integer(plan->string_count));
	json_object_set_new(o, "constants", json_integer(plan->const_count));
	for (uint32_t i = 0; i < plan->step_count; i++) {
		json_t *step = json_object();
		json_object_set_new(step, "id", json_string(wf_plan_step_id(plan, i)));
		json_object_set_new(step, "step", json_string(wf_plan_author_id(plan, i)));
		json_object_set_new(step, "action",
			json_string(wf_plan_action_name(plan, i)));
		json_object_set_new(step, "line", json_integer(plan->steps[i].line));
		json_array_append_new(steps, step);
	}
	json_object_set_new(o, "steps", steps);
	return o;
}

/* What --emit asks for, as bytes. */
static int emit(struct wf_ctx *ctx, const struct wf_buf *bytes, const struct wf_plan *plan,
	struct wf_buf *out)
{
	const char *what = wf_opt(ctx, "emit");
	if (!strcmp(what, "plan")) {
		wf_buf_add(out, bytes->data, bytes->len);
	} else if (!strcmp(what, "asm")) {
		wf_plan_disassemble(plan, out);
	} else if (!strcmp(what, "json")) {
		json_t *o = plan_json(plan, bytes->len);
		wf_view_json(o, out);
		json_decref(o);
	} else {
		return wf_fail_usage(ctx, "--emit is plan, asm, json or orch, not \"%s\"", what);
	}
	return 0;
}

static void summary(struct wf_ctx *ctx, const struct wf_buf *bytes, const struct wf_plan *plan)
{
	if (wf_machine(ctx)) {
		wf_out_json(ctx, plan_json(plan, bytes->len));
		return;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	char id[2 * WF_HASH_SIZE + 1], size[WF_COUNT_TEXT];
	const char *version = wf_plan_string(plan, plan->version);
	wf_hex(plan->id, WF_HASH_SIZE, id);
	wf_view_bytes(bytes->len, size);
	wf_view_role(&text, &ctx->out, WF_ROLE_STRONG, wf_plan_string(plan, plan->workflow));
	if (version)
		wf_buf_printf(&text, " %s", version);
	wf_buf_printf(&text, "   plan %s\n  ", id);
	wf_view_plural(&text, plan->step_count, "step", "steps");
	wf_buf_addstr(&text, ", ");
	wf_view_plural(&text, plan->code_count, "instruction", "instructions");
	wf_buf_addstr(&text, ", ");
	wf_view_plural(&text, plan->const_count, "constant", "constants");
	wf_buf_printf(&text, ", %s\n", size);
	wf_out(ctx, &text);
}

/* A plan file is recognised by its first bytes not being text: the loader decides. */
static int from_assembly(struct wf_ctx *ctx, const char *path, struct wf_buf *bytes,
	struct wf_plan **ret)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	struct wf_cause cause = { 0 };
	if (wf_read_file(path, 64u << 20, &text, &cause) < 0 ||
		wf_plan_assemble(text.data ? text.data : "", text.len, bytes, &cause) < 0 ||
		wf_plan_load(bytes->data, bytes->len, ret, &cause) < 0)
		return wf_fail_at(ctx, WF_EXIT_FAILED, wf_code_of(cause.err), NULL, cause.hint,
			"%s: %s", path, cause.text);
	return 0;
}

static int from_plan(struct wf_ctx *ctx, const char *path, struct wf_buf *bytes,
	struct wf_plan **ret)
{
	struct wf_cause cause = { 0 };
	if (wf_read_file(path, 64u << 20, bytes, &cause) < 0 ||
		wf_plan_load(bytes->data ? bytes->data : "", bytes->len, ret, &cause) < 0)
		return wf_fail_at(ctx, WF_EXIT_FAILED, wf_code_of(cause.err), NULL, cause.hint,
			"%s: %s", path, cause.text);
	return 0;
}

static bool ends_in(const char *path, const char *ending)
{
	size_t n = strlen(path), e = strlen(ending);
	return n > e && !strcmp(path + n - e, ending);
}

static int run_compile(struct wf_ctx *ctx)
{
	const char *path = wf_arg(ctx, 0), *to = wf_opt(ctx, "output-file");
	WF_AUTOBUF struct wf_buf bytes = { 0 }, out = { 0 };
	struct wf_plan *plan = NULL;
	struct wf_cause cause = { 0 };
	bool orch = wf_opt(ctx, "emit") && !strcmp(wf_opt(ctx, "emit"), "orch");
	int status;
	wf_beside_begin(ctx, NULL, true, false);
	if (orch)
		status = wf_load_canonical(ctx, path, &out);
	else if (ends_in(path, ".wfs"))
		status = from_assembly(ctx, path, &bytes, &plan);
	else if (ends_in(path, ".wfp"))
		status = from_plan(ctx, path, &bytes, &plan);
	else
		status = wf_load_plan(ctx, path, &bytes, &plan);
	if (!status && !orch && wf_opt(ctx, "emit"))
		status = emit(ctx, &bytes, plan, &out);
	else if (!status && to)
		wf_buf_add(&out, bytes.data, bytes.len);
	if (!status && to) {
		if (wf_write_file(to, out.data, out.len, 0644, false, &cause) < 0)
			status = wf_fail_cause(ctx, &cause);
		else if (!ctx->quiet && !orch)
			summary(ctx, &bytes, plan);
	} else if (!status && wf_opt(ctx, "emit")) {
		wf_out(ctx, &out);
	} else if (!status) {
		summary(ctx, &bytes, plan);
	}
	wf_plan_free(plan);
	return status;
}

static const struct wf_option options[] = {
	WF_OPTION_ACTIONS,
	WF_OPTION_DIALECT,
	WF_OPTION_WITH,
	{ "emit", 0, "WHAT", "write the plan's bytes (plan), its assembly (asm), a summary (json) or "
		"the definition in the canonical dialect (orch)",
		"plan|asm|json|orch", NULL },
	{ "output-file", 'O', "FILE", "write there, the plan's bytes unless --emit says otherwise",
		"file", NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_compile = {
	.arguments = "FILE|-",
	.description = "Checks a definition and compiles it to a plan: the bytecode that instances run. "
		       "The same definition gives the same bytes on every machine; the plan's id is "
		       "their hash. Without options the id and the sizes are printed. -o json lists the steps, each "
		       "with the plan's own `id` and the author's `step`: a foreach with a limit above 1 has a "
		       "copy of its body for each lane, in which `pay` is `pay#1`, `pay#2` and so on.\n\n"
		       "A file that ends in .wfs is assembly as --emit asm writes it, one that ends in "
		       ".wfp a plan as --emit plan writes it; both are verified.\n\n"
		       "--emit orch translates: it writes the definitions of the file as YAML in the canonical "
		       "dialect, which compile to the same plan.",
	.examples = "wfctl compile workflows/onboarding.yaml\n"
		    "wfctl compile --emit asm workflows/onboarding.yaml\n"
		    "wfctl compile -O onboarding.wfp workflows/onboarding.yaml\n"
		    "wfctl compile --emit orch workflows/customer_onboarding.json",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.min_args = 1,
	.max_args = 1,
	.words = "file",
	.run = run_compile,
};

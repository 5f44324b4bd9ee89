/*
 * An expression, and the same bytes as a template: parsed, printed and read again, resolved,
 * compiled, run for a bounded number of instructions.
 */
#include "drive.h"
#include "tree.h"

#include "compile/compile.h"
#include "engine/vm.h"

#define STEPS 20000

static const struct wf_type *scope_types(struct wf_expr_arena *a, struct wf_scope *ret)
{
	struct wf_arena *base = wf_expr_arena_base(a);
	json_t *input = json_pack("{s:{s:s,s:i,s:f}, s:[i,s,[]], s:n, s:b}", "user", "name", "ann",
		"age", 40, "score", 0.5, "items", 1, "x", "none", "ok", 1);
	const struct wf_type *exact = wf_type_of_value(base, input);
	struct wf_type *open = WF_ARENA_NEW(base, struct wf_type);
	*open = *exact;
	open->closed = false;
	ret->input = open;
	ret->vars = wf_type_of_value(base, NULL);
	ret->roots = UINT32_MAX;
	json_decref(input);
	return open;
}

static void run(const struct wf_plan *plan, uint32_t pc)
{
	static struct wf_vm vm;
	struct wf_instance *in = fuzz_instance(plan);
	wf_vm_init(&vm, plan, in, in->created_at, 7);
	vm.steps_left = STEPS;
	int err = wf_vm_run(&vm, &pc);
	FUZZ_CHECK(err == 0 || (err == WF_EINVAL && vm.failure.message));
	if (!err) {
		json_t *value = wf_vm_pop(&vm), *again = NULL;
		WF_AUTOFREE char *text = value ? wf_json_text(value) : NULL;
		if (text) {
			FUZZ_CHECK(wf_json_parse(text, strlen(text), &again, NULL) == 0);
			FUZZ_CHECK(wf_json_equal(value, again));
		}
		json_decref(value);
		json_decref(again);
	}
	wf_vm_done(&vm);
	wf_instance_free(in);
}

static void compile(struct wf_expr *e)
{
	WF_AUTOBUF struct wf_buf bytes = {0};
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};
	uint32_t pc = 0;
	if (wf_compile_expr(e, &bytes, &pc))
		return;
	if (wf_plan_load(bytes.data, bytes.len, &plan, &cause)) {
		fprintf(stderr, "compiled, and refused: %s\n", cause.text);
		abort();
	}
	fuzz_reassemble(plan, bytes.data, bytes.len);
	run(plan, pc);
	wf_plan_free(plan);
}

/* Printing and reading change nothing any more. */
static void print_and_read(struct wf_expr_arena *a, const struct wf_expr *e)
{
	WF_AUTOBUF struct wf_buf text = {0}, again = {0};
	struct wf_diags diags = {0};
	wf_expr_print(e, &text);
	struct wf_source source = {"printed", text.data, text.len};
	struct wf_expr_site site = {&source, NULL, 0};
	struct wf_expr *other = wf_expr_parse(a, text.data, text.len, &site, &diags);
	bool limit = diags.count && diags.items[0].rule == WF_RULE_LIMIT;
	FUZZ_CHECK(other || limit); /* all the parentheses may be too much */
	if (other) {
		wf_expr_print(other, &again);
		FUZZ_CHECK(text.len == again.len && !memcmp(text.data, again.data, text.len));
	}
	wf_diags_done(&diags);
}

typedef struct wf_expr *parse_fn(struct wf_expr_arena *, const char *, size_t,
	const struct wf_expr_site *, struct wf_diags *);

static void read_as(parse_fn *parse, const uint8_t *data, size_t n)
{
	struct wf_source source = {"fuzz", (const char *)data, n};
	struct wf_expr_site site = {&source, NULL, 0};
	struct wf_diags diags = {0};
	struct wf_expr_arena *a = wf_expr_arena_new();
	struct wf_scope scope = {0};
	(void)scope_types(a, &scope);
	struct wf_expr *e = parse(a, source.text, n, &site, &diags);
	FUZZ_CHECK(!e == !!diags.errors);
	if (e) {
		if (e->kind != WF_EXPR_TEXT)
			print_and_read(a, e);
		bool good = wf_expr_resolve(a, e, &scope, &site, 0, &diags);
		FUZZ_CHECK(good == !diags.errors && (!good || e->type));
		if (good)
			compile(e);
	}
	fuzz_findings(&diags);
	wf_expr_arena_free(a);
	wf_diags_done(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* Definitions are text before they are expressions. */
	if (!n || memchr(data, '\0', n))
		return 0;
	read_as(wf_expr_parse, data, n);
	read_as(wf_expr_parse_template, data, n);
	return 0;
}

/* Definitions to plans: the code of each construct, byte for byte the same every time, and always
 * one that the verifier lets in. */
#include "unit/definition.h"

#include "check/check.h"
#include "compile/compile.h"

#include <dirent.h>
#include <stdlib.h>

#define FOLDER "tests/golden/plan"

static void compile_text(const char *name, const char *text, size_t len, struct wf_buf *out)
{
	struct definition d;
	struct wf_cause cause = {0};

	definition_read(&d, name, text, len);
	if (d.model)
		(void)wf_check(d.model, &d.diags);
	definition_clean(&d);
	assert_int_equal(wf_compile(d.model, out, &cause), 0);
	definition_done(&d);
}

static struct wf_plan *load(const struct wf_buf *bytes)
{
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};

	if (wf_plan_load(bytes->data, bytes->len, &plan, &cause) < 0)
		fail_msg("%s", cause.text);
	assert_non_null(plan);
	return plan;
}

static int definitions(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && strcmp(dot, ".yaml") == 0 && !strstr(entry->d_name, ".test.");
}

static bool compare(const char *name)
{
	WF_AUTOFREE char *path = wf_asprintf(FOLDER "/%s", name);
	WF_AUTOFREE char *expected_path =
		wf_asprintf(FOLDER "/%.*s.expected", (int)(strrchr(name, '.') - name), name);
	WF_AUTOBUF struct wf_buf bytes = {0}, got = {0};
	size_t len = 0, expected_len = 0;
	WF_AUTOFREE char *text = slurp(path, &len);
	WF_AUTOFREE char *expected = slurp(expected_path, &expected_len);
	const char *mode = getenv("WFCTL_GOLDEN");

	assert_non_null(text);
	compile_text(path, text, len, &bytes);
	struct wf_plan *plan = load(&bytes);
	wf_plan_disassemble(plan, &got);
	wf_plan_free(plan);
	if (mode && strcmp(mode, "write") == 0) {
		FILE *f = fopen(expected_path, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(got.data, 1, got.len, f), got.len);
		assert_int_equal(fclose(f), 0);
		return true;
	}
	if (expected && expected_len == got.len && memcmp(expected, got.data, got.len) == 0)
		return true;
	(void)fprintf(stderr, "-- %s: found\n%s", name, got.data);
	return false;
}

/* Each definition of tests/golden/plan against its disassembly. WFCTL_GOLDEN=write writes it. */
static void test_golden(void **state)
{
	struct dirent **entries;
	int count = scandir(FOLDER, &entries, definitions, alphasort), wrong = 0;

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		wrong += !compare(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	assert_int_equal(wrong, 0);
}

/* The same bytes again, and from a file of another name. */
static void test_deterministic(void **state)
{
	WF_AUTOBUF struct wf_buf first = {0}, second = {0};
	size_t len = 0;
	WF_AUTOFREE char *text = slurp("workflows/onboarding.yaml", &len);

	(void)state;
	assert_non_null(text);
	compile_text("a.yaml", text, len, &first);
	compile_text("/elsewhere/b.yaml", text, len, &second);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
}

/* What is shipped compiles. */
static void test_workflows(void **state)
{
	struct dirent **entries;
	int count = scandir("workflows", &entries, definitions, alphasort);

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		WF_AUTOFREE char *path = wf_asprintf("workflows/%s", entries[i]->d_name);
		WF_AUTOBUF struct wf_buf bytes = {0};
		size_t len = 0;
		WF_AUTOFREE char *text = slurp(path, &len);

		compile_text(path, text, len, &bytes);
		wf_plan_free(load(&bytes));
		free(entries[i]);
	}
	free(entries);
}

static void test_expression(void **state)
{
	static const char text[] = "map([1, 2], item * 2)";
	struct wf_source source = {.name = "-", .text = text, .len = strlen(text)};
	struct wf_node node = {.kind = WF_NODE_STRING, .plain = true};
	struct wf_expr_site site = {&source, &node, 0};
	struct wf_expr_arena *a = wf_expr_arena_new();
	const struct wf_type input = {.kinds = WF_T_MAP};
	struct wf_scope scope = {.input = &input, .vars = &input, .roots = 1u << WF_ROOT_INPUT};
	struct wf_diags diags = {0};
	WF_AUTOBUF struct wf_buf bytes = {0};
	uint32_t pc = 0;

	(void)state;
	struct wf_expr *e = wf_expr_parse(a, text, strlen(text), &site, &diags);
	assert_non_null(e);
	assert_true(wf_expr_resolve(a, e, &scope, &site, 0, &diags));
	assert_int_equal(wf_compile_expr(e, &bytes, &pc), 0);
	struct wf_plan *plan = load(&bytes);
	assert_int_equal(pc, 2);
	assert_int_equal(plan->code[plan->code_count - 1].op, WF_OP_RETURN);
	wf_plan_free(plan);
	wf_diags_done(&diags);
	wf_expr_arena_free(a);
}

/* As many steps as a workflow may have, in a time that grows with them and no faster. */
static void test_many_steps(void **state)
{
	WF_AUTOBUF struct wf_buf text = {0}, bytes = {0};
	const int count = 20000;

	(void)state;
	wf_buf_addstr(&text, "workflow:\n  id: w\n  steps:\n");
	for (int i = 0; i < count; i++) {
		wf_buf_printf(&text, "    - { id: s%d, action: data.set, with: { n: ", i);
		if (i == 0)
			wf_buf_addstr(&text, "1 }");
		else
			wf_buf_printf(&text, "\"${s%d.n}\" }", i == count - 1 ? 0 : i - 1);
		if (i > 0 && i < count - 1)
			wf_buf_printf(
				&text, ", on_failure: { action: continue, to: s%d }", count - 1);
		wf_buf_addstr(&text, " }\n");
	}
	compile_text("many.yaml", text.data, text.len, &bytes);
	struct wf_plan *plan = load(&bytes);
	assert_int_equal(plan->step_count, count);
	wf_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_workflows),
		cmocka_unit_test(test_expression),
		cmocka_unit_test(test_many_steps),
	};

	return cmocka_run_group_tests_name("compile", tests, NULL, NULL);
}

/*
 * The tables in wfctl-bytecode(5) and the layout in wfctl-plan(5) are those of the code. On a
 * mismatch the wanted text is printed, to be put between the markers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/sys.h"
#include "plan/internal.h"

#include <stdio.h>
#include <string.h>

/* Text as roff: what would be typeset otherwise is named. */
static void escape(const char *s, size_t n, struct wf_buf *out)
{
	static const struct {
		char c;
		const char *name;
	} special[] = {{'\\', "\\e"}, {'\'', "\\(aq"}, {'"', "\\(dq"}, {'-', "\\-"},
		{'^', "\\(ha"}, {'~', "\\(ti"}, {'`', "\\(ga"}};
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < sizeof(special) / sizeof(special[0]) && special[k].c != s[i])
			k++;
		if (k < sizeof(special) / sizeof(special[0]))
			wf_buf_addstr(out, special[k].name);
		else
			wf_buf_addch(out, s[i]);
	}
}

/* The meaning of a table's line, with its full stop. */
static void sentence(const char *s, struct wf_buf *out)
{
	escape(s, strlen(s), out);
	wf_buf_addstr(out, ".\n");
}

static const char *const operands[] = {
	[WF_FORMAT_NONE] = "",
	[WF_FORMAT_CONST] = " Ar constant",
	[WF_FORMAT_NAME] = " Ar string",
	[WF_FORMAT_STEP] = " Ar step",
	[WF_FORMAT_TARGET] = " Ar label",
	[WF_FORMAT_COUNT] = " Ar n",
	[WF_FORMAT_ROOT] = " Ar root",
	[WF_FORMAT_CALL] = " Ar function n",
	[WF_FORMAT_STEPPART] = " Ar step part",
	[WF_FORMAT_EACH] = " Ar how label",
	[WF_FORMAT_RESULT] = " Ar how string",
	[WF_FORMAT_QUERY] = " Ar language string",
};

static void opcodes(struct wf_buf *out)
{
	static const char *const kinds[] = {"", " jump", " control"};
	for (unsigned i = 0; i < WF_OP_COUNT_; i++) {
		const struct wf_op_info *op = &wf_ops[i];
		wf_buf_printf(out, ".It Ic %s%s\n(%u%s, ", op->mnemonic, operands[op->format], i,
			kinds[op->kind]);
		if (op->pops == WF_VARIES)
			wf_buf_addstr(out, i == WF_OP_MAP ? "2n" : "n");
		else
			wf_buf_printf(out, "%d", op->pops);
		wf_buf_printf(out, " to %d)\n", op->pushes);
		sentence(op->meaning, out);
	}
}

static const struct {
	const char *name, *meaning;
} roots_table[] = {
#define WF_ROOT(name, text, meaning) {text, meaning},
#include "plan/roots.def"
#undef WF_ROOT
};

static void roots(struct wf_buf *out)
{
	for (unsigned i = 0; i < WF_ROOT_COUNT_; i++) {
		wf_buf_printf(out, ".It Ic %s\n(%u)\n", roots_table[i].name, i);
		sentence(roots_table[i].meaning, out);
	}
}

static const char *letter_name(char letter)
{
	static const char *const names[] = {['a'] = "any", ['s'] = "string", ['n'] = "number",
		['i'] = "integer", ['b'] = "boolean", ['l'] = "list", ['o'] = "object",
		['t'] = "time", ['d'] = "duration"};
	return names[(unsigned char)letter];
}

static void functions(struct wf_buf *out)
{
	for (unsigned i = 0; i < WF_FN_COUNT_; i++) {
		const struct wf_function_info *f = &wf_functions[i];
		const char *letter = f->signature;
		wf_buf_printf(out, ".It Ic %s Ns (", f->name);
		for (unsigned k = 0; *letter != ':'; letter++, k++)
			wf_buf_printf(out, "%s%s%s%s", k ? ", " : "", k >= f->min_args ? "[" : "",
				letter_name(*letter), k >= f->min_args ? "]" : "");
		wf_buf_printf(out, "%s) : %s\n(%u)\n", f->max_args == 255 ? ", ..." : "",
			letter_name(letter[1]), i);
		sentence(f->meaning, out);
		wf_buf_addstr(out, "For example\n.Li \\&");
		escape(f->example, strlen(f->example), out);
		wf_buf_addstr(out, "\nis\n.Li \\&");
		escape(f->result, strlen(f->result), out);
		wf_buf_addstr(out, " .\n");
	}
}

static void actions(struct wf_buf *out)
{
	static const char *const kinds[] = {"pure", "effect", "wait"};
	for (unsigned i = 0; i < WF_ACT_COUNT_; i++) {
		const struct wf_action_info *a = &wf_actions[i];
		wf_buf_printf(out, ".It Ic %s\n(%u, %s)\n", a->name, i, kinds[a->kind]);
		sentence(a->meaning, out);
		if (!a->native)
			wf_buf_addstr(out, "Performed by an adapter's definition alone.\n");
	}
}

static void errors(struct wf_buf *out)
{
	for (unsigned i = 0; i < WF_ERROR_COUNT_; i++) {
		const struct wf_error_info *e = &wf_error_types[i];
		wf_buf_printf(out, ".It Ic %s\n(%u%s)\n", e->name, i,
			e->retryable ? ", retried by default" : "");
		sentence(e->meaning, out);
	}
}

/* The format as the encoder's first comment draws it. */
static void layout(struct wf_buf *out)
{
	struct wf_buf source = {0};
	assert_int_equal(wf_read_file("lib/plan/encode.c", 1 << 20, &source, NULL), 0);
	const char *at = strstr(source.data, " *   header\n");
	const char *end = strstr(source.data, " * The plan's id is");
	assert_non_null(at);
	assert_non_null(end);
	while (at < end) {
		const char *stop = strchr(at, '\n');
		size_t n = (size_t)(stop - at);
		if (n > 2)
			escape(at + 3, n - 3, out);
		if (n > 2 || stop + 1 < end)
			wf_buf_addch(out, '\n');
		at = stop + 1;
	}
	wf_buf_done(&source);
}

static void compare(const char *page, const char *name, void (*make)(struct wf_buf *out))
{
	struct wf_buf text = {0}, want = {0};
	assert_int_equal(wf_read_file(page, 1 << 20, &text, NULL), 0);
	WF_AUTOFREE char *begin = wf_asprintf(".\\\" BEGIN %s\n", name);
	WF_AUTOFREE char *end = wf_asprintf(".\\\" END %s\n", name);
	const char *from = strstr(text.data, begin), *to = strstr(text.data, end);
	if (!from || !to)
		fail_msg("%s has no markers of %s", page, name);
	make(&want);
	from += strlen(begin);
	if ((size_t)(to - from) != want.len || memcmp(from, want.data, want.len) != 0) {
		(void)fprintf(stderr, "%s%s%s", begin, want.data, end);
		fail_msg("%s: the text above must stand between its markers", page);
	}
	wf_buf_done(&text);
	wf_buf_done(&want);
}

#define BYTECODE "man/src/wfctl-bytecode.5"

static void test_opcodes(void **state)
{
	(void)state;
	compare(BYTECODE, "opcodes", opcodes);
}

static void test_roots(void **state)
{
	(void)state;
	compare(BYTECODE, "roots", roots);
}

static void test_functions(void **state)
{
	(void)state;
	compare(BYTECODE, "functions", functions);
}

static void test_actions(void **state)
{
	(void)state;
	compare(BYTECODE, "actions", actions);
}

static void test_errors(void **state)
{
	(void)state;
	compare(BYTECODE, "errors", errors);
}

static void test_layout(void **state)
{
	(void)state;
	compare("man/src/wfctl-plan.5", "layout", layout);
}

/* The example of wfctl-bytecode(5) is a plan. */
static void test_example(void **state)
{
	(void)state;
	struct wf_buf page = {0}, text = {0}, bytes = {0};
	assert_int_equal(wf_read_file(BYTECODE, 1 << 20, &page, NULL), 0);
	const char *at = strstr(page.data, ".Bd -literal -offset indent\n");
	const char *end = at ? strstr(at, "\n.Ed") : NULL;
	assert_non_null(end);
	for (at = strchr(at, '\n') + 1; at < end; at++) {
		if (strncmp(at, "\\(dq", 4) == 0) {
			wf_buf_addch(&text, '"');
			at += 3;
		} else {
			wf_buf_addch(&text, *at);
		}
	}
	struct wf_cause cause = {0};
	struct wf_plan *plan = NULL;
	if (wf_plan_assemble(text.data, text.len, &bytes, &cause) ||
		wf_plan_load(bytes.data, bytes.len, &plan, &cause))
		fail_msg("%s", cause.text);
	wf_plan_free(plan);
	wf_buf_done(&page);
	wf_buf_done(&text);
	wf_buf_done(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_example),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

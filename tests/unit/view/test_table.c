/* Tables: widths by what is seen, nothing at the end of lines, cut only on a terminal. */
#include "view_test.h"

#include "view/table.h"

static struct wf_table *make(void)
{
	struct wf_table *t = wf_table_new();
	wf_table_column(t, "N", WF_ALIGN_RIGHT, false);
	wf_table_column(t, "NAME", WF_ALIGN_LEFT, true);
	wf_table_column(t, "WHY", WF_ALIGN_LEFT, true);
	wf_table_cell(t, WF_ROLE_PLAIN, "7");
	wf_table_cell(t, WF_ROLE_GOOD, "日本");
	wf_table_cell(t, WF_ROLE_PLAIN, "");
	wf_table_cellf(t, WF_ROLE_PLAIN, "%d", 1234);
	wf_table_cell(t, WF_ROLE_PLAIN, "a\nname");
	wf_table_cell(t, WF_ROLE_PLAIN, "a longer reason here");
	return t;
}

static void test_plain(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	struct wf_style style = { 0 };
	struct wf_table *t = make();
	assert_int_equal(wf_table_rows(t), 2);
	wf_table_write(t, &style, 0, false, &b);
	assert_text(&b, "   N  NAME    WHY\n"
			"   7  日本\n"
			"1234  a name  a longer reason here\n");
	wf_table_write(t, NULL, 2, true, &b);
	assert_text(&b, "     7  日本\n"
			"  1234  a name  a longer reason here\n");
	wf_table_free(t);
	wf_buf_done(&b);
}

static void test_cut(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	struct wf_style style = { .width = 26 };
	struct wf_table *t = make();
	wf_table_write(t, &style, 0, false, &b);
	assert_text(&b, "   N  NAME    WHY\n"
			"   7  日本\n"
			"1234  a name  a longer re…\n");
	/* never below eight columns, however narrow the terminal */
	style.width = 5;
	wf_table_write(t, &style, 0, true, &b);
	assert_text(&b, "   7  日本\n"
			"1234  a name  a longe…\n");
	wf_table_free(t);
	wf_buf_done(&b);
}

static void test_color(void **state)
{
	(void)state;
	struct wf_buf b = { 0 };
	struct wf_style style = { .color = true };
	struct wf_table *t = make();
	wf_table_write(t, &style, 0, true, &b);
	assert_non_null(strstr(b.data, "\033[32m日本\033[0m"));
	wf_table_free(t);
	wf_buf_done(&b);
	wf_table_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(test_cut), cmocka_unit_test(test_color),
	};
	return cmocka_run_group_tests_name("view table", tests, NULL, NULL);
}

/* Action definitions: what of one arrives in the model, and where a name is looked for. */
#include "unit/definition.h"

#include "base/json.h"

#define SAY                                                                                        \
	"kind: action\nid: say\nversion: 1.2.0\nname: N\ndescription: D\n"                         \
	"input: { type: object, properties: { text: { type: string } } }\n"                        \
	"output: { type: object }\n"                                                               \
	"defaults: { timeout: PT5S, retry: { max_attempts: 4 } }\non_crash: fail\n"                \
	"perform: { action: exec.run, with: { command: [echo, \"${input.text}\"] } }\n"            \
	"result: \"${output.stdout}\"\n"
#define FLOW "---\nworkflow:\n  id: w\n  steps:\n"

static void read_text(struct definition *d, const char *text)
{
	definition_read(d, "t.yaml", text, strlen(text));
}

static void test_parts(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, SAY);
	const struct wf_action_def *def = definition_action(&d, 0);
	assert_int_equal(d.diags.errors, 0);
	assert_null(d.model);
	assert_string_equal(def->id, "say");
	assert_string_equal(def->model->version, "1.2.0");
	assert_string_equal(def->model->name, "N");
	assert_true(def->model->is_action);
	assert_non_null(def->model->input_schema);
	assert_non_null(def->model->output_schema);
	assert_int_equal(def->step->action, WF_ACT_EXEC_RUN);
	assert_int_equal(def->step->on_crash, WF_ON_CRASH_FAIL);
	assert_int_equal(def->step->timeout_ms, 5000);
	assert_int_equal(def->step->retry.max_attempts, 4);
	assert_non_null(def->step->with.tree);
	assert_non_null(def->step->output.tree);
	assert_true(def->retries && def->times && !def->broken);
	definition_done(&d);
}

/* The step goes before the definition, the definition before the workflow. */
static void test_defaults(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, SAY "---\nkind: action\nid: other\nperform: { action: say }\n"
		      "---\nkind: action\nid: plain\nperform: { action: http.request, with: { url: x } }\n"
		      "---\nworkflow:\n  id: w\n  defaults: { timeout: PT1M, retry: { max_attempts: 7 } }\n"
		      "  steps:\n    - { id: a, action: say }\n"
		      "    - { id: b, action: say, timeout: PT1S, retry: { max_attempts: 2 }, on_crash: ask }\n"
		      "    - { id: c, action: other }\n    - { id: d, action: plain }\n");
	definition_clean(&d);
	const struct wf_model_step *s = d.model->steps;
	assert_string_equal(s[0].action_name, "say");
	assert_string_equal(s[0].defined->id, "say");
	assert_int_equal(s[0].action, WF_ACT_EXEC_RUN);
	assert_int_equal(s[0].timeout_ms, 5000);
	assert_int_equal(s[0].retry.max_attempts, 4);
	assert_int_equal(s[0].on_crash, WF_ON_CRASH_FAIL);
	assert_int_equal(s[1].timeout_ms, 1000);
	assert_int_equal(s[1].retry.max_attempts, 2);
	assert_int_equal(s[1].on_crash, WF_ON_CRASH_ASK);
	assert_string_equal(s[2].defined->id, "other");
	assert_string_equal(s[2].defined->step->defined->id, "say");
	assert_int_equal(s[2].action, WF_ACT_EXEC_RUN);
	assert_int_equal(s[2].timeout_ms, 5000);
	assert_int_equal(s[2].retry.max_attempts, 4);
	assert_int_equal(s[2].on_crash, WF_ON_CRASH_FAIL);
	assert_int_equal(s[3].timeout_ms, 60000);
	assert_int_equal(s[3].retry.max_attempts, 7);
	assert_int_equal(s[3].on_crash, WF_ON_CRASH_RETRY);
	definition_done(&d);
}

static void test_where(void **state)
{
	static const char *const texts[] = {
		"kind: action\nid: a\nname: first\nperform: { action: exec.run }\n",
		"- kind: action\n  id: a\n  name: second\n  perform: { action: exec.run }\n"
		"- kind: action\n  id: b\n  name: second\n  perform: { action: exec.run }\n",
	};
	struct wf_catalog *c = wf_catalog_new();
	struct wf_shelf *shelves[3];
	struct wf_diags diags = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct wf_buf text = {0};

		wf_buf_addstr(&text, texts[i]);
		shelves[i] = wf_shelf_new();
		wf_shelf_add_text(shelves[i], "x.yaml", &text, &diags);
		wf_catalog_add(c, shelves[i]);
	}
	shelves[2] = wf_shelf_shipped();
	wf_catalog_add(c, shelves[2]);
	assert_int_equal(diags.errors, 0);
	assert_string_equal(wf_catalog_find(c, "a", NULL)->model->name, "first");
	assert_string_equal(wf_catalog_find(c, "b", NULL)->model->name, "second");
	assert_ptr_equal(wf_catalog_find(c, "b", NULL), wf_catalog_find(c, "b", NULL));
	assert_non_null(wf_catalog_find(c, "idp.assign_role", NULL));
	assert_null(wf_catalog_find(c, "c", NULL));
	assert_null(wf_catalog_find(c, "", NULL));
	assert_string_equal(wf_catalog_nearest(c, "asign_plan"), "assign_plan");
	assert_string_equal(wf_catalog_nearest(c, "http.reqest"), "http.request");
	assert_null(wf_catalog_nearest(c, "nothing.like.it"));
	wf_catalog_free(c);
	for (size_t i = 0; i < 3; i++)
		wf_shelf_free(shelves[i]);
	wf_diags_done(&diags);
}

static void count_fills(void *arg, struct wf_shelf *s)
{
	static const char first[] = "{\"kind\": \"action\", \"id\": \"\\u0061\", \"name\": \"first\", "
		"\"perform\": {\"action\": \"exec.run\"}}";
	static const char *const texts[] = {
		"kind: action\nid: [\n",
		first,
		"kind: action\nid: a\nname: second\nperform: { action: exec.run }\n",
		"kind: action\nid: b\nname: a\nperform: { action: exec.run }\n",
		"kind: action\nid: c d\nperform: { action: exec.run }\n",
		"kind: action\nid: \"e\n  f\"\nperform: { action: exec.run }\n",
	};

	++*(unsigned *)arg;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct wf_buf text = {0};

		wf_buf_addstr(&text, texts[i]);
		wf_shelf_add_text(s, "x.yaml", &text, NULL);
	}
}

/* A shelf is filled for a name that is on none before it; of what is read late the first counts too. */
static void test_later(void **state)
{
	unsigned fills = 0;
	struct wf_shelf *shelf = wf_shelf_new();
	struct wf_catalog *c = wf_catalog_new();
	struct wf_shelf_entry entry;
	struct definition d;

	(void)state;
	wf_shelf_fill_later(shelf, count_fills, &fills);
	wf_catalog_add(c, shelf);
	read_text(&d, FLOW "    - { id: x, action: exec.run, with: { command: [a] } }\n");
	wf_model_free(d.model);
	d.model = wf_model_read_with(&d.source, &d.documents.items[0],
		&(struct wf_model_options){.actions = c}, &d.diags);
	definition_clean(&d);
	definition_done(&d);
	assert_int_equal(fills, 0);
	assert_null(wf_catalog_find(c, "none", NULL));
	assert_int_equal(fills, 1);
	assert_string_equal(wf_catalog_find(c, "b", NULL)->model->name, "a");
	assert_string_equal(wf_catalog_find(c, "a", NULL)->model->name, "first");
	assert_non_null(wf_catalog_find(c, "c d", NULL));
	assert_non_null(wf_catalog_find(c, "e f", NULL));
	for (unsigned i = 0; i < 100; i++)
		assert_null(wf_catalog_find(c, "none", NULL));
	for (size_t i = 0; i < 5; i++)
		assert_true(wf_shelf_at(shelf, i, &entry));
	assert_false(wf_shelf_at(shelf, 5, &entry));
	assert_int_equal(fills, 1);
	wf_catalog_free(c);
	wf_shelf_free(shelf);
}

/* Who uses a definition that is wrong gets its findings, once. */
static void test_broken(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, "kind: action\nid: a\nperform: { action: b }\n" FLOW
		      "    - { id: x, action: a }\n    - { id: y, action: a }\n");
	assert_int_equal(d.diags.errors, 1);
	assert_int_equal(definition_found(&d, WF_RULE_ACTION_UNKNOWN)->span.line, 3);
	assert_true(d.model->steps[0].defined->broken);
	assert_int_equal(d.model->steps[0].action, WF_ACT_COUNT_);
	definition_done(&d);
}

/* A definition without a name is nobody's. */
static void test_nameless(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, "kind: action\nperform: { action: exec.run }\n" FLOW
		      "    - { id: x, action: \"\" }\n");
	assert_int_equal(d.diags.errors, 1);
	(void)definition_found(&d, WF_RULE_ACTION_UNKNOWN);
	definition_done(&d);
}

/* Definitions that nobody uses are not read. */
static void test_unused(void **state)
{
	struct definition d;

	(void)state;
	read_text(&d, "kind: action\nid: a\nperform: { action: b }\n" FLOW
		      "    - { id: x, action: data.set }\n");
	definition_clean(&d);
	definition_done(&d);
}

static void test_depth(void **state)
{
	WF_AUTOBUF struct wf_buf text = {0};
	struct definition d;

	(void)state;
	for (int i = 0; i < 40; i++)
		wf_buf_printf(&text, "kind: action\nid: a%d\nperform: { action: a%d }\n---\n", i, i + 1);
	wf_buf_addstr(&text, "workflow:\n  id: w\n  steps:\n    - { id: x, action: a0 }\n");
	read_text(&d, text.data);
	assert_int_equal(d.diags.errors, 1);
	(void)definition_found(&d, WF_RULE_LIMIT);
	definition_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_nameless),
		cmocka_unit_test(test_unused),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests_name("action definitions", tests, NULL, NULL);
}

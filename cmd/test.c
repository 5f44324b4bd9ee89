/* wfctl test: workflows, tried under a virtual clock. */
#include "cli_actions.h"
#include "cli_tests.h"

#include "trial/trial.h"
#include "view/tests.h"

#include <inttypes.h>
#include <string.h>

static void place(json_t *said, struct wf_span span)
{
	(void)json_object_set_new(said, "line", json_integer(span.line));
	(void)json_object_set_new(said, "column", json_integer(span.column));
}

static void place_failures(const struct wf_test_file *f, size_t i, json_t *report)
{
	size_t k;
	json_t *failure;
	json_array_foreach(json_object_get(report, "failures"), k, failure)
		place(failure, wf_test_place(f, i,
			json_string_value(json_object_get(failure, "path"))));
}

/* The test's own mocks that nothing asked for are its warnings. Those of the defaults are there for any
 * test: the ones that this test used are noted. */
static void sort_unused(const struct wf_test_file *f, size_t i, json_t *report, json_t *used)
{
	json_t *warnings = json_array(), *unused = json_object_get(report, "unused"), *one;
	json_t *idle = json_object(), *mock;
	const char *key;
	size_t k;
	json_array_foreach(unused, k, one)
	{
		const char *path = json_string_value(json_object_get(one, "path"));
		key = path + strlen("/mocks/");
		if (!json_integer_value(json_object_get(one, "used")))
			(void)json_object_set_new(idle, key, json_true());
		(void)json_object_del(one, "used");
		place(one, wf_test_place(f, i, path));
		if (wf_test_has_mock(f, i, key))
			(void)json_array_append(warnings, one);
	}
	json_object_foreach(json_object_get(json_array_get(f->tests, i), "mocks"), key, mock)
		if (!json_object_get(idle, key) && !wf_test_has_mock(f, i, key))
			(void)json_object_set_new(used, key, json_true());
	json_decref(idle);
	(void)json_object_del(report, "unused");
	(void)json_object_set_new(report, "warnings", warnings);
}

/* Mocks of the defaults that no test used: a list of {path, message, line, column}. */
static json_t *idle_defaults(const struct wf_test_file *f, const json_t *used)
{
	const struct wf_node *mocks = f->defaults ? wf_node_get(f->defaults, "mocks") : NULL;
	json_t *list = json_array();
	for (size_t i = 0; mocks && mocks->kind == WF_NODE_MAP && i < mocks->map.count; i++) {
		const struct wf_pair *pair = &mocks->map.pairs[i];
		if (json_object_get(used, pair->key))
			continue;
		WF_AUTOFREE char *path = wf_asprintf("/defaults/mocks/%s", pair->key);
		WF_AUTOFREE char *message = wf_asprintf("no test asks for the mock of `%s`", pair->key);
		json_t *one = json_pack("{s:s, s:s}", "path", path, "message", message);
		place(one, pair->key_span);
		(void)json_array_append_new(list, one);
	}
	return list;
}

static bool asked_for(struct wf_ctx *ctx, const json_t *test)
{
	const char *part = wf_opt(ctx, "filter");
	return !part || strstr(json_string_value(json_object_get(test, "name")), part);
}

/* Runs a file's tests; its report, new, to *ret. 0 or the exit status. */
static int run_file(struct wf_ctx *ctx, const struct wf_test_file *f, json_t **ret)
{
	struct wf_cause cause = { 0 };
	struct wf_trial *trial = NULL;
	size_t i;
	json_t *test, *tests = json_array(), *used;
	if (wf_trial_new(f->plan, &trial, &cause) < 0) {
		json_decref(tests);
		return wf_fail_cause(ctx, &cause);
	}
	used = json_object();
	json_array_foreach(f->tests, i, test)
	{
		if (!asked_for(ctx, test))
			continue;
		json_t *report = wf_trial_run(trial, test);
		place_failures(f, i, report);
		sort_unused(f, i, report, used);
		(void)json_array_append_new(tests, report);
	}
	char plan[2 * WF_HASH_SIZE + 1];
	wf_hex(f->plan->id, WF_HASH_SIZE, plan);
	*ret = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "file", f->name, "workflow",
		wf_plan_string(f->plan, f->plan->workflow), "plan", plan, "tests", tests, "warnings",
		wf_opt(ctx, "filter") ? json_array() : idle_defaults(f, used), "coverage",
		wf_trial_coverage(trial));
	json_decref(used);
	wf_trial_free(trial);
	return 0;
}

static size_t count_failed(const json_t *files)
{
	size_t i, k, failed = 0;
	json_t *file, *test;
	json_array_foreach(files, i, file)
		json_array_foreach(json_object_get(file, "tests"), k, test)
			failed += !json_is_true(json_object_get(test, "passed"));
	return failed;
}

static size_t count_tests(const json_t *files)
{
	size_t i, n = 0;
	json_t *file;
	json_array_foreach(files, i, file)
		n += json_array_size(json_object_get(file, "tests"));
	return n;
}

static void put_text(struct wf_ctx *ctx, const json_t *files, struct wf_buf *text)
{
	size_t i;
	json_t *file;
	json_array_foreach(files, i, file)
		if (!ctx->quiet || count_failed(files))
			wf_view_tests(file, wf_opt(ctx, "coverage") != NULL, &ctx->out, text);
	wf_view_tests_summary(files, &ctx->out, text);
	wf_buf_addch(text, '\n');
}

static void answer(struct wf_ctx *ctx, json_t *files)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	size_t failed = count_failed(files);
	bool missed = wf_opt(ctx, "coverage") != NULL;
	if (ctx->format == WF_FORMAT_OUT_TAP)
		wf_view_tests_tap(files, missed, &text);
	else if (ctx->format == WF_FORMAT_OUT_JUNIT)
		wf_view_tests_junit(files, missed, &text);
	else if (ctx->format == WF_FORMAT_OUT_TEXT)
		put_text(ctx, files, &text);
	else
		wf_out_json(ctx, json_pack("{s:I, s:I, s:o, s:O}", "passed",
			(json_int_t)(count_tests(files) - failed), "failed", (json_int_t)failed,
			"coverage", wf_view_tests_coverage(files), "files", files));
	wf_out(ctx, &text);
}

/* Whether the tests reached as much as --min-coverage asks for; says so when not. */
static bool reached_enough(struct wf_ctx *ctx, const json_t *files, uint64_t least)
{
	static const char *const parts[] = { "steps", "branches" };
	json_t *coverage = wf_view_tests_coverage(files);
	bool enough = true;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const json_t *part = json_object_get(coverage, parts[i]);
		double percent = json_number_value(json_object_get(part, "percent"));
		if (percent >= (double)least)
			continue;
		enough = false;
		wf_note(ctx, "%.1f%% of the %s were reached, and --min-coverage asks for %" PRIu64
			"%%; --coverage lists what was missed", percent, parts[i], least);
	}
	json_decref(coverage);
	return enough;
}

static int run_test(struct wf_ctx *ctx)
{
	struct wf_files files = { 0 };
	json_t *reports = json_array();
	uint64_t least = 0;
	int status = wf_opt_number(ctx, "min-coverage", 0, 100, &least);
	if (!status)
		status = wf_find_test_files(ctx, &files);
	for (size_t i = 0; !status && i < files.count; i++) {
		struct wf_test_file f;
		json_t *report = NULL;
		status = wf_test_file_read(ctx, files.items[i], &f);
		if (!status)
			status = run_file(ctx, &f, &report);
		if (report)
			(void)json_array_append_new(reports, report);
		wf_test_file_done(&f);
	}
	wf_files_done(&files);
	if (!status && !count_tests(reports))
		status = wf_fail_usage(ctx, "no test has `%s` in its name", wf_opt(ctx, "filter"));
	if (!status) {
		answer(ctx, reports);
		bool good = reached_enough(ctx, reports, least) && !count_failed(reports);
		status = good ? WF_EXIT_DONE : WF_EXIT_FAILED;
	}
	json_decref(reports);
	return status;
}

static const struct wf_option options[] = {
	WF_OPTION_ACTIONS,
	{ "format", 0, "FORM", "the same as --output", "format", NULL },
	{ "filter", 0, "TEXT", "only tests with this in their name", NULL, NULL },
	{ "coverage", 0, NULL, "list the steps and branches that no test reached", NULL, NULL },
	{ "min-coverage", 0, "N", "fail when fewer than N percent of the steps, or of the branches, of all "
		"files together were reached", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_test = {
	.arguments = "FILE|FOLDER|-...",
	.description =
		"Runs tests of workflows: files NAME.test.yaml (or .yml, .json) beside the definition that "
		"they test. Nothing is started and nothing is waited for: effects are answered by the test's "
		"mocks, and time is virtual, so that a month of waiting takes a millisecond. Folders are "
		"searched for test files.\n\n"
		"A file of tests names for each test the input, what comes of each step's attempts (mocks), what "
		"people and the world do and when (script), and what is expected of the outcome; "
		"wfctl-test(5) describes it, with an example. What is wrong with the file itself is said with its "
		"place, and none of its tests is run.\n\n"
		"Of each file it counts how many of the steps and of the branches its tests reached: a step counts "
		"when it began, a branch when the flow went along it. In the share of all files together a workflow "
		"that several of them test counts once. --coverage lists what was missed, "
		"--min-coverage makes too little a failure. -o tap has the shares in comments, -o junit as "
		"properties of each suite (coverage.steps.percent), -o json in `coverage`.\n\n"
		"Mocks that nothing asks for are warnings, which change no exit status.",
	.examples = "wfctl test workflows/\n"
		    "wfctl test workflows/onboarding.test.yaml --coverage\n"
		    "wfctl test -o junit workflows/ > results.xml\n"
		    "wfctl test --min-coverage 80 workflows/",
	.options = options,
	.standard = WF_FORMAT_OUT_TEXT,
	.formats = WF_FORMAT_BIT(TEXT) | WF_FORMAT_BIT(JSON) | WF_FORMAT_BIT(JSONL) |
		WF_FORMAT_BIT(YAML) | WF_FORMAT_BIT(TAP) | WF_FORMAT_BIT(JUNIT),
	.min_args = 1,
	.max_args = 1000000,
	.words = "file",
	.run = run_test,
};

/* wfctl test: workflows, tried under a virtual clock. */
#include "cli_actions.h"
#include "cli_tests.h"

#include "trial/trial.h"
#include "view/tests.h"

#include <string.h>

static void place_failures(const struct wf_test_file *f, size_t i, json_t *report)
{
	size_t k;
	json_t *failure;
	json_array_foreach(json_object_get(report, "failures"), k, failure)
	{
		const char *path = json_string_value(json_object_get(failure, "path"));
		struct wf_span span = wf_test_place(f, i, path);
		(void)json_object_set_new(failure, "line", json_integer(span.line));
		(void)json_object_set_new(failure, "column", json_integer(span.column));
	}
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
	json_t *test, *tests = json_array();
	if (wf_trial_new(f->plan, &trial, &cause) < 0) {
		json_decref(tests);
		return wf_fail_cause(ctx, &cause);
	}
	json_array_foreach(f->tests, i, test)
	{
		if (!asked_for(ctx, test))
			continue;
		json_t *report = wf_trial_run(trial, test);
		place_failures(f, i, report);
		(void)json_array_append_new(tests, report);
	}
	*ret = json_pack("{s:s, s:s, s:o, s:o}", "file", f->name, "workflow",
		wf_plan_string(f->plan, f->plan->workflow), "tests", tests, "coverage",
		wf_trial_coverage(trial));
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
	if (ctx->format == WF_FORMAT_OUT_TAP)
		wf_view_tests_tap(files, &text);
	else if (ctx->format == WF_FORMAT_OUT_JUNIT)
		wf_view_tests_junit(files, &text);
	else if (ctx->format == WF_FORMAT_OUT_TEXT)
		put_text(ctx, files, &text);
	else
		wf_out_json(ctx, json_pack("{s:I, s:I, s:O}", "passed",
			(json_int_t)(count_tests(files) - failed), "failed", (json_int_t)failed,
			"files", files));
	wf_out(ctx, &text);
}

static int run_test(struct wf_ctx *ctx)
{
	struct wf_files files = { 0 };
	json_t *reports = json_array();
	int status = wf_find_test_files(ctx, &files);
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
		status = count_failed(reports) ? WF_EXIT_FAILED : WF_EXIT_DONE;
	}
	json_decref(reports);
	return status;
}

static const struct wf_option options[] = {
	WF_OPTION_ACTIONS,
	{ "format", 0, "FORM", "the same as --output", "format", NULL },
	{ "filter", 0, "TEXT", "only tests with this in their name", NULL, NULL },
	{ "coverage", 0, NULL, "list the steps and branches that no test reached", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_test = {
	.arguments = "FILE|FOLDER|-...",
	.description =
		"Runs tests of workflows: files NAME.test.yaml (or .yml, .json) beside the definition that "
		"they test. Nothing is started and nothing is waited for: effects are answered by the test's "
		"mocks, and time is virtual, so that a month of waiting takes a millisecond. Folders are "
		"searched for test files.\n\n"
		"A test file has `tests`, and perhaps `workflow` (the definition's file; left out: NAME.yaml of "
		"NAME.test.yaml) and `defaults` for all tests. A test has a `name` and says:\n\n"
		"input, event, started_by, at, random: what the instance starts with; `at` is the virtual time of "
		"the start. until: a duration; what would happen later does not.\n\n"
		"mocks: by step or action, what comes of each attempt, in their order; the last one stands for "
		"all that follow: {output: ...}, {error: {type, code, message, retry_after}}, {doubt: true}, "
		"{never: true}, {approvers: [...]} for who a role or resolver stands for; {after: PT2S} is how "
		"long the attempt takes.\n\n"
		"script: what people and the world do, in order: {approve: STEP, by: NAME}, reject, delegate (to), "
		"reassign (from, to), withdraw, {signal: NAME, data}, {event: NAME, data}, {cancel: REASON, "
		"compensate}, {resolve: STEP, as, output}; with {at: PT1H} at that time after the start, without as "
		"soon as the workflow can take it; {refused: true} when it must be refused.\n\n"
		"expect: status, result, waits, output, error, vars, steps, order, exactly, not_run, compensated, "
		"calls, took, took_at_most. Objects are compared in part: what they do not name may be anything.\n\n"
		"The file's JSON Schema is test.schema.json.",
	.examples = "wfctl test workflows/\n"
		    "wfctl test workflows/onboarding.test.yaml --coverage\n"
		    "wfctl test -o junit workflows/ > results.xml",
	.options = options,
	.standard = WF_FORMAT_OUT_TEXT,
	.formats = WF_FORMAT_BIT(TEXT) | WF_FORMAT_BIT(JSON) | WF_FORMAT_BIT(JSONL) |
		WF_FORMAT_BIT(YAML) | WF_FORMAT_BIT(TAP) | WF_FORMAT_BIT(JUNIT),
	.min_args = 1,
	.max_args = 1000000,
	.words = "file",
	.run = run_test,
};

/*
 * tests/golden/lint: definitions and their exact findings, "line:column rule message" a line, and
 * "    hint" below where there is one. Every rule has at least one. WFCTL_GOLDEN=write writes what
 * is found instead of comparing it: read the difference before committing it.
 */
#include "unit/definition.h"

#include "check/check.h"

#include <dirent.h>
#include <stdlib.h>

#define FOLDER "tests/golden/lint"

/* What the reading of a text cannot find: the file itself is missing or too big. */
static const enum wf_rule without_text[] = {WF_RULE_FILE};

static bool seen[WF_RULE_COUNT_];

static int definitions(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".json") == 0);
}

#define MOST_MODELS 16

/* The workflows of a file, each of them known to the others. Of `child-unknown` nothing else exists. */
static void find_in_workflows(struct definition *d)
{
	struct wf_model *models[MOST_MODELS] = {0};
	const struct wf_model_options options = {.actions = d->actions};
	struct wf_known *known = wf_known_new();
	struct wf_check_schemas *schemas = wf_check_schemas_new();
	size_t count = 0;

	for (size_t i = 0; i < d->documents.count && count < MOST_MODELS; i++)
		if (!wf_is_action_definition(d->documents.items[i].root))
			models[count++] = wf_model_read_with(
				&d->source, &d->documents.items[i], &options, &d->diags);
	for (size_t i = 0; i < count; i++)
		if (models[i])
			wf_known_add_model(known, models[i]);
	if (strncmp(d->source.name, "child-unknown", strlen("child-unknown")) == 0)
		wf_known_all(known);
	for (size_t i = 0; i < count; i++)
		if (models[i])
			(void)wf_check_with(schemas, known, models[i], &d->diags);
	wf_check_bundle(known, models, count, &d->diags);
	for (size_t i = 0; i < count; i++)
		wf_model_free(models[i]);
	wf_known_free(known);
	wf_check_schemas_free(schemas);
}

static void findings(const char *name, const char *text, size_t len, struct wf_buf *out)
{
	struct definition d;

	definition_read(&d, name, text, len);
	find_in_workflows(&d);
	for (size_t i = 0; i < d.documents.count; i++)
		if (wf_is_action_definition(d.documents.items[i].root))
			(void)wf_check_action(definition_action(&d, i), &d.diags);
	wf_diags_sort(&d.diags);
	for (size_t i = 0; i < d.diags.count; i++) {
		const struct wf_diag *f = &d.diags.items[i];

		seen[f->rule] = true;
		wf_buf_printf(out, "%u:%u %s %s\n", f->span.line, f->span.column,
			wf_rule_info(f->rule)->id, f->message);
		if (f->hint)
			wf_buf_printf(out, "    %s\n", f->hint);
	}
	definition_done(&d);
}

static bool compare(const char *name)
{
	WF_AUTOFREE char *path = wf_asprintf(FOLDER "/%s", name);
	WF_AUTOFREE char *expected_path =
		wf_asprintf(FOLDER "/%.*s.expected", (int)(strrchr(name, '.') - name), name);
	WF_AUTOBUF struct wf_buf got = {0};
	size_t len = 0, expected_len = 0;
	WF_AUTOFREE char *text = slurp(path, &len);
	WF_AUTOFREE char *expected = slurp(expected_path, &expected_len);
	const char *mode = getenv("WFCTL_GOLDEN");

	assert_non_null(text);
	findings(name, text, len, &got);
	if (mode && strcmp(mode, "write") == 0) {
		FILE *f = fopen(expected_path, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(got.data ? got.data : "", 1, got.len, f), got.len);
		assert_int_equal(fclose(f), 0);
		return true;
	}
	if (expected && expected_len == got.len &&
		(got.len == 0 || memcmp(expected, got.data, got.len) == 0))
		return true;
	(void)fprintf(stderr, "-- %s: expected\n%s-- found\n%s", name,
		expected ? expected : "(no file)\n", got.data ? got.data : "");
	return false;
}

static void test_findings(void **state)
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

static void test_every_rule_has_one(void **state)
{
	int missing = 0;

	(void)state;
	for (size_t i = 0; i < sizeof without_text / sizeof *without_text; i++)
		seen[without_text[i]] = true;
	for (int rule = 0; rule < WF_RULE_COUNT_; rule++)
		if (!seen[rule]) {
			print_error("no definition in " FOLDER " breaks the rule %s\n",
				wf_rule_info((enum wf_rule)rule)->id);
			missing++;
		}
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_every_rule_has_one),
	};

	return cmocka_run_group_tests_name("golden findings", tests, NULL, NULL);
}

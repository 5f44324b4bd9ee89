/*
 * The whole compiler: a definition's text to a plan, and the plan run. What the check passes
 * compiles, what compiles loads, the same text gives the same bytes. Input: the script of events
 * (drive.h) is the text itself.
 */
#include "drive.h"
#include "tree.h"

#include "check/check.h"
#include "compile/compile.h"
#include "model/catalog.h"

static void compile(struct wf_model *model, const struct wf_source *source)
{
	WF_AUTOBUF struct wf_buf bytes = {0}, again = {0};
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};
	int err = wf_compile(model, &bytes, &cause);
	FUZZ_CHECK(err == 0 || (err == WF_ELIMIT && cause.text[0]));
	if (err)
		return;
	FUZZ_CHECK(wf_compile(model, &again, NULL) == 0);
	FUZZ_CHECK(bytes.len == again.len && !memcmp(bytes.data, again.data, bytes.len));
	if (wf_plan_load(bytes.data, bytes.len, &plan, &cause)) {
		fprintf(stderr, "compiled, and refused: %s\n", cause.text);
		abort();
	}
	fuzz_reassemble(plan, bytes.data, bytes.len);
	fuzz_drive(plan, (struct fuzz_bytes){(const uint8_t *)source->text, source->len});
	wf_plan_free(plan);
}

static void read_action(struct wf_catalog *actions, const struct wf_source *source,
	const struct wf_node *root, struct wf_diags *diags)
{
	struct wf_action_def *def = wf_catalog_of(actions, source, root);
	wf_diags_move(diags, &def->diags);
	size_t errors = diags->errors;
	bool sound = wf_check_action(def, diags);
	FUZZ_CHECK(diags->full || !sound || diags->errors == errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wf_source source = {"fuzz", (const char *)data, n};
	struct wf_documents docs = {0};
	struct wf_diags diags = {0};
	wf_source_read(&source, WF_SYNTAX_GUESS, &docs, &diags);
	struct wf_shelf *own = wf_shelf_new();
	struct wf_catalog *actions = wf_catalog_new();
	wf_shelf_add_documents(own, &source, &docs);
	wf_catalog_add(actions, own);
	for (size_t i = 0; i < docs.count; i++) {
		const struct wf_model_options options = {.actions = actions};
		size_t errors = diags.errors;
		if (wf_is_action_definition(docs.items[i].root)) {
			read_action(actions, &source, docs.items[i].root, &diags);
			continue;
		}
		struct wf_model *model =
			wf_model_read_with(&source, &docs.items[i], &options, &diags);
		FUZZ_CHECK(model || diags.errors > errors || diags.full);
		if (!model)
			continue;
		bool read = diags.errors == errors;
		bool sound = wf_check(model, &diags);
		/* unsound without an error of its own: the action that it uses has one */
		FUZZ_CHECK(diags.full || !read || !sound || diags.errors == errors);
		if (read && sound && !diags.full)
			compile(model, &source);
		wf_model_free(model);
	}
	fuzz_findings(&diags);
	wf_diags_sort(&diags);
	fuzz_findings(&diags);
	wf_catalog_free(actions);
	wf_shelf_free(own);
	wf_documents_done(&docs);
	wf_diags_done(&diags);
	return 0;
}

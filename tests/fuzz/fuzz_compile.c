/*
 * The whole compiler: a definition's text to a plan, and the plan run. What the check passes
 * compiles, what compiles loads, the same text gives the same bytes. Input: the script of events
 * (drive.h) is the text itself.
 */
#include "drive.h"
#include "tree.h"

#include "check/check.h"
#include "compile/compile.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wf_source source = {"fuzz", (const char *)data, n};
	struct wf_documents docs = {0};
	struct wf_diags diags = {0};
	wf_source_read(&source, WF_SYNTAX_GUESS, &docs, &diags);
	for (size_t i = 0; i < docs.count; i++) {
		size_t errors = diags.errors;
		struct wf_model *model = wf_model_read(&source, &docs.items[i], &diags);
		FUZZ_CHECK(model || diags.errors > errors || diags.full);
		if (!model)
			continue;
		bool read = diags.errors == errors;
		bool sound = wf_check(model, &diags);
		FUZZ_CHECK(diags.full || !read || sound == (diags.errors == errors));
		if (read && sound && !diags.full)
			compile(model, &source);
		wf_model_free(model);
	}
	fuzz_findings(&diags);
	wf_diags_sort(&diags);
	fuzz_findings(&diags);
	wf_documents_done(&docs);
	wf_diags_done(&diags);
	return 0;
}

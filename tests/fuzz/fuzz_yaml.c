/* YAML text -> located trees: every place in the text, every value writable as JSON. */
#include "tree.h"

#include "base/json.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wf_source source = {"fuzz.yaml", (const char *)data, n};
	struct wf_documents docs = {0};
	struct wf_diags diags = {0};
	wf_source_read(&source, WF_SYNTAX_YAML, &docs, &diags);
	FUZZ_CHECK(docs.count || diags.errors);
	for (size_t i = 0; i < docs.count; i++) {
		fuzz_node(&source, docs.items[i].root, 0);
		json_t *value = wf_node_json(docs.items[i].root), *again = NULL;
		WF_AUTOFREE char *text = wf_json_text(value);
		FUZZ_CHECK(wf_json_parse(text, strlen(text), &again, NULL) == 0);
		FUZZ_CHECK(wf_json_equal(value, again));
		json_decref(value);
		json_decref(again);
	}
	fuzz_findings(&diags);
	wf_diags_sort(&diags);
	wf_documents_done(&docs);
	wf_diags_done(&diags);
	return 0;
}

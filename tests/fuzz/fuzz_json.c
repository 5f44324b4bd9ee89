/*
 * JSON text by both readers, the located one and base/json: what one takes the other takes, as the
 * same value; what is written is read back.
 */
#include "tree.h"

#include "base/json.h"
#include "base/mem.h"

static void write_and_read(const json_t *value)
{
	WF_AUTOBUF struct wf_buf text = {0}, sorted = {0}, twice = {0};
	json_t *again = NULL, *other = NULL;
	wf_json_write(value, &text);
	FUZZ_CHECK(wf_json_size(value) == text.len);
	FUZZ_CHECK(wf_json_parse(text.data, text.len, &again, NULL) == 0);
	FUZZ_CHECK(wf_json_equal(value, again));
	wf_json_write_canonical(value, &sorted);
	FUZZ_CHECK(wf_json_parse(sorted.data, sorted.len, &other, NULL) == 0);
	FUZZ_CHECK(wf_json_equal(other, value));
	wf_json_write_canonical(other, &twice);
	FUZZ_CHECK(twice.len == sorted.len && !memcmp(twice.data, sorted.data, twice.len));
	json_decref(again);
	json_decref(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wf_source source = {"fuzz.json", (const char *)data, n};
	struct wf_documents docs = {0};
	struct wf_diags diags = {0};
	struct wf_cause cause = {0};
	json_t *value = NULL, *located = NULL;
	wf_source_read(&source, WF_SYNTAX_JSON, &docs, &diags);
	int err = wf_json_parse((const char *)data, n, &value, &cause);
	FUZZ_CHECK(!err == !!value);
	FUZZ_CHECK(err == 0 || cause.text[0]);
	fuzz_findings(&diags);
	if (docs.count) {
		fuzz_node(&source, docs.items[0].root, 0);
		located = wf_node_json(docs.items[0].root);
		write_and_read(located);
	}
	if (value)
		write_and_read(value);
	/* A byte order mark is the located reader's alone. */
	bool marked = n >= 3 && !memcmp(data, "\xef\xbb\xbf", 3);
	if (!diags.errors && !marked)
		FUZZ_CHECK(docs.count == 1 && value && wf_json_equal(value, located));
	if (value)
		FUZZ_CHECK(!diags.errors && wf_json_equal(value, located));
	json_decref(value);
	json_decref(located);
	wf_documents_done(&docs);
	wf_diags_done(&diags);
	return 0;
}

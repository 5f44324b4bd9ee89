/*
 * A plan as text: refused with a line, or bytes; those refused by the loader, or written as text
 * that gives them again, and run. Input: the script of events up to the first line break, then the
 * text.
 */
#include "drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *line = n ? memchr(data, '\n', n) : NULL;
	if (!line)
		return 0;
	struct fuzz_bytes script = {data, (size_t)(line - data)};
	const char *text = (const char *)line + 1;
	size_t size = n - script.n - 1;
	WF_AUTOBUF struct wf_buf bytes = {0};
	struct wf_plan *plan = NULL;
	struct wf_cause cause = {0};
	int err = wf_plan_assemble(text, size, &bytes, &cause);
	if (!err)
		err = wf_plan_load(bytes.data, bytes.len, &plan, &cause);
	FUZZ_CHECK(err == 0 || cause.text[0]);
	if (err)
		return 0;
	fuzz_reassemble(plan, bytes.data, bytes.len);
	fuzz_drive(plan, script);
	wf_plan_free(plan);
	return 0;
}

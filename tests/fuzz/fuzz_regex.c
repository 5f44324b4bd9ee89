/*
 * Regular expressions of ECMA-262, on the first line, and a subject behind it: what the strict
 * reading takes the common one takes too, and what is translated PCRE2 compiles.
 */
#include "fuzz.h"

#include "base/regex.h"
#include "base/regex_ecma.h"

static void search(const char *pattern, size_t n, enum wf_regex_dialect dialect,
	const struct fuzz_bytes *subject)
{
	struct wf_regex *re = NULL;
	struct wf_cause cause = {0};
	int err = wf_regex_new(pattern, n, dialect, &re, &cause);
	FUZZ_CHECK(err == 0 || cause.text[0]);
	if (err)
		return;
	int found = wf_regex_search(re, (const char *)subject->at, subject->n);
	FUZZ_CHECK(found == 0 || found == 1 || found == WF_ELIMIT || found == WF_EINVAL);
	wf_regex_free(re);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *line = n ? memchr(data, '\n', n) : NULL;
	if (!line)
		return 0;
	const char *pattern = (const char *)data;
	size_t size = (size_t)(line - data);
	struct fuzz_bytes subject = {line + 1, n - size - 1};
	WF_AUTOBUF struct wf_buf strict = {0}, common = {0};
	struct wf_cause cause = {0};
	int err = wf_regex_ecma_translate(pattern, size, true, &strict, &cause);
	FUZZ_CHECK(err == 0 || cause.text[0]);
	if (!err)
		FUZZ_CHECK(wf_regex_ecma_translate(pattern, size, false, &common, NULL) == 0);
	search(pattern, size, WF_REGEX_ECMA, &subject);
	search(pattern, size, WF_REGEX_PERL, &subject);
	return 0;
}

/* Durations and times: what is read is written and read again as the same; the schema's formats and
 * the readers agree. */
#include "fuzz.h"

#include "base/duration.h"
#include "schema/formats.h"

static void duration(const char *text, size_t n)
{
	struct wf_duration d = {0}, again = {0};
	char out[160];
	if (wf_duration_parse(text, n, true, &d)) {
		FUZZ_CHECK(wf_duration_parse(text, n, false, &d) != 0);
		return;
	}
	wf_duration_text(&d, out, sizeof(out));
	FUZZ_CHECK(wf_duration_parse(out, strlen(out), true, &again) == 0);
	char twice[160];
	wf_duration_text(&again, twice, sizeof(twice));
	FUZZ_CHECK(!strcmp(out, twice));
	FUZZ_CHECK(wf_duration_ms(&d) == wf_duration_ms(&again));
	static const int64_t starts[] = {0, INT64_MIN, INT64_MAX, INT64_C(1709164800000), -1};
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		int64_t end = wf_duration_add(starts[i], &d);
		FUZZ_CHECK(end == wf_duration_add(starts[i], &again));
		FUZZ_CHECK(d.negative ? end <= starts[i] : end >= starts[i]);
	}
}

static void time_of(const char *text, size_t n)
{
	int64_t at = 0, again = 0;
	char out[WF_TIME_TEXT];
	bool format = wf_format_date_time(text, n);
	if (wf_time_parse(text, n, &at)) {
		FUZZ_CHECK(!format);
		return;
	}
	wf_time_text(at, out);
	if (at >= INT64_C(-62135596800000) && at < INT64_C(253402300800000)) {
		FUZZ_CHECK(wf_time_parse(out, strlen(out), &again) == 0 && again == at);
		FUZZ_CHECK(wf_format_date_time(out, strlen(out)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	duration((const char *)data, n);
	time_of((const char *)data, n);
	if (n >= 8) {
		int64_t any;
		char out[WF_TIME_TEXT];
		memcpy(&any, data, sizeof(any));
		wf_time_text(any, out);
		FUZZ_CHECK(strlen(out) < sizeof(out));
	}
	return 0;
}

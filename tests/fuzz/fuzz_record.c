/* A history record: refused, or written again as bytes that say the same. */
#include "fuzz.h"

#include "base/json.h"
#include "state/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wf_record r = {0}, s = {0};
	if (wf_record_get(data, n, &r))
		return 0;
	WF_AUTOBUF struct wf_buf b = {0}, c = {0};
	wf_record_put(&r.event, r.transitions, r.count, &b);
	if (!r.event.data) /* JSON text has more than one spelling */
		FUZZ_CHECK(b.len == n && !memcmp(b.data, data, n));
	FUZZ_CHECK(wf_record_get(b.data, b.len, &s) == 0);
	wf_record_put(&s.event, s.transitions, s.count, &c);
	FUZZ_CHECK(b.len == c.len && !memcmp(b.data, c.data, b.len));
	FUZZ_CHECK(wf_event_name(r.event.type)[0]);
	FUZZ_CHECK(wf_json_equal(r.event.data, s.event.data));
	wf_record_done(&r);
	wf_record_done(&s);
	return 0;
}

/* Signals and events, for those who wait and for those who will. */
#include "base/mem.h"
#include "base/sys.h"
#include "runtime/drive.h"

#include "base/duration.h"

static int give(struct wf_runtime *rt, struct wf_gift *gift, bool *ret_delivered,
	struct wf_cause *cause)
{
	int rc = wf_runtime_give(rt, gift, 1, NULL, cause);
	if (!rc && gift->result && cause)
		*cause = gift->why;
	if (!rc && !gift->result && ret_delivered)
		*ret_delivered = gift->delivered;
	return rc ? rc : gift->result;
}

int wf_runtime_signal(struct wf_runtime *rt, uint64_t number, const json_t *signal,
	bool *ret_delivered, struct wf_cause *cause)
{
	if (!json_is_string(json_object_get(signal, "name")))
		return wf_fail(cause, WF_EINVAL, "a signal needs a name");
	json_t *whole = json_copy((json_t *)(uintptr_t)signal);
	if (!json_object_get(whole, "at")) {
		char at[WF_TIME_TEXT];
		wf_time_text(wf_now_ms(), at);
		(void)json_object_set_new(whole, "at", json_string(at));
	}
	struct wf_gift gift = {.kind = WF_GIFT_SIGNAL, .number = number, .signal = whole};
	int rc = give(rt, &gift, ret_delivered, cause);
	json_decref(whole);
	return rc;
}

int wf_runtime_deliver_event(struct wf_runtime *rt, uint64_t event, uint64_t number, uint32_t step,
	bool *ret_taken, struct wf_cause *cause)
{
	struct wf_gift gift = {
		.kind = WF_GIFT_KEPT_EVENT, .number = number, .kept = event, .step = step};
	return give(rt, &gift, ret_taken, cause);
}

void wf_runtime_deliver_later(struct wf_runtime *rt, uint64_t event, const uint64_t *numbers,
	size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct wf_waiting_gift waiting = {.gift = {.kind = WF_GIFT_KEPT_EVENT,
			.number = numbers[i], .kept = event, .step = WF_NONE}};
		wf_runtime_give_later(rt, &waiting);
	}
}

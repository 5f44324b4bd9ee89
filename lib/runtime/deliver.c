/* Signals and events: kept, handed to who waits. */
#include "runtime/drive.h"

int wf_runtime_signal(struct wf_runtime *rt, uint64_t number, const json_t *signal,
	bool *ret_delivered, struct wf_cause *cause)
{
	(void)rt, (void)number, (void)signal, (void)ret_delivered;
	return wf_fail(cause, WF_EUNSUPPORTED, "signals are not delivered yet");
}

int wf_runtime_deliver_event(struct wf_runtime *rt, uint64_t event, uint64_t number, uint32_t step,
	bool *ret_taken, struct wf_cause *cause)
{
	(void)rt, (void)event, (void)number, (void)step, (void)ret_taken;
	return wf_fail(cause, WF_EUNSUPPORTED, "events are not delivered yet");
}

void wf_runtime_deliver_later(struct wf_runtime *rt, uint64_t event, const uint64_t *numbers,
	size_t count)
{
	(void)rt, (void)event, (void)numbers, (void)count;
}

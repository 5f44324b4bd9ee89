/* Beginning an instance again after it has failed. */
#include "runtime/drive.h"

int wf_runtime_retry(struct wf_runtime *rt, uint64_t number, const char *from, json_t *set,
	const struct wf_plan *plan, const char *by, struct wf_cause *cause)
{
	(void)rt, (void)number, (void)from, (void)set, (void)plan, (void)by;
	return wf_fail(cause, WF_EUNSUPPORTED, "nothing is retried yet");
}

/* Taking new instances in: keys, slots, holds. */
#include "runtime/drive.h"

int wf_runtime_admit(struct wf_runtime *rt, struct wf_txn *txn, const struct wf_start *start,
	enum wf_admission *ret, uint64_t *ret_number, struct wf_cause *cause)
{
	(void)rt, (void)txn, (void)start, (void)ret, (void)ret_number;
	return wf_fail(cause, WF_EUNSUPPORTED, "starts are not admitted yet");
}

/* Dead ends: instances that nothing will ever wake. */
#include "runtime/drive.h"

int wf_runtime_dead_end(struct wf_journal *j, struct wf_home *home, uint64_t number,
	struct wf_cause *cause)
{
	(void)j, (void)home, (void)number, (void)cause;
	return 0;
}

/* How long the definition has the history of its instances kept (execution_log.retention). */
#include "plan/retention.h"

#include "base/duration.h"

#include <string.h>

#define END_OF_TIME INT64_C(253402300800000) /* the year 10000: what would last until then is for ever */

int64_t wf_plan_expiry(const struct wf_plan *plan, int64_t ended_at)
{
	struct wf_duration d;
	if (plan->extra == WF_NONE)
		return 0;
	const json_t *log = json_object_get(plan->consts[plan->extra], "execution_log");
	const char *text = json_string_value(json_object_get(log, "retention"));
	if (!text || wf_duration_parse(text, strlen(text), false, &d))
		return 0;
	int64_t kept = wf_duration_ms(&d);
	if (kept <= 0 || ended_at >= END_OF_TIME || kept >= END_OF_TIME - ended_at)
		return 0;
	return ended_at + kept;
}

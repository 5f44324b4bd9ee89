/* How long a definition has the history of its instances kept (execution_log.retention). */
#ifndef WF_PLAN_RETENTION_H
#define WF_PLAN_RETENTION_H

#include "plan/plan.h"

/* When the history of an instance that ended then has been kept long enough; 0: it is kept for ever. */
int64_t wf_plan_expiry(const struct wf_plan *plan, int64_t ended_at);

#endif

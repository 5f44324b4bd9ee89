/* The action definitions that are shipped: the files of workflows/actions/, embedded by the build. */
#ifndef WF_MODEL_SHIPPED_H
#define WF_MODEL_SHIPPED_H

#include "schema/embedded.h"

extern const struct embedded wf_shipped_action_files[];
extern const size_t wf_shipped_action_count;

#endif

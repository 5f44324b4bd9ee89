/* Instances, by any of their names, and their plans, out of the journal. */
#ifndef WF_CMD_INSTANCE_H
#define WF_CMD_INSTANCE_H

#include "cli.h"

/* Each gives 0, or the exit status after it has said what is wrong; then nothing is given. */

/* The number of the instance of that name: its number, its uuid, or a beginning of a uuid that no other
 * instance's has. */
int wf_find_instance(struct wf_ctx *ctx, const char *name, uint64_t *ret);
/* The instance of that name with all its rows, and its plan. Both are the caller's. */
int wf_load_instance(struct wf_ctx *ctx, const char *name, struct wf_instance **ret,
	struct wf_plan **ret_plan);
/* The plan of an id, read and verified; the caller's. */
int wf_load_stored_plan(struct wf_ctx *ctx, const uint8_t id[WF_HASH_SIZE], struct wf_plan **ret);

#endif

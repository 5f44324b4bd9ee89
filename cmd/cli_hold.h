/* What hold and release share. */
#ifndef WF_CMD_HOLD_H
#define WF_CMD_HOLD_H

#include "cli.h"
#include "journal/waiting.h"

json_t *wf_hold_json(const struct wf_hold *h); /* new */
/* What --dry-run answers. */
int wf_hold_dry(struct wf_ctx *ctx, const char *words);
/* WF_ENOENT, with the cause: no definition and no instance has that name. NULL: everything, which is
 * there. */
int wf_hold_known(struct wf_txn *txn, const char *workflow, struct wf_cause *cause);
/* Whether a definition, enabled or not, or an instance has that name. */
int wf_workflow_known(struct wf_txn *txn, const char *workflow, bool *ret);

#endif

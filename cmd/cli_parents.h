/* Registered parents of what is being registered, as far as they do not fit it any more. */
#ifndef WF_CMD_PARENTS_H
#define WF_CMD_PARENTS_H

#include "cli.h"

struct wf_parents;
struct wf_parents *wf_parents_new(struct wf_ctx *ctx);
void wf_parents_free(struct wf_parents *p); /* NULL is allowed */
/* Before a version of the workflow is registered: keeps it when it takes or gives something else than the
 * newest one that is there. */
void wf_parents_note(struct wf_parents *p, const char *workflow, const struct wf_buf *plan);
/* After it was: the answer's object about it, which gets a list `breaks` when parents do not fit. */
void wf_parents_registered(struct wf_parents *p, const char *workflow, const char *version, json_t *about);
/* Once all are registered: looks through the parents, fills these lists, and says in notes what is in them. */
void wf_parents_tell(struct wf_parents *p);

#endif

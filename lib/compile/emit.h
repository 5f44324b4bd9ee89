/* Expressions to pure instructions. */
#ifndef WF_COMPILE_EMIT_H
#define WF_COMPILE_EMIT_H

#include "expr/expr.h"
#include "plan/plan.h"

/* Emits code that leaves the resolved expression's value on the stack. Bodies of EACH are emitted
 * out of line, behind the code, by wf_emit_flush. */
struct wf_emitter;
struct wf_emitter *wf_emitter_new(struct wf_plan_builder *b);
void wf_emitter_free(struct wf_emitter *e); /* NULL is allowed */
/* What a step of expressions is in the plan, and the group of a step that is a foreach; borrowed. Without
 * it, itself. What has been emitted before is to be flushed before they change. */
void wf_emitter_map(struct wf_emitter *e, const uint32_t *steps, const uint32_t *groups);
void wf_emit_expr(struct wf_emitter *e, const struct wf_expr *expr);
void wf_emit_flush(struct wf_emitter *e);

#endif

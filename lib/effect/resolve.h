/* Inside lib/effect: approval.request's performer, which finds out who is asked. */
#ifndef WF_EFFECT_RESOLVE_H
#define WF_EFFECT_RESOLVE_H

#include "effect/effect.h"

int wf_resolve_begin(struct wf_effects *e, const struct wf_effect_request *request,
	struct wf_cause *cause);

/* Takes the result of a command or request that a resolver began; false: it is somebody else's. */
bool wf_resolve_take(struct wf_effects *e, struct wf_effect_result *result);

#endif

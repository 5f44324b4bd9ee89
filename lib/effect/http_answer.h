/* Inside lib/effect: from what came back of an HTTP request to a typed result. */
#ifndef WF_EFFECT_HTTP_ANSWER_H
#define WF_EFFECT_HTTP_ANSWER_H

#include "effect/http_input.h"

/* Fills all of the result but its cookie. */
void wf_http_result(const struct wf_http_spec *s, const struct wf_http_answer *a,
	struct wf_effect_result *ret);

#endif

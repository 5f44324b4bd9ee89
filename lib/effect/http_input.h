/* Inside lib/effect: http.request's input as the performer needs it. */
#ifndef WF_EFFECT_HTTP_INPUT_H
#define WF_EFFECT_HTTP_INPUT_H

#include "base/mem.h"
#include "effect/effect.h"
#include "effect/http_module.h"

enum wf_http_output { WF_HTTP_BY_TYPE, WF_HTTP_JSON, WF_HTTP_TEXT };

struct wf_http_range {
	unsigned first, last;
};

struct wf_http_spec {
	struct wf_http_call call;         /* all of it in the arena */
	struct wf_http_range *expect;
	size_t expect_count;
	enum wf_http_output output;
};

/* False, with the failure in *ret_fail. */
bool wf_http_read(const struct wf_effect_request *request, struct wf_arena *arena,
	struct wf_http_spec *ret, struct wf_effect_result *ret_fail);

#endif

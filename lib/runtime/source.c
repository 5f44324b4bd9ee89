/* Where more to do comes from while the loop runs. */
#include "runtime/drive.h"

void wf_runtime_set_source(struct wf_runtime *rt, wf_runtime_source_fn *fn, void *arg)
{
	rt->source = fn;
	rt->source_arg = arg;
}

void wf_runtime_fail(struct wf_runtime *rt, const struct wf_cause *cause)
{
	if (rt->failed)
		return;
	rt->failed = cause->err ? cause->err : WF_EINVAL;
	rt->cause = *cause;
}

size_t wf_runtime_in_hand(const struct wf_runtime *rt)
{
	return rt->drive_count + (rt->claim_count - rt->claim_next);
}

void wf_runtime_post_later(struct wf_runtime *rt, const struct wf_post *posts, size_t count,
	wf_runtime_answer_fn *answered, void *arg)
{
	for (size_t i = 0; i < count; i++) {
		struct wf_cause cause = {0};
		int rc = wf_runtime_post(rt, posts[i].number, &posts[i].event, &cause);
		answered(arg, i, rc, &cause);
	}
}

/* Retry policies. */
#include "model/read.h"

#include "base/limits.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* `jitter: true`: half of a delay is random. */
#define JITTER_MILLI 500

static uint32_t milli(double v)
{
	return (uint32_t)(v * 1000.0 + 0.5);
}

static void read_jitter(struct wf_read *r, const struct wf_node *map, struct wf_retry *retry)
{
	const struct wf_node *node = wf_node_get(map, "jitter");
	double share = 0;

	if (node && node->kind == WF_NODE_BOOL)
		retry->jitter_milli = node->boolean ? JITTER_MILLI : 0;
	else if (wf_read_number(r, map, "jitter", 0, 1, &share))
		retry->jitter_milli = milli(share);
}

void wf_read_retry(struct wf_read *r, const struct wf_node *map, struct wf_retry *retry)
{
	static const char *const keys[] = {"max_attempts", "backoff", "initial_delay",
		"initial_delay_ms", "delay", "delay_ms", "max_delay", "max_delay_ms", "coefficient",
		"jitter", "on", "except"};
	static const char *const initial[] = {
		"initial_delay", "initial_delay_ms", "delay", "delay_ms"};
	static const char *const max[] = {"max_delay", "max_delay_ms"};
	static const char *const backoffs[] = {"fixed", "exponential"};
	const struct wf_node *node;
	int64_t attempts;
	double coefficient;

	if (!WF_READ_KEYS(r, map, "`retry`", keys))
		return;
	*retry = (struct wf_retry){.max_attempts = 3, .initial_ms = 1000};
	if (wf_read_int(r, map, "max_attempts", 1, WF_MAX_ATTEMPTS, &attempts))
		retry->max_attempts = (uint32_t)attempts;
	retry->backoff = wf_read_word(r, map, "backoff", backoffs, COUNT(backoffs), 0) == 1
				 ? WF_BACKOFF_EXPONENTIAL
				 : WF_BACKOFF_FIXED;
	retry->coefficient_milli = retry->backoff == WF_BACKOFF_EXPONENTIAL ? 2000 : 1000;
	if (wf_read_number(r, map, "coefficient", 1, 1000, &coefficient)) {
		if (retry->backoff == WF_BACKOFF_FIXED)
			WF_FIND(r, KEY_MISPLACED, wf_node_pair(map, "coefficient")->key_span,
				"`coefficient` is for `backoff: exponential`");
		retry->coefficient_milli = milli(coefficient);
	}
	uint64_t ms = wf_read_millis(r, map, initial, COUNT(initial), 0, &node);
	if (node)
		retry->initial_ms = ms;
	retry->max_ms = wf_read_millis(r, map, max, COUNT(max), 1, &node);
	read_jitter(r, map, retry);
	retry->on_types = wf_read_error_types(r, map, "on");
	retry->except_types = wf_read_error_types(r, map, "except");
}

/* Schedules among the triggers: cron expressions and time zones that cannot be meant. */
#include "base/cron.h"
#include "check/internal.h"

#include <string.h>

static bool is_text(const struct wf_node *node)
{
	return node && node->kind == WF_NODE_STRING;
}

static struct wf_span byte_span(const struct wf_checker *c, const struct wf_node *node, size_t at)
{
	size_t len = node->string.len;
	return at < len ? wf_node_span_within(c->model->source, node, at, at + 1) : node->span;
}

static void check_cron(struct wf_checker *c, const struct wf_node *node)
{
	struct wf_cron cron;
	struct wf_cause cause = {0};
	size_t at = 0;
	int rc = wf_cron_parse(node->string.text, node->string.len, &cron, &at, &cause);

	if (rc == WF_EINVAL)
		(void)WF_FIND(c, CRON_NEVER, node->span, "%s", cause.text);
	else if (rc)
		(void)WF_FIND(c, CRON_INVALID, byte_span(c, node, at), "%s", cause.text);
}

static void check_zone(struct wf_checker *c, const struct wf_node *node)
{
	struct wf_zone *zone = NULL;
	struct wf_cause cause = {0};

	if (wf_zone_open(NULL, node->string.text, &zone, &cause)) {
		struct wf_diag *d = WF_FIND(c, ZONE_UNKNOWN, node->span, "%s", cause.text);
		if (*cause.hint)
			wf_diag_hint(d, "%s", cause.hint);
	}
	wf_zone_free(zone);
}

void wf_check_triggers(struct wf_checker *c)
{
	const struct wf_node *triggers =
		wf_node_get(wf_node_get(c->model->root, "workflow"), "triggers");

	if (!triggers || triggers->kind != WF_NODE_LIST)
		return;
	for (size_t i = 0; i < triggers->list.count; i++) {
		const struct wf_node *trigger = triggers->list.items[i];
		const struct wf_node *cron = wf_node_get(trigger, "cron");
		const struct wf_node *zone = wf_node_get(trigger, "timezone");

		if (is_text(cron))
			check_cron(c, cron);
		if (is_text(zone))
			check_zone(c, zone);
	}
}

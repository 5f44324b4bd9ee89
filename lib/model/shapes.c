/* Which maps of the canonical tree have which keys, as far as dialects must know: those that hold maps
 * of their own, and all names. */
#include "model/dialect.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const struct {
	enum wf_shape shape;
	const char *key;
	enum wf_shape below;
	enum wf_form form;
} holders[] = {
	{WF_SHAPE_WORKFLOW, "triggers", WF_SHAPE_TRIGGER, WF_FORM_LIST},
	{WF_SHAPE_WORKFLOW, "policies", WF_SHAPE_POLICY, WF_FORM_NAMES},
	{WF_SHAPE_WORKFLOW, "concurrency", WF_SHAPE_CONCURRENCY, WF_FORM_MAP},
	{WF_SHAPE_WORKFLOW, "context", WF_SHAPE_CONTEXT, WF_FORM_MAP},
	{WF_SHAPE_WORKFLOW, "defaults", WF_SHAPE_DEFAULTS, WF_FORM_MAP},
	{WF_SHAPE_WORKFLOW, "steps", WF_SHAPE_STEP, WF_FORM_LIST},
	{WF_SHAPE_WORKFLOW, "on_failure", WF_SHAPE_FAILURES, WF_FORM_MAP},
	{WF_SHAPE_WORKFLOW, "completion", WF_SHAPE_COMPLETION, WF_FORM_MAP},
	{WF_SHAPE_WORKFLOW, "execution_log", WF_SHAPE_LOG, WF_FORM_MAP},
	{WF_SHAPE_WORKFLOW, "ui", WF_SHAPE_COMPONENT, WF_FORM_LIST},
	{WF_SHAPE_DEFAULTS, "retry", WF_SHAPE_RETRY, WF_FORM_MAP},
	{WF_SHAPE_FAILURES, "steps", WF_SHAPE_STEP, WF_FORM_LIST},
	{WF_SHAPE_COMPLETION, "on_success", WF_SHAPE_ENDING, WF_FORM_MAP},
	{WF_SHAPE_COMPLETION, "on_failure", WF_SHAPE_ENDING, WF_FORM_MAP},
	{WF_SHAPE_POLICY, "groups", WF_SHAPE_GROUP, WF_FORM_LIST},
	{WF_SHAPE_TRIGGER, "transform", WF_SHAPE_TRANSFORM, WF_FORM_MAP},
	{WF_SHAPE_TRIGGER, "dst", WF_SHAPE_DST, WF_FORM_MAP},
	{WF_SHAPE_STEP, "condition", WF_SHAPE_CONDITION, WF_FORM_MAP},
	{WF_SHAPE_STEP, "next", WF_SHAPE_TRANSITION, WF_FORM_LIST},
	{WF_SHAPE_STEP, "parallel", WF_SHAPE_PARALLEL, WF_FORM_MAP},
	{WF_SHAPE_STEP, "foreach", WF_SHAPE_FOREACH, WF_FORM_MAP},
	{WF_SHAPE_STEP, "retry", WF_SHAPE_RETRY, WF_FORM_MAP},
	{WF_SHAPE_STEP, "on_failure", WF_SHAPE_FAILURE, WF_FORM_MAP},
	{WF_SHAPE_STEP, "on_decision", WF_SHAPE_DECISIONS, WF_FORM_MAP},
	{WF_SHAPE_STEP, "compensate", WF_SHAPE_COMPENSATE, WF_FORM_MAP},
	{WF_SHAPE_PARALLEL, "branches", WF_SHAPE_BRANCH, WF_FORM_LIST},
	{WF_SHAPE_BRANCH, "steps", WF_SHAPE_STEP, WF_FORM_LIST},
	{WF_SHAPE_FOREACH, "steps", WF_SHAPE_STEP, WF_FORM_LIST},
	{WF_SHAPE_FAILURE, "handlers", WF_SHAPE_HANDLER, WF_FORM_LIST},
	{WF_SHAPE_DECISIONS, "approve", WF_SHAPE_DECISION, WF_FORM_MAP},
	{WF_SHAPE_DECISIONS, "reject", WF_SHAPE_DECISION, WF_FORM_MAP},
	{WF_SHAPE_COMPENSATE, "retry", WF_SHAPE_RETRY, WF_FORM_MAP},
};

/* The keys of all these maps, in the order in which a workflow's are usually written. */
static const char *const keys[] = {"id", "version", "name", "description", "input", "context",
	"triggers", "policies", "concurrency", "timeout", "timeout_ms", "defaults", "vars",
	"correlation_id", "enabled", "metadata", "execution_log", "ui", "steps", "on_failure",
	"completion", "output_schema", "action", "with", "condition", "depends_on", "order", "next", "parallel",
	"foreach", "retry", "deadline", "deadline_ms", "max_visits", "on_decision", "compensate",
	"idempotency_key", "on_crash", "output", "set", "to", "when", "handlers", "error_type",
	"error_code", "branches", "join", "limit", "items", "as", "index", "on_item_failure",
	"max_attempts", "backoff", "initial_delay", "initial_delay_ms", "delay", "delay_ms",
	"max_delay", "max_delay_ms", "coefficient", "jitter", "on", "except", "approve", "reject",
	"transition", "result", "on_success", "required", "optional", "level", "retention", "component",
	"priority", "quorum", "groups", "approvers", "deny_initiator", "auto_approve", "max_sla", "type",
	"transform", "expression", "path", "cron", "interval", "at", "timezone", "dst", "gap", "overlap",
	"start", "end", "missed", "grace", "backfill_limit", "key", "on_conflict", "max_in_flight"};

enum wf_shape wf_shape_below(enum wf_shape shape, const char *key, enum wf_form *ret_form)
{
	for (size_t i = 0; i < COUNT(holders); i++)
		if (holders[i].shape == shape && strcmp(holders[i].key, key) == 0) {
			*ret_form = holders[i].form;
			return holders[i].below;
		}
	*ret_form = WF_FORM_MAP;
	return WF_SHAPE_ANY;
}

const char *wf_shape_noun(enum wf_shape shape)
{
	static const char *const nouns[WF_SHAPE_COUNT_] = {
		[WF_SHAPE_WORKFLOW] = "workflow",
		[WF_SHAPE_TRIGGER] = "trigger",
		[WF_SHAPE_STEP] = "step",
		[WF_SHAPE_TRANSITION] = "transition",
		[WF_SHAPE_BRANCH] = "branch",
		[WF_SHAPE_HANDLER] = "handler",
		[WF_SHAPE_COMPONENT] = "component",
		[WF_SHAPE_RETRY] = "`retry`",
		[WF_SHAPE_DEFAULTS] = "`defaults`",
		[WF_SHAPE_COMPENSATE] = "`compensate`",
		[WF_SHAPE_FAILURE] = "`on_failure`",
	};

	return nouns[shape];
}

size_t wf_shape_place(const char *key)
{
	size_t i = 0;

	while (i < COUNT(keys) && strcmp(keys[i], key) != 0)
		i++;
	return i;
}

bool wf_shape_has_key(const char *key)
{
	return wf_shape_place(key) < COUNT(keys);
}

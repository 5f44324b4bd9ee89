/*
 * The canonical model: a workflow as its author meant it, whatever the dialect, with the place of
 * everything in the author's own text. Built by one reader a dialect; resolved by the check; read by
 * the compiler. Everything lives in the model's arenas.
 */
#ifndef WF_MODEL_MODEL_H
#define WF_MODEL_MODEL_H

#include "base/duration.h"
#include "expr/expr.h"
#include "plan/plan.h"
#include "source/tree.h"

enum wf_target_kind { WF_TO_NEXT, WF_TO_END, WF_TO_STEP };

struct wf_target {
	enum wf_target_kind kind;
	const char *id;                /* as written, for TO_STEP */
	uint32_t step;                 /* index; WF_NONE until resolved or when unknown */
	const struct wf_node *node;    /* where it is written; NULL when implied */
};

struct wf_model_expr {
	const struct wf_node *node;    /* NULL: not given */
	struct wf_expr *expr;          /* a predicate or whole expression */
};
struct wf_model_tree {
	const struct wf_node *node;    /* NULL: not given */
	struct wf_expr_tree *tree;
};

struct wf_transition_rule {            /* one of `next` */
	struct wf_target to;
	struct wf_model_expr when;
	const struct wf_node *node;
};
struct wf_failure_rule {               /* one of on_failure.handlers */
	const char *error_type, *error_code; /* NULL: any */
	struct wf_target to;
	const struct wf_node *node;
};
enum wf_failure_action { WF_FAIL_STOP, WF_FAIL_CONTINUE, WF_FAIL_RETRY };

struct wf_decision_rule {              /* on_decision.approve / .reject */
	const struct wf_node *node;    /* NULL: not given */
	struct wf_target to;
	const char *result;            /* NULL: not given */
};

/* A named approval policy: `workflow.policies`. */
struct wf_model_policy {
	const char *name;
	const struct wf_node *node;
	const struct wf_node *groups_node; /* NULL: the step says who is asked */
	bool parallel;                 /* the groups are asked at once */
	uint32_t quorum;               /* 0: everybody who is asked */
	const struct wf_node *quorum_node;
	bool deny_initiator, reject_counts, auto_approve;
	const struct wf_node *deny_node;
	uint64_t max_sla_ms;
	const struct wf_node *max_sla_node;
};

enum wf_trigger_kind {
	WF_TRIGGER_EVENT, WF_TRIGGER_HTTP, WF_TRIGGER_SCHEDULE, WF_TRIGGER_MANUAL, WF_TRIGGER_UNKNOWN
};
struct wf_model_trigger {              /* one of `triggers`, in their order */
	enum wf_trigger_kind kind;
	const struct wf_node *node;
	const char *id;                /* of a schedule; NULL: none */
	struct wf_model_expr when;
	struct wf_model_tree input;    /* of an event; a schedule's is literal */
	const struct wf_node *input_node;
	bool wrong;                    /* there is a finding in it */
};

struct wf_model_step {
	const char *id, *name, *action_name;
	enum wf_action action;         /* WF_ACT_COUNT_ when not a built-in */
	const struct wf_node *node, *id_node, *action_node;
	struct wf_model_tree with;
	const struct wf_node *with_node; /* what is a template of the step's own: an approval's without
	                                    its notifications, a wait.event's without `match` */
	struct wf_model_expr condition;
	struct wf_transition_rule *next;
	uint32_t next_count;
	const struct wf_node *next_node;
	const char **depends_on;
	const struct wf_node **depends_on_nodes;
	uint32_t depends_on_count;
	struct wf_retry retry;
	const struct wf_node *retry_node;
	uint64_t timeout_ms, deadline_ms;
	const struct wf_node *timeout_node, *deadline_node;
	enum wf_on_crash on_crash;
	uint32_t max_visits;
	const struct wf_node *max_visits_node; /* NULL: 1, or what the check gives a step on a loop */
	const struct wf_node *on_failure_node;
	enum wf_failure_action failure_action;
	struct wf_target failure_to;   /* valid when failure_to.node */
	struct wf_failure_rule *handlers;
	uint32_t handler_count;
	struct wf_decision_rule on_approve, on_reject;
	struct wf_model_tree idempotency_key, output, set;
	bool set_all;                  /* `set: true` of data.set: each member becomes a variable */
	struct wf_model_expr transform; /* data.transform's native expression; `with` is its `input` */
	struct wf_model_expr match;    /* of wait.event */
	const struct wf_model_policy *policy; /* of an approval; NULL: not named, or not known */
	struct wf_model_tree policy_groups; /* the policy's groups, read for this step */
	uint32_t notify_first, notify_count; /* of an approval: its notifications in the model */
	const struct wf_type *output_type; /* set by the check */
	struct wf_expr *request;       /* an approval's canonical input: set by the check */
	bool asks_others;              /* a role or a resolver says who is asked: set by the check */
};

/* A notification of an approval: a step of its own, beside the flow. */
struct wf_model_notify {
	uint32_t of;                   /* the approval's step */
	bool reminder;
	struct wf_model_step step;
};

struct wf_model {
	struct wf_expr_arena *exprs;
	struct wf_arena *arena;        /* the same arena's base */
	const struct wf_source *source;/* borrowed */
	const struct wf_node *root;    /* borrowed from the document */
	const char *dialect;           /* "orch" */
	const char *id, *version, *name, *description;
	const struct wf_node *id_node;
	json_t *input_schema;          /* from `input`, or made from `context`; NULL */
	json_t *output_schema;         /* NULL */
	const char **optional_paths;
	uint32_t optional_count;
	const struct wf_node *timeout_node;
	uint64_t timeout_ms;
	json_t *vars;                  /* NULL */
	json_t *extra;                 /* triggers, execution_log, ui … as written; concurrency with
	                                  what was left out */
	struct wf_model_expr correlation; /* `correlation_id` */
	struct wf_model_step *steps;
	uint32_t step_count;
	struct wf_model_notify *notifies; /* in the order of their steps, a step's in the order in which
	                                     they are numbered */
	uint32_t notify_count, notify_room;
	struct wf_model_policy *policies;
	uint32_t policy_count;
	struct wf_model_trigger *triggers;
	uint32_t trigger_count;
	const struct wf_node *concurrency_node;
	struct wf_model_expr slot_key;
	json_t *step_index;            /* private: id to index */
	const char *success_result, *failure_result;
	struct wf_model_tree success_output, failure_output;
	const struct wf_type *input_type, *vars_type; /* set by the check */
	json_t *kept;                  /* list: schemas whose names the check's types point into */
};

/*
 * Reads a document into a model. Findings (unknown keys with "did you mean", wrong types, missing
 * keys, duplicate ids, durations, versions, what is not supported yet) go to diags. NULL only when it
 * is not a workflow at all (a finding says so); a model with errors is good enough for the check to
 * find more, and must not be compiled. The document and source must outlive the model.
 */
struct wf_model *wf_model_read(const struct wf_source *source, const struct wf_document *document,
	struct wf_diags *diags);
void wf_model_free(struct wf_model *model); /* NULL is allowed */

/* The step with that id, or WF_NONE. */
uint32_t wf_model_find_step(const struct wf_model *model, const char *id);

/* Whether a decision's branch that ends the workflow ends it well: by its result's name, and where
 * that is neither completion's success nor its failure, by the decision itself. */
bool wf_model_ends_well(const struct wf_model *model, const struct wf_decision_rule *rule,
	bool approve);

#endif

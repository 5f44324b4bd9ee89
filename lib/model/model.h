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
/* The text of a query, seen to be one. */
struct wf_model_query {
	const struct wf_node *node;    /* a string; NULL: there is none */
	enum wf_query_language language;
};

struct wf_model_trigger {              /* one of `triggers`, in their order */
	enum wf_trigger_kind kind;
	const struct wf_node *node;
	const char *id;                /* of a schedule; NULL: none */
	struct wf_model_expr when;
	struct wf_model_tree input;    /* of an event; a schedule's is literal */
	const struct wf_node *input_node;
	struct wf_model_expr made;     /* of an event: `transform` in the native language … */
	struct wf_model_query query;   /* … or as a query of the event's data */
	bool wrong;                    /* there is a finding in it */
};

struct wf_model_component {            /* one of `ui`, in their order */
	const struct wf_node *node;
	struct wf_model_expr when;     /* not given: it always applies */
};

enum wf_step_kind { WF_STEP_ACTION, WF_STEP_PARALLEL, WF_STEP_FOREACH };

struct wf_model_step {
	const char *id, *name, *action_name;
	struct wf_action_def *defined; /* the action's definition; NULL: it is a built-in */
	enum wf_step_kind kind;
	enum wf_action action;         /* the built-in that performs it in the end; WF_ACT_COUNT_ when there
	                                  is none, and of one that forks */
	const struct wf_node *node, *id_node, *action_node;
	uint32_t block;                /* the list it stands in */
	uint32_t follow;               /* the one after it in its list; WF_NONE: the list's end */
	uint32_t beyond;               /* the first step after it that does not lie in it */
	struct wf_model_fork *fork;    /* NULL: it is an action */
	struct wf_model_step *compensate; /* what undoes it: performed, no part of the flow; NULL */
	const struct wf_node *compensate_node;
	bool keeps;                    /* `compensate: false`: there is nothing to undo */
	int64_t order;                 /* INT64_MAX: not given */
	const struct wf_node *order_node;
	struct wf_model_tree with;
	const struct wf_node *with_node; /* what is a template of the step's own: an approval's without
	                                    its notifications, a wait.event's without `match` */
	bool with_misspelt;            /* it has none, but a key that means it */
	struct wf_model_expr condition;
	struct wf_transition_rule *next;
	uint32_t next_count;
	const struct wf_node *next_node;
	const char **depends_on;
	const struct wf_node **depends_on_nodes;
	uint32_t *depends;             /* their steps, WF_NONE where unknown; set by the check */
	uint32_t depends_on_count;
	struct wf_retry retry;
	const struct wf_node *retry_node;
	const struct wf_node *retry_from; /* the policy that holds: the step's, the workflow's default or
	                                     the action's own; NULL: none was written */
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
	struct wf_model_query query;   /* … or its query of `input`, of the root `data` without one */
	struct wf_model_expr match;    /* of wait.event */
	const struct wf_model_policy *policy; /* of an approval; NULL: not named, or not known */
	struct wf_model_tree policy_groups; /* the policy's groups, read for this step */
	uint32_t notify_first, notify_count; /* of an approval: its notifications in the model */
	const struct wf_type *output_type; /* set by the check */
	struct wf_expr *request;       /* an approval's canonical input: set by the check */
	bool asks_others;              /* a role or a resolver says who is asked: set by the check */
};

/* What a step that forks has: `parallel` or `foreach`. */
struct wf_model_fork {
	const struct wf_node *node;
	uint32_t first_block, block_count; /* branches, or the one body */
	uint32_t needed;               /* of parallel: branches that must succeed; 0 of foreach */
	const struct wf_node *join_node; /* NULL: all, unsaid */
	uint32_t limit;                /* branches or items at once */
	const struct wf_node *limit_node;
	bool go_on;                    /* foreach: a failed item does not end it */
	struct wf_model_tree items;
	const char *as, *index;        /* NULL: not given */
	const struct wf_type *item_type; /* set by the check */
};

/*
 * A list of steps. A transition never leaves its list; a list's end is that of the workflow, branch
 * or item. Steps stand in the model in the order of the text, those of a step's own lists behind it.
 */
enum wf_block_kind { WF_BLOCK_MAIN, WF_BLOCK_BRANCH, WF_BLOCK_ITEM, WF_BLOCK_HANDLER };
struct wf_model_block {
	enum wf_block_kind kind;
	const char *id;                /* of a branch */
	const struct wf_node *node;    /* of the list, or what should have one */
	uint32_t owner;                /* the step it is of; WF_NONE */
	uint32_t depth;                /* 0 for main and handler */
	uint32_t first;                /* the step it begins with; WF_NONE: it has none */
	uint32_t count;
	bool depends;                  /* `depends_on` says what its steps wait for */
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
	const struct wf_node *root;    /* the canonical tree { workflow: … }: the document's own, or its
	                                  translation, whose nodes have the places of the text */
	const char *dialect;           /* "orch"; or the one that was translated */
	bool is_action;                /* of an action definition: one step, which sees the action's input */
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
	uint32_t step_count, step_room;
	struct wf_model_block *blocks; /* the first is the workflow's own list */
	uint32_t block_count, block_room;
	uint32_t handler;              /* block of on_failure.steps; WF_NONE */
	uint32_t side_by_side;         /* `concurrency.steps`: how many of a list with depends_on run at once */
	bool compensates;              /* a failure undoes what has a compensation */
	struct wf_model_notify *notifies; /* in the order of their steps, a step's in the order in which
	                                     they are numbered */
	uint32_t notify_count, notify_room;
	struct wf_model_policy *policies;
	uint32_t policy_count;
	struct wf_model_component *components; /* of `ui` */
	uint32_t component_count;
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

struct wf_catalog; /* model/catalog.h */
struct wf_action_def;

/* What is known beside the text; zeroed it is nothing. */
struct wf_model_options {
	struct wf_catalog *actions;    /* borrowed, and must outlive the model; NULL: the built-ins alone */
	const char *dialect;           /* the one it is in; NULL: told by its shape */
};

/*
 * Reads a document into a model. Findings (unknown keys with "did you mean", wrong types, missing
 * keys, duplicate ids, durations, versions, what is not supported yet) go to diags. NULL only when it
 * is not a workflow at all (a finding says so); a model with errors is good enough for the check to
 * find more, and must not be compiled. The document and source must outlive the model.
 */
struct wf_model *wf_model_read(const struct wf_source *source, const struct wf_document *document,
	struct wf_diags *diags);
struct wf_model *wf_model_read_with(const struct wf_source *source,
	const struct wf_document *document, const struct wf_model_options *options,
	struct wf_diags *diags);
void wf_model_free(struct wf_model *model); /* NULL is allowed */

/* The step with that id, or WF_NONE. */
uint32_t wf_model_find_step(const struct wf_model *model, const char *id);

/* Whether the flow goes on behind the step where it fails and no handler takes it. */
static inline bool wf_model_goes_on(const struct wf_model_step *s)
{
	return s->on_failure_node && (s->failure_action == WF_FAIL_CONTINUE ||
			(s->failure_action == WF_FAIL_RETRY && s->failure_to.node));
}

/* wfctl's error type that is most like the word, such as TimeoutError of Timeout; NULL: none is. */
const char *wf_model_nearest_type(const char *type);

/* Whether a decision's branch that ends the workflow ends it well: by its result's name, and where
 * that is neither completion's success nor its failure, by the decision itself. */
bool wf_model_ends_well(const struct wf_model *model, const struct wf_decision_rule *rule,
	bool approve);

#endif

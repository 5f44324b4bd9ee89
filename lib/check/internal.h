/* What the parts of the check share. Private to lib/check. */
#ifndef WF_CHECK_INTERNAL_H
#define WF_CHECK_INTERNAL_H

#include "check/check.h"
#include "check/flow.h"

struct wf_checker {
	struct wf_model *model;
	struct wf_diags *diags;
	struct wf_arena *arena; /* the model's */
	struct wf_graph flow, lists;
	struct wf_check_schemas *schemas;
	struct wf_known *known; /* other workflows; NULL: none */
	bool unknown_steps; /* a target has a finding: what is out of reach may follow from it */
};

#define WF_FIND(c, rule, span, ...)                                                                \
	wf_diag_add((c)->diags, WF_RULE_##rule, (c)->model->source, (span), __VA_ARGS__)

/* targets.c: every `to` and `depends_on` to its step, with findings. Before the flow is built. */
void wf_check_targets(struct wf_checker *c);
/* order.c: the order of lists with `depends_on` or `order`, and what does not go with it. After the
 * targets, before the flow is built. */
void wf_check_order(struct wf_checker *c);
/* ran.c: whether a step has run before a node of the flow. Zeroed but for the checker it is
 * ready. */
struct wf_check_ran {
	struct wf_checker *c;
	uint64_t cost;
	bool *awaited;       /* by step: what that step waits for */
	uint32_t awaited_by;
};
enum wf_step_ran wf_check_ran(struct wf_check_ran *r, uint32_t step, uint32_t node);
/* Whether two steps may run side by side: in different branches, or neither waits for the other. */
bool wf_check_beside(struct wf_check_ran *r, uint32_t a, uint32_t b);
void wf_check_ran_done(struct wf_check_ran *r);
/* vars.c: the variables, and their type at a node of the flow. Zeroed but for the first two it is
 * ready to begin. */
struct wf_check_vars {
	struct wf_checker *c;
	struct wf_check_ran *ran;
	struct wf_check_var *items;
	uint32_t count, room;
	json_t *index;       /* name to place */
	bool vary;           /* some is only there once a step has set it */
	uint64_t cost;
};
void wf_check_vars_begin(struct wf_check_vars *all);
const struct wf_type *wf_check_vars_type(struct wf_check_vars *all, uint32_t node);
void wf_check_vars_done(struct wf_check_vars *all);
/* failures.c, by node of the flow. */
struct wf_check_failures {
	bool *after;         /* a failure may have led here */
	bool *unfailed;      /* there is a way here without a failure */
};
void wf_check_failures_begin(struct wf_checker *c, struct wf_check_failures *ret);
void wf_check_failures_done(struct wf_check_failures *f);
/* forks.c: joins that cannot complete, variables of several branches, compensations, limits. After the
 * bindings. */
void wf_check_forks(struct wf_checker *c);
/* The type of what a step with branches or a body gives. Its steps have theirs. */
const struct wf_type *wf_check_fork_type(struct wf_checker *c, const struct wf_model_step *s);
/* The step of the block that the step is, or lies in; WF_NONE. */
uint32_t wf_check_step_in(const struct wf_model *m, uint32_t step, uint32_t block);
/* loops.c: circles, loops without a bound, steps out of reach, transitions never taken. Gives steps
 * on a loop that another step bounds the highest max_visits. */
void wf_check_loops(struct wf_checker *c);
/* action.c: the definitions that steps use, each once. First of all. Whether they are sound. */
bool wf_check_actions(struct wf_checker *c);
/* The roots that a definition's templates see, as bits; `output` in its result. */
extern const uint32_t wf_check_action_roots;
void wf_check_definition(struct wf_checker *c, struct wf_action_def *def);
/* Takes what defaults bring out of what a schema requires, in place. */
void wf_check_spare_defaults(json_t *schema);
/* bindings.c: resolves and types every expression; sets the steps' output types. */
void wf_check_bindings(struct wf_checker *c);
/* input.c: each action's input against its schema. After the bindings. */
void wf_check_inputs(struct wf_checker *c);
/* hints.c: of a part that has the wrong form, how it is written. No finding (NULL) is allowed. */
void wf_check_hint_input(enum wf_action action, const char *name, struct wf_diag *d);
/* Of an object with few properties all are said. */
void wf_check_hint_members(const json_t *properties, struct wf_diag *d);
/* What `result` of a definition makes, against the output's schema. */
void wf_check_result(struct wf_checker *c, json_t *schema, const char *action,
	const struct wf_node *node, const struct wf_expr *e);
/* A value that is computed, or written out, against a schema; `of` and `whole` name it. */
void wf_check_fits(struct wf_checker *c, json_t *schema, enum wf_rule rule, const char *of,
	const char *whole, const struct wf_node *node, const struct wf_expr *e);
/* children.c: what the workflow gives at its end against its own schema. After the bindings. */
void wf_check_output(struct wf_checker *c);
/* The type of what the step's child gives; NULL where nothing is known of it. */
const struct wf_type *wf_check_child_type(struct wf_checker *c, const struct wf_model_step *s);
/* triggers.c: schedules and the names of events. After the bindings. */
void wf_check_triggers(struct wf_checker *c);
/* An event's or signal's name; with a `*` in its parts when it is a pattern. */
void wf_check_event_name(struct wf_checker *c, const struct wf_node *node, const char *name,
	bool pattern);
/* raised.c: error types of the definition's own that never come. */
void wf_check_raised(struct wf_checker *c);
/* literal.c: what looks like a template, and is none. */
void wf_check_literals(struct wf_checker *c);
/* policy.c: approvals, times, retries. After the bindings. */
void wf_check_policies(struct wf_checker *c);

/* approval.c: one approval, which gets its canonical input. */
void wf_check_approval(struct wf_checker *c, struct wf_model_step *s);

/* people.c: a map like `approvers`, and its value as the engine reads it. */
struct wf_people {
	bool known;     /* all names are written out */
	uint32_t count; /* different ones */
	bool others;    /* a role or a resolver says more */
};
struct wf_expr *wf_check_people(struct wf_checker *c, const struct wf_node *node, struct wf_expr *e,
	struct wf_people *ret);

/* A map of expressions in the making; zeroed it is empty. */
struct wf_check_map {
	struct wf_expr **items; /* key, value, key, value … */
	size_t count, room;
};
/* NULL adds nothing. */
void wf_check_add(struct wf_checker *c, struct wf_check_map *m, const char *name, struct wf_expr *e);
/* Empties it. */
struct wf_expr *wf_check_map_of(struct wf_checker *c, struct wf_check_map *m);
/* As wf_check_member, to be built into another expression. NULL is a map without members. */
struct wf_expr *wf_check_part(struct wf_expr *e, const char *name);

/* The value of an expression that is written out in full: new reference; NULL when any part of it
 * is computed. */
json_t *wf_check_literal(const struct wf_expr *e);

/* The expression of a built map's member; NULL when it has none of that name, or is no map. */
const struct wf_expr *wf_check_member(const struct wf_expr *e, const char *name);

/* A copy of a schema in which what has a default is required: the type of a value that has got
 * them. New reference. */
json_t *wf_check_with_defaults(const json_t *schema);

/* Schemas for one model alone: what its types need is kept with the model. */
struct wf_check_schemas *wf_check_schemas_of(struct wf_model *model);
/* Borrowed; NULL when the action has none. */
json_t *wf_check_schema(struct wf_check_schemas *s, enum wf_action action, bool output);
/* From here on WF_ACT_COUNT_ stands for a definition whose input (or output) has that schema. */
void wf_check_use_schema(struct wf_check_schemas *s, json_t *schema);
/* The type of the action's output; NULL when it has no schema. */
const struct wf_type *wf_check_output_type(struct wf_check_schemas *s, enum wf_action action);
/* A part of an action's input schema: compiled (NULL when it cannot be), and as a type. */
const struct wf_schema *wf_check_compiled(struct wf_check_schemas *s, enum wf_action action,
	json_t *part);
const struct wf_type *wf_check_type(struct wf_check_schemas *s, enum wf_action action, json_t *part);
/* The kinds of that type alone, for less. */
uint32_t wf_check_kinds(struct wf_check_schemas *s, enum wf_action action, json_t *part);

#endif

/*
 * What every dialect's reader needs: typed access to the keys of a map, with a finding at the exact
 * place of what does not fit. Private to lib/model.
 */
#ifndef WF_MODEL_READ_H
#define WF_MODEL_READ_H

#include "model/model.h"

struct wf_read {
	struct wf_model *model;
	const struct wf_source *source;
	struct wf_arena *arena;
	struct wf_diags *diags;
	struct wf_retry default_retry; /* `defaults` of the workflow */
	const struct wf_node *default_retry_node;
	uint64_t default_timeout_ms;
	const char *beside;            /* what of the workflow stands beside it, misplaced; NULL */
	struct own_types *own_types;   /* private to wf_read_error_type */
	struct wf_catalog *actions;    /* NULL: none but the built-ins */
	struct wf_action_def *definition; /* that is being read; NULL: a workflow is */
};

#define WF_FIND(r, rule, span, ...)                                                                \
	wf_diag_add((r)->diags, WF_RULE_##rule, (r)->source, (span), __VA_ARGS__)

/* "a string", "an integer", "null". */
const char *wf_read_kind_phrase(const struct wf_node *node);

/* A finding for each key of the map that is not in the list, with the nearest one that is. `what`
 * names the map ("a step"). False when the node is no map (a finding says so). */
bool wf_read_keys(struct wf_read *r, const struct wf_node *map, const char *what,
	const char *const *keys, size_t count);
#define WF_READ_KEYS(r, map, what, keys)                                                           \
	wf_read_keys((r), (map), (what), (keys), sizeof(keys) / sizeof *(keys))

/* Whether the map has neither the key nor one that means it, and has a finding for that: after wf_read_keys. */
bool wf_read_lacks(struct wf_read *r, const struct wf_node *map, const char *key);

/* Whether a step has keys that belong into its action's input: there is a finding for each. */
bool wf_read_beside_input(const struct wf_node *step);

/* The key's value when it is there and of that kind; else NULL, after a finding when it is there
 * and of another. */
const struct wf_node *wf_read_kind(
	struct wf_read *r, const struct wf_node *map, const char *key, enum wf_node_kind kind);
const char *wf_read_string(struct wf_read *r, const struct wf_node *map, const char *key);
/* Leaves *ret alone when the key is not there or not within [min, max]. */
bool wf_read_int(struct wf_read *r, const struct wf_node *map, const char *key, int64_t min,
	int64_t max, int64_t *ret);
bool wf_read_bool(struct wf_read *r, const struct wf_node *map, const char *key, bool *ret);
bool wf_read_number(struct wf_read *r, const struct wf_node *map, const char *key, double min,
	double max, double *ret);

/* The index of the key's value in a list of words; `fallback` when the key is not there or its
 * value is none of them (a finding names the nearest). */
size_t wf_read_word(struct wf_read *r, const struct wf_node *map, const char *key,
	const char *const *words, size_t count, size_t fallback);

/* A finding for each text with `${` in a value that stands as it is. `what` names it, `hint` (may be NULL) says
 * what to do instead. */
void wf_read_no_templates(struct wf_read *r, const struct wf_node *node, const char *what,
	const char *hint);

/*
 * Milliseconds from the first of the keys that is given: one that ends in "_ms" holds an integer,
 * another an ISO 8601 duration. Two of them are a conflict. *ret_node is where it stands, NULL when
 * none is given. A `min` of 1 refuses zero.
 */
uint64_t wf_read_millis(struct wf_read *r, const struct wf_node *map, const char *const *keys,
	size_t count, uint64_t min, const struct wf_node **ret_node);

/* Error type names of a list as bits; those of the definition's own have none. */
uint32_t wf_read_error_types(struct wf_read *r, const struct wf_node *map, const char *key);
/* Whether the name is an error type, or what a `fail` of the workflow, or a child, may say for itself; a
 * finding with the nearest one when not. */
bool wf_read_error_type(struct wf_read *r, const struct wf_node *node);

/* A whole expression; a boolean may stand for itself. */
struct wf_model_expr wf_read_predicate(
	struct wf_read *r, const struct wf_node *map, const char *key);
/* A whole expression in another language; `node` is NULL where it is none. */
struct wf_model_query wf_read_query(struct wf_read *r, const struct wf_node *map, const char *key,
	enum wf_query_language language);
/* The languages of `language` and `type`: native first, then the query languages in their order. */
#define WF_READ_LANGUAGES 3
extern const char *const wf_read_languages[WF_READ_LANGUAGES];
struct wf_model_tree wf_read_tree(struct wf_read *r, const struct wf_node *node);

/* [A-Za-z_][A-Za-z0-9_-]*, with dots when allowed, up to WF_MAX_ID bytes. */
bool wf_read_valid_id(const char *id, bool dots);
/* Semantic Versioning 2.0.0. */
bool wf_read_semver(const char *text);

/* An input schema from `context`; fills optional_paths. New reference; NULL when nothing is
 * declared. */
json_t *wf_read_context(struct wf_read *r, const struct wf_node *context);

/* The retry policy of a map; `retry` holds the defaults on entry. */
void wf_read_retry(struct wf_read *r, const struct wf_node *map, struct wf_retry *retry);

/* What performs a step: `action`, `with`, `retry`, times and `on_crash` of the map, into the step. */
void wf_read_performed(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s);

/* `policies` of the workflow; `concurrency`; `triggers`. */
void wf_read_approval_policies(struct wf_read *r, const struct wf_node *workflow);
void wf_read_concurrency(struct wf_read *r, const struct wf_node *workflow);
void wf_read_triggers(struct wf_read *r, const struct wf_node *workflow);
/* Of an approval.request: its policy and notifications; with_node becomes what is left. */
void wf_read_approval(struct wf_read *r, uint32_t step, struct wf_model_step *s);

/* A copy of a map without a key, or with another value for it. In the arena. */
const struct wf_node *wf_read_without(struct wf_read *r, const struct wf_node *map, const char *key);
const struct wf_node *wf_read_with_value(struct wf_read *r, const struct wf_node *map,
	const char *key, const struct wf_node *value);

/* All steps of the workflow, those of on_failure too, into the model. */
void wf_read_orch_steps(
	struct wf_read *r, const struct wf_node *workflow, const struct wf_node *defaults);
/* A step of a list; its index, WF_NONE when it is none. */
uint32_t wf_read_step(struct wf_read *r, const struct wf_node *map, uint32_t block);
/* `parallel` or `foreach` of the step; `compensate`. */
void wf_read_fork(struct wf_read *r, const struct wf_node *map, uint32_t step);
void wf_read_compensate(struct wf_read *r, const struct wf_node *map, struct wf_model_step *s);
/* -- action.c -- */

struct wf_catalog;
struct wf_action_def;
/* An empty model. */
struct wf_model *wf_model_new(const struct wf_source *source, const struct wf_node *root);
void wf_read_action_definition(struct wf_catalog *c, struct wf_action_def *def);
/* The definition of the step's action, which is no built-in: false when there is none. */
bool wf_read_defined(struct wf_read *r, struct wf_model_step *s);
/* Whether the built-in can perform a definition. */
void wf_read_means(struct wf_read *r, const struct wf_model_step *s);

/* A warning for each keyword that JSON Schema does not have. */
void wf_read_schema_words(struct wf_read *r, const struct wf_node *schema);

/* A JSON Schema, new; NULL without one, or after a finding. */
json_t *wf_read_schema(struct wf_read *r, const struct wf_node *node, const char *key);

/* `enabled`, `metadata`, `execution_log` and `ui`: what is told of a workflow and of its instances. */
void wf_read_shown(struct wf_read *r, const struct wf_node *workflow);

/* A workflow of the orch dialect, into the model. */
void wf_read_orch(struct wf_read *r, const struct wf_node *workflow);

#endif

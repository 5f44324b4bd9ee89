/*
 * Dialects: other shapes and names for what the canonical one says.
 *
 * A dialect is a table of names and a few functions. A definition in it is translated into the tree
 * that its author could have written in the canonical dialect, whose nodes keep the places of the
 * author's own text; the one reader does the rest, and what it finds is put in the dialect's names.
 * Private to lib/model but for the first part.
 */
#ifndef WF_MODEL_DIALECT_H
#define WF_MODEL_DIALECT_H

#include "model/model.h"

/* The names of all dialects, the canonical one first; NULL past the last. */
const char *wf_dialect_name(size_t i);

/* The i-th of its own names: where it stands (a "step"; NULL: in no map with a name), and the canonical
 * key, NULL for what is kept in `metadata`. False past the last. */
bool wf_dialect_word(const char *dialect, size_t i, const char **ret_where, const char **ret_theirs,
	const char **ret_ours);

/* Findings from the given one on, about the model's own text, in the names of its dialect. */
void wf_dialect_speak(const struct wf_model *model, struct wf_diags *diags, size_t from);

/* -- private -- */

/* What a map of the canonical tree is. */
enum wf_shape {
	WF_SHAPE_ANY, /* nothing is known of it: kept as it is */
	WF_SHAPE_WORKFLOW,
	WF_SHAPE_CONCURRENCY,
	WF_SHAPE_DEFAULTS,
	WF_SHAPE_CONTEXT,
	WF_SHAPE_FAILURES,
	WF_SHAPE_COMPLETION,
	WF_SHAPE_ENDING,
	WF_SHAPE_LOG,
	WF_SHAPE_COMPONENT,
	WF_SHAPE_POLICY,
	WF_SHAPE_GROUP,
	WF_SHAPE_TRIGGER,
	WF_SHAPE_TRANSFORM,
	WF_SHAPE_DST,
	WF_SHAPE_STEP,
	WF_SHAPE_CONDITION,
	WF_SHAPE_TRANSITION,
	WF_SHAPE_PARALLEL,
	WF_SHAPE_BRANCH,
	WF_SHAPE_FOREACH,
	WF_SHAPE_RETRY,
	WF_SHAPE_FAILURE,
	WF_SHAPE_HANDLER,
	WF_SHAPE_DECISIONS,
	WF_SHAPE_DECISION,
	WF_SHAPE_COMPENSATE,
	WF_SHAPE_COUNT_
};

struct wf_dialect;
struct wf_translation {
	const struct wf_dialect *dialect;
	struct wf_read *r;
};

/* Puts what the pair of a map of that shape says into the canonical map. */
typedef void wf_translate_fn(struct wf_translation *t, enum wf_shape shape,
	const struct wf_pair *theirs, const char *ours, struct wf_node *out);

/* A key of the dialect for one of the canonical map. Without a function its value is translated as the
 * canonical key's. */
struct wf_rename {
	enum wf_shape shape;
	const char *theirs, *ours;
	wf_translate_fn *put;
	bool beside; /* the canonical name may be used too */
};

struct wf_dialect {
	const char *name;
	bool camel;   /* its other keys are the canonical ones in camelCase */
	bool null_is_absent;
	const char *mark; /* the root key that tells it from others */
	const struct wf_rename *renames;
	size_t rename_count;
	/* After all keys of a map. `theirs` is the author's. */
	void (*finish)(struct wf_translation *t, enum wf_shape shape, const struct wf_node *theirs,
		struct wf_node *out);
};
extern const struct wf_dialect wf_flexprice, wf_taskflow;

/* What the key of a map of that shape holds: a map of the shape, a list of them, or a map of names. */
enum wf_form { WF_FORM_MAP, WF_FORM_LIST, WF_FORM_NAMES };
enum wf_shape wf_shape_below(enum wf_shape shape, const char *key, enum wf_form *ret_form);
/* "workflow": what findings call a map of that shape. */
const char *wf_shape_noun(enum wf_shape shape);
/* Whether the canonical dialect has the key anywhere. */
bool wf_shape_has_key(const char *key);
/* Where in the usual order of a workflow's keys it stands. */
size_t wf_shape_place(const char *key);

/* The canonical key as the dialect writes it. */
const char *wf_dialect_key(const struct wf_dialect *d, enum wf_shape shape, const char *ours,
	char *room, size_t size);

/* The canonical tree { workflow: … } of a document's root. */
const struct wf_node *wf_dialect_translate(struct wf_read *r, const struct wf_dialect *d,
	const struct wf_node *root);
/* The dialect of a document by its shape, or by the name that was given; NULL is the canonical one. A
 * mixture is a finding, and so is a name that is none. */
const struct wf_dialect *wf_dialect_of(struct wf_read *r, const struct wf_node *root, const char *name);
/* Whether the key is another dialect's for one of these: a finding says so. */
bool wf_dialect_foreign(struct wf_read *r, const struct wf_pair *pair, const char *const *keys,
	size_t count);

/* For the functions of a dialect: nodes in the arena, at the place of another one. */
struct wf_node *wf_tr_map(struct wf_translation *t, const struct wf_node *at);
struct wf_node *wf_tr_list(struct wf_translation *t, const struct wf_node *at, size_t count);
struct wf_node *wf_tr_string(struct wf_translation *t, const struct wf_node *at, const char *text);
struct wf_node *wf_tr_number(struct wf_translation *t, const struct wf_node *at, int64_t value);
/* Where a dialect's retry does not say what it is for: what is likely to pass, and a command that fails. */
void wf_tr_retry_on(struct wf_translation *t, const struct wf_node *at, struct wf_node *retry);
/* The map grows; a key that is there already is a conflict. */
void wf_tr_put(struct wf_translation *t, struct wf_node *map, const char *key, struct wf_span key_span,
	const struct wf_node *value);
/* The translation of a value that is of that shape. */
const struct wf_node *wf_tr_value(struct wf_translation *t, enum wf_shape shape, enum wf_form form,
	const struct wf_node *value);
/* All keys of a map into the canonical one. */
void wf_tr_keys(struct wf_translation *t, enum wf_shape shape, const struct wf_node *map,
	struct wf_node *out);

/* condition.c, of flexprice: a map of `field`, `operator` and `value`, or a trigger's list of those and of
 * expressions, as the text of one expression. NULL: after a finding, or where there is none in the list. */
const struct wf_node *wf_tr_condition(struct wf_translation *t, const struct wf_node *map);
const struct wf_node *wf_tr_conditions(struct wf_translation *t, const struct wf_node *list);

#endif

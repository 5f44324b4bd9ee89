/*
 * Action definitions: where they stand, and how a name is looked up among them.
 *
 * A shelf holds the definitions of one place (a file, a folder, the journal, those that are shipped)
 * as they are written. A catalogue looks for a name on its shelves, one after the other, and reads
 * what it finds; what is read lives as long as the catalogue. The shelves must outlive it, and both
 * the findings, which point into the texts.
 */
#ifndef WF_MODEL_CATALOG_H
#define WF_MODEL_CATALOG_H

#include "model/model.h"

/* Whether the document is an action definition: `kind: action`. */
bool wf_is_action_definition(const struct wf_node *root);

struct wf_shelf;
struct wf_shelf *wf_shelf_new(void);
void wf_shelf_free(struct wf_shelf *s); /* NULL is allowed */
/* Keeps the text, which it takes, and adds the definitions in it; a document that is a list is a
 * bundle of documents. Findings are about reading the text alone; with NULL for them it is read when a
 * name is looked for that may stand in it, and its findings are dropped. */
void wf_shelf_add_text(struct wf_shelf *s, const char *name, struct wf_buf *taken,
	struct wf_diags *diags);
/* The same for documents that are read and kept by the caller. */
void wf_shelf_add_documents(struct wf_shelf *s, const struct wf_source *source,
	const struct wf_documents *documents);
/* Called once, when something is looked for on the shelf for the first time. */
void wf_shelf_fill_later(struct wf_shelf *s, void (*fill)(void *arg, struct wf_shelf *s), void *arg);
/* Those that are shipped, filled when they are looked at. */
struct wf_shelf *wf_shelf_shipped(void);
/* The definition's name and place, in the order in which they were added; false past the last. */
struct wf_shelf_entry {
	const char *id; /* "" when it has none */
	const struct wf_source *source;
	const struct wf_node *root;
};
bool wf_shelf_at(struct wf_shelf *s, size_t i, struct wf_shelf_entry *ret);
/* Definitions of one name, of which it cannot be told which one is meant, are findings. */
void wf_shelf_find_twins(struct wf_shelf *s, struct wf_diags *diags);

/* A definition that was read: a workflow of one step, which sees the action's input alone. */
struct wf_action_def {
	const char *id;
	const struct wf_source *source;
	const struct wf_node *root;
	struct wf_model *model;      /* its input_schema and output_schema are the action's */
	struct wf_model_step *step;  /* what performs it, its `output` the `result`; NULL when it cannot
	                                be read (findings say so) */
	struct wf_diags diags;       /* of reading it; whoever uses it first takes them */
	const struct wf_type *output_type; /* set by the check */
	json_t *given_schema;        /* of what a step must give: set by the check; NULL: anything */
	bool checked, reading;
	bool broken;                 /* it has an error: nothing that uses it may be compiled */
	bool retries, times;         /* it says how it is retried; how long an attempt may take */
	struct wf_action_def *wanted_by; /* the definition for which it is being read */
};

struct wf_catalog;
struct wf_catalog *wf_catalog_new(void);
void wf_catalog_free(struct wf_catalog *c); /* NULL is allowed */
/* Looked at after those that it has already. */
void wf_catalog_add(struct wf_catalog *c, struct wf_shelf *borrowed);
/* The first definition of that name, read; NULL when there is none. `by`: for which other one. */
struct wf_action_def *wf_catalog_find(struct wf_catalog *c, const char *id, struct wf_action_def *by);
/* The definition that is this document of a shelf; another one of its name on the same shelf is a
 * finding. */
struct wf_action_def *wf_catalog_of(struct wf_catalog *c, const struct wf_source *source,
	const struct wf_node *root);
/* The most similar name among them and the built-in actions; NULL when none is similar. */
const char *wf_catalog_nearest(const struct wf_catalog *c, const char *name);

#endif

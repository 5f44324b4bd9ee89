/*
 * Workflows that are known where one is checked: what they take and give, and which others they start.
 * Those of the text at hand are asked before those that stand elsewhere.
 */
#ifndef WF_CHECK_KNOWN_H
#define WF_CHECK_KNOWN_H

#include "model/model.h"

struct wf_known_start {
	char *workflow, *version;          /* version NULL: the newest */
	const struct wf_model_step *step;  /* of a model at hand; NULL */
	const struct wf_node *node;        /* where that names the workflow */
};

struct wf_known_workflow {
	char *id, *version;                /* version NULL: none is said */
	char *place;                       /* "in b.yaml:3", "registered as 1.0.0"; NULL: the text at hand */
	char *file;                        /* that it stands in; NULL */
	json_t *input, *output;            /* schemas; NULL: anything */
	const struct wf_model *model;      /* of the text at hand, borrowed; NULL */
	bool with;                         /* it is run together with the text at hand */
	bool pinned;                       /* found by its version alone: it may not be the newest */
	bool disabled;                     /* it cannot be started */
	struct wf_known_start *starts;
	size_t start_count, start_room;
	uint32_t seen;                     /* private to who follows them */
};

struct wf_known;
struct wf_known *wf_known_new(void);
void wf_known_free(struct wf_known *k); /* NULL is allowed */

/* A workflow of the text at hand: the model must outlive what is known. */
void wf_known_add_model(struct wf_known *k, const struct wf_model *model);
/* One that stands elsewhere: neither model nor plan is kept. version: under which it is registered. */
struct wf_known_workflow *wf_known_add_other(struct wf_known *k, const struct wf_model *model);
struct wf_known_workflow *wf_known_add_plan(struct wf_known *k, const struct wf_plan *plan,
	const char *version);
/* One of which nothing is known but that it cannot be started. */
void wf_known_add_disabled(struct wf_known *k, const char *id);

/* What is not found is looked for there as well; borrowed. */
void wf_known_behind(struct wf_known *k, struct wf_known *others);
/* Called with what is not found: it may add what it finds elsewhere. */
void wf_known_ask(struct wf_known *k,
	void (*fn)(void *arg, struct wf_known *k, const char *id, const char *version), void *arg);
/* The unknown are to be complained of; `name` is one that could have been meant. */
void wf_known_all(struct wf_known *k);
void wf_known_name(struct wf_known *k, const char *name);
bool wf_known_is_all(const struct wf_known *k);

/* version NULL: any. NULL when it is not known. Stays until wf_known_free. */
struct wf_known_workflow *wf_known_find(struct wf_known *k, const char *id, const char *version);
/* In the order in which they were added, those behind after them; NULL past the last. */
struct wf_known_workflow *wf_known_at(struct wf_known *k, size_t i);
/* The most similar name; NULL. */
const char *wf_known_nearest(struct wf_known *k, const char *id);

#endif

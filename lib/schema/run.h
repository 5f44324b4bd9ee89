/* One validation, private to validate.c and the files it calls. */
#ifndef WF_SCHEMA_RUN_H
#define WF_SCHEMA_RUN_H

#include "schema/node.h"

/* A value's place in the instance, chained on the C stack: no memory while all is well. */
struct place {
	const struct place *up; /* NULL: the whole instance */
	const char *key;	/* NULL: `index` */
	size_t index;
};

/* The resources that validation went through to get here, innermost first: what $dynamicRef asks.
 */
struct scope {
	const struct scope *outer;
	const struct resource *resource;
};

/* Which members and items of one value some schema has evaluated. A log: what a schema that failed
 * in the end had added is cut off again. */
struct seen {
	const char **keys;
	size_t key_count, key_room;
	size_t *items;
	size_t item_count, item_room;
	size_t items_upto; /* all below it */
	bool all_keys, all_items;
};

struct run {
	struct wf_schema_issues *issues; /* NULL: only whether it is valid */
	struct wf_schema_issues *top;	 /* the caller's */
	bool stopped;			 /* a limit was hit: nothing counts any more */
	unsigned depth;
	uint64_t steps;
};

/* A value under validation, with what goes along with it. */
struct subject {
	const json_t *value;
	const struct place *at;
	const struct scope *scope;
	struct seen *seen; /* NULL when nobody asks */
};

bool wf_schema_check(struct run *r, const struct node *n, const struct subject *s);

/* values.c, containers.c, alternatives.c: one node's own words on one type of value. */
bool wf_schema_check_value(struct run *r, const struct node *n, const struct subject *s);
bool wf_schema_check_number(struct run *r, const struct node *n, const struct subject *s);
bool wf_schema_check_string(struct run *r, const struct node *n, const struct subject *s);
bool wf_schema_check_list(struct run *r, const struct node *n, const struct subject *s);
bool wf_schema_check_object(struct run *r, const struct node *n, const struct subject *s);
bool wf_schema_check_alternatives(
	struct run *r, const struct node *n, const struct subject *s, bool one);
bool wf_schema_report_never(struct run *r, const struct node *n, const struct subject *s);
bool wf_schema_check_unevaluated_items(
	struct run *r, const struct node *n, const struct subject *s, size_t from);
bool wf_schema_check_unevaluated_properties(
	struct run *r, const struct node *n, const struct subject *s, size_t from);
/* 1, 0, or negative after the run was stopped. */
int wf_schema_match(struct run *r, const struct node *n, const struct subject *s,
	const struct pattern *p, const char *text, size_t len);

void wf_schema_seen_key(struct seen *seen, const char *key);

/* issues.c. Each returns false. */
bool wf_schema_report(struct run *r, const struct node *n, const struct subject *s,
	const char *keyword, const char *missing, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
bool wf_schema_stop(
	struct run *r, const struct node *n, const struct subject *s, const char *message);
/* "a string or null" */
void wf_schema_types_text(unsigned types, struct wf_buf *out);
/* Whether reasons are being collected and there is room for more. */
bool wf_schema_collecting(const struct run *r);

/* Runs a check; goes on after a failure only to collect more reasons. */
#define WF_SCHEMA_TRY(r, ok, expression)                                                           \
	do {                                                                                       \
		if (!(expression)) {                                                               \
			(ok) = false;                                                              \
			if (!wf_schema_collecting(r))                                              \
				return false;                                                      \
		}                                                                                  \
	} while (0)

#endif

/*
 * JSON Schema 2020-12 over JSON values.
 *
 * A compiled schema is immutable. When asked, `format` is an assertion: date-time, date, time,
 * duration, uri, uri-reference, uri-template, iri, iri-reference, email, idn-email, uuid, regex,
 * json-pointer, relative-json-pointer, ipv4, ipv6, hostname, idn-hostname, by their standards to
 * the letter; and iso-duration, which is what the definition language takes for a duration (the
 * standard's `duration` knows neither PT0.5S nor P1Y2D). Other names, and all of them otherwise,
 * assert nothing.
 *
 * No network: a $ref that leads neither into the document nor to the given resources nor to the
 * 2020-12 metaschema is an error at compile time.
 */
#ifndef WF_SCHEMA_SCHEMA_H
#define WF_SCHEMA_SCHEMA_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>

struct wf_schema;

struct wf_schema_options {
	bool assert_formats;
	/* More documents that $ref may name: object from absolute URI to schema. Borrowed; NULL for
	 * none. The 2020-12 metaschema's own URIs are always known. */
	const json_t *resources;
};

/* Compiles a schema (a boolean or an object). The document is kept by reference and must not be
 * changed. WF_EINVAL with the schema's own JSON Pointer and reason in the cause when it is not a
 * valid schema, WF_ENOENT when a $ref leads nowhere. options may be NULL. */
int wf_schema_new(json_t *document, const struct wf_schema_options *options, struct wf_schema **ret,
	struct wf_cause *cause);
void wf_schema_free(struct wf_schema *schema); /* NULL is allowed */

struct wf_schema_issue {
	char *instance; /* JSON Pointer of the value that is wrong ("" is the whole) */
	char *keyword;	/* JSON Pointer of the keyword in the schema */
	char *message;	/* "is required", "must be at least 3", "is a string, must be an integer" */
	char *missing;	/* the property's name when one is missing or not allowed; else NULL. The
			 * message then speaks of that property of the instance */
};

struct wf_schema_issues {
	struct wf_schema_issue *items;
	size_t count, room;
};

/* Whether the value is valid. When issues is not NULL the reasons are added (at most 100), else it
 * stops at the first. A recursion or regex limit counts as invalid, with the reason. */
bool wf_schema_valid(
	const struct wf_schema *schema, const json_t *value, struct wf_schema_issues *issues);
void wf_schema_issues_done(struct wf_schema_issues *issues);

/* The whole sentence: "user.email is required", "items[2].port is a string, must be an integer",
 * "the value is null, must be an object". Messages never repeat a value of the instance, which may
 * be a secret. From wf_alloc. */
char *wf_schema_issue_text(const struct wf_schema_issue *issue);

/* Puts `default`s of missing properties into the value (in place, objects only, through properties,
 * items, $ref and allOf; never through anyOf, oneOf, if). */
void wf_schema_apply_defaults(const struct wf_schema *schema, json_t *value);

#endif

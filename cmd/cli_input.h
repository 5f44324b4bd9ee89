/* The input of a start: from --input and --set, or a line of a batch; checked before anything is kept. */
#ifndef WF_CMD_INPUT_H
#define WF_CMD_INPUT_H

#include "cli.h"
#include "schema/schema.h"

/* The options that wf_input_read reads, for the verbs' tables. */
#define WF_INPUT_OPTIONS                                                                           \
	{ "input", 'i', "JSON|@FILE|-", "the input: JSON, a file of JSON, or standard input", "file",  \
		NULL },                                                                             \
	{ "set", 's', "PATH=VALUE", "set one member of the input; the value is JSON if it is JSON, " \
		"else a string; may be given often", NULL, NULL }

/* The input as given; an empty object when nothing was. 0 or the exit status. */
int wf_input_read(struct wf_ctx *ctx, json_t **ret);

/* The values of --set by their paths, an object, for what is not a start; NULL when none was given. 0 or
 * the exit status. */
int wf_input_sets(struct wf_ctx *ctx, json_t **ret);

/* What emit and signal take. */
#define WF_MESSAGE_OPTIONS                                                                         \
	{ "data", 'd', "JSON|@FILE|-", "what it brings: JSON, a file of JSON, or standard input; a "   \
		"mebibyte at most", "file", NULL },                                                 \
	{ "id", 0, "ID", "a name of one's own: the same again does nothing", NULL, NULL }
/* The value of --data, at most WF_MAX_EVENT_BYTES; NULL when none was given. 0 or the exit status. */
int wf_message_data(struct wf_ctx *ctx, json_t **ret);
/* Whether that can be the name and the id (NULL: none) of an event or a signal. 0 or the exit status. */
int wf_message_check(struct wf_ctx *ctx, const char *what, const char *name, const char *id);

/* A plan's input schema, compiled; NULL for a plan without one. 0 or the exit status. */
int wf_input_schema(struct wf_ctx *ctx, const struct wf_plan *plan, struct wf_schema **ret);

/* Applies defaults and checks. True when it may start; else *ret_issues (new) is a list of
 * {path, message, keyword}. */
bool wf_input_check(const struct wf_schema *schema, json_t *input, json_t **ret_issues);
/* Says the issues; the exit status. Takes the reference. */
int wf_input_refuse(struct wf_ctx *ctx, json_t *issues);
/* The issues in one line: "/user/id is required; …". */
void wf_input_issues_text(const json_t *issues, struct wf_buf *out);

#endif

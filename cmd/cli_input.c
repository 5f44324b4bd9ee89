/* Reading and checking a start's input. */
#include "cli_input.h"

#include "base/limits.h"

#include <string.h>
#include <unistd.h>

static int read_document(struct wf_ctx *ctx, const char *option, const char *given, size_t most,
	json_t **ret)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	struct wf_cause cause = { 0 };
	const char *where = option;
	int r = 0;
	if (!strcmp(given, "-")) {
		where = "standard input";
		r = wf_read_fd(STDIN_FILENO, where, most, &text, &cause);
	} else if (*given == '@') {
		where = given + 1;
		r = wf_read_file(where, most, &text, &cause);
	} else {
		wf_buf_addstr(&text, given);
	}
	if (r < 0)
		return wf_fail_file(ctx, &cause);
	if (text.len > most)
		return wf_fail_at(ctx, WF_EXIT_USAGE, "OVER_LIMIT", NULL, NULL, "%s is over %zu bytes",
			where, most);
	if (wf_json_parse(text.data ? text.data : "", text.len, ret, &cause) < 0)
		return wf_fail_at(ctx, WF_EXIT_USAGE, "SYNTAX_ERROR", NULL,
			"give JSON, @FILE, or - for standard input", "%s is %s", where, cause.text);
	return 0;
}

/* PATH=VALUE: the value is JSON if it is JSON, else a string. Both are the caller's. */
static int split_set(struct wf_ctx *ctx, const char *given, char **ret_path, json_t **ret_value)
{
	const char *equals = strchr(given, '=');
	if (!equals || equals == given)
		return wf_fail_usage(ctx, "--set takes PATH=VALUE, not \"%s\"", given);
	json_t *value = NULL;
	struct wf_cause cause = { 0 };
	int r = wf_json_parse(equals + 1, strlen(equals + 1), &value, &cause);
	if (r == WF_ELIMIT)
		return wf_fail_usage(ctx, "--set %.*s: the value is %s", (int)(equals - given), given,
			cause.text);
	*ret_value = r < 0 ? json_string(equals + 1) : value;
	*ret_path = wf_strndup(given, (size_t)(equals - given));
	return 0;
}

int wf_input_sets(struct wf_ctx *ctx, json_t **ret)
{
	json_t *sets = NULL;
	*ret = NULL;
	for (size_t i = 0; i < ctx->args.given_count; i++) {
		WF_AUTOFREE char *path = NULL;
		json_t *value = NULL;
		if (strcmp(ctx->args.given[i].option->name, "set") != 0)
			continue;
		int status = split_set(ctx, ctx->args.given[i].value, &path, &value);
		if (status) {
			json_decref(sets);
			return status;
		}
		if (!sets)
			sets = json_object();
		json_object_set_new(sets, path, value);
	}
	*ret = sets;
	return 0;
}

int wf_message_data(struct wf_ctx *ctx, json_t **ret)
{
	const char *given = wf_opt(ctx, "data");
	*ret = NULL;
	return given ? read_document(ctx, "--data", given, WF_MAX_EVENT_BYTES, ret) : 0;
}

int wf_message_check(struct wf_ctx *ctx, const char *what, const char *name, const char *id)
{
	if (!*name || strlen(name) > WF_MAX_ID)
		return wf_fail_usage(ctx, "the name of %s %s has 1 to %d bytes",
			*what == 'e' ? "an" : "a", what, WF_MAX_ID);
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == '*' || *p == 127)
			return wf_fail_usage(ctx, "the name of %s %s has neither blanks nor *: \"%s\"",
				*what == 'e' ? "an" : "a", what, name);
	/* No trigger and no wait can name such an event. */
	if (*what == 'e' && (*name == '.' || name[strlen(name) - 1] == '.' || strstr(name, "..")))
		return wf_fail_usage(ctx, "a part between the dots of the event's name is empty: \"%s\"",
			name);
	if (id && (!*id || strlen(id) > WF_MAX_ID))
		return wf_fail_usage(ctx, "--id has 1 to %d bytes", WF_MAX_ID);
	return 0;
}

static int set_one(struct wf_ctx *ctx, json_t *input, const char *given)
{
	WF_AUTOFREE char *path = NULL;
	json_t *value = NULL;
	int r, status = split_set(ctx, given, &path, &value);
	if (status)
		return status;
	r = wf_json_set_at(input, path, value);
	json_decref(value);
	if (r == WF_ELIMIT)
		return wf_fail_usage(ctx, "--set %.80s…: the path is over %d members deep", path,
			WF_MAX_DEPTH);
	if (r < 0 && !json_is_object(input))
		return wf_fail_usage(ctx, "--set %s: the input is no object that could have members",
			path);
	if (r < 0)
		return wf_fail_usage(ctx, "--set %s: the path must be names with dots between, through "
					  "what is an object or is not there yet", path);
	return 0;
}

int wf_input_read(struct wf_ctx *ctx, json_t **ret)
{
	const char *given = wf_opt(ctx, "input");
	json_t *input = NULL;
	int status = given ? read_document(ctx, "--input", given, WF_MAX_VALUE_BYTES, &input) : 0;
	if (status)
		return status;
	if (!input)
		input = json_object();
	for (size_t i = 0; !status && i < ctx->args.given_count; i++)
		if (!strcmp(ctx->args.given[i].option->name, "set"))
			status = set_one(ctx, input, ctx->args.given[i].value);
	if (!status && !wf_json_depth_ok(input))
		status = wf_fail_at(ctx, WF_EXIT_USAGE, "OVER_LIMIT", NULL, NULL,
			"the input is nested deeper than %d", WF_MAX_DEPTH);
	if (status) {
		json_decref(input);
		return status;
	}
	*ret = input;
	return 0;
}

int wf_input_schema(struct wf_ctx *ctx, const struct wf_plan *plan, struct wf_schema **ret)
{
	struct wf_schema_options options = { .assert_formats = true };
	struct wf_cause cause = { 0 };
	*ret = NULL;
	if (plan->input_schema == WF_NONE)
		return 0;
	if (wf_schema_new(plan->consts[plan->input_schema], &options, ret, &cause) < 0)
		return wf_fail_at(ctx, WF_EXIT_FAILED, "INVALID_DEFINITION", NULL, cause.hint,
			"the workflow's input schema cannot be used: %s", cause.text);
	return 0;
}

bool wf_input_check(const struct wf_schema *schema, json_t *input, json_t **ret_issues)
{
	struct wf_schema_issues issues = { 0 };
	if (!schema)
		return true;
	wf_schema_apply_defaults(schema, input);
	if (wf_schema_valid(schema, input, &issues)) {
		wf_schema_issues_done(&issues);
		return true;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < issues.count; i++) {
		const struct wf_schema_issue *issue = &issues.items[i];
		WF_AUTOBUF struct wf_buf path = { 0 };
		wf_buf_addstr(&path, issue->instance ? issue->instance : "");
		if (issue->missing)
			wf_buf_printf(&path, "/%s", issue->missing);
		json_t *item = json_object();
		json_object_set_new(item, "path", json_string(path.data));
		json_object_set_new(item, "message", json_string(issue->message));
		json_object_set_new(item, "keyword", json_string(issue->keyword ? issue->keyword : ""));
		json_array_append_new(list, item);
	}
	wf_schema_issues_done(&issues);
	*ret_issues = list;
	return false;
}

void wf_input_issues_text(const json_t *issues, struct wf_buf *out)
{
	for (size_t i = 0; i < json_array_size(issues); i++) {
		const json_t *issue = json_array_get(issues, i);
		const char *path = json_string_value(json_object_get(issue, "path"));
		const char *keyword = json_string_value(json_object_get(issue, "keyword"));
		wf_buf_printf(out, "%s%s %s", i ? "; " : "", *path ? path : "the input",
			json_string_value(json_object_get(issue, "message")));
		if (keyword && *keyword)
			wf_buf_printf(out, " (schema %s)", keyword);
	}
}

int wf_input_refuse(struct wf_ctx *ctx, json_t *issues)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	json_t *details = json_object();
	wf_input_issues_text(issues, &text);
	json_object_set_new(details, "issues", issues);
	return wf_fail_at(ctx, WF_EXIT_USAGE, "INVALID_INPUT", details,
		"nothing was started; --input JSON and --set PATH=VALUE give the input",
		"the input does not fit the workflow: %s", text.data ? text.data : "");
}

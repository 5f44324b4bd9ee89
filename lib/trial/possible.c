/*
 * Which outputs a mock may give: those that its action could give in earnest. What an output's schema
 * says is proved where the test is read; here is what follows from what the step asked for.
 */
#include "trial/internal.h"

#include <stdlib.h>
#include <string.h>

/* -- what a mock leaves out -- */

static void standard(json_t *output, const char *key, json_t *stolen)
{
	if (json_object_get(output, key))
		json_decref(stolen);
	else
		(void)json_object_set_new(output, key, stolen);
}

static void complete_exec(json_t *output)
{
	standard(output, "exit_code", json_integer(0));
	standard(output, "stdout", json_string(""));
	standard(output, "stderr", json_string(""));
}

static void complete_http(json_t *output)
{
	standard(output, "status", json_integer(200));
	standard(output, "headers", json_object());
	standard(output, "body", json_null());
}

static void complete_start(json_t *output)
{
	standard(output, "instance", json_string("00000000-0000-7000-8000-000000000002"));
	standard(output, "number", json_integer(2));
	standard(output, "workflow", json_string("child"));
}

static void complete_emit(json_t *output)
{
	standard(output, "event", json_integer(1));
	standard(output, "name", json_string("event"));
	standard(output, "id", json_string("1"));
	standard(output, "new", json_true());
}

void wf_trial_complete(enum wf_action action, json_t *output)
{
	static void (*const complete[WF_ACT_COUNT_])(json_t *output) = {
		[WF_ACT_EXEC_RUN] = complete_exec,
		[WF_ACT_HTTP_REQUEST] = complete_http,
		[WF_ACT_WORKFLOW_START] = complete_start,
		[WF_ACT_EVENT_EMIT] = complete_emit,
	};
	if (action < WF_ACT_COUNT_ && complete[action] && json_is_object(output))
		complete[action](output);
}

/* -- what the step asked for -- */

/* A status, a range ("200-299", "2xx"), or a list of them. */
static bool covers(const json_t *expect, json_int_t status)
{
	const char *text = json_string_value(expect);
	if (json_is_array(expect)) {
		for (size_t i = 0; i < json_array_size(expect); i++)
			if (covers(json_array_get(expect, i), status))
				return true;
		return false;
	}
	if (!text)
		return json_is_integer(expect) && json_integer_value(expect) == status;
	if (strlen(text) == 3 && (text[1] == 'x' || text[1] == 'X'))
		return status / 100 == text[0] - '0';
	const char *dash = strchr(text, '-');
	return status >= strtol(text, NULL, 10) &&
		status <= strtol(dash ? dash + 1 : text, NULL, 10);
}

static void judge_http(struct trial_case *c, const json_t *input, const char *path, const json_t *said)
{
	const json_t *status = json_object_get(said, "status"), *expect = json_object_get(input, "expect");
	json_int_t n = json_integer_value(status);
	bool good = !status ||
		(expect && !json_is_null(expect) ? covers(expect, n) : n >= 200 && n <= 299);
	WF_AUTOFREE char *place = wf_asprintf("%s/status", path);
	if (!good)
		trial_fail(c, place,
			"the step does not expect status %" JSON_INTEGER_FORMAT
			": it would have failed with it, which a mock says as `error`", n);
}

static void judge_exec(struct trial_case *c, const json_t *input, const char *path, const json_t *said)
{
	const json_t *code = json_object_get(said, "exit_code"), *text = json_object_get(said, "stdout");
	const json_t *codes = json_object_get(input, "success_codes");
	const char *form = json_string_value(json_object_get(input, "output"));
	bool good = !code || (!json_is_array(codes) && json_integer_value(code) == 0);
	for (size_t i = 0; !good && i < json_array_size(codes); i++)
		good = json_equal(json_array_get(codes, i), code);
	WF_AUTOFREE char *place = wf_asprintf("%s/exit_code", path);
	WF_AUTOFREE char *printed = wf_asprintf("%s/stdout", path);
	if (!good)
		trial_fail(c, place,
			"%" JSON_INTEGER_FORMAT " is not among the step's `success_codes`: it would have "
			"failed with it, which a mock says as `error`",
			json_integer_value(code));
	if (text && !json_is_string(text) && !(form && strcmp(form, "json") == 0))
		trial_fail(c, printed, "standard output is text unless the step says `output: json`");
}

void trial_judge_output(struct trial_case *c, uint32_t step, const char *path, const json_t *said)
{
	static void (*const judges[WF_ACT_COUNT_])(struct trial_case *c, const json_t *input,
		const char *path, const json_t *said) = {
		[WF_ACT_EXEC_RUN] = judge_exec,
		[WF_ACT_HTTP_REQUEST] = judge_http,
	};
	enum wf_action action = c->plan->steps[step].action;
	if (action < WF_ACT_COUNT_ && judges[action])
		judges[action](c, c->in->steps[step].input, path, said);
}

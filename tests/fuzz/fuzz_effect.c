/*
 * What effects are asked for and what comes back: an input of http.request or exec.run as the
 * performer reads it, Retry-After, bytes of any kind as JSON text. Input: JSON or any bytes.
 */
#include "fuzz.h"

#include "base/json.h"
#include "base/text.h"
#include "effect/classify.h"
#include "effect/exec.h"
#include "effect/http_input.h"

static char *const no_environment[] = {(char[]){"PATH=/bin"}, NULL};

static void fails_well(bool ok, struct wf_effect_result *fail)
{
	FUZZ_CHECK(ok || (fail->message && fail->code[0] && !fail->ok));
	FUZZ_CHECK(ok || wf_utf8_valid(fail->message, strlen(fail->message), NULL));
	wf_effect_result_done(fail);
}

static void ask(const json_t *input)
{
	struct wf_arena *arena = wf_arena_new();
	struct wf_effect_request request = {.action = WF_ACT_HTTP_REQUEST, .input = input,
		.token = "fuzz", .key = "key", .timeout_ms = 1000};
	struct wf_effect_result fail = {0};
	struct wf_http_spec spec;
	struct wf_spool_request exec;
	fails_well(wf_http_read(&request, arena, &spec, &fail), &fail);
	request.action = WF_ACT_EXEC_RUN;
	fail = (struct wf_effect_result){0};
	bool ok = wf_exec_read(&request, no_environment, "/", arena, &exec, &fail);
	if (ok)
		FUZZ_CHECK(exec.path && exec.argv && exec.argc && wf_spool_request_size(&exec));
	fails_well(ok, &fail);
	wf_arena_free(arena);
}

static void as_text(json_t *text)
{
	FUZZ_CHECK(json_is_string(text));
	FUZZ_CHECK(wf_utf8_valid(json_string_value(text), json_string_length(text), NULL));
	FUZZ_CHECK(strlen(json_string_value(text)) == json_string_length(text));
	json_decref(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	json_t *input = NULL;
	char *header = strndup((const char *)data, n);
	(void)wf_retry_after(header, INT64_C(1763633525123));
	free(header);
	as_text(wf_text_json(data, n));
	as_text(wf_head_json(data, n, n / 2));
	as_text(wf_tail_json(data, n, n / 2));
	if (wf_json_parse((const char *)data, n, &input, NULL) == 0)
		ask(input);
	json_decref(input);
	return 0;
}

/* Results of exec.run out of what a supervisor left in the spool. */
#include "effect/exec.h"

#include "base/json.h"
#include "effect/classify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_success(const struct wf_exec_expect *expect, uint32_t status)
{
	for (size_t i = 0; i < expect->success_count; i++)
		if (expect->success[i] == status)
			return true;
	return false;
}

static json_t *details_of(const struct wf_spool_done *d)
{
	json_t *details = json_object();
	if (d->end == WF_SPOOL_EXITED)
		json_object_set_new(details, "exit_code", json_integer(d->value));
	if (d->end == WF_SPOOL_SIGNALLED)
		json_object_set_new(details, "signal", json_integer(d->value));
	json_object_set_new(details, "stderr", wf_tail_json(d->err, d->err_len, WF_DETAIL_BYTES));
	json_object_set_new(details, "stdout", wf_tail_json(d->out, d->out_len, WF_DETAIL_BYTES));
	return details;
}

/* ": " and the last line of stderr, which most often says why; empty without one. */
static char *reason_of(const struct wf_spool_done *d)
{
	const char *s = d->err;
	size_t n = d->err_len;
	while (n && strchr(" \t\r\n", s[n - 1]))
		n--;
	size_t from = n;
	while (from && s[from - 1] != '\n' && n - from < 300)
		from--;
	if (from == n)
		return wf_strdup("");
	json_t *line = wf_tail_json(s + from, n - from, n - from);
	char *text = wf_asprintf(": %s", json_string_value(line));
	json_decref(line);
	return text;
}

static void set_output(struct wf_effect_result *r, const struct wf_exec_expect *expect,
	const struct wf_spool_done *d)
{
	struct wf_cause cause = {0};
	json_t *out = NULL;
	if (!expect->json) {
		out = wf_text_json(d->out, d->out_len);
	} else if (wf_json_parse(d->out, d->out_len, &out, &cause) < 0) {
		wf_result_fail(r, WF_ERROR_VALIDATION, "invalid_json",
			"the output of `%s` is %s", expect->name, cause.text);
		r->details = details_of(d);
		return;
	}
	r->ok = true;
	r->output = json_object();
	json_object_set_new(r->output, "exit_code", json_integer(d->value));
	json_object_set_new(r->output, "stdout", out);
	json_object_set_new(r->output, "stderr", wf_text_json(d->err, d->err_len));
}

static void ended_by_itself(struct wf_effect_result *r, const struct wf_exec_expect *expect,
	const struct wf_spool_done *d)
{
	if (d->end == WF_SPOOL_EXITED && is_success(expect, d->value)) {
		set_output(r, expect, d);
		return;
	}
	char code[32];
	char *reason WF_AUTOFREE = reason_of(d);
	bool exited = d->end == WF_SPOOL_EXITED;
	(void)snprintf(code, sizeof(code), exited ? "exit_%" PRIu32 : "signal_%" PRIu32, d->value);
	const char *signal_name = exited ? NULL : sigabbrev_np((int)d->value);
	if (exited)
		wf_result_fail(r, WF_ERROR_EXEC, code, "`%s` ended with status %" PRIu32 "%s",
			expect->name, d->value, reason);
	else
		wf_result_fail(r, WF_ERROR_EXEC, code, "`%s` was killed by signal %" PRIu32 " (%s)%s",
			expect->name, d->value, signal_name ? signal_name : "?", reason);
}

static void failed_to_start(struct wf_effect_result *r, const struct wf_exec_expect *expect,
	const struct wf_spool_done *d)
{
	static const struct {
		int err;
		enum wf_error_type type;
		const char *code;
	} kinds[] = {
		{ENOENT, WF_ERROR_NOT_FOUND, "command_not_found"},
		{ENOTDIR, WF_ERROR_NOT_FOUND, "command_not_found"},
		{EACCES, WF_ERROR_PERMISSION, "not_executable"},
		{EPERM, WF_ERROR_PERMISSION, "not_executable"},
		{ENOEXEC, WF_ERROR_PERMISSION, "not_executable"},
		{E2BIG, WF_ERROR_LIMIT, "arguments_too_long"},
	};
	enum wf_error_type type = WF_ERROR_EXEC;
	const char *code = "not_started";
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].err != (int)d->value)
			continue;
		type = kinds[i].type;
		code = kinds[i].code;
	}
	wf_result_fail(r, type, code, "`%s` could not be started: %s", expect->name,
		strerror((int)d->value));
}

void wf_exec_result(const struct wf_exec_expect *expect, const struct wf_spool_done *d,
	struct wf_effect_result *r)
{
	switch (d->end) {
	case WF_SPOOL_EXITED:
	case WF_SPOOL_SIGNALLED:
		ended_by_itself(r, expect, d);
		break;
	case WF_SPOOL_TIMED_OUT:
		wf_result_fail(r, WF_ERROR_TIMEOUT, "timeout",
			"`%s` did not end within %" PRIu32 " ms", expect->name, d->value);
		break;
	case WF_SPOOL_OVERFLOWED:
		wf_result_fail(r, WF_ERROR_LIMIT, "output_limit",
			"`%s` wrote more than %" PRIu64 " bytes (max_output) to %s", expect->name,
			expect->max_output, d->value == 1 ? "stdout" : "stderr");
		break;
	case WF_SPOOL_STOPPED:
		wf_result_fail(r, WF_ERROR_CANCELLED, "stopped", "`%s` was told to stop",
			expect->name);
		break;
	case WF_SPOOL_UNSTARTED:
		failed_to_start(r, expect, d);
		break;
	case WF_SPOOL_END_COUNT_:
		WF_BUG("a record of no kind");
	}
	if (!r->ok && !r->details)
		r->details = details_of(d);
}

void wf_exec_lost(const struct wf_exec_expect *expect, int why, struct wf_effect_result *r)
{
	if (why) {
		int err = wf_err_of_errno(why);
		wf_result_fail(r, WF_ERROR_IN_DOUBT, "result_lost",
			"`%s` was run, but its result could not be kept in the spool: %s",
			expect->name, strerror(why));
		r->ran_out = err == WF_ENOSPC ? err : WF_EIO;
	} else
		wf_result_fail(r, WF_ERROR_IN_DOUBT, "supervisor_lost",
			"the supervisor of `%s` was killed: whether the command ended is not known",
			expect->name);
}

void wf_exec_unread(const struct wf_exec_expect *expect, int why, struct wf_effect_result *r)
{
	wf_result_fail(r, WF_ERROR_IN_DOUBT, "result_unread",
		"`%s` was begun, and what became of it cannot be read from the spool: %s",
		expect->name, strerror(why));
	r->ran_out = why == ENOMEM ? WF_ENOMEM : WF_EIO;
}

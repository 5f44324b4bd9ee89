/* exec.run's input: the command, its environment, folder and standard input, and what is success. */
#include "effect/exec.h"

#include "base/duration.h"
#include "base/json.h"
#include "base/limits.h"
#include "effect/classify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_GRACE_MS 5000
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define KEY_VARIABLE "WFCTL_IDEMPOTENCY_KEY"

struct reader {
	const struct wf_effect_request *request;
	const json_t *input;
	struct wf_arena *arena;
	struct wf_effect_result *fail;
};

static bool invalid(struct reader *r, const char *what)
{
	wf_result_fail(r->fail, WF_ERROR_VALIDATION, "invalid_input", "exec.run: %s", what);
	return false;
}

/* A string, number or boolean as the text that a command can be given; NULL for others, and for
 * strings that hold NUL. */
static char *scalar_text(struct reader *r, const json_t *v)
{
	if (json_is_string(v)) {
		const char *s = json_string_value(v);
		bool whole = strlen(s) == json_string_length(v);
		return whole ? wf_arena_strdup(r->arena, s) : NULL;
	}
	if (!json_is_number(v) && !json_is_boolean(v))
		return NULL;
	char *text = wf_json_text(v);
	char *copy = wf_arena_strdup(r->arena, text);
	wf_free(text);
	return copy;
}

/* A text member: *ret stays when it is absent or null. */
static bool read_text(struct reader *r, const char *key, const char **ret)
{
	const json_t *v = json_object_get(r->input, key);
	if (!v || json_is_null(v))
		return true;
	if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v))
		return invalid(r, wf_arena_printf(r->arena, "`%s` must be a string without NUL", key));
	*ret = json_string_value(v);
	return true;
}

/* -- what concerns the result -- */

static bool read_success(struct reader *r, struct wf_exec_expect *e)
{
	const json_t *codes = json_object_get(r->input, "success_codes");
	size_t n = json_is_array(codes) ? json_array_size(codes) : 1;
	e->success = WF_ARENA_ARRAY(r->arena, uint32_t, n + 1);
	e->success_count = n;
	if (!codes || json_is_null(codes))
		return true;
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_is_array(codes) ? json_array_get(codes, i) : codes;
		json_int_t code = json_integer_value(v);
		if (!json_is_integer(v) || code < 0 || code > 255)
			return invalid(r, "`success_codes` must be exit statuses from 0 to 255");
		e->success[i] = (uint32_t)code;
	}
	return n > 0 || invalid(r, "`success_codes` is empty");
}

static bool read_max_output(struct reader *r, struct wf_exec_expect *e)
{
	const json_t *v = json_object_get(r->input, "max_output");
	e->max_output = WF_DEFAULT_MAX_OUTPUT;
	if (!v || json_is_null(v))
		return true;
	json_int_t n = json_integer_value(v);
	if (!json_is_integer(v) || n < 0 || n > WF_MAX_VALUE_BYTES)
		return invalid(r, wf_arena_printf(r->arena,
			"`max_output` must be a number of bytes from 0 to %u", WF_MAX_VALUE_BYTES));
	e->max_output = (uint64_t)n;
	return true;
}

static const char *command_name(const json_t *input)
{
	const json_t *first = json_array_get(json_object_get(input, "command"), 0);
	return json_is_string(first) ? json_string_value(first) : "/bin/sh";
}

bool wf_exec_read_expect(const struct wf_effect_request *request, struct wf_arena *arena,
	struct wf_exec_expect *ret, struct wf_effect_result *ret_fail)
{
	struct reader r = {request, request->input, arena, ret_fail};
	const char *output = "text";
	if (!json_is_object(request->input))
		return invalid(&r, "the input must be an object");
	if (!read_text(&r, "output", &output))
		return false;
	if (strcmp(output, "json") != 0 && strcmp(output, "text") != 0)
		return invalid(&r, "`output` must be `json` or `text`");
	struct wf_exec_expect e = {
		.json = strcmp(output, "json") == 0,
		.name = wf_arena_strdup(arena, command_name(request->input))
	};
	if (!read_success(&r, &e) || !read_max_output(&r, &e))
		return false;
	*ret = e;
	return true;
}

/* -- the command line -- */

static bool read_argv(struct reader *r, struct wf_spool_request *q)
{
	const json_t *command = json_object_get(r->input, "command");
	const char *shell = NULL;
	if (!read_text(r, "shell", &shell))
		return false;
	if (json_is_null(command))
		command = NULL;
	if (!command == !shell)
		return invalid(r, "give either `command` or `shell`");
	if (shell) {
		q->argv = WF_ARENA_ARRAY(r->arena, char *, 4);
		q->argv[0] = wf_arena_strdup(r->arena, "/bin/sh");
		q->argv[1] = wf_arena_strdup(r->arena, "-c");
		q->argv[2] = wf_arena_strdup(r->arena, shell);
		q->argc = 3;
		return true;
	}
	size_t n = json_array_size(command);
	if (!json_is_array(command) || !n || n > UINT32_MAX / 2)
		return invalid(r, "`command` must be a list: the program and its arguments");
	q->argv = WF_ARENA_ARRAY(r->arena, char *, n + 1);
	for (size_t i = 0; i < n; i++) {
		q->argv[i] = scalar_text(r, json_array_get(command, i));
		if (!q->argv[i])
			return invalid(r, "`command` must hold strings (without NUL) or numbers only");
	}
	q->argc = (uint32_t)n;
	return *q->argv[0] || invalid(r, "`command` begins with an empty string");
}

/* -- the environment -- */

static const char *const allowed[] = {
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "LC_*"
};

static bool is_allowed(const char *variable, size_t name_len)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		size_t n = strlen(allowed[i]);
		bool prefix = allowed[i][n - 1] == '*';
		if (prefix ? name_len > n - 1 && !strncmp(variable, allowed[i], n - 1) :
				name_len == n && !strncmp(variable, allowed[i], n))
			return true;
	}
	return false;
}

static size_t count_strings(char *const *list)
{
	size_t n = 0;
	while (list && list[n])
		n++;
	return n;
}

static bool add_given(struct reader *r, json_t *given, struct wf_spool_request *q)
{
	const char *name;
	json_t *value;
	json_object_foreach (given, name, value) {
		if (json_is_null(value))
			continue; /* takes an inherited one away */
		char *text = scalar_text(r, value);
		if (!text)
			return invalid(r, "`env` must hold strings (without NUL) or numbers only");
		if (!*name || strchr(name, '='))
			return invalid(r, "`env` has a name that is empty or holds `=`");
		q->envp[q->envc++] = wf_arena_printf(r->arena, "%s=%s", name, text);
	}
	return true;
}

static bool read_env(struct reader *r, char *const *environ_in, struct wf_spool_request *q)
{
	json_t *given = json_object_get(r->input, "env");
	if (given && !json_is_null(given) && !json_is_object(given))
		return invalid(r, "`env` must be a mapping of names to values");
	size_t inherited = count_strings(environ_in);
	q->envp = WF_ARENA_ARRAY(r->arena, char *, inherited + json_object_size(given) + 2);
	for (size_t i = 0; i < inherited; i++) {
		size_t n = strcspn(environ_in[i], "=");
		if (is_allowed(environ_in[i], n) && !json_object_getn(given, environ_in[i], n))
			q->envp[q->envc++] = environ_in[i];
	}
	if (r->request->key && !json_object_get(given, KEY_VARIABLE))
		q->envp[q->envc++] =
			wf_arena_printf(r->arena, KEY_VARIABLE "=%s", r->request->key);
	return !json_is_object(given) || add_given(r, given, q);
}

/* -- the folder and the program -- */

/* A failure of this machine, and none of the step. */
static void unseen(struct reader *r, const char *path, int why)
{
	wf_result_fail(r->fail, WF_ERROR_INTERNAL, "not_started", "exec.run: %s cannot be looked at: %s",
		path, strerror(why));
	r->fail->ran_out = why == ENOMEM ? WF_ENOMEM : WF_EIO;
}

static bool read_cwd(struct reader *r, const char *workdir, struct wf_spool_request *q)
{
	const char *cwd = NULL;
	if (!read_text(r, "cwd", &cwd))
		return false;
	q->cwd = !cwd || !*cwd ? wf_arena_strdup(r->arena, workdir) :
		*cwd == '/' ? wf_arena_strdup(r->arena, cwd) :
		wf_arena_printf(r->arena, "%s/%s", workdir, cwd);
	struct stat st;
	int rc = stat(q->cwd, &st);
	if (rc == 0 && S_ISDIR(st.st_mode))
		return true;
	if (rc < 0 && (errno == EIO || errno == ENOMEM)) {
		unseen(r, q->cwd, errno);
		return false;
	}
	wf_result_fail(r->fail, WF_ERROR_NOT_FOUND, "cwd_not_found",
		"exec.run: there is no folder %s to run in", q->cwd);
	return false;
}

static char *absolute(struct reader *r, const struct wf_spool_request *q, const char *folder,
	size_t n, const char *name)
{
	if (n && *folder == '/')
		return wf_arena_printf(r->arena, "%.*s/%s", (int)n, folder, name);
	return n ? wf_arena_printf(r->arena, "%s/%.*s/%s", q->cwd, (int)n, folder, name) :
		wf_arena_printf(r->arena, "%s/%s", q->cwd, name);
}

/* 0, EACCES, ENOENT, or what kept the path from being looked at. */
static int look(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return errno == ENOTDIR || errno == ENAMETOOLONG || errno == ELOOP ? ENOENT : errno;
	return S_ISREG(st.st_mode) && access(path, X_OK) == 0 ? 0 : EACCES;
}

static int search(struct reader *r, const char *path, struct wf_spool_request *q)
{
	int err = ENOENT;
	for (const char *p = path;;) {
		size_t n = strcspn(p, ":");
		char *candidate = absolute(r, q, p, n, q->argv[0]);
		int seen = look(candidate);
		if (!seen) {
			q->path = candidate;
			return 0;
		}
		if (seen == EACCES)
			err = EACCES;
		else if (seen != ENOENT)
			return seen;
		if (!p[n])
			return err;
		p += n + 1;
	}
}

static bool find_program(struct reader *r, struct wf_spool_request *q)
{
	const char *path = DEFAULT_PATH;
	for (uint32_t i = 0; i < q->envc; i++)
		if (!strncmp(q->envp[i], "PATH=", 5))
			path = q->envp[i] + 5;
	int err;
	if (strchr(q->argv[0], '/')) {
		q->path = *q->argv[0] == '/' ? q->argv[0] :
			wf_arena_printf(r->arena, "%s/%s", q->cwd, q->argv[0]);
		err = look(q->path);
	} else {
		err = search(r, path, q);
	}
	if (err == ENOENT)
		wf_result_fail(r->fail, WF_ERROR_NOT_FOUND, "command_not_found",
			"exec.run: there is no command `%s`", q->argv[0]);
	else if (err == EACCES)
		wf_result_fail(r->fail, WF_ERROR_PERMISSION, "not_executable",
			"exec.run: `%s` may not be executed", q->argv[0]);
	else if (err)
		unseen(r, q->argv[0], err);
	return !err;
}

/* -- the rest -- */

static void read_stdin(struct reader *r, struct wf_spool_request *q)
{
	const json_t *v = json_object_get(r->input, "stdin");
	if (!v || json_is_null(v))
		return;
	q->has_stdin = true;
	if (json_is_string(v)) {
		q->stdin_data = json_string_value(v);
		q->stdin_len = json_string_length(v);
		return;
	}
	char *text = wf_json_text(v);
	q->stdin_len = strlen(text);
	q->stdin_data = wf_arena_strndup(r->arena, text, q->stdin_len);
	wf_free(text);
}

static bool read_grace(struct reader *r, struct wf_spool_request *q)
{
	const char *text = NULL;
	struct wf_duration d;
	q->grace_ms = DEFAULT_GRACE_MS;
	if (!read_text(r, "grace", &text))
		return false;
	if (!text)
		return true;
	if (wf_duration_parse(text, strlen(text), false, &d) < 0)
		return invalid(r, "`grace` must be an ISO 8601 duration such as PT5S");
	q->grace_ms = (uint64_t)wf_duration_ms(&d);
	return true;
}

bool wf_exec_read(const struct wf_effect_request *request, char *const *environ_in,
	const char *workdir, struct wf_arena *arena, struct wf_spool_request *ret,
	struct wf_effect_result *ret_fail)
{
	struct reader r = {request, request->input, arena, ret_fail};
	struct wf_spool_request q = {.timeout_ms = request->timeout_ms};
	if (!read_argv(&r, &q) || !read_env(&r, environ_in, &q) || !read_cwd(&r, workdir, &q) ||
			!find_program(&r, &q) || !read_grace(&r, &q))
		return false;
	read_stdin(&r, &q);
	*ret = q;
	return true;
}

/* exec.run: what goes into a command, what comes out of it, and every way in which it fails. */
#include "rig.h"

#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/time.h>

static void exec(struct rig *r, json_t *input)
{
	rig_run(r, WF_ACT_EXEC_RUN, input, NULL, 0);
}

static void exec_shell(struct rig *r, const char *script)
{
	exec(r, json_pack("{s:s}", "shell", script));
}

static void argv_is_passed_as_it_is(void **state)
{
	struct rig *r = *state;
	exec(r, json_pack("{s:[s,s,s,s,i,b]}", "command", "printf", "%s|", "a b", "$HOME", 7, 1));
	rig_expect_ok(r);
	assert_string_equal(rig_output(r, "stdout"), "a b|$HOME|7|true|");
	assert_string_equal(rig_output(r, "stderr"), "");
	assert_int_equal(json_integer_value(json_object_get(r->last.output, "exit_code")), 0);
}

static void shell_runs_a_script(void **state)
{
	struct rig *r = *state;
	exec_shell(r, "echo out; echo err >&2; echo more");
	rig_expect_ok(r);
	assert_string_equal(rig_output(r, "stdout"), "out\nmore\n");
	assert_string_equal(rig_output(r, "stderr"), "err\n");
}

static void standard_input(void **state)
{
	struct rig *r = *state;
	exec(r, json_pack("{s:[s], s:s}", "command", "cat", "stdin", "h\xc3\xa9 \"quoted\"\n"));
	assert_string_equal(rig_output(r, "stdout"), "h\xc3\xa9 \"quoted\"\n");
	exec(r, json_pack("{s:[s], s:{s:i, s:[i,i]}}", "command", "cat", "stdin", "a", 1, "b", 2, 3));
	assert_string_equal(rig_output(r, "stdout"), "{\"a\":1,\"b\":[2,3]}");
	exec(r, json_pack("{s:s, s:s}", "shell", "cat /dev/stdin", "stdin", "reopened"));
	assert_string_equal(rig_output(r, "stdout"), "reopened");
	exec_shell(r, "readlink /proc/self/fd/0; cat");
	assert_string_equal(rig_output(r, "stdout"), "/dev/null\n");
	char *big = calloc(1, (1u << 20) + 1);
	memset(big, 'x', 1u << 20);
	exec(r, json_pack("{s:[s], s:s}", "command", "true", "stdin", big));
	rig_expect_ok(r);
	exec(r, json_pack("{s:[s,s], s:s}", "command", "wc", "-c", "stdin", big));
	assert_string_equal(rig_output(r, "stdout"), "1048576\n");
	free(big);
}

static void environment_is_an_allow_list(void **state)
{
	struct rig *r = *state;
	json_t *input = json_pack("{s:[s], s:{s:s, s:i, s:n, s:s}}", "command", "/usr/bin/env",
		"env", "EXTRA", "x=y", "NUMBER", 5, "LC_ALL", "PATH", "/bin");
	rig_run(r, WF_ACT_EXEC_RUN, input, "key-1", 0);
	rig_expect_ok(r);
	const char *out = rig_output(r, "stdout");
	assert_string_equal(out, "HOME=/nowhere\nWFCTL_IDEMPOTENCY_KEY=key-1\nEXTRA=x=y\nNUMBER=5\n"
		"PATH=/bin\n");
	exec(r, json_pack("{s:[s]}", "command", "env"));
	assert_string_equal(rig_output(r, "stdout"),
		"PATH=/usr/local/bin:/usr/bin:/bin\nHOME=/nowhere\nLC_ALL=C\n");
}

static void descriptors_signals_and_group(void **state)
{
	struct rig *r = *state;
	char path[256];
	snprintf(path, sizeof(path), "%s/left-open", r->dir);
	int fd = open(path, O_RDWR | O_CREAT, 0600); /* not close-on-exec, as a caller's may be */
	exec_shell(r, "ls /proc/self/fd | tr '\\n' ' ';"
		"test $(cut -d' ' -f5 /proc/$$/stat) = $$ && echo leader");
	assert_string_equal(rig_output(r, "stdout"), "0 1 2 3 leader\n");
	close(fd);
	signal(SIGPIPE, SIG_IGN);
	exec_shell(r, "kill -PIPE $$");
	signal(SIGPIPE, SIG_DFL);
	rig_expect_failure(r, WF_ERROR_EXEC, "signal_13");
	/* which the supervisor ignores for itself */
	exec_shell(r, "kill -XFSZ $$");
	rig_expect_failure(r, WF_ERROR_EXEC, "signal_25");
}

static void folder(void **state)
{
	struct rig *r = *state;
	char expected[128], sub[128];
	snprintf(sub, sizeof(sub), "%s/sub", r->work);
	assert_int_equal(mkdir(sub, 0700), 0);
	exec_shell(r, "pwd -P");
	snprintf(expected, sizeof(expected), "%s\n", r->work);
	assert_string_equal(rig_output(r, "stdout"), expected);
	exec(r, json_pack("{s:[s], s:s}", "command", "pwd", "cwd", "sub"));
	snprintf(expected, sizeof(expected), "%s/sub\n", r->work);
	assert_string_equal(rig_output(r, "stdout"), expected);
	exec(r, json_pack("{s:[s], s:s}", "command", "pwd", "cwd", "/usr"));
	assert_string_equal(rig_output(r, "stdout"), "/usr\n");
	exec(r, json_pack("{s:[s], s:s}", "command", "pwd", "cwd", "nowhere"));
	rig_expect_failure(r, WF_ERROR_NOT_FOUND, "cwd_not_found");
}

static void json_output(void **state)
{
	struct rig *r = *state;
	exec(r, json_pack("{s:s, s:s}", "shell", "echo '{\"n\": [1, 2.5, \"x\"]}'", "output", "json"));
	rig_expect_ok(r);
	json_t *n = wf_json_at(r->last.output, "stdout.n[1]");
	assert_true(json_is_real(n));
	exec(r, json_pack("{s:s, s:s}", "shell", "echo '{\"n\": '", "output", "json"));
	rig_expect_failure(r, WF_ERROR_VALIDATION, "invalid_json");
	assert_string_equal(json_string_value(json_object_get(r->last.details, "stdout")),
		"{\"n\": \n");
	exec(r, json_pack("{s:[s], s:s}", "command", "true", "output", "json"));
	rig_expect_failure(r, WF_ERROR_VALIDATION, "invalid_json");
}

static void any_bytes_become_text(void **state)
{
	struct rig *r = *state;
	exec_shell(r, "printf 'a\\377b\\000c\\303\\251\\303'");
	rig_expect_ok(r);
	assert_string_equal(rig_output(r, "stdout"),
		"a\xef\xbf\xbd" "b\xef\xbf\xbd" "c\xc3\xa9\xef\xbf\xbd");
}

static void exit_status(void **state)
{
	struct rig *r = *state;
	exec_shell(r, "echo partial; echo first >&2; echo the reason >&2; exit 3");
	rig_expect_failure(r, WF_ERROR_EXEC, "exit_3");
	assert_non_null(strstr(r->last.message, "ended with status 3: the reason"));
	assert_int_equal(json_integer_value(json_object_get(r->last.details, "exit_code")), 3);
	assert_string_equal(json_string_value(json_object_get(r->last.details, "stderr")),
		"first\nthe reason\n");
	assert_string_equal(json_string_value(json_object_get(r->last.details, "stdout")),
		"partial\n");
	exec(r, json_pack("{s:s, s:[i,i]}", "shell", "exit 3", "success_codes", 0, 3));
	rig_expect_ok(r);
	assert_int_equal(json_integer_value(json_object_get(r->last.output, "exit_code")), 3);
	exec(r, json_pack("{s:s, s:[i]}", "shell", "exit 0", "success_codes", 3));
	rig_expect_failure(r, WF_ERROR_EXEC, "exit_0");
}

static void details_hold_the_end_of_stderr(void **state)
{
	struct rig *r = *state;
	exec_shell(r, "i=0; while [ $i -lt 2000 ]; do echo \"line $i\" >&2; i=$((i+1)); done; exit 1");
	rig_expect_failure(r, WF_ERROR_EXEC, "exit_1");
	const char *err = json_string_value(json_object_get(r->last.details, "stderr"));
	assert_int_equal(strlen(err), 4096);
	assert_string_equal(err + 4096 - 10, "line 1999\n");
}

static void death_by_signal(void **state)
{
	struct rig *r = *state;
	exec_shell(r, "kill -9 $$");
	rig_expect_failure(r, WF_ERROR_EXEC, "signal_9");
	assert_int_equal(json_integer_value(json_object_get(r->last.details, "signal")), 9);
	exec_shell(r, "kill -PIPE $$");
	rig_expect_failure(r, WF_ERROR_EXEC, "signal_13");
}

static void write_file(const struct rig *r, const char *name, const char *text, mode_t mode)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", r->work, name);
	assert_int_equal(wf_write_file(path, text, strlen(text), mode, false, NULL), 0);
}

static void commands_that_cannot_start(void **state)
{
	struct rig *r = *state;
	write_file(r, "plain", "#!/bin/sh\n", 0600);
	write_file(r, "mine", "#!/bin/sh\necho mine\n", 0700);
	write_file(r, "nonsense", "\x01\x02\x03", 0700);
	write_file(r, "orphan", "#!/no/such/interpreter\n", 0700);
	exec(r, json_pack("{s:[s]}", "command", "wfctl-no-such-command"));
	rig_expect_failure(r, WF_ERROR_NOT_FOUND, "command_not_found");
	exec(r, json_pack("{s:[s]}", "command", "/no/such/command"));
	rig_expect_failure(r, WF_ERROR_NOT_FOUND, "command_not_found");
	exec(r, json_pack("{s:[s]}", "command", "./orphan"));
	rig_expect_failure(r, WF_ERROR_NOT_FOUND, "command_not_found");
	exec(r, json_pack("{s:[s]}", "command", "./plain"));
	rig_expect_failure(r, WF_ERROR_PERMISSION, "not_executable");
	exec(r, json_pack("{s:[s]}", "command", "/usr"));
	rig_expect_failure(r, WF_ERROR_PERMISSION, "not_executable");
	exec(r, json_pack("{s:[s]}", "command", "./nonsense"));
	rig_expect_failure(r, WF_ERROR_PERMISSION, "not_executable");
	exec(r, json_pack("{s:[s]}", "command", "./mine"));
	assert_string_equal(rig_output(r, "stdout"), "mine\n");
	exec(r, json_pack("{s:[s], s:{s:s}}", "command", "mine", "env", "PATH", "/bin::/usr/bin"));
	assert_string_equal(rig_output(r, "stdout"), "mine\n");
	char *long_one = calloc(1, 200001);
	memset(long_one, 'x', 200000);
	exec(r, json_pack("{s:[s,s]}", "command", "true", long_one));
	rig_expect_failure(r, WF_ERROR_LIMIT, "arguments_too_long");
	free(long_one);
}

static pid_t pid_of(const struct rig *r, const char *name)
{
	char path[256];
	struct wf_buf text = {0};
	snprintf(path, sizeof(path), "%s/%s", r->work, name);
	assert_int_equal(wf_read_file(path, 100, &text, NULL), 0);
	pid_t pid = (pid_t)strtol(text.data, NULL, 10);
	wf_buf_done(&text);
	assert_true(pid > 1);
	return pid;
}

/* A command whose time runs out, with as much time as it needs to have made `up` before that. */
static void run_until_it_is_up(struct rig *r, const char *script, const char *grace)
{
	for (uint64_t ms = 200; !rig_exists(r, "work/up") && ms < DEADLINE_MS; ms *= 3)
		rig_run(r, WF_ACT_EXEC_RUN, json_pack("{s:s, s:s}", "shell", script, "grace", grace),
			NULL, ms);
}

static void timeout_ends_the_group(void **state)
{
	struct rig *r = *state;
	/* by TERM: the grace is longer than anything is waited for here */
	rig_run(r, WF_ACT_EXEC_RUN, json_pack("{s:[s,s], s:s}", "command", "sleep", "1000", "grace",
		"PT1000S"), NULL, 50);
	rig_expect_failure(r, WF_ERROR_TIMEOUT, "timeout");
	/* Both ignore TERM: the leader's child must be killed too. */
	run_until_it_is_up(r, "trap '' TERM; echo said; "
		"sh -c 'echo $$ > pid.tmp; mv pid.tmp up; while :; do sleep 1; done' & wait", "PT0.3S");
	rig_expect_failure(r, WF_ERROR_TIMEOUT, "timeout");
	assert_string_equal(json_string_value(json_object_get(r->last.details, "stdout")), "said\n");
	pid_t pid = pid_of(r, "up");
	RIG_UNTIL(kill(pid, 0) < 0 && errno == ESRCH);
}

static void group_gets_its_grace(void **state)
{
	struct rig *r = *state;
	/* The leader dies of TERM at once; its child tidies up and must be let. */
	run_until_it_is_up(r, "sh -c 'trap \"sleep 0.2; echo tidy > tidied; exit\" TERM; : > up; "
		"while :; do sleep 0.01; done' & while ! [ -e up ]; do sleep 0.01; done; wait", "PT1000S");
	rig_expect_failure(r, WF_ERROR_TIMEOUT, "timeout");
	assert_true(rig_exists(r, "work/tidied"));
}

/* One that is stopped sees the end of its time all the same. */
static void a_stopped_command_gets_its_term(void **state)
{
	struct rig *r = *state;
	run_until_it_is_up(r, "trap 'echo tidy > tidied; exit' TERM; : > up; kill -STOP $$; "
		"while :; do sleep 0.01; done", "PT1000S");
	rig_expect_failure(r, WF_ERROR_TIMEOUT, "timeout");
	assert_true(rig_exists(r, "work/tidied"));
}

/* More than one read takes, and all of it there when the command has ended. */
static void what_is_said_at_the_end_is_kept(void **state)
{
	struct rig *r = *state;
	run_until_it_is_up(r, "trap 'printf \"%060000dend\\\\n\" 0; exit' TERM; : > up; "
		"while :; do sleep 0.01; done", "PT1000S");
	rig_expect_failure(r, WF_ERROR_TIMEOUT, "timeout");
	const char *said = json_string_value(json_object_get(r->last.details, "stdout"));
	size_t n = said ? strlen(said) : 0;
	assert_true(n > 4);
	assert_string_equal(said + n - 4, "end\n");
}

static void output_has_a_cap(void **state)
{
	struct rig *r = *state;
	exec(r, json_pack("{s:[s], s:i}", "command", "yes", "max_output", 1000));
	rig_expect_failure(r, WF_ERROR_LIMIT, "output_limit");
	assert_non_null(strstr(r->last.message, "stdout"));
	exec(r, json_pack("{s:s, s:i}", "shell", "yes >&2", "max_output", 100000));
	rig_expect_failure(r, WF_ERROR_LIMIT, "output_limit");
	assert_non_null(strstr(r->last.message, "stderr"));
	exec(r, json_pack("{s:s, s:i}", "shell", "head -c 1001 /dev/zero | tr '\\0' x",
		"max_output", 1000));
	rig_expect_failure(r, WF_ERROR_LIMIT, "output_limit");
	exec(r, json_pack("{s:s, s:i}", "shell", "head -c 1000 /dev/zero | tr '\\0' x",
		"max_output", 1000));
	rig_expect_ok(r);
	assert_int_equal(strlen(rig_output(r, "stdout")), 1000);
	/* Over the cap only after the end of the command. */
	exec(r, json_pack("{s:s, s:i}", "shell",
		"(while kill -0 $$ 2>/dev/null; do :; done; echo late) & exit 0", "max_output", 3));
	rig_expect_failure(r, WF_ERROR_LIMIT, "output_limit");
	exec(r, json_pack("{s:[s,s], s:i}", "command", "echo", "x", "max_output", 0));
	rig_expect_failure(r, WF_ERROR_LIMIT, "output_limit");
	exec_shell(r, "head -c 1000000 /dev/zero | tr '\\0' x; head -c 1000000 /dev/zero | tr '\\0' e >&2");
	rig_expect_ok(r);
	assert_int_equal(strlen(rig_output(r, "stdout")), 1000000);
	assert_int_equal(strlen(rig_output(r, "stderr")), 1000000);
}

static void what_is_left_behind_does_not_hold_the_result(void **state)
{
	struct rig *r = *state;
	int64_t start = wf_monotonic_ms();
	exec_shell(r, "sleep 100 & echo $! > pid; echo now");
	assert_true(wf_monotonic_ms() - start < 90000);
	rig_expect_ok(r);
	assert_string_equal(rig_output(r, "stdout"), "now\n");
	assert_int_equal(kill(pid_of(r, "pid"), SIGKILL), 0);
	/* Written after the end of the command, by what stands behind it. */
	exec_shell(r, "(while kill -0 $$ 2>/dev/null; do :; done; echo late) & exit 0");
	assert_string_equal(rig_output(r, "stdout"), "late\n");
}

static void bad_input(void **state)
{
	struct rig *r = *state;
	const char *inputs[] = {
		"[]", "{}", "{\"command\": []}", "{\"command\": \"ls -l\"}", "{\"command\": [\"\"]}",
		"{\"command\": [\"ls\"], \"shell\": \"ls\"}", "{\"command\": [\"ls\", {}]}",
		"{\"command\": [null]}", "{\"shell\": 5}",
		"{\"shell\": \"true\", \"env\": [1]}", "{\"shell\": \"true\", \"env\": {\"A=\": \"x\"}}",
		"{\"shell\": \"true\", \"env\": {\"\": \"x\"}}",
		"{\"shell\": \"true\", \"env\": {\"A\": [1]}}",
		"{\"shell\": \"true\", \"cwd\": 1}", "{\"shell\": \"true\", \"output\": \"xml\"}",
		"{\"shell\": \"true\", \"max_output\": -1}", "{\"shell\": \"true\", \"max_output\": 1e3}",
		"{\"shell\": \"true\", \"max_output\": 99999999}",
		"{\"shell\": \"true\", \"success_codes\": []}",
		"{\"shell\": \"true\", \"success_codes\": [256]}",
		"{\"shell\": \"true\", \"success_codes\": [\"0\"]}",
		"{\"shell\": \"true\", \"grace\": \"5s\"}", "{\"shell\": \"true\", \"grace\": 5}",
	};
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		exec(r, json_loads(inputs[i], JSON_DECODE_ANY, NULL));
		if (r->last.ok)
			fail_msg("accepted: %s", inputs[i]);
		rig_expect_failure(r, WF_ERROR_VALIDATION, "invalid_input");
	}
	exec(r, json_loads("{\"command\": [\"ls\", \"a\\u0000b\"]}", JSON_ALLOW_NUL, NULL));
	rig_expect_failure(r, WF_ERROR_VALIDATION, "invalid_input");
	assert_int_equal(wf_effects_running(r->e), 0);
}

static void many_at_once(void **state)
{
	struct rig *r = *state;
	enum { MANY = 100 };
	json_t *input = json_pack("{s:s}", "shell", "echo x");
	for (int i = 0; i < MANY; i++) {
		char token[32];
		snprintf(token, sizeof(token), "many-%d", i);
		struct wf_effect_request q = {.action = WF_ACT_EXEC_RUN, .input = input,
			.token = token, .cookie = r};
		rig_begin_with(r, &q);
	}
	assert_int_equal(wf_effects_running(r->e), MANY);
	for (int got = 0; got < MANY; got = r->results)
		rig_wait(r);
	assert_int_equal(wf_effects_running(r->e), 0);
	assert_int_equal(r->results, MANY);
	json_decref(input);
}

static void settled_leaves_no_file(void **state)
{
	struct rig *r = *state;
	exec_shell(r, "true");
	assert_true(rig_exists(r, "spool/t-0.done"));
	wf_effects_settled(r->e, "t-0");
	wf_effects_settled(r->e, "../escape");
	assert_false(rig_exists(r, "spool/t-0.run"));
	assert_false(rig_exists(r, "spool/t-0.done"));
}

static void stop_ends_without_a_result(void **state)
{
	struct rig *r = *state;
	json_t *input = json_pack("{s:s}", "shell", "echo $$ > pid.tmp; mv pid.tmp pid; sleep 100");
	struct wf_effect_request q = {.action = WF_ACT_EXEC_RUN, .input = input, .token = "stopped",
		.cookie = r};
	rig_begin_with(r, &q);
	RIG_UNTIL(rig_exists(r, "work/pid"));
	wf_effects_stop(r->e, r);
	assert_int_equal(wf_effects_running(r->e), 0);
	RIG_UNTIL(wf_effects_wait(r->e, 1, rig_take, r) == 0 && !rig_exists(r, "spool/stopped.run") &&
		!rig_exists(r, "spool/stopped.done"));
	pid_t pid = pid_of(r, "pid");
	RIG_UNTIL(kill(pid, 0) < 0 && errno == ESRCH);
	assert_int_equal(r->results, 0);
	/* One that failed before it began waits for its turn as a result, and can be stopped too. */
	json_t *bad = json_object();
	q.input = bad;
	rig_begin_with(r, &q);
	assert_int_equal(wf_effects_running(r->e), 1);
	wf_effects_stop(r->e, r);
	assert_int_equal(wf_effects_wait(r->e, 0, rig_take, r), 0);
	json_decref(bad);
	json_decref(input);
}

static void one_attempt_runs_once(void **state)
{
	struct rig *r = *state;
	json_t *input = json_pack("{s:[s,s]}", "command", "sleep", "100");
	struct wf_effect_request q = {.action = WF_ACT_EXEC_RUN, .input = input, .token = "same",
		.cookie = r};
	rig_begin_with(r, &q);
	rig_begin_with(r, &q);
	rig_wait(r);
	rig_expect_failure(r, WF_ERROR_IN_DOUBT, "already_running");
	assert_int_equal(wf_effects_running(r->e), 1);
	wf_effects_stop(r->e, r);
	json_decref(input);
}

static void a_broken_installation_is_said(void **state)
{
	struct rig *r = *state;
	struct wf_effects_options options = {.spool = r->spool, .libexec = "/no/such/folder",
		.workdir = r->work, .environ_in = rig_environ};
	wf_effects_free(r->e);
	assert_int_equal(wf_effects_new(&options, &r->e, NULL), 0);
	exec_shell(r, "true");
	rig_expect_failure(r, WF_ERROR_INTERNAL, "no_supervisor");
	assert_non_null(strstr(r->last.message, "/no/such/folder/wfctl-supervise"));
	assert_false(rig_exists(r, "spool/t-0.run"));
}

static void no_spool_no_effect(void **state)
{
	struct rig *r = *state;
	assert_int_equal(wf_write_file(r->spool, "x", 1, 0600, false, NULL), 0);
	json_t *input = json_pack("{s:s}", "shell", "echo ran > ran");
	struct wf_effect_request q = {.action = WF_ACT_EXEC_RUN, .input = input, .token = "t"};
	struct wf_cause cause = {0};
	assert_int_equal(wf_effects_begin(r->e, &q, &cause), WF_EIO);
	assert_int_equal(cause.err, WF_EIO);
	assert_non_null(strstr(cause.text, r->spool));
	assert_int_equal(wf_effects_running(r->e), 0);
	assert_false(rig_exists(r, "work/ran"));
	json_decref(input);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void signals_end_the_wait(void **state)
{
	struct rig *r = *state;
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, before;
	/* again and again: the first may come before the wait has begun */
	struct itimerval soon = {.it_value.tv_usec = 20000, .it_interval.tv_usec = 20000}, none = {0};
	sigaction(SIGALRM, &action, &before);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(wf_effects_wait(r->e, -1, rig_take, r), WF_EINTR);
	setitimer(ITIMER_REAL, &none, NULL);
	sigaction(SIGALRM, &before, NULL);
	alarm(DEADLINE_MS / 1000 * 2);
	wf_effects_wake(r->e);
	wf_effects_wake(r->e);
	assert_int_equal(wf_effects_wait(r->e, -1, rig_take, r), WF_EINTR);
	assert_int_equal(wf_effects_wait(r->e, 0, rig_take, r), 0);
	int64_t start = wf_monotonic_ms();
	assert_int_equal(wf_effects_wait(r->e, 30, rig_take, r), 0);
	assert_in_range(wf_monotonic_ms() - start, 29, DEADLINE_MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(argv_is_passed_as_it_is),
		TEST(shell_runs_a_script),
		TEST(standard_input),
		TEST(environment_is_an_allow_list),
		TEST(descriptors_signals_and_group),
		TEST(folder),
		TEST(json_output),
		TEST(any_bytes_become_text),
		TEST(exit_status),
		TEST(details_hold_the_end_of_stderr),
		TEST(death_by_signal),
		TEST(commands_that_cannot_start),
		TEST(timeout_ends_the_group),
		TEST(group_gets_its_grace),
		TEST(a_stopped_command_gets_its_term),
		TEST(what_is_said_at_the_end_is_kept),
		TEST(output_has_a_cap),
		TEST(what_is_left_behind_does_not_hold_the_result),
		TEST(bad_input),
		TEST(many_at_once),
		TEST(settled_leaves_no_file),
		TEST(stop_ends_without_a_result),
		TEST(one_attempt_runs_once),
		TEST(a_broken_installation_is_said),
		TEST(no_spool_no_effect),
		TEST(signals_end_the_wait),
	};
	return cmocka_run_group_tests_name("exec", tests, NULL, NULL);
}

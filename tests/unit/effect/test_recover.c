/*
 * Children outlive wfctl (G4): a process that began a command is killed, and another picks up what
 * became of it. Doubt only where nobody can know.
 */
#include "rig.h"

#include "effect/spool.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define TOKEN "0190-attempt-1"

/* Waits for a line in a fifo, so that the test says when it goes on. */
#define WAITING_SCRIPT "mkfifo gate; : > started; read line < gate; echo \"got $line\"; exit 4"

struct attempt {
	json_t *input;
	struct wf_effect_request request;
};

static struct attempt attempt_of(struct rig *r, const char *script, uint64_t timeout_ms)
{
	struct attempt a = {.input = json_pack("{s:s, s:[i], s:s}", "shell", script,
		"success_codes", 4, "grace", "PT0.1S")};
	a.request = (struct wf_effect_request){.action = WF_ACT_EXEC_RUN, .input = a.input,
		.token = TOKEN, .timeout_ms = timeout_ms, .cookie = r};
	return a;
}

/* Begins the attempt in a process of its own, which is killed as soon as it has begun. */
static void begin_and_die(struct rig *r, const struct attempt *a)
{
	int begun[2];
	char byte;
	assert_int_equal(pipe(begun), 0);
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		struct wf_effects *e = rig_effects(r);
		if (wf_effects_begin(e, &a->request, NULL) < 0)
			_exit(1);
		(void)!write(begun[1], "x", 1);
		for (;;)
			pause();
	}
	close(begun[1]);
	assert_int_equal(read(begun[0], &byte, 1), 1);
	close(begun[0]);
	assert_int_equal(kill(-pid, SIGKILL), 0); /* and whoever is in its group */
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void open_gate(const struct rig *r, const char *line)
{
	char path[128];
	RIG_UNTIL(rig_exists(r, "work/started"));
	snprintf(path, sizeof(path), "%s/gate", r->work);
	int fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	dprintf(fd, "%s\n", line);
	close(fd);
}

static pid_t supervisor_pid(const struct rig *r)
{
	char path[128];
	struct wf_buf text = {0};
	snprintf(path, sizeof(path), "%s/" TOKEN ".run", r->spool);
	RIG_UNTIL(wf_read_file(path, 100, &text, NULL) == 0 && text.len >= WF_SPOOL_PID_BYTES);
	pid_t pid = (pid_t)strtol(text.data, NULL, 10);
	wf_buf_done(&text);
	return pid;
}

/* Not before the command runs: while it is being executed it has a copy of the lock. */
static void kill_supervisor(const struct rig *r)
{
	RIG_UNTIL(rig_exists(r, "work/started"));
	assert_int_equal(kill(supervisor_pid(r), SIGKILL), 0);
}

static void adopted_while_it_runs(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, WAITING_SCRIPT, 0);
	begin_and_die(r, &a);
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_RUNNING);
	assert_int_equal(wf_effects_running(r->e), 1);
	open_gate(r, "through");
	rig_wait(r);
	rig_expect_ok(r);
	assert_ptr_equal(r->last.cookie, r);
	assert_string_equal(rig_output(r, "stdout"), "got through\n");
	assert_int_equal(json_integer_value(json_object_get(r->last.output, "exit_code")), 4);
	assert_int_equal(wf_effects_running(r->e), 0);
	wf_effects_settled(r->e, TOKEN);
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_NONE);
	json_decref(a.input);
}

static void found_when_it_has_ended(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, WAITING_SCRIPT, 0);
	begin_and_die(r, &a);
	pid_t pid = supervisor_pid(r);
	open_gate(r, "alone");
	RIG_UNTIL(rig_exists(r, "spool/" TOKEN ".done"));
	RIG_UNTIL(kill(pid, 0) < 0 && errno == ESRCH);
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_DONE);
	rig_wait(r);
	rig_expect_ok(r);
	assert_string_equal(rig_output(r, "stdout"), "got alone\n");
	/* Not settled yet: another recovery finds it again. */
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_DONE);
	json_decref(a.input);
}

static void time_runs_out_without_us(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, "echo $$ > pid; sleep 100", 100);
	begin_and_die(r, &a);
	RIG_UNTIL(rig_exists(r, "spool/" TOKEN ".done"));
	a.request.timeout_ms = 0; /* who recovers does not know how much time it was given */
	enum wf_effect_trace trace = wf_effects_recover(r->e, &a.request);
	assert_true(trace == WF_TRACE_DONE || trace == WF_TRACE_RUNNING);
	rig_wait(r);
	rig_expect_failure(r, WF_ERROR_TIMEOUT, "timeout");
	assert_non_null(strstr(r->last.message, "within 100 ms"));
	json_decref(a.input);
}

static void nothing_known_is_doubt(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, "true", 0);
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_NONE);
	a.request.action = WF_ACT_HTTP_REQUEST;
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_NONE);
	json_decref(a.input);
}

static void killed_supervisor_is_doubt(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, WAITING_SCRIPT, 0);
	rig_begin_with(r, &a.request);
	kill_supervisor(r);
	rig_wait(r);
	rig_expect_failure(r, WF_ERROR_IN_DOUBT, "supervisor_lost");
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_LOST);
	open_gate(r, "nobody listens");
	json_decref(a.input);
}

static void killed_supervisor_of_an_adopted_child(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, WAITING_SCRIPT, 0);
	begin_and_die(r, &a);
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_RUNNING);
	kill_supervisor(r);
	rig_wait(r);
	rig_expect_failure(r, WF_ERROR_IN_DOUBT, "supervisor_lost");
	open_gate(r, "nobody listens");
	json_decref(a.input);
}

static void adopted_can_be_stopped(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, ": > started; exec sleep 100", 0);
	begin_and_die(r, &a);
	RIG_UNTIL(rig_exists(r, "work/started"));
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_RUNNING);
	wf_effects_stop(r->e, r);
	RIG_UNTIL(wf_effects_wait(r->e, 1, rig_take, r) == 0 &&
		!rig_exists(r, "spool/" TOKEN ".run") && !rig_exists(r, "spool/" TOKEN ".done"));
	assert_int_equal(r->results, 0);
	json_decref(a.input);
}

/* A signal to the supervisor by somebody else, such as a machine that goes down in order. */
static void stopped_by_others(void **state)
{
	struct rig *r = *state;
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		char script[64], up[32];
		snprintf(script, sizeof(script), ": > up%zu; exec sleep 100", i);
		snprintf(up, sizeof(up), "work/up%zu", i);
		struct attempt a = attempt_of(r, script, 0);
		rig_begin_with(r, &a.request);
		RIG_UNTIL(rig_exists(r, up));
		assert_int_equal(kill(supervisor_pid(r), signals[i]), 0);
		rig_wait(r);
		rig_expect_failure(r, WF_ERROR_CANCELLED, "stopped");
		wf_effects_settled(r->e, TOKEN);
		json_decref(a.input);
	}
}

/* -- the instants in between, made by hand -- */

static int spool_file(const struct rig *r, const char *suffix)
{
	char path[128];
	assert_int_equal(wf_make_dirs(r->spool, NULL), 0);
	snprintf(path, sizeof(path), "%s/" TOKEN "%s", r->spool, suffix);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	return fd;
}

static void write_done(const struct rig *r)
{
	unsigned char head[WF_SPOOL_DONE_HEAD];
	struct wf_spool_done d = {.end = WF_SPOOL_EXITED, .value = 4, .out_len = 2};
	wf_spool_done_put(&d, head);
	int fd = spool_file(r, ".done");
	dprintf(fd, "%-*d\n", WF_SPOOL_PID_BYTES - 1, 1);
	assert_int_equal(write(fd, head, sizeof(head)), sizeof(head));
	assert_int_equal(write(fd, "hi", 2), 2);
	close(fd);
}

static void supervisor_that_has_only_just_begun(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, "true", 0);
	int run = spool_file(r, ".run");
	assert_int_equal(flock(run, LOCK_EX), 0);
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_RUNNING);
	assert_int_equal(wf_effects_wait(r->e, 20, rig_take, r), 0);
	write_done(r);
	close(run);
	rig_wait(r);
	rig_expect_ok(r);
	assert_string_equal(rig_output(r, "stdout"), "hi");
	json_decref(a.input);
}

static void supervisor_that_names_itself_late(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, "true", 0);
	int run = spool_file(r, ".run");
	assert_int_equal(flock(run, LOCK_EX), 0);
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_RUNNING);
	pid_t pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	dprintf(run, "%-*ld\n", WF_SPOOL_PID_BYTES - 1, (long)pid);
	close(run); /* the process of that id holds the lock on */
	assert_int_equal(wf_effects_wait(r->e, 20, rig_take, r), 0);
	write_done(r);
	assert_int_equal(kill(pid, SIGKILL), 0);
	rig_wait(r);
	rig_expect_ok(r);
	waitpid(pid, NULL, 0);
	json_decref(a.input);
}

static void died_before_it_began(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, "exit 4", 0);
	close(spool_file(r, ".run"));
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_NONE);
	/* The same token begun again takes the place of what is left, a stale result included. */
	write_done(r);
	rig_begin_with(r, &a.request);
	rig_wait(r);
	rig_expect_ok(r);
	assert_string_equal(rig_output(r, "stdout"), "");
	json_decref(a.input);
}

static void a_result_of_the_past_is_not_taken(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, WAITING_SCRIPT, 0);
	write_done(r);
	rig_begin_with(r, &a.request);
	kill_supervisor(r);
	rig_wait(r);
	rig_expect_failure(r, WF_ERROR_IN_DOUBT, "supervisor_lost");
	open_gate(r, "nobody listens");
	json_decref(a.input);
}

static void damaged_result_is_doubt(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, "true", 0);
	write_done(r);
	int fd = spool_file(r, ".done");
	assert_int_equal(ftruncate(fd, WF_SPOOL_PID_BYTES + WF_SPOOL_DONE_HEAD + 1), 0);
	close(fd);
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_LOST);
	json_decref(a.input);
}

static void spool_that_cannot_be_written_is_doubt(void **state)
{
	struct rig *r = *state;
	char path[128];
	struct attempt a = attempt_of(r, "exit 4", 0);
	assert_int_equal(wf_make_dirs(r->spool, NULL), 0);
	snprintf(path, sizeof(path), "%s/" TOKEN ".done", r->spool);
	assert_int_equal(mkdir(path, 0700), 0);
	rig_begin_with(r, &a.request);
	rig_wait(r);
	rig_expect_failure(r, WF_ERROR_IN_DOUBT, "result_lost");
	assert_int_equal(r->last.ran_out, WF_EIO);
	assert_non_null(strstr(r->last.message, strerror(EISDIR)));
	json_decref(a.input);
}

/* The limit is inherited by the supervisor, which must live to say so. */
static void file_size_limit_is_told(void **state)
{
	struct rig *r = *state;
	struct attempt a = attempt_of(r, "head -c 20000 /dev/zero | tr '\\000' x", 0);
	struct rlimit before, tight;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	tight = before;
	tight.rlim_cur = 8192;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	rig_begin_with(r, &a.request);
	rig_wait(r);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	rig_expect_failure(r, WF_ERROR_IN_DOUBT, "result_lost");
	assert_int_equal(r->last.ran_out, WF_ENOSPC);
	assert_int_equal(wf_effects_recover(r->e, &a.request), WF_TRACE_LOST);
	json_decref(a.input);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file_size_limit_is_told),
		TEST(adopted_while_it_runs),
		TEST(found_when_it_has_ended),
		TEST(time_runs_out_without_us),
		TEST(nothing_known_is_doubt),
		TEST(killed_supervisor_is_doubt),
		TEST(killed_supervisor_of_an_adopted_child),
		TEST(adopted_can_be_stopped),
		TEST(stopped_by_others),
		TEST(supervisor_that_has_only_just_begun),
		TEST(supervisor_that_names_itself_late),
		TEST(died_before_it_began),
		TEST(a_result_of_the_past_is_not_taken),
		TEST(damaged_result_is_doubt),
		TEST(spool_that_cannot_be_written_is_doubt),
	};
	return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}

/* Who is asked: roles, the directory, commands and requests, fallbacks, and how each of them fails. */
#include "rig.h"

#include <signal.h>
#include <sys/wait.h>

struct world {
	struct rig rig;
	json_t *people;
	bool broken;
	pid_t server;
	unsigned port;
};

static const json_t *people(void *arg, struct wf_cause *cause)
{
	const struct world *w = arg;
	if (w->broken) {
		(void)wf_fail(cause, WF_EIO, "directory.yaml cannot be read");
		return NULL;
	}
	return w->people;
}

static int setup(void **state)
{
	struct rig *made;
	struct world *w = calloc(1, sizeof(*w));
	assert_int_equal(rig_setup((void **)&made), 0);
	wf_effects_free(made->e);
	w->rig = *made;
	free(made);
	struct wf_effects_options options = {.spool = w->rig.spool, .libexec = rig_build(),
		.workdir = w->rig.work, .environ_in = rig_environ, .people = people,
		.people_arg = w};
	assert_int_equal(wf_effects_new(&options, &w->rig.e, NULL), 0);
	w->people = json_pack("{s:{s:{s:[s,s], s:[]}, s:{s:{s:[s], s:[s,s], s:[]}}}, s:{}}", "directory",
		"roles", "finance", "fay", "fred", "nobody", "functions", "team.leads", "u1", "lea",
		"u2,x", "leo", "lin", "u3", "resolvers");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	json_decref(w->people);
	if (w->server) {
		(void)kill(w->server, SIGTERM);
		(void)waitpid(w->server, NULL, 0);
	}
	wf_effects_free(w->rig.e);
	wf_effect_result_done(&w->rig.last);
	nftw(w->rig.dir, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

static void configure(struct world *w, const char *name, json_t *means)
{
	(void)json_object_set_new(json_object_get(w->people, "resolvers"), name, means);
}

/* One group with that SPEC. */
static void ask_for(struct world *w, json_t *spec, uint64_t timeout_ms)
{
	rig_run(&w->rig, WF_ACT_APPROVAL_REQUEST,
		json_pack("{s:[{s:o, s:i}], s:s}", "groups", "approvers", spec, "quorum", 1, "message",
			"please"),
		NULL, timeout_ms);
}

static void expect_names(const struct world *w, const char *names)
{
	rig_expect_ok(&w->rig);
	const json_t *approvers = json_object_get(json_array_get(
		json_object_get(w->rig.last.output, "groups"), 0), "approvers");
	char *text = json_dumps(approvers, JSON_COMPACT);
	char want[256];
	snprintf(want, sizeof(want), "{\"list\":[%s]}", names);
	assert_string_equal(text, want);
	wf_free(text);
	assert_string_equal(rig_output(&w->rig, "message"), "please");
}

static void roles_and_lists_are_put_together(void **state)
{
	struct world *w = *state;
	ask_for(w, json_pack("{s:[s,s], s:[s]}", "list", "ann", "fay", "roles", "finance"), 0);
	expect_names(w, "\"ann\",\"fay\",\"fred\"");
	ask_for(w, json_pack("{s:[s]}", "roles", "ghosts"), 0);
	rig_expect_failure(&w->rig, WF_ERROR_POLICY, "role_unknown");
	w->broken = true;
	ask_for(w, json_pack("{s:[s]}", "roles", "finance"), 0);
	rig_expect_failure(&w->rig, WF_ERROR_POLICY, "directory_unreadable");
	assert_non_null(strstr(w->rig.last.message, "directory.yaml"));
}

static void the_directory_has_functions(void **state)
{
	struct world *w = *state;
	ask_for(w, json_pack("{s:s, s:[s]}", "resolver", "team.leads", "args", "u1"), 0);
	expect_names(w, "\"lea\"");
	ask_for(w, json_pack("{s:s, s:[s,s]}", "resolver", "team.leads", "args", "u2", "x"), 0);
	expect_names(w, "\"leo\",\"lin\"");
	configure(w, "team.leads", json_pack("{s:b}", "directory", 1));
	ask_for(w, json_pack("{s:s, s:[s], s:{s:[s]}}", "resolver", "team.leads", "args", "u9",
		"fallback", "list", "boss"), 0);
	expect_names(w, "\"boss\"");
	ask_for(w, json_pack("{s:s}", "resolver", "no.such"), 0);
	rig_expect_failure(&w->rig, WF_ERROR_POLICY, "resolver_unknown");
}

static void an_empty_answer_leads_to_the_fallback_and_its_fallback(void **state)
{
	struct world *w = *state;
	configure(w, "empty", json_pack("{s:[s,s]}", "command", "echo", "[]"));
	ask_for(w, json_pack("{s:s, s:{s:[s], s:{s:s, s:[s]}}}", "resolver", "empty", "fallback", "roles",
		"nobody", "fallback", "resolver", "team.leads", "args", "u1"), 0);
	expect_names(w, "\"lea\"");
	ask_for(w, json_pack("{s:s}", "resolver", "empty"), 0);
	expect_names(w, "");
}

/* A resolver whose request cannot even begin answers within the answer that led to it. */
static void a_fallback_may_fail_at_once(void **state)
{
	struct world *w = *state;
	configure(w, "empty", json_pack("{s:[s,s]}", "command", "echo", "[]"));
	configure(w, "wrong", json_pack("{s:{s:s, s:i}}", "http", "url", "http://127.0.0.1:9/",
		"max_response", -1));
	ask_for(w, json_pack("{s:s, s:{s:s, s:{s:[s]}}}", "resolver", "empty", "fallback", "resolver",
		"wrong", "fallback", "list", "boss"), 0);
	assert_false(w->rig.last.ok);
	assert_non_null(strstr(w->rig.last.message, "wrong"));
	/* and nothing of it is left */
	ask_for(w, json_pack("{s:[s]}", "list", "ann"), 0);
	expect_names(w, "\"ann\"");
}

static void a_command_gives_the_names(void **state)
{
	struct world *w = *state;
	configure(w, "cmd", json_pack("{s:[s,s,s,s]}", "command", "printf", "[\"%s\",\"%s\"]", "one",
		"two"));
	configure(w, "args", json_pack("{s:[s,s,s,s]}", "command", "sh", "-c",
		"echo \"{\\\"approvers\\\": [\\\"$1-$2\\\"]}\"", "sh"));
	ask_for(w, json_pack("{s:s}", "resolver", "cmd"), 0);
	expect_names(w, "\"one\",\"two\"");
	ask_for(w, json_pack("{s:s, s:[s,i]}", "resolver", "args", "args", "eu", 7), 0);
	expect_names(w, "\"eu-7\"");
	char left[300];
	snprintf(left, sizeof(left), "test -z \"$(ls -A %s)\"", w->rig.spool);
	assert_int_equal(system(left), 0);
}

/* Then it is no failure of the step. */
static void a_command_that_has_no_room_to_begin_ran_out(void **state)
{
	struct world *w = *state;
	char no_folder[600];
	snprintf(no_folder, sizeof(no_folder), "rm -rf %s && : >%s", w->rig.spool, w->rig.spool);
	assert_int_equal(system(no_folder), 0);
	configure(w, "cmd", json_pack("{s:[s,s]}", "command", "echo", "[\"one\"]"));
	ask_for(w, json_pack("{s:s}", "resolver", "cmd"), 0);
	assert_false(w->rig.last.ok);
	assert_int_equal(w->rig.last.ran_out, WF_EIO);
	assert_int_equal(w->rig.last.type, WF_ERROR_IN_DOUBT);
}

static void every_group_and_escalation_is_looked_up_at_the_same_time(void **state)
{
	struct world *w = *state;
	/* each waits for the others: seven of them */
	configure(w, "slow", json_pack("{s:[s,s,s,s]}", "command", "sh", "-c",
		": > \"up.$1\"; until [ -e up.vp -a -e up.0 -a -e up.1 -a -e up.2 -a -e up.3 -a -e up.4 "
		"-a -e up.5 ]; do sleep 0.01; done; echo \"[\\\"$1\\\"]\"", "sh"));
	json_t *groups = json_array();
	for (int i = 0; i < 6; i++)
		(void)json_array_append_new(groups, json_pack("{s:{s:s, s:[i]}}", "approvers",
			"resolver", "slow", "args", i));
	rig_run(&w->rig, WF_ACT_APPROVAL_REQUEST,
		json_pack("{s:o, s:[{s:s, s:{s:[s]}}, {s:s, s:{s:s, s:[s]}}]}", "groups", groups,
			"escalations", "after", "PT1H", "add", "roles", "finance", "after", "PT2H",
			"to", "resolver", "slow", "args", "vp"), NULL, 0);
	rig_expect_ok(&w->rig);
	assert_string_equal(rig_output(&w->rig, "groups[5].approvers.list[0]"), "5");
	assert_string_equal(rig_output(&w->rig, "escalations[0].add.list[1]"), "fred");
	assert_string_equal(rig_output(&w->rig, "escalations[1].to.list[0]"), "vp");
}

static void each_way_to_fail_has_its_type(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *script;
		enum wf_error_type type;
		const char *code;
	} ways[] = {
		{"exit 3", WF_ERROR_EXEC, "exit_3"},
		{"kill -9 $$", WF_ERROR_EXEC, "signal_9"},
		{"echo nonsense", WF_ERROR_VALIDATION, "resolver_output"},
		{"echo '{\"a\": 1}'", WF_ERROR_VALIDATION, "resolver_output"},
		{"echo '[1]'", WF_ERROR_VALIDATION, "resolver_output"},
		{"echo '[\"\"]'", WF_ERROR_VALIDATION, "resolver_output"},
		{"echo null", WF_ERROR_VALIDATION, "resolver_output"},
		{"sleep 60", WF_ERROR_TIMEOUT, "timeout"},
	};
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		configure(w, "bad", json_pack("{s:[s,s,s]}", "command", "sh", "-c", ways[i].script));
		ask_for(w, json_pack("{s:s, s:{s:[s]}}", "resolver", "bad", "fallback", "list", "boss"),
			ways[i].type == WF_ERROR_TIMEOUT ? 200 : 0);
		rig_expect_failure(&w->rig, ways[i].type, ways[i].code);
		assert_non_null(strstr(w->rig.last.message, "bad"));
	}
	configure(w, "gone", json_pack("{s:[s]}", "command", "/no/such/command"));
	ask_for(w, json_pack("{s:s}", "resolver", "gone"), 0);
	rig_expect_failure(&w->rig, WF_ERROR_NOT_FOUND, "command_not_found");
	assert_int_equal(wf_effects_running(w->rig.e), 0);
}

static void one_failure_stops_the_other_lookups(void **state)
{
	struct world *w = *state;
	char script[300];
	snprintf(script, sizeof(script), "trap 'touch %s/stopped; exit' TERM; : > up; sleep 60 & wait",
		w->rig.dir);
	configure(w, "hangs", json_pack("{s:[s,s,s]}", "command", "sh", "-c", script));
	configure(w, "fails", json_pack("{s:[s,s,s]}", "command", "sh", "-c",
		"until [ -e up ]; do sleep 0.01; done; exit 1"));
	rig_run(&w->rig, WF_ACT_APPROVAL_REQUEST,
		json_pack("{s:[{s:{s:s}}, {s:{s:s}}]}", "groups", "approvers", "resolver", "hangs",
			"approvers", "resolver", "fails"), NULL, 0);
	rig_expect_failure(&w->rig, WF_ERROR_EXEC, "exit_1");
	RIG_UNTIL(rig_exists(&w->rig, "stopped"));
}

static void a_lookup_that_is_stopped_answers_nobody(void **state)
{
	struct world *w = *state;
	configure(w, "hangs", json_pack("{s:[s,s]}", "command", "sleep", "60"));
	json_t *input = json_pack("{s:[{s:{s:s}}]}", "groups", "approvers", "resolver", "hangs");
	struct wf_effect_request q = {.action = WF_ACT_APPROVAL_REQUEST, .input = input,
		.token = "t-stop", .cookie = w};
	rig_begin_with(&w->rig, &q);
	wf_effects_stop(w->rig.e, w);
	assert_int_equal(wf_effects_running(w->rig.e), 0);
	assert_int_equal(wf_effects_wait(w->rig.e, 50, rig_take, &w->rig), 0);
	assert_int_equal(w->rig.results, 0);
	json_decref(input);
}

static void serve(struct world *w)
{
	char program[256], port_file[256], log[256], port[16] = "";
	snprintf(program, sizeof(program), "%s/tests/helpers/httpd", rig_build());
	snprintf(port_file, sizeof(port_file), "%s/port", w->rig.dir);
	snprintf(log, sizeof(log), "%s/log", w->rig.dir);
	w->server = fork();
	if (w->server == 0) {
		(void)execl(program, program, "--port-file", port_file, "--log", log,
			"--end-with-parent", (char *)NULL);
		_exit(127);
	}
	RIG_UNTIL(rig_exists(&w->rig, "port"));
	int fd = open(port_file, O_RDONLY);
	assert_true(read(fd, port, sizeof(port) - 1) > 0);
	(void)close(fd);
	w->port = (unsigned)strtoul(port, NULL, 10);
}

static json_t *request_to(const struct world *w, const char *path, const char *method)
{
	char url[300];
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", w->port, path);
	return json_pack("{s:{s:s, s:s*}}", "http", "url", url, "method", method);
}

static void a_request_gives_the_names(void **state)
{
	struct world *w = *state;
	serve(w);
	configure(w, "web", request_to(w, "/json?body=%5B%22wanda%22%5D", "GET"));
	ask_for(w, json_pack("{s:s, s:[s]}", "resolver", "web", "args", "u1"), 0);
	expect_names(w, "\"wanda\"");
	configure(w, "web", request_to(w, "/status/503", NULL));
	ask_for(w, json_pack("{s:s}", "resolver", "web"), 0);
	rig_expect_failure(&w->rig, WF_ERROR_SERVER, "503");
	configure(w, "web", request_to(w, "/text", NULL));
	ask_for(w, json_pack("{s:s}", "resolver", "web"), 0);
	rig_expect_failure(&w->rig, WF_ERROR_VALIDATION, "resolver_output");
	configure(w, "web", request_to(w, "/stall", NULL));
	ask_for(w, json_pack("{s:s}", "resolver", "web"), 100);
	rig_expect_failure(&w->rig, WF_ERROR_TIMEOUT, "timeout");
	configure(w, "web", request_to(w, "/close", NULL));
	ask_for(w, json_pack("{s:s}", "resolver", "web"), 0);
	rig_expect_failure(&w->rig, WF_ERROR_NETWORK, "broken");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(roles_and_lists_are_put_together),
		T(the_directory_has_functions),
		T(an_empty_answer_leads_to_the_fallback_and_its_fallback),
		T(a_fallback_may_fail_at_once),
		T(a_command_gives_the_names),
		T(a_command_that_has_no_room_to_begin_ran_out),
		T(every_group_and_escalation_is_looked_up_at_the_same_time),
		T(each_way_to_fail_has_its_type),
		T(one_failure_stops_the_other_lookups),
		T(a_lookup_that_is_stopped_answers_nobody),
		T(a_request_gives_the_names),
	};
	wf_mem_adopt_jansson();
	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}

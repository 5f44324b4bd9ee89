/* Approvals and triggers: what the engine is given of them, and that nothing breaks the check. */
#include "unit/definition.h"

#include "base/json.h"
#include "check/check.h"

static void read_text(struct definition *d, const char *text)
{
	definition_read(d, "t.yaml", text, strlen(text));
	if (d->model)
		(void)wf_check(d->model, &d->diags);
}

#define APPROVAL                                                                                   \
	"workflow:\n  id: w\n  input: { type: object }\n"                                          \
	"  policies: { two: { quorum: 2, deny_initiator: true, max_sla: P1D } }\n"                 \
	"  steps:\n    - id: ask\n      action: approval.request\n      with: "

/* The expression as text: computed parts in their own syntax, so that it shows what is a value of
 * the definition and what is not. */
static void expect_request(const char *with, const char *want)
{
	WF_AUTOFREE char *text = wf_asprintf(APPROVAL "%s\n", with);
	WF_AUTOBUF struct wf_buf got = {0};
	struct definition d;

	read_text(&d, text);
	definition_clean(&d);
	assert_non_null(d.model->steps[0].request);
	wf_expr_print(d.model->steps[0].request, &got);
	if (!strstr(got.data, want))
		fail_msg("%s\n%s\nis not in\n%s", with, want, got.data);
	definition_done(&d);
}

static void test_levels(void **state)
{
	(void)state;
	expect_request("{ policy: level3, approvers: { list: [a, b, c] } }",
		"groups: [{quorum: 3, approvers: {list: [\"a\", \"b\", \"c\"]}}], order: \"sequence\", "
		"deny_initiator: false, reject: \"ends\", auto_approve: false, on_breach: \"fail\", "
		"escalations: []");
	expect_request("{ policy: two, approvers: { list: [a, b] } }",
		"groups: [{quorum: 2, approvers: {list: [\"a\", \"b\"]}}], order: \"sequence\", "
		"deny_initiator: true, reject: \"ends\", auto_approve: false, sla: \"P1D\"");
	expect_request("{ policy: two, quorum: 1, sla: PT1H, deny_initiator: true, approvers: { list: [a] } }",
		"groups: [{quorum: 1, approvers: {list: [\"a\"]}}]");
	expect_request("{ quorum: \"${n}\", deny_initiator: \"${b}\", approvers: { list: \"${l}\" } }",
		"quorum: n, approvers: {list: l}}], order: \"sequence\", deny_initiator: b");
	expect_request("{ policy: \"${p}\", quorum: 2, approvers: { list: [a, b] } }",
		"{policy: p, quorum: 2, approvers: {list: [\"a\", \"b\"]}, order");
}

/* Each argument is one value, whatever it holds; brackets and commas of the text alone divide. */
static void test_calls(void **state)
{
	static const struct {
		const char *dynamic, *want;
	} cases[] = {
		{"f()", "resolver: \"f\", args: []"},
		{" a.b-c_1 ( ) ", NULL},
		{"f( )", "resolver: \"f\", args: []"},
		{"team.leads(${user.id})", "resolver: \"team.leads\", args: [user.id]"},
		{"f(${a},${b})", "args: [a, b]"},
		{"f( ${a} , x y )", "args: [a, \"x y\"]"},
		{"f(${a + \"),(\"})", "args: [(a + \"),(\")]"},
		{"f('a, (b)', ''', 1)", NULL},
		{"f('a, (b)', '', 1)", "args: [\"a, (b)\", \"\", \"1\"]"},
		{"f('${a}')", "args: [`${a}`]"},
		{"f(a-${b}c d)", "args: [`a-${b}c d`]"},
		{"f(O'Brien)", "args: [\"O'Brien\"]"},
		{"f($${a})", "args: [\"${a}\"]"},
		{"f(1, true)", "args: [\"1\", \"true\"]"},
		{"f", NULL},
		{"f(", NULL},
		{"f(a", NULL},
		{"f(a))", NULL},
		{"f(,)", NULL},
		{"f(a,)", NULL},
		{"f(a b 'c')", "args: [\"a b 'c'\"]"},
		{"f('a' 'b')", NULL},
		{"f('a'${b})", NULL},
		{"a..b()", NULL},
		{"a.()", NULL},
		{".a()", NULL},
		{"1a()", NULL},
		{"f ()", NULL},
		{"${f}()", NULL},
		{"f${x}()", NULL},
		{"f()${x}", NULL},
		{"${f()}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *string = json_string(cases[i].dynamic);
		WF_AUTOFREE char *quoted = wf_json_text(string);
		WF_AUTOFREE char *with =
			wf_asprintf("{ quorum: 1, approvers: { dynamic: %s } }", quoted);
		WF_AUTOFREE char *text = wf_asprintf(APPROVAL "%s\n", with);
		struct definition d;

		json_decref(string);
		if (cases[i].want) {
			expect_request(with, cases[i].want);
			continue;
		}
		read_text(&d, text);
		assert_true(d.diags.errors > 0);
		if (!strstr(cases[i].dynamic, "${f()}"))
			(void)definition_found(&d, WF_RULE_RESOLVER_CALL);
		definition_done(&d);
	}
}

static void test_people(void **state)
{
	(void)state;
	expect_request("{ quorum: 1, approvers: { roles: [r], fallback: { list: [], fallback: [x] } } }",
		"approvers: {roles: [\"r\"], fallback: {list: [], fallback: {list: [\"x\"]}}}");
	expect_request("{ quorum: 1, approvers: \"${who}\" }",
		"approvers: {list: who.list, roles: who.roles}");
	expect_request("{ quorum: 1, approvers: { list: [a] }, escalations: [{ after: PT1H, add_approvers: "
		       "{ list: [b] } }, { after: \"${t}\", escalate_to: { dynamic: \"f(x)\" } }] }",
		"escalations: [{after: \"PT1H\", add: {list: [\"b\"]}}, {after: t, to: {resolver: \"f\", "
		"args: [\"x\"]}}]");
}

/* Notifications are numbered in the order of the escalations, the reminder is the last. */
static void test_notifications(void **state)
{
	struct definition d;
	const char *notify = "notify: { action: exec.run, with: { command: [x] } }";
	WF_AUTOFREE char *with =
		wf_asprintf("{ quorum: 1, approvers: { list: [a] }, escalations: [{ after: PT1H, %s }, { "
			    "after: PT2H, decide: reject, %s }], reminders: { every: PT5M, %s } }",
			notify, notify, notify);
	WF_AUTOFREE char *text = wf_asprintf(APPROVAL "%s\n", with);

	(void)state;
	expect_request(with, "escalations: [{after: \"PT1H\", notify: 0}, {after: \"PT2H\", notify: 1, "
			     "decide: \"reject\"}], reminders: {every: \"PT5M\", max: 10, notify: 2}");
	read_text(&d, text);
	assert_int_equal(d.model->notify_count, 3);
	assert_int_equal(d.model->steps[0].notify_count, 3);
	assert_string_equal(d.model->notifies[1].step.id, "ask.notify2");
	assert_string_equal(d.model->notifies[2].step.id, "ask.reminder");
	assert_true(d.model->notifies[2].reminder);
	assert_int_equal(d.model->notifies[0].step.on_crash, WF_ON_CRASH_RETRY);
	definition_done(&d);
}

/* Wherever a value of any type is put in an approval or a trigger, something is found or it is taken. */
static void test_any_type_anywhere(void **state)
{
	static const char *const values[] = {"null", "true", "1", "-1", "1.5", "text", "\"${\"",
		"\"${input.x}\"", "[]", "[1]", "[[]]", "{}", "{ a: 1 }", "[{}]", "P1D", "\"@daily\""};
	static const char *const places[] = {"with: %s", "with: { policy: %s }",
		"with: { policy: level1, approvers: %s }",
		"with: { policy: p, approvers: { list: [a] }, sla: %s, on_breach: %s }",
		"with: { quorum: %s, approvers: { list: %s, roles: %s } }",
		"with: { quorum: 1, approvers: { dynamic: %s, fallback: %s } }",
		"with: { quorum: 1, approvers: { fallback: { fallback: %s } } }",
		"with: { groups: %s, order: %s }", "with: { groups: [%s] }",
		"with: { groups: [{ name: %s, quorum: %s, approvers: %s }] }",
		"with: { quorum: 1, approvers: { list: [a] }, escalations: %s, reminders: %s }",
		"with: { quorum: 1, approvers: { list: [a] }, escalations: [%s] }",
		"with: { quorum: 1, approvers: { list: [a] }, escalations: [{ after: %s, notify: %s, "
		"add_approvers: %s, decide: %s }] }",
		"with: { quorum: 1, approvers: { list: [a] }, reminders: { every: %s, max: %s, notify: { "
		"action: %s, with: %s, retry: %s, timeout: %s } } }"};
	static const char *const tops[] = {"policies: %s", "policies: { p: %s }",
		"policies: { p: { quorum: %s, groups: %s, order: %s, max_sla: %s, reject: %s } }",
		"policies: { p: { groups: [%s] } }", "concurrency: %s",
		"concurrency: { key: %s, limit: %s, on_conflict: %s, max_in_flight: %s }", "triggers: %s",
		"triggers: [%s]", "triggers: [{ type: %s }]",
		"triggers: [{ type: event, name: %s, when: %s, input: %s, transform: %s }]",
		"triggers: [{ type: schedule, id: %s, cron: %s, timezone: %s, start: %s, input: %s }]",
		"triggers: [{ type: schedule, interval: %s, end: %s, dst: %s, jitter: %s, missed: %s }]",
		"triggers: [{ type: schedule, at: %s, dst: { gap: %s } }]"};

	(void)state;
	for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
		const char *x = values[v];
		for (size_t p = 0; p < sizeof places / sizeof *places + sizeof tops / sizeof *tops; p++) {
			bool top = p >= sizeof places / sizeof *places;
			WF_AUTOBUF struct wf_buf text = {0};
			struct definition d;

			wf_buf_addstr(&text, "workflow:\n  id: w\n  ");
			const char *at = top ? tops[p - sizeof places / sizeof *places] : places[p];
			if (!top)
				wf_buf_addstr(&text, "steps:\n    - id: a\n      action: approval.request\n"
						     "      ");
			for (const char *s; (s = strstr(at, "%s")); at = s + 2) {
				wf_buf_add(&text, at, (size_t)(s - at));
				wf_buf_addstr(&text, x);
			}
			wf_buf_addstr(&text, at);
			if (top)
				wf_buf_addstr(&text, "\n  steps:\n    - { id: a, action: approval.request, "
						     "with: { policy: p } }");
			read_text(&d, text.data);
			definition_done(&d);
		}
	}
}

/* Whatever is in the way of the language, nobody is asked by accident: a resolver is never computed. */
static void test_no_injection(void **state)
{
	struct definition d;
	const char *text = APPROVAL "{ quorum: 1, approvers: \"${input.approvers}\" }\n";
	WF_AUTOBUF struct wf_buf got = {0};

	(void)state;
	read_text(&d, text);
	definition_clean(&d);
	wf_expr_print(d.model->steps[0].request, &got);
	assert_null(strstr(got.data, "resolver"));
	definition_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_notifications),
		cmocka_unit_test(test_any_type_anywhere),
		cmocka_unit_test(test_no_injection),
	};

	return cmocka_run_group_tests_name("approvals", tests, NULL, NULL);
}

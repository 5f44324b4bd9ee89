/* The crash campaign: one instance and its effects (scenarios.h). */
#include "scenarios.h"

#include <stddef.h>

#define LATER "WFCTL_NOW=2126-01-01T00:00:00Z "

static const char sequential[] =
	"workflow:\n"
	"  id: sequential\n"
	"  vars: { region: eu }\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN(
		"a") "; echo A' }, set: { first: '${trim(output.stdout)}' } }\n"
		     "    - { id: b, action: data.set, with: { both: '${vars.first}${vars.region}' "
		     "} }\n"
		     "    - { id: c, action: exec.run, with: { shell: '" RAN(
			     "c") "; echo {\\\"n\\\": 3}', output: json }, output: { n: "
				  "'${output.stdout.n}' } }\n"
				  "  completion: { on_success: { result: success, output: { all: "
				  "'${b.both}', n: '${c.n}' } } }\n";

static const char conditional[] =
	"workflow:\n"
	"  id: conditional\n"
	"  steps:\n"
	"    - { id: look, action: exec.run, with: { shell: '" RAN(
		"look") "; exit 7', success_codes: [0, 7] },\n"
			"        next: [ { to: good, when: 'look.exit_code == 0' }, { to: odd } ] "
			"}\n"
			"    - { id: good, action: exec.run, with: { shell: '" RAN(
				"good") "' }, next: [ { to: end } ] }\n"
					"    - { id: odd, action: exec.run, condition: { when: "
					"'look.exit_code == 8' }, with: { shell: '" RAN(
						"odd") "' } }\n"
						       "    - { id: last, action: exec.run, with: "
						       "{ shell: '" RAN("last") "' } }\n";

static const char retrying[] =
	"workflow:\n"
	"  id: retrying\n"
	"  steps:\n"
	"    - id: flaky\n"
	"      action: exec.run\n"
	"      with: { shell: '" RAN(
		"flaky") "; echo x >>@DIR@/tries; test $(wc -l <@DIR@/tries) -ge 3' }\n"
			 "      retry: { max_attempts: 3, backoff: exponential, initial_delay_ms: "
			 "5, jitter: 0.5, on: [ExecError] }\n"
			 "    - { id: after, action: exec.run, with: { shell: '" RAN(
				 "after") "' } }\n";

static const char http_retrying[] =
	"workflow:\n"
	"  id: http_retrying\n"
	"  steps:\n"
	"    - id: flaky\n"
	"      action: http.request\n"
	"      with: { method: POST, url: '@URL@/fail/2/@TAG@?t=@TAG@', body: { n: 1 } }\n"
	"      retry: { max_attempts: 3, backoff: fixed, initial_delay_ms: 5 }\n"
	"      output: { status: '${output.status}' }\n"
	"    - { id: after, action: exec.run, with: { shell: '" RAN("after") "' } }\n";

static const char approval[] =
	"workflow:\n"
	"  id: approval\n"
	"  steps:\n"
	"    - { id: before, action: exec.run, with: { shell: '" RAN(
		"before") "' } }\n"
			  "    - { id: ok, action: approval.request, with: { policy: level2, "
			  "approvers: { list: [alice, bob] }, sla: P3D } }\n"
			  "    - { id: after, action: exec.run, with: { shell: '" RAN(
				  "after") "' } }\n"
					   "  completion: { on_success: { result: success, output: "
					   "{ by: '${ok.decided_by}' } } }\n";

static const char rejection[] =
	"workflow:\n"
	"  id: rejection\n"
	"  steps:\n"
	"    - { id: ok, action: approval.request, with: { policy: level1, approvers: { list: "
	"[alice] } },\n"
	"        on_failure: { action: continue, to: undo } }\n"
	"    - { id: do, action: exec.run, with: { shell: '" RAN(
		"do") "' }, next: [ { to: end } ] }\n"
		      "    - { id: undo, action: exec.run, with: { shell: '" RAN("undo") "' } }\n";

static const char expiry[] =
	"workflow:\n"
	"  id: expiry\n"
	"  steps:\n"
	"    - { id: ok, action: approval.request, with: { policy: level1, approvers: { list: "
	"[alice] }, sla: P1D },\n"
	"        on_failure: { action: stop, handlers: [ { error_type: ApprovalExpired, to: late } "
	"] } }\n"
	"    - { id: late, action: exec.run, with: { shell: '" RAN("late") "' } }\n";

static const char timers[] =
	"workflow:\n"
	"  id: timers\n"
	"  steps:\n"
	"    - { id: first, action: wait.timer, with: { duration: PT0.01S } }\n"
	"    - { id: then, action: exec.run, with: { shell: '" RAN(
		"then") "' } }\n"
			"    - { id: second, action: wait.timer, with: { duration: PT0.01S } }\n"
			"    - { id: last, action: exec.run, with: { shell: '" RAN(
				"last") "' } }\n";

static const char long_timer[] =
	"workflow:\n"
	"  id: long_timer\n"
	"  steps:\n"
	"    - { id: pause, action: wait.timer, with: { duration: P2D } }\n"
	"    - { id: then, action: exec.run, with: { shell: '" RAN("then") "' } }\n";

static const char deadline[] =
	"workflow:\n"
	"  id: deadline\n"
	"  timeout: P1D\n"
	"  steps:\n"
	"    - { id: before, action: exec.run, with: { shell: '" RAN(
		"before") "' } }\n"
			  "    - { id: pause, action: approval.request, with: { policy: level1, "
			  "approvers: { list: [alice] } } }\n"
			  "    - { id: never, action: exec.run, with: { shell: '" RAN(
				  "never") "' } }\n";

static const char pure_batch[] =
	"workflow:\n"
	"  id: pure_batch\n"
	"  input: { type: object, properties: { n: { type: integer } }, required: [n] }\n"
	"  steps:\n"
	"    - { id: a, action: data.set, with: { twice: '${n * 2}' } }\n"
	"  completion: { on_success: { output: '${a.twice}' } }\n";

static const char exec_batch[] =
	"workflow:\n"
	"  id: exec_batch\n"
	"  input: { type: object, properties: { n: { type: integer } }, required: [n] }\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, idempotency_key: 'x:${string(n)}', with: { shell: '" RAN(
		"a") "; echo ${string(n)}' } }\n"
		     "  completion: { on_success: { output: '${trim(a.stdout)}' } }\n";

static const char http_batch[] =
"workflow:\n"
"  id: http_batch\n"
"  input: { type: object, properties: { n: { type: integer } }, required: [n] }\n"
"  steps:\n"
"    - { id: a, action: http.request, idempotency_key: 'x:${string(n)}', with: { method: POST, url: '@URL@/ok?t=@TAG@', body: { n: '${n}' } }, output: { ok: '${output.body.ok}' } }\n";

static const char numbers[] =
	"{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n{\"n\":6}\n{\"n\":7}\n{\"n\":8}\n";

static const char children[] =
	"workflow:\n"
	"  id: children\n"
	"  steps:\n"
	"    - { id: slow, action: exec.run, with: { shell: '" RAN(
		"slow") "; sleep 0.05; cat', stdin: { a: 1 }, output: json } }\n"
			"    - { id: fails, action: exec.run, with: { shell: '" RAN(
				"fails") "; sleep 0.02; echo no >&2; exit 3' },\n"
					 "        on_failure: { action: continue, to: then } }\n"
					 "    - { id: then, action: exec.run, with: { shell: '" RAN(
						 "then") "' } }\n"
							 "  completion: { on_success: { output: { "
							 "got: '${slow.stdout.a}' } } }\n";

static const char time_out[] =
	"workflow:\n"
	"  id: time_out\n"
	"  steps:\n"
	/* what it left would depend on how fast it begins */
	"    - { id: slow, action: exec.run, with: { shell: 'exec sleep 1000' }, timeout: PT0.2S,\n"
			"        on_failure: { action: stop, handlers: [ { error_type: "
			"TimeoutError, to: late } ] } }\n"
			"    - { id: late, action: exec.run, with: { shell: '" RAN(
				"late") "' } }\n";

static const char http[] =
	"workflow:\n"
	"  id: http\n"
	"  steps:\n"
	"    - { id: a, action: http.request, with: { method: POST, url: "
	"'@URL@/api/accounts?t=@TAG@', body: { user_id: u1 } }, output: { id: '${output.body.id}' "
	"} }\n"
	"    - { id: b, action: http.request, with: { method: POST, url: "
	"'@URL@/idp/roles?t=@TAG@', body: { of: '${a.id}' } }, output: { of: '${output.body.of}' } "
	"}\n"
	"    - { id: c, action: http.request, with: { url: '@URL@/ok?t=@TAG@' }, output: { ok: "
	"'${output.body.ok}' } }\n"
	"  completion: { on_success: { output: { of: '${b.of}', ok: '${c.ok}' } } }\n";

static const char http_fail[] =
	"workflow:\n"
	"  id: http_fail\n"
	"  steps:\n"
	"    - { id: a, action: http.request, on_crash: fail, with: { method: POST, url: "
	"'@URL@/ok?t=@TAG@' }, output: { ok: '${output.body.ok}' },\n"
	"        on_failure: { action: stop, handlers: [ { error_type: InDoubtError, to: b } ] } "
	"}\n"
	"    - { id: b, action: exec.run, with: { shell: '" RAN("b") "' } }\n";

static const char http_ask[] =
	"workflow:\n"
	"  id: http_ask\n"
	"  steps:\n"
	"    - { id: a, action: http.request, on_crash: ask, with: { method: POST, url: "
	"'@URL@/ok?t=@TAG@' }, output: { ok: '${output.body.ok}' } }\n"
	"    - { id: b, action: http.request, on_crash: ask, with: { method: POST, url: "
	"'@URL@/ok?t=@TAG@' }, output: { ok: '${output.body.ok}' } }\n";

static const char loop[] =
	"workflow:\n"
	"  id: loop\n"
	"  vars: { turns: 0 }\n"
	"  steps:\n"
	"    - { id: work, action: exec.run, max_visits: 3, with: { shell: '" RAN(
		"work") "; echo ${string(vars.turns)}' }, set: { turns: '${vars.turns + 1}' },\n"
			"        next: [ { to: work, when: 'vars.turns < 3' }, { to: done } ] }\n"
			"    - { id: done, action: exec.run, with: { shell: '" RAN(
				"done") "' } }\n"
					"  completion: { on_success: { output: { turns: "
					"'${vars.turns}', last: '${trim(work.stdout)}' } } }\n";

static const char max_visits[] =
	"workflow:\n"
	"  id: max_visits\n"
	"  steps:\n"
	"    - { id: work, action: exec.run, max_visits: 3, with: { shell: '" RAN(
		"work") "; exit 1' },\n"
			"        on_failure: { action: continue, to: mend } }\n"
			"    - { id: good, action: exec.run, with: { shell: '" RAN(
				"good") "' }, next: [ { to: end } ] }\n"
					"    - { id: mend, action: exec.run, max_visits: 3, with: "
					"{ shell: '" RAN("mend") "' }, next: [ { to: work } ] }\n";

static const char handlers[] =
	"workflow:\n"
	"  id: handlers\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN(
		"a") "; exit 9' },\n"
		     "        on_failure: { action: stop, handlers: [ { error_code: exit_8, to: b "
		     "}, { error_type: ExecError, to: c } ] } }\n"
		     "    - { id: b, action: exec.run, with: { shell: '" RAN(
			     "b") "' }, next: [ { to: end } ] }\n"
				  "    - { id: c, action: exec.run, with: { shell: '" RAN(
					  "c") "; exit 1' }, on_failure: { action: continue, to: d "
					       "} }\n"
					       "    - { id: d, action: fail, with: { error_type: "
					       "PolicyError, code: told, message: 'because of "
					       "${error.code}' } }\n";

static const char machine[] =
	"workflow:\n"
	"  id: machine\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN(
		"a") "; echo A' } }\n"
		     "    - { id: b, action: data.set, with: { x: 1 } }\n"
		     "    - { id: c, action: exec.run, with: { shell: '" RAN("c") "; echo A' } }\n";

static const char machine_retry[] =
	"workflow:\n"
	"  id: machine_retry\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, with: { shell: '" RAN(
		"a") "; echo A', idempotent: true } }\n"
		     "    - { id: c, action: exec.run, on_crash: retry, with: { shell: '" RAN(
			     "c") "; echo A' } }\n";

static const char machine_fail[] =
	"workflow:\n"
	"  id: machine_fail\n"
	"  steps:\n"
	"    - { id: a, action: exec.run, on_crash: fail, with: { shell: '" RAN(
		"a") "; echo A' },\n"
		     "        on_failure: { action: stop, handlers: [ { error_type: InDoubtError, "
		     "to: b } ] } }\n"
		     "    - { id: b, action: data.set, with: { x: 1 } }\n";

#define FOUND "--completed --result {\"exit_code\":0,\"stdout\":\"A\\n\",\"stderr\":\"\"}"

const struct scenario flow_scenarios[] = {
	{ .name = "sequential", .definition = sequential, .commands = { "run @DIR@/w.yaml" } },
	{ .name = "conditional", .definition = conditional, .commands = { "run @DIR@/w.yaml" } },
	{ .name = "retrying", .definition = retrying, .commands = { "run @DIR@/w.yaml" } },
	{ .name = "retrying, parked", .definition = retrying,
		.commands = { "run @DIR@/w.yaml --stay 0s", "resume" } },
	{ .name = "http retrying", .definition = http_retrying,
		.commands = { "run @DIR@/w.yaml" }, .doubt = RETRY, .doubtful = "flaky " },
	{ .name = "approval", .definition = approval,
		.commands = { "run @DIR@/w.yaml", "approve 1 --as alice", "approve 1 --as bob" } },
	{ .name = "rejection", .definition = rejection,
		.commands = { "run @DIR@/w.yaml", "reject 1 --as alice --reason no" } },
	{ .name = "expiry", .definition = expiry,
		.commands = { "run @DIR@/w.yaml", LATER "resume" } },
	{ .name = "too late", .definition = expiry,
		.commands = { "run @DIR@/w.yaml", LATER "approve 1 --as alice" } },
	{ .name = "timers", .definition = timers, .commands = { "run @DIR@/w.yaml" } },
	{ .name = "a long timer", .definition = long_timer,
		.commands = { "run @DIR@/w.yaml", LATER "resume" } },
	{ .name = "a deadline", .definition = deadline,
		.commands = { "run @DIR@/w.yaml", LATER "resume" } },
	{ .name = "cancel", .definition = approval,
		.commands = { "run @DIR@/w.yaml", "cancel 1 --reason enough" } },
	{ .name = "batch", .definition = pure_batch, .input = numbers,
		.commands = { "run @DIR@/w.yaml --batch @DIR@/in --jobs 2" } },
	{ .name = "batch of commands", .definition = exec_batch, .input = numbers,
		.commands = { "run @DIR@/w.yaml --batch @DIR@/in --jobs 3" } },
	{ .name = "batch of requests", .definition = http_batch, .input = numbers,
		.commands = { "run @DIR@/w.yaml --batch @DIR@/in --jobs 3" },
		.doubt = RETRY, .doubtful = "" },
	{ .name = "a crashed run", .definition = sequential,
		.commands = { "WFCTL_CRASH_AT=EFFECT_STARTED:1 run @DIR@/w.yaml", "resume" } },
	{ .name = "children", .definition = children, .commands = { "run @DIR@/w.yaml" } },
	{ .name = "a child's timeout", .definition = time_out, .commands = { "run @DIR@/w.yaml" } },
	{ .name = "http", .definition = http,
		.commands = { "run @DIR@/w.yaml" }, .doubt = RETRY, .doubtful = "a b c " },
	{ .name = "http, in doubt: fail", .definition = http_fail,
		.commands = { "run @DIR@/w.yaml" }, .doubt = FAIL, .doubtful = "a " },
	{ .name = "http, in doubt: ask", .definition = http_ask,
		.commands = { "run @DIR@/w.yaml" }, .doubt = ASK, .doubtful = "a b " },
	{ .name = "resolve", .definition = http_ask,
		.commands = { "WFCTL_CRASH_AT=EFFECT_RESULT:1 run @DIR@/w.yaml", "resume", "resolve 1 --retry" },
		.doubt = ASK, .doubtful = "a b " },
	{ .name = "a loop", .definition = loop, .commands = { "run @DIR@/w.yaml" } },
	{ .name = "max_visits", .definition = max_visits, .commands = { "run @DIR@/w.yaml" } },
	{ .name = "on_failure", .definition = handlers, .commands = { "run @DIR@/w.yaml" } },
	{ .name = "machine down: ask", .definition = machine,
		.commands = { "run @DIR@/w.yaml" },
		.doubt = ASK, .doubtful = "a c ", .power = true, .resolve = FOUND },
	{ .name = "machine down: retry", .definition = machine_retry,
		.commands = { "run @DIR@/w.yaml" },
		.doubt = RETRY, .doubtful = "a c ", .power = true },
	{ .name = "machine down: fail", .definition = machine_fail,
		.commands = { "run @DIR@/w.yaml" },
		.doubt = FAIL, .doubtful = "a ", .power = true },
};
const unsigned flow_scenario_count = sizeof(flow_scenarios) / sizeof(flow_scenarios[0]);

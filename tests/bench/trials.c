/* Tests of a workflow: a file of 2,000 cases, each with a retry and every second with an approval. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { CASES = 2000 };

static const char order[] =
	"workflow:\n"
	"  id: order\n"
	"  input: { type: object, required: [amount], properties: { amount: { type: integer } } }\n"
	"  steps:\n"
	"    - id: check\n"
	"      action: data.set\n"
	"      with: { large: \"${amount > 100}\" }\n"
	"      next: [{ to: ask, when: \"check.large\" }, { to: pay }]\n"
	"    - id: ask\n"
	"      action: approval.request\n"
	"      with: { quorum: 1, sla: P2D, approvers: { list: [ann, bob] } }\n"
	"    - id: pay\n"
	"      action: exec.run\n"
	"      with: { command: [pay, \"${string(amount)}\"], idempotent: true }\n"
	"      retry: { max_attempts: 3, backoff: fixed, delay: PT10S, on: [ExecError] }\n"
	"      timeout: PT1M\n"
	"    - { id: packed, action: wait.signal, with: { name: packed, timeout: P1D } }\n"
	"  completion: { on_success: { output: { paid: \"${amount}\", by: \"${packed.who}\" } } }\n";

static void write_cases(const char *path)
{
	FILE *f = fopen(path, "w");
	if (!f)
		die("%s cannot be written", path);
	fputs("tests:\n", f);
	for (int i = 0; i < CASES; i++) {
		int amount = i % 100 + (i % 2 ? 200 : 0);
		fprintf(f,
			"  - name: case %d\n"
			"    input: { amount: %d }\n"
			"    mocks: { pay: [{ error: { type: ExecError, code: exit_1 } }, "
			"{ output: { exit_code: 0 }, after: PT5S }] }\n"
			"    script: [%s{ signal: packed, data: { who: eve } }]\n"
			"    expect: { status: completed, output: { paid: %d, by: eve }, "
			"steps: { pay: { attempts: 2 } } }\n",
			i, amount, i % 2 ? "{ at: PT1H, approve: ask, by: ann }, " : "", amount);
	}
	if (fclose(f))
		die("%s cannot be written", path);
}

void bench_trials(void)
{
	struct row *r = row_add("wfctl test of 2,000 cases in one file", "tests/s", NULL);
	r->rate = true;
	r->at_least = 2000;
	write_text(in_work("order.yaml"), "%s", order);
	const char *cases = in_work("order.test.yaml");
	write_cases(cases);
	for (size_t i = 0; i < (world.quick ? 5 : 21); i++)
		samples_add(&r->ours,
			CASES / run(&(struct process){.argv = {world.wfctl, "test", cases}}).seconds);
	row_print(r);
}

/*
 * How many evaluations a second of a typical condition: compiled, by the expression machine, and the
 * same written by hand in C over jansson.
 *
 *	conditions vm N
 *	conditions jansson N
 *
 * Prints the rate. Both look at the same inputs in turn, so that neither knows the answer before.
 */
#include "base/json.h"
#include "base/mem.h"
#include "compile/compile.h"
#include "engine/vm.h"
#include "expr/expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONDITION                                                                                  \
	"order.total > 1000 && order.customer.tier == 'gold' || order.priority == 'high'"

static const char *const inputs[] = {
	"{\"order\":{\"id\":\"o-1\",\"total\":1290.5,\"priority\":\"low\",\"customer\":{\"name\":\"Ann\",\"tier\":\"gold\"}}}",
	"{\"order\":{\"id\":\"o-2\",\"total\":90,\"priority\":\"high\",\"customer\":{\"name\":\"Bob\",\"tier\":\"none\"}}}",
	"{\"order\":{\"id\":\"o-3\",\"total\":2000,\"priority\":\"low\",\"customer\":{\"name\":\"Eve\",\"tier\":\"none\"}}}",
	"{\"order\":{\"id\":\"o-4\",\"total\":10,\"priority\":\"low\",\"customer\":{\"name\":\"Kim\",\"tier\":\"gold\"}}}",
};
#define INPUTS (sizeof(inputs) / sizeof(*inputs))

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "conditions: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* -- by hand -- */

static bool by_hand(const json_t *input)
{
	const json_t *order = json_object_get(input, "order");
	const json_t *total = json_object_get(order, "total");
	if (json_is_number(total) && json_number_value(total) > 1000) {
		const json_t *customer = json_object_get(order, "customer");
		const char *tier = json_string_value(json_object_get(customer, "tier"));
		if (tier && strcmp(tier, "gold") == 0)
			return true;
	}
	const char *priority = json_string_value(json_object_get(order, "priority"));
	return priority && strcmp(priority, "high") == 0;
}

static unsigned run_by_hand(json_t *const *values, unsigned n)
{
	unsigned holds = 0;
	for (unsigned i = 0; i < n; i++)
		holds += by_hand(values[i % INPUTS]);
	return holds;
}

/* -- compiled -- */

static struct wf_plan *compiled(const json_t *sample, uint32_t *ret_pc)
{
	struct wf_source source = {"condition", CONDITION, strlen(CONDITION)};
	struct wf_expr_site site = {&source, NULL, 0};
	struct wf_diags diags = {0};
	struct wf_expr_arena *arena = wf_expr_arena_new();
	struct wf_buf bytes = {0};
	struct wf_plan *plan = NULL;
	struct wf_scope scope = {
		.input = wf_type_of_value(wf_expr_arena_base(arena), sample),
		.vars = wf_type_of_value(wf_expr_arena_base(arena), NULL),
		.roots = 1u << WF_ROOT_INPUT,
	};
	struct wf_expr *e = wf_expr_parse(arena, source.text, source.len, &site, &diags);
	if (!e || !wf_expr_resolve(arena, e, &scope, &site, 0, &diags) ||
		wf_compile_expr(e, &bytes, ret_pc) || wf_plan_load(bytes.data, bytes.len, &plan, NULL))
		die("the condition does not compile");
	wf_buf_done(&bytes);
	wf_expr_arena_free(arena);
	wf_diags_done(&diags);
	return plan;
}

static unsigned run_compiled(const struct wf_plan *plan, uint32_t body, struct wf_instance *in,
	json_t *const *values, unsigned n)
{
	static struct wf_vm vm;
	unsigned holds = 0;
	wf_vm_init(&vm, plan, in, 0, 0);
	for (unsigned i = 0; i < n; i++) {
		uint32_t pc = body;
		in->input = values[i % INPUTS];
		vm.steps_left = 1000;
		if (wf_vm_run(&vm, &pc))
			die(vm.failure.message);
		json_t *value = wf_vm_pop(&vm);
		holds += json_is_true(value);
		json_decref(value);
	}
	in->input = NULL;
	wf_vm_done(&vm);
	return holds;
}

int main(int argc, char **argv)
{
	json_t *values[INPUTS];
	if (argc != 3)
		die("usage: conditions vm|jansson N");
	unsigned n = (unsigned)strtoul(argv[2], NULL, 10), holds;
	for (size_t i = 0; i < INPUTS; i++)
		if (wf_json_parse(inputs[i], strlen(inputs[i]), &values[i], NULL))
			die("an input is no JSON");
	double took;
	if (strcmp(argv[1], "vm") == 0) {
		uint32_t pc = 0;
		struct wf_plan *plan = compiled(values[0], &pc);
		struct wf_instance *in = wf_instance_new(plan->step_count);
		double began = now();
		holds = run_compiled(plan, pc, in, values, n);
		took = now() - began;
		wf_instance_free(in);
		wf_plan_free(plan);
	} else {
		double began = now();
		holds = run_by_hand(values, n);
		took = now() - began;
	}
	if (holds != n / INPUTS * 2)
		die("the condition holds too often or too seldom");
	for (size_t i = 0; i < INPUTS; i++)
		json_decref(values[i]);
	printf("%.0f\n", n / took);
	return 0;
}

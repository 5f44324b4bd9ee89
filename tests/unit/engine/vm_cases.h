/* For tests of the expression machine: bodies written as assembly, one case a line. Include after
 * cmocka.h. */
#ifndef TESTS_VM_CASES_H
#define TESTS_VM_CASES_H

#include "base/json.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/vm.h"
#include "helpers/plan_text.h"

#define HEAD                                                                                       \
	"plan 3\nworkflow \"flow\"\nversion \"2.0.0\"\nname \"Flow\"\nentry E\nbody correlation B\n" \
	"step \"one\"\naction data.set\nenter E\nstep \"two\"\naction data.set\nenter F\n"         \
	"code\nE:\nenter \"one\"\nF:\nenter \"two\"\nundef\nfinish success \"ok\"\nB:\n"

static struct wf_instance *instance(void)
{
	struct wf_instance *in = wf_instance_new(2);
	in->input = json_loads("{\"user\": {\"id\": \"u1\", \"age\": 30, \"tags\": [\"a\", \"b\"]},"
			       " \"n\": null, \"list\": [1, 2, 3], \"big\": 9223372036854775807,"
			       " \"name\": \"x\"}",
		0, NULL);
	in->number = 7;
	assert_true(wf_uuid_parse("01890a5d-ac96-774b-bcce-b302099a8057", &in->uuid));
	in->tenant = wf_strdup("acme");
	in->environment = wf_strdup("test");
	in->started_by = wf_strdup("ann");
	in->os_user = wf_strdup("root");
	in->correlation_id = wf_strdup("c-1");
	in->started_at = 1000;
	in->status = WF_INST_RUNNING;
	json_t *region = json_string("eu");
	wf_instance_set_var(in, "region", region);
	json_decref(region);
	in->steps[0].status = WF_STEP_COMPLETED;
	in->steps[0].attempts = 2;
	in->steps[0].output = json_pack("{s:i}", "status", 201);
	return in;
}

struct outcome {
	json_t *value, *error;
	int err;
};

static struct outcome run_text(const char *body, const struct wf_instance *in)
{
	struct wf_buf text = {0};
	struct outcome o = {0};
	wf_buf_printf(&text, HEAD "%s", body);
	struct wf_plan *plan = plan_of_text(text.data);
	o.err = wf_engine_eval(plan, in, plan->bodies[0].pc, &o.value, &o.error);
	wf_plan_free(plan);
	wf_buf_done(&text);
	return o;
}

static void outcome_done(struct outcome *o)
{
	json_decref(o->value);
	json_decref(o->error);
}

struct example {
	const char *code; /* without the final return; lines between ';' */
	const char *want; /* JSON, or "undefined", or "!code part of the message" */
};

static void lines(const char *code, struct wf_buf *out)
{
	for (const char *p = code; *p; p++)
		wf_buf_addch(out, *p == ';' ? '\n' : *p);
	wf_buf_addstr(out, "\nreturn\n");
}

static void check(const struct example *e, const struct wf_instance *in)
{
	struct wf_buf body = {0}, got = {0};
	lines(e->code, &body);
	struct outcome o = run_text(body.data, in);
	if (o.err) {
		wf_buf_printf(&got, "!%s %s", json_string_value(json_object_get(o.error, "code")),
			json_string_value(json_object_get(o.error, "message")));
		if (e->want[0] != '!' || strncmp(got.data, e->want, strlen(e->want)) != 0)
			fail_msg("%s: wanted %s, got %s", e->code, e->want, got.data);
	} else {
		if (o.value)
			wf_json_write(o.value, &got);
		else
			wf_buf_addstr(&got, "undefined");
		if (strcmp(got.data, e->want) != 0)
			fail_msg("%s: wanted %s, got %s", e->code, e->want, got.data);
	}
	outcome_done(&o);
	wf_buf_done(&body);
	wf_buf_done(&got);
}

static void check_all(const struct example *examples, size_t n)
{
	struct wf_instance *in = instance();
	for (size_t i = 0; i < n; i++)
		check(&examples[i], in);
	wf_instance_free(in);
}
#define CHECK_ALL(examples) check_all(examples, sizeof(examples) / sizeof((examples)[0]))

#endif

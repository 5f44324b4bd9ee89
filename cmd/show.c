/* wfctl show: one instance, whole. */
#include "cli_instance.h"

#include "engine/engine.h"
#include "view/instance.h"
#include "view/table.h"

#include <string.h>

/* -- the components of a user interface -- */

/* Who looks: the name, and the roles that the directory gives it. */
static json_t *viewer(struct wf_ctx *ctx)
{
	struct wf_cause cause = { 0 };
	const json_t *people = wf_people(ctx, &cause);
	json_t *security = json_object(), *roles = json_array(), *members, *name;
	const char *role, *who = wf_actor(ctx);
	size_t i;
	json_object_foreach(json_object_get(json_object_get(people, "directory"), "roles"), role,
		members)
		json_array_foreach(members, i, name)
			if (!strcmp(json_string_value(name), who)) {
				json_array_append_new(roles, json_string(role));
				break;
			}
	json_object_set_new(security, "name", json_string(who));
	json_object_set_new(security, "user", json_string(wf_os_user(ctx)));
	json_object_set_new(security, "roles", roles);
	return security;
}

static double priority_of(const json_t *component)
{
	const json_t *priority = json_object_get(component, "priority");
	return priority ? json_number_value(priority) : 0;
}

static bool holds_as(const struct wf_plan *plan, const struct wf_instance *in, json_t *security,
	uint32_t pc)
{
	json_t *holds = NULL, *error = NULL;
	(void)wf_engine_eval_viewed(plan, in, security, pc, &holds, &error);
	bool result = json_is_true(holds);
	json_decref(holds);
	json_decref(error);
	return result;
}

/*
 * One whose condition cannot be told now, as it asks for what is not there yet, does not apply. Who
 * designs a page knows what goes on and what has ended: an instance that waits is running, too, and
 * nearly all that are looked at wait.
 */
static bool applies(const struct wf_plan *plan, const struct wf_instance *in, uint32_t index,
	json_t *security)
{
	uint32_t pc = wf_plan_find_body(plan, WF_BODY_UI, 0, index);
	if (pc == WF_NONE || holds_as(plan, in, security, pc))
		return true;
	bool goes_on = in->status == WF_INST_WAITING || in->status == WF_INST_QUEUED ||
		in->status == WF_INST_PENDING;
	struct wf_instance running = *in;
	running.status = WF_INST_RUNNING;
	return goes_on && holds_as(plan, &running, security, pc);
}

/* Those that apply, by priority; of the same priority in the order of the definition. */
static json_t *components(struct wf_ctx *ctx, const struct wf_plan *plan,
	const struct wf_instance *in)
{
	const json_t *all = plan->extra == WF_NONE
		? NULL : json_object_get(plan->consts[plan->extra], "ui");
	json_t *list = json_array(), *security = viewer(ctx);
	for (size_t i = 0; i < json_array_size(all); i++) {
		json_t *component = json_array_get(all, i);
		if (!applies(plan, in, (uint32_t)i, security))
			continue;
		size_t at = json_array_size(list);
		while (at > 0 && priority_of(json_array_get(list, at - 1)) > priority_of(component))
			at--;
		json_t *shown = json_deep_copy(component);
		json_object_del(shown, "when");
		json_array_insert_new(list, at, shown);
	}
	json_decref(security);
	return list;
}

static void show_components(struct wf_ctx *ctx, const struct wf_plan *plan,
	const struct wf_instance *in)
{
	json_t *list = components(ctx, plan, in), *component;
	size_t i;
	if (wf_machine(ctx)) {
		wf_out_json(ctx, list);
		return;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	struct wf_table *table = wf_table_new();
	wf_table_column(table, "PRIORITY", WF_ALIGN_RIGHT, false);
	wf_table_column(table, "COMPONENT", WF_ALIGN_LEFT, true);
	wf_table_column(table, "TITLE", WF_ALIGN_LEFT, true);
	json_array_foreach(list, i, component) {
		const char *title = json_string_value(
			json_object_get(json_object_get(component, "context"), "title"));
		if (!title)
			title = json_string_value(json_object_get(component, "name"));
		wf_table_cellf(table, WF_ROLE_DIM, "%g", priority_of(component));
		wf_table_cell(table, WF_ROLE_STRONG,
			json_string_value(json_object_get(component, "component")));
		wf_table_cell(table, WF_ROLE_PLAIN, title ? title : "-");
	}
	if (wf_table_rows(table))
		wf_table_write(table, &ctx->out, 0, false, &text);
	else if (!ctx->quiet)
		wf_buf_addstr(&text, "no component applies\n");
	wf_out(ctx, &text);
	wf_table_free(table);
	json_decref(list);
}

static int run_show(struct wf_ctx *ctx)
{
	struct wf_instance *in = NULL;
	struct wf_plan *plan = NULL;
	int status = wf_load_instance(ctx, wf_arg(ctx, 0), &in, &plan);
	if (status)
		return status;
	if (wf_opt(ctx, "ui")) {
		show_components(ctx, plan, in);
	} else if (wf_machine(ctx)) {
		wf_out_json(ctx, wf_view_instance_json(plan, in));
	} else {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_view_timeline(plan, in, ctx->now, &ctx->out, &text);
		if (ctx->format == WF_FORMAT_OUT_WIDE || ctx->verbose) {
			wf_buf_addstr(&text, "input\n");
			wf_view_yaml(in->input, 2, &text);
			for (uint32_t i = 0; i < in->step_count; i++) {
				if (!in->steps[i].output)
					continue;
				wf_buf_addstr(&text, "output of ");
				wf_view_step_name(plan, in, i, &text);
				wf_buf_addch(&text, '\n');
				wf_view_yaml(in->steps[i].output, 2, &text);
			}
		}
		wf_out_page(ctx, &text);
	}
	wf_instance_free(in);
	wf_plan_free(plan);
	return WF_EXIT_DONE;
}

static const struct wf_option options[] = {
	{ "ui", 0, NULL, "the components of the definition's `ui` that apply now, for who asks", NULL,
		NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_show = {
	.arguments = "INSTANCE",
	.description = "Shows an instance as a timeline: each step with its status, attempts, how long it "
		       "took and where in time, then what the instance waits for and what to do, or what "
		       "it failed of, and its output. With -o wide also its input and the steps' outputs; "
		       "with -o json everything.\n\n"
		       "An instance is named by its number, its UUID, or a unique prefix of that.\n\n"
		       "With --ui: the components of a user interface that the definition names and whose "
		       "conditions hold now, by priority, each with its context. `security` in a condition is "
		       "who asks (--as), with the roles that the directory gives them. A condition over what "
		       "is not there yet does not hold.",
	.examples = "wfctl show 1234\n"
		    "wfctl show 0193-5e1a -o json\n"
		    "wfctl show 1234 --ui -o json --as carol",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.min_args = 1,
	.max_args = 1,
	.words = "instance",
	.run = run_show,
};

/* approve and reject --all-of: every approval of a workflow that asks whoever acts, in few commits. */
#include "cli_decide.h"
#include "cli_drive.h"
#include "cli_instance.h"
#include "cli_steps.h"
#include "cli_hold.h"

#include <inttypes.h>
#include <string.h>

struct one {
	uint64_t approval, instance;
	uint32_t step, item; /* item: of the foreach around it; WF_NONE */
	uint8_t plan[WF_HASH_SIZE];
	char *step_id;
	int result;          /* of the decision */
	char *why;           /* refused: why */
};

struct all {
	struct wf_ctx *ctx;
	const char *workflow, *who;
	struct one *items;
	size_t count, room;
	uint64_t decided, refused;
	int first_error;
	bool known;          /* there is something of that workflow */
};

static void one_done(struct one *o)
{
	wf_free(o->step_id);
	wf_free(o->why);
}

static void all_reset(struct all *a)
{
	for (size_t i = 0; i < a->count; i++)
		one_done(&a->items[i]);
	a->count = 0;
}

/* Those that ask that person. */
static bool keep(void *arg, const struct wf_open_approval *o)
{
	struct all *a = arg;
	const struct wf_approval *approval = o->state->approval;
	if (approval->decided_at || !wf_approval_asks(approval, a->who))
		return true;
	WF_GROW(a->items, a->count, a->room);
	a->items[a->count++] = (struct one){ .approval = o->approval, .instance = o->instance,
		.step = o->step, .item = WF_NONE };
	return true;
}

/* Whether it is of that workflow. */
static int concerns(struct all *a, struct wf_txn *txn, struct one *o, bool *ret)
{
	struct wf_instance *in = NULL;
	int r = wf_txn_get_instance(txn, o->instance, WF_LOAD_HEADER, &in);
	*ret = r == 0 && in->workflow && !strcmp(in->workflow, a->workflow);
	if (*ret)
		memcpy(o->plan, in->plan_id, sizeof(o->plan));
	wf_instance_free(in);
	return r;
}

static int collect_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct all *a = arg;
	(void)cause;
	all_reset(a);
	int r = wf_txn_each_approval(txn, keep, a);
	size_t kept = 0;
	for (size_t i = 0; r == 0 && i < a->count; i++) {
		bool wanted = false;
		r = concerns(a, txn, &a->items[i], &wanted);
		if (wanted)
			a->items[kept++] = a->items[i];
	}
	a->count = kept;
	a->known = kept > 0;
	if (r == 0 && !a->known)
		r = wf_workflow_known(txn, a->workflow, &a->known);
	return r;
}

static void answered(void *arg, size_t index, int result, const struct wf_cause *cause)
{
	struct all *a = arg;
	struct one *o = &a->items[index];
	o->result = result;
	if (result == 0) {
		a->decided++;
		return;
	}
	a->refused++;
	a->first_error = a->first_error ? a->first_error : result;
	o->why = wf_strdup(cause && *cause->text ? cause->text : wf_strerror(result));
}

static json_t *one_json(const struct one *o)
{
	json_t *item = json_object();
	json_object_set_new(item, "approval", json_integer((json_int_t)o->approval));
	json_object_set_new(item, "instance", json_integer((json_int_t)o->instance));
	json_object_set_new(item, "step", json_string(o->step_id ? o->step_id : ""));
	json_object_set_new(item, "item", o->item == WF_NONE ? json_null() : json_integer(o->item));
	if (o->result < 0) {
		json_t *error = json_object();
		json_object_set_new(error, "code", json_string(wf_code_of(o->result)));
		json_object_set_new(error, "message", json_string(o->why ? o->why : ""));
		json_object_set_new(item, "error", error);
	}
	return item;
}

static void say_json(struct wf_ctx *ctx, const struct all *a, bool dry)
{
	json_t *doc = json_object(), *list = json_array();
	for (size_t i = 0; i < a->count; i++)
		json_array_append_new(list, one_json(&a->items[i]));
	if (dry)
		json_object_set_new(doc, "dry_run", json_true());
	json_object_set_new(doc, "workflow", json_string(a->workflow));
	if (!dry) {
		json_object_set_new(doc, "decided", json_integer((json_int_t)a->decided));
		json_object_set_new(doc, "refused", json_integer((json_int_t)a->refused));
	}
	json_object_set_new(doc, "approvals", list);
	wf_out_json(ctx, doc);
}

#define MOST_SAID 10

static void say_text(struct wf_ctx *ctx, const struct all *a, const char *done,
	const struct wf_tally *t)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_view_plural(&text, a->decided, "approval", "approvals");
	wf_buf_printf(&text, " of %s %s as %s", a->workflow, done, a->who);
	static const char *const words[] = { "completed", "failed", "cancelled", "still wait",
		"go on elsewhere" };
	uint64_t counts[] = { t->completed, t->failed + t->lost, t->cancelled, t->parked,
		t->elsewhere };
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i])
			wf_buf_printf(&text, "; %" PRIu64 " %s", counts[i], words[i]);
	wf_buf_addch(&text, '\n');
	wf_out(ctx, &text);
	wf_out_flush();
	size_t said = 0;
	for (size_t i = 0; i < a->count && said < MOST_SAID; i++)
		if (a->items[i].result < 0) {
			wf_note(ctx, "  refused: a%" PRIu64 " of #%" PRIu64 ": %s", a->items[i].approval,
				a->items[i].instance, a->items[i].why);
			said++;
		}
	if (a->refused > said)
		wf_note(ctx, "  and %" PRIu64 " more were refused", a->refused - said);
}

static int post_all(struct all *a, const struct wf_decide *what)
{
	struct wf_ctx *ctx = a->ctx;
	struct wf_driver_options options = { .silent = true };
	struct wf_driver *d = NULL;
	int status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	const char *reason = wf_opt(ctx, "reason");
	json_t *data = json_pack("{s:s, s:s, s:s*, s:s}", "by", a->who, "decision", what->decision,
		"reason", reason, "os_user", wf_os_user(ctx));
	struct wf_post *posts = wf_calloc(a->count ? a->count : 1, sizeof(*posts));
	for (size_t i = 0; i < a->count; i++)
		posts[i] = (struct wf_post){ .number = a->items[i].instance,
			.event = { .type = WF_EVENT_DECISION, .at = wf_now_ms(),
				.random = wf_random_u32(), .step = a->items[i].step, .data = data } };
	wf_runtime_post_later(wf_driver_runtime(d), posts, a->count, answered, a);
	status = wf_driver_run(d);
	bool approve = !strcmp(what->decision, "approve");
	if (wf_machine(ctx))
		say_json(ctx, a, false);
	else if (!ctx->quiet || a->refused)
		say_text(ctx, a, approve ? "approved" : "rejected", wf_driver_tally(d));
	if (!status && a->refused)
		status = wf_exit_of(a->first_error);
	wf_driver_end(d);
	wf_free(posts);
	json_decref(data);
	return status;
}

/* The ids of the steps; a plan is read once for all that follow each other. */
static int name_steps(struct all *a)
{
	struct wf_plan *plan = NULL;
	int status = 0;
	for (size_t i = 0; !status && i < a->count; i++) {
		struct one *o = &a->items[i];
		if (!plan || memcmp(o->plan, plan->id, WF_HASH_SIZE) != 0) {
			wf_plan_free(plan);
			plan = NULL;
			status = wf_load_stored_plan(a->ctx, o->plan, &plan);
		}
		if (plan && o->step < plan->step_count) {
			o->step_id = wf_strdup(wf_plan_author_id(plan, o->step));
			o->item = wf_item_of(a->ctx, plan, o->instance, o->step, NULL);
		}
	}
	wf_plan_free(plan);
	return status;
}

static int say_dry(struct wf_ctx *ctx, const struct all *a, const char *words)
{
	if (wf_machine(ctx)) {
		say_json(ctx, a, true);
		return WF_EXIT_DONE;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_buf_printf(&text, "would %s ", words);
	wf_view_plural(&text, a->count, "approval", "approvals");
	wf_buf_printf(&text, " of %s as %s", a->workflow, a->who);
	for (size_t i = 0; i < a->count; i++)
		wf_buf_printf(&text, "%s#%" PRIu64, i ? ", " : ": ", a->items[i].instance);
	wf_buf_addstr(&text, "; nothing was decided\n");
	wf_out(ctx, &text);
	return WF_EXIT_DONE;
}

static int run_all(struct wf_ctx *ctx, struct all *a, const struct wf_decide *what)
{
	int status = wf_read_journal(ctx, collect_txn, a);
	if (status)
		return status;
	if (!a->known)
		return wf_fail_at(ctx, WF_EXIT_MISSING, "NOT_FOUND", NULL,
			"wfctl approvals --all lists what waits, and of which workflow",
			"there is no workflow %s", a->workflow);
	if (wf_machine(ctx) || wf_opt(ctx, "dry-run"))
		status = name_steps(a);
	if (status)
		return status;
	if (wf_opt(ctx, "dry-run"))
		return say_dry(ctx, a, what->words);
	if (!a->count) {
		if (wf_machine(ctx))
			say_json(ctx, a, false);
		else
			wf_note(ctx, "nothing of %s asks %s", a->workflow, a->who);
		return WF_EXIT_DONE;
	}
	bool go = false;
	status = wf_confirm(ctx, &go, "%s %zu approval%s of %s as %s?", what->words, a->count,
		a->count == 1 ? "" : "s", a->workflow, a->who);
	if (status || !go)
		return status;
	return post_all(a, what);
}

int wf_run_decide_all(struct wf_ctx *ctx, const struct wf_decide *what)
{
	struct all a = { .ctx = ctx, .workflow = wf_opt(ctx, "all-of"), .who = wf_actor(ctx) };
	if (wf_arg(ctx, 0) || wf_opt(ctx, "approval") || wf_opt(ctx, "step"))
		return wf_fail_usage(ctx, "--all-of stands in place of an instance, --approval and --step");
	int status = wf_open_journal(ctx, wf_opt(ctx, "dry-run") ? WF_JOURNAL_READ : WF_JOURNAL_WRITE);
	if (!status)
		status = run_all(ctx, &a, what);
	all_reset(&a);
	wf_free(a.items);
	return status;
}

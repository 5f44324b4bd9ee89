/* wfctl release: ends a hold; what it kept back begins. */
#include "cli_drive.h"
#include "cli_hold.h"

#include "base/numbers.h"
#include "sweep/schedule.h"

#include <inttypes.h>
#include <string.h>

struct kept_back {
	uint64_t number;
	uint32_t step;
};

struct release {
	const char *workflow;    /* NULL: everything */
	struct wf_numbers held;  /* instances with effects that were kept back */
	struct kept_back *back;  /* those effects */
	size_t back_count, back_room;
	struct wf_numbers fresh; /* that have not begun */
	uint64_t refused;
};

/* The effects that nothing holds any more. */
static int find_back(struct wf_txn *txn, struct release *r)
{
	for (size_t i = 0; i < r->held.count; i++) {
		struct wf_instance *in = NULL;
		bool held = false;
		int rc = wf_txn_get_instance(txn, r->held.items[i], WF_LOAD_ALL, &in);
		if (rc == 0)
			rc = wf_txn_is_held(txn, in->workflow, &held);
		for (uint32_t k = 0; rc == 0 && !held && k < in->step_count; k++) {
			if (in->steps[k].wait != WF_WAIT_HOLD)
				continue;
			WF_GROW(r->back, r->back_count, r->back_room);
			r->back[r->back_count++] =
				(struct kept_back){ .number = in->number, .step = k };
		}
		wf_instance_free(in);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool keep_fresh(void *arg, const struct wf_instance *in)
{
	struct release *r = arg;
	if (in->owner)
		return true;
	wf_numbers_add(&r->fresh, in->number);
	return true;
}

/* Keeps of the numbers those that nothing holds any more. */
static int keep_free(struct wf_txn *txn, struct wf_numbers *numbers)
{
	size_t kept = 0;
	for (size_t i = 0; i < numbers->count; i++) {
		struct wf_instance *in = NULL;
		bool held = false;
		int r = wf_txn_get_instance(txn, numbers->items[i], WF_LOAD_HEADER, &in);
		if (r == 0)
			r = wf_txn_is_held(txn, in->workflow, &held);
		wf_instance_free(in);
		if (r < 0)
			return r;
		if (!held)
			numbers->items[kept++] = numbers->items[i];
	}
	numbers->count = kept;
	return 0;
}

static int release_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct release *r = arg;
	struct wf_filter pending = { .status = (int)WF_INST_PENDING, .oldest_first = true };
	r->held.count = r->back_count = r->fresh.count = 0;
	int rc = wf_txn_drop_hold(txn, r->workflow);
	if (rc == WF_ENOENT) {
		int known = wf_hold_known(txn, r->workflow, cause);
		if (known < 0)
			return known;
		(void)wf_fail(cause, WF_ECONFLICT, "%s is not on hold",
			r->workflow ? r->workflow : "everything as such");
		wf_fail_hint(cause, "wfctl hold --list says what is");
		return WF_ECONFLICT;
	}
	if (rc == 0)
		rc = wf_schedule_release(txn, r->workflow);
	if (rc == 0)
		rc = wf_txn_each_held_back(txn, wf_numbers_take, &r->held);
	if (rc == 0)
		rc = wf_txn_each_instance(txn, &pending, keep_fresh, r);
	if (rc == 0)
		rc = find_back(txn, r);
	if (rc == 0)
		rc = keep_free(txn, &r->fresh);
	return rc;
}

static void answered(void *arg, size_t index, int result, const struct wf_cause *cause)
{
	struct release *r = arg;
	(void)index;
	(void)cause;
	/* somebody else was quicker, or it has ended since: no effect waits there any more */
	r->refused += result < 0;
}

static void say(struct wf_ctx *ctx, const struct release *r, const struct wf_tally *t)
{
	uint64_t released = r->back_count + r->fresh.count - r->refused;
	if (wf_machine(ctx)) {
		json_t *o = json_object();
		json_object_set_new(o, "workflow",
			r->workflow ? json_string(r->workflow) : json_null());
		json_object_set_new(o, "released", json_integer((json_int_t)released));
		json_object_set_new(o, "completed", json_integer((json_int_t)t->completed));
		json_object_set_new(o, "failed", json_integer((json_int_t)(t->failed + t->lost)));
		json_object_set_new(o, "cancelled", json_integer((json_int_t)t->cancelled));
		json_object_set_new(o, "parked", json_integer((json_int_t)(t->parked + t->elsewhere)));
		wf_out_json(ctx, o);
	} else if (!ctx->quiet) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_buf_printf(&text, "%s is released; ", r->workflow ? r->workflow : "everything");
		wf_view_plural(&text, released, "instance goes on", "instances go on");
		wf_buf_addch(&text, '\n');
		wf_out(ctx, &text);
	}
}

/* Drives on what the hold kept back. */
static int go_on(struct wf_ctx *ctx, struct release *r)
{
	struct wf_driver_options options = { .numbered = true, .silent = wf_machine(ctx) };
	struct wf_driver *d = NULL;
	int status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	json_t *data = json_pack("{s:s}", "by", wf_actor(ctx));
	struct wf_post *posts = wf_calloc(r->back_count + 1, sizeof(*posts));
	for (size_t i = 0; i < r->back_count; i++)
		posts[i] = (struct wf_post){ .number = r->back[i].number,
			.event = { .type = WF_EVENT_RELEASE, .at = wf_now_ms(),
				.random = wf_random_u32(), .step = r->back[i].step, .data = data } };
	wf_runtime_post_later(wf_driver_runtime(d), posts, r->back_count, answered, r);
	wf_runtime_claim_later(wf_driver_runtime(d), r->fresh.items, r->fresh.count);
	status = wf_driver_run(d);
	if (!status)
		say(ctx, r, wf_driver_tally(d));
	wf_driver_end(d);
	wf_free(posts);
	json_decref(data);
	return status;
}

static int run_release(struct wf_ctx *ctx)
{
	struct release r = { .workflow = wf_arg(ctx, 0) };
	struct wf_cause cause = { 0 };
	if (r.workflow && !*r.workflow)
		return wf_fail_usage(ctx, "a workflow has a name");
	if (wf_opt(ctx, "dry-run"))
		return wf_hold_dry(ctx, "release");
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (status)
		return status;
	int rc = wf_journal_update(ctx->journal, release_txn, &r, &cause);
	if (rc < 0) {
		if (!*cause.text)
			(void)wf_fail(&cause, rc, "the hold cannot be ended: %s", wf_strerror(rc));
		cause.err = rc;
		status = wf_fail_cause(ctx, &cause);
	} else {
		status = go_on(ctx, &r);
	}
	wf_numbers_done(&r.held);
	wf_free(r.back);
	wf_numbers_done(&r.fresh);
	return status;
}

static const struct wf_option options[] = {
	{ "stay", 0, "SPAN", "wait here for timers due within this (10s unless given)", NULL, NULL },
	{ "dry-run", 'n', NULL, "say what would be released", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_release = {
	.arguments = "[WORKFLOW]",
	.description = "Ends the hold of a workflow, or of everything: what it kept back begins, here and now. "
		       "An instance that another hold still covers stays where it is. Killed half-way, the "
		       "next sweep does the rest.\n\n"
		       "Scheduled times that fell into the hold are missed ones: the next sweep makes them good "
		       "or not, as --missed of their schedule says.\n\n"
		       "The status is 0 when the hold was ended, whatever then becomes of the instances.",
	.examples = "wfctl release payout",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.max_args = 1,
	.words = "workflow",
	.changes = true,
	.run = run_release,
};

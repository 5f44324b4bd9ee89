/* wfctl approvals: what waits for somebody's decision. */
#include "cli_drive.h"

#include "view/approval.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>
#include <string.h>

struct open_approval {
	uint64_t approval, instance;
	uint32_t step;
	struct wf_instance *in;
};

struct listing {
	struct open_approval *items;
	size_t count, room;
};

static void listing_reset(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++)
		wf_instance_free(l->items[i].in);
	l->count = 0;
}

static bool keep(void *arg, uint64_t approval, uint64_t instance, uint32_t step)
{
	struct listing *l = arg;
	WF_GROW(l->items, l->count, l->room);
	l->items[l->count++] =
		(struct open_approval){ .approval = approval, .instance = instance, .step = step };
	return true;
}

static int list_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct listing *l = arg;
	(void)cause;
	listing_reset(l);
	int r = wf_txn_each_approval(txn, keep, l);
	for (size_t i = 0; r == 0 && i < l->count; i++)
		r = wf_txn_get_instance(txn, l->items[i].instance, WF_LOAD_ALL, &l->items[i].in);
	return r;
}

static const struct wf_approval *approval_of(const struct open_approval *o)
{
	return o->in && o->step < o->in->step_count ? o->in->steps[o->step].approval : NULL;
}

static bool wanted(struct wf_ctx *ctx, const struct open_approval *o)
{
	const struct wf_approval *a = approval_of(o);
	const char *workflow = wf_opt(ctx, "workflow");
	if (!a || a->decided_at || (workflow && strcmp(workflow, o->in->workflow) != 0))
		return false;
	return !wf_opt(ctx, "mine") || wf_approval_asks(a, wf_actor(ctx));
}

/* Step names; plans are read once each. */
struct plans {
	struct wf_plan **items;
	size_t count, room;
};

static const struct wf_plan *plan_of(struct wf_ctx *ctx, struct plans *p, const uint8_t *id)
{
	for (size_t i = 0; i < p->count; i++)
		if (!memcmp(p->items[i]->id, id, WF_HASH_SIZE))
			return p->items[i];
	struct wf_plan *plan;
	if (wf_load_stored_plan(ctx, id, &plan))
		return NULL;
	WF_GROW(p->items, p->count, p->room);
	p->items[p->count++] = plan;
	return plan;
}

static void put_row(struct wf_ctx *ctx, struct wf_table *t, const struct open_approval *o,
	const char *step)
{
	const struct wf_approval *a = approval_of(o);
	if (!a)
		return;
	WF_AUTOBUF struct wf_buf asked = { 0 };
	char when[WF_WHEN_TEXT] = "-", since[WF_WHEN_TEXT];
	wf_view_still_asked(a, &asked);
	if (a->due_at)
		wf_view_clock(a->due_at, ctx->now, when);
	wf_view_clock(a->opened_at, ctx->now, since);
	wf_table_cellf(t, WF_ROLE_STRONG, "a%" PRIu64, o->approval);
	wf_table_cellf(t, WF_ROLE_PLAIN, "%" PRIu64, o->instance);
	wf_table_cell(t, WF_ROLE_PLAIN, o->in->workflow);
	wf_table_cell(t, WF_ROLE_PLAIN, step);
	wf_table_cell(t, WF_ROLE_PLAIN, asked.data ? asked.data : "");
	wf_table_cellf(t, WF_ROLE_PLAIN, "%u of %u", wf_approval_given(a), wf_approval_needed(a));
	wf_table_cell(t, WF_ROLE_PLAIN, since);
	wf_table_cell(t, a->due_at && a->due_at < ctx->now ? WF_ROLE_BAD : WF_ROLE_PLAIN, when);
	if (ctx->format == WF_FORMAT_OUT_WIDE)
		wf_table_cell(t, WF_ROLE_PLAIN, a->message ? a->message : "");
}

static json_t *row_json(const struct open_approval *o, const char *step)
{
	json_t *item = wf_view_approval_json(&o->in->steps[o->step]);
	json_object_set_new(item, "instance", json_integer((json_int_t)o->instance));
	json_object_set_new(item, "workflow", json_string(o->in->workflow));
	json_object_set_new(item, "step", json_string(step));
	return item;
}

static int put_listing(struct wf_ctx *ctx, const struct listing *l)
{
	struct plans plans = { 0 };
	struct wf_list_out list;
	struct wf_table *t = wf_table_new();
	static const char *const titles[] = { "APPROVAL", "INSTANCE", "WORKFLOW", "STEP", "ASKED", "HAS",
		"SINCE", "UNTIL" };
	bool machine = wf_machine(ctx);
	int status = 0;
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		wf_table_column(t, titles[i], i < 2 ? WF_ALIGN_RIGHT : WF_ALIGN_LEFT, i == 4 || i == 2);
	if (ctx->format == WF_FORMAT_OUT_WIDE)
		wf_table_column(t, "MESSAGE", WF_ALIGN_LEFT, true);
	if (machine)
		wf_list_begin(&list, ctx);
	for (size_t i = 0; i < l->count && !status; i++) {
		const struct open_approval *o = &l->items[i];
		if (!wanted(ctx, o))
			continue;
		const struct wf_plan *plan = plan_of(ctx, &plans, o->in->plan_id);
		if (!plan) {
			status = WF_EXIT_JOURNAL;
			continue;
		}
		const char *step = wf_plan_step_id(plan, o->step);
		if (machine)
			wf_list_item(&list, row_json(o, step));
		else
			put_row(ctx, t, o, step);
	}
	if (machine) {
		wf_list_end(&list);
	} else {
		WF_AUTOBUF struct wf_buf text = { 0 };
		if (wf_table_rows(t))
			wf_table_write(t, &ctx->out, 0, false, &text);
		else if (!ctx->quiet)
			wf_buf_addstr(&text, "nothing waits for an approval\n");
		wf_out_page(ctx, &text);
	}
	for (size_t i = 0; i < plans.count; i++)
		wf_plan_free(plans.items[i]);
	wf_free(plans.items);
	wf_table_free(t);
	return status;
}

static int run_approvals(struct wf_ctx *ctx)
{
	struct listing l = { 0 };
	struct wf_cause cause = { 0 };
	int status = wf_open_journal(ctx, WF_JOURNAL_READ);
	if (status)
		return status;
	int r = wf_journal_view(ctx->journal, list_txn, &l, &cause);
	if (r < 0) {
		if (!*cause.text)
			(void)wf_fail(&cause, r, "the journal cannot be read: %s", wf_strerror(r));
		cause.err = r;
		status = wf_fail_cause(ctx, &cause);
	} else {
		status = put_listing(ctx, &l);
	}
	listing_reset(&l);
	wf_free(l.items);
	return status;
}

static const struct wf_option options[] = {
	{ "mine", 0, NULL, "only what whoever acts is asked and has not decided", NULL, NULL },
	{ "workflow", 'w', "WORKFLOW", "only of this workflow", "workflow", NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_approvals = {
	.arguments = "",
	.description = "Lists the open approvals in the order in which they were asked for: who is still "
		       "asked, how many of the needed approvals there are, and until when.",
	.examples = "wfctl approvals\n"
		    "wfctl approvals --mine --as alice",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.run = run_approvals,
};

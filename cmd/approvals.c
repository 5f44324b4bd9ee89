/* wfctl approvals: what waits for somebody's decision, what breaches first in front. */
#include "cli_drive.h"
#include "cli_steps.h"

#include "view/approval.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* An open approval, without the rest of its instance. */
struct row {
	uint64_t approval, instance;
	uint32_t step;
	uint8_t plan[WF_HASH_SIZE];
	char *workflow;
	struct wf_step_state state; /* its input and approval are the row's */
};

struct listing {
	struct wf_ctx *ctx;
	struct row *items;
	size_t count, room;
	uint64_t others;     /* open, but not asked of whoever acts */
};

static void row_done(struct row *r)
{
	wf_free(r->workflow);
	json_decref(r->state.input);
	wf_approval_free(r->state.approval);
}

static void listing_reset(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++)
		row_done(&l->items[i]);
	l->count = 0;
	l->others = 0;
}

static bool keep(void *arg, uint64_t approval, uint64_t instance, uint32_t step)
{
	struct listing *l = arg;
	WF_GROW(l->items, l->count, l->room);
	l->items[l->count++] = (struct row){ .approval = approval, .instance = instance, .step = step };
	return true;
}

/* Takes the approval out of its instance. */
static void take(struct row *r, struct wf_instance *in)
{
	if (r->step < in->step_count && in->steps[r->step].approval) {
		struct wf_step_state *s = &in->steps[r->step];
		r->state.approval = s->approval;
		r->state.input = s->input;
		s->approval = NULL;
		s->input = NULL;
	}
	memcpy(r->plan, in->plan_id, sizeof(r->plan));
	r->workflow = wf_strdup(in->workflow ? in->workflow : "?");
	wf_instance_free(in);
}

static bool wanted(struct listing *l, const struct row *r)
{
	const struct wf_approval *a = r->state.approval;
	const char *workflow = wf_opt(l->ctx, "workflow");
	if (!a || a->decided_at || (workflow && strcmp(workflow, r->workflow) != 0))
		return false;
	if (wf_opt(l->ctx, "overdue") && !(a->due_at && a->due_at < l->ctx->now))
		return false;
	if (wf_opt(l->ctx, "all") || wf_approval_asks(a, wf_actor(l->ctx)))
		return true;
	l->others++;
	return false;
}

static int list_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct listing *l = arg;
	(void)cause;
	listing_reset(l);
	int r = wf_txn_each_approval(txn, keep, l);
	size_t kept = 0, i = 0;
	for (; r == 0 && i < l->count; i++) {
		struct wf_instance *in = NULL;
		struct row row = l->items[i];
		r = wf_txn_get_instance(txn, row.instance, WF_LOAD_ALL, &in);
		if (r < 0)
			break;
		take(&row, in);
		if (wanted(l, &row))
			l->items[kept++] = row;
		else
			row_done(&row);
	}
	l->count = kept;
	return r;
}

static int by_breach(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	int64_t due_a = a->state.approval->due_at, due_b = b->state.approval->due_at;
	if (due_a != due_b)
		return !due_a ? 1 : !due_b ? -1 : due_a < due_b ? -1 : 1;
	int64_t from_a = a->state.approval->opened_at, from_b = b->state.approval->opened_at;
	if (from_a != from_b)
		return from_a < from_b ? -1 : 1;
	return a->approval < b->approval ? -1 : a->approval > b->approval;
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

/* What the clock does next, when that is not the end: the end has a column of its own. */
static void next_text(const struct wf_ctx *ctx, const struct row *r, struct wf_buf *out)
{
	struct wf_view_clock_event *events;
	size_t count = wf_view_approval_clock(&r->state, &events);
	char when[WF_WHEN_TEXT];
	if (count && events[0].kind != WF_CLOCK_END) {
		wf_view_clock(events[0].at, ctx->now, when);
		wf_buf_printf(out, "%s ", when);
		wf_view_clock_text(&r->state, &events[0], out);
	}
	wf_free(events);
}

static void put_row(struct wf_ctx *ctx, struct wf_table *t, const struct row *r, const char *step)
{
	const struct wf_approval *a = r->state.approval;
	WF_AUTOBUF struct wf_buf asked = { 0 }, next = { 0 };
	char when[WF_WHEN_TEXT] = "-", since[WF_WHEN_TEXT];
	bool overdue = a->due_at && a->due_at < ctx->now;
	wf_view_still_asked(a, &asked);
	if (a->due_at)
		wf_view_clock(a->due_at, ctx->now, when);
	wf_view_clock(a->opened_at, ctx->now, since);
	wf_table_cellf(t, WF_ROLE_STRONG, "a%" PRIu64, r->approval);
	wf_table_cellf(t, WF_ROLE_PLAIN, "%" PRIu64, r->instance);
	wf_table_cell(t, WF_ROLE_PLAIN, r->workflow);
	wf_table_cell(t, WF_ROLE_PLAIN, step);
	wf_table_cell(t, WF_ROLE_PLAIN, asked.data ? asked.data : "");
	wf_table_cellf(t, WF_ROLE_PLAIN, "%u of %u", wf_approval_given(a), wf_approval_needed(a));
	wf_table_cell(t, WF_ROLE_PLAIN, since);
	wf_table_cellf(t, overdue ? WF_ROLE_BAD : WF_ROLE_PLAIN, "%s%s", when,
		overdue ? " (overdue)" : "");
	if (ctx->format != WF_FORMAT_OUT_WIDE)
		return;
	next_text(ctx, r, &next);
	wf_table_cell(t, WF_ROLE_PLAIN, next.data ? next.data : "-");
	wf_table_cell(t, WF_ROLE_PLAIN, a->message ? a->message : "");
}

static json_t *row_json(const struct wf_ctx *ctx, const struct row *r, const char *step, uint32_t of_item)
{
	const struct wf_approval *a = r->state.approval;
	json_t *item = wf_view_approval_json(&r->state);
	json_object_set_new(item, "instance", json_integer((json_int_t)r->instance));
	json_object_set_new(item, "workflow", json_string(r->workflow));
	json_object_set_new(item, "step", json_string(step));
	json_object_set_new(item, "item", of_item == WF_NONE ? json_null() : json_integer(of_item));
	json_object_set_new(item, "overdue", json_boolean(a->due_at && a->due_at < ctx->now));
	return item;
}

static struct wf_table *make_table(const struct wf_ctx *ctx)
{
	static const char *const titles[] = { "APPROVAL", "INSTANCE", "WORKFLOW", "STEP", "ASKED", "HAS",
		"SINCE", "UNTIL" };
	struct wf_table *t = wf_table_new();
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		wf_table_column(t, titles[i], i < 2 ? WF_ALIGN_RIGHT : WF_ALIGN_LEFT, i == 4 || i == 2);
	if (ctx->format == WF_FORMAT_OUT_WIDE) {
		wf_table_column(t, "NEXT", WF_ALIGN_LEFT, true);
		wf_table_column(t, "MESSAGE", WF_ALIGN_LEFT, true);
	}
	return t;
}

static void nothing(struct wf_ctx *ctx, const struct listing *l, struct wf_buf *out)
{
	if (ctx->quiet)
		return;
	if (wf_opt(ctx, "all"))
		wf_buf_addstr(out, "nothing waits for an approval\n");
	else if (l->others)
		wf_buf_printf(out, "nothing waits for %s; %" PRIu64 " for others: wfctl approvals --all\n",
			wf_actor(ctx), l->others);
	else
		wf_buf_printf(out, "nothing waits for %s\n", wf_actor(ctx));
}

static int put_listing(struct wf_ctx *ctx, const struct listing *l)
{
	struct plans plans = { 0 };
	struct wf_list_out list = { 0 };
	struct wf_table *t = make_table(ctx);
	bool machine = wf_machine(ctx);
	int status = 0;
	if (machine)
		wf_list_begin(&list, ctx);
	for (size_t i = 0; i < l->count && !status; i++) {
		const struct row *r = &l->items[i];
		const struct wf_plan *plan = plan_of(ctx, &plans, r->plan);
		WF_AUTOBUF struct wf_buf name = { 0 };
		uint32_t item = plan ? wf_item_of(ctx, plan, r->instance, r->step, &name) : WF_NONE;
		if (!plan)
			status = WF_EXIT_JOURNAL;
		else if (machine)
			wf_list_item(&list, row_json(ctx, r, wf_plan_author_id(plan, r->step), item));
		else
			put_row(ctx, t, r, name.data);
	}
	if (machine) {
		if (!status)
			wf_list_end(&list);
		wf_buf_done(&list.text);
	} else if (!status) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		if (wf_table_rows(t))
			wf_table_write(t, &ctx->out, 0, false, &text);
		else
			nothing(ctx, l, &text);
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
	struct listing l = { .ctx = ctx };
	int status = wf_read_journal(ctx, list_txn, &l);
	if (!status) {
		if (l.count)
			qsort(l.items, l.count, sizeof(*l.items), by_breach);
		status = put_listing(ctx, &l);
	}
	listing_reset(&l);
	wf_free(l.items);
	return status;
}

static const struct wf_option options[] = {
	{ "all", 'a', NULL, "everybody's, not only what whoever acts is asked and has not decided", NULL,
		NULL },
	{ "workflow", 'w', "WORKFLOW", "only of this workflow", "workflow", NULL },
	{ "overdue", 0, NULL, "only those whose time is over", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_approvals = {
	.arguments = "",
	.description = "Lists the open approvals that whoever acts (--as, else the user of the system) is "
		       "asked and has not decided; with --all everybody's. What must be decided first "
		       "stands first: by the end of its time, then by when it was opened. Shown are who is "
		       "still asked, how many of the needed approvals there are, since when and until "
		       "when; with -o wide also what happens before that.",
	.examples = "wfctl approvals --as alice\n"
		    "wfctl approvals --all --overdue",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.run = run_approvals,
};

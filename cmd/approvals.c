/* wfctl approvals: what waits for somebody's decision, what breaches first in front. */
#include "cli_instance.h"
#include "cli_steps.h"

#include "view/approval.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>
#include <string.h>

#define DEFAULT_LIMIT 100

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
	uint64_t limit;      /* 0: none */
	bool more;           /* there are others behind them */
	struct wf_txn *txn;
	int err;
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
	l->more = false;
	l->err = 0;
}

static bool wanted(struct listing *l, const struct wf_approval *a)
{
	if (wf_opt(l->ctx, "all") || wf_approval_asks(a, wf_actor(l->ctx)))
		return true;
	l->others++;
	return false;
}

/* What is shown of the instance; false: it is of another workflow than was asked for. */
static bool name_row(struct listing *l, struct row *r)
{
	const char *workflow = wf_opt(l->ctx, "workflow");
	struct wf_instance *in = NULL;
	l->err = wf_txn_get_instance(l->txn, r->instance, WF_LOAD_HEADER, &in);
	if (l->err)
		return false;
	memcpy(r->plan, in->plan_id, sizeof(r->plan));
	r->workflow = wf_strdup(in->workflow ? in->workflow : "?");
	wf_instance_free(in);
	return !workflow || strcmp(workflow, r->workflow) == 0;
}

/* In the order in which their time ends, so that nothing behind the last one shown is looked at. */
static bool see(void *arg, const struct wf_open_approval *o)
{
	struct listing *l = arg;
	const struct wf_approval *a = o->state->approval;
	struct row r = { .approval = o->approval, .instance = o->instance, .step = o->step };
	if (wf_opt(l->ctx, "overdue") && !(a->due_at && a->due_at < l->ctx->now))
		return false;
	bool named = wf_opt(l->ctx, "workflow") != NULL;
	if (named && !name_row(l, &r)) {
		row_done(&r);
		return !l->err;
	}
	if (!wanted(l, a)) {
		row_done(&r);
		return true;
	}
	if (l->limit && l->count == l->limit) {
		l->more = true;
		row_done(&r);
		return false;
	}
	if (!named)
		(void)name_row(l, &r);
	r.state.approval = o->state->approval;
	r.state.input = o->state->input;
	o->state->approval = NULL;
	o->state->input = NULL;
	WF_GROW(l->items, l->count, l->room);
	l->items[l->count++] = r;
	return !l->err;
}

static int list_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct listing *l = arg;
	(void)cause;
	listing_reset(l);
	l->txn = txn;
	int r = wf_txn_each_deadline(txn, see, l);
	return r ? r : l->err;
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
		if (l->more && !ctx->quiet)
			wf_buf_printf(&text, "the first %" PRIu64 "; all: wfctl approvals --limit 0\n",
				l->limit);
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
	struct listing l = { .ctx = ctx, .limit = wf_machine(ctx) ? 0 : DEFAULT_LIMIT };
	int status = wf_opt_number(ctx, "limit", 0, UINT64_MAX, &l.limit);
	if (!status)
		status = wf_read_journal(ctx, list_txn, &l);
	if (!status)
		status = put_listing(ctx, &l);
	listing_reset(&l);
	wf_free(l.items);
	return status;
}

static const struct wf_option options[] = {
	{ "all", 'a', NULL, "everybody's, not only what whoever acts is asked and has not decided", NULL,
		NULL },
	{ "workflow", 'w', "WORKFLOW", "only of this workflow", "workflow", NULL },
	{ "overdue", 0, NULL, "only those whose time is over", NULL, NULL },
	{ "limit", 'l', "N", "at most so many, those that must be decided first (100 unless given, all with "
		"-o json, jsonl and yaml); 0 is all", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_approvals = {
	.arguments = "",
	.description = "Lists the open approvals that whoever acts (--as, else the user of the system) is "
		       "asked and has not decided; with --all everybody's. What must be decided first "
		       "stands first: by the end of its time, then by when it was opened. Shown are who is "
		       "still asked, how many of the needed approvals there are, since when and until "
		       "when; with -o wide also what happens before that.\n\n"
		       "They are read in that order: what is behind the last one shown costs nothing.",
	.examples = "wfctl approvals --as alice\n"
		    "wfctl approvals --all --overdue",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.run = run_approvals,
};

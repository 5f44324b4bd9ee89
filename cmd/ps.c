/* wfctl ps: instances, newest first, through the journal's indexes. */
#include "cli_instance.h"
#include "cli_steps.h"

#include "base/text.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>
#include <string.h>

#define DEFAULT_LIMIT 100
#define PAGE 500 /* rows of one snapshot: no read transaction lasts longer */

struct page {
	struct wf_instance **items;
	size_t count, room;
	struct wf_filter filter;
};

struct ps {
	struct wf_ctx *ctx;
	struct page page;
	struct wf_plan **plans;
	size_t plan_count, plan_room;
	uint64_t shown, first_failed, first_waiting, first;
	struct wf_table *table;
	struct wf_list_out list;
	bool failed_only;
	int status; /* of the first plan that could not be read; it was said */
};

/* What a row shows of a header, kept beyond its transaction. */
static struct wf_instance *copy_header(const struct wf_instance *h)
{
	struct wf_instance *in = wf_instance_new(0);
	in->number = h->number;
	in->uuid = h->uuid;
	memcpy(in->plan_id, h->plan_id, sizeof(in->plan_id));
	in->workflow = h->workflow ? wf_strdup(h->workflow) : NULL;
	in->version = h->version ? wf_strdup(h->version) : NULL;
	in->correlation_id = h->correlation_id ? wf_strdup(h->correlation_id) : NULL;
	in->start_key = h->start_key ? wf_strdup(h->start_key) : NULL;
	in->slots = json_incref(h->slots);
	in->schedule = h->schedule;
	in->started_by = h->started_by ? wf_strdup(h->started_by) : NULL;
	in->os_user = h->os_user ? wf_strdup(h->os_user) : NULL;
	in->folder = h->folder ? wf_strdup(h->folder) : NULL;
	in->result = h->result ? wf_strdup(h->result) : NULL;
	in->created_at = h->created_at;
	in->started_at = h->started_at;
	in->ended_at = h->ended_at;
	in->timeout_at = h->timeout_at;
	in->status = h->status;
	in->wait = h->wait;
	in->failed_step = h->failed_step;
	in->threads[0] = h->threads[0];
	in->error = json_incref(h->error);
	return in;
}

static bool keep(void *arg, const struct wf_instance *header)
{
	struct page *p = arg;
	WF_GROW(p->items, p->count, p->room);
	p->items[p->count++] = copy_header(header);
	return true;
}

static void page_reset(struct page *p)
{
	for (size_t i = 0; i < p->count; i++)
		wf_instance_free(p->items[i]);
	p->count = 0;
}

static int page_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct page *p = arg;
	(void)cause;
	page_reset(p);
	return wf_txn_each_instance(txn, &p->filter, keep, p);
}

static const struct wf_plan *plan_of(struct ps *ps, const uint8_t *id)
{
	for (size_t i = 0; i < ps->plan_count; i++)
		if (!memcmp(ps->plans[i]->id, id, WF_HASH_SIZE))
			return ps->plans[i];
	struct wf_plan *plan;
	if (!ps->status)
		ps->status = wf_load_stored_plan(ps->ctx, id, &plan);
	if (ps->status)
		return NULL;
	WF_GROW(ps->plans, ps->plan_count, ps->plan_room);
	ps->plans[ps->plan_count++] = plan;
	return plan;
}

/* The step that a row is about: where it failed, or where it stands. Its name with the item, for people,
 * to *name; *ret_item may be WF_NONE. NULL: there is none. */
static const char *step_of(struct ps *ps, const struct wf_instance *in, struct wf_buf *name,
	uint32_t *ret_item)
{
	uint32_t step = in->status == WF_INST_FAILED ? in->failed_step
		: wf_instance_status_final(in->status) ? WF_NONE
						       : in->threads->step;
	const struct wf_plan *plan = step == WF_NONE ? NULL : plan_of(ps, in->plan_id);
	*ret_item = WF_NONE;
	if (!plan || step >= plan->step_count)
		return NULL;
	*ret_item = wf_item_of(ps->ctx, plan, in->number, step, name);
	return wf_plan_author_id(plan, step);
}

static void why(const struct wf_instance *in, struct wf_buf *out)
{
	if (in->status == WF_INST_FAILED)
		wf_view_error(in->error, false, out);
	else if (in->wait != WF_WAIT_NONE)
		wf_buf_printf(out, "for %s", wf_wait_name(in->wait));
	else if (in->result && strcmp(in->result, "success") &&
		strcmp(in->result, wf_instance_status_name(in->status)))
		wf_view_safe(out, in->result);
	if (in->status == WF_INST_QUEUED && json_array_size(in->slots)) {
		wf_buf_addstr(out, " of ");
		wf_view_slot_names(in, out);
	}
}

static void put_row(struct ps *ps, const struct wf_instance *in)
{
	struct wf_table *t = ps->table;
	char when[WF_WHEN_TEXT], uuid[WF_UUID_TEXT];
	WF_AUTOBUF struct wf_buf reason = { 0 }, step = { 0 };
	uint32_t item;
	why(in, &reason);
	wf_view_clock(in->created_at, ps->ctx->now, when);
	wf_table_cellf(t, WF_ROLE_STRONG, "%" PRIu64, in->number);
	wf_table_cell(t, WF_ROLE_PLAIN, in->workflow ? in->workflow : "?");
	wf_table_cell(t, wf_view_instance_role(in->status), wf_instance_status_name(in->status));
	wf_table_cell(t, WF_ROLE_PLAIN, step_of(ps, in, &step, &item) ? step.data : "-");
	wf_table_cell(t, WF_ROLE_PLAIN, reason.data ? reason.data : "");
	wf_table_cell(t, WF_ROLE_PLAIN, when);
	if (ps->ctx->format != WF_FORMAT_OUT_WIDE)
		return;
	wf_view_duration((in->ended_at ? in->ended_at : ps->ctx->now) - in->created_at, when);
	wf_uuid_text(&in->uuid, uuid);
	wf_table_cell(t, WF_ROLE_PLAIN, when);
	wf_table_cell(t, WF_ROLE_PLAIN, in->version ? in->version : "-");
	wf_table_cell(t, WF_ROLE_PLAIN, in->started_by ? in->started_by : "-");
	wf_table_cell(t, WF_ROLE_PLAIN, in->correlation_id ? in->correlation_id : "-");
	wf_table_cell(t, WF_ROLE_PLAIN, uuid);
}

static json_t *row_json(struct ps *ps, const struct wf_instance *in)
{
	json_t *o = wf_view_instance_json(NULL, in);
	WF_AUTOBUF struct wf_buf name = { 0 };
	uint32_t item;
	const char *step = step_of(ps, in, &name, &item);
	bool failed = in->status == WF_INST_FAILED;
	json_object_set_new(o, "failed_step", failed && step ? json_string(step) : json_null());
	json_object_set_new(o, "failed_item", item == WF_NONE ? json_null() : json_integer(item));
	json_object_set_new(o, "at_step", !failed && step ? json_string(step) : json_null());
	return o;
}

static void put(struct ps *ps, const struct wf_instance *in)
{
	if (!ps->first)
		ps->first = in->number;
	if (in->status == WF_INST_FAILED && !ps->first_failed)
		ps->first_failed = in->number;
	if (in->wait == WF_WAIT_APPROVAL && !ps->first_waiting)
		ps->first_waiting = in->number;
	if (ps->table)
		put_row(ps, in);
	else
		wf_list_item(&ps->list, row_json(ps, in));
	ps->shown++;
}

/* Page by page, newest first, until the limit. */
static int walk(struct ps *ps, uint64_t limit)
{
	for (;;) {
		uint64_t left = limit ? limit - ps->shown : PAGE;
		ps->page.filter.limit = left < PAGE ? left : PAGE;
		int status = wf_read_journal(ps->ctx, page_txn, &ps->page);
		if (status)
			return status;
		for (size_t i = 0; i < ps->page.count && !ps->status; i++)
			put(ps, ps->page.items[i]);
		if (ps->status)
			return ps->status;
		if (ps->page.count < ps->page.filter.limit || (limit && ps->shown >= limit))
			return 0;
		ps->page.filter.below = ps->page.items[ps->page.count - 1]->number;
	}
}

static int read_filter(struct wf_ctx *ctx, struct wf_filter *f, uint64_t *ret_limit)
{
	const char *status = wf_opt(ctx, "status");
	int64_t since = 0, until = 0;
	*f = (struct wf_filter){ .status = -1, .workflow = wf_opt(ctx, "workflow"),
		.correlation_id = wf_opt(ctx, "correlation-id") };
	*ret_limit = DEFAULT_LIMIT;
	if (status) {
		enum wf_instance_status s = wf_instance_status_find(status);
		if (s == WF_INST_COUNT_) {
			const char *names[WF_INST_COUNT_];
			for (unsigned i = 0; i < WF_INST_COUNT_; i++)
				names[i] = wf_instance_status_name((enum wf_instance_status)i);
			const char *near = wf_nearest(status, names, WF_INST_COUNT_);
			return wf_fail_usage(ctx, "there is no status %s%s%s", status,
				near ? "; did you mean " : "", near ? near : "");
		}
		f->status = (int)s;
	}
	int bad = wf_opt_time(ctx, "since", &since);
	if (!bad)
		bad = wf_opt_time(ctx, "until", &until);
	f->since = since;
	f->until = until;
	return bad ? bad : wf_opt_number(ctx, "limit", 0, UINT64_MAX, ret_limit);
}

static int count_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_count(txn, arg);
}

static void footer(struct ps *ps, struct wf_buf *out)
{
	uint64_t by_status[WF_INST_COUNT_] = { 0 }, total = 0;
	char shown[WF_COUNT_TEXT], all[WF_COUNT_TEXT];
	if (wf_journal_view(ps->ctx->journal, count_txn, by_status, NULL) < 0)
		return;
	for (unsigned i = 0; i < WF_INST_COUNT_; i++)
		total += by_status[i];
	wf_view_count(ps->shown, shown);
	wf_view_count(total, all);
	wf_buf_printf(out, "%s of %s instance%s.", shown, all, total == 1 ? "" : "s");
	if (ps->first_failed || ps->first)
		wf_buf_printf(out, "  wfctl show %" PRIu64,
			ps->first_failed ? ps->first_failed : ps->first);
	if (ps->first_waiting)
		wf_buf_printf(out, " · wfctl approve %" PRIu64, ps->first_waiting);
	wf_buf_addch(out, '\n');
}

static void make_table(struct ps *ps)
{
	ps->table = wf_table_new();
	wf_table_column(ps->table, "NUMBER", WF_ALIGN_RIGHT, false);
	wf_table_column(ps->table, "WORKFLOW", WF_ALIGN_LEFT, true);
	wf_table_column(ps->table, "STATUS", WF_ALIGN_LEFT, false);
	wf_table_column(ps->table, ps->failed_only ? "FAILED AT" : "AT", WF_ALIGN_LEFT, true);
	wf_table_column(ps->table, ps->failed_only ? "ERROR" : "WHY", WF_ALIGN_LEFT, true);
	wf_table_column(ps->table, "STARTED", WF_ALIGN_LEFT, false);
	if (ps->ctx->format != WF_FORMAT_OUT_WIDE)
		return;
	wf_table_column(ps->table, "TOOK", WF_ALIGN_LEFT, false);
	wf_table_column(ps->table, "VERSION", WF_ALIGN_LEFT, false);
	wf_table_column(ps->table, "BY", WF_ALIGN_LEFT, false);
	wf_table_column(ps->table, "CORRELATION", WF_ALIGN_LEFT, false);
	wf_table_column(ps->table, "UUID", WF_ALIGN_LEFT, false);
}

static int run_ps(struct wf_ctx *ctx)
{
	struct ps ps = { .ctx = ctx };
	uint64_t limit;
	int status = read_filter(ctx, &ps.page.filter, &limit);
	if (!status)
		status = wf_open_journal(ctx, WF_JOURNAL_READ);
	if (!status && wf_opt(ctx, "parent"))
		status = wf_find_instance(ctx, wf_opt(ctx, "parent"), &ps.page.filter.parent);
	if (status)
		return status;
	ps.failed_only = ps.page.filter.status == WF_INST_FAILED;
	if (wf_machine(ctx))
		wf_list_begin(&ps.list, ctx);
	else
		make_table(&ps);
	status = walk(&ps, limit);
	if (wf_machine(ctx)) {
		if (!status)
			wf_list_end(&ps.list);
		wf_buf_done(&ps.list.text);
	} else if (!status) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		if (wf_table_rows(ps.table))
			wf_table_write(ps.table, &ctx->out, 0, ctx->quiet, &text);
		if (!ctx->quiet)
			footer(&ps, &text);
		wf_out_page(ctx, &text);
	}
	page_reset(&ps.page);
	wf_free(ps.page.items);
	for (size_t i = 0; i < ps.plan_count; i++)
		wf_plan_free(ps.plans[i]);
	wf_free(ps.plans);
	wf_table_free(ps.table);
	return status;
}

static const struct wf_option options[] = {
	{ "status", 's', "STATUS", "only of this status",
		"pending|running|waiting|queued|suspended|compensating|completed|failed|cancelled", NULL },
	{ "workflow", 'w', "WORKFLOW", "only of this workflow", "workflow", NULL },
	{ "correlation-id", 0, "ID", "only of this correlation id", NULL, NULL },
	{ "parent", 0, "INSTANCE", "only children of this instance", "instance", NULL },
	{ "since", 0, "TIME", "only started then or later: a time, a date, today, yesterday, or how long "
		"ago (90m, 1d)", NULL, NULL },
	{ "until", 0, "TIME", "only started then or earlier", NULL, NULL },
	{ "limit", 'l', "N", "at most so many, the newest (100 unless given); 0 is all", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_ps = {
	.arguments = "",
	.description = "Lists instances, the newest first: where each failed and of what, or where it "
		       "stands and what it waits for.",
	.examples = "wfctl ps --status failed --since 1d\n"
		    "wfctl ps -o jsonl --limit 0 | jq -r .status | sort | uniq -c",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.run = run_ps,
};

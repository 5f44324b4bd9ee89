/* wfctl history: every event of an instance and what it changed. */
#include "cli_instance.h"

#include "base/json.h"
#include "view/instance.h"
#include "view/record.h"
#include "view/when.h"

#include <inttypes.h>
#include <string.h>

#define PAGE 500 /* records of one snapshot */

/* -- reading -- */

struct records {
	uint64_t number, first, most;
	struct wf_buf bytes;  /* length-prefixed copies */
	uint64_t count;
};

static bool keep(void *arg, uint64_t seq, const void *bytes, size_t n)
{
	struct records *r = arg;
	if (!r->count)
		r->first = seq; /* what is before it was pruned */
	wf_put_bytes(&r->bytes, bytes, n);
	return ++r->count < r->most;
}

static int page_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct records *r = arg;
	(void)cause;
	wf_buf_reset(&r->bytes);
	r->count = 0;
	return wf_txn_each_history(txn, r->number, r->first, keep, r);
}

/* -- how much is shown -- */

/* How much is shown: `execution_log.level` of the definition, or --level. Without either, all. */
enum level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_ERROR, LEVEL_COUNT_ };
static const char *const levels[LEVEL_COUNT_] = { "debug", "info", "error" };

static enum level level_named(const char *name)
{
	size_t i = 0;
	while (i < LEVEL_COUNT_ && strcmp(levels[i], name) != 0)
		i++;
	return (enum level)i;
}

static const json_t *log_of(const struct wf_plan *plan)
{
	return plan->extra == WF_NONE
		? NULL : json_object_get(plan->consts[plan->extra], "execution_log");
}

/* What went wrong, and what became of it. */
static bool tells_failure(const struct wf_record *r)
{
	if (r->event.type == WF_EVENT_FAILURE || r->event.type == WF_EVENT_DOUBT)
		return true;
	for (uint32_t i = 0; i < r->count; i++) {
		const struct wf_transition *t = &r->transitions[i];
		if (t->type == WF_TRANS_INSTANCE_STATUS && t->value == WF_INST_FAILED)
			return true;
		if (t->type == WF_TRANS_STEP_STATUS && t->value == WF_STEP_FAILED)
			return true;
	}
	return false;
}

/* Inputs, outputs and what was delivered; not failures, and what people did. */
static bool is_payload(enum wf_event_type type)
{
	return type == WF_EVENT_START || type == WF_EVENT_SUCCESS || type == WF_EVENT_DELIVERY;
}

/* The fields of the input that `execution_log.metadata` names, and the correlation id; NULL: none. */
static json_t *metadata_of(const struct wf_plan *plan, const struct wf_instance *in)
{
	const json_t *names = json_object_get(log_of(plan), "metadata");
	json_t *metadata = json_array_size(names) ? json_object() : NULL;
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		json_t *value = json_object_get(in->input, name);
		if (!value)
			value = wf_json_at(in->input, name);
		bool correlation = !strcmp(name, "correlationId") || !strcmp(name, "correlation_id");
		if (value)
			json_object_set(metadata, name, value);
		else if (correlation && in->correlation_id)
			json_object_set_new(metadata, name, json_string(in->correlation_id));
		else
			json_object_set_new(metadata, name, json_null());
	}
	return metadata;
}

/* -- putting it out -- */

struct output {
	struct wf_ctx *ctx;
	const struct wf_plan *plan;
	enum level level;
	struct wf_view_items *items; /* NULL: none */
	bool looking; /* for items: nothing is put out */
	uint64_t seen;
	json_t *metadata; /* NULL: none */
	struct wf_table *table;
	struct wf_list_out list;
};

/* `n`: which of the records that are known, from 0. */
static void put_row(struct output *o, uint64_t n, uint64_t seq, const struct wf_record *r)
{
	struct wf_ctx *ctx = o->ctx;
	struct wf_table *t = o->table;
	char when[WF_WHEN_TEXT];
	WF_AUTOBUF struct wf_buf step = { 0 }, changed = { 0 }, brought = { 0 };
	wf_view_record_step(o->plan, o->items, n, r, &step);
	wf_view_record_changed(o->plan, o->items, n, r, &changed);
	wf_view_record_brought(r, ctx->format == WF_FORMAT_OUT_WIDE, &brought);
	wf_view_clock(r->event.at, ctx->now, when);
	wf_table_cellf(t, WF_ROLE_DIM, "%" PRIu64, seq);
	wf_table_cell(t, WF_ROLE_PLAIN, when);
	wf_table_cell(t, WF_ROLE_STRONG, wf_event_name(r->event.type));
	wf_table_cell(t, WF_ROLE_PLAIN, step.data);
	wf_table_cell(t, WF_ROLE_PLAIN, changed.data ? changed.data : "");
	wf_table_cell(t, WF_ROLE_DIM, brought.data ? brought.data : "");
}

static void put_item(struct output *o, uint64_t n, uint64_t seq, const struct wf_record *r)
{
	json_t *item = wf_view_record_json(o->plan, o->items, n, seq, r);
	if (o->metadata)
		json_object_set(item, "metadata", o->metadata);
	wf_list_item(&o->list, item);
}

static void put_record(struct output *o, uint64_t n, uint64_t seq, struct wf_record *r)
{
	if (o->level >= LEVEL_INFO && is_payload(r->event.type)) {
		json_decref(r->event.data);
		r->event.data = NULL;
	}
	if (o->looking)
		wf_view_items_add(o->items, r);
	else if (o->level == LEVEL_ERROR && !tells_failure(r))
		; /* not shown */
	else if (o->table)
		put_row(o, n, seq, r);
	else
		put_item(o, n, seq, r);
}

static int put_page(struct output *o, const struct records *page)
{
	struct wf_reader reader = wf_reader_of(page->bytes.data, page->bytes.len);
	for (uint64_t i = 0; i < page->count; i++) {
		struct wf_record r;
		size_t n;
		const uint8_t *bytes = wf_get_bytes(&reader, &n);
		if (!bytes || wf_record_get(bytes, n, &r) < 0)
			return wf_fail_at(o->ctx, WF_EXIT_JOURNAL, "DAMAGED", NULL, "wfctl journal check",
				"history record %" PRIu64 " of #%" PRIu64 " cannot be read",
				page->first + i, page->number);
		put_record(o, o->seen++, page->first + i, &r);
		wf_record_done(&r);
	}
	return 0;
}

static int walk(struct output *o, uint64_t number)
{
	struct records page = { .number = number, .most = PAGE };
	int status = 0;
	do {
		status = wf_read_journal(o->ctx, page_txn, &page);
		if (!status)
			status = put_page(o, &page);
		page.first += page.count;
	} while (!status && page.count == page.most);
	wf_buf_done(&page.bytes);
	return status;
}

/* What is looked at before anything is put out, and where it is put. */
static void output_begin(struct output *o, const struct wf_instance *in)
{
	o->metadata = metadata_of(o->plan, in);
	o->items = wf_view_items_new(o->plan);
	if (wf_machine(o->ctx)) {
		wf_list_begin(&o->list, o->ctx);
		return;
	}
	o->table = wf_table_new();
	wf_table_column(o->table, "SEQ", WF_ALIGN_RIGHT, false);
	wf_table_column(o->table, "AT", WF_ALIGN_LEFT, false);
	wf_table_column(o->table, "EVENT", WF_ALIGN_LEFT, false);
	wf_table_column(o->table, "STEP", WF_ALIGN_LEFT, true);
	wf_table_column(o->table, "WHAT CHANGED", WF_ALIGN_LEFT, true);
	wf_table_column(o->table, "BROUGHT", WF_ALIGN_LEFT, true);
}

static void output_end(struct output *o)
{
	if (!o->table) {
		wf_list_end(&o->list);
		return;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_table_write(o->table, &o->ctx->out, 0, false, &text);
	wf_out_page(o->ctx, &text);
}

static void output_done(struct output *o)
{
	wf_buf_done(&o->list.text);
	json_decref(o->metadata);
	wf_table_free(o->table);
	wf_view_items_free(o->items);
}

static int put_history(struct wf_ctx *ctx, const struct wf_plan *plan, const struct wf_instance *in)
{
	const char *asked = wf_opt(ctx, "level");
	const char *said = json_string_value(json_object_get(log_of(plan), "level"));
	/* a definition with a log says info unless it says more */
	struct output o = { .ctx = ctx, .plan = plan,
		.level = asked ? level_named(asked) : log_of(plan) ? level_named(said ? said : "info")
								  : LEVEL_DEBUG };
	int status = 0;
	if (o.level == LEVEL_COUNT_)
		return wf_fail_usage(ctx, "--level is debug, info or error, not \"%s\"", asked);
	output_begin(&o, in);
	if (o.items) {
		o.looking = true;
		status = walk(&o, in->number);
		o.looking = false;
		o.seen = 0;
	}
	if (!status) {
		wf_view_items_settle(o.items, in);
		status = walk(&o, in->number);
	}
	if (!status)
		output_end(&o);
	output_done(&o);
	return status;
}

static int run_history(struct wf_ctx *ctx)
{
	struct wf_instance *in = NULL;
	struct wf_plan *plan = NULL;
	int status = wf_load_instance(ctx, wf_arg(ctx, 0), &in, &plan);
	if (status)
		return status;
	status = put_history(ctx, plan, in);
	wf_instance_free(in);
	wf_plan_free(plan);
	return status;
}

static const struct wf_option options[] = {
	{ "level", 0, "LEVEL", "debug: everything; info: without inputs and outputs; error: what failed",
		"debug|info|error", NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_history = {
	.arguments = "INSTANCE",
	.description = "Shows every event of an instance in order: what came (a start, a step's result, a "
		       "timer, a decision) and what it changed. The events alone are enough to replay the "
		       "instance; wfctl journal check does that.\n\n"
		       "execution_log of the definition says how much is shown unless --level does: debug is "
		       "everything, info leaves out what starts, results and deliveries brought, error shows "
		       "failures and what became of them. The journal has everything at every level. Fields of "
		       "the input that execution_log.metadata names, and correlationId, stand in each record "
		       "of -o json. What wfctl prune removed is not shown.",
	.examples = "wfctl history 1234\n"
		    "wfctl history 1234 -o jsonl",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.min_args = 1,
	.max_args = 1,
	.words = "instance",
	.run = run_history,
};

/* wfctl timer: what time will bring, now or at another time. */
#include "cli_drive.h"
#include "cli_instance.h"
#include "cli_steps.h"

#include "base/numbers.h"
#include "view/approval.h"
#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_LIMIT 100

/* -- ls -- */

struct row {
	uint64_t instance;
	char *workflow;
	char *step;      /* NULL: the instance's time limit */
	char *name;      /* the step with its item, for people */
	uint32_t item;   /* WF_NONE */
	char *what;
	int64_t due;
};

struct listing {
	struct wf_ctx *ctx;
	struct wf_numbers numbers; /* of the instances that have one */
	struct row *rows;
	size_t count, room;
};

static void listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++) {
		wf_free(l->rows[i].workflow);
		wf_free(l->rows[i].step);
		wf_free(l->rows[i].name);
		wf_free(l->rows[i].what);
	}
	wf_free(l->rows);
	wf_numbers_done(&l->numbers);
}

static int due_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct listing *l = arg;
	(void)cause;
	l->numbers.count = 0;
	return wf_txn_each_due(txn, INT64_MAX, wf_numbers_take_at, &l->numbers);
}

static void step_what(const struct wf_step_state *s, struct wf_buf *out)
{
	struct wf_view_clock_event *events;
	size_t count = s->wait == WF_WAIT_APPROVAL ? wf_view_approval_clock(s, &events) : 0;
	if (count)
		wf_view_clock_text(s, &events[0], out);
	else if (s->wait == WF_WAIT_TIMER)
		wf_buf_addstr(out, "it goes on");
	else if (s->wait == WF_WAIT_RETRY)
		wf_buf_printf(out, "attempt %u", s->attempts + 1);
	else
		wf_buf_printf(out, "it no longer waits for %s", wf_wait_name(s->wait));
	if (s->wait == WF_WAIT_APPROVAL)
		wf_free(events);
}

static struct row *add_row(struct listing *l, const struct wf_instance *in, int64_t due)
{
	WF_GROW(l->rows, l->count, l->room);
	struct row *r = &l->rows[l->count++];
	*r = (struct row){ .instance = in->number, .due = due, .item = WF_NONE,
		.workflow = wf_strdup(in->workflow ? in->workflow : "?") };
	return r;
}

static int add_instance(struct listing *l, const char *name)
{
	struct wf_instance *in = NULL;
	struct wf_plan *plan = NULL;
	int status = wf_load_instance(l->ctx, name, &in, &plan);
	if (status)
		return status;
	bool over = wf_instance_status_final(in->status);
	for (uint32_t i = 0; !over && i < in->step_count && i < plan->step_count; i++) {
		const struct wf_step_state *s = &in->steps[i];
		if (!s->due_at)
			continue;
		WF_AUTOBUF struct wf_buf what = { 0 };
		step_what(s, &what);
		struct row *r = add_row(l, in, s->due_at);
		WF_AUTOBUF struct wf_buf label = { 0 };
		wf_view_step_name(plan, in, i, &label);
		r->step = wf_strdup(wf_plan_author_id(plan, i));
		r->name = wf_buf_take(&label);
		r->item = wf_view_step_item(plan, in, i);
		r->what = wf_buf_take(&what);
	}
	if (!over && in->timeout_at)
		add_row(l, in, in->timeout_at)->what = wf_strdup("the instance is over its time limit");
	wf_instance_free(in);
	wf_plan_free(plan);
	return 0;
}

static int by_due(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	if (a->due != b->due)
		return a->due < b->due ? -1 : 1;
	return a->instance < b->instance ? -1 : a->instance > b->instance;
}

static void put_json(struct listing *l)
{
	struct wf_list_out list;
	wf_list_begin(&list, l->ctx);
	for (size_t i = 0; i < l->count; i++) {
		const struct row *r = &l->rows[i];
		json_t *o = json_object();
		json_object_set_new(o, "instance", json_integer((json_int_t)r->instance));
		json_object_set_new(o, "workflow", json_string(r->workflow));
		json_object_set_new(o, "step", r->step ? json_string(r->step) : json_null());
		json_object_set_new(o, "item", r->item == WF_NONE ? json_null() : json_integer(r->item));
		json_object_set_new(o, "what", json_string(r->what));
		json_object_set_new(o, "due_at", wf_view_time_json(r->due));
		json_object_set_new(o, "overdue", json_boolean(r->due < l->ctx->now));
		wf_list_item(&list, o);
	}
	wf_list_end(&list);
}

static void put_table(struct listing *l)
{
	static const char *const titles[] = { "DUE", "INSTANCE", "WORKFLOW", "STEP", "WHAT HAPPENS" };
	struct wf_ctx *ctx = l->ctx;
	WF_AUTOBUF struct wf_buf text = { 0 };
	struct wf_table *t = wf_table_new();
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		wf_table_column(t, titles[i], i == 1 ? WF_ALIGN_RIGHT : WF_ALIGN_LEFT, i > 1);
	for (size_t i = 0; i < l->count; i++) {
		const struct row *r = &l->rows[i];
		char when[WF_WHEN_TEXT];
		wf_view_until(r->due, ctx->now, when);
		wf_table_cell(t, r->due < ctx->now ? WF_ROLE_BAD : WF_ROLE_PLAIN,
			strchr(when, ' ') + 1);
		wf_table_cellf(t, WF_ROLE_STRONG, "%" PRIu64, r->instance);
		wf_table_cell(t, WF_ROLE_PLAIN, r->workflow);
		wf_table_cell(t, WF_ROLE_PLAIN, r->name ? r->name : "-");
		wf_table_cell(t, WF_ROLE_PLAIN, r->what);
	}
	if (wf_table_rows(t))
		wf_table_write(t, &ctx->out, 0, false, &text);
	else if (!ctx->quiet)
		wf_buf_addstr(&text, "no timer runs\n");
	wf_table_free(t);
	wf_out_page(ctx, &text);
}

/* The instances whose timers come first, in the order of those. */
static int read_due(struct listing *l)
{
	int status = wf_read_journal(l->ctx, due_txn, l);
	for (size_t i = 0; !status && i < l->numbers.count; i++) {
		WF_AUTOFREE char *name = wf_asprintf("%" PRIu64, l->numbers.items[i]);
		status = add_instance(l, name);
	}
	return status;
}

static int run_ls(struct wf_ctx *ctx)
{
	struct listing l = { .ctx = ctx, .numbers.most = DEFAULT_LIMIT };
	int status = wf_opt_number(ctx, "limit", 0, UINT64_MAX, &l.numbers.most);
	if (!status)
		status = wf_arg(ctx, 0) ? add_instance(&l, wf_arg(ctx, 0)) : read_due(&l);
	if (!status) {
		if (l.count)
			qsort(l.rows, l.count, sizeof(*l.rows), by_due);
		if (wf_machine(ctx))
			put_json(&l);
		else
			put_table(&l);
	}
	listing_done(&l);
	return status;
}

/* -- fire and move -- */

/* A step's timer that can be moved: of an approval the end of its time. */
static int64_t timer_of(const struct wf_step_state *s)
{
	bool asked = s->wait == WF_WAIT_APPROVAL && s->approval;
	return s->status != WF_STEP_WAITING ? 0 : asked ? s->approval->due_at : s->due_at;
}

static bool has_timer(const struct wf_instance *in, uint32_t step)
{
	return timer_of(&in->steps[step]) != 0;
}

static const struct wf_wanted_step timed = { has_timer, "has a timer that runs", "have timers that run",
	"wfctl timer ls lists them, wfctl why says what it waits for" };

/* The step whose timer is meant: the one named, or the only one; WF_NONE is the instance's limit. */
static int find_step(struct wf_ctx *ctx, const struct wf_instance *in, const struct wf_plan *plan,
	uint32_t *ret)
{
	const char *wanted = wf_opt(ctx, "step");
	uint32_t timers = 0;
	if (wf_instance_status_final(in->status))
		return wf_fail_at(ctx, WF_EXIT_CONFLICT, "INVALID_TRANSITION", NULL, NULL,
			"instance #%" PRIu64 " is %s", in->number, wf_instance_status_name(in->status));
	for (uint32_t i = 0; i < in->step_count; i++)
		timers += timer_of(&in->steps[i]) != 0;
	*ret = WF_NONE;
	if (!wanted && !timers && in->timeout_at)
		return 0;
	return wf_find_step(ctx, plan, in, &timed, ret);
}

static void say_moved(struct wf_driver *d, struct wf_ctx *ctx, uint64_t number, const char *step,
	int64_t due)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	char when[WF_WHEN_TEXT];
	if (due <= ctx->now || wf_machine(ctx) || ctx->quiet)
		return;
	wf_view_until(due, ctx->now, when);
	wf_view_safe(&text, step ? step : "the time limit");
	wf_buf_printf(&text, " of #%" PRIu64 " is due %s\n", number, strchr(when, ' ') + 1);
	wf_driver_say(d, &text);
}

/* name NULL: it is the instance's limit */
static int post(struct wf_ctx *ctx, uint64_t number, uint32_t step, const char *name, int64_t due)
{
	struct wf_driver_options options = { 0 };
	struct wf_driver *d = NULL;
	struct wf_cause cause = { 0 };
	int status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	json_t *data = json_pack("{s:I, s:s}", "due", (json_int_t)due, "by", wf_actor(ctx));
	struct wf_event event = { .type = WF_EVENT_MOVE, .at = wf_now_ms(), .random = wf_random_u32(),
		.step = step, .data = data };
	int r = wf_runtime_post(wf_driver_runtime(d), number, &event, &cause);
	json_decref(data);
	if (r == 0)
		say_moved(d, ctx, number, name, due);
	else if (!*cause.hint)
		wf_fail_hint(&cause, "wfctl why %" PRIu64 " says what it waits for", number);
	status = wf_driver_given(d, number, r, &cause);
	wf_driver_end(d);
	return status;
}

static int change(struct wf_ctx *ctx, int64_t due, const char *words)
{
	struct wf_instance *in = NULL;
	struct wf_plan *plan = NULL;
	bool dry = wf_opt(ctx, "dry-run") != NULL;
	int status = wf_open_journal(ctx, dry ? WF_JOURNAL_READ : WF_JOURNAL_WRITE);
	if (!status)
		status = wf_load_instance(ctx, wf_arg(ctx, 0), &in, &plan);
	if (status)
		return status;
	uint32_t step = WF_NONE;
	uint64_t number = in->number;
	WF_AUTOBUF struct wf_buf name = { 0 };
	status = find_step(ctx, in, plan, &step);
	if (!status && step != WF_NONE)
		wf_view_step_name(plan, in, step, &name);
	if (!status && dry && wf_machine(ctx)) {
		wf_out_dry(ctx, number);
	} else if (!status && dry) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_buf_printf(&text, "would %s %s of #%" PRIu64 "; nothing was done\n", words,
			name.len ? name.data : "the time limit", number);
		wf_out(ctx, &text);
	}
	if (!status && !dry)
		status = post(ctx, number, step, name.data, due);
	wf_instance_free(in);
	wf_plan_free(plan);
	return status;
}

static int run_fire(struct wf_ctx *ctx)
{
	return change(ctx, wf_now_ms(), "fire the timer of");
}

static int run_move(struct wf_ctx *ctx)
{
	const char *text = wf_arg(ctx, 1);
	int64_t due = 0;
	uint64_t span;
	if (*text == '+' && wf_read_span(text + 1, &span))
		due = wf_now_ms() + (int64_t)span;
	else if (*text == '+' || !wf_read_time(text, &due))
		return wf_fail_usage(ctx, "the new time is one (2026-11-20T09:00:00Z, 2026-11-20 09:00) or how "
					  "long from now (+90m, +1d, +PT2H), not \"%s\"", text);
	return change(ctx, due, "move the timer of");
}

static const struct wf_option options[] = {
	{ "step", 0, "STEP", "which timer, when several run; STEP[ITEM] within a foreach", NULL, "fire|move" },
	{ "limit", 'l', "N", "of at most so many instances, those due first (100 unless given); 0 is all",
		NULL, "ls" },
	{ "stay", 0, "SPAN", "wait here for timers due within this (10s unless given)", NULL, "fire|move" },
	{ "dry-run", 'n', NULL, "say which timer it would be", NULL, "fire|move" },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

static const struct wf_subverb subs[] = {
	{ "ls", "[INSTANCE]", "list timers, the earliest first", 0, 1, "instance", run_ls },
	{ "fire", "INSTANCE", "let a timer be due now", 1, 1, "instance", run_fire },
	{ "move", "INSTANCE TIME|+SPAN", "let a timer be due at another time", 2, 2, "instance", run_move },
	{ NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct wf_verb wf_verb_timer = {
	.arguments = "ls|fire|move",
	.description = "Lists the timers of instances (waits, retries, time limits, what an approval's clock "
		       "brings next), lets one be due now, or moves it. Of several timers of an instance "
		       "--step names one; without any but its own time limit, that is meant. Of an approval "
		       "the end of its time is moved; its escalations stay where they are. Who moved it is "
		       "in the history; a timer never fires twice.",
	.examples = "wfctl timer ls\n"
		    "wfctl timer fire 1234\n"
		    "wfctl timer move 1234 +2h",
	.options = options,
	.subs = subs,
	.formats = WF_FORMATS_COMMON,
	.changes = true,
};

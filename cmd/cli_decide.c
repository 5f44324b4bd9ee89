/* Giving a decision to an open approval, and driving on what it sets free. */
#include "cli_decide.h"
#include "cli_drive.h"
#include "cli_instance.h"
#include "cli_steps.h"

#include "view/instance.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct target {
	uint64_t approval; /* 0: the instance was named */
	uint64_t number;
	uint32_t step;
};

static int approval_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct target *t = arg;
	int r = wf_txn_get_approval(txn, t->approval, &t->number, &t->step);
	if (r == WF_ENOENT) {
		(void)wf_fail(cause, r, "there is no approval %" PRIu64, t->approval);
		wf_fail_hint(cause, "wfctl approvals lists the open ones");
	}
	return r;
}

/* "a12" is approval 12; any other name an instance. */
static bool approval_number(const char *text, uint64_t *ret)
{
	char *end;
	if (*text == 'a')
		text++;
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno || *end || !n)
		return false;
	*ret = n;
	return true;
}

static bool is_open(const struct wf_instance *in, uint32_t step)
{
	return in->steps[step].approval && !in->steps[step].approval->decided_at;
}

static bool was_asked(const struct wf_instance *in, uint32_t step)
{
	return in->steps[step].approval != NULL;
}

static const struct wf_wanted_step open_one = { is_open, "asks for an approval", "ask for approvals",
	"wfctl approvals lists the open ones" };
static const struct wf_wanted_step over = { was_asked, "asks for an approval", "asked for approvals",
	"wfctl approvals lists the open ones" };

/* Whoever gives the decision tells better that the one which is meant is over. */
static bool any_open(const struct wf_plan *plan, const struct wf_instance *in, const char *name)
{
	for (uint32_t i = 0; i < in->step_count && i < plan->step_count; i++)
		if (is_open(in, i) && wf_view_step_called(plan, in, i, name))
			return true;
	return false;
}

static int find_step(struct wf_ctx *ctx, struct target *t)
{
	struct wf_instance *in = NULL;
	struct wf_plan *plan = NULL;
	char number[24];
	(void)snprintf(number, sizeof(number), "%" PRIu64, t->number);
	int status = wf_load_instance(ctx, number, &in, &plan);
	if (status)
		return status;
	status = wf_find_step(ctx, plan, in, any_open(plan, in, wf_opt(ctx, "step")) ? &open_one : &over,
		&t->step);
	wf_plan_free(plan);
	wf_instance_free(in);
	return status;
}

static int find_target(struct wf_ctx *ctx, struct target *t)
{
	const char *name = wf_arg(ctx, 0), *approval = wf_opt(ctx, "approval");
	*t = (struct target){ .step = WF_NONE };
	if (!name == !approval)
		return wf_fail_usage(ctx, "it needs an instance or --approval, one of the two");
	if (approval && !approval_number(approval, &t->approval))
		return wf_fail_usage(ctx, "--approval takes a number, not \"%s\"", approval);
	bool short_form = name && name[0] == 'a' && strspn(name + 1, "0123456789") == strlen(name + 1);
	if (short_form && strlen(name) < 9)
		(void)approval_number(name, &t->approval);
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (status)
		return status;
	if (!t->approval) {
		status = wf_find_instance(ctx, name, &t->number);
		return status || !wf_opt(ctx, "step") ? status : find_step(ctx, t);
	}
	return wf_read_journal(ctx, approval_txn, t);
}

static void fill_hint(struct wf_cause *cause, const struct target *t)
{
	if (*cause->hint)
		return;
	if (cause->err == WF_EPERM)
		wf_fail_hint(cause, "wfctl show %" PRIu64 " says who is asked; --as NAME says who you "
				    "are", t->number);
	else if (cause->err == WF_ECONFLICT)
		wf_fail_hint(cause, "wfctl show %" PRIu64 " says what was decided", t->number);
	else if (cause->err == WF_EAMBIGUOUS)
		wf_fail_hint(cause, "--step names the one that is meant; wfctl approvals lists them");
	else if (cause->err == WF_EBUSY)
		wf_fail_hint(cause, "try again when that process has let it go");
}

static void say_dry(struct wf_ctx *ctx, const struct target *t, const struct wf_decide *what)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (wf_machine(ctx)) {
		wf_out_dry(ctx, t->number);
		return;
	}
	wf_buf_printf(&text, "would %s instance #%" PRIu64 " as %s; nothing was decided\n", what->words,
		t->number, wf_actor(ctx));
	wf_out(ctx, &text);
}

static int decide(struct wf_ctx *ctx, const struct target *t, const struct wf_decide *what)
{
	struct wf_driver_options options = { .decision = true, .dry = wf_opt(ctx, "dry-run") != NULL };
	struct wf_driver *d = NULL;
	struct wf_cause cause = { 0 };
	int status = wf_driver_begin(ctx, &options, &d);
	if (status)
		return status;
	struct wf_decision decision = { .number = t->number, .step = t->step,
		.decision = what->decision, .by = wf_actor(ctx), .reason = wf_opt(ctx, "reason"),
		.to = what->to, .from = what->from };
	int r = wf_runtime_decide(wf_driver_runtime(d), &decision, NULL, NULL, &cause);
	cause.err = r;
	fill_hint(&cause, t);
	status = wf_driver_given(d, t->number, r, &cause);
	if (!status && options.dry)
		say_dry(ctx, t, what);
	wf_driver_end(d);
	return status;
}

int wf_opt_person(struct wf_ctx *ctx, const char *option, const char **ret)
{
	const char *name = wf_opt(ctx, option);
	if (!name || !*name)
		return wf_fail_usage(ctx, "--%s needs a name", option);
	*ret = name;
	return 0;
}

int wf_run_decide(struct wf_ctx *ctx, const struct wf_decide *what)
{
	struct target t;
	int status = find_target(ctx, &t);
	return status ? status : decide(ctx, &t, what);
}

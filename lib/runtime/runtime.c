/* The runtime's life, and what it is asked for. */
#include "runtime/runtime.h"

#include "base/mem.h"
#include "runtime/drive.h"

int wf_runtime_new(const struct wf_runtime_options *options, struct wf_runtime **ret,
	struct wf_cause *cause)
{
	struct wf_runtime *rt = wf_calloc(1, sizeof(*rt));
	rt->options = *options;
	if (!rt->options.max_in_flight)
		rt->options.max_in_flight = 256;
	int rc = wf_runner_begin(options->home, &rt->runner, cause);
	if (!rc) {
		struct wf_effects_options effects = {
			.spool = wf_home_spool(options->home),
			.libexec = options->libexec,
			.workdir = options->workdir,
			.environ_in = options->environ_in,
			.people = options->people,
			.people_arg = options->people_arg,
		};
		rc = wf_effects_new(&effects, &rt->effects, cause);
	}
	if (rc) {
		wf_runtime_free(rt);
		return rc;
	}
	int fd = wf_runner_watch_fd(options->home);
	rt->watched = fd >= 0 && wf_effects_watch(rt->effects, fd, NULL) == 0;
	*ret = rt;
	return 0;
}

void wf_runtime_free(struct wf_runtime *rt)
{
	if (!rt)
		return;
	wf_effects_free(rt->effects);
	for (struct wf_drive *d = rt->drives, *next; d; d = next) {
		next = d->next;
		wf_drive_free(d);
	}
	wf_inside_done(rt);
	wf_instance_free(rt->decided);
	wf_runtime_free_plans(rt);
	wf_free(rt->claims);
	wf_free(rt->gifts);
	wf_numbers_done(&rt->granted);
	wf_numbers_done(&rt->ended);
	wf_numbers_done(&rt->wakes);
	wf_free(rt->due);
	wf_turn_done(&rt->turn);
	if (rt->runner)
		wf_runner_end(rt->options.home);
	wf_free(rt);
}

void wf_runtime_stop(struct wf_runtime *rt)
{
	rt->stopping = 1;
	wf_effects_wake(rt->effects);
}

void wf_runtime_set_feed(struct wf_runtime *rt, wf_runtime_feed_fn *fn, void *arg)
{
	rt->feed = fn;
	rt->feed_arg = arg;
	rt->feed_done = fn == NULL;
}

void wf_runtime_set_source(struct wf_runtime *rt, wf_runtime_source_fn *fn, void *arg)
{
	rt->source = fn;
	rt->source_arg = arg;
	rt->source_at = fn ? 1 : 0;
}

void wf_runtime_fail(struct wf_runtime *rt, const struct wf_cause *cause)
{
	if (rt->failed)
		return;
	rt->failed = cause->err ? cause->err : WF_EINVAL;
	rt->cause = *cause;
}

bool wf_runtime_spoilt(const struct wf_runtime *rt, int rc)
{
	return rt->own_fault || rc == WF_ELIMIT || rc == WF_EUNSUPPORTED;
}

bool wf_runtime_pass_over(struct wf_runtime *rt, uint64_t number, int rc, struct wf_cause *cause)
{
	const struct wf_observer *o = &rt->options.observer;
	if (!o->passed_over)
		return false;
	if (!*cause->text)
		(void)wf_fail(cause, rc, "%s", wf_strerror(rc));
	cause->err = rc;
	o->passed_over(o->arg, number, cause);
	return true;
}

size_t wf_runtime_in_hand(const struct wf_runtime *rt)
{
	return rt->drive_count + wf_runtime_claims_waiting(rt) + (rt->gift_count - rt->gift_next);
}

size_t wf_runtime_claims_waiting(const struct wf_runtime *rt)
{
	return rt->claim_count - rt->claim_next;
}

int wf_runtime_claim(struct wf_runtime *rt, uint64_t number, struct wf_cause *cause)
{
	return wf_runtime_claim_now(rt, &number, 1, true, cause);
}

void wf_runtime_claim_later(struct wf_runtime *rt, const uint64_t *numbers, size_t count)
{
	if (rt->claim_next == rt->claim_count)
		rt->claim_next = rt->claim_count = 0;
	for (size_t i = 0; i < count; i++) {
		WF_GROW(rt->claims, rt->claim_count, rt->claim_room);
		rt->claims[rt->claim_count++] = numbers[i];
	}
}

struct reload {
	uint64_t number;
	struct wf_instance *in;
};

static int load_again(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct reload *r = arg;
	return wf_txn_get_instance(txn, r->number, WF_LOAD_ALL, &r->in);
}

int wf_runtime_reload(struct wf_runtime *rt, uint64_t number, struct wf_instance **ret,
	struct wf_cause *cause)
{
	struct reload r = {.number = number};
	int rc = wf_journal_view(rt->options.journal, load_again, &r, cause);
	if (!rc)
		*ret = r.in;
	return rc;
}

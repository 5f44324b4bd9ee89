/* wfctl why: in words, why an instance stands where it stands. */
#include "cli_instance.h"

#include "journal/waiting.h"
#include "view/why.h"

#include <string.h>

#define MOST_HOLDERS 5

struct slot {
	char *name;
	uint64_t holders[MOST_HOLDERS];
	struct wf_why_slot said;
	uint64_t number;     /* whose place is looked for */
	uint64_t before;
};

struct facts {
	const struct wf_instance *in;
	struct slot *slots;
	size_t slot_count;
	struct wf_hold *holds;
	size_t hold_count, hold_room;
	uint64_t signals;
};

static void facts_reset(struct facts *f)
{
	for (size_t i = 0; i < f->slot_count; i++)
		wf_free(f->slots[i].name);
	for (size_t i = 0; i < f->hold_count; i++)
		wf_hold_done(&f->holds[i]);
	wf_free(f->slots);
	f->slots = NULL;
	f->slot_count = f->hold_count = 0;
	f->signals = 0;
}

static bool keep_holder(void *arg, uint64_t number)
{
	struct slot *s = arg;
	s->holders[s->said.holder_count++] = number;
	return s->said.holder_count < MOST_HOLDERS;
}

static bool count_before(void *arg, uint64_t number)
{
	struct slot *s = arg;
	s->before++;
	if (number != s->number)
		return true;
	s->said.place = s->before;
	return false;
}

static bool keep_hold(void *arg, const struct wf_hold *h)
{
	struct facts *f = arg;
	if (h->workflow && (!f->in->workflow || strcmp(h->workflow, f->in->workflow) != 0))
		return true;
	WF_GROW(f->holds, f->hold_count, f->hold_room);
	f->holds[f->hold_count++] = (struct wf_hold){
		.workflow = h->workflow ? wf_strdup(h->workflow) : NULL,
		.by = h->by ? wf_strdup(h->by) : NULL,
		.reason = h->reason ? wf_strdup(h->reason) : NULL, .at = h->at };
	return true;
}

static bool count_signal(void *arg, uint32_t seq, const json_t *signal)
{
	struct facts *f = arg;
	(void)seq;
	(void)signal;
	f->signals++;
	return true;
}

static int look_at_slots(struct wf_txn *txn, struct facts *f)
{
	size_t count = f->in->status == WF_INST_QUEUED ? json_array_size(f->in->slots) : 0;
	int r = 0;
	f->slots = wf_calloc(count + 1, sizeof(*f->slots));
	for (size_t i = 0; r == 0 && i < count; i++) {
		const json_t *slot = json_array_get(f->in->slots, i);
		const char *name = json_string_value(json_object_get(slot, "name"));
		struct slot *s = &f->slots[f->slot_count++];
		s->name = wf_strdup(name ? name : "?");
		s->number = f->in->number;
		s->said.limit = (uint64_t)json_integer_value(json_object_get(slot, "limit"));
		r = wf_txn_count_held(txn, s->name, 0, &s->said.held);
		if (r == 0)
			r = wf_txn_each_held(txn, s->name, keep_holder, s);
		if (r == 0)
			r = wf_txn_each_queued(txn, s->name, count_before, s);
	}
	return r;
}

static int facts_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct facts *f = arg;
	(void)cause;
	facts_reset(f);
	int r = look_at_slots(txn, f);
	if (r == 0)
		r = wf_txn_each_hold(txn, keep_hold, f);
	if (r == 0 && !wf_instance_status_final(f->in->status))
		r = wf_txn_each_signal(txn, f->in->number, count_signal, f);
	return r;
}

static json_t *explain(struct wf_ctx *ctx, const struct wf_plan *plan, const struct wf_instance *in,
	const struct facts *f)
{
	struct wf_why_slot *slots = wf_calloc(f->slot_count + 1, sizeof(*slots));
	struct wf_why_hold *holds = wf_calloc(f->hold_count + 1, sizeof(*holds));
	for (size_t i = 0; i < f->slot_count; i++) {
		slots[i] = f->slots[i].said;
		slots[i].name = f->slots[i].name;
		slots[i].holders = f->slots[i].holders;
	}
	for (size_t i = 0; i < f->hold_count; i++)
		holds[i] = (struct wf_why_hold){ .all = !f->holds[i].workflow, .by = f->holds[i].by,
			.reason = f->holds[i].reason, .at = f->holds[i].at };
	struct wf_why_facts facts = { .now = ctx->now, .actor = wf_actor(ctx), .slots = slots,
		.slot_count = f->slot_count, .holds = holds, .hold_count = f->hold_count,
		.signals = f->signals,
		.driver = !in->owner ? WF_WHY_NOBODY
			: wf_runner_alive(ctx->home, in->owner) ? WF_WHY_ALIVE
								: WF_WHY_DEAD };
	json_t *why = wf_view_why(plan, in, &facts);
	wf_free(slots);
	wf_free(holds);
	return why;
}

static int run_why(struct wf_ctx *ctx)
{
	struct wf_instance *in = NULL;
	struct wf_plan *plan = NULL;
	int status = wf_load_instance(ctx, wf_arg(ctx, 0), &in, &plan);
	if (status)
		return status;
	struct facts f = { .in = in };
	status = wf_read_journal(ctx, facts_txn, &f);
	if (!status) {
		json_t *why = explain(ctx, plan, in, &f);
		WF_AUTOBUF struct wf_buf text = { 0 };
		if (wf_machine(ctx)) {
			wf_out_json(ctx, json_incref(why));
		} else {
			wf_view_why_text(why, &ctx->out, &text);
			wf_out_page(ctx, &text);
		}
		json_decref(why);
	}
	facts_reset(&f);
	wf_free(f.holds);
	wf_instance_free(in);
	wf_plan_free(plan);
	return status;
}

const struct wf_verb wf_verb_why = {
	.arguments = "INSTANCE",
	.description = "Says why an instance stands where it stands: what it waits for and since when, what "
		       "is there and what is missing, what time will bring, what will wake it, and what to "
		       "do. Of one that is queued: its place and who holds the slot; of one that runs: which "
		       "effect, and whether a process drives it; of one in several branches or "
		       "items: what each waits for, and what wakes it; of one that has ended: how.",
	.examples = "wfctl why 1234",
	.formats = WF_FORMATS_COMMON,
	.min_args = 1,
	.max_args = 1,
	.words = "instance",
	.run = run_why,
};

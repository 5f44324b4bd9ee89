/*
 * What people and the world do in a case: decisions, signals, events, cancels, in the order of the script.
 *
 * An item with `at` happens at that time, whether or not the workflow can take it; one without happens as
 * soon as it can. What the engine refuses is a failure of the case, unless the item expects it
 * (`refused: true`).
 */
#include "trial/internal.h"

#include "base/duration.h"

#include <string.h>

struct act {
	const char *key; /* of the item: what is done */
	bool (*can)(const struct trial_case *c, const json_t *item, const char *target);
	bool (*play)(struct trial_case *c, const json_t *item, const char *target,
		struct wf_cause *cause);
};

static const char *text(const json_t *item, const char *key)
{
	return json_string_value(json_object_get(item, key));
}

/* -- decisions -- */

/* The step with that name that waits for approvals; WF_NONE. */
static uint32_t asking(const struct trial_case *c, const char *name)
{
	for (uint32_t i = 0; i < c->in->thread_count; i++) {
		const struct wf_thread *t = &c->in->threads[i];
		if (t->done || t->step == WF_NONE)
			continue;
		WF_AUTOFREE char *id = trial_step_name(c->plan, t->step);
		if (c->in->steps[t->step].wait == WF_WAIT_APPROVAL && strcmp(id, name) == 0)
			return t->step;
	}
	return WF_NONE;
}

static bool can_decide(const struct trial_case *c, const json_t *item, const char *target)
{
	(void)item;
	return asking(c, target) != WF_NONE;
}

static bool decide(struct trial_case *c, const json_t *item, const char *target, const char *decision,
	struct wf_cause *cause)
{
	uint32_t step = asking(c, target);
	const char *by = text(item, "by");
	json_t *data = json_pack("{s:s, s:s, s:s*, s:s*, s:s*}", "by", by ? by : "tester", "decision",
		decision, "reason", text(item, "reason"), "to", text(item, "to"), "from",
		text(item, "from"));
	bool done = step != WF_NONE && trial_feed(c, WF_EVENT_DECISION, step, 0, 0, data, cause);
	if (step == WF_NONE)
		(void)wf_fail(cause, WF_ECONFLICT, "`%s` asks for no approval", target);
	json_decref(data);
	return done;
}

#define DECISION(name)                                                                             \
	static bool play_##name(struct trial_case *c, const json_t *item, const char *target,      \
		struct wf_cause *cause)                                                            \
	{                                                                                          \
		return decide(c, item, target, #name, cause);                                      \
	}
DECISION(approve)
DECISION(reject)
DECISION(delegate)
DECISION(reassign)
DECISION(withdraw)

/* -- signals and events -- */

static json_t *delivery_of(const struct trial_case *c, const json_t *item, const char *kind,
	const char *name)
{
	json_t *data = json_object_get(item, "data");
	char at[WF_TIME_TEXT];
	wf_time_text(c->now, at);
	return json_pack("{s:s, s:s, s:o, s:s*, s:i, s:s}", "kind", kind, "name", name, "data",
		data ? json_incref(data) : json_object(), "id", text(item, "id"), "number", 1, "at", at);
}

/* The step that takes it; WF_NONE. */
static uint32_t taker(const struct trial_case *c, const json_t *delivery)
{
	for (uint32_t i = 0; i < c->in->thread_count; i++) {
		const struct wf_thread *t = &c->in->threads[i];
		bool wanted = false;
		if (!t->done && t->step != WF_NONE &&
			wf_engine_matches(c->plan, c->in, t->step, delivery, &wanted, NULL) == 0 &&
			wanted)
			return t->step;
	}
	return WF_NONE;
}

static bool wanted(const struct trial_case *c, const json_t *item, const char *kind, const char *name)
{
	json_t *delivery = delivery_of(c, item, kind, name);
	bool is = taker(c, delivery) != WF_NONE;
	json_decref(delivery);
	return is;
}

static bool can_signal(const struct trial_case *c, const json_t *item, const char *target)
{
	return json_is_false(json_object_get(item, "taken")) || wanted(c, item, "signal", target);
}

static bool can_event(const struct trial_case *c, const json_t *item, const char *target)
{
	return json_is_false(json_object_get(item, "taken")) || wanted(c, item, "event", target);
}

static void keep(struct trial_case *c, json_t *delivery)
{
	(void)json_array_append_new(c->inbox, delivery);
	/* the item that is being played: the script stands behind it already */
	(void)json_array_append_new(c->inbox_items, json_integer((json_int_t)c->script_at - 1));
}

static bool play_signal(struct trial_case *c, const json_t *item, const char *target,
	struct wf_cause *cause)
{
	(void)cause;
	keep(c, delivery_of(c, item, "signal", target));
	return true;
}

static bool play_event(struct trial_case *c, const json_t *item, const char *target,
	struct wf_cause *cause)
{
	(void)cause;
	keep(c, delivery_of(c, item, "event", target));
	return true;
}

static bool meant_for_nobody(const struct trial_case *c, size_t item)
{
	const json_t *script = json_object_get(c->spec, "script");
	return json_is_false(json_object_get(json_array_get(script, item), "taken"));
}

static void note_taken(struct trial_case *c, size_t i)
{
	size_t item = (size_t)json_integer_value(json_array_get(c->inbox_items, i));
	(void)json_array_remove(c->inbox_items, i);
	if (!meant_for_nobody(c, item))
		return;
	WF_AUTOFREE char *path = wf_asprintf("/script/%zu", item);
	trial_fail(c, path, "it was taken, and `taken: false` says that nobody takes it");
}

void trial_script_judge(struct trial_case *c)
{
	for (size_t i = 0; i < json_array_size(c->inbox); i++) {
		size_t item = (size_t)json_integer_value(json_array_get(c->inbox_items, i));
		const json_t *delivery = json_array_get(c->inbox, i);
		WF_AUTOFREE char *path = wf_asprintf("/script/%zu", item);
		if (!meant_for_nobody(c, item))
			trial_fail(c, path,
				"nobody took the %s `%s`; where that is what is tested, the item says "
				"`taken: false`",
				text(delivery, "kind"), text(delivery, "name"));
	}
}

bool trial_deliver_kept(struct trial_case *c)
{
	for (size_t i = 0; i < json_array_size(c->inbox); i++) {
		json_t *delivery = json_array_get(c->inbox, i);
		uint32_t step = taker(c, delivery);
		if (step == WF_NONE)
			continue;
		(void)json_incref(delivery);
		(void)json_array_remove(c->inbox, i);
		note_taken(c, i);
		(void)trial_feed(c, WF_EVENT_DELIVERY, step, 0, 0, delivery, NULL);
		json_decref(delivery);
		return true;
	}
	return false;
}

/* -- operators -- */

static bool at_once(const struct trial_case *c, const json_t *item, const char *target)
{
	(void)c, (void)item, (void)target;
	return true;
}

static bool play_cancel(struct trial_case *c, const json_t *item, const char *target,
	struct wf_cause *cause)
{
	const char *by = text(item, "by");
	json_t *data = json_pack("{s:s, s:s}", "by", by ? by : "tester", "reason", target);
	if (json_is_true(json_object_get(item, "compensate")))
		(void)json_object_set_new(data, "compensate", json_true());
	bool done = trial_feed(c, WF_EVENT_CANCEL, WF_NONE, 0, 0, data, cause);
	json_decref(data);
	return done;
}

static uint32_t doubtful(const struct trial_case *c, const char *name)
{
	for (uint32_t i = 0; i < c->in->step_count; i++) {
		WF_AUTOFREE char *id = trial_step_name(c->plan, i);
		if (c->in->steps[i].status == WF_STEP_IN_DOUBT && strcmp(id, name) == 0)
			return i;
	}
	return WF_NONE;
}

static bool can_resolve(const struct trial_case *c, const json_t *item, const char *target)
{
	(void)item;
	return doubtful(c, target) != WF_NONE;
}

static bool play_resolve(struct trial_case *c, const json_t *item, const char *target,
	struct wf_cause *cause)
{
	uint32_t step = doubtful(c, target);
	const char *as = text(item, "as");
	json_t *output = json_object_get(item, "output");
	json_t *data = json_pack("{s:s, s:O*}", "as", as ? as : "completed", "output", output);
	bool done = step != WF_NONE && trial_feed(c, WF_EVENT_RESOLVE, step, 0, 0, data, cause);
	if (step == WF_NONE)
		(void)wf_fail(cause, WF_ECONFLICT, "`%s` is not in doubt", target);
	json_decref(data);
	return done;
}

/* -- the script -- */

static const struct act acts[] = {
	{ "approve", can_decide, play_approve },
	{ "reject", can_decide, play_reject },
	{ "delegate", can_decide, play_delegate },
	{ "reassign", can_decide, play_reassign },
	{ "withdraw", can_decide, play_withdraw },
	{ "signal", can_signal, play_signal },
	{ "event", can_event, play_event },
	{ "resolve", can_resolve, play_resolve },
	{ "cancel", at_once, play_cancel },
};

static const struct act *act_of(const json_t *item)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
		if (text(item, acts[i].key))
			return &acts[i];
	return NULL;
}

static json_t *current(const struct trial_case *c)
{
	return json_array_get(json_object_get(c->spec, "script"), c->script_at);
}

int64_t trial_script_due(const struct trial_case *c)
{
	const json_t *item = current(c), *at = json_object_get(item, "at");
	struct wf_duration d;
	if (!item)
		return -1;
	if (json_is_string(at) &&
		!wf_duration_parse(json_string_value(at), json_string_length(at), false, &d)) {
		int64_t due = wf_duration_add(c->start, &d);
		return due > c->now ? due : c->now;
	}
	const struct act *act = act_of(item);
	return !act || act->can(c, item, text(item, act->key)) ? c->now : 0;
}

void trial_script_play(struct trial_case *c)
{
	const json_t *item = current(c);
	const struct act *act = act_of(item);
	WF_AUTOFREE char *path = wf_asprintf("/script/%zu", c->script_at);
	struct wf_cause cause = { 0 };
	bool refusal = json_is_true(json_object_get(item, "refused"));
	c->script_at++;
	if (!act) {
		trial_fail(c, path, "nothing is done by it");
		return;
	}
	bool done = act->play(c, item, text(item, act->key), &cause);
	if (!done && !refusal)
		trial_fail(c, path, "refused: %s", cause.text);
	else if (done && refusal)
		trial_fail(c, path, "it was taken, and should have been refused");
}

void trial_script_refuse(struct trial_case *c)
{
	while (json_is_true(json_object_get(current(c), "refused")))
		c->script_at++;
}

/* Tidying after processes that died: the spool, where a result's commit was not followed by its
 * settling, commands whose attempt is over while they still run, and the locks of runners. */
#include "base/id.h"
#include "base/mem.h"
#include "runtime/drive.h"

#include <stdio.h>
#include <string.h>

struct tidy {
	struct wf_runtime *rt;
	char **left;             /* tokens found in the spool */
	size_t count, room;
	bool *over;              /* their attempts are not in hand */
};

static void keep_token(void *arg, const char *token)
{
	struct tidy *t = arg;
	WF_GROW(t->left, t->count, t->room);
	t->left[t->count++] = wf_strdup(token);
}

/* What follows the instance's number in a token of our making (see wf_drive_token); a lookup of approvers
 * has a name behind it. */
static bool is_attempt(const char *text)
{
	char hash[17], end;
	unsigned visit, number, lookup;
	int n = sscanf(text, "-%16[0-9a-f]-%u-%u%c", hash, &visit, &number, &end);
	if (n == 4)
		n = sscanf(text, "-%16[0-9a-f]-%u-%u-r%8x%c", hash, &visit, &number, &lookup, &end) - 1;
	return n == 3 && strlen(hash) == 16;
}

static bool in_hand(const struct wf_plan *plan, const struct wf_instance *in, const char *token)
{
	char own[sizeof(((struct wf_inflight *)NULL)->token)];
	for (uint32_t i = 0; i < in->step_count; i++) {
		if (in->steps[i].status != WF_STEP_RUNNING)
			continue;
		wf_drive_token(plan, in, i, own, sizeof(own));
		size_t n = strlen(own);
		if (!strncmp(token, own, n) && (!token[n] || !strncmp(token + n, "-r", 2)))
			return true;
	}
	return false;
}

static int look_at(struct wf_txn *txn, struct tidy *t, size_t i)
{
	char uuid[WF_UUID_TEXT];
	uint64_t number;
	if (strlen(t->left[i]) < sizeof(uuid) - 1 || !is_attempt(t->left[i] + sizeof(uuid) - 1))
		return 0; /* not of our making: not ours to remove */
	memcpy(uuid, t->left[i], sizeof(uuid) - 1);
	uuid[sizeof(uuid) - 1] = '\0';
	int rc = wf_txn_find_instance(txn, uuid, &number);
	if (rc)
		return rc == WF_ENOENT || rc == WF_EAMBIGUOUS || rc == WF_EINVAL ? 0 : rc;
	struct wf_instance *in = NULL;
	const struct wf_held_plan *held = NULL;
	rc = wf_txn_get_instance(txn, number, WF_LOAD_ALL, &in);
	if (rc)
		return rc;
	/* what is left of one whose plan cannot be read stays */
	if (!wf_runtime_hold_plan_txn(t->rt, txn, in->plan_id, &held, NULL))
		t->over[i] = !in_hand(held->plan, in, t->left[i]);
	wf_instance_free(in);
	return 0;
}

static int look_at_all(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct tidy *t = arg;
	int rc = 0;
	for (size_t i = 0; i < t->count && !rc; i++)
		rc = look_at(txn, t, i);
	return rc;
}

static void forget(struct tidy *t)
{
	for (size_t i = 0; i < t->count; i++)
		wf_free(t->left[i]);
	wf_free(t->left);
	wf_free(t->over);
}

/* Gives what was found to fn when its attempt is not in hand. */
static int settle_over(struct tidy *t, void (*fn)(struct wf_runtime *rt, const char *token),
	struct wf_cause *cause)
{
	t->over = wf_calloc(t->count, sizeof(*t->over));
	int rc = t->count ? wf_journal_view(t->rt->options.journal, look_at_all, t, cause) : 0;
	for (size_t i = 0; i < t->count && !rc; i++)
		if (t->over[i])
			fn(t->rt, t->left[i]);
	forget(t);
	return rc;
}

static void settle(struct wf_runtime *rt, const char *token)
{
	wf_effects_settled(rt->effects, token);
}

/* Its owner died between the end of the instance and stopping what it had begun. */
static void stop(struct wf_runtime *rt, const char *token)
{
	struct wf_effect_request request = {
		.action = WF_ACT_EXEC_RUN, .token = token, .cookie = (void *)(uintptr_t)token};
	enum wf_effect_trace trace = wf_effects_recover(rt->effects, &request);
	if (trace == WF_TRACE_RUNNING || trace == WF_TRACE_DONE)
		wf_effects_stop(rt->effects, request.cookie);
	if (trace != WF_TRACE_RUNNING)
		wf_effects_settled(rt->effects, token);
}

int wf_runtime_tidy(struct wf_runtime *rt, struct wf_cause *cause)
{
	struct tidy done = {.rt = rt}, begun = {.rt = rt};
	wf_runner_tidy(rt->options.home);
	wf_effects_each_left(rt->effects, keep_token, &done);
	int rc = settle_over(&done, settle, cause);
	wf_effects_each_begun(rt->effects, keep_token, &begun);
	int rc_begun = settle_over(&begun, stop, cause);
	return rc ? rc : rc_begun;
}

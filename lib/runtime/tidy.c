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

/* Whether the attempt that the token names is the one in hand (see wf_drive_token); a lookup of its
 * approvers has a name behind it. */
static bool in_hand(const struct wf_instance *in, const char *attempt)
{
	unsigned step, visit, number, lookup;
	char end;
	int n = sscanf(attempt, "-%u-%u-%u%c", &step, &visit, &number, &end);
	if (n == 4)
		n = sscanf(attempt, "-%u-%u-%u-r%8x%c", &step, &visit, &number, &lookup, &end) - 1;
	if (n != 3 || step >= in->step_count)
		return true; /* not of our making: not ours to remove */
	const struct wf_step_state *s = &in->steps[step];
	return s->status == WF_STEP_RUNNING && s->visits == visit && s->attempts == number;
}

static int look_at(struct wf_txn *txn, struct tidy *t, size_t i)
{
	char uuid[WF_UUID_TEXT];
	uint64_t number;
	if (strlen(t->left[i]) < sizeof(uuid) - 1)
		return 0;
	memcpy(uuid, t->left[i], sizeof(uuid) - 1);
	uuid[sizeof(uuid) - 1] = '\0';
	int rc = wf_txn_find_instance(txn, uuid, &number);
	if (rc)
		return rc == WF_ENOENT || rc == WF_EAMBIGUOUS || rc == WF_EINVAL ? 0 : rc;
	struct wf_instance *in = NULL;
	rc = wf_txn_get_instance(txn, number, WF_LOAD_ALL, &in);
	if (rc)
		return rc;
	t->over[i] = !in_hand(in, t->left[i] + sizeof(uuid) - 1);
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

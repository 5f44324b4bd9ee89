/*
 * For tests of the runtime: a home with a journal of its own, plans put together from text, and other
 * processes that drive instances of it.
 */
#ifndef TESTS_RUNTIME_WORLD_H
#define TESTS_RUNTIME_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/sys.h"
#include "helpers/flow.h"
#include "runtime/drive.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 120000

/* -- plans -- */

static inline void flow_command(struct flow *f, const char *id, const char *script,
	const char *more)
{
	flow_step_of(f, id, "exec.run", json_pack("{s:[s,s,s]}", "command", "sh", "-c", script), more);
}

/* Notification `index` of the step `of`: a command on a thread of its own. */
static inline void flow_notify(struct flow *f, const char *id, const char *of, int index,
	const char *script)
{
	json_t *value = json_pack("{s:[s,s,s]}", "command", "sh", "-c", script);
	WF_AUTOFREE char *text = wf_json_text(value);
	wf_buf_printf(&f->head, "step \"%s\"\naction exec.run\nenter E_%s\nfail H_%s\n", id, id, id);
	wf_buf_printf(&f->bodies, "body notify \"%s\" %d E_%s\n", of, index, id);
	wf_buf_printf(&f->side,
		"E_%s:\nenter \"%s\"\nconst %s\nperform \"%s\"\nleave \"%s\"\nH_%s:\nhalt\n", id, id,
		text, id, id, id);
	json_decref(value);
}

/* The bytes of the plan. Frees the flow. */
static inline void flow_bytes(struct flow *f, struct wf_buf *out)
{
	WF_AUTOBUF struct wf_buf text = {0};
	struct wf_cause cause = {0};
	flow_text(f, &text);
	if (wf_plan_assemble(text.data, text.len, out, &cause))
		fail_msg("%s\nin:\n%s", cause.text, text.data);
}

/* -- the world -- */

struct heard {
	unsigned started, moved, ended, parked, lost, elsewhere;
	uint64_t tickets;        /* the sum of those that parted */
	bool disorder;           /* an instance's number did not rise with its ticket */
	unsigned passed_over;
	uint64_t spoilt;         /* the last that was passed over */
	uint64_t number;         /* of the last that parted */
	unsigned replaced;
	uint64_t out, in;        /* the last that was replaced, and by which */
	enum wf_instance_status status;
	uint64_t order[64];      /* numbers of those that ended, in that order */
};

struct world {
	char folder[64];
	struct wf_home *home;
	struct wf_journal *journal;
	struct wf_runtime *rt;
	struct heard heard;
	struct wf_cause cause;
	uint64_t stay_ms;
	uint32_t most;
};

static inline void hear_started(void *arg, const struct wf_plan *plan, const struct wf_instance *in)
{
	(void)plan, (void)in;
	((struct heard *)arg)->started++;
}

static inline void hear_moved(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
	const struct wf_event *event, const struct wf_transition *transitions, uint32_t count)
{
	(void)plan, (void)in, (void)event, (void)transitions;
	((struct heard *)arg)->moved += count;
}

static inline void hear_parted(void *arg, const struct wf_plan *plan, const struct wf_instance *in,
	enum wf_parted how, const struct wf_cause *cause, uint64_t ticket)
{
	(void)plan, (void)cause;
	struct heard *h = arg;
	if (how == WF_PARTED_ENDED && h->ended < 64)
		h->order[h->ended] = in->number;
	h->ended += how == WF_PARTED_ENDED;
	h->parked += how == WF_PARTED_PARKED;
	h->lost += how == WF_PARTED_LOST;
	h->elsewhere += how == WF_PARTED_ELSEWHERE;
	h->disorder |= ticket > 1 && in->number != ticket - 1;
	h->tickets += ticket;
	h->status = in->status;
	h->number = in->number;
}

static inline void hear_passed_over(void *arg, uint64_t number, const struct wf_cause *cause)
{
	(void)cause;
	struct heard *h = arg;
	h->passed_over++;
	h->spoilt = number;
}

static inline void hear_replaced(void *arg, uint64_t number, uint64_t by)
{
	struct heard *h = arg;
	h->replaced++;
	h->out = number;
	h->in = by;
}

static inline void open_journal(struct world *w)
{
	if (wf_home_open(w->folder, NULL, &w->home, &w->cause) ||
		wf_journal_open(w->home, "default", "default", WF_JOURNAL_WRITE, &w->journal,
			&w->cause))
		fail_msg("%s", w->cause.text);
}

static char *world_environment[] = {(char[]){"PATH=/usr/local/bin:/usr/bin:/bin"}, NULL};

static inline void open_runtime(struct world *w)
{
	struct wf_runtime_options options = {.home = w->home, .journal = w->journal,
		.tenant = "default", .environment = "default", .libexec = getenv("WFCTL_BUILD"),
		.os_user = "tester", .stay_ms = w->stay_ms, .max_in_flight = w->most,
		.observer = {&w->heard, hear_started, hear_moved, hear_parted, NULL,
			hear_passed_over, hear_replaced}};
	options.environ_in = world_environment;
	if (wf_runtime_new(&options, &w->rt, &w->cause))
		fail_msg("%s", w->cause.text);
}

static inline void open_world(struct world *w)
{
	open_journal(w);
	open_runtime(w);
}

static inline void close_world(struct world *w)
{
	wf_runtime_free(w->rt);
	wf_journal_close(w->journal);
	wf_home_close(w->home);
	w->rt = NULL;
	w->journal = NULL;
	w->home = NULL;
}

static inline int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	/* whatever waits for ever is killed, and the run with it, rather than hanging */
	alarm(DEADLINE_MS / 1000 * 3);
	w->stay_ms = 1000;
	(void)snprintf(w->folder, sizeof(w->folder), "/tmp/wfctl-test-XXXXXX");
	if (!mkdtemp(w->folder))
		return -1;
	(void)strncat(w->folder, "/home", sizeof(w->folder) - strlen(w->folder) - 1);
	if (wf_home_init(w->folder, "default", "default", &w->cause))
		return -1;
	open_world(w);
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;
	wf_sys_set_now(-1);
	close_world(w);
	w->folder[strlen(w->folder) - strlen("/home")] = '\0';
	WF_AUTOFREE char *command = wf_asprintf("rm -rf '%s'", w->folder);
	int rc = system(command);
	free(w);
	return rc;
}

/* -- what is done in it -- */

static inline const struct wf_plan *add_flow(struct world *w, struct flow *f)
{
	struct wf_buf bytes = {0};
	const struct wf_plan *plan = NULL;
	flow_bytes(f, &bytes);
	if (wf_runtime_add_plan(w->rt, bytes.data, bytes.len, &plan, &w->cause))
		fail_msg("%s", w->cause.text);
	wf_buf_done(&bytes);
	return plan;
}

/* A plan of one step. */
static inline const struct wf_plan *one_step(struct world *w, const char *action, const char *input)
{
	struct flow f = {0};
	flow_step(&f, "only", action, input, "");
	return add_flow(w, &f);
}

/* A plan of one command. */
static inline const struct wf_plan *one_command(struct world *w, const char *script)
{
	struct flow f = {0};
	flow_command(&f, "only", script, "");
	return add_flow(w, &f);
}

static inline uint64_t start(struct world *w, const struct wf_plan *plan)
{
	struct wf_start s = {.plan = plan, .started_by = "ann"};
	struct wf_started started = {0};
	if (wf_runtime_start(w->rt, &s, &started, &w->cause))
		fail_msg("%s", w->cause.text);
	return started.number;
}

static inline void run(struct world *w)
{
	if (wf_runtime_run(w->rt, &w->cause))
		fail_msg("%s", w->cause.text);
}

static inline int post(struct world *w, uint64_t number, enum wf_event_type type, uint32_t step,
	const char *data)
{
	json_t *value = data ? js(data) : NULL;
	struct wf_event e = wf_drive_event(type, step, 0, value);
	int rc = wf_runtime_post(w->rt, number, &e, &w->cause);
	json_decref(value);
	return rc;
}

static inline int cancel(struct world *w, uint64_t number)
{
	return post(w, number, WF_EVENT_CANCEL, WF_NONE, "{'by': 'ops'}");
}

static inline int decide(struct world *w, uint64_t number, const char *by)
{
	struct wf_decision d = {.number = number, .step = WF_NONE, .decision = "approve", .by = by};
	return wf_runtime_decide(w->rt, &d, NULL, NULL, &w->cause);
}

/* -- what became of it -- */

struct load_request {
	uint64_t number;
	struct wf_instance *in;
};

static inline int load_request_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct load_request *r = arg;
	return wf_txn_get_instance(txn, r->number, WF_LOAD_ALL, &r->in);
}

/* The caller's; NULL when there is none. */
static inline struct wf_instance *load(struct world *w, uint64_t number)
{
	struct load_request r = {.number = number};
	(void)wf_journal_view(w->journal, load_request_txn, &r, NULL);
	return r.in;
}

static inline enum wf_instance_status status_of(struct world *w, uint64_t number)
{
	struct wf_instance *in = load(w, number);
	enum wf_instance_status status = in ? in->status : WF_INST_COUNT_;
	wf_instance_free(in);
	return status;
}

static inline enum wf_step_status step_status(struct world *w, uint64_t number, uint32_t step)
{
	struct wf_instance *in = load(w, number);
	enum wf_step_status status =
		in && step < in->step_count ? in->steps[step].status : WF_STEP_COUNT_;
	wf_instance_free(in);
	return status;
}

static inline int spoil_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	static const uint8_t nowhere[WF_HASH_SIZE] = {0xde, 0xad};
	struct wf_instance *in = NULL;
	int rc = wf_txn_get_instance(txn, *(uint64_t *)arg, WF_LOAD_ALL, &in);
	if (rc)
		return rc;
	WF_AUTOFREE uint32_t *same = wf_alloc(sizeof(*same) * in->step_count);
	for (uint32_t i = 0; i < in->step_count; i++)
		same[i] = i;
	rc = wf_txn_change_plan(txn, in, nowhere, in->step_count, same);
	in->dirty = true;
	rc = rc ? rc : wf_txn_put_instance(txn, in);
	wf_instance_free(in);
	return rc;
}

/* Its plan is not in the journal any more. */
static inline void spoil(struct world *w, uint64_t number)
{
	assert_int_equal(wf_journal_update(w->journal, spoil_txn, &number, &w->cause), 0);
}

#define UNTIL(condition)                                                                           \
	do {                                                                                       \
		int64_t end_ = wf_monotonic_ms() + DEADLINE_MS;                                    \
		while (!(condition)) {                                                             \
			if (wf_monotonic_ms() > end_)                                              \
				fail_msg("never came true: %s", #condition);                       \
			usleep(2000);                                                              \
		}                                                                                  \
	} while (0)

static inline bool file_is_there(const struct world *w, const char *name)
{
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/%s", w->folder, name);
	return access(path, F_OK) == 0;
}

static inline void check_defect(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
}

/* The journal is sound, every instance replays to what is kept, and none is a dead end. */
static inline void check_world(struct world *w, uint64_t count)
{
	assert_int_equal(wf_journal_check(w->journal, check_defect, NULL, &w->cause), 0);
	for (uint64_t n = 1; n <= count; n++) {
		if (wf_runtime_replay(w->journal, n, &w->cause) ||
			wf_runtime_dead_end(w->journal, w->home, n, &w->cause))
			fail_msg("%s", w->cause.text);
	}
}

/* -- other processes -- */

/* What another process does with a world of its own on the same home; its result is its exit status. */
typedef int in_other_fn(struct world *w, void *arg);

/* Begins it. The caller's world is closed meanwhile: no journal goes through a fork. */
static inline pid_t begin_other(struct world *w, in_other_fn *fn, void *arg)
{
	close_world(w);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(DEADLINE_MS / 1000 * 2);
		/* what fails there must not go on with the tests of here */
		(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
		memset(&w->heard, 0, sizeof(w->heard));
		open_world(w);
		int rc = fn(w, arg);
		close_world(w);
		_exit(rc < 0 || rc > 100 ? 100 : rc);
	}
	open_world(w);
	return pid;
}

static inline int end_other(pid_t pid)
{
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

#define WORLD_MAIN(tests)                                                                          \
	wf_mem_adopt_jansson();                                                                    \
	if (sodium_init() < 0)                                                                     \
		return 1;                                                                          \
	return cmocka_run_group_tests(tests, NULL, NULL)

#endif

/*
 * check-power: what a power cut leaves on the disk, opened again.
 *
 *	check_power [quick] [SCENARIO]
 *	check_power effect NAME RECORD LOG     (what the workflows' commands run)
 *
 * Each scenario is run once under the recorder (record.c). From the record every state is made that a
 * power cut could have left (disk.h), and each is opened, checked and replayed in a process of its
 * own. In each: nothing that was said before the cut is missing, no effect has begun without its
 * intent, and `resume` (after another boot, with an empty spool) brings every instance to the right
 * end: what had completed is not run again, what is in doubt is asked about or repeated as on_crash
 * says. At the end the same record is made worse twice, without its syncs and with effects that do not
 * wait for their commit, and this must be found.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "helpers/trial.h"
#include "power/disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_ARGUMENTS 12
#define MOST_COMMANDS 5
#define AT(time) "WFCTL_NOW=2126-03-" time "Z"

struct scenario {
	const char *name, *about;
	bool all;                          /* make every state */
	uint64_t instances;                /* as many as may be there */
	const char *output;                /* of an instance that completed; NULL: not compared */
	const char *commands[MOST_COMMANDS][MOST_ARGUMENTS]; /* the first word may be a variable */
	int statuses[MOST_COMMANDS];
	size_t prepared;                   /* commands that come before the record */
	/* For those that go by the clock: */
	const char *now;                   /* the time after the cut; NULL: it is not set */
	const char *recovery[2][MOST_ARGUMENTS]; /* what is done then; none: resume */
	const char *end;                   /* of every instance; NULL: completed */
	int resumed;                       /* the status that resume may have, besides 0 and 3 */
	bool exact;                        /* then all instances must be there, and complete */
};

/* @NAME is what `expand` puts there. */
static const struct scenario scenarios[] = {
	{.name = "small", .about = "a pure step and two commands", .all = true, .instances = 1,
		.output = "{\"said\": \"once again\", \"seen\": 1}",
		.commands = {{"run", "@tests/small.yaml", "--input", "@input"}}},
	{.name = "long", .about = "register, requests, a timer, a branch, approvals, commands", .all = true,
		.instances = 1, .output = "{\"said\": \"once again\", \"status\": 200}",
		.commands = {{"register", "@tests/long.yaml"}, {"run", "long", "--input", "@input"},
			{"approve", "1", "--as", "alice"}, {"approve", "1", "--as", "bob"}},
		.statuses = {0, 3, 0, 0}},
	{.name = "batch", .about = "60 instances, 8 at once", .instances = 60,
		.commands = {{"run", "@tests/batch.yaml", "--batch", "@lines", "--jobs", "8"}}},
	{.name = "compact", .about = "a journal is compacted, then used", .all = true, .instances = 2,
		.output = "{\"said\": \"once again\", \"seen\": 1}",
		.commands = {{"run", "@tests/small.yaml", "--input", "@input"}, {"journal", "compact"},
			{"run", "@tests/small.yaml", "--input", "@input"}}, .prepared = 1},
	{.name = "backup", .about = "a copy is made, and put back", .all = true, .instances = 1,
		.output = "{\"said\": \"once again\", \"seen\": 1}",
		.commands = {{"run", "@tests/small.yaml", "--input", "@input"},
			{"journal", "backup", "@backup"},
			{"journal", "restore", "@backup", "--replace", "--yes"}}, .prepared = 1},
	{.name = "sweep", .about = "a timer and an escalation fire, a person decides", .all = true,
		.instances = 1, .output = "{\"said\": \"again\", \"by\": \"alice\"}",
		.commands = {{AT("01T09:00:00"), "run", "@tests/sweep.yaml", "--input", "@input"},
			{AT("02T09:00:00"), "serve-once"}, {AT("02T13:00:00"), "serve-once"},
			{AT("02T14:00:00"), "approve", "1", "--as", "alice"}},
		.statuses = {3, 0, 0, 0}, .prepared = 1, .now = AT("02T14:00:00"),
		.recovery = {{"serve-once"}}},
	{.name = "schedule", .about = "two firings start an instance each", .all = true, .instances = 2,
		.commands = {{AT("01T09:00:00"), "register", "@tests/tick.yaml"},
			{AT("01T09:00:00"), "schedule", "add", "tick", "R/PT1H", "--missed", "backfill",
				"--input", "@input"},
			{AT("01T11:30:00"), "serve-once"}},
		.prepared = 2, .now = AT("01T11:30:00"), .recovery = {{"serve-once"}}, .exact = true},
	{.name = "event", .about = "an event starts an instance and wakes one", .all = true,
		.instances = 2,
		.commands = {{AT("01T09:00:00"), "register", "@tests/event.yaml"},
			{AT("01T09:00:00"), "run", "@tests/waiter.yaml", "--input", "@input"},
			{AT("01T10:00:00"), "emit", "order.new", "--data", "@input", "--id", "one"}},
		.statuses = {0, 3, 0}, .prepared = 2, .now = AT("01T10:00:00"),
		.recovery = {{"serve-once"},
			{"emit", "order.new", "--data", "@input", "--id", "one"}}, .exact = true},
	{.name = "family", .about = "branches, items and a child", .all = true, .instances = 2,
		.output = "{\"said\": \"work\"}",
		.commands = {{"run", "@tests/family.yaml", "--input", "@input"}}},
	{.name = "saga", .about = "two commands are undone", .all = true, .instances = 1,
		.commands = {{"run", "@tests/saga.yaml", "--input", "@input"}}, .statuses = {1},
		.end = "failed", .resumed = 1},
	{.name = "signal", .about = "a signal lets one go on", .all = true, .instances = 1,
		.output = "{\"said\": \"again\"}",
		.commands = {{AT("01T09:00:00"), "run", "@tests/gate.yaml", "--input", "@input"},
			{AT("01T10:00:00"), "signal", "1", "go", "--id", "one"}},
		.statuses = {3, 0}, .prepared = 1, .now = AT("01T10:00:00"),
		.recovery = {{"serve-once"}, {"signal", "1", "go", "--id", "one"}}, .exact = true},
	{.name = "migrate", .about = "one is moved to another version", .all = true, .instances = 1,
		.output = "{\"said\": \"again\", \"more\": \"more\"}",
		.commands = {{AT("01T09:00:00"), "run", "@tests/gate.yaml", "--input", "@input"},
			{AT("01T10:00:00"), "migrate", "1", "--to", "@tests/moved.yaml"}},
		.statuses = {3, 0}, .prepared = 1, .now = AT("01T10:00:00"),
		.recovery = {{"migrate", "1", "--to", "@tests/moved.yaml"},
			{"signal", "1", "go", "--id", "one"}}, .exact = true},
	{.name = "cancel", .about = "one is cancelled", .all = true, .instances = 1,
		.commands = {{AT("01T09:00:00"), "run", "@tests/gate.yaml", "--input", "@input"},
			{AT("01T10:00:00"), "cancel", "1", "--reason", "enough"}},
		.statuses = {3, 0}, .prepared = 1, .now = AT("01T10:00:00"), .end = "cancelled",
		.recovery = {{"serve-once"}, {"cancel", "1"}}, .exact = true},
	{.name = "init", .about = "a home is made: every name and file of it is durable",
		.commands = {{"init", "--home", "@root/fresh/of/all"}}},
};

static struct {
	char *self, *root, *home, *work, *record, *log, *data, *work_data, *lines, *backup, *input;
	const char *tests;
} at;

/* -- the workflows' commands -- */

static int effect(char **argv)
{
	struct power_event e = {.kind = POWER_EFFECT, .len = strlen(argv[2])};
	struct iovec parts[2] = {{&e, sizeof(e)}, {argv[2], e.len}};
	int record = open(argv[3], O_WRONLY | O_APPEND | O_CLOEXEC);
	if (record >= 0 && writev(record, parts, 2) < 0)
		return 1;
	int log = open(argv[4], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	const char *key = getenv("WFCTL_IDEMPOTENCY_KEY");
	if (log < 0 || dprintf(log, "%s\n", key ? key : "no key") < 0)
		return 1;
	return puts(argv[2]) < 0;
}

/* -- recording -- */

static char *expand(const char *word)
{
	static const char *const from[] = {"@tests", "@root"};
	const char *to[] = {at.tests, at.root};
	for (size_t i = 0; i < 2; i++)
		if (!strncmp(word, from[i], strlen(from[i])))
			return wf_asprintf("%s%s", to[i], word + strlen(from[i]));
	return wf_strdup(!strcmp(word, "@input") ? at.input : !strcmp(word, "@lines") ? at.lines :
		!strcmp(word, "@backup") ? at.backup : word);
}

static void expand_all(const char *const *from, const char *ret[MOST_ARGUMENTS + 1])
{
	for (size_t k = 0; k < MOST_ARGUMENTS && from[k]; k++)
		ret[k] = expand(from[k]);
}

static void free_all(const char *words[])
{
	for (size_t k = 0; words[k]; k++)
		wf_free((char *)(uintptr_t)words[k]);
}

static bool is_variable(const char *word)
{
	return !strncmp(word, "WFCTL_", 6);
}

static void mark_ended(const char *const words[], int status)
{
	WF_AUTOBUF struct wf_buf text = {0};
	for (size_t i = 0; words[i]; i++)
		wf_buf_printf(&text, "%s%s", i ? " " : "", words[i]);
	struct power_event e = {.kind = POWER_ENDED, .at = status, .len = text.len};
	struct iovec parts[2] = {{&e, sizeof(e)}, {text.data, text.len}};
	int record = open(at.record, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (record < 0 || writev(record, parts, 2) < 0)
		trial_die("cannot mark the record");
	(void)close(record);
}

static void run_command(const struct scenario *s, size_t i, bool recorded)
{
	WF_AUTOFREE char *preload = wf_asprintf("LD_PRELOAD=%s/tests/power/record.so", trial_build());
	WF_AUTOFREE char *record = wf_asprintf("POWER_RECORD=%s", at.record);
	WF_AUTOFREE char *root = wf_asprintf("POWER_ROOT=%s", at.root);
	const char *const *command = s->commands[i];
	const char *now = is_variable(command[0]) ? command[0] : NULL;
	const char *const only_now[] = {now, NULL};
	const char *const extra[] = {preload, record, root, "ASAN_OPTIONS=verify_asan_link_order=0", now,
		NULL};
	const char *words[MOST_ARGUMENTS + 1] = {NULL};
	struct trial_end end;
	expand_all(command + (now ? 1 : 0), words);
	trial_wfctl(at.home, recorded ? extra : only_now, words, &end);
	if (end.status != s->statuses[i])
		trial_die("%s: `%s` ended with status %d: %s%s", s->name, words[0], end.status, end.out,
			end.err);
	if (recorded)
		mark_ended(words, end.status);
	free_all(words);
	trial_end_done(&end);
}

static void record(const struct scenario *s)
{
	static const char *const init[] = {"init", NULL};
	struct trial_end end;
	trial_remove(at.root);
	trial_write(at.record, "", 0);
	trial_write(at.log, "", 0);
	trial_wfctl(at.home, NULL, init, &end);
	if (end.status)
		trial_die("init: %s", end.err);
	trial_end_done(&end);
	size_t i = 0;
	for (; i < s->prepared; i++)
		run_command(s, i, false);
	trial_copy(at.home, at.work);
	trial_write(at.record, "", 0); /* the commands that came before marked it too */
	disk_begin(at.data);
	for (; i < MOST_COMMANDS && s->commands[i][0]; i++)
		run_command(s, i, true);
}

/* -- what was promised -- */

static const json_t *step_of(const json_t *in, const char *id)
{
	size_t i;
	const json_t *step;
	json_array_foreach(json_object_get(in, "steps"), i, step)
		if (!strcmp(json_string_value(json_object_get(step, "id")), id))
			return step;
	return NULL;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text ? text : "";
}

static const json_t *find_step(const json_t *verdict, const char *id)
{
	size_t i;
	const json_t *in, *step = NULL;
	json_array_foreach(json_object_get(verdict, "instances"), i, in)
		if (!step)
			step = step_of(in, id);
	return step;
}

/* The step whose request it was: "POST /path". */
static const json_t *find_request(const json_t *verdict, const char *what)
{
	size_t i, k;
	const json_t *in, *step;
	const char *path = strchr(what, ' ');
	json_array_foreach(json_object_get(verdict, "instances"), i, in)
		json_array_foreach(json_object_get(in, "steps"), k, step) {
			const char *url = text_of(json_object_get(step, "input"), "url");
			size_t n = strlen(url), m = strlen(path + 1);
			if (n > m && !strcmp(url + n - m, path + 1))
				return step;
		}
	return NULL;
}

static const char *status_of(const json_t *verdict, json_int_t number)
{
	size_t i;
	const json_t *in;
	json_array_foreach(json_object_get(verdict, "instances"), i, in)
		if (json_integer_value(json_object_get(in, "number")) == number)
			return text_of(in, "status");
	return "missing";
}

/* Lines of `run`: a step that is done, an instance that ended, a result of a batch. */
static bool line_holds(const json_t *verdict, const char *line)
{
	char word[64], status[64];
	long long number;
	if (sscanf(line, " ok %63s", word) == 1) {
		const json_t *step = find_step(verdict, word);
		const char *now = text_of(step, "status");
		/* or, later, undone */
		return step && (!strcmp(now, "completed") || !strncmp(now, "compensat", 9));
	}
	if (sscanf(line, " wait %63s", word) == 1) {
		const json_t *step = find_step(verdict, word);
		return step && strcmp(text_of(step, "status"), "pending") != 0;
	}
	if (sscanf(line, "#%lld completed %63s", &number, word) == 2)
		return !strcmp(status_of(verdict, number), "completed");
	if (sscanf(line, "#%lld", &number) == 1)
		return strcmp(status_of(verdict, number), "missing") != 0;
	json_t *result = *line == '{' ? json_loads(line, 0, NULL) : NULL;
	if (!result)
		return true;
	number = json_integer_value(json_object_get(result, "number"));
	(void)snprintf(status, sizeof(status), "%s", text_of(result, "status"));
	json_decref(result);
	return !strcmp(status_of(verdict, number), status);
}

static bool said_holds(const json_t *verdict, const char *text)
{
	for (const char *end; *text; text = end + (*end == '\n')) {
		end = strchrnul(text, '\n');
		WF_AUTOFREE char *line = wf_strndup(text, (size_t)(end - text));
		if (!line_holds(verdict, line))
			return false;
	}
	return true;
}

static bool effect_holds(const json_t *verdict, const char *what)
{
	const json_t *step = strchr(what, ' ') ? find_request(verdict, what) : find_step(verdict, what);
	return step && strcmp(text_of(step, "status"), "pending") != 0 &&
		json_integer_value(json_object_get(step, "attempts")) > 0;
}

static bool ended_holds(const json_t *verdict, const struct disk_mark *m)
{
	size_t i;
	const json_t *in, *decision;
	const char *who = strstr(m->text, "--as ");
	if (m->status == 0 && !strncmp(m->text, "register", 8))
		return json_array_size(json_object_get(verdict, "definitions")) == 1;
	in = json_array_get(json_object_get(verdict, "instances"), 0);
	if (m->status == 0 && !strncmp(m->text, "cancel", 6))
		return !strcmp(text_of(in, "status"), "cancelled");
	if (m->status == 0 && !strncmp(m->text, "migrate", 7))
		return step_of(in, "more") != NULL; /* which only the other version has */
	if (m->status != 0 || strncmp(m->text, "approve", 7) != 0)
		return true;
	json_array_foreach(json_object_get(json_object_get(step_of(in, "decision"), "approval"),
		"decisions"), i, decision)
		if (who && !strcmp(text_of(decision, "by"), who + 5))
			return true;
	return false;
}

static bool mark_holds(const json_t *verdict, const struct disk_mark *m)
{
	return m->kind == POWER_SAID ? said_holds(verdict, m->text) :
		m->kind == POWER_EFFECT ? effect_holds(verdict, m->text) : ended_holds(verdict, m);
}

/* -- going on after the cut -- */

struct trial {
	const struct scenario *scenario;
	json_t *resumed;        /* the verdicts (as text) that were resumed from already */
	size_t judged, resumes, in_doubt;
	bool resume;
	bool emitted;           /* before the cut it was said that the event or signal is kept */
};

static const json_t *find_instance(const json_t *verdict, const json_t *like)
{
	size_t i;
	const json_t *in;
	json_array_foreach(json_object_get(verdict, "instances"), i, in)
		if (!strcmp(text_of(in, "uuid"), text_of(like, "uuid")))
			return in;
	return NULL;
}

/* Whether the step that is in doubt was one that may not be repeated unasked. */
static bool rightly_asked(const json_t *before, const json_t *after)
{
	size_t i;
	const json_t *step;
	json_array_foreach(json_object_get(after, "steps"), i, step) {
		if (strcmp(text_of(step, "status"), "in_doubt") != 0)
			continue;
		const json_t *old = step_of(before, text_of(step, "id"));
		return !strcmp(text_of(old, "status"), "running") &&
			!strcmp(text_of(old, "action"), "exec.run") &&
			!json_is_true(json_object_get(json_object_get(old, "input"), "idempotent"));
	}
	return false;
}

/* Whether a command has run under that key; those of later visits begin with the first one's. */
static bool has_run(const char *ran, const char *key)
{
	size_t n = strlen(key);
	for (const char *line = ran; line && n && (line = strstr(line, key)); line += n)
		if (line[n] == '\n')
			return true;
	return false;
}

static const char *end_of(const struct scenario *s)
{
	return s->end ? s->end : "completed";
}

static const char *end_is_wrong(struct trial *t, const json_t *before, const json_t *after,
	const char *ran)
{
	size_t i;
	const json_t *old;
	json_array_foreach(json_object_get(before, "steps"), i, old) {
		const char *id = text_of(old, "id");
		bool exec = !strcmp(text_of(old, "action"), "exec.run");
		bool done = !strcmp(text_of(old, "status"), "completed");
		/* another item may be in its place */
		const json_t *new = step_of(after, id);
		bool same_item = json_equal(json_object_get(old, "item"), json_object_get(new, "item"));
		if (done && same_item &&
			!json_equal(json_object_get(old, "output"), json_object_get(new, "output")))
			return "a completed step is not what it was";
		/* a notification may be repeated: it has `of` */
		bool once = exec && !json_object_get(old, "of") &&
			!json_is_true(json_object_get(json_object_get(old, "input"), "idempotent")) &&
			!strcmp(text_of(old, "status"), "running");
		if (exec && (done || once) && has_run(ran, text_of(old, "idempotency_key")))
			return done ? "a completed step ran again" : "a step in doubt ran unasked";
	}
	const char *status = text_of(after, "status");
	if (!strcmp(status, "suspended")) {
		t->in_doubt++;
		return rightly_asked(before, after) ? NULL : "it is suspended for nothing";
	}
	if (strcmp(status, end_of(t->scenario)) != 0)
		return "it does not end as it should";
	json_t *output = t->scenario->output ? json_loads(t->scenario->output, 0, NULL) : NULL;
	bool same = !output || json_equal(output, json_object_get(after, "output"));
	json_decref(output);
	return same ? NULL : "its output is another";
}

static void go_on(struct trial *t, const char *const arguments[], int other_status)
{
	const char *const extra[] = {"WFCTL_BOOT=7", t->scenario->now, NULL};
	struct trial_end end;
	trial_wfctl(at.work, extra, arguments, &end);
	if (end.status != 0 && end.status != 3 && end.status != other_status)
		trial_defect("%s: after the cut `%s` ends with status %d: %s%s", t->scenario->name,
			arguments[0], end.status, end.out, end.err);
	trial_end_done(&end);
}

static bool waits_for_approval(const json_t *verdict)
{
	const json_t *in = json_array_get(json_object_get(verdict, "instances"), 0);
	return !strcmp(text_of(in, "waits_for"), "approvals");
}

static void expect_all(struct trial *t, const json_t *verdict)
{
	size_t i, n = json_array_size(json_object_get(verdict, "instances"));
	const json_t *in;
	if (n != t->scenario->instances)
		trial_defect("%s, state %zu: after the cut %zu instances came of it, not %d",
			t->scenario->name, t->judged, n, (int)t->scenario->instances);
	json_array_foreach(json_object_get(verdict, "instances"), i, in)
		if (strcmp(text_of(in, "status"), end_of(t->scenario)) != 0)
			trial_defect("%s, state %zu: after the cut #%zu is %s", t->scenario->name,
				t->judged, i + 1, text_of(in, "status"));
}

static void recover(struct trial *t)
{
	const struct scenario *s = t->scenario;
	int signal;
	if (!s->recovery[0][0])
		go_on(t, (const char *const[]){"resume", NULL}, s->resumed);
	for (size_t i = 0; i < 2 && s->recovery[i][0]; i++) {
		const char *words[MOST_ARGUMENTS + 1] = {NULL};
		expand_all(s->recovery[i], words);
		go_on(t, words, 6); /* in conflict with what was done before the cut */
		free_all(words);
		if (i == 0 && t->emitted) { /* nobody need send it again */
			json_t *verdict = trial_judge(at.work, &signal);
			expect_all(t, verdict);
			json_decref(verdict);
		}
	}
}

static void resume_from(struct trial *t, const json_t *before)
{
	int signal;
	trial_write(at.log, "", 0);
	recover(t);
	t->resumes++;
	json_t *after = trial_judge(at.work, &signal);
	if (waits_for_approval(after)) {
		json_decref(after);
		/* in conflict with what had been decided before the cut */
		go_on(t, (const char *const[]){"approve", "1", "--as", "alice", NULL}, 6);
		go_on(t, (const char *const[]){"approve", "1", "--as", "bob", NULL}, 6);
		after = trial_judge(at.work, &signal);
	}
	WF_AUTOFREE char *unsound = trial_unsound(after, signal);
	WF_AUTOFREE char *ran = trial_read(at.log, NULL);
	if (unsound)
		trial_defect("%s: after resume: %s", t->scenario->name, unsound);
	size_t i;
	const json_t *in;
	json_array_foreach(json_object_get(before, "instances"), i, in) {
		const json_t *now = find_instance(after, in);
		const char *wrong = now ? end_is_wrong(t, in, now, ran) : "it is lost";
		if (wrong)
			trial_defect("%s: after resume, #%d: %s (%s)", t->scenario->name,
				(int)json_integer_value(json_object_get(in, "number")), wrong,
				text_of(now, "status"));
	}
	if (t->scenario->exact)
		expect_all(t, after);
	json_decref(after);
}

static void maybe_resume(struct trial *t, const json_t *verdict)
{
	char *text = t->resume ? json_dumps(verdict, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	/* An event that is there and was not handed out yet is in no verdict. */
	if (text && (t->scenario->recovery[1][0] || !json_object_get(t->resumed, text))) {
		json_object_set_new(t->resumed, text, json_true());
		resume_from(t, verdict);
	}
	free(text);
}

/* -- judging a state -- */

static void judge(void *arg, const uint8_t *image, size_t n, const struct disk_mark *marks, size_t count)
{
	struct trial *t = arg;
	static const char *const others[] = {"lock.mdb", "open.lock"};
	int signal;
	for (size_t i = 0; i < 2; i++) {
		WF_AUTOFREE char *path = wf_asprintf("%s/journals/default/default/%s", at.work, others[i]);
		(void)unlink(path);
	}
	trial_write(at.work_data, image, n);
	json_t *verdict = trial_judge(at.work, &signal);
	t->judged++;
	WF_AUTOFREE char *unsound = trial_unsound(verdict, signal);
	if (unsound) {
		trial_defect("%s, state %zu: %s", t->scenario->name, t->judged, unsound);
		json_decref(verdict);
		return;
	}
	if (json_array_size(json_object_get(verdict, "instances")) > t->scenario->instances)
		trial_defect("%s, state %zu: more instances than were started", t->scenario->name,
			t->judged);
	t->emitted = false;
	for (size_t i = 0; i < count; i++)
		t->emitted |= marks[i].kind == POWER_ENDED &&
			(!strncmp(marks[i].text, "emit", 4) || !strncmp(marks[i].text, "signal", 6));
	for (size_t i = 0; i < count; i++)
		if (!mark_holds(verdict, &marks[i])) {
			trial_defect("%s, state %zu: `%.*s` was promised and is not there",
				t->scenario->name, t->judged, (int)strcspn(marks[i].text, "\n"),
				marks[i].text);
			break;
		}
	maybe_resume(t, verdict);
	json_decref(verdict);
}

/* -- the campaign -- */

static void replay(const struct scenario *s, const struct disk_options *options, bool resume,
	struct disk_count *count, struct trial *t)
{
	*count = (struct disk_count){0};
	*t = (struct trial){.scenario = s, .resumed = json_object(), .resume = resume};
	disk_replay(at.record, options, judge, t, count);
	json_decref(t->resumed);
}

static size_t all_states, all_names;

static void run_scenario(const struct scenario *s, bool quick)
{
	struct disk_count c;
	struct trial t;
	struct disk_options options = {.target = at.data, .most = s->all && !quick ? 0 : quick ? 40 : 300};
	record(s);
	replay(s, &options, true, &c, &t);
	printf("power %-8s %4zu writes, %3zu syncs, %3zu windows; %6zu states (%zu torn, %zu of "
		"an older size)%s; %zu names; %zu resumed, %zu in doubt\n", s->name, c.writes, c.syncs, c.windows,
		c.states, c.torn, c.shorter, options.most ? "" : ", all there are", c.names, t.resumes,
		t.in_doubt);
	(void)fflush(stdout);
	all_states += c.states;
	all_names += c.names;
	if (!c.syncs)
		trial_defect("%s: the record has no syncs", s->name);
}

/* The check must be able to fail: the first scenario's record, made worse. */
static void run_worse(const char *what, const struct disk_options *options)
{
	struct disk_count c;
	struct trial t;
	size_t before = trial_defects;
	int out = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	(void)fflush(stdout);
	(void)dup2(null, STDOUT_FILENO);
	replay(&scenarios[0], options, false, &c, &t);
	(void)fflush(stdout);
	(void)dup2(out, STDOUT_FILENO);
	(void)close(out);
	(void)close(null);
	size_t found = trial_defects - before;
	trial_defects = before;
	printf("power %s: %zu of %zu states are found to be wrong\n", what, found, t.judged);
	if (!found)
		trial_defect("%s is not found", what);
}

static void prepare(void)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
	at.tests = realpath("tests/power", NULL);
	if (!at.tests)
		trial_die("it is run from the top of the sources");
	at.self = wf_strndup(self, n > 0 ? (size_t)n : 0);
	at.root = trial_path("root");
	at.home = trial_path("root/home");
	at.work = trial_path("work");
	at.data = trial_path("root/home/journals/default/default/data.mdb");
	at.work_data = trial_path("work/journals/default/default/data.mdb");
	at.backup = trial_path("root/backup.mdb");
	at.record = trial_path("record");
	at.log = trial_path("log");
	at.lines = trial_path("lines");
	WF_AUTOFREE char *requests = trial_path("requests");
	WF_AUTOFREE char *url = trial_httpd(requests);
	at.input = wf_asprintf("{\"tool\": \"%s\", \"record\": \"%s\", \"log\": \"%s\", \"url\": \"%s\"}",
		at.self, at.record, at.log, url);
	WF_AUTOBUF struct wf_buf lines = {0};
	for (int i = 0; i < 60; i++)
		wf_buf_printf(&lines, "{\"n\": %d}\n", i);
	trial_write(at.lines, lines.data, lines.len);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "effect"))
		return effect(argv);
	bool quick = argc > 1 && !strcmp(argv[1], "quick");
	const char *only = argc > 1 + quick ? argv[1 + quick] : NULL;
	prepare();
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		if (!only || !strcmp(only, scenarios[i].name))
			run_scenario(&scenarios[i], quick);
	if (only && !all_states)
		trial_die("there is no scenario %s", only);
	record(&scenarios[0]);
	run_worse("without its syncs", &(struct disk_options){.target = at.data, .most = 25,
		.forget_syncs = true});
	run_worse("with effects that do not wait", &(struct disk_options){.target = at.data, .most = 25,
		.early_effects = true});
	printf("check-power: %zu states of the disk, %zu names; %zu defects\n", all_states, all_names,
		trial_defects);
	return trial_defects ? 1 : 0;
}

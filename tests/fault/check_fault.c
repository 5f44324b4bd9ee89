/*
 * check-fault: everything that can run out does, one after another, in every command.
 *
 *	check_fault [quick] [SCENARIO [CALL]]
 *	check_fault effect LOG BYTES     (what the workflows' commands run)
 *
 * For each scenario of plan.c and each call: the first call fails, then the second, … until a run has
 * no such call left to fail; with each error, once and from then on. After each: the exit status is
 * one of the manual's and not 70, the message names what went wrong, the journal opens and checks
 * clean, nothing that was reported done is missing, no command has run twice, and resume (or the
 * command once more) brings everything to its right end. Then real limits: a disk that is full, a
 * limit on file sizes, a journal at its quota.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "fault/plan.h"
#include "fault/real.h"
#include "helpers/trial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BATCH 7
#define MOST_CALLS 64

static struct {
	char *self, *root, *home, *template, *log, *told, *input, *lines, *preload;
	const char *tests;
	bool quick, leaks;
	size_t cases, hits, statuses[256];
	size_t met[MOST_CALLS];  /* by call: faults */
} at;

/* A fault, and where. */
struct fault {
	const struct fault_scenario *scenario;
	const char *call;        /* of plan.c, or "allocation" */
	int error;
	bool sticky, network;
	unsigned long nth;
};

__attribute__((format(printf, 2, 3))) static void defect(const struct fault *f, const char *fmt, ...)
{
	va_list ap;
	char text[1500];
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	trial_defect("%s: %s %lu %s%s: %s", f->scenario->name, f->call, f->nth,
		f->error == SHORT ? "short" : f->error ? strerrorname_np(f->error) : "",
		f->sticky ? " from then on" : "", text);
}

/* -- the workflows' commands -- */

static int effect(const char *log, const char *size)
{
	int fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	const char *key = getenv("WFCTL_IDEMPOTENCY_KEY");
	if (fd < 0 || dprintf(fd, "%s\n", key ? key : "no key") < 0)
		return 1;
	for (unsigned long i = strtoul(size, NULL, 10); i; i--)
		if (putchar('x') < 0)
			return 1;
	return fflush(stdout) != 0;
}

/* How often commands have run, or -1 when one has run twice. */
static int effects(void)
{
	int count = 0;
	WF_AUTOFREE char *text = trial_read(at.log, NULL);
	for (char *line = text, *end; line && *line; line = end + 1, count++) {
		end = strchrnul(line, '\n');
		if (!*end)
			break;
		*end = '\0';
		for (char *other = text; other < line; other += strlen(other) + 1)
			if (!strcmp(other, line))
				return -1;
	}
	return count;
}

/* -- running -- */

static char *expand(const char *word)
{
	if (!strncmp(word, "@tests", 6))
		return wf_asprintf("%s%s", at.tests, word + 6);
	if (!strcmp(word, "@backup") || !strcmp(word, "@kept") || !strcmp(word, "@plan"))
		return wf_asprintf("%s/%s", at.root, word + 1);
	return wf_strdup(!strcmp(word, "@input") ? at.input : !strcmp(word, "@lines") ? at.lines : word);
}

static void run(const char *const words[], const char *const extra[], struct trial_end *ret)
{
	const char *all[MOST_WORDS + 1] = {NULL};
	for (size_t i = 0; i < MOST_WORDS && words[i]; i++)
		all[i] = expand(words[i]);
	trial_wfctl(at.home, extra, all, ret);
	for (size_t i = 0; all[i]; i++)
		wf_free((char *)(uintptr_t)all[i]);
}

static void run_faulty(const struct fault *f, struct trial_end *ret)
{
	WF_AUTOFREE char *call = wf_asprintf("FAULT_CALL=%s", f->call);
	WF_AUTOFREE char *nth = wf_asprintf("FAULT_NTH=%lu", f->nth);
	WF_AUTOFREE char *error = wf_asprintf("FAULT_ERROR=%d", f->error == SHORT ? 0 : f->error);
	WF_AUTOFREE char *told = wf_asprintf("FAULT_TOLD=%s", at.told);
	WF_AUTOFREE char *memory = wf_asprintf("WFCTL_MEM_FAIL=%lu", f->nth);
	const char *env = f->scenario->env;
	const char *const injected[] = {at.preload, call, nth, error, told,
		f->sticky ? "FAULT_STICKY=1" : "FAULT_ONCE=1", "ASAN_OPTIONS=exitcode=99", env, NULL};
	const char *const exhausted[] = {memory, "ASAN_OPTIONS=exitcode=99", env, NULL};
	(void)unlink(at.told);
	run(f->scenario->words, strcmp(f->call, "allocation") ? injected : exhausted, ret);
}

static void run_plainly(const struct fault *f, const char *const words[], const char *allowed)
{
	struct trial_end end;
	const char *const extra[] = {words == f->scenario->words ? f->scenario->env : NULL, NULL};
	run(words, extra, &end);
	char status[8];
	(void)snprintf(status, sizeof(status), "%d", end.status);
	if (end.status > 9 || !strchr(allowed, status[0]))
		defect(f, "afterwards `%s` ends with status %d: %s%s", words[0], end.status, end.out,
			end.err);
	trial_end_done(&end);
}

static void add_settings(const char *text)
{
	WF_AUTOFREE char *path = wf_asprintf("%s/config.yaml", at.home);
	WF_AUTOFREE char *before = trial_read(path, NULL);
	WF_AUTOFREE char *after = wf_asprintf("%s%s", before ? before : "", text);
	trial_write(path, after, strlen(after));
}

/* The home that the scenario begins with. */
static void make_template(const struct fault_scenario *s)
{
	static const char *const init[MOST_WORDS] = {"init"};
	struct trial_end end;
	trial_remove(at.root);
	if (mkdir(at.root, 0700) < 0)
		trial_die("cannot make %s", at.root);
	for (int i = -1; !s->no_home && i < 3; i++) {
		if (i >= 0 && !s->before[i][0])
			break;
		const char *const extra[] = {i >= 0 ? s->before_env[i] : NULL, NULL};
		run(i < 0 ? init : s->before[i], extra, &end);
		trial_end_done(&end);
		if (i < 0 && s->settings)
			add_settings(s->settings);
	}
	trial_copy(at.root, at.template);
}

/* -- what is left -- */

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text ? text : "";
}

static size_t instance_count(const json_t *verdict)
{
	return json_array_size(json_object_get(verdict, "instances"));
}

static json_t *judge(const struct fault *f, const char *when)
{
	int signal;
	json_t *verdict = trial_judge(at.home, &signal);
	WF_AUTOFREE char *unsound = trial_unsound(verdict, signal);
	if (unsound)
		defect(f, "%s the journal is not sound: %s", when, unsound);
	return verdict;
}

/* Files that should have gone: temporary ones anywhere, those of the spool and of runners. */
static int leftovers_in(const char *path, bool all)
{
	DIR *d = opendir(path);
	int count = 0;
	for (struct dirent *e; d && (e = readdir(d));)
		count += e->d_name[0] != '.' && (all || strstr(e->d_name, ".tmp"));
	if (d)
		(void)closedir(d);
	return count;
}

static void look_for_leftovers(const struct fault *f)
{
	static const struct {
		const char *path;
		bool all;
	} places[] = {{"", false}, {"home", false}, {"home/keys", false}, {"home/spool", true},
		{"home/runners", true}, {"home/journals/default", false},
		{"home/journals/default/default", false}};
	/* Whoever may not remove them, or has no memory and dies, leaves them. */
	bool dies = !strcmp(f->call, "allocation") || !strcmp(f->call, "malloc");
	if (!strncmp(f->call, "unlink", 6))
		return;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		WF_AUTOFREE char *path = wf_asprintf("%s/%s", at.root, places[i].path);
		int n = leftovers_in(path, places[i].all);
		if (n && !dies)
			defect(f, "%d files are left in %s", n, places[i].path);
	}
}

/* A request that failed for a fault of the network is the instance's end, with the right error. */
static bool failed_rightly(const struct fault *f, const json_t *in)
{
	return f->scenario->network && f->network && !strcmp(text_of(in, "status"), "failed") &&
		!strcmp(text_of(json_object_get(in, "error"), "type"), "NetworkError");
}

static void look_at_end(const struct fault *f, const json_t *verdict, int status)
{
	const struct fault_scenario *s = f->scenario;
	size_t i, n = instance_count(verdict);
	const json_t *in;
	json_t *output = s->output ? json_loads(s->output, 0, NULL) : NULL;
	bool batch = s->instances == BATCH;
	if (n > s->instances || (n < s->instances && (!batch || status == s->status)))
		defect(f, "there are %zu instances, not %zu", n, s->instances);
	json_array_foreach(json_object_get(verdict, "instances"), i, in) {
		if (failed_rightly(f, in))
			continue;
		if (strcmp(text_of(in, "status"), s->end) != 0)
			defect(f, "at the end #%zu is %s: %s", i + 1, text_of(in, "status"),
				text_of(json_object_get(in, "error"), "message"));
		else if (output && !json_equal(output, json_object_get(in, "output")))
			defect(f, "at the end #%zu has another output", i + 1);
	}
	json_decref(output);
	int ran = effects();
	if (ran != s->once)
		defect(f, ran < 0 ? "a command has run twice" : "%d commands have run, not %d", ran,
			s->once);
}

/* -- the message -- */

static bool says(const char *text, const char *what)
{
	return what && strcasestr(text, what) != NULL;
}

/* Why it failed, in words: the system's for the error, or ours for what ran out. */
static bool message_is_right(const struct fault *f, const char *text)
{
	/* LMDB does not say why it has no lock, and takes a short write for a full disk; the dynamic
	 * linker has other words for memory, and threads have EAGAIN. */
	if ((!strcmp(f->call, "fcntl") && says(text, "cannot be locked")) ||
		(!strcmp(f->call, "malloc") && (says(text, "cannot load the HTTP module") ||
		says(text, strerror(EAGAIN)))))
		return true;
	if (f->error == SHORT)
		return says(text, "input/output error") || says(text, "no space");
	if (!strcmp(f->call, "allocation") || f->error == ENOMEM)
		return says(text, "memory");
	return says(text, strerror(f->error));
}

static void look_at_message(const struct fault *f, const struct trial_end *end)
{
	const struct fault_scenario *s = f->scenario;
	int status = end->status;
	at.statuses[status & 255]++;
	if (end->late)
		defect(f, "it does not end");
	else if (status == 99)
		defect(f, "the sanitizer found something: %.1200s", end->err);
	else if (status > 8)
		defect(f, "it ends with status %d: %s%s", status, end->out, end->err);
	else if (status == s->status)
		return;
	else if (status == 1 && s->network && f->network && says(end->out, "NetworkError"))
		return;
	else if (status == 6 && f->error == EAGAIN && !strcmp(f->call, "fcntl"))
		return; /* somebody else has the lock */
	else if (status != 7 && !(status == 1 && (says(end->err, "nothing was done") ||
		s->ending == NOTHING)))
		defect(f, "it ends with status %d: %s", status, end->err);
	else if (!message_is_right(f, end->err) && !message_is_right(f, end->out))
		defect(f, "status %d, and the message does not say why: %s%s", status, end->err, end->out);
}

/* -- one case -- */

static bool is_hit(const struct fault *f, const struct trial_end *end)
{
	if (strcmp(f->call, "allocation") != 0)
		return access(at.told, F_OK) == 0;
	return says(end->err, "memory ran out");
}

static void resume_plainly(const struct fault *f)
{
	static const char *const resume[MOST_WORDS] = {"resume"};
	const struct fault_scenario *s = f->scenario;
	run_plainly(f, resume, s->network || s->status == 1 ? "01" :
		!strcmp(s->end, "waiting") ? "03" : "0");
}

static void bring_to_end(const struct fault *f, const json_t *verdict, int status)
{
	const struct fault_scenario *s = f->scenario;
	if (s->ending == RESUME && instance_count(verdict) == 0) {
		if (status == s->status && status != 1) /* 1 is also what a fault may end with */
			defect(f, "it said that it was done, and left no instance");
		if (effects() != 0)
			defect(f, "a command has run without an instance");
		const char own[] = {(char)('0' + s->status), '\0'};
		run_plainly(f, s->words, own);
		return;
	}
	bool over = s->ending == AGAIN && status == s->status;
	/* 5: who handed something over, and was not told, has it no more */
	if (s->ending == AGAIN && !over)
		run_plainly(f, s->words, "056");
	if (s->instances)
		resume_plainly(f);
}

/* A command that nobody could wait for, for the fault, may still be at work now that the instance has gone on
 * without it. What it leaves is removed by the next process that looks after it has ended: its supervisor
 * holds its file locked until then. */
static void tidy_behind(const struct fault *f)
{
	WF_AUTOFREE char *spool = wf_asprintf("%s/spool", at.home);
	if (!f->scenario->instances || !leftovers_in(spool, true))
		return;
	DIR *d = opendir(spool);
	for (struct dirent *e; d && (e = readdir(d));) {
		int fd = e->d_name[0] == '.' ? -1 : openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		while (flock(fd, LOCK_SH) < 0 && errno == EINTR)
			continue;
		(void)close(fd);
	}
	if (d)
		(void)closedir(d);
	resume_plainly(f);
}

/* Whether the fault was met. */
static bool try_fault(const struct fault *f)
{
	const struct fault_scenario *s = f->scenario;
	struct trial_end end;
	trial_copy(at.template, at.root);
	trial_write(at.log, "", 0);
	run_faulty(f, &end);
	bool hit = is_hit(f, &end);
	at.cases++;
	at.hits += hit;
	look_at_message(f, &end);
	json_t *verdict = NULL;
	if (!s->no_home || end.status == 0)
		verdict = judge(f, "after the fault");
	/* one that found the lock taken did nothing, which is no failure */
	bring_to_end(f, verdict, says(end.out, "another sweep is at work") ? 6 : end.status);
	json_decref(verdict);
	tidy_behind(f);
	verdict = judge(f, "at the end");
	look_at_end(f, verdict, end.status);
	look_for_leftovers(f);
	json_decref(verdict);
	trial_end_done(&end);
	return hit;
}

/* -- all cases -- */

/* The calls that are made to fail: each of the first ones, then every so many. */
static unsigned long after(unsigned long n, bool many)
{
	unsigned long near = at.quick ? 4 : many ? 100 : 2000;
	return n < near ? n + 1 : n + 1 + n / (at.quick ? 2 : 40);
}

static void try_call(const struct fault_scenario *s, const struct fault_call *c, int error, bool sticky)
{
	bool many = !strcmp(c->name, "malloc");
	struct fault f = {s, c->name, error, sticky, c->network, 1};
	while (try_fault(&f))
		f.nth = after(f.nth, many);
}

static void try_calls(const struct fault_scenario *s, const struct fault_call *c)
{
	for (size_t i = 0; i < MOST_ERRORS && c->errors[i]; i++) {
		int error = c->errors[i];
		/* Nothing interrupts, or says "later", for ever; and half of it again and again is a
		 * slow disk. */
		bool passing = error == EINTR || error == EAGAIN || error == SHORT;
		if (at.quick && i > 0 && trial_draw(3))
			continue;
		try_call(s, c, error, false);
		if (!passing && (!at.quick || trial_draw(2)))
			try_call(s, c, error, true);
	}
}

static void try_allocations(const struct fault_scenario *s)
{
	struct fault f = {s, "allocation", ENOMEM, false, false, 1};
	while (try_fault(&f))
		f.nth = after(f.nth, true);
}

static void try_scenario(const struct fault_scenario *s, const char *only)
{
	struct timespec begun, ended;
	size_t cases = at.cases, hits = at.hits;
	(void)clock_gettime(CLOCK_MONOTONIC, &begun);
	make_template(s);
	struct fault none = {s, "no call", 0, false, false, 0};
	(void)try_fault(&none);
	if (!only || !strcmp(only, "allocation"))
		try_allocations(s);
	for (size_t i = 0; i < fault_call_count; i++) {
		const struct fault_call *c = &fault_calls[i];
		if (at.leaks && !strcmp(c->name, "malloc"))
			continue; /* the sanitizer has its own */
		size_t met = at.hits;
		if (!only || !strcmp(only, c->name))
			try_calls(s, c);
		at.met[i] += at.hits - met;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &ended);
	printf("fault %-9s %6zu runs, %6zu with a fault, %3ld s\n", s->name, at.cases - cases,
		at.hits - hits, (long)(ended.tv_sec - begun.tv_sec));
	(void)fflush(stdout);
}

/* A call that no scenario makes is none that was tried: of all scenarios together that is a defect. */
static size_t count_met(bool all)
{
	size_t met = 0;
	for (size_t i = 0; i < fault_call_count; i++) {
		bool tried = !at.leaks || strcmp(fault_calls[i].name, "malloc") != 0;
		met += at.met[i] > 0;
		if (all && tried && !at.met[i])
			trial_defect("%s was never met", fault_calls[i].name);
	}
	return met;
}

static char *read_sanitizer(void)
{
	const char *runtime = getenv("FAULT_RUNTIME");
	at.leaks = runtime && *runtime;
	return wf_asprintf("LD_PRELOAD=%s%s%s/tests/fault/inject.so", at.leaks ? runtime : "",
		at.leaks ? ":" : "", trial_build());
}

static void prepare(void)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
	at.tests = realpath("tests/fault", NULL);
	if (!at.tests)
		trial_die("it is run from the top of the sources");
	at.self = wf_strndup(self, n > 0 ? (size_t)n : 0);
	at.root = trial_path("root");
	at.home = trial_path("root/home");
	at.template = trial_path("template");
	at.log = trial_path("log");
	at.told = trial_path("told");
	at.lines = trial_path("lines");
	at.preload = read_sanitizer();
	WF_AUTOFREE char *requests = trial_path("requests");
	WF_AUTOFREE char *url = trial_httpd(requests);
	at.input = wf_asprintf("{\"tool\": \"%s\", \"log\": \"%s\", \"url\": \"%s\"}", at.self, at.log,
		url);
	WF_AUTOBUF struct wf_buf lines = {0};
	for (int i = 0; i < BATCH; i++)
		wf_buf_printf(&lines, "{\"n\": %d}\n", i);
	trial_write(at.lines, lines.data, lines.len);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "effect"))
		return effect(argv[2], argv[3]);
	at.quick = argc > 1 && !strcmp(argv[1], "quick");
	const char *scenario = argc > 1 + at.quick ? argv[1 + at.quick] : NULL;
	const char *call = argc > 2 + at.quick ? argv[2 + at.quick] : NULL;
	if (fault_call_count > MOST_CALLS)
		trial_die("more calls than there is room to count");
	prepare();
	for (size_t i = 0; i < fault_scenario_count; i++)
		if (!scenario || !strcmp(scenario, fault_scenarios[i].name))
			try_scenario(&fault_scenarios[i], call);
	if (!scenario || !strcmp(scenario, "real"))
		real_limits(at.self, at.tests, at.log, at.quick);
	bool known = !scenario || !strcmp(scenario, "real") || at.cases;
	if (!known || (call && scenario && at.cases && !at.hits))
		trial_die("there is no scenario %s%s%s", scenario, call ? ", or it makes no " : "",
			call ? call : "");
	size_t met = count_met(!scenario);
	printf("check-fault: %zu scenarios, %zu of %zu calls were made, and allocations; %zu runs, %zu with a "
	       "fault; statuses", scenario ? 1 : fault_scenario_count, met, fault_call_count, at.cases, at.hits);
	for (size_t i = 0; i < 256; i++)
		if (at.statuses[i])
			printf(" %zu:%zu", i, at.statuses[i]);
	printf("; %zu defects\n", trial_defects);
	return trial_defects ? 1 : 0;
}

/* Runs of the built wfctl, and the judge of what they leave. */
#include "helpers/trial.h"

#include "base/json.h"
#include "base/mem.h"
#include "journal/journal.h"
#include "runtime/runtime.h"
#include "view/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000
#define TOLD 20 /* defects that are printed, unless $TRIAL_TOLD says how many */

size_t trial_defects;

_Noreturn void trial_die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(2);
}

void trial_defect(const char *fmt, ...)
{
	va_list ap;
	const char *told = getenv("TRIAL_TOLD");
	if (trial_defects++ >= (told ? strtoul(told, NULL, 10) : TOLD))
		return;
	(void)fputs("DEFECT ", stdout);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)fputc('\n', stdout);
	(void)fflush(stdout);
}

uint32_t trial_draw(uint32_t n)
{
	static uint64_t state = 0x9e3779b97f4a7c15;
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* -- files -- */

static char *folder;
static pid_t maker;

static void remove_folder(void)
{
	if (getpid() == maker)
		trial_remove(folder);
}

/* In memory where that is possible: a campaign syncs thousands of times. */
const char *trial_folder(void)
{
	if (folder)
		return folder;
	const char *base = getenv("TMPDIR");
	if (!base)
		base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	folder = wf_asprintf("%s/wfctl-trial-XXXXXX", base);
	if (!mkdtemp(folder))
		trial_die("cannot make %s: %s", folder, strerror(errno));
	maker = getpid();
	(void)atexit(remove_folder);
	return folder;
}

const char *trial_build(void)
{
	const char *build = getenv("WFCTL_BUILD");
	if (!build)
		trial_die("WFCTL_BUILD names no build");
	return build;
}

char *trial_path(const char *name)
{
	return wf_asprintf("%s/%s", trial_folder(), name);
}

char *trial_read(const char *path, size_t *ret_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0)
		trial_die("%s: %s", path, strerror(errno));
	size_t n = (size_t)st.st_size, got = 0;
	char *bytes = wf_alloc(n + 1);
	for (ssize_t k; got < n && (k = read(fd, bytes + got, n - got)) > 0;)
		got += (size_t)k;
	(void)close(fd);
	bytes[got] = '\0';
	if (ret_n)
		*ret_n = got;
	return bytes;
}

void trial_write(const char *path, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd) < 0)
		trial_die("cannot write %s: %s", path, strerror(errno));
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	(void)remove(path);
	return 0;
}

void trial_remove(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *copy_from, *copy_to;

static int copy_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)at;
	WF_AUTOFREE char *to = wf_asprintf("%s%s", copy_to, path + strlen(copy_from));
	if (kind == FTW_D)
		return mkdir(to, 0700);
	if (S_ISFIFO(st->st_mode)) /* of a runner that died */
		return mkfifo(to, st->st_mode & 0777);
	size_t n;
	WF_AUTOFREE char *bytes = trial_read(path, &n);
	trial_write(to, bytes, n);
	return chmod(to, st->st_mode & 0777);
}

void trial_copy(const char *from, const char *to)
{
	trial_remove(to);
	copy_from = from;
	copy_to = to;
	if (nftw(from, copy_one, 16, FTW_PHYS))
		trial_die("cannot copy %s to %s: %s", from, to, strerror(errno));
}

/* -- running -- */

void trial_end_done(struct trial_end *e)
{
	free(e->out);
	free(e->err);
	*e = (struct trial_end){0};
}

static char *read_back(int fd)
{
	off_t n = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)n + 1);
	if (!text || pread(fd, text, (size_t)n, 0) != n)
		trial_die("cannot read back what was said");
	(void)close(fd);
	return text;
}

static pid_t spawn(const char *path, char *const argv[], char *const envp[], const int fds[3])
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	(void)posix_spawn_file_actions_init(&actions);
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			(void)posix_spawn_file_actions_adddup2(&actions, fds[i], i);
		else
			(void)posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
	(void)posix_spawn_file_actions_addchdir_np(&actions, trial_folder());
	int rc = posix_spawn(&pid, path, &actions, NULL, argv, envp);
	if (rc)
		trial_die("cannot start %s: %s", path, strerror(rc));
	(void)posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static void wait_for(pid_t pid, struct trial_end *ret)
{
	int status;
	struct pollfd p = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	if (poll(&p, 1, PATIENCE_MS) == 0) {
		ret->late = true;
		(void)kill(pid, SIGKILL);
	}
	(void)close(p.fd);
	if (waitpid(pid, &status, 0) != pid)
		trial_die("a child was lost: %s", strerror(errno));
	ret->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void trial_wfctl(const char *home, const char *const extra[], const char *const arguments[],
	struct trial_end *ret)
{
	char *argv[32] = {NULL}, *envp[32] = {NULL};
	size_t argc = 0, envc = 0;
	WF_AUTOFREE char *path = wf_asprintf("%s/wfctl", trial_build());
	WF_AUTOFREE char *home_variable = wf_asprintf("WFCTL_HOME=%s", home);
	WF_AUTOFREE char *own = wf_asprintf("HOME=%s", trial_folder());
	const char *const plain[] = {"PATH=/usr/bin:/bin", own, "TZ=UTC", "LC_ALL=C.UTF-8", "WFCTL_AS=ann",
		home_variable, NULL};
	argv[argc++] = path;
	for (size_t i = 0; arguments[i] && argc < 31; i++)
		argv[argc++] = (char *)(uintptr_t)arguments[i];
	for (size_t i = 0; plain[i]; i++)
		envp[envc++] = (char *)(uintptr_t)plain[i];
	for (size_t i = 0; extra && extra[i] && envc < 31; i++)
		envp[envc++] = (char *)(uintptr_t)extra[i];
	int fds[3] = {-1, memfd_create("out", MFD_CLOEXEC), memfd_create("err", MFD_CLOEXEC)};
	*ret = (struct trial_end){0};
	wait_for(spawn(path, argv, envp, fds), ret);
	ret->out = read_back(fds[1]);
	ret->err = read_back(fds[2]);
}

char *trial_httpd(const char *log)
{
	WF_AUTOFREE char *path = wf_asprintf("%s/tests/helpers/httpd", trial_build());
	WF_AUTOFREE char *port_file = trial_path("port");
	WF_AUTOFREE char *log_copy = wf_strdup(log);
	char *argv[] = {path, (char[]){"--port-file"}, port_file, (char[]){"--log"}, log_copy,
		(char[]){"--end-with-parent"}, NULL};
	char *envp[] = {NULL};
	(void)spawn(path, argv, envp, (const int[]){-1, -1, 2});
	char *port = NULL;
	for (int i = 0; i < 30000 && !port; i++) {
		port = trial_read(port_file, NULL);
		if (!port)
			(void)poll(NULL, 0, 10);
	}
	if (!port)
		trial_die("the HTTP server does not start");
	port[strcspn(port, "\n")] = '\0';
	char *url = wf_asprintf("http://127.0.0.1:%s", port);
	wf_free(port);
	return url;
}

/* -- judging -- */

struct judge {
	struct wf_journal *journal;
	json_t *defects, *instances, *definitions;
};

static void note(void *arg, const char *text)
{
	struct judge *g = arg;
	json_array_append_new(g->defects, json_string(text));
}

static bool keep_number(void *arg, const struct wf_instance *in)
{
	json_array_append_new(arg, json_integer((json_int_t)in->number));
	return true;
}

static bool keep_definition(void *arg, const struct wf_definition *d)
{
	json_array_append_new(arg, json_sprintf("%s %s", d->workflow, d->version));
	return true;
}

static int list_all(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct judge *g = arg;
	struct wf_filter filter = {.status = -1, .oldest_first = true};
	int rc = wf_txn_each_instance(txn, &filter, keep_number, g->instances);
	return rc ? rc : wf_txn_each_definition(txn, keep_definition, g->definitions);
}

struct show {
	uint64_t number;
	json_t *document;
};

static int show_one(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct show *s = arg;
	WF_AUTOBUF struct wf_buf bytes = {0};
	struct wf_instance *in;
	struct wf_plan *plan = NULL;
	int rc = wf_txn_get_instance(txn, s->number, WF_LOAD_ALL, &in);
	if (rc)
		return rc;
	rc = wf_txn_get_plan(txn, in->plan_id, &bytes);
	if (!rc)
		rc = wf_plan_load(bytes.data, bytes.len, &plan, cause);
	if (!rc) {
		s->document = wf_view_instance_json(plan, in);
		json_object_set_new(s->document, "history", json_integer((json_int_t)in->history));
	}
	wf_plan_free(plan);
	wf_instance_free(in);
	return rc;
}

static void look_at_instances(struct judge *g)
{
	struct wf_cause cause = {0};
	if (wf_journal_view(g->journal, list_all, g, &cause))
		note(g, *cause.text ? cause.text : "the instances cannot be listed");
	for (size_t i = 0; i < json_array_size(g->instances); i++) {
		struct show s = {.number = (uint64_t)json_integer_value(json_array_get(g->instances, i))};
		cause = (struct wf_cause){0};
		if (wf_journal_view(g->journal, show_one, &s, &cause))
			note(g, *cause.text ? cause.text : "an instance cannot be read");
		else if (wf_runtime_replay(g->journal, s.number, &cause) < 0)
			note(g, *cause.text ? cause.text : "an instance cannot be replayed");
		json_array_set_new(g->instances, i, s.document ? s.document : json_null());
	}
}

static json_t *judge_here(const char *path)
{
	struct wf_home *home = NULL;
	struct wf_cause cause = {0};
	struct judge g = {.defects = json_array(), .instances = json_array(),
		.definitions = json_array()};
	int rc = wf_home_open(path, NULL, &home, &cause);
	if (!rc)
		rc = wf_journal_open(home, "default", "default", WF_JOURNAL_READ, &g.journal, &cause);
	if (!rc) {
		int check = wf_journal_check(g.journal, note, &g, &cause);
		if (check && !json_array_size(g.defects))
			note(&g, *cause.text ? cause.text : wf_strerror(check));
		look_at_instances(&g);
	}
	json_t *why = rc ? json_string(*cause.text ? cause.text : wf_strerror(rc)) : json_null();
	wf_journal_close(g.journal);
	wf_home_close(home);
	return json_pack("{s:o, s:o, s:o, s:o}", "open", why, "defects", g.defects, "instances",
		g.instances, "definitions", g.definitions);
}

json_t *trial_judge(const char *home, int *ret_signal)
{
	int fd = memfd_create("verdict", MFD_CLOEXEC), status;
	pid_t pid = fork();
	if (pid < 0)
		trial_die("cannot fork: %s", strerror(errno));
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		json_t *verdict = judge_here(home);
		_exit(json_dumpfd(verdict, fd, JSON_COMPACT) ? 1 : 0);
	}
	if (waitpid(pid, &status, 0) != pid)
		trial_die("the judge was lost");
	*ret_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	char *text = read_back(fd);
	json_t *verdict = status == 0 ? json_loads(text, 0, NULL) : NULL;
	free(text);
	return verdict;
}

char *trial_unsound(const json_t *verdict, int signal)
{
	if (!verdict)
		return wf_asprintf("opening it ends in signal %d", signal);
	const char *why = json_string_value(json_object_get(verdict, "open"));
	const json_t *defects = json_object_get(verdict, "defects");
	if (why)
		return wf_asprintf("it does not open: %s", why);
	if (json_array_size(defects))
		return wf_asprintf("it has %zu defects: %s", json_array_size(defects),
			json_string_value(json_array_get(defects, 0)));
	return NULL;
}

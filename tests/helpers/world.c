/* The campaigns' home, processes and records (world.h). */
#include "helpers/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_MS 300000
#define TOO_MANY 20
#define MOST_WORDS 64

extern char **environ;

struct world world;
static pid_t server;
static char requests[200];   /* the server's log */
static long requests_before; /* its size when the trial began */
static const char *build;
static unsigned worlds; /* names of folders that were used */

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(2);
}

void doing(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(world.doing, sizeof(world.doing), format, args);
	va_end(args);
}

void complain(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	printf("WRONG %s: ", world.doing);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	fflush(stdout);
	if (++world.complaints < TOO_MANY)
		return;
	printf("that is enough; what the last one left is in %s\n", world.dir);
	if (server > 0)
		kill(server, SIGTERM);
	exit(1);
}

/* -- the folder -- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_all(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char *place(const char *name)
{
	char *path;
	if (asprintf(&path, "%s/%s", world.dir, name) < 0)
		die("memory");
	return path;
}

void world_begin(const char *name)
{
	/* Nothing here depends on what a disk keeps: SIGKILL leaves the page cache. Memory is
	 * faster. */
	const char *tmp = getenv("TMPDIR");
	if (!tmp)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	build = getenv("WFCTL_BUILD");
	if (!build)
		build = "build/release";
	snprintf(world.base, sizeof(world.base), "%.80s/wfctl-%s-XXXXXX", tmp, name);
	if (!mkdtemp(world.base))
		die(world.base);
	for (char **e = environ; *e;) {
		char variable[64];
		snprintf(variable, sizeof(variable), "%.*s", (int)strcspn(*e, "="), *e);
		if (strncmp(variable, "WFCTL_", 6) == 0)
			unsetenv(variable);
		else
			e++;
	}
	setenv("HOME", world.base, 1);
	setenv("TZ", "UTC", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("WFCTL_AS", "ann", 1);
	setenv("ASAN_OPTIONS", "exitcode=99:detect_leaks=0", 0);
	unsetenv("NO_COLOR");
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* what outlives its wfctl is still ours to reap */
}

int world_end(void)
{
	if (server > 0) {
		kill(server, SIGTERM);
		waitpid(server, NULL, 0);
	}
	remove_all(world.base);
	return world.complaints ? 1 : 0;
}

void world_fresh(bool bare)
{
	char *path = world.dir;
	if (*path)
		remove_all(path);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	world.trials++;
	snprintf(world.dir, sizeof(world.dir), "%s/t%u", world.base, ++worlds);
	if (mkdir(world.dir, 0700) < 0 || chdir(world.dir) < 0)
		die(world.dir);
	struct stat log;
	requests_before = stat(requests, &log) == 0 ? (long)log.st_size : 0;
	char *home = place("home");
	setenv("WFCTL_HOME", home, 1);
	free(home);
	if (!bare)
		expect("0", "init");
}

/* -- a copy of the folder -- */

static size_t copied_from; /* length of the name of what is copied */
static const char *copied_to;

static void copy_bytes(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode & 07777);
	ssize_t n;
	if (in < 0 || out < 0)
		die(from);
	while ((n = copy_file_range(in, NULL, out, NULL, 1 << 20, 0)) > 0)
		;
	if (n < 0)
		die(to);
	close(in);
	close(out);
}

static int copy_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char to[600];
	(void)ftw;
	snprintf(to, sizeof(to), "%s%s", copied_to, path + copied_from);
	if (type == FTW_D)
		return mkdir(to, st->st_mode & 07777);
	if (S_ISREG(st->st_mode))
		copy_bytes(path, to, st->st_mode);
	return 0;
}

static void copy_all(const char *from, const char *to)
{
	copied_from = strlen(from);
	copied_to = to;
	if (nftw(from, copy_one, 16, FTW_PHYS) != 0)
		die(from);
}

static const char *kept_place(void)
{
	static char path[200];
	snprintf(path, sizeof(path), "%s/kept", world.base);
	return path;
}

void world_keep(void)
{
	remove_all(kept_place());
	copy_all(world.dir, kept_place());
}

void world_again(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	remove_all(world.dir);
	copy_all(kept_place(), world.dir);
	if (chdir(world.dir) < 0)
		die(world.dir);
	world.trials++;
}

/* -- the server -- */

void world_serve(void)
{
	char port_file[200];
	snprintf(port_file, sizeof(port_file), "%s/port", world.base);
	snprintf(requests, sizeof(requests), "%s/requests", world.base);
	server = fork();
	if (server == 0) {
		char path[500];
		snprintf(path, sizeof(path), "%s/tests/helpers/httpd", build);
		execl(path, path, "--port-file", port_file, "--log", requests, "--end-with-parent",
			NULL);
		_exit(127);
	}
	for (int i = 0; i < 30000 && access(port_file, R_OK) < 0; i++)
		poll(NULL, 0, 10);
	FILE *f = fopen(port_file, "r");
	unsigned port = 0;
	if (!f || fscanf(f, "%u", &port) != 1)
		die("the tests' server does not start");
	fclose(f);
	snprintf(world.url, sizeof(world.url), "http://127.0.0.1:%u", port);
}

/* -- text -- */

static char *replace(char *text, const char *from, const char *to)
{
	size_t n = strlen(from), m = strlen(to);
	for (char *at = text; (at = strstr(at, from)); at += m) {
		if (m > n) {
			size_t offset = (size_t)(at - text);
			text = realloc(text, strlen(text) + m - n + 1);
			at = text + offset;
		}
		memmove(at + m, at + n, strlen(at + n) + 1);
		memcpy(at, to, m);
	}
	return text;
}

char *expand(const char *text)
{
	char *copy = replace(strdup(text), "@DIR@", world.dir);
	copy = replace(copy, "@URL@", world.url);
	return replace(copy, "@TAG@", strrchr(world.dir, '/') + 1);
}

void write_text(const char *name, const char *text)
{
	char *path = place(name);
	FILE *f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		die(path);
	free(path);
}

static char *slurp(FILE *f)
{
	char *text = NULL;
	size_t n = 0, room = 0;
	while (f && !feof(f)) {
		if (room - n < 2)
			text = realloc(text, room = room ? room * 4 : 4096);
		size_t got = fread(text + n, 1, room - n - 1, f);
		if (!got)
			break;
		n += got;
	}
	if (f)
		fclose(f);
	if (!text)
		return strdup("");
	text[n] = '\0';
	return text;
}

char *read_text(const char *name)
{
	char *path = place(name), *text = slurp(fopen(path, "r"));
	free(path);
	return text;
}

/* -- processes -- */

void said_done(struct said *s)
{
	free(s->out);
	free(s->err);
	*s = (struct said){0};
}

static _Noreturn void become(char *line)
{
	char path[500], *words[MOST_WORDS] = {"wfctl"};
	size_t n = 1;
	for (char *word = strsep(&line, " "); word && n + 1 < MOST_WORDS;
		word = strsep(&line, " ")) {
		if (n == 1 && *word >= 'A' && *word <= 'Z')
			putenv(word);
		else
			words[n++] = word;
	}
	snprintf(path, sizeof(path), "%s/wfctl", build);
	execv(path, words);
	_exit(127);
}

struct running begin_wfctl(const char *line)
{
	struct running r = {
		.out = memfd_create("out", MFD_CLOEXEC), .err = memfd_create("err", MFD_CLOEXEC)};
	snprintf(r.line, sizeof(r.line), "%s", line);
	fflush(stdout);
	r.pid = fork();
	if (r.pid == 0) {
		int null = open("/dev/null", O_RDONLY);
		dup2(null, 0);
		dup2(r.out, 1);
		dup2(r.err, 2);
		become(r.line);
	}
	r.pidfd = r.pid < 0 ? -1 : pidfd_open(r.pid, 0);
	if (r.pidfd < 0 || r.out < 0 || r.err < 0)
		die("cannot start wfctl");
	return r;
}

bool has_ended(const struct running *r)
{
	struct pollfd fd = {.fd = r->pidfd, .events = POLLIN};
	return poll(&fd, 1, 0) > 0;
}

static char *rewound(int fd)
{
	lseek(fd, 0, SEEK_SET);
	return slurp(fdopen(fd, "r"));
}

struct said finish_wfctl(struct running *r)
{
	struct pollfd fd = {.fd = r->pidfd, .events = POLLIN};
	int status = 0;
	if (poll(&fd, 1, DEADLINE_MS) == 0) {
		complain("`wfctl %s` does not end", r->line);
		kill(r->pid, SIGKILL);
	}
	waitpid(r->pid, &status, 0);
	close(r->pidfd);
	struct said s = {.out = rewound(r->out), .err = rewound(r->err)};
	s.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	bool broken =
		s.status == 99 || s.status == 70 || s.status == 127 ||
		(WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL && WTERMSIG(status) != SIGTERM);
	if (broken)
		complain("`wfctl %s` ended with status %d: %s", r->line, s.status, s.err);
	return s;
}

__attribute__((format(printf, 1, 0))) static struct said run_line(const char *format, va_list args)
{
	char line[300];
	vsnprintf(line, sizeof(line), format, args);
	struct running r = begin_wfctl(line);
	return finish_wfctl(&r);
}

struct said wfctl(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct said s = run_line(format, args);
	va_end(args);
	return s;
}

int status_of(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct said s = run_line(format, args);
	int status = s.status;
	va_end(args);
	said_done(&s);
	return status;
}

void expect(const char *wanted, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct said s = run_line(format, args);
	va_end(args);
	if (s.status > 9 || !strchr(wanted, '0' + s.status)) {
		char line[300];
		va_start(args, format);
		vsnprintf(line, sizeof(line), format, args);
		va_end(args);
		complain("`wfctl %s` has status %d, not one of %s: %s%s", line, s.status, wanted,
			s.out, s.err);
	}
	said_done(&s);
}

/* -- the journal -- */

json_t *instances(void)
{
	json_t *all = json_array();
	struct said list = wfctl("ps -o jsonl --limit 0");
	char *rest = list.out, *line;
	if (list.status != 0)
		complain("ps has status %d: %s", list.status, list.err);
	while ((line = strsep(&rest, "\n"))) {
		json_t *entry = json_loads(line, 0, NULL);
		if (!entry)
			continue;
		json_int_t number = json_integer_value(json_object_get(entry, "number"));
		struct said one = wfctl("show %lld -o json", (long long)number);
		json_t *document = json_loads(one.out, 0, NULL);
		if (document)
			json_array_insert_new(all, 0, document); /* ps has the newest first */
		else
			complain("show %lld: %s%s", (long long)number, one.out, one.err);
		said_done(&one);
		json_decref(entry);
	}
	said_done(&list);
	return all;
}

unsigned instances_now(void)
{
	json_t *all = instances();
	unsigned n = (unsigned)json_array_size(all);
	json_decref(all);
	return n;
}

const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

json_t *step_of(const json_t *instance, const char *id)
{
	size_t i;
	json_t *step;
	json_array_foreach (json_object_get(instance, "steps"), i,
		step) if (strcmp(text_of(step, "id"), id) == 0) return step;
	return NULL;
}

#define BEFORE 200 /* bytes that are shown ahead of the first difference */

void expect_equal(const json_t *got, const json_t *want, const char *what)
{
	if (json_equal(got, want))
		return;
	char *a = json_dumps(got, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	char *b = json_dumps(want, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	size_t same = 0;
	while (a[same] && a[same] == b[same])
		same++;
	size_t from = same < BEFORE ? 0 : same - BEFORE;
	complain("%s is …%.400s, not …%.400s", what, a + from, b + from);
	free(a);
	free(b);
}

void expect_sound(void)
{
	struct said s = wfctl("journal check");
	if (s.status != 0)
		complain("the journal is not sound: %s%s", s.out, s.err);
	said_done(&s);
}

/* -- records -- */

static void count(json_t *counts, const char *what, const char *key)
{
	char name[400];
	const char *colon = strchr(key, ':'); /* the instance's id ends there */
	snprintf(name, sizeof(name), "%s %s", what, colon ? colon + 1 : key);
	json_int_t before = json_integer_value(json_object_get(counts, name));
	json_object_set_new(counts, name, json_integer(before + 1));
}

/* The server outlives the trials: a request says in its query to which one it belongs. */
static void count_request(json_t *counts, const json_t *request)
{
	const char *trial = text_of(json_object_get(request, "query"), "t");
	if (strcmp(trial, strrchr(world.dir, '/') + 1) == 0)
		count(counts, "request",
			text_of(json_object_get(request, "headers"), "Idempotency-Key"));
}

json_t *recorded(void)
{
	json_t *counts = json_object();
	char *ran = read_text("ran"), *rest = ran, *line;
	while ((line = strsep(&rest, "\n"))) {
		char *key = strchr(line, ' ');
		if (!key)
			continue;
		*key++ = '\0';
		count(counts, line, key);
	}
	free(ran);
	FILE *f = *world.url ? fopen(requests, "r") : NULL;
	if (f)
		fseek(f, requests_before, SEEK_SET);
	char *text = slurp(f);
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		json_t *request = json_loads(line, 0, NULL);
		if (request)
			count_request(counts, request);
		json_decref(request);
	}
	free(text);
	return counts;
}

json_int_t lines_of_ran(void)
{
	char *ran = read_text("ran");
	json_int_t lines = 0;
	for (const char *p = ran; (p = strchr(p, '\n')); p++)
		lines++;
	free(ran);
	return lines;
}

/* -- folders -- */

static DIR *open_folder(const char *folder)
{
	char *path = place(folder);
	DIR *d = opendir(path);
	free(path);
	return d;
}

static bool is_locked(int dir, const char *name)
{
	size_t n = strlen(name);
	if (n < 4 || strcmp(name + n - 4, ".run") != 0)
		return false;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool locked = flock(fd, LOCK_SH | LOCK_NB) < 0;
	close(fd);
	return locked;
}

static bool spool_is_quiet(void *arg)
{
	(void)arg;
	DIR *d = open_folder("home/spool");
	struct dirent *e;
	bool quiet = true;
	while (d && (e = readdir(d)))
		quiet = quiet && !is_locked(dirfd(d), e->d_name);
	if (d)
		closedir(d);
	return quiet;
}

void wait_for_quiet_spool(void)
{
	if (!wait_until(spool_is_quiet, NULL))
		complain("a supervisor does not end");
}

void empty_spool(void)
{
	DIR *d = open_folder("home/spool");
	struct dirent *e;
	while (d && (e = readdir(d)))
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
}

unsigned files_in(const char *folder)
{
	DIR *d = open_folder(folder);
	struct dirent *e;
	unsigned n = 0;
	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

bool wait_until(bool (*condition)(void *arg), void *arg)
{
	for (int i = 0; i < 150000; i++) {
		if (condition(arg))
			return true;
		poll(NULL, 0, 2);
	}
	return false;
}

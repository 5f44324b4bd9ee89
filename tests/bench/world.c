/* Files, folders and processes of the benchmark. */
#include "bench.h"

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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

double now_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* -- paths -- */

static struct kept {
	struct kept *next;
	char path[];
} *kept;

__attribute__((format(printf, 2, 0))) static const char *path_in(const char *folder,
	const char *format, va_list args)
{
	char rest[2048];
	vsnprintf(rest, sizeof(rest), format, args);
	size_t n = strlen(folder) + strlen(rest) + 2;
	struct kept *k = malloc(sizeof(*k) + n);
	if (!k)
		die("out of memory");
	k->next = kept;
	kept = k;
	snprintf(k->path, n, "%s/%s", folder, rest);
	return k->path;
}

void paths_done(void)
{
	while (kept) {
		struct kept *k = kept;
		kept = k->next;
		free(k);
	}
}

const char *in_work(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *p = path_in(world.work, format, args);
	va_end(args);
	return p;
}

const char *in_build(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *p = path_in(world.build, format, args);
	va_end(args);
	return p;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void remove_tree(const char *path)
{
	if (nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		die("cannot remove %s: %s", path, strerror(errno));
}

void copy_tree(const char *from, const char *to)
{
	remove_tree(to);
	run(&(struct process){.argv = {"/bin/cp", "-a", from, to}});
	sync();
}

double file_bytes(const char *path)
{
	struct stat st;
	if (stat(path, &st))
		die("%s: %s", path, strerror(errno));
	return (double)st.st_size;
}

void write_text(const char *path, const char *format, ...)
{
	va_list args;
	FILE *f = fopen(path, "we");
	va_start(args, format);
	if (!f || vfprintf(f, format, args) < 0 || fclose(f))
		die("cannot write %s: %s", path, strerror(errno));
	va_end(args);
}

/* -- processes -- */

/* The environment is the same wherever the benchmark runs: its size is part of a start's cost. */
static int start(const struct process *p)
{
	char home[4096], crash[256];
	char *envp[4] = {(char *)(size_t)"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
	size_t n = 1;
	if (p->home) {
		snprintf(home, sizeof(home), "WFCTL_HOME=%s", p->home);
		envp[n++] = home;
	}
	if (p->crash_at) {
		snprintf(crash, sizeof(crash), "WFCTL_CRASH_AT=%s", p->crash_at);
		envp[n++] = crash;
	}
	posix_spawn_file_actions_t files;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, p->out ? p->out : "/dev/null",
		O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addopen(&files, 2, world.errors,
		O_WRONLY | O_CREAT | O_TRUNC, 0600);
	pid_t pid;
	int rc = posix_spawn(&pid, p->argv[0], &files, NULL, (char **)(size_t)p->argv, envp);
	posix_spawn_file_actions_destroy(&files);
	if (rc)
		die("%s: %s", p->argv[0], strerror(rc));
	return pid;
}

static void complain(const struct process *p, int status)
{
	char text[2000];
	FILE *f = fopen(world.errors, "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	fputs("bench:", stderr);
	for (size_t i = 0; p->argv[i]; i++)
		fprintf(stderr, " %s", p->argv[i]);
	die(" ended with wait status 0x%x\n%s", (unsigned)status, text);
}

/* Of its own: pages of the mapped journal are the system's cache, and given back when wanted. */
static double anonymous_kib(pid_t pid)
{
	char path[64], line[256];
	double kib = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %lf", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static double watch(pid_t pid)
{
	double most = 0, now;
	siginfo_t ended = {0};
	while (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
			!ended.si_pid) {
		now = anonymous_kib(pid);
		most = now > most ? now : most;
		(void)poll(NULL, 0, 1);
	}
	return most;
}

static double of_timeval(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

struct cost run(const struct process *p)
{
	int status;
	struct rusage used;
	double began = now_seconds();
	pid_t pid = start(p);
	double kib = p->watched ? watch(pid) : 0;
	while (wait4(pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			die("wait4: %s", strerror(errno));
	double seconds = now_seconds() - began;
	bool good = p->crash_at ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL :
		WIFEXITED(status) && WEXITSTATUS(status) == p->status;
	if (!good)
		complain(p, status);
	return (struct cost){seconds, of_timeval(&used.ru_utime) + of_timeval(&used.ru_stime), kib};
}

int start_process(const struct process *p)
{
	return start(p);
}

void stop_process(int pid)
{
	int status;
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, &status, 0);
}

double cpu_seconds(int pid)
{
	clockid_t id;
	struct timespec t;
	if (clock_getcpuclockid(pid, &id) || clock_gettime(id, &t))
		return 0;
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* -- homes -- */

const char *fresh_home(const char *name)
{
	const char *home = in_work("%s", name);
	remove_tree(home);
	run(&(struct process){.argv = {world.wfctl, "init"}, .home = home});
	return home;
}

const char *fresh_environment(const char *name)
{
	const char *folder = in_work("%s", name);
	remove_tree(folder);
	if (mkdir(folder, 0700))
		die("%s: %s", folder, strerror(errno));
	run(&(struct process){.argv = {world.yardstick, "init", folder}});
	return folder;
}

const char *data_file(const char *home)
{
	const char *name = strrchr(home, '/') + 1;
	return in_work("%s/journals/default/default/data.mdb", name);
}

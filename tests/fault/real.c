/*
 * Real limits: a filesystem of half a megabyte (mounted where only this process sees it), `ulimit -f`,
 * and max_journal_bytes. From no room at all on, a little more each time, until the run succeeds: what
 * did not fit must be said with status 7, the journal must be sound, and with room again everything
 * comes to its right end.
 */
#include "fault/real.h"

#include "base/buf.h"
#include "base/mem.h"
#include "helpers/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISK_BYTES (512 * 1024)
#define PAGE 4096u

static struct {
	char *disk, *home, *filler, *template, *input, *steps, *ask, *pure, *lines, *log;
	const char *limit;       /* what is being tried */
	size_t tried, refused, in_doubt;
	bool quick;
} at;

static int run(const char *const extra[], const char *const words[], struct trial_end *ret)
{
	trial_wfctl(at.home, extra, words, ret);
	return ret->status;
}

/* Its status must be one of the digits in `allowed`. */
static int expect(const char *allowed, const char *const extra[], const char *const words[])
{
	struct trial_end end;
	char status[8];
	int rc = run(extra, words, &end);
	(void)snprintf(status, sizeof(status), "%d", rc);
	if (rc > 9 || !strchr(allowed, status[0]))
		trial_defect("%s: `%s %s` ends with status %d: %.300s%.600s", at.limit, words[0],
			words[1] ? words[1] : "", rc, end.out, end.err);
	if (rc == 7 && !strcasestr(end.err, "space") && !strcasestr(end.err, "too large") &&
		!strcasestr(end.err, "full"))
		trial_defect("%s: `%s` does not say what ran out: %s", at.limit, words[0], end.err);
	trial_end_done(&end);
	return rc;
}

static void make_template(void)
{
	static const char *const init[] = {"init", NULL};
	trial_remove(at.home);
	at.limit = "no limit";
	(void)expect("0", NULL, init);
	trial_copy(at.home, at.template);
}

/* -- what is left -- */

static size_t lines_of_log(void)
{
	size_t count = 0;
	WF_AUTOFREE char *text = trial_read(at.log, NULL);
	for (const char *p = text; p && (p = strchr(p, '\n')); p++)
		count++;
	return count;
}

/* The number of instances; *ret_status is the first one's. The journal is sound. */
static size_t look(char ret_status[32])
{
	int signal;
	json_t *verdict = trial_judge(at.home, &signal);
	WF_AUTOFREE char *unsound = trial_unsound(verdict, signal);
	if (unsound)
		trial_defect("%s: the journal is not sound: %s", at.limit, unsound);
	const json_t *instances = json_object_get(verdict, "instances");
	const char *status = json_string_value(json_object_get(json_array_get(instances, 0), "status"));
	(void)snprintf(ret_status, 32, "%s", status ? status : "");
	size_t count = json_array_size(instances);
	json_decref(verdict);
	return count;
}

/* With room again: resume, or the same once more, and each command has run once. A command whose
 * result had no room is in doubt. */
static void bring_to_end(const char *const words[])
{
	static const char *const resume[] = {"resume", NULL};
	char status[32];
	if (look(status) == 0) {
		if (lines_of_log())
			trial_defect("%s: a command has run without an instance", at.limit);
		(void)expect("0", NULL, words);
	} else if (expect("03", NULL, resume) == 3) {
		at.in_doubt++;
	}
	size_t count = look(status), ran = lines_of_log();
	bool doubt = !strcmp(status, "suspended");
	if (count != 1 || (strcmp(status, "completed") != 0 && !doubt))
		trial_defect("%s: at the end there are %zu instances, the first %s", at.limit, count,
			status);
	if (doubt ? ran < 1 || ran > 2 : ran != 2)
		trial_defect("%s: %zu commands have run", at.limit, ran);
}

/* -- a full disk -- */

/* A mount of our own, which ends with this process. */
static bool mount_disk(void)
{
	WF_AUTOFREE char *size = wf_asprintf("size=%d", DISK_BYTES);
	return (mkdir(at.disk, 0700) == 0 || errno == EEXIST) && unshare(CLONE_NEWNS) == 0 &&
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("tmpfs", at.disk, "tmpfs", 0, size) == 0;
}

/* Fills the disk but for so many bytes; the filesystem's own record of the file comes on top. */
static void fill(size_t left)
{
	int fd = open(at.filler, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char page[PAGE] = "";
	off_t n = 0;
	for (ssize_t k; (k = write(fd, page, sizeof(page))) > 0;)
		n += k;
	if (fd < 0 || ftruncate(fd, n > (off_t)left ? n - (off_t)left : 0) < 0)
		trial_die("cannot fill the disk: %s", strerror(errno));
	(void)close(fd);
}

static void try_disk(void)
{
	const char *const words[] = {"run", at.steps, "--input", at.input, NULL};
	int status = 7;
	size_t whole = 0;
	for (size_t left = 0; whole < 3; left += (at.quick ? 4u : 1u) * PAGE) {
		WF_AUTOFREE char *limit = wf_asprintf("a disk with %zu free bytes", left);
		(void)unlink(at.filler);
		trial_copy(at.template, at.home);
		trial_write(at.log, "", 0);
		fill(left);
		at.limit = limit;
		status = expect("07", NULL, words);
		at.tried++;
		at.refused += status == 7;
		whole += status == 0;
		char first[32];
		(void)look(first);
		(void)unlink(at.filler);
		bring_to_end(words);
	}
}

/* -- a limit on file sizes -- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	(void)getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
	(void)setrlimit(RLIMIT_FSIZE, &limit);
}

static void try_file_sizes(void)
{
	const char *const words[] = {"run", at.steps, "--input", at.input, NULL};
	size_t whole = 0;
	for (rlim_t bytes = 1024; whole < 2; bytes += (at.quick ? 4u : 1u) * PAGE) {
		WF_AUTOFREE char *limit = wf_asprintf("files of at most %zu bytes", (size_t)bytes);
		trial_copy(at.template, at.home);
		trial_write(at.log, "", 0);
		at.limit = limit;
		limit_files(bytes);
		int status = expect("07", NULL, words);
		limit_files(RLIM_INFINITY);
		at.tried++;
		at.refused += status == 7;
		whole += status == 0;
		bring_to_end(words);
	}
}

/* -- a quota -- */

static void try_quota(size_t bytes)
{
	WF_AUTOFREE char *quota = wf_asprintf("WFCTL_MAX_JOURNAL_BYTES=%zu", bytes);
	WF_AUTOFREE char *limit = wf_asprintf("a quota of %zu bytes", bytes);
	const char *const extra[] = {quota, NULL};
	const char *const ask[] = {"run", at.ask, "--input", at.input, NULL};
	const char *const batch[] = {"run", at.pure, "--batch", at.lines, NULL};
	const char *const cancel[] = {"cancel", "1", NULL}, *const ps[] = {"ps", NULL};
	char status[32];
	trial_copy(at.template, at.home);
	at.limit = limit;
	at.tried++;
	if (expect("37", extra, ask) == 7) {
		at.refused++;
		if (look(status) != 0)
			trial_defect("%s: what was refused is there", limit);
		return;
	}
	int rc = 0;
	for (int i = 0; i < 400 && rc != 7; i++) {
		struct trial_end end;
		rc = run(extra, batch, &end);
		if (rc != 0 && rc != 7)
			trial_defect("%s: a batch ends with status %d: %s", limit, rc, end.err);
		trial_end_done(&end);
	}
	at.refused += rc == 7;
	if (rc != 7)
		trial_defect("%s: it was never full", limit);
	(void)expect("37", extra, ask);
	(void)look(status);
	/* What is in it can be looked at, and ended. */
	(void)expect("0", extra, ps);
	(void)expect("0", extra, cancel);
	(void)look(status);
	if (strcmp(status, "cancelled") != 0)
		trial_defect("%s: the first instance is %s", limit, status);
	/* With more room it takes in more. */
	(void)expect("0", NULL, batch);
	(void)look(status);
}

static void try_quotas(void)
{
	for (size_t bytes = 64 * 1024; bytes <= 512 * 1024; bytes += (at.quick ? 16u : 1u) * 4 * PAGE)
		try_quota(bytes);
}

/* -- all -- */

static void told(const char *what)
{
	printf("fault %s: %zu runs, %zu refused, %zu in doubt\n", what, at.tried, at.refused, at.in_doubt);
	(void)fflush(stdout);
	if (!at.refused)
		trial_defect("%s was never met", what);
	at.tried = at.refused = at.in_doubt = 0;
}

void real_limits(const char *tool, const char *tests, const char *log, bool quick)
{
	at.quick = quick;
	at.disk = trial_path("disk");
	at.home = trial_path("disk/home");
	at.filler = trial_path("disk/filler");
	at.template = trial_path("real-template");
	at.lines = trial_path("real-lines");
	at.log = wf_strdup(log);
	at.steps = wf_asprintf("%s/steps.yaml", tests);
	at.ask = wf_asprintf("%s/ask.yaml", tests);
	at.pure = wf_asprintf("%s/batch.yaml", tests);
	/* Output that does not fit into what a commit may still have found room in. */
	at.input = wf_asprintf("{\"tool\": \"%s\", \"log\": \"%s\", \"bytes\": \"20000\"}", tool, log);
	WF_AUTOBUF struct wf_buf lines = {0};
	for (int i = 0; i < 20; i++)
		wf_buf_printf(&lines, "{\"n\": %d}\n", i);
	trial_write(at.lines, lines.data, lines.len);
	if (mount_disk()) {
		make_template();
		try_disk();
		told("a full disk");
		(void)umount(at.disk);
	} else {
		printf("fault a full disk: skipped, a filesystem cannot be mounted: %s\n",
			strerror(errno));
	}
	at.home = trial_path("real-home");
	make_template();
	try_file_sizes();
	told("a limit on file sizes");
	try_quotas();
	told("a quota");
}

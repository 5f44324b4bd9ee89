/*
 * Keeping a journal: its sizes, hot copies, putting a copy back, compaction. A data file is only
 * ever replaced whole, by rename, while nobody else has the journal open.
 */
#include "base/crash.h"
#include "base/mem.h"
#include "base/sys.h"
#include "journal/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int system_failure(struct wf_cause *cause, const char *doing, const char *path)
{
	return wf_fail(cause, wf_err_of_errno(errno), "cannot %s %s: %s", doing, path,
		strerror(errno));
}

/* -- sizes -- */

static bool count_definition(void *arg, const struct wf_definition *d)
{
	(void)d;
	++*(uint64_t *)arg;
	return true;
}

static int read_counts(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	(void)cause;
	struct wf_journal_stat *s = arg;
	if (wf_txn_load_counts(t))
		return t->err;
	memcpy(s->by_status, t->counts.by_status, sizeof(s->by_status));
	for (unsigned i = 0; i < WF_INST_COUNT_; i++)
		s->instances += s->by_status[i];
	s->history_records = t->counts.history;
	s->timers = t->counts.timers;
	s->approvals = t->counts.open_approvals;
	s->signals = t->counts.signals;
	s->events = t->counts.events;
	s->undispatched = t->counts.undispatched;
	s->schedules = t->counts.schedules;
	s->holds = t->counts.holds;
	return wf_txn_each_definition(t, count_definition, &s->definitions);
}

int wf_journal_stat(struct wf_journal *j, struct wf_journal_stat *ret, struct wf_cause *cause)
{
	struct wf_store_stat store;
	int rc = wf_store_stat(j->store, &store, cause);
	if (rc)
		return rc;
	struct wf_journal_stat s = {.file_bytes = store.file_bytes, .used_bytes = store.used_bytes,
		.free_bytes = store.free_bytes, .quota_bytes = store.quota_bytes,
		.readers = store.readers, .stale_readers_cleared = store.stale_cleared,
		.format_version = j->format};
	wf_uuid_text(&j->id, s.environment_id);
	rc = wf_journal_view(j, read_counts, &s, cause);
	if (!rc)
		*ret = s;
	return rc;
}

/* -- copies -- */

static void keep_first(void *arg, const char *text)
{
	char *first = arg;
	if (!*first)
		(void)snprintf(first, 300, "%s", text);
}

/* Some defects name the journal themselves. */
static int first_defect(int rc, const char *path, const char *first, struct wf_cause *cause)
{
	if (!*first)
		return rc;
	bool named = !strncmp(first, path, strlen(path));
	return wf_fail(cause, rc, named ? "%s%s" : "%s is damaged: %s", named ? "" : path, first);
}

/* Opens a data file with the home's key and reads all of it. */
static int prove(struct wf_home *home, const char *path, struct wf_cause *cause)
{
	struct wf_journal *copy;
	char first[300] = "";
	int rc = wf_journal_open_file(home, path, &copy, cause);
	if (rc)
		return rc;
	rc = wf_journal_check(copy, keep_first, first, cause);
	wf_journal_close(copy);
	return rc ? first_defect(rc, path, first, cause) : 0;
}

/* Puts a copy into an empty file, and proves it. `path` leads to the file, `name` is what it is called
 * when something is wrong with it. */
static int fill_copy(struct wf_journal *j, int fd, const char *path, const char *name, bool compacted,
	struct wf_cause *cause)
{
	int rc = wf_store_copy(j->store, fd, compacted, cause);
	if (!rc)
		rc = prove(j->home, path, cause);
	const char *at = rc && cause ? strstr(cause->text, path) : NULL;
	if (at) {
		WF_AUTOFREE char *text = wf_asprintf("%.*s%s%s", (int)(at - cause->text), cause->text,
			name, at + strlen(path));
		(void)snprintf(cause->text, sizeof(cause->text), "%s", text);
	}
	return rc;
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return wf_strdup(".");
	return slash == path ? wf_strdup("/") : wf_strndup(path, (size_t)(slash - path));
}

static int there_already(const char *to, struct wf_cause *cause)
{
	return wf_fail(cause, WF_EEXIST, "%s is there already", to);
}

#define UNABLE 1 /* the system cannot do it in this way */

/* A copy without a name until it is whole: who is killed leaves nothing. */
static int copy_without_name(struct wf_journal *j, const char *folder, const char *to,
	struct wf_cause *cause)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return UNABLE;
	WF_AUTOFREE char *path = wf_asprintf("/proc/self/fd/%d", fd);
	int rc = access(path, F_OK) ? UNABLE : fill_copy(j, fd, path, to, false, cause);
	if (!rc) {
		wf_crash_here(WF_CRASH_COPY_MADE);
		if (linkat(AT_FDCWD, path, AT_FDCWD, to, AT_SYMLINK_FOLLOW))
			rc = errno == EEXIST ? there_already(to, cause) : UNABLE;
	}
	(void)close(fd);
	return rc;
}

static bool is_at(int fd, const char *path, struct stat *ret)
{
	struct stat st;
	return !fstat(fd, ret) && !stat(path, &st) && st.st_dev == ret->st_dev &&
		st.st_ino == ret->st_ino;
}

/* Takes the temporary file of a copy, and what a killed one left in it: locked for as long as it is
 * open, empty. */
static int take_temp(const char *path, int *ret, struct wf_cause *cause)
{
	struct stat st;
	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return system_failure(cause, "make", path);
		bool busy = flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
		bool there = is_at(fd, path, &st);
		if (!busy && there && S_ISREG(st.st_mode) && st.st_uid == geteuid()) {
			*ret = fd;
			return ftruncate(fd, 0) ? system_failure(cause, "empty", path) : 0;
		}
		(void)close(fd);
		if (busy)
			return wf_fail(cause, WF_EBUSY, "another copy is being written to %s", path);
		if (there)
			return there_already(path, cause);
	}
}

/* Where a file cannot be without a name. */
static int copy_by_name(struct wf_journal *j, const char *to, struct wf_cause *cause)
{
	WF_AUTOFREE char *temp = wf_asprintf("%s.wfctl.tmp", to);
	int fd = -1;
	int rc = take_temp(temp, &fd, cause);
	if (fd < 0)
		return rc;
	if (!rc)
		rc = fill_copy(j, fd, temp, to, false, cause);
	if (!rc) {
		wf_crash_here(WF_CRASH_COPY_MADE);
		/* A hard link fails where a rename would replace what came there in the meantime. */
		if (link(temp, to) && (errno == EEXIST || rename(temp, to)))
			rc = errno == EEXIST ? there_already(to, cause) :
				system_failure(cause, "make", to);
	}
	if (!rc)
		wf_crash_here(WF_CRASH_COPY_PLACED);
	(void)unlink(temp);
	(void)close(fd);
	return rc;
}

int wf_journal_backup(struct wf_journal *j, const char *to, struct wf_cause *cause)
{
	if (access(to, F_OK) == 0)
		return there_already(to, cause);
	WF_AUTOFREE char *folder = folder_of(to);
	int rc = copy_without_name(j, folder, to, cause);
	if (rc == UNABLE)
		rc = copy_by_name(j, to, cause);
	else if (!rc)
		wf_crash_here(WF_CRASH_COPY_PLACED);
	return rc ? rc : wf_sync_folder(folder, cause);
}

/* -- putting back -- */

static int copy_bytes(const char *from, const char *to, struct wf_cause *cause)
{
	(void)unlink(to);
	int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return system_failure(cause, "open", from);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	WF_AUTOFREE char *chunk = wf_alloc(1u << 16);
	bool bad = out < 0;
	ssize_t n = 0;
	while (!bad && (n = read(in, chunk, 1u << 16)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		for (ssize_t done = 0; n > 0 && done < n && !bad;) {
			ssize_t w = write(out, chunk + done, (size_t)(n - done));
			bad = w < 0 && errno != EINTR;
			done += w > 0 ? w : 0;
		}
		bad = bad || n < 0;
	}
	bad = bad || fsync(out);
	int rc = bad ? system_failure(cause, "write", to) : 0;
	(void)close(in);
	if (out >= 0 && close(out) && !rc)
		rc = system_failure(cause, "write", to);
	if (rc)
		(void)unlink(to);
	return rc;
}

/* Under the lock that nobody shares: the new file takes the place of the old; the lock file goes,
 * as it speaks of the old one. */
static int replace_data(const char *folder, const char *temp, struct wf_cause *cause)
{
	WF_AUTOFREE char *data = wf_asprintf("%s/data.mdb", folder);
	WF_AUTOFREE char *lock = wf_asprintf("%s/lock.mdb", folder);
	wf_crash_here(WF_CRASH_COPY_MADE);
	(void)unlink(lock);
	wf_crash_here(WF_CRASH_LOCK_REMOVED);
	if (rename(temp, data))
		return system_failure(cause, "replace", data);
	wf_crash_here(WF_CRASH_COPY_PLACED);
	return wf_sync_folder(folder, cause);
}

static int restore_into(const char *folder, const char *from, bool there, struct wf_cause *cause)
{
	WF_AUTOFREE char *temp = wf_asprintf("%s/restore.tmp", folder);
	int lock;
	int rc = wf_make_dirs(folder, cause);
	if (!rc)
		rc = wf_journal_lock(folder, true, 0, &lock, cause);
	if (rc)
		return rc;
	WF_AUTOFREE char *data = wf_asprintf("%s/data.mdb", folder);
	if (!there && access(data, F_OK) == 0)
		rc = wf_fail(cause, WF_EEXIST, "%s has come into being meanwhile", folder);
	if (!rc)
		rc = copy_bytes(from, temp, cause);
	if (!rc)
		rc = replace_data(folder, temp, cause);
	if (rc)
		(void)unlink(temp);
	(void)close(lock);
	return rc;
}

int wf_journal_restore(struct wf_home *home, const char *tenant, const char *environment,
	const char *from, bool replace, struct wf_cause *cause)
{
	WF_AUTOFREE char *folder = NULL;
	int rc = wf_home_journal_path(home, tenant, environment, &folder, cause);
	if (rc)
		return rc;
	bool there = access(folder, F_OK) == 0;
	if (there && !replace) {
		(void)wf_fail(cause, WF_EEXIST, "tenant %s has an environment %s already", tenant,
			environment);
		wf_fail_hint(cause, "--replace puts the backup in its place; what is in it will be lost");
		return WF_EEXIST;
	}
	rc = prove(home, from, cause);
	if (!rc)
		rc = restore_into(folder, from, there, cause);
	if (!rc) {
		WF_AUTOFREE char *parent = folder_of(folder);
		rc = wf_sync_folder(parent, cause);
	}
	return rc ? rc : wf_sync_folder(home->journals, cause);
}

/* -- compaction -- */

/* Compaction follows what the pages say, so they are looked at first. Nobody else has the journal
 * open. */
static int make_compact(struct wf_journal *j, const char *temp, struct wf_cause *cause)
{
	char first[300] = "";
	int rc = wf_store_check_pages(j->store, keep_first, first, cause);
	if (rc)
		return first_defect(rc, j->path, first, cause);
	(void)unlink(temp); /* what a killed one left */
	int fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return system_failure(cause, "make", temp);
	rc = fill_copy(j, fd, temp, j->path, true, cause);
	if (close(fd) && !rc)
		rc = system_failure(cause, "write", temp);
	if (rc)
		(void)unlink(temp);
	return rc;
}

static int compact(struct wf_journal *j, uint64_t *ret_before, uint64_t *ret_after,
	struct wf_cause *cause)
{
	WF_AUTOFREE char *temp = wf_asprintf("%s/compact.tmp", j->path);
	WF_AUTOFREE char *data = wf_asprintf("%s/data.mdb", j->path);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (j->mode != WF_JOURNAL_WRITE || j->lock_fd < 0)
		return wf_fail(cause, WF_EPERM, "%s is open for reading only", j->path);
	int locked;
	do
		locked = fcntl(j->lock_fd, F_OFD_SETLK, &lock);
	while (locked && errno == EINTR);
	if (locked && errno != EAGAIN && errno != EACCES)
		return system_failure(cause, "lock", j->path);
	if (locked) {
		(void)wf_fail(cause, WF_EBUSY, "another process has %s open", j->path);
		wf_fail_hint(cause, "try again when nothing runs");
		return WF_EBUSY;
	}
	struct stat before, after;
	if (stat(data, &before))
		return system_failure(cause, "look at", data);
	int rc = make_compact(j, temp, cause);
	if (rc)
		return rc;
	if (stat(temp, &after))
		return system_failure(cause, "look at", temp);
	wf_store_close(j->store);
	j->store = NULL;
	rc = replace_data(j->path, temp, cause);
	if (!rc) {
		*ret_before = (uint64_t)before.st_size;
		*ret_after = (uint64_t)after.st_size;
	}
	return rc;
}

int wf_journal_compact(struct wf_journal *j, uint64_t *ret_before, uint64_t *ret_after,
	struct wf_cause *cause)
{
	int rc = compact(j, ret_before, ret_after, cause);
	wf_journal_close(j);
	return rc;
}

/* Looking at a store's data file with the system's calls alone. */
#include "journal/store_file.h"

#include "base/mem.h"
#include "journal/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA_FILE "data.mdb"
#define LOCK_FILE "lock.mdb"
#define LOCK_BYTES (9 * 4096) /* holds as many readers as the store allows */
#define WALK_TRIES 8
#define PROBE ((size_t)1 << 20)
#define SMALL_FILE 128 /* pages: all are looked at before LMDB follows them */

static const struct {
	const char *name;
	char letter;
} tables[WF_TABLE_COUNT_] = {
	[WF_TABLE_META] = {"meta", 'm'},
	[WF_TABLE_INSTANCES] = {"instances", 'n'},
	[WF_TABLE_INDEX] = {"index", 'x'},
};

const char *wf_table_name(enum wf_table t)
{
	return tables[t].name;
}

char wf_table_letter(enum wf_table t)
{
	return tables[t].letter;
}

void wf_store_file_init(struct wf_store_file *f, const char *opened, bool single)
{
	*f = (struct wf_store_file){.opened = wf_strdup(opened), .single = single,
		.path = single ? wf_strdup(opened) : wf_asprintf("%s/" DATA_FILE, opened),
		.page_size = (size_t)sysconf(_SC_PAGESIZE), .turn_fd = -1};
}

void wf_store_file_done(struct wf_store_file *f)
{
	if (f->turn_fd >= 0)
		(void)close(f->turn_fd);
	f->turn_fd = -1;
	wf_free(f->opened);
	wf_free(f->path);
}

static bool set_turn(const struct wf_store_file *f, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_len = 1};
	int rc;
	do
		rc = fcntl(f->turn_fd, F_OFD_SETLKW, &lock);
	while (rc < 0 && errno == EINTR);
	return rc == 0;
}

void wf_store_file_begin_turn(struct wf_store_file *f)
{
	if (f->single)
		return;
	if (f->turn_fd < 0)
		f->turn_fd = open(f->path, O_RDWR | O_CLOEXEC);
	if (f->turn_fd >= 0)
		(void)set_turn(f, F_WRLCK);
}

void wf_store_file_end_turn(struct wf_store_file *f)
{
	if (f->turn_fd < 0 || set_turn(f, F_UNLCK))
		return;
	(void)close(f->turn_fd); /* which lets go in any case */
	f->turn_fd = -1;
}

int wf_store_file_failure(const struct wf_store_file *f, int sys, const char *doing,
	struct wf_cause *cause)
{
	int err = wf_err_of_errno(sys);
	(void)wf_fail(cause, err, "%s: %s failed: %s", f->path, doing, strerror(sys));
	if (err == WF_ENOSPC)
		wf_fail_hint(cause, "make room (%s), then run the command again; nothing of this "
			"transaction is in the journal", sys == EFBIG ? "the file-size limit, ulimit -f" :
			"disk or disk quota");
	else if (sys == EMFILE || sys == ENFILE)
		wf_fail_hint(cause, "raise the limit on open files (ulimit -n)");
	else if (sys == ENOENT && !f->single)
		wf_fail_hint(cause, "wfctl journal restore FILE --replace puts a backup in its place");
	else if (sys == EIO)
		wf_fail_hint(cause, "look at the disk; nothing of this transaction is in the journal");
	return err;
}

int wf_store_file_why_short(const struct wf_store_file *f)
{
	struct rlimit limit;
	struct stat st;
	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur != RLIM_INFINITY &&
		!stat(f->path, &st) && (rlim_t)st.st_size + PROBE > limit.rlim_cur)
		return EFBIG;
	WF_AUTOFREE char *path = wf_asprintf("%s/probe.%ld.tmp", f->opened, (long)getpid());
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == ENOSPC || errno == EDQUOT ? errno : EIO;
	(void)unlink(path);
	WF_AUTOFREE char *zeros = wf_calloc(PROBE, 1);
	int sys = EIO;
	for (size_t done = 0; done < PROBE;) {
		ssize_t n = write(fd, zeros + done, PROBE - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			sys = errno;
			break;
		}
		done += (size_t)n;
	}
	if (fsync(fd))
		sys = errno;
	(void)close(fd);
	return sys;
}

/* -- before it is mapped -- */

/* Slot and order of the two newest transactions: with another number in one of them the last commit
 * would be passed over. */
static bool in_step(const struct wf_pages_meta m[2])
{
	uint64_t new = wf_pages_newest(m)->txn, old = m[0].txn + m[1].txn - new;
	bool slots = new == old || (m[new & 1].txn == new && m[old & 1].txn == old);
	return slots && (new - old == 1 || new <= 1);
}

/* Another process may be writing, so that a page can change under the walk: only what is wrong several
 * times is wrong. */
static int look_at_pages(struct wf_store_file *f, int fd, struct wf_cause *cause)
{
	int rc = 0;
	for (int i = 0; i < WALK_TRIES; i++) {
		struct wf_pages_meta metas[2];
		rc = wf_pages_metas(fd, f->path, metas, cause);
		if (rc == WF_EVERSION || rc == WF_EIO)
			return rc;
		if (!rc && !in_step(metas))
			rc = wf_fail(cause, WF_ECORRUPT, "%s is damaged: its two meta pages are not of "
				"consecutive transactions", f->path);
		if (rc)
			continue;
		const struct wf_pages_meta *m = wf_pages_newest(metas);
		f->page_size = m->page_size;
		struct stat st;
		if (fstat(fd, &st))
			return wf_store_file_failure(f, errno, "looking at it", cause);
		bool all_there = (uint64_t)st.st_size / m->page_size > m->last_page;
		/* Pages at the end that are free may never have been written: then, and only then, the
		 * file may be shorter than its last page, and every tree has to be looked at. So it is
		 * where that costs nothing that anybody would notice. */
		bool whole = !all_there || m->last_page < SMALL_FILE;
		rc = wf_pages_walk(fd, m, whole ? NULL : wf_table_name(WF_TABLE_META), NULL, NULL);
		if (!rc)
			return 0;
		if (rc == WF_EIO)
			return wf_store_file_failure(f, errno, "reading it", cause);
		(void)wf_fail(cause, WF_ECORRUPT, all_there ? "%s is damaged" :
			"%s is damaged: it is shorter than what it holds (truncated?)", f->path);
	}
	if (f->single)
		wf_fail_hint(cause, "use another backup");
	else
		wf_fail_hint(cause, "wfctl journal restore FILE --replace puts a backup in its place");
	return rc;
}

int wf_store_file_identify(struct wf_store_file *f, struct wf_cause *cause)
{
	struct stat st;
	if (stat(f->path, &st))
		return wf_store_file_failure(f, errno, "opening it", cause);
	if (!S_ISREG(st.st_mode))
		return wf_fail(cause, WF_EINVAL, "%s is not a file", f->path);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return 0;
}

int wf_store_file_look(struct wf_store_file *f, struct wf_cause *cause)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return wf_store_file_failure(f, errno, "opening it", cause);
	int rc = look_at_pages(f, fd, cause);
	(void)close(fd);
	return rc;
}

int wf_store_file_lock_room(const struct wf_store_file *f, struct wf_cause *cause)
{
	WF_AUTOFREE char *path = wf_asprintf("%s/" LOCK_FILE, f->opened);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return wf_store_file_failure(f, errno, "opening its lock file", cause);
	struct stat st;
	int sys = fstat(fd, &st) ? errno : 0;
	if (!sys && (st.st_size < LOCK_BYTES || st.st_blocks * 512 < LOCK_BYTES) &&
		fallocate(fd, 0, 0, LOCK_BYTES) && errno != EOPNOTSUPP && errno != ENOSYS)
		sys = errno;
	(void)close(fd);
	return sys ? wf_store_file_failure(f, sys, "making its lock file", cause) : 0;
}

/* -- beside the transactions -- */

int wf_store_file_in_step(const struct wf_store_file *f, int fd, struct wf_cause *cause)
{
	for (int i = 0; i < WALK_TRIES; i++) {
		struct wf_pages_meta m[2];
		int rc = wf_pages_metas(fd, f->path, m, cause);
		if (rc == WF_EIO)
			return rc;
		if (!rc && in_step(m))
			return 0;
	}
	return wf_fail(cause, WF_ECORRUPT, "%s is damaged", f->path);
}

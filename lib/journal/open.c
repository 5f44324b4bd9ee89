/* A journal's open: the lock that opens share, making a journal, raising one of an older format. */
#include "base/crash.h"
#include "base/mem.h"
#include "base/sys.h"
#include "journal/private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LOCK_FILE "open.lock"
#define LOCK_POLL_MS 20

/* -- the lock of opens -- */

int wf_journal_lock(const char *folder, bool alone, unsigned wait_ms, int *ret_fd,
	struct wf_cause *cause)
{
	WF_AUTOFREE char *path = wf_asprintf("%s/" LOCK_FILE, folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return wf_fail(cause, wf_err_of_errno(errno), "cannot open %s: %s", path,
			strerror(errno));
	struct flock lock = {.l_type = alone ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
	int64_t until = wf_monotonic_ms() + wait_ms;
	int rc = 0;
	while (fcntl(fd, F_OFD_SETLK, &lock)) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EACCES) {
			rc = wf_fail(cause, WF_EUNSUPPORTED, "cannot lock %s: %s", path,
				strerror(errno));
			break;
		}
		if (wf_monotonic_ms() >= until) {
			rc = wf_fail(cause, WF_EBUSY, alone ? "another process has %s open" :
				"%s is being compacted or restored", folder);
			wf_fail_hint(cause, "try again when that has ended");
			break;
		}
		(void)poll(NULL, 0, LOCK_POLL_MS);
	}
	if (rc) {
		(void)close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

/* -- where it is -- */

static int check_filesystem(const struct wf_home *home, const char *path, struct wf_cause *cause)
{
	static const struct {
		unsigned long type;
		const char *name;
	} remote[] = {
		{NFS_SUPER_MAGIC, "NFS"},
		{SMB_SUPER_MAGIC, "SMB"},
		{SMB2_SUPER_MAGIC, "SMB"},
		{CIFS_SUPER_MAGIC, "CIFS"},
		{AFS_SUPER_MAGIC, "AFS"},
		{AFS_FS_MAGIC, "AFS"},
		{CODA_SUPER_MAGIC, "Coda"},
		{CEPH_SUPER_MAGIC, "Ceph"},
		{V9FS_MAGIC, "9P"},
	};
	struct statfs st;
	if (home->allow_network_fs || statfs(path, &st))
		return 0;
	for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++) {
		if ((unsigned long)st.f_type != remote[i].type)
			continue;
		(void)wf_fail(cause, WF_EUNSUPPORTED, "%s is on a network filesystem (%s), where "
			"locks and mapped files cannot be trusted", path, remote[i].name);
		wf_fail_hint(cause, "put the home on a local disk; allow_network_fs opens it all "
			"the same, for one machine at a time");
		return WF_EUNSUPPORTED;
	}
	return 0;
}

/* -- open, create, close -- */

static int open_store(struct wf_journal *j, const char *path, const struct wf_store_options *options,
	struct wf_cause *cause)
{
	int rc = wf_store_open(path, options, &j->store, cause);
	if (!rc)
		rc = wf_header_load(j, cause);
	return rc;
}

static int open_locked(struct wf_journal *j, bool alone, struct wf_cause *cause)
{
	int rc = wf_journal_lock(j->path, alone, j->home->lock_wait_ms, &j->lock_fd, cause);
	if (rc == WF_EPERM && j->mode == WF_JOURNAL_READ)
		rc = 0; /* a read-only medium: nobody can replace the file either */
	struct wf_store_options options = {.write = j->mode == WF_JOURNAL_WRITE,
		.quota = j->home->max_bytes};
	return rc ? rc : open_store(j, j->path, &options, cause);
}

/* Alone: a process that knows the older format only must not write into a journal that was raised under
 * it. Another may have raised it before the lock was had. */
static int raise_format(struct wf_journal *j, struct wf_cause *cause)
{
	wf_store_close(j->store);
	j->store = NULL;
	(void)close(j->lock_fd);
	j->lock_fd = -1;
	int rc = open_locked(j, true, cause);
	if (rc == WF_EBUSY)
		wf_fail_hint(cause, "its format is raised to %u by the first who opens it for writing, "
			"which needs that nobody else has it open", WF_JOURNAL_FORMAT);
	if (!rc && j->format < WF_JOURNAL_FORMAT)
		rc = wf_header_raise(j, cause);
	struct flock shared = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	while (!rc && fcntl(j->lock_fd, F_OFD_SETLK, &shared))
		if (errno != EINTR)
			rc = wf_fail(cause, wf_err_of_errno(errno), "cannot share the lock of %s: %s",
				j->path, strerror(errno));
	return rc;
}

static int open_folder(struct wf_journal *j, struct wf_cause *cause)
{
	struct stat st;
	if (stat(j->path, &st)) {
		if (errno != ENOENT && errno != ENOTDIR)
			return wf_fail(cause, wf_err_of_errno(errno), "cannot open %s: %s",
				j->path, strerror(errno));
		(void)wf_fail(cause, WF_ENOENT, "there is no journal of tenant %s, environment %s",
			j->tenant, j->environment);
		wf_fail_hint(cause, "wfctl init --tenant %s --environment %s makes it", j->tenant,
			j->environment);
		return WF_ENOENT;
	}
	int rc = check_filesystem(j->home, j->path, cause);
	if (rc)
		return rc;
	rc = open_locked(j, false, cause);
	if (!rc && j->mode == WF_JOURNAL_WRITE && j->format < WF_JOURNAL_FORMAT)
		rc = raise_format(j, cause);
	if (rc == WF_EPERM)
		wf_fail_hint(cause, "the home must be writable by this user");
	return rc;
}

static struct wf_journal *journal_new(struct wf_home *home, const char *path,
	const char *tenant, const char *environment, enum wf_journal_mode mode)
{
	struct wf_journal *j = wf_calloc(1, sizeof(*j));
	j->home = home;
	j->path = wf_strdup(path);
	j->tenant = wf_strdup(tenant);
	j->environment = wf_strdup(environment);
	j->mode = mode;
	j->lock_fd = -1;
	return j;
}

int wf_journal_open(struct wf_home *home, const char *tenant, const char *environment,
	enum wf_journal_mode mode, struct wf_journal **ret, struct wf_cause *cause)
{
	WF_AUTOFREE char *path = NULL;
	int rc = wf_home_journal_path(home, tenant, environment, &path, cause);
	if (rc)
		return rc;
	struct wf_journal *j = journal_new(home, path, tenant, environment, mode);
	rc = open_folder(j, cause);
	if (rc)
		wf_journal_close(j);
	else
		*ret = j;
	return rc;
}

int wf_journal_open_file(struct wf_home *home, const char *path, struct wf_journal **ret,
	struct wf_cause *cause)
{
	struct wf_journal *j = journal_new(home, path, "", "", WF_JOURNAL_READ);
	struct wf_store_options options = {.single = true, .quota = home->max_bytes};
	int rc = open_store(j, path, &options, cause);
	if (rc)
		wf_journal_close(j);
	else
		*ret = j;
	return rc;
}

void wf_journal_close(struct wf_journal *j)
{
	if (!j)
		return;
	wf_store_close(j->store);
	if (j->lock_fd >= 0)
		(void)close(j->lock_fd);
	wf_seal_done(&j->seal);
	wf_buf_done(&j->plain);
	wf_buf_done(&j->row);
	wf_free(j->workflow);
	wf_free(j->path);
	wf_free(j->tenant);
	wf_free(j->environment);
	wf_free(j);
}

uint32_t wf_journal_format(const struct wf_journal *j)
{
	return j->format;
}

void wf_journal_on_broken(void (*fn)(void))
{
	wf_store_on_broken(fn);
}

static int write_first(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	static const char key = WF_META_HEADER;
	WF_AUTOBUF struct wf_buf header = {0};
	wf_header_put(t->journal, arg, &header);
	void *room;
	int rc = wf_store_put(t->store, WF_TABLE_META, &key, 1, header.len, &room, cause);
	if (rc)
		return wf_txn_fail(t, rc);
	memcpy(room, header.data, header.len);
	t->counts = wf_counts_first();
	t->counts_known = t->counts_dirty = true;
	return 0;
}

/* Fills an empty folder. */
static int fill_folder(struct wf_home *home, const char *folder, struct wf_cause *cause)
{
	struct wf_journal *j = journal_new(home, folder, "", "", WF_JOURNAL_WRITE);
	struct wf_store_options options = {.write = true, .create = true,
		.quota = home->max_bytes};
	uint8_t data_key[WF_SEAL_KEY];
	wf_random(data_key, sizeof(data_key));
	j->created_at = wf_now_ms();
	j->format = WF_JOURNAL_FORMAT;
	j->id = wf_uuid_new(j->created_at);
	wf_seal_init(&j->seal, data_key);
	int rc = wf_store_open(folder, &options, &j->store, cause);
	if (!rc)
		rc = wf_journal_update(j, write_first, data_key, cause);
	wf_seal_wipe(data_key, sizeof(data_key));
	wf_journal_close(j);
	return rc ? rc : wf_sync_folder(folder, cause);
}

/* Made beside its place and then renamed, so that a journal is there whole or not at all. */
int wf_journal_create(struct wf_home *home, const char *tenant, const char *environment,
	struct wf_cause *cause)
{
	WF_AUTOFREE char *path = NULL;
	int rc = wf_home_journal_path(home, tenant, environment, &path, cause);
	if (rc)
		return rc;
	if (access(path, F_OK) == 0)
		return wf_fail(cause, WF_EEXIST, "tenant %s has an environment %s already", tenant,
			environment);
	WF_AUTOFREE char *parent = wf_asprintf("%s/%s", home->journals, tenant);
	WF_AUTOFREE char *temp = wf_asprintf("%s/.new-%s-%08x", parent, environment,
		wf_random_u32());
	rc = wf_make_dirs(temp, cause);
	if (rc)
		return rc;
	rc = check_filesystem(home, temp, cause);
	if (!rc)
		rc = fill_folder(home, temp, cause);
	if (!rc)
		wf_crash_here(WF_CRASH_JOURNAL_MADE);
	if (!rc && rename(temp, path))
		rc = errno == EEXIST || errno == ENOTEMPTY ?
			wf_fail(cause, WF_EEXIST, "tenant %s has an environment %s already",
				tenant, environment) :
			wf_fail(cause, wf_err_of_errno(errno), "cannot make %s: %s", path,
				strerror(errno));
	if (rc) {
		static const char *const files[] = {"data.mdb", "lock.mdb", LOCK_FILE};
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
			WF_AUTOFREE char *file = wf_asprintf("%s/%s", temp, files[i]);
			(void)unlink(file);
		}
		(void)rmdir(temp);
		return rc;
	}
	rc = wf_sync_folder(parent, cause);
	return rc ? rc : wf_sync_folder(home->journals, cause);
}

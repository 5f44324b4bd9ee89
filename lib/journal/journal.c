/*
 * A journal's open and its transactions: the header record, the key, the lock that opens share, the
 * loop that runs a transaction again when the map has to grow, sealed values, and the counters.
 */
#include "base/crash.h"
#include "base/limits.h"
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
#define LOCK_WAIT_MS 10000u
#define LOCK_POLL_MS 20

/* The header record, the only one that is not sealed: magic | u32 format | uuid | u64 created |
 * fingerprint of the master key | wrapped data key (bound to all that is before it). */
enum { MAGIC_SIZE = 8, HEADER_BOUND = MAGIC_SIZE + 4 + 16 + 8 + 16 };
#define HEADER_SIZE (HEADER_BOUND + WF_SEAL_KEY + WF_SEAL_EXTRA)
static const char magic[MAGIC_SIZE] = {'W', 'F', 'J', 'O', 'U', 'R', 'N', '\n'};

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

/* -- the header record -- */

static void put_header(struct wf_journal *j, const uint8_t data_key[WF_SEAL_KEY],
	struct wf_buf *out)
{
	uint8_t mark[16], wrapped[WF_SEAL_KEY + WF_SEAL_EXTRA];
	wf_buf_add(out, magic, sizeof(magic));
	wf_put_u32(out, WF_JOURNAL_FORMAT);
	wf_buf_add(out, j->id.bytes, sizeof(j->id.bytes));
	wf_put_u64(out, (uint64_t)j->created_at);
	wf_seal_fingerprint(j->home->master, mark);
	wf_buf_add(out, mark, sizeof(mark));
	wf_seal_wrap(j->home->master, out->data, out->len, data_key, wrapped);
	wf_buf_add(out, wrapped, sizeof(wrapped));
}

static int get_header(struct wf_journal *j, const uint8_t *bytes, size_t n, struct wf_cause *cause)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	const uint8_t *m = wf_get_raw(&r, sizeof(magic));
	uint32_t version = wf_get_u32(&r);
	if (!m || r.bad || memcmp(m, magic, sizeof(magic)) != 0)
		return wf_fail(cause, WF_ECORRUPT, "%s is damaged, or not a journal", j->path);
	if (version != WF_JOURNAL_FORMAT) {
		(void)wf_fail(cause, WF_EVERSION, "%s has journal format %u; this wfctl knows %u",
			j->path, version, WF_JOURNAL_FORMAT);
		wf_fail_hint(cause, "use the wfctl that wrote it, or a newer one");
		return WF_EVERSION;
	}
	const uint8_t *id = wf_get_raw(&r, sizeof(j->id.bytes));
	uint64_t created = wf_get_u64(&r);
	const uint8_t *mark = wf_get_raw(&r, 16);
	const uint8_t *wrapped = wf_get_raw(&r, WF_SEAL_KEY + WF_SEAL_EXTRA);
	if (!id || !mark || !wrapped || r.off != r.len)
		return wf_fail(cause, WF_ECORRUPT, "%s is damaged: its header", j->path);
	uint8_t own[16], data_key[WF_SEAL_KEY];
	wf_seal_fingerprint(j->home->master, own);
	bool same = memcmp(own, mark, sizeof(own)) == 0;
	if (!wf_seal_unwrap(j->home->master, bytes, HEADER_BOUND, wrapped, data_key)) {
		if (same)
			return wf_fail(cause, WF_ECORRUPT, "%s is damaged: its header", j->path);
		(void)wf_fail(cause, WF_EKEY, "the master key does not open %s", j->path);
		wf_fail_hint(cause, "give the key that it was made with (key_file, WFCTL_KEY_FILE)");
		return WF_EKEY;
	}
	memcpy(j->id.bytes, id, sizeof(j->id.bytes));
	j->created_at = (int64_t)created;
	wf_seal_init(&j->seal, data_key);
	wf_seal_wipe(data_key, sizeof(data_key));
	return 0;
}

static int load_header(struct wf_journal *j, struct wf_cause *cause)
{
	static const char key = WF_META_HEADER;
	struct wf_store_txn *t;
	int rc = wf_store_begin(j->store, false, &t, cause);
	if (rc)
		return rc;
	const uint8_t *bytes;
	size_t n;
	rc = wf_store_get(t, WF_TABLE_META, &key, 1, &bytes, &n, cause);
	if (rc == WF_ENOENT)
		rc = wf_fail(cause, WF_ECORRUPT, "%s is not a journal: it has no header", j->path);
	else if (!rc)
		rc = get_header(j, bytes, n, cause);
	wf_store_abort(t);
	return rc;
}

/* -- counters -- */

void wf_counts_put(const struct wf_counts *c, struct wf_buf *out)
{
	wf_put_varint(out, c->next_instance);
	wf_put_varint(out, c->next_approval);
	wf_put_varint(out, c->history);
	wf_put_varint(out, c->timers);
	wf_put_varint(out, c->approvals);
	wf_put_varint(out, c->open_approvals);
	wf_put_varint(out, WF_INST_COUNT_);
	for (unsigned i = 0; i < WF_INST_COUNT_; i++)
		wf_put_varint(out, c->by_status[i]);
}

int wf_counts_get(const void *bytes, size_t n, struct wf_counts *ret)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_counts c = {0};
	c.next_instance = wf_get_varint(&r);
	c.next_approval = wf_get_varint(&r);
	c.history = wf_get_varint(&r);
	c.timers = wf_get_varint(&r);
	c.approvals = wf_get_varint(&r);
	c.open_approvals = wf_get_varint(&r);
	uint64_t statuses = wf_get_varint(&r);
	if (statuses > WF_INST_COUNT_)
		return WF_ECORRUPT;
	for (unsigned i = 0; i < statuses; i++)
		c.by_status[i] = wf_get_varint(&r);
	if (r.bad || r.off != r.len || !c.next_instance || !c.next_approval)
		return WF_ECORRUPT;
	*ret = c;
	return 0;
}

int wf_txn_load_counts(struct wf_txn *t)
{
	static const char key = WF_META_COUNTS;
	if (t->err || t->counts_known)
		return t->err;
	struct wf_buf *plain = &t->journal->plain;
	wf_buf_reset(plain);
	int rc = wf_txn_get(t, WF_TABLE_META, &key, 1, plain);
	if (rc == WF_ENOENT || (!rc && wf_counts_get(plain->data, plain->len, &t->counts)))
		return wf_txn_corrupt(t, WF_TABLE_META, &key, 1, "the counters are damaged");
	if (!rc)
		t->counts_known = true;
	return rc;
}

static void store_counts(struct wf_txn *t)
{
	static const char key = WF_META_COUNTS;
	struct wf_buf *row = &t->journal->row;
	wf_buf_reset(row);
	wf_counts_put(&t->counts, row);
	(void)wf_txn_put(t, WF_TABLE_META, &key, 1, row->data, row->len);
}

/* -- sealed values -- */

int wf_txn_fail(struct wf_txn *t, int err)
{
	if (!t->err) {
		t->err = err == WF_STORE_AGAIN ? WF_ENOSPC : err;
		t->again = err == WF_STORE_AGAIN;
	}
	return t->err;
}

int wf_txn_moved(struct wf_txn *t, int rc)
{
	return rc && rc != WF_ENOENT ? wf_txn_fail(t, rc) : rc;
}

int wf_txn_corrupt(struct wf_txn *t, enum wf_table table, const void *key, size_t n,
	const char *what)
{
	char hex[2 * WF_MAX_KEY + 1];
	wf_hex(key, n < WF_MAX_KEY ? n : WF_MAX_KEY, hex);
	(void)wf_fail(t->cause, WF_ECORRUPT, "%s is damaged: table %s, key %s: %s",
		t->journal->path, wf_table_name(table), hex, what);
	wf_fail_hint(t->cause, "wfctl journal check names all that is damaged; restore a backup");
	return wf_txn_fail(t, WF_ECORRUPT);
}

/* What a value is bound to: its table's letter and its key. */
static size_t place(enum wf_table table, const void *key, size_t n, uint8_t ret[WF_MAX_KEY + 1])
{
	ret[0] = (uint8_t)wf_table_letter(table);
	memcpy(ret + 1, key, n);
	return n + 1;
}

static int open_value(struct wf_txn *t, enum wf_table table, const void *key, size_t n,
	const uint8_t *sealed, size_t sealed_n, struct wf_buf *out)
{
	uint8_t where[WF_MAX_KEY + 1];
	size_t where_n = place(table, key, n, where);
	if (!wf_seal_open(&t->journal->seal, where, where_n, sealed, sealed_n, out))
		return wf_txn_corrupt(t, table, key, n, "the value does not authenticate");
	return 0;
}

int wf_txn_get(struct wf_txn *t, enum wf_table table, const void *key, size_t n,
	struct wf_buf *out)
{
	if (t->err)
		return t->err;
	const uint8_t *sealed;
	size_t sealed_n;
	int rc = wf_store_get(t->store, table, key, n, &sealed, &sealed_n, t->cause);
	if (rc)
		return wf_txn_moved(t, rc);
	return open_value(t, table, key, n, sealed, sealed_n, out);
}

int wf_txn_open_at(struct wf_txn *t, const struct wf_cursor *c, struct wf_buf *out)
{
	if (t->err)
		return t->err;
	return open_value(t, c->table, c->key, c->key_n, c->value, c->value_n, out);
}

int wf_txn_put(struct wf_txn *t, enum wf_table table, const void *key, size_t n, const void *bytes,
	size_t bytes_n)
{
	if (t->err)
		return t->err;
	void *room;
	int rc = wf_store_put(t->store, table, key, n, bytes_n + WF_SEAL_EXTRA, &room, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	uint8_t where[WF_MAX_KEY + 1];
	size_t where_n = place(table, key, n, where);
	wf_seal_value(&t->journal->seal, where, where_n, bytes, bytes_n, room);
	return 0;
}

int wf_txn_add_key(struct wf_txn *t, const uint8_t *key, size_t n)
{
	if (t->err)
		return t->err;
	void *room;
	int rc = wf_store_put(t->store, WF_TABLE_INDEX, key, n, 0, &room, t->cause);
	return rc ? wf_txn_fail(t, rc) : 0;
}

int wf_txn_del_key(struct wf_txn *t, const uint8_t *key, size_t n)
{
	if (t->err)
		return t->err;
	int rc = wf_store_del(t->store, WF_TABLE_INDEX, key, n, t->cause);
	return rc && rc != WF_ENOENT ? wf_txn_fail(t, rc) : 0;
}

/* -- transactions -- */

static uint64_t last_serial;

static void txn_done(struct wf_txn *t)
{
	wf_free(t->records);
	wf_buf_done(&t->record_bytes);
}

static int finish(struct wf_txn *t, int rc)
{
	if (!rc)
		rc = t->err;
	if (!rc)
		rc = wf_txn_flush_history(t);
	if (!rc && t->counts_dirty) {
		store_counts(t);
		rc = t->err;
	}
	if (rc) {
		wf_store_abort(t->store);
		return rc;
	}
	wf_crash_here(WF_CRASH_JOURNAL_WRITTEN);
	rc = wf_store_commit(t->store, t->cause);
	if (rc)
		return wf_txn_fail(t, rc);
	wf_crash_here(WF_CRASH_JOURNAL_COMMITTED);
	return 0;
}

int wf_journal_update(struct wf_journal *j, wf_txn_fn *fn, void *arg, struct wf_cause *cause)
{
	if (j->mode != WF_JOURNAL_WRITE)
		return wf_fail(cause, WF_EPERM, "%s is open for reading only", j->path);
	for (;;) {
		struct wf_txn t = {.journal = j, .cause = cause, .serial = ++last_serial,
			.write = true};
		int rc = wf_store_begin(j->store, true, &t.store, cause);
		if (rc)
			return rc;
		rc = finish(&t, fn(&t, arg, cause));
		bool again = t.again, essential = !t.took_in;
		txn_done(&t);
		if (!again)
			return rc;
		rc = wf_store_grow(j->store, essential, cause);
		if (rc)
			return rc;
	}
}

int wf_journal_view(struct wf_journal *j, wf_txn_fn *fn, void *arg, struct wf_cause *cause)
{
	struct wf_txn t = {.journal = j, .cause = cause, .serial = ++last_serial};
	int rc = wf_store_begin(j->store, false, &t.store, cause);
	if (rc)
		return rc;
	rc = fn(&t, arg, cause);
	if (!rc)
		rc = t.err;
	wf_store_abort(t.store);
	txn_done(&t);
	return rc;
}

/* -- open, create, close -- */

static int open_store(struct wf_journal *j, const char *path, const struct wf_store_options *options,
	struct wf_cause *cause)
{
	int rc = wf_store_open(path, options, &j->store, cause);
	if (!rc)
		rc = load_header(j, cause);
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
	rc = wf_journal_lock(j->path, false, LOCK_WAIT_MS, &j->lock_fd, cause);
	if (rc == WF_EPERM && j->mode == WF_JOURNAL_READ)
		rc = 0; /* a read-only medium: nobody can replace the file either */
	struct wf_store_options options = {.write = j->mode == WF_JOURNAL_WRITE,
		.quota = j->home->max_bytes};
	if (!rc)
		rc = open_store(j, j->path, &options, cause);
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

void wf_journal_on_broken(void (*fn)(void))
{
	wf_store_on_broken(fn);
}

static int write_first(struct wf_txn *t, void *arg, struct wf_cause *cause)
{
	static const char key = WF_META_HEADER;
	WF_AUTOBUF struct wf_buf header = {0};
	put_header(t->journal, arg, &header);
	void *room;
	int rc = wf_store_put(t->store, WF_TABLE_META, &key, 1, header.len, &room, cause);
	if (rc)
		return wf_txn_fail(t, rc);
	memcpy(room, header.data, header.len);
	t->counts = (struct wf_counts){.next_instance = 1, .next_approval = 1};
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

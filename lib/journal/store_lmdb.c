/*
 * The store on LMDB; the only file that includes lmdb.h.
 *
 * Full synchronous commits, no writable map, no flags that trade them away. What bites users of LMDB
 * is met here: a map that is full or was grown by another process, readers that died, an
 * environment that a failed meta write made unusable, a file shorter than it says.
 */
#include "journal/store.h"

#include "base/mem.h"
#include "journal/guard.h"
#include "journal/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIN_MAP (1u << 16)
#define MAX_READERS 512u
#define SNAPSHOT_TRIES 100

struct wf_store {
	MDB_env *env;
	MDB_dbi dbi[WF_TABLE_COUNT_];
	struct wf_store_file file;
	struct wf_store_options options;
	size_t quota, map;      /* bytes; the map may go a reserve beyond the quota */
	uint32_t stale_cleared;
	unsigned open_txns;
	struct wf_store *next;  /* among the stores this process has open */
};

struct put_place {
	MDB_cursor *cursor;
	uint8_t last[WF_MAX_KEY];
	size_t last_n;
	bool known;
};

struct wf_store_txn {
	struct wf_store *store;
	MDB_txn *txn;
	bool write;
	struct put_place places[WF_TABLE_COUNT_];
};

/* LMDB must not have one file open twice in a process: closing either would drop both one's locks. */
static struct wf_store *open_stores;

/* -- errors -- */

static int failure(struct wf_store *s, int rc, const char *doing, struct wf_cause *cause)
{
	switch (rc) {
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_BAD_VALSIZE:
	case MDB_CURSOR_FULL:
	case MDB_PAGE_FULL:
	case MDB_INCOMPATIBLE:
		(void)wf_fail(cause, WF_ECORRUPT, "%s is damaged: %s: %s", s->file.path, doing,
			mdb_strerror(rc));
		wf_fail_hint(cause, "wfctl journal check names what is damaged; restore a backup");
		return WF_ECORRUPT;
	case MDB_VERSION_MISMATCH:
		return wf_fail(cause, WF_EVERSION, "%s or its lock file was written by an "
			"incompatible version of the store", s->file.path);
	case MDB_READERS_FULL:
		(void)wf_fail(cause, WF_EBUSY, "%s: too many processes read it at once", s->file.path);
		wf_fail_hint(cause, "try again when some of them have ended");
		return WF_EBUSY;
	case MDB_TXN_FULL:
		return wf_fail(cause, WF_ELIMIT, "%s: one transaction changes too much", s->file.path);
	case MDB_PANIC:
	case MDB_BAD_TXN:
	case MDB_BAD_RSLOT:
	case MDB_BAD_DBI:
		return wf_fail(cause, WF_EIO, "%s: %s: %s", s->file.path, doing, mdb_strerror(rc));
	default:
		return wf_store_file_failure(&s->file, rc == EIO ?
			wf_store_file_why_short(&s->file) : rc > 0 ? rc : EIO, doing, cause);
	}
}

/* -- open -- */

static bool is_open(dev_t dev, ino_t ino)
{
	for (struct wf_store *s = open_stores; s; s = s->next)
		if (s->file.dev == dev && s->file.ino == ino)
			return true;
	return false;
}

static int look_at_file(struct wf_store *s, struct wf_cause *cause)
{
	if (s->options.create)
		return 0;
	int rc = wf_store_file_identify(&s->file, cause);
	if (!rc && is_open(s->file.dev, s->file.ino))
		rc = wf_fail(cause, WF_EBUSY, "%s is already open in this process", s->file.path);
	return rc ? rc : wf_store_file_look(&s->file, cause);
}

static void (*on_broken)(void);

void wf_store_on_broken(void (*fn)(void))
{
	on_broken = fn;
	wf_guard_on_broken(fn);
}

/* LMDB met pages that contradict each other, half-way through an operation. */
static void broken(MDB_env *env, const char *what)
{
	(void)env;
	(void)what;
	wf_guard_fail();
	if (on_broken)
		on_broken();
}

/*
 * One process opens at a time. Whoever finds nobody else there writes the lock file anew, the number of the
 * last transaction last; one that waits for its turn inside of LMDB takes what it finds for finished. Were
 * the first killed half-way, the second would begin to count from nothing, over what is there. The kernel
 * ends the turn of one that dies. -1: there are no such locks here.
 */
static int begin_turn(const struct wf_store *s)
{
	int fd = s->options.single ? -1
		: open(s->file.opened, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd;
	while (rc >= 0 && flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			rc = -1;
	if (rc < 0 && fd >= 0)
		(void)close(fd);
	return rc;
}

static void end_turn(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

/* Half of the address space asked for, until it is given: `ulimit -v` may forbid a large map. */
static int open_env(struct wf_store *s, unsigned flags, struct wf_cause *cause)
{
	int rc;
	for (;;) {
		rc = mdb_env_create(&s->env);
		if (rc)
			return failure(s, rc, "opening it", cause);
		(void)mdb_env_set_assert(s->env, broken);
		rc = mdb_env_set_mapsize(s->env, s->map);
		if (!rc)
			rc = mdb_env_set_maxdbs(s->env, WF_TABLE_COUNT_);
		if (!rc)
			rc = mdb_env_set_maxreaders(s->env, MAX_READERS);
		int turn = begin_turn(s);
		if (!rc)
			rc = mdb_env_open(s->env, s->file.opened, flags, 0600);
		end_turn(turn);
		if (!rc)
			return 0;
		mdb_env_close(s->env);
		s->env = NULL;
		if ((rc != ENOMEM && rc != EINVAL) || s->map / 2 < MIN_MAP) /* valgrind says EINVAL */
			break;
		s->map = s->map / 2 / s->file.page_size * s->file.page_size;
	}
	/* The data file has been looked at, so that it is the lock file that LMDB does not know: it
	 * may take one for another process's that it could not lock itself. */
	if (rc == MDB_INVALID && !s->options.single) {
		(void)wf_fail(cause, WF_EIO, "%s: its lock file lock.mdb cannot be locked, or is damaged",
			s->file.path);
		wf_fail_hint(cause, "try again; with no wfctl running, lock.mdb may be removed");
		return WF_EIO;
	}
	return failure(s, rc, "opening it", cause);
}

static int open_table(struct wf_store *s, MDB_txn *txn, enum wf_table t)
{
	const char *name = wf_table_name(t);
	int rc;
	if (s->options.create)
		WF_GUARD_WRITE(&rc, mdb_dbi_open(txn, name, MDB_CREATE, &s->dbi[t]));
	else
		WF_GUARD_READ(&rc, mdb_dbi_open(txn, name, 0, &s->dbi[t]), MDB_CORRUPTED);
	return rc;
}

static int open_tables(struct wf_store *s, struct wf_cause *cause)
{
	MDB_txn *txn = NULL;
	int rc = mdb_txn_begin(s->env, NULL, s->options.create ? 0 : MDB_RDONLY, &txn);
	if (rc == MDB_MAP_RESIZED && !(rc = mdb_env_set_mapsize(s->env, 0)))
		rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);
	for (enum wf_table t = 0; !rc && t < WF_TABLE_COUNT_; t++)
		rc = open_table(s, txn, t);
	if (!rc)
		rc = mdb_txn_commit(txn);
	else if (txn)
		mdb_txn_abort(txn);
	if (rc == MDB_NOTFOUND)
		return wf_fail(cause, WF_ECORRUPT, "%s is not a journal: a table is missing",
			s->file.path);
	return rc ? failure(s, rc, "opening its tables", cause) : 0;
}

static int open_all(struct wf_store *s, struct wf_cause *cause)
{
	unsigned flags = MDB_NOTLS;
	if (!s->options.write)
		flags |= MDB_RDONLY;
	if (s->options.single)
		flags |= MDB_NOSUBDIR | MDB_NOLOCK;
	int rc = 0;
	if (s->options.write)
		rc = wf_store_file_lock_room(&s->file, cause);
	if (!rc)
		rc = open_env(s, flags, cause);
	if (!rc)
		rc = open_tables(s, cause);
	if (!rc && !s->options.single) {
		int dead = 0;
		(void)mdb_reader_check(s->env, &dead);
		s->stale_cleared += (uint32_t)dead;
	}
	return rc;
}

int wf_store_open(const char *path, const struct wf_store_options *options, struct wf_store **ret,
	struct wf_cause *cause)
{
	struct wf_store *s = wf_calloc(1, sizeof(*s));
	s->options = *options;
	wf_guard_ready();
	wf_store_file_init(&s->file, path, options->single);
	int rc = look_at_file(s, cause);
	if (!rc) {
		uint64_t quota = options->quota < MIN_MAP ? MIN_MAP : options->quota;
		quota = quota < SIZE_MAX / 2 ? quota : SIZE_MAX / 2;
		s->quota = s->map = (size_t)quota / s->file.page_size * s->file.page_size;
		rc = open_all(s, cause);
	}
	if (!rc && options->create)
		rc = wf_store_file_identify(&s->file, cause);
	if (rc) {
		wf_store_close(s);
		return rc;
	}
	s->next = open_stores;
	open_stores = s;
	*ret = s;
	return 0;
}

void wf_store_close(struct wf_store *s)
{
	if (!s)
		return;
	for (struct wf_store **p = &open_stores; *p; p = &(*p)->next) {
		if (*p == s) {
			*p = s->next;
			break;
		}
	}
	if (s->env)
		mdb_env_close(s->env);
	wf_store_file_done(&s->file);
	wf_free(s);
}

/* -- transactions -- */

/* After a meta page could not be written LMDB refuses all further work: the environment is opened
 * anew, which starts from the last good commit. */
static int reopen(struct wf_store *s, struct wf_cause *cause)
{
	if (s->open_txns)
		return wf_fail(cause, WF_EIO, "%s: an earlier commit failed", s->file.path);
	mdb_env_close(s->env);
	s->env = NULL;
	return open_all(s, cause);
}

static int begin(struct wf_store *s, unsigned flags, MDB_txn **ret)
{
	int rc = mdb_txn_begin(s->env, NULL, flags, ret);
	if (rc == MDB_MAP_RESIZED) {
		rc = mdb_env_set_mapsize(s->env, 0);
		if (rc)
			return rc;
		MDB_envinfo info;
		if (!mdb_env_info(s->env, &info))
			s->map = info.me_mapsize;
		rc = mdb_txn_begin(s->env, NULL, flags, ret);
	}
	if (rc == MDB_READERS_FULL) {
		int dead = 0;
		(void)mdb_reader_check(s->env, &dead);
		s->stale_cleared += (uint32_t)dead;
		rc = mdb_txn_begin(s->env, NULL, flags, ret);
	}
	return rc;
}

static int begin_opened(struct wf_store *s, unsigned flags, MDB_txn **ret, struct wf_cause *cause)
{
	int rc = begin(s, flags, ret);
	if (rc == MDB_PANIC) {
		rc = reopen(s, cause);
		if (rc)
			return rc;
		rc = begin(s, flags, ret);
	}
	return rc ? failure(s, rc, "beginning a transaction", cause) : 0;
}

int wf_store_begin(struct wf_store *s, bool write, struct wf_store_txn **ret,
	struct wf_cause *cause)
{
	MDB_txn *txn = NULL;
	int rc = s->env ? 0 : open_all(s, cause);
	if (!rc && write)
		wf_store_file_begin_turn(&s->file);
	if (!rc)
		rc = begin_opened(s, write ? 0 : MDB_RDONLY, &txn, cause);
	if (rc) {
		if (write)
			wf_store_file_end_turn(&s->file);
		return rc;
	}
	struct wf_store_txn *t = wf_calloc(1, sizeof(*t));
	t->store = s;
	t->txn = txn;
	t->write = write;
	s->open_txns++;
	*ret = t;
	return 0;
}

static void close_places(struct wf_store_txn *t)
{
	for (unsigned i = 0; i < WF_TABLE_COUNT_; i++)
		if (t->places[i].cursor)
			mdb_cursor_close(t->places[i].cursor);
}

int wf_store_commit(struct wf_store_txn *t, struct wf_cause *cause)
{
	struct wf_store *s = t->store;
	close_places(t);
	int rc;
	WF_GUARD_WRITE(&rc, mdb_txn_commit(t->txn));
	if (t->write)
		wf_store_file_end_turn(&s->file);
	s->open_txns--;
	wf_free(t);
	if (rc == MDB_MAP_FULL)
		return WF_STORE_AGAIN; /* the free list found no room at the end */
	return rc ? failure(s, rc, "committing", cause) : 0;
}

void wf_store_abort(struct wf_store_txn *t)
{
	if (!t)
		return;
	close_places(t);
	mdb_txn_abort(t->txn);
	if (t->write)
		wf_store_file_end_turn(&t->store->file);
	t->store->open_txns--;
	wf_free(t);
}

static size_t reserve_of(const struct wf_store *s)
{
	size_t r = s->quota / 16;
	size_t low = 16 * s->file.page_size, high = (size_t)16 << 20;
	r = r < low ? low : r > high ? high : r;
	return r / s->file.page_size * s->file.page_size;
}

int wf_store_grow(struct wf_store *s, bool essential, struct wf_cause *cause)
{
	size_t limit = s->quota + (essential ? reserve_of(s) : 0);
	if (s->map >= limit) {
		(void)wf_fail(cause, WF_ENOSPC, "%s is full: its quota is %zu bytes", s->file.path,
			s->quota);
		wf_fail_hint(cause, "raise max_journal_bytes (WFCTL_MAX_JOURNAL_BYTES), or try "
			"wfctl journal compact; nothing of this transaction is in it");
		return WF_ENOSPC;
	}
	size_t want = s->map < limit / 2 ? s->map * 2 : limit;
	int rc = mdb_env_set_mapsize(s->env, want);
	if (rc)
		return failure(s, rc, "growing its map", cause);
	s->map = want;
	return 0;
}

bool wf_store_full(struct wf_store *s)
{
	MDB_envinfo info;
	if (s->map <= s->quota || mdb_env_info(s->env, &info))
		return false;
	return (info.me_last_pgno + 1) * s->file.page_size > s->quota;
}

/* -- single keys -- */

/* Pages that a write transaction has changed are elsewhere in memory, and cannot be told apart: there
 * it stays unknown. */
static bool value_fits(const struct wf_store_txn *t, MDB_val v)
{
	MDB_envinfo info;
	if (t->write)
		return true;
	return !mdb_env_info(t->store->env, &info) && wf_pages_value(v.mv_data, v.mv_size,
		(uint32_t)t->store->file.page_size, info.me_last_pgno);
}

static MDB_val val(const void *bytes, size_t n)
{
	return (MDB_val){.mv_size = n, .mv_data = (void *)(uintptr_t)bytes};
}

/* LMDB opens a tree without saying that its root is not there, but works with it no more. */
static int meaning(const struct wf_store_txn *t, int rc)
{
	return rc == MDB_BAD_TXN && !t->write ? MDB_CORRUPTED : rc;
}

static int get(const struct wf_store_txn *t, enum wf_table table, MDB_val *key, MDB_val *ret)
{
	int rc = mdb_get(t->txn, t->store->dbi[table], key, ret);
	return !rc && !value_fits(t, *ret) ? MDB_CORRUPTED : meaning(t, rc);
}

int wf_store_get(struct wf_store_txn *t, enum wf_table table, const void *key, size_t key_n,
	const uint8_t **ret, size_t *ret_n, struct wf_cause *cause)
{
	MDB_val k = val(key, key_n), v;
	int rc;
	WF_GUARD_READ(&rc, get(t, table, &k, &v), MDB_CORRUPTED);
	if (rc == MDB_NOTFOUND)
		return WF_ENOENT;
	if (rc)
		return failure(t->store, rc, "reading", cause);
	*ret = v.mv_data;
	*ret_n = v.mv_size;
	return 0;
}

/* A key beyond the table's last is appended, which fills pages instead of halving them. */
static int prepare_put(struct wf_store_txn *t, enum wf_table table)
{
	struct put_place *p = &t->places[table];
	int rc = 0;
	if (!p->cursor)
		WF_GUARD_WRITE(&rc, mdb_cursor_open(t->txn, t->store->dbi[table], &p->cursor));
	if (rc || p->known)
		return rc;
	MDB_val k, v;
	WF_GUARD_WRITE(&rc, mdb_cursor_get(p->cursor, &k, &v, MDB_LAST));
	if (rc == MDB_NOTFOUND) {
		p->last_n = 0;
	} else if (rc || k.mv_size > sizeof(p->last)) {
		return rc ? rc : MDB_CORRUPTED;
	} else {
		memcpy(p->last, k.mv_data, k.mv_size);
		p->last_n = k.mv_size;
	}
	p->known = true;
	return 0;
}

static int compare(const void *a, size_t an, const void *b, size_t bn)
{
	int d = memcmp(a, b, an < bn ? an : bn);
	return d ? d : an < bn ? -1 : an > bn;
}

int wf_store_put(struct wf_store_txn *t, enum wf_table table, const void *key, size_t key_n,
	size_t n, void **ret, struct wf_cause *cause)
{
	if (key_n > WF_MAX_KEY)
		WF_BUG("a key that is too long");
	int rc = prepare_put(t, table);
	if (rc)
		return failure(t->store, rc, "writing", cause);
	struct put_place *p = &t->places[table];
	unsigned flags = MDB_RESERVE;
	bool last = compare(key, key_n, p->last, p->last_n) > 0;
	if (last)
		flags |= MDB_APPEND;
	MDB_val k = val(key, key_n), v = val(NULL, n);
	WF_GUARD_WRITE(&rc, mdb_cursor_put(p->cursor, &k, &v, flags));
	if (rc == MDB_MAP_FULL)
		return WF_STORE_AGAIN;
	if (rc)
		return failure(t->store, rc, "writing", cause);
	if (last) {
		memcpy(p->last, key, key_n);
		p->last_n = key_n;
	}
	*ret = v.mv_data;
	return 0;
}

int wf_store_del(struct wf_store_txn *t, enum wf_table table, const void *key, size_t key_n,
	struct wf_cause *cause)
{
	MDB_val k = val(key, key_n);
	t->places[table].known = false;
	int rc;
	WF_GUARD_WRITE(&rc, mdb_del(t->txn, t->store->dbi[table], &k, NULL));
	if (rc == MDB_NOTFOUND)
		return WF_ENOENT;
	if (rc == MDB_MAP_FULL)
		return WF_STORE_AGAIN;
	return rc ? failure(t->store, rc, "deleting", cause) : 0;
}

/* -- cursors -- */

/* The first use of a table in a transaction looks its root up: that is done where nothing has been
 * allocated yet that a fault would leave behind. */
static int open_handle(const struct wf_store_txn *t, MDB_dbi dbi, MDB_cursor **ret)
{
	MDB_stat ignored;
	int rc = mdb_stat(t->txn, dbi, &ignored);
	return rc ? rc : mdb_cursor_open(t->txn, dbi, ret);
}

int wf_cursor_open(struct wf_store_txn *t, enum wf_table table, struct wf_cursor *ret,
	struct wf_cause *cause)
{
	MDB_cursor *handle;
	int rc;
	WF_GUARD_READ(&rc, open_handle(t, t->store->dbi[table], &handle), MDB_CORRUPTED);
	if (rc)
		return failure(t->store, meaning(t, rc), "reading", cause);
	*ret = (struct wf_cursor){.txn = t, .handle = handle, .table = table};
	return 0;
}

void wf_cursor_close(struct wf_cursor *c)
{
	if (c->handle)
		mdb_cursor_close(c->handle);
	c->handle = NULL;
}

/* Whether the page that a key lies in is well-formed; once a page. Pages that a write transaction has
 * changed are elsewhere in memory: there it stays unknown. */
static bool leaf_fits(struct wf_cursor *c, const uint8_t *key)
{
	size_t page_size = c->txn->store->file.page_size;
	const uint8_t *page = key - (uintptr_t)key % page_size;
	if (c->txn->write || page == c->leaf)
		return true;
	c->leaf = page;
	return wf_pages_leaf(page, (uint32_t)page_size, key);
}

static int get_at(struct wf_cursor *c, MDB_val k, MDB_cursor_op op)
{
	MDB_val v;
	int rc = mdb_cursor_get(c->handle, &k, &v, op);
	if (rc)
		return meaning(c->txn, rc);
	if (k.mv_size > sizeof(c->key) || !value_fits(c->txn, v) || !leaf_fits(c, k.mv_data))
		return MDB_CORRUPTED;
	memcpy(c->key, k.mv_data, k.mv_size);
	c->key_n = k.mv_size;
	c->value = v.mv_data;
	c->value_n = v.mv_size;
	return 0;
}

/* `side`: 1 when the key that is found must be above that one, -1 below, 0 at or above. A table whose
 * keys do not rise would give some entries twice and others never. */
static int move(struct wf_cursor *c, MDB_val k, MDB_cursor_op op, int side, const void *that,
	size_t that_n, struct wf_cause *cause)
{
	int rc;
	WF_GUARD_READ(&rc, get_at(c, k, op), MDB_CORRUPTED);
	if (rc == MDB_NOTFOUND)
		return WF_ENOENT;
	if (!rc) {
		int d = compare(c->key, c->key_n, that, that_n);
		if (side ? (side > 0) != (d > 0) || !d : d < 0)
			rc = MDB_CORRUPTED;
	}
	return rc ? failure(c->txn->store, rc, "reading", cause) : 0;
}

static int move_on(struct wf_cursor *c, MDB_cursor_op op, int side, struct wf_cause *cause)
{
	uint8_t from[WF_MAX_KEY];
	memcpy(from, c->key, c->key_n);
	return move(c, val(NULL, 0), op, side, from, c->key_n, cause);
}

int wf_cursor_seek(struct wf_cursor *c, const void *key, size_t key_n, struct wf_cause *cause)
{
	if (!key_n)
		return move(c, val(NULL, 0), MDB_FIRST, 0, "", 0, cause);
	return move(c, val(key, key_n), MDB_SET_RANGE, 0, key, key_n, cause);
}

int wf_cursor_seek_before(struct wf_cursor *c, const void *key, size_t key_n,
	struct wf_cause *cause)
{
	int rc = wf_cursor_seek(c, key, key_n, cause);
	MDB_cursor_op op = rc == WF_ENOENT ? MDB_LAST : MDB_PREV;
	return rc && rc != WF_ENOENT ? rc : move(c, val(NULL, 0), op, -1, key, key_n, cause);
}

int wf_cursor_next(struct wf_cursor *c, struct wf_cause *cause)
{
	return move_on(c, MDB_NEXT, 1, cause);
}

int wf_cursor_prev(struct wf_cursor *c, struct wf_cause *cause)
{
	return move_on(c, MDB_PREV, -1, cause);
}

/* -- keeping -- */

/* The length of the next list of free pages, which stands before it. */
static int next_free(MDB_cursor *c, size_t *ret)
{
	MDB_val k, v;
	int rc = mdb_cursor_get(c, &k, &v, MDB_NEXT);
	if (!rc && v.mv_size >= sizeof(*ret))
		memcpy(ret, v.mv_data, sizeof(*ret));
	return rc;
}

static int count_free(struct wf_store *s, MDB_txn *txn, uint64_t *ret)
{
	MDB_cursor *c;
	int rc = mdb_cursor_open(txn, 0, &c); /* 0 is LMDB's own table of free pages */
	if (rc)
		return rc;
	uint64_t pages = 0;
	do {
		size_t n = 0;
		WF_GUARD_READ(&rc, next_free(c, &n), MDB_CORRUPTED);
		pages += n;
	} while (!rc);
	mdb_cursor_close(c);
	*ret = pages * s->file.page_size;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int count_reader(const char *line, void *arg)
{
	while (*line == ' ')
		line++;
	if (*line >= '0' && *line <= '9')
		++*(uint32_t *)arg;
	return 0;
}

int wf_store_stat(struct wf_store *s, struct wf_store_stat *ret, struct wf_cause *cause)
{
	struct wf_store_stat r = {.quota_bytes = s->quota};
	struct stat st;
	if (stat(s->file.path, &st))
		return wf_store_file_failure(&s->file, errno, "looking at it", cause);
	r.file_bytes = (uint64_t)st.st_size;
	int dead = 0;
	if (!s->options.single && !mdb_reader_check(s->env, &dead))
		s->stale_cleared += (uint32_t)dead;
	r.stale_cleared = s->stale_cleared;
	struct wf_store_txn *t;
	int rc = wf_store_begin(s, false, &t, cause);
	if (rc)
		return rc;
	MDB_envinfo info;
	rc = mdb_env_info(s->env, &info);
	if (!rc)
		rc = count_free(s, t->txn, &r.free_bytes);
	wf_store_abort(t);
	if (rc)
		return failure(s, rc, "reading", cause);
	(void)mdb_reader_list(s->env, count_reader, &r.readers);
	uint64_t all = (info.me_last_pgno + 1) * s->file.page_size;
	r.used_bytes = all > r.free_bytes ? all - r.free_bytes : 0;
	*ret = r;
	return 0;
}

/* A read transaction keeps the pages of its snapshot as they are, so that they can be read from the
 * file; its roots are in one of the two meta pages unless two commits came between. */
static int find_snapshot(struct wf_store *s, int fd, MDB_txn **ret_txn, struct wf_pages_meta *ret,
	struct wf_cause *cause)
{
	for (int i = 0; i < SNAPSHOT_TRIES; i++) {
		MDB_txn *txn;
		int rc = begin(s, MDB_RDONLY, &txn);
		if (rc)
			return failure(s, rc, "reading", cause);
		struct wf_pages_meta m[2];
		rc = wf_pages_metas(fd, s->file.path, m, cause);
		size_t id = mdb_txn_id(txn);
		for (unsigned k = 0; !rc && k < 2; k++) {
			if (m[k].txn == id) {
				*ret_txn = txn;
				*ret = m[k];
				return 0;
			}
		}
		mdb_txn_abort(txn);
		if (rc)
			return rc;
	}
	return wf_fail(cause, WF_EBUSY, "%s is being written too fast to be checked", s->file.path);
}

int wf_store_check_pages(struct wf_store *s, void (*report)(void *, const char *), void *arg,
	struct wf_cause *cause)
{
	int fd = open(s->file.path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return wf_store_file_failure(&s->file, errno, "opening it", cause);
	MDB_txn *txn = NULL;
	struct wf_pages_meta meta;
	int rc = find_snapshot(s, fd, &txn, &meta, cause);
	if (!rc) {
		rc = wf_pages_walk(fd, &meta, NULL, report, arg);
		int sys = errno;
		mdb_txn_abort(txn);
		int step = rc == WF_EIO ? 0 : wf_store_file_in_step(&s->file, fd, cause);
		if (step == WF_ECORRUPT)
			report(arg, "main: the two meta pages are not of consecutive transactions");
		if (rc == WF_EIO)
			(void)wf_store_file_failure(&s->file, sys, "reading it", cause);
		else if (step == WF_EIO)
			rc = step;
		else if (rc || step)
			rc = wf_fail(cause, WF_ECORRUPT, "%s is damaged", s->file.path);
	}
	(void)close(fd);
	return rc;
}

int wf_store_copy(struct wf_store *s, int fd, bool compacted, struct wf_cause *cause)
{
	int rc;
	WF_GUARD_WRITE(&rc, mdb_env_copyfd2(s->env, fd, compacted ? MDB_CP_COMPACT : 0));
	if (rc)
		return failure(s, rc, "copying", cause);
	if (fsync(fd))
		return wf_store_file_failure(&s->file, errno, "copying", cause);
	return 0;
}

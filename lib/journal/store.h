/*
 * The store under the journal: an ordered map from byte strings to byte strings in three tables,
 * with serializable transactions, a snapshot for each reader and cursors. It knows nothing of
 * instances or sealing. store_lmdb.c is the one implementation today; no type of LMDB is here, so
 * that another can stand beside it.
 */
#ifndef WF_JOURNAL_STORE_H
#define WF_JOURNAL_STORE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wf_table { WF_TABLE_META, WF_TABLE_INSTANCES, WF_TABLE_INDEX, WF_TABLE_COUNT_ };

/* The table's name in the file. */
const char *wf_table_name(enum wf_table t);
/* The letter that seals bind a value to its table with. */
char wf_table_letter(enum wf_table t);

#define WF_MAX_KEY 64 /* bytes of any key */

struct wf_store;
struct wf_store_txn;

struct wf_store_options {
	bool write;
	bool create;          /* the folder is there and empty */
	bool single;          /* path is a data file of its own (a backup), read without locks */
	uint64_t quota;       /* bytes of the data file; rounded to pages */
};

/* path: the folder that holds data.mdb (the file itself when `single`). Looks at the file before
 * anything is mapped: WF_ECORRUPT when it is shorter than what it says, or its tables' roots are
 * not well-formed. */
int wf_store_open(const char *path, const struct wf_store_options *options, struct wf_store **ret,
	struct wf_cause *cause);
void wf_store_close(struct wf_store *s); /* NULL is allowed */
/* What is called when the file turns out broken in the midst of an operation, where there is no way
 * back; it must not return. Without it the process aborts. */
void wf_store_on_broken(void (*fn)(void));

/* What an operation may give beside 0 and negative errors. */
#define WF_STORE_AGAIN 1 /* the map has no room: wf_store_grow, then run the transaction again */

int wf_store_begin(struct wf_store *s, bool write, struct wf_store_txn **ret,
	struct wf_cause *cause);
/* Ends the transaction whatever comes. 0: durable. */
int wf_store_commit(struct wf_store_txn *t, struct wf_cause *cause);
void wf_store_abort(struct wf_store_txn *t); /* NULL is allowed */

/* Room for more after WF_STORE_AGAIN, up to the quota; beyond it by a reserve when `essential`
 * (what ends instances must still be written in a full journal). WF_ENOSPC. No transaction is open. */
int wf_store_grow(struct wf_store *s, bool essential, struct wf_cause *cause);
/* Whether the data file has reached the quota: nothing new may be taken in. */
bool wf_store_full(struct wf_store *s);

/* WF_ENOENT without a cause when there is no such key. The value is valid until the next write. */
int wf_store_get(struct wf_store_txn *t, enum wf_table table, const void *key, size_t key_n,
	const uint8_t **ret, size_t *ret_n, struct wf_cause *cause);
/* Makes or replaces the value; *ret is where its n bytes are to be put before the next call. */
int wf_store_put(struct wf_store_txn *t, enum wf_table table, const void *key, size_t key_n,
	size_t n, void **ret, struct wf_cause *cause);
/* WF_ENOENT without a cause when there is none. */
int wf_store_del(struct wf_store_txn *t, enum wf_table table, const void *key, size_t key_n,
	struct wf_cause *cause);

/* A place in a table. The key is the cursor's own copy; the value is valid until the next write. */
struct wf_cursor {
	struct wf_store_txn *txn;
	void *handle;
	enum wf_table table;
	uint8_t key[WF_MAX_KEY];
	size_t key_n;
	const void *leaf; /* private: the page that was looked at last */
	const uint8_t *value;
	size_t value_n;
};
int wf_cursor_open(struct wf_store_txn *t, enum wf_table table, struct wf_cursor *ret,
	struct wf_cause *cause);
void wf_cursor_close(struct wf_cursor *c); /* zeroed is allowed */
/* The first key at or after; the last key before; the neighbours. WF_ENOENT without a cause at the
 * end. */
int wf_cursor_seek(struct wf_cursor *c, const void *key, size_t key_n, struct wf_cause *cause);
int wf_cursor_seek_before(struct wf_cursor *c, const void *key, size_t key_n,
	struct wf_cause *cause);
int wf_cursor_next(struct wf_cursor *c, struct wf_cause *cause);
int wf_cursor_prev(struct wf_cursor *c, struct wf_cause *cause);

struct wf_store_stat {
	uint64_t file_bytes, used_bytes, free_bytes, quota_bytes;
	uint32_t readers, stale_cleared;
};
int wf_store_stat(struct wf_store *s, struct wf_store_stat *ret, struct wf_cause *cause);

/* Walks every page of the newest snapshot by reading the file, trusting nothing; a line a defect.
 * WF_ECORRUPT when there were any. */
int wf_store_check_pages(struct wf_store *s, void (*report)(void *, const char *), void *arg,
	struct wf_cause *cause);

/* Writes a copy (of one snapshot; compacted or page by page) to an empty file and fsyncs it. */
int wf_store_copy(struct wf_store *s, int fd, bool compacted, struct wf_cause *cause);

#endif

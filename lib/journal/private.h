/* What the files of this folder share. */
#ifndef WF_JOURNAL_PRIVATE_H
#define WF_JOURNAL_PRIVATE_H

#include "journal/journal.h"
#include "journal/seal.h"
#include "journal/store.h"
#include "journal/waiting.h"

#include <sys/types.h>

#define WF_JOURNAL_FORMAT 4u
#define WF_JOURNAL_FORMAT_OLDEST 1u /* that can be read, and is raised by the first open for writing */

struct wf_home {
	char *path, *journals, *runners, *spool;
	uint8_t master[WF_SEAL_KEY];
	bool allow_network_fs;
	uint64_t max_bytes;
	unsigned lock_wait_ms;  /* how long an open waits for who has the journal alone, or to have it so */
	int runner_fd;          /* -1: no runner lock is held */
	int watch_fd;           /* the same, where it can be woken; else -1 */
	uint64_t runner_id;
	uint64_t dead[8];       /* runners last found dead, which they stay: many instances have one owner */
	unsigned dead_next;
};

/* The folder of a journal; WF_EINVAL when a name cannot be one of a folder. */
int wf_home_journal_path(const struct wf_home *home, const char *tenant, const char *environment,
	char **ret, struct wf_cause *cause);
/* Makes a folder's entries durable. */
int wf_sync_folder(const char *path, struct wf_cause *cause);

/* What is counted, so that `stats` need not: one sealed record, written once a commit. */
struct wf_counts {
	uint64_t next_instance, next_approval; /* the numbers that will be given next */
	uint64_t history, timers, approvals, open_approvals;
	uint64_t by_status[WF_INST_COUNT_];
	uint64_t next_event, next_schedule;
	uint64_t intrusions, holds, events, undispatched, signals, schedules;
};
/* Those of a journal that holds nothing. */
struct wf_counts wf_counts_first(void);
void wf_counts_put(const struct wf_counts *c, struct wf_buf *out);
int wf_counts_get(const void *bytes, size_t n, struct wf_counts *ret);

struct wf_index_key {
	uint8_t bytes[WF_MAX_KEY];
	size_t n;
};

struct wf_journal {
	struct wf_home *home;   /* borrowed */
	char *path, *tenant, *environment;
	enum wf_journal_mode mode;
	struct wf_store *store;
	struct wf_seal seal;
	struct wf_uuid id;
	int64_t created_at;
	uint32_t format;        /* version of the file */
	int lock_fd;            /* shared lock on open.lock; -1: none could be had */
	struct wf_buf plain, row; /* reused by every transaction */
	/* The index key of the workflow met last, but for the number: most starts in a row are of one. */
	char *workflow;
	struct wf_index_key workflow_key;
};

/* A history record that waits for its instance's other rows, so that rows are written in the order
 * of their keys. */
struct wf_pending_record {
	struct wf_instance *in;
	uint64_t seq;
	size_t at, n;           /* in txn->record_bytes */
	uint32_t next;          /* of the same instance; UINT32_MAX ends */
};

struct wf_txn {
	struct wf_journal *journal;
	struct wf_store_txn *store;
	struct wf_cause *cause;
	uint64_t serial;        /* of this attempt; unique in the process, never 0 */
	bool write;
	int err;                /* sticky */
	bool again;             /* err stands for a map that must grow */
	bool took_in;           /* a fresh instance or plan is in it: not essential */
	bool counts_known, counts_dirty;
	struct wf_counts counts;
	struct wf_pending_record *records;
	uint32_t record_count, record_room;
	struct wf_buf record_bytes;
};

/* Makes err sticky (the cause was filled where it arose) and gives it back. */
int wf_txn_fail(struct wf_txn *t, int err);

/* Sealed values. get appends to out; WF_ENOENT without a cause and not sticky; WF_ECORRUPT names
 * table and key, sticky. */
int wf_txn_get(struct wf_txn *t, enum wf_table table, const void *key, size_t n,
	struct wf_buf *out);
int wf_txn_put(struct wf_txn *t, enum wf_table table, const void *key, size_t n, const void *bytes,
	size_t bytes_n);
/* WF_ENOENT without a cause and not sticky when there is none. */
int wf_txn_del(struct wf_txn *t, enum wf_table table, const void *key, size_t n);
/* The value under a cursor. */
int wf_txn_open_at(struct wf_txn *t, const struct wf_cursor *c, struct wf_buf *out);
/* Sticky WF_ECORRUPT that names table and key. */
int wf_txn_corrupt(struct wf_txn *t, enum wf_table table, const void *key, size_t n,
	const char *what);
/* A cursor's result as the transaction's: WF_ENOENT stays plain, other errors stick. */
int wf_txn_moved(struct wf_txn *t, int rc);

/* Index entries: keys with empty values. */
int wf_txn_add_key(struct wf_txn *t, const uint8_t *key, size_t n);
int wf_txn_del_key(struct wf_txn *t, const uint8_t *key, size_t n); /* absent is not an error */

int wf_txn_load_counts(struct wf_txn *t);
void wf_txn_store_counts(struct wf_txn *t);
/* Writes the records whose instances were not put after them. */
int wf_txn_flush_history(struct wf_txn *t);

/* Refuses, sticky, what is new while the journal is at its quota. */
int wf_txn_take_new(struct wf_txn *t);

/* -- keys of the table `instances`: be64 number | u8 kind | be32 sub -- */
enum wf_row_kind {
	WF_ROW_IDENTITY,
	WF_ROW_INPUT,
	WF_ROW_HEADER,
	WF_ROW_STEP,
	WF_ROW_VAR,
	WF_ROW_HISTORY,
	WF_ROW_THREAD,          /* sub from 1 */
	WF_ROW_SIGNAL,          /* not taken yet */
	WF_ROW_SIGNAL_TAKEN,    /* its id is all that is left */
	WF_ROW_TAKEN,           /* an event, sub: the low half of its number */
	WF_ROW_GROUP,           /* sub: the plan's group */
	WF_ROW_ITEM,            /* sub: its group's first_item + the item */
	WF_ROW_UNDO,            /* sub: its place among the instance's */
	WF_ROW_PRUNED,          /* how much of its history was removed, and when */
	WF_ROW_KIND_COUNT_
};
#define WF_ROW_KEY 13
#define WF_MAX_HISTORY UINT32_MAX
void wf_row_key(uint64_t number, enum wf_row_kind kind, uint32_t sub, uint8_t ret[WF_ROW_KEY]);
struct wf_row_name {
	uint64_t number;
	enum wf_row_kind kind;
	uint32_t sub;
};
/* False when it is no such key. */
bool wf_row_key_parse(const uint8_t *key, size_t n, struct wf_row_name *ret);
/* The row of what was removed. WF_ECORRUPT. */
int wf_pruned_get(const void *bytes, size_t n, uint64_t *ret_records, int64_t *ret_at);
/* Reads the rows of groups, items and undos of an instance whose header was read. */
int wf_txn_load_parts(struct wf_txn *t, struct wf_cursor *c, struct wf_instance *in);
/* Writes those that changed. */
void wf_txn_put_parts(struct wf_txn *t, struct wf_instance *in);
/* Whether no item of a group that ended lacks its row. */
bool wf_instance_items_whole(const struct wf_instance *in);
/* Decodes a row of the instance, of those that are loaded with it, into it. WF_ECORRUPT. */
int wf_row_decode(struct wf_instance *in, const struct wf_row_name *name, const struct wf_buf *row);
/* Seals and writes a row; sticky WF_ELIMIT when it is too long. */
int wf_txn_put_row(struct wf_txn *t, uint64_t number, enum wf_row_kind kind, uint32_t sub,
	const struct wf_buf *row);
/* The same of number 0. */
int wf_txn_put_own(struct wf_txn *t, const struct wf_index_key *key, const struct wf_buf *row);
/* WF_ENOENT, with a cause and not sticky, when there is no such instance. */
int wf_txn_instance_exists(struct wf_txn *t, uint64_t number);

/* Copies the instance of that number out, through a cursor of the table; WF_ENOENT without a cause. */
int wf_txn_load_at(struct wf_txn *t, struct wf_cursor *c, uint64_t number, enum wf_load what,
	struct wf_instance **ret);

/* -- number 0 of that table holds what belongs to no instance: be64 0 | u8 kind | id -- */
enum wf_own_kind {
	WF_OWN_EVENT = 1,       /* be64 number */
	WF_OWN_SCHEDULE,        /* be64 id */
	WF_OWN_SLOT,            /* keyed hash of its name, 16 bytes */
	WF_OWN_END_
};
#define WF_OWN_KEY 9            /* what is before the id */
struct wf_index_key wf_own_key(enum wf_own_kind kind, uint64_t id);
struct wf_index_key wf_slot_key(const struct wf_seal *s, const char *name);
/* The kind; 0: no such key. */
unsigned wf_own_key_kind(const uint8_t *key, size_t n);

/* Rows of number 0. get: WF_ECORRUPT. */
void wf_event_put(const struct wf_kept_event *e, struct wf_buf *out);
int wf_event_get(const void *bytes, size_t n, uint64_t number, struct wf_kept_event *ret);
void wf_schedule_put(const struct wf_schedule *s, struct wf_buf *out);
int wf_schedule_get(const void *bytes, size_t n, uint64_t id, struct wf_schedule *ret);
struct wf_slot {
	char *name;
	uint64_t held, queued;  /* instances; a slot with neither has no row */
	uint64_t most;          /* no limit of who is queued is greater; 0: nobody is */
};
#define WF_SLOT_UNKNOWN UINT64_MAX /* such a limit: of a row of an older format */
void wf_slot_put(const struct wf_slot *s, struct wf_buf *out);
int wf_slot_get(const void *bytes, size_t n, struct wf_slot *ret);

/* An instance takes its places in its slots as it goes from a status to another; -1: it was not there. */
void wf_slots_move(struct wf_txn *t, const struct wf_instance *in, int from, int to);
/* No limit of those in the slot's queue is greater; 0: there is none. */
int wf_txn_slot_most(struct wf_txn *t, const char *slot, uint64_t *ret);
/* The name of the slot at i, NULL when it has none or one before it has the same. */
const char *wf_slot_name(const json_t *slots, size_t i);

/* Rows of signals: the whole of one, or what is left of one that was taken. A new reference, or NULL. */
json_t *wf_signal_get(const void *bytes, size_t n);

/* -- keys of the table `index` (index.c draws them) -- */
enum wf_index_kind {
	WF_INDEX_STATUS = 1,
	WF_INDEX_WORKFLOW,
	WF_INDEX_CORRELATION,
	WF_INDEX_CREATED,
	WF_INDEX_UUID,
	WF_INDEX_TIMER,
	WF_INDEX_OPEN_APPROVAL,
	WF_INDEX_APPROVAL,
	WF_INDEX_START_KEY,
	WF_INDEX_SLOT_HELD,
	WF_INDEX_SLOT_QUEUED,
	WF_INDEX_SIGNAL_ID,
	WF_INDEX_WAITER,
	WF_INDEX_HELD_BACK,
	WF_INDEX_EVENT_TODO,
	WF_INDEX_EVENT_NAME,
	WF_INDEX_EVENT_ID,
	WF_INDEX_SCHEDULE_DUE,
	WF_INDEX_SCHEDULE_NAME,
	WF_INDEX_EXPIRY,
	WF_INDEX_DEADLINE,
	WF_INDEX_END_
};
struct wf_index_key wf_index_status(enum wf_instance_status s, uint64_t number);
struct wf_index_key wf_index_workflow(const struct wf_seal *s, const char *id, uint64_t number);
struct wf_index_key wf_index_correlation(const struct wf_seal *s, const char *id, uint64_t number);
struct wf_index_key wf_index_created(int64_t at, uint64_t number);
struct wf_index_key wf_index_uuid(const struct wf_uuid *id, uint64_t number);
/* Timers of instances, firings of schedules, ends of retentions. */
struct wf_index_key wf_index_timer(enum wf_index_kind kind, int64_t due, uint64_t number);
struct wf_index_key wf_index_approval(enum wf_index_kind kind, uint64_t approval, uint64_t number,
	uint32_t step);
struct wf_index_key wf_index_deadline(int64_t due, uint64_t approval, uint64_t number, uint32_t step);
struct wf_index_key wf_index_start(const struct wf_seal *s, const char *workflow, const char *key,
	uint64_t number);
/* Names of slots, events, ids of events, names of schedules: a hash of 16 bytes, then the number. */
struct wf_index_key wf_index_named(const struct wf_seal *s, enum wf_index_kind kind, const char *name,
	uint64_t number);
struct wf_index_key wf_index_signal(const struct wf_seal *s, const char *id, uint64_t number,
	uint32_t seq);
/* What a step waits for, in 8 bytes: never 0. */
uint64_t wf_waiter_hash(const struct wf_seal *s, enum wf_wait kind, const char *name);
struct wf_index_key wf_index_waiter(uint64_t hash, uint64_t number, uint32_t step);
/* Instances that are held back, events to be dispatched. */
struct wf_index_key wf_index_plain(enum wf_index_kind kind, uint64_t number);
/* Length of a kind's keys; 0: no such kind. */
size_t wf_index_key_length(unsigned kind);
/* What people call the index. */
const char *wf_index_name(unsigned kind);
/* Where in the key the number of the instance (event, schedule) is that it is about. */
size_t wf_index_number_at(unsigned kind);
/* What has that number, as it stands before it: "#", "event ", "schedule ". */
const char *wf_index_about(unsigned kind);

/* -- what rows ask of the indexes (entries.c) -- */
typedef void wf_entry_fn(void *arg, const struct wf_index_key *k);
#define WF_ENTRIES_ALL UINT32_MAX
/* Each entry of an instance, of the kinds whose bits (1 << kind) are given. What comes from its steps is
 * left out when only its header was loaded. */
void wf_each_entry(const struct wf_seal *s, const struct wf_instance *in, uint32_t kinds,
	wf_entry_fn *fn, void *arg);
void wf_event_entries(const struct wf_seal *s, const struct wf_kept_event *e, wf_entry_fn *fn,
	void *arg);
void wf_schedule_entries(const struct wf_seal *s, const struct wf_schedule *w, wf_entry_fn *fn,
	void *arg);
void wf_signal_entries(const struct wf_seal *s, const json_t *signal, uint64_t number, uint32_t seq,
	wf_entry_fn *fn, void *arg);
/* Writing and removing entries as they are given; arg: the transaction. */
wf_entry_fn wf_txn_add_entry, wf_txn_drop_entry;
/* Removes it from the counters as well: of an instance whose rows go. */
wf_entry_fn wf_txn_drop_counted;
/* Whether an approval counts as open: undecided, its step and instance not ended. */
bool wf_approval_is_open(const struct wf_instance *in, const struct wf_step_state *s);
/* The end of an open approval's time, the end of all time where it has none; 0: none is open. */
int64_t wf_approval_deadline(const struct wf_instance *in, const struct wf_step_state *s);
/* What a step waits for, for the index of waiters; 0: nothing of that kind. */
uint64_t wf_step_waiter(const struct wf_seal *s, const struct wf_instance *in,
	const struct wf_step_state *step);
bool wf_step_held_back(const struct wf_instance *in, const struct wf_step_state *step);

/* -- looking at entries (prove.c) -- */
/* That an index entry says what the row says that it names; sticky WF_ECORRUPT. Of timers and approvals
 * its form alone. */
int wf_txn_prove_entry(struct wf_txn *t, const struct wf_cursor *at);
/* That the instance that an entry names has it, of kinds that its header knows: gives it out. */
int wf_txn_load_named(struct wf_txn *t, const struct wf_cursor *at, struct wf_cursor *rows,
	struct wf_instance **ret);
/* Calls fn with each entry that shares the first `shared` bytes of `from`, from that on, until fn says no.
 * fn may write. With `prove`, each is proved before fn sees it, and so are those on either side. */
int wf_txn_each_key(struct wf_txn *t, const struct wf_index_key *from, size_t shared, bool prove,
	bool (*fn)(void *, const uint8_t *key), void *arg);
/* The same without those that `pass`, which may not write, says yes to: they are neither proved nor given. */
int wf_txn_each_key_but(struct wf_txn *t, const struct wf_index_key *from, size_t shared, bool prove,
	bool (*pass)(void *, const uint8_t *key), bool (*fn)(void *, const uint8_t *key), void *arg);
/* The same of rows, opened: fn sees where the row is and what it holds. */
typedef bool wf_row_fn(void *arg, const struct wf_cursor *at, const struct wf_buf *plain);
int wf_txn_each_row(struct wf_txn *t, enum wf_table table, const struct wf_index_key *from,
	size_t shared, wf_row_fn *fn, void *arg);
/* wf_txn_get, and a WF_ENOENT is proved: what stands on either side of the key's place was opened. */
int wf_txn_get_proved(struct wf_txn *t, enum wf_table table, const void *key, size_t n,
	struct wf_buf *out);
/* That alone: WF_ENOENT, or what is wrong. */
int wf_txn_prove_missing(struct wf_txn *t, enum wf_table table, const void *key, size_t n);

uint64_t wf_be64_at(const uint8_t *p);
uint32_t wf_be32_at(const uint8_t *p);
void wf_be64_put(uint8_t *p, uint64_t v);
/* Signed numbers in an order that unsigned bytes keep. */
int64_t wf_be64_time(const uint8_t *p);

/* -- keys of the table `meta` -- */
#define WF_META_HEADER 'H'
#define WF_META_COUNTS 'C'
#define WF_META_PLAN 'P'        /* | plan id, 32 bytes */
#define WF_META_DEFINITION 'D'  /* | keyed hash of the workflow's id, 16 bytes | be64 sequence */
#define WF_META_ACTION 'A'      /* | keyed hash of the action's id, 16 bytes | be64 sequence */
#define WF_META_HOLD 'O'        /* | keyed hash of the workflow's id, 16 bytes; zeros: everything */
#define WF_HOLD_KEY (1 + 16)
void wf_hold_key(const struct wf_seal *s, const char *workflow, uint8_t ret[WF_HOLD_KEY]);
void wf_hold_put(const struct wf_hold *h, struct wf_buf *out);
int wf_hold_get(const void *bytes, size_t n, struct wf_hold *ret);

/* Definition rows. */
void wf_definition_put(const struct wf_definition *d, struct wf_buf *out);
int wf_definition_get(const void *bytes, size_t n, struct wf_definition *ret);

/* Action definition rows, and their keys. */
void wf_action_row_put(const struct wf_action_row *a, struct wf_buf *out);
int wf_action_row_get(const void *bytes, size_t n, struct wf_action_row *ret);

/* The key of a definition; the hash alone is 16 bytes from offset 1. */
#define WF_DEFINITION_KEY (1 + 16 + 8)
void wf_definition_key(const struct wf_seal *s, const char *workflow, uint64_t seq,
	uint8_t ret[WF_DEFINITION_KEY]);
void wf_action_row_key(const struct wf_seal *s, const char *id, uint64_t seq,
	uint8_t ret[WF_DEFINITION_KEY]);

/* -- the header record (header.c) -- */
void wf_header_put(const struct wf_journal *j, const uint8_t data_key[WF_SEAL_KEY],
	struct wf_buf *out);
/* Reads it, and makes the journal's seal with the data key. */
int wf_header_load(struct wf_journal *j, struct wf_cause *cause);
/* Raises the format of a journal that nobody else has open. */
int wf_header_raise(struct wf_journal *j, struct wf_cause *cause);
/* What rows and indexes of an older format lack. */
int wf_txn_raise_rows(struct wf_txn *t);

/* Opens a data file of its own (a backup), read-only and without locks. */
int wf_journal_open_file(struct wf_home *home, const char *path, struct wf_journal **ret,
	struct wf_cause *cause);
/* The lock that every open shares and replacing the data file needs alone. wait_ms: how long to
 * try. WF_EBUSY. */
int wf_journal_lock(const char *folder, bool alone, unsigned wait_ms, int *ret_fd,
	struct wf_cause *cause);

#endif

/*
 * The journal: one LMDB environment a tenant and environment, every value sealed.
 *
 * What a byte means is in journal-format.md. No type of LMDB leaves this folder, so that another
 * ordered key-value store with serializable transactions can stand beside it.
 */
#ifndef WF_JOURNAL_JOURNAL_H
#define WF_JOURNAL_JOURNAL_H

#include "base/buf.h"
#include "base/err.h"
#include "state/event.h"
#include "state/state.h"

#include <stdbool.h>

/* -- the home: config, keys, journals, runners, spool -- */

struct wf_home;

/* Makes the folders, the master key (mode 0600) and the default journal. A home that is there
 * already is left as it is: WF_EEXIST (nothing changed). */
int wf_home_init(const char *path, const char *tenant, const char *environment,
	struct wf_cause *cause);

struct wf_home_options {
	const char *key_file;    /* instead of keys/master: 32 raw bytes or 64 hex digits; NULL */
	bool key_guarded;        /* who gave the key file keeps others from it (a service manager's
	                            credentials): its mode is not looked at */
	bool allow_network_fs;   /* open although the journal is on a network filesystem */
	uint64_t max_bytes;      /* quota of a journal's data file; 0: 64 GiB */
};
/* Reads the master key. WF_ENOENT: no home there (hint: wfctl init). WF_EKEY: no key, wrong size or
 * readable by others. options may be NULL. */
int wf_home_open(const char *path, const struct wf_home_options *options, struct wf_home **ret,
	struct wf_cause *cause);
void wf_home_close(struct wf_home *home); /* NULL is allowed */
const char *wf_home_path(const struct wf_home *home);
const char *wf_home_spool(const struct wf_home *home); /* folder of the spool */

/* Whether that can be the name of a tenant or an environment: 1 to 64 letters, digits and _ - . @, the
 * first neither - nor a dot. */
bool wf_journal_name_ok(const char *name);

/* Makes the journal of a tenant and environment in a home. WF_EEXIST: there is one. */
int wf_journal_create(struct wf_home *home, const char *tenant, const char *environment,
	struct wf_cause *cause);

/* -- runners: who is alive (semantics.md G5) -- */

/* A runner's id is a hash of the machine's boot (upper 32 bits) and a random number (lower 32, never
 * 0), so that the id alone says whether the machine was restarted since. */

/* Takes this process's runner lock, once a process; gives its id, never 0. */
int wf_runner_begin(struct wf_home *home, uint64_t *ret_id, struct wf_cause *cause);
void wf_runner_end(struct wf_home *home);  /* removes the lock file */
/* Whether the runner's process lives. 0 is never alive; one's own is. */
bool wf_runner_alive(struct wf_home *home, uint64_t id);
/* Removes the lock files of runners that died. */
void wf_runner_tidy(struct wf_home *home);
/* Whether two runners belong to the same boot of the machine. */
bool wf_runner_same_boot(uint64_t a, uint64_t b);

/* Wakes a runner: its watch descriptor becomes readable. One that is gone is no error. A wake says no
 * more than "look at your journals": wf_txn_intrusions tells whether anything was changed. */
void wf_runner_wake(struct wf_home *home, uint64_t id);
/* A descriptor that is readable after a wake of this process's runner; the same each time, owned by the
 * home. -1: there is none (no runner lock is held, or its filesystem knows no pipes). */
int wf_runner_watch_fd(struct wf_home *home);
/* Makes the descriptor unreadable again, until the next wake. */
void wf_runner_woken(struct wf_home *home);

/* -- a journal -- */

struct wf_journal;
enum wf_journal_mode { WF_JOURNAL_READ, WF_JOURNAL_WRITE };

/* Opens the journal of a tenant and environment. One open a process and journal. WF_ENOENT: none of
 * that name. WF_EKEY: the key does not open it. WF_EVERSION, WF_ECORRUPT (truncated file, wrong
 * magic), WF_EPERM (read-only), WF_EUNSUPPORTED (network filesystem). */
int wf_journal_open(struct wf_home *home, const char *tenant, const char *environment,
	enum wf_journal_mode mode, struct wf_journal **ret, struct wf_cause *cause);
void wf_journal_close(struct wf_journal *j); /* NULL is allowed */
/* What is called when the file turns out broken in the midst of an operation, where there is no way
 * back: it says so and ends the process. Without it the process aborts. */
void wf_journal_on_broken(void (*fn)(void));

/*
 * A transaction: the function may be run again (after the map has grown), so it must start from the
 * journal's state each time and have no other effect that it cannot repeat. It returns 0 to commit
 * and anything negative to abandon all of it; that is then the result. A failing operation is
 * sticky: later ones do nothing and the commit does not happen, so that callers check once.
 * After WF_ENOSPC, WF_EIO, … nothing of it is in the journal.
 */
struct wf_txn;
typedef int wf_txn_fn(struct wf_txn *txn, void *arg, struct wf_cause *cause);
int wf_journal_update(struct wf_journal *j, wf_txn_fn *fn, void *arg, struct wf_cause *cause);
/* The same, read only: a snapshot. */
int wf_journal_view(struct wf_journal *j, wf_txn_fn *fn, void *arg, struct wf_cause *cause);

/* How often an instance was changed by another than its living owner: an owner that sees it move looks at
 * its instances anew. It is one of the counters, which every writing transaction reads anyway. */
uint64_t wf_txn_intrusions(struct wf_txn *txn); /* 0 after an error, which is sticky */
void wf_txn_intrude(struct wf_txn *txn);

/* The version of its file; an older one is raised when it is opened for writing. */
uint32_t wf_journal_format(const struct wf_journal *j);
#define WF_JOURNAL_FORMAT_EXPIRY 4u /* rows of instances say when their history expires from that on, and
                                       open approvals are found by the end of their time */

/* -- definitions and plans -- */

struct wf_definition {
	char *workflow, *version;       /* version may be a number that register gave */
	uint8_t plan_id[WF_HASH_SIZE];
	int64_t registered_at;
	char *registered_by;
	json_t *triggers;               /* the list in the plan's `triggers`; NULL: none */
	bool enabled;
};
void wf_definition_done(struct wf_definition *d);

/* Keeps the plan's bytes under its id; a no-op when it has them. */
int wf_txn_put_plan(struct wf_txn *txn, const uint8_t id[WF_HASH_SIZE], const void *bytes, size_t n);
int wf_txn_get_plan(struct wf_txn *txn, const uint8_t id[WF_HASH_SIZE], struct wf_buf *out);
/* Registers. version NULL: the next number. The same plan under the same version (or, without a
 * version, as the newest): a no-op, *ret_new false. Another plan under the same version: WF_EEXIST. */
int wf_txn_register(struct wf_txn *txn, const struct wf_definition *d, char **ret_version,
	bool *ret_new);
/* version NULL: the newest enabled. WF_ENOENT. */
int wf_txn_get_definition(struct wf_txn *txn, const char *workflow, const char *version,
	struct wf_definition *ret);
/* Turns a version on or off for new starts. WF_ENOENT. */
int wf_txn_enable_definition(struct wf_txn *txn, const char *workflow, const char *version,
	bool enabled);
/* All, by workflow then by registration; fn returns false to stop. */
int wf_txn_each_definition(struct wf_txn *txn, bool (*fn)(void *, const struct wf_definition *),
	void *arg);
/* The newest enabled version of each workflow that has one, by workflow. */
int wf_txn_each_newest(struct wf_txn *txn, bool (*fn)(void *, const struct wf_definition *),
	void *arg);
/* Forgets a version, or (NULL) every version of a workflow. Instances keep their plans. WF_ENOENT. */
int wf_txn_drop_definition(struct wf_txn *txn, const char *workflow, const char *version);

/* -- action definitions -- */

struct wf_action_row {
	char *id, *version;             /* version may be a number that registering gave */
	uint8_t hash[WF_HASH_SIZE];     /* of the definition's canonical text */
	int64_t registered_at;
	char *registered_by;            /* NULL */
	json_t *definition;
};
void wf_action_row_done(struct wf_action_row *a);

/* As wf_txn_register: version NULL is the next number; the same definition again is nothing new, another
 * one under the same version WF_EEXIST. The hash is made here. */
int wf_txn_put_action(struct wf_txn *txn, const struct wf_action_row *a, char **ret_version,
	bool *ret_new);
/* All, by id then by registration; fn returns false to stop. */
int wf_txn_each_action(struct wf_txn *txn, bool (*fn)(void *, const struct wf_action_row *), void *arg);
/* Forgets a version, or (NULL) all of them. Plans hold what they were compiled with. WF_ENOENT. */
int wf_txn_drop_action(struct wf_txn *txn, const char *id, const char *version);

/* -- instances -- */

/* Writes what is dirty; gives a fresh instance its number, and new approvals theirs; keeps every
 * index. The marks are cleared by wf_instance_written once the transaction has committed. The instance
 * is new or was loaded whole (WF_EINVAL otherwise); it may be put more than once in a transaction.
 * WF_ELIMIT: a value is over WF_MAX_VALUE_BYTES. WF_ENOSPC: the journal is at its quota (instances
 * that are in it already may go on into a reserve, so that they can end). */
int wf_txn_put_instance(struct wf_txn *txn, struct wf_instance *in);
/* Numbers ahead of the transactions that take their instances in, for those whose first turn asks for
 * it: *ret_first and the next ones, for the caller to give (in->number, in->reserved). The number of an
 * instance that then never comes stays unused. */
int wf_txn_reserve_numbers(struct wf_txn *txn, uint32_t count, uint64_t *ret_first);
void wf_instance_written(struct wf_instance *in);
/* Removes an instance that has ended, with everything that is known of it. WF_ENOENT; WF_ECONFLICT: it has
 * not ended. */
int wf_txn_drop_instance(struct wf_txn *txn, uint64_t number);
/* Removes the history of an instance that has ended, its oldest records first, `most` at most; the
 * instance stays. *ret_removed: how many records; fewer than `most`: nothing is left. at: when, for who
 * asks. WF_ENOENT; WF_ECONFLICT: it has not ended. */
int wf_txn_prune_history(struct wf_txn *txn, uint64_t number, int64_t at, uint64_t most,
	uint64_t *ret_removed);
#define WF_PRUNE_RECORDS 2000u /* that one transaction removes at most, so that nobody waits long */
/* Instances whose history has been kept long enough at `until`, the earliest first. */
int wf_txn_each_expired(struct wf_txn *txn, int64_t until,
	bool (*fn)(void *, uint64_t number, int64_t since), void *arg);
/* When that is of the first; 0: of none. */
int wf_txn_next_expiry(struct wf_txn *txn, int64_t *ret);
struct wf_pruned {
	uint64_t instances;     /* whose history is gone */
	uint64_t records;
	bool more;              /* there may be more to do */
};
/* Removes the histories of the first `most` of them, as far as a transaction may. */
int wf_txn_prune_expired(struct wf_txn *txn, int64_t now, size_t most, struct wf_pruned *ret);
/* How many records were removed: the first that is left has that number. 0: none. ret_at may be NULL. */
int wf_txn_pruned(struct wf_txn *txn, uint64_t number, uint64_t *ret_records, int64_t *ret_at);
/* The instance, loaded in this transaction and not put in it yet, goes on under another plan: map says which
 * step there each of its steps is (wf_instance_remap, which it calls). put_instance then writes the rest. */
int wf_txn_change_plan(struct wf_txn *txn, struct wf_instance *in,
	const uint8_t plan_id[WF_HASH_SIZE], uint32_t step_count, const uint32_t *map);
/* Appends a history record (state/event.h) and counts it in in->history. Before put_instance. */
int wf_txn_append_history(struct wf_txn *txn, struct wf_instance *in, const void *bytes, size_t n);

enum wf_load { WF_LOAD_HEADER, WF_LOAD_ALL };
/* Copies the instance out: identity and header, or all its rows (input, steps, vars) too. */
int wf_txn_get_instance(struct wf_txn *txn, uint64_t number, enum wf_load what,
	struct wf_instance **ret);
/* "1234" or "#1234", a UUID, or a unique prefix of one (at least 4 digits). WF_ENOENT,
 * WF_EAMBIGUOUS. */
int wf_txn_find_instance(struct wf_txn *txn, const char *name, uint64_t *ret);
/* The bytes of history records from `first` (0-based) on, those that were not pruned; fn returns false to
 * stop. */
int wf_txn_each_history(struct wf_txn *txn, uint64_t number, uint64_t first,
	bool (*fn)(void *, uint64_t seq, const void *bytes, size_t n), void *arg);

/* How many history records the instance has, as its header row says. WF_ENOENT. */
int wf_txn_history_count(struct wf_txn *txn, uint64_t number, uint64_t *ret);

struct wf_filter {
	int status;              /* enum wf_instance_status, or -1 for all */
	const char *workflow;    /* NULL: all */
	const char *correlation_id;
	uint64_t parent;         /* children of that instance; 0: all */
	int64_t since, until;    /* created, both ends included; 0: open */
	uint64_t below;          /* only numbers below; 0: all (for pages) */
	uint64_t limit;          /* 0: all */
	bool oldest_first;       /* newest first otherwise */
};
/* Headers that match, through the best index; fn returns false to stop. In the order of numbers; with
 * only times given, in the order of creation (which is the same unless the clock went back). */
int wf_txn_each_instance(struct wf_txn *txn, const struct wf_filter *filter,
	bool (*fn)(void *, const struct wf_instance *header), void *arg);
/* Instances by status, kept as counters: O(1). */
int wf_txn_count(struct wf_txn *txn, uint64_t ret[WF_INST_COUNT_]);

/* Numbers of the instances with a timer due at or before `until`, in due order, each once. */
int wf_txn_each_due(struct wf_txn *txn, int64_t until, bool (*fn)(void *, uint64_t number, int64_t due),
	void *arg);
/* The earliest timer of an instance, or firing of a schedule (journal/waiting.h); 0 when there is none. */
int wf_txn_next_due(struct wf_txn *txn, int64_t *ret);

struct wf_open_approval {
	uint64_t approval, instance;
	uint32_t step;
	struct wf_step_state *state; /* as its row has it */
};
/* Open approvals in the order they were opened. fn may take what the step has. */
int wf_txn_each_approval(struct wf_txn *txn, bool (*fn)(void *, const struct wf_open_approval *),
	void *arg);
/* The same in the order in which their time ends, those without an end last; of one end the first opened
 * first. */
int wf_txn_each_deadline(struct wf_txn *txn, bool (*fn)(void *, const struct wf_open_approval *),
	void *arg);
/* The instance and step of an approval, open or decided. WF_ENOENT. */
int wf_txn_get_approval(struct wf_txn *txn, uint64_t approval, uint64_t *ret_instance,
	uint32_t *ret_step);

/* -- keeping -- */

struct wf_journal_stat {
	uint64_t file_bytes, used_bytes, free_bytes, quota_bytes;
	uint64_t instances, by_status[WF_INST_COUNT_], definitions, history_records, timers, approvals;
	uint64_t signals, events, undispatched, schedules, holds;
	uint32_t readers, stale_readers_cleared;
	uint32_t format_version;
	char environment_id[WF_UUID_TEXT];
};
int wf_journal_stat(struct wf_journal *j, struct wf_journal_stat *ret, struct wf_cause *cause);

/* One line a defect found: what and where. */
typedef void wf_check_report(void *arg, const char *text);
/* Reads and authenticates everything, compares every index with the rows and the rows with the
 * indexes. 0: sound; WF_ECORRUPT: defects were reported. Replay is the runtime's part. */
int wf_journal_check(struct wf_journal *j, wf_check_report *report, void *arg,
	struct wf_cause *cause);
/* Whether the file's pages alone are sound, so that what they hold may be read at all. */
bool wf_journal_pages_sound(struct wf_journal *j);

/* Hot copy to a new file (WF_EEXIST if it is there), fsynced, then opened and checked. */
int wf_journal_backup(struct wf_journal *j, const char *to, struct wf_cause *cause);
/* Puts a backup in place of the (absent, or `replace`d) journal after opening and checking it with the
 * home's key. */
int wf_journal_restore(struct wf_home *home, const char *tenant, const char *environment,
	const char *from, bool replace, struct wf_cause *cause);
/* Compacting copy, fsync, rename. Needs that no one else has it open: WF_EBUSY. Closes j. */
int wf_journal_compact(struct wf_journal *j, uint64_t *ret_before, uint64_t *ret_after,
	struct wf_cause *cause);
/* Every record as one JSON object (kind, key, value), opened. For `journal dump`. */
int wf_journal_dump(struct wf_journal *j, bool (*fn)(void *arg, json_t *record), void *arg,
	struct wf_cause *cause);

#endif

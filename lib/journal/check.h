/* What the parts of the check share. */
#ifndef WF_JOURNAL_CHECK_H
#define WF_JOURNAL_CHECK_H

#include "journal/private.h"

struct wf_checker {
	struct wf_txn *txn;
	wf_check_report *report;
	void *arg;
	unsigned defects;
	struct wf_cause cause;          /* of the operation in hand */
	struct wf_counts found;
	uint64_t entries[WF_INDEX_END_]; /* that the rows ask for */
	uint64_t slots_held, slots_queued; /* places that the slots' rows count */
	/* the highest numbers that were given */
	uint64_t highest, highest_approval, highest_event, highest_schedule;
	char subject[40];               /* of whom an entry is expected */
	struct wf_instance *in;         /* whose rows are being read */
	unsigned seen;                  /* a bit a kind of row */
	uint64_t records, first_record, next_record;
	uint64_t pruned;                /* records that were removed */
	uint32_t threads;               /* rows of threads behind the first */
	uint32_t groups, undos;         /* rows of these */
	uint8_t known_plan[WF_HASH_SIZE]; /* the last that was found to be there */
	bool plan_known;
};

void wf_check_defect(struct wf_checker *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void wf_check_defect_at(struct wf_checker *c, const struct wf_cursor *at, const char *what);
/* An operation's failure as a finding, so that the check goes on behind it. */
void wf_check_failed(struct wf_checker *c);
bool wf_check_is_there(struct wf_checker *c, enum wf_table table, const uint8_t *key, size_t n);
bool wf_check_plan_is_there(struct wf_checker *c, const uint8_t id[WF_HASH_SIZE]);
/* Counts an entry that a row asks for, and looks for it; arg: the checker. */
void wf_check_expect(void *arg, const struct wf_index_key *k);

/* A row of the table `instances`, with room for its plain bytes; wf_check_end_instance behind the last. */
void wf_check_row(struct wf_checker *c, const struct wf_cursor *at, struct wf_buf *plain);
void wf_check_end_instance(struct wf_checker *c);
/* A row of number 0, opened. */
void wf_check_own(struct wf_checker *c, const struct wf_cursor *at, const struct wf_buf *plain);
/* A record of the table `meta`. */
void wf_check_meta(struct wf_checker *c, const struct wf_cursor *at, struct wf_buf *plain);
/* The counters against what was found. */
void wf_check_counts(struct wf_checker *c);

#endif

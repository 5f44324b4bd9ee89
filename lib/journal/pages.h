/*
 * A reader of LMDB 0.9 data files that trusts nothing: it uses pread alone, so that a damaged or
 * truncated file gives a finding where mapped memory would give a signal.
 */
#ifndef WF_JOURNAL_PAGES_H
#define WF_JOURNAL_PAGES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a meta page says. */
struct wf_pages_meta {
	uint32_t page_size;
	uint64_t last_page, txn;
	uint8_t dbs[2][48]; /* records of the free list and of the main tree */
};

typedef void wf_pages_report(void *arg, const char *text);

/* Both meta pages, each valid or not a data file of ours. WF_ECORRUPT; WF_EVERSION; WF_EIO. */
int wf_pages_metas(int fd, const char *name, struct wf_pages_meta ret[2], struct wf_cause *cause);

/* The meta of the newest transaction. */
const struct wf_pages_meta *wf_pages_newest(const struct wf_pages_meta metas[2]);

/* The main tree and the tables in it: all of them and the free list too, or (`only` not NULL) the one
 * table of that name. 0; WF_ECORRUPT when anything was reported; WF_EIO when the file cannot be read,
 * with errno. */
int wf_pages_walk(int fd, const struct wf_pages_meta *meta, const char *only,
	wf_pages_report *report, void *arg);

/* Whether a page of a table's entries is well-formed: its nodes inside it, their keys rising, and
 * `key` the key of one of them. */
bool wf_pages_leaf(const uint8_t *page, uint32_t page_size, const uint8_t *key);

/* Whether n bytes of a value in mapped pages lie where values are kept: inside one page, or from the
 * head of an overflow page through as many pages as that says, none past the last. A damaged length
 * would be followed out of the file. */
bool wf_pages_value(const uint8_t *value, size_t n, uint32_t page_size, uint64_t last_page);

#endif

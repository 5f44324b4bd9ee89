/*
 * The data file of a store without the store: what can be asked of it before it is mapped, beside the
 * transactions, and after a write has failed. No type of LMDB is here.
 */
#ifndef WF_JOURNAL_STORE_FILE_H
#define WF_JOURNAL_STORE_FILE_H

#include "journal/pages.h"

#include <stddef.h>
#include <sys/types.h>

struct wf_store_file {
	char *opened; /* the folder, or the file itself when `single` */
	char *path;   /* of the data file */
	bool single;
	size_t page_size;
	dev_t dev;
	ino_t ino;
	int turn_fd;  /* what writers' turns are taken on; -1 before the first */
};

void wf_store_file_init(struct wf_store_file *f, const char *opened, bool single);
void wf_store_file_done(struct wf_store_file *f);

/* A failure of the system at it, with what helps. */
int wf_store_file_failure(const struct wf_store_file *f, int sys, const char *doing,
	struct wf_cause *cause);

/* LMDB says EIO where a write came up short, which is how room runs out in the middle of one. What
 * ran out is asked again with a write of our own; EIO when that finds nothing. */
int wf_store_file_why_short(const struct wf_store_file *f);

/* Which file it is. WF_EINVAL for what is none. */
int wf_store_file_identify(struct wf_store_file *f, struct wf_cause *cause);
/* Proves as much of it as must hold before it is mapped, and fills in its page size. */
int wf_store_file_look(struct wf_store_file *f, struct wf_cause *cause);

/* The table of readers is a mapped file: where the disk has no room for a page of it, touching the
 * page would be a SIGBUS. This takes its room before it is mapped. Locks on it are the process's,
 * which closing any descriptor of it drops: not while the store is open. */
int wf_store_file_lock_room(const struct wf_store_file *f, struct wf_cause *cause);

/*
 * Writers take turns by a lock of the kernel before LMDB's own, which is a robust mutex: where one that
 * waits for it is stopped or killed in the instant in which it is woken, the wake is lost with it, and the
 * others sleep on though nobody has the lock. A file's lock wakes all that wait. Where it cannot be had
 * the mutex alone must do.
 */
void wf_store_file_begin_turn(struct wf_store_file *f);
void wf_store_file_end_turn(struct wf_store_file *f);

/* Whether the two meta pages are of consecutive transactions: WF_ECORRUPT. Another process may write
 * between two reads, so only what is wrong every time counts. */
int wf_store_file_in_step(const struct wf_store_file *f, int fd, struct wf_cause *cause);

#endif

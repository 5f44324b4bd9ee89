/*
 * From a record of what was written and synced to the states that a power cut may leave on the disk.
 *
 * Between two syncs of a file its writes are pending: a cut keeps what was synced and any of them.
 * The states that are made: every subset of up to three pending writes, all of them, and all but one;
 * in each one write may be torn at any sector of 512 bytes (its beginning or its end is there); and
 * the file may have the size that was synced, the size that what was kept needs, or its full size
 * with zeros for what was lost. A name that a rename has given may be the old file's or the new one's
 * until its folder is synced.
 */
#ifndef TESTS_POWER_DISK_H
#define TESTS_POWER_DISK_H

#include "power/event.h"

#include <stdbool.h>
#include <stddef.h>

struct disk_mark {
	enum power_kind kind;    /* POWER_SAID, POWER_EFFECT or POWER_ENDED */
	int status;              /* of POWER_ENDED */
	char *text;
};

struct disk_options {
	const char *target;      /* the file whose states are made */
	size_t most;             /* states from between two syncs; 0: all of them */
	/* The record made worse, to see that this is found. */
	bool forget_syncs;       /* as if nobody had called fdatasync or opened with O_DSYNC */
	bool early_effects;      /* each effect as if it had begun before the last sync */
};

struct disk_count {
	size_t events, syncs, writes;    /* of the record */
	size_t windows;                  /* moments between two syncs that had pending writes */
	size_t states, torn, shorter;    /* made, each different from all before; of less than full size */
	size_t names;                    /* that a command left and that had to be durable */
};

/* A state, and the marks before it: what was promised by then. */
typedef void disk_state_fn(void *arg, const uint8_t *image, size_t n, const struct disk_mark *marks,
	size_t count);

/* The target as it is before the record begins (it may be missing). */
void disk_begin(const char *target);
/* Goes through the record. A command that succeeded with a file or name that is not durable is a
 * defect of its own (trial_defect). */
void disk_replay(const char *record, const struct disk_options *options, disk_state_fn *fn, void *arg,
	struct disk_count *count);

#endif

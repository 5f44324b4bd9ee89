/*
 * What the recorder of check-power writes and the checker reads: one event after another, each the
 * struct and then `len` bytes. The file is opened for appending by everybody who writes to it, and
 * each event is one write, so that their order is the order in which they happened.
 */
#ifndef TESTS_POWER_EVENT_H
#define TESTS_POWER_EVENT_H

#include <stdint.h>

enum power_kind {
	POWER_WRITE,      /* len bytes at `at` of `file`, about to be written; flag: through O_DSYNC */
	POWER_SIZE,       /* `file` is cut or grown to `at` */
	POWER_SYNC,       /* `file` (or folder) has been synced */
	POWER_NAME,       /* `file` (or folder) is called by the path that follows, in `folder`; flag: new */
	POWER_SAID,       /* wfctl says this on standard output */
	POWER_EFFECT,     /* the effect of that name has begun */
	POWER_ENDED       /* a command has ended: its exit status in `at`, its arguments follow */
};

struct power_event {
	uint32_t kind, flag;
	uint64_t file, folder; /* inode numbers */
	int64_t at;
	uint64_t len;
};

#endif

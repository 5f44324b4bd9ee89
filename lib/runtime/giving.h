/* What post.c and deliver.c share: gifts on their way into a transaction. */
#ifndef WF_RUNTIME_GIVING_H
#define WF_RUNTIME_GIVING_H

#include "runtime/drive.h"

struct given_event {
	struct wf_kept_event e;
	uint64_t taken_before;
};

/* One transaction that gives; it may run again, and begins anew then. */
struct giving {
	struct wf_runtime *rt;
	struct wf_gift *gifts;
	size_t count;
	struct wf_drive **drives;     /* each instance once */
	size_t drive_count, drive_room;
	struct given_event *events;   /* each kept event once: its row is read and written once */
	size_t event_count, event_room;
	bool taken_back;              /* all was well, and was not kept */
};

/* Gives a single gift, in a transaction of its own: 0, its refusal, or why there was no transaction.
 * ret_plan: as wf_runtime_give. */
int wf_giving_single(struct wf_runtime *rt, struct wf_gift *gift, const struct wf_plan **ret_plan,
	struct wf_cause *cause);
/* A refusal of the gift, which is no error of the transaction. Gives 0. */
int wf_giving_refuse(struct wf_gift *gift, int rc);
/* Timers that are due by then come before what is given. */
void wf_giving_fire_due(struct wf_runtime *rt, struct wf_drive *d, int64_t at);

/* -- deliver.c: a gift of its kind, to the drive of its instance; 0, or an error of the transaction -- */

int wf_giving_signal(struct giving *g, struct wf_txn *txn, struct wf_drive *d, struct wf_gift *gift);
int wf_giving_kept_event(struct giving *g, struct wf_txn *txn, struct wf_drive *d,
	struct wf_gift *gift);
/* Writes those that were taken: before anybody's inbox is looked at, which counts on what is written. */
int wf_giving_write_events(const struct giving *g, struct wf_txn *txn);
void wf_giving_forget_events(struct giving *g);

#endif

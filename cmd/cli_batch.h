/* What run starts, and starting one a line of a file. */
#ifndef WF_CMD_BATCH_H
#define WF_CMD_BATCH_H

#include "cli.h"
#include "runtime/runtime.h"

/* A plan to run: of a file (its bytes are new to the journal) or registered. */
struct wf_runnable {
	struct wf_plan *plan;
	struct wf_buf bytes;  /* of a file; else empty */
	char *version;        /* as registered; NULL */
	struct wf_with {
		struct wf_plan *plan;
		struct wf_buf bytes;
	} *with;              /* workflows that came with it */
	size_t with_count, with_room;
};
/* By file or name. 0 or the exit status. */
int wf_runnable_find(struct wf_ctx *ctx, const char *name, struct wf_runnable *ret);
/* The same, with children looked for in the file and among what is registered. */
int wf_runnable_beside(struct wf_ctx *ctx, const char *name, struct wf_runnable *ret);
void wf_runnable_done(struct wf_runnable *r);
/* Lends the plans to a runtime, which ends first. */
void wf_runnable_lend(const struct wf_runnable *r, struct wf_runtime *rt);

/* Starts an instance a line of the file ("-": standard input), a result line each. */
int wf_run_batch(struct wf_ctx *ctx, const struct wf_runnable *r, const char *file);

#endif

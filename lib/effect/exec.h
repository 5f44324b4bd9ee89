/* Inside lib/effect: exec.run's input as the performer needs it. */
#ifndef WF_EFFECT_EXEC_H
#define WF_EFFECT_EXEC_H

#include "base/mem.h"
#include "effect/effect.h"
#include "effect/spool.h"

/* What is done with the result: all that outlives the beginning, so that an adopted child needs no
 * more. */
struct wf_exec_expect {
	bool json;                /* stdout is JSON */
	uint32_t *success;        /* exit statuses that are success; in the arena */
	size_t success_count;
	const char *name;         /* of the command, for messages; in the arena */
	uint64_t max_output;
};

/* Reads what concerns the result. False, with the failure in *ret_fail. */
bool wf_exec_read_expect(const struct wf_effect_request *request, struct wf_arena *arena,
	struct wf_exec_expect *ret, struct wf_effect_result *ret_fail);

/* Reads the whole input into a request to the supervisor, finds the command and its folder. Strings
 * are in the arena or borrowed from the request and `environ_in`. False, with the failure. */
bool wf_exec_read(const struct wf_effect_request *request, char *const *environ_in,
	const char *workdir, struct wf_arena *arena, struct wf_spool_request *ret,
	struct wf_effect_result *ret_fail);

/* Fills in all but the cookie. */
void wf_exec_result(const struct wf_exec_expect *expect, const struct wf_spool_done *done,
	struct wf_effect_result *ret);
/* The same when the supervisor is gone and left nothing; why is its errno when it could say so, or 0. */
void wf_exec_lost(const struct wf_exec_expect *expect, int why, struct wf_effect_result *ret);
/* The same when what it left cannot be read; `why` is the errno of that. */
void wf_exec_unread(const struct wf_exec_expect *expect, int why, struct wf_effect_result *ret);

#endif

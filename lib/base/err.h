/*
 * Result codes, and the cause that goes with a failure.
 *
 * A function of the library returns 0 or a negative enum wf_err. Where a person will have to act on
 * the failure it also takes a `struct wf_cause *` and fills it: what is wrong, where, and what to do
 * next. The storage is the caller's and fixed, so that saying "out of memory" needs none.
 */
#ifndef WF_BASE_ERR_H
#define WF_BASE_ERR_H

enum wf_err {
	WF_OK = 0,
	WF_ERR_FIRST_ = -200,
#define WF_ERR(name, text) WF_##name,
#include "base/err.def"
#undef WF_ERR
};

/* The one-line meaning of a result code; never NULL. */
const char *wf_strerror(int err);

/* The code's stable name ("ENOSPC"); never NULL. */
const char *wf_errname(int err);

/* errno of a failed system call as a result code: ENOSPC, EDQUOT and EFBIG are WF_ENOSPC, ENOENT is
 * WF_ENOENT, EACCES and EPERM and EROFS are WF_EPERM, ENOMEM is WF_ENOMEM, all else is WF_EIO. */
int wf_err_of_errno(int sys);

struct wf_cause {
	int err;
	char text[512]; /* one sentence without a full stop, naming the file or thing */
	char hint[256]; /* what to do next; may be empty */
};

/* Fills the cause and returns err, so that `return wf_fail(cause, WF_EIO, "...")` reads as one
 * step. A NULL cause is allowed. The first failure wins only if the caller asks for it by not
 * calling again: a later call replaces the earlier text. */
int wf_fail(struct wf_cause *cause, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds what to do next. A NULL cause is allowed. */
void wf_fail_hint(struct wf_cause *cause, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A broken invariant of wfctl itself, never bad input: prints where, and aborts. */
#define WF_BUG(what) wf_bug_(__FILE__, __LINE__, (what))
_Noreturn void wf_bug_(const char *file, int line, const char *what);

#endif

/*
 * Walking pages of a mapped file that nobody has proved sound: a damaged one leads to addresses where
 * nothing is, which is the file's error and not the program's.
 *
 * Each thread has a guard of its own, so that a fault of one never leaves another's work. A guarded call
 * does not guard calls of its own.
 */
#ifndef WF_JOURNAL_GUARD_H
#define WF_JOURNAL_GUARD_H

#include <setjmp.h>
#include <signal.h>

enum { WF_GUARD_OFF, WF_GUARD_LEAVE, WF_GUARD_BROKEN };

extern _Thread_local volatile sig_atomic_t wf_guard_state;
extern _Thread_local sigjmp_buf wf_guard_back;

/* Makes SIGSEGV and SIGBUS look at the state; what they did before they do still while it is off.
 * Once or more. */
void wf_guard_ready(void);

/* What WF_GUARD_BROKEN calls; it must not return. Without it the process ends by the signal. */
void wf_guard_on_broken(void (*fn)(void));

/* The pages contradict each other: leaves as a fault does. Returns when there is no way to leave. */
void wf_guard_fail(void);

/* *ret is the call's result, or `broken` when it met a fault. Only for a call that can be left
 * half-way: one that reads, takes no lock and links nothing into what outlives it. It may read in a
 * transaction that writes, which is then still the caller's to abort. */
#define WF_GUARD_READ(ret, call, broken)                                                           \
	do {                                                                                       \
		if (sigsetjmp(wf_guard_back, 0) == 0) {                                            \
			wf_guard_state = WF_GUARD_LEAVE;                                           \
			*(ret) = (call);                                                           \
		} else {                                                                           \
			*(ret) = (broken);                                                         \
		}                                                                                  \
		wf_guard_state = WF_GUARD_OFF;                                                     \
	} while (0)

/* The same for a call that changes things: a fault in it ends the process. What it had done is in
 * no transaction. */
#define WF_GUARD_WRITE(ret, call)                                                                  \
	do {                                                                                       \
		wf_guard_state = WF_GUARD_BROKEN;                                                  \
		*(ret) = (call);                                                                   \
		wf_guard_state = WF_GUARD_OFF;                                                     \
	} while (0)

#endif

/* The handler of faults that a damaged file causes. */
#include "journal/guard.h"

#include <stdbool.h>
#include <stddef.h>

_Thread_local volatile sig_atomic_t wf_guard_state;
_Thread_local sigjmp_buf wf_guard_back;

static void (*on_broken)(void);
static const int signals[] = {SIGSEGV, SIGBUS};
static struct sigaction before[2];

void wf_guard_on_broken(void (*fn)(void))
{
	on_broken = fn;
}

void wf_guard_fail(void)
{
	if (wf_guard_state == WF_GUARD_LEAVE)
		siglongjmp(wf_guard_back, 1);
	if (wf_guard_state == WF_GUARD_OFF)
		return;
	wf_guard_state = WF_GUARD_OFF;
	if (on_broken)
		on_broken();
}

/* Sent by another process, it is no fault of ours. */
static void fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	/* The handler is left by a jump: the signal must not stay blocked, whoever called it. */
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, sig);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	if (info->si_code > 0)
		wf_guard_fail();
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signals[i] == sig)
			(void)sigaction(sig, &before[i], NULL);
	if (info->si_code <= 0)
		(void)raise(sig);
	/* else the instruction is run again, and its fault goes where it went before */
}

void wf_guard_ready(void)
{
	static bool ready;
	struct sigaction act = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
	if (ready)
		return;
	ready = true;
	(void)sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &act, &before[i]);
}

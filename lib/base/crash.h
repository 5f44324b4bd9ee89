/*
 * Numbered boundaries: every place where the process could die with something half done.
 *
 * Each has a name in crash.def. When armed, the nth passing of a boundary kills the process with
 * SIGKILL, so that a test can die there exactly. Unarmed it costs one comparison.
 */
#ifndef WF_BASE_CRASH_H
#define WF_BASE_CRASH_H

#include <stdbool.h>
#include <stdint.h>

enum wf_crash_point {
#define WF_CRASH(name, text) WF_CRASH_##name,
#include "base/crash.def"
#undef WF_CRASH
	WF_CRASH_COUNT_
};

/* Arms by name: "COMMIT_BEFORE:3" dies at the third passing; ":1" may be left out. A plain number N
 * dies at the Nth passing of any boundary. False when no such name. */
bool wf_crash_arm(const char *spec);

/* Boundaries passed so far, of any name. */
uint64_t wf_crash_passed(void);

const char *wf_crash_name(enum wf_crash_point point);

void wf_crash_here(enum wf_crash_point point);

#endif

/* What the parts of the crash campaign share. */
#ifndef TESTS_CRASH_CAMPAIGN_H
#define TESTS_CRASH_CAMPAIGN_H

#include "helpers/world.h"
#include "scenarios.h"

extern const char *const boundary_names[];
extern const size_t boundary_count;
extern unsigned deaths[]; /* by boundary */
extern unsigned second_deaths, supervisor_deaths;

/* supervisors.c: the supervisor dies at each of its own boundaries. */
void kill_supervisors(void);
/* keeping.c: init, register, backup, restore and compact are killed at every boundary. */
void kill_keepers(void);

#endif

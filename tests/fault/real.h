/* The limits of a real system: a disk that is full, a limit on file sizes, a journal at its quota. */
#ifndef TESTS_FAULT_REAL_H
#define TESTS_FAULT_REAL_H

#include <stdbool.h>

/* Tries them and prints what was covered; defects are counted by trial_defect. tool: the commands of
 * the workflows in the folder `tests`, which leave a line each in `log`. */
void real_limits(const char *tool, const char *tests, const char *log, bool quick);

#endif

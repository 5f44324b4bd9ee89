/* The manual's pages and tables, from the tables of the program. */
#ifndef WF_CMD_MANUAL_H
#define WF_CMD_MANUAL_H

#include "base/buf.h"

#include <stdbool.h>

/* Appends a verb's page, or one of the tables for a page with prose of its own (see cli_manual.c). False
 * when there is nothing of that name. */
bool wf_manual(const char *page, struct wf_buf *out);

#endif

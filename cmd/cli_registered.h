/* The table of what is registered: workflows, actions. */
#ifndef WF_CMD_REGISTERED_H
#define WF_CMD_REGISTERED_H

#include "cli.h"

/* A row; texts are the caller's, NULL is "-". */
struct wf_registered {
	const char *id, *version;
	const char *about;       /* the column that differs: the name, whether it is enabled */
	enum wf_role about_role;
	int64_t at;              /* when it was registered; 0: it is shipped */
	const char *by, *hash;
};
/* Titles of the columns of id, about and hash. */
struct wf_table *wf_registered_table(const char *id, const char *about, const char *hash);
/* The hash is cut short unless the form is wide. */
void wf_registered_row(const struct wf_ctx *ctx, struct wf_table *t, const struct wf_registered *r);

#endif

/* Values by name, in a balanced tree: a text of a million keys that were chosen to collide is read as
 * fast as any other. Inside lib/source only. */
#ifndef WF_SOURCE_NAMES_H
#define WF_SOURCE_NAMES_H

#include "base/mem.h"

/* A zeroed one is empty. Nodes come from the arena and are never given back. */
struct wf_names {
	struct wf_arena *arena; /* borrowed; to be set before the first slot is made */
	struct wf_name *root;
};

/* Where the name's value is kept; made, holding NULL, when it is not there. The name is borrowed. */
void **wf_names_slot(struct wf_names *names, const char *name);

/* The name's value; NULL when it is not there. */
void *wf_names_get(const struct wf_names *names, const char *name);

#endif

/* A tree as YAML text. */
#ifndef WF_SOURCE_WRITE_H
#define WF_SOURCE_WRITE_H

#include "base/buf.h"
#include "source/tree.h"

/* Appends a document in block style, with a line's end behind it: reading it gives the same tree but for
 * the places. */
void wf_source_write(const struct wf_node *root, struct wf_buf *out);

#endif

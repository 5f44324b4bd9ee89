/* JSON and YAML text of a value, for programs and for people. */
#ifndef WF_VIEW_EMIT_H
#define WF_VIEW_EMIT_H

#include "base/buf.h"

#include <jansson.h>

/* Indented by two spaces, short lists of scalars on one line; ends in a newline. */
void wf_view_json(const json_t *value, struct wf_buf *out);
/* The same without the last newline, nested lines after `indent` spaces. */
void wf_view_json_at(const json_t *value, size_t indent, struct wf_buf *out);

/* YAML 1.2 block style, every line after `indent` spaces. Scalars that another reader could take for
 * something else are quoted. Ends in a newline. */
void wf_view_yaml(const json_t *value, size_t indent, struct wf_buf *out);

#endif

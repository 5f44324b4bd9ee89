/*
 * The files of schemas/, embedded: the dialects, the actions' inputs and outputs, wfctl's own
 * outputs. The build makes the table (embed.sh).
 */
#ifndef WF_SCHEMA_BUILTIN_H
#define WF_SCHEMA_BUILTIN_H

#include <stddef.h>

/* The text of the file with that path below schemas/ ("orch.schema.json",
 * "actions/http.request.input.json"), its length in *ret_len. NUL-terminated, lasts for ever. NULL
 * (and *ret_len untouched) when there is none. */
const char *wf_builtin_schema(const char *name, size_t *ret_len);

/* The name of the i-th file in bytewise order; NULL past the last. */
const char *wf_builtin_schema_name(size_t i);

#endif

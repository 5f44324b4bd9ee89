/* The generated table of embedded files, sorted by name. Private to builtin.c. */
#ifndef WF_SCHEMA_EMBEDDED_H
#define WF_SCHEMA_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name;
	const unsigned char *bytes; /* len of them, then a NUL */
	size_t len;
};

extern const struct embedded wf_schema_files[];
extern const size_t wf_schema_count;

#endif

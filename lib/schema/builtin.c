/* Looking up an embedded schema. The table itself is generated. */
#include "schema/builtin.h"

#include "schema/embedded.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *name, const void *file)
{
	return strcmp(name, ((const struct embedded *)file)->name);
}

const char *wf_builtin_schema(const char *name, size_t *ret_len)
{
	const struct embedded *file = bsearch(name, wf_schema_files, wf_schema_count,
		sizeof(*wf_schema_files), by_name);

	if (!file)
		return NULL;
	*ret_len = file->len;
	return (const char *)file->bytes;
}

const char *wf_builtin_schema_name(size_t i)
{
	return i < wf_schema_count ? wf_schema_files[i].name : NULL;
}

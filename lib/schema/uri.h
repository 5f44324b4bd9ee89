/* Resolving URI references (RFC 3986, section 5), for $id and $ref. */
#ifndef WF_SCHEMA_URI_H
#define WF_SCHEMA_URI_H

#include "base/mem.h"

/* The reference against the base, without its fragment. From the arena. */
char *wf_uri_resolve(struct wf_arena *a, const char *base, const char *reference);

/* What follows the first #, percent-decoded; NULL when there is no #. From the arena. */
char *wf_uri_fragment(struct wf_arena *a, const char *reference);

#endif

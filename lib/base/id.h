/* UUIDs: version 7 (RFC 9562) for instances, name-based ones for what must replay the same. */
#ifndef WF_BASE_ID_H
#define WF_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#define WF_UUID_TEXT 37 /* 36 characters and the NUL */

struct wf_uuid {
	uint8_t bytes[16];
};

/* A new UUIDv7 of the time in milliseconds since 1970. Ids made by one process within one
 * millisecond still rise. */
struct wf_uuid wf_uuid_new(int64_t now_ms);

/* A UUIDv8 that is a hash of the bytes: the same input gives the same id. */
struct wf_uuid wf_uuid_derived(const void *bytes, uint32_t n);

void wf_uuid_text(const struct wf_uuid *id, char ret[WF_UUID_TEXT]);

/* Accepts the canonical 36-character form, either case. */
bool wf_uuid_parse(const char *text, struct wf_uuid *ret);

#endif

/* UUIDs. */
#include "base/id.h"

#include "base/hash.h"
#include "base/sys.h"

#include <string.h>

static void stamp(struct wf_uuid *id, uint8_t version)
{
	id->bytes[6] = (uint8_t)((id->bytes[6] & 0x0f) | version << 4);
	id->bytes[8] = (uint8_t)((id->bytes[8] & 0x3f) | 0x80);
}

struct wf_uuid wf_uuid_new(int64_t now_ms)
{
	/* Within a millisecond the 12 bits after the time count up from a random start below half
	 * their range; when they run out, the time of the id moves on. */
	static int64_t last_ms = -1;
	static uint32_t count;
	struct wf_uuid id;
	wf_random(id.bytes, sizeof(id.bytes));
	if (now_ms > last_ms) {
		last_ms = now_ms;
		count = ((uint32_t)id.bytes[6] << 8 | id.bytes[7]) & 0x7ff;
	} else if (++count > 0xfff) {
		last_ms++;
		count = 0;
	}
	for (int i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t)((uint64_t)last_ms >> (40 - 8 * i));
	id.bytes[6] = (uint8_t)(count >> 8);
	id.bytes[7] = (uint8_t)count;
	stamp(&id, 7);
	return id;
}

struct wf_uuid wf_uuid_derived(const void *bytes, uint32_t n)
{
	uint8_t hash[WF_HASH_SIZE];
	struct wf_uuid id;
	wf_hash(bytes, n, hash);
	memcpy(id.bytes, hash, sizeof(id.bytes));
	stamp(&id, 8);
	return id;
}

void wf_uuid_text(const struct wf_uuid *id, char ret[WF_UUID_TEXT])
{
	char hex[33];
	wf_hex(id->bytes, 16, hex);
	char *out = ret;
	for (int i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*out++ = '-';
		*out++ = hex[i];
	}
	*out = '\0';
}

bool wf_uuid_parse(const char *text, struct wf_uuid *ret)
{
	char hex[33];
	size_t n = 0;
	if (strlen(text) != WF_UUID_TEXT - 1)
		return false;
	for (int i = 0; i < WF_UUID_TEXT - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash != (text[i] == '-'))
			return false;
		if (!dash)
			hex[n++] = text[i];
	}
	hex[n] = '\0';
	struct wf_uuid id;
	if (!wf_unhex(hex, id.bytes, 16))
		return false;
	*ret = id;
	return true;
}

/* Parts that the rows and records share: times, JSON, numbers that are there only when not usual. */
#include "state/rows.h"

#include "base/json.h"

#include <string.h>

void wf_put_time(struct wf_buf *out, int64_t at, int64_t base)
{
	uint64_t d = (uint64_t)at - (uint64_t)base;
	wf_put_varint(out, d << 1 ^ (d >> 63 ? UINT64_MAX : 0));
}

int64_t wf_get_time(struct wf_reader *r, int64_t base)
{
	uint64_t z = wf_get_varint(r);
	uint64_t d = z >> 1 ^ (z & 1 ? UINT64_MAX : 0);
	return (int64_t)((uint64_t)base + d);
}

/* The length goes before the text but is known after it: one byte is kept free, and the text is
 * moved when it needs more. */
void wf_put_json(struct wf_buf *out, const json_t *value)
{
	size_t at = out->len;
	wf_put_u8(out, 0);
	wf_json_write(value, out);
	size_t n = out->len - at - 1;
	if (n < 0x80) {
		out->data[at] = (char)n;
		return;
	}
	uint8_t bytes[10];
	size_t digits = 0;
	for (size_t v = n; v || !digits; v >>= 7)
		bytes[digits++] = (uint8_t)(v >> 7 ? (v & 0x7f) | 0x80 : v);
	wf_buf_add(out, bytes, digits - 1);
	memmove(out->data + at + digits, out->data + at + 1, n);
	memcpy(out->data + at, bytes, digits);
}

/* Not wf_json_parse: what is in the journal was let in once already, and a value that a workflow
 * nested deeper than an input may be must still be read back. */
json_t *wf_get_json(struct wf_reader *r)
{
	size_t n;
	const uint8_t *text = wf_get_bytes(r, &n);
	if (!text)
		return NULL;
	json_t *value = wf_json_read_plain((const char *)text, n);
	if (!value)
		value = json_loadb((const char *)text, n,
			JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	if (!value)
		r->bad = true;
	return value;
}

uint32_t wf_get_u32_varint(struct wf_reader *r)
{
	uint64_t v = wf_get_varint(r);
	if (v > UINT32_MAX)
		r->bad = true;
	return (uint32_t)v;
}

/* A number at its default is never written: one that is there must differ from it. */
uint32_t wf_get_u32_but(struct wf_reader *r, uint32_t not)
{
	uint32_t v = wf_get_u32_varint(r);
	if (v == not)
		r->bad = true;
	return v;
}

int64_t wf_get_time_nonzero(struct wf_reader *r, int64_t base)
{
	int64_t at = wf_get_time(r, base);
	if (!at)
		r->bad = true;
	return at;
}

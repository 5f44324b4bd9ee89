/* Byte buffers, and little-endian put and get. */
#include "base/buf.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void wf_buf_grow_(struct wf_buf *b, size_t more)
{
	size_t need = b->len + more + 1;
	size_t room = b->room ? b->room * 2 : 64;
	if (room < need)
		room = need;
	b->data = wf_realloc(b->data, room);
	b->room = room;
}

void wf_buf_done(struct wf_buf *b)
{
	if (!b)
		return;
	wf_free(b->data);
	*b = (struct wf_buf){0};
}

void wf_buf_reset(struct wf_buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

char *wf_buf_take(struct wf_buf *b)
{
	(void)wf_buf_extend(b, 0);
	char *s = b->data;
	*b = (struct wf_buf){0};
	return s;
}

void wf_buf_add(struct wf_buf *b, const void *bytes, size_t n)
{
	char *at = wf_buf_extend(b, n);
	if (n)
		memcpy(at, bytes, n);
}

void wf_buf_addstr(struct wf_buf *b, const char *s)
{
	wf_buf_add(b, s, strlen(s));
}

void wf_buf_printf(struct wf_buf *b, const char *fmt, ...)
{
	va_list ap;
	for (size_t want = 40;;) {
		char *at = wf_buf_extend(b, want);
		va_start(ap, fmt);
		int n = vsnprintf(at, want + 1, fmt, ap);
		va_end(ap);
		if (n < 0)
			WF_BUG("a format that cannot be printed");
		b->len -= want;
		if ((size_t)n <= want) {
			b->len += (size_t)n;
			return;
		}
		want = (size_t)n;
	}
}

static inline __attribute__((always_inline)) void put_le(struct wf_buf *b, uint64_t v, size_t n)
{
	char *at = wf_buf_extend(b, n);
	v = htole64(v);
	memcpy(at, &v, n); /* the low bytes come first */
}

void wf_put_u8(struct wf_buf *b, uint8_t v)
{
	put_le(b, v, 1);
}

void wf_put_u16(struct wf_buf *b, uint16_t v)
{
	put_le(b, v, 2);
}

void wf_put_u32(struct wf_buf *b, uint32_t v)
{
	put_le(b, v, 4);
}

void wf_put_u64(struct wf_buf *b, uint64_t v)
{
	put_le(b, v, 8);
}

void wf_put_varint(struct wf_buf *b, uint64_t v)
{
	uint8_t bytes[10];
	size_t n = 0;
	if (v < 0x80) {
		wf_buf_addch(b, (char)v);
		return;
	}
	do {
		uint8_t low = v & 0x7f;
		v >>= 7;
		bytes[n++] = v ? (uint8_t)(low | 0x80) : low;
	} while (v);
	wf_buf_add(b, bytes, n);
}

void wf_put_bytes(struct wf_buf *b, const void *bytes, size_t n)
{
	wf_put_varint(b, n);
	wf_buf_add(b, bytes, n);
}

void wf_put_string(struct wf_buf *b, const char *s)
{
	wf_put_bytes(b, s ? s : "", s ? strlen(s) : 0);
}

struct wf_reader wf_reader_of(const void *data, size_t len)
{
	return (struct wf_reader){.data = data, .len = len};
}

const uint8_t *wf_get_raw(struct wf_reader *r, size_t n)
{
	return wf_get_next_(r, n);
}

uint64_t wf_get_varint(struct wf_reader *r)
{
	uint64_t v = 0;
	if (!r->bad && r->off < r->len && r->data[r->off] < 0x80)
		return r->data[r->off++];
	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t byte = wf_get_u8(r);
		if (r->bad)
			return 0;
		if ((shift == 63 && byte > 1) || (shift && byte == 0))
			break; /* over 64 bits, or longer than it need be */
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	r->bad = true;
	return 0;
}

const uint8_t *wf_get_bytes(struct wf_reader *r, size_t *ret_n)
{
	uint64_t n = wf_get_varint(r);
	*ret_n = 0;
	if (r->bad || n > r->len - r->off) {
		r->bad = true;
		return NULL;
	}
	*ret_n = (size_t)n;
	return wf_get_raw(r, (size_t)n);
}

char *wf_get_string(struct wf_reader *r)
{
	size_t n;
	const uint8_t *p = wf_get_bytes(r, &n);
	if (!p || memchr(p, '\0', n)) {
		r->bad = true;
		return NULL;
	}
	return wf_strndup((const char *)p, n);
}

/*
 * A growable byte buffer and the put/get helpers of every binary format.
 *
 * A zeroed struct wf_buf is empty and valid. `data` is NUL-terminated after every append, so that it
 * can be read as a string; the NUL is not counted.
 */
#ifndef WF_BASE_BUF_H
#define WF_BASE_BUF_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wf_buf {
	char *data;
	size_t len, room;
};

void wf_buf_done(struct wf_buf *b);             /* frees; zeroed afterwards */
void wf_buf_reset(struct wf_buf *b);            /* empty, keeps its room */
char *wf_buf_take(struct wf_buf *b);            /* the caller owns the string; never NULL */
void wf_buf_add(struct wf_buf *b, const void *bytes, size_t n);
void wf_buf_grow_(struct wf_buf *b, size_t more); /* room for so many, and the NUL */
/* Makes the buffer n bytes longer; where they are to be written. */
static inline char *wf_buf_extend(struct wf_buf *b, size_t n)
{
	if (__builtin_expect(n >= b->room - b->len, 0))
		wf_buf_grow_(b, n);
	char *at = b->data + b->len;
	b->len += n;
	b->data[b->len] = '\0';
	return at;
}
void wf_buf_addstr(struct wf_buf *b, const char *s);
static inline void wf_buf_addch(struct wf_buf *b, char c)
{
	*wf_buf_extend(b, 1) = c;
}
void wf_buf_printf(struct wf_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define WF_AUTOBUF __attribute__((cleanup(wf_buf_done)))

/* Little-endian fixed-width integers. */
void wf_put_u8(struct wf_buf *b, uint8_t v);
void wf_put_u16(struct wf_buf *b, uint16_t v);
void wf_put_u32(struct wf_buf *b, uint32_t v);
void wf_put_u64(struct wf_buf *b, uint64_t v);
/* Unsigned LEB128: 7 bits a byte, least first; at most 10 bytes. */
void wf_put_varint(struct wf_buf *b, uint64_t v);
/* A varint length, then the bytes. */
void wf_put_bytes(struct wf_buf *b, const void *bytes, size_t n);
void wf_put_string(struct wf_buf *b, const char *s); /* NULL is written as the empty string */

/*
 * A reader with a sticky error: after the first read past the end (or a varint that is not minimal,
 * or over 64 bits) `bad` is set and every later read gives 0. Callers check once, at the end.
 */
struct wf_reader {
	const uint8_t *data;
	size_t len, off;
	bool bad;
};

struct wf_reader wf_reader_of(const void *data, size_t len);

const uint8_t *wf_get_raw(struct wf_reader *r, size_t n); /* NULL when bad */

/* Here rather than in buf.c: a large plan has a million of them. */
static inline const uint8_t *wf_get_next_(struct wf_reader *r, size_t n)
{
	if (__builtin_expect(r->bad || n > r->len - r->off, 0)) {
		r->bad = true;
		return NULL;
	}
	r->off += n;
	return r->data + r->off - n;
}

static inline uint8_t wf_get_u8(struct wf_reader *r)
{
	const uint8_t *p = wf_get_next_(r, 1);
	return p ? *p : 0;
}

static inline uint16_t wf_get_u16(struct wf_reader *r)
{
	uint16_t v = 0;
	const uint8_t *p = wf_get_next_(r, sizeof(v));
	if (p)
		memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline uint32_t wf_get_u32(struct wf_reader *r)
{
	uint32_t v = 0;
	const uint8_t *p = wf_get_next_(r, sizeof(v));
	if (p)
		memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint64_t wf_get_u64(struct wf_reader *r)
{
	uint64_t v = 0;
	const uint8_t *p = wf_get_next_(r, sizeof(v));
	if (p)
		memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

uint64_t wf_get_varint(struct wf_reader *r);
/* Points into the reader's data; NULL (and *ret_n 0) when bad. */
const uint8_t *wf_get_bytes(struct wf_reader *r, size_t *ret_n);
/* A copy from wf_alloc; NULL when bad or when it holds a NUL. */
char *wf_get_string(struct wf_reader *r);

#endif

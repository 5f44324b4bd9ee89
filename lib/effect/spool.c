/* Requests to the supervisor and its results: writer and reader side by side, libc only. */
#include "effect/spool.h"

#include <string.h>

static const char request_magic[8] = {'w', 'f', 'r', 'e', 'q', 0, 0, 1};
static const char done_magic[8] = {'w', 'f', 'e', 'n', 'd', 0, 0, 1};
#define REQUEST_HEAD 52

static unsigned char *put(unsigned char *to, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (unsigned char)(v >> (8 * i));
	return to + n;
}

static uint64_t get(const unsigned char *from, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)from[i] << (8 * i);
	return v;
}

/* -- the request -- */

static bool add_string(size_t *total, const char *s)
{
	size_t n = strlen(s);
	return n < UINT32_MAX && !__builtin_add_overflow(*total, n + 5, total);
}

size_t wf_spool_request_size(const struct wf_spool_request *r)
{
	size_t total = REQUEST_HEAD;
	bool fits = add_string(&total, r->path) && add_string(&total, r->cwd);
	for (uint32_t i = 0; fits && i < r->argc; i++)
		fits = add_string(&total, r->argv[i]);
	for (uint32_t i = 0; fits && i < r->envc; i++)
		fits = add_string(&total, r->envp[i]);
	return fits && !__builtin_add_overflow(total, r->stdin_len, &total) ? total : 0;
}

static unsigned char *put_string(unsigned char *to, const char *s)
{
	size_t n = strlen(s);
	to = put(to, n, 4);
	memcpy(to, s, n + 1);
	return to + n + 1;
}

void wf_spool_request_put(const struct wf_spool_request *r, void *ret)
{
	unsigned char *to = ret;
	memcpy(to, request_magic, 8);
	to = put(to + 8, r->timeout_ms, 8);
	to = put(to, r->grace_ms, 8);
	to = put(to, r->max_output, 8);
	to = put(to, r->stdin_len, 8);
	to = put(to, r->has_stdin, 4);
	to = put(to, r->argc, 4);
	to = put(to, r->envc, 4);
	to = put_string(to, r->path);
	to = put_string(to, r->cwd);
	for (uint32_t i = 0; i < r->argc; i++)
		to = put_string(to, r->argv[i]);
	for (uint32_t i = 0; i < r->envc; i++)
		to = put_string(to, r->envp[i]);
	if (r->stdin_len)
		memcpy(to, r->stdin_data, r->stdin_len);
}

size_t wf_spool_request_slots(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	if (n < REQUEST_HEAD || memcmp(p, request_magic, 8) != 0)
		return 0;
	uint64_t strings = get(p + 44, 4) + get(p + 48, 4);
	return strings > n / 5 ? 0 : (size_t)strings + 2;
}

static char *get_string(unsigned char *bytes, size_t n, size_t *off)
{
	if (n - *off < 5)
		return NULL;
	uint64_t len = get(bytes + *off, 4);
	if (len > n - *off - 5 || memchr(bytes + *off + 4, '\0', (size_t)len + 1) !=
			bytes + *off + 4 + len)
		return NULL;
	char *s = (char *)bytes + *off + 4;
	*off += (size_t)len + 5;
	return s;
}

static char **get_strings(unsigned char *bytes, size_t n, size_t *off, char **slots, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		slots[i] = get_string(bytes, n, off);
		if (!slots[i])
			return NULL;
	}
	slots[count] = NULL;
	return slots;
}

bool wf_spool_request_get(void *bytes, size_t n, char **slots, struct wf_spool_request *ret)
{
	unsigned char *p = bytes;
	if (!wf_spool_request_slots(bytes, n))
		return false;
	struct wf_spool_request r = {
		.timeout_ms = get(p + 8, 8), .grace_ms = get(p + 16, 8), .max_output = get(p + 24, 8),
		.has_stdin = get(p + 40, 4) != 0, .argc = (uint32_t)get(p + 44, 4),
		.envc = (uint32_t)get(p + 48, 4)
	};
	uint64_t stdin_len = get(p + 32, 8);
	size_t off = REQUEST_HEAD;
	r.path = get_string(p, n, &off);
	r.cwd = r.path ? get_string(p, n, &off) : NULL;
	r.argv = r.cwd ? get_strings(p, n, &off, slots, r.argc) : NULL;
	r.envp = r.argv ? get_strings(p, n, &off, slots + r.argc + 1, r.envc) : NULL;
	if (!r.envp || !r.argc || stdin_len != n - off)
		return false;
	r.stdin_data = p + off;
	r.stdin_len = (size_t)stdin_len;
	*ret = r;
	return true;
}

/* -- the result -- */

void wf_spool_done_put(const struct wf_spool_done *d, unsigned char ret[WF_SPOOL_DONE_HEAD])
{
	memcpy(ret, done_magic, 8);
	unsigned char *to = put(ret + 8, (uint64_t)d->end, 4);
	to = put(to, d->value, 4);
	to = put(to, d->out_len, 8);
	put(to, d->err_len, 8);
}

bool wf_spool_done_get(const void *bytes, size_t n, struct wf_spool_done *ret)
{
	const unsigned char *p = bytes;
	if (n < WF_SPOOL_DONE_HEAD || memcmp(p, done_magic, 8) != 0)
		return false;
	uint64_t end = get(p + 8, 4), out_len = get(p + 16, 8), err_len = get(p + 24, 8);
	size_t rest = n - WF_SPOOL_DONE_HEAD;
	if (!end || end >= WF_SPOOL_END_COUNT_ || out_len > rest || err_len != rest - out_len)
		return false;
	*ret = (struct wf_spool_done){
		.end = (enum wf_spool_end)end, .value = (uint32_t)get(p + 12, 4),
		.out = p + WF_SPOOL_DONE_HEAD, .out_len = (size_t)out_len,
		.err = p + WF_SPOOL_DONE_HEAD + out_len, .err_len = (size_t)err_len
	};
	return true;
}

/* -- names -- */

bool wf_spool_token_ok(const char *token)
{
	size_t n = strspn(token, "0123456789abcdefghijklmnopqrstuvwxyz-");
	return n && n <= WF_SPOOL_TOKEN_MAX && !token[n];
}

void wf_spool_name(const char *token, const char *suffix, char ret[WF_SPOOL_NAME_MAX])
{
	size_t n = strnlen(token, WF_SPOOL_TOKEN_MAX), m = strnlen(suffix, 7);
	memcpy(ret, token, n);
	memcpy(ret + n, suffix, m);
	ret[n + m] = '\0';
}

/*
 * URI references taken apart and put together again. Nothing is validated here (the formats do
 * that): any text splits into five parts, some of them absent.
 */
#include "schema/uri.h"

#include "base/buf.h"

#include <stdbool.h>
#include <string.h>

struct slice {
	const char *s; /* NULL: absent */
	size_t n;
};

struct parts {
	struct slice scheme, authority, path, query;
};

static bool scheme_char(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.');
}

static struct parts split(const char *s)
{
	struct parts p = {0};
	size_t n = strcspn(s, "#"), i = 0;

	while (i < n && scheme_char(s[i], i == 0))
		i++;
	if (i && i < n && s[i] == ':') {
		p.scheme = (struct slice){s, i};
		s += i + 1;
		n -= i + 1;
	}
	if (n >= 2 && s[0] == '/' && s[1] == '/') {
		size_t len = strcspn(s + 2, "/?#");

		p.authority = (struct slice){s + 2, len};
		s += len + 2;
		n -= len + 2;
	}
	p.path = (struct slice){s, strcspn(s, "?#")};
	if (p.path.n < n)
		p.query = (struct slice){s + p.path.n + 1, n - p.path.n - 1};
	return p;
}

static bool segment_is(const char *s, size_t n, const char *what)
{
	return n == strlen(what) && memcmp(s, what, n) == 0;
}

/* Section 5.2.4, a segment at a time. */
static void add_without_dots(struct wf_buf *out, const char *s, size_t n)
{
	size_t from = out->len;
	bool rooted = n && s[0] == '/';

	if (rooted) {
		wf_buf_addch(out, '/');
		s++;
		n--;
		from++;
	}
	while (n) {
		const char *slash = memchr(s, '/', n);
		size_t len = slash ? (size_t)(slash - s) : n;

		if (segment_is(s, len, "..")) {
			if (out->len > from)
				out->len--; /* the slash that ends the last one */
			while (out->len > from && out->data[out->len - 1] != '/')
				out->len--;
		} else if (!segment_is(s, len, ".")) {
			wf_buf_add(out, s, len);
			if (slash)
				wf_buf_addch(out, '/');
		}
		s += len + (slash ? 1 : 0);
		n -= len + (slash ? 1 : 0);
	}
}

static void add_merged(struct wf_buf *out, const struct parts *base, struct slice path)
{
	struct wf_buf merged = {0};
	size_t keep = base->path.n;

	while (keep && base->path.s[keep - 1] != '/')
		keep--;
	if (base->authority.s && !base->path.n)
		wf_buf_addch(&merged, '/');
	wf_buf_add(&merged, base->path.s, keep);
	wf_buf_add(&merged, path.s, path.n);
	add_without_dots(out, merged.data, merged.len);
	wf_buf_done(&merged);
}

char *wf_uri_resolve(struct wf_arena *a, const char *base_text, const char *reference)
{
	struct parts base = split(base_text), r = split(reference);
	struct slice scheme = r.scheme.s ? r.scheme : base.scheme;
	struct slice authority = r.authority, query = r.query;
	bool own = r.scheme.s || r.authority.s;
	struct wf_buf out = {0};
	char *ret;

	if (!own) {
		authority = base.authority;
		if (!r.path.n && !query.s)
			query = base.query;
	}
	wf_buf_addstr(&out, "");
	if (scheme.s) {
		wf_buf_add(&out, scheme.s, scheme.n);
		wf_buf_addch(&out, ':');
	}
	if (authority.s) {
		wf_buf_addstr(&out, "//");
		wf_buf_add(&out, authority.s, authority.n);
	}
	if (r.scheme.s && !r.authority.s && r.path.n && r.path.s[0] != '/')
		wf_buf_add(&out, r.path.s, r.path.n); /* urn:x:y has no segments */
	else if (own || (r.path.n && r.path.s[0] == '/'))
		add_without_dots(&out, r.path.s, r.path.n);
	else if (r.path.n)
		add_merged(&out, &base, r.path);
	else
		wf_buf_add(&out, base.path.s, base.path.n);
	if (query.s) {
		wf_buf_addch(&out, '?');
		wf_buf_add(&out, query.s, query.n);
	}
	ret = wf_arena_strndup(a, out.data, out.len);
	wf_buf_done(&out);
	return ret;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *wf_uri_fragment(struct wf_arena *a, const char *reference)
{
	const char *s = strchr(reference, '#');
	char *ret, *to;

	if (!s)
		return NULL;
	ret = to = wf_arena_strdup(a, s + 1);
	for (s++; *s; s++) {
		int high = *s == '%' ? hex(s[1]) : -1, low = high >= 0 ? hex(s[2]) : -1;

		if (low >= 0 && (high || low)) {
			*to++ = (char)(high << 4 | low);
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to = 0;
	return ret;
}

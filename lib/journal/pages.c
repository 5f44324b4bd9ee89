/*
 * LMDB's pages, read and doubted (the layout is LMDB 0.9's, 64-bit, of this machine's byte order):
 *
 *   page    number u64 | pad u16 | flags u16 | lower u16, upper u16 (of an overflow: pages u32)
 *           then u16 offsets of the nodes up to `lower`, free room, the nodes from `upper` on
 *   node    lo u16 | hi u16 | flags u16 | key size u16 | key | data
 *           branch: child page = lo | hi << 16 | flags << 32;  leaf: data size = lo | hi << 16
 *   tree    pad u32 | flags u16 | depth u16 | branch, leaf, overflow pages u64 | entries u64 | root
 *   meta    (after a page's header) magic u32 | version u32 | address u64 | map size u64 |
 *           two trees | last page u64 | transaction u64
 */
#include "journal/pages.h"

#include "base/mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	HEAD = 16,
	NODE_HEAD = 8,
	DB_SIZE = 48,
	META_SIZE = 136,
	P_BRANCH = 1,
	P_LEAF = 2,
	P_OVERFLOW = 4,
	P_META = 8,
	F_BIGDATA = 1,
	F_SUBDATA = 2,
	INTEGER_KEYS = 8,
	MAX_DEPTH = 32,
	MAX_KEY_BYTES = 511
};
#define MAGIC 0xBEEFC0DEu
#define NO_ROOT UINT64_MAX
#define MAX_REPORTS 50u

static uint16_t u16_at(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t u32_at(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t u64_at(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

/* The whole of n bytes: 0; ENODATA when the file ends before; or what else pread says. */
static int read_at(int fd, uint8_t *to, size_t n, uint64_t off)
{
	while (n) {
		ssize_t got = pread(fd, to, n, (off_t)off);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? errno : ENODATA;
		to += got;
		off += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* -- the two meta pages -- */

static int read_meta(int fd, const char *name, unsigned which, uint32_t size,
	struct wf_pages_meta *ret, struct wf_cause *cause)
{
	uint8_t p[META_SIZE + HEAD];
	int why = read_at(fd, p, sizeof(p), (uint64_t)which * size);
	if (why == ENODATA)
		return wf_fail(cause, WF_ECORRUPT, "%s is truncated: it has no page %u", name, which);
	if (why)
		return wf_fail(cause, WF_EIO, "%s cannot be read: %s", name, strerror(why));
	const uint8_t *m = p + HEAD;
	if (u64_at(p) != which || u16_at(p + 10) != P_META || u32_at(m) != MAGIC)
		return wf_fail(cause, WF_ECORRUPT, "%s is not a journal's data file, or page %u is "
			"damaged", name, which);
	if (u32_at(m + 4) != 1)
		return wf_fail(cause, WF_EVERSION, "%s has data format %u; this wfctl reads 1", name,
			u32_at(m + 4));
	memcpy(ret->dbs, m + 24, sizeof(ret->dbs));
	ret->page_size = u32_at(m + 24);
	ret->last_page = u64_at(m + 120);
	ret->txn = u64_at(m + 128);
	uint32_t ps = ret->page_size;
	if (ps < 512 || ps > 65536 || ps & (ps - 1) || u16_at(m + 28) != INTEGER_KEYS ||
		u16_at(m + 24 + DB_SIZE + 4) != 0 || ret->last_page < 1 ||
		ret->last_page > (UINT64_MAX >> 20) || u64_at(m + 8) != 0)
		return wf_fail(cause, WF_ECORRUPT, "%s: meta page %u is damaged", name, which);
	return 0;
}

int wf_pages_metas(int fd, const char *name, struct wf_pages_meta ret[2], struct wf_cause *cause)
{
	struct wf_pages_meta m[2] = {0};
	int rc = read_meta(fd, name, 0, 0, &m[0], cause);
	if (!rc)
		rc = read_meta(fd, name, 1, m[0].page_size, &m[1], cause);
	if (rc)
		return rc;
	if (m[0].page_size != m[1].page_size)
		return wf_fail(cause, WF_ECORRUPT, "%s: its two meta pages disagree", name);
	memcpy(ret, m, sizeof(m));
	return 0;
}

const struct wf_pages_meta *wf_pages_newest(const struct wf_pages_meta metas[2])
{
	return &metas[metas[0].txn < metas[1].txn];
}

/* -- the walk -- */

struct walk {
	int fd;
	uint32_t page_size;
	uint64_t last_page, file_pages; /* pages that the file holds whole */
	uint8_t *seen;                  /* a bit a page */
	wf_pages_report *report;
	void *arg;
	unsigned defects;
	int unread;                     /* errno of a read that failed; 0 */
	const char *only;
};

/* One tree: what its record promises, and what was found. */
struct tree {
	const char *name;
	bool integers, of_tables, free_list;
	unsigned depth;
	uint64_t branches, leaves, overflows, entries;
};

struct key {
	const uint8_t *data;
	size_t n;
	bool open; /* no bound */
};

static void walk_tree(struct walk *w, const char *name, const uint8_t *db, bool integers,
	bool of_tables);

static void defect(struct walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void defect(struct walk *w, const char *fmt, ...)
{
	if (w->defects++ >= MAX_REPORTS || !w->report)
		return;
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	w->report(w->arg, text);
}

/* Marks a page as used; false (and a finding) when it cannot be. */
static bool claim(struct walk *w, const struct tree *t, uint64_t page)
{
	if (page < 2 || page > w->last_page) {
		defect(w, "%s: a reference to page %llu, which is not in the file", t->name,
			(unsigned long long)page);
		return false;
	}
	if (w->seen[page / 8] & 1u << page % 8) {
		defect(w, "%s: page %llu is used twice", t->name, (unsigned long long)page);
		return false;
	}
	w->seen[page / 8] |= (uint8_t)(1u << page % 8);
	return true;
}

static bool load(struct walk *w, const struct tree *t, uint64_t page, uint8_t *to, size_t n)
{
	int why = page < w->file_pages ? read_at(w->fd, to, n, page * w->page_size) : ENODATA;
	if (!why)
		return true;
	if (why == ENODATA)
		defect(w, "%s: page %llu cannot be read (the file is truncated?)", t->name,
			(unsigned long long)page);
	else
		defect(w, "%s: page %llu cannot be read: %s", t->name, (unsigned long long)page,
			strerror(why));
	if (why != ENODATA)
		w->unread = why;
	return false;
}

static int compare(const struct tree *t, const uint8_t *a, size_t an, const uint8_t *b, size_t bn)
{
	if (t->integers) {
		uint64_t x = u64_at(a), y = u64_at(b);
		return x < y ? -1 : x > y;
	}
	int d = memcmp(a, b, an < bn ? an : bn);
	return d ? d : an < bn ? -1 : an > bn;
}

/* A list of free pages: its length, then page numbers, falling. */
static void check_free_list(struct walk *w, const struct tree *t, const uint8_t *data, size_t n)
{
	uint64_t count = n >= 8 ? u64_at(data) : UINT64_MAX;
	if (n % 8 || count > n / 8 - 1) {
		defect(w, "%s: a list of free pages is damaged", t->name);
		return;
	}
	for (uint64_t i = 1; i <= count; i++) {
		uint64_t page = u64_at(data + 8 * i);
		if (i > 1 && page >= u64_at(data + 8 * (i - 1))) {
			defect(w, "%s: a list of free pages is out of order", t->name);
			return;
		}
		(void)claim(w, t, page);
	}
}

static void check_overflow(struct walk *w, struct tree *t, uint64_t page, size_t n)
{
	uint8_t head[HEAD];
	uint64_t count = (HEAD + (uint64_t)n + w->page_size - 1) / w->page_size;
	if (count > w->last_page) {
		defect(w, "%s: a value is longer than the file", t->name);
		return;
	}
	for (uint64_t i = 0; i < count; i++)
		if (!claim(w, t, page + i))
			return;
	t->overflows += count;
	if (!load(w, t, page, head, sizeof(head)))
		return;
	if (u64_at(head) != page || u16_at(head + 10) != P_OVERFLOW || u32_at(head + 12) != count) {
		defect(w, "%s: overflow page %llu is damaged", t->name, (unsigned long long)page);
		return;
	}
	if ((page + count) > w->file_pages)
		defect(w, "%s: page %llu goes past the end of the file", t->name,
			(unsigned long long)page);
	else if (t->free_list) {
		WF_AUTOFREE uint8_t *data = wf_alloc(n);
		if (read_at(w->fd, data, n, page * w->page_size + HEAD))
			check_free_list(w, t, data, n);
	}
}

static void check_leaf_node(struct walk *w, struct tree *t, const uint8_t *node, size_t room,
	uint64_t page)
{
	size_t size = u16_at(node) | (size_t)u16_at(node + 2) << 16;
	unsigned flags = u16_at(node + 4);
	size_t key_n = u16_at(node + 6);
	const uint8_t *data = node + NODE_HEAD + key_n;
	size_t left = room - NODE_HEAD - key_n;
	unsigned allowed = t->of_tables ? F_SUBDATA : F_BIGDATA;
	size_t inside = flags & F_BIGDATA ? 8 : size;
	if (flags & ~allowed || inside > left || (t->of_tables && flags != F_SUBDATA)) {
		defect(w, "%s: a node of page %llu is damaged", t->name, (unsigned long long)page);
		return;
	}
	t->entries++;
	if (flags & F_BIGDATA) {
		check_overflow(w, t, u64_at(data), size);
	} else if (t->of_tables) {
		char name[32] = "";
		if (size != DB_SIZE || key_n >= sizeof(name)) {
			defect(w, "main: a table's record is damaged");
			return;
		}
		memcpy(name, node + NODE_HEAD, key_n);
		if (u32_at(data) != 0 || u16_at(data + 4) != 0)
			defect(w, "main: the record of table %s is damaged", name);
		else if (!w->only || strcmp(w->only, name) == 0)
			walk_tree(w, name, data, false, false);
	} else if (t->free_list) {
		check_free_list(w, t, data, size);
	}
}

/* The node's bounds inside the page, and its key inside the bounds that the parents set. */
static bool check_node(struct walk *w, struct tree *t, const uint8_t *p, unsigned i, unsigned upper,
	bool branch)
{
	unsigned off = u16_at(p + HEAD + 2 * i);
	if (off < upper || off % 2 || off + NODE_HEAD > w->page_size)
		return false;
	size_t key_n = u16_at(p + off + 6);
	if (off + NODE_HEAD + key_n > w->page_size || key_n > MAX_KEY_BYTES)
		return false;
	if (branch && i == 0)
		return true; /* its key is never looked at */
	return t->integers ? key_n == 8 : key_n > 0;
}

static struct key key_of(const uint8_t *p, unsigned i)
{
	const uint8_t *node = p + u16_at(p + HEAD + 2 * i);
	return (struct key){node + NODE_HEAD, u16_at(node + 6), false};
}

static bool check_order(const struct tree *t, const uint8_t *p, unsigned count, bool branch,
	struct key low, struct key high)
{
	unsigned first = branch ? 1 : 0;
	for (unsigned i = first; i < count; i++) {
		struct key k = key_of(p, i);
		if (i > first) {
			struct key before = key_of(p, i - 1);
			if (compare(t, before.data, before.n, k.data, k.n) >= 0)
				return false;
		}
		if (!low.open && compare(t, k.data, k.n, low.data, low.n) < 0)
			return false;
		if (!high.open && compare(t, k.data, k.n, high.data, high.n) >= 0)
			return false;
	}
	return true;
}

/* Bytes that a leaf's node takes; they are even. */
static size_t node_size(const uint8_t *node)
{
	size_t data = u16_at(node) | (size_t)u16_at(node + 2) << 16;
	if (u16_at(node + 4) & F_BIGDATA)
		data = 8;
	return (NODE_HEAD + u16_at(node + 6) + data + 1) & ~(size_t)1;
}

bool wf_pages_leaf(const uint8_t *p, uint32_t page_size, const uint8_t *key)
{
	struct walk w = {.page_size = page_size};
	struct tree t = {.name = ""};
	struct key open = {.open = true};
	unsigned lower = u16_at(p + 12), upper = u16_at(p + 14);
	bool good = u16_at(p + 10) == P_LEAF && lower > HEAD && lower % 2 == 0 && lower <= upper &&
		upper <= page_size, known = false;
	size_t filled = 0;
	for (unsigned i = 0; good && i < (lower - HEAD) / 2; i++) {
		good = check_node(&w, &t, p, i, upper, false);
		known = known || (good && key_of(p, i).data == key);
		filled += good ? node_size(p + u16_at(p + HEAD + 2 * i)) : 0;
	}
	/* Nodes stand without gaps: with one more or one less than there are they would not. */
	return good && known && filled == page_size - upper &&
		check_order(&t, p, (lower - HEAD) / 2, false, open, open);
}

static void walk_page(struct walk *w, struct tree *t, uint64_t page, unsigned level, struct key low,
	struct key high)
{
	if (!claim(w, t, page))
		return;
	WF_AUTOFREE uint8_t *p = wf_alloc(w->page_size);
	if (!load(w, t, page, p, w->page_size))
		return;
	bool branch = level < t->depth;
	unsigned lower = u16_at(p + 12), upper = u16_at(p + 14);
	unsigned count = lower < HEAD ? 0 : (lower - HEAD) / 2;
	bool good = u64_at(p) == page && u16_at(p + 10) == (branch ? P_BRANCH : P_LEAF) &&
		lower % 2 == 0 && lower <= upper && upper <= w->page_size && count >= 1;
	for (unsigned i = 0; good && i < count; i++)
		good = check_node(w, t, p, i, upper, branch);
	if (good)
		good = check_order(t, p, count, branch, low, high);
	if (!good) {
		defect(w, "%s: page %llu is damaged", t->name, (unsigned long long)page);
		return;
	}
	if (branch)
		t->branches++;
	else
		t->leaves++;
	for (unsigned i = 0; i < count && w->defects < MAX_REPORTS; i++) {
		unsigned off = u16_at(p + HEAD + 2 * i);
		const uint8_t *node = p + off;
		if (!branch) {
			check_leaf_node(w, t, node, w->page_size - off, page);
			continue;
		}
		uint64_t child = u16_at(node) | (uint64_t)u16_at(node + 2) << 16 |
			(uint64_t)u16_at(node + 4) << 32;
		walk_page(w, t, child, level + 1, i ? key_of(p, i) : low,
			i + 1 < count ? key_of(p, i + 1) : high);
	}
}

static void walk_tree(struct walk *w, const char *name, const uint8_t *db, bool integers,
	bool of_tables)
{
	struct tree t = {.name = name, .integers = integers, .of_tables = of_tables,
		.free_list = integers, .depth = u16_at(db + 6)};
	uint64_t root = u64_at(db + 40);
	unsigned before = w->defects;
	if (t.depth > MAX_DEPTH || (root == NO_ROOT) != (t.depth == 0)) {
		defect(w, "%s: the tree's record is damaged", name);
		return;
	}
	if (root != NO_ROOT)
		walk_page(w, &t, root, 1, (struct key){.open = true}, (struct key){.open = true});
	if (w->defects != before || (of_tables && w->only))
		return;
	if (t.branches != u64_at(db + 8) || t.leaves != u64_at(db + 16) ||
		t.overflows != u64_at(db + 24) || t.entries != u64_at(db + 32))
		defect(w, "%s: the tree's counts are wrong", name);
}

int wf_pages_walk(int fd, const struct wf_pages_meta *meta, const char *only,
	wf_pages_report *report, void *arg)
{
	struct stat st;
	if (fstat(fd, &st))
		return WF_EIO;
	struct walk w = {.fd = fd, .page_size = meta->page_size, .last_page = meta->last_page,
		.file_pages = (uint64_t)st.st_size / meta->page_size, .report = report, .arg = arg,
		.only = only};
	/* A last page far past the end of the file would cost memory for nothing. */
	if (w.last_page / 64 > w.file_pages + 1024) {
		defect(&w, "the file is truncated: it has %llu pages of %llu",
			(unsigned long long)w.file_pages, (unsigned long long)w.last_page + 1);
		return WF_ECORRUPT;
	}
	w.seen = wf_calloc((size_t)(w.last_page / 8 + 1), 1);
	walk_tree(&w, "main", meta->dbs[1], false, true);
	if (!only)
		walk_tree(&w, "free list", meta->dbs[0], true, false);
	wf_free(w.seen);
	if (w.unread) {
		errno = w.unread;
		return WF_EIO;
	}
	return w.defects ? WF_ECORRUPT : 0;
}

bool wf_pages_value(const uint8_t *value, size_t n, uint32_t page_size, uint64_t last_page)
{
	size_t off = (uintptr_t)value % page_size;
	if (n <= page_size - off)
		return true;
	if (off != HEAD)
		return false;
	const uint8_t *head = value - HEAD;
	uint64_t number = u64_at(head), count = u32_at(head + 12);
	return n <= count * page_size - HEAD && number <= last_page && count <= last_page - number + 1;
}

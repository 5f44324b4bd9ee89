/*
 * Reading TZif files (RFC 8536 3): a header, a block of data with 32-bit times, and from version 2
 * on a second header and block with 64-bit times, which is the one to use, and a footer.
 *
 *	"TZif" version(1) reserved(15) isutcnt isstdcnt leapcnt timecnt typecnt charcnt (4 each)
 *	times[timecnt] types[timecnt] { offset(4) isdst(1) abbr(1) }[typecnt] chars[charcnt]
 *	leap seconds[leapcnt] isstd[isstdcnt] isut[isutcnt]
 *
 * All integers are big-endian. And finding a zone's file by its name.
 */
#include "base/zone_rules.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* -- a block -- */

struct bytes {
	const uint8_t *at;
	size_t left;
};

/* n bytes, or NULL when there are fewer. */
static const uint8_t *take(struct bytes *b, size_t n)
{
	if (n > b->left)
		return NULL;
	const uint8_t *at = b->at;
	b->at += n;
	b->left -= n;
	return at;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be_signed(const uint8_t *p, size_t width)
{
	if (width == 4)
		return (int32_t)be32(p);
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

struct header {
	uint8_t version;
	uint32_t isut, isstd, leap, times, types, chars;
};

static bool take_header(struct bytes *b, struct header *ret)
{
	const uint8_t *p = take(b, 44);

	if (!p || memcmp(p, "TZif", 4) != 0)
		return false;
	*ret = (struct header){ p[4], be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32),
		be32(p + 36), be32(p + 40) };
	/* So that no product below can overflow; the bytes themselves are counted on the way. */
	return ret->isut <= 256 && ret->isstd <= 256 && ret->leap <= 10000 &&
		ret->times <= ZONE_MAX_TRANSITIONS && ret->types >= 1 && ret->types <= 256 &&
		ret->chars >= 1 && ret->chars <= 65536;
}

static size_t block_bytes(const struct header *h, size_t width)
{
	return h->times * (width + 1) + h->types * (size_t)6 + h->chars + h->leap * (width + 4) +
		h->isstd + h->isut;
}

static bool read_types(
	struct wf_zone *z, const struct header *h, const uint8_t *p, const char *chars)
{
	z->types = wf_calloc(h->types, sizeof(*z->types));
	for (uint32_t i = 0; i < h->types; i++, p += 6) {
		struct zone_type *t = &z->types[i];
		int64_t offset = be_signed(p, 4);
		if (offset < -ZONE_MAX_OFFSET || offset > ZONE_MAX_OFFSET || p[4] > 1 ||
			p[5] >= h->chars)
			return false;
		const char *abbr = chars + p[5], *end = memchr(abbr, 0, h->chars - p[5]);
		if (!end || end - abbr >= WF_ZONE_ABBR)
			return false;
		t->offset = (int32_t)offset;
		t->is_dst = p[4];
		memcpy(t->abbr, abbr, (size_t)(end - abbr));
	}
	return true;
}

static bool read_block(struct wf_zone *z, const struct header *h, const uint8_t *p, size_t width)
{
	const uint8_t *type_of = p + h->times * width, *types = type_of + h->times;

	z->at = wf_calloc(h->times + 1, sizeof(*z->at));
	z->type_of = wf_calloc(h->times + 1, 1);
	for (uint32_t i = 0; i < h->times; i++) {
		z->at[i] = be_signed(p + i * width, width);
		z->type_of[i] = type_of[i];
		if (type_of[i] >= h->types || (i && z->at[i] <= z->at[i - 1]))
			return false;
	}
	z->count = h->times;
	return read_types(z, h, types, (const char *)types + h->types * (size_t)6);
}

static bool read_footer(struct wf_zone *z, struct bytes *b)
{
	const uint8_t *open = take(b, 1);
	const uint8_t *end = open ? memchr(b->at, '\n', b->left) : NULL;

	if (!end || *open != '\n')
		return false;
	size_t n = (size_t)(end - b->at);
	return n == 0 || wf_zone_rule_parse((const char *)b->at, n, &z->rule);
}

static int read_file(struct wf_zone *z, struct bytes *b, struct wf_cause *cause)
{
	struct header h;
	const uint8_t *block;
	size_t width = 4;

	if (!take_header(b, &h))
		return wf_fail(cause, WF_ECORRUPT, "%s is not a time zone file", z->name);
	block = take(b, block_bytes(&h, width));
	if (block && h.version >= '2') {
		width = 8;
		if (!take_header(b, &h))
			block = NULL;
		else
			block = take(b, block_bytes(&h, width));
	}
	if (!block || !read_block(z, &h, block, width) || (width == 8 && !read_footer(z, b)))
		return wf_fail(cause, WF_ECORRUPT, "the time zone file of %s is damaged", z->name);
	if (h.leap)
		return wf_fail(cause, WF_EUNSUPPORTED,
			"the time zone %s counts leap seconds, which clocks here do not", z->name);
	return 0;
}

void wf_zone_free(struct wf_zone *z)
{
	if (!z)
		return;
	wf_free(z->name);
	wf_free(z->at);
	wf_free(z->type_of);
	wf_free(z->types);
	wf_free(z);
}

int wf_zone_decode(
	const char *name, const void *bytes, size_t n, struct wf_zone **ret, struct wf_cause *cause)
{
	struct bytes b = { bytes, n };
	struct wf_zone *z = wf_calloc(1, sizeof(*z));

	z->name = wf_strdup(name);
	int err = read_file(z, &b, cause);
	if (err < 0) {
		wf_zone_free(z);
		return err;
	}
	*ret = z;
	return 0;
}

static struct wf_zone *utc(const char *name)
{
	struct wf_zone *z = wf_calloc(1, sizeof(*z));

	z->name = wf_strdup(name);
	z->types = wf_calloc(1, sizeof(*z->types));
	memcpy(z->types[0].abbr, "UTC", 4);
	return z;
}

/* -- names -- */

#define NAME_MAX_BYTES 100

static bool is_name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '+' || c == '-';
}

static bool is_name(const char *name)
{
	size_t n = strnlen(name, NAME_MAX_BYTES + 1);

	if (n == 0 || n > NAME_MAX_BYTES || name[0] == '/' || name[n - 1] == '/')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_name_char(name[i]) && !(name[i] == '/' && name[i + 1] != '/'))
			return false;
	return true;
}

struct names {
	char **items;
	size_t count, room;
};

#define NAMES_MAX 5000
#define NAMES_MAX_DEPTH 3

/* Zones begin with a capital letter: posix/, right/ and the tables beside them do not. */
static void collect(const char *folder, const char *prefix, int depth, struct names *names)
{
	WF_AUTOFREE char *path = wf_asprintf("%s/%s", folder, prefix);
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && names->count < NAMES_MAX && (e = readdir(dir))) {
		if (e->d_name[0] < 'A' || e->d_name[0] > 'Z' || !is_name(e->d_name))
			continue;
		struct stat st;
		WF_AUTOFREE char *name =
			wf_asprintf("%s%s%s", prefix, *prefix ? "/" : "", e->d_name);
		WF_AUTOFREE char *file = wf_asprintf("%s/%s", folder, name);
		if (stat(file, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < NAMES_MAX_DEPTH) {
			collect(folder, name, depth + 1, names);
		} else if (S_ISREG(st.st_mode)) {
			WF_GROW(names->items, names->count, names->room);
			names->items[names->count++] = wf_strdup(name);
		}
	}
	if (dir)
		(void)closedir(dir);
}

/* "berlin" for Europe/Berlin. */
static const char *by_last_part(const char *word, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		const char *slash = strrchr(names->items[i], '/');
		if (slash && strcasecmp(slash + 1, word) == 0)
			return names->items[i];
	}
	return NULL;
}

static int unknown(const char *folder, const char *name, struct wf_cause *cause)
{
	struct names names = { 0 };
	struct stat st;
	const char *nearest;

	if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode)) {
		(void)wf_fail(cause, WF_ENOENT, "there are no time zones in %s", folder);
		wf_fail_hint(cause, "install the system's time zone data (tzdata), or use UTC");
		return WF_ENOENT;
	}
	(void)wf_fail(cause, WF_ENOENT, "there is no time zone %s", name);
	collect(folder, "", 1, &names);
	nearest = by_last_part(name, &names);
	if (!nearest) {
		WF_GROW(names.items, names.count, names.room);
		names.items[names.count++] = wf_strdup("UTC");
		nearest = wf_nearest(name, (const char *const *)names.items, names.count);
	}
	if (nearest)
		wf_fail_hint(cause, "did you mean %s?", nearest);
	else
		wf_fail_hint(cause, "zones are named like Europe/Berlin or UTC");
	for (size_t i = 0; i < names.count; i++)
		wf_free(names.items[i]);
	wf_free(names.items);
	return WF_ENOENT;
}

int wf_zone_open(const char *folder, const char *name, struct wf_zone **ret, struct wf_cause *cause)
{
	WF_AUTOBUF struct wf_buf bytes = { 0 };

	if (!is_name(name)) {
		(void)wf_fail(cause, WF_EINVAL, "\"%.100s\" is not a time zone's name", name);
		wf_fail_hint(cause, "zones are named like Europe/Berlin or UTC");
		return WF_EINVAL;
	}
	if (strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0) {
		*ret = utc(name);
		return 0;
	}
	if (!folder)
		folder = WF_ZONE_FOLDER;
	if (name[0] < 'A' || name[0] > 'Z')
		return unknown(folder, name, cause);
	WF_AUTOFREE char *path = wf_asprintf("%s/%s", folder, name);
	int err = wf_read_file(path, ZONE_MAX_BYTES, &bytes, cause);
	if (err == WF_ENOENT || err == WF_EINVAL) /* missing, or a folder of zones */
		return unknown(folder, name, cause);
	if (err < 0)
		return err;
	return wf_zone_decode(name, bytes.data, bytes.len, ret, cause);
}

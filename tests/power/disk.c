/* The states of a disk after a power cut. */
#include "power/disk.h"

#include "base/mem.h"
#include "helpers/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECTOR 512u
#define MOST_KEPT 3u
#define MAX_PENDING 64u
#define MOST_FOR_ALL 12u  /* more pending writes than this have too many subsets to make them all */
#define MOST_DRAWN 4000u  /* states of those that have */

struct pending {
	size_t at, len;
	const uint8_t *bytes;    /* in the record */
};

struct file {
	uint64_t id, folder;     /* folder: where its name is */
	char *path;
	bool named;              /* its name is durable */
	uint8_t *image;          /* what is durable, whatever happens */
	size_t size;
	struct pending *pending;
	size_t count, room;
};

struct disk {
	const struct disk_options *options;
	disk_state_fn *fn;
	void *arg;
	struct disk_count *counts;
	struct file *files;
	size_t file_count, file_room;
	uint64_t target, before; /* the file that has the target's name; and had, until it is durable */
	struct disk_mark *marks;
	size_t mark_count, mark_room;
	uint64_t *seen;          /* a hash table of states */
	size_t seen_count, seen_room;
	bool changed;            /* something is pending that no state was made of */
};

static struct {
	uint64_t id;
	uint8_t *image;
	size_t size;
} begun;

void disk_begin(const char *target)
{
	struct stat st;
	wf_free(begun.image);
	begun.id = 0;
	begun.image = (uint8_t *)trial_read(target, &begun.size);
	if (begun.image && stat(target, &st) == 0)
		begun.id = st.st_ino;
}

static struct file *find(struct disk *d, uint64_t id)
{
	for (size_t i = 0; i < d->file_count; i++)
		if (d->files[i].id == id)
			return &d->files[i];
	WF_GROW(d->files, d->file_count, d->file_room);
	d->files[d->file_count] = (struct file){.id = id, .named = true};
	return &d->files[d->file_count++];
}

/* -- a state -- */

static bool is_new(struct disk *d, const uint8_t *image, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u ^ (d->mark_count * 0x9e3779b97f4a7c15u) ^ n, word = 0;
	for (size_t i = 0; i < n; i += sizeof(word)) {
		size_t left = n - i;
		memcpy(&word, image + i, left < sizeof(word) ? left : sizeof(word));
		h = (h ^ word) * 0x100000001b3u;
		h ^= h >> 29;
	}
	if (2 * d->seen_count >= d->seen_room) {
		size_t room = d->seen_room ? 2 * d->seen_room : 1024;
		uint64_t *old = d->seen;
		d->seen = wf_calloc(room, sizeof(*d->seen));
		for (size_t i = 0; i < d->seen_room; i++)
			for (size_t k = old[i]; old[i]; k++)
				if (!d->seen[k & (room - 1)]) {
					d->seen[k & (room - 1)] = old[i];
					break;
				}
		d->seen_room = room;
		wf_free(old);
	}
	h |= 1;
	size_t k = h;
	for (; d->seen[k & (d->seen_room - 1)]; k++)
		if (d->seen[k & (d->seen_room - 1)] == h)
			return false;
	d->seen[k & (d->seen_room - 1)] = h;
	d->seen_count++;
	return true;
}

enum sizing { OLD_SIZE, KEPT_SIZE, FULL_SIZE, SIZINGS };

struct choice {
	uint64_t kept;           /* a bit a pending write */
	int torn;                /* the one that is torn; -1: none */
	size_t from, to;         /* the sectors of it that are there */
	enum sizing sizing;
};

static size_t end_of(const struct file *f, uint64_t which)
{
	size_t end = f->size;
	for (size_t i = 0; i < f->count; i++)
		if (which >> i & 1 && f->pending[i].at + f->pending[i].len > end)
			end = f->pending[i].at + f->pending[i].len;
	return end;
}

static bool make_state(struct disk *d, const struct file *f, const struct choice *c)
{
	size_t full = end_of(f, ~(uint64_t)0), kept = end_of(f, c->kept);
	size_t size = c->sizing == OLD_SIZE ? f->size : c->sizing == KEPT_SIZE ? kept : full;
	uint8_t *image = wf_calloc(1, full + sizeof(uint64_t));
	if (f->size)
		memcpy(image, f->image, f->size);
	for (size_t i = 0; i < f->count; i++) {
		const struct pending *p = &f->pending[i];
		size_t from = 0, to = p->len;
		if (!(c->kept >> i & 1))
			continue;
		if (c->torn == (int)i) {
			from = c->from * SECTOR;
			to = c->to * SECTOR < p->len ? c->to * SECTOR : p->len;
		}
		memcpy(image + p->at + from, p->bytes + from, to - from);
	}
	bool fresh = is_new(d, image, size);
	if (fresh) {
		d->counts->states++;
		d->counts->torn += c->torn >= 0;
		d->counts->shorter += size < full;
		d->fn(d->arg, image, size, d->marks, d->mark_count);
	}
	wf_free(image);
	return fresh;
}

/* -- all of them, or some -- */

static size_t sectors_of(const struct pending *p)
{
	/* The file's sectors, for a write may begin in the middle of one. */
	return (p->at % SECTOR + p->len + SECTOR - 1) / SECTOR;
}

static void each_tear(struct disk *d, const struct file *f, struct choice c)
{
	for (int s = 0; s < SIZINGS; s++) {
		c.sizing = (enum sizing)s;
		c.torn = -1;
		(void)make_state(d, f, &c);
		for (size_t i = 0; i < f->count; i++) {
			size_t n = sectors_of(&f->pending[i]);
			if (!(c.kept >> i & 1))
				continue;
			c.torn = (int)i;
			for (size_t cut = 1; cut < n; cut++) {
				c.from = 0;
				c.to = cut;
				(void)make_state(d, f, &c);
				c.from = cut;
				c.to = n;
				(void)make_state(d, f, &c);
			}
		}
	}
}

static uint32_t bits(uint64_t v)
{
	return (uint32_t)__builtin_popcountll(v);
}

static void each_subset(struct disk *d, const struct file *f)
{
	uint64_t all = f->count < 64 ? ((uint64_t)1 << f->count) - 1 : ~(uint64_t)0;
	for (uint64_t kept = 0; kept <= all; kept++)
		if (bits(kept) <= MOST_KEPT || bits(kept) >= bits(all) - 1)
			each_tear(d, f, (struct choice){.kept = kept});
}

static struct choice draw_choice(const struct file *f)
{
	struct choice c = {.torn = -1, .sizing = (enum sizing)trial_draw(SIZINGS)};
	uint32_t n = (uint32_t)f->count, most = n < MOST_KEPT ? n : MOST_KEPT;
	uint32_t how = trial_draw(most + 3);
	for (uint32_t k = 0; k < how && how <= most; k++)
		c.kept |= (uint64_t)1 << trial_draw(n);
	if (how > most)
		c.kept = n < 64 ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0;
	if (how == most + 2)
		c.kept &= ~((uint64_t)1 << trial_draw(n));
	uint32_t torn = trial_draw(n);
	size_t sectors = sectors_of(&f->pending[torn]);
	if (c.kept >> torn & 1 && sectors > 1 && trial_draw(3)) {
		uint32_t cut = 1 + trial_draw((uint32_t)sectors - 1);
		bool end = trial_draw(2);
		c.torn = (int)torn;
		c.from = end ? cut : 0;
		c.to = end ? sectors : cut;
	}
	return c;
}

static void some_subsets(struct disk *d, const struct file *f)
{
	size_t made = 0;
	struct choice none = {.torn = -1}, all = {.torn = -1, .kept = ~(uint64_t)0, .sizing = FULL_SIZE};
	made += make_state(d, f, &none);
	made += make_state(d, f, &all);
	size_t most = d->options->most ? d->options->most : MOST_DRAWN;
	for (size_t i = 0; i < 4 * most && made < most; i++) {
		struct choice c = draw_choice(f);
		made += make_state(d, f, &c);
	}
}

/* Whether all subsets are few enough to be made. */
static bool all_fit(const struct disk *d, const struct file *f)
{
	return f->count <= MOST_FOR_ALL && !d->options->most;
}

static void explore_file(struct disk *d, uint64_t id)
{
	const struct file *f = id ? find(d, id) : NULL;
	if (!f)
		return;
	if (!f->count)
		(void)make_state(d, f, &(struct choice){.torn = -1});
	else if (all_fit(d, f))
		each_subset(d, f);
	else
		some_subsets(d, f);
}

static void explore(struct disk *d)
{
	if (!d->changed)
		return;
	const struct file *f = d->target ? find(d, d->target) : NULL;
	d->counts->windows += f && f->count;
	explore_file(d, d->target);
	if (d->before != d->target)
		explore_file(d, d->before);
	d->changed = false;
}

/* -- events -- */

static void put(struct file *f, const struct pending *p)
{
	if (p->at + p->len > f->size) {
		f->image = wf_realloc(f->image, p->at + p->len);
		memset(f->image + f->size, 0, p->at + p->len - f->size);
		f->size = p->at + p->len;
	}
	memcpy(f->image + p->at, p->bytes, p->len);
}

static void settle(struct file *f, bool last_only)
{
	for (size_t i = last_only ? f->count - 1 : 0; i < f->count; i++)
		put(f, &f->pending[i]);
	f->count = last_only ? f->count - 1 : 0;
}

static void on_write(struct disk *d, const struct power_event *e, const uint8_t *bytes)
{
	struct file *f = find(d, e->file);
	if (f->count == MAX_PENDING) { /* a copy: its beginning may as well be there */
		put(f, &f->pending[0]);
		memmove(f->pending, f->pending + 1, --f->count * sizeof(f->pending[0]));
	}
	WF_GROW(f->pending, f->count, f->room);
	f->pending[f->count++] = (struct pending){.at = (size_t)e->at, .len = e->len, .bytes = bytes};
	d->changed |= e->file == d->target || e->file == d->before;
	d->counts->writes++;
	if (!e->flag || d->options->forget_syncs)
		return;
	explore(d); /* what a cut in the middle of it leaves */
	settle(f, true);
	d->changed = true;
	d->counts->syncs++;
}

static void on_size(struct disk *d, const struct power_event *e)
{
	struct file *f = find(d, e->file);
	settle(f, false);
	if ((size_t)e->at > f->size)
		put(f, &(struct pending){.at = (size_t)e->at, .bytes = (const uint8_t *)""});
	f->size = (size_t)e->at;
}

static void on_sync(struct disk *d, const struct power_event *e)
{
	if (d->options->forget_syncs)
		return;
	explore(d);
	settle(find(d, e->file), false);
	for (size_t i = 0; i < d->file_count; i++)
		d->files[i].named |= d->files[i].folder == e->file;
	if (d->target && find(d, d->target)->named)
		d->before = d->target;
	d->changed = true;
	d->counts->syncs++;
}

static void on_name(struct disk *d, const struct power_event *e, const uint8_t *path)
{
	struct file *f = find(d, e->file);
	explore(d);
	if (e->flag) {
		f->count = 0;
		f->size = 0;
	}
	wf_free(f->path);
	f->path = wf_strndup((const char *)path, e->len);
	f->folder = e->folder;
	f->named = false;
	if (!strcmp(f->path, d->options->target)) {
		d->target = f->id;
		d->changed = true;
	}
}

/* Nothing that a power cut could lose: it is removed, or made again by who wants the lock. */
static bool is_passing(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t n = strlen(path);
	return (n > 4 && !strcmp(path + n - 4, ".tmp")) || (name && !strcmp(name, "/sweep.lock"));
}

/* A command that succeeded has made what it leaves durable, by name and by content. */
static void look_at_names(struct disk *d, const char *command)
{
	for (size_t i = 0; i < d->file_count; i++) {
		const struct file *f = &d->files[i];
		if (!f->path || is_passing(f->path))
			continue;
		d->counts->names++;
		if (!f->named)
			trial_defect("after `%s` the name %s is not durable: its folder was not synced",
				command, f->path);
		if (f->count && f->id != d->target)
			trial_defect("after `%s` what was written to %s is not synced", command,
				f->path);
	}
}

static void on_mark(struct disk *d, const struct power_event *e, const uint8_t *text)
{
	WF_GROW(d->marks, d->mark_count, d->mark_room);
	struct disk_mark *m = &d->marks[d->mark_count++];
	*m = (struct disk_mark){.kind = (enum power_kind)e->kind, .status = (int)e->at,
		.text = wf_strndup((const char *)text, e->len)};
	d->changed = true;
	if (m->kind == POWER_ENDED && m->status == 0 && !d->options->forget_syncs)
		look_at_names(d, m->text);
}

static void on_event(struct disk *d, const struct power_event *e, const uint8_t *bytes)
{
	switch ((enum power_kind)e->kind) {
	case POWER_WRITE:
		on_write(d, e, bytes);
		break;
	case POWER_SIZE:
		on_size(d, e);
		break;
	case POWER_SYNC:
		on_sync(d, e);
		break;
	case POWER_NAME:
		on_name(d, e, bytes);
		break;
	case POWER_SAID:
	case POWER_EFFECT:
	case POWER_ENDED:
		on_mark(d, e, bytes);
		break;
	}
	d->counts->events++;
}

/* The effect that begins before another file is synced, with its text behind it; NULL when none. */
static const uint8_t *next_effect(const uint8_t *record, size_t n, size_t at, struct power_event *ret)
{
	for (int syncs = 0; at + sizeof(*ret) <= n && !syncs; at += sizeof(*ret) + ret->len) {
		memcpy(ret, record + at, sizeof(*ret));
		if (ret->kind == POWER_EFFECT)
			return record + at + sizeof(*ret);
		syncs += ret->kind == POWER_SYNC;
	}
	return NULL;
}

void disk_replay(const char *record_path, const struct disk_options *options, disk_state_fn *fn,
	void *arg, struct disk_count *count)
{
	size_t n, at = 0;
	uint8_t *record = (uint8_t *)trial_read(record_path, &n);
	struct disk d = {.options = options, .fn = fn, .arg = arg, .counts = count};
	if (!record)
		trial_die("nothing was recorded");
	if (begun.id) {
		struct file *f = find(&d, begun.id);
		f->image = wf_alloc(begun.size);
		memcpy(f->image, begun.image, f->size = begun.size);
		d.target = d.before = begun.id;
	}
	while (at + sizeof(struct power_event) <= n) {
		struct power_event e, effect;
		memcpy(&e, record + at, sizeof(e));
		at += sizeof(e);
		const uint8_t *early = options->early_effects && e.kind == POWER_SYNC ?
			next_effect(record, n, at, &effect) : NULL;
		if (early)
			on_event(&d, &effect, early);
		on_event(&d, &e, record + at);
		at += e.len;
	}
	explore(&d);
	for (size_t i = 0; i < d.file_count; i++) {
		wf_free(d.files[i].path);
		wf_free(d.files[i].image);
		wf_free(d.files[i].pending);
	}
	for (size_t i = 0; i < d.mark_count; i++)
		wf_free(d.marks[i].text);
	wf_free(d.files);
	wf_free(d.marks);
	wf_free(d.seen);
	wf_free(record);
}

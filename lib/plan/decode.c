/*
 * Bytes to a plan. The format stands in encode.c; anything that it could not have written is
 * refused here, what the instructions mean is checked by verify.c.
 */
#include "plan/internal.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

const char *const wf_section_names[WF_SECTION_END_] = {
	[WF_SECTION_WORKFLOW] = "workflow",
	[WF_SECTION_STRINGS] = "strings",
	[WF_SECTION_CONSTANTS] = "constants",
	[WF_SECTION_STEPS] = "steps",
	[WF_SECTION_CODE] = "code",
	[WF_SECTION_EDGES] = "edges",
	[WF_SECTION_LOCS] = "places",
	[WF_SECTION_BODIES] = "bodies",
	[WF_SECTION_GROUPS] = "groups",
	[WF_SECTION_MEMBERS] = "members",
	[WF_SECTION_DEPS] = "dependencies",
};

/*
 * Readers of a section's records, whose number and size have been compared. They give the number of
 * the first that has a field with no such meaning, or that of all.
 */
#define GET(bits)                                                                                  \
	static inline uint##bits##_t get##bits(const uint8_t **at)                                 \
	{                                                                                          \
		uint##bits##_t v;                                                                  \
		memcpy(&v, *at, sizeof(v));                                                        \
		*at += sizeof(v);                                                                  \
		return le##bits##toh(v);                                                           \
	}
#define le8toh(v) (v)
GET(8)
GET(16)
GET(32)
GET(64)

#define WF_RECORD(name, type, array, number)                                                       \
	static uint32_t read_##name(const uint8_t *at, uint32_t n, struct wf_plan *p)              \
	{                                                                                          \
		const uint32_t format = p->format;                                                 \
		bool good = true;                                                                  \
		(void)format;                                                                      \
		type *all = wf_calloc(n, sizeof(*all));                                            \
		p->array = all;                                                                    \
		p->number = n;                                                                     \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			type *x = &all[i];
#define WF_SELF32 *x = get32(&at);
#define WF_U8(field) x->field = get8(&at);
#define WF_U16(field) x->field = get16(&at);
#define WF_U32(field) x->field = get32(&at);
#define WF_U64(field) x->field = get64(&at);
#define WF_ENUM_OF(bits, field, type, count)                                                       \
	{                                                                                          \
		uint##bits##_t v = get##bits(&at);                                                 \
		good = good && v < (count);                                                        \
		x->field = (type)v;                                                                \
	}
#define WF_ENUM8(field, type, count) WF_ENUM_OF(8, field, type, count)
#define WF_ENUM32(field, type, count) WF_ENUM_OF(32, field, type, count)
#define WF_FLAG(field) WF_ENUM_OF(32, field, bool, 2)
#define WF_ZERO8 good = good && !get8(&at);
#define WF_ORIGIN(field)                                                                           \
	x->field = get32(&at);                                                                     \
	if (format < 3) {                                                                          \
		good = good && !x->field;                                                          \
		x->field = i;                                                                      \
	}
#define WF_U32_3(field) x->field = format < 3 ? WF_NONE : get32(&at);
#define WF_RECORD_END(name)                                                                        \
	if (!good)                                                                                 \
		return i;                                                                          \
	}                                                                                          \
	return n;                                                                                  \
	}
#include "plan/records.def"

/* The smallest size of a record, how many there may be, and who reads those of one size. */
static const struct section_rule {
	uint32_t record, max;
	uint32_t grown; /* bytes of a record that format 3 added */
	bool fixed;
	uint32_t (*read)(const uint8_t *at, uint32_t n, struct wf_plan *p);
} rules[WF_SECTION_END_] = {
#define FIXED(name, max) {WF_PLAN_SIZE_OF_##name, max, WF_PLAN_GROWN_OF_##name, true, read_##name}
	[WF_SECTION_WORKFLOW] = {WF_PLAN_WORKFLOW_SIZE, 1, WF_PLAN_GROWN, true, NULL},
	[WF_SECTION_STRINGS] = {4, WF_MAX_PLAN_BYTES, 0, false, NULL},
	[WF_SECTION_CONSTANTS] = {5, WF_MAX_PLAN_BYTES, 0, false, NULL},
	[WF_SECTION_STEPS] = FIXED(step, WF_MAX_STEPS),
	[WF_SECTION_CODE] = FIXED(insn, WF_MAX_CODE),
	[WF_SECTION_EDGES] = FIXED(edge, WF_MAX_PLAN_BYTES),
	[WF_SECTION_LOCS] = FIXED(loc, WF_MAX_CODE),
	[WF_SECTION_BODIES] = FIXED(body, WF_MAX_CODE),
	[WF_SECTION_GROUPS] = FIXED(group, WF_MAX_STEPS),
	[WF_SECTION_MEMBERS] = FIXED(member, WF_MAX_CODE),
	[WF_SECTION_DEPS] = FIXED(dep, WF_MAX_PLAN_BYTES),
};

struct section {
	uint32_t offset, size, count;
};

struct decoder {
	const uint8_t *bytes;
	size_t n;
	/* They passed wf_plan_load when they were put into the journal, which finds what was changed since:
	 * their check sum, and that they are the one encoding of their plan, are not looked at again. */
	bool sealed;
	struct section sections[WF_SECTION_END_];
	struct wf_plan *plan;
	struct wf_buf again; /* a constant, written once more */
	struct wf_cause *cause;
};

static int check_zeros(struct decoder *d, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (d->bytes[i])
			return wf_fail(d->cause, WF_ECORRUPT, "plan: byte %zu should be zero", i);
	return 0;
}

static int check_section(struct decoder *d, uint32_t number, const struct section *s, size_t want)
{
	const struct section_rule *rule = &rules[number];
	const char *name = wf_section_names[number];
	if (s->offset != want || s->size > d->n - want)
		return wf_fail(d->cause, WF_ECORRUPT,
			"plan: section %s of %u bytes at %u does not lie where it must (%zu)", name,
			s->size, s->offset, want);
	if (s->count > rule->max)
		return wf_fail(d->cause, WF_ELIMIT, "plan: %u records in section %s, over %u",
			s->count, name, rule->max);
	uint32_t record = rule->record - (d->plan->format < 3 ? rule->grown : 0);
	uint64_t least = (uint64_t)s->count * record;
	if (rule->fixed ? least != s->size : least > s->size)
		return wf_fail(d->cause, WF_ECORRUPT,
			"plan: section %s has %u bytes, not those of %u records", name, s->size,
			s->count);
	return 0;
}

/* What stands before the table of sections, and with it that the bytes are those that were written. */
static int read_prefix(struct decoder *d)
{
	if (d->n < WF_PLAN_SUM_AT || memcmp(d->bytes, WF_PLAN_MAGIC, WF_PLAN_MAGIC_SIZE) != 0)
		return wf_fail(d->cause, WF_ECORRUPT, "not a plan");
	if (d->n > WF_MAX_PLAN_BYTES)
		return wf_fail(d->cause, WF_ELIMIT, "plan of %zu bytes, over %u", d->n,
			WF_MAX_PLAN_BYTES);
	struct wf_reader r = wf_reader_of(d->bytes, WF_PLAN_SUM_AT);
	(void)wf_get_raw(&r, WF_PLAN_MAGIC_SIZE);
	uint16_t format = wf_get_u16(&r), count = wf_get_u16(&r);
	uint32_t size = wf_get_u32(&r);
	if (!format || format > WF_PLAN_FORMAT)
		return wf_fail(d->cause, format ? WF_EVERSION : WF_ECORRUPT,
			"plan of format %u; this wfctl reads formats 1 to %u", format,
			WF_PLAN_FORMAT);
	d->plan->format = format;
	if (count != wf_plan_last_section(format) || size != d->n ||
		size < wf_plan_header_size(format))
		return wf_fail(d->cause, WF_ECORRUPT,
			"plan: %u sections and %u bytes said, %u and %zu expected", count, size,
			wf_plan_last_section(format), d->n);
	if (d->sealed || format < 3)
		return 0;
	uint8_t sum[WF_HASH_SIZE];
	wf_plan_sum(d->bytes, d->n, sum);
	if (memcmp(sum, d->bytes + WF_PLAN_SUM_AT, sizeof(sum)) != 0)
		return wf_fail(d->cause, WF_ECORRUPT,
			"plan: damaged: its bytes do not have the check sum in its header");
	return 0;
}

static int read_table(struct decoder *d)
{
	uint32_t format = d->plan->format;
	size_t at = wf_plan_header_size(format);
	struct wf_reader r = wf_reader_of(d->bytes, at);
	(void)wf_get_raw(&r, wf_plan_prefix_size(format));
	for (uint32_t i = WF_SECTION_WORKFLOW; i <= wf_plan_last_section(format); i++) {
		uint32_t number = wf_get_u32(&r);
		struct section *s = &d->sections[i];
		s->offset = wf_get_u32(&r);
		s->size = wf_get_u32(&r);
		s->count = wf_get_u32(&r);
		if (number != i)
			return wf_fail(d->cause, WF_ECORRUPT, "plan: section %u where %u must be",
				number, i);
		int err = check_section(d, i, s, at);
		if (err)
			return err;
		size_t end = at + s->size;
		at = (end + WF_PLAN_ALIGN - 1) / WF_PLAN_ALIGN * WF_PLAN_ALIGN;
		if (at > d->n)
			return wf_fail(d->cause, WF_ECORRUPT, "plan: cut off at byte %zu", d->n);
		err = check_zeros(d, end, at);
		if (err)
			return err;
	}
	if (at != d->n)
		return wf_fail(d->cause, WF_ECORRUPT, "plan: bytes behind the end at %zu", at);
	return 0;
}

static struct wf_reader section_reader(const struct decoder *d, enum wf_plan_section number)
{
	const struct section *s = &d->sections[number];
	return wf_reader_of(d->bytes + s->offset, s->size);
}

/* One text of the sections `strings` and `constants`. */
static const char *get_text(struct wf_reader *r, size_t *ret_n)
{
	uint32_t n = wf_get_u32(r);
	const uint8_t *p = wf_get_raw(r, n);
	*ret_n = p ? n : 0;
	return (const char *)p;
}

static int end_of_section(struct decoder *d, enum wf_plan_section number,
	const struct wf_reader *r)
{
	if (r->bad || r->off != r->len)
		return wf_fail(d->cause, WF_ECORRUPT,
			"plan: the records of section %s do not fill it exactly",
			wf_section_names[number]);
	return 0;
}

/* Remembers the text; no two records of a section are equal. */
static int add_text(struct decoder *d, enum wf_plan_section number, struct wf_texts *texts,
	const char *text, size_t n)
{
	bool is_new;
	uint32_t first = wf_texts_add(texts, text, n, NULL, &is_new);
	if (!is_new)
		return wf_fail(d->cause, WF_ECORRUPT, "plan: records %u and %u of section %s are equal",
			first, texts->count, wf_section_names[number]);
	return 0;
}

static int read_string(struct decoder *d, const char *text, size_t n)
{
	struct wf_plan *p = d->plan;
	if (memchr(text, '\0', n) || !wf_utf8_valid(text, n, NULL))
		return wf_fail(d->cause, WF_ECORRUPT, "plan: string %u is not UTF-8 without NUL",
			p->string_count);
	p->strings[p->string_count++] = wf_arena_strndup(p->texts, text, n);
	return 0;
}

static int read_constant(struct decoder *d, const char *text, size_t n)
{
	struct wf_plan *p = d->plan;
	uint32_t index = p->const_count;
	struct wf_cause why = {0};
	if (wf_json_parse(text, n, &p->consts[index], &why))
		return wf_fail(d->cause, WF_ECORRUPT, "plan: constant %u: %s", index, why.text);
	p->const_count++;
	if (d->sealed)
		return 0;
	wf_buf_reset(&d->again);
	wf_json_write(p->consts[index], &d->again);
	if (d->again.len != n || memcmp(d->again.data, text, n) != 0)
		return wf_fail(d->cause, WF_ECORRUPT,
			"plan: constant %u is not written in the one way there is", index);
	return 0;
}

static int read_texts(struct decoder *d, enum wf_plan_section number,
	int (*read)(struct decoder *d, const char *text, size_t n))
{
	struct wf_reader r = section_reader(d, number);
	struct wf_texts texts;
	wf_texts_init(&texts);
	int err = 0;
	for (uint32_t i = 0; i < d->sections[number].count && !err; i++) {
		size_t n;
		const char *text = get_text(&r, &n);
		if (!text)
			break;
		err = read(d, text, n);
		if (!err && !d->sealed)
			err = add_text(d, number, &texts, text, n);
	}
	wf_texts_done(&texts);
	return err ? err : end_of_section(d, number, &r);
}

static int read_strings(struct decoder *d)
{
	d->plan->texts = wf_arena_new();
	d->plan->strings =
		wf_calloc(d->sections[WF_SECTION_STRINGS].count, sizeof(*d->plan->strings));
	return read_texts(d, WF_SECTION_STRINGS, read_string);
}

static int read_constants(struct decoder *d)
{
	d->plan->consts =
		wf_calloc(d->sections[WF_SECTION_CONSTANTS].count, sizeof(*d->plan->consts));
	int err = read_texts(d, WF_SECTION_CONSTANTS, read_constant);
	wf_buf_done(&d->again);
	return err;
}

static int read_workflow(struct decoder *d)
{
	struct wf_reader r = section_reader(d, WF_SECTION_WORKFLOW);
	struct wf_plan *p = d->plan;
	if (d->sections[WF_SECTION_WORKFLOW].count != 1)
		return wf_fail(d->cause, WF_ECORRUPT, "plan: no workflow record");
	p->workflow = wf_get_u32(&r);
	p->version = wf_get_u32(&r);
	p->name = wf_get_u32(&r);
	p->description = wf_get_u32(&r);
	p->source_name = wf_get_u32(&r);
	p->input_schema = wf_get_u32(&r);
	p->output_schema = wf_get_u32(&r);
	p->vars = wf_get_u32(&r);
	p->extra = wf_get_u32(&r);
	uint32_t correlation = wf_get_u32(&r);
	p->entry_pc = wf_get_u32(&r);
	if (wf_get_u32(&r) || (p->format != 1 && correlation))
		return wf_fail(d->cause, WF_ECORRUPT, "plan: workflow: a reserved field is set");
	if (p->format == 1 && correlation != WF_NONE) {
		p->bodies = wf_calloc(1, sizeof(*p->bodies));
		p->bodies[p->body_count++] =
			(struct wf_plan_body){.kind = WF_BODY_CORRELATION, .pc = correlation};
	}
	p->timeout_ms = wf_get_u64(&r);
	p->failure_pc = WF_NONE;
	if (p->format >= 3) {
		p->failure_pc = wf_get_u32(&r);
		uint32_t compensate = wf_get_u32(&r);
		if (compensate > 1)
			return wf_fail(d->cause, WF_ECORRUPT, "plan: workflow: a reserved field is set");
		p->compensate = compensate;
	}
	return end_of_section(d, WF_SECTION_WORKFLOW, &r);
}

/* The sections of records of one size, but for the workflow. */
static int read_records(struct decoder *d)
{
	uint32_t last = wf_plan_last_section(d->plan->format);
	for (uint32_t number = WF_SECTION_STEPS; number <= last; number++) {
		const struct section *s = &d->sections[number];
		uint32_t read = rules[number].read(d->bytes + s->offset, s->count, d->plan);
		if (read < s->count)
			return wf_fail(d->cause, WF_ECORRUPT,
				"plan: record %u of section %s has a field with no such meaning", read,
				wf_section_names[number]);
	}
	return 0;
}

static int (*const readers[])(struct decoder *) = {read_prefix, read_table, read_workflow, read_strings,
	read_constants, read_records};

static int load(struct decoder *d, struct wf_plan **ret)
{
	d->plan = wf_calloc(1, sizeof(*d->plan));
	int err = 0;
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]) && !err; i++)
		err = readers[i](d);
	if (!err)
		err = wf_plan_verify(d->plan, d->cause);
	if (!err)
		err = wf_plan_parse_queries(d->plan, d->cause);
	if (err) {
		wf_plan_free(d->plan);
		return err;
	}
	wf_plan_link(d->plan);
	*ret = d->plan;
	return 0;
}

int wf_plan_load_known(const void *bytes, size_t n, const uint8_t id[WF_HASH_SIZE],
	struct wf_plan **ret, struct wf_cause *cause)
{
	struct decoder d = {.bytes = bytes, .n = n, .sealed = true, .cause = cause};
	int err = load(&d, ret);
	if (!err)
		memcpy((*ret)->id, id, WF_HASH_SIZE);
	return err;
}

/* The id says what runs: where the author wrote it is no part of that. */
static void sum_without_places(const struct wf_plan *plan, uint8_t ret[WF_HASH_SIZE])
{
	WF_AUTOBUF struct wf_buf bytes = {0};
	struct wf_plan bare = *plan;
	bare.loc_count = 0;
	bare.steps = wf_calloc((size_t)plan->step_count + 1, sizeof(*bare.steps));
	for (uint32_t i = 0; i < plan->step_count; i++) {
		bare.steps[i] = plan->steps[i];
		bare.steps[i].line = bare.steps[i].column = 0;
	}
	wf_plan_write(&bare, &bytes);
	wf_free(bare.steps);
	memcpy(ret, bytes.data + WF_PLAN_SUM_AT, WF_HASH_SIZE);
}

int wf_plan_load(const void *bytes, size_t n, struct wf_plan **ret, struct wf_cause *cause)
{
	struct decoder d = {.bytes = bytes, .n = n, .cause = cause};
	int err = load(&d, ret);
	if (!err && (*ret)->format < 3)
		wf_hash(bytes, n, (*ret)->id);
	else if (!err)
		sum_without_places(*ret, (*ret)->id);
	return err;
}

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

/* Smallest size of a record, and how many there may be. */
static const struct section_rule {
	uint32_t record, max;
	bool fixed;
	uint32_t grown; /* bytes of a record that format 3 added */
} rules[WF_SECTION_END_] = {
	[WF_SECTION_WORKFLOW] = {WF_PLAN_WORKFLOW_SIZE, 1, true, WF_PLAN_GROWN},
	[WF_SECTION_STRINGS] = {4, WF_MAX_PLAN_BYTES, false, 0},
	[WF_SECTION_CONSTANTS] = {5, WF_MAX_PLAN_BYTES, false, 0},
	[WF_SECTION_STEPS] = {WF_PLAN_STEP_SIZE, WF_MAX_STEPS, true, WF_PLAN_STEP_GROWN},
	[WF_SECTION_CODE] = {WF_PLAN_INSN_SIZE, WF_MAX_CODE, true, 0},
	[WF_SECTION_EDGES] = {WF_PLAN_EDGE_SIZE, WF_MAX_PLAN_BYTES, true, WF_PLAN_EDGE_GROWN},
	[WF_SECTION_LOCS] = {WF_PLAN_LOC_SIZE, WF_MAX_CODE, true, 0},
	[WF_SECTION_BODIES] = {WF_PLAN_BODY_SIZE, WF_MAX_CODE, true, 0},
	[WF_SECTION_GROUPS] = {WF_PLAN_GROUP_SIZE, WF_MAX_STEPS, true, 0},
	[WF_SECTION_MEMBERS] = {WF_PLAN_MEMBER_SIZE, WF_MAX_CODE, true, 0},
	[WF_SECTION_DEPS] = {WF_PLAN_DEP_SIZE, WF_MAX_PLAN_BYTES, true, 0},
};

struct section {
	uint32_t offset, size, count;
};

struct decoder {
	const uint8_t *bytes;
	size_t n;
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

static int read_header(struct decoder *d)
{
	if (d->n < WF_PLAN_PREFIX_SIZE || memcmp(d->bytes, WF_PLAN_MAGIC, WF_PLAN_MAGIC_SIZE) != 0)
		return wf_fail(d->cause, WF_ECORRUPT, "not a plan");
	if (d->n > WF_MAX_PLAN_BYTES)
		return wf_fail(d->cause, WF_ELIMIT, "plan of %zu bytes, over %u", d->n,
			WF_MAX_PLAN_BYTES);
	struct wf_reader r = wf_reader_of(d->bytes, d->n);
	(void)wf_get_raw(&r, WF_PLAN_MAGIC_SIZE);
	uint16_t format = wf_get_u16(&r);
	if (!format || format > WF_PLAN_FORMAT)
		return wf_fail(d->cause, format ? WF_EVERSION : WF_ECORRUPT,
			"plan of format %u; this wfctl reads formats 1 to %u", format,
			WF_PLAN_FORMAT);
	d->plan->format = format;
	uint32_t last = wf_plan_last_section(format);
	uint16_t count = wf_get_u16(&r);
	uint32_t size = wf_get_u32(&r);
	if (count != last || size != d->n || size < wf_plan_header_size(format))
		return wf_fail(d->cause, WF_ECORRUPT,
			"plan: %u sections and %u bytes said, %u and %zu expected", count, size,
			last, d->n);
	size_t at = wf_plan_header_size(format);
	for (uint32_t i = WF_SECTION_WORKFLOW; i <= last; i++) {
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
		if (!err)
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

/* False when a reserved field is not zero, or an enum has no such member. */
static bool get_step(struct wf_reader *r, uint32_t format, uint32_t index, struct wf_plan_step *s)
{
	s->id = wf_get_u32(r);
	s->name = wf_get_u32(r);
	uint8_t action = wf_get_u8(r), on_crash = wf_get_u8(r), backoff = wf_get_u8(r);
	uint8_t zero = wf_get_u8(r);
	if (action >= WF_ACT_COUNT_ || on_crash > WF_ON_CRASH_ASK ||
		backoff > WF_BACKOFF_EXPONENTIAL || zero)
		return false;
	s->action = (enum wf_action)action;
	s->on_crash = (enum wf_on_crash)on_crash;
	s->retry.backoff = (enum wf_backoff)backoff;
	s->retry.max_attempts = wf_get_u32(r);
	s->retry.initial_ms = wf_get_u64(r);
	s->retry.max_ms = wf_get_u64(r);
	s->retry.coefficient_milli = wf_get_u32(r);
	s->retry.jitter_milli = wf_get_u32(r);
	s->retry.on_types = wf_get_u32(r);
	s->retry.except_types = wf_get_u32(r);
	s->timeout_ms = wf_get_u64(r);
	s->deadline_ms = wf_get_u64(r);
	s->max_visits = wf_get_u32(r);
	s->enter_pc = wf_get_u32(r);
	s->fail_pc = wf_get_u32(r);
	s->line = wf_get_u32(r);
	s->column = wf_get_u32(r);
	uint32_t origin = wf_get_u32(r);
	s->origin = format < 3 ? index : origin;
	s->group = s->member = s->compensation = s->action_name = WF_NONE;
	if (format < 3)
		return origin == 0;
	s->group = wf_get_u32(r);
	s->member = wf_get_u32(r);
	s->compensation = wf_get_u32(r);
	s->action_name = wf_get_u32(r);
	return true;
}

static int read_steps(struct decoder *d)
{
	struct wf_reader r = section_reader(d, WF_SECTION_STEPS);
	uint32_t count = d->sections[WF_SECTION_STEPS].count;
	d->plan->steps = wf_calloc(count, sizeof(*d->plan->steps));
	for (uint32_t i = 0; i < count; i++) {
		if (!get_step(&r, d->plan->format, i, &d->plan->steps[i]))
			return wf_fail(d->cause, WF_ECORRUPT,
				"plan: step %u has a field with no such meaning", i);
		d->plan->step_count++;
	}
	return end_of_section(d, WF_SECTION_STEPS, &r);
}

static int read_code(struct decoder *d)
{
	struct wf_reader r = section_reader(d, WF_SECTION_CODE);
	uint32_t count = d->sections[WF_SECTION_CODE].count;
	d->plan->code = wf_calloc(count, sizeof(*d->plan->code));
	for (uint32_t i = 0; i < count; i++) {
		struct wf_insn *insn = &d->plan->code[i];
		insn->op = wf_get_u8(&r);
		insn->a = wf_get_u8(&r);
		insn->b = wf_get_u16(&r);
		insn->c = wf_get_u32(&r);
	}
	d->plan->code_count = count;
	return end_of_section(d, WF_SECTION_CODE, &r);
}

static int read_edges(struct decoder *d)
{
	struct wf_reader r = section_reader(d, WF_SECTION_EDGES);
	uint32_t count = d->sections[WF_SECTION_EDGES].count;
	d->plan->edges = wf_calloc(count, sizeof(*d->plan->edges));
	for (uint32_t i = 0; i < count; i++) {
		struct wf_plan_edge *edge = &d->plan->edges[i];
		edge->from = wf_get_u32(&r);
		edge->to = wf_get_u32(&r);
		uint32_t kind = wf_get_u32(&r);
		if (kind >= WF_EDGE_KIND_COUNT_ || (d->plan->format == 1 && kind == WF_EDGE_NOTIFY))
			return wf_fail(d->cause, WF_ECORRUPT, "plan: edge %u has kind %u", i,
				kind);
		edge->kind = (enum wf_edge_kind)kind;
		edge->label = wf_get_u32(&r);
		edge->pc = d->plan->format >= 3 ? wf_get_u32(&r) : WF_NONE;
	}
	d->plan->edge_count = count;
	return end_of_section(d, WF_SECTION_EDGES, &r);
}

static int read_locs(struct decoder *d)
{
	struct wf_reader r = section_reader(d, WF_SECTION_LOCS);
	uint32_t count = d->sections[WF_SECTION_LOCS].count;
	d->plan->locs = wf_calloc(count, sizeof(*d->plan->locs));
	for (uint32_t i = 0; i < count; i++) {
		d->plan->locs[i].pc = wf_get_u32(&r);
		d->plan->locs[i].line = wf_get_u32(&r);
		d->plan->locs[i].column = wf_get_u32(&r);
	}
	d->plan->loc_count = count;
	return end_of_section(d, WF_SECTION_LOCS, &r);
}

static int read_bodies(struct decoder *d)
{
	struct wf_plan *p = d->plan;
	if (p->format == 1)
		return 0;
	struct wf_reader r = section_reader(d, WF_SECTION_BODIES);
	uint32_t count = d->sections[WF_SECTION_BODIES].count;
	p->bodies = wf_calloc(count, sizeof(*p->bodies));
	for (uint32_t i = 0; i < count; i++) {
		struct wf_plan_body *body = &p->bodies[i];
		uint32_t kind = wf_get_u32(&r);
		if (kind >= WF_BODY_KIND_COUNT_)
			return wf_fail(d->cause, WF_ECORRUPT, "plan: body %u has kind %u", i, kind);
		body->kind = (enum wf_body_kind)kind;
		body->of = wf_get_u32(&r);
		body->index = wf_get_u32(&r);
		body->pc = wf_get_u32(&r);
	}
	p->body_count = count;
	return end_of_section(d, WF_SECTION_BODIES, &r);
}

static int read_groups(struct decoder *d)
{
	struct wf_plan *p = d->plan;
	struct wf_reader r = section_reader(d, WF_SECTION_GROUPS);
	uint32_t count = d->sections[WF_SECTION_GROUPS].count;
	if (p->format < 3)
		return 0;
	p->groups = wf_calloc(count, sizeof(*p->groups));
	for (uint32_t i = 0; i < count; i++) {
		struct wf_plan_group *g = &p->groups[i];
		uint32_t kind = wf_get_u32(&r);
		g->step = wf_get_u32(&r);
		g->needed = wf_get_u32(&r);
		g->limit = wf_get_u32(&r);
		uint32_t go_on = wf_get_u32(&r);
		g->first_member = wf_get_u32(&r);
		g->member_count = wf_get_u32(&r);
		g->parent = wf_get_u32(&r);
		g->parent_member = wf_get_u32(&r);
		if (kind >= WF_GROUP_KIND_COUNT_ || go_on > 1)
			return wf_fail(d->cause, WF_ECORRUPT,
				"plan: group %u has a field with no such meaning", i);
		g->kind = (enum wf_group_kind)kind;
		g->go_on = go_on;
	}
	p->group_count = count;
	return end_of_section(d, WF_SECTION_GROUPS, &r);
}

static int read_members(struct decoder *d)
{
	struct wf_plan *p = d->plan;
	struct wf_reader r = section_reader(d, WF_SECTION_MEMBERS);
	uint32_t count = d->sections[WF_SECTION_MEMBERS].count;
	if (p->format < 3)
		return 0;
	p->members = wf_calloc(count, sizeof(*p->members));
	for (uint32_t i = 0; i < count; i++) {
		struct wf_plan_member *m = &p->members[i];
		m->pc = wf_get_u32(&r);
		m->name = wf_get_u32(&r);
		m->first_dep = wf_get_u32(&r);
		m->dep_count = wf_get_u32(&r);
	}
	p->member_count = count;
	return end_of_section(d, WF_SECTION_MEMBERS, &r);
}

static int read_deps(struct decoder *d)
{
	struct wf_plan *p = d->plan;
	struct wf_reader r = section_reader(d, WF_SECTION_DEPS);
	uint32_t count = d->sections[WF_SECTION_DEPS].count;
	if (p->format < 3)
		return 0;
	p->deps = wf_calloc(count, sizeof(*p->deps));
	for (uint32_t i = 0; i < count; i++)
		p->deps[i] = wf_get_u32(&r);
	p->dep_count = count;
	return end_of_section(d, WF_SECTION_DEPS, &r);
}

static int (*const readers[])(struct decoder *) = {read_header, read_workflow, read_strings,
	read_constants, read_steps, read_code, read_edges, read_locs, read_bodies,
	read_groups, read_members, read_deps};

int wf_plan_load_known(const void *bytes, size_t n, const uint8_t id[WF_HASH_SIZE],
	struct wf_plan **ret, struct wf_cause *cause)
{
	struct wf_plan *plan = wf_calloc(1, sizeof(*plan));
	struct decoder d = {.bytes = bytes, .n = n, .plan = plan, .cause = cause};
	int err = 0;
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]) && !err; i++)
		err = readers[i](&d);
	if (!err)
		err = wf_plan_verify(plan, cause);
	if (!err)
		err = wf_plan_parse_queries(plan, cause);
	if (err) {
		wf_plan_free(plan);
		return err;
	}
	wf_plan_link(plan);
	memcpy(plan->id, id, sizeof(plan->id));
	*ret = plan;
	return 0;
}

/* The id says what runs: where the author wrote it is no part of that. */
static void hash_without_places(const struct wf_plan *plan, uint8_t ret[WF_HASH_SIZE])
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
	wf_hash(bytes.data, bytes.len, ret);
}

int wf_plan_load(const void *bytes, size_t n, struct wf_plan **ret, struct wf_cause *cause)
{
	static const uint8_t none[WF_HASH_SIZE];
	int err = wf_plan_load_known(bytes, n, none, ret, cause);
	if (!err && (*ret)->format < 3)
		wf_hash(bytes, n, (*ret)->id);
	else if (!err)
		hash_without_places(*ret, (*ret)->id);
	return err;
}

/*
 * Building a plan. Strings and constants are interned: the same content gets the same index, found
 * through a hash table whose order never shows in the plan.
 */
#include "plan/internal.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"

#include <sodium.h>
#include <string.h>

struct entry {
	uint64_t hash;
	uint32_t value; /* index + 1; 0 is a free slot */
};

/* Interned texts: for constants their JSON text, for strings the strings themselves. */
struct intern {
	struct entry *slots;
	uint32_t room; /* a power of two, or 0 */
	uint32_t count;
	char **texts;  /* owned; one an index */
	uint32_t text_room;
	uint8_t key[crypto_shorthash_KEYBYTES];
};

static struct intern *intern_new(void)
{
	struct intern *t = wf_calloc(1, sizeof(*t));
	wf_random(t->key, sizeof(t->key));
	return t;
}

static void intern_free(struct intern *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->count; i++)
		wf_free(t->texts[i]);
	wf_free(t->texts);
	wf_free(t->slots);
	wf_free(t);
}

static void intern_grow(struct intern *t)
{
	struct entry *old = t->slots;
	uint32_t old_room = t->room;
	t->room = old_room ? old_room * 2 : 64;
	t->slots = wf_calloc(t->room, sizeof(*t->slots));
	for (uint32_t i = 0; i < old_room; i++) {
		if (!old[i].value)
			continue;
		uint32_t at = (uint32_t)old[i].hash & (t->room - 1);
		while (t->slots[at].value)
			at = (at + 1) & (t->room - 1);
		t->slots[at] = old[i];
	}
	wf_free(old);
}

/* The text's index; *ret_new whether it is new. Takes the text (from wf_alloc). */
static uint32_t intern(struct intern *t, char *text, size_t n, bool *ret_new)
{
	uint64_t hash;
	uint8_t digest[crypto_shorthash_BYTES];
	crypto_shorthash(digest, (const unsigned char *)text, n, t->key);
	memcpy(&hash, digest, sizeof(hash));
	if (t->count >= t->room / 2)
		intern_grow(t);
	uint32_t at = (uint32_t)hash & (t->room - 1);
	for (; t->slots[at].value; at = (at + 1) & (t->room - 1)) {
		uint32_t index = t->slots[at].value - 1;
		if (t->slots[at].hash == hash && strcmp(t->texts[index], text) == 0) {
			wf_free(text);
			*ret_new = false;
			return index;
		}
	}
	WF_GROW(t->texts, t->count, t->text_room);
	t->texts[t->count] = text;
	t->slots[at] = (struct entry){.hash = hash, .value = ++t->count};
	*ret_new = true;
	return t->count - 1;
}

void wf_plan_builder_init(struct wf_plan_builder *b)
{
	*b = (struct wf_plan_builder){
		.plan =
			{
				.workflow = WF_NONE,
				.version = WF_NONE,
				.name = WF_NONE,
				.description = WF_NONE,
				.source_name = WF_NONE,
				.input_schema = WF_NONE,
				.output_schema = WF_NONE,
				.vars = WF_NONE,
				.extra = WF_NONE,
				.correlation_pc = WF_NONE,
			},
		.string_index = intern_new(),
		.const_index = intern_new(),
	};
}

void wf_plan_builder_done(struct wf_plan_builder *b)
{
	if (!b)
		return;
	intern_free(b->string_index);
	intern_free(b->const_index);
	wf_plan_drop(&b->plan);
	*b = (struct wf_plan_builder){0};
}

uint32_t wf_plan_add_string(struct wf_plan_builder *b, const char *s)
{
	bool is_new;
	uint32_t index = intern(b->string_index, wf_strdup(s), strlen(s), &is_new);
	if (is_new) {
		WF_GROW(b->plan.strings, b->plan.string_count, b->string_room);
		b->plan.strings[b->plan.string_count++] = wf_strdup(s);
	}
	return index;
}

uint32_t wf_plan_add_const(struct wf_plan_builder *b, json_t *value)
{
	struct wf_buf text = {0};
	wf_json_write(value, &text);
	size_t n = text.len;
	bool is_new;
	uint32_t index = intern(b->const_index, wf_buf_take(&text), n, &is_new);
	if (is_new) {
		WF_GROW(b->plan.consts, b->plan.const_count, b->const_room);
		b->plan.consts[b->plan.const_count++] = json_incref(value);
	}
	return index;
}

uint32_t wf_plan_add_step(struct wf_plan_builder *b, const struct wf_plan_step *step)
{
	WF_GROW(b->plan.steps, b->plan.step_count, b->step_room);
	b->plan.steps[b->plan.step_count] = *step;
	return b->plan.step_count++;
}

uint32_t wf_plan_add_edge(struct wf_plan_builder *b, const struct wf_plan_edge *edge)
{
	WF_GROW(b->plan.edges, b->plan.edge_count, b->edge_room);
	b->plan.edges[b->plan.edge_count] = *edge;
	return b->plan.edge_count++;
}

uint32_t wf_plan_emit(struct wf_plan_builder *b, enum wf_opcode op, uint8_t a, uint32_t c)
{
	WF_GROW(b->plan.code, b->plan.code_count, b->code_room);
	b->plan.code[b->plan.code_count] = (struct wf_insn){.op = (uint8_t)op, .a = a, .c = c};
	return b->plan.code_count++;
}

void wf_plan_patch(struct wf_plan_builder *b, uint32_t pc, uint32_t c)
{
	if (pc >= b->plan.code_count)
		WF_BUG("a patch of an instruction that is not there");
	b->plan.code[pc].c = c;
}

uint32_t wf_plan_here(const struct wf_plan_builder *b)
{
	return b->plan.code_count;
}

void wf_plan_mark(struct wf_plan_builder *b, uint32_t line, uint32_t column)
{
	struct wf_plan_loc loc = {.pc = wf_plan_here(b), .line = line, .column = column};
	struct wf_plan *plan = &b->plan;
	if (plan->loc_count && plan->locs[plan->loc_count - 1].pc == loc.pc)
		plan->loc_count--; /* no instruction came from the place marked before */
	if (plan->loc_count && plan->locs[plan->loc_count - 1].line == line &&
		plan->locs[plan->loc_count - 1].column == column)
		return;
	WF_GROW(plan->locs, plan->loc_count, b->loc_room);
	plan->locs[plan->loc_count++] = loc;
}

void wf_plan_encode(const struct wf_plan_builder *b, struct wf_buf *out)
{
	struct wf_plan plan = b->plan;
	while (plan.loc_count && plan.locs[plan.loc_count - 1].pc >= plan.code_count)
		plan.loc_count--;
	wf_plan_write(&plan, out);
}

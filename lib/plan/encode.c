/*
 * The plan's bytes. Reader: decode.c.
 *
 * All integers are unsigned and little-endian; "none" is 2^32 - 1. A file is a header of 224 bytes
 * and eleven sections in the order of their numbers. Each section begins at the next multiple of 8
 * after the one before it (the first at 224); the bytes between, and those after the last section
 * up to a multiple of 8, are zero. Nothing else may stand in the file: for a plan there is one
 * encoding.
 *
 * Formats 1 and 2 are read as well; a plan keeps its format. Both have no check sum: the table is at 16.
 * Format 2 has a header of 144 bytes, no sections behind 8, a workflow of 56 bytes (its first) and steps of 88 bytes, of which the last four
 * are zero. Format 1 has besides a header of 128 bytes and no section 8, and byte 36 of its workflow is
 * the instruction of the correlation id's body, or none.
 *
 *   header
 *     0   8  magic: 57 46 50 4c 41 4e 00 00 ("WFPLAN" and two zeros)
 *     8   2  format version: 3
 *    10   2  number of sections: 11
 *    12   4  size of the whole file in bytes
 *    16  32  check sum: BLAKE2b-256 of all bytes but these, in their order
 *    48 176  section table: eleven entries of 16 bytes
 *              0  4  number of the section: 1 to 11
 *              4  4  offset of its first byte in the file
 *              8  4  its size in bytes, without the padding behind it
 *             12  4  its number of records
 *
 *   1 workflow: one record of 64 bytes
 *     0   4  id, a string          24   4  output schema, a constant or none
 *     4   4  version, or none      28   4  variables, a constant (an object) or none
 *     8   4  name, or none         32   4  extra, a constant (an object) or none
 *    12   4  description, or none  36   4  zero
 *    16   4  source name, or none  40   4  instruction where a new thread begins
 *    20   4  input schema, a       44   4  zero
 *            constant or none      48   8  time limit of the instance, milliseconds; 0 is none
 *                                  56   4  instruction where its failure is handled, or none
 *                                  60   4  1: a failure undoes what was done; 0
 *
 *   2 strings: records of any size; no two are equal
 *     0   4  n: size in bytes
 *     4   n  UTF-8 without NUL; no NUL after it
 *
 *   3 constants: records like those of strings, each a JSON text as wfctl writes it: no white
 *     space, members in their order, no needless escapes; no two texts are equal
 *
 *   4 steps: records of 104 bytes
 *     0   4  id, a string; no two steps have the same
 *     4   4  name, a string or none
 *     8   1  action, its place in wfctl-bytecode(5)'s list
 *     9   1  after a crash: 0 retry, 1 fail, 2 ask
 *    10   1  back-off: 0 fixed, 1 exponential
 *    11   1  zero
 *    12   4  attempts, at most
 *    16   8  delay before the second attempt, milliseconds
 *    24   8  longest delay, milliseconds; 0 is none
 *    32   4  growth of the delay, thousandths
 *    36   4  random share of the delay, thousandths
 *    40   4  error types to retry, a bit each (bit 0 is the first of the list); 0: the default ones
 *    44   4  error types not to retry, a bit each
 *    48   8  time limit of an attempt, milliseconds; 0 is none
 *    56   8  time limit of all attempts, milliseconds; 0 is none
 *    64   4  visits, at most
 *    68   4  its `enter` instruction
 *    72   4  instruction where its failure is handled, or none
 *    76   4  line in the definition, from 1; 0 is unknown
 *    80   4  column
 *    84   4  the step it is a copy of, for another lane; itself otherwise
 *    88   4  the group it lies in, or none
 *    92   4  the member of that group, counted from 0, or none
 *    96   4  the step that undoes it, or none
 *   100   4  the defined action it is, a string, or none
 *
 *   5 code: instructions of 8 bytes
 *     0   1  opcode, its place in wfctl-bytecode(5)'s list
 *     1   1  operand a
 *     2   2  zero
 *     4   4  operand c
 *
 *   6 edges: records of 20 bytes, 16 before format 3; for drawing and counting only
 *     0   4  step it leaves, or none: the start
 *     4   4  step it leads to, or none: the end
 *     8   4  kind: 0 next, 1 condition, 2 failure, 3 decision, 4 of an escalation (not in format 1)
 *    12   4  label, a string or none
 *    16   4  instruction that is executed when it is taken, or none
 *
 *   7 places: records of 12 bytes, rising by instruction
 *     0   4  instruction from which on this place holds
 *     4   4  line in the definition
 *     8   4  column
 *
 *   8 bodies: records of 16 bytes, rising by their first three fields, no two equal in these
 *     0   4  kind: 0 correlation id, 1 match of a wait.event step, 2 notification of an approval
 *            step, 3 condition of a trigger, 4 input of a trigger, 5 concurrency key,
 *            6 compensation of a step, 7 input of a compensation, 8 condition of a UI component
 *     4   4  of what: of kinds 1, 2, 6 and 7 the step, of 3 and 4 the trigger's place in extra.triggers,
 *            of the others 0
 *     8   4  of kind 2 the number of the notification, of 8 that of the component, of the others 0
 *    12   4  its first instruction
 *
 *   9 groups: records of 36 bytes
 *     0   4  kind: 0 parallel, 1 foreach, 2 dag
 *     4   4  the step that waits for it, or none
 *     8   4  members that must succeed
 *    12   4  members in hand at once, at most
 *    16   4  1: a failed item does not end it; 0
 *    20   4  its first member
 *    24   4  its number of members
 *    28   4  the group whose code forks it, or none
 *    32   4  the member of that group, counted from 0, or none
 *
 *  10 members: records of 16 bytes
 *     0   4  its first instruction
 *     4   4  its name, a string or none
 *     8   4  the first of what must be met before it, in section 11
 *    12   4  the number of these
 *
 *  11 dependencies: records of 4 bytes, each a member of the same group, counted from 0
 *
 * The plan's id is the check sum of the file of the same plan without places: section 7 empty, and
 * the line and column of every step 0. What runs has one id, wherever and in whichever dialect its
 * author wrote it. In formats 1 and 2 it is the BLAKE2b-256 of the whole file.
 */
#include "plan/internal.h"

#include "base/json.h"

#include <string.h>

static void put_text(struct wf_buf *out, const char *text, size_t n)
{
	wf_put_u32(out, (uint32_t)n);
	wf_buf_add(out, text, n);
}

static uint32_t put_workflow(const struct wf_plan *p, struct wf_buf *out)
{
	wf_put_u32(out, p->workflow);
	wf_put_u32(out, p->version);
	wf_put_u32(out, p->name);
	wf_put_u32(out, p->description);
	wf_put_u32(out, p->source_name);
	wf_put_u32(out, p->input_schema);
	wf_put_u32(out, p->output_schema);
	wf_put_u32(out, p->vars);
	wf_put_u32(out, p->extra);
	wf_put_u32(out, p->format == 1 ? wf_plan_find_body(p, WF_BODY_CORRELATION, 0, 0) : 0);
	wf_put_u32(out, p->entry_pc);
	wf_put_u32(out, 0);
	wf_put_u64(out, p->timeout_ms);
	if (p->format >= 3) {
		wf_put_u32(out, p->failure_pc);
		wf_put_u32(out, p->compensate);
	}
	return 1;
}

static uint32_t put_strings(const struct wf_plan *p, struct wf_buf *out)
{
	for (uint32_t i = 0; i < p->string_count; i++)
		put_text(out, p->strings[i], strlen(p->strings[i]));
	return p->string_count;
}

static uint32_t put_constants(const struct wf_plan *p, struct wf_buf *out)
{
	WF_AUTOBUF struct wf_buf text = {0};
	for (uint32_t i = 0; i < p->const_count; i++) {
		wf_buf_reset(&text);
		wf_json_write(p->consts[i], &text);
		put_text(out, text.data, text.len);
	}
	return p->const_count;
}

/* Writers of a section's records; their number. */
#define WF_RECORD(name, type, array, count)                                                        \
	static uint32_t put_##name(const struct wf_plan *p, struct wf_buf *out)                    \
	{                                                                                          \
		const uint32_t format = p->format, n = p->count;                                   \
		(void)format;                                                                      \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			const type *x = &p->array[i];
#define WF_SELF32 wf_put_u32(out, *x);
#define WF_U8(field) wf_put_u8(out, x->field);
#define WF_U16(field) wf_put_u16(out, x->field);
#define WF_U32(field) wf_put_u32(out, x->field);
#define WF_U64(field) wf_put_u64(out, x->field);
#define WF_ENUM8(field, type, count) wf_put_u8(out, (uint8_t)x->field);
#define WF_ENUM32(field, type, count) wf_put_u32(out, (uint32_t)x->field);
#define WF_FLAG(field) wf_put_u32(out, x->field);
#define WF_ZERO8 wf_put_u8(out, 0);
#define WF_ORIGIN(field) wf_put_u32(out, format < 3 ? 0 : x->field);
#define WF_U32_3(field)                                                                            \
	if (format >= 3)                                                                           \
		wf_put_u32(out, x->field);
#define WF_RECORD_END(name)                                                                        \
	}                                                                                          \
	return n;                                                                                  \
	}
#include "plan/records.def"

static uint32_t (*const put_section[WF_SECTION_END_])(const struct wf_plan *, struct wf_buf *) = {
	[WF_SECTION_WORKFLOW] = put_workflow,
	[WF_SECTION_STRINGS] = put_strings,
	[WF_SECTION_CONSTANTS] = put_constants,
	[WF_SECTION_STEPS] = put_step,
	[WF_SECTION_CODE] = put_insn,
	[WF_SECTION_EDGES] = put_edge,
	[WF_SECTION_LOCS] = put_loc,
	[WF_SECTION_BODIES] = put_body,
	[WF_SECTION_GROUPS] = put_group,
	[WF_SECTION_MEMBERS] = put_member,
	[WF_SECTION_DEPS] = put_dep,
};

static void put_padding(struct wf_buf *out)
{
	while (out->len % WF_PLAN_ALIGN)
		wf_put_u8(out, 0);
}

void wf_plan_sum(const void *bytes, size_t n, uint8_t ret[WF_HASH_SIZE])
{
	const uint8_t *from = bytes;
	size_t behind = WF_PLAN_SUM_AT + WF_HASH_SIZE;
	wf_hash_two(from, WF_PLAN_SUM_AT, from + behind, n - behind, ret);
}

void wf_plan_write(const struct wf_plan *plan, struct wf_buf *out)
{
	static const uint8_t later[WF_HASH_SIZE];
	WF_AUTOBUF struct wf_buf body = {0}, table = {0};
	uint32_t last = wf_plan_last_section(plan->format);
	uint32_t header = wf_plan_header_size(plan->format);
	size_t start = out->len;
	for (uint32_t s = WF_SECTION_WORKFLOW; s <= last; s++) {
		size_t from = body.len;
		uint32_t count = put_section[s](plan, &body);
		wf_put_u32(&table, s);
		wf_put_u32(&table, (uint32_t)(header + from));
		wf_put_u32(&table, (uint32_t)(body.len - from));
		wf_put_u32(&table, count);
		put_padding(&body);
	}
	wf_buf_add(out, WF_PLAN_MAGIC, WF_PLAN_MAGIC_SIZE);
	wf_put_u16(out, (uint16_t)plan->format);
	wf_put_u16(out, (uint16_t)last);
	wf_put_u32(out, (uint32_t)(header + body.len));
	wf_buf_add(out, later, wf_plan_prefix_size(plan->format) - WF_PLAN_SUM_AT);
	wf_buf_add(out, table.data, table.len);
	wf_buf_add(out, body.data, body.len);
	if (plan->format >= 3)
		wf_plan_sum(out->data + start, out->len - start,
			(uint8_t *)out->data + start + WF_PLAN_SUM_AT);
}

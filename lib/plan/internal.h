/* What the files of lib/plan share: the layout's numbers, and a plan without its heap object. */
#ifndef WF_PLAN_INTERNAL_H
#define WF_PLAN_INTERNAL_H

#include "plan/plan.h"

#define WF_PLAN_MAGIC "WFPLAN\0" /* with the NUL that C adds: 8 bytes */
#define WF_PLAN_MAGIC_SIZE 8
/* Format 1 has no section of bodies, formats 1 and 2 have no groups; both are still read. */
#define WF_PLAN_FORMAT 3

/* Sections in their order in the file; the numbers in the section table. */
enum wf_plan_section {
	WF_SECTION_WORKFLOW = 1,
	WF_SECTION_STRINGS,
	WF_SECTION_CONSTANTS,
	WF_SECTION_STEPS,
	WF_SECTION_CODE,
	WF_SECTION_EDGES,
	WF_SECTION_LOCS,
	WF_SECTION_BODIES,
	WF_SECTION_GROUPS,
	WF_SECTION_MEMBERS,
	WF_SECTION_DEPS,
	WF_SECTION_END_
};

#define WF_PLAN_SECTION_SIZE 16u
#define WF_PLAN_SUM_AT 16u        /* the check sum, from format 3 on; its size is WF_HASH_SIZE */
#define WF_PLAN_WORKFLOW_SIZE 64u /* 56 before format 3 */
#define WF_PLAN_GROWN 8u

/* Sizes of fixed records, and what format 3 added to them: WF_PLAN_SIZE_OF_step … */
enum {
#define WF_RECORD(name, type, array, count) WF_PLAN_SIZE_OF_##name = 0
#define WF_SELF32 +4
#define WF_U8(field) +1
#define WF_U16(field) +2
#define WF_U32(field) +4
#define WF_U64(field) +8
#define WF_ENUM8(field, type, count) +1
#define WF_ENUM32(field, type, count) +4
#define WF_FLAG(field) +4
#define WF_ZERO8 +1
#define WF_ORIGIN(field) +4
#define WF_U32_3(field) +4
#define WF_RECORD_END(name) ,
#include "plan/records.def"
#define WF_RECORD(name, type, array, count) WF_PLAN_GROWN_OF_##name = 0
#define WF_SELF32
#define WF_U8(field)
#define WF_U16(field)
#define WF_U32(field)
#define WF_U64(field)
#define WF_ENUM8(field, type, count)
#define WF_ENUM32(field, type, count)
#define WF_FLAG(field)
#define WF_ZERO8
#define WF_ORIGIN(field)
#define WF_U32_3(field) +4
#define WF_RECORD_END(name) ,
#include "plan/records.def"
};

#define WF_PLAN_MAX_NESTING 64u   /* groups in one another */
#define WF_PLAN_ALIGN 8u

/* No span of time in a plan is longer, so that a time plus a span never overflows. */
#define WF_PLAN_MAX_SPAN ((uint64_t)INT64_MAX / 4)
#define WF_PLAN_MAX_COEFFICIENT 1000000u /* thousandths */

/* The sections of a format are those up to its last one. */
static inline uint32_t wf_plan_last_section(uint32_t format)
{
	return format == 1 ? WF_SECTION_LOCS : format == 2 ? WF_SECTION_BODIES : WF_SECTION_DEPS;
}

/* The header before its table of sections. */
static inline uint32_t wf_plan_prefix_size(uint32_t format)
{
	return WF_PLAN_SUM_AT + (format < 3 ? 0 : WF_HASH_SIZE);
}

static inline uint32_t wf_plan_header_size(uint32_t format)
{
	return wf_plan_prefix_size(format) + WF_PLAN_SECTION_SIZE * wf_plan_last_section(format);
}

/* The check sum of the bytes of a plan of format 3, whatever stands at its place. */
void wf_plan_sum(const void *bytes, size_t n, uint8_t ret[WF_HASH_SIZE]);

extern const char *const wf_backoff_names[2];
extern const char *const wf_on_crash_names[3];
extern const char *const wf_edge_kind_names[WF_EDGE_KIND_COUNT_];
extern const char *const wf_finish_names[2];
extern const char *const wf_group_kind_names[WF_GROUP_KIND_COUNT_];
/* What a kind of body belongs to. */
enum wf_body_owner { WF_BODY_OF_PLAN, WF_BODY_OF_STEP, WF_BODY_OF_TRIGGER };
extern const enum wf_body_owner wf_body_of[WF_BODY_KIND_COUNT_];
/* Whether bodies of that kind are numbered: several may be of the same. */
static inline bool wf_body_numbered(enum wf_body_kind kind)
{
	return kind == WF_BODY_NOTIFY || kind == WF_BODY_UI;
}
/* Whether it is control code, which a side thread runs. */
static inline bool wf_body_is_side(enum wf_body_kind kind)
{
	return kind == WF_BODY_NOTIFY || kind == WF_BODY_COMPENSATE;
}
extern const char *const wf_section_names[WF_SECTION_END_];

/*
 * Texts of which no two are equal, numbered as they came: what interns a builder's strings and
 * constants, and finds those that stand twice in a plan. A keyed hash finds them, so that no choice
 * of texts makes it slow; its order never shows.
 */
struct wf_texts {
	struct wf_text *items; /* by number */
	uint32_t count, item_room;
	uint32_t *slots;       /* number + 1; 0 is a free one */
	uint32_t room;         /* of slots: a power of two, or 0 */
	uint8_t key[16];
};
struct wf_text {
	const char *bytes;
	size_t n;
	uint64_t hash;
};
void wf_texts_init(struct wf_texts *t);
void wf_texts_done(struct wf_texts *t);
/* The text's number; *ret_new whether it is new. A new one is copied to the arena, or, without one,
 * borrowed as long as the table is used. */
uint32_t wf_texts_add(struct wf_texts *t, const char *bytes, size_t n, struct wf_arena *arena,
	bool *ret_new);

/* Frees what the plan holds, not the plan; zeroed afterwards. Half-built ones are allowed. */
void wf_plan_drop(struct wf_plan *plan);

/* The order of a plan's bodies: by kind, of and index. */
int wf_plan_compare_bodies(const void *a, const void *b);

/* Whether there is such a member, or both are none. */
bool wf_plan_has_member(const struct wf_plan *p, uint32_t group, uint32_t member);
/* The verifier's parts, each trusting those before it: about tables and groups (verify_tables.c,
 * verify_groups.c), operands (verify.c), and the code's flow (verify_flow.c). */
int wf_plan_check_tables(const struct wf_plan *p, struct wf_cause *cause);
int wf_plan_check_groups(const struct wf_plan *p, struct wf_cause *cause);
int wf_plan_check_flow(const struct wf_plan *p, struct wf_cause *cause);
/* WF_ECORRUPT, naming the instruction. */
int wf_plan_fail_at(const struct wf_plan *p, uint32_t pc, const char *what, struct wf_cause *cause);
/* Fills in what is made at loading; the plan is valid. */
void wf_plan_link(struct wf_plan *p);

/* Parses the queries of verified code (queries.c). WF_ECORRUPT: a text that is none. */
int wf_plan_parse_queries(struct wf_plan *p, struct wf_cause *cause);
void wf_plan_drop_queries(struct wf_plan *p);

/* Operands an instruction takes off and puts on the stack. */
uint32_t wf_insn_pops(const struct wf_insn *insn);
uint32_t wf_insn_pushes(const struct wf_insn *insn);

/* Whether operand c is an instruction to go to. */
static inline bool wf_insn_has_target(const struct wf_insn *insn)
{
	return wf_ops[insn->op].format == WF_FORMAT_TARGET ||
		wf_ops[insn->op].format == WF_FORMAT_EACH;
}

#endif

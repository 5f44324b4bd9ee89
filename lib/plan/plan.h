/*
 * The plan: what a definition compiles to, and all that the engine sees of it.
 *
 * A plan is built with a wf_plan_builder (the compiler, the assembler) and encoded to bytes, with a check
 * sum; the id is that of the same bytes without the places in the definition (encode.c). The only way to a
 * `struct wf_plan` is wf_plan_load, which decodes and verifies: after it the interpreter trusts the
 * plan, before it nothing does. Equal definitions give equal bytes on every machine, and what says the
 * same in another layout or dialect has the same id.
 */
#ifndef WF_PLAN_PLAN_H
#define WF_PLAN_PLAN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "plan/ops.h"

#include <jansson.h>

#define WF_NONE UINT32_MAX /* no string, no constant, no step, no instruction */

enum wf_backoff { WF_BACKOFF_FIXED, WF_BACKOFF_EXPONENTIAL };

struct wf_retry {
	uint32_t max_attempts;      /* 1 is no retry; up to WF_MAX_ATTEMPTS */
	enum wf_backoff backoff;
	uint64_t initial_ms;        /* delay before the second attempt */
	uint64_t max_ms;            /* cap of a delay; 0 is none */
	uint32_t coefficient_milli; /* growth a retry, in thousandths: 2000 doubles */
	uint32_t jitter_milli;      /* share of a delay that is random, 0 to 1000: a delay d becomes
	                               d - d*jitter*random, random in [0,1) */
	uint32_t on_types;          /* bit a wf_error_type: retry only these; 0 is the default set */
	uint32_t except_types;      /* bit a wf_error_type: never these */
};

struct wf_plan_step {
	uint32_t id, name;          /* strings; name may be WF_NONE */
	enum wf_action action;
	enum wf_on_crash on_crash;
	struct wf_retry retry;
	uint64_t timeout_ms;        /* of one attempt; 0 is none */
	uint64_t deadline_ms;       /* of all attempts from the first's start; 0 is none */
	uint32_t max_visits;        /* 1 unless the step is on a loop */
	uint32_t enter_pc;          /* its ENTER instruction */
	uint32_t fail_pc;           /* where the thread goes when the step fails for good; WF_NONE: the
	                               instance fails */
	uint32_t line, column;      /* in the definition, from 1 */
	uint32_t origin;            /* of a copy for another lane of a foreach: the step it is a copy of;
	                               itself otherwise */
	uint32_t group, member;     /* the group it lies in directly, and the member of it, counted from
	                               0; WF_NONE: the main flow, or what stands beside it */
	uint32_t compensation;      /* the step that undoes it; WF_NONE */
	uint32_t action_name;       /* string: the defined action that it is; WF_NONE: a built-in one */
};

/* What the fields above are in a plan that knows nothing of them; origin is the step itself. */
#define WF_PLAN_STEP_ALONE                                                                         \
	.group = WF_NONE, .member = WF_NONE, .compensation = WF_NONE, .action_name = WF_NONE

/*
 * Code that threads of its own run: the branches of `parallel`, the lanes of `foreach`, the steps of a
 * list with depends_on. FORK begins a group's members and waits until the group is over.
 *
 * A lane takes one item after the other: its code runs once for each. Members are contiguous, and
 * counted from 0 within their group.
 */
enum wf_group_kind { WF_GROUP_PARALLEL, WF_GROUP_FOREACH, WF_GROUP_DAG, WF_GROUP_KIND_COUNT_ };
struct wf_plan_group {
	enum wf_group_kind kind;
	uint32_t step;              /* that forks it and waits for it; WF_NONE of a DAG */
	uint32_t needed;            /* PARALLEL: members that must succeed; DAG: all; FOREACH: 0 */
	uint32_t limit;             /* members in hand at once, at most */
	bool go_on;                 /* FOREACH: a failed item does not end it */
	uint32_t first_member, member_count; /* the builder's caller sets them */
	uint32_t parent, parent_member; /* the group and member whose code forks it; WF_NONE */
};
struct wf_plan_member {
	uint32_t pc;                /* its first instruction */
	uint32_t name;              /* a branch's id, a string; WF_NONE */
	uint32_t first_dep, dep_count; /* of a DAG: what must be met before, in wf_plan.deps */
};

/* For people: what leads where. Kinds of drawing only; the engine never reads them. */
enum wf_edge_kind { WF_EDGE_NEXT, WF_EDGE_CONDITION, WF_EDGE_FAILURE, WF_EDGE_DECISION,
	WF_EDGE_NOTIFY /* from an approval to what notifies about it, or to itself: an escalation */, WF_EDGE_KIND_COUNT_ };
struct wf_plan_edge {
	uint32_t from, to;          /* steps; from WF_NONE: the start; to WF_NONE: the end */
	enum wf_edge_kind kind;
	uint32_t label;             /* string, or WF_NONE */
	uint32_t pc;                /* the instruction that is executed when it is taken, for who counts
	                               what tests have reached; WF_NONE: none tells */
};

struct wf_plan_loc {
	uint32_t pc, line, column;  /* instructions from pc on come from there */
};

/*
 * Code that the main flow does not lead to. All but those of notifications are pure and end in
 * `return` with their value; a notification's is control code of a step of its own, which a side
 * thread runs up to `halt`.
 */
enum wf_body_kind {
	WF_BODY_CORRELATION,   /* the instance's correlation id */
	WF_BODY_MATCH,         /* of a wait.event step: whether it takes the root `event` */
	WF_BODY_NOTIFY,        /* of an approval step: notification `index` of its input */
	WF_BODY_TRIGGER_WHEN,  /* of trigger `of` in extra.triggers: whether the root `event` starts */
	WF_BODY_TRIGGER_INPUT, /* of trigger `of`: the start's input */
	WF_BODY_SLOT_KEY,      /* the concurrency key, from the input */
	WF_BODY_COMPENSATE,    /* of a step: control code of its compensation, which a side thread runs */
	WF_BODY_UNDO_INPUT,    /* of a step: the compensation's input, evaluated when the step is left */
	WF_BODY_UI,            /* of UI component `index`: whether it applies */
	WF_BODY_KIND_COUNT_
};
extern const char *const wf_body_names[WF_BODY_KIND_COUNT_];

struct wf_plan_body {
	enum wf_body_kind kind;
	uint32_t of;                /* a step, a trigger's place, or 0 */
	uint32_t index;             /* of a notification or UI component, from 0; of others 0 */
	uint32_t pc;                /* its first instruction */
};

struct wf_query;
struct wf_plan_query {
	uint32_t string;            /* its text */
	uint8_t language;           /* enum wf_query_language */
	struct wf_query *query;
};

struct wf_plan {
	uint8_t id[WF_HASH_SIZE];
	uint32_t workflow, version, name, description; /* strings; WF_NONE but for workflow */
	uint32_t source_name;       /* string: base name of the file, for messages; WF_NONE */
	uint32_t input_schema, output_schema; /* constants; WF_NONE */
	uint32_t vars;              /* constant: object of initial variables; WF_NONE */
	uint32_t extra;             /* constant: object of what later parts use (triggers,
	                               concurrency, execution_log, ui …), kept as written; WF_NONE */
	uint64_t timeout_ms;        /* of the whole instance; 0 is none */
	uint32_t entry_pc;
	uint32_t string_count, const_count, step_count, code_count, edge_count, loc_count;
	const char **strings;       /* UTF-8 without NUL */
	struct wf_arena *texts;     /* where they lie */
	json_t **consts;
	struct wf_plan_step *steps;
	struct wf_insn *code;
	struct wf_plan_edge *edges;
	struct wf_plan_loc *locs;   /* rising pc */
	uint32_t body_count;
	struct wf_plan_body *bodies; /* rising by kind, of and index; no two are equal in these */
	uint32_t group_count, member_count, dep_count;
	struct wf_plan_group *groups;
	struct wf_plan_member *members;
	uint32_t *deps;             /* members of the same group */
	/* made at loading: what is said of member i of the plan stands in list.of[list.first[i]] up to
	 * list.of[list.first[i + 1] - 1] */
	struct wf_plan_list {
		uint32_t *first, *of;
	} followers,                /* members of the plan that wait for it */
		inside,             /* steps that lie in it */
		nested;             /* groups that its code forks */
	uint32_t *fork_pc;          /* made at loading: where each group is forked; WF_NONE: nowhere */
	uint32_t failure_pc;        /* the workflow's own handler of a failure; WF_NONE */
	bool compensate;            /* a failure undoes what was done */
	uint32_t query_count;
	struct wf_plan_query *queries; /* made at loading: those of the code, parsed, once each, rising
	                               by string and language */
	uint32_t format;            /* of the bytes it came from; wf_plan_write gives the same */
};

/* Compares the check sum, decodes and verifies. WF_ECORRUPT names what is wrong and where (offset, or
 * instruction); WF_EVERSION a newer format. *ret is freed with wf_plan_free. */
int wf_plan_load(const void *bytes, size_t n, struct wf_plan **ret, struct wf_cause *cause);
/* The same of bytes that have passed wf_plan_load and whose id is known, as of those in the journal: what
 * seals them binds them to it, and finds what is damaged. Neither sum is made (each would be a quarter of
 * the work), nor is it looked at again that texts are distinct and constants written in the one way. All
 * that the interpreter trusts is verified as by wf_plan_load. */
int wf_plan_load_known(const void *bytes, size_t n, const uint8_t id[WF_HASH_SIZE],
	struct wf_plan **ret, struct wf_cause *cause);
void wf_plan_free(struct wf_plan *plan); /* NULL is allowed */

/* The checks of wf_plan_load that need no bytes: what follows from tables and flow. For tools that
 * build plans; wf_plan_load has called it. WF_ECORRUPT. */
int wf_plan_verify(const struct wf_plan *plan, struct wf_cause *cause);

/* The string, or NULL for WF_NONE. */
const char *wf_plan_string(const struct wf_plan *plan, uint32_t index);
const char *wf_plan_step_id(const struct wf_plan *plan, uint32_t step);
/* As the author wrote it: a copy for another lane of a foreach has the id of what it is a copy of. What
 * people read has this one. "?": there is no such step. */
const char *wf_plan_author_id(const struct wf_plan *plan, uint32_t step);
/* Of a step, for people: the defined action that it is, or the built-in one. */
const char *wf_plan_action_name(const struct wf_plan *plan, uint32_t step);
/* The step with that id, or WF_NONE. */
uint32_t wf_plan_find_step(const struct wf_plan *plan, const char *id);
/* Whether the step's policy retries a failure of that type: one of wfctl's, or a name of the definition's own. */
bool wf_plan_retries(const struct wf_plan *plan, uint32_t step, const char *type);
/* Whether two steps' policies have the same names of the definition's own. */
bool wf_plan_same_retries(const struct wf_plan *a, uint32_t i, const struct wf_plan *b, uint32_t j);
/* The first instruction of that body, or WF_NONE: a plan has no such body. */
uint32_t wf_plan_find_body(const struct wf_plan *plan, enum wf_body_kind kind, uint32_t of,
	uint32_t index);
/* The parsed query of a `query` instruction of a loaded plan. */
const struct wf_query *wf_plan_query(const struct wf_plan *plan, const struct wf_insn *insn);
/* The place in the definition an instruction comes from; NULL when none is known. */
const struct wf_plan_loc *wf_plan_locate(const struct wf_plan *plan, uint32_t pc);

/* -- building -- */

/* A plan under construction. The fields of `plan` that are plain numbers may be set directly; arrays
 * only through the functions below. Zero-initialise with wf_plan_builder_init. */
struct wf_plan_builder {
	struct wf_plan plan;
	uint32_t string_room, const_room, step_room, code_room, edge_room, loc_room, body_room;
	uint32_t group_room, member_room, dep_room;
	void *string_index, *const_index; /* private */
};
void wf_plan_builder_init(struct wf_plan_builder *b);
void wf_plan_builder_done(struct wf_plan_builder *b);
uint32_t wf_plan_add_string(struct wf_plan_builder *b, const char *s);  /* the same for equal ones */
uint32_t wf_plan_add_const(struct wf_plan_builder *b, json_t *value);   /* borrowed; the same for equal ones */
uint32_t wf_plan_add_step(struct wf_plan_builder *b, const struct wf_plan_step *step);
uint32_t wf_plan_add_edge(struct wf_plan_builder *b, const struct wf_plan_edge *edge);
/* In any order; returns the number of bodies before it. Of equal ones the verifier complains. */
uint32_t wf_plan_add_body(struct wf_plan_builder *b, const struct wf_plan_body *body);
/* Their index. Fields of a group or member that become known later may be set in plan.groups and
 * plan.members. */
uint32_t wf_plan_add_group(struct wf_plan_builder *b, const struct wf_plan_group *group);
uint32_t wf_plan_add_member(struct wf_plan_builder *b, const struct wf_plan_member *member);
uint32_t wf_plan_add_dep(struct wf_plan_builder *b, uint32_t member);
/* Appends an instruction, returns its index. */
uint32_t wf_plan_emit(struct wf_plan_builder *b, enum wf_opcode op, uint8_t a, uint32_t c);
/* Sets operand c of an earlier instruction (a forward jump) . */
void wf_plan_patch(struct wf_plan_builder *b, uint32_t pc, uint32_t c);
uint32_t wf_plan_here(const struct wf_plan_builder *b); /* index of the next instruction */
/* Instructions from here on come from that place. */
void wf_plan_mark(struct wf_plan_builder *b, uint32_t line, uint32_t column);

/* The canonical bytes; appends. encode of a loaded plan gives the bytes it was loaded from. */
void wf_plan_write(const struct wf_plan *plan, struct wf_buf *out);
void wf_plan_encode(const struct wf_plan_builder *b, struct wf_buf *out);

/* -- text form (wfctl-bytecode(5)) -- */

/* Readable assembly of the whole plan; wf_plan_assemble of it gives the same bytes. */
void wf_plan_disassemble(const struct wf_plan *plan, struct wf_buf *out);
/* WF_ESYNTAX with the line in the cause. Appends the encoded bytes to out. */
int wf_plan_assemble(const char *text, size_t n, struct wf_buf *out, struct wf_cause *cause);

#endif

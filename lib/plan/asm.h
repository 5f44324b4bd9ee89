/*
 * The assembler's state, the parts of a line (asm_line.c) that its statements (asm.c, asm_parts.c,
 * asm_insn.c) are made of, and the statements that asm.c leaves to the others.
 *
 * What reads a part or a statement gives 0, or WF_ESYNTAX with the line in the cause.
 */
#ifndef WF_PLAN_ASM_H
#define WF_PLAN_ASM_H

#include "plan/internal.h"

#include <string.h>

enum wf_asm_part { PART_HEADER, PART_STEP, PART_CODE, PART_TABLES, PART_ANY };

struct wf_asm_label {
	const char *name; /* points into the text */
	size_t n;
	uint32_t pc;
};

enum wf_asm_fixup_kind { FIX_CODE, FIX_ENTER, FIX_FAIL, FIX_ENTRY, FIX_BODY, FIX_FAILURE,
	FIX_MEMBER };
struct wf_asm_fixup {
	enum wf_asm_fixup_kind kind;
	uint32_t at;      /* instruction, step or body */
	const char *name;
	size_t n;
	uint32_t line;
};

struct wf_assembler {
	struct wf_plan_builder b;
	const char *at, *end;   /* what is left of the line */
	uint32_t line;
	enum wf_asm_part part;
	bool tables_pass, seen_plan;
	struct wf_asm_label *labels;
	uint32_t label_count, label_room;
	struct wf_asm_fixup *fixups;
	uint32_t fixup_count, fixup_room;
	json_t *steps;          /* id -> index */
	struct wf_cause *cause;
};

int wf_asm_syntax(struct wf_assembler *a, uint32_t line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define SYNTAX(a, ...) wf_asm_syntax((a), (a)->line, __VA_ARGS__)

void wf_asm_skip(struct wf_assembler *a); /* blanks */
/* The next word; empty at the line's end. */
size_t wf_asm_word(struct wf_assembler *a, const char **ret);
/* The next word's place in a table of names. */
int wf_asm_choice(struct wf_assembler *a, const char *const *names, size_t count, size_t *ret);
/* A word as a string, for the find functions of ops.h. */
int wf_asm_name(struct wf_assembler *a, char *ret, size_t room);
int wf_asm_number(struct wf_assembler *a, const char *digits, size_t n, uint64_t *ret);
int wf_asm_to_u32(struct wf_assembler *a, uint64_t value, uint32_t *ret);
int wf_asm_u64(struct wf_assembler *a, uint64_t *ret);
int wf_asm_u32(struct wf_assembler *a, uint32_t *ret);
/* A JSON string; the caller owns it. */
int wf_asm_string(struct wf_assembler *a, char **ret);
int wf_asm_string_index(struct wf_assembler *a, uint32_t *ret);
/* The rest of the line as JSON. */
int wf_asm_const_index(struct wf_assembler *a, uint32_t *ret);
/* A step that was declared above. */
int wf_asm_step(struct wf_assembler *a, uint32_t *ret);
/* A label, put in when all are known. */
int wf_asm_label(struct wf_assembler *a, enum wf_asm_fixup_kind kind, uint32_t at);
/* The word, when it is the next one; else nothing is read. */
bool wf_asm_take(struct wf_assembler *a, const char *word);
/* LINE:COLUMN */
int wf_asm_place(struct wf_assembler *a, uint32_t *ret_line, uint32_t *ret_column);

/* The statements of asm_parts.c, read behind their first word. */
int wf_asm_read_copy(struct wf_assembler *a);
int wf_asm_read_undo(struct wf_assembler *a);
int wf_asm_read_group(struct wf_assembler *a);
int wf_asm_read_member(struct wf_assembler *a);
int wf_asm_read_after(struct wf_assembler *a);
int wf_asm_read_edge(struct wf_assembler *a);
int wf_asm_read_body(struct wf_assembler *a);
int wf_asm_read_code_place(struct wf_assembler *a);
int wf_asm_read_table_string(struct wf_assembler *a);
int wf_asm_read_table_constant(struct wf_assembler *a);

/* An instruction, from its mnemonic `word` on. */
int wf_asm_insn(struct wf_assembler *a, const char *word, size_t n);

static inline bool word_is(const char *word, size_t n, const char *other)
{
	return strlen(other) == n && memcmp(word, other, n) == 0;
}

#endif

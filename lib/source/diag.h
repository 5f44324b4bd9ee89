/*
 * Findings: what is wrong with a definition, where, and what to do. Collected, never printed here.
 */
#ifndef WF_SOURCE_DIAG_H
#define WF_SOURCE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wf_severity { WF_SEV_ERROR, WF_SEV_WARNING, WF_SEV_NOTE };

/* Each rule: WF_RULE(NAME, "kebab-id", default severity, "one-line summary", "explanation of some
 * sentences for `wfctl explain` and wfctl-rules(7)", "example that breaks it", "the same mended").
 * rules.def is the only place where a rule is defined. */
enum wf_rule {
#define WF_RULE(name, id, severity, summary, explanation, bad, good) WF_RULE_##name,
#include "source/rules.def"
#undef WF_RULE
	WF_RULE_COUNT_
};

struct wf_rule_info {
	const char *id;
	enum wf_severity severity;
	const char *summary, *explanation, *bad, *good;
};
const struct wf_rule_info *wf_rule_info(enum wf_rule rule);
/* The rule with that id; WF_RULE_COUNT_ when there is none. */
enum wf_rule wf_rule_find(const char *id);

/* A place in a source: lines and columns count from 1, columns in code points, offsets in bytes; the
 * end is exclusive. An all-zero span means the whole file. */
struct wf_span {
	uint32_t line, column, end_line, end_column;
	uint32_t offset, end_offset;
};

/* One source text that spans point into. Borrowed text; the caller keeps it alive. */
struct wf_source {
	const char *name;   /* as the user gave it; "-" for standard input */
	const char *text;   /* len bytes, may hold anything */
	size_t len;
};

struct wf_diag {
	enum wf_rule rule;
	enum wf_severity severity;
	const struct wf_source *source; /* borrowed */
	struct wf_span span;
	char *message;      /* one sentence, no full stop */
	char *hint;         /* what to do ("did you mean `x`?"), or NULL */
	char *fix;          /* replacement text for the span, or NULL */
};

/* A zeroed one is empty and valid. */
struct wf_diags {
	struct wf_diag *items;
	size_t count, room;
	size_t errors, warnings, notes;
	bool full; /* WF_MAX_DIAGS reached; the last finding says so */
};

/* Adds a finding of the rule's own severity; the message is printf-like. Returns it, so that the
 * caller may set a hint or fix (never NULL; what a full list drops goes to a spare one). The pointer
 * is good until the next finding is added. */
struct wf_diag *wf_diag_add(struct wf_diags *diags, enum wf_rule rule,
	const struct wf_source *source, struct wf_span span, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void wf_diag_hint(struct wf_diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void wf_diag_fix(struct wf_diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Moves all findings of one list to the end of another; `from` is empty afterwards. */
void wf_diags_move(struct wf_diags *to, struct wf_diags *from);

/* By source name, line, column, rule. Stable. Drops exact repeats. */
void wf_diags_sort(struct wf_diags *diags);
void wf_diags_done(struct wf_diags *diags);

#endif

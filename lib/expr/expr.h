/*
 * The native expression language and ${…} templates (language.md): text -> syntax tree -> tree with
 * every path resolved and every node typed.
 *
 * Nodes live in an arena. Offsets are bytes inside the expression's own text; wf_expr_site says where
 * that text stands in the definition.
 */
#ifndef WF_EXPR_EXPR_H
#define WF_EXPR_EXPR_H

#include "base/buf.h"
#include "expr/type.h"
#include "plan/ops.h"
#include "query/query.h"
#include "source/tree.h"

enum wf_expr_kind {
	WF_EXPR_LITERAL,   /* value */
	WF_EXPR_PATH,      /* a name, perhaps with members behind it: see `path` */
	WF_EXPR_MEMBER,    /* args[0] . name: of anything that is not a plain path */
	WF_EXPR_INDEX,     /* args[0] [ args[1] ] */
	WF_EXPR_UNARY,     /* op (WF_OP_NOT, WF_OP_NEG), args[0] */
	WF_EXPR_BINARY,    /* op (EQ…IN, ADD…MOD), args[0], args[1] */
	WF_EXPR_AND, WF_EXPR_OR, WF_EXPR_COALESCE, /* args[0], args[1] */
	WF_EXPR_COND,      /* args[0] ? args[1] : args[2] */
	WF_EXPR_CALL,      /* function, args */
	WF_EXPR_EACH,      /* each, args[0] the list, args[1] the body; map/filter/all/any/first */
	WF_EXPR_HAS,       /* has(path): args[0] */
	WF_EXPR_LIST,      /* args */
	WF_EXPR_MAP,       /* args: key, value, key, value … keys are expressions */
	WF_EXPR_TEXT       /* interpolation: args joined */
};

/* What a path's first name turned out to be (set by wf_expr_resolve). */
enum wf_expr_base {
	WF_BASE_UNRESOLVED, WF_BASE_ROOT, WF_BASE_STEP,
	WF_BASE_ITEM, WF_BASE_ITEM_INDEX /* of a foreach around the place: `step` */
};

struct wf_expr_segment {
	const char *name;
	uint32_t from, to;
};

struct wf_expr {
	enum wf_expr_kind kind;
	uint32_t from, to;                 /* bytes in the text */
	struct wf_expr **args;
	uint32_t arg_count;
	json_t *value;                     /* LITERAL; owned by the arena's cleanup: see wf_expr_arena */
	enum wf_opcode op;
	enum wf_function function;
	enum wf_each each;
	const char *name;                  /* MEMBER; CALL's name as written */
	uint32_t name_from, name_to;
	struct wf_expr_segment *segments;  /* PATH: at least 1 */
	uint32_t segment_count;
	uint32_t height;                   /* 1 for a leaf; at most WF_MAX_EXPR_DEPTH as parsed */
	char group;                        /* '(' or '$' when it stands in (…) or ${…}: from and to
	                                      are then those of the brackets; 0 otherwise */
	/* set by wf_expr_resolve: */
	const struct wf_type *type;        /* never NULL afterwards */
	enum wf_expr_base base;
	enum wf_root root;                 /* BASE_ROOT */
	uint32_t step;                     /* BASE_STEP; of BASE_ITEM the foreach */
	enum wf_step_part part;
	uint32_t consumed;                 /* segments that named the base; the rest are members */
	bool absence_ok;                   /* stands left of ??, or inside has() */
	bool optional;                     /* absence is no error here: declared optional, or
	                                      absence_ok */
};

/* Where an expression's text stands: a string node of the definition, `offset` bytes into its
 * value. Without a node: `offset` bytes into the source's own text (an expression on the command
 * line). */
struct wf_expr_site {
	const struct wf_source *source;
	const struct wf_node *node;
	size_t offset;
};
struct wf_span wf_expr_span(const struct wf_expr_site *site, uint32_t from, uint32_t to);

/* Literal json_t values of a tree need releasing: an arena with a list of them. */
struct wf_expr_arena;
struct wf_expr_arena *wf_expr_arena_new(void);
void wf_expr_arena_free(struct wf_expr_arena *a); /* NULL is allowed */
struct wf_arena *wf_expr_arena_base(struct wf_expr_arena *a);

/* Parses a whole expression (the n bytes). `${path}` and a bare path mean the same. NULL after a
 * finding (rule EXPR_SYNTAX, or LIMIT) was added at the exact place. */
struct wf_expr *wf_expr_parse(struct wf_expr_arena *a, const char *text, size_t n,
	const struct wf_expr_site *site, struct wf_diags *diags);

/* Parses a template string: without `${` a LITERAL string; "${…}" alone the expression itself;
 * otherwise a TEXT. `$${` stands for a literal `${`. */
struct wf_expr *wf_expr_parse_template(struct wf_expr_arena *a, const char *text, size_t n,
	const struct wf_expr_site *site, struct wf_diags *diags);

/* Whether the n bytes are a query of that language (a finding, rule QUERY_SYNTAX or LIMIT, at the exact
 * place when not). */
bool wf_expr_is_query(enum wf_query_language language, const char *text, size_t n,
	const struct wf_expr_site *site, struct wf_diags *diags);

/* A template tree: any node of a definition; strings are templates, lists and maps are built, other
 * scalars literal. The sites of nested strings are kept by the nodes' `site`s: use the returned
 * tree with wf_expr_resolve_tree only. A string that could not be read (a finding says so) is a value
 * of any type in the tree, which then must not be compiled. NULL when it is over a limit. */
struct wf_expr_tree;
struct wf_expr_tree *wf_expr_parse_tree(struct wf_expr_arena *a, const struct wf_source *source,
	const struct wf_node *node, struct wf_diags *diags);

/* A foreach around the place. */
struct wf_scope_loop {
	uint32_t step;                         /* of the foreach */
	const char *as, *index;                /* names of its own for item and index; NULL: none */
	const struct wf_type *item;            /* NULL: any */
};

/* Answers of step_ran. */
enum wf_step_ran {
	WF_RAN_SURELY = 1, WF_RAN_MAYBE = 0, WF_RAN_NEVER = -1,
	WF_RAN_BESIDE = -2,                    /* it is in another branch: the two run side by side */
	WF_RAN_PER_ITEM = -3                   /* it is in a foreach, and runs for each item */
};

/*
 * What names mean where an expression stands. The check and the compiler fill one per place. The
 * ids of many steps are indexed once per arena: while it lives, a `step_ids` array keeps its
 * contents (another array is indexed anew).
 */
struct wf_scope {
	const struct wf_type *input;           /* type of the input (never NULL) */
	const struct wf_type *vars;            /* type of vars */
	uint32_t step_count;
	const char *const *step_ids;
	const struct wf_type *const *step_outputs; /* a step's output type */
	/* Whether the step has surely run before this place (dominates it). NULL: all have. */
	enum wf_step_ran (*step_ran)(void *arg, uint32_t step);
	void *arg;
	uint32_t roots;                        /* bit a wf_root that exists here */
	const struct wf_type *root_types[WF_ROOT_COUNT_]; /* NULL: any */
	/* Paths that the context declares optional ("user.risk_score"), and required. */
	const char *const *optional_paths;
	uint32_t optional_count;
	const struct wf_scope_loop *loops;     /* from the outermost to the innermost */
	uint32_t loop_count;
};

/*
 * Resolves names, checks and types. Findings: binding-unknown (with the nearest name),
 * binding-field (a field that the type does not have), binding-maybe (the step may not have run),
 * binding-never, type-mismatch, function-unknown, function-arguments, optional-no-default
 * (warning, with the fix), condition-type (when `want` is given and cannot hold), secret-unsupported.
 * A first name is looked for in this order: bound roots (item, index, error, output, approval), item
 * and index of the innermost foreach, names that foreachs give to theirs, steps, roots, the input's own
 * properties. True when no error was added.
 */
bool wf_expr_resolve(struct wf_expr_arena *a, struct wf_expr *e, const struct wf_scope *scope,
	const struct wf_expr_site *site, uint32_t want_kinds, struct wf_diags *diags);
bool wf_expr_resolve_tree(struct wf_expr_arena *a, struct wf_expr_tree *tree,
	const struct wf_scope *scope, struct wf_diags *diags);
/* The type of a resolved tree (a map's members known), for checking against a schema. */
const struct wf_type *wf_expr_tree_type(const struct wf_expr_tree *tree);
/* The one expression that builds the tree's value. */
struct wf_expr *wf_expr_tree_root(struct wf_expr_tree *tree);

/* All the steps that a resolved expression reads: calls fn for each path of a step. */
void wf_expr_each_step(const struct wf_expr *e, void (*fn)(void *arg, const struct wf_expr *path),
	void *arg);

/* The expression in its own syntax, every operation in parentheses; appends. Reading it gives the
 * same tree, but for a TEXT: it is shown in backquotes, which no expression has. */
void wf_expr_print(const struct wf_expr *e, struct wf_buf *out);

/* -- made of resolved parts, not read -- */

/* A literal; takes the reference. */
struct wf_expr *wf_expr_make_value(struct wf_expr_arena *a, json_t *stolen);
/* A LIST, MAP (key, value, key, value …) or TEXT of them. */
struct wf_expr *wf_expr_make(struct wf_expr_arena *a, enum wf_expr_kind kind,
	struct wf_expr *const *args, uint32_t count);
/* The member of that name (borrowed, as long as the arena), undefined where it is not there. */
struct wf_expr *wf_expr_make_member(struct wf_expr_arena *a, struct wf_expr *of, const char *name);
/* Whether the machine has room for its value. */
bool wf_expr_make_fits(const struct wf_expr *e);

/* -- for the compiler -- */

/* Whether a resolved expression's value may be undefined without that having been an error. */
bool wf_expr_may_be_undefined(const struct wf_expr *e);

/* How many operands of a list, map or text (a map's key and value are two) may be collected at once
 * with `depth` operands below them: what has more is built in pieces, so that no list is too long
 * for the operand stack. The parser refuses what would still need more than WF_MAX_STACK. */
uint32_t wf_expr_chunk(uint32_t depth);

#endif

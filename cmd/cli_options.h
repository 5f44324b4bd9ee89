/*
 * What a verb takes: one table a verb gives the parser, --help, completion, and what the manual page
 * is compared with.
 */
#ifndef WF_CMD_OPTIONS_H
#define WF_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct wf_ctx;

struct wf_option {
	const char *name;     /* long name without dashes; NULL ends a table */
	char letter;          /* 0: none */
	const char *value;    /* "FILE": it takes a value of that kind; NULL: a flag */
	const char *meaning;  /* a sentence without a full stop */
	const char *words;    /* what completes the value: "file", "instance", "workflow", or
	                         "this|that"; NULL: nothing does */
	const char *only;     /* of which sub-verbs: "backup|restore"; NULL: all */
};

struct wf_subverb {
	const char *name;     /* NULL ends a table */
	const char *arguments;
	const char *summary;
	unsigned min_args, max_args; /* behind the sub-verb's name */
	const char *words;    /* what completes the arguments, as above */
	int (*run)(struct wf_ctx *ctx);
};

/* Forms of an answer. A verb's `formats` has a bit for each that it knows. */
#define WF_FORMATS(X)                                                                              \
	X(TABLE, "table")                                                                          \
	X(WIDE, "wide")                                                                            \
	X(JSON, "json")                                                                            \
	X(JSONL, "jsonl")                                                                          \
	X(YAML, "yaml")                                                                            \
	X(TEXT, "text")                                                                            \
	X(SARIF, "sarif")                                                                          \
	X(GITHUB, "github")                                                                        \
	X(DOT, "dot")                                                                              \
	X(MERMAID, "mermaid")                                                                      \
	X(TAP, "tap")                                                                              \
	X(JUNIT, "junit")
enum wf_format {
#define X(name, text) WF_FORMAT_OUT_##name,
	WF_FORMATS(X)
#undef X
	WF_FORMAT_OUT_COUNT_
};
#define WF_FORMAT_BIT(name) (1u << WF_FORMAT_OUT_##name)
#define WF_FORMATS_COMMON                                                                          \
	(WF_FORMAT_BIT(TABLE) | WF_FORMAT_BIT(WIDE) | WF_FORMAT_BIT(JSON) | WF_FORMAT_BIT(JSONL) | \
		WF_FORMAT_BIT(YAML))
const char *wf_format_name(enum wf_format format);
enum wf_format wf_format_find(const char *name); /* COUNT_ when there is none */

struct wf_verb {
	const char *arguments;           /* "FILE…"; "" when it takes none */
	const char *description;         /* paragraphs, separated by empty lines */
	const char *examples;            /* a line each: "command   # what it does" */
	const struct wf_option *options; /* NULL: none of its own */
	const struct wf_subverb *subs;   /* NULL: none */
	enum wf_format standard;         /* the form when none is asked for */
	unsigned formats;                /* WF_FORMAT_BIT of each that it knows */
	unsigned min_args, max_args;
	const char *words;               /* what completes its arguments, as in wf_option */
	bool changes;                    /* it changes something: it takes --as and means it */
	int (*run)(struct wf_ctx *ctx);  /* gives the exit status; NULL when it has sub-verbs */
};

struct wf_cmd {
	const char *name, *summary;
	int group;
	const struct wf_verb *verb;
};
extern const struct wf_cmd wf_commands[];
extern const size_t wf_command_count;
const struct wf_cmd *wf_command_find(const char *name); /* NULL when there is none */

extern const struct wf_option wf_common_options[];

/* An option given, in the order of the command line. */
struct wf_given {
	const struct wf_option *option;
	const char *value; /* NULL for a flag */
};

struct wf_arguments {
	const struct wf_cmd *command;
	const struct wf_subverb *sub;
	struct wf_given *given;
	size_t given_count, given_room;
	const char **words;     /* arguments that are not options, the verb's and sub-verb's name taken off */
	size_t word_count, word_room;
};

/* Reads the command line. 0, or -1 with a message in *ret_error (from wf_alloc) that says what is
 * wrong and what was perhaps meant. `name` is what the program was called by. */
int wf_arguments_read(struct wf_arguments *a, const char *name, int argc, char **argv,
	char **ret_error);
void wf_arguments_done(struct wf_arguments *a);

/* The value of an option (the last one given), or NULL; "" for a flag that was given. */
const char *wf_argument(const struct wf_arguments *a, const char *option);

#endif

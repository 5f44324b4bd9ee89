/*
 * What every verb works with: the command line, the settings, the home and journal, and the ways to
 * answer and to fail. Only cmd/ prints, exits, or reads the environment.
 */
#ifndef WF_CMD_CLI_H
#define WF_CMD_CLI_H

#include "cli_options.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"
#include "journal/journal.h"
#include "plan/plan.h"
#include "view/emit.h"
#include "view/style.h"
#include "view/table.h"

enum wf_exit {
#define WF_EXIT(name, status, meaning) WF_EXIT_##name = status,
#include "exit.def"
#undef WF_EXIT
};

enum wf_setting {
#define WF_SETTING(name, key, variable, option, standard, meaning) WF_SET_##name,
#include "settings.def"
#undef WF_SETTING
	WF_SET_COUNT_
};
struct wf_setting_info {
	const char *key, *variable, *option, *standard, *meaning;
};
extern const struct wf_setting_info wf_settings[WF_SET_COUNT_];

struct wf_actions;
struct wf_beside;
struct wf_ctx {
	struct wf_arguments args;
	enum wf_format format;
	bool quiet, verbose;
	struct wf_style out, err;   /* of standard output and standard error */
	bool out_terminal, err_terminal;
	int64_t now;                /* when the command began */
	char *home_path;
	struct wf_home *home;
	struct wf_journal *journal;
	char *os_user, *key_path;
	json_t *config;             /* object of strings, and of maps for wf_people; NULL until it was read */
	json_t *people;             /* what wf_people read */
	struct wf_actions *actions; /* the definitions that it knows; NULL until some were looked for */
	struct wf_beside *beside;   /* … and the workflows beside those at hand; NULL: none */
	bool form_asked;            /* by option, variable or file: a failure takes that form too */
	bool failed_json;           /* an error document is on standard output already */
};

/* -- the command line -- */

/* The option's value, NULL when it was not given, "" for a flag. */
const char *wf_opt(const struct wf_ctx *ctx, const char *option);
/* Argument number i, or NULL. */
const char *wf_arg(const struct wf_ctx *ctx, size_t i);
/* A number in [least, most]; *ret is left when the option was not given. 0 or the exit status. */
int wf_opt_number(struct wf_ctx *ctx, const char *option, uint64_t least, uint64_t most,
	uint64_t *ret);
/* A point in time: RFC 3339, a date, "today", "yesterday", or so long ago ("1d", "90m", "P1DT2H"). */
int wf_opt_time(struct wf_ctx *ctx, const char *option, int64_t *ret);
/* A point in time as text: RFC 3339, or a local date with or without a time of day. False otherwise. */
bool wf_read_time(const char *text, int64_t *ret_ms);
/* A length of time: ISO 8601 or "10s", "5m", "2h", "1d". False when it is neither. */
bool wf_read_span(const char *text, uint64_t *ret_ms);

/* -- settings -- */

/* Flag, else variable, else config.yaml, else the default (never NULL). */
const char *wf_set(struct wf_ctx *ctx, enum wf_setting setting);
bool wf_set_on(struct wf_ctx *ctx, enum wf_setting setting);
/* The master key's file; NULL: the home's own. A relative name in config.yaml is below the home. */
const char *wf_key_file(struct wf_ctx *ctx);
/* Reads config.yaml of the home, if there is one; checks all. 0 or the exit status. */
int wf_config_read(struct wf_ctx *ctx);
/* Format, colours, quiet and verbose from the settings; after the command line was read. */
int wf_ctx_begin(struct wf_ctx *ctx);
void wf_ctx_done(struct wf_ctx *ctx);
const char *wf_home_folder(struct wf_ctx *ctx);
/* Who acts, and the user of the operating system. Borrowed. */
const char *wf_actor(struct wf_ctx *ctx);
const char *wf_os_user(struct wf_ctx *ctx);
/* The home's directory of people and its resolvers, as wf_runtime_options.people gives them: read and
 * checked when first asked for. arg is the wf_ctx. */
const json_t *wf_people(void *arg, struct wf_cause *cause);
/* Folder of wfctl-supervise and wfctl-http.so: beside the binary in a build tree, else as built in. */
char *wf_libexec(struct wf_ctx *ctx);

/* Opens home and journal. 0 or the exit status, with everything said. */
int wf_open_home(struct wf_ctx *ctx);
int wf_open_journal(struct wf_ctx *ctx, enum wf_journal_mode mode);
/* Opens the journal for reading, without a word: *ret is the caller's to close. Negative when it cannot. */
int wf_try_journal(struct wf_ctx *ctx, struct wf_journal **ret);
/* Reads in one snapshot of the journal, which is opened for reading if it is not open. 0 or the exit status,
 * with everything said. */
int wf_read_journal(struct wf_ctx *ctx, wf_txn_fn *fn, void *arg);
/* Says that reading failed, if need be in general words; gives the exit status. */
int wf_fail_read(struct wf_ctx *ctx, int err, struct wf_cause *cause);

/* -- answers -- */

bool wf_machine(const struct wf_ctx *ctx); /* json, jsonl or yaml */
/* Writes bytes to standard output, through a pager when they are long and it is a terminal. */
void wf_out(struct wf_ctx *ctx, const struct wf_buf *text);
void wf_out_flush(void); /* what was written is on its way; a failure is said at the end */
void wf_out_page(struct wf_ctx *ctx, const struct wf_buf *text);
/* Writes a document in the asked form (json, jsonl, yaml). Takes the reference. */
void wf_out_json(struct wf_ctx *ctx, json_t *document);
/* What --dry-run answers a program that would change an instance. */
void wf_out_dry(struct wf_ctx *ctx, uint64_t number);
/* The same for lists that are too long to hold: begin, items, end. */
struct wf_list_out {
	struct wf_ctx *ctx;
	size_t count;
	struct wf_buf text;
};
void wf_list_begin(struct wf_list_out *l, struct wf_ctx *ctx);
void wf_list_item(struct wf_list_out *l, json_t *item); /* takes the reference */
void wf_list_end(struct wf_list_out *l);
/* All of a list that is at hand: `count` items of `size` bytes, each as `json` gives it. */
void wf_out_list(struct wf_ctx *ctx, const void *items, size_t count, size_t size,
	json_t *(*json)(const void *item));
/* A note to standard error, unless quiet. */
void wf_note(struct wf_ctx *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Asks back before something that cannot be taken back: *ret_go is true with --yes, or when a person at
 * the terminal says so. Without a terminal and without --yes: wrong usage. 0 or the exit status. */
int wf_confirm(struct wf_ctx *ctx, bool *ret_go, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Flushes and closes standard output; the final exit status. */
int wf_finish_output(int status);

/* -- failures: each says what is wrong and gives the exit status -- */

int wf_exit_of(int err);
const char *wf_code_of(int err);
int wf_fail_cause(struct wf_ctx *ctx, const struct wf_cause *cause);
/* The same where the answer has a place of its own for it: only standard error says it. *ret_error
 * becomes {code, message}, new. */
int wf_fail_aside(struct wf_ctx *ctx, const struct wf_cause *cause, json_t **ret_error);
/* Of a file that the user named and that was not read: wrong usage, unless the machine is to blame (no
 * memory, a disk that fails), which has the status of its own kind. */
int wf_fail_file(struct wf_ctx *ctx, const struct wf_cause *cause);
int wf_fail_at(struct wf_ctx *ctx, int status, const char *code, json_t *details, const char *hint,
	const char *fmt, ...) __attribute__((format(printf, 6, 7)));
int wf_fail_usage(struct wf_ctx *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* -- help -- */

void wf_help_overview(const struct wf_style *style, struct wf_buf *out);
void wf_help_verb(const struct wf_cmd *command, const struct wf_style *style,
	struct wf_buf *out);
json_t *wf_help_json(void); /* every verb, option, setting and status; new */
/* Words that could come next, a line each: "word\tmeaning". */
int wf_complete(struct wf_ctx *ctx, int argc, char **argv);

#define WF_VERSION WFCTL_VERSION

#endif

/*
 * The manual pages, from the same tables as the parser and --help: `wfctl __manual PAGE`.
 *
 * PAGE is a verb, "wfctl", "wfctl-rules", or, for the pages with prose of their own, a table to be put
 * into it: "table-settings", "table-functions", "table-roots", "table-actions", "table-errors",
 * "table-verbs", "table-exits", "table-dialects". man/make.sh puts the pages together; a test compares.
 */
#include "cli_manual.h"

#include "cli.h"
#include "cli_members.h"
#include "model/catalog.h"
#include "model/dialect.h"
#include "plan/ops.h"
#include "source/diag.h"

#include <ctype.h>
#include <string.h>

#define PAGE_DATE "November 20, 2026"
#define WRAP 76

static void macro(struct wf_buf *out, const char *text)
{
	wf_buf_addstr(out, text);
	wf_buf_addch(out, '\n');
}

/* A character of running text; roff's own are escaped. */
static void text_char(struct wf_buf *out, char c, bool first)
{
	if (c == '\\')
		wf_buf_addstr(out, "\\e");
	else if (first && (c == '.' || c == '\''))
		wf_buf_printf(out, "\\&%c", c);
	else if (c == '-')
		wf_buf_addstr(out, "\\-");
	else
		wf_buf_addch(out, c);
}

static bool ends_sentence(const char *word, size_t n)
{
	while (n && (word[n - 1] == ')' || word[n - 1] == '`' || word[n - 1] == '"'))
		n--;
	return n > 1 && strchr(".!?", word[n - 1]) && !strchr(".", word[n - 2]);
}

/* One word; backquotes switch to bold and back. */
static void text_word(struct wf_buf *out, const char *word, size_t n, bool first, bool *bold)
{
	for (size_t i = 0; i < n; i++) {
		if (word[i] == '`') {
			*bold = !*bold;
			wf_buf_addstr(out, *bold ? "\\fB" : "\\fP");
		} else {
			text_char(out, word[i], first && i == 0);
		}
	}
}

/* Running text, wrapped, a line a sentence; empty lines begin paragraphs. */
static void text(struct wf_buf *out, const char *s)
{
	size_t column = 0;
	bool bold = false;
	while (*s) {
		size_t gap = strspn(s, " \n");
		bool paragraph = gap >= 2 && strstr(s, "\n\n") && strstr(s, "\n\n") < s + gap;
		s += gap;
		size_t n = strcspn(s, " \n");
		if (!n)
			break;
		if (paragraph && column) {
			wf_buf_addstr(out, "\n.Pp\n");
			column = 0;
		} else if (column && column + n + 1 > WRAP) {
			wf_buf_addch(out, '\n');
			column = 0;
		} else if (column) {
			wf_buf_addch(out, ' ');
			column++;
		}
		text_word(out, s, n, column == 0, &bold);
		column += n;
		if (ends_sentence(s, n)) {
			wf_buf_addch(out, '\n');
			column = 0;
			if (strncmp(s + n, "\n\n", 2) == 0 && s[n + 2])
				macro(out, ".Pp");
		}
		s += n;
	}
	if (column)
		wf_buf_addch(out, '\n');
}

/* A table's phrase as a sentence. */
static void sentence(struct wf_buf *out, const char *phrase)
{
	WF_AUTOFREE char *s = wf_asprintf("%c%s.", toupper((unsigned char)phrase[0]), phrase + 1);
	text(out, s);
}

static void title(struct wf_buf *out, const char *name, const char *section, const char *what)
{
	wf_buf_addstr(out, ".\\\" Made by man/make.sh from the program's own tables.\n");
	macro(out, ".Dd " PAGE_DATE);
	wf_buf_addstr(out, ".Dt ");
	for (const char *p = name; *p; p++)
		wf_buf_addch(out, (char)toupper((unsigned char)*p));
	wf_buf_printf(out, " %s\n.Os wfctl\n.Sh NAME\n.Nm %s\n.Nd ", section, name);
	wf_buf_addstr(out, what);
	wf_buf_addch(out, '\n');
}

static void item(struct wf_buf *out, const char *macro_text)
{
	wf_buf_printf(out, ".It %s\n", macro_text);
}

static void option_item(struct wf_buf *out, const struct wf_option *o)
{
	wf_buf_addstr(out, ".It ");
	if (o->letter)
		wf_buf_printf(out, "Fl %c , ", o->letter);
	wf_buf_printf(out, "Fl \\-%s", o->name);
	if (o->value)
		wf_buf_printf(out, " Ar %s", o->value);
	wf_buf_addch(out, '\n');
	if (o->only) {
		WF_AUTOFREE char *s = wf_asprintf("(%s) %s.", o->only, o->meaning);
		for (char *p = s; *p; p++)
			if (*p == '|')
				*p = '/';
		text(out, s);
	} else {
		sentence(out, o->meaning);
	}
}

static void options(struct wf_buf *out, const char *heading, const struct wf_option *table)
{
	if (!table || !table->name)
		return;
	if (heading)
		wf_buf_printf(out, "%s\n", heading);
	macro(out, ".Bl -tag -width Ds");
	for (const struct wf_option *o = table; o->name; o++)
		option_item(out, o);
	macro(out, ".El");
}

static void synopsis(struct wf_buf *out, const struct wf_cmd *c)
{
	const struct wf_verb *v = c->verb;
	macro(out, ".Sh SYNOPSIS");
	if (!v->subs) {
		wf_buf_printf(out, ".Nm wfctl %s\n.Op Ar option ...\n", c->name);
		if (v->arguments && *v->arguments)
			wf_buf_printf(out, ".Ar %s\n", v->arguments);
		return;
	}
	for (const struct wf_subverb *s = v->subs; s->name; s++) {
		wf_buf_printf(out, ".Nm wfctl %s %s\n.Op Ar option ...\n", c->name, s->name);
		if (s->arguments && *s->arguments)
			wf_buf_printf(out, ".Ar %s\n", s->arguments);
	}
}

static void subverbs(struct wf_buf *out, const struct wf_verb *v)
{
	if (!v->subs)
		return;
	macro(out, ".Bl -tag -width Ds");
	for (const struct wf_subverb *s = v->subs; s->name; s++) {
		wf_buf_printf(out, ".It Cm %s", s->name);
		if (s->arguments && *s->arguments)
			wf_buf_printf(out, " Ar %s", s->arguments);
		wf_buf_addch(out, '\n');
		sentence(out, s->summary);
	}
	macro(out, ".El");
}

static void exits(struct wf_buf *out)
{
	static const struct {
		int status;
		const char *meaning;
	} table[] = {
#define WF_EXIT(name, status, meaning) {status, meaning},
#include "exit.def"
#undef WF_EXIT
	};
	macro(out, ".Bl -tag -width Ds");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		wf_buf_printf(out, ".It %d\n", table[i].status);
		sentence(out, table[i].meaning);
	}
	macro(out, ".It 128+n\nEnded by signal n, after a clean commit.\n.El");
}

static void settings(struct wf_buf *out, bool with_keys)
{
	macro(out, ".Bl -tag -width Ds");
	for (size_t i = 0; i < WF_SET_COUNT_; i++) {
		const struct wf_setting_info *s = &wf_settings[i];
		if (with_keys ? !*s->key : !*s->variable)
			continue;
		wf_buf_printf(out, with_keys ? ".It Li %s\n" : ".It Ev %s\n",
			with_keys ? s->key : s->variable);
		sentence(out, s->meaning);
		if (with_keys && *s->variable)
			wf_buf_printf(out, "Variable\n.Ev %s .\n", s->variable);
		if (with_keys && *s->option)
			wf_buf_printf(out, "Option\n.Fl \\-%s .\n", s->option);
		if (*s->standard)
			wf_buf_printf(out, "Default:\n.Li %s .\n", s->standard);
	}
	macro(out, ".El");
}

/* Examples are lines "command   # what it does". */
static void examples(struct wf_buf *out, const char *lines)
{
	if (!lines || !*lines)
		return;
	macro(out, ".Sh EXAMPLES");
	for (bool first = true; *lines; first = false) {
		size_t n = strcspn(lines, "\n");
		WF_AUTOFREE char *line = wf_strndup(lines, n);
		char *mark = strstr(line, " # ");
		if (mark && !first)
			macro(out, ".Pp");
		if (mark) {
			sentence(out, mark + 3);
			while (mark > line && mark[-1] == ' ')
				mark--;
			*mark = '\0';
		}
		macro(out, ".Bd -literal -offset indent");
		for (const char *p = line; *p; p++)
			text_char(out, *p, p == line);
		macro(out, "\n.Ed");
		lines += n + (lines[n] == '\n');
	}
}

/* What is begun by systemd or cron, or happens when that is. */
static bool by_the_clock(const char *verb)
{
	static const char *const verbs[] = { "serve-once", "next-due", "schedule", "timer" };
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verb, verbs[i]))
			return true;
	return false;
}

static void verb_page(struct wf_buf *out, const struct wf_cmd *c)
{
	WF_AUTOFREE char *name = wf_asprintf("wfctl-%s", c->name);
	title(out, name, "1", c->summary);
	synopsis(out, c);
	macro(out, ".Sh DESCRIPTION");
	text(out, c->verb->description);
	subverbs(out, c->verb);
	options(out, ".Sh OPTIONS", c->verb->options);
	macro(out, c->verb->options && c->verb->options->name ? ".Pp\nOptions of every verb:"
							      : ".Sh OPTIONS");
	options(out, NULL, wf_common_options);
	macro(out, ".Sh ENVIRONMENT");
	settings(out, false);
	macro(out, ".Sh FILES\n.Bl -tag -width Ds\n.It Pa $WFCTL_HOME/config.yaml\nSettings, see\n"
		   ".Xr wfctl-config 5 .\n.It Pa $WFCTL_HOME/journals/TENANT/ENVIRONMENT\n"
		   "The journal, see\n.Xr wfctl-journal 5 .\n.El");
	macro(out, ".Sh EXIT STATUS");
	exits(out);
	examples(out, c->verb->examples);
	macro(out, ".Sh SEE ALSO\n.Xr wfctl 1 ,\n.Xr wfctl-config 5 ,\n.Xr wfctl-definition 5 ,");
	macro(out, by_the_clock(c->name) ? ".Xr wfctl-rules 7 ,\n.Xr wfctl-sweep 7" : ".Xr wfctl-rules 7");
}

static void verbs_table(struct wf_buf *out)
{
	macro(out, ".Bl -tag -width Ds");
	for (size_t i = 0; i < wf_command_count; i++) {
		wf_buf_printf(out, ".It Xr wfctl-%s 1\n", wf_commands[i].name);
		sentence(out, wf_commands[i].summary);
	}
	macro(out, ".El");
}

static void common_table(struct wf_buf *out)
{
	options(out, NULL, wf_common_options);
}

static void literal(struct wf_buf *out, const char *heading, const char *code)
{
	if (!*code)
		return;
	macro(out, ".Pp");
	macro(out, heading);
	macro(out, ".Bd -literal -offset indent");
	bool first = true;
	for (const char *p = code; *p; p++) {
		if (*p == '\n') {
			wf_buf_addch(out, '\n');
			first = true;
		} else {
			text_char(out, *p, first);
			first = false;
		}
	}
	macro(out, "\n.Ed");
}

static void rules_table(struct wf_buf *out)
{
	static const char *const severities[] = {"error", "warning", "note"};
	macro(out, ".Bl -tag -width Ds");
	for (int i = 0; i < WF_RULE_COUNT_; i++) {
		const struct wf_rule_info *r = wf_rule_info((enum wf_rule)i);
		wf_buf_printf(out, ".It Sy %s Pq %s\n", r->id, severities[r->severity]);
		sentence(out, r->summary);
		text(out, r->explanation);
		literal(out, "Breaks it:", r->bad);
		literal(out, "Mended:", r->good);
	}
	macro(out, ".El");
}

static void functions_table(struct wf_buf *out)
{
	macro(out, ".Bl -tag -width Ds");
	for (int i = 0; i < WF_FN_COUNT_; i++) {
		const struct wf_function_info *f = &wf_functions[i];
		wf_buf_printf(out, ".It Fn %s \"%s\"\n", f->name, f->signature);
		sentence(out, f->meaning);
		wf_buf_addstr(out, "\\fB");
		for (const char *p = f->example; *p; p++)
			text_char(out, *p, false);
		wf_buf_addstr(out, "\\fP is \\fB");
		for (const char *p = f->result; *p; p++)
			text_char(out, *p, false);
		macro(out, "\\fP");
	}
	macro(out, ".El");
}

static void roots_table(struct wf_buf *out)
{
	static const char *const meanings[] = {
#define WF_ROOT(name, text, meaning) meaning,
#include "plan/roots.def"
#undef WF_ROOT
	};
	macro(out, ".Bl -tag -width Ds");
	for (int i = 0; i < WF_ROOT_COUNT_; i++) {
		wf_buf_printf(out, ".It Li %s\n", wf_root_name((enum wf_root)i));
		sentence(out, meanings[i]);
	}
	macro(out, ".El");
}

/* Keys of an action's `with`, or members of its output. */
static void members(struct wf_buf *out, const char *action, bool output)
{
	json_auto_t *list = wf_action_members(action, output);
	WF_AUTOFREE char *about = wf_action_about(action, output);
	macro(out, ".Pp");
	macro(out, output ? "Its output:" : ".Li with :");
	if (about)
		text(out, about);
	if (!json_array_size(list))
		return;
	macro(out, ".Bl -tag -width Ds -compact");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i), *standard = json_object_get(m, "default");
		bool required = json_is_true(json_object_get(m, "required")) && !output;
		wf_buf_printf(out, ".It Li %s Pq %s%s\n",
			json_string_value(json_object_get(m, "name")),
			json_string_value(json_object_get(m, "type")), required ? "; required" : "");
		text(out, json_string_value(json_object_get(m, "meaning")));
		if (standard) {
			WF_AUTOFREE char *value = wf_json_text(standard);
			wf_buf_printf(out, "Default:\n.Li %s .\n", value);
		}
	}
	macro(out, ".El");
}

static void actions_table(struct wf_buf *out)
{
	static const char *const on_crash[] = {"retry", "fail", "ask"};
	macro(out, ".Bl -tag -width Ds");
	for (int i = 0; i < WF_ACT_COUNT_; i++) {
		if (!wf_actions[i].native)
			continue;
		item(out, wf_actions[i].name);
		sentence(out, wf_actions[i].meaning);
		if (wf_actions[i].kind == WF_ACTION_EFFECT)
			wf_buf_printf(out, "After a crash:\n.Li %s .\n",
				on_crash[wf_actions[i].on_crash]);
		members(out, wf_actions[i].name, false);
		members(out, wf_actions[i].name, true);
	}
	macro(out, ".El");
}

static void shipped_table(struct wf_buf *out)
{
	struct wf_shelf *shelf = wf_shelf_shipped();
	struct wf_shelf_entry entry;
	macro(out, ".Bl -tag -width Ds");
	for (size_t i = 0; wf_shelf_at(shelf, i, &entry); i++) {
		const struct wf_node *about = wf_node_get(entry.root, "description");
		item(out, entry.id);
		text(out, about->string.text);
		members(out, entry.id, false);
		members(out, entry.id, true);
	}
	macro(out, ".El");
	wf_shelf_free(shelf);
}

static void errors_table(struct wf_buf *out)
{
	macro(out, ".Bl -tag -width Ds");
	for (int i = 0; i < WF_ERROR_COUNT_; i++) {
		item(out, wf_error_types[i].name);
		sentence(out, wf_error_types[i].meaning);
		macro(out, wf_error_types[i].retryable ? "Retried unless the policy says otherwise."
						       : "Not retried unless the policy names it.");
	}
	macro(out, ".El");
}

static void settings_table(struct wf_buf *out)
{
	settings(out, true);
}

static void environment_table(struct wf_buf *out)
{
	settings(out, false);
}

/* The dialects' own names. */
static void dialects_table(struct wf_buf *out)
{
	for (size_t d = 1; wf_dialect_name(d); d++) {
		const char *where, *theirs, *ours, *last = NULL;
		wf_buf_printf(out, ".Ss %s\n.Bl -tag -width Ds -compact\n", wf_dialect_name(d));
		for (size_t i = 0; wf_dialect_word(wf_dialect_name(d), i, &where, &theirs, &ours); i++) {
			if (ours && strcmp(ours, theirs) == 0)
				continue;
			if (where != last && where[0] == '`')
				wf_buf_printf(out, ".It of Li %.*s\n", (int)strlen(where) - 2, where + 1);
			else if (where != last)
				wf_buf_printf(out, ".It of a %s\n", where);
			last = where;
			wf_buf_printf(out, ".Li %s\nis\n.Li %s ;\n", theirs, ours ? ours : "metadata");
		}
		macro(out, ".El");
	}
}

static const struct {
	const char *name;
	void (*write)(struct wf_buf *out);
} tables[] = {
	{"table-verbs", verbs_table},
	{"table-common", common_table},
	{"table-exits", exits},
	{"table-settings", settings_table},
	{"table-environment", environment_table},
	{"table-rules", rules_table},
	{"table-functions", functions_table},
	{"table-roots", roots_table},
	{"table-actions", actions_table},
	{"table-shipped", shipped_table},
	{"table-errors", errors_table},
	{"table-dialects", dialects_table},
};

bool wf_manual(const char *page, struct wf_buf *out)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcmp(tables[i].name, page) == 0) {
			tables[i].write(out);
			return true;
		}
	const struct wf_cmd *c = wf_command_find(page);
	if (!c)
		return false;
	verb_page(out, c);
	return true;
}

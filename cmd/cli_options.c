/* The parser of command lines, driven by the verbs' tables. */
#include "cli_options.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum {
#define WF_GROUP(name, heading) GROUP_##name,
#include "commands.def"
#undef WF_GROUP
};

#define WF_VERB(symbol, name, group, summary) extern const struct wf_verb wf_verb_##symbol;
#include "commands.def"
#undef WF_VERB

const struct wf_cmd wf_commands[] = {
#define WF_VERB(symbol, name, group, summary) { name, summary, GROUP_##group, &wf_verb_##symbol },
#include "commands.def"
#undef WF_VERB
};
const size_t wf_command_count = sizeof(wf_commands) / sizeof(wf_commands[0]);

const struct wf_option wf_common_options[] = {
	{ "home", 0, "DIR", "folder of the journals and keys", "dir", NULL },
	{ "tenant", 0, "T", "tenant whose journal is used", NULL, NULL },
	{ "environment", 0, "E", "environment of the tenant", NULL, NULL },
	{ "output", 'o', "FORM", "form of the answer", "format", NULL },
	{ "as", 0, "NAME", "who acts; the name is recorded together with the user of the system",
		NULL, NULL },
	{ "quiet", 'q', NULL, "say no more than needed", NULL, NULL },
	{ "verbose", 'v', NULL, "say more", NULL, NULL },
	{ "color", 0, "WHEN", "auto, always or never", "auto|always|never", NULL },
	{ "no-pager", 0, NULL, "write long answers straight to the terminal", NULL, NULL },
	{ "help", 'h', NULL, "say how this is used, and leave", NULL, NULL },
	{ "version", 0, NULL, "say which version this is, and leave", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

static const char *const format_names[] = {
#define X(name, text) text,
	WF_FORMATS(X)
#undef X
};

const char *wf_format_name(enum wf_format format)
{
	return format_names[format];
}

enum wf_format wf_format_find(const char *name)
{
	for (unsigned i = 0; i < WF_FORMAT_OUT_COUNT_; i++)
		if (!strcmp(format_names[i], name))
			return (enum wf_format)i;
	return WF_FORMAT_OUT_COUNT_;
}

const struct wf_cmd *wf_command_find(const char *name)
{
	for (size_t i = 0; i < wf_command_count; i++)
		if (!strcmp(wf_commands[i].name, name))
			return &wf_commands[i];
	return NULL;
}

static const struct wf_option *find_long(const struct wf_option *table, const char *name, size_t n)
{
	for (; table && table->name; table++)
		if (strlen(table->name) == n && !memcmp(table->name, name, n))
			return table;
	return NULL;
}

static const struct wf_option *find_letter(const struct wf_option *table, char letter)
{
	for (; table && table->name; table++)
		if (table->letter && table->letter == letter)
			return table;
	return NULL;
}

static const struct wf_option *own_options(const struct wf_arguments *a)
{
	return a->command ? a->command->verb->options : NULL;
}

/* "unknown option --inptu; did you mean --input?" */
static char *unknown_option(const struct wf_arguments *a, const char *name, size_t n)
{
	const char *candidates[128];
	size_t count = 0;
	WF_AUTOFREE char *word = wf_strndup(name, n);
	for (const struct wf_option *o = own_options(a); o && o->name && count < 100; o++)
		candidates[count++] = o->name;
	for (const struct wf_option *o = wf_common_options; o->name; o++)
		candidates[count++] = o->name;
	const char *near = wf_nearest(word, candidates, count);
	if (near)
		return wf_asprintf("unknown option --%s; did you mean --%s?", word, near);
	return wf_asprintf("unknown option --%s", word);
}

static void give(struct wf_arguments *a, const struct wf_option *option, const char *value)
{
	WF_GROW(a->given, a->given_count, a->given_room);
	a->given[a->given_count++] = (struct wf_given){ option, value };
}

static int read_long(struct wf_arguments *a, const char *text, const char *next, bool *ret_used,
	char **ret_error)
{
	size_t n = strcspn(text, "=");
	const struct wf_option *o = find_long(own_options(a), text, n);
	if (!o)
		o = find_long(wf_common_options, text, n);
	if (!o) {
		*ret_error = unknown_option(a, text, n);
		return -1;
	}
	if (!o->value) {
		if (text[n]) {
			*ret_error = wf_asprintf("--%s takes no value", o->name);
			return -1;
		}
		give(a, o, NULL);
	} else if (text[n]) {
		give(a, o, text + n + 1);
	} else if (next) {
		give(a, o, next);
		*ret_used = true;
	} else {
		*ret_error = wf_asprintf("--%s needs a value: %s", o->name, o->value);
		return -1;
	}
	return 0;
}

static int read_letters(struct wf_arguments *a, const char *text, const char *next, bool *ret_used,
	char **ret_error)
{
	for (; *text; text++) {
		const struct wf_option *o = find_letter(own_options(a), *text);
		if (!o)
			o = find_letter(wf_common_options, *text);
		if (!o) {
			*ret_error = wf_asprintf("unknown option -%c", *text);
			return -1;
		}
		if (!o->value) {
			give(a, o, NULL);
			continue;
		}
		if (text[1]) {
			give(a, o, text[1] == '=' ? text + 2 : text + 1);
		} else if (next) {
			give(a, o, next);
			*ret_used = true;
		} else {
			*ret_error = wf_asprintf("-%c needs a value: %s", *text, o->value);
			return -1;
		}
		return 0;
	}
	return 0;
}

static int take_verb(struct wf_arguments *a, const char *word, char **ret_error)
{
	a->command = wf_command_find(word);
	if (a->command)
		return 0;
	const char *names[64];
	size_t count = 0;
	for (size_t i = 0; i < wf_command_count && count < 64; i++)
		names[count++] = wf_commands[i].name;
	const char *near = wf_nearest(word, names, count);
	*ret_error = near ? wf_asprintf("there is no verb %s; did you mean %s?", word, near)
			  : wf_asprintf("there is no verb %s", word);
	return -1;
}

static int take_sub(struct wf_arguments *a, const char *word, char **ret_error)
{
	const char *names[32];
	size_t count = 0;
	for (const struct wf_subverb *s = a->command->verb->subs; s->name; s++) {
		if (!strcmp(s->name, word)) {
			a->sub = s;
			return 0;
		}
		if (count < 32)
			names[count++] = s->name;
	}
	const char *near = wf_nearest(word, names, count);
	*ret_error = near ? wf_asprintf("%s has no %s; did you mean %s?", a->command->name, word, near)
			  : wf_asprintf("%s has no %s", a->command->name, word);
	return -1;
}

/* A word of the command line that is no option. */
static int take_word(struct wf_arguments *a, const char *word, char **ret_error)
{
	if (!a->command)
		return take_verb(a, word, ret_error);
	if (a->command->verb->subs && !a->sub)
		return take_sub(a, word, ret_error);
	WF_GROW(a->words, a->word_count, a->word_room);
	a->words[a->word_count++] = word;
	return 0;
}

static bool word_among(const char *list, const char *word)
{
	size_t n = strlen(word);
	while (*list) {
		size_t len = strcspn(list, "|");
		if (len == n && !memcmp(list, word, n))
			return true;
		list += len + (list[len] == '|');
	}
	return false;
}

/* Values are kept and shown as text; only names of files may hold any bytes. */
static int check_text(const struct wf_arguments *a, char **ret_error)
{
	for (size_t i = 0; i < a->given_count; i++) {
		const struct wf_given *g = &a->given[i];
		const char *words = g->option->words;
		bool file = words && (!strcmp(words, "file") || !strcmp(words, "dir"));
		if (g->value && !file && !wf_utf8_valid(g->value, strlen(g->value), NULL)) {
			*ret_error = wf_asprintf("the value of --%s is not UTF-8", g->option->name);
			return -1;
		}
	}
	return 0;
}

/* After the last word: counts, and options of another sub-verb. */
static int check_whole(const struct wf_arguments *a, char **ret_error)
{
	if (check_text(a, ret_error) < 0)
		return -1;
	if (!a->command || wf_argument(a, "help") || wf_argument(a, "version"))
		return 0;
	const struct wf_verb *verb = a->command->verb;
	if (verb->subs && !a->sub) {
		*ret_error = wf_asprintf("%s needs one of: %s", a->command->name, verb->arguments);
		return -1;
	}
	for (size_t i = 0; a->sub && i < a->given_count; i++) {
		const struct wf_option *o = a->given[i].option;
		if (o->only && !word_among(o->only, a->sub->name)) {
			*ret_error = wf_asprintf("%s %s does not take --%s", a->command->name,
				a->sub->name, o->name);
			return -1;
		}
	}
	unsigned least = a->sub ? a->sub->min_args : verb->min_args;
	unsigned most = a->sub ? a->sub->max_args : verb->max_args;
	const char *wants = a->sub ? a->sub->arguments : verb->arguments;
	if (a->word_count < least) {
		*ret_error = wf_asprintf("it needs %s", wants);
		return -1;
	}
	if (a->word_count > most) {
		*ret_error = wf_asprintf("too many arguments: %s", a->words[most]);
		return -1;
	}
	return 0;
}

/* The verb that a program called "wfctl-VERB" runs; NULL for another name. */
static const char *verb_of_name(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	return strncmp(base, "wfctl-", 6) == 0 && base[6] ? base + 6 : NULL;
}

int wf_arguments_read(struct wf_arguments *a, const char *name, int argc, char **argv,
	char **ret_error)
{
	const char *verb = verb_of_name(name);
	if (verb && take_verb(a, verb, ret_error) < 0)
		return -1;
	bool words_only = false;
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
		bool used = false;
		int r;
		if (words_only || word[0] != '-' || !word[1]) {
			r = take_word(a, word, ret_error);
		} else if (!strcmp(word, "--")) {
			words_only = true;
			continue;
		} else if (word[1] == '-') {
			r = read_long(a, word + 2, next, &used, ret_error);
		} else {
			r = read_letters(a, word + 1, next, &used, ret_error);
		}
		if (r < 0)
			return -1;
		i += used;
	}
	return check_whole(a, ret_error);
}

void wf_arguments_done(struct wf_arguments *a)
{
	wf_free(a->given);
	wf_free(a->words);
	*a = (struct wf_arguments){ 0 };
}

const char *wf_argument(const struct wf_arguments *a, const char *option)
{
	for (size_t i = a->given_count; i-- > 0;)
		if (!strcmp(a->given[i].option->name, option))
			return a->given[i].value ? a->given[i].value : "";
	return NULL;
}

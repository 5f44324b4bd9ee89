/*
 * The hidden verb behind the shells' completion: `wfctl __complete WORD...` gives what could stand in
 * place of the last word, a line each, "word<TAB>meaning". The lines ":file" and ":dir" leave it to
 * the shell. Whatever goes wrong, it says nothing.
 */
#include "cli.h"

#include "journal/waiting.h"
#include "model/catalog.h"
#include "source/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_IDS 200

struct wanted {
	struct wf_ctx *ctx;
	const char *prefix;
	bool approvals;
	size_t count;
	struct wf_buf last_name; /* workflow given last, so that versions do not repeat it */
};

static void offer(struct wanted *w, const char *word, const char *meaning)
{
	if (strncmp(word, w->prefix, strlen(w->prefix)) != 0)
		return;
	(void)printf("%s\t%s\n", word, meaning ? meaning : "");
	w->count++;
}

static bool offer_instance(void *arg, const struct wf_instance *in)
{
	struct wanted *w = arg;
	char number[24];
	WF_AUTOBUF struct wf_buf about = { 0 };
	if (w->approvals && in->wait != WF_WAIT_APPROVAL)
		return true;
	(void)snprintf(number, sizeof(number), "%" PRIu64, in->number);
	wf_view_safe(&about, in->workflow ? in->workflow : "");
	wf_buf_printf(&about, " %s", wf_instance_status_name(in->status));
	offer(w, number, about.data);
	return w->count < MOST_IDS;
}

static int instances_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	const struct wanted *w = arg;
	struct wf_filter filter = { .status = w->approvals ? (int)WF_INST_WAITING : -1,
		.limit = w->approvals ? 0 : MOST_IDS };
	(void)cause;
	return wf_txn_each_instance(txn, &filter, offer_instance, arg);
}

static bool offer_definition(void *arg, const struct wf_definition *d)
{
	struct wanted *w = arg;
	if (w->last_name.len && !strcmp(w->last_name.data, d->workflow))
		return true;
	wf_buf_reset(&w->last_name);
	wf_buf_addstr(&w->last_name, d->workflow);
	offer(w, d->workflow, d->version);
	return w->count < MOST_IDS;
}

static int definitions_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_definition(txn, offer_definition, arg);
}

static bool offer_action(void *arg, const struct wf_action_row *a)
{
	struct wanted *w = arg;
	offer(w, a->id, a->version);
	return w->count < MOST_IDS;
}

static int actions_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_action(txn, offer_action, arg);
}

static void offer_shipped(struct wanted *w)
{
	struct wf_shelf *shelf = wf_shelf_shipped();
	struct wf_shelf_entry entry;
	for (size_t i = 0; wf_shelf_at(shelf, i, &entry); i++)
		offer(w, entry.id, "shipped");
	wf_shelf_free(shelf);
}

static bool offer_schedule(void *arg, const struct wf_schedule *s)
{
	struct wanted *w = arg;
	offer(w, s->name, s->workflow);
	return w->count < MOST_IDS;
}

static int schedules_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_schedule(txn, offer_schedule, arg);
}

/* Ids from the journal, if there is one: in silence. */
static void offer_stored(struct wanted *w, wf_txn_fn *fn)
{
	struct wf_cause cause = { 0 };
	struct wf_ctx *ctx = w->ctx;
	if (!ctx->home && wf_home_open(wf_home_folder(ctx), NULL, &ctx->home, &cause) < 0)
		return;
	if (!ctx->journal && wf_journal_open(ctx->home, wf_set(ctx, WF_SET_TENANT),
		wf_set(ctx, WF_SET_ENVIRONMENT), WF_JOURNAL_READ, &ctx->journal, &cause) < 0)
		return;
	(void)wf_journal_view(ctx->journal, fn, w, &cause);
}

static void offer_choices(struct wanted *w, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, "|");
		WF_AUTOFREE char *word = wf_strndup(words, n);
		offer(w, word, NULL);
		words += n + (words[n] == '|');
	}
}

static void offer_explained(struct wanted *w)
{
	for (unsigned i = 0; i < WF_RULE_COUNT_; i++)
		offer(w, wf_rule_info((enum wf_rule)i)->id, wf_rule_info((enum wf_rule)i)->summary);
	for (unsigned i = 0; i < WF_ERROR_COUNT_; i++)
		offer(w, wf_error_types[i].name, wf_error_types[i].meaning);
	for (unsigned i = 0; i < WF_FN_COUNT_; i++)
		offer(w, wf_functions[i].name, wf_functions[i].meaning);
	for (unsigned i = 0; i < WF_ACT_COUNT_; i++)
		offer(w, wf_actions[i].name, wf_actions[i].meaning);
}

static void offer_verbs(struct wanted *w)
{
	for (size_t i = 0; i < wf_command_count; i++)
		offer(w, wf_commands[i].name, wf_commands[i].summary);
}

static void offer_formats(struct wanted *w, const struct wf_verb *verb)
{
	for (unsigned i = 0; i < WF_FORMAT_OUT_COUNT_; i++)
		if (!verb || verb->formats & (1u << i))
			offer(w, wf_format_name((enum wf_format)i), NULL);
}

/* Words of a kind; "a|b" of several kinds is a list of choices unless it names kinds. */
static void offer_kind(struct wanted *w, const char *kind, const struct wf_verb *verb)
{
	if (!kind)
		return;
	if (!strcmp(kind, "file") || !strcmp(kind, "dir")) {
		(void)printf(":%s\n", kind);
	} else if (!strcmp(kind, "file|workflow")) {
		offer_stored(w, definitions_txn);
		(void)printf(":file\n");
	} else if (!strcmp(kind, "workflow")) {
		offer_stored(w, definitions_txn);
	} else if (!strcmp(kind, "action")) {
		offer_stored(w, actions_txn);
		offer_shipped(w);
	} else if (!strcmp(kind, "schedule")) {
		offer_stored(w, schedules_txn);
	} else if (!strcmp(kind, "instance") || !strcmp(kind, "approval")) {
		w->approvals = *kind == 'a';
		offer_stored(w, instances_txn);
	} else if (!strcmp(kind, "format")) {
		offer_formats(w, verb);
	} else if (!strcmp(kind, "explained")) {
		offer_explained(w);
	} else if (!strcmp(kind, "verb")) {
		offer_verbs(w);
	} else {
		offer_choices(w, kind);
	}
}

static void offer_options(struct wanted *w, const struct wf_option *o, const struct wf_subverb *sub)
{
	for (; o && o->name; o++) {
		if (o->only && sub && !strstr(o->only, sub->name))
			continue;
		WF_AUTOFREE char *word = wf_asprintf("--%s", o->name);
		offer(w, word, o->meaning);
	}
}

/* What the words before the last one say: the verb, sub-verb, and an option that wants its value. */
struct position {
	const struct wf_cmd *command;
	const struct wf_subverb *sub;
	const struct wf_option *pending;
	bool words_only;
};

static const struct wf_option *option_named(const struct position *p, const char *word)
{
	const struct wf_option *tables[2] = { p->command ? p->command->verb->options : NULL,
		wf_common_options };
	for (size_t t = 0; t < 2; t++)
		for (const struct wf_option *o = tables[t]; o && o->name; o++)
			if ((word[1] == '-' && !strcmp(word + 2, o->name)) ||
				(word[1] != '-' && o->letter && word[1] == o->letter && !word[2]))
				return o;
	return NULL;
}

static void pass(struct position *p, const char *word)
{
	if (p->pending) {
		p->pending = NULL;
	} else if (!p->words_only && !strcmp(word, "--")) {
		p->words_only = true;
	} else if (!p->words_only && word[0] == '-' && word[1]) {
		const struct wf_option *o = option_named(p, word);
		p->pending = o && o->value ? o : NULL;
	} else if (!p->command) {
		p->command = wf_command_find(word);
	} else if (p->command->verb->subs && !p->sub) {
		for (const struct wf_subverb *s = p->command->verb->subs; s->name; s++)
			if (!strcmp(s->name, word))
				p->sub = s;
	}
}

static void offer_at(struct wanted *w, const struct position *p)
{
	const struct wf_verb *verb = p->command ? p->command->verb : NULL;
	const char *equals = strchr(w->prefix, '=');
	if (p->pending) {
		offer_kind(w, p->pending->words, verb);
	} else if (!p->words_only && !strncmp(w->prefix, "--", 2) && equals) {
		WF_AUTOFREE char *name = wf_strndup(w->prefix, (size_t)(equals - w->prefix));
		const struct wf_option *o = option_named(p, name);
		w->prefix = equals + 1;
		if (o)
			offer_kind(w, o->words, verb);
	} else if (!p->words_only && *w->prefix == '-') {
		offer_options(w, verb ? verb->options : NULL, p->sub);
		offer_options(w, wf_common_options, NULL);
	} else if (!verb) {
		offer_verbs(w);
	} else if (verb->subs && !p->sub) {
		for (const struct wf_subverb *s = verb->subs; s->name; s++)
			offer(w, s->name, s->summary);
	} else {
		offer_kind(w, p->sub ? p->sub->words : verb->words, verb);
	}
}

int wf_complete(struct wf_ctx *ctx, int argc, char **argv)
{
	struct position p = { 0 };
	struct wanted w = { .ctx = ctx, .prefix = argc ? argv[argc - 1] : "" };
	for (int i = 0; i + 1 < argc; i++) {
		if (!strcmp(argv[i], "--home") && i + 2 < argc && !ctx->home_path)
			ctx->home_path = wf_strdup(argv[i + 1]);
		pass(&p, argv[i]);
	}
	offer_at(&w, &p);
	wf_buf_done(&w.last_name);
	return WF_EXIT_DONE;
}

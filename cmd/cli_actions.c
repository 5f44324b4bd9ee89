/* The shelves of action definitions that a command knows. */
#include "cli_actions.h"

#include "base/limits.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder `actions` beside definitions. It is looked into when a step's action is found nowhere
 * nearer, and of its files those are read in which that name stands. */
struct beside {
	char *path;
	struct wf_shelf *shelf;
};

struct wf_actions {
	struct wf_ctx *ctx;
	const struct wf_files *files; /* of the command; NULL: one file alone */
	struct wf_shelf *bundle, *given, *journal, *shipped;
	struct beside **beside;
	size_t beside_count, beside_room;
	struct wf_source **sources;   /* of files that cannot be read */
	size_t source_count, source_room;
	struct wf_diags diags;        /* that nobody has taken yet */
};

static void say_unreadable(struct wf_actions *a, const char *path, const struct wf_cause *cause)
{
	struct wf_source *source = wf_calloc(1, sizeof(*source));
	*source = (struct wf_source){ .name = wf_strdup(path), .text = "" };
	WF_GROW(a->sources, a->source_count, a->source_room);
	a->sources[a->source_count++] = source;
	(void)wf_diag_add(&a->diags, WF_RULE_FILE, source, (struct wf_span){ 0 }, "%s", cause->text);
}

/* Most files of a folder hold no action, and need not be read a second time for it. */
static bool may_define(const struct wf_buf *text)
{
	return text->len && memmem(text->data, text->len, "kind", 4) &&
		memmem(text->data, text->len, "action", 6);
}

static void shelve(struct wf_actions *a, struct wf_shelf *shelf, const char *path, bool named)
{
	struct wf_buf text = { 0 };
	struct wf_cause cause = { 0 };
	if (wf_read_file(path, WF_MAX_DEFINITION_BYTES, &text, &cause) < 0) {
		if (named)
			say_unreadable(a, path, &cause);
	} else if (named || may_define(&text)) {
		wf_shelf_add_text(shelf, path, &text, named ? &a->diags : NULL);
	}
	wf_buf_done(&text);
}

static void shelve_below(struct wf_actions *a, struct wf_shelf *shelf, const char *path, bool named)
{
	struct wf_files files = { 0 };
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (wf_find_below(path, &files) < 0 && named)
			say_unreadable(a, path, &(struct wf_cause){ .text = "the folder cannot be read" });
		for (size_t i = 0; i < files.count; i++)
			shelve(a, shelf, files.items[i], named);
	} else {
		shelve(a, shelf, path, named);
	}
	wf_files_done(&files);
}

/* -- what fills them -- */

/* Findings of the files themselves are said where each is loaded. */
static void fill_bundle(void *arg, struct wf_shelf *shelf)
{
	struct wf_actions *a = arg;
	for (size_t i = 0; a->files && a->files->count > 1 && i < a->files->count; i++)
		if (strcmp(a->files->items[i], "-"))
			shelve(a, shelf, a->files->items[i], false);
}

static void fill_given(void *arg, struct wf_shelf *shelf)
{
	struct wf_actions *a = arg;
	const struct wf_arguments *given = &a->ctx->args;
	for (size_t i = 0; i < given->given_count; i++)
		if (!strcmp(given->given[i].option->name, "actions"))
			shelve_below(a, shelf, given->given[i].value, true);
}

static void fill_beside(void *arg, struct wf_shelf *shelf)
{
	struct beside *b = arg;
	struct wf_actions unheard = { 0 };
	if (access(b->path, R_OK) == 0)
		shelve_below(&unheard, shelf, b->path, false);
}

/* The last version of each. What was registered is JSON, and was checked then. */
static bool keep_action(void *arg, const struct wf_action_row *row)
{
	json_t *newest = arg;
	(void)json_object_set(newest, row->id, row->definition);
	return true;
}

static int actions_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	json_object_clear(arg);
	return wf_txn_each_action(txn, keep_action, arg);
}

/* Without a home, or with one that cannot be opened, there are none: whoever needs the journal itself
 * says what is wrong with it. */
static void fill_journal(void *arg, struct wf_shelf *shelf)
{
	struct wf_actions *a = arg;
	struct wf_ctx *ctx = a->ctx;
	struct wf_journal *journal = ctx->journal;
	struct wf_cause cause = { 0 };
	if (!journal && (access(wf_home_folder(ctx), R_OK) < 0 || wf_try_journal(ctx, &journal) < 0))
		return;
	json_t *newest = json_object(), *definition;
	const char *id;
	if (wf_journal_view(journal, actions_txn, newest, &cause) == 0)
		json_object_foreach(newest, id, definition) {
			WF_AUTOFREE char *name = wf_asprintf("%s (registered)", id);
			struct wf_buf text = { 0 };
			wf_json_write(definition, &text);
			wf_shelf_add_text(shelf, name, &text, NULL);
		}
	json_decref(newest);
	if (journal != ctx->journal)
		wf_journal_close(journal);
}

static struct wf_shelf *shelf_beside(struct wf_actions *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	WF_AUTOFREE char *folder = slash ? wf_asprintf("%.*s/actions", (int)(slash - path), path)
					 : wf_strdup("actions");
	for (size_t i = 0; i < a->beside_count; i++)
		if (!strcmp(a->beside[i]->path, folder))
			return a->beside[i]->shelf;
	struct beside *b = wf_calloc(1, sizeof(*b));
	WF_GROW(a->beside, a->beside_count, a->beside_room);
	a->beside[a->beside_count++] = b;
	*b = (struct beside){ wf_strdup(folder), wf_shelf_new() };
	wf_shelf_fill_later(b->shelf, fill_beside, b);
	return b->shelf;
}

/* -- for one file -- */

static struct wf_actions *actions_of(struct wf_ctx *ctx)
{
	struct wf_actions *a = ctx->actions;
	if (a)
		return a;
	a = ctx->actions = wf_calloc(1, sizeof(*a));
	a->ctx = ctx;
	a->bundle = wf_shelf_new();
	a->given = wf_shelf_new();
	a->journal = wf_shelf_new();
	a->shipped = wf_shelf_shipped();
	wf_shelf_fill_later(a->bundle, fill_bundle, a);
	wf_shelf_fill_later(a->journal, fill_journal, a);
	/* what --actions names is wrong whether something is looked for in it or not */
	fill_given(a, a->given);
	wf_shelf_find_twins(a->given, &a->diags);
	return a;
}

void wf_actions_bundle(struct wf_ctx *ctx, const struct wf_files *files)
{
	actions_of(ctx)->files = files;
}

struct wf_catalog *wf_actions_catalog(struct wf_ctx *ctx, const char *path, struct wf_shelf *own,
	struct wf_diags *diags)
{
	struct wf_actions *a = actions_of(ctx);
	struct wf_catalog *c = wf_catalog_new();
	wf_catalog_add(c, own);
	wf_catalog_add(c, a->bundle);
	wf_catalog_add(c, a->given);
	if (strcmp(path, "-"))
		wf_catalog_add(c, shelf_beside(a, path));
	wf_catalog_add(c, a->journal);
	wf_catalog_add(c, a->shipped);
	wf_diags_move(diags, &a->diags);
	return c;
}

void wf_actions_done(struct wf_ctx *ctx)
{
	struct wf_actions *a = ctx->actions;
	if (!a)
		return;
	wf_shelf_free(a->bundle);
	wf_shelf_free(a->given);
	wf_shelf_free(a->journal);
	wf_shelf_free(a->shipped);
	for (size_t i = 0; i < a->beside_count; i++) {
		wf_shelf_free(a->beside[i]->shelf);
		wf_free(a->beside[i]->path);
		wf_free(a->beside[i]);
	}
	wf_free(a->beside);
	for (size_t i = 0; i < a->source_count; i++) {
		wf_free((char *)(uintptr_t)a->sources[i]->name);
		wf_free(a->sources[i]);
	}
	wf_free(a->sources);
	wf_diags_done(&a->diags);
	wf_free(a);
	ctx->actions = NULL;
}

/* The workflows that a command knows beside those of the file at hand. */
#include "cli_children.h"

#include "base/limits.h"
#include "model/catalog.h"

#include <string.h>
#include <unistd.h>

struct wf_beside {
	struct wf_ctx *ctx;
	const struct wf_files *files;
	bool journal, filled, named;
	struct wf_known *known;  /* of the files, and behind them of the journal */
	struct wf_known *stored;
	json_t *asked;           /* what the journal was asked for */
};

/* -- files -- */

/* Findings in them are said where each is loaded. */
static void add_text(struct wf_beside *c, const char *path, const struct wf_buf *text, bool with)
{
	struct wf_source source = { path, text->data ? text->data : "", text->len };
	const struct wf_model_options options = { .dialect = wf_opt(c->ctx, "dialect") };
	struct wf_documents docs = { 0 };
	struct wf_diags unheard = { 0 };
	wf_source_read(&source, WF_SYNTAX_GUESS, &docs, &unheard);
	for (size_t i = 0; i < docs.count; i++) {
		struct wf_node *root = docs.items[i].root;
		bool bundle = root->kind == WF_NODE_LIST;
		for (size_t k = 0; k < (bundle ? root->list.count : 1); k++) {
			const struct wf_document document = { .root = bundle ? root->list.items[k] : root };
			struct wf_model *model = wf_is_action_definition(document.root)
				? NULL
				: wf_model_read_with(&source, &document, &options, &unheard);
			if (!model)
				continue;
			struct wf_known_workflow *w = wf_known_add_other(c->known, model);
			w->place = wf_asprintf("in %s:%u", path, model->id_node
					? model->id_node->span.line
					: model->root->span.line);
			w->with = with;
			wf_model_free(model);
		}
	}
	wf_diags_done(&unheard);
	wf_documents_done(&docs);
}

static void add_file(struct wf_beside *c, const char *path, bool with)
{
	struct wf_buf text = { 0 };
	if (strcmp(path, "-") && wf_read_file(path, WF_MAX_DEFINITION_BYTES, &text, NULL) == 0)
		add_text(c, path, &text, with);
	wf_buf_done(&text);
}

static void fill(struct wf_beside *c)
{
	const struct wf_arguments *given = &c->ctx->args;
	if (c->filled)
		return;
	c->filled = true;
	for (size_t i = 0; i < given->given_count; i++)
		if (!strcmp(given->given[i].option->name, "with"))
			add_file(c, given->given[i].value, true);
	for (size_t i = 0; c->files && i < c->files->count; i++)
		add_file(c, c->files->items[i], false);
}

/* -- the journal -- */

struct lookup {
	const char *id, *version;
	struct wf_definition found;
	struct wf_buf plan;
	bool known;             /* versions of it are, but not the one, or all are disabled */
	struct wf_known *names; /* to which the ids go; NULL */
};

static bool see_definition(void *arg, const struct wf_definition *d)
{
	struct lookup *l = arg;
	l->known = l->known || strcmp(d->workflow, l->id) == 0;
	if (l->names)
		wf_known_name(l->names, d->workflow);
	return true;
}

static int lookup_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct lookup *l = arg;
	(void)cause;
	wf_definition_done(&l->found);
	l->found = (struct wf_definition){ 0 };
	wf_buf_reset(&l->plan);
	int r = wf_txn_get_definition(txn, l->id, l->version, &l->found);
	if (r == 0)
		r = wf_txn_get_plan(txn, l->found.plan_id, &l->plan);
	else if (r == WF_ENOENT)
		(void)wf_txn_each_definition(txn, see_definition, l);
	return r;
}

static void add_found(struct wf_known *k, const struct lookup *l)
{
	struct wf_plan *plan = NULL;
	if (wf_plan_load_known(l->plan.data, l->plan.len, l->found.plan_id, &plan, NULL) < 0)
		return;
	struct wf_known_workflow *w = wf_known_add_plan(k, plan, l->found.version);
	w->place = wf_asprintf("registered as %s", l->found.version ? l->found.version : "it is");
	w->pinned = l->version != NULL;
	w->disabled = !l->found.enabled;
	wf_plan_free(plan);
}

/* Without a home, or with one that cannot be opened, there is nothing: whoever needs the journal itself
 * says what is wrong with it. */
static void ask_journal(void *arg, struct wf_known *k, const char *id, const char *version)
{
	struct wf_beside *c = arg;
	struct wf_ctx *ctx = c->ctx;
	struct wf_journal *journal = ctx->journal;
	struct lookup l = { .id = id, .version = version, .names = c->named ? NULL : k };
	WF_AUTOFREE char *key = wf_asprintf("%s@%s", id, version ? version : "");
	if (json_object_get(c->asked, key))
		return;
	json_object_set_new(c->asked, key, json_true());
	if (!journal && (access(wf_home_folder(ctx), R_OK) < 0 || wf_try_journal(ctx, &journal) < 0))
		return;
	int r = wf_journal_view(journal, lookup_txn, &l, NULL);
	if (journal != ctx->journal)
		wf_journal_close(journal);
	c->named = c->named || r == WF_ENOENT;
	if (r == 0)
		add_found(k, &l);
	else if (r == WF_ENOENT && l.known && !version)
		wf_known_add_disabled(k, id);
	wf_definition_done(&l.found);
	wf_buf_done(&l.plan);
}

static void ask_files(void *arg, struct wf_known *k, const char *id, const char *version)
{
	(void)k;
	(void)id;
	(void)version;
	fill(arg);
}

/* -- for a command -- */

void wf_beside_begin(struct wf_ctx *ctx, const struct wf_files *files, bool journal, bool all)
{
	struct wf_beside *c = ctx->beside;
	if (!c) {
		c = ctx->beside = wf_calloc(1, sizeof(*c));
		c->ctx = ctx;
		c->known = wf_known_new();
		c->stored = wf_known_new();
		c->asked = json_object();
		wf_known_ask(c->known, ask_files, c);
		wf_known_behind(c->known, c->stored);
	}
	c->files = files;
	if (journal && !c->journal)
		wf_known_ask(c->stored, ask_journal, c);
	c->journal = c->journal || journal;
	if (all)
		wf_known_all(c->known);
	/* two of one name are wrong whether one is looked for or not */
	if (wf_opt(ctx, "with"))
		fill(c);
}

struct wf_known *wf_beside_known(struct wf_ctx *ctx)
{
	return ctx->beside ? ctx->beside->known : NULL;
}

void wf_beside_done(struct wf_ctx *ctx)
{
	struct wf_beside *c = ctx->beside;
	if (!c)
		return;
	wf_known_free(c->known);
	wf_known_free(c->stored);
	json_decref(c->asked);
	wf_free(c);
	ctx->beside = NULL;
}

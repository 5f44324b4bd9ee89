/* Action definitions: shelves, and the catalogue that looks on them. */
#include "model/catalog.h"

#include "base/text.h"
#include "model/read.h"
#include "model/shipped.h"

#include <string.h>

/* What stands on a shelf: a file's text, or documents that somebody else keeps. */
struct text {
	char *name;
	struct wf_buf bytes;
	struct wf_source source;
	struct wf_documents documents;
	bool read;
	struct wf_shelf_entry *entries;
	size_t count, room;
};

struct wf_shelf {
	struct text **texts; /* each stays where it is: findings point to its source */
	size_t text_count, text_room;
	struct wf_shelf_entry *all; /* of the first `listed` texts */
	size_t all_count, all_room, listed;
	unsigned looks;
	void (*fill)(void *arg, struct wf_shelf *s);
	void *arg;
};

struct wf_catalog {
	struct wf_shelf **shelves;
	size_t count, room;
	struct wf_action_def **defs;
	size_t def_count, def_room;
};

bool wf_is_action_definition(const struct wf_node *root)
{
	const struct wf_node *kind = wf_node_get(root, "kind");

	return kind && kind->kind == WF_NODE_STRING && strcmp(kind->string.text, "action") == 0;
}

/* -- shelves -- */

struct wf_shelf *wf_shelf_new(void)
{
	return wf_calloc(1, sizeof(struct wf_shelf));
}

void wf_shelf_free(struct wf_shelf *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->text_count; i++) {
		wf_documents_done(&s->texts[i]->documents);
		wf_buf_done(&s->texts[i]->bytes);
		wf_free(s->texts[i]->entries);
		wf_free(s->texts[i]->name);
		wf_free(s->texts[i]);
	}
	wf_free(s->texts);
	wf_free(s->all);
	wf_free(s);
}

static struct text *add(struct wf_shelf *s)
{
	struct text *t = wf_calloc(1, sizeof *t);

	WF_GROW(s->texts, s->text_count, s->text_room);
	return s->texts[s->text_count++] = t;
}

static void add_root(struct text *t, const struct wf_source *source, const struct wf_node *root)
{
	const struct wf_node *id = wf_node_get(root, "id");

	if (!wf_is_action_definition(root))
		return;
	WF_GROW(t->entries, t->count, t->room);
	t->entries[t->count++] = (struct wf_shelf_entry){
		.id = id && id->kind == WF_NODE_STRING ? id->string.text : "",
		.source = source,
		.root = root,
	};
}

static void add_documents(struct text *t, const struct wf_source *source,
	const struct wf_documents *documents)
{
	t->read = true;
	for (size_t i = 0; i < documents->count; i++) {
		const struct wf_node *root = documents->items[i].root;

		add_root(t, source, root);
		for (size_t k = 0; root->kind == WF_NODE_LIST && k < root->list.count; k++)
			add_root(t, source, root->list.items[k]);
	}
}

void wf_shelf_add_documents(struct wf_shelf *s, const struct wf_source *source,
	const struct wf_documents *documents)
{
	add_documents(add(s), source, documents);
}

static void read_text(struct text *t, struct wf_diags *diags)
{
	struct wf_diags unheard = {0};

	if (t->read)
		return;
	wf_source_read(&t->source, WF_SYNTAX_GUESS, &t->documents, diags ? diags : &unheard);
	add_documents(t, &t->source, &t->documents);
	wf_diags_done(&unheard);
}

void wf_shelf_add_text(struct wf_shelf *s, const char *name, struct wf_buf *taken,
	struct wf_diags *diags)
{
	struct text *t = add(s);

	t->name = wf_strdup(name);
	t->bytes = *taken;
	*taken = (struct wf_buf){0};
	t->source = (struct wf_source){
		t->name, t->bytes.data ? t->bytes.data : "", t->bytes.len};
	if (diags)
		read_text(t, diags);
}

void wf_shelf_fill_later(struct wf_shelf *s, void (*fill)(void *arg, struct wf_shelf *s), void *arg)
{
	s->fill = fill;
	s->arg = arg;
}

static void fill(struct wf_shelf *s)
{
	void (*fn)(void *arg, struct wf_shelf *s) = s->fill;

	s->fill = NULL;
	if (fn)
		fn(s->arg, s);
}

static void fill_shipped(void *arg, struct wf_shelf *s)
{
	(void)arg;
	for (size_t i = 0; i < wf_shipped_action_count; i++) {
		const struct embedded *file = &wf_shipped_action_files[i];
		WF_AUTOFREE char *name = wf_asprintf("%s (shipped)", file->name);
		struct wf_buf text = {0};

		wf_buf_add(&text, file->bytes, file->len);
		wf_shelf_add_text(s, name, &text, NULL);
	}
}

struct wf_shelf *wf_shelf_shipped(void)
{
	struct wf_shelf *s = wf_shelf_new();

	wf_shelf_fill_later(s, fill_shipped, NULL);
	return s;
}

bool wf_shelf_at(struct wf_shelf *s, size_t i, struct wf_shelf_entry *ret)
{
	fill(s);
	for (; s->listed < s->text_count; s->listed++) {
		struct text *t = s->texts[s->listed];

		read_text(t, NULL);
		for (size_t k = 0; k < t->count; k++) {
			WF_GROW(s->all, s->all_count, s->all_room);
			s->all[s->all_count++] = t->entries[k];
		}
	}
	if (i >= s->all_count)
		return false;
	*ret = s->all[i];
	return true;
}

static const char *version_of(const struct wf_node *root)
{
	const struct wf_node *version = wf_node_get(root, "version");

	return version && version->kind == WF_NODE_STRING ? version->string.text : NULL;
}

/* A file that is there twice, by itself and in its folder, says the same twice. */
static bool are_twins(const struct wf_shelf_entry *a, const struct wf_shelf_entry *b)
{
	const char *one = version_of(a->root), *other = version_of(b->root);

	if (!a->id[0] || strcmp(a->id, b->id) != 0 || strcmp(a->source->name, b->source->name) == 0)
		return false;
	return !one || !other || strcmp(one, other) == 0;
}

void wf_shelf_find_twins(struct wf_shelf *s, struct wf_diags *diags)
{
	struct wf_shelf_entry at, other;

	for (size_t i = 0; wf_shelf_at(s, i, &at); i++)
		for (size_t k = 0; k < i && wf_shelf_at(s, k, &other); k++) {
			if (!are_twins(&at, &other))
				continue;
			wf_diag_add(diags, WF_RULE_ID_DUPLICATE, at.source,
				wf_node_get(at.root, "id")->span,
				"the id `%s` is taken by the definition in %s:%u", at.id,
				other.source->name, wf_node_get(other.root, "id")->span.line);
			break;
		}
}

/* -- the catalogue -- */

struct wf_catalog *wf_catalog_new(void)
{
	return wf_calloc(1, sizeof(struct wf_catalog));
}

void wf_catalog_free(struct wf_catalog *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->def_count; i++) {
		wf_model_free(c->defs[i]->model);
		wf_diags_done(&c->defs[i]->diags);
		wf_free(c->defs[i]);
	}
	wf_free(c->defs);
	wf_free(c->shelves);
	wf_free(c);
}

void wf_catalog_add(struct wf_catalog *c, struct wf_shelf *borrowed)
{
	WF_GROW(c->shelves, c->count, c->room);
	c->shelves[c->count++] = borrowed;
}

static struct wf_action_def *read_entry(struct wf_catalog *c, const struct wf_shelf_entry *entry,
	struct wf_action_def *by)
{
	for (size_t i = 0; i < c->def_count; i++)
		if (c->defs[i]->root == entry->root)
			return c->defs[i];
	struct wf_action_def *def = wf_calloc(1, sizeof *def);

	*def = (struct wf_action_def){
		.id = entry->id, .source = entry->source, .root = entry->root, .wanted_by = by};
	WF_GROW(c->defs, c->def_count, c->def_room);
	c->defs[c->def_count++] = def;
	def->reading = true;
	wf_read_action_definition(c, def);
	def->broken = !def->step || def->diags.errors;
	def->reading = false;
	return def;
}

/* Whether a definition of that name can stand in the text. A name of plain letters is written as it
 * is, wherever no backslash stands for some of them. */
static bool may_hold(const struct text *t, const char *id, bool plain)
{
	return !plain || memmem(t->source.text, t->source.len, id, strlen(id)) ||
		memchr(t->source.text, '\\', t->source.len);
}

static bool look(struct wf_shelf *s, const char *id, struct wf_shelf_entry *ret)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	/* who asks often is served sooner when all texts are read than when each is searched again */
	bool plain = s->looks++ < 32 && !id[strspn(id, letters)];

	fill(s);
	for (size_t i = 0; i < s->text_count; i++) {
		struct text *t = s->texts[i];

		if (!t->read && !may_hold(t, id, plain))
			continue;
		read_text(t, NULL);
		for (size_t k = 0; k < t->count; k++)
			if (strcmp(t->entries[k].id, id) == 0) {
				*ret = t->entries[k];
				return true;
			}
	}
	return false;
}

struct wf_action_def *wf_catalog_find(struct wf_catalog *c, const char *id, struct wf_action_def *by)
{
	struct wf_shelf_entry entry;

	for (size_t i = 0; c && *id && i < c->count; i++)
		if (look(c->shelves[i], id, &entry))
			return read_entry(c, &entry, by);
	return NULL;
}

struct wf_action_def *wf_catalog_of(struct wf_catalog *c, const struct wf_source *source,
	const struct wf_node *root)
{
	const struct wf_node *id = wf_node_get(root, "id");
	struct wf_shelf_entry entry = {
		.id = id && id->kind == WF_NODE_STRING ? id->string.text : "",
		.source = source,
		.root = root,
	}, other;
	struct wf_action_def *def = read_entry(c, &entry, NULL);

	if (entry.id[0] && c->count && look(c->shelves[0], entry.id, &other) && other.root != root &&
		other.source == source)
		wf_diag_add(&def->diags, WF_RULE_ID_DUPLICATE, source, id->span,
			"the id `%s` is taken by the definition in line %u", entry.id,
			wf_node_get(other.root, "id")->span.line);
	return def;
}

/* What other engines call it. */
static const char *other_name(const char *name)
{
	static const struct {
		const char *theirs;
		enum wf_action ours;
	} names[] = {
		{"http", WF_ACT_HTTP_REQUEST}, {"http.get", WF_ACT_HTTP_REQUEST},
		{"http.post", WF_ACT_HTTP_REQUEST}, {"http.call", WF_ACT_HTTP_REQUEST},
		{"webhook", WF_ACT_HTTP_REQUEST}, {"rest", WF_ACT_HTTP_REQUEST},
		{"shell", WF_ACT_EXEC_RUN}, {"bash", WF_ACT_EXEC_RUN}, {"command", WF_ACT_EXEC_RUN},
		{"script", WF_ACT_EXEC_RUN}, {"exec", WF_ACT_EXEC_RUN}, {"run", WF_ACT_EXEC_RUN},
		{"sleep", WF_ACT_WAIT_TIMER}, {"delay", WF_ACT_WAIT_TIMER}, {"wait", WF_ACT_WAIT_TIMER},
		{"timer", WF_ACT_WAIT_TIMER}, {"approval", WF_ACT_APPROVAL_REQUEST},
		{"approve", WF_ACT_APPROVAL_REQUEST}, {"set", WF_ACT_DATA_SET},
		{"transform", WF_ACT_DATA_TRANSFORM}, {"subworkflow", WF_ACT_WORKFLOW_RUN},
		{"workflow", WF_ACT_WORKFLOW_RUN}, {"email", WF_ACT_EMAIL_SEND}, {"mail", WF_ACT_EMAIL_SEND},
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].theirs, name) == 0)
			return wf_actions[names[i].ours].name;
	return NULL;
}

const char *wf_catalog_nearest(const struct wf_catalog *c, const char *name)
{
	const char **names = NULL;
	size_t count = 0, room = 0;
	struct wf_shelf_entry entry;

	for (size_t i = 0; i < WF_ACT_COUNT_; i++) {
		WF_GROW(names, count, room);
		names[count++] = wf_actions[i].name;
	}
	for (size_t i = 0; c && i < c->count; i++)
		for (size_t k = 0; wf_shelf_at(c->shelves[i], k, &entry); k++) {
			WF_GROW(names, count, room);
			names[count++] = entry.id;
		}
	const char *nearest = wf_nearest(name, names, count);
	wf_free(names);
	return nearest ? nearest : other_name(name);
}

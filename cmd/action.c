/* wfctl action: the action definitions that are registered, and those that are shipped. */
#include "cli_actions.h"
#include "cli_registered.h"

#include "view/instance.h"
#include "view/when.h"

#include <inttypes.h>
#include <string.h>

/* One definition that can be used. */
struct known {
	char *id, *version, *name, *by;
	char hash[2 * WF_HASH_SIZE + 1];
	int64_t at;
	bool shipped;
	json_t *definition;
};
struct listing {
	struct known *items;
	size_t count, room;
};

static void listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct known *k = &l->items[i];
		wf_free(k->id);
		wf_free(k->version);
		wf_free(k->name);
		wf_free(k->by);
		json_decref(k->definition);
	}
	wf_free(l->items);
	*l = (struct listing){ 0 };
}

static char *text_of(const json_t *definition, const char *key)
{
	const char *text = json_string_value(json_object_get(definition, key));
	return text ? wf_strdup(text) : NULL;
}

static bool keep(void *arg, const struct wf_action_row *a)
{
	struct listing *l = arg;
	WF_GROW(l->items, l->count, l->room);
	struct known *k = &l->items[l->count++];
	*k = (struct known){ .id = wf_strdup(a->id), .version = wf_strdup(a->version),
		.name = text_of(a->definition, "name"), .at = a->registered_at,
		.by = a->registered_by ? wf_strdup(a->registered_by) : NULL,
		.definition = json_incref(a->definition) };
	wf_hex(a->hash, WF_HASH_SIZE, k->hash);
	return true;
}

static int list_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	listing_done(arg);
	return wf_txn_each_action(txn, keep, arg);
}

static void add_shipped(struct listing *l)
{
	struct wf_shelf *shelf = wf_shelf_shipped();
	struct wf_shelf_entry entry;
	for (size_t i = 0; wf_shelf_at(shelf, i, &entry); i++) {
		json_t *definition = wf_node_json(entry.root);
		uint8_t hash[WF_HASH_SIZE];
		WF_AUTOFREE char *text = wf_json_text(definition);
		wf_hash(text, strlen(text), hash);
		WF_GROW(l->items, l->count, l->room);
		struct known *k = &l->items[l->count++];
		*k = (struct known){ .id = wf_strdup(entry.id), .version = text_of(definition, "version"),
			.name = text_of(definition, "name"), .shipped = true,
			.definition = definition };
		wf_hex(hash, WF_HASH_SIZE, k->hash);
	}
	wf_shelf_free(shelf);
}

static int read_listing(struct wf_ctx *ctx, struct listing *l)
{
	int status = wf_read_journal(ctx, list_txn, l);
	if (!status)
		add_shipped(l);
	return status;
}

static json_t *known_json(const void *item)
{
	const struct known *k = item;
	json_t *o = json_object();
	json_object_set_new(o, "action", json_string(k->id));
	json_object_set_new(o, "version", k->version ? json_string(k->version) : json_null());
	json_object_set_new(o, "name", k->name ? json_string(k->name) : json_null());
	json_object_set_new(o, "hash", json_string(k->hash));
	json_object_set_new(o, "shipped", json_boolean(k->shipped));
	json_object_set_new(o, "registered_at", wf_view_time_json(k->at));
	json_object_set_new(o, "registered_by", k->by ? json_string(k->by) : json_null());
	return o;
}

static void put_table(struct wf_ctx *ctx, const struct listing *l, struct wf_buf *out)
{
	struct wf_table *t = wf_registered_table("ACTION", "NAME", "HASH");
	for (size_t i = 0; i < l->count; i++) {
		const struct known *k = &l->items[i];
		wf_registered_row(ctx, t, &(struct wf_registered){ .id = k->id, .version = k->version,
			.about = k->name, .about_role = WF_ROLE_PLAIN, .at = k->shipped ? 0 : k->at,
			.by = k->by, .hash = k->hash });
	}
	wf_table_write(t, &ctx->out, 0, false, out);
	wf_table_free(t);
}

static int run_ls(struct wf_ctx *ctx)
{
	struct listing l = { 0 };
	int status = read_listing(ctx, &l);
	if (!status && wf_machine(ctx)) {
		wf_out_list(ctx, l.items, l.count, sizeof(*l.items), known_json);
	} else if (!status) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		put_table(ctx, &l, &text);
		wf_out_page(ctx, &text);
	}
	listing_done(&l);
	return status;
}

/* -- one of them -- */

struct named {
	char *id, *version; /* version NULL: the one that is used */
};

static void named_read(struct wf_ctx *ctx, struct named *n)
{
	const char *name = wf_arg(ctx, 0), *at = strrchr(name, '@');
	n->id = at ? wf_strndup(name, (size_t)(at - name)) : wf_strdup(name);
	n->version = at ? wf_strdup(at + 1) : NULL;
}

static void named_done(struct named *n)
{
	wf_free(n->id);
	wf_free(n->version);
}

/* The last one that was registered goes before the one that is shipped. */
static const struct known *choose(const struct listing *l, const struct named *n)
{
	const struct known *chosen = NULL;
	for (size_t i = 0; i < l->count; i++) {
		const struct known *k = &l->items[i];
		bool wanted = !strcmp(k->id, n->id) &&
			(!n->version || (k->version && !strcmp(k->version, n->version)));
		if (wanted && (!chosen || !k->shipped))
			chosen = k;
	}
	return chosen;
}

static int run_show(struct wf_ctx *ctx)
{
	struct listing l = { 0 };
	struct named n;
	named_read(ctx, &n);
	int status = read_listing(ctx, &l);
	const struct known *k = status ? NULL : choose(&l, &n);
	if (!status && !k)
		status = wf_fail_at(ctx, WF_EXIT_MISSING, "NOT_FOUND", NULL,
			"wfctl action ls lists those that are known", "there is no action %s",
			wf_arg(ctx, 0));
	if (!status && wf_machine(ctx)) {
		json_t *o = known_json(k);
		json_object_set(o, "definition", k->definition);
		wf_out_json(ctx, o);
	} else if (!status) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_view_yaml(k->definition, 0, &text);
		wf_out_page(ctx, &text);
	}
	listing_done(&l);
	named_done(&n);
	return status;
}

/* -- delete -- */

static int delete_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	const struct named *n = arg;
	int r = wf_txn_drop_action(txn, n->id, n->version);
	if (r == WF_ENOENT)
		wf_fail_hint(cause, "wfctl action ls lists those that are registered");
	return r;
}

static int run_delete(struct wf_ctx *ctx)
{
	struct wf_cause cause = { 0 };
	struct named n;
	int status = wf_open_journal(ctx, WF_JOURNAL_WRITE);
	if (status)
		return status;
	named_read(ctx, &n);
	int r = wf_journal_update(ctx->journal, delete_txn, &n, &cause);
	if (r < 0) {
		if (!*cause.text)
			(void)wf_fail(&cause, r, "it cannot be deleted: %s", wf_strerror(r));
		cause.err = r;
		status = wf_fail_cause(ctx, &cause);
	} else if (wf_machine(ctx)) {
		json_t *o = json_object();
		json_object_set_new(o, "action", json_string(n.id));
		json_object_set_new(o, "version", n.version ? json_string(n.version) : json_null());
		wf_out_json(ctx, o);
	} else if (!ctx->quiet) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		wf_buf_printf(&text, "%s%s%s deleted; what was compiled with it keeps it\n", n.id,
			n.version ? "@" : "", n.version ? n.version : "");
		wf_out(ctx, &text);
	}
	named_done(&n);
	return status;
}

static const struct wf_subverb subs[] = {
	{ "ls", "", "list those that are registered, and those that are shipped", 0, 0, NULL, run_ls },
	{ "show", "ACTION[@VERSION]", "show a definition", 1, 1, "action", run_show },
	{ "delete", "ACTION[@VERSION]", "forget a registered one; plans keep what they were compiled with",
		1, 1, "action", run_delete },
	{ NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct wf_verb wf_verb_action = {
	.arguments = "ls|show|delete",
	.description = "Lists the action definitions that workflows can use by name, shows one as it was "
		       "written, and forgets what wfctl register has kept. A step's action is looked for "
		       "among the definitions of its own file, of the files and folders on the same "
		       "command line, of --actions, of a folder actions beside the file, in the journal, "
		       "and among those that are shipped; the first one is taken.\n\n"
		       "A plan holds the definitions that it was compiled with: instances and registered "
		       "workflows never see another version of an action, nor that it is gone.",
	.examples = "wfctl register actions/\n"
		    "wfctl action ls\n"
		    "wfctl action show assign_plan\n"
		    "wfctl action delete assign_plan@1.1.0",
	.subs = subs,
	.formats = WF_FORMATS_COMMON,
	.changes = true,
};

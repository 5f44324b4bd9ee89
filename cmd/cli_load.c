/* Definition files: found, read, checked, compiled. */
#include "cli_load.h"
#include "cli_actions.h"
#include "cli_children.h"

#include "base/limits.h"
#include "check/check.h"
#include "compile/compile.h"
#include "source/write.h"
#include "view/findings.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_text(struct wf_loaded *l, const char *path)
{
	struct wf_cause cause = { 0 };
	int r = strcmp(path, "-")
		? wf_read_file(path, WF_MAX_DEFINITION_BYTES, &l->text, &cause)
		: wf_read_fd(STDIN_FILENO, "standard input", WF_MAX_DEFINITION_BYTES, &l->text,
			  &cause);
	l->source = (struct wf_source){ l->name, l->text.data ? l->text.data : "", l->text.len };
	if (r == 0)
		return 0;
	l->source.len = 0;
	struct wf_diag *d = wf_diag_add(&l->diags, WF_RULE_FILE, &l->source, (struct wf_span){ 0 },
		"%s", cause.text);
	if (*cause.hint)
		wf_diag_hint(d, "%s", cause.hint);
	return r;
}

/* One definition, a workflow or an action. */
static void read_definition(struct wf_loaded *l, struct wf_node *root)
{
	const struct wf_model_options options = { .actions = l->actions, .dialect = l->dialect };
	const struct wf_document document = { .root = root };
	size_t i = l->count++;
	if (wf_is_action_definition(root)) {
		l->defs[i] = wf_catalog_of(l->actions, &l->source, root);
		wf_diags_move(&l->diags, &l->defs[i]->diags);
		return;
	}
	l->models[i] = wf_model_read_with(&l->source, &document, &options, &l->diags);
	if (l->models[i])
		wf_known_add_model(l->known, l->models[i]);
}

static void check_definitions(struct wf_loaded *l, struct wf_check_schemas *given)
{
	struct wf_check_schemas *schemas = given ? given : wf_check_schemas_new();
	for (size_t i = 0; i < l->count; i++) {
		if (l->defs[i])
			(void)wf_check_action(l->defs[i], &l->diags);
		if (l->models[i])
			(void)wf_check_with(schemas, l->known, l->models[i], &l->diags);
	}
	wf_check_bundle(l->known, l->models, l->count, &l->diags);
	wf_diags_sort(&l->diags);
	if (schemas != given)
		l->schemas = schemas;
}

/* A document that is a list is a bundle of definitions. */
static size_t in_document(const struct wf_node *root)
{
	return root->kind == WF_NODE_LIST && root->list.count ? root->list.count : 1;
}

void wf_load_file(struct wf_loaded *l, struct wf_ctx *ctx, const char *path,
	struct wf_check_schemas *schemas)
{
	size_t count = 0;
	*l = (struct wf_loaded){ .name = wf_strdup(path), .dialect = wf_opt(ctx, "dialect") };
	if (read_text(l, path) < 0)
		return;
	wf_source_read(&l->source, WF_SYNTAX_GUESS, &l->docs, &l->diags);
	l->own = wf_shelf_new();
	wf_shelf_add_documents(l->own, &l->source, &l->docs);
	l->actions = wf_actions_catalog(ctx, path, l->own, &l->diags);
	l->known = wf_known_new();
	wf_known_behind(l->known, wf_beside_known(ctx));
	for (size_t i = 0; i < l->docs.count; i++)
		count += in_document(l->docs.items[i].root);
	l->models = wf_calloc(count + 1, sizeof(struct wf_model *));
	l->defs = wf_calloc(count + 1, sizeof(struct wf_action_def *));
	for (size_t i = 0; i < l->docs.count; i++) {
		struct wf_node *root = l->docs.items[i].root;
		bool bundle = root->kind == WF_NODE_LIST && root->list.count;
		for (size_t k = 0; bundle && k < root->list.count; k++)
			read_definition(l, root->list.items[k]);
		if (!bundle)
			read_definition(l, root);
	}
	check_definitions(l, schemas);
}

void wf_loaded_done(struct wf_loaded *l)
{
	for (size_t i = 0; i < l->count; i++)
		wf_model_free(l->models[i]);
	wf_known_free(l->known);
	wf_check_schemas_free(l->schemas);
	wf_free(l->models);
	wf_free(l->defs);
	wf_catalog_free(l->actions);
	wf_shelf_free(l->own);
	wf_documents_done(&l->docs);
	wf_diags_done(&l->diags);
	wf_buf_done(&l->text);
	wf_free(l->name);
	*l = (struct wf_loaded){ 0 };
}

void wf_say_findings(struct wf_ctx *ctx, const struct wf_diags *diags)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	for (size_t i = 0; i < diags->count; i++)
		if (diags->items[i].severity == WF_SEV_ERROR || ctx->verbose ||
			(diags->items[i].severity == WF_SEV_WARNING && !ctx->quiet))
			wf_view_finding(&diags->items[i], &ctx->err, &text);
	(void)fwrite(text.data ? text.data : "", 1, text.len, stderr);
}

static bool has_ending(const char *name)
{
	static const char *const endings[] = { ".yaml", ".yml", ".json" };
	size_t n = strlen(name);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t len = strlen(endings[i]);
		if (n > len && !strcmp(name + n - len, endings[i]))
			return true;
	}
	return false;
}

/* NAME.test.yaml and its like: tests, which `wfctl test` runs. */
static bool is_test(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot = strstr(slash ? slash : path, ".test.");
	return dot && has_ending(path) && !strchr(dot + strlen(".test."), '.');
}

bool wf_looks_like_file(const char *argument)
{
	return strchr(argument, '/') || !strcmp(argument, "-") || has_ending(argument);
}

static json_t *findings_list(const struct wf_diags *diags)
{
	json_t *list = json_array(), *details = json_object();
	for (size_t i = 0; i < diags->count; i++)
		json_array_append_new(list, wf_view_finding_json(&diags->items[i]));
	json_object_set_new(details, "findings", list);
	return details;
}

/* Says what was found; the exit status when the file cannot be used. */
static int usable(struct wf_ctx *ctx, const struct wf_loaded *l)
{
	wf_say_findings(ctx, &l->diags);
	if (!l->diags.errors && l->count)
		return 0;
	return wf_fail_at(ctx, WF_EXIT_FAILED, "INVALID_DEFINITION", findings_list(&l->diags), NULL,
		"%s has %zu error%s; nothing was done", l->name, l->diags.errors,
		l->diags.errors == 1 ? "" : "s");
}

static int compile_one(struct wf_ctx *ctx, const struct wf_model *model, struct wf_buf *bytes,
	struct wf_plan **ret)
{
	struct wf_cause cause = { 0 };
	if (wf_compile(model, bytes, &cause) < 0)
		return wf_fail_cause(ctx, &cause);
	if (wf_plan_load(bytes->data, bytes->len, ret, &cause) < 0)
		return wf_fail_at(ctx, WF_EXIT_BUG, "INTERNAL", NULL,
			"please report it with the definition",
			"the compiled plan does not pass its own check: %s", cause.text);
	return 0;
}

/* The ids of a file's workflows, as in "a, b, c". */
static void put_ids(const struct wf_loaded *l, struct wf_buf *out)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->models[i])
			wf_buf_printf(out, "%s%s", out->len ? ", " : "", l->models[i]->id);
}

/* The workflow with that id, or the only one; 0 or the exit status. */
static int pick(struct wf_ctx *ctx, const struct wf_loaded *l, const char *id, const char *hint,
	const struct wf_model **ret)
{
	WF_AUTOBUF struct wf_buf ids = { 0 };
	const struct wf_model *found = NULL;
	size_t workflows = 0, same = 0;
	for (size_t i = 0; i < l->count; i++) {
		if (!l->models[i])
			continue;
		workflows++;
		same += !id || strcmp(l->models[i]->id, id) == 0;
		if (!id || strcmp(l->models[i]->id, id) == 0)
			found = l->models[i];
	}
	put_ids(l, &ids);
	if (!workflows)
		return wf_fail_usage(ctx, "%s holds no workflow, only actions", l->name);
	if (!same)
		return wf_fail_at(ctx, WF_EXIT_MISSING, "NOT_FOUND", NULL, NULL,
			"%s holds no workflow %s; it holds %s", l->name, id, ids.data);
	if (same > 1)
		return wf_fail_at(ctx, WF_EXIT_USAGE, "USAGE", NULL, hint, "%s holds %zu workflows: %s",
			l->name, same, ids.data);
	*ret = found;
	return 0;
}

int wf_load_plan(struct wf_ctx *ctx, const char *path, struct wf_buf *ret_bytes,
	struct wf_plan **ret)
{
	struct wf_loaded l;
	const struct wf_model *model = NULL;
	wf_load_file(&l, ctx, path, NULL);
	int status = usable(ctx, &l);
	if (!status)
		status = pick(ctx, &l, NULL, "register it, and name the one that is meant", &model);
	if (!status)
		status = compile_one(ctx, model, ret_bytes, ret);
	wf_loaded_done(&l);
	return status;
}

int wf_load_workflow(struct wf_ctx *ctx, const char *path, const char *id, struct wf_loaded *l,
	const struct wf_model **ret_model, struct wf_plan **ret)
{
	WF_AUTOBUF struct wf_buf bytes = { 0 };
	wf_load_file(l, ctx, path, NULL);
	int status = usable(ctx, l);
	if (!status)
		status = pick(ctx, l, id, "`workflow_id` names the one that is meant", ret_model);
	return status ? status : compile_one(ctx, *ret_model, &bytes, ret);
}

int wf_load_plans(struct wf_ctx *ctx, const char *path,
	int (*fn)(struct wf_ctx *ctx, void *arg, const struct wf_buf *bytes, struct wf_plan *plan),
	int (*action)(struct wf_ctx *ctx, void *arg, const struct wf_action_def *def), void *arg)
{
	struct wf_loaded l;
	wf_load_file(&l, ctx, path, NULL);
	int status = usable(ctx, &l);
	for (size_t i = 0; !status && i < l.count; i++) {
		if (!l.models[i]) {
			status = action(ctx, arg, l.defs[i]);
			continue;
		}
		WF_AUTOBUF struct wf_buf bytes = { 0 };
		struct wf_plan *plan = NULL;
		status = compile_one(ctx, l.models[i], &bytes, &plan);
		if (!status)
			status = fn(ctx, arg, &bytes, plan);
		wf_plan_free(plan);
	}
	wf_loaded_done(&l);
	return status;
}

int wf_load_canonical(struct wf_ctx *ctx, const char *path, struct wf_buf *out)
{
	struct wf_loaded l;
	wf_load_file(&l, ctx, path, NULL);
	int status = usable(ctx, &l);
	for (size_t i = 0; !status && i < l.count; i++) {
		if (i)
			wf_buf_addstr(out, "---\n");
		wf_source_write(l.models[i] ? l.models[i]->root : l.defs[i]->root, out);
	}
	wf_loaded_done(&l);
	return status;
}

/* -- files and folders -- */

static void add_file(struct wf_files *files, char *path)
{
	WF_GROW(files->items, files->count, files->room);
	files->items[files->count++] = path;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool is_definition(const char *path)
{
	return has_ending(path) && !is_test(path);
}

typedef bool wanted_fn(const char *path);

static int search_folder(
	const char *folder, unsigned depth, wanted_fn *wanted, struct wf_files *files)
{
	struct dirent **entries;
	int status = 0, n = depth > 64 ? 0 : scandir(folder, &entries, not_hidden, by_name);
	if (n < 0)
		return -1;
	size_t len = strlen(folder);
	while (len > 1 && folder[len - 1] == '/')
		len--;
	for (int i = 0; i < n; i++) {
		char *path = wf_asprintf("%.*s/%s", (int)len, folder, entries[i]->d_name);
		struct stat st;
		/* links to folders are not followed: they could lead in a circle */
		bool there = lstat(path, &st) == 0;
		if (there && S_ISDIR(st.st_mode) && !status)
			status = search_folder(path, depth + 1, wanted, files);
		bool file = there && (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode));
		if (file && wanted(path))
			add_file(files, path);
		else
			wf_free(path);
		free(entries[i]);
	}
	if (depth <= 64)
		free(entries);
	return status;
}

static int find_files(struct wf_ctx *ctx, wanted_fn *wanted, const char *what,
	struct wf_files *files)
{
	for (size_t i = 0; i < ctx->args.word_count; i++) {
		const char *path = ctx->args.words[i];
		struct stat st;
		if (strcmp(path, "-") && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			size_t before = files->count;
			if (search_folder(path, 0, wanted, files) < 0)
				return wf_fail_at(ctx, WF_EXIT_USAGE, "NOT_FOUND", NULL, NULL,
					"the folder %s cannot be read", path);
			if (files->count == before)
				return wf_fail_at(ctx, WF_EXIT_USAGE, "NOT_FOUND", NULL, NULL,
					"there is no %s in %s", what, path);
		} else {
			add_file(files, wf_strdup(path));
		}
	}
	return 0;
}

int wf_find_below(const char *folder, struct wf_files *files)
{
	return search_folder(folder, 0, is_definition, files);
}

int wf_find_files(struct wf_ctx *ctx, struct wf_files *files)
{
	return find_files(ctx, is_definition, "*.yaml, *.yml or *.json", files);
}

int wf_find_test_files(struct wf_ctx *ctx, struct wf_files *files)
{
	return find_files(ctx, is_test, "*.test.yaml, *.test.yml or *.test.json", files);
}

void wf_files_done(struct wf_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		wf_free(files->items[i]);
	wf_free(files->items);
	*files = (struct wf_files){ 0 };
}

/* wfctl init: a home where there is none. */
#include "cli.h"

#include <sys/stat.h>

/* A home that is there may lack the journal that was asked for. */
static int make_journal(struct wf_ctx *ctx, const char *home, const char *tenant,
	const char *environment, struct wf_cause *cause)
{
	struct wf_home_options options = { .key_file = wf_key_file(ctx) };
	struct wf_home *opened = NULL;
	int r = wf_home_open(home, &options, &opened, cause);
	if (r == 0)
		r = wf_journal_create(opened, tenant, environment, cause);
	wf_home_close(opened);
	return r;
}

static void say_made(struct wf_ctx *ctx, const char *home, bool only_journal)
{
	const char *tenant = wf_set(ctx, WF_SET_TENANT), *environment = wf_set(ctx, WF_SET_ENVIRONMENT);
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (only_journal)
		wf_buf_printf(&text, "%s has the new journal %s/%s\n", home, tenant, environment);
	else
		wf_buf_printf(&text,
			"%s is ready, with the journal %s/%s\n"
			"its master key is %s/keys/master: keep a copy of it elsewhere, nothing in the "
			"journal can be read without it\n",
			home, tenant, environment, home);
	wf_out(ctx, &text);
}

static json_t *made_json(const char *home, const char *tenant, const char *environment, bool made)
{
	json_t *o = json_object();
	json_object_set_new(o, "home", json_string(home));
	json_object_set_new(o, "tenant", json_string(tenant));
	json_object_set_new(o, "environment", json_string(environment));
	json_object_set_new(o, "made", json_boolean(made));
	return o;
}

static int run_init(struct wf_ctx *ctx)
{
	const char *home = wf_home_folder(ctx);
	const char *tenant = wf_set(ctx, WF_SET_TENANT), *environment = wf_set(ctx, WF_SET_ENVIRONMENT);
	struct wf_cause cause = { 0 };
	WF_AUTOBUF struct wf_buf text = { 0 };
	bool made = true, only_journal = false;
	if (wf_opt(ctx, "dry-run") && wf_machine(ctx)) {
		wf_out_json(ctx, made_json(home, tenant, environment, false));
		return WF_EXIT_DONE;
	}
	if (wf_opt(ctx, "dry-run")) {
		wf_buf_printf(&text, "would make %s with the journal %s/%s\n", home, tenant,
			environment);
		wf_out(ctx, &text);
		return WF_EXIT_DONE;
	}
	int r = wf_home_init(home, tenant, environment, &cause);
	if (r == WF_EEXIST) {
		struct wf_cause there = { 0 };
		only_journal = true;
		r = make_journal(ctx, home, tenant, environment, &there);
		if (r == WF_ENOENT) /* something is there, and no home */
			return wf_fail_cause(ctx, &cause);
		if (r != WF_EEXIST)
			cause = there;
	}
	if (r == WF_EEXIST && wf_opt(ctx, "if-missing"))
		made = false;
	else if (r < 0)
		return wf_fail_cause(ctx, &cause);
	if (wf_machine(ctx)) {
		wf_out_json(ctx, made_json(home, tenant, environment, made));
	} else if (made && !ctx->quiet) {
		say_made(ctx, home, only_journal);
	}
	return WF_EXIT_DONE;
}

static const struct wf_option options[] = {
	{ "if-missing", 0, NULL, "a home that is there already is no error", NULL, NULL },
	{ "dry-run", 'n', NULL, "say what would be made", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_init = {
	.arguments = "",
	.description = "Makes a home: its folders, a new master key (mode 0600) and the journal of the "
		       "tenant and environment. In a home that is there already only a journal that "
		       "is missing is made; what is there is left as it is.\n\n"
		       "The home is --home, else WFCTL_HOME, else wfctl below XDG_STATE_HOME, else "
		       "~/.local/state/wfctl, and /var/lib/wfctl for users of the system.",
	.examples = "wfctl init\n"
		    "wfctl init --home /srv/wfctl --if-missing\n"
		    "wfctl init --tenant acme --environment test",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.changes = true,
	.run = run_init,
};

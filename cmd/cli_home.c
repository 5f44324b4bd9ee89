/* The home and its journal: opened as the settings say, and read. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Credentials of the service manager are for the service alone, whatever their mode says: an access
 * list gives them to its user. */
static bool is_credential(const char *path)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	size_t n = folder ? strlen(folder) : 0;
	return path && n > 1 && !strncmp(path, folder, n) && path[n] == '/';
}

static int options_of_home(struct wf_ctx *ctx, struct wf_home_options *ret)
{
	const char *most = wf_set(ctx, WF_SET_MAX_BYTES), *key = wf_key_file(ctx);
	*ret = (struct wf_home_options){ .key_file = key, .key_guarded = is_credential(key),
		.allow_network_fs = wf_set_on(ctx, WF_SET_NETWORK_FS) };
	if (*most) {
		char *end;
		errno = 0;
		unsigned long long n = strtoull(most, &end, 10);
		if (errno || *end || *most < '0' || *most > '9')
			return wf_fail_usage(ctx, "max_journal_bytes is a number of bytes, not \"%s\"",
				most);
		ret->max_bytes = n;
	}
	return 0;
}

int wf_open_home(struct wf_ctx *ctx)
{
	struct wf_home_options options;
	struct wf_cause cause = { 0 };
	const char *identity = wf_set(ctx, WF_SET_IDENTITY);
	if (ctx->home)
		return 0;
	if (strcmp(identity, "asserted") != 0)
		return wf_fail_at(ctx, WF_EXIT_DENIED, "PERMISSION_DENIED", NULL,
			"the only identity this version knows is `asserted`",
			"this home asks for the identity \"%s\", which cannot be checked", identity);
	int status = options_of_home(ctx, &options);
	if (status)
		return status;
	/* whatever it is that keeps a journal from being used, its status is one */
	if (wf_home_open(wf_home_folder(ctx), &options, &ctx->home, &cause) < 0) {
		(void)wf_fail_cause(ctx, &cause);
		return WF_EXIT_JOURNAL;
	}
	return 0;
}

int wf_open_journal(struct wf_ctx *ctx, enum wf_journal_mode mode)
{
	struct wf_cause cause = { 0 };
	int status = wf_open_home(ctx);
	if (status || ctx->journal)
		return status;
	if (wf_journal_open(ctx->home, wf_set(ctx, WF_SET_TENANT), wf_set(ctx, WF_SET_ENVIRONMENT),
		    mode, &ctx->journal, &cause) < 0) {
		status = wf_fail_cause(ctx, &cause);
		bool named = wf_journal_name_ok(wf_set(ctx, WF_SET_TENANT)) &&
			wf_journal_name_ok(wf_set(ctx, WF_SET_ENVIRONMENT));
		return named ? WF_EXIT_JOURNAL : status;
	}
	return 0;
}

int wf_try_journal(struct wf_ctx *ctx, struct wf_journal **ret)
{
	struct wf_home_options options;
	const char *folder = wf_home_folder(ctx);
	if (!ctx->home && (options_of_home(ctx, &options) ||
				  wf_home_open(folder, &options, &ctx->home, NULL) < 0))
		return -1;
	return wf_journal_open(ctx->home, wf_set(ctx, WF_SET_TENANT), wf_set(ctx, WF_SET_ENVIRONMENT),
		WF_JOURNAL_READ, ret, NULL);
}

int wf_fail_read(struct wf_ctx *ctx, int err, struct wf_cause *cause)
{
	if (!*cause->text)
		(void)wf_fail(cause, err, "the journal cannot be read: %s", wf_strerror(err));
	cause->err = err;
	return wf_fail_cause(ctx, cause);
}

int wf_read_journal(struct wf_ctx *ctx, wf_txn_fn *fn, void *arg)
{
	struct wf_cause cause = { 0 };
	int status = wf_open_journal(ctx, WF_JOURNAL_READ);
	if (status)
		return status;
	int r = wf_journal_view(ctx->journal, fn, arg, &cause);
	return r < 0 ? wf_fail_read(ctx, r, &cause) : 0;
}

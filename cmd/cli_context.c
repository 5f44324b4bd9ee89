/* Settings, the home, who acts: what a verb finds around it. */
#include "cli.h"

#include "base/duration.h"
#include "base/text.h"
#include "source/tree.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONFIG_BYTES (1u << 20)

const struct wf_setting_info wf_settings[WF_SET_COUNT_] = {
#define WF_SETTING(name, key, variable, option, standard, meaning)                                 \
	{ key, variable, option, standard, meaning },
#include "settings.def"
#undef WF_SETTING
};

/* -- the command line -- */

const char *wf_opt(const struct wf_ctx *ctx, const char *option)
{
	return wf_argument(&ctx->args, option);
}

const char *wf_arg(const struct wf_ctx *ctx, size_t i)
{
	return i < ctx->args.word_count ? ctx->args.words[i] : NULL;
}

int wf_opt_number(struct wf_ctx *ctx, const char *option, uint64_t least, uint64_t most,
	uint64_t *ret)
{
	const char *text = wf_opt(ctx, option);
	if (!text)
		return 0;
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno || *end || text[0] < '0' || text[0] > '9' || n < least || n > most)
		return wf_fail_usage(ctx, "--%s takes a number from %llu to %llu, not \"%s\"", option,
			(unsigned long long)least, (unsigned long long)most, text);
	*ret = n;
	return 0;
}

bool wf_read_span(const char *text, uint64_t *ret_ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
		{ "w", 604800000 } };
	struct wf_duration d;
	if (wf_duration_parse(text, strlen(text), false, &d) == 0) {
		int64_t ms = wf_duration_ms(&d);
		*ret_ms = ms < 0 ? 0 : (uint64_t)ms;
		return true;
	}
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno || text[0] < '0' || text[0] > '9')
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].unit)) {
			uint64_t ms;
			if (__builtin_mul_overflow((uint64_t)n, units[i].ms, &ms) || ms > INT64_MAX)
				return false;
			*ret_ms = ms;
			return true;
		}
	return false;
}

/* Midnight of the local day that lies `back` days before now. */
static int64_t midnight(int64_t now, int back)
{
	time_t t = (time_t)(now / 1000);
	struct tm tm = { 0 };
	(void)localtime_r(&t, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday -= back;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

static bool read_date(const char *text, int64_t *ret)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	if (!end)
		return false;
	if (*end == ' ' || *end == 'T')
		end = strptime(end + 1, strlen(end) > 6 ? "%H:%M:%S" : "%H:%M", &tm);
	if (!end || *end)
		return false;
	/* the 30th of February would become a day of March */
	int day = tm.tm_mday;
	int64_t at = (int64_t)mktime(&tm);
	if (tm.tm_mday != day)
		return false;
	*ret = at * 1000;
	return true;
}

bool wf_read_time(const char *text, int64_t *ret_ms)
{
	return wf_time_parse(text, strlen(text), ret_ms) == 0 || read_date(text, ret_ms);
}

int wf_opt_time(struct wf_ctx *ctx, const char *option, int64_t *ret)
{
	const char *text = wf_opt(ctx, option);
	uint64_t span;
	if (!text)
		return 0;
	if (!strcmp(text, "now"))
		*ret = ctx->now;
	else if (!strcmp(text, "today"))
		*ret = midnight(ctx->now, 0);
	else if (!strcmp(text, "yesterday"))
		*ret = midnight(ctx->now, 1);
	else if (wf_read_time(text, ret))
		return 0;
	else if (wf_read_span(text, &span))
		*ret = (int64_t)span < ctx->now ? ctx->now - (int64_t)span : 1;
	else
		return wf_fail_usage(ctx,
			"--%s takes a time (2026-11-20T09:00:00Z, 2026-11-20, today, yesterday) or "
			"how long ago (90m, 1d, PT2H), not \"%s\"", option, text);
	return 0;
}

/* -- settings -- */

static const char *from_config(struct wf_ctx *ctx, const char *key)
{
	return *key ? json_string_value(json_object_get(ctx->config, key)) : NULL;
}

const char *wf_set(struct wf_ctx *ctx, enum wf_setting setting)
{
	const struct wf_setting_info *info = &wf_settings[setting];
	for (size_t i = ctx->args.given_count; i-- > 0;)
		if (!strcmp(ctx->args.given[i].option->name, info->option))
			return ctx->args.given[i].value ? ctx->args.given[i].value : "true";
	const char *value = *info->variable ? getenv(info->variable) : NULL;
	if (value && *value)
		return value;
	value = from_config(ctx, info->key);
	return value ? value : info->standard;
}

bool wf_set_on(struct wf_ctx *ctx, enum wf_setting setting)
{
	const char *value = wf_set(ctx, setting);
	return !strcmp(value, "true") || !strcmp(value, "1") || !strcmp(value, "yes") ||
		!strcmp(value, "on");
}

const char *wf_home_folder(struct wf_ctx *ctx)
{
	if (ctx->home_path)
		return ctx->home_path;
	const char *given = wf_opt(ctx, "home");
	if (!given)
		given = getenv("WFCTL_HOME");
	const char *state = getenv("XDG_STATE_HOME"), *user = getenv("HOME");
	if (given && *given)
		ctx->home_path = wf_strdup(given);
	else if (state && *state == '/')
		ctx->home_path = wf_asprintf("%s/wfctl", state);
	else if (getuid() < 1000 || !user || *user != '/')
		ctx->home_path = wf_strdup("/var/lib/wfctl");
	else
		ctx->home_path = wf_asprintf("%s/.local/state/wfctl", user);
	return ctx->home_path;
}

/* A scalar of config.yaml as the text that a variable would hold; NULL for lists and maps. */
static json_t *config_value(const struct wf_node *node)
{
	json_t *value = wf_node_json(node);
	if (json_is_string(value) || !value)
		return value;
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (!json_is_object(value) && !json_is_array(value))
		wf_json_write(value, &text);
	json_decref(value);
	return text.data ? json_string(text.data) : NULL;
}

static int config_pair(struct wf_ctx *ctx, const char *path, const struct wf_pair *pair)
{
	const char *keys[WF_SET_COUNT_];
	for (unsigned i = 0; i < WF_SET_COUNT_; i++) {
		keys[i] = *wf_settings[i].key ? wf_settings[i].key : NULL;
		if (!keys[i] || strcmp(keys[i], pair->key) != 0)
			continue;
		bool map = i == WF_SET_RESOLVERS;
		json_t *value = map ? wf_node_json(pair->value) : config_value(pair->value);
		if (map && !json_is_object(value)) {
			json_decref(value);
			return wf_fail_usage(ctx, "%s:%u: `%s` is a map of names", path,
				pair->key_span.line, pair->key);
		}
		if (!value)
			return wf_fail_usage(ctx, "%s:%u: `%s` must be one value, not a list or map",
				path, pair->key_span.line, pair->key);
		json_object_set_new(ctx->config, pair->key, value);
		return 0;
	}
	const char *near = wf_nearest(pair->key, keys, WF_SET_COUNT_);
	if (near)
		return wf_fail_usage(ctx, "%s:%u: there is no setting `%s`; did you mean `%s`?", path,
			pair->key_span.line, pair->key, near);
	return wf_fail_usage(ctx, "%s:%u: there is no setting `%s`", path, pair->key_span.line,
		pair->key);
}

static int config_text(struct wf_ctx *ctx, const char *path, const struct wf_buf *text)
{
	struct wf_source source = { path, text->data ? text->data : "", text->len };
	struct wf_documents docs;
	struct wf_diags diags = { 0 };
	int status = 0;
	wf_source_read(&source, WF_SYNTAX_YAML, &docs, &diags);
	const struct wf_node *root = docs.count == 1 ? docs.items[0].root : NULL;
	bool nothing = diags.errors == 1 && diags.items[0].rule == WF_RULE_EMPTY;
	if (diags.errors && !nothing)
		status = wf_fail_usage(ctx, "%s:%u: %s", path, diags.items[0].span.line,
			diags.items[0].message);
	else if (!nothing && (!root || (root->kind != WF_NODE_MAP && root->kind != WF_NODE_NULL)))
		status = wf_fail_usage(ctx, "%s: settings are one map of keys and values", path);
	for (size_t i = 0; !status && root && root->kind == WF_NODE_MAP && i < root->map.count; i++)
		status = config_pair(ctx, path, &root->map.pairs[i]);
	wf_documents_done(&docs);
	wf_diags_done(&diags);
	return status;
}

int wf_config_read(struct wf_ctx *ctx)
{
	WF_AUTOFREE char *path = wf_asprintf("%s/config.yaml", wf_home_folder(ctx));
	if (access(path, F_OK) < 0)
		return 0;
	WF_AUTOBUF struct wf_buf text = { 0 };
	struct wf_cause cause;
	ctx->config = json_object();
	if (wf_read_file(path, MAX_CONFIG_BYTES, &text, &cause) < 0)
		return wf_fail_cause(ctx, &cause);
	return config_text(ctx, path, &text);
}

static uint32_t terminal_width(int fd)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	if (columns && *columns) {
		unsigned long n = strtoul(columns, NULL, 10);
		if (n >= 20 && n <= 10000)
			return (uint32_t)n;
	}
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return 80;
}

static struct wf_style style_of(struct wf_ctx *ctx, int fd, bool terminal)
{
	const char *color = wf_set(ctx, WF_SET_COLOR), *none = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	struct wf_style style = { .width = terminal ? terminal_width(fd) : 0 };
	if (!strcmp(color, "always"))
		style.color = true;
	else if (strcmp(color, "never") != 0)
		style.color = terminal && !(none && *none) && !(term && !strcmp(term, "dumb"));
	return style;
}

/* The form of the answer: what was asked for on the command line must be one that the verb knows; a
 * variable's or the file's wish is followed where it can be. */
static int choose_format(struct wf_ctx *ctx)
{
	const struct wf_verb *verb = ctx->args.command->verb;
	const char *asked = wf_opt(ctx, "output");
	ctx->format = verb->standard;
	if (!asked)
		for (const struct wf_option *o = verb->options; o && o->name; o++)
			if (!strcmp(o->name, "format"))
				asked = wf_opt(ctx, "format");
	const char *wish = asked ? asked : wf_set(ctx, WF_SET_OUTPUT);
	enum wf_format format = wf_format_find(wish);
	if (format != WF_FORMAT_OUT_COUNT_ && verb->formats & (1u << format)) {
		ctx->format = format;
		ctx->form_asked = true;
		return 0;
	}
	/* text for people is all the table that these verbs have */
	bool for_people = format == WF_FORMAT_OUT_TABLE || format == WF_FORMAT_OUT_WIDE;
	if (for_people && verb->standard == WF_FORMAT_OUT_TEXT)
		return 0;
	if (!asked && format != WF_FORMAT_OUT_COUNT_)
		return 0;
	if (!asked)
		return wf_fail_usage(ctx, "output is table, wide, json, jsonl or yaml, not \"%s\"", wish);
	WF_AUTOBUF struct wf_buf known = { 0 };
	for (unsigned i = 0; i < WF_FORMAT_OUT_COUNT_; i++)
		if (verb->formats & (1u << i))
			wf_buf_printf(&known, "%s%s", known.len ? ", " : "",
				wf_format_name((enum wf_format)i));
	return wf_fail_usage(ctx, "there is no form \"%s\" of this answer; there %s %s", wish,
		strchr(known.data ? known.data : "", ',') ? "are" : "is",
		known.len ? known.data : "only text");
}

/* As on the command line: what is kept and shown is text. */
static int check_variables(struct wf_ctx *ctx)
{
	static const enum wf_setting texts[] = { WF_SET_TENANT, WF_SET_ENVIRONMENT, WF_SET_AS };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *value = getenv(wf_settings[texts[i]].variable);
		if (value && !wf_utf8_valid(value, strlen(value), NULL))
			return wf_fail_usage(ctx, "the value of %s is not UTF-8",
				wf_settings[texts[i]].variable);
	}
	return 0;
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(word, *words) != 0)
		words++;
	return *words != NULL;
}

/* Settings that are one of a few words, wherever they come from. */
static int check_words(struct wf_ctx *ctx)
{
	static const char *const colors[] = { "auto", "always", "never", NULL };
	static const char *const switches[] = { "true", "false", "yes", "no", "on", "off", "1", "0",
		NULL };
	static const enum wf_setting switched[] = { WF_SET_QUIET, WF_SET_VERBOSE, WF_SET_NETWORK_FS };
	const char *color = wf_set(ctx, WF_SET_COLOR);
	if (!is_one_of(color, colors))
		return wf_fail_usage(ctx, "--color is auto, always or never, not \"%s\"", color);
	for (size_t i = 0; i < sizeof(switched) / sizeof(switched[0]); i++) {
		const char *value = wf_set(ctx, switched[i]);
		if (!is_one_of(value, switches))
			return wf_fail_usage(ctx, "%s is true or false, not \"%s\"",
				wf_settings[switched[i]].key, value);
	}
	return 0;
}

int wf_ctx_begin(struct wf_ctx *ctx)
{
	/* --home "$X" with an empty X must not end in the home that is everybody's */
	const char *home = wf_opt(ctx, "home");
	if (home && !*home)
		return wf_fail_usage(ctx, "--home needs the name of a folder");
	int status = check_variables(ctx);
	if (!status)
		status = wf_config_read(ctx);
	if (status)
		return status;
	ctx->out_terminal = isatty(STDOUT_FILENO);
	ctx->err_terminal = isatty(STDERR_FILENO);
	status = check_words(ctx);
	if (status)
		return status;
	ctx->out = style_of(ctx, STDOUT_FILENO, ctx->out_terminal);
	ctx->err = style_of(ctx, STDERR_FILENO, ctx->err_terminal);
	ctx->quiet = wf_set_on(ctx, WF_SET_QUIET);
	ctx->verbose = wf_set_on(ctx, WF_SET_VERBOSE);
	return choose_format(ctx);
}

void wf_ctx_done(struct wf_ctx *ctx)
{
	wf_journal_close(ctx->journal);
	if (ctx->home)
		wf_runner_end(ctx->home);
	wf_home_close(ctx->home);
	wf_free(ctx->home_path);
	wf_free(ctx->os_user);
	wf_free(ctx->key_path);
	json_decref(ctx->config);
	json_decref(ctx->people);
	wf_arguments_done(&ctx->args);
}

const char *wf_os_user(struct wf_ctx *ctx)
{
	if (!ctx->os_user) {
		const struct passwd *pw = getpwuid(getuid());
		ctx->os_user = pw && pw->pw_name && *pw->pw_name
			? wf_strdup(pw->pw_name)
			: wf_asprintf("uid:%u", (unsigned)getuid());
	}
	return ctx->os_user;
}

const char *wf_actor(struct wf_ctx *ctx)
{
	const char *as = wf_set(ctx, WF_SET_AS);
	return *as ? as : wf_os_user(ctx);
}

char *wf_libexec(struct wf_ctx *ctx)
{
	const char *given = wf_set(ctx, WF_SET_LIBEXEC);
	if (*given)
		return wf_strdup(given);
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n > 0) {
		exe[n] = 0;
		char *slash = strrchr(exe, '/');
		if (slash) {
			*slash = 0;
			WF_AUTOFREE char *beside = wf_asprintf("%s/wfctl-supervise", exe);
			if (access(beside, X_OK) == 0)
				return wf_strdup(exe);
			/* installed under another prefix than it was built for, or moved with it */
			char *near = wf_asprintf("%s/../libexec/wfctl", exe);
			WF_AUTOFREE char *there = wf_asprintf("%s/wfctl-supervise", near);
			if (access(there, X_OK) == 0)
				return near;
			wf_free(near);
		}
	}
	return wf_strdup(WFCTL_LIBEXEC);
}

/* -- the home and its journal -- */

const char *wf_key_file(struct wf_ctx *ctx)
{
	const char *key = wf_set(ctx, WF_SET_KEY_FILE);
	if (!*key || *key == '/' || key != from_config(ctx, "key_file"))
		return *key ? key : NULL;
	if (!ctx->key_path)
		ctx->key_path = wf_asprintf("%s/%s", wf_home_folder(ctx), key);
	return ctx->key_path;
}

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

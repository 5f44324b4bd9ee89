/* Settings, the home, who acts: what a verb finds around it. */
#include "cli.h"
#include "cli_actions.h"
#include "cli_children.h"

#include "base/text.h"

#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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
	wf_actions_done(ctx);
	wf_beside_done(ctx);
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

const char *wf_key_file(struct wf_ctx *ctx)
{
	const char *key = wf_set(ctx, WF_SET_KEY_FILE);
	if (!*key || *key == '/' || key != from_config(ctx, "key_file"))
		return *key ? key : NULL;
	if (!ctx->key_path)
		ctx->key_path = wf_asprintf("%s/%s", wf_home_folder(ctx), key);
	return ctx->key_path;
}

/* --help, the overview, version: all from the tables. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS 80

static const struct {
	int status;
	const char *meaning;
} statuses[] = {
#define WF_EXIT(name, status, meaning) { status, meaning },
#include "exit.def"
#undef WF_EXIT
};

static const char *const group_headings[] = {
#define WF_GROUP(name, heading) heading,
#include "commands.def"
#undef WF_GROUP
};

static void heading(const struct wf_style *style, const char *text, struct wf_buf *out)
{
	wf_buf_addch(out, '\n');
	wf_view_role(out, style, WF_ROLE_STRONG, text);
	wf_buf_addch(out, '\n');
}

/* "  left   right", the right side wrapped at its own margin. */
static void pair(const char *left, const char *right, size_t margin, struct wf_buf *out)
{
	WF_AUTOBUF struct wf_buf body = { 0 };
	size_t width = wf_view_width(left);
	wf_view_wrap(&body, right, margin, COLUMNS);
	wf_buf_addstr(out, "  ");
	wf_buf_addstr(out, left);
	if (width + 4 > margin) {
		wf_buf_addch(out, '\n');
		wf_buf_addstr(out, body.data);
	} else {
		wf_view_pad(out, margin - width - 2);
		wf_buf_addstr(out, body.data + margin);
	}
}

static void put_options(const struct wf_option *o, const struct wf_verb *verb, struct wf_buf *out)
{
	for (; o && o->name; o++) {
		WF_AUTOBUF struct wf_buf left = { 0 }, right = { 0 };
		if (o->letter)
			wf_buf_printf(&left, "-%c, ", o->letter);
		wf_buf_printf(&left, "--%s%s%s", o->name, o->value ? " " : "",
			o->value ? o->value : "");
		wf_buf_addstr(&right, o->meaning);
		if (o->words && !strcmp(o->words, "format")) {
			wf_buf_addstr(&right, ":");
			for (unsigned i = 0; verb && i < WF_FORMAT_OUT_COUNT_; i++)
				if (verb->formats & (1u << i))
					wf_buf_printf(&right, " %s", wf_format_name((enum wf_format)i));
		}
		if (o->only)
			wf_buf_printf(&right, " (%s)", o->only);
		pair(left.data, right.data, 28, out);
	}
}

static void put_usage(const struct wf_cmd *command, struct wf_buf *out)
{
	const struct wf_verb *verb = command->verb;
	if (!verb->subs) {
		wf_buf_printf(out, "  wfctl %s%s%s%s\n", command->name, *verb->arguments ? " " : "",
			verb->arguments, " [OPTION...]");
		return;
	}
	for (const struct wf_subverb *s = verb->subs; s->name; s++)
		wf_buf_printf(out, "  wfctl %s %s%s%s [OPTION...]\n", command->name, s->name,
			*s->arguments ? " " : "", s->arguments);
}

static void put_statuses(struct wf_buf *out)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		char left[16];
		(void)snprintf(left, sizeof(left), "%d", statuses[i].status);
		pair(left, statuses[i].meaning, 10, out);
	}
	pair("128+n", "ended by signal n, after a clean commit", 10, out);
}

void wf_help_verb(const struct wf_cmd *command, const struct wf_style *style,
	struct wf_buf *out)
{
	const struct wf_verb *verb = command->verb;
	wf_view_role(out, style, WF_ROLE_STRONG, "wfctl ");
	wf_view_role(out, style, WF_ROLE_STRONG, command->name);
	wf_buf_printf(out, ": %s\n", command->summary);
	heading(style, "Usage", out);
	put_usage(command, out);
	wf_buf_addch(out, '\n');
	wf_view_wrap(out, verb->description, 0, COLUMNS);
	if (verb->subs) {
		heading(style, "Commands", out);
		for (const struct wf_subverb *s = verb->subs; s->name; s++)
			pair(s->name, s->summary, 14, out);
	}
	if (verb->options && verb->options->name) {
		heading(style, "Options", out);
		put_options(verb->options, verb, out);
	}
	heading(style, "Common options", out);
	put_options(wf_common_options, verb, out);
	heading(style, "Exit status", out);
	put_statuses(out);
	if (verb->examples) {
		heading(style, "Examples", out);
		wf_view_wrap(out, verb->examples, 2, 1000);
	}
}

void wf_help_overview(const struct wf_style *style, struct wf_buf *out)
{
	wf_buf_addstr(out, "wfctl checks, compiles and runs workflows; every step is in a journal before "
			   "and\nafter it happens, so that killing it loses nothing and repeats "
			   "nothing.\n");
	heading(style, "Usage", out);
	wf_buf_addstr(out, "  wfctl VERB [ARGUMENT...] [OPTION...]\n");
	for (size_t g = 0; g < sizeof(group_headings) / sizeof(group_headings[0]); g++) {
		heading(style, group_headings[g], out);
		for (size_t i = 0; i < wf_command_count; i++)
			if (wf_commands[i].group == (int)g)
				pair(wf_commands[i].name, wf_commands[i].summary, 14, out);
	}
	wf_buf_addstr(out, "\nwfctl VERB --help says more about each.\n");
}

/* -- the tables as data, for tests and other documents -- */

static json_t *options_json(const struct wf_option *o)
{
	json_t *list = json_array();
	for (; o && o->name; o++) {
		char letter[2] = { o->letter, 0 };
		json_t *item = json_object();
		json_object_set_new(item, "name", json_string(o->name));
		json_object_set_new(item, "letter", o->letter ? json_string(letter) : json_null());
		json_object_set_new(item, "value", o->value ? json_string(o->value) : json_null());
		json_object_set_new(item, "meaning", json_string(o->meaning));
		json_object_set_new(item, "only", o->only ? json_string(o->only) : json_null());
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *verb_json(const struct wf_cmd *c)
{
	json_t *o = json_object(), *subs = json_array(), *formats = json_array();
	for (const struct wf_subverb *s = c->verb->subs; s && s->name; s++) {
		json_t *sub = json_object();
		json_object_set_new(sub, "name", json_string(s->name));
		json_object_set_new(sub, "arguments", json_string(s->arguments));
		json_object_set_new(sub, "summary", json_string(s->summary));
		json_array_append_new(subs, sub);
	}
	for (unsigned i = 0; i < WF_FORMAT_OUT_COUNT_; i++)
		if (c->verb->formats & (1u << i))
			json_array_append_new(formats,
				json_string(wf_format_name((enum wf_format)i)));
	json_object_set_new(o, "name", json_string(c->name));
	json_object_set_new(o, "group", json_string(group_headings[c->group]));
	json_object_set_new(o, "summary", json_string(c->summary));
	json_object_set_new(o, "arguments", json_string(c->verb->arguments));
	json_object_set_new(o, "description", json_string(c->verb->description));
	json_object_set_new(o, "examples", json_string(c->verb->examples ? c->verb->examples : ""));
	json_object_set_new(o, "formats", formats);
	json_object_set_new(o, "commands", subs);
	json_object_set_new(o, "options", options_json(c->verb->options));
	return o;
}

json_t *wf_help_json(void)
{
	json_t *verbs = json_array(), *settings = json_array(), *exits = json_array();
	for (size_t i = 0; i < wf_command_count; i++)
		json_array_append_new(verbs, verb_json(&wf_commands[i]));
	for (size_t i = 0; i < WF_SET_COUNT_; i++) {
		json_t *item = json_object();
		json_object_set_new(item, "key", json_string(wf_settings[i].key));
		json_object_set_new(item, "variable", json_string(wf_settings[i].variable));
		json_object_set_new(item, "option", json_string(wf_settings[i].option));
		json_object_set_new(item, "default", json_string(wf_settings[i].standard));
		json_object_set_new(item, "meaning", json_string(wf_settings[i].meaning));
		json_array_append_new(settings, item);
	}
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		json_t *item = json_object();
		json_object_set_new(item, "status", json_integer(statuses[i].status));
		json_object_set_new(item, "meaning", json_string(statuses[i].meaning));
		json_array_append_new(exits, item);
	}
	json_t *o = json_object();
	json_object_set_new(o, "version", json_string(WF_VERSION));
	json_object_set_new(o, "verbs", verbs);
	json_object_set_new(o, "common_options", options_json(wf_common_options));
	json_object_set_new(o, "settings", settings);
	json_object_set_new(o, "exit_statuses", exits);
	return o;
}

/* -- the verbs -- */

static int run_help(struct wf_ctx *ctx)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	const char *name = wf_arg(ctx, 0);
	const struct wf_cmd *command = name ? wf_command_find(name) : NULL;
	if (name && !command)
		return wf_fail_usage(ctx, "there is no verb %s", name);
	if (wf_machine(ctx)) {
		wf_out_json(ctx, wf_help_json());
		return WF_EXIT_DONE;
	}
	if (command)
		wf_help_verb(command, &ctx->out, &text);
	else
		wf_help_overview(&ctx->out, &text);
	wf_out_page(ctx, &text);
	return WF_EXIT_DONE;
}

const struct wf_verb wf_verb_help = {
	.arguments = "[VERB]",
	.description = "Says how a verb is used, or lists all verbs. With -o json: every verb, option, "
		       "setting and exit status as one document.",
	.standard = WF_FORMAT_OUT_TEXT,
	.formats = WF_FORMAT_BIT(TEXT) | WF_FORMAT_BIT(JSON) | WF_FORMAT_BIT(JSONL) |
		WF_FORMAT_BIT(YAML),
	.max_args = 1,
	.words = "verb",
	.run = run_help,
};

static int run_version(struct wf_ctx *ctx)
{
	if (wf_machine(ctx)) {
		json_t *o = json_object();
		json_object_set_new(o, "name", json_string("wfctl"));
		json_object_set_new(o, "version", json_string(WF_VERSION));
		wf_out_json(ctx, o);
		return WF_EXIT_DONE;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_buf_printf(&text, "wfctl %s\n", WF_VERSION);
	wf_out(ctx, &text);
	return WF_EXIT_DONE;
}

const struct wf_verb wf_verb_version = {
	.arguments = "",
	.description = "Says which version of wfctl this is.",
	.standard = WF_FORMAT_OUT_TEXT,
	.formats = WF_FORMAT_BIT(TEXT) | WF_FORMAT_BIT(JSON) | WF_FORMAT_BIT(JSONL) |
		WF_FORMAT_BIT(YAML),
	.run = run_version,
};

/* wfctl explain: rules, error types, functions, opcodes, actions, roots; all from their tables. */
#include "cli.h"
#include "cli_members.h"

#include "base/text.h"
#include "plan/ops.h"
#include "source/diag.h"

#include <string.h>

enum kind { KIND_RULE, KIND_ERROR, KIND_FUNCTION, KIND_OPCODE, KIND_ACTION, KIND_ROOT, KIND_COUNT_ };

static const struct {
	const char *name, *plural;
	unsigned count;
} kinds[KIND_COUNT_] = {
	[KIND_RULE] = { "rule", "rules of the check", WF_RULE_COUNT_ },
	[KIND_ERROR] = { "error type", "error types", WF_ERROR_COUNT_ },
	[KIND_FUNCTION] = { "function", "functions of expressions", WF_FN_COUNT_ },
	[KIND_OPCODE] = { "opcode", "opcodes of plans", WF_OP_COUNT_ },
	[KIND_ACTION] = { "action", "actions", WF_ACT_COUNT_ },
	[KIND_ROOT] = { "root", "roots of paths", WF_ROOT_COUNT_ },
};

static const char *const root_meanings[] = {
#define WF_ROOT(name, text, meaning) meaning,
#include "plan/roots.def"
#undef WF_ROOT
};

static const char *name_of(enum kind kind, unsigned i)
{
	switch (kind) {
	case KIND_RULE:
		return wf_rule_info((enum wf_rule)i)->id;
	case KIND_ERROR:
		return wf_error_types[i].name;
	case KIND_FUNCTION:
		return wf_functions[i].name;
	case KIND_OPCODE:
		return wf_ops[i].mnemonic;
	case KIND_ACTION:
		return wf_actions[i].name;
	case KIND_ROOT:
		return wf_root_name((enum wf_root)i);
	case KIND_COUNT_:
		break;
	}
	return NULL;
}

static const char *meaning_of(enum kind kind, unsigned i)
{
	switch (kind) {
	case KIND_RULE:
		return wf_rule_info((enum wf_rule)i)->summary;
	case KIND_ERROR:
		return wf_error_types[i].meaning;
	case KIND_FUNCTION:
		return wf_functions[i].meaning;
	case KIND_OPCODE:
		return wf_ops[i].meaning;
	case KIND_ACTION:
		return wf_actions[i].meaning;
	case KIND_ROOT:
		return root_meanings[i];
	case KIND_COUNT_:
		break;
	}
	return NULL;
}

static const char *severity_name(enum wf_severity s)
{
	static const char *const names[] = { "error", "warning", "note" };
	return names[s];
}

static void put(json_t *o, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(o, key, json_string(value));
}

static json_t *entry_json(enum kind kind, unsigned i)
{
	json_t *o = json_object();
	put(o, "kind", kinds[kind].name);
	put(o, "name", name_of(kind, i));
	put(o, "meaning", meaning_of(kind, i));
	if (kind == KIND_RULE) {
		const struct wf_rule_info *r = wf_rule_info((enum wf_rule)i);
		put(o, "severity", severity_name(r->severity));
		put(o, "explanation", r->explanation);
		put(o, "bad", r->bad);
		put(o, "good", r->good);
	} else if (kind == KIND_ERROR) {
		json_object_set_new(o, "retryable", json_boolean(wf_error_types[i].retryable));
	} else if (kind == KIND_FUNCTION) {
		put(o, "signature", wf_functions[i].signature);
		put(o, "example", wf_functions[i].example);
		put(o, "result", wf_functions[i].result);
	} else if (kind == KIND_ACTION) {
		json_object_set_new(o, "native", json_boolean(wf_actions[i].native));
		json_object_set_new(o, "with", wf_action_members(wf_actions[i].name, false));
		json_object_set_new(o, "output", wf_action_members(wf_actions[i].name, true));
	}
	return o;
}

static void example(struct wf_ctx *ctx, const char *title, const char *text, struct wf_buf *out)
{
	if (!text || !*text)
		return;
	wf_buf_addch(out, '\n');
	wf_view_role(out, &ctx->out, WF_ROLE_DIM, title);
	wf_buf_addch(out, '\n');
	wf_view_wrap(out, text, 4, 1000);
}

/* "lower(string) -> string" */
static void signature(const struct wf_function_info *f, struct wf_buf *out)
{
	static const char letters[] = "snibloatd";
	static const char *const names[] = { "string", "number", "integer", "boolean", "list", "object",
		"any", "time", "duration" };
	const char *s = f->signature;
	wf_buf_printf(out, "%s(", f->name);
	for (unsigned n = 0; *s && *s != ':'; s++, n++) {
		const char *at = strchr(letters, *s);
		wf_buf_addstr(out, n >= f->min_args ? (n ? " [, " : "[") : n ? ", " : "");
		wf_buf_addstr(out, at ? names[at - letters] : "any");
		wf_buf_addstr(out, n >= f->min_args ? "]" : "");
	}
	wf_buf_addstr(out, f->max_args == 255 ? ", ...)" : ")");
	const char *at = *s == ':' && s[1] ? strchr(letters, s[1]) : NULL;
	wf_buf_printf(out, " -> %s\n", at ? names[at - letters] : "any");
}

/* What an action takes, or gives: "url    string, required    the address". */
static void members(struct wf_ctx *ctx, const char *action, bool output, struct wf_buf *out)
{
	WF_AUTOFREE char *about = wf_action_about(action, output);
	json_auto_t *list = wf_action_members(action, output);
	if (!about)
		return;
	wf_buf_addch(out, '\n');
	wf_view_role(out, &ctx->out, WF_ROLE_DIM, output ? "output" : "with");
	wf_buf_addch(out, '\n');
	wf_view_wrap(out, about, 4, 80);
	struct wf_table *t = wf_table_new();
	wf_table_column(t, "name", WF_ALIGN_LEFT, false);
	wf_table_column(t, "type", WF_ALIGN_LEFT, false);
	wf_table_column(t, "meaning", WF_ALIGN_LEFT, true);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i);
		WF_AUTOFREE char *standard = json_object_get(m, "default")
			? wf_json_text(json_object_get(m, "default")) : NULL;
		bool required = json_is_true(json_object_get(m, "required")) && !output;
		wf_table_cell(t, WF_ROLE_STRONG, json_string_value(json_object_get(m, "name")));
		wf_table_cellf(t, WF_ROLE_PLAIN, "%s%s", json_string_value(json_object_get(m, "type")),
			required ? ", required" : "");
		wf_table_cellf(t, WF_ROLE_PLAIN, "%s%s%s%s",
			json_string_value(json_object_get(m, "meaning")), standard ? " Default: " : "",
			standard ? standard : "", standard ? "." : "");
	}
	if (json_array_size(list))
		wf_table_write(t, &ctx->out, 4, true, out);
	wf_table_free(t);
}

static void entry_text(struct wf_ctx *ctx, enum kind kind, unsigned i, struct wf_buf *out)
{
	wf_view_role(out, &ctx->out, WF_ROLE_STRONG, name_of(kind, i));
	wf_buf_printf(out, " (%s", kinds[kind].name);
	if (kind == KIND_RULE)
		wf_buf_printf(out, ", %s", severity_name(wf_rule_info((enum wf_rule)i)->severity));
	if (kind == KIND_ERROR)
		wf_buf_printf(out, ", %s",
			wf_error_types[i].retryable ? "retried unless the policy says otherwise"
						    : "not retried unless the policy says so");
	if (kind == KIND_ACTION && !wf_actions[i].native)
		wf_buf_addstr(out, ", performed by an adapter's definition");
	wf_buf_addstr(out, "): ");
	wf_buf_addstr(out, meaning_of(kind, i));
	wf_buf_addch(out, '\n');
	if (kind == KIND_RULE) {
		const struct wf_rule_info *r = wf_rule_info((enum wf_rule)i);
		wf_buf_addch(out, '\n');
		wf_view_wrap(out, r->explanation, 0, 80);
		example(ctx, "wrong", r->bad, out);
		example(ctx, "right", r->good, out);
	} else if (kind == KIND_FUNCTION) {
		wf_buf_addch(out, '\n');
		wf_buf_addstr(out, "    ");
		signature(&wf_functions[i], out);
		wf_buf_printf(out, "    %s gives %s\n", wf_functions[i].example,
			wf_functions[i].result);
	} else if (kind == KIND_ACTION) {
		members(ctx, wf_actions[i].name, false, out);
		members(ctx, wf_actions[i].name, true, out);
	}
}

static void list_all(struct wf_ctx *ctx)
{
	if (wf_machine(ctx)) {
		struct wf_list_out l;
		wf_list_begin(&l, ctx);
		for (unsigned k = 0; k < KIND_COUNT_; k++)
			for (unsigned i = 0; i < kinds[k].count; i++)
				wf_list_item(&l, entry_json((enum kind)k, i));
		wf_list_end(&l);
		return;
	}
	WF_AUTOBUF struct wf_buf text = { 0 };
	for (unsigned k = 0; k < KIND_COUNT_; k++) {
		struct wf_table *t = wf_table_new();
		wf_table_column(t, "name", WF_ALIGN_LEFT, false);
		wf_table_column(t, "meaning", WF_ALIGN_LEFT, true);
		for (unsigned i = 0; i < kinds[k].count; i++) {
			wf_table_cell(t, WF_ROLE_PLAIN, name_of((enum kind)k, i));
			wf_table_cell(t, WF_ROLE_PLAIN, meaning_of((enum kind)k, i));
		}
		wf_buf_addstr(&text, k ? "\n" : "");
		wf_view_role(&text, &ctx->out, WF_ROLE_STRONG, kinds[k].plural);
		wf_buf_addch(&text, '\n');
		wf_table_write(t, &ctx->out, 2, true, &text);
		wf_table_free(t);
	}
	wf_out_page(ctx, &text);
}

static int unknown(struct wf_ctx *ctx, const char *name)
{
	const char *names[1024];
	size_t count = 0;
	for (unsigned k = 0; k < KIND_COUNT_; k++)
		for (unsigned i = 0; i < kinds[k].count && count < 1024; i++)
			names[count++] = name_of((enum kind)k, i);
	const char *near = wf_nearest(name, names, count);
	if (near)
		return wf_fail_at(ctx, WF_EXIT_MISSING, "NOT_FOUND", NULL, "wfctl explain --list",
			"there is nothing named %s; did you mean %s?", name, near);
	return wf_fail_at(ctx, WF_EXIT_MISSING, "NOT_FOUND", NULL, "wfctl explain --list",
		"there is nothing named %s", name);
}

static int run_explain(struct wf_ctx *ctx)
{
	const char *name = wf_arg(ctx, 0);
	if (wf_opt(ctx, "list")) {
		list_all(ctx);
		return WF_EXIT_DONE;
	}
	if (!name)
		return wf_fail_usage(ctx, "it needs a name, or --list");
	json_t *found = json_array();
	WF_AUTOBUF struct wf_buf text = { 0 };
	size_t count = 0;
	for (unsigned k = 0; k < KIND_COUNT_; k++)
		for (unsigned i = 0; i < kinds[k].count; i++) {
			if (strcmp(name, name_of((enum kind)k, i)) != 0)
				continue;
			wf_buf_addstr(&text, count++ ? "\n" : "");
			entry_text(ctx, (enum kind)k, i, &text);
			json_array_append_new(found, entry_json((enum kind)k, i));
		}
	int status = count ? WF_EXIT_DONE : unknown(ctx, name);
	if (count && wf_machine(ctx))
		wf_out_json(ctx, json_incref(found));
	else if (count)
		wf_out_page(ctx, &text);
	json_decref(found);
	return status;
}

static const struct wf_option options[] = {
	{ "list", 0, NULL, "list everything that can be explained", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_explain = {
	.arguments = "NAME|--list",
	.description = "Explains a rule of the check, an error type, a function of expressions, an opcode "
		       "of plans, an action, or a root of paths.",
	.examples = "wfctl explain binding-unknown\n"
		    "wfctl explain TimeoutError\n"
		    "wfctl explain --list",
	.options = options,
	.formats = WF_FORMATS_COMMON,
	.max_args = 1,
	.words = "explained",
	.run = run_explain,
};

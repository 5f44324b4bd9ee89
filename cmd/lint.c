/* wfctl lint: every finding of every definition, in one run. */
#include "cli_actions.h"
#include "cli_children.h"

#include "check/check.h"
#include "view/findings.h"

#include <string.h>

struct report {
	struct wf_ctx *ctx;
	size_t definitions, errors, warnings, notes;
	enum wf_rule first;  /* the first rule worth explaining */
	bool any;
	json_t *findings;    /* json, yaml, sarif: collected; NULL otherwise */
	struct wf_buf text;
};

static void count(struct report *r, const struct wf_loaded *l)
{
	r->definitions += l->count ? l->count : 1;
	r->errors += l->diags.errors;
	r->warnings += l->diags.warnings;
	r->notes += l->diags.notes;
	for (size_t i = 0; i < l->diags.count; i++) {
		const struct wf_diag *d = &l->diags.items[i];
		if (!r->any || (d->severity == WF_SEV_ERROR &&
				       wf_rule_info(r->first)->severity != WF_SEV_ERROR))
			r->first = d->rule;
		r->any = true;
	}
}

static void put_finding(struct report *r, const struct wf_diag *d)
{
	switch ((int)r->ctx->format) {
	case WF_FORMAT_OUT_SARIF:
		json_array_append_new(r->findings, wf_view_sarif_result(d));
		break;
	case WF_FORMAT_OUT_JSON:
	case WF_FORMAT_OUT_YAML:
		json_array_append_new(r->findings, wf_view_finding_json(d));
		break;
	case WF_FORMAT_OUT_JSONL:
		wf_out_json(r->ctx, wf_view_finding_json(d));
		break;
	case WF_FORMAT_OUT_GITHUB:
		wf_view_finding_github(d, &r->text);
		break;
	default:
		wf_view_finding(d, &r->ctx->out, &r->text);
	}
}

static void put_file(struct report *r, const struct wf_loaded *l)
{
	for (size_t i = 0; i < l->diags.count; i++)
		put_finding(r, &l->diags.items[i]);
	wf_out(r->ctx, &r->text);
	wf_buf_reset(&r->text);
}

static void put_end(struct report *r)
{
	json_t *o;
	switch ((int)r->ctx->format) {
	case WF_FORMAT_OUT_SARIF:
		o = wf_view_sarif(WF_VERSION, r->findings);
		wf_view_json(o, &r->text);
		json_decref(o);
		break;
	case WF_FORMAT_OUT_JSON:
	case WF_FORMAT_OUT_YAML:
		o = json_object();
		json_object_set_new(o, "definitions", json_integer((json_int_t)r->definitions));
		json_object_set_new(o, "errors", json_integer((json_int_t)r->errors));
		json_object_set_new(o, "warnings", json_integer((json_int_t)r->warnings));
		json_object_set_new(o, "notes", json_integer((json_int_t)r->notes));
		json_object_set(o, "findings", r->findings);
		wf_out_json(r->ctx, o);
		break;
	case WF_FORMAT_OUT_TEXT:
		if (r->ctx->quiet)
			break;
		wf_view_lint_summary(r->definitions, r->errors, r->warnings, r->notes,
			r->any ? wf_rule_info(r->first)->id : NULL, &r->ctx->out, &r->text);
		wf_buf_addch(&r->text, '\n');
		break;
	default:
		break;
	}
	wf_out(r->ctx, &r->text);
}

static int run_lint(struct wf_ctx *ctx)
{
	struct wf_files files = { 0 };
	struct report r = { .ctx = ctx, .findings = json_array() };
	struct wf_check_schemas *schemas = wf_check_schemas_new();
	int status = wf_find_files(ctx, &files);
	wf_actions_bundle(ctx, &files);
	wf_beside_begin(ctx, &files, true, false);
	for (size_t i = 0; !status && i < files.count; i++) {
		struct wf_loaded l;
		wf_load_file(&l, ctx, files.items[i], schemas);
		count(&r, &l);
		put_file(&r, &l);
		wf_loaded_done(&l);
	}
	wf_check_schemas_free(schemas);
	wf_actions_done(ctx);
	wf_beside_done(ctx);
	wf_files_done(&files);
	if (!status) {
		put_end(&r);
		bool strict = wf_opt(ctx, "warnings-as-errors") != NULL;
		status = r.errors || (strict && r.warnings) ? WF_EXIT_FAILED : WF_EXIT_DONE;
	}
	json_decref(r.findings);
	wf_buf_done(&r.text);
	return status;
}

static const struct wf_option options[] = {
	WF_OPTION_ACTIONS,
	WF_OPTION_DIALECT,
	WF_OPTION_WITH,
	{ "format", 0, "FORM", "the same as --output", "format", NULL },
	{ "warnings-as-errors", 0, NULL, "leave with status 1 for warnings too", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL },
};

const struct wf_verb wf_verb_lint = {
	.arguments = "FILE|FOLDER|-...",
	.description = "Checks definitions and reports every finding with its file, line and column, the "
		       "line itself with a caret, the rule's id and, where there is one, the fix. "
		       "Folders are searched for *.yaml, *.yml and *.json; - is standard input; a "
		       "file of several YAML documents holds a definition in each.\n\n"
		       "What a step gives to its child (workflow.run, workflow.start) and takes from it is "
		       "checked where that one is known, and so are circles of children: it is looked for in "
		       "the same file, in the others that are named, in those of --with, and where there is a "
		       "journal among the workflows that are registered. A child that is not known is no "
		       "finding here: it may be registered later.\n\n"
		       "wfctl explain RULE says more about a rule.",
	.examples = "wfctl lint workflows/\n"
		    "wfctl lint -o sarif workflows/ > findings.sarif\n"
		    "wfctl lint -o github --warnings-as-errors workflows/",
	.options = options,
	.standard = WF_FORMAT_OUT_TEXT,
	.formats = WF_FORMAT_BIT(TEXT) | WF_FORMAT_BIT(JSON) | WF_FORMAT_BIT(JSONL) |
		WF_FORMAT_BIT(YAML) | WF_FORMAT_BIT(SARIF) | WF_FORMAT_BIT(GITHUB),
	.min_args = 1,
	.max_args = 1000000,
	.words = "file",
	.run = run_lint,
};

/* What is registered, a row each. */
#include "cli_registered.h"

#include "view/when.h"

struct wf_table *wf_registered_table(const char *id, const char *about, const char *hash)
{
	struct wf_table *t = wf_table_new();
	wf_table_column(t, id, WF_ALIGN_LEFT, true);
	wf_table_column(t, "VERSION", WF_ALIGN_LEFT, false);
	wf_table_column(t, about, WF_ALIGN_LEFT, true);
	wf_table_column(t, "REGISTERED", WF_ALIGN_LEFT, false);
	wf_table_column(t, "BY", WF_ALIGN_LEFT, true);
	wf_table_column(t, hash, WF_ALIGN_LEFT, false);
	return t;
}

void wf_registered_row(const struct wf_ctx *ctx, struct wf_table *t, const struct wf_registered *r)
{
	bool wide = ctx->format == WF_FORMAT_OUT_WIDE;
	char when[WF_WHEN_TEXT];
	wf_view_clock(r->at, ctx->now, when);
	wf_table_cell(t, WF_ROLE_STRONG, r->id);
	wf_table_cell(t, WF_ROLE_PLAIN, r->version ? r->version : "-");
	wf_table_cell(t, r->about_role, r->about ? r->about : "-");
	wf_table_cell(t, r->at ? WF_ROLE_PLAIN : WF_ROLE_DIM, r->at ? when : "shipped");
	wf_table_cell(t, WF_ROLE_PLAIN, r->by ? r->by : "-");
	wf_table_cellf(t, WF_ROLE_DIM, wide ? "%s" : "%.12s", r->hash);
}

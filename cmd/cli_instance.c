/* Instances, by any of their names, and their plans, out of the journal. */
#include "cli_instance.h"

struct find {
	const char *name;
	uint64_t number;
	struct wf_instance *in;
};

static int find_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct find *f = arg;
	int r = wf_txn_find_instance(txn, f->name, &f->number);
	if (r == WF_ENOENT) {
		(void)wf_fail(cause, r, "there is no instance %s", f->name);
		wf_fail_hint(cause, "wfctl ps lists them");
	} else if (r < 0 && cause && !*cause->text) {
		(void)wf_fail(cause, r, "instance %s cannot be found: %s", f->name, wf_strerror(r));
	}
	return r;
}

static int load_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct find *f = arg;
	wf_instance_free(f->in);
	f->in = NULL;
	int r = find_txn(txn, arg, cause);
	if (r == 0)
		r = wf_txn_get_instance(txn, f->number, WF_LOAD_ALL, &f->in);
	return r;
}

struct get_plan {
	const uint8_t *id;
	struct wf_buf bytes;
};

static int plan_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct get_plan *g = arg;
	wf_buf_reset(&g->bytes);
	int r = wf_txn_get_plan(txn, g->id, &g->bytes);
	return r == WF_ENOENT ? wf_fail(cause, WF_ECORRUPT, "the journal is damaged: the plan of an "
		"instance is not in it") : r;
}

int wf_find_instance(struct wf_ctx *ctx, const char *name, uint64_t *ret)
{
	struct find f = { .name = name };
	int status = wf_read_journal(ctx, find_txn, &f);
	if (!status)
		*ret = f.number;
	return status;
}

int wf_load_stored_plan(struct wf_ctx *ctx, const uint8_t id[WF_HASH_SIZE], struct wf_plan **ret)
{
	struct get_plan g = { .id = id };
	struct wf_cause cause = { 0 };
	int r = wf_journal_view(ctx->journal, plan_txn, &g, &cause);
	if (r == 0)
		r = wf_plan_load_known(g.bytes.data, g.bytes.len, id, ret, &cause);
	wf_buf_done(&g.bytes);
	return r < 0 ? wf_fail_read(ctx, r, &cause) : 0;
}

int wf_load_instance(struct wf_ctx *ctx, const char *name, struct wf_instance **ret,
	struct wf_plan **ret_plan)
{
	struct find f = { .name = name };
	int status = wf_read_journal(ctx, load_txn, &f);
	if (!status)
		status = wf_load_stored_plan(ctx, f.in->plan_id, ret_plan);
	if (status)
		wf_instance_free(f.in);
	else
		*ret = f.in;
	return status;
}

/* Registering a child says which registered parents do not fit it any more. */
#include "cli_parents.h"

#include "check/parents.h"

#include <string.h>
#include <unistd.h>

struct child {
	char *workflow, *version;
	struct wf_plan *before, *now;
	json_t *about;               /* NULL: it was not registered */
	bool newest;                 /* who asks for the newest gets it */
};

struct wf_parents {
	struct wf_ctx *ctx;
	struct child *items;
	size_t count, room;
};

struct wf_parents *wf_parents_new(struct wf_ctx *ctx)
{
	struct wf_parents *p = wf_calloc(1, sizeof(*p));
	p->ctx = ctx;
	return p;
}

void wf_parents_free(struct wf_parents *p)
{
	for (size_t i = 0; p && i < p->count; i++) {
		wf_free(p->items[i].workflow);
		wf_free(p->items[i].version);
		wf_plan_free(p->items[i].before);
		wf_plan_free(p->items[i].now);
		json_decref(p->items[i].about);
	}
	if (p)
		wf_free(p->items);
	wf_free(p);
}

/* -- the journal -- */

/* The newest version's plan, as far as there is one that can be read. */
struct newest {
	const char *workflow;
	struct wf_definition found;
	struct wf_buf bytes;
};

static int newest_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	struct newest *n = arg;
	(void)cause;
	wf_definition_done(&n->found);
	n->found = (struct wf_definition){ 0 };
	wf_buf_reset(&n->bytes);
	int r = wf_txn_get_definition(txn, n->workflow, NULL, &n->found);
	return r < 0 ? r : wf_txn_get_plan(txn, n->found.plan_id, &n->bytes);
}

static struct wf_plan *load_newest(struct wf_journal *j, struct newest *n)
{
	struct wf_plan *plan = NULL;
	if (wf_journal_view(j, newest_txn, n, NULL) < 0 ||
		wf_plan_load_known(n->bytes.data, n->bytes.len, n->found.plan_id, &plan, NULL) < 0)
		return NULL;
	return plan;
}

static void newest_done(struct newest *n)
{
	wf_definition_done(&n->found);
	wf_buf_done(&n->bytes);
}

/* A dry run has none open, and needs none. */
static struct wf_journal *open_journal(struct wf_ctx *ctx)
{
	struct wf_journal *j = ctx->journal;
	if (!j && (access(wf_home_folder(ctx), R_OK) < 0 || wf_try_journal(ctx, &j) < 0))
		return NULL;
	return j;
}

static void close_journal(struct wf_ctx *ctx, struct wf_journal *j)
{
	if (j && j != ctx->journal)
		wf_journal_close(j);
}

/* -- what is registered -- */

void wf_parents_note(struct wf_parents *p, const char *workflow, const struct wf_buf *bytes)
{
	struct wf_journal *j = open_journal(p->ctx);
	struct newest n = { .workflow = workflow };
	struct wf_plan *now = NULL, *before = j ? load_newest(j, &n) : NULL;
	if (before && wf_plan_load(bytes->data, bytes->len, &now, NULL) == 0 &&
		wf_child_differs(before, now)) {
		WF_GROW(p->items, p->count, p->room);
		p->items[p->count++] = (struct child){ .workflow = wf_strdup(workflow),
			.before = before, .now = now };
		before = now = NULL;
	}
	wf_plan_free(before);
	wf_plan_free(now);
	newest_done(&n);
	close_journal(p->ctx, j);
}

void wf_parents_registered(struct wf_parents *p, const char *workflow, const char *version, json_t *about)
{
	struct child *c = p->count ? &p->items[p->count - 1] : NULL;
	if (!c || c->about || strcmp(c->workflow, workflow) != 0)
		return;
	c->version = wf_strdup(version ? version : "");
	c->about = json_incref(about);
}

/* -- who does not fit -- */

struct looking {
	struct wf_parents *p;
	struct wf_journal *journal;
	json_t *names;               /* of all that is registered, once each */
	struct child *child;
	const struct wf_plan *parent;
	const char *version;         /* of the parent */
};

static bool keep_name(void *arg, const struct wf_definition *d)
{
	struct looking *l = arg;
	json_object_set_new(l->names, d->workflow, json_true());
	return true;
}

static int names_txn(struct wf_txn *txn, void *arg, struct wf_cause *cause)
{
	(void)cause;
	return wf_txn_each_definition(txn, keep_name, arg);
}

static void broken(void *arg, uint32_t step, const char *why)
{
	struct looking *l = arg;
	struct child *c = l->child;
	const char *workflow = wf_plan_string(l->parent, l->parent->workflow);
	const char *id = wf_plan_author_id(l->parent, step);
	json_t *list = json_object_get(c->about, "breaks"), *one = json_object();
	if (!list) {
		list = json_array();
		json_object_set_new(c->about, "breaks", list);
	}
	json_object_set_new(one, "workflow", json_string(workflow));
	json_object_set_new(one, "version", l->version ? json_string(l->version) : json_null());
	json_object_set_new(one, "step", json_string(id));
	json_object_set_new(one, "why", json_string(why));
	/* a lane of a foreach has the step again */
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), one)) {
			json_decref(one);
			return;
		}
	json_array_append_new(list, one);
	if (!wf_machine(l->p->ctx))
		wf_note(l->p->ctx, "warning: %s%s%s does not fit %s %s: step %s: %s", workflow,
			l->version ? " " : "", l->version ? l->version : "", c->workflow, c->version, id,
			why);
}

static void look_at(struct looking *l, const char *workflow)
{
	struct newest n = { .workflow = workflow };
	struct wf_plan *parent = load_newest(l->journal, &n);
	l->parent = parent;
	l->version = n.found.version;
	for (size_t i = 0; parent && i < l->p->count; i++) {
		l->child = &l->p->items[i];
		if (l->child->newest)
			wf_check_parent(parent, l->child->before, l->child->now, broken, l);
	}
	wf_plan_free(parent);
	newest_done(&n);
}

/* Whether it is what is started now; of a dry run, would be. */
static bool is_newest(struct looking *l, const struct child *c)
{
	struct newest n = { .workflow = c->workflow };
	bool dry = wf_opt(l->p->ctx, "dry-run") != NULL;
	bool is = dry || (wf_journal_view(l->journal, newest_txn, &n, NULL) == 0 &&
		memcmp(n.found.plan_id, c->now->id, WF_HASH_SIZE) == 0);
	newest_done(&n);
	return is;
}

void wf_parents_tell(struct wf_parents *p)
{
	struct looking l = { .p = p, .journal = p->count ? open_journal(p->ctx) : NULL };
	const char *name;
	json_t *true_;
	if (!l.journal)
		return;
	for (size_t i = 0; i < p->count; i++)
		p->items[i].newest = p->items[i].about && is_newest(&l, &p->items[i]);
	l.names = json_object();
	if (wf_journal_view(l.journal, names_txn, &l, NULL) == 0)
		json_object_foreach (l.names, name, true_)
			look_at(&l, name);
	json_decref(l.names);
	close_journal(p->ctx, l.journal);
}

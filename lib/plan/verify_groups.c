/*
 * The verifier's part about groups: every member is of one group and lies where it must, groups lie
 * in one another without a circle, and the members of a DAG can all begin at some time. What their
 * code is, verify.c sees to.
 */
#include "plan/internal.h"

#include "base/mem.h"

bool wf_plan_has_member(const struct wf_plan *p, uint32_t group, uint32_t member)
{
	if (group == WF_NONE || member == WF_NONE)
		return group == member;
	return group < p->group_count && member < p->groups[group].member_count;
}

/* What a group needs, as its kind has it. */
static bool needs_well(const struct wf_plan_group *g)
{
	const struct {
		uint32_t least, most;
	} needed[WF_GROUP_KIND_COUNT_] = {
		[WF_GROUP_PARALLEL] = {1, g->member_count},
		[WF_GROUP_FOREACH] = {0, 0},
		[WF_GROUP_DAG] = {g->member_count, g->member_count},
	};
	return g->needed >= needed[g->kind].least && g->needed <= needed[g->kind].most;
}

static bool group_good(const struct wf_plan *p, const struct wf_plan_group *g)
{
	bool dag = g->kind == WF_GROUP_DAG;
	return g->kind < WF_GROUP_KIND_COUNT_ && (dag ? g->step == WF_NONE : g->step < p->step_count) &&
		g->member_count > 0 && g->first_member <= p->member_count &&
		g->member_count <= p->member_count - g->first_member && g->limit > 0 &&
		needs_well(g) && (!g->go_on || g->kind == WF_GROUP_FOREACH);
}

/* The step that forks it lies where the group does. */
static bool step_well(const struct wf_plan *p, const struct wf_plan_group *g)
{
	return g->step == WF_NONE || (p->steps[g->step].group == g->parent &&
		p->steps[g->step].member == g->parent_member);
}

static bool nested_well(const struct wf_plan *p, uint32_t group)
{
	uint32_t nesting = 0;
	for (uint32_t g = group; g != WF_NONE; g = p->groups[g].parent)
		if (!wf_plan_has_member(p, p->groups[g].parent, p->groups[g].parent_member) ||
			++nesting > WF_PLAN_MAX_NESTING)
			return false;
	return true;
}

static bool member_good(const struct wf_plan *p, const struct wf_plan_group *g,
	const struct wf_plan_member *m)
{
	if (m->pc >= p->code_count || (m->name != WF_NONE && m->name >= p->string_count) ||
		m->first_dep > p->dep_count || m->dep_count > p->dep_count - m->first_dep ||
		(m->dep_count && g->kind != WF_GROUP_DAG))
		return false;
	for (uint32_t i = 0; i < m->dep_count; i++)
		if (p->deps[m->first_dep + i] >= g->member_count)
			return false;
	return true;
}

/* Marks the members as taken; the number of dependencies that they name goes up. */
static int check_members(const struct wf_plan *p, uint32_t group, uint8_t *taken, uint64_t *deps,
	struct wf_cause *cause)
{
	const struct wf_plan_group *g = &p->groups[group];
	for (uint32_t i = 0; i < g->member_count; i++) {
		uint32_t at = g->first_member + i;
		*deps += p->members[at].dep_count;
		if (taken[at]++ || *deps > p->dep_count || !member_good(p, g, &p->members[at]))
			return wf_fail(cause, WF_ECORRUPT, "plan: member %u of group %u is not valid",
				i, group);
	}
	return 0;
}

/* Pairs (member, what is said of it) into lists: `each` tells them, twice. */
typedef void pair_fn(void *arg, uint32_t member, uint32_t what);
struct lister {
	struct wf_plan_list *list;
	uint32_t *at; /* NULL: they are counted only */
};

static void tell(void *arg, uint32_t member, uint32_t what)
{
	struct lister *l = arg;
	if (!l->at)
		l->list->first[member + 1]++;
	else
		l->list->of[l->list->first[member] + l->at[member]++] = what;
}

static void make_list(const struct wf_plan *p, struct wf_plan_list *list,
	void (*each)(const struct wf_plan *p, pair_fn *fn, void *arg))
{
	struct lister l = {.list = list};
	list->first = wf_calloc((size_t)p->member_count + 1, sizeof(uint32_t));
	each(p, tell, &l);
	for (uint32_t i = 0; i < p->member_count; i++)
		list->first[i + 1] += list->first[i];
	list->of = wf_calloc(list->first[p->member_count], sizeof(uint32_t));
	l.at = wf_calloc(p->member_count, sizeof(uint32_t));
	each(p, tell, &l);
	wf_free(l.at);
}

static void each_dependency(const struct wf_plan *p, pair_fn *fn, void *arg)
{
	for (uint32_t g = 0; g < p->group_count; g++)
		for (uint32_t i = 0; i < p->groups[g].member_count; i++) {
			uint32_t self = p->groups[g].first_member + i;
			const struct wf_plan_member *m = &p->members[self];
			for (uint32_t k = 0; k < m->dep_count; k++)
				fn(arg, p->groups[g].first_member + p->deps[m->first_dep + k], self);
		}
}

static void each_step_inside(const struct wf_plan *p, pair_fn *fn, void *arg)
{
	for (uint32_t i = 0; i < p->step_count; i++)
		if (p->steps[i].group != WF_NONE)
			fn(arg, p->groups[p->steps[i].group].first_member + p->steps[i].member, i);
}

static void each_nested(const struct wf_plan *p, pair_fn *fn, void *arg)
{
	for (uint32_t i = 0; i < p->group_count; i++)
		if (p->groups[i].parent != WF_NONE)
			fn(arg, p->groups[p->groups[i].parent].first_member +
				p->groups[i].parent_member, i);
}

void wf_plan_link(struct wf_plan *p)
{
	make_list(p, &p->followers, each_dependency);
	make_list(p, &p->inside, each_step_inside);
	make_list(p, &p->nested, each_nested);
	p->fork_pc = wf_calloc(p->group_count, sizeof(uint32_t));
	for (uint32_t i = 0; i < p->group_count; i++)
		p->fork_pc[i] = WF_NONE;
	for (uint32_t pc = 0; pc < p->code_count; pc++)
		if (p->code[pc].op == WF_OP_FORK)
			p->fork_pc[p->code[pc].c] = pc;
}

/* Takes away who waits for nobody until nobody is left: of a circle somebody is. */
static int check_circles(const struct wf_plan *p, struct wf_cause *cause)
{
	struct wf_plan_list followers = {0};
	WF_AUTOFREE uint32_t *unmet = wf_calloc(p->member_count, sizeof(*unmet));
	WF_AUTOFREE uint32_t *ready = wf_calloc(p->member_count, sizeof(*ready));
	uint32_t count = 0;
	make_list(p, &followers, each_dependency);
	for (uint32_t i = 0; i < p->member_count; i++) {
		unmet[i] = p->members[i].dep_count;
		if (!unmet[i])
			ready[count++] = i;
	}
	for (uint32_t met = 0; met < count; met++)
		for (uint32_t k = followers.first[ready[met]];
			k < followers.first[ready[met] + 1]; k++)
			if (--unmet[followers.of[k]] == 0)
				ready[count++] = followers.of[k];
	wf_free(followers.first);
	wf_free(followers.of);
	return count == p->member_count ? 0
		: wf_fail(cause, WF_ECORRUPT, "plan: members wait for one another");
}

int wf_plan_check_groups(const struct wf_plan *p, struct wf_cause *cause)
{
	WF_AUTOFREE uint8_t *taken = wf_calloc(p->member_count, 1);
	uint64_t members = 0, deps = 0;
	for (uint32_t i = 0; i < p->group_count; i++) {
		const struct wf_plan_group *g = &p->groups[i];
		if (!group_good(p, g) || !nested_well(p, i) || !step_well(p, g))
			return wf_fail(cause, WF_ECORRUPT, "plan: group %u is not valid", i);
		members += g->member_count;
		int err = check_members(p, i, taken, &deps, cause);
		if (err)
			return err;
	}
	if (members != p->member_count)
		return wf_fail(cause, WF_ECORRUPT, "plan: a member is of no group");
	return check_circles(p, cause);
}

/*
 * Which workflows a plan starts: the input of workflow.run and workflow.start is looked at where the
 * step is performed, and what is constant in it is read.
 *
 * The code of an input is pure, and jumps only forward. It is followed in its order with a stack of
 * what is known of each operand: a constant, or nothing.
 */
#include "plan/starts.h"

#include "base/limits.h"
#include "base/mem.h"
#include "plan/internal.h"

#include <string.h>

#define DEAD (-1)

/* What is found in the input of a step that starts a child. */
struct found {
	const char *workflow, *version;
	json_t *input;  /* as wf_plan_start_input has it */
};

struct operands {
	const struct wf_plan *plan;
	json_t *known[WF_MAX_STACK + 1];
	json_t *members[WF_MAX_STACK + 1]; /* of an object: as wf_plan_start_input has them; owned; NULL */
	int depth;      /* DEAD: nothing falls through to here */
	uint32_t first; /* instruction */
	int *arriving;  /* by instruction from the first: operands there when it is jumped to; DEAD */
};

static void set_members(struct operands *o, int at, json_t *taken)
{
	json_decref(o->members[at]);
	o->members[at] = taken;
}

static void arrive(struct operands *o, uint32_t pc)
{
	int at = o->arriving[pc - o->first];
	if (at == DEAD)
		return;
	o->depth = at;
	if (!at)
		return;
	/* it may come from either side */
	o->known[at - 1] = NULL;
	set_members(o, at - 1, NULL);
}

static void jump(struct operands *o, uint32_t to, uint32_t end)
{
	if (to >= o->first && to <= end)
		o->arriving[to - o->first] = o->depth;
}

static bool ends(uint8_t op)
{
	return op == WF_OP_JUMP || op == WF_OP_RETURN;
}

static json_t *known_members(json_t *object)
{
	const char *name;
	json_t *value, *members = json_is_object(object) ? json_object() : NULL;
	json_object_foreach (object, name, value)
		json_object_set_new(members, name, json_pack("{s:O}", "is", value));
	return members;
}

/* Those of the pairs on top; NULL when a key is computed. */
static json_t *pair_members(const struct operands *o, uint32_t count)
{
	json_t *const *pairs = o->known + o->depth - 2 * (int)count;
	json_t *members = json_object();
	for (uint32_t i = 0; i < count; i++) {
		const char *name = json_string_value(pairs[2 * i]);
		json_t *value = pairs[2 * i + 1];
		if (!name) {
			json_decref(members);
			return NULL;
		}
		json_object_set_new(members, name,
			value ? json_pack("{s:O}", "is", value) : json_object());
	}
	return members;
}

/* The verifier has seen to it that the operands are there, and have room. */
static void step_over(struct operands *o, uint32_t pc, uint32_t end)
{
	const struct wf_insn *i = &o->plan->code[pc];
	if (o->depth == DEAD || i->op == WF_OP_VALIDATE)
		return;
	json_t *members = i->op == WF_OP_MAP ? pair_members(o, i->c) : NULL;
	o->depth -= (int)wf_insn_pops(i);
	for (uint32_t k = 0; k < wf_insn_pushes(i); k++) {
		o->known[o->depth] = i->op == WF_OP_CONST ? o->plan->consts[i->c] : NULL;
		set_members(o, o->depth++, i->op == WF_OP_CONST ? known_members(o->plan->consts[i->c]) : NULL);
	}
	if (members)
		set_members(o, o->depth - 1, members);
	if (wf_ops[i->op].format == WF_FORMAT_TARGET)
		jump(o, i->c, end);
	if (ends(i->op))
		o->depth = DEAD;
}

static const char *text_in(json_t *const *pairs, uint32_t count, const char *key)
{
	for (uint32_t i = 0; i < count; i++) {
		const char *name = json_string_value(pairs[2 * i]);
		if (name && strcmp(name, key) == 0)
			return json_string_value(pairs[2 * i + 1]);
	}
	return NULL;
}

static bool has_key(json_t *const *pairs, uint32_t count, const char *key)
{
	for (uint32_t i = 0; i < count; i++) {
		const char *name = json_string_value(pairs[2 * i]);
		if (name && strcmp(name, key) == 0)
			return true;
	}
	return false;
}

/* The members of the value of that key; none when there is no such key. */
static json_t *members_in(const struct operands *o, uint32_t count, const char *key)
{
	for (uint32_t i = 0; i < count; i++) {
		const char *name = json_string_value(o->known[2 * i]);
		if (!name)
			return NULL;
		if (strcmp(name, key) == 0)
			return json_incref(o->members[2 * i + 1]);
	}
	return json_object();
}

/* The operands are those before the last instruction of the input. */
static bool read_input(const struct operands *o, uint32_t last, struct found *ret)
{
	const struct wf_insn *i = &o->plan->code[last];
	struct found f = {0};
	if (o->depth == DEAD)
		return false;
	if (i->op == WF_OP_CONST) {
		json_t *all = o->plan->consts[i->c], *input = json_object_get(all, "input");
		const json_t *at = json_object_get(all, "version");
		f.workflow = json_string_value(json_object_get(all, "workflow"));
		f.version = json_string_value(at);
		if (at && !f.version)
			return false;
		f.input = input ? known_members(input) : json_object();
	} else if (i->op == WF_OP_MAP && (uint32_t)o->depth == 2 * i->c) {
		f.workflow = text_in(o->known, i->c, "workflow");
		f.version = text_in(o->known, i->c, "version");
		if (!f.version && has_key(o->known, i->c, "version"))
			return false;
		f.input = members_in(o, i->c, "input");
	}
	*ret = f;
	if (!f.workflow)
		json_decref(f.input);
	return f.workflow != NULL;
}

static bool starts_at(const struct wf_plan *plan, uint32_t perform, struct found *ret)
{
	struct operands o = {.plan = plan, .first = perform};
	uint32_t last = perform;
	while (o.first && wf_ops[plan->code[o.first - 1].op].kind != WF_KIND_CONTROL)
		o.first--;
	while (last > o.first && plan->code[last - 1].op == WF_OP_VALIDATE)
		last--;
	if (last == o.first)
		return false;
	last--;
	o.arriving = wf_alloc((perform - o.first + 1) * sizeof(*o.arriving));
	for (uint32_t i = 0; i <= perform - o.first; i++)
		o.arriving[i] = DEAD;
	for (uint32_t pc = o.first; pc < last; pc++) {
		arrive(&o, pc);
		step_over(&o, pc, last);
	}
	arrive(&o, last);
	bool is = read_input(&o, last, ret);
	for (int i = 0; i <= WF_MAX_STACK; i++)
		json_decref(o.members[i]);
	wf_free(o.arriving);
	return is;
}

static bool find_start(const struct wf_plan *plan, uint32_t step, struct found *ret)
{
	enum wf_action action = plan->steps[step].action;
	if (action != WF_ACT_WORKFLOW_RUN && action != WF_ACT_WORKFLOW_START)
		return false;
	for (uint32_t pc = 0; pc < plan->code_count; pc++)
		if (plan->code[pc].op == WF_OP_PERFORM && plan->code[pc].c == step)
			return starts_at(plan, pc, ret);
	return false;
}

bool wf_plan_starts(const struct wf_plan *plan, uint32_t step, const char **ret_workflow,
	const char **ret_version)
{
	struct found f = {0};
	if (!find_start(plan, step, &f))
		return false;
	json_decref(f.input);
	*ret_workflow = f.workflow;
	*ret_version = f.version;
	return true;
}

json_t *wf_plan_start_input(const struct wf_plan *plan, uint32_t step)
{
	struct found f = {0};
	return find_start(plan, step, &f) ? f.input : NULL;
}

bool wf_plan_gives_nothing(const struct wf_plan *plan)
{
	for (uint32_t pc = 1; pc < plan->code_count; pc++)
		if (plan->code[pc].op == WF_OP_FINISH && plan->code[pc].a == 0 &&
			plan->code[pc - 1].op != WF_OP_UNDEF)
			return false;
	return true;
}

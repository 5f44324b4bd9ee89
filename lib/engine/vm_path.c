/* Paths: roots, parts of steps, members and elements; and the sentence when one is not there. */
#include "base/duration.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/vm_core.h"

/* -- roots: each gives a new reference, or NULL where it has no value -- */

static json_t *text_or_none(const char *s)
{
	return s ? json_string(s) : NULL;
}

/* Leaves the member out when it has no value. */
static void set(json_t *object, const char *name, json_t *value)
{
	if (value)
		(void)json_object_set_new(object, name, value);
}

static json_t *vars_root(const struct wf_vm *vm)
{
	json_t *vars = json_object();
	for (uint32_t i = 0; i < vm->in->var_count; i++)
		(void)json_object_set(vars, vm->in->vars[i].name, vm->in->vars[i].value);
	return vars;
}

static json_t *instance_root(const struct wf_vm *vm)
{
	char uuid[WF_UUID_TEXT], started[WF_TIME_TEXT];
	wf_uuid_text(&vm->in->uuid, uuid);
	json_t *object = json_object();
	set(object, "id", json_string(uuid));
	set(object, "number", json_integer((json_int_t)vm->in->number));
	if (vm->in->started_at) {
		wf_time_text(vm->in->started_at, started);
		set(object, "started_at", json_string(started));
	}
	set(object, "correlation_id", text_or_none(vm->in->correlation_id));
	return object;
}

static json_t *workflow_root(const struct wf_vm *vm)
{
	const struct wf_plan *plan = vm->plan;
	const char *version = wf_plan_string(plan, plan->version);
	json_t *object = json_object();
	set(object, "id", text_or_none(wf_plan_string(plan, plan->workflow)));
	set(object, "version", text_or_none(version ? version : vm->in->version));
	set(object, "name", text_or_none(wf_plan_string(plan, plan->name)));
	return object;
}

static json_t *tenant_root(const struct wf_vm *vm)
{
	return text_or_none(vm->in->tenant);
}

static json_t *environment_root(const struct wf_vm *vm)
{
	return text_or_none(vm->in->environment);
}

static json_t *security_root(const struct wf_vm *vm)
{
	json_t *object = json_object();
	set(object, "name", text_or_none(vm->in->started_by));
	set(object, "user", text_or_none(vm->in->os_user));
	return object;
}

static json_t *status_root(const struct wf_vm *vm)
{
	return json_string(wf_instance_status_name(vm->in->status));
}

static uint32_t known_steps(const struct wf_vm *vm)
{
	uint32_t count = vm->plan->step_count;
	return vm->in->step_count < count ? vm->in->step_count : count;
}

/* The input's members, and over them each step's output under its author's id. What is done for an
 * item is seen from that item alone. */
static json_t *data_root(const struct wf_vm *vm)
{
	json_t *data = json_is_object(vm->in->input) ? json_copy(vm->in->input) : json_object();
	for (uint32_t i = 0; i < known_steps(vm); i++)
		if (vm->in->steps[i].output && wf_vm_sees(vm, i))
			(void)json_object_set(data,
				wf_plan_step_id(vm->plan, vm->plan->steps[i].origin),
				vm->in->steps[i].output);
	return data;
}

static json_t *connection_root(const struct wf_vm *vm)
{
	return vm->in->connections ? json_incref(vm->in->connections) : json_object();
}

static json_t *no_root(const struct wf_vm *vm)
{
	(void)vm;
	return NULL;
}

static json_t *(*const roots[WF_ROOT_COUNT_])(const struct wf_vm *) = {
	[WF_ROOT_INPUT] = no_root, /* followed */
	[WF_ROOT_VARS] = vars_root,
	[WF_ROOT_EVENT] = no_root,
	[WF_ROOT_ITEM] = no_root,
	[WF_ROOT_INDEX] = no_root,
	[WF_ROOT_ERROR] = no_root,
	[WF_ROOT_OUTPUT] = no_root,
	[WF_ROOT_INSTANCE] = instance_root,
	[WF_ROOT_WORKFLOW] = workflow_root,
	[WF_ROOT_TENANT] = tenant_root,
	[WF_ROOT_ENVIRONMENT] = environment_root,
	[WF_ROOT_SECURITY] = security_root,
	[WF_ROOT_DATA] = data_root,
	[WF_ROOT_STATUS] = status_root,
	[WF_ROOT_APPROVAL] = no_root,
	[WF_ROOT_CONNECTION] = connection_root,
};

static json_t *data_member(const struct wf_vm *vm, const char *name)
{
	uint32_t step = wf_plan_find_step(vm->plan, name);
	if (step < known_steps(vm) && vm->in->steps[step].output)
		return vm->in->steps[step].output;
	return json_object_get(vm->in->input, name);
}

/* A member of a root that would have to be built first, when the next instruction asks for one that
 * is there. Borrowed. */
static json_t *member_at_once(const struct wf_vm *vm, enum wf_root root)
{
	const struct wf_insn *next = &vm->plan->code[vm->pc];
	if (next->op != WF_OP_GET && next->op != WF_OP_GETOPT)
		return NULL;
	const char *name = vm->plan->strings[next->c];
	if (root == WF_ROOT_VARS)
		return wf_instance_var(vm->in, name);
	return root == WF_ROOT_DATA ? data_member(vm, name) : NULL;
}

/* -- following a path without taking a reference on the way -- */

/* The instruction behind is done here, at its own price. */
static void take_next(struct wf_vm *vm)
{
	if (vm->executed)
		vm->executed[vm->pc] = 1;
	vm->pc++;
	vm->steps_left--;
}

/* A comparison of plain values that cannot fail; NULL: it is not one. */
static json_t *compare_plain(enum wf_opcode op, const json_t *a, const json_t *b)
{
	int order = 0;
	bool equality = op == WF_OP_EQ || op == WF_OP_NE;
	if (equality && json_is_boolean(a) && json_is_boolean(b))
		order = json_typeof(a) != json_typeof(b);
	else if (equality && (json_is_null(a) || json_is_null(b)))
		order = json_typeof(a) != json_typeof(b);
	else if (!wf_compare(a, b, &order))
		return NULL;
	switch ((int)op) {
	case WF_OP_EQ:
		return json_boolean(order == 0);
	case WF_OP_NE:
		return json_boolean(order != 0);
	case WF_OP_LT:
		return json_boolean(order < 0);
	case WF_OP_LE:
		return json_boolean(order <= 0);
	case WF_OP_GT:
		return json_boolean(order > 0);
	case WF_OP_GE:
		return json_boolean(order >= 0);
	default:
		return NULL;
	}
}

/*
 * Pushes a borrowed value, or the member of it that the next instructions ask for, or how that compares
 * with the constant behind: what conditions are made of. References are counted atomically, and not to
 * count those that are dropped by the next instruction anyway is most of what a condition costs. What is
 * not there, or does not compare, is left to the instructions themselves.
 */
static int follow(struct wf_vm *vm, json_t *value, uint32_t height)
{
	const struct wf_insn *next = &vm->plan->code[vm->pc];
	for (; next->op == WF_OP_GET || next->op == WF_OP_GETOPT; next++) {
		json_t *member = json_object_get(value, vm->plan->strings[next->c]);
		if (!member || !vm->steps_left)
			break;
		take_next(vm);
		value = member;
	}
	if (value && next->op == WF_OP_CONST && vm->steps_left > 1) {
		json_t *result = compare_plain((enum wf_opcode)next[1].op, value,
			vm->plan->consts[next->c]);
		if (result) {
			take_next(vm);
			take_next(vm);
			vm_push(vm, result, 0);
			return 0;
		}
	}
	vm_push(vm, json_incref(value), is_container(value) ? height : 0);
	return 0;
}

int wf_vm_root(struct wf_vm *vm, const struct wf_insn *i)
{
	enum wf_root root = (enum wf_root)i->a;
	if (vm->bound_mask >> root & 1)
		return follow(vm, vm->bound[root], vm->bound_height[root]);
	if (!vm->in) {
		vm_push(vm, NULL, 0);
		return 0;
	}
	if (root == WF_ROOT_INPUT || root == WF_ROOT_EVENT)
		return follow(vm, root == WF_ROOT_INPUT ? vm->in->input : vm->in->event, WF_MAX_DEPTH + 1);
	json_t *value = json_incref(member_at_once(vm, root));
	if (value)
		vm->pc++;
	else
		value = roots[root](vm);
	vm_push(vm, value, is_container(value) ? WF_MAX_DEPTH + 1 : 0);
	return root == WF_ROOT_DATA ? wf_vm_charge(vm, 1 + known_steps(vm) / 16) : 0;
}

int wf_vm_step_part(struct wf_vm *vm, const struct wf_insn *i)
{
	json_t *value = NULL;
	if (vm->in && i->c < vm->in->step_count) {
		const struct wf_step_state *s = &vm->in->steps[i->c];
		if (i->a == WF_PART_OUTPUT || i->a == WF_PART_ERROR)
			return follow(vm, i->a == WF_PART_OUTPUT ? s->output : s->error, WF_MAX_DEPTH);
		if (i->a == WF_PART_STATUS)
			value = json_string(wf_step_status_name(s->status));
		else
			value = json_integer(s->attempts);
	}
	vm_push(vm, value, outside_height(value));
	return 0;
}

/* -- what a path is called, read back from the code before an instruction -- */

#define MAX_SEGMENTS 32

static void add_index_text(const struct wf_vm *vm, const struct wf_insn *index, struct wf_buf *out)
{
	if (index->op == WF_OP_CONST) {
		wf_buf_addch(out, '[');
		wf_json_write(vm->plan->consts[index->c], out);
		wf_buf_addch(out, ']');
	} else {
		wf_buf_addstr(out, "[...]");
	}
}

static void add_base_text(const struct wf_vm *vm, const struct wf_insn *base, struct wf_buf *out)
{
	if (base->op == WF_OP_ROOT)
		wf_buf_addstr(out, wf_root_name((enum wf_root)base->a));
	else if (base->op == WF_OP_STEPPART)
		wf_buf_printf(out, "steps.%s.%s",
			wf_plan_step_id(vm->plan, vm->plan->steps[base->c].origin),
			wf_step_part_name((enum wf_step_part)base->a));
	else if (base->op == WF_OP_ITEM || base->op == WF_OP_ITEMINDEX)
		wf_buf_addstr(out, base->op == WF_OP_ITEM ? "item" : "index");
	else
		wf_buf_addstr(out, "(...)");
}

/* The path whose last member or element the instruction before `end` took. */
static void add_path(const struct wf_vm *vm, uint32_t end, struct wf_buf *out)
{
	const struct wf_insn *code = vm->plan->code;
	uint32_t segments[MAX_SEGMENTS], count = 0, at = end;
	const struct wf_insn nothing = {.op = WF_OP_UNDEF};
	const struct wf_insn *base = &nothing;
	while (at > 0 && count < MAX_SEGMENTS) {
		const struct wf_insn *i = &code[--at];
		bool element = i->op == WF_OP_INDEX || i->op == WF_OP_INDEXOPT;
		if (!element && i->op != WF_OP_GET && i->op != WF_OP_GETOPT) {
			base = i;
			break;
		}
		segments[count++] = at;
		if (element && (at == 0 || code[--at].op != WF_OP_CONST))
			break;
	}
	add_base_text(vm, base, out);
	while (count--) {
		const struct wf_insn *i = &code[segments[count]];
		if (i->op == WF_OP_GET || i->op == WF_OP_GETOPT)
			wf_buf_printf(out, ".%s", wf_plan_string(vm->plan, i->c));
		else
			add_index_text(vm, &i[-1], out);
	}
}

#define MAX_CANDIDATES 1000

/* The object's member that is nearest to the name; points into the object. */
static const char *nearest_member(const json_t *object, const char *name)
{
	const char *names[MAX_CANDIDATES];
	size_t count = 0;
	void *at = json_object_iter((json_t *)(uintptr_t)object);
	for (; at && count < MAX_CANDIDATES;
		at = json_object_iter_next((json_t *)(uintptr_t)object, at))
		names[count++] = json_object_iter_key(at);
	return wf_nearest(name, names, count);
}

static int member_missing(struct wf_vm *vm, const json_t *object, const char *name)
{
	WF_AUTOBUF struct wf_buf whole = {0}, before = {0};
	add_path(vm, vm->pc, &whole);
	add_path(vm, vm->pc - 1, &before);
	if (!json_is_object(object))
		return wf_vm_fail(vm, WF_ERROR_BINDING, "path_missing", "%s is not there: %s is %s",
			whole.data, before.data, object ? wf_json_type_name(object) : "absent");
	const char *near = nearest_member(object, name);
	if (near)
		return wf_vm_fail(vm, WF_ERROR_BINDING, "path_missing",
			"%s is not there; %s has `%s`", whole.data, before.data, near);
	return wf_vm_fail(vm, WF_ERROR_BINDING, "path_missing", "%s is not there", whole.data);
}

/* -- members and elements -- */

/* Puts a member of the top, borrowed from it, in its place. */
static void descend(struct wf_vm *vm, json_t *member)
{
	uint32_t height = is_container(member) ? vm->height[vm->depth - 1] : 0;
	vm_replace(vm, json_incref(member), height);
}

int wf_vm_get(struct wf_vm *vm, const struct wf_insn *i)
{
	const char *name = vm->plan->strings[i->c];
	json_t *member = json_object_get(vm_top(vm), name);
	if (!member)
		return member_missing(vm, vm_top(vm), name);
	descend(vm, member);
	return 0;
}

int wf_vm_get_opt(struct wf_vm *vm, const struct wf_insn *i)
{
	descend(vm, json_object_get(vm_top(vm), vm->plan->strings[i->c]));
	return 0;
}

bool wf_element(const json_t *container, const json_t *index, json_t **ret)
{
	*ret = NULL;
	if (json_is_object(container) && json_is_string(index)) {
		*ret = json_object_getn(container, json_string_value(index),
			json_string_length(index));
		return true;
	}
	if (!json_is_array(container) || !json_is_integer(index))
		return false;
	json_int_t at = json_integer_value(index);
	json_int_t size = (json_int_t)json_array_size(container);
	if (at < 0)
		at += size;
	if (at >= 0 && at < size)
		*ret = json_array_get(container, (size_t)at);
	return true;
}

static int element_missing(struct wf_vm *vm, const json_t *container, const json_t *index)
{
	WF_AUTOBUF struct wf_buf path = {0}, what = {0};
	add_path(vm, vm->pc, &path);
	if (json_is_string(index))
		return wf_vm_fail(vm, WF_ERROR_BINDING, "path_missing",
			"%s is not there: no member `%s`", path.data, json_string_value(index));
	wf_json_write(index, &what);
	return wf_vm_fail(vm, WF_ERROR_BINDING, "path_missing",
		"%s is not there: no element %s in a list of %zu", path.data, what.data,
		json_array_size(container));
}

static int wrong_index(struct wf_vm *vm, const json_t *container, const json_t *index)
{
	if (!container || json_is_null(container) || !index) {
		WF_AUTOBUF struct wf_buf path = {0};
		add_path(vm, vm->pc, &path);
		return wf_vm_fail(vm, WF_ERROR_BINDING, "path_missing",
			"%s is not there: the %s is %s", path.data, index ? "container" : "index",
			index ? wf_json_type_name(container) : "undefined");
	}
	return wf_vm_fail(vm, WF_ERROR_VALIDATION, "type_mismatch",
		"%s cannot be indexed by %s: a list wants an integer, an object a string",
		wf_json_type_name(container), wf_json_type_name(index));
}

static int take_element(struct wf_vm *vm, json_t *element)
{
	json_incref(element);
	vm_drop(vm);
	uint32_t height = is_container(element) ? vm->height[vm->depth - 1] : 0;
	vm_replace(vm, element, height);
	return 0;
}

int wf_vm_index(struct wf_vm *vm, const struct wf_insn *i)
{
	(void)i;
	const json_t *container = vm->stack[vm->depth - 2], *index = vm_top(vm);
	json_t *element;
	if (!wf_element(container, index, &element))
		return wrong_index(vm, container, index);
	return element ? take_element(vm, element) : element_missing(vm, container, index);
}

int wf_vm_index_opt(struct wf_vm *vm, const struct wf_insn *i)
{
	(void)i;
	const json_t *container = vm->stack[vm->depth - 2], *index = vm_top(vm);
	json_t *element = NULL;
	bool absent = !container || json_is_null(container) || !index;
	if (!absent && !wf_element(container, index, &element))
		return wrong_index(vm, container, index);
	return take_element(vm, element);
}

int wf_vm_need(struct wf_vm *vm, const struct wf_insn *i)
{
	if (vm_top(vm))
		return 0;
	return wf_vm_fail(vm, WF_ERROR_BINDING, "path_missing", "%s is not there",
		wf_plan_string(vm->plan, i->c));
}

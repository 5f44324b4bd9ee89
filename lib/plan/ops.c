/* The tables of opcodes, roots, functions, actions and error types, made from the .def files. */
#include "plan/ops.h"

#include <string.h>

const struct wf_op_info wf_ops[WF_OP_COUNT_] = {
#define WF_OP(name, mnemonic, format, pops, pushes, kind, meaning)                                 \
	[WF_OP_##name] = {mnemonic, WF_FORMAT_##format, pops, pushes, WF_KIND_##kind, meaning},
#include "plan/opcodes.def"
#undef WF_OP
};

const struct wf_function_info wf_functions[WF_FN_COUNT_] = {
#define WF_FUNCTION(name, text, min, max, signature, meaning, example, result)                     \
	[WF_FN_##name] = {text, min, max, signature, meaning, example, result},
#include "plan/functions.def"
#undef WF_FUNCTION
};

const struct wf_action_info wf_actions[WF_ACT_COUNT_] = {
#define WF_ACTION(name, text, kind, on_crash, native, meaning)                                     \
	[WF_ACT_##name] = {text, WF_ACTION_##kind, WF_ON_CRASH_##on_crash, native, meaning},
#include "plan/actions.def"
#undef WF_ACTION
};

const struct wf_error_info wf_error_types[WF_ERROR_COUNT_] = {
#define WF_ERROR_TYPE(name, text, retryable, meaning)                                              \
	[WF_ERROR_##name] = {text, retryable, meaning},
#include "plan/errors.def"
#undef WF_ERROR_TYPE
};

static const char *const root_names[WF_ROOT_COUNT_] = {
#define WF_ROOT(name, text, meaning) [WF_ROOT_##name] = text,
#include "plan/roots.def"
#undef WF_ROOT
};

static const char *const part_names[WF_PART_COUNT_] = {
	[WF_PART_OUTPUT] = "output",
	[WF_PART_STATUS] = "status",
	[WF_PART_ERROR] = "error",
	[WF_PART_ATTEMPTS] = "attempts",
};

static const char *const each_names[WF_EACH_COUNT_] = {
	[WF_EACH_MAP] = "map",
	[WF_EACH_FILTER] = "filter",
	[WF_EACH_ALL] = "all",
	[WF_EACH_ANY] = "any",
	[WF_EACH_FIRST] = "first",
};

const char *wf_root_name(enum wf_root root)
{
	return root < WF_ROOT_COUNT_ ? root_names[root] : "?";
}

const char *wf_step_part_name(enum wf_step_part part)
{
	return part < WF_PART_COUNT_ ? part_names[part] : "?";
}

const char *wf_each_name(enum wf_each each)
{
	return each < WF_EACH_COUNT_ ? each_names[each] : "?";
}

enum wf_opcode wf_op_find(const char *mnemonic)
{
	unsigned i = 0;
	while (i < WF_OP_COUNT_ && strcmp(wf_ops[i].mnemonic, mnemonic) != 0)
		i++;
	return (enum wf_opcode)i;
}

enum wf_root wf_root_find(const char *name)
{
	unsigned i = 0;
	while (i < WF_ROOT_COUNT_ && strcmp(root_names[i], name) != 0)
		i++;
	return (enum wf_root)i;
}

enum wf_function wf_function_find(const char *name)
{
	unsigned i = 0;
	while (i < WF_FN_COUNT_ && strcmp(wf_functions[i].name, name) != 0)
		i++;
	return (enum wf_function)i;
}

enum wf_action wf_action_find(const char *name)
{
	unsigned i = 0;
	while (i < WF_ACT_COUNT_ && strcmp(wf_actions[i].name, name) != 0)
		i++;
	return (enum wf_action)i;
}

bool wf_action_is_native(enum wf_action action)
{
	return action != WF_ACT_COUNT_ && wf_actions[action].native;
}

enum wf_error_type wf_error_type_find(const char *name)
{
	unsigned i = 0;
	while (i < WF_ERROR_COUNT_ && strcmp(wf_error_types[i].name, name) != 0)
		i++;
	return (enum wf_error_type)i;
}

/* The vocabulary of a plan: opcodes, roots, functions, actions, error types. All from tables. */
#ifndef WF_PLAN_OPS_H
#define WF_PLAN_OPS_H

#include <stdbool.h>
#include <stdint.h>

enum wf_opcode {
#define WF_OP(name, mnemonic, format, pops, pushes, kind, meaning) WF_OP_##name,
#include "plan/opcodes.def"
#undef WF_OP
	WF_OP_COUNT_
};

enum wf_op_format {
	WF_FORMAT_NONE, WF_FORMAT_CONST, WF_FORMAT_NAME, WF_FORMAT_STEP, WF_FORMAT_TARGET,
	WF_FORMAT_COUNT, WF_FORMAT_ROOT, WF_FORMAT_CALL, WF_FORMAT_STEPPART, WF_FORMAT_EACH,
	WF_FORMAT_RESULT, WF_FORMAT_GROUP, WF_FORMAT_QUERY
};
enum wf_op_kind { WF_KIND_PURE, WF_KIND_JUMP, WF_KIND_CONTROL };
#define WF_VARIES (-1)

struct wf_op_info {
	const char *mnemonic;
	enum wf_op_format format;
	int pops, pushes;
	enum wf_op_kind kind;
	const char *meaning;
};
extern const struct wf_op_info wf_ops[WF_OP_COUNT_];
enum wf_opcode wf_op_find(const char *mnemonic); /* WF_OP_COUNT_ when there is none */

/* One instruction: 8 bytes in a plan (op, a, b little-endian, c little-endian). b is 0 for now. */
struct wf_insn {
	uint8_t op, a;
	uint16_t b;
	uint32_t c;
};

/* WF_ROOT(NAME, "name", "meaning"): what a path may begin with. Steps are not roots: STEPPART. */
enum wf_root {
#define WF_ROOT(name, text, meaning) WF_ROOT_##name,
#include "plan/roots.def"
#undef WF_ROOT
	WF_ROOT_COUNT_
};
const char *wf_root_name(enum wf_root root);
enum wf_root wf_root_find(const char *name); /* WF_ROOT_COUNT_ when there is none */

enum wf_step_part { WF_PART_OUTPUT, WF_PART_STATUS, WF_PART_ERROR, WF_PART_ATTEMPTS, WF_PART_COUNT_ };
const char *wf_step_part_name(enum wf_step_part part);

/* How EACH treats its body's value. */
enum wf_each { WF_EACH_MAP, WF_EACH_FILTER, WF_EACH_ALL, WF_EACH_ANY, WF_EACH_FIRST, WF_EACH_COUNT_ };
const char *wf_each_name(enum wf_each each);

/* WF_FUNCTION(NAME, "name", min args, max args, "signature: types", "meaning", "example", "its result").
 * A signature letter per parameter and one for the result after ':': s string, n number, i integer,
 * b boolean, l list, o object, a any, t timestamp string, d duration string. */
enum wf_function {
#define WF_FUNCTION(name, text, min, max, signature, meaning, example, result) WF_FN_##name,
#include "plan/functions.def"
#undef WF_FUNCTION
	WF_FN_COUNT_
};
struct wf_function_info {
	const char *name;
	uint8_t min_args, max_args;
	const char *signature, *meaning, *example, *result;
};
extern const struct wf_function_info wf_functions[WF_FN_COUNT_];
enum wf_function wf_function_find(const char *name);

/* WF_ACTION(NAME, "name", KIND, default on_crash, native, "meaning"). Effects touch the world; waits rest
 * in the journal; pure ones are computed. What is not native has its name kept for adapters: a definition
 * of that name (`kind: action`) performs it. */
enum wf_action_kind { WF_ACTION_PURE, WF_ACTION_EFFECT, WF_ACTION_WAIT };
enum wf_on_crash { WF_ON_CRASH_RETRY, WF_ON_CRASH_FAIL, WF_ON_CRASH_ASK };
enum wf_action {
#define WF_ACTION(name, text, kind, on_crash, native, meaning) WF_ACT_##name,
#include "plan/actions.def"
#undef WF_ACTION
	WF_ACT_COUNT_
};
struct wf_action_info {
	const char *name;
	enum wf_action_kind kind;
	enum wf_on_crash on_crash;
	bool native;
	const char *meaning;
};
extern const struct wf_action_info wf_actions[WF_ACT_COUNT_];
enum wf_action wf_action_find(const char *name);
/* Whether wfctl performs it itself; of WF_ACT_COUNT_, too. */
bool wf_action_is_native(enum wf_action action);

/* WF_ERROR_TYPE(NAME, "Name", retryable unless the policy says otherwise, "meaning"). */
enum wf_error_type {
#define WF_ERROR_TYPE(name, text, retryable, meaning) WF_ERROR_##name,
#include "plan/errors.def"
#undef WF_ERROR_TYPE
	WF_ERROR_COUNT_
};
struct wf_error_info {
	const char *name;
	bool retryable;
	const char *meaning;
};
extern const struct wf_error_info wf_error_types[WF_ERROR_COUNT_];
enum wf_error_type wf_error_type_find(const char *name);

#endif

/*
 * The functions of functions.def: each is a wf_fn_NAME, of functions.c or functions_*.c.
 *
 * The call has already checked the number of arguments and, against the signature, their types;
 * `any` arguments are checked by the function. Undefined arguments never get there, except for
 * coalesce and get. *ret becomes a new reference.
 */
#ifndef WF_ENGINE_FUNCTIONS_H
#define WF_ENGINE_FUNCTIONS_H

#include "engine/vm_core.h"

struct wf_call {
	struct wf_vm *vm;
	enum wf_function fn;
	json_t **args;           /* borrowed */
	uint32_t count;
};

typedef int wf_fn(struct wf_call *c, json_t **ret);
#define WF_FUNCTION(name, text, min, max, signature, meaning, example, result) wf_fn wf_fn_##name;
#include "plan/functions.def"
#undef WF_FUNCTION

/* A ValidationError that names the function. */
int wf_call_fail(struct wf_call *c, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "type_mismatch" of an argument, from 0. */
int wf_call_mismatch(struct wf_call *c, uint32_t arg, const char *wanted);
/* Fails when a list of that length may not be built; pays for it. */
int wf_call_may_list(struct wf_call *c, size_t elements);

/* A new string of the bytes, which are UTF-8. */
int wf_call_string(struct wf_call *c, const char *bytes, size_t n, json_t **ret);

static inline const char *arg_text(const struct wf_call *c, uint32_t arg)
{
	return json_string_value(c->args[arg]);
}

static inline size_t arg_length(const struct wf_call *c, uint32_t arg)
{
	return json_string_length(c->args[arg]);
}

static inline json_int_t arg_integer(const struct wf_call *c, uint32_t arg)
{
	return json_integer_value(c->args[arg]);
}

#endif

/*
 * Parents that are registered have a plan, and no text any more: what their steps give to a child is read
 * from the plan, as far as it is written out there. Of what they compute, and of what they read of the child's
 * output, the schema of the child's version before says what it can be.
 */
#include "check/parents.h"

#include "base/mem.h"
#include "plan/starts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct fit {
	const struct wf_plan *parent;
	uint32_t step;
	void (*fn)(void *arg, uint32_t step, const char *why);
	void *arg;
};

static void tell(const struct fit *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void tell(const struct fit *f, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	f->fn(f->arg, f->step, why);
}

/* -- kinds of values -- */

static const struct {
	const char *word, *said;
} kinds[] = {
	{"null", "null"}, {"boolean", "a boolean"}, {"integer", "an integer"}, {"number", "a number"},
	{"string", "a string"}, {"array", "a list"}, {"object", "an object"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define INTEGER 2u
#define NUMBER 3u

static unsigned kind_of_word(const json_t *word)
{
	const char *text = json_string_value(word);

	for (unsigned i = 0; text && i < KINDS; i++)
		if (strcmp(kinds[i].word, text) == 0)
			return 1u << i;
	return 0;
}

/* What its `type` says; 0: nothing. */
static unsigned kinds_of(const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type");
	unsigned all = kind_of_word(type);

	for (size_t i = 0; i < json_array_size(type); i++)
		all |= kind_of_word(json_array_get(type, i));
	return all;
}

static unsigned kind_of(const json_t *value)
{
	static const char *const words[] = {[JSON_OBJECT] = "object", [JSON_ARRAY] = "array",
		[JSON_STRING] = "string", [JSON_INTEGER] = "integer", [JSON_REAL] = "number",
		[JSON_TRUE] = "boolean", [JSON_FALSE] = "boolean", [JSON_NULL] = "null"};
	json_t *word = json_string(words[json_typeof(value)]);
	unsigned kind = kind_of_word(word);

	json_decref(word);
	return kind;
}

/* No value is of both; a real number may be a whole one. */
static bool apart(unsigned is, unsigned wanted)
{
	unsigned numbers = 1u << INTEGER | 1u << NUMBER;

	if (!is || !wanted || is & wanted)
		return false;
	return !(is & numbers && wanted & numbers);
}

static void kinds_text(unsigned all, struct wf_buf *out)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (all & 1u << i)
			wf_buf_printf(out, "%s%s", out->len ? " or " : "", kinds[i].said);
}

static void tell_kinds(const struct fit *f, const char *name, unsigned is,
	const char *then, unsigned other)
{
	WF_AUTOBUF struct wf_buf now = {0}, wanted = {0};

	kinds_text(is, &now);
	kinds_text(other, &wanted);
	tell(f, "`%s` is %s, %s %s", name, now.data, then, wanted.data);
}

/* -- what it is given -- */

static const json_t *schema_of(const struct wf_plan *plan, uint32_t which)
{
	return which == WF_NONE ? NULL : plan->consts[which];
}

static const json_t *property(const json_t *schema, const char *name)
{
	return json_object_get(json_object_get(schema, "properties"), name);
}

static void check_required(const struct fit *f, const json_t *input, const json_t *given)
{
	const json_t *required = json_object_get(input, "required");

	for (size_t i = 0; i < json_array_size(required); i++) {
		const char *name = json_string_value(json_array_get(required, i));

		if (name && !json_object_get(given, name) &&
			!json_object_get(property(input, name), "default"))
			tell(f, "it does not give `%s`, which is required", name);
	}
}

static void check_given(const struct fit *f, const json_t *before, const json_t *input,
	json_t *given)
{
	bool closed = json_is_false(json_object_get(input, "additionalProperties")) &&
		!json_object_get(input, "patternProperties");
	const char *name;
	json_t *how;

	check_required(f, input, given);
	json_object_foreach (given, name, how) {
		const json_t *to = property(input, name), *is = json_object_get(how, "is");
		unsigned now = is ? kind_of(is) : kinds_of(property(before, name));

		if (!to && closed)
			tell(f, "it gives `%s`, which is not taken", name);
		else if (apart(now, kinds_of(to)))
			tell_kinds(f, name, now, "must be", kinds_of(to));
	}
}

/* -- what it gives -- */

/* Whether the parent reads a member of that name of anything: of what, is not followed. */
static bool reads(const struct wf_plan *parent, const char *name)
{
	for (uint32_t pc = 0; pc < parent->code_count; pc++) {
		const struct wf_insn *i = &parent->code[pc];

		if ((i->op == WF_OP_GET || i->op == WF_OP_GETOPT) &&
			strcmp(wf_plan_string(parent, i->c), name) == 0)
			return true;
	}
	return false;
}

static void check_taken(const struct fit *f, const struct wf_plan *before, const struct wf_plan *now)
{
	const json_t *old = schema_of(before, before->output_schema),
		     *new = schema_of(now, now->output_schema);
	bool nothing = !new && wf_plan_gives_nothing(now), listed = json_object_get(new, "properties");
	const char *name;
	json_t *was;

	json_object_foreach (json_object_get(old, "properties"), name, was) {
		const json_t *is = property(new, name);

		if (!reads(f->parent, name))
			continue;
		if (!is && (nothing || listed))
			tell(f, "it reads `%s`, which is not given any more", name);
		else if (apart(kinds_of(is), kinds_of(was)))
			tell_kinds(f, name, kinds_of(is), "and was", kinds_of(was));
	}
}

/* -- all of it -- */

static bool same(const struct wf_plan *a, uint32_t of_a, const struct wf_plan *b, uint32_t of_b)
{
	const json_t *x = schema_of(a, of_a), *y = schema_of(b, of_b);

	return x == y || (x && y && json_equal(x, y));
}

bool wf_child_differs(const struct wf_plan *before, const struct wf_plan *now)
{
	return !same(before, before->input_schema, now, now->input_schema) ||
		!same(before, before->output_schema, now, now->output_schema) ||
		wf_plan_gives_nothing(before) != wf_plan_gives_nothing(now);
}

void wf_check_parent(const struct wf_plan *parent, const struct wf_plan *before,
	const struct wf_plan *now, void (*fn)(void *arg, uint32_t step, const char *why), void *arg)
{
	const char *child = wf_plan_string(now, now->workflow), *workflow, *version;

	for (uint32_t i = 0; i < parent->step_count; i++) {
		struct fit f = {parent, i, fn, arg};

		if (!wf_plan_starts(parent, i, &workflow, &version) || version ||
			strcmp(workflow, child) != 0)
			continue;
		json_auto_t *given = wf_plan_start_input(parent, i);
		if (given && now->input_schema != WF_NONE)
			check_given(&f, schema_of(before, before->input_schema),
				schema_of(now, now->input_schema), given);
		if (parent->steps[i].action == WF_ACT_WORKFLOW_RUN)
			check_taken(&f, before, now);
	}
}

/*
 * Text to a plan (wfctl-bytecode(5)), the inverse of disasm.c.
 *
 * The text is read twice: first the lines `string` and `constant`, which fix the order of those
 * tables, then all the others; what they use that no table line names is added behind. Labels are
 * put in last. Whether the plan makes sense is the verifier's business, not ours.
 */
#include "plan/asm.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

/* -- the header -- */

static int read_plan(struct wf_assembler *a)
{
	uint32_t format = 0;
	int err = wf_asm_u32(a, &format);
	if (!err && format != WF_PLAN_FORMAT)
		err = SYNTAX(a, "format %u is not known; this wfctl writes %u", format,
			WF_PLAN_FORMAT);
	a->seen_plan = true;
	return err;
}

static int read_workflow(struct wf_assembler *a)
{
	return wf_asm_string_index(a, &a->b.plan.workflow);
}

static int read_version(struct wf_assembler *a)
{
	return wf_asm_string_index(a, &a->b.plan.version);
}

static int read_name(struct wf_assembler *a)
{
	return wf_asm_string_index(a, &a->b.plan.name);
}

static int read_description(struct wf_assembler *a)
{
	return wf_asm_string_index(a, &a->b.plan.description);
}

static int read_source(struct wf_assembler *a)
{
	return wf_asm_string_index(a, &a->b.plan.source_name);
}

static int read_input_schema(struct wf_assembler *a)
{
	return wf_asm_const_index(a, &a->b.plan.input_schema);
}

static int read_output_schema(struct wf_assembler *a)
{
	return wf_asm_const_index(a, &a->b.plan.output_schema);
}

static int read_vars(struct wf_assembler *a)
{
	return wf_asm_const_index(a, &a->b.plan.vars);
}

static int read_extra(struct wf_assembler *a)
{
	return wf_asm_const_index(a, &a->b.plan.extra);
}

static int read_timeout(struct wf_assembler *a)
{
	return wf_asm_u64(a, &a->b.plan.timeout_ms);
}

static int read_entry(struct wf_assembler *a)
{
	return wf_asm_label(a, FIX_ENTRY, 0);
}

static int read_failure(struct wf_assembler *a)
{
	return wf_asm_label(a, FIX_FAILURE, 0);
}

static int read_compensate(struct wf_assembler *a)
{
	a->b.plan.compensate = true;
	return 0;
}

/* -- steps -- */

static struct wf_plan_step *last_step(struct wf_assembler *a)
{
	return &a->b.plan.steps[a->b.plan.step_count - 1];
}

static int read_step(struct wf_assembler *a)
{
	WF_AUTOFREE char *id = NULL;
	int err = wf_asm_string(a, &id);
	if (err)
		return err;
	if (json_object_get(a->steps, id))
		return SYNTAX(a, "step \"%s\" is declared twice", id);
	if (a->b.plan.step_count >= WF_MAX_STEPS)
		return SYNTAX(a, "more than %d steps", WF_MAX_STEPS);
	struct wf_plan_step step = {
		.id = wf_plan_add_string(&a->b, id),
		.name = WF_NONE,
		.retry = {.max_attempts = 1},
		.max_visits = 1,
		.enter_pc = WF_NONE,
		.fail_pc = WF_NONE,
		.origin = a->b.plan.step_count,
		WF_PLAN_STEP_ALONE,
	};
	(void)json_object_set_new(a->steps, id, json_integer(wf_plan_add_step(&a->b, &step)));
	a->part = PART_STEP;
	return 0;
}

static int read_step_name(struct wf_assembler *a)
{
	uint32_t name = WF_NONE;
	int err = wf_asm_string_index(a, &name);
	last_step(a)->name = name;
	return err;
}

static int read_action(struct wf_assembler *a)
{
	char name[64];
	int err = wf_asm_name(a, name, sizeof(name));
	if (err)
		return err;
	enum wf_action action = wf_action_find(name);
	if (action == WF_ACT_COUNT_)
		return SYNTAX(a, "no action `%s`", name);
	last_step(a)->action = action;
	return 0;
}

static int read_on_crash(struct wf_assembler *a)
{
	size_t choice = 0;
	int err = wf_asm_choice(a, wf_on_crash_names, 3, &choice);
	last_step(a)->on_crash = (enum wf_on_crash)choice;
	return err;
}

/* Names of error types between commas. */
static int types_value(struct wf_assembler *a, const char *list, size_t n, uint32_t *ret)
{
	while (n) {
		const char *comma = memchr(list, ',', n);
		size_t length = comma ? (size_t)(comma - list) : n;
		unsigned i = 0;
		while (i < WF_ERROR_COUNT_ && !word_is(list, length, wf_error_types[i].name))
			i++;
		if (i == WF_ERROR_COUNT_)
			return SYNTAX(a, "no error type `%.*s`", (int)length, list);
		*ret |= UINT32_C(1) << i;
		length += comma != NULL;
		list += length;
		n -= length;
	}
	return 0;
}

static int backoff_value(struct wf_assembler *a, const char *name, size_t n, enum wf_backoff *ret)
{
	for (unsigned i = 0; i < 2; i++) {
		if (word_is(name, n, wf_backoff_names[i])) {
			*ret = (enum wf_backoff)i;
			return 0;
		}
	}
	return SYNTAX(a, "no back-off `%.*s`", (int)n, name);
}

static int read_retry_field(struct wf_assembler *a, struct wf_retry *r, const char *key,
	size_t key_n, const char *value, size_t n)
{
	const struct {
		const char *name;
		uint32_t *field;
	} small[] = {
		{"attempts", &r->max_attempts},
		{"coefficient", &r->coefficient_milli},
		{"jitter", &r->jitter_milli},
	};
	if (word_is(key, key_n, "backoff"))
		return backoff_value(a, value, n, &r->backoff);
	if (word_is(key, key_n, "on"))
		return types_value(a, value, n, &r->on_types);
	if (word_is(key, key_n, "except"))
		return types_value(a, value, n, &r->except_types);
	if (word_is(key, key_n, "initial"))
		return wf_asm_number(a, value, n, &r->initial_ms);
	if (word_is(key, key_n, "max"))
		return wf_asm_number(a, value, n, &r->max_ms);
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		uint64_t number = 0;
		if (!word_is(key, key_n, small[i].name))
			continue;
		int err = wf_asm_number(a, value, n, &number);
		return err ? err : wf_asm_to_u32(a, number, small[i].field);
	}
	return SYNTAX(a, "`%.*s` is not part of a retry", (int)key_n, key);
}

static int read_retry(struct wf_assembler *a)
{
	const char *word;
	size_t n;
	while ((n = wf_asm_word(a, &word))) {
		const char *equals = memchr(word, '=', n);
		if (!equals)
			return SYNTAX(a, "`%.*s` is not NAME=VALUE", (int)n, word);
		size_t key_n = (size_t)(equals - word);
		int err = read_retry_field(a, &last_step(a)->retry, word, key_n, equals + 1,
			n - key_n - 1);
		if (err)
			return err;
	}
	return 0;
}

static int read_step_timeout(struct wf_assembler *a)
{
	return wf_asm_u64(a, &last_step(a)->timeout_ms);
}

static int read_deadline(struct wf_assembler *a)
{
	return wf_asm_u64(a, &last_step(a)->deadline_ms);
}

static int read_visits(struct wf_assembler *a)
{
	return wf_asm_u32(a, &last_step(a)->max_visits);
}

static int read_enter(struct wf_assembler *a)
{
	return wf_asm_label(a, FIX_ENTER, a->b.plan.step_count - 1);
}

static int read_fail(struct wf_assembler *a)
{
	return wf_asm_label(a, FIX_FAIL, a->b.plan.step_count - 1);
}

static int read_step_place(struct wf_assembler *a)
{
	return wf_asm_place(a, &last_step(a)->line, &last_step(a)->column);
}

static int number_or_none(struct wf_assembler *a, uint32_t *ret)
{
	if (wf_asm_take(a, "none")) {
		*ret = WF_NONE;
		return 0;
	}
	return wf_asm_u32(a, ret);
}

static int read_in(struct wf_assembler *a)
{
	int err = number_or_none(a, &last_step(a)->group);
	return err ? err : number_or_none(a, &last_step(a)->member);
}

static int read_defined(struct wf_assembler *a)
{
	uint32_t name = WF_NONE;
	int err = wf_asm_string_index(a, &name);
	last_step(a)->action_name = name;
	return err;
}

/* -- which statement it is -- */

static int read_code(struct wf_assembler *a)
{
	a->part = PART_CODE;
	return 0;
}

static int read_tables(struct wf_assembler *a)
{
	a->part = PART_TABLES;
	return 0;
}

static const struct directive {
	const char *name;
	enum wf_asm_part part;
	bool in_tables; /* read in the first pass */
	int (*read)(struct wf_assembler *a);
} directives[] = {
	{"plan", PART_HEADER, false, read_plan},
	{"workflow", PART_HEADER, false, read_workflow},
	{"version", PART_HEADER, false, read_version},
	{"name", PART_HEADER, false, read_name},
	{"description", PART_HEADER, false, read_description},
	{"source", PART_HEADER, false, read_source},
	{"input_schema", PART_HEADER, false, read_input_schema},
	{"output_schema", PART_HEADER, false, read_output_schema},
	{"vars", PART_HEADER, false, read_vars},
	{"extra", PART_HEADER, false, read_extra},
	{"timeout", PART_HEADER, false, read_timeout},
	{"entry", PART_HEADER, false, read_entry},
	{"failure", PART_HEADER, false, read_failure},
	{"compensate", PART_HEADER, false, read_compensate},
	{"name", PART_STEP, false, read_step_name},
	{"action", PART_STEP, false, read_action},
	{"on_crash", PART_STEP, false, read_on_crash},
	{"retry", PART_STEP, false, read_retry},
	{"timeout", PART_STEP, false, read_step_timeout},
	{"deadline", PART_STEP, false, read_deadline},
	{"visits", PART_STEP, false, read_visits},
	{"enter", PART_STEP, false, read_enter},
	{"fail", PART_STEP, false, read_fail},
	{"at", PART_STEP, false, read_step_place},
	{"in", PART_STEP, false, read_in},
	{"defined", PART_STEP, false, read_defined},
	{"at", PART_CODE, false, wf_asm_read_code_place},
	{"string", PART_TABLES, true, wf_asm_read_table_string},
	{"constant", PART_TABLES, true, wf_asm_read_table_constant},
	{"step", PART_ANY, false, read_step},
	{"copy", PART_ANY, false, wf_asm_read_copy},
	{"undo", PART_ANY, false, wf_asm_read_undo},
	{"group", PART_ANY, false, wf_asm_read_group},
	{"member", PART_ANY, false, wf_asm_read_member},
	{"after", PART_ANY, false, wf_asm_read_after},
	{"edge", PART_ANY, false, wf_asm_read_edge},
	{"body", PART_ANY, false, wf_asm_read_body},
	{"code", PART_ANY, false, read_code},
	{"tables", PART_ANY, false, read_tables},
};

static const struct directive *find_directive(enum wf_asm_part part, const char *word, size_t n)
{
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		const struct directive *d = &directives[i];
		if ((d->part == part || d->part == PART_ANY) && word_is(word, n, d->name))
			return d;
	}
	return NULL;
}

/* -- labels -- */

static void add_label(struct wf_assembler *a, const char *word, size_t n)
{
	WF_GROW(a->labels, a->label_count, a->label_room);
	a->labels[a->label_count++] = (struct wf_asm_label){word, n - 1, a->b.plan.code_count};
}

/* -- the whole -- */

static int read_statement(struct wf_assembler *a, const char *word, size_t n)
{
	const struct directive *d = find_directive(a->part, word, n);
	bool label = a->part == PART_CODE && !d && n > 1 && word[n - 1] == ':';
	int err = 0;
	if (a->tables_pass) {
		/* only what leads to the tables and what stands in them */
		if (d && (d->in_tables || d->read == read_code || d->read == read_tables))
			err = d->read(a);
		else
			return 0;
	} else if (d && d->in_tables) {
		return 0;
	} else if (d) {
		if (!a->seen_plan && d->read != read_plan)
			return SYNTAX(a, "the text does not begin with `plan %u`", WF_PLAN_FORMAT);
		err = d->read(a);
	} else if (label) {
		add_label(a, word, n);
	} else if (a->part == PART_CODE) {
		err = wf_asm_insn(a, word, n);
	} else {
		return SYNTAX(a, "`%.*s` does not belong here", (int)n, word);
	}
	wf_asm_skip(a);
	if (!err && a->at < a->end)
		err = SYNTAX(a, "something stands behind the end of the statement");
	return err;
}

static int read_all(struct wf_assembler *a, const char *text, size_t n, bool tables_pass)
{
	const char *end = text + n;
	int err = 0;
	a->tables_pass = tables_pass;
	a->part = PART_HEADER;
	a->line = 0;
	while (text < end && !err) {
		const char *stop = memchr(text, '\n', (size_t)(end - text)), *word;
		a->line++;
		a->at = text;
		a->end = stop ? stop : end;
		size_t length = wf_asm_word(a, &word);
		if (length && *word != '#')
			err = read_statement(a, word, length);
		text = stop ? stop + 1 : end;
	}
	return err;
}

static int compare_labels(const void *a, const void *b)
{
	const struct wf_asm_label *x = a, *y = b;
	int order = memcmp(x->name, y->name, x->n < y->n ? x->n : y->n);
	return order ? order : (x->n > y->n) - (x->n < y->n);
}

static void put_in(struct wf_assembler *a, const struct wf_asm_fixup *f, uint32_t pc)
{
	struct wf_plan *p = &a->b.plan;
	uint32_t *const places[] = {
		[FIX_CODE] = f->kind == FIX_CODE ? &p->code[f->at].c : NULL,
		[FIX_ENTER] = f->kind == FIX_ENTER ? &p->steps[f->at].enter_pc : NULL,
		[FIX_FAIL] = f->kind == FIX_FAIL ? &p->steps[f->at].fail_pc : NULL,
		[FIX_ENTRY] = &p->entry_pc,
		[FIX_BODY] = f->kind == FIX_BODY ? &p->bodies[f->at].pc : NULL,
		[FIX_FAILURE] = &p->failure_pc,
		[FIX_MEMBER] = f->kind == FIX_MEMBER ? &p->members[f->at].pc : NULL,
	};
	*places[f->kind] = pc;
}

static int put_labels_in(struct wf_assembler *a)
{
	if (a->label_count)
		qsort(a->labels, a->label_count, sizeof(*a->labels), compare_labels);
	for (uint32_t i = 1; i < a->label_count; i++)
		if (compare_labels(&a->labels[i - 1], &a->labels[i]) == 0)
			return wf_fail(a->cause, WF_ESYNTAX, "label %.*s stands twice",
				(int)a->labels[i].n, a->labels[i].name);
	for (uint32_t i = 0; i < a->fixup_count; i++) {
		const struct wf_asm_fixup *f = &a->fixups[i];
		struct wf_asm_label wanted = {f->name, f->n, 0};
		const struct wf_asm_label *found = a->label_count ? bsearch(&wanted, a->labels,
			a->label_count, sizeof(*a->labels), compare_labels) : NULL;
		if (!found)
			return wf_asm_syntax(a, f->line, "no label %.*s", (int)f->n, f->name);
		put_in(a, f, found->pc);
	}
	return 0;
}

int wf_plan_assemble(const char *text, size_t n, struct wf_buf *out, struct wf_cause *cause)
{
	struct wf_assembler a = {.cause = cause, .steps = json_object()};
	wf_plan_builder_init(&a.b);
	int err = read_all(&a, text, n, true);
	if (!err)
		err = read_all(&a, text, n, false);
	if (!err && !a.seen_plan)
		err = wf_fail(cause, WF_ESYNTAX, "line 1: the text does not begin with `plan %u`",
			WF_PLAN_FORMAT);
	if (!err)
		err = put_labels_in(&a);
	if (!err)
		wf_plan_encode(&a.b, out);
	wf_plan_builder_done(&a.b);
	wf_free(a.labels);
	wf_free(a.fixups);
	json_decref(a.steps);
	return err;
}

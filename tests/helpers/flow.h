/* For unit tests: a flow put together step by step, as the text of its plan. Include after cmocka.h. */
#ifndef TESTS_FLOW_H
#define TESTS_FLOW_H

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

/* JSON with ' for ". New. */
static inline json_t *js(const char *text)
{
	WF_AUTOFREE char *copy = wf_strdup(text);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	json_error_t error;
	json_t *value = json_loads(copy, JSON_DECODE_ANY, &error);
	if (!value)
		fail_msg("%s in %s", error.text, copy);
	return value;
}

struct flow {
	struct wf_buf top, head, bodies, code, side;
};

/* A step of the main flow; `more` are further lines of its description, "" for none. The value is taken. */
static inline void flow_step_of(struct flow *f, const char *id, const char *action, json_t *value,
	const char *more)
{
	WF_AUTOFREE char *text = wf_json_text(value);
	wf_buf_printf(&f->head, "step \"%s\"\naction %s\n%senter E_%s\n", id, action, more, id);
	wf_buf_printf(&f->code, "E_%s:\nenter \"%s\"\nconst %s\nperform \"%s\"\nleave \"%s\"\n", id, id,
		text, id, id);
	json_decref(value);
}

static inline void flow_step(struct flow *f, const char *id, const char *action, const char *input,
	const char *more)
{
	flow_step_of(f, id, action, js(input), more);
}

/* The text of the plan. Frees the flow. */
static inline void flow_text(struct flow *f, struct wf_buf *out)
{
	wf_buf_printf(out, "plan 3\nworkflow \"t\"\n%sentry START\n%s%scode\nSTART:\n%s"
			   "undef\nfinish success \"ok\"\n%s",
		f->top.data ? f->top.data : "", f->head.data, f->bodies.data ? f->bodies.data : "",
		f->code.data, f->side.data ? f->side.data : "");
	wf_buf_done(&f->top);
	wf_buf_done(&f->head);
	wf_buf_done(&f->bodies);
	wf_buf_done(&f->code);
	wf_buf_done(&f->side);
}

#endif

/*
 * Reasons, in words for an operator. They name keys and what the schema asks for, and never repeat
 * a value of the instance: it may be a secret.
 */
#include "schema/run.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#define ISSUES_MAX 100

static const char *const type_texts[] = {
	"null", "a boolean", "an integer", "a number", "a string", "a list", "an object"};

void wf_schema_types_text(unsigned types, struct wf_buf *out)
{
	unsigned left = types;

	for (unsigned i = 0; left; i++) {
		unsigned bit = 1u << i;

		if (!(left & bit))
			continue;
		if (left != types)
			wf_buf_addstr(out, left == bit ? " or " : ", ");
		wf_buf_addstr(out, type_texts[i]);
		left &= ~bit;
	}
}

const char *wf_schema_type_text(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_NULL:
		return type_texts[0];
	case JSON_TRUE:
	case JSON_FALSE:
		return type_texts[1];
	case JSON_INTEGER:
		return type_texts[2];
	case JSON_REAL:
		return type_texts[3];
	case JSON_STRING:
		return type_texts[4];
	case JSON_ARRAY:
		return type_texts[5];
	case JSON_OBJECT:
		break;
	}
	return type_texts[6];
}

static void add_place(const struct place *at, struct wf_buf *out)
{
	if (!at)
		return;
	add_place(at->up, out);
	wf_buf_addch(out, '/');
	if (!at->key) {
		wf_buf_printf(out, "%zu", at->index);
		return;
	}
	for (const char *p = at->key; *p; p++) {
		if (*p == '~' || *p == '/')
			wf_buf_addstr(out, *p == '~' ? "~0" : "~1");
		else
			wf_buf_addch(out, *p);
	}
}

bool wf_schema_collecting(const struct run *r)
{
	return r->issues && !r->stopped && r->issues->count < ISSUES_MAX;
}

static void add(struct wf_schema_issues *issues, const struct node *n, const struct subject *s,
	const char *keyword, const char *missing, char *message)
{
	struct wf_buf instance = {0}, pointer = {0};

	add_place(s->at, &instance);
	wf_schema_pointer(n, keyword, &pointer);
	WF_GROW(issues->items, issues->count, issues->room);
	issues->items[issues->count++] = (struct wf_schema_issue){
		.instance = wf_buf_take(&instance),
		.keyword = wf_buf_take(&pointer),
		.message = message,
		.missing = missing ? wf_strdup(missing) : NULL,
	};
}

bool wf_schema_report(struct run *r, const struct node *n, const struct subject *s,
	const char *keyword, const char *missing, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (!wf_schema_collecting(r))
		return false;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add(r->issues, n, s, keyword, missing, wf_strdup(text));
	return false;
}

bool wf_schema_stop(
	struct run *r, const struct node *n, const struct subject *s, const char *message)
{
	if (!r->stopped && r->top)
		add(r->top, n, s, NULL, NULL, wf_strdup(message));
	r->stopped = true;
	return false;
}

void wf_schema_issues_done(struct wf_schema_issues *issues)
{
	for (size_t i = 0; i < issues->count; i++) {
		wf_free(issues->items[i].instance);
		wf_free(issues->items[i].keyword);
		wf_free(issues->items[i].message);
		wf_free(issues->items[i].missing);
	}
	wf_free(issues->items);
	*issues = (struct wf_schema_issues){0};
}

/* The next token of a JSON Pointer after its slash, unescaped, onto the buffer. */
static const char *add_token(const char *p, bool first, struct wf_buf *out)
{
	const char *from = p;
	bool index = *p >= '0' && *p <= '9';

	for (; *p && *p != '/'; p++)
		index = index && *p >= '0' && *p <= '9';
	if (index)
		wf_buf_addch(out, '[');
	else if (!first)
		wf_buf_addch(out, '.');
	for (; from < p; from++) {
		if (*from == '~')
			wf_buf_addch(out, *++from == '0' ? '~' : '/');
		else
			wf_buf_addch(out, *from);
	}
	if (index)
		wf_buf_addch(out, ']');
	return p;
}

char *wf_schema_issue_text(const struct wf_schema_issue *issue)
{
	struct wf_buf out = {0};

	for (const char *p = issue->instance; *p;)
		p = add_token(p + 1, !out.len, &out);
	if (issue->missing) {
		if (out.len)
			wf_buf_addch(&out, '.');
		wf_buf_addstr(&out, issue->missing);
	}
	if (!out.len)
		wf_buf_addstr(&out, "the value");
	wf_buf_addch(&out, ' ');
	wf_buf_addstr(&out, issue->message);
	return wf_buf_take(&out);
}

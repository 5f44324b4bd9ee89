/* What a node says of a value by itself: its type, const and enum, and of numbers and strings. */
#include "schema/run.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"

#include <string.h>

#define CHOICES_SHOWN 12
#define CHOICE_BYTES 60

static unsigned type_of(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_NULL:
		return TYPE_NULL;
	case JSON_TRUE:
	case JSON_FALSE:
		return TYPE_BOOLEAN;
	case JSON_INTEGER:
		return TYPE_INTEGER | TYPE_NUMBER;
	case JSON_REAL:
		return wf_schema_integral(v) ? TYPE_INTEGER | TYPE_NUMBER : TYPE_NUMBER;
	case JSON_STRING:
		return TYPE_STRING;
	case JSON_ARRAY:
		return TYPE_LIST;
	case JSON_OBJECT:
		break;
	}
	return TYPE_OBJECT;
}

static bool wrong_type(struct run *r, const struct node *n, const struct subject *s)
{
	WF_AUTOBUF struct wf_buf types = {0};

	if (!wf_schema_collecting(r))
		return false;
	wf_schema_types_text(n->types, &types);
	return wf_schema_report(r, n, s, "type", NULL, "is %s, must be %s",
		wf_schema_type_text(s->value), types.data);
}

static void add_choice(const json_t *choice, struct wf_buf *out)
{
	char *text = wf_json_text(choice);

	if (strlen(text) > CHOICE_BYTES)
		wf_buf_addstr(out, wf_schema_type_text(choice));
	else
		wf_buf_addstr(out, text);
	wf_free(text);
}

static const char *near_choice(const json_t *choices, const json_t *value)
{
	const char *words[CHOICES_SHOWN * 4];
	size_t count = 0;

	if (!json_is_string(value))
		return NULL;
	for (size_t i = 0; i < json_array_size(choices) && count < CHOICES_SHOWN * 4; i++)
		if (json_is_string(json_array_get(choices, i)))
			words[count++] = json_string_value(json_array_get(choices, i));
	return wf_nearest(json_string_value(value), words, count);
}

static bool not_a_choice(struct run *r, const struct node *n, const struct subject *s)
{
	WF_AUTOBUF struct wf_buf list = {0};
	size_t count = json_array_size(n->choices);
	const char *near;

	if (!wf_schema_collecting(r))
		return false;
	if (!count)
		return wf_schema_report(r, n, s, "enum", NULL, "is not allowed, nothing is");
	for (size_t i = 0; i < count && i < CHOICES_SHOWN; i++) {
		if (i)
			wf_buf_addstr(&list, i + 1 == count ? " or " : ", ");
		add_choice(json_array_get(n->choices, i), &list);
	}
	if (count > CHOICES_SHOWN)
		wf_buf_printf(&list, " or one of %zu more", count - CHOICES_SHOWN);
	near = near_choice(n->choices, s->value);
	if (near)
		wf_buf_printf(&list, "; did you mean %.60s?", near);
	return wf_schema_report(r, n, s, "enum", NULL, "must be %s", list.data);
}

static bool chosen(const struct node *n, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(n->choices); i++)
		if (wf_json_equal(json_array_get(n->choices, i), v))
			return true;
	return false;
}

bool wf_schema_check_value(struct run *r, const struct node *n, const struct subject *s)
{
	bool ok = true;

	if (n->types && !(n->types & type_of(s->value)))
		return wrong_type(r, n, s); /* the rest would only repeat it */
	if (n->choices && !chosen(n, s->value))
		WF_SCHEMA_TRY(r, ok, not_a_choice(r, n, s));
	if (n->constant && !wf_json_equal(n->constant, s->value)) {
		WF_AUTOBUF struct wf_buf text = {0};

		if (!wf_schema_collecting(r))
			return false;
		add_choice(n->constant, &text);
		ok = wf_schema_report(r, n, s, "const", NULL, "must be %s", text.data);
	}
	return ok;
}

static bool out_of_bounds(struct run *r, const struct node *n, const struct subject *s,
	const char *keyword, const char *what, const json_t *bound)
{
	char *text;

	if (!wf_schema_collecting(r))
		return false;
	text = wf_json_text(bound);
	(void)wf_schema_report(r, n, s, keyword, NULL, "must be %s %s", what, text);
	wf_free(text);
	return false;
}

bool wf_schema_check_number(struct run *r, const struct node *n, const struct subject *s)
{
	const struct numbers *p = n->numbers;
	const json_t *v = s->value;
	bool ok = true;

	if (p->minimum && wf_schema_compare(v, p->minimum) < 0)
		WF_SCHEMA_TRY(r, ok, out_of_bounds(r, n, s, "minimum", "at least", p->minimum));
	if (p->maximum && wf_schema_compare(v, p->maximum) > 0)
		WF_SCHEMA_TRY(r, ok, out_of_bounds(r, n, s, "maximum", "at most", p->maximum));
	if (p->above && wf_schema_compare(v, p->above) <= 0)
		WF_SCHEMA_TRY(r, ok, out_of_bounds(r, n, s, "exclusiveMinimum", "above", p->above));
	if (p->below && wf_schema_compare(v, p->below) >= 0)
		WF_SCHEMA_TRY(r, ok, out_of_bounds(r, n, s, "exclusiveMaximum", "below", p->below));
	if (p->multiple_of && !wf_schema_multiple(v, p->multiple_of))
		WF_SCHEMA_TRY(r, ok,
			out_of_bounds(r, n, s, "multipleOf", "a multiple of", p->multiple_of));
	return ok;
}

int wf_schema_match(struct run *r, const struct node *n, const struct subject *s,
	const struct pattern *p, const char *text, size_t len)
{
	int found = wf_regex_search(p->re, text, len);

	if (found < 0)
		(void)wf_schema_stop(r, n, s,
			found == WF_ELIMIT
				? "cannot be matched against its pattern within the limits"
				: "is not UTF-8, so no pattern can be matched");
	return found;
}

bool wf_schema_check_string(struct run *r, const struct node *n, const struct subject *s)
{
	const struct strings *p = n->strings;
	const char *text = json_string_value(s->value);
	size_t len = json_string_length(s->value), count = len;
	bool ok = true;

	if (p->least || p->most != SIZE_MAX)
		count = wf_utf8_count(text, len);
	if (count < p->least && !count)
		WF_SCHEMA_TRY(
			r, ok, wf_schema_report(r, n, s, "minLength", NULL, "must not be empty"));
	else if (count < p->least)
		WF_SCHEMA_TRY(r, ok,
			wf_schema_report(r, n, s, "minLength", NULL,
				"must have at least %zu characters", p->least));
	if (count > p->most)
		WF_SCHEMA_TRY(r, ok,
			wf_schema_report(r, n, s, "maxLength", NULL,
				"must have at most %zu character%s", p->most,
				p->most == 1 ? "" : "s"));
	if (p->pattern.re) {
		int found = wf_schema_match(r, n, s, &p->pattern, text, len);

		if (found < 0)
			return false;
		if (!found)
			WF_SCHEMA_TRY(r, ok,
				wf_schema_report(r, n, s, "pattern", NULL,
					"must match the pattern %.200s", p->pattern.text));
	}
	if (p->format && !p->format->valid(text, len))
		WF_SCHEMA_TRY(r, ok,
			wf_schema_report(
				r, n, s, "format", NULL, "must be %s", p->format->meaning));
	return ok;
}

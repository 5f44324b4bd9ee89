/*
 * The keywords that assert something about the value itself: its type, its size, its members'
 * names, its text.
 */
#include "schema/keywords.h"

#include "base/json.h"

#include <string.h>

/* -- any type -- */

static unsigned type_bit(const json_t *name)
{
	static const struct {
		const char *name;
		unsigned bit;
	} types[] = {{"null", TYPE_NULL}, {"boolean", TYPE_BOOLEAN}, {"integer", TYPE_INTEGER},
		{"number", TYPE_NUMBER}, {"string", TYPE_STRING}, {"array", TYPE_LIST},
		{"object", TYPE_OBJECT}};

	for (size_t i = 0; json_is_string(name) && i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(types[i].name, json_string_value(name)) == 0)
			return types[i].bit;
	return 0;
}

void wf_keyword_type(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	unsigned bits = type_bit(v);

	for (size_t i = 0; i < json_array_size(v); i++) {
		unsigned bit = type_bit(json_array_get(v, i));

		if (!bit || (bits & bit)) {
			bits = 0;
			break;
		}
		bits |= bit;
	}
	if (!bits)
		wf_keyword_bad(b, n, k,
			"null, boolean, integer, number, string, array or object, or a list of "
			"different ones of them");
	n->types = bits;
}

void wf_keyword_const(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	(void)b;
	(void)k;
	n->constant = v;
}

void wf_keyword_enum(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_array(v))
		wf_keyword_bad(b, n, k, "a list");
	n->choices = v;
}

/* -- numbers -- */

static struct numbers *numbers(struct builder *b, struct node *n)
{
	if (!n->numbers)
		n->numbers = WF_ARENA_NEW(b->arena, struct numbers);
	return n->numbers;
}

void wf_keyword_bound(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct numbers *p = numbers(b, n);

	if (!json_is_number(v)) {
		wf_keyword_bad(b, n, k, "a number");
		return;
	}
	if (strcmp(k->name, "minimum") == 0)
		p->minimum = v;
	else if (strcmp(k->name, "maximum") == 0)
		p->maximum = v;
	else if (strcmp(k->name, "exclusiveMinimum") == 0)
		p->above = v;
	else
		p->below = v;
}

void wf_keyword_multiple(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_number(v) || !(json_number_value(v) > 0))
		wf_keyword_bad(b, n, k, "a number above 0");
	else
		numbers(b, n)->multiple_of = v;
}

/* -- counts -- */

static struct strings *strings(struct builder *b, struct node *n)
{
	if (!n->strings) {
		n->strings = WF_ARENA_NEW(b->arena, struct strings);
		n->strings->most = SIZE_MAX;
	}
	return n->strings;
}

static size_t *count_slot(struct builder *b, struct node *n, const char *name)
{
	bool least = name[1] == 'i'; /* minX or maxX */
	const char *what = name + 3;

	if (strcmp(what, "Length") == 0)
		return least ? &strings(b, n)->least : &strings(b, n)->most;
	if (strcmp(what, "Properties") == 0)
		return least ? &wf_node_objects(b, n)->least : &wf_node_objects(b, n)->most;
	struct lists *l = wf_node_lists(b, n);
	if (strcmp(what, "Items") == 0)
		return least ? &l->least : &l->most;
	return least ? &l->contains_least : &l->contains_most;
}

void wf_keyword_count(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	double d = json_number_value(v);

	if (!json_is_number(v) || d < 0 || !wf_schema_integral(v))
		wf_keyword_bad(b, n, k, "a whole number, 0 or more");
	else if (json_is_integer(v))
		*count_slot(b, n, k->name) = (size_t)json_integer_value(v);
	else
		*count_slot(b, n, k->name) = d < 9e18 ? (size_t)d : SIZE_MAX;
}

/* -- strings -- */

void wf_keyword_compile(struct builder *b, const struct node *n, const struct keyword *k,
	const char *text, size_t len, struct pattern *ret)
{
	struct wf_schema *s = b->schema;
	struct wf_cause cause = {0};
	struct wf_regex *re;

	if (wf_regex_new(text, len, WF_REGEX_ECMA, &re, &cause) < 0) {
		wf_schema_refuse(
			b, n, k->name, WF_EINVAL, "is not a regular expression: %s", cause.text);
		return;
	}
	WF_GROW(s->regexes, s->regex_count, s->regex_room);
	s->regexes[s->regex_count++] = re;
	*ret = (struct pattern){re, text};
}

void wf_keyword_pattern(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_string(v))
		wf_keyword_bad(b, n, k, "a string");
	else
		wf_keyword_compile(b, n, k, json_string_value(v), json_string_length(v),
			&strings(b, n)->pattern);
}

void wf_keyword_format(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_string(v))
		wf_keyword_bad(b, n, k, "a string");
	else if (n->resource->assert_formats)
		strings(b, n)->format = wf_schema_format_find(json_string_value(v));
}

/* -- lists and objects -- */

void wf_keyword_unique(struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	if (!json_is_boolean(v))
		wf_keyword_bad(b, n, k, "true or false");
	else if (json_is_true(v))
		wf_node_lists(b, n)->unique = true;
}

const char **wf_keyword_names(struct builder *b, const struct node *n, const struct keyword *k,
	const json_t *v, size_t *ret_count)
{
	const char **names = WF_ARENA_ARRAY(b->arena, const char *, json_array_size(v) + 1);
	size_t count = 0;

	if (!json_is_array(v))
		wf_keyword_bad(b, n, k, "a list of names");
	for (; count < json_array_size(v); count++) {
		const json_t *name = json_array_get(v, count);

		if (!json_is_string(name)) {
			wf_keyword_bad(b, n, k, "a list of names");
			break;
		}
		names[count] = json_string_value(name);
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count && count <= 1000; j++)
			if (strcmp(names[i], names[j]) == 0)
				wf_keyword_bad(b, n, k, "a list of different names");
	*ret_count = count;
	return names;
}

void wf_keyword_required(
	struct builder *b, struct node *n, const struct keyword *k, const json_t *v)
{
	struct objects *o = wf_node_objects(b, n);

	o->required = wf_keyword_names(b, n, k, v, &o->required_count);
}

/*
 * What a JSON Schema says of a value's type: as much as type, properties, required, items, enum,
 * const, $ref, allOf, anyOf and oneOf say. It never validates, and where it cannot follow it says
 * less ("any"), never something false.
 *
 * A schema is first read as a `shape`, which knows whether other members were ruled out, allowed,
 * or not spoken of: that must be known until the parts of allOf and anyOf are put together; only
 * then is `assume_closed` applied.
 */
#include "expr/internal.h"

#include <stdlib.h>
#include <string.h>

enum rest { UNSAID, CLOSED, OPEN };

struct shape {
	uint32_t kinds;
	const struct wf_type *element;
	struct wf_type_member *members;
	uint32_t member_count;
	enum rest rest;
	bool named; /* the schema speaks of properties at all */
};

/* The references being followed: one that leads back to itself says nothing more. */
struct seen {
	const json_t *schema;
	struct seen *outer;
};

struct reading {
	struct wf_arena *arena;
	const json_t *document;
	bool assume_closed;
	bool kinds_only; /* members and elements are not read */
	struct seen *seen;
	unsigned budget; /* of subschemas, so that branching references end */
	unsigned depth;
};

#define SCHEMA_BUDGET 4000
#define SCHEMA_DEPTH 64

static const struct wf_type *read_schema(struct reading *r, const json_t *schema);
static struct shape read_shape(struct reading *r, const json_t *schema);

static const struct shape shape_any = { .kinds = WF_T_ANY };

static const struct wf_type_member *find(const struct shape *s, const char *name)
{
	for (uint32_t i = 0; i < s->member_count; i++)
		if (strcmp(s->members[i].name, name) == 0)
			return &s->members[i];
	return NULL;
}

static void add_member(struct shape *s, const char *name, const struct wf_type *type)
{
	s->members[s->member_count++] = (struct wf_type_member){ name, type };
}

static struct wf_type *type_of_shape(struct reading *r, const struct shape *s)
{
	struct wf_type *t = WF_ARENA_NEW(r->arena, struct wf_type);
	t->kinds = s->kinds;
	t->element = s->element;
	t->members = s->members;
	t->member_count = s->member_count;
	t->closed = s->rest == CLOSED || (s->rest == UNSAID && s->named && r->assume_closed);
	return t;
}

static struct shape shape_of_type(const struct wf_type *t)
{
	return (struct shape){ .kinds = t->kinds, .element = t->element, .members = t->members,
		.member_count = t->member_count, .rest = t->closed ? CLOSED : OPEN,
		.named = t->member_count > 0 };
}

static struct shape both(struct reading *r, const struct shape *a, const struct shape *b);

static const struct wf_type *both_types(struct reading *r, const struct wf_type *a,
	const struct wf_type *b)
{
	if (a == b)
		return a;
	/* Of a member that one side requires. */
	if (a == &wf_type_any || b == &wf_type_any)
		return wf_type_defined(r->arena, a == &wf_type_any ? b : a);
	struct shape x = shape_of_type(a), y = shape_of_type(b);
	struct shape s = both(r, &x, &y);
	return type_of_shape(r, &s);
}

/* allOf: what holds when both hold. */
static struct shape both(struct reading *r, const struct shape *a, const struct shape *b)
{
	struct shape s = { .kinds = a->kinds & b->kinds };
	if (!(s.kinds & WF_T_ANY))
		s.kinds = a->kinds; /* nothing satisfies both: the validator will say so, not we */
	s.element = a->element && b->element ? both_types(r, a->element, b->element)
		: a->element ? a->element : b->element;
	s.members = WF_ARENA_ARRAY(r->arena, struct wf_type_member,
		a->member_count + b->member_count);
	for (uint32_t i = 0; i < a->member_count; i++) {
		const struct wf_type_member *m = &a->members[i], *n = find(b, m->name);
		if (n)
			add_member(&s, m->name, both_types(r, m->type, n->type));
		else if (b->rest != CLOSED)
			add_member(&s, m->name, m->type);
	}
	for (uint32_t i = 0; i < b->member_count && a->rest != CLOSED; i++)
		if (!find(a, b->members[i].name))
			add_member(&s, b->members[i].name, b->members[i].type);
	s.rest = a->rest == CLOSED || b->rest == CLOSED ? CLOSED
		: a->rest == OPEN || b->rest == OPEN ? OPEN : UNSAID;
	s.named = a->named || b->named;
	return s;
}

/* A member of one side of a union where the other side does not name it. */
static const struct wf_type *missing_on(struct reading *r, const struct shape *other,
	const struct wf_type *mine)
{
	bool absent = other->rest == CLOSED || (other->rest == UNSAID && r->assume_closed);
	return wf_type_maybe(r->arena, absent ? mine : &wf_type_any);
}

/* anyOf, oneOf: what holds when one of them holds. */
static struct shape either(struct reading *r, const struct shape *a, const struct shape *b)
{
	struct shape s = { .kinds = a->kinds | b->kinds };
	if (!(a->kinds & WF_T_LIST) || !(b->kinds & WF_T_LIST))
		s.element = a->kinds & WF_T_LIST ? a->element : b->element;
	else if (a->element && b->element)
		s.element = wf_type_union(r->arena, a->element, b->element);
	if (!(a->kinds & WF_T_MAP) || !(b->kinds & WF_T_MAP)) {
		const struct shape *map = a->kinds & WF_T_MAP ? a : b;
		s.members = map->members;
		s.member_count = map->member_count;
		s.rest = map->rest;
		s.named = map->named;
		return s;
	}
	s.members = WF_ARENA_ARRAY(r->arena, struct wf_type_member,
		a->member_count + b->member_count);
	for (uint32_t i = 0; i < a->member_count; i++) {
		const struct wf_type_member *m = &a->members[i], *n = find(b, m->name);
		add_member(&s, m->name, n ? wf_type_union(r->arena, m->type, n->type)
			: missing_on(r, b, m->type));
	}
	for (uint32_t i = 0; i < b->member_count; i++)
		if (!find(a, b->members[i].name))
			add_member(&s, b->members[i].name, missing_on(r, a, b->members[i].type));
	s.rest = a->rest == OPEN || b->rest == OPEN ? OPEN
		: a->rest == UNSAID || b->rest == UNSAID ? UNSAID : CLOSED;
	s.named = a->named || b->named;
	return s;
}

static uint32_t kind_of_name(const char *name)
{
	static const struct {
		const char *name;
		uint32_t kinds;
	} names[] = {
		{ "null", WF_T_NULL }, { "boolean", WF_T_BOOL }, { "integer", WF_T_INT },
		{ "number", WF_T_NUMBER }, { "string", WF_T_STRING }, { "array", WF_T_LIST },
		{ "object", WF_T_MAP },
	};
	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].name) == 0)
			return names[i].kinds;
	return 0;
}

static uint32_t read_kinds(const json_t *type)
{
	uint32_t kinds = kind_of_name(json_string_value(type));
	for (size_t i = 0; i < json_array_size(type); i++)
		kinds |= kind_of_name(json_string_value(json_array_get(type, i)));
	return kinds ? kinds : WF_T_ANY;
}

static bool is_required(const json_t *required, const char *name)
{
	for (size_t i = 0; i < json_array_size(required); i++) {
		const char *s = json_string_value(json_array_get(required, i));
		if (s && strcmp(s, name) == 0)
			return true;
	}
	return false;
}

/* Keywords that may allow members which are not followed here. */
static bool has_unfollowed(const json_t *schema)
{
	static const char *const keys[] = { "patternProperties", "if", "then", "else",
		"dependentSchemas", "$dynamicRef", "propertyNames" };
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(schema, keys[i]))
			return true;
	return false;
}

static void read_members(struct reading *r, const json_t *schema, struct shape *s)
{
	json_t *properties = json_object_get(schema, "properties");
	const json_t *required = json_object_get(schema, "required");
	const json_t *more = json_object_get(schema, "additionalProperties");
	if (!more)
		more = json_object_get(schema, "unevaluatedProperties");
	s->named = json_is_object(properties);
	s->rest = json_is_false(more) && !json_object_get(schema, "patternProperties") ? CLOSED
		: (more && !json_is_false(more)) || has_unfollowed(schema) ? OPEN : UNSAID;
	s->members = WF_ARENA_ARRAY(r->arena, struct wf_type_member,
		json_object_size(properties) + json_array_size(required));
	for (void *it = json_object_iter(properties); it;
		it = json_object_iter_next(properties, it)) {
		const char *name = json_object_iter_key(it);
		const struct wf_type *t = read_schema(r, json_object_iter_value(it));
		if (!is_required(required, name))
			t = wf_type_maybe(r->arena, t);
		add_member(s, wf_arena_strdup(r->arena, name), t);
	}
	for (size_t i = 0; i < json_array_size(required); i++) {
		const char *name = json_string_value(json_array_get(required, i));
		if (name && !find(s, name) && s->rest != CLOSED)
			add_member(s, wf_arena_strdup(r->arena, name), &wf_type_any);
	}
}

/* The fixed set of values of enum or const, as kinds. */
static uint32_t kinds_of_values(struct reading *r, const json_t *schema)
{
	const json_t *one = json_object_get(schema, "const");
	const json_t *many = json_object_get(schema, "enum");
	uint32_t kinds = one ? wf_type_of_value(r->arena, one)->kinds : 0;
	for (size_t i = 0; i < json_array_size(many); i++)
		kinds |= wf_type_of_value(r->arena, json_array_get(many, i))->kinds;
	return kinds ? kinds : WF_T_ANY;
}

/* Follows one reference token of a JSON Pointer in a URI fragment (with ~0, ~1 and %XX). */
static const json_t *pointer_step(const json_t *at, const char *token, size_t n)
{
	char name[256];
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		if (len + 1 >= sizeof(name))
			return NULL;
		char c = token[i];
		if (c == '~' && i + 1 < n) {
			c = token[++i] == '1' ? '/' : '~';
		} else if (c == '%' && i + 2 < n) {
			char hex[3] = { token[i + 1], token[i + 2], '\0' };
			c = (char)strtoul(hex, NULL, 16);
			i += 2;
		}
		name[len++] = c;
	}
	name[len] = '\0';
	if (!json_is_array(at))
		return json_object_get(at, name);
	char *end;
	unsigned long index = strtoul(name, &end, 10);
	return *end || end == name ? NULL : json_array_get(at, index);
}

static const json_t *find_reference(const struct reading *r, const char *ref)
{
	if (ref[0] != '#' || (ref[1] && ref[1] != '/'))
		return NULL;
	const json_t *at = r->document;
	for (const char *p = ref + 1; at && *p == '/';) {
		size_t n = strcspn(p + 1, "/");
		at = pointer_step(at, p + 1, n);
		p += 1 + n;
	}
	return at;
}

static struct shape read_reference(struct reading *r, const char *ref)
{
	static const struct shape unknown = { .kinds = WF_T_ANY, .rest = OPEN };
	const json_t *target = find_reference(r, ref);
	if (!target)
		return unknown;
	for (const struct seen *s = r->seen; s; s = s->outer)
		if (s->schema == target)
			return unknown;
	struct seen here = { target, r->seen };
	r->seen = &here;
	struct shape s = read_shape(r, target);
	r->seen = here.outer;
	return s;
}

static struct shape read_branches(struct reading *r, const json_t *branches)
{
	struct shape s = shape_any;
	for (size_t i = 0; i < json_array_size(branches); i++) {
		struct shape branch = read_shape(r, json_array_get(branches, i));
		s = i ? either(r, &s, &branch) : branch;
	}
	return s;
}

static struct shape read_object(struct reading *r, const json_t *schema)
{
	struct shape s = { .kinds = read_kinds(json_object_get(schema, "type")) };
	uint32_t values = kinds_of_values(r, schema);
	if (s.kinds & values)
		s.kinds &= values;
	if (!r->kinds_only) {
		read_members(r, schema, &s);
		const json_t *items = json_object_get(schema, "items");
		if (items && !json_object_get(schema, "prefixItems"))
			s.element = read_schema(r, items);
	}
	const char *ref = json_string_value(json_object_get(schema, "$ref"));
	if (ref) {
		struct shape target = read_reference(r, ref);
		s = both(r, &s, &target);
	}
	const json_t *all = json_object_get(schema, "allOf");
	for (size_t i = 0; i < json_array_size(all); i++) {
		struct shape part = read_shape(r, json_array_get(all, i));
		s = both(r, &s, &part);
	}
	static const char *const some[] = { "anyOf", "oneOf" };
	for (size_t i = 0; i < 2; i++) {
		const json_t *branches = json_object_get(schema, some[i]);
		if (json_array_size(branches)) {
			struct shape one = read_branches(r, branches);
			s = both(r, &s, &one);
		}
	}
	return s;
}

static struct shape read_shape(struct reading *r, const json_t *schema)
{
	if (json_is_false(schema))
		return (struct shape){ .kinds = WF_T_UNDEF };
	if (!json_is_object(schema) || r->budget == 0 || r->depth == SCHEMA_DEPTH)
		return (struct shape){ .kinds = WF_T_ANY, .rest = json_is_true(schema) ? UNSAID : OPEN };
	r->budget--;
	r->depth++;
	struct shape s = read_object(r, schema);
	r->depth--;
	return s;
}

static const struct wf_type *read_schema(struct reading *r, const json_t *schema)
{
	struct shape s = read_shape(r, schema);
	if (s.kinds == WF_T_ANY && !s.member_count && !s.element && s.rest != CLOSED && !s.named)
		return &wf_type_any;
	return type_of_shape(r, &s);
}

const struct wf_type *wf_type_of_schema(struct wf_arena *arena, const json_t *schema,
	bool assume_closed)
{
	struct reading r = { .arena = arena, .document = schema, .assume_closed = assume_closed,
		.budget = SCHEMA_BUDGET };
	return read_schema(&r, schema);
}

uint32_t wf_kinds_of_schema(struct wf_arena *arena, const json_t *schema)
{
	struct reading r = { .arena = arena, .document = schema, .kinds_only = true,
		.budget = SCHEMA_BUDGET };
	return read_shape(&r, schema).kinds;
}

/*
 * Types: of values, unions, members, names. What a JSON Schema says is in type_schema.c.
 */
#include "expr/internal.h"

#include <stdio.h>
#include <string.h>

const struct wf_type wf_type_any = { .kinds = WF_T_ANY };

const struct wf_type *wf_type_kinds(struct wf_arena *arena, uint32_t kinds)
{
	if (kinds == WF_T_ANY)
		return &wf_type_any;
	struct wf_type *t = WF_ARENA_NEW(arena, struct wf_type);
	t->kinds = kinds;
	return t;
}

const struct wf_type *wf_type_list_of(struct wf_arena *arena, const struct wf_type *element)
{
	struct wf_type *t = WF_ARENA_NEW(arena, struct wf_type);
	t->kinds = WF_T_LIST;
	t->element = element;
	return t;
}

static const struct wf_type *with_kinds(struct wf_arena *arena, const struct wf_type *type,
	uint32_t kinds)
{
	if (type->kinds == kinds)
		return type;
	struct wf_type *t = WF_ARENA_NEW(arena, struct wf_type);
	*t = *type;
	t->kinds = kinds;
	return t;
}

const struct wf_type *wf_type_defined(struct wf_arena *arena, const struct wf_type *type)
{
	return with_kinds(arena, type, type->kinds & ~(uint32_t)WF_T_UNDEF);
}

const struct wf_type *wf_type_maybe(struct wf_arena *arena, const struct wf_type *type)
{
	return with_kinds(arena, type, type->kinds | WF_T_UNDEF);
}

static const struct wf_type *type_of_list(struct wf_arena *arena, const json_t *value)
{
	const struct wf_type *element = NULL;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const struct wf_type *t = wf_type_of_value(arena, json_array_get(value, i));
		element = element ? wf_type_union(arena, element, t) : t;
		if (element->kinds == WF_T_ANY)
			break;
	}
	return wf_type_list_of(arena, element);
}

static const struct wf_type *type_of_map(struct wf_arena *arena, const json_t *value)
{
	struct wf_type *t = WF_ARENA_NEW(arena, struct wf_type);
	t->kinds = WF_T_MAP;
	t->closed = true;
	t->members = WF_ARENA_ARRAY(arena, struct wf_type_member, json_object_size(value));
	const char *key;
	json_t *member;
	/* jansson's iteration takes no const object; nothing is changed. */
	void *it = json_object_iter((json_t *)(uintptr_t)value);
	for (; it; it = json_object_iter_next((json_t *)(uintptr_t)value, it)) {
		key = json_object_iter_key(it);
		member = json_object_iter_value(it);
		t->members[t->member_count++] = (struct wf_type_member){
			.name = wf_arena_strdup(arena, key),
			.type = wf_type_of_value(arena, member),
		};
	}
	return t;
}

const struct wf_type *wf_type_of_value(struct wf_arena *arena, const json_t *value)
{
	static const uint32_t kinds[] = {
		[JSON_NULL] = WF_T_NULL, [JSON_TRUE] = WF_T_BOOL, [JSON_FALSE] = WF_T_BOOL,
		[JSON_INTEGER] = WF_T_INT, [JSON_REAL] = WF_T_REAL, [JSON_STRING] = WF_T_STRING,
	};
	if (!value)
		return wf_type_kinds(arena, WF_T_UNDEF);
	if (json_is_array(value))
		return type_of_list(arena, value);
	if (json_is_object(value))
		return type_of_map(arena, value);
	return wf_type_kinds(arena, kinds[json_typeof(value)]);
}

static const struct wf_type *find_member(const struct wf_type *map, const char *name)
{
	for (uint32_t i = 0; i < map->member_count; i++)
		if (strcmp(map->members[i].name, name) == 0)
			return map->members[i].type;
	return NULL;
}

const struct wf_type *wf_type_member(const struct wf_type *map, const char *name)
{
	if (!(map->kinds & WF_T_MAP))
		return NULL;
	const struct wf_type *t = find_member(map, name);
	if (t)
		return t;
	return map->closed ? NULL : &wf_type_any;
}

/* The member of one side of a union for which the other is `mine`; NULL: surely not there. */
static const struct wf_type *union_member(struct wf_arena *arena, const struct wf_type *mine,
	const struct wf_type *other_map, const char *name)
{
	const struct wf_type *other = find_member(other_map, name);
	if (other)
		return wf_type_union(arena, mine, other);
	return other_map->closed ? wf_type_maybe(arena, mine) : wf_type_maybe(arena, &wf_type_any);
}

static void union_members(struct wf_arena *arena, const struct wf_type *a, const struct wf_type *b,
	struct wf_type *t)
{
	t->members = WF_ARENA_ARRAY(arena, struct wf_type_member, a->member_count + b->member_count);
	for (uint32_t i = 0; i < a->member_count; i++)
		t->members[t->member_count++] = (struct wf_type_member){ a->members[i].name,
			union_member(arena, a->members[i].type, b, a->members[i].name) };
	for (uint32_t i = 0; i < b->member_count; i++)
		if (!find_member(a, b->members[i].name))
			t->members[t->member_count++] = (struct wf_type_member){ b->members[i].name,
				union_member(arena, b->members[i].type, a, b->members[i].name) };
	t->closed = a->closed && b->closed;
}

const struct wf_type *wf_type_union(struct wf_arena *arena, const struct wf_type *a,
	const struct wf_type *b)
{
	if (a == b)
		return a;
	struct wf_type *t = WF_ARENA_NEW(arena, struct wf_type);
	t->kinds = a->kinds | b->kinds;
	const struct wf_type *list = !(b->kinds & WF_T_LIST) ? a : !(a->kinds & WF_T_LIST) ? b : NULL;
	if (list)
		t->element = list->element;
	else if (a->element && b->element)
		t->element = wf_type_union(arena, a->element, b->element);
	const struct wf_type *map = !(b->kinds & WF_T_MAP) ? a : !(a->kinds & WF_T_MAP) ? b : NULL;
	if (!map) {
		union_members(arena, a, b, t);
	} else {
		t->members = map->members;
		t->member_count = map->member_count;
		t->closed = map->closed;
	}
	return t;
}

void wf_type_name(const struct wf_type *type, char *ret, size_t room)
{
	static const struct {
		uint32_t kinds;
		const char *name;
	} names[] = {
		{ WF_T_BOOL, "boolean" }, { WF_T_NUMBER, "number" }, { WF_T_INT, "integer" },
		{ WF_T_REAL, "number" }, { WF_T_STRING, "string" }, { WF_T_LIST, "list" },
		{ WF_T_MAP, "object" }, { WF_T_NULL, "null" },
	};
	uint32_t left = type->kinds & WF_T_ANY;
	const char *whole = left == WF_T_ANY ? "any" : left == 0 ? "undefined" : "";
	(void)snprintf(ret, room, "%s", whole);
	if (*whole)
		return;
	size_t len = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && len < room; i++) {
		if ((left & names[i].kinds) != names[i].kinds)
			continue;
		left &= ~names[i].kinds;
		int n = snprintf(ret + len, room - len, "%s%s", len ? " or " : "", names[i].name);
		len += n > 0 ? (size_t)n : 0;
	}
}

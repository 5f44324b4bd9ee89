/*
 * The rows that are written once: who an instance is, and what it was started with. See rows.c.
 */
#include "state/rows.h"

#include "base/limits.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "state/event.h"

#include <string.h>

/* -- identity -- */

enum {
	ID_VERSION = 1,
	ID_TENANT = 2,          /* a string follows */
	ID_TENANT_DEFAULT = 4,  /* "default", and no string */
	ID_ENV = 8,
	ID_ENV_DEFAULT = 16,
	ID_CORRELATION = 32,
	ID_STARTED_BY = 64,
	ID_OS_USER = 128,       /* a string follows */
	ID_OS_USER_SAME = 256,  /* the same as started_by */
	ID_WORKFLOW = 512,
	ID_FOLDER = 1024,
	ID_START_KEY = 2048,
	ID_SLOTS = 4096,
	ID_SCHEDULE = 8192,
	ID_PARENT = 16384,
	ID_AWAITED = 32768,     /* no field */
	ID_OUTLIVES = 65536,    /* no field */
	ID_BUNDLE = 131072,
	ID_FIRST_EVENT = 262144,
	ID_ALL = 524287
};

#define DEFAULT_NAME "default"

static unsigned name_bits(const char *name, unsigned given, unsigned is_default)
{
	if (!name)
		return 0;
	return strcmp(name, DEFAULT_NAME) == 0 ? is_default : given;
}

static bool same_user(const struct wf_instance *in)
{
	return in->started_by && in->os_user && strcmp(in->started_by, in->os_user) == 0;
}

void wf_row_put_identity(const struct wf_instance *in, struct wf_buf *out)
{
	unsigned mask = (in->version ? ID_VERSION : 0u) |
		name_bits(in->tenant, ID_TENANT, ID_TENANT_DEFAULT) |
		name_bits(in->environment, ID_ENV, ID_ENV_DEFAULT) |
		(in->correlation_id ? ID_CORRELATION : 0u) |
		(in->started_by ? ID_STARTED_BY : 0u) |
		(same_user(in) ? ID_OS_USER_SAME : in->os_user ? ID_OS_USER : 0u) |
		(in->workflow ? ID_WORKFLOW : 0u) | (in->folder ? ID_FOLDER : 0u) |
		(in->start_key ? ID_START_KEY : 0u) | (in->slots ? ID_SLOTS : 0u) |
		(in->schedule ? ID_SCHEDULE : 0u) | (in->parent ? ID_PARENT : 0u) |
		(in->awaited ? ID_AWAITED : 0u) | (in->outlives ? ID_OUTLIVES : 0u) |
		(in->bundle ? ID_BUNDLE : 0u) | (in->first_event ? ID_FIRST_EVENT : 0u);
	wf_put_varint(out, mask);
	wf_buf_add(out, in->uuid.bytes, sizeof(in->uuid.bytes));
	wf_buf_add(out, in->plan_id, sizeof(in->plan_id));
	wf_put_time(out, in->created_at, 0);
	wf_put_varint(out, in->step_count);
	if (mask & ID_WORKFLOW)
		wf_put_string(out, in->workflow);
	if (mask & ID_VERSION)
		wf_put_string(out, in->version);
	if (mask & ID_TENANT)
		wf_put_string(out, in->tenant);
	if (mask & ID_ENV)
		wf_put_string(out, in->environment);
	if (mask & ID_CORRELATION)
		wf_put_string(out, in->correlation_id);
	if (mask & ID_STARTED_BY)
		wf_put_string(out, in->started_by);
	if (mask & ID_OS_USER)
		wf_put_string(out, in->os_user);
	if (mask & ID_FOLDER)
		wf_put_string(out, in->folder);
	if (mask & ID_START_KEY)
		wf_put_string(out, in->start_key);
	if (mask & ID_SLOTS)
		wf_put_json(out, in->slots);
	if (mask & ID_SCHEDULE)
		wf_put_varint(out, in->schedule);
	if (mask & ID_PARENT) {
		wf_put_varint(out, in->parent);
		wf_put_varint(out, in->depth);
		wf_put_string(out, in->parent_step);
	}
	if (mask & ID_BUNDLE)
		wf_put_json(out, in->bundle);
	if (mask & ID_FIRST_EVENT)
		wf_put_varint(out, in->first_event);
}

static char *get_name(struct wf_reader *r, unsigned mask, unsigned given, unsigned is_default)
{
	if (mask & is_default) {
		if (mask & given)
			r->bad = true;
		return wf_strdup(DEFAULT_NAME);
	}
	char *name = get_if(r, mask, given);
	if (name && strcmp(name, DEFAULT_NAME) == 0)
		r->bad = true;
	return name;
}

static char *get_os_user(struct wf_reader *r, unsigned mask, const struct wf_instance *in)
{
	if (mask & ID_OS_USER_SAME) {
		if (mask & ID_OS_USER || !in->started_by) {
			r->bad = true;
			return NULL;
		}
		return wf_strdup(in->started_by);
	}
	return get_if(r, mask, ID_OS_USER);
}

/* The identity's fields go over; what the target had goes to `t`. */
static void take_identity(struct wf_instance *in, struct wf_instance *t)
{
	in->uuid = t->uuid;
	memcpy(in->plan_id, t->plan_id, sizeof(in->plan_id));
	in->created_at = t->created_at;
	in->schedule = t->schedule;
	in->parent = t->parent;
	in->depth = t->depth;
	in->first_event = t->first_event;
	in->awaited = t->awaited;
	in->outlives = t->outlives;
	swap_text(&in->parent_step, &t->parent_step);
	swap_json(&in->bundle, &t->bundle);
	swap_text(&in->workflow, &t->workflow);
	swap_text(&in->version, &t->version);
	swap_text(&in->tenant, &t->tenant);
	swap_text(&in->environment, &t->environment);
	swap_text(&in->correlation_id, &t->correlation_id);
	swap_text(&in->started_by, &t->started_by);
	swap_text(&in->os_user, &t->os_user);
	swap_text(&in->folder, &t->folder);
	swap_text(&in->start_key, &t->start_key);
	swap_json(&in->slots, &t->slots);
}

/* Whose child it is. A plain instance has none of it. */
static bool get_parent(struct wf_reader *r, unsigned mask, struct wf_instance *t)
{
	t->awaited = mask & ID_AWAITED;
	t->outlives = mask & ID_OUTLIVES;
	if (mask & ID_PARENT) {
		t->parent = wf_get_varint(r);
		t->depth = wf_get_u32_varint(r);
		t->parent_step = wf_get_string(r);
	}
	t->bundle = mask & ID_BUNDLE ? wf_get_json(r) : NULL;
	return !!t->parent == !!(mask & ID_PARENT) && (t->parent || !(t->awaited || t->outlives)) &&
		(!t->bundle || json_is_object(t->bundle));
}

static void set_step_count(struct wf_instance *in, uint32_t steps, struct wf_instance *t)
{
	if (in->step_count == steps)
		return;
	t->step_count = in->step_count;
	t->steps = in->steps;
	in->step_count = steps;
	in->steps = steps ? wf_calloc(steps, sizeof(*in->steps)) : NULL;
	in->dirty_count = 0;
}

/* Everything before the JSON: the mask. */
static unsigned get_names(struct wf_reader *r, struct wf_instance *t, uint32_t *ret_steps)
{
	unsigned mask = wf_get_u32_varint(r);
	const uint8_t *uuid = wf_get_raw(r, sizeof(t->uuid.bytes));
	const uint8_t *plan = wf_get_raw(r, sizeof(t->plan_id));
	if (uuid && plan) {
		memcpy(t->uuid.bytes, uuid, sizeof(t->uuid.bytes));
		memcpy(t->plan_id, plan, sizeof(t->plan_id));
	}
	t->created_at = wf_get_time(r, 0);
	*ret_steps = wf_get_u32_varint(r);
	t->workflow = get_if(r, mask, ID_WORKFLOW);
	t->version = get_if(r, mask, ID_VERSION);
	t->tenant = get_name(r, mask, ID_TENANT, ID_TENANT_DEFAULT);
	t->environment = get_name(r, mask, ID_ENV, ID_ENV_DEFAULT);
	t->correlation_id = get_if(r, mask, ID_CORRELATION);
	t->started_by = get_if(r, mask, ID_STARTED_BY);
	t->os_user = get_os_user(r, mask, t);
	t->folder = get_if(r, mask, ID_FOLDER);
	t->start_key = get_if(r, mask, ID_START_KEY);
	return mask;
}

int wf_row_get_names(const void *bytes, size_t n, struct wf_instance *in)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_instance *t = wf_instance_new(0);
	uint32_t steps;
	(void)get_names(&r, t, &steps);
	if (!r.bad)
		take_identity(in, t);
	wf_instance_free(t);
	return r.bad ? WF_ECORRUPT : 0;
}

int wf_row_get_identity(const void *bytes, size_t n, struct wf_instance *in)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	struct wf_instance *t = wf_instance_new(0);
	uint32_t steps;
	unsigned mask = get_names(&r, t, &steps);
	t->slots = mask & ID_SLOTS ? wf_get_json(&r) : NULL;
	t->schedule = mask & ID_SCHEDULE ? wf_get_varint(&r) : 0;
	bool child = get_parent(&r, mask, t);
	t->first_event = mask & ID_FIRST_EVENT ? wf_get_varint(&r) : 0;
	bool good = child && ended_well(&r) && mask <= ID_ALL && steps <= WF_MAX_STEPS &&
		!!t->schedule == !!(mask & ID_SCHEDULE) &&
		!!t->first_event == !!(mask & ID_FIRST_EVENT) &&
		(!t->slots || json_is_array(t->slots)) &&
		(mask & ID_OS_USER_SAME || !same_user(t));
	if (good) {
		take_identity(in, t);
		set_step_count(in, steps, t);
	}
	wf_instance_free(t);
	return good ? 0 : WF_ECORRUPT;
}

/* -- input -- */

enum { IN_INPUT = 1, IN_EVENT = 2, IN_CONNECTIONS = 4, IN_ALL = 7 };

void wf_row_put_input(const struct wf_instance *in, struct wf_buf *out)
{
	wf_put_u8(out, (uint8_t)((in->input ? IN_INPUT : 0) | (in->event ? IN_EVENT : 0) |
				 (in->connections ? IN_CONNECTIONS : 0)));
	if (in->input)
		wf_put_json(out, in->input);
	if (in->event)
		wf_put_json(out, in->event);
	if (in->connections)
		wf_put_json(out, in->connections);
}

int wf_row_get_input(const void *bytes, size_t n, struct wf_instance *in)
{
	struct wf_reader r = wf_reader_of(bytes, n);
	unsigned mask = wf_get_u8(&r);
	json_t *input = mask & IN_INPUT ? wf_get_json(&r) : NULL;
	json_t *event = mask & IN_EVENT ? wf_get_json(&r) : NULL;
	json_t *connections = mask & IN_CONNECTIONS ? wf_get_json(&r) : NULL;
	bool good = ended_well(&r) && mask <= IN_ALL;
	if (good) {
		swap_json(&in->input, &input);
		swap_json(&in->event, &event);
		swap_json(&in->connections, &connections);
	}
	json_decref(connections);
	json_decref(input);
	json_decref(event);
	return good ? 0 : WF_ECORRUPT;
}

/*
 * Who is asked: performs approval.request's lookup. The result is the input with every group of people
 * ({list, roles, resolver, args, fallback}) replaced by its names, {list: [...]}.
 *
 * A role is looked up in the directory, a resolver is what the tenant configured: the directory too, a
 * command, an HTTP request. One that fails, hangs or gives no list of names fails the attempt with a type
 * of its own; an empty answer leads to the fallback. Nothing here changes anything, so that an attempt whose
 * outcome is not known is made again.
 */
#include "effect/resolve.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys.h"
#include "effect/classify.h"
#include "effect/hub.h"
#include "effect/spool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MOST_MS 30000u

/* One group of people on its way to names. */
struct search {
	struct resolve *of;
	json_t *target;           /* in the input that is given back */
	json_t *level;            /* what is looked up now: the group, or a fallback of it; ours */
	json_t *names;
	bool waiting, command;    /* a command or request of it is under way */
	char token[WF_SPOOL_TOKEN_MAX + 1];
};

struct resolve {
	struct wf_running base;
	struct wf_effects *effects;
	struct resolve *next;     /* of those under way */
	json_t *input;            /* a copy, changed as answers come */
	char *token, *folder;
	uint64_t timeout_ms;
	struct search *searches;
	size_t count, room;
	bool busy;                /* its searches are begun: it does not end in the midst of that */
	bool failed;
	struct wf_effect_result fail;
};

/* -- names -- */

static bool named_in(const json_t *names, const char *name)
{
	size_t i;
	json_t *entry;
	json_array_foreach (names, i, entry)
		if (strcmp(json_string_value(entry), name) == 0)
			return true;
	return false;
}

/* Adds a list's names, each once. False when it is no list of names. */
static bool add_names(json_t *names, const json_t *list)
{
	size_t i;
	json_t *entry;
	if (!json_is_array(list) || json_array_size(list) > WF_MAX_APPROVERS)
		return false;
	json_array_foreach (list, i, entry) {
		if (!json_is_string(entry) || !json_string_length(entry))
			return false;
		if (!named_in(names, json_string_value(entry)))
			(void)json_array_append(names, entry);
	}
	return json_array_size(names) <= WF_MAX_APPROVERS;
}

static void fail(struct resolve *r, enum wf_error_type type, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void fail(struct resolve *r, enum wf_error_type type, const char *code, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	if (r->failed)
		return;
	r->failed = true;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	wf_result_fail(&r->fail, type, code, "%s", text);
}

/* -- the directory -- */

static const json_t *people(struct resolve *r)
{
	struct wf_cause cause = {0};
	const struct wf_effects *e = r->effects;
	const json_t *all = e->people ? e->people(e->people_arg, &cause) : NULL;
	if (!all && *cause.text)
		fail(r, WF_ERROR_POLICY, "directory_unreadable", "who is asked cannot be found out: %s",
			cause.text);
	return all;
}

static void add_roles(struct search *s, const json_t *roles)
{
	size_t i;
	json_t *role;
	json_array_foreach (roles, i, role) {
		const char *name = json_string_value(role);
		const json_t *all = people(s->of);
		const json_t *known = json_object_get(json_object_get(all, "directory"), "roles");
		const json_t *members = name ? json_object_get(known, name) : NULL;
		if (!members)
			fail(s->of, WF_ERROR_POLICY, "role_unknown",
				"the directory knows no role `%s`", name ? name : "");
		else if (!add_names(s->names, members))
			fail(s->of, WF_ERROR_VALIDATION, "resolver_output",
				"the directory's role `%s` is no list of names", name ? name : "");
	}
}

static void add_text(struct wf_buf *b, const json_t *arg)
{
	if (json_is_string(arg)) {
		wf_buf_printf(b, "%s", json_string_value(arg));
	} else {
		WF_AUTOFREE char *text = wf_json_text(arg);
		wf_buf_printf(b, "%s", text);
	}
}

/* Functions of the directory are tables: several arguments are one text, with commas. */
static void look_in_directory(struct search *s, const char *name, const json_t *args)
{
	WF_AUTOBUF struct wf_buf key = {0};
	size_t i;
	json_t *arg;
	json_array_foreach (args, i, arg) {
		if (i)
			wf_buf_printf(&key, ",");
		add_text(&key, arg);
	}
	const json_t *functions =
		json_object_get(json_object_get(people(s->of), "directory"), "functions");
	const json_t *function = json_object_get(functions, name);
	const json_t *list = json_object_get(function, key.data ? key.data : "");
	if (!function)
		fail(s->of, WF_ERROR_POLICY, "resolver_unknown", "no resolver is named `%s`", name);
	else if (list && !add_names(s->names, list))
		fail(s->of, WF_ERROR_VALIDATION, "resolver_output",
			"the directory's function `%s` gives no list of names", name);
}

/* -- commands and requests -- */

static json_t *command_input(const json_t *means, const json_t *args)
{
	json_t *command = json_deep_copy(json_object_get(means, "command"));
	size_t i;
	json_t *arg;
	json_array_foreach (args, i, arg) {
		WF_AUTOBUF struct wf_buf text = {0};
		add_text(&text, arg);
		(void)json_array_append_new(command, json_string(text.data ? text.data : ""));
	}
	json_t *input = json_pack("{s:o, s:s}", "command", command, "output", "json");
	json_t *env = json_object_get(means, "env"), *cwd = json_object_get(means, "cwd");
	if (env)
		(void)json_object_set(input, "env", env);
	if (cwd)
		(void)json_object_set(input, "cwd", cwd);
	return input;
}

static json_t *request_input(const json_t *means, const char *name, const json_t *args)
{
	json_t *input = json_deep_copy(json_object_get(means, "http"));
	const char *method = json_string_value(json_object_get(input, "method"));
	if (!method)
		(void)json_object_set_new(input, "method", json_string("POST"));
	(void)json_object_set_new(input, "output", json_string("json"));
	if (method && strcmp(method, "GET") == 0) {
		json_t *query = json_pack("{s:s}", "resolver", name);
		WF_AUTOBUF struct wf_buf text = {0};
		size_t i;
		json_t *arg;
		json_array_foreach (args, i, arg) {
			if (i)
				wf_buf_printf(&text, ",");
			add_text(&text, arg);
		}
		(void)json_object_set_new(query, "args", json_string(text.data ? text.data : ""));
		json_object_update_missing(query, json_object_get(input, "query"));
		(void)json_object_set_new(input, "query", query);
	} else if (!json_object_get(input, "body")) {
		(void)json_object_set_new(input, "body", json_pack("{s:s, s:o}", "resolver", name,
			"args", args ? json_deep_copy(args) : json_array()));
	}
	return input;
}

static void begin(struct search *s, enum wf_action action, json_t *input)
{
	struct resolve *r = s->of;
	struct wf_cause cause = {0};
	(void)snprintf(s->token, sizeof(s->token), "%.80s-r%08x", r->token, wf_random_u32());
	struct wf_effect_request request = {.action = action, .input = input, .token = s->token,
		.folder = r->folder, .timeout_ms = r->timeout_ms, .cookie = s};
	s->waiting = true;
	s->command = action == WF_ACT_EXEC_RUN;
	int rc = wf_effects_begin(r->effects, &request, &cause);
	if (rc) {
		s->waiting = false;
		fail(r, WF_ERROR_IN_DOUBT, "not_started", "a resolver cannot begin: %s", cause.text);
		r->fail.ran_out = rc; /* no failure of the step: it is looked up again when there is room */
	}
	json_decref(input);
}

static void ask(struct search *s, const char *name)
{
	const json_t *means =
		json_object_get(json_object_get(people(s->of), "resolvers"), name);
	const json_t *args = json_object_get(s->level, "args");
	if (json_is_array(json_object_get(means, "command")))
		begin(s, WF_ACT_EXEC_RUN, command_input(means, args));
	else if (json_is_object(json_object_get(means, "http")))
		begin(s, WF_ACT_HTTP_REQUEST, request_input(means, name, args));
	else
		look_in_directory(s, name, args);
}

/* -- a group of people -- */

/* One level after the other, until one has names or there is none left. */
static void look_up(struct search *s)
{
	for (;;) {
		const json_t *list = json_object_get(s->level, "list");
		const char *resolver = json_string_value(json_object_get(s->level, "resolver"));
		if (list && !add_names(s->names, list))
			fail(s->of, WF_ERROR_VALIDATION, "approvers_invalid",
				"approvers.list must hold names, each a string that is not empty");
		add_roles(s, json_object_get(s->level, "roles"));
		if (resolver && !s->of->failed)
			ask(s, resolver);
		json_t *fallback = json_object_get(s->level, "fallback");
		if (s->waiting || s->of->failed || json_array_size(s->names) ||
			!json_is_object(fallback))
			return;
		(void)json_incref(fallback);
		json_decref(s->level);
		s->level = fallback;
	}
}

static void put_names(struct search *s)
{
	(void)json_object_clear(s->target);
	(void)json_object_set(s->target, "list", s->names);
}

/* What came instead of a list of names; not the thing itself, which may be anything. */
static const char *what_came(const json_t *answer)
{
	if (!answer || json_is_null(answer))
		return "nothing";
	return json_is_array(answer) ? "a list with something else in it"
		: json_is_object(answer) ? "an object"
		: json_is_string(answer) ? "a text"
		: "a number or a boolean";
}

/* Answers: a list of names, bare or as `approvers`. */
static void take_answer(struct search *s, const json_t *answer)
{
	const char *name = json_string_value(json_object_get(s->level, "resolver"));
	const json_t *list = json_is_object(answer) ? json_object_get(answer, "approvers") : answer;
	if (!add_names(s->names, list)) {
		fail(s->of, WF_ERROR_VALIDATION, "resolver_output",
			"the resolver `%s` gives no list of names, but %s", name, what_came(answer));
		return;
	}
	json_t *fallback = json_object_get(s->level, "fallback");
	if (json_array_size(s->names) || !json_is_object(fallback))
		return;
	(void)json_incref(fallback);
	json_decref(s->level);
	s->level = fallback;
	look_up(s);
}

static void take_failure(struct search *s, struct wf_effect_result *result)
{
	struct resolve *r = s->of;
	const char *name = json_string_value(json_object_get(s->level, "resolver"));
	if (r->failed)
		return;
	if (result->type == WF_ERROR_VALIDATION && strcmp(result->code, "invalid_json") == 0) {
		fail(r, WF_ERROR_VALIDATION, "resolver_output",
			"the resolver `%s` gives no list of names, but what is not JSON", name);
		return;
	}
	r->failed = true;
	r->fail = *result;
	r->fail.message = wf_asprintf("the resolver `%s`: %s", name,
		result->message ? result->message : "");
	wf_free(result->message);
	*result = (struct wf_effect_result){0};
}

/* -- the whole -- */

static void unlist(struct resolve *r)
{
	struct resolve **at = &r->effects->resolving;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
}

static void free_resolve(struct resolve *r)
{
	for (size_t i = 0; i < r->count; i++) {
		json_decref(r->searches[i].level);
		json_decref(r->searches[i].names);
	}
	wf_effect_result_done(&r->fail);
	json_decref(r->input);
	wf_free(r->token);
	wf_free(r->folder);
	wf_free(r->searches);
	wf_free(r);
}

static void stop_searches(struct resolve *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->searches[i].waiting)
			wf_effects_stop(r->effects, &r->searches[i]);
}

static bool is_over(const struct resolve *r)
{
	for (size_t i = 0; i < r->count && !r->failed; i++)
		if (r->searches[i].waiting)
			return false;
	return true;
}

static void end(struct resolve *r)
{
	struct wf_effects *e = r->effects;
	struct wf_effect_result result = {.cookie = r->base.cookie, .ok = true};
	unlist(r);
	stop_searches(r);
	if (r->failed) {
		result = r->fail;
		result.cookie = r->base.cookie;
		r->fail = (struct wf_effect_result){0};
	} else {
		for (size_t i = 0; i < r->count; i++)
			put_names(&r->searches[i]);
		result.output = json_incref(r->input);
	}
	wf_hub_remove(e, &r->base);
	free_resolve(r);
	wf_hub_deliver(e, &result);
}

static struct search *search_of(struct resolve *r, const void *cookie)
{
	for (size_t i = 0; i < r->count; i++)
		if (&r->searches[i] == cookie)
			return &r->searches[i];
	return NULL;
}

bool wf_resolve_take(struct wf_effects *e, struct wf_effect_result *result)
{
	for (struct resolve *r = e->resolving; r; r = r->next) {
		struct search *s = search_of(r, result->cookie);
		if (!s)
			continue;
		bool busy = r->busy;
		s->waiting = false;
		if (s->command)
			wf_effects_settled(e, s->token);
		/* what an answer leads to may answer at once, within this */
		r->busy = true;
		if (result->ok)
			take_answer(s, json_object_get(result->output, s->command ? "stdout" : "body"));
		else
			take_failure(s, result);
		wf_effect_result_done(result);
		r->busy = busy;
		if (!busy && is_over(r))
			end(r);
		return true;
	}
	return false;
}

static void resolve_stop(struct wf_effects *e, struct wf_running *base)
{
	struct resolve *r = (struct resolve *)base;
	unlist(r);
	stop_searches(r);
	wf_hub_remove(e, base);
	free_resolve(r);
}

static void resolve_leave(struct wf_effects *e, struct wf_running *base)
{
	struct resolve *r = (struct resolve *)base;
	unlist(r);
	wf_hub_remove(e, base);
	free_resolve(r);
}

static const struct wf_performer performer = {NULL, resolve_stop, resolve_leave};

static void add_search(struct resolve *r, json_t *target)
{
	if (!json_is_object(target))
		return;
	WF_GROW(r->searches, r->count, r->room);
	r->searches[r->count++] = (struct search){.of = r, .target = target,
		.level = json_copy(target), .names = json_array()};
}

/* Every group of people in the request. */
static void find_searches(struct resolve *r)
{
	size_t i;
	json_t *entry;
	json_array_foreach (json_object_get(r->input, "groups"), i, entry)
		add_search(r, json_object_get(entry, "approvers"));
	add_search(r, json_object_get(r->input, "approvers"));
	json_array_foreach (json_object_get(r->input, "escalations"), i, entry) {
		add_search(r, json_object_get(entry, "add"));
		add_search(r, json_object_get(entry, "to"));
	}
}

int wf_resolve_begin(struct wf_effects *e, const struct wf_effect_request *request,
	struct wf_cause *cause)
{
	(void)cause;
	struct resolve *r = wf_calloc(1, sizeof(*r));
	r->base.performer = &performer;
	r->base.cookie = request->cookie;
	r->effects = e;
	r->input = json_deep_copy(request->input);
	r->token = wf_strdup(request->token);
	r->folder = request->folder ? wf_strdup(request->folder) : NULL;
	r->timeout_ms = request->timeout_ms && request->timeout_ms < MOST_MS
		? request->timeout_ms : MOST_MS;
	find_searches(r);
	r->next = e->resolving;
	e->resolving = r;
	wf_hub_add(e, &r->base);
	/* a command that cannot begin answers at once */
	r->busy = true;
	for (size_t i = 0; i < r->count && !r->failed; i++)
		look_up(&r->searches[i]);
	r->busy = false;
	if (is_over(r))
		end(r);
	return 0;
}

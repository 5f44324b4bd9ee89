/* The document that says why: its lists, its lines, and its text. */
#include "view/why_doc.h"

#include "base/json.h"
#include "base/mem.h"
#include "view/instance.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Steps that wake alike are named up to so many, and one more rather than "and 1 more". */
#define MOST_WAKING 5

/* The lists of the document, and what stands before their lines. */
static const struct section {
	const char *member, *label;
} sections[] = {
	{ "asks", "asks" }, { "has", "has" }, { "needs", "needs" }, { "runs", "runs" },
	{ "behind", "behind" }, { "failed", "failed" }, { "undone", "undone" }, { "left", "left" },
	{ "held", "held" }, { "also", "also" },
	{ "then", "then" }, { "wakes", "wakes" }, { "todo", "to do" },
};

void wf_why_begin(struct wf_why *w)
{
	static const char *const drivers[] = { [WF_WHY_NOBODY] = "nobody", [WF_WHY_ALIVE] = "alive",
		[WF_WHY_DEAD] = "dead" };
	const struct wf_instance *in = w->in;
	json_t *doc = w->doc = json_object();
	json_object_set_new(doc, "number", json_integer((json_int_t)in->number));
	json_object_set_new(doc, "workflow", json_string(in->workflow ? in->workflow : ""));
	json_object_set_new(doc, "status", json_string(wf_instance_status_name(in->status)));
	json_object_set_new(doc, "waits_for",
		in->wait == WF_WAIT_NONE ? json_null() : json_string(wf_wait_name(in->wait)));
	json_object_set_new(doc, "driver", json_string(drivers[w->f->driver]));
	json_object_set_new(doc, "sentence", json_string(""));
	wf_why_about(w, WF_NONE, 0, 0);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		json_object_set_new(doc, sections[i].member, json_array());
}

/* The text, harmless on one line; new. */
static json_t *line(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

static json_t *line(const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	size_t room = n > 0 ? (size_t)n + 1 : 1;
	WF_AUTOFREE char *text = wf_calloc(1, room);
	(void)vsnprintf(text, room, fmt, ap);
	WF_AUTOBUF struct wf_buf safe = { 0 };
	wf_view_safe(&safe, text);
	return json_string(safe.data ? safe.data : "");
}

void wf_why_put(struct wf_why *w, const char *member, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	json_t *text = line(fmt, ap);
	va_end(ap);
	json_t *list = json_object_get(w->doc, member);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), text)) {
			json_decref(text);
			return;
		}
	json_array_append_new(list, text);
}

void wf_why_sentence(struct wf_why *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	json_t *text = line(fmt, ap);
	va_end(ap);
	json_object_set_new(w->doc, "sentence", text);
}

const char *wf_why_since(const struct wf_why *w, int64_t at, char ret[3 * WF_WHEN_TEXT])
{
	char clock[WF_WHEN_TEXT], span[WF_WHEN_TEXT];
	ret[0] = 0;
	if (!at)
		return ret;
	wf_view_clock(at, w->f->now, clock);
	wf_view_duration(w->f->now - at, span);
	(void)snprintf(ret, 3 * WF_WHEN_TEXT, " since %s (%s)", clock, span);
	return ret;
}

/* "22 Nov 09:12 (in 1 day 23 h)", or "09:12:05 (5 m ago; nobody has looked since)". */
static const char *at_time(const struct wf_why *w, int64_t at, char ret[3 * WF_WHEN_TEXT])
{
	char clock[WF_WHEN_TEXT], span[WF_WHEN_TEXT];
	bool past = at <= w->f->now;
	wf_view_clock(at, w->f->now, clock);
	wf_view_duration(past ? w->f->now - at : at - w->f->now, span);
	(void)snprintf(ret, 3 * WF_WHEN_TEXT, past ?
		"%s (%s ago; nobody has looked since)" : "%s (in %s)",
		clock, span);
	return ret;
}

static const char *then_at(const json_t *then)
{
	return json_string_value(json_object_get(then, "at"));
}

void wf_why_then(struct wf_why *w, int64_t at, const char *fmt, ...)
{
	char when[3 * WF_WHEN_TEXT];
	va_list ap;
	va_start(ap, fmt);
	json_t *text = line(fmt, ap);
	va_end(ap);
	if (w->in->timeout_at && at > w->in->timeout_at) {
		WF_AUTOFREE char *late = wf_asprintf("%s; but before that the time limit of the instance is over",
			json_string_value(text));
		json_decref(text);
		text = json_string(late);
	}
	json_t *o = json_object();
	json_object_set_new(o, "at", wf_view_time_json(at));
	json_object_set_new(o, "when", json_string(at_time(w, at, when)));
	json_object_set_new(o, "what", text);
	/* the earliest first */
	json_t *list = json_object_get(w->doc, "then");
	size_t place = json_array_size(list);
	while (place && strcmp(then_at(json_array_get(list, place - 1)), then_at(o)) > 0)
		place--;
	json_array_insert_new(list, place, o);
}

void wf_why_about(struct wf_why *w, uint32_t step, int64_t from, int64_t due)
{
	json_object_set_new(w->doc, "step",
		step == WF_NONE ? json_null() : json_string(wf_view_step_id(w->plan, step)));
	uint32_t item = wf_view_step_item(w->plan, w->in, step);
	json_object_set_new(w->doc, "item", item == WF_NONE ? json_null() : json_integer(item));
	json_object_set_new(w->doc, "since", wf_view_time_json(from));
	json_object_set_new(w->doc, "due_at", wf_view_time_json(due));
}

const char *wf_why_step(struct wf_why *w, uint32_t step)
{
	wf_buf_reset(&w->name);
	wf_view_step_place(w->plan, w->in, step, &w->name);
	return w->name.data;
}

const char *wf_why_at(struct wf_why *w, uint32_t step)
{
	wf_buf_reset(&w->name);
	if (w->plan->steps[step].group == WF_NONE)
		return "";
	wf_buf_addstr(&w->name, " at ");
	wf_view_step_place(w->plan, w->in, step, &w->name);
	return w->name.data;
}

const char *wf_why_input(const struct wf_step_state *s, const char *member)
{
	return json_string_value(json_object_get(s->input, member));
}

void wf_why_wakes(struct wf_why *w, uint32_t step, const char *what)
{
	if (!w->waking)
		w->waking = json_object();
	json_t *names = json_object_get(w->waking, what);
	if (!names) {
		names = json_array();
		json_object_set_new(w->waking, what, names);
	}
	json_array_append_new(names, json_string(wf_why_step(w, step)));
}

/* " (pack of item 3, paid and 4 more)" */
static void waking_names(const json_t *names, struct wf_buf *out)
{
	size_t all = json_array_size(names), most = all > MOST_WAKING + 1 ? MOST_WAKING : all;
	for (size_t i = 0; i < most; i++)
		wf_buf_printf(out, "%s%s", i ? ", " : " (", json_string_value(json_array_get(names, i)));
	if (most < all)
		wf_buf_printf(out, " and %zu more", all - most);
	wf_buf_addch(out, ')');
}

void wf_why_tell_waking(struct wf_why *w)
{
	const char *what;
	json_t *names;
	json_object_foreach (w->waking, what, names) {
		WF_AUTOBUF struct wf_buf text = { 0 };
		if (w->several)
			waking_names(names, &text);
		wf_why_put(w, "wakes", "%s%s", what, text.data ? text.data : "");
	}
	json_decref(w->waking);
	w->waking = NULL;
}

void wf_why_wakes_timer(struct wf_why *w, uint32_t step, int64_t due)
{
	if (w->f->driver == WF_WHY_ALIVE)
		wf_why_wakes(w, step, "the process that drives it, while it stays");
	else
		wf_why_wakes(w, step, due <= w->f->now
			? "the first sweep from now on: wfctl serve-once"
			: "the first sweep at or after that time: wfctl serve-once");
}

void wf_view_why_text(const json_t *why, const struct wf_style *style, struct wf_buf *out)
{
	const char *text = json_string_value(json_object_get(why, "sentence"));
	wf_buf_addstr(out, wf_style_on(style, WF_ROLE_STRONG));
	wf_buf_printf(out, "#%" JSON_INTEGER_FORMAT,
		json_integer_value(json_object_get(why, "number")));
	wf_buf_addstr(out, wf_style_off(style, WF_ROLE_STRONG));
	wf_buf_printf(out, " %s.\n", text ? text : "");
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const json_t *list = json_object_get(why, sections[i].member);
		for (size_t k = 0; k < json_array_size(list); k++) {
			const json_t *item = json_array_get(list, k);
			const char *label = k ? "" : sections[i].label;
			wf_buf_addstr(out, "  ");
			wf_view_role(out, style, WF_ROLE_DIM, label);
			wf_view_pad(out, 8 - strlen(label));
			if (json_is_string(item))
				wf_buf_addstr(out, json_string_value(item));
			else
				wf_buf_printf(out, "%s: %s",
					json_string_value(json_object_get(item, "when")),
					json_string_value(json_object_get(item, "what")));
			wf_buf_addch(out, '\n');
		}
	}
}

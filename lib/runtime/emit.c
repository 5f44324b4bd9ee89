/*
 * Events that steps emit: kept in the transaction that makes the attempt durable, and handed out by the next
 * sweep. Without an id of its own an event has that of its attempt, by which it is known again.
 */
#include "base/mem.h"
#include "base/sys.h"
#include "journal/waiting.h"
#include "runtime/drive.h"

#include <string.h>

int wf_emit_event(struct wf_runtime *rt, struct wf_txn *txn, struct wf_drive *d,
	const struct wf_command *c)
{
	const struct wf_instance *in = d->in;
	const json_t *input = in->steps[c->step].input;
	const char *name = json_string_value(json_object_get(input, "name"));
	const char *id = json_string_value(json_object_get(input, "id"));
	char token[sizeof(((struct wf_inflight *)NULL)->token)];
	bool fresh = false;
	if (!name)
		WF_BUG("an event without a name");
	wf_drive_token(d->held->plan, in, c->step, token, sizeof(token));
	struct wf_kept_event e = {.name = wf_strdup(name), .id = wf_strdup(id ? id : token),
		.by = in->started_by ? wf_strdup(in->started_by) : NULL,
		.data = json_incref(json_object_get(input, "data")), .at = wf_now_ms()};
	int rc = wf_txn_put_event(txn, &e, &fresh);
	if (!rc) {
		struct wf_event event = wf_drive_event(WF_EVENT_SUCCESS, c->step, c->attempt,
			json_pack("{s:I, s:s, s:s, s:b}", "event", (json_int_t)e.number, "name", e.name,
				"id", e.id, "new", fresh));
		d->inside = true;
		(void)wf_drive_feed(rt, d, &event, NULL);
		d->inside = false;
		json_decref(event.data);
	}
	wf_kept_event_done(&e);
	return rc;
}

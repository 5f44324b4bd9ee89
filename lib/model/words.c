/* Findings in the names of the dialect that their text is written in. */
#include "model/dialect.h"

#include "base/buf.h"

#include <string.h>

#define ARRAY(list) (sizeof(list) / sizeof *(list))

static const struct wf_dialect *dialect_of(const struct wf_model *m)
{
	static const struct wf_dialect *const others[] = {&wf_flexprice, &wf_taskflow};

	for (size_t i = 0; i < ARRAY(others); i++)
		if (strcmp(others[i]->name, m->dialect) == 0)
			return others[i];
	return NULL;
}

/* What stands at the finding's place, without quotes around it. */
static void text_at(const struct wf_diag *d, const char **ret, size_t *ret_len)
{
	const char *s = d->source->text + d->span.offset;
	size_t n = d->span.end_offset - d->span.offset;

	if (n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n - 1] == s[0]) {
		s++;
		n -= 2;
	}
	*ret = s;
	*ret_len = n;
}

static bool same(const char *a, size_t n, const char *b)
{
	return strlen(b) == n && memcmp(a, b, n) == 0;
}

/* The dialect's name for a canonical key; of several the one of a map that the message names. */
static const char *name_for(const struct wf_dialect *d, const char *message, const char *ours,
	char *room, size_t size)
{
	const struct wf_rename *found = NULL;

	for (size_t i = 0; i < d->rename_count; i++) {
		const struct wf_rename *rename = &d->renames[i];
		const char *noun = wf_shape_noun(rename->shape);

		if (!rename->ours || strcmp(rename->ours, ours) != 0)
			continue;
		if (!found || (noun && strstr(message, noun)))
			found = rename;
	}
	if (found)
		return found->theirs;
	/* no map has the shape ANY: only the case is changed */
	return wf_dialect_key(d, WF_SHAPE_ANY, ours, room, size);
}

/* One name in backquotes. */
static void put_name(const struct wf_dialect *d, const struct wf_diag *f, const char *message,
	const char *name, size_t n, struct wf_buf *out)
{
	size_t key_n = 0, at_n;
	const char *at;
	char key[64], room[64];

	while (key_n < n && ((name[key_n] >= 'a' && name[key_n] <= 'z') || name[key_n] == '_'))
		key_n++;
	text_at(f, &at, &at_n);
	bool key_at = f->rule == WF_RULE_UNKNOWN_KEY && at_n < sizeof room;
	if (key_at && key_n == n && f->message == message && n >= at_n) {
		wf_buf_add(out, at, at_n); /* as it was written */
		return;
	}
	/* `input` and `type` are roots and fields of expressions too: only alone are they keys */
	if (key_n == 0 || key_n >= sizeof key || (n == at_n && memcmp(name, at, n) == 0) ||
		(key_n < n && name[key_n] != '.' && name[key_n] != ':')) {
		wf_buf_add(out, name, n);
		return;
	}
	memcpy(key, name, key_n);
	key[key_n] = '\0';
	if (!wf_shape_has_key(key) || (key_n < n && !strchr(key, '_') && !same(key, key_n, "with"))) {
		wf_buf_add(out, name, n);
		return;
	}
	wf_buf_addstr(out, name_for(d, message, key, room, sizeof room));
	if (key_n < n) {
		size_t rest = key_n + 1;
		size_t word = 0;
		wf_buf_addch(out, name[key_n]);
		while (rest + word < n &&
			((name[rest + word] >= 'a' && name[rest + word] <= 'z') || name[rest + word] == '_'))
			word++;
		bool last = rest + word == n && name[key_n] == '.' && word < sizeof key;
		if (last) {
			memcpy(key, name + rest, word);
			key[word] = '\0';
		}
		if (last && wf_shape_has_key(key))
			wf_buf_addstr(out, name_for(d, message, key, room, sizeof room));
		else
			wf_buf_add(out, name + rest, n - rest);
	}
}

static char *spoken(const struct wf_dialect *d, const struct wf_diag *f, const char *text)
{
	struct wf_buf out = {0};

	for (const char *s = text; *s;) {
		const char *open = strchr(s, '`'), *close = open ? strchr(open + 1, '`') : NULL;

		if (!close) {
			wf_buf_addstr(&out, s);
			break;
		}
		wf_buf_add(&out, s, (size_t)(open + 1 - s));
		put_name(d, f, text, open + 1, (size_t)(close - open - 1), &out);
		wf_buf_addch(&out, '`');
		s = close + 1;
	}
	return wf_buf_take(&out);
}

static void speak_one(const struct wf_dialect *d, struct wf_diag *f)
{
	/* other suggestions are names of the author's own */
	bool keys = f->rule == WF_RULE_UNKNOWN_KEY;
	char *message, *hint = NULL;

	if (f->rule == WF_RULE_DIALECT_MIXED)
		return;
	message = spoken(d, f, f->message);
	if (f->hint && (keys || strncmp(f->hint, "did you mean", 12) != 0))
		hint = spoken(d, f, f->hint);
	if (keys && f->fix) {
		char room[64], *fix = wf_strdup(name_for(d, f->message, f->fix, room, sizeof room));
		wf_free(f->fix);
		f->fix = fix;
	}
	wf_free(f->message);
	f->message = message;
	if (hint) {
		wf_free(f->hint);
		f->hint = hint;
	}
}

void wf_dialect_speak(const struct wf_model *model, struct wf_diags *diags, size_t from)
{
	const struct wf_dialect *d = dialect_of(model);

	for (size_t i = from; d && i < diags->count; i++)
		if (diags->items[i].source == model->source)
			speak_one(d, &diags->items[i]);
}

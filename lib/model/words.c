/* Findings in the names of the dialect that their text is written in. */
#include "model/dialect.h"

#include "base/buf.h"
#include "base/text.h"

#include <ctype.h>
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

/* Whether the names differ in case and underscores alone. */
static bool like(const char *a, size_t a_n, const char *b, size_t b_n)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a_n && a[i] == '_')
			i++;
		while (k < b_n && b[k] == '_')
			k++;
		if (i == a_n || k == b_n)
			return i == a_n && k == b_n;
		if (tolower((unsigned char)a[i++]) != tolower((unsigned char)b[k++]))
			return false;
	}
}

/* The map of which a message says that it has no such key: it is all that the names are of. */
static enum wf_shape shape_that_lacks(const char *message)
{
	static const char says[] = " has no key ";

	const char *end = strstr(message, says);
	size_t before = end ? (size_t)(end - message) : 0;

	for (size_t i = 0; i < WF_SHAPE_COUNT_; i++) {
		const char *noun = wf_shape_noun((enum wf_shape)i);
		size_t n = noun ? strlen(noun) : 0;

		if (n && n <= before && strncmp(end - n, noun, n) == 0)
			return (enum wf_shape)i;
	}
	return before && strncmp(message, "a schedule", before) == 0 ? WF_SHAPE_TRIGGER : WF_SHAPE_COUNT_;
}

/* The dialect's name for a canonical key; of several the one of a map that the message names. */
static const char *name_for(const struct wf_dialect *d, const char *message, const char *ours,
	char *room, size_t size)
{
	const struct wf_rename *found = NULL;
	bool itself = message[0] == '`' && strncmp(message + 1, ours, strlen(ours)) == 0;
	enum wf_shape alone = itself ? WF_SHAPE_COUNT_ : shape_that_lacks(message);

	for (size_t i = 0; i < d->rename_count; i++) {
		const struct wf_rename *rename = &d->renames[i];
		const char *noun = wf_shape_noun(rename->shape);

		if (!rename->ours || strcmp(rename->ours, ours) != 0 ||
			(alone != WF_SHAPE_COUNT_ && rename->shape != alone))
			continue;
		if (!found || (noun && strstr(message, noun)))
			found = rename;
	}
	if (found)
		return found->theirs;
	/* no map has the shape ANY: only the case is changed */
	return wf_dialect_key(d, WF_SHAPE_ANY, ours, room, size);
}

/* The author's own spelling of the canonical key whose pair, or whose value, is at the finding's place. */
static bool find_own(const struct wf_node *node, const struct wf_diag *f, const char *key,
	struct wf_span *ret)
{
	if (node->kind == WF_NODE_LIST)
		for (size_t i = 0; i < node->list.count; i++)
			if (find_own(node->list.items[i], f, key, ret))
				return true;
	for (size_t i = 0; node->kind == WF_NODE_MAP && i < node->map.count; i++) {
		const struct wf_pair *pair = &node->map.pairs[i];
		const struct wf_span *value = &pair->value->span;
		bool here = f->span.offset == pair->key_span.offset ||
			    (f->span.offset == value->offset && f->span.end_offset == value->end_offset);

		if (here && strcmp(pair->key, key) == 0) {
			*ret = pair->key_span;
			return true;
		}
		if (find_own(pair->value, f, key, ret))
			return true;
	}
	return false;
}

static bool put_own(const struct wf_node *root, const struct wf_diag *f, const char *key,
	struct wf_buf *out)
{
	struct wf_diag at = *f;
	const char *text;
	size_t n;

	if (!find_own(root, f, key, &at.span))
		return false;
	text_at(&at, &text, &n);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false; /* made at the place of something else */
	wf_buf_add(out, text, n);
	return n > 0;
}

/* Whether the place is a part of an action's input: its keys are the same in every dialect. */
static bool in_input(const struct wf_node *node, const struct wf_span *at)
{
	const struct wf_span *own;

	if (node->kind == WF_NODE_LIST)
		for (size_t i = 0; i < node->list.count; i++)
			if (in_input(node->list.items[i], at))
				return true;
	for (size_t i = 0; node->kind == WF_NODE_MAP && i < node->map.count; i++) {
		const struct wf_pair *pair = &node->map.pairs[i];

		own = &pair->value->span;
		if (strcmp(pair->key, "with") == 0 && at->offset >= own->offset &&
			at->end_offset <= own->end_offset &&
			at->end_offset - at->offset < own->end_offset - own->offset)
			return true;
		if (in_input(pair->value, at))
			return true;
	}
	return false;
}

/* Whether the names that the finding gives are those of data, not of the language. */
static bool of_data(const struct wf_diag *f)
{
	static const enum wf_rule rules[] = {WF_RULE_ACTION_INPUT, WF_RULE_CHILD_INPUT,
		WF_RULE_TRIGGER_INPUT, WF_RULE_WORKFLOW_OUTPUT, WF_RULE_BINDING_UNKNOWN,
		WF_RULE_BINDING_FIELD, WF_RULE_FUNCTION_UNKNOWN, WF_RULE_CHILD_UNKNOWN,
		WF_RULE_STEP_UNKNOWN, WF_RULE_STEP_UNREACHABLE, WF_RULE_BINDING_MAYBE,
		WF_RULE_BINDING_NEVER, WF_RULE_ID_INVALID, WF_RULE_ID_DUPLICATE,
		WF_RULE_CONTEXT_PATH, WF_RULE_OPTIONAL_NO_DEFAULT};

	for (size_t i = 0; i < ARRAY(rules); i++)
		if (f->rule == rules[i])
			return true;
	return false;
}

/* Whether what the finding says of keys is about those of an action's input alone. */
static bool of_input(const struct wf_node *root, const struct wf_diag *f)
{
	static const enum wf_rule rules[] = {WF_RULE_UNKNOWN_KEY, WF_RULE_MISSING_KEY,
		WF_RULE_WRONG_TYPE, WF_RULE_WRONG_VALUE, WF_RULE_KEY_CONFLICT, WF_RULE_ACTION_INPUT,
		WF_RULE_DURATION_INVALID};

	for (size_t i = 0; i < ARRAY(rules); i++)
		if (f->rule == rules[i])
			return in_input(root, &f->span);
	return false;
}

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_';
}

/* What stands behind a key: `.key.key`, or what it holds. */
static void put_rest(const struct wf_dialect *d, const char *message, const char *rest, size_t n, bool with,
	struct wf_buf *out)
{
	char key[64], room[64];

	while (!with && n && rest[0] == '.') {
		size_t word = 0;

		while (1 + word < n && is_key_char(rest[1 + word]))
			word++;
		if (word == 0 || word >= sizeof key || (1 + word < n && rest[1 + word] != '.'))
			break;
		memcpy(key, rest + 1, word);
		key[word] = '\0';
		if (!wf_shape_has_key(key))
			break;
		wf_buf_addch(out, '.');
		wf_buf_addstr(out, name_for(d, message, key, room, sizeof room));
		rest += 1 + word;
		n -= 1 + word;
	}
	wf_buf_add(out, rest, n);
}

/* One name in backquotes. */
static void put_name(const struct wf_dialect *d, const struct wf_node *root, const struct wf_diag *f,
	const char *message,
	const char *name, size_t n, struct wf_buf *out)
{
	size_t key_n = 0, at_n;
	const char *at;
	char key[64], room[64];

	while (key_n < n && is_key_char(name[key_n]))
		key_n++;
	text_at(f, &at, &at_n);
	if (f->rule == WF_RULE_UNKNOWN_KEY && f->message == message && like(name, n, at, at_n)) {
		wf_buf_add(out, at, at_n);
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
	if (f->rule == WF_RULE_UNKNOWN_KEY)
		message = f->message; /* it says of which map the names are */
	bool with = strcmp(key, "with") == 0, ending = strcmp(key, "completion") == 0;
	if (!wf_shape_has_key(key) || (key_n < n && !strchr(key, '_') && !with && !ending) ||
		(of_data(f) && !with && !ending)) {
		wf_buf_add(out, name, n);
		return;
	}
	if (!put_own(root, f, key, out))
		wf_buf_addstr(out, name_for(d, message, key, room, sizeof room));
	if (key_n < n)
		put_rest(d, message, name + key_n, n - key_n, with, out);
}

/* Keys before a colon in what a hint says to write: `{ to: end }`. */
static void put_snippet(const struct wf_dialect *d, const char *message, const char *text, size_t n,
	struct wf_buf *out)
{
	char key[64], room[64];

	for (size_t i = 0; i < n;) {
		size_t word = 0;

		while (i + word < n && is_key_char(text[i + word]))
			word++;
		bool is_key = word > 0 && word < sizeof key && i + word < n && text[i + word] == ':';
		if (is_key) {
			memcpy(key, text + i, word);
			key[word] = '\0';
		}
		if (is_key && wf_shape_has_key(key))
			wf_buf_addstr(out, name_for(d, message, key, room, sizeof room));
		else
			wf_buf_add(out, text + i, word ? word : 1);
		i += word ? word : 1;
	}
}

static char *spoken(const struct wf_dialect *d, const struct wf_node *root, const struct wf_diag *f,
	const char *text)
{
	struct wf_buf out = {0};
	bool words = f->rule == WF_RULE_WRONG_VALUE; /* what the key may be follows it */

	for (const char *s = text; *s;) {
		const char *open = strchr(s, '`'), *close = open ? strchr(open + 1, '`') : NULL;

		if (!close) {
			wf_buf_addstr(&out, s);
			break;
		}
		wf_buf_add(&out, s, (size_t)(open + 1 - s));
		if (text == f->hint && (open[1] == '{' || memmem(open, (size_t)(close - open), ": {", 3) ||
					       memmem(open, (size_t)(close - open), ": [", 3)))
			put_snippet(d, text, open + 1, (size_t)(close - open - 1), &out);
		else if (words && s != text)
			wf_buf_add(&out, open + 1, (size_t)(close - open - 1));
		else
			put_name(d, root, f, text, open + 1, (size_t)(close - open - 1), &out);
		wf_buf_addch(&out, '`');
		s = close + 1;
	}
	return wf_buf_take(&out);
}

/* A key that is like none of the canonical ones may be like one of the dialect's own. */
static void suggest(const struct wf_dialect *d, const char *message, struct wf_diag *f)
{
	const char **names = wf_calloc(d->rename_count + 1, sizeof *names);
	char key[64];
	const char *at;
	size_t n, count = 0;

	text_at(f, &at, &n);
	if (n < sizeof key) {
		memcpy(key, at, n);
		key[n] = '\0';
		for (size_t i = 0; i < d->rename_count; i++) {
			const struct wf_rename *rename = &d->renames[i];
			const char *noun = wf_shape_noun(rename->shape);
			bool here = !noun || strstr(message, noun) ||
				    shape_that_lacks(message) == rename->shape;
			if (here && strcmp(rename->theirs, key) != 0)
				names[count++] = rename->theirs;
		}
		const char *nearest = wf_nearest(key, names, count);
		for (size_t i = 0; !nearest && n >= 6 && i < count; i++)
			if (strncmp(names[i], key, n) == 0)
				nearest = names[i]; /* without its unit */
		if (nearest) {
			wf_diag_hint(f, "did you mean `%s`?", nearest);
			wf_diag_fix(f, "%s", nearest);
		}
	}
	wf_free(names);
}

static void speak_one(const struct wf_dialect *d, const struct wf_node *root, struct wf_diag *f)
{
	/* other suggestions are names of the author's own */
	bool keys = f->rule == WF_RULE_UNKNOWN_KEY;
	char *message, *hint = NULL;

	if (f->rule == WF_RULE_DIALECT_MIXED || of_input(root, f))
		return;
	message = spoken(d, root, f, f->message);
	if (f->hint && (keys || strncmp(f->hint, "did you mean", 12) != 0))
		hint = spoken(d, root, f, f->hint);
	if (keys && f->fix) {
		char room[64], *fix = wf_strdup(name_for(d, f->message, f->fix, room, sizeof room));
		wf_free(f->fix);
		f->fix = fix;
	}
	if (hint) {
		wf_free(f->hint);
		f->hint = hint;
	}
	if (keys && !f->fix)
		suggest(d, f->message, f);
	wf_free(f->message);
	f->message = message;
}

void wf_dialect_speak(const struct wf_model *model, struct wf_diags *diags, size_t from)
{
	const struct wf_dialect *d = dialect_of(model);

	for (size_t i = from; d && i < diags->count; i++)
		if (diags->items[i].source == model->source)
			speak_one(d, model->root, &diags->items[i]);
}

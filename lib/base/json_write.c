/*
 * JSON values to text. jansson's own writer prints 0.7 as 0.69999999999999996; people read what this
 * one writes, and every journal row goes through it.
 */
#include "base/json.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where text goes: to a buffer, or only to a count. */
struct writer {
	struct wf_buf *out; /* NULL: count */
	size_t count;
	bool sorted;
};

static void put(struct writer *w, const char *bytes, size_t n)
{
	w->count += n;
	if (w->out)
		wf_buf_add(w->out, bytes, n);
}

static void put_char(struct writer *w, char c)
{
	w->count++;
	if (w->out)
		wf_buf_addch(w->out, c);
}

static void put_integer(struct writer *w, json_int_t value)
{
	char digits[24], *p = digits + sizeof(digits);
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
	do
		*--p = (char)('0' + left % 10);
	while (left /= 10);
	if (value < 0)
		*--p = '-';
	put(w, p, (size_t)(digits + sizeof(digits) - p));
}

/* 15 digits are enough for what people write; 17 for every double. */
static void put_real(struct writer *w, double value)
{
	char digits[40];
	int n = 0;
	for (int precision = 15; precision <= 17; precision++) {
		n = snprintf(digits, sizeof(digits), "%.*g", precision, value);
		double back = strtod(digits, NULL);
		if (memcmp(&back, &value, sizeof(back)) == 0)
			break;
	}
	put(w, digits, (size_t)n);
	if (!strpbrk(digits, ".e"))
		put(w, ".0", 2);
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Whether a byte of the word is zero: only then does it borrow into a high bit that was not set. */
static uint64_t any_zero(uint64_t word)
{
	return (word - EACH(1)) & ~word & EACH(0x80);
}

/* The same as below of eight bytes at once. */
static bool eight_plain(const char *s)
{
	uint64_t word;
	memcpy(&word, s, sizeof(word));
	uint64_t control = (word - EACH(0x20)) & ~word & EACH(0x80);
	return !(control | any_zero(word ^ EACH('"')) | any_zero(word ^ EACH('\\')));
}

/* Bytes that stand for themselves inside a string: all but controls, quotes and backslashes. */
static size_t plain_run(const char *s, size_t n)
{
	size_t i = 0;
	while (n - i >= 8 && eight_plain(s + i))
		i += 8;
	while (i < n && (unsigned char)s[i] >= 0x20 && s[i] != '"' && s[i] != '\\')
		i++;
	return i;
}

static void put_escape(struct writer *w, unsigned char c)
{
	static const char shorts[] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
		['\t'] = 't', ['"'] = '"', ['\\'] = '\\'};
	char text[8];
	int n;
	if (c < sizeof(shorts) && shorts[c])
		n = snprintf(text, sizeof(text), "\\%c", shorts[c]);
	else
		n = snprintf(text, sizeof(text), "\\u%04X", c);
	put(w, text, (size_t)n);
}

static void put_string(struct writer *w, const char *s, size_t n)
{
	size_t run = plain_run(s, n);
	if (run == n) {
		w->count += n + 2;
		char *at = w->out ? wf_buf_extend(w->out, n + 2) : NULL;
		if (at) {
			at[0] = at[n + 1] = '"';
			memcpy(at + 1, s, n);
		}
		return;
	}
	put_char(w, '"');
	for (size_t i = 0; i < n;) {
		run = plain_run(s + i, n - i);
		put(w, s + i, run);
		i += run;
		if (i < n)
			put_escape(w, (unsigned char)s[i++]);
	}
	put_char(w, '"');
}

static void put_value(struct writer *w, const json_t *value);

static void put_list(struct writer *w, const json_t *list)
{
	size_t n = json_array_size(list);
	put_char(w, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			put_char(w, ',');
		put_value(w, json_array_get(list, i));
	}
	put_char(w, ']');
}

struct member {
	const char *key;
	size_t len;
	json_t *value;
};

static int by_key(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->key, y->key, n);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void put_member(struct writer *w, const struct member *m, bool first)
{
	if (!first)
		put_char(w, ',');
	put_string(w, m->key, m->len);
	put_char(w, ':');
	put_value(w, m->value);
}

static void put_sorted(struct writer *w, json_t *object, size_t count)
{
	struct member *members = wf_alloc(count * sizeof(*members));
	size_t n = 0;
	const char *key;
	size_t len;
	json_t *value;
	json_object_keylen_foreach (object, key, len, value)
		members[n++] = (struct member){key, len, value};
	qsort(members, n, sizeof(*members), by_key);
	for (size_t i = 0; i < n; i++)
		put_member(w, &members[i], i == 0);
	wf_free(members);
}

static void put_object(struct writer *w, const json_t *value)
{
	json_t *object = (json_t *)(uintptr_t)value; /* iterating does not change it */
	size_t count = json_object_size(object);
	put_char(w, '{');
	if (w->sorted && count > 1) {
		put_sorted(w, object, count);
	} else {
		void *first = json_object_iter(object);
		for (void *at = first; at; at = json_object_iter_next(object, at)) {
			struct member m = {json_object_iter_key(at), json_object_iter_key_len(at),
				json_object_iter_value(at)};
			put_member(w, &m, at == first);
		}
	}
	put_char(w, '}');
}

static void put_value(struct writer *w, const json_t *value)
{
	if (!value) {
		put(w, "null", 4);
		return;
	}
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		put_object(w, value);
		break;
	case JSON_ARRAY:
		put_list(w, value);
		break;
	case JSON_STRING:
		put_string(w, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		put_integer(w, json_integer_value(value));
		break;
	case JSON_REAL:
		put_real(w, json_real_value(value));
		break;
	case JSON_TRUE:
		put(w, "true", 4);
		break;
	case JSON_FALSE:
		put(w, "false", 5);
		break;
	case JSON_NULL:
		put(w, "null", 4);
		break;
	}
}

void wf_json_write(const json_t *value, struct wf_buf *out)
{
	struct writer w = {.out = out};
	put_value(&w, value);
}

void wf_json_write_canonical(const json_t *value, struct wf_buf *out)
{
	struct writer w = {.out = out, .sorted = true};
	put_value(&w, value);
}

size_t wf_json_size(const json_t *value)
{
	struct writer w = {0};
	put_value(&w, value);
	return w.count;
}

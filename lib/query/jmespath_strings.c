/* JMESPath's functions of strings. Places count characters (code points). */
#include "query/jmespath.h"

#include "base/err.h"
#include "base/text.h"
#include "query/letters.h"

#include <math.h>
#include <string.h>

struct text {
	const char *s;
	size_t n;
};

static struct text text_of(const struct wf_jp_value *v)
{
	return (struct text){json_string_value(v->json), json_string_length(v->json)};
}

/* Every one of these functions goes over its texts once, or pays apart. */
static bool pay(struct wf_jp_run *r, struct text t)
{
	return wf_jp_steps(r, t.n / 16);
}

static struct wf_jp_value taken(struct wf_jp_run *r, struct wf_buf *text)
{
	struct wf_jp_value v = wf_jp_string(r, text->data ? text->data : "", text->len);
	wf_buf_done(text);
	return v;
}

/* An argument that is an integer, `least` or more; false: the run failed. */
static bool whole(struct wf_jp_run *r, const struct wf_jp_node *call, const struct wf_jp_value *args,
	uint32_t i, int64_t least, int64_t *ret)
{
	if (i >= call->item_count)
		return true;
	double d = json_number_value(args[i].json);
	if (d != trunc(d) || d < (double)least) {
		(void)wf_jp_fail(r, "invalid-value", call, "argument %u of %s is a whole number%s", i + 1,
			call->function->name, least == 0 ? ", not below 0" : "");
		return false;
	}
	*ret = d >= 0x1p53 ? (int64_t)1 << 53 : d <= -0x1p53 ? -((int64_t)1 << 53) : (int64_t)d;
	return true;
}

/* The byte where character `at` begins, or the end. */
static size_t byte_of(struct text t, int64_t at)
{
	size_t i = 0;
	while (i < t.n && at > 0) {
		i++;
		while (i < t.n && ((unsigned char)t.s[i] & 0xc0) == 0x80)
			i++;
		at--;
	}
	return i;
}

struct wf_jp_value wf_jp_starts_with(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	struct text t = text_of(&args[0]), with = text_of(&args[1]);
	(void)r, (void)call;
	return wf_jp_borrowed(json_boolean(with.n <= t.n && !memcmp(t.s, with.s, with.n)));
}

struct wf_jp_value wf_jp_ends_with(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	struct text t = text_of(&args[0]), with = text_of(&args[1]);
	(void)r, (void)call;
	return wf_jp_borrowed(
		json_boolean(with.n <= t.n && !memcmp(t.s + t.n - with.n, with.s, with.n)));
}

/* A place that may be told from the end, within the text. */
static int64_t place(int64_t at, int64_t count)
{
	if (at < 0)
		at += count;
	return at < 0 ? 0 : at > count ? count : at;
}

static const char *find(struct text in, struct text what, bool last)
{
	if (!last)
		return memmem(in.s, in.n, what.s, what.n);
	for (size_t i = what.n <= in.n ? in.n - what.n + 1 : 0; i-- > 0;)
		if (!memcmp(in.s + i, what.s, what.n))
			return in.s + i;
	return NULL;
}

static struct wf_jp_value found(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args, bool last)
{
	struct text t = text_of(&args[0]), what = text_of(&args[1]);
	int64_t from = 0, to = INT64_MAX;
	if (!whole(r, call, args, 2, INT64_MIN, &from) || !whole(r, call, args, 3, INT64_MIN, &to) ||
		!pay(r, t) || (last && !wf_jp_steps(r, t.n / 16 * (what.n / 16 + 1))))
		return WF_JP_FAILED;
	int64_t count = (int64_t)wf_utf8_count(t.s, t.n);
	size_t begin = byte_of(t, place(from, count));
	size_t end = to >= count ? t.n : byte_of(t, place(to, count));
	const char *at = NULL;
	if (what.n && begin < end)
		at = find((struct text){t.s + begin, end - begin}, what, last);
	if (!at)
		return wf_jp_borrowed(json_null());
	return wf_jp_new(json_integer((json_int_t)wf_utf8_count(t.s, (size_t)(at - t.s))));
}

struct wf_jp_value wf_jp_find_first(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return found(r, call, args, false);
}

struct wf_jp_value wf_jp_find_last(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return found(r, call, args, true);
}

struct wf_jp_value wf_jp_join(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	struct wf_buf out = {0};
	(void)call;
	for (size_t i = 0; i < json_array_size(args[1].json); i++) {
		const json_t *v = json_array_get(args[1].json, i);
		size_t glue = i ? json_string_length(args[0].json) : 0;
		if (!wf_jp_bytes(r, glue + json_string_length(v))) {
			wf_buf_done(&out);
			return WF_JP_FAILED;
		}
		wf_buf_add(&out, json_string_value(args[0].json), glue);
		wf_buf_add(&out, json_string_value(v), json_string_length(v));
	}
	return taken(r, &out);
}

static struct wf_jp_value recased(struct wf_jp_run *r, const struct wf_jp_value *arg,
	void (*recase)(const char *s, size_t n, struct wf_buf *out))
{
	struct text t = text_of(arg);
	struct wf_buf out = {0};
	if (!wf_jp_steps(r, t.n / 4) || !wf_jp_bytes(r, t.n))
		return WF_JP_FAILED;
	recase(t.s, t.n, &out);
	return taken(r, &out);
}

struct wf_jp_value wf_jp_lower(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	(void)call;
	return recased(r, &args[0], wf_letters_lower);
}

struct wf_jp_value wf_jp_upper(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	(void)call;
	return recased(r, &args[0], wf_letters_upper);
}

/* -- padding -- */

static struct wf_jp_value pad(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args, bool left)
{
	struct text t = text_of(&args[0]), with = {" ", 1};
	int64_t width = 0, count;
	if (!whole(r, call, args, 1, 0, &width) || !pay(r, t))
		return WF_JP_FAILED;
	if (call->item_count > 2)
		with = text_of(&args[2]);
	if (wf_utf8_count(with.s, with.n) != 1)
		return wf_jp_fail(r, "invalid-value", call, "%s pads with one character",
			call->function->name);
	count = width - (int64_t)wf_utf8_count(t.s, t.n);
	if (count <= 0)
		return wf_jp_borrowed(args[0].json);
	if (!wf_jp_bytes(r, (size_t)count * with.n + t.n))
		return WF_JP_FAILED;
	struct wf_buf out = {0};
	if (!left)
		wf_buf_add(&out, t.s, t.n);
	for (int64_t i = 0; i < count; i++)
		wf_buf_add(&out, with.s, with.n);
	if (left)
		wf_buf_add(&out, t.s, t.n);
	return taken(r, &out);
}

struct wf_jp_value wf_jp_pad_left(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return pad(r, call, args, true);
}

struct wf_jp_value wf_jp_pad_right(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return pad(r, call, args, false);
}

/* -- pieces -- */

/* Where the next `what` is from `at` on, SIZE_MAX: nowhere. An empty one is between any two
 * characters; of those the first is `at` itself. */
static size_t next_of(struct text t, struct text what, size_t at)
{
	if (!what.n)
		return at <= t.n ? at : SIZE_MAX;
	const char *found_at = at < t.n ? memmem(t.s + at, t.n - at, what.s, what.n) : NULL;
	return found_at ? (size_t)(found_at - t.s) : SIZE_MAX;
}

static size_t character(struct text t, size_t at)
{
	size_t len = 1;
	if (at < t.n)
		(void)wf_utf8_next(t.s + at, t.n - at, &len);
	return len;
}

struct wf_jp_value wf_jp_replace(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	struct text t = text_of(&args[0]), what = text_of(&args[1]), with = text_of(&args[2]);
	int64_t left = INT64_MAX;
	struct wf_buf out = {0};
	size_t done = 0, at;
	if (!whole(r, call, args, 3, 0, &left) || !pay(r, t) || !wf_jp_bytes(r, t.n))
		return WF_JP_FAILED;
	for (size_t from = 0; left > 0 && (at = next_of(t, what, from)) != SIZE_MAX; left--) {
		if (!wf_jp_steps(r, 1) || !wf_jp_bytes(r, with.n)) {
			wf_buf_done(&out);
			return WF_JP_FAILED;
		}
		wf_buf_add(&out, t.s + done, at - done);
		wf_buf_add(&out, with.s, with.n);
		done = at + what.n;
		from = what.n ? done : at + character(t, at);
	}
	wf_buf_add(&out, t.s + done, t.n - done);
	return taken(r, &out);
}

static bool add_piece(struct wf_jp_run *r, json_t *out, const char *s, size_t n)
{
	struct wf_jp_value piece = wf_jp_steps(r, 1) ? wf_jp_string(r, s, n) : WF_JP_FAILED;
	return piece.json && wf_jp_append(r, out, piece);
}

/* Without a separator every character is a piece, and an empty text has none. */
static void split_text(struct wf_jp_run *r, struct text t, struct text by, int64_t left, json_t *out)
{
	size_t done = 0;
	while (left-- > 0) {
		size_t at = by.n ? next_of(t, by, done) : done + character(t, done);
		if (at == SIZE_MAX || (!by.n && at >= t.n))
			break;
		if (!add_piece(r, out, t.s + done, at - done))
			return;
		done = at + by.n;
	}
	if (by.n || done < t.n)
		(void)add_piece(r, out, t.s + done, t.n - done);
}

struct wf_jp_value wf_jp_split(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	struct text t = text_of(&args[0]);
	int64_t left = INT64_MAX;
	if (!whole(r, call, args, 2, 0, &left) || !pay(r, t))
		return WF_JP_FAILED;
	json_t *out = json_array();
	split_text(r, t, text_of(&args[1]), left, out);
	if (!r->err)
		return wf_jp_new(out);
	json_decref(out);
	return WF_JP_FAILED;
}

/* -- trimming -- */

static bool is_blank(uint32_t c)
{
	return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
		(c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
		c == 0x205f || c == 0x3000;
}

/* Whether the character is one of those that are cut off: of these, or any blank. */
static bool is_cut(const char *s, size_t len, struct text these)
{
	if (these.n)
		return memmem(these.s, these.n, s, len) != NULL;
	return is_blank(wf_utf8_next(s, len, &len));
}

static struct wf_jp_value trim(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args, bool left, bool right)
{
	struct text t = text_of(&args[0]), these = {"", 0};
	size_t begin = 0, end = t.n;
	if (call->item_count > 1)
		these = text_of(&args[1]);
	while (left && begin < end && is_cut(t.s + begin, character(t, begin), these)) {
		begin += character(t, begin);
		if (!wf_jp_steps(r, 1 + these.n / 16))
			return WF_JP_FAILED;
	}
	while (right && end > begin) {
		size_t last = end - 1;
		while (((unsigned char)t.s[last] & 0xc0) == 0x80)
			last--;
		if (!wf_jp_steps(r, 1 + these.n / 16))
			return WF_JP_FAILED;
		if (!is_cut(t.s + last, end - last, these))
			break;
		end = last;
	}
	if (end - begin == t.n)
		return wf_jp_borrowed(args[0].json);
	return wf_jp_string(r, t.s + begin, end - begin);
}

struct wf_jp_value wf_jp_trim(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return trim(r, call, args, true, true);
}

struct wf_jp_value wf_jp_trim_left(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return trim(r, call, args, true, false);
}

struct wf_jp_value wf_jp_trim_right(struct wf_jp_run *r, const struct wf_jp_node *call,
	const struct wf_jp_value *args)
{
	return trim(r, call, args, false, true);
}

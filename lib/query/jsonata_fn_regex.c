/*
 * JSONata's library: what looks for text: $contains, $match, $replace, $split.
 *
 * What it looks for is a string or a matcher: a function of a string that gives nothing or an
 * object with match, start, end, groups, and next, a function that gives the next such object. A
 * regular expression is one; it is asked directly, without the objects.
 */
#include "query/jsonata.h"

#include "base/err.h"
#include "base/text.h"

#define WORK_OF_A_STEP 16 /* so many tries of a regular expression's items are a step */
#define SPANS 64u	  /* groups of one expression that are looked at, the whole among them */

static struct wf_jn_value find_from(struct wf_jn_run *r, const struct wf_jn_function *f,
	struct wf_jn_value subject, size_t from, size_t *spans, size_t room)
{
	size_t work = 0;
	wf_jn_step(r, 4);
	int rc = wf_regex_find(f->regex, subject.s, subject.n, from, spans, room, &work);
	if (rc < 0)
		wf_jn_throw_limit(r, "regex");
	wf_jn_step(r, work / WORK_OF_A_STEP);
	return wf_jn_bool(rc > 0);
}

/* The subject as a regular expression may have it: without lone surrogates. */
static struct wf_jn_value searchable(struct wf_jn_run *r, struct wf_jn_value s)
{
	if (wf_utf8_valid(s.s, s.n, NULL))
		return s;
	char *copy = memcpy(wf_jn_alloc(r, (size_t)s.n + 1), s.s, s.n);
	for (size_t i = 0; i + 2 < s.n; i++)
		if ((unsigned char)copy[i] == 0xed && (unsigned char)copy[i + 1] >= 0xa0)
			memcpy(copy + i, "\xef\xbf\xbd", 3);
	return wf_jn_str(copy, s.n);
}

static bool match_from(
	struct wf_jn_run *r, const struct wf_jn_function *f, size_t from, struct wf_jn_match *m)
{
	size_t spans[2 * SPANS];
	struct wf_jn_value s = m->subject;
	uint32_t groups = wf_regex_groups(f->regex);
	if (groups >= SPANS)
		groups = SPANS - 1;
	if (!find_from(r, f, s, from, spans, groups + 1).b)
		return false;
	m->start = m->end + (double)wf_jn_units(s.s + m->to, spans[0] - m->to);
	m->end = m->start + (double)wf_jn_units(s.s + spans[0], spans[1] - spans[0]);
	m->from = spans[0];
	m->to = spans[1];
	m->text = wf_jn_str(s.s + m->from, m->to - m->from);
	struct wf_jn_array *list = wf_jn_array_new(r, groups);
	for (uint32_t i = 1; i <= groups; i++)
		wf_jn_push(r, list,
			spans[2 * i] == SIZE_MAX
				? WF_JN_UNDEF
				: wf_jn_str(s.s + spans[2 * i], spans[2 * i + 1] - spans[2 * i]));
	m->groups = wf_jn_of_array(list);
	return true;
}

/* -- functions in a regular expression's place -- */

static struct wf_jn_value field(struct wf_jn_value object, const char *name)
{
	return wf_jn_is_object(object) ? wf_jn_get(object, name, strlen(name)) : WF_JN_UNDEF;
}

static bool from_object(struct wf_jn_run *r, struct wf_jn_value found, struct wf_jn_match *m)
{
	if (wf_jn_is_undef(found))
		return false;
	struct wf_jn_value start = field(found, "start"), end = field(found, "end");
	m->text = field(found, "match");
	m->groups = field(found, "groups");
	m->next = field(found, "next");
	if (!wf_jn_is_number(start) && !wf_jn_is_number(end) && !wf_jn_is_array(m->groups) &&
		m->next.tag != WF_JN_FUNCTION)
		wf_jn_throw(r, "T1010");
	m->start = wf_jn_is_number(start) ? wf_jn_double(start) : 0;
	m->end = wf_jn_is_number(end) ? wf_jn_double(end) : m->start;
	m->from = wf_jn_unit_offset(m->subject.s, m->subject.n, m->start);
	m->to = wf_jn_unit_offset(m->subject.s, m->subject.n, m->end);
	return true;
}

bool wf_jn_first_match(struct wf_jn_run *r, const struct wf_jn_args *a, struct wf_jn_value matcher,
	struct wf_jn_value subject, struct wf_jn_match *ret)
{
	*ret = (struct wf_jn_match){.subject = subject, .next = matcher};
	if (matcher.tag == WF_JN_FUNCTION && matcher.function->kind == WF_JN_F_REGEX) {
		ret->subject = searchable(r, subject);
		return match_from(r, matcher.function, 0, ret);
	}
	return from_object(r, wf_jn_apply(r, matcher, &subject, 1, WF_JN_NOTHING, a->frame), ret);
}

bool wf_jn_next_match(struct wf_jn_run *r, const struct wf_jn_args *a, struct wf_jn_match *m)
{
	if (m->next.tag == WF_JN_FUNCTION && m->next.function->kind == WF_JN_F_REGEX) {
		if (m->to >= m->subject.n || !match_from(r, m->next.function, m->to, m))
			return false;
		if (m->text.n == 0)
			wf_jn_throw(r, "D1004");
		return true;
	}
	return from_object(r, wf_jn_apply(r, m->next, NULL, 0, WF_JN_NOTHING, a->frame), m);
}

/* -- a regular expression that is called -- */

static struct wf_jn_value object_of(
	struct wf_jn_run *r, const struct wf_jn_function *f, const struct wf_jn_match *m)
{
	struct wf_jn_object *o = wf_jn_object_new(r, 5);
	struct wf_jn_function *next = WF_JN_NEW(r, struct wf_jn_function);
	*next = *f;
	next->kind = WF_JN_F_NEXT;
	next->arity = 0;
	next->held = wf_jn_alloc(r, sizeof(*next->held));
	next->held[0] = m->subject;
	next->from = m->to;
	wf_jn_set(r, o, "match", 5, m->text);
	wf_jn_set(r, o, "start", 5, wf_jn_num(m->start));
	wf_jn_set(r, o, "end", 3, wf_jn_num(m->end));
	wf_jn_set(r, o, "groups", 6, m->groups);
	wf_jn_set(r, o, "next", 4, (struct wf_jn_value){.tag = WF_JN_FUNCTION, .function = next});
	return wf_jn_of_object(o);
}

struct wf_jn_value wf_jn_regex_call(struct wf_jn_run *r, const struct wf_jn_function *f,
	struct wf_jn_value subject, struct wf_jn_value from)
{
	bool next = f->kind == WF_JN_F_NEXT;
	if (!next)
		subject = wf_jn_string(r, subject, false);
	struct wf_jn_match m = {.subject = searchable(r, subject)};
	size_t at = f->from;
	if (!next)
		at = wf_jn_is_number(from)
			     ? wf_jn_unit_offset(subject.s, subject.n, wf_jn_double(from))
			     : 0;
	else if (at >= subject.n)
		return WF_JN_UNDEF;
	m.end = (double)wf_jn_units(subject.s, at);
	m.to = at;
	if (!match_from(r, f, at, &m))
		return WF_JN_UNDEF;
	if (next && m.text.n == 0)
		wf_jn_throw(r, "D1004");
	return object_of(r, f, &m);
}

struct wf_jn_value wf_jn_match_object(struct wf_jn_run *r, const struct wf_jn_match *m)
{
	struct wf_jn_object *o = wf_jn_object_new(r, 3);
	wf_jn_set(r, o, "match", 5, m->text);
	wf_jn_set(r, o, "index", 5, wf_jn_num(m->start));
	wf_jn_set(r, o, "groups", 6, m->groups);
	return wf_jn_of_object(o);
}

/* -- functions -- */

struct wf_jn_value wf_jn_fn_contains(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_value s = a->items[0], what = a->items[1];
	if (wf_jn_is_undef(s) || wf_jn_is_undef(what))
		return WF_JN_UNDEF;
	if (what.tag == WF_JN_STRING) {
		wf_jn_step(r, s.n / 64);
		return wf_jn_bool(wf_jn_find_text(s.s, s.n, what.s, what.n) != NULL);
	}
	if (what.function->kind == WF_JN_F_REGEX) {
		size_t span[2];
		return find_from(r, what.function, searchable(r, s), 0, span, 1);
	}
	struct wf_jn_match m;
	return wf_jn_bool(wf_jn_first_match(r, a, what, s, &m));
}

/* How many times at most; the code is of a negative one. */
static double limit_of(struct wf_jn_run *r, struct wf_jn_value v, const char *code)
{
	if (wf_jn_is_undef(v))
		return (double)INFINITY;
	if (wf_jn_double(v) < 0)
		wf_jn_throw(r, code);
	return wf_jn_double(v);
}

struct wf_jn_value wf_jn_fn_match(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	double limit = limit_of(r, a->items[2], "D3040"), count = 0;
	struct wf_jn_array *result = wf_jn_sequence_new(r);
	struct wf_jn_match m;
	if (!(limit > 0))
		return wf_jn_of_array(result);
	for (bool found = wf_jn_first_match(r, a, a->items[1], a->items[0], &m);
		found && count < limit; count++) {
		wf_jn_push(r, result, wf_jn_match_object(r, &m));
		found = wf_jn_next_match(r, a, &m);
	}
	return wf_jn_of_array(result);
}

/* The number that the digits behind a dollar are: as many of them as the groups' count has. */
static size_t group_number(const char *s, size_t n, size_t groups, size_t *ret_digits)
{
	size_t most = 1, number = 0, len = 0;
	for (size_t g = groups; g >= 10; g /= 10)
		most++;
	while (len < most && len < n && s[len] >= '0' && s[len] <= '9')
		number = number * 10 + (size_t)(s[len++] - '0');
	if (most > 1 && len == most && number > groups) {
		number /= 10;
		len--;
	}
	while (len > 1 && *s == '0') { /* a leading zero counts for nothing */
		s++;
		len--;
	}
	*ret_digits = len;
	return number;
}

static void substitute(struct wf_jn_text *t, struct wf_jn_value with, const struct wf_jn_match *m)
{
	size_t groups = wf_jn_is_array(m->groups) ? wf_jn_len(m->groups) : 0;
	for (size_t i = 0; i < with.n;) {
		const char *dollar = memchr(with.s + i, '$', with.n - i);
		size_t at = dollar ? (size_t)(dollar - with.s) : with.n, len;
		wf_jn_text_add(t, with.s + i, at - i);
		i = at + 1;
		if (!dollar)
			break;
		if (i < with.n && with.s[i] == '$') {
			wf_jn_text_add(t, "$", 1);
			i++;
		} else if (i < with.n && with.s[i] == '0') {
			if (m->text.tag == WF_JN_STRING)
				wf_jn_text_add(t, m->text.s, m->text.n);
			i++;
		} else {
			size_t number = group_number(with.s + i, with.n - i, groups, &len);
			if (!len)
				wf_jn_text_add(t, "$", 1);
			if (len && number >= 1 && number <= groups) {
				struct wf_jn_value g = wf_jn_at(m->groups, number - 1);
				if (g.tag == WF_JN_STRING)
					wf_jn_text_add(t, g.s, g.n);
			}
			i += len;
		}
	}
}

static struct wf_jn_value replace_text(struct wf_jn_run *r, struct wf_jn_value s,
	struct wf_jn_value what, struct wf_jn_value with, double limit)
{
	struct wf_jn_text t = {.r = r};
	size_t i = 0;
	if (with.tag != WF_JN_STRING)
		wf_jn_throw(r, "D3012");
	for (double count = 0; count < limit; count++) {
		const char *at = wf_jn_find_text(s.s + i, s.n - i, what.s, what.n);
		if (!at)
			break;
		wf_jn_step(r, 1);
		wf_jn_text_add(&t, s.s + i, (size_t)(at - s.s) - i);
		wf_jn_text_add(&t, with.s, with.n);
		i = (size_t)(at - s.s) + what.n;
	}
	wf_jn_text_add(&t, s.s + i, s.n - i);
	return wf_jn_text_value(&t);
}

struct wf_jn_value wf_jn_fn_replace(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_value s = a->items[0], what = a->items[1], with = a->items[2];
	if (wf_jn_is_undef(s))
		return WF_JN_UNDEF;
	if (what.tag == WF_JN_STRING && what.n == 0)
		wf_jn_throw(r, "D3010");
	double limit = limit_of(r, a->items[3], "D3011"), count = 0;
	if (!(limit > 0) || wf_jn_is_undef(what))
		return s;
	if (what.tag == WF_JN_STRING)
		return replace_text(r, s, what, with, limit);
	struct wf_jn_match m;
	bool found = wf_jn_first_match(r, a, what, s, &m);
	if (!found)
		return s;
	s = m.subject;
	struct wf_jn_text t = {.r = r};
	size_t at = 0;
	for (; found && count < limit; count++) {
		wf_jn_text_add(&t, s.s + at, m.from > at ? m.from - at : 0);
		if (with.tag == WF_JN_STRING) {
			substitute(&t, with, &m);
		} else {
			struct wf_jn_value one = wf_jn_match_object(r, &m);
			wf_jn_set(r, one.object, "start", 5, wf_jn_num(m.start));
			wf_jn_set(r, one.object, "end", 3, wf_jn_num(m.end));
			wf_jn_remove(one.object, "index", 5);
			struct wf_jn_value by =
				wf_jn_apply(r, with, &one, 1, WF_JN_NOTHING, a->frame);
			if (by.tag != WF_JN_STRING)
				wf_jn_throw(r, "D3012");
			wf_jn_text_add(&t, by.s, by.n);
		}
		at = m.from + (m.text.tag == WF_JN_STRING ? m.text.n : 0);
		at = at > s.n ? s.n : at;
		while (at < s.n && ((unsigned char)s.s[at] & 0xc0) == 0x80)
			at++; /* what a function says it has found may end anywhere */
		found = wf_jn_next_match(r, a, &m);
	}
	wf_jn_text_add(&t, s.s + at, s.n - at);
	return wf_jn_text_value(&t);
}

static struct wf_jn_value split_text(
	struct wf_jn_run *r, struct wf_jn_value s, struct wf_jn_value by, double limit)
{
	struct wf_jn_array *result = wf_jn_array_new(r, 4);
	size_t i = 0, len;
	limit = floor(limit);
	while (by.n == 0 && i < s.n && (double)result->count < limit) {
		wf_jn_step(r, 1);
		(void)wf_jn_next_point(s.s + i, s.n - i, &len);
		wf_jn_push(r, result, wf_jn_str(s.s + i, len));
		i += len;
	}
	while (by.n > 0 && (double)result->count < limit) {
		wf_jn_step(r, 1);
		const char *at = wf_jn_find_text(s.s + i, s.n - i, by.s, by.n);
		size_t end = at ? (size_t)(at - s.s) : s.n;
		wf_jn_push(r, result, wf_jn_str(s.s + i, end - i));
		if (!at)
			break;
		i = end + by.n;
	}
	return wf_jn_of_array(result);
}

struct wf_jn_value wf_jn_fn_split(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_value s = a->items[0], by = a->items[1];
	if (wf_jn_is_undef(s))
		return WF_JN_UNDEF;
	double limit = limit_of(r, a->items[2], "D3020"), count = 0;
	if (by.tag == WF_JN_STRING)
		return split_text(r, s, by, limit);
	struct wf_jn_array *result = wf_jn_array_new(r, 4);
	struct wf_jn_match m;
	if (!(limit > 0))
		return wf_jn_of_array(result);
	bool found = !wf_jn_is_undef(by) && wf_jn_first_match(r, a, by, s, &m);
	size_t at = 0;
	if (found)
		s = m.subject;
	for (; found && count < limit; count++) {
		wf_jn_push(r, result, wf_jn_str(s.s + at, m.from > at ? m.from - at : 0));
		at = m.to;
		found = wf_jn_next_match(r, a, &m);
	}
	if (count < limit)
		wf_jn_push(r, result, wf_jn_str(s.s + at, s.n - at));
	return wf_jn_of_array(result);
}

/* The list of findings: adding, bounding, ordering. */
#include "source/diag.h"

#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *formatted(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static char *formatted(const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		WF_BUG("a format that cannot be printed");
	char *text = wf_alloc((size_t)n + 1);
	(void)vsnprintf(text, (size_t)n + 1, fmt, ap);
	return text;
}

static void release(struct wf_diag *d)
{
	wf_free(d->message);
	wf_free(d->hint);
	wf_free(d->fix);
	memset(d, 0, sizeof(*d));
}

static void count_severity(struct wf_diags *diags, enum wf_severity severity)
{
	diags->errors += severity == WF_SEV_ERROR;
	diags->warnings += severity == WF_SEV_WARNING;
	diags->notes += severity == WF_SEV_NOTE;
}

/* A zeroed slot behind the last finding. When the list is full it is the spare one, which holds what
 * was dropped last, lies beyond `count` and is released with the list. */
static struct wf_diag *next_slot(struct wf_diags *diags)
{
	if (diags->full) {
		struct wf_diag *spare = &diags->items[diags->count];
		release(spare);
		return spare;
	}
	WF_GROW(diags->items, diags->count + 1, diags->room);
	struct wf_diag *slot = &diags->items[diags->count++];
	memset(slot, 0, 2 * sizeof(*slot));
	return slot;
}

static struct wf_diag *add(struct wf_diags *diags, enum wf_rule rule,
	const struct wf_source *source, struct wf_span span, char *message)
{
	if (!diags->full && diags->count == WF_MAX_DIAGS) {
		struct wf_diag *last = next_slot(diags);
		last->rule = WF_RULE_LIMIT;
		last->severity = wf_rule_info(WF_RULE_LIMIT)->severity;
		last->source = source;
		last->message = wf_asprintf(
			"more than %d findings; the rest is not shown", WF_MAX_DIAGS);
		count_severity(diags, last->severity);
		diags->full = true;
	}
	bool dropped = diags->full;
	struct wf_diag *d = next_slot(diags);
	d->rule = rule;
	d->severity = wf_rule_info(rule)->severity;
	d->source = source;
	d->span = span;
	d->message = message;
	if (!dropped)
		count_severity(diags, d->severity);
	return d;
}

struct wf_diag *wf_diag_add(struct wf_diags *diags, enum wf_rule rule,
	const struct wf_source *source, struct wf_span span, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *message = formatted(fmt, ap);
	va_end(ap);
	return add(diags, rule, source, span, message);
}

void wf_diag_hint(struct wf_diag *d, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *hint = formatted(fmt, ap);
	va_end(ap);
	wf_free(d->hint);
	d->hint = hint;
}

void wf_diag_fix(struct wf_diag *d, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *fix = formatted(fmt, ap);
	va_end(ap);
	wf_free(d->fix);
	d->fix = fix;
}

void wf_diags_move(struct wf_diags *to, struct wf_diags *from)
{
	for (size_t i = 0; i < from->count; i++) {
		struct wf_diag *d = &from->items[i];
		struct wf_diag *moved = add(to, d->rule, d->source, d->span, d->message);
		moved->hint = d->hint;
		moved->fix = d->fix;
		d->message = d->hint = d->fix = NULL;
	}
	wf_diags_done(from);
}

/* -- order -- */

static const char *source_name(const struct wf_diag *d)
{
	return d->source && d->source->name ? d->source->name : "";
}

static int order_of_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int order_of_findings(const struct wf_diag *a, const struct wf_diag *b)
{
	int order = strcmp(source_name(a), source_name(b));
	if (!order)
		order = order_of_numbers(a->span.line, b->span.line);
	if (!order)
		order = order_of_numbers(a->span.column, b->span.column);
	if (!order)
		order = order_of_numbers(a->rule, b->rule);
	return order;
}

/* qsort is not stable; the place in the old order makes it so. */
struct ranked {
	struct wf_diag diag;
	size_t rank;
};

static int order_of_ranked(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;
	int order = order_of_findings(&a->diag, &b->diag);
	return order ? order : (a->rank > b->rank) - (a->rank < b->rank);
}

static bool is_repeated(const struct wf_diags *diags, size_t kept, const struct wf_diag *d)
{
	for (size_t i = kept; i > 0; i--) {
		const struct wf_diag *other = &diags->items[i - 1];
		if (order_of_findings(other, d) != 0)
			return false;
		if (other->span.end_line == d->span.end_line &&
			other->span.end_column == d->span.end_column &&
			strcmp(other->message, d->message) == 0)
			return true;
	}
	return false;
}

static void drop_repeats(struct wf_diags *diags, size_t sorted)
{
	size_t kept = 0, total = diags->count;

	for (size_t i = 0; i < total; i++) {
		struct wf_diag *d = &diags->items[i];
		if (i < sorted && is_repeated(diags, kept, d)) {
			diags->errors -= d->severity == WF_SEV_ERROR;
			diags->warnings -= d->severity == WF_SEV_WARNING;
			diags->notes -= d->severity == WF_SEV_NOTE;
			release(d);
			continue;
		}
		if (i != kept) {
			diags->items[kept] = *d;
			memset(d, 0, sizeof(*d));
		}
		kept++;
	}
	diags->count = kept;
}

void wf_diags_sort(struct wf_diags *diags)
{
	if (!diags->count)
		return;
	/* Of a full list the last one, which says so, stays where it is. */
	size_t n = diags->count;
	if (diags->full) {
		release(&diags->items[n]);
		n--;
	}
	struct ranked *ranked = wf_reallocarray(NULL, n, sizeof(*ranked));
	for (size_t i = 0; i < n; i++)
		ranked[i] = (struct ranked){ diags->items[i], i };
	qsort(ranked, n, sizeof(*ranked), order_of_ranked);
	for (size_t i = 0; i < n; i++)
		diags->items[i] = ranked[i].diag;
	wf_free(ranked);
	drop_repeats(diags, n);
}

void wf_diags_done(struct wf_diags *diags)
{
	if (!diags)
		return;
	for (size_t i = 0; i < diags->count + diags->full; i++)
		release(&diags->items[i]);
	wf_free(diags->items);
	memset(diags, 0, sizeof(*diags));
}

/* Looking up instants and local times in a zone. */
#include "base/zone.h"

#include "base/civil.h"
#include "base/zone_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Far beyond any date that is asked for, and far from overflowing when offsets are added. */
#define FAR (INT64_C(1) << 55)

static int64_t within_reason(int64_t seconds)
{
	return seconds < -FAR ? -FAR : seconds > FAR ? FAR : seconds;
}

const char *wf_zone_name(const struct wf_zone *z)
{
	return z ? z->name : "UTC";
}

static void set_type(struct wf_zone_span *span, const struct zone_type *t)
{
	span->offset = t->offset;
	span->is_dst = t->is_dst;
	memcpy(span->abbr, t->abbr, sizeof(span->abbr));
}

/* -- after the table -- */

struct change {
	int64_t at;
	bool dst;
};

/* Where both changes fall on one instant (a year-round daylight time is written as "0/0,J365/25")
 * the one to it comes last, and so holds. */
static bool before(const struct change *a, const struct change *b)
{
	return a->at < b->at || (a->at == b->at && !a->dst && b->dst);
}

#define RULE_CHANGES 10

/* The changes from two years before to two years after. Hours of up to a week either way may move
 * both changes of a year over its end, so that the nearest one belongs to the year after next. */
static void changes_around(const struct zone_rule *r, int64_t year, struct change ret[RULE_CHANGES])
{
	size_t n = 0;

	for (int64_t y = year - 2; y <= year + 2; y++)
		for (int dst = 0; dst < 2; dst++) {
			struct change c = { wf_zone_rule_change(r, y, dst), dst };
			size_t i = n++;
			for (; i > 0 && before(&c, &ret[i - 1]); i--)
				ret[i] = ret[i - 1];
			ret[i] = c;
		}
}

static void at_by_rule(const struct zone_rule *r, int64_t instant, struct wf_zone_span *span)
{
	struct change changes[RULE_CHANGES];
	int last = -1;

	span->start = INT64_MIN;
	span->end = INT64_MAX;
	set_type(span, &r->types[0]);
	if (!r->has_dst)
		return;
	changes_around(r, wf_civil_of(instant + r->types[0].offset).year, changes);
	while (last + 1 < RULE_CHANGES && changes[last + 1].at <= instant)
		last++;
	if (last >= 0) {
		span->start = changes[last].at;
		set_type(span, &r->types[changes[last].dst]);
	}
	if (last + 1 < RULE_CHANGES)
		span->end = changes[last + 1].at;
}

/* -- the table -- */

/* The number of transitions at or before the instant. */
static size_t passed(const struct wf_zone *z, int64_t instant)
{
	size_t low = 0, high = z->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (z->at[middle] <= instant)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void wf_zone_at(const struct wf_zone *z, int64_t instant, struct wf_zone_span *ret)
{
	struct wf_zone_span span = { .start = INT64_MIN, .end = INT64_MAX };

	instant = within_reason(instant);
	if (!z) {
		memcpy(span.abbr, "UTC", 4);
		*ret = span;
		return;
	}
	size_t n = passed(z, instant);
	if (n == z->count && z->rule.present)
		at_by_rule(&z->rule, instant, &span);
	else
		set_type(&span, &z->types[n ? z->type_of[n - 1] : 0]);
	if (n && span.start < z->at[n - 1])
		span.start = z->at[n - 1];
	if (n < z->count)
		span.end = z->at[n];
	*ret = span;
}

void wf_zone_instants(const struct wf_zone *z, int64_t local, struct wf_zone_instants *ret)
{
	struct wf_zone_instants found = { 0 };
	struct wf_zone_span span, next;

	local = within_reason(local);
	/* Every instant that could be meant lies within the largest offset of `local`. */
	wf_zone_at(z, local - ZONE_MAX_OFFSET - 1, &span);
	for (;;) {
		int64_t instant = local - span.offset;
		if (instant >= span.start && instant < span.end && found.count < 2)
			found.at[found.count++] = instant;
		if (span.end > local + ZONE_MAX_OFFSET)
			break;
		wf_zone_at(z, span.end, &next);
		if (local >= span.end + span.offset && local < span.end + next.offset)
			found.gap_end = span.end;
		span = next;
	}
	if (found.count)
		found.gap_end = found.at[0];
	*ret = found;
}

void wf_zone_text(const struct wf_zone *z, int64_t ms, char ret[WF_ZONE_TEXT])
{
	struct wf_zone_span span;
	int64_t seconds = ms / 1000 - (ms % 1000 < 0);
	int rest = (int)(ms % 1000 + (ms % 1000 < 0 ? 1000 : 0));
	char fraction[16] = "", offset[32] = "Z", text[128];

	wf_zone_at(z, seconds, &span);
	struct wf_civil c = wf_civil_of(within_reason(seconds) + span.offset);
	int32_t east = span.offset < 0 ? -span.offset : span.offset;
	if (rest)
		(void)snprintf(fraction, sizeof(fraction), ".%03d", rest);
	if (strcmp(span.abbr, "UTC") != 0)
		(void)snprintf(offset, sizeof(offset), "%c%02d:%02d", span.offset < 0 ? '-' : '+',
			(int)(east / 3600), (int)(east / 60 % 60));
	(void)snprintf(text, sizeof(text), "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d%s%s", c.year,
		c.month, c.day, c.hour, c.minute, c.second, fraction, offset);
	text[WF_ZONE_TEXT - 1] = 0;
	memcpy(ret, text, WF_ZONE_TEXT);
}

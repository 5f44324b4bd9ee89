/* Zone files, which are input like any other: refused, or a zone whose spans follow each other, whose
 * wall clock shows each instant's local time, and in which a schedule moves on. */
#include "fuzz.h"

#include "base/cron.h"
#include "base/zone.h"

#define SPANS 50

static const int64_t starts[] = {INT64_MIN, -INT64_C(2717650800), 0, INT64_C(1700000000),
	INT64_C(253402300000)};

/* The instant is among those at which the clock shows what it shows then. Where spans are shorter
 * than their jumps a local time may come more than twice, and two are told. */
static void shown(const struct wf_zone *z, const struct wf_zone_span *span, int64_t t)
{
	struct wf_zone_instants at;
	wf_zone_instants(z, t + span->offset, &at);
	FUZZ_CHECK(at.count == 2 || (at.count == 1 && at.at[0] == t));
	FUZZ_CHECK(at.count < 2 || at.at[0] < at.at[1]);
	FUZZ_CHECK(at.gap_end == at.at[0]);
	FUZZ_CHECK(at.count < 2 || t <= at.at[0] || t >= at.at[1]);
}

static void walk(const struct wf_zone *z, int64_t t)
{
	struct wf_zone_span span, next;
	char text[WF_ZONE_TEXT];
	wf_zone_at(z, t, &span);
	for (unsigned i = 0; i < SPANS && span.end < INT64_C(1) << 54; i++) {
		if (t > INT64_MIN / 1000) {
			FUZZ_CHECK(span.start <= t && t < span.end);
			shown(z, &span, t);
			shown(z, &span, span.end - 1);
			if (t < INT64_MAX / 1000)
				wf_zone_text(z, t * 1000, text);
		}
		FUZZ_CHECK(memchr(span.abbr, 0, sizeof(span.abbr)));
		t = span.end;
		wf_zone_at(z, t, &next);
		FUZZ_CHECK(next.start == t && next.end > t);
		span = next;
	}
}

static void fire(const struct wf_zone *z, const char *expression)
{
	struct wf_cron c;
	FUZZ_CHECK(wf_cron_parse(expression, strlen(expression), &c, NULL, NULL) == 0);
	for (unsigned o = WF_OVERLAP_FIRST; o <= WF_OVERLAP_AUTO; o++) {
		struct wf_dst_policy policy = {o & 1 ? WF_GAP_SKIP : WF_GAP_SHIFT,
			(enum wf_overlap)o};
		int64_t from = INT64_C(1700000000000);
		struct wf_firing f;
		for (unsigned i = 0; i < 4 && !wf_cron_next(&c, z, policy, from, false, &f); i++) {
			FUZZ_CHECK(f.ms > from && wf_cron_matches(&c, f.local));
			from = f.ms;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wf_zone *z = NULL;
	struct wf_cause cause = {0};
	char text[WF_ZONE_TEXT];
	if (wf_zone_decode("fuzz", data, n, &z, &cause)) {
		FUZZ_CHECK(cause.text[0]);
		return 0;
	}
	FUZZ_CHECK(!strcmp(wf_zone_name(z), "fuzz"));
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		walk(z, starts[i]);
	wf_zone_text(z, INT64_MIN, text);
	wf_zone_text(z, INT64_MAX, text);
	fire(z, "*/15 * * * *");
	fire(z, "30 2 * * *");
	wf_zone_free(z);
	return 0;
}

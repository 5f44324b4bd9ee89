/* Cron expressions and repeating intervals: refused with a place in the text, or read, written and
 * read again as the same; each firing matches, comes after what it was asked from, is found again
 * when it is asked for itself, and none before it was left out. */
#include "fuzz.h"

#include "base/cron.h"
#include "base/interval.h"

#define ROUNDS 5
#define LOOKED_AT 120 /* seconds between two firings that are tried one by one */

/* On both sides of a gap and an overlap, of a leap day, of what can be reckoned with. */
static const int64_t starts[] = {INT64_C(1772951400000), INT64_C(1793512000001),
	INT64_C(951782399999), -1, INT64_C(253402300700000), INT64_MIN, INT64_MAX};
#define STARTS (sizeof(starts) / sizeof(starts[0]))

static struct wf_zone *zone;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	FUZZ_CHECK(wf_zone_open(NULL, "America/New_York", &zone, NULL) == 0);
	return 0;
}

/* No second from there on matches, up to the firing. */
static void nothing_between(const struct wf_cron *c, int64_t from_ms, int64_t until)
{
	int64_t at = from_ms / 1000 - (from_ms % 1000 < 0) + 1;
	for (int64_t end = at + LOOKED_AT; at < until && at < end; at++)
		FUZZ_CHECK(!wf_cron_matches(c, at));
}

static void cron_from(const struct wf_cron *c, const struct wf_zone *z, struct wf_dst_policy policy,
	int64_t from)
{
	struct wf_firing f = {0}, same = {0};
	for (unsigned i = 0; i < ROUNDS; i++, from = f.ms) {
		int err = wf_cron_next(c, z, policy, from, false, &f);
		FUZZ_CHECK(err == 0 || err == WF_ENOENT);
		if (err)
			return;
		FUZZ_CHECK(f.ms > from && wf_cron_matches(c, f.local));
		FUZZ_CHECK(wf_cron_next(c, z, policy, f.ms, true, &same) == 0);
		FUZZ_CHECK(same.ms == f.ms && same.local == f.local && same.mark == f.mark);
		FUZZ_CHECK(z || f.ms == f.local * 1000);
		if (!z && from > -INT64_C(62167219200000))
			nothing_between(c, from, f.local);
	}
}

static void cron(const char *text, size_t n)
{
	struct wf_cron c, again;
	struct wf_cause cause = {0};
	size_t offset = 0;
	int err = wf_cron_parse(text, n, &c, &offset, &cause);
	if (err) {
		FUZZ_CHECK(offset <= n && cause.text[0]);
		FUZZ_CHECK(wf_cron_parse(text, n, &c, NULL, NULL) == err);
		return;
	}
	WF_AUTOBUF struct wf_buf out = {0};
	wf_cron_text(&c, &out);
	FUZZ_CHECK(wf_cron_parse(out.data, out.len, &again, NULL, NULL) == 0);
	FUZZ_CHECK(wf_cron_equal(&c, &again));
	wf_buf_reset(&out);
	wf_cron_explain(&c, &out);
	FUZZ_CHECK(out.len);
	for (size_t i = 0; i < STARTS; i++) {
		cron_from(&c, NULL, (struct wf_dst_policy){0}, starts[i]);
		for (unsigned gap = WF_GAP_SHIFT; gap <= WF_GAP_SKIP; gap++)
			for (unsigned o = WF_OVERLAP_FIRST; o <= WF_OVERLAP_AUTO; o++)
				cron_from(&c, zone,
					(struct wf_dst_policy){(enum wf_gap)gap, (enum wf_overlap)o},
					starts[i]);
	}
}

static void interval_from(const struct wf_interval *iv, int64_t from)
{
	static const struct wf_dst_policy policies[] = {{WF_GAP_SHIFT, WF_OVERLAP_FIRST},
		{WF_GAP_SKIP, WF_OVERLAP_LAST}, {WF_GAP_SHIFT, WF_OVERLAP_BOTH}};
	for (size_t p = 0; p < sizeof(policies) / sizeof(policies[0]); p++) {
		struct wf_firing f = {0}, same = {0};
		int64_t at = from;
		for (unsigned i = 0; i < ROUNDS; i++, at = f.ms) {
			int err = wf_interval_next(iv, zone, policies[p], at, false, &f);
			FUZZ_CHECK(err == 0 || err == WF_ENOENT);
			if (err)
				break;
			FUZZ_CHECK(f.ms > at);
			FUZZ_CHECK(wf_interval_next(iv, zone, policies[p], f.ms, true, &same) == 0);
			FUZZ_CHECK(same.ms == f.ms);
		}
	}
}

static void interval(const char *text, size_t n)
{
	struct wf_interval iv;
	struct wf_cause cause = {0};
	size_t offset = 0;
	int err = wf_interval_parse(text, n, &iv, &offset, &cause);
	if (err) {
		FUZZ_CHECK(offset <= n && cause.text[0]);
		FUZZ_CHECK(wf_interval_parse(text, n, &iv, NULL, NULL) == err);
		return;
	}
	WF_AUTOBUF struct wf_buf out = {0};
	wf_interval_explain(&iv, &out);
	FUZZ_CHECK(out.len);
	if (!iv.has_start)
		wf_interval_anchor(&iv, INT64_C(1769817600000));
	for (size_t i = 0; i < STARTS; i++)
		interval_from(&iv, starts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	cron((const char *)data, n);
	interval((const char *)data, n);
	return 0;
}

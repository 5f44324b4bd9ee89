/* Numbered boundaries. */
#include "base/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
#define WF_CRASH(name, text) [WF_CRASH_##name] = #name,
#include "base/crash.def"
#undef WF_CRASH
};

static bool armed;
static int armed_point = -1; /* -1: any */
static uint64_t armed_left;
static uint64_t passed;

const char *wf_crash_name(enum wf_crash_point point)
{
	return names[point];
}

uint64_t wf_crash_passed(void)
{
	return passed;
}

static int find_point(const char *name, size_t n)
{
	for (int i = 0; i < WF_CRASH_COUNT_; i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			return i;
	return -1;
}

bool wf_crash_arm(const char *spec)
{
	size_t n = strcspn(spec, ":");
	int point = find_point(spec, n);
	const char *count = point < 0 ? spec : spec[n] ? spec + n + 1 : "1";
	char *end;
	unsigned long long nth = strtoull(count, &end, 10);
	if (nth == 0 || *end || *count == '-')
		return false;
	armed_point = point;
	armed_left = nth;
	armed = true;
	return true;
}

void wf_crash_here(enum wf_crash_point point)
{
	passed++;
	if (!armed || (armed_point >= 0 && armed_point != (int)point))
		return;
	if (--armed_left == 0)
		(void)raise(SIGKILL);
}

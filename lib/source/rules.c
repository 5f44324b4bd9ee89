/* The table of rules, out of rules.def. */
#include "source/diag.h"

#include <string.h>

static const struct wf_rule_info rules[] = {
#define ERROR WF_SEV_ERROR
#define WARNING WF_SEV_WARNING
#define NOTE WF_SEV_NOTE
#define WF_RULE(name, id, severity, summary, explanation, bad, good)                               \
	[WF_RULE_##name] = { id, severity, summary, explanation, bad, good },
#include "source/rules.def"
#undef WF_RULE
#undef ERROR
#undef WARNING
#undef NOTE
};

const struct wf_rule_info *wf_rule_info(enum wf_rule rule)
{
	return &rules[rule];
}

enum wf_rule wf_rule_find(const char *id)
{
	for (size_t i = 0; i < WF_RULE_COUNT_; i++)
		if (strcmp(rules[i].id, id) == 0)
			return (enum wf_rule)i;
	return WF_RULE_COUNT_;
}

/*
 * The queries of a plan's code, parsed beside it.
 *
 * Who loads a plan parses them all: a text that is no query is damage like any other, and is found
 * before anything runs. A plan without queries pays one look at each instruction.
 */
#include "plan/internal.h"

#include "base/mem.h"
#include "query/query.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	const struct wf_plan_query *x = a, *y = b;
	if (x->string != y->string)
		return x->string < y->string ? -1 : 1;
	return (x->language > y->language) - (x->language < y->language);
}

/* The first instruction of that query, for who has to look for it. */
static uint32_t place_of(const struct wf_plan *p, const struct wf_plan_query *q)
{
	uint32_t pc = 0;
	while (pc < p->code_count && (p->code[pc].op != WF_OP_QUERY || p->code[pc].c != q->string ||
					     p->code[pc].a != q->language))
		pc++;
	return pc;
}

static int parse(struct wf_plan *p, struct wf_plan_query *q, struct wf_cause *cause)
{
	const char *text = p->strings[q->string];
	struct wf_query_fault fault = {.message = NULL};
	int err = wf_query_parse((enum wf_query_language)q->language, text, strlen(text), &q->query,
		&fault);
	if (err < 0)
		err = wf_fail(cause, WF_ECORRUPT, "plan: instruction %u: its query is none of %s: %s",
			place_of(p, q), wf_query_language_name((enum wf_query_language)q->language),
			fault.message);
	wf_query_fault_done(&fault);
	return err;
}

int wf_plan_parse_queries(struct wf_plan *p, struct wf_cause *cause)
{
	uint32_t room = 0, kept = 0;
	for (uint32_t pc = 0; pc < p->code_count; pc++) {
		if (p->code[pc].op != WF_OP_QUERY)
			continue;
		WF_GROW(p->queries, p->query_count, room);
		p->queries[p->query_count++] =
			(struct wf_plan_query){.string = p->code[pc].c, .language = p->code[pc].a};
	}
	if (!p->query_count)
		return 0;
	qsort(p->queries, p->query_count, sizeof(*p->queries), compare);
	for (uint32_t i = 0; i < p->query_count; i++)
		if (!i || compare(&p->queries[kept - 1], &p->queries[i]))
			p->queries[kept++] = p->queries[i];
	p->query_count = kept;
	for (uint32_t i = 0; i < kept; i++) {
		int err = parse(p, &p->queries[i], cause);
		if (err < 0)
			return err;
	}
	return 0;
}

void wf_plan_drop_queries(struct wf_plan *p)
{
	for (uint32_t i = 0; i < p->query_count; i++)
		wf_query_free(p->queries[i].query);
	wf_free(p->queries);
}

const struct wf_query *wf_plan_query(const struct wf_plan *plan, const struct wf_insn *insn)
{
	struct wf_plan_query wanted = {.string = insn->c, .language = insn->a};
	const struct wf_plan_query *q = bsearch(&wanted, plan->queries, plan->query_count,
		sizeof(*plan->queries), compare);
	return q ? q->query : NULL;
}

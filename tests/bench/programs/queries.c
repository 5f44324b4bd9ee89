/*
 * How many evaluations a second of the expressions of a language in queries.json.
 *
 *	queries -o LANGUAGE FILE SECONDS  parsed once each
 *	queries -p LANGUAGE FILE SECONDS  parsed every time
 *	queries -v LANGUAGE FILE SECONDS  as -o; first each expression's rate, text and value, a line each
 *
 * Prints the rate over all of them, each being evaluated as often as any other. queries.js is its twin.
 */
#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"
#include "query/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUND 2000

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "queries: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct wf_query *parse(enum wf_query_language language, const char *text)
{
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query *q = NULL;
	if (wf_query_parse(language, text, strlen(text), &q, &fault) < 0)
		die(fault.message);
	return q;
}

static json_t *evaluate(const struct wf_query *q, json_t *input)
{
	struct wf_query_fault fault = {.message = NULL};
	struct wf_query_env env = {.input = input, .steps_left = 1000000};
	json_t *value = NULL;
	if (wf_query_run(q, &env, &value, &fault) < 0)
		die(fault.message);
	return value;
}

/* Seconds that a round of one expression takes. */
static double round_of(enum wf_query_language language, const char *text, const struct wf_query *parsed,
	json_t *input)
{
	double began = now();
	for (unsigned i = 0; i < ROUND; i++) {
		struct wf_query *own = parsed ? NULL : parse(language, text);
		json_decref(evaluate(parsed ? parsed : own, input));
		wf_query_free(own);
	}
	return now() - began;
}

int main(int argc, char **argv)
{
	struct wf_buf text = {0};
	json_t *all = NULL;
	if (argc != 5 || argv[1][0] != '-' || !strchr("opv", argv[1][1]))
		die("usage: queries -o|-p|-v LANGUAGE FILE SECONDS");
	char mode = argv[1][1];
	if (wf_read_file(argv[3], 1u << 20, &text, NULL) || wf_json_parse(text.data, text.len, &all, NULL))
		die("the file cannot be read");
	enum wf_query_language language = wf_query_language_of(argv[2]);
	json_t *input = json_object_get(all, "input"), *list = json_object_get(all, argv[2]), *item;
	double seconds = strtod(argv[4], NULL), sum = 0;
	unsigned long rounds = 0;
	struct wf_query *queries[64];
	double took[64] = {0};
	size_t i, n = json_array_size(list);
	if (!n || n > 64 || language == WF_QUERY_LANGUAGE_COUNT_)
		die("no such language");
	json_array_foreach(list, i, item)
		queries[i] = parse(language, json_string_value(item));
	for (; sum < seconds; rounds++)
		json_array_foreach(list, i, item) {
			double one = round_of(language, json_string_value(item),
				mode == 'p' ? NULL : queries[i], input);
			took[i] += one;
			sum += one;
		}
	json_array_foreach(list, i, item) {
		json_t *value = evaluate(queries[i], input);
		char *shown = value ? wf_json_text(value) : NULL;
		if (mode == 'v')
			printf("%10.0f  %s = %s\n", (double)rounds * ROUND / took[i],
				json_string_value(item), shown ? shown : "nothing");
		wf_free(shown);
		json_decref(value);
		wf_query_free(queries[i]);
	}
	printf("%.0f\n", (double)rounds * ROUND * (double)n / sum);
	json_decref(all);
	wf_buf_done(&text);
	return 0;
}

/* Samples, the table and the JSON. */
#include "bench.h"

#include <jansson.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- samples -- */

void samples_add(struct samples *s, double value)
{
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->values = realloc(s->values, s->room * sizeof(*s->values));
		if (!s->values)
			die("out of memory");
	}
	s->values[s->count++] = value;
}

void samples_done(struct samples *s)
{
	free(s->values);
	*s = (struct samples){0};
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

double samples_at(const struct samples *s, double q)
{
	if (!s->count)
		return 0;
	double *sorted = malloc(s->count * sizeof(*sorted));
	if (!sorted)
		die("out of memory");
	memcpy(sorted, s->values, s->count * sizeof(*sorted));
	qsort(sorted, s->count, sizeof(*sorted), by_value);
	double at = sorted[(size_t)(q * (double)(s->count - 1) + 0.5)];
	free(sorted);
	return at;
}

/* -- rows -- */

static struct row *rows[64];
static size_t row_count;

struct row *row_add(const char *name, const char *unit, const char *yardstick)
{
	struct row *r = row_count < sizeof(rows) / sizeof(rows[0]) ? calloc(1, sizeof(*r)) : NULL;
	if (!r)
		die("too many rows");
	*r = (struct row){.name = name, .unit = unit, .yardstick = yardstick};
	rows[row_count++] = r;
	return r;
}

void rows_done(void)
{
	while (row_count) {
		struct row *r = rows[--row_count];
		samples_done(&r->ours);
		samples_done(&r->theirs);
		free(r);
	}
}

/* 0 when there is no yardstick. */
static double ratio_of(const struct row *r)
{
	double ours = samples_at(&r->ours, 0.5), theirs = samples_at(&r->theirs, 0.5);
	if (!r->theirs.count || ours <= 0 || theirs <= 0)
		return 0;
	return r->rate ? theirs / ours : ours / theirs;
}

static bool has_target(const struct row *r)
{
	return r->ratio_at_most > 0 || r->at_most > 0 || r->at_least > 0;
}

static bool reached(const struct row *r)
{
	double ours = samples_at(&r->ours, 0.5);
	if (r->not_measured)
		return false;
	if (r->ratio_at_most > 0 && ratio_of(r) > r->ratio_at_most)
		return false;
	return !(r->at_most > 0 && ours > r->at_most) && !(r->at_least > 0 && ours < r->at_least);
}

bool rows_reached(void)
{
	bool all = true;
	for (size_t i = 0; i < row_count; i++)
		all &= rows[i]->not_measured || reached(rows[i]);
	return all;
}

/* Three digits that say something, thousands apart. */
static void number_text(double v, char ret[32])
{
	char plain[32];
	(void)snprintf(plain, sizeof(plain), "%.*f", v >= 100 ? 0 : v >= 10 ? 1 : 2, v);
	size_t whole = strcspn(plain, "."), at = 0;
	for (size_t i = 0; plain[i] && at + 2 < 32; i++) {
		if (i && i < whole && (whole - i) % 3 == 0)
			ret[at++] = ',';
		ret[at++] = plain[i];
	}
	ret[at] = '\0';
}

static void spread_text(const struct samples *s, char ret[128])
{
	char least[32], middle[32], most[32];
	if (!s->count) {
		(void)snprintf(ret, 128, "-");
		return;
	}
	number_text(samples_at(s, 0), least);
	number_text(samples_at(s, 0.5), middle);
	number_text(samples_at(s, 1), most);
	(void)snprintf(ret, 128, "%s / %s / %s", least, middle, most);
}

static void target_text(const struct row *r, char ret[128])
{
	char n[32], ratio[64] = "", bound[64] = "";
	if (r->ratio_at_most > 0)
		(void)snprintf(ratio, sizeof(ratio), "%g x", r->ratio_at_most);
	if (r->at_most > 0 || r->at_least > 0) {
		number_text(r->at_most > 0 ? r->at_most : r->at_least, n);
		(void)snprintf(bound, sizeof(bound), "%s %s %s",
			r->at_most > 0 ? "at most" : "at least", n, r->unit);
	}
	(void)snprintf(ret, 128, "%s%s%s", ratio, *ratio && *bound ? ", " : "", bound);
}

static const char *verdict(const struct row *r)
{
	if (r->not_measured)
		return "not measured";
	return !has_target(r) ? "-" : reached(r) ? "yes" : "NO";
}

static void ratio_text(const struct row *r, char ret[32])
{
	if (ratio_of(r) > 0)
		(void)snprintf(ret, 32, "%.2f", ratio_of(r));
	else
		(void)snprintf(ret, 32, "-");
}

void row_print(struct row *r)
{
	char ours[128], theirs[128], ratio[32];
	spread_text(&r->ours, ours);
	spread_text(&r->theirs, theirs);
	ratio_text(r, ratio);
	fprintf(stderr, "%s: %s %s; yardstick %s; ratio %s; %s\n", r->name, ours, r->unit, theirs,
		ratio, verdict(r));
}

void rows_print_table(void)
{
	puts("| row | unit | ours (min / median / max) | yardstick (min / median / max) | ratio "
	     "| target | reached |");
	puts("|---|---|---|---|---|---|---|");
	for (size_t i = 0; i < row_count; i++) {
		char ours[128], theirs[128], target[128], ratio[32];
		const struct row *r = rows[i];
		spread_text(&r->ours, ours);
		spread_text(&r->theirs, theirs);
		target_text(r, target);
		ratio_text(r, ratio);
		printf("| %s | %s | %s | %s | %s | %s | %s |\n", r->name, r->unit, ours, theirs,
			ratio, target, verdict(r));
	}
}

/* -- JSON -- */

static json_t *spread_json(const struct samples *s)
{
	if (!s->count)
		return json_null();
	return json_pack("{s:f, s:f, s:f}", "min", samples_at(s, 0), "median", samples_at(s, 0.5),
		"max", samples_at(s, 1));
}

static json_t *row_json(const struct row *r)
{
	char target[128];
	target_text(r, target);
	json_t *o = json_object();
	json_object_set_new(o, "name", json_string(r->name));
	json_object_set_new(o, "unit", json_string(r->unit));
	json_object_set_new(o, "ours", spread_json(&r->ours));
	json_t *theirs = spread_json(&r->theirs);
	if (json_is_object(theirs))
		json_object_set_new(theirs, "what", json_string(r->yardstick));
	json_object_set_new(o, "yardstick", theirs);
	json_object_set_new(o, "ratio", ratio_of(r) > 0 ? json_real(ratio_of(r)) : json_null());
	json_object_set_new(o, "target", has_target(r) ? json_string(target) : json_null());
	json_object_set_new(o, "reached",
		r->not_measured || !has_target(r) ? json_null() : json_boolean(reached(r)));
	if (r->not_measured)
		json_object_set_new(o, "not_measured", json_string(r->not_measured));
	return o;
}

int rows_write_json(const char *path)
{
	json_t *list = json_array();
	for (size_t i = 0; i < row_count; i++)
		json_array_append_new(list, row_json(rows[i]));
	int rc = json_dump_file(list, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(list);
	if (rc)
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
	return rc ? 1 : 0;
}

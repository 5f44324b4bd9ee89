/*
 * The campaign of generated workflows: an instance is driven from its start to its end, by people who decide,
 * send what is waited for, and let the clock go on only when nothing else is left to do; meanwhile what they
 * run dies. What they do follows from what they see alone, so that it is the same whoever died.
 */
#include "generated.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define START 4927597200000 /* 2126-02-23, so that nothing of it is due in truth */
#define MOST_ROUNDS 600
#define PARK "01368"

static const char script[] =
	"# WORD FAILURES STATUS VALUE: what a command of the definitions does\n"
	"echo \"$1 $WFCTL_IDEMPOTENCY_KEY\" >>ran\n"
	"[ \"$2\" -gt 0 ] && [ \"$(grep -c \"^$1 \" ran)\" -le \"$2\" ] && exit \"$3\"\n"
	"echo \"$4\"\n";

void begin_course(struct course *c, const struct definition *def, uint64_t seed)
{
	memset(c, 0, sizeof(*c));
	c->def = def;
	c->draw.state = seed;
	c->now = START;
	c->boot = 7;
}

void place_definition(const struct definition *def)
{
	json_t *one;
	size_t i;
	char name[40];
	write_text("do.sh", script);
	json_array_foreach (def->workflows, i, one) {
		char *yaml = as_yaml(one);
		snprintf(name, sizeof(name), "w%zu.yaml", i);
		write_text(name, yaml);
		free(yaml);
		if (i + 1 < json_array_size(def->workflows))
			expect("0", "register %s/%s", world.dir, name);
	}
}

/* -- commands, and their deaths -- */

static void look_after_death(struct course *c)
{
	c->died++;
	c->deaths--;
	if (c->power) {
		wait_for_quiet_spool();
		empty_spool();
		c->boot++;
	}
	expect_sound();
}

/* Runs it, perhaps until it dies; true: it did not. */
__attribute__((format(printf, 3, 4))) static bool act(
	struct course *c, const char *allowed, const char *format, ...)
{
	char line[240], death[40] = "";
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (c->deaths && chance(&c->draw, 50))
		snprintf(death, sizeof(death), "WFCTL_CRASH_AT=%u ",
			1 + below(&c->draw, 2u << below(&c->draw, 7)));
	c->commands++;
	struct said said = wfctl("%sWFCTL_BOOT=%u WFCTL_NOW=%lld %s", death, c->boot, (long long)c->now, line);
	bool died = *death && said.status == KILLED;
	if (died)
		look_after_death(c);
	else if (said.status > 9 || !strchr(allowed, '0' + said.status))
		complain("`wfctl %s` has status %d: %s%s", line, said.status, said.out, said.err);
	said_done(&said);
	return !died;
}

static json_t *asked(struct course *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static json_t *asked(struct course *c, const char *format, ...)
{
	char line[200];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	struct said said = wfctl("WFCTL_BOOT=%u WFCTL_NOW=%lld %s", c->boot, (long long)c->now, line);
	json_t *answer = json_loads(said.out, 0, NULL);
	said_done(&said);
	return answer;
}

/* -- what is seen, and what is done about it -- */

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool decide(struct course *c, const json_t *step)
{
	const char *id = text_of(step, "id");
	const json_t *approval = json_object_get(step, "approval");
	const char *who = json_string_value(json_array_get(json_object_get(approval, "asked"), 0));
	long long number = json_integer_value(json_object_get(approval, "number"));
	if (!who || !(begins(id, YES) || begins(id, NO)))
		return false;
	if (begins(id, YES))
		act(c, PARK "456", "approve a%lld --as %s --yes", number, who);
	else
		act(c, PARK "456", "reject a%lld --as %s --yes --reason no", number, who);
	return true;
}

static bool send(struct course *c, const json_t *instance, const json_t *step, bool event)
{
	const char *name = text_of(json_object_get(step, "input"), "name");
	long long number = json_integer_value(json_object_get(instance, "number"));
	if (!begins(name, SENT "."))
		return false;
	if (event)
		act(c, PARK, "emit %s --data {\"n\":7}", name);
	else
		act(c, PARK, "signal %lld %s --data {\"n\":7}", number, name);
	return true;
}

/* An operator has looked, and lets it be tried again. */
static bool end_doubt(struct course *c, const json_t *instance, const json_t *step)
{
	const char *id = text_of(step, "id");
	long long number = json_integer_value(json_object_get(instance, "number"));
	if (!c->power || !(strstr(id, DOUBT_ASK) || strstr(id, ".undo")))
		complain("`%s` is in doubt, and should not be", id);
	c->doubts++;
	/* of several it says which there are, and how they are named */
	char name[100] = "";
	struct said said = wfctl("WFCTL_BOOT=%u resolve %lld --retry --dry-run", c->boot, number);
	const char *first = strstr(said.err, "in doubt: ");
	if (said.status == 2 && first && sscanf(first + 10, "%*[']%99[^',\n]", name) < 1)
		sscanf(first + 10, "%99[^',\n]", name);
	said_done(&said);
	act(c, PARK, "resolve %lld --retry%s%s", number, *name ? " --step " : "", name);
	return true;
}

static bool do_for_step(struct course *c, const json_t *instance, const json_t *step)
{
	const char *action = text_of(step, "action"), *status = text_of(step, "status");
	if (!strcmp(status, "in_doubt"))
		return end_doubt(c, instance, step);
	if (strcmp(status, "waiting") != 0)
		return false;
	if (!strcmp(action, "approval.request"))
		return decide(c, step);
	if (!strcmp(action, "wait.signal"))
		return send(c, instance, step, false);
	return !strcmp(action, "wait.event") && send(c, instance, step, true);
}

static bool is_live(const json_t *instance)
{
	const char *status = text_of(instance, "status");
	return strcmp(status, "completed") != 0 && strcmp(status, "failed") != 0 &&
	       strcmp(status, "cancelled") != 0;
}

/* The first thing that somebody can do. */
static bool do_something(struct course *c, const json_t *all)
{
	json_t *instance, *step;
	size_t i, k;
	json_array_foreach (all, i, instance) {
		if (!is_live(instance))
			continue;
		json_array_foreach (json_object_get(instance, "steps"), k, step)
			if (do_for_step(c, instance, step))
				return true;
	}
	return false;
}

static int64_t time_of(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	return (int64_t)timegm(&tm) * 1000 + (rest && *rest == '.' ? atoll(rest + 1) : 0);
}

/* When something is due; 0: nothing is. */
static int64_t next_due(struct course *c)
{
	json_t *due = asked(c, "next-due -o json");
	int64_t at = *text_of(due, "at") ? time_of(text_of(due, "at")) : 0;
	json_decref(due);
	return at;
}

/* Somebody has enough of it. True: that was now. */
static bool cancelled(struct course *c, const json_t *root, int64_t due)
{
	int64_t at = START + c->def->cancel_at;
	if (!c->def->cancel_at || (due && due <= at) || c->over || !is_live(root) ||
		strcmp(text_of(root, "status"), "compensating") == 0)
		return false;
	c->now = c->now < at ? at : c->now;
	c->over = act(c, "01368", "cancel 1%s", c->def->undoes ? " --compensate" : "");
	return true;
}

static bool anybody_lives(const json_t *all)
{
	json_t *instance;
	size_t i;
	json_array_foreach (all, i, instance)
		if (is_live(instance))
			return true;
	return false;
}

/* Between two rounds nobody runs: a backup is put in the journal's place, the instance moves on. */
static void shake(struct course *c, unsigned round)
{
	if (c->restores && round == 2) {
		expect("0", "journal backup %s/backup", world.dir);
		expect("0", "journal restore %s/backup --replace --yes", world.dir);
		c->restored++;
	}
	/* not while branches or items are in hand */
	if (c->migrates && round < 20) {
		json_t *root = json_deep_copy(json_array_get(
			c->def->workflows, json_array_size(c->def->workflows) - 1));
		json_object_set_new(json_object_get(root, "workflow"), "version", json_string("1.1.0"));
		char *yaml = as_yaml(root);
		write_text("moved.yaml", yaml);
		act(c, "01456", "migrate 1 --to %s/moved.yaml", world.dir);
		free(yaml);
		json_decref(root);
	}
}

static bool do_round(struct course *c, unsigned round)
{
	json_t *all = instances();
	bool more = true;
	if (!json_array_size(all)) {
		act(c, PARK, "run %s/w%zu.yaml --key one --set n=%u --set tag=x", world.dir,
			json_array_size(c->def->workflows) - 1, c->def->n);
	} else if (!anybody_lives(all)) {
		more = false;
	} else if (!do_something(c, all)) {
		int64_t due = next_due(c);
		if (!cancelled(c, json_array_get(all, 0), due)) {
			if (!due || due > START + 300ll * 86400000)
				complain("it is stuck: nobody can do anything, and nothing is due");
			more = due != 0;
			c->now = due > c->now ? due : c->now;
			act(c, PARK, "serve-once");
		}
	}
	json_decref(all);
	shake(c, round);
	return more;
}

void drive(struct course *c)
{
	for (unsigned round = 0; round < MOST_ROUNDS; round++) {
		unsigned died = c->died;
		bool more = do_round(c, round);
		/* what a death left is the next one's to take up */
		while (c->died > died && more) {
			died = c->died;
			act(c, PARK, chance(&c->draw, 50) ? "resume" : "serve-once");
		}
		if (!more)
			return;
		act(c, PARK, "serve-once");
	}
	complain("it does not end");
}

/*
 * The corruption campaign: a byte at a time is changed in a plan, in a backup and in a journal's data
 * file, and the program is asked what it makes of it.
 *
 *	flip [--quick | --flips N] [plan | backup | data]
 *
 * Each flip ends in one of two ways: it is found, with a message that names the file; or it is
 * harmless, which means that every answer is the one of the whole file. Of a plan every flip is found.
 * Never a signal, never another answer; and where `journal check` finds nothing, no command may.
 */
#include "helpers/world.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW "WFCTL_NOW=2026-01-01T00:00:00Z "
#define INSTANCES 24
#define PAGE 4096u
#define HEAD 200u /* the bytes of a page that say what is where in it */

static unsigned long flips = 6000; /* of a backup, of a data file; three of each byte of a plan */

struct tally {
	unsigned long flipped, found, harmless;
};
static struct tally all;

/* -- files -- */

struct bytes {
	char path[400];
	uint8_t *data;
	size_t n;
};

static struct bytes read_bytes(const char *name)
{
	struct bytes b = {0};
	struct stat st;
	snprintf(b.path, sizeof(b.path), "%s/%s", world.dir, name);
	int fd = open(b.path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(b.path);
		exit(2);
	}
	b.n = (size_t)st.st_size;
	b.data = malloc(b.n + 1);
	if (read(fd, b.data, b.n) != (ssize_t)b.n)
		exit(2);
	close(fd);
	return b;
}

/* All of it anew, as commands may have written to it. */
static void write_bytes(const struct bytes *b)
{
	int fd = open(b->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, b->data, b->n) != (ssize_t)b->n) {
		perror(b->path);
		exit(2);
	}
	close(fd);
}

static uint32_t next_random(void)
{
	static uint64_t seed = 1;
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33);
}

/* Of two metas each byte; then where pages say what is where as often as anywhere. */
static size_t place_of(unsigned long k, size_t n)
{
	size_t at = next_random() % n;
	if (k < 2 * HEAD && flips >= 8 * HEAD)
		return k % HEAD + k / HEAD * PAGE;
	return next_random() & 1 ? at : at / PAGE * PAGE + at % HEAD;
}

static uint8_t mask_of(void)
{
	uint32_t r = next_random();
	return (uint8_t)(r & 1 ? 0xffu : 1u << r / 2 % 8);
}

static void tell(const char *what, const struct tally *t, const char *harmless)
{
	printf("flip %-7s %6lu bytes flipped: %6lu found, %6lu %s\n", what, t->flipped, t->found,
		t->harmless, harmless);
	fflush(stdout);
	doing("%s", what);
	if (!t->flipped || t->found < t->flipped / 10)
		complain("hardly anything was found");
	all.flipped += t->flipped;
	all.found += t->found;
	all.harmless += t->harmless;
}

/* -- asking -- */

/* In a message; -o json writes it to standard output. */
static bool names(const struct said *s, const char *file)
{
	return strstr(s->err, file) || strstr(s->out, file);
}

static void print_failure(const char *line, const struct said *s)
{
	complain("`wfctl %s` has status %d: %.200s%.300s", line, s->status, s->out, s->err);
}

/* -- a plan -- */

static const char definition[] =
	"workflow:\n"
	"  id: flipped\n"
	"  version: 1.0.0\n"
	"  input: { type: object, properties: { n: { type: integer } }, required: [n] }\n"
	"  vars: { all: [], long: '' }\n"
	"  steps:\n"
	"    - { id: a, action: data.set, with: { twice: '${n * 2}', names: [x, y, '${string(n)}'] },\n"
	"        set: { long: '${join(map(split(\"a b c d e f g h i j k l m n o p\", \" \"),\n"
	"          item + \"@LONG@\"), \".\")}' } }\n"
	"    - { id: ok, action: approval.request, condition: { when: 'n % 5 == 0' },\n"
	"        with: { policy: level1, approvers: { list: [ann] } } }\n"
	"    - { id: never, action: fail, condition: { when: 'n % 5 == 1' }, with: { message: no },\n"
	"        on_failure: { action: continue, to: z } }\n"
	"    - { id: z, action: data.set, with: { x: '${a.twice + 1}' } }\n"
	"  completion: { on_success: { output: { of: '${z.x}' } } }\n";

/* Branches, items, steps that depend on others, what is undone, an event, a child; a person is waited for. */
static const char grouped[] =
	"workflow:\n"
	"  id: grouped\n"
	"  version: 1.0.0\n"
	"  timeout: P30D\n"
	"  input: { type: object, properties: { n: { type: integer } }, required: [n] }\n"
	"  on_failure: { steps: [ { id: page, action: data.set, with: { why: '${error.code}' } } ] }\n"
	"  steps:\n"
	"    - id: all\n"
	"      foreach:\n"
	"        items: '${range(n)}'\n"
	"        limit: 2\n"
	"        on_item_failure: continue\n"
	"        steps:\n"
	"          - { id: odd, action: fail, condition: { when: 'item % 2 == 1' }, with: { message: odd } }\n"
	"          - { id: twice, action: data.set, with: { v: '${item * 2}' } }\n"
	"    - id: told\n"
	"      action: event.emit\n"
	"      with: { name: thing.made, data: { n: '${n}' } }\n"
	"      compensate: { action: event.emit, with: { name: thing.gone, data: { n: '${n}' } } }\n"
	"    - { id: call, action: workflow.run, with: { workflow: leaf, input: { n: '${n}' } },\n"
	"        compensate: false }\n"
	"    - id: fan\n"
	"      parallel:\n"
	"        join: any\n"
	"        branches:\n"
	"          - id: l\n"
	"            steps:\n"
	"              - { id: a, action: data.set, with: { v: 1 } }\n"
	"              - { id: gate, action: wait.signal, with: { name: go, timeout: P1D } }\n"
	"          - { id: r, steps: [{ id: ask, action: approval.request, with: { policy: level1,\n"
	"              approvers: { list: [ann, bob] }, sla: P2D, on_breach: reject } }] }\n"
	"  completion: { on_success: { output: { of: '${all.completed}' } } }\n";
static const char leaf[] =
	"workflow:\n"
	"  id: leaf\n"
	"  version: 1.0.0\n"
	"  triggers: [ { type: schedule, id: nightly, cron: '0 3 * * *', input: { n: 1 } } ]\n"
	"  input: { type: object, properties: { n: { type: integer } }, required: [n] }\n"
	"  steps:\n"
	"    - { id: a, action: data.set, with: { v: '${n}' } }\n"
	"    - { id: b, action: data.set, depends_on: [a], with: { v: 1 } }\n"
	"    - { id: c, action: data.set, depends_on: [a], with: { v: 2 } }\n"
	"    - { id: d, action: data.set, depends_on: [b, c], with: { v: '${b.v + c.v}' } }\n";

static void judge_plan(struct tally *t)
{
	struct said s = wfctl("compile -o json flipped.wfp");
	t->flipped++;
	if (s.status == 1 && names(&s, "flipped.wfp"))
		t->found++;
	else
		print_failure("compile", &s);
	said_done(&s);
}

static void flip_plan_of(const char *what, const char *source)
{
	static const uint8_t masks[] = {0x01, 0x80, 0xff};
	struct tally t = {0};
	expect("0", "compile -O flipped.wfp %s", source);
	struct bytes b = read_bytes("flipped.wfp");
	unsigned step = b.n * 3 > flips ? (unsigned)(b.n * 3 / flips) : 1;
	for (size_t k = 0; k < b.n * COUNT(masks); k += step) {
		size_t at = k / COUNT(masks);
		uint8_t mask = masks[k % COUNT(masks)];
		doing("%s, byte %zu of %zu, mask %02x", what, at, b.n, mask);
		b.data[at] ^= mask;
		write_bytes(&b);
		judge_plan(&t);
		b.data[at] ^= mask;
	}
	write_bytes(&b);
	expect("0", "compile flipped.wfp");
	tell(what, &t, "harmless");
	free(b.data);
}

static void flip_plan(void)
{
	flip_plan_of("plan", "w.yaml");
	flip_plan_of("groups", "grouped.yaml");
	flip_plan_of("depends", "leaf.yaml");
}

/* -- a backup -- */

static void drop_restored(void)
{
	static const char *const files[] = {"data.mdb", "lock.mdb", "open.lock", ""};
	char path[400];
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/home/journals/default/restored/%s", world.dir, files[i]);
		if (remove(path) < 0 && i + 1 == COUNT(files) && access(path, F_OK) == 0)
			complain("a restored journal has files of other names");
	}
}

static void judge_backup(struct tally *t, const char *dump)
{
	struct said s = wfctl(NOW "journal restore copy.mdb --environment restored");
	t->flipped++;
	if (s.status == 7 && names(&s, "copy.mdb")) {
		t->found++;
		if (files_in("home/journals/default") != 1)
			complain("a damaged backup is in its place");
	} else if (s.status == 0) {
		struct said is = wfctl(NOW "--environment restored journal dump");
		t->harmless++;
		if (is.status != 0 || strcmp(is.out, dump) != 0)
			print_failure("journal dump", &is);
		said_done(&is);
	} else {
		print_failure("journal restore", &s);
	}
	drop_restored();
	said_done(&s);
}

static void flip_backup(void)
{
	struct tally t = {0};
	expect("0", "journal backup copy.mdb");
	expect("0", NOW "journal restore copy.mdb --environment restored");
	struct said dump = wfctl(NOW "--environment restored journal dump");
	drop_restored();
	struct bytes b = read_bytes("copy.mdb");
	for (unsigned long k = 0; k < flips; k++) {
		size_t at = place_of(k, b.n);
		uint8_t mask = mask_of();
		doing("backup, page %zu, byte %zu, mask %02x", at / PAGE, at % PAGE, mask);
		b.data[at] ^= mask;
		write_bytes(&b);
		judge_backup(&t, dump.out);
		b.data[at] ^= mask;
	}
	tell("backup", &t, "harmless");
	said_done(&dump);
	free(b.data);
}

/* -- a data file -- */

static const char *const readings[] = {"ps -o jsonl --limit 0", "show 1 -o json", "show 13 -o json",
	"history 2 -o json", "approvals -o json", "ps --status waiting -o json", "journal dump",
	"ps --workflow flipped --limit 3 -o json", "show 26 -o json", "history 26 -o json", "show 27 -o json",
	"schedule ls -o json"};
static char *answers[COUNT(readings)];
static unsigned long refused[COUNT(readings)];

/* A dump gives the entries of indexes as they are in the file: only a check finds them wrong. */
static bool is_dump(size_t i)
{
	return strcmp(readings[i], "journal dump") == 0;
}

/* Whether it was refused. */
static bool ask(size_t i, bool sound)
{
	struct said s = wfctl(NOW "%s", readings[i]);
	/* a dump goes on over a value that is damaged, and says so in its place */
	bool fails = s.status == 7 || (is_dump(i) && strstr(s.out, "\"error\":\""));
	refused[i] += fails;
	if (fails ? !is_dump(i) && !names(&s, "damaged") && !names(&s, "data.mdb") : s.status != 0)
		print_failure(readings[i], &s);
	else if (!fails && strcmp(s.out, answers[i]) != 0 && (sound || !is_dump(i)))
		complain("`wfctl %s` gives another answer: %.300s", readings[i], s.out);
	said_done(&s);
	return fails;
}

/* A command that writes ends well, or with the damage; what was there is there or named. */
static void write_to_it(void)
{
	struct said s = wfctl(NOW "run w.yaml --set n=1");
	if (s.status != 0 && (s.status != 7 || !*s.err))
		print_failure("run", &s);
	for (size_t i = 1; s.status == 0 && i < 5; i++) /* what the new instance is no part of */
		(void)ask(i, false);
	said_done(&s);
}

static void judge_data(struct tally *t)
{
	struct said s = wfctl(NOW "journal check");
	bool sound = s.status == 0;
	t->flipped++;
	t->found += !sound;
	t->harmless += sound;
	if (!sound && s.status != 1 && s.status != 7)
		print_failure("journal check", &s);
	for (size_t i = 0; i < COUNT(readings); i++)
		if (ask(i, sound) && sound)
			complain("`wfctl %s` finds what `journal check` does not", readings[i]);
	said_done(&s);
}

static void copy_of_it(void)
{
	struct said s = wfctl(NOW "journal backup damaged.mdb");
	if (s.status == 0 ? status_of("journal check") != 0 : s.status != 7)
		print_failure("journal backup", &s);
	unlink("damaged.mdb");
	said_done(&s);
	s = wfctl(NOW "journal compact");
	if (s.status == 0 ? status_of("journal check") != 0 : s.status != 7)
		print_failure("journal compact", &s);
	for (size_t i = 0; s.status == 0 && i < COUNT(readings); i++)
		if (ask(i, true))
			complain("`wfctl %s` refuses what was compacted", readings[i]);
	said_done(&s);
}

static void flip_data(void)
{
	struct tally t = {0};
	for (size_t i = 0; i < COUNT(readings); i++) {
		struct said s = wfctl(NOW "%s", readings[i]);
		if (s.status != 0)
			print_failure(readings[i], &s);
		answers[i] = strdup(s.out);
		said_done(&s);
	}
	struct bytes b = read_bytes("home/journals/default/default/data.mdb");
	for (unsigned long k = 0; k < flips; k++) {
		size_t at = place_of(k, b.n);
		uint8_t mask = mask_of();
		doing("data, page %zu, byte %zu, mask %02x", at / PAGE, at % PAGE, mask);
		b.data[at] ^= mask;
		write_bytes(&b);
		judge_data(&t);
		if (k % 3 == 0)
			write_to_it();
		if (k % 3 == 1)
			copy_of_it();
		b.data[at] ^= mask;
	}
	write_bytes(&b);
	expect_sound();
	tell("data", &t, "harmless");
	for (size_t i = 0; i < COUNT(readings); i++) {
		printf("     %-42s refused %5lu times\n", readings[i], refused[i]);
		free(answers[i]);
	}
	free(b.data);
}

/* -- all of it -- */

static void fill(void)
{
	char line[100], *input = calloc(INSTANCES, sizeof(line)), *text = strdup(definition);
	char *gap = strstr(text, "@LONG@");
	memcpy(gap, "abcdef", 6);
	for (int i = 0; i < INSTANCES; i++) {
		snprintf(line, sizeof(line), "{\"n\": %d}\n", i);
		strcat(input, line);
	}
	world_fresh(false);
	write_text("w.yaml", text);
	write_text("in", input);
	expect("03", NOW "run w.yaml --batch in");
	expect("03", NOW "run w.yaml --set n=7");
	write_text("grouped.yaml", grouped);
	write_text("leaf.yaml", leaf);
	expect("0", NOW "register leaf.yaml");
	expect("3", NOW "run grouped.yaml --set n=3");
	expect("0", NOW "signal 26 later --data 1 --id early");
	free(input);
	free(text);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} parts[] = {{"plan", flip_plan}, {"backup", flip_backup}, {"data", flip_data}};
	const char *only = NULL;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") == 0)
			flips = 300;
		else if (strcmp(argv[i], "--flips") == 0 && i + 1 < argc)
			flips = strtoul(argv[++i], NULL, 10);
		else
			only = argv[i];
	}
	flips = flips ? flips : 1;
	world_begin("flip");
	fill();
	for (size_t i = 0; i < COUNT(parts); i++)
		if (!only || strcmp(only, parts[i].name) == 0)
			parts[i].fn();
	if (!all.flipped)
		complain("nothing was flipped");
	printf("check-flip: %lu bytes flipped, %lu found, %lu harmless; %u wrong\n", all.flipped,
		all.found, all.harmless, world.complaints);
	return world_end();
}

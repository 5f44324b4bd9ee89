/* The workflows and inputs that the benchmark runs, and small things around them. */
#include "definitions.h"

#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char three_sets[] = "workflow:\n"
	"  id: three_sets\n"
	"  version: 1.0.0\n"
	"  steps:\n"
	"    - id: a\n"
	"      action: data.set\n"
	"      with: {name: x, value: 1}\n"
	"    - id: b\n"
	"      action: data.set\n"
	"      with: {name: y, value: 2}\n"
	"    - id: c\n"
	"      action: data.set\n"
	"      with: {name: z, value: 3}\n";

const char three_execs[] = "workflow:\n"
	"  id: three_execs\n"
	"  version: 1.0.0\n"
	"  steps:\n"
	"    - id: a\n"
	"      action: exec.run\n"
	"      with: {command: [/bin/true]}\n"
	"    - id: b\n"
	"      action: exec.run\n"
	"      with: {command: [/bin/true]}\n"
	"    - id: c\n"
	"      action: exec.run\n"
	"      with: {command: [/bin/true]}\n";

const char half_parked[] = "workflow:\n"
	"  id: half_parked\n"
	"  version: 1.0.0\n"
	"  context:\n"
	"    required: [n, ask]\n"
	"  steps:\n"
	"    - id: prepare\n"
	"      action: data.set\n"
	"      with: {n: \"${n}\"}\n"
	"    - id: approval\n"
	"      action: approval.request\n"
	"      condition:\n"
	"        when: \"${ask} == true\"\n"
	"      with:\n"
	"        policy: level1\n"
	"        approvers:\n"
	"          list: [alice]\n"
	"    - id: finish\n"
	"      action: data.set\n"
	"      with: {done: true}\n";

const char one_request[] = "workflow:\n"
	"  id: one_request\n"
	"  version: 1.0.0\n"
	"  context:\n"
	"    required: [url, n]\n"
	"  steps:\n"
	"    - id: call\n"
	"      action: http.request\n"
	"      with:\n"
	"        method: POST\n"
	"        url: \"${url}\"\n"
	"        body: {n: \"${n}\"}\n";

const char pause_then_set[] = "workflow:\n"
	"  id: pause_then_set\n"
	"  version: 1.0.0\n"
	"  context:\n"
	"    required: [n, wait]\n"
	"  steps:\n"
	"    - id: pause\n"
	"      action: wait.timer\n"
	"      with: {duration: \"${wait}\"}\n"
	"    - id: finish\n"
	"      action: data.set\n"
	"      with: {done: true}\n";

const char ask_then_set[] = "workflow:\n"
	"  id: ask_then_set\n"
	"  version: 1.0.0\n"
	"  context:\n"
	"    required: [n, ask]\n"
	"  steps:\n"
	"    - id: approval\n"
	"      action: approval.request\n"
	"      with:\n"
	"        policy: level1\n"
	"        approvers:\n"
	"          list: [alice]\n"
	"    - id: finish\n"
	"      action: data.set\n"
	"      with: {done: true}\n";

const char listen_then_set[] = "workflow:\n"
	"  id: listen_then_set\n"
	"  version: 1.0.0\n"
	"  context:\n"
	"    required: [n, ask]\n"
	"  steps:\n"
	"    - id: listen\n"
	"      action: wait.event\n"
	"      with:\n"
	"        name: bench.go\n"
	"        match: \"${event.data.up_to >= n}\"\n"
	"    - id: finish\n"
	"      action: data.set\n"
	"      with: {done: true}\n";

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "we");
	if (!f)
		die("%s: %s", path, strerror(errno));
	return f;
}

static void finish(FILE *f, const char *path)
{
	if (ferror(f) | fclose(f))
		die("%s cannot be written", path);
}

void make_sequence(const char *path, size_t steps)
{
	FILE *f = create(path);
	fprintf(f, "workflow:\n  id: seq%zu\n  version: 1.0.0\n  steps:\n", steps);
	for (size_t i = 0; i < steps; i++)
		fprintf(f, "    - id: s%zu\n      action: data.set\n      with: {x: %zu}\n", i, i);
	finish(f, path);
}

void make_definitions(const char *folder, size_t count)
{
	static const char id[] = "wf_user_onboarding\n";
	static char text[65536];
	FILE *f = fopen("workflows/onboarding.yaml", "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	char *at = strstr(text, id);
	if (!n || !at || mkdir(folder, 0700))
		die("workflows/onboarding.yaml cannot be copied to %s", folder);
	fclose(f);
	at[strlen(id) - 1] = '\0';
	for (size_t i = 0; i < count; i++)
		write_text(in_work("definitions/%04zu.yaml", i), "%s_%zu\n%s", text, i,
			at + strlen(id));
}

void make_inputs(const char *path, size_t count, const char *url)
{
	FILE *f = create(path);
	for (size_t i = 0; i < count; i++) {
		fprintf(f, "{\"n\":%zu,\"ask\":%s", i, i % 2 ? "true" : "false");
		if (url)
			fprintf(f, ",\"url\":\"%s\"", url);
		fputs("}\n", f);
	}
	finish(f, path);
}

void make_waits(const char *path, size_t count, const char *span)
{
	FILE *f = create(path);
	for (size_t i = 0; i < count; i++)
		fprintf(f, "{\"n\":%zu,\"wait\":\"%s\"}\n", i, span);
	finish(f, path);
}

const char *folder_of(const char *path)
{
	size_t skip = strlen(world.work) + 1;
	const char *slash = strrchr(path, '/');
	return in_work("%.*s", (int)(slash - path - (long)skip), path + skip);
}

unsigned wait_for_port(const char *path)
{
	for (int tries = 0; tries < 1000; tries++) {
		unsigned port = 0;
		FILE *f = fopen(path, "re");
		int got = f ? fscanf(f, "%u", &port) : 0;
		if (f)
			fclose(f);
		if (got == 1)
			return port;
		(void)poll(NULL, 0, 5);
	}
	die("the server did not start");
}

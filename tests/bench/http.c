/* A batch of HTTP effects, and what is in flight after a crash. */
#include "bench.h"
#include "definitions.h"

#include <stdio.h>
#include <unistd.h>

enum { INSTANCES = 10000 };

struct server {
	int pid;
	char url[64];
};

static struct server start_server(void)
{
	struct server s;
	const char *port_file = in_work("port");
	(void)unlink(port_file);
	s.pid = start_process(&(struct process){.argv = {in_build("tests/bench/programs/server"),
		port_file}});
	snprintf(s.url, sizeof(s.url), "http://127.0.0.1:%u/ok", wait_for_port(port_file));
	return s;
}

void bench_http(void)
{
	struct row *r = row_add("run --batch of 10,000 instances with an HTTP effect, 256 at once",
		"instances/s", "the same requests by a bare libcurl multi loop");
	struct row *busy = row_add("share of a core that the HTTP server was busy", "%",
		"the same during the bare loop");
	r->rate = true;
	r->ratio_at_most = 1.5;
	struct server server = start_server();
	const char *file = in_work("request.yaml"), *inputs = in_work("inputs");
	const char *requests = in_build("tests/bench/programs/requests");
	write_text(file, "%s", one_request);
	make_inputs(inputs, INSTANCES, server.url);
	for (size_t i = 0; i < 6; i++) {
		const char *home = fresh_home("http");
		double before = cpu_seconds(server.pid);
		struct cost ours = run(&(struct process){
			.argv = {world.wfctl, "run", file, "--batch", inputs, "--jobs", "256"},
			.home = home, .out = in_work("results")});
		double between = cpu_seconds(server.pid);
		struct cost theirs =
			run(&(struct process){.argv = {requests, server.url, "10000", "256"}});
		double after = cpu_seconds(server.pid);
		if (!i)
			continue; /* caches were cold */
		samples_add(&r->ours, INSTANCES / ours.seconds);
		samples_add(&r->theirs, INSTANCES / theirs.seconds);
		samples_add(&busy->ours, (between - before) / ours.seconds * 100);
		samples_add(&busy->theirs, (after - between) / theirs.seconds * 100);
	}
	row_print(r);
	row_print(busy);
	stop_process(server.pid);
}

void bench_resume(void)
{
	struct row *r = row_add("resume --all with 10,000 instances in flight", "s", "-");
	r->at_most = 2;
	struct server server = start_server();
	const char *file = in_work("request.yaml"), *inputs = in_work("inputs");
	const char *home = fresh_home("crashed"), *copy = in_work("resumed");
	write_text(file, "%s", one_request);
	make_inputs(inputs, INSTANCES, server.url);
	/* Every intent is durable, no effect has begun. */
	run(&(struct process){
		.argv = {world.wfctl, "run", file, "--batch", inputs, "--jobs", "10000"},
		.home = home, .crash_at = "EFFECT_BEFORE:1"});
	for (size_t i = 0; i < 5; i++) {
		copy_tree(home, copy);
		struct cost ours = run(&(struct process){
			.argv = {world.wfctl, "resume", "--all"}, .home = copy});
		samples_add(&r->ours, ours.seconds);
	}
	row_print(r);
	stop_process(server.pid);
}

/* wfctl: finds the verb, prepares the process, leaves with the verb's exit status. */
#include "cli.h"
#include "cli_manual.h"

#include "base/crash.h"
#include "base/duration.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file opened later must not become a standard stream by accident; writing to a stream that was
 * closed must still fail, so its stand-in is open the other way round. */
static void hold_streams(void)
{
	static const int modes[3] = { O_WRONLY, O_RDONLY, O_RDONLY };
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", modes[fd]);
}

/* Memory ran out: what is in hand is abandoned whole, the journal opens again (semantics.md G8). */
static _Noreturn void out_of_memory(size_t wanted)
{
	static const char text[] = "wfctl: memory ran out; nothing of the transaction in hand was kept, "
				   "and the journal is sound\n"
				   "  give the process more memory, then: wfctl resume\n";
	(void)wanted;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(WF_EXIT_JOURNAL);
}

/* A broken invariant: where it broke has been said. The transaction in hand is abandoned whole. */
static _Noreturn void on_abort(int sig)
{
	static const char text[] = "wfctl: this is a bug in wfctl, not in what it was given; the journal is "
				   "sound\n"
				   "  please report it, with the command, its output, and wfctl version\n";
	(void)sig;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(WF_EXIT_BUG);
}

/* The journal's file contradicts itself half-way through an operation; or a page of it is not there:
 * the disk failed, or the file was cut short while it was in use. What was written to standard output
 * is not flushed: it may be half a thought. */
static _Noreturn void journal_broken(void)
{
	static const char text[] = "wfctl: the journal's file is damaged, or the disk cannot read it; nothing "
				   "of the transaction in hand was kept\n"
				   "  wfctl journal check names what is damaged; wfctl journal restore FILE "
				   "--replace puts a backup in its place\n";
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(WF_EXIT_JOURNAL);
}

static _Noreturn void on_bus_error(int sig)
{
	(void)sig;
	journal_broken();
}

/* What tests set to make rare things happen: a death at a boundary, a fixed time, an allocation that
 * fails. Without these variables nothing here has an effect. */
static int test_hooks(struct wf_ctx *ctx)
{
	const char *crash = getenv("WFCTL_CRASH_AT"), *now = getenv("WFCTL_NOW");
	const char *mem = getenv("WFCTL_MEM_FAIL");
	const char *boot = getenv("WFCTL_BOOT");
	int64_t at;
	if (crash && *crash && !wf_crash_arm(crash))
		return wf_fail_usage(ctx, "WFCTL_CRASH_AT names no boundary: %s", crash);
	if (now && *now) {
		char *end;
		at = strtoll(now, &end, 10);
		if (*end && wf_time_parse(now, strlen(now), &at) < 0)
			return wf_fail_usage(ctx, "WFCTL_NOW is no time: %s", now);
		wf_sys_set_now(at);
	}
	if (boot && *boot)
		wf_sys_set_boot((uint32_t)strtoul(boot, NULL, 10));
	if (mem && *mem)
		wf_mem_fail_at(strtoull(mem, NULL, 10));
	return 0;
}

/* The form that a command line asks for which could not be read to its end. */
static const char *output_of(int argc, char **argv)
{
	const char *asked = NULL;
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		if (!strcmp(argv[i], "-o") || !strcmp(argv[i], "--output"))
			asked = next ? next : asked;
		else if (!strncmp(argv[i], "-o", 2))
			asked = argv[i] + 2 + (argv[i][2] == '=');
		else if (!strncmp(argv[i], "--output=", 9))
			asked = argv[i] + 9;
	}
	return asked;
}

/* Before the settings are known, an error already has to take the form that was asked for. */
static void early_format(struct wf_ctx *ctx, const char *asked)
{
	if (!asked || !*asked)
		asked = getenv(wf_settings[WF_SET_OUTPUT].variable);
	enum wf_format format = asked ? wf_format_find(asked) : WF_FORMAT_OUT_COUNT_;
	ctx->format = format == WF_FORMAT_OUT_COUNT_ ? WF_FORMAT_OUT_TEXT : format;
	ctx->form_asked = asked != NULL;
}

static int dispatch(struct wf_ctx *ctx)
{
	const struct wf_cmd *command = ctx->args.command;
	WF_AUTOBUF struct wf_buf text = { 0 };
	if (wf_opt(ctx, "version")) {
		wf_buf_printf(&text, "wfctl %s\n", WF_VERSION);
		wf_out(ctx, &text);
		return WF_EXIT_DONE;
	}
	if (wf_opt(ctx, "help")) {
		ctx->out_terminal = isatty(STDOUT_FILENO);
		if (command)
			wf_help_verb(command, &ctx->out, &text);
		else
			wf_help_overview(&ctx->out, &text);
		wf_out_page(ctx, &text);
		return WF_EXIT_DONE;
	}
	if (!command) {
		wf_help_overview(&ctx->err, &text);
		(void)fwrite(text.data, 1, text.len, stderr);
		return WF_EXIT_USAGE;
	}
	int status = wf_ctx_begin(ctx);
	if (status)
		return status;
	return ctx->args.sub ? ctx->args.sub->run(ctx) : command->verb->run(ctx);
}

int main(int argc, char **argv)
{
	struct wf_ctx ctx = { 0 };
	WF_AUTOFREE char *error = NULL;
	int status;
	hold_streams();
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGABRT, on_abort);
	(void)signal(SIGBUS, on_bus_error);
	/* a write beyond the file-size limit must fail, so that it can be said, not kill */
	(void)signal(SIGXFSZ, SIG_IGN);
	wf_journal_on_broken(journal_broken);
	wf_mem_on_exhausted(out_of_memory);
	wf_mem_adopt_jansson();
	status = test_hooks(&ctx);
	ctx.now = wf_now_ms();
	if (status) {
		/* said already */
	} else if (argc > 1 && !strcmp(argv[1], "__complete")) {
		status = wf_complete(&ctx, argc - 2, argv + 2);
	} else if (argc > 2 && !strcmp(argv[1], "__manual")) {
		WF_AUTOBUF struct wf_buf page = { 0 };
		status = wf_manual(argv[2], &page) ? WF_EXIT_DONE : WF_EXIT_MISSING;
		wf_out(&ctx, &page);
	} else if (wf_arguments_read(&ctx.args, argc ? argv[0] : "wfctl", argc - 1, argv + 1,
			   &error) < 0) {
		early_format(&ctx, output_of(argc, argv));
		status = wf_fail_usage(&ctx, "%s", error);
	} else {
		early_format(&ctx, wf_opt(&ctx, "output"));
		status = dispatch(&ctx);
	}
	wf_ctx_done(&ctx);
	return wf_finish_output(status);
}

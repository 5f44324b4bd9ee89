/* Answers to standard output, failures to standard error, and the exit status of both. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const struct {
	int err;
	const char *code;
	enum wf_exit status;
} codes[] = {
#define WF_CODE(err, code, status) { WF_##err, code, WF_EXIT_##status },
#include "codes.def"
#undef WF_CODE
};

int wf_exit_of(int err)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].err == err)
			return (int)codes[i].status;
	return WF_EXIT_BUG;
}

const char *wf_code_of(int err)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].err == err)
			return codes[i].code;
	return "INTERNAL";
}

bool wf_machine(const struct wf_ctx *ctx)
{
	return ctx->format == WF_FORMAT_OUT_JSON || ctx->format == WF_FORMAT_OUT_JSONL ||
		ctx->format == WF_FORMAT_OUT_YAML;
}

static int write_error; /* errno of the first write to standard output that failed */

void wf_out(struct wf_ctx *ctx, const struct wf_buf *text)
{
	(void)ctx;
	errno = 0;
	if (text->len && fwrite(text->data, 1, text->len, stdout) < text->len && !write_error)
		write_error = errno;
}

void wf_out_flush(void)
{
	errno = 0;
	if (fflush(stdout) != 0 && !write_error)
		write_error = errno;
}

static const char *pager_command(struct wf_ctx *ctx)
{
	const char *pager = wf_set(ctx, WF_SET_PAGER);
	if (!*pager)
		pager = getenv("PAGER");
	return pager && *pager ? pager : "less";
}

/* Whether the text is longer than the screen that it would go to. */
static bool too_long(struct wf_ctx *ctx, const struct wf_buf *text)
{
	struct winsize size;
	if (!ctx->out_terminal || wf_opt(ctx, "no-pager") ||
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row < 5)
		return false;
	size_t lines = 0;
	for (size_t i = 0; i < text->len; i++)
		lines += text->data[i] == '\n';
	return lines >= size.ws_row;
}

static void write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t done = write(fd, bytes, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return; /* the pager was left before its end */
		bytes += done;
		n -= (size_t)done;
	}
}

void wf_out_page(struct wf_ctx *ctx, const struct wf_buf *text)
{
	const char *pager = pager_command(ctx);
	int ends[2];
	if (!too_long(ctx, text) || !strcmp(pager, "cat") || pipe2(ends, O_CLOEXEC) < 0) {
		wf_out(ctx, text);
		return;
	}
	(void)setenv("LESS", "FRX", 0);
	wf_out_flush();
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, wf_strdup(pager), NULL };
	pid_t pid;
	int fds[3] = { ends[0], STDOUT_FILENO, STDERR_FILENO };
	int r = wf_spawn("/bin/sh", argv, environ, NULL, fds, false, &pid, NULL);
	wf_free(argv[2]);
	(void)close(ends[0]);
	if (r < 0) {
		(void)close(ends[1]);
		wf_out(ctx, text);
		return;
	}
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	write_all(ends[1], text->data, text->len);
	(void)close(ends[1]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	(void)signal(SIGPIPE, before);
}

static void put_document(const struct wf_ctx *ctx, const json_t *document, struct wf_buf *out)
{
	if (ctx->format == WF_FORMAT_OUT_YAML) {
		wf_view_yaml(document, 0, out);
	} else if (ctx->format == WF_FORMAT_OUT_JSONL) {
		wf_json_write(document, out);
		wf_buf_addch(out, '\n');
	} else {
		wf_view_json(document, out);
	}
}

void wf_out_json(struct wf_ctx *ctx, json_t *document)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	put_document(ctx, document, &text);
	json_decref(document);
	wf_out(ctx, &text);
}

#define LIST_CHUNK 65536

static void list_flush(struct wf_list_out *l, size_t least)
{
	if (l->text.len < least)
		return;
	wf_out(l->ctx, &l->text);
	wf_buf_reset(&l->text);
}

void wf_out_dry(struct wf_ctx *ctx, uint64_t number)
{
	json_t *o = json_object();
	json_object_set_new(o, "dry_run", json_true());
	json_object_set_new(o, "number", json_integer((json_int_t)number));
	wf_out_json(ctx, o);
}

void wf_list_begin(struct wf_list_out *l, struct wf_ctx *ctx)
{
	*l = (struct wf_list_out){ .ctx = ctx };
}

void wf_list_item(struct wf_list_out *l, json_t *item)
{
	struct wf_buf *out = &l->text;
	switch ((int)l->ctx->format) {
	case WF_FORMAT_OUT_JSONL:
		put_document(l->ctx, item, out);
		break;
	case WF_FORMAT_OUT_YAML: {
		json_t *one = json_array();
		json_array_append(one, item);
		wf_view_yaml(one, 0, out);
		json_decref(one);
		break;
	}
	default:
		wf_buf_addstr(out, l->count ? ",\n  " : "[\n  ");
		wf_view_json_at(item, 2, out);
	}
	json_decref(item);
	l->count++;
	list_flush(l, LIST_CHUNK);
}

void wf_list_end(struct wf_list_out *l)
{
	if (l->ctx->format == WF_FORMAT_OUT_JSON)
		wf_buf_addstr(&l->text, l->count ? "\n]\n" : "[]\n");
	else if (l->ctx->format == WF_FORMAT_OUT_YAML && !l->count)
		wf_buf_addstr(&l->text, "[]\n");
	list_flush(l, 0);
	wf_buf_done(&l->text);
}

void wf_out_list(struct wf_ctx *ctx, const void *items, size_t count, size_t size,
	json_t *(*json)(const void *item))
{
	struct wf_list_out list;
	wf_list_begin(&list, ctx);
	for (size_t i = 0; i < count; i++)
		wf_list_item(&list, json((const char *)items + i * size));
	wf_list_end(&list);
}

void wf_note(struct wf_ctx *ctx, const char *fmt, ...)
{
	if (ctx->quiet)
		return;
	va_list ap;
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

int wf_confirm(struct wf_ctx *ctx, bool *ret_go, const char *fmt, ...)
{
	char question[512], answer[16];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(question, sizeof(question), fmt, ap);
	va_end(ap);
	*ret_go = wf_opt(ctx, "yes") != NULL;
	if (*ret_go)
		return 0;
	if (!ctx->err_terminal || !isatty(STDIN_FILENO))
		return wf_fail_usage(ctx, "%s Without a terminal to ask back it needs --yes; --dry-run says "
					  "what would happen", question);
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_out_flush();
	wf_view_safe(&text, question);
	wf_buf_addstr(&text, " [y/N] ");
	(void)fwrite(text.data, 1, text.len, stderr);
	(void)fflush(stderr);
	*ret_go = fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
	if (!*ret_go)
		wf_note(ctx, "nothing was done");
	return 0;
}

int wf_finish_output(int status)
{
	wf_out_flush();
	bool bad = ferror(stdout) != 0 || write_error;
	errno = 0;
	/* a disk that fills, or a server that has the file, may say so only now */
	if (fclose(stdout) != 0) {
		bad = true;
		write_error = write_error ? write_error : errno;
	}
	if (!bad)
		return status;
	(void)fprintf(stderr, "wfctl: standard output cannot be written: %s\n",
		strerror(write_error ? write_error : EIO));
	return status ? status : WF_EXIT_FAILED;
}

/* -- failures -- */

static void say_failure(struct wf_ctx *ctx, const char *message, const char *hint)
{
	WF_AUTOBUF struct wf_buf text = { 0 };
	wf_out_flush();
	wf_buf_addstr(&text, wf_style_on(&ctx->err, WF_ROLE_BAD));
	wf_buf_addstr(&text, "wfctl");
	if (ctx->args.command)
		wf_buf_printf(&text, " %s", ctx->args.command->name);
	if (ctx->args.sub)
		wf_buf_printf(&text, " %s", ctx->args.sub->name);
	wf_buf_addstr(&text, ":");
	wf_buf_addstr(&text, wf_style_off(&ctx->err, WF_ROLE_BAD));
	wf_buf_addch(&text, ' ');
	wf_view_safe(&text, message);
	wf_buf_addch(&text, '\n');
	if (hint && *hint) {
		wf_buf_addstr(&text, "  ");
		wf_view_safe(&text, hint);
		wf_buf_addch(&text, '\n');
	}
	(void)fwrite(text.data, 1, text.len, stderr);
}

static int fail_with(struct wf_ctx *ctx, int status, const char *code, json_t *details,
	const char *message, const char *hint)
{
	if (wf_machine(ctx) && ctx->form_asked && !ctx->failed_json) {
		json_t *error = json_object(), *document = json_object();
		WF_AUTOBUF struct wf_buf safe = { 0 };
		wf_view_safe(&safe, message);
		if (hint && *hint) {
			if (!details)
				details = json_object();
			json_object_set_new(details, "hint", json_string(hint));
		}
		json_object_set_new(error, "code", json_string(code));
		json_object_set_new(error, "message", json_string(safe.data ? safe.data : ""));
		json_object_set_new(error, "details", details ? details : json_null());
		json_object_set_new(document, "error", error);
		wf_out_json(ctx, document);
		ctx->failed_json = true;
	} else {
		json_decref(details);
	}
	say_failure(ctx, message, hint);
	return status;
}

int wf_fail_cause(struct wf_ctx *ctx, const struct wf_cause *cause)
{
	return fail_with(ctx, wf_exit_of(cause->err), wf_code_of(cause->err), NULL,
		*cause->text ? cause->text : wf_strerror(cause->err), cause->hint);
}

int wf_fail_file(struct wf_ctx *ctx, const struct wf_cause *cause)
{
	int status = wf_exit_of(cause->err);
	return fail_with(ctx, status == WF_EXIT_JOURNAL ? status : WF_EXIT_USAGE,
		wf_code_of(cause->err), NULL, cause->text, cause->hint);
}

int wf_fail_aside(struct wf_ctx *ctx, const struct wf_cause *cause, json_t **ret_error)
{
	const char *message = *cause->text ? cause->text : wf_strerror(cause->err);
	WF_AUTOBUF struct wf_buf safe = { 0 };
	wf_view_safe(&safe, message);
	say_failure(ctx, message, cause->hint);
	*ret_error = json_pack("{s:s, s:s}", "code", wf_code_of(cause->err), "message",
		safe.data ? safe.data : "");
	return wf_exit_of(cause->err);
}

int wf_fail_at(struct wf_ctx *ctx, int status, const char *code, json_t *details, const char *hint,
	const char *fmt, ...)
{
	char message[2048];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	return fail_with(ctx, status, code, details, message, hint);
}

int wf_fail_usage(struct wf_ctx *ctx, const char *fmt, ...)
{
	char message[2048], hint[128] = "see wfctl --help";
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (ctx->args.command)
		(void)snprintf(hint, sizeof(hint), "see wfctl %s --help", ctx->args.command->name);
	return fail_with(ctx, WF_EXIT_USAGE, "USAGE", NULL, message, hint);
}

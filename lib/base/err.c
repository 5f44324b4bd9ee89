/* Result codes and causes. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	int err;
	const char *name, *text;
} table[] = {
	{WF_OK, "OK", "done"},
#define WF_ERR(name, text) {WF_##name, #name, text},
#include "base/err.def"
#undef WF_ERR
};

const char *wf_strerror(int err)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].err == err)
			return table[i].text;
	return "unknown error";
}

const char *wf_errname(int err)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].err == err)
			return table[i].name;
	return "EUNKNOWN";
}

int wf_err_of_errno(int sys)
{
	switch (sys) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return WF_ENOSPC;
	case ENOENT:
	case ENOTDIR:
		return WF_ENOENT;
	case EACCES:
	case EPERM:
	case EROFS:
		return WF_EPERM;
	case ENOMEM:
		return WF_ENOMEM;
	case EEXIST:
		return WF_EEXIST;
	default:
		return WF_EIO;
	}
}

int wf_fail(struct wf_cause *cause, int err, const char *fmt, ...)
{
	if (!cause)
		return err;
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(cause->text, sizeof(cause->text), fmt, ap);
	va_end(ap);
	cause->err = err;
	cause->hint[0] = '\0';
	return err;
}

void wf_fail_hint(struct wf_cause *cause, const char *fmt, ...)
{
	if (!cause)
		return;
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(cause->hint, sizeof(cause->hint), fmt, ap);
	va_end(ap);
}

_Noreturn void wf_bug_(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "wfctl: bug at %s:%d: %s\n", file, line, what);
	abort();
}

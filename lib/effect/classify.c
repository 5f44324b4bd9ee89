/* Typed errors out of statuses, and JSON text out of bytes. */
#include "effect/classify.h"

#include "base/buf.h"
#include "base/duration.h"
#include "base/mem.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void wf_result_fail(struct wf_effect_result *r, enum wf_error_type type, const char *code,
	const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* The message ends up in JSON: the cut must not be inside of a character. */
	size_t n = strlen(text), valid;
	if (wf_utf8_valid(text, n, &valid))
		valid = n;
	wf_free(r->message);
	r->message = wf_strndup(text, valid);
	r->ok = false;
	r->type = type;
	(void)snprintf(r->code, sizeof(r->code), "%s", code);
}

static const struct {
	unsigned first, last;
	enum wf_error_type type;
} status_types[] = {
	{401, 401, WF_ERROR_PERMISSION},
	{403, 403, WF_ERROR_PERMISSION},
	{404, 404, WF_ERROR_NOT_FOUND},
	{410, 410, WF_ERROR_NOT_FOUND},
	{408, 408, WF_ERROR_TIMEOUT},
	{409, 409, WF_ERROR_CONFLICT},
	{412, 412, WF_ERROR_CONFLICT},
	{429, 429, WF_ERROR_RATE_LIMIT},
	{500, 599, WF_ERROR_SERVER},
};

enum wf_error_type wf_status_type(unsigned status)
{
	for (size_t i = 0; i < sizeof(status_types) / sizeof(status_types[0]); i++)
		if (status >= status_types[i].first && status <= status_types[i].last)
			return status_types[i].type;
	return WF_ERROR_VALIDATION;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" as "1994-11-06T08:49:37Z": names of months are English whatever
 * the locale, which strptime does not promise. */
static bool date_ms(const char *value, int64_t *ret)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	if (strlen(value) != 29 || strcmp(value + 25, " GMT") != 0 || value[3] != ',')
		return false;
	int month = 0;
	for (int m = 0; m < 12 && !month; m++)
		if (strncmp(months + (size_t)m * 3, value + 8, 3) == 0)
			month = m + 1;
	char text[WF_TIME_TEXT];
	int n = snprintf(text, sizeof(text), "%.4s-%02d-%.2sT%.8sZ", value + 12, month, value + 5,
		value + 17);
	return month && n > 0 && wf_time_parse(text, (size_t)n, ret) == 0;
}

uint64_t wf_retry_after(const char *value, int64_t now_ms)
{
	/* Nobody means more than this; and it keeps sums of times far from their ends. */
	const uint64_t most = UINT64_C(366) * 86400;
	size_t digits = strspn(value, "0123456789");
	int64_t at;
	if (digits && !value[digits]) {
		uint64_t seconds = 0;
		for (size_t i = 0; i < digits && seconds < most; i++)
			seconds = seconds * 10 + (uint64_t)(value[i] - '0');
		return (seconds < most ? seconds : most) * 1000;
	}
	if (!date_ms(value, &at) || at <= now_ms)
		return 0;
	return (uint64_t)(at - now_ms) < most * 1000 ? (uint64_t)(at - now_ms) : most * 1000;
}

static void add_without_nul(struct wf_buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *nul = memchr(s + i, '\0', n - i);
		size_t run = nul ? (size_t)(nul - (s + i)) : n - i;
		wf_buf_add(out, s + i, run);
		i += run;
		if (i < n)
			wf_buf_addstr(out, "\xef\xbf\xbd");
	}
}

json_t *wf_text_json(const void *bytes, size_t n)
{
	const char *s = bytes;
	size_t bad;
	if (!n)
		return json_string("");
	if (!memchr(s, '\0', n) && wf_utf8_valid(s, n, NULL))
		return json_stringn_nocheck(s, n);
	struct wf_buf out WF_AUTOBUF = {0};
	while (n && !wf_utf8_valid(s, n, &bad)) {
		add_without_nul(&out, s, bad);
		wf_buf_addstr(&out, "\xef\xbf\xbd");
		s += bad + 1;
		n -= bad + 1;
	}
	add_without_nul(&out, s, n);
	return json_stringn_nocheck(out.data, out.len);
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

json_t *wf_tail_json(const void *bytes, size_t n, size_t max)
{
	const char *s = bytes;
	size_t from = n > max ? n - max : 0;
	for (int i = 0; i < 3 && from && from < n && is_continuation(s[from]); i++)
		from++;
	return wf_text_json(n ? s + from : s, n - from);
}

json_t *wf_head_json(const void *bytes, size_t n, size_t max)
{
	const char *s = bytes;
	size_t to = n > max ? max : n;
	for (int i = 0; i < 3 && to && to < n && is_continuation(s[to]); i++)
		to--;
	return wf_text_json(s, to);
}

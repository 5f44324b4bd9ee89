/* Functions of time, and of what an instance derives: the same on every replay. */
#include "base/duration.h"
#include "base/id.h"
#include "base/mem.h"
#include "engine/functions.h"

#include <locale.h>
#include <time.h>

static int parse_time(struct wf_call *c, uint32_t arg, int64_t *ret)
{
	const json_t *value = c->args[arg];
	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return 0;
	}
	if (!json_is_string(value))
		return wf_call_mismatch(c, arg, "a time: RFC 3339 or milliseconds");
	if (wf_time_parse(json_string_value(value), json_string_length(value), ret))
		return wf_call_fail(c, "bad_time", "the string is not an RFC 3339 time");
	return 0;
}

int wf_fn_TIMESTAMP(struct wf_call *c, json_t **ret)
{
	int64_t ms = 0;
	int err = parse_time(c, 0, &ms);
	if (!err)
		*ret = json_integer(ms);
	return err;
}

int wf_fn_DURATION(struct wf_call *c, json_t **ret)
{
	struct wf_duration d;
	if (wf_duration_parse(arg_text(c, 0), arg_length(c, 0), true, &d))
		return wf_call_fail(c, "bad_duration", "the string is not an ISO 8601 duration");
	*ret = json_integer(wf_duration_ms(&d));
	return 0;
}

int wf_fn_NOW(struct wf_call *c, json_t **ret)
{
	*ret = json_integer(c->vm->now);
	return 0;
}

/* The years 0000 to 9999. */
#define FIRST_MS INT64_C(-62167219200000)
#define LAST_MS INT64_C(253402300799999)

/* Conversions that depend on nothing but the time: not the locale, not the machine's zone. */
static const char conversions[] = "aAbBCdDeFgGhHIjmMnpRStTuUVwWyYzZ%";

static int check_format(struct wf_call *c, const char *format)
{
	for (const char *p = format; *p; p++) {
		if (*p != '%')
			continue;
		p++;
		if (!*p || !strchr(conversions, *p))
			return wf_call_fail(c, "bad_format", "the format has no %%%c",
				*p ? *p : ' ');
	}
	return 0;
}

static int format_with(struct wf_call *c, int64_t ms, const char *format, json_t **ret)
{
	static locale_t plain;
	time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
	struct tm tm;
	int err = check_format(c, format);
	if (err)
		return err;
	if (strlen(format) > 1024)
		return wf_call_fail(c, "bad_format", "the format is over 1024 bytes long");
	if (!gmtime_r(&seconds, &tm))
		return wf_call_fail(c, "out_of_range", "the time is out of range");
	tm.tm_zone = "UTC";
	if (!plain)
		plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	/* No conversion gives more than 16 characters for its two; 0 is the empty text. */
	char text[16 * 1024];
	size_t n = strftime_l(text, sizeof(text), format, &tm, plain);
	*ret = json_stringn(text, n);
	return *ret ? 0 : wf_call_fail(c, "bad_format", "the format is not text");
}

int wf_fn_FORMAT_TIME(struct wf_call *c, json_t **ret)
{
	int64_t ms = 0;
	int err = parse_time(c, 0, &ms);
	if (err)
		return err;
	if (ms < FIRST_MS || ms > LAST_MS)
		return wf_call_fail(c, "out_of_range", "the time is not in the years 0000 to 9999");
	if (c->count > 1)
		return format_with(c, ms, arg_text(c, 1), ret);
	char text[WF_TIME_TEXT];
	wf_time_text(ms, text);
	*ret = json_string(text);
	return 0;
}

/* Of the instance, the step at hand, the event and the number of uuids it asked for before. */
int wf_fn_UUID(struct wf_call *c, json_t **ret)
{
	WF_AUTOBUF struct wf_buf seed = {0};
	struct wf_vm *vm = c->vm;
	if (vm->in) {
		wf_buf_add(&seed, vm->in->uuid.bytes, sizeof(vm->in->uuid.bytes));
		wf_put_u32(&seed, vm->in->threads[vm->thread].step);
	}
	wf_put_u64(&seed, (uint64_t)vm->now);
	wf_put_u32(&seed, vm->random);
	wf_put_u32(&seed, vm->uuid_count++);
	struct wf_uuid id = wf_uuid_derived(seed.data, (uint32_t)seed.len);
	char text[WF_UUID_TEXT];
	wf_uuid_text(&id, text);
	*ret = json_string(text);
	return 0;
}

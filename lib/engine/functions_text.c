/* Functions of strings. */
#include "base/hash.h"
#include "base/mem.h"
#include "base/regex.h"
#include "base/text.h"
#include "engine/functions.h"

#include <sodium.h>

/* -- case and white space -- */

static int map_bytes(struct wf_call *c, char from, char to, int shift, json_t **ret)
{
	size_t n = arg_length(c, 0);
	WF_AUTOFREE char *text = wf_strndup(arg_text(c, 0), n);
	for (size_t i = 0; i < n; i++)
		if (text[i] >= from && text[i] <= to)
			text[i] = (char)(text[i] + shift);
	return wf_call_string(c, text, n, ret);
}

int wf_fn_LOWER(struct wf_call *c, json_t **ret)
{
	return map_bytes(c, 'A', 'Z', 'a' - 'A', ret);
}

int wf_fn_UPPER(struct wf_call *c, json_t **ret)
{
	return map_bytes(c, 'a', 'z', 'A' - 'a', ret);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

int wf_fn_TRIM(struct wf_call *c, json_t **ret)
{
	const char *from = arg_text(c, 0), *to = from + arg_length(c, 0);
	while (from < to && is_space(*from))
		from++;
	while (to > from && is_space(to[-1]))
		to--;
	return wf_call_string(c, from, (size_t)(to - from), ret);
}

/* -- parts -- */

/* The next separator, or the end. An empty separator stands behind each character. */
static const char *part_end(const char *from, const char *end, const char *separator, size_t n)
{
	if (n == 0) {
		size_t length = 0;
		if (from < end)
			(void)wf_utf8_next(from, (size_t)(end - from), &length);
		return from + length;
	}
	const char *found = memmem(from, (size_t)(end - from), separator, n);
	return found ? found : end;
}

int wf_fn_SPLIT(struct wf_call *c, json_t **ret)
{
	const char *at = arg_text(c, 0), *end = at + arg_length(c, 0);
	const char *separator = arg_text(c, 1);
	size_t n = arg_length(c, 1);
	json_t *list = json_array();
	if (n == 0 && at == end) {
		*ret = list;
		return 0;
	}
	int err = 0;
	while (!err) {
		const char *to = part_end(at, end, separator, n);
		(void)json_array_append_new(list, json_stringn_nocheck(at, (size_t)(to - at)));
		if (to == end)
			break;
		err = wf_vm_charge(c->vm, 1 + (size_t)(to - at) / BYTES_A_STEP);
		at = to + n;
		if (!err && json_array_size(list) >= MAX_LIST)
			err = wf_call_may_list(c, json_array_size(list) + 1);
	}
	if (err)
		json_decref(list);
	else
		*ret = list;
	return err;
}

int wf_fn_JOIN(struct wf_call *c, json_t **ret)
{
	WF_AUTOBUF struct wf_buf out = {0};
	const json_t *list = c->args[0];
	size_t n = json_array_size(list);
	int err = wf_vm_charge(c->vm, n);
	for (size_t i = 0; i < n && !err; i++) {
		const json_t *part = json_array_get(list, i);
		if (!json_is_string(part))
			return wf_call_fail(c, "type_mismatch", "element %zu is no string", i);
		if (i)
			wf_buf_add(&out, arg_text(c, 1), arg_length(c, 1));
		wf_buf_add(&out, json_string_value(part), json_string_length(part));
		if (out.len > WF_MAX_STRING_BYTES)
			err = wf_vm_may_build(c->vm, out.len);
	}
	return err ? err : wf_call_string(c, out.data, out.len, ret);
}

int wf_fn_STARTS_WITH(struct wf_call *c, json_t **ret)
{
	size_t n = arg_length(c, 0), m = arg_length(c, 1);
	*ret = json_boolean(m <= n && memcmp(arg_text(c, 0), arg_text(c, 1), m) == 0);
	return 0;
}

int wf_fn_ENDS_WITH(struct wf_call *c, json_t **ret)
{
	size_t n = arg_length(c, 0), m = arg_length(c, 1);
	*ret = json_boolean(m <= n && memcmp(arg_text(c, 0) + (n - m), arg_text(c, 1), m) == 0);
	return 0;
}

int wf_fn_REPLACE(struct wf_call *c, json_t **ret)
{
	WF_AUTOBUF struct wf_buf out = {0};
	const char *at = arg_text(c, 0), *end = at + arg_length(c, 0);
	size_t n = arg_length(c, 1);
	if (n == 0) {
		*ret = json_incref(c->args[0]);
		return 0;
	}
	for (;;) {
		const char *found = memmem(at, (size_t)(end - at), arg_text(c, 1), n);
		wf_buf_add(&out, at, (size_t)((found ? found : end) - at));
		if (!found)
			break;
		wf_buf_add(&out, arg_text(c, 2), arg_length(c, 2));
		at = found + n;
		if (out.len > WF_MAX_STRING_BYTES)
			return wf_vm_may_build(c->vm, out.len);
	}
	return wf_call_string(c, out.data, out.len, ret);
}

/* The byte where the nth character begins, or the end. */
static const char *nth_character(const char *at, const char *end, uint64_t n)
{
	while (n-- && at < end) {
		size_t length;
		(void)wf_utf8_next(at, (size_t)(end - at), &length);
		at += length;
	}
	return at;
}

int wf_fn_SUBSTRING(struct wf_call *c, json_t **ret)
{
	const char *text = arg_text(c, 0), *end = text + arg_length(c, 0);
	json_int_t from = arg_integer(c, 1), most = c->count > 2 ? arg_integer(c, 2) : INT64_MAX;
	if (most < 0)
		return wf_call_fail(c, "out_of_range", "a length cannot be negative");
	if (from < 0) {
		from += (json_int_t)wf_utf8_count(text, arg_length(c, 0));
		from = from < 0 ? 0 : from;
	}
	const char *begin = nth_character(text, end, (uint64_t)from);
	const char *stop = nth_character(begin, end, (uint64_t)most);
	return wf_call_string(c, begin, (size_t)(stop - begin), ret);
}

/* -- regular expressions: the last few patterns stay compiled -- */

#define REGEX_SLOTS 16

static struct regex_slot {
	char *pattern; /* NULL: free */
	size_t n;
	struct wf_regex *regex;
	uint64_t used;
} slots[REGEX_SLOTS];

static struct regex_slot *find_regex(const char *pattern, size_t n)
{
	static uint64_t clock;
	struct regex_slot *oldest = &slots[0];
	clock++;
	for (size_t i = 0; i < REGEX_SLOTS; i++) {
		struct regex_slot *s = &slots[i];
		if (s->pattern && s->n == n && memcmp(s->pattern, pattern, n) == 0) {
			s->used = clock;
			return s;
		}
		if (s->used < oldest->used)
			oldest = s;
	}
	wf_free(oldest->pattern);
	wf_regex_free(oldest->regex);
	*oldest = (struct regex_slot){.used = clock};
	return oldest;
}

int wf_fn_MATCHES(struct wf_call *c, json_t **ret)
{
	const char *pattern = arg_text(c, 1);
	struct regex_slot *slot = find_regex(pattern, arg_length(c, 1));
	if (!slot->pattern) {
		struct wf_cause cause = {0};
		if (wf_regex_new(pattern, arg_length(c, 1), WF_REGEX_PERL, &slot->regex, &cause))
			return wf_call_fail(c, "bad_pattern", "%s", cause.text);
		slot->pattern = wf_strndup(pattern, arg_length(c, 1));
		slot->n = arg_length(c, 1);
	}
	int err = wf_vm_charge(c->vm, arg_length(c, 0) / BYTES_A_STEP);
	if (err)
		return err;
	int found = wf_regex_search(slot->regex, arg_text(c, 0), arg_length(c, 0));
	if (found < 0)
		return wf_vm_fail(c->vm, WF_ERROR_LIMIT, "pattern_too_slow",
			"matches(): the pattern takes too many steps on this string");
	*ret = json_boolean(found);
	return 0;
}

/* -- encodings and digests -- */

int wf_fn_BASE64(struct wf_call *c, json_t **ret)
{
	size_t n = arg_length(c, 0);
	size_t room = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
	int err = wf_vm_may_build(c->vm, room);
	if (err)
		return err;
	WF_AUTOFREE char *text = wf_alloc(room);
	(void)sodium_bin2base64(text, room, (const unsigned char *)arg_text(c, 0), n,
		sodium_base64_VARIANT_ORIGINAL);
	return wf_call_string(c, text, strlen(text), ret);
}

int wf_fn_UNBASE64(struct wf_call *c, json_t **ret)
{
	size_t room = arg_length(c, 0), n = 0;
	WF_AUTOFREE char *bytes = wf_alloc(room + 1);
	if (sodium_base642bin((unsigned char *)bytes, room, arg_text(c, 0), arg_length(c, 0),
			"\r\n", &n, NULL, sodium_base64_VARIANT_ORIGINAL))
		return wf_call_fail(c, "invalid_base64", "the string is not base64");
	if (memchr(bytes, '\0', n) || !wf_utf8_valid(bytes, n, NULL))
		return wf_call_fail(c, "not_text", "the bytes are not UTF-8 text");
	return wf_call_string(c, bytes, n, ret);
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '.' || c == '_' || c == '~';
}

int wf_fn_URL_ENCODE(struct wf_call *c, json_t **ret)
{
	static const char digits[] = "0123456789ABCDEF";
	WF_AUTOBUF struct wf_buf out = {0};
	const char *text = arg_text(c, 0);
	for (size_t i = 0; i < arg_length(c, 0); i++) {
		uint8_t byte = (uint8_t)text[i];
		if (is_unreserved(text[i])) {
			wf_buf_addch(&out, text[i]);
		} else {
			wf_buf_addch(&out, '%');
			wf_buf_addch(&out, digits[byte >> 4]);
			wf_buf_addch(&out, digits[byte & 15]);
		}
	}
	return wf_call_string(c, out.data, out.len, ret);
}

static int hex_string(const uint8_t *bytes, size_t n, json_t **ret)
{
	char text[2 * 64 + 1];
	wf_hex(bytes, n, text);
	*ret = json_stringn_nocheck(text, 2 * n);
	return 0;
}

int wf_fn_SHA256(struct wf_call *c, json_t **ret)
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	int err = wf_vm_charge(c->vm, arg_length(c, 0) / BYTES_A_STEP);
	if (err)
		return err;
	(void)crypto_hash_sha256(digest, (const unsigned char *)arg_text(c, 0), arg_length(c, 0));
	return hex_string(digest, sizeof(digest), ret);
}

int wf_fn_HMAC_SHA256(struct wf_call *c, json_t **ret)
{
	uint8_t digest[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	int err = wf_vm_charge(c->vm, (arg_length(c, 0) + arg_length(c, 1)) / BYTES_A_STEP);
	if (err)
		return err;
	(void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)arg_text(c, 0),
		arg_length(c, 0));
	(void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)arg_text(c, 1),
		arg_length(c, 1));
	(void)crypto_auth_hmacsha256_final(&state, digest);
	return hex_string(digest, sizeof(digest), ret);
}

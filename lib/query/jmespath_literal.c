/* What stands in JMESPath's quotes: JSON in backquotes, raw strings, names. */
#include "query/jmespath.h"
#include "query/jmespath_lexer.h"

#include "base/buf.h"
#include "base/json.h"

#include <string.h>

/* The bytes between the quotes, without the backslash before such a quote. */
static void unquote(const char *text, size_t n, struct wf_buf *ret)
{
	char quote = *text;
	const char *s = text + 1, *end = text + n - 1;
	for (; s < end; s++) {
		if (*s == '\\' && s + 1 < end) {
			if (s[1] != quote)
				wf_buf_addch(ret, *s);
			s++;
		}
		wf_buf_addch(ret, *s);
	}
}

json_t *wf_jp_read_json(const char *text, size_t n)
{
	json_t *v = NULL;
	if (wf_json_parse(text, n, &v, NULL) == 0)
		return v;
	/* Integers of more than 64 bits. */
	return json_loadb(text, n, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_REJECT_DUPLICATES,
		NULL);
}

/* Of old, a string's own quotes could be left out; what is no JSON is read as if they were there. */
json_t *wf_jp_read_literal(const char *text, size_t n)
{
	WF_AUTOBUF struct wf_buf plain = {0}, quoted = {0};
	json_t *v = NULL;
	if (n > 2 && !memchr(text, '\\', n) && wf_json_parse(text + 1, n - 2, &v, NULL) == 0)
		return v;
	unquote(text, n, &plain);
	if (!plain.len)
		return NULL;
	v = wf_jp_read_json(plain.data, plain.len);
	if (v)
		return v;
	size_t blank = strspn(plain.data, " \t\r\n");
	wf_buf_addch(&quoted, '"');
	wf_buf_add(&quoted, plain.data + blank, plain.len - blank);
	wf_buf_addch(&quoted, '"');
	return wf_jp_read_json(quoted.data, quoted.len);
}

json_t *wf_jp_read_raw(const char *text, size_t n)
{
	WF_AUTOBUF struct wf_buf plain = {0};
	if (memchr(text, '\0', n))
		return NULL;
	if (!memchr(text, '\\', n))
		return json_stringn_nocheck(text + 1, n - 2);
	unquote(text, n, &plain);
	return json_stringn_nocheck(plain.len ? plain.data : "", plain.len);
}

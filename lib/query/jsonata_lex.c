/* JSONata's tokens. Where a slash may begin a regular expression is what the parser says. */
#include "query/jsonata.h"

#include "base/err.h"

#include <stdlib.h>

_Noreturn void wf_jn_lex_fail(struct wf_jn_lexer *l, int err, const char *code, size_t offset,
	const char *token, size_t token_n)
{
	wf_jn_error_set(l->error, err, code, offset, token, token_n);
	longjmp(*l->fail, 1);
}

static int at(const struct wf_jn_lexer *l, size_t i)
{
	return i < l->n ? (unsigned char)l->text[i] : -1;
}

static bool is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\v') || c == '\r';
}

/* The characters that end a name. */
static bool is_operator(int c)
{
	return c > 0 && strchr(".[]{}(),@#;:?+-*/%|=<>^&!~", c) != NULL;
}

static void skip_space(struct wf_jn_lexer *l)
{
	for (;;) {
		while (is_space(at(l, l->at)))
			l->at++;
		if (at(l, l->at) != '/' || at(l, l->at + 1) != '*')
			return;
		const char *end = memmem(l->text + l->at + 2, l->n - l->at - 2, "*/", 2);
		if (!end)
			wf_jn_lex_fail(l, WF_ESYNTAX, "S0106", l->at, NULL, 0);
		l->at = (size_t)(end - l->text) + 2;
	}
}

static bool escaped(const struct wf_jn_lexer *l, size_t i)
{
	size_t slashes = 0;
	while (slashes < i && l->text[i - slashes - 1] == '\\')
		slashes++;
	return slashes % 2 == 1;
}

/* Behind the first slash, up to one that no bracket holds. */
static struct wf_jn_token scan_regex(struct wf_jn_lexer *l, size_t pos)
{
	size_t start = l->at;
	int depth = 0;
	for (; l->at < l->n; l->at++) {
		int c = at(l, l->at);
		bool free = l->at == start || l->text[l->at - 1] != '\\';
		if (c == '/' && depth == 0 && !escaped(l, l->at))
			break;
		if (free && (c == '(' || c == '[' || c == '{'))
			depth++;
		else if (free && (c == ')' || c == ']' || c == '}'))
			depth--;
	}
	if (l->at >= l->n)
		wf_jn_lex_fail(l, WF_ESYNTAX, "S0302", l->n, NULL, 0);
	if (l->at == start)
		wf_jn_lex_fail(l, WF_ESYNTAX, "S0301", l->at, NULL, 0);
	struct wf_jn_token t = {
		.kind = WF_JN_T_REGEX, .pos = pos, .s = l->text + start, .n = l->at - start};
	l->at++;
	for (; at(l, l->at) == 'i' || at(l, l->at) == 'm'; l->at++)
		t.flags |= at(l, l->at) == 'i' ? WF_REGEX_CASELESS : WF_REGEX_MULTILINE;
	return t;
}

static int hex4(const struct wf_jn_lexer *l, size_t i)
{
	int v = 0;
	for (size_t k = 0; k < 4; k++) {
		int c = at(l, i + k), digit;
		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f' && c > 0)
			digit = (c | 32) - 'a' + 10;
		else
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

static size_t put_point(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* At the u of an escape; a low surrogate joins the high one before it. Goes to its last digit. */
static size_t scan_unicode(struct wf_jn_lexer *l, char *out, size_t n, size_t *high_at)
{
	int v = hex4(l, l->at + 1);
	if (v < 0)
		wf_jn_lex_fail(l, WF_ESYNTAX, "S0104", l->at, NULL, 0);
	l->at += 4;
	uint32_t c = (uint32_t)v;
	if (c >= 0xdc00 && c < 0xe000 && n >= 3 && *high_at == n - 3) {
		uint32_t high = ((uint32_t)(unsigned char)out[n - 2] & 63) << 6 |
				((uint32_t)(unsigned char)out[n - 1] & 63);
		c = 0x10000 + ((high & 0x3ff) << 10) + (c - 0xdc00);
		*high_at = SIZE_MAX;
		return n - 3 + put_point(out + n - 3, c);
	}
	if (c >= 0xd800 && c < 0xdc00)
		*high_at = n;
	return n + put_point(out + n, c);
}

static struct wf_jn_token scan_string(struct wf_jn_lexer *l)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	size_t pos = l->at, n = 0, high_at = SIZE_MAX;
	int quote = at(l, l->at++);
	size_t end = l->at;
	while (end < l->n && at(l, end) != quote)
		end += at(l, end) == '\\' ? 2 : 1;
	char *out = wf_arena_alloc(l->arena, (end < l->n ? end : l->n) - l->at + 5);
	for (; l->at < l->n; l->at++) {
		int c = at(l, l->at);
		if (c == quote) {
			l->at++;
			return (struct wf_jn_token){
				.kind = WF_JN_T_STRING, .pos = pos, .s = out, .n = n};
		}
		if (c != '\\') {
			out[n++] = (char)c;
			continue;
		}
		c = at(l, ++l->at);
		const char *known = c > 0 ? strchr(from, c) : NULL;
		if (known)
			out[n++] = to[known - from];
		else if (c == 'u')
			n = scan_unicode(l, out, n, &high_at);
		else
			wf_jn_lex_fail(
				l, WF_ESYNTAX, "S0103", l->at, l->text + l->at, c < 0 ? 0 : 1);
	}
	wf_jn_lex_fail(l, WF_ESYNTAX, "S0101", l->n, NULL, 0);
}

static size_t digits(const struct wf_jn_lexer *l, size_t i)
{
	while (at(l, i) >= '0' && at(l, i) <= '9')
		i++;
	return i;
}

static struct wf_jn_token scan_number(struct wf_jn_lexer *l)
{
	size_t pos = l->at, i = at(l, pos) == '0' ? pos + 1 : digits(l, pos);
	if (at(l, i) == '.' && digits(l, i + 1) > i + 1)
		i = digits(l, i + 1);
	if (at(l, i) == 'e' || at(l, i) == 'E') {
		size_t sign = at(l, i + 1) == '+' || at(l, i + 1) == '-' ? i + 2 : i + 1;
		if (digits(l, sign) > sign)
			i = digits(l, sign);
	}
	char *copy = wf_arena_strndup(l->arena, l->text + pos, i - pos);
	double x = strtod(copy, NULL);
	if (!isfinite(x))
		wf_jn_lex_fail(l, WF_ESYNTAX, "S0102", pos, l->text + pos, i - pos);
	l->at = i;
	return (struct wf_jn_token){
		.kind = WF_JN_T_NUMBER, .pos = pos, .s = copy, .n = i - pos, .num = x};
}

static bool is_word(const struct wf_jn_token *t, const char *word)
{
	return t->n == strlen(word) && memcmp(t->s, word, t->n) == 0;
}

static struct wf_jn_token scan_name(struct wf_jn_lexer *l)
{
	size_t pos = l->at;
	while (l->at < l->n && !is_space(at(l, l->at)) && !is_operator(at(l, l->at)))
		l->at++;
	struct wf_jn_token t = {
		.kind = WF_JN_T_NAME, .pos = pos, .s = l->text + pos, .n = l->at - pos};
	if (t.n && t.s[0] == '$') {
		t.kind = WF_JN_T_VARIABLE;
		t.s++;
		t.n--;
	} else if (is_word(&t, "or") || is_word(&t, "in") || is_word(&t, "and")) {
		t.kind = WF_JN_T_OPERATOR;
	} else if (is_word(&t, "true") || is_word(&t, "false") || is_word(&t, "null")) {
		t.kind = WF_JN_T_VALUE;
	}
	return t;
}

static struct wf_jn_token scan_quoted(struct wf_jn_lexer *l)
{
	size_t pos = l->at++;
	const char *end = memchr(l->text + l->at, '`', l->n - l->at);
	if (!end)
		wf_jn_lex_fail(l, WF_ESYNTAX, "S0105", l->n, NULL, 0);
	struct wf_jn_token t = {.kind = WF_JN_T_NAME,
		.pos = pos,
		.s = l->text + l->at,
		.n = (size_t)(end - l->text) - l->at,
		.quoted = true};
	l->at = (size_t)(end - l->text) + 1;
	return t;
}

struct wf_jn_token wf_jn_next_token(struct wf_jn_lexer *l, bool infix)
{
	static const char *const pairs[] = {"..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"};
	skip_space(l);
	size_t pos = l->at;
	int c = at(l, pos);
	if (c < 0)
		return (struct wf_jn_token){.kind = WF_JN_T_END, .pos = l->n, .s = "(end)", .n = 5};
	if (c == '/' && !infix) {
		l->at++;
		return scan_regex(l, pos);
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (c == pairs[i][0] && at(l, pos + 1) == pairs[i][1]) {
			l->at += 2;
			return (struct wf_jn_token){
				.kind = WF_JN_T_OPERATOR, .pos = pos, .s = l->text + pos, .n = 2};
		}
	if (is_operator(c)) {
		l->at++;
		return (struct wf_jn_token){
			.kind = WF_JN_T_OPERATOR, .pos = pos, .s = l->text + pos, .n = 1};
	}
	if (c == '"' || c == '\'')
		return scan_string(l);
	if (c >= '0' && c <= '9')
		return scan_number(l);
	if (c == '`')
		return scan_quoted(l);
	return scan_name(l);
}

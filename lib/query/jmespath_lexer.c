/* JMESPath's tokens, one after the other. */
#include "query/jmespath_lexer.h"

#include "base/err.h"
#include "base/text.h"
#include "query/jmespath.h"

struct sign {
	char second; /* 0: the sign has one character */
	uint8_t kind, op;
};

/* By the first character; the longer of two that begin alike comes first. */
static const struct sign signs[128][3] = {
	['['] = {{'?', WF_JP_OPEN_TEST, 0}, {']', WF_JP_FLAT, 0}, {0, WF_JP_OPEN, 0}},
	[']'] = {{0, WF_JP_CLOSE, 0}},
	['|'] = {{'|', WF_JP_OR_SIGN, 0}, {0, WF_JP_PIPE, 0}},
	['&'] = {{'&', WF_JP_AND_SIGN, 0}, {0, WF_JP_AMPERSAND, 0}},
	['='] = {{'=', WF_JP_COMPARATOR, WF_JP_EQ}, {0, WF_JP_ASSIGN, 0}},
	['!'] = {{'=', WF_JP_COMPARATOR, WF_JP_NE}, {0, WF_JP_BANG, 0}},
	['<'] = {{'=', WF_JP_COMPARATOR, WF_JP_LE}, {0, WF_JP_COMPARATOR, WF_JP_LT}},
	['>'] = {{'=', WF_JP_COMPARATOR, WF_JP_GE}, {0, WF_JP_COMPARATOR, WF_JP_GT}},
	['.'] = {{0, WF_JP_DOT, 0}},
	['*'] = {{0, WF_JP_STAR, 0}},
	['@'] = {{0, WF_JP_AT, 0}},
	['('] = {{0, WF_JP_PAREN, 0}},
	[')'] = {{0, WF_JP_PAREN_END, 0}},
	['{'] = {{0, WF_JP_BRACE, 0}},
	['}'] = {{0, WF_JP_BRACE_END, 0}},
	[','] = {{0, WF_JP_COMMA, 0}},
	[':'] = {{0, WF_JP_COLON, 0}},
	['?'] = {{0, WF_JP_QUESTION, 0}},
	['+'] = {{0, WF_JP_PLUS, 0}},
	['-'] = {{0, WF_JP_MINUS, 0}},
	['/'] = {{'/', WF_JP_TIMES_SIGN, WF_JP_FLOOR_DIVIDE}, {0, WF_JP_TIMES_SIGN, WF_JP_DIVIDE}},
	['%'] = {{0, WF_JP_TIMES_SIGN, WF_JP_MODULO}},
};

/* Those of mathematics that have a letter of their own. */
static const struct {
	uint32_t letter;
	struct sign sign;
} letters[] = {
	{0x2212, {0, WF_JP_MINUS, 0}},
	{0xf7, {0, WF_JP_TIMES_SIGN, WF_JP_DIVIDE}},
	{0xd7, {0, WF_JP_TIMES_SIGN, WF_JP_MULTIPLY}},
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool begins_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Bytes of the name at the front; 0: there is none. */
static size_t name_length(const char *s, size_t n)
{
	size_t len = 0;
	if (n && begins_name(*s))
		while (len < n && (begins_name(s[len]) || is_digit(s[len])))
			len++;
	return len;
}

/* Bytes up to and with the closing quote; a backslash takes the next byte with it. 0: it never closes. */
static size_t quoted_length(const char *s, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (s[i] == *s)
			return i + 1;
		i += s[i] == '\\';
	}
	return 0;
}

static const struct sign *sign_at(const char *s, size_t n, size_t *ret_n)
{
	unsigned char first = (unsigned char)*s;
	if (first < 128) {
		for (unsigned i = 0; i < 3 && signs[first][i].kind; i++) {
			const struct sign *sign = &signs[first][i];
			if (sign->second && (n < 2 || s[1] != sign->second))
				continue;
			*ret_n = sign->second ? 2 : 1;
			return sign;
		}
		*ret_n = 1;
		return NULL;
	}
	uint32_t letter = wf_utf8_next(s, n, ret_n);
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		if (letters[i].letter == letter)
			return &letters[i].sign;
	return NULL;
}

static int read_sign(const char *s, size_t n, struct wf_jp_token *t, struct wf_query_fault *fault)
{
	const struct sign *sign = sign_at(s, n, &t->n);
	if (!sign)
		return wf_query_fail(fault, WF_ESYNTAX, "syntax", t->at, s, t->n,
			"%.*s means nothing in JMESPath", (int)t->n, s);
	t->kind = (enum wf_jp_token_kind)sign->kind;
	t->op = sign->op;
	return 0;
}

static int read_quoted(const char *s, size_t n, struct wf_jp_token *t, struct wf_query_fault *fault)
{
	t->kind = *s == '"' ? WF_JP_QUOTED : *s == '\'' ? WF_JP_RAW : WF_JP_JSON;
	t->n = quoted_length(s, n);
	if (t->n)
		return 0;
	return wf_query_fail(fault, WF_ESYNTAX, "syntax", t->at, s, 1, "the closing %c is missing", *s);
}

int wf_jp_next_token(const char *text, size_t n, size_t *at, struct wf_jp_token *ret,
	struct wf_query_fault *fault)
{
	while (*at < n && is_blank(text[*at]))
		++*at;
	const char *s = text + *at;
	size_t left = n - *at;
	struct wf_jp_token t = {.kind = WF_JP_END, .at = *at};
	int err = 0;
	if (!left) {
		*ret = t;
		return 0;
	}
	t.n = name_length(s, left);
	if (t.n) {
		t.kind = WF_JP_NAME;
	} else if (is_digit(*s)) {
		t.kind = WF_JP_DIGITS;
		while (t.n < left && is_digit(s[t.n]))
			t.n++;
	} else if (*s == '$') {
		t.n = 1 + name_length(s + 1, left - 1);
		t.kind = t.n > 1 ? WF_JP_DOLLAR_NAME : WF_JP_DOLLAR;
	} else if (*s == '"' || *s == '\'' || *s == '`') {
		err = read_quoted(s, left, &t, fault);
	} else {
		err = read_sign(s, left, &t, fault);
	}
	if (err < 0)
		return err;
	*at += t.n;
	*ret = t;
	return 0;
}

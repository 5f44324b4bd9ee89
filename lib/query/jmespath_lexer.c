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

/* What a token that begins with the byte is; a sign otherwise. */
enum { LETTER = 1, DIGIT = 2, BLANK = 4, QUOTE = 8, DOLLAR = 16 };

static const uint8_t classes[256] = {
	['a'] = LETTER, ['b'] = LETTER, ['c'] = LETTER, ['d'] = LETTER, ['e'] = LETTER,
	['f'] = LETTER, ['g'] = LETTER, ['h'] = LETTER, ['i'] = LETTER, ['j'] = LETTER,
	['k'] = LETTER, ['l'] = LETTER, ['m'] = LETTER, ['n'] = LETTER, ['o'] = LETTER,
	['p'] = LETTER, ['q'] = LETTER, ['r'] = LETTER, ['s'] = LETTER, ['t'] = LETTER,
	['u'] = LETTER, ['v'] = LETTER, ['w'] = LETTER, ['x'] = LETTER, ['y'] = LETTER,
	['z'] = LETTER, ['A'] = LETTER, ['B'] = LETTER, ['C'] = LETTER, ['D'] = LETTER,
	['E'] = LETTER, ['F'] = LETTER, ['G'] = LETTER, ['H'] = LETTER, ['I'] = LETTER,
	['J'] = LETTER, ['K'] = LETTER, ['L'] = LETTER, ['M'] = LETTER, ['N'] = LETTER,
	['O'] = LETTER, ['P'] = LETTER, ['Q'] = LETTER, ['R'] = LETTER, ['S'] = LETTER,
	['T'] = LETTER, ['U'] = LETTER, ['V'] = LETTER, ['W'] = LETTER, ['X'] = LETTER,
	['Y'] = LETTER, ['Z'] = LETTER, ['_'] = LETTER,
	['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT, ['5'] = DIGIT,
	['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
	[' '] = BLANK, ['\t'] = BLANK, ['\r'] = BLANK, ['\n'] = BLANK,
	['"'] = QUOTE, ['\''] = QUOTE, ['`'] = QUOTE,
	['$'] = DOLLAR,
};

static unsigned class_of(char c)
{
	return classes[(unsigned char)c];
}

/* Bytes at the front that are of those classes. */
static size_t length_of(const char *s, size_t n, unsigned wanted)
{
	size_t len = 0;
	while (len < n && class_of(s[len]) & wanted)
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
	size_t from = *at;
	while (from < n && class_of(text[from]) == BLANK)
		from++;
	const char *s = text + from;
	size_t left = n - from;
	ret->kind = WF_JP_END;
	ret->op = 0;
	ret->at = from;
	ret->n = 0;
	unsigned class = left ? class_of(*s) : 0;
	int err = 0;
	if (class == LETTER) {
		ret->kind = WF_JP_NAME;
		ret->n = length_of(s, left, LETTER | DIGIT);
	} else if (class == DIGIT) {
		ret->kind = WF_JP_DIGITS;
		ret->n = length_of(s, left, DIGIT);
	} else if (class == DOLLAR) {
		bool named = left > 1 && class_of(s[1]) == LETTER;
		ret->n = 1 + (named ? length_of(s + 1, left - 1, LETTER | DIGIT) : 0);
		ret->kind = named ? WF_JP_DOLLAR_NAME : WF_JP_DOLLAR;
	} else if (class == QUOTE) {
		err = read_quoted(s, left, ret, fault);
	} else if (left) {
		err = read_sign(s, left, ret, fault);
	}
	*at = from + ret->n;
	return err;
}

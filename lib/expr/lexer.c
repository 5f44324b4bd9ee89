/*
 * Text to tokens. What is no token becomes a BAD one that says what was probably meant; the parser
 * reports it where it stands, so that the first error in reading order is the one shown.
 */
#include "expr/internal.h"

#include <ctype.h>
#include <string.h>

/* Longest first where one begins another. */
static const struct {
	const char *text;
	enum wf_token_kind kind;
	const char *message, *hint;
} marks[] = {
	{ "===", WF_TOK_BAD, "`===` is no operator", "write `==` to compare" },
	{ "!==", WF_TOK_BAD, "`!==` is no operator", "write `!=` to compare" },
	{ "**", WF_TOK_BAD, "`**` is no operator", NULL },
	{ "==", WF_TOK_EQ, NULL, NULL },
	{ "!=", WF_TOK_NE, NULL, NULL },
	{ "<=", WF_TOK_LE, NULL, NULL },
	{ ">=", WF_TOK_GE, NULL, NULL },
	{ "<>", WF_TOK_BAD, "`<>` is no operator", "write `!=` to compare" },
	{ "=~", WF_TOK_BAD, "`=~` is no operator", "write matches(text, pattern)" },
	{ "=>", WF_TOK_BAD, "`=>` is no operator",
		"to compare write `>=`; the body of map and filter names its element `item`" },
	{ "=<", WF_TOK_BAD, "`=<` is no operator", "write `<=` to compare" },
	{ "&&", WF_TOK_AND, NULL, NULL },
	{ "||", WF_TOK_OR, NULL, NULL },
	{ "??", WF_TOK_COALESCE, NULL, NULL },
	{ "?.", WF_TOK_BAD, "`?.` is no operator",
		"write `a.b ?? default`: every part of a path left of `??` may be absent" },
	{ "++", WF_TOK_BAD, "`++` is no operator", NULL },
	{ "--", WF_TOK_BAD, "`--` is no operator", "write `- -x` if that is meant" },
	{ "${", WF_TOK_OPEN, NULL, NULL },
	{ "$$", WF_TOK_BAD, "`$$` means nothing here", "a path is written `user.id` or `${user.id}`" },
	{ "$", WF_TOK_BAD, "`$` means nothing here", "a path is written `user.id` or `${user.id}`" },
	{ "=", WF_TOK_BAD, "`=` does not compare", "write `==`" },
	{ "&", WF_TOK_BAD, "`&` is no operator", "write `&&` or `and`" },
	{ "|", WF_TOK_BAD, "`|` is no operator",
		"write `||` or `or`; functions are called as lower(x)" },
	{ "^", WF_TOK_BAD, "`^` is no operator", NULL },
	{ "~", WF_TOK_BAD, "`~` is no operator", NULL },
	{ "`", WF_TOK_BAD, "a backtick does not quote", "write strings in ' or \"" },
	{ ";", WF_TOK_BAD, "`;` means nothing in an expression", NULL },
	{ "@", WF_TOK_BAD, "`@` means nothing in an expression",
		"the element at hand is called `item`" },
	{ "#", WF_TOK_BAD, "`#` means nothing in an expression", NULL },
	{ "\\", WF_TOK_BAD, "a backslash means something only inside a string", NULL },
	{ "!", WF_TOK_NOT, NULL, NULL },
	{ "<", WF_TOK_LT, NULL, NULL },
	{ ">", WF_TOK_GT, NULL, NULL },
	{ "?", WF_TOK_QUESTION, NULL, NULL },
	{ ":", WF_TOK_COLON, NULL, NULL },
	{ "(", WF_TOK_LPAREN, NULL, NULL },
	{ ")", WF_TOK_RPAREN, NULL, NULL },
	{ "[", WF_TOK_LBRACKET, NULL, NULL },
	{ "]", WF_TOK_RBRACKET, NULL, NULL },
	{ "{", WF_TOK_LBRACE, NULL, NULL },
	{ "}", WF_TOK_RBRACE, NULL, NULL },
	{ ".", WF_TOK_DOT, NULL, NULL },
	{ ",", WF_TOK_COMMA, NULL, NULL },
	{ "+", WF_TOK_PLUS, NULL, NULL },
	{ "-", WF_TOK_MINUS, NULL, NULL },
	{ "*", WF_TOK_STAR, NULL, NULL },
	{ "/", WF_TOK_SLASH, NULL, NULL },
	{ "%", WF_TOK_PERCENT, NULL, NULL },
	/* What word processors and chat programs make of plain characters. */
	{ "\xe2\x80\x98", WF_TOK_BAD, "a typographic quotation mark", "write ' instead" },
	{ "\xe2\x80\x99", WF_TOK_BAD, "a typographic quotation mark", "write ' instead" },
	{ "\xe2\x80\x9a", WF_TOK_BAD, "a typographic quotation mark", "write ' instead" },
	{ "\xe2\x80\x9c", WF_TOK_BAD, "a typographic quotation mark", "write \" instead" },
	{ "\xe2\x80\x9d", WF_TOK_BAD, "a typographic quotation mark", "write \" instead" },
	{ "\xe2\x80\x9e", WF_TOK_BAD, "a typographic quotation mark", "write \" instead" },
	{ "\xc2\xab", WF_TOK_BAD, "a typographic quotation mark", "write \" instead" },
	{ "\xc2\xbb", WF_TOK_BAD, "a typographic quotation mark", "write \" instead" },
	{ "\xe2\x80\x93", WF_TOK_BAD, "a dash", "write the minus sign `-`" },
	{ "\xe2\x80\x94", WF_TOK_BAD, "a dash", "write the minus sign `-`" },
	{ "\xe2\x88\x92", WF_TOK_BAD, "a typographic minus", "write `-`" },
	{ "\xe2\x89\xa4", WF_TOK_BAD, "a typographic operator", "write `<=`" },
	{ "\xe2\x89\xa5", WF_TOK_BAD, "a typographic operator", "write `>=`" },
	{ "\xe2\x89\xa0", WF_TOK_BAD, "a typographic operator", "write `!=`" },
	{ "\xc3\x97", WF_TOK_BAD, "a typographic operator", "write `*`" },
	{ "\xe2\x80\xa6", WF_TOK_BAD, "an ellipsis", NULL },
	{ "\xc2\xa0", WF_TOK_BAD, "a no-break space", "write a plain space" },
	{ "\xe2\x80\x8b", WF_TOK_BAD, "an invisible character (zero-width space)", "delete it" },
	{ "\xef\xbb\xbf", WF_TOK_BAD, "an invisible character (byte order mark)", "delete it" },
};

static struct wf_token token(struct wf_lexer *l, enum wf_token_kind kind, uint32_t to)
{
	struct wf_token t = { .kind = kind, .from = l->at, .to = to };
	l->at = to;
	return t;
}

static struct wf_token bad(struct wf_lexer *l, uint32_t from, uint32_t to, const char *message,
	const char *hint)
{
	l->at = to;
	return (struct wf_token){ WF_TOK_BAD, from, to, message, hint };
}

static bool is_digit(const struct wf_lexer *l, uint32_t at)
{
	return at < l->len && isdigit((unsigned char)l->text[at]);
}

static bool is_word(const struct wf_lexer *l, uint32_t at)
{
	return at < l->len && (isalnum((unsigned char)l->text[at]) || l->text[at] == '_');
}

static uint32_t skip_digits(const struct wf_lexer *l, uint32_t at)
{
	while (is_digit(l, at))
		at++;
	return at;
}

/* As in JSON: 0, 12, 1.5, 2e3, 1.5e-3. */
static struct wf_token lex_number(struct wf_lexer *l)
{
	uint32_t at = skip_digits(l, l->at);
	enum wf_token_kind kind = WF_TOK_INT;
	if (l->text[l->at] == '0' && at > l->at + 1)
		return bad(l, l->at, at, "a number does not begin with a superfluous 0", NULL);
	if (at < l->len && l->text[at] == '.') {
		if (!is_digit(l, at + 1))
			return bad(l, l->at, at + 1, "a digit is missing behind the decimal point", NULL);
		kind = WF_TOK_REAL;
		at = skip_digits(l, at + 1);
	}
	if (at < l->len && (l->text[at] == 'e' || l->text[at] == 'E')) {
		uint32_t digits = at + 1;
		if (digits < l->len && (l->text[digits] == '+' || l->text[digits] == '-'))
			digits++;
		if (is_digit(l, digits)) {
			kind = WF_TOK_REAL;
			at = skip_digits(l, digits);
		}
	}
	if (is_word(l, at)) {
		while (is_word(l, at))
			at++;
		return bad(l, l->at, at, "neither a number nor a name",
			"a key that begins with a digit is written ['1st']");
	}
	return token(l, kind, at);
}

static int hex4(const struct wf_lexer *l, uint32_t at)
{
	int value = 0;
	for (uint32_t i = at; i < at + 4; i++) {
		if (i >= l->len || !isxdigit((unsigned char)l->text[i]))
			return -1;
		int c = tolower((unsigned char)l->text[i]);
		value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return value;
}

/* The length of the escape that begins at the backslash; 0 and *ret_message when it is none. */
static uint32_t escape_length(const struct wf_lexer *l, uint32_t at, const char **ret_message)
{
	if (at + 1 >= l->len)
		return 2; /* the string is not closed: that is said instead */
	if (l->text[at + 1] && strchr("nrtbf\\'\"/", l->text[at + 1]))
		return 2;
	*ret_message = "an escape that is not known";
	if (l->text[at + 1] != 'u')
		return 0;
	int c = hex4(l, at + 2);
	*ret_message = c < 0 ? "four hexadecimal digits must follow `\\u`"
		: c == 0 ? "a NUL character cannot stand in a string"
		: "half of a surrogate pair";
	if (c <= 0 || (c >= 0xdc00 && c <= 0xdfff))
		return 0;
	if (c < 0xd800 || c > 0xdbff)
		return 6;
	if (at + 7 >= l->len || l->text[at + 6] != '\\' || l->text[at + 7] != 'u')
		return 0;
	int low = hex4(l, at + 8);
	return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

static uint32_t next_character(const struct wf_lexer *l, uint32_t at)
{
	if (at < l->len)
		at++;
	while (at < l->len && ((unsigned char)l->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static struct wf_token lex_string(struct wf_lexer *l)
{
	char quote = l->text[l->at];
	for (uint32_t at = l->at + 1; at < l->len;) {
		if (l->text[at] == quote)
			return token(l, WF_TOK_STRING, at + 1);
		if (l->text[at] == '\0')
			return bad(l, at, at + 1, "a NUL character cannot stand in a string", NULL);
		if (l->text[at] != '\\') {
			at++;
			continue;
		}
		const char *message = NULL;
		uint32_t n = escape_length(l, at, &message);
		if (!n)
			return bad(l, at, next_character(l, at + 1), message,
				"a backslash itself is written `\\\\`; "
				"escapes are \\n \\r \\t \\\\ \\/ \\' \\\" \\uXXXX");
		at += n;
	}
	return bad(l, l->at, l->len, "the string is not closed",
		quote == '"' ? "close it with \"" : "close it with '");
}

static struct wf_token lex_mark(struct wf_lexer *l)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		uint32_t n = (uint32_t)strlen(marks[i].text);
		if (l->len - l->at < n || memcmp(l->text + l->at, marks[i].text, n) != 0)
			continue;
		struct wf_token t = token(l, marks[i].kind, l->at + n);
		t.message = marks[i].message;
		t.hint = marks[i].hint;
		return t;
	}
	uint32_t to = next_character(l, l->at);
	if ((unsigned char)l->text[l->at] >= 0x80)
		return bad(l, l->at, to, "names are of ASCII letters, digits and _",
			"any other key is written ['k\xc3\xa4se']");
	return bad(l, l->at, to, "a character that means nothing in an expression", NULL);
}

struct wf_token wf_lex(struct wf_lexer *l)
{
	while (l->at < l->len && l->text[l->at] && strchr(" \t\r\n", l->text[l->at]))
		l->at++;
	if (l->at >= l->len)
		return token(l, WF_TOK_END, l->at);
	unsigned char c = (unsigned char)l->text[l->at];
	if (isdigit(c))
		return lex_number(l);
	if (c == '\'' || c == '"')
		return lex_string(l);
	if (!is_word(l, l->at))
		return lex_mark(l);
	uint32_t to = l->at;
	while (is_word(l, to))
		to++;
	return token(l, WF_TOK_NAME, to);
}

static char *put_utf8(char *p, uint32_t c)
{
	if (c < 0x80) {
		*p++ = (char)c;
	} else if (c < 0x800) {
		*p++ = (char)(0xc0 | c >> 6);
		*p++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*p++ = (char)(0xe0 | c >> 12);
		*p++ = (char)(0x80 | (c >> 6 & 0x3f));
		*p++ = (char)(0x80 | (c & 0x3f));
	} else {
		*p++ = (char)(0xf0 | c >> 18);
		*p++ = (char)(0x80 | (c >> 12 & 0x3f));
		*p++ = (char)(0x80 | (c >> 6 & 0x3f));
		*p++ = (char)(0x80 | (c & 0x3f));
	}
	return p;
}

const char *wf_lex_string(struct wf_arena *arena, const char *text, const struct wf_token *t)
{
	static const char letters[] = "nrtbf", meant[] = "\n\r\t\b\f";
	struct wf_lexer l = { text, t->to - 1, t->from + 1 };
	char *value = wf_arena_alloc(arena, t->to - t->from), *p = value;
	while (l.at < l.len) {
		if (text[l.at] != '\\') {
			*p++ = text[l.at++];
			continue;
		}
		char c = text[l.at + 1];
		const char *letter = strchr(letters, c);
		if (c != 'u') {
			*p++ = letter ? meant[letter - letters] : c;
			l.at += 2;
			continue;
		}
		uint32_t code = (uint32_t)hex4(&l, l.at + 2);
		l.at += 6;
		if (code >= 0xd800 && code <= 0xdbff) {
			uint32_t low = (uint32_t)hex4(&l, l.at + 2);
			code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
			l.at += 6;
		}
		p = put_utf8(p, code);
	}
	*p = '\0';
	return value;
}

/* JMESPath's tokens. */
#ifndef WF_QUERY_JMESPATH_LEXER_H
#define WF_QUERY_JMESPATH_LEXER_H

#include "query/internal.h"

enum wf_jp_token_kind {
	WF_JP_END,
	WF_JP_NAME,      /* an unquoted identifier */
	WF_JP_QUOTED,    /* "..." */
	WF_JP_RAW,       /* '...' */
	WF_JP_JSON,      /* `...` */
	WF_JP_DIGITS,
	WF_JP_DOLLAR_NAME,
	WF_JP_DOLLAR,
	WF_JP_AT,
	WF_JP_DOT,
	WF_JP_STAR,
	WF_JP_OPEN,      /* [ */
	WF_JP_CLOSE,     /* ] */
	WF_JP_OPEN_TEST, /* [? */
	WF_JP_FLAT,      /* [] */
	WF_JP_PAREN,
	WF_JP_PAREN_END,
	WF_JP_BRACE,
	WF_JP_BRACE_END,
	WF_JP_COMMA,
	WF_JP_COLON,
	WF_JP_PIPE,
	WF_JP_QUESTION,
	WF_JP_OR_SIGN,
	WF_JP_AND_SIGN,
	WF_JP_BANG,
	WF_JP_AMPERSAND,
	WF_JP_ASSIGN,
	WF_JP_COMPARATOR, /* op */
	WF_JP_PLUS,
	WF_JP_MINUS,
	WF_JP_TIMES_SIGN, /* op: times, divide, floor divide, modulo; the star is another */
	WF_JP_TOKEN_COUNT_
};

struct wf_jp_token {
	enum wf_jp_token_kind kind;
	int op;
	size_t at, n; /* with its quotes */
};

/* The token from *at on, which goes behind it. WF_ESYNTAX. */
int wf_jp_next_token(const char *text, size_t n, size_t *at, struct wf_jp_token *ret,
	struct wf_query_fault *fault);

/* The values of n bytes of text with its quotes; new references. NULL: it is none, or one with a NUL. */
json_t *wf_jp_read_json(const char *text, size_t n);
json_t *wf_jp_read_literal(const char *text, size_t n);
json_t *wf_jp_read_raw(const char *text, size_t n);

#endif

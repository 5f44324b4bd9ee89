/*
 * A reader of ECMA-262 patterns (unicode mode) that writes the same pattern for PCRE2.
 *
 * It goes through the pattern once from left to right; what nests is a small stack of open groups.
 * Named groups become numbered ones, because the two dialects differ in what a name may be; a first
 * pass collects them, since a back reference may stand before its group. Lone surrogates, which a
 * pattern may name and UTF-8 text never holds, are written as what cannot match.
 */
#include "base/regex_ecma.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdint.h>
#include <string.h>

#define NEST_MAX 200
#define REPEAT_MAX 65535u
#define NO_POINT 0xffffffffu

#define SPACES                                                                                     \
	"\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}"       \
	"\\x{205f}\\x{3000}\\x{feff}"
#define NOT_SPACES                                                                                 \
	"\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"           \
	"\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"             \
	"\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"
#define LINE_ENDS "\\x{a}\\x{d}\\x{2028}\\x{2029}"
#define NOTHING "(?!)"
#define ANYTHING "[\\x{0}-\\x{10ffff}]"

struct name {
	const char *text;
	size_t n;
	unsigned group;
};

struct reader {
	const char *s;
	size_t n, i;
	bool strict;
	struct wf_buf *out;
	struct wf_cause *cause;
	struct name *names;
	size_t name_count, name_room;
	unsigned groups;
	/* Whether a closing parenthesis leaves something that may be repeated. */
	bool repeatable[NEST_MAX];
	unsigned depth;
};

/* Long names of general categories, which PCRE2 does not know. */
static const struct {
	const char *name, *brief;
} categories[] = {
	{"Cased_Letter", "L&"}, {"LC", "L&"}, {"Close_Punctuation", "Pe"},
	{"Connector_Punctuation", "Pc"}, {"Control", "Cc"}, {"cntrl", "Cc"},
	{"Currency_Symbol", "Sc"}, {"Dash_Punctuation", "Pd"}, {"Decimal_Number", "Nd"},
	{"digit", "Nd"}, {"Enclosing_Mark", "Me"}, {"Final_Punctuation", "Pf"}, {"Format", "Cf"},
	{"Initial_Punctuation", "Pi"}, {"Letter", "L"}, {"Letter_Number", "Nl"},
	{"Line_Separator", "Zl"}, {"Lowercase_Letter", "Ll"}, {"Mark", "M"},
	{"Combining_Mark", "M"}, {"Math_Symbol", "Sm"}, {"Modifier_Letter", "Lm"},
	{"Modifier_Symbol", "Sk"}, {"Nonspacing_Mark", "Mn"}, {"Number", "N"},
	{"Open_Punctuation", "Ps"}, {"Other", "C"}, {"Other_Letter", "Lo"}, {"Other_Number", "No"},
	{"Other_Punctuation", "Po"}, {"Other_Symbol", "So"}, {"Paragraph_Separator", "Zp"},
	{"Private_Use", "Co"}, {"Punctuation", "P"}, {"punct", "P"}, {"Separator", "Z"},
	{"Space_Separator", "Zs"}, {"Spacing_Mark", "Mc"}, {"Surrogate", "Cs"}, {"Symbol", "S"},
	{"Titlecase_Letter", "Lt"}, {"Unassigned", "Cn"}, {"Uppercase_Letter", "Lu"},
	{"C", "C"}, {"Cc", "Cc"}, {"Cf", "Cf"}, {"Cn", "Cn"}, {"Co", "Co"}, {"Cs", "Cs"},
	{"L", "L"}, {"Ll", "Ll"}, {"Lm", "Lm"}, {"Lo", "Lo"}, {"Lt", "Lt"}, {"Lu", "Lu"},
	{"M", "M"}, {"Mc", "Mc"}, {"Me", "Me"}, {"Mn", "Mn"}, {"N", "N"}, {"Nd", "Nd"},
	{"Nl", "Nl"}, {"No", "No"}, {"P", "P"}, {"Pc", "Pc"}, {"Pd", "Pd"}, {"Pe", "Pe"},
	{"Pf", "Pf"}, {"Pi", "Pi"}, {"Po", "Po"}, {"Ps", "Ps"}, {"S", "S"}, {"Sc", "Sc"},
	{"Sk", "Sk"}, {"Sm", "Sm"}, {"So", "So"}, {"Z", "Z"}, {"Zl", "Zl"}, {"Zp", "Zp"},
	{"Zs", "Zs"},
};

/* The binary properties of ECMA-262, long and short names. */
static const char *const binaries[] = {"ASCII", "ASCII_Hex_Digit", "AHex", "Alphabetic", "Alpha",
	"Any", "Bidi_Control", "Bidi_C", "Bidi_Mirrored", "Bidi_M", "Case_Ignorable", "CI", "Cased",
	"Changes_When_Casefolded", "CWCF", "Changes_When_Casemapped", "CWCM",
	"Changes_When_Lowercased", "CWL", "Changes_When_NFKC_Casefolded", "CWKCF",
	"Changes_When_Titlecased", "CWT", "Changes_When_Uppercased", "CWU", "Dash",
	"Default_Ignorable_Code_Point", "DI", "Deprecated", "Dep", "Diacritic", "Dia", "Emoji",
	"Emoji_Component", "EComp", "Emoji_Modifier", "EMod", "Emoji_Modifier_Base", "EBase",
	"Emoji_Presentation", "EPres", "Extended_Pictographic", "ExtPict", "Extender", "Ext",
	"Grapheme_Base", "Gr_Base", "Grapheme_Extend", "Gr_Ext", "Hex_Digit", "Hex",
	"IDS_Binary_Operator", "IDSB", "IDS_Trinary_Operator", "IDST", "ID_Continue", "IDC",
	"ID_Start", "IDS", "Ideographic", "Ideo", "Join_Control", "Join_C",
	"Logical_Order_Exception", "LOE", "Lowercase", "Lower", "Math", "Noncharacter_Code_Point",
	"NChar", "Pattern_Syntax", "Pat_Syn", "Pattern_White_Space", "Pat_WS", "Quotation_Mark",
	"QMark", "Radical", "Regional_Indicator", "RI", "Sentence_Terminal", "STerm",
	"Soft_Dotted", "SD", "Terminal_Punctuation", "Term", "Unified_Ideograph", "UIdeo",
	"Uppercase", "Upper", "Variation_Selector", "VS", "White_Space", "space", "XID_Continue",
	"XIDC", "XID_Start", "XIDS"};

static int wrong(struct reader *r, size_t at, const char *what)
{
	return wf_fail(r->cause, WF_ESYNTAX, "%s at offset %zu", what, at);
}

static int peek(const struct reader *r, size_t ahead)
{
	return r->i + ahead < r->n ? (unsigned char)r->s[r->i + ahead] : -1;
}

static bool eat(struct reader *r, const char *text)
{
	size_t n = strlen(text);

	if (r->n - r->i < n || memcmp(r->s + r->i, text, n) != 0)
		return false;
	r->i += n;
	return true;
}

static bool digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int hex(int c)
{
	if (digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool surrogate(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

static void put_point(struct reader *r, uint32_t c)
{
	if (c < 128 && (letter((int)c) || digit((int)c)))
		wf_buf_addch(r->out, (char)c);
	else
		wf_buf_printf(r->out, "\\x{%x}", (unsigned)c);
}

/* -- group names -- */

static bool name_valid(const char *s, size_t n)
{
	if (!n || digit((unsigned char)s[0]))
		return false;
	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)s[i];

		if (c < 128 && !letter(c) && !digit(c) && c != '_' && c != '$')
			return false;
	}
	return true;
}

static const struct name *name_find(const struct reader *r, const char *s, size_t n)
{
	for (size_t i = 0; i < r->name_count; i++)
		if (r->names[i].n == n && memcmp(r->names[i].text, s, n) == 0)
			return &r->names[i];
	return NULL;
}

static int collect_name(struct reader *r, size_t at)
{
	const char *end = memchr(r->s + at, '>', r->n - at);
	size_t n = end ? (size_t)(end - (r->s + at)) : 0;

	if (!name_valid(r->s + at, n))
		return wrong(r, at, "a group's name is not valid");
	if (name_find(r, r->s + at, n))
		return wrong(r, at, "two groups have the same name");
	WF_GROW(r->names, r->name_count, r->name_room);
	r->names[r->name_count++] = (struct name){r->s + at, n, r->groups};
	return 0;
}

static int collect_groups(struct reader *r)
{
	bool in_class = false;

	for (size_t i = 0; i < r->n; i++) {
		const char *s = r->s + i;
		size_t left = r->n - i;

		if (*s == '\\') {
			i++;
		} else if (in_class || *s == '[') {
			in_class = *s != ']';
		} else if (*s == '(' && (left < 2 || s[1] != '?')) {
			r->groups++;
		} else if (*s == '(' && left > 2 && s[2] == '<' &&
			   !(left > 3 && (s[3] == '=' || s[3] == '!'))) {
			int err;

			r->groups++;
			err = collect_name(r, i + 3);
			if (err < 0)
				return err;
		}
	}
	return 0;
}

/* -- escapes -- */

static uint32_t hex_digits(struct reader *r, size_t count)
{
	uint32_t c = 0;

	for (size_t k = 0; k < count; k++) {
		int h = hex(peek(r, k));

		if (h < 0)
			return NO_POINT;
		c = c << 4 | (uint32_t)h;
	}
	r->i += count;
	return c;
}

/* After \u. */
static uint32_t unicode_escape(struct reader *r)
{
	uint32_t c = 0, low;
	size_t digits = 0, back;

	if (!eat(r, "{")) {
		c = hex_digits(r, 4);
		if (c < 0xd800 || c > 0xdbff)
			return c;
		back = r->i;
		if (eat(r, "\\u")) {
			low = hex_digits(r, 4);
			if (low >= 0xdc00 && low <= 0xdfff)
				return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		}
		r->i = back;
		return c;
	}
	for (int h; (h = hex(peek(r, 0))) >= 0; r->i++, digits++) {
		c = c << 4 | (uint32_t)h;
		if (c > 0x10ffff)
			return NO_POINT;
	}
	return digits && eat(r, "}") ? c : NO_POINT;
}

/* An escape that stands for one character, after the backslash; NO_POINT when it is none. */
static uint32_t character_escape(struct reader *r, bool in_class)
{
	static const char controls[] = "f\fn\nr\rt\tv\v";
	int c = peek(r, 0);

	for (const char *p = controls; *p; p += 2)
		if (c == *p) {
			r->i++;
			return (unsigned char)p[1];
		}
	if (c == 'b' && in_class) {
		r->i++;
		return 8;
	}
	if (c == '0' && !digit(peek(r, 1))) {
		r->i++;
		return 0;
	}
	if (c == 'c' && letter(peek(r, 1))) {
		r->i += 2;
		return (uint32_t)r->s[r->i - 1] & 31;
	}
	if (c == 'x') {
		r->i++;
		return hex_digits(r, 2);
	}
	if (c == 'u') {
		r->i++;
		return unicode_escape(r);
	}
	if (c > 0 && (strchr("^$\\.*+?()[]{}|/", c) || (c == '-' && in_class) ||
			     (!r->strict && c > 32 && c < 127 && !letter(c) && !digit(c)))) {
		r->i++;
		return (uint32_t)c;
	}
	return NO_POINT;
}

static const char *category_of(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(categories) / sizeof(*categories); i++)
		if (strlen(categories[i].name) == n && memcmp(categories[i].name, name, n) == 0)
			return categories[i].brief;
	return NULL;
}

static bool binary_known(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(binaries) / sizeof(*binaries); i++)
		if (strlen(binaries[i]) == n && memcmp(binaries[i], name, n) == 0)
			return true;
	return false;
}

/* After \p or \P: {NAME} or {PROPERTY=VALUE}. */
static int property(struct reader *r, bool negated)
{
	const char *name, *value, *brief;
	size_t at = r->i, n = 0, key;
	char letter_p = negated ? 'P' : 'p';

	if (peek(r, 0) != '{')
		return wrong(r, at, "\\p needs a property in braces");
	name = r->s + at + 1;
	while (at + 1 + n < r->n && (letter(name[n]) || digit(name[n]) || strchr("_=", name[n])) &&
		name[n])
		n++;
	if (!n || at + 1 + n >= r->n || name[n] != '}')
		return wrong(r, at, "\\p needs a property in braces");
	r->i = at + n + 2;
	value = memchr(name, '=', n);
	key = value ? (size_t)(value - name) : 0;
	if (value) {
		size_t value_n = n - key - 1;

		value++;
		if ((key == 2 && !memcmp(name, "gc", 2)) ||
			(key == 16 && !memcmp(name, "General_Category", 16))) {
			brief = category_of(value, value_n);
			if (!brief)
				return wrong(r, at, "no such general category");
			wf_buf_printf(r->out, "\\%c{%s}", letter_p, brief);
			return 0;
		}
		if ((key == 2 && !memcmp(name, "sc", 2)) ||
			(key == 6 && !memcmp(name, "Script", 6)))
			wf_buf_printf(r->out, "\\%c{sc:", letter_p);
		else if ((key == 3 && !memcmp(name, "scx", 3)) ||
			 (key == 17 && !memcmp(name, "Script_Extensions", 17)))
			wf_buf_printf(r->out, "\\%c{scx:", letter_p);
		else
			return wrong(r, at, "no such property");
		wf_buf_add(r->out, value, value_n);
		wf_buf_addch(r->out, '}');
		return 0;
	}
	brief = category_of(name, n);
	if (brief) {
		wf_buf_printf(r->out, "\\%c{%s}", letter_p, brief);
	} else if (n == 8 && !memcmp(name, "Assigned", 8)) {
		wf_buf_printf(r->out, "\\%c{Cn}", negated ? 'p' : 'P');
	} else if (!r->strict || binary_known(name, n)) {
		wf_buf_printf(r->out, "\\%c{", letter_p);
		wf_buf_add(r->out, name, n);
		wf_buf_addch(r->out, '}');
	} else {
		return wrong(r, at, "no such property");
	}
	return 0;
}

/* An escape that stands for a set (\d \s \w \p and their opposites), after the backslash: 1 when it
 * was one, 0 when not, negative on failure. */
static int set_escape(struct reader *r, bool in_class)
{
	int c = peek(r, 0), err;

	if (c <= 0 || !strchr("dDwWsSpP", c))
		return 0;
	r->i++;
	if (c == 'p' || c == 'P') {
		err = property(r, c == 'P');
		return err < 0 ? err : 1;
	}
	if (c == 's' || c == 'S')
		wf_buf_printf(r->out, in_class ? "%s" : "[%s]", c == 's' ? SPACES : NOT_SPACES);
	else
		wf_buf_printf(r->out, "\\%c", c);
	return 1;
}

/* -- classes -- */

/* One member of a class: a point, or a set that is written at once (then NO_POINT). */
static int class_atom(struct reader *r, uint32_t *ret)
{
	size_t at = r->i, len;
	int set;

	if (!eat(r, "\\")) {
		*ret = wf_utf8_next(r->s + r->i, r->n - r->i, &len);
		r->i += len;
		return 0;
	}
	set = set_escape(r, true);
	if (set < 0)
		return set;
	*ret = NO_POINT;
	if (set)
		return 0;
	*ret = character_escape(r, true);
	return *ret == NO_POINT ? wrong(r, at, "no such escape") : 0;
}

static void class_range(struct reader *r, uint32_t low, uint32_t high)
{
	if (surrogate(low))
		low = 0xe000;
	if (surrogate(high))
		high = 0xd7ff;
	if (low > high)
		return;
	put_point(r, low);
	if (low != high) {
		wf_buf_addch(r->out, '-');
		put_point(r, high);
	}
}

static int class_member(struct reader *r)
{
	size_t at = r->i;
	uint32_t low, high;
	int err = class_atom(r, &low);

	if (err < 0)
		return err;
	if (peek(r, 0) != '-' || peek(r, 1) == ']' || peek(r, 1) < 0) {
		if (low != NO_POINT)
			class_range(r, low, low);
		return 0;
	}
	r->i++;
	err = class_atom(r, &high);
	if (err < 0)
		return err;
	if (low != NO_POINT && high != NO_POINT) {
		if (low > high)
			return wrong(r, at, "a range is out of order");
		class_range(r, low, high);
		return 0;
	}
	if (r->strict)
		return wrong(r, at, "a range needs a character at each end");
	if (low != NO_POINT)
		class_range(r, low, low);
	put_point(r, '-');
	if (high != NO_POINT)
		class_range(r, high, high);
	return 0;
}

static int character_class(struct reader *r)
{
	size_t at = r->i - 1, from = r->out->len, inside;
	bool negated = eat(r, "^");

	wf_buf_addstr(r->out, negated ? "[^" : "[");
	inside = r->out->len;
	while (!eat(r, "]")) {
		int err;

		if (r->i >= r->n)
			return wrong(r, at, "a character class is not closed");
		err = class_member(r);
		if (err < 0)
			return err;
	}
	if (r->out->len > inside) {
		wf_buf_addch(r->out, ']');
	} else {
		r->out->len = from;
		wf_buf_addstr(r->out, negated ? ANYTHING : NOTHING);
	}
	return 0;
}

/* -- groups, repeats, the whole -- */

static int open_group(struct reader *r)
{
	static const struct {
		const char *text;
		bool repeatable;
	} kinds[] = {{"?:", true}, {"?=", false}, {"?!", false}, {"?<=", false}, {"?<!", false}};
	size_t at = r->i - 1;

	if (r->depth == NEST_MAX)
		return wrong(r, at, "groups are nested too deeply");
	wf_buf_addch(r->out, '(');
	r->repeatable[r->depth] = true;
	if (peek(r, 0) == '?') {
		size_t k = 0, count = sizeof(kinds) / sizeof(*kinds);

		while (k < count && !eat(r, kinds[k].text))
			k++;
		if (k < count) {
			wf_buf_addstr(r->out, kinds[k].text);
			r->repeatable[r->depth] = kinds[k].repeatable;
		} else if (eat(r, "?<")) {
			/* The name was checked when the groups were collected. */
			r->i = (size_t)((const char *)memchr(r->s + r->i, '>', r->n - r->i) -
					r->s) +
			       1;
		} else {
			return wrong(r, at, "no such kind of group");
		}
	}
	r->depth++;
	return 0;
}

static bool number(struct reader *r, unsigned *ret)
{
	size_t from = r->i;
	unsigned v = 0;

	for (; digit(peek(r, 0)); r->i++)
		v = v > REPEAT_MAX ? v : v * 10 + (unsigned)(r->s[r->i] - '0');
	*ret = v;
	return r->i > from;
}

/* {n} {n,} {n,m}: 1 when one was written, 0 when there is none here, negative on failure. */
static int braces(struct reader *r)
{
	size_t at = r->i;
	unsigned least, most = 0;
	bool comma, bounded;

	r->i++;
	if (!number(r, &least))
		goto none;
	comma = eat(r, ",");
	bounded = comma && number(r, &most);
	if (!eat(r, "}"))
		goto none;
	if (bounded && most < least)
		return wrong(r, at, "a repeat's bounds are out of order");
	if (least > REPEAT_MAX)
		return wrong(r, at, "a repeat's bound is over 65535");
	if (!comma)
		wf_buf_printf(r->out, "{%u}", least);
	else if (!bounded || most > REPEAT_MAX)
		wf_buf_printf(r->out, "{%u,}", least);
	else
		wf_buf_printf(r->out, "{%u,%u}", least, most);
	return 1;
none:
	r->i = at;
	return 0;
}

/* A repeat after an atom, if there is one. */
static int repeat(struct reader *r, bool allowed)
{
	size_t at = r->i;
	int c = peek(r, 0), found = 0;

	if (c == '*' || c == '+' || c == '?') {
		wf_buf_addch(r->out, (char)c);
		r->i++;
		found = 1;
	} else if (c == '{') {
		found = braces(r);
	}
	if (found <= 0)
		return found;
	if (!allowed)
		return wrong(r, at, "nothing to repeat");
	if (eat(r, "?"))
		wf_buf_addch(r->out, '?');
	return 0;
}

static int escape(struct reader *r, bool *ret_repeatable)
{
	size_t at = r->i - 1;
	int c = peek(r, 0), set;
	uint32_t point;
	unsigned group = 0;

	*ret_repeatable = true;
	if (c == 'b' || c == 'B') {
		wf_buf_printf(r->out, "\\%c", c);
		r->i++;
		*ret_repeatable = false;
		return 0;
	}
	if (c >= '1' && c <= '9') {
		(void)number(r, &group);
		if (group > r->groups)
			return wrong(r, at, "a back reference to a group that is not there");
		wf_buf_printf(r->out, "\\g{%u}", group);
		return 0;
	}
	if (c == 'k') {
		const char *name = NULL, *end = NULL;
		const struct name *found;

		r->i++;
		if (peek(r, 0) == '<') {
			name = r->s + r->i + 1;
			end = memchr(name, '>', r->n - r->i - 1);
		}
		found = end ? name_find(r, name, (size_t)(end - name)) : NULL;
		if (!found)
			return wrong(r, at, "a back reference to a group that is not there");
		wf_buf_printf(r->out, "\\g{%u}", found->group);
		r->i = (size_t)(end - r->s) + 1;
		return 0;
	}
	set = set_escape(r, false);
	if (set)
		return set < 0 ? set : 0;
	point = character_escape(r, false);
	if (point == NO_POINT)
		return wrong(r, at, "no such escape");
	if (surrogate(point))
		wf_buf_addstr(r->out, NOTHING);
	else
		put_point(r, point);
	return 0;
}

/* One term: what can stand between two repeats. */
static int term(struct reader *r, bool *ret_repeatable)
{
	size_t at = r->i, len;
	uint32_t c = wf_utf8_next(r->s + r->i, r->n - r->i, &len);

	r->i += len;
	*ret_repeatable = false;
	if (c == '(')
		return open_group(r);
	if (c == ')') {
		if (!r->depth)
			return wrong(r, at, "a parenthesis closes nothing");
		r->depth--;
		*ret_repeatable = r->repeatable[r->depth] || !r->strict;
		wf_buf_addch(r->out, ')');
		return 0;
	}
	if (c == '|' || c == '^' || c == '$') {
		wf_buf_addch(r->out, (char)c);
		return 0;
	}
	*ret_repeatable = true;
	if (c == '.')
		wf_buf_addstr(r->out, "[^" LINE_ENDS "]");
	else if (c == '[')
		return character_class(r);
	else if (c == '\\')
		return escape(r, ret_repeatable);
	else if (c == '*' || c == '+' || c == '?')
		return wrong(r, at, "nothing to repeat");
	else if (r->strict && (c == '{' || c == '}' || c == ']'))
		return wrong(r, at, "a brace or bracket stands alone");
	else
		put_point(r, c);
	return 0;
}

static int translate(struct reader *r)
{
	bool repeatable = false;
	int err = collect_groups(r);

	while (err >= 0 && r->i < r->n) {
		err = term(r, &repeatable);
		if (err >= 0)
			err = repeat(r, repeatable);
	}
	if (err >= 0 && r->depth)
		return wrong(r, r->n, "a parenthesis is not closed");
	return err;
}

int wf_regex_ecma_translate(
	const char *pattern, size_t n, bool strict, struct wf_buf *out, struct wf_cause *cause)
{
	struct reader r = {.s = pattern, .n = n, .strict = strict, .out = out, .cause = cause};
	size_t bad = 0;
	int err;

	if (!wf_utf8_valid(pattern, n, &bad))
		return wf_fail(cause, WF_EINVAL, "a pattern is not UTF-8 at offset %zu", bad);
	err = translate(&r);
	wf_free(r.names);
	return err;
}

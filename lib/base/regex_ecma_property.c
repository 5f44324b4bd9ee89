/* Unicode properties in ECMA-262 patterns: \p{...} and \P{...}, by ECMA-262's own list of names. */
#include "base/regex_ecma_reader.h"

#include <string.h>

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

static bool is(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(s, word, n) == 0;
}

static const char *category_of(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(categories) / sizeof(*categories); i++)
		if (is(name, n, categories[i].name))
			return categories[i].brief;
	return NULL;
}

static bool binary_known(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(binaries) / sizeof(*binaries); i++)
		if (is(name, n, binaries[i]))
			return true;
	return false;
}

/* Bytes between the braces that stand here; 0 when they are none of a property. */
static size_t in_braces(const struct ecma_reader *r)
{
	size_t n = 0;

	if (ecma_peek(r, 0) != '{')
		return 0;
	for (int c; (c = ecma_peek(r, n + 1)) > 0; n++)
		if (!ecma_letter(c) && !ecma_digit(c) && c != '_' && c != '=')
			break;
	return ecma_peek(r, n + 1) == '}' ? n : 0;
}

static int property_value(struct ecma_reader *r, char p, const char *key, size_t key_n,
	const char *value, size_t value_n)
{
	size_t at = (size_t)(key - r->s) - 1;

	if (is(key, key_n, "gc") || is(key, key_n, "General_Category")) {
		const char *brief = category_of(value, value_n);

		if (!brief)
			return wf_ecma_wrong(r, at, "no such general category");
		wf_buf_printf(r->out, "\\%c{%s}", p, brief);
		return 0;
	}
	if (is(key, key_n, "sc") || is(key, key_n, "Script"))
		wf_buf_printf(r->out, "\\%c{sc:", p);
	else if (is(key, key_n, "scx") || is(key, key_n, "Script_Extensions"))
		wf_buf_printf(r->out, "\\%c{scx:", p);
	else
		return wf_ecma_wrong(r, at, "no such property");
	wf_buf_add(r->out, value, value_n);
	wf_buf_addch(r->out, '}');
	return 0;
}

int wf_ecma_property(struct ecma_reader *r, bool negated)
{
	size_t at = r->i, n = in_braces(r);
	const char *name, *equals, *brief;
	char p = negated ? 'P' : 'p';

	if (!n)
		return wf_ecma_wrong(r, at, "\\p needs a property in braces");
	name = r->s + at + 1;
	equals = memchr(name, '=', n);
	r->i = at + n + 2;
	if (equals)
		return property_value(r, p, name, (size_t)(equals - name), equals + 1,
			n - (size_t)(equals - name) - 1);
	brief = category_of(name, n);
	if (brief) {
		wf_buf_printf(r->out, "\\%c{%s}", p, brief);
	} else if (is(name, n, "Assigned")) {
		wf_buf_printf(r->out, "\\%c{Cn}", negated ? 'p' : 'P');
	} else if (!r->strict || binary_known(name, n)) {
		wf_buf_printf(r->out, "\\%c{", p);
		wf_buf_add(r->out, name, n);
		wf_buf_addch(r->out, '}');
	} else {
		return wf_ecma_wrong(r, at, "no such property");
	}
	return 0;
}

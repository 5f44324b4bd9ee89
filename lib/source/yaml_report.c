/* What libyaml cannot read, in words that help. */
#include "source/yaml.h"

#include "base/text.h"

#include <string.h>

struct fault {
	const char *problem;   /* libyaml's own words */
	const char *message;   /* NULL: libyaml's words will do */
	const char *hint;
	bool at_context;       /* the cause is where the construct began, not where it broke off */
};

static const struct fault faults[] = {
	{ "mapping values are not allowed in this context", "a `:` where no key can stand",
		"a value that holds `: ` goes in quotes; a key of its own belongs on a line of its own, "
		"indented like its neighbours", false },
	{ "did not find expected key", "neither a key of the map nor its end",
		"check the indentation of this line against the keys above, and for text behind a closing "
		"quote or bracket", false },
	{ "did not find expected '-' indicator", "neither an item of the list nor its end",
		"check the indentation of this line against the `-` above", false },
	{ "block sequence entries are not allowed in this context", "a `-` where no list can begin",
		"a list begins on the line below its key; a text that begins with `- ` goes in quotes",
		false },
	{ "block mapping entries are not allowed in this context", "a `?` where no map can begin",
		"a text that begins with `? ` goes in quotes", false },
	{ "mapping keys are not allowed in this context", "a `?` where no key can stand",
		"a text that begins with `? ` goes in quotes", false },
	{ "could not find expected ':'", "a key without a `:`",
		"write `key: value`; or indent the line more if it goes on with the text above", true },
	{ "did not find expected ',' or ']'", "the list in brackets is not closed here",
		"add the missing `,` or `]`", false },
	{ "did not find expected ',' or '}'", "the map in braces is not closed here",
		"add the missing `,` or `}`", false },
	{ "did not find expected node content", "a value is missing here",
		"there is a `,`, a bracket or a tag too many", false },
	{ "found unexpected end of stream", "a quoted text that does not end",
		"its closing quote is missing; a quote inside of '...' is written twice", true },
	{ "found unexpected document indicator", "a quoted text that does not end",
		"its closing quote is missing before `---` or `...`", true },
	{ "found unknown escape character", "an escape that YAML does not have",
		"in double quotes a backslash itself is written `\\\\`; in single quotes it needs no "
		"escape", false },
	{ "did not find expected hexdecimal number", "an escape with too few hexadecimal digits",
		"\\x takes 2 digits, \\u takes 4, \\U takes 8", false },
	{ "found invalid Unicode character escape code", "an escape that is no character",
		"surrogates and codes beyond 10FFFF are no characters", false },
	{ "did not find expected comment or line break", "text behind the `|` or `>` of a block",
		"the text of a block begins on the next line; a value that begins with `|` or `>` goes in "
		"quotes", false },
	{ "found an indentation indicator equal to 0", "a block cannot be indented by 0",
		"write 1 to 9, or nothing", false },
	{ "found a tab character where an indentation space is expected",
		"a tab where spaces must indent", "indent with spaces", false },
	{ "found a tab character that violates indentation", "a tab where spaces must indent",
		"indent with spaces", false },
	{ "did not find expected alphabetic or numeric character",
		"`*` or `&` without a name behind it",
		"a text that begins with `*` or `&` goes in quotes", false },
	{ "found unexpected ':'", "a `:` where no key can stand",
		"a value that holds `:` goes in quotes", false },
	{ "found undefined tag handle", "a tag with a prefix that was not declared",
		"a text that begins with `!` goes in quotes", false },
	{ "did not find expected <document start>", "text behind the end of the document",
		"several documents in one file are set apart by a line `---`", false },
	{ "found incompatible YAML document", "a version of YAML that cannot be read",
		"write `%YAML 1.2`, or leave it out", false },
	{ "found duplicate %YAML directive", "the %YAML directive stands twice", NULL, false },
	{ "found duplicate %TAG directive", "the %TAG directive stands twice", NULL, false },
	{ "found unknown directive name", "a directive that YAML does not have",
		"a text that begins with `%` goes in quotes", false },
	{ "control characters are not allowed", "a control character",
		"remove it, or write it as an escape such as \"\\x1B\" in double quotes", false },
};

static const struct {
	const char *context, *name;
} constructs[] = {
	{ "while parsing a block mapping", "the map" },
	{ "while parsing a flow mapping", "the map" },
	{ "while parsing a block collection", "the list" },
	{ "while parsing a flow sequence", "the list" },
};

static const struct fault *fault_of(const char *problem)
{
	static const struct fault unknown = { 0 };
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		if (strcmp(faults[i].problem, problem) == 0)
			return &faults[i];
	return &unknown;
}

/* "found character that cannot start any token": which one tells what was meant. */
static struct fault fault_of_character(char c)
{
	struct fault fault = { .message = "a character that nothing can begin with",
		.hint = "put the value in quotes" };
	if (c == '\t') {
		fault.message = "a tab where spaces must indent";
		fault.hint = "indent with spaces";
	} else if (c == '@' || c == '`') {
		fault.message = c == '@' ? "a value cannot begin with `@`" :
					   "a value cannot begin with a `";
	} else if (c == '%') {
		fault.message = "a value cannot begin with `%`";
	}
	return fault;
}

static const char *construct_of(const char *context)
{
	for (size_t i = 0; context && i < sizeof(constructs) / sizeof(*constructs); i++)
		if (strcmp(constructs[i].context, context) == 0)
			return constructs[i].name;
	return NULL;
}

size_t wf_yaml_offset(const struct wf_yaml *y, const yaml_mark_t *mark)
{
	return wf_places_offset(&y->b->places, y->start_points + mark->index);
}

/* Whether the text breaks at the brace of a `${` that stands without quotes. */
static bool is_in_template(const struct wf_source *source, size_t at)
{
	return at > 0 && at < source->len && source->text[at] == '{' && source->text[at - 1] == '$';
}

size_t wf_yaml_report(struct wf_yaml *y)
{
	const yaml_parser_t *p = &y->parser;
	const struct wf_source *source = y->b->source;
	const char *problem = p->problem ? p->problem : "the parser gave up";
	struct fault fault = *fault_of(problem);
	const yaml_mark_t *mark = fault.at_context ? &p->context_mark : &p->problem_mark;
	size_t broken = p->error == YAML_READER_ERROR ? y->start + p->problem_offset :
							wf_yaml_offset(y, &p->problem_mark);
	size_t at = p->error == YAML_READER_ERROR ? broken : wf_yaml_offset(y, mark);

	if (broken > source->len)
		broken = source->len;
	if (at > source->len)
		at = source->len;
	if (strcmp(problem, "found character that cannot start any token") == 0)
		fault = fault_of_character(at < source->len ? source->text[at] : '\0');
	size_t width = 0;
	if (at < source->len)
		(void)wf_utf8_next(source->text + at, source->len - at, &width);
	const char *construct = construct_of(p->context);
	size_t context = wf_yaml_offset(y, &p->context_mark);
	struct wf_span began = wf_places_span(&y->b->places, context, context);
	struct wf_span here = wf_places_span(&y->b->places, at, at);
	struct wf_diag *d;
	if (construct && began.line != here.line)
		d = wf_build_find(y->b, WF_RULE_YAML_SYNTAX, at, at + width,
			"%s (%s began on line %u)", fault.message ? fault.message : problem,
			construct, began.line);
	else
		d = wf_build_find(y->b, WF_RULE_YAML_SYNTAX, at, at + width, "%s",
			fault.message ? fault.message : problem);
	if (is_in_template(source, at))
		wf_diag_hint(d, "a text with `${` goes in quotes between brackets or braces: \"${x}\"");
	else if (fault.hint)
		wf_diag_hint(d, "%s", fault.hint);
	return broken;
}

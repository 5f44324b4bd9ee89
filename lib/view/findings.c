/* Findings for people, programs, code scanners and CI logs. */
#include "view/findings.h"

#include "base/text.h"

#include <string.h>

#define TAB 4
#define LONGEST 160 /* columns of a source line that are shown */

static const struct {
	const char *text;
	enum wf_role role;
	const char *sarif, *github;
} severities[] = {
	[WF_SEV_ERROR] = { "error", WF_ROLE_BAD, "error", "error" },
	[WF_SEV_WARNING] = { "warning", WF_ROLE_WARN, "warning", "warning" },
	[WF_SEV_NOTE] = { "note", WF_ROLE_INFO, "note", "notice" },
};

const char *wf_view_severity(enum wf_severity severity)
{
	return severities[severity].text;
}

static const char *source_name(const struct wf_diag *d)
{
	if (!d->source || !d->source->name)
		return "-";
	return strcmp(d->source->name, "-") ? d->source->name : "(standard input)";
}

static const char *finding_message(const struct wf_diag *d)
{
	return d->message ? d->message : wf_rule_info(d->rule)->summary;
}

/* The line of text that an offset stands in. */
static void line_around(const struct wf_source *s, size_t offset, size_t *ret_from, size_t *ret_to)
{
	if (offset > s->len)
		offset = s->len;
	size_t from = offset, to = offset;
	while (from && s->text[from - 1] != '\n')
		from--;
	while (to < s->len && s->text[to] != '\n')
		to++;
	if (to > from && s->text[to - 1] == '\r')
		to--;
	*ret_from = from, *ret_to = to;
}

/* One code point of a source line as it is shown: its columns, and its text to out (may be NULL). */
static size_t show_rune(const char *s, size_t n, struct wf_buf *out, size_t *ret_columns)
{
	unsigned char c = (unsigned char)*s;
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (c == '\t') {
		if (out)
			wf_view_pad(out, TAB);
		*ret_columns = TAB;
		return 1;
	}
	if (c < 0x80) {
		if (out)
			wf_buf_addch(out, c < 0x20 || c == 0x7f ? '?' : (char)c);
		*ret_columns = 1;
		return 1;
	}
	char rune[5] = { 0 };
	if (len > n || !wf_utf8_valid(s, len, NULL)) {
		if (out)
			wf_buf_addch(out, '?');
		*ret_columns = 1;
		return 1;
	}
	memcpy(rune, s, len);
	*ret_columns = wf_view_width(rune);
	if (out)
		wf_view_safe(out, rune);
	return len;
}

/* Where the caret begins and how far it goes, in columns of the shown line. */
struct marks {
	size_t first, columns;
};

static struct marks show_line(const char *line, size_t n, size_t from, size_t to,
	struct wf_buf *out)
{
	struct marks m = { 0 };
	size_t column = 0, start = 0;
	/* a line too long to show whole is shown from a little before the caret */
	if (n > LONGEST) {
		start = from > 40 ? from - 40 : 0;
		while (start && ((unsigned char)line[start] & 0xc0) == 0x80)
			start--;
		if (start) {
			wf_buf_addstr(out, "…");
			column = 1;
		}
	}
	bool cut = false;
	for (size_t i = start; i < n;) {
		size_t columns;
		if (column >= LONGEST) {
			cut = true;
			break;
		}
		size_t len = show_rune(line + i, n - i, out, &columns);
		if (i < from)
			m.first = column + columns;
		else if (i < to)
			m.columns += columns;
		column += columns;
		i += len;
	}
	if (from <= start && start == 0)
		m.first = 0;
	if (cut)
		wf_buf_addstr(out, "…");
	return m;
}

static void put_excerpt(const struct wf_diag *d, const struct wf_style *style, struct wf_buf *out)
{
	const struct wf_source *s = d->source;
	if (!s || !s->text || d->span.line == 0 || d->span.offset > s->len)
		return;
	size_t from, to;
	line_around(s, d->span.offset, &from, &to);
	size_t mark = d->span.offset - from, end = to - from;
	if (d->span.end_line <= d->span.line && d->span.end_offset >= d->span.offset &&
		d->span.end_offset <= to)
		end = d->span.end_offset - from;
	wf_buf_addstr(out, wf_style_on(style, WF_ROLE_DIM));
	wf_buf_printf(out, "%5u | ", d->span.line);
	wf_buf_addstr(out, wf_style_off(style, WF_ROLE_DIM));
	struct marks m = show_line(s->text + from, to - from, mark, end, out);
	wf_buf_addch(out, '\n');
	wf_buf_addstr(out, wf_style_on(style, WF_ROLE_DIM));
	wf_buf_addstr(out, "      | ");
	wf_buf_addstr(out, wf_style_off(style, WF_ROLE_DIM));
	wf_view_pad(out, m.first);
	enum wf_role role = severities[d->severity].role;
	wf_buf_addstr(out, wf_style_on(style, role));
	for (size_t i = 0; i < (m.columns ? m.columns : 1); i++)
		wf_buf_addch(out, '^');
	wf_buf_addstr(out, wf_style_off(style, role));
	wf_buf_addch(out, '\n');
}

void wf_view_finding(const struct wf_diag *d, const struct wf_style *style, struct wf_buf *out)
{
	wf_buf_addstr(out, wf_style_on(style, WF_ROLE_STRONG));
	wf_view_safe(out, source_name(d));
	if (d->span.line)
		wf_buf_printf(out, ":%u:%u", d->span.line, d->span.column);
	wf_buf_addstr(out, ": ");
	wf_buf_addstr(out, wf_style_off(style, WF_ROLE_STRONG));
	wf_buf_addstr(out, wf_style_on(style, severities[d->severity].role));
	wf_buf_printf(out, "%s[%s]", severities[d->severity].text, wf_rule_info(d->rule)->id);
	wf_buf_addstr(out, wf_style_off(style, severities[d->severity].role));
	wf_buf_addstr(out, ": ");
	wf_view_safe(out, finding_message(d));
	if (d->hint) {
		wf_buf_addstr(out, "; ");
		wf_view_safe(out, d->hint);
	}
	wf_buf_addch(out, '\n');
	put_excerpt(d, style, out);
	if (d->fix) {
		wf_buf_addstr(out, "   = fix: ");
		wf_view_role(out, style, WF_ROLE_GOOD, d->fix);
		wf_buf_addch(out, '\n');
	}
}

json_t *wf_view_finding_json(const struct wf_diag *d)
{
	json_t *o = json_object();
	json_object_set_new(o, "file", json_string(d->source && d->source->name ? d->source->name : "-"));
	json_object_set_new(o, "line", json_integer(d->span.line));
	json_object_set_new(o, "column", json_integer(d->span.column));
	json_object_set_new(o, "end_line", json_integer(d->span.end_line));
	json_object_set_new(o, "end_column", json_integer(d->span.end_column));
	json_object_set_new(o, "severity", json_string(severities[d->severity].text));
	json_object_set_new(o, "rule", json_string(wf_rule_info(d->rule)->id));
	json_object_set_new(o, "message", json_string(finding_message(d)));
	json_object_set_new(o, "hint", d->hint ? json_string(d->hint) : json_null());
	json_object_set_new(o, "fix", d->fix ? json_string(d->fix) : json_null());
	return o;
}

/* What a workflow command's value may not hold as it is: % and line ends; in properties , and : too. */
static void github_escape(struct wf_buf *out, const char *s, bool property)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '%' || c < 0x20 || (property && (c == ',' || c == ':')))
			wf_buf_printf(out, "%%%02X", c);
		else
			wf_buf_addch(out, *s);
	}
}

void wf_view_finding_github(const struct wf_diag *d, struct wf_buf *out)
{
	wf_buf_printf(out, "::%s file=", severities[d->severity].github);
	github_escape(out, d->source && d->source->name ? d->source->name : "-", true);
	if (d->span.line) {
		wf_buf_printf(out, ",line=%u,col=%u", d->span.line, d->span.column);
		if (d->span.end_line)
			wf_buf_printf(out, ",endLine=%u,endColumn=%u", d->span.end_line,
				d->span.end_column);
	}
	wf_buf_printf(out, ",title=%s::", wf_rule_info(d->rule)->id);
	github_escape(out, finding_message(d), false);
	if (d->hint) {
		wf_buf_addstr(out, "; ");
		github_escape(out, d->hint, false);
	}
	wf_buf_addch(out, '\n');
}

static json_t *text_object(const char *text)
{
	json_t *o = json_object();
	json_object_set_new(o, "text", json_string(text));
	return o;
}

/* A path as the URI reference that SARIF wants. */
static json_t *uri_of(const char *path)
{
	WF_AUTOBUF struct wf_buf b = { 0 };
	if (*path == '/')
		wf_buf_addstr(&b, "file://");
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			strchr("-._~/", c))
			wf_buf_addch(&b, *path);
		else
			wf_buf_printf(&b, "%%%02X", c);
	}
	return json_string(b.data ? b.data : "");
}

static json_t *sarif_region(const struct wf_span *span)
{
	json_t *region = json_object();
	json_object_set_new(region, "startLine", json_integer(span->line));
	json_object_set_new(region, "startColumn", json_integer(span->column ? span->column : 1));
	if (span->end_line) {
		json_object_set_new(region, "endLine", json_integer(span->end_line));
		json_object_set_new(region, "endColumn",
			json_integer(span->end_column ? span->end_column : 1));
	}
	return region;
}

static json_t *sarif_fix(const struct wf_diag *d, json_t *artifact)
{
	json_t *content = text_object(d->fix);
	json_t *replacement = json_object(), *change = json_object(), *fix = json_object();
	json_object_set_new(replacement, "deletedRegion", sarif_region(&d->span));
	json_object_set_new(replacement, "insertedContent", content);
	json_object_set(change, "artifactLocation", artifact);
	json_t *replacements = json_array(), *changes = json_array(), *fixes = json_array();
	json_array_append_new(replacements, replacement);
	json_object_set_new(change, "replacements", replacements);
	json_array_append_new(changes, change);
	json_object_set_new(fix, "artifactChanges", changes);
	json_array_append_new(fixes, fix);
	return fixes;
}

json_t *wf_view_sarif_result(const struct wf_diag *d)
{
	WF_AUTOBUF struct wf_buf message = { 0 };
	wf_buf_addstr(&message, finding_message(d));
	if (d->hint)
		wf_buf_printf(&message, "; %s", d->hint);
	json_t *artifact = json_object();
	json_object_set_new(artifact, "uri",
		uri_of(d->source && d->source->name ? d->source->name : "-"));
	json_t *physical = json_object();
	json_object_set(physical, "artifactLocation", artifact);
	if (d->span.line)
		json_object_set_new(physical, "region", sarif_region(&d->span));
	json_t *location = json_object(), *locations = json_array();
	json_object_set_new(location, "physicalLocation", physical);
	json_array_append_new(locations, location);
	json_t *result = json_object();
	json_object_set_new(result, "ruleId", json_string(wf_rule_info(d->rule)->id));
	json_object_set_new(result, "ruleIndex", json_integer((json_int_t)d->rule));
	json_object_set_new(result, "level", json_string(severities[d->severity].sarif));
	json_object_set_new(result, "message", text_object(message.data));
	json_object_set_new(result, "locations", locations);
	if (d->fix && d->span.line)
		json_object_set_new(result, "fixes", sarif_fix(d, artifact));
	json_decref(artifact);
	return result;
}

json_t *wf_view_sarif(const char *version, json_t *results)
{
	json_t *rules = json_array();
	for (unsigned i = 0; i < WF_RULE_COUNT_; i++) {
		const struct wf_rule_info *info = wf_rule_info((enum wf_rule)i);
		json_t *rule = json_object(), *configuration = json_object();
		json_object_set_new(configuration, "level",
			json_string(severities[info->severity].sarif));
		json_object_set_new(rule, "id", json_string(info->id));
		json_object_set_new(rule, "shortDescription", text_object(info->summary));
		json_object_set_new(rule, "fullDescription", text_object(info->explanation));
		json_object_set_new(rule, "defaultConfiguration", configuration);
		json_array_append_new(rules, rule);
	}
	json_t *driver = json_object(), *tool = json_object();
	json_object_set_new(driver, "name", json_string("wfctl"));
	json_object_set_new(driver, "version", json_string(version));
	json_object_set_new(driver, "rules", rules);
	json_object_set_new(tool, "driver", driver);
	json_t *run = json_object(), *runs = json_array(), *log = json_object();
	json_object_set_new(run, "tool", tool);
	json_object_set_new(run, "columnKind", json_string("unicodeCodePoints"));
	json_object_set(run, "results", results);
	json_array_append_new(runs, run);
	json_object_set_new(log, "version", json_string("2.1.0"));
	json_object_set_new(log, "$schema",
		json_string("https://json.schemastore.org/sarif-2.1.0.json"));
	json_object_set_new(log, "runs", runs);
	return log;
}

void wf_view_lint_summary(size_t definitions, size_t errors, size_t warnings, size_t notes,
	const char *explain, const struct wf_style *style, struct wf_buf *out)
{
	wf_view_plural(out, definitions, "definition", "definitions");
	wf_buf_addstr(out, ": ");
	enum wf_role role = errors ? WF_ROLE_BAD : warnings ? WF_ROLE_WARN : WF_ROLE_GOOD;
	wf_buf_addstr(out, wf_style_on(style, role));
	wf_view_plural(out, errors, "error", "errors");
	wf_buf_addstr(out, ", ");
	wf_view_plural(out, warnings, "warning", "warnings");
	if (notes) {
		wf_buf_addstr(out, ", ");
		wf_view_plural(out, notes, "note", "notes");
	}
	wf_buf_addstr(out, wf_style_off(style, role));
	if (explain)
		wf_buf_printf(out, "   (wfctl explain %s)", explain);
}

/* The one way in: bounds and encoding first, then the reader of the text's syntax. */
#include "source/build.h"

#include "base/limits.h"
#include "base/text.h"

#include <string.h>

static struct wf_diag *find_at(const struct wf_source *source, struct wf_diags *diags,
	enum wf_rule rule, size_t at, size_t width, const char *message)
{
	struct wf_places places;
	wf_places_init(&places, source->text, at + width);
	struct wf_span span = wf_places_span(&places, at, at + width);
	wf_places_done(&places);
	return wf_diag_add(diags, rule, source, span, "%s", message);
}

/* The byte order marks of UTF-16 and UTF-32, and ASCII in UTF-16 without one. */
static bool looks_like_utf16(const char *text, size_t len)
{
	if (len < 2)
		return false;
	if (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0)
		return true;
	if (!text[0])
		return text[1];
	return !text[1] && len % 2 == 0 && (len < 4 || !text[3]);
}

static bool check_encoding(const struct wf_source *source, struct wf_diags *diags)
{
	const char *nul = source->len ? memchr(source->text, '\0', source->len) : NULL;
	size_t bad = source->len;
	bool valid = wf_utf8_valid(source->text, source->len, &bad);

	if (valid && !nul)
		return true;
	if (looks_like_utf16(source->text, source->len)) {
		struct wf_diag *d = find_at(source, diags, WF_RULE_ENCODING, 0, 0,
			"the text is UTF-16, or no text at all");
		wf_diag_hint(d, "save it as UTF-8, for instance with `iconv -f UTF-16 -t UTF-8`");
		return false;
	}
	if (nul && (size_t)(nul - source->text) < bad) {
		struct wf_diag *d = find_at(source, diags, WF_RULE_ENCODING,
			(size_t)(nul - source->text), 1, "a NUL character in the text");
		wf_diag_hint(d, "remove it; if there are many, this is no text file");
		return false;
	}
	WF_AUTOFREE char *message = wf_asprintf("the byte 0x%02X is not UTF-8 here",
		(unsigned)(unsigned char)source->text[bad]);
	struct wf_diag *d = find_at(source, diags, WF_RULE_ENCODING, bad, 1, message);
	wf_diag_hint(d, "save the text as UTF-8, for instance with `iconv -f LATIN1 -t UTF-8`");
	return false;
}

static bool check_size(const struct wf_source *source, struct wf_diags *diags)
{
	if (source->len <= WF_MAX_DEFINITION_BYTES)
		return true;
	(void)wf_diag_add(diags, WF_RULE_LIMIT, source, (struct wf_span){ 0 },
		"the text has %zu bytes; a definition has at most %u MiB", source->len,
		WF_MAX_DEFINITION_BYTES >> 20);
	return false;
}

static bool has_json_name(const struct wf_source *source)
{
	size_t len = source->name ? strlen(source->name) : 0;
	return len >= 5 && strcmp(source->name + len - 5, ".json") == 0;
}

static bool begins_like_json(const struct wf_source *source)
{
	size_t at = source->len >= 3 && memcmp(source->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	while (at < source->len && strchr(" \t\r\n", source->text[at]))
		at++;
	return at < source->len && (source->text[at] == '{' || source->text[at] == '[');
}

static bool is_blank(const struct wf_source *source)
{
	size_t at = source->len >= 3 && memcmp(source->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	while (at < source->len && strchr(" \t\r\n", source->text[at]))
		at++;
	return at == source->len;
}

static void read_with(void (*reader)(struct wf_build *), const struct wf_source *source,
	struct wf_documents *ret, struct wf_diags *diags)
{
	struct wf_build build;
	wf_build_init(&build, source, diags);
	reader(&build);
	wf_build_done(&build, ret);
}

/* Reads the text as JSON if it is that; nothing is left behind if it is not. */
static bool try_json(
	const struct wf_source *source, struct wf_documents *ret, struct wf_diags *diags)
{
	struct wf_diags found = { 0 };
	bool is_json = true;

	read_with(wf_json_read, source, ret, &found);
	for (size_t i = 0; i < found.count; i++)
		is_json = is_json && found.items[i].rule != WF_RULE_JSON_SYNTAX;
	if (is_json) {
		wf_diags_move(diags, &found);
		return true;
	}
	wf_diags_done(&found);
	wf_documents_done(ret);
	return false;
}

void wf_source_read(const struct wf_source *source, enum wf_syntax syntax,
	struct wf_documents *ret, struct wf_diags *diags)
{
	struct wf_documents docs = { 0 };
	size_t findings = diags->count;
	bool full = diags->full;

	*ret = docs;
	if (!check_size(source, diags) || !check_encoding(source, diags))
		return;
	if (syntax == WF_SYNTAX_GUESS && has_json_name(source))
		syntax = WF_SYNTAX_JSON;
	if (is_blank(source))
		; /* no documents */
	else if (syntax == WF_SYNTAX_JSON)
		read_with(wf_json_read, source, &docs, diags);
	else if (syntax == WF_SYNTAX_YAML || !begins_like_json(source) ||
		!try_json(source, &docs, diags))
		read_with(wf_yaml_read, source, &docs, diags);
	if (!docs.count && !full && diags->count == findings) {
		struct wf_diag *d = wf_diag_add(diags, WF_RULE_EMPTY, source, (struct wf_span){ 0 },
			"there is no definition in the text");
		wf_diag_hint(d, "a definition begins with `workflow:`");
	}
	*ret = docs;
}

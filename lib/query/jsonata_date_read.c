/* JSONata's library: the other way, from text to a time. */
#include "query/jsonata_date.h"

#include "base/civil.h"
#include "base/err.h"

#include <stdlib.h>

/* -- ISO 8601, without a picture -- */

struct cursor {
	const char *s, *end;
};

static bool take(struct cursor *c, char wanted)
{
	if (c->s == c->end || *c->s != wanted)
		return false;
	c->s++;
	return true;
}

static bool number(struct cursor *c, int digits, int *ret)
{
	int v = 0;
	if (c->end - c->s < digits)
		return false;
	for (int i = 0; i < digits; i++) {
		if (c->s[i] < '0' || c->s[i] > '9')
			return false;
		v = v * 10 + (c->s[i] - '0');
	}
	c->s += digits;
	*ret = v;
	return true;
}

static bool iso_time(struct cursor *c, struct wf_civil *t, double *ret_fraction)
{
	if (!number(c, 2, &t->hour) || !take(c, ':') || !number(c, 2, &t->minute) || !take(c, ':') ||
		!number(c, 2, &t->second))
		return false;
	if (take(c, '.')) {
		double unit = 100;
		if (c->s == c->end || *c->s < '0' || *c->s > '9')
			return false;
		for (; c->s < c->end && *c->s >= '0' && *c->s <= '9'; c->s++, unit /= 10)
			*ret_fraction += unit >= 1 ? unit * (*c->s - '0') : 0;
	}
	bool midnight = t->hour == 24 && !t->minute && !t->second && *ret_fraction == 0;
	return (t->hour < 24 || midnight) && t->minute < 60 && t->second < 60;
}

static bool iso_zone(struct cursor *c, int *ret_minutes)
{
	int sign = take(c, '+') ? 1 : take(c, '-') ? -1 : 0, hours, minutes;
	if (!sign)
		return take(c, 'Z') || c->s == c->end;
	if (!number(c, 2, &hours))
		return false;
	(void)take(c, ':');
	if (!number(c, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return true;
}

static bool read_iso(struct wf_jn_value text, double *ret)
{
	struct cursor c = {text.s, text.s + text.n};
	struct wf_civil t = {.month = 1, .day = 1};
	double fraction = 0;
	int year, zone = 0;
	if (!number(&c, 4, &year))
		return false;
	t.year = year;
	if (c.end - c.s >= 3 && c.s[0] == '-' && !(c.end - c.s >= 5 && c.s[3] != '-' && c.s[3] != 'T')) {
		c.s++;
		if (!number(&c, 2, &t.month) || t.month < 1 || t.month > 12)
			return false;
		if (c.end - c.s >= 3 && c.s[0] == '-') {
			c.s++;
			if (!number(&c, 2, &t.day) || t.day < 1 || t.day > 31)
				return false;
		}
	}
	if (t.day > wf_civil_month_days(t.year, t.month))
		return false;
	bool time = take(&c, 'T');
	if (time && !iso_time(&c, &t, &fraction))
		return false;
	if (!iso_zone(&c, &zone) || c.s != c.end)
		return false;
	*ret = (double)wf_civil_seconds(&t) * 1000 + fraction - zone * 60000.0;
	return true;
}

/* -- by a picture: a regular expression finds the parts -- */

static const char number_words[] =
	"(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
	"fifteen|sixteen|seventeen|eighteen|nineteen|zeroth|first|second|third|fourth|fifth|sixth|"
	"seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|"
	"seventeenth|eighteenth|nineteenth|twenty|twentieth|thirty|thirtieth|forty|fortieth|fifty|"
	"fiftieth|sixty|sixtieth|seventy|seventieth|eighty|eightieth|ninety|ninetieth|hundred|"
	"hundredth|thousand|thousandth|million|millionth|billion|billionth|trillion|trillionth|and|"
	"[\\-, ])+";

static void add_literal(struct wf_jn_text *t, struct wf_jn_value s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.s[i] && strchr(".*+?^${}()|[]\\", s.s[i]))
			wf_jn_text_str(t, "\\");
		wf_jn_text_add(t, s.s + i, 1);
	}
}

static void add_integer(struct wf_jn_text *t, const struct wf_jn_picture *p)
{
	bool upper = p->letters == WF_JN_UPPER;
	switch (p->primary) {
	case WF_JN_P_LETTERS:
		wf_jn_text_str(t, upper ? "[A-Z]+" : "[a-z]+");
		break;
	case WF_JN_P_ROMAN:
		wf_jn_text_str(t, upper ? "[MDCLXVI]+" : "[mdclxvi]+");
		break;
	case WF_JN_P_WORDS:
		wf_jn_text_str(t, number_words);
		break;
	case WF_JN_P_DECIMAL:
		wf_jn_text_str(t, "[0-9]");
		if (p->parse_width) {
			char text[32];
			int n = snprintf(text, sizeof(text), "{%d}", (int)p->parse_width);
			wf_jn_text_add(t, text, (size_t)n);
		} else {
			wf_jn_text_str(t, "+");
		}
		if (p->ordinal)
			wf_jn_text_str(t, "(?:th|st|nd|rd)");
		break;
	case WF_JN_P_SEQUENCE:
		wf_jn_throw(t->r, "D3130");
	}
}

static uint32_t zone_separator(const struct wf_jn_date_part *part)
{
	return part->integer.regular ? part->integer.separators[0].point : 0;
}

static void add_part(struct wf_jn_text *t, const struct wf_jn_date_part *part)
{
	char c = part->component;
	wf_jn_text_str(t, "(");
	if (!c) {
		add_literal(t, part->literal);
	} else if (c == 'Z' || c == 'z') {
		wf_jn_text_str(t, c == 'z' ? "GMT[-+][0-9]+" : "[-+][0-9]+");
		if (zone_separator(part)) {
			struct wf_jn_text separator = {.r = t->r};
			wf_jn_text_char(&separator, zone_separator(part));
			add_literal(t, wf_jn_text_value(&separator));
			wf_jn_text_str(t, "[0-9]+");
		}
	} else if (c == 'f') {
		wf_jn_text_str(t, "[0-9]+");
	} else if (part->has_integer) {
		add_integer(t, &part->integer);
	} else if (strchr("MxFP", c)) {
		wf_jn_text_str(t, "[a-zA-Z]+");
	} else {
		wf_jn_throw(t->r, "D3133");
	}
	wf_jn_text_str(t, ")");
}

/* Where the parts of the picture are in the text. */
static bool find_parts(struct wf_jn_run *r, struct wf_jn_value text,
	const struct wf_jn_date_picture *p, size_t *spans)
{
	struct wf_jn_text t = {.r = r};
	wf_jn_text_str(&t, "^");
	for (size_t i = 0; i < p->count; i++)
		add_part(&t, &p->parts[i]);
	wf_jn_text_str(&t, "$");
	struct wf_regex *re;
	if (wf_regex_new_with(t.s, t.n, WF_REGEX_ECMA, WF_REGEX_CASELESS, &re, NULL) < 0)
		wf_jn_throw_limit(r, "regex");
	wf_jn_step(r, 1);
	int rc = wf_regex_find(re, text.s, text.n, 0, spans, p->count + 1);
	wf_regex_free(re);
	if (rc < 0)
		wf_jn_throw_limit(r, "regex");
	return rc > 0;
}

/* -- what the parts say -- */

struct found {
	double values[128]; /* by component; NaN: not given */
};

static bool read_name(const struct wf_jn_date_part *part, struct wf_jn_value s, double *ret)
{
	bool days = part->component == 'F';
	for (int i = days ? 1 : 0; i < (days ? 8 : 12); i++) {
		const char *name = days ? wf_jn_days[i] : wf_jn_months[i];
		size_t n = strlen(name);
		if (part->width_max && (size_t)part->width_max < n)
			n = (size_t)part->width_max;
		if (n == s.n && memcmp(name, s.s, n) == 0) {
			*ret = days ? i : i + 1;
			return true;
		}
	}
	return false;
}

static double leading_number(const char *s, size_t n)
{
	char text[24] = "";
	memcpy(text, s, n < sizeof(text) - 1 ? n : sizeof(text) - 1);
	return strtod(text, NULL);
}

static double read_zone(const struct wf_jn_date_part *part, struct wf_jn_value s)
{
	if (part->component == 'z') {
		s.s += 3;
		s.n -= 3;
	}
	double sign = s.s[0] == '-' ? -1 : 1, hours, minutes = 0;
	size_t split = s.n - 1 <= 2 ? s.n : 3, skip = 0;
	if (zone_separator(part)) {
		split = 1;
		while (split < s.n && s.s[split] >= '0' && s.s[split] <= '9')
			split++;
		while (split + skip < s.n && (s.s[split + skip] < '0' || s.s[split + skip] > '9'))
			skip++;
	}
	hours = leading_number(s.s + 1, split - 1);
	if (split + skip < s.n)
		minutes = leading_number(s.s + split + skip, s.n - split - skip);
	return sign * (hours * 60 + minutes);
}

static bool read_part(struct wf_jn_run *r, const struct wf_jn_date_part *part, struct wf_jn_value s,
	double *ret)
{
	char c = part->component;
	if (c == 'Z' || c == 'z') {
		*ret = read_zone(part, s);
		return true;
	}
	if (c == 'f') {
		char text[8] = "0.";
		memcpy(text + 2, s.s, s.n < 3 ? s.n : 3);
		*ret = trunc(strtod(text, NULL) * 1000 + 1e-6);
		return true;
	}
	if (part->has_integer)
		return wf_jn_picture_number(r, s, &part->integer, ret);
	if (c == 'P') {
		bool pm = s.n == 2 && (memcmp(s.s, "pm", 2) == 0 || memcmp(s.s, "PM", 2) == 0);
		bool am = s.n == 2 && (memcmp(s.s, "am", 2) == 0 || memcmp(s.s, "AM", 2) == 0);
		*ret = pm;
		return am || pm;
	}
	return read_name(part, s, ret);
}

/* Whether what is given is of that kind of date or time: some of its components, and no others. */
static bool is_kind(const struct found *f, const char *all, const char *kind)
{
	bool any = false;
	for (; *all; all++) {
		double v = f->values[(int)*all];
		if (isnan(v) || v == 0)
			continue;
		if (!strchr(kind, *all))
			return false;
		any = true;
	}
	return any;
}

/* What is missing before the first that is given is of now, what is missing behind it is the least. */
static void fill(struct wf_jn_run *r, struct found *f, const char *components)
{
	bool begun = false, ended = false;
	for (; *components; components++) {
		double *v = &f->values[(int)*components];
		if (!isnan(*v)) {
			begun = true;
			if (ended)
				wf_jn_throw(r, "D3136");
		} else if (begun) {
			*v = strchr("MDd", *components) != NULL;
			ended = true;
		} else {
			*v = wf_jn_date_fragment(r->now_ms, *components);
		}
	}
}

static double moment(const struct found *f, bool by_day, bool half_days)
{
	double year = f->values['Y'], month = f->values['M'], day = f->values['D'];
	double hour = f->values['H'], zone = isnan(f->values['Z']) ? 0 : f->values['Z'];
	if (zone == 0 && !isnan(f->values['z']))
		zone = f->values['z'];
	if (by_day) {
		month = 1;
		day = f->values['d'];
	}
	month = isnan(month) || month < 1 ? 1 : month;
	if (half_days) {
		hour = f->values['h'] == 12 ? 0 : f->values['h'];
		hour += f->values['P'] == 1 ? 12 : 0;
	}
	if (year >= 0 && year <= 99) /* as the reference's host has it */
		year += 1900;
	double rest = hour + f->values['m'] + f->values['s'] + f->values['f'] + zone;
	if (isnan(year) || isnan(day) || isnan(rest) || fabs(year) > 300000 || month > 1200 ||
		fabs(day) > 1e8)
		return (double)NAN;
	int64_t months = (int64_t)month - 1;
	int64_t days = wf_civil_days((int64_t)year + months / 12, (int)(months % 12) + 1, 1) +
		(int64_t)day - 1;
	return (double)days * WF_DAY_SECONDS * 1000 + hour * 3600000 + f->values['m'] * 60000 +
		f->values['s'] * 1000 + f->values['f'] - zone * 60000;
}

bool wf_jn_date_read(struct wf_jn_run *r, struct wf_jn_value text,
	const struct wf_jn_date_picture *p, double *ret)
{
	size_t *spans = wf_jn_alloc_array(r, 2 * (p->count + 1), sizeof(*spans));
	struct found *f = wf_jn_alloc(r, sizeof(*f));
	bool any = false;
	for (int i = 0; i < 128; i++)
		f->values[i] = (double)NAN;
	if (!find_parts(r, text, p, spans))
		return false;
	for (size_t i = 0; i < p->count; i++) {
		const struct wf_jn_date_part *part = &p->parts[i];
		double v;
		if (!part->component || spans[2 * i + 2] == SIZE_MAX)
			continue;
		struct wf_jn_value s = wf_jn_str(text.s + spans[2 * i + 2],
			spans[2 * i + 3] - spans[2 * i + 2]);
		any = true;
		if (read_part(r, part, s, &v))
			f->values[(int)part->component & 127] = v;
	}
	if (!any)
		return false;
	static const char dates[] = "YXMxWwdD", times[] = "PHhmsf";
	bool by_month = is_kind(f, dates, "YMD"), by_day = !by_month && is_kind(f, dates, "Yd");
	bool month_week = is_kind(f, dates, "Xxw"), year_week = !month_week && is_kind(f, dates, "XW");
	bool half_days = !is_kind(f, times, "Hmsf") && is_kind(f, times, "Phmsf");
	struct wf_jn_text components = {.r = r};
	wf_jn_text_str(&components, by_day ? "YD" : month_week ? "XxwF" : year_week ? "XWF" : "YMD");
	wf_jn_text_str(&components, half_days ? "Phmsf" : "Hmsf");
	wf_jn_text_add(&components, "", 1);
	fill(r, f, components.s);
	if (month_week || year_week)
		wf_jn_throw(r, "D3136");
	*ret = moment(f, by_day, half_days);
	return !isnan(*ret);
}

struct wf_jn_value wf_jn_fn_toMillis(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct wf_jn_date_picture picture;
	double ms;
	if (wf_jn_is_undef(a->items[0]))
		return WF_JN_UNDEF;
	if (wf_jn_is_undef(a->items[1])) {
		if (!read_iso(a->items[0], &ms))
			wf_jn_throw(r, "D3110");
		return wf_jn_num(ms);
	}
	wf_jn_date_picture_parse(r, a->items[1], &picture);
	return wf_jn_date_read(r, a->items[0], &picture, &ms) ? wf_jn_num(ms) : WF_JN_UNDEF;
}

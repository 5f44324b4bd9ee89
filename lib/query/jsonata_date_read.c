/* JSONata's library: the other way, from text to a time. */
#include "query/jsonata_date.h"

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
	if (!number(c, 2, &t->hour) || !take(c, ':') || !number(c, 2, &t->minute) ||
		!take(c, ':') || !number(c, 2, &t->second))
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
	if (c.end - c.s >= 3 && c.s[0] == '-' &&
		!(c.end - c.s >= 5 && c.s[3] != '-' && c.s[3] != 'T')) {
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

/* -- by a picture: where its parts are in the text -- */

static uint32_t zone_separator(const struct wf_jn_date_part *part)
{
	return part->integer.regular ? part->integer.separators[0].point : 0;
}

static size_t run_of(const char *s, size_t n, bool (*is)(char c))
{
	size_t i = 0;
	while (i < n && is(s[i]))
		i++;
	return i;
}

static bool is_decimal(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_roman(char c)
{
	return c && strchr("mdclxviMDCLXVI", c);
}

struct matching {
	struct wf_jn_run *r;
	struct wf_jn_value text;
	const struct wf_jn_date_picture *picture;
	size_t *spans;
};

static bool match_from(struct matching *m, size_t i, size_t at);

/* The part ends there, and the rest fits. */
static bool ends_at(struct matching *m, size_t i, size_t at, size_t end)
{
	wf_jn_step(m->r, 1);
	if (end > m->text.n)
		return false;
	m->spans[2 * i] = at;
	m->spans[2 * i + 1] = end;
	return match_from(m, i + 1, end);
}

/* Any length from the longest down to the least. */
static bool ends_within(struct matching *m, size_t i, size_t at, size_t least, size_t most)
{
	for (size_t n = most; n >= least && n > 0; n--)
		if (ends_at(m, i, at, at + n))
			return true;
	return false;
}

static bool match_ordinal(struct matching *m, size_t i, size_t at, size_t digits, size_t least)
{
	static const char *const suffixes[] = {"th", "st", "nd", "rd"};
	for (size_t n = digits; n >= least && n > 0; n--)
		for (size_t k = 0; k < 4; k++)
			if (at + n + 2 <= m->text.n &&
				strncasecmp(m->text.s + at + n, suffixes[k], 2) == 0 &&
				ends_at(m, i, at, at + n + 2))
				return true;
	return false;
}

static bool match_integer(struct matching *m, size_t i, size_t at)
{
	const struct wf_jn_picture *p = &m->picture->parts[i].integer;
	const char *s = m->text.s + at;
	size_t n = m->text.n - at, digits;
	switch (p->primary) {
	case WF_JN_P_LETTERS:
		return ends_within(m, i, at, 1, run_of(s, n, is_letter));
	case WF_JN_P_ROMAN:
		return ends_within(m, i, at, 1, run_of(s, n, is_roman));
	case WF_JN_P_WORDS:
		return ends_within(m, i, at, 1, wf_jn_words_span(s, n));
	case WF_JN_P_DECIMAL:
		digits = run_of(s, n, is_decimal);
		if (p->parse_width && digits < (size_t)p->parse_width)
			return false;
		if (p->parse_width)
			digits = (size_t)p->parse_width;
		if (p->ordinal)
			return match_ordinal(m, i, at, digits, p->parse_width ? digits : 1);
		return ends_within(m, i, at, p->parse_width ? digits : 1, digits);
	case WF_JN_P_SEQUENCE:
		break;
	}
	wf_jn_throw(m->r, "D3130");
}

static bool match_zone(struct matching *m, size_t i, size_t at)
{
	const struct wf_jn_date_part *part = &m->picture->parts[i];
	size_t from = at, n = m->text.n;
	const char *s = m->text.s;
	if (part->component == 'z') {
		if (n - at < 3 || strncasecmp(s + at, "GMT", 3) != 0)
			return false;
		from += 3;
	}
	if (from == n || (s[from] != '-' && s[from] != '+'))
		return false;
	size_t digits = run_of(s + from + 1, n - from - 1, is_decimal);
	if (!zone_separator(part))
		return digits > 0 && ends_within(m, i, at, from + 2 - at, from + 1 + digits - at);
	struct wf_jn_text separator = {.r = m->r};
	wf_jn_text_char(&separator, zone_separator(part));
	size_t behind = from + 1 + digits + separator.n;
	if (!digits || behind >= n ||
		memcmp(s + behind - separator.n, separator.s, separator.n) != 0)
		return false;
	digits = run_of(s + behind, n - behind, is_decimal);
	return digits > 0 && ends_within(m, i, at, behind + 1 - at, behind + digits - at);
}

/* Parts from i on are the text from there on, to its end. */
static bool match_from(struct matching *m, size_t i, size_t at)
{
	if (i == m->picture->count)
		return at == m->text.n;
	const struct wf_jn_date_part *part = &m->picture->parts[i];
	char c = part->component;
	const char *s = m->text.s + at;
	size_t n = m->text.n - at;
	if (!c)
		return n >= part->literal.n &&
		       strncasecmp(s, part->literal.s, part->literal.n) == 0 &&
		       ends_at(m, i, at, at + part->literal.n);
	if (c == 'Z' || c == 'z')
		return match_zone(m, i, at);
	if (c == 'f')
		return ends_within(m, i, at, 1, run_of(s, n, is_decimal));
	if (part->has_integer)
		return match_integer(m, i, at);
	return ends_within(m, i, at, 1, run_of(s, n, is_letter));
}

#define PARTS_MAX 200 /* a call for each */

static bool find_parts(struct wf_jn_run *r, struct wf_jn_value text,
	const struct wf_jn_date_picture *p, size_t *spans)
{
	if (p->count > PARTS_MAX)
		wf_jn_throw_limit(r, "depth");
	for (size_t i = 0; i < p->count;
		i++) { /* before anything is looked at, as the reference does */
		const struct wf_jn_date_part *part = &p->parts[i];
		if (part->has_integer && part->integer.primary == WF_JN_P_SEQUENCE &&
			!strchr("Zzf", part->component))
			wf_jn_throw(r, "D3130");
		if (part->component && !part->has_integer && !strchr("ZzfMxFP", part->component))
			wf_jn_throw(r, "D3133");
	}
	struct matching m = {.r = r, .text = text, .picture = p, .spans = spans};
	return match_from(&m, 0, 0);
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

static bool read_part(
	struct wf_jn_run *r, const struct wf_jn_date_part *part, struct wf_jn_value s, double *ret)
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

/* What is missing before the first that is given is of now, what is missing behind it is the least.
 */
static void fill(struct wf_jn_run *r, struct found *f, const char *components)
{
	struct wf_jn_moment now = wf_jn_moment_of(r->now_ms);
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
			*v = wf_jn_date_fragment(&now, *components);
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
	size_t *spans = wf_jn_alloc_array(r, 2 * p->count + 1, sizeof(*spans));
	struct found *f = wf_jn_alloc(r, sizeof(*f));
	bool any = false;
	for (int i = 0; i < 128; i++)
		f->values[i] = (double)NAN;
	if (!find_parts(r, text, p, spans))
		return false;
	for (size_t i = 0; i < p->count; i++) {
		const struct wf_jn_date_part *part = &p->parts[i];
		double v;
		if (!part->component)
			continue;
		struct wf_jn_value s =
			wf_jn_str(text.s + spans[2 * i], spans[2 * i + 1] - spans[2 * i]);
		any = true;
		if (read_part(r, part, s, &v))
			f->values[(int)part->component & 127] = v;
	}
	if (!any)
		return false;
	static const char dates[] = "YXMxWwdD", times[] = "PHhmsf";
	bool by_month = is_kind(f, dates, "YMD"), by_day = !by_month && is_kind(f, dates, "Yd");
	bool month_week = is_kind(f, dates, "Xxw"),
	     year_week = !month_week && is_kind(f, dates, "XW");
	bool half_days = !is_kind(f, times, "Hmsf") && is_kind(f, times, "Phmsf");
	struct wf_jn_text components = {.r = r};
	wf_jn_text_str(&components, by_day	 ? "YD"
				    : month_week ? "XxwF"
				    : year_week	 ? "XWF"
						 : "YMD");
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

/* JSONata's library: $formatNumber, by the pictures of XPath F&O 4.7. */
#include "query/jsonata.h"

#include <stdio.h>

enum property {
	DECIMAL,
	GROUPING,
	EXPONENT,
	INFINITE,
	MINUS,
	NOT_A_NUMBER,
	PERCENT,
	PER_MILLE,
	ZERO,
	DIGIT,
	PATTERN,
	PROPERTIES
};

static const struct {
	const char *name, *value;
} defaults[PROPERTIES] = {
	[DECIMAL] = {"decimal-separator", "."},
	[GROUPING] = {"grouping-separator", ","},
	[EXPONENT] = {"exponent-separator", "e"},
	[INFINITE] = {"infinity", "Infinity"},
	[MINUS] = {"minus-sign", "-"},
	[NOT_A_NUMBER] = {"NaN", "NaN"},
	[PERCENT] = {"percent", "%"},
	[PER_MILLE] = {"per-mille", "\xe2\x80\xb0"},
	[ZERO] = {"zero-digit", "0"},
	[DIGIT] = {"digit", "#"},
	[PATTERN] = {"pattern-separator", ";"},
};

/* A stretch of the picture's characters. */
struct span {
	const uint32_t *s;
	size_t n;
};

struct sub {
	struct span whole, prefix, suffix, active, mantissa, exponent, integer, fraction;
	bool has_exponent;
};

#define POSITIONS 32

struct layout {
	struct span prefix, suffix;
	bool percent, per_mille, decimal, minus;
	size_t grouping[POSITIONS], grouping_count, regular;
	size_t fraction_grouping[POSITIONS], fraction_grouping_count;
	size_t least_integer, scaling, least_fraction, most_fraction, least_exponent;
};

struct format {
	struct wf_jn_run *r;
	uint32_t p[PROPERTIES]; /* those that are one character */
	struct wf_jn_value minus;
};

static size_t find(struct span s, uint32_t c, size_t from)
{
	for (size_t i = from; i < s.n; i++)
		if (s.s[i] == c)
			return i;
	return SIZE_MAX;
}

static size_t count(struct span s, uint32_t c)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.s[i] == c;
	return n;
}

static bool is_digit(const struct format *f, uint32_t c)
{
	return c >= f->p[ZERO] && c < f->p[ZERO] + 10;
}

static bool is_active(const struct format *f, uint32_t c)
{
	return is_digit(f, c) || c == f->p[DECIMAL] || c == f->p[EXPONENT] || c == f->p[GROUPING] ||
	       c == f->p[DIGIT] || c == f->p[PATTERN];
}

static size_t count_digits(const struct format *f, struct span s, bool optional)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += is_digit(f, s.s[i]) || (optional && s.s[i] == f->p[DIGIT]);
	return n;
}

static struct span part(struct span s, size_t from, size_t to)
{
	return (struct span){s.s + from, to > from ? to - from : 0};
}

static struct sub split(const struct format *f, struct span whole)
{
	struct sub sub = {.whole = whole};
	size_t from = 0, to = whole.n;
	while (from < whole.n && (!is_active(f, whole.s[from]) || whole.s[from] == f->p[EXPONENT]))
		from++;
	if (from == whole.n)
		from = 0;
	while (to > 0 && (!is_active(f, whole.s[to - 1]) || whole.s[to - 1] == f->p[EXPONENT]))
		to--;
	if (to == 0)
		to = whole.n;
	sub.prefix = part(whole, 0, from);
	sub.suffix = part(whole, to, whole.n);
	sub.active = part(whole, from, to);
	sub.mantissa = sub.active;
	size_t exponent = find(whole, f->p[EXPONENT], from);
	if (exponent != SIZE_MAX && exponent <= to) {
		sub.has_exponent = true;
		sub.mantissa = part(whole, from, exponent);
		sub.exponent = part(whole, exponent + 1, to);
	}
	size_t decimal = find(sub.mantissa, f->p[DECIMAL], 0);
	sub.integer = sub.mantissa;
	sub.fraction = sub.suffix;
	if (decimal != SIZE_MAX) {
		sub.integer = part(sub.mantissa, 0, decimal);
		sub.fraction = part(sub.mantissa, decimal + 1, sub.mantissa.n);
	}
	return sub;
}

static bool beside_grouping(const struct format *f, struct span s, size_t decimal)
{
	return (decimal > 0 && s.s[decimal - 1] == f->p[GROUPING]) ||
	       (decimal + 1 < s.n && s.s[decimal + 1] == f->p[GROUPING]);
}

/* The last rule broken is the one reported. */
static void validate(const struct format *f, const struct sub *sub)
{
	const char *code = NULL;
	struct span s = sub->whole;
	size_t decimal = find(s, f->p[DECIMAL], 0), at;
	size_t percents = count(s, f->p[PERCENT]), milles = count(s, f->p[PER_MILLE]);
	if (count(s, f->p[DECIMAL]) > 1)
		code = "D3081";
	if (percents > 1)
		code = "D3082";
	if (milles > 1)
		code = "D3083";
	if (percents && milles)
		code = "D3084";
	if (!count_digits(f, sub->mantissa, true))
		code = "D3085";
	for (size_t i = 0; i < sub->active.n; i++)
		if (!is_active(f, sub->active.s[i]))
			code = "D3086";
	if (decimal != SIZE_MAX ? beside_grouping(f, s, decimal) : false)
		code = "D3087";
	else if (decimal == SIZE_MAX && sub->integer.n &&
		 sub->integer.s[sub->integer.n - 1] == f->p[GROUPING])
		code = "D3088";
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.s[i] == f->p[GROUPING] && s.s[i + 1] == f->p[GROUPING])
			code = "D3089";
	at = find(sub->integer, f->p[DIGIT], 0);
	if (at != SIZE_MAX && count_digits(f, part(sub->integer, 0, at), false))
		code = "D3090";
	at = sub->fraction.n;
	while (at > 0 && sub->fraction.s[at - 1] != f->p[DIGIT])
		at--;
	if (at > 0 && count_digits(f, part(sub->fraction, at - 1, sub->fraction.n), false))
		code = "D3091";
	if (sub->has_exponent && sub->exponent.n && (percents || milles))
		code = "D3092";
	if (sub->has_exponent &&
		(!sub->exponent.n || count_digits(f, sub->exponent, false) < sub->exponent.n))
		code = "D3093";
	if (code)
		wf_jn_throw(f->r, code);
}

static size_t gcd(size_t a, size_t b)
{
	while (b) {
		size_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static size_t regular(const size_t *at, size_t n)
{
	size_t distance = 0;
	for (size_t i = 0; i < n; i++)
		distance = gcd(at[i], distance);
	for (size_t i = 1; i <= n; i++) {
		bool there = false;
		for (size_t k = 0; k < n; k++)
			there = there || at[k] == i * distance;
		if (!there)
			return 0;
	}
	return distance;
}

static size_t positions(const struct format *f, struct span s, bool left, size_t *ret)
{
	size_t n = 0;
	for (size_t at = find(s, f->p[GROUPING], 0); at != SIZE_MAX;
		at = find(s, f->p[GROUPING], at + 1)) {
		if (n == POSITIONS)
			wf_jn_throw_limit(f->r, "bytes");
		ret[n++] = count_digits(f, left ? part(s, 0, at) : part(s, at, s.n), true);
	}
	return n;
}

static struct layout analyse(const struct format *f, const struct sub *sub)
{
	struct layout l = {.prefix = sub->prefix, .suffix = sub->suffix};
	l.percent = count(sub->whole, f->p[PERCENT]) > 0;
	l.per_mille = count(sub->whole, f->p[PER_MILLE]) > 0;
	l.decimal = count(sub->whole, f->p[DECIMAL]) > 0;
	l.grouping_count = positions(f, sub->integer, false, l.grouping);
	l.regular = l.grouping_count ? regular(l.grouping, l.grouping_count) : 0;
	l.fraction_grouping_count = positions(f, sub->fraction, true, l.fraction_grouping);
	l.least_integer = l.scaling = count_digits(f, sub->integer, false);
	l.least_fraction = count_digits(f, sub->fraction, false);
	l.most_fraction = count_digits(f, sub->fraction, true);
	if (!l.least_integer && !l.most_fraction) {
		if (sub->has_exponent)
			l.least_fraction = l.most_fraction = 1;
		else
			l.least_integer = 1;
	}
	if (sub->has_exponent && !l.least_integer && count(sub->integer, f->p[DIGIT]))
		l.least_integer = 1;
	if (!l.least_integer && !l.least_fraction)
		l.least_fraction = 1;
	if (sub->has_exponent)
		l.least_exponent = count_digits(f, sub->exponent, false);
	return l;
}

static void add_span(struct wf_jn_text *t, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		wf_jn_text_char(t, s.s[i]);
}

static void add_digit(const struct format *f, struct wf_jn_text *t, char digit)
{
	wf_jn_text_char(t, f->p[ZERO] + (uint32_t)(digit - '0'));
}

/* Whether a separator stands before the digit that has so many to its right (itself counted). */
static bool grouped(const struct layout *l, size_t right)
{
	if (l->regular)
		return right % l->regular == 0;
	for (size_t i = 0; i < l->grouping_count; i++)
		if (l->grouping[i] == right)
			return true;
	return false;
}

static void write_mantissa(
	const struct format *f, struct wf_jn_text *t, double x, const struct layout *l)
{
	char text[512];
	int precision = l->most_fraction > 100 ? 100 : (int)l->most_fraction;
	(void)snprintf(text, sizeof(text), "%.*f", precision, fabs(x));
	char *dot = strchr(text, '.'), *integer = text,
	     *fraction = dot ? dot + 1 : text + strlen(text);
	size_t integers = dot ? (size_t)(dot - text) : strlen(text), fractions = strlen(fraction);
	while (integers && *integer == '0') {
		integer++;
		integers--;
	}
	while (fractions && fraction[fractions - 1] == '0')
		fractions--;
	size_t least = integers < l->least_integer ? l->least_integer : integers;
	for (size_t i = 0; i < least; i++) {
		if (i && grouped(l, least - i))
			wf_jn_text_char(t, f->p[GROUPING]);
		add_digit(f, t, i < least - integers ? '0' : integer[i - (least - integers)]);
	}
	size_t all = fractions < l->least_fraction ? l->least_fraction : fractions;
	if (all && l->decimal)
		wf_jn_text_char(t, f->p[DECIMAL]);
	for (size_t i = 0; i < all && l->decimal; i++) {
		for (size_t k = 0; k < l->fraction_grouping_count; k++)
			if (l->fraction_grouping[k] == i && i)
				wf_jn_text_char(t, f->p[GROUPING]);
		add_digit(f, t, i < fractions ? fraction[i] : '0');
	}
}

static void write_exponent(const struct format *f, struct wf_jn_text *t, int exponent, size_t least)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", exponent < 0 ? -exponent : exponent);
	wf_jn_text_char(t, f->p[EXPONENT]);
	if (exponent < 0)
		wf_jn_text_add(t, f->minus.s, f->minus.n);
	for (size_t i = (size_t)n; i < least; i++)
		add_digit(f, t, '0');
	for (int i = 0; i < n; i++)
		add_digit(f, t, text[i]);
}

static struct wf_jn_value write(const struct format *f, double x, const struct layout *l)
{
	struct wf_jn_text t = {.r = f->r};
	int exponent = 0;
	if (l->minus)
		wf_jn_text_add(&t, f->minus.s, f->minus.n);
	add_span(&t, l->prefix);
	x *= l->percent ? 100 : l->per_mille ? 1000 : 1;
	if (l->least_exponent && x != 0) {
		double most = pow(10, (double)l->scaling), least = pow(10, (double)l->scaling - 1);
		for (; fabs(x) < least; exponent--)
			x *= 10;
		for (; fabs(x) > most; exponent++)
			x /= 10;
	}
	int precision = l->most_fraction > 100 ? 100 : (int)l->most_fraction;
	write_mantissa(f, &t, wf_jn_round(x, precision), l);
	if (l->least_exponent)
		write_exponent(f, &t, exponent, l->least_exponent);
	add_span(&t, l->suffix);
	return wf_jn_text_value(&t);
}

static void read_options(struct format *f, struct wf_jn_value options)
{
	for (int i = 0; i < PROPERTIES; i++) {
		size_t len;
		struct wf_jn_value v =
			wf_jn_is_object(options)
				? wf_jn_get(options, defaults[i].name, strlen(defaults[i].name))
				: WF_JN_UNDEF;
		if (v.tag != WF_JN_STRING || v.n == 0)
			v = wf_jn_str(defaults[i].value, strlen(defaults[i].value));
		f->p[i] = wf_jn_next_point(v.s, v.n, &len);
		if (i == MINUS)
			f->minus = v;
	}
}

struct wf_jn_value wf_jn_fn_formatNumber(struct wf_jn_run *r, const struct wf_jn_args *a)
{
	struct format f = {.r = r};
	struct layout layouts[2];
	if (wf_jn_is_undef(a->items[0]) || wf_jn_is_undef(a->items[1]))
		return WF_JN_UNDEF;
	double x = wf_jn_double(a->items[0]);
	read_options(&f, a->items[2]);
	struct span whole;
	whole.s = wf_jn_points(r, a->items[1], &whole.n);
	size_t split_at = find(whole, f.p[PATTERN], 0);
	if (count(whole, f.p[PATTERN]) > 1)
		wf_jn_throw(r, "D3080");
	struct sub first = split(&f, split_at == SIZE_MAX ? whole : part(whole, 0, split_at));
	validate(&f, &first);
	layouts[0] = layouts[1] = analyse(&f, &first);
	layouts[1].minus = true;
	if (split_at != SIZE_MAX) {
		struct sub second = split(&f, part(whole, split_at + 1, whole.n));
		validate(&f, &second);
		layouts[1] = analyse(&f, &second);
	}
	if (!isfinite(x))
		wf_jn_throw(r, "D1001");
	return write(&f, x, &layouts[x >= 0 ? 0 : 1]);
}

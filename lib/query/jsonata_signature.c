/*
 * Signatures of functions: "<s-n?:b>" says which types a function's arguments have. Each parameter
 * is a set of types with a quantifier, and the arguments match as a regular expression over their
 * types would: the first way that fits, a parameter taking as much as it can.
 */
#include "query/jsonata.h"

#include "base/err.h"

enum { S, N, B, L, O, A, F, M, TYPES };

static const char letters[TYPES + 1] = "snbloafm";

static uint16_t mask_of(const char *types, size_t n)
{
	uint16_t mask = 0;
	for (size_t i = 0; i < n; i++) {
		const char *at = memchr(letters, types[i], TYPES);
		if (at)
			mask = (uint16_t)(mask | 1u << (at - letters));
	}
	return (uint16_t)(mask | 1u << M);
}

static uint16_t symbol(struct wf_jn_value v)
{
	static const uint8_t of[] = {
		[WF_JN_UNDEFINED] = M,
		[WF_JN_NULL] = L,
		[WF_JN_BOOL] = B,
		[WF_JN_NUMBER] = N,
		[WF_JN_BIG] = N,
		[WF_JN_STRING] = S,
		[WF_JN_ARRAY] = A,
		[WF_JN_JARRAY] = A,
		[WF_JN_OBJECT] = O,
		[WF_JN_JOBJECT] = O,
		[WF_JN_FUNCTION] = F,
		[WF_JN_TUPLE] = M,
		[WF_JN_THUNK] = M,
	};
	return (uint16_t)(1u << of[v.tag]);
}

/* -- reading -- */

static size_t closing(const char *s, size_t n, size_t i, char open, char close)
{
	int depth = 0;
	for (; i < n; i++) {
		if (s[i] == open)
			depth++;
		else if (s[i] == close && --depth == 0)
			break;
	}
	return i;
}

const char *wf_jn_signature_parse(struct wf_arena *arena, const char *s, size_t n,
	struct wf_jn_signature **ret, size_t *ret_offset)
{
	struct wf_jn_signature *sig = WF_ARENA_NEW(arena, struct wf_jn_signature);
	sig->params = WF_ARENA_ARRAY(arena, struct wf_jn_param, n);
	for (size_t i = 1; i < n && s[i] != ':'; i++) {
		struct wf_jn_param *last = sig->count ? &sig->params[sig->count - 1] : NULL;
		struct wf_jn_param p = {.type = s[i], .quantifier = '1'};
		*ret_offset = i;
		size_t end;
		switch (s[i]) {
		case 's':
		case 'n':
		case 'b':
		case 'l':
		case 'o':
			p.mask = mask_of(s + i, 1);
			break;
		case 'a':
		case 'x':
			p.mask = mask_of("asnblfo", 7);
			break;
		case 'f':
			p.mask = 1u << F;
			break;
		case 'j':
			p.mask = mask_of("asnblo", 6);
			break;
		case '(':
			end = closing(s, n, i, '(', ')');
			if (memchr(s + i, '<', end - i))
				return "S0402";
			p.mask = mask_of(s + i + 1, end > i ? end - i - 1 : 0);
			i = end;
			break;
		case '<':
			end = closing(s, n, i, '<', '>');
			if (!last || (last->type != 'a' && last->type != 'f'))
				return "S0401";
			last->subtype = end > i + 1 ? s[i + 1] : 0;
			i = end;
			continue;
		case '-':
			if (last) {
				last->context_mask = last->mask;
				last->quantifier = '?';
			}
			continue;
		case '?':
		case '+':
			if (last)
				last->quantifier = s[i];
			continue;
		default:
			continue;
		}
		sig->params[sig->count++] = p;
	}
	*ret = sig;
	return NULL;
}

/* -- checking -- */

#define PARAMS_MAX 64

struct match {
	const struct wf_jn_signature *sig;
	const struct wf_jn_value *args;
	uint32_t count;
	uint32_t good;	    /* params that the best try has satisfied */
	uint32_t good_args; /* and the args they took */
	uint32_t taken[PARAMS_MAX];
};

static bool takes(const struct wf_jn_param *p, struct wf_jn_value v)
{
	return (p->mask & symbol(v)) != 0;
}

/* Params from p on take the args from a on, and all of them. */
static bool match_from(struct match *m, uint32_t p, uint32_t a)
{
	if (p >= m->good) {
		m->good = p;
		m->good_args = a > m->good_args || p > m->good ? a : m->good_args;
	}
	if (p == m->sig->count)
		return a == m->count;
	const struct wf_jn_param *param = &m->sig->params[p];
	uint32_t most = 0, least = param->quantifier == '?' ? 0 : 1;
	while (a + most < m->count && takes(param, m->args[a + most]) &&
		(param->quantifier == '+' || most < 1))
		most++;
	for (uint32_t n = most + 1; n-- > least;) {
		m->taken[p] = n;
		if (match_from(m, p + 1, a + n))
			return true;
	}
	return false;
}

static _Noreturn void mismatch(struct wf_jn_run *r, const struct match *m)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%u", m->good_args + 1);
	wf_jn_throw_message(r, "T0410", text, (size_t)n);
}

static struct wf_jn_value as_array(
	struct wf_jn_run *r, const struct wf_jn_param *p, struct wf_jn_value arg, uint32_t taken)
{
	if (wf_jn_is_undef(arg))
		return arg;
	if (p->subtype) {
		const char *at = strchr(letters, p->subtype);
		unsigned want = at ? 1u << (at - letters) : 0;
		if (!wf_jn_is_array(arg) && (taken > 1 || symbol(arg) != want))
			wf_jn_throw(r, "T0412");
		if (wf_jn_is_array(arg) &&
			!(arg.tag == WF_JN_ARRAY && arg.array->range && want == 1u << N))
			for (size_t i = 0, n = wf_jn_len(arg); i < n; i++)
				if (symbol(wf_jn_at(arg, i)) != want)
					wf_jn_throw(r, "T0412");
	}
	if (wf_jn_is_array(arg))
		return arg;
	struct wf_jn_array *a = wf_jn_array_new(r, 1);
	wf_jn_push(r, a, arg);
	return wf_jn_of_array(a);
}

uint32_t wf_jn_signature_check(struct wf_jn_run *r, const struct wf_jn_signature *sig,
	const struct wf_jn_value *args, uint32_t count, struct wf_jn_value context,
	struct wf_jn_value *ret)
{
	struct match m = {.sig = sig, .args = args, .count = count};
	if (sig->count > PARAMS_MAX)
		wf_jn_throw(r, "T0410");
	wf_jn_step(r, 1);
	if (!match_from(&m, 0, 0))
		mismatch(r, &m);
	uint32_t n = 0, at = 0;
	for (uint32_t p = 0; p < sig->count; p++) {
		const struct wf_jn_param *param = &sig->params[p];
		if (m.taken[p] == 0 && param->context_mask) {
			if (!(param->context_mask & symbol(context)))
				wf_jn_throw(r, "T0411");
			ret[n++] = context;
			continue;
		}
		if (m.taken[p] == 0) {
			ret[n++] = at < count ? args[at] : WF_JN_UNDEF;
			at++;
			continue;
		}
		for (uint32_t i = 0; i < m.taken[p]; i++, at++) {
			struct wf_jn_value arg = at < count ? args[at] : WF_JN_UNDEF;
			ret[n++] = param->type == 'a' ? as_array(r, param, arg, m.taken[p]) : arg;
		}
	}
	return n;
}

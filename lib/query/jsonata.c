/* JSONata's entry points: a text becomes a program, a program's run a value. */
#include "query/jsonata.h"

#include "base/err.h"

#include <stdio.h>

struct wf_jsonata {
	size_t text_n;
	struct wf_jn_program program;
	struct wf_jn_node *tree;
};

/* -- names -- */

static uint32_t bucket_of(const char *name, size_t n)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	return (h ^ h >> 16) % WF_JN_BUCKETS;
}

const struct wf_jn_symbol *wf_jn_symbol(const struct wf_jn_symbols *s, uint32_t number)
{
	while (number < s->first)
		s = s->base;
	return &s->items[number - s->first];
}

static uint32_t find_symbol(const struct wf_jn_symbols *s, const char *name, size_t n)
{
	for (uint32_t b = bucket_of(name, n); s; s = s->base)
		for (uint32_t i = s->buckets[b]; i; i = s->items[i - s->first].next) {
			const struct wf_jn_symbol *at = &s->items[i - s->first];
			if (at->n == n && memcmp(at->name, name, n) == 0)
				return i;
		}
	return 0;
}

static struct wf_jn_function *library_function(
	struct wf_jn_program *p, const struct wf_jn_builtin *builtin)
{
	struct wf_jn_function *f = WF_ARENA_NEW(p->arena, struct wf_jn_function);
	struct wf_jn_signature *signature = NULL;
	size_t offset;
	(void)wf_jn_signature_parse(
		p->arena, builtin->signature, strlen(builtin->signature), &signature, &offset);
	f->kind = WF_JN_F_BUILTIN;
	f->arity = builtin->arity;
	f->builtin = builtin;
	f->signature = signature;
	return f;
}

uint32_t wf_jn_intern(struct wf_jn_program *p, const char *name, size_t n)
{
	struct wf_jn_symbols *s = &p->symbols;
	uint32_t number = find_symbol(s, name, n);
	if (number)
		return number;
	WF_GROW(s->items, s->count, s->room);
	uint32_t b = bucket_of(name, n);
	number = s->first + s->count;
	const struct wf_jn_builtin *builtin = wf_jn_builtin_named(name, n);
	s->items[s->count++] = (struct wf_jn_symbol){
		.name = wf_arena_strndup(p->arena, name, n),
		.n = (uint32_t)n,
		.next = s->buckets[b],
		.function = builtin ? library_function(p, builtin) : NULL,
	};
	s->buckets[b] = number;
	return number;
}

void wf_jn_program_init(struct wf_jn_program *p, const struct wf_jn_symbols *base)
{
	*p = (struct wf_jn_program){.arena = wf_arena_new()};
	p->symbols.base = base;
	p->symbols.first = base ? base->first + base->count : 1;
	if (!base) {
		(void)wf_jn_intern(p, "$", 1);
		(void)wf_jn_intern(p, "clone", 5);
		(void)wf_jn_intern(p, "exists", 6);
	}
}

void wf_jn_program_done(struct wf_jn_program *p)
{
	for (struct wf_jn_compiled *c = p->regexes; c; c = c->next)
		wf_regex_free(c->regex);
	wf_free(p->symbols.items);
	wf_arena_free(p->arena);
}

/* -- errors -- */

void wf_jn_error_set(struct wf_jn_error *error, int err, const char *code, size_t offset,
	const char *token, size_t token_n)
{
	*error = (struct wf_jn_error){.code = code, .offset = offset, .err = err};
	if (!token) {
		error->token_n = UINT32_MAX;
		return;
	}
	if (token_n > sizeof(error->token) - 1) {
		token_n = sizeof(error->token) - 1;
		while (token_n && ((unsigned char)token[token_n] & 0xc0) == 0x80)
			token_n--;
	}
	memcpy(error->token, token, token_n);
	error->token_n = (uint32_t)token_n;
}

/* What $eval has parsed has places of its own, which are none of this text. */
static int report(const struct wf_jn_error *e, size_t text_n, struct wf_query_fault *fault)
{
	size_t offset = e->offset <= text_n ? e->offset : SIZE_MAX;
	bool named = e->token_n != UINT32_MAX && e->token_n;
	return wf_query_fail(fault, e->err, e->code, offset, named ? e->token : NULL,
		named ? e->token_n : 0, "%s", e->message ? e->message : wf_jn_message(e->code));
}

/* -- parse -- */

int wf_jsonata_parse(
	const char *text, size_t n, struct wf_jsonata **ret, struct wf_query_fault *fault)
{
	struct wf_jsonata *q = wf_calloc(1, sizeof(*q));
	struct wf_jn_error error = {0};
	wf_jn_program_init(&q->program, NULL);
	text = wf_arena_strndup(q->program.arena, text, n);
	q->text_n = n;
	int err = wf_jn_parse(&q->program, text, n, &q->tree, &error);
	if (err < 0) {
		wf_jsonata_free(q);
		return report(&error, n, fault);
	}
	*ret = q;
	return 0;
}

void wf_jsonata_free(struct wf_jsonata *q)
{
	if (!q)
		return;
	wf_jn_program_done(&q->program);
	wf_free(q);
}

/* -- run -- */

#define FIRST_CHUNK 4096
#define LARGEST_CHUNK ((size_t)1 << 20)

void *wf_jn_more(struct wf_jn_run *r, size_t size)
{
	size_t head = (sizeof(struct wf_jn_chunk) + 15) & ~(size_t)15, want = r->chunk_size;
	if (size > SIZE_MAX / 2)
		wf_jn_throw_limit(r, "bytes");
	if (want < size + head)
		want = size + head;
	if (want > r->bytes_left && size + head <= r->bytes_left)
		want = size + head;
	if (want > r->bytes_left)
		wf_jn_throw_limit(r, "bytes");
	r->bytes_left -= want;
	struct wf_jn_chunk *c = wf_alloc(want);
	c->next = r->chunks;
	r->chunks = c;
	if (r->chunk_size < LARGEST_CHUNK)
		r->chunk_size *= 2;
	char *p = (char *)c + head;
	if (want - head - size >= (size_t)(r->end - r->at)) { /* keep what has more room */
		r->at = p + size;
		r->end = (char *)c + want;
	}
	return p;
}

void *wf_jn_alloc_array(struct wf_jn_run *r, size_t n, size_t size)
{
	if (n > SIZE_MAX / 4 / size)
		wf_jn_throw_limit(r, "bytes");
	return wf_jn_alloc(r, n * size);
}

static void bind_all(struct wf_jn_run *r, const json_t *bindings)
{
	const char *name;
	json_t *value;
	void *it = json_object_iter((json_t *)(uintptr_t)bindings);
	for (; it; it = json_object_iter_next((json_t *)(uintptr_t)bindings, it)) {
		name = json_object_iter_key(it);
		value = json_object_iter_value(it);
		uint32_t number = find_symbol(r->symbols, name, json_object_iter_key_len(it));
		if (!number) { /* $eval may name it */
			if (!r->program) {
				r->program = wf_alloc(sizeof(*r->program));
				wf_jn_program_init(r->program, r->symbols);
				r->symbols = &r->program->symbols;
			}
			number = wf_jn_intern(r->program, name, json_object_iter_key_len(it));
		}
		wf_jn_bind(r, r->root, number, wf_jn_from_json(value));
	}
}

static struct wf_jn_value input_of(struct wf_jn_run *r, json_t *json)
{
	struct wf_jn_value input = json ? wf_jn_from_json(json) : WF_JN_UNDEF;
	wf_jn_bind(r, r->root, WF_JN_ROOT, input);
	if (!wf_jn_is_array(input))
		return input;
	struct wf_jn_array *wrapper = wf_jn_sequence_new(r);
	wrapper->wrapper = true;
	wf_jn_push(r, wrapper, input);
	return wf_jn_of_array(wrapper);
}

static void run_done(struct wf_jn_run *r)
{
	for (struct wf_jn_chunk *c = r->chunks, *next; c; c = next) {
		next = c->next;
		wf_free(c);
	}
	if (r->program) {
		wf_jn_program_done(r->program);
		wf_free(r->program);
	}
}

/* Apart from its caller, whose variables a longjmp then cannot harm. */
static __attribute__((noinline)) int run(struct wf_jn_run *r, const struct wf_jsonata *q,
	const struct wf_query_env *env, json_t **ret)
{
	jmp_buf fail;
	r->fail = &fail;
	if (setjmp(fail))
		return r->error.err;
	r->root = wf_jn_frame_new(r, NULL, 4);
	bind_all(r, env->bindings);
	struct wf_jn_value input = input_of(r, env->input);
	*ret = wf_jn_to_json(r, wf_jn_eval(r, q->tree, input, r->root));
	return 0;
}

int wf_jsonata_run(const struct wf_jsonata *q, struct wf_query_env *env, json_t **ret,
	struct wf_query_fault *fault)
{
	_Alignas(16) char first[FIRST_CHUNK];
	struct wf_jn_run r = {
		.at = first,
		.end = first + sizeof(first),
		.bytes_left = env->max_bytes,
		.chunk_size = 4 * sizeof(first),
		.steps_left = env->steps_left,
		.max_depth = env->max_depth < WF_JN_DEPTH_MAX ? env->max_depth : WF_JN_DEPTH_MAX,
		.random = env->random,
		.symbols = &q->program.symbols,
		.now_ms = env->now_ms,
	};
	json_t *value = NULL;
	int err = run(&r, q, env, &value);
	env->steps_left = r.steps_left;
	if (err < 0)
		(void)report(&r.error, q->text_n, fault);
	else
		*ret = value;
	wf_free(r.error.message);
	run_done(&r);
	return err;
}

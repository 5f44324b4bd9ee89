/* A row of an instance: refused, or written again as bytes that say the same. Input: a byte for the
 * kind of row, then the row. */
#include "fuzz.h"

#include "base/json.h"
#include "base/mem.h"
#include "state/state.h"

static int get_step(const void *bytes, size_t n, struct wf_instance *in)
{
	return wf_row_get_step(bytes, n, &in->steps[0]);
}

static void put_step(const struct wf_instance *in, struct wf_buf *out)
{
	wf_row_put_step(&in->steps[0], out);
}

static int get_var(const void *bytes, size_t n, struct wf_instance *in)
{
	return wf_row_get_var(bytes, n, &in->vars[0]);
}

static void put_var(const struct wf_instance *in, struct wf_buf *out)
{
	wf_row_put_var(&in->vars[0], out);
}

static const struct {
	int (*get)(const void *, size_t, struct wf_instance *);
	void (*put)(const struct wf_instance *, struct wf_buf *);
} rows[] = {
	{wf_row_get_identity, wf_row_put_identity}, {wf_row_get_input, wf_row_put_input},
	{wf_row_get_header, wf_row_put_header}, {get_step, put_step}, {get_var, put_var},
};

static struct wf_instance *empty(void)
{
	struct wf_instance *in = wf_instance_new(1);
	WF_GROW(in->vars, in->var_count, in->var_room);
	in->vars[in->var_count++] = (struct wf_var){0};
	return in;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz_bytes all = {data, n};
	size_t kind = fuzz_take(&all) % (sizeof(rows) / sizeof(rows[0]));
	struct wf_instance *a = empty(), *b = empty();
	WF_AUTOBUF struct wf_buf once = {0}, twice = {0};
	char *where = NULL;
	if (n && rows[kind].get(all.at, all.n, a) == 0) {
		rows[kind].put(a, &once);
		FUZZ_CHECK(once.len <= all.n || a->input || a->output || a->error || kind >= 3);
		FUZZ_CHECK(rows[kind].get(once.data, once.len, b) == 0);
		rows[kind].put(b, &twice);
		FUZZ_CHECK(once.len == twice.len && !memcmp(once.data, twice.data, once.len));
		if (kind == 4)
			FUZZ_CHECK(wf_json_equal(a->vars[0].value, b->vars[0].value));
		else
			FUZZ_CHECK(wf_instance_equal(a, b, &where));
	}
	wf_instance_free(a);
	wf_instance_free(b);
	return 0;
}

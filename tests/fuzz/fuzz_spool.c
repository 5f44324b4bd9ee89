/* What wfctl and the supervisor of a child tell each other: refused, or written again as the same
 * bytes. The supervisor reads a request in place; wfctl reads a spool file that anything may have
 * happened to. */
#include "fuzz.h"

#include "effect/spool.h"

#define HAS_STDIN 40 /* offset of the one field that has more than one spelling of yes */

static void done(const uint8_t *data, size_t n)
{
	struct wf_spool_done d;
	unsigned char head[WF_SPOOL_DONE_HEAD];
	if (!wf_spool_done_get(data, n, &d))
		return;
	FUZZ_CHECK(d.out_len + d.err_len + sizeof(head) == n);
	FUZZ_CHECK((const uint8_t *)d.err + d.err_len == data + n);
	wf_spool_done_put(&d, head);
	FUZZ_CHECK(!memcmp(head, data, sizeof(head)));
}

static void request(const uint8_t *data, size_t n)
{
	size_t slots = wf_spool_request_slots(data, n);
	if (!slots)
		return;
	uint8_t *copy = malloc(n), *again = malloc(n);
	char **pointers = malloc(slots * sizeof(*pointers));
	struct wf_spool_request r;
	memcpy(copy, data, n);
	if (wf_spool_request_get(copy, n, pointers, &r)) {
		FUZZ_CHECK(wf_spool_request_size(&r) == n);
		wf_spool_request_put(&r, again);
		FUZZ_CHECK(!memcmp(again, data, HAS_STDIN));
		FUZZ_CHECK(!memcmp(again + HAS_STDIN + 4, data + HAS_STDIN + 4, n - HAS_STDIN - 4));
	}
	free(copy);
	free(again);
	free(pointers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char token[WF_SPOOL_TOKEN_MAX + 20], name[WF_SPOOL_NAME_MAX];
	size_t len = n < sizeof(token) - 1 ? n : sizeof(token) - 1;
	done(data, n);
	request(data, n);
	if (len)
		memcpy(token, data, len);
	token[len] = '\0';
	if (wf_spool_token_ok(token)) {
		wf_spool_name(token, ".done", name);
		FUZZ_CHECK(strlen(name) == strlen(token) + 5 && !strchr(name, '/'));
	}
	return 0;
}

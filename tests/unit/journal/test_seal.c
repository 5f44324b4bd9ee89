/* Sealed values are XChaCha20-Poly1305 as libsodium knows it, whatever is kept from one to the next. */
#include "base/mem.h"
#include "journal/seal.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t data_key[WF_SEAL_KEY] = {1, 2, 3};
static const char where[] = "ikey", plain[] = "what is sealed";

static void a_value_opens_by_the_standard(void **state)
{
	(void)state;
	struct wf_seal s;
	wf_seal_init(&s, data_key);
	for (int i = 0; i < 3; i++) {
		uint8_t sealed[sizeof(plain) + WF_SEAL_EXTRA], opened[sizeof(plain)];
		wf_seal_value(&s, where, sizeof(where), plain, sizeof(plain), sealed);
		assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(opened, NULL, NULL,
			sealed + WF_SEAL_NONCE, sizeof(sealed) - WF_SEAL_NONCE,
			(const uint8_t *)where, sizeof(where), sealed, s.seal_key), 0);
		assert_memory_equal(opened, plain, sizeof(plain));
	}
	assert_int_equal(s.counter, 3);
	wf_seal_done(&s);
}

static void values_of_many_opens_are_told_apart(void **state)
{
	(void)state;
	enum { OPENS = 3 };
	struct wf_seal of[OPENS];
	uint8_t sealed[OPENS][sizeof(plain) + WF_SEAL_EXTRA];
	for (int i = 0; i < OPENS; i++) {
		wf_seal_init(&of[i], data_key);
		wf_seal_value(&of[i], where, sizeof(where), plain, sizeof(plain), sealed[i]);
	}
	assert_memory_not_equal(sealed[0], sealed[1], WF_SEAL_NONCE);
	for (int turn = 0; turn < 2 * OPENS; turn++) {
		WF_AUTOBUF struct wf_buf out = {0};
		assert_true(wf_seal_open(&of[0], where, sizeof(where), sealed[turn % OPENS],
			sizeof(sealed[0]), &out));
		assert_int_equal(out.len, sizeof(plain));
		assert_memory_equal(out.data, plain, sizeof(plain));
	}
	for (int i = 0; i < OPENS; i++)
		wf_seal_done(&of[i]);
}

static void every_byte_counts(void **state)
{
	(void)state;
	struct wf_seal s;
	uint8_t sealed[sizeof(plain) + WF_SEAL_EXTRA];
	wf_seal_init(&s, data_key);
	wf_seal_value(&s, where, sizeof(where), plain, sizeof(plain), sealed);
	for (size_t i = 0; i < sizeof(sealed); i++) {
		WF_AUTOBUF struct wf_buf out = {0};
		sealed[i] ^= 1;
		assert_false(wf_seal_open(&s, where, sizeof(where), sealed, sizeof(sealed), &out));
		assert_int_equal(out.len, 0);
		sealed[i] ^= 1;
	}
	WF_AUTOBUF struct wf_buf out = {0};
	assert_false(wf_seal_open(&s, "other", 6, sealed, sizeof(sealed), &out));
	assert_true(wf_seal_open(&s, where, sizeof(where), sealed, sizeof(sealed), &out));
	wf_seal_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_opens_by_the_standard),
		cmocka_unit_test(values_of_many_opens_are_told_apart),
		cmocka_unit_test(every_byte_counts),
	};
	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}

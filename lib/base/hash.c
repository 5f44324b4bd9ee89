/* BLAKE2b and hexadecimal. */
#include "base/hash.h"

#include "base/err.h"

#include <sodium.h>
#include <string.h>

void wf_hash(const void *bytes, size_t n, uint8_t ret[WF_HASH_SIZE])
{
	if (crypto_generichash(ret, WF_HASH_SIZE, bytes, n, NULL, 0))
		WF_BUG("BLAKE2b refused its arguments");
}

void wf_hash_two(const void *a, size_t a_n, const void *b, size_t b_n, uint8_t ret[WF_HASH_SIZE])
{
	crypto_generichash_state state;
	if (crypto_generichash_init(&state, NULL, 0, WF_HASH_SIZE) ||
		crypto_generichash_update(&state, a, a_n) ||
		crypto_generichash_update(&state, b, b_n) ||
		crypto_generichash_final(&state, ret, WF_HASH_SIZE))
		WF_BUG("BLAKE2b refused its arguments");
}

void wf_hash_keyed(const uint8_t key[32], const void *bytes, size_t n, uint8_t *ret, size_t ret_n)
{
	if (crypto_generichash(ret, ret_n, bytes, n, key, 32))
		WF_BUG("BLAKE2b refused its arguments");
}

void wf_hex(const uint8_t *bytes, size_t n, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[2 * n] = '\0';
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool wf_unhex(const char *text, uint8_t *ret, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = digit_value(text[2 * i]);
		int low = high < 0 ? -1 : digit_value(text[2 * i + 1]);
		if (low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return text[2 * n] == '\0';
}

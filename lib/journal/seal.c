/* Sealing by libsodium: XChaCha20-Poly1305, keys derived with BLAKE2b. */
#include "journal/seal.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/sys.h"

#include <sodium.h>
#include <string.h>

_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == WF_SEAL_KEY, "key size");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == WF_SEAL_NONCE, "nonce size");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == WF_SEAL_EXTRA - WF_SEAL_NONCE, "tag");

enum { SUBKEY_SEAL = 1, SUBKEY_INDEX = 2 };
static const char context[crypto_kdf_CONTEXTBYTES] = {'w', 'f', 'c', 't', 'l', 'j', 'n', 'l'};

void wf_seal_ready(void)
{
	if (sodium_init() < 0)
		WF_BUG("libsodium cannot be used");
}

void wf_seal_wipe(void *bytes, size_t n)
{
	sodium_memzero(bytes, n);
}

/* XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key derived from the nonce's first 16 bytes, with
 * the last 8 as its nonce behind 4 zeros (draft-irtf-cfrg-xchacha, 2.3). Doing the first part once
 * for many values saves a quarter of a short one's cost. */
static void derive(const uint8_t key[WF_SEAL_KEY], const uint8_t random[16],
	uint8_t ret[WF_SEAL_KEY])
{
	(void)crypto_core_hchacha20(ret, random, key, NULL);
}

#define INNER_NONCE crypto_aead_chacha20poly1305_ietf_NPUBBYTES

static void inner_nonce(const uint8_t nonce[WF_SEAL_NONCE], uint8_t ret[INNER_NONCE])
{
	memset(ret, 0, 4);
	memcpy(ret + 4, nonce + 16, 8);
}

void wf_seal_init(struct wf_seal *s, const uint8_t data_key[WF_SEAL_KEY])
{
	wf_seal_ready();
	(void)crypto_kdf_derive_from_key(s->seal_key, WF_SEAL_KEY, SUBKEY_SEAL, context, data_key);
	(void)crypto_kdf_derive_from_key(s->index_key, WF_SEAL_KEY, SUBKEY_INDEX, context,
		data_key);
	wf_random(s->nonce_random, sizeof(s->nonce_random));
	s->counter = 0;
	derive(s->seal_key, s->nonce_random, s->own_subkey);
	memcpy(s->met_random, s->nonce_random, sizeof(s->met_random));
	memcpy(s->met_subkey, s->own_subkey, sizeof(s->met_subkey));
}

void wf_seal_done(struct wf_seal *s)
{
	sodium_memzero(s, sizeof(*s));
}

static void seal(const uint8_t key[WF_SEAL_KEY], const uint8_t nonce[WF_SEAL_NONCE],
	const void *where, size_t where_n, const void *plain, size_t n, uint8_t *out)
{
	memcpy(out, nonce, WF_SEAL_NONCE);
	if (crypto_aead_xchacha20poly1305_ietf_encrypt(out + WF_SEAL_NONCE, NULL, plain, n, where,
		where_n, NULL, nonce, key))
		WF_BUG("sealing failed");
}

void wf_seal_value(struct wf_seal *s, const void *where, size_t where_n, const void *plain, size_t n,
	uint8_t *out)
{
	uint8_t inner[INNER_NONCE];
	memcpy(out, s->nonce_random, sizeof(s->nonce_random));
	uint64_t count = s->counter++;
	for (unsigned i = 0; i < 8; i++)
		out[16 + i] = (uint8_t)(count >> (8 * i));
	inner_nonce(out, inner);
	if (crypto_aead_chacha20poly1305_ietf_encrypt(out + WF_SEAL_NONCE, NULL, plain, n, where,
		where_n, NULL, inner, s->own_subkey))
		WF_BUG("sealing failed");
}

bool wf_seal_open(struct wf_seal *s, const void *where, size_t where_n, const uint8_t *sealed,
	size_t n, struct wf_buf *out)
{
	if (n < WF_SEAL_EXTRA)
		return false;
	size_t at = out->len, plain_n = n - WF_SEAL_EXTRA;
	uint8_t *plain = (uint8_t *)wf_buf_extend(out, plain_n);
	uint8_t inner[INNER_NONCE];
	inner_nonce(sealed, inner);
	if (memcmp(s->met_random, sealed, sizeof(s->met_random)) != 0) {
		memcpy(s->met_random, sealed, sizeof(s->met_random));
		derive(s->seal_key, s->met_random, s->met_subkey);
	}
	if (crypto_aead_chacha20poly1305_ietf_decrypt(plain, NULL, NULL,
		sealed + WF_SEAL_NONCE, n - WF_SEAL_NONCE, where, where_n, inner, s->met_subkey)) {
		out->len = at;
		out->data[at] = '\0';
		return false;
	}
	return true;
}

void wf_seal_hash(const struct wf_seal *s, uint8_t kind, const char *text, uint8_t *ret,
	size_t ret_n)
{
	WF_AUTOBUF struct wf_buf b = {0};
	wf_put_u8(&b, kind);
	wf_buf_addstr(&b, text);
	uint8_t full[16];
	wf_hash_keyed(s->index_key, b.data, b.len, full, sizeof(full));
	memcpy(ret, full, ret_n);
}

void wf_seal_fingerprint(const uint8_t master[WF_SEAL_KEY], uint8_t ret[16])
{
	static const char what[] = "wfctl master key";
	wf_hash_keyed(master, what, sizeof(what) - 1, ret, 16);
}

void wf_seal_wrap(const uint8_t master[WF_SEAL_KEY], const void *where, size_t where_n,
	const uint8_t data_key[WF_SEAL_KEY], uint8_t *out)
{
	uint8_t nonce[WF_SEAL_NONCE];
	wf_random(nonce, sizeof(nonce));
	seal(master, nonce, where, where_n, data_key, WF_SEAL_KEY, out);
}

bool wf_seal_unwrap(const uint8_t master[WF_SEAL_KEY], const void *where, size_t where_n,
	const uint8_t *wrapped, uint8_t ret_data_key[WF_SEAL_KEY])
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt(ret_data_key, NULL, NULL,
		wrapped + WF_SEAL_NONCE, WF_SEAL_KEY + WF_SEAL_EXTRA - WF_SEAL_NONCE, where,
		where_n, wrapped, master) == 0;
}

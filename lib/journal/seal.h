/*
 * Sealing: the master key wraps a journal's data key; keys derived from that seal every value and
 * hash every key that would give a business value away.
 */
#ifndef WF_JOURNAL_SEAL_H
#define WF_JOURNAL_SEAL_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WF_SEAL_KEY 32
#define WF_SEAL_NONCE 24
#define WF_SEAL_EXTRA (WF_SEAL_NONCE + 16) /* what sealing adds to a value */

/*
 * A nonce is 16 random bytes, drawn when the journal is opened, and a counter of 8. Within one open
 * the counter never repeats; two opens share their random part with a probability of 2^-128 a pair.
 */
struct wf_seal {
	uint8_t seal_key[WF_SEAL_KEY], index_key[WF_SEAL_KEY];
	uint8_t nonce_random[16];
	uint64_t counter;
	/* What XChaCha20 derives from the key and a nonce's random part, of our own part and of the
	 * one that was met last: values are written, and mostly read, many of one part in a row. */
	uint8_t own_subkey[WF_SEAL_KEY], met_subkey[WF_SEAL_KEY], met_random[16];
};

/* Derives the keys from the data key and draws the random part of the nonces. */
void wf_seal_init(struct wf_seal *s, const uint8_t data_key[WF_SEAL_KEY]);
void wf_seal_done(struct wf_seal *s); /* wipes */

/* Writes nonce, ciphertext and tag: n + WF_SEAL_EXTRA bytes. The value is bound to `where`, the
 * table's letter and the key's bytes. */
void wf_seal_value(struct wf_seal *s, const void *where, size_t where_n, const void *plain, size_t n,
	uint8_t *out);
/* Appends the plain bytes; false when the value does not authenticate. */
bool wf_seal_open(struct wf_seal *s, const void *where, size_t where_n, const uint8_t *sealed,
	size_t n, struct wf_buf *out);

/* Keyed hash of a name; `kind` keeps the hashes of different indexes apart. ret_n 16 at most. */
void wf_seal_hash(const struct wf_seal *s, uint8_t kind, const char *text, uint8_t *ret,
	size_t ret_n);

/* The master key's fingerprint, to tell a wrong key from damage. */
void wf_seal_fingerprint(const uint8_t master[WF_SEAL_KEY], uint8_t ret[16]);

/* A data key sealed with the master key: WF_SEAL_KEY + WF_SEAL_EXTRA bytes. */
void wf_seal_wrap(const uint8_t master[WF_SEAL_KEY], const void *where, size_t where_n,
	const uint8_t data_key[WF_SEAL_KEY], uint8_t *out);
bool wf_seal_unwrap(const uint8_t master[WF_SEAL_KEY], const void *where, size_t where_n,
	const uint8_t *wrapped, uint8_t ret_data_key[WF_SEAL_KEY]);

/* Makes the library ready; once or more. */
void wf_seal_ready(void);
/* Overwrites what must not stay in memory. */
void wf_seal_wipe(void *bytes, size_t n);

#endif

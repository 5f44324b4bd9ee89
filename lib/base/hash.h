/* BLAKE2b through libsodium, and hexadecimal. */
#ifndef WF_BASE_HASH_H
#define WF_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WF_HASH_SIZE 32

/* BLAKE2b-256 of the bytes. */
void wf_hash(const void *bytes, size_t n, uint8_t ret[WF_HASH_SIZE]);

/* The same of two pieces, as if they were one. */
void wf_hash_two(const void *a, size_t a_n, const void *b, size_t b_n, uint8_t ret[WF_HASH_SIZE]);

/* BLAKE2b keyed with 32 bytes, any output size from 16 to 64. */
void wf_hash_keyed(const uint8_t key[32], const void *bytes, size_t n, uint8_t *ret, size_t ret_n);

/* Lower-case hexadecimal; `ret` has room for 2 * n + 1. */
void wf_hex(const uint8_t *bytes, size_t n, char *ret);

/* The inverse, of exactly 2 * n digits of either case; false when it is not that. */
bool wf_unhex(const char *text, uint8_t *ret, size_t n);

#endif

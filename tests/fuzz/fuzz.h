/*
 * What the fuzz targets share. A target is one file with LLVMFuzzerTestOneInput: `make fuzz` links
 * it with libFuzzer, `make check` with replay.c, which runs the inputs that are kept.
 *
 * The input lies in memory of exactly its size, so that the sanitizers see a byte read beyond it.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 0: done; -1: not worth keeping in a corpus. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
/* Optional: once, before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
/* Optional: another input from this one, n bytes with room for `most`. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed);
/* libFuzzer's own mutations, for a custom mutator. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t most);

/* What must hold for every input. */
#define FUZZ_CHECK(what)                                                                           \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what);  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Bytes taken off the front of an input; zeros when there are no more. */
struct fuzz_bytes {
	const uint8_t *at;
	size_t n;
};

static inline uint8_t fuzz_take(struct fuzz_bytes *b)
{
	if (!b->n)
		return 0;
	b->n--;
	return *b->at++;
}

#endif

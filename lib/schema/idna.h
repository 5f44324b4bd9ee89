/* Internationalised labels of host names (IDNA 2008): Punycode and the rules of RFC 5891 to 5893.
 */
#ifndef WF_SCHEMA_IDNA_H
#define WF_SCHEMA_IDNA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WF_LABEL_MAX 63

/* What follows "xn--" as code points; their number, 0 when it decodes to nothing. */
size_t wf_punycode_decode(const char *s, size_t n, uint32_t ret[WF_LABEL_MAX]);
/* The inverse; the length, 0 when it needs more than WF_LABEL_MAX - 4 bytes. */
size_t wf_punycode_encode(const uint32_t *points, size_t count, char ret[WF_LABEL_MAX]);

/* Whether the code points may be a U-label: hyphens, characters, context (RFC 5892). */
bool wf_idna_label_valid(const uint32_t *points, size_t count);
/* Whether it is written right to left, at least in part; and whether it may stand in a name where
 * some label is (RFC 5893, the Bidi rule). */
bool wf_idna_label_rtl(const uint32_t *points, size_t count);
bool wf_idna_label_bidi(const uint32_t *points, size_t count);

#endif

/* The values of `format`, each a function over a string. */
#ifndef WF_SCHEMA_FORMATS_H
#define WF_SCHEMA_FORMATS_H

#include <stdbool.h>
#include <stddef.h>

struct format {
	const char *name;
	bool (*valid)(const char *s, size_t n); /* valid UTF-8, n bytes, NULs possible */
	const char *meaning;			/* "must be ..." goes before it */
};

/* NULL when the name is not one that is checked. */
const struct format *wf_schema_format_find(const char *name);

/* format_time.c: RFC 3339 and its appendix A (durations). */
bool wf_format_date_time(const char *s, size_t n);
bool wf_format_date(const char *s, size_t n);
bool wf_format_time(const char *s, size_t n);
bool wf_format_duration(const char *s, size_t n);

/* format_net.c: RFC 3986, 3987, 5321, 6531, 1123, 2673, 4291. */
bool wf_format_uri(const char *s, size_t n);
bool wf_format_uri_reference(const char *s, size_t n);
bool wf_format_iri(const char *s, size_t n);
bool wf_format_iri_reference(const char *s, size_t n);
bool wf_format_email(const char *s, size_t n);
bool wf_format_idn_email(const char *s, size_t n);
bool wf_format_ipv4(const char *s, size_t n);
bool wf_format_ipv6(const char *s, size_t n);

/* format_host.c: RFC 1123 and 5890 to 5892. */
bool wf_format_hostname(const char *s, size_t n);
bool wf_format_idn_hostname(const char *s, size_t n);

#endif

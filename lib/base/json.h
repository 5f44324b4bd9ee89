/*
 * Helpers over jansson. json_t * is wfctl's value: JSON's null, booleans, 64-bit integers, reals,
 * strings, lists, objects. A NULL json_t * is "undefined" (a path that is not there). References
 * follow jansson's own rules: "new" is the caller's, "borrowed" is not.
 */
#ifndef WF_BASE_JSON_H
#define WF_BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>

/* Parses strict RFC 8259 text: duplicate keys refused, depth bounded, any value at the top. New
 * reference in *ret. WF_ESYNTAX with line and column in the cause. */
int wf_json_parse(const char *text, size_t len, json_t **ret, struct wf_cause *cause);

/* The same of text that has no escapes, no numbers but integers and no great depth, which most has not: NULL for
 * any other, whether or not it is JSON. */
json_t *wf_json_read_plain(const char *text, size_t len);

/* Compact text, keys in their order; a real has 15 digits where they read back as the same
 * number, 17 at most, and always a point or an exponent. Appends to the buffer. */
void wf_json_write(const json_t *value, struct wf_buf *out);

/* The same with object keys sorted bytewise: equal values give equal bytes. */
void wf_json_write_canonical(const json_t *value, struct wf_buf *out);

/* Compact text as a string from wf_alloc. */
char *wf_json_text(const json_t *value);

/* Bytes of the compact text, without making it. */
size_t wf_json_size(const json_t *value);

/* JSON equality of the definition language and of JSON Schema: numbers by mathematical value (1 ==
 * 1.0, integers and reals compared exactly), objects without regard to order. NULL equals only
 * NULL. */
bool wf_json_equal(const json_t *a, const json_t *b);

/* "null", "boolean", "integer", "number", "string", "list", "object"; "undefined" for NULL. */
const char *wf_json_type_name(const json_t *value);

/* Borrowed member at a path of member names and [N] indexes ("a.b[0].c"); NULL where it is not. */
json_t *wf_json_at(const json_t *value, const char *path);

/* Whether lists and objects are nested no deeper than an input's may be (WF_MAX_DEPTH). */
bool wf_json_depth_ok(const json_t *value);

/* Sets the value at a path of member names, making objects on the way. Takes a borrowed value (its
 * count is raised). WF_EINVAL when the path is empty or holds an empty name, or something on the way is
 * not an object; WF_ELIMIT when it has more than WF_MAX_DEPTH names. */
int wf_json_set_at(json_t *object, const char *path, json_t *value);

#endif

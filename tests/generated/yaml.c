/* The campaign of generated workflows: a value as YAML in block style. */
#include "generated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_block(FILE *f, json_t *value, int indent);

static bool is_scalar(const json_t *value)
{
	return !(json_is_object(value) && json_object_size(value)) &&
	       !(json_is_array(value) && json_array_size(value));
}

static void write_scalar(FILE *f, const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	fprintf(f, " %s\n", text);
	free(text);
}

static void write_member(FILE *f, json_t *value, int indent)
{
	if (is_scalar(value)) {
		write_scalar(f, value);
	} else {
		fputc('\n', f);
		write_block(f, value, indent + 2);
	}
}

static void write_block(FILE *f, json_t *value, int indent)
{
	const char *key;
	json_t *member;
	size_t i;
	json_object_foreach (value, key, member) {
		fprintf(f, "%*s%s:", indent, "", key);
		write_member(f, member, indent);
	}
	json_array_foreach (value, i, member) {
		fprintf(f, "%*s-", indent, "");
		write_member(f, member, indent);
	}
}

char *as_yaml(json_t *value)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	write_block(f, value, 0);
	fclose(f);
	return text;
}

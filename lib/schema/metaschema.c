/* The documents of the JSON Schema 2020-12 metaschema, as the standard publishes them, without
 * their remarks. */
#include "schema/compile.h"

#include <string.h>

#define HEAD(name) "{\"$schema\":\"" WF_SCHEMA_META "schema\",\"$id\":\"" WF_SCHEMA_META name "\","
#define VOCABULARY(name)                                                                           \
	"\"$vocabulary\":{\"" WF_SCHEMA_META "vocab/" name "\":true},\"$dynamicAnchor\":\"meta\","
#define TYPES "\"type\":[\"object\",\"boolean\"],"
#define META "{\"$dynamicRef\":\"#meta\"}"
#define META_MAP "{\"type\":\"object\",\"additionalProperties\":" META ",\"default\":{}}"
#define META_LIST "{\"$ref\":\"#/$defs/schemaArray\"}"
#define COUNT "{\"$ref\":\"#/$defs/nonNegativeInteger\"}"
#define COUNT_0 "{\"$ref\":\"#/$defs/nonNegativeIntegerDefault0\"}"
#define NUMBER "{\"type\":\"number\"}"
#define STRING "{\"type\":\"string\"}"
#define FLAG "{\"type\":\"boolean\",\"default\":false}"

static const struct {
	const char *name, *text;
} documents[] = {
	{"schema",
		HEAD("schema") "\"$vocabulary\":{"
		"\"" WF_SCHEMA_META "vocab/core\":true,"
		"\"" WF_SCHEMA_META "vocab/applicator\":true,"
		"\"" WF_SCHEMA_META "vocab/unevaluated\":true,"
		"\"" WF_SCHEMA_META "vocab/validation\":true,"
		"\"" WF_SCHEMA_META "vocab/meta-data\":true,"
		"\"" WF_SCHEMA_META "vocab/format-annotation\":true,"
		"\"" WF_SCHEMA_META "vocab/content\":true},"
		"\"$dynamicAnchor\":\"meta\","
		"\"title\":\"Core and Validation specifications meta-schema\","
		"\"allOf\":[{\"$ref\":\"meta/core\"},{\"$ref\":\"meta/applicator\"},"
		"{\"$ref\":\"meta/unevaluated\"},{\"$ref\":\"meta/validation\"},"
		"{\"$ref\":\"meta/meta-data\"},{\"$ref\":\"meta/format-annotation\"},"
		"{\"$ref\":\"meta/content\"}]," TYPES
		"\"properties\":{\"definitions\":{\"type\":\"object\","
		"\"additionalProperties\":" META ",\"deprecated\":true,\"default\":{}},"
		"\"dependencies\":{\"type\":\"object\",\"additionalProperties\":{"
		"\"anyOf\":[" META ","
		"{\"$ref\":\"meta/validation#/$defs/stringArray\"}]},\"deprecated\":true,"
		"\"default\":{}},"
		"\"$recursiveAnchor\":{\"$ref\":\"meta/core#/$defs/anchorString\","
		"\"deprecated\":true},"
		"\"$recursiveRef\":{\"$ref\":\"meta/core#/$defs/uriReferenceString\","
		"\"deprecated\":true}}}"},
	{"meta/core",
		HEAD("meta/core") VOCABULARY("core")
		"\"title\":\"Core vocabulary meta-schema\"," TYPES "\"properties\":{"
		"\"$id\":{\"$ref\":\"#/$defs/uriReferenceString\",\"pattern\":\"^[^#]*#?$\"},"
		"\"$schema\":{\"$ref\":\"#/$defs/uriString\"},"
		"\"$ref\":{\"$ref\":\"#/$defs/uriReferenceString\"},"
		"\"$anchor\":{\"$ref\":\"#/$defs/anchorString\"},"
		"\"$dynamicRef\":{\"$ref\":\"#/$defs/uriReferenceString\"},"
		"\"$dynamicAnchor\":{\"$ref\":\"#/$defs/anchorString\"},"
		"\"$vocabulary\":{\"type\":\"object\","
		"\"propertyNames\":{\"$ref\":\"#/$defs/uriString\"},"
		"\"additionalProperties\":{\"type\":\"boolean\"}},"
		"\"$comment\":" STRING ","
		"\"$defs\":{\"type\":\"object\",\"additionalProperties\":" META "}},"
		"\"$defs\":{\"anchorString\":{\"type\":\"string\","
		"\"pattern\":\"^[A-Za-z_][-A-Za-z0-9._]*$\"},"
		"\"uriString\":{\"type\":\"string\",\"format\":\"uri\"},"
		"\"uriReferenceString\":{\"type\":\"string\",\"format\":\"uri-reference\"}}}"},
	{"meta/applicator",
		HEAD("meta/applicator") VOCABULARY("applicator")
		"\"title\":\"Applicator vocabulary meta-schema\"," TYPES "\"properties\":{"
		"\"prefixItems\":" META_LIST ",\"items\":" META ",\"contains\":" META ","
		"\"additionalProperties\":" META ",\"properties\":" META_MAP ","
		"\"patternProperties\":{\"type\":\"object\",\"additionalProperties\":" META ","
		"\"propertyNames\":{\"format\":\"regex\"},\"default\":{}},"
		"\"dependentSchemas\":" META_MAP ",\"propertyNames\":" META ",\"if\":" META ","
		"\"then\":" META ",\"else\":" META ",\"allOf\":" META_LIST ","
		"\"anyOf\":" META_LIST ","
		"\"oneOf\":" META_LIST ",\"not\":" META "},"
		"\"$defs\":{\"schemaArray\":{\"type\":\"array\",\"minItems\":1,"
		"\"items\":" META "}}}"},
	{"meta/unevaluated",
		HEAD("meta/unevaluated") VOCABULARY("unevaluated")
		"\"title\":\"Unevaluated applicator vocabulary meta-schema\"," TYPES
		"\"properties\":{"
		"\"unevaluatedItems\":" META ",\"unevaluatedProperties\":" META "}}"},
	{"meta/validation",
		HEAD("meta/validation") VOCABULARY("validation")
		"\"title\":\"Validation vocabulary meta-schema\"," TYPES "\"properties\":{"
		"\"type\":{\"anyOf\":[{\"$ref\":\"#/$defs/simpleTypes\"},{\"type\":\"array\","
		"\"items\":{\"$ref\":\"#/$defs/simpleTypes\"},\"minItems\":1,"
		"\"uniqueItems\":true}]},"
		"\"const\":true,\"enum\":{\"type\":\"array\",\"items\":true},"
		"\"multipleOf\":{\"type\":\"number\",\"exclusiveMinimum\":0},"
		"\"maximum\":" NUMBER ",\"exclusiveMaximum\":" NUMBER ",\"minimum\":" NUMBER ","
		"\"exclusiveMinimum\":" NUMBER ",\"maxLength\":" COUNT ",\"minLength\":" COUNT_0 ","
		"\"pattern\":{\"type\":\"string\",\"format\":\"regex\"},"
		"\"maxItems\":" COUNT ",\"minItems\":" COUNT_0 ",\"uniqueItems\":" FLAG ","
		"\"maxContains\":" COUNT ","
		"\"minContains\":{\"$ref\":\"#/$defs/nonNegativeInteger\",\"default\":1},"
		"\"maxProperties\":" COUNT ",\"minProperties\":" COUNT_0 ","
		"\"required\":{\"$ref\":\"#/$defs/stringArray\"},"
		"\"dependentRequired\":{\"type\":\"object\","
		"\"additionalProperties\":{\"$ref\":\"#/$defs/stringArray\"}}},"
		"\"$defs\":{\"nonNegativeInteger\":{\"type\":\"integer\",\"minimum\":0},"
		"\"nonNegativeIntegerDefault0\":{\"$ref\":\"#/$defs/nonNegativeInteger\","
		"\"default\":0},"
		"\"simpleTypes\":{\"enum\":[\"array\",\"boolean\",\"integer\",\"null\",\"number\","
		"\"object\",\"string\"]},"
		"\"stringArray\":{\"type\":\"array\",\"items\":" STRING ",\"uniqueItems\":true,"
		"\"default\":[]}}}"},
	{"meta/meta-data",
		HEAD("meta/meta-data") VOCABULARY("meta-data")
		"\"title\":\"Meta-data vocabulary meta-schema\"," TYPES "\"properties\":{"
		"\"title\":" STRING ",\"description\":" STRING ",\"default\":true,"
		"\"deprecated\":" FLAG ",\"readOnly\":" FLAG ",\"writeOnly\":" FLAG ","
		"\"examples\":{\"type\":\"array\",\"items\":true}}}"},
	{"meta/format-annotation",
		HEAD("meta/format-annotation") VOCABULARY("format-annotation")
		"\"title\":\"Format vocabulary meta-schema for annotation results\"," TYPES
		"\"properties\":{\"format\":" STRING "}}"},
	{"meta/format-assertion",
		HEAD("meta/format-assertion") VOCABULARY("format-assertion")
		"\"title\":\"Format vocabulary meta-schema for assertion results\"," TYPES
		"\"properties\":{\"format\":" STRING "}}"},
	{"meta/content",
		HEAD("meta/content") VOCABULARY("content")
		"\"title\":\"Content vocabulary meta-schema\"," TYPES "\"properties\":{"
		"\"contentEncoding\":" STRING ",\"contentMediaType\":" STRING ","
		"\"contentSchema\":" META "}}"},
};

const char *wf_schema_metaschema(const char *uri)
{
	size_t prefix = strlen(WF_SCHEMA_META);

	if (strncmp(uri, WF_SCHEMA_META, prefix) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++)
		if (strcmp(documents[i].name, uri + prefix) == 0)
			return documents[i].text;
	return NULL;
}

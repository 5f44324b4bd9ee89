/* Values against schemas, and what actions read of connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vm_cases.h"

#define SCHEMA                                                                                     \
	"\"schema\":{\"type\":\"object\",\"required\":[\"a\",\"n\"],\"properties\":{\"a\":{\"type\":"  \
	"\"string\"},\"n\":{\"type\":\"integer\",\"default\":3}},\"additionalProperties\":false}"
#define INPUT "validate {\"action\":\"say\",\"of\":\"input\",\"defaults\":true," SCHEMA "}"
#define OUTPUT "validate {\"action\":\"say\",\"of\":\"output\",\"defaults\":false," SCHEMA "}"

static void test_validate(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const {\"a\":\"x\"};" INPUT, "{\"a\":\"x\",\"n\":3}"},
		{"const {\"a\":\"x\",\"n\":5};" INPUT, "{\"a\":\"x\",\"n\":5}"},
		{"const {\"a\":\"x\",\"n\":5};" OUTPUT, "{\"a\":\"x\",\"n\":5}"},
		{"const {\"a\":\"x\"};" OUTPUT, "!schema_mismatch the output of say: n is required"},
		{"const {\"n\":1};" INPUT, "!schema_mismatch the input of say: a is required"},
		{"const {\"a\":1};" INPUT, "!schema_mismatch the input of say: a is an integer, must be a string"},
		{"const {\"a\":\"x\",\"b\":1};" INPUT, "!schema_mismatch the input of say: b is not allowed"},
		{"const [];" INPUT, "!schema_mismatch the input of say: the value is a list, must be an object"},
		{"root event;" INPUT, "!path_missing a value"},
		{"const 1;validate {}", "!schema_mismatch there is no schema"},
		{"const 1;validate 5", "!schema_mismatch there is no schema"},
		{"const 1;validate {\"schema\":{\"type\":\"strnig\"}}", "!schema_mismatch what the value is"},
		{"const 1;validate {\"schema\":{\"type\":\"string\"}}",
			"!schema_mismatch the value of the action: the value is"},
		{"const 1;validate {\"schema\":true}", "1"},
		/* what is on the stack is shared, and stays as it is */
		{"const {\"a\":\"x\"};dup;" INPUT ";pop", "{\"a\":\"x\"}"},
		{"root connection", "{}"},
		{"root connection;get \"erp\"", "!path_missing connection.erp is not there"},
	};
	CHECK_ALL(examples);
}

static void test_connection(void **state)
{
	(void)state;
	struct wf_instance *in = instance();
	in->connections = json_pack("{s:{s:s}}", "erp", "base_url", "http://erp");
	struct outcome o = run_text("root connection\nget \"erp\"\nget \"base_url\"\nreturn\n", in);
	assert_int_equal(o.err, 0);
	assert_string_equal(json_string_value(o.value), "http://erp");
	outcome_done(&o);
	wf_instance_free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_validate),
		cmocka_unit_test(test_connection),
	};
	return cmocka_run_group_tests_name("values against schemas", tests, NULL, NULL);
}

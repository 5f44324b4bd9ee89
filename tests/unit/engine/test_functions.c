/* The functions of functions.def, each with what it gives and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vm_cases.h"

static void test_strings(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const \"abc\";call size 1", "3"},
		{"const \"h\xc3\xa9\";call size 1", "2"},
		{"const [1,2];call size 1", "2"},
		{"const {\"a\":1};call size 1", "1"},
		{"const 1;call size 1", "!type_mismatch size(): argument 1 must be a string, a list or"},
		{"undef;call size 1", "!path_missing size(): argument 1 is not there"},
		{"const \"AbC\xc3\x89\";call lower 1", "\"abc\xc3\x89\""},
		{"const \"AbC\";call upper 1", "\"ABC\""},
		{"const 1;call upper 1", "!type_mismatch upper(): argument 1 must be a string, not int"},
		{"const \"\\t a b\\n\";call trim 1", "\"a b\""},
		{"const \" \";call trim 1", "\"\""},
		{"const \"a,b,\";const \",\";call split 2", "[\"a\",\"b\",\"\"]"},
		{"const \"\";const \",\";call split 2", "[\"\"]"},
		{"const \"\";const \"\";call split 2", "[]"},
		{"const \"a\xc3\xa9z\";const \"\";call split 2", "[\"a\",\"\xc3\xa9\",\"z\"]"},
		{"const \"a--b\";const \"--\";call split 2", "[\"a\",\"b\"]"},
		{"const [\"a\",\"b\"];const \"-\";call join 2", "\"a-b\""},
		{"const [];const \"-\";call join 2", "\"\""},
		{"const [\"a\",1];const \"-\";call join 2", "!type_mismatch join(): element 1"},
		{"const \"v1.2\";const \"^v[0-9]\";call matches 2", "true"},
		{"const \"w1.2\";const \"^v[0-9]\";call matches 2", "false"},
		{"const \"a\";const \"(\";call matches 2", "!bad_pattern matches()"},
		{"const \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\";const \"^(a|aa)+$\";"
		 "call matches 2",
			"!pattern_too_slow"},
		{"const \"abc\";const \"ab\";call starts_with 2", "true"},
		{"const \"a\";const \"ab\";call starts_with 2", "false"},
		{"const \"abc\";const \"bc\";call ends_with 2", "true"},
		{"const \"c\";const \"bc\";call ends_with 2", "false"},
		{"const \"abc\";const \"b\";call contains 2", "true"},
		{"const [1,2];const 2.0;call contains 2", "true"},
		{"const {\"a\":1};const \"b\";call contains 2", "false"},
		{"const {\"a\":1};const 1;call contains 2", "!type_mismatch contains(): argument 2"},
		{"const 1;const 1;call contains 2", "!type_mismatch contains(): argument 1"},
		{"const \"a.b.c\";const \".\";const \"--\";call replace 3", "\"a--b--c\""},
		{"const \"abc\";const \"\";const \"-\";call replace 3", "\"abc\""},
		{"const \"abcdef\";const 1;const 3;call substring 3", "\"bcd\""},
		{"const \"abcdef\";const 4;call substring 2", "\"ef\""},
		{"const \"abcdef\";const -2;call substring 2", "\"ef\""},
		{"const \"abc\";const -9;const 2;call substring 3", "\"ab\""},
		{"const \"abc\";const 9;call substring 2", "\"\""},
		{"const \"a\xc3\xa9z\";const 1;const 1;call substring 3", "\"\xc3\xa9\""},
		{"const \"abc\";const 0;const -1;call substring 3", "!out_of_range"},
		{"const \"hi\";call base64 1", "\"aGk=\""},
		{"const \"\";call base64 1", "\"\""},
		{"const \"aGk=\";call unbase64 1", "\"hi\""},
		{"const \"aGk\";call unbase64 1", "!invalid_base64"},
		{"const \"AAA=\";call unbase64 1", "!not_text"},
		{"const \"/w==\";call unbase64 1", "!not_text"},
		{"const \"a b/c~\xc3\xa9\";call url_encode 1", "\"a%20b%2Fc~%C3%A9\""},
		{"const \"\";call sha256 1",
			"\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""},
		{"const \"Jefe\";const \"what do ya want for nothing?\";call hmac_sha256 2",
			"\"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843\""},
	};
	CHECK_ALL(examples);
}

static void test_conversions(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const \"42\";call int 1", "42"},
		{"const \"-0042\";call int 1", "-42"},
		{"const \"4.9\";call int 1", "4"},
		{"const -4.9;call int 1", "-4"},
		{"const true;call int 1", "1"},
		{"const 1e300;call int 1", "!overflow"},
		{"const \"9223372036854775808\";call int 1", "!overflow"},
		{"const \"1e3\";call int 1", "1000"},
		{"const \"4x\";call int 1", "!not_a_number"},
		{"const \" 4\";call int 1", "!not_a_number"},
		{"const \"\";call int 1", "!not_a_number"},
		{"const \"0x10\";call int 1", "!not_a_number"},
		{"const \"nan\";call number 1", "!not_a_number"},
		{"const \"1e999\";call number 1", "!not_a_number"},
		{"const null;call int 1", "!type_mismatch int(): argument 1 must be a number, a str"},
		{"const \"1.5\";call number 1", "1.5"},
		{"const \"15\";call number 1", "15"},
		{"const \"1.\";call number 1", "!not_a_number"},
		{"const 12;call string 1", "\"12\""},
		{"const \"x\";call string 1", "\"x\""},
		{"const [1,\"a\"];call string 1", "\"[1,\\\"a\\\"]\""},
		{"const \"true\";call bool 1", "true"},
		{"const false;call bool 1", "false"},
		{"const \"yes\";call bool 1", "!not_a_boolean"},
		{"const 1;call bool 1", "!type_mismatch"},
		{"const [1,\"a\"];call json 1", "\"[1,\\\"a\\\"]\""},
		{"const \"x\";call json 1", "\"\\\"x\\\"\""},
		{"const \"{\\\"a\\\":1}\";call parse_json 1;get \"a\"", "1"},
		{"const \"{\";call parse_json 1", "!invalid_json parse_json(): not JSON at line 1"},
		{"const 1.5;call type 1", "\"number\""},
		{"const 1;call type 1", "\"integer\""},
		{"const null;call type 1", "\"null\""},
		{"const [];call type 1", "\"list\""},
		{"undef;call type 1", "!path_missing"},
	};
	CHECK_ALL(examples);
}

static void test_numbers(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const 3;const 1;const 2.5;call min 3", "1"},
		{"const [3,1,2];call max 1", "3"},
		{"const \"b\";const \"a\";call min 2", "\"a\""},
		{"const [];call max 1", "!empty_list"},
		{"const [1,\"a\"];call max 1", "!type_mismatch"},
		{"const [true];call max 1", "!type_mismatch"},
		{"const true;call min 1", "!type_mismatch"},
		{"const [1,2,3];call sum 1", "6"},
		{"const [1,0.5];call sum 1", "1.5"},
		{"const [];call sum 1", "0"},
		{"const [9223372036854775807,1];call sum 1", "!overflow"},
		{"const [\"1\"];call sum 1", "!type_mismatch sum(): all elements must be numbers"},
		{"const -3;call abs 1", "3"},
		{"const -3.5;call abs 1", "3.5"},
		{"const -9223372036854775808;call abs 1", "!overflow"},
		{"const 2.567;const 2;call round 2", "2.57"},
		{"const 2.675;const 2;call round 2", "2.68"},
		{"const 1.005;const 2;call round 2", "1.01"},
		{"const -2.5;call round 1", "-3"},
		{"const 2.4;call round 1", "2"},
		{"const 0.5;call round 1", "1"},
		{"const 0.04;call round 1", "0"},
		{"const 0.04;const 1;call round 2", "0.0"},
		{"const 9.99;const 1;call round 2", "10.0"},
		{"const 1e300;const 2;call round 2;const 1e300;eq", "true"},
		{"const 7;const 2;call round 2", "7"},
		{"const 7.1;const 16;call round 2", "!out_of_range"},
		{"const 2.9;call floor 1", "2"},
		{"const -2.1;call floor 1", "-3"},
		{"const 2.1;call ceil 1", "3"},
		{"const 5;call ceil 1", "5"},
		{"const 1e300;call floor 1", "!overflow"},
	};
	CHECK_ALL(examples);
}

static void test_collections(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const {\"b\":2,\"a\":1};call keys 1", "[\"b\",\"a\"]"},
		{"const {\"b\":2,\"a\":[1]};call values 1", "[2,[1]]"},
		{"const {\"a\":1};call entries 1", "[{\"key\":\"a\",\"value\":1}]"},
		{"const {\"a\":1,\"b\":1};const {\"b\":2};const {\"c\":3};call merge 3",
			"{\"a\":1,\"b\":2,\"c\":3}"},
		{"const {\"a\":1};const 2;call merge 2", "!type_mismatch merge(): argument 2"},
		{"const [3,1.5,2,1];call sort 1", "[1,1.5,2,3]"},
		{"const [2,1.0,1];call sort 1", "[1.0,1,2]"},
		{"const [\"b\",\"a\"];call sort 1", "[\"a\",\"b\"]"},
		{"const [\"b\",1];call sort 1", "!type_mismatch"},
		{"const [null];call sort 1", "!type_mismatch"},
		{"const [];call sort 1", "[]"},
		{"const [1,2];call reverse 1", "[2,1]"},
		{"const [1,2,1.0,\"1\",\"1\",{\"a\":1,\"b\":2},{\"b\":2.0,\"a\":1},[0.0],[-0.0],null,"
		 "null,true,false,true];call unique 1",
			"[1,2,\"1\",{\"a\":1,\"b\":2},[0.0],null,true,false]"},
		{"const [[1],[2,[3]],4];call flatten 1", "[1,2,[3],4]"},
		{"const 3;call range 1", "[0,1,2]"},
		{"const -1;const 2;call range 2", "[-1,0,1]"},
		{"const 2;const 1;call range 2", "[]"},
		{"const -9223372036854775808;const 9223372036854775807;call range 2",
			"!list_too_long"},
		{"const null;undef;const 2;call coalesce 3", "2"},
		{"undef;call coalesce 1", "null"},
		{"const {\"a\":1};const \"a\";call get 2", "1"},
		{"const {\"a\":1};const \"b\";call get 2", "null"},
		{"const {\"a\":1};const \"b\";const 0;call get 3", "0"},
		{"const [5,6];const -1;call get 2", "6"},
		{"undef;const \"b\";const 0;call get 3", "0"},
		{"const null;const \"b\";call get 2", "null"},
		{"const [5];const \"b\";call get 2", "!type_mismatch"},
		{"const [5];undef;call get 2", "!path_missing"},
	};
	CHECK_ALL(examples);
}

static void test_many(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const 200000;call range 1;call unique 1;call size 1", "200000"},
		{"const 200000;call range 1;call reverse 1;call sort 1;const 5;index", "5"},
	};
	CHECK_ALL(examples);
}

static void test_time(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{"const \"1970-01-01T00:00:01Z\";call timestamp 1", "1000"},
		{"const 77;call timestamp 1", "77"},
		{"const \"yesterday\";call timestamp 1", "!bad_time"},
		{"const true;call timestamp 1", "!type_mismatch"},
		{"const \"PT1M30S\";call duration 1", "90000"},
		{"const \"1m\";call duration 1", "!bad_duration"},
		{"const 0;call format_time 1", "\"1970-01-01T00:00:00.000Z\""},
		{"const \"2026-03-01T01:00:00+02:00\";call format_time 1",
			"\"2026-02-28T23:00:00.000Z\""},
		{"const 0;const \"%Y-%m-%d %H:%M:%S %Z %z %j %A %%\";call format_time 2",
			"\"1970-01-01 00:00:00 UTC +0000 001 Thursday %\""},
		{"const -1;const \"%H:%M:%S\";call format_time 2", "\"23:59:59\""},
		{"const 0;const \"\";call format_time 2", "\"\""},
		{"const 0;const \"%s\";call format_time 2", "!bad_format"},
		{"const 0;const \"%\";call format_time 2", "!bad_format"},
		{"const 9000000000000000;call format_time 1", "!out_of_range"},
		{"const 1.5;call format_time 1", "!type_mismatch"},
		{"call now 0", "1000"},
		{"call uuid 0;call uuid 0;eq", "false"},
		{"call uuid 0;call size 1", "36"},
	};
	CHECK_ALL(examples);
}

/* The same event gives the same uuids, another one others. */
static void test_uuid_replays(void **state)
{
	(void)state;
	struct wf_plan *plan = plan_of_text(
		"plan 3\nworkflow \"w\"\nentry E\nstep \"a\"\naction data.set\nenter E\ncode\n"
		"E:\nenter \"a\"\ncall uuid 0\nperform \"a\"\nundef\nfinish success \"s\"\n");
	struct wf_instance *in = instance();
	json_t *ids[4];
	static struct wf_vm vm;
	const struct {
		int64_t now;
		uint32_t random;
	} events[4] = {{5, 1}, {5, 1}, {5, 2}, {6, 1}};
	for (unsigned i = 0; i < 4; i++) {
		uint32_t pc = 1;
		wf_vm_init(&vm, plan, in, events[i].now, events[i].random);
		assert_int_equal(wf_vm_run(&vm, &pc), 0);
		ids[i] = wf_vm_pop(&vm);
		wf_vm_done(&vm);
	}
	assert_true(wf_json_equal(ids[0], ids[1]));
	assert_false(wf_json_equal(ids[0], ids[2]));
	assert_false(wf_json_equal(ids[0], ids[3]));
	for (unsigned i = 0; i < 4; i++)
		json_decref(ids[i]);
	wf_instance_free(in);
	wf_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_conversions),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_collections),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_uuid_replays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#!/usr/bin/env bats
# wfctl eval: expressions without a workflow.

load helper

setup() {
	common_setup
}

@test "values come back as JSON" {
	ok wfctl eval '1 + 2 * 3'
	assert_output 7
	ok wfctl eval '"a" + "b"'
	assert_output '"ab"'
	ok wfctl eval '{a: [1, 2], b: null}' -o jsonl
	assert_output '{"a":[1,2],"b":null}'
	ok wfctl eval '[1, {a: true}]' -o yaml
	assert_line --index 0 '- 1'
	assert_line --index 1 '- a: true'
}

@test "input by --set, --input JSON, @file and -" {
	ok wfctl eval 'user.name + "!"' --set user.name=Ann
	assert_output '"Ann!"'
	ok wfctl eval 'n > 1 && input.n == 2' --input '{"n": 2}'
	assert_output true
	echo '{"items": [{"p": 1}, {"p": 2.5}]}' >in.json
	ok wfctl eval 'sum(map(items, item.p))' --input @in.json
	assert_output 3.5
	run wfctl eval 'size(items)' --input - <in.json
	assert_output 2
	ok wfctl eval 'n' --input '{"n": 1}' --set n=5
	assert_output 5
	ok wfctl eval 'n' --set n=x=y
	assert_output '"x=y"'
}

@test "templates" {
	ok wfctl eval --template 'Hello ${name}, $${x}' --set name=Ann
	assert_output '"Hello Ann, ${x}"'
	ok wfctl eval --template '${n}' --set n=3
	assert_output 3
}

@test "errors are status 1, with the place" {
	run wfctl eval '1 +'
	assert_failure 1
	assert_output --partial 'expression:1:4: error[expr-syntax]'
	status 1 wfctl eval 'usr.id' --set user.id=1
	assert_output --partial "is not there"
	status 1 wfctl eval 'nope(1)'
	assert_output --partial "function-unknown"
	status 1 wfctl eval '1 / 0'
	status 1 wfctl eval '"a" < 1'
}

@test "wrong usage" {
	status 2 wfctl eval
	status 2 wfctl eval 'a' --set a
	status 2 wfctl eval 'a' --input '{'
	assert_output --partial "is not JSON"
	status 2 wfctl eval 'a' --input @missing
	status 2 wfctl eval 'a' --set a=1 --set a.b=2
}

@test "what the input lacks, at any depth, may be asked for" {
	ok wfctl eval 'a.b.c ?? 3' --input '{"a":{}}'
	assert_output 3
	ok wfctl eval 'has(a.b)' --input '{"a":{}}'
	assert_output false
	ok wfctl eval 'has(l[0].x)' --input '{"l":[{"y":1}]}'
	assert_output false
	status 1 wfctl eval 'a.bb' --input '{"a":{"b":1}}'
	assert_output --partial 'input.a has `b`'
}

@test "--language jmespath: the input is what is queried" {
	ok wfctl eval --language jmespath 'items[?price > `10`].name' --input '{"items":[{"name":"a","price":5},{"name":"b","price":15}]}' -o jsonl
	assert_output '["b"]'
	ok wfctl eval -l jmespath 'nothing.here' --set a=1
	assert_output null
	ok wfctl eval -l native 'a + 1' --set a=1
	assert_output 2
}

@test "--language jmespath: errors, with the place and the code" {
	run wfctl eval -l jmespath 'items[?price' --set a=1
	assert_failure 1
	assert_output --partial 'expression:1:13: error[query-syntax]: no expression of JMESPath'
	run wfctl eval -l jmespath 'a.lenght(@)' --set a=1
	assert_failure 1
	assert_output --partial 'expression:1:3: error[query-syntax]'
	assert_output --partial 'did you mean length?'
	run wfctl eval -l jmespath 'abs(a)' --set a=x -o json
	assert_failure 1
	assert_output --partial '"code": "invalid-type"'
	status 2 wfctl eval -l sql a
	assert_output --partial "the language is native, jmespath or jsonata, not sql"
	status 2 wfctl eval -l jmespath --template a
}

@test "--language jsonata: what has no value is said" {
	ok wfctl eval -l jsonata '$sum(items.(price * count))' --input '{"items":[{"price":2,"count":3},{"price":1.5,"count":2}]}'
	assert_output 9
	run wfctl eval -l jsonata 'nothing.here' --set a=1 -o json
	assert_failure 1
	assert_output --partial '"code": "UNDEFINED"'
	run wfctl eval -l jsonata '1 + "a"' -o json
	assert_failure 1
	assert_output --partial '"code": "T2002"'
	run wfctl eval -l jsonata '($f := function($x){$f($x) + 1}; $f(1))' -o json
	assert_failure 1
	assert_output --partial '"error_type": "LimitError"'
}

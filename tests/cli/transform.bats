#!/usr/bin/env bats
# data.transform and triggers with the query languages.

load helper

setup() {
	home_setup
}

@test "JMESPath sees the input with the steps' outputs over it, or the input it is given" {
	cat >q.yaml <<-'EOT'
	workflow:
	  id: q
	  steps:
	    - id: paid
	      action: data.transform
	      with: { language: jmespath, expression: "orders[?paid].{id: id, total: total}" }
	    - id: sum
	      action: data.transform
	      with: { language: jmespath, input: "${paid}", expression: "sum([].total)" }
	    - { id: more, action: data.set, with: { orders: [] } }
	    - id: over
	      action: data.transform
	      with: { language: jmespath, expression: "{left: length(orders), name: name}" }
	    - id: none
	      action: data.transform
	      with: { language: jmespath, expression: "nowhere.at.all" }
	  completion:
	    on_success:
	      result: success
	      output: { sum: "${sum}", paid: "${paid}", over: "${over}", none: "${none}" }
	EOT
	ok wfctl lint q.yaml
	ok wfctl run q.yaml --input '{"name": "n", "orders":[{"id":1,"paid":true,"total":5},{"id":2,"paid":false,"total":7},{"id":3,"paid":true,"total":8}]}' -o jsonl
	ok wfctl show 1 -o json
	assert_equal "$(jq -c .output.sum <<<"$output")" 13
	assert_equal "$(jq -c .output.paid <<<"$output")" '[{"id":1,"total":5},{"id":3,"total":8}]'
	assert_equal "$(jq -c .output.over.name <<<"$output")" '"n"'
	assert_equal "$(jq -c .output.none <<<"$output")" null
}

@test "an error of a query is a failure that the workflow can handle" {
	cat >q.yaml <<-'EOT'
	workflow:
	  id: q
	  steps:
	    - id: bad
	      action: data.transform
	      with: { language: jmespath, expression: "abs(name)" }
	      on_failure:
	        handlers:
	          - { error_type: ValidationError, error_code: invalid-type, to: mend }
	    - { id: skipped, action: data.set, with: { x: 1 }, next: [{ to: end }] }
	    - { id: mend, action: data.set, with: { was: "${error.message}" } }
	EOT
	wfctl run q.yaml --set name=n -o jsonl || true
	ok wfctl show 1 -o json
	assert_equal "$(jq -r .status <<<"$output")" completed
}

@test "a limit of a query is a LimitError" {
	cat >q.yaml <<-'EOT'
	workflow:
	  id: q
	  steps:
	    - id: bad
	      action: data.transform
	      with: { language: jmespath, expression: "pad_left('x', `900000000`)" }
	EOT
	status 1 wfctl run q.yaml
	assert_output --partial "LimitError value_limit"
}

@test "a trigger's transform makes the input of the event's data" {
	cat >t.yaml <<-'EOT'
	workflow:
	  id: t
	  version: 1.0.0
	  triggers:
	    - type: event
	      name: order.made
	      transform: { type: jmespath, expression: "{id: order.id, skus: order.items[].sku}" }
	    - { type: event, name: order.gone, transform: { type: native, expression: "{id: event.data.id, skus: []}" } }
	  input:
	    type: object
	    required: [id, skus]
	    properties: { id: { type: string }, skus: { type: array } }
	  steps:
	    - { id: keep, action: data.set, with: { n: "${size(skus)}" } }
	EOT
	ok wfctl register t.yaml
	ok wfctl emit order.made --data '{"order": {"id": "o1", "items": [{"sku": "a"}, {"sku": "b"}]}}'
	ok wfctl show 1 -o json
	assert_equal "$(jq -c .input <<<"$output")" '{"id":"o1","skus":["a","b"]}'
	ok wfctl emit order.gone --data '{"id": "o2"}'
	ok wfctl show 2 -o json
	assert_equal "$(jq -c .input <<<"$output")" '{"id":"o2","skus":[]}'
	run wfctl emit order.made --data '{"order": 1}'
	refute_output --partial "started 1"
}

@test "JSONata: the input, its library, an error of its own, and a translation of the definition" {
	cat >q.yaml <<-'EOT'
	workflow:
	  id: q
	  steps:
	    - id: sum
	      action: data.transform
	      with: { language: jsonata, expression: "$sum(orders[paid].total)" }
	    - id: names
	      action: data.transform
	      with: { language: jsonata, input: { list: "${orders}", by: 2 }, expression: "list.(id * $$.by)" }
	    - id: none
	      action: data.transform
	      with: { language: jsonata, expression: "nowhere.at.all" }
	    - id: bad
	      action: data.transform
	      with: { language: jsonata, expression: "1 + 'a'" }
	      on_failure:
	        handlers:
	          - { error_code: T2002, to: end }
	EOT
	local input='{"orders":[{"id":1,"paid":true,"total":5},{"id":2,"paid":false,"total":7},{"id":3,"paid":true,"total":8}]}'
	wfctl run q.yaml --input "$input" -o jsonl || true
	ok wfctl show 1 -o json
	assert_equal "$(jq -r .status <<<"$output")" completed
	assert_equal "$(jq -c '[.steps[] | .output]' <<<"$output")" '[13,[2,4,6],null,null]'
	ok wfctl compile --emit orch q.yaml
	assert_output --partial jsonata
	printf '%s\n' "$output" >again.yaml
	assert_equal "$(wfctl compile q.yaml -o json | jq -re .plan)" "$(wfctl compile again.yaml -o json | jq -re .plan)"
}

@test "a query that would never end is stopped, and its failure can be handled" {
	cat >q.yaml <<-'EOT'
	workflow:
	  id: q
	  steps:
	    - id: bad
	      action: data.transform
	      with: { language: jsonata, expression: "($f := function($x) { $f($x + 1) }; $f(1))" }
	      on_failure:
	        handlers:
	          - { error_type: LimitError, to: end }
	EOT
	wfctl run q.yaml || true
	ok wfctl show 1 -o json
	assert_equal "$(jq -r .status <<<"$output")" completed
}

@test "the transform of a trigger in the dialect that has it" {
	cat >t.json <<-'EOT'
	{ "workflowId": "w", "name": "W", "version": "1.0.0",
	  "triggers": [{ "eventPattern": "order.made", "description": "An order.", "transform": { "type": "jsonata",
	    "expression": "{\"id\": order.id, \"sum\": $sum(order.items.(price * count))}" } }],
	  "steps": [{ "stepId": "a", "taskId": "data.set", "config": { "x": "${sum}" } }] }
	EOT
	ok wfctl register t.json
	ok wfctl emit order.made --data '{"order": {"id": "o1", "items": [{"price": 2, "count": 3}, {"price": 1.5, "count": 2}]}}'
	ok wfctl show 1 -o json
	assert_equal "$(jq -c .input <<<"$output")" '{"id":"o1","sum":9}'
}

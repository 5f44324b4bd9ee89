#!/usr/bin/env bats
# Action definitions: where they are found, what a step that uses one does; wfctl action.

load helper
load shape

setup() {
	home_setup
	cat >greet.yaml <<-'EOT'
	kind: action
	id: greet
	version: 1.0.0
	name: Greet
	input:
	  type: object
	  required: [name]
	  properties: { name: { type: string }, times: { type: integer, default: 2, maximum: 3 } }
	  additionalProperties: false
	output: { type: object, required: [text], properties: { text: { type: string } } }
	perform:
	  action: exec.run
	  with: { command: [printf, "%s %s", "${input.name}", "${string(input.times)}"], output: text }
	result: { text: "${output.stdout}" }
	EOT
	cat >flow.yaml <<-'EOT'
	workflow:
	  id: flow
	  version: 1.0.0
	  input: { type: object, properties: { name: { default: ann } } }
	  steps:
	    - { id: hello, action: greet, with: { name: "${input.name}" } }
	  completion: { on_success: { output: "${hello.text}" } }
	EOT
}

# runs the flow and compares its output
gives() {
	ok wfctl run "${@:2}" -o json
	assert_equal "$(jq -c .output <<<"$output")" "$1"
}

@test "unknown, with the nearest name" {
	status 1 wfctl lint flow.yaml
	assert_output --partial "there is no action \`greet\`"
	sed -i 's/action: greet/action: asign_plan/' flow.yaml
	status 1 wfctl lint flow.yaml
	assert_output --partial "did you mean \`assign_plan\`?"
}

@test "a name that is kept for adapters is performed by its definition, and by nothing else" {
	sed -i 's/action: greet/action: alert.emit/' flow.yaml
	status 1 wfctl lint flow.yaml
	assert_output --partial "nothing performs the action \`alert.emit\` here"
	mkdir actions
	sed 's/^id: greet/id: alert.emit/' greet.yaml >actions/alert.emit.yaml
	ok wfctl lint flow.yaml
	gives '"ann 2"' flow.yaml
	sed -i 's/^id: .*/id: http.request/' actions/alert.emit.yaml
	status 1 wfctl lint actions/alert.emit.yaml
	assert_output --partial "\`http.request\` is a built-in action"
	ok wfctl explain alert.emit
	assert_output --partial "performed by an adapter's definition"
}

@test "in the same file, as documents and as a list" {
	{ cat greet.yaml; echo ---; cat flow.yaml; } >both.yaml
	ok wfctl lint both.yaml
	assert_output --partial "2 definitions: no errors"
	gives '"ann 2"' both.yaml
	{ sed 's/^/  /; 1s/^ /-/' greet.yaml; sed 's/^/  /; 1s/^ /-/' flow.yaml; } >list.yaml
	ok wfctl lint list.yaml
	gives '"ann 2"' list.yaml
}

@test "--actions names a file or a folder, and its own findings come with it" {
	mkdir other && mv greet.yaml other/
	status 1 wfctl run flow.yaml
	gives '"ann 2"' flow.yaml --actions other/greet.yaml
	gives '"ann 2"' flow.yaml --actions other
	ok wfctl lint flow.yaml --actions other
	ok wfctl compile flow.yaml --actions other
	ok wfctl graph flow.yaml --actions other
	assert_output --partial 'greet'
	ok wfctl register flow.yaml --actions other
	gives '"ann 2"' flow
	status 1 wfctl lint flow.yaml --actions nowhere.yaml
	assert_output --partial "nowhere.yaml"
	sed -i 's/input.name/input.nam/' other/greet.yaml
	status 1 wfctl lint flow.yaml --actions other
	assert_output --partial "other/greet.yaml:13:"
	assert_output --partial "did you mean \`name\`?"
}

@test "a folder actions beside the workflow, and a folder that is the bundle" {
	mkdir actions && mv greet.yaml actions/
	gives '"ann 2"' flow.yaml
	gives '"ann 2"' "$PWD/flow.yaml"
	mkdir bundle && mv actions flow.yaml bundle/
	mv bundle/actions bundle/tasks
	ok wfctl lint bundle
	ok wfctl register bundle
	assert_output --partial "flow 1.0.0 registered"
	assert_output --partial "greet 1.0.0 registered, an action"
	gives '"ann 2"' flow
}

@test "a folder actions is opened for a name that is found nowhere nearer, and what is broken in it is not heard" {
	{ cat greet.yaml; echo ---; cat flow.yaml; } >own.yaml
	# whoever opens this waits until somebody writes into it
	mkfifo actions
	ok wfctl lint own.yaml
	status 0 wfctl register own.yaml --dry-run
	gives '"ann 2"' own.yaml
	rm actions
	mkdir actions && mv greet.yaml actions/
	printf 'kind: action\nid: [\n' >actions/broken.yaml
	printf 'kind: action\nid: other\nperform: { action: nothing }\n' >actions/other.yaml
	ok wfctl lint flow.yaml
	gives '"ann 2"' flow.yaml
	sed -i 's/action: greet/action: other/; /output:/d' flow.yaml
	status 1 wfctl lint flow.yaml
	assert_output --partial "actions/other.yaml:3:"
	sed -i 's/action: other/action: othr/' flow.yaml
	status 1 wfctl lint flow.yaml
	assert_output --partial "did you mean \`other\`?"
	mkdir given && mv actions/broken.yaml given/
	status 1 wfctl lint own.yaml --actions given
	assert_output --partial "given/broken.yaml:"
}

@test "registered: kept under its version, used by name, listed, shown, deleted" {
	ok wfctl register greet.yaml
	assert_output "greet 1.0.0 registered, an action"
	ok wfctl register greet.yaml -o json
	shape register
	assert_output --partial '"new": false'
	sed -i 's/%s %s/%s-%s/' greet.yaml
	status 6 wfctl register greet.yaml
	assert_output --partial "action greet has another definition under version 1.0.0 already"
	gives '"ann 2"' flow.yaml
	sed -i 's/1.0.0/1.1.0/' greet.yaml
	ok wfctl register greet.yaml
	ok wfctl register flow.yaml
	rm greet.yaml
	gives '"ann-2"' flow.yaml
	ok wfctl action ls
	assert_line --index 0 --regexp '^ACTION +VERSION +NAME +REGISTERED +BY +HASH$'
	assert_line --regexp '^greet +1.0.0 +Greet +.* ann +[0-9a-f]{12}$'
	assert_line --regexp '^assign_plan +1.0.0 +Assign plan +shipped +- '
	ok wfctl action ls -o json
	shape action-ls
	ok wfctl action show greet
	assert_output --partial 'version: "1.1.0"'
	ok wfctl action show greet@1.0.0 -o json
	shape action-show
	ok wfctl journal check
	ok wfctl action delete greet@1.1.0
	assert_output "greet@1.1.0 deleted; what was compiled with it keeps it"
	gives '"ann 2"' flow.yaml
	ok wfctl action delete greet -o json
	shape action-delete
	status 1 wfctl run flow.yaml
	gives '"ann-2"' flow
	status 4 wfctl action delete greet
	status 4 wfctl action show greet
	ok wfctl action show send_email
	ok wfctl journal check
}

@test "a version that is left out is counted" {
	sed -i '/version/d' greet.yaml
	ok wfctl register greet.yaml
	assert_output --partial "greet 1 registered"
	sed -i 's/%s %s/%s-%s/' greet.yaml
	status 0 wfctl register greet.yaml --dry-run
	assert_output --partial "nothing was registered"
	ok wfctl register greet.yaml
	assert_output --partial "greet 2 registered"
}

@test "the nearest place goes first" {
	ok wfctl register greet.yaml
	mkdir actions given
	sed 's/%s %s/beside/' greet.yaml >actions/greet.yaml
	sed 's/%s %s/given/' greet.yaml >given/greet.yaml
	{ sed 's/%s %s/own/' greet.yaml; echo ---; cat flow.yaml; } >own.yaml
	sed '/exec.run/d' greet.yaml >greet.yaml.not
	gives '"beside"' flow.yaml
	gives '"given"' flow.yaml --actions given
	gives '"own"' own.yaml --actions given
	rm -r actions
	gives '"ann 2"' flow.yaml
}

@test "input and output are checked when it runs, as far as they could not be before" {
	ok wfctl register greet.yaml
	status 1 wfctl run flow.yaml --set name=7 -o json
	assert_equal "$(jq -r .error.type <<<"$output")" ValidationError
	assert_equal "$(jq -r .error.code <<<"$output")" schema_mismatch
	assert_equal "$(jq -r .error.message <<<"$output")" \
		"the input of greet: name is an integer, must be a string"
	assert_equal "$(jq -r '.steps[0].attempts' <<<"$output")" 0
	sed -i 's/version: 1.0.0/version: 2.0.0/; s/text: { type: string }/text: { type: string, maxLength: 5 }/' greet.yaml
	ok wfctl register greet.yaml
	gives '"ann 2"' flow.yaml
	status 1 wfctl run flow.yaml --set name=johanna -o json
	assert_equal "$(jq -r .error.message <<<"$output" | cut -d: -f1)" "the output of greet"
}

@test "an action that another performs: both inputs, both results, one key" {
	cat >chain.yaml <<-'EOT'
	kind: action
	id: greet_twice
	input: { type: object, required: [who], properties: { who: { type: string } } }
	idempotency_key: "greet-${input.who}"
	perform: { action: greet, with: { name: "dear ${who}", times: 3 } }
	result: { said: "${output.text}!" }
	EOT
	sed -i 's/action: greet.*/action: greet_twice, with: { who: "${input.name}" }, output: "${output.said}?" }/; s/hello.text/hello/' flow.yaml
	mkdir actions && mv chain.yaml greet.yaml actions/
	ok wfctl run flow.yaml -o json
	assert_equal "$(jq -r .output <<<"$output")" "dear ann 3!?"
	assert_equal "$(jq -r '.steps[0].idempotency_key' <<<"$output")" greet-ann
	assert_equal "$(jq -r '.steps[0].action' <<<"$output")" greet_twice
	ok wfctl run flow.yaml
	assert_output --regexp 'ok +hello +greet_twice'
}

@test "instances in flight keep what they began with" {
	cat >slow.yaml <<-'EOT'
	workflow:
	  id: slow
	  version: 1.0.0
	  steps:
	    - { id: wait, action: wait.signal, with: { name: go } }
	    - { id: hello, action: greet, with: { name: bob } }
	  completion: { on_success: { output: "${hello.text}" } }
	EOT
	mkdir actions && mv greet.yaml actions/
	status 3 wfctl run slow.yaml
	sed -i 's/%s %s/newer/' actions/greet.yaml
	ok wfctl signal 1 go
	ok wfctl show 1 -o json
	assert_equal "$(jq -r .output <<<"$output")" "bob 2"
}

@test "wrong usage" {
	status 2 wfctl action
	assert_output --partial "action needs one of: ls|show|delete"
	status 2 wfctl action show
	status 2 wfctl run greet.yaml
	assert_output --partial "holds no workflow, only actions"
	status 4 wfctl action show nothing
}

# -- those that are shipped, over HTTP --

connect() { # connect PATH: every connection leads to the server, below PATH
	start_httpd
	{
		echo "connections:"
		for name in billing email erp idp; do
			echo "  $name: { base_url: \"$HTTPD_URL$1\", headers: { X-Tenant: t1 } }"
		done
	} >>"$WFCTL_HOME/config.yaml"
}

# one ACTION WITH: a workflow of that one step, whose input has a customer and a user
one() {
	cat >one.yaml <<-EOT
	workflow:
	  id: one
	  version: 1.0.0
	  input: { type: object, properties: { customer_id: {}, user: {} } }
	  steps:
	    - { id: it, action: $1, with: $2 }
	  completion: { on_success: { output: "\${it}" } }
	EOT
	run_wfctl=(wfctl run one.yaml --set customer_id=c1 --set user.id=u1 --set user.email=u1@example.org -o json)
}

# sent METHOD PATH BODY: the last request was that one, with the step's key and the connection's headers
sent() {
	local last uuid
	last=$(tail -n 1 "$HTTPD_LOG")
	uuid=$(jq -r .uuid <<<"$output")
	assert_equal "$(jq -r '.method + " " + .path' <<<"$last")" "$1 $2"
	assert_equal "$(jq -cS '.body | fromjson | del(..|nulls)' <<<"$last")" "$(jq -cS . <<<"$3")"
	assert_equal "$(jq -r '.headers["Idempotency-Key"]' <<<"$last")" "$uuid:it"
	assert_equal "$(jq -r '.headers["X-Tenant"]' <<<"$last")" t1
}

@test "shipped: each sends what it should, and shapes what comes back" {
	connect ""
	one assign_plan '{ plan_id: starter, currency: EUR }'
	ok "${run_wfctl[@]}"
	sent POST /v1/subscriptions '{"customer_id":"c1","plan_id":"starter","currency":"EUR","billing_period":"MONTHLY"}'
	assert_equal "$(jq -r .output.status <<<"$output")" active
	assert_equal "$(jq -r .output.subscription_id <<<"$output")" "subscr-$(jq -r .uuid <<<"$output"):it"

	one create_wallet '{ currency: USD, conversion_rate: 1.0, initial_credits: 100 }'
	ok "${run_wfctl[@]}"
	sent POST /v1/wallets '{"customer_id":"c1","currency":"USD","conversion_rate":1.0,"initial_credits":100}'
	assert_equal "$(jq -r .output.balance <<<"$output")" 100

	one grant_credits '{ credits: 5, wallet_id: w1 }'
	ok "${run_wfctl[@]}"
	sent POST /v1/credits/grants '{"customer_id":"c1","wallet_id":"w1","credits":5,"reason":"granted by a workflow"}'
	assert_equal "$(jq -r .output.grant_id <<<"$output" | cut -d- -f1)" grants

	one create_entitlement '{ feature_id: f1, usage_limit: 10 }'
	ok "${run_wfctl[@]}"
	sent POST /v1/entitlements '{"feature_id":"f1","customer_id":"c1","is_enabled":true,"usage_limit":10}'
	one create_entitlement '{ feature_id: f1, plan_id: p1 }'
	ok "${run_wfctl[@]}"
	sent POST /v1/entitlements '{"feature_id":"f1","plan_id":"p1","is_enabled":true}'

	one update_customer '{ name: Ann, metadata: { a: 1 } }'
	ok "${run_wfctl[@]}"
	sent PATCH /v1/customers/c1 '{"name":"Ann","metadata":{"a":1}}'
	assert_equal "$(jq -c .output <<<"$output")" '{"customer_id":"c1","updated_at":null}'

	one send_email '{ to: ann@example.org, template: welcome, variables: { name: Ann } }'
	ok "${run_wfctl[@]}"
	sent POST /v1/messages '{"to":"ann@example.org","template":"welcome","variables":{"name":"Ann"}}'

	one idp.assign_role '{ role: VIEWER }'
	ok "${run_wfctl[@]}"
	sent POST /idp/roles '{"user_id":"u1","role":"VIEWER"}'
	assert_equal "$(jq -c .output <<<"$output")" '{"user_id":"u1","role":"VIEWER"}'

	one erp.create_account '{}'
	ok "${run_wfctl[@]}"
	sent POST /api/accounts '{"user_id":"u1","email":"u1@example.org"}'
	assert_equal "$(jq -r .output.account_id <<<"$output" | cut -c1-4)" acc-
}

@test "shipped: a server that is not ready is asked again, with the same key" {
	connect /unready/1
	for it in "assign_plan|{ plan_id: p }" "create_wallet|{ currency: USD }" "grant_credits|{ credits: 1 }" \
		"create_entitlement|{ feature_id: f }" "update_customer|{ name: A }" \
		"send_email|{ to: a@example.org, template: t }" "idp.assign_role|{ role: R }" \
		"erp.create_account|{}"; do
		one "${it%%|*}" "${it#*|}"
		: >"$HTTPD_LOG"
		ok "${run_wfctl[@]}"
		assert_equal "$(jq -r '.steps[0].attempts' <<<"$output")" 2
		assert_equal "$(jq -r '.headers["Idempotency-Key"]' "$HTTPD_LOG" | sort -u | wc -l)" 1
	done
}

@test "shipped: what the server refuses fails at once" {
	connect /status/422
	for it in "assign_plan|{ plan_id: p }" "create_wallet|{ currency: USD }" "grant_credits|{ credits: 1 }" \
		"create_entitlement|{ feature_id: f }" "update_customer|{ name: A }" \
		"send_email|{ to: a@example.org, template: t }" "idp.assign_role|{ role: R }" \
		"erp.create_account|{}"; do
		one "${it%%|*}" "${it#*|}"
		status 1 "${run_wfctl[@]}"
		assert_equal "$(jq -r '.steps[0].attempts' <<<"$output")" 1
		assert_equal "$(jq -r .error.code <<<"$output")" 422
	done
}

@test "a connection that is not there is said, and those of an instance stay its own" {
	one assign_plan '{ plan_id: p }'
	status 1 "${run_wfctl[@]}"
	assert_equal "$(jq -r .error.type <<<"$output")" BindingError
	assert_output --partial "connection.billing"
	ok wfctl why 1
	assert_output --partial 'give the connection in `connections` of config.yaml, see wfctl-config(5), and start another'
	connect ""
	cat >late.yaml <<-'EOT'
	workflow:
	  id: late
	  version: 1.0.0
	  input: { type: object, properties: { customer_id: { type: string } } }
	  steps:
	    - { id: wait, action: wait.signal, with: { name: go } }
	    - { id: it, action: assign_plan, with: { plan_id: p } }
	EOT
	status 3 wfctl run late.yaml --set customer_id=c1
	sed -i '/connections/,$d' "$WFCTL_HOME/config.yaml"
	ok wfctl signal 2 go
	ok wfctl show 2 -o json
	assert_equal "$(jq -r .status <<<"$output")" completed
	ok wfctl journal check
}

@test "shipped: a definition of another dialect uses them as it stands" {
	connect ""
	ok wfctl register "$ROOT/workflows/customer_onboarding.json"
	status 0 wfctl emit customer.created --data '{"customer_id": "c9"}'
	ok wfctl show 1 -o json
	assert_equal "$(jq -r .status <<<"$output")" completed
	assert_equal "$(jq -c '[.steps[] | .action]' <<<"$output")" '["assign_plan","create_wallet"]'
	assert_equal "$(jq -r .path "$HTTPD_LOG" | paste -sd' ')" "/v1/subscriptions /v1/wallets"
}

# -- everywhere a step performs something --

note() {
	cat <<-'EOT'
	kind: action
	id: note
	input: { type: object, required: [t], properties: { t: { type: string } }, additionalProperties: false }
	output: { type: object, required: [said], properties: { said: { type: string } } }
	perform: { action: exec.run, with: { shell: 'echo "$T" >>log; echo "$T"', env: { T: "${input.t}" }, output: text } }
	result: { said: "${trim(output.stdout)}" }
	---
	EOT
}

@test "in branches, for items, and as what undoes a step" {
	note >saga.yaml
	cat >>saga.yaml <<-'EOT'
	workflow:
	  id: saga
	  version: 1.0.0
	  steps:
	    - id: one
	      action: note
	      with: { t: one }
	      compensate: { action: note, with: { t: "undo ${output.said}" } }
	    - id: each
	      foreach:
	        items: [a, b, c]
	        as: x
	        limit: 2
	        steps:
	          - id: e
	            action: note
	            with: { t: "item ${x}" }
	            compensate: { action: note, with: { t: "undo ${output.said}" } }
	    - id: both
	      parallel:
	        branches:
	          - { id: l, steps: [{ id: l1, action: note, with: { t: left }, compensate: false }] }
	          - { id: r, steps: [{ id: r1, action: note, with: { t: right }, compensate: false }] }
	    - { id: bad, action: fail, with: { message: "${both.l.output.said} ${each.results[2].said}" } }
	EOT
	ok wfctl lint saga.yaml
	status 1 wfctl run saga.yaml -o json
	assert_equal "$(jq -r .error.message <<<"$output")" "left item c"
	assert_equal "$(sort log | paste -sd,)" \
		"item a,item b,item c,left,one,right,undo item a,undo item b,undo item c,undo one"
	assert_equal "$(tail -n 1 log)" "undo one"
	ok wfctl journal check
	sed -i 's/t: "undo ${output.said}"/t: "${output.sad}"/' saga.yaml
	status 1 wfctl lint saga.yaml
	assert_output --partial "did you mean \`said\`?"
}

@test "as a notification of an approval" {
	note >ask.yaml
	cat >>ask.yaml <<-'EOT'
	workflow:
	  id: ask
	  version: 1.0.0
	  steps:
	    - id: a
	      action: approval.request
	      with:
	        approvers: { list: [bob] }
	        quorum: 1
	        sla: P2D
	        escalations: [{ after: PT0.05S, notify: { action: note, with: { t: "hurry ${approval.number}" } } }]
	EOT
	status 3 wfctl run ask.yaml
	hurried() { wfctl serve-once --quiet && test -s log; }
	wait_for hurried
	assert_equal "$(cat log)" "hurry 1"
	sed -i 's/with: { t:/with: { text:/' ask.yaml
	status 1 wfctl lint ask.yaml
	assert_output --partial "\`note\` needs \`t\`"
}

@test "names are completed" {
	ok wfctl register greet.yaml
	ok wfctl __complete action show gr
	assert_output --partial "greet"
	ok wfctl __complete action show idp
	assert_output --partial "idp.assign_role"
}

@test "two actions of one name that --actions gives are an error with both places" {
	mkdir given
	for i in one two; do
		cat >given/$i.yaml <<-'EOT'
		kind: action
		id: twin
		perform: { action: exec.run, with: { command: [echo, "1"] } }
		EOT
	done
	cat >uses.yaml <<-'EOT'
	workflow:
	  id: uses
	  steps: [{ id: a, action: twin }]
	EOT
	status 1 wfctl lint uses.yaml --actions given
	assert_output --partial 'given/two.yaml:2:5: error[id-duplicate]: the id `twin` is taken by the definition in given/one.yaml:2'
	# a file that is given by itself and with its folder is one; versions tell definitions apart
	rm given/two.yaml
	ok wfctl lint uses.yaml --actions given --actions given/one.yaml
	sed 's/id: twin/&\nversion: 2.0.0/' given/one.yaml >given/two.yaml
	sed -i 's/id: twin/&\nversion: 1.0.0/' given/one.yaml
	ok wfctl lint uses.yaml --actions given
}

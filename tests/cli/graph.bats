#!/usr/bin/env bats
# wfctl graph: dot and Mermaid, of a definition and of an instance.

load helper

setup() {
	common_setup
	cat >flow.yaml <<-'EOT'
	workflow:
	  id: flow
	  steps:
	    - id: first
	      action: data.set
	      with: { x: 1 }
	      next: [{ to: third, when: "first.x == 2" }, { to: second }]
	    - { id: second, action: approval.request, with: { policy: level1, approvers: { list: [ann] } } }
	    - { id: third, action: exec.run, with: { command: ["true"] } }
	EOT
}

@test "dot has every step and edge" {
	ok wfctl graph flow.yaml
	assert_line --index 0 'digraph "flow" {'
	assert_output --partial 's0 [label="first\ndata.set"'
	assert_output --partial 's1 [label="second\napproval.request", shape=hexagon'
	assert_output --partial 'start -> s0;'
	assert_output --regexp 's0 -> s2 \[label="first.x == 2"'
	assert_output --regexp 's0 -> s1'
	assert_output --partial 's2 -> end'
	if command -v dot >/dev/null; then
		wfctl graph flow.yaml | dot -Tsvg >/dev/null
	fi
}

@test "mermaid too" {
	ok wfctl graph -o mermaid flow.yaml
	assert_line --index 0 "flowchart TD"
	assert_output --partial 's1{{"second<br/>approval.request"}}'
	assert_output --partial 'begin --> s0'
	said=$output
	ok wfctl graph --format mermaid flow.yaml
	assert_equal "$output" "$said"
}

@test "an instance's steps have the colours of their status" {
	wfctl init >/dev/null
	run wfctl run flow.yaml
	assert_failure 3
	ok wfctl graph --instance 1
	assert_output --regexp 's0 .*tooltip="completed"'
	assert_output --regexp 's1 .*tooltip="waiting"'
	assert_output --regexp 's2 .*tooltip="pending"'
	ok wfctl graph --instance 1 -o mermaid
	assert_output --partial ':::waiting'
	assert_output --partial 'classDef waiting'
}

@test "wrong usage" {
	status 2 wfctl graph
	status 2 wfctl graph flow.yaml --instance 1
	status 2 wfctl graph -o json flow.yaml
	assert_output --partial "there are dot, mermaid"
	wfctl init >/dev/null
	status 4 wfctl graph --instance 7
}

@test "branches, items, dependencies and compensations have frames and ways of their own" {
	ok wfctl graph "$ROOT/workflows/release_gate.yaml"
	assert_line --regexp 'subgraph cluster_g0 \{$'
	assert_line --partial 'label="side by side, all"'
	assert_line --partial 'label="security"'
	assert_line --regexp '^	s0 -> s1 \[label="tests"\];$'
	assert_line --regexp '^	s1 -> j0;$'
	assert_line --regexp '^	j0 -> s[0-9]+;$'
	ok wfctl graph "$ROOT/workflows/invoice_run.yaml"
	assert_line --partial 'label="each item, 4 at once, failed ones do not end it"'
	refute_output --partial '#1'
	ok wfctl graph "$ROOT/workflows/trip_booking.yaml"
	assert_line --partial 'label="undone by"'
	ok wfctl graph "$ROOT/workflows/site_build.yaml"
	assert_line --partial 'label="by what they depend on, 3 at once"'
	for form in dot mermaid; do
		for w in release_gate invoice_run trip_booking site_build; do
			ok wfctl graph -o "$form" "$ROOT/workflows/$w.yaml"
			# every frame that opens closes
			[ "$(grep -c 'subgraph' <<<"$output")" -eq "$(grep -cE '^	+(\}|end)$' <<<"$output")" ]
		done
	done
}

@test "the workflow's own handler has a frame, and something that leads into it" {
	cat >h.yaml <<-'EOF'
	workflow:
	  id: h
	  steps: [{ id: bake, action: exec.run, with: { command: [a] }, compensate: { action: exec.run, with: { command: [b] } } }]
	  on_failure:
	    compensate: true
	    steps:
	      - { id: tell, action: exec.run, with: { command: [a] } }
	      - { id: note, action: data.set, with: { a: 1 } }
	EOF
	ok wfctl graph h.yaml
	assert_line --partial 'label="when a failure ends the workflow, and what was done is undone"'
	assert_line --regexp 'failed -> s[0-9]+ \[style=dashed'
	# the two steps stand in the frame, the others do not
	frame=$(sed -n '/cluster_handler/,/^	}/p' <<<"$output")
	[[ "$frame" == *tell* && "$frame" == *note* && "$frame" != *bake* ]] || fail "$frame"
	ok wfctl graph -o mermaid h.yaml
	assert_line --regexp 'failed -\.-> s[0-9]+'
	assert_line --partial 'subgraph handler ["when a failure ends the workflow'
	# steps of a handler that depend on each other
	sed -i 's/id: note,/id: note, depends_on: [tell],/' h.yaml
	ok wfctl graph h.yaml
	[ "$(grep -c 'failed -> ' <<<"$output")" = 1 ] || fail "$output"
	refute_line --partial 'start -> end'
	[ "$(grep -c 'start -> ' <<<"$output")" = 1 ] || fail "$output"
	# and none without a handler's steps
	sed -i '/on_failure/,$d' h.yaml
	ok wfctl graph h.yaml
	refute_output --partial 'failed'
}

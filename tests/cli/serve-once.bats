#!/usr/bin/env bats
# wfctl serve-once: everything that is due is done once, whoever sweeps, whenever, and whatever is killed.

load helper
load shape

setup() {
	home_setup
	cat >wait.yaml <<-'EOF'
	workflow:
	  id: wait
	  steps:
	    - { id: pause, action: wait.timer, with: { duration: PT1H } }
	    - { id: done, action: exec.run, with: { shell: "echo done >>ran" } }
	EOF
	cat >tick.yaml <<-'EOF'
	workflow:
	  id: tick
	  steps: [ { id: go, action: exec.run, with: { shell: "echo tick >>ran" } } ]
	EOF
}

lines_of() {
	[ ! -e "$1" ] || wc -l <"$1"
}

# now: the time, for a clock that stands from then on
now() {
	date -u +%FT%T.%3NZ
}

@test "nothing to do is no failure, and said" {
	ok wfctl serve-once
	assert_output "nothing is due"
	ok wfctl serve-once --quiet
	assert_output ""
	ok wfctl serve-once -o json
	shape serve-once
	assert_equal "$(jq -c '[.journals, .swept, .next_due]' <<<"$output")" "[1,[],null]"
	[ ! -e "$WFCTL_HOME/journals/default/default/sweep.lock" ] || fail "an idle journal is only read"
}

@test "timers fire when they are due, neither early nor twice, whatever the clock does" {
	at 2026-11-20T09:00:00Z wfctl run wait.yaml >/dev/null || true
	at 2026-11-20T09:59:59.999Z ok wfctl serve-once
	assert_output "nothing is due; next 10:00:00 (1 ms)"
	at 2026-11-20T10:00:00Z ok wfctl serve-once -o json
	shape serve-once
	assert_equal "$(jq -c '[.timers, .completed]' <<<"$output")" "[1,1]"
	# back, and forth again
	at 2026-11-20T08:00:00Z ok wfctl serve-once
	at 2026-11-20T10:00:01Z ok wfctl serve-once
	assert_output "nothing is due"
	assert_equal "$(lines_of ran)" 1
	ok wfctl journal check
}

@test "a clock far ahead fires what is due by then, and going back fires nothing again" {
	wfctl register tick.yaml >/dev/null
	at 2026-11-20T09:00:00Z wfctl run wait.yaml >/dev/null || true
	at 2026-11-20T09:00:00Z wfctl schedule add tick '0 * * * *' --name one >/dev/null
	at 2027-01-01T00:00:30Z ok wfctl serve-once
	assert_equal "$(sort ran | uniq -c | sed 's/^ *//')" $'1 done\n1 tick'
	at 2026-11-20T10:00:30Z ok wfctl serve-once
	at 2026-12-31T23:00:30Z ok wfctl serve-once
	assert_equal "$(lines_of ran)" 2
	at 2027-01-01T01:00:00Z ok wfctl serve-once
	assert_equal "$(lines_of ran)" 3
	ok wfctl journal check
}

@test "orphans of a killed process are taken up" {
	WFCTL_CRASH_AT=COMMIT_AFTER run wfctl run tick.yaml
	rm -f "$BATS_TEST_TMPDIR/died"
	ok wfctl serve-once -o json
	shape serve-once
	assert_equal "$(jq -c '[.orphans, .completed]' <<<"$output")" "[1,1]"
	assert_equal "$(lines_of ran)" 1
	ok wfctl journal check
}

# fire_each NAME: a window of three seconds, in which that schedule fires; $in_time says whether one was
# within a fraction of a second of its time, $seen by how much
fire_each() {
	wfctl schedule add tick '* * * * * *' --name "$1" >/dev/null
	local start=$EPOCHREALTIME late
	ok wfctl serve-once --window 3s -o json
	shape serve-once
	assert_equal "$(jq -n "$EPOCHREALTIME - $start >= 3")" true
	ok wfctl schedule show "$1" -o json
	late=$(jq -c '[.recent[] | select(.at) | (.at | sub("Z$"; "") | .[17:] | tonumber) - (.nominal | sub("Z$"; "") | .[17:] | tonumber)
		| if . < -30 then . + 60 else . end]' <<<"$output")
	assert_equal "$late $(jq 'all(. >= 0)' <<<"$late")" "$late true"
	seen+=" $late"
	wfctl schedule delete "$1" >/dev/null
	in_time=$(jq 'length >= 2 and min < 0.5' <<<"$late")
}

@test "a window fires each thing at its time" {
	wfctl register tick.yaml >/dev/null
	# a machine that is busy for three seconds proves nothing, one that is late each time does
	local try seen='' in_time=false
	for try in $(seq 30); do
		fire_each "each$try"
		[ "$in_time" = false ] || break
	done
	assert_equal "$in_time, late by so many seconds:$seen" "true, late by so many seconds:$seen"
}

# has_ended NUMBER
has_ended() {
	[ "$(wfctl show "$1" -o json | jq -r .status)" = completed ]
}

@test "a window sees what another process brings" {
	cat >soon.yaml <<-'EOF'
	workflow:
	  id: soon
	  steps:
	    - { id: pause, action: wait.timer, with: { duration: PT1S } }
	    - { id: done, action: exec.run, with: { shell: "echo done >>ran" } }
	EOF
	"$WFCTL_BUILD/wfctl" serve-once --window 1h >swept 2>&1 3>&- &
	sweep=$!
	wait_for test -e "$WFCTL_HOME/journals/default/default/sweep.lock"
	at "$(now)" wfctl run soon.yaml --stay 0s >/dev/null || true
	wait_for has_ended 1
	kill -TERM $sweep
	wait $sweep || true
	assert_regex "$(cat swept)" '1 timer fired, 1 completed'
	ok wfctl journal check
}

@test "one sweep of a journal at a time" {
	wfctl register tick.yaml >/dev/null
	"$WFCTL_BUILD/wfctl" serve-once --window 1h >first 2>&1 3>&- &
	sweep=$!
	# it drives something: so it has the lock
	wfctl schedule add tick '* * * * * *' --name each >/dev/null
	wait_for test -e ran
	wfctl schedule delete each >/dev/null
	at 2130-01-01T00:00:00Z wfctl run wait.yaml >/dev/null || true
	at 2130-01-01T02:00:00Z ok wfctl serve-once
	assert_output --partial "another sweep is at work"
	at 2130-01-01T02:00:00Z ok wfctl serve-once -o json
	shape serve-once
	assert_equal "$(jq -c '[.locked_out, .timers]' <<<"$output")" "[true,0]"
	at 2130-01-01T02:00:00Z ok wfctl serve-once --parallel
	assert_line --index 0 "1 timer fired, 1 completed"
	kill -TERM $sweep
	local ended=0
	wait $sweep || ended=$?
	assert_equal "$ended" 143
}

# gated TIME: a workflow that the first sweep after that time starts, however long after it comes, and
# whose command waits for a file.
gated() {
	cat >gated.yaml <<-EOF
	workflow:
	  id: gated
	  triggers: [ { type: schedule, at: "$1", missed: catch_up } ]
	  steps:
	    - { id: go, action: exec.run, with: { shell: "touch began; while test -e began && ! test -e gate; do sleep 0.02; done" } }
	EOF
	wfctl register gated.yaml >/dev/null
}

fires_a_timer() {
	at "$1" wfctl serve-once | grep -q '1 timer fired, 1 completed'
}

@test "what a sweep drives for long keeps no other sweep away" {
	at 2130-01-01T09:00:00Z gated 2130-01-01T10:00:00Z
	at 2130-01-01T10:00:00Z wfctl run wait.yaml >/dev/null || true
	at 2130-01-01T10:00:00Z wfctl serve-once >first 2>&1 3>&- &
	first=$!
	wait_for test -e began
	wait_for fires_a_timer 2130-01-01T11:00:00Z
	assert_equal "$(lines_of ran)" 1
	touch gate
	wait $first
	assert_regex "$(cat first)" '1 scheduled start, 1 completed'
	ok wfctl journal check
}

@test "one with a window goes on while it drives something and no other has come" {
	cat >soon.yaml <<-'EOF'
	workflow:
	  id: soon
	  steps:
	    - { id: pause, action: wait.timer, with: { duration: PT2S } }
	    - { id: done, action: exec.run, with: { shell: "echo done >>ran" } }
	EOF
	at 2020-01-01T09:00:00Z gated 2020-01-01T10:00:00Z
	"$WFCTL_BUILD/wfctl" serve-once --window 2s >first 2>&1 3>&- &
	first=$!
	wait_for test -e began
	# for a clock that stands the timer never falls due: the sweep is the one that sees it
	at "$(now)" wfctl run soon.yaml --stay 0s >/dev/null || true
	wait_for test -e ran
	touch gate
	wait $first
	assert_regex "$(cat first)" '1 timer fired, 1 scheduled start, 2 completed'
	ok wfctl journal check
}

waits() {
	[ "$(wfctl ps -o jsonl | jq -r .status)" = waiting ]
}

seconds_passed() {
	[ "$(lines_of seconds)" -ge 3 ] 2>/dev/null
}

@test "within a window a timer is seen though another process had its instance at first" {
	cat >two.yaml <<-'EOF'
	workflow:
	  id: two
	  steps:
	    - { id: soon, action: wait.signal, with: { name: go, timeout: PT1S } }
	    - { id: later, action: wait.timer, with: { duration: PT3S } }
	    - { id: done, action: exec.run, with: { shell: "echo done >>ran" } }
	EOF
	cat >second.yaml <<-'EOF'
	workflow:
	  id: second
	  triggers: [ { type: schedule, cron: "* * * * * *" } ]
	  steps: [ { id: go, action: exec.run, with: { shell: "echo x >>seconds" } } ]
	EOF
	# its owner stays for the time-out, which its clock never reaches, and which the sweep sees due
	then=$(now)
	WFCTL_NOW=$then "$WFCTL_BUILD/wfctl" run two.yaml --stay 2s >/dev/null 2>&1 3>&- &
	owner=$!
	wait_for waits
	at 2020-01-01T09:00:00Z gated 2020-01-01T10:00:00Z
	"$WFCTL_BUILD/wfctl" serve-once --window 1h >first 2>&1 3>&- &
	first=$!
	wait_for test -e began
	wfctl register second.yaml >/dev/null
	wait_for seconds_passed
	# now it goes on to the timer, for which it does not stay
	at "$then" wfctl signal 1 go >/dev/null
	wait $owner || true
	wait_for test -e ran
	touch gate
	kill -TERM $first
	wait $first || true
	ok wfctl journal check
}

has_lock_open() {
	find "/proc/$1/fd" -lname '*/sweep.lock' | grep -q .
}

@test "one with a window takes over from the one before" {
	at 2020-01-01T09:00:00Z gated 2020-01-01T10:00:00Z
	touch gate
	"$WFCTL_BUILD/wfctl" serve-once --window 1h >first 2>&1 3>&- &
	first=$!
	# it drives something: so it has the lock
	wait_for test -e began
	"$WFCTL_BUILD/wfctl" serve-once --window 1h -o json >second 2>&1 3>&- &
	second=$!
	wait_for has_lock_open $second
	kill -TERM $first
	wait $first || true
	at 2020-01-01T09:00:00Z wfctl run wait.yaml >/dev/null || true
	wait_for test -e ran
	kill -TERM $second
	wait $second || true
	assert_equal "$(jq -c '[.locked_out, .timers]' second)" '[false,1]'
}

@test "asked to end it finishes its commit, and leaves commands to their supervisors" {
	cat >slow.yaml <<-'EOF'
	workflow:
	  id: slow
	  steps:
	    - { id: go, action: exec.run, with: { shell: "echo begun >>ran; until [ -e go-on ]; do sleep 0.05; done; echo ended >>ran" } }
	EOF
	wfctl register slow.yaml >/dev/null
	at 2026-11-20T09:00:00Z wfctl schedule add slow '0 * * * *' >/dev/null
	WFCTL_NOW=2026-11-20T10:00:00Z "$WFCTL_BUILD/wfctl" serve-once >out 2>&1 3>&- &
	sweep=$!
	wait_for test -e ran
	kill -TERM $sweep
	local ended=0
	wait $sweep || ended=$?
	assert_equal "$ended" 143
	touch go-on
	wait_for grep -q ended ran
	at 2026-11-20T10:00:30Z ok wfctl serve-once
	assert_line --partial "1 orphan taken up"
	assert_line --partial "1 completed"
	assert_equal "$(cat ran)" $'begun\nended'
	ok wfctl journal check
}

@test "a past of many firings is gone through to its end" {
	wfctl register tick.yaml >/dev/null
	at 2026-11-20T00:00:00Z wfctl schedule add tick '* * * * * *' --name each >/dev/null
	at 2026-11-23T00:00:00.500Z ok wfctl serve-once
	assert_line --index 0 "1 scheduled start, 259,199 missed firings, 1 completed"
	ok wfctl journal check
}

@test "a dry run says what is due, and does nothing" {
	wfctl register tick.yaml >/dev/null
	at 2026-11-20T09:00:00Z wfctl run wait.yaml >/dev/null || true
	at 2026-11-20T09:00:00Z wfctl schedule add tick '30 * * * *' >/dev/null
	at 2026-11-20T10:00:00Z ok wfctl serve-once --dry-run
	assert_line --index 0 "1 timer, 1 schedule"
	at 2026-11-20T09:29:30Z ok wfctl serve-once --dry-run --window 1m -o json
	shape serve-once
	assert_equal "$(jq -c '[.dry_run, .timers, .fired]' <<<"$output")" "[true,0,1]"
	[ ! -e ran ] || fail "it ran"
	[ ! -e "$WFCTL_HOME/journals/default/default/sweep.lock" ] || fail "it took the lock"
}

@test "at most so many" {
	for _ in 1 2 3; do
		at 2026-11-20T09:00:00Z wfctl run wait.yaml >/dev/null || true
	done
	at 2026-11-20T11:00:00Z ok wfctl serve-once --max 2 --jobs 1 -o json
	shape serve-once
	assert_equal "$(jq -c '[.timers, .stopped]' <<<"$output")" "[2,true]"
	at 2026-11-20T11:00:00Z ok wfctl serve-once --max 2 -o json
	assert_equal "$(jq -c '[.timers, .stopped]' <<<"$output")" "[1,false]"
	assert_equal "$(lines_of ran)" 3
}

@test "a folder that cannot be read is no home without journals" {
	ln -s loop "$WFCTL_HOME/journals/loop"
	status 7 wfctl serve-once
	assert_output --partial "journals/loop cannot be read"
	status 7 wfctl next-due
}

@test "every journal, or the ones named; one that cannot be used stops no other" {
	for tenant in acme beta gamma; do
		wfctl init --tenant $tenant >/dev/null
		wfctl register tick.yaml --tenant $tenant >/dev/null
		at 2026-11-20T09:00:00Z wfctl schedule add tick '0 * * * *' --tenant $tenant >/dev/null
	done
	wfctl init --tenant beta --environment test >/dev/null
	at 2026-11-20T10:00:00Z ok wfctl serve-once --tenant acme -o json
	shape serve-once
	assert_equal "$(jq -c '[.journals, .fired, (.swept | map(.tenant))]' <<<"$output")" '[1,1,["acme"]]'
	at 2026-11-20T10:00:00Z ok wfctl serve-once --tenant acme --tenant beta -o json
	assert_equal "$(jq -c '[.journals, .fired, (.swept | map(.tenant))]' <<<"$output")" '[3,1,["beta"]]'
	at 2026-11-20T11:00:00Z ok wfctl serve-once
	assert_line "acme/default: 1 scheduled start, 1 completed"
	assert_line "beta/default: 1 scheduled start, 1 completed"
	assert_line "gamma/default: 1 scheduled start, 1 missed firing, 1 completed"
	assert_line --partial "3 of 5 journals had something due; next 12:00:00"
	at 2026-11-20T11:30:00Z ok wfctl serve-once --all
	assert_line --partial "nothing is due"
	printf 'no journal' >"$WFCTL_HOME/journals/beta/default/data.mdb"
	at 2026-11-20T12:00:00Z status 7 wfctl serve-once
	assert_line --partial "beta/default"
	assert_line "gamma/default: 1 scheduled start, 1 completed"
	# one document, which has the error in its place
	at 2026-11-20T13:00:00Z run -7 --separate-stderr wfctl serve-once -o json
	shape serve-once
	assert_equal "$(jq -c '[.unusable, .fired, (.swept | map(select(.error)) | map([.tenant, .error.code]))]' \
		<<<"$output")" '[1,2,[["beta","DAMAGED"]]]'
	at 2026-11-20T13:30:00Z run -7 --separate-stderr wfctl serve-once --tenant beta --environment default -o json
	shape serve-once
	at 2026-11-20T13:30:00Z status 7 wfctl serve-once --tenant beta --environment default
	refute_line --partial "nothing is due"
	assert_equal "$(lines_of ran)" 9
	status 4 wfctl serve-once --tenant nobody
	status 4 wfctl serve-once --environment nowhere
	status 2 wfctl serve-once --tenant acme --all
}

@test "a window over several journals" {
	for tenant in acme beta; do
		wfctl init --tenant $tenant >/dev/null
		wfctl register tick.yaml --tenant $tenant >/dev/null
		wfctl schedule add tick '* * * * * *' --tenant $tenant --name each >/dev/null
	done
	"$WFCTL_BUILD/wfctl" serve-once --window 1h -o json >swept 2>noise 3>&- &
	sweep=$!
	both_fired() {
		local tenant
		for tenant in acme beta; do
			wfctl schedule show each --tenant $tenant -o json | jq -e '.fired >= 3' >/dev/null || return 1
		done
	}
	wait_for both_fired
	kill -TERM $sweep
	local ended=0
	wait $sweep || ended=$?
	assert_equal "$ended $(cat noise)" "143 "
	output=$(cat swept)
	shape serve-once
	assert_equal "$(jq -c '[.journals, (.swept | map(.tenant)), (.swept | map(.fired >= 3))]' swept)" \
		'[3,["acme","beta"],[true,true]]'
}

@test "two sweeps at once start each thing once" {
	wfctl register tick.yaml >/dev/null
	for i in 1 2 3 4 5 6 7 8; do
		at 2026-11-20T09:00:00Z wfctl schedule add tick '0 * * * *' --name "s$i" >/dev/null
		at 2026-11-20T09:00:00Z wfctl run wait.yaml >/dev/null || true
	done
	local sweeps=()
	for _ in 1 2 3 4; do
		at 2026-11-20T10:00:05Z wfctl serve-once --parallel >/dev/null 2>>noise 3>&- &
		sweeps+=($!)
	done
	for sweep in "${sweeps[@]}"; do
		wait "$sweep"
	done
	assert_equal "$(sort ran | uniq -c | sed 's/^ *//')" $'8 done\n8 tick'
	ok wfctl schedule ls -o json
	assert_equal "$(jq -c 'map([.fired, .missed]) | unique' <<<"$output")" "[[1,0]]"
	ok wfctl journal check
}

@test "killed at every boundary and run again, each thing is done once" {
	wfctl register tick.yaml >/dev/null
	sed -i 's/echo tick >>ran"/echo tick >>ran", idempotent: true/' tick.yaml
	sed -i 's/echo done >>ran"/echo done >>ran", idempotent: true/' wait.yaml
	wfctl register tick.yaml >/dev/null
	at 2026-11-20T09:00:00Z wfctl schedule add tick '0 * * * *' --name one >/dev/null
	at 2026-11-20T09:00:00Z wfctl run wait.yaml >/dev/null || true
	cp -a "$WFCTL_HOME" clean
	boundary=0 ended=1
	while [ "$ended" -ne 0 ]; do
		boundary=$((boundary + 1))
		rm -rf "$WFCTL_HOME" ran
		cp -a clean "$WFCTL_HOME"
		at 2026-11-20T10:00:05Z WFCTL_CRASH_AT=$boundary run wfctl serve-once
		ended=$status
		at 2026-11-20T10:00:06Z run wfctl serve-once
		assert_success
		at 2026-11-20T10:00:07Z run wfctl serve-once
		assert_output --partial "nothing is due"
		ok wfctl ps -o json
		assert_equal "$boundary $(jq -r 'map(.workflow + " " + .status) | sort | join(",")' <<<"$output")" \
			"$boundary tick completed,wait completed"
		ok wfctl schedule show one -o json
		assert_equal "$boundary $(jq -c '[.fired, .missed]' <<<"$output")" "$boundary [1,0]"
		ok wfctl journal check
	done
	[ "$boundary" -gt 10 ] || fail "only $boundary boundaries"
}

@test "an event whose sender was killed at any boundary is handed out, once" {
	cat >takes.yaml <<-'EOF'
	workflow:
	  id: takes
	  triggers: [ { type: event, name: "order.*" } ]
	  steps: [ { id: go, action: data.set, with: { a: 1 } } ]
	EOF
	cat >waits.yaml <<-'EOF'
	workflow:
	  id: waits
	  steps: [ { id: go, action: wait.event, with: { name: order.new } } ]
	EOF
	wfctl register takes.yaml waits.yaml >/dev/null
	wfctl run waits >/dev/null || true
	cp -a "$WFCTL_HOME" clean
	boundary=0 ended=1
	while [ "$ended" -ne 0 ]; do
		boundary=$((boundary + 1))
		rm -rf "$WFCTL_HOME"
		cp -a clean "$WFCTL_HOME"
		WFCTL_CRASH_AT=$boundary run wfctl emit order.new --id once
		ended=$status
		ok wfctl serve-once
		run wfctl serve-once
		assert_output "nothing is due"
		# sent again by who does not know whether it came
		run wfctl emit order.new --id once
		assert_success
		ok wfctl ps -o json
		assert_equal "$boundary $(jq -r 'map(.workflow + " " + .status) | sort | join(",")' <<<"$output")" \
			"$boundary takes completed,waits completed"
		ok wfctl journal check
	done
	[ "$boundary" -gt 5 ] || fail "only $boundary boundaries"
}

@test "an event does not wake what it started" {
	cat >again.yaml <<-'EOF'
	workflow:
	  id: again
	  triggers: [ { type: event, name: order.new } ]
	  steps: [ { id: more, action: wait.event, with: { name: order.new } } ]
	EOF
	wfctl register again.yaml >/dev/null
	run wfctl emit order.new --id one
	ok wfctl serve-once
	ok wfctl ps -o json
	assert_equal "$(jq -r 'map(.status) | join(" ")' <<<"$output")" waiting
	run wfctl emit order.new --id two
	ok wfctl ps -o json
	assert_equal "$(jq -r 'map("\(.number) \(.status)") | join(", ")' <<<"$output")" "2 waiting, 1 completed"
}

@test "a release that was cut short is gone on with, and nothing begins while it is held" {
	sed -i 's/echo tick >>ran"/echo tick >>ran", idempotent: true/' tick.yaml
	sed 's/id: tick/id: paused/; s/steps: \[ /steps: [ { id: pause, action: wait.timer, with: { duration: PT1H } }, /' \
		tick.yaml >paused.yaml
	at 2026-11-20T09:00:00Z wfctl run paused.yaml >/dev/null || true
	wfctl register paused.yaml >/dev/null
	at 2026-11-20T09:00:00Z wfctl hold paused >/dev/null
	at 2026-11-20T10:00:00Z run wfctl serve-once
	assert_success
	at 2026-11-20T10:00:01Z ok wfctl serve-once
	assert_output --partial "nothing is due"
	[ ! -e ran ] || fail "it began while it was held"
	cp -a "$WFCTL_HOME" clean
	boundary=0 ended=1
	while [ "$ended" -ne 0 ]; do
		boundary=$((boundary + 1))
		rm -rf "$WFCTL_HOME" ran
		cp -a clean "$WFCTL_HOME"
		at 2026-11-20T10:00:05Z WFCTL_CRASH_AT=$boundary run wfctl release paused
		ended=$status
		# killed before it was durable: the hold is still there
		if wfctl hold --list -o json | jq -e 'length > 0' >/dev/null; then
			at 2026-11-20T10:00:06Z wfctl release paused >/dev/null
		fi
		at 2026-11-20T10:00:07Z ok wfctl serve-once
		at 2026-11-20T10:00:08Z ok wfctl serve-once
		assert_output --partial "nothing is due"
		assert_equal "$boundary $(lines_of ran)" "$boundary 1"
		ok wfctl ps -o json
		assert_equal "$boundary $(jq -r '.[0].status' <<<"$output")" "$boundary completed"
		ok wfctl journal check
	done
	[ "$boundary" -gt 5 ] || fail "only $boundary boundaries"
}

@test "a signal whose sender was killed at any boundary is delivered, once" {
	cat >waits.yaml <<-'EOF'
	workflow:
	  id: waits
	  steps:
	    - { id: first, action: wait.signal, with: { name: go } }
	    - { id: second, action: wait.signal, with: { name: go, timeout: P9D } }
	EOF
	wfctl run waits.yaml >/dev/null || true
	cp -a "$WFCTL_HOME" clean
	boundary=0 ended=1
	while [ "$ended" -ne 0 ] && [ "$ended" -ne 3 ]; do
		boundary=$((boundary + 1))
		rm -rf "$WFCTL_HOME"
		cp -a clean "$WFCTL_HOME"
		WFCTL_CRASH_AT=$boundary run wfctl signal 1 go --id once
		ended=$status
		ok wfctl serve-once
		# sent again by who does not know whether it came
		run wfctl signal 1 go --id once
		run wfctl serve-once
		ok wfctl show 1 -o json
		assert_equal "$boundary $(jq -r '[.steps[].status] | join(" ")' <<<"$output")" \
			"$boundary completed waiting"
		ok wfctl journal check
	done
	[ "$boundary" -gt 3 ] || fail "only $boundary boundaries"
}

@test "old events are dropped when their time is over" {
	at 2026-11-01T09:00:00Z wfctl emit nobody.asked >/dev/null
	at 2026-11-07T09:00:00Z ok wfctl serve-once
	assert_output "nothing is due"
	at 2026-11-08T09:00:01Z ok wfctl serve-once
	assert_output --partial "1 old event dropped"
	at 2026-11-01T09:00:00Z wfctl emit nobody.asked >/dev/null
	at 2027-11-08T09:00:01Z WFCTL_EVENT_RETENTION=0 ok wfctl serve-once
	assert_output "nothing is due"
	WFCTL_EVENT_RETENTION=often status 2 wfctl serve-once
}

@test "wrong usage" {
	status 2 wfctl serve-once --window soon
	status 2 wfctl serve-once --window 2d
	status 2 wfctl serve-once --jobs 0
	status 2 wfctl serve-once --max none
	status 2 wfctl serve-once extra
	status 7 wfctl serve-once --home "$BATS_TEST_TMPDIR/none"
}

@test "firings that are made good together replace each other" {
	wfctl register tick.yaml >/dev/null
	at 2026-11-20T09:00:00Z wfctl schedule add tick '0 * * * *' --missed backfill \
		--overlap replace >/dev/null
	at 2026-11-20T12:30:00Z ok wfctl serve-once
	assert_output --partial "2 replaced by newer starts"
	ok wfctl ps -o jsonl
	assert_equal "$(jq -sc 'sort_by(.number) | map(.status)' <<<"$output")" \
		'["cancelled","cancelled","completed"]'
	assert_equal "$(lines_of ran)" 1
	ok wfctl journal check
}

@test "a sweep of all goes on for each of them while one drives something for long" {
	cat >soon.yaml <<-'EOF'
	workflow:
	  id: soon
	  steps:
	    - { id: pause, action: wait.timer, with: { duration: PT1S } }
	    - { id: done, action: exec.run, with: { shell: "echo done >>ran" } }
	EOF
	wfctl init --tenant acme >/dev/null
	at 2020-01-01T09:00:00Z gated 2020-01-01T10:00:00Z
	"$WFCTL_BUILD/wfctl" serve-once --all --window 2s >first 2>&1 3>&- &
	first=$!
	wait_for test -e began
	window_is_over() { [ "$SECONDS" -ge "$over" ]; }
	local over=$((SECONDS + 3))
	wait_for window_is_over
	at "$(now)" wfctl run soon.yaml --tenant acme --stay 0s >/dev/null || true
	wait_for test -e ran
	at "$(now)" wfctl run soon.yaml --stay 0s >/dev/null || true
	both_ran() { [ "$(lines_of ran)" = 2 ]; }
	wait_for both_ran
	touch gate
	wait $first
	ok wfctl journal check
	ok wfctl journal check --tenant acme
}

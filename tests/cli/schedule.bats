#!/usr/bin/env bats
# wfctl schedule: every sub-verb; what is wrong is refused when it is added, not when it should fire.

load helper
load shape

setup() {
	home_setup
	cat >tick.yaml <<-'EOF'
	workflow:
	  id: tick
	  version: 1.0.0
	  input:
	    type: object
	    properties: { kind: { type: string, default: plain }, n: { type: integer } }
	  steps:
	    - { id: go, action: exec.run, with: { shell: "echo ${input.kind} ${input.n ?? 0} >>ran" } }
	EOF
	export WFCTL_NOW=2026-11-20T09:00:00Z
	wfctl register tick.yaml >/dev/null
}

# Every hour's schedules fall due at 10:00 and 11:00 and cannot start: each is looked at once, and is not
# due again with every sweep.
put_off_twice() {
	at 2026-11-20T10:00:00Z ok wfctl serve-once
	refute_output --partial refused
	# looked at once, it is not due again with every sweep
	at 2026-11-20T10:00:01Z ok wfctl serve-once
	assert_line --partial "nothing is due"
	at 2026-11-20T10:00:01Z ok wfctl next-due -o json
	assert_equal "$(jq -r .at <<<"$output")" 2026-11-20T11:00:00.000Z
	at 2026-11-20T11:00:00Z ok wfctl serve-once
}

@test "added, listed, shown, and fired once" {
	ok wfctl schedule ls
	assert_output "nothing is scheduled.  wfctl schedule add WORKFLOW WHEN"
	ok wfctl schedule add tick '*/5 * * * *' --name five --set kind=quick --set n=5
	assert_output "five was added, next 09:05:00"
	ok wfctl schedule ls
	assert_line --index 0 --regexp '^NAME +WORKFLOW +WHEN +ZONE +STATE +NEXT +LAST +FIRED +MISSED$'
	assert_line --index 1 --regexp '^five +tick +\*/5 \* \* \* \* +UTC +active +09:05:00 +- +0 +0$'
	ok wfctl schedule ls -o json
	shape schedule-ls
	at 2026-11-20T09:04:59Z ok wfctl serve-once
	assert_output "nothing is due; next 09:05:00 (1.0 s)"
	at 2026-11-20T09:05:00Z ok wfctl serve-once
	assert_line --index 0 "1 scheduled start, 1 completed"
	at 2026-11-20T09:05:30Z ok wfctl serve-once
	assert_line --partial "nothing is due"
	assert_equal "$(cat ran)" "quick 5"
	at 2026-11-20T09:05:30Z ok wfctl schedule show five
	assert_line --regexp '^09:05:00 +09:05:00 +started +1$'
	assert_line --partial "every 5 minutes, UTC"
	ok wfctl schedule show five -o json
	shape schedule-show
	assert_equal "$(jq -c '[.fired, .missed, .recent[0].instance]' <<<"$output")" "[1,0,1]"
	ok wfctl show 1 -o json
	assert_equal "$(jq -r .started_by <<<"$output")" "schedule:five"
	ok wfctl journal check
}

@test "what is wrong is refused at once" {
	status 4 wfctl schedule add tock '@daily'
	assert_line --partial "there is no workflow tock"
	for file in tick.yaml ./tick.yaml; do
		status 4 wfctl schedule add "$file" '@daily'
		assert_line --partial "wfctl register FILE"
	done
	status 4 wfctl schedule add tick@2.0.0 '@daily'
	assert_line --partial "there is no workflow tick@2.0.0"
	status 2 wfctl schedule add tick '@daily' --timezone ''
	assert_line --partial "--timezone is empty"
	status 2 wfctl schedule next '@daily' -z ''
	status 2 wfctl schedule add tick '61 * * * *'
	assert_line --partial "minute"
	status 2 wfctl schedule add tick '0 0 30 2 *'
	assert_line --partial "never fires"
	status 2 wfctl schedule add tick '@daily' --timezone Europe/Berlim
	assert_line --partial "Europe/Berlin"
	status 2 wfctl schedule add tick 'R/PT0S'
	assert_line --partial "a millisecond long at least"
	status 2 wfctl schedule add tick PT15M
	assert_line --partial "expected R and a number of times, such as R5/, or R/, found \"PT15M\""
	status 2 wfctl schedule next PT15M
	status 2 wfctl schedule add tick '@every 5m'
	assert_line --partial "R/PT5M"
	status 2 wfctl schedule add tick '@daily x'
	assert_line --partial "nothing may follow @daily"
	status 2 wfctl schedule add tick 2026-02-30T10:00:00
	assert_line --partial "that exists"
	status 2 wfctl schedule add tick 2026-13-30
	assert_line --partial "that exists"
	status 2 wfctl schedule next ''
	assert_line --partial "5 or 6 fields"
	status 2 wfctl schedule add tick 2026-11-20T08:59:59Z
	assert_line --partial "all of its times have passed"
	status 2 wfctl schedule add tick '@yearly' --end 2026-12-01T00:00:00
	assert_line --partial "all of its times have passed"
	status 2 wfctl schedule add tick '@yearly' --start 2026-02-01T00:00:00 --end 2026-12-01T00:00:00
	assert_line --partial "nothing falls between its start and its end"
	status 2 wfctl schedule add tick '@daily' --start 2027-01-01T00:00:00 --end 2026-12-31T00:00:00
	assert_line --partial "before the start"
	status 2 wfctl schedule add tick '@daily' --missed sometimes
	assert_line --partial "skip, catch_up or backfill"
	status 2 wfctl schedule add tick '@daily' --jitter often
	status 2 wfctl schedule add tick '@daily' --jitter 2d
	status 2 wfctl schedule add tick '@daily' --dst-gap later
	status 2 wfctl schedule add tick '@daily' --backfill-limit 0
	status 2 wfctl schedule add tick '@daily' --name 12
	status 2 wfctl schedule add tick '@daily' --name a/b
	status 2 wfctl schedule add tick '@daily' --set n=many
	assert_line --partial "the input does not fit the workflow: /n"
	wfctl workflow disable tick >/dev/null
	status 6 wfctl schedule add tick '@daily'
	assert_line --partial "is disabled"
	wfctl workflow enable tick >/dev/null
	wfctl schedule add tick '@daily' --name one >/dev/null
	status 6 wfctl schedule add tick '@hourly' --name one
	assert_line --partial "there is a schedule one already"
	for verb in show update pause resume delete run-now; do
		case $verb in update) more="--when @daily" ;; *) more= ;; esac
		# shellcheck disable=SC2086
		status 4 wfctl schedule $verb nothing $more
		assert_line --partial "nothing"
	done
	status 2 wfctl schedule update one
	ok wfctl schedule ls -o json
	assert_equal "$(jq length <<<"$output")" 1
}

@test "a dry run checks all of it and changes nothing" {
	ok wfctl schedule add tick '@daily' --name one --dry-run
	assert_output --partial "would be: one was added"
	ok wfctl schedule add tick '@daily' --name one --dry-run -o json
	shape schedule-add
	assert_equal "$(jq .dry_run <<<"$output")" true
	status 2 wfctl schedule add tick '99 * * * *' --dry-run
	status 4 wfctl schedule add tock '@daily' --dry-run
	ok wfctl schedule ls -o json
	assert_output "[]"
	wfctl schedule add tick '@daily' --name one >/dev/null
	for verb in pause delete run-now; do
		ok wfctl schedule $verb one --dry-run -o json
		shape schedule-$verb
	done
	ok wfctl schedule update one --when @hourly --dry-run -o json
	shape schedule-update
	ok wfctl schedule show one -o json
	assert_equal "$(jq -r '.state + " " + .expression' <<<"$output")" "active @daily"
	[ ! -e ran ] || fail "it ran"
}

@test "a change neither fires at once nor fires the past again" {
	wfctl schedule add tick '0 * * * *' --name one --missed backfill >/dev/null
	at 2026-11-20T12:30:00Z ok wfctl schedule update one --when '15 * * * *' --set n=2
	assert_output "one was changed, next 13:15:00"
	at 2026-11-20T12:30:01Z ok wfctl serve-once
	assert_line --partial "nothing is due"
	at 2026-11-20T13:15:00Z ok wfctl serve-once
	assert_line --index 0 "1 scheduled start, 1 completed"
	# back in time: what fired does not come again
	at 2026-11-20T13:00:00Z ok wfctl schedule update one --when '14 * * * *'
	at 2026-11-20T13:14:59Z ok wfctl serve-once
	assert_line --index 0 "1 scheduled start, 1 completed"
	at 2026-11-20T13:15:30Z ok wfctl serve-once
	assert_line --partial "nothing is due"
	assert_equal "$(cat ran)" $'plain 2\nplain 2'
	ok wfctl schedule show one -o json
	assert_equal "$(jq -c '[.fired, .missed, .spec.missed, .spec.input.n]' <<<"$output")" '[2,0,"backfill",2]'
	# members are taken away by an empty value
	ok wfctl schedule update one --timezone Asia/Tokyo
	ok wfctl schedule update one --timezone '' --missed ''
	ok wfctl schedule show one -o json
	shape schedule-show
	assert_equal "$(jq -c '.spec | [.timezone, .missed]' <<<"$output")" "[null,null]"
}

@test "a pause fires nothing, and nothing of it is made good" {
	wfctl schedule add tick '0 * * * *' --name one --missed backfill >/dev/null
	ok wfctl schedule pause one
	assert_output "one is paused"
	ok wfctl schedule show one
	assert_line --regexp '^  next +when it is resumed$'
	ok wfctl schedule pause one
	assert_output "one is so already"
	at 2026-11-20T12:00:00Z ok wfctl serve-once
	assert_output "nothing is due"
	at 2026-11-20T12:00:00Z ok wfctl schedule ls
	assert_line --partial "paused"
	at 2026-11-20T12:30:00Z ok wfctl schedule resume one
	assert_output "one goes on, next 13:00:00"
	at 2026-11-20T13:00:00Z ok wfctl serve-once
	assert_line --index 0 "1 scheduled start, 1 completed"
	assert_equal "$(wc -l <ran)" 1
	ok wfctl schedule pause one -o json
	shape schedule-pause
	ok wfctl schedule resume one -o json
	shape schedule-resume
}

@test "deleted, what it started goes on" {
	wfctl schedule add tick '0 * * * *' --name one >/dev/null
	ok wfctl schedule delete one
	assert_output "one was deleted; what it started goes on"
	at 2026-11-20T12:00:00Z ok wfctl serve-once
	assert_output "nothing is due"
	status 4 wfctl schedule show one
	# its name is free again, its number is not
	wfctl schedule add tick '0 * * * *' --name one >/dev/null
	ok wfctl schedule delete one -o json
	shape schedule-delete
	assert_equal "$(jq .id <<<"$output")" 2
	ok wfctl journal check
}

@test "missed firings: skip, catch_up, backfill; all are recorded" {
	wfctl schedule add tick '0 * * * *' --name skipping --set kind=s >/dev/null
	wfctl schedule add tick '0 * * * *' --name catching --set kind=c --missed catch_up >/dev/null
	wfctl schedule add tick '0 * * * *' --name filling --set kind=b --missed backfill >/dev/null
	wfctl schedule add tick '0 * * * *' --name some --set kind=l --missed backfill --backfill-limit 2 \
		>/dev/null
	at 2026-11-20T14:30:00Z ok wfctl serve-once
	assert_line --index 0 "8 scheduled starts, 12 missed firings, 8 completed"
	assert_equal "$(sort ran | uniq -c | sed 's/^ *//')" $'5 b 0\n1 c 0\n2 l 0'
	for pair in skipping:0,5 catching:1,4 filling:5,0 some:2,3; do
		ok wfctl schedule show "${pair%:*}" -o json
		shape schedule-show
		assert_equal "$(jq -c '[.fired,.missed]' <<<"$output")" "[${pair#*:}]"
	done
	ok wfctl schedule show skipping -o json
	assert_equal "$(jq -c '.recent | map([.outcome, .count, .from, .nominal])' <<<"$output")" \
		'[["missed",5,"2026-11-20T10:00:00.000Z","2026-11-20T14:00:00.000Z"]]'
}

@test "overlap: allow, queue, skip, replace" {
	cat >long.yaml <<-'EOF'
	workflow:
	  id: long
	  steps: [ { id: wait, action: wait.signal, with: { name: go } } ]
	EOF
	wfctl register long.yaml >/dev/null
	for how in allow queue skip replace; do
		wfctl schedule add long '0 * * * *' --name "$how" --overlap "$how" >/dev/null
	done
	at 2026-11-20T10:00:00Z ok wfctl serve-once
	at 2026-11-20T11:00:00Z ok wfctl serve-once
	for pair in allow:waiting,waiting queue:queued,waiting skip:waiting replace:cancelled,waiting; do
		ok wfctl ps -o json
		assert_equal "$(jq -r "map(select(.started_by == \"schedule:${pair%:*}\") | .status) | sort | join(\",\")" \
			<<<"$output")" "${pair#*:}"
	done
	ok wfctl schedule show skip -o json
	shape schedule-show
	assert_equal "$(jq -r '.recent | map(.outcome) | join(" ")' <<<"$output")" "started skipped"
	ok wfctl schedule show queue -o json
	assert_equal "$(jq -r '.recent | map(.outcome) | join(" ")' <<<"$output")" "started queued"
	at 2026-11-20T11:30:00Z status 3 wfctl schedule run-now replace
	assert_line --regexp '^#[0-9]+ takes the place of #[0-9]+, which is cancelled$'
	at 2026-11-20T11:30:00Z status 3 wfctl schedule run-now replace -o json
	shape schedule-run-now
	assert_equal "$(jq -c '.number - .replaced[0]' <<<"$output")" 1
	# the queue moves on when the first has ended
	first=$(wfctl ps -o json | jq 'map(select(.started_by == "schedule:queue" and .status == "waiting"))[0].number')
	wfctl signal "$first" go >/dev/null || true
	at 2026-11-20T11:00:01Z wfctl serve-once >/dev/null
	ok wfctl ps -o json
	assert_equal "$(jq -r 'map(select(.started_by == "schedule:queue") | .status) | sort | join(",")' <<<"$output")" \
		"completed,waiting"
	ok wfctl journal check
}

@test "a start that is refused is recorded, and the schedule goes on" {
	wfctl schedule add tick '0 * * * *' --name one >/dev/null
	sed 's/version: 1.0.0/version: 2.0.0/; s/n: { type: integer }/n: { type: integer }, must: {}/
		s/  input:/  input:\n    required: [must]/' tick.yaml >tick2.yaml
	wfctl register tick2.yaml >/dev/null
	at 2026-11-20T10:00:00Z run wfctl serve-once
	assert_success
	assert_line --index 1 "1 start refused"
	wfctl workflow disable tick@2.0.0 >/dev/null
	at 2026-11-20T11:00:00Z ok wfctl serve-once
	assert_line --index 0 "1 scheduled start, 1 completed"
	ok wfctl schedule show one -o json
	shape schedule-show
	assert_equal "$(jq -r '.recent | map(.outcome) | join(" ")' <<<"$output")" \
		"refused started"
	assert_equal "$(jq .fired <<<"$output")" 1
	assert_regex "$(jq -r '.recent[0].why' <<<"$output")" 'must'
}

@test "what falls due while the workflow is disabled is put off, and missed by each schedule's policy afterwards" {
	for policy in skip catch_up backfill; do
		wfctl schedule add tick '0 * * * *' --name "$policy" --missed "$policy" >/dev/null
	done
	wfctl schedule add tick '0 * * * *' --name pause >/dev/null
	wfctl schedule pause pause >/dev/null
	wfctl workflow disable tick >/dev/null
	ok wfctl schedule ls
	assert_line --regexp '^skip +tick +0 \* \* \* \* +UTC +disabled +- +- +0 +0$'
	assert_line --regexp '^pause +tick +0 \* \* \* \* +UTC +paused +- +- +0 +0$'
	ok wfctl schedule ls -o json
	shape schedule-ls
	ok wfctl schedule show skip
	assert_line --index 0 "skip   disabled, starts tick"
	assert_line --regexp '^ +next +when its workflow is enabled, or registered again$'
	ok wfctl schedule show skip -o json
	shape schedule-show
	assert_equal "$(jq -c '[.state, .next_at]' <<<"$output")" '["disabled",null]'
	put_off_twice
	# a hold keeps what is enabled meanwhile
	wfctl hold tick >/dev/null
	at 2026-11-20T11:10:00Z ok wfctl workflow enable tick
	at 2026-11-20T11:10:00Z ok wfctl serve-once
	assert_line --partial "nothing is due"
	wfctl workflow disable tick >/dev/null
	at 2026-11-20T11:20:00Z ok wfctl release tick
	at 2026-11-20T11:20:00Z ok wfctl serve-once
	assert_line --partial "nothing is due"
	at 2026-11-20T11:30:00Z ok wfctl workflow enable tick
	at 2026-11-20T11:30:00Z ok wfctl serve-once
	ok wfctl schedule ls -o json
	assert_equal "$(jq -c 'map([.name, .state, .fired, .missed]) | sort' <<<"$output")" \
		'[["backfill","active",2,0],["catch_up","active",1,1],["pause","paused",0,0],["skip","active",0,2]]'
	assert_equal "$(wc -l <ran)" 3
	ok wfctl journal check
}

@test "a schedule waits for the workflow that was deleted, and for the version that it names" {
	wfctl schedule add tick@1.0.0 '0 * * * *' --name pinned --missed catch_up >/dev/null
	sed 's/version: 1.0.0/version: 2.0.0/' tick.yaml >tick2.yaml
	wfctl register tick2.yaml >/dev/null
	wfctl workflow disable tick@1.0.0 >/dev/null
	ok wfctl schedule show pinned -o json
	assert_equal "$(jq -r .state <<<"$output")" disabled
	wfctl workflow delete tick --yes >/dev/null
	at 2026-11-20T10:00:00Z ok wfctl serve-once
	refute_output --partial refused
	ok wfctl schedule show pinned -o json
	assert_equal "$(jq -c '[.state, .recent]' <<<"$output")" '["disabled",[]]'
	at 2026-11-20T10:30:00Z ok wfctl register tick2.yaml
	at 2026-11-20T10:30:00Z ok wfctl serve-once
	assert_line --partial "nothing is due"
	at 2026-11-20T10:30:00Z ok wfctl register tick.yaml
	at 2026-11-20T10:30:00Z ok wfctl serve-once
	assert_line --index 0 "1 scheduled start, 1 completed"
	ok wfctl schedule show pinned -o json
	assert_equal "$(jq -c '[.state, .fired]' <<<"$output")" '["active",1]'
	ok wfctl journal check
}

@test "what falls due during a hold is put off, and missed by each schedule's policy afterwards" {
	for policy in skip catch_up backfill; do
		wfctl schedule add tick '0 * * * *' --name "$policy" --missed "$policy" >/dev/null
	done
	wfctl hold tick >/dev/null
	wfctl hold >/dev/null
	put_off_twice
	# the other hold covers it still
	at 2026-11-20T11:10:00Z ok wfctl release tick
	at 2026-11-20T11:10:00Z ok wfctl serve-once
	assert_line --partial "nothing is due"
	ok wfctl schedule ls -o json
	assert_equal "$(jq -c 'map(.fired + .missed)' <<<"$output")" "[0,0,0]"
	at 2026-11-20T11:25:00Z ok wfctl schedule ls
	assert_line --regexp '^backfill +tick .* held +on release: 2 starts, then 12:00:00 +- +0 +0$'
	assert_line --regexp '^catch_up +tick .* held +on release: 1 start, 1 left out, then 12:00:00 +- +0 +0$'
	assert_line --regexp '^skip +tick .* held +on release: 2 left out, then 12:00:00 +- +0 +0$'
	at 2026-11-20T11:25:00Z ok wfctl schedule ls -o json
	shape schedule-ls
	assert_equal "$(jq -c 'map([.state, .next_at, .on_release.starts, .on_release.left_out])[1]' <<<"$output")" \
		'["held",null,1,1]'
	at 2026-11-20T11:25:00Z ok wfctl schedule show skip
	assert_line --index 0 "skip   held, starts tick"
	assert_line --regexp '^ +next +when the hold is released$'
	assert_line --regexp '^ +on release +2 left out, then 12:00:00$'
	at 2026-11-20T11:25:00Z ok wfctl schedule add tick @hourly --name late
	assert_output "late was added, held; on release: 12:00:00"
	ok wfctl schedule delete late
	at 2026-11-20T11:30:00Z ok wfctl release
	at 2026-11-20T11:30:00Z ok wfctl serve-once
	ok wfctl schedule ls -o json
	assert_equal "$(jq -c 'map([.name, .fired, .missed]) | sort' <<<"$output")" \
		'[["backfill",2,0],["catch_up",1,1],["skip",0,2]]'
	at 2026-11-20T11:30:00Z ok wfctl serve-once
	assert_line --partial "nothing is due"
	assert_equal "$(wc -l <ran)" 3
	ok wfctl journal check
}

@test "a pinned version stays, otherwise the newest enabled one is started" {
	wfctl schedule add tick@1.0.0 '0 * * * *' --name old >/dev/null
	wfctl schedule add tick '0 * * * *' --name new >/dev/null
	sed 's/1\.0\.0/2.0.0/' tick.yaml >tick2.yaml
	wfctl register tick2.yaml >/dev/null
	at 2026-11-20T10:00:00Z ok wfctl serve-once
	ok wfctl ps -o json
	assert_equal "$(jq -r 'map(.started_by + " " + .version) | sort | join(",")' <<<"$output")" \
		"schedule:new 2.0.0,schedule:old 1.0.0"
	ok wfctl schedule update old --workflow-version newest
	ok wfctl schedule show old -o json
	assert_equal "$(jq .version <<<"$output")" null
}

@test "schedules of a definition follow it" {
	cat >cron.yaml <<-'EOF'
	workflow:
	  id: cron
	  version: 1.0.0
	  input: { type: object, properties: { n: { type: integer, default: 0 } } }
	  triggers:
	    - { type: schedule, id: hourly, cron: "0 * * * *", input: { n: 1 } }
	    - { type: schedule, cron: "30 * * * *", timezone: Europe/Berlin }
	    - { type: schedule, id: off, cron: "45 * * * *", enabled: false }
	  steps:
	    - { id: go, action: exec.run, with: { shell: "echo ${input.n} >>ran" } }
	EOF
	wfctl register cron.yaml >/dev/null
	ok wfctl schedule ls -o json
	assert_equal "$(jq -r 'map(.name + " " + .state) | sort | join(",")' <<<"$output")" \
		"cron/1 active,cron/hourly active,cron/off paused"
	at 2026-11-20T10:00:00Z ok wfctl serve-once
	assert_equal "$(cat ran)" 1
	# only its input can be changed here, and that stays when the definition is registered again
	status 6 wfctl schedule update cron/hourly --when '@daily'
	status 6 wfctl schedule delete cron/hourly
	at 2026-11-20T10:10:00Z ok wfctl schedule update cron/hourly --set n=7
	at 2026-11-20T10:10:00Z ok wfctl schedule pause cron/1
	sed 's/version: 1.0.0/version: 1.1.0/; s/cron: "45/cron: "50/; /type: schedule, cron/d' cron.yaml >cron2.yaml
	at 2026-11-20T10:20:00Z ok wfctl register cron2.yaml
	ok wfctl schedule ls -o json
	assert_equal "$(jq -r 'map([.name, .expression, .state, .fired] | map(tostring) | join(" ")) | sort | join(",")' \
		<<<"$output")" "cron/hourly 0 * * * * active 1,cron/off 50 * * * * paused 0"
	at 2026-11-20T11:00:00Z ok wfctl serve-once
	assert_equal "$(cat ran)" $'1\n7'
	# registered again it fires nothing
	at 2026-11-20T11:00:30Z ok wfctl register cron2.yaml
	at 2026-11-20T11:00:31Z ok wfctl serve-once
	assert_line --partial "nothing is due"
	# the newest enabled version's triggers count
	at 2026-11-20T11:01:00Z ok wfctl workflow disable cron@1.1.0
	ok wfctl schedule ls -o json
	assert_equal "$(jq -r 'map(.name) | sort | join(",")' <<<"$output")" "cron/1,cron/hourly,cron/off"
	wfctl workflow delete cron --yes >/dev/null
	ok wfctl schedule ls -o json
	assert_output "[]"
	ok wfctl journal check
}

@test "run-now starts besides its times, with its input" {
	wfctl schedule add tick '0 * * * *' --name one --set kind=x --set n=1 >/dev/null
	ok wfctl schedule run-now one --set n=9
	assert_line --partial "#1 completed"
	ok wfctl schedule run-now one -o json
	shape schedule-run-now
	assert_equal "$(cat ran)" $'x 9\nx 1'
	ok wfctl schedule run-now one --dry-run -o json
	shape schedule-run-now
	status 2 wfctl schedule run-now one --set n=many
	ok wfctl schedule show one -o json
	assert_equal "$(jq -c '[.fired, .next_at]' <<<"$output")" '[0,"2026-11-20T10:00:00.000Z"]'
}

@test "next: words, times, and what changes of the clock do" {
	ok wfctl schedule next '30 2 * * *' --timezone Europe/Berlin --from 2026-03-28 --count 2
	assert_line --index 0 "at 02:30, Europe/Berlin"
	assert_line --regexp '^2026-03-28T02:30:00\+01:00 +Sat'
	assert_line --regexp '^2026-03-29T03:00:00\+02:00 +Sun .*shifted: 02:30 does not exist$'
	ok wfctl schedule next '30 2 * * *' --timezone Europe/Berlin --from 2026-03-28 --count 2 --dst-gap skip
	assert_line --regexp '^- +Sun .*skipped: 02:30 does not exist$'
	assert_line --regexp '^2026-03-30T02:30:00\+02:00'
	ok wfctl schedule next '30 2 * * *' --timezone Europe/Berlin --from 2026-10-25 --count 2 --dst-overlap both
	assert_line --regexp '^2026-10-25T02:30:00\+02:00 .*02:30 comes twice: the first$'
	assert_line --regexp '^2026-10-25T02:30:00\+01:00 .*repeated: 02:30 comes twice, the second$'
	ok wfctl schedule next '30 2 * * *' --timezone Europe/Berlin --from 2026-10-25 --count 2 -o json
	shape schedule-next
	assert_equal "$(jq -c '.firings | map([.at, .dst])' <<<"$output")" \
		'[["2026-10-25T00:30:00.000Z","first"],["2026-10-26T01:30:00.000Z",null]]'
	ok wfctl schedule next 'R3/2026-11-20T12:00:00Z/PT1H' -o json
	shape schedule-next
	assert_equal "$(jq -r '.firings | map(.at) | join(" ")' <<<"$output")" \
		"2026-11-20T12:00:00.000Z 2026-11-20T13:00:00.000Z 2026-11-20T14:00:00.000Z"
	ok wfctl schedule next 2026-12-24T18:00 --timezone Asia/Tokyo
	assert_line --partial "2026-12-24T18:00:00+09:00"
	ok wfctl schedule next 2025-12-24T18:00
	assert_line "it does not fire any more"
	wfctl schedule add tick '0 6 * * *' --name six >/dev/null
	ok wfctl schedule next six -o json
	assert_equal "$(jq -r '.firings[0].at' <<<"$output")" "2026-11-21T06:00:00.000Z"
	status 4 wfctl schedule next seven
	status 2 wfctl schedule next '0 25 * * *'
	status 2 wfctl schedule next '@daily' --count 0
	status 2 wfctl schedule next '@daily' --from never
}

@test "names are completed" {
	wfctl schedule add tick '@daily' --name nightly >/dev/null
	ok wfctl __complete schedule pause n
	assert_output $'nightly\ttick'
	ok wfctl __complete schedule ''
	assert_line --partial "run-now"
	ok wfctl __complete schedule add t
	assert_line --partial "tick"
}

@test "expressions need no home" {
	export WFCTL_HOME=$BATS_TEST_TMPDIR/none
	ok wfctl schedule next '@daily' --count 1
	assert_line --partial "2026-11-21T00:00:00Z"
	status 7 wfctl schedule next daily
}

@test "jitter is the same for every sweep, start and end bound it" {
	wfctl schedule add tick '0 * * * *' --name one --jitter 10m --start 2026-11-20T11:00:00Z \
		--end 2026-11-20T12:00:00Z >/dev/null
	due=$(wfctl next-due -o json | jq -r .at)
	# next tells the same
	ok wfctl schedule next one -o json
	assert_equal "$(jq -r '.firings[0].at' <<<"$output")" "$due"
	at 2026-11-20T11:00:00.001Z ok wfctl schedule next one -o json
	assert_equal "$(jq -r '.firings[0].at' <<<"$output")" "$due"
	at 2026-11-20T11:00:00.001Z ok wfctl schedule next one --from 2026-11-20T12:00:00Z -o json
	assert_equal "$(jq '.firings | length' <<<"$output")" 1
	[[ $due > 2026-11-20T11:00 && $due < 2026-11-20T11:10:01 ]] || fail "due at $due"
	at 2026-11-20T11:00:00Z wfctl serve-once >/dev/null
	at 2026-11-20T11:10:00Z ok wfctl serve-once
	assert_line --index 0 "1 scheduled start, 1 completed"
	at 2026-11-20T13:30:00Z ok wfctl serve-once
	ok wfctl schedule ls
	assert_line --partial "over"
	ok wfctl next-due
	assert_equal "$output" "-"
}

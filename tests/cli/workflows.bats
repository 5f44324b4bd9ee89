#!/usr/bin/env bats
# Every file under workflows/ is checked and run, against real commands and a real server.

load helper

setup() {
	common_setup
	ok wfctl init
	T=$BATS_TEST_TMPDIR
}

field() { # field PATH of the last answer, a JSON document
	printf '%s' "$output" | jq -r "$1"
}

@test "every workflow is sound, and its graph can be drawn" {
	for file in "$ROOT"/workflows/*.yaml; do
		[[ $file != *.test.yaml ]] || continue
		status 0 wfctl lint "$file"
		ok wfctl graph "$file" --format dot
		ok wfctl graph "$file" --format mermaid
	done
}

@test "onboarding: approved by two, the role is assigned once" {
	start_httpd
	status 3 wfctl run "$ROOT/workflows/onboarding.yaml" --set user.id=u1 \
		--set user.email=ann@example.org --set erp_url="$HTTPD_URL" --set idp_url="$HTTPD_URL"
	status 0 wfctl approve 1 --as alice
	status 0 wfctl approve 1 --as bob --reason "fine"
	ok wfctl show 1 -o json
	assert_equal "$(field .status)" completed
	assert_equal "$(field '.output.approved_by | join(",")')" alice,bob
	assert_equal "$(grep -c /api/accounts "$HTTPD_LOG")" 1
	assert_equal "$(grep -c /idp/roles "$HTTPD_LOG")" 1
}

@test "onboarding: rejected, nothing is assigned and the result is failed" {
	start_httpd
	status 3 wfctl run "$ROOT/workflows/onboarding.yaml" --set user.id=u1 \
		--set user.email=ann@example.org --set erp_url="$HTTPD_URL" --set idp_url="$HTTPD_URL"
	status 0 wfctl reject 1 --as bob --reason "too early"
	ok wfctl show 1 -o json
	assert_equal "$(field .status)" failed
	assert_equal "$(field .error.type)" ApprovalRejected
	run grep -c /idp/roles "$HTTPD_LOG"
	assert_output 0
}

@test "onboarding: a risky user is approved but gets no role" {
	start_httpd
	status 3 wfctl run "$ROOT/workflows/onboarding.yaml" --set user.id=u1 --set user.risk_score=0.9 \
		--set user.email=ann@example.org --set erp_url="$HTTPD_URL" --set idp_url="$HTTPD_URL"
	status 0 wfctl approve 1 --as alice
	status 0 wfctl approve 1 --as bob
	ok wfctl show 1 -o json
	assert_equal "$(field '.steps[] | select(.id == "provision_access") | .status')" skipped
}

@test "nightly backup: an archive is written, read back, and old ones go" {
	mkdir "$T/source"
	echo data >"$T/source/file"
	for day in 1 2 3; do
		touch -d "2026-01-0$day" "$T/old" && mkdir -p "$T/target" &&
			cp -p "$T/old" "$T/target/backup-2026010${day}T000000Z.tar.gz"
	done
	status 0 wfctl run "$ROOT/workflows/nightly_backup.yaml" --set source="$T/source" \
		--set target="$T/target" --set keep=2
	assert_equal "$(find "$T/target" -name 'backup-*.tar.gz' | wc -l)" 2
	ok wfctl show 1 -o json
	assert_equal "$(tar -xzOf "$(field .output.file)" ./file)" data
}

@test "nightly backup: a failure raises the alert and fails" {
	cat >"$T/alert" <<-EOT
	#!/bin/sh
	echo "\$*" >>"$T/alerts"
	EOT
	chmod +x "$T/alert"
	status 1 wfctl run "$ROOT/workflows/nightly_backup.yaml" --set source="$T/nowhere" \
		--set target="$T/target" --set alert_command="$T/alert"
	assert_equal "$(grep -c 'failed at archive' "$T/alerts")" 1
	ok wfctl show 1 -o json
	assert_equal "$(field .error.code)" backup_failed
	assert_equal "$(field '.steps[] | select(.id == "archive") | .attempts')" 2
}

certificate() { # certificate DAYS: one that is valid for so long
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$1" \
		-keyout "$T/key.pem" -out "$T/cert.pem" -subj /CN=test 2>/dev/null
}

@test "certificate renewal: a fresh one is left alone, an old one is renewed after approval" {
	command -v openssl >/dev/null || skip "no openssl on this machine"
	certificate 365
	renewal=("$ROOT/workflows/certificate_renewal.yaml" --set certificate="$T/cert.pem"
		--set renew_command="echo \$CERTIFICATE >>$T/renewed" --set reload_command="echo x >>$T/reloaded")
	status 0 wfctl run "${renewal[@]}"
	[ ! -e "$T/renewed" ]
	certificate 5
	status 3 wfctl run "${renewal[@]}"
	status 5 wfctl approve 2 --as mallory
	status 0 wfctl approve 2 --as root
	assert_equal "$(cat "$T/renewed")" "$T/cert.pem"
	assert_equal "$(wc -l <"$T/reloaded")" 1
	ok wfctl show 2 -o json
	assert_equal "$(field .output.renewed)" true
}

@test "disk clean-up: enough is free, or old files go and it says so when that is not enough" {
	mkdir "$T/disk"
	touch -d "30 days ago" "$T/disk/old.tmp"
	touch "$T/disk/new.tmp"
	used=$(df -P "$T/disk" | awk 'NR == 2 { print int($5) }')
	[ "$used" -ge 2 ] || skip "the disk is empty"
	status 0 wfctl run "$ROOT/workflows/disk_cleanup.yaml" --set path="$T/disk" --set limit=99
	[ -e "$T/disk/old.tmp" ]
	status 1 wfctl run "$ROOT/workflows/disk_cleanup.yaml" --set path="$T/disk" --set limit=1
	[ ! -e "$T/disk/old.tmp" ]
	[ -e "$T/disk/new.tmp" ]
	ok wfctl show 2 -o json
	assert_equal "$(field .error.code)" disk_full
}

deploy() { # deploy STAGE HEALTH_PATH
	wfctl run "$ROOT/workflows/deploy.yaml" --set release=1.2.3 --set stage="$1" \
		--set deploy_command="echo deploy \$RELEASE \$STAGE >>$T/did" \
		--set rollback_command="echo back \$RELEASE >>$T/did" --set health_url="$HTTPD_URL$2"
}

@test "deploy: healthy after some failures; production asks first; ill is rolled back" {
	start_httpd
	status 0 deploy test /fail/3/one
	assert_equal "$(cat "$T/did")" "deploy 1.2.3 test"
	status 3 deploy production /ok
	status 0 wfctl approve 2 --as release-manager
	assert_equal "$(tail -n 1 "$T/did")" "deploy 1.2.3 production"
	status 1 deploy test /status/404
	assert_equal "$(tail -n 1 "$T/did")" "back 1.2.3"
	ok wfctl show 3 -o json
	assert_equal "$(field .error.code)" rolled_back
}

@test "data import: the valid orders are loaded, an empty batch is refused" {
	mkdir "$T/www"
	start_httpd
	export WFCTL_AS=importer
	status 1 wfctl run "$ROOT/workflows/data_import.yaml" --set source_url="$HTTPD_URL/ok" \
		--set load_command="cat >$T/loaded"
	ok wfctl show 1 -o json
	assert_equal "$(field .error.code)" no_orders
	[ ! -e "$T/loaded" ]
	status 0 wfctl run "$ROOT/workflows/data_import.yaml" --set minimum=10 \
		--set source_url="$HTTPD_URL/json?body=%7B%22orders%22%3A%5B%7B%22id%22%3A1%2C%22amount%22%3A5%7D%2C%7B%22id%22%3A2%2C%22amount%22%3A12.5%7D%5D%7D" \
		--set load_command="cat >$T/loaded"
	assert_equal "$(jq -c .orders "$T/loaded")" '[{"id":2,"amount":12.5}]'
	assert_equal "$(jq -r .summary.dropped "$T/loaded")" 1
}

@test "travel request: reminded, the deputy asked as well, then the head; each told once" {
	export WFCTL_NOW=2026-11-20T09:00:00Z
	status 3 wfctl run "$ROOT/workflows/travel_request.yaml" --as eva --set traveller=eva \
		--set destination=Rome --set cost=100 --set notify_command="echo >>$T/notes" \
		--set remind_every=PT1H --set deputy_after=PT3H --set head_after=PT6H
	for hour in 10 11 12 13 14 15; do
		WFCTL_NOW=2026-11-20T$hour:00:00Z ok wfctl serve-once
	done
	export WFCTL_NOW=2026-11-20T15:30:00Z
	status 5 wfctl approve 1 --as manager
	status 0 wfctl approve 1 --as head-of-department
	ok wfctl show 1 -o json
	assert_equal "$(field .status)" completed
	assert_equal "$(field .output.destination)" Rome
	assert_equal "$(grep -c '^deputy' "$T/notes")" 1
	assert_equal "$(grep -c '^head' "$T/notes")" 1
	assert_equal "$(grep -c '^book Rome' "$T/notes")" 1
	grep -q '^remind manager' "$T/notes"
}

@test "travel request: nobody approves their own, and a refusal is an error of its own" {
	status 1 wfctl run "$ROOT/workflows/travel_request.yaml" --as eva --set traveller=eva \
		--set destination=Rome --set cost=100 --set manager=eva
	ok wfctl show 1 -o json
	assert_equal "$(field .error.code)" approvers_empty
	status 3 wfctl run "$ROOT/workflows/travel_request.yaml" --as eva --set traveller=eva \
		--set destination=Rome --set cost=100 --set notify_command=:
	wfctl reject 2 --as manager --reason "too far" || true
	ok wfctl show 2 -o json
	assert_equal "$(field .error.code)" travel_refused
}

@test "expenses: the amount says who is asked" {
	expense() { wfctl run "$ROOT/workflows/expense.yaml" --as eva --set employee=eva --set amount="$1" \
		--set pay_command="echo \$AMOUNT >>$T/paid"; }
	status 3 expense 20
	status 0 wfctl approve 1 --as manager
	status 3 expense 2000
	status 5 wfctl approve 2 --as finance-1
	status 0 wfctl approve 2 --as manager
	status 0 wfctl approve 2 --as finance-1
	status 0 wfctl approve 2 --as finance-3
	status 3 expense 20000
	status 0 wfctl approve 3 --as ann
	status 0 wfctl approve 3 --as finance-1
	status 0 wfctl reject 3 --as bob
	status 0 wfctl approve 3 --as carol
	assert_equal "$(tr '\n' ' ' <"$T/paid")" "20 2000 20000 "
	ok wfctl show 3 -o json
	assert_equal "$(field .output.size)" huge
}

@test "an order: an event starts it, another and a signal complete it; unpaid it is dropped" {
	status 0 wfctl register "$ROOT/workflows/order_payment.yaml"
	status 0 wfctl emit order.placed --id e1 \
		--data "{\"id\": \"o-1\", \"amount\": 20, \"store_command\": \"echo \$ORDER \$WHAT >>$T/store\"}"
	status 0 wfctl emit payment.received --data '{"order": "o-1", "amount": 19}'
	status 0 wfctl emit payment.received --data '{"order": "o-1", "amount": 20}'
	status 0 wfctl signal 1 packed
	ok wfctl show 1 -o json
	assert_equal "$(field .status)" completed
	assert_equal "$(field .output.paid)" 20
	assert_equal "$(tr '\n' ' ' <"$T/store")" "o-1 reserve o-1 ship "
	status 0 wfctl emit order.placed --data '{"id": "o-0", "amount": 0}'
	ok wfctl ps -o json
	assert_equal "$(field length)" 1
	status 1 wfctl run order_payment --set id=o-2 --set amount=1 --set pay_within=PT0.1S \
		--set store_command="echo \$ORDER \$WHAT >>$T/store"
	assert_equal "$(tail -n 1 "$T/store")" "o-2 release"
	ok wfctl show 2 -o json
	assert_equal "$(field .error.code)" unpaid
}

@test "the report: its schedules are kept with it, and it runs by hand" {
	status 0 wfctl register "$ROOT/workflows/report.yaml"
	ok wfctl schedule ls -o json
	assert_equal "$(field '[.[].name] | sort | join(" ")')" "report/daily report/monthly"
	status 0 wfctl run report --set kind=monthly --set folder="$T"
	grep -q '^monthly report of' "$T/report-monthly.txt"
}

@test "reindex: one at a time for an index, the next waits for its turn" {
	mkfifo "$T/gate"
	reindex() { wfctl run "$ROOT/workflows/reindex.yaml" --set index="$1" --set build_command="$2"; }
	reindex one "echo begun >>$T/log; read x <$T/gate" >"$T/first" 2>&1 3>&- &
	first=$!
	wait_for grep -q begun "$T/log"
	status 3 reindex one "echo second >>$T/log"
	status 0 reindex two "echo other >>$T/log"
	echo go >"$T/gate"
	wait "$first"
	queued_done() {
		wfctl resume >/dev/null 2>&1 || true
		[ "$(wfctl show 2 -o json | jq -r .status)" = completed ]
	}
	wait_for queued_done
	assert_equal "$(tr '\n' ' ' <"$T/log")" "begun other second "
}

@test "purchase: started by an event, approved, woken by the next; a rejection by time" {
	ok wfctl register "$ROOT/workflows/purchase.yaml"
	ok wfctl emit order.placed --data '{"id": "o0", "amount": 5}'
	assert_output --partial "started 0"
	export WFCTL_NOW=2026-11-20T09:00:00Z
	ok wfctl emit order.placed --data '{"id": "o1", "amount": 900}' --id shop-1
	ok wfctl emit order.placed --data '{"id": "o2", "amount": 900}' --id shop-2
	ok wfctl approve 1 --as carol
	ok wfctl emit invoice.paid --data '{"order": "o1"}'
	ok wfctl show 1 -o json
	assert_equal "$(field .output.booked)" o1
	# `logger` may be missing here: what a notification fails of is not the instance's failure
	WFCTL_NOW=2026-11-20T13:00:00Z wfctl serve-once >/dev/null
	ok wfctl approvals --as dave -o json
	assert_equal "$(field '.[0].instance')" 2
	WFCTL_NOW=2026-11-22T09:00:00Z wfctl serve-once >/dev/null
	ok wfctl show 2 -o json
	assert_equal "$(field .result)" rejected
	ok wfctl journal check
}

@test "release gate: out when all checks say so, else blocked by the one that does not" {
	gate() { # gate SCAN: what the scan says
		wfctl run "$ROOT/workflows/release_gate.yaml" --set version=1.2.3 \
			--set check_command="echo \$WHAT >>$T/done; [ \$WHAT != scan ] || echo '$1'"
	}
	status 0 gate clean
	assert_equal "$(sort "$T/done" | tr '\n' ' ')" "licences publish scan tests "
	assert_equal "$(tail -n 1 "$T/done")" publish
	rm "$T/done"
	status 1 gate "two holes"
	ok wfctl show 2 -o json
	assert_equal "$(field .result)" blocked
	assert_equal "$(field .output.why)" "1.2.3 is blocked by security"
	! grep -q publish "$T/done"
}

@test "invoice run: four at a time, one that fails keeps no other, results in order" {
	status 0 wfctl run "$ROOT/workflows/invoice_run.yaml" --input "$(jq -n --arg t "$T" '{
		send_command: "echo $WHAT $NUMBER >>\($t)/sent; [ $WHAT$NUMBER != sendi3 ] || exit 4; echo doc",
		invoices: [range(1; 8) | {number: "i\(.)", to: "t\(.)", lines: (if . == 2 then [] else [{amount: .}, {amount: 1}] end)}]}')"
	ok wfctl show 1 -o json
	assert_equal "$(field '.output | tojson')" '{"sent":5,"failed":[2],"amount":28}'
	assert_equal "$(grep -c '^render' "$T/sent")" 6
	assert_equal "$(tail -n 1 "$T/sent" | tr -d " ")" report
	assert_equal "$(grep -c i2 "$T/sent" || true)" 0
}

@test "site build: pages behind content and styles, the upload behind all, without a search if it fails" {
	status 0 wfctl run "$ROOT/workflows/site_build.yaml" \
		--set build_command="echo \$PART >>$T/built; echo \$PART-done; [ \$PART != search ]"
	ok wfctl show 1 -o json
	assert_equal "$(field '.output | tojson')" '{"uploaded":"upload-done","search":"failed"}'
	assert_equal "$(tail -n 1 "$T/built")" upload
	before() { [ "$(grep -n "^$1\$" "$T/built" | cut -d: -f1)" -lt "$(grep -n "^$2\$" "$T/built" | cut -d: -f1)" ]; }
	before content pages
	before styles pages
	before pages search
}

@test "trip booking: all of it, or none" {
	trip() { # trip NO …: what cannot be had
		local no=$1
		shift
		wfctl run "$ROOT/workflows/trip_booking.yaml" --set traveller=ann --set to=Oslo "$@" \
			--set book_command="echo \$WHAT\${UNDO:+ back \$UNDO} >>$T/log; [ \"\$WHAT\$UNDO\" != '$no' ] || exit 1; echo '{\"number\": \"n-'\$WHAT'\", \"price\": 10}'"
	}
	status 0 trip nothing
	ok wfctl show 1 -o json
	assert_equal "$(field .output.total)" 30
	assert_equal "$(tail -n 1 "$T/log")" pay
	rm "$T/log"
	status 1 trip nothing --set limit=25
	assert_equal "$(head -n 1 "$T/log")" flight
	assert_equal "$(tail -n 2 "$T/log" | tr '\n' ' ')" "flight back n-flight tell "
	assert_equal "$(grep -c back "$T/log")" 3
	rm "$T/log"
	status 1 trip flight
	assert_equal "$(tr '\n' ' ' <"$T/log")" "flight tell "
	ok wfctl show 3 -o json
	assert_equal "$(field .result)" not_booked
	assert_equal "$(field .output.why)" exit_1
	ok wfctl journal check
}

@test "team setup: an account for each, a child each; one that fails is given back and counted" {
	printf '#!/bin/sh\necho "$@" >>log\n[ "$1" != check ] || [ "$2" != bob ]\n' >accounts
	chmod +x accounts
	ok wfctl run "$ROOT/workflows/team_setup.yaml" --with "$ROOT/workflows/account_setup.yaml" \
		--set team=red --set 'members=["ann","bob","cy"]' --set account_command=./accounts
	ok wfctl show 1 -o json
	assert_equal "$(field '.output | "\(.made) \(.missing)"')" "2 1"
	ok wfctl ps --parent 1 -o json
	assert_equal "$(field 'map(.status) | sort | join(" ")')" "completed completed failed"
	assert_equal "$(grep -c '^check bob' log)" 3
	assert_equal "$(grep -c '^remove' log)" 1
	ok wfctl journal check
}

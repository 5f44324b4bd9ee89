#!/bin/sh
# Shows wfctl at work: the onboarding workflow against a small server of its own.
# usage: quickstart.sh BUILD_FOLDER
set -eu
build=$1
here=$(mktemp -d)
server=
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	[ -z "$server" ] || wait "$server" 2>/dev/null || :
	rm -rf "$here"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

export WFCTL_HOME="$here/home" WFCTL_TENANT=default WFCTL_ENVIRONMENT=default
PATH="$(cd "$build" && pwd):$PATH"
file=workflows/onboarding.yaml

# show COMMAND…: prints it as a person would type it, then runs it; the status it must end with is in $want
show() {
	printf '\n$ %s\n' "$*"
	status=0
	"$@" || status=$?
	[ "$status" -eq "${want:-0}" ] || {
		echo "quickstart: that ended with status $status, not ${want:-0}" >&2
		exit 1
	}
}

echo "A small HTTP server plays the ERP and the identity provider."
"$build/tests/helpers/httpd" --port-file "$here/port" --log "$here/requests" &
server=$!
tries=0
until [ -s "$here/port" ]; do
	kill -0 "$server" 2>/dev/null && [ "$tries" -lt 200 ] || {
		echo "quickstart: the server did not start" >&2
		exit 1
	}
	tries=$((tries + 1))
	sleep 0.05
done
url=http://127.0.0.1:$(cat "$here/port")

show wfctl init
show wfctl lint "$file"
show wfctl compile "$file"
show wfctl register "$file"
want=3 show wfctl run wf_user_onboarding --set user.id=u1 --set user.email=ann@example.org \
	--set "erp_url=$url" --set "idp_url=$url"
want=0 show wfctl approvals
want=0 show wfctl approve 1 --as alice --reason 'checked the budget'
want=0 show wfctl approve 1 --as bob
show wfctl show 1
show wfctl ps
show wfctl journal check

echo
echo "The server received:"
sed 's/^/  /' "$here/requests" | cut -c1-100
cat <<'EOT'

That was a whole workflow; nothing stays resident. What to try next:
  build/release/wfctl init                 a home of your own
  build/release/wfctl lint workflows/      check all the examples
  build/release/wfctl graph workflows/deploy.yaml --format mermaid
  build/release/wfctl explain --list       every rule of the check
  man -l man/wfctl.1                       the manual
EOT

#!/bin/sh
# `make install` into a folder, and the program works from there: usage: install.sh BUILD_FOLDER
set -eu
to=$(mktemp -d)
trap 'rm -rf "$to"' EXIT
make --no-print-directory install B="$1" DESTDIR="$to" prefix=/usr >/dev/null
for file in usr/bin/wfctl usr/bin/wfctl-lint usr/libexec/wfctl/wfctl-supervise \
	usr/libexec/wfctl/wfctl-http.so usr/share/man/man1/wfctl.1 usr/share/man/man1/wfctl-run.1 \
	usr/share/bash-completion/completions/wfctl usr/share/wfctl/schemas/orch.schema.json \
	usr/share/wfctl/schemas/action.schema.json usr/share/wfctl/workflows/actions/assign_plan.yaml \
	usr/share/man/man7/wfctl-sweep.7 usr/share/wfctl/cron/wfctl \
	usr/lib/systemd/system/wfctl-sweep@.service usr/lib/systemd/system/wfctl-sweep@.timer; do
	[ -e "$to/$file" ] || {
		echo "install: $file is not there"
		exit 1
	}
done
grep -q '^ExecStart=/usr/bin/wfctl serve-once ' "$to/usr/lib/systemd/system/wfctl-sweep@.service" || {
	echo 'install: the unit does not name the installed program'
	exit 1
}
export WFCTL_HOME="$to/home"
unset WFCTL_LIBEXEC
cd "$to"
"$to/usr/bin/wfctl" init >/dev/null
cat >hello.yaml <<'EOT'
workflow:
  id: hello
  steps:
    - { id: greet, action: exec.run, with: { command: [echo, hello] } }
EOT
"$to/usr/bin/wfctl-run" hello.yaml >/dev/null
cd - >/dev/null
make --no-print-directory uninstall B="$1" DESTDIR="$to" prefix=/usr >/dev/null
left=$(find "$to/usr" ! -type d)
[ -z "$left" ] || {
	echo "install: uninstall leaves $left"
	exit 1
}

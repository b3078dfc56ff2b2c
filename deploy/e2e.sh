#!/usr/bin/env bash
# The screens in a real browser. Every file web/e2e/*.e2e.ts has a node of its own,
# so that what one freezes or fills no other sees; two run at once (LANES), for most
# of their time is waiting. One with the line "// e2e: alone" measures time, and has
# the machine to itself at the end. Needs bin/weer.
#
#   deploy/e2e.sh             all
#   deploy/e2e.sh --beside    those that do not mind what else the machine does
#   deploy/e2e.sh --alone     the others
#   deploy/e2e.sh login page  these
#
# With WEER_URL and WEER_PID they run one after the other against that server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/node.sh
. deploy/node.sh

# What people and polls wait for comes soon.
fast=('WEER_ANSWER_STEPS=3s,6s,9s' WEER_EGEN_INTERVAL=1500ms WEER_EGEN_MESSAGES_INTERVAL=3s)

run() { (cd web && node --import tsx --test --test-reporter=spec "e2e/$1.e2e.ts"); }

# one NAME runs a file against a new node, and tells when it has ended.
one() {
	local name=$1 dir status=0 began=$SECONDS
	dir=$(mktemp -d)
	# shellcheck disable=SC2064 # dir is gone when it runs
	trap "stop_node; rm -rf '$dir'" EXIT
	start_node "$dir" "${fast[@]}" || { cat "$dir/log" >&2; return 1; }
	WEER_URL=$url WEER_PID=$pid run "$name" >"$dir/told" 2>&1 || status=$?
	echo "$name $((SECONDS - began)) s" >>"$times"
	[ $status = 0 ] || tail -n 40 "$dir/log" >>"$dir/told"
	cat "$dir/told"
	return $status
}

if [ "${1-}" = --one ]; then
	times=$2
	one "$3"
	exit
fi

which=all
case "${1-}" in --beside | --alone) which=${1#--} && shift ;; esac
names=("$@")
if [ $# = 0 ]; then
	for file in web/e2e/*.e2e.ts; do names+=("$(basename "$file" .e2e.ts)"); done
fi
if [ -n "${WEER_URL-}" ]; then
	for name in "${names[@]}"; do run "$name"; done
	exit
fi

together=() alone=()
for name in "${names[@]}"; do
	if grep -q '^// e2e: alone' "web/e2e/$name.e2e.ts"; then alone+=("$name"); else together+=("$name"); fi
done
times=$(mktemp)
trap 'rm -f "$times"' EXIT
status=0
lane() { xargs -r -n 1 -P "$1" "$0" --one "$times"; }
[ "$which" != alone ] || together=()
[ "$which" != beside ] || alone=()
[ ${#together[@]} = 0 ] || printf '%s\n' "${together[@]}" | lane "${LANES:-2}" || status=1
[ ${#alone[@]} = 0 ] || printf '%s\n' "${alone[@]}" | lane 1 || status=1
sort "$times"
exit $status

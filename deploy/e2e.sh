#!/usr/bin/env bash
# The page in a real browser: a node of its own on a free port with a new
# database, and `npm run e2e` against it. Needs bin/weer.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=$(mktemp -d)
WEER_ADDR=127.0.0.1:0 WEER_DATABASE_URL=sqlite:$dir/weer.db bin/weer serve >"$dir/log" 2>&1 &
pid=$!
finish() {
	status=$?
	kill -KILL "$pid" 2>/dev/null || true # the tests may have ended it already
	[ $status = 0 ] || tail -n 40 "$dir/log" >&2
	rm -rf "$dir"
}
trap finish EXIT

# The start prints where the node listens.
url=
for ((tries = 0; tries < 200; tries++)); do
	url=$(grep -Eom1 'http://127\.0\.0\.1:[0-9]+' "$dir/log") && break
	kill -0 "$pid"
	sleep 0.1
done
curl -fsS --retry 100 --retry-delay 0 --retry-max-time 20 --retry-all-errors -o "$dir/ready" "$url/readyz"

WEER_URL=$url WEER_PID=$pid npm --prefix web run --silent e2e

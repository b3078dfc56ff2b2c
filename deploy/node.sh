# shellcheck shell=bash
# For scripts that need a node of their own: `. deploy/node.sh`, from the root.

# start_node DIR [NAME=VALUE ...] starts bin/weer on a free port with a new database in
# DIR, waits until it is ready, and sets url and pid.
start_node() {
	local dir=$1 tries
	shift
	: >"$dir/log"
	env WEER_ADDR=127.0.0.1:0 WEER_DATABASE_URL="sqlite:$dir/weer.db" "$@" bin/weer serve >"$dir/log" 2>&1 &
	pid=$!
	url=
	for ((tries = 0; tries < 200; tries++)); do # the start prints where it listens
		url=$(grep -Eom1 'http://127\.0\.0\.1:[0-9]+' "$dir/log") && break
		kill -0 "$pid" || return 1
		sleep 0.1
	done
	curl -fsS --retry 100 --retry-delay 0 --retry-max-time 20 --retry-all-errors -o "$dir/ready" "$url/readyz"
}

# stop_node ends it also where it is frozen; whoever used it may have ended it already.
stop_node() {
	kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}

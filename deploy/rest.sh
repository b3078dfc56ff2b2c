#!/usr/bin/env bash
# The board of a region over REST against a bare Fiber handler that sends the
# same bytes, and its 304 against a bare 304: both servers in one run, in turns,
# with a verified bearer token on each request. Prints requests a second, the
# turns' median ratio and the board's size; fails below BOARD and UNCHANGED. A
# packed board is a tenth of the bytes, so what stands around each answer weighs
# more there: it fails below PACKED. On a machine that does much else the ratios
# say little. Needs bin/weer and wrk (on Debian: apt-get install wrk).
#
#	ROUNDS=9 SECONDS_EACH=2 deploy/rest.sh
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-9}
seconds=${SECONDS_EACH:-2}
board_ratio=${BOARD:-0.8}
packed_ratio=${PACKED:-0.6}
unchanged_ratio=${UNCHANGED:-0.6}
command -v wrk >/dev/null || {
	echo "deploy/rest.sh measures with wrk: install it (on Debian: apt-get install wrk)" >&2
	exit 1
}

dir=$(mktemp -d)
pids=()
failed=0
# shellcheck disable=SC2317 # the trap calls it
finish() {
	status=$?
	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	[ "$status" = 0 ] || [ "$failed" = 1 ] || tail -n 20 "$dir"/*.log >&2
	rm -rf "$dir"
}
trap finish EXIT

# start NAME COMMAND...: runs it until the end; url has where it says it listens.
start() {
	local name=$1
	shift
	: >"$dir/$name.log"
	"$@" >"$dir/$name.log" 2>&1 &
	pid=$!
	pids+=("$pid")
	url=
	for ((tries = 0; tries < 200; tries++)); do
		url=$(grep -Eom1 'http://127\.0\.0\.1:[0-9]+' "$dir/$name.log") && return
		kill -0 "$pid"
		sleep 0.1
	done
	return 1
}

# patiently asks until the answer is a good one.
patiently() { curl -fsS --retry 100 --retry-delay 0 --retry-max-time 30 --retry-all-errors "$@"; }

token() { patiently -X POST "$1/demo/token" | sed 's/.*"token":"\([^"]*\)".*/\1/'; }

# A node fills a database, and another one without a poller serves it: so the
# board does not move while it is measured.
database=sqlite:$dir/weer.db
start fill env WEER_ADDR=127.0.0.1:0 WEER_DATABASE_URL="$database" bin/weer serve
patiently -o /dev/null "$url/readyz"
bearer="Authorization: Bearer $(token "$url")"
for ((tries = 0; tries < 200; tries++)); do
	missing=$(curl -fsS -H "$bearer" "$url/api/v1/feeds/region:11" | grep -c '"sources":{}\|"complete_at":null') || break
	sleep 0.1
done
[ "$missing" = 0 ]
kill -TERM "$pid"
wait "$pid" || true

start node env WEER_ADDR=127.0.0.1:0 WEER_DATABASE_URL="$database" WEER_ROLES=api,hub bin/weer serve
node=$url/api/v1/regions/11/board
bearer="Authorization: Bearer $(token "$url")"
go build -o "$dir/bare" ./deploy/bench/bare

# rate URL HEADER...: requests a second; every answer counts.
rate() {
	local target=$1 headers=()
	shift
	for h in "$@"; do headers+=(-H "$h"); done
	wrk -t 2 -c 32 -d "${seconds}s" "${headers[@]}" "$target" >"$dir/wrk"
	if grep -E 'Socket errors|Non-2xx' "$dir/wrk" >&2; then return 1; fi
	sed -n 's/^Requests\/sec: *//p' "$dir/wrk"
}

median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

# compare NAME LEAST BARE HEADER...: both in turns, and the median of the turns'
# ratios, so that what else the machine does weighs on both.
compare() {
	local name=$1 least=$2 bare=$3 ours=() theirs=() ratios=()
	shift 3
	for ((i = 0; i < rounds; i++)); do
		theirs+=("$(rate "$bare" "$bearer" "$@")")
		ours+=("$(rate "$node" "$bearer" "$@")")
		ratios+=("$(awk -v a="${ours[-1]}" -v b="${theirs[-1]}" 'BEGIN { print a / b }')")
	done
	a=$(printf '%s\n' "${ours[@]}" | median)
	b=$(printf '%s\n' "${theirs[@]}" | median)
	r=$(printf '%s\n' "${ratios[@]}" | median)
	awk -v n="$name" -v a="$a" -v b="$b" -v r="$r" -v l="$least" 'BEGIN {
		printf "%-34s weer %8.0f/s   bare %8.0f/s   %.2f (at least %.2f)\n", n, a, b, r, l
		exit r < l
	}' || failed=1
}

for encoding in identity gzip br; do
	patiently -o "$dir/board.$encoding" -H "$bearer" -H "Accept-Encoding: $encoding" "$node"
	named=()
	least=$board_ratio
	if [ $encoding != identity ]; then
		named=("$encoding")
		least=$packed_ratio
	fi
	start "bare-$encoding" "$dir/bare" "$dir/board.$encoding" "${named[@]}"
	size=$(stat -c %s "$dir/board.$encoding")
	compare "board, $encoding, $size bytes" "$least" "$url/" "Accept-Encoding: $encoding"
done
tag=$(curl -fsS -o /dev/null -D - -H "$bearer" "$node" | sed -n 's/^[Ee][Tt]ag: *\("[^"]*"\).*/\1/p')
[ "$(curl -s -o /dev/null -w '%{http_code}' -H "$bearer" -H "If-None-Match: $tag" "$node")" = 304 ]
compare "304" "$unchanged_ratio" "$url/304" "If-None-Match: $tag"
exit $failed

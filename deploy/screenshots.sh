#!/usr/bin/env bash
# Pictures of the screens, from a node of their own whose simulated crews and
# consoles are busy: the README's go to deploy/screenshots, all to var/screenshots.
# Needs bin/weer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/node.sh
. deploy/node.sh

dir=$(mktemp -d)
trap 'stop_node; rm -rf "$dir"' EXIT
start_node "$dir" WEER_SIM_CREWS=6 || { cat "$dir/log" >&2; exit 1; }
cd web
WEER_URL=$url WEER_PID=$pid SHOWN=$PWD/../deploy/screenshots LOOKED=$PWD/../var/screenshots \
	node --import tsx --test --test-reporter=spec e2e/screenshots.ts

#!/usr/bin/env bash
# Installs what the tests need beside Go, Node, make and git: a C compiler (for
# the race detector), MariaDB, Redis, a browser, a linter for scripts. Debian, as root; what is there
# already is left alone. No installed service is started: tests start private
# servers of their own.
set -euo pipefail
PATH=$PATH:/usr/sbin

packages=()
need() { command -v "$1" >/dev/null || packages+=("${@:2}"); }
need gcc gcc libc6-dev
need mariadbd mariadb-server
need redis-server redis-server
need chromium chromium
need shellcheck shellcheck
need curl curl
[ -e /usr/include/stdio.h ] || packages+=(libc6-dev)
[ ${#packages[@]} -gt 0 ] || exit 0

echo "installing: ${packages[*]}"
if [ "$(id -u)" != 0 ]; then
	echo "make test needs ${packages[*]}: run it as root, or apt-get install them" >&2
	exit 1
fi

# Debian asks this file whether a package may start its service: 101 is no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod +x "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null

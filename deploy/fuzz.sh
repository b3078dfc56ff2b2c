#!/usr/bin/env bash
# Runs each fuzz test of the module for the time given, one after the other.
set -euo pipefail
time=${1:-60s}
go list ./... | while read -r package; do
	go test -list '^Fuzz' "$package" | { grep '^Fuzz' || true; } | while read -r fuzz; do
		echo "$package $fuzz"
		go test -run '^$' -fuzz "^$fuzz\$" -fuzztime "$time" "$package" </dev/null
	done
done

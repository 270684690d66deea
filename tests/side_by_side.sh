#!/usr/bin/env bash
# Runs two commands at once: one that mostly waits, and one that computes, which
# gets what is left of the processor. Prints what the second said when both have
# ended; fails if either has failed.
#
#   tests/side_by_side.sh 'COMMAND THAT WAITS' 'COMMAND THAT COMPUTES'
set -uo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT

nice -n 19 bash -c "$2" >"$log" 2>&1 &
computing=$!
bash -c "$1"
waited=$?
wait "$computing"
computed=$?
echo "=== meanwhile: $2"
cat "$log"
[ $waited -eq 0 ] || echo "FAILED: $1"
[ $computed -eq 0 ] || echo "FAILED: $2"
[ $waited -eq 0 ] && [ $computed -eq 0 ]

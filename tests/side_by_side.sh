#!/usr/bin/env bash
# Runs two commands at once: one that mostly waits, and one that computes, which
# gets what is left of the processor. Prints what the second said when both have
# ended; fails if either has failed.
#
#   tests/side_by_side.sh 'COMMAND THAT WAITS' 'COMMAND THAT COMPUTES'
set -uo pipefail
log=$(mktemp)

# In a group of its own, so that all of it can be ended with us; in the same
# session, or priorities would not be compared.
set -m
nice -n 19 bash -c "$2" >"$log" 2>&1 &
computing=$!
set +m
end() {
  kill -TERM -- "-$computing" 2>/dev/null
  rm -f "$log"
}
trap end EXIT
trap 'exit 130' INT TERM
bash -c "$1"
waited=$?
wait "$computing"
computed=$?
echo "=== meanwhile: $2"
cat "$log"
[ $waited -eq 0 ] || echo "FAILED: $1"
[ $computed -eq 0 ] || echo "FAILED: $2"
[ $waited -eq 0 ] && [ $computed -eq 0 ]

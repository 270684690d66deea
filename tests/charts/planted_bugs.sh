#!/usr/bin/env bash
# Checks the checks: plants one bug of planted_bugs.txt at a time into a copy of
# the charts, and fails unless the part that is named beside it fails.
#
#   tests/charts/planted_bugs.sh [PATTERN]   some ten minutes; only lines with PATTERN
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
export AGENT_PROGRAM=${AGENT_PROGRAM:-$root/build/release/agent/leader-elector}

missed=0
while IFS= read -r line; do
  part=${line%%; *} rest=${line#*; }
  file=${rest%%; *} change=${rest#*; }
  rm -rf "${copy:?}"/*
  (cd "$root" && cp -R --parents -t "$copy" charts examples tests/charts tests/kubernetes)
  target=$copy/charts/leader-elector/templates/$file
  perl -0pi -e "$change" "$target"
  if cmp -s "$target" "$root/charts/leader-elector/templates/$file"; then
    echo "MISSED: changes nothing: $line"
    missed=1
  elif "$copy/tests/charts/check.sh" "$part" >"$copy/log" 2>&1; then
    echo "MISSED: $line"
    missed=1
  else
    echo "noticed: $line: $(grep -m1 -o 'FAILED: .*' "$copy/log" || tail -1 "$copy/log")"
  fi
done < <(grep -v '^#' "$here/planted_bugs.txt" | grep -- "${1:-}")
exit $missed

#!/usr/bin/env bash
# Asks lock-history about one history of this folder.
#   lock_history.sh refuses|passes NAME
set -euo pipefail
cd "$(dirname "$0")"
cache=${SIDECAR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/leader-elector}
version=$(sed -n 's/^version=//p' ../kubernetes/build.sh)
program=$cache/kubernetes/$version/lock-history
if [ ! -x "$program" ]; then
  echo "lock-history is missing; tests/kubernetes/build.sh builds it"
  [ "${CI:-}" = true ] && exit 1
  exit 77
fi
said=$("$program" "histories/$2.jsonl" || true)
echo "$said"
case $1 in
refuses) [[ $said == *", not linearizable"* ]] ;;
passes) [[ $said == *", linearizable"* ]] ;;
*) exit 2 ;;
esac

#!/usr/bin/env bash
# A cluster that is killed without warning leaves no process, mount, link, rule
# or cgroup, and the next one removes its files.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

TMPDIR=$(mktemp -d)
export TMPDIR
log=$TMPDIR/log
first=
trap '[ -z "$first" ] || kill -KILL "$first" 2>/dev/null || true; rm -rf "$TMPDIR"' EXIT

fail() { echo "leaves_nothing_test: $*" >&2; tail -5 "$log" >&2; exit 1; }

# What is outside of a cluster's namespaces and has to do with this test.
traces() {
  echo "traces:"
  cut -d ' ' -f 2 /proc/self/mounts | grep -F "$TMPDIR" || true
  grep -lsF "$TMPDIR/leader" /proc/[0-9]*/cmdline || true
  ip -oneline link | grep -E 'cni0|veth' || true
  iptables -t nat -S | grep -F 10.96.0.1 || true
}
cgroups() { # folder of a cluster
  find /sys/fs/cgroup -maxdepth 2 -name "leader-elector-cluster.$1" 2>/dev/null
}

before=$(traces)
"$here/cluster.sh" run sleep infinity >"$log" 2>&1 &
first=$!
for _ in $(seq 900); do
  folder=$(echo "$TMPDIR"/leader-elector-cluster.*)
  [ ! -f "$folder/ready" ] || break
  kill -0 "$first" 2>/dev/null || fail "no cluster came up"
  sleep 0.1
done
[ -f "$folder/ready" ] || fail "no cluster within 90 s"
id=$(cat "$folder/id")
[ -n "$(cgroups "$id")" ] || fail "a cluster has no cgroup: this test sees nothing"
[ "$(traces)" != "$before" ] || fail "a cluster leaves no trace: this test sees nothing"

kill -KILL "$first"
for _ in $(seq 300); do
  [ "$(traces)" != "$before" ] || break
  sleep 0.1
done
diff <(echo "$before") <(traces) >&2 || fail "traces of a killed cluster"

"$here/cluster.sh" run kubectl get node node1 >"$log" 2>&1 || fail "no second cluster"
[ -z "$(cgroups "$id")" ] || fail "cgroups of the killed cluster"
[ -z "$(find "$TMPDIR" -mindepth 1 -name 'leader-elector-cluster.*')" ] ||
  fail "files of a cluster"
diff <(echo "$before") <(traces) >&2 || fail "traces of the second cluster"
echo "ok: a killed cluster leaves nothing"

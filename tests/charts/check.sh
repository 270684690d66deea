#!/usr/bin/env bash
# Checks the charts and the examples: what Helm and its tools say about them, and
# what a real kube-apiserver does with them.
#
#   tests/charts/check.sh [PART...]   default: static injector guard examples
#
# Builds what it lacks into a cache outside the checkout: minutes the first time.
# Every check is one line; what failed says why, and the exit code is 1.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/report.sh"
. "$here/api_server.sh"
. "$here/static.sh"
. "$here/injector.sh"
. "$here/guard.sh"
. "$here/examples.sh"

work=$(mktemp -d)
trap 'stop_api_server; rm -rf "$work"' EXIT

bin=$("$root/tests/kubernetes/build.sh" etcd kube-apiserver helm kubectl) || exit 1
program() { # name; as tests/kubernetes/build.sh, which builds what is not there
  local asset=${KUBEBUILDER_ASSETS:-/nowhere}/$1
  if [ -x "$asset" ]; then echo "$asset"; else echo "$bin/$1"; fi
}
etcd=$(program etcd)
kube_apiserver=$(program kube-apiserver)
kubectl=$bin/kubectl
agent=${AGENT_PROGRAM:-$root/build/release/agent/leader-elector}
{ read -r helm3 && read -r helm_unittest && read -r helm_docs &&
  read -r kubeconform; } < <("$here/tools.sh" helm3 helm-unittest helm-docs kubeconform) || exit 1

. "$here/prepare.sh"

unset KUBECONFIG
start_api_server || exit 1
k() { "$kubectl" --kubeconfig "$kubeconfig" "$@"; }

# A namespace that refuses what is not `restricted`, with the service accounts.
# The controllers would make `default`; there are none.
restricted_namespace() { # name, service accounts...
  local name=$1 account
  shift
  k create namespace "$name" >/dev/null
  k label namespace "$name" pod-security.kubernetes.io/enforce=restricted >/dev/null
  for account in default "$@"; do
    k -n "$name" create serviceaccount "$account" >/dev/null
  done
}

[ $# -gt 0 ] || set -- static injector guard examples
for part in "$@"; do
  echo
  echo "== $part"
  "check_$part"
done
report

#!/usr/bin/env bash
# A real Kubernetes of one node: etcd, API server, controller manager, scheduler,
# and a kubelet on containerd. Needs root, Linux namespaces, and what
# cmake/install-deps.sh cluster and tests/kubernetes/build.sh install.
#
#   cluster.sh run COMMAND...        a cluster for as long as COMMAND takes
#   cluster.sh up DIR                a cluster that stays; its files are in DIR
#   cluster.sh exec DIR COMMAND...   COMMAND inside it
#   cluster.sh down DIR
#
# COMMAND runs inside the cluster's namespaces, where kubectl and KUBECONFIG are
# set, CLUSTER_DIR names its folder, and `load-image ARCHIVE` gives the node an
# image (docker-archive or oci-archive; use imagePullPolicy: Never or
# IfNotPresent, there is no registry).
#
# Everything lives in mount, PID and network namespaces of its own. So nothing is
# left whatever happens: when the first process of the PID namespace ends, the
# kernel kills the rest, and mounts, addresses, bridges and iptables rules go with
# their namespaces. Only cgroups and files stay; the next call removes those of
# clusters that are gone. Several clusters do not meet. There is no way out to the
# network: build images before, load them here.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
node=$here/node.sh

say() { echo "cluster: $*" >&2; }
fail() { say "$*"; exit 1; }

# Own cgroups and folders are called so.
prefix=leader-elector-cluster

remove_cgroups() { # name
  local top folder
  for top in /sys/fs/cgroup /sys/fs/cgroup/*/; do
    [ -d "$top/$1" ] || continue
    while read -r folder; do rmdir "$folder" 2>/dev/null || true; done \
      < <(find "$top/$1" -depth -type d)
  done
}

# A cluster holds a lock on its folder, as descriptor 9, while it lives.
is_gone() { # folder
  (flock --nonblock 8 || exit 1) 8>"$1/lock"
}

# What a crash has left: temporary folders and cgroups without their cluster.
sweep() {
  local folder name
  for folder in "${TMPDIR:-/tmp}/$prefix".*; do
    [ -f "$folder/temporary" ] && is_gone "$folder" && remove "$folder"
  done
  for folder in /sys/fs/cgroup/"$prefix".* /sys/fs/cgroup/memory/"$prefix".*; do
    [ -d "$folder" ] || continue
    name=${folder##*/}
    # Only a folder without any process can be removed.
    [ -n "$(find "$folder" -name cgroup.procs -exec cat {} +)" ] ||
      remove_cgroups "$name"
  done
}

remove() { # folder
  remove_cgroups "$prefix.$(id_of "$1")"
  rm -rf --one-file-system "$1"
}

id_of() { sed -n 1p "$1/id" 2>/dev/null || true; } # folder

prepare() { # folder
  [ "$(id -u)" -eq 0 ] || fail "a kubelet needs root"
  case $1/ in
  /etc/* | /run/* | /var/*) fail "$1 would be hidden inside; take another folder" ;;
  esac
  exec 9>"$1/lock"
  flock --nonblock 9 || fail "$1 has a cluster already"
  # cgroup names must not meet, whatever the folder is called.
  mktemp --dry-run XXXXXXXX >"$1/id"
}

# Whoever kills unshare kills the first process, and the kernel then the others.
apart=(unshare --mount --net --pid --uts --ipc --mount-proc --fork
  --kill-child=KILL)

# For as long as this shell lives.
enter() { # folder, command...
  local folder=$1
  shift
  exec setpriv --pdeathsig KILL "${apart[@]}" \
    "$node" "$folder" "$prefix.$(id_of "$folder")" "$@"
}

up() { # folder
  prepare "$1"
  # Not this shell's child to the end: it stays when this shell ends.
  setsid "${apart[@]}" "$node" "$1" "$prefix.$(id_of "$1")" \
    </dev/null >"$1/node.log" 2>&1 &
  local unshare_id=$!
  echo "$unshare_id" >"$1/unshare.id"
  until [ -f "$1/ready" ]; do
    kill -0 "$unshare_id" 2>/dev/null || { cat "$1/node.log" >&2; exit 1; }
    sleep 0.1
  done
  echo "$1/admin.kubeconfig"
}

first_process() { # folder: the id outside of the PID namespace's first process
  local unshare_id
  is_gone "$1" && fail "no cluster in $1"
  unshare_id=$(cat "$1/unshare.id")
  cut -d ' ' -f 1 "/proc/$unshare_id/task/$unshare_id/children"
}

down() { # folder
  [ -f "$1/id" ] || return 0
  if [ -f "$1/lock" ] && ! is_gone "$1"; then
    kill -KILL "$(first_process "$1")"
    until is_gone "$1"; do sleep 0.1; done
  fi
  remove "$1"
}

command=${1:-}
case $command in
run)
  [ $# -ge 2 ] || fail "run what?"
  shift
  sweep
  folder=$(mktemp -d "${TMPDIR:-/tmp}/$prefix.XXXXXXXX")
  trap 'remove "$folder"' EXIT
  prepare "$folder"
  touch "$folder/temporary"
  (enter "$folder" "$@")
  ;;
up | down | exec)
  [ $# -ge 2 ] || fail "$command needs a folder"
  mkdir -p "$2"
  folder=$(cd "$2" && pwd)
  shift 2
  case $command in
  up) sweep; up "$folder" ;;
  down) down "$folder" ;;
  exec)
    exec nsenter --target "$(first_process "$folder")" --mount --net --pid \
      --uts --ipc -- "$here/inside.sh" "$folder" "$PWD" "$@" ;;
  esac
  ;;
*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

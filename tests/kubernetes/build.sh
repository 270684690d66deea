#!/usr/bin/env bash
# Builds the real Kubernetes programs that the tests run against, from their Go
# modules, into a cache outside the checkout, and prints that directory.
#
#   tests/kubernetes/build.sh [NAME...]   default:
#                                 etcd kube-apiserver client-go-candidate lock-history
#
# A name is one of those, `helm`, or `cluster`: what runs a node besides them,
# kubectl, kubelet, kube-scheduler and kube-controller-manager.
# What is there is kept. Where KUBEBUILDER_ASSETS holds an etcd and a
# kube-apiserver (the envtest convention), those are used and not built.
# Cold the default takes about 4 minutes on two cores, with a warm Go cache under
# one; `cluster` 2 more, `helm` 3.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=v1.36.3
cache=${SIDECAR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/leader-elector}
bin=$cache/kubernetes/$version
mkdir -p "$bin"

say() { echo "kubernetes: $*" >&2; }

# Kubernetes 1.36 needs Go 1.26: the one on PATH, else the one that
# cmake/install-deps.sh put into the cache. Never a toolchain fetched in between.
export GOTOOLCHAIN=local GOFLAGS=-mod=readonly GOWORK=off
find_go() {
  local go found
  for go in "$(command -v go || true)" "$cache/go/bin/go"; do
    [ -x "$go" ] || continue
    found=$("$go" env GOVERSION | sed 's/^go//')
    if [ "$(printf '%s\n' 1.26 "$found" | sort -V | head -1)" = 1.26 ]; then
      echo "$go"
      return
    fi
  done
  say "Go 1.26 or newer is needed: run cmake/install-deps.sh test"
  exit 1
}

package_of() { # name
  case $1 in
  etcd) echo go.etcd.io/etcd/server/v3 ;;
  kube-apiserver) echo k8s.io/kubernetes/cmd/kube-apiserver ;;
  client-go-candidate | lock-history) echo ./$1 ;;
  kubectl | kubelet | kube-scheduler | kube-controller-manager)
    echo "k8s.io/kubernetes/cmd/$1" ;;
  helm) echo helm.sh/helm/v4/cmd/helm ;;
  *) say "cannot build $1"; exit 2 ;;
  esac
}

# Helm wants other versions of many modules than Kubernetes does.
module_of() { # name
  case $1 in
  helm) echo "$here/helm" ;;
  *) echo "$here" ;;
  esac
}

# What a program of ours is built from.
sources() { # name
  (cd "$here" && sha256sum "$1/main.go" go.mod go.sum)
}

is_there() { # name
  case $1 in
  client-go-candidate | lock-history) # Ours: may have changed, and back.
    [ -x "$bin/$1" ] && [ "$(cat "$bin/.$1.sources" 2>&1)" = "$(sources "$1")" ] ;;
  etcd | kube-apiserver)
    [ -x "$bin/$1" ] || [ -x "${KUBEBUILDER_ASSETS:-/nowhere}/$1" ] ;;
  *) [ -x "$bin/$1" ] ;;
  esac
}

stamp=k8s.io/component-base/version
build() { # name
  local name=$1 package go start=$SECONDS
  package=$(package_of "$name")
  is_there "$name" && return
  go=$(find_go)
  say "building $name"
  (cd "$(module_of "$name")" && "$go" build -buildvcs=false -trimpath -ldflags "-s -w \
    -X $stamp.gitVersion=$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=36 \
    -X $stamp.gitTreeState=clean" -o "$bin/.$name.$$" "$package")
  mv "$bin/.$name.$$" "$bin/$name" # Nobody ever sees half a program.
  case $name in client-go-candidate | lock-history)
    sources "$name" > "$bin/.$name.sources" ;;
  esac
  say "built $name in $((SECONDS - start)) s"
}

# Two builds at once would do the work twice; the second one waits.
exec 9>"$bin/.lock"
flock 9
[ $# -gt 0 ] || set -- etcd kube-apiserver client-go-candidate lock-history
for name in "$@"; do
  case $name in
  cluster)
    for part in kubectl kubelet kube-scheduler kube-controller-manager; do
      build "$part"
    done ;;
  *) build "$name" ;;
  esac
done
echo "$bin"

#!/usr/bin/env bash
# Builds the programs that only the chart tests need, from their Go modules, into
# a cache outside the checkout, and prints each one's path.
#
#   tests/charts/tools.sh NAME...
#
# A module is pinned by its checksum, and all that it is made of by the go.sum
# in it. It is built in a copy of its own folder: helm-unittest replaces a
# module, which `go install` refuses.
set -euo pipefail

cache=${SIDECAR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/leader-elector}
bin=$cache/tools
mkdir -p "$bin"

export GOTOOLCHAIN=local GOFLAGS=-mod=readonly GOWORK=off
# cmake/install-deps.sh puts Go there if the one on PATH is too old.
go=$cache/go/bin/go
[ -x "$go" ] || go=$(command -v go) ||
  { echo "tools: no Go: run cmake/install-deps.sh test" >&2; exit 1; }

# module, version, checksum, package
pin_of() { # name
  case $1 in
  helm3) echo helm.sh/helm/v3 v3.22.0 \
    h1:n1if5iQgHYsujPAcO5oonH/KiSNUmqmUF0iGVjSF3AU= ./cmd/helm ;;
  helm-unittest) echo github.com/helm-unittest/helm-unittest v1.1.2 \
    h1:r1Ah6Pr3h4kqvd65RN+r0FNTIGrJa+P9rcMyzwHEXXQ= ./cmd/helm-unittest ;;
  helm-docs) echo github.com/norwoodj/helm-docs v1.14.2 \
    h1:Ew3bCq1hZqMnnTopkk66Uy2mGwu/jAclAx+3JAVp1To= ./cmd/helm-docs ;;
  kubeconform) echo github.com/yannh/kubeconform v0.8.0 \
    h1:loDYd3a3spjIFrauqW67CDKF55Oo9R6uvC8AvpVd4ug= ./cmd/kubeconform ;;
  *) echo "tools: no tool is called $1" >&2; exit 2 ;;
  esac
}

build() { # name, module, version, checksum, package; prints the path
  local name=$1 module=$2 version=$3 sum=$4 package=$5 start=$SECONDS
  local program=$bin/$name-$version found source work
  [ -x "$program" ] && { echo "$program"; return; }
  found=$(cd "$bin" && "$go" mod download -json "$module@$version")
  [ "$(jq -r .Sum <<<"$found")" = "$sum" ] ||
    { echo "tools: $module@$version is not what it was" >&2; exit 1; }
  source=$(jq -r .Dir <<<"$found")
  echo "tools: building $name $version" >&2
  work=$(mktemp -d)
  cp -R "$source/." "$work" && chmod -R u+w "$work"
  (cd "$work" && "$go" build -buildvcs=false -trimpath -ldflags "-s -w" \
    -o "$program.$$" "$package")
  rm -rf "$work"
  mv "$program.$$" "$program" # Nobody ever sees half a program.
  echo "tools: built $name in $((SECONDS - start)) s" >&2
  echo "$program"
}

# Two at once would do the work twice; the second one waits.
exec 9>"$bin/.lock"
flock 9
for name in "$@"; do
  # shellcheck disable=SC2046  # Four words.
  build "$name" $(pin_of "$name")
done

#!/usr/bin/env bash
# The cluster's tests: brings up a node, gives it the image, runs tests in it,
# leaves nothing.
#
#   tests/cluster/run.sh [TEST...]     for example lifecycle_test security_test
#
# The image is made of a program that is linked statically, by image/rootfs.sh, as
# the Dockerfile does it; tests/image/run.sh builds by the Dockerfile itself.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

: "${CXX:=g++}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Its own image store, without a mount: nothing of the machine's is touched.
buildah() {
  command buildah --storage-driver vfs --root "$work/storage" \
    --runroot "$work/run" "$@"
}

archive() { # image, file
  buildah push --quiet "$1" "docker-archive:$2:$1"
}

make_agent() { # image, label
  printf 'FROM scratch\nCOPY rootfs/ /\nUSER 65532:65532\nLABEL test=%s\n' "$2" \
    >"$work/Dockerfile"
  echo 'ENTRYPOINT ["/usr/local/bin/leader-elector"]' >>"$work/Dockerfile"
  buildah build --quiet --tag "$1" "$work" >/dev/null
}

cmake/install-deps.sh cluster
cmake/install-deps.sh image
tests/kubernetes/build.sh etcd kube-apiserver cluster >/dev/null

cache=${SIDECAR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/leader-elector}
cmake --preset release -B build/static -DLEADER_ELECTOR_TESTS=OFF \
  -DLEADER_ELECTOR_STATIC=ON \
  -DPROMETHEUS_CPP_SOURCE="$cache/prometheus-cpp" >"$work/log" ||
  { cat "$work/log" >&2; exit 1; }
cmake --build build/static --target leader-elector
image/rootfs.sh build/static/agent/leader-elector "$work/rootfs"
make_agent localhost/leader-elector:test one
make_agent localhost/leader-elector:next two
archive localhost/leader-elector:test "$work/test.tar"
archive localhost/leader-elector:next "$work/next.tar"

"$CXX" -std=c++20 -O1 -Wall -Wextra -Werror -static -o "$work/witness" \
  "$here/witness.cc"
printf 'FROM scratch\nCOPY witness /witness\nENTRYPOINT ["/witness"]\n' \
  >"$work/Dockerfile"
buildah build --quiet --tag localhost/witness:test "$work" >/dev/null
archive localhost/witness:test "$work/witness.tar"

if [ $# -eq 0 ]; then
  "$here/leaves_nothing_test.sh"
  set -- lifecycle_test security_test
fi
# shellcheck disable=SC2016 # Expanded inside the cluster.
"$here/cluster.sh" run bash -c '
  set -e
  work=$1 here=$2
  shift 2
  for archive in "$work"/*.tar; do load-image "$archive" >/dev/null; done
  status=0
  for test in "$@"; do python3 "$here/$test.py" || status=1; done
  exit $status' inside "$work" "$here" "$@"

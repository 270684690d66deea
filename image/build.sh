#!/usr/bin/env bash
# Builds the image by docker, podman or buildah, whichever is there.
#
#   image/build.sh NAME [ARGUMENT...]     arguments go to the builder
#
# BASE=IMAGE names another Debian to build on: image/base.sh makes one.
# BUILDER is docker, podman or buildah if it is not to be the first that works.
# SOURCE_DATE_EPOCH and REVISION default to those of the last commit.
set -euo pipefail
cd "$(dirname "$0")/.."

name=$1
shift
if [ -z "${BUILDER:-}" ]; then
  for BUILDER in docker podman buildah none; do
    # A docker without its daemon builds nothing.
    "$BUILDER" info >/dev/null 2>&1 && break
  done
fi
[ "$BUILDER" != none ] ||
  { echo "build: needs docker, podman or buildah" >&2; exit 1; }
: "${REVISION:=$(git rev-parse HEAD 2>/dev/null || echo unknown)}"
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || echo 0)}"
version=$(sed -n 's/^project(leader-elector VERSION \([0-9.]*\).*/\1/p' \
  CMakeLists.txt)
export SOURCE_DATE_EPOCH

options=(--build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH"
  --build-arg "REVISION=$REVISION" --build-arg "VERSION=$version")
[ -z "${BASE:-}" ] || options+=(--build-arg "BASE=$BASE")
# The times of the image itself, and of folders that COPY makes.
case $BUILDER in
podman | buildah) options+=(--timestamp "$SOURCE_DATE_EPOCH") ;;
esac
exec "$BUILDER" build "${options[@]}" "$@" --tag "$name" .

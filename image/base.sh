#!/usr/bin/env bash
# Makes a Debian to build the image on where no registry is reached: from the
# machine's own Debian mirror, by debootstrap and buildah. Needs root.
#
#   image/base.sh NAME       then BASE=NAME image/build.sh ...
#
# Everything that cmake/install-deps.sh image wants is in it already.
set -euo pipefail
cd "$(dirname "$0")/.."

name=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mirror=$(sed -n 's/^URIs:[[:space:]]*//p' /etc/apt/sources.list.d/*.sources \
  2>/dev/null | tr ' ' '\n' | grep -m1 '/debian/*$' ||
  sed -n 's/^deb .*\(https\?:[^ ]*\).*/\1/p' /etc/apt/sources.list |
  grep -m1 '/debian/*$')
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
debootstrap --variant=minbase "$suite" "$work/root" "$mirror" \
  >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; exit 1; }
cp cmake/install-deps.sh "$work/"
cat >"$work/Dockerfile" <<'DOCKERFILE'
FROM scratch
COPY root /
COPY install-deps.sh /tmp/
RUN /tmp/install-deps.sh image && rm /tmp/install-deps.sh && apt-get clean
DOCKERFILE
buildah build --quiet --tag "$name" "$work"

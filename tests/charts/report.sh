# Says what is checked and counts what failed. Sourced, not run.
#
# A check is one sentence that is true or false. What failed shows why, and the
# others go on.
passed=0
failures=()

ok() { # sentence
  passed=$((passed + 1))
  echo "ok: $1"
}

failed() { # sentence, why
  failures+=("$1")
  echo "FAILED: $1"
  tail -n 40 <<<"$2" | sed 's/^/    /'
  return 1
}

# The command succeeds.
expect() { # sentence, command...
  local sentence=$1 output
  shift
  if output=$("$@" 2>&1); then ok "$sentence"; else failed "$sentence" "$output"; fi
}

# The command fails, and says so with these words (an extended expression).
expect_refusal() { # sentence, words, command...
  local sentence=$1 words=$2 output
  shift 2
  if output=$("$@" 2>&1); then
    failed "$sentence" "it was accepted: $output"
  elif ! tr '\n' ' ' <<<"$output" | grep -Eq -- "$words"; then
    failed "$sentence" "no \"$words\" in: $output"
  else
    ok "$sentence"
  fi
}

expect_equal() { # sentence, wanted, found
  if [ "$2" = "$3" ]; then
    ok "$1"
  else
    failed "$1" "$(diff <(echo "$2") <(echo "$3") | tail -n +2)"
  fi
}

# Tries again for half a minute, or `patience` seconds. What it said last, if it
# never succeeds.
eventually() { # command...
  local output until=$((SECONDS + ${patience:-30}))
  while :; do
    output=$("$@" 2>&1) && return 0
    [ "$SECONDS" -lt "$until" ] || break
    sleep 0.2
  done
  echo "$output"
  return 1
}

# The end of the run: what failed, by name.
report() {
  echo
  if [ ${#failures[@]} -eq 0 ]; then
    echo "$passed checks passed in $SECONDS s"
    return 0
  fi
  echo "${#failures[@]} of $((passed + ${#failures[@]})) checks failed:"
  printf '  %s\n' "${failures[@]}"
  return 1
}

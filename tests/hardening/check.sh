#!/usr/bin/env bash
# Looks into the program for what the compiler and linker options promise: an
# option that is not understood, or that a later one undoes, leaves no trace.
#
#   tests/hardening/check.sh PROGRAM
# Source: OpenSSF, "Compiler Options Hardening Guide for C and C++".
set -euo pipefail

program=$1
failed=0
# what, how it shows, in the output of which command
expect() {
  local what=$1 pattern=$2
  shift 2
  if grep -Eq "$pattern" <<<"$("$@")"; then
    echo "ok: $what"
  else
    echo "FAILED: $what: no \"$pattern\" in: $*"
    failed=1
  fi
}
expect_not() {
  local what=$1 pattern=$2
  shift 2
  if grep -Eq "$pattern" <<<"$("$@")"; then
    echo "FAILED: $what: \"$pattern\" in: $*"
    failed=1
  else
    echo "ok: $what"
  fi
}

expect "position independent" 'Type:.*(DYN|PIE)' readelf -hW "$program"
expect "a program, not a library" 'FLAGS_1.*PIE' readelf -dW "$program"
expect "relocations are read-only" 'GNU_RELRO' readelf -lW "$program"
expect "all symbols are bound at the start" 'FLAGS_1.*NOW' readelf -dW "$program"
expect "the stack is not executable" 'GNU_STACK.* RW ' readelf -lW "$program"
expect_not "no segment is writable and executable" 'LOAD.* RWE ' \
  readelf -lW "$program"
expect_not "no path to look for libraries in" '(RPATH|RUNPATH)' \
  readelf -dW "$program"
expect "stack canaries" '__stack_chk_fail' readelf --dyn-syms -W "$program"
expect "checked library calls (_FORTIFY_SOURCE)" '__[a-z]+_chk@' \
  readelf --dyn-syms -W "$program"
expect "checked standard containers (_GLIBCXX_ASSERTIONS)" \
  '__glibcxx_assert_fail' readelf --dyn-syms -W "$program"
if [ "$(uname -m)" = x86_64 ]; then
  expect "marked targets of indirect jumps (-fcf-protection)" 'endbr64' \
    objdump -d --no-show-raw-insn --section=.text "$program"
fi
exit $failed

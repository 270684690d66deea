# How our own code is compiled: warnings, sanitizers, hardening. Targets ask for
# it by linking sidecar::strict; third-party headers are system headers and are
# not judged.
add_library(strict INTERFACE)
add_library(sidecar::strict ALIAS strict)

target_compile_options(strict INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wnon-virtual-dtor -Wold-style-cast -Wformat=2 -Wimplicit-fallthrough
  -Woverloaded-virtual -Wundef
  $<$<BOOL:${LEADER_ELECTOR_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(strict INTERFACE -Wthread-safety)
endif()

# g++ 12 sees uninitialized std::optional values where there are none when it
# optimizes; the sanitizer builds and clang look for real ones.
target_compile_options(strict INTERFACE
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-maybe-uninitialized>)

# The sources are named relative to the checkout: the same bytes wherever it is.
target_compile_options(strict INTERFACE
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)

if(LEADER_ELECTOR_SANITIZE STREQUAL "address")
  set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=all
      -fno-omit-frame-pointer)
elseif(LEADER_ELECTOR_SANITIZE STREQUAL "thread")
  set(sanitize -fsanitize=thread -fno-omit-frame-pointer)
elseif(LEADER_ELECTOR_SANITIZE STREQUAL "fuzzer")
  # And which lines were reached: tests/fuzz/run.sh prints it.
  set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=all
      -fno-omit-frame-pointer -fprofile-instr-generate -fcoverage-mapping)
  target_compile_options(strict INTERFACE -fsanitize=fuzzer-no-link)
elseif(LEADER_ELECTOR_SANITIZE)
  message(FATAL_ERROR "LEADER_ELECTOR_SANITIZE is ${LEADER_ELECTOR_SANITIZE}; "
    "it must be empty, address, thread or fuzzer")
endif()
if(sanitize)
  target_compile_options(strict INTERFACE ${sanitize})
  target_link_options(strict INTERFACE ${sanitize})
else()
  # The OpenSSF guide's list, as far as g++ 12 knows it.
  target_compile_options(strict INTERFACE
    $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
      -D_GLIBCXX_ASSERTIONS -fstack-protector-strong -fstack-clash-protection
      -fno-delete-null-pointer-checks -fno-strict-overflow
      -fno-strict-aliasing -ftrivial-auto-var-init=zero>)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(strict INTERFACE
      $<$<CONFIG:Release>:-fcf-protection=full>)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    target_compile_options(strict INTERFACE
      $<$<CONFIG:Release>:-mbranch-protection=standard>)
  endif()
  # tests/hardening looks for their traces in the program.
  target_link_options(strict INTERFACE $<$<CONFIG:Release>:-Wl,-z,relro,-z,now
    -Wl,-z,noexecstack -Wl,--as-needed,--no-copy-dt-needed-entries>)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

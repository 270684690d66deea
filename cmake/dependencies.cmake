# Every third-party library, why it is here, and where it comes from. The only
# file that names third-party versions. cmake/install-deps.sh installs them.

# Threads: the election, api, watch and http threads.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# Our libraries inside the program; of Debian's only the C library is left
# outside, because a name lookup cannot do without. The image is built so.
option(LEADER_ELECTOR_STATIC "Link all libraries but libc and libm statically"
  OFF)
set(OPENSSL_USE_STATIC_LIBS ${LEADER_ELECTOR_STATIC})

# OpenSSL: TLS to the API server.
find_package(OpenSSL 3.0 REQUIRED)

# nlohmann/json: the Lease, metav1.Status and watch events; our own answers.
find_package(nlohmann_json 3.11 REQUIRED)

# yaml-cpp: kubeconfig and our configuration file, with line numbers in errors.
find_package(yaml-cpp 0.7 REQUIRED)
if(LEADER_ELECTOR_STATIC)
  # Debian's CMake package file knows the shared one only.
  find_library(YAML_CPP_STATIC libyaml-cpp.a REQUIRED)
  set_target_properties(yaml-cpp PROPERTIES
    IMPORTED_LOCATION_NONE "${YAML_CPP_STATIC}" IMPORTED_SONAME_NONE "")
  target_link_options(yaml-cpp INTERFACE -static-libstdc++ -static-libgcc)
endif()
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

# CLI11: flags, aliases and --help.
find_package(CLI11 2.1 REQUIRED)

# prometheus-cpp: metric families and their text form. Core only: the exposer
# would bring a second HTTP server (civetweb). Debian's CMake package file asks
# for that server, hence find_library.
find_path(PROMETHEUS_CPP_INCLUDE prometheus/text_serializer.h REQUIRED)
add_library(sidecar_prometheus INTERFACE)
add_library(sidecar::prometheus ALIAS sidecar_prometheus)
target_include_directories(sidecar_prometheus SYSTEM INTERFACE
  ${PROMETHEUS_CPP_INCLUDE})
if(LEADER_ELECTOR_STATIC)
  # Debian has no static one, so it is built from its source package, which
  # cmake/install-deps.sh image unpacks here.
  set(PROMETHEUS_CPP_SOURCE "" CACHE PATH "Where prometheus-cpp's sources are")
  file(GLOB_RECURSE prometheus_sources "${PROMETHEUS_CPP_SOURCE}/core/src/*.cc")
  if(NOT prometheus_sources)
    message(FATAL_ERROR "PROMETHEUS_CPP_SOURCE is '${PROMETHEUS_CPP_SOURCE}'; "
      "it must hold prometheus-cpp's core/src")
  endif()
  add_library(prometheus_core STATIC ${prometheus_sources})
  target_include_directories(prometheus_core PRIVATE
    ${PROMETHEUS_CPP_SOURCE}/core/src)
  target_compile_options(prometheus_core PRIVATE
    -ffile-prefix-map=${PROMETHEUS_CPP_SOURCE}=prometheus-cpp)
  target_link_libraries(prometheus_core PRIVATE Threads::Threads)
  set(PROMETHEUS_CPP_CORE prometheus_core)
else()
  find_library(PROMETHEUS_CPP_CORE prometheus-cpp-core REQUIRED)
endif()
target_link_libraries(sidecar_prometheus INTERFACE ${PROMETHEUS_CPP_CORE})

# What follows is for the tests, the stand-in and the benchmarks only.
if(NOT LEADER_ELECTOR_TESTS)
  return()
endif()

# cpp-httplib: raw requests of the tests, the stand-in's server. Header only. 0.41
# is the first that has a deadline for a whole call and cuts endless headers and
# bodies.
#   1. an installed one of 0.41 or newer, or the one install-deps.sh put into the
#      cache where only Debian's packages are reached;
#   2. else the upstream release, by its commit.
set(httplib_minimum 0.41)
if(DEFINED ENV{SIDECAR_CACHE})
  set(httplib_cache "$ENV{SIDECAR_CACHE}")
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(httplib_cache "$ENV{XDG_CACHE_HOME}/leader-elector")
else()
  set(httplib_cache "$ENV{HOME}/.cache/leader-elector")
endif()
set(httplib_include "")
foreach(folder /usr/include /usr/local/include "${httplib_cache}/httplib")
  if(EXISTS "${folder}/httplib.h")
    file(STRINGS "${folder}/httplib.h" line
      REGEX "^#define CPPHTTPLIB_VERSION \"" LIMIT_COUNT 1)
    string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" version "${line}")
    if(version VERSION_GREATER_EQUAL httplib_minimum)
      set(httplib_include "${folder}")
      message(STATUS "cpp-httplib ${version}: ${folder}")
      break()
    endif()
  endif()
endforeach()
if(NOT httplib_include)
  include(FetchContent)
  # v0.53.1
  FetchContent_Declare(httplib
    GIT_REPOSITORY https://github.com/yhirose/cpp-httplib.git
    GIT_TAG b8fe69e4e892ec394ca8de27ab2fe219008690b6
    SOURCE_SUBDIR none)
  FetchContent_MakeAvailable(httplib)
  set(httplib_include "${httplib_SOURCE_DIR}")
  message(STATUS "cpp-httplib: upstream v0.53.1")
endif()
add_library(sidecar_httplib INTERFACE)
add_library(sidecar::httplib ALIAS sidecar_httplib)
target_include_directories(sidecar_httplib SYSTEM INTERFACE
  "${httplib_include}")
target_compile_definitions(sidecar_httplib INTERFACE
  CPPHTTPLIB_OPENSSL_SUPPORT)
target_link_libraries(sidecar_httplib INTERFACE OpenSSL::SSL OpenSSL::Crypto
  Threads::Threads)

# GoogleTest: the tests.
find_package(GTest 1.12 REQUIRED)

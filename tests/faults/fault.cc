#include "tests/faults/fault.h"

#include <cstddef>

namespace faults {
namespace {

constexpr std::string_view kNames[] = {
    "stopped",     "killed",        "frozen",      "drop-request",
    "drop-answer", "drop-both",     "delayed",     "cut",
    "answer-lost", "token-revoked", "deleted",     "edited",
    "api-paused",  "api-killed",    "etcd-paused", "etcd-killed"};
static_assert(sizeof kNames / sizeof *kNames == kFaults);

}  // namespace

std::string_view NameOf(Fault fault) {
  return kNames[static_cast<std::size_t>(fault)];
}

std::optional<Fault> FaultCalled(std::string_view name) {
  for (int i = 0; i < kFaults; ++i) {
    if (kNames[i] == name) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

Strikes StruckBy(Fault fault) {
  if (fault < Fault::kDeleted) return Strikes::kCandidate;
  return fault < Fault::kServerPaused ? Strikes::kLease : Strikes::kServers;
}

}  // namespace faults

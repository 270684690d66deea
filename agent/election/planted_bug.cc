#include "agent/election/planted_bug.h"

#include <cstddef>

namespace election {

const char* NameOf(Bug bug) {
  static constexpr const char* kNames[] = {"none",
                                           "count from reply",
                                           "no margin",
                                           "no expiry",
                                           "monotonic clock",
                                           "release before step-down",
                                           "release without looking",
                                           "stop grace ignored",
                                           "trust empty",
                                           "old mark believed",
                                           "create held",
                                           "version is renewal",
                                           "timer not restarted",
                                           "own duration for rival",
                                           "old event believed",
                                           "another holder ignored",
                                           "no uid",
                                           "unknown is applied",
                                           "conflict is applied",
                                           "adopt any stamp",
                                           "token from transitions",
                                           "two in flight"};
  static_assert(sizeof kNames / sizeof *kNames ==
                static_cast<std::size_t>(Bug::kLast) + 1);
  return kNames[static_cast<std::size_t>(bug)];
}

}  // namespace election

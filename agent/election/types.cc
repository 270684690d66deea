#include "agent/election/types.h"

namespace election {

std::string_view ToString(State state) {
  switch (state) {
    case State::kStarting:
      return "starting";
    case State::kFollowing:
      return "following";
    case State::kLeading:
      return "leading";
    case State::kDraining:
      return "draining";
    case State::kPaused:
      return "paused";
    case State::kUnhealthy:
      return "unhealthy";
    case State::kRefusing:
      return "refusing";
    case State::kStopped:
      return "stopped";
  }
  return "?";
}

std::string_view ToString(WriteKind kind) {
  switch (kind) {
    case WriteKind::kCreate:
      return "create";
    case WriteKind::kAcquire:
      return "acquire";
    case WriteKind::kRenew:
      return "renew";
    case WriteKind::kRelease:
      return "release";
  }
  return "?";
}

}  // namespace election

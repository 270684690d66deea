#include "agent/runtime/watch_plan.h"

#include <algorithm>
#include <chrono>
#include <variant>

namespace runtime {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::seconds;

// Between two tries to watch where watching is refused.
constexpr Duration kLongestPause = seconds(30);

}  // namespace

std::optional<std::int64_t> WatchPlan::On(Instant now,
                                          const election::Event& event) {
  if (const auto* change = std::get_if<election::WatchEvent>(&event)) {
    heard_ = now;
    version_ = change->lease.resource_version;
    losses_ = 0;
  } else if (std::holds_alternative<election::WatchLive>(event)) {
    heard_ = now;
  } else if (std::holds_alternative<election::WatchLost>(event)) {
    watching_ = false;
    follow_again_ =
        now + std::min<Duration>(losses_ * retry_period_, kLongestPause);
    ++losses_;
  } else if (const auto* read = std::get_if<election::ReadDone>(&event)) {
    return OnVersion(now, read->lease.resource_version);
  } else if (const auto* write = std::get_if<election::WriteDone>(&event)) {
    return OnVersion(now, write->lease.resource_version);
  }
  return std::nullopt;
}

std::optional<std::int64_t> WatchPlan::OnVersion(Instant now,
                                                 std::int64_t version) {
  if (version == 0) return std::nullopt;
  const bool silent = now - heard_ >= 2 * retry_period_ + seconds(1);
  const bool missed = silent && version != version_;
  if (watching_ ? !missed : now < follow_again_) return std::nullopt;
  watching_ = true;
  heard_ = now;
  version_ = version;
  return version;
}

}  // namespace runtime

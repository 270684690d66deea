#include "agent/runtime/reminder.h"

#include <algorithm>
#include <chrono>

namespace runtime {
namespace {

constexpr base::Duration kEvery = std::chrono::hours(1);

}  // namespace

void Reminder::Remind(base::Instant now) {
  if (warnings_.empty() || now < due_) return;
  due_ = now + kEvery;
  for (const std::string& warning : warnings_) {
    log_.Warn("connects in an unsafe way", {{"warning", warning}});
  }
}

int Reminder::PollMs(base::Instant now) const {
  if (warnings_.empty()) return -1;
  // One more, so that it is due when poll() returns.
  return static_cast<int>(
      std::clamp<std::int64_t>(base::ToMs(due_ - now), 0, 3'600'000) + 1);
}

}  // namespace runtime

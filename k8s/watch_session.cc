#include "k8s/watch_session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace k8s {
namespace {

using base::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A stream that was open so long was a good one.
constexpr Duration kLasting = seconds(5);
// The longest pause before each resume, once resuming brings nothing. After the
// last the stream counts as lost: whoever follows it must know, and read.
constexpr std::array<milliseconds, 3> kPauses = {
    milliseconds(60), milliseconds(180), milliseconds(500)};

}  // namespace

WatchSession::WatchSession(LeaseAction action, std::int64_t follow)
    : action_(std::move(action)),
      follows_(follow),
      position_(follow),
      opened_from_(follow) {}

std::optional<std::int64_t> WatchSession::OpenFrom() const {
  if (!anchored_) return std::nullopt;
  return position_;
}

bool WatchSession::OnOpen() {
  opened_ = true;
  return !std::exchange(told_live_, true);
}

bool WatchSession::OnFrame(const WatchFrame& frame,
                           const std::function<void(LeaseChange)>& tell) {
  if (frame.type == WatchFrame::Type::kError) {
    HttpAnswer answer;
    answer.status = frame.code;
    answer.body = frame.status;
    error_ = ErrorFromAnswer(action_, answer);
    return false;
  }
  if (!anchored_ && !Anchor(frame, tell)) return false;
  position_ = std::max(position_, frame.resource_version);
  if (frame.type == WatchFrame::Type::kBookmark) return true;
  if (frame.resource_version <= follows_) return true;  // A repeat.
  Tell(frame, follows_, tell);
  return true;
}

// The first event of a stream that was opened without a version is the lease as
// it is. A bookmark instead says that there is none.
bool WatchSession::Anchor(const WatchFrame& frame,
                          const std::function<void(LeaseChange)>& tell) {
  if (frame.type == WatchFrame::Type::kBookmark) {
    error_ = ErrorFromContent(action_, 200, "the lease is gone");
    return false;
  }
  anchored_ = true;
  if (frame.resource_version > follows_) Tell(frame, /*follows=*/0, tell);
  return true;
}

void WatchSession::Tell(const WatchFrame& frame, std::int64_t follows,
                        const std::function<void(LeaseChange)>& tell) {
  follows_ = frame.resource_version;
  told_ = true;
  tell({follows, frame.type == WatchFrame::Type::kDeleted, frame.lease});
}

// An ERROR event has said why already.
void WatchSession::OnFailure(ApiError error) {
  if (!error_) error_ = std::move(error);
}

WatchNext WatchSession::OnEnd(Duration lasted) {
  // Asking with a version again would get a 410 again until the lease changes,
  // for a read finds the same version.
  const bool forgotten =
      anchored_ && error_ && error_->http_status == 410 && !told_;
  WatchNext next = forgotten ? AfterForgotten() : AfterStream(lasted);
  resuming_ = true;
  opened_from_ = position_;
  opened_ = told_ = false;
  error_.reset();
  return next;
}

WatchNext WatchSession::AfterForgotten() {
  if (++forgotten_ > kPauses.size()) return Lost(*error_);
  anchored_ = false;
  if (forgotten_ == 1) return {};
  return {.pause_up_to = kPauses[forgotten_ - 2], .lost = std::nullopt};
}

// A stream that ends in good order is resumed. A resume that finds nobody is
// tried a few times, for a server that restarts; everything else is lost at
// once.
WatchNext WatchSession::AfterStream(Duration lasted) {
  if (!anchored_ && !error_) {
    error_ = ErrorFromContent(action_, 200, "the stream ended before it began");
  }
  const bool may_pass =
      resuming_ && !opened_ && error_ && error_->http_status == 0;
  if (error_ && !may_pass) return Lost(*error_);
  const bool lasting = lasted >= kLasting;
  if (opened_ && lasting) {
    in_vain_ = forgotten_ = 0;
    return {};
  }
  if (opened_ && position_ != opened_from_) {
    in_vain_ = 0;
    return {.pause_up_to = kPauses[0], .lost = std::nullopt};
  }
  if (in_vain_ == kPauses.size()) {
    return Lost(error_ ? *error_
                       : ErrorFromContent(action_, 200,
                                          "the server ends the stream again "
                                          "and again as soon as it is open"));
  }
  // The first resume after a good stream does not wait.
  if (!resuming_) return {};
  return {.pause_up_to = kPauses[in_vain_++], .lost = std::nullopt};
}

WatchNext WatchSession::Lost(ApiError error) {
  return {.pause_up_to = {}, .lost = std::move(error)};
}

}  // namespace k8s

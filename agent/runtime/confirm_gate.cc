#include "agent/runtime/confirm_gate.h"

#include <chrono>

namespace runtime {

bool ConfirmGate::Ask(ConfirmDone done) {
  {
    base::MutexLock lock(mutex_);
    if (closed_) return false;
    // A read that is due already costs nothing more. At most one is due, so
    // counting those sent is enough to keep to the limit when it leaves.
    if (next_.empty() && sends_ >= kPerSecond &&
        now_() - sent_[sends_ % kPerSecond] < std::chrono::seconds(1)) {
      return false;
    }
    next_.push_back(std::move(done));
    if (out_) return true;
  }
  Send();
  return true;
}

void ConfirmGate::Close() {
  base::MutexLock lock(mutex_);
  closed_ = true;
  sharing_.clear();
  next_.clear();
}

void ConfirmGate::Send() {
  {
    base::MutexLock lock(mutex_);
    if (closed_ || out_ || next_.empty()) return;
    out_ = true;
    sharing_.swap(next_);
    sent_[sends_ % kPerSecond] = now_();
    ++sends_;
  }
  confirm_([self = shared_from_this()](const ConfirmResult& result) {
    self->OnAnswer(result);
  });
}

void ConfirmGate::OnAnswer(const ConfirmResult& result) {
  std::vector<ConfirmDone> answered;
  {
    base::MutexLock lock(mutex_);
    out_ = false;
    answered.swap(sharing_);
  }
  for (const ConfirmDone& done : answered) done(result);
  Send();
}

}  // namespace runtime

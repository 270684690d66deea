// Lets many ask "does the API server agree?" with few requests to it: one is
// out at a time, and who asked before it was sent shares its answer; who came
// later shares the next one's. At most five are sent in any second. Sends
// nothing itself. Any thread.
#ifndef AGENT_RUNTIME_CONFIRM_GATE_H_
#define AGENT_RUNTIME_CONFIRM_GATE_H_

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/mutex.h"
#include "agent/base/time.h"

namespace runtime {

// What a consistent read, sent after the question came, has shown.
struct ConfirmResult {
  bool answered = false;  // By the API server.
  std::string holder;     // If answered; "" for an absent or empty lease.
  std::string error;      // If not: one sentence.
};
using ConfirmDone = std::function<void(const ConfirmResult&)>;

// Starts one consistent read and returns at once; calls back exactly once, from
// any thread, soon after the read's deadline at the latest. May be called from
// within such a callback.
using Confirm = std::function<void(ConfirmDone)>;

class ConfirmGate : public std::enable_shared_from_this<ConfirmGate> {
 public:
  static constexpr std::size_t kPerSecond = 5;

  // `now` reads the boot clock.
  ConfirmGate(Confirm confirm, std::function<base::Instant()> now)
      : confirm_(std::move(confirm)), now_(std::move(now)) {}

  // Calls `done` when a read that is sent from now on was answered. False:
  // there were too many in the last second, and `done` is dropped.
  bool Ask(ConfirmDone done);

  // Sends nothing more and calls nobody back any more.
  void Close();

 private:
  void Send();
  void OnAnswer(const ConfirmResult& result);

  const Confirm confirm_;
  const std::function<base::Instant()> now_;
  base::Mutex mutex_;
  bool closed_ GUARDED_BY(mutex_) = false;
  bool out_ GUARDED_BY(mutex_) = false;
  std::vector<ConfirmDone> sharing_ GUARDED_BY(mutex_);  // The one that is out.
  std::vector<ConfirmDone> next_ GUARDED_BY(mutex_);
  std::array<base::Instant, kPerSecond> sent_ GUARDED_BY(mutex_);  // A ring.
  std::size_t sends_ GUARDED_BY(mutex_) = 0;
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_CONFIRM_GATE_H_

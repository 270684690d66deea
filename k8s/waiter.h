// Waits for a descriptor until an absolute deadline on the boot clock, and can
// be woken by another thread. One thread waits; Cancel() may come from any.
#ifndef K8S_WAITER_H_
#define K8S_WAITER_H_

#include <functional>

#include "agent/base/time.h"

namespace k8s {

class Waiter {
 public:
  enum class Outcome { kReady, kTimeout, kCanceled };

  explicit Waiter(std::function<base::Instant()> boot_clock);
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // `events` as for poll(2); errors and hang-ups count as ready. With `fd` -1
  // there is only the deadline to wait for.
  Outcome Wait(int fd, short events, base::Instant deadline);

  // Ends this and every further Wait() with kCanceled until Reset().
  void Cancel();
  void Reset();

  base::Instant Now() const { return boot_clock_(); }

 private:
  const std::function<base::Instant()> boot_clock_;
  const int cancel_fd_;
};

}  // namespace k8s

#endif  // K8S_WAITER_H_

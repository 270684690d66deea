#include "k8s/waiter.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include "agent/base/check.h"

namespace k8s {
namespace {

using namespace std::chrono_literals;

// poll() sleeps on a clock that stops in suspend. Waking often enough to look
// at the boot clock bounds how late a deadline is noticed after a resume: by 50
// ms for a request; a watch, which may take an hour, is not worth the wake-ups.
int PollMilliseconds(base::Duration left) {
  const base::Duration slice = left > 60s ? base::Duration(60s) : 50ms;
  return static_cast<int>(base::ToMs(std::min(left, slice) + 999'999ns));
}

}  // namespace

Waiter::Waiter(std::function<base::Instant()> boot_clock)
    : boot_clock_(std::move(boot_clock)),
      cancel_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(cancel_fd_ >= 0);
}

Waiter::~Waiter() { close(cancel_fd_); }

Waiter::Outcome Waiter::Wait(int fd, short events, base::Instant deadline) {
  while (true) {
    const base::Instant now = Now();
    const bool late = now >= deadline;
    const int timeout = deadline.is_never() ? -1
                        : late              ? 0
                                            : PollMilliseconds(deadline - now);
    std::array<pollfd, 2> fds{{{cancel_fd_, POLLIN, 0}, {fd, events, 0}}};
    const int count = poll(fds.data(), fds.size(), timeout);
    if (count > 0 && fds[0].revents != 0) return Outcome::kCanceled;
    if (late) return Outcome::kTimeout;
    if (count > 0 && fds[1].revents != 0) return Outcome::kReady;
  }
}

void Waiter::Cancel() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(cancel_fd_, &one, sizeof(one));
}

void Waiter::Reset() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = read(cancel_fd_, &count, sizeof(count));
}

}  // namespace k8s

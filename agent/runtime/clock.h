// The only place that reads a clock.
#ifndef AGENT_RUNTIME_CLOCK_H_
#define AGENT_RUNTIME_CLOCK_H_

#include <time.h>

#include "agent/base/time.h"
#include "k8s/lease.h"

namespace runtime {

inline base::Duration ReadClock(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

// Counts suspend, unlike CLOCK_MONOTONIC: a laptop or VM that slept past its
// lease knows so when it wakes.
inline base::Instant BootNow() { return {ReadClock(CLOCK_BOOTTIME)}; }

// For what people and other programs read; never for a decision.
inline k8s::MicroTime WallNow() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             ReadClock(CLOCK_REALTIME))
      .count();
}

}  // namespace runtime

#endif  // AGENT_RUNTIME_CLOCK_H_

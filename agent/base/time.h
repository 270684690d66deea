// Points and spans of time. There is no Now() here: time is an argument, and
// only agent/runtime reads a clock.
#ifndef AGENT_BASE_TIME_H_
#define AGENT_BASE_TIME_H_

#include <chrono>
#include <compare>
#include <cstdint>

namespace base {

using Duration = std::chrono::nanoseconds;

// A point on one machine's CLOCK_BOOTTIME, which also counts suspend. Points of
// two machines cannot be compared.
struct Instant {
  Duration since_boot{0};

  static constexpr Instant Never() { return {Duration::max()}; }
  constexpr bool is_never() const { return since_boot == Duration::max(); }

  constexpr auto operator<=>(const Instant&) const = default;
};

// Never stays never, whatever is added.
constexpr Instant operator+(Instant at, Duration by) {
  return at.is_never() ? at : Instant{at.since_boot + by};
}
constexpr Instant operator-(Instant at, Duration by) {
  return at.is_never() ? at : Instant{at.since_boot - by};
}
constexpr Duration operator-(Instant later, Instant earlier) {
  return later.since_boot - earlier.since_boot;
}

constexpr std::int64_t ToMs(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}
constexpr double ToSeconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace base

#endif  // AGENT_BASE_TIME_H_

// What one seed stands for: how many candidates, their settings and clocks, and
// which faults happen how often. Each seed leaves most kinds of fault out
// (swarm testing): runs in which everything goes wrong at once hide what needs
// quiet in between. Source: Groce et al., "Swarm testing", ISSTA 2012.
#ifndef TESTS_SIM_SWARM_H_
#define TESTS_SIM_SWARM_H_

#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

#include "agent/base/time.h"
#include "agent/election/types.h"

namespace sim {

using base::Duration;
using base::Instant;

// Clocks and settings count whole microseconds, as traces do.
inline Duration InMicros(Duration duration) {
  return std::chrono::floor<std::chrono::microseconds>(duration);
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  Duration Between(Duration from, Duration to);
  bool Chance(double p);
  int Below(int n);  // 0 .. n-1

 private:
  std::mt19937_64 random_;
};

enum class Fault {
  kPause,         // SIGSTOP, swap, suspend, a starved process.
  kKill,          // SIGKILL; the next process starts at once.
  kCutOne,        // Requests of one node go nowhere.
  kCutAll,        // No node reaches the API server.
  kServerDown,    // Connections are refused; streams end.
  kServerFrozen,  // etcd frozen: nothing is answered, watches are silent.
  kWatchBroken,
  kWatchSilent,  // Open, but nothing comes any more.
  kForgotten,    // The server no longer knows old versions: 410.
  kDeleted,      // By hand, as the next ones.
  kEmptied,
  kGiven,      // To one of the candidates.
  kStranger,   // To somebody unknown, who never renews.
  kLabelled,   // Labels and annotations.
  kOldCopy,    // An older state, applied to the same object.
  kDoubted,    // confirm=1 saw something else.
  kGaveUp,     // Asked to step down.
  kForbidden,  // Unhealthy or paused for a while.
  kStopped,    // SIGTERM, and a new process later.
  kDrained,    // The main container says that it has stopped.
  kClockStep,  // The wall clock jumps.
  kLast = kClockStep
};
inline constexpr int kFaults = static_cast<int>(Fault::kLast) + 1;
const char* NameOf(Fault fault);

struct Candidate {
  election::Config config;  // All but the incarnation.
  // The local clock shows offset + true time * rate.
  Duration offset{};
  double rate = 1;
};

struct Swarm {
  std::uint64_t seed = 0;
  std::vector<Candidate> candidates;
  bool equal_durations = true;
  std::vector<Fault> faults;
  Duration gap{};  // Between two of them, at most.
  // What happens to single requests while faults are on.
  double fails = 0;     // No answer, nothing stored.
  double rejected = 0;  // 429, 403, 500, before anything is stored.
  double lost = 0;      // The answer is lost; the write may come late.
  bool slow = false;    // Every request takes long.
  Duration hop{};       // At most, from thread to thread.

  // Somebody changes labels so often, all the time. Zero: nobody.
  Duration annotated_every{};

  static Swarm Draw(std::uint64_t seed);
};

}  // namespace sim

#endif  // TESTS_SIM_SWARM_H_

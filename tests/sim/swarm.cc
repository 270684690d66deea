#include "tests/sim/swarm.h"

#include <chrono>
#include <cstddef>

namespace sim {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test reads better with it.

int DrawCount(Dice& dice) {
  const int kind = dice.Below(100);
  if (kind < 50) return 2 + dice.Below(2);
  if (kind < 90) return 4 + dice.Below(4);
  if (kind < 98) return 8 + dice.Below(9);
  return 17 + dice.Below(34);
}

// Within what the configuration allows: D + stop grace <= L (1-e) / (1+e).
election::Config DrawConfig(std::chrono::seconds lease_duration, Dice& dice) {
  election::Config config;
  config.lease_duration = lease_duration;
  const Duration most = InMicros(config.lease_duration * 99 / 101);
  config.renew_deadline = InMicros(dice.Between(most / 2, most * 9 / 10));
  config.retry_period = InMicros(
      dice.Between(config.renew_deadline / 8, config.renew_deadline / 3));
  const Duration rest = most - config.renew_deadline;
  config.stop_grace =
      dice.Chance(0.3) ? rest : InMicros(dice.Between(0s, rest));
  if (dice.Chance(0.5)) {
    config.stop_order = election::StopOrder::kSidecarLast;
  }
  return config;
}

}  // namespace

Duration Dice::Between(Duration from, Duration to) {
  if (from >= to) return from;
  return Duration(std::uniform_int_distribution<std::int64_t>(
      from.count(), to.count())(random_));
}

bool Dice::Chance(double p) {
  return std::uniform_real_distribution<>(0, 1)(random_) < p;
}

int Dice::Below(int n) {
  return std::uniform_int_distribution<>(0, n - 1)(random_);
}

const char* NameOf(Fault fault) {
  static constexpr const char* kNames[kFaults] = {
      "paused",       "killed",        "one cut off",  "all cut off",
      "server down",  "server frozen", "watch broken", "watch silent",
      "forgotten",    "deleted",       "emptied",      "given",
      "stranger",     "labelled",      "old copy",     "doubted",
      "gave up",      "forbidden",     "stopped",      "drained",
      "clock stepped"};
  return kNames[static_cast<std::size_t>(fault)];
}

Swarm Swarm::Draw(std::uint64_t seed) {
  Dice dice(seed);
  Swarm swarm;
  swarm.seed = seed;
  swarm.equal_durations = dice.Chance(0.6);
  swarm.slow = dice.Chance(0.1);
  const auto duration = [&] {
    return std::chrono::seconds(dice.Chance(0.2) ? 4 + dice.Below(6)
                                                 : 10 + dice.Below(31));
  };
  const std::chrono::seconds first = duration();
  const int count = DrawCount(dice);
  for (int i = 0; i < count; ++i) {
    Candidate candidate;
    candidate.config =
        DrawConfig(swarm.equal_durations ? first : duration(), dice);
    candidate.offset = dice.Between(1h, 1000h);
    candidate.rate = 0.99 + 0.005 * dice.Below(5);
    swarm.candidates.push_back(candidate);
  }
  for (int i = 0; i < kFaults; ++i) {
    if (dice.Chance(0.4)) swarm.faults.push_back(static_cast<Fault>(i));
  }
  // Something must be able to move the lease.
  if (dice.Chance(0.5)) swarm.faults.push_back(Fault::kStopped);
  if (dice.Chance(0.5)) swarm.faults.push_back(Fault::kKill);
  swarm.faults.push_back(Fault::kPause);
  swarm.gap = dice.Between(first / 2, first * 3);
  const auto share = [&](double most) {
    return dice.Chance(0.5) ? 0 : most * 0.1 * (1 + dice.Below(10));
  };
  swarm.fails = share(0.15);
  swarm.rejected = share(0.1);
  swarm.lost = share(0.2);
  swarm.hop = dice.Chance(0.1) ? Duration(300ms) : Duration(1ms);
  if (dice.Chance(0.05)) swarm.annotated_every = dice.Between(500ms, 2s);
  return swarm;
}

}  // namespace sim

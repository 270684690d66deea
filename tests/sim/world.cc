// The phases of a run.
#include "tests/sim/world.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

namespace sim {

using namespace std::chrono_literals;  // NOLINT: a test reads better with it.

namespace {

constexpr Duration kSafetyPhase = 580s;
// The slowest clock counts 1 % less.
constexpr double kDrift = 1.02;

Duration Times(Duration duration, double factor) {
  return Duration(static_cast<std::int64_t>(
      static_cast<double>(duration.count()) * factor));
}

}  // namespace

World::World(const Swarm& swarm, bool verbose)
    : swarm_(swarm),
      verbose_(verbose),
      dice_(swarm.seed ^ 0x5eed),
      judge_(swarm_),
      nodes_(swarm.candidates.size()) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].config = swarm.candidates[i].config;
    nodes_[i].wall_offset = dice_.Between(0s, 4s) / 1us;
  }
  store_.SkipVersions(dice_.Below(1000));
  oldest_known_ = store_.version();
}

void World::Run() {
  Duration longest{};
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    agenda_.After(dice_.Between(0s, 1s), [this, i] { StartNode(i); });
    longest = std::max<Duration>(longest, nodes_[i].config.lease_duration);
  }
  agenda_.After(2s, [this] { Mischief(); });
  agenda_.After(60s, [this] { Bookmarks(); });
  if (swarm_.annotated_every > 0s) Annotate();
  RunUntil(kSafetyPhase - Times(longest, 1.6) - 15s);
  leaving_allowed_ = false;
  RunUntil(kSafetyPhase);
  EndFaults();
  // What was lost is given up, what was late has come.
  RunUntil(now() + longest + 15s);
  if (error().empty()) CheckLiveness();
  if (error().empty()) CheckShortOutage();
}

// I7, and that nothing moves by itself.
void World::CheckLiveness() {
  Duration longest{}, period{};
  for (const Node& node : nodes_) {
    longest = std::max<Duration>(longest, node.config.lease_duration);
    period = std::max(period, node.config.retry_period);
  }
  const Duration by =
      now() + Times(longest + 2 * period * 11 / 5, kDrift) + 60ms;
  while (error().empty() && !Leader()) {
    if (now() > by) return Fail("I7: nobody leads");
    RunUntil(now() + 100ms);
  }
  const std::int64_t terms = figures().terms;
  RunUntil(now() + 10s);
  if (figures().terms != terms || !Leader()) {
    Fail("I9: leadership moved without a fault");
  }
}

// I9: shorter than what is left of D after a renewal was due, less one attempt.
void World::CheckShortOutage() {
  const std::size_t leader = *Leader();
  const election::Config& config = nodes_[leader].config;
  const Duration most = config.renew_deadline - config.retry_period -
                        election::FirstAttempt(config);
  const Duration length = Times(most, 1 / kDrift) - 50ms;
  if (length <= 0s) return;
  RunUntil(now() + dice_.Between(0s, config.retry_period));
  if (dice_.Chance(0.5)) {
    down_until_ = now() + length;
    RestartServer(true);
  } else {
    for (Node& node : nodes_) node.cut_until = now() + length;
    for (std::size_t i = 0; i < nodes_.size(); ++i) BreakStream(i);
  }
  if (verbose_) Say("a short outage");
  const std::int64_t terms = figures().terms;
  RunUntil(now() + length + 2 * config.renew_deadline);
  if (error().empty() && (figures().terms != terms || Leader() != leader)) {
    Fail("I9: a short outage moved the leadership");
  }
}

void World::RunUntil(Duration end) {
  agenda_.RunUntil(end, [this] { return !error().empty(); });
}

std::optional<std::size_t> World::Leader() const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].elector && nodes_[i].elector->LeadsAt(Local(i))) return i;
  }
  return std::nullopt;
}

std::size_t World::AnyNode() {
  return static_cast<std::size_t>(dice_.Below(static_cast<int>(nodes_.size())));
}

void World::Say(const std::string& line) const {
  if (verbose_) std::printf("%9.4f %s\n", base::ToSeconds(now()), line.c_str());
}

void World::Fail(const std::string& what) { judge_.Fail(what, now()); }

}  // namespace sim

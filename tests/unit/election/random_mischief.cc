// What goes wrong in a random world, and how a run goes.
#include <algorithm>
#include <chrono>

#include "tests/unit/election/random_world.h"

namespace election {

using namespace std::chrono_literals;  // NOLINT: a test reads better with it.

RandomWorld::RandomWorld(std::uint64_t seed, bool verbose)
    : random_(seed), verbose_(verbose) {
  equal_durations_ = Chance(0.5);
  slow_ = Chance(0.15);
  nodes_.resize(static_cast<std::size_t>(2 + Below(4)));
  const int first = 3 + Below(4);
  for (Node& node : nodes_) {
    Config& config = node.config;
    const int seconds = equal_durations_ ? first : 3 + Below(4);
    config.lease_duration = std::chrono::seconds(seconds);
    // The rule of the configuration: D + stop grace <= L (1 - e) / (1 + e).
    const Duration most = config.lease_duration * 99 / 101;
    config.renew_deadline = Between(most / 2, most * 9 / 10);
    config.retry_period =
        Between(config.renew_deadline / 10, config.renew_deadline / 3);
    config.stop_grace = Chance(0.3) ? most - config.renew_deadline
                                    : Between(0s, most - config.renew_deadline);
    if (Chance(0.5)) config.stop_order = StopOrder::kSidecarLast;
    node.offset = Between(1h, 1000h);
    node.rate = 0.99 + 0.005 * Below(5);
    node.stamp = 1000 * (1 + Below(1000));
  }
  store_.SkipVersions(Below(1000));
}

Duration RandomWorld::Delay() {
  if (!faults_) return Between(100us, 10ms);
  if (slow_) return Between(50ms, 1500ms);
  const int kind = Below(100);
  if (kind < 80) return Between(100us, 20ms);
  return kind < 95 ? Between(0s, 500ms) : Between(0s, 3s);
}

void RandomWorld::Run() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    After(Between(0s, 1s), [this, i] { StartNode(i); });
  }
  After(1s, [this] { Mischief(); });
  Duration longest{}, period{}, deadline{};
  for (const Node& node : nodes_) {
    longest = std::max<Duration>(longest, node.config.lease_duration);
    period = std::max(period, node.config.retry_period);
    deadline = std::max(deadline, node.config.renew_deadline);
  }
  RunUntil(30s);
  leaving_allowed_ = false;  // So that no cooldown outlasts the faults.
  RunUntil(50s);
  faults_ = false;
  // What was lost is given up, what was late has come.
  RunUntil(50s + deadline + 15s);

  // I7. The slowest clock counts 1 % less.
  const Duration begin = now_;
  const Duration bound =
      (longest + 2 * period * 11 / 5) * 102 / 100 + 4 * 10ms + 20ms;
  const auto somebody_leads = [this] {
    return std::any_of(nodes_.begin(), nodes_.end(), [this](const Node& node) {
      return node.elector->LeadsAt(Local(node));
    });
  };
  while (error_.empty() && !somebody_leads()) {
    if (now_ > begin + bound) return Fail("I7: nobody leads");
    RunUntil(now_ + 100ms);
  }
  const int terms = exercised_.terms;
  RunUntil(now_ + 10s);
  if (exercised_.terms != terms || !somebody_leads()) {
    Fail("I9: leadership moved without a fault");
  }
}

void RandomWorld::RunUntil(Duration end) {
  while (error_.empty() && !agenda_.empty() && agenda_.begin()->first <= end) {
    auto next = agenda_.extract(agenda_.begin());
    now_ = std::max(now_, next.key());
    next.mapped()();
  }
  now_ = std::max(now_, end);
}

// Something every now and then.
void RandomWorld::Mischief() {
  if (!faults_) {
    for (Node& node : nodes_) node.cut_until = {};
    return;
  }
  After(Between(0s, 3s), [this] { Mischief(); });
  const std::size_t i = AnyNode();
  switch (Below(10)) {
    case 0:
    case 1:
      return EditByHand();
    case 2: {  // Cut off from the API server, one or all.
      const Duration until = now_ + Between(0s, 8s);
      const bool all = Chance(0.3);
      for (Node& node : nodes_) {
        if (all || &node == &nodes_[i]) node.cut_until = until;
      }
      return;
    }
    case 3:
      store_.SkipVersions(Below(3));
      return BreakWatch(i);
    default:
      return DisturbNode(i);
  }
}

void RandomWorld::DisturbNode(std::size_t i) {
  Node& node = nodes_[i];
  if (!node.elector || node.stopped) return;
  const int kind = Below(leaving_allowed_ ? 8 : 4);
  switch (kind) {
    case 0:  // SIGSTOP, swap, suspend.
      node.paused_until = now_ + Between(0s, 8s);
      return Verbose("pause " + node.config.incarnation);
    case 1:  // SIGKILL; whoever asks hears nothing any more.
      if (!Chance(0.5)) return;
      MainHears(node);
      node.paused_until = {};
      ++exercised_.restarts;
      return StartNode(i);
    case 2:
      return ToNode(i, 0s, Doubt{});
    case 3:
      return ToNode(i, 0s, Tick{});
    case 4:
      return ToNode(i, 0s, GiveUp{});
    case 5: {
      ToNode(i, 0s, Permission{.healthy = false, .paused = Chance(0.5)});
      return ToNode(i, Between(0s, 3s), Permission{});
    }
    case 6:
      return Stop(i);
    default:
      // The main container says so before it would have to.
      if (node.paused_until > now_ || node.elector->view().leads) return;
      node.main_until = {};
      return Step(i, Drained{});
  }
}

void RandomWorld::Stop(std::size_t i) {
  Node& node = nodes_[i];
  if (!node.elector || node.stopped || node.paused_until > now_) return;
  const bool last = node.config.stop_order == StopOrder::kSidecarLast;
  if (last) node.main_until = {};  // It has ended before us.
  Step(i, StopRequested{});
  if (last) node.main_until = {};
}

void RandomWorld::EditByHand() {
  if (!store_.lease()) return;
  ++exercised_.edits;
  const std::size_t to = AnyNode();
  const std::string other = nodes_[to].config.incarnation;
  const int kind = Below(10);
  Verbose("edit " + std::to_string(kind));
  if (kind == 0 && equal_durations_) {
    store_.Delete();
  } else if (kind == 1) {
    store_.Edit([](k8s::LeaseRecord& r) { r.holder.clear(); });
  } else if (kind == 2) {  // Given to somebody by hand: one of ours,
    store_.Edit([&](k8s::LeaseRecord& r) { r.holder = other; });
    if (leaving_allowed_ && Chance(0.5)) {
      After(Between(0s, 1s), [this, to] { Stop(to); });
    }
  } else if (kind == 3) {  // or somebody that we do not know.
    store_.Edit([](k8s::LeaseRecord& r) {
      r.holder = "stranger";
      ++r.transitions;
    });
  } else {
    store_.EditLabel();
  }
  if (store_.lease()) CheckTransitionsNumber();
  TellWatchers();
}

}  // namespace election

// What goes wrong, to whom and for how long.
#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/election/planted_bug.h"
#include "tests/sim/world.h"

namespace sim {

using namespace std::chrono_literals;  // NOLINT: a test reads better with it.

// Something every now and then.
void World::Mischief() {
  if (!faults_) return;
  agenda_.After(dice_.Between(0s, swarm_.gap), [this] { Mischief(); });
  const int count = static_cast<int>(swarm_.faults.size());
  Do(swarm_.faults[static_cast<std::size_t>(dice_.Below(count))]);
}

void World::Do(Fault fault) {
  const std::size_t i = AnyNode();
  const Duration length =
      dice_.Between(0s, nodes_[i].config.lease_duration * 3 / 2);
  if (verbose_) {
    Say(std::string("fault: ") + NameOf(fault) + " " +
        nodes_[i].config.incarnation);
  }
  switch (fault) {
    case Fault::kCutOne:
      nodes_[i].cut_until = now() + length;
      break;
    case Fault::kCutAll:
      for (Node& node : nodes_) node.cut_until = now() + length;
      break;
    case Fault::kServerDown:
      down_until_ = now() + length;
      RestartServer(dice_.Chance(0.5));
      break;
    case Fault::kServerFrozen:
      frozen_until_ = now() + length;
      agenda_.After(length, [this] { TellWatchers(); });
      break;
    case Fault::kWatchBroken:
      BreakStream(i);
      break;
    case Fault::kWatchSilent:
      nodes_[i].stream.silent = true;
      break;
    case Fault::kForgotten:
      RestartServer(true);
      break;
    case Fault::kDeleted:
    case Fault::kEmptied:
    case Fault::kGiven:
    case Fault::kStranger:
    case Fault::kLabelled:
    case Fault::kOldCopy:
      return EditByHand(fault);
    default:
      return DisturbNode(fault, i);
  }
  ++judge_.figures().faults[static_cast<std::size_t>(fault)];
}

void World::DisturbNode(Fault fault, std::size_t i) {
  Node& node = nodes_[i];
  const bool leaves = fault == Fault::kGaveUp || fault == Fault::kForbidden ||
                      fault == Fault::kStopped || fault == Fault::kKill;
  if (!node.elector || node.stopped) return;
  if (leaves && !leaving_allowed_) return;
  const Duration length = dice_.Between(0s, node.config.lease_duration * 3 / 2);
  switch (fault) {
    case Fault::kPause:
      if (node.paused_until > now()) return;
      node.paused_until = now() + length;
      if (election::Planted(election::Bug::kMonotonicClock)) {
        node.slept += length;
        judge_.OnClockStopped(i, length);
      }
      break;
    case Fault::kKill:
      if (!restarts_allowed_) return;
      judge_.OnKilled(i, now());
      StartNode(i);
      break;
    case Fault::kDoubted:
      Post(i, election::Doubt{});
      break;
    case Fault::kGaveUp:
      Post(i, election::GiveUp{});
      break;
    case Fault::kForbidden:
      Post(i,
           election::Permission{.healthy = false, .paused = dice_.Chance(0.5)});
      AtNode(i, length / 3, [this, i] { Post(i, election::Permission{}); });
      break;
    case Fault::kStopped:
      if (!restarts_allowed_ || node.paused_until > now()) return;
      Stop(i);
      break;
    case Fault::kDrained:
      // The main container says so before it would have to.
      if (node.paused_until > now() || node.elector->view().leads) return;
      judge_.OnDrained(i);
      Step(i, election::Drained{});
      break;
    default:
      node.wall_offset += (dice_.Between(0s, 2h) - 1h) / 1us;
      break;
  }
  ++judge_.figures().faults[static_cast<std::size_t>(fault)];
}

void World::Stop(std::size_t i) {
  const bool last =
      nodes_[i].config.stop_order == election::StopOrder::kSidecarLast;
  if (last) judge_.OnDrained(i);  // It has ended before us.
  Step(i, election::StopRequested{});
  if (last) judge_.OnDrained(i);
}

void World::EditByHand(Fault fault) {
  if (!store_.lease() || down_until_ > now() || frozen_until_ > now()) return;
  const std::size_t to = AnyNode();
  const std::string other = nodes_[to].config.incarnation;
  switch (fault) {
    case Fault::kDeleted:
      if (!swarm_.equal_durations) return;
      store_.Delete();
      judge_.OnDeleted();
      break;
    case Fault::kEmptied:
      store_.Edit([](k8s::LeaseRecord& r) { r.holder.clear(); });
      break;
    case Fault::kGiven:
      store_.Edit([&](k8s::LeaseRecord& r) { r.holder = other; });
      if (leaving_allowed_ && restarts_allowed_ && dice_.Chance(0.3)) {
        AtNode(to, dice_.Between(0s, 1s), [this, to] { Stop(to); });
      }
      break;
    case Fault::kStranger:
      store_.Edit([](k8s::LeaseRecord& r) {
        r.holder = "stranger";
        ++r.transitions;
      });
      break;
    case Fault::kOldCopy: {
      if (dice_.Chance(0.5)) return ApplyOldCopy(to);
      // One misses a whole lease duration, and then the copy comes.
      Node& away = nodes_[to];
      const Duration length = away.config.lease_duration * 5 / 4;
      away.cut_until = now() + length;
      BreakStream(to);
      return agenda_.After(length - 20ms, [this, to] {
        if (faults_) ApplyOldCopy(to);
      });
    }
    default:
      store_.EditLabel();
      break;
  }
  ++judge_.figures().faults[static_cast<std::size_t>(fault)];
  if (store_.lease()) judge_.OnEdited(store_.record());
  TellWatchers();
}

// Promised only if every candidate has seen the later term; from here on none
// may come that has not.
bool World::AllHaveSeenTheTerm() const {
  const k8s::LeaseRecord& present = store_.record();
  return std::all_of(nodes_.begin(), nodes_.end(), [&](const Node& node) {
    if (!node.elector || node.stopped) return false;
    const k8s::LeaseRecord& seen = node.elector->view().lease;
    return seen.uid == present.uid && seen.transitions >= present.transitions;
  });
}

void World::ApplyOldCopy(std::size_t to) {
  if (!store_.lease() || !AllHaveSeenTheTerm()) return;
  // What a candidate that was away for long saw last is the copy that may fool
  // it: the same record, as old as that.
  k8s::LeaseRecord old = nodes_[to].elector->view().lease;
  if (nodes_[to].cut_until <= now()) {
    const auto& changes = store_.changes();
    const int back = dice_.Below(
        static_cast<int>(std::min<std::size_t>(changes.size(), 200)));
    old = changes[changes.size() - 1 - static_cast<std::size_t>(back)]
              .lease.record;
  }
  if (old.uid != store_.record().uid) return;
  restarts_allowed_ = false;
  store_.Put(old);
  ++judge_.figures().faults[static_cast<std::size_t>(Fault::kOldCopy)];
  judge_.OnEdited(store_.record());
  TellWatchers();
}

// A controller or a person, every second: no renewal, and no reason to wait.
void World::Annotate() {
  agenda_.After(swarm_.annotated_every, [this] { Annotate(); });
  if (!store_.lease() || down_until_ > now() || frozen_until_ > now()) return;
  store_.EditLabel();
  TellWatchers();
}

// All streams end, and the new process knows nothing older than now.
void World::RestartServer(bool broken) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (broken || dice_.Chance(0.7)) BreakStream(i);
  }
  store_.SkipVersions(dice_.Below(3));
  oldest_known_ = store_.version();
}

void World::EndFaults() {
  faults_ = false;
  down_until_ = frozen_until_ = {};
  for (Node& node : nodes_) node.paused_until = node.cut_until = {};
  TellWatchers();
}

}  // namespace sim

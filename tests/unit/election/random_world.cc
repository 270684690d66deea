// The shell around each elector and the checks; what goes wrong is in
// random_mischief.cc.
#include "tests/unit/election/random_world.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

#include "agent/election/trace.h"

namespace election {

using namespace std::chrono_literals;  // NOLINT: a test reads better with it.

void RandomWorld::Verbose(const std::string& line) const {
  if (verbose_) std::printf("%9.4f %s\n", base::ToSeconds(now_), line.c_str());
}

Duration RandomWorld::Between(Duration from, Duration to) {
  if (from >= to) return from;
  return Duration(std::uniform_int_distribution<std::int64_t>(
      from.count(), to.count())(random_));
}
bool RandomWorld::Chance(double p) {
  return std::uniform_real_distribution<>(0, 1)(random_) < p;
}
int RandomWorld::Below(int n) {
  return std::uniform_int_distribution<>(0, n - 1)(random_);
}

std::size_t RandomWorld::AnyNode() {
  return static_cast<std::size_t>(Below(static_cast<int>(nodes_.size())));
}

Instant RandomWorld::Local(const Node& node) const {
  return {node.offset + Duration(std::llround(
                            static_cast<double>(now_.count()) * node.rate))};
}
Duration RandomWorld::TrueTime(const Node& node, Instant local) const {
  const Duration ticks = local.since_boot - node.offset;
  return Duration(std::llround(static_cast<double>(ticks.count()) / node.rate));
}

void RandomWorld::After(Duration delay, std::function<void()> what) {
  agenda_.emplace(now_ + delay, std::move(what));
}

// A paused process gets its news when it goes on.
void RandomWorld::ToNode(std::size_t i, Duration delay, const Event& event) {
  After(delay, [this, i, event, life = nodes_[i].life] {
    Node& node = nodes_[i];
    if (node.life != life || node.stopped) return;
    if (node.paused_until > now_) {
      return ToNode(i, node.paused_until - now_, event);
    }
    Step(i, event);
  });
}

// ------------------------------------------------------------------ the shell

void RandomWorld::StartNode(std::size_t i) {
  Node& node = nodes_[i];
  ++node.life;
  const std::string name(1, "abcde"[i]);
  node.config.incarnation = name + "_" + std::to_string(node.life);
  node.elector = std::make_unique<Elector>(node.config);
  node.request = 0;
  node.window = {};
  node.stopped = node.said_leads = false;
  node.applied.clear();
  node.known = 0;
  Verbose("start " + node.config.incarnation);
  Step(i, Start{});
  if (Chance(0.8)) After(Delay(), [this, i] { Watch(i); });
}

void RandomWorld::Step(std::size_t i, const Event& event) {
  if (!error_.empty()) return;
  Node& node = nodes_[i];
  const Instant before = node.elector->view().valid_until;
  const bool due = node.window.earliest <= Local(node);
  const WakeWindow window = node.window;
  if (const auto* read = std::get_if<ReadDone>(&event)) {
    if (read->id == node.request) node.request = 0;
    if (read->status == k8s::ReadStatus::kFound) {
      node.known = read->lease.resource_version;
    }
  } else if (const auto* write = std::get_if<WriteDone>(&event)) {
    if (write->id == node.request) node.request = 0;
    if (write->status == k8s::WriteStatus::kApplied) {
      node.known = write->lease.resource_version;
    }
  }
  const std::int64_t second = now_ / 1s;
  node.steps = second == node.second ? node.steps + 1 : 0;
  node.second = second;
  if (node.steps > 300) return Fail("busy loop");
  ++exercised_.events;

  for (const Action& action : node.elector->Step(Local(node), event)) {
    if (verbose_) {
      Verbose("  " + node.config.incarnation + " " +
              ToLine(action, Local(node)));
    }
    Take(i, action);
  }
  CheckTerm(i, event, before);
  CheckOneLeader();
  const bool ticked = std::holds_alternative<Tick>(event);
  if (ticked && due && !node.stopped && node.elector->NextWake() == window) {
    return Fail("a tick that was due moved nothing");
  }
  SetWake(i, ticked);
}

void RandomWorld::Take(std::size_t i, const Action& action) {
  Node& node = nodes_[i];
  if (const auto* publish = std::get_if<Publish>(&action)) {
    const View& view = publish->view;
    if (node.said_leads && !view.leads) MainHears(node);
    node.said_leads = view.leads;
  } else if (const auto* read = std::get_if<Read>(&action)) {
    if (node.request != 0) Fail("I2: two requests at once");
    node.request = read->id;
    Send(i, *read);
  } else if (const auto* write = std::get_if<Write>(&action)) {
    if (node.request != 0) Fail("I2: two requests at once");
    if (write->kind == WriteKind::kRelease && node.said_leads) {
      Fail("I3: release before the role is published down");
    }
    const auto& base = write->write.base;
    if (base.has_value() == (write->kind == WriteKind::kCreate) ||
        (base && (base->record.uid.empty() || base->resource_version == 0))) {
      Fail("I6: a write without the state that it replaces");
    }
    node.request = write->id;
    Send(i, *write);
  } else if (const auto* transition = std::get_if<Transition>(&action)) {
    CheckNews(i, *transition);
  } else {
    node.stopped = true;
    ++node.stream;
    node.stream += node.stream % 2;
    const Duration away = faults_ ? Between(0s, 10s) : 0s;
    After(away, [this, i, life = node.life] {
      if (nodes_[i].life == life) StartNode(i);
    });
  }
}

// "Not leader", at the latest now: its main container stops.
void RandomWorld::MainHears(Node& node) {
  node.main_until = std::min(
      node.main_until, TrueTime(node, Local(node) + node.config.stop_grace));
}

void RandomWorld::SetWake(std::size_t i, bool ticked) {
  Node& node = nodes_[i];
  const WakeWindow window = node.elector->NextWake();
  if (window == node.window && !ticked) return;
  node.window = window;
  const int wake = ++node.wake;
  if (window.earliest.is_never()) return;
  if (window.latest < window.earliest) return Fail("an empty wake window");
  // Any instant will do; the ends are the likeliest to find something.
  Duration at = Between(window.earliest.since_boot, window.latest.since_boot);
  if (Chance(0.2)) at = window.earliest.since_boot;
  if (Chance(0.2)) at = window.latest.since_boot;
  const Duration in = TrueTime(node, {at}) + 1ns - now_;
  After(std::max(in, 0ns), [this, i, wake, life = node.life] {
    const Node& woken = nodes_[i];
    if (woken.wake == wake && woken.life == life) ToNode(i, 0s, Tick{});
  });
}

void RandomWorld::Send(std::size_t i, const Read& read) {
  const Node& node = nodes_[i];
  ReadDone failed{.id = read.id};
  const Duration timeout =
      std::max(TrueTime(node, read.deadline) - now_, Duration(0));
  if (node.cut_until > now_ || (faults_ && Chance(0.05))) {
    if (Chance(0.3)) failed.retry_after = Between(0s, 5s);
    return ToNode(i, Chance(0.5) ? timeout : Delay(), failed);
  }
  const Duration there = Delay(), back = Delay();
  if (there + back > timeout) ToNode(i, timeout, failed);
  After(there, [this, i, id = read.id, back, life = node.life] {
    if (nodes_[i].life != life) return;
    ReadDone done{.id = id, .status = k8s::ReadStatus::kAbsent};
    if (store_.lease()) {
      done.status = k8s::ReadStatus::kFound;
      done.lease = *store_.lease();
    }
    ToNode(i, back, done);
  });
}

void RandomWorld::Send(std::size_t i, const Write& write) {
  Node& node = nodes_[i];
  WriteDone unknown{.id = write.id};
  unknown.renew_time = ++node.stamp;
  const Duration timeout =
      std::max(TrueTime(node, write.deadline) - now_, Duration(0));
  if (faults_ && Chance(0.03)) {
    unknown.status = k8s::WriteStatus::kRejected;
    if (Chance(0.5)) unknown.retry_after = Between(0s, 5s);
    return ToNode(i, Delay(), unknown);
  }
  const bool cut = node.cut_until > now_;
  const bool lost = faults_ && Chance(0.06);
  Duration there = Delay(), back = Delay();
  if (cut || lost || there + back > timeout) ToNode(i, timeout, unknown);
  if (cut || (lost && Chance(0.3))) return;
  // A request that waits in some queue until long after its deadline.
  if (lost && Chance(0.5)) there = timeout + Between(0s, 4s);
  After(there, [this, i, write, unknown, back, lost, sent_at = Local(node),
                life = node.life] {
    WriteDone done = unknown;
    const bool late = nodes_[i].life != life || nodes_[i].request != write.id;
    if (nodes_[i].life != life) {
      done.status = store_.Apply(write, done.renew_time);
    } else {
      Store(i, write, done, sent_at);
    }
    if (done.status == k8s::WriteStatus::kApplied) {
      exercised_.late_writes += late;
      CheckTransitionsNumber();
      TellWatchers();
    }
    if (!lost && nodes_[i].life == life) ToNode(i, back, done);
  });
}

void RandomWorld::Store(std::size_t i, const Write& write, WriteDone& done,
                        Instant sent_at) {
  done.status = store_.Apply(write, done.renew_time);
  if (done.status != k8s::WriteStatus::kApplied) return;
  done.lease = *store_.lease();
  nodes_[i].applied.insert(sent_at.since_boot);
}

// -------------------------------------------------------------------- watches

// Follows from what was read last, or from a little before it.
void RandomWorld::Watch(std::size_t i) {
  Node& node = nodes_[i];
  if (node.stopped || node.stream % 2 == 1) return;
  ++node.stream;
  const auto& changes = store_.changes();
  node.told = 0;
  while (node.told < changes.size() &&
         changes[node.told].lease.resource_version <= node.known) {
    ++node.told;
  }
  if (Chance(0.2)) node.told -= std::min<std::size_t>(node.told, 3);
  ToNode(i, Delay(), WatchLive{});
  TellWatchers();
}

void RandomWorld::BreakWatch(std::size_t i) {
  Node& node = nodes_[i];
  if (node.stream % 2 == 0) return;
  ++node.stream;
  if (Chance(0.9)) ToNode(i, Delay(), WatchLost{});  // Or it just goes silent.
  After(Between(0s, 5s), [this, i] { Watch(i); });
}

void RandomWorld::TellWatchers() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    if (node.stream % 2 == 0) continue;
    for (; node.told < store_.changes().size(); ++node.told) {
      node.told_at = std::max(node.told_at, now_ + Delay());
      const WatchEvent& event = store_.changes()[node.told];
      After(node.told_at - now_,
            [this, i, event, stream = node.stream, life = node.life] {
              const Node& to = nodes_[i];
              if (to.stream == stream && to.life == life) ToNode(i, 0s, event);
            });
    }
  }
}

// --------------------------------------------------------------------- checks

void RandomWorld::CheckTerm(std::size_t i, const Event& event, Instant before) {
  const Node& node = nodes_[i];
  const View& view = node.elector->view();
  if (view.leads != node.said_leads) Fail("the role changed unpublished");
  if (view.valid_until <= before) return;
  if (!std::holds_alternative<WriteDone>(event) &&
      !std::holds_alternative<ReadDone>(event)) {
    Fail("I4: the deadline moved without an answer");
  }
  if (!node.applied.contains(
          (view.valid_until - node.config.renew_deadline).since_boot)) {
    Fail("I4: the deadline is not that of a stored write");
  }
}

void RandomWorld::CheckNews(std::size_t i, const Transition& t) {
  if (t.rule.empty()) Fail("a state changed without a word");
  if (t.to == State::kRefusing) Fail("T11: no store was restored");
  if (t.rule == "T9") ++exercised_.adoptions;
  if (t.event == "stopped leading") {
    exercised_.definite += t.rule == "T7";
    exercised_.expiries += t.rule == "T8";
  }
  exercised_.releases += t.event == "released the lease";
  if (t.to != State::kLeading || t.from == State::kLeading) return;
  ++exercised_.terms;
  const std::string& who = nodes_[i].config.incarnation;
  exercised_.hand_overs += !leader_.empty() && leader_ != who;
  // Only a term that a late answer revives has the token of the one before.
  if (t.fencing_token < highest_token_ ||
      (t.fencing_token == highest_token_ && leader_ != who)) {
    Fail("I8: token " + std::to_string(t.fencing_token) + " after " +
         std::to_string(highest_token_));
  }
  highest_token_ = t.fencing_token;
  leader_ = who;
  for (std::size_t j = 0; j < nodes_.size(); ++j) {
    if (j != i && nodes_[j].main_until > now_) {
      Fail(nodes_[j].config.incarnation + "'s main may still act");
    }
  }
}

void RandomWorld::CheckOneLeader() {
  const Node* leader = nullptr;
  for (Node& node : nodes_) {
    if (!node.elector || !node.elector->LeadsAt(Local(node))) continue;
    // Until when its main container may act, if nothing is heard from now on.
    node.main_until = TrueTime(
        node, node.elector->view().valid_until + node.config.stop_grace);
    if (leader) {
      return Fail("I1: " + leader->config.incarnation + " and " +
                  node.config.incarnation + " lead");
    }
    leader = &node;
  }
}

void RandomWorld::CheckTransitionsNumber() {
  const k8s::LeaseRecord& record = store_.record();
  if (record.uid == uid_ && record.transitions < transitions_) {
    Fail("I5: transitions fell");
  }
  uid_ = record.uid;
  transitions_ = record.transitions;
}

void RandomWorld::Fail(const std::string& what) {
  if (!error_.empty()) return;
  error_ = what + " at " + std::to_string(base::ToSeconds(now_)) + " s";
  Verbose("FAILED: " + error_);
}

}  // namespace election

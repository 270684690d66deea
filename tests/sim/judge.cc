#include "tests/sim/judge.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace sim {

using election::State;

void Figures::Add(const Figures& other) {
  events += other.events;
  terms += other.terms;
  holder_changes += other.holder_changes;
  definite += other.definite;
  expiries += other.expiries;
  adoptions += other.adoptions;
  releases += other.releases;
  late_writes += other.late_writes;
  for (std::size_t i = 0; i < faults.size(); ++i) faults[i] += other.faults[i];
}

Judge::Judge(const Swarm& swarm)
    : swarm_(swarm), nodes_(swarm.candidates.size()) {}

Duration Judge::TrueTime(std::size_t i, Instant local) const {
  const Candidate& candidate = swarm_.candidates[i];
  const Duration ticks = local.since_boot - candidate.offset;
  return Duration(std::llround(static_cast<double>(ticks.count()) /
                               candidate.rate)) +
         nodes_[i].slept;
}

void Judge::OnClockStopped(std::size_t i, Duration slept) {
  Node& node = nodes_[i];
  node.slept += slept;
  if (node.leads) node.leads_until += slept;
  if (node.leads) node.main_until += slept;
}

void Judge::OnStart(std::size_t i, const std::string& incarnation) {
  Node node{.incarnation = incarnation};
  node.main_until = nodes_[i].main_until;
  node.slept = nodes_[i].slept;
  nodes_[i] = std::move(node);
}

// Whoever asks gets no answer any more, and that is a no.
void Judge::OnKilled(std::size_t i, Duration now) {
  Node& node = nodes_[i];
  const Duration stop = swarm_.candidates[i].config.stop_grace;
  node.main_until =
      std::min(node.main_until,
               now + Duration(std::llround(static_cast<double>(stop.count()) /
                                           swarm_.candidates[i].rate)));
  node.leads = false;
  node.leads_until = {};
}

void Judge::OnEvent(Duration now) {
  now_ = now;
  ++figures_.events;
}

void Judge::OnPublish(std::size_t i, const election::View& view, Duration now) {
  Node& node = nodes_[i];
  if (node.leads && !view.leads) OnKilled(i, now);
  node.leads = view.leads;
  if (view.valid_until > node.valid_until) {
    const Instant sent =
        view.valid_until - swarm_.candidates[i].config.renew_deadline;
    if (std::find(node.stored.begin(), node.stored.end(), sent) ==
        node.stored.end()) {
      Fail("I4: the deadline is not that of a stored write", now);
    }
    node.valid_until = view.valid_until;
  }
  if (!view.leads) return;
  if (!view.lease_exists || view.lease.holder != node.incarnation) {
    Fail("T7: leads, and has seen that the lease is not its own", now);
  }
  node.leads_until = TrueTime(i, view.valid_until);
  // If nothing is heard from now on.
  node.main_until =
      TrueTime(i, view.valid_until + swarm_.candidates[i].config.stop_grace);
  if (node.leads_until <= now) return;
  for (std::size_t j = 0; j < nodes_.size(); ++j) {
    if (j != i && nodes_[j].leads_until > now) {
      Fail(
          "I1: " + node.incarnation + " and " + nodes_[j].incarnation + " lead",
          now);
    }
  }
}

void Judge::OnRead(std::size_t i, std::uint64_t id) {
  if (nodes_[i].request != 0) Fail("I2: two requests at once", now_);
  nodes_[i].request = id;
}

void Judge::OnWrite(std::size_t i, const election::Write& write) {
  OnRead(i, write.id);
  using Kind = election::WriteKind;
  if (write.kind == Kind::kRelease && nodes_[i].leads) {
    Fail("I3: release before the role is published down", now_);
  }
  const auto& base = write.write.base;
  if (base.has_value() == (write.kind == Kind::kCreate) ||
      (base && (base->record.uid.empty() || base->resource_version == 0))) {
    Fail("I6: a write without the state that it replaces", now_);
  }
}

void Judge::OnAnswer(std::size_t i, std::uint64_t id) {
  if (nodes_[i].request == id) nodes_[i].request = 0;
}

void Judge::OnTransition(std::size_t i, const election::Transition& t,
                         Duration now) {
  if (t.rule.empty()) Fail("a state changed without a word", now);
  if (t.to == State::kRefusing) Fail("T11: no store was restored", now);
  if (t.rule == "T9") ++figures_.adoptions;
  if (t.event == "stopped leading") {
    figures_.definite += t.rule == "T7";
    figures_.expiries += t.rule == "T8";
    if (t.rule == "T7" && nodes_[i].others == 0) {
      Fail("T7: " + nodes_[i].incarnation + " lost the lease to nobody", now);
    }
  }
  figures_.releases += t.event == "released the lease";
  if (t.to != State::kLeading || t.from == State::kLeading) return;
  ++figures_.terms;
  const std::string& who = nodes_[i].incarnation;
  if (!leader_.empty() && leader_ != who) ++figures_.holder_changes;
  // Only a term that a late answer revives has the token of the one before.
  if (t.fencing_token < highest_token_ ||
      (t.fencing_token == highest_token_ && leader_ != who)) {
    Fail("I8: token " + std::to_string(t.fencing_token) + " after " +
             std::to_string(highest_token_),
         now);
  }
  highest_token_ = t.fencing_token;
  leader_ = who;
  for (std::size_t j = 0; j < nodes_.size(); ++j) {
    if (j != i && nodes_[j].main_until > now) {
      Fail(nodes_[j].incarnation + "'s main may still act beside " + who, now);
    }
  }
}

void Judge::OnStored(std::size_t i, election::WriteKind kind, Instant sent_at) {
  if (kind == election::WriteKind::kAcquire) nodes_[i].others = 0;
  // Nothing much older can be the cause of a term that still lasts.
  std::vector<Instant>& stored = nodes_[i].stored;
  if (stored.size() == 64) stored.erase(stored.begin(), stored.begin() + 32);
  stored.push_back(sent_at);
}

void Judge::OnLease(const k8s::LeaseRecord& record) {
  if (record.uid == uid_ && record.transitions < transitions_) {
    Fail("I5: transitions fell", now_);
  }
  OnEdited(record);
}

void Judge::OnEdited(const k8s::LeaseRecord& record) {
  uid_ = record.uid;
  transitions_ = record.transitions;
  for (Node& node : nodes_) node.others += record.holder != node.incarnation;
}

void Judge::OnDeleted() {
  for (Node& node : nodes_) ++node.others;
}

void Judge::Fail(const std::string& what, Duration now) {
  if (!error_.empty()) return;
  error_ = what + " at " + std::to_string(base::ToSeconds(now)) + " s";
}

}  // namespace sim

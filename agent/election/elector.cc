// Events: what each means for what we know, hold and tell. Answers to our own
// requests are in elector_answers.cc, what to do next in elector_plan.cc.
#include "agent/election/elector.h"

#include <algorithm>
#include <utility>

#include "agent/base/check.h"
#include "agent/election/planted_bug.h"

namespace election {

Elector::Elector(Config config) : config_(std::move(config)), seen_(config_) {
  CHECK(!config_.incarnation.empty());
  CHECK(config_.retry_period > Duration::zero());
  CHECK(config_.renew_deadline > config_.retry_period);
  CHECK(config_.renew_deadline + config_.stop_grace < config_.lease_duration);
}

Actions Elector::Step(Instant now, const Event& event) {
  CHECK(now >= now_);
  now_ = now;
  actions_.clear();
  read_is_fresh_ = false;
  if (holds_ && now >= valid_until_) {
    const bool led = view_.leads;
    EndTerm(now);
    Tell("T8", led ? "stopped leading" : "lost the lease");
  }
  if (!stopped_) {
    std::visit([&](const auto& e) { On(now, e); }, event);
    Act(now, std::holds_alternative<Tick>(event));
  }
  Tell();
  return std::exchange(actions_, {});
}

void Elector::On(Instant now, const Start&) {
  started_ = true;
  last_answer_ = now;
}

void Elector::On(Instant, const Tick&) {}

// ------------------------------------------------------------------ watch

void Elector::On(Instant now, const WatchEvent& event) {
  if (!started_ || refusing_) return;
  if (event.deleted) {
    SeeAbsent(now, event.lease.resource_version);
    return;
  }
  const bool contiguous =
      seen_.exists() && event.follows == seen_.lease().resource_version;
  if (!SeeLease(now, event.lease, contiguous)) return;
  // It was stored now, later than we could wait.
  if (AdoptProvenWrite(now)) {
    write_took_ = now - (renew_at_ - config_.retry_period);
  }
}

void Elector::On(Instant now, const WatchLive&) {
  watch_live_ = true;
  PlanPoll(now);
}

void Elector::On(Instant now, const WatchLost&) {
  // Read again soon, but not all standbys of a restarted API server at once.
  if (watch_live_) poll_ = {now, now + config_.retry_period};
  watch_live_ = false;
}

void Elector::On(Instant, const Doubt&) {
  doubted_ = true;
  if (flight_) flight_->doubted = true;
}

// T6: how long to believe in silence. A watch that tells nothing may be broken:
// a live holder renews every retry period.
void Elector::PlanPoll(Instant now) {
  const Duration r = config_.retry_period;
  if (watch_live_) {
    const Instant silent = now + 2 * r + std::chrono::seconds(1);
    poll_ = {silent, silent + r / 5};
  } else {
    poll_ = {now + r, now + r * 11 / 5};  // As client-go polls.
  }
}

// ------------------------------------------------------------------ sights

bool Elector::SeeLease(Instant now, const k8s::Lease& lease, bool contiguous) {
  const k8s::LeaseRecord before = seen_.lease().record;
  const bool first = !seen_.known();
  if (!seen_.SeeLease(now, lease, contiguous)) return false;
  PlanPoll(now);
  const k8s::LeaseRecord& record = seen_.lease().record;
  const bool ours = record.holder == config_.incarnation;
  if (holds_ && (!ours || record.uid != uid_) &&
      !Planted(Bug::kAnotherHolderIgnored)) {
    LoseTerm(now);
  }
  // Not on the mere sight of a holder: it may have died before we gave up.
  if (!ours && !record.holder.empty() && record != before) {
    cooldown_until_ = {};  // Another has led since we gave up.
    writes_ = {};
    if (record.holder != before.holder) Tell("T6", "saw new holder");
  }
  if (first) Tell("T1", "saw the lease");
  return true;
}

bool Elector::SeeAbsent(Instant now, std::int64_t version) {
  const bool first = !seen_.known();
  if (!seen_.SeeAbsent(now, version)) return false;
  PlanPoll(now);
  if (holds_) LoseTerm(now);
  if (first) Tell("T1", "saw no lease");
  return true;
}

// T7: certainly not ours any more.
void Elector::LoseTerm(Instant now) {
  const bool led = view_.leads;
  EndTerm(now);
  Tell("T7", led ? "stopped leading" : "lost the lease");
}

// ---------------------------------------------------------------- the term

bool Elector::Hold(Instant now, Instant until) {
  if (until <= now) return false;
  valid_until_ = holds_ ? std::max(valid_until_, until) : until;  // I4
  holds_ = true;
  return true;
}

void Elector::EndTerm(Instant now) {
  RoleDown(now);
  holds_ = false;
  unknown_writes_.clear();
}

// From here on the main container has stop_grace to stop.
void Elector::RoleDown(Instant now) {
  if (!view_.leads) return;
  const Duration grace =
      Planted(Bug::kStopGraceIgnored) ? Duration::zero() : config_.stop_grace;
  main_may_act_until_ = std::min(now, view_.valid_until) + grace;
}

bool Elector::AllowedToContend() const {
  return permission_.healthy && !permission_.paused && !refusing_ && !Leaving();
}

bool Elector::MayContend(Instant now) const {
  return AllowedToContend() && now >= cooldown_until_;
}

// ---------------------------------------------------------------- requests

// T10, T13.
void Elector::On(Instant now, const StopRequested&) {
  if (stopping_) return;
  RoleDown(now);
  stopping_ = true;
  if (config_.stop_order == StopOrder::kSidecarLast) main_may_act_until_ = now;
  stop_by_ = std::max(now, main_may_act_until_) + 2 * FirstAttempt(config_);
  Tell("T10", view_.leads ? "stopped leading" : "stopping");
}

void Elector::On(Instant now, const GiveUp&) { LeaveIfInvolved(now); }

void Elector::On(Instant now, const Permission& permission) {
  if (permission == permission_) return;
  const bool was = AllowedToContend();
  permission_ = permission;
  if (was && !AllowedToContend()) LeaveIfInvolved(now);
  if (!Leaving()) Tell("T10", "changed permission");
}

// Gives up what we hold or may be about to hold.
void Elector::LeaveIfInvolved(Instant now) {
  if (stopping_ || giving_up_) return;
  cooldown_until_ = now + config_.lease_duration;
  // A renewal too: T8 may have come while it was out, and its answer would
  // bring the term back.
  const bool may_hold_soon =
      flight_ && flight_->write && flight_->write != WriteKind::kCreate;
  if (!holds_ && !may_hold_soon && unknown_writes_.empty()) return;
  RoleDown(now);
  giving_up_ = true;
  Tell("T10", view_.leads ? "stopped leading" : "giving up");
}

void Elector::On(Instant now, const Drained&) {
  if (view_.leads) return;
  main_may_act_until_ = std::min(main_may_act_until_, now);
}

// T12.
void Elector::EndLeaving(Instant now, std::string_view event) {
  EndTerm(now);
  must_read_ = doubted_ = false;
  // Unless another has led since, see SeeLease().
  if (cooldown_until_ != Instant{}) {
    cooldown_until_ = now + config_.lease_duration;
  }
  giving_up_ = false;
  stopped_ = stopping_;
  Tell("T12", event);
  if (stopped_) actions_.push_back(Stopped{});
}

}  // namespace election

// Events: what each means for what we know, hold and tell. What to do next is
// in elector_plan.cc.
#include "agent/election/elector.h"

#include <algorithm>
#include <utility>

#include "agent/base/check.h"

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

// ---------------------------------------------------------------- answers

void Elector::On(Instant now, const Start&) {
  started_ = true;
  last_answer_ = now;
}

void Elector::On(Instant, const Tick&) {}

void Elector::On(Instant now, const ReadDone& done) {
  // T11: an answer to a question that is no longer asked.
  if (!flight_ || flight_->id != done.id || flight_->write) return;
  const Flight sent = *std::exchange(flight_, std::nullopt);
  if (refusing_) return;
  if (done.status == k8s::ReadStatus::kFailed) {
    Failed(now, reads_, done.retry_after, /*again_at_once=*/false);
    poll_ = {now, now};
    return;
  }
  last_answer_ = now;
  reads_ = {};
  if (done.status == k8s::ReadStatus::kAbsent) {
    // T11: seen to exist since it was asked: the absence may be the older
    // news. Not so while we hold: our lease was there when we asked.
    if (!holds_ && seen_.newest_version() > sent.floor) {
      must_read_ = true;
      return;
    }
    SeeAbsent(now, 0);
  } else if (done.lease.resource_version < sent.floor) {
    StoreWentBack(now, done.lease);
    return;
  } else if (!SeeLease(now, done.lease, /*contiguous=*/false)) {
    // T11: overtaken by a watch event while it was under way.
    PlanPoll(now);
    return;
  }
  if (!sent.doubted) must_read_ = false;
  read_is_fresh_ = true;
  AdoptProvenWrite(now);
}

void Elector::On(Instant now, const WriteDone& done) {
  if (!flight_ || flight_->id != done.id || !flight_->write) return;  // T11
  const Flight sent = *std::exchange(flight_, std::nullopt);
  if (refusing_) return;
  const bool release = sent.write == WriteKind::kRelease;
  switch (done.status) {
    case k8s::WriteStatus::kApplied:
      Applied(now, sent, done.lease, done.renew_time);
      return;
    case k8s::WriteStatus::kConflict:
      must_read_ = true;  // T9, T12
      Failed(now, writes_, {}, /*again_at_once=*/true);
      return;
    case k8s::WriteStatus::kRejected:
      if (release) return EndLeaving(now, "could not release");
      Failed(now, writes_, done.retry_after, /*again_at_once=*/false);
      return;
    case k8s::WriteStatus::kUnknown:
      // T12: a release that timed out proves nothing and is not asked about.
      if (release) return EndLeaving(now, "could not release");
      MaybeApplied(sent, done.renew_time);
      Failed(now, writes_, done.retry_after, /*again_at_once=*/true);
      return;
  }
}

// T4, T12.
void Elector::Applied(Instant now, const Flight& sent, const k8s::Lease& stored,
                      k8s::MicroTime renew_time) {
  last_answer_ = now;
  writes_ = {};
  const bool led = view_.leads;
  if (!SeeLease(now, stored, /*contiguous=*/true)) {
    // Something newer has been seen: what came of our write is for a read to
    // say.
    if (sent.write == WriteKind::kRelease) {
      EndLeaving(now, "released the lease");
    } else {
      MaybeApplied(sent, renew_time);
    }
    return;
  }
  switch (*sent.write) {
    case WriteKind::kCreate:
      Tell("T2", "created the lease");
      return;
    case WriteKind::kRelease:
      EndLeaving(now, "released the lease");
      return;
    case WriteKind::kAcquire:
      uid_ = stored.record.uid;
      acquired_at_ = stored.record.acquire_time;
      fencing_token_ = stored.resource_version;
      break;
    case WriteKind::kRenew:
      break;
  }
  if (!seen_.HeldBy(config_.incarnation)) return;  // Somebody rewrote it.
  renew_at_ = sent.sent_at + config_.retry_period;
  unknown_writes_.clear();
  // T4: counted from before it was sent, so that a slow answer shortens our
  // term and never makes it overlap with the next one.
  if (!Hold(now, sent.sent_at + config_.renew_deadline)) return;
  if (!led && AllowedToContend()) Tell("T4", "became leader");
}

// T9: remembered so that a read can prove it. A renewal of a term that has
// ended meanwhile proves nothing.
void Elector::MaybeApplied(const Flight& sent, k8s::MicroTime renew_time) {
  must_read_ = true;
  std::erase_if(unknown_writes_, [&](const UnknownWrite& w) {
    return w.sent_at + config_.renew_deadline <= now_;  // Of no use any more.
  });
  if (sent.write == WriteKind::kAcquire ||
      (sent.write == WriteKind::kRenew && holds_)) {
    unknown_writes_.push_back(
        {renew_time, sent.uid, sent.sent_at, *sent.write});
  }
}

// T3, T9: the read that just ended shows our incarnation and the very renewTime
// of a write whose outcome we did not know.
void Elector::AdoptProvenWrite(Instant now) {
  if (!seen_.HeldBy(config_.incarnation)) return;
  if (!holds_ && !MayContend(now) && !Leaving()) return;
  const k8s::Lease& lease = seen_.lease();
  const auto proven =
      std::find_if(unknown_writes_.begin(), unknown_writes_.end(),
                   [&](const UnknownWrite& w) {
                     return w.renew_time == lease.record.renew_time &&
                            w.uid == lease.record.uid;
                   });
  if (proven == unknown_writes_.end()) return;
  const UnknownWrite write = *proven;
  unknown_writes_.erase(proven);
  const bool held = holds_;
  if (write.kind == WriteKind::kAcquire) {
    uid_ = lease.record.uid;
    acquired_at_ = lease.record.acquire_time;
    fencing_token_ = lease.resource_version;
  }
  renew_at_ = write.sent_at + config_.retry_period;
  if (!Hold(now, write.sent_at + config_.renew_deadline)) return;
  Tell("T9", held || Leaving() ? "found own write applied" : "became leader");
}

// T11.
void Elector::StoreWentBack(Instant now, const k8s::Lease& lease) {
  EndTerm(now);
  if (!config_.accept_restored_store) {
    refusing_ = true;
    Tell("T11", "refused a restored store");
    return;
  }
  seen_.Forget();
  must_read_ = false;
  Tell("T11", "accepted a restored store");
  SeeLease(now, lease, /*contiguous=*/false);
}

void Elector::Failed(Instant now, Attempts& attempts, Duration retry_after,
                     bool again_at_once) {
  ++attempts.failures;
  if (again_at_once && attempts.failures == 1 &&
      retry_after == Duration::zero()) {
    return;
  }
  Duration latest = config_.retry_period;
  if (holds_) {
    // I9: the less is left, the sooner.
    const Duration soon =
        std::max((valid_until_ - now) / 4, config_.retry_period / 20);
    latest = std::min({latest, latest / 4 * attempts.failures, soon});
  }
  Duration earliest = latest / 5;
  // What the server asks for, but never so long that it costs the lease.
  const Duration most =
      holds_ ? (valid_until_ - now) / 2 : config_.renew_deadline;
  const Duration asked = std::min(retry_after, most);
  earliest = std::max(earliest, asked);
  latest = std::max(latest, asked + asked / 5);
  attempts.not_before = {now + earliest, now + latest};
}

// ------------------------------------------------------------------ watch

void Elector::On(Instant now, const WatchEvent& event) {
  if (!started_ || refusing_) return;
  if (event.deleted) {
    SeeAbsent(now, event.lease.resource_version);
    return;
  }
  SeeLease(now, event.lease,
           seen_.exists() && event.follows == seen_.lease().resource_version);
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
  must_read_ = true;
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
  if (holds_ && (!ours || record.uid != uid_)) LoseTerm(now);
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
  main_may_act_until_ = std::min(now, view_.valid_until) + config_.stop_grace;
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
  must_read_ = false;
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

// What the answer to a request of ours means (T4, T9, T11, T12), and when to
// try again after none.
#include <algorithm>
#include <utility>

#include "agent/election/elector.h"
#include "agent/election/planted_bug.h"

namespace election {

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
  must_read_ = false;
  if (!sent.doubted) doubted_ = false;
  read_is_fresh_ = !WaitForTurn(now, now - sent.sent_at);
  AdoptProvenWrite(now);
}

// T5: whether to draw a turn before the acquire, for others may want the lease
// too. How long a read of it takes says how many ask at once and how soon they
// can know who was first; so the window is several times that, and then it is
// read again. Of very many few write, and two hardly wait.
bool Elector::WaitForTurn(Instant now, Duration took) {
  constexpr int kTimes = 8;
  if (holds_ || seen_.FreeAt() > now || turn_of_ == seen_.first_seen()) {
    return false;
  }
  const Duration window = std::min(kTimes * took, config_.retry_period / 4);
  if (window == Duration::zero()) return false;
  turn_ = {now, now + window};
  turn_of_ = seen_.first_seen();
  return true;
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
      if (Planted(Bug::kConflictIsApplied) && sent.write == WriteKind::kRenew) {
        Hold(now, sent.sent_at + config_.renew_deadline);
        return;
      }
      must_read_ = true;  // T9, T12
      Failed(now, writes_, {}, /*again_at_once=*/true);
      return;
    case k8s::WriteStatus::kRejected:
      // T12: certainly not stored, so it is tried again while that helps: until
      // the lease runs out by itself, or the time to stop.
      if (release && now >= valid_until_) {
        return EndLeaving(now, "could not release");
      }
      Failed(now, writes_, done.retry_after, /*again_at_once=*/release);
      return;
    case k8s::WriteStatus::kUnknown:
      // T12: a release that timed out proves nothing and is not asked about.
      if (release) return EndLeaving(now, "could not release");
      if (Planted(Bug::kUnknownIsApplied) && holds_) {
        Hold(now, sent.sent_at + config_.renew_deadline);
      }
      MaybeApplied(sent, done.renew_time);
      Failed(now, writes_, done.retry_after, /*again_at_once=*/true);
      return;
  }
}

// T4, T12.
void Elector::Applied(Instant now, const Flight& sent, const k8s::Lease& stored,
                      k8s::MicroTime renew_time) {
  last_answer_ = now;
  write_took_ = now - sent.sent_at;
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
  // The store took it for what we had seen: there is no need to read.
  if (!sent.doubted) doubted_ = false;
  reads_ = {};
  switch (*sent.write) {
    case WriteKind::kCreate:
      Tell("T2", "created the lease");
      if (!Planted(Bug::kCreateHeld)) return;
      [[fallthrough]];
    case WriteKind::kAcquire:
      uid_ = stored.record.uid;
      acquired_at_ = stored.record.acquire_time;
      fencing_token_ = Planted(Bug::kTokenFromTransitions)
                           ? stored.record.transitions
                           : stored.resource_version;
      break;
    case WriteKind::kRelease:
      EndLeaving(now, "released the lease");
      return;
    case WriteKind::kRenew:
      break;
  }
  if (!seen_.HeldBy(config_.incarnation)) return;  // Somebody rewrote it.
  renew_at_ = sent.sent_at + config_.retry_period;
  unknown_writes_.clear();
  // T4: counted from before it was sent, so that a slow answer shortens our
  // term and never makes it overlap with the next one.
  Instant until = sent.sent_at + config_.renew_deadline;
  if (Planted(Bug::kCountFromReply)) until = now + config_.renew_deadline;
  if (Planted(Bug::kNoMargin)) until = sent.sent_at + config_.lease_duration;
  if (!Hold(now, until)) return;
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

// T3, T9: the read that just ended, or an event of the watch, shows our
// incarnation and the very renewTime of a write whose outcome we did not know.
// An event is as good as the answer that did not come; and with an API server
// that takes longer than we can wait, it is the only thing that comes.
bool Elector::AdoptProvenWrite(Instant now) {
  if (!seen_.HeldBy(config_.incarnation)) return false;
  if (!holds_ && !MayContend(now) && !Leaving()) return false;
  const k8s::Lease& lease = seen_.lease();
  if (Planted(Bug::kAdoptAnyStamp) && !unknown_writes_.empty()) {
    unknown_writes_.clear();
    Hold(now, now + config_.renew_deadline);
    return false;
  }
  const auto proven =
      std::find_if(unknown_writes_.begin(), unknown_writes_.end(),
                   [&](const UnknownWrite& w) {
                     return w.renew_time == lease.record.renew_time &&
                            w.uid == lease.record.uid;
                   });
  if (proven == unknown_writes_.end()) return false;
  const UnknownWrite write = *proven;
  unknown_writes_.erase(proven);
  const bool held = holds_;
  if (write.kind == WriteKind::kAcquire) {
    uid_ = lease.record.uid;
    acquired_at_ = lease.record.acquire_time;
    fencing_token_ = lease.resource_version;
  }
  renew_at_ = write.sent_at + config_.retry_period;
  if (!Hold(now, write.sent_at + config_.renew_deadline)) return false;
  Tell("T9", held || Leaving() ? "found own write applied" : "became leader");
  return true;
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
  must_read_ = doubted_ = false;
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
      std::min(holds_ ? (valid_until_ - now) / 2 : config_.renew_deadline,
               (stop_by_ - now) / 2);
  const Duration asked = std::min(retry_after, most);
  earliest = std::max(earliest, asked);
  latest = std::max(latest, asked + asked / 5);
  attempts.not_before = {now + earliest, now + latest};
}

}  // namespace election

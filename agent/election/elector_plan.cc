// What to do next and when, and what is told. Reads the state that elector.cc
// keeps; changes only what a request sent changes.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "agent/base/check.h"
#include "agent/election/elector.h"
#include "agent/election/planted_bug.h"

namespace election {
namespace {

WakeWindow At(Instant instant) { return {instant, instant}; }

// Both must have come.
WakeWindow Later(const WakeWindow& a, const WakeWindow& b) {
  return {std::max(a.earliest, b.earliest), std::max(a.latest, b.latest)};
}

// Whichever comes first.
WakeWindow Sooner(const WakeWindow& a, const WakeWindow& b) {
  return {std::min(a.earliest, b.earliest), std::min(a.latest, b.latest)};
}

}  // namespace

WakeWindow Elector::NextWake() const {
  if (stopped_) return {};
  WakeWindow wake = Next(now_).window;
  if (holds_) wake = Sooner(wake, At(valid_until_));
  return Sooner(wake, At(stop_by_));
}

Elector::Intent Elector::Next(Instant now) const {
  if (stopped_) return {};
  if (Leaving()) return NextWhileLeaving();
  const bool flying = flight_ && !Planted(Bug::kTwoInFlight);
  if (!started_ || flying || refusing_) return {};
  const Intent read{Task::kRead, reads_.not_before};
  if (must_read_ || !seen_.known()) return read;
  if (holds_) {
    const Intent renew{Task::kRenew, Later(At(renew_at_), writes_.not_before)};
    // Where reads fail, a renewal settles a doubt as well: the store applies it
    // only if the lease is as we saw it. A doubt alone costs nobody the lease.
    const bool read_first =
        reads_.failures == 0 || read.window.latest <= renew.window.latest;
    return doubted_ && read_first ? read : renew;
  }
  if (doubted_) return read;
  return NextWhileFollowing(now);
}

// T10, T12, T13.
Elector::Intent Elector::NextWhileLeaving() const {
  if (NothingToRelease()) return {Task::kEnd, At(now_)};
  if (flight_) return {};
  if (must_read_) return {Task::kRead, reads_.not_before};
  const WakeWindow release = Later(At(main_may_act_until_), writes_.not_before);
  const WakeWindow renew = Later(At(renew_at_), writes_.not_before);
  const bool main_may_act = main_may_act_until_ > now_;
  if (holds_ && main_may_act && renew.earliest < release.earliest) {
    return {Task::kRenew, renew};
  }
  return {Task::kRelease, release};
}

// A write that is out, or one that may have been stored, is waited for and read
// once more. What is left after that read is not ours.
bool Elector::NothingToRelease() const {
  if (refusing_) return true;
  if (flight_ && flight_->write) return false;
  if (must_read_ && seen_.known()) return false;
  return !ShowsOurTerm();
}

// The record that was seen last is of a term that we began. One that was given
// to us by hand is not: the holder before us may still count on its deadline,
// and our release mark would free the lease at once.
bool Elector::ShowsOurTerm() const {
  const k8s::LeaseRecord& record = seen_.lease().record;
  return seen_.HeldBy(config_.incarnation) &&
         (holds_ || Planted(Bug::kReleaseWithoutLooking) ||
          (record.uid == uid_ && record.acquire_time == acquired_at_));
}

// T2, T5, T6.
Elector::Intent Elector::NextWhileFollowing(Instant now) const {
  const Intent poll{Task::kRead, Later(poll_, reads_.not_before)};
  if (!AllowedToContend()) return poll;
  if (!seen_.exists()) {
    const Intent create{Task::kCreate,
                        Later(At(cooldown_until_), writes_.not_before)};
    return create.window.earliest <= poll.window.earliest ? create : poll;
  }
  const Instant free_at = std::max(seen_.FreeAt(), cooldown_until_);
  if (read_is_fresh_ && free_at <= now && writes_.not_before.earliest <= now) {
    return {Task::kAcquire, At(now)};
  }
  const WakeWindow turn = turn_of_ == seen_.first_seen() ? turn_ : At(free_at);
  const WakeWindow take = Later(Later(At(free_at), turn),
                                Later(reads_.not_before, writes_.not_before));
  return {Task::kRead, Sooner(take, poll.window)};
}

void Elector::Act(Instant now, bool drawn) {
  if (stopping_ && !stopped_ && now >= stop_by_) {
    EndLeaving(now, "ran out of time to release");
  }
  // A task that ends without a request is followed by another one at most once:
  // leaving ends, and following begins.
  for (int i = 0; i < 2; ++i) {
    const Intent next = Next(now);
    const Instant due = drawn ? next.window.earliest : next.window.latest;
    if (due > now) return;
    switch (next.task) {
      case Task::kNothing:
        return;
      case Task::kRead:
        return SendRead(now);
      case Task::kCreate:
        return SendWrite(now, WriteKind::kCreate);
      case Task::kAcquire:
        return SendWrite(now, WriteKind::kAcquire);
      case Task::kRenew:
        return SendWrite(now, WriteKind::kRenew);
      case Task::kRelease:
        return SendWrite(now, WriteKind::kRelease);
      case Task::kEnd:
        EndLeaving(now, stopping_ ? "stopped" : "gave up");
        break;
    }
  }
}

void Elector::SendRead(Instant now) {
  flight_ = Flight{.id = ++last_id_,
                   .write = std::nullopt,
                   .sent_at = now,
                   .floor = seen_.newest_version()};
  Tell();
  actions_.push_back(Read{flight_->id, Deadline(now, FirstAttempt(config_))});
}

void Elector::SendWrite(Instant now, WriteKind kind) {
  k8s::LeaseWrite write;
  if (kind != WriteKind::kCreate) {
    write.base = seen_.lease();
    write.record = seen_.lease().record;
  }
  k8s::LeaseRecord& record = write.record;
  record.mark.reset();
  record.duration_seconds = config_.lease_duration.count();
  switch (kind) {
    case WriteKind::kCreate:  // T2: empty, so that a deletion frees nothing.
      if (Planted(Bug::kCreateHeld)) record.holder = config_.incarnation;
      break;
    case WriteKind::kAcquire:
      record.holder = config_.incarnation;
      // More than any that we have seen: an older copy applied by hand counts
      // less, and a number used twice would revive the mark of the term that
      // had it. The API holds an int32; a lease that somebody counted up to its
      // end can still be led.
      record.transitions =
          std::min<std::int64_t>(seen_.highest_transitions() + 1,
                                 std::numeric_limits<std::int32_t>::max());
      break;
    case WriteKind::kRenew:
      break;
    case WriteKind::kRelease:
      record.holder.clear();
      record.duration_seconds = 1;  // 0 is not allowed; client-go writes 1 too.
      record.mark = {record.uid, config_.incarnation, record.transitions};
      holds_ = false;
      break;
  }
  flight_ = Flight{
      .id = ++last_id_, .write = kind, .sent_at = now, .uid = record.uid};
  if (write.base && Planted(Bug::kNoUid)) write.base->record.uid.clear();
  if (Planted(Bug::kReleaseBeforeStepDown)) {
    actions_.push_back(
        Write{flight_->id, kind, write,
              Deadline(now, std::max(FirstAttempt(config_), Needed()))});
    return Tell();
  }
  Tell();
  // I3: nobody is told "you lead" any more when the release leaves.
  CHECK(kind != WriteKind::kRelease || !view_.leads);
  actions_.push_back(
      Write{flight_->id, kind, std::move(write),
            Deadline(now, std::max(FirstAttempt(config_), Needed()))});
}

// An API server that took 3 s for the last write, because of a webhook or a
// slow disk, takes 3 s for the next one: an attempt that is cut before costs
// the time of one more.
Duration Elector::Needed() const {
  return std::min(write_took_ * 3 / 2, config_.renew_deadline / 2);
}

// The first attempt is cut early, so that one lost packet costs little; each
// further one, be it a read or a write, has twice as long, within what is left.
Instant Elector::Deadline(Instant now, Duration first) const {
  const Duration longest = config_.renew_deadline;
  Duration attempt = first;
  for (int i = reads_.failures + writes_.failures; i > 0 && attempt < longest;
       --i) {
    attempt *= 2;
  }
  Instant deadline = now + std::min(attempt, longest);
  if (holds_) {
    // I9: a request that an outage has swallowed must not last until the end:
    // one attempt is left for when the API server is back.
    const Instant last = valid_until_ - FirstAttempt(config_);
    deadline = std::min(deadline, now < last ? last : valid_until_);
  }
  return std::min(deadline, stop_by_);
}

// ------------------------------------------------------------------- told

State Elector::DeriveState() const {
  if (stopped_) return State::kStopped;
  if (refusing_) return State::kRefusing;
  if (Leaving()) return State::kDraining;
  if (holds_ && AllowedToContend()) return State::kLeading;
  if (!seen_.known()) return State::kStarting;
  if (permission_.paused) return State::kPaused;
  if (!permission_.healthy) return State::kUnhealthy;
  return State::kFollowing;
}

View Elector::DeriveView() const {
  View view;
  view.state = DeriveState();
  view.leads = view.state == State::kLeading ||
               (Planted(Bug::kReleaseBeforeStepDown) && holds_ && stopping_);
  if (holds_) view.valid_until = valid_until_;
  if (Planted(Bug::kNoExpiry) && holds_) {
    view.valid_until = now_ + std::chrono::hours(1);
  }
  view.fencing_token = fencing_token_;
  if (view.leads) {
    view.jeopardy_at =
        last_answer_ + config_.retry_period + FirstAttempt(config_);
  }
  view.lease_exists = seen_.exists();
  view.lease = seen_.lease().record;
  view.lease_expires_at = seen_.first_seen();
  if (!view.lease.holder.empty()) {
    view.lease_expires_at = view.lease_expires_at +
                            std::chrono::seconds(view.lease.duration_seconds);
  }
  return view;
}

void Elector::Tell() { Tell("", ""); }

void Elector::Tell(std::string_view rule, std::string_view event) {
  const State from = view_.state;
  const View view = DeriveView();
  if (view != view_) {
    view_ = view;
    actions_.push_back(Publish{view_});
  }
  if (event.empty() && from == view_.state) return;
  Transition transition{.rule = rule,
                        .event = event,
                        .from = from,
                        .to = view_.state,
                        .holder = view_.lease.holder,
                        .transitions = view_.lease.transitions};
  if (view_.leads) {
    transition.fencing_token = view_.fencing_token;
    transition.valid_for = view_.valid_until - now_;
  }
  actions_.push_back(std::move(transition));
}

}  // namespace election

#include "agent/election/observation.h"

#include <algorithm>
#include <chrono>

#include "agent/election/planted_bug.h"

namespace election {

using std::chrono::seconds;

Observation::Observation(const Config& config)
    : own_duration_(config.lease_duration),
      trust_new_lease_(config.trust_new_lease),
      trust_client_go_release_(config.trust_client_go_release) {}

bool Observation::SeeLease(Instant now, const k8s::Lease& lease,
                           bool contiguous) {
  if (known_ && lease.resource_version < newest_version_ &&
      !Planted(Bug::kOldEventBelieved)) {
    return false;
  }
  if (exists_ && lease.resource_version == newest_version_) return true;

  // T5: labels and other annotations are no renewal, so an equal record keeps
  // its age. But only if nothing can have happened unseen: an old copy of the
  // lease, applied by hand after a term we missed, looks just the same.
  const bool unbroken = contiguous || Planted(Bug::kTimerNotRestarted);
  const bool same = exists_ && unbroken && lease.record == lease_.record &&
                    !Planted(Bug::kVersionIsRenewal);
  if (!same) first_seen_ = now;

  known_ = exists_ = true;
  lease_ = lease;
  newest_version_ = lease.resource_version;
  longest_duration_ = std::max<Duration>(
      longest_duration_, seconds(lease.record.duration_seconds));
  RememberHolder(lease.record);
  return true;
}

bool Observation::SeeAbsent(Instant now, std::int64_t version) {
  if (version > 0 && version <= newest_version_ &&
      !Planted(Bug::kOldEventBelieved)) {
    return false;
  }
  if (exists_ || !known_) first_seen_ = now;
  known_ = true;
  exists_ = false;
  lease_ = {};
  newest_version_ = std::max(newest_version_, version);
  return true;
}

void Observation::Forget() {
  known_ = exists_ = false;
  lease_ = {};
  newest_version_ = 0;
  uid_.clear();
}

void Observation::RememberHolder(const k8s::LeaseRecord& record) {
  if (record.uid != uid_) {
    uid_ = record.uid;
    highest_transitions_ = record.transitions;
    last_holder_.clear();
    last_holder_transitions_ = -1;
  }
  highest_transitions_ = std::max(highest_transitions_, record.transitions);
  if (!record.holder.empty() &&
      record.transitions >= last_holder_transitions_) {
    last_holder_ = record.holder;
    last_holder_transitions_ = record.transitions;
  }
}

Instant Observation::FreeAt() const {
  if (!exists_) return Instant::Never();
  const k8s::LeaseRecord& record = lease_.record;
  if (record.holder.empty()) {
    if (ReleasedByLastHolder() || Planted(Bug::kTrustEmpty)) {
      return first_seen_;
    }
    if (trust_new_lease_ && !record.mark && record.transitions == 0 &&
        record.acquire_time == 0) {
      return first_seen_;
    }
    // client-go's release leaves a duration of 1 s, and in place whatever
    // annotations it found: an old mark of ours says nothing.
    if (trust_client_go_release_ && record.duration_seconds == 1) {
      return first_seen_ + seconds(1);
    }
  }
  if (Planted(Bug::kOwnDurationForRival)) return first_seen_ + own_duration_;
  return first_seen_ + std::max({Duration(seconds(record.duration_seconds)),
                                 own_duration_, longest_duration_});
}

// The mark frees the lease only if it is about this very state: a mark that
// somebody copied, or that a later holder left in place, does not count.
bool Observation::ReleasedByLastHolder() const {
  const k8s::LeaseRecord& record = lease_.record;
  if (!record.mark) return false;
  const k8s::ReleaseMark& mark = *record.mark;
  if (mark.uid != record.uid || mark.transitions != record.transitions) {
    return false;
  }
  if (Planted(Bug::kOldMarkBelieved)) return true;
  if (highest_transitions_ > record.transitions) return false;
  return last_holder_transitions_ < record.transitions ||
         last_holder_ == mark.incarnation;
}

}  // namespace election

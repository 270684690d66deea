// What one candidate has seen of the lease, since when, and when it may be
// taken. Not: whether we want it or hold it. Thread: `election`.
#ifndef AGENT_ELECTION_OBSERVATION_H_
#define AGENT_ELECTION_OBSERVATION_H_

#include <cstdint>
#include <string>

#include "agent/election/types.h"
#include "k8s/lease.h"

namespace election {

class Observation {
 public:
  explicit Observation(const Config& config);

  // Takes in a state of the lease seen at `now`. `contiguous`: nothing happened
  // to the lease between the state seen last and this one. False, and nothing
  // is taken in, if something newer has been seen (T11).
  bool SeeLease(Instant now, const k8s::Lease& lease, bool contiguous);
  // The lease is gone: since `version` if known (a watch says so), else 0.
  bool SeeAbsent(Instant now, std::int64_t version);
  // The store went back in time and that is accepted: all that is known is from
  // now on what the store says.
  void Forget();

  bool known() const { return known_; }    // Seen, or seen to be absent.
  bool exists() const { return exists_; }  // Implies known().
  const k8s::Lease& lease() const { return lease_; }
  bool HeldBy(const std::string& incarnation) const {
    return exists_ && lease_.record.holder == incarnation;
  }
  // The highest resource version seen; 0: none.
  std::int64_t newest_version() const { return newest_version_; }
  Instant first_seen() const { return first_seen_; }
  // The highest leaseTransitions seen for the present uid.
  std::int64_t highest_transitions() const { return highest_transitions_; }

  // From when on the lease may be taken if nothing else is seen (T5). Never if
  // it does not exist.
  Instant FreeAt() const;

 private:
  friend class Fingerprint;  // tests/model.

  bool ReleasedByLastHolder() const;
  void RememberHolder(const k8s::LeaseRecord& record);

  const Duration own_duration_;
  const bool trust_new_lease_;
  const bool trust_client_go_release_;

  bool known_ = false;
  bool exists_ = false;
  k8s::Lease lease_;
  std::int64_t newest_version_ = 0;
  // When the present record was first seen. Restarts also for an equal record
  // if something unseen may have happened in between.
  Instant first_seen_;
  // The longest duration ever seen for this lease name: who published it may
  // still count on it after a hand edit or a deletion.
  Duration longest_duration_{0};
  // Of `uid_`: the highest leaseTransitions seen, and who held the lease then.
  std::string uid_;
  std::int64_t highest_transitions_ = 0;
  std::string last_holder_;
  std::int64_t last_holder_transitions_ = -1;
};

}  // namespace election

#endif  // AGENT_ELECTION_OBSERVATION_H_

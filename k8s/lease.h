// The Lease as the election sees it: a record that can be compared, the version
// it was read at, and what came back from trying to read or write it. Data
// only; shared by agent/election (which decides) and k8s (which speaks to the
// API server), which do not know each other. Source: coordination.k8s.io/v1
// Lease.
#ifndef K8S_LEASE_H_
#define K8S_LEASE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/time.h"

namespace k8s {

// Microseconds since 1970 UTC on the writer's wall clock; 0: not set. A reader
// only asks whether it changed, never how late it is.
using MicroTime = std::int64_t;

// Annotation kReleasedBy, "<uid>/<incarnation>/<leaseTransitions>": the last
// holder gave the lease up on purpose. Written by the same compare-and-swap
// that empties the holder.
struct ReleaseMark {
  std::string uid;
  std::string incarnation;
  std::int64_t transitions = 0;

  bool operator==(const ReleaseMark&) const = default;
};
inline constexpr char kReleasedBy[] = "leader-elector.io/released-by";

// What makes one state of the lease differ from another for the election.
// Labels and other annotations are not part of it.
struct LeaseRecord {
  std::string uid;
  // "" when nobody holds it. For one of ours, an incarnation.
  std::string holder;
  MicroTime acquire_time = 0;
  MicroTime renew_time = 0;
  std::int64_t transitions = 0;
  std::int64_t duration_seconds = 0;
  std::optional<ReleaseMark> mark;

  bool operator==(const LeaseRecord&) const = default;
};

struct Lease {
  LeaseRecord record;
  // metadata.resourceVersion. Comparable as an integer since Kubernetes 1.35
  // (KEP-5504), and in fact on every etcd-backed server before.
  std::int64_t resource_version = 0;
  // The object as the server sent it (JSON). Opaque to the election; a write
  // carries it back so that fields we do not know survive.
  std::string document;
};

// What to store. `base` is the lease that `record` replaces: the write carries
// its uid and resourceVersion and fails if either has changed. Without `base`
// the lease is created; `record.uid` is then ignored.
struct LeaseWrite {
  std::optional<Lease> base;
  LeaseRecord record;
};

enum class ReadStatus {
  kFound,
  kAbsent,  // 404 for this lease. Not a missing namespace: that is kFailed.
  kFailed,
};

enum class WriteStatus {
  kApplied,
  kConflict,  // Somebody else's change came first. Nothing was stored.
  kRejected,  // Certainly not stored, for another reason (403, 429, refused).
  kUnknown,   // No answer, or one that does not say: it may have been stored.
};

std::string_view ToString(ReadStatus status);
std::string_view ToString(WriteStatus status);

}  // namespace k8s

#endif  // K8S_LEASE_H_

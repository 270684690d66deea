// The kinds of fault of the campaign and whom each one strikes. Data only.
#ifndef TESTS_FAULTS_FAULT_H_
#define TESTS_FAULTS_FAULT_H_

#include <optional>
#include <string_view>

namespace faults {

enum class Fault {
  // One candidate.
  kStopped,      // SIGSTOP, its log client too: the pod stands still.
  kKilled,       // SIGKILL, and a new process after a while.
  kFrozen,       // Control group freezer, the whole pod.
  kDropRequest,  // Packets to the API server are dropped,
  kDropAnswer,   // or those that come from it,
  kDropBoth,     // or both.
  kDelayed,      // A proxy hands bytes on late,
  kCut,          // ends its connections and accepts none,
  kAnswerLost,   // forgets answers, or holds them back for long.
  kRevoked,      // The token is no longer valid; later there is a new one.
  // The Lease of one fleet, by hand.
  kDeleted,
  kEdited,
  // The servers, for all fleets.
  kServerPaused,
  kServerKilled,
  kEtcdPaused,
  kEtcdKilled,
  kLast = kEtcdKilled
};
inline constexpr int kFaults = static_cast<int>(Fault::kLast) + 1;

enum class Strikes { kCandidate, kLease, kServers };

std::string_view NameOf(Fault fault);  // "etcd-paused"
std::optional<Fault> FaultCalled(std::string_view name);
Strikes StruckBy(Fault fault);

}  // namespace faults

#endif  // TESTS_FAULTS_FAULT_H_

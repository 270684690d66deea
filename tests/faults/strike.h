// One fault in force: begun, looked at, ended. Who strikes also says how its
// effect is seen, in what processes, kernel and servers show and not in what it
// has done itself. Thread: the one that owns what is struck.
#ifndef TESTS_FAULTS_STRIKE_H_
#define TESTS_FAULTS_STRIKE_H_

#include <memory>

#include "tests/faults/plan.h"
#include "tests/faults/seat.h"
#include "tests/support/kubernetes_cluster.h"

namespace faults {

class Strike {
 public:
  virtual ~Strike() = default;
  // Throws std::runtime_error when the API server is needed and away.
  virtual void Begin() = 0;
  virtual void End() = 0;  // May be called again after it has thrown.
  // Asked while it lasts, and for a while after its end, until it says yes.
  virtual bool Seen() = 0;
  // Its effect comes late, and only then its time begins.
  virtual bool StartsLate() const { return false; }
};

// On one candidate.
std::unique_ptr<Strike> NewStrike(const Planned& planned, Seat& seat);
// On the servers.
std::unique_ptr<Strike> NewStrike(const Planned& planned,
                                  support::KubernetesCluster& cluster);

// On the Lease: deletes or edits it by hand and returns whether it was. Throws
// std::runtime_error when the API server does not answer.
bool StrikeLease(const Planned& planned, support::KubernetesCluster& cluster,
                 const std::string& lease);

}  // namespace faults

#endif  // TESTS_FAULTS_STRIKE_H_

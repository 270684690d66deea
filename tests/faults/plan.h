// What one seed stands for: which faults, on whom, for how long, in which
// order. Pure: the same options give the same plan. When things happen within
// it is up to the real machine. Thread: any.
#ifndef TESTS_FAULTS_PLAN_H_
#define TESTS_FAULTS_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/time.h"
#include "tests/faults/fault.h"

namespace faults {

inline constexpr int kServers = -1;  // Of `lane`: not one fleet, all of them.

struct Planned {
  Fault fault = Fault::kStopped;
  int lane = kServers;
  // After what was before it in its lane.
  base::Duration pause{0};
  base::Duration lasts{0};
  // Whom: the leader, or the standby of that number.
  bool leader = true;
  int standby = 0;
  int variant = 0;  // Which of the ways that a fault has.
  // A lease fault that happens in the middle of the fault before it: somebody
  // edits the Lease while its holder is cut off.
  bool inside = false;

  bool operator==(const Planned&) const = default;
};

struct PlanOptions {
  std::uint64_t seed = 1;
  int faults = 200;
  int lanes = 4;
  std::vector<Fault> only = {};  // Empty: all kinds.
};

// Each block of 200 has every kind at least this often; a shorter plan has in
// proportion. More than the 8 of which the effect must be seen.
inline constexpr int kEachOf200 = 10;

std::vector<Planned> MakePlan(const PlanOptions& options);

// The part of one lane, or of the servers, in order.
std::vector<Planned> PartOf(const std::vector<Planned>& plan, int lane);

}  // namespace faults

#endif  // TESTS_FAULTS_PLAN_H_

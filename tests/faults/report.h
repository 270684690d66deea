// What a run comes to: which checks failed, and the table. Pure: everything it
// judges is in Findings. Thread: any.
#ifndef TESTS_FAULTS_REPORT_H_
#define TESTS_FAULTS_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "tests/faults/lane.h"

namespace faults {

struct Findings {
  std::vector<Struck> struck = {};
  std::vector<LaneResult> lanes = {};
  std::vector<std::vector<Span>> disturbances = {};  // Of each lane.
  base::Duration took{0};
  base::Duration stalled{0};  // The machine ran nothing of ours.
  // What lock-history said of the histories. Empty: linearizable.
  std::string not_linearizable = {};
};

struct Requirements {
  int faults = 0;        // With an effect.
  int of_each_kind = 0;  // Of those asked for.
  int holder_changes = 0;
  bool stale_write_without_fence = false;
  std::vector<Fault> kinds = {};
};

// Of nobody leading, while the servers were well: docs/ELECTION.md, I7.
base::Duration BoundOfWait(const fleet::Timing& timing);

// `check`: a short name that does not change: "two-leaders", "token",
// "answers", "wait", "history", "fenced", "unfenced", "effects", "changes".
struct Failure {
  std::string check;
  std::string text;
};
std::vector<Failure> Judge(const Findings& findings,
                           const Requirements& requirements);

// A Markdown table of the kinds, and the figures below it.
std::string Table(const Findings& findings);

}  // namespace faults

#endif  // TESTS_FAULTS_REPORT_H_

// What the candidates of one lease said, as operations on a lock that hands out
// growing tokens, for a linearizability checker that knows nothing of ours
// (tests/kubernetes/lock-history). Made from answers alone:
//
//   acquire  between the last answer before a term and the first yes
//   yes      between the question and the answer; of many alike some are kept
//   end      not before the latest moment that a reader was promised
//
// Pure but for Write. Thread: any one at a time.
#ifndef TESTS_FAULTS_HISTORY_H_
#define TESTS_FAULTS_HISTORY_H_

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "tests/fleet/claims.h"

namespace faults {

class History {
 public:
  // In the order of the answers of that agent.
  void Hear(const std::string& agent, const fleet::Told& told);

  struct Operation {
    std::string kind;
    std::string candidate;
    std::int64_t token = 0;
    base::Instant call;
    base::Instant end;
  };
  // An end may be as late as `until`.
  std::vector<Operation> Operations(base::Instant until) const;
  // A JSON object a line.
  void Write(std::ostream& out, const std::string& lease,
             base::Instant until) const;

 private:
  struct Candidate {
    base::Instant last_sent{};
    bool leads = false;
    std::int64_t token = 0;
    base::Instant promised{};
  };
  void EndTerm(const std::string& agent, Candidate& candidate);

  std::map<std::string, Candidate> candidates_;
  std::vector<Operation> operations_;
};

}  // namespace faults

#endif  // TESTS_FAULTS_HISTORY_H_

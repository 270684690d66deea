#include "tests/faults/history.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

namespace faults {

using base::Instant;

void History::EndTerm(const std::string& agent, Candidate& candidate) {
  operations_.push_back(
      {"end", agent, candidate.token, candidate.promised, Instant{}});
  candidate.leads = false;
}

void History::Hear(const std::string& agent, const fleet::Told& told) {
  Candidate& candidate = candidates_[agent];
  const bool same =
      told.leads && candidate.leads && told.token == candidate.token;
  if (candidate.leads && !same) EndTerm(agent, candidate);
  if (told.leads) {
    if (!same) {
      operations_.push_back(
          {"acquire", agent, told.token, candidate.last_sent, told.received});
      candidate.leads = true;
      candidate.token = told.token;
      candidate.promised = {};
    }
    // Renewed: one answer a renewal is enough.
    if (told.deadline > candidate.promised) {
      operations_.push_back(
          {"yes", agent, told.token, told.sent, told.received});
      candidate.promised = told.deadline;
    }
  }
  candidate.last_sent = told.sent;
}

std::vector<History::Operation> History::Operations(Instant until) const {
  std::vector<Operation> all = operations_;
  for (const auto& [agent, candidate] : candidates_) {
    if (!candidate.leads) continue;
    all.push_back({"end", agent, candidate.token, candidate.promised, {}});
  }
  for (Operation& operation : all) {
    if (operation.kind != "end") continue;
    operation.end = std::max(operation.call, until);
  }
  return all;
}

void History::Write(std::ostream& out, const std::string& lease,
                    Instant until) const {
  for (const Operation& operation : Operations(until)) {
    out << nlohmann::json{{"lease", lease},
                          {"kind", operation.kind},
                          {"candidate", operation.candidate},
                          {"token", operation.token},
                          {"call", operation.call.since_boot.count()},
                          {"return", operation.end.since_boot.count()}}
        << "\n";
  }
}

}  // namespace faults

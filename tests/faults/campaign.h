// Runs a plan on a real cluster: lanes on threads of their own, faults of the
// servers on the caller's, until all of it is over or something is wrong.
// Thread: one, which owns the servers.
#ifndef TESTS_FAULTS_CAMPAIGN_H_
#define TESTS_FAULTS_CAMPAIGN_H_

#include <map>
#include <optional>
#include <string>

#include "tests/faults/report.h"

namespace faults {

struct CampaignOptions {
  PlanOptions plan = {};
  std::optional<base::Duration> time = {};  // At most.
  std::string folder = {};                  // For logs, trace and histories.
  std::string program = AGENT_PROGRAM;
  std::map<std::string, std::string> environment = {};
  bool mixed = false;
  bool stop_at_violation = false;
};

// Throws std::runtime_error when it cannot be carried through.
Findings RunCampaign(const CampaignOptions& options);

// From a signal handler: everything ends early and in order.
void Interrupt();
bool Interrupted();

}  // namespace faults

#endif  // TESTS_FAULTS_CAMPAIGN_H_

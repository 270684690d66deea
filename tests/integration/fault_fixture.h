// What the tests of faults share: agents that reach the API server by a road of
// the test's. Each test is named with its number in the table of faults in
// docs/TESTING.md, shows that the fault has really happened, and what the agent
// does about it; that two never lead is asked at its end (fleet_test.h).
#ifndef TESTS_INTEGRATION_FAULT_FIXTURE_H_
#define TESTS_INTEGRATION_FAULT_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/fleet/fleet_test.h"
#include "tests/support/api_gateway.h"
#include "tests/support/tcp_proxy.h"

namespace fleet {

// What most users have, as the defaults are.
inline constexpr Timing kDefaults{std::chrono::seconds(15),
                                  std::chrono::seconds(10),
                                  std::chrono::seconds(2)};

// Shorter, but a busy machine does not lose it by itself.
inline constexpr Timing kCalm{std::chrono::seconds(6), std::chrono::seconds(4),
                              std::chrono::seconds(1)};

// Of a user who may do nothing by itself.
inline const std::vector<std::string> kNoGroups;

class FaultTest : public FleetTest {
 protected:
  // Asked a little less often than in other tests: several of these run at once
  // on machines that must not be slow.
  Fleet& NewFleet(std::vector<std::string> flags = {}, Timing timing = {},
                  base::Duration ask_every = std::chrono::milliseconds(10));

  // May do everything; leads to that port.
  std::string KubeconfigTo(int port);
  // One more agent, that reaches the API server by that port.
  Agent& AddBy(int port, AgentOptions changes = {});
  // In front of API server 0, with a certificate that all agents trust.
  std::unique_ptr<support::ApiGateway> NewGateway();

  // Until each agent that still runs has its watch open.
  void WaitForWatches();
  // Until this much of its log is there.
  void WaitForLog(const Agent& agent, const std::string& text);
  static bool Logged(const Agent& agent, const std::string& text) {
    return agent.Log().find(text) != std::string::npos;
  }
  // What the agent says of the API server's answers, "409" for example.
  static int Answers(const Agent& agent, const std::string& verb,
                     const std::string& code);

  std::string RenewTime();  // Of the lease, now.
  // Until the lease shows another one, stored after this was called.
  void WaitForAnotherRenewTime();
  // Until then; for what has to last. The fleet is watched meanwhile.
  static void LetPass(base::Duration duration);

  // Nobody has lost it, nobody else has led.
  void ExpectOneTerm();
  // Only `first` led until now, and then another one does.
  Term ExpectToBeReplaced(const Agent& first);

 private:
  int kubeconfigs_ = 0;
};

}  // namespace fleet

#endif  // TESTS_INTEGRATION_FAULT_FIXTURE_H_

// Real agents that compete for one lease of a real API server, with an observer
// that listens to all of them from their start to the end of the test.
// Thread: the test's, which must outlive the fleet (see process.h).
#ifndef TESTS_FLEET_FLEET_H_
#define TESTS_FLEET_FLEET_H_

#include <signal.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/time.h"
#include "tests/fleet/local_client.h"
#include "tests/fleet/observer.h"
#include "tests/support/file_port_wait.h"
#include "tests/support/process.h"

namespace fleet {

// What a leader does within milliseconds may take seconds on a busy machine.
inline constexpr base::Duration kLong = std::chrono::seconds(60);

struct Timing {
  std::chrono::seconds lease_duration{3};
  base::Duration renew_deadline = std::chrono::seconds(2);
  base::Duration retry_period = std::chrono::milliseconds(500);
};

struct AgentOptions {
  std::string name = {};  // Of the process, not of the pod.
  std::string identity = {};
  std::string kubeconfig = {};
  std::string lease = {};
  std::optional<Timing> timing = {};
  std::vector<std::string> flags = {};
  std::map<std::string, std::string> environment = {};
  std::string program = AGENT_PROGRAM;
  int network = support::kThisNetwork;
};

// One agent process on two ports of its own.
class Agent {
 public:
  Agent(AgentOptions options, const std::string& folder);

  const std::string& name() const { return options_.name; }
  int http_port() const { return http_port_.number(); }
  int metrics_port() const { return metrics_port_.number(); }
  int network() const { return options_.network; }
  support::Process& process() { return *process_; }
  std::string Log() const { return process_->Output(); }

  // Asks it now, beside the observer. Empty: no answer within `limit`.
  std::optional<LeaderAnswer> Ask(base::Duration limit = kLong) const;
  std::optional<LeaderAnswer> Confirm(base::Duration limit = kLong) const;
  // 0 if it has no such series, or no metrics.
  double Metric(const std::string& series) const;
  // The id of its thread of that name, or -1.
  int Thread(const std::string& thread_name) const;

 private:
  const AgentOptions options_;
  support::FreePort http_port_;
  support::FreePort metrics_port_;
  std::unique_ptr<support::Process> process_;
};

struct FleetOptions {
  std::string lease = {};
  std::string kubeconfig = {};
  Timing timing = {};
  std::vector<std::string> flags = {};
  // Between two questions to one agent; longer for very many agents.
  base::Duration ask_every = std::chrono::milliseconds(3);
};

class Fleet {
 public:
  explicit Fleet(FleetOptions options);

  // Starts one more; `changes` on top of the fleet's options. What is left
  // empty is as the fleet has it; flags are added.
  Agent& Add(AgentOptions changes = {});
  void Start(int agents);

  const std::string& lease() const { return options_.lease; }
  const Timing& timing() const { return options_.timing; }
  const Observer& observer() const { return observer_; }
  Agent& agent(const std::string& name) { return *agents_.at(name); }
  const std::map<std::string, std::unique_ptr<Agent>>& agents() const {
    return agents_;
  }

  // The agent that leads, as the observer has heard; fails the test and throws
  // if there is none for too long. `but` does not count.
  Agent& WaitForLeader(const Agent* but = nullptr);
  // The term that began after `since`, in the same way.
  Term WaitForTerm(base::Instant since);
  // Until the observer has heard each of them once.
  void WaitForAll();
  // Until `agent` has told the observer that it does not lead, in an answer
  // sent for after `since`.
  LeaderAnswer WaitForNo(const Agent& agent, base::Instant since);
  // Until a renewal of `agent` was just answered: its deadline moved.
  void WaitForRenewal(const Agent& agent);

  // SIGTERM; the observer knows.
  void Stop(Agent& agent, int signal = SIGTERM);

  // What every test ends with. Also: no sanitizer has complained.
  void ExpectNeverTwoLeaders() const;
  // No line of any log holds one of these.
  void ExpectSilentAbout(const std::vector<std::string>& secrets) const;
  std::string LastWords() const;  // Of every agent.

 private:
  const FleetOptions options_;
  support::TempDir folder_;
  std::map<std::string, std::unique_ptr<Agent>> agents_;
  Observer observer_;
};

}  // namespace fleet

#endif  // TESTS_FLEET_FLEET_H_

// The place of one candidate, as a pod is: a network of its own with a proxy to
// the API server in it, a control group, a service account with its token, and
// one process after another that competes, each with a client that writes to
// the shared logs. Faults strike a seat. Thread: its lane's.
#ifndef TESTS_FAULTS_SEAT_H_
#define TESTS_FAULTS_SEAT_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fleet/client_go.h"
#include "tests/fleet/fleet.h"
#include "tests/support/freezer.h"
#include "tests/support/kubernetes_cluster.h"
#include "tests/support/network_namespace.h"
#include "tests/support/tcp_proxy.h"

namespace faults {

// Short, so that many terms fit into minutes. One second between D and L, as
// much as the agent needs for its margin.
inline constexpr fleet::Timing kTiming{std::chrono::seconds(3),
                                       std::chrono::seconds(2),
                                       std::chrono::milliseconds(500)};

struct SeatOptions {
  support::KubernetesCluster* cluster = nullptr;
  fleet::Observer* observer = nullptr;
  std::string lease = {};
  std::string name = {};    // Its service account too.
  std::string folder = {};  // For logs.
  std::string program = AGENT_PROGRAM;
  std::map<std::string, std::string> environment = {};
  bool client_go = false;  // client-go's elector sits here, not ours.
};

class Seat {
 public:
  // Starts nobody yet. The API server must answer.
  explicit Seat(SeatOptions options);

  // A new process, under a new name. The one before it must have ended.
  void Start();
  void Kill();  // SIGKILL. The seat stays taken until Start or Stop.
  void Stop();  // For good: nobody sits here any more.

  // Of the process that sits here now.
  const std::string& name() const { return name_; }
  const std::string& place() const { return options_.name; }
  bool ours() const { return agent_ != nullptr; }
  bool Leads() const;
  support::Process& process();
  support::Process* log_client() { return log_client_.get(); }
  const fleet::Observer& observer() const { return *options_.observer; }

  support::NetworkNamespace& network() { return network_; }
  support::TcpProxy& proxy() { return proxy_; }
  support::Freezer& freezer() { return freezer_; }

  // Requests of ours that were never answered, or answered with that code.
  int Unanswered() const;
  int Answered(const std::string& code) const;

  // The service account is gone, and with it all of its tokens; and is there
  // again with a new one. They throw as long as the API server is away.
  void RevokeToken();
  void NewToken();
  // What anybody is told who shows it.
  bool TokenIsRefused() const;

  // Of all of client-go's processes that have sat here.
  std::vector<fleet::ClientGo::Span> ClientGoSpans() const;

 private:
  std::string token_file() const { return options_.folder + "/token"; }

  const SeatOptions options_;
  support::NetworkNamespace network_;
  support::Freezer freezer_;
  support::TcpProxy proxy_;
  std::string token_;
  std::string kubeconfig_;
  int generation_ = 0;
  std::string name_;
  std::unique_ptr<fleet::Agent> agent_;
  std::unique_ptr<fleet::ClientGo> client_go_;
  std::unique_ptr<support::Process> log_client_;
  std::optional<base::Instant> killed_at_;
  std::vector<fleet::ClientGo::Span> former_spans_;
};

}  // namespace faults

#endif  // TESTS_FAULTS_SEAT_H_

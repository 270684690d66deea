// A candidate that elects with client-go, beside our agents: what users run
// today. Its terms come from its own log lines, stamped with the boot clock.
// Thread: the test's.
#ifndef TESTS_FLEET_CLIENT_GO_H_
#define TESTS_FLEET_CLIENT_GO_H_

#include <optional>
#include <string>
#include <vector>

#include "agent/base/time.h"
#include "tests/fleet/fleet.h"
#include "tests/support/process.h"

namespace fleet {

struct ClientGoOptions {
  bool release = true;  // Of the lease, when its term ends.
  // Of each request. 0: none, which is client-go's default.
  base::Duration request_timeout{0};
};

class ClientGo {
 public:
  // Empty when the program is there; else the reason and what to do.
  static std::optional<std::string> WhyNot();

  ClientGo(const std::string& id, const std::string& lease,
           const std::string& kubeconfig, const Timing& timing,
           const ClientGoOptions& options = {});

  const std::string& id() const { return id_; }
  support::Process& process() { return *process_; }

  // From "started leading" to "stopped leading", as it says itself. The last
  // one may be open, and is: until it says no, or is gone.
  struct Span {
    base::Instant from;
    std::optional<base::Instant> until;
  };
  std::vector<Span> Spans() const;
  bool Leads() const;
  void WaitUntilItLeads() const;
  void WaitUntilItSeesALeader() const;  // Itself or another.
  // The first time after `since` that it said it had stopped.
  base::Instant WaitUntilItStops(base::Instant since) const;

 private:
  const std::string id_;
  support::TempDir folder_;
  std::unique_ptr<support::Process> process_;
};

}  // namespace fleet

#define REQUIRE_CLIENT_GO()                             \
  do {                                                  \
    if (const auto why = ::fleet::ClientGo::WhyNot()) { \
      SKIP_OR_FAIL_IN_CI(*why);                         \
    }                                                   \
  } while (false)

#endif  // TESTS_FLEET_CLIENT_GO_H_

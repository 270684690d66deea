// A long bad day at the default timing: API servers restarted in turn, requests
// and new connections reset, stalls. Nobody loses the lease. Two minutes, or
// SIDECAR_STABILITY_MINUTES.
#include <cstdlib>
#include <iostream>

#include "tests/integration/fault_fixture.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using support::BootNow;
using support::Eventually;
using support::TcpProxy;

class FaultStabilityTest : public FaultTest {
 protected:
  static Duration HowLong() {
    const char* text = std::getenv("SIDECAR_STABILITY_MINUTES");
    return minutes(text == nullptr ? 2 : std::max(1, std::atoi(text)));
  }

  // As a node is drained: it refuses what is new, and a moment later the load
  // balancer knows. It is gone before its minute is over.
  void Restart(int going, TcpProxy& balancer) {
    cluster().api_server(going).Terminate();
    LetPass(milliseconds(300));
    balancer.SetBackend(cluster().port(1 - going));
    LetPass(seconds(3));
    cluster().api_server(going).Kill();
    cluster().api_server(going).Start();
    cluster().WaitReady(going);
  }
};

TEST_F(FaultStabilityTest, Fault13_NoLeadershipIsLost) {
  cluster().AddApiServer();
  TcpProxy balancer(cluster().port(0));
  NewFleet({kAtOnce}, kDefaults);
  for (int i = 0; i < 3; ++i) AddBy(balancer.port());
  fleet().WaitForAll();
  Agent& leader = fleet().WaitForLeader();
  balancer.SetMishaps({.newcomer_dropped = 0.01, .request_reset = 0.01});

  const Instant end = BootNow() + HowLong();
  int restarts = 0;
  int stalls = 0;
  while (BootNow() < end && !HasFailure()) {
    Restart(restarts++ % 2, balancer);
    for (int i = 0; i < 2; ++i) {
      balancer.Stall(seconds(1));
      ++stalls;
      LetPass(seconds(5));
    }
    ASSERT_EQ(fleet().observer().Terms().size(), 1u)
        << "after " << restarts << " restarts";
  }
  fleet().WaitForRenewal(leader);

  const TcpProxy::Counts counts = balancer.counts();
  std::cout << "figure: " << base::ToMs(HowLong()) / 60'000 << " min, "
            << restarts << " API servers restarted, " << stalls
            << " stalls of 1 s, " << counts.reset << " requests and "
            << counts.dropped << " of " << counts.accepted
            << " new connections reset: leadership lost 0 times\n";
  EXPECT_GT(restarts, 3);
  EXPECT_GT(counts.accepted, 6);
  ExpectOneTerm();
}

}  // namespace
}  // namespace fleet

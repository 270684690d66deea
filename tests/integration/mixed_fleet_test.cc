// Our agents and client-go candidates compete for one lease. Ours keep their
// promises to each other; where client-go leads beside one of ours, that is its
// own overrun, and is printed apart.
#include <iostream>

#include "tests/fleet/client_go.h"
#include "tests/fleet/fleet_test.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::seconds;
using support::BootNow;

class MixedFleetTest : public FleetTest {
 protected:
  void SetUp() override {
    REQUIRE_CLIENT_GO();
    FleetTest::SetUp();
  }

  // It knows who leads when this returns.
  ClientGo& AddClientGo(const std::string& id, const Timing& timing = {}) {
    candidates_.push_back(
        std::make_unique<ClientGo>(id, lease(), kubeconfig(), timing));
    candidates_.back()->WaitUntilItSeesALeader();
    return *candidates_.back();
  }

  void TearDown() override {
    if (!HasFailure() && has_fleet()) TellOverlaps();
    FleetTest::TearDown();
    candidates_.clear();
  }

 private:
  void TellOverlaps() {
    Duration longest{0};
    for (const Term& ours : fleet().observer().Terms()) {
      for (const auto& candidate : candidates_) {
        for (const ClientGo::Span& theirs : candidate->Spans()) {
          const Instant until = theirs.until.value_or(
              candidate->process().Running() ? BootNow() : theirs.from);
          longest =
              std::max(longest, std::min(ours.end(), until) -
                                    std::max(ours.first_yes, theirs.from));
        }
      }
    }
    Figure("one of ours and client-go both lead", longest);
  }

  std::vector<std::unique_ptr<ClientGo>> candidates_;
};

TEST_F(MixedFleetTest, ClientGoTakesWhatWeRelease) {
  NewFleet({kAtOnce, "--stop-order=sidecar-last"}, kPatient);
  Agent& ours = fleet().Add();
  fleet().WaitForLeader();
  ClientGo& theirs = AddClientGo("theirs", kPatient);

  const Instant asked = BootNow();
  fleet().Stop(ours);
  theirs.WaitUntilItLeads();

  Figure("hand-over, ours to client-go, R = 2 s",
         theirs.Spans().front().from - asked);
  EXPECT_EQ(Holder(), "theirs");
}

// Its release looks like its own bug that empties the lease of a live leader,
// so it is waited out.
TEST_F(MixedFleetTest, WeWaitOutWhatClientGoReleases) {
  NewFleet();
  ClientGo& theirs = AddClientGo("theirs");
  theirs.WaitUntilItLeads();
  fleet().Start(2);
  fleet().WaitForAll();

  const Instant asked = BootNow();
  theirs.process().Signal(SIGTERM);
  const Term next = fleet().WaitForTerm(asked);

  Figure("hand-over, client-go to ours, L = 3 s", next.first_yes - asked);
  EXPECT_GE(next.first_yes - asked, fleet().timing().lease_duration);
}

TEST_F(MixedFleetTest, WithTrustWeTakeWhatClientGoReleasesAfterItsSecond) {
  NewFleet({"--trust-client-go-release"}, kPatient);
  ClientGo& theirs = AddClientGo("theirs", kPatient);
  theirs.WaitUntilItLeads();
  fleet().Start(2);
  fleet().WaitForAll();

  const Instant asked = BootNow();
  theirs.process().Signal(SIGTERM);
  const Term next = fleet().WaitForTerm(asked);

  Figure("hand-over, client-go to ours, trusted", next.first_yes - asked);
  EXPECT_GE(next.first_yes - asked, seconds(1));
  EXPECT_LT(next.first_yes - asked, seconds(30));
}

TEST_F(MixedFleetTest, ClientGoReplacesOursWhenItIsKilled) {
  NewFleet({kAtOnce});
  Agent& ours = fleet().Add();
  fleet().WaitForLeader();
  ClientGo& theirs = AddClientGo("theirs");

  const Instant killed = BootNow();
  ours.process().Kill();
  theirs.WaitUntilItLeads();

  Figure("SIGKILL of ours to client-go, L = 3 s",
         theirs.Spans().front().from - killed);
}

TEST_F(MixedFleetTest, OursReplacesClientGoWhenItIsKilled) {
  NewFleet();
  ClientGo& theirs = AddClientGo("theirs");
  theirs.WaitUntilItLeads();
  fleet().Start(2);
  fleet().WaitForAll();

  const Instant killed = BootNow();
  theirs.process().Kill();
  const Term next = fleet().WaitForTerm(killed);

  Figure("SIGKILL of client-go to ours, L = 3 s", next.first_yes - killed);
  EXPECT_LT(next.first_yes - killed,
            fleet().timing().lease_duration + seconds(5));
}

// The same two events among client-go candidates alone.
TEST_F(MixedFleetTest, ClientGoAloneForComparison) {
  ClientGo& one = AddClientGo("one");
  one.WaitUntilItLeads();
  ClientGo& two = AddClientGo("two");
  Instant before = BootNow();
  one.process().Signal(SIGTERM);
  two.WaitUntilItLeads();
  Figure("client-go alone: hand-over, R = 500 ms",
         two.Spans().front().from - before);

  ClientGo& three = AddClientGo("three");
  before = BootNow();
  two.process().Kill();
  three.WaitUntilItLeads();
  Figure("client-go alone: SIGKILL to the next leader, L = 3 s",
         three.Spans().front().from - before);
}

}  // namespace
}  // namespace fleet

// The plain life of a small fleet: it starts, leads, hands over, stops. Short
// enough to run under ThreadSanitizer as well.
#include <fstream>
#include <string>

#include "tests/fleet/fleet_test.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::seconds;
using support::BootNow;
using support::ExitStatus;
using testing::HasSubstr;

class LifeTest : public FleetTest {};

// The main container has ended before, so nothing is waited for.
TEST_F(LifeTest, SidecarLastReleasesAtOnceAndAnotherLeads) {
  Fleet& fleet = NewFleet({kAtOnce, "--stop-order=sidecar-last"}, kPatient);
  fleet.Start(3);
  fleet.WaitForAll();
  Agent& first = fleet.WaitForLeader();

  const Instant asked = BootNow();
  fleet.Stop(first);
  const Term next = fleet.WaitForTerm(asked);

  EXPECT_NE(next.agent, first.name());
  Figure("hand-over, sidecar-last", next.first_yes - asked);
  // Far less than what an expired lease would have taken.
  EXPECT_LT(next.first_yes - asked, seconds(20));
  EXPECT_EQ(first.process().Wait(kLong), (ExitStatus{.code = 0}));
}

// The main container is asked to stop at the same moment and gets its time.
TEST_F(LifeTest, TogetherSaysNoAtOnceAndKeepsTheLeaseForStopGrace) {
  constexpr Duration kGrace = seconds(2);
  Fleet& fleet = NewFleet({kAtOnce, "--stop-grace=2s"}, kPatient);
  fleet.Start(3);
  fleet.WaitForAll();
  Agent& first = fleet.WaitForLeader();
  const std::string incarnation = Holder();

  const Instant asked = BootNow();
  fleet.Stop(first);
  const LeaderAnswer no = fleet.WaitForNo(first, asked);
  const std::string held_by = Holder();
  const Instant looked = BootNow();
  const Term next = fleet.WaitForTerm(asked);

  EXPECT_EQ(no.state, "draining") << no.body;
  Figure("SIGTERM to /leader's no", no.told.received - asked);
  if (looked - asked < kGrace) {
    EXPECT_EQ(held_by, incarnation);
  }
  EXPECT_GE(next.first_yes - asked, kGrace);
  EXPECT_LT(next.first_yes - asked, kGrace + seconds(20));
  Figure("hand-over, together, less stop-grace",
         next.first_yes - asked - kGrace);
  EXPECT_EQ(first.process().Wait(kLong), (ExitStatus{.code = 0}));
}

TEST_F(LifeTest, ADeletedLeaseEndsTheRoleAndIsWaitedOut) {
  Fleet& fleet = NewFleet({}, {.lease_duration = seconds(3)});
  fleet.Start(2);
  Agent& first = fleet.WaitForLeader();

  const Instant deleted = BootNow();
  cluster().DeleteLease("default", lease());
  fleet.WaitForNo(first, deleted);
  const Term next = fleet.WaitForTerm(deleted);

  EXPECT_GE(next.first_yes - deleted, seconds(3));
  Figure("lease deleted to the next leader, L = 3 s", next.first_yes - deleted);
}

TEST_F(LifeTest, AStandbyThatStopsDisturbsNobody) {
  Fleet& fleet = NewFleet({kAtOnce}, kPatient);
  Agent& leader = fleet.Add();
  fleet.WaitForLeader();
  Agent& standby = fleet.Add();
  fleet.WaitForAll();

  const Instant asked = BootNow();
  fleet.Stop(standby, SIGINT);

  EXPECT_EQ(standby.process().Wait(kLong), (ExitStatus{.code = 0}));
  Figure("SIGINT of a standby to its end", BootNow() - asked);
  fleet.WaitForRenewal(leader);
  EXPECT_EQ(fleet.observer().Terms().size(), 1u);
}

TEST_F(LifeTest, ASecondSignalEndsItAtOnce) {
  Fleet& fleet = NewFleet({kAtOnce, "--stop-grace=15s"}, kPatient);
  Agent& leader = fleet.Add();
  fleet.WaitForLeader();

  const Instant asked = BootNow();
  fleet.Stop(leader);
  fleet.WaitForNo(leader, asked);
  leader.process().Signal(SIGTERM);

  EXPECT_EQ(leader.process().Wait(kLong), (ExitStatus{.code = 0}));
  EXPECT_LT(BootNow() - asked, seconds(15));
  Figure("a second SIGTERM to the end", BootNow() - asked);
  EXPECT_THAT(leader.Log(), HasSubstr("ended without releasing"));
}

// Tokens and keys are in it.
TEST_F(LifeTest, ItsMemoryIsInNoCoreDump) {
  Agent& agent = NewFleet({kAtOnce}, kPatient).Add();
  fleet().WaitForAll();

  std::ifstream filter("/proc/" + std::to_string(agent.process().id()) +
                       "/coredump_filter");
  std::string mappings;
  ASSERT_TRUE(filter >> mappings);
  EXPECT_EQ(mappings, "00000000");
}

}  // namespace
}  // namespace fleet

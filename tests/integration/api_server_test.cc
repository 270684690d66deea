// The API server goes away and comes back. Shorter than the renew deadline it
// costs nobody anything; longer, the role ends in time, by itself.
#include "tests/fleet/client_go.h"
#include "tests/fleet/fleet_test.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::BootNow;
using support::Eventually;
using support::ExitStatus;
using testing::HasSubstr;

class ApiServerTest : public FleetTest {
 protected:
  static constexpr base::Duration kBack = seconds(15);

  // Waits until the leader has ended by its deadline and its lease has run out
  // as well. Nobody can lead meanwhile.
  void WaitUntilTheLeaseHasRunOut(const Agent& leader, Instant since) {
    const LeaderAnswer no = fleet().WaitForNo(leader, since);
    const Term old = fleet().observer().Terms().back();
    EXPECT_GE(no.told.received, old.promised_until) << "ended too early";
    Figure("API server gone to /leader's no, D = 2 s",
           no.told.received - since);
    Figure("deadline to /leader's no, API server gone",
           no.told.received - old.promised_until);
    ASSERT_TRUE(Eventually(kLong, [&] {
      return BootNow() > old.promised_until + fleet().timing().lease_duration;
    }));
    EXPECT_EQ(fleet().observer().Terms().size(), 1u);
  }

  // SIGTERM with nobody to talk to; returns how long it took to end.
  Duration StopAlone(const std::string& order) {
    NewFleet({kAtOnce, "--stop-order=" + order}).Start(1);
    Agent& leader = fleet().WaitForLeader();
    cluster().api_server().Freeze();
    const Instant asked = BootNow();
    fleet().Stop(leader);
    EXPECT_EQ(leader.process().Wait(kLong), (ExitStatus{.code = 0}));
    const Duration took = BootNow() - asked;
    Figure("SIGTERM to the end, API server frozen, " + order, took);
    return took;
  }
};

TEST_F(ApiServerTest, KilledAndBackWithinTheDeadlineMovesNothing) {
  Fleet& fleet = NewFleet({kAtOnce}, kPatient);
  fleet.Start(3);
  fleet.WaitForAll();
  Agent& leader = fleet.WaitForLeader();

  const Instant killed = BootNow();
  cluster().api_server().Kill();
  cluster().api_server().Start();
  cluster().WaitReady();
  const Instant ready = BootNow();
  fleet.WaitForRenewal(leader);

  ASSERT_LT(ready - killed, fleet.timing().renew_deadline)
      << "this machine is too slow for this test";
  Figure("API server killed to ready again", ready - killed);
  Figure("ready again to the next renewal", BootNow() - ready);
  EXPECT_EQ(fleet.observer().Terms().size(), 1u);
}

TEST_F(ApiServerTest, FrozenWithinTheDeadlineMovesNothing) {
  Fleet& fleet = NewFleet({kAtOnce}, kPatient);
  fleet.Start(3);
  fleet.WaitForAll();
  Agent& leader = fleet.WaitForLeader();

  cluster().api_server().Freeze();
  EXPECT_TRUE(Eventually(kLong, [&] {
    return leader.Ask()->body.find("\"jeopardy\":true") != std::string::npos;
  }));
  const Instant thawed = BootNow();
  cluster().api_server().Continue();
  fleet.WaitForRenewal(leader);

  Figure("API server thawed to the next renewal", BootNow() - thawed);
  EXPECT_EQ(fleet.observer().Terms().size(), 1u);
}

TEST_F(ApiServerTest, KilledForLongerThanTheLeaseEndsTheRoleInTime) {
  Fleet& fleet = NewFleet({kAtOnce});
  fleet.Start(3);
  fleet.WaitForAll();
  Agent& first = fleet.WaitForLeader();

  const Instant killed = BootNow();
  cluster().api_server().Kill();
  WaitUntilTheLeaseHasRunOut(first, killed);
  cluster().api_server().Start();
  cluster().WaitReady();
  const Instant ready = BootNow();
  const Term next = fleet.WaitForTerm(killed);

  Figure("API server ready again to the next leader", next.first_yes - ready);
  EXPECT_LT(next.first_yes - ready, kBack);
}

TEST_F(ApiServerTest, FrozenForLongerThanTheLeaseEndsTheRoleInTime) {
  Fleet& fleet = NewFleet({kAtOnce});
  fleet.Start(3);
  fleet.WaitForAll();
  Agent& first = fleet.WaitForLeader();

  const Instant frozen = BootNow();
  cluster().api_server().Freeze();
  WaitUntilTheLeaseHasRunOut(first, frozen);
  const Instant thawed = BootNow();
  cluster().api_server().Continue();
  const Term next = fleet.WaitForTerm(frozen);

  Figure("API server thawed to the next leader", next.first_yes - thawed);
  EXPECT_LT(next.first_yes - thawed, kBack);
}

// The same two outages, for comparison: with one candidate there is nobody to
// overlap with, but a rival may lead once the lease has run out.
TEST_F(ApiServerTest, ClientGoForComparison) {
  REQUIRE_CLIENT_GO();
  constexpr Timing kTiming;
  ClientGo candidate("theirs", lease(), kubeconfig(), kTiming);
  candidate.WaitUntilItLeads();

  const Instant killed = BootNow();
  cluster().api_server().Kill();
  const Instant stopped = candidate.WaitUntilItStops(killed);
  Figure("client-go, D = 2 s: API server killed to its no", stopped - killed);
  cluster().api_server().Start();
  cluster().WaitReady();
  const Instant ready = BootNow();
  candidate.WaitUntilItLeads();
  Figure("client-go: API server ready again to the next leader",
         candidate.Spans().back().from - ready);

  const Instant frozen = BootNow();
  cluster().api_server().Freeze();
  const Instant gave_up = candidate.WaitUntilItStops(frozen);
  Figure("client-go, D = 2 s: API server frozen to its no", gave_up - frozen);
  cluster().api_server().Continue();
  const Instant thawed = BootNow();
  candidate.WaitUntilItLeads();
  Figure("client-go: API server thawed to the next leader",
         candidate.Spans().back().from - thawed);
}

// A sanitizer's last look at the memory of a busy machine counts, too.
constexpr Duration kSoonEnough = seconds(40);

TEST_F(ApiServerTest, EndsInTimeWithoutAnApiServerTogether) {
  EXPECT_LT(StopAlone("together"), kSoonEnough);
}

TEST_F(ApiServerTest, EndsInTimeWithoutAnApiServerSidecarLast) {
  EXPECT_LT(StopAlone("sidecar-last"), kSoonEnough);
}

TEST_F(ApiServerTest, ConfirmAsksTheApiServer) {
  Fleet& fleet = NewFleet({kAtOnce}, kPatient);
  fleet.Start(2);
  fleet.WaitForAll();
  Agent& leader = fleet.WaitForLeader();
  Agent& standby =
      fleet.agent(leader.name() == "agent-1" ? "agent-2" : "agent-1");

  const auto yes = leader.Confirm();
  EXPECT_EQ(yes->status, 200) << yes->body;
  EXPECT_TRUE(yes->confirmed);
  Figure("/leader?confirm=1", yes->told.received - yes->told.sent);
  EXPECT_EQ(standby.Confirm()->status, 503);
}

TEST_F(ApiServerTest, ConfirmSaysNoWhenNobodyAnswersAndDelaysNoRenewal) {
  Fleet& fleet = NewFleet({kAtOnce}, kPatient);
  Agent& leader = fleet.Add();
  fleet.WaitForLeader();

  cluster().api_server().Freeze();
  const auto no = leader.Confirm();
  const auto plain = leader.Ask();
  cluster().api_server().Continue();
  ASSERT_TRUE(no && plain);
  EXPECT_EQ(no->status, 503);
  EXPECT_NE(no->reason, "");
  EXPECT_LT(no->told.received - no->told.sent, seconds(4));
  Figure("/leader?confirm=1, API server frozen",
         no->told.received - no->told.sent);
  EXPECT_EQ(plain->status, 200) << plain->body;

  fleet.WaitForRenewal(leader);
  EXPECT_EQ(fleet.observer().Terms().size(), 1u);
}

}  // namespace
}  // namespace fleet

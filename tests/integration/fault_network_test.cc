// Faults of the road between an agent and the API server: slow, held back, cut,
// reset, half-open. Rows 2, 3, 11, 12 and 13 of the table of faults.
#include "tests/integration/fault_fixture.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::BootNow;
using support::Ending;
using support::Eventually;
using support::Flow;
using support::HttpFault;
using support::Newcomers;
using support::RequestKind;
using support::TcpProxy;
using support::Way;

class FaultNetworkTest : public FaultTest {
 protected:
  // Behind the proxy, alone at first, so that it is the one who leads; then two
  // standbys that reach the API server by themselves.
  Agent& LeaderBehindProxy(const Timing& timing) {
    NewFleet({kAtOnce}, timing);
    proxy_.emplace(cluster().port());
    Agent& leader = AddBy(proxy_->port());
    fleet().WaitForLeader();
    fleet().Start(2);
    fleet().WaitForAll();
    fleet().WaitForRenewal(leader);
    return leader;
  }
  TcpProxy& proxy() { return *proxy_; }

 private:
  std::optional<TcpProxy> proxy_;
};

// I9: shorter than D less one attempt, whichever way it is away.
TEST_F(FaultNetworkTest, Fault02_AnOutageOfSevenSecondsMovesNothing) {
  Agent& leader = LeaderBehindProxy(kDefaults);

  proxy().Stall(seconds(7));
  LetPass(seconds(7));
  fleet().WaitForRenewal(leader);
  const int timeouts =
      Answers(leader, "update", "timeout") + Answers(leader, "get", "timeout");
  EXPECT_GE(timeouts, 1) << leader.Log();

  fleet().WaitForRenewal(leader);
  proxy().SetNewcomers(Newcomers::kRefuse);
  proxy().EndAll(Ending::kReset);
  LetPass(seconds(7));
  proxy().Heal();
  const Instant back = BootNow();
  fleet().WaitForRenewal(leader);

  Figure("road back after 7 s to the next renewal", BootNow() - back);
  WaitForLog(leader, "failed to");
  ExpectOneTerm();
}

TEST_F(FaultNetworkTest, Fault02_EveryAnswerLateMovesNothing) {
  Agent& leader = LeaderBehindProxy(kDefaults);

  proxy().SetDelay(Way::kToClient, milliseconds(700));
  const Instant before = BootNow();
  for (int i = 0; i < 4; ++i) fleet().WaitForRenewal(leader);

  EXPECT_GT(BootNow() - before, milliseconds(700));
  ExpectOneTerm();
}

// What client-go counts from the answer, and then leads beside the next one.
TEST_F(FaultNetworkTest, Fault03_AnswersHeldBackThenCutNeverMakeTwoLeaders) {
  Agent& leader = LeaderBehindProxy(kDefaults);

  const Instant held = BootNow();
  proxy().SetFlow(Way::kToClient, Flow::kHold);
  WaitForAnotherRenewTime();  // Applied, and its answer is on its way.
  const Instant applied = BootNow();
  ASSERT_TRUE(Eventually(
      kLong, [&] { return proxy().counts().Held(Way::kToClient) > 0; }));
  LetPass(milliseconds(4900));
  proxy().SetNewcomers(Newcomers::kRefuse);
  proxy().EndAll(Ending::kFin);

  const LeaderAnswer no = fleet().WaitForNo(leader, held);
  EXPECT_LE(fleet().observer().Terms().back().promised_until - held,
            kDefaults.renew_deadline)
      << "a renewal was counted that was never answered";
  Figure("answers held back to /leader's no, D = 10 s",
         no.told.received - held);
  const Term next = ExpectToBeReplaced(leader);
  EXPECT_GE(next.first_yes - applied, seconds(14));  // Less one look at it.
  Figure("the lost renewal to the next leader, L = 15 s",
         next.first_yes - applied);
}

TEST_F(FaultNetworkTest, Fault11_ARenewalWhoseAnswerIsLostCostsNothing) {
  Agent& leader = LeaderBehindProxy(kPatient);

  for (int i = 0; i < 3; ++i) {
    const auto before = proxy().counts().Swallowed(Way::kToClient);
    proxy().SetFlow(Way::kToClient, Flow::kSwallow);
    WaitForAnotherRenewTime();
    ASSERT_TRUE(Eventually(kLong, [&] {
      return proxy().counts().Swallowed(Way::kToClient) > before;
    }));
    proxy().SetFlow(Way::kToClient, Flow::kPass);
    proxy().EndAll(Ending::kReset);
    fleet().WaitForRenewal(leader);
  }

  WaitForLog(leader, "found own write applied");
  ExpectOneTerm();
}

TEST_F(FaultNetworkTest, Fault11_AnAcquireWhoseAnswerIsLostIsFound) {
  const auto gateway = NewGateway();
  NewFleet({kAtOnce, "--stop-order=sidecar-last"}, kPatient);
  Agent& first = fleet().Add();
  fleet().WaitForLeader();
  Agent& next = AddBy(gateway->port());
  fleet().WaitForAll();
  WaitForWatches();

  // Longer than its first attempt.
  gateway->Set(RequestKind::kWrite, {.after = seconds(5), .times = 1});
  fleet().Stop(first);
  const Instant asked = BootNow();
  const Term term = fleet().WaitForTerm(asked);

  EXPECT_EQ(term.agent, next.name());
  EXPECT_EQ(gateway->struck(RequestKind::kWrite), 1);
  EXPECT_THAT(next.Log(), testing::ContainsRegex("became leader.*rule=T9"));
  EXPECT_EQ(ReadLease()["spec"]["leaseTransitions"], 2);
  Figure("release to the next leader, answer of its acquire lost",
         term.first_yes - asked);
}

// Everything is taken and nothing comes back, but who connects anew is served.
TEST_F(FaultNetworkTest, Fault12_AHalfOpenConnectionIsReplaced) {
  Agent& leader = LeaderBehindProxy(kPatient);
  const int accepted = proxy().counts().accepted;

  proxy().SilenceAll();
  const Instant silent = BootNow();
  fleet().WaitForRenewal(leader);
  fleet().WaitForRenewal(leader);

  Figure("half-open to the second renewal, R = 2 s", BootNow() - silent);
  EXPECT_GT(proxy().counts().accepted, accepted);
  ExpectOneTerm();
  // The watch as well, although it has nothing to send.
  ASSERT_TRUE(Eventually(kLong, [&] {
    return proxy().counts().accepted >= accepted + 2;
  })) << "the silent watch is believed in";
}

TEST_F(FaultNetworkTest, Fault12_ABlackHoleEndsTheRoleInTime) {
  Agent& leader = LeaderBehindProxy(kCalm);
  const Instant gone = BootNow();
  proxy().BlackHole();

  const LeaderAnswer no = fleet().WaitForNo(leader, gone);
  EXPECT_LE(no.told.sent - gone, fleet().timing().renew_deadline + seconds(1));
  const Term next = ExpectToBeReplaced(leader);
  Figure("black hole to the next leader, L = 6 s", next.first_yes - gone);

  proxy().Heal();
  WaitForLog(leader, "read the lease again");
  EXPECT_EQ(fleet().WaitForLeader().name(), next.agent);
}

TEST_F(FaultNetworkTest, Fault13_ConnectionsResetAllTheTimeCostNothing) {
  Agent& leader = LeaderBehindProxy(kDefaults);

  const Instant end = BootNow() + seconds(12);
  while (BootNow() < end) {
    proxy().EndAll(Ending::kReset);
    LetPass(milliseconds(150));
  }
  fleet().WaitForRenewal(leader);

  EXPECT_GT(proxy().counts().ended, 5);
  ExpectOneTerm();
}

}  // namespace
}  // namespace fleet

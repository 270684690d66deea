// Faults of the API server and of etcd behind it: killed, frozen, restarted in
// turn, stale. Rows 13, 14, 15, 29 and 30 of the table of faults.
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
using support::TcpProxy;
using support::Way;

class FaultServerTest : public FaultTest {
 protected:
  Agent& LeaderOfThree(const Timing& timing) {
    NewFleet({kAtOnce}, timing).Start(3);
    fleet().WaitForAll();
    Agent& leader = fleet().WaitForLeader();
    fleet().WaitForRenewal(leader);
    return leader;
  }
};

// Each server in turn: SIGTERM, as a node is drained; it refuses what is new,
// serves its watches on, and is gone. A load balancer follows a moment late.
TEST_F(FaultServerTest, Fault13_TwoApiServersRestartedInTurnMoveNothing) {
  cluster().AddApiServer();
  TcpProxy balancer(cluster().port(0));
  NewFleet({kAtOnce}, kDefaults);
  for (int i = 0; i < 3; ++i) AddBy(balancer.port());
  fleet().WaitForAll();
  Agent& leader = fleet().WaitForLeader();

  for (int round = 0; round < 2; ++round) {
    const int going = round % 2;
    cluster().api_server(going).Terminate();
    LetPass(milliseconds(500));
    balancer.SetBackend(cluster().port(1 - going));
    fleet().WaitForRenewal(leader);
    fleet().WaitForRenewal(leader);
    cluster().api_server(going).Kill();
    cluster().api_server(going).Start();
    cluster().WaitReady(going);
    fleet().WaitForRenewal(leader);
  }

  WaitForWatches();
  EXPECT_GT(balancer.counts().accepted, 6) << "nobody had to connect anew";
  ExpectOneTerm();
}

TEST_F(FaultServerTest, Fault14_EtcdKilledAndBackMovesNothing) {
  Agent& leader = LeaderOfThree(kPatient);

  cluster().etcd().Kill();
  EXPECT_TRUE(Eventually(kLong, [&] {
    return leader.Ask()->body.find("\"jeopardy\":true") != std::string::npos;
  }));
  cluster().etcd().Start();
  const Instant back = BootNow();
  fleet().WaitForRenewal(leader);

  Figure("etcd killed and started to the next renewal", BootNow() - back);
  ExpectOneTerm();
}

// The watch stays open and says nothing, reads that may be stale are answered,
// consistent ones and writes are not.
TEST_F(FaultServerTest, Fault14_EtcdFrozenEndsTheRoleInTime) {
  Agent& leader = LeaderOfThree(kCalm);

  const Instant frozen = BootNow();
  cluster().etcd().Freeze();
  const std::string path = support::LeasePath("default", lease());
  EXPECT_EQ(cluster().Request("GET", path + "?resourceVersion=0").status, 200);
  const LeaderAnswer no = fleet().WaitForNo(leader, frozen);
  const Term old = fleet().observer().Terms().back();
  LetPass(fleet().timing().lease_duration + seconds(2));
  EXPECT_NE(cluster().Request("GET", path, nullptr, seconds(1)).status, 200);
  ExpectOneTerm();
  for (const auto& [name, agent] : fleet().agents()) {
    EXPECT_EQ(agent->Ask()->status, 503) << name;
  }

  cluster().etcd().Continue();
  const Instant thawed = BootNow();
  const Term next = fleet().WaitForTerm(frozen);
  Figure("etcd frozen to /leader's no, D = 4 s", no.told.received - frozen);
  Figure("etcd thawed to the next leader, L = 6 s", next.first_yes - thawed);
  EXPECT_GT(next.token, old.token);
}

// One of two API servers has lost its etcd: it answers from its cache, as if
// time stood still. A standby that sees nothing else must not act on it.
TEST_F(FaultServerTest, Fault15_AStaleApiServerMakesNoLeader) {
  TcpProxy to_etcd(cluster().etcd_port());
  const int stale = cluster().AddApiServer(to_etcd.port());
  NewFleet({kAtOnce}, kCalm);
  Agent& leader = fleet().Add();
  fleet().WaitForLeader();
  Agent& standby = AddBy(cluster().port(stale));
  fleet().WaitForAll();
  WaitForWatches();

  to_etcd.SetFlow(Way::kToServer, Flow::kHold);
  to_etcd.SetFlow(Way::kToClient, Flow::kHold);
  const std::string path = support::LeasePath("default", lease());
  LetPass(2 * fleet().timing().lease_duration);

  const auto cached =
      cluster().Admin(stale).Request("GET", path + "?resourceVersion=0");
  ASSERT_EQ(cached.status, 200) << cached.error << cached.body;
  EXPECT_NE(cached.Json()["spec"]["renewTime"], RenewTime())
      << "it was not stale";
  fleet().WaitForRenewal(leader);
  ExpectOneTerm();

  to_etcd.Heal();
  const Instant killed = BootNow();
  leader.process().Kill();
  EXPECT_EQ(fleet().WaitForTerm(killed).agent, standby.name());
}

// A standby whose API server is behind the other one's, and nothing more.
TEST_F(FaultServerTest, Fault15_ALateApiServerMakesNoLeader) {
  TcpProxy to_etcd(cluster().etcd_port());
  const int late = cluster().AddApiServer(to_etcd.port());
  NewFleet({kAtOnce}, kCalm);
  Agent& leader = fleet().Add();
  fleet().WaitForLeader();
  AddBy(cluster().port(late));
  fleet().WaitForAll();

  to_etcd.SetDelay(Way::kToClient, milliseconds(800));
  LetPass(2 * fleet().timing().lease_duration);
  fleet().WaitForRenewal(leader);
  ExpectOneTerm();

  // And takes over all the same, through the late one alone.
  const Instant killed = BootNow();
  leader.process().Kill();
  const Term next = fleet().WaitForTerm(killed);
  Figure("SIGKILL to the next leader by an API server 0.8 s late, L = 6 s",
         next.first_yes - killed);
}

TEST_F(FaultServerTest, Fault29_AnOutageLongerThanTheLeaseEndsWithALeader) {
  Agent& first = LeaderOfThree(kCalm);
  const Instant killed = BootNow();
  cluster().api_server().Kill();
  fleet().WaitForNo(first, killed);
  LetPass(2 * fleet().timing().lease_duration);
  ExpectOneTerm();

  cluster().api_server().Start();
  cluster().WaitReady();
  const Instant ready = BootNow();
  const Term next = fleet().WaitForTerm(killed);
  Figure("API server ready after an outage to the next leader, L = 6 s",
         next.first_yes - ready);
}

// Whoever has lost it is a candidate like any other, again and again.
TEST_F(FaultServerTest, Fault30_LosingItTenTimesLeavesNoZombie) {
  constexpr Timing kShort{seconds(1), milliseconds(700), milliseconds(150)};
  NewFleet({kAtOnce}, kShort);
  Agent& only = fleet().Add();
  fleet().WaitForLeader();

  constexpr std::size_t kLosses = 10;
  for (std::size_t i = 1; i <= kLosses; ++i) {
    const Instant taken = BootNow();
    cluster().PatchLease("default", lease(),
                         {{"spec", {{"holderIdentity", "intruder"}}}});
    fleet().WaitForNo(only, taken);
    EXPECT_EQ(fleet().WaitForTerm(taken).agent, only.name());
  }

  EXPECT_GT(fleet().observer().Terms().size(), kLosses);
}

}  // namespace
}  // namespace fleet

// A process that stands still cannot know that its term is over. What it says
// first when it goes on must be right all the same.
#include "tests/fleet/fleet_test.h"
#include "tests/fleet/thread_freeze.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::seconds;
using support::BootNow;
using support::Eventually;

class PauseTest : public FleetTest {
 protected:
  // SIGSTOP, and every thread of it has stopped.
  static void Pause(Agent& agent) {
    agent.process().Signal(SIGSTOP);
    const std::string stat =
        "/proc/" + std::to_string(agent.process().id()) + "/stat";
    ASSERT_TRUE(Eventually(kLong, [&] {
      return support::ReadFile(stat).find(") T ") != std::string::npos;
    }));
  }
};

TEST_F(PauseTest, AStoppedLeaderSaysNoWithItsFirstWord) {
  Fleet& fleet = NewFleet({kAtOnce});
  fleet.Start(3);
  fleet.WaitForAll();
  Agent& first = fleet.WaitForLeader();

  LocalClient asked_before(first.http_port());
  ASSERT_EQ(asked_before.Get("/leader", kLong)->status, 200);
  const Instant stopped = BootNow();
  Pause(first);
  // On a connection that it knows, and on one that it has not accepted yet.
  ASSERT_TRUE(asked_before.Send("/leader"));
  LocalClient asked_anew(first.http_port());
  ASSERT_TRUE(asked_anew.Send("/leader"));
  const Term next = fleet.WaitForTerm(stopped);
  Figure("SIGSTOP to the next leader, L = 3 s", next.first_yes - stopped);
  EXPECT_NE(next.agent, first.name());

  const Instant woken = BootNow();
  first.process().Signal(SIGCONT);
  for (LocalClient* client : {&asked_before, &asked_anew}) {
    const auto reply = client->Receive(kLong);
    ASSERT_TRUE(reply.has_value());
    const LeaderAnswer answer = ParseLeader(*reply);
    EXPECT_FALSE(answer.told.leads) << answer.body;
    Figure("SIGCONT to the first answer", answer.told.received - woken);
  }
  EXPECT_EQ(
      first.Metric("leader_election_master_status{name=\"" + lease() + "\"}"),
      0);

  // It learns who leads now, and leaves them alone.
  const std::string holder = Holder();
  ASSERT_TRUE(Eventually(kLong, [&] {
    const auto answer = fleet.observer().Last(first.name());
    return answer->holder == holder && answer->told.sent >= woken;
  }));
  EXPECT_EQ(fleet.observer().Terms().size(), 2u);
}

TEST_F(PauseTest, AStoppedStandbyComesBackAsAStandby) {
  Fleet& fleet = NewFleet({kAtOnce});
  Agent& leader = fleet.Add();
  fleet.WaitForLeader();
  Agent& standby = fleet.Add();
  fleet.WaitForAll();

  const Instant stopped = BootNow();
  Pause(standby);
  ASSERT_TRUE(Eventually(kLong, [&] {
    return BootNow() - stopped > fleet.timing().lease_duration + seconds(1);
  }));
  const Instant woken = BootNow();
  standby.process().Signal(SIGCONT);

  fleet.WaitForNo(standby, woken);
  for (int renewals = 0; renewals < 4; ++renewals) fleet.WaitForRenewal(leader);
  EXPECT_EQ(fleet.observer().Terms().size(), 1u);
}

// Leadership ends by the clock: no thread has to run for that.
TEST_F(PauseTest, WithItsElectionThreadFrozenItSaysNoFromTheDeadlineOn) {
  Fleet& fleet = NewFleet({kAtOnce});
  fleet.Start(2);
  fleet.WaitForAll();
  Agent& first = fleet.WaitForLeader();
  const int election = first.Thread("election");
  ASSERT_GT(election, 0);

  const Instant frozen = BootNow();
  LeaderAnswer no;
  {
    const ThreadFreeze freeze(election);
    no = fleet.WaitForNo(first, frozen);
    const Term old = fleet.observer().Terms().front();
    EXPECT_EQ(no.status, 503);
    EXPECT_GE(no.told.received, old.promised_until) << "something ended it";
    Figure("deadline to /leader's no, election thread frozen",
           no.told.received - old.promised_until);
    const Term next = fleet.WaitForTerm(frozen);
    EXPECT_NE(next.agent, first.name());
    EXPECT_FALSE(first.Ask()->told.leads);
  }

  const std::string holder = Holder();
  EXPECT_TRUE(Eventually(kLong, [&] {
    return fleet.observer().Last(first.name())->holder == holder;
  })) << "it does not go on";
}

}  // namespace
}  // namespace fleet

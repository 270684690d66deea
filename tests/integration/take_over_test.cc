// Many at once, a leader that dies without a word, and two of the same name.
#include "tests/fleet/fleet_test.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::BootNow;
using support::Eventually;

class TakeOverTest : public FleetTest {
 protected:
  // Writes that came too late, over all agents.
  int LostWrites() {
    double lost = 0;
    for (const auto& [name, agent] : fleet().agents()) {
      for (const char* code : {"409", "422"}) {
        for (const char* verb : {"create", "update"}) {
          lost += agent->Metric(
              std::string("leader_elector_api_requests_total{code=\"") + code +
              "\",verb=\"" + verb + "\"}");
        }
      }
    }
    return static_cast<int>(lost);
  }
};

TEST_F(TakeOverTest, OfTenAtOnceExactlyOneLeads) {
  Fleet& fleet = NewFleet();
  const Instant start = BootNow();
  fleet.Start(10);
  const Term first = fleet.WaitForTerm(start);
  fleet.WaitForAll();
  Figure("first leader of ten, L = 3 s waited out", first.first_yes - start);
  EXPECT_GE(first.first_yes - start, seconds(3));

  Agent& leader = fleet.agent(first.agent);
  for (int renewals = 0; renewals < 3; ++renewals) fleet.WaitForRenewal(leader);

  EXPECT_EQ(fleet.observer().Terms().size(), 1u);
  // Everybody may lose the creation once, and the first acquire once.
  const int lost = LostWrites();
  std::cout << "figure: writes lost by ten agents: " << lost << "\n";
  EXPECT_LE(lost, 2 * 9);
}

TEST_F(TakeOverTest, AKilledLeaderIsReplacedAfterItsLeaseAndNotBefore) {
  Fleet& fleet = NewFleet({kAtOnce});
  fleet.Start(3);
  fleet.WaitForAll();
  Agent& first = fleet.WaitForLeader();
  fleet.WaitForRenewal(first);

  const Instant killed = BootNow();
  first.process().Kill();
  const Term next = fleet.WaitForTerm(killed);

  // Its last renewal was sent at the end of its promise less the renew
  // deadline, or later.
  const Term old = fleet.observer().Terms().front();
  const Instant renewed = old.promised_until - fleet.timing().renew_deadline;
  EXPECT_GE(next.first_yes - renewed, fleet.timing().lease_duration);
  EXPECT_LT(next.first_yes - killed,
            fleet.timing().lease_duration + seconds(5));
  Figure("SIGKILL to the next leader, L = 3 s", next.first_yes - killed);
  Figure("the same after the lease has run out",
         next.first_yes - renewed - fleet.timing().lease_duration);
}

TEST_F(TakeOverTest, OfTwoWithOneIdentityAtMostOneLeads) {
  Fleet& fleet = NewFleet();
  Agent& one = fleet.Add({.name = "one", .identity = "web-0"});
  Agent& two = fleet.Add({.name = "two", .identity = "web-0"});
  fleet.WaitForAll();
  Agent& leader = fleet.WaitForLeader();
  Agent& other = &leader == &one ? two : one;
  const std::string incarnation = fleet.observer().Last("one")->incarnation;

  EXPECT_NE(incarnation, fleet.observer().Last("two")->incarnation);
  for (int renewals = 0; renewals < 4; ++renewals) fleet.WaitForRenewal(leader);
  EXPECT_FALSE(fleet.observer().Last(other.name())->told.leads);

  // Nor does the second one take the first one's lease for its own.
  const Instant killed = BootNow();
  leader.process().Kill();
  const Term next = fleet.WaitForTerm(killed);
  EXPECT_EQ(next.agent, other.name());
}

// The same pod after a crash is somebody else, too: the old process may still
// have a main container that acts.
TEST_F(TakeOverTest, ARestartedPodWaitsForItsOwnOldLease) {
  Fleet& fleet = NewFleet({kAtOnce});
  Agent& before = fleet.Add({.name = "before", .identity = "web-0"});
  fleet.WaitForLeader();
  fleet.WaitForRenewal(before);

  const Instant killed = BootNow();
  before.process().Kill();
  fleet.Add({.name = "after", .identity = "web-0"});
  const Term next = fleet.WaitForTerm(killed);

  EXPECT_EQ(next.agent, "after");
  EXPECT_GE(next.first_yes - killed, fleet.timing().renew_deadline);
}

}  // namespace
}  // namespace fleet

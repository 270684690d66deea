// Somebody edits or deletes the Lease: the leader that can see it stops at
// once, and nobody leads before a leader that cannot see it has stopped, too.
#include "tests/fleet/client_go.h"
#include "tests/fleet/fleet_test.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::BootNow;
using support::Eventually;

// Renewals are so far apart that only the watch can tell soon.
constexpr Timing kSlowRenewals{seconds(5), seconds(3), seconds(2)};
// What is asserted; what is aimed at, 50 ms, is printed. Half of the distance
// of two renewals: a leader that learns of it by renewing is found out.
constexpr Duration kSoon = seconds(1);

class ByHandTest : public FleetTest {
 protected:
  void Patch(const json& patch) {
    cluster().PatchLease("default", lease(), patch);
  }

  // A leader that has renewed just now, and a standby.
  Agent& LeaderOfTwo(const std::vector<std::string>& flags = {kAtOnce}) {
    NewFleet(flags, kSlowRenewals).Start(2);
    fleet().WaitForAll();
    Agent& leader = fleet().WaitForLeader();
    fleet().WaitForRenewal(leader);
    return leader;
  }

  // `change` takes the lease away from `leader`.
  void ExpectToStopAndBeWaitedOut(Agent& leader, const std::string& what,
                                  const std::function<void()>& change) {
    const Instant before = BootNow();
    change();
    const Instant changed = BootNow();
    const LeaderAnswer no = fleet().WaitForNo(leader, before);
    const Duration took = std::max(Duration(0), no.told.received - changed);
    Figure(what + " to /leader's no", took);
    EXPECT_LT(took, kSoon);

    const Term next = fleet().WaitForTerm(before);
    EXPECT_GE(next.first_yes - before, kSlowRenewals.lease_duration);
    Figure(what + " to the next leader, L = 5 s", next.first_yes - before);
  }
};

// Without trust in a new lease, which is what would make two leaders here.
TEST_F(ByHandTest, ADeletedLease) {
  Agent& leader = LeaderOfTwo({});
  ExpectToStopAndBeWaitedOut(leader, "lease deleted", [this] {
    cluster().DeleteLease("default", lease());
  });
}

TEST_F(ByHandTest, ALeaseGivenToSomebodyElse) {
  Agent& leader = LeaderOfTwo();
  ExpectToStopAndBeWaitedOut(leader, "holder patched", [this] {
    Patch({{"spec", {{"holderIdentity", "intruder"}}}});
  });
}

// An empty holder is not free: a leader that is cut off still counts on it.
TEST_F(ByHandTest, AnEmptiedLease) {
  Agent& leader = LeaderOfTwo();
  ExpectToStopAndBeWaitedOut(leader, "holder emptied", [this] {
    Patch({{"spec", {{"holderIdentity", ""}}}});
  });
}

// The standby never asked for it, so it does not count as its own.
TEST_F(ByHandTest, ALeaseGivenToTheStandby) {
  Agent& leader = LeaderOfTwo();
  Agent& standby =
      fleet().agent(leader.name() == "agent-1" ? "agent-2" : "agent-1");
  const std::string incarnation =
      fleet().observer().Last(standby.name())->incarnation;
  ExpectToStopAndBeWaitedOut(leader, "lease given to the standby", [&] {
    Patch({{"spec", {{"holderIdentity", incarnation}}}});
  });
}

// What client-go does at the same moment: it sees that the lease is gone, and
// goes on until its renew deadline, beside whoever creates it anew.
TEST_F(ByHandTest, ADeletedLeaseOfClientGoForComparison) {
  REQUIRE_CLIENT_GO();
  ClientGo one("one", lease(), kubeconfig(), kSlowRenewals);
  one.WaitUntilItLeads();
  ClientGo two("two", lease(), kubeconfig(), kSlowRenewals);

  const Instant deleted = BootNow();
  cluster().DeleteLease("default", lease());
  // Whoever of the two is first; the old leader may be it, and then nothing
  // ends.
  ASSERT_TRUE(Eventually(kLong, [&] { return Holder() != ""; }));
  if (Holder() == "two") {
    const Instant stopped = one.WaitUntilItStops(deleted);
    two.WaitUntilItLeads();
    Figure("client-go, D = 3 s: lease deleted to its stop", stopped - deleted);
    Figure("client-go, D = 3 s: both lead", stopped - two.Spans().front().from);
  } else {
    std::cout << "figure: client-go: the old leader took it anew\n";
  }
}

// Labels and annotations are not the record; the writes they cross are done
// again, and the term goes on.
TEST_F(ByHandTest, LabelEditsFiveTimesASecondCostNothing) {
  NewFleet({kAtOnce}, kSlowRenewals).Start(2);
  fleet().WaitForAll();
  Agent& leader = fleet().WaitForLeader();

  constexpr int kEdits = 30;  // Longer than one lease duration.
  const Instant start = BootNow();
  for (int i = 0; i < kEdits; ++i) {
    const Instant due = start + i * milliseconds(200);
    Eventually(seconds(1), [&] { return BootNow() >= due; });
    Patch({{"metadata", {{"labels", {{"edit", std::to_string(i)}}}}}});
  }
  fleet().WaitForRenewal(leader);

  EXPECT_EQ(fleet().observer().Terms().size(), 1u);
  EXPECT_EQ(ReadLease()["metadata"]["labels"]["edit"],
            std::to_string(kEdits - 1));
}

}  // namespace
}  // namespace fleet

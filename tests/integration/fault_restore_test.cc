// etcd restored from a backup: versions go back, and with them what the fencing
// token stands on. Row 31 of the table of faults, rule T11.
#include "tests/integration/fault_fixture.h"

namespace fleet {
namespace {

using base::Instant;
using std::chrono::seconds;
using support::BootNow;
using support::Eventually;

class FaultRestoreTest : public FaultTest {
 protected:
  // The store as it is now goes aside, and all agents go on after that.
  void Save() {
    cluster().api_server().Kill();
    cluster().etcd().Terminate();
    cluster().etcd().process().Wait(kLong);
    cluster().SaveEtcd(lease());
    StartServers();
  }
  void Restore() {
    cluster().api_server().Kill();
    cluster().etcd().Kill();
    cluster().RestoreEtcd(lease());
    StartServers();
  }
  long long Version() {
    return std::stoll(
        ReadLease()["metadata"]["resourceVersion"].get<std::string>());
  }

 private:
  void StartServers() {
    cluster().etcd().Start();
    cluster().api_server().Start();
    cluster().WaitReady();
  }
};

TEST_F(FaultRestoreTest, Fault31_ARestoredStoreIsRefused) {
  NewFleet({kAtOnce}, kPatient).Start(3);
  fleet().WaitForAll();
  Agent& leader = fleet().WaitForLeader();
  Save();
  fleet().WaitForRenewal(leader);
  const long long saved = Version();
  for (int i = 0; i < 3; ++i) fleet().WaitForRenewal(leader);
  ASSERT_GT(Version(), saved);
  WaitForWatches();  // All see what will be gone.
  fleet().WaitForRenewal(leader);

  const Instant restored = BootNow();
  Restore();
  ASSERT_LT(Version(), saved + 1);
  fleet().WaitForNo(leader, restored);
  for (const auto& [name, agent] : fleet().agents()) {
    EXPECT_TRUE(Eventually(
        kLong, [&agent = agent] { return agent->Ask()->state == "refusing"; }))
        << name << agent->Log();
    EXPECT_TRUE(Logged(*agent, "refused a restored store")) << name;
  }
  LetPass(seconds(2));
  ExpectOneTerm();
}

// The term outlasts the time that the backup takes; so the token of the next
// one still grows, which is not promised here.
TEST_F(FaultRestoreTest, Fault31_ARestoredStoreIsAcceptedWhenToldSo) {
  constexpr Timing kTiming{seconds(40), seconds(32), seconds(1)};
  NewFleet({kAtOnce, "--accept-restored-store"}, kTiming).Start(2);
  fleet().WaitForAll();
  Agent& leader = fleet().WaitForLeader();
  fleet().WaitForRenewal(leader);
  Save();
  for (int i = 0; i < 4; ++i) fleet().WaitForRenewal(leader);
  ExpectOneTerm();

  const Instant restored = BootNow();
  Restore();
  fleet().WaitForNo(leader, restored);
  WaitForLog(leader, "accepted a restored store");
  const Term next = fleet().WaitForTerm(restored);

  EXPECT_GE(next.first_yes - restored, kTiming.lease_duration);
  Figure("store restored to the next leader, L = 40 s",
         next.first_yes - restored);
}

}  // namespace
}  // namespace fleet

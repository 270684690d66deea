// Somebody edits the Lease while its holder is cut off and still counts on its
// deadline: nothing a hand can do to it may make a second leader. Rows 4, 10,
// 20 and 27 of the table of faults. (by_hand_test.cc: what a connected leader
// does about it.)
#include "tests/integration/fault_fixture.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::BootNow;
using support::Eventually;
using support::TcpProxy;

// The lease lasts well beyond the leader's deadline, and an edit comes at once
// after a renewal: what takes too early overlaps by seconds.
constexpr Timing kTiming{seconds(6), seconds(4), milliseconds(500)};

class FaultEditTest : public FaultTest {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    if (IsSkipped() || HasFailure()) return;
    proxy_ = std::make_unique<TcpProxy>(cluster().port());
  }

  // Behind the proxy, with two standbys that are not.
  Agent& Leader() {
    // Its lease was waited out once: nobody trusts a new one.
    NewFleet({}, kTiming);
    Agent& leader = AddBy(proxy_->port());
    fleet().WaitForLeader();
    fleet().Start(2);
    fleet().WaitForAll();
    WaitForWatches();
    fleet().WaitForRenewal(leader);
    return leader;
  }

  json Spec() { return ReadLease().at("spec"); }
  void Patch(const json& patch) {
    cluster().PatchLease("default", lease(), patch);
  }

  // Cuts `leader` off, lets `edit` do its work, and waits for the next one.
  void ExpectToBeWaitedOut(Agent& leader, const std::string& what,
                           const std::function<void()>& edit) {
    fleet().WaitForRenewal(leader);
    proxy_->BlackHole();
    const Instant edited = BootNow();
    edit();
    const Term next = ExpectToBeReplaced(leader);
    EXPECT_GE(next.first_yes - edited, kTiming.lease_duration - seconds(1));
    Figure(what + " to the next leader, L = 6 s", next.first_yes - edited);
    const Term old = fleet().observer().Terms().front();
    EXPECT_GT(old.promised_until - edited, kTiming.renew_deadline / 2)
        << "it was not leading when the lease was edited";
  }

 private:
  std::unique_ptr<TcpProxy> proxy_;
};

TEST_F(FaultEditTest, Fault10_AHolderEmptiedWhileItIsCutOff) {
  ExpectToBeWaitedOut(Leader(), "holder emptied", [this] {
    Patch({{"spec", {{"holderIdentity", ""}}}});
  });
}

// Just what client-go's release looks like.
TEST_F(FaultEditTest, Fault10_AHolderEmptiedWithADurationOfOneSecond) {
  ExpectToBeWaitedOut(Leader(), "holder emptied, duration 1 s", [this] {
    Patch({{"spec", {{"holderIdentity", ""}, {"leaseDurationSeconds", 1}}}});
  });
}

TEST_F(FaultEditTest, Fault10_ADurationSetToOneSecondWhileItIsCutOff) {
  ExpectToBeWaitedOut(Leader(), "duration set to 1 s", [this] {
    Patch({{"spec", {{"leaseDurationSeconds", 1}}}});
  });
}

TEST_F(FaultEditTest, Fault10_ALeaseDeletedWhileItsHolderIsCutOff) {
  ExpectToBeWaitedOut(Leader(), "lease deleted",
                      [this] { cluster().DeleteLease("default", lease()); });
}

TEST_F(FaultEditTest, Fault10_AnOldCopyAppliedWhileTheHolderIsCutOff) {
  Agent& leader = Leader();
  const json old = Spec();
  fleet().WaitForRenewal(leader);
  fleet().WaitForRenewal(leader);
  ExpectToBeWaitedOut(leader, "old copy applied", [&] {
    ASSERT_NE(Spec()["renewTime"], old["renewTime"]);
    Patch({{"spec", old}});
  });
}

// The lease as the holder before this one released it, mark and all.
TEST_F(FaultEditTest, Fault10_AnOldReleasedCopyAppliedWhileTheHolderIsCutOff) {
  NewFleet({kAtOnce, "--stop-order=sidecar-last"}, kTiming);
  Agent& before = fleet().Add();
  fleet().WaitForLeader();
  fleet().Stop(before);
  before.process().Wait(kLong);
  const json released = ReadLease();
  ASSERT_EQ(released["spec"]["holderIdentity"], "");
  ASSERT_TRUE(released["metadata"].contains("annotations"));

  TcpProxy proxy(cluster().port());
  Agent& leader = AddBy(proxy.port());
  const Instant added = BootNow();
  fleet().WaitForTerm(added);
  fleet().Start(3);
  fleet().WaitForAll();
  WaitForWatches();
  fleet().WaitForRenewal(leader);

  proxy.BlackHole();
  const Instant edited = BootNow();
  Patch({{"metadata", {{"annotations", released["metadata"]["annotations"]}}},
         {"spec", released["spec"]}});
  const Term next = fleet().WaitForTerm(edited);
  EXPECT_NE(next.agent, leader.name());
  EXPECT_GE(next.first_yes - edited, kTiming.lease_duration - seconds(1));
}

// The connected holder writes over it, and nobody has noticed.
TEST_F(FaultEditTest, Fault10_EditsThatLeaveTheHolderCostAConnectedOneNothing) {
  Agent& leader = Leader();
  const json old = Spec();

  Patch({{"spec", {{"leaseDurationSeconds", 1}}}});
  fleet().WaitForRenewal(leader);
  EXPECT_EQ(Spec()["leaseDurationSeconds"], 6);
  Patch({{"spec", old}});
  fleet().WaitForRenewal(leader);
  fleet().WaitForRenewal(leader);
  EXPECT_NE(Spec()["renewTime"], old["renewTime"]);

  ExpectOneTerm();
}

// Nor do edits keep a dead leader's lease alive.
TEST_F(FaultEditTest, Fault27_LabelsAndAnnotationsFiveTimesASecond) {
  Agent& leader = Leader();
  int edits = 0;
  const auto edit_for = [&](Duration duration) {
    const Instant end = BootNow() + duration;
    while (BootNow() < end) {
      const std::string value = std::to_string(++edits);
      Patch({{"metadata",
              {{"labels", {{"edit", value}}},
               {"annotations", {{"example.com/edit", value}}}}}});
      LetPass(milliseconds(200));
    }
  };
  edit_for(kTiming.lease_duration + seconds(1));
  ExpectOneTerm();

  const Instant killed = BootNow();
  leader.process().Kill();
  edit_for(kTiming.lease_duration);
  const Term next = fleet().WaitForTerm(killed);

  EXPECT_LT(next.first_yes - killed, kTiming.lease_duration + seconds(4));
  EXPECT_GT(edits, 40);
  Figure("SIGKILL to the next leader under edits, L = 6 s",
         next.first_yes - killed);
}

class FaultAccessTest : public FaultTest {};

TEST_F(FaultAccessTest, Fault20_ARuleTakenAwayAndGivenBack) {
  const std::string user = "clerk";
  cluster().GrantLease("default", lease(), user);
  NewFleet({kAtOnce});
  Agent& leader =
      fleet().Add({.kubeconfig = cluster().Kubeconfig(user, kNoGroups)});
  fleet().WaitForLeader();
  const std::string binding =
      "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings/"
      "leader-elector-" +
      lease();

  for (std::size_t round = 0; round < 2; ++round) {
    const int refused = Answers(leader, "update", "403");
    const Instant revoked = BootNow();
    cluster().Must("DELETE", binding);
    ASSERT_TRUE(Eventually(
        kLong, [&] { return Answers(leader, "update", "403") > refused; }));
    const LeaderAnswer no = fleet().WaitForNo(leader, revoked);
    EXPECT_EQ(no.status, 503);
    EXPECT_EQ(fleet().observer().Terms().size(), round + 1);

    const Instant given = BootNow();
    cluster().GrantLease("default", lease(), user);
    const Term next = fleet().WaitForTerm(given);
    Figure("rule given back to leading again", next.first_yes - given);
  }
}

// What a namespace controller does: the namespace ends, and what is in it goes,
// one by one. Nothing can be created in it any more.
TEST_F(FaultAccessTest, Fault20_ANamespaceThatTerminates) {
  const std::string name_space = "leaving";
  cluster().CreateNamespace(name_space);
  NewFleet({kAtOnce}, kPatient);
  const std::string kubeconfig =
      cluster().Kubeconfig("leaving",
                           {.certificate = cluster().ClientCertificate(
                                "leaving", {"system:masters"})},
                           name_space);
  Agent& leader = fleet().Add({.kubeconfig = kubeconfig});
  Agent& standby = fleet().Add({.kubeconfig = kubeconfig});
  fleet().WaitForAll();
  Agent& first = fleet().WaitForLeader();

  cluster().Must("DELETE", "/api/v1/namespaces/" + name_space);
  fleet().WaitForRenewal(first);
  fleet().WaitForRenewal(first);
  ExpectOneTerm();

  const Instant deleted = BootNow();
  cluster().DeleteLease(name_space, lease());
  const LeaderAnswer no = fleet().WaitForNo(first, deleted);
  Figure("lease of a terminating namespace deleted to /leader's no",
         no.told.received - deleted);
  for (const Agent* agent : {&leader, &standby}) {
    ASSERT_TRUE(Eventually(kLong, [&] {
      return Answers(*agent, "create", "403") > 0;
    })) << agent->Log();
    WaitForLog(*agent, "terminat");
  }
  LetPass(seconds(3));
  ExpectOneTerm();
}

}  // namespace
}  // namespace fleet

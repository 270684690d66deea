// client-go's known weaknesses beside ours: the same fault on both sides, and
// how long two led, or nobody. Ours must never have two. That client-go has is
// asserted only where no luck is involved; what it did is printed as a table,
// which docs/ELECTION.md holds.
//
// client-go leads from its "started" to its "stopped leading" callback; ours as
// long as an answer of /leader promised.
#include "tests/conformance/side_by_side.h"

namespace conformance {
namespace {

using base::Duration;
using base::Instant;
using fleet::ClientGo;
using fleet::kLong;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::BootNow;
using support::Eventually;
using support::Flow;
using support::Way;

// It releases before it stops its worker, and that request has no limit but
// another renew deadline.
TEST_F(SideBySideTest, ALeaderIsCutOffWithReleaseOnCancel) {
  Begin({.peers_release = true});

  const Instant fault = BootNow();
  CutOff(peers_line());
  CutOff(our_line());
  EXPECT_TRUE(WaitForPeer(fault, "a"));
  peer("a").WaitUntilItStops(fault);
  EXPECT_NE(fleet().WaitForTerm(fault).agent, "a");

  EXPECT_GT(peers_line().counts().Swallowed(Way::kToServer), 0u);
  EXPECT_GT(our_line().counts().Swallowed(Way::kToServer), 0u);
  Record("the leader is cut off", fault, fault, "release on cancel");
}

// It counts from the answer, the others from what was stored: here the answer
// takes 3.5 s, and then the leader is cut off.
TEST_F(SideBySideTest, AnAnswerComesLate) {
  constexpr Duration kLate = milliseconds(3500);
  Begin();
  const Instant peers_stored = HoldAnAnswer(peers_line());
  const Instant our_stored = HoldAnAnswer(our_line());

  WaitUntil(peers_stored + kLate);
  peers_line().SetFlow(Way::kToClient, Flow::kPass);
  WaitUntil(our_stored + kLate);
  our_line().SetFlow(Way::kToClient, Flow::kPass);
  EXPECT_TRUE(WaitForPeer(peers_stored, "a"));
  peer("a").WaitUntilItStops(peers_stored);
  EXPECT_NE(fleet().WaitForTerm(our_stored).agent, "a");

  EXPECT_GT(peers_line().counts().Swallowed(Way::kToServer), 0u);
  Record("an answer comes 3.5 s late, then the leader is cut off", peers_stored,
         our_stored);
}

// It waits for the answer until its renew deadline, and then stops its worker,
// though the API server would have answered the next request.
TEST_F(SideBySideTest, ARequestHangs) {
  Begin();
  const Instant peers_fault = LoseAnAnswer(peers_line());
  const Instant our_fault = LoseAnAnswer(our_line());

  peer("a").WaitUntilItStops(peers_fault);
  EXPECT_TRUE(WaitForPeer(peers_fault, ""));  // Itself, if it is the first.
  WaitUntil(our_fault + kScaled.lease_duration);

  const bool kept = fleet().observer().Terms().size() == 1;
  Record("the answer to one renewal is lost", peers_fault, our_fault,
         std::string("client-go stops its worker, ours ") +
             (kept ? "goes on" : "stopped as well"),
         /*two_leaders_expected=*/false);
}

// It takes the sight of another holder for a failed attempt.
TEST_F(SideBySideTest, TheLeaseIsGivenToAnother) {
  Begin();

  const Instant fault = BootNow();
  GiveTo(peers_lease(), "b");
  GiveTo(lease(), fleet().observer().Last("b")->incarnation);
  peer("b").WaitUntilItLeads();
  peer("a").WaitUntilItStops(fault);
  fleet().WaitForTerm(fault);

  EXPECT_LT(ToldNoAfter(fault), kScaled.renew_deadline);
  const Measured client_go =
      Record("the lease is given to another by hand", fault, fault);
  EXPECT_GT(client_go.two_lead, Duration(0));
}

// Release reads the newest version and then empties whatever it has read: here
// the live lease of b, which c then takes.
TEST_F(SideBySideTest, AReleaseMeetsANewHolder) {
  fleet::Timing slow = kScaled, fast = kScaled;
  slow.retry_period = milliseconds(3300);
  fast.retry_period = milliseconds(200);
  Begin({.peers_release = true,
         .flags = {fleet::kAtOnce, "--stop-order=sidecar-last"},
         .peer_timing = {slow, kScaled, fast}});

  // a of client-go's sleeps until its next renewal, and so does not see it.
  WaitForRenewalOf(peers_lease());
  GiveTo(peers_lease(), "b");
  peer("b").WaitUntilItLeads();
  WaitUntil(BootNow() + milliseconds(100));  // b's first renewals are over.
  const Instant peers_fault = BootNow();
  peer("a").process().Signal(SIGTERM);

  const std::string b = fleet().observer().Last("b")->incarnation;
  const Instant our_fault = BootNow();
  GiveTo(lease(), b);
  fleet().Stop(ours("a"));
  EXPECT_TRUE(ours("a").process().Wait(kLong));
  EXPECT_EQ(HolderOf(lease()), b) << "it wrote over what was not its own";

  EXPECT_TRUE(peer("a").process().Wait(kLong));
  if (WaitForPeer(peers_fault, "a") == "c") {
    peer("b").WaitUntilItStops(peers_fault);
  }
  fleet().WaitForTerm(our_fault);
  Record("a release meets a new holder", peers_fault, our_fault,
         "release on cancel; R = 3.3, 0.8 and 0.2 s");
}

// Whoever of its candidates is first creates the lease held, and leads beside
// the old leader, which goes on until its renew deadline.
TEST_F(SideBySideTest, TheLeaseIsDeleted) {
  constexpr int kTries = 3;
  Begin({.flags = {}});  // No trust in a new lease.
  const Instant our_fault = BootNow();
  cluster().DeleteLease("default", lease());

  // The old leader may be first, and then nothing has happened.
  Instant peers_fault;
  int tries = 0;
  do {
    WaitForRenewalOf(peers_lease());
    peers_fault = BootNow();
    cluster().DeleteLease("default", peers_lease());
    ASSERT_TRUE(
        Eventually(kLong, [&] { return HolderOf(peers_lease()) != ""; }));
  } while (HolderOf(peers_lease()) == "a" && ++tries < kTries);
  if (tries < kTries) peer("a").WaitUntilItStops(peers_fault);
  fleet().WaitForTerm(our_fault);

  EXPECT_LT(ToldNoAfter(our_fault), kScaled.renew_deadline);
  Record("the lease is deleted", peers_fault, our_fault,
         tries < kTries ? "a standby of client-go's created it anew"
                        : "client-go's leader was first to create it anew");
}

// The same while the leader can see nothing of it.
TEST_F(SideBySideTest, TheLeaseOfACutOffLeaderIsDeleted) {
  Begin({.flags = {}});

  const Instant fault = BootNow();
  CutOff(peers_line());
  CutOff(our_line());
  cluster().DeleteLease("default", peers_lease());
  cluster().DeleteLease("default", lease());
  EXPECT_TRUE(WaitForPeer(fault, "a"));
  peer("a").WaitUntilItStops(fault);
  EXPECT_NE(fleet().WaitForTerm(fault).agent, "a");

  const Measured client_go =
      Record("the leader is cut off and the lease deleted", fault, fault);
  EXPECT_GT(client_go.two_lead, Duration(0));
}

// When it goes on it tries to renew until its renew deadline, and leads.
TEST_F(SideBySideTest, ALeaderStandsStillForLongerThanItsLease) {
  Begin();
  WaitForRenewalOf(peers_lease());
  const Instant stopped = BootNow();
  peer("a").process().Signal(SIGSTOP);
  ours("a").process().Signal(SIGSTOP);
  EXPECT_TRUE(WaitForPeer(stopped, "a"));
  EXPECT_NE(fleet().WaitForTerm(stopped).agent, "a");

  const Instant woken = BootNow();
  peer("a").process().Signal(SIGCONT);
  ours("a").process().Signal(SIGCONT);
  StoodStill(stopped, woken);
  peer("a").WaitUntilItStops(woken);
  EXPECT_FALSE(fleet().WaitForNo(ours("a"), woken).told.leads);

  Record("the leader stands still for longer than its lease", stopped, stopped,
         "it leads again from when it goes on");
}

// It takes its own name for itself.
TEST_F(SideBySideTest, TwoHaveTheSameIdentity) {
  AddPeer("one", "twin", kubeconfig(), kScaled, false).WaitUntilItLeads();
  NewFleet({fleet::kAtOnce}, kScaled);
  fleet().Add({.name = "one", .identity = "twin"});
  fleet().WaitForLeader();

  const Instant fault = BootNow();
  AddPeer("two", "twin", kubeconfig(), kScaled, false).WaitUntilItLeads();
  fleet().Add({.name = "two", .identity = "twin"});
  fleet().WaitForAll();
  WaitUntil(fault + 2 * kScaled.lease_duration);

  const Measured client_go = Record("two have the same identity", fault, fault,
                                    "watched for 12 s; it does not end");
  EXPECT_GT(client_go.two_lead, Duration(0));
}

}  // namespace
}  // namespace conformance

// Giving up and staying in the election: T10, T12, T13, cooldown, permission.
#include "tests/unit/election/elector_fixture.h"

namespace election {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

TEST_F(ElectorTest, T10GivingUpTakesTheRoleDownAtOnce) {
  Candidate leader = Leader();

  leader.At(1s).Do(GiveUp{});

  EXPECT_FALSE(leader.Leads());
  EXPECT_THAT(leader.trace, ElementsAre("T10 stopped leading"));
  EXPECT_EQ(leader.state(), State::kDraining);
  EXPECT_TRUE(leader.Waits()) << "T13: the main container still stops";
}

TEST_F(ElectorTest, T13ReleasesWhenTheStopGraceIsOver) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{});

  leader.RunTo(5s - 1ns);
  EXPECT_EQ(store.record().holder, "a_1");
  leader.RunTo(5s);

  EXPECT_EQ(store.record().holder, "");
  EXPECT_EQ(store.record().mark,
            (k8s::ReleaseMark{"uid-1", "a_1", store.record().transitions}));
  EXPECT_EQ(leader.state(), State::kFollowing);
}

TEST_F(ElectorTest, T13KeepsRenewingWhileItDrains) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).At(2s).Tick();

  ASSERT_TRUE(leader.Asks(WriteKind::kRenew));
  leader.Answer();

  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 12s);
  EXPECT_FALSE(leader.Leads()) << "T4: draining";
}

TEST_F(ElectorTest, T13ReleasesAsSoonAsTheMainContainerHasDrained) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).At(1500ms).Do(Drained{});

  EXPECT_TRUE(leader.Asks(WriteKind::kRelease));
}

TEST_F(ElectorTest, T13ADrainedThatCameWhileLeadingDoesNotCount) {
  Candidate leader = Leader();
  leader.At(1s).Do(Drained{}).Do(GiveUp{});

  EXPECT_TRUE(leader.Waits());
}

// The order is about our own end: giving up, main goes on (A in the model).
TEST_F(ElectorTest, T10GivingUpDrainsUnderSidecarLastToo) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{});

  EXPECT_TRUE(leader.Waits());
  leader.RunTo(5s - 1ns);
  EXPECT_EQ(store.record().holder, "a_1");
}

TEST_F(ElectorTest, I3TheRoleIsPublishedDownBeforeAReleaseIsSent) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).Do(Drained{});

  ASSERT_TRUE(leader.Asks(WriteKind::kRelease));
  EXPECT_FALSE(leader.published.back().leads);
}

TEST_F(ElectorTest, T10AnUnansweredAcquireIsReadOnceMoreAndReleased) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  ASSERT_TRUE(candidate.Asks(WriteKind::kAcquire));
  candidate.Do(GiveUp{});
  candidate.At(2s).LoseAnswer();
  ASSERT_TRUE(candidate.read);
  candidate.Answer();

  EXPECT_FALSE(candidate.Leads());
  ASSERT_TRUE(candidate.Asks(WriteKind::kRelease));
  candidate.Answer();
  EXPECT_EQ(store.record().holder, "");
  EXPECT_EQ(candidate.state(), State::kFollowing);
}

TEST_F(ElectorTest, T10AnAcquireAnsweredWhileGivingUpNeverLeads) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  candidate.Do(GiveUp{}).Answer();

  EXPECT_FALSE(candidate.Leads());
  for (const View& view : candidate.published) EXPECT_FALSE(view.leads);
  EXPECT_TRUE(candidate.Asks(WriteKind::kRelease));
}

// T8 while a renewal is out: its late answer must not lead either.
TEST_F(ElectorTest, T10ARenewalAnsweredAfterGivingUpNeverLeads) {
  Candidate leader = Leader();
  leader.At(9s).Tick();
  ASSERT_TRUE(leader.Asks(WriteKind::kRenew));
  const WriteDone answer = leader.ApplyNow();
  leader.At(10s).Tick();
  ASSERT_EQ(leader.trace.back(), "T8 stopped leading");
  leader.Do(GiveUp{});

  leader.Finish(answer);

  EXPECT_FALSE(leader.Leads());
  leader.RunTo(14s);
  EXPECT_EQ(store.record().holder, "") << "and is released";
}

TEST_F(ElectorTest, T10ARenewalAnsweredWhilePausedIsNotKept) {
  Candidate leader = Leader();
  leader.At(9s).Tick();
  const WriteDone answer = leader.ApplyNow();
  leader.At(10s).Tick().Do(Permission{.paused = true});

  leader.Finish(answer).RunTo(14s);

  EXPECT_EQ(store.record().holder, "") << "nobody else could lead";
  EXPECT_EQ(leader.state(), State::kPaused);
}

// -------------------------------------------------------------- cooldown

TEST_F(ElectorTest, DoesNotContendForOneLeaseDurationAfterGivingUp) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).Do(Drained{}).Answer();
  ASSERT_EQ(store.record().holder, "");

  leader.RunTo(16s - 1ns);
  EXPECT_EQ(store.record().holder, "") << "free at once, but not for us";
  leader.RunTo(16s + 20ms);

  EXPECT_TRUE(leader.Leads());
}

TEST_F(ElectorTest, ContendsAgainAtOnceIfAnotherHasLedSince) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).Do(Drained{}).Answer();
  store.HoldAs("b_1");
  leader.At(2s).Watch();
  k8s::LeaseRecord released = ReleasedBy("b_1");
  released.transitions = released.mark->transitions =
      store.record().transitions;
  store.Put(released);

  leader.At(3s).Watch().RunTo(3s + 20ms);

  EXPECT_TRUE(leader.Leads());
}

// The dead holder has not led since.
TEST_F(ElectorTest, TheHolderThatItTriedToReplaceEndsNoCooldown) {
  Candidate candidate = Follower();
  candidate.At(15s).Tick().Answer();
  ASSERT_TRUE(candidate.Asks(WriteKind::kAcquire));
  candidate.Do(GiveUp{}).Refuse();

  candidate.RunTo(30s - 1ns);

  EXPECT_EQ(store.record().holder, "b_1");
  candidate.RunTo(30s + 20ms);
  EXPECT_EQ(store.record().holder, "a_1");
}

TEST_F(ElectorTest, CooldownHoldsForAnAbsentLeaseToo) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).Do(Drained{}).Answer();
  store.Delete();
  leader.Watch();

  EXPECT_TRUE(leader.Waits());
  leader.RunTo(16s - 1ns);
  EXPECT_FALSE(store.lease());
  leader.RunTo(16s);
  EXPECT_TRUE(store.lease());
}

// ------------------------------------------------------------- permission

TEST_F(ElectorTest, AnUnhealthyLeaderDrainsAndReleases) {
  Candidate leader = Leader();
  leader.At(1s).Do(Permission{.healthy = false});
  EXPECT_FALSE(leader.Leads());
  EXPECT_EQ(leader.state(), State::kDraining);

  leader.RunTo(6s);

  EXPECT_EQ(store.record().holder, "");
  EXPECT_EQ(leader.state(), State::kUnhealthy);
}

TEST_F(ElectorTest, PermissionThatComesBackWhileDrainingDoesNotLead) {
  Candidate leader = Leader();
  leader.At(1s).Do(Permission{.paused = true});
  leader.At(2s).Do(Permission{});

  EXPECT_FALSE(leader.Leads()) << "main was told to stop";
  leader.RunTo(6s);
  EXPECT_EQ(store.record().holder, "");
}

TEST_F(ElectorTest, APausedFollowerWatchesButTakesNothing) {
  Candidate candidate = Follower();
  candidate.Do(Permission{.paused = true});

  candidate.RunTo(60s);

  EXPECT_EQ(store.record().holder, "b_1");
  EXPECT_EQ(candidate.state(), State::kPaused);
}

TEST_F(ElectorTest, TheSamePermissionAgainIsNoNews) {
  Candidate candidate = Follower();
  candidate.Do(Permission{}).Do(Permission{});

  EXPECT_THAT(candidate.trace, IsEmpty());
}

TEST_F(ElectorTest, PermissionAtAFollowerChangesItsState) {
  Candidate candidate = Follower();
  candidate.Do(Permission{.healthy = false});
  EXPECT_EQ(candidate.state(), State::kUnhealthy);
  candidate.Do(Permission{.paused = true});
  EXPECT_EQ(candidate.state(), State::kPaused);
  candidate.Do(Permission{});
  EXPECT_EQ(candidate.state(), State::kFollowing);
}

// ---------------------------------------------------------- T12, giving up

TEST_F(ElectorTest, T12AReleaseThatTimedOutIsNotAskedAbout) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).Do(Drained{}).LoseAnswer();

  EXPECT_TRUE(leader.Waits());
  EXPECT_EQ(leader.state(), State::kFollowing);
  EXPECT_EQ(leader.trace.back(), "T12 could not release");
}

// 429, or nobody listens: certainly not stored.
TEST_F(ElectorTest, T12ARefusedReleaseIsMadeAgain) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).Do(Drained{}).Refuse();
  ASSERT_TRUE(leader.Asks(WriteKind::kRelease)) << "at once the first time";
  leader.Refuse();
  EXPECT_TRUE(leader.Waits());
  leader.TickEarly();

  ASSERT_TRUE(leader.Asks(WriteKind::kRelease));
  leader.Answer();
  EXPECT_EQ(store.record().holder, "");
  EXPECT_EQ(leader.trace.back(), "T12 released the lease");
}

TEST_F(ElectorTest, T12ARefusedReleaseWaitsAsTheServerAsks) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).Do(Drained{}).Refuse(1s);

  EXPECT_TRUE(leader.Waits());
  EXPECT_EQ(leader.elector.NextWake().earliest, kT0 + 2s);
}

// It is free for others then, release or not.
TEST_F(ElectorTest, T12ARefusedReleaseIsGivenUpWhenTheTermIsOver) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).Do(Drained{});
  for (int i = 0; i < 1000 && leader.Asks(WriteKind::kRelease); ++i) {
    leader.Refuse();
    if (leader.state() == State::kDraining && !leader.write) leader.TickEarly();
  }

  EXPECT_EQ(leader.trace.back(), "T12 could not release");
  EXPECT_GE(leader.now(), 10s);
  EXPECT_LT(leader.now(), 13s);
}

// F in the model: the release timed out, and a read shows our own record.
TEST_F(ElectorTest, T12AReleaseThatTimedOutLeadsNeverBackToLeading) {
  Candidate leader = Leader();
  leader.At(2s).Tick().LoseAnswer();  // An unknown renewal of that term.
  leader.Do(GiveUp{}).Do(Drained{}).Answer();
  ASSERT_TRUE(leader.Asks(WriteKind::kRelease));
  leader.LoseRequest();

  leader.Do(Doubt{}).AnswerAll();

  EXPECT_EQ(store.record().holder, "a_1");
  EXPECT_FALSE(leader.Leads());
  leader.RunTo(10s);
  EXPECT_FALSE(leader.Leads());
}

TEST_F(ElectorTest, T12AConflictIsReadAndReleasedAgainIfStillOurs) {
  Candidate leader = Leader();
  store.EditLabel();
  leader.At(1s).Do(GiveUp{}).Do(Drained{}).Answer();  // 409.
  ASSERT_TRUE(leader.read);
  leader.Answer();

  ASSERT_TRUE(leader.Asks(WriteKind::kRelease));
  leader.Answer();
  EXPECT_EQ(store.record().holder, "");
}

TEST_F(ElectorTest, T12AConflictWithAnotherHolderEndsIt) {
  Candidate leader = Leader();
  store.HoldAs("b_1");
  leader.At(1s).Do(GiveUp{}).Do(Drained{}).AnswerAll();

  EXPECT_EQ(store.record().holder, "b_1");
  EXPECT_EQ(leader.state(), State::kFollowing);
}

TEST_F(ElectorTest, GivingUpTwiceIsGivingUpOnce) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).At(3s).Do(GiveUp{});
  leader.RunTo(5s);

  EXPECT_EQ(store.record().holder, "");
}

TEST_F(ElectorTest, AFollowerThatGivesUpSaysNothing) {
  Candidate candidate = Follower();
  candidate.Do(GiveUp{});

  EXPECT_THAT(candidate.trace, IsEmpty());
  EXPECT_EQ(candidate.state(), State::kFollowing);
}

}  // namespace
}  // namespace election

// The end of the process: T10 with StopRequested, both stop orders, T12, and a
// bounded end from every state.
#include "tests/unit/election/elector_fixture.h"

namespace election {
namespace {

using testing::Contains;
using testing::ElementsAre;

// Nothing is answered any more: how long it takes until Stopped.
Duration EndsAfter(Candidate& candidate) {
  const Duration asked = candidate.now();
  for (int i = 0; i < 100 && !candidate.stopped; ++i) {
    Instant next = candidate.elector.NextWake().latest;
    if (candidate.read) next = std::min(next, candidate.read->deadline);
    if (candidate.write) next = std::min(next, candidate.write->deadline);
    if (next.is_never()) break;
    candidate.At(std::max(candidate.now(), next - kT0));
    if (candidate.read && candidate.read->deadline <= next) {
      candidate.FailRead();
    } else if (candidate.write && candidate.write->deadline <= next) {
      candidate.LoseRequest();
    }
    if (!candidate.stopped) candidate.Tick();
  }
  EXPECT_TRUE(candidate.stopped);
  EXPECT_EQ(candidate.state(), State::kStopped);
  EXPECT_TRUE(candidate.elector.NextWake().earliest.is_never());
  return candidate.now() - asked;
}

// ------------------------------------------------------------- stop orders

TEST_F(ElectorTest, T10StoppedTogetherItReleasesAfterTheStopGrace) {
  Candidate leader = Leader();
  leader.At(1s).Do(StopRequested{});
  EXPECT_FALSE(leader.Leads());
  EXPECT_THAT(leader.trace, ElementsAre("T10 stopped leading"));
  EXPECT_TRUE(leader.Waits());

  leader.RunTo(5s - 1ns);
  EXPECT_EQ(store.record().holder, "a_1");
  leader.RunTo(5s);

  EXPECT_EQ(store.record().holder, "");
  EXPECT_TRUE(leader.stopped);
}

TEST_F(ElectorTest, T10StoppedTogetherItReleasesOnceMainHasDrained) {
  Candidate leader = Leader();
  leader.At(1s).Do(StopRequested{}).At(1200ms).Do(Drained{});

  ASSERT_TRUE(leader.Asks(WriteKind::kRelease));
  leader.Answer();
  EXPECT_TRUE(leader.stopped);
  EXPECT_EQ(leader.trace.back(), "T12 released the lease");
}

TEST_F(ElectorTest, T12AReleaseRefusedAgainAndAgainEndsInTime) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();
  leader.At(1s).Do(StopRequested{});
  for (int i = 0; i < 20 && !leader.stopped; ++i) {
    if (leader.write) leader.Refuse();
    leader.At(std::max(leader.now(), leader.elector.NextWake().latest - kT0));
    leader.Tick();
  }
  EXPECT_TRUE(leader.stopped);
  EXPECT_EQ(leader.now(), 1s + 2 * FirstAttempt(config));
  EXPECT_EQ(leader.trace.back(), "T12 ran out of time to release");
}

TEST_F(ElectorTest, T10SidecarLastReleasesAtOnce) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();

  leader.At(1s).Do(StopRequested{});

  ASSERT_TRUE(leader.Asks(WriteKind::kRelease));
  EXPECT_FALSE(leader.published.back().leads) << "I3";
  leader.Answer();
  EXPECT_TRUE(leader.stopped);
}

// A renewal that is overdue, for it was refused, comes first no more.
TEST_F(ElectorTest, T10SidecarLastReleasesWhatItCouldNotRenew) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();
  leader.At(2s).Tick().Refuse();

  leader.At(2200ms).Do(StopRequested{}).TickEarly();

  EXPECT_TRUE(leader.Asks(WriteKind::kRelease));
}

TEST_F(ElectorTest, T12ALongRetryAfterLeavesTimeToReleaseBeforeTheEnd) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();
  leader.At(1s).Do(StopRequested{}).Refuse(60s);
  EXPECT_FALSE(leader.stopped);

  leader.TickEarly();

  EXPECT_LT(leader.now(), 4s);
  ASSERT_TRUE(leader.Asks(WriteKind::kRelease));
  leader.Answer();
  EXPECT_TRUE(leader.stopped);
  EXPECT_EQ(store.record().holder, "");
}

TEST_F(ElectorTest, T10SidecarLastWhileGivingUpReleasesAtOnce) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{});
  ASSERT_TRUE(leader.Waits());

  leader.At(2s - 1ns).Do(StopRequested{});

  EXPECT_TRUE(leader.Asks(WriteKind::kRelease));
}

TEST_F(ElectorTest, T10StoppedWhileGivingUpTheFirstGraceCounts) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).RunTo(3s).Do(StopRequested{}).RunTo(5s);

  EXPECT_TRUE(leader.stopped);
  EXPECT_EQ(store.record().holder, "");
}

TEST_F(ElectorTest, T10ASecondStopRequestChangesNothing) {
  Candidate leader = Leader();
  leader.At(1s).Do(StopRequested{});
  const WakeWindow wake = leader.elector.NextWake();

  leader.Do(StopRequested{}).At(1500ms).Do(StopRequested{});

  EXPECT_EQ(leader.elector.NextWake(), wake);
  EXPECT_THAT(leader.trace, ElementsAre("T10 stopped leading"));
}

TEST_F(ElectorTest, T10TheRenewalThatIsOutIsWaitedForThenReleased) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();
  leader.At(2s).Tick().Do(StopRequested{});
  ASSERT_TRUE(leader.Asks(WriteKind::kRenew));

  leader.At(3s).Answer();

  ASSERT_TRUE(leader.Asks(WriteKind::kRelease));
  leader.Answer();
  EXPECT_EQ(store.record().holder, "");
}

TEST_F(ElectorTest, T10AnUnknownAcquireIsReadAndReleasedBeforeItStops) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  candidate.Do(StopRequested{}).At(1s).LoseAnswer();
  EXPECT_FALSE(candidate.stopped);

  candidate.AnswerAll();

  EXPECT_TRUE(candidate.stopped);
  EXPECT_EQ(store.record().holder, "");
}

TEST_F(ElectorTest, T10ARecordOfOursThatNobodyTookIsReleasedAfterT8) {
  Candidate leader = Leader();
  leader.At(10s).Tick();
  ASSERT_EQ(leader.state(), State::kFollowing);

  leader.At(14s).Do(StopRequested{}).AnswerAll();

  EXPECT_TRUE(leader.stopped);
  EXPECT_EQ(store.record().holder, "");
}

// The leader that it was taken from may still count on its deadline, and a mark
// of ours would free the lease for a third one at once.
TEST_F(ElectorTest, I1WhatWasGivenToItByHandIsNotReleased) {
  Candidate candidate = Follower();
  candidate.At(1s);
  store.Edit([](k8s::LeaseRecord& r) { r.holder = "a_1"; });
  candidate.Watch().Do(StopRequested{}).AnswerAll();

  EXPECT_TRUE(candidate.stopped);
  EXPECT_EQ(store.record().holder, "a_1");
  EXPECT_FALSE(store.record().mark);
}

// T8 was at 10 s: the main container may act until 14 s.
TEST_F(ElectorTest, T13TheGraceCountsFromTheEndOfTheTermNotFromTheRelease) {
  Candidate leader = Leader();
  leader.At(13s).Tick();  // A paused process wakes up late.
  ASSERT_EQ(leader.trace.back(), "T8 stopped leading");
  leader.Do(StopRequested{});

  leader.RunTo(14s - 1ns);
  EXPECT_EQ(store.record().holder, "a_1");
  leader.RunTo(14s);
  EXPECT_EQ(store.record().holder, "");
}

// --------------------------------------------------------------------- T12

TEST_F(ElectorTest, T12AnsweredOrTimedOutItIsStopped) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();
  leader.At(1s).Do(StopRequested{}).LoseRequest();

  EXPECT_TRUE(leader.stopped);
}

TEST_F(ElectorTest, T12AConflictIsTriedAgainWithinTheTimeLeft) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();
  leader.At(1s);
  store.EditLabel();
  leader.Do(StopRequested{}).AnswerAll();

  EXPECT_TRUE(leader.stopped);
  EXPECT_EQ(store.record().holder, "");
}

TEST_F(ElectorTest, T12AConflictStormEnds) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();
  leader.At(1s).Do(StopRequested{});
  for (int i = 0; i < 1000 && !leader.stopped; ++i) {
    if (leader.write) store.EditLabel();
    if (leader.Waits()) {
      leader.TickEarly();
    } else {
      leader.Answer();
    }
  }
  EXPECT_TRUE(leader.stopped);
  EXPECT_LE(leader.now(), 1s + 4s);
}

TEST_F(ElectorTest, T12LostTheRaceAtTheRelease) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();
  leader.At(1s);
  store.HoldAs("b_1");
  leader.Do(StopRequested{}).AnswerAll();

  EXPECT_TRUE(leader.stopped);
  EXPECT_EQ(store.record().holder, "b_1");
}

TEST_F(ElectorTest, T12NothingHappensAfterTheEnd) {
  config.stop_order = StopOrder::kSidecarLast;
  Candidate leader = Leader();
  leader.Do(StopRequested{}).AnswerAll();
  const std::size_t told = leader.trace.size();

  leader.Do(GiveUp{}).Do(Doubt{}).Do(Permission{}).Do(StopRequested{}).Tick();
  store.HoldAs("b_1");
  leader.Watch();

  EXPECT_TRUE(leader.stopped && !leader.read && !leader.write);
  EXPECT_EQ(leader.trace.size(), told);
}

// -------------------------------------------- a bounded end from every state

TEST_F(ElectorTest, EndsWithinItsTimeWhenLeading) {
  for (const bool last : {false, true}) {
    store = LeaseStore();
    config.stop_order = last ? StopOrder::kSidecarLast : StopOrder::kTogether;
    Candidate leader = Leader();
    leader.At(1s).Do(StopRequested{});
    EXPECT_LE(EndsAfter(leader), last ? 4s : 8s);
  }
}

TEST_F(ElectorTest, EndsWithinItsTimeWhenLeadingInAnOutage) {
  Candidate leader = Leader();
  leader.At(2s).Tick().At(3s).Do(StopRequested{});
  EXPECT_LE(EndsAfter(leader), 8s);
}

TEST_F(ElectorTest, EndsAtOnceWhenFollowing) {
  Candidate candidate = Follower();
  candidate.At(1s).Do(StopRequested{});
  EXPECT_EQ(EndsAfter(candidate), 0s);
}

TEST_F(ElectorTest, EndsAtOnceWhenFollowingWithAReadOut) {
  Candidate candidate = Follower();
  candidate.At(5s).Tick().Do(StopRequested{});
  ASSERT_TRUE(candidate.read);
  EXPECT_EQ(EndsAfter(candidate), 0s);
}

TEST_F(ElectorTest, EndsAtOnceBeforeTheFirstAnswer) {
  Candidate candidate(config, store);
  candidate.Do(Start{}).Do(StopRequested{});
  EXPECT_EQ(EndsAfter(candidate), 0s);
}

TEST_F(ElectorTest, EndsAtOnceBeforeItHasStarted) {
  Candidate candidate(config, store);
  candidate.Do(StopRequested{});
  EXPECT_EQ(EndsAfter(candidate), 0s);
}

TEST_F(ElectorTest, EndsWithinItsTimeWhenCreating) {
  Candidate candidate = Started();
  ASSERT_TRUE(candidate.Asks(WriteKind::kCreate));
  candidate.Do(StopRequested{});
  EXPECT_LE(EndsAfter(candidate), 4s);
}

TEST_F(ElectorTest, EndsWithinItsTimeWhenAcquiring) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  ASSERT_TRUE(candidate.Asks(WriteKind::kAcquire));
  candidate.Do(StopRequested{});
  EXPECT_LE(EndsAfter(candidate), 4s);
}

TEST_F(ElectorTest, EndsWithinItsTimeWhenDraining) {
  Candidate leader = Leader();
  leader.At(1s).Do(GiveUp{}).At(2s - 1ns).Do(StopRequested{});
  EXPECT_LE(EndsAfter(leader), 8s);
}

TEST_F(ElectorTest, EndsAtOnceWhenPausedOrUnhealthy) {
  for (const bool paused : {false, true}) {
    store = LeaseStore();
    Candidate candidate = Follower();
    candidate.Do(Permission{.healthy = paused, .paused = paused});
    candidate.Do(StopRequested{});
    EXPECT_EQ(EndsAfter(candidate), 0s);
  }
}

TEST_F(ElectorTest, EndsAtOnceWhenRefusing) {
  Candidate candidate = Follower();
  k8s::Lease backup = *store.lease();
  --backup.resource_version;
  store.Restore(backup);
  candidate.At(5s).Tick().Answer();
  ASSERT_EQ(candidate.state(), State::kRefusing);

  candidate.Do(StopRequested{});

  EXPECT_EQ(EndsAfter(candidate), 0s);
}

}  // namespace
}  // namespace election

// News from the watch before, after and beside our own answers; doubt; waking.
#include "tests/unit/election/elector_fixture.h"

namespace election {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(ElectorTest, OwnAcquireSeenByTheWatchLeadsOnlyWithItsAnswer) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  const WriteDone answer = candidate.ApplyNow();
  candidate.Watch();
  EXPECT_FALSE(candidate.Leads());

  candidate.At(500ms).Finish(answer);

  EXPECT_TRUE(candidate.Leads());
  EXPECT_FALSE(candidate.LeadsAt(10s));
  EXPECT_EQ(candidate.elector.view().fencing_token, store.version());
}

TEST_F(ElectorTest, OwnRenewalSeenByTheWatchFirstIsNoLoss) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  const WriteDone answer = leader.ApplyNow();
  leader.Watch();
  EXPECT_TRUE(leader.Leads());
  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 10s) << "I4";

  leader.Finish(answer);

  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 12s);
}

// An API server that takes longer than an attempt: the read comes too soon, and
// the next write is on its way when the watch shows the first one.
TEST_F(ElectorTest, T9AWatchEventProvesAnUnknownRenewal) {
  Candidate leader = Leader();
  leader.At(2s).Tick().LoseRequest();  // Unknown; stored later.
  ASSERT_TRUE(leader.read) << "T9: read before anything else";
  leader.At(4s).Answer().Tick();
  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 10s);

  leader.HeldBackArrives();
  leader.At(5s).Watch();

  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 12s);
  EXPECT_TRUE(leader.Leads());
}

// It counts from when it was sent, be that as long ago as it is.
TEST_F(ElectorTest, T9AWatchEventOfAnOldWriteProvesNoTerm) {
  Candidate leader = Leader();
  leader.At(2s).Tick().LoseRequest();
  leader.At(13s).FailRead();
  EXPECT_FALSE(leader.Leads());

  leader.HeldBackArrives();
  leader.Watch();

  EXPECT_FALSE(leader.Leads());
}

TEST_F(ElectorTest, OwnWriteSeenByTheWatchAfterItsAnswerChangesNothing) {
  Candidate leader = Leader();
  leader.At(2s).Tick().Answer();
  const View before = leader.elector.view();

  leader.At(3s).Watch();

  EXPECT_EQ(leader.elector.view(), before);
}

TEST_F(ElectorTest, ARenewalOvertakenByALabelEditIsReadAndKept) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  const WriteDone answer = leader.ApplyNow();
  store.EditLabel();
  leader.Watch().Finish(answer);
  ASSERT_TRUE(leader.read);
  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 10s);

  leader.Answer();

  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 12s);
}

TEST_F(ElectorTest, AnAcquireOvertakenByAWipeIsNotHeld) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  const WriteDone answer = candidate.ApplyNow();
  store.Edit([](k8s::LeaseRecord& r) { r.holder.clear(); });
  candidate.Watch().Finish(answer).AnswerAll();

  EXPECT_FALSE(candidate.Leads());
  for (const View& view : candidate.published) EXPECT_FALSE(view.leads);
}

TEST_F(ElectorTest, T11AnEventOlderThanTheNewestVersionIsIgnored) {
  Candidate leader = Leader();
  WatchEvent old{.follows = 3, .lease = *store.lease()};
  old.lease.record.holder = "b_1";
  old.lease.resource_version = leader.elector.view().fencing_token - 1;

  leader.At(1s).Do(old);

  EXPECT_TRUE(leader.Leads());
}

TEST_F(ElectorTest, TheReleaseOfAnEarlierTermThatComesLateFreesNothing) {
  Candidate candidate = Follower();
  candidate.At(1s);
  k8s::LeaseRecord released = store.record();
  released.holder.clear();
  released.mark = {released.uid, "b_1", released.transitions};
  store.Put(released);
  store.HoldAs("c_1");

  candidate.Watch().Answer();  // Both, one after the other, and a read.

  EXPECT_TRUE(candidate.Waits());
  EXPECT_GT(candidate.elector.NextWake().earliest, kT0 + 2s);
}

// ---------------------------------------------------------------- doubt

TEST_F(ElectorTest, DoubtIsReadAtOnce) {
  Candidate leader = Leader();
  leader.At(1s).Do(Doubt{});
  ASSERT_TRUE(leader.read);

  leader.Answer();

  EXPECT_TRUE(leader.Leads());
  EXPECT_TRUE(leader.Waits());
  EXPECT_THAT(leader.trace, IsEmpty());
}

TEST_F(ElectorTest, DoubtDuringAReadIsReadAgain) {
  Candidate candidate = Follower();
  candidate.At(5s).Tick();
  ASSERT_TRUE(candidate.read);
  const std::uint64_t first = candidate.read->id;

  candidate.Do(Doubt{}).Answer();

  ASSERT_TRUE(candidate.read) << "the first answer may be older than the doubt";
  EXPECT_NE(candidate.read->id, first);
  candidate.Answer();
  EXPECT_TRUE(candidate.Waits());
}

TEST_F(ElectorTest, DoubtDuringAWriteIsReadAfterIt) {
  Candidate leader = Leader();
  leader.At(2s).Tick().Do(Doubt{}).Answer();

  EXPECT_TRUE(leader.read);
  EXPECT_TRUE(leader.Leads());
}

TEST_F(ElectorTest, DoubtAtAFreeLeaseAcquiresOnlyAfterAnUndoubtedRead) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate(config, store);
  candidate.Do(Start{}).Do(Doubt{}).Answer();
  EXPECT_TRUE(candidate.read);

  candidate.Answer();

  EXPECT_TRUE(candidate.Asks(WriteKind::kAcquire));
}

// Reads are refused and writes are not: the renewal says what a read would.
TEST_F(ElectorTest, DoubtThatNoReadSettlesIsSettledByARenewal) {
  Candidate leader = Leader();
  leader.At(1900ms).Do(Doubt{}).FailRead();
  EXPECT_TRUE(leader.Waits());
  leader.At(2s).Tick();
  if (leader.read) leader.FailRead().Tick();
  ASSERT_TRUE(leader.Asks(WriteKind::kRenew));

  leader.Answer();

  EXPECT_TRUE(leader.Waits());
  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 12s);
  EXPECT_EQ(leader.elector.NextWake().earliest, kT0 + 4s);
}

TEST_F(ElectorTest, DoubtsThatNoReadSettlesCostNobodyTheLease) {
  Candidate leader = Leader();
  leader.At(1s).Do(Doubt{});
  for (int i = 0; i < 1000 && leader.now() < 60s; ++i) {
    if (leader.read) {
      leader.FailRead().Do(Doubt{});
    } else if (leader.write) {
      leader.Answer().Do(Doubt{});
    } else {
      leader.At(leader.elector.NextWake().latest - kT0).Tick();
    }
    ASSERT_TRUE(leader.Leads());
  }
  EXPECT_GE(leader.now(), 60s);
}

// --------------------------------------------------------------- I2, I6

TEST_F(ElectorTest, I2NothingElseIsAskedWhileARequestIsOut) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  ASSERT_TRUE(leader.write);

  leader.At(3s).Tick().Do(Doubt{}).Do(WatchLost{}).Do(GiveUp{}).Do(Drained{});
  leader.At(9s).Tick().Do(StopRequested{}).Tick();

  EXPECT_TRUE(leader.Asks(WriteKind::kRenew));  // Take() checks the rest.
}

TEST_F(ElectorTest, I6EveryWriteOverALeaseCarriesTheStateItReplaces) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  ASSERT_TRUE(leader.write->write.base);
  EXPECT_EQ(leader.write->write.base->record, store.record());
  EXPECT_EQ(leader.write->write.base->resource_version, store.version());
  leader.Answer().Do(GiveUp{}).Do(Drained{});

  ASSERT_TRUE(leader.Asks(WriteKind::kRelease));
  EXPECT_EQ(leader.write->write.base->record, store.record());
  EXPECT_EQ(leader.write->write.base->resource_version, store.version());
}

// ---------------------------------------------------------------- waking

TEST_F(ElectorTest, AnEarlyTickDoesNothing) {
  Candidate leader = Leader();
  const WakeWindow wake = leader.elector.NextWake();

  leader.At(1s).Tick().Tick();

  EXPECT_TRUE(leader.Waits());
  EXPECT_EQ(leader.elector.NextWake(), wake);
}

TEST_F(ElectorTest, TheWindowStaysTheSameWhileNothingHappens) {
  Candidate candidate = Follower();
  const WakeWindow wake = candidate.elector.NextWake();
  candidate.At(1s).Tick().At(2s).Do(Permission{});
  EXPECT_EQ(candidate.elector.NextWake(), wake);
}

TEST_F(ElectorTest, AWriteThatIsOutIsWaitedForWithoutWaking) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  ASSERT_TRUE(candidate.write);
  EXPECT_TRUE(candidate.elector.NextWake().earliest.is_never());
}

// ------------------------------------------------------------------- I7

TEST_F(ElectorTest, I7SomebodyLeadsWithinOneLeaseAndTwoRetryWindows) {
  for (const bool watch : {true, false}) {
    store = LeaseStore();
    store.Put(Record("b_1"));
    Candidate candidate = Started();
    if (watch) candidate.Do(WatchLive{});
    while (!candidate.Leads() && candidate.now() < 60s) {
      candidate.At(
          std::max(candidate.now(), candidate.elector.NextWake().latest - kT0));
      candidate.Tick().AnswerAll();
    }
    EXPECT_LE(candidate.now(), 15s + 2 * 4400ms);
  }
}

}  // namespace
}  // namespace election

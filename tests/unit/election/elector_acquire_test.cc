// From the first look at the lease to the first term: T1, T2, T5, T6.
#include "tests/unit/election/elector_fixture.h"

namespace election {
namespace {

using testing::Contains;
using testing::ElementsAre;

// leaseTransitions is an int32: counted up to its end, by hand or by a mistake,
// it must not keep everybody from leading.
TEST_F(ElectorTest, T5CountsTransitionsNoHigherThanTheApiCanHold) {
  k8s::LeaseRecord record = ReleasedBy("z_1");
  record.transitions = record.mark->transitions = 2147483647;
  store.Put(record);
  Candidate candidate(config, store);

  candidate.Do(Start{}).AnswerAll().Watch();

  EXPECT_TRUE(candidate.Leads());
  EXPECT_EQ(candidate.elector.view().lease.transitions, 2147483647);
}

// ------------------------------------------------------------------ T1

TEST_F(ElectorTest, T1ReadsAtOnceWhenStarted) {
  Candidate candidate(config, store);
  EXPECT_TRUE(candidate.elector.NextWake().earliest.is_never());

  candidate.Do(Start{});

  ASSERT_TRUE(candidate.read);
  EXPECT_EQ(candidate.read->deadline, kT0 + 2s);
  EXPECT_EQ(candidate.state(), State::kStarting);
  EXPECT_FALSE(candidate.Leads());
}

TEST_F(ElectorTest, T1KeepsAskingUntilItKnows) {
  Candidate candidate(config, store);
  candidate.Do(Start{}).FailRead();
  EXPECT_TRUE(candidate.Waits()) << "not at once again";
  EXPECT_EQ(candidate.elector.NextWake(), (WakeWindow{kT0 + 400ms, kT0 + 2s}));

  candidate.TickEarly();

  EXPECT_TRUE(candidate.read);
  EXPECT_EQ(candidate.state(), State::kStarting);
}

TEST_F(ElectorTest, T1IgnoresTheWatchBeforeItHasStarted) {
  store.Put(Record("b_1"));
  Candidate candidate(config, store);
  candidate.Watch();
  EXPECT_TRUE(candidate.trace.empty());
  EXPECT_FALSE(candidate.elector.view().lease_exists);
}

// ------------------------------------------------------------------ T2

TEST_F(ElectorTest, T2CreatesAnAbsentLeaseEmpty) {
  Candidate candidate = Started();

  ASSERT_TRUE(candidate.Asks(WriteKind::kCreate));
  const k8s::LeaseWrite& write = candidate.write->write;
  EXPECT_FALSE(write.base) << "I6: a create names no version";
  EXPECT_EQ(write.record.holder, "");
  EXPECT_EQ(write.record.transitions, 0);
  EXPECT_EQ(write.record.duration_seconds, 15);
  EXPECT_FALSE(write.record.mark);
}

TEST_F(ElectorTest, T2WaitsOutTheLeaseThatItCreated) {
  Candidate candidate = Started();
  candidate.At(1s).Answer();
  EXPECT_FALSE(candidate.Leads());

  candidate.RunTo(16s - 1ns);
  EXPECT_FALSE(candidate.Leads());
  EXPECT_EQ(store.record().holder, "");

  candidate.RunTo(16s + 20ms);
  EXPECT_TRUE(candidate.Leads());
  EXPECT_EQ(store.record().transitions, 1);
}

TEST_F(ElectorTest, T2DoesNotWaitForANewLeaseIfToldToTrustIt) {
  config.trust_new_lease = true;
  Candidate candidate = Started();

  candidate.RunTo(20ms);

  EXPECT_TRUE(candidate.Leads());
}

TEST_F(ElectorTest, T2SomebodyElseWasFirst) {
  Candidate candidate = Started();
  store.Put(Record("b_1"));

  candidate.Answer();  // 422.
  ASSERT_TRUE(candidate.read) << "T9: read before anything else";
  candidate.Answer();

  EXPECT_EQ(candidate.state(), State::kFollowing);
  EXPECT_TRUE(candidate.Waits());
}

TEST_F(ElectorTest, T2DoesNotCreateWhileItMayNotContend) {
  Candidate candidate(config, store);
  candidate.Do(Permission{.healthy = false}).Do(Start{}).AnswerAll();

  candidate.RunTo(60s);

  EXPECT_FALSE(store.lease());
  EXPECT_EQ(candidate.state(), State::kUnhealthy);
}

// ------------------------------------------------------------------ T5

TEST_F(ElectorTest, T5TakesACrashedLeadersLeaseNotANanosecondTooEarly) {
  Candidate candidate = Follower();

  candidate.RunTo(15s - 1ns);
  EXPECT_EQ(store.record().holder, "b_1");

  candidate.RunTo(15s + 20ms);
  EXPECT_TRUE(candidate.Leads());
  EXPECT_EQ(store.record().holder, "a_1");
}

TEST_F(ElectorTest, T5ReadsConsistentlyBeforeItTakes) {
  Candidate candidate = Follower();
  candidate.At(15s).Tick();

  ASSERT_TRUE(candidate.read) << "a read comes first";
  candidate.Answer();

  EXPECT_TRUE(candidate.Asks(WriteKind::kAcquire));
}

TEST_F(ElectorTest, T5ALastSecondRenewalThatOnlyTheReadShowsIsHonoured) {
  Candidate candidate = Follower();
  store.HoldAs("b_1");  // The watch has not told yet.

  candidate.At(15s).Tick().Answer();

  EXPECT_TRUE(candidate.Waits());
  EXPECT_GE(candidate.elector.NextWake().earliest, kT0 + 15s + 1s);
}

TEST_F(ElectorTest, T5TakesByUidAndVersionWithOneMoreTransition) {
  Candidate candidate = Follower();
  candidate.At(15s).Tick().Answer();

  ASSERT_TRUE(candidate.Asks(WriteKind::kAcquire));
  const k8s::LeaseWrite& write = candidate.write->write;
  EXPECT_EQ(write.base->resource_version, store.version());
  EXPECT_EQ(write.base->record.uid, "uid-1");
  EXPECT_EQ(write.record.holder, "a_1");
  EXPECT_EQ(write.record.transitions, 4);
  EXPECT_EQ(write.record.duration_seconds, 15);
}

TEST_F(ElectorTest, T5RemovesTheMarkWhenItTakes) {
  store.Put(ReleasedBy("b_1"));
  Candidate candidate = Started();

  ASSERT_TRUE(candidate.Asks(WriteKind::kAcquire));
  EXPECT_FALSE(candidate.write->write.record.mark);
}

class TurnTest : public ElectorTest {
 protected:
  // Has heard at 1 s that the lease is free, and reads it.
  Candidate Reader() {
    Candidate candidate = Follower();
    candidate.At(1s);
    k8s::LeaseRecord released = ReleasedBy("b_1");
    ++released.renew_time;
    store.Put(released);
    candidate.Watch();
    EXPECT_TRUE(candidate.read);
    return candidate;
  }
};

TEST_F(TurnTest, T5TakesAReleasedLeaseWithinMilliseconds) {
  Candidate candidate = Reader();
  candidate.At(1005ms).Answer();
  EXPECT_TRUE(candidate.Waits());
  EXPECT_EQ(candidate.elector.NextWake(),
            (WakeWindow{kT0 + 1005ms, kT0 + 1045ms}))
      << "eight times what the read took";

  candidate.RunTo(1045ms);

  EXPECT_TRUE(candidate.Leads());
}

TEST_F(TurnTest, T5ItIsReadAgainBeforeItIsTaken) {
  Candidate candidate = Reader();
  candidate.At(1005ms).Answer().TickEarly();
  ASSERT_TRUE(candidate.read);
  candidate.At(1008ms).Answer();

  EXPECT_TRUE(candidate.Asks(WriteKind::kAcquire)) << "one turn is enough";
}

TEST_F(TurnTest, T5WhoHearsOfAnotherHolderInItsTurnTakesNothing) {
  Candidate candidate = Reader();
  candidate.At(1005ms).Answer();
  store.HoldAs("c_1");
  candidate.Watch().RunTo(2s);

  EXPECT_EQ(store.record().holder, "c_1");
}

TEST_F(TurnTest, T5AnEditOfALabelCostsNobodyItsTurn) {
  Candidate candidate = Reader();
  candidate.At(1005ms).Answer();
  store.EditLabel();
  candidate.At(1040ms).Watch();
  EXPECT_EQ(candidate.elector.NextWake().latest, kT0 + 1045ms);

  candidate.RunTo(1045ms);

  EXPECT_TRUE(candidate.Leads());
}

TEST_F(TurnTest, T5ATurnIsNeverLongerThanAQuarterOfTheRetryPeriod) {
  Candidate candidate = Reader();
  candidate.At(1900ms).Answer();

  EXPECT_EQ(candidate.elector.NextWake().latest, kT0 + 2400ms);
}

TEST_F(ElectorTest, T5AWipedHolderIsWaitedOut) {
  Candidate candidate = Follower();
  candidate.At(1s);
  store.Edit([](k8s::LeaseRecord& r) { r.holder.clear(); });
  candidate.Watch();

  candidate.RunTo(16s - 1ns);
  EXPECT_EQ(store.record().holder, "");
  candidate.RunTo(16s + 20ms);
  EXPECT_TRUE(candidate.Leads());
}

TEST_F(ElectorTest, T5LabelsOnAnUnbrokenWatchDoNotDelayTheTakeOver) {
  Candidate candidate = Follower();
  for (int i = 1; i < 15; ++i) {
    candidate.RunTo(i * 1s);
    store.EditLabel();
    candidate.Watch();
  }
  candidate.RunTo(15s + 20ms);

  EXPECT_TRUE(candidate.Leads());
}

TEST_F(ElectorTest, T5AnEqualRecordAfterAMissedChangeRestartsTheWait) {
  Candidate candidate = Follower();
  candidate.At(10s);
  const k8s::LeaseRecord old = store.record();
  store.HoldAs("c_1");
  store.Put(old);  // By hand, over c_1's term.
  candidate.WatchNewest();

  candidate.RunTo(25s - 1ns);
  EXPECT_FALSE(candidate.Leads());
  candidate.RunTo(25s + 20ms);
  EXPECT_TRUE(candidate.Leads());
}

TEST_F(ElectorTest, T5WaitsForTheLongerLeaseOfAnother) {
  config.lease_duration = 5s;
  config.renew_deadline = 3s;
  config.retry_period = 1s;
  config.stop_grace = 1s;
  Candidate candidate = Follower();  // b_1 has 15 s.

  candidate.RunTo(15s - 1ns);
  EXPECT_FALSE(candidate.Leads());
  candidate.RunTo(15s + 10ms);
  EXPECT_TRUE(candidate.Leads());
  EXPECT_EQ(store.record().duration_seconds, 5);
}

TEST_F(ElectorTest, T5LosesTheRaceAndFollows) {
  Candidate candidate = Follower();
  candidate.At(15s).Tick().Answer();
  ASSERT_TRUE(candidate.Asks(WriteKind::kAcquire));
  store.HoldAs("c_1");

  candidate.AnswerAll();

  EXPECT_FALSE(candidate.Leads());
  EXPECT_EQ(store.record().holder, "c_1");
  EXPECT_EQ(candidate.state(), State::kFollowing);
}

// ------------------------------------------------------------------ T6

TEST_F(ElectorTest, T6WithoutAWatchItPollsLikeClientGo) {
  store.Put(Record("b_1"));
  Candidate candidate = Started();

  EXPECT_EQ(candidate.elector.NextWake(), (WakeWindow{kT0 + 2s, kT0 + 4400ms}));
}

TEST_F(ElectorTest, T6WithAWatchItReadsOnlyAfterTwoMissedRenewals) {
  Candidate candidate = Follower();

  EXPECT_EQ(candidate.elector.NextWake(), (WakeWindow{kT0 + 5s, kT0 + 5400ms}));
}

TEST_F(ElectorTest, T6EachRenewalSeenPutsTheReadOff) {
  Candidate candidate = Follower();
  for (int i = 1; i < 20; ++i) {
    candidate.At(i * 2s);
    store.HoldAs("b_1");
    candidate.Watch().Tick();
    ASSERT_TRUE(candidate.Waits());
  }
}

TEST_F(ElectorTest, T6ReadsSoonAfterTheWatchIsLostButSpread) {
  Candidate candidate = Follower();

  candidate.At(1s).Do(WatchLost{});

  EXPECT_TRUE(candidate.Waits());
  EXPECT_EQ(candidate.elector.NextWake(), (WakeWindow{kT0 + 1s, kT0 + 3s}));
}

TEST_F(ElectorTest, T6SaysWhoLeadsOnce) {
  Candidate candidate = Follower();
  store.HoldAs("c_1");
  candidate.Watch();
  store.HoldAs("c_1");
  candidate.Watch();

  EXPECT_THAT(candidate.trace, ElementsAre("T6 saw new holder"));
  EXPECT_EQ(candidate.elector.view().lease.holder, "c_1");
}

TEST_F(ElectorTest, T6TellsWhenTheLeaseSeenRunsOut) {
  Candidate candidate = Follower();
  EXPECT_EQ(candidate.elector.view().lease_expires_at, kT0 + 15s);

  candidate.At(2s);
  store.HoldAs("b_1");
  candidate.Watch();

  EXPECT_EQ(candidate.elector.view().lease_expires_at, kT0 + 17s);
}

// Otherwise the mark of the first term 4 would look like that of the second.
TEST_F(ElectorTest, T5ANumberThatWasSeenIsNeverUsedAgain) {
  Candidate candidate = Follower();
  store.Edit([](k8s::LeaseRecord& r) { r.transitions = 8; });
  candidate.Watch();
  store.Put(Record("b_1"));  // An older copy, applied by hand: 3.
  candidate.Watch().RunTo(20s);

  EXPECT_TRUE(candidate.Leads());
  EXPECT_EQ(store.record().transitions, 9);
}

}  // namespace
}  // namespace election

// Answers that are unknown, late, twice or refusals: T3, T9, T11, and how often
// it asks again.
#include "tests/unit/election/elector_fixture.h"

namespace election {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// ---------------------------------------------------------------- T3, T9

TEST_F(ElectorTest, T3AnUnknownAcquireThatLandedIsFoundByARead) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  candidate.At(2s).LoseAnswer();
  EXPECT_FALSE(candidate.Leads());
  ASSERT_TRUE(candidate.read) << "T9: read before anything else";

  candidate.At(3s).Answer();

  EXPECT_THAT(candidate.trace, Contains("T9 became leader"));
  EXPECT_TRUE(candidate.LeadsAt(10s - 1ns));
  EXPECT_FALSE(candidate.LeadsAt(10s)) << "counts from when it was sent";
  EXPECT_EQ(candidate.elector.view().fencing_token, store.version());
}

TEST_F(ElectorTest, T3ALaterVersionReadIsTheToken) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  candidate.At(1s).LoseAnswer();
  store.EditLabel();

  candidate.Answer();

  EXPECT_EQ(candidate.elector.view().fencing_token, store.version());
}

TEST_F(ElectorTest, T3OurIncarnationWithoutAnUnknownWriteProvesNothing) {
  store.Put(Record("a_1"));  // By hand.
  Candidate candidate = Started();

  EXPECT_FALSE(candidate.Leads());
  candidate.RunTo(15s - 1ns);
  EXPECT_FALSE(candidate.Leads()) << "waited out like any other";
}

TEST_F(ElectorTest, T3ProofNeedsTheVeryRenewTime) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  candidate.LoseAnswer();
  store.Edit([](k8s::LeaseRecord& r) { --r.renew_time; });

  candidate.Answer();

  EXPECT_FALSE(candidate.Leads());
}

TEST_F(ElectorTest, T3ProofNeedsTheUidThatWasWrittenTo) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  candidate.ApplyNow();
  const k8s::LeaseRecord copy = store.record();
  store.Delete();
  store.Put(copy);
  store.Edit([](k8s::LeaseRecord& r) { r.uid = "uid-2"; });
  candidate.Watch();  // Before the answer that never comes.
  candidate.Finish(
      WriteDone{.id = candidate.write->id, .renew_time = copy.renew_time});

  candidate.AnswerAll();

  EXPECT_FALSE(candidate.Leads());
}

TEST_F(ElectorTest, T9AnUnknownRenewalKeepsTheOldDeadlineUntilProven) {
  Candidate leader = Leader();
  leader.At(2s).Tick().At(4s).LoseAnswer();
  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 10s);
  ASSERT_TRUE(leader.read);

  leader.At(5s).Answer();

  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 12s) << "sent at 2 s";
  EXPECT_TRUE(leader.Leads());
}

TEST_F(ElectorTest, T9AnUnknownRenewalThatDidNotLandProvesNothing) {
  Candidate leader = Leader();
  leader.At(2s).Tick().At(4s).LoseRequest().Answer();

  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 10s);
  EXPECT_TRUE(leader.Asks(WriteKind::kRenew)) << "again at once";
}

TEST_F(ElectorTest, T9ARenewalThatLandsAfterTheReadIsFoundByTheNextOne) {
  Candidate leader = Leader();
  leader.At(2s).Tick().At(4s).LoseRequest().Answer();
  EXPECT_EQ(leader.HeldBackArrives(), k8s::WriteStatus::kApplied);

  leader.Answer();  // 409 for the second renewal.
  ASSERT_TRUE(leader.read);
  leader.Answer();

  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 12s);
}

TEST_F(ElectorTest, T9ARenewalOfAnEndedTermProvesNothing) {
  Candidate leader = Leader();
  leader.At(2s).Tick().At(4s).LoseAnswer();
  const k8s::LeaseRecord renewed = store.record();
  store.HoldAs("b_1");
  leader.Watch();
  ASSERT_FALSE(leader.Leads());
  store.Put(renewed);  // By hand.

  leader.AnswerAll();

  EXPECT_TRUE(store.record().holder == "a_1");
  EXPECT_FALSE(leader.Leads());
}

TEST_F(ElectorTest, T9AnAnsweredRenewalProvesNothing) {
  Candidate leader = Leader();
  leader.At(2s).Tick().Answer();
  const k8s::LeaseRecord renewed = store.record();
  leader.At(3s);
  store.HoldAs("b_1");
  store.Put(renewed);  // By hand, over b_1's term.
  store.HoldAs("b_1");
  leader.Watch();
  ASSERT_FALSE(leader.Leads());
  store.Put(renewed);

  leader.Do(Doubt{}).AnswerAll();

  EXPECT_FALSE(leader.Leads());
}

TEST_F(ElectorTest, T9AConflictIsReadBeforeTheNextWrite) {
  Candidate leader = Leader();
  store.EditLabel();
  leader.At(2s).Tick().Answer();  // 409.
  ASSERT_TRUE(leader.read);

  leader.Answer();

  ASSERT_TRUE(leader.Asks(WriteKind::kRenew)) << "at once, after one conflict";
  leader.Answer();
  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 12s);
}

TEST_F(ElectorTest, T9AConflictStormSlowsDownAndCostsNothing) {
  Candidate leader = Leader();
  int writes = 0;
  while (leader.now() < 9s) {
    leader.TickEarly();
    while (!leader.Waits()) {
      if (leader.write) {
        store.EditLabel();
        ++writes;
      }
      leader.Answer();
    }
  }
  EXPECT_TRUE(leader.Leads());
  EXPECT_LT(writes, 60);
  leader.TickEarly().AnswerAll();
  EXPECT_TRUE(leader.LeadsAt(15s));
}

TEST_F(ElectorTest, T9AConflictStormWhileAcquiringSlowsDown) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate(config, store);
  candidate.Do(Start{});
  int writes = 0;
  while (candidate.now() < 10s) {
    while (!candidate.Waits()) {
      if (candidate.write) {
        ++writes;
        store.Edit([](k8s::LeaseRecord& r) { ++r.renew_time; });
      }
      candidate.Answer();
    }
    candidate.TickEarly();
  }
  EXPECT_GT(writes, 2);
  EXPECT_LT(writes, 30);
}

// -------------------------------------------------------- T11: old answers

TEST_F(ElectorTest, T11AnAnswerWithAnOldIdIsIgnored) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  const WriteDone answer = leader.ApplyNow();
  WriteDone unknown{.id = answer.id};
  leader.At(4s).Finish(unknown);

  leader.Do(answer);  // Too late: it was given up.

  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 10s);
}

TEST_F(ElectorTest, T11AnAnswerIsNotTakenForThatOfTheNextWrite) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  WriteDone first{.id = leader.write->id};
  leader.At(4s).LoseRequest().Answer();
  ASSERT_TRUE(leader.Asks(WriteKind::kRenew));
  first.status = k8s::WriteStatus::kRejected;

  leader.Do(first);

  leader.At(5s).Answer();  // The next one is still waited for.
  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 14s);
}

TEST_F(ElectorTest, T11TheSameAnswerTwiceCountsOnce) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  const WriteDone answer = leader.ApplyNow();
  leader.Finish(answer);
  store.HoldAs("b_1");
  leader.Watch();
  ASSERT_FALSE(leader.Leads());

  leader.Do(answer);

  EXPECT_FALSE(leader.Leads());
}

TEST_F(ElectorTest, T11AnAnswerOfTheOtherKindIsIgnored) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  ReadDone done{.id = leader.write->id, .status = k8s::ReadStatus::kAbsent};

  leader.Do(done);

  EXPECT_TRUE(leader.Leads());
  EXPECT_TRUE(leader.elector.view().lease_exists);
}

TEST_F(ElectorTest, T11AReadOvertakenByTheWatchIsIgnored) {
  Candidate candidate = Follower();
  candidate.At(5s).Tick();
  const ReadDone old = candidate.ReadAnswer();
  store.HoldAs("c_1");
  candidate.Watch();

  candidate.Finish(old);

  EXPECT_EQ(candidate.elector.view().lease.holder, "c_1");
  EXPECT_NE(candidate.state(), State::kRefusing) << "no restored store";
}

// The lease was absent when it was read, and created before the answer came.
TEST_F(ElectorTest, T11AnAbsenceOvertakenByTheWatchIsReadAgain) {
  Candidate candidate(config, store);
  candidate.Do(Start{});
  const ReadDone absent = candidate.ReadAnswer();
  store.Put(Record("b_1"));
  candidate.Watch();

  candidate.Finish(absent);

  ASSERT_TRUE(candidate.read);
  candidate.Answer();
  EXPECT_TRUE(candidate.elector.view().lease_exists);
  candidate.RunTo(15s + 20ms);
  EXPECT_TRUE(candidate.Leads()) << "the wait did not begin again";
}

// --------------------------------------------------- refusals, slow servers

TEST_F(ElectorTest, A429WithRetryAfterIsObeyedButNotBeyondHalfOfWhatIsLeft) {
  Candidate leader = Leader();
  leader.At(2s).Tick().Refuse(3s);
  EXPECT_EQ(leader.elector.NextWake().earliest, kT0 + 5s);

  leader.At(5s).TickEarly();
  ASSERT_TRUE(leader.Asks(WriteKind::kRenew));
  leader.Refuse(1h);

  EXPECT_EQ(leader.elector.NextWake().earliest, kT0 + 7500ms);
  EXPECT_TRUE(leader.Leads());
}

TEST_F(ElectorTest, A429ForAnAcquireIsObeyedAcrossReads) {
  Candidate candidate = Follower();
  candidate.At(15s).Tick().Answer().Refuse(8s);
  ASSERT_TRUE(candidate.Waits());

  while (candidate.now() < 23s && !candidate.write) {
    candidate.TickEarly();
    if (candidate.read) candidate.Answer();
  }

  EXPECT_GE(candidate.now(), 23s);
}

TEST_F(ElectorTest, A403IsTriedAgainUntilTheTermEnds) {
  Candidate leader = Leader();
  int tries = 0;
  while (leader.now() < 10s) {
    leader.TickEarly();
    if (leader.Asks(WriteKind::kRenew)) {
      leader.Refuse();
      ++tries;
    }
  }
  EXPECT_GT(tries, 5);
  EXPECT_LT(tries, 100);
  EXPECT_THAT(leader.trace, ElementsAre("T8 stopped leading"));
}

TEST_F(ElectorTest, A403ForAFollowerIsTriedAgainInARetryWindow) {
  Candidate candidate = Follower();
  candidate.At(15s).Tick().Answer().Refuse();

  EXPECT_EQ(candidate.elector.NextWake(),
            (WakeWindow{kT0 + 15400ms, kT0 + 17s}));
}

TEST_F(ElectorTest, RetryAfterOfAReadIsObeyed) {
  Candidate candidate = Follower();
  candidate.At(5s).Tick().FailRead(4s);

  EXPECT_EQ(candidate.elector.NextWake().earliest, kT0 + 9s);
}

TEST_F(ElectorTest, AWriteGetsLongerIfTheLastOneTookLong) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  EXPECT_EQ(leader.write->deadline, kT0 + 4s);
  const WriteDone slow = leader.ApplyNow();
  leader.At(3900ms).Finish(slow);

  leader.At(4s).Tick();
  EXPECT_EQ(leader.write->deadline, kT0 + 4s + 2850ms);
  leader.Answer();  // At once: all is well again.

  leader.At(6s).Tick();
  EXPECT_EQ(leader.write->deadline, kT0 + 8s);
}

// Each write takes 3 s, the first attempt only 2 s: T9 keeps the lease.
TEST_F(ElectorTest, ASlowApiServerCostsNobodyTheLease) {
  Candidate leader = Leader();
  struct Arriving {
    Write write;
    k8s::MicroTime stamp;
    Duration at;
  };
  std::optional<Arriving> in_server;
  k8s::MicroTime stamp = 5'000'000;
  std::optional<std::uint64_t> sent;
  std::optional<WriteDone> answer;
  while (leader.now() < 60s) {
    if (leader.read) leader.Answer();
    if (leader.write && sent != leader.write->id) {
      sent = leader.write->id;
      in_server = {*leader.write, ++stamp, leader.now() + 3s};
    }
    Duration next = leader.elector.NextWake().latest - kT0;
    if (in_server) next = std::min(next, in_server->at);
    if (leader.write) next = std::min(next, leader.write->deadline - kT0);
    leader.At(std::max(leader.now(), next));
    if (in_server && leader.now() >= in_server->at) {
      WriteDone done{.id = in_server->write.id};
      done.status = store.Apply(in_server->write, in_server->stamp);
      done.renew_time = in_server->stamp;
      if (done.status == k8s::WriteStatus::kApplied) {
        done.lease = *store.lease();
      }
      in_server.reset();
      if (leader.write && leader.write->id == done.id) leader.Finish(done);
    }
    if (leader.write && kT0 + leader.now() >= leader.write->deadline) {
      leader.Finish(WriteDone{.id = leader.write->id, .renew_time = stamp});
    } else {
      leader.Tick();
    }
    ASSERT_TRUE(leader.Leads()) << base::ToMs(leader.now());
  }
}

TEST_F(ElectorTest, EachAttemptIsTwiceAsLongAsTheOneBefore) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  EXPECT_EQ(leader.write->deadline, kT0 + 4s);
  leader.At(4s).LoseRequest();
  ASSERT_TRUE(leader.read);
  EXPECT_EQ(leader.read->deadline, kT0 + 8s);
}

TEST_F(ElectorTest, NoAttemptEndsAfterTheTerm) {
  Candidate leader = Leader();
  leader.At(2s).Tick().Refuse();
  leader.At(9500ms).Tick();
  ASSERT_TRUE(leader.Asks(WriteKind::kRenew));
  EXPECT_EQ(leader.write->deadline, kT0 + 10s);
}

}  // namespace
}  // namespace election

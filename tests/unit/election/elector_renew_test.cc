// The term: how long it lasts and what ends it. T4, T7, T8, I4, I9.
#include "tests/unit/election/elector_fixture.h"

namespace election {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// ------------------------------------------------------------------ T4

TEST_F(ElectorTest, T4LeadsFromBeforeTheAcquireWasSent) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  ASSERT_TRUE(candidate.Asks(WriteKind::kAcquire));

  candidate.At(1900ms).Answer();

  EXPECT_THAT(candidate.trace, Contains("T4 became leader"));
  EXPECT_TRUE(candidate.LeadsAt(10s - 1ns));
  EXPECT_FALSE(candidate.LeadsAt(10s));
}

TEST_F(ElectorTest, T4RenewsEachRetryPeriodAndCountsFromBeforeTheSend) {
  Candidate leader = Leader();
  EXPECT_EQ(leader.elector.NextWake(), (WakeWindow{kT0 + 2s, kT0 + 2s}));

  leader.At(2s).Tick();
  ASSERT_TRUE(leader.Asks(WriteKind::kRenew));
  EXPECT_EQ(leader.write->deadline, kT0 + 4s);
  leader.At(3s).Answer();

  EXPECT_TRUE(leader.LeadsAt(12s - 1ns));
  EXPECT_FALSE(leader.LeadsAt(12s));
  EXPECT_EQ(leader.elector.NextWake().earliest, kT0 + 4s);
  EXPECT_THAT(leader.trace, IsEmpty()) << "a renewal is no news";
}

TEST_F(ElectorTest, T4ARenewalKeepsHolderTransitionsAndAcquireTime) {
  Candidate leader = Leader();
  const k8s::LeaseRecord before = store.record();
  leader.At(2s).Tick().Answer();

  k8s::LeaseRecord after = store.record();
  EXPECT_GT(after.renew_time, before.renew_time);
  after.renew_time = before.renew_time;
  EXPECT_EQ(after, before);
}

TEST_F(ElectorTest, T4AnAcquireAnsweredAfterItsTermGivesNone) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  const WriteDone late = candidate.ApplyNow();

  candidate.At(10s).Finish(late);

  EXPECT_FALSE(candidate.Leads());
  EXPECT_THAT(candidate.trace, Not(Contains("T4 became leader")));
}

TEST_F(ElectorTest, T4AnAcquireAnsweredANanosecondBeforeItsEndGivesThat) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  const WriteDone late = candidate.ApplyNow();

  candidate.At(10s - 1ns).Finish(late);

  EXPECT_TRUE(candidate.Leads());
  EXPECT_FALSE(candidate.LeadsAt(10s));
}

TEST_F(ElectorTest, T4TheTokenIsTheVersionOfTheAcquire) {
  Candidate leader = Leader();
  const std::int64_t token = leader.elector.view().fencing_token;
  EXPECT_EQ(token, store.version());

  leader.RunTo(30s);

  EXPECT_EQ(leader.elector.view().fencing_token, token);
  EXPECT_GT(store.version(), token);
}

// Something rewrites our writes (a mutating webhook): not ours then.
TEST_F(ElectorTest, T4AWriteStoredForSomebodyElseIsNotHeld) {
  store.Put(ReleasedBy("z_1"));
  Candidate candidate = Started();
  WriteDone done = candidate.ApplyNow();
  done.lease.record.holder = "webhook";

  candidate.Finish(done);

  EXPECT_FALSE(candidate.Leads());
}

// ------------------------------------------------------------------ T8

TEST_F(ElectorTest, T8StopsLeadingAtTheDeadlineWhenNothingIsAnswered) {
  Candidate leader = Leader();
  leader.At(2s).Tick();  // Sends the renewal. No reply comes.

  EXPECT_TRUE(leader.LeadsAt(10s - 1ns));
  EXPECT_FALSE(leader.LeadsAt(10s));
  EXPECT_EQ(leader.elector.NextWake(), (WakeWindow{kT0 + 10s, kT0 + 10s}));

  leader.At(10s).Tick();

  EXPECT_THAT(leader.trace, ElementsAre("T8 stopped leading"));
  EXPECT_EQ(leader.state(), State::kFollowing);
}

// A paused process resumes: the first thing it hears must not extend the term.
TEST_F(ElectorTest, T8ComesBeforeWhateverElseHappened) {
  Candidate leader = Leader();

  leader.At(40s).Do(WatchLive{});

  EXPECT_THAT(leader.trace, ElementsAre("T8 stopped leading"));
  EXPECT_FALSE(leader.published.back().leads);
}

TEST_F(ElectorTest, T8WaitsOutItsOwnOldRecordLikeAnyOther) {
  Candidate leader = Leader();
  leader.At(10s).Tick();  // The term ends; nobody renewed since kT0.

  leader.RunTo(15s - 1ns);
  EXPECT_FALSE(leader.Leads());
  leader.RunTo(15s + 20ms);

  EXPECT_TRUE(leader.Leads());
  EXPECT_EQ(store.record().transitions, 5) << "a new term";
}

// ------------------------------------------------------------------ T7

class T7Test : public ElectorTest {
 protected:
  // Leads, sees the store's newest change and is asked whether it still does.
  void ExpectRoleDown(Candidate& leader) {
    const std::size_t told = leader.published.size();
    leader.At(3s).Watch();
    EXPECT_FALSE(leader.Leads());
    EXPECT_THAT(leader.trace, Contains("T7 stopped leading"));
    ASSERT_GT(leader.published.size(), told);
    EXPECT_FALSE(leader.published.back().leads);
  }
};

TEST_F(T7Test, T7AnotherHolderEndsTheTermAtOnce) {
  Candidate leader = Leader();
  store.HoldAs("b_1");
  ExpectRoleDown(leader);
}

TEST_F(T7Test, T7AnotherIncarnationOfOurOwnIdentityEndsIt) {
  Candidate leader = Leader();
  store.HoldAs("a_2");
  ExpectRoleDown(leader);
}

TEST_F(T7Test, T7AnEmptyHolderEndsIt) {
  Candidate leader = Leader();
  store.Edit([](k8s::LeaseRecord& r) { r.holder.clear(); });
  ExpectRoleDown(leader);
}

TEST_F(T7Test, T7DeletionEndsIt) {
  Candidate leader = Leader();
  store.Delete();
  ExpectRoleDown(leader);
  EXPECT_TRUE(leader.Asks(WriteKind::kCreate)) << "and it contends anew";
}

TEST_F(T7Test, T7ACopyUnderAnotherUidEndsIt) {
  Candidate leader = Leader();
  store.Edit([](k8s::LeaseRecord& r) { r.uid = "uid-2"; });
  ExpectRoleDown(leader);
}

TEST_F(T7Test, T7AReadThatFindsNothingEndsIt) {
  Candidate leader = Leader();
  store.Delete();
  leader.At(3s).Do(Doubt{});
  ASSERT_TRUE(leader.read);

  leader.Answer();

  EXPECT_FALSE(leader.Leads());
  EXPECT_THAT(leader.trace, Contains("T7 stopped leading"));
}

TEST_F(T7Test, T7AReadAfterAConflictEndsIt) {
  Candidate leader = Leader();
  store.HoldAs("b_1");
  leader.At(2s).Tick().Answer();  // 409.
  EXPECT_TRUE(leader.Leads()) << "T9: the old deadline is kept until the read";

  leader.Answer();

  EXPECT_FALSE(leader.Leads());
}

TEST_F(T7Test, T7IsNotAboutLabels) {
  Candidate leader = Leader();
  store.EditLabel();
  leader.At(1s).Watch();

  EXPECT_TRUE(leader.Leads());
  leader.At(2s).Tick();
  EXPECT_EQ(leader.write->write.base->resource_version, store.version());
}

TEST_F(T7Test, T7ARenewalThatWasUnderWayRestoresNothing) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  const WriteDone answer = leader.ApplyNow();
  store.HoldAs("b_1");
  leader.Watch();
  ASSERT_FALSE(leader.Leads());

  leader.Finish(answer);

  EXPECT_FALSE(leader.Leads()) << "T4: something newer has been seen";
}

// -------------------------------------------------------------- I4, I9

TEST_F(ElectorTest, I4OnlyAnAppliedWriteMovesTheDeadline) {
  Candidate leader = Leader();
  leader.At(1s).Do(WatchLive{}).Do(Doubt{}).Answer();
  leader.At(2s).Tick().LoseRequest().AnswerAll();
  leader.Do(Permission{}).Do(Drained{});

  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 12s)
      << "the second renewal, sent at 2 s, was answered";
  store.EditLabel();
  leader.At(4s).Tick().Answer();  // 409.
  leader.Watch().At(5s);
  EXPECT_EQ(leader.elector.view().valid_until, kT0 + 12s);
}

// Requests that are sent in [from, to) vanish; all others are answered at once.
class OutageTest : public ElectorTest {
 protected:
  bool KeepsLeading(Duration from, Duration to, bool early) {
    store = LeaseStore();
    Candidate leader = Leader();
    std::optional<Instant> asked_at;
    for (;;) {
      while (!leader.Waits()) {
        if (leader.now() >= from && leader.now() < to) break;
        leader.Answer();
      }
      if (!leader.trace.empty()) return false;
      const WakeWindow wake = leader.elector.NextWake();
      Instant next = early ? wake.earliest : wake.latest;
      if (leader.read) next = std::min(next, leader.read->deadline);
      if (leader.write) next = std::min(next, leader.write->deadline);
      if (next - kT0 > 40s) return true;
      leader.At(std::max(leader.now(), next - kT0));
      if (leader.read && leader.read->deadline <= next) {
        leader.FailRead();
      } else if (leader.write && leader.write->deadline <= next) {
        leader.LoseRequest();
      } else {
        leader.Tick();
      }
    }
  }
};

TEST_F(OutageTest, I9AnOutageShorterThanTheDeadlineLessOneAttemptMovesNothing) {
  for (const Duration period : {1s, 2s, 3s, 5s}) {
    config.retry_period = period;
    for (Duration begin = 0s; begin <= period; begin += 250ms) {
      // What is renewed last before it was sent at kT0, at the earliest.
      for (Duration end = begin; end <= 8s; end += 250ms) {
        for (const bool early : {true, false}) {
          EXPECT_TRUE(KeepsLeading(begin + 1ns, end, early))
              << base::ToMs(period) << " " << base::ToMs(begin) << " "
              << base::ToMs(end);
        }
      }
    }
  }
}

TEST_F(OutageTest, AnOutageAsLongAsTheDeadlineEndsTheTerm) {
  EXPECT_FALSE(KeepsLeading(1ns, 10s, true));
  EXPECT_FALSE(KeepsLeading(1ns, 10s, false));
}

// ------------------------------------------------------------- jeopardy

TEST_F(ElectorTest, JeopardyBeginsOnePeriodAndOneAttemptAfterTheLastAnswer) {
  Candidate leader = Leader();
  EXPECT_EQ(leader.elector.view().jeopardy_at, kT0 + 4s);

  leader.At(2s).Tick().At(2500ms).Answer();

  EXPECT_EQ(leader.elector.view().jeopardy_at, kT0 + 6500ms);
}

TEST_F(ElectorTest, JeopardyIsOnlyForALeader) {
  Candidate candidate = Follower();
  EXPECT_TRUE(candidate.elector.view().jeopardy_at.is_never());
}

TEST_F(ElectorTest, JeopardyIsNotPutOffByFailures) {
  Candidate leader = Leader();
  leader.At(2s).Tick().At(4s).LoseRequest().At(5s).FailRead();
  EXPECT_EQ(leader.elector.view().jeopardy_at, kT0 + 4s);
}

}  // namespace
}  // namespace election

// A store that went back in time: T11, with and without acceptance.
#include "tests/unit/election/elector_fixture.h"

namespace election {
namespace {

using testing::Contains;

class RestoreTest : public ElectorTest {
 protected:
  // Leads; the store has been restored to the state before it led.
  Candidate LeaderOverRestored() {
    Candidate leader = Leader();
    k8s::Lease backup = *store.lease();
    backup.record = Record("b_1");
    backup.resource_version = 5;
    store.Restore(backup);
    return leader;
  }
};

TEST_F(RestoreTest, T11AConsistentReadOlderThanWhatWasSeenEndsTheTerm) {
  Candidate leader = LeaderOverRestored();
  leader.At(2s).Tick().Answer();  // 409.
  ASSERT_TRUE(leader.read);

  leader.Answer();

  EXPECT_FALSE(leader.Leads());
  EXPECT_THAT(leader.trace, Contains("T11 refused a restored store"));
  EXPECT_EQ(leader.state(), State::kRefusing);
}

TEST_F(RestoreTest, T11RefusingItAsksAndTakesNothing) {
  Candidate leader = LeaderOverRestored();
  leader.At(2s).Tick().AnswerAll();
  ASSERT_EQ(leader.state(), State::kRefusing);

  leader.RunTo(10min);
  leader.Do(Doubt{}).Do(GiveUp{}).Do(Permission{}).Do(WatchLost{}).Tick();

  EXPECT_TRUE(leader.Waits());
  EXPECT_EQ(store.record().holder, "b_1");
  EXPECT_EQ(leader.state(), State::kRefusing);
}

TEST_F(RestoreTest, T11AcceptedItGoesOnFromWhatTheStoreSays) {
  config.accept_restored_store = true;
  Candidate leader = LeaderOverRestored();

  leader.At(2s).Tick().AnswerAll();

  EXPECT_FALSE(leader.Leads()) << "the term is over all the same";
  EXPECT_THAT(leader.trace, Contains("T11 accepted a restored store"));
  EXPECT_EQ(leader.state(), State::kFollowing);
  EXPECT_EQ(leader.elector.view().lease.holder, "b_1");
  leader.RunTo(17s - 1ns);
  EXPECT_EQ(store.record().holder, "b_1") << "waited out from the start";
  leader.RunTo(17s + 20ms);
  EXPECT_TRUE(leader.Leads());
}

TEST_F(RestoreTest, T11AnOldWatchEventIsNoRestoredStore) {
  Candidate leader = Leader();
  WatchEvent old{.follows = 4, .deleted = true, .lease = *store.lease()};
  old.lease.resource_version = 5;

  leader.At(1s).Do(old);

  EXPECT_TRUE(leader.Leads());
  EXPECT_TRUE(leader.elector.view().lease_exists);
}

TEST_F(RestoreTest, T11AnOldWriteAnswerAloneIsNoRestoredStore) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  const WriteDone answer = leader.ApplyNow();
  store.EditLabel();
  leader.Watch().Finish(answer);

  EXPECT_TRUE(leader.Leads());
  EXPECT_NE(leader.state(), State::kRefusing);
}

// B in the model: the answer is as old as its question, not older.
TEST_F(RestoreTest, T11AReadOlderThanAnEventThatCameDuringItIsNoRestoredStore) {
  Candidate leader = Leader();
  leader.At(1s).Do(Doubt{});
  const ReadDone old = leader.ReadAnswer();
  store.EditLabel();
  leader.Watch().Finish(old);

  EXPECT_TRUE(leader.Leads());
  EXPECT_TRUE(leader.read) << "and it is read again";
}

// A restored store without the lease: the create shows how old it is.
TEST_F(RestoreTest, T11ALeaseCreatedAtAnOldVersionIsARestoredStore) {
  Candidate candidate = Follower();
  candidate.At(5s).Tick();
  candidate.Finish(
      ReadDone{.id = candidate.read->id, .status = k8s::ReadStatus::kAbsent});
  ASSERT_TRUE(candidate.Asks(WriteKind::kCreate));
  k8s::Lease created;
  created.record.uid = "uid-9";
  created.resource_version = 3;
  store.Restore(created);
  candidate.Finish(WriteDone{.id = candidate.write->id,
                             .status = k8s::WriteStatus::kApplied,
                             .lease = created});
  ASSERT_TRUE(candidate.read);

  candidate.Answer();

  EXPECT_EQ(candidate.state(), State::kRefusing);
}

TEST_F(RestoreTest, T11AWriteThatWasOutIsForgottenWithTheOldStore) {
  config.accept_restored_store = true;
  Candidate leader = Leader();
  leader.At(2s).Tick().LoseAnswer();
  k8s::Lease backup = *store.lease();  // Ours, with the renewal.
  backup.resource_version = 5;
  store.Restore(backup);

  leader.AnswerAll();

  EXPECT_FALSE(leader.Leads()) << "T9: a write of an ended term";
}

// -------------------------------------------------------------- I5, I8

TEST_F(ElectorTest, I5TransitionsNeverFallInOneObject) {
  Candidate leader = Leader();
  std::int64_t highest = 0;
  for (int i = 0; i < 40; ++i) {
    leader.RunTo(leader.now() + 1s);
    if (i % 10 == 9) leader.Do(GiveUp{});
    ASSERT_GE(store.record().transitions, highest);
    highest = store.record().transitions;
  }
}

TEST_F(ElectorTest, I8TheTokenGrowsAcrossTermsAndDeletion) {
  Candidate leader = Leader();
  const std::int64_t first = leader.elector.view().fencing_token;
  leader.At(1s).Do(GiveUp{}).Do(Drained{}).Answer();
  leader.RunTo(20s);
  ASSERT_TRUE(leader.Leads());
  const std::int64_t second = leader.elector.view().fencing_token;
  EXPECT_GT(second, first);

  store.Delete();
  leader.Watch();
  ASSERT_FALSE(leader.Leads());
  leader.RunTo(40s);

  ASSERT_TRUE(leader.Leads());
  EXPECT_EQ(store.record().transitions, 1) << "these begin again,";
  EXPECT_GT(leader.elector.view().fencing_token, second) << "tokens do not";
}

}  // namespace
}  // namespace election

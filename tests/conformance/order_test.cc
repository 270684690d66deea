// In which order the requests go out, where client-go's tests count them: its
// fast path, and what it falls back to. Virtual time, no text: the same on the
// wire is in wire_test.cc.
// Source: k8s.io/client-go@v0.36.3 tools/leaderelection/leaderelection_test.go.
#include "tests/unit/election/elector_fixture.h"

namespace election {
namespace {

using testing::ElementsAre;

class OrderTest : public ElectorTest {
 protected:
  // What is asked now, in client-go's words, and its answer.
  Candidate& Next(Candidate& candidate) {
    if (candidate.read) {
      asked.emplace_back("get");
    } else if (candidate.write) {
      asked.emplace_back(candidate.Asks(WriteKind::kCreate) ? "create"
                                                            : "update");
    }
    return candidate.Answer();
  }
  Candidate& All(Candidate& candidate) {
    while (candidate.read || candidate.write) Next(candidate);
    return candidate;
  }

  std::vector<std::string> asked;
};

// client-go: get create update update. Ours creates the lease empty, so it
// reads it again and takes it before it renews; and both renew by one update,
// without a get.
TEST_F(OrderTest, FastPath) {
  config.trust_new_lease = true;
  Candidate candidate(config, store);
  All(candidate.Do(Start{}));
  ASSERT_TRUE(candidate.Leads());
  EXPECT_THAT(asked, ElementsAre("get", "create", "get", "update"));

  asked.clear();
  for (int i = 1; i <= 3; ++i) All(candidate.At(i * 2s).Tick());

  EXPECT_THAT(asked, ElementsAre("update", "update", "update"));
}

// The same in both: get update after an update that met a conflict. client-go
// falls back in the same attempt, ours asks at once.
TEST_F(OrderTest, FallsBackToAReadAfterAConflict) {
  Candidate leader = Leader();
  asked.clear();
  store.EditLabel();  // The version that it knows is no longer the newest.

  All(leader.At(2s).Tick());

  EXPECT_THAT(asked, ElementsAre("update", "get", "update"));
  EXPECT_TRUE(leader.LeadsAt(12s - 1ns));

  asked.clear();
  All(leader.At(4s).Tick());
  EXPECT_THAT(asked, ElementsAre("update")) << "and is on the fast path again";
}

// A write whose answer got lost. client-go reads, sees its own name, and writes
// again; ours reads, finds the very write, and counts it.
TEST_F(OrderTest, ALostAnswerIsReadOnceAndNotWrittenAgain) {
  Candidate leader = Leader();
  asked.clear();
  leader.At(2s).Tick();
  ASSERT_TRUE(leader.Asks(WriteKind::kRenew));
  leader.LoseAnswer();

  All(leader);

  EXPECT_THAT(asked, ElementsAre("get"));
  EXPECT_TRUE(leader.LeadsAt(12s - 1ns));
  EXPECT_FALSE(leader.LeadsAt(12s)) << "counted from that write's send";
}

// A standby: one get a poll in both, and none while our watch lives.
TEST_F(OrderTest, AStandbyAsksNothingWhileItsWatchLives) {
  Candidate standby = Follower();
  asked.clear();
  for (Duration at = 2s; at < 30s; at += 2s) {
    standby.At(at);
    store.HoldAs("b_1");
    standby.Watch();
    All(standby.Tick());
  }

  EXPECT_THAT(asked, ElementsAre());
}

// The leader that client-go counts as "slow path": it holds the lease by what
// is stored, but its own term is over. client-go renews at once by its name;
// ours waits it out like anybody, for its main container has been told to stop.
TEST_F(OrderTest, AnOwnRecordAfterTheEndOfTheTermIsWaitedOut) {
  Candidate leader = Leader();
  leader.At(10s).Tick();  // Nothing was answered in time.
  ASSERT_FALSE(leader.Leads());
  leader.AnswerAll();
  EXPECT_FALSE(leader.Leads());

  leader.RunTo(14s);
  EXPECT_FALSE(leader.Leads());
}

}  // namespace
}  // namespace election

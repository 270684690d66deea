// client-go's cases about giving the lease up, asked of our elector.
// Its tests also expect two events of the Lease object, "became leader" and
// "stopped leading": ours writes no events; its log has the transitions.
// Source: k8s.io/client-go@v0.36.3 tools/leaderelection/leaderelection_test.go.
#include "tests/unit/election/elector_fixture.h"

namespace election {
namespace {

class ReleaseTest : public ElectorTest {
 protected:
  ReleaseTest() { config.stop_order = StopOrder::kSidecarLast; }
};

// The same on the wire in both but for our mark, without which an empty holder
// frees nothing: client-go's other ways to an empty holder have none.
TEST_F(ReleaseTest, WritesAnEmptyHolderAndOneSecond) {
  Candidate leader = Leader();
  const std::int64_t transitions = store.record().transitions;

  leader.At(1s).Do(StopRequested{}).Answer();

  const k8s::LeaseRecord& stored = store.record();
  EXPECT_EQ(stored.holder, "");
  EXPECT_EQ(stored.duration_seconds, 1) << "0 is not allowed";
  EXPECT_EQ(stored.transitions, transitions);
  EXPECT_EQ(stored.mark, (k8s::ReleaseMark{stored.uid, "a_1", transitions}));
  EXPECT_TRUE(leader.stopped);
}

// client-go tells its worker after the release (up to D plus a request later);
// ours before.
TEST_F(ReleaseTest, TheRoleIsDownBeforeTheRequestLeaves) {
  Candidate leader = Leader();

  leader.At(1s).Do(StopRequested{});

  ASSERT_TRUE(leader.Asks(WriteKind::kRelease));
  EXPECT_FALSE(leader.Leads());
  ASSERT_FALSE(leader.published.empty());
  EXPECT_FALSE(leader.published.back().leads);
}

// "Release calls Get": client-go reads to have the newest version, and then
// writes whatever it read, a new holder's live lease too. Ours sends the
// version it knows, so that whoever came in between wins.
TEST_F(ReleaseTest, IsSentWithTheVersionThatItHeld) {
  Candidate leader = Leader();
  const std::int64_t held = store.version();

  leader.At(1s).Do(StopRequested{});

  ASSERT_TRUE(leader.Asks(WriteKind::kRelease));
  EXPECT_EQ(leader.write->write.base->resource_version, held);
  EXPECT_EQ(leader.write->write.base->record.uid, "uid-1");
}

// The reason for that Get: a label edit in between. Ours reads after the 409.
TEST_F(ReleaseTest, AnEditInBetweenIsReadAndReleasedAllTheSame) {
  Candidate leader = Leader();
  store.EditLabel();

  leader.At(1s).Do(StopRequested{}).AnswerAll();

  EXPECT_EQ(store.record().holder, "");
  EXPECT_TRUE(store.record().mark);
  EXPECT_TRUE(leader.stopped);
}

// client-go wipes it, reproduced on a real API server in side_by_side_test.cc.
TEST_F(ReleaseTest, MeetsANewHolderAndLeavesItAlone) {
  Candidate leader = Leader();
  store.HoldAs("b_1");
  const std::int64_t version = store.version();

  leader.At(1s).Do(StopRequested{}).AnswerAll();

  EXPECT_EQ(store.record().holder, "b_1");
  EXPECT_EQ(store.version(), version) << "nothing was written";
  EXPECT_TRUE(leader.stopped);
}

TEST_F(ReleaseTest, OfADeletedLeaseCreatesNothing) {
  Candidate leader = Leader();
  store.Delete();

  leader.At(1s).Do(StopRequested{}).AnswerAll();

  EXPECT_FALSE(store.lease());
  EXPECT_TRUE(leader.stopped);
}

// "Release after a cancelled update": the stop comes while a renewal is out.
TEST_F(ReleaseTest, AfterARenewalThatWasUnderWay) {
  Candidate leader = Leader();
  leader.At(2s).Tick();
  ASSERT_TRUE(leader.Asks(WriteKind::kRenew));

  leader.Do(StopRequested{});
  EXPECT_FALSE(leader.Leads());
  EXPECT_TRUE(leader.Asks(WriteKind::kRenew)) << "one request at a time";
  leader.AnswerAll();

  EXPECT_EQ(store.record().holder, "");
  EXPECT_TRUE(leader.stopped);
}

// The same, and nobody knows what came of it. Ours reads once.
TEST_F(ReleaseTest, AfterARenewalThatWasNeverAnswered) {
  Candidate leader = Leader();
  leader.At(2s).Tick().Do(StopRequested{}).LoseAnswer();
  ASSERT_TRUE(leader.read);

  leader.AnswerAll();

  EXPECT_EQ(store.record().holder, "");
  EXPECT_TRUE(leader.stopped);
}

// "Release after a cancelled get": the stop comes while a read is out.
TEST_F(ReleaseTest, AfterAReadThatWasUnderWay) {
  Candidate leader = Leader();
  leader.At(1s).Do(Doubt{});
  ASSERT_TRUE(leader.read);

  leader.Do(StopRequested{}).AnswerAll();

  EXPECT_EQ(store.record().holder, "");
  EXPECT_TRUE(leader.stopped);
}

// The same in both: who does not lead writes nothing.
TEST_F(ReleaseTest, AStandbyReleasesNothing) {
  Candidate standby = Follower();
  const std::int64_t version = store.version();

  standby.At(1s).Do(StopRequested{}).AnswerAll();

  EXPECT_EQ(store.version(), version);
  EXPECT_TRUE(standby.stopped);
}

// client-go has one try and its error is logged. So has ours when the time for
// it is over; in either case the lease runs out by itself.
TEST_F(ReleaseTest, UnansweredIsLeftToRunOut) {
  Candidate leader = Leader();
  leader.At(1s).Do(StopRequested{}).LoseRequest();

  EXPECT_TRUE(leader.stopped);
  EXPECT_EQ(store.record().holder, "a_1");
}

}  // namespace
}  // namespace election
